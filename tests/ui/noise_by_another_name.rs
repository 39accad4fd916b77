use diffeq::Components;
use diffeq::sde;

type Rows = [[f64; 2]; 2];

#[derive(Components)]
struct Size {
    x: f64,
    v: f64,
}

#[sde]
fn hidden_rows(du: &mut [f64; 2], noise: &mut Rows, u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    *noise = [[0.1, 0.2], [0.3, 0.4]];
}

#[sde]
fn of_another_type(du: &mut [f64; 2], noise: &mut Size, u: &[f64; 2]) {
    *du = [-u[0], -u[1]];
    noise.x = 0.1;
    noise.v = 0.2;
}

fn main() {
    let _ = (hidden_rows, of_another_type);
}
