//! A solve compares the derivative that it uses with that of the function as it was written, and says where they differ.

use diffeq::Components;
use diffeq::Error;
use diffeq::differentiable;
use diffeq::integrate::Crossing;
use diffeq::nn::Mlp;
use diffeq::nn::Tanh;
use diffeq::ode;
use diffeq::problem::DenseVjp;
use diffeq::problem::Model;
use diffeq::problem::OdeProblem;
use diffeq::problem::Rhs;
use diffeq::problem::System;
use diffeq::real::Dual;
use diffeq::real::Real;
use diffeq::space::Vector;
use diffeq::stepper::RK4;
use diffeq::stepper::Tsit5;

/// Decay whose function says something else from a time on.
#[derive(Clone, Copy, Debug, Default)]
struct Changed<const LATE: bool>;

impl<const LATE: bool> Model for Changed<LATE> {
    const NAME: &'static str = "changed";
    const WRITTEN: bool = true;
    fn state_names() -> Vec<String> {
        ["x", "y"].map(String::from).to_vec()
    }
    fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        let slip = if LATE && t < 0.5 { 0.0 } else { 1e-15 };
        (du[0], du[1]) = (-p[0] * u[0], -p[0] * u[1] * (1.0 + slip));
    }
    fn compiled(du: &mut [f64], u: &[f64], p: &[f64], _: f64) {
        (du[0], du[1]) = (-p[0] * u[0], -p[0] * u[1]);
    }
}

impl<T: Real, const LATE: bool> System<T> for Changed<LATE> {
    type State = [T; 2];
    type Params = [T; 1];
}

impl<T: Real, const LATE: bool> Rhs<T> for Changed<LATE> {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 1], _: T) {
        *du = [-p[0] * u[0], -p[0] * u[1]];
    }
}

fn problem<T: Real, const LATE: bool>() -> OdeProblem<Changed<LATE>, T> {
    OdeProblem::new(Changed::<LATE>, [T::ONE, T::lit(3.0)], (0.0, 1.0), [T::ONE])
}

#[test]
fn another_function_ends_a_solve_at_its_start() {
    let error = problem::<f64, false>().solver(Tsit5).solve().unwrap_err();
    let Error::Translation { model, t, ref component, written, compiled } = error else {
        panic!("{error}");
    };
    assert_eq!((model, t, compiled), ("changed", 0.0, -3.0));
    assert!(component.contains('y') && written < compiled, "{error}");
    assert!(error.to_string().contains("`changed` was translated wrongly: at t = 0e0"), "{error}");
}

#[test]
fn debug_builds_compare_after_every_step() {
    let solved = problem::<f64, true>().solver(Tsit5).solve();
    let solved_by_fixed_steps = problem::<f64, true>().solver(RK4).dt(0.01).solve();
    if cfg!(debug_assertions) {
        assert!(
            matches!(solved, Err(Error::Translation { t, .. }) if (0.5..=1.0).contains(&t)),
            "{solved:?}"
        );
        let found = solved_by_fixed_steps;
        assert!(matches!(found, Err(Error::Translation { t, .. }) if (t - 0.5).abs() < 0.011), "{found:?}");
    } else {
        assert!(solved.is_ok() && solved_by_fixed_steps.is_ok());
    }
}

#[test]
fn other_reals_compare_their_values() {
    let errors = [
        problem::<Dual<f64, 2>, false>().solver(Tsit5).solve().unwrap_err(),
        problem::<Dual<Dual<f64, 1>, 1>, false>().solver(Tsit5).solve().unwrap_err(),
        problem::<f32, false>().solver(Tsit5).solve().unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error, Error::Translation { t: 0.0, .. }), "{error}");
    }
}

#[test]
fn wrappers_compare_what_they_wrap() {
    let wrapped = OdeProblem::<_, f64>::new(DenseVjp(Changed::<false>), [1.0, 3.0], (0.0, 1.0), [1.0]);
    assert!(matches!(wrapped.solver(Tsit5).solve(), Err(Error::Translation { .. })));
}

/// Half of what is there, by another road.
#[differentiable]
fn shared(stock: &Stock, share: [f64; 2]) -> Stock {
    Stock { held: [stock.held[0] * share[0], stock.held[1] * share[1]], ..*stock }
}

#[derive(Components, Clone, Copy)]
struct Stock {
    held: [f64; 2],
    due: f64,
}

#[derive(Components, Clone, Copy)]
struct Rates {
    share: [f64; 2],
    law: Mlp<2, 4, 1, Tanh>,
}

/// In place, structs and a network, a helper that returns a struct.
#[ode]
fn stocks(du: &mut Stock, u: &Stock, p: &Rates, t: f64) {
    let moved = shared(u, p.share);
    let [learned] = p.law.forward(u.held);
    du.held = [-moved.held[0] + learned, -moved.held[1] * t.cos()];
    du.due = (u.due.powi(3) - u.due.powi(7)) * 0.1 + u.held.iter().sum::<f64>().mul_add(0.01, 0.2);
}

/// Slices and rows of a generic number.
#[ode]
fn rows<const N: usize>(du: &mut [[f64; N]; 2], u: &[[f64; N]; 2], p: &[f64]) {
    for i in 0..N {
        du[0][i] = u[1][i] * p[0];
        du[1][i] = -u[0][i].max(0.0) * p[1];
    }
}

/// Numbers by value, and arguments that are called like those of generated code.
mod named {
    use diffeq::ode;

    #[ode]
    pub fn u(du: f64, p: f64, t: f64) -> f64 {
        -p * du + t
    }
}

/// `f32` is a real like any other, but the function as written rounds to it: nothing is compared.
#[ode]
fn single(du: &mut [f32; 1], u: &[f32; 1]) {
    du[0] = -0.1 * u[0];
}

#[derive(Components, Clone, Copy)]
struct Short {
    x: f32,
}

#[ode]
fn single_field(du: &mut Short, u: &Short) {
    du.x = -0.1 * u.x;
}

/// Not a number from the start on where the state leaves the root's domain; the function gives no other.
#[ode]
fn root(u: f64, p: f64) -> f64 {
    (u - p).sqrt()
}

fn stock<T: Real>() -> (StockOf<T>, RatesOf<T>) {
    let mut rates = RatesOf { share: [T::lit(0.3), T::lit(0.7)], law: Mlp::default() };
    for (i, x) in rates.law.as_mut_slice().iter_mut().enumerate() {
        *x = T::lit((1.7 * i as f64).sin());
    }
    (StockOf { held: [T::lit(0.4), T::lit(0.9)], due: T::lit(1.1) }, rates)
}

/// What `#[ode]` writes agrees with the function for every signature, over every kind of real.
#[test]
fn models_solve_as_they_were_written() {
    fn solves<T: Real>() {
        let (u0, p) = stock::<T>();
        OdeProblem::new(stocks, u0, (0.0, 1.0), p).solver(Tsit5).solve().expect("structs");
        let rows_u0 = [[T::lit(0.1), T::lit(0.2), T::lit(0.3)], [T::ONE; 3]];
        let p = vec![T::lit(1.3), T::lit(0.8)];
        OdeProblem::new(rows::<3>, rows_u0, (0.0, 1.0), p).solver(Tsit5).solve().expect("rows");
        OdeProblem::new(named::u, T::lit(0.3), (0.0, 1.0), T::lit(0.8))
            .solver(Tsit5)
            .solve()
            .expect("numbers");
        OdeProblem::new(single, [T::lit(0.3)], (0.0, 1.0), []).solver(Tsit5).solve().expect("not compared");
        let short = ShortOf { x: T::lit(0.3) };
        OdeProblem::new(single_field, short, (0.0, 1.0), []).solver(Tsit5).solve().expect("not compared");
    }
    solves::<f64>();
    solves::<f32>();
    solves::<Dual<f64, 3>>();
    solves::<Dual<Dual<f64, 1>, 2>>();
    const { assert!(<stocks as Model>::WRITTEN && <rows<3> as Model>::WRITTEN && <named::u as Model>::WRITTEN) };
    const { assert!(!<single as Model>::WRITTEN && !<single_field as Model>::WRITTEN) };
}

#[test]
fn nan_is_the_same_as_nan() {
    let error = OdeProblem::new(root, 0.0, (0.0, 1.0), 1.0).solver(Tsit5).solve().unwrap_err();
    assert!(matches!(error, Error::NotFinite { .. }), "{error}");
}

/// An event that moves the state: what is compared afterwards is what the solve goes on from.
#[test]
fn events_and_models_go_together() {
    let p = vec![1.3, 0.8];
    let problem = OdeProblem::new(rows::<1>, [[0.1], [1.0]], (0.0, 3.0), p);
    let bounce = Crossing::new(
        |u: &[[f64; 1]; 2], _: &Vec<f64>, _| u[0][0] - 0.5,
        |u: &mut [[f64; 1]; 2], p: &mut Vec<f64>, _| {
            u[1][0] *= -1.0;
            p[0] *= 0.9;
        },
    );
    let solution = problem.solver(Tsit5).event(bounce).solve().expect("a solution");
    assert!(solution.stats().events > 0);
}
