//! A repressilator with leak and a toggle inducer: closures over parameters, zip with rotation, helper with default.
use diffeq::prelude::*;

const GENES: usize = 3;

#[derive(Components, Clone, Copy)]
pub struct Circuit {
    alpha: f64,
    leak: f64,
    n: f64,
    beta: [f64; GENES],
    inducer: f64,
    half: f64,
}

#[differentiable]
fn repression(x: f64, n: f64) -> f64 {
    let x = x.max(0.0);
    1.0 / (1.0 + x.powf(n))
}

#[ode]
pub fn repressilator(du: &mut [[f64; GENES]; 2], u: &[[f64; GENES]; 2], p: &Circuit, t: f64) {
    let [mrna, protein] = u;
    let inducer = |gene: usize| match gene {
        0 if t > 0.3 => p.inducer,
        _ => 0.0,
    };
    let mut repressors = *protein;
    repressors.rotate_right(1);
    let effective: Vec3 = std::array::from_fn(|g| repressors[g] / (1.0 + inducer(g) / p.half));
    let [dm, dp] = du;
    for (g, (d, m)) in dm.iter_mut().zip(mrna).enumerate() {
        *d = -m + p.alpha * repression(effective[g], p.n) + p.leak;
    }
    dp.iter_mut().zip(mrna.iter().zip(protein)).zip(p.beta).for_each(|((d, (m, x)), beta)| *d = beta * (m - x));
}

type Vec3 = [f64; 3];
