//! Reference solutions: Gragg's extrapolated midpoint rule in double-double arithmetic.
//!
//! Shares no code and no coefficient with any solver under test, so that an error common to all of them cannot hide.
//! Hairer, Nørsett & Wanner, *Solving ODEs I*, II.9, equations (9.10), (9.13): sequence 2, 4, 6, …, order 2k.

use crate::problems::Problem;
use crate::scalar::DoubleDouble;
use crate::scalar::Scalar;

/// Columns of the extrapolation table: order 20.
const COLUMNS: usize = 10;
/// Local tolerance: eight digits beyond the 1e-13 that the errors are measured to, so that the growth of local errors
/// along the solution (1e4 for Lorenz at t = 10) stays below it.
const TOLERANCE: f64 = 1e-21;

/// The states at the given times, in order, to better than 1e-13.
pub fn states<P: Problem<N>, const N: usize>(problem: &P, times: &[f64]) -> Vec<[f64; N]> {
    let mut u = problem.start().map(DoubleDouble::from);
    let mut t = 0.0;
    let mut h = 1e-3 * P::END;
    times
        .iter()
        .map(|&time| {
            advance(problem, &mut u, &mut t, time, &mut h);
            u.map(Scalar::to_f64)
        })
        .collect()
}

/// Advances `u` from `t` to `end`, adapting the step size `h`.
fn advance<P: Problem<N>, const N: usize>(
    problem: &P,
    u: &mut [DoubleDouble; N],
    t: &mut f64,
    end: f64,
    h: &mut f64,
) {
    while *t < end {
        let last = *t + *h >= end;
        let step = if last { end - *t } else { *h };
        let (next, error) = extrapolate(problem, u, step);
        let factor = 0.9 * (TOLERANCE / error.max(1e-40)).powf(1.0 / (2 * COLUMNS - 1) as f64);
        if error <= TOLERANCE {
            *u = next;
            *t = if last { end } else { *t + step };
        }
        *h = if last && error <= TOLERANCE {
            h.max(step * factor.min(4.0))
        } else {
            step * factor.clamp(0.1, 4.0)
        };
    }
}

/// One step of length `h`: the extrapolated state, and the difference of its last two columns, relative to `1 + |u|`.
fn extrapolate<P: Problem<N>, const N: usize>(
    problem: &P,
    u: &[DoubleDouble; N],
    h: f64,
) -> ([DoubleDouble; N], f64) {
    let mut row: Vec<[DoubleDouble; N]> = Vec::with_capacity(COLUMNS);
    for j in 0..COLUMNS {
        let mut entry = midpoint(problem, u, h, 2 * (j + 1));
        // Aitken-Neville in h^2, (9.10): T_{j,k+1} = T_{j,k} + (T_{j,k} - T_{j-1,k}) / ((n_j / n_{j-k})^2 - 1).
        for (k, previous) in row.iter_mut().enumerate() {
            let ratio = (((j + 1) * (j + 1)) as f64, ((j - k) * (j - k)) as f64);
            let weight = DoubleDouble::from(ratio.1) / DoubleDouble::from(ratio.0 - ratio.1);
            let coarser = std::mem::replace(previous, entry);
            for (e, c) in entry.iter_mut().zip(coarser) {
                *e = *e + (*e - c) * weight;
            }
        }
        row.push(entry);
    }
    let (best, before) = (&row[COLUMNS - 1], &row[COLUMNS - 2]);
    let error = best
        .iter()
        .zip(before)
        .map(|(a, b)| (*a - *b).to_f64().abs() / (1.0 + a.to_f64().abs()))
        .fold(0.0, f64::max);
    (*best, error)
}

/// Gragg's midpoint rule with `n` substeps and no smoothing step: its error expands in even powers for even `n`.
fn midpoint<P: Problem<N>, const N: usize>(
    problem: &P,
    u: &[DoubleDouble; N],
    h: f64,
    n: usize,
) -> [DoubleDouble; N] {
    let substep = DoubleDouble::from(h) / DoubleDouble::from(n as f64);
    let twice = substep + substep;
    let mut du = *u;
    problem.rhs(&mut du, u);
    let mut before = *u;
    let mut now = std::array::from_fn(|i| u[i] + substep * du[i]);
    for _ in 1..n {
        problem.rhs(&mut du, &now);
        for i in 0..N {
            let next = before[i] + twice * du[i];
            before[i] = now[i];
            now[i] = next;
        }
    }
    now
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::LotkaVolterra;
    use crate::problems::Pleiades;

    #[test]
    fn lotka_volterra_keeps_its_invariant() {
        let problem = LotkaVolterra::default();
        let [alpha, beta, delta, gamma] = problem.p;
        let invariant = |[x, y]: [f64; 2]| gamma * x - delta * x.ln() + beta * y - alpha * y.ln();
        let start = invariant(problem.start());
        for u in states(&problem, &LotkaVolterra::checks()) {
            // The states are rounded to f64: a few units in the last place of terms of size up to 30.
            assert!((invariant(u) - start).abs() < 1e-13, "{u:?}");
        }
    }

    #[test]
    fn pleiades_ends_at_the_published_state() {
        // Test set for IVP solvers (Mazzia & Magherini, 2008), problem Pleiades, t = 3: x_1, x_2, y_1.
        // The published digits carry an error of about 1e-10.
        let end = states(&Pleiades::default(), &[Pleiades::END])[0];
        assert!((end[0] - 0.370_613_914_397_050_2).abs() < 1e-9, "{}", end[0]);
        assert!((end[1] - 3.237_284_092_057_233).abs() < 1e-9, "{}", end[1]);
        assert!((end[7] - -3.943_437_585_517_392).abs() < 1e-9, "{}", end[7]);
    }
}
