//! The first step size.

use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::weighted_norm;

/// A first step size, positive, at most `longest`, from one more evaluation of the right-hand side.
///
/// `slope` is `f(u, p, t)`, `direction` is 1 or -1, and `exponent` the power of `h` with which the error falls.
///
/// Source: Hairer, Nørsett, Wanner I, section II.4, "starting step size", (a) to (f).
#[allow(clippy::too_many_arguments)]
pub fn initial_step<T: Real, F: Rhs<T>>(
    f: &F,
    p: &F::Params,
    t: f64,
    u: &F::State,
    slope: &F::State,
    direction: f64,
    exponent: usize,
    tolerances: &Tolerances,
    longest: f64,
) -> f64 {
    // a) sizes of the state and of its slope
    let d0 = weighted_norm(u, u, tolerances);
    let d1 = weighted_norm(slope, u, tolerances);
    // b) an explicit Euler step that changes the state little
    let small = d0 < 1e-5 || d1 < 1e-5 || !(d0 / d1).is_finite();
    let h0 = if small { 1e-6 } else { 0.01 * (d0 / d1) }.min(longest);
    // c) the step itself
    let mut euler = u.zeros_like();
    assign(&mut euler, u);
    add_scaled(&mut euler, direction * h0, slope);
    let mut change = u.zeros_like();
    f.rhs(&mut change, &euler, p, T::lit(t + direction * h0));
    // d) the second derivative from it
    add_scaled(&mut change, -1.0, slope);
    let d2 = weighted_norm(&change, u, tolerances) / h0;
    // e) the step whose local error is a hundredth of the tolerance
    let largest = d1.max(d2);
    let h1 = if largest <= 1e-15 {
        f64::max(1e-6, h0 * 1e-3)
    } else {
        (0.01 / largest).powf(1.0 / exponent as f64)
    };
    // f) but not much more than the first guess; and the first guess where the step left what is finite
    let h = if d2.is_finite() { f64::min(100.0 * h0, h1) } else { h0 };
    h.min(longest)
}
