//! What gradients say of their own error, against `reference/dde.json`.

use diffeq::prelude::*;

use super::models::*;

/// The largest relative error of derivatives that are not zero.
fn off(found: &[f64], expected: &[f64]) -> f64 {
    let each = found.iter().zip(expected).filter(|(_, expected)| **expected != 0.0);
    each.map(|(found, expected)| (found - expected).abs() / expected.abs()).fold(0.0, f64::max)
}

/// An error is told as zero where it is rounding, and never ten times too small. It is not told five hundred tolerances large
/// either: that would say nothing. Errors add up over a few dozen tolerances at most here (`prey` of Tsit5 and DP5), and those of
/// the seventh order are told as those of the sixth beside it.
fn true_of(what: &str, tolerance: f64, off: f64, told: Option<f64>) {
    let told = told.expect("an estimate");
    eprintln!("{what:24} {tolerance:.0e}: off {off:.1e}, told {told:.1e}, {:.2}", off / told);
    // The end is a sum of hundreds of terms, each a few roundings off, and its derivatives were summed up in them.
    let rounding = 2e-12;
    assert!(off <= 10.0 * told + rounding, "{what}, {tolerance:e}: {off:e} off, told {told:e}");
    assert!(told <= 500.0 * tolerance, "{what}, {tolerance:e}: {off:e} off, told {told:e}");
}

/// Both modes of one method, at tolerances at which errors are small enough to be proportional to what drives them.
macro_rules! tell {
    ($model:expr, $start:expr, $span:expr, $p:expr, $row:expr, $expected:expr, [$($method:expr),*]) => {{
        let (start, p, span, expected) = ($start, $p, $span, $expected);
        $( for tolerance in [1e-7, 1e-9, 1e-11] {
            let problem = DdeProblem::new($model, start.0, Constant(start.1), span, p);
            let solver = problem.solver($method).tolerances(tolerance, tolerance).save_at(Grid::points([span.1]));
            let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
            let gradient = pullback.call(&[$row]).unwrap_or_else(|error| panic!("{error}"));
            let what = format!("{} {:?}", stringify!($model), $method);
            true_of(&format!("{what}, back"), tolerance, off(&gradient.p, &expected), gradient.error);
            for (i, expected) in expected.iter().enumerate() {
                let mut p_dot = p;
                p_dot.fill(0.0);
                p_dot[i] = 1.0;
                // A start that is given does not move.
                let mut u0_dot = start.0;
                let u0_dot_of = |u: &mut [f64]| u.fill(0.0);
                u0_dot_of(diffeq::space::Vector::as_mut_slice(&mut u0_dot));
                let along = problem.along(&u0_dot, &p_dot).expect("tangents of these lengths");
                let solution = along.solver($method).tolerances(tolerance, tolerance).solve().expect("a solve");
                let end = diffeq::space::Vector::as_slice(solution.end());
                let weights = [$row];
                let row = diffeq::space::Vector::as_slice(&weights[0]);
                let found: f64 = end.iter().zip(row).map(|(u, w)| u.tangents[0] * w).sum();
                let off = off(&[found], &[*expected]);
                true_of(&format!("{what}, along {i}"), tolerance, off, solution.derivative_error());
            }
        } )*
    }};
}

/// Polynomials from break to break, of degrees that grow: the first steps have no error, the longest ones among them.
#[test]
fn of_polynomials() {
    let expected = [-0.06417053911702107, -0.6362208667905119];
    tell!(linear_lag, (1.1, 0.9), (0.0, 5.5), [1.3, 0.7], 1.0, expected, [Tsit5, DP5, Vern7, Vern9]);
}

/// A method of ninth order follows these polynomials to rounding, and that is what it says.
#[test]
fn of_nothing_but_rounding() {
    let problem = DdeProblem::new(linear_lag, 1.1, Constant(0.9), (0.0, 5.5), [1.3, 0.7]);
    let solver = problem.solver(Vern9).tolerances(1e-7, 1e-7);
    let gradient = solver.vjp(DiscreteAdjoint::default()).unwrap().1.call(Cotangents::end(&1.0)).unwrap();
    assert_eq!(gradient.error, Some(0.0));
    let along = problem.along(&0.0, &[0.0, 1.0]).unwrap();
    assert_eq!(along.solver(Vern9).tolerances(1e-7, 1e-7).solve().unwrap().derivative_error(), Some(0.0));
}

#[test]
fn of_two_lags() {
    let expected = [-56.310289499404526, -475.9579066678444];
    let start = [1.0; 3];
    tell!(wille_baker, (start, start), (0.0, 5.0), [1.0, 0.2], [0.0, 1.0, 0.0], expected, [Tsit5, Vern7]);
}

#[test]
fn of_blood() {
    let expected = [-6.091160296692914, 12.428266306879975, 0.2691732991671621];
    tell!(mackey_glass, (0.5, 0.5), (0.0, 100.0), [0.2, 0.1, 17.0], 1.0, expected, [Tsit5, Vern7]);
}

/// Errors of all steps have one sign and grow: that of a single step is up to ninety times smaller than what they come to.
///
/// Not of Vern9: at 1e-7 its error is that of a few long steps, which a sweep backwards does not look at. It is 200 times what it tells.
#[test]
fn of_prey() {
    let expected =
        [-0.7560389789793724, -4.807284580372689, 2.2151588202277557, -32.53982250398836, 11.439321776309173];
    let (start, p) = ([1.0; 2], [2.2, 1.0, 2.0, 0.4, 0.1]);
    tell!(delay_lotka_volterra, (start, start), (0.0, 10.0), p, [1.0, 0.0], expected, [Tsit5, DP5, Vern7]);
}
