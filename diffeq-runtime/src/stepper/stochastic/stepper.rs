//! The stepper of every stochastic one-step method.

use crate::error::Error;
use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Increment;
use crate::noise::Law;
use crate::noise::Path;
use crate::noise::Unresolved;
use crate::problem::Diffusion;
use crate::problem::Interpretation;
use crate::problem::NoiseClass;
use crate::problem::NoiseShape;
use crate::problem::Rhs;
use crate::problem::Stochastic;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Quality;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::stepper::stochastic::kernel::Kernel;
use crate::stepper::stochastic::kernel::Place;

/// A kernel and what the path does in the step at hand.
///
/// Between the ends of a step the solution is the straight line: what the path does there the step has not asked.
#[derive(Debug, Clone)]
pub struct SdeStepper<K, C, T = f64> {
    /// Made where the model is first seen.
    room: Option<Room<K, C>>,
    exponent: f64,
    evaluations: usize,
    /// What the step last taken keeps for its derivative, where that is asked for.
    kept: Vec<T>,
}

#[derive(Debug, Clone)]
pub(crate) struct Room<K, C> {
    pub kernel: K,
    pub cursor: C,
    pub noise: Increment,
    /// Those of all paths, where several solves go side by side, and what one path does.
    cursors: Vec<C>,
    one: Increment,
}

/// How many processes drive a model.
pub(crate) fn processes<T: Real, M: Diffusion<T>>(model: &M, u: &M::State) -> usize {
    <M::Shape as NoiseShape<T, M::State, M::Noise>>::processes(&model.blank_noise(u))
}

impl<K, C> Room<K, C> {
    pub fn new<T: Real, M, W>(f: &Driven<M, W>, u: &M::State, asks: Asks, kernel: K) -> Self
    where
        M: Diffusion<T>,
        W: Path<Cursor = C>,
    {
        Self::of_processes(f, processes(&f.model, u), asks, kernel)
    }

    /// Room for so many processes.
    pub fn of_processes<M, W>(f: &Driven<M, W>, count: usize, asks: Asks, kernel: K) -> Self
    where
        M: Stochastic,
        W: Path<Cursor = C>,
    {
        let mut cursors = Vec::with_capacity(f.paths.len());
        for path in f.paths.iter() {
            cursors.push(path.cursor(count));
        }
        let noise = Increment::new(count * cursors.len().max(1), asks);
        let one = if cursors.is_empty() { Increment::default() } else { Increment::new(count, asks) };
        Self { kernel, cursor: f.path.cursor(count), noise, cursors, one }
    }

    #[cold]
    #[inline(never)]
    fn of_kernel<T: Real, M, W>(f: &Driven<M, W>, u: &M::State) -> Self
    where
        M: Diffusion<T>,
        W: Path<Cursor = C>,
        K: Kernel<T, M>,
    {
        Self::new(f, u, K::ASKS, K::new(&f.model, u))
    }

    /// Asks the path what it does over a step.
    #[inline]
    pub fn draw<M: Stochastic, W: Path<Cursor = C>>(
        &mut self,
        f: &Driven<M, W>,
        interval: Interval,
    ) -> Result<(), Failure> {
        let Self { cursor, cursors, one, noise, .. } = self;
        let (from, to) = (interval.t, interval.end);
        let drawn = if f.paths.is_empty() {
            f.path.increment(cursor, from, to, noise)
        } else {
            W::increment_each(&f.paths, cursors, (from, to), one, noise)
        };
        drawn.map_err(|Unresolved| Failure::Unresolved)
    }

    /// How many reals keep what the path does in a step: none where reals are not those of the path, which is asked again then.
    fn noise_len<T: Real>(&self) -> usize {
        let Increment { w, h, areas } = &self.noise;
        if T::doubles(&[]).is_some() { w.len() + h.len() + areas.len() } else { 0 }
    }

    /// Keeps what the path does in the step at hand, if anything is kept, and leaves the rest.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn keep<'a, T: Real>(&self, kept: &'a mut [T]) -> &'a mut [T] {
        if kept.is_empty() {
            return kept;
        }
        let (of_noise, rest) = kept.split_at_mut(self.noise_len::<T>());
        if let Some(reals) = T::doubles_mut(of_noise) {
            let Increment { w, h, areas } = &self.noise;
            reals.iter_mut().zip(w.iter().chain(h).chain(areas)).for_each(|(real, x)| *real = *x);
        }
        rest
    }

    /// Finds what the path did in a step where that was [kept](Self::keep), or asks it again; and what else the step kept.
    #[cfg_attr(not(debug_assertions), inline(always))]
    pub fn recall<'a, T, M, W>(
        &mut self,
        f: &Driven<M, W>,
        interval: Interval,
        kept: &'a [T],
    ) -> Result<&'a [T], Failure>
    where
        T: Real,
        M: Stochastic,
        W: Path<Cursor = C>,
    {
        let (of_noise, rest) = kept.split_at_checked(self.noise_len::<T>()).unwrap_or_default();
        match T::doubles(of_noise).filter(|reals| !reals.is_empty()) {
            Some(reals) => {
                let Increment { w, h, areas } = &mut self.noise;
                reals.iter().zip(w.iter_mut().chain(h).chain(areas)).for_each(|(real, x)| *x = *real);
            }
            None => self.draw(f, interval)?,
        }
        Ok(rest)
    }

    /// What a step kept beside what the path did.
    pub fn rest<'a, T: Real>(&self, kept: &'a [T]) -> &'a [T] {
        kept.get(self.noise_len::<T>()..).unwrap_or_default()
    }
}

impl<K, C, T> SdeStepper<K, C, T> {
    /// A stepper of which the error falls like `h` to this power.
    pub fn new(exponent: Option<f64>) -> Self {
        Self { room: None, exponent: exponent.unwrap_or(1.0), evaluations: 0, kept: Vec::new() }
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn room<M, W>(&mut self, f: &Driven<M, W>, u: &M::State) -> &mut Room<K, C>
    where
        T: Real,
        M: Diffusion<T>,
        W: Path<Cursor = C>,
        K: Kernel<T, M>,
    {
        match &mut self.room {
            Some(room) => room,
            empty => empty.insert(Room::of_kernel(f, u)),
        }
    }
}

/// Refuses what no stochastic method solves: a path that does not fit, Ito's integral backwards in time.
///
/// A method takes one path at a time, unless it asks [`check_each`].
pub(crate) fn check<T: Real, M: Diffusion<T>, W: Path>(
    f: &Driven<M, W>,
    u: &M::State,
    span: (f64, f64),
    asks: Asks,
) -> Result<(), Error> {
    if T::WIDTH == 1 { check_each(f, u, span, asks) } else { Err(one_by_one()) }
}

pub(crate) fn one_by_one() -> Error {
    Error::Option {
        option: "method",
        problem: "takes one path at a time".into(),
        hint: "solve the trajectories one by one",
    }
}

/// The same for a method that treats each process by itself, and so the increments of several solves like those of as many
/// processes.
pub(crate) fn check_each<T: Real, M: Diffusion<T>, W: Path>(
    f: &Driven<M, W>,
    u: &M::State,
    span: (f64, f64),
    asks: Asks,
) -> Result<(), Error> {
    if T::WIDTH != f.paths.len().max(1) {
        return Err(one_by_one());
    }
    check_paths(f, processes(&f.model, u), span, asks)
}

/// Refuses paths that do not fit, and Ito's integral backwards in time.
pub(crate) fn check_paths<M: Stochastic, W: Path>(
    f: &Driven<M, W>,
    processes: usize,
    (t0, t1): (f64, f64),
    asks: Asks,
) -> Result<(), Error> {
    if <M::Interpretation as Interpretation>::IS_ITO && !<M::Class as NoiseClass>::IS_ADDITIVE && t1 < t0 {
        return Err(Error::Option {
            option: "span",
            problem: format!("is ({t0}, {t1}), backwards in time, where an Ito integral is another one"),
            hint: "solve it forwards, or write the equation for the Stratonovich integral: `#[sde(stratonovich)]`",
        });
    }
    let mut paths = std::iter::once(&f.path).chain(&f.paths);
    paths.try_for_each(|path| path.check(processes, (t0, t1), asks))
}

/// The straight line from the start of a step to its end.
pub(crate) fn straight_line<T: Real, V: Vector<T>>(u: &V, next: &V, theta: f64, out: &mut V) {
    let ends = u.as_slice().iter().zip(next.as_slice());
    for (out, (u, next)) in out.as_mut_slice().iter_mut().zip(ends) {
        *out = *u + (*next - *u).scale(theta);
    }
}

/// Its coefficients.
pub(crate) fn straight_coefficients<T: Real, V: Vector<T>>(u: &V, next: &V, out: &mut Vec<T>) {
    out.extend(next.as_slice().iter().zip(u.as_slice()).map(|(next, u)| *next - *u));
}

/// Refuses processes for which twofold integrals in Ito's sense are others than those that a method takes.
pub(crate) fn check_law<M: Stochastic, W: Path>(f: &Driven<M, W>) -> Result<(), Error> {
    if !<M::Interpretation as Interpretation>::IS_ITO || <M::Class as NoiseClass>::IS_ADDITIVE {
        return Ok(());
    }
    // Where no component sees two processes, no integral of two of them counts.
    let most = if <M::Class as NoiseClass>::IS_DIAGONAL { Law::Correlated } else { Law::Independent };
    if std::iter::once(&f.path).chain(&f.paths).all(|path| path.law() <= most) {
        return Ok(());
    }
    Err(Error::Option {
        option: "path",
        problem: "has processes that move together, or whose variance is not the time, and the method takes Ito integrals of two of \
                  them as if it were not so"
            .into(),
        hint: "take `EulerMaruyama`, or write the correlations into the noise of the model, as rows, over independent processes",
    })
}

impl<T, M, W, K> Stepper<T, Driven<M, W>> for SdeStepper<K, W::Cursor, T>
where
    T: Real,
    M: Diffusion<T>,
    W: Path,
    K: Kernel<T, M>,
{
    fn begin(
        &mut self,
        f: &Driven<M, W>,
        _: &M::Params,
        _: f64,
        u: &mut M::State,
        _: &Tolerances,
    ) -> Result<(), Failure> {
        self.room(f, u);
        Ok(())
    }

    fn slope(&mut self, _: &Driven<M, W>, _: &M::Params, _: f64, _: &M::State) -> Option<&M::State> {
        None
    }

    fn slope_at(&mut self, f: &Driven<M, W>, p: &M::Params, t: T, u: &M::State, out: &mut M::State) -> bool {
        f.drift.rhs(out, u, p, t);
        true
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn step(
        &mut self,
        at: At<'_, T, Driven<M, W>>,
        _: &Tolerances,
        next: &mut M::State,
    ) -> Result<(), Failure> {
        self.room(at.f, at.u);
        let Self { room: Some(room), kept, evaluations, .. } = self else { return Err(Failure::NotFinite) };
        room.draw(at.f, at.interval)?;
        let kept = room.keep(kept);
        room.kernel.step_keeping(Place::of(at), &room.noise, next, kept);
        *evaluations += room.kernel.evaluations();
        Ok(())
    }

    fn quality(
        &self,
        at: At<'_, T, Driven<M, W>>,
        next: &M::State,
        tolerances: &Tolerances,
    ) -> Option<Quality> {
        let room = self.room.as_ref()?;
        let (before, after) = (at.u.as_slice(), next.as_slice());
        let (mut squares, h) = (0.0, at.interval.h);
        for (i, (before, after)) in before.iter().zip(after).enumerate() {
            let [drift, noise] = room.kernel.error(h, i)?;
            let (before, after) = (before.value().abs(), after.value().abs());
            let ratio =
                (drift.value().abs() + noise.value().abs()) / tolerances.scale(i, f64::max(before, after));
            // An infinite state has an infinite scale, which would hide it; zero times it is NaN.
            squares += ratio * ratio + after * 0.0;
        }
        let error = if before.is_empty() { 0.0 } else { (squares / before.len() as f64).sqrt() };
        Some(Quality::new(error, self.exponent))
    }

    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        self.room.as_ref()?.kernel.error(interval.h, i)
    }

    fn degree(&self) -> usize {
        1
    }

    fn prepare_dense(&mut self, _: At<'_, T, Driven<M, W>>, _: &M::State) {}

    fn interpolate(&self, at: At<'_, T, Driven<M, W>>, next: &M::State, theta: f64, out: &mut M::State) {
        straight_line(at.u, next, theta, out);
    }

    fn dense_coefficients(&self, at: At<'_, T, Driven<M, W>>, next: &M::State, out: &mut Vec<T>) {
        straight_coefficients(at.u, next, out);
    }

    fn trace(&self) -> Trace<'_, M::State, T> {
        Trace { kept: &self.kept, ..Trace::NONE }
    }

    fn keep(&mut self, f: &Driven<M, W>, u: &M::State) {
        let of_noise = self.room(f, u).noise_len::<T>();
        self.kept.resize(of_noise + K::kept_len(&f.model, u), T::ZERO);
    }

    fn accept(&mut self) {}

    fn costs(&self) -> Costs {
        Costs { rhs: self.evaluations, ..Costs::default() }
    }
}
