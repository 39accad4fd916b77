//! The first step size.

use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::weighted_norm;

/// A first step size, at most `longest`, that moves the time, from one more evaluation of the right-hand side.
///
/// `slope` is the slope of `u` at `t`, `slope_at(u, t, out)` writes one elsewhere, `direction` is 1 or -1, and `exponent`
/// the power of `h` with which the error falls.
///
/// Source: Hairer, Nørsett, Wanner I, section II.4, "starting step size", (a) to (f).
pub fn initial_step<T: Real, V: Vector<T>>(
    (u, t): (&V, f64),
    slope: &V,
    slope_at: &mut dyn FnMut(&V, T, &mut V),
    direction: f64,
    exponent: f64,
    tolerances: &Tolerances,
    longest: f64,
) -> f64 {
    // a) sizes of the state and of its slope
    let d0 = weighted_norm(u, u, tolerances);
    let d1 = weighted_norm(slope, u, tolerances);
    // A step that is lost in the rounding of the time is none.
    let shortest = f64::max(4.0 * f64::EPSILON * t.abs(), f64::MIN_POSITIVE);
    // b) an explicit Euler step that changes the state little; sizes overflow where a component of zero has no absolute
    // tolerance, and say nothing then
    let ratio = d0 / d1;
    let small = d0 < 1e-5 || d1 < 1e-5 || !d0.is_finite() || !d1.is_finite() || !ratio.is_finite();
    let h0 = if small { 1e-6 } else { 0.01 * ratio }.max(shortest).min(longest);
    // c) the step itself
    let mut euler = u.zeros_like();
    assign(&mut euler, u);
    add_scaled(&mut euler, direction * h0, slope);
    let mut change = u.zeros_like();
    slope_at(&euler, T::lit(t + direction * h0), &mut change);
    // d) the second derivative from it
    add_scaled(&mut change, -1.0, slope);
    let d2 = weighted_norm(&change, u, tolerances) / h0;
    // e) the step whose local error is a hundredth of the tolerance
    let largest = d1.max(d2);
    let h1 = if largest <= 1e-15 { f64::max(1e-6, h0 * 1e-3) } else { (0.01 / largest).powf(1.0 / exponent) };
    // f) but not much more than the first guess; and the first guess where a size is not finite
    let h = if largest.is_finite() { f64::min(100.0 * h0, h1) } else { h0 };
    h.max(shortest).min(longest)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whatever overflows or vanishes on the way: states, slopes and tolerances from one end of `f64` to the other.
    #[test]
    fn the_first_step_moves_the_time() {
        let sizes = [0.0, 5e-324, 1e-150, 1.0, 1e150, 1e308];
        for (t, longest) in [(0.0, 1.0), (1e12, 10.0), (-1e300, 1e299), (0.0, 1e-300)] {
            for (relative, absolute) in [(1e-6, 0.0), (0.0, 1e-9), (1e-3, 1e-300), (0.0, 1e300)] {
                let tolerances = Tolerances { relative: relative.into(), absolute: absolute.into() };
                for (u, slope) in sizes.iter().flat_map(|u| sizes.map(|slope| ([*u, 0.0], [0.0, -slope]))) {
                    let f = |u: &[f64; 2], _: f64, du: &mut [f64; 2]| *du = [-u[1], -slope[1].abs()];
                    let h = initial_step((&u, t), &slope, &mut { f }, 1.0, 5.0, &tolerances, longest);
                    assert!(0.0 < h && h <= longest && t + h != t, "{h} at {t} from {u:?} by {slope:?}");
                }
            }
        }
    }
}
