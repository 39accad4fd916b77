//! The same program once more with sets of dependencies in the place of reals.
//!
//! Integers are computed as they are, so that loops and indices are exact. Where a condition depends on a real, both
//! arms are taken and their writes are added to what was there.

use std::collections::HashSet;

use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Form;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// The program on dependencies; `None` where an index or a loop's length depends on a real, so that any output may
/// depend on any input.
pub fn sparsity(primal: &Program) -> Option<Program> {
    let tainted = tainted(primal);
    let mut exact = true;
    visit::walk(&primal.body, &mut |stmt| {
        let mut indices: Vec<Value> = match stmt {
            Stmt::Let(_, Op::Load(p) | Op::Len(p)) => p.indices().collect(),
            Stmt::Store(p, _) | Stmt::Accumulate(p, _) => p.indices().collect(),
            Stmt::Copy(p, q) => p.indices().chain(q.indices()).collect(),
            _ => vec![],
        };
        match stmt {
            Stmt::For(l) => indices.extend([l.start, l.end]),
            // An integer in memory, or a value of the user's own type, is read as it is.
            Stmt::Store(_, v) if primal.kind(*v) != Kind::Real => indices.push(*v),
            Stmt::Call(call) => indices.extend(call.args.iter().flat_map(|arg| match arg {
                CallArg::Value(v) if primal.kind(*v) != Kind::Real => vec![*v],
                CallArg::Value(_) => vec![],
                CallArg::Place { place, .. } => place.indices().collect(),
            })),
            _ => {}
        }
        exact &= indices.iter().all(|v| !tainted.contains(v));
    });
    exact &= !choices(primal, &primal.body, &tainted, false);
    // a result that is no real has no dependencies; one that depends on reals has no value either
    let untold = matches!(primal.output, Output::Value(v) if tainted.contains(&v));
    if !exact || untold {
        return None;
    }
    let mut pass = Pass { program: primal.clone(), tainted };
    let mut body = Vec::new();
    pass.block(&primal.body, false, &mut body);
    pass.program.body = body;
    Some(pass.program)
}

/// Whether a value of the user's own type depends on a real.
fn choices(program: &Program, block: &Block, tainted: &HashSet<Value>, under: bool) -> bool {
    block.iter().any(|stmt| match stmt {
        Stmt::Copy(to, _) => under && program.objects[to.object.0].is_plain(),
        Stmt::For(l) => choices(program, &l.body, tainted, under),
        Stmt::If(l) => {
            let under = under || tainted.contains(&l.cond);
            choices(program, &l.then, tainted, under) || choices(program, &l.otherwise, tainted, under)
        }
        _ => false,
    })
}

/// The memory that calls return.
fn returned(program: &Program) -> HashSet<crate::ir::Obj> {
    let mut objects = HashSet::new();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Call(call) = stmt
            && let CallResult::Object(o) = call.result
        {
            objects.insert(o);
        }
    });
    objects
}

/// The integers and conditions that depend on a real.
fn tainted(program: &Program) -> HashSet<Value> {
    let mut tainted = HashSet::new();
    // what a helper counted may depend on its reals
    let returned = returned(program);
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Let(v, Op::Load(place)) = stmt
            && program.kind(*v) != Kind::Real
            && returned.contains(&place.object)
        {
            tainted.insert(*v);
        }
    });
    loop {
        let before = tainted.len();
        taint(program, &program.body, false, &mut tainted);
        if tainted.len() == before {
            return tainted;
        }
    }
}

fn taint(program: &Program, block: &Block, under: bool, tainted: &mut HashSet<Value>) {
    for stmt in block {
        match stmt {
            Stmt::Let(v, op) if program.kind(*v) != Kind::Real => {
                let hit = op.operands().iter().any(|w| program.kind(*w) == Kind::Real || tainted.contains(w));
                // a condition kept in memory could be anything
                if hit || (under && matches!(op, Op::Load(_))) {
                    tainted.insert(*v);
                }
            }
            Stmt::For(l) => {
                for c in &l.carried {
                    if tainted.contains(&c.init) || tainted.contains(&c.next) {
                        tainted.extend([c.param, c.result]);
                    }
                }
                taint(program, &l.body, under, tainted);
            }
            Stmt::If(l) => {
                let under = under || tainted.contains(&l.cond);
                taint(program, &l.then, under, tainted);
                taint(program, &l.otherwise, under, tainted);
                for m in &l.merges {
                    let hit = tainted.contains(&l.cond)
                        || tainted.contains(&m.then)
                        || tainted.contains(&m.otherwise);
                    if hit && program.kind(m.result) != Kind::Real {
                        tainted.insert(m.result);
                    }
                }
            }
            Stmt::Call(call) => {
                if let CallResult::Value(v) = call.result
                    && program.kind(v) != Kind::Real
                {
                    tainted.insert(v);
                }
            }
            _ => {}
        }
    }
}

struct Pass {
    program: Program,
    tainted: HashSet<Value>,
}

impl Pass {
    /// `weak`: the block runs whether its condition holds or not, so that a write adds to what was there.
    fn block(&mut self, block: &Block, weak: bool, out: &mut Block) {
        for stmt in block {
            match stmt {
                Stmt::Let(v, op) => self.op(*v, op, out),
                Stmt::Store(p, v) if weak => out.push(Stmt::Accumulate(p.clone(), *v)),
                Stmt::Copy(p, q) if weak => out.push(Stmt::AddAll(p.clone(), q.clone())),
                Stmt::For(l) => {
                    let mut twin = l.clone();
                    twin.body.clear();
                    self.block(&l.body, weak, &mut twin.body);
                    // a flag that depends on a real is never looked at: both arms run
                    twin.carried.retain(|c| !self.tainted.contains(&c.param));
                    out.push(Stmt::For(twin));
                }
                Stmt::If(l) if self.tainted.contains(&l.cond) => {
                    self.block(&l.then, true, out);
                    self.block(&l.otherwise, true, out);
                    for m in &l.merges {
                        if self.program.kind(m.result) == Kind::Real {
                            out.push(Stmt::Let(m.result, Op::Union(vec![m.then, m.otherwise])));
                        }
                    }
                }
                Stmt::If(l) => {
                    let mut twin = l.clone();
                    twin.then.clear();
                    twin.otherwise.clear();
                    self.block(&l.then, weak, &mut twin.then);
                    self.block(&l.otherwise, weak, &mut twin.otherwise);
                    twin.merges.retain(|m| !self.tainted.contains(&m.result));
                    out.push(Stmt::If(twin));
                }
                Stmt::Call(call) => {
                    let mut call = call.clone();
                    call.form = Form::Marks;
                    out.push(Stmt::Call(call));
                }
                _ => out.push(stmt.clone()),
            }
        }
    }

    fn op(&mut self, v: Value, op: &Op, out: &mut Block) {
        if self.program.kind(v) != Kind::Real {
            if !self.tainted.contains(&v) {
                out.push(Stmt::Let(v, op.clone()));
            }
            return;
        }
        let union = match op {
            Op::Prim(prim, args) => {
                let mut depends: Vec<Value> = prim
                    .partials()
                    .iter()
                    .zip(args)
                    .filter(|(partial, _)| partial.is_some())
                    .map(|(_, arg)| *arg)
                    .collect();
                depends.sort();
                depends.dedup();
                Op::Union(depends)
            }
            Op::Powi(x, _) => Op::Union(vec![*x]),
            Op::Select(_, a, b) => Op::Union(vec![*a, *b]),
            Op::Load(place) => Op::Load(place.clone()),
            _ => Op::Union(vec![]),
        };
        out.push(Stmt::Let(v, union));
    }
}
