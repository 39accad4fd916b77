use diffeq::ode;

#[ode]
fn model(du: &mut [f64; 3], u: &[f64; 3]) {
    let mut n = 0.0;
    let skipped: f64 = u
        .iter()
        .map(|x| {
            n += 1.0;
            x * n
        })
        .skip(1)
        .sum();
    *du = [skipped; 3];
}

#[ode]
fn vectors(du: &mut [f64; 3], u: &[f64; 3]) {
    let doubled: Vec<f64> = u.iter().map(|x| 2.0 * x).collect();
    du[0] = doubled[0];
    du[1] = u.to_vec()[1];
    du[2] = u[2];
}

fn main() {}
