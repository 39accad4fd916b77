//! Which integer literals carry their type.
//!
//! A literal is an `i32` for rustc unless something around it says otherwise: a variable, an index, a constant, the
//! argument of a function. Which type a literal has is known ([`Classes`]); here is found out where rustc finds the same one
//! by itself, as it unifies types: expression by expression, with the variables between them. A value that is written out
//! at each of its uses is another literal at each.

use rustc_hash::FxHashMap as HashMap;

use super::inline::Inline;
use crate::ir::Arg;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integers::Classes;
use crate::ir::visit;

/// Something that has one type for rustc.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
enum Node {
    /// A variable.
    Value(Value),
    /// The integers of an array.
    Object(Obj),
    /// Whatever has a type by itself.
    Typed,
}

/// What rustc unifies.
pub struct Literals<'a> {
    program: &'a Program,
    inline: &'a Inline,
    ops: &'a HashMap<Value, &'a Op>,
    classes: &'a Classes,
    parents: HashMap<Node, Node>,
}

impl<'a> Literals<'a> {
    /// Follows a program as it is emitted; `args` are the arguments of its function.
    pub fn of(
        program: &'a Program,
        inline: &'a Inline,
        ops: &'a HashMap<Value, &'a Op>,
        classes: &'a Classes,
        args: &[Arg],
    ) -> Self {
        let mut literals = Literals { program, inline, ops, classes, parents: HashMap::default() };
        for arg in args {
            literals.unify(vec![Node::Typed, literals.bound(*arg)]);
        }
        for output in program.results() {
            match output {
                Output::Value(v) => literals.root(v, Node::Typed),
                Output::Object(o) | Output::Local(o) => literals.unify(vec![Node::Typed, Node::Object(o)]),
            }
        }
        visit::walk(&program.body, &mut |stmt| literals.stmt(stmt));
        literals
    }

    /// The values and the memory whose type rustc finds by itself.
    pub fn found(&self) -> Found {
        let typed = self.find(Node::Typed);
        let is_typed = |node: Node| self.find(node) == typed;
        Found {
            values: (0..self.program.values.len()).map(|v| is_typed(Node::Value(Value(v)))).collect(),
            objects: (0..self.program.objects.len()).map(|o| is_typed(Node::Object(Obj(o)))).collect(),
        }
    }

    fn find(&self, mut node: Node) -> Node {
        while let Some(next) = self.parents.get(&node) {
            node = *next;
        }
        node
    }

    fn unify(&mut self, nodes: Vec<Node>) {
        let mut nodes = nodes.into_iter();
        let Some(first) = nodes.next() else { return };
        for node in nodes {
            let (a, b) = (self.find(first), self.find(node));
            if a != b {
                self.parents.insert(b, a);
            }
        }
    }

    fn bound(&self, binding: Arg) -> Node {
        match binding {
            Arg::Value(v) => Node::Value(v),
            Arg::Object(o) => Node::Object(o),
        }
    }

    fn at(place: &Place) -> Node {
        match place.path.iter().all(|proj| matches!(proj, Proj::Index(_))) {
            true => Node::Object(place.object),
            // fields are declared
            false => Node::Typed,
        }
    }

    /// An expression where something has a type.
    fn root(&mut self, v: Value, node: Node) {
        if self.program.kind(v) == ScalarKind::Int {
            let mut nodes = leaves(self.inline, self.ops, self.classes, v);
            nodes.push(node);
            self.unify(nodes);
        }
    }

    fn alone(&mut self, v: Value) {
        let nodes = leaves(self.inline, self.ops, self.classes, v);
        self.unify(nodes);
    }

    fn together(&mut self, a: Value, b: Value) {
        let mut nodes = leaves(self.inline, self.ops, self.classes, a);
        nodes.extend(leaves(self.inline, self.ops, self.classes, b));
        self.unify(nodes);
    }

    fn stmt(&mut self, stmt: &Stmt) {
        let integer = |v: Value| self.program.kind(v) == ScalarKind::Int;
        let mut indices = Vec::new();
        visit::places(stmt, &mut |place| indices.extend(place.indices()));
        for index in indices {
            match self.classes.of_value(index).as_deref() {
                Some("usize") => self.root(index, Node::Typed),
                // it is cast
                _ => self.alone(index),
            }
        }
        match stmt {
            Stmt::Let(v, op) => {
                match op {
                    Op::Cmp(_, a, b) if integer(*a) => self.together(*a, *b),
                    Op::FromInt(a) | Op::Cast(a, _) => self.alone(*a),
                    Op::Powi(_, n) => self.root(*n, Node::Typed),
                    Op::IntOp(op, a, b) if !op.is_operator() => {
                        self.root(*a, Node::Typed);
                        self.root(*b, Node::Typed);
                    }
                    Op::IntOp(op, _, b) if op.second() != crate::ir::integer::Typed::Same => self.alone(*b),
                    Op::IntUnary(op, a) if !op.is_operator() => self.root(*a, Node::Typed),
                    _ => {}
                }
                if integer(*v) && !self.inline.contains(*v) {
                    let mut nodes = parts(self.inline, self.ops, self.classes, op);
                    nodes.push(Node::Value(*v));
                    self.unify(nodes);
                }
            }
            Stmt::Local(o, init) => match init {
                Init::Elements(vs) => vs.iter().for_each(|v| self.root(*v, Node::Object(*o))),
                Init::Filled(v) => self.root(*v, Node::Object(*o)),
                Init::From(place) => self.unify(vec![Node::Object(*o), Self::at(place)]),
                Init::Zeros | Init::ZerosLike(_) | Init::ZerosAlong(_) => {}
            },
            Stmt::Store(place, v) | Stmt::Accumulate(place, v) => self.root(*v, Self::at(place)),
            Stmt::Copy(to, from) | Stmt::AddAll(to, from) => self.unify(vec![Self::at(to), Self::at(from)]),
            Stmt::For(l) => {
                self.root(l.start, Node::Value(l.index));
                self.root(l.end, Node::Value(l.index));
                for c in l.carried.iter().filter(|c| integer(c.param)) {
                    self.unify(vec![Node::Value(c.param), Node::Value(c.result)]);
                    self.root(c.init, Node::Value(c.param));
                    self.root(c.next, Node::Value(c.param));
                }
            }
            Stmt::If(branch) => {
                for m in branch.merges.iter().filter(|m| integer(m.result)) {
                    self.root(m.then, Node::Value(m.result));
                    self.root(m.otherwise, Node::Value(m.result));
                }
            }
            Stmt::Call(call) => {
                for arg in call.all_args() {
                    match arg {
                        CallArg::Value(v) => self.root(*v, Node::Typed),
                        CallArg::Place { place, .. } => self.unify(vec![Node::Typed, Self::at(place)]),
                    }
                }
                for result in call.bound().collect::<Vec<_>>() {
                    self.unify(vec![
                        Node::Typed,
                        match result {
                            CallResult::Value(v) => Node::Value(v),
                            CallResult::Object(o) => Node::Object(o),
                        },
                    ]);
                }
            }
            Stmt::Push(v) if integer(*v) => self.alone(*v),
            Stmt::Pop(v) => self.unify(vec![Node::Typed, Node::Value(*v)]),
            Stmt::Push(_) | Stmt::Clear(_) | Stmt::PushAll(_) | Stmt::PopAll(_) | Stmt::Assert(..) => {}
        }
    }
}

/// What rustc finds the type of.
#[derive(Debug, Default)]
pub struct Found {
    values: Vec<bool>,
    objects: Vec<bool>,
}

impl Found {
    /// Of a variable.
    pub fn value(&self, v: Value) -> bool {
        self.values[v.0]
    }

    /// Of the integers in memory.
    pub fn object(&self, o: Obj) -> bool {
        self.objects[o.0]
    }
}

/// What has a type within the expression of an integer.
fn leaves(inline: &Inline, ops: &HashMap<Value, &Op>, classes: &Classes, v: Value) -> Vec<Node> {
    match ops.get(&v) {
        Some(op) if inline.contains(v) => parts(inline, ops, classes, op),
        _ => vec![Node::Value(v)],
    }
}

fn parts(inline: &Inline, ops: &HashMap<Value, &Op>, classes: &Classes, op: &Op) -> Vec<Node> {
    let leaves = |v: Value| leaves(inline, ops, classes, v);
    match op {
        Op::Int(_) => vec![],
        Op::Load(place) => vec![Literals::at(place)],
        Op::IntOp(op, a, b) if op.is_operator() => {
            let mut nodes = leaves(*a);
            if op.second() == crate::ir::integer::Typed::Same {
                nodes.extend(leaves(*b));
            }
            nodes
        }
        Op::IntNeg(a) => leaves(*a),
        Op::IntUnary(op, a) if op.is_operator() => leaves(*a),
        Op::Select(_, a, b) => [leaves(*a), leaves(*b)].concat(),
        // before a dot, where the type is one that rustc alone knows, or by a path that names it
        _ => vec![Node::Typed],
    }
}

/// Whether something within the expression of an integer tells its type: a variable has one.
pub fn tells(inline: &Inline, ops: &HashMap<Value, &Op>, classes: &Classes, v: Value) -> bool {
    !leaves(inline, ops, classes, v).is_empty()
}
