//! Hamiltonian fields.

use dfdx::prelude::*;
use diffeq_runtime::layers::HamiltonianNet;
use diffeq_runtime::layers::HamiltonianRhs;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::nn::Mlp;
use diffeq_runtime::nn::Tanh as NativeTanh;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::space::Lift;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;
use rand::SeedableRng;
use rand::rngs::StdRng;
use testkit::alloc::allocations;
use testkit::alloc::is_counting;
use testkit::gradcheck::adjoint_gap;

use crate::is_gradient;
use crate::is_gradient_of;

/// Two positions and two momenta.
type Energy<T = f64> = Mlp<4, 9, 1, NativeTanh, T>;
type Field = HamiltonianRhs<Energy, 4, [f64; 4], Energy>;
type D = Dual<f64, 1>;

/// Some hundred roundings of terms of size one.
const ROUNDINGS: f64 = 1e-12;

const U: [f64; 4] = [0.4, -0.9, 0.7, 0.2];
const U_DOT: [f64; 4] = [-0.3, 0.5, 1.1, -0.6];
const W: [f64; 4] = [0.8, 0.1, -1.2, 0.5];

fn energy(seed: u64) -> Energy {
    Energy::init(&mut StdRng::seed_from_u64(seed))
}

fn seeded(v: f64, dot: f64) -> D {
    Dual::new(v, [dot])
}

#[test]
fn the_field_is_the_rotated_gradient_of_the_energy() {
    let net = energy(1);
    let f = Field::new().eval(&U, &net, 0.0);
    let over = net.lift(&mut |w| Dual::<f64, 4>::constant(w));
    let [h] = over.forward(Dual::variables(U));
    let [by_q0, by_q1, by_p0, by_p1] = h.tangents;
    for (got, want) in f.into_iter().zip([by_p0, by_p1, -by_q0, -by_q1]) {
        assert!((got - want).abs() < ROUNDINGS, "{got} {want}");
    }
}

#[test]
fn forward_mode_is_dual_numbers_and_reverse_mode_its_transpose() {
    let (net, net_dot) = (energy(2), energy(3));
    let (mut du, mut du_dot) = ([0.0; 4], [0.0; 4]);
    Field::new().jvp(&mut du, &mut du_dot, &U, &U_DOT, &net, &net_dot, 0.0, 0.0);
    let mut dots = net_dot.as_slice().iter();
    let over: Energy<D> = net.lift(&mut |w| seeded(w, *dots.next().expect("as many")));
    let u = std::array::from_fn(|i| seeded(U[i], U_DOT[i]));
    let dual = HamiltonianRhs::<Energy<D>, 4, [D; 4], Energy<D>>::new().eval(&u, &over, D::ZERO);
    let plain = Field::new().eval(&U, &net, 0.0);
    for i in 0..4 {
        assert!((du[i] - plain[i]).abs() < ROUNDINGS && (du[i] - dual[i].primal).abs() < ROUNDINGS);
        assert!((du_dot[i] - dual[i].tangents[0]).abs() < ROUNDINGS);
    }
    // What is there is added to.
    let (mut u_bar, mut net_bar) = (U, net);
    Field::new().vjp(
        &mut W.clone(),
        &U,
        &net,
        0.0,
        &mut u_bar,
        &mut net_bar,
        &mut 0.0,
        &mut Workspace::new(),
    );
    let minus = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).collect::<Vec<_>>();
    let bars = [minus(&u_bar, &U), minus(net_bar.as_slice(), net.as_slice())].concat();
    let gap = adjoint_gap(&W, &du_dot, &bars, &[&U_DOT, net_dot.as_slice()].concat());
    assert!(gap < ROUNDINGS, "{gap:e}");
}

#[test]
fn nothing_flows_in_or_out() {
    let net = energy(4);
    let (zero, mut divergence, mut size) = (net.zeros_like(), 0.0, 0.0);
    for i in 0..4 {
        let (mut du, mut column, mut unit) = ([0.0; 4], [0.0; 4], [0.0; 4]);
        unit[i] = 1.0;
        Field::new().jvp(&mut du, &mut column, &U, &unit, &net, &zero, 0.0, 0.0);
        divergence += column[i];
        size += column[i].abs();
    }
    assert!(size > 1e-3 && divergence.abs() < 1e-15 + ROUNDINGS * size, "{divergence:e} of {size}");
}

/// The output layer is linear, so that the field of its sum is the sum of the fields, and of its negative the negative:
/// which is the field with the other sign of `J`.
#[test]
fn the_field_is_linear_in_the_energy() {
    let (net, other) = (energy(5), energy(6));
    let with = |weight: &dyn Fn(usize) -> f64| {
        let mut mixed = net;
        mixed.second.as_mut_slice().iter_mut().enumerate().for_each(|(i, w)| *w = weight(i));
        Field::new().eval(&U, &mixed, 0.0)
    };
    let (a, b) = (net.second, other.second);
    let (f, g) = (with(&|i| a.as_slice()[i]), with(&|i| b.as_slice()[i]));
    let mixed = with(&|i| 2.0 * a.as_slice()[i] - 3.0 * b.as_slice()[i]);
    for i in 0..4 {
        assert!((mixed[i] - (2.0 * f[i] - 3.0 * g[i])).abs() < ROUNDINGS);
    }
}

/// The energy at the end differs by the sum of the steps' errors, which is proportional to the tolerance.
#[test]
fn energy_is_conserved_to_the_tolerance() {
    let net = energy(7);
    for tolerance in [1e-4, 1e-6, 1e-8, 1e-10] {
        let problem = OdeProblem::new(Field::new(), U, (0.0, 20.0), net);
        let solution = problem.solver(Vern7).tolerances(tolerance, tolerance).solve().unwrap();
        let drift = solution.states().map(|u| (net.forward(u)[0] - net.forward(U)[0]).abs());
        let drift = drift.fold(0.0, f64::max);
        // About ten steps over which errors add up.
        assert!(drift < 10.0 * tolerance, "{drift:e} at {tolerance:e}");
        assert!((solution.end()[0] - U[0]).abs() > 0.1, "it moves");
    }
}

#[test]
fn gradients_of_a_solve_are_those_of_differences() {
    let net = energy(8);
    let problem = |net: Energy| OdeProblem::new(Field::new(), U, (0.0, 2.0), net);
    let at = |p: &[f64]| {
        let mut net = net;
        net.as_mut_slice().copy_from_slice(p);
        let solution = problem(net).solver(Tsit5).tolerances(1e-12, 1e-12).solve().unwrap();
        solution.end().iter().map(|x| 0.5 * x * x).sum::<f64>()
    };
    let problem = problem(net);
    let solver = problem.solver(Tsit5).tolerances(1e-12, 1e-12);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let end = *solution.end();
    let gradient = pullback.call(diffeq_runtime::sensitivity::Cotangents::end(&end)).unwrap();
    is_gradient(gradient.p.as_slice(), at, net.as_slice(), 1e-9);
}

#[test]
fn an_evaluation_allocates_nothing() {
    let net = energy(9);
    let batch = HamiltonianRhs::<Energy, 4, Vec<f64>, Vec<f64>>::new();
    let (u, p) = ([U, W, U_DOT].concat(), net.as_slice().to_vec());
    let (mut du, mut du_dot, mut du_bar) = (u.clone(), u.clone(), u.clone());
    let (mut u_bar, mut p_bar, mut work) = (u.clone(), p.clone(), Workspace::new());
    assert!(is_counting());
    let count = allocations(|| {
        batch.rhs(&mut du, &u, &p, 0.0);
        batch.jvp(&mut du, &mut du_dot, &u, &u, &p, &p, 0.0, 0.0);
        batch.vjp(&mut du_bar, &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut 0.0, &mut work);
    });
    assert_eq!(count.0, 0);
}

#[test]
fn parameters_that_do_not_fit_stop_the_solve() {
    let rhs = HamiltonianRhs::<Energy, 4, [f64; 4], Vec<f64>>::new();
    let problem = OdeProblem::new(rhs, U, (0.0, 1.0), vec![0.1; 7]);
    let error = problem.solver(Tsit5).solve().unwrap_err();
    assert!(error.to_string().contains("not finite"), "{error}");
}

type Built = HamiltonianNet<(Linear<4, 6>, Tanh, Linear<6, 1>)>;

#[test]
fn as_a_module_it_is_the_field_on_the_tape() {
    let device = Cpu::seed_from_u64(1);
    let net = device.build_module::<Built, f64>();
    assert_eq!(net.num_trainable_params(), 30 + 7);
    let x: Tensor<Rank2<3, 4>, f64, _> = device.sample_normal();
    // Its rows are J times the gradient of the energy by dfdx's own tape.
    let gradients = net.0.forward(x.leaky_trace()).sum().backward();
    for (field, by_x) in net.forward(x.clone()).array().into_iter().zip(gradients.get(&x).array()) {
        for (got, want) in field.into_iter().zip([by_x[2], by_x[3], -by_x[0], -by_x[1]]) {
            assert!((got - want).abs() < ROUNDINGS);
        }
    }
    let loss = |net: &<Built as BuildOnDevice<Cpu, f64>>::Built, x: Tensor<Rank2<3, 4>, f64, Cpu>| {
        (net.forward(x.clone()) - x.cos()).square().mean::<Rank0, _>().array()
    };
    let traced = x.leaky_trace();
    let gradients = (net.forward(traced.with_empty_tape()) - traced.cos()).square().mean().backward();
    is_gradient_of(&net, &gradients, |net| loss(net, x.clone()), 1e-11);
    let at = |x: &[f64]| loss(&net, device.tensor_from_vec(x.to_vec(), (Const, Const)));
    is_gradient(&gradients.get(&x).as_vec(), at, &x.as_vec(), 1e-11);
}

#[test]
fn it_is_a_field_of_a_neural_ode() {
    let device = Cpu::seed_from_u64(2);
    type Model = (Linear<3, 4>, NeuralOde<Built>, Linear<4, 1>);
    let mut model = device.build_module::<Model, f64>();
    (model.1.config.rtol, model.1.config.atol) = (1e-11, 1e-11);
    let x: Tensor<Rank2<3, 3>, f64, _> = device.sample_normal();
    let gradients = model.forward(x.leaky_trace()).square().mean().backward();
    let loss = |model: &<Model as BuildOnDevice<Cpu, f64>>::Built| {
        model.forward(x.clone()).square().mean::<Rank0, _>().array()
    };
    is_gradient_of(&model, &gradients, loss, 1e-8);
    // A row by itself is the row of a batch.
    let batch = model.1.forward(model.0.forward(x.clone()));
    for row in 0..3 {
        let alone: Tensor<Rank1<3>, f64, _> = x.clone().select(device.tensor(row));
        let alone = model.1.forward(model.0.forward(alone)).array();
        assert!(alone.iter().zip(batch.array()[row]).all(|(a, b)| (a - b).abs() < 1e-9));
    }
}

#[test]
fn single_precision_and_files_work_too() {
    let device = Cpu::seed_from_u64(3);
    let model = device.build_module::<NeuralOde<Built>, f32>();
    let x: Tensor<(usize, Const<4>), f32, _> = device.sample_normal_like(&(5, Const));
    let gradients = model.forward(x.leaky_trace()).square().sum().backward();
    assert!(gradients.get(&model.field.0.0.weight).as_vec().iter().any(|g| *g != 0.0));
    let path = std::env::temp_dir().join(format!("hamiltonian_{}.npz", std::process::id()));
    model.save(&path).unwrap();
    let mut loaded = device.build_module::<NeuralOde<Built>, f32>();
    loaded.load(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(model.forward(x.clone()).as_vec(), loaded.forward(x).as_vec());
}
