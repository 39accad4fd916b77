//! The types of integers, found as Rust finds them.
//!
//! Integers that meet have one type: in an operation, in a loop's bounds, in what a branch or a loop hands on, in one
//! array. Each set of such integers is a class, of values and of memory. A class has the type that is written somewhere
//! for one of its members, or that a use asks for; `i32` where nothing does; and none here where a signature or a constant
//! tells that only rustc sees.

use super::CallArg;
use super::CallResult;
use super::Init;
use super::Obj;
use super::Op;
use super::Place;
use super::Program;
use super::Proj;
use super::ScalarKind;
use super::Shape;
use super::Stmt;
use super::Value;
use super::integer::Typed;
use super::integer::unsigned;
use super::visit;

/// Writes to every integer and to all memory the type of its class, but where only rustc knows it.
pub fn infer(program: &mut Program) {
    let classes = Classes::of(program);
    for v in 0..program.values.len() {
        if program.values[v].kind == ScalarKind::Int {
            program.values[v].int_type = classes.of_value(Value(v));
        }
    }
    for o in 0..program.objects.len() {
        program.objects[o].int_type = classes.of_object(Obj(o));
    }
}

/// Classes of integers of one type, as trees (Tarjan 1975), of values and of memory.
///
/// They grow statement by statement: while a program is made, what is known so far can be asked of them; [`Classes::of`] a
/// whole program they have a type for all but what only rustc knows.
#[derive(Debug, Default)]
pub struct Classes {
    parents: Vec<usize>,
    types: Vec<Option<String>>,
    /// Something that only rustc knows the type of belongs to the class.
    open: Vec<bool>,
}

/// Where a value stands.
fn value(v: Value) -> usize {
    2 * v.0
}

/// Where memory stands.
fn memory(o: Obj) -> usize {
    2 * o.0 + 1
}

impl Classes {
    /// The classes of a program.
    pub fn of(program: &Program) -> Self {
        let mut classes = Classes::default();
        for v in (0..program.values.len()).map(Value) {
            classes.declared(program, value(v));
        }
        for o in (0..program.objects.len()).map(Obj) {
            classes.declared(program, memory(o));
        }
        // memory that the program does not make has a type of its own
        let mut foreign = vec![true; program.objects.len()];
        let mut unsigned_of = Vec::new();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Local(o, _) = stmt {
                foreign[o.0] = false;
            }
            if let Stmt::Let(v, Op::IntOp(op, a, _) | Op::IntUnary(op, a)) = stmt
                && op.result() == Typed::Unsigned
            {
                unsigned_of.push((*v, *a));
            }
            classes.relate(program, stmt);
        });
        for (a, b) in &program.alike {
            classes.same(*a, *b);
        }
        for (o, _) in foreign.into_iter().enumerate().filter(|(_, foreign)| *foreign) {
            classes.leave_open(memory(Obj(o)));
        }
        classes.unsigned(&unsigned_of);
        // what nothing asks for is an `i32`, and what is made of it
        let integers = (0..program.values.len()).map(Value).filter(|v| program.kind(*v) == ScalarKind::Int);
        let nodes: Vec<usize> =
            integers.map(value).chain((0..program.objects.len()).map(|o| memory(Obj(o)))).collect();
        for node in nodes {
            let root = classes.root(node);
            if !classes.open[root] && !unsigned_of.iter().any(|(v, _)| classes.root(value(*v)) == root) {
                classes.types[root].get_or_insert_with(|| "i32".to_string());
            }
        }
        classes.unsigned(&unsigned_of);
        classes
    }

    /// Takes in a statement that a program under construction has got, with the types that are written for what it
    /// mentions.
    pub fn note(&mut self, program: &Program, stmt: &Stmt) {
        for v in stmt.reads().into_iter().chain(stmt.defines()) {
            self.declared(program, value(v));
        }
        for o in stmt.uses(|_| true) {
            self.declared(program, memory(o));
        }
        self.relate(program, stmt);
    }

    /// Two integers of a program under construction have one type. Others than integers are not looked at.
    pub fn meet(&mut self, program: &Program, a: Value, b: Value) {
        if [a, b].iter().any(|v| program.kind(*v) != ScalarKind::Int) {
            return;
        }
        self.declared(program, value(a));
        self.declared(program, value(b));
        self.same(a, b);
    }

    /// Takes in the type that is written for a value or for memory.
    fn declared(&mut self, program: &Program, node: usize) {
        self.reach(node);
        let n = node / 2;
        let ty = match node % 2 {
            0 => Some(&program.values[n])
                .filter(|info| info.kind == ScalarKind::Int)
                .and_then(|info| info.int_type.as_ref()),
            _ => program.objects[n].int_type.as_ref(),
        };
        if let Some(ty) = ty {
            let root = self.root(node);
            self.types[root].get_or_insert_with(|| ty.clone());
        }
    }

    /// Makes room for a node.
    fn reach(&mut self, node: usize) {
        for next in self.parents.len()..=node {
            self.parents.push(next);
            self.types.push(None);
            self.open.push(false);
        }
    }

    /// The type of a value.
    pub fn of_value(&self, v: Value) -> Option<String> {
        self.types.get(self.root(value(v)))?.clone()
    }

    /// The class of a value, as a number.
    pub fn class(&self, v: Value) -> usize {
        self.root(value(v))
    }

    /// The type of the integers in memory.
    pub fn of_object(&self, o: Obj) -> Option<String> {
        self.types.get(self.root(memory(o)))?.clone()
    }

    /// Gives the results of `abs_diff` the type that follows from that of the operand.
    fn unsigned(&mut self, found: &[(Value, Value)]) {
        for (v, a) in found {
            if let Some(ty) = self.of_value(*a) {
                self.is(*v, &unsigned(&ty));
            }
        }
    }

    fn root(&self, mut k: usize) -> usize {
        while let Some(next) = self.parents.get(k).filter(|next| **next != k) {
            k = *next;
        }
        k
    }

    fn join(&mut self, a: usize, b: usize) {
        self.reach(a.max(b));
        let (a, b) = (self.root(a), self.root(b));
        if a != b {
            self.parents[b] = a;
            self.open[a] |= self.open[b];
            if self.types[a].is_none() {
                self.types[a] = self.types[b].take();
            }
        }
    }

    fn same(&mut self, a: Value, b: Value) {
        self.join(value(a), value(b));
    }

    fn is(&mut self, v: Value, ty: &str) {
        self.reach(value(v));
        let root = self.root(value(v));
        self.types[root].get_or_insert_with(|| ty.to_string());
    }

    fn leave_open(&mut self, node: usize) {
        self.reach(node);
        let root = self.root(node);
        self.open[root] = true;
    }

    fn indices(&mut self, place: &Place) {
        for index in place.indices() {
            self.is(index, "usize");
        }
    }

    /// A value is read from or written to a place.
    fn at(&mut self, program: &Program, v: Value, place: &Place) {
        self.indices(place);
        if program.kind(v) != ScalarKind::Int {
            return;
        }
        match typed(place) {
            Some(o) => self.join(value(v), memory(o)),
            None => self.leave_open(value(v)),
        }
    }

    /// Memory is copied.
    fn copied(&mut self, to: &Place, from: &Place) {
        self.indices(to);
        self.indices(from);
        match (typed(to), typed(from)) {
            (Some(a), Some(b)) => self.join(memory(a), memory(b)),
            (Some(o), None) | (None, Some(o)) => self.leave_open(memory(o)),
            (None, None) => {}
        }
    }

    fn relate(&mut self, program: &Program, stmt: &Stmt) {
        let integer = |v: Value| program.kind(v) == ScalarKind::Int;
        match stmt {
            Stmt::Let(v, op) => self.op(program, *v, op),
            Stmt::Local(o, Init::From(p)) => self.copied(&Place::whole(*o), p),
            Stmt::Local(o, Init::ZerosLike(p)) => self.copied(&Place::whole(*o), p),
            // Its elements need not be what those are that it is as long as.
            Stmt::Local(_, Init::ZerosAlong(p)) => self.indices(p),
            Stmt::Local(o, Init::Elements(vs)) => {
                vs.iter().for_each(|v| self.at(program, *v, &Place::whole(*o)));
            }
            Stmt::Local(o, Init::Filled(v)) => self.at(program, *v, &Place::whole(*o)),
            Stmt::Store(p, v) | Stmt::Accumulate(p, v) => self.at(program, *v, p),
            Stmt::Copy(p, q) | Stmt::AddAll(p, q) => self.copied(p, q),
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
                for arg in call.all_args() {
                    match arg {
                        CallArg::Value(v) if integer(*v) => self.leave_open(value(*v)),
                        CallArg::Value(_) => {}
                        CallArg::Place { place, .. } => {
                            self.indices(place);
                            if let Some(o) = typed(place) {
                                self.leave_open(memory(o));
                            }
                        }
                    }
                }
                for result in call.bound() {
                    match result {
                        CallResult::Value(v) if integer(v) => self.leave_open(value(v)),
                        CallResult::Value(_) => {}
                        CallResult::Object(o) => self.leave_open(memory(o)),
                    }
                }
            }
            Stmt::Clear(p) | Stmt::PushAll(p) | Stmt::PopAll(p) => self.indices(p),
            Stmt::Local(_, Init::Zeros) | Stmt::Assert(..) | Stmt::Push(_) | Stmt::Pop(_) => {}
        }
    }

    fn op(&mut self, program: &Program, v: Value, op: &Op) {
        let integer = |v: Value| program.kind(v) == ScalarKind::Int;
        match op {
            Op::Load(place) => self.at(program, v, place),
            Op::Len(place) => {
                self.indices(place);
                self.is(v, "usize");
            }
            Op::Powi(_, n) => self.is(*n, "i32"),
            Op::IntOp(op, a, b) => {
                match op.second() {
                    Typed::Same => self.same(*a, *b),
                    Typed::U32 => self.is(*b, "u32"),
                    _ => {}
                }
                self.result(op.result(), v, *a);
            }
            Op::IntUnary(op, a) => self.result(op.result(), v, *a),
            Op::IntNeg(a) => self.same(v, *a),
            Op::Select(_, a, b) if integer(v) => {
                self.same(v, *a);
                self.same(v, *b);
            }
            Op::Cmp(_, a, b) if integer(*a) => self.same(*a, *b),
            Op::Cast(_, ty) | Op::ToInt(_, ty) if ty.to_string() != "_" => self.is(v, &ty.to_string()),
            // its declaration says
            Op::IntNamed(_) => self.leave_open(value(v)),
            _ => {}
        }
    }

    fn result(&mut self, typed: Typed, v: Value, a: Value) {
        match typed {
            Typed::Same => self.same(v, a),
            Typed::U32 => self.is(v, "u32"),
            Typed::Unsigned | Typed::Any | Typed::Bool => {}
        }
    }
}

/// The object whose integers lie at a place; none for the fields of a struct, which have types of their own.
fn typed(place: &Place) -> Option<Obj> {
    place.path.iter().all(|proj| matches!(proj, Proj::Index(_))).then_some(place.object)
}

/// Whether memory holds integers, as far as its shape is written down.
pub fn holds_integers(shape: &Shape) -> bool {
    match shape {
        Shape::Scalar(kind) => *kind == ScalarKind::Int,
        Shape::Array(inner, _) | Shape::Slice(inner) => holds_integers(inner),
        // the parts of a tuple have types of their own
        Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => false,
    }
}
