//! The orders themselves.

use crate::for_each_tableau;
use crate::tableau::Tableau;
use crate::tableau::tests::trees;
use crate::tableau::tests::trees::Tree;

/// The elementary weights `Φ_i(τ) = Π_children Σ_j a_ij Φ_j(child)` of all trees, for the weights `a` given.
fn elementary_weights<const S: usize>(a: &[[f64; S]; S], trees: &[Tree]) -> Vec<[f64; S]> {
    let mut inner: Vec<[f64; S]> = Vec::new(); // Σ_j a_ij Φ_j, shared by all trees that have this one as a child
    let mut weights = Vec::new();
    for tree in trees {
        let phi: [f64; S] = std::array::from_fn(|i| tree.children.iter().map(|&c| inner[c][i]).product());
        inner.push(std::array::from_fn(|i| dot(&a[i], &phi)));
        weights.push(phi);
    }
    weights
}

fn dot<const S: usize>(x: &[f64; S], y: &[f64; S]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
}

/// A residual of an order condition, and what rounding alone may make of it.
#[derive(Clone, Copy)]
struct Residual {
    value: f64,
    rounding: f64,
}

/// A tableau with the elementary weights of all trees, and those of `|a|` for the bounds.
struct Conditions<const S: usize> {
    trees: Vec<Tree>,
    weights: Vec<[f64; S]>,
    magnitudes: Vec<[f64; S]>,
}

impl<const S: usize> Conditions<S> {
    fn new<const D: usize>(tableau: &Tableau<S, D>) -> Self {
        let trees = trees::up_to(tableau.order + 1);
        let weights = elementary_weights(&tableau.a, &trees);
        let magnitudes = elementary_weights(&tableau.a.map(|row| row.map(f64::abs)), &trees);
        Self { trees, weights, magnitudes }
    }

    /// The residuals `Σ_i b_i Φ_i(τ) - θ^|τ| / γ(τ)` of all trees with `order` nodes.
    ///
    /// Every coefficient carries a relative error of `ε / 2` at least, which enters the sum `Σ |b_i| Φ_i(|a|)` once for
    /// each of the `|τ|` factors of a term; the operations add about as much. The errors are independent, so that the
    /// factor `|τ| + 1` in front is generous and no factor `S` is needed.
    fn residuals(&self, order: usize, b: &Weights<S>) -> impl Iterator<Item = Residual> {
        let trees = self.trees.iter().enumerate().filter(move |(_, tree)| tree.order == order);
        trees.map(move |(n, tree)| Residual {
            value: dot(&b.weights, &self.weights[n]) - b.theta.powi(order as i32) / tree.density,
            rounding: (order + 1) as f64 * f64::EPSILON * (1.0 + dot(&b.magnitudes, &self.magnitudes[n])),
        })
    }

    /// Fails unless the weights satisfy all conditions up to `order`.
    fn hold(&self, order: usize, b: &Weights<S>, what: &str) {
        for n in 1..=order {
            for r in self.residuals(n, b) {
                assert!(
                    r.value.abs() <= r.rounding,
                    "{what}: order {n}, residual {:e} > {:e}",
                    r.value,
                    r.rounding
                );
            }
        }
    }

    /// Whether some condition of the given order fails clearly.
    fn fail(&self, order: usize, b: &Weights<S>) -> bool {
        self.residuals(order, b).any(|r| r.value.abs() > 100.0 * r.rounding)
    }
}

/// Weights for the solution at `θ`, and the sum of the absolute values of the terms that made each of them.
struct Weights<const S: usize> {
    theta: f64,
    weights: [f64; S],
    magnitudes: [f64; S],
}

impl<const S: usize> Weights<S> {
    /// The weights `b - e` of an embedded solution.
    fn embedded(b: &[f64; S], e: &[f64; S]) -> Self {
        Self {
            theta: 1.0,
            weights: std::array::from_fn(|i| b[i] - e[i]),
            magnitudes: std::array::from_fn(|i| b[i].abs() + e[i].abs()),
        }
    }

    /// The weights `b(θ)` of the interpolant.
    fn inside<const D: usize>(interpolant: &[[f64; D]; S], theta: f64) -> Self {
        let horner = |row: &[f64; D]| row.iter().rev().fold(0.0, |sum, x| (sum + x) * theta);
        Self {
            theta,
            weights: interpolant.map(|row| horner(&row)),
            magnitudes: interpolant.map(|row| horner(&row.map(f64::abs))),
        }
    }
}

/// The solution, the embedded solutions and the interpolant have the orders that the tableau claims, and no higher.
#[test]
fn orders_are_the_published_ones() {
    fn check<const S: usize, const D: usize>(t: &Tableau<S, D>) {
        let conditions = Conditions::new(t);
        let mut claims = vec![(t.order, Weights::embedded(&t.b, &[0.0; S]), "b")];
        if t.has_error_estimate() {
            claims.push((t.error_order, Weights::embedded(&t.b, &t.e), "b - e"));
        }
        if let Some(e2) = &t.e2 {
            claims.push((t.error_order2, Weights::embedded(&t.b, e2), "b - e2"));
        }
        for (order, b, what) in &claims {
            conditions.hold(*order, b, &format!("{}: {what}", t.name));
            assert!(conditions.fail(order + 1, b), "{}: {what} is of order {}", t.name, order + 1);
        }
        let mut beyond = false;
        for theta in [0.1, 0.25, 0.5, 0.7, 0.95, 1.0] {
            let b = Weights::inside(&t.interpolant, theta);
            conditions.hold(t.interpolant_order, &b, &format!("{}: b(θ) at θ = {theta}", t.name));
            beyond |= conditions.fail(t.interpolant_order + 1, &b);
        }
        assert!(beyond, "{}: the interpolant is of order {}", t.name, t.interpolant_order + 1);
    }
    for_each_tableau!(t => check(t));
}
