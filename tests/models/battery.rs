//! A battery with an open-circuit-voltage table and a drive cycle; charging logic by an enum.
use diffeq::prelude::*;

const SOC: [f64; 6] = [0.0, 0.1, 0.25, 0.5, 0.8, 1.0];
const OCV: [f64; 6] = [3.0, 3.4, 3.55, 3.7, 3.95, 4.2];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Mode {
    Rest,
    Discharge,
    Charge,
}

#[derive(Components, Clone, Copy)]
pub struct Cell {
    pub capacity: f64,
    pub r0: f64,
    pub r1: f64,
    pub c1: f64,
    pub heat_capacity: f64,
    pub cooling: f64,
    pub ambient: f64,
}

#[differentiable]
fn lerp(xs: &[f64; 6], ys: &[f64; 6], x: f64) -> f64 {
    let last = xs.len() - 1;
    match x {
        x if x <= xs[0] => ys[0],
        x if x >= xs[last] => ys[last],
        x => {
            let k = xs.iter().take_while(|&&knot| knot <= x).count() - 1;
            let frac = (x - xs[k]) / (xs[k + 1] - xs[k]);
            ys[k] + frac * (ys[k + 1] - ys[k])
        }
    }
}

#[ode]
pub fn cell(du: &mut [f64; 4], u: &[f64; 4], p: &Cell, t: f64) {
    let [soc, v1, temp, throughput] = *u;
    let mode = match (t * 4.0) as usize % 3 {
        0 => Mode::Discharge,
        1 => Mode::Rest,
        _ => Mode::Charge,
    };
    let current = match mode {
        Mode::Rest => 0.0,
        Mode::Discharge if soc > 0.05 => 1.5,
        Mode::Charge if soc < 0.95 => -1.0,
        _ => 0.0,
    };
    let arrhenius = (-0.02 * (temp - p.ambient)).exp();
    let voltage = lerp(&SOC, &OCV, soc) - v1 - p.r0 * arrhenius * current;
    let loss = current * (lerp(&SOC, &OCV, soc) - voltage);
    *du = [
        -current / p.capacity,
        current / p.c1 - v1 / (p.r1 * p.c1),
        (loss - p.cooling * (temp - p.ambient)) / p.heat_capacity,
        current.abs() - 0.0 * throughput,
    ];
}
