//! What it costs to compare a model with the function that it was made of: once, at the start of a solve.

use std::hint::black_box;

use diffeq::prelude::*;
use diffeq::problem::Model;
use diffeq::problem::Rhs;
use diffeq::problem::System;

use crate::clock;
use crate::clock::Effort;
use crate::clock::Work;
use crate::models::lotka_volterra;
use crate::table::Table;
use crate::table::micros;

/// The same model, compared with its function or not: all else is the same.
#[derive(Clone, Copy)]
struct Wrapped<const COMPARED: bool>;

impl<const COMPARED: bool> Model for Wrapped<COMPARED> {
    const WRITTEN: bool = COMPARED;
    fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        lotka_volterra::written(du, u, p, t);
    }
    fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        lotka_volterra::compiled(du, u, p, t);
    }
}

impl<T: Real, const COMPARED: bool> System<T> for Wrapped<COMPARED> {
    type State = [T; 2];
    type Params = [T; 4];
}

impl<T: Real, const COMPARED: bool> Rhs<T> for Wrapped<COMPARED> {
    #[inline(always)]
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 4], t: T) {
        lotka_volterra.rhs(du, u, p, t);
    }
}

/// A solve of Lotka and Volterra's equations at 1e-6 with and without, and the comparison by itself.
pub fn run() {
    let (u0, span, p) = ([1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let compared = OdeProblem::<_, f64>::new(Wrapped::<true>, u0, span, p);
    let alone = OdeProblem::<_, f64>::new(Wrapped::<false>, u0, span, p);
    let compared = compared.solver(Tsit5).tolerances(1e-6, 1e-6).save_every_step(false);
    let alone = alone.solver(Tsit5).tolerances(1e-6, 1e-6).save_every_step(false);
    let mut works: Vec<Work<'_>> = vec![
        clock::work(|| compared.solve().map(|solution| *solution.end())),
        clock::work(|| alone.solve().map(|solution| *solution.end())),
        clock::work(|| {
            let (mut written, mut found) = ([0.0; 2], [0.0; 2]);
            let (u, p) = (black_box(u0), black_box(p));
            lotka_volterra::written(&mut written, &u, &p, 0.0);
            lotka_volterra.rhs(&mut found, &u, &p, 0.0);
            (written, found)
        }),
    ];
    let seconds = clock::race(&mut works, Effort::PRECISE);
    let (with, without, comparison) = (seconds[0], seconds[1], seconds[2]);
    let share = comparison / without;
    println!("Comparing a model with its function, Lotka-Volterra at 1e-6; asked: below 1 % of a solve");
    let mut table = Table::new(&["solve us", "without us", "comparison ns", "of a solve"]);
    let cells = [
        micros(with),
        micros(without),
        format!("{:.1}", 1e9 * comparison),
        format!("{:.3} %", 100.0 * share),
    ];
    table.row(cells);
    table.print();
    println!(
        "bench: case=written_lv_1e-6 us={:.3} without_us={:.3} comparison_ns={:.1} share={share:.5} ratio={:.4}",
        1e6 * with,
        1e6 * without,
        1e9 * comparison,
        with / without,
    );
}
