//! Native networks and dfdx's modules: the same parameters in the same order, the same numbers.

use dfdx::nn::modules;
use dfdx::prelude::*;
use diffeq_runtime::dfdx::Fused;
use diffeq_runtime::dfdx::destructure;
use diffeq_runtime::dfdx::flat_gradients;
use diffeq_runtime::dfdx::functional;
use diffeq_runtime::dfdx::restructure;
use diffeq_runtime::dfdx::restructure_into;
use diffeq_runtime::nn;
use diffeq_runtime::nn::Batch;
use diffeq_runtime::nn::Network;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Vector;

/// For one scalar: values and gradients of a module and of its native network.
///
/// Positive parameters and inputs, so that logarithms and roots exist; sums of at most ten terms in other orders, and
/// other approximations of the same functions: some dozens of roundings.
macro_rules! for_scalar {
    ($float:ident) => {
        mod $float {
            use super::*;

            type Three<A> = (modules::Linear<3, 10, $float, Cpu>, A, modules::Linear<10, 2, $float, Cpu>);

            fn module<A: Default>() -> Three<A> {
                let device = Cpu::default();
                let mut first = device.build_module::<Linear<3, 10>, $float>();
                first.weight = first.weight.abs();
                first.bias = first.bias.abs();
                (first, A::default(), device.build_module::<Linear<10, 2>, $float>())
            }

            fn close(name: &str, ours: &[$float], theirs: &[$float]) {
                assert_eq!(ours.len(), theirs.len(), "{name}");
                for (a, b) in ours.iter().zip(theirs) {
                    let tolerance = 50.0 * $float::EPSILON * (1.0 + b.abs());
                    assert!((a - b).abs() <= tolerance, "{name}: {a}, not {b}");
                }
            }

            macro_rules! same_numbers {
                ($activation:ident, gradients: $gradients:literal) => {{
                    let device = Cpu::default();
                    let module = module::<modules::$activation>();
                    let net = module.to_native().expect("a module that fits");
                    assert_eq!(Vector::<$float>::as_slice(&net), destructure(&module).expect("parameters"));
                    let x: Vec<$float> = (0..12).map(|i| 0.3 + 0.1 * i as $float).collect();
                    let tensor = device.tensor_from_vec(x.clone(), (4, Const::<3>));
                    let y = module.forward(tensor.leaky_trace());
                    let mut ours = vec![0.0; 8];
                    Batch::<$float, [$float; 3]>::forward_batch(&net, &x, &mut ours).expect("whole rows");
                    let name = stringify!($activation);
                    close(name, &ours, &y.as_vec());
                    let mut gradients = y.sum::<Rank0, _>().backward();
                    let (mut bar, mut x_bar) = (net.zeros_like(), vec![0.0; 12]);
                    Batch::<$float, [$float; 3]>::vjp_batch(&net, &x, &[1.0; 8], &mut bar, &mut x_bar)
                        .expect("whole rows");
                    if $gradients {
                        close(name, &x_bar, &gradients.get(&tensor).as_vec());
                        let theirs = flat_gradients(&module, &mut gradients).expect("gradients");
                        close(name, Vector::<$float>::as_slice(&bar), &theirs);
                    }
                }};
            }

            #[test]
            fn the_same_numbers_as_dfdx() {
                same_numbers!(Tanh, gradients: true);
                same_numbers!(Sigmoid, gradients: true);
                same_numbers!(ReLU, gradients: true);
                same_numbers!(FastGeLU, gradients: true);
                // dfdx's gradient of this one is wrong: its normal density is too large by the square root of two.
                same_numbers!(AccurateGeLU, gradients: false);
                same_numbers!(Sin, gradients: true);
                same_numbers!(Cos, gradients: true);
                same_numbers!(Ln, gradients: true);
                same_numbers!(Exp, gradients: true);
                same_numbers!(Square, gradients: true);
                same_numbers!(Sqrt, gradients: true);
                same_numbers!(Abs, gradients: true);
            }

            /// Values of both signs, where kinks and saturation are.
            #[test]
            fn activations_agree_on_the_whole_line() {
                macro_rules! compare {
                    ($theirs:expr, $ours:ident, $gradients:literal) => {{
                        let x: Vec<$float> = (-40..=40).map(|i| 0.25 * i as $float).collect();
                        let tensor = Cpu::default().tensor_from_vec(x.clone(), (81,));
                        let y = $theirs.forward(tensor.leaky_trace());
                        let check: fn($float) -> ($float, $float) = <nn::$ours as nn::Activation>::with_slope::<_, true>;
                        let (values, slopes): (Vec<_>, Vec<_>) = x.iter().map(|x| check(*x)).unzip();
                        close(stringify!($ours), &values, &y.as_vec());
                        if $gradients {
                            close(stringify!($ours), &slopes, &y.sum::<Rank0, _>().backward().get(&tensor).as_vec());
                        }
                    }};
                }
                compare!(modules::Tanh, Tanh, true);
                compare!(modules::Sigmoid, Sigmoid, true);
                compare!(modules::ReLU, Relu, true);
                compare!(modules::LeakyReLU::<$float>::default(), LeakyRelu, true);
                compare!(modules::FastGeLU, FastGelu, true);
                compare!(modules::AccurateGeLU, Gelu, false);
                compare!(modules::Sin, Sin, true);
                compare!(modules::Cos, Cos, true);
                compare!(modules::Square, Square, true);
                compare!(modules::Abs, Abs, true);
            }
        }
    };
}
for_scalar!(f32);
for_scalar!(f64);

#[test]
fn native_parameters_come_back() {
    let device = Cpu::default();
    let mut module = device.build_module::<(Linear<2, 5>, Sigmoid, Linear<5, 3>, Sin, Linear<3, 1>), f64>();
    let mut net = module.to_native().expect("a module that fits");
    net.as_mut_slice().iter_mut().for_each(|w| *w += 0.25);
    module.copy_from_native(&net).expect("as many parameters");
    assert_eq!(destructure(&module).expect("parameters"), net.as_slice());
    assert_eq!(module.to_native().expect("a module that fits"), net);
    let (ours, theirs) = (net.forward([0.3, 0.1]), module.forward(device.tensor([0.3, 0.1])).array());
    assert!((ours[0] - theirs[0]).abs() < 1e-14);
}

#[test]
fn a_slope_that_the_native_network_has_not_is_refused() {
    let module = (Cpu::default().build_module::<Linear<2, 2>, f32>(), modules::LeakyReLU(0.2_f32));
    let error = module.to_native().expect_err("another slope");
    assert!(error.to_string().contains("0.2"), "{error}");
    // A copy with other parameters keeps the slope, which dfdx's own rebuilding does not.
    assert_eq!(restructure(&module, &[0.0; 6]).expect("six parameters").1.0, 0.2);
}

#[test]
fn parameters_make_the_round_trip() {
    let device = Cpu::default();
    let mut module = device.build_module::<(Linear<2, 10>, Linear<10, 1>), f32>();
    let p = destructure(&module).expect("parameters");
    assert_eq!(p.len(), 41);
    // Layer by layer, the weight row by row, then the bias.
    assert_eq!(p[..20], module.0.weight.as_vec());
    assert_eq!(p[20..30], module.0.bias.as_vec());
    assert_eq!(p[40], module.1.bias.array()[0]);
    let other: Vec<f32> = p.iter().map(|p| p * 2.0 + 1.0).collect();
    let built = restructure(&module, &other).expect("41 parameters");
    assert_eq!(destructure(&built).expect("parameters"), other);
    assert_eq!(destructure(&module).expect("parameters"), p);
    restructure_into(&mut module, &other).expect("41 parameters");
    assert_eq!(destructure(&module).expect("parameters"), other);
    let error = restructure(&module, &p[1..]).map(|_| ()).expect_err("40 parameters");
    assert_eq!(error.to_string(), "dfdx: 40 parameters for a module that has 41");
}

/// A restructured module is another one: a loss of both gives each its own gradient.
#[test]
fn gradients_of_a_restructured_module_stay_apart() {
    let device = Cpu::default();
    let module = device.build_module::<Linear<1, 1>, f64>();
    let other = restructure(&module, &[2.0, 3.0]).expect("two parameters");
    let x: Tensor<Rank1<1>, f64, _> = device.tensor([5.0]);
    let mut gradients = other.forward(x.leaky_trace()).sum().backward();
    assert_eq!(flat_gradients(&other, &mut gradients).expect("gradients"), [5.0, 1.0]);
    assert_eq!(flat_gradients(&module, &mut gradients).expect("gradients"), [0.0, 0.0]);
}

/// The gradient by the flat tensor is that of the module's own tensors, and of the input.
#[test]
fn gradients_flow_through_a_restructured_module() {
    let device = Cpu::default();
    let module = device.build_module::<(Linear<2, 10>, Tanh, Linear<10, 1>), f64>();
    let values = destructure(&module).expect("parameters");
    let p = device.tensor_from_vec(values.clone(), (41,));
    let x: Tensor<Rank2<6, 2>, f64, _> = device.sample_normal();
    let y = functional(&module, p.leaky_trace(), x.leaky_trace()).expect("41 parameters");
    let gradients = y.square().mean().backward();
    let mut expected = module.forward(x.leaky_trace()).square().mean().backward();
    assert_eq!(gradients.get(&p).as_vec(), flat_gradients(&module, &mut expected).expect("gradients"));
    assert_eq!(gradients.get(&x).as_vec(), expected.get(&x).as_vec());
    // Through what made the parameters as well, and with the input untraced.
    let scaled = functional(&module, p.leaky_trace() * 1.0, x.clone()).expect("41 parameters");
    let again = scaled.square().mean().backward();
    assert_eq!(again.get(&p).as_vec(), gradients.get(&p).as_vec());
    // A broadcast tensor is one number in memory.
    let one: Tensor<Rank0, f64, _> = device.tensor(0.1);
    let same: Tensor<Rank1<41>, f64, _, _> = one.leaky_trace().broadcast();
    let gradient =
        functional(&module, same, x.clone()).expect("41 parameters").sum().backward().get(&one).array();
    let module = restructure(&module, &[0.1; 41]).expect("41 parameters");
    let mut each = module.forward(x.leaky_trace()).sum().backward();
    let sum: f64 = flat_gradients(&module, &mut each).expect("gradients").iter().sum();
    assert!((gradient - sum).abs() <= 1e-13 * sum.abs().max(1.0), "{gradient} {sum}");
    let wrong = device.tensor_from_vec(values[1..].to_vec(), (40,));
    assert!(functional(&module, wrong.leaky_trace(), x).is_err());
}

/// The slope of the accurate GELU against its definition, since dfdx has no right one to compare with.
#[test]
fn the_slope_of_gelu_is_that_of_its_definition() {
    use diffeq_runtime::real::Dual;
    for x in [-3.0, -0.5, 0.0, 0.7, 2.0] {
        let (value, slope): (f64, f64) = <nn::Gelu as nn::Activation>::with_slope::<_, true>(x);
        let by_dual = <nn::Gelu as nn::Activation>::value::<_, true>(Dual::new(x, [1.0]));
        assert_eq!(value, by_dual.primal);
        assert!((slope - by_dual.tangents[0]).abs() < 1e-15);
        let normal = Real::erfc::<false>(-x / 2.0_f64.sqrt()) / 2.0;
        let density = (-x * x / 2.0).exp() / (2.0 * std::f64::consts::PI).sqrt();
        assert!((slope - (normal + x * density)).abs() < 1e-15);
    }
}

/// Every network is a `Network` of its native type: what the fused path of a layer is generic over.
#[test]
fn tuples_of_six_are_networks() {
    let module =
        Cpu::default().build_module::<(Linear<2, 3>, Tanh, Linear<3, 3>, Sigmoid, Linear<3, 2>, Exp), f32>();
    let net = module.to_native().expect("a module that fits");
    fn output<N: Network<f32, [f32; 2], Output = [f32; 2]>>(net: &N) -> [f32; 2] {
        net.forward(&[0.5, 0.25])
    }
    let theirs = module.forward(Cpu::default().tensor([0.5, 0.25])).array();
    // Three layers, values of size one.
    assert!(output(&net).iter().zip(theirs).all(|(a, b)| (a - b).abs() < 1e-6));
}
