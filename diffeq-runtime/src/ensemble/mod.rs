//! Many solves of one kind: trajectories from random or varied problems, and what they have in common.
//!
//! An [`Ensemble`] is a number of trajectories and a function from the index of each to its problem. [`Ensemble::run`]
//! solves them on all threads ([`Ensemble::solve`] several at once, in the lanes of vector registers), and hands what each gives to a [`Reduce`]: [`Collect`], [`Moments`] (mean and variance of
//! all components at all saved times), [`Quantiles`], [`Average`] (losses and gradients), a pair of these, or your own.
//!
//! The result does not depend on the number of threads, to the bit: trajectories are reduced in blocks of consecutive
//! indices, whose size depends on the number of trajectories alone, and the blocks are joined in their order.
//!
//! ```
//! use diffeq_runtime::ensemble::Ensemble;
//! use diffeq_runtime::ensemble::Moments;
//! use diffeq_runtime::integrate::Grid;
//! use diffeq_runtime::problem::OdeProblem;
//! use diffeq_runtime::stepper::Tsit5;
//!
//! // Decay at rates that are spread evenly over 0.5 … 1.5.
//! let decay = |du: &mut f64, u: &f64, p: &f64, _t: f64| *du = -p * u;
//! let ensemble = Ensemble::new(100, |i| OdeProblem::from_fn(decay, 1.0, (0.0, 1.0), 0.505 + 0.01 * i as f64));
//! let outcome = ensemble
//!     .run(|problem| problem.solver(Tsit5).save_at(Grid::points([0.0, 1.0])).solve(), Moments)?
//!     .complete()?;
//! assert_eq!(outcome.mean(0), [1.0]);
//! // ∫ exp(-p) dp from 0.5 to 1.5
//! let mean = (-0.5_f64).exp() - (-1.5_f64).exp();
//! assert!((outcome.mean(1)[0] - mean).abs() < 1e-5);
//! # Ok::<(), diffeq_runtime::error::Error>(())
//! ```

mod average;
mod moments;
mod quantiles;
mod reduce;
mod rows;

pub use average::Average;
pub use average::Averaged;
pub use moments::Moments;
pub use moments::MomentsOf;
pub use quantiles::Quantiles;
pub use quantiles::QuantilesOf;
pub use reduce::Collect;
pub use reduce::Reduce;
pub use rows::Rows;

use std::ops::Range;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;

use rayon::prelude::*;

use crate::error::Error;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::System;
use crate::real::LANES;
use crate::real::Lanes;
use crate::space::Lift;
use crate::stepper::Method;

/// Into how many blocks of trajectories an ensemble is cut at most: enough for any machine's threads, few enough for a
/// partial result of each to be held.
const BLOCKS: usize = 512;

/// A number of trajectories, and the problem of each. See the [module](self).
#[must_use = "an ensemble does nothing until it is run"]
pub struct Ensemble<G> {
    trajectories: usize,
    problem: G,
    threads: Option<usize>,
    stops_at_failure: bool,
    origin: String,
    /// What its progress bar is called, where it has one.
    #[cfg(feature = "progress")]
    name: Option<String>,
}

impl<G> std::fmt::Debug for Ensemble<G> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { trajectories, threads, stops_at_failure, origin, .. } = self;
        f.debug_struct("Ensemble")
            .field("trajectories", trajectories)
            .field("threads", threads)
            .field("stops_at_failure", stops_at_failure)
            .field("origin", origin)
            .finish_non_exhaustive()
    }
}

impl<P, G: Fn(usize) -> P + Sync> Ensemble<G> {
    /// So many trajectories; `problem(i)` is the problem of number `i`, from zero.
    pub fn new(trajectories: usize, problem: G) -> Self {
        let origin = String::new();
        Self {
            trajectories,
            problem,
            threads: None,
            stops_at_failure: false,
            origin,
            #[cfg(feature = "progress")]
            name: None,
        }
    }

    /// On so many threads; by default on as many as the machine has. The result is the same to the bit.
    pub fn threads(self, threads: usize) -> Self {
        Self { threads: Some(threads), ..self }
    }

    /// Whether a trajectory that fails ends the run; by default it is [reported](Outcome::failures) and left out.
    pub fn stops_at_failure(self, stops: bool) -> Self {
        Self { stops_at_failure: stops, ..self }
    }

    /// What the problems are made of, to be read beside the index of a trajectory that fails: `"seed 42"`; empty by default.
    pub fn origin(self, origin: impl Into<String>) -> Self {
        Self { origin: origin.into(), ..self }
    }

    /// Shows a bar with this name; by default there is none.
    #[cfg(feature = "progress")]
    pub fn progress(self, name: impl Into<String>) -> Self {
        Self { name: Some(name.into()), ..self }
    }

    /// The problem of trajectory `i`, to look at alone: it is the same problem in the ensemble.
    pub fn problem(&self, i: usize) -> P {
        (self.problem)(i)
    }

    /// Solves all problems by one method, and reduces the solutions: to the bit what [`run`](Self::run) does with
    /// `|problem| solver(problem).solve()`.
    ///
    /// Steps of one size are the same for all trajectories. Where all that a solver is told is the same, too, and the model is
    /// one that `#[ode]` or `#[sde]` wrote, several trajectories are solved at once, each in its lane of vector registers. Trajectories
    /// that part, at an `if` say, are solved again one by one, and so are those of methods that look at the areas of a path; where
    /// that is the rule, `run` is faster.
    ///
    /// ```
    /// # use diffeq_runtime::problem::*;
    /// # use diffeq_runtime::real::Real;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct Decay;
    /// # impl Model for Decay {}
    /// # impl<T: Real> System<T> for Decay { type State = T; type Params = T; }
    /// # impl<T: Real> Rhs<T> for Decay {
    /// #     fn rhs(&self, du: &mut T, u: &T, p: &T, _t: T) { *du = -*p * *u; }
    /// # }
    /// use diffeq_runtime::ensemble::{Ensemble, Moments};
    /// use diffeq_runtime::integrate::Grid;
    /// use diffeq_runtime::stepper::RK4;
    ///
    /// // `Decay` is what `#[ode]` makes of `du = -p u`.
    /// let ensemble = Ensemble::new(100, |i| OdeProblem::new(Decay, 1.0, (0.0, 1.0), 0.505 + 0.01 * i as f64));
    /// let outcome = ensemble
    ///     .solve(|problem| problem.solver(RK4).dt(0.05).save_at(Grid::points([1.0])), Moments)?
    ///     .complete()?;
    /// assert!((outcome.mean(0)[0] - ((-0.5_f64).exp() - (-1.5_f64).exp())).abs() < 1e-5);
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    ///
    /// See [`run`](Self::run).
    pub fn solve<F, X, B>(
        &self,
        solver: impl for<'a> Fn(&'a P) -> Solver<'a, F, f64, X> + Sync,
        reduction: B,
    ) -> Result<Outcome<B::Value>, Error>
    where
        F: System<
                f64,
                State: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::State>,
                Params: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::Params>,
            > + System<Lanes>
            + Clone,
        X: Method<f64, F> + Method<Lanes, F>,
        B: Reduce<Solution<<F as System<f64>>::State, f64>>,
    {
        let solve = |group: Range<usize>, take: &mut dyn FnMut(usize, Result<_, Error>)| {
            let problems: Vec<P> = group.clone().map(&self.problem).collect();
            let solvers: Vec<_> = problems.iter().map(&solver).collect();
            let solutions = Solver::solve_each(&solvers);
            group.zip(solutions).for_each(|(trajectory, solution)| take(trajectory, solution));
        };
        self.reduced(LANES, solve, reduction)
    }

    /// Solves all problems and reduces what they give.
    ///
    /// `solve` makes of each problem its output: a solution, an end state, a loss and its gradient.
    ///
    /// # Errors
    ///
    /// Without trajectories or threads; where outputs do not fit together (rows at other times, say); where all
    /// trajectories fail, or one does and the run [stops](Self::stops_at_failure) there: the error is that of the first by
    /// its index.
    pub fn run<R, B: Reduce<R>>(
        &self,
        solve: impl Fn(&P) -> Result<R, Error> + Sync,
        reduction: B,
    ) -> Result<Outcome<B::Value>, Error> {
        let solve = |group: Range<usize>, take: &mut dyn FnMut(usize, Result<R, Error>)| {
            group.for_each(|trajectory| take(trajectory, solve(&(self.problem)(trajectory))));
        };
        self.reduced(1, solve, reduction)
    }

    /// Hands groups of so many trajectories to `solve`, which passes on what comes out of each, and reduces that.
    fn reduced<R, B: Reduce<R>>(
        &self,
        group: usize,
        solve: impl Fn(Range<usize>, &mut dyn FnMut(usize, Result<R, Error>)) + Sync,
        reduction: B,
    ) -> Result<Outcome<B::Value>, Error> {
        let Self { trajectories, threads, .. } = *self;
        if trajectories == 0 {
            return Err(Error::Option {
                option: "trajectories",
                problem: "is 0".into(),
                hint: "an ensemble needs one at least",
            });
        }
        let blocks = self.blocks();
        let together = together(group, blocks[0].len());
        let job = Job { ensemble: self, solve: &solve, group, reduction: &reduction, work: Work::new() };
        #[cfg(feature = "progress")]
        let bar = std::sync::Mutex::new(crate::progress::Bar::new(self.name.as_deref(), trajectories as u64));
        let some = |blocks: &[Range<usize>]| {
            let partials = job.blocks(blocks);
            #[cfg(feature = "progress")]
            if let Ok(bar) = bar.lock() {
                let done = job.work.done.load(Ordering::Relaxed) as u64;
                bar.update(done, || match job.work.failed.load(Ordering::Relaxed) {
                    0 => String::new(),
                    failed => format!("{failed} failed"),
                });
            }
            partials
        };
        let partials: Vec<Vec<Partial<B::Partial>>> = match threads {
            Some(0) => {
                let hint = "give 1 or more, or leave it to the machine";
                return Err(Error::Option { option: "threads", problem: "is 0".into(), hint });
            }
            Some(1) => blocks.chunks(together).map(some).collect(),
            None => blocks.par_chunks(together).map(some).collect(),
            Some(threads) => {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build();
                let pool =
                    pool.map_err(|error| Error::Layer { layer: "ensemble", message: error.to_string() })?;
                pool.install(|| blocks.par_chunks(together).map(some).collect())
            }
        };
        self.join(partials.into_iter().flatten(), &reduction)
    }

    /// Consecutive trajectories, in blocks of a size that their number alone decides.
    fn blocks(&self) -> Vec<Range<usize>> {
        let trajectories = self.trajectories;
        let each = trajectories.div_ceil(BLOCKS);
        (0..trajectories).step_by(each).map(|start| start..(start + each).min(trajectories)).collect()
    }

    /// Joins the blocks in their order.
    fn join<R, B: Reduce<R>>(
        &self,
        partials: impl Iterator<Item = Partial<B::Partial>>,
        reduction: &B,
    ) -> Result<Outcome<B::Value>, Error> {
        let mut failures = Vec::new();
        let mut joined: Option<B::Partial> = None;
        for partial in partials {
            failures.extend(partial.failures);
            if let Some(misfit) = partial.misfit {
                return Err(misfit);
            }
            if self.stops_at_failure
                && let Some(Failed { error, .. }) = failures.first()
            {
                return Err(error.clone());
            }
            joined = match (joined, partial.reduced) {
                (None, next) => Some(next),
                (Some(mut before), next) => {
                    reduction.join(&mut before, next)?;
                    Some(before)
                }
            };
        }
        let solved = self.trajectories - failures.len();
        match (joined, failures.first()) {
            (Some(partial), None) => Ok(Outcome { value: reduction.finish(partial)?, solved, failures }),
            (Some(partial), Some(_)) if solved > 0 => {
                Ok(Outcome { value: reduction.finish(partial)?, solved, failures })
            }
            (_, Some(Failed { error, .. })) => Err(error.clone()),
            // There is a block for every trajectory.
            (None, None) => Err(Error::Layer { layer: "ensemble", message: "nothing was solved".into() }),
        }
    }
}

/// How many blocks of a length are worked on together: as few as groups fill, or as make so many groups that one which is not full
/// hardly counts.
fn together(group: usize, len: usize) -> usize {
    const MANY: usize = 16;
    let fill = |blocks: &usize| (blocks * len).is_multiple_of(group) || blocks * len >= MANY * group;
    (1..group).find(fill).unwrap_or(group)
}

/// What the blocks of a run share.
#[derive(Debug)]
struct Work {
    done: AtomicUsize,
    failed: AtomicUsize,
    /// The first trajectory known to fail: a run that stops at failures need not go beyond it.
    first: AtomicUsize,
}

impl Work {
    fn new() -> Self {
        Self { done: AtomicUsize::new(0), failed: AtomicUsize::new(0), first: AtomicUsize::new(usize::MAX) }
    }
}

struct Job<'a, G, S, B> {
    ensemble: &'a Ensemble<G>,
    solve: &'a S,
    /// How many trajectories are handed to it at once.
    group: usize,
    reduction: &'a B,
    work: Work,
}

/// What a block of trajectories comes to.
struct Partial<T> {
    reduced: T,
    failures: Vec<Failed>,
    /// Why an output does not fit to those before.
    misfit: Option<Error>,
}

impl<T> Partial<T> {
    /// Whether nothing that comes after counts.
    fn is_over(&self, stops: bool) -> bool {
        self.misfit.is_some() || stops && !self.failures.is_empty()
    }
}

impl<G, S, B> Job<'_, G, S, B> {
    /// Consecutive blocks, each of which comes to something of its own.
    fn blocks<R>(&self, blocks: &[Range<usize>]) -> Vec<Partial<B::Partial>>
    where
        S: Fn(Range<usize>, &mut dyn FnMut(usize, Result<R, Error>)),
        B: Reduce<R>,
    {
        let Self { ensemble, solve, group, reduction, work } = self;
        let stops = ensemble.stops_at_failure;
        let blank = || Partial { reduced: reduction.empty(), failures: Vec::new(), misfit: None };
        let mut partials: Vec<_> = blocks.iter().map(|_| blank()).collect();
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else { return partials };
        for start in (first.start..last.end).step_by(*group) {
            // What comes before the first failure is solved all the same: that one's error is returned, on any number of
            // threads.
            let is_behind = stops && work.first.load(Ordering::Relaxed) < start;
            if is_behind || partials.iter().any(|partial| partial.is_over(stops)) {
                break;
            }
            solve(start..(start + group).min(last.end), &mut |trajectory, output| {
                work.done.fetch_add(1, Ordering::Relaxed);
                let partial = &mut partials[(trajectory - first.start) / first.len()];
                if partial.is_over(stops) {
                    return;
                }
                match output {
                    Ok(output) => {
                        partial.misfit = reduction.add(&mut partial.reduced, trajectory, output).err();
                    }
                    Err(error) => {
                        work.failed.fetch_add(1, Ordering::Relaxed);
                        let origin = ensemble.origin.clone();
                        partial.failures.push(Failed { trajectory, origin, error });
                        if stops {
                            work.first.fetch_min(trajectory, Ordering::Relaxed);
                        }
                    }
                }
            });
        }
        partials
    }
}

/// A trajectory that failed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("trajectory {trajectory}{}: {error}", described(.origin))]
pub struct Failed {
    /// Its index.
    pub trajectory: usize,
    /// What its problem was made of, see [`Ensemble::origin`].
    pub origin: String,
    /// Why.
    #[source]
    pub error: Error,
}

fn described(origin: &str) -> String {
    if origin.is_empty() { String::new() } else { format!(" ({origin})") }
}

/// What an ensemble came to, and which of its trajectories are not in it.
#[derive(Debug, Clone, PartialEq)]
#[must_use = "some trajectories may have failed"]
pub struct Outcome<V> {
    /// What the outputs were reduced to: of those that were solved alone.
    pub value: V,
    /// How many trajectories were solved.
    pub solved: usize,
    /// Those that failed, in order.
    pub failures: Vec<Failed>,
}

impl<V> Outcome<V> {
    /// The value, if no trajectory failed: what is left out makes a mean another one.
    ///
    /// # Errors
    ///
    /// That of the first trajectory that failed, with its index.
    pub fn complete(self) -> Result<V, Error> {
        match self.failures.first() {
            None => Ok(self.value),
            Some(failed) => {
                let (all, count) = (self.solved + self.failures.len(), self.failures.len());
                let message = format!("{count} of {all} trajectories failed; {failed}");
                Err(Error::Layer { layer: "ensemble", message })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_are_worked_on_together_until_they_fill_groups() {
        // Ten thousand trajectories are in blocks of twenty.
        let cases =
            [(8, 20, 2), (8, 1, 8), (8, 2, 4), (8, 3, 8), (8, 8, 1), (8, 129, 1), (8, 65, 2), (1, 7, 1)];
        for (group, len, blocks) in cases {
            assert_eq!(together(group, len), blocks, "{group} {len}");
        }
        for len in 1..1000 {
            let all = together(LANES, len) * len;
            let lanes = all.next_multiple_of(LANES);
            assert!(17 * (lanes - all) <= lanes, "{len}: {all} of {lanes} lanes");
        }
    }
}
