//! Initial value problems whose solution is known: by a formula, or to at least 16 digits at the end.
//!
//! The right-hand sides are written by hand against `Rhs`, not with the macros: an error of the compiler must not
//! cancel against itself.

mod closed_form;
mod reference;

pub use closed_form::*;
pub use reference::*;

/// An initial value problem of fixed size, without parameters, and what is known of its solution.
#[derive(Debug, Clone, Copy)]
pub struct Problem<F, const N: usize> {
    /// What the field calls it.
    pub name: &'static str,
    /// The right-hand side.
    pub f: F,
    /// The state at the start.
    pub u0: [f64; N],
    /// Start and end.
    pub span: (f64, f64),
    /// The solution.
    pub solution: Solution<N>,
    /// Where problem and solution come from.
    pub source: &'static str,
}

/// What is known of a solution.
#[derive(Debug, Clone, Copy)]
pub enum Solution<const N: usize> {
    /// A formula for any time.
    Formula(fn(f64) -> [f64; N]),
    /// The state at the end of the span.
    End([f64; N]),
}

impl<F, const N: usize> Problem<F, N> {
    /// The state at the end of the span.
    pub fn end(&self) -> [f64; N] {
        match self.solution {
            Solution::Formula(formula) => formula(self.span.1),
            Solution::End(end) => end,
        }
    }

    /// The state at any time, where a formula is known.
    pub fn at(&self, t: f64) -> Option<[f64; N]> {
        match self.solution {
            Solution::Formula(formula) => Some(formula(t)),
            Solution::End(_) => None,
        }
    }
}

/// Defines a unit struct that is a right-hand side for every scalar `T`.
macro_rules! right_hand_side {
    ($(#[$doc:meta])* $name:ident: [T; $n:literal], |$du:ident, $u:ident, $t:ident| $body:block) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name;

        impl<T: Real> System<T> for $name {
            type State = [T; $n];
            type Params = ();
        }
        impl<T: Real> Rhs<T> for $name {
            #[inline]
            fn rhs(&self, $du: &mut [T; $n], $u: &[T; $n], _p: &(), $t: T) $body
        }

        impl Model for $name {
            const NAME: &'static str = stringify!($name);
        }
    };
}
use right_hand_side;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::golden::assert_close;
    use crate::gradcheck::derivative;
    use diffeq_runtime::problem::Rhs;

    /// A formula solves its equation: its time derivative, by differences, is the right-hand side.
    fn check_formula<F, const N: usize>(problem: Problem<F, N>)
    where
        F: Rhs<f64, State = [f64; N], Params = ()>,
    {
        let Solution::Formula(formula) = problem.solution else { panic!("{}: no formula", problem.name) };
        let (t0, t1) = problem.span;
        assert_close(problem.name, &formula(t0), &problem.u0, 1e-15);
        for k in 1..10 {
            let t = t0 + (t1 - t0) * f64::from(k) / 10.0;
            let mut du = [0.0; N];
            problem.f.rhs(&mut du, &formula(t), &(), t);
            let slope = std::array::from_fn::<f64, N, _>(|i| derivative(|s| formula(s)[i], t, 0.02).value);
            // The differences are good to about 1e-11; a wrong sign or constant shows at 1e-1.
            assert_close(problem.name, &slope, &du, 1e-8);
        }
    }

    #[test]
    fn formulas_solve_their_equations() {
        check_formula(decay());
        check_formula(logistic());
        check_formula(bell());
        check_formula(modulated_growth());
        check_formula(oscillator());
        check_formula(coupled_exponentials());
        check_formula(monomials());
        check_formula(kepler(0.3));
        check_formula(kepler(0.9));
    }

    #[test]
    fn kepler_formula_agrees_with_the_published_end() {
        // DETEST gives 16 digits; the formula loses a factor 1 / (1 - e) = 10 of the last one.
        let published =
            [-1.295266250987574, 4.003938963792321e-1, -6.775390924707566e-1, -1.270838154278686e-1];
        assert_close("Kepler", &kepler(0.9).end(), &published, 2e-14);
    }

    #[test]
    fn invariants_hold_at_both_ends() {
        // The rigid body keeps 0.51 x^2 + z^2 and x^2 + y^2; 25 digits were computed, so rounding alone remains.
        let (a, b) = (rigid_body().u0, rigid_body().end());
        assert_close("first", &[b[0] * b[0] + b[1] * b[1]], &[a[0] * a[0] + a[1] * a[1]], 1e-15);
        assert_close(
            "second",
            &[0.51 * b[0] * b[0] + b[2] * b[2]],
            &[0.51 * a[0] * a[0] + a[2] * a[2]],
            1e-15,
        );
        // Pleiades keeps total momentum: sum of mass times velocity.
        let momentum = |u: &[f64; 28], k: usize| (0..7).map(|i| (i + 1) as f64 * u[k + i]).sum::<f64>();
        for k in [14, 21] {
            let (a, b) = (momentum(&pleiades().u0, k), momentum(&pleiades().end(), k));
            assert!((a - b).abs() < 1e-14, "momentum {a} became {b}");
        }
    }
}
