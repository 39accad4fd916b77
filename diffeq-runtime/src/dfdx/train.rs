//! Fitting parameters with dfdx's Adam.

use std::ops::ControlFlow;

use dfdx::nn::TensorCollection;
use dfdx::nn::ZeroGrads;
use dfdx::optim::Adam;
use dfdx::optim::Optimizer;
use dfdx::shapes::Rank0;
use dfdx::tensor::Gradients;
use dfdx::tensor::OwnedTape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::AdamConfig;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;

use super::failure::reason;
use super::tape::Scalar;
use crate::error::Error;

/// A loss on the tape, as a training step wants it.
pub type Loss<E, D> = Tensor<Rank0, E, D, OwnedTape<E, D>>;

/// What a callback sees before each update.
#[derive(Debug)]
pub struct Step<'a, M> {
    /// How many updates were made before.
    pub iteration: usize,
    /// The loss at `params`.
    pub loss: f64,
    /// The least loss so far.
    pub best_loss: f64,
    /// The parameters.
    pub params: &'a M,
}

/// Why a training ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All iterations were made.
    Iterations,
    /// The loss fell to the target.
    Target,
    /// The loss did not improve for as many iterations as [`Training::patience`] allows.
    Patience,
    /// The callback asked for it.
    Callback,
}

/// What a training leaves behind.
#[derive(Debug, Clone)]
pub struct Trained<M> {
    /// The parameters with the least loss; the trained ones themselves hold those after the last update.
    pub best: M,
    /// The loss at `best`.
    pub best_loss: f64,
    /// The loss before each update, and after the last one.
    pub losses: Vec<f64>,
    /// Why it ended.
    pub stop: Stop,
}

impl<M> Trained<M> {
    /// How many updates were made.
    pub fn iterations(&self) -> usize {
        self.losses.len() - 1
    }
}

/// Adam (Kingma & Ba, arXiv:1412.6980) on the parameters of a loss.
///
/// The parameters are a tensor, a dfdx module, or a tuple of them. The loss is a closure that gets them and the
/// gradients to accumulate into, which it puts on the tape by `trace`:
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::Training;
///
/// let device = Cpu::default();
/// let mut p: Tensor<Rank1<2>, f64, Cpu> = device.tensor([3.0, -2.0]);
/// let trained = Training::adam(0.1)
///     .iterations(300)
///     .target(1e-8)
///     .run(&mut p, |p, gradients| Ok((p.trace(gradients) - 1.0).square().sum()))?;
/// assert!(trained.best_loss <= 1e-8);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub struct Training<'a, M> {
    adam: AdamConfig,
    iterations: usize,
    target: Option<f64>,
    patience: Option<usize>,
    callback: Option<Callback<'a, M>>,
    #[cfg(feature = "progress")]
    progress: Option<String>,
}

type Callback<'a, M> = Box<dyn FnMut(&Step<'_, M>) -> ControlFlow<()> + 'a>;

impl<'a, M> Training<'a, M> {
    /// Adam with a learning rate, dfdx's defaults else, and 100 iterations.
    pub fn adam(learning_rate: f64) -> Self {
        Self::with(AdamConfig { lr: learning_rate, ..AdamConfig::default() })
    }

    /// Adam with all its settings, and 100 iterations.
    pub fn with(adam: AdamConfig) -> Self {
        Self {
            adam,
            iterations: 100,
            target: None,
            patience: None,
            callback: None,
            #[cfg(feature = "progress")]
            progress: None,
        }
    }

    /// How many updates to make at most.
    #[must_use]
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// Stops as soon as the loss is this small.
    #[must_use]
    pub fn target(mut self, loss: f64) -> Self {
        self.target = Some(loss);
        self
    }

    /// Stops after this many iterations without a new least loss.
    #[must_use]
    pub fn patience(mut self, iterations: usize) -> Self {
        self.patience = Some(iterations);
        self
    }

    /// Calls a function before each update and after the last; `ControlFlow::Break(())` stops.
    #[must_use]
    pub fn callback(mut self, callback: impl FnMut(&Step<'_, M>) -> ControlFlow<()> + 'a) -> Self {
        self.callback = Some(Box::new(callback));
        self
    }

    /// Shows a progress bar with a name and the loss, if standard error is a terminal.
    #[cfg(feature = "progress")]
    #[must_use]
    pub fn progress(mut self, name: impl Into<String>) -> Self {
        self.progress = Some(name.into());
        self
    }

    /// Updates `params` to lessen the loss.
    ///
    /// # Errors
    /// What the loss returns; if the loss is not finite; or if it does not depend on a parameter.
    pub fn run<E: Scalar, D: Device<E>>(
        mut self,
        params: &mut M,
        mut loss: impl FnMut(&M, Gradients<E, D>) -> Result<Loss<E, D>, Error>,
    ) -> Result<Trained<M>, Error>
    where
        M: TensorCollection<E, D> + Clone,
    {
        let mut adam = Adam::new(params, self.adam);
        let mut gradients = params.try_alloc_grads().map_err(device)?;
        let mut best = params.clone();
        let mut best_loss = f64::INFINITY;
        let mut best_iteration = 0;
        let mut losses = Vec::with_capacity(self.iterations + 1);
        #[cfg(feature = "progress")]
        let bar = crate::progress::Bar::new(self.progress.as_deref(), self.iterations as u64);
        let stop = loop {
            let iteration = losses.len();
            let traced = loss(params, gradients)?;
            let value = traced.as_vec()[0].value();
            if !value.is_finite() {
                return Err(Error::Loss { iteration, loss: value });
            }
            losses.push(value);
            if value < best_loss {
                (best, best_loss, best_iteration) = (params.clone(), value, iteration);
            }
            #[cfg(feature = "progress")]
            bar.update(iteration as u64, || format!("loss {value:.4e}"));
            let step = Step { iteration, loss: value, best_loss, params };
            if self.callback.as_mut().is_some_and(|callback| callback(&step).is_break()) {
                break Stop::Callback;
            }
            if self.target.is_some_and(|target| value <= target) {
                break Stop::Target;
            }
            if self.patience.is_some_and(|patience| iteration - best_iteration >= patience) {
                break Stop::Patience;
            }
            if iteration == self.iterations {
                break Stop::Iterations;
            }
            gradients = traced.try_backward().map_err(|error| reason().unwrap_or_else(|| device(error)))?;
            adam.update(params, &gradients).map_err(device)?;
            params.try_zero_grads(&mut gradients).map_err(device)?;
        };
        Ok(Trained { best, best_loss, losses, stop })
    }
}

fn device(error: impl std::fmt::Display) -> Error {
    Error::Layer { layer: "dfdx", message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;

    /// Distance of `p` from (1, 1).
    fn loss(
        p: &Tensor<Rank1<2>, f64, Cpu>,
        gradients: Gradients<f64, Cpu>,
    ) -> Result<super::Loss<f64, Cpu>, Error> {
        Ok((p.trace(gradients) - 1.0).square().sum())
    }

    fn start() -> Tensor<Rank1<2>, f64, Cpu> {
        Cpu::default().tensor([3.0, -2.0])
    }

    #[test]
    fn the_best_parameters_are_kept_though_adam_overshoots() {
        let mut p = start();
        let trained = Training::adam(0.9).iterations(12).run(&mut p, loss).unwrap();
        assert_eq!((trained.iterations(), trained.losses.len(), trained.stop), (12, 13, Stop::Iterations));
        let least = trained.losses.iter().copied().fold(f64::INFINITY, f64::min);
        assert_eq!(trained.best_loss, least);
        assert!(least < trained.losses[12], "the learning rate is large enough to overshoot");
        assert_eq!((trained.best.clone() - 1.0).square().sum::<Rank0, _>().array(), least);
    }

    #[test]
    fn each_reason_to_stop_stops() {
        let stop = |training: Training<'_, _>| training.iterations(1000).run(&mut start(), loss).unwrap();
        let target = stop(Training::adam(0.1).target(1e-2));
        assert!(target.stop == Stop::Target && target.best_loss <= 1e-2 && target.iterations() < 1000);
        let patience = stop(Training::adam(0.0).patience(5));
        assert_eq!((patience.stop, patience.iterations()), (Stop::Patience, 5));
        let callback = stop(Training::adam(0.1).callback(|step| match step.iteration {
            7 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        }));
        assert_eq!((callback.stop, callback.iterations()), (Stop::Callback, 7));
    }

    #[test]
    fn the_callback_sees_the_parameters_that_the_loss_belongs_to() {
        let mut seen = Vec::new();
        let trained = Training::adam(0.1)
            .iterations(5)
            .callback(|step: &Step<'_, Tensor<Rank1<2>, f64, Cpu>>| {
                seen.push((step.params.clone() - 1.0).square().sum::<Rank0, _>().array());
                ControlFlow::Continue(())
            })
            .run(&mut start(), loss)
            .unwrap();
        assert_eq!(seen, trained.losses);
    }

    #[test]
    fn a_loss_that_is_no_number_is_an_error() {
        let nan = |p: &Tensor<Rank1<2>, f64, Cpu>, g| Ok((p.trace(g) * f64::NAN).sum());
        let error = Training::adam(0.1).run(&mut start(), nan).unwrap_err();
        assert!(error.to_string().starts_with("the loss is NaN at iteration 0"), "{error}");
    }
}
