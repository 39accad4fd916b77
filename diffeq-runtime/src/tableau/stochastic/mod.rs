//! Stochastic Runge-Kutta methods as data.
//!
//! One constant for each method, each with its source. They are written in the form in which their authors print them
//! ([`Sri`], [`Sra`], [`Ri`]), which the compiler checks by its order conditions, or as they are computed ([`Srk`]): slopes of the drift
//! and values of the noise at stages, weighted by increments and space-time areas of the path.

mod rossler;
mod simple;
mod splitting;
mod weak;

pub use rossler::SOSRA;
pub use rossler::SOSRA2;
pub use rossler::SOSRI;
pub use rossler::SOSRI2;
pub use rossler::SRA1;
pub use rossler::SRA2;
pub use rossler::SRA3;
pub use rossler::SRIW1;
pub use rossler::SRIW2;
pub use rossler::Sra;
pub use rossler::Sri;
pub use simple::EULER_HEUN;
pub use simple::EULER_MARUYAMA;
pub use simple::PLATEN_WEAK2;
pub use simple::STRATONOVICH_HEUN;
pub use splitting::GENERAL_SHARK;
pub use splitting::SEA;
pub use splitting::SHARK;
pub use splitting::SLOW_RK;
pub use splitting::SPARK;
pub use weak::DRI1;
pub use weak::RI6;
pub use weak::Ri;

/// What the noise of a stage is weighted by, process by process: a sum over five functions of what the path does in the step.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Weight {
    /// How often the increment `W`.
    pub w: f64,
    /// How often the space-time area `H`.
    pub h: f64,
    /// How often `√h`.
    pub root: f64,
    /// How often `I₁₁/√h = (W² - h)/(2√h)`.
    pub square: f64,
    /// How often `I₁₁₁/h = (W³ - 3hW)/(6h)`.
    pub cube: f64,
}

impl Weight {
    /// Nothing.
    pub const ZERO: Self = Self { w: 0.0, h: 0.0, root: 0.0, square: 0.0, cube: 0.0 };
    /// The increment.
    pub const W: Self = Self::of(1.0, 0.0);

    /// So often the increment and the space-time area.
    pub const fn of(w: f64, h: f64) -> Self {
        Self { w, h, ..Self::ZERO }
    }

    /// So often `√h`.
    pub const fn root(root: f64) -> Self {
        Self { root, ..Self::ZERO }
    }

    /// Whether there is nothing to add.
    pub const fn is_zero(&self) -> bool {
        let Self { w, h, root, square, cube } = *self;
        w == 0.0 && h == 0.0 && root == 0.0 && square == 0.0 && cube == 0.0
    }

    /// Whether it is the increment alone.
    pub const fn is_increment(&self) -> bool {
        let Self { w, h, root, square, cube } = *self;
        w == 1.0 && h == 0.0 && root == 0.0 && square == 0.0 && cube == 0.0
    }

    const fn is(&self, other: &Self) -> bool {
        let Self { w, h, root, square, cube } = *self;
        w == other.w && h == other.h && root == other.root && square == other.square && cube == other.cube
    }
}

/// A stochastic Runge-Kutta method with `S` stages of the drift and `R` of the noise, as it is computed.
///
/// Stage `i` of the drift is `f` at `u + h Σ_j a_ij f_j + Σ_j b_ij g_j` and the time `t + c_i h`, stage `i` of the noise `g` at
/// the same with `noise_a`, `noise_b` and `noise_c`; the step adds `h Σ_j alpha_j f_j + Σ_j beta_j g_j`. A stage reads those
/// before it, and one of the noise the drift of the same number as well.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Srk<const S: usize, const R: usize> {
    /// The usual name.
    pub name: &'static str,
    /// Author, year, journal.
    pub reference: &'static str,
    /// The order where there is no noise.
    pub order: usize,
    /// Weights of the drift in arguments of the drift.
    pub a: [[f64; S]; S],
    /// Weights of the noise there.
    pub b: [[Weight; R]; S],
    /// Nodes of the drift.
    pub c: [f64; S],
    /// Weights of the drift in arguments of the noise.
    pub noise_a: [[f64; S]; R],
    /// Weights of the noise there.
    pub noise_b: [[Weight; R]; R],
    /// Nodes of the noise.
    pub noise_c: [f64; R],
    /// Weights of the drift in the step.
    pub alpha: [f64; S],
    /// Weights of the noise in the step.
    pub beta: [Weight; R],
    /// Weights of the drift in the estimate of the error; all zero without one.
    pub drift_error: [f64; S],
    /// Weights of the noise there.
    pub noise_error: [Weight; R],
}

impl<const S: usize, const R: usize> Srk<S, R> {
    /// All zeros.
    pub(super) const fn blank(name: &'static str, reference: &'static str, order: usize) -> Self {
        Self {
            name,
            reference,
            order,
            a: [[0.0; S]; S],
            b: [[Weight::ZERO; R]; S],
            c: [0.0; S],
            noise_a: [[0.0; S]; R],
            noise_b: [[Weight::ZERO; R]; R],
            noise_c: [0.0; R],
            alpha: [0.0; S],
            beta: [Weight::ZERO; R],
            drift_error: [0.0; S],
            noise_error: [Weight::ZERO; R],
        }
    }

    /// Whether the error of a step is estimated.
    pub const fn has_error_estimate(&self) -> bool {
        let mut j = 0;
        while j < R {
            if !self.noise_error[j].is_zero() {
                return true;
            }
            j += 1;
        }
        let mut j = 0;
        while j < S {
            if self.drift_error[j] != 0.0 {
                return true;
            }
            j += 1;
        }
        false
    }

    /// Whether anything reads drift `j`.
    pub const fn uses_drift(&self, j: usize) -> bool {
        let mut used = self.alpha[j] != 0.0 || self.drift_error[j] != 0.0;
        let mut i = 0;
        while i < S {
            used = used || self.a[i][j] != 0.0;
            i += 1;
        }
        let mut i = 0;
        while i < R {
            used = used || self.noise_a[i][j] != 0.0;
            i += 1;
        }
        used
    }

    /// Whether anything reads noise `j`.
    pub const fn uses_noise(&self, j: usize) -> bool {
        let mut used = !self.beta[j].is_zero() || !self.noise_error[j].is_zero();
        let mut i = 0;
        while i < S {
            used = used || !self.b[i][j].is_zero();
            i += 1;
        }
        let mut i = 0;
        while i < R {
            used = used || !self.noise_b[i][j].is_zero();
            i += 1;
        }
        used
    }

    /// Whether drift and noise of number `i` are taken at the same place.
    pub const fn is_joint(&self, i: usize) -> bool {
        if i >= S || i >= R || !self.uses_drift(i) || !self.uses_noise(i) || self.c[i] != self.noise_c[i] {
            return false;
        }
        let mut j = 0;
        while j < S {
            if self.a[i][j] != self.noise_a[i][j] {
                return false;
            }
            j += 1;
        }
        let mut j = 0;
        while j < R {
            if !self.b[i][j].is(&self.noise_b[i][j]) {
                return false;
            }
            j += 1;
        }
        true
    }

    /// Whether stage `i` of the drift is taken at the start of the step, if there is one.
    pub const fn drift_starts(&self, i: usize) -> bool {
        i >= S || is_blank(&self.a[i], &self.b[i])
    }

    /// Whether stage `i` of the noise is taken where the state is at the start of the step, if there is one.
    pub const fn noise_starts(&self, i: usize) -> bool {
        i >= R || is_blank(&self.noise_a[i], &self.noise_b[i])
    }

    /// Whether any weight asks for the space-time area.
    pub const fn asks_for_areas(&self) -> bool {
        let mut j = 0;
        let mut asks = false;
        while j < R {
            asks = asks || self.beta[j].h != 0.0 || self.noise_error[j].h != 0.0;
            let mut i = 0;
            while i < S {
                asks = asks || self.b[i][j].h != 0.0;
                i += 1;
            }
            let mut i = 0;
            while i < R {
                asks = asks || self.noise_b[i][j].h != 0.0;
                i += 1;
            }
            j += 1;
        }
        asks
    }

    /// Whether any weight is a twofold integral in Ito's sense, or a threefold one.
    pub const fn takes_squares(&self) -> bool {
        const fn one(weight: &Weight) -> bool {
            weight.square != 0.0 || weight.cube != 0.0
        }
        let mut j = 0;
        let mut takes = false;
        while j < R {
            takes = takes || one(&self.beta[j]);
            let mut i = 0;
            while i < S {
                takes = takes || one(&self.b[i][j]);
                i += 1;
            }
            let mut i = 0;
            while i < R {
                takes = takes || one(&self.noise_b[i][j]);
                i += 1;
            }
            j += 1;
        }
        takes
    }

    /// The tableau, if it makes sense.
    ///
    /// # Panics
    ///
    /// While the program is compiled: where stages read stages that come after them, where the weights do not sum to one
    /// drift and one increment, or those of the error to anything.
    pub const fn checked(self) -> Self {
        let (mut i, mut drift, mut drift_error) = (0, 0.0, 0.0);
        while i < S {
            let mut j = 0;
            while j < S {
                assert!(j < i || self.a[i][j] == 0.0, "a stage of the drift reads one that comes later");
                j += 1;
            }
            let mut j = 0;
            while j < R {
                assert!(j < i || self.b[i][j].is_zero(), "a stage of the drift reads noise that comes later");
                j += 1;
            }
            drift += self.alpha[i];
            drift_error += self.drift_error[i];
            i += 1;
        }
        let (mut i, mut noise) = (0, Weight::ZERO);
        while i < R {
            let mut j = 0;
            while j < S {
                assert!(
                    j <= i || self.noise_a[i][j] == 0.0,
                    "a stage of the noise reads drift that comes later"
                );
                j += 1;
            }
            let mut j = 0;
            while j < R {
                assert!(
                    j < i || self.noise_b[i][j].is_zero(),
                    "a stage of the noise reads one that comes later"
                );
                j += 1;
            }
            let Weight { w, h, root, square, cube } = self.beta[i];
            noise = Weight {
                w: noise.w + w,
                h: noise.h + h,
                root: noise.root + root,
                square: noise.square + square,
                cube: noise.cube + cube,
            };
            i += 1;
        }
        assert!(near(drift, 1.0), "the drift is not weighted by one");
        assert!(near(drift_error, 0.0), "the error of a constant drift is not zero");
        assert!(near(noise.w, 1.0), "the noise is not weighted by the increment");
        let others = [noise.h, noise.root, noise.square, noise.cube];
        let mut i = 0;
        while i < 4 {
            assert!(near(others[i], 0.0), "constant noise is weighted by more than the increment");
            i += 1;
        }
        self
    }
}

/// Whether there is nothing to add in a row.
const fn is_blank<const S: usize, const R: usize>(drift: &[f64; S], noise: &[Weight; R]) -> bool {
    let mut j = 0;
    while j < S {
        if drift[j] != 0.0 {
            return false;
        }
        j += 1;
    }
    let mut j = 0;
    while j < R {
        if !noise[j].is_zero() {
            return false;
        }
        j += 1;
    }
    true
}

/// The coefficients that an optimiser found are good to so much.
const SLACK: f64 = 2e-13;

const fn near(x: f64, y: f64) -> bool {
    let difference = x - y;
    -SLACK < difference && difference < SLACK
}

/// `Σ_j x_j y_j`.
const fn dot<const S: usize>(x: &[f64; S], y: &[f64; S]) -> f64 {
    let (mut sum, mut j) = (0.0, 0);
    while j < S {
        sum += x[j] * y[j];
        j += 1;
    }
    sum
}

/// The product of a matrix and a vector.
const fn product<const S: usize>(a: &[[f64; S]; S], x: &[f64; S]) -> [f64; S] {
    let (mut out, mut i) = ([0.0; S], 0);
    while i < S {
        out[i] = dot(&a[i], x);
        i += 1;
    }
    out
}

/// Component by component.
const fn squared<const S: usize>(x: &[f64; S]) -> [f64; S] {
    let (mut out, mut i) = ([0.0; S], 0);
    while i < S {
        out[i] = x[i] * x[i];
        i += 1;
    }
    out
}
