//! Whether the derivative that a solve uses is that of the function as it was written.

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Integrator;
use crate::integrate::options::component;
use crate::problem::Model;
use crate::problem::OdeProblem;
use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Vector;
use crate::stepper::Method;

/// Compares the two at the start of a solve.
///
/// Not a method of [`Integrator`]: whoever gets hold of that as a whole keeps it out of registers.
#[cold]
#[inline(never)]
pub(super) fn compare_at_start<T: Real, F: Rhs<T>>(
    problem: &OdeProblem<F, T>,
    u: &F::State,
) -> Result<(), Error> {
    let OdeProblem { model, span, p, .. } = problem;
    compare(model, (u, p, span.0), &mut u.clone(), &mut u.clone(), &mut Vec::new())
}

impl<T: Real, F: Rhs<T>, M: Method<T, F>, E: EventSet<T, F>> Integrator<'_, T, F, M, E> {
    /// Compares the two where the solve stands.
    pub(super) fn compare_here(&mut self) -> Result<(), Error> {
        let t = self.clock.t();
        // Both are free between steps.
        let Self { f, u, p, next, inside, reals, .. } = self;
        compare(*f, (u, p, t), next, inside, reals)
    }
}

/// Compares the two to the last bit: the compiler changes no value. NaN is equal to NaN, and a zero to a zero of the other
/// sign, which Rust's own `max` and `min` leave open.
///
/// Values alone are compared, and so are those of dual numbers, which compute them as floats do. Over `f32` the model
/// rounds otherwise than the function; there the model over `f64` is compared with it, at the same state.
fn compare<T: Real, F: Rhs<T>>(
    f: &F,
    (u, p, t): (&F::State, &F::Params, f64),
    slope: &mut F::State,
    room: &mut F::State,
    reals: &mut Vec<f64>,
) -> Result<(), Error> {
    if let (Some(u_reals), Some(p_reals)) = (T::doubles(u.as_slice()), T::doubles(p.as_slice()))
        && let Some(written) = T::doubles_mut(room.as_mut_slice())
    {
        F::written(written, u_reals, p_reals, t);
        f.rhs(slope, u, p, T::lit(t));
        return same::<F>(t, slope.as_slice().iter().map(|x| x.value()), written);
    }
    let (n, m) = (u.as_slice().len(), p.as_slice().len());
    reals.resize(3 * n + m, 0.0);
    let (written, rest) = reals.split_at_mut(n);
    let (found, rest) = rest.split_at_mut(n);
    for (real, x) in rest.iter_mut().zip(u.as_slice().iter().chain(p.as_slice())) {
        *real = x.value();
    }
    let (u_reals, p_reals) = rest.split_at(n);
    F::written(written, u_reals, p_reals, t);
    if T::EPSILON == f64::EPSILON {
        f.rhs(slope, u, p, T::lit(t));
        for (real, x) in found.iter_mut().zip(slope.as_slice()) {
            *real = x.value();
        }
    } else {
        F::compiled(found, u_reals, p_reals, t);
    }
    same::<F>(t, found.iter().copied(), written)
}

fn same<F: Model>(t: f64, found: impl Iterator<Item = f64>, written: &[f64]) -> Result<(), Error> {
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
