//! Whether the derivative that a solve uses is that of the function as it was written.

use super::Course;
use crate::error::Error;
use crate::integrate::options::component;
use crate::problem::Model;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Compares the two where the solve stands, to the last bit: the compiler changes no value. NaN is equal to NaN, and a
    /// zero to a zero of the other sign, which Rust's own `max` and `min` leave open.
    ///
    /// Both are computed over `f64`, from the values of the state: dual numbers compute them as floats do, and over `f32`
    /// the model rounds otherwise than the function.
    #[cold]
    #[inline(never)]
    pub(super) fn compare_here(&mut self) -> Result<(), Error> {
        let t = self.clock.t();
        // The two states are free between steps.
        let Self { u, p, next, inside, reals, .. } = self;
        if let (Some(u), Some(p)) = (T::doubles(u.as_slice()), T::doubles(p.as_slice()))
            && let Some(written) = T::doubles_mut(next.as_mut_slice())
            && let Some(compiled) = T::doubles_mut(inside.as_mut_slice())
        {
            return compare::<F>(t, u, p, written, compiled);
        }
        let (n, m) = (u.as_slice().len(), p.as_slice().len());
        reals.resize(3 * n + m, 0.0);
        let (written, rest) = reals.split_at_mut(n);
        let (compiled, rest) = rest.split_at_mut(n);
        for (real, x) in rest.iter_mut().zip(u.as_slice().iter().chain(p.as_slice())) {
            *real = x.value();
        }
        let (u, p) = rest.split_at(n);
        compare::<F>(t, u, p, written, compiled)
    }
}

fn compare<F: Model>(
    t: f64,
    u: &[f64],
    p: &[f64],
    written: &mut [f64],
    compiled: &mut [f64],
) -> Result<(), Error> {
    F::written(written, u, p, t);
    F::compiled(compiled, u, p, t);
    let differ =
        |compiled: f64, written: f64| compiled != written && !(compiled.is_nan() && written.is_nan());
    let found = compiled.iter().zip(&*written).enumerate();
    match found.into_iter().find(|(_, (compiled, written))| differ(**compiled, **written)) {
        None => Ok(()),
        Some((i, (&compiled, &written))) => {
            let component = component("du", &F::state_names(), i);
            Err(Error::Translation { model: F::NAME, t, component, written, compiled })
        }
    }
}
