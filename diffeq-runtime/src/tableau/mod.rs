//! Runge-Kutta methods as data.
//!
//! One constant per method, each with its source: nodes, weights, error weights and interpolant. The stepper is
//! generic over [`Tableau`]; nothing here knows about steps, tolerances or states.
//!
//! # The methods
//!
//! Stages are those that every step needs; *ends* tells the stage that is the slope at the step's end and so the
//! first stage of the next step: `last` where every step computes it anyway ("first same as last"), `dense` where it
//! is the first of the extra stages. Evaluations per step are therefore stages minus one for `last`. The extra
//! stages are computed only in steps that need dense output.
//!
//! | method | order (estimate) | stages | ends | interpolant: order (extra stages) | reference |
//! | --- | --- | --- | --- | --- | --- |
//! | [`EULER`] | 1 | 1 | dense | cubic Hermite: 1 (1) | Euler 1768 |
//! | [`HEUN`] | 2 (1) | 2 | dense | cubic Hermite: 2 (1) | Heun 1900 |
//! | [`MIDPOINT`] | 2 (1) | 2 | dense | cubic Hermite: 2 (1) | Runge 1895 |
//! | [`RALSTON`] | 2 (1) | 2 | dense | cubic Hermite: 2 (1) | Ralston 1962 |
//! | [`RK4`] | 4 | 4 | dense | corrected Hermite: 4 (2) | Kutta 1901 |
//! | [`BS3`] | 3 (2) | 4 | last | cubic Hermite: 3 (0) | Bogacki, Shampine 1989 |
//! | [`BS5`] | 5 (4) | 8 | last | own: 5 (3) | Bogacki, Shampine 1996 |
//! | [`DP5`] | 5 (4) | 7 | last | own: 4 (0) | Dormand, Prince 1980; Shampine 1986 |
//! | [`TSIT5`] | 5 (4) | 7 | last | own: 4 (0) | Tsitouras 2011 |
//! | [`OWREN_ZEN5`] | 5 (4) | 7 | dense | own: 5 (1) | Owren, Zennaro 1992 |
//! | [`VERN6`] | 6 (5) | 9 | last | own: 6 (3) | Verner 2010 |
//! | [`VERN7`] | 7 (6) | 10 | dense | own: 7 (6) | Verner 2010, 2024 |
//! | [`VERN8`] | 8 (7) | 13 | dense | own: 8 (8) | Verner 2010 |
//! | [`VERN9`] | 9 (8) | 16 | dense | own: 9 (10) | Verner 2010 |
//! | [`DOP853`] | 8 (5, 3) | 12 | dense | own: 7 (4) | Hairer, Nørsett, Wanner 1993 |
//! | [`SSPRK33`] | 3 (2) | 3 | dense | cubic Hermite: 3 (1) | Shu, Osher 1988 |
//! | [`SSPRK43`] | 3 (2) | 4 | dense | cubic Hermite: 3 (1) | Kraaijevanger 1991 |
//! | [`CARPENTER_KENNEDY_2N54`] | 4 | 5 | dense | corrected Hermite: 4 (2) | Carpenter, Kennedy 1994 |
//!
//! # A new method
//!
//! Write its constant in a file of its own, end it with [`Tableau::checked`], and add its line to
//! [`all_tableaus!`](crate::all_tableaus): the order conditions of the method, of its error estimate and of its
//! interpolant are then tested up to the orders that it claims. A method without an interpolant gets the cubic
//! Hermite polynomial: its last row is `b`. An interpolant printed by powers of θ is rewritten, in exact arithmetic,
//! as that cubic plus a correction, see [`dense`].

mod bogacki_shampine;
mod build;
mod classic;
pub mod dense;
mod dop853;
mod dormand_prince;
mod list;
mod low_storage;
mod owren_zennaro;
pub mod stochastic;
mod strong_stability;
#[cfg(test)]
mod tests;
mod tsitouras;
mod verner;

pub use bogacki_shampine::BS3;
pub use bogacki_shampine::BS5;
pub(crate) use build::BOOTSTRAP;
pub(crate) use build::BOOTSTRAP_SCALE;
use build::close;
pub use classic::EULER;
pub use classic::HEUN;
pub use classic::MIDPOINT;
pub use classic::RALSTON;
pub use classic::RK4;
pub use dop853::DOP853;
pub use dormand_prince::DP5;
pub use low_storage::CARPENTER_KENNEDY_2N54;
pub use low_storage::CARPENTER_KENNEDY_2N54_REGISTERS;
pub use low_storage::LowStorage;
pub use owren_zennaro::OWREN_ZEN5;
pub use strong_stability::SSPRK33;
pub use strong_stability::SSPRK43;
pub use tsitouras::TSIT5;
pub use verner::VERN6;
pub use verner::VERN7;
pub use verner::VERN8;
pub use verner::VERN9;

/// An explicit Runge-Kutta method with its error estimate and its interpolant.
///
/// With `k_i = f(t + c_i h, u + h Σ_j a_ij k_j)`, a step of length `h` gives
///
/// - the solution `u + h Σ_i b_i k_i`,
/// - the estimate of its error `h Σ_i e_i k_i`,
/// - inside the step `u(t + θh) = u + h Σ_i b_i(θ) k_i` with `b_i(θ) = Σ_{d=1..D} interpolant[i][d-1] φ_d(θ)`.
///
/// `S` counts all stages: those of every step first, then the extra ones that the interpolant alone needs. `D` is
/// the degree of the interpolant; its basis `φ_d` is that of [`dense`].
///
/// Source of the notation: Hairer, Nørsett, Wanner, *Solving Ordinary Differential Equations I*, 2nd ed. (1993),
/// sections II.1, II.4 and II.6.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Tableau<const S: usize, const D: usize> {
    /// The method's usual name.
    pub name: &'static str,
    /// Where the coefficients come from: author, year, journal, table.
    pub reference: &'static str,
    /// Order of the solution.
    pub order: usize,
    /// Order of the embedded solution `b - e`; 0 where there is no estimate.
    pub error_order: usize,
    /// Order of the second embedded solution `b - e2`; 0 where there is none.
    pub error_order2: usize,
    /// Order of the interpolant, uniform in the step.
    pub interpolant_order: usize,
    /// Nodes: when a stage is evaluated, in steps.
    pub c: [f64; S],
    /// Stage weights, strictly lower triangular.
    pub a: [[f64; S]; S],
    /// Weights of the solution; zero on the extra stages.
    pub b: [f64; S],
    /// Weights of the error estimate, `b` minus the embedded weights; all zero where there is no estimate.
    pub e: [f64; S],
    /// Weights of a second estimate of lower order, which damps the first one as in [`DOP853`].
    pub e2: Option<[f64; S]>,
    /// Coefficients of `b_i(θ)`: row `i` holds those of `φ_1, …, φ_D`, see [`dense`].
    pub interpolant: [[f64; D]; S],
}

impl<const S: usize, const D: usize> Tableau<S, D> {
    /// How many stages a step needs when nobody looks inside it: up to the last one that the solution or an
    /// error estimate uses.
    pub const fn stages(&self) -> usize {
        let mut i = S;
        while i > 1 && self.b[i - 1] == 0.0 && self.e[i - 1] == 0.0 && second(&self.e2, i - 1) == 0.0 {
            i -= 1;
        }
        i
    }

    /// How many stages only the interpolant needs.
    pub const fn extra_stages(&self) -> usize {
        S - self.stages()
    }

    /// The stage that is the slope at the step's end: the next step's first stage, once it is known.
    ///
    /// It may be one of the extra stages; the next step then finds it ready if dense output was asked for.
    pub const fn end_stage(&self) -> Option<usize> {
        let mut i = 1;
        while i < S {
            if self.c[i] == 1.0 && same(&self.a[i], &self.b) {
                return Some(i);
            }
            i += 1;
        }
        None
    }

    /// Whether every step computes the next step's first stage ("first same as last").
    pub const fn fsal(&self) -> bool {
        match self.end_stage() {
            Some(i) => i < self.stages(),
            None => false,
        }
    }

    /// Whether the method estimates its own error.
    pub const fn has_error_estimate(&self) -> bool {
        self.error_order > 0
    }

    /// The exponent `q` with which the error that the controller sees falls: it is `O(h^q)`.
    ///
    /// One more than the lower of the two orders. With two estimates, of orders `p > p2`, they are combined to
    /// `e^2 / sqrt(e^2 + 0.01 e2^2)` (Hairer, Nørsett, Wanner I, eq. II.10.17), which falls like `e^2 / e2`.
    pub const fn control_exponent(&self) -> usize {
        let lower = if self.error_order < self.order { self.error_order } else { self.order };
        match self.e2 {
            None => lower + 1,
            Some(_) => 2 * (lower + 1) - (self.error_order2 + 1),
        }
    }

    /// The weights `b_i(θ)` of the solution inside the step, `u(t + θh) = u + h Σ_i b_i(θ) k_i`.
    #[inline]
    pub const fn weights(&self, theta: f64) -> [f64; S] {
        let mut out = [0.0; S];
        let mut i = 0;
        while i < S {
            out[i] = dense::evaluate(&self.interpolant[i], theta).0;
            i += 1;
        }
        out
    }

    /// The weights `b_i'(θ)` of the slope inside the step, `u'(t + θh) = Σ_i b_i'(θ) k_i`.
    #[inline]
    pub const fn slope_weights(&self, theta: f64) -> [f64; S] {
        let mut out = [0.0; S];
        let mut i = 0;
        while i < S {
            out[i] = dense::evaluate(&self.interpolant[i], theta).1;
            i += 1;
        }
        out
    }

    /// The same tableau, once its elementary laws hold; a broken one does not compile.
    ///
    /// Explicit; rows sum to the nodes; `Σb = 1`; `Σe = 0`; `Σ_i b_i(θ) = θ`; `b(1) = b`; an estimate where its
    /// order says that there is one. The order conditions are too many for the compiler: they are unit tests.
    ///
    /// # Panics
    ///
    /// At compile time, when a law fails.
    pub const fn checked(self) -> Self {
        assert!(S > 0 && D > 0, "a method has a stage and an interpolant");
        assert!(self.order > 0 && self.interpolant_order > 0 && self.interpolant_order <= self.order);
        let mut i = 0;
        while i < S {
            let mut j = i;
            while j < S {
                assert!(self.a[i][j] == 0.0, "an explicit method's stages use earlier ones only");
                j += 1;
            }
            assert!(close(&self.a[i], self.c[i]), "each row of `a` sums to its node in `c`");
            i += 1;
        }
        assert!(close(&self.b, 1.0), "the weights `b` sum to one");
        assert!(close(&self.e, 0.0), "the error weights `e` sum to zero");
        assert!(self.has_error_estimate() != same(&self.e, &[0.0; S]), "`e` and `error_order` disagree");
        match &self.e2 {
            Some(e2) => {
                assert!(close(e2, 0.0), "the error weights `e2` sum to zero");
                assert!(self.error_order2 > 0 && self.error_order2 < self.error_order);
            }
            None => assert!(self.error_order2 == 0, "`e2` and `error_order2` disagree"),
        }
        let mut d = 0;
        while d < D {
            let column = column(&self.interpolant, d);
            if d == 0 {
                assert!(same(&column, &self.b), "the interpolant ends in the solution: b(1) = b");
            } else {
                assert!(close(&column, 0.0), "the weights of the interpolant sum to θ");
            }
            d += 1;
        }
        self
    }
}

/// Weight `i` of the second estimate, zero where there is none.
const fn second<const S: usize>(e2: &Option<[f64; S]>, i: usize) -> f64 {
    match e2 {
        Some(e2) => e2[i],
        None => 0.0,
    }
}

/// Whether two rows are equal, to the bit but for the sign of zero.
const fn same<const S: usize>(left: &[f64; S], right: &[f64; S]) -> bool {
    let mut i = 0;
    while i < S {
        if left[i] != right[i] {
            return false;
        }
        i += 1;
    }
    true
}

/// Column `d` of the interpolant.
const fn column<const S: usize, const D: usize>(rows: &[[f64; D]; S], d: usize) -> [f64; S] {
    let mut out = [0.0; S];
    let mut i = 0;
    while i < S {
        out[i] = rows[i][d];
        i += 1;
    }
    out
}
