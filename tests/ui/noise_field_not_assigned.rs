use diffeq::Components;
use diffeq::sde;

#[derive(Components)]
struct Motion {
    x: f64,
    v: f64,
}

#[sde]
fn forgets(du: &mut Motion, noise: &mut Motion, u: &Motion) {
    du.x = u.v;
    du.v = -u.x;
    noise.v = 0.1;
}

fn main() {
    let _ = forgets;
}
