//! Statements once more: with memory and values of their own.

use rustc_hash::FxHashMap as HashMap;

use proc_macro2::Span;

use super::timeline::Timeline;
use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::rules::Cost;

/// Gives every argument of a call that is written later a copy of its own, so that the reverse sweep finds what the
/// call read.
pub(in crate::passes::adjoint) fn snapshot_arguments(primal: &Program) -> Program {
    let timeline = Timeline::of(&primal.body);
    let mut program = primal.clone();
    let mut body = std::mem::take(&mut program.body);
    snapshot_block(&mut program, &primal.body, &mut body, &timeline);
    program.body = body;
    program
}

fn snapshot_block(program: &mut Program, original: &Block, block: &mut Block, timeline: &Timeline) {
    let mut out = Vec::new();
    for (was, mut stmt) in original.iter().zip(std::mem::take(block)) {
        match (&mut stmt, was) {
            (Stmt::For(l), Stmt::For(o)) => snapshot_block(program, &o.body, &mut l.body, timeline),
            (Stmt::If(l), Stmt::If(o)) => {
                snapshot_block(program, &o.then, &mut l.then, timeline);
                snapshot_block(program, &o.otherwise, &mut l.otherwise, timeline);
            }
            (Stmt::Call(call), _) => {
                for arg in &mut call.args {
                    let CallArg::Place { place, by_ref } = arg else { continue };
                    let object = &program.objects[place.object.0];
                    if object.read_only || timeline.stable_at(was, place.object) {
                        continue;
                    }
                    // Of a part the whole is copied.
                    let (whole, part) = match place.part_of() {
                        Some((whole, part)) => (whole, Some(part)),
                        None => (place.clone(), None),
                    };
                    let shape = program.shape_at(&whole).cloned().unwrap_or(Shape::Unknown);
                    let name = format!("{}_before", object.name);
                    let copy = program.object(name, shape, Span::call_site());
                    out.push(Stmt::Local(copy, Init::From(whole)));
                    let place = Place { object: copy, path: part.into_iter().collect() };
                    *arg = CallArg::Place { place, by_ref: *by_ref };
                }
            }
            _ => {}
        }
        out.push(stmt);
    }
    *block = out;
}

/// Whether a statement of an arm only computes a cheap value from values and from memory that is never written.
pub(super) fn chooses(primal: &Program, stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Let(_, Op::Load(place)) => primal.objects[place.object.0].read_only,
        Stmt::Let(_, Op::Prim(prim, _)) => prim.cost() == Cost::Cheap,
        Stmt::Let(_, op) => !matches!(op, Op::Powi(..)),
        _ => false,
    }
}

/// The branch once more, with values of its own.
pub(super) fn repeated_choice(
    program: &mut Program,
    branch: &If,
    renamed: &mut HashMap<Value, Value>,
) -> Stmt {
    let mut copy = branch.clone();
    for stmt in copy.then.iter_mut().chain(&mut copy.otherwise) {
        if let Stmt::Let(v, _) = stmt {
            *v = twin_value(program, *v, renamed);
        }
    }
    for m in &mut copy.merges {
        m.result = twin_value(program, m.result, renamed);
    }
    Stmt::If(copy)
}

fn twin_value(program: &mut Program, v: Value, renamed: &mut HashMap<Value, Value>) -> Value {
    let info = program.info(v).clone();
    let copy = program.value(info.kind, info.name, info.span);
    program.values[copy.0].int_type = info.int_type;
    renamed.insert(v, copy);
    copy
}

/// Points a repeated statement at the memory that it makes this time.
pub(super) fn retarget(program: &mut Program, stmt: &mut Stmt, from: Obj, to: Obj) {
    match stmt {
        Stmt::Local(o, _) if *o == from => *o = to,
        Stmt::Call(call) => {
            call.result = match call.result {
                CallResult::Object(o) if o == from => CallResult::Object(to),
                CallResult::Value(v) => {
                    let kind = program.kind(v);
                    CallResult::Value(program.fresh(kind))
                }
                other => other,
            };
        }
        _ => {}
    }
}

/// Lets a statement and its nested blocks read and write the twins of some objects.
pub(super) fn redirect(stmt: &mut Stmt, twins: &HashMap<Obj, Obj>) {
    if twins.is_empty() {
        return;
    }
    stmt.redirect(&mut |place| {
        if let Some(twin) = twins.get(&place.object) {
            place.object = *twin;
        }
    });
}
