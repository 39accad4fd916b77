//! Derivatives: forward, reverse and dual numbers say the same.

use diffeq_runtime::nn::*;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Lift;
use diffeq_runtime::space::Vector;
use testkit::gradcheck::adjoint_gap;

use crate::Deep;
use crate::for_each_activation;
use crate::positive;
use crate::rng;

const X: [f64; 3] = [0.7, 1.3, 0.4];
const X_DOT: [f64; 3] = [0.2, -1.1, 0.6];
const Y_BAR: [f64; 2] = [1.4, -0.3];

/// Small enough that powers of powers stay of size one; positive, so that every activation is smooth there.
fn net<A: Activation>(seed: u64) -> Deep<A, f64> {
    let mut net: Deep<A, f64> = positive(seed);
    net.as_mut_slice().iter_mut().for_each(|w| *w *= 0.3);
    if A::SINGULAR {
        // Above e, so that the logarithm of the logarithm exists.
        net.first.bias.iter_mut().chain(&mut net.second.second.first.bias).for_each(|b| *b += 3.0);
        net.second.second.second.bias.iter_mut().for_each(|b| *b += 3.0);
    }
    net
}

/// 228 parameters, each in a few sums of up to 17 terms: 1e-12 is a hundred roundings of each.
#[test]
fn forward_and_reverse_agree() {
    fn law<A: Activation>(name: &str) {
        let (net, net_dot): (Deep<A, f64>, Deep<A, f64>) = (net::<A>(1), Init::init(&mut rng(2)));
        let (_, y_dot) = net.jvp(&net_dot, &X, &X_DOT);
        let (mut net_bar, mut x_bar) = (net.zeros_like(), [0.0; 3]);
        net.vjp(&X, &Y_BAR, &mut net_bar, &mut x_bar);
        let inputs = [net_dot.as_slice(), &X_DOT].concat();
        let cotangents = [net_bar.as_slice(), &x_bar].concat();
        let gap = adjoint_gap(&Y_BAR, &y_dot, &cotangents, &inputs);
        assert!(gap < 1e-12, "{name}: {gap:e}");
    }
    for_each_activation!(law);
}

#[test]
fn forward_mode_is_dual_numbers() {
    fn law<A: Activation>(name: &str) {
        let (net, net_dot): (Deep<A, f64>, Deep<A, f64>) = (net::<A>(3), Init::init(&mut rng(4)));
        let (y, y_dot) = net.jvp(&net_dot, &X, &X_DOT);
        let mut dots = net_dot.as_slice().iter();
        let lifted: Deep<A, Dual<f64, 1>> = net.lift(&mut |w| Dual::new(w, [*dots.next().expect("as many")]));
        let x: [Dual<f64, 1>; 3] = std::array::from_fn(|i| Dual::new(X[i], [X_DOT[i]]));
        let dual = lifted.forward(x);
        assert_eq!(y, net.forward(X), "{name}");
        for i in 0..2 {
            assert_eq!(dual[i].primal, y[i], "{name}");
            // The same terms, summed in another order.
            let gap = (dual[i].tangents[0] - y_dot[i]).abs();
            assert!(gap <= 1e-12 * y_dot[i].abs().max(1.0), "{name}: {gap:e}");
        }
    }
    for_each_activation!(law);
}

#[test]
fn by_the_input_alone_is_with_the_parameters_fixed() {
    fn law<A: Activation>(name: &str) {
        let net = net::<A>(5);
        let fixed = net.jvp(&net.zeros_like(), &X, &X_DOT);
        assert_eq!(net.input_jvp(&X, &X_DOT), fixed, "{name}");
    }
    for_each_activation!(law);
}

#[test]
fn cotangents_are_added() {
    let net = net::<Tanh>(6);
    let (mut once, mut x_once) = (net.zeros_like(), [0.0; 3]);
    net.vjp(&X, &Y_BAR, &mut once, &mut x_once);
    let (mut more, mut x_more) = (net, [5.0; 3]);
    net.vjp(&X, &Y_BAR, &mut more, &mut x_more);
    for ((more, once), w) in more.as_slice().iter().zip(once.as_slice()).zip(net.as_slice()) {
        assert!((more - (w + once)).abs() < 1e-15);
    }
    assert!((0..3).all(|i| (x_more[i] - (5.0 + x_once[i])).abs() < 2e-15));
}

/// Second derivatives by dual numbers through the reverse sweep: `<v, H w> = <w, H v>`.
#[test]
fn hessians_are_symmetric() {
    fn hessian_times<A: Activation>(net: &Deep<A, f64>, along: &[f64]) -> Vec<f64> {
        type D = Dual<f64, 1>;
        let mut dots = along.iter();
        let mut next = |w| D::new(w, [*dots.next().expect("as many")]);
        let lifted: Deep<A, D> = net.lift(&mut next);
        let x = X.map(&mut next);
        let (mut net_bar, mut x_bar) = (lifted.zeros_like(), [D::ZERO; 3]);
        lifted.vjp(&x, &Y_BAR.map(D::constant), &mut net_bar, &mut x_bar);
        net_bar.as_slice().iter().chain(&x_bar).map(|g| g.tangents[0]).collect()
    }
    fn law<A: Activation>(name: &str) {
        let net = net::<A>(7);
        let n = net.as_slice().len() + 3;
        let v: Vec<f64> = (0..n).map(|i| (1.7 * i as f64).sin()).collect();
        let w: Vec<f64> = (0..n).map(|i| (0.9 * i as f64).cos()).collect();
        let gap = adjoint_gap(&v, &hessian_times(&net, &w), &hessian_times(&net, &v), &w);
        assert!(gap < 1e-12, "{name}: {gap:e}");
    }
    for_each_activation!(law);
}

/// What does not vary has the derivative zero, also where the slope is infinite.
#[test]
fn an_infinite_slope_times_nothing_is_nothing() {
    let root: Dense<1, 1, Sqrt> = Dense::new([[1.0]], [0.0]);
    assert_eq!(root.input_jvp(&[0.0], &[0.0]).1, [0.0]);
    let (mut root_bar, mut x_bar) = (root.zeros_like(), [0.0]);
    root.vjp(&[0.0], &[0.0], &mut root_bar, &mut x_bar);
    assert_eq!((root_bar.as_slice(), x_bar), ([0.0; 2].as_slice(), [0.0]));
}
