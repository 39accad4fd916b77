//! The mean of losses and of their gradients: what an ensemble is trained by.

use crate::ensemble::Reduce;
use crate::error::Error;
use crate::sensitivity::Gradient;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign_scaled;

/// The mean of a loss and of its gradient over the trajectories.
///
/// The loss of an ensemble is a mean, and so is its gradient: each trajectory is solved and differentiated by itself, forwards
/// or in reverse, and only its gradient is kept. No two records of solves are held on one thread.
///
/// An output is a pair of a loss and a [`Gradient`], or of a loss and any vector of derivatives.
#[derive(Debug, Clone, Copy, Default)]
pub struct Average;

/// A mean loss and the mean of its derivatives.
#[derive(Debug, Clone, PartialEq)]
pub struct Averaged<D> {
    /// The mean loss.
    pub loss: f64,
    /// The mean of the derivatives.
    pub gradient: D,
}

/// Sums so far.
#[derive(Debug, Clone)]
pub struct Sum<D> {
    count: usize,
    loss: f64,
    gradient: D,
}

impl<D> Sum<D> {
    fn add(sum: &mut Option<Self>, next: Self, add: impl FnOnce(&mut D, D)) {
        match sum {
            None => *sum = Some(next),
            Some(sum) => {
                sum.count += next.count;
                sum.loss += next.loss;
                add(&mut sum.gradient, next.gradient);
            }
        }
    }

    fn mean(sum: Option<Self>, scale: impl FnOnce(&mut D, f64)) -> Result<Averaged<D>, Error> {
        let Some(Sum { count, loss, mut gradient }) = sum else {
            return Err(Error::Layer { layer: "ensemble", message: "no trajectory has a loss".into() });
        };
        let part = (count as f64).recip();
        scale(&mut gradient, part);
        Ok(Averaged { loss: part * loss, gradient })
    }
}

fn scale<V: Vector<f64>>(vector: &mut V, factor: f64) {
    let unscaled = vector.clone();
    assign_scaled(vector, factor, &unscaled);
}

/// Gradients of parameters of different lengths are those of different models.
fn check<V: Vector<f64>>(sum: &V, next: &V) -> Result<(), Error> {
    let [expected, found] = [sum, next].map(|vector| vector.as_slice().len());
    if expected == found {
        return Ok(());
    }
    Err(Error::Shape { what: "derivatives of a trajectory", expected, found })
}

impl<V: Vector<f64> + Send> Reduce<(f64, V)> for Average {
    type Partial = Option<Sum<V>>;
    type Value = Averaged<V>;

    fn empty(&self) -> Self::Partial {
        None
    }
    fn add(&self, partial: &mut Self::Partial, _: usize, (loss, gradient): (f64, V)) -> Result<(), Error> {
        <Self as Reduce<(f64, V)>>::join(self, partial, Some(Sum { count: 1, loss, gradient }))
    }
    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error> {
        let Some(next) = next else { return Ok(()) };
        if let Some(sum) = partial {
            check(&sum.gradient, &next.gradient)?;
        }
        Sum::add(partial, next, |sum, next| add_scaled(sum, 1.0, &next));
        Ok(())
    }
    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error> {
        Sum::mean(partial, scale)
    }
}

impl<V: Vector<f64> + Send, P: Vector<f64> + Send> Reduce<(f64, Gradient<V, P, f64>)> for Average {
    type Partial = Option<Sum<Gradient<V, P, f64>>>;
    type Value = Averaged<Gradient<V, P, f64>>;

    fn empty(&self) -> Self::Partial {
        None
    }
    fn add(
        &self,
        partial: &mut Self::Partial,
        _: usize,
        (loss, gradient): (f64, Gradient<V, P, f64>),
    ) -> Result<(), Error> {
        <Self as Reduce<(f64, Gradient<V, P, f64>)>>::join(
            self,
            partial,
            Some(Sum { count: 1, loss, gradient }),
        )
    }
    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error> {
        let Some(next) = next else { return Ok(()) };
        if let Some(sum) = partial {
            check(&sum.gradient.u0, &next.gradient.u0)?;
            check(&sum.gradient.p, &next.gradient.p)?;
        }
        Sum::add(partial, next, |sum, next| {
            add_scaled(&mut sum.u0, 1.0, &next.u0);
            add_scaled(&mut sum.p, 1.0, &next.p);
            sum.t0 += next.t0;
            sum.t1 += next.t1;
            // The mean is as uncertain as the least certain of its parts, at most.
            sum.error = sum.error.zip(next.error).map(|(a, b)| a.max(b));
        });
        Ok(())
    }
    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error> {
        Sum::mean(partial, |gradient, part| {
            scale(&mut gradient.u0, part);
            scale(&mut gradient.p, part);
            (gradient.t0, gradient.t1) = (gradient.t0 * part, gradient.t1 * part);
        })
    }
}
