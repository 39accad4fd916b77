use diffeq::Components;
use diffeq::differentiable;
use diffeq::ode;
use diffeq::prelude::OdeProblem;
use diffeq::prelude::Tsit5;

#[derive(Components)]
struct Rates {
    growth: f64,
}

impl Rates {
    #[differentiable]
    fn at(&self, x: f64) -> f64 {
        self.growth * x.gamma()
    }
}

#[differentiable]
fn hill(x: f64) -> f64 {
    x.erf()
}

#[derive(Components)]
struct Named {
    rate: f64,
    name: String,
}

#[ode]
fn uses_them(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
    let [x, y] = *u;
    let h = hill(x);
    du[0] = p.at(x) + hill(y);
    du[1] = h * h;
}

#[ode]
fn of_a_struct(du: &mut [f64; 1], u: &[f64; 1], p: &Named) {
    du[0] = p.rate * u[0];
}

fn main() {
    let named = NamedOf { rate: 1.0, name: String::new() };
    let problem = OdeProblem::new(of_a_struct, [1.0], (0.0, 1.0), named);
    let _ = problem.solver(Tsit5).solve();
}
