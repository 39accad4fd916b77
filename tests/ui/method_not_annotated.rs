use diffeq::Components;
use diffeq::ode;

struct Table {
    at: [f64; 2],
}

impl Table {
    fn interpolated(&self, x: f64) -> f64 {
        self.at[0] * (1.0 - x) + self.at[1] * x
    }
}

static DRAG: Table = Table { at: [0.3, 0.5] };

trait Law {
    fn force(&self, stretch: f64) -> f64;
}

#[derive(Components)]
struct Spring {
    k: f64,
}

impl Law for Spring {
    fn force(&self, stretch: f64) -> f64 {
        -self.k * stretch
    }
}

#[ode]
fn falls(du: &mut [f64; 2], u: &[f64; 2]) {
    let drag = DRAG.interpolated(u[1]);
    du[0] = u[1];
    du[1] = -9.81 - drag * u[1];
}

#[ode]
fn swings(du: &mut [f64; 2], u: &[f64; 2], p: &Spring) {
    du[0] = u[1];
    du[1] = p.force(u[0]);
}

#[derive(Components)]
struct Mass {
    m: f64,
}

impl Clone for Mass {
    fn clone(&self) -> Self {
        Self { m: 2.0 * self.m }
    }
}

#[ode]
fn doubles(u: &Mass) -> Mass {
    u.clone()
}

fn main() {}
