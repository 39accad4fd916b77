//! Arrays whose rows are as long as something that rests: in a derivative nothing else may say how long.

use diffeq::prelude::*;
use diffeq::space::Components;

#[derive(Components, Clone, Copy)]
struct Body {
    pos: [f64; 2],
    vel: [f64; 2],
}

/// Rows that only the state tells the length of, taken apart by a pattern.
#[dde]
fn taken_apart(du: &mut Body, u: &Body, h: &impl History<Body>, p: &f64, t: f64) {
    let before = h(t - p).pos[1];
    let [[x, y], [z, _]] = u.vel.map(|_| u.pos.map(|d| d));
    du.pos = [before - 0.1 * t * z, -x];
    du.vel = [y, before * x];
}

/// Rows that rest where the past moves.
#[dde]
fn made_of_rows(du: &mut Body, u: &Body, h: &impl History<Body>, p: &f64, t: f64) {
    let before = h(t - p);
    let mut rows = before.pos.map(|_| u.pos);
    rows[0][0] += 0.4 * (t - rows[0][0]);
    rows = [rows[1], rows[0]];
    du.pos = [rows[0][1] * before.pos[1], -rows[1][0]];
    du.vel = [before.vel[0] * 0.1, rows[1][1]];
}

/// The derivative by the lag, forwards and backwards: the same but for rounding over a few steps.
macro_rules! agree {
    ($model:ident) => {
        let start = Body { pos: [1.0, 0.3], vel: [0.2, -0.4] };
        let problem = DdeProblem::new($model, start.over(), AtRest, (0.0, 2.0), 0.5);
        let along = problem.along(&Body { pos: [0.0; 2], vel: [0.0; 2] }.over(), &1.0).expect("a direction");
        let forward = along.solver(Tsit5).solve().expect("a solve").end().pos[0].tangents[0];
        let solver = problem.solver(Tsit5).save_at(Grid::points([2.0]));
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solve");
        let gradient =
            pullback.call(&[Body { pos: [1.0, 0.0], vel: [0.0; 2] }.over()]).expect("a gradient").p;
        assert!(forward != 0.0 && (forward - gradient).abs() < 1e-9, "{forward} {gradient}");
    };
}

#[test]
fn of_rows_taken_apart() {
    agree!(taken_apart);
}

#[test]
fn of_rows_that_rest() {
    agree!(made_of_rows);
}
