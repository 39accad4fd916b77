//! One of several outputs alone: the drift of a stochastic equation without its noise, the noise without the drift.
//!
//! Passes that differentiate, find patterns or read off structure are given such a program. What only the other outputs
//! need leaves no statement; what an output reads of another one is computed all the same, in memory of its own.

use crate::ir::Arg;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::visit;
use crate::passes::prune::prune;

/// The program that computes this output, by its number, and no other.
pub fn only(program: &Program, which: usize) -> Program {
    let mut alone = program.clone();
    alone.outputs = program.outputs.get(which).copied().into_iter().collect();
    alone.output_dots = program.output_dots.get(which).copied().into_iter().collect();
    let mut alone = prune(alone);
    let kept: Vec<Output> = alone.results().collect();
    for o in program.results().filter(|output| !kept.contains(output)).filter_map(written) {
        let mut used = false;
        visit::walk(&alone.body, &mut |stmt| used |= mentions(stmt, o));
        if used {
            alone.objects[o.0].by_ref = false;
            let init = zeros(&alone, o);
            alone.body.insert(0, Stmt::Local(o, init));
        }
    }
    alone
}

/// The caller's memory that an output is.
fn written(output: Output) -> Option<Obj> {
    match output {
        Output::Object(o) => Some(o),
        Output::Local(_) | Output::Value(_) => None,
    }
}

fn mentions(stmt: &Stmt, o: Obj) -> bool {
    stmt.loads().contains(&o) || stmt.writes().contains(&o)
}

/// How the memory of an output starts that nobody asked for. A slice is as long as the state, the first argument.
fn zeros(program: &Program, o: Obj) -> Init {
    match program.args.first() {
        Some(Arg::Object(state)) if program.objects[o.0].is_slice() => Init::ZerosLike(Place::whole(*state)),
        _ => Init::Zeros,
    }
}
