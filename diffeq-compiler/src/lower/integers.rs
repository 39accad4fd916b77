//! The types of integers: values that meet in an operation have one, and its uses tell which.

use crate::ir::Block;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// Writes to every integer the type that follows from what it meets: an index is a `usize`, an exponent of `powi` an
/// `i32`, a loop's index what its bounds are.
pub(super) fn infer(program: &mut Program) {
    let mut classes = Classes {
        parents: (0..program.values.len()).collect(),
        types: program.values.iter().map(|info| info.int_type.clone()).collect(),
    };
    let body: &Block = &program.body;
    visit::walk(body, &mut |stmt| classes.stmt(program, stmt));
    for k in 0..program.values.len() {
        if program.values[k].kind == Kind::Int && program.values[k].int_type.is_none() {
            let root = classes.root(k);
            program.values[k].int_type = classes.types[root].clone();
        }
    }
}

/// Sets of integers of one type, as trees (Tarjan 1975).
struct Classes {
    parents: Vec<usize>,
    types: Vec<Option<String>>,
}

impl Classes {
    fn root(&mut self, mut k: usize) -> usize {
        while self.parents[k] != k {
            self.parents[k] = self.parents[self.parents[k]];
            k = self.parents[k];
        }
        k
    }

    fn same(&mut self, a: Value, b: Value) {
        let (a, b) = (self.root(a.0), self.root(b.0));
        if a != b {
            self.parents[b] = a;
            let known = self.types[a].take().or(self.types[b].take());
            self.types[a] = known;
        }
    }

    fn is(&mut self, value: Value, ty: &str) {
        let root = self.root(value.0);
        self.types[root].get_or_insert_with(|| ty.to_string());
    }

    fn place(&mut self, place: &Place) {
        for index in place.indices() {
            self.is(index, "usize");
        }
    }

    fn stmt(&mut self, program: &Program, stmt: &Stmt) {
        match stmt {
            Stmt::Let(value, op) => self.op(program, *value, op),
            Stmt::Local(_, Init::From(place) | Init::ZerosLike(place)) => self.place(place),
            Stmt::Local(_, Init::Elements(values)) => {
                values.iter().for_each(|v| self.stored(program, *v));
            }
            Stmt::Local(_, Init::Filled(value)) => self.stored(program, *value),
            Stmt::Store(place, value) | Stmt::Accumulate(place, value) => {
                self.place(place);
                self.stored(program, *value);
            }
            Stmt::Copy(a, b) | Stmt::AddAll(a, b) => {
                self.place(a);
                self.place(b);
            }
            Stmt::For(l) => {
                self.same(l.start, l.end);
                self.same(l.start, l.index);
                for carried in &l.carried {
                    self.same(carried.init, carried.param);
                    self.same(carried.init, carried.next);
                    self.same(carried.init, carried.result);
                }
            }
            Stmt::If(branch) => {
                for merge in &branch.merges {
                    self.same(merge.result, merge.then);
                    self.same(merge.result, merge.otherwise);
                }
            }
            _ => {}
        }
    }

    /// Integers in memory are indices.
    fn stored(&mut self, program: &Program, value: Value) {
        if program.kind(value) == Kind::Int {
            self.is(value, "usize");
        }
    }

    fn op(&mut self, program: &Program, value: Value, op: &Op) {
        match op {
            Op::IntOp(IntOp::Pow, base, exponent) => {
                self.same(value, *base);
                self.is(*exponent, "u32");
            }
            Op::IntOp(_, a, b) => {
                self.same(*a, *b);
                self.same(value, *a);
            }
            Op::IntNeg(a) => self.same(value, *a),
            Op::Cmp(_, a, b) => self.same(*a, *b),
            Op::Select(_, a, b) => {
                self.same(value, *a);
                self.same(value, *b);
            }
            Op::Powi(_, n) => self.is(*n, "i32"),
            Op::Load(place) => {
                self.place(place);
                // What a table outside the function holds has the type that the user declared there.
                if program.objects[place.object.0].constant.is_none() {
                    self.stored(program, value);
                }
            }
            Op::Len(place) => {
                self.place(place);
                self.is(value, "usize");
            }
            _ => {}
        }
    }
}
