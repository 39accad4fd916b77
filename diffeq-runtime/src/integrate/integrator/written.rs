//! Whether the derivative that a solve uses is that of the function as it was written.

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Integrator;
use crate::integrate::options::component;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Method;

impl<T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Integrator<'_, T, F, M, E> {
    /// Compares the two where the solve stands, to the last bit: the compiler changes no value. NaN is equal to NaN, and a
    /// zero to a zero of the other sign, which Rust's own `max` and `min` leave open.
    ///
    /// Values alone are compared, and so are those of dual numbers, which compute them as floats do. Over `f32` the model
    /// rounds otherwise than the function; there the model over `f64` is compared with it, at the same state.
    #[cold]
    #[inline(never)]
    pub(super) fn check_written(&mut self) -> Result<(), Error> {
        let t = self.clock.t();
        // Both are free between steps.
        let Self { f, u, p, next, inside, reals, .. } = self;
        if let (Some(u), Some(p)) = (T::doubles(u.as_slice()), T::doubles(p.as_slice()))
            && let Some(written) = T::doubles_mut(inside.as_mut_slice())
        {
            F::written(written, u, p, t);
            f.rhs(next, &self.u, &self.p, T::lit(t));
            let found = next.as_slice().iter().map(|x| x.value());
            return same::<F>(t, found, written);
        }
        let (n, m) = (u.as_slice().len(), p.as_slice().len());
        reals.resize(3 * n + m, 0.0);
        let (written, rest) = reals.split_at_mut(n);
        let (found, rest) = rest.split_at_mut(n);
        for (real, x) in rest.iter_mut().zip(u.as_slice().iter().chain(p.as_slice())) {
            *real = x.value();
        }
        let (u, p) = rest.split_at(n);
        F::written(written, u, p, t);
        if T::EPSILON == f64::EPSILON {
            f.rhs(next, &self.u, &self.p, T::lit(t));
            for (real, x) in found.iter_mut().zip(next.as_slice()) {
                *real = x.value();
            }
        } else {
            F::compiled(found, u, p, t);
        }
        same::<F>(t, found.iter().copied(), written)
    }
}

fn same<F: crate::problem::Model>(
    t: f64,
    found: impl Iterator<Item = f64>,
    written: &[f64],
) -> Result<(), Error> {
    let differ =
        |compiled: f64, written: f64| compiled != written && !(compiled.is_nan() && written.is_nan());
    match found.zip(written).enumerate().find(|(_, (compiled, written))| differ(*compiled, **written)) {
        None => Ok(()),
        Some((i, (compiled, &written))) => {
            let component = component("du", &F::state_names(), i);
            Err(Error::Translation { model: F::NAME, t, component, written, compiled })
        }
    }
}
