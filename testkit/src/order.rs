//! The order of convergence that a method shows.

/// What a convergence study saw.
#[derive(Debug, Clone)]
pub struct Study {
    /// Slope of log(error) over log(step) through the points used, by least squares.
    pub order: f64,
    /// Step and error of every run, coarse to fine.
    pub points: Vec<(f64, f64)>,
    /// How many of the finest points the slope was taken through.
    pub used: usize,
}

/// Which runs to make, and which to believe.
#[derive(Debug, Clone, Copy)]
pub struct Range {
    /// The coarsest step.
    pub step: f64,
    /// Each run divides the step by this.
    pub ratio: f64,
    /// How many runs at most.
    pub runs: usize,
    /// Errors at or below this are dominated by rounding and are dropped, and with them all finer runs.
    pub floor: f64,
    /// Through how many of the finest remaining points the slope goes: fewer are closer to the asymptote, more are
    /// less sensitive to a sign change of the leading error term.
    pub through: usize,
}

impl Default for Range {
    fn default() -> Self {
        Self { step: 0.1, ratio: std::f64::consts::SQRT_2, runs: 14, floor: 2e-13, through: 4 }
    }
}

/// Runs `error(step)` from coarse to fine and measures the order.
///
/// # Errors
/// A sentence, where fewer than three points lie above the floor, or where a run fails after a coarser one did not.
pub fn study(range: Range, mut error: impl FnMut(f64) -> f64) -> Result<Study, String> {
    let mut points = Vec::new();
    let mut step = range.step;
    for _ in 0..range.runs {
        let e = error(step);
        if e <= range.floor {
            break;
        }
        if e.is_finite() {
            points.push((step, e));
        } else if !points.is_empty() {
            return Err(format!("the error at step {step:.3e} is {e}"));
        }
        step /= range.ratio;
    }
    if points.len() < 3 {
        return Err(format!("only {} of the runs are above the rounding floor: {points:?}", points.len()));
    }
    let used = points.len().min(range.through.max(3));
    let order = slope(&points[points.len() - used..]);
    Ok(Study { order, points, used })
}

/// Slope of log(y) over log(x), by least squares.
pub fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let logs = || points.iter().map(|(x, y)| (x.ln(), y.ln()));
    let (mx, my) = logs().fold((0.0, 0.0), |(a, b), (x, y)| (a + x / n, b + y / n));
    let (sxy, sxx) =
        logs().fold((0.0, 0.0), |(a, b), (x, y)| (a + (x - mx) * (y - my), b + (x - mx) * (x - mx)));
    sxy / sxx
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_the_exponent_and_stops_at_the_floor() {
        let noisy = |h: f64| 3.0 * h.powi(5) + 1e-13;
        let study = study(Range::default(), noisy).unwrap();
        // The neighbour term 1e-13 at errors of at least 2e-13..1e-11 bends the slope; it must stay visible, not hidden.
        assert!(study.points.iter().all(|p| p.1 > 2e-13));
        assert!((study.order - 5.0).abs() < 1.5, "{study:?}");
        let clean = super::study(Range::default(), |h| 3.0 * h.powi(5)).unwrap();
        // Exact powers: rounding of the logarithms alone.
        assert!((clean.order - 5.0).abs() < 1e-10);
    }

    #[test]
    fn refuses_to_guess() {
        assert!(study(Range::default(), |_| 1e-15).is_err());
        assert!(study(Range::default(), |_| f64::NAN).is_err());
    }
}
