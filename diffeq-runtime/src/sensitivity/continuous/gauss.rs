//! The Gauss adjoint: the costate alone is solved for, and the parameters' part is a Gauss-Legendre sum in each step.

use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::continuous::Kind;
use crate::space::Tolerances;

/// See [`GaussAdjoint`](super::GaussAdjoint).
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Gauss;

/// Nodes between 0 and 1 and their weights, for 2 to 5 nodes; as in Abramowitz, Stegun (1964), table 25.4, moved.
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
fn rule(order: usize) -> &'static [[f64; 2]] {
    RULES[(order.div_ceil(2)).clamp(2, 5) - 2]
}

impl<F: Vjp<T>, T: Real> Kind<F, T> for Gauss {
    type State = F::State;
    const PARAMS: bool = false;
    const SOLUTION: bool = false;

    fn join(lambda: &F::State, _: &F::Params, _: &F::State) -> F::State {
        lambda.clone()
    }

    #[inline(always)]
    fn integrate(
        h: f64,
        order: usize,
        integrand: &mut impl FnMut(f64, f64, &mut F::Params),
        p_bar: &mut F::Params,
        _: &Tolerances,
        _: &mut Vec<F::Params>,
    ) {
        for [theta, weight] in rule(order) {
            integrand(*theta, h * weight, p_bar);
        }
    }
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
