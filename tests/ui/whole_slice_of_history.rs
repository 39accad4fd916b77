use diffeq::prelude::*;

#[dde]
fn decay(du: &mut [f64], u: &[f64], h: &impl History<Vec<f64>>, p: f64, t: f64) {
    let earlier = h(t - 1.0);
    for i in 0..u.len() {
        du[i] = -p * earlier[i];
    }
}

fn main() {}
