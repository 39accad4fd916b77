//! Layers, and solves on dfdx's tape, at rest: `u' = A u + b` at `u = b = 0`, where the steps are those of nothing.

use dfdx::prelude::*;
use diffeq::layers::NeuralOde;
use diffeq::layers::OdeConfig;
use diffeq::layers::Taped;
use diffeq::prelude::*;
use diffeq::sensitivity::Adjoint;
use diffeq::sensitivity::Backsolve;
use diffeq::sensitivity::Interpolating;
use diffeq::sensitivity::Quadrature;

use crate::cases::at_rest;
use crate::cases::cases;
use crate::cases::loss;
use crate::cases::truth;

const TOLERANCE: f64 = 1e-6;

/// What a gradient must be, and the size that its error is relative to.
fn check(wrong: &mut Vec<String>, what: String, got: &[f64], want: &[f64], sizes: &[f64]) {
    for ((got, want), size) in got.iter().zip(want).zip(sizes) {
        let error = (got - want).abs() / f64::max(*size, 1e-3);
        if error.is_nan() || error > 1e3 * TOLERANCE {
            wrong.push(format!("{what}: {got} for {want}, off by {error:.1e}"));
        }
    }
}

/// A layer over each of the linear cases: its gradient by its input.
macro_rules! layers {
    ($field:ty, $($method:expr, $adjoint:expr;)*) => {{
        let device = Cpu::default();
        let mut wrong = Vec::new();
        $( for case in cases() {
            let (columns, largest) = truth(&case);
            let want = loss(columns);
            let mut field = device.build_module::<Linear<2, 2>, f64>();
            field.weight = device.tensor(case.linear());
            field.bias = device.zeros();
            let config = OdeConfig::span((0.0, case.end)).tolerances(TOLERANCE, TOLERANCE);
            let config = config.method($method).adjoint($adjoint);
            let layer = NeuralOde::new(<$field>::from(field), config);
            let x: Tensor<Rank1<2>, f64, Cpu> = device.zeros();
            let weights = device.tensor([1.0, 0.5]);
            let what = format!("{}, {} by {}", case.name, stringify!($method), stringify!($adjoint));
            match layer.try_forward(x.leaky_trace()) {
                Ok(end) => match (end * weights).sum().try_backward() {
                    Ok(gradients) => check(&mut wrong, what, &gradients.get(&x).array(), &want[..2], &largest[..2]),
                    Err(error) => wrong.push(format!("{what}: {}", diffeq::Error::from(error))),
                },
                Err(error) => wrong.push(format!("{what}: {}", diffeq::Error::from(error))),
            }
        } )*
        assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    }};
}

/// A field as it is.
struct Plain;
impl Plain {
    fn from<M>(module: M) -> M {
        module
    }
}

/// A field by dfdx's operations.
struct OnTheTape;
impl OnTheTape {
    fn from<M>(module: M) -> Taped<M> {
        Taped(module)
    }
}

#[test]
fn layers_at_rest() {
    layers! { Plain,
        Tsit5, DiscreteAdjoint::default();
        DP5, DiscreteAdjoint::default();
        Vern9, DiscreteAdjoint::default();
        DOP853, DiscreteAdjoint::checkpoints(5);
        Tsit5, GaussAdjoint::default();
        Tsit5, Interpolating::default();
        Tsit5, Quadrature::default();
        Tsit5, Backsolve::default();
    }
}

#[test]
fn layers_of_other_modules_at_rest() {
    layers! { OnTheTape, Tsit5, DiscreteAdjoint::default(); }
}

/// A small network without bias at zero, with the defaults: its derivative is that of its linear part.
#[test]
fn a_network_without_bias_at_zero() {
    let device = Cpu::default();
    let mut field = device.build_module::<(Linear<2, 2>, Tanh, Linear<2, 2>), f64>();
    // W2 W1 = -8 I.
    field.0.weight = device.tensor([[2.0, 1.0], [0.0, -2.0]]);
    field.2.weight = device.tensor([[-4.0, -2.0], [0.0, 4.0]]);
    (field.0.bias, field.2.bias) = (device.zeros(), device.zeros());
    let layer = NeuralOde::new(field, OdeConfig::span((0.0, 1.0)));
    let x: Tensor<Rank1<2>, f64, Cpu> = device.zeros();
    let gradient = layer.forward(x.leaky_trace()).sum().backward().get(&x).array();
    // The limit at a tolerance of 1e-3 is one per cent of the largest cotangent, which is 1.
    let want = (-8.0_f64).exp();
    for got in gradient {
        assert!((got - want).abs() < 1e-2, "{got} for {want}");
    }
}

fn on_the_tape<A: Adjoint<at_rest, f64, Tsit5, Record: 'static> + Clone + 'static>(adjoint: A) {
    let device = Cpu::default();
    let mut wrong = Vec::new();
    for (number, case) in cases().into_iter().enumerate() {
        let (columns, largest) = truth(&case);
        let p = [case.p[0], case.p[1], number as f64];
        let problem = OdeProblem::new(at_rest, case.u, (0.0, case.end), p);
        let solver = problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE).save_at(Grid::points([case.end]));
        let u0: Tensor<Rank1<2>, f64, Cpu> = device.tensor(case.u);
        let p: Tensor<Rank1<3>, f64, Cpu> = device.tensor(p);
        let solved = diffeq::dfdx::diffeq_with((u0.leaky_trace(), p.leaky_trace()), &solver, adjoint.clone());
        let series = solved.unwrap_or_else(|error| panic!("{}: {error}", case.name)).series;
        let weights: Tensor<(usize, Const<2>), f64, Cpu> = device.tensor_from_vec(vec![1.0, 0.5], (1, Const));
        let gradients = (series * weights).sum().backward();
        let [x, y] = gradients.get(&u0).array();
        let [a, b, _] = gradients.get(&p).array();
        check(&mut wrong, case.name.into(), &[x, y, a, b], &loss(columns), &largest);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn reverse_mode_on_the_tape() {
    on_the_tape(DiscreteAdjoint::default());
}

#[test]
fn a_continuous_adjoint_on_the_tape() {
    on_the_tape(GaussAdjoint::default());
}

#[test]
fn forward_mode_on_the_tape() {
    let device = Cpu::default();
    let mut wrong = Vec::new();
    for (number, case) in cases().into_iter().enumerate() {
        let (columns, largest) = truth(&case);
        let p = [case.p[0], case.p[1], number as f64];
        let problem = OdeProblem::new(at_rest, case.u, (0.0, case.end), p);
        let u0: Tensor<Rank1<2>, f64, Cpu> = device.tensor(case.u);
        let p: Tensor<Rank1<3>, f64, Cpu> = device.tensor(p);
        let value = diffeq_fd((u0.leaky_trace(), p.leaky_trace()), &problem, |problem| {
            let end = *problem.solver(Tsit5).tolerances(TOLERANCE, TOLERANCE).solve()?.end();
            Ok(end[0] + end[1] * Fd::constant(0.5))
        });
        let gradients = value.unwrap_or_else(|error| panic!("{}: {error}", case.name)).backward();
        let [x, y] = gradients.get(&u0).array();
        let [a, b, _] = gradients.get(&p).array();
        check(&mut wrong, case.name.into(), &[x, y, a, b], &loss(columns), &largest);
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
