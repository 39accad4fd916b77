//! What helps fits that a single solve does not find (multiple shooting, collocation), fits that begin at rest, and fits whose
//! solves fail on the way.

use dfdx::prelude::*;
use diffeq::Error;
use diffeq::dfdx::MultipleShooting;
use diffeq::dfdx::collocation_loss;
use diffeq::fit::Estimates;
use diffeq::fit::Kernel;
use diffeq::fit::collocate;
use diffeq::layers::NeuralOde;
use diffeq::layers::OdeConfig;
use diffeq::layers::neural_ode;
use diffeq::prelude::*;

/// Lotka-Volterra predator-prey dynamics.
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

/// A pendulum: angle and angular velocity.
#[ode]
fn pendulum(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1], _t: f64) {
    du[0] = u[1];
    du[1] = -p[0] * u[0].sin();
}

const P: [f64; 4] = [1.5, 1.0, 3.0, 1.0];
const START: [f64; 4] = [2.2, 1.0, 2.0, 0.4];

type Series = Tensor<(usize, Const<2>), f64, Cpu>;

fn series<F: Rhs2>(model: F, u0: [f64; 2], p: F::Params, times: &[f64]) -> Series {
    let problem = OdeProblem::new(model, u0, (times[0], times[times.len() - 1]), p);
    let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::points(times));
    solver.solve().unwrap().to_tensor().unwrap()
}

/// A model of two states.
trait Rhs2: diffeq::problem::Rhs<f64, State = [f64; 2]> {}
impl<F: diffeq::problem::Rhs<f64, State = [f64; 2]>> Rhs2 for F {}

fn times(count: usize, step: f64) -> Vec<f64> {
    (0..count).map(|i| i as f64 * step).collect()
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let gap: Vec<f64> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
    let error = length(&gap) / length(expected);
    assert!(error <= tolerance, "{found:?} is off {expected:?} by {error:e}, more than {tolerance:e}");
}

#[test]
fn segments_share_their_ends_and_cover_all_times() {
    let shooting = |count: usize, size: usize| MultipleShooting::new(&times(count, 0.1), size).unwrap();
    let segments = |count, size| shooting(count, size).segments().collect::<Vec<_>>();
    assert_eq!(segments(7, 3), [0..3, 2..5, 4..7]);
    assert_eq!(segments(8, 4), [0..4, 3..7, 6..8]);
    assert_eq!(segments(5, 5), [0..5, 5..5][..1]);
    assert_eq!(segments(3, 2), [0..2, 1..3]);
}

#[test]
fn the_loss_and_its_gradient_are_those_of_dual_numbers() {
    let times = times(8, 0.3);
    let data = series(lotka_volterra, [1.0, 1.0], P, &times);
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 1.0), START);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8);
    let shooting = MultipleShooting::new(&times, 4).unwrap().continuity(7.0);
    // Off the data, so that no gap is zero.
    let first = [[1.1, 0.9], [0.8, 1.3], [0.7, 0.4]];
    let device = Cpu::default();
    let starts: Tensor<Rank2<3, 2>, f64, _> = device.tensor(first);
    let p: Tensor<Rank1<4>, f64, _> = device.tensor(START);
    let loss = shooting.loss(starts.leaky_trace(), p.leaky_trace(), &solver, &data).unwrap();
    let value = loss.array();
    let gradients = loss.backward();

    // The same by ten directions at once: six of initial states, four of parameters.
    type D = Dual<f64, 10>;
    let data = data.as_vec();
    let u = |k: usize| -> [D; 2] { std::array::from_fn(|i| D::variable(first[k][i], 2 * k + i)) };
    let q: [D; 4] = std::array::from_fn(|i| D::variable(START[i], 6 + i));
    let mut expected = D::constant(0.0);
    for (k, range) in shooting.segments().enumerate() {
        let span = (times[range.start], times[range.end - 1]);
        let problem = OdeProblem::new(lotka_volterra, u(k), span, q);
        let grid = Grid::points(&times[range.clone()]);
        let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(grid).solve().unwrap();
        for (value, seen) in solution.values().iter().zip(&data[2 * range.start..]) {
            expected += (*value - D::constant(*seen)).powi(2);
        }
        if k < 2 {
            let end = solution.end();
            let gap = (end[0] - u(k + 1)[0]).powi(2) + (end[1] - u(k + 1)[1]).powi(2);
            expected += D::constant(7.0) * gap;
        }
    }
    // The same sums in another order.
    assert!((value - expected.primal).abs() <= 1e-13 * value);
    // What the solver would save is not asked for.
    for idxs in [vec![1, 0], vec![1], vec![0, 0]] {
        let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_idxs(idxs).dense(true);
        let seen = self::series(lotka_volterra, [1.0, 1.0], P, &times);
        assert_eq!(shooting.loss(starts.clone(), p.clone(), &solver, &seen).unwrap().array(), value);
    }
    assert_close(&gradients.get(&starts).as_vec(), &expected.tangents[..6], 1e-12);
    assert_close(&gradients.get(&p).array(), &expected.tangents[6..], 1e-12);
    // Either may be a constant.
    let held = shooting.loss(
        starts.clone(),
        p.leaky_trace(),
        &solver,
        &self::series(lotka_volterra, [1.0, 1.0], P, &times),
    );
    assert_close(&held.unwrap().backward().get(&p).array(), &expected.tangents[6..], 1e-12);
}

#[test]
fn multiple_shooting_finds_what_single_shooting_does_not() {
    // Seven swings of a pendulum, from half the stiffness: seen as a whole, its swings and the data's are out of step.
    let times = times(121, 0.2);
    let truth = [4.0];
    let data = series(pendulum, [1.2, 0.0], truth, &times);
    let problem = OdeProblem::new(pendulum, [1.2, 0.0], (0.0, 24.0), [2.0]);
    let device = Cpu::default();
    let start: Tensor<Rank1<1>, f64, Cpu> = device.tensor(problem.p);

    let single = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points(times.as_slice()));
    let mut p = start.clone();
    let single = Training::adam(0.02).iterations(100).then_lbfgs(100).run(&mut p, |p, gradients| {
        Ok((diffeq_rd(p.trace(gradients), &single)?.series - data.clone()).square().sum())
    });
    let single = single.unwrap();
    assert!(
        (single.best.array()[0] - truth[0]).abs() > 0.5,
        "single shooting found {:?}",
        single.best.array()
    );

    // Twenty segments of less than half a swing each, their initial states unknowns too.
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8);
    let shooting = MultipleShooting::new(&times, 7).unwrap();
    let starts: Tensor<Rank2<20, 2>, f64, Cpu> = shooting.starts(&data).unwrap();
    let trained = Training::adam(0.02).iterations(100).then_lbfgs(200).run(
        &mut (starts, start),
        |(starts, p): &(Tensor<Rank2<20, 2>, f64, Cpu>, Tensor<Rank1<1>, f64, Cpu>), gradients| {
            shooting.loss(starts.trace(gradients), p.leaky_trace(), &solver, &data)
        },
    );
    let trained = trained.unwrap();
    // Data without noise: as near as the solver's tolerance lets the loss be known.
    assert!(trained.best_loss <= 1e-10, "{}", trained.best_loss);
    assert_close(&trained.best.1.array(), &truth, 1e-5);
}

/// The shooting loss of a layer solved in slices, and solved in tensors on its device.
#[test]
fn a_layer_is_shot_at_on_any_device() {
    let device = Cpu::seed_from_u64(9);
    let times = times(9, 0.1);
    let data = series(lotka_volterra, [1.0, 1.0], P, &times);
    let net = device.build_module::<(Linear<2, 8>, Tanh, Linear<8, 2>), f64>();
    let shooting = MultipleShooting::new(&times, 4).unwrap();
    let starts: Tensor<Rank2<3, 2>, f64, Cpu> = shooting.starts(&data).unwrap();
    let config = |times: &[f64]| {
        let span = (times[0], times[times.len() - 1]);
        OdeConfig::span(span).tolerances(1e-8, 1e-8).save_at(Grid::points(times))
    };
    let here = shooting.loss_of(starts.leaky_trace(), &data, |u0, times| {
        let u0 = u0.reshape_like(&(Const::<2>,));
        Ok(neural_ode(&net, u0, &config(times))?.reshape_like(&(times.len(), 2)))
    });
    let there = shooting.loss_of(starts.leaky_trace(), &data, |u0, times| {
        let layer = NeuralOde::new(net.clone(), config(times));
        let u0 = u0.reshape_like(&(Const::<2>,));
        Ok(layer.series_on_device(u0)?.reshape_like(&(times.len(), 2)))
    });
    let (here, there) = (here.unwrap(), there.unwrap());
    // Steps of the same sizes, sums in another order.
    assert_close(&there.as_vec(), &here.as_vec(), 1e-12);
    let (here, there) = (here.backward(), there.backward());
    assert_close(&there.get(&starts).as_vec(), &here.get(&starts).as_vec(), 1e-12);
    assert_close(&there.get(&net.0.weight).as_vec(), &here.get(&net.0.weight).as_vec(), 1e-12);

    // A segment with a state too few.
    let short = shooting.loss_of(starts.leaky_trace(), &data, |u0, times| {
        let u0 = u0.reshape_like(&(Const::<2>,));
        Ok(neural_ode(&net, u0, &config(&times[1..]))?.reshape_like(&(times.len() - 1, 2)))
    });
    assert_eq!(short.unwrap_err(), Error::Shape { what: "states of a segment", expected: 8, found: 6 });
}

#[test]
fn segments_and_sizes_that_do_not_fit_are_refused() {
    let refused = |times: &[f64], size| MultipleShooting::new(times, size).unwrap_err().to_string();
    assert!(refused(&[0.0, 1.0], 1).contains("`group_size` is 1 for 2 times"));
    assert!(refused(&[0.0, 1.0], 3).contains("`group_size` is 3 for 2 times"));
    assert!(refused(&[], 2).contains("`group_size` is 2 for 0 times"));
    assert!(refused(&[0.0, 1.0, 1.0], 2).contains("`times` go from 1 to 1"));
    assert!(refused(&[0.0, f64::NAN, 1.0], 2).contains("`times` go from 0 to NaN"));

    let times = times(5, 0.1);
    let data = series(lotka_volterra, [1.0, 1.0], P, &times);
    let shooting = MultipleShooting::new(&times, 3).unwrap();
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 1.0), P);
    let solver = problem.solver(Tsit5);
    let p: Tensor<Rank1<4>, f64, Cpu> = Cpu::default().tensor(P);
    let three: Tensor<Rank2<3, 2>, f64, Cpu> = Cpu::default().ones();
    let error = shooting.loss(three.leaky_trace(), p.clone(), &solver, &data).unwrap_err();
    assert_eq!(error, Error::Shape { what: "components of initial states", expected: 4, found: 6 });
    let error = shooting.starts::<f64, Rank2<3, 2>, _>(&data).unwrap_err().to_string();
    assert!(error.contains("2 segments with states of 2 reals"), "{error}");
    let starts: Tensor<(usize, usize), f64, Cpu> = shooting.starts(&data).unwrap();
    let short: Tensor<(usize, Const<2>), f64, Cpu> = data.clone().slice((0..4, ..)).realize();
    assert!(matches!(
        shooting.loss(starts.leaky_trace(), p.clone(), &solver, &short),
        Err(Error::Shape { .. })
    ));
    // Every so often is counted from the start of a solve, which each segment has for itself.
    let solver = problem.solver(Tsit5).event(Periodic::of::<hunt>(0.15));
    let error = shooting.loss(starts.clone(), p.clone(), &solver, &data).unwrap_err().to_string();
    assert!(error.contains("each segment would count from its own start"), "{error}");
    let whole = MultipleShooting::new(&times, 5).unwrap();
    let starts: Tensor<(usize, usize), f64, Cpu> = whole.starts(&data).unwrap();
    assert!(whole.loss(starts, p, &solver, &data).unwrap().array() > 1e-3);
}

/// A tenth of the predators is shot.
#[differentiable]
fn hunt(u: &mut [f64; 2]) {
    u[1] *= 0.9;
}

/// The mean square of what [`collocation_loss`] compares, over any real.
fn mean_square<T: Real>(p: [T; 4], estimates: &Estimates<[f64; 2]>) -> T
where
    lotka_volterra: diffeq::problem::Rhs<T, State = [T; 2], Params = [T; 4]>,
{
    use diffeq::problem::Rhs;
    let mut sum = T::ZERO;
    for (u, slope) in estimates.states.iter().zip(&estimates.derivatives) {
        let du = lotka_volterra.eval(&u.map(T::lit), &p, T::ZERO);
        for i in 0..2 {
            sum += (du[i] - T::lit(slope[i])).powi(2);
        }
    }
    sum / T::lit(2.0 * estimates.states.len() as f64)
}

#[test]
fn the_gradient_of_the_collocation_loss_is_exact() {
    let times = times(40, 0.1);
    let data: Vec<[f64; 2]> =
        series(lotka_volterra, [1.0, 1.0], P, &times).as_vec().chunks(2).map(|u| [u[0], u[1]]).collect();
    let estimates = collocate(&times, &data, Kernel::Epanechnikov).unwrap();
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 1.0), P);
    let p: Tensor<Rank1<4>, f64, Cpu> = Cpu::default().tensor(START);
    let loss = collocation_loss(p.leaky_trace(), &problem, &estimates).unwrap();
    let expected = mean_square(Dual::variables(START), &estimates);
    assert!((loss.array() - expected.primal).abs() <= 1e-14 * expected.primal);
    assert_close(&loss.backward().get(&p).array(), &expected.tangents, 1e-13);

    let (states, derivatives): (Series, Series) = estimates.to_tensors().unwrap();
    assert_eq!((&states.as_vec()[6..8], derivatives.shape().0), (&estimates.states[3][..], 40));
    let none = Estimates { times: vec![], states: vec![], derivatives: vec![] };
    assert!(collocation_loss(p, &problem, &none).is_err());
}

#[test]
fn collocation_comes_near_and_a_solve_finishes() {
    let times = times(201, 0.05);
    let data: Vec<[f64; 2]> =
        series(lotka_volterra, [1.0, 1.0], P, &times).as_vec().chunks(2).map(|u| [u[0], u[1]]).collect();
    let estimates = collocate(&times, &data, Kernel::Epanechnikov).unwrap();
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), [0.1; 4]);
    let mut p: Tensor<Rank1<4>, f64, Cpu> = Cpu::default().tensor(problem.p);
    // The right-hand side is linear in its parameters: one minimum, whatever the start.
    let near = Training::lbfgs(100)
        .run(&mut p, |p, gradients| collocation_loss(p.trace(gradients), &problem, &estimates));
    // The bias of the estimates: a few per cent of the sharpest peaks.
    assert_close(&near.unwrap().best.array(), &P, 0.05);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points(times.as_slice()));
    let data = series(lotka_volterra, [1.0, 1.0], P, &times);
    let exact = Training::lbfgs(100).run(&mut p, |p, gradients| {
        Ok((diffeq_rd(p.trace(gradients), &solver)?.series - data.clone()).square().sum())
    });
    assert_close(&exact.unwrap().best.array(), &P, 1e-6);
}

/// Rest, and two forcings of it.
#[ode]
fn forced(u: f64, p: [f64; 2], t: f64) -> f64 {
    let [a, b] = p;
    -u + a * (10.0 * t).sin() + b * (10.0 * t).cos()
}

type Pair = Tensor<Rank1<2>, f64, Cpu>;

/// Forty times, what was seen there, and the parameters that come nearest to it.
///
/// From rest `u = a φ + b ψ` with `φ = (sin 10t - 10 cos 10t + 10 e^-t) / 101` and
/// `ψ = (cos 10t + 10 sin 10t - e^-t) / 101`: the minimum is the solution of two linear equations.
fn seen() -> (Vec<f64>, Vec<f64>, [f64; 2]) {
    let times: Vec<f64> = (1..=40).map(|i| 0.25 * f64::from(i)).collect();
    let basis = |t: &f64| {
        let (s, c, e) = ((10.0 * t).sin(), (10.0 * t).cos(), (-t).exp());
        [(s - 10.0 * c + 10.0 * e) / 101.0, (c + 10.0 * s - e) / 101.0]
    };
    // Off what the equation can do, so that the least loss is not zero.
    let data: Vec<f64> =
        times.iter().map(|t| 0.7 * basis(t)[0] - 1.3 * basis(t)[1] + 0.02 * (37.0 * t).sin()).collect();
    let sum = |f: &dyn Fn(usize) -> f64| (0..times.len()).map(f).sum::<f64>();
    let product = |i: usize, j: usize| sum(&|k| basis(&times[k])[i] * basis(&times[k])[j]);
    let [with_first, with_second] = [0, 1].map(|i| sum(&|k| basis(&times[k])[i] * data[k]));
    let determinant = product(0, 0) * product(1, 1) - product(0, 1) * product(0, 1);
    let a = (product(1, 1) * with_first - product(0, 1) * with_second) / determinant;
    let b = (product(0, 0) * with_second - product(0, 1) * with_first) / determinant;
    (times, data, [a, b])
}

/// Adam comes near, L-BFGS to many digits; both begin where the solution is zero and its steps say nothing.
fn from_rest(loss: impl Fn(&Pair, Gradients<f64, Cpu>) -> Result<diffeq::dfdx::Loss<f64, Cpu>, Error>) {
    let (.., minimum) = seen();
    for (training, tolerance) in [(Training::adam(0.05).iterations(200), 1e-3), (Training::lbfgs(30), 1e-6)] {
        let mut p: Pair = Cpu::default().tensor([0.0, 0.0]);
        let trained = training.run(&mut p, &loss).unwrap();
        assert_close(&trained.best.array(), &minimum, tolerance);
    }
}

#[test]
fn from_rest_reverse_mode_finds_the_minimum() {
    let (times, data, _) = seen();
    let data = Cpu::default().tensor_from_vec(data, (times.len(),));
    let problem = OdeProblem::new(forced, 0.0, (0.0, 10.0), [0.0, 0.0]);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points(times.as_slice()));
    from_rest(|p, gradients| {
        Ok((diffeq_rd(p.trace(gradients), &solver)?.series - data.clone()).square().sum())
    });
}

#[test]
fn from_rest_a_continuous_adjoint_finds_the_minimum() {
    let (times, data, _) = seen();
    let data = Cpu::default().tensor_from_vec(data, (times.len(),));
    let problem = OdeProblem::new(forced, 0.0, (0.0, 10.0), [0.0, 0.0]);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points(times.as_slice()));
    from_rest(|p, gradients| {
        Ok((diffeq_adjoint(p.trace(gradients), &solver)?.series - data.clone()).square().sum())
    });
}

#[test]
fn from_rest_forward_mode_finds_the_minimum() {
    let (times, data, _) = seen();
    let problem = OdeProblem::new(forced, 0.0, (0.0, 10.0), [0.0, 0.0]);
    from_rest(|p, gradients| {
        diffeq_fd(p.trace(gradients), &problem, |problem| {
            let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points(times.as_slice()));
            let solution = solver.solve()?;
            let gaps =
                solution.values().iter().zip(&data).map(|(u, seen)| (*u - Fd::constant(*seen)).powi(2));
            Ok(gaps.fold(Fd::constant(0.0), |sum, gap| sum + gap))
        })
    });
}

#[test]
fn from_rest_a_layer_finds_the_minimum() {
    let device = Cpu::default();
    let times: Vec<f64> = (1..=20).map(|i| 0.5 * f64::from(i)).collect();
    // `u' = w u + b` from zero: `u = b (e^wt - 1) / w`, seen for w = -1 and b = 1.
    let data = times.iter().map(|t| 1.0 - (-t).exp()).collect();
    let data: Tensor<(usize, Const<1>), f64, Cpu> = device.tensor_from_vec(data, (times.len(), Const));
    let config = OdeConfig::span((0.0, 10.0)).tolerances(1e-8, 1e-8).save_at(Grid::points(times));
    let zero: Tensor<Rank1<1>, f64, Cpu> = device.zeros();
    // A start off by more than the whole; along the valley of the two Adam is slow.
    for (training, tolerance) in [(Training::adam(0.1).iterations(300), 0.1), (Training::lbfgs(60), 1e-5)] {
        let mut layer = NeuralOde::new(device.build_module::<Linear<1, 1>, f64>(), config.clone());
        layer.field.weight = device.tensor([[-2.0]]);
        layer.field.bias = device.zeros();
        let trained = training.run(&mut layer, |layer, gradients| {
            Ok((layer.series(zero.trace(gradients))? - data.clone()).square().sum())
        });
        let best = trained.unwrap().best.field;
        assert_close(&[best.weight.array()[0][0], best.bias.array()[0]], &[-1.0, 1.0], tolerance);
    }
}

/// `u' = p u²`: from 1 it is `1 / (1 - p t)`, which ends at `t = 1 / p`.
#[ode]
fn explosion(u: f64, p: [f64; 1]) -> f64 {
    p[0] * u * u
}

#[test]
fn a_solve_that_fails_leaves_the_best_and_training_goes_on_from_there() {
    let problem = OdeProblem::new(explosion, 1.0, (0.0, 1.0), [0.5]);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::points([1.0]));
    // Of 20 at the end of the span the logarithm, which is near enough to a line.
    let loss = |p: &Tensor<Rank1<1>, f64, Cpu>, gradients| {
        Ok((diffeq_rd(p.trace(gradients), &solver)?.series.ln() - 20.0_f64.ln()).square().sum())
    };
    let mut p: Tensor<Rank1<1>, f64, Cpu> = Cpu::default().tensor(problem.p);
    let error = Training::adam(0.2).iterations(100).run(&mut p, loss).unwrap_err();
    let text = error.to_string();
    // From 0.5 over 0.7 and 0.9 to where there is no solution.
    let Error::Training { iteration: 3, losses, cause } = error else { panic!("{text}") };
    assert!(matches!(*cause, Error::StepSizeUnderflow { .. } | Error::NotFinite { .. }), "{text}");
    assert!(text.contains("`explosion`") && text.contains("at iteration 3 of the training"), "{text}");
    assert!(losses.len() == 3 && losses[2] < losses[1] && losses[1] < losses[0], "{losses:?}");
    assert!((p.array()[0] - 0.9).abs() < 0.02, "the best so far, not what failed: {:?}", p.array());
    // L-BFGS steps back from what fails, and ends at the minimum: 1 / (1 - p) = 20.
    let trained = Training::lbfgs(50).run(&mut p, loss).unwrap();
    assert_close(&trained.best.array(), &[0.95], 1e-6);
}
