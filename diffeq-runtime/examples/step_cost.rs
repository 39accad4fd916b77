//! What a step costs: ours beside a loop written by hand for two components, on Lotka-Volterra.
//!
//! `CARGO_PROFILE_RELEASE_LTO=off cargo run --release -p diffeq-runtime --example step_cost`

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::real::Real;
use diffeq_runtime::stepper::*;
use diffeq_runtime::tableau::TSIT5;
use std::hint::black_box;
use std::time::Instant;

#[derive(Clone, Copy)]
struct LotkaVolterra;
impl Model for LotkaVolterra {}
impl<T: Real> System<T> for LotkaVolterra {
    type State = [T; 2];
    type Params = [T; 4];
}
impl<T: Real> Rhs<T> for LotkaVolterra {
    #[inline]
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 4], _t: T) {
        let [x, y] = *u;
        let [alpha, beta, delta, gamma] = *p;
        du[0] = alpha * x - beta * x * y;
        du[1] = -delta * y + gamma * x * y;
    }
}

/// The same method, control and initial step, with everything in local variables.
fn by_hand(mut u: [f64; 2], p: &[f64; 4], t1: f64, tolerance: f64) -> ([f64; 2], usize) {
    let f = |u: [f64; 2]| [p[0] * u[0] - p[1] * u[0] * u[1], -p[2] * u[1] + p[3] * u[0] * u[1]];
    let a = &TSIT5.a;
    let e = &TSIT5.e;
    let (mut t, mut h, mut steps) = (0.0, 1e-3, 0);
    let mut k1 = f(u);
    let mut before = 0.0_f64;
    while t < t1 {
        h = h.min(t1 - t);
        let at = |row: &[f64; 7], k: &[[f64; 2]]| {
            let mut v = u;
            for i in 0..2 {
                let mut sum = row[0] * k[0][i];
                for (a, k) in row[1..].iter().zip(&k[1..]) {
                    sum += a * k[i];
                }
                v[i] += h * sum;
            }
            v
        };
        let k2 = f(at(&a[1], &[k1]));
        let k3 = f(at(&a[2], &[k1, k2]));
        let k4 = f(at(&a[3], &[k1, k2, k3]));
        let k5 = f(at(&a[4], &[k1, k2, k3, k4]));
        let k6 = f(at(&a[5], &[k1, k2, k3, k4, k5]));
        let next = at(&a[6], &[k1, k2, k3, k4, k5, k6]);
        let k7 = f(next);
        let mut squares = 0.0;
        for i in 0..2 {
            let error = h
                * (e[0] * k1[i]
                    + e[1] * k2[i]
                    + e[2] * k3[i]
                    + e[3] * k4[i]
                    + e[4] * k5[i]
                    + e[5] * k6[i]
                    + e[6] * k7[i]);
            let ratio = error / (tolerance + tolerance * f64::max(u[i].abs(), next[i].abs()));
            squares += ratio * ratio;
        }
        let error = (squares / 2.0).sqrt();
        steps += 1;
        if error <= 1.0 {
            let log = error.max(1e-20).ln();
            let factor = (0.9 * (-0.2 * (0.7 * log - 0.4 * before)).exp()).clamp(0.2, 10.0);
            before = log;
            t += h;
            h *= factor;
            u = next;
            k1 = k7;
        } else {
            h *= (0.9 * error.powf(-0.2)).clamp(0.2, 0.99);
        }
    }
    (u, steps)
}

/// The best of several runs, in nanoseconds for each of `steps`.
fn best(steps: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..300 {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / steps as f64
}

fn main() {
    let p = [1.5, 1.0, 3.0, 1.0];
    for tolerance in [1e-6, 1e-9] {
        let (end, steps) = by_hand([1.0, 1.0], &p, 10.0, tolerance);
        let hand = best(steps, || {
            black_box(by_hand(black_box([1.0, 1.0]), black_box(&p), 10.0, tolerance));
        });
        let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), p);
        let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_every_step(false);
        let solution = solver.solve().expect("a smooth problem");
        let taken = solution.stats().accepted + solution.stats().rejected;
        let ours = best(taken, || {
            black_box(black_box(&solver).solve().expect("a smooth problem"));
        });
        let saving = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::step(0.1));
        let saving = best(taken, || {
            black_box(black_box(&saving).solve().expect("a smooth problem"));
        });
        let every = problem.solver(Tsit5).tolerances(tolerance, tolerance);
        let every = best(taken, || {
            black_box(black_box(&every).solve().expect("a smooth problem"));
        });
        println!(
            "tolerance={tolerance:e} steps={taken} hand_steps={steps} hand_ns={hand:.1} ours_ns={ours:.1} ratio={:.2} \
             save_at_ns={saving:.1} every_step_ns={every:.1} difference={:.1e}",
            ours / hand,
            (solution.end()[0] - end[0]).abs(),
        );
        macro_rules! others {
            ($($method:ident)*) => { $(
                let solver = problem.solver($method).tolerances(tolerance, tolerance).save_every_step(false);
                let solution = solver.solve().expect("a smooth problem");
                let taken = solution.stats().accepted + solution.stats().rejected;
                let ns = best(taken, || {
                    black_box(black_box(&solver).solve().expect("a smooth problem"));
                });
                println!("  {:8} steps={taken:4} step_ns={ns:6.1} solve_us={:.1}", $method::NAME, ns * taken as f64 / 1e3);
            )* };
        }
        others!(BS3 BS5 DP5 OwrenZen5 Vern6 Vern7 Vern8 Vern9 DOP853);
    }
}
