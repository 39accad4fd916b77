//! Quantiles of many trajectories: bands.

use crate::ensemble::Reduce;
use crate::ensemble::Rows;
use crate::ensemble::rows::Frame;
use crate::error::Error;

/// Quantiles of every number of the [rows](Rows), exact: between two trajectories the quantile is interpolated (type 7 of
/// Hyndman, Fan (1996), *The American Statistician* 50(4), 361). All trajectories need the same times.
///
/// Where a number of one trajectory is NaN the quantiles are.
///
/// All numbers are kept until the end: eight bytes for each component, time and trajectory.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantiles(Vec<f64>);

impl Quantiles {
    /// Those of these probabilities, between 0 and 1.
    pub fn of(probabilities: impl Into<Vec<f64>>) -> Self {
        Self(probabilities.into())
    }
}

/// What [`Quantiles`] found.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantilesOf {
    frame: Frame,
    probabilities: Vec<f64>,
    /// For each probability all numbers, row after row.
    values: Vec<Vec<f64>>,
}

/// The numbers of some trajectories, one after the other.
#[derive(Debug, Clone)]
pub struct Kept {
    frame: Frame,
    numbers: Vec<f64>,
}

impl<R: Rows> Reduce<R> for Quantiles {
    type Partial = Option<Kept>;
    type Value = QuantilesOf;

    fn empty(&self) -> Self::Partial {
        None
    }

    fn add(&self, partial: &mut Self::Partial, _: usize, output: R) -> Result<(), Error> {
        let kept = partial.get_or_insert_with(|| Kept { frame: Frame::of(&output), numbers: Vec::new() });
        kept.frame.check(output.times(), output.numbers().len())?;
        kept.numbers.extend_from_slice(output.numbers());
        Ok(())
    }

    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error> {
        match (partial.as_mut(), next) {
            (_, None) => {}
            (None, next) => *partial = next,
            (Some(kept), Some(next)) => {
                kept.frame.check(&next.frame.times, next.frame.len)?;
                kept.numbers.extend(next.numbers);
            }
        }
        Ok(())
    }

    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error> {
        let Self(probabilities) = self;
        if let Some(p) = probabilities.iter().find(|p| !(0.0..=1.0).contains(*p)) {
            let (problem, hint) = (format!("asks for {p}"), "probabilities lie between 0 and 1");
            return Err(Error::Option { option: "Quantiles", problem, hint });
        }
        let Some(Kept { frame, numbers }) = partial else {
            return Err(Error::Layer { layer: "ensemble", message: "no trajectory has quantiles".into() });
        };
        let mut values = vec![vec![f64::NAN; frame.len]; probabilities.len()];
        let mut column: Vec<f64> = Vec::with_capacity(numbers.len() / frame.len.max(1));
        for i in 0..frame.len {
            column.clear();
            column.extend(numbers.iter().skip(i).step_by(frame.len));
            // Where one number is none nobody knows what lies below.
            if column.iter().any(|x| x.is_nan()) {
                continue;
            }
            column.sort_unstable_by(f64::total_cmp);
            for (values, p) in values.iter_mut().zip(probabilities) {
                values[i] = quantile(&column, *p);
            }
        }
        Ok(QuantilesOf { frame, probabilities: probabilities.clone(), values })
    }
}

/// The quantile of numbers in order.
fn quantile(sorted: &[f64], probability: f64) -> f64 {
    let place = probability * (sorted.len() - 1) as f64;
    let (below, above) = (place.floor() as usize, place.ceil() as usize);
    let (low, high) = (sorted[below], sorted[above]);
    // Equal ends, infinite ones included, are the quantile itself.
    if low == high { low } else { low + (place - place.floor()) * (high - low) }
}

impl QuantilesOf {
    /// The times of the rows.
    pub fn times(&self) -> &[f64] {
        &self.frame.times
    }

    /// The probabilities, in the order in which they were given.
    pub fn probabilities(&self) -> &[f64] {
        &self.probabilities
    }

    /// Row `i` of the quantile of probability number `which`, a number for each component.
    ///
    /// # Panics
    ///
    /// Where there is no such row or probability, as a slice does.
    pub fn row(&self, which: usize, i: usize) -> &[f64] {
        &self.values[which][self.frame.row(i)]
    }

    /// The quantile of probability number `which` for one component, over the times.
    ///
    /// # Panics
    ///
    /// Where there is no such probability or component, as a slice does.
    pub fn of(&self, which: usize, component: usize) -> Vec<f64> {
        self.frame.column(&self.values[which], component).collect()
    }
}
