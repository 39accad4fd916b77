//! A root between two points.

/// Where `f` passes through zero between `a` and `b`, at whose ends it has the values `fa` and `fb` of opposite sign.
///
/// Interpolate, truncate, project: as fast as the secant method where the function is smooth, and never more
/// evaluations than bisection needs, but one.
///
/// The root is sought to `rounding`, relative to the larger end.
///
/// Source: Oliveira, Takahashi, *An enhancement of the bisection method average performance preserving minmax
/// optimality*, ACM Trans. Math. Softw. 47 (2021) 5, algorithm 1, with κ1 = 0.2 / (b - a), κ2 = 2, n0 = 1.
pub(super) fn itp(
    (mut a, mut fa): (f64, f64),
    (mut b, mut fb): (f64, f64),
    rounding: f64,
    f: &mut dyn FnMut(f64) -> f64,
) -> f64 {
    let tolerance = 2.0 * rounding * a.abs().max(b.abs());
    let rising = if fa < fb { 1.0 } else { -1.0 };
    let width = b - a;
    let half_steps = (width / (2.0 * tolerance)).log2().ceil().max(0.0) as i32;
    for j in 0..=half_steps + 1 {
        if b - a <= 2.0 * tolerance || fa == fb {
            break;
        }
        let middle = 0.5 * (a + b);
        let radius = (tolerance * f64::powi(2.0, half_steps + 1 - j) - 0.5 * (b - a)).max(0.0);
        let delta = 0.2 / width * (b - a).powi(2);
        // Interpolate
        let secant = (fb * a - fa * b) / (fb - fa);
        // Truncate
        let side = (middle - secant).signum();
        let truncated = if delta <= (middle - secant).abs() { secant + side * delta } else { middle };
        // Project
        let x = if (truncated - middle).abs() <= radius { truncated } else { middle - side * radius };
        let fx = f(x);
        if fx * rising > 0.0 {
            (b, fb) = (x, fx);
        } else if fx * rising < 0.0 {
            (a, fa) = (x, fx);
        } else {
            return x;
        }
    }
    0.5 * (a + b)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roots_are_found_to_rounding_with_few_evaluations() {
        type Case = (fn(f64) -> f64, f64);
        let cases: [Case; 4] = [
            (|x| x * x * x - 0.2, 0.2_f64.cbrt()),
            (|x| (0.3 - x).tanh(), 0.3),
            (|x| (20.0 * (x - 0.9)).exp() - 1.0, 0.9),
            (|x| if x < 0.37 { -1.0 } else { 1.0 }, 0.37),
        ];
        for (f, root) in cases {
            let mut evaluations = 0;
            let mut counted = |x| {
                evaluations += 1;
                f(x)
            };
            let found = itp((0.0, f(0.0)), (1.0, f(1.0)), f64::EPSILON, &mut counted);
            // The bracket ends four units in the last place of its right end wide.
            assert!((found - root).abs() <= 8.0 * f64::EPSILON, "{found} and not {root}");
            assert!(evaluations <= 54, "{evaluations}");
        }
    }
}
