//! Methods that preserve strong stability: convex combinations of Euler steps.
//!
//! Their interpolant is the cubic Hermite polynomial, of the methods' own order; between the ends of a step it does
//! not preserve strong stability.

use crate::tableau::Tableau;
use crate::tableau::build::difference;
use crate::tableau::build::hermite;
use crate::tableau::build::pad;
use crate::tableau::build::rows;

/// Shu and Osher's method of order 3 in three stages, SSP coefficient 1.
pub const SSPRK33: Tableau<4, 3> = {
    let b = [1.0 / 6.0, 1.0 / 6.0, 2.0 / 3.0];
    // Every `[x, x, 1 - 2x]` is of order 2; this one is optimised for the error estimate.
    let x = 0.291485418878409;
    Tableau {
        name: "SSPRK33",
        reference: "Shu, Osher, J. Comput. Phys. 77 (1988) 439-471, eq. 2.18; estimate: Conde, Fekete, Shadid, \
                    arXiv:1806.08693 (2018)",
        order: 3,
        error_order: 2,
        error_order2: 0,
        interpolant_order: 3,
        c: [0.0, 1.0, 0.5, 1.0],
        a: rows([&[], &[1.0], &[0.25, 0.25], &b]),
        b: pad(&b),
        e: difference(&b, &[x, x, 1.0 - 2.0 * x]),
        e2: None,
        interpolant: hermite(&b),
    }
}
.checked();

/// Kraaijevanger's method of order 3 in four stages, SSP coefficient 2.
pub const SSPRK43: Tableau<5, 3> = {
    let b = [1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0, 1.0 / 2.0];
    Tableau {
        name: "SSPRK43",
        reference: "Kraaijevanger, BIT 31 (1991) 482-528; estimate: Conde, Fekete, Shadid, arXiv:1806.08693 (2018)",
        order: 3,
        error_order: 2,
        error_order2: 0,
        interpolant_order: 3,
        c: [0.0, 0.5, 1.0, 0.5, 1.0],
        a: rows([&[], &[0.5], &[0.5, 0.5], &[1.0 / 6.0, 1.0 / 6.0, 1.0 / 6.0], &b]),
        b: pad(&b),
        e: difference(&b, &[0.25, 0.25, 0.25, 0.25]),
        e2: None,
        interpolant: hermite(&b),
    }
}
.checked();
