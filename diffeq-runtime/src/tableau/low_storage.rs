//! Williamson's low-storage form, and Carpenter and Kennedy's method of order 4.

use crate::tableau::Tableau;
use crate::tableau::build::BOOTSTRAP;
use crate::tableau::build::bootstrapped;
use crate::tableau::build::pad;
use crate::tableau::build::with_last;

/// A Runge-Kutta method in Williamson's 2N form, which needs two vectors of memory for any number of stages.
///
/// Stage `j` updates a register and the state, `δ ← A_j δ + h f(t + c_j h, u)` and `u ← u + B_j δ`.
///
/// Source: Williamson, J. Comput. Phys. 35 (1980) 48-56.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LowStorage<const N: usize> {
    /// What stage `j` keeps of the register; the first is zero.
    pub a: [f64; N],
    /// What stage `j` adds of the register to the state.
    pub b: [f64; N],
    /// Nodes.
    pub c: [f64; N],
}

impl<const N: usize> LowStorage<N> {
    /// The weights `a` and `b` of the equivalent Butcher tableau, with the slope at the step's end as a further stage.
    ///
    /// `S` is above `N`. Stage `j` leaves the register with the weight `w_ji = A_j w_(j-1)i` of each earlier slope and
    /// the weight one of its own; row `j + 1` of the tableau is row `j` plus `B_j w_j`.
    pub const fn butcher<const S: usize>(&self) -> ([[f64; S]; S], [f64; N]) {
        assert!(S > N, "more stages than the low-storage form has");
        let mut rows = [[0.0; S]; S];
        let mut register = [0.0; N];
        let mut state = [0.0; N];
        let mut j = 0;
        while j < N {
            let mut i = 0;
            while i <= j {
                register[i] = if i == j { 1.0 } else { self.a[j] * register[i] };
                state[i] += self.b[j] * register[i];
                i += 1;
            }
            rows[j + 1] = pad(&state);
            j += 1;
        }
        (rows, state)
    }
}

/// The 2N form of [`CARPENTER_KENNEDY_2N54`].
pub const CARPENTER_KENNEDY_2N54_REGISTERS: LowStorage<5> = LowStorage {
    a: [
        0.0,
        -567301805773.0 / 1357537059087.0,
        -2404267990393.0 / 2016746695238.0,
        -3550918686646.0 / 2091501179385.0,
        -1275806237668.0 / 842570457699.0,
    ],
    b: [
        1432997174477.0 / 9575080441755.0,
        5161836677717.0 / 13612068292357.0,
        1720146321549.0 / 2090206949498.0,
        3134564353537.0 / 4481467310338.0,
        2277821191437.0 / 14882151754819.0,
    ],
    c: [
        0.0,
        1432997174477.0 / 9575080441755.0,
        2526269341429.0 / 6820363962896.0,
        2006345519317.0 / 3224310063776.0,
        2802321613138.0 / 2924317926251.0,
    ],
};

/// Carpenter and Kennedy's method of order 4 in five stages, for advection and long time scales; no error estimate.
pub const CARPENTER_KENNEDY_2N54: Tableau<7, 4> = {
    let [c1, c2, c3, c4, c5] = CARPENTER_KENNEDY_2N54_REGISTERS.c;
    let (a, b) = CARPENTER_KENNEDY_2N54_REGISTERS.butcher();
    let (inside, interpolant) = bootstrapped(&b);
    Tableau {
        name: "CarpenterKennedy2N54",
        reference: "Carpenter, Kennedy, Fourth-order 2N-storage Runge-Kutta schemes, NASA TM-109112 (1994), \
                    table 1, solution 3",
        order: 4,
        error_order: 0,
        error_order2: 0,
        interpolant_order: 4,
        c: [c1, c2, c3, c4, c5, 1.0, BOOTSTRAP],
        a: with_last(a, inside),
        b: pad(&b),
        e: [0.0; _],
        e2: None,
        interpolant,
    }
}
.checked();
