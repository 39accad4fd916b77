//! A transfer orbit with thrust phases, drag from a density table, and mass loss.
use diffeq::prelude::*;

#[derive(Components, Clone, Copy)]
pub struct Ship {
    pub pos: [f64; 3],
    pub vel: [f64; 3],
    pub mass: f64,
}

#[derive(Components, Clone, Copy)]
pub struct Engine {
    pub mu: f64,
    pub thrust: f64,
    pub isp: f64,
    pub drag: f64,
    pub dry: f64,
}

enum Phase {
    Burn(f64),
    Coast,
}

const DENSITY: [(f64, f64); 4] = [(0.5, 1.0), (1.0, 0.3), (1.5, 0.05), (2.5, 0.0)];

#[differentiable]
fn density(r: f64) -> f64 {
    let mut i = 0;
    while i + 2 < DENSITY.len() && r > DENSITY[i + 1].0 {
        i += 1;
    }
    let (r0, d0) = DENSITY[i];
    let (r1, d1) = DENSITY[i + 1];
    let w = ((r - r0) / (r1 - r0)).clamp(0.0, 1.0);
    d0 + w * (d1 - d0)
}

#[differentiable]
fn norm(v: &[f64; 3]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[ode]
pub fn transfer(du: &mut Ship, u: &Ship, p: &Engine, t: f64) {
    let r = norm(&u.pos);
    let speed = norm(&u.vel).max(1e-12);
    let phase = if t < 0.2 || (0.6..0.7).contains(&t) { Phase::Burn(1.0) } else { Phase::Coast };
    let throttle = match phase {
        Phase::Burn(level) if u.mass > p.dry => level,
        Phase::Burn(_) | Phase::Coast => 0.0,
    };
    let push = throttle * p.thrust / u.mass;
    let drag = p.drag * density(r) * speed;
    for k in 0..3 {
        du.pos[k] = u.vel[k];
        du.vel[k] = -p.mu * u.pos[k] / r.powi(3) + (push / speed - drag) * u.vel[k];
    }
    du.mass = -throttle * p.thrust / p.isp;
}
