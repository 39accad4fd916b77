use diffeq::ode;

#[ode]
fn with_a_semicolon(u: [f64; 2], p: f64) -> [f64; 2] {
    [p * u[1], -u[0]];
}

#[ode]
fn on_one_path(u: f64, p: f64) -> f64 {
    if u > 0.0 {
        return -p * u;
    }
}

fn main() {}
