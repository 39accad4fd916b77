use std::f64::consts::LN_2;
use std::f64::consts::LN_10;

use testkit::gradcheck::derivative;

use super::Dual;
use crate::real::Real;

type First = Dual<f64, 2>;
type Second = Dual<Dual<f64, 1>, 1>;

/// A function of one variable at every scalar that the tests need, and its first two derivatives in closed form.
struct Unary {
    name: &'static str,
    float: fn(f64) -> f64,
    first: fn(First) -> First,
    second: fn(Second) -> Second,
    derivatives: fn(f64) -> [f64; 2],
    points: &'static [f64],
}

macro_rules! unary {
    ($($name:literal |$x:ident| $f:expr => |$y:ident| $derivatives:expr, $points:expr;)+) => {
        &[$(Unary {
            name: $name,
            float: |$x| $f,
            first: |$x| $f,
            second: |$x| $f,
            derivatives: |$y: f64| $derivatives,
            points: &$points,
        },)+]
    };
}

const UNARY: &[Unary] = unary! {
    "sin" |x| Real::sin(x) => |x| [x.cos(), -x.sin()], [-2.0, 0.0, 0.7];
    "cos" |x| Real::cos(x) => |x| [-x.sin(), -x.cos()], [-2.0, 0.0, 0.7];
    "tan" |x| Real::tan(x) => |x| [1.0 / x.cos().powi(2), 2.0 * x.tan() / x.cos().powi(2)], [-1.1, 0.0, 0.7];
    "asin" |x| Real::asin(x) => |x| [1.0 / (1.0 - x * x).sqrt(), x / (1.0 - x * x).powf(1.5)], [-0.8, 0.0, 0.4];
    "acos" |x| Real::acos(x) => |x| [-1.0 / (1.0 - x * x).sqrt(), -x / (1.0 - x * x).powf(1.5)], [-0.8, 0.0, 0.4];
    "atan" |x| Real::atan(x) => |x| [1.0 / (1.0 + x * x), -2.0 * x / (1.0 + x * x).powi(2)], [-3.0, 0.0, 0.4];
    "sinh" |x| Real::sinh(x) => |x| [x.cosh(), x.sinh()], [-1.5, 0.0, 0.4];
    "cosh" |x| Real::cosh(x) => |x| [x.sinh(), x.cosh()], [-1.5, 0.0, 0.4];
    "tanh" |x| Real::tanh(x) => |x| [1.0 / x.cosh().powi(2), -2.0 * x.tanh() / x.cosh().powi(2)], [-1.5, 0.0, 0.4];
    "asinh" |x| Real::asinh(x) => |x| [1.0 / (x * x + 1.0).sqrt(), -x / (x * x + 1.0).powf(1.5)], [-1.5, 0.0, 3.0];
    "acosh" |x| Real::acosh(x) => |x| [1.0 / (x * x - 1.0).sqrt(), -x / (x * x - 1.0).powf(1.5)], [1.2, 3.0];
    "atanh" |x| Real::atanh(x) => |x| [1.0 / (1.0 - x * x), 2.0 * x / (1.0 - x * x).powi(2)], [-0.6, 0.0, 0.4];
    "exp" |x| Real::exp(x) => |x| [x.exp(), x.exp()], [-2.0, 0.0, 1.3];
    "exp2" |x| Real::exp2(x) => |x| [x.exp2() * LN_2, x.exp2() * LN_2 * LN_2], [-2.0, 0.0, 1.3];
    "exp_m1" |x| Real::exp_m1(x) => |x| [x.exp(), x.exp()], [-2.0, 0.0, 1.3];
    "ln" |x| Real::ln(x) => |x| [1.0 / x, -1.0 / (x * x)], [0.3, 1.0, 5.0];
    "ln_1p" |x| Real::ln_1p(x) => |x| [1.0 / (1.0 + x), -1.0 / (1.0 + x).powi(2)], [-0.6, 0.0, 5.0];
    "log2" |x| Real::log2(x) => |x| [1.0 / (x * LN_2), -1.0 / (x * x * LN_2)], [0.3, 1.0, 5.0];
    "log10" |x| Real::log10(x) => |x| [1.0 / (x * LN_10), -1.0 / (x * x * LN_10)], [0.3, 1.0, 5.0];
    "sqrt" |x| Real::sqrt(x) => |x| [0.5 / x.sqrt(), -0.25 / x.powf(1.5)], [0.3, 1.0, 5.0];
    "cbrt" |x| Real::cbrt(x) => |x| [1.0 / (3.0 * x.cbrt().powi(2)), -2.0 / (9.0 * x.cbrt().powi(5))], [-2.0, 0.3, 5.0];
    "powi(3)" |x| Real::powi(x, 3) => |x| [3.0 * x * x, 6.0 * x], [-2.0, 0.0, 1.5];
    "powi(1)" |x| Real::powi(x, 1) => |_x| [1.0, 0.0], [-2.0, 0.0, 1.5];
    "powi(0)" |x| Real::powi(x, 0) => |_x| [0.0, 0.0], [-2.0, 0.0, 1.5];
    "powi(-2)" |x| Real::powi(x, -2) => |x| [-2.0 / x.powi(3), 6.0 / x.powi(4)], [-2.0, 0.5];
    "powf(2.5)" |x| Real::powf(x, Real::lit(2.5)) => |x| [2.5 * x.powf(1.5), 3.75 * x.sqrt()], [0.4, 2.0];
    "powf(2) of a negative base" |x| Real::powf(x, Real::lit(2.0)) => |x| [2.0 * x, 2.0], [-2.0, -0.5];
    "power to x" |x| Real::powf(Real::lit(1.7), x) => |x| { let l = 1.7_f64.ln(); [1.7_f64.powf(x) * l, 1.7_f64.powf(x) * l * l] }, [-2.0, 0.0, 1.5];
    "x to x" |x| Real::powf(x, x) => |x| { let l = x.ln() + 1.0; [x.powf(x) * l, x.powf(x) * (l * l + 1.0 / x)] }, [0.4, 2.0];
    "hypot(x, 3)" |x| Real::hypot(x, Real::lit(3.0)) => |x| { let r = x.hypot(3.0); [x / r, 9.0 / (r * r * r)] }, [-2.0, 0.0, 1.5];
    "hypot(3, x)" |x| Real::hypot(Real::lit(3.0), x) => |x| { let r = x.hypot(3.0); [x / r, 9.0 / (r * r * r)] }, [-2.0, 0.0, 1.5];
    "atan2(x, -3)" |x| Real::atan2(x, Real::lit(-3.0)) => |x| { let r2 = x * x + 9.0; [-3.0 / r2, 6.0 * x / (r2 * r2)] }, [-2.0, 1.5];
    "atan2(3, x)" |x| Real::atan2(Real::lit(3.0), x) => |x| { let r2 = x * x + 9.0; [-3.0 / r2, 6.0 * x / (r2 * r2)] }, [-2.0, 0.0, 1.5];
    "recip" |x| Real::recip(x) => |x| [-1.0 / (x * x), 2.0 / (x * x * x)], [-2.0, 0.5];
    "abs" |x| Real::abs(x) => |x| [x.signum(), 0.0], [-2.0, 0.5];
    "max" |x| Real::max(x, Real::lit(0.5)) => |x| [if x > 0.5 { 1.0 } else { 0.0 }, 0.0], [-2.0, 0.9];
    "min" |x| Real::min(x, Real::lit(0.5)) => |x| [if x < 0.5 { 1.0 } else { 0.0 }, 0.0], [-2.0, 0.9];
    "copysign(x, -1)" |x| Real::copysign(x, Real::lit(-1.0)) => |x| [-x.signum(), 0.0], [-2.0, 0.9];
    "copysign(2, x)" |x| Real::copysign(Real::lit(2.0), x) => |_x| [0.0, 0.0], [-2.0, 0.9];
    "signum" |x| Real::signum(x) => |_x| [0.0, 0.0], [-2.0, 0.9];
    "floor" |x| Real::floor(x) => |_x| [0.0, 0.0], [-2.3, 0.9];
    "ceil" |x| Real::ceil(x) => |_x| [0.0, 0.0], [-2.3, 0.9];
    "round" |x| Real::round(x) => |_x| [0.0, 0.0], [-2.3, 0.9];
    "trunc" |x| Real::trunc(x) => |_x| [0.0, 0.0], [-2.3, 0.9];
    "mul_add" |x| Real::mul_add(x, x, Real::lit(0.1)) => |x| [2.0 * x, 2.0], [-2.0, 0.1, 0.9];
    "product" |x| x * x * x => |x| [3.0 * x * x, 6.0 * x], [-2.0, 0.0, 0.9];
    "quotient" |x| mobius(x) => |x| [5.0 / (x + 4.0).powi(2), -10.0 / (x + 4.0).powi(3)], [-2.0, 1.0];
    "difference" |x| -x - x => |_x| [-2.0, 0.0], [-2.0, 0.9];
    "assignments" |x| { let mut y = x; y += x; y *= x; y -= x; y /= x; y } => |_x| [2.0, 0.0], [-2.0, 0.9];
};

/// A handful of roundings separate two formulas of one derivative; powers and roots of powers add some.
const ROUNDING: f64 = 4e-15;

fn assert_near(name: &str, x: f64, got: f64, want: f64, tolerance: f64) {
    let error = (got - want).abs() / want.abs().max(1.0);
    assert!(error <= tolerance, "{name} at {x}: {got} instead of {want}, error {error:e}");
}

#[test]
fn values_are_those_of_the_floats_to_the_bit() {
    for f in UNARY {
        for &x in f.points {
            let y = (f.float)(x);
            assert_eq!((f.first)(Dual::variable(x, 1)).primal.to_bits(), y.to_bits(), "{} at {x}", f.name);
            assert_eq!((f.second)(nested(x)).primal.primal.to_bits(), y.to_bits(), "{} at {x}", f.name);
        }
    }
}

#[test]
fn first_derivatives_are_the_closed_forms() {
    for f in UNARY {
        for &x in f.points {
            let [dx, _] = (f.derivatives)(x);
            let y = (f.first)(Dual::new(x, [1.0, -3.0]));
            assert_near(f.name, x, y.tangents[0], dx, ROUNDING);
            assert_near(f.name, x, y.tangents[1], -3.0 * dx, ROUNDING);
        }
    }
}

#[test]
fn second_derivatives_come_from_nesting() {
    for f in UNARY {
        for &x in f.points {
            let [dx, dxx] = (f.derivatives)(x);
            let y = (f.second)(nested(x));
            assert_near(f.name, x, y.primal.tangents[0], dx, ROUNDING);
            assert_near(f.name, x, y.tangents[0].primal, dx, ROUNDING);
            assert_near(f.name, x, y.tangents[0].tangents[0], dxx, 4.0 * ROUNDING);
        }
    }
}

#[test]
fn first_derivatives_are_the_central_differences() {
    for f in UNARY {
        for &x in f.points {
            let dx = (f.first)(Dual::variable(x, 0)).tangents[0];
            for step in [0.05, 0.01, 0.002] {
                let d = derivative(f.float, x, step);
                // Extrapolated differences lose about eps / step to rounding, here under 1e-13 / 0.002.
                assert_near(f.name, x, d.value, dx, 1e-10);
            }
        }
    }
}

#[test]
fn functions_of_two_variables_have_both_partials() {
    type Case = (&'static str, fn(First, First) -> First, fn(f64, f64) -> [f64; 2]);
    let functions: [Case; 8] = [
        ("+", |x, y| x + y, |_, _| [1.0, 1.0]),
        ("-", |x, y| x - y, |_, _| [1.0, -1.0]),
        ("*", |x, y| x * y, |x, y| [y, x]),
        ("/", |x, y| x / y, |x, y| [1.0 / y, -x / (y * y)]),
        ("powf", Real::powf, |x, y| [y * x.powf(y - 1.0), x.powf(y) * x.ln()]),
        ("hypot", Real::hypot, |x, y| [x / x.hypot(y), y / x.hypot(y)]),
        ("atan2", Real::atan2, |x, y| [y / (x * x + y * y), -x / (x * x + y * y)]),
        ("max", Real::max, |x, y| if x >= y { [1.0, 0.0] } else { [0.0, 1.0] }),
    ];
    for (name, f, partials) in functions {
        for (a, b) in [(0.7, 1.9), (2.5, 0.3), (1.5, 1.5)] {
            let [x, y] = Dual::variables([a, b]);
            let (got, want) = (f(x, y).tangents, partials(a, b));
            assert_near(name, a, got[0], want[0], ROUNDING);
            assert_near(name, b, got[1], want[1], ROUNDING);
        }
    }
}

#[test]
fn kinks_follow_the_documented_side() {
    let at = |x: f64| First::variable(x, 0);
    assert_eq!(at(0.0).abs().tangents[0], 1.0);
    let [x, y] = Dual::variables([1.0, 1.0]);
    assert_eq!(x.max(y).tangents, [1.0, 0.0]);
    assert_eq!(x.min(y).tangents, [1.0, 0.0]);
    // As on floats: where one is NaN, the other one with its tangents.
    let nan = First::constant(f64::NAN);
    for y in [at(2.0).max(nan), nan.max(at(2.0)), at(2.0).min(nan), nan.min(at(2.0))] {
        assert_eq!((y.primal, y.tangents[0]), (2.0, 1.0));
    }
    let [x, y] = Dual::variables([0.0, 0.0]);
    assert_eq!(x.hypot(y).tangents, [0.0, 0.0]);
}

#[test]
fn what_does_not_vary_has_the_derivative_zero() {
    // Direction 0 moves the argument, direction 1 something else: its tangent must be 0, not 0 * inf.
    let functions: [fn(First) -> First; 9] = [
        Real::sqrt,
        Real::cbrt,
        Real::ln,
        Real::log2,
        Real::log10,
        Real::recip,
        |x| x.powf(Dual::lit(0.5)),
        |x| x.powi(-1),
        |x| (x + Dual::ONE).acos(),
    ];
    for f in functions {
        let y = f(First::variable(0.0, 0));
        assert!(!y.tangents[0].is_finite());
        assert_eq!(y.tangents[1], 0.0);
    }
    let [y, x] = Dual::variables([0.0, 0.0]);
    assert_eq!(First::ZERO.atan2(Dual::ZERO).tangents, [0.0, 0.0]);
    // There is no derivative at the origin; zero is the middle of what is around it.
    assert_eq!(y.atan2(x).tangents, [0.0, 0.0]);
    // A negative base with a constant exponent: the logarithm is never asked for.
    assert_eq!(First::variable(-2.0, 0).powf(Dual::lit(3.0)).tangents, [12.0, 0.0]);
}

#[test]
fn powers_of_zero_have_their_limits() {
    let power = |x: f64, y: f64| {
        let [x, y] = Dual::variables([x, y]);
        x.powf(y).tangents
    };
    assert_eq!(power(0.0, 2.0), [0.0, 0.0]);
    assert_eq!(power(0.0, 1.0), [1.0, 0.0]);
    assert_eq!(power(0.0, 0.5), [f64::INFINITY, 0.0]);
    assert_eq!(power(0.0, 0.0)[0], 0.0);
    assert_eq!(power(0.0, 0.0)[1], f64::NEG_INFINITY);
    // d2/dx2 x^2 = 2 and d2/dx2 x^3 = 0, also at zero.
    assert_eq!(nested(0.0).powf(Dual::lit(2.0)).tangents[0].tangents[0], 2.0);
    assert_eq!(nested(0.0).powf(Dual::lit(3.0)).tangents[0].tangents[0], 0.0);
    assert_eq!(nested(0.0).powi(2).tangents[0].tangents[0], 2.0);
    assert_eq!(nested(0.0).powi(0).tangents[0].tangents[0], 0.0);
    assert_eq!(First::variable(1.0, 0).powi(i32::MIN).tangents[0], f64::from(i32::MIN));
}

#[test]
fn far_arguments_keep_their_derivative() {
    // The closed forms overflow or cancel where the derivative does not.
    assert_near(
        "exp_m1",
        -50.0,
        First::variable(-50.0, 0).exp_m1().tangents[0] / (-50.0_f64).exp(),
        1.0,
        ROUNDING,
    );
    assert_near("asinh", 1e200, First::variable(1e200, 0).asinh().tangents[0] * 1e200, 1.0, ROUNDING);
    assert_near("acosh", 1e200, First::variable(1e200, 0).acosh().tangents[0] * 1e200, 1.0, ROUNDING);
    let [y, x] = Dual::variables([3e-200, 4e-200]);
    let angle = y.atan2(x);
    assert_near("atan2", 3e-200, angle.tangents[0] * 1e-200, 0.16, ROUNDING);
    assert_near("atan2", 4e-200, angle.tangents[1] * 1e-200, -0.12, ROUNDING);
}

#[test]
fn a_full_hessian_from_nesting() {
    // f = x^2 y + sin(y z): all second partials at once, K directions in each layer.
    let point = [0.7, 1.3, -0.4];
    let [x, y, z]: [Dual<Dual<f64, 3>, 3>; 3] =
        std::array::from_fn(|i| Dual::variable(Dual::variable(point[i], i), i));
    let f = x * x * y + (y * z).sin();
    let [x, y, z] = point;
    let (s, c) = (y * z).sin_cos();
    let hessian =
        [[2.0 * y, 2.0 * x, 0.0], [2.0 * x, -z * z * s, c - y * z * s], [0.0, c - y * z * s, -y * y * s]];
    for (i, row) in hessian.iter().enumerate() {
        for (j, &want) in row.iter().enumerate() {
            assert_near("hessian", i as f64, f.tangents[i].tangents[j], want, ROUNDING);
        }
    }
}

fn mobius<T: Real>(x: T) -> T {
    (x - T::ONE) / (x + T::lit(4.0))
}

fn nested(x: f64) -> Second {
    Dual::new(Dual::new(x, [1.0]), [Dual::ONE])
}
