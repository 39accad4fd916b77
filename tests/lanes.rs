//! An ensemble that is solved side by side gives what it gives one by one, to the bit.

use diffeq::ensemble::Collect;
use diffeq::ensemble::Reduce;
use diffeq::integrate::Solution;
use diffeq::nn::Dense;
use diffeq::nn::Mlp;
use diffeq::prelude::*;
use diffeq::problem::System;
use diffeq::real::LANES;
use diffeq::real::Lanes;
use diffeq::real::Real;
use diffeq::space::Components;
use diffeq::space::Lift;
use diffeq::stepper::Method;
use rand::SeedableRng;
use rand::rngs::StdRng;

const DT: f64 = 1.0 / 64.0;

/// A trajectory's index and its solution.
type Kept<F> = (usize, Solution<<F as System<f64>>::State, f64>);

/// Outcomes of all trajectories, or why there is none: side by side on one thread and on two, and one by one.
fn compare<P, F, X>(
    trajectories: usize,
    problem: impl Fn(usize) -> P + Sync + Copy,
    solver: impl for<'a> Fn(&'a P) -> Solver<'a, F, f64, X> + Sync + Copy,
) -> Vec<Kept<F>>
where
    F: System<
            f64,
            State: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::State>
                       + PartialEq
                       + Send
                       + std::fmt::Debug,
            Params: Lift<f64, Lanes, Lifted = <F as System<Lanes>>::Params>,
        > + System<Lanes>
        + Clone,
    X: Method<f64, F> + Method<Lanes, F>,
    Collect: Reduce<
            Solution<<F as System<f64>>::State, f64>,
            Value = Vec<(usize, Solution<<F as System<f64>>::State, f64>)>,
        >,
{
    let ensemble = |threads| Ensemble::new(trajectories, problem).threads(threads);
    let single = ensemble(1).run(|problem| solver(problem).solve(), Collect).expect("some are solved");
    for threads in [1, 2] {
        let together = ensemble(threads).solve(solver, Collect).expect("some are solved");
        assert!(together.value == single.value, "other solutions on {threads} threads");
        // As text: a number that is none is no error's equal.
        assert_eq!(format!("{:?}", together.failures), format!("{:?}", single.failures));
    }
    single.value
}

#[sde]
fn stocks(du: &mut [f64; 4], noise: &mut [f64; 4], u: &[f64; 4], p: &[f64; 2]) {
    for i in 0..4 {
        du[i] = p[0] * u[i];
        noise[i] = p[1] * u[i];
    }
}

#[sde(scalar)]
fn one_for_all(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], t: f64) {
    *du = [p[0] * (u[1] - u[0]), (t * u[0]).sin()];
    *noise = [p[1] * u[0], p[1] * u[1]];
}

#[sde]
fn rows(du: &mut [f64; 2], noise: &mut [[f64; 3]; 2], u: &[f64; 2], p: &[f64; 2]) {
    *du = [-u[0], p[0] * u[0] - u[1]];
    *noise = [[p[1], 0.1 * u[1], 0.0], [0.2, u[0].exp() * 0.1, 0.05 * u[1]]];
}

#[sde(stratonovich)]
fn swinging(du: &mut [f64], noise: &mut [f64], u: &[f64], p: &[f64; 2]) {
    for i in 0..u.len() {
        du[i] = p[0] - u[i].powi(3);
        noise[i] = p[1] * u[i].cos();
    }
}

fn varied(i: usize) -> [f64; 2] {
    [0.1 + 0.01 * i as f64, 0.3 - 0.002 * i as f64]
}

/// Numbers of trajectories that fill the lanes, that do not, that make up blocks of an ensemble of their own.
const MANY: [usize; 3] = [LANES, LANES + 3, 1030];

#[test]
fn stochastic_equations() {
    for many in MANY {
        let problem = |i: usize| {
            SdeProblem::new(stocks, [1.0; 4], (0.0, 1.0), varied(i % 50))
                .seed(3)
                .trajectory(i as u32)
                .cells(DT)
        };
        let solutions =
            compare(many, problem, |problem| problem.solver(EulerMaruyama).fixed(DT).save_every_step(false));
        // Each has a path of its own.
        let mut ends: Vec<f64> = solutions.iter().map(|(_, solution)| solution.end()[0]).collect();
        ends.sort_by(f64::total_cmp);
        ends.dedup();
        assert_eq!(ends.len(), many);
    }
    let problem =
        |i: usize| SdeProblem::new(stocks, [1.0; 4], (0.0, 1.0), varied(i)).seed(3).trajectory(i as u32);
    compare(9, problem, |problem| problem.solver(SOSRI).fixed(0.05).save_at(Grid::step(0.3)));
    let problem = |i: usize| {
        SdeProblem::new(one_for_all, [1.0, 0.5], (0.0, 1.0), varied(i)).seed(4).trajectory(i as u32).cells(DT)
    };
    compare(9, problem, |problem| problem.solver(SOSRI).fixed(DT));
    let problem = |i: usize| {
        SdeProblem::new(rows, [1.0, 0.5], (0.0, 1.0), varied(i)).seed(5).trajectory(i as u32).cells(DT)
    };
    compare(9, problem, |problem| problem.solver(EulerMaruyama).fixed(2.0 * DT));
    // Of seeds of their own; and of paths in cells of other lengths, which are not drawn together.
    for cells in [|_| DT, |i| if i % 3 == 0 { DT } else { 2.0 * DT }] {
        let problem = |i: usize| {
            SdeProblem::new(stocks, [1.0; 4], (0.0, 1.0), varied(i)).seed(i as u64).cells(cells(i))
        };
        compare(9, problem, |problem| problem.solver(EulerMaruyama).fixed(DT));
    }
    // These look at the path otherwise, and are solved one by one.
    compare(9, problem, |problem| problem.solver(TamedEuler).fixed(DT));
    let problem = |i: usize| {
        SdeProblem::new(swinging, vec![1.0; 3], (0.0, 1.0), varied(i)).seed(6).trajectory(i as u32).cells(DT)
    };
    compare(9, problem, |problem| problem.solver(EulerHeun).fixed(DT));
    compare(9, problem, |problem| problem.solver(Milstein).fixed(DT));
    compare(9, problem, |problem| problem.solver(ReversibleHeun).fixed(DT));
}

#[ode]
fn lorenz(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3]) {
    let [x, y, z] = *u;
    *du = [p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z];
}

#[ode]
fn elementary(u: [f64; 2], p: [f64; 2], t: f64) -> [f64; 2] {
    [(u[1] * t).sin() - p[0] * u[0].tanh(), (-u[0].abs()).exp() + p[1].sqrt() / (1.0 + u[1] * u[1]).ln_1p()]
}

#[test]
fn ordinary_equations() {
    for many in MANY {
        let problem = |i: usize| {
            OdeProblem::new(lorenz, [1.0, 0.0, 0.01 * i as f64], (0.0, 1.0), [10.0, 28.0, 8.0 / 3.0])
        };
        compare(many, problem, |problem| problem.solver(Tsit5).fixed(0.01).save_at(Grid::count(7)));
    }
    let problem = |i: usize| OdeProblem::new(elementary, [0.3, 1.0], (0.0, 2.0), varied(i));
    compare(7, problem, |problem| problem.solver(RK4).dt(0.1));
    // With error control each takes steps of its own.
    let solutions = compare(7, problem, |problem| problem.solver(Tsit5).tolerances(1e-5, 1e-5));
    assert_ne!(solutions[0].1.times(), solutions[6].1.times());
    // The steps of a solver may depend on its problem.
    compare(7, problem, |problem| problem.solver(RK4).dt(if problem.p[0] > 0.13 { 0.1 } else { 0.05 }));
}

/// Turns at different times, switches at times that its parameters move, counts.
#[ode]
fn branches(u: [f64; 2], p: [f64; 2], t: f64) -> [f64; 2] {
    let mut rate = if u[0] > 0.5 { -1.0 } else { p[0] };
    if t > 3.0 * p[1] {
        rate *= 0.5;
    }
    let mut sum = 0.0;
    let mut x = u[1].abs();
    while x > 0.1 {
        x *= 0.5;
        sum += x;
    }
    [rate * u[1], sum - u[1] + u[0].floor()]
}

#[test]
fn trajectories_that_part() {
    let problem = |i: usize| OdeProblem::new(branches, [0.1 * i as f64, 1.0], (0.0, 2.0), varied(i));
    let solutions = compare(11, problem, |problem| problem.solver(RK4).dt(0.01));
    // They do differ by more than their parameters: some have turned.
    assert!(solutions[0].1.end()[0] > 0.0 && solutions[10].1.end()[0] < 1.0);
}

#[derive(Components, Clone, Copy)]
struct Networks {
    drift: Mlp<2, 50, 2>,
    noise: Dense<2, 2>,
}

#[sde]
fn neural(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &Networks) {
    *du = p.drift.forward(u.map(|x| x.powi(3)));
    *noise = p.noise.forward(*u);
}

#[test]
fn networks() {
    let mut rng = StdRng::seed_from_u64(0);
    let p = Networks { drift: Mlp::init(&mut rng), noise: Dense::init(&mut rng) };
    let problem = |i: usize| {
        SdeProblem::new(neural, [2.0, 0.0], (0.0, 1.0), p.over::<f64>()).trajectory(i as u32).cells(DT)
    };
    compare(9, problem, |problem| problem.solver(EulerMaruyama).fixed(DT));
}

#[test]
fn one_that_fails_fails_alone() {
    // The seventh grows beyond all numbers, the ninth is none from the start.
    let rate = |i: usize| {
        if i == 7 {
            1e300
        } else if i == 9 {
            f64::NAN
        } else {
            1.0
        }
    };
    let problem = |i: usize| OdeProblem::new(lorenz, [1.0; 3], (0.0, 1.0), [rate(i), 28.0, 1.0]);
    let solutions = compare(11, problem, |problem| problem.solver(RK4).dt(0.01));
    assert_eq!(solutions.len(), 9);
    let outcome = Ensemble::new(11, problem).solve(|problem| problem.solver(RK4).dt(0.01), Collect);
    let failed: Vec<usize> =
        outcome.expect("nine are solved").failures.iter().map(|failed| failed.trajectory).collect();
    assert_eq!(failed, [7, 9]);
    // What no trajectory can do is said as by itself.
    let ensemble = Ensemble::new(11, problem);
    let error =
        ensemble.solve(|problem| problem.solver(RK4).dt(-0.01), Collect).expect_err("against the span");
    assert!(error.to_string().contains("against the span"), "{error}");
    const { assert!(Lanes::WIDTH == LANES && f64::WIDTH == 1) };
}
