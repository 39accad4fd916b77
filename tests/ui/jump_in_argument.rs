use diffeq::ode;

#[ode]
fn leaves(du: &mut [f64; 2], u: &[f64; 2]) {
    let mut w = [0.0; 2];
    for k in 0..2 {
        w[if u[k] < 2.0 { 1 } else { break }] += u[k];
    }
    *du = w;
}

fn main() {}
