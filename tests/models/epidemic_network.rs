//! Metapopulation SIR on a commuter graph; structs of states in an array, a trait-free step by helper methods.
use diffeq::prelude::*;

#[derive(Components, Clone, Copy, Default)]
pub struct Node {
    pub s: f64,
    pub i: f64,
    pub r: f64,
}

#[derive(Components, Clone, Copy)]
pub struct World {
    pub nodes: [Node; 4],
}

#[derive(Components, Clone, Copy)]
pub struct Rates {
    pub beta: f64,
    pub gamma: f64,
    pub travel: [f64; 4],
    pub seasonal: f64,
    pub lockdown: f64,
    pub threshold: f64,
}

const EDGES: [(usize, usize); 5] = [(0, 1), (1, 2), (2, 3), (3, 0), (0, 2)];

#[differentiable]
impl Node {
    fn total(&self) -> f64 {
        self.s + self.i + self.r
    }
    fn prevalence(&self) -> f64 {
        let n = self.total();
        if n > 0.0 { self.i / n } else { 0.0 }
    }
}

#[differentiable]
fn contact_rate(p: &Rates, prevalence: f64, t: f64) -> f64 {
    let season = 1.0 + p.seasonal * (std::f64::consts::TAU * t).cos();
    let base = p.beta * season;
    if prevalence > p.threshold { base * p.lockdown } else { base }
}

#[ode]
pub fn epidemic(du: &mut World, u: &World, p: &Rates, t: f64) {
    for (d, node) in du.nodes.iter_mut().zip(u.nodes.iter()) {
        let infection = contact_rate(p, node.prevalence(), t) * node.s * node.prevalence();
        let recovery = p.gamma * node.i;
        d.s = -infection;
        d.i = infection - recovery;
        d.r = recovery;
    }
    for &(a, b) in &EDGES {
        let rate = 0.5 * (p.travel[a] + p.travel[b]);
        let flow = rate * (u.nodes[a].i - u.nodes[b].i);
        du.nodes[a].i -= flow;
        du.nodes[b].i += flow;
    }
}
