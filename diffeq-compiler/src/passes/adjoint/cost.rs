//! What a program costs, roughly: to choose between two that compute the same.

use crate::ir::Block;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::rules::Cost;

/// How often the body of a loop runs, for all that is known: often.
const TRIPS: f64 = 16.0;
/// A division, a root or a transcendental function, in units of an addition.
const DEAR: f64 = 15.0;
/// Writing a value to memory, or reading it back, with the index arithmetic that comes with it.
const MEMORY: f64 = 3.0;

/// An estimate of the time that a program takes.
pub(super) fn cost(program: &Program) -> f64 {
    block(&program.body)
}

fn block(statements: &Block) -> f64 {
    statements
        .iter()
        .map(|stmt| match stmt {
            Stmt::Let(_, Op::Prim(prim, _)) if prim.cost() == Cost::Dear => DEAR,
            Stmt::Let(_, Op::Powi(..)) => DEAR,
            Stmt::Let(_, Op::Load(_)) | Stmt::Store(..) | Stmt::Push(_) | Stmt::Pop(_) => MEMORY,
            Stmt::For(l) => TRIPS * block(&l.body),
            Stmt::If(branch) => block(&branch.then) + block(&branch.otherwise),
            Stmt::Call(call) if call.is_network() => 100.0 * DEAR,
            Stmt::Call(_) => 2.0 * DEAR,
            _ => 1.0,
        })
        .sum()
}
