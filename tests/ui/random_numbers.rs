use diffeq::differentiable;
use diffeq::ode;

#[differentiable]
fn noise() -> f64 {
    std::time::SystemTime::now().elapsed().map_or(0.0, |d| d.as_secs_f64())
}

#[ode]
fn noisy(u: f64, p: f64) -> f64 {
    let kick = rand::random::<f64>() + rand::thread_rng().gen_range(0.0..1.0);
    -p * u + kick + noise()
}

fn main() {}
