//! Processes that move together.

use std::sync::Arc;

use crate::error::Error;
use crate::noise::increment::Asks;
use crate::noise::increment::Increment;
use crate::noise::increment::Law;
use crate::noise::increment::Path;
use crate::noise::increment::Unresolved;

/// The processes of another path, mixed so that they have given correlations.
///
/// The factor is Cholesky's, of lower triangular form: the first process is that of the other path.
///
/// Methods for Ito's integral that take twofold integrals of the path (Milstein's, and those of order one and more) are made for
/// processes that have nothing in common, and would solve another equation here. They are refused unless the noise is additive, or
/// diagonal and each process of variance one; `EulerMaruyama` and all methods for Stratonovich equations are not. Correlations
/// that are rows of the model's noise suit every method.
///
/// ```
/// use diffeq_runtime::noise::{Brownian, Correlated, Path};
///
/// let path = Brownian::new(7, (0.0, 1.0));
/// let pair = Correlated::new(path, &[[1.0, 0.6], [0.6, 1.0]])?;
/// let (alone, mixed) = (path.values(2, &[0.0, 1.0])?, pair.values(2, &[0.0, 1.0])?);
/// assert!((mixed[1][0] - alone[1][0]).abs() < 1e-15);
/// assert!((mixed[1][1] - (0.6 * alone[1][0] + 0.8 * alone[1][1])).abs() < 1e-15);
/// // Not what correlations can be:
/// assert!(Correlated::new(path, &[[1.0, 2.0], [2.0, 1.0]]).is_err());
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Correlated<W> {
    path: W,
    processes: usize,
    law: Law,
    /// A lower triangular factor, a row for each process.
    factor: Arc<[f64]>,
}

impl<W: Path> Correlated<W> {
    /// The processes of a path with these covariances per time: with a diagonal of ones, correlations.
    ///
    /// # Errors
    ///
    /// A matrix that is not square, not finite, not symmetric, or not positive semidefinite.
    pub fn new<R: AsRef<[f64]>>(path: W, covariances: &[R]) -> Result<Self, Error> {
        let n = covariances.len();
        let refuse = |problem: String, hint| Err(Error::Option { option: "correlations", problem, hint });
        if let Some(row) = covariances.iter().find(|row| row.as_ref().len() != n) {
            let found = row.as_ref().len();
            return Err(Error::Shape { what: "correlations in a row", expected: n, found });
        }
        let entry = |i: usize, j: usize| covariances[i].as_ref()[j];
        let largest = (0..n).fold(0.0, |most, i| f64::max(most, entry(i, i).abs()));
        let rounding = 16.0 * n as f64 * f64::EPSILON * largest;
        for i in 0..n {
            for j in 0..=i {
                let (a, b) = (entry(i, j), entry(j, i));
                if !(a.is_finite() && b.is_finite()) {
                    return refuse(format!("have {a} and {b} at ({i}, {j})"), "give finite numbers");
                }
                if (a - b).abs() > rounding {
                    let problem = format!("are {a} at ({i}, {j}) and {b} at ({j}, {i})");
                    return refuse(problem, "what two processes have in common is one number: give it twice");
                }
            }
        }
        let mut factor = vec![0.0; n * n];
        for j in 0..n {
            let known: f64 = (0..j).map(|k| factor[j * n + k] * factor[j * n + k]).sum();
            let pivot = entry(j, j) - known;
            let singular = pivot <= rounding;
            let root = if singular { 0.0 } else { pivot.sqrt() };
            factor[j * n + j] = root;
            for i in j + 1..n {
                let known: f64 = (0..j).map(|k| factor[i * n + k] * factor[j * n + k]).sum();
                let rest = entry(i, j) - known;
                // Nothing is left of process j: nothing can be shared with it.
                if pivot < -rounding || singular && rest.abs() > (rounding * largest).sqrt() {
                    let problem =
                        format!("are not positive semidefinite: process {j} and {i} contradict the others");
                    return refuse(
                        problem,
                        "estimate them from the same data, or shrink those off the diagonal",
                    );
                }
                factor[i * n + j] = if singular { 0.0 } else { rest / root };
            }
            if pivot < -rounding {
                let problem = format!("are not positive semidefinite: process {j} contradicts those before");
                return refuse(problem, "estimate them from the same data, or shrink those off the diagonal");
            }
        }
        let is_near = |i: usize, j: usize, x: f64| (entry(i, j) - x).abs() <= rounding;
        let law = match path.law() {
            Law::Independent if (0..n).any(|i| !is_near(i, i, 1.0)) => Law::Scaled,
            Law::Independent if (0..n).any(|i| (0..i).any(|j| !is_near(i, j, 0.0))) => Law::Correlated,
            Law::Independent => Law::Independent,
            // Mixed twice: what comes of it is not looked at.
            Law::Correlated | Law::Scaled => Law::Scaled,
        };
        Ok(Self { path, processes: n, law, factor: factor.into() })
    }
}

/// What a [`Correlated`] path was asked for last.
#[derive(Debug, Clone)]
pub struct CorrelatedCursor<C> {
    inner: C,
    alone: Increment,
}

/// `out = L x`.
fn mix(factor: &[f64], x: &[f64], out: &mut [f64]) {
    let n = x.len();
    for ((out, row), i) in out.iter_mut().zip(factor.chunks_exact(n.max(1))).zip(0..) {
        *out = row[..=i].iter().zip(x).map(|(l, x)| l * x).sum();
    }
}

impl<W: Path> Path for Correlated<W> {
    type Cursor = CorrelatedCursor<W::Cursor>;

    fn cursor(&self, processes: usize) -> Self::Cursor {
        CorrelatedCursor { inner: self.path.cursor(processes), alone: Increment::new(processes, Asks::Areas) }
    }

    fn check(&self, processes: usize, span: (f64, f64), asks: Asks) -> Result<(), Error> {
        if processes != self.processes {
            let (what, expected, found) = ("rows of correlations", processes, self.processes);
            return Err(Error::Shape { what, expected, found });
        }
        self.path.check(processes, span, asks)
    }

    fn increment(
        &self,
        cursor: &mut Self::Cursor,
        from: f64,
        to: f64,
        out: &mut Increment,
    ) -> Result<(), Unresolved> {
        let CorrelatedCursor { inner, alone } = cursor;
        let n = self.processes;
        // What nobody asks for is not drawn.
        alone.h.resize(out.h.len(), 0.0);
        alone.areas.resize(out.areas.len(), 0.0);
        self.path.increment(inner, from, to, alone)?;
        mix(&self.factor, &alone.w, &mut out.w);
        if !out.h.is_empty() {
            mix(&self.factor, &alone.h, &mut out.h);
        }
        if !out.areas.is_empty() {
            for i in 0..n {
                for j in 0..n {
                    let entry = |a: usize, b: usize| {
                        self.factor[i * n + a] * alone.areas[a * n + b] * self.factor[j * n + b]
                    };
                    out.areas[i * n + j] =
                        (0..=i).flat_map(|a| (0..=j).map(move |b| (a, b))).map(|(a, b)| entry(a, b)).sum();
                }
            }
        }
        Ok(())
    }

    fn law(&self) -> Law {
        self.law
    }

    fn stride(&self, t: f64, h: f64) -> f64 {
        self.path.stride(t, h)
    }

    fn follow(self, span: (f64, f64)) -> Self {
        Self { path: self.path.follow(span), ..self }
    }
}
