//! The laws of a stochastic equation: both halves are plain Rust's to the bit, the drift is a right-hand side like any other, and
//! the noise keeps `testkit`'s laws, that its class claims nothing which exact derivatives contradict among them.

use crate::check::Plain;
use crate::check::Report;
use crate::check::check;
use crate::subject::Derivatives;
use crate::subject::Derived;
use crate::subject::Point;
use crate::subject::Subject;
use diffeq::problem::Diffusion;
use diffeq::problem::System;
use diffeq::space::Vector;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;
use testkit::laws::D;
use testkit::noise::Complete;

type State<M, T> = <M as System<T>>::State;
type Params<M, T> = <M as System<T>>::Params;

/// Drift and noise, one behind the other.
struct Both<M: Diffusion<f64>> {
    model: M,
    shapes: (State<M, f64>, Params<M, f64>),
}

fn filled<V: Vector<f64>>(shape: &V, from: &[f64]) -> V {
    let mut out = shape.zeros_like();
    out.as_mut_slice().copy_from_slice(from);
    out
}

impl<M: Diffusion<f64>> Subject for Both<M> {
    fn lengths(&self) -> (usize, usize) {
        (self.shapes.0.as_slice().len(), self.shapes.1.as_slice().len())
    }

    fn value(&self, at: &Point) -> Vec<f64> {
        let (u, p) = (filled(&self.shapes.0, &at.u), filled(&self.shapes.1, &at.p));
        let (mut du, mut noise) = (u.zeros_like(), self.model.blank_noise(&u));
        self.model.drift_and_noise(&mut du, &mut noise, &u, &p, at.t);
        [du.as_slice(), noise.as_slice()].concat()
    }

    fn derivatives(&self) -> Option<&dyn Derivatives> {
        None
    }
}

pub(crate) fn print(name: &str, report: &Report) {
    if report.failures.is_empty() {
        println!("{name} passed {:e}", report.worst);
    }
    report.failures.iter().take(4).for_each(|failure| println!("{name} failed {failure}"));
}

/// Checks the values of a model and prints what came of it.
pub fn stochastic_values<M: Diffusion<f64>>(
    name: &str,
    model: M,
    shapes: (State<M, f64>, Params<M, f64>),
    plain: Plain<'_>,
    seed: u64,
) {
    print(name, &check_values(model, shapes, plain, seed));
}

/// Both halves against the function as it was written.
pub(crate) fn check_values<M: Diffusion<f64>>(
    model: M,
    shapes: (State<M, f64>, Params<M, f64>),
    plain: Plain<'_>,
    seed: u64,
) -> Report {
    check(&Both { model, shapes }, plain, seed)
}

/// Checks a model and prints what came of it.
pub fn stochastic<M: Complete>(
    name: &str,
    model: M,
    shapes: (State<M, f64>, Params<M, f64>),
    duals: (State<M, D>, Params<M, D>),
    plain: Plain<'_>,
    seed: u64,
) {
    print(name, &check_all(model, shapes, duals, plain, seed));
}

/// All laws of a model.
pub(crate) fn check_all<M: Complete>(
    model: M,
    shapes: (State<M, f64>, Params<M, f64>),
    duals: (State<M, D>, Params<M, D>),
    plain: Plain<'_>,
    seed: u64,
) -> Report {
    let mut report = check_values(model.clone(), shapes.clone(), plain, seed);
    if report.failures.is_empty() {
        let (n, m) = (shapes.0.as_slice().len(), shapes.1.as_slice().len());
        let drift = Derived { f: model.drift(), shapes: shapes.clone(), duals: duals.clone() };
        let half = |u: &[f64], p: &[f64], t: f64| plain(u, p, t)[..n].to_vec();
        let of_drift = check(&drift, &half, seed);
        report.worst = report.worst.max(of_drift.worst);
        report.failures.extend(of_drift.failures);
        let mut dice = StdRng::seed_from_u64(seed);
        let u: Vec<f64> = (0..n).map(|_| dice.gen_range(-1.5..1.5)).collect();
        let p: Vec<f64> = (0..m).map(|_| dice.gen_range(0.3..1.5)).collect();
        let (u, p) = (filled(&shapes.0, &u), filled(&shapes.1, &p));
        let laws = catch_unwind(AssertUnwindSafe(|| {
            testkit::noise::check_noise(&model, &u, &p, dice.gen_range(0.0..2.0), &duals.0, &duals.1)
        }));
        if let Err(panic) = laws {
            let text = panic.downcast_ref::<String>().cloned();
            let text = text.or_else(|| panic.downcast_ref::<&str>().map(|text| (*text).to_string()));
            report.failures.push(format!("noise: {}", text.unwrap_or_default().replace('\n', " ")));
        }
    }
    report
}
