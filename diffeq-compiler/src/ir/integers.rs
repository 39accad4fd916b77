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

/// Classes of integers of one type, as trees (Tarjan 1975): values first, memory after them.
pub struct Classes {
    values: usize,
    parents: Vec<usize>,
    types: Vec<Option<String>>,
    /// Something that only rustc knows the type of belongs to the class.
    open: Vec<bool>,
}

impl Classes {
    /// The classes of a program.
    pub fn of(program: &Program) -> Self {
        let (values, count) = (program.values.len(), program.values.len() + program.objects.len());
        let known = |info: &super::ValueInfo| info.int_type.clone().filter(|_| info.kind == ScalarKind::Int);
        let types = program.values.iter().map(known);
        let types = types.chain(program.objects.iter().map(|object| object.int_type.clone()));
        let mut classes = Classes {
            values,
            parents: (0..count).collect(),
            types: types.collect(),
            open: vec![false; count],
        };
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
            classes.stmt(program, stmt);
        });
        for (a, b) in &program.alike {
            classes.same(*a, *b);
        }
        for (o, _) in foreign.into_iter().enumerate().filter(|(_, foreign)| *foreign) {
            classes.leave_open(values + o);
        }
        classes.unsigned(&unsigned_of);
        // what nothing asks for is an `i32`, and what is made of it
        for node in 0..count {
            let root = classes.root(node);
            let integer = program.values.get(node).is_none_or(|info| info.kind == ScalarKind::Int);
            if integer && !classes.open[root] && !unsigned_of.iter().any(|(v, _)| classes.root(v.0) == root) {
                classes.types[root].get_or_insert_with(|| "i32".to_string());
            }
        }
        classes.unsigned(&unsigned_of);
        classes
    }

    /// The type of a value.
    pub fn of_value(&self, v: Value) -> Option<String> {
        self.types[self.root(v.0)].clone()
    }

    /// The class of a value, as a number.
    pub fn class(&self, v: Value) -> usize {
        self.root(v.0)
    }

    /// The type of the integers in memory.
    pub fn of_object(&self, o: Obj) -> Option<String> {
        self.types[self.root(self.values + o.0)].clone()
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
        while self.parents[k] != k {
            k = self.parents[k];
        }
        k
    }

    fn join(&mut self, a: usize, b: usize) {
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
        self.join(a.0, b.0);
    }

    fn is(&mut self, v: Value, ty: &str) {
        let root = self.root(v.0);
        self.types[root].get_or_insert_with(|| ty.to_string());
    }

    fn leave_open(&mut self, node: usize) {
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
            Some(o) => self.join(v.0, self.values + o.0),
            None => self.leave_open(v.0),
        }
    }

    /// Memory is copied.
    fn copied(&mut self, to: &Place, from: &Place) {
        self.indices(to);
        self.indices(from);
        match (typed(to), typed(from)) {
            (Some(a), Some(b)) => self.join(self.values + a.0, self.values + b.0),
            (Some(o), None) | (None, Some(o)) => self.leave_open(self.values + o.0),
            (None, None) => {}
        }
    }

    fn stmt(&mut self, program: &Program, stmt: &Stmt) {
        let integer = |v: Value| program.kind(v) == ScalarKind::Int;
        match stmt {
            Stmt::Let(v, op) => self.op(program, *v, op),
            Stmt::Local(o, Init::From(p)) => self.copied(&Place::whole(*o), p),
            // Its elements need not be what those are that it is as long as.
            Stmt::Local(o, Init::ZerosLike(p))
                if p.path.is_empty() && !matches!(program.objects[p.object.0].shape, Shape::Unknown) =>
            {
                self.copied(&Place::whole(*o), p);
            }
            Stmt::Local(_, Init::ZerosLike(p)) => self.indices(p),
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
                        CallArg::Value(v) if integer(*v) => self.leave_open(v.0),
                        CallArg::Value(_) => {}
                        CallArg::Place { place, .. } => {
                            self.indices(place);
                            if let Some(o) = typed(place) {
                                self.leave_open(self.values + o.0);
                            }
                        }
                    }
                }
                for result in call.bound() {
                    match result {
                        CallResult::Value(v) if integer(v) => self.leave_open(v.0),
                        CallResult::Value(_) => {}
                        CallResult::Object(o) => self.leave_open(self.values + o.0),
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
            Op::IntNamed(_) => self.leave_open(v.0),
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
