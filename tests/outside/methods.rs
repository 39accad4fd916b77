//! Methods of structs.

use super::*;

#[derive(Components, Clone, Copy, Debug)]
struct Machine {
    e: f64,
    x: f64,
    taps: [f64; 2],
}

impl Machine {
    const SYNCHRONOUS: f64 = 50.0;

    /// Documented like any other.
    #[differentiable]
    pub fn power(&self, delta: f64, v: f64) -> f64 {
        self.e * v / self.x * delta.sin() + Self::SYNCHRONOUS * self.taps[1]
    }

    #[differentiable]
    fn both(self, delta: f64) -> (f64, [f64; 2]) {
        let p = self.power(delta, 0.5);
        (p * p, [self.taps[0] * delta, self.x])
    }

    #[differentiable]
    fn moved(&self, by: f64) -> Machine {
        Machine { e: self.e + by * by, ..*self }
    }
}

const FIXED: Machine = Machine { e: 1.1, x: 0.4, taps: [0.5, 0.01] };

models! {
    fn of_a_local(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let machine = Machine { e: u[0], x: 1.0 + p[0] * p[0], taps: [t, u[2]] };
        let (a, b) = machine.both(u[1]);
        du[0] = machine.power(u[1], 1.5);
        du[1] = a + b[0] * b[1];
        du[2] = machine.moved(u[2]).power(p[1], t);
    }
    fn of_a_constant(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        du[0] = FIXED.power(u[0], p[0]);
        du[1] = FIXED.power(u[1], Machine::SYNCHRONOUS);
        du[2] = u[2];
    }
}

mod tests {
    use super::check;
    tests!(of_a_local of_a_constant);
}
