use diffeq::ode;

#[ode]
fn sum_of_everything(du: &mut f64, u: &f64) {
    let series: f64 = (1..).map(|k| u / k as f64).sum();
    *du = series;
}

#[ode]
fn forever(du: &mut f64, u: &f64) {
    *du = *u;
    for k in 0.. {
        *du += u / k as f64;
    }
}

fn main() {}
