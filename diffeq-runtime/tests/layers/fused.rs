//! The two ways to integrate a module, over arrays and by dfdx's tape, give the same numbers.

use dfdx::losses::mse_loss;
use dfdx::prelude::*;
use diffeq_runtime::dfdx::Scalar;
use diffeq_runtime::dfdx::destructure;
use diffeq_runtime::layers::NeuralOde;
use diffeq_runtime::layers::OdeConfig;
use diffeq_runtime::layers::SecondOrder;
use diffeq_runtime::layers::StateShape;
use diffeq_runtime::layers::Taped;
use diffeq_runtime::layers::VectorField;
use diffeq_runtime::nn::Cube;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::RK4;

use crate::Built;
use crate::Net;
use crate::distance;
use crate::gradient;
use crate::oracle::layer;

/// Slopes and their products with cotangents, both ways, agree to some roundings of `E`.
fn slopes_agree<S, E, M>(module: &M, x: &Tensor<S, E, Cpu>)
where
    S: StateShape,
    E: Scalar + Into<f64>,
    M: VectorField<E, S>,
    Taped<M>: VectorField<E, S>,
{
    let (ours, theirs) = (slope(module, x), slope(&Taped(module.clone()), x));
    for (ours, theirs) in ours.iter().zip(&theirs) {
        assert!(distance(ours, theirs) < 100.0 * E::EPSILON, "{ours:?} {theirs:?}");
    }
}

/// The slope at `x`, and the product of a cotangent with the Jacobian by the state and by the parameters.
fn slope<S, E, F>(field: &F, x: &Tensor<S, E, Cpu>) -> [Vec<f64>; 3]
where
    S: StateShape,
    E: Scalar + Into<f64>,
    F: VectorField<E, S>,
{
    let rhs = field.rhs(x.shape()).unwrap();
    let u = F::state(x.shape(), x.as_vec());
    let p = destructure(field).unwrap();
    let du = rhs.eval(&u, &p, E::lit(0.0));
    let weights = (0..du.as_slice().len()).map(|i| E::lit((i as f64 + 1.0).sin())).collect();
    let mut du_bar = F::state(x.shape(), weights);
    let (mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), E::lit(0.0));
    rhs.vjp(&mut du_bar, &u, &p, E::lit(0.0), &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    [du.as_slice(), u_bar.as_slice(), p_bar.as_slice()].map(|x| x.iter().map(|x| (*x).into()).collect())
}

macro_rules! modules {
    ($($name:ident: $module:ty;)*) => { $(
        #[test]
        fn $name() {
            let device = Cpu::seed_from_u64(20);
            let double = device.build_module::<$module, f64>();
            let single = device.build_module::<$module, f32>();
            // Positive states: logarithms and roots have values there.
            let vector: Tensor<Rank1<4>, f64, _> = device.sample_uniform();
            let rows: Tensor<(usize, Const<4>), f64, _> = device.sample_uniform_like(&(5, Const));
            slopes_agree(&double, &vector);
            slopes_agree(&double, &rows);
            slopes_agree(&single, &vector.to_dtype::<f32>());
            slopes_agree(&single, &rows.to_dtype::<f32>());
        }
    )* };
}

modules! {
    one_linear_layer: Linear<4, 4>;
    a_tuple_of_one: (Linear<4, 4>,);
    tanh: (Linear<4, 6>, Tanh, Linear<6, 4>);
    tanh_and_sigmoid: (Linear<4, 6>, Tanh, Linear<6, 5>, Sigmoid, Linear<5, 4>);
    a_tuple_in_a_tuple: ((Linear<4, 6>, Cos), (ReLU, Sin, Linear<6, 4>));
    exp_square_abs: (Linear<4, 6>, Exp, Square, Abs, Linear<6, 4>, Tanh);
    ln_and_sqrt: (Linear<4, 6>, Exp, Sqrt, Ln, Linear<6, 4>);
    // `AccurateGeLU` is not here: dfdx's derivative of it lacks a factor 1/√2.
    gelu: (Linear<4, 6>, FastGeLU, Linear<6, 4>);
    cube: (Cube, Linear<4, 9>, Tanh, Linear<9, 4>);
    second_order: SecondOrder<(Linear<4, 6>, Tanh, Linear<6, 2>)>;
}

type OnTape<S, E> = Tensor<S, E, Cpu, OwnedTape<E, Cpu>>;

/// Values and gradients of a layer in both ways agree to some hundred roundings of `E`.
fn layers_agree<S, E>(module: &Built<E>, x: &Tensor<S, E, Cpu>)
where
    S: StateShape + ReduceShapeTo<(), S::AllAxes>,
    E: Scalar + Into<f64>,
    Built<E>: VectorField<E, S>,
    Taped<Built<E>>: VectorField<E, S>,
    NeuralOde<Built<E>, RK4>: Module<OnTape<S, E>, Output = OnTape<S, E>, Error = CpuError>,
    NeuralOde<Taped<Built<E>>, RK4>: Module<OnTape<S, E>, Output = OnTape<S, E>, Error = CpuError>,
{
    let roundings = 1e3 * E::EPSILON;
    // A clone has its original's ids, so that both leave gradients in the same places.
    let (fused, taped) = (layer(module.clone()), layer(Taped(module.clone())));
    let target = x.clone() * E::lit(0.5);
    let run = |y: OnTape<S, E>| (y.as_vec(), mse_loss(y, target.clone()).backward());
    let (y, ours) = run(fused.forward(x.leaky_trace()));
    let (expected, theirs) = run(taped.forward(x.leaky_trace()));
    let wide = |x: Vec<E>| x.into_iter().map(Into::into).collect::<Vec<f64>>();
    assert!(distance(&wide(y), &wide(expected)) < roundings);
    assert!(distance(&wide(ours.get(x).as_vec()), &wide(theirs.get(x).as_vec())) < roundings);
    assert!(distance(&gradient(module, &ours), &gradient(module, &theirs)) < roundings);
}

#[test]
fn layers_give_the_same_in_each_shape_and_both_precisions() {
    let device = Cpu::seed_from_u64(21);
    let double = device.build_module::<Net, f64>();
    let single = double.to_dtype::<f32>();
    let vector: Tensor<Rank1<2>, f64, _> = device.sample_normal();
    let matrix: Tensor<Rank2<3, 2>, f32, _> = device.sample_normal();
    let rows: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(5, Const));
    layers_agree(&double, &vector);
    layers_agree(&single, &matrix);
    layers_agree(&single, &rows);
}

#[test]
fn tangents_agree_too() {
    let device = Cpu::seed_from_u64(22);
    let net = device.build_module::<(Linear<2, 6>, Tanh, Linear<6, 2>), f64>();
    let p = destructure(&net).unwrap();
    let p_dot: Vec<f64> = (0..p.len()).map(|i| (i as f64).sin()).collect();
    let (u, u_dot) = (vec![0.3, -0.4, 0.5, 1.0], vec![1.0, 0.5, -0.2, 0.1]);
    let push = |rhs: &dyn Fn(&mut Vec<f64>, &mut Vec<f64>)| {
        let (mut du, mut du_dot) = (vec![0.0; 4], vec![0.0; 4]);
        rhs(&mut du, &mut du_dot);
        (du, du_dot)
    };
    let shape = (2, Const::<2>);
    let (fused, taped) = (net.rhs(&shape).unwrap(), Taped(net.clone()).rhs(&shape).unwrap());
    let ours = push(&|du, du_dot| fused.jvp(du, du_dot, &u, &u_dot, &p, &p_dot, 0.0, 0.0));
    let theirs = push(&|du, du_dot| taped.jvp(du, du_dot, &u, &u_dot, &p, &p_dot, 0.0, 0.0));
    assert!(distance(&ours.0, &theirs.0) < 1e-14);
    assert!(distance(&ours.1, &theirs.1) < 1e-14);
    let one = net.rhs(&(Const::<2>,)).unwrap();
    let (mut du, mut du_dot) = ([0.0; 2], [0.0; 2]);
    one.jvp(&mut du, &mut du_dot, &[0.3, -0.4], &[1.0, 0.5], &p, &p_dot, 0.0, 0.0);
    assert_eq!((du.as_slice(), du_dot.as_slice()), (&ours.0[..2], &ours.1[..2]));
}

#[test]
fn adaptive_steps_are_the_same_steps() {
    let device = Cpu::seed_from_u64(23);
    let net = device.build_module::<(Linear<2, 6>, Tanh, Linear<6, 2>), f64>();
    let x: Tensor<Rank2<3, 2>, f64, _> = device.sample_normal();
    let fused = NeuralOde::new(net.clone(), OdeConfig::span((0.0, 5.0))).solve(&x).unwrap();
    let taped = NeuralOde::new(Taped(net), OdeConfig::span((0.0, 5.0))).solve(&x).unwrap();
    assert_eq!(fused.stats(), taped.stats());
    assert!(distance(fused.end().as_slice(), taped.end().as_slice()) < 1e-12);
}
