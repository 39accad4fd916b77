use diffeq::Components;
use diffeq::ode;

#[derive(Components)]
struct Sir {
    susceptible: f64,
    infected: f64,
    recovered: f64,
}

#[ode]
fn model(du: &mut Sir, u: &Sir, p: &[f64; 2]) {
    let flow = p[0] * u.susceptible * u.infected;
    du.susceptible = -flow;
    du.infected = flow - p[1] * u.infected;
}

fn main() {}
