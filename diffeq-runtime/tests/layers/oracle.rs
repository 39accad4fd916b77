//! The same numbers by dfdx's operations alone: steps of the classical Runge-Kutta method on one long tape.

use std::sync::Arc;

use dfdx::prelude::*;
use diffeq_runtime::control::Fixed;
use diffeq_runtime::integrate::Options;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::layers::OdeConfig;
use diffeq_runtime::stepper::RK4;

/// How many steps over the span (0, 1).
pub const STEPS: usize = 3;

/// A layer that takes [`STEPS`] steps of one size.
pub fn layer<F>(field: F) -> NeuralOde<F, RK4> {
    let options = Options { controller: Arc::new(Fixed), dt: Some(1.0 / STEPS as f64), ..Options::default() };
    NeuralOde::new(field, OdeConfig { options, ..OdeConfig::default() })
}

/// What that layer computes, step by step on the tape.
pub fn rk4<S: Shape, T: Tape<f64, Cpu> + Merge<T>, M>(
    f: &M,
    x: Tensor<S, f64, Cpu, T>,
) -> Tensor<S, f64, Cpu, T>
where
    M: Module<Tensor<S, f64, Cpu, T>, Output = Tensor<S, f64, Cpu, T>>,
{
    let h = 1.0 / STEPS as f64;
    let mut u = x;
    for _ in 0..STEPS {
        let k1 = f.forward(u.with_empty_tape());
        let k2 = f.forward(u.with_empty_tape() + k1.with_empty_tape() * (h / 2.0));
        let k3 = f.forward(u.with_empty_tape() + k2.with_empty_tape() * (h / 2.0));
        let k4 = f.forward(u.with_empty_tape() + k3.with_empty_tape() * h);
        u = u + (k1 + k2 * 2.0 + k3 * 2.0 + k4) * (h / 6.0);
    }
    u
}
