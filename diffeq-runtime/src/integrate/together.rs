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
