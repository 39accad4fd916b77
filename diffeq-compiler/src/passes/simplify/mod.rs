//! Makes a program smaller without changing its numbers: factors of one, double negations, small integer powers as the
//! products that `powi` is, common subexpressions, copies, reads of what is known to lie in memory, dead code, memory that
//! need not be.
//!
//! A function keeps every bit, the sign of a zero included. What only a derivative is made of may lose a summand of zero
//! (`x + 0.0` is not `x` where that is `-0.0`), and its real powers with small whole exponents become products.
//!
//! `0 * x` stays: it is not zero for every `x`. Derivatives that are zero everywhere never become code in the first
//! place, so nothing is lost.

mod loads;
mod rewrite;

use rustc_hash::FxHashMap as HashMap;

use crate::ir::Block;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::dense::DenseMap;
use crate::ir::visit;
use crate::passes::exact::Exact;
use crate::passes::gather::gather;
use crate::passes::prune::prune;
use crate::rules::Prim;

use rewrite::Rewritten;
use rewrite::is_neutral;

/// A program that was simplified.
pub struct Simplified {
    /// The program.
    pub program: Program,
    /// Whether simplifying it once more would leave it as it is.
    pub settled: bool,
}

impl From<Program> for Simplified {
    /// A program that nobody has simplified yet.
    fn from(program: Program) -> Self {
        Simplified { program, settled: false }
    }
}

impl Simplified {
    /// The derivative simplified again, unless nothing comes of it: nothing was `done` to a program that had settled.
    pub fn derivative_again(self, done: bool) -> Self {
        if done || !self.settled { simplify_derivative(self.program) } else { self }
    }
}

/// Simplifies a function until its size no longer falls; every value keeps its bits.
pub fn simplify(program: Program) -> Program {
    repeated(program, |_| None).program
}

/// The same of a derivative: values of the function keep their bits, and so does what decides which way it runs.
pub fn simplify_derivative(program: Program) -> Simplified {
    repeated(program, |program| Some(Exact::of(program)))
}

fn repeated(mut program: Program, exact: impl Fn(&Program) -> Option<Exact>) -> Simplified {
    let mut size = Size::of(&program);
    let mut smallest = usize::MAX;
    loop {
        let exact = exact(&program);
        let (simplified, rewritten) = Simplifier::new(program, exact.as_ref()).run();
        program = prune(gather(simplified, exact.as_ref()));
        let now = Size::of(&program);
        // what does not rewrite takes away
        let settled = !rewritten && now == size;
        if settled || now.statements >= smallest {
            return Simplified { program, settled };
        }
        (size, smallest) = (now, now.statements);
    }
}

/// How much of a program may go away.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Size {
    statements: usize,
    /// The values that loops carry and branches merge.
    handed_on: usize,
}

impl Size {
    fn of(program: &Program) -> Self {
        let mut size = Size::default();
        visit::walk(&program.body, &mut |stmt| {
            size.statements += 1;
            size.handed_on += match stmt {
                Stmt::For(l) => l.carried.len(),
                Stmt::If(l) => l.merges.len(),
                _ => 0,
            };
        });
        size
    }
}

struct Simplifier<'e> {
    program: Program,
    /// What must keep its bits in a derivative; in a function everything must.
    exact: Option<&'e Exact>,
    renamed: DenseMap<Value, Value>,
    ops: DenseMap<Value, Op>,
    /// Whether anything but the names of values was changed.
    rewritten: bool,
    /// Pure operations available at this point, innermost block last.
    seen: Vec<HashMap<String, Value>>,
    /// What lies in memory that is written.
    loads: loads::AvailableLoads,
}

/// The value that stands for another one now.
fn followed(renamed: &DenseMap<Value, Value>, mut v: Value) -> Value {
    while let Some(&w) = renamed.get(v) {
        v = w;
    }
    v
}

impl<'e> Simplifier<'e> {
    fn new(program: Program, exact: Option<&'e Exact>) -> Self {
        Simplifier {
            program,
            exact,
            renamed: DenseMap::default(),
            ops: DenseMap::default(),
            rewritten: false,
            seen: Vec::new(),
            loads: loads::AvailableLoads::default(),
        }
    }

    /// The program, and whether it is another one.
    fn run(mut self) -> (Program, bool) {
        let body = std::mem::take(&mut self.program.body);
        self.program.body = self.block(body);
        let Simplifier { mut program, renamed, rewritten, .. } = self;
        for output in program.results_mut() {
            if let Output::Value(v) = output {
                *v = followed(&renamed, *v);
            }
        }
        (program, rewritten || !renamed.is_empty())
    }

    fn now(&self, v: Value) -> Value {
        followed(&self.renamed, v)
    }

    fn block(&mut self, block: Block) -> Block {
        self.seen.push(HashMap::default());
        let outside = self.loads.clone();
        let mut out = Vec::new();
        for stmt in block {
            self.stmt(stmt, &mut out);
        }
        self.seen.pop();
        self.loads = outside;
        out
    }

    /// Forgets the memory that a loop or a branch may write.
    fn forget_written(&mut self, stmt: &Stmt) {
        for block in stmt.blocks() {
            visit::walk(block, &mut |inner| {
                inner.writes().into_iter().for_each(|o| self.loads.forget_all(o))
            });
        }
    }

    fn stmt(&mut self, mut stmt: Stmt, out: &mut Block) {
        if matches!(stmt, Stmt::For(_)) {
            // what an iteration finds may be what the one before has left
            self.forget_written(&stmt);
        }
        match stmt {
            Stmt::Let(v, mut op) => {
                op.rename(&mut |w| self.now(w));
                self.define(v, op, out);
            }
            Stmt::For(mut l) => {
                l.start = self.now(l.start);
                l.end = self.now(l.end);
                for c in &mut l.carried {
                    c.init = self.now(c.init);
                }
                l.body = self.block(l.body);
                for c in &mut l.carried {
                    c.next = self.now(c.next);
                }
                l.again = l.again.map(|again| self.now(again));
                // what a loop hands on unchanged is what it started with
                for c in l.carried.iter().filter(|c| c.next == c.param) {
                    self.renamed.insert(c.param, c.init);
                    self.renamed.insert(c.result, c.init);
                }
                l.carried.retain(|c| c.next != c.param);
                let renamed = std::mem::take(&mut self.renamed);
                if !renamed.is_empty() {
                    l.body.iter_mut().for_each(|s| s.rename_reads(&mut |v| followed(&renamed, v)));
                }
                self.renamed = renamed;
                for c in &mut l.carried {
                    c.next = self.now(c.next);
                }
                l.again = l.again.map(|again| self.now(again));
                out.push(Stmt::For(l));
            }
            Stmt::If(mut l) => {
                l.cond = self.now(l.cond);
                if let Some(Op::Bool(holds)) = self.ops.get(l.cond) {
                    self.rewritten = true;
                    let (taken, holds) = (if *holds { l.then } else { l.otherwise }, *holds);
                    taken.into_iter().for_each(|stmt| self.stmt(stmt, out));
                    for m in l.merges {
                        let value = self.now(if holds { m.then } else { m.otherwise });
                        self.renamed.insert(m.result, value);
                    }
                    return;
                }
                l.then = self.block(l.then);
                l.otherwise = self.block(l.otherwise);
                for m in &mut l.merges {
                    m.then = self.now(m.then);
                    m.otherwise = self.now(m.otherwise);
                    if m.then == m.otherwise {
                        self.renamed.insert(m.result, m.then);
                    }
                }
                l.merges.retain(|m| m.then != m.otherwise);
                let stmt = Stmt::If(l);
                self.forget_written(&stmt);
                out.push(stmt);
            }
            _ => {
                stmt.rename_reads(&mut |w| self.now(w));
                if let Stmt::Accumulate(place, v) = &stmt
                    && let Some(Op::Real(x)) = self.ops.get(*v)
                    && (is_neutral(*x) || (*x == 0.0 && !self.exact_memory(place.object)))
                {
                    self.rewritten = true;
                    return;
                }
                match &stmt {
                    Stmt::Store(place, v) => {
                        self.loads.forget(place, &self.ops);
                        self.loads.remember(place, *v, &self.ops);
                    }
                    Stmt::Accumulate(place, _) => self.loads.forget(place, &self.ops),
                    _ => stmt.writes().into_iter().for_each(|o| self.loads.forget_all(o)),
                }
                out.push(stmt);
            }
        }
    }

    fn define(&mut self, v: Value, op: Op, out: &mut Block) {
        if let Op::Load(place) = &op
            && !self.program.objects[place.object.0].read_only
        {
            match self.loads.at(place, &self.ops) {
                Some(w) if self.program.kind(w) == self.program.kind(v) => {
                    self.renamed.insert(v, w);
                    return;
                }
                _ => self.loads.remember(place, v, &self.ops),
            }
        }
        let loose = self.exact.is_some_and(|exact| !exact.contains(v));
        let op = match self.rewrite(v, &op, loose, out) {
            Some(Rewritten::Same(w)) => {
                self.renamed.insert(v, w);
                return;
            }
            Some(Rewritten::Op(other)) => {
                self.rewritten = true;
                other
            }
            None => op,
        };
        if let Some(key) = self.key(v, &op) {
            if let Some(w) = self.seen.iter().rev().find_map(|scope| scope.get(&key)) {
                self.renamed.insert(v, *w);
                return;
            }
            if let Some(scope) = self.seen.last_mut() {
                scope.insert(key, v);
            }
        }
        self.ops.insert(v, op.clone());
        out.push(Stmt::Let(v, op));
    }

    /// Whether memory must keep the sign of a zero.
    fn exact_memory(&self, o: crate::ir::Obj) -> bool {
        self.exact.is_none_or(|exact| exact.holds(o))
    }

    /// A new value for an operation that a rewrite needs.
    fn fresh(&mut self, kind: ScalarKind, op: Op, out: &mut Block) -> Value {
        let v = self.program.fresh(kind);
        self.define(v, op, out);
        self.now(v)
    }

    /// A text that is equal for equal operations; none for reads of memory that may be written in between.
    fn key(&self, v: Value, op: &Op) -> Option<String> {
        let kind = self.program.kind(v);
        match op {
            Op::Load(place) if !self.program.objects[place.object.0].read_only => None,
            Op::Load(place) | Op::Len(place) => {
                let tag = if matches!(op, Op::Len(_)) { "len" } else { "load" };
                // An element of a constant can be read as a real and compared as it is.
                Some(format!("{tag} {kind:?} {:?} {:?}", place.object, place.path))
            }
            Op::Prim(prim @ (Prim::Add | Prim::Mul), args) => {
                let (a, b) = (args[0].min(args[1]), args[0].max(args[1]));
                Some(format!("{prim:?} {a:?} {b:?}"))
            }
            // of a type that only rustc knows: two of them need not have the same
            Op::Int(_) if self.program.info(v).int_type.is_none() => None,
            Op::Int(n) => Some(format!("int {n} {:?}", self.program.info(v).int_type)),
            Op::RealNamed(path) | Op::IntNamed(path) => Some(format!("{kind:?} {path}")),
            Op::Cast(a, ty) => Some(format!("cast {a:?} {ty} {:?}", self.program.info(v).int_type)),
            _ => Some(format!("{op:?}")),
        }
    }
}
