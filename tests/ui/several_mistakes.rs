use diffeq::ode;

use diffeq::problem::Rhs;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
    let [x, y] = *u;
    let rate = p[2] * x.sinn();
    u[0] = 2 * y;
    du[0] = rate as i32;
    du[1] = undefined * rate;
    while x > 0.0 {
        println!("{x}");
    }
    loop {}
}

fn main() {
    // The model is still there: nothing is said about this line.
    let _: [f64; 3] = model.eval(&[1.0, 2.0, 3.0], &[0.5, 0.5], 0.0);
}
