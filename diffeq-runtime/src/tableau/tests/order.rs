//! The orders themselves.

use crate::for_each_tableau;
use crate::tableau::Tableau;
use crate::tableau::dense;
use crate::tableau::tests::trees;
use crate::tableau::tests::trees::Tree;

/// The order conditions of all rooted trees for stage weights `a`.
struct Conditions<const S: usize> {
    a: [[f64; S]; S],
    trees: &'static [Tree],
    /// The elementary weights `Φ_i(τ) = Π_children Ψ_i(child)` of each tree.
    phi: Vec<[f64; S]>,
    /// `Ψ_i = Σ_j a_ij Φ_j`, what a tree contributes as a child.
    psi: Vec<[f64; S]>,
}

impl<const S: usize> Conditions<S> {
    fn new<const D: usize>(tableau: &Tableau<S, D>) -> Self {
        let (a, trees) = (tableau.a, trees::up_to(tableau.order + 1));
        let (mut phi, mut psi) = (Vec::<[f64; S]>::new(), Vec::<[f64; S]>::new());
        for tree in trees {
            phi.push(std::array::from_fn(|i| tree.children.iter().map(|&c| psi[c][i]).product()));
            let weights = phi[phi.len() - 1];
            psi.push(a.map(|row| dot(&row, &weights)));
        }
        Self { a, trees, phi, psi }
    }

    /// The residuals `Σ_i b_i Φ_i(τ) - θ^|τ| / γ(τ)` of all trees with `order` nodes.
    fn residuals(&self, order: usize, b: &Weights<S>) -> impl Iterator<Item = Residual> {
        let trees = (0..self.trees.len()).filter(move |&n| self.trees[n].order == order);
        trees.map(move |tree| {
            let exact = b.theta.powi(order as i32) / self.trees[tree].density;
            let terms = exact + dot(&b.magnitudes, &self.phi[tree].map(f64::abs));
            Residual { tree, size: (dot(&b.weights, &self.phi[tree]) - exact).abs(), terms }
        })
    }

    /// What rounding may make of a residual.
    fn rounding(&self, Residual { tree, terms, .. }: Residual, b: &Weights<S>) -> f64 {
        self.roundings(tree) * (terms + self.sensitivity(tree, &b.weights))
    }

    fn roundings(&self, tree: usize) -> f64 {
        (S + self.trees[tree].order) as f64 * f64::EPSILON
    }

    /// By how much `Σ_i g_i Φ_i` of a tree moves, to first order, if each `a_ij` moves by its own size at each edge of
    /// the tree: `Σ |∂/∂a_ij| |a_ij|`, by the chain rule from the root to the leaves.
    ///
    /// A coefficient is off by `ε / 2` of its size and a sum of `S` such terms by another `S ε / 2` of theirs, so that
    /// `S ε` times this bounds the rounding of the conditions. The cruder `Σ g Φ(|a|)` would not do: the weights of
    /// Verner's methods reach 4000, and it lets through whatever there is.
    fn sensitivity(&self, tree: usize, g: &[f64; S]) -> f64 {
        let children = &self.trees[tree].children;
        let mut sum = 0.0;
        for (n, &child) in children.iter().enumerate() {
            let others = children.iter().enumerate().filter(|&(m, _)| m != n);
            let adjoint: [f64; S] =
                std::array::from_fn(|i| g[i] * others.clone().map(|(_, &c)| self.psi[c][i]).product::<f64>());
            let phi = self.phi[child].map(f64::abs);
            sum += (0..S).map(|i| adjoint[i].abs() * dot(&self.a[i].map(f64::abs), &phi)).sum::<f64>();
            let inner = std::array::from_fn(|j| (0..S).map(|i| adjoint[i] * self.a[i][j]).sum());
            sum += self.sensitivity(child, &inner);
        }
        sum
    }

    /// Fails unless the weights satisfy all conditions up to `order`.
    fn hold(&self, order: usize, b: &Weights<S>, what: &str) {
        for n in 1..=order {
            for residual in self.residuals(n, b) {
                let (size, rounding) = (residual.size, self.rounding(residual, b));
                assert!(size <= rounding, "{what}: order {n}, residual {size:e} > {rounding:e}");
            }
        }
    }

    /// Whether some condition of the given order fails clearly.
    fn fail(&self, order: usize, b: &Weights<S>) -> bool {
        // The roundings of the sum alone are a part of all, and tell most trees.
        self.residuals(order, b).any(|residual| {
            let least = self.roundings(residual.tree) * residual.terms;
            residual.size > 100.0 * least && residual.size > 100.0 * self.rounding(residual, b)
        })
    }
}

/// By how much the condition of a tree fails.
#[derive(Clone, Copy)]
struct Residual {
    tree: usize,
    size: f64,
    /// The sum of the sizes of its terms.
    terms: f64,
}

fn dot<const S: usize>(x: &[f64; S], y: &[f64; S]) -> f64 {
    x.iter().zip(y).map(|(x, y)| x * y).sum()
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
    fn inside<const D: usize>(tableau: &Tableau<S, D>, theta: f64) -> Self {
        // All basis functions are positive.
        let magnitude = |row: [f64; D]| dense::evaluate(&row.map(f64::abs), theta).0;
        Self { theta, weights: tableau.weights(theta), magnitudes: tableau.interpolant.map(magnitude) }
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
            let b = Weights::inside(t, theta);
            conditions.hold(t.interpolant_order, &b, &format!("{}: b(θ) at θ = {theta}", t.name));
            beyond |= conditions.fail(t.interpolant_order + 1, &b);
        }
        assert!(beyond, "{}: the interpolant is of order {}", t.name, t.interpolant_order + 1);
    }
    for_each_tableau!(t => check(t));
}

/// The conditions see a wrong digit: moving 1e-4 of a coefficient to its neighbour at another node, which keeps the sum of the row,
/// breaks one of them.
#[test]
fn wrong_digits_are_seen() {
    fn check<const S: usize, const D: usize>(t: &Tableau<S, D>) {
        if t.order < 3 {
            return; // Orders one and two depend on the sums of the rows alone.
        }
        for i in 2..S {
            let entries: Vec<usize> = (0..i).filter(|&j| t.a[i][j] != 0.0).collect();
            let Some(&k) = entries.last() else { continue };
            // Slopes at one time differ by what only higher orders see.
            let Some(&j) = entries.iter().rfind(|j| t.c[**j] != t.c[k]) else { continue };
            let mut wrong = *t;
            let moved = 1e-4 * t.a[i][k];
            wrong.a[i][j] += moved;
            wrong.a[i][k] -= moved;
            let conditions = Conditions::new(&wrong);
            let broken = |order: usize, b: &Weights<S>| (1..=order).any(|n| conditions.fail(n, b));
            let solution = broken(t.order, &Weights::embedded(&t.b, &[0.0; S]));
            let inside = broken(t.interpolant_order, &Weights::inside(t, 0.3));
            let estimate = t.has_error_estimate() && broken(t.error_order, &Weights::embedded(&t.b, &t.e));
            assert!(solution || inside || estimate, "{}: a[{i}][{j}], a[{i}][{k}]", t.name);
        }
    }
    for_each_tableau!(t => check(t));
}
