//! Gradients through a solve of models that the macros differentiated.

use diffeq::prelude::*;

/// Prey and predators.
#[derive(Components, Clone, Copy)]
struct Populations {
    prey: f64,
    predators: f64,
}

/// How they live: growth and death, and what a meeting does to each.
#[derive(Components, Clone, Copy)]
struct Rates {
    growth: f64,
    death: f64,
    meeting: [f64; 2],
}

#[ode]
fn named(du: &mut Populations, u: &Populations, p: &Rates) {
    let meetings = u.prey * u.predators;
    du.prey = p.growth * u.prey - p.meeting[0] * meetings;
    du.predators = -p.death * u.predators + p.meeting[1] * meetings;
}

#[ode]
fn plain(u: [f64; 2], p: [f64; 4], t: f64) -> [f64; 2] {
    let [x, y] = u;
    [p[0] * x - p[1] * x * y + (p[3] * t).sin(), -p[2] * y + p[3] * x * y]
}

/// Sums over a hundred steps in another order: relative to the largest entry.
const ROUNDING: f64 = 1e-12;

fn assert_near(got: &[f64], want: &[f64]) {
    let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
    assert_eq!(got.len(), want.len());
    for (a, b) in got.iter().zip(want) {
        assert!((a - b).abs() <= ROUNDING * size, "{got:?} and {want:?}");
    }
}

#[test]
fn reverse_mode_is_dual_numbers_for_named_states_and_parameters() {
    let u0 = Populations { prey: 1.0, predators: 1.0 };
    let p = Rates { growth: 1.5, death: 3.0, meeting: [1.0, 1.0] };
    let problem = OdeProblem::new(named, PopulationsOf::from(u0), (0.0, 5.0), RatesOf::from(p));
    let solver = problem.solver(Tsit5).save_at(Grid::step(0.1));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let w: Vec<f64> = (0..solution.values().len()).map(|i| (i as f64).cos()).collect();
    let gradient = pullback.call(Cotangents::values(&w)).unwrap();
    let (_, jacobian) = solver.parameter_jacobian::<4>().unwrap();
    let rates = gradient.p;
    assert_near(
        &[rates.growth, rates.death, rates.meeting[0], rates.meeting[1]],
        &jacobian.gradient(&w).unwrap(),
    );
}

#[test]
fn reverse_mode_is_dual_numbers_where_time_matters() {
    let problem = OdeProblem::new(plain, [1.0, 1.0], (0.0, 5.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Vern7).save_at(Grid::count(31));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(5)).unwrap();
    let w: Vec<f64> = (0..solution.values().len()).map(|i| (i as f64).cos()).collect();
    let gradient = pullback.call(Cotangents::values(&w)).unwrap();
    let (_, jacobian) = solver.parameter_jacobian::<2>().unwrap();
    assert_near(&gradient.p, &jacobian.gradient(&w).unwrap());
    let (_, tangents) = solver.jvp(&[0.0; 2], &[0.0, 0.0, 0.0, 1.0]).unwrap();
    let along: f64 = tangents.values().iter().zip(&w).map(|(x, w)| x * w).sum();
    assert_near(&[gradient.p[3]], &[along]);
}
