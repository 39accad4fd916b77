//! Owren and Zennaro's continuous pair of order 5.
//!
//! Its interpolant is of the order of the solution and needs no stage beyond the slope at the step's end.
#![allow(clippy::excessive_precision, reason = "the digits are those of the source")]

use crate::tableau::Tableau;
use crate::tableau::build::corrected_hermite;
use crate::tableau::build::difference;
use crate::tableau::build::pad;
use crate::tableau::build::rows;

/// Owren and Zennaro's pair of orders 5(4) with an interpolant of order 5 for free: delay equations, events.
pub const OWREN_ZEN5: Tableau<8, 5> = {
    let b = [83.0 / 945.0, 0.0, 248.0 / 825.0, 41.0 / 180.0, 1.0 / 36.0, 2401.0 / 38610.0, 6016.0 / 20475.0];
    let b_hat = [-1.0 / 9.0, 0.0, 40.0 / 33.0, -1.75, -1.0 / 12.0, 343.0 / 198.0];
    Tableau {
        name: "OwrenZen5",
        reference: "Owren, Zennaro, SIAM J. Sci. Stat. Comput. 13 (1992) 1488-1501",
        order: 5,
        error_order: 4,
        error_order2: 0,
        interpolant_order: 5,
        c: [0.0, 1.0 / 6.0, 0.25, 0.5, 0.5, 9.0 / 14.0, 0.875, 1.0],
        a: rows([
            &[],
            &[1.0 / 6.0],
            &[0.0625, 0.1875],
            &[0.25, -0.75, 1.0],
            &[-0.75, 3.75, -3.0, 0.5],
            &[369.0 / 1372.0, -243.0 / 343.0, 297.0 / 343.0, 1485.0 / 9604.0, 297.0 / 4802.0],
            &[
                -133.0 / 4512.0,
                1113.0 / 6016.0,
                7945.0 / 16544.0,
                -12845.0 / 24064.0,
                -315.0 / 24064.0,
                156065.0 / 198528.0,
            ],
            &b,
        ]),
        b: pad(&b),
        e: difference(&b, &b_hat),
        e2: None,
        interpolant: corrected_hermite(
            &b,
            7,
            [
                [-9349.0 / 4095.0, 596.0 / 315.0],
                [0.0; 2],
                [22336.0 / 3575.0, -1984.0 / 275.0],
                [-1189.0 / 390.0, 118.0 / 15.0],
                [-101.0 / 78.0, 2.0],
                [-117649.0 / 83655.0, -9604.0 / 6435.0],
                [192512.0 / 88725.0, -48128.0 / 6825.0],
                [-5.0 / 13.0, 4.0],
            ],
        ),
    }
}
.checked();
