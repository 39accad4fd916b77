//! L-BFGS on the parameters of a loss, as one vector.

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
use dfdx::nn::TensorCollection;
use dfdx::nn::ZeroGrads;
use dfdx::tensor::Gradients;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;

use super::Loss;
use super::Stop;
use super::backward;
use super::reach;
use super::record::Record;
use crate::dfdx::Scalar;
use crate::dfdx::failure::of_device;
use crate::dfdx::flatten::destructure;
use crate::dfdx::flatten::flat_gradients;
use crate::dfdx::flatten::restructure_into;
use crate::error::Error;

/// Makes at most `iterations` updates (Liu & Nocedal 1989; the two-loop recursion is Nocedal & Wright, algorithm 7.4).
///
/// `params` ends with the last update. A loss that fails or is not finite on the way is a step too long; where the
/// search can't do without it, that failure is the error.
pub(super) fn run<E: Scalar, D: Device<E>, M: TensorCollection<E, D> + Clone>(
    params: &mut M,
    mut loss: impl FnMut(&M, Gradients<E, D>) -> Result<Loss<E, D>, Error>,
    iterations: usize,
    record: &mut Record<'_, M>,
) -> Result<Stop, Error> {
    let start = to_f64(&destructure(params)?);
    let params = RefCell::new(params);
    let mut buffers = None;
    let stationary = Cell::new(false);
    let evaluate = |x: &[f64]| {
        let mut params = params.borrow_mut();
        restructure_into(&mut **params, &from_f64(x))?;
        let is_first = buffers.is_none();
        let traced = loss(&params, buffers.take().unwrap_or_else(Gradients::leaky))?;
        let value = traced.as_vec()[0].value();
        let mut gradients = traced.try_backward().map_err(backward)?;
        if is_first {
            reach::check(&**params, &gradients)?;
        }
        let flat = to_f64(&flat_gradients(&**params, &mut gradients)?);
        stationary.set(is_first && flat.iter().all(|g| *g == 0.0));
        if is_first {
            // From now on only the parameters' own gradients are kept.
            gradients = params.try_alloc_grads().map_err(of_device)?;
        } else {
            params.try_zero_grads(&mut gradients).map_err(of_device)?;
        }
        buffers = Some(gradients);
        Ok((value, flat))
    };
    let refused = Cell::new(None);
    let objective = Objective { evaluate: RefCell::new(evaluate), refused: &refused };
    let solver = Lbfgs::with_line_search(Search::default()).unbounded();
    let Ok(mut stepper) = Executor::new(objective, solver, FirstOrderState::new(start)).into_stepper();
    let failed = |record: &Record<'_, M>, error| match error {
        Error::Loss { loss, .. } => Error::Loss { iteration: record.iteration(), loss },
        error => error,
    };
    if let Some(error) = refused.take() {
        return Err(failed(record, error));
    }
    let see = |record: &mut Record<'_, M>, state: &FirstOrderState<Vec<f64>>| {
        let mut params = params.borrow_mut();
        restructure_into(&mut **params, &from_f64(state.param()))?;
        record.see(&params, state.cost())
    };
    // Where another method ended, the loss is known.
    if record.is_empty() {
        let is_stationary = stationary.get();
        let stop = see(record, stepper.state())?;
        if stop.is_some() || is_stationary {
            return Ok(stop.unwrap_or(Stop::Stationary));
        }
    }
    let (mut last, mut unmoved) = (stepper.state().cost(), 0);
    for _ in 0..iterations {
        let Ok(outcome) = stepper.step();
        if let StepOutcome::Stopped(_) = outcome {
            let x = from_f64(stepper.state().param());
            restructure_into(&mut **params.borrow_mut(), &x)?;
            // With the last trial refused there may be lower ground that the search did not get to.
            return refused.take().map_or(Ok(Stop::Converged), |error| Err(failed(record, error)));
        }
        if let Some(stop) = see(record, stepper.state())? {
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

/// A loss of one vector that refuses points where it fails.
struct Objective<'a, L> {
    evaluate: RefCell<L>,
    /// Why the last point was refused, if it was.
    refused: &'a Cell<Option<Error>>,
}

impl<L: FnMut(&[f64]) -> Result<(f64, Vec<f64>), Error>> CostFunction for Objective<'_, L> {
    type Param = Vec<f64>;
    type Output = f64;
    type Error = Infallible;

    fn cost(&self, x: &Vec<f64>) -> Result<f64, Infallible> {
        Ok(self.cost_and_gradient(x)?.0)
    }
}

impl<L: FnMut(&[f64]) -> Result<(f64, Vec<f64>), Error>> Gradient for Objective<'_, L> {
    type Gradient = Vec<f64>;

    fn gradient(&self, x: &Vec<f64>) -> Result<Vec<f64>, Infallible> {
        Ok(self.cost_and_gradient(x)?.1)
    }

    fn cost_and_gradient(&self, x: &Vec<f64>) -> Result<(f64, Vec<f64>), Infallible> {
        let evaluated = (self.evaluate.borrow_mut())(x).and_then(|(loss, gradient)| {
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

/// So many updates in a row that leave the loss to the bit, or raise it, move within its rounding: where the least loss is not zero
/// the search finds no end there.
const UNMOVED: usize = 10;

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

fn to_f64<E: Scalar>(x: &[E]) -> Vec<f64> {
    x.iter().map(|x| x.value()).collect()
}

fn from_f64<E: Scalar>(x: &[f64]) -> Vec<E> {
    x.iter().map(|x| E::lit(*x)).collect()
}
