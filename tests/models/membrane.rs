//! Cable equation with three channel kinds by a list of enum values; nested match, helper returning tuple.
use diffeq::prelude::*;

const SEGMENTS: usize = 7;

#[derive(Clone, Copy)]
enum Channel {
    Leak { g: f64, e: f64 },
    Sigmoid { g: f64, e: f64, half: f64, slope: f64 },
    None,
}

const CHANNELS: [Channel; SEGMENTS] = [
    Channel::Leak { g: 0.3, e: -0.65 },
    Channel::None,
    Channel::Sigmoid { g: 1.2, e: 0.5, half: -0.3, slope: 0.1 },
    Channel::Leak { g: 0.2, e: -0.7 },
    Channel::Sigmoid { g: 0.8, e: -0.9, half: -0.1, slope: 0.2 },
    Channel::None,
    Channel::Leak { g: 0.3, e: -0.65 },
];

#[differentiable]
fn gate(v: f64, half: f64, slope: f64) -> f64 {
    1.0 / (1.0 + ((half - v) / slope).exp())
}

#[ode]
pub fn cable(du: &mut [f64; SEGMENTS], v: &[f64; SEGMENTS], p: &[f64; 4], t: f64) {
    let [capacitance, axial, stimulus, width] = *p;
    for k in 0..SEGMENTS {
        let current = match CHANNELS[k] {
            Channel::Leak { g, e } => g * (e - v[k]),
            Channel::Sigmoid { g, e, half, slope } => g * gate(v[k], half, slope) * (e - v[k]),
            Channel::None => 0.0,
        };
        let left = if k > 0 { v[k - 1] - v[k] } else { 0.0 };
        let right = v.get(k + 1).map_or(0.0, |next| next - v[k]);
        let injected = if k == 0 && t < width { stimulus } else { 0.0 };
        du[k] = (current + axial * (left + right) + injected) / capacitance;
    }
}
