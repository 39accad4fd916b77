//! Constants and statics outside the model: tables of numbers, of indices, of conditions.

use super::*;

const WEIGHTS: [f64; 3] = [0.25, 0.5, -1.25];
const NEXT: [usize; 3] = [2, 0, 1];
const SIGNS: [[i32; 3]; 3] = [[-1, 0, 2], [1, -3, 0], [0, 2, -1]];
const ON: [bool; 3] = [true, false, true];
const DOSES: [(f64, f64, f64); 2] = [(0.0, 1.5, 4.0), (2.0, 1.0, 3.0)];
const BRANCHES: [[(usize, f64); 2]; 3] = [[(1, 0.75), (2, 0.25)], [(2, 1.0), (0, 0.0)], [(0, 0.5), (1, 0.5)]];
static TIMES: [f64; 4] = [0.0, 1.0, 2.5, 9.0];
const FLOWS: &[f64] = &[0.5, 1.25, 0.75, 2.0];
const ENABLED: bool = true;
const ORDER: usize = 2;

struct Site {
    area: f64,
    cells: [usize; 2],
}

const SITES: [Site; 2] = [Site { area: 1.5, cells: [0, 1] }, Site { area: 0.5, cells: [2, 0] }];

struct Butcher;

impl Butcher {
    const B: [f64; 3] = [0.125, 0.375, 0.5];
    const SCALE: f64 = 2.5;
}

const fn twice(x: f64) -> f64 {
    2.0 * x
}

const DOUBLED: [f64; 2] = [twice(1.5), twice(0.25)];

#[differentiable]
fn weighted(w: &[f64; 3], x: &[f64; 3]) -> f64 {
    w[0] * x[0] + w[1] * x[1] + w[2] * x[2]
}

#[differentiable]
fn taken(w: [f64; 3], n: usize, x: f64) -> f64 {
    w[n] * x * x
}

#[differentiable]
fn inflow(t: f64) -> f64 {
    if t <= TIMES[0] {
        return FLOWS[0];
    }
    for k in 0..TIMES.len() - 1 {
        if t < TIMES[k + 1] {
            let w = (t - TIMES[k]) / (TIMES[k + 1] - TIMES[k]);
            return (1.0 - w) * FLOWS[k] + w * FLOWS[k + 1];
        }
    }
    FLOWS[FLOWS.len() - 1]
}

models! {
    fn indexed(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        for i in 0..3 {
            du[i] = WEIGHTS[i] * u[NEXT[i]] + p[0] * WEIGHTS[NEXT[i]];
            du[i] += SIGNS[i][NEXT[i]] as f64 * u[i];
        }
    }
    fn iterated(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        for (d, w) in du.iter_mut().zip(WEIGHTS) {
            *d = w * p[1];
        }
        for (i, row) in SIGNS.iter().enumerate() {
            du[i] += row.iter().zip(u).map(|(&s, &x)| s as f64 * x).sum::<f64>();
        }
        for (i, &w) in WEIGHTS.iter().enumerate().rev() {
            du[i] *= 1.0 + w;
        }
        du[0] += WEIGHTS.iter().sum::<f64>() * u[1];
    }
    fn of_tuples(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        *du = [0.0; 3];
        let mut rate = 0.0;
        for (start, duration, amount) in DOSES {
            if t >= start && t < start + duration {
                rate += amount / duration;
            }
        }
        for i in 0..3 {
            let decays = p[0] * u[i];
            du[i] -= decays;
            for (to, fraction) in BRANCHES[i] {
                du[to] += fraction * decays;
            }
        }
        du[0] += rate * DOSES[1].2;
    }
    fn of_conditions(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        for i in 0..3 {
            du[i] = if ON[i] { u[i] * p[0] } else { -u[i] };
            if !ON[NEXT[i]] && ENABLED {
                du[i] += 1.0;
            }
        }
        if !ENABLED || WEIGHTS[0] > WEIGHTS[1] {
            du[0] = 100.0;
        }
    }
    fn of_structs(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        *du = [p[0], p[1], t];
        for site in &SITES {
            for &cell in &site.cells {
                du[cell] += site.area * u[cell];
            }
        }
        for k in 0..2 {
            let area = SITES[k].area;
            du[SITES[k].cells[1]] -= area * area;
        }
    }
    fn named(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let w = WEIGHTS[0];
        let n = NEXT[0];
        let next = NEXT;
        let row = SIGNS[1];
        let [a, b, _] = WEIGHTS;
        du[0] = w * u[n] + a;
        du[1] = row[1] as f64 * u[next[1]] + b;
        du[2] = SIGNS[2][1] as f64 / (NEXT.len() as f64);
    }
    fn copied_and_written(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let mut w = WEIGHTS;
        w[1] = u[1] * w[1];
        w[2] += p[0];
        let mut k = NEXT[1];
        k += 1;
        let mut first = WEIGHTS[k];
        first *= u[0];
        du[0] = w[0] * w[1] + WEIGHTS[1];
        du[1] = w[2] * u[k] + first;
        du[2] = k as f64 * u[2];
    }
    fn mapped(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let w = WEIGHTS.map(|w| w * p[0] + u[2]);
        for i in 0..WEIGHTS.len() {
            du[i] = w[i] * u[i];
        }
        let double = WEIGHTS.iter().map(|w| 2.0 * w).fold(0.0, |a, x| a + x * u[0]);
        du[2] += double;
    }
    fn handed_on(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        du[0] = weighted(&WEIGHTS, u) * p[0];
        du[1] = taken(WEIGHTS, NEXT[1], u[1]);
        du[2] = taken(*u, ORDER, WEIGHTS[1]) + inflow(t);
    }
    fn associated(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        for i in 0..3 {
            du[i] = Butcher::B[i] * u[i] * Butcher::SCALE;
        }
        du[0] += DOUBLED[ORDER - 1] * u[1];
        du[1] += u[1].powi(SIGNS[0][2]) * NEXT[0].pow(2) as f64;
    }
    fn integers_stay_integers(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let half = (SIGNS[1][1] / SIGNS[0][2]) as f64;
        let n = NEXT[0] + NEXT[2];
        du[0] = half * u[0];
        du[1] = (n / ORDER) as f64 * u[1];
        du[2] = if NEXT[0] > NEXT[1] { u[2] } else { -u[2] };
    }
}

mod tests {
    use super::check;
    tests!(indexed iterated of_tuples of_conditions of_structs named copied_and_written mapped handed_on associated
        integers_stay_integers);
}
