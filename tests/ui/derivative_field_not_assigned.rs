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

#[derive(Components)]
struct Body<const N: usize> {
    place: [f64; N],
    speed: [f64; N],
}

#[ode]
fn half(du: &mut Body<2>, u: &Body<2>, p: &[f64; 1]) {
    for i in 0..2 {
        du.place[i] = u.speed[i];
    }
    du.speed[1] = -p[0] * u.place[1];
}

#[ode]
fn two_bodies(du: &mut [Body<2>; 2], u: &[Body<2>; 2], p: &[f64; 1]) {
    for k in 0..2 {
        for i in 0..2 {
            du[k].place[i] = u[k].speed[i];
        }
    }
    for i in 0..2 {
        du[0].speed[i] = -p[0] * u[0].place[i];
    }
}

fn main() {}
