use diffeq::ode;

#[ode]
fn forever(du: &mut f64, u: &f64) {
    let mut x = *u;
    loop {
        x *= 0.5;
        if x < 1.0 {
            break;
        }
    }
    *du = x;
}

#[ode]
fn until_it_converges(du: &mut f64, u: &f64) {
    let mut x = *u;
    while x > 1.0 {
        x *= 0.5;
    }
    *du = x;
}

fn main() {}
