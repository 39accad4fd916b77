//! Brownian motion over a piece of time: its increment, its space-time area, and what two halves make of both.
//!
//! The space-time area over a piece of length `h` is `H = (1/h) ∫ (W_u - (u/h) W) du`: how far the motion lies off its chord on
//! average, normal with variance `h/12` and independent of the increment `W`.
//!
//! Source: Foster, *Numerical approximations for stochastic differential equations*, thesis, Oxford 2020, theorems 6.1.4 and
//! 6.1.6; Jelincic, Foster, Kidger, arXiv:2405.06464.

/// Of the variance of a space-time area, that of an increment being one.
pub(super) const ROOT_OF_TWELFTH: f64 = 0.288_675_134_594_812_9;

/// The increment and the space-time area of one process.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Piece {
    pub w: f64,
    pub h: f64,
}

impl Piece {
    /// The two halves of a piece, from two normal numbers of which its length is the variance.
    #[inline(always)]
    pub fn halves(self, [x, y]: [f64; 2]) -> [Self; 2] {
        const ROOT_OF_THIRD: f64 = 0.577_350_269_189_625_8;
        let Self { w, h } = self;
        let left =
            Self { w: 0.5 * w + 1.5 * h + 0.25 * x, h: 0.25 * h - 0.125 * x + 0.25 * ROOT_OF_THIRD * y };
        let right_w = w - left.w;
        [left, Self { w: right_w, h: 2.0 * h - left.h - 0.5 * (left.w - right_w) }]
    }

    /// What this piece of length `a` and the next, of length `b`, are together (Chen's relation).
    #[inline(always)]
    pub fn then(self, next: Self, a: f64, b: f64) -> Self {
        let length = a + b;
        let h = (a * self.h + b * next.h + 0.5 * (b * self.w - a * next.w)) / length;
        Self { w: self.w + next.w, h }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Halves are linear in four independent numbers, so that their covariances are sums over these: exact, without samples.
    #[test]
    fn the_ten_covariances_of_the_halves() {
        let (length, root) = (0.7, f64::sqrt(0.7));
        let units = [0, 1, 2, 3].map(|unit| {
            let x = |i: usize| if i == unit { 1.0 } else { 0.0 };
            let whole = Piece { w: root * x(0), h: root * ROOT_OF_TWELFTH * x(1) };
            let [left, right] = whole.halves([root * x(2), root * x(3)]);
            [left.w, left.h, right.w, right.h]
        });
        let half = 0.5 * length;
        for i in 0..4 {
            for j in 0..4 {
                let found: f64 = units.iter().map(|unit| unit[i] * unit[j]).sum();
                let expected = match (i, j) {
                    (0, 0) | (2, 2) => half,
                    (1, 1) | (3, 3) => half / 12.0,
                    _ => 0.0,
                };
                assert!((found - expected).abs() < 2e-16, "{i} {j}: {found} and not {expected}");
            }
        }
    }

    #[test]
    fn halves_make_the_whole() {
        let whole = Piece { w: 0.3, h: -0.2 };
        let [left, right] = whole.halves([0.77, -2.09]);
        let again = left.then(right, 0.5 * 1.21, 0.5 * 1.21);
        assert!((again.w - whole.w).abs() < 1e-16 && (again.h - whole.h).abs() < 1e-16, "{again:?}");
    }
}
