//! L-BFGS on a vector: compiled once for all trainings.

use std::cell::Cell;
use std::cell::RefCell;
use std::convert::Infallible;

use basin::CostFunction;
use basin::Executor;
use basin::FirstOrderState;
use basin::Gradient;
use basin::HagerZhang;
use basin::Lbfgs;
use basin::LineSearch;
use basin::LineSearchBounds;
use basin::LineSearchOutcome;
use basin::LineSearchResult;
use basin::MoreThuente;
use basin::Problem;
use basin::State;
use basin::StepOutcome;

use super::Stop;
use crate::error::Error;

/// What is minimised, and who watches.
pub(super) trait Objective {
    /// The loss at `x` and its gradient. A failure is a point that is refused.
    fn evaluate(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>), Error>;

    /// Whether the gradient first evaluated was zero to the bit.
    fn is_stationary(&self) -> bool;

    /// Goes to `x` without evaluating it.
    fn put(&mut self, x: &[f64]) -> Result<(), Error>;

    /// Goes to `x`, where an update ended or the search begins, with this loss; the reason to stop, if this is one.
    fn see(&mut self, x: &[f64], loss: f64) -> Result<Option<Stop>, Error>;

    /// Whether a loss was seen before the search.
    fn has_begun(&self) -> bool;

    /// The error of the search for that of a point that it can't do without.
    fn failed(&self, error: Error) -> Error;
}

/// So many updates in a row that leave the loss to the bit, or raise it, move within its rounding: where the least loss is not zero
/// the search finds no end there.
const UNMOVED: usize = 10;

/// Makes at most `iterations` updates from `start` (Liu & Nocedal 1989; the two-loop recursion is Nocedal & Wright, algorithm 7.4).
pub(super) fn minimise(
    objective: &mut dyn Objective,
    start: Vec<f64>,
    iterations: usize,
) -> Result<Stop, Error> {
    let objective = RefCell::new(objective);
    let refused = Cell::new(None);
    let refusing = Refusing { objective: &objective, refused: &refused };
    let solver = Lbfgs::with_line_search(Search::default()).unbounded();
    let Ok(mut stepper) = Executor::new(refusing, solver, FirstOrderState::new(start)).into_stepper();
    let failed = |error| Err(objective.borrow().failed(error));
    if let Some(error) = refused.take() {
        return failed(error);
    }
    let see = |state: &FirstOrderState<Vec<f64>>| objective.borrow_mut().see(state.param(), state.cost());
    // Where another method ended, the loss is known.
    if !objective.borrow().has_begun() {
        let is_stationary = objective.borrow().is_stationary();
        let stop = see(stepper.state())?;
        if stop.is_some() || is_stationary {
            return Ok(stop.unwrap_or(Stop::Stationary));
        }
    }
    let (mut last, mut unmoved) = (stepper.state().cost(), 0);
    for _ in 0..iterations {
        let Ok(outcome) = stepper.step();
        if let StepOutcome::Stopped(_) = outcome {
            objective.borrow_mut().put(stepper.state().param())?;
            // With the last trial refused there may be lower ground that the search did not get to.
            return refused.take().map_or(Ok(Stop::Converged), failed);
        }
        if let Some(stop) = see(stepper.state())? {
            return Ok(stop);
        }
        unmoved = if stepper.state().cost() < last { 0 } else { unmoved + 1 };
        if unmoved == UNMOVED {
            return Ok(Stop::Converged);
        }
        last = stepper.state().cost();
    }
    Ok(Stop::Iterations)
}

/// An objective that refuses points where it fails.
struct Refusing<'a, 'o> {
    objective: &'a RefCell<&'o mut dyn Objective>,
    /// Why the last point was refused, if it was.
    refused: &'a Cell<Option<Error>>,
}

impl CostFunction for Refusing<'_, '_> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Infallible> {
        Ok(self.cost_and_gradient(x)?.0)
    }
}

impl Gradient for Refusing<'_, '_> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        Ok(self.cost_and_gradient(x)?.1)
    }

    fn cost_and_gradient(&self, x: &Vec<f64>) -> Result<(f64, Vec<f64>), Infallible> {
        let evaluated = self.objective.borrow_mut().evaluate(x).and_then(|(loss, gradient)| {
            if !loss.is_finite() {
                return Err(Error::Loss { iteration: 0, loss });
            }
            if !gradient.iter().all(|g| g.is_finite()) {
                let message = format!("the loss is {loss}, but its gradient is not finite");
                return Err(Error::Layer { layer: "training", message });
            }
            Ok((loss, gradient))
        });
        let (value, refused) = match evaluated {
            Ok(value) => (value, None),
            Err(error) => ((f64::INFINITY, vec![f64::NAN; x.len()]), Some(error)),
        };
        self.refused.set(refused);
        Ok(value)
    }
}

/// Moré & Thuente's line search (1994); where it meets values that are not finite, Hager & Zhang's (2005), which steps
/// back from them and takes twice as many evaluations elsewhere.
#[derive(Default)]
struct Search {
    first: MoreThuente,
    second: HagerZhang,
    /// Whether the direction is the product of curvatures seen, so that its length is that of the step.
    scaled: bool,
}

/// No step is longer, in units of the direction.
const LONGEST: f64 = 1e10;

impl<P: Gradient<Param = Vec<f64>, Output = f64, Gradient = Vec<f64>>> LineSearch<P, Vec<f64>> for Search {
    type Error = P::Error;

    fn reset(&mut self) {
        self.scaled = false;
    }

    fn next(
        &mut self,
        problem: &mut Problem<P>,
        x: &Vec<f64>,
        loss: f64,
        gradient: &Vec<f64>,
        direction: &Vec<f64>,
    ) -> Result<f64, P::Error> {
        let found = self.next_with_evaluation(problem, x, loss, gradient, direction)?;
        Ok(if let LineSearchOutcome::Step(step) = found.outcome { step } else { 0.0 })
    }

    fn next_with_evaluation(
        &mut self,
        problem: &mut Problem<P>,
        x: &Vec<f64>,
        loss: f64,
        gradient: &Vec<f64>,
        direction: &Vec<f64>,
    ) -> Result<LineSearchResult<Vec<f64>, f64>, P::Error> {
        // The first direction is the gradient, whose length says nothing: begin with a step of length one at most.
        let length = direction.iter().map(|d| d * d).sum::<f64>().sqrt();
        let initial = if self.scaled { 1.0 } else { length.max(1.0).recip() };
        self.scaled = true;
        if !(length.is_finite() && length > 0.0) {
            return Ok(LineSearchResult::new(LineSearchOutcome::Failed));
        }
        let bounds = LineSearchBounds::new(initial, LONGEST);
        let found = self.first.next_with_bounds(problem, x, loss, gradient, direction, bounds)?;
        let finite = found
            .evaluation
            .as_ref()
            .is_some_and(|found| found.cost.is_finite() && found.gradient.iter().all(|g| g.is_finite()));
        if finite && matches!(found.outcome, LineSearchOutcome::Step(step) if step > 0.0) {
            return Ok(found);
        }
        self.second.next_with_bounds(problem, x, loss, gradient, direction, bounds)
    }
}
