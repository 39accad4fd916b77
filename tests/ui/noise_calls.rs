use diffeq::sde;

fn plain(x: f64) -> f64 {
    x.sin()
}

#[sde]
fn calls_alone(u: f64) -> (f64, f64) {
    (-u, plain(u))
}

fn main() {
    let _ = calls_alone;
}
