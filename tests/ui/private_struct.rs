use diffeq::Components;
use diffeq::ode;

#[derive(Components, Clone, Copy)]
struct P { k: f64, g: f64 }
#[ode]
pub fn model(u: [f64; 2], p: &P) -> [f64; 2] {
    [u[0] * p.k, u[1] * p.g]
}
fn main() {}
