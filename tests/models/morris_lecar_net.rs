//! A ring of neurons with synapses; gating functions as helpers, closures for the currents.
use diffeq::prelude::*;

const CELLS: usize = 4;

mod channel {
    pub const G_CA: f64 = 4.4;
    pub const G_K: f64 = 8.0;
    pub const G_L: f64 = 2.0;
    pub const E_CA: f64 = 1.2;
    pub const E_K: f64 = -0.84;
    pub const E_L: f64 = -0.6;
}

#[differentiable]
#[inline]
fn m_inf(v: f64, v1: f64, v2: f64) -> f64 {
    0.5 * (1.0 + ((v - v1) / v2).tanh())
}

#[differentiable]
fn synapse(v: f64, threshold: f64) -> f64 {
    if v < threshold - 5.0 {
        return 0.0;
    }
    1.0 / (1.0 + (-(v - threshold) / 0.1).exp())
}

#[ode]
pub fn ring(du: &mut [f64; 2 * CELLS], u: &[f64; 2 * CELLS], p: &[f64; 6], t: f64) {
    use channel::*;
    let [v1, v2, v3, v4, phi, coupling] = *p;
    let (v, w) = u.split_at(CELLS);
    let (dv, dw) = du.split_at_mut(CELLS);
    let stimulus = |cell: usize| -> f64 {
        let onset = 0.1 * cell as f64;
        if (onset..onset + 0.5).contains(&t) { 1.0 } else { 0.2 }
    };
    for k in 0..CELLS {
        let before = (k + CELLS - 1) % CELLS;
        let input: f64 = [before, (k + 1) % CELLS].iter().map(|&j| coupling * synapse(v[j], 0.2)).sum();
        let ionic = G_CA * m_inf(v[k], v1, v2) * (v[k] - E_CA) + G_K * w[k] * (v[k] - E_K) + G_L * (v[k] - E_L);
        dv[k] = stimulus(k) + input - ionic;
        let tau = 1.0 / ((v[k] - v3) / (2.0 * v4)).cosh();
        dw[k] = phi * (m_inf(v[k], v3, v4) - w[k]) / tau;
    }
}
