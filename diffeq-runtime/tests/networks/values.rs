//! What comes out, and in which order parameters lie.

use diffeq_runtime::nn::*;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Components;
use diffeq_runtime::space::Lift;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::from_flat;
use diffeq_runtime::space::from_flat_mut;

use crate::rng;

#[test]
fn a_layer_is_weights_then_biases_and_chains_go_first_to_last() {
    type Net = Mlp<2, 3, 1, Relu>;
    let net = Net {
        first: Dense::new([[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]], [7.0, 8.0, 9.0]),
        second: Dense::new([[10.0, 11.0, 12.0]], [13.0]),
    };
    let parameters: Vec<f64> = (1..=13).map(f64::from).collect();
    assert_eq!(net.as_slice(), parameters);
    assert_eq!(Net::LEN, 13);
    let names = Net::names();
    assert_eq!(names.len(), 13);
    assert_eq!(names[1], "first.weight[0][1]");
    assert_eq!(names[8], "first.bias[2]");
    assert_eq!(names[12], "second.bias[0]");
    // (1 - 2 + 7, 3 - 4 + 8, 5 - 6 + 9), all positive.
    assert_eq!(net.forward([1.0, -1.0]), [60.0 + 77.0 + 96.0 + 13.0]);
}

#[test]
fn a_flat_slice_is_a_network() {
    type Net = Mlp<2, 10, 1, Tanh, f32>;
    let net = Net::init(&mut rng(1));
    let mut flat = Vector::<f32>::as_slice(&net).to_vec();
    assert_eq!(flat.len(), 41);
    assert_eq!(from_flat::<f32, Net>(&flat), Some(&net));
    from_flat_mut::<f32, Net>(&mut flat).expect("41 reals").second.bias[0] = 3.0;
    assert_eq!(flat[40], 3.0);
    assert_eq!(from_flat::<f32, Net>(&flat[1..]), None);
}

#[test]
fn initial_parameters_are_within_the_bound_and_fill_it() {
    let layer: Dense<16, 200> = Dense::init(&mut rng(3));
    let (low, high) = layer.as_slice().iter().fold((0.0, 0.0), |(a, b), &w| (f64::min(a, w), f64::max(b, w)));
    assert!((-0.25..-0.249).contains(&low) && (0.249..0.25).contains(&high), "{low} {high}");
    assert_eq!(layer, Dense::init(&mut rng(3)));
}

/// The activations against the standard library. Slopes are one rounding of the argument, so that a few units of
/// the last place of values of size one remain.
#[test]
fn activations_are_what_they_are_called() {
    fn check<A: Activation>(name: &str, reference: impl Fn(f64) -> f64, points: &[f64]) {
        one::<A, false>(name, &reference, points);
        one::<A, true>(name, &reference, points);
    }
    fn one<A: Activation, const FUSED: bool>(name: &str, reference: &impl Fn(f64) -> f64, points: &[f64]) {
        for &x in points {
            let (y, expected) = (A::value::<_, FUSED>(x), reference(x));
            assert!(
                (y - expected).abs() <= 2e-15 * expected.abs().max(1.0),
                "{name}({x}): {y}, not {expected}"
            );
            assert_eq!(A::with_slope::<_, FUSED>(x).0.to_bits(), y.to_bits(), "{name}({x})");
        }
    }
    let any = [-3.0, -0.7, -1e-9, 0.0, 1e-9, 0.3, 2.5];
    let positive = [1e-9, 0.3, 2.5];
    check::<Identity>("identity", |x| x, &any);
    check::<Tanh>("tanh", f64::tanh, &any);
    check::<Sigmoid>("sigmoid", |x| 1.0 / (1.0 + (-x).exp()), &any);
    check::<Relu>("relu", |x| x.max(0.0), &any);
    check::<LeakyRelu>("leaky relu", |x| if x < 0.0 { 0.05_f32 as f64 * x } else { x }, &any);
    check::<FastGelu>(
        "fast gelu",
        |x| 0.5 * x * (1.0 + ((2.0 / std::f64::consts::PI).sqrt() * (x + 0.044715 * x.powi(3))).tanh()),
        &any,
    );
    check::<Softplus>("softplus", |x| x.exp().ln_1p(), &any);
    check::<Sin>("sin", f64::sin, &any);
    check::<Cos>("cos", f64::cos, &any);
    check::<Exp>("exp", f64::exp, &any);
    check::<Ln>("ln", f64::ln, &positive);
    check::<Sqrt>("sqrt", f64::sqrt, &positive);
    check::<Abs>("abs", f64::abs, &any);
    check::<Square>("square", |x| x * x, &any);
    check::<Cube>("cube", |x| x.powi(3), &any);
    // Φ(1), Φ(-2) to 16 digits (Abramowitz and Stegun, table 26.1).
    for gelu in [Gelu::value::<f64, false>, Gelu::value::<f64, true>] {
        assert!((gelu(1.0) - 0.841_344_746_068_543).abs() < 1e-15);
        assert!((gelu(-2.0) + 2.0 * 0.022_750_131_948_179_2).abs() < 1e-16);
    }
}

#[test]
fn large_arguments_do_no_harm() {
    fn check<A: Activation>(name: &str) {
        one::<A, false>(name);
        one::<A, true>(name);
    }
    fn one<A: Activation, const FUSED: bool>(name: &str) {
        for x in [1e4_f32, -1e4, 1e30, -1e30] {
            let (y, slope) = A::with_slope::<_, FUSED>(x);
            assert!(!y.is_nan() && !slope.is_nan(), "{name}({x}): {y}, slope {slope}");
            let dual = A::value::<_, FUSED>(Dual::new(x, [1.0]));
            assert_eq!(dual.tangents, [slope], "{name}({x})");
        }
        assert!(A::value::<_, FUSED>(f32::NAN).is_nan(), "{name}");
    }
    check::<Tanh>("tanh");
    check::<Sigmoid>("sigmoid");
    check::<Relu>("relu");
    check::<LeakyRelu>("leaky relu");
    check::<Gelu>("gelu");
    check::<FastGelu>("fast gelu");
    check::<Softplus>("softplus");
}

#[test]
fn values_of_dual_numbers_are_those_of_floats() {
    type Net<T> = Mlp<2, 50, 2, Tanh, T>;
    let net = Net::<f64>::init(&mut rng(5));
    let lifted: Net<Dual<f64, 2>> = net.lift(&mut Dual::constant);
    let y = lifted.forward(Dual::variables([0.3, -0.8]));
    assert_eq!(y.map(|y| y.primal), net.forward([0.3, -0.8]));
    assert_eq!(Components::over::<f32>(net).first.bias[7], net.first.bias[7] as f32);
    assert_eq!(f64::lit(0.5).tanh_lane::<false>(), Tanh::value::<_, false>(0.5));
}
