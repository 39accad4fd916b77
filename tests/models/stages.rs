//! A stage-structured insect population with temperature-dependent rates.
use diffeq::prelude::*;

type State = [f64; 5];

#[repr(usize)]
#[derive(Clone, Copy)]
enum Stage {
    Egg = 0,
    Larva,
    Pupa,
    Adult,
    Old,
}

const THRESHOLDS: [f64; 4] = [8.0, 10.0, 11.5, 5.0];
const DEGREE_DAYS: [f64; 4] = [60.0, 180.0, 90.0, 140.0];

#[differentiable]
fn temperature(t: f64) -> f64 {
    const DAILY: [f64; 8] = [9.0, 8.0, 10.0, 15.0, 20.0, 23.0, 18.0, 12.0];
    let hours = (t - t.floor()) * 8.0;
    let k = (hours as usize).min(7);
    let next = (k + 1) % DAILY.len();
    let w = hours - k as f64;
    DAILY[k] * (1.0 - w) + DAILY[next] * w
}

#[ode]
pub fn insects(du: &mut State, u: &State, p: &[f64; 3], t: f64) {
    let temp = temperature(t);
    let development: Vec4 = std::array::from_fn(|k| ((temp - THRESHOLDS[k]) / DEGREE_DAYS[k]).max(0.0));
    type Vec4 = [f64; 4];
    let crowding = 1.0 / (1.0 + p[1] * u[Stage::Larva as usize]);
    let births = p[0] * u[Stage::Adult as usize] * crowding;
    let mut inflow = births;
    for stage in 0..Stage::Old as usize {
        let out = development[stage] * u[stage];
        du[stage] = inflow - out - p[2] * u[stage];
        inflow = out;
    }
    du[Stage::Old as usize] = inflow - 0.5 * u[Stage::Old as usize];
}
