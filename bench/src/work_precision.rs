//! Work-precision curves, and what two solvers cost at the same error.

use std::hint::black_box;

use crate::clock;
use crate::clock::Effort;
use crate::clock::Work;
use crate::peers::Contender;
use crate::problems::Problem;
use crate::reference;

/// One solve of a sweep over tolerances.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// `rtol` and `atol`.
    pub tolerance: f64,
    /// Seconds for the whole interval.
    pub seconds: f64,
    /// Root mean square over components and check times of `(u - reference) / (1 + |reference|)`.
    pub error: f64,
    /// Evaluations of the right-hand side over the whole interval.
    pub evaluations: usize,
}

/// A contender's sweep; tolerances at which it gives up or overflows are left out.
pub struct Curve {
    /// The library.
    pub library: &'static str,
    /// The method.
    pub method: &'static str,
    /// In the order of the tolerances.
    pub points: Vec<Point>,
}

impl Curve {
    /// The point of a tolerance of the sweep.
    pub fn at(&self, tolerance: f64) -> Option<&Point> {
        self.points.iter().find(|p| (p.tolerance / tolerance - 1.0).abs() < 1e-3)
    }

    /// Seconds to reach an error: see [`crossing`](Self::crossing).
    pub fn seconds_at(&self, error: f64) -> Option<f64> {
        self.crossing(error).map(|crossing| crossing.seconds())
    }

    /// Where the curve reaches an error, between neighbouring tolerances.
    ///
    /// `None` where no tolerance is tight enough. Where several stretches of the curve reach the error, the cheapest
    /// counts; where even the loosest tolerance does better, that one does.
    pub fn crossing(&self, error: f64) -> Option<Crossing> {
        let crossing = |pair: &[Point]| {
            let (a, b) = (pair[0], pair[1]);
            let (high, low) = (a.error.max(b.error), a.error.min(b.error));
            if error > high || error < low || high == low {
                return None;
            }
            let weight = (error / a.error).ln() / (b.error / a.error).ln();
            Some(Crossing { between: [a, b], weight })
        };
        let looser = self.points.first().filter(|p| p.error <= error);
        let looser = looser.map(|p| Crossing { between: [*p, *p], weight: 0.0 });
        let all = self.points.windows(2).filter_map(crossing).chain(looser);
        all.min_by(|a, b| a.seconds().total_cmp(&b.seconds()))
    }
}

/// Where a curve reaches an error.
#[derive(Debug, Clone, Copy)]
pub struct Crossing {
    /// The points beside it.
    pub between: [Point; 2],
    /// How far it lies from the first to the second, in logarithms.
    pub weight: f64,
}

impl Crossing {
    /// Interpolated between both points in the logarithms of error and time.
    pub fn seconds(&self) -> f64 {
        self.of(self.between.map(|point| point.seconds))
    }

    /// The same of other times for the two.
    pub fn of(&self, [a, b]: [f64; 2]) -> f64 {
        a * (b / a).powf(self.weight)
    }
}

/// The tolerances of a sweep, half a decade apart.
pub fn tolerances(from: i32, to: i32) -> Vec<f64> {
    (2 * from..=2 * to).map(|half| 10.0_f64.powf(-f64::from(half) / 2.0)).collect()
}

/// Sweeps every contender over the tolerances, all contenders interleaved at each.
pub fn sweep<P: Problem<N>, const N: usize>(
    problem: &P,
    contenders: &[Contender<P, N>],
    tolerances: &[f64],
    effort: Effort,
) -> Vec<Curve> {
    let reference = reference::states(problem, &P::checks());
    let mut curves: Vec<Curve> = contenders
        .iter()
        .map(|c| Curve { library: c.library, method: c.method, points: Vec::new() })
        .collect();
    for &tolerance in tolerances {
        let measured: Vec<_> = contenders
            .iter()
            .map(|c| {
                let evaluations = (c.solve)(problem, P::END, tolerance)?.evaluations;
                let error = error(problem, c, &reference, tolerance)?;
                (error < 10.0).then_some((evaluations, error))
            })
            .collect();
        let mut works: Vec<Work<'_>> = contenders
            .iter()
            .zip(&measured)
            .filter(|(_, m)| m.is_some())
            .map(|(c, _)| clock::work(move || (c.solve)(black_box(problem), P::END, black_box(tolerance))))
            .collect();
        let seconds = clock::race(&mut works, effort);
        let finished = curves.iter_mut().zip(measured).filter_map(|(c, m)| Some((c, m?)));
        for ((curve, (evaluations, error)), seconds) in finished.zip(seconds) {
            curve.points.push(Point { tolerance, seconds, error, evaluations });
        }
    }
    curves
}

/// The error at the check times, each from a solve that ends there: the same steps, but for the last.
fn error<P: Problem<N>, const N: usize>(
    problem: &P,
    contender: &Contender<P, N>,
    reference: &[[f64; N]],
    tolerance: f64,
) -> Option<f64> {
    let mut square = 0.0;
    for (&check, reference) in P::checks().iter().zip(reference) {
        let end = (contender.solve)(problem, check, tolerance)?;
        for (u, r) in end.u.iter().zip(reference) {
            square += ((u - r) / (1.0 + r.abs())).powi(2);
        }
    }
    let error = (square / (N * reference.len()) as f64).sqrt();
    error.is_finite().then_some(error)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(points: &[(f64, f64)]) -> Curve {
        let points =
            points.iter().map(|&(error, seconds)| Point { tolerance: error, seconds, error, evaluations: 0 });
        Curve { library: "", method: "", points: points.collect() }
    }

    #[test]
    fn a_power_law_is_interpolated_exactly() {
        // seconds = error^(-1/5), as a method of order 5 has it
        let law = |error: f64| (error, error.powf(-0.2));
        let curve = curve(&[law(1e-3), law(1e-5), law(1e-9)]);
        for error in [1e-4, 3e-7, 1e-9] {
            let seconds = curve.seconds_at(error).expect("inside the sweep");
            assert!((seconds / law(error).1 - 1.0).abs() < 1e-12, "{error}: {seconds}");
        }
        assert!(curve.seconds_at(1e-10).is_none());
        assert_eq!(curve.seconds_at(1.0), Some(law(1e-3).1));
    }

    #[test]
    fn the_cheapest_stretch_counts() {
        let curve = curve(&[(1e-2, 1.0), (1e-6, 2.0), (1e-3, 3.0), (1e-8, 4.0)]);
        assert!(curve.seconds_at(1e-5).expect("reached") < 2.0);
    }
}
