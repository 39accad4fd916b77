use diffeq::differentiable;

#[differentiable]
fn factorial(n: i32) -> f64 {
    if n <= 1 { 1.0 } else { n as f64 * factorial(n - 1) }
}

fn main() {}
