//! Derivatives by differences, and the identity that ties forward and reverse mode together.

/// A derivative by differences and an estimate of its error.
#[derive(Debug, Clone, Copy)]
pub struct Difference {
    /// The derivative.
    pub value: f64,
    /// How far off it may be.
    pub error: f64,
}

/// The derivative of `f` at `x` by extrapolated central differences, from the step `step` (in the units of `x`) down.
///
/// Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Adv. Eng. Softw. 4 (1982): central differences with
/// steps shrinking by 1.4, Richardson extrapolation of them all, and the entry that differs least from its
/// neighbours, which is where truncation and rounding balance.
pub fn derivative(f: impl Fn(f64) -> f64, x: f64, step: f64) -> Difference {
    const SHRINK: f64 = 1.4;
    const ROWS: usize = 12;
    let central = |h: f64| (f(x + h) - f(x - h)) / (2.0 * h);
    let mut best = Difference { value: f64::NAN, error: f64::INFINITY };
    let mut above = vec![central(step)];
    let mut h = step;
    for _ in 1..ROWS {
        h /= SHRINK;
        let mut row = vec![central(h)];
        let mut factor = SHRINK * SHRINK;
        for j in 0..above.len() {
            row.push((row[j] * factor - above[j]) / (factor - 1.0));
            factor *= SHRINK * SHRINK;
            let error = (row[j + 1] - row[j]).abs().max((row[j + 1] - above[j]).abs());
            if error <= best.error {
                best = Difference { value: row[j + 1], error };
            }
        }
        // Once the highest order gets worse, rounding has won: smaller steps only add noise.
        if (row[row.len() - 1] - above[above.len() - 1]).abs() > 2.0 * best.error {
            break;
        }
        above = row;
    }
    best
}

/// The gradient of `f` at `x`, component by component; the first step of each is `step * max(1, |x_i|)`.
pub fn gradient(f: impl Fn(&[f64]) -> f64, x: &[f64], step: f64) -> Vec<Difference> {
    (0..x.len())
        .map(|i| {
            let along = |xi: f64| {
                let mut y = x.to_vec();
                y[i] = xi;
                f(&y)
            };
            derivative(along, x[i], step * x[i].abs().max(1.0))
        })
        .collect()
}

/// The dot product.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    assert_eq!(a.len(), b.len(), "dot product of vectors of different length");
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// By how much `<w, J v> = <J^T w, v>` fails, relative to the size of the terms that are added.
///
/// `jv` is what forward mode made of `v`, `jtw` what reverse mode made of `w`. The scale is the sum of the terms'
/// sizes: both sides are sums that may cancel, and rounding is relative to what was added, not to what is left.
pub fn adjoint_gap(w: &[f64], jv: &[f64], jtw: &[f64], v: &[f64]) -> f64 {
    let size = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| (x * y).abs()).sum::<f64>();
    let scale = size(w, jv).max(size(jtw, v));
    let gap = (dot(w, jv) - dot(jtw, v)).abs();
    if gap.is_nan() {
        f64::INFINITY
    } else if scale > 0.0 {
        gap / scale
    } else {
        gap
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_accurate_and_know_it() {
        let d = derivative(f64::exp, 1.0, 0.4);
        // Ridders reports about 1e-13 here; 1e-11 leaves room for another libm.
        assert!((d.value - 1.0_f64.exp()).abs() < 1e-11, "{d:?}");
        assert!(d.error < 1e-9);
        let g = gradient(|x| x[0] * x[0] * x[1].sin(), &[2.0, 0.5], 0.1);
        assert!((g[0].value - 4.0 * 0.5_f64.sin()).abs() < 1e-11);
        assert!((g[1].value - 4.0 * 0.5_f64.cos()).abs() < 1e-11);
    }

    #[test]
    fn a_wrong_adjoint_shows() {
        let (w, v) = ([1.0, -2.0], [0.5, 3.0]);
        let j = [[1.0, 2.0], [3.0, 4.0]];
        let jv = [dot(&j[0], &v), dot(&j[1], &v)];
        let jtw = [w[0] * j[0][0] + w[1] * j[1][0], w[0] * j[0][1] + w[1] * j[1][1]];
        assert!(adjoint_gap(&w, &jv, &jtw, &v) < 1e-15);
        assert!(adjoint_gap(&w, &jv, &[jtw[1], jtw[0]], &v) > 0.05);
    }
}
