//! Several solves side by side, in the lanes of vector registers.

use std::cell::RefCell;

use crate::error::Error;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::problem::OdeProblem;
use crate::problem::System;
use crate::real::LANES;
use crate::real::Lanes;
use crate::real::Real;
use crate::real::parted;
use crate::space::Lift;
use crate::space::Vector;
use crate::stepper::Method;

/// The state of a model over floats.
type State<F> = <F as System<f64>>::State;

impl<F, X> Solver<'_, F, f64, X>
where
    F: System<
            f64,
            State: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::State>,
            Params: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::Params>,
        > + System<Lanes>
        + Clone,
    X: Method<f64, F> + Method<Lanes, F>,
{
    /// Solves each of several problems: to the bit what [`solve`](Self::solve) says of each.
    ///
    /// Where all steps are known before they are taken, as those of one size are, several problems of one model are solved at
    /// once. Where they can't be, they are solved one by one.
    pub(crate) fn solve_each(solvers: &[Self]) -> Vec<Result<Solution<State<F>, f64>, Error>> {
        match Self::side_by_side(solvers) {
            Some(solutions) => solutions.into_iter().map(Ok).collect(),
            None => solvers.iter().map(Self::solve).collect(),
        }
    }

    /// All at once; `None` where they part, or one of them fails: by itself it says why.
    fn side_by_side(solvers: &[Self]) -> Option<Vec<Solution<State<F>, f64>>> {
        let first = solvers.first()?;
        // One that is missing goes with the first.
        let solver = |lane: usize| solvers.get(lane).unwrap_or(first);
        if solvers.len() > LANES
            || 2 * solvers.len() < LANES
            || !solvers.iter().all(|other| first.goes_with(other))
        {
            return None;
        }
        let problems: [&OdeProblem<F>; LANES] = std::array::from_fn(|lane| solver(lane).problem);
        let OdeProblem { u0, p, .. } = first.problem;
        let problem = OdeProblem {
            model: F::together(&problems.map(|problem| &problem.model))?,
            u0: u0.lift(&mut lanes_of(problems.map(|problem| problem.u0.as_slice()))),
            span: first.problem.span,
            p: p.lift(&mut lanes_of(problems.map(|problem| problem.p.as_slice()))),
        };
        let together = Solver {
            problem: &problem,
            method: first.method.clone(),
            options: first.options.clone(),
            events: (),
            domain: None,
            asks_for_tolerances: first.asks_for_tolerances,
            hooks: RefCell::new(Vec::new()),
        };
        // What parted before has nothing to do with this.
        parted();
        let solution = together.solve();
        match (solution, parted()) {
            (Ok(all), false) => {
                Some((0..solvers.len()).map(|lane| all.lane(lane, &solver(lane).problem.u0)).collect())
            }
            _ => None,
        }
    }

    /// Whether another solve takes the same steps as this.
    fn goes_with(&self, other: &Self) -> bool {
        let is_fixed = |solver: &Self| {
            let facts = Method::<f64, F>::facts(&solver.method);
            facts.control_exponent.is_none() || !solver.options.controller.is_adaptive()
        };
        let lens = |solver: &Self| (solver.problem.u0.as_slice().len(), solver.problem.p.as_slice().len());
        // Methods that are more than their names may differ.
        size_of::<X>() == 0
            && is_fixed(self)
            && is_fixed(other)
            && other.hooks.borrow().is_empty()
            && other.domain.is_none()
            && !self.options.dense
            && self.options.step_alike(&other.options)
            && self.asks_for_tolerances == other.asks_for_tolerances
            && self.problem.span == other.problem.span
            && lens(self) == lens(other)
    }
}

/// Hands out what several vectors have in each place, one place after the other.
fn lanes_of(vectors: [&[f64]; LANES]) -> impl FnMut(f64) -> Lanes {
    let mut places = 0..;
    move |x| places.next().map_or(Lanes::lit(x), |i: usize| Lanes::of(|lane| vectors[lane][i]))
}

impl<V: Vector<Lanes>> Solution<V, Lanes> {
    /// What came out of one of the solves, which began in a state like this.
    fn lane<U: Vector<f64>>(&self, lane: usize, like: &U) -> Solution<U, f64> {
        let mut end = like.clone();
        for (real, x) in end.as_mut_slice().iter_mut().zip(self.end.as_slice()) {
            *real = x.lane(lane);
        }
        Solution {
            times: self.times.clone(),
            values: self.values.iter().map(|x| x.lane(lane)).collect(),
            width: self.width,
            idxs: self.idxs.clone(),
            end,
            end_time: self.end_time,
            dense: None,
            occurrences: self.occurrences.clone(),
            stats: self.stats,
            evidence: None,
            model: self.model,
            method: self.method,
            names: self.names.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::SdeProblem;
    use crate::problem::Diagonal;
    use crate::problem::Diffusion;
    use crate::problem::Ito;
    use crate::problem::Model;
    use crate::problem::OneForEach;
    use crate::problem::Rhs;
    use crate::problem::Stochastic;
    use crate::stepper::EulerMaruyama;
    use crate::stepper::RK4;
    use crate::stepper::SOSRI;
    use crate::stepper::TamedEuler;
    use crate::stepper::Tsit5;

    /// `du = (p - u^2) dt`, and with noise `+ p u dW`.
    #[derive(Debug, Clone, Copy)]
    struct Logistic;
    impl Model for Logistic {}
    impl<T: Real> System<T> for Logistic {
        type State = [T; 2];
        type Params = T;
    }
    impl<T: Real> Rhs<T> for Logistic {
        fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &T, _: T) {
            *du = u.map(|u| *p - u * u);
        }
    }
    impl Stochastic for Logistic {
        type Interpretation = Ito;
        type Class = Diagonal;
        type Drift = Self;
        fn drift(&self) -> Self {
            *self
        }
    }
    impl<T: Real> Diffusion<T> for Logistic {
        type Noise = [T; 2];
        type Shape = OneForEach;
        fn blank_noise(&self, _: &[T; 2]) -> [T; 2] {
            [T::ZERO; 2]
        }
        fn noise(&self, noise: &mut [T; 2], u: &[T; 2], p: &T, _: T) {
            *noise = u.map(|u| *p * u);
        }
        fn drift_and_noise(&self, du: &mut [T; 2], noise: &mut [T; 2], u: &[T; 2], p: &T, t: T) {
            self.rhs(du, u, p, t);
            self.noise(noise, u, p, t);
        }
    }

    const SPAN: (f64, f64) = (0.0, 1.0);

    /// Whether solves go side by side; if they do, each is what it is by itself.
    fn goes<F, X>(solvers: &[Solver<'_, F, f64, X>]) -> bool
    where
        F: System<
                f64,
                State: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::State> + PartialEq,
                Params: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::Params>,
            > + System<Lanes>
            + Clone,
        X: Method<f64, F> + Method<Lanes, F>,
    {
        let Some(solutions) = Solver::side_by_side(solvers) else { return false };
        assert_eq!(solutions.len(), solvers.len());
        assert!(solutions.iter().zip(solvers).all(|(solution, solver)| *solution == solver.solve().unwrap()));
        true
    }

    #[test]
    fn steps_of_one_size_go_side_by_side() {
        let problems: [_; LANES] = std::array::from_fn(|i| {
            let p = 0.1 + 0.1 * i as f64;
            OdeProblem::new(Logistic, [0.5, p], SPAN, p)
        });
        for count in LANES / 2..=LANES {
            let problems = &problems[..count];
            assert!(goes(&problems.iter().map(|problem| problem.solver(RK4).dt(0.1)).collect::<Vec<_>>()));
            assert!(goes(
                &problems.iter().map(|problem| problem.solver(Tsit5).fixed(0.3)).collect::<Vec<_>>()
            ));
        }
        let few: Vec<_> = problems[1..LANES / 2].iter().map(|problem| problem.solver(RK4).dt(0.1)).collect();
        assert!(!goes(&few));
        let solvers = |change: fn(usize) -> f64| -> Vec<_> {
            problems[..LANES].iter().enumerate().map(|(i, p)| p.solver(RK4).dt(change(i))).collect()
        };
        assert!(goes(&solvers(|_| 0.25)));
        assert!(!goes(&solvers(|i| if i == 2 { 0.5 } else { 0.25 })));
        let adaptive: Vec<_> = problems[..LANES].iter().map(|problem| problem.solver(Tsit5)).collect();
        assert!(!goes(&adaptive));
        let watched: Vec<_> = solvers(|_| 0.25)
            .into_iter()
            .map(|s| s.on_step(|_| std::ops::ControlFlow::Continue(())))
            .collect();
        assert!(!goes(&watched));
    }

    #[test]
    fn paths_go_side_by_side() {
        let problems: Vec<_> = (0..LANES as u32)
            .map(|i| SdeProblem::new(Logistic, [0.5; 2], SPAN, 0.1 + 0.1 * f64::from(i)).trajectory(i))
            .collect();
        assert!(goes(
            &problems.iter().map(|problem| problem.solver(EulerMaruyama).fixed(0.25)).collect::<Vec<_>>()
        ));
        assert!(goes(&problems.iter().map(|problem| problem.solver(SOSRI).fixed(0.3)).collect::<Vec<_>>()));
        assert!(!goes(
            &problems.iter().map(|problem| problem.solver(TamedEuler).fixed(0.25)).collect::<Vec<_>>()
        ));
    }
}
