use diffeq::ode;

static mut CALLS: f64 = 0.0;
static COUNT: std::sync::atomic::AtomicUsize = std::sync::atomic::AtomicUsize::new(0);

#[ode]
fn model(du: &mut [f64; 2], u: &[f64; 2]) {
    CALLS += 1.0;
    let n = COUNT.load(std::sync::atomic::Ordering::Relaxed);
    du[0] = u[1];
    du[1] = -u[0];
}

fn main() {}
