//! What a training remembers from update to update, whichever method makes them.

use super::Callback;
use super::Stop;
use super::Trained;
use super::Training;
use super::TrainingStep;
use crate::error::Error;

/// The losses so far, the best parameters, and who wants to know.
pub(super) struct Record<'a, M> {
    losses: Vec<f64>,
    best: M,
    best_loss: f64,
    best_iteration: usize,
    target: Option<f64>,
    patience: Option<usize>,
    callback: Option<Callback<'a, M>>,
    #[cfg(feature = "progress")]
    bar: crate::progress::Bar,
}

impl<'a, M: Clone> Record<'a, M> {
    pub(super) fn new(training: Training<'a, M>, params: &M) -> Self {
        #[cfg(feature = "progress")]
        let iterations = training.iterations.saturating_add(training.lbfgs);
        Self {
            losses: Vec::new(),
            best: params.clone(),
            best_loss: f64::INFINITY,
            best_iteration: 0,
            target: training.target,
            patience: training.patience,
            callback: training.callback,
            #[cfg(feature = "progress")]
            bar: crate::progress::Bar::new(training.progress.as_deref(), iterations as u64),
        }
    }

    /// How many updates were made before the next loss.
    pub(super) fn iteration(&self) -> usize {
        self.losses.len()
    }

    /// Whether no loss was seen yet.
    pub(super) fn is_empty(&self) -> bool {
        self.losses.is_empty()
    }

    /// The parameters with the least loss.
    pub(super) fn best(&self) -> &M {
        &self.best
    }

    /// Lets a method begin with patience afresh.
    pub(super) fn begin(&mut self) {
        self.best_iteration = self.losses.len().saturating_sub(1);
    }

    /// Notes the loss at `params`; the reason to stop, if this is one.
    pub(super) fn see(&mut self, params: &M, loss: f64) -> Result<Option<Stop>, Error> {
        let iteration = self.iteration();
        if !loss.is_finite() {
            return Err(Error::Loss { iteration, loss });
        }
        self.losses.push(loss);
        if loss < self.best_loss {
            (self.best, self.best_loss, self.best_iteration) = (params.clone(), loss, iteration);
        }
        #[cfg(feature = "progress")]
        self.bar.update(iteration as u64, || format!("loss {loss:.4e}"));
        let step = TrainingStep { iteration, loss, best_loss: self.best_loss, params };
        if self.callback.as_mut().is_some_and(|callback| callback(&step).is_break()) {
            return Ok(Some(Stop::Callback));
        }
        if self.target.is_some_and(|target| loss <= target) {
            return Ok(Some(Stop::Target));
        }
        let waited = iteration - self.best_iteration;
        Ok(self.patience.is_some_and(|patience| waited >= patience).then_some(Stop::Patience))
    }

    /// Why no more losses come, with those that came.
    pub(super) fn fail(self, cause: Error) -> Error {
        Error::Training { iteration: self.losses.len(), losses: self.losses, cause: Box::new(cause) }
    }

    pub(super) fn end(self, stop: Stop) -> Trained<M> {
        Trained { best: self.best, best_loss: self.best_loss, losses: self.losses, stop }
    }
}
