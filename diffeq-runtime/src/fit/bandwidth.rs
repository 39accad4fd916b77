//! Bandwidths that the data choose.

use super::Kernel;
use super::polynomial::coefficient;
use crate::real::Real;
use crate::space::Vector;

/// The units of distance of a [`Collocation`](super::Collocation), in units of time.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bandwidths {
    /// Of the states.
    pub states: f64,
    /// Of the derivatives.
    pub derivatives: f64,
}

/// With fewer data than these, leaving one out says little.
const FEW: usize = 10;

/// How much larger the next bandwidth is, at least.
const RATIO: f64 = 1.5;

/// How many bandwidths are compared at most.
const CANDIDATES: f64 = 20.0;

/// How many data are left out in turn at most: more do not move the choice.
const LEFT_OUT: usize = 400;

/// How much further kernels without an end reach, in bandwidths, than those that end at one.
const REACH: f64 = 2.5;

/// A mean square that is rounding, relative to the data's own.
const ROUNDING: f64 = 1e-24;

/// Those of the fits that predict best what they have not seen.
///
/// Each datum in turn is left out and predicted from the others (cross-validation: Stone, *Cross-validatory choice and
/// assessment of statistical predictions*, J. R. Stat. Soc. B 36, 1974), by lines for the states and by parabolas for the
/// derivatives. Noise makes a small bandwidth fail, curvature a large one.
pub(super) fn choose<V: Vector<T>, T: Real>(kernel: Kernel, times: &[f64], data: &[V]) -> Bandwidths {
    let candidates = candidates(kernel, times);
    let columns = standardised(data);
    let by_rule = rule(times);
    let best = |scores: Vec<Option<f64>>| {
        let mut best = (by_rule, f64::INFINITY);
        for (bandwidth, score) in candidates.iter().zip(scores) {
            // Of those that predict to rounding the widest.
            if let Some(score) = score.map(|score| score.max(ROUNDING))
                && score <= best.1
            {
                best = (*bandwidth, score);
            }
        }
        best.0
    };
    Bandwidths {
        states: best(candidates.iter().map(|h| score::<2>(kernel, *h, times, &columns)).collect()),
        derivatives: best(candidates.iter().map(|h| score::<3>(kernel, *h, times, &columns)).collect()),
    }
}

/// What the span and the number of data alone suggest (Liang & Wu 2008): `n^(-2/7) ln(n)^(-1/16)` of the span.
fn rule(times: &[f64]) -> f64 {
    let n = times.len() as f64;
    span(times) * n.powf(-2.0 / 7.0) * n.ln().max(1.0).powf(-1.0 / 16.0)
}

fn span(times: &[f64]) -> f64 {
    times.last().zip(times.first()).map_or(0.0, |(last, first)| last - first)
}

/// From the least bandwidth that reaches enough data everywhere to the span, each [`RATIO`] times the last.
fn candidates(kernel: Kernel, times: &[f64]) -> Vec<f64> {
    let mut distinct = times.to_vec();
    distinct.dedup();
    if times.len() < FEW || distinct.len() < FEW {
        return Vec::new();
    }
    // Wherever one stands, three data lie within the width of four, without the one that is left out.
    let widest = distinct.windows(4).map(|four| four[3] - four[0]).fold(0.0, f64::max);
    let reach = if kernel.is_compact() { 1.0 } else { REACH };
    let least = 1.01 * widest / reach;
    let ratio = (span(times) / reach / least).max(1.0);
    let intervals = (ratio.ln() / RATIO.ln()).ceil().min(CANDIDATES - 1.0);
    let factor = if intervals > 0.0 { ratio.powf(intervals.recip()) } else { 1.0 };
    (0..=intervals as i32).map(|i| least * factor.powi(i)).collect()
}

/// The components over time, of mean square one about their mean: none counts more for its unit.
fn standardised<V: Vector<T>, T: Real>(data: &[V]) -> Vec<Vec<f64>> {
    let n = data.len() as f64;
    let width = data.first().map_or(0, |datum| datum.as_slice().len());
    (0..width)
        .map(|c| {
            let column: Vec<f64> = data.iter().map(|datum| datum.as_slice()[c].value()).collect();
            let mean = column.iter().sum::<f64>() / n;
            // In units of the largest: squares of very large or very small ones are none.
            let largest = column.iter().fold(0.0, |most, y| f64::max(most, (y - mean).abs()));
            if largest == 0.0 {
                return vec![0.0; column.len()];
            }
            let column: Vec<f64> = column.iter().map(|y| (y - mean) / largest).collect();
            let square = column.iter().map(|y| y * y).sum::<f64>() / n;
            column.iter().map(|y| y / square.sqrt()).collect()
        })
        .collect()
}

/// The mean square of what polynomials of `N` coefficients miss the data by that they are not given; `None` where some
/// datum has too few others.
fn score<const N: usize>(kernel: Kernel, bandwidth: f64, times: &[f64], columns: &[Vec<f64>]) -> Option<f64> {
    let count = times.len().min(LEFT_OUT);
    let (mut sum, mut points) = (0.0, Vec::new());
    for k in 0..count {
        let i = k * (times.len() - 1) / (count - 1).max(1);
        let (first, end) = match kernel.is_compact() {
            true => (
                times.partition_point(|t| *t < times[i] - bandwidth),
                times.partition_point(|t| *t <= times[i] + bandwidth),
            ),
            false => (0, times.len()),
        };
        points.clear();
        points.extend(times[first..end].iter().map(|t| {
            let x = (t - times[i]) / bandwidth;
            (x, kernel.weight(x))
        }));
        let q = coefficient::<N>(&points, 0)?;
        // Without datum `i` the fit misses it by more, by one over one minus its share in its own estimate: the fit is linear
        // in the data.
        let share = kernel.weight(0.0) * q[0];
        if 1.0 - share <= 1e-6 {
            return None;
        }
        for column in columns {
            let at = |x: f64| q.iter().rev().fold(0.0, |sum, q| sum * x + q);
            let fit: f64 = points.iter().zip(&column[first..end]).map(|((x, w), y)| w * at(*x) * y).sum();
            let miss = (column[i] - fit) / (1.0 - share);
            sum += miss * miss;
        }
    }
    let mean = sum / (count * columns.len()) as f64;
    mean.is_finite().then_some(mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fit::Collocation;
    use crate::fit::Estimates;

    /// A function, its derivative, and the span over which it is seen.
    struct Known {
        name: &'static str,
        f: fn(f64) -> f64,
        slope: fn(f64) -> f64,
        span: f64,
    }

    const KNOWN: [Known; 4] = [
        Known { name: "one swing", f: f64::sin, slope: f64::cos, span: 6.3 },
        Known { name: "ten swings", f: f64::sin, slope: f64::cos, span: 63.0 },
        Known { name: "decay", f: |t| (-t).exp(), slope: |t| -(-t).exp(), span: 5.0 },
        Known {
            name: "bell",
            f: |t| (-(t - 5.0).powi(2)).exp(),
            slope: |t| -2.0 * (t - 5.0) * (-(t - 5.0).powi(2)).exp(),
            span: 10.0,
        },
    ];

    /// Noise of size one, the same in every run: the sum of twelve uniform numbers is nearly normal.
    fn noise(seed: u64) -> impl FnMut() -> f64 {
        let mut state = 0x9E37_79B9_7F4A_7C15 ^ seed.wrapping_mul(0x2545_F491_4F6C_DD1D);
        move || {
            let mut sum = -6.0;
            for _ in 0..12 {
                state ^= state << 13;
                state ^= state >> 7;
                state ^= state << 17;
                sum += (state >> 11) as f64 / (1_u64 << 53) as f64;
            }
            sum
        }
    }

    /// How far states and derivatives are off, root mean square over the times asked for.
    fn errors(known: &Known, estimates: &Estimates<f64>) -> [f64; 2] {
        let n = estimates.times.len() as f64;
        let rms = |found: &[f64], exact: fn(f64) -> f64| {
            let squares = estimates.times.iter().zip(found).map(|(t, y)| (y - exact(*t)).powi(2));
            (squares.sum::<f64>() / n).sqrt()
        };
        [rms(&estimates.states, known.f), rms(&estimates.derivatives, known.slope)]
    }

    #[test]
    fn the_chosen_bandwidths_are_nearly_the_best() {
        let mut ratios = [Vec::new(), Vec::new()];
        for (k, known) in KNOWN.iter().enumerate() {
            for (size, kernel) in [
                (0.0, Kernel::Epanechnikov),
                (0.01, Kernel::Epanechnikov),
                (0.1, Kernel::Epanechnikov),
                (0.03, Kernel::Gaussian),
                (0.03, Kernel::Tricube),
            ] {
                let mut noise = noise(k as u64 + 1);
                let times: Vec<f64> = (0..120).map(|i| known.span * f64::from(i) / 119.0).collect();
                let asked: Vec<f64> = times.iter().step_by(3).copied().collect();
                let data: Vec<f64> = times.iter().map(|t| (known.f)(*t) + size * noise()).collect();
                let estimate = |bandwidth| {
                    let collocation = Collocation { kernel, bandwidth };
                    collocation.estimate(&times, &data, &asked).map(|found| errors(known, &found))
                };
                let found = estimate(None).unwrap();
                // The oracle: the bandwidths that are best where the truth is known.
                let mut best = [f64::INFINITY; 2];
                for i in 0..15 {
                    let bandwidth = known.span * 0.0153 * 1.33_f64.powi(i);
                    if let Ok(errors) = estimate(Some(bandwidth)) {
                        best = [best[0].min(errors[0]), best[1].min(errors[1])];
                    }
                }
                let at =
                    format!("{}, noise {size}, {kernel:?}: {found:?} where {best:?} is possible", known.name);
                // One sample of noise may mislead: cross-validation is good on the average. What is smaller than this is the
                // least bandwidth, at the ends of the span.
                for (i, (factor, small)) in [(2.0, 1e-3), (4.0, 1e-2)].into_iter().enumerate() {
                    assert!(found[i] <= factor * best[i] + small, "{i} of {at}");
                    ratios[i].push((found[i] + small) / (best[i] + small));
                }
            }
        }
        let mean = |ratios: &[f64]| ratios.iter().sum::<f64>() / ratios.len() as f64;
        let means = [mean(&ratios[0]), mean(&ratios[1])];
        // The rule that does not look at the data is off by up to eighty.
        assert!(means[0] <= 1.3 && means[1] <= 1.6, "{means:?}");
    }

    #[test]
    fn noise_widens_the_bandwidths_and_swings_narrow_them() {
        let chosen = |swings: f64, size: f64| {
            let mut noise = noise(3);
            let times: Vec<f64> = (0..300).map(|i| f64::from(i) / 299.0).collect();
            let data: Vec<[f64; 2]> = times
                .iter()
                .map(|t| [0.0, 1e6].map(|mean| mean + (6.3 * swings * t).sin() + size * noise()))
                .collect();
            Collocation::default().choose(&times, &data).unwrap()
        };
        let (clean, noisy, slow) = (chosen(5.0, 0.0), chosen(5.0, 0.2), chosen(1.0, 0.2));
        assert!(clean.states < noisy.states && noisy.states < slow.states, "{clean:?} {noisy:?} {slow:?}");
        assert!(clean.derivatives < noisy.derivatives && noisy.derivatives < slow.derivatives);
        let given = Collocation { bandwidth: Some(0.3), ..Collocation::default() };
        let times = [0.0, 1.0, 2.0];
        assert_eq!(given.choose(&times, &times).unwrap(), Bandwidths { states: 0.3, derivatives: 0.3 });
    }

    /// A power of two changes no rounding, though squares of such numbers are zero or infinite.
    #[test]
    fn units_of_the_data_are_no_matter() {
        let times: Vec<f64> = (0..100).map(|i| 0.1 * f64::from(i)).collect();
        let chosen = |unit: f64| {
            let data: Vec<f64> = times.iter().map(|t| unit * t.sin()).collect();
            Collocation::default().choose(&times, &data).unwrap()
        };
        assert_eq!(chosen(2.0_f64.powi(-900)), chosen(1.0));
        assert_eq!(chosen(2.0_f64.powi(900)), chosen(1.0));
    }

    #[test]
    fn many_data_and_gaps_are_no_matter() {
        // Two clusters with a gap between, and thousands of data.
        let times: Vec<f64> =
            (0..2000).map(|i| f64::from(i) * 2.5e-3 + if i < 1000 { 0.0 } else { 2.0 }).collect();
        let data: Vec<f64> = times.iter().map(|t| t.sin()).collect();
        let found = Collocation::default().estimate(&times, &data, &[0.0, 2.4, 3.5, 7.0]).unwrap();
        for (t, (u, du)) in found.times.iter().zip(found.states.iter().zip(&found.derivatives)) {
            // As wide as the gap the bandwidth must be: the bias of a line over four units of time is large.
            assert!((u - t.sin()).abs() < 0.6 && (du - t.cos()).abs() < 0.6, "{t}: {u} {du}");
        }
    }
}
