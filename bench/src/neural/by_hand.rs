//! The spiral's loss and gradient as one loop, for this network and this method alone.
//!
//! It is told the steps: no error estimate, no controller. Everything that the way back needs is kept on the way there.

#![allow(clippy::needless_range_loop)] // the indices are those of the formulas

use diffeq::real::Real;
use diffeq::tableau::TSIT5;

/// Neurons.
const H: usize = 50;
/// Weights and biases of both layers, in dfdx's order.
pub const PARAMETERS: usize = 2 * H + H + 2 * H + 2;
const STAGES: usize = 7;

/// A step: how long it is, and which rows lie in it, by number and place.
#[derive(Debug, Clone)]
pub struct Step {
    /// Its length.
    pub h: f64,
    /// Rows of the solution: their number and how far into the step they lie.
    pub rows: Vec<(usize, f64)>,
}

/// What the way back needs of a stage.
#[derive(Clone, Copy)]
struct Stage<T> {
    u: [T; 2],
    cubes: [T; 2],
    hidden: [T; H],
}

/// Memory that one iteration leaves to the next.
pub struct Loop<T> {
    stages: Vec<[Stage<T>; STAGES]>,
    slopes: Vec<[[T; 2]; STAGES]>,
    states: Vec<[T; 2]>,
}

impl<T: Real> Loop<T> {
    /// Nothing yet.
    pub fn new() -> Self {
        Self { stages: Vec::new(), slopes: Vec::new(), states: Vec::new() }
    }

    /// The sum of the squared distances of the rows from `data`, and its gradient by the parameters.
    pub fn run(
        &mut self,
        p: &[T; PARAMETERS],
        u0: [T; 2],
        steps: &[Step],
        data: &[[T; 2]],
    ) -> (T, [T; PARAMETERS]) {
        let tableau = const { &TSIT5 };
        let (w1, rest) = p.split_at(2 * H);
        let (b1, rest) = rest.split_at(H);
        let (w2, b2) = rest.split_at(2 * H);
        self.stages.clear();
        self.slopes.clear();
        self.states.clear();
        let two = T::lit(2.0);
        let mut u = u0;
        let mut loss = T::ZERO;
        for step in steps {
            let h = T::lit(step.h);
            let blank = Stage { u, cubes: [T::ZERO; 2], hidden: [T::ZERO; H] };
            let (mut stages, mut k) = ([blank; STAGES], [[T::ZERO; 2]; STAGES]);
            for i in 0..STAGES {
                if i == 0
                    && let (Some(last), Some(slopes)) = (self.stages.last(), self.slopes.last())
                {
                    // First same as last.
                    (stages[0], k[0]) = (last[STAGES - 1], slopes[STAGES - 1]);
                    continue;
                }
                let mut y = u;
                for j in 0..i {
                    let a = T::lit(step.h * tableau.a[i][j]);
                    y[0] += a * k[j][0];
                    y[1] += a * k[j][1];
                }
                let cubes = y.map(|y| y * y * y);
                let stage = &mut stages[i];
                (stage.u, stage.cubes) = (y, cubes);
                for n in 0..H {
                    stage.hidden[n] =
                        (w1[2 * n] * cubes[0] + w1[2 * n + 1] * cubes[1] + b1[n]).tanh_lane::<false>();
                }
                for (o, k) in k[i].iter_mut().enumerate() {
                    let mut sums = [T::ZERO; 10];
                    for n in 0..H / 10 {
                        for lane in 0..10 {
                            sums[lane] += w2[o * H + 10 * n + lane] * stage.hidden[10 * n + lane];
                        }
                    }
                    *k = sums.iter().fold(b2[o], |sum, x| sum + *x);
                }
            }
            for &(row, theta) in &step.rows {
                let residual = residual(&tableau.weights(theta), h, u, &k, data[row]);
                loss += residual[0] * residual[0] + residual[1] * residual[1];
            }
            self.states.push(u);
            u = stages[STAGES - 1].u;
            self.stages.push(stages);
            self.slopes.push(k);
        }
        let mut p_bar = [T::ZERO; PARAMETERS];
        let (w1_bar, rest) = p_bar.split_at_mut(2 * H);
        let (b1_bar, rest) = rest.split_at_mut(H);
        let (w2_bar, b2_bar) = rest.split_at_mut(2 * H);
        let mut u_bar = [T::ZERO; 2];
        // What the first slope of the step after, which is the last one of this, gives.
        let mut next_k_bar = [T::ZERO; 2];
        for (n, step) in steps.iter().enumerate().rev() {
            let (h, stages, k) = (T::lit(step.h), &self.stages[n], &self.slopes[n]);
            let mut k_bar = [[T::ZERO; 2]; STAGES];
            k_bar[STAGES - 1] = next_k_bar;
            for i in 0..STAGES {
                let b = T::lit(step.h * tableau.b[i]);
                for c in 0..2 {
                    k_bar[i][c] += b * u_bar[c];
                }
            }
            for &(row, theta) in &step.rows {
                let weights = tableau.weights(theta);
                let bar = residual(&weights, h, self.states[n], k, data[row]).map(|r| two * r);
                for i in 0..STAGES {
                    let w = T::lit(step.h * weights[i]);
                    for c in 0..2 {
                        k_bar[i][c] += w * bar[c];
                    }
                }
                for c in 0..2 {
                    u_bar[c] += bar[c];
                }
            }
            for i in (0..STAGES).rev() {
                // The first slope belongs to the step before, but for the very first.
                if i == 0 && n > 0 {
                    next_k_bar = k_bar[0];
                    continue;
                }
                let stage = &stages[i];
                let [a, b] = k_bar[i];
                let mut cubes_bar = [T::ZERO; 2];
                for m in 0..H {
                    let hidden = stage.hidden[m];
                    w2_bar[m] += a * hidden;
                    w2_bar[H + m] += b * hidden;
                    let z_bar = (a * w2[m] + b * w2[H + m]) * (T::ONE - hidden * hidden);
                    w1_bar[2 * m] += z_bar * stage.cubes[0];
                    w1_bar[2 * m + 1] += z_bar * stage.cubes[1];
                    b1_bar[m] += z_bar;
                    cubes_bar[0] += z_bar * w1[2 * m];
                    cubes_bar[1] += z_bar * w1[2 * m + 1];
                }
                b2_bar[0] += a;
                b2_bar[1] += b;
                for c in 0..2 {
                    let y_bar = cubes_bar[c] * T::lit(3.0) * stage.u[c] * stage.u[c];
                    u_bar[c] += y_bar;
                    for j in 0..i {
                        k_bar[j][c] += T::lit(step.h * tableau.a[i][j]) * y_bar;
                    }
                }
            }
        }
        (loss, p_bar)
    }
}

/// How far a row is from the data.
fn residual<T: Real>(weights: &[f64; STAGES], h: T, u: [T; 2], k: &[[T; 2]; STAGES], data: [T; 2]) -> [T; 2] {
    std::array::from_fn(|c| {
        let slope = k.iter().zip(weights).fold(T::ZERO, |sum, (k, w)| sum + k[c].scale(*w));
        u[c] + h * slope - data[c]
    })
}
