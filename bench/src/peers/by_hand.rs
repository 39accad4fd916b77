//! The baseline: Tsit5 for one purpose, as one would write it in an afternoon.

use super::BY_HAND;
use super::Contender;
use super::End;
use super::MAX_STEPS;
use crate::problems::Problem;

/// The one method there is.
pub fn methods<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    vec![Contender::new(BY_HAND, "Tsit5", tsit5)]
}

/// `[a; row]` of Tsitouras, Comput. Math. Appl. 62 (2011) 770-775, table 1; the last row is `b`.
const A: [[f64; 6]; 6] = [
    [0.161, 0.0, 0.0, 0.0, 0.0, 0.0],
    [-0.008480655492356989, 0.335480655492357, 0.0, 0.0, 0.0, 0.0],
    [2.8971530571054935, -6.359448489975075, 4.3622954328695815, 0.0, 0.0, 0.0],
    [5.325864828439257, -11.748883564062828, 7.4955393428898365, -0.09249506636175525, 0.0, 0.0],
    [5.86145544294642, -12.92096931784711, 8.159367898576159, -0.071584973281401, -0.028269050394068383, 0.0],
    [0.09646076681806523, 0.01, 0.4798896504144996, 1.379008574103742, -3.290069515436081, 2.324710524099774],
];

/// `b - b_hat`.
const E: [f64; 7] = [
    -0.001780011052225777,
    -0.0008164344596567469,
    0.007880878010261995,
    -0.1447110071732629,
    0.5823571654525552,
    -0.45808210592918697,
    1.0 / 66.0,
];

/// First same as last, a PI controller (Gustafsson 1991, exponents 0.7 and -0.4), the maximum of both ends in the error's scale.
fn tsit5<P: Problem<N>, const N: usize>(problem: &P, end: f64, tolerance: f64) -> Option<End<N>> {
    let mut u = problem.start();
    let mut k = [[0.0; N]; 7];
    let mut stage = [0.0; N];
    problem.rhs(&mut k[0], &u);
    let mut h = initial_step(problem, &u, &k[0], tolerance).min(end);
    let mut evaluations = 2;
    let mut t = 0.0;
    let mut error_before = 1.0_f64;
    for _ in 0..MAX_STEPS {
        let last = t + h >= end;
        if last {
            h = end - t;
        }
        let [k1, k2, k3, k4, k5, k6, k7] = &mut k;
        for i in 0..N {
            stage[i] = u[i] + h * (A[0][0] * k1[i]);
        }
        problem.rhs(k2, &stage);
        for i in 0..N {
            stage[i] = u[i] + h * (A[1][0] * k1[i] + A[1][1] * k2[i]);
        }
        problem.rhs(k3, &stage);
        for i in 0..N {
            stage[i] = u[i] + h * (A[2][0] * k1[i] + A[2][1] * k2[i] + A[2][2] * k3[i]);
        }
        problem.rhs(k4, &stage);
        for i in 0..N {
            stage[i] = u[i] + h * (A[3][0] * k1[i] + A[3][1] * k2[i] + A[3][2] * k3[i] + A[3][3] * k4[i]);
        }
        problem.rhs(k5, &stage);
        for i in 0..N {
            let sum = A[4][0] * k1[i] + A[4][1] * k2[i] + A[4][2] * k3[i] + A[4][3] * k4[i] + A[4][4] * k5[i];
            stage[i] = u[i] + h * sum;
        }
        problem.rhs(k6, &stage);
        for i in 0..N {
            let sum = A[5][0] * k1[i] + A[5][1] * k2[i] + A[5][2] * k3[i] + A[5][3] * k4[i] + A[5][4] * k5[i];
            stage[i] = u[i] + h * (sum + A[5][5] * k6[i]);
        }
        problem.rhs(k7, &stage);
        evaluations += 6;

        let mut square = 0.0;
        for i in 0..N {
            let sum = E[0] * k1[i] + E[1] * k2[i] + E[2] * k3[i] + E[3] * k4[i] + E[4] * k5[i] + E[5] * k6[i];
            let scale = tolerance + tolerance * u[i].abs().max(stage[i].abs());
            let scaled = h * (sum + E[6] * k7[i]) / scale;
            square += scaled * scaled;
        }
        let error = (square / N as f64).sqrt();
        if !error.is_finite() {
            return None;
        }

        if error <= 1.0 {
            if last {
                return Some(End { u: stage, evaluations });
            }
            t += h;
            u = stage;
            k[0] = k[6];
            h *= (0.9 * error.powf(-0.14) * error_before.powf(0.08)).clamp(0.2, 10.0);
            error_before = error.max(1e-20);
        } else {
            h *= (0.9 * error.powf(-0.2)).max(0.2);
        }
    }
    None
}

/// Hairer, Nørsett & Wanner, *Solving ODEs I*, II.4: the algorithm on page 169.
fn initial_step<P: Problem<N>, const N: usize>(
    problem: &P,
    u: &[f64; N],
    f0: &[f64; N],
    tolerance: f64,
) -> f64 {
    let norm = |v: &[f64; N]| {
        let square: f64 = (0..N).map(|i| (v[i] / (tolerance + tolerance * u[i].abs())).powi(2)).sum();
        (square / N as f64).sqrt()
    };
    let (d0, d1) = (norm(u), norm(f0));
    let h0 = if d0 < 1e-5 || d1 < 1e-5 { 1e-6 } else { 0.01 * d0 / d1 };
    let u1 = std::array::from_fn(|i| u[i] + h0 * f0[i]);
    let mut f1 = [0.0; N];
    problem.rhs(&mut f1, &u1);
    let d2 = norm(&std::array::from_fn(|i| f1[i] - f0[i])) / h0;
    let h1 = if d1.max(d2) <= 1e-15 { (h0 * 1e-3).max(1e-6) } else { (0.01 / d1.max(d2)).powf(0.2) };
    h1.min(100.0 * h0)
}
