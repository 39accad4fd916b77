//! An age-structured fishery with harvest rules, constants in an impl, methods of parameters, early returns.
use diffeq::prelude::*;

#[derive(Components, Clone, Copy)]
pub struct Fishery {
    pub growth: [f64; 4],
    pub mortality: f64,
    pub quota: f64,
    pub stock_recruit: f64,
    pub effort: f64,
}

#[differentiable]
impl Fishery {
    const MATURE_FROM: usize = 2;
    const FECUNDITY: [f64; 4] = [0.0, 0.0, 1.5, 3.0];

    fn spawners(&self, u: &[f64; 4]) -> f64 {
        u.iter().zip(Self::FECUNDITY).skip(Self::MATURE_FROM).map(|(n, f)| n * f).sum()
    }

    fn recruits(&self, u: &[f64; 4]) -> f64 {
        let s = self.spawners(u);
        s * (-s / self.stock_recruit).exp()
    }

    fn harvest(&self, biomass: f64) -> f64 {
        if biomass < 0.2 * self.quota {
            return 0.0;
        }
        let wanted = self.effort * biomass;
        if wanted > self.quota { self.quota } else { wanted }
    }
}

#[ode]
pub fn fish(du: &mut [f64; 4], u: &[f64; 4], p: &Fishery) {
    let biomass: f64 = u[Fishery::MATURE_FROM..].iter().sum();
    let share = if biomass > 0.0 { p.harvest(biomass) / biomass } else { 0.0 };
    du[0] = p.recruits(u) - (p.growth[0] + p.mortality) * u[0];
    for age in 1..4 {
        let caught = if age >= Fishery::MATURE_FROM { share } else { 0.0 };
        let leaving = if age < 3 { p.growth[age] } else { 0.0 };
        du[age] = p.growth[age - 1] * u[age - 1] - (leaving + p.mortality + caught) * u[age];
    }
}
