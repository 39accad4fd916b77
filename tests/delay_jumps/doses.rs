//! Events that make the state and the parameters of a delayed equation jump, against the method of steps in exact polynomials.
//!
//! The past jumps where the event was, and where a lookup comes to that the slope does: a lag later, at a time that moves with the
//! lag and, where a condition crosses zero, with all that the event's time depends on.

use diffeq::prelude::*;

/// Rate, lag, dose, what of the state is kept, what of the rate is kept, level; start and history.
type D = Dual<f64, 8>;
type Params = [f64; 6];

#[dde]
fn late(_u: f64, h: &impl History<f64>, p: &[f64; 6], t: f64) -> f64 {
    -p[0] * h(t - p[1])
}

/// The lag is no parameter: its derivative is zero.
#[dde]
fn late_by_a_constant(_u: f64, h: &impl History<f64>, p: &[f64; 6], t: f64) -> f64 {
    -p[0] * h(t - 0.7) + 0.0 * p[1]
}

/// A lag that grows with the time, so that nobody knows beforehand when a lookup comes to a jump.
#[dde]
fn late_and_later(_u: f64, h: &impl History<f64>, p: &[f64; 6], t: f64) -> f64 {
    -p[0] * h(0.5 * t - p[1])
}

#[differentiable]
fn dose(u: &mut f64, p: &mut [f64; 6], _t: f64) {
    *u = p[3] * *u + p[2];
    p[0] *= p[4];
}

#[differentiable]
fn dose_and_longer(u: &mut f64, p: &mut [f64; 6], _t: f64) {
    *u = p[3] * *u + p[2];
    p[1] *= p[4];
}

#[differentiable]
fn look(u: &mut f64, _p: &mut [f64; 6], _t: f64) {
    *u *= 1.0;
}

#[differentiable]
fn low(u: &f64, p: &[f64; 6], _t: f64) -> f64 {
    *u - p[5]
}

/// What `dose` does, and `dose_and_longer` where the lag is what jumps.
fn doses([k, tau, d, keeps, factor, level]: [D; 6], u: D, of_lag: bool) -> (D, [D; 6]) {
    let (k, tau) = if of_lag { (k, tau * factor) } else { (k * factor, tau) };
    (keeps * u + d, [k, tau, d, keeps, factor, level])
}

/// `u(x)` from `start` on: a polynomial in `x - start`.
struct Piece {
    start: D,
    coefficients: Vec<D>,
}

impl Piece {
    fn at(&self, x: D) -> D {
        self.coefficients.iter().rev().fold(D::lit(0.0), |sum, c| sum * x + *c)
    }

    /// The same polynomial in the distance from another place.
    fn from(&self, place: D) -> Vec<D> {
        let (by, mut out) = (place - self.start, Vec::new());
        for c in self.coefficients.iter().rev() {
            // out (x + by) + c
            let mut next = vec![D::lit(0.0); out.len() + 1];
            for (i, x) in out.iter().enumerate() {
                next[i] += *x * by;
                next[i + 1] += *x;
            }
            next[0] += *c;
            out = next;
        }
        out
    }
}

/// When doses come.
enum When<'a> {
    At(&'a [f64]),
    /// Where the solution falls to its level, which it does once, along a line.
    Low,
}

/// The equation `u' = -k u(speed t - τ)` by the method of steps: pieces meet wherever a lookup comes to the end of one, at times with
/// derivatives.
fn exactly([p @ .., u0, phi]: [D; 8], (speed, when, of_lag): (f64, When<'_>, bool), end: f64) -> D {
    let mut p: [D; 6] = p;
    let mut pieces = vec![Piece { start: D::lit(-1e9), coefficients: vec![phi] }];
    let (mut t, mut u, mut taken) = (D::lit(0.0), u0, 0);
    loop {
        let from = t.scale(speed) - p[1];
        // Rounding is far below the distance of any two times here.
        let n = pieces.iter().rposition(|piece| piece.start.primal <= from.primal + 1e-12).expect("a piece");
        let coefficients: Vec<D> = [u]
            .into_iter()
            .chain(pieces[n].from(from).into_iter().enumerate().map(|(i, c)| {
                let i = i as i32;
                -p[0] * c.scale(speed.powi(i) / f64::from(i + 1))
            }))
            .collect();
        let piece = Piece { start: t, coefficients };
        // The lookup comes to the next piece, or to the start of this one.
        let next = pieces.get(n + 1).map_or(t, |piece| piece.start);
        let mut until = (next + p[1]).scale(1.0 / speed);
        let given = match when {
            When::At(times) => times.get(taken).map(|time| D::lit(*time)),
            When::Low if taken == 0 && piece.coefficients[2..].iter().all(|c| c.primal == 0.0) => {
                Some(t + (p[5] - u) / piece.coefficients[1])
            }
            When::Low => None,
        };
        let given = given.filter(|time| time.primal > t.primal && time.primal <= until.primal);
        until = given.unwrap_or(until);
        if until.primal >= end {
            return piece.at(D::lit(end) - t);
        }
        u = piece.at(until - t);
        if given.is_some() {
            (u, p) = doses(p, u, of_lag);
            taken += 1;
        }
        pieces.push(piece);
        t = until;
    }
}

/// Dual numbers, tangents and the way back against `exactly`, to what the tolerance leaves.
macro_rules! right {
    ($model:ident, $values:expr, $end:expr, $exactly:expr, $($event:expr),+) => {{
        let (values, end): ([f64; 8], f64) = ($values, $end);
        let expected = exactly(D::variables(values), $exactly, end);
        let near = |found: f64, expected: f64, what: &str| {
            assert!((found - expected).abs() <= 1e-8 * expected.abs().max(1.0), "{what}: {found} {expected}");
        };
        let [p @ .., u0, phi] = D::variables(values);
        let problem = DdeProblem::new($model, u0, Constant(phi), (0.0, end), p);
        let solution = problem.solver(Vern7).tolerances(1e-11, 1e-11)$(.event($event))+.solve();
        let found = *solution.unwrap_or_else(|error| panic!("{error}")).end();
        near(found.primal, expected.primal, "value");
        for i in 0..8 {
            near(found.tangents[i], expected.tangents[i], &format!("dual numbers by {i}"));
        }
        let [p @ .., u0, phi] = values;
        let p: Params = p;
        let problem = DdeProblem::new($model, u0, Constant(phi), (0.0, end), p);
        let along = problem.along(&1.0, &[1.0; 6]).expect("tangents that fit");
        let solution = along.solver(Vern7).tolerances(1e-11, 1e-11)$(.event($event))+.solve();
        let found = solution.unwrap_or_else(|error| panic!("{error}")).end().tangents[0];
        near(found, expected.tangents[..7].iter().sum(), "along all of them");
        for adjoint in [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(3)] {
            let solver = problem.solver(Vern7).tolerances(1e-11, 1e-11).save_at(Grid::points([end]));
            let solver = solver$(.event($event))+;
            let (_, mut pullback) = solver.vjp(adjoint).expect("a solve");
            let gradient = pullback.call(&[1.0]).unwrap_or_else(|error| panic!("{error}"));
            let found = gradient.p.into_iter().chain([gradient.u0, problem.history_gradient()]);
            for (i, found) in found.enumerate() {
                near(found, expected.tangents[i], &format!("backwards by {i}"));
            }
        }
    }};
}

const VALUES: [f64; 8] = [0.8, 0.7, 0.4, 0.9, 1.2, 0.95, 1.3, 0.6];

/// The same, to be low at 0.42, and not again before the end.
const FALLS: [f64; 8] = [0.8, 0.7, 3.0, 0.9, 1.2, 1.1, 1.3, 0.6];

#[test]
fn of_a_dose_at_a_given_time() {
    right!(late, VALUES, 2.6, (1.0, When::At(&[0.4]), false), Preset::of::<dose>([0.4]));
}

#[test]
fn of_two_doses() {
    let times = [0.4, 0.9];
    right!(late, VALUES, 2.6, (1.0, When::At(&times), false), Preset::of::<dose>(times));
}

#[test]
fn of_doses_that_come_again_and_again() {
    let times = [0.3, 0.6, 0.9, 1.2, 1.5, 1.8, 2.1, 2.4];
    right!(late, VALUES, 2.6, (1.0, When::At(&times), false), Periodic::of::<dose>(0.3));
}

#[test]
fn of_a_lag_that_jumps() {
    let times = [0.9];
    right!(late, VALUES, 1.9, (1.0, When::At(&times), true), Preset::of::<dose_and_longer>(times));
}

/// A start that fits carries no jump of the slope: its breaks may meet a dose.
#[test]
fn of_a_dose_at_a_multiple_of_the_lag() {
    let mut values = VALUES;
    values[7] = values[6];
    for time in [0.7, 1.4] {
        right!(late, values, 2.6, (1.0, When::At(&[time]), false), Preset::of::<dose>([time]));
    }
}

/// Steps are longer than the lag, once the breaks are smooth enough: more than forty lags behind the last dose.
#[test]
fn of_lags_shorter_than_steps() {
    let mut values = VALUES;
    values[1] = 0.013;
    right!(late, values, 0.6, (1.0, When::At(&[0.05]), false), Preset::of::<dose>([0.05]));
}

#[test]
fn of_a_lag_that_grows_past_a_dose() {
    right!(late_and_later, VALUES, 3.6, (0.5, When::At(&[0.4]), false), Preset::of::<dose>([0.4]));
}

#[test]
fn of_a_dose_where_the_state_is_low() {
    right!(late, FALLS, 1.6, (1.0, When::Low, false), Crossing::of::<low, dose>().falling());
}

#[test]
fn of_a_lag_that_grows_past_a_dose_where_the_state_is_low() {
    right!(late_and_later, FALLS, 2.5, (0.5, When::Low, false), Crossing::of::<low, dose>().falling());
}

/// Before the event the lookup is in the history, behind it in the solution: each slope there is that of its own side.
#[test]
fn of_a_lag_that_jumps_over_the_start_where_the_state_is_low() {
    let mut values = FALLS;
    values[4] = 0.2;
    let event = || Crossing::of::<low, dose_and_longer>().falling();
    right!(late_and_later, values, 1.6, (0.5, When::Low, true), event());
}

/// An event that only looks, beside one that changes something.
#[test]
fn of_a_dose_that_somebody_looks_at() {
    let exact = (1.0, When::At(&[0.4]), false);
    right!(late, VALUES, 2.6, exact, Preset::of::<dose>([0.4]), Preset::of::<look>([0.4]));
}

/// A jump of the slope that moves with the lag meets a dose at a given time: which of them comes first makes a difference.
#[test]
fn of_a_dose_on_a_jump_of_the_slope() {
    let [p @ .., u0, phi] = VALUES;
    let of_start = [VALUES[1]];
    let of_dose = [0.4, 0.4 + VALUES[1]];
    for times in [&of_start[..], &of_dose] {
        let problem = DdeProblem::new(late, u0, Constant(phi), (0.0, 2.6), p);
        let event = || Preset::of::<dose>(times.to_vec());
        let along = problem.along(&0.0, &[0.0, 1.0, 0.0, 0.0, 0.0, 0.0]).expect("tangents that fit");
        let refused = along.solver(Vern7).event(event()).solve();
        assert!(matches!(refused, Err(diffeq::Error::History { .. })), "{refused:?}");
        let solver = problem.solver(Vern7).save_at(Grid::points([2.6])).event(event());
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
        let refused = pullback.call(&[1.0]);
        assert!(matches!(refused, Err(diffeq::Error::History { .. })), "{refused:?}");
        // Nobody moves the lag.
        let along = problem.along(&1.0, &[1.0, 0.0, 1.0, 1.0, 1.0, 1.0]).expect("tangents that fit");
        let solution = along.solver(Vern7).tolerances(1e-11, 1e-11).event(event()).solve();
        let found = solution.unwrap_or_else(|error| panic!("{error}")).end().tangents[0];
        let expected = exactly(D::variables(VALUES), (1.0, When::At(times), false), 2.6).tangents;
        let expected = expected[..7].iter().sum::<f64>() - expected[1];
        assert!((found - expected).abs() <= 1e-8 * expected.abs().max(1.0), "{found} {expected}");
    }
}

/// A lag that is a constant moves no break: doses may be one lag apart.
#[test]
fn of_doses_one_constant_lag_apart() {
    let times = [0.4, 0.4 + 0.7];
    let [p @ .., u0, phi] = VALUES;
    let expected = exactly(D::variables(VALUES), (1.0, When::At(&times), false), 2.6).tangents;
    let problem = DdeProblem::new(late_by_a_constant, u0, Constant(phi), (0.0, 2.6), p);
    let solver = problem.solver(Vern7).tolerances(1e-11, 1e-11).save_at(Grid::points([2.6]));
    let solver = solver.event(Preset::of::<dose>(times));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
    let gradient = pullback.call(&[1.0]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(gradient.p[1], 0.0);
    let found = gradient.p.into_iter().chain([gradient.u0, problem.history_gradient()]).enumerate();
    for (i, found) in found.filter(|(i, _)| *i != 1) {
        let near = (found - expected[i]).abs() <= 1e-8 * expected[i].abs().max(1.0);
        assert!(near, "{i}: {found} {}", expected[i]);
    }
}
