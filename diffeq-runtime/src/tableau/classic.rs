//! The classics: Euler, Heun, midpoint, Ralston, and Kutta's method of order 4.
//!
//! None has an interpolant of its own, so an extra stage of each is the slope at the step's end (row `b`) and the
//! interpolant is the cubic Hermite polynomial, which that of order 4 corrects by one more.

use crate::tableau::Tableau;
use crate::tableau::build::BOOTSTRAP;
use crate::tableau::build::bootstrapped;
use crate::tableau::build::difference;
use crate::tableau::build::hermite;
use crate::tableau::build::pad;
use crate::tableau::build::rows;
use crate::tableau::build::with_last;

/// Euler's method, order 1.
pub const EULER: Tableau<2, 3> = {
    let b = [1.0];
    Tableau {
        name: "Euler",
        reference: "Euler, Institutionum calculi integralis I (1768), section II, chapter VII",
        order: 1,
        error_order: 0,
        error_order2: 0,
        interpolant_order: 1,
        c: [0.0, 1.0],
        a: rows([&[], &b]),
        b: pad(&b),
        e: [0.0; _],
        e2: None,
        interpolant: hermite(&b),
    }
}
.checked();

/// Heun's method of order 2, the explicit trapezoidal rule, with Euler's method embedded.
pub const HEUN: Tableau<3, 3> = {
    let b = [0.5, 0.5];
    Tableau {
        name: "Heun",
        reference: "Heun, Z. Math. Phys. 45 (1900) 23-38; Hairer, Nørsett, Wanner I (1993), section II.1",
        order: 2,
        error_order: 1,
        error_order2: 0,
        interpolant_order: 2,
        c: [0.0, 1.0, 1.0],
        a: rows([&[], &[1.0], &b]),
        b: pad(&b),
        e: difference(&b, &[1.0]),
        e2: None,
        interpolant: hermite(&b),
    }
}
.checked();

/// Runge's midpoint method, order 2, with Euler's method embedded.
pub const MIDPOINT: Tableau<3, 3> = {
    let b = [0.0, 1.0];
    Tableau {
        name: "Midpoint",
        reference: "Runge, Math. Ann. 46 (1895) 167-178; Hairer, Nørsett, Wanner I (1993), eq. II.1.4",
        order: 2,
        error_order: 1,
        error_order2: 0,
        interpolant_order: 2,
        c: [0.0, 0.5, 1.0],
        a: rows([&[], &[0.5], &b]),
        b: pad(&b),
        e: difference(&b, &[1.0]),
        e2: None,
        interpolant: hermite(&b),
    }
}
.checked();

/// Ralston's method of order 2, which has the least bound of the local error, with Euler's method embedded.
pub const RALSTON: Tableau<3, 3> = {
    let b = [0.25, 0.75];
    Tableau {
        name: "Ralston",
        reference: "Ralston, Math. Comp. 16 (1962) 431-437",
        order: 2,
        error_order: 1,
        error_order2: 0,
        interpolant_order: 2,
        c: [0.0, 2.0 / 3.0, 1.0],
        a: rows([&[], &[2.0 / 3.0], &b]),
        b: pad(&b),
        e: difference(&b, &[1.0]),
        e2: None,
        interpolant: hermite(&b),
    }
}
.checked();

/// Kutta's classical method of order 4, without an error estimate.
pub const RK4: Tableau<6, 4> = {
    let b = [1.0 / 6.0, 1.0 / 3.0, 1.0 / 3.0, 1.0 / 6.0];
    let (inside, interpolant) = bootstrapped(&b);
    Tableau {
        name: "RK4",
        reference: "Kutta, Z. Math. Phys. 46 (1901) 435-453; Hairer, Nørsett, Wanner I (1993), table II.1.2",
        order: 4,
        error_order: 0,
        error_order2: 0,
        interpolant_order: 4,
        c: [0.0, 0.5, 0.5, 1.0, 1.0, BOOTSTRAP],
        a: with_last(rows([&[], &[0.5], &[0.0, 0.5], &[0.0, 0.0, 1.0], &b, &[]]), inside),
        b: pad(&b),
        e: [0.0; _],
        e2: None,
        interpolant,
    }
}
.checked();
