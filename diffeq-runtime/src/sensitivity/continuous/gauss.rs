//! The Gauss adjoint: the costate alone is solved for, and the parameters' part is a Gauss-Legendre sum in each step.

use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::continuous::AdjointVariant;
use crate::sensitivity::continuous::Sums;
use crate::sensitivity::continuous::quadrature;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign_zero;

/// See [`GaussAdjoint`](super::GaussAdjoint).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauss;

/// Nodes between 0 and 1 and their weights, for 2 to 5 nodes; as in Abramowitz, Stegun (1964), table 25.4, moved.
#[allow(clippy::excessive_precision, reason = "digits as computed")]
const RULES: [&[[f64; 2]]; 4] = [
    &[[0.211324865405187118, 0.5], [0.788675134594812882, 0.5]],
    &[
        [0.112701665379258311, 0.277777777777777778],
        [0.5, 0.444444444444444444],
        [0.887298334620741689, 0.277777777777777778],
    ],
    &[
        [0.0694318442029737124, 0.173927422568726929],
        [0.330009478207571868, 0.326072577431273071],
        [0.669990521792428132, 0.326072577431273071],
        [0.930568155797026288, 0.173927422568726929],
    ],
    &[
        [0.0469100770306680036, 0.118463442528094544],
        [0.230765344947158454, 0.239314335249683234],
        [0.5, 0.284444444444444444],
        [0.769234655052841546, 0.239314335249683234],
        [0.953089922969331996, 0.118463442528094544],
    ],
];

/// The rule with as many nodes as a method of this order deserves: `s` nodes have order `2 s`.
pub(super) fn rule(order: usize) -> &'static [[f64; 2]] {
    RULES[(order.div_ceil(2)).clamp(2, 5) - 2]
}

impl<F: Vjp<T>, T: Real> AdjointVariant<F, T> for Gauss {
    type State = F::State;
    const PARAMS: bool = false;
    const SOLUTION: bool = false;

    fn join(lambda: &F::State, _: &F::Params, _: &F::State) -> F::State {
        lambda.clone()
    }

    #[cfg_attr(not(debug_assertions), inline(always))]
    fn integrate(
        h: f64,
        order: usize,
        integrand: &mut impl FnMut(f64, f64, &mut F::Params),
        p_bar: &mut F::Params,
        tolerances: &Tolerances,
        sums: &mut Sums<F::Params>,
    ) {
        integrate(h, order, integrand, p_bar, tolerances, sums);
    }
}

/// What the error of a rule is, in parts of the integral without signs, for a null rule of one of its size; by the number of
/// nodes. Those of exponentials and cosines over up to four units are below, three- to tenfold.
const CONSTANTS: [f64; 4] = [0.5, 0.1, 0.03, 0.01];

/// A step that is longer than those trusted by this factor is looked at more closely.
const GROWTH: f64 = 1.5;

/// Errors of so many roundings of the largest integrand are none.
const ROUNDINGS: f64 = 64.0;

/// A null rule above this says that the integrand is not resolved at all.
const UNRESOLVED: f64 = 0.5;

/// Adds to `sum` the integral over a step of length `h`: a Gauss-Legendre sum as long as its nodes say that it is good, or
/// else the refined sum of [`quadrature`].
///
/// `integrand(theta, factor, sum)` adds `factor` times the integrand. The divided difference over the `s` nodes is a null
/// rule: zero for polynomials below degree `s - 1`, so that it falls with `h^(s-1)` where the error falls with `h^2s`
/// (Laurie, *Practical error estimation in numerical integration*, J. Comput. Appl. Math. 12-13 (1985); Berntsen, Espelid,
/// *Error estimation in automatic quadrature routines*, ACM Trans. Math. Softw. 17 (1991)).
pub(in crate::sensitivity) fn integrate<T: Real, P: Vector<T>>(
    h: f64,
    order: usize,
    integrand: &mut impl FnMut(f64, f64, &mut P),
    sum: &mut P,
    tolerances: &Tolerances,
    sums: &mut Sums<P>,
) {
    sums.parts.clear();
    // By chance the nodes of a step that is far too long may see a polynomial: what is longer than before is not left to them.
    let rule = rule(order);
    if sums.doubts || h.abs() > GROWTH * sums.trusted {
        let (before, mut part) = (sum.clone(), sum.zeros_like());
        for [theta, weight] in rule {
            integrand(*theta, h * weight, &mut part);
        }
        let refines = quadrature::integrate(h, integrand, sum, tolerances, sums);
        // Where many nodes see all, few may see a polynomial: they are trusted with what they find themselves.
        sums.doubts = refines || !agree::<T, P>([&before, sum, &part], tolerances);
        if !sums.doubts {
            sums.trusted = sums.trusted.max(h.abs());
        }
        return;
    }
    let difference = difference(rule);
    while sums.vectors.len() < 3 {
        sums.vectors.push(sum.zeros_like());
    }
    let Sums { vectors, sizes, .. } = sums;
    let [part, null, value] = &mut vectors[..3] else { return };
    assign_zero(part);
    assign_zero(null);
    sizes.clear();
    sizes.resize(sum.as_slice().len(), 0.0);
    for ([theta, weight], difference) in rule.iter().zip(difference) {
        assign_zero(value);
        integrand(*theta, h, value);
        add_scaled(part, *weight, value);
        add_scaled(null, difference, value);
        for (size, value) in sizes.iter_mut().zip(value.as_slice()) {
            *size += weight * value.value().abs();
        }
    }
    // Few nodes that see nothing at all may lie before what comes late in a step.
    let is_blank = sizes.iter().all(|size| *size == 0.0);
    if !is_blank && is_good::<T, P>(rule.len(), [sum, part, null], tolerances, sizes) {
        add_scaled(sum, 1.0, part);
        for (i, (sum, error)) in sum.as_slice().iter().zip(&sums.sizes).enumerate() {
            sums.errors.note(i, sum.value(), *error, 1);
        }
    } else {
        sums.doubts = quadrature::integrate(h, integrand, sum, tolerances, sums);
    }
}

/// Where the step that was integrated last was looked at, and with which weights.
pub(in crate::sensitivity) fn nodes<P>(order: usize, sums: &Sums<P>) -> impl Iterator<Item = (f64, f64)> {
    let whole = rule(order).iter().filter(|_| sums.parts.is_empty()).map(|[theta, weight]| (*theta, *weight));
    whole.chain(sums.parts.iter().copied().flat_map(quadrature::nodes))
}

/// Whether an integral that was added to a sum is the same by another rule, as far as the tolerances ask.
fn agree<T: Real, P: Vector<T>>([before, after, part]: [&P; 3], tolerances: &Tolerances) -> bool {
    let (relative, absolute) = (tolerances.least_relative(), tolerances.least_absolute());
    let largest = part.as_slice().iter().fold(0.0, |largest: f64, part| largest.max(part.value().abs()));
    let rounding = ROUNDINGS * T::EPSILON * largest;
    before.as_slice().iter().zip(after.as_slice()).zip(part.as_slice()).all(|((before, after), part)| {
        let (before, after, part) = (before.value(), after.value(), part.value());
        let allowed = relative * f64::max(after.abs(), part.abs()) + absolute;
        // What is not a number others refuse.
        let off = (after - before - part).abs();
        off.is_nan() || off <= f64::max(allowed, rounding + ROUNDINGS * T::EPSILON * before.abs())
    })
}

/// Whether each integral is as good as the tolerances ask, by its null rule; in place of the sizes of the integrands then
/// stand the errors.
///
/// Each by itself: a power of a ratio that many share says nothing of those that are small among them.
fn is_good<T: Real, P: Vector<T>>(
    nodes: usize,
    [sum, part, null]: [&P; 3],
    tolerances: &Tolerances,
    sizes: &mut [f64],
) -> bool {
    let (relative, absolute) = (tolerances.least_relative(), tolerances.least_absolute());
    let constant = CONSTANTS[nodes - 2];
    let rounding = ROUNDINGS * T::EPSILON * sizes.iter().fold(0.0, |largest, size| f64::max(largest, *size));
    let integrals = sum.as_slice().iter().zip(part.as_slice()).zip(null.as_slice());
    for (size, ((sum, part), null)) in sizes.iter_mut().zip(integrals) {
        let ratio = null.value().abs() / *size;
        // The error falls with the power `2s / (s - 1)` of the ratio, or one a little smaller that is soon computed.
        let error = match nodes {
            _ if ratio > UNRESOLVED => ratio,
            2 => constant * ratio.powi(4),
            3 => constant * ratio.powi(3),
            _ => constant * ratio * ratio * ratio.sqrt(),
        };
        // Nothing, or what is not a number, is as good as it gets.
        *size = if error.is_nan() { 0.0 } else { error * *size };
        let allowed = relative * f64::max(sum.value().abs(), part.value().abs()) + absolute;
        if *size > f64::max(allowed, rounding) {
            return false;
        }
    }
    true
}

/// The weights of the divided difference over the nodes of a rule, with the norm of the rule's own weights.
fn difference(rule: &[[f64; 2]]) -> impl Iterator<Item = f64> {
    let weight = move |i: usize| {
        let others = rule.iter().enumerate().filter(|(j, _)| *j != i);
        1.0 / others.map(|(_, [x, _])| rule[i][0] - x).product::<f64>()
    };
    let own: f64 = rule.iter().map(|[_, w]| w * w).sum();
    let raw: f64 = (0..rule.len()).map(|i| weight(i) * weight(i)).sum();
    (0..rule.len()).map(move |i| weight(i) * (own / raw).sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_is_exact_for_polynomials_up_to_its_order() {
        for order in 1..=12 {
            let rule = rule(order);
            for degree in 0..2 * rule.len() as i32 {
                let sum: f64 = rule.iter().map(|[x, w]| w * x.powi(degree)).sum();
                // A handful of roundings.
                assert!((sum - 1.0 / f64::from(degree + 1)).abs() < 4.0 * f64::EPSILON, "{order} {degree}");
            }
            assert!(2 * rule.len() >= order.min(10));
        }
    }
}
