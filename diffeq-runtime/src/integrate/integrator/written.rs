//! Whether the derivative that a solve uses is that of the function as it was written.

use super::Course;
use crate::error::Error;
use crate::integrate::named::component;
use crate::problem::Model;
use crate::problem::System;
use crate::real::Real;
use crate::space::Vector;

impl<T: Real, F: System<T>> Course<'_, T, F> {
    /// Where that is asked for, compares the two where the solve stands, to the last bit: the compiler changes no value. NaN is equal to NaN, and a
    /// zero to a zero of the other sign, which Rust's own `max` and `min` leave open.
    ///
    /// Both are computed over `f64`, from the values of the state: dual numbers compute them as floats do, and over `f32`
    /// the model rounds otherwise than the function.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub(super) fn compare_where_asked(&mut self) -> Result<(), Error> {
        if F::WRITTEN && cfg!(debug_assertions) { self.compare_here() } else { Ok(()) }
    }

    #[cold]
    #[inline(never)]
    fn compare_here(&mut self) -> Result<(), Error> {
        let t = self.clock.t();
        // The two states are free between steps.
        let Self { u, p, next, inside, reals, .. } = self;
        compare_with::<T, F>(
            (u.as_slice(), p.as_slice(), t),
            next.as_mut_slice(),
            inside.as_mut_slice(),
            reals,
        )
    }
}

/// The comparison at the start, before there is a solve: it can't disturb where the optimiser keeps one.
#[cold]
#[inline(never)]
pub(super) fn compare_at_start<T: Real, F: System<T>>(
    u: &F::State,
    p: &F::Params,
    t: f64,
) -> Result<(), Error> {
    let (mut written, mut compiled) = (u.clone(), u.clone());
    let at = (u.as_slice(), p.as_slice(), t);
    compare_with::<T, F>(at, written.as_mut_slice(), compiled.as_mut_slice(), &mut Vec::new())
}

/// Compares by means of two states that are free, or where reals are not `f64` of a vector that is.
fn compare_with<T: Real, F: Model>(
    (u, p, t): (&[T], &[T], f64),
    written: &mut [T],
    compiled: &mut [T],
    reals: &mut Vec<f64>,
) -> Result<(), Error> {
    let (n, m) = (u.len(), p.len());
    // a stochastic equation writes its noise, too
    let out = F::written_len(n);
    if out == n
        && let (Some(u), Some(p)) = (T::doubles(u), T::doubles(p))
        && let Some(written) = T::doubles_mut(written)
        && let Some(compiled) = T::doubles_mut(compiled)
    {
        return compare::<F>(t, u, p, written, compiled);
    }
    reals.resize(2 * out + n + m, 0.0);
    let (written, rest) = reals.split_at_mut(out);
    let (compiled, rest) = rest.split_at_mut(out);
    for lane in 0..T::WIDTH {
        for (real, x) in rest.iter_mut().zip(u.iter().chain(p)) {
            *real = x.lane(lane);
        }
        let (u, p) = rest.split_at(n);
        compare::<F>(t, u, p, written, compiled)?;
    }
    Ok(())
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
            let component = match i.checked_sub(u.len()) {
                None => component("du", &F::state_names(), i),
                Some(i) => format!("real {i} of the noise"),
            };
            Err(Error::Translation { model: F::NAME, t, component, written, compiled })
        }
    }
}
