use diffeq::ode;

#[ode]
struct Model {
    rate: f64,
}

fn main() {}
