//! The quadrature adjoint: as the Gauss adjoint, but each step's integral is refined until its own error is small.

use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::continuous::AdjointVariant;
use crate::sensitivity::continuous::Sums;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign_zero;

/// See [`Quadrature`](super::Quadrature).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct GaussKronrod;

/// A node between 0 and 1, its weight among the 15, and its weight among the 7 of Gauss, zero for the others.
///
/// Source: Piessens, de Doncker-Kapenga, Überhuber, Kahaner, *QUADPACK* (1983), routine QK15, moved to the unit interval.
#[allow(clippy::excessive_precision, reason = "digits as computed")]
const NODES: [[f64; 3]; 15] = [
    [0.004272314439593680397, 0.01146766100526461248, 0.0],
    [0.02544604382862073774, 0.03154604631498927665, 0.06474248308443484664],
    [0.06756778832011546361, 0.05239500516112509192, 0.0],
    [0.1292344072003027801, 0.07032662985776295937, 0.139852695744638334],
    [0.2069563822661544349, 0.08450236331963395141, 0.0],
    [0.2970774243113014165, 0.09517528903239270496, 0.1909150252525594725],
    [0.3961075224960507662, 0.1022164700376494462, 0.0],
    [0.5, 0.104741070542363914, 0.2089795918367346939],
    [0.6038924775039492338, 0.1022164700376494462, 0.0],
    [0.7029225756886985835, 0.09517528903239270496, 0.1909150252525594725],
    [0.7930436177338455651, 0.08450236331963395141, 0.0],
    [0.8707655927996972199, 0.07032662985776295937, 0.139852695744638334],
    [0.9324322116798845364, 0.05239500516112509192, 0.0],
    [0.9745539561713792623, 0.03154604631498927665, 0.06474248308443484664],
    [0.9957276855604063196, 0.01146766100526461248, 0.0],
];

/// A step is halved no more often: what is left then is a kink of the path, whose share is below rounding.
const MOST_HALVINGS: u32 = 20;

impl<F: Vjp<T>, T: Real> AdjointVariant<F, T> for GaussKronrod {
    type State = F::State;
    const PARAMS: bool = false;
    const SOLUTION: bool = false;

    fn join(lambda: &F::State, _: &F::Params, _: &F::State) -> F::State {
        lambda.clone()
    }

    fn integrate(
        h: f64,
        _: usize,
        integrand: &mut impl FnMut(f64, f64, &mut F::Params),
        p_bar: &mut F::Params,
        tolerances: &Tolerances,
        sums: &mut Sums<F::Params>,
    ) {
        sums.parts.clear();
        integrate(h, integrand, p_bar, tolerances, sums);
    }
}

/// Where in a part of a step the better rule looks, and its weights.
pub(super) fn nodes((start, width): (f64, f64)) -> impl Iterator<Item = (f64, f64)> {
    NODES.into_iter().map(move |[theta, weight, _]| (start + theta * width, weight * width))
}

/// Adds to `p_bar` the integral over a step of length `h`, halved until two rules agree to the tolerances; whether it was.
pub(super) fn integrate<T: Real, P: Vector<T>>(
    h: f64,
    integrand: &mut impl FnMut(f64, f64, &mut P),
    p_bar: &mut P,
    tolerances: &Tolerances,
    sums: &mut Sums<P>,
) -> bool {
    let Sums { vectors, errors, parts, .. } = sums;
    while vectors.len() < 3 {
        vectors.push(p_bar.zeros_like());
    }
    let [value, difference, kronrod] = &mut vectors[..3] else { return false };
    let mut halved = false;
    // Halves from the left, as binary fractions: no memory of those that are still to do is needed.
    let (mut at, mut halvings) = (0_u64, 0_u32);
    loop {
        let width = 1.0 / (1_u64 << halvings) as f64;
        let start = at as f64 * width;
        assign_zero(kronrod);
        assign_zero(difference);
        for [theta, weight, of_gauss] in NODES {
            assign_zero(value);
            integrand(start + theta * width, h * width, value);
            add_scaled(kronrod, weight, value);
            add_scaled(difference, weight - of_gauss, value);
        }
        if halvings < MOST_HALVINGS && !is_small(difference, kronrod, p_bar, tolerances) {
            (at, halvings, halved) = (2 * at, halvings + 1, true);
            continue;
        }
        add_scaled(p_bar, 1.0, kronrod);
        parts.push((start, width));
        let rules = difference.as_slice().iter().zip(kronrod.as_slice());
        for (i, (sum, (difference, part))) in p_bar.as_slice().iter().zip(rules).enumerate() {
            errors.note(i, sum.value(), error(difference.value().abs(), part.value().abs()), 1);
        }
        at += 1;
        // Two halves that are done are the whole that they were of.
        while halvings > 0 && at.is_multiple_of(2) {
            (at, halvings) = (at / 2, halvings - 1);
        }
        if halvings == 0 {
            return halved;
        }
    }
}

/// The error of the better of two rules, from how far they differ: as in QUADPACK, a power of the difference where that is
/// small.
fn error(difference: f64, part: f64) -> f64 {
    let factor = (200.0 * difference / part).sqrt();
    // Nothing, or what is not a number, is as good as it gets.
    if difference.is_finite() && difference > 0.0 { difference * factor.min(1.0) } else { 0.0 }
}

/// Whether the two rules differ by no more than the tolerances allow, or than rounding makes them.
fn is_small<T: Real, P: Vector<T>>(difference: &P, part: &P, p_bar: &P, tolerances: &Tolerances) -> bool {
    let (relative, absolute) = (tolerances.least_relative(), tolerances.least_absolute());
    let parts = part.as_slice().iter().zip(p_bar.as_slice());
    difference.as_slice().iter().zip(parts).all(|(difference, (part, p_bar))| {
        let size = f64::max(part.value().abs(), p_bar.value().abs());
        let allowed = f64::max(absolute + relative * size, 64.0 * T::EPSILON * part.value().abs());
        // Not a number is as good as it gets: the sweep reports it.
        difference.value().is_nan() || difference.value().abs() <= allowed
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_rules_are_exact_for_polynomials_up_to_their_orders() {
        for degree in 0..=22 {
            let exact = 1.0 / f64::from(degree + 1);
            let sum =
                |column: usize| NODES.iter().map(|node| node[column] * node[0].powi(degree)).sum::<f64>();
            // A handful of roundings.
            assert!((sum(1) - exact).abs() < 4.0 * f64::EPSILON, "{degree}");
            assert!(degree > 13 || (sum(2) - exact).abs() < 4.0 * f64::EPSILON, "{degree}");
        }
    }
}
