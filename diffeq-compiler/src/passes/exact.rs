//! Which values must keep their bits: the function's own value, and what decides which way a program runs.

use crate::ir::CallArg;
use crate::ir::For;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::dense::DenseSet;
use crate::ir::visit;

/// Values and memory that must keep their bits.
#[derive(Debug, Default)]
pub struct Exact {
    values: DenseSet<Value>,
    objects: DenseSet<Obj>,
}

impl Exact {
    /// Of a program that computes a derivative, perhaps beside the value.
    ///
    /// Conditions and integers come from exact values, so that a derivative takes the branches of the function. What
    /// lies on the workspace counts as exact, and so do the arguments of helpers.
    pub fn of(program: &Program) -> Self {
        let mut exact = Exact::default();
        // what has no tangent beside it is a derivative itself
        let values = program.outputs.iter().zip(&program.output_dots);
        for (output, _) in values.filter(|(_, dot)| dot.is_some()) {
            exact.objects.extend(output.object());
            exact.values.extend(output.value());
        }
        let mut statements = Vec::new();
        visit::walk(&program.body, &mut |stmt| statements.push(stmt));
        loop {
            let before = (exact.values.count(), exact.objects.count());
            statements.iter().rev().for_each(|stmt| exact.stmt(program, stmt));
            if before == (exact.values.count(), exact.objects.count()) {
                return exact;
            }
        }
    }

    /// Whether a value must keep its bits.
    pub fn contains(&self, v: Value) -> bool {
        self.values.contains(v)
    }

    /// Whether what lies in memory must keep its bits.
    pub fn holds(&self, o: Obj) -> bool {
        self.objects.contains(o)
    }

    /// Whether a loop makes something that must keep its bits: a sum that it carries, memory that it adds to.
    pub fn is_made_in(&self, l: &For) -> bool {
        let mut made = l.carried.iter().any(|c| self.contains(c.result) || self.contains(c.param));
        let mut born = DenseSet::default();
        visit::walk(&l.body, &mut |stmt| {
            // what an iteration makes for itself is the same in any order
            if let Stmt::Local(o, _) = stmt {
                born.insert(*o);
            }
            made |= stmt.writes().iter().any(|o| self.objects.contains(*o) && !born.contains(*o));
            if let Stmt::For(inner) = stmt {
                made |= inner.carried.iter().any(|c| self.contains(c.result));
            }
        });
        made
    }

    fn stmt(&mut self, program: &Program, stmt: &Stmt) {
        match stmt {
            Stmt::Let(v, op) => {
                if program.kind(*v) != ScalarKind::Real || self.contains(*v) {
                    self.values.extend(op.operands());
                    if let Op::Load(p) = op {
                        self.objects.insert(p.object);
                    }
                }
            }
            Stmt::Local(o, init) => {
                if self.objects.contains(*o) {
                    self.values.extend(stmt.reads());
                    if let Init::From(p) = init {
                        self.objects.insert(p.object);
                    }
                }
            }
            Stmt::Store(p, v) | Stmt::Accumulate(p, v) => {
                if self.objects.contains(p.object) {
                    self.values.insert(*v);
                }
            }
            Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
                if self.objects.contains(p.object) {
                    self.objects.insert(q.object);
                }
            }
            Stmt::For(l) => {
                for c in &l.carried {
                    if self.contains(c.param) || self.contains(c.result) {
                        self.values.extend([c.param, c.init, c.next]);
                    }
                }
            }
            Stmt::If(l) => {
                for m in l.merges.iter().filter(|m| self.contains(m.result)).collect::<Vec<_>>() {
                    self.values.extend([m.then, m.otherwise]);
                }
            }
            Stmt::Call(call) => {
                for arg in &call.args {
                    match arg {
                        CallArg::Value(v) => _ = self.values.insert(*v),
                        CallArg::Place { place, .. } => _ = self.objects.insert(place.object),
                    }
                }
                debug_assert!(call.form != Form::Marks, "dependencies have no derivatives");
            }
            Stmt::Push(v) => _ = self.values.insert(*v),
            Stmt::PushAll(p) => _ = self.objects.insert(p.object),
            Stmt::Assert(..) | Stmt::Clear(_) | Stmt::Pop(_) | Stmt::PopAll(_) => {}
        }
    }
}
