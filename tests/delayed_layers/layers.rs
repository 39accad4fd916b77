//! Neural delayed equations.
//!
//! Oracle: the loop of Euler written out in dfdx's tensors, with Hermite's cubic between its steps: value and gradients, those by
//! the lags among them, are those of dfdx's own tape, which knows neither the layer's networks nor its adjoint. And the same
//! equation written by hand with `#[dde]`, differentiated forwards by dual numbers.

use dfdx::optim::Sgd;
use dfdx::optim::SgdConfig;
use dfdx::prelude::*;
use diffeq::delay::Lagging;
use diffeq::dfdx::destructure;
use diffeq::layers::NeuralCdde;
use diffeq::layers::NeuralDde;
use diffeq::layers::delayed::builder::ConstantLags;
use diffeq::layers::delayed::builder::Lags;
use diffeq::nn::Mlp;
use diffeq::prelude::Before;
use diffeq::prelude::Data;
use diffeq::prelude::DdeProblem;
use diffeq::prelude::Euler;
use diffeq::prelude::Grid;
use diffeq::prelude::History;
use diffeq::prelude::Tsit5;
use diffeq::prelude::diffeq_fd;
use diffeq::{dde, differentiable};

use crate::distance;

const DT: f64 = 0.125;

/// Two numbers and those of two earlier times in, two out.
type Net = (Linear<6, 5>, Tanh, Linear<5, 2>);
type Rows<const B: usize> = Rank2<B, 2>;
type Traced<S> = Tensor<S, f64, Cpu, OwnedTape<f64, Cpu>>;

/// A copy of a tensor on an empty tape, through which gradients reach the original.
fn again<S: Shape>(x: &Traced<S>) -> Traced<S> {
    x.retaped::<OwnedTape<f64, Cpu>>()
}

/// Euler's steps between given times on the tape, from rows that rested before; `net` takes the state and two earlier ones. All
/// states, the start included; and all slopes, of which the tapes are needed.
fn by_hand<const B: usize>(
    times: &[f64],
    x: Traced<Rows<B>>,
    lag: impl Fn(usize) -> Traced<Rank0>,
    at: [f64; 2],
    net: impl Fn(Traced<Rank2<B, 6>>) -> Traced<Rows<B>>,
) -> [Vec<Traced<Rows<B>>>; 2] {
    let device = Cpu::default();
    let wide = |k: usize| -> Tensor<Rank2<2, 6>, f64, Cpu> {
        let row = |i: usize| std::array::from_fn::<f64, 6, _>(|j| f64::from(u8::from(j == 2 * k + i)));
        device.tensor([row(0), row(1)])
    };
    // The states at the ends of steps, and the slopes where steps begin and end.
    let mut u: Vec<Traced<Rows<B>>> = vec![x];
    let (mut begins, mut ends): (Vec<Traced<Rows<B>>>, Vec<Traced<Rows<B>>>) = (Vec::new(), Vec::new());
    for n in 0..times.len() - 1 {
        let slope = |n: usize, is_end: bool, [u, begins, ends]: [&[Traced<Rows<B>>]; 3]| {
            let mut input = again(&u[n]).matmul(wide(0));
            for (k, &lag_of) in at.iter().enumerate().take(2) {
                let back = times[n] - lag_of;
                // On a break point the step before looks at what rested, and the step after at the solution.
                let z = if back < -1e-12 || (is_end && back < 1e-12) {
                    again(&u[0])
                } else {
                    let m = times.partition_point(|t| *t <= back + 1e-12) - 1;
                    let length = times[m + 1] - times[m];
                    let theta = || -> Traced<Rows<B>> {
                        ((lag(k).negate() + (times[n] - times[m])) / length).broadcast()
                    };
                    let rest = || theta().negate() + 1.0;
                    again(&u[m]) * (theta() * 2.0 + 1.0) * rest().square()
                        + again(&u[m + 1]) * theta().square() * (theta() * -2.0 + 3.0)
                        + again(&begins[m]) * theta() * rest().square() * length
                        - again(&ends[m]) * theta().square() * rest() * length
                };
                input = input + z.matmul(wide(1 + k));
            }
            net(input)
        };
        let begin = slope(n, false, [&u, &begins, &ends]);
        u.push(again(&u[n]) + again(&begin) * (times[n + 1] - times[n]));
        begins.push(begin);
        ends.push(slope(n + 1, true, [&u, &begins, &ends]));
    }
    begins.append(&mut ends);
    [u, begins]
}

/// The sum of squares of states.
fn squares<const B: usize>(states: Vec<Traced<Rows<B>>>) -> Traced<Rank0> {
    let terms: Vec<Traced<Rank0>> = states.into_iter().map(|u| u.square().sum()).collect();
    terms.into_iter().reduce(|sum, term| sum + term).unwrap()
}

const LAGS: [f64; 2] = [0.3, 0.55];

fn close(found: &[f64], expected: &[f64]) {
    assert!(expected.iter().all(|x| *x != 0.0), "{expected:?}");
    // Eight steps of sums in another order.
    let apart = distance(found, expected);
    assert!(apart < 1e-12, "{apart:e}: {found:?} {expected:?}");
}

#[test]
fn lags_that_are_trained() {
    type Model = NeuralDde<Net, Lags<2>, Euler>;
    let device = Cpu::default();
    let mut model = device.build_module::<Model, f64>();
    assert_eq!(model.field.lags.lags.array(), [0.1, 0.2]);
    model.field.lags.lags = device.tensor(LAGS);
    model.config.options.dt = Some(DT);
    let x: Tensor<Rows<3>, f64, Cpu> = device.sample_normal();

    let series = model.series(x.leaky_trace()).unwrap();
    let lag = |k: usize| model.field.lags.lags.retaped::<OwnedTape<f64, Cpu>>().select(device.tensor(k));
    let solution = model.solve(&x).unwrap();
    let times = solution.times();
    let [expected, slopes] =
        by_hand(times, x.leaky_trace(), lag, LAGS, |input| model.field.net.forward(input));
    let values: Vec<f64> = expected.iter().flat_map(|u| u.as_vec()).collect();
    assert!(distance(&series.as_vec(), &values) < 1e-13);

    let found = series.square().sum().backward();
    let expected = (squares(expected) + squares(slopes) * 0.0).backward();
    close(&found.get(&x).as_vec(), &expected.get(&x).as_vec());
    close(&found.get(&model.field.lags.lags).array(), &expected.get(&model.field.lags.lags).array());
    close(&found.get(&model.field.net.0.weight).as_vec(), &expected.get(&model.field.net.0.weight).as_vec());
    close(&found.get(&model.field.net.0.bias).as_vec(), &expected.get(&model.field.net.0.bias).as_vec());
    close(&found.get(&model.field.net.2.weight).as_vec(), &expected.get(&model.field.net.2.weight).as_vec());
}

#[test]
fn lags_that_stay() {
    type Model = NeuralCdde<Net, ConstantLags<2>, Euler>;
    let device = Cpu::default();
    let mut model = device.build_module::<Model, f64>();
    model.field.lags.lags = device.tensor(LAGS);
    model.config.options.dt = Some(DT);
    // One vector, which is a batch of one row.
    let x: Tensor<Rank1<2>, f64, Cpu> = device.tensor([0.7, -0.4]);
    let y = model.forward(x.leaky_trace());
    let lag = |k: usize| device.tensor(LAGS[k]).put_tape(OwnedTape::default());
    let rows: Traced<Rows<1>> = x.leaky_trace().reshape();
    let solution = model.solve(&x).unwrap();
    let times = solution.times();
    let [mut expected, slopes] = by_hand(times, rows, lag, LAGS, |input| model.field.net.forward(input));
    let end = expected.pop().unwrap();
    assert!(distance(&y.as_vec(), &end.as_vec()) < 1e-13);
    let found = y.square().sum().backward();
    // All that the end was made of is on the tapes of the other states and slopes.
    let expected = (squares(expected) * 0.0 + squares(slopes) * 0.0 + end.square().sum()).backward();
    close(&found.get(&x).as_vec(), &expected.get(&x).as_vec());
    close(&found.get(&model.field.net.0.weight).as_vec(), &expected.get(&model.field.net.0.weight).as_vec());
    // They are no parameters, and are kept with the model.
    assert_eq!(destructure(&model).unwrap().len(), 35 + 12);
}

/// What the layer is, by hand.
#[derive(Clone, Copy, diffeq::Components)]
struct P {
    net: Mlp<4, 5, 2, diffeq::nn::Tanh>,
    lag: f64,
}

#[dde]
fn by_dde(u: &[f64; 2], h: &impl History<[f64; 2]>, p: &P, t: f64) -> [f64; 2] {
    let z = h(t - p.lag);
    p.net.forward([u[0], u[1], z[0], z[1]])
}

#[differentiable]
fn before(t: f64) -> [f64; 2] {
    [(3.0 * t).cos(), 0.5 + t]
}

/// By a method with error control, against dual numbers through the equation written by hand.
macro_rules! same_as_by_hand {
    ($lags:ty, $history:expr, $start:expr) => {{
        type Model = NeuralDde<(Linear<4, 5>, Tanh, Linear<5, 2>), $lags>;
        let device = Cpu::default();
        let mut model = device.build_module::<Model, f64>();
        model.field.lags.lags = device.tensor([0.4]);
        model.field.lags.history = $history;
        (model.config.rtol, model.config.atol) = (1e-10, 1e-10);
        let x: Tensor<Rank1<2>, f64, Cpu> = device.tensor($start);
        let y = model.forward(x.leaky_trace());

        let flat = destructure(&model.field).unwrap();
        let p = *diffeq::space::from_flat::<f64, POf<f64>>(&flat).unwrap();
        let problem = DdeProblem::new(by_dde, $start, $history, (0.0, 1.0), p);
        let tensor = device.tensor(<[f64; 38]>::try_from(flat).unwrap());
        let end: Tensor<Rank1<2>, f64, Cpu, _> =
            diffeq_fd((x.leaky_trace(), tensor.leaky_trace()), &problem, |problem| {
                Ok(*problem.solver(Tsit5).tolerances(1e-10, 1e-10).solve()?.end())
            })
            .unwrap();
        // What the tolerance leaves: forwards the steps may be others.
        assert!(distance(&y.array(), &end.array()) < 1e-9);
        let found = y.square().sum().backward();
        let expected = end.square().sum().backward();
        assert!(distance(&found.get(&x).array(), &expected.get(&x).array()) < 1e-8);
        let expected = expected.get(&tensor).as_vec();
        let mut found = {
            let mut gradients = found;
            diffeq::dfdx::flat_gradients(&model.field, &mut gradients).unwrap()
        };
        assert!(distance(&found, &expected) < 1e-8);
        let lag = (found.pop().unwrap(), expected[37]);
        // The break points that the knots cause move with the lag, and steps with them: another part of the tolerance.
        assert!(lag.1 != 0.0 && (lag.0 - lag.1).abs() < 1e-7 * lag.1.abs(), "{lag:?}");
    }};
}

#[test]
fn with_a_history_by_a_function() {
    // It fits the start.
    same_as_by_hand!(Lags<1, Before<before>>, Before::of::<before>(), [1.0, 0.5]);
}

#[test]
fn with_a_history_that_does_not_fit_the_start() {
    same_as_by_hand!(Lags<1, Before<before>>, Before::of::<before>(), [0.2, -0.3]);
}

#[test]
fn with_a_history_by_data() {
    let data = || {
        let times = [-0.5, -0.3, -0.2, 0.0];
        Data::new(&times, &[[0.2, 0.1], [0.5, -0.1], [0.3, 0.4], [1.0, 0.5]]).unwrap()
    };
    same_as_by_hand!(Lags<1, Data>, data(), [1.0, 0.5]);
}

#[test]
fn what_rested_before() {
    same_as_by_hand!(Lags<1>, diffeq::delay::AtRest, [0.2, -0.3]);
}

#[test]
fn saved_built_and_converted_like_any_other_module() {
    type Model = (Linear<3, 2>, NeuralDde<(Linear<4, 5>, Tanh, Linear<5, 2>), Lags<1, Data>>, Linear<2, 1>);
    let device = Cpu::default();
    let mut model = device.build_module::<Model, f64>();
    let data = Data::new(&[-1.0, 0.0], &[[0.0, 0.0], [1.0, 1.0]]).unwrap();
    model.1.field.lags.history = data.clone();
    model.1.field.lags.lags = device.tensor([0.25]);
    model.1.config.options.save_at = Some(Grid::step(0.5));
    let single = model.clone().to_dtype::<f32>();
    assert_eq!(single.1.field.lags.history, data);
    assert_eq!(single.1.field.lags.lags.array(), [0.25]);
    let x: Tensor<Rank2<4, 3>, f32, _> = device.sample_normal();
    let y: Tensor<Rank2<4, 1>, f32, _, _> = single.forward(x.leaky_trace());
    let gradients = y.sum().backward();
    assert_ne!(gradients.get(&single.1.field.lags.lags).array(), [0.0]);
    assert!(gradients.get(&single.0.weight).as_vec().iter().all(|x| *x != 0.0));
    // The lag is trained like all else.
    let mut model = device.build_module::<Model, f64>();
    model.1.field.lags.history = Data::new(&[-1.0, 0.0], &[[0.0, 0.0], [1.0, 1.0]]).unwrap();
    let mut optimiser = Sgd::new(&model, SgdConfig { lr: 0.05, momentum: None, weight_decay: None });
    let x: Tensor<Rank2<4, 3>, f64, _> = device.sample_normal();
    let before = model.1.field.lags.lags.array();
    let gradients = model.forward(x.leaky_trace()).square().sum().backward();
    optimiser.update(&mut model, &gradients).unwrap();
    assert_ne!(model.1.field.lags.lags.array(), before);
    let _: &Lagging<Tsit5> = &model.1.config.method;
}

#[test]
fn a_lag_below_zero_is_told() {
    type Model = NeuralDde<(Linear<4, 5>, Tanh, Linear<5, 2>), Lags<1>>;
    let device = Cpu::default();
    let mut model = device.build_module::<Model, f64>();
    model.field.lags.lags = device.tensor([-0.1]);
    let x: Tensor<Rank1<2>, f64, Cpu> = device.tensor([0.1, 0.2]);
    let error = diffeq::Error::from(model.try_forward(x).unwrap_err()).to_string();
    assert!(error.contains("a lag is -1e-1"), "{error}");
}
