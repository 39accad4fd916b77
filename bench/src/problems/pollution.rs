//! Twenty species, twenty-five reactions.

use super::HandWritten;

/// The air pollution problem of the Dutch National Institute of Public Health.
///
/// Verwer, *Gauss-Seidel iteration for stiff ODEs from chemical kinetics*, SIAM J. Sci. Comput. 15 (1994); POLLU in the
/// test set for IVP solvers (Mazzia & Magherini, 2008), II.6. Only its derivatives are timed: it is stiff.
pub struct Pollution;

/// The rate constants, in minutes and parts per million.
const RATES: [f64; 25] = [
    0.35, 26.6, 12.3e3, 0.86e-3, 0.82e-3, 15e3, 0.13e-3, 24e3, 16.5e3, 9e3, 0.022, 12e3, 1.88, 16.3e3, 4.8e6,
    0.35e-3, 0.0175, 1e8, 4.44e11, 1240.0, 2.1, 5.78, 0.0474, 1780.0, 3.12,
];

/// Runs a macro for each reaction with its number and its reactants, one or two: straight-line code, as one writes it.
macro_rules! for_each_reaction {
    ($reaction:ident) => {
        $reaction!(0 0);
        $reaction!(1 1 3);
        $reaction!(2 4 1);
        $reaction!(3 6);
        $reaction!(4 6);
        $reaction!(5 6 5);
        $reaction!(6 8);
        $reaction!(7 8 5);
        $reaction!(8 10 1);
        $reaction!(9 10 0);
        $reaction!(10 12);
        $reaction!(11 9 1);
        $reaction!(12 13);
        $reaction!(13 0 5);
        $reaction!(14 2);
        $reaction!(15 3);
        $reaction!(16 3);
        $reaction!(17 15);
        $reaction!(18 15);
        $reaction!(19 16 5);
        $reaction!(20 18);
        $reaction!(21 18);
        $reaction!(22 0 3);
        $reaction!(23 18 0);
        $reaction!(24 19);
    };
}

/// The speeds of the reactions.
#[inline]
fn speeds(u: &[f64; 20], k: &[f64; 25]) -> [f64; 25] {
    [
        k[0] * u[0],
        k[1] * u[1] * u[3],
        k[2] * u[4] * u[1],
        k[3] * u[6],
        k[4] * u[6],
        k[5] * u[6] * u[5],
        k[6] * u[8],
        k[7] * u[8] * u[5],
        k[8] * u[10] * u[1],
        k[9] * u[10] * u[0],
        k[10] * u[12],
        k[11] * u[9] * u[1],
        k[12] * u[13],
        k[13] * u[0] * u[5],
        k[14] * u[2],
        k[15] * u[3],
        k[16] * u[3],
        k[17] * u[15],
        k[18] * u[15],
        k[19] * u[16] * u[5],
        k[20] * u[18],
        k[21] * u[18],
        k[22] * u[0] * u[3],
        k[23] * u[18] * u[0],
        k[24] * u[19],
    ]
}

/// The balance of each species.
#[inline]
fn balance(r: &[f64; 25]) -> [f64; 20] {
    [
        -r[0] - r[9] - r[13] - r[22] - r[23] + r[1] + r[2] + r[8] + r[10] + r[11] + r[21] + r[24],
        -r[1] - r[2] - r[8] - r[11] + r[0] + r[20],
        -r[14] + r[0] + r[16] + r[18] + r[21],
        -r[1] - r[15] - r[16] - r[22] + r[14],
        -r[2] + 2.0 * r[3] + r[5] + r[6] + r[12] + r[19],
        -r[5] - r[7] - r[13] - r[19] + r[2] + 2.0 * r[17],
        -r[3] - r[4] - r[5] + r[12],
        r[3] + r[4] + r[5] + r[6],
        -r[6] - r[7],
        -r[11] + r[6] + r[8],
        -r[8] - r[9] + r[7] + r[10],
        r[8],
        -r[10] + r[9],
        -r[12] + r[11],
        r[13],
        -r[17] - r[18] + r[15],
        -r[19],
        r[19],
        -r[20] - r[21] - r[23] + r[22] + r[24],
        -r[24] + r[23],
    ]
}

/// The transpose of [`balance`].
#[inline]
fn balance_transposed(w: &[f64; 20]) -> [f64; 25] {
    [
        w[1] + w[2] - w[0],
        w[0] - w[1] - w[3],
        w[0] - w[1] - w[4] + w[5],
        2.0 * w[4] - w[6] + w[7],
        w[7] - w[6],
        w[4] - w[5] - w[6] + w[7],
        w[4] + w[7] - w[8] + w[9],
        w[10] - w[5] - w[8],
        w[0] - w[1] + w[9] - w[10] + w[11],
        w[12] - w[0] - w[10],
        w[0] + w[10] - w[12],
        w[0] - w[1] - w[9] + w[13],
        w[4] + w[6] - w[13],
        w[14] - w[0] - w[5],
        w[3] - w[2],
        w[15] - w[3],
        w[2] - w[3],
        2.0 * w[5] - w[15],
        w[2] - w[15],
        w[4] - w[5] - w[16] + w[17],
        w[1] - w[18],
        w[0] + w[2] - w[18],
        w[18] - w[0] - w[3],
        w[19] - w[0] - w[18],
        w[0] + w[18] - w[19],
    ]
}

impl HandWritten<20, 25> for Pollution {
    fn parameters(&self) -> [f64; 25] {
        RATES
    }

    fn state(&self) -> [f64; 20] {
        std::array::from_fn(|i| 0.01 * (1.0 + i as f64))
    }

    #[inline]
    fn rhs(du: &mut [f64; 20], u: &[f64; 20], p: &[f64; 25]) {
        *du = balance(&speeds(u, p));
    }

    #[inline]
    fn jvp(
        du: &mut [f64; 20],
        du_dot: &mut [f64; 20],
        u: &[f64; 20],
        u_dot: &[f64; 20],
        p: &[f64; 25],
        p_dot: &[f64; 25],
    ) {
        let mut r = [0.0; 25];
        let mut r_dot = [0.0; 25];
        macro_rules! reaction {
            ($k:literal $i:literal) => {
                r[$k] = p[$k] * u[$i];
                r_dot[$k] = p_dot[$k] * u[$i] + p[$k] * u_dot[$i];
            };
            ($k:literal $i:literal $j:literal) => {
                let product = u[$i] * u[$j];
                r[$k] = p[$k] * product;
                r_dot[$k] = p_dot[$k] * product + p[$k] * (u_dot[$i] * u[$j] + u[$i] * u_dot[$j]);
            };
        }
        for_each_reaction!(reaction);
        *du = balance(&r);
        *du_dot = balance(&r_dot);
    }

    #[inline]
    fn vjp(du_bar: &[f64; 20], u: &[f64; 20], p: &[f64; 25], u_bar: &mut [f64; 20], p_bar: &mut [f64; 25]) {
        let r_bar = balance_transposed(du_bar);
        macro_rules! reaction {
            ($k:literal $i:literal) => {
                u_bar[$i] += p[$k] * r_bar[$k];
                p_bar[$k] += u[$i] * r_bar[$k];
            };
            ($k:literal $i:literal $j:literal) => {
                let product_bar = p[$k] * r_bar[$k];
                u_bar[$i] += u[$j] * product_bar;
                u_bar[$j] += u[$i] * product_bar;
                p_bar[$k] += u[$i] * u[$j] * r_bar[$k];
            };
        }
        for_each_reaction!(reaction);
    }
}
