//! Patterns of numbers, conditions, arrays and structs.

use super::*;

#[derive(Components, Clone, Copy, Debug)]
struct Point {
    x: f64,
    y: f64,
}

const LIMIT: f64 = 2.0;

models! {
    fn on_reals(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        du[0] = match u[0] {
            x if x < 0.0 => -x,
            0.0..=1.0 => u[0] * u[0],
            LIMIT.. => 3.0,
            x => x * p[0],
        };
        du[1] = match u[1] > 0.0 {
            true => u[1],
            false => p[1],
        };
        du[2] = match t {
            0.45 => 1.0,
            ..3.0 => u[2],
            _ => -u[2],
        };
    }
    fn on_aggregates(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        du[0] = match *u {
            [a, b, ..] if a > b => a * b,
            [a, .., c] => a + c * c,
        };
        let point = Point { x: u[1], y: p[0] };
        du[1] = match point {
            Point { x, y } if x > 0.0 => x * y,
            Point { y, .. } => y * y,
        };
        du[2] = match (u[2] > 0.0, u[1]) {
            (true, y) => y * u[2],
            (false, y) if y > 0.0 => y,
            (false, _) => 0.5,
        };
    }
    fn with_names(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        for i in 0..3 {
            let k = (i * 3 + 1) as i32;
            du[i] = match k {
                1 => u[0],
                n @ 2..=5 => u[i].powi(n),
                n => u[i] * n as f64,
            };
        }
    }
}

mod tests {
    use super::check;
    tests!(on_reals on_aggregates with_names);
}
