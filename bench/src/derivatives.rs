//! `bench -- derivatives`: what generated derivatives cost over the primal and against code written by hand.
//!
//! A product's cost counts everything a solver asks for: the value too for a JVP, and derivatives with respect to state,
//! parameters and time. The hand-written ones of `problems/` give the same but for the time, which none depends on.

use std::hint::black_box;

use diffeq::problem::Jvp;
use diffeq::problem::Vjp;
use diffeq::space::Vector;
use diffeq::space::Workspace;
use testkit::alloc;

use crate::clock;
use crate::clock::Effort;
use crate::clock::Work;
use crate::compile_time;
use crate::models;
use crate::problems::Brusselator;
use crate::problems::HandWritten;
use crate::problems::LotkaVolterra;
use crate::problems::Pleiades;
use crate::problems::Pollution;
use crate::problems::SIDE;
use crate::table::Table;

/// Runs every model, then the compiler.
pub fn run() {
    let mut table = Table::new(&[
        "model",
        "primal ns",
        "by hand",
        "JVP ns",
        "by hand",
        "VJP ns",
        "by hand",
        "JVP/primal",
        "VJP/primal",
        "JVP/hand",
        "VJP/hand",
        "allocations",
    ]);
    let mut lines = Vec::new();
    let mut measure = |row: Row| {
        table.row(row.cells());
        lines.push(row.line());
    };
    measure(compare("lotka_volterra", models::lotka_volterra, [0.0; 2], [0.0; 4], &LotkaVolterra::default()));
    measure(compare("pleiades", models::pleiades, [0.0; 28], [0.0; 7], &Pleiades::default()));
    measure(compare(
        "brusselator",
        models::brusselator,
        [[[0.0; SIDE]; SIDE]; 2],
        [0.0; 3],
        &Brusselator::default(),
    ));
    measure(compare("pollution", models::pollution, [0.0; 20], [0.0; 25], &Pollution));
    println!(
        "Derivatives of one evaluation; JVP at most 2, VJP at most 3 times the primal, both at most 1.15 by hand"
    );
    table.print();
    for line in lines {
        println!("{line}");
    }
    println!();
    compile_time::run();
}

/// Nanoseconds of the value and of each product, ours and by hand, and allocations over all of ours.
struct Row {
    model: &'static str,
    primal: [f64; 2],
    jvp: [f64; 2],
    vjp: [f64; 2],
    allocations: usize,
}

impl Row {
    fn ratios(&self) -> [f64; 4] {
        let ([jvp, jvp_hand], [vjp, vjp_hand]) = (self.jvp, self.vjp);
        [jvp / self.primal[0], vjp / self.primal[0], jvp / jvp_hand, vjp / vjp_hand]
    }

    fn cells(&self) -> Vec<String> {
        let times = [self.primal[0], self.primal[1], self.jvp[0], self.jvp[1], self.vjp[0], self.vjp[1]];
        let mut cells = vec![self.model.to_string()];
        cells.extend(times.iter().map(|ns| format!("{ns:.2}")));
        cells.extend(self.ratios().iter().map(|ratio| format!("{ratio:.2}")));
        cells.push(self.allocations.to_string());
        cells
    }

    fn line(&self) -> String {
        let [jvp, vjp, jvp_hand, vjp_hand] = self.ratios();
        format!(
            "bench: derivatives={} primal_ns={:.2} jvp_ns={:.2} vjp_ns={:.2} jvp_ratio={jvp:.3} vjp_ratio={vjp:.3} \
             jvp_by_hand={jvp_hand:.3} vjp_by_hand={vjp_hand:.3} allocations={}",
            self.model, self.primal[0], self.jvp[0], self.vjp[0], self.allocations
        )
    }
}

/// Calls in one work, so that the indirect call around them does not count.
const CALLS: usize = 64;

/// A model against its derivatives by hand; `u` and `p` give the shapes.
fn compare<F, M, const N: usize, const P: usize>(
    model: &'static str,
    f: F,
    mut u: F::State,
    mut p: F::Params,
    hand: &M,
) -> Row
where
    F: Jvp<f64> + Vjp<f64>,
    M: HandWritten<N, P>,
{
    let (hand_u, hand_p) = (hand.state(), hand.parameters());
    u.as_mut_slice().copy_from_slice(&hand_u);
    p.as_mut_slice().copy_from_slice(&hand_p);
    let (u_dot, p_dot, w) = (u.clone(), p.clone(), u.clone());
    let (hand_u_dot, hand_p_dot, hand_w) = (hand_u, hand_p, hand_u);

    let mut du = u.zeros_like();
    let mut primal = || {
        for _ in 0..CALLS {
            f.rhs(black_box(&mut du), black_box(&u), black_box(&p), 0.0);
        }
    };
    let (mut du, mut du_dot) = (u.zeros_like(), u.zeros_like());
    let mut jvp = || {
        for _ in 0..CALLS {
            let (du, du_dot) = (black_box(&mut du), black_box(&mut du_dot));
            f.jvp(du, du_dot, black_box(&u), black_box(&u_dot), black_box(&p), black_box(&p_dot), 0.0, 0.0);
        }
    };
    let (mut du_bar, mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), u.zeros_like(), p.zeros_like(), 0.0);
    let mut workspace = Workspace::new();
    let mut vjp = || {
        for _ in 0..CALLS {
            // The cotangent is scratch to the product: setting it is part of its price.
            du_bar.as_mut_slice().copy_from_slice(black_box(&w).as_slice());
            let (du_bar, u_bar, p_bar) =
                (black_box(&mut du_bar), black_box(&mut u_bar), black_box(&mut p_bar));
            f.vjp(du_bar, black_box(&u), black_box(&p), 0.0, u_bar, p_bar, &mut t_bar, &mut workspace);
        }
    };
    let (mut hand_du, mut hand_du_dot) = ([0.0; N], [0.0; N]);
    let jvp_by_hand = || {
        for _ in 0..CALLS {
            let (du, du_dot) = (black_box(&mut hand_du), black_box(&mut hand_du_dot));
            let (u, p) = (black_box(&hand_u), black_box(&hand_p));
            M::jvp(du, du_dot, u, black_box(&hand_u_dot), p, black_box(&hand_p_dot));
        }
    };
    let mut primal_by_hand_du = [0.0; N];
    let (mut hand_u_bar, mut hand_p_bar) = ([0.0; N], [0.0; P]);
    let vjp_by_hand = || {
        for _ in 0..CALLS {
            let (u_bar, p_bar) = (black_box(&mut hand_u_bar), black_box(&mut hand_p_bar));
            M::vjp(black_box(&hand_w), black_box(&hand_u), black_box(&hand_p), u_bar, p_bar);
        }
    };

    // Once before counting: a workspace keeps what it grew to.
    vjp();
    let (allocations, ()) = alloc::allocations(|| {
        primal();
        jvp();
        vjp();
    });
    let primal_by_hand = || {
        for _ in 0..CALLS {
            M::rhs(black_box(&mut primal_by_hand_du), black_box(&hand_u), black_box(&hand_p));
        }
    };
    let mut works: Vec<Work<'_>> = vec![
        clock::work(primal),
        clock::work(primal_by_hand),
        clock::work(jvp),
        clock::work(jvp_by_hand),
        clock::work(vjp),
        clock::work(vjp_by_hand),
    ];
    let ns: Vec<f64> = clock::race(&mut works, Effort::PRECISE)
        .into_iter()
        .map(|seconds| 1e9 * seconds / CALLS as f64)
        .collect();
    Row { model, primal: [ns[0], ns[1]], jvp: [ns[2], ns[3]], vjp: [ns[4], ns[5]], allocations }
}
