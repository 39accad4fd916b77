//! Delayed solves as operations on dfdx's tape.
//!
//! Oracle: the derivatives of `reference/dde.json`, which come of an integration in many digits; and dual numbers.

use dfdx::prelude::*;
use diffeq::prelude::*;

use crate::distance;

#[dde]
fn delay_lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 5], t: f64) {
    let [alpha, beta, delta, gamma, tau] = *p;
    let [x, y] = *u;
    du[0] = (alpha - beta * y) * h(t - tau)[0];
    du[1] = (delta * x - gamma) * y;
}

const P: [f64; 5] = [2.2, 1.0, 2.0, 0.4, 0.1];
const SPAN: (f64, f64) = (0.0, 10.0);

/// The derivatives of the end by alpha, beta, delta, gamma, tau; by the two components of the start; by the history.
const BY_P: [[f64; 5]; 2] = [
    [-0.7560389789793724, -4.807284580372689, 2.2151588202277557, -32.53982250398836, 11.439321776309173],
    [6.858354037932366, 13.70867792716121, -9.520846396548592, 138.88862517755237, -39.21476078351577],
];
const BY_U0: [[f64; 2]; 2] =
    [[5.0597032844220795, -4.807284580372689], [-17.063470314570733, 17.124620871358534]];
const BY_HISTORY: [f64; 2] = [0.5839844751756867, -1.9782224785264524];

type Params = Tensor<Rank1<5>, f64, Cpu>;
type State = Tensor<Rank1<2>, f64, Cpu>;

fn tensors() -> (Cpu, State, Params) {
    let device = Cpu::default();
    (device.clone(), device.tensor([1.0, 1.0]), device.tensor(P))
}

/// What a solve to `1e-11` leaves, amplified over the span.
const FINE: f64 = 1e-7;

#[test]
fn backwards_the_derivatives_of_the_end_are_right() {
    let (_, u0, p) = tensors();
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), SPAN, P);
    let solver =
        problem.solver(Vern7).tolerances(1e-11, 1e-11).max_steps(100_000).save_at(Grid::points([10.0]));
    for component in 0..2 {
        let solved = diffeq_rd((u0.leaky_trace(), p.leaky_trace()), &solver).unwrap();
        let gradients = solved.component(component).unwrap().sum().backward();
        assert!(distance(&gradients.get(&p).array(), &BY_P[component]) < FINE);
        assert!(distance(&gradients.get(&u0).array(), &BY_U0[component]) < FINE);
    }
}

#[test]
fn forwards_too() {
    let (device, u0, p) = tensors();
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), SPAN, P);
    for component in 0..2 {
        let end: Tensor<Rank1<2>, f64, Cpu, _> =
            diffeq_fd((u0.leaky_trace(), p.leaky_trace()), &problem, |problem| {
                Ok(*problem.solver(Vern7).tolerances(1e-11, 1e-11).max_steps(100_000).solve()?.end())
            })
            .unwrap();
        let gradients = end.select(device.tensor(component)).backward();
        assert!(distance(&gradients.get(&p).array(), &BY_P[component]) < FINE);
        assert!(distance(&gradients.get(&u0).array(), &BY_U0[component]) < FINE);
    }
}

#[test]
fn what_rested_at_the_start_is_the_start_twice() {
    let (device, u0, p) = tensors();
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], AtRest, SPAN, P);
    let solver =
        problem.solver(Vern7).tolerances(1e-11, 1e-11).max_steps(100_000).save_at(Grid::points([10.0]));
    for component in 0..2 {
        // The history is asked for its first component alone.
        let expected = [BY_U0[component][0] + BY_HISTORY[component], BY_U0[component][1]];
        let solved = diffeq_rd((u0.leaky_trace(), p.leaky_trace()), &solver).unwrap();
        let gradients = solved.component(component).unwrap().sum().backward();
        assert!(distance(&gradients.get(&u0).array(), &expected) < FINE);
        assert!(distance(&gradients.get(&p).array(), &BY_P[component]) < FINE);
        let end: Tensor<Rank1<2>, f64, Cpu, _> =
            diffeq_fd((u0.leaky_trace(), p.leaky_trace()), &problem, |problem| {
                Ok(*problem.solver(Vern7).tolerances(1e-11, 1e-11).max_steps(100_000).solve()?.end())
            })
            .unwrap();
        let gradients = end.select(device.tensor(component)).backward();
        assert!(distance(&gradients.get(&u0).array(), &expected) < FINE);
    }
}

/// The example of the 2019 paper: the squared distance from one at every tenth.
#[test]
fn the_loss_of_the_paper_has_one_gradient_in_both_modes() {
    let (_, _, p) = tensors();
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), SPAN, P);
    let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::step(0.1));
    let solved = diffeq_rd(p.leaky_trace(), &solver).unwrap();
    assert_eq!(solved.series.shape(), &(101, Const::<2>));
    let backwards = (solved.series - 1.0).square().sum().backward().get(&p).array();
    let rows: Tensor<Rank2<101, 2>, f64, Cpu, _> = diffeq_fd(p.leaky_trace(), &problem, |problem| {
        let solution = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::step(0.1)).solve()?;
        Ok(std::array::from_fn::<_, 101, _>(|n| [solution.values()[2 * n], solution.values()[2 * n + 1]]))
    })
    .unwrap();
    let forwards = (rows - 1.0).square().sum().backward().get(&p).array();
    // Forwards the solve may take other steps, for the sake of its derivative: the two differ by the tolerance, amplified.
    assert!(distance(&backwards, &forwards) < 1e-6, "{backwards:?} {forwards:?}");
}

/// A population with late growth, and what it was before.
#[dde]
fn growth(u: f64, h: &impl History<f64>, p: &[f64; 4], t: f64) -> f64 {
    p[0] * u * (1.0 - h(t - p[1]))
}

#[differentiable]
fn season(p: &[f64; 4], t: f64) -> f64 {
    p[2] * (1.0 + 0.2 * (p[3] * t).sin())
}

#[test]
fn parameters_of_the_history_are_among_the_parameters() {
    let p: Tensor<Rank1<4>, f64, Cpu> = Cpu::default().tensor([1.2, 0.8, 0.4, 2.0]);
    let problem = DdeProblem::new(growth, 0.5, Before::of::<season>(), (0.0, 4.0), p.array());
    let solver = problem.solver(Vern7).tolerances(1e-11, 1e-11).save_at(Grid::points([4.0]));
    let backwards = diffeq_rd(p.leaky_trace(), &solver).unwrap().series.sum().backward().get(&p).array();
    let end: Tensor<Rank0, f64, Cpu, _> = diffeq_fd(p.leaky_trace(), &problem, |problem| {
        Ok(*problem.solver(Vern7).tolerances(1e-11, 1e-11).solve()?.end())
    })
    .unwrap();
    let forwards = end.backward().get(&p).array();
    assert!(forwards.iter().all(|x| *x != 0.0));
    assert!(distance(&backwards, &forwards) < 1e-9, "{backwards:?} {forwards:?}");
}

#[test]
fn in_single_precision_too() {
    let p: Tensor<Rank1<5>, f32, Cpu> = Cpu::default().tensor(P.map(|p| p as f32));
    let problem = DdeProblem::<_, _, f32>::new(
        delay_lotka_volterra,
        [1.0; 2],
        Constant([1.0; 2]),
        (0.0, 2.0),
        p.array(),
    );
    let solver = problem.solver(Tsit5).tolerances(1e-5, 1e-5).save_at(Grid::points([2.0]));
    let solved = diffeq_rd(p.leaky_trace(), &solver).unwrap().series.sum();
    let found = solved.try_backward().map_err(diffeq::Error::from).unwrap().get(&p).array();
    let p: Params = Cpu::default().tensor(P);
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 2.0), P);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::points([2.0]));
    let exact = diffeq_rd(p.leaky_trace(), &solver).unwrap().series.sum().backward().get(&p).array();
    // The tolerance, and what it becomes in derivatives of size one over two units of time.
    assert!(distance(&found.map(f64::from), &exact) < 1e-3, "{found:?} {exact:?}");
}

#[test]
fn a_lag_that_training_made_negative_is_told() {
    let p: Params = Cpu::default().tensor([2.2, 1.0, 2.0, 0.4, -0.1]);
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), SPAN, P);
    let error = diffeq_rd(p.leaky_trace(), &problem.solver(Tsit5)).unwrap_err().to_string();
    assert!(error.contains("a lag is -1e-1") && error.contains("lags are positive"), "{error}");
}
