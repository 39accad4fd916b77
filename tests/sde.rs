//! Stochastic equations: values of both halves, their derivatives, and the class of the noise.

use diffeq::Components;
use diffeq::differentiable;
use diffeq::integrate::Aim;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::noise::SdeProblem;
use diffeq::problem::Diffusion;
use diffeq::problem::Stochastic;
use diffeq::sde;
use diffeq::stepper::EulerMaruyama;
use testkit::laws::D;
use testkit::noise::check;

const Z: D = D::constant(0.0);

macro_rules! laws {
    ($($name:ident $class:literal: $model:expr, $u:expr, $p:expr, $t:expr, $ud:expr, $pd:expr;)+) => { $(
        #[test]
        fn $name() {
            assert_eq!(check($model, $u, $p, $t, $ud, $pd), $class);
        }
    )+ };
}

laws! {
    one_number "scalar": stock, 1.3, [0.5, 0.2], 0.0, Z, [Z; 2];
    returned "scalar": stock_returned, 1.3, [0.5, 0.2], 0.0, Z, [Z; 2];
    a_process_for_each "diagonal": predators, [1.3, 0.7], [1.5, 1.0, 3.0, 0.3], 0.4, [Z; 2], [Z; 4];
    a_process_for_all "scalar": shaken, [1.3, 0.7], [0.5, 0.2], 0.0, [Z; 2], [Z; 2];
    without_the_state "additive": heated, [1.3, 0.7], [0.5, 0.2], 0.3, [Z; 2], [Z; 2];
    rows "general": heston, [1.3, 0.4], [0.5, 0.2, 0.7], 0.0, [Z; 2], [Z; 3];
    rows_returned "commutative": correlated, [1.3, 0.4], [0.5, 0.2, 0.7, 0.1], 0.0, [Z; 2], [Z; 4];
    shape_alone_is_not_diagonal "general": crossed, [1.3, 0.4], [0.5], 0.0, [Z; 2], [Z; 1];
    slices "diagonal": many, vec![0.3, 0.8, -0.4], vec![1.2, 0.4], 0.0, vec![Z; 3], vec![Z; 2];
    slices_of_rows "general": many_rows, vec![0.3, 0.8, -0.4], vec![1.2, 0.4], 0.0, vec![Z; 3], vec![Z; 2];
    const_generics "diagonal": chain::<4>, [0.3, 0.8, -0.4, 0.9], [1.2, 0.4], 0.0, [Z; 4], [Z; 2];
    named "diagonal": oscillator, MotionOf { x: 0.3, v: 0.8 }, [1.2, 0.4], 0.0, MotionOf { x: Z, v: Z }, [Z; 2];
    named_rows "additive": driven, MotionOf { x: 0.3, v: 0.8 }, [1.2, 0.4], 0.2, MotionOf { x: Z, v: Z }, [Z; 2];
    nested "diagonal": grid, [[0.3, 0.8], [0.1, -0.4]], [1.2, 0.4], 0.0, [[Z; 2]; 2], [Z; 2];
    nested_rows "additive": grid_rows, [[0.3, 0.8], [0.1, -0.4]], [1.2, 0.4], 0.3, [[Z; 2]; 2], [Z; 2];
    branches_and_returns "general": choosy, [0.3, 0.8], [1.2, 0.4], 0.0, [Z; 2], [Z; 2];
    branches_and_returns_other "general": choosy, [-0.3, 0.8], [1.2, 0.4], 0.0, [Z; 2], [Z; 2];
    a_helper_returns_both "general": whole, [0.3, 0.8], [1.2, 0.4], 0.0, [Z; 2], [Z; 2];
    helper_of_one_component "diagonal": saturating, [0.3, 0.8], [1.2, 0.4], 0.0, [Z; 2], [Z; 2];
}

/// A method is recommended by the class that the source has, with the reason that `#[sde]` found there.
#[test]
fn advice_gives_the_reason() {
    let advice = SdeProblem::new(heston, [1.3, 0.4], (0.0, 1.0), [0.5, 0.2, 0.7]).advise(Aim::Paths);
    println!("{advice}");
    assert_eq!((advice.method, advice.class, advice.integral), ("Milstein", "general", "Ito"));
    let because = advice.because.clone().expect("a reason");
    assert!(because.contains("noise") && advice.to_string().contains(&because), "{advice}");
    let advice = SdeProblem::new(stock_returned, 1.3, (0.0, 1.0), [0.5, 0.2]).advise(Aim::Paths);
    assert_eq!((advice.method, advice.class, advice.integral), ("SPaRK", "scalar", "Stratonovich"));
    let heated = SdeProblem::new(heated, [1.3, 0.7], (0.0, 1.0), [0.5, 0.2]).advise(Aim::Means);
    assert_eq!((heated.method, heated.class, heated.because), ("SOSRA", "additive", None));
}

#[sde]
fn stock(du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2]) {
    *du = p[0] * u;
    *noise = p[1] * u;
}

#[sde(stratonovich)]
fn stock_returned(u: f64, p: [f64; 2]) -> (f64, f64) {
    (p[0] * u, p[1] * u.sin())
}

#[sde]
fn predators(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], t: f64) {
    let [x, y] = *u;
    let met = x * y;
    du[0] = p[0] * x - p[1] * met;
    du[1] = met - p[2] * y;
    noise[0] = p[3] * x;
    noise[1] = p[3] * y * (1.0 + t.cos());
}

#[sde(scalar)]
fn shaken(u: [f64; 2], p: &[f64; 2]) -> ([f64; 2], [f64; 2]) {
    ([u[1], -p[0] * u[0]], [p[1] * u[1], (u[0] * u[1]).sin()])
}

#[sde]
fn heated(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], t: f64) {
    du[0] = -u[0] * u[1];
    du[1] = u[0];
    noise[0] = p[0];
    noise[1] = p[1] * t.cos();
}

#[sde]
fn heston(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2], p: &[f64; 3]) {
    let [s, v] = *u;
    let spread = v.max(0.0).sqrt();
    *du = [p[0] * s, p[1] - v];
    noise[0] = [spread * s, 0.0];
    noise[1] = [p[2] * spread, (1.0 - p[2] * p[2]).sqrt() * spread];
}

#[sde]
fn correlated(u: [f64; 2], p: &[f64; 4]) -> ([f64; 2], [[f64; 2]; 2]) {
    let drift = [-u[0], -u[1]];
    (drift, [[p[0] * u[0], p[1] * u[0]], [p[2] * u[1], p[3] * u[1]]])
}

#[sde]
fn crossed(u: [f64; 2], p: &[f64; 1]) -> ([f64; 2], [f64; 2]) {
    ([-p[0] * u[0], -u[1]], [u[1], u[0]])
}

#[sde]
fn many(du: &mut [f64], noise: &mut [f64], u: &[f64], p: &[f64]) {
    for i in 0..u.len() {
        let squared = u[i] * u[i];
        du[i] = -p[0] * squared;
        noise[i] = p[1] * squared.sin();
    }
}

#[sde]
fn many_rows(du: &mut [f64], noise: &mut [[f64; 2]], u: &[f64], p: &[f64]) {
    let n = u.len();
    for i in 0..n {
        du[i] = -p[0] * u[i];
        noise[i] = [p[1] * u[(i + 1) % n], u[i]];
    }
}

#[sde]
fn chain<const N: usize>(du: &mut [f64; N], noise: &mut [f64; N], u: &[f64; N], p: &[f64; 2]) {
    for i in 0..N {
        du[i] = p[0] * (u[(i + 1) % N] - u[i]);
        noise[i] = p[1] * u[i];
    }
}

#[derive(Components)]
struct Motion {
    x: f64,
    v: f64,
}

#[sde]
fn oscillator(du: &mut Motion, noise: &mut Motion, u: &Motion, p: &[f64; 2]) {
    du.x = u.v;
    du.v = -p[0] * u.x;
    noise.x = 0.0;
    noise.v = p[1] * u.v;
}

#[sde]
fn driven(du: &mut Motion, noise: &mut [[f64; 3]; 2], u: &Motion, p: &[f64; 2], t: f64) {
    du.x = u.v;
    du.v = -p[0] * u.x;
    noise[0] = [0.0, p[0], t];
    noise[1] = [1.0, p[1], t * t];
}

#[sde]
fn grid(du: &mut [[f64; 2]; 2], noise: &mut [[f64; 2]; 2], u: &[[f64; 2]; 2], p: &[f64; 2]) {
    for i in 0..2 {
        for j in 0..2 {
            du[i][j] = p[0] * u[j][i];
            noise[i][j] = p[1] * u[i][j];
        }
    }
}

#[sde]
fn grid_rows(
    du: &mut [[f64; 2]; 2],
    noise: &mut [[[f64; 3]; 2]; 2],
    u: &[[f64; 2]; 2],
    p: &[f64; 2],
    t: f64,
) {
    for i in 0..2 {
        for j in 0..2 {
            du[i][j] = p[0] * u[j][i];
            noise[i][j] = [p[1] * t, i as f64, j as f64];
        }
    }
}

#[sde]
fn choosy(u: [f64; 2], p: &[f64; 2]) -> ([f64; 2], [f64; 2]) {
    let still = [0.0, p[0]];
    if u[0] < 0.0 {
        return (still, [u[0] * u[0], 0.0]);
    }
    if p[0] > 1.0 { ([u[1], u[0]], [p[1] * u[0], u[1].sin()]) } else { (still, [0.0, u[1]]) }
}

#[differentiable]
fn both(u: [f64; 2], p: &[f64; 2]) -> ([f64; 2], [f64; 2]) {
    ([p[0] * u[1], -u[0]], [p[1] * u[0], p[0] * u[1]])
}

#[sde]
fn whole(u: [f64; 2], p: &[f64; 2]) -> ([f64; 2], [f64; 2]) {
    both(u, p)
}

#[differentiable]
fn saturated(x: f64) -> f64 {
    x / (1.0 + x * x)
}

#[sde]
fn saturating(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) {
    for (i, x) in u.iter().enumerate() {
        du[i] = -p[0] * x;
        noise[i] = p[1] * saturated(*x);
    }
}

/// Networks in both halves.
#[derive(Components)]
struct Nets {
    drift: Mlp<2, 4, 2, Tanh>,
    noise: Mlp<2, 3, 2, Tanh>,
}

#[sde]
fn neural(u: [f64; 2], p: &Nets) -> ([f64; 2], [f64; 2]) {
    (p.drift.forward(u), p.noise.forward(u))
}

fn nets<T: diffeq::real::Real>() -> NetsOf<T> {
    use diffeq::space::Vector;
    let mut nets = NetsOf { drift: Mlp::default(), noise: Mlp::default() };
    let weights = Vector::<T>::as_mut_slice(&mut nets);
    for (i, weight) in weights.iter_mut().enumerate() {
        *weight = T::lit((0.7 * i as f64 + 0.2).sin());
    }
    nets
}

#[test]
fn networks_in_both_halves() {
    assert_eq!(check(neural, [0.3, -0.6], nets(), 0.0, [Z; 2], nets::<D>()), "general");
}

#[test]
fn an_interpretation_is_a_type() {
    use diffeq::problem::Interpretation;
    fn name<M: Stochastic>(_: M) -> &'static str {
        M::Interpretation::NAME
    }
    assert_eq!((name(stock), name(stock_returned)), ("Ito", "Stratonovich"));
}

#[test]
fn noise_without_any_has_the_length_of_the_state() {
    assert_eq!(Diffusion::<f64>::blank_noise(&many_rows, &vec![0.0; 3]), vec![[0.0; 2]; 3]);
    assert_eq!(Diffusion::<f64>::blank_noise(&many, &vec![1.0; 3]), vec![0.0; 3]);
}

/// A model whose noise was made of another function.
#[derive(Clone, Copy, Debug, Default)]
struct Changed;

mod changed {
    use super::Changed;
    use diffeq::problem::Diffusion;
    use diffeq::problem::Model;
    use diffeq::problem::OneForEach;
    use diffeq::problem::Stochastic;
    use diffeq::problem::System;
    use diffeq::real::Real;

    impl Model for Changed {
        const NAME: &'static str = "changed";
        const WRITTEN: bool = true;
        fn written_len(state: usize) -> usize {
            2 * state
        }
        fn written(out: &mut [f64], u: &[f64], p: &[f64], _: f64) {
            (out[0], out[1]) = (p[0] * u[0], 0.5 * u[0]);
        }
        fn compiled(out: &mut [f64], u: &[f64], p: &[f64], _: f64) {
            (out[0], out[1]) = (p[0] * u[0], p[1] * u[0]);
        }
    }
    impl<T: Real> System<T> for Changed {
        type State = T;
        type Params = [T; 2];
    }
    impl Stochastic for Changed {
        type Interpretation = diffeq::problem::Ito;
        type Class = diffeq::problem::Scalar;
        type Drift = <super::stock as Stochastic>::Drift;
        fn drift(&self) -> Self::Drift {
            super::stock.drift()
        }
    }
    impl<T: Real> Diffusion<T> for Changed {
        type Noise = T;
        type Shape = OneForEach;
        fn blank_noise(&self, _: &T) -> T {
            T::ZERO
        }
        fn noise(&self, noise: &mut T, u: &T, p: &[T; 2], _: T) {
            *noise = p[1] * *u;
        }
        fn drift_and_noise(&self, du: &mut T, noise: &mut T, u: &T, p: &[T; 2], _: T) {
            (*du, *noise) = (p[0] * *u, p[1] * *u);
        }
    }
}

#[test]
fn a_solve_compares_both_halves_with_what_was_written() {
    let problem = |p: [f64; 2]| SdeProblem::new(Changed, 1.0, (0.0, 1.0), p);
    assert!(problem([0.1, 0.5]).solver(EulerMaruyama).dt(0.1).solve().is_ok());
    let error = problem([0.1, 0.25]).solver(EulerMaruyama).dt(0.1).solve().unwrap_err();
    assert!(error.to_string().contains("real 0 of the noise"), "{error}");
    let rows = SdeProblem::new(many_rows, vec![0.3; 3], (0.0, 0.5), vec![1.2, 0.4]);
    assert!(rows.solver(EulerMaruyama).dt(0.1).solve().is_ok());
    let named = SdeProblem::new(driven, MotionOf { x: 0.3, v: 0.8 }, (0.0, 0.5), [1.2, 0.4]);
    assert!(named.solver(EulerMaruyama).dt(0.1).solve().is_ok());
}
