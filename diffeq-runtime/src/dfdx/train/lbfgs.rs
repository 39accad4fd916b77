//! L-BFGS on the parameters of a loss, as one vector.

use dfdx::nn::TensorCollection;
use dfdx::nn::ZeroGrads;
use dfdx::tensor::Gradients;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;

use super::Loss;
use super::Stop;
use super::backward;
use super::minimise::Objective;
use super::minimise::minimise;
use super::reach;
use super::record::Record;
use crate::dfdx::Scalar;
use crate::dfdx::failure::of_device;
use crate::dfdx::flatten::destructure;
use crate::dfdx::flatten::flat_gradients;
use crate::dfdx::flatten::restructure_into;
use crate::error::Error;

/// Makes at most `iterations` updates.
///
/// `params` ends with the last update. A loss that fails or is not finite on the way is a step too long; where the
/// search can't do without it, that failure is the error.
pub(super) fn run<E: Scalar, D: Device<E>, M: TensorCollection<E, D> + Clone>(
    params: &mut M,
    loss: impl FnMut(&M, Gradients<E, D>) -> Result<Loss<E, D>, Error>,
    iterations: usize,
    record: &mut Record<'_, M>,
) -> Result<Stop, Error> {
    let start = to_f64(&destructure(params)?);
    minimise(&mut OfLoss { params, loss, record, buffers: None, is_stationary: false }, start, iterations)
}

/// A loss of parameters.
struct OfLoss<'a, 'r, M, L, E, D: Device<E>>
where
    E: Scalar,
{
    params: &'a mut M,
    loss: L,
    record: &'a mut Record<'r, M>,
    /// Those of the parameters, and before the first evaluation none.
    buffers: Option<Gradients<E, D>>,
    is_stationary: bool,
}

impl<E, D, M, L> Objective for OfLoss<'_, '_, M, L, E, D>
where
    E: Scalar,
    D: Device<E>,
    M: TensorCollection<E, D> + Clone,
    L: FnMut(&M, Gradients<E, D>) -> Result<Loss<E, D>, Error>,
{
    fn evaluate(&mut self, x: &[f64]) -> Result<(f64, Vec<f64>), Error> {
        self.put(x)?;
        let Self { params, loss, buffers, is_stationary, .. } = self;
        let is_first = buffers.is_none();
        let traced = loss(params, buffers.take().unwrap_or_else(Gradients::leaky))?;
        let value = traced.as_vec()[0].value();
        let mut gradients = traced.try_backward().map_err(backward)?;
        if is_first {
            reach::check(&**params, &gradients)?;
        }
        let flat = to_f64(&flat_gradients(&**params, &mut gradients)?);
        *is_stationary = is_first && flat.iter().all(|g| *g == 0.0);
        if is_first {
            // From now on only the parameters' own gradients are kept.
            gradients = params.try_alloc_grads().map_err(of_device)?;
        } else {
            params.try_zero_grads(&mut gradients).map_err(of_device)?;
        }
        *buffers = Some(gradients);
        Ok((value, flat))
    }

    fn is_stationary(&self) -> bool {
        self.is_stationary
    }

    fn put(&mut self, x: &[f64]) -> Result<(), Error> {
        restructure_into(&mut *self.params, &from_f64(x))
    }

    fn see(&mut self, x: &[f64], loss: f64) -> Result<Option<Stop>, Error> {
        self.put(x)?;
        self.record.see(self.params, loss)
    }

    fn has_begun(&self) -> bool {
        !self.record.is_empty()
    }

    fn failed(&self, error: Error) -> Error {
        match error {
            Error::Loss { loss, .. } => Error::Loss { iteration: self.record.iteration(), loss },
            error => error,
        }
    }
}

fn to_f64<E: Scalar>(x: &[E]) -> Vec<f64> {
    x.iter().map(|x| x.value()).collect()
}

fn from_f64<E: Scalar>(x: &[f64]) -> Vec<E> {
    x.iter().map(|x| E::lit(*x)).collect()
}
