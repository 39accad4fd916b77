//! Which values stand inside the expression that uses them instead of having a `let` of their own.
//!
//! Literals and index arithmetic always do; what is used once and has no user's name does, if nothing it reads is
//! written between its definition and its use.
//!
//! A read of memory stands where it is written in the program, or in one later statement of the same block that nothing
//! written to that memory lies before: its statement is known then. Where an expression could be written out several
//! times or in another block, the reads in it get a name of their own.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// The values without a `let`, and how often each value is used.
pub struct Inline {
    inlined: HashSet<Value>,
    uses: HashMap<Value, usize>,
    /// Lengths of memory that is written at an index made of them: a `Vec` cannot be asked for its length while one of
    /// its elements is borrowed to be written.
    apart: HashSet<Value>,
}

/// The lengths of slices among the operands of indices at which these slices are written.
fn own_lengths(program: &Program) -> HashSet<Value> {
    let mut ops = HashMap::default();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Let(v, op) = stmt {
            ops.insert(*v, op);
        }
    });
    let mut apart = HashSet::default();
    visit::walk(&program.body, &mut |stmt| {
        let (Stmt::Store(place, _)
        | Stmt::Accumulate(place, _)
        | Stmt::Copy(place, _)
        | Stmt::AddAll(place, _)
        | Stmt::Clear(place)
        | Stmt::PopAll(place)) = stmt
        else {
            return;
        };
        if !program.objects[place.object.0].is_slice() {
            return;
        }
        let mut open: Vec<Value> = place.indices().collect();
        while let Some(v) = open.pop() {
            match ops.get(&v) {
                Some(Op::Len(of)) if of.object == place.object => _ = apart.insert(v),
                Some(op) => open.extend(op.operands()),
                None => {}
            }
        }
    });
    apart
}

impl Inline {
    /// Decides for a whole program.
    pub fn of(program: &Program) -> Self {
        let mut uses = HashMap::default();
        for v in visit::read_within(&program.body) {
            *uses.entry(v).or_insert(0) += 1;
        }
        // `while` asks for its condition once, where the branch on it stands
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::For(l) = stmt
                && let Some(again) = l.again
                && l.guarded().is_some()
            {
                uses.entry(again).and_modify(|n| *n -= 1);
            }
        });
        let returned: Vec<Value> = program.results().filter_map(Output::value).collect();
        for v in &returned {
            *uses.entry(*v).or_insert(0) += 1;
        }
        let mut inline = Inline { inlined: HashSet::default(), uses, apart: own_lengths(program) };
        let tail: Vec<_> = returned.into_iter().map(|v| (v, None)).collect();
        inline.block(program, &program.body, &tail);
        inline
    }

    /// Whether a value has no `let`.
    pub fn contains(&self, v: Value) -> bool {
        self.inlined.contains(&v)
    }

    /// Whether a value is used at all.
    pub fn used(&self, v: Value) -> bool {
        self.uses.get(&v).is_some_and(|n| *n > 0)
    }

    /// `tail`: what is read after the block's last statement, with the name it is bound to there.
    fn block(&mut self, program: &Program, block: &Block, tail: &[(Value, Option<String>)]) {
        // the statement in which a value ends up, its readers being decided already
        let mut place: HashMap<Value, (usize, Option<String>)> = HashMap::default();
        for (v, name) in tail {
            place.insert(*v, (block.len(), name.clone()));
        }
        for (at, stmt) in block.iter().enumerate().rev() {
            match stmt {
                Stmt::For(l) => {
                    let mut nexts: Vec<_> =
                        l.carried.iter().map(|c| (c.next, program.info(c.param).name.clone())).collect();
                    nexts.extend(l.again.map(|again| (again, None)));
                    self.block(program, &l.body, &nexts);
                }
                Stmt::If(l) => {
                    let bind = |v: Value, r: Value| (v, program.info(r).name.clone());
                    let then: Vec<_> = l.merges.iter().map(|m| bind(m.then, m.result)).collect();
                    let otherwise: Vec<_> = l.merges.iter().map(|m| bind(m.otherwise, m.result)).collect();
                    self.block(program, &l.then, &then);
                    self.block(program, &l.otherwise, &otherwise);
                }
                _ => {}
            }
            if let Stmt::Let(v, op) = stmt {
                let target = place.get(v).cloned();
                if self.decide(program, block, at, *v, op, target.as_ref()) {
                    self.inlined.insert(*v);
                    // its operands end up where it does, if that is one place in this block
                    let once = self.uses.get(v) == Some(&1);
                    let end = target.filter(|_| once).map(|(end, _)| (end, program.info(*v).name.clone()));
                    for w in op.operands() {
                        match &end {
                            Some(end) => _ = place.insert(w, end.clone()),
                            None => _ = place.remove(&w),
                        }
                    }
                    continue;
                }
                let name = program.info(*v).name.clone();
                for w in op.operands() {
                    place.insert(w, (at, name.clone()));
                }
                continue;
            }
            for w in stmt.reads() {
                place.insert(w, (at, None));
            }
            if let Stmt::For(l) = stmt {
                for c in &l.carried {
                    place.insert(c.init, (at, program.info(c.param).name.clone()));
                }
            }
        }
    }

    fn decide(
        &self,
        program: &Program,
        block: &Block,
        at: usize,
        v: Value,
        op: &Op,
        target: Option<&(usize, Option<String>)>,
    ) -> bool {
        let name = &program.info(v).name;
        if self.apart.contains(&v) {
            return false;
        }
        match op {
            Op::Real(_) | Op::RealNamed(_) | Op::Int(_) | Op::IntNamed(_) | Op::Bool(_) => return true,
            Op::Union(args) if args.is_empty() => return true,
            Op::IntOp(..) | Op::IntUnary(..) | Op::IntNeg(_) | Op::Cast(..) | Op::FromInt(_) | Op::Len(_)
                if name.is_none() =>
            {
                return true;
            }
            _ => {}
        }
        let Some((end, bound)) = target else { return false };
        if self.uses.get(&v) != Some(&1) {
            return false;
        }
        if name.is_some() && name != bound {
            return false;
        }
        // a choice reads best as a statement of its own
        if matches!(op, Op::Select(..)) && *end != at + 1 {
            return false;
        }
        let Op::Load(place) = op else { return true };
        program.objects[place.object.0].read_only
            || !writes_between(&block[at + 1..(*end).min(block.len())], place.object)
    }
}

/// Whether a statement of a block, or one nested in it, writes an object.
pub fn writes_between(block: &[Stmt], object: crate::ir::Obj) -> bool {
    block.iter().any(|stmt| {
        stmt.writes().contains(&object)
            || stmt.blocks().into_iter().any(|inner| writes_between(inner, object))
    })
}

/// The objects that a program mentions.
pub fn mentioned(program: &Program) -> HashSet<crate::ir::Obj> {
    let mut objects = HashSet::default();
    visit::walk(&program.body, &mut |stmt| {
        objects.extend(stmt.loads());
        objects.extend(stmt.writes());
        if let Stmt::Call(call) = stmt {
            for arg in call.all_args() {
                if let CallArg::Place { place, .. } = arg {
                    objects.insert(place.object);
                }
            }
            if let Some(CallResult::Object(o)) = call.result_twin {
                objects.insert(o);
            }
        }
    });
    objects
}
