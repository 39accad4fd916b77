//! `bench -- derivatives`: what generated derivatives cost over the primal and against code written by hand.
//!
//! A JVP is the tangent along state, parameters and time at once; "f, JVP" gives the value of the function too, as a step
//! of forward mode asks for. `J v` is the Jacobian by the state times a vector, what an implicit method asks for. A VJP
//! gives the cotangents of state, parameters and time, `J'w` that of the state. The hand-written ones of `problems/` give
//! value and tangent, and the cotangents but for the time, which none depends on.

use std::hint::black_box;
use std::ops::Deref;
use std::ops::DerefMut;

use diffeq::problem::Jacobian;
use diffeq::problem::System;
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
use crate::problems::Fisher;
use crate::problems::HandWritten;
use crate::problems::LotkaVolterra;
use crate::problems::POINTS;
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
        "f, JVP ns",
        "by hand",
        "JVP ns",
        "J v ns",
        "VJP ns",
        "by hand",
        "J'w ns",
        "f, JVP/primal",
        "JVP/primal",
        "J v/primal",
        "VJP/primal",
        "J'w/primal",
        "f, JVP/hand",
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
    measure(compare("fisher", models::fisher, [0.0; POINTS], [0.0; 2], &Fisher));
    measure(compare("pollution", models::pollution, [0.0; 20], [0.0; 25], &Pollution));
    println!(
        "Derivatives of one evaluation; asked: JVP at most 2, VJP at most 3 times the primal, both at most 1.15 by hand"
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
    tangent: f64,
    state_jvp: f64,
    vjp: [f64; 2],
    state_vjp: f64,
    allocations: usize,
}

impl Row {
    /// The shorter of all times.
    fn better(self, other: Self) -> Self {
        let both = |a: [f64; 2], b: [f64; 2]| [a[0].min(b[0]), a[1].min(b[1])];
        Self {
            primal: both(self.primal, other.primal),
            jvp: both(self.jvp, other.jvp),
            tangent: self.tangent.min(other.tangent),
            state_jvp: self.state_jvp.min(other.state_jvp),
            vjp: both(self.vjp, other.vjp),
            state_vjp: self.state_vjp.min(other.state_vjp),
            allocations: self.allocations.max(other.allocations),
            ..self
        }
    }

    /// Each product over the primal, then those with the value and in reverse over the hand-written ones.
    fn ratios(&self) -> [f64; 7] {
        let ([jvp, jvp_hand], [vjp, vjp_hand]) = (self.jvp, self.vjp);
        let [jvp_ratio, tangent, state_jvp, vjp_ratio, state_vjp] =
            [jvp, self.tangent, self.state_jvp, vjp, self.state_vjp].map(|ns| ns / self.primal[0]);
        [jvp_ratio, tangent, state_jvp, vjp_ratio, state_vjp, jvp / jvp_hand, vjp / vjp_hand]
    }

    fn cells(&self) -> Vec<String> {
        let ([jvp, jvp_hand], [vjp, vjp_hand]) = (self.jvp, self.vjp);
        let [primal, primal_hand] = self.primal;
        let (tangent, state_jvp, state_vjp) = (self.tangent, self.state_jvp, self.state_vjp);
        let times = [primal, primal_hand, jvp, jvp_hand, tangent, state_jvp, vjp, vjp_hand, state_vjp];
        let mut cells = vec![self.model.to_string()];
        cells.extend(times.iter().map(|ns| format!("{ns:.2}")));
        cells.extend(self.ratios().iter().map(|ratio| format!("{ratio:.2}")));
        cells.push(self.allocations.to_string());
        cells
    }

    fn line(&self) -> String {
        let [value_jvp, jvp, state_jvp, vjp, state_vjp, jvp_hand, vjp_hand] = self.ratios();
        format!(
            "bench: derivatives={} primal_ns={:.2} value_jvp_ns={:.2} jvp_ns={:.2} state_jvp_ns={:.2} vjp_ns={:.2} \
             state_vjp_ns={:.2} value_jvp_ratio={value_jvp:.3} jvp_ratio={jvp:.3} state_jvp_ratio={state_jvp:.3} \
             vjp_ratio={vjp:.3} state_vjp_ratio={state_vjp:.3} jvp_by_hand={jvp_hand:.3} \
             vjp_by_hand={vjp_hand:.3} allocations={}",
            self.model,
            self.primal[0],
            self.jvp[0],
            self.tangent,
            self.state_jvp,
            self.vjp[0],
            self.state_vjp,
            self.allocations
        )
    }
}

/// Memory that starts on a cache line: a vector across two of them takes longer, and where the stack starts differs from
/// run to run.
#[derive(Clone)]
#[repr(align(64))]
struct Aligned<V>(V);

impl<V> Deref for Aligned<V> {
    type Target = V;
    fn deref(&self) -> &V {
        &self.0
    }
}

impl<V> DerefMut for Aligned<V> {
    fn deref_mut(&mut self) -> &mut V {
        &mut self.0
    }
}

/// Calls in one work, so that the indirect call around them does not count.
const CALLS: usize = 64;

/// A model against its derivatives by hand; `u` and `p` give the shapes.
///
/// On functions of some nanoseconds it shows where memory happens to lie. Of three places the best counts, for everyone.
fn compare<F, M, const N: usize, const P: usize>(
    model: &'static str,
    f: F,
    u: <F as System<f64>>::State,
    p: <F as System<f64>>::Params,
    hand: &M,
) -> Row
where
    F: Jacobian<f64> + Vjp<f64> + Copy,
    M: HandWritten<N, P>,
{
    let measure = || here(model, f, u.clone(), p.clone(), hand);
    let rows = [deeper::<64, _>(measure), deeper::<4800, _>(measure), deeper::<21568, _>(measure)];
    rows.into_iter().reduce(Row::better).unwrap_or_else(measure)
}

/// Calls a function with the stack some bytes further down.
#[inline(never)]
fn deeper<const BYTES: usize, R>(f: impl FnOnce() -> R) -> R {
    let room = black_box([0_u8; BYTES]);
    let result = f();
    black_box(&room);
    result
}

/// [`compare`] with memory where it is.
#[inline(never)]
fn here<F, M, const N: usize, const P: usize>(
    model: &'static str,
    f: F,
    mut u: <F as System<f64>>::State,
    mut p: <F as System<f64>>::Params,
    hand: &M,
) -> Row
where
    F: Jacobian<f64> + Vjp<f64>,
    M: HandWritten<N, P>,
{
    let (hand_u, hand_p) = (Aligned(hand.state()), Aligned(hand.parameters()));
    u.as_mut_slice().copy_from_slice(&*hand_u);
    p.as_mut_slice().copy_from_slice(&*hand_p);
    let (u, p) = (Aligned(u), Aligned(p));
    let (u_dot, p_dot, w) = (u.clone(), p.clone(), u.clone());
    let (hand_u_dot, hand_p_dot, hand_w) = (hand_u.clone(), hand_p.clone(), hand_u.clone());
    let (state, params) = (|| Aligned(u.zeros_like()), || Aligned(p.zeros_like()));

    let mut du = state();
    let mut primal = || {
        for _ in 0..CALLS {
            f.rhs(black_box(&mut *du), black_box(&*u), black_box(&*p), 0.0);
        }
    };
    let (mut du, mut du_dot) = (state(), state());
    let mut jvp = || {
        for _ in 0..CALLS {
            let (du, du_dot) = (black_box(&mut *du), black_box(&mut *du_dot));
            f.jvp(
                du,
                du_dot,
                black_box(&*u),
                black_box(&*u_dot),
                black_box(&*p),
                black_box(&*p_dot),
                0.0,
                0.0,
            );
        }
    };
    let mut du_dot = state();
    let mut tangent = || {
        for _ in 0..CALLS {
            let du_dot = black_box(&mut *du_dot);
            f.tangent(
                du_dot,
                black_box(&*u),
                black_box(&*u_dot),
                black_box(&*p),
                black_box(&*p_dot),
                0.0,
                0.0,
            );
        }
    };
    let mut du_dot = state();
    let mut state_jvp = || {
        for _ in 0..CALLS {
            f.state_jvp(black_box(&mut *du_dot), black_box(&*u), black_box(&*u_dot), black_box(&*p), 0.0);
        }
    };
    let (mut du_bar, mut u_bar, mut p_bar, mut t_bar) = (w.clone(), state(), params(), 0.0);
    let mut workspace = Workspace::new();
    // Once before measuring: a workspace keeps what it grew to.
    f.vjp(&mut du_bar, &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut workspace);
    // The cotangent is scratch to the product. Where it is used as such, setting it is part of the product's price.
    let overwrites = du_bar.as_slice() != w.as_slice();
    let mut vjp = || {
        for _ in 0..CALLS {
            if overwrites {
                du_bar.as_mut_slice().copy_from_slice(black_box(&*w).as_slice());
            }
            let (du_bar, u_bar, p_bar) =
                (black_box(&mut *du_bar), black_box(&mut *u_bar), black_box(&mut *p_bar));
            f.vjp(du_bar, black_box(&*u), black_box(&*p), 0.0, u_bar, p_bar, &mut t_bar, &mut workspace);
        }
    };
    let (mut du_bar, mut u_bar, mut workspace) = (w.clone(), state(), Workspace::new());
    f.state_vjp(&mut du_bar, &u, &p, 0.0, &mut u_bar, &mut workspace);
    let overwrites = du_bar.as_slice() != w.as_slice();
    let mut state_vjp = || {
        for _ in 0..CALLS {
            if overwrites {
                du_bar.as_mut_slice().copy_from_slice(black_box(&*w).as_slice());
            }
            let (du_bar, u_bar) = (black_box(&mut *du_bar), black_box(&mut *u_bar));
            f.state_vjp(du_bar, black_box(&*u), black_box(&*p), 0.0, u_bar, &mut workspace);
        }
    };
    let (mut hand_du, mut hand_du_dot) = (Aligned([0.0; N]), Aligned([0.0; N]));
    let jvp_by_hand = || {
        for _ in 0..CALLS {
            let (du, du_dot) = (black_box(&mut *hand_du), black_box(&mut *hand_du_dot));
            let (u, p) = (black_box(&*hand_u), black_box(&*hand_p));
            M::jvp(du, du_dot, u, black_box(&*hand_u_dot), p, black_box(&*hand_p_dot));
        }
    };
    let mut primal_by_hand_du = Aligned([0.0; N]);
    let (mut hand_u_bar, mut hand_p_bar) = (Aligned([0.0; N]), Aligned([0.0; P]));
    let vjp_by_hand = || {
        for _ in 0..CALLS {
            let (u_bar, p_bar) = (black_box(&mut *hand_u_bar), black_box(&mut *hand_p_bar));
            M::vjp(black_box(&*hand_w), black_box(&*hand_u), black_box(&*hand_p), u_bar, p_bar);
        }
    };

    let (allocations, ()) = alloc::allocations(|| {
        primal();
        jvp();
        tangent();
        state_jvp();
        vjp();
        state_vjp();
    });
    let primal_by_hand = || {
        for _ in 0..CALLS {
            M::rhs(black_box(&mut *primal_by_hand_du), black_box(&*hand_u), black_box(&*hand_p));
        }
    };
    let mut works: Vec<Work<'_>> = vec![
        clock::work(primal),
        clock::work(primal_by_hand),
        clock::work(jvp),
        clock::work(jvp_by_hand),
        clock::work(tangent),
        clock::work(state_jvp),
        clock::work(vjp),
        clock::work(vjp_by_hand),
        clock::work(state_vjp),
    ];
    let ns: Vec<f64> = clock::race(&mut works, Effort::PRECISE)
        .into_iter()
        .map(|seconds| 1e9 * seconds / CALLS as f64)
        .collect();
    let [primal, jvp, vjp] = [[ns[0], ns[1]], [ns[2], ns[3]], [ns[6], ns[7]]];
    Row { model, primal, jvp, tangent: ns[4], state_jvp: ns[5], vjp, state_vjp: ns[8], allocations }
}
