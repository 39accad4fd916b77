//! Steps that nobody sees, and how many of them there are in a row.

use crate::error::Error;
use crate::integrate::Integrator;
use crate::integrate::integrator::Course;
use crate::problem::System;
use crate::real::Real;
use crate::space::all_finite;
use crate::stepper::At;
use crate::stepper::Method;
use crate::stepper::Stepper;
use crate::wide::Work;
use crate::wide::moderately_wide;

impl<T: Real, F: System<T>, M: Method<T, F>> Integrator<'_, T, F, M> {
    /// How many steps there are, from here on, that nobody needs to see if nobody wants to see them all: they are of one size, at
    /// their ends nothing happens, and they end before a time.
    pub(in crate::integrate) fn unseen(&self, before: f64) -> usize {
        let Course { clock, options, stats, exponent, domain, attention, wants, h, .. } = &self.course;
        if F::BREAKS || exponent.is_some() || domain.is_some() || attention.is_some() || wants.snapshots {
            return 0;
        }
        let attempts = options.max_steps.saturating_sub(stats.accepted + stats.rejected);
        clock.steps_before(before, *h).min(attempts)
    }

    /// Takes steps that are not seen, in a loop of its own: what that of adaptive steps keeps in registers is not in its way. Of several
    /// solves side by side it is compiled for vector registers; of one it is not: these would read at once what was just written in
    /// parts, which makes the processor wait. A step that fails is taken again by [`step`](Self::step), which says why.
    #[inline(never)]
    pub(super) fn pass_unseen(&mut self, unseen: usize) -> Result<(), Error> {
        let mut outcome = Ok(());
        let work = Unseen { integrator: self, unseen, outcome: &mut outcome };
        if const { T::WIDTH == 1 } {
            work.run::<false>()
        } else {
            moderately_wide(work)
        }
        outcome
    }
}

/// See [`Integrator::pass_unseen`].
struct Unseen<'a, 'b, T: Real, F: System<T>, M: Method<T, F>> {
    integrator: &'a mut Integrator<'b, T, F, M>,
    unseen: usize,
    outcome: &'a mut Result<(), Error>,
}

impl<T: Real, F: System<T>, M: Method<T, F>> Work for Unseen<'_, '_, T, F, M> {
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn run<const FUSED: bool>(self) {
        let Self { integrator, unseen, outcome } = self;
        for _ in 0..unseen {
            let Integrator { stepper, course, .. } = &mut *integrator;
            let (interval, low) = course.clock.plain(course.h);
            let Course { f, p, u, next, options, .. } = course;
            let taken = stepper.step(At { f: *f, p, interval, u }, &options.tolerances, next);
            if taken.is_err() || !all_finite(next) {
                return;
            }
            course.clock.follow((interval, low));
            integrator.arrive();
            let Integrator { course, .. } = &mut *integrator;
            let breaks = course.f.next_break(course.clock.t(), course.clock.direction()).is_some();
            if breaks {
                course.look_ahead();
            }
            *outcome = course.compare_where_asked();
            if breaks || outcome.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::ops::ControlFlow;

    use crate::error::Error;
    use crate::integrate::Grid;
    use crate::integrate::Solution;
    use crate::integrate::Solver;
    use crate::problem::Model;
    use crate::problem::OdeProblem;
    use crate::problem::Rhs;
    use crate::problem::System;
    use crate::real::Real;
    use crate::stepper::Method;
    use crate::stepper::RK4;
    use crate::stepper::Tsit5;

    /// `du = p u^2 + t`, over a number of another kind after the time 1.5 in a state of any length.
    #[derive(Debug, Clone, Copy)]
    struct Bent<const VEC: bool>;
    impl<const VEC: bool> Model for Bent<VEC> {}
    impl<T: Real> System<T> for Bent<false> {
        type State = [T; 2];
        type Params = T;
    }
    impl<T: Real> System<T> for Bent<true> {
        type State = Vec<T>;
        type Params = T;
    }
    fn slope<T: Real>(du: &mut [T], u: &[T], p: T, t: T) {
        for (du, u) in du.iter_mut().zip(u) {
            *du = if t.value() > 1.5 { p * *u } else { p * *u * *u + t };
        }
    }
    impl<T: Real> Rhs<T> for Bent<false> {
        fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &T, t: T) {
            slope(du, u, *p, t);
        }
    }
    impl<T: Real> Rhs<T> for Bent<true> {
        fn rhs(&self, du: &mut Vec<T>, u: &Vec<T>, p: &T, t: T) {
            slope(du, u, *p, t);
        }
    }

    /// What a solve says that nobody watches, where one that shows each step says the same.
    fn both_ways<'a, F: System<f64> + 'a, M: Method<f64, F>>(
        solver: impl Fn() -> Solver<'a, F, f64, M>,
    ) -> Result<Solution<F::State, f64>, Error>
    where
        F::State: PartialEq + std::fmt::Debug,
    {
        let watched = solver().on_step(|_| ControlFlow::Continue(())).solve();
        let alone = solver().solve();
        assert_eq!(alone, watched);
        alone
    }

    #[test]
    fn they_are_those_that_are_seen() {
        for (span, dt) in [
            ((0.0, 2.0), 0.01),
            ((2.0, -0.3), -0.0107),
            ((0.0, 1.0), 0.1),
            ((0.0, 0.3), 0.2),
            ((5.0, 5.1), 1e-3),
        ] {
            let array = OdeProblem::new(Bent::<false>, [0.5, -1.0], span, -0.3);
            let vec = OdeProblem::new(Bent::<true>, vec![0.5, -1.0, 0.1], span, -0.3);
            let at = |part: f64| span.0 + part * (span.1 - span.0);
            let stops = [at(0.3), at(0.31), at(0.75)];
            let rows = || Grid::points([at(0.0), at(0.2), at(0.305), at(0.9), at(1.0)]);
            let solution = both_ways(|| array.solver(RK4).dt(dt).save_every_step(false)).unwrap();
            assert_eq!((solution.end_time, solution.times.len()), (span.1, 0));
            both_ways(|| array.solver(Tsit5).fixed(dt).save_every_step(false).tstops(stops)).unwrap();
            let solution = both_ways(|| vec.solver(Tsit5).fixed(dt).save_at(rows()).tstops(stops)).unwrap();
            assert_eq!(solution.times.len(), 5);
            both_ways(|| vec.solver(RK4).dt(dt).save_at(rows())).unwrap();
        }
    }

    /// All but the last two before a stop or a row, and none where something is asked of every step.
    #[test]
    fn there_are_as_many_as_nobody_needs_to_see() {
        let problem = OdeProblem::new(Bent::<false>, [0.5, -1.0], (0.0, 1.0), -0.3);
        let solver = || problem.solver(RK4).dt(1.0 / 64.0);
        let unseen = |solver: Solver<'_, _, _, RK4>, due| solver.integrator().unwrap().unseen(due);
        assert_eq!(unseen(solver(), f64::INFINITY), 62);
        assert_eq!(unseen(solver(), 0.5), 30);
        assert_eq!(unseen(solver().tstops([0.25, 0.75]), 0.5), 14);
        assert_eq!(unseen(solver().max_steps(7), 0.5), 7);
        assert_eq!(unseen(solver().dt(0.6), f64::INFINITY), 0);
        assert_eq!(unseen(solver().is_out_of_domain(|_, _, _| false), f64::INFINITY), 0);
        let adaptive = problem.solver(Tsit5).dt(1.0 / 64.0);
        assert_eq!(adaptive.integrator().unwrap().unseen(f64::INFINITY), 0);
    }

    #[test]
    fn they_end_where_those_that_are_seen_do() {
        // The solution of `du = u^2 + t` from 0.5 is infinite before 2.
        let problem = OdeProblem::new(Bent::<false>, [0.5, 20.0], (0.0, 2.0), 1.0);
        let error = both_ways(|| problem.solver(RK4).dt(1e-3).save_every_step(false)).unwrap_err();
        assert!(matches!(error, Error::NotFinite { t, .. } if t > 0.04 && t < 0.1), "{error:?}");
        let problem = OdeProblem::new(Bent::<false>, [0.5, -1.0], (0.0, 1.0), -0.3);
        for most in [1, 50, 97, 98, 99] {
            let solve = || problem.solver(RK4).dt(0.01).max_steps(most).save_every_step(false);
            let error = both_ways(solve).unwrap_err();
            assert!(
                matches!(error, Error::StepBudget { t, .. } if (t - 0.01 * most as f64).abs() < 1e-12),
                "{error:?}"
            );
        }
        both_ways(|| problem.solver(RK4).dt(0.01).max_steps(100).save_every_step(false)).unwrap();
    }
}
