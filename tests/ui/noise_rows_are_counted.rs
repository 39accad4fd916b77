use diffeq::Components;
use diffeq::sde;

#[derive(Components)]
struct Motion {
    x: f64,
    v: f64,
}

#[sde]
fn three_rows(du: &mut Motion, noise: &mut [[f64; 2]; 3], u: &Motion) {
    du.x = u.v;
    du.v = -u.x;
    *noise = [[0.1, 0.2], [0.3, 0.4], [0.5, 0.6]];
}

fn main() {
    let _ = three_rows;
}
