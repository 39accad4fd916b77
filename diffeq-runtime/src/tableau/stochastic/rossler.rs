//! Rössler's methods of strong order 1.5 for the Ito integral, and their offspring.
//!
//! Sources: Rößler, *Runge-Kutta methods for the strong approximation of solutions of stochastic differential equations*, SIAM J.
//! Numer. Anal. 48 (2010) 922-952, section 6; Rackauckas, Nie, *Stability-optimized high order methods and stiffness detection for
//! pathwise stiff stochastic differential equations*, IEEE HPEC 2020, arXiv:1804.04344. The coefficients agree with those of
//! StochasticDiffEq.jl and, for the former, torchsde.
//!
//! The error of a step is estimated as Rackauckas and Nie do (*Adaptive methods for stochastic differential equations via natural
//! embeddings and rejection sampling with memory*, DCDS-B 22 (2017) 2731-2761): by the part of the noise that a method of order
//! one does not have, and by how far the drift is from that of Euler's method. (They take the sum of the drift's stages, which
//! does not vanish faster than the step size, so that a constant drift, which costs no error, makes steps short.)

use crate::tableau::stochastic::Srk;
use crate::tableau::stochastic::Weight;
use crate::tableau::stochastic::dot;
use crate::tableau::stochastic::near;
use crate::tableau::stochastic::product;
use crate::tableau::stochastic::squared;

const ROSSLER: &str = "Rößler, SIAM J. Numer. Anal. 48 (2010) 922-952";
const RACKAUCKAS_NIE: &str = "Rackauckas, Nie, arXiv:1804.04344";

/// A method for noise that is scalar or diagonal, in Rössler's form: stages
/// `H0_i = u + h Σ_j a0_ij f(H0_j) + I₁₀/h Σ_j b0_ij g(H1_j)` and `H1_i = u + h Σ_j a1_ij f(H0_j) + √h Σ_j b1_ij g(H1_j)`.
#[derive(Debug, Clone, Copy, PartialEq)]
// The fields are the letters of the formula above.
#[allow(missing_docs)]
pub struct Sri<const S: usize> {
    pub a0: [[f64; S]; S],
    pub a1: [[f64; S]; S],
    pub b0: [[f64; S]; S],
    pub b1: [[f64; S]; S],
    pub alpha: [f64; S],
    pub beta1: [f64; S],
    pub beta2: [f64; S],
    pub beta3: [f64; S],
    pub beta4: [f64; S],
}

impl<const S: usize> Sri<S> {
    /// Whether the conditions of strong order 1.5 hold (Rößler 2010, theorem 5.2).
    ///
    /// # Panics
    ///
    /// While the program is compiled: where one of them does not.
    pub const fn check(&self) {
        let Self { a0, a1, b0, b1, alpha, beta1, beta2, beta3, beta4 } = self;
        let e = [1.0; S];
        let (a1e, b0e, b1e) = (product(a1, &e), product(b0, &e), product(b1, &e));
        let rows = [(beta1, [1.0, 0.0, 1.0, 1.0, 0.0]), (beta2, [0.0, 1.0, 0.0, 0.0, 0.0])];
        let more = [(beta3, [0.0, 0.0, -1.0, -1.0, 0.0]), (beta4, [0.0, 0.0, 0.0, 2.0, 1.0])];
        let all = [rows[0], rows[1], more[0], more[1]];
        let mut i = 0;
        while i < 4 {
            let (beta, [sum, first, drift, square, nested]) = all[i];
            assert!(near(dot(beta, &e), sum), "a condition of beta e");
            assert!(near(dot(beta, &b1e), first), "a condition of beta B1 e");
            assert!(near(dot(beta, &a1e), drift), "a condition of beta A1 e");
            assert!(near(dot(beta, &squared(&b1e)), square), "a condition of beta (B1 e)^2");
            assert!(near(dot(beta, &product(b1, &b1e)), nested), "a condition of beta B1 B1 e");
            i += 1;
        }
        assert!(near(dot(alpha, &e), 1.0), "alpha e is not 1");
        assert!(near(dot(alpha, &product(a0, &e)), 0.5), "alpha A0 e is not 1/2");
        assert!(near(dot(alpha, &b0e), 1.0), "alpha B0 e is not 1");
        assert!(near(dot(alpha, &squared(&b0e)), 1.5), "alpha (B0 e)^2 is not 3/2");
        let mixed = product(a1, &b0e);
        assert!(near(0.5 * dot(beta1, &mixed) + dot(beta3, &mixed) / 3.0, 0.0), "the condition of A1 B0 e");
    }

    /// As it is computed.
    ///
    /// # Panics
    ///
    /// While the program is compiled: where it is not of its order.
    pub const fn tableau(self, name: &'static str, reference: &'static str, order: usize) -> Srk<S, S> {
        self.check();
        let mut srk =
            Srk { alpha: self.alpha, a: self.a0, noise_a: self.a1, ..Srk::blank(name, reference, order) };
        srk.c = product(&self.a0, &[1.0; S]);
        srk.noise_c = product(&self.a1, &[1.0; S]);
        srk.drift_error = embedded(self.alpha);
        let mut i = 0;
        while i < S {
            let mut j = 0;
            while j < S {
                srk.b[i][j] = mixed(self.b0[i][j]);
                srk.noise_b[i][j] = Weight::root(self.b1[i][j]);
                j += 1;
            }
            let (third, cube) = (mixed(self.beta3[i]), self.beta4[i]);
            srk.noise_error[i] = Weight { cube, ..third };
            srk.beta[i] = Weight { w: self.beta1[i] + third.w, square: self.beta2[i], cube, ..third };
            i += 1;
        }
        srk.checked()
    }
}

/// So often `I₁₀/h = W/2 + H`.
const fn mixed(factor: f64) -> Weight {
    Weight::of(0.5 * factor, factor)
}

/// The weights of the drift, less those of Euler's method, which has all of it at the first stage that counts.
const fn embedded<const S: usize>(alpha: [f64; S]) -> [f64; S] {
    let mut error = alpha;
    error[0] -= 1.0;
    error
}

/// A method for additive noise, in Rössler's form: stages `H_i = u + h Σ_j a0_ij f(H_j) + I₁₀/h Σ_j b0_ij g(t + c1_j h)`.
#[derive(Debug, Clone, Copy, PartialEq)]
// The fields are the letters of the formula above.
#[allow(missing_docs)]
pub struct Sra<const S: usize> {
    pub a0: [[f64; S]; S],
    pub b0: [[f64; S]; S],
    pub c1: [f64; S],
    pub alpha: [f64; S],
    pub beta1: [f64; S],
    pub beta2: [f64; S],
}

impl<const S: usize> Sra<S> {
    /// Whether the conditions of strong order 1.5 hold (Rößler 2010, theorem 5.1).
    ///
    /// # Panics
    ///
    /// While the program is compiled: where one of them does not.
    pub const fn check(&self) {
        let Self { a0, b0, c1, alpha, beta1, beta2 } = self;
        let e = [1.0; S];
        let b0e = product(b0, &e);
        assert!(near(dot(alpha, &e), 1.0), "alpha e is not 1");
        assert!(near(dot(beta1, &e), 1.0), "beta1 e is not 1");
        assert!(near(dot(beta2, &e), 0.0), "beta2 e is not 0");
        assert!(near(dot(alpha, &b0e), 1.0), "alpha B0 e is not 1");
        assert!(near(dot(alpha, &product(a0, &e)), 0.5), "alpha A0 e is not 1/2");
        assert!(near(dot(alpha, &squared(&b0e)), 1.5), "alpha (B0 e)^2 is not 3/2");
        assert!(near(dot(beta1, c1), 1.0), "beta1 c1 is not 1");
        assert!(near(dot(beta2, c1), -1.0), "beta2 c1 is not -1");
    }

    /// As it is computed.
    ///
    /// # Panics
    ///
    /// While the program is compiled: where it is not of its order.
    pub const fn tableau(self, name: &'static str, reference: &'static str, order: usize) -> Srk<S, S> {
        self.check();
        let mut srk =
            Srk { alpha: self.alpha, a: self.a0, noise_c: self.c1, ..Srk::blank(name, reference, order) };
        srk.c = product(&self.a0, &[1.0; S]);
        srk.drift_error = embedded(self.alpha);
        let mut i = 0;
        while i < S {
            let mut j = 0;
            while j < S {
                srk.b[i][j] = mixed(self.b0[i][j]);
                j += 1;
            }
            srk.noise_error[i] = mixed(self.beta2[i]);
            srk.beta[i] = Weight { w: self.beta1[i] + srk.noise_error[i].w, ..srk.noise_error[i] };
            i += 1;
        }
        srk.checked()
    }
}

/// SRI1W1 of Rößler: noise that is scalar or diagonal.
pub const SRIW1: Srk<4, 4> = Sri {
    a0: [[0.0; 4], [3.0 / 4.0, 0.0, 0.0, 0.0], [0.0; 4], [0.0; 4]],
    a1: [[0.0; 4], [1.0 / 4.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0 / 4.0, 0.0]],
    b0: [[0.0; 4], [3.0 / 2.0, 0.0, 0.0, 0.0], [0.0; 4], [0.0; 4]],
    b1: [[0.0; 4], [1.0 / 2.0, 0.0, 0.0, 0.0], [-1.0, 0.0, 0.0, 0.0], [-5.0, 3.0, 1.0 / 2.0, 0.0]],
    alpha: [1.0 / 3.0, 2.0 / 3.0, 0.0, 0.0],
    beta1: [-1.0, 4.0 / 3.0, 2.0 / 3.0, 0.0],
    beta2: [-1.0, 4.0 / 3.0, -1.0 / 3.0, 0.0],
    beta3: [2.0, -4.0 / 3.0, -2.0 / 3.0, 0.0],
    beta4: [-2.0, 5.0 / 3.0, -2.0 / 3.0, 1.0],
}
.tableau("SRIW1", ROSSLER, 2);

/// SRI2W1 of Rößler: noise that is scalar or diagonal; of order 3 without noise.
pub const SRIW2: Srk<4, 4> = Sri {
    a0: [[0.0; 4], [1.0, 0.0, 0.0, 0.0], [1.0 / 4.0, 1.0 / 4.0, 0.0, 0.0], [0.0; 4]],
    a1: [[0.0; 4], [1.0 / 4.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 1.0 / 4.0, 0.0]],
    b0: [[0.0; 4], [0.0; 4], [1.0, 1.0 / 2.0, 0.0, 0.0], [0.0; 4]],
    b1: [[0.0; 4], [-1.0 / 2.0, 0.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0], [2.0, -1.0, 1.0 / 2.0, 0.0]],
    alpha: [1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0, 0.0],
    beta1: [-1.0, 4.0 / 3.0, 2.0 / 3.0, 0.0],
    beta2: [1.0, -4.0 / 3.0, 1.0 / 3.0, 0.0],
    beta3: [2.0, -4.0 / 3.0, -2.0 / 3.0, 0.0],
    beta4: [-2.0, 5.0 / 3.0, -2.0 / 3.0, 1.0],
}
.tableau("SRIW2", ROSSLER, 3);

/// Stability-optimised for noise that is scalar or diagonal: the usual choice for adaptive steps.
pub const SOSRI: Srk<4, 4> = Sri {
    a0: [
        [0.0; 4],
        [-0.04199224421316468, 0.0, 0.0, 0.0],
        [2.842612915017106, -2.0527723684000727, 0.0, 0.0],
        [4.338237071435815, -2.8895936137439793, 2.3017575594644466, 0.0],
    ],
    a1: [
        [0.0; 4],
        [0.26204282091330466, 0.0, 0.0, 0.0],
        [0.20903646383505375, -0.1502377115150361, 0.0, 0.0],
        [0.05836595312746999, 0.6149440396332373, 0.08535117634046772, 0.0],
    ],
    b0: [
        [0.0; 4],
        [-0.21641093549612528, 0.0, 0.0, 0.0],
        [1.5336352863679572, 0.26066223492647056, 0.0, 0.0],
        [-1.0536037558179159, 1.7015284721089472, -0.20725685784180017, 0.0],
    ],
    b1: [
        [0.0; 4],
        [-0.5119011827621657, 0.0, 0.0, 0.0],
        [2.67767339866713, -4.9395031322250995, 0.0, 0.0],
        [0.15580956238299215, 3.2361551006624674, -1.4223118283355949, 0.0],
    ],
    alpha: [1.140099274172029, -0.6401334255743456, 0.4736296532772559, 0.026404498125060714],
    beta1: [-1.8453464565104432, 2.688764531100726, -0.2523866501071323, 0.40896857551684956],
    beta2: [0.4969658141589478, -0.5771202869753592, -0.12919702470322217, 0.2093514975196336],
    beta3: [2.8453464565104425, -2.688764531100725, 0.2523866501071322, -0.40896857551684945],
    beta4: [0.11522663875443433, -0.57877086147738, 0.2857851028163886, 0.17775911990655704],
}
.tableau("SOSRI", RACKAUCKAS_NIE, 2);

/// Stability-optimised for noise that is scalar or diagonal, for larger steps than [`SOSRI`].
pub const SOSRI2: Srk<4, 4> = Sri {
    a0: [
        [0.0; 4],
        [0.13804532298278663, 0.0, 0.0, 0.0],
        [0.5818361298250374, 0.4181638701749618, 0.0, 0.0],
        [0.4670018408674211, 0.8046204792187386, -0.27162232008616016, 0.0],
    ],
    a1: [
        [0.0; 4],
        [0.45605532163856893, 0.0, 0.0, 0.0],
        [0.7555807846451692, 0.24441921535482677, 0.0, 0.0],
        [0.6981181143266059, 0.3453277086024727, -0.04344582292908241, 0.0],
    ],
    b0: [
        [0.0; 4],
        [0.08852381537667678, 0.0, 0.0, 0.0],
        [1.0317752458971061, 0.4563552922077882, 0.0, 0.0],
        [1.73078280444124, -0.46089678470929774, -0.9637509618944188, 0.0],
    ],
    b1: [
        [0.0; 4],
        [0.6753186815412179, 0.0, 0.0, 0.0],
        [-0.07452812525785148, -0.49783736486149366, 0.0, 0.0],
        [-0.5591906709928903, 0.022696571806569924, -0.8984927888368557, 0.0],
    ],
    alpha: [-0.15036858140642623, 0.7545275856696072, 0.686995463807979, -0.2911544680711602],
    beta1: [-0.45315689727309133, 0.8330937231303951, 0.3792843195533544, 0.24077885458934192],
    beta2: [-0.4994383733810986, 0.9181786186154077, -0.25613778661003145, -0.16260245862427797],
    beta3: [1.4531568972730915, -0.8330937231303933, -0.3792843195533583, -0.24077885458934023],
    beta4: [-0.4976090683622265, 0.9148155835648892, -1.4102107084476505, 0.9930041932449877],
}
.tableau("SOSRI2", RACKAUCKAS_NIE, 2);

/// SRA1 of Rößler: additive noise.
pub const SRA1: Srk<2, 2> = Sra {
    a0: [[0.0; 2], [3.0 / 4.0, 0.0]],
    b0: [[0.0; 2], [3.0 / 2.0, 0.0]],
    c1: [1.0, 0.0],
    alpha: [1.0 / 3.0, 2.0 / 3.0],
    beta1: [1.0, 0.0],
    beta2: [-1.0, 1.0],
}
.tableau("SRA1", ROSSLER, 2);

/// SRA2 of Rößler: additive noise.
pub const SRA2: Srk<2, 2> = Sra {
    a0: [[0.0; 2], [3.0 / 4.0, 0.0]],
    b0: [[0.0; 2], [3.0 / 2.0, 0.0]],
    c1: [1.0 / 3.0, 1.0],
    alpha: [1.0 / 3.0, 2.0 / 3.0],
    beta1: [0.0, 1.0],
    beta2: [3.0 / 2.0, -3.0 / 2.0],
}
.tableau("SRA2", ROSSLER, 2);

/// SRA3 of Rößler: additive noise; of order 3 without noise.
pub const SRA3: Srk<3, 3> = Sra {
    a0: [[0.0; 3], [1.0, 0.0, 0.0], [1.0 / 4.0, 1.0 / 4.0, 0.0]],
    b0: [[0.0; 3], [0.0; 3], [1.0, 1.0 / 2.0, 0.0]],
    c1: [1.0, 0.0, 0.0],
    alpha: [1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0],
    beta1: [1.0, 0.0, 0.0],
    beta2: [-1.0, 1.0, 0.0],
}
.tableau("SRA3", ROSSLER, 3);

/// Stability-optimised for additive noise: the usual choice for adaptive steps.
pub const SOSRA: Srk<3, 3> = Sra {
    a0: [[0.0; 3], [0.6923962376159507, 0.0, 0.0], [-3.1609142252828395, 4.1609142252828395, 0.0]],
    b0: [[0.0; 3], [1.3371632704399763, 0.0, 0.0], [1.442371048468624, 1.8632741501139225, 0.0]],
    c1: [0.0, 0.041248171110700504, 1.0],
    alpha: [0.2889874966892885, 0.6859880440839937, 0.025024459226717772],
    beta1: [-16.792534242221663, 17.514995785380226, 0.27753845684143835],
    beta2: [0.4237535769069274, 0.6010381474428539, -1.0247917243497813],
}
.tableau("SOSRA", RACKAUCKAS_NIE, 2);

/// Stability-optimised for additive noise, for larger steps than [`SOSRA`].
pub const SOSRA2: Srk<3, 3> = Sra {
    a0: [[0.0; 3], [1.0, 0.0, 0.0], [0.9511849235504364, 0.04881507644956362, 0.0]],
    b0: [[0.0; 3], [0.7686101171003622, 0.0, 0.0], [0.43886792994934987, 0.7490415909204886, 0.0]],
    c1: [0.0, 1.0, 1.0],
    alpha: [0.4999999999999998, -0.9683897375354181, 1.4683897375354185],
    beta1: [0.0, 0.92438032145683, 0.07561967854316998],
    beta2: [1.0, -0.8169981105823436, -0.18300188941765633],
}
.tableau("SOSRA2", RACKAUCKAS_NIE, 2);
