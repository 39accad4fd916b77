//! Solves of `#[sde]` models, and what they are to ensembles and to dfdx's tape.
//!
//! Oracle: loops written out here, over increments of the same path. They share the path with the code, and nothing else: not the
//! model, not the method, not a derivative.

use dfdx::prelude::*;
use diffeq::ensemble::Collect;
use diffeq::ensemble::Ensemble;
use diffeq::ensemble::Moments;
use diffeq::nn::Mlp;
use diffeq::nn::Sigmoid;
use diffeq::nn::Tanh;
use diffeq::noise::Brownian;
use diffeq::noise::Correlated;
use diffeq::noise::Path;
use diffeq::prelude::*;
use diffeq::space::Vector;
use testkit::laws::direction;

#[sde]
fn stock(du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2]) {
    *du = p[0] * u;
    *noise = p[1] * u;
}

const STEPS: usize = 64;
const DT: f64 = 1.0 / STEPS as f64;

fn problem() -> SdeProblem<stock> {
    SdeProblem::new(stock, 0.5, (0.0, 1.0), [1.01, 0.87]).seed(5)
}

/// The increments of trajectory `i` over the steps.
fn increments(problem: &SdeProblem<stock>) -> Vec<f64> {
    let path: &Brownian = &problem.driven.model.path;
    let times: Vec<f64> = (0..=STEPS).map(|i| i as f64 * DT).collect();
    let values = path.values(1, &times).unwrap();
    values.windows(2).map(|pair| pair[1][0] - pair[0][0]).collect()
}

/// The end of Euler's and Maruyama's method, and its derivatives by growth, volatility and start, by hand.
fn by_hand(problem: &SdeProblem<stock>, [growth, volatility]: [f64; 2], u0: f64) -> [f64; 4] {
    let [mut u, mut by_growth, mut by_volatility, mut by_start] = [u0, 0.0, 0.0, 1.0];
    for w in increments(problem) {
        let factor = 1.0 + growth * DT + volatility * w;
        by_growth = by_growth * factor + u * DT;
        by_volatility = by_volatility * factor + u * w;
        by_start *= factor;
        u *= factor;
    }
    [u, by_growth, by_volatility, by_start]
}

#[test]
fn a_solve_is_the_loop_by_hand() {
    for trajectory in 0..5 {
        let problem = problem().trajectory(trajectory);
        let solution = problem.solver(EulerMaruyama).fixed(DT).solve().unwrap();
        let [u, ..] = by_hand(&problem, [1.01, 0.87], 0.5);
        // 64 products, each rounded; the path's values are rounded sums of its increments.
        assert!((solution.end() / u - 1.0).abs() < 1e-13, "{} {u}", solution.end());
    }
}

/// Two prices, each with noise of its own.
#[sde]
fn prices(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) {
    for i in 0..2 {
        du[i] = 0.1 * u[i];
        noise[i] = p[i] * u[i];
    }
}

/// `u_1 = ∫ (1 + W_0) dW_1`, of mean zero: two processes that do not commute.
#[sde]
fn swept(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2], p: &[f64; 3]) {
    let [_, low, high] = *p;
    du[0] = 0.0;
    du[1] = 0.0;
    noise[0] = [p[0], 0.0];
    noise[1] = [low * u[0], high * u[0]];
}

#[sde(stratonovich)]
fn stock_in_the_middle(du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2]) {
    *du = p[0] * u;
    *noise = p[1] * u;
}

/// Twofold integrals in Ito's sense are less by half of what increments have in common. Whoever subtracts half a step of each
/// process alone solves another equation, whose means are off by as much as correlations are large, however short the steps.
#[test]
fn processes_that_move_together_are_solved_right_or_refused() {
    const RHO: f64 = 0.6;
    let refused = |error: diffeq::Error| assert!(error.to_string().contains("move together"), "{error}");
    let path = |trajectory| Brownian::new(4, (0.0, 1.0)).trajectory(trajectory);
    let mixed = |trajectory| Correlated::new(path(trajectory), &[[1.0, RHO], [RHO, 1.0]]).unwrap();

    // Diagonal noise sees one process in each component: the formula for each by itself.
    for trajectory in 0..5 {
        let problem = SdeProblem::new(prices, [1.0, 2.0], (0.0, 1.0), [0.4, 0.3]).path(mixed(trajectory));
        let end = *problem.solver(SOSRI).tolerances(1e-5, 1e-5).solve().unwrap().end();
        let w = mixed(trajectory).values(2, &[0.0, 1.0]).unwrap();
        for (i, (u0, volatility)) in [(1.0, 0.4), (2.0, 0.3)].into_iter().enumerate() {
            let exact = u0 * f64::exp(0.1 - 0.5 * volatility * volatility + volatility * w[1][i]);
            // Errors of some tens of tolerances pile up over the steps.
            assert!((end[i] - exact).abs() < 1e-3, "{} {exact}", end[i]);
        }
    }

    // General noise: refused, and by the correlations as rows of the noise what the sum over a fine grid is.
    let over_mixed = SdeProblem::new(swept, [1.0, 0.0], (0.0, 1.0), [1.0, 0.0, 1.0]).path(mixed(0));
    refused(over_mixed.solver(Milstein).fixed(0.1).solve().unwrap_err());
    refused(over_mixed.solver(DRI1).fixed(0.1).solve().unwrap_err());
    refused(over_mixed.solver(RI6).fixed(0.1).solve().unwrap_err());
    let rows = [1.0, RHO, (1.0 - RHO * RHO).sqrt()];
    let times: Vec<f64> = (0..=4096).map(|i| f64::from(i) / 4096.0).collect();
    let (mut by_euler, mut by_milstein) = (0.0, 0.0);
    const TRAJECTORIES: u32 = 40;
    for trajectory in 0..TRAJECTORIES {
        let w = mixed(trajectory).values(2, &times).unwrap();
        let exact: f64 = w.windows(2).map(|pair| (1.0 + pair[0][0]) * (pair[1][1] - pair[0][1])).sum();
        let euler = over_mixed
            .clone()
            .path(mixed(trajectory))
            .solver(EulerMaruyama)
            .fixed(1.0 / 256.0)
            .solve()
            .unwrap();
        let problem = SdeProblem::new(swept, [1.0, 0.0], (0.0, 1.0), rows);
        let problem = problem.path(path(trajectory).areas(1.0 / 4096.0));
        let milstein = problem.solver(Milstein).fixed(1.0 / 256.0).solve().unwrap();
        by_euler += (euler.end()[1] - exact).powi(2) / f64::from(TRAJECTORIES);
        by_milstein += (milstein.end()[1] - exact).powi(2) / f64::from(TRAJECTORIES);
    }
    // The variance of what a step of h loses is h / 2 a unit of time by Euler: a root mean square of 0.044 here, of which 40 paths
    // know a fifth. The mistake was RHO / 2.
    assert!(by_euler.sqrt() < 0.08 && by_milstein.sqrt() < 0.08, "{by_euler} {by_milstein}");

    // A variance that is not the time: refused in Ito's sense; in Stratonovich's the formula.
    let four = || Correlated::new(path(0), &[[4.0]]).unwrap();
    let scaled = problem().path(four());
    refused(scaled.solver(Milstein).fixed(0.1).solve().unwrap_err());
    refused(scaled.solver(SOSRI).solve().unwrap_err());
    refused(scaled.solver(SRIW1).solve().unwrap_err());
    refused(scaled.solver(PlatenWeak2).fixed(0.1).solve().unwrap_err());
    assert!(scaled.solver(EulerMaruyama).fixed(0.1).solve().is_ok());
    let problem = SdeProblem::new(stock_in_the_middle, 1.0, (0.0, 1.0), [0.1, 0.2]).path(four());
    let end = *problem.solver(SlowRK).fixed(1.0 / 256.0).solve().unwrap().end();
    let w = four().values(1, &[0.0, 1.0]).unwrap()[1][0];
    assert!((end / f64::exp(0.1 + 0.2 * w) - 1.0).abs() < 1e-4, "{end}");
}

#[test]
fn forward_mode_on_the_tape_is_the_derivative_of_the_loop() {
    let device = Cpu::default();
    let u0: Tensor<Rank0, f64, _> = device.tensor(0.5);
    let p: Tensor<Rank1<2>, f64, _> = device.tensor([1.01, 0.87]);
    let problem = problem().trajectory(3);
    let end = diffeq_fd((u0.leaky_trace(), p.leaky_trace()), &problem, |problem| {
        Ok(*problem.solver(EulerMaruyama).fixed(DT).solve()?.end())
    })
    .unwrap();
    let [u, by_growth, by_volatility, by_start] = by_hand(&problem, [1.01, 0.87], 0.5);
    assert!((end.array() / u - 1.0).abs() < 1e-13);
    let gradients = end.backward();
    // A product of 64 factors, each rounded, and a sum of 64 of them.
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    close(gradients.get(&u0).array(), by_start);
    close(gradients.get(&p).array()[0], by_growth);
    close(gradients.get(&p).array()[1], by_volatility);
}

fn ensemble(trajectories: usize) -> Ensemble<impl Fn(usize) -> SdeProblem<stock> + Sync> {
    Ensemble::new(trajectories, |i| problem().trajectory(i as u32))
}

#[test]
fn an_ensemble_is_the_same_on_any_number_of_threads_and_each_of_its_paths_alone() {
    let solve =
        |problem: &SdeProblem<stock>| problem.solver(EulerMaruyama).fixed(DT).solve().map(|s| *s.end());
    let run =
        |threads| ensemble(900).threads(threads).run(solve, (Moments, Collect)).unwrap().complete().unwrap();
    let (moments, ends) = run(1);
    for threads in [2, 7] {
        assert_eq!(run(threads), (moments.clone(), ends.clone()));
    }
    let distinct: std::collections::BTreeSet<u64> = ends.iter().map(|(_, end)| end.to_bits()).collect();
    assert_eq!(distinct.len(), 900, "every trajectory is another one");
    for i in [0, 450, 899] {
        assert_eq!(ends[i], (i, solve(&problem().trajectory(i as u32)).unwrap()));
    }
    // The mean of the method itself is exact: u0 (1 + growth dt)^n. Four standard errors, once for a fixed seed.
    let mean = 0.5 * (1.0 + 1.01 * DT).powi(STEPS as i32);
    assert!((moments.mean(0)[0] - mean).abs() < 4.0 * moments.standard_error(0)[0]);
}

#[test]
fn reverse_mode_on_the_tape_is_the_derivative_of_the_loop() {
    let device = Cpu::default();
    let u0: Tensor<Rank0, f64, _> = device.tensor(0.5);
    let p: Tensor<Rank1<2>, f64, _> = device.tensor([1.01, 0.87]);
    let problem = problem().trajectory(3);
    let solver = problem.solver(EulerMaruyama).fixed(DT).save_at(Grid::points([1.0]));
    let predicted = diffeq_rd((u0.leaky_trace(), p.leaky_trace()), &solver).unwrap();
    let gradients = predicted.series.sum().backward();
    let [_, by_growth, by_volatility, by_start] = by_hand(&problem, [1.01, 0.87], 0.5);
    let close = |a: f64, b: f64| assert!((a / b - 1.0).abs() < 1e-12, "{a} {b}");
    close(gradients.get(&u0).array(), by_start);
    close(gradients.get(&p).array()[0], by_growth);
    close(gradients.get(&p).array()[1], by_volatility);
}

/// The noise sets in at `p[1]`.
/// What two networks know: each component is driven by a function of itself.
#[derive(Components, Clone, Copy)]
struct Learned {
    drift: Mlp<2, 9, 2, Tanh>,
    noise: Mlp<1, 3, 1, Sigmoid>,
    scale: f64,
}

#[sde]
fn learned(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &Learned, t: f64) {
    let [x, y] = p.drift.forward([u[0], u[1] - t]);
    *du = [x - u[0], y - p.scale * u[1]];
    let [first] = p.noise.forward([u[0]]);
    let [second] = p.noise.forward([p.scale * u[1]]);
    *noise = [first, 0.5 + second * t];
}

/// The gradient of a solve by reverse mode is the same to the bit whether networks keep what they have computed for the way
/// back, or steps are done again; and it is that by dual numbers.
macro_rules! keeps_the_gradient {
    ($($method:ident)*) => { $({
        let mut p = LearnedOf::<f64>::default();
        let values = direction(p.as_slice().len(), 0.4);
        p.as_mut_slice().copy_from_slice(&values);
        let problem = SdeProblem::new(learned, [0.4, -0.3], (0.0, 1.0), p).seed(3);
        let solver = problem.solver($method).fixed(1.0 / 16.0).save_at(Grid::points([0.4, 1.0]));
        let cotangents = [[1.0, -0.5], [0.25, 2.0]];
        let gradient = |adjoint: DiscreteAdjoint| {
            let (_, mut pullback) = solver.vjp(adjoint).unwrap();
            let gradient = pullback.call(&cotangents).unwrap();
            [&gradient.u0[..], gradient.p.as_slice()].concat()
        };
        let found = gradient(DiscreteAdjoint::default());
        assert_eq!(found, gradient(DiscreteAdjoint::checkpoints(3)), stringify!($method));
        let (_, by_u0) = solver.initial_jacobian::<2>().unwrap();
        let (_, by_p) = solver.parameter_jacobian::<8>().unwrap();
        let expected = [by_u0, by_p].map(|by| by.gradient(cotangents.as_flattened()).unwrap()).concat();
        for (i, (found, expected)) in found.iter().zip(&expected).enumerate() {
            // Two orders of adding up the same numbers, over some dozens of steps.
            let difference = (found - expected).abs();
            assert!(difference < 1e-11 * (1.0 + expected.abs()), "{}, {i}: {found} but {expected}", stringify!($method));
        }
    })* };
}

#[test]
fn what_networks_keep_does_not_change_a_gradient() {
    // One evaluation of both halves, some of each half, and methods that keep nothing but the path.
    keeps_the_gradient!(EulerMaruyama SRIW1 SOSRI Milstein TamedEuler);
}

#[sde]
fn late(u: f64, p: &[f64; 2], t: f64) -> (f64, f64) {
    let noise = if t < p[1] { 0.0 } else { 0.5 * u };
    (p[0] * u, noise)
}

/// What a parameter does to the time at which noise sets in has no derivative; neither mode says that it is zero.
///
/// Oracle: before noise sets in the solution is `exp(p t)`, and the derivative by the start is the factor of the rest of the path,
/// `u(1) / u(0)`: the equation is linear.
#[test]
fn a_switch_that_moves_where_noise_drives_is_refused_in_every_mode() {
    let problem = SdeProblem::new(late, 2.0, (0.0, 1.0), [-0.3, 0.4]).seed(1);
    let solver = problem.solver(EulerMaruyama).fixed(DT).save_at(Grid::points([0.25, 1.0]));
    let solution = solver.solve().unwrap();
    assert!((solution.row(0)[0] / 2.0 - (1.0 - 0.3 * DT).powi(16)).abs() < 1e-13);

    let refused = |error: diffeq::Error| {
        assert!(matches!(error, diffeq::Error::Option { option: "p", .. }), "{error}");
        assert!(error.to_string().contains("switch at a time that no parameter moves"), "{error}");
    };
    refused(solver.jvp(&0.0, &[0.0, 1.0]).unwrap_err());
    refused(solver.vjp(DiscreteAdjoint::default()).err().unwrap());
    let device = Cpu::default();
    let p: Tensor<Rank1<2>, f64, _> = device.tensor([-0.3, 0.4]);
    let by_duals = diffeq_fd(p.leaky_trace(), &problem, |problem| {
        Ok(*problem.solver(EulerMaruyama).fixed(DT).solve()?.end())
    });
    refused(by_duals.err().unwrap());

    // Along what moves no switch there are derivatives.
    let (end, tangents) = solver.jvp(&1.0, &[0.0, 0.0]).unwrap();
    assert!((tangents.end() - end.end() / 2.0).abs() < 1e-13);
}

/// It drifts out of any interval: by 3 in a span of 1, where the noise moves it by 0.01.
#[sde]
fn drifts_out(_u: f64) -> (f64, f64) {
    (3.0, 0.01)
}

#[test]
fn a_path_that_runs_out_of_the_domain_is_told_so() {
    let problem = SdeProblem::new(drifts_out, 0.0, (0.0, 1.0), []).seed(2);
    let bounded = problem.solver(SOSRI).is_out_of_domain(|u, _, _| *u > 1.0);
    let Err(diffeq::Error::OutOfDomain { t, .. }) = bounded.solve() else { panic!("{:?}", bounded.solve()) };
    // From `t` on every step leads out: it stands just below, by less than the noise moves it.
    assert!((t - 1.0 / 3.0).abs() < 0.01, "{t}");
}
