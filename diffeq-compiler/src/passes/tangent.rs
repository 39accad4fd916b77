//! Forward mode: each active statement gets its tangent statement beside it.

use rustc_hash::FxHashMap as HashMap;

use proc_macro2::Span;

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Carried;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Merge;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::passes::activity::Activity;
use crate::passes::partials;
use crate::rules::Prim;

/// A program together with its tangent.
#[derive(Debug, Clone)]
pub struct Tangent {
    /// Computes value and tangent.
    pub program: Program,
    /// For each argument its tangent, where it is real.
    pub dots: Vec<Option<Arg>>,
}

/// The derivative of a program along a direction of all its real arguments.
pub fn tangent(program: &Program) -> Tangent {
    tangent_by(program, |_| true)
}

/// The same for some arguments only, picked by their position; the others are constants.
pub fn tangent_by(primal: &Program, chosen: impl Fn(usize) -> bool) -> Tangent {
    let activity = Activity::by(primal, chosen);
    let mut pass = Pass {
        literals: partials::literals(&primal.body),
        program: primal.clone(),
        activity,
        values: HashMap::default(),
        objects: HashMap::default(),
    };
    let dots = primal
        .args
        .iter()
        .map(|arg| match arg {
            Arg::Value(v) if primal.kind(*v) == ScalarKind::Real => {
                let dot = pass.program.value(ScalarKind::Real, pass.dot_name(*v), primal.info(*v).span);
                pass.values.insert(*v, dot);
                Some(Arg::Value(dot))
            }
            Arg::Object(o) if primal.objects[o.0].shape.is_discrete() => None,
            Arg::Object(o) => Some(Arg::Object(pass.object(*o))),
            Arg::Value(_) => None,
        })
        .collect::<Vec<_>>();
    // the tangents of arguments are read, never written
    for dot in dots.iter().flatten() {
        if let Arg::Object(o) = dot {
            pass.program.objects[o.0].read_only = true;
        }
    }
    let mut body = Vec::new();
    pass.block(&primal.body, &mut body);
    let dots_of_results =
        primal.outputs.iter().map(|output| pass.result(primal, *output, &mut body)).collect();
    pass.program.body = body;
    pass.program.output_dots = dots_of_results;
    Tangent { program: pass.program, dots }
}

struct Pass {
    program: Program,
    activity: Activity,
    literals: partials::Literals,
    values: HashMap<Value, Value>,
    objects: HashMap<Obj, Obj>,
}

impl Pass {
    /// The tangent of a result.
    fn result(&mut self, primal: &Program, output: Output, body: &mut Block) -> Option<Output> {
        match output {
            Output::Object(o) => {
                let dot = self.object(o);
                if !self.activity.object(o) {
                    body.push(Stmt::Clear(Place::whole(dot)));
                }
                Some(Output::Object(dot))
            }
            Output::Local(o) if primal.objects[o.0].shape.is_discrete() => None,
            Output::Local(o) => {
                let dot = self.object(o);
                if !self.activity.object(o) {
                    body.push(Stmt::Local(dot, Init::ZerosLike(Place::whole(o))));
                }
                Some(Output::Local(dot))
            }
            Output::Value(v) if primal.kind(v) == ScalarKind::Real => {
                Some(Output::Value(self.dot_or_zero(v, body)))
            }
            Output::Value(_) => None,
        }
    }

    fn dot_name(&self, v: Value) -> Option<String> {
        self.program.info(v).name.as_ref().map(|name| format!("{name}_dot"))
    }

    /// The tangent of a value, if it is active.
    fn dot(&self, v: Value) -> Option<Value> {
        if self.activity.value(v) { self.values.get(&v).copied() } else { None }
    }

    fn dot_or_zero(&mut self, v: Value, block: &mut Block) -> Value {
        match self.dot(v) {
            Some(dot) => dot,
            None => self.program.define(block, ScalarKind::Real, Op::Real(0.0)),
        }
    }

    /// A new value to be the tangent of `v`.
    fn twin(&mut self, v: Value) -> Value {
        let dot = self.program.value(ScalarKind::Real, self.dot_name(v), self.program.info(v).span);
        self.values.insert(v, dot);
        dot
    }

    /// The memory that holds the tangent of `o`.
    fn object(&mut self, o: Obj) -> Obj {
        if let Some(dot) = self.objects.get(&o) {
            return *dot;
        }
        let mut object = self.program.objects[o.0].clone();
        object.name = format!("{}_dot", object.name);
        self.program.objects.push(object);
        let dot = Obj(self.program.objects.len() - 1);
        self.objects.insert(o, dot);
        dot
    }

    fn block(&mut self, block: &Block, out: &mut Block) {
        for stmt in block {
            self.stmt(stmt, out);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, out: &mut Block) {
        match stmt {
            Stmt::Let(v, op) => {
                out.push(stmt.clone());
                if self.activity.value(*v)
                    && let Some(dot) = self.op(*v, op, out)
                {
                    self.name(*v, dot, out);
                }
            }
            Stmt::Local(o, init) => {
                out.push(stmt.clone());
                if self.activity.object(*o) {
                    let init = match init {
                        // Only the value itself may come to tell how long it is, and what its elements are.
                        Init::Zeros if !self.program.objects[o.0].shape.is_told() => {
                            Init::ZerosLike(Place::whole(*o))
                        }
                        Init::Zeros => Init::Zeros,
                        Init::ZerosLike(p) => Init::ZerosLike(p.clone()),
                        Init::ZerosAlong(p) => Init::ZerosAlong(p.clone()),
                        Init::Filled(v) => Init::Filled(self.dot_or_zero(*v, out)),
                        Init::Elements(vs) => {
                            Init::Elements(vs.iter().map(|v| self.dot_or_zero(*v, out)).collect())
                        }
                        Init::From(p) if self.activity.object(p.object) => {
                            Init::From(p.of(self.object(p.object)))
                        }
                        Init::From(p) => Init::ZerosLike(p.clone()),
                    };
                    let dot = self.object(*o);
                    out.push(Stmt::Local(dot, init));
                }
            }
            Stmt::Store(p, v) => {
                // An integer beside reals has no tangent.
                if self.activity.object(p.object) && self.program.kind(*v) == ScalarKind::Real {
                    let dot = self.dot_or_zero(*v, out);
                    let object = self.object(p.object);
                    out.push(Stmt::Store(p.of(object), dot));
                }
                out.push(stmt.clone());
            }
            Stmt::Accumulate(p, v) => {
                if let Some(dot) = self.dot(*v) {
                    let object = self.object(p.object);
                    out.push(Stmt::Accumulate(p.of(object), dot));
                }
                out.push(stmt.clone());
            }
            Stmt::Copy(p, q) => {
                out.push(stmt.clone());
                if self.activity.object(p.object) {
                    let dot = p.of(self.object(p.object));
                    if self.activity.object(q.object) {
                        out.push(Stmt::Copy(dot, q.of(self.object(q.object))));
                    } else if p.path.is_empty() || self.program.objects[p.object.0].shape.is_told() {
                        out.push(Stmt::Clear(dot));
                    } else {
                        // What is copied may be all that tells how long an element is.
                        let zeros = self.program.object("zeros", Shape::Unknown, Span::call_site());
                        out.push(Stmt::Local(zeros, Init::ZerosLike(q.clone())));
                        out.push(Stmt::Copy(dot, Place::whole(zeros)));
                    }
                }
            }
            Stmt::For(l) => {
                let mut twin = l.clone();
                let mut dots = Vec::new();
                for c in &l.carried {
                    if !self.activity.value(c.param) {
                        continue;
                    }
                    let init = self.dot_or_zero(c.init, out);
                    let param = self.twin(c.param);
                    dots.push((c, param, init));
                }
                twin.body.clear();
                self.block(&l.body, &mut twin.body);
                for (c, param, init) in dots {
                    let next = self.dot_or_zero(c.next, &mut twin.body);
                    let result = self.twin(c.result);
                    twin.carried.push(Carried { param, init, next, result });
                }
                out.push(Stmt::For(twin));
            }
            Stmt::If(l) => {
                let mut twin = l.clone();
                twin.then.clear();
                twin.otherwise.clear();
                self.block(&l.then, &mut twin.then);
                self.block(&l.otherwise, &mut twin.otherwise);
                for m in &l.merges {
                    if !self.activity.value(m.result) {
                        continue;
                    }
                    let then = self.dot_or_zero(m.then, &mut twin.then);
                    let otherwise = self.dot_or_zero(m.otherwise, &mut twin.otherwise);
                    let result = self.twin(m.result);
                    twin.merges.push(Merge { result, then, otherwise });
                }
                out.push(Stmt::If(twin));
            }
            Stmt::Call(call) => self.call(call, out),
            // written by the reverse pass; a tangent of a gradient is taken with dual numbers instead
            Stmt::Assert(..)
            | Stmt::AddAll(..)
            | Stmt::Clear(_)
            | Stmt::Push(_)
            | Stmt::Pop(_)
            | Stmt::PushAll(_)
            | Stmt::PopAll(_) => out.push(stmt.clone()),
        }
    }

    /// Makes `dot` the tangent of `v`; a user's name gives it a name, if it was computed just now.
    fn name(&mut self, v: Value, dot: Value, out: &Block) {
        let new = matches!(out.last(), Some(Stmt::Let(last, _)) if *last == dot);
        let name = self.dot_name(v);
        let info = &mut self.program.values[dot.0];
        if new && info.name.is_none() {
            info.name = name;
        }
        self.values.insert(v, dot);
    }

    fn op(&mut self, v: Value, op: &Op, out: &mut Block) -> Option<Value> {
        match op {
            Op::Prim(prim, args) => {
                let dots: Vec<Option<Value>> = args.iter().map(|a| self.dot(*a)).collect();
                let products = partials::products(&mut self.program, out, *prim, args, v, |i| dots[i]);
                products
                    .into_iter()
                    .map(|(_, product)| product)
                    .reduce(|a, b| self.program.prim(out, Prim::Add, &[a, b]))
            }
            Op::Powi(x, n) => {
                let dot = self.dot(*x)?;
                Some(partials::powi_product(&mut self.program, out, &self.literals, *x, *n, dot))
            }
            Op::Load(p) => {
                let object = self.object(p.object);
                Some(self.program.define(out, ScalarKind::Real, Op::Load(p.of(object))))
            }
            Op::Select(c, a, b) => {
                let a = self.dot_or_zero(*a, out);
                let b = self.dot_or_zero(*b, out);
                Some(self.program.define(out, ScalarKind::Real, Op::Select(*c, a, b)))
            }
            _ => None,
        }
    }

    fn call(&mut self, call: &Call, out: &mut Block) {
        call.assert_primal();
        let active = call.args.iter().any(|arg| self.activity.arg(arg));
        if !active {
            out.push(Stmt::Call(call.clone()));
            // What moves later is still when it is made.
            if let CallResult::Object(o) = call.result
                && self.activity.object(o)
            {
                let dot = self.object(o);
                out.push(Stmt::Local(dot, Init::ZerosLike(Place::whole(o))));
            }
            return;
        }
        let mut twin = call.clone();
        twin.form = Form::Jvp;
        twin.twins = call
            .args
            .iter()
            .enumerate()
            .map(|(n, arg)| match arg {
                CallArg::Place { .. } if call.may_rest(n) && !self.activity.arg(arg) => None,
                CallArg::Value(v) if self.program.kind(*v) == ScalarKind::Real => {
                    Some(CallArg::Value(self.dot_or_zero(*v, out)))
                }
                CallArg::Value(_) => None,
                CallArg::Place { place, .. } if self.program.is_discrete(place) => None,
                CallArg::Place { place, by_ref } => {
                    let place = if self.activity.object(place.object) {
                        place.of(self.object(place.object))
                    } else {
                        let name = format!("{}_dot", self.program.objects[place.object.0].name);
                        let whole = &self.program.objects[place.object.0].shape;
                        // Of a part the whole is made.
                        let (of, part) = match place.part_of() {
                            Some((of, part)) => (of, Some(part)),
                            None => (place.clone(), None),
                        };
                        let (shape, init) = match whole {
                            Shape::Array(..) if of.path.is_empty() => (whole.clone(), Init::Zeros),
                            _ => (Shape::Unknown, Init::ZerosLike(of)),
                        };
                        let zeros = self.program.object(name, shape, Span::call_site());
                        out.push(Stmt::Local(zeros, init));
                        crate::ir::Place { object: zeros, path: part.into_iter().collect() }
                    };
                    Some(CallArg::Place { place, by_ref: *by_ref })
                }
            })
            .collect();
        twin.result_twin = match call.result {
            CallResult::Value(v) if self.program.kind(v) == ScalarKind::Real => {
                Some(CallResult::Value(self.twin(v)))
            }
            CallResult::Value(_) => None,
            CallResult::Object(o) if self.program.objects[o.0].shape.is_discrete() => None,
            CallResult::Object(o) => Some(CallResult::Object(self.object(o))),
        };
        out.push(Stmt::Call(twin));
    }
}
