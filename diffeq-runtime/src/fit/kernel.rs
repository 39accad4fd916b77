//! How much a point counts, by its distance.

use std::f64::consts::FRAC_1_SQRT_2;
use std::f64::consts::FRAC_PI_2;
use std::f64::consts::FRAC_PI_4;
use std::f64::consts::PI;
use std::f64::consts::TAU;

/// The weight of a point at distance `x`, counted in bandwidths: an even function with the integral one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Kernel {
    /// `3/4 (1 - x^2)` inside.
    #[default]
    Epanechnikov,
    /// `1/2` inside.
    Uniform,
    /// `1 - |x|` inside.
    Triangular,
    /// `15/16 (1 - x^2)^2` inside.
    Quartic,
    /// `35/32 (1 - x^2)^3` inside.
    Triweight,
    /// `70/81 (1 - |x|^3)^3` inside.
    Tricube,
    /// `pi/4 cos(pi x / 2)` inside.
    Cosine,
    /// The normal density.
    Gaussian,
    /// `1 / (e^x + 2 + e^-x)`.
    Logistic,
    /// `2/pi / (e^x + e^-x)`.
    Sigmoid,
    /// `1/2 e^(-|x|/sqrt 2) sin(|x|/sqrt 2 + pi/4)`.
    ///
    /// In part negative, and without a second moment, which is what regressions divide by: far from the ends of the
    /// data, in bandwidths, noise is amplified, and further in the estimate is refused. Made for densities; here
    /// because others have it.
    Silverman,
}

impl Kernel {
    /// Every kernel.
    pub const ALL: [Self; 11] = [
        Self::Epanechnikov,
        Self::Uniform,
        Self::Triangular,
        Self::Quartic,
        Self::Triweight,
        Self::Tricube,
        Self::Cosine,
        Self::Gaussian,
        Self::Logistic,
        Self::Sigmoid,
        Self::Silverman,
    ];

    /// Whether points further away than one bandwidth count nothing.
    pub fn is_compact(self) -> bool {
        !matches!(self, Self::Gaussian | Self::Logistic | Self::Sigmoid | Self::Silverman)
    }

    /// The weight at a distance of `x` bandwidths.
    pub fn weight(self, x: f64) -> f64 {
        let x = x.abs();
        if self.is_compact() && x > 1.0 {
            return 0.0;
        }
        match self {
            Self::Epanechnikov => 0.75 * (1.0 - x * x),
            Self::Uniform => 0.5,
            Self::Triangular => 1.0 - x,
            Self::Quartic => 15.0 / 16.0 * (1.0 - x * x).powi(2),
            Self::Triweight => 35.0 / 32.0 * (1.0 - x * x).powi(3),
            Self::Tricube => 70.0 / 81.0 * (1.0 - x.powi(3)).powi(3),
            Self::Cosine => FRAC_PI_4 * (FRAC_PI_2 * x).cos(),
            Self::Gaussian => (-0.5 * x * x).exp() / TAU.sqrt(),
            // In powers of e^-x, which do not overflow.
            Self::Logistic => {
                let e = (-x).exp();
                e / (1.0 + e).powi(2)
            }
            Self::Sigmoid => {
                let e = (-x).exp();
                2.0 / PI * e / (1.0 + e * e)
            }
            Self::Silverman => {
                let x = x * FRAC_1_SQRT_2;
                0.5 * (-x).exp() * (x + FRAC_PI_4).sin()
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kernel_is_even_and_has_the_integral_one() {
        for kernel in Kernel::ALL {
            // The midpoint rule over what counts; at 40 bandwidths the longest tail is e^-28.
            let (end, points) = (if kernel.is_compact() { 1.0 } else { 40.0 }, 100_000);
            let step = end / f64::from(points);
            let half: f64 = (0..points).map(|i| kernel.weight((f64::from(i) + 0.5) * step) * step).sum();
            // The rule's error is a twelfth of the squared step times the slope at the ends.
            assert!((2.0 * half - 1.0).abs() <= 1e-7, "{kernel:?}: {}", 2.0 * half);
            for x in [0.0, 0.3, 0.99, 1.01, 5.0, 1e4] {
                assert_eq!(kernel.weight(x), kernel.weight(-x));
                assert!(kernel.weight(x).is_finite());
            }
        }
    }
}
