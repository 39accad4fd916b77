//! Dormand and Prince's pair of orders 5(4).

use crate::tableau::Tableau;
use crate::tableau::build::corrected_hermite;
use crate::tableau::build::difference;
use crate::tableau::build::pad;
use crate::tableau::build::rows;

/// Dormand and Prince's pair of orders 5(4), with Shampine's interpolant of order 4.
pub const DP5: Tableau<7, 4> = {
    let b = [35.0 / 384.0, 0.0, 500.0 / 1113.0, 125.0 / 192.0, -2187.0 / 6784.0, 11.0 / 84.0];
    let b_hat = [
        5179.0 / 57600.0,
        0.0,
        7571.0 / 16695.0,
        393.0 / 640.0,
        -92097.0 / 339200.0,
        187.0 / 2100.0,
        1.0 / 40.0,
    ];
    Tableau {
        name: "DP5",
        reference: "Dormand, Prince, J. Comput. Appl. Math. 6 (1980) 19-26; Hairer, Nørsett, Wanner I, table II.5.2; interpolant: Shampine, \
                    Math. Comp. 46 (1986) 135-150, in the form of Hairer's code DOPRI5",
        order: 5,
        error_order: 4,
        error_order2: 0,
        interpolant_order: 4,
        c: [0.0, 1.0 / 5.0, 3.0 / 10.0, 4.0 / 5.0, 8.0 / 9.0, 1.0, 1.0],
        a: rows([
            &[],
            &[1.0 / 5.0],
            &[3.0 / 40.0, 9.0 / 40.0],
            &[44.0 / 45.0, -56.0 / 15.0, 32.0 / 9.0],
            &[19372.0 / 6561.0, -25360.0 / 2187.0, 64448.0 / 6561.0, -212.0 / 729.0],
            &[9017.0 / 3168.0, -355.0 / 33.0, 46732.0 / 5247.0, 49.0 / 176.0, -5103.0 / 18656.0],
            &b,
        ]),
        b: pad(&b),
        e: difference(&b, &b_hat),
        e2: None,
        interpolant: corrected_hermite(
            &b,
            6,
            [
                [-12715105075.0 / 11282082432.0],
                [0.0],
                [87487479700.0 / 32700410799.0],
                [-10690763975.0 / 1880347072.0],
                [701980252875.0 / 199316789632.0],
                [-1453857185.0 / 822651844.0],
                [69997945.0 / 29380423.0],
            ],
        ),
    }
}
.checked();
