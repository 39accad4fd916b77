//! Fitting parameters: Adam, then L-BFGS.

mod lbfgs;
mod minimise;
mod reach;
mod record;

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

use super::failure::of_device;
use super::failure::reason;
use super::flatten::destructure;
use super::flatten::flat_gradients;
use super::tape::Scalar;
use crate::error::Error;
use record::Record;

/// A loss on the tape, as a training step wants it.
pub type Loss<E, D> = Tensor<Rank0, E, D, OwnedTape<E, D>>;

/// What a callback sees before each update.
#[derive(Debug)]
pub struct TrainingStep<'a, M> {
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
    /// L-BFGS found no way down: the loss is at a minimum, as far as its rounding shows.
    Converged,
    /// The gradient at the start is zero to the bit, so that no update moves: a minimum, a saddle, or a state at rest that no
    /// parameter can set in motion. Start elsewhere.
    Stationary,
}

/// What a training results in.
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

/// Adam (Kingma & Ba, arXiv:1412.6980) on the parameters of a loss, and L-BFGS to finish.
///
/// Adam comes near from afar and bears a loss that changes from call to call. L-BFGS (Liu & Nocedal, Math. Program. 45,
/// 1989) learns the curvature and ends on the minimum to many digits, where the loss is the same function in every call.
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
///
/// let trained = Training::adam(0.1)
///     .iterations(30)
///     .then_lbfgs(20)
///     .run(&mut p, |p, gradients| Ok((p.trace(gradients) - 1.0).square().sum()))?;
/// assert!(trained.best_loss <= 1e-30);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub struct Training<'a, M> {
    adam: AdamConfig,
    iterations: usize,
    lbfgs: usize,
    target: Option<f64>,
    patience: Option<usize>,
    callback: Option<Callback<'a, M>>,
    #[cfg(feature = "progress")]
    progress: Option<String>,
}

type Callback<'a, M> = Box<dyn FnMut(&TrainingStep<'_, M>) -> ControlFlow<()> + 'a>;

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
            lbfgs: 0,
            target: None,
            patience: None,
            callback: None,
            #[cfg(feature = "progress")]
            progress: None,
        }
    }

    /// L-BFGS alone, with so many iterations at most.
    pub fn lbfgs(iterations: usize) -> Self {
        Self::with(AdamConfig::default()).iterations(0).then_lbfgs(iterations)
    }

    /// How many updates Adam makes at most; 100 by default.
    #[must_use]
    pub fn iterations(mut self, iterations: usize) -> Self {
        self.iterations = iterations;
        self
    }

    /// Goes on from Adam's best parameters with L-BFGS, with so many updates at most; by default none.
    ///
    /// An update evaluates the loss once as a rule, and more often where its line search must look around. A loss that
    /// fails or is not finite there is a step too long.
    #[must_use]
    pub fn then_lbfgs(mut self, iterations: usize) -> Self {
        self.lbfgs = iterations;
        self
    }

    /// Stops as soon as the loss is this small; by default no loss is small enough.
    #[must_use]
    pub fn target(mut self, loss: f64) -> Self {
        self.target = Some(loss);
        self
    }

    /// Stops after this many iterations without a new least loss; Adam then hands over to L-BFGS, if that is to follow. By default
    /// it does not stop for that.
    #[must_use]
    pub fn patience(mut self, iterations: usize) -> Self {
        self.patience = Some(iterations);
        self
    }

    /// Calls a function before each update and after the last; `ControlFlow::Break(())` stops. By default nothing
    /// is called.
    #[must_use]
    pub fn callback(mut self, callback: impl FnMut(&TrainingStep<'_, M>) -> ControlFlow<()> + 'a) -> Self {
        self.callback = Some(Box::new(callback));
        self
    }

    /// Shows a progress bar with a name and the loss on standard error, or a line now and then where that is no terminal. By
    /// default nothing is shown.
    #[cfg(feature = "progress")]
    #[must_use]
    pub fn progress(mut self, name: impl Into<String>) -> Self {
        self.progress = Some(name.into());
        self
    }

    /// Updates `params` to lessen the loss.
    ///
    /// # Errors
    /// [`Error::Training`], with the iteration, the losses before it and the cause: what the loss returned, where a solve
    /// failed for example; that it is not finite; or that it does not reach a parameter in the first iteration. `params`
    /// are then those with the least loss so far, so that a training may go on from there with other settings.
    pub fn run<E: Scalar, D: Device<E>>(
        self,
        params: &mut M,
        mut loss: impl FnMut(&M, Gradients<E, D>) -> Result<Loss<E, D>, Error>,
    ) -> Result<Trained<M>, Error>
    where
        M: TensorCollection<E, D> + Clone,
    {
        let Self { adam, iterations, lbfgs, .. } = self;
        let mut record = Record::new(self, params);
        let mut descend = || {
            if iterations > 0 || lbfgs == 0 {
                let stop = run_adam(params, &mut loss, adam, iterations, &mut record)?;
                if lbfgs == 0 || !matches!(stop, Stop::Iterations | Stop::Patience) {
                    return Ok(stop);
                }
                params.clone_from(record.best());
                record.begin();
            }
            lbfgs::run(params, &mut loss, lbfgs, &mut record)
        };
        match descend() {
            Ok(stop) => Ok(record.end(stop)),
            Err(cause) => {
                params.clone_from(record.best());
                Err(record.fail(cause))
            }
        }
    }
}

/// Makes `iterations` updates and looks at the loss once more.
fn run_adam<E: Scalar, D: Device<E>, M: TensorCollection<E, D> + Clone>(
    params: &mut M,
    mut loss: impl FnMut(&M, Gradients<E, D>) -> Result<Loss<E, D>, Error>,
    adam: AdamConfig,
    iterations: usize,
    record: &mut Record<'_, M>,
) -> Result<Stop, Error> {
    let mut adam = Adam::new(params, adam);
    let mut gradients = Gradients::leaky();
    let mut is_first = true;
    loop {
        let is_last = record.iteration() == iterations;
        let blame = |params: &M, error| if is_first { error } else { blame(params, error) };
        let traced = loss(params, gradients).map_err(|error| blame(params, error))?;
        let seen = record.see(params, traced.as_vec()[0].value());
        if let Some(stop) = seen.map_err(|error| blame(params, error))? {
            return Ok(stop);
        }
        if is_last {
            return Ok(Stop::Iterations);
        }
        gradients = traced.try_backward().map_err(backward)?;
        if is_first {
            reach::check(params, &gradients)?;
            if flat_gradients(params, &mut gradients)?.iter().all(|g| *g == E::ZERO) {
                return Ok(Stop::Stationary);
            }
        }
        adam.update(params, &gradients).map_err(of_device)?;
        if is_first {
            // From now on only the parameters' own gradients are kept.
            gradients = params.try_alloc_grads().map_err(of_device)?;
            is_first = false;
        } else {
            params.try_zero_grads(&mut gradients).map_err(of_device)?;
        }
    }
}

/// The error of an iteration whose parameters the update before has made infinite, or not a number: the gradient's, and not
/// the loss's. Only then is a gradient looked at: it may lie on a device.
fn blame<E: Scalar, D: Device<E>, M: TensorCollection<E, D> + Clone>(params: &M, error: Error) -> Error {
    match destructure(params) {
        Ok(values) if values.iter().any(|x| !x.value().is_finite()) => {
            let message =
                "the gradient of the iteration before was not finite, or the learning rate is not: the \
                           parameters are not any more"
                    .into();
            Error::Layer { layer: "training", message }
        }
        _ => error,
    }
}

/// The reason that a solve on the tape left, or what the device says.
fn backward(error: impl std::fmt::Display) -> Error {
    reason().unwrap_or_else(|| of_device(error))
}

#[cfg(test)]
mod tests;
