//! Plankton in a water column: light by layers from the top, nutrients, sinking; accumulators, scan, windows.
use diffeq::prelude::*;

const LAYERS: usize = 3;

#[derive(Components, Clone, Copy)]
pub struct Column {
    pub nutrient: [f64; LAYERS],
    pub phyto: [f64; LAYERS],
    pub detritus: [f64; LAYERS],
}

#[derive(Components, Clone, Copy)]
pub struct Rates {
    pub light: f64,
    pub absorption: f64,
    pub growth: f64,
    pub half: f64,
    pub death: f64,
    pub mixing: f64,
    pub sinking: f64,
}

#[differentiable]
fn daylight(t: f64) -> f64 {
    let hour = 24.0 * t.fract();
    if hour < 6.0 || hour > 18.0 { 0.0 } else { (std::f64::consts::PI * (hour - 6.0) / 12.0).sin() }
}

#[differentiable]
fn mix(field: &[f64; LAYERS], k: usize) -> f64 {
    let up = if k == 0 { 0.0 } else { field[k - 1] - field[k] };
    let down = if k + 1 == LAYERS { 0.0 } else { field[k + 1] - field[k] };
    up + down
}

#[ode]
pub fn column(du: &mut Column, u: &Column, p: &Rates, t: f64) {
    let surface = p.light * (0.2 + daylight(t));
    let light = u.phyto.iter().scan(surface, |above, x| {
        let here = *above;
        *above *= (-p.absorption * x).exp();
        Some(here)
    });
    for (k, light) in light.enumerate() {
        let Column { nutrient, phyto, detritus } = u;
        let limit = (nutrient[k] / (p.half + nutrient[k])).min(light / (1.0 + light));
        let growth = p.growth * limit * phyto[k];
        let death = p.death * phyto[k];
        let remineralised = 0.1 * detritus[k];
        let settling = p.sinking * detritus[k];
        du.nutrient[k] = remineralised - growth + p.mixing * mix(nutrient, k);
        du.phyto[k] = growth - death + p.mixing * mix(phyto, k);
        du.detritus[k] = death - remineralised - settling + p.mixing * mix(detritus, k);
        if k > 0 {
            du.detritus[k] += p.sinking * detritus[k - 1];
        }
    }
}
