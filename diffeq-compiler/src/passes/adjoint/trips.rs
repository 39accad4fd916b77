//! How often a loop ran whose end only the run knows: counted by the forward sweep, so that the reverse sweep counts too.

use rustc_hash::FxHashMap as HashMap;

use proc_macro2::Span;

use crate::ir::Block;
use crate::ir::Carried;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;

/// The program with a counter in each loop that ends by its condition, and for each such loop, by its index, the number
/// of its iterations.
pub(super) fn counted(mut program: Program) -> (Program, HashMap<Value, Value>) {
    let mut trips = HashMap::default();
    let body = std::mem::take(&mut program.body);
    program.body = block(&mut program, body, &mut trips);
    (program, trips)
}

fn block(program: &mut Program, block: Block, trips: &mut HashMap<Value, Value>) -> Block {
    crate::ir::visit::rewrite(block, &mut |mut stmt, out| {
        if let Stmt::For(l) = &mut stmt
            && l.again.is_some()
        {
            let init = integer(program, None);
            out.push(Stmt::Let(init, Op::Int(0)));
            let [param, result] = [(); 2].map(|()| integer(program, Some("trips_1")));
            let (one, next) = (integer(program, None), integer(program, None));
            l.body.push(Stmt::Let(one, Op::Int(1)));
            l.body.push(Stmt::Let(next, Op::IntOp(IntOp::Add, param, one)));
            l.carried.push(Carried { param, init, next, result });
            trips.insert(l.index, result);
        }
        out.push(stmt);
    })
}

fn integer(program: &mut Program, name: Option<&str>) -> Value {
    let value = program.value(ScalarKind::Int, name.map(str::to_string), Span::call_site());
    program.values[value.0].int_type = Some("usize".into());
    value
}
