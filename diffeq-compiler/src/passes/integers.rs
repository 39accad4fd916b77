//! The types of integers that the user left to Rust to infer, found as Rust finds them.
//!
//! A value that the reverse sweep keeps passes through `usize` and must come back as what it was.

use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// Fills in the type of every integer but those that only a call's signature can tell.
pub fn integers(mut program: Program) -> Program {
    let mut types = Types {
        parent: (0..program.values.len()).collect(),
        known: program.values.iter().map(|info| info.int_type.clone()).collect(),
        open: vec![false; program.values.len()],
        named: vec![false; program.values.len()],
    };
    visit::walk(&program.body, &mut |stmt| types.stmt(&program, stmt));
    for v in 0..program.values.len() {
        if program.values[v].kind == Kind::Int && program.values[v].int_type.is_none() {
            let root = types.root(v);
            program.values[v].int_type = match &types.known[root] {
                Some(ty) => Some(ty.clone()),
                None if types.open[root] => None,
                // a constant alone: most are lengths
                None if types.named[root] => Some("usize".into()),
                None => Some("i32".into()),
            };
        }
    }
    program
}

/// Classes of integers of one type.
struct Types {
    parent: Vec<usize>,
    known: Vec<Option<String>>,
    /// The class touches a call, whose signature is not known here.
    open: Vec<bool>,
    /// The class has a constant given by its path.
    named: Vec<bool>,
}

impl Types {
    fn root(&self, mut v: usize) -> usize {
        while self.parent[v] != v {
            v = self.parent[v];
        }
        v
    }

    fn same(&mut self, a: Value, b: Value) {
        let (a, b) = (self.root(a.0), self.root(b.0));
        if a != b {
            self.parent[b] = a;
            self.open[a] |= self.open[b];
            self.named[a] |= self.named[b];
            if self.known[a].is_none() {
                self.known[a] = self.known[b].clone();
            }
        }
    }

    fn is(&mut self, v: Value, ty: &str) {
        let root = self.root(v.0);
        self.known[root].get_or_insert_with(|| ty.to_string());
    }

    fn place(&mut self, place: &Place) {
        for proj in &place.path {
            if let Proj::Index(v) = proj {
                self.is(*v, "usize");
            }
        }
    }

    fn stmt(&mut self, program: &Program, stmt: &Stmt) {
        let integer = |v: Value| program.kind(v) == Kind::Int;
        match stmt {
            Stmt::Let(v, op) => self.op(program, *v, op),
            Stmt::Store(p, _) | Stmt::Accumulate(p, _) => self.place(p),
            Stmt::Copy(p, q) => {
                self.place(p);
                self.place(q);
            }
            Stmt::For(l) => {
                self.same(l.index, l.start);
                self.same(l.index, l.end);
                for c in l.carried.iter().filter(|c| integer(c.param)) {
                    self.same(c.param, c.init);
                    self.same(c.param, c.next);
                    self.same(c.param, c.result);
                }
            }
            Stmt::If(l) => {
                for m in l.merges.iter().filter(|m| integer(m.result)) {
                    self.same(m.result, m.then);
                    self.same(m.result, m.otherwise);
                }
            }
            Stmt::Call(call) => {
                for arg in &call.args {
                    match arg {
                        CallArg::Value(v) if integer(*v) => {
                            let root = self.root(v.0);
                            self.open[root] = true;
                        }
                        CallArg::Value(_) => {}
                        CallArg::Place { place, .. } => self.place(place),
                    }
                }
                if let CallResult::Value(v) = call.result
                    && integer(v)
                {
                    let root = self.root(v.0);
                    self.open[root] = true;
                }
            }
            _ => {}
        }
    }

    fn op(&mut self, program: &Program, v: Value, op: &Op) {
        let integer = |v: Value| program.kind(v) == Kind::Int;
        match op {
            Op::Load(p) => self.place(p),
            Op::Len(p) => {
                self.place(p);
                self.is(v, "usize");
            }
            Op::Powi(_, n) => self.is(*n, "i32"),
            Op::IntOp(crate::ir::IntOp::Pow, a, n) => {
                self.same(v, *a);
                self.is(*n, "u32");
            }
            Op::IntOp(_, a, b) => {
                self.same(v, *a);
                self.same(v, *b);
            }
            Op::IntNeg(a) => self.same(v, *a),
            Op::Select(_, a, b) if integer(v) => {
                self.same(v, *a);
                self.same(v, *b);
            }
            Op::Cmp(_, a, b) if integer(*a) => self.same(*a, *b),
            Op::Cast(_, ty) => self.is(v, &ty.to_string()),
            Op::IntNamed(_) => self.named[v.0] = true,
            _ => {}
        }
    }
}
