//! Mean and variance of many trajectories, without keeping them.

use crate::ensemble::Reduce;
use crate::ensemble::Rows;
use crate::ensemble::rows::Frame;
use crate::error::Error;

/// Mean and variance of every number of the [rows](Rows). All trajectories need the same times.
///
/// One pass, without loss where the mean is large against the deviation: Welford (1962), *Technometrics* 4(3), 419, and
/// for blocks Chan, Golub, LeVeque (1983), *The American Statistician* 37(3), 242, equation (2.1).
#[derive(Debug, Clone, Copy, Default)]
pub struct Moments;

/// What [`Moments`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct MomentsOf {
    frame: Frame,
    count: usize,
    means: Vec<f64>,
    /// The sums of the squared distances from the mean.
    squares: Vec<f64>,
}

impl<R: Rows> Reduce<R> for Moments {
    type Partial = Option<MomentsOf>;
    type Value = MomentsOf;

    fn empty(&self) -> Self::Partial {
        None
    }

    fn add(&self, partial: &mut Self::Partial, _: usize, output: R) -> Result<(), Error> {
        let moments = partial.get_or_insert_with(|| {
            let frame = Frame::of(&output);
            let zeros = vec![0.0; frame.len];
            MomentsOf { frame, count: 0, means: zeros.clone(), squares: zeros }
        });
        moments.frame.check(output.times(), output.numbers().len())?;
        moments.count += 1;
        let part = (moments.count as f64).recip();
        for ((mean, squares), x) in moments.means.iter_mut().zip(&mut moments.squares).zip(output.numbers()) {
            let distance = x - *mean;
            *mean += part * distance;
            *squares += distance * (x - *mean);
        }
        Ok(())
    }

    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error> {
        match (partial.as_mut(), next) {
            (_, None) => {}
            (None, next) => *partial = next,
            (Some(moments), Some(next)) => {
                moments.frame.check(&next.frame.times, next.frame.len)?;
                let [n, m] = [moments.count, next.count].map(|count| count as f64);
                for i in 0..moments.means.len() {
                    let distance = next.means[i] - moments.means[i];
                    moments.means[i] += distance * (m / (n + m));
                    moments.squares[i] += next.squares[i] + distance * distance * (n * m / (n + m));
                }
                moments.count += next.count;
            }
        }
        Ok(())
    }

    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error> {
        partial.ok_or_else(|| Error::Layer { layer: "ensemble", message: "no trajectory has moments".into() })
    }
}

impl MomentsOf {
    /// How many trajectories there are.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The times of the rows.
    pub fn times(&self) -> &[f64] {
        &self.frame.times
    }

    /// The mean of row `i`, a number for each component.
    ///
    /// # Panics
    ///
    /// Where there is no such row, as a slice does.
    pub fn mean(&self, i: usize) -> &[f64] {
        &self.means[self.frame.row(i)]
    }

    /// The variance of row `i`: the sum of squares over `n - 1`; NaN for one trajectory, which has none.
    ///
    /// # Panics
    ///
    /// Where there is no such row, as a slice does.
    pub fn variance(&self, i: usize) -> Vec<f64> {
        let n = self.count as f64;
        self.squares[self.frame.row(i)].iter().map(|squares| squares / (n - 1.0)).collect()
    }

    /// How far the mean of row `i` is from that of all possible trajectories: one standard deviation of it.
    ///
    /// # Panics
    ///
    /// Where there is no such row, as a slice does.
    pub fn standard_error(&self, i: usize) -> Vec<f64> {
        self.variance(i).iter().map(|variance| (variance / self.count as f64).sqrt()).collect()
    }

    /// The mean of one component over the times.
    ///
    /// # Panics
    ///
    /// Where there is no such component, as a slice does.
    pub fn mean_of(&self, component: usize) -> Vec<f64> {
        self.frame.column(&self.means, component).collect()
    }

    /// The standard deviation of one component over the times.
    ///
    /// # Panics
    ///
    /// Where there is no such component, as a slice does.
    pub fn deviation_of(&self, component: usize) -> Vec<f64> {
        let n = self.count as f64;
        self.frame.column(&self.squares, component).map(|squares| (squares / (n - 1.0)).sqrt()).collect()
    }
}
