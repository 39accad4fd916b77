use diffeq::Components;
use diffeq::differentiable;

trait Law {
    fn force(&self, stretch: f64) -> f64;
}

#[derive(Components)]
struct Spring {
    k: f64,
}

#[derive(Components)]
struct Rope {
    k: f64,
}

#[differentiable]
impl Law for Spring {
    fn force(&self, stretch: f64) -> f64 {
        -self.k * stretch
    }
}

impl Law for Rope {
    #[differentiable]
    fn force(&self, stretch: f64) -> f64 {
        -self.k * stretch.max(0.0)
    }
}

fn main() {}
