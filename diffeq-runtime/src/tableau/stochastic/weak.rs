//! Methods of weak order 2 for the Ito integral, whatever the noise.
//!
//! Sources: Rößler, *Second order Runge-Kutta methods for Itô stochastic differential equations*, SIAM J. Numer. Anal. 47 (2009)
//! 1713-1738; Debrabant, Rößler, *Families of efficient second order Runge-Kutta methods for the weak approximation of Itô
//! stochastic differential equations*, Appl. Numer. Math. 59 (2009) 582-594, arXiv:1303.5103. The coefficients agree with those of
//! StochasticDiffEq.jl, and to a unit of the last place with those of Basilisk's reference integrator, which took them over. The
//! compiler checks the conditions of order; in 50 digits the closed forms miss them by 1e-51, the decimals here by 4e-17.
//!
//! The sources replace what the path does in a step by numbers that take two or three values each. Here it is the path itself, whose
//! moments are the same as far as the order asks, so that a solve is one along a path, of strong order 1. Twofold integrals
//! of different processes are then made of their Lévy areas, one for each pair. StochasticDiffEq.jl makes them of one number for each
//! process: pairs that share one are correlated where areas are not, and three processes that do not commute have moments of order 1.

use crate::tableau::stochastic::dot;
use crate::tableau::stochastic::near;
use crate::tableau::stochastic::product;
use crate::tableau::stochastic::squared;

const FAMILIES: &str = "Debrabant, Rößler, Appl. Numer. Math. 59 (2009) 582-594";
const ROSSLER: &str = "Rößler, SIAM J. Numer. Anal. 47 (2009) 1713-1738";

/// A method with three stages in Rößler's form: stages of the drift `H0_i`, for each process `k` two families of stages of its
/// noise `b_k`, and the step,
///
/// ```text
/// H0_i = u + h Σ_j a0_ij f(H0_j) + Σ_j b0_ij Σ_l W_l b_l(Hl_j)
/// Hk_i = u + h Σ_j a1_ij f(H0_j) + √h Σ_j b1_ij b_k(Hk_j)
/// Gk_i = u + Σ_j b2_ij Σ_(l≠k) I_lk/√h b_l(Hl_j)
/// u + h Σ_i alpha_i f(H0_i) + Σ_ki (beta1_i W_k + beta2_i I_kk/√h) b_k(Hk_i) + Σ_ki (beta3_i W_k + beta4_i √h) b_k(Gk_i)
/// ```
///
/// with `I_lk = ∫∫ dW_l dW_k`, `l` the inner. Nodes are the sums of rows; those of the last family are zero.
#[derive(Debug, Clone, Copy, PartialEq)]
// The fields are the letters of the formula above.
#[allow(missing_docs)]
pub struct Ri {
    /// The usual name.
    pub name: &'static str,
    /// Author, year, journal.
    pub reference: &'static str,
    /// The order where there is no noise.
    pub order: usize,
    pub a0: [[f64; 3]; 3],
    pub a1: [[f64; 3]; 3],
    pub b0: [[f64; 3]; 3],
    pub b1: [[f64; 3]; 3],
    pub b2: [[f64; 3]; 3],
    pub alpha: [f64; 3],
    pub beta1: [f64; 3],
    pub beta2: [f64; 3],
    pub beta3: [f64; 3],
    pub beta4: [f64; 3],
}

impl Ri {
    /// The node of stage `i` of the drift.
    pub const fn c0(&self, i: usize) -> f64 {
        dot(&self.a0[i], &[1.0; 3])
    }

    /// The node of stage `i` of the noise.
    pub const fn c1(&self, i: usize) -> f64 {
        dot(&self.a1[i], &[1.0; 3])
    }

    /// Whether anything reads drift `j`.
    pub const fn uses_drift(&self, j: usize) -> bool {
        let mut used = self.alpha[j] != 0.0;
        let mut i = 0;
        while i < 3 {
            used = used || self.a0[i][j] != 0.0 || self.a1[i][j] != 0.0;
            i += 1;
        }
        used
    }

    /// The tableau, if it is of weak order 2 (Rößler 2009, theorem 5.1; those of its 59 conditions that such a tableau does not meet by
    /// its form).
    ///
    /// # Panics
    ///
    /// While the program is compiled: where a condition does not hold.
    pub const fn checked(self) -> Self {
        let Self { a0, a1, b0, b1, b2, alpha, beta1, beta2, beta3, beta4, .. } = self;
        let e = [1.0; 3];
        let mut i = 0;
        while i < 3 {
            let mut j = i;
            while j < 3 {
                let later = a0[i][j] != 0.0 || a1[i][j] != 0.0 || b0[i][j] != 0.0 || b1[i][j] != 0.0;
                assert!(!later, "a stage reads one that comes later");
                j += 1;
            }
            assert!(b2[0][i] == 0.0, "the first stage is not where the step starts");
            i += 1;
        }
        let (a0e, a1e) = (product(&a0, &e), product(&a1, &e));
        let (b0e, b1e, b2e) = (product(&b0, &e), product(&b1, &e), product(&b2, &e));
        let (b1b1e, b2b1e) = (product(&b1, &b1e), product(&b2, &b1e));
        // Order 1.
        assert!(near(dot(&alpha, &e), 1.0), "alpha e is not 1");
        assert!(near(dot(&beta1, &e), 1.0), "beta1 e is not 1");
        assert!(near(dot(&beta2, &e), 0.0), "beta2 e is not 0");
        assert!(near(dot(&beta3, &e), 0.0), "beta3 e is not 0");
        assert!(near(dot(&beta4, &e), 0.0), "beta4 e is not 0");
        assert!(near(dot(&beta1, &b1e), 0.0), "beta1 B1 e is not 0");
        assert!(near(dot(&beta3, &b2e), 0.0), "beta3 B2 e is not 0");
        assert!(near(dot(&beta4, &squared(&b2e)), 0.0), "beta4 (B2 e)^2 is not 0");
        // Order 2: the drift.
        assert!(near(dot(&alpha, &a0e), 0.5), "alpha A0 e is not 1/2");
        assert!(near(dot(&alpha, &squared(&b0e)), 0.5), "alpha (B0 e)^2 is not 1/2");
        assert!(near(dot(&alpha, &b0e), 0.5), "alpha B0 e is not 1/2");
        assert!(near(dot(&alpha, &product(&b0, &b1e)), 0.0), "alpha B0 B1 e is not 0");
        assert!(near(dot(&alpha, &times(&b0e, &product(&b0, &b1e))), 0.0), "alpha (B0 e)(B0 B1 e) is not 0");
        // The increments.
        assert!(near(dot(&beta1, &a1e), 0.5), "beta1 A1 e is not 1/2");
        assert!(near(dot(&beta1, &squared(&b1e)), 0.5), "beta1 (B1 e)^2 is not 1/2");
        assert!(near(dot(&beta1, &times(&b1e, &squared(&b1e))), 0.0), "beta1 (B1 e)^3 is not 0");
        assert!(near(dot(&beta1, &b1b1e), 0.0), "beta1 B1 B1 e is not 0");
        assert!(near(dot(&beta1, &times(&b1e, &b1b1e)), 0.0), "beta1 (B1 e)(B1 B1 e) is not 0");
        assert!(near(dot(&beta1, &product(&b1, &b1b1e)), 0.0), "beta1 B1 B1 B1 e is not 0");
        assert!(near(dot(&beta1, &product(&b1, &squared(&b1e))), 0.0), "beta1 B1 (B1 e)^2 is not 0");
        assert!(near(dot(&beta1, &times(&a1e, &b1e)), 0.0), "beta1 (A1 e)(B1 e) is not 0");
        assert!(near(dot(&beta1, &product(&b1, &a1e)), 0.0), "beta1 B1 A1 e is not 0");
        let mixed = product(&a1, &b0e);
        assert!(near(dot(&beta1, &mixed), 0.0), "beta1 A1 B0 e is not 0");
        assert!(near(dot(&beta1, &times(&mixed, &b1e)), 0.0), "beta1 (A1 B0 e)(B1 e) is not 0");
        assert!(near(dot(&beta1, &product(&b1, &mixed)), 0.0), "beta1 B1 A1 B0 e is not 0");
        let nested = product(&a1, &product(&b0, &b1e));
        assert!(near(dot(&beta1, &nested), 0.0), "beta1 A1 B0 B1 e is not 0");
        // Twofold integrals of each process by itself.
        assert!(near(dot(&beta2, &b1e), 1.0), "beta2 B1 e is not 1");
        assert!(near(dot(&beta2, &a1e), 0.0), "beta2 A1 e is not 0");
        assert!(near(dot(&beta2, &squared(&b1e)), 0.0), "beta2 (B1 e)^2 is not 0");
        assert!(near(dot(&beta2, &b1b1e), 0.0), "beta2 B1 B1 e is not 0");
        assert!(near(dot(&beta2, &mixed), 0.0), "beta2 A1 B0 e is not 0");
        assert!(near(dot(&beta2, &product(&a1, &squared(&b0e))), 0.0), "beta2 A1 (B0 e)^2 is not 0");
        // Increments, with the others' noise in the stages.
        assert!(near(dot(&beta3, &squared(&b2e)), 0.5), "beta3 (B2 e)^2 is not 1/2");
        assert!(near(dot(&beta3, &times(&b2e, &squared(&b2e))), 0.0), "beta3 (B2 e)^3 is not 0");
        assert!(near(dot(&beta3, &b2b1e), 0.0), "beta3 B2 B1 e is not 0");
        assert!(near(dot(&beta3, &times(&b2e, &b2b1e)), 0.0), "beta3 (B2 e)(B2 B1 e) is not 0");
        assert!(near(dot(&beta3, &product(&b2, &b1b1e)), 0.0), "beta3 B2 B1 B1 e is not 0");
        assert!(near(dot(&beta3, &product(&b2, &squared(&b1e))), 0.0), "beta3 B2 (B1 e)^2 is not 0");
        assert!(near(dot(&beta3, &product(&b2, &a1e)), 0.0), "beta3 B2 A1 e is not 0");
        assert!(near(dot(&beta3, &product(&b2, &mixed)), 0.0), "beta3 B2 A1 B0 e is not 0");
        // Twofold integrals of one process by another.
        assert!(near(dot(&beta4, &b2e), 1.0), "beta4 B2 e is not 1");
        assert!(near(dot(&beta4, &squared(&squared(&b2e))), 0.0), "beta4 (B2 e)^4 is not 0");
        assert!(near(dot(&beta4, &b2b1e), 0.0), "beta4 B2 B1 e is not 0");
        assert!(near(dot(&beta4, &squared(&b2b1e)), 0.0), "beta4 (B2 B1 e)^2 is not 0");
        assert!(near(dot(&beta4, &times(&b2e, &b2b1e)), 0.0), "beta4 (B2 e)(B2 B1 e) is not 0");
        let pair = times(&b2e, &product(&b2, &a1e));
        assert!(near(dot(&beta4, &pair), 0.0), "beta4 (B2 e)(B2 A1 e) is not 0");
        let pair = times(&b2e, &product(&b2, &squared(&b1e)));
        assert!(near(dot(&beta4, &pair), 0.0), "beta4 (B2 e)(B2 (B1 e)^2) is not 0");
        let pair = times(&b2e, &product(&b2, &b1b1e));
        assert!(near(dot(&beta4, &pair), 0.0), "beta4 (B2 e)(B2 B1 B1 e) is not 0");
        self
    }
}

/// Component by component.
const fn times(x: &[f64; 3], y: &[f64; 3]) -> [f64; 3] {
    [x[0] * y[0], x[1] * y[1], x[2] * y[2]]
}

/// DRI1 of Debrabant and Rößler: weak order 2 with a small error constant; of order 3 without noise.
pub const DRI1: Ri = {
    // √6, 3 √(38/491), √(491/38)/6, √(1105/991), √(221/4955), √(4955/221)/8
    const ROOT: f64 = 2.449_489_742_783_178;
    const SIDE: f64 = 0.834_588_328_583_463_6;
    const SQUARE: f64 = 0.599_097_762_184_913_2;
    const FIRST: f64 = 214.0 / 513.0 * 1.055_952_327_456_475;
    const OTHERS: f64 = 491.0 / 513.0 * 0.211_190_465_491_295_02;
    const MIXED: f64 = 0.591_882_780_831_089_8;
    Ri {
        name: "DRI1",
        reference: FAMILIES,
        order: 3,
        a0: [[0.0; 3], [0.5, 0.0, 0.0], [-1.0, 2.0, 0.0]],
        a1: [[0.0; 3], [342.0 / 491.0, 0.0, 0.0], [342.0 / 491.0, 0.0, 0.0]],
        b0: [[0.0; 3], [(6.0 - ROOT) / 10.0, 0.0, 0.0], [(3.0 + 2.0 * ROOT) / 5.0, 0.0, 0.0]],
        b1: [[0.0; 3], [SIDE, 0.0, 0.0], [-SIDE, 0.0, 0.0]],
        b2: [[0.0; 3], [-FIRST, -OTHERS, -OTHERS], [FIRST, OTHERS, OTHERS]],
        alpha: [1.0 / 6.0, 2.0 / 3.0, 1.0 / 6.0],
        beta1: [193.0 / 684.0, 491.0 / 1368.0, 491.0 / 1368.0],
        beta2: [0.0, SQUARE, -SQUARE],
        beta3: [-4955.0 / 7072.0, 4955.0 / 14144.0, 4955.0 / 14144.0],
        beta4: [0.0, -MIXED, MIXED],
    }
    .checked()
};

/// RI6 of Rößler: weak order 2 with two evaluations of the drift; of order 2 without noise.
pub const RI6: Ri = Ri {
    name: "RI6",
    reference: ROSSLER,
    order: 2,
    a0: [[0.0; 3], [1.0, 0.0, 0.0], [0.0; 3]],
    a1: [[0.0; 3], [1.0, 0.0, 0.0], [1.0, 0.0, 0.0]],
    b0: [[0.0; 3], [1.0, 0.0, 0.0], [0.0; 3]],
    b1: [[0.0; 3], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]],
    b2: [[0.0; 3], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]],
    alpha: [0.5, 0.5, 0.0],
    beta1: [0.5, 0.25, 0.25],
    beta2: [0.0, 0.5, -0.5],
    beta3: [-0.5, 0.25, 0.25],
    beta4: [0.0, 0.5, -0.5],
}
.checked();
