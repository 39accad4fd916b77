use diffeq::ode;

#[ode]
async fn whole(du: &mut f64, u: &f64) {
    *du = -u;
}

#[ode]
fn part(du: &mut f64, u: &f64) {
    let later = async { 1.0 };
    *du = -u;
}

fn main() {}
