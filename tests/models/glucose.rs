//! Glucose and insulin with meals from a table, binary search for the active meal.
use diffeq::prelude::*;

const MEAL_TIMES: [f64; 4] = [0.05, 0.2, 0.45, 0.8];
const CARBS: [f64; 4] = [30.0, 0.0, 60.0, 10.0];

#[differentiable]
fn active_meal(t: f64) -> Option<usize> {
    if t < MEAL_TIMES[0] {
        return None;
    }
    let (mut lo, mut hi) = (0, MEAL_TIMES.len());
    while hi - lo > 1 {
        let mid = (lo + hi) / 2;
        if MEAL_TIMES[mid] <= t {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    Some(lo)
}

#[derive(Components, Clone, Copy)]
pub struct Patient {
    p1: f64,
    p2: f64,
    p3: f64,
    n: f64,
    gamma: f64,
    gb: f64,
    h: f64,
}

#[ode]
pub fn glucose(u: [f64; 3], p: &Patient, t: f64) -> [f64; 3] {
    let [g, x, i] = u;
    let appearance = match active_meal(t) {
        Some(k) => {
            let since = t - MEAL_TIMES[k];
            CARBS[k] * since * (-since * 10.0).exp()
        }
        None => 0.0,
    };
    let release = if g > p.h { p.gamma * (g - p.h) * t } else { 0.0 };
    [-p.p1 * (g - p.gb) - x * g + appearance, -p.p2 * x + p.p3 * i, release - p.n * i]
}
