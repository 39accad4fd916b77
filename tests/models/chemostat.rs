//! A chemostat with competitors: a trait-like choice of uptake, structs of structs.
use diffeq::prelude::*;

#[derive(Components, Clone, Copy)]
pub struct Species {
    pub mu: f64,
    pub half: f64,
    pub yield_: f64,
}

#[derive(Components, Clone, Copy)]
pub struct Setup {
    pub species: [Species; 2],
    pub dilution: f64,
    pub feed: f64,
}

#[differentiable]
impl Species {
    fn growth(&self, substrate: f64) -> f64 {
        if substrate <= 0.0 {
            return 0.0;
        }
        self.mu * substrate / (self.half + substrate)
    }
    fn uptake(&self, substrate: f64, biomass: f64) -> f64 {
        self.growth(substrate) * biomass / self.yield_
    }
}

#[ode]
pub fn chemostat(du: &mut [f64; 6], u: &[f64; 6], p: &Setup, t: f64) {
    let [substrate, biomass @ .., product_a, product_b, log] = *u;
    let feed = if t.fract() < 0.5 { p.feed } else { 0.5 * p.feed };
    let mut eaten = 0.0;
    for (k, species) in p.species.iter().enumerate() {
        let growth = species.growth(substrate);
        du[1 + k] = (growth - p.dilution) * biomass[k];
        eaten += species.uptake(substrate, biomass[k]);
    }
    du[0] = p.dilution * (feed - substrate) - eaten;
    let [a, b] = [p.species[0].growth(substrate), p.species[1].growth(substrate)];
    du[3] = a * biomass[0] - p.dilution * product_a;
    du[4] = b * biomass[1] - p.dilution * product_b;
    du[5] = (a - b) * (-log).exp();
}
