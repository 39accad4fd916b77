//! Reverse mode: a forward sweep that keeps what the derivative needs, then the statements backwards.
//!
//! Cotangents of scalars are values themselves: they are added up where they meet. Cotangents of memory are memory.
//! Straight-line code keeps nothing: the forward sweep's values are still in scope. What a loop body or the arm of a
//! branch computed is out of scope when the reverse sweep comes by; what the reverse sweep needs of it is either
//! computed again (when cheap and when its operands can be had) or kept by the forward sweep: see `keep`.
//!
//! The scheme is that of Griewank & Walther, *Evaluating Derivatives* (2008), chapters 3 and 5, with the to-be-recorded
//! analysis of Hascoet, Naumann & Pascual (2005): only what a derivative reads is kept; `sum += x` keeps nothing.

mod call;
mod control;
mod cost;
mod disjoint;
mod keep;
mod trips;

use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;

use proc_macro2::Span;

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Carried;
use crate::ir::For;
use crate::ir::Init;
use crate::ir::Len;
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
use crate::passes::factor::factor;
use crate::passes::partials;
use crate::passes::simplify::simplify_derivative;
use crate::rules::Prim;

/// A program that computes cotangents.
#[derive(Debug, Clone)]
pub struct Adjoint {
    /// Adds to the cotangents of the arguments.
    pub program: Program,
    /// For each output its cotangent, where it is real.
    pub seeds: Vec<Option<Arg>>,
    /// For each argument the memory that its cotangent is added to, where it is real and the derivative is taken by it.
    pub bars: Vec<Option<Obj>>,
}

/// The product of a cotangent of the output with the derivative by all real arguments, simplified.
pub fn adjoint(primal: &Program) -> Adjoint {
    adjoint_by(primal, |_| true)
}

/// The same with the derivative by those arguments alone that `chosen` picks by their position.
///
/// Where a loop body's dear values can be had without keeping anything, the reverse sweep may compute them again; that
/// pays where the forward sweep then has nothing left to do. Where there are such values both ways are tried and the cheaper
/// program is taken.
pub fn adjoint_by(primal: &Program, chosen: impl Fn(usize) -> bool + Copy) -> Adjoint {
    let swept = |dear| {
        let Sweep { mut adjoint, twins, met_dear } = sweep(primal, chosen, dear);
        let mut simplified = simplify_derivative(adjoint.program);
        if keep::forget(&mut simplified.program, &twins) {
            simplified = simplify_derivative(simplified.program);
        }
        adjoint.program = factor(simplified);
        (adjoint, met_dear)
    };
    let (kept, met_dear) = swept(keep::Dear::Keep);
    if !met_dear {
        return kept;
    }
    let (again, _) = swept(keep::Dear::Again);
    if cost::cost(&again.program) < cost::cost(&kept.program) { again } else { kept }
}

/// What a reverse sweep is before it is simplified.
struct Sweep {
    adjoint: Adjoint,
    /// What it keeps on the workspace, with the memory that this comes back to.
    twins: Vec<(Obj, Obj)>,
    /// Whether it was asked of any dear value what becomes of it.
    met_dear: bool,
}

fn sweep(primal: &Program, chosen: impl Fn(usize) -> bool + Copy, dear: keep::Dear) -> Sweep {
    let (primal, trips) = trips::counted(keep::snapshot_arguments(primal));
    let primal = &primal;
    let mut pass = Pass {
        activity: Activity::by(primal, chosen),
        literals: partials::literals(&primal.body),
        disjoint: disjoint::Disjoint::of(primal),
        keep: keep::Keep::of(primal, dear),
        program: primal.clone(),
        objects: HashMap::default(),
        trips,
    };
    let seeds: Vec<Option<Arg>> = primal.outputs.iter().map(|output| pass.seed(primal, *output)).collect();
    let mut bars = Vec::new();
    let mut scalars = Vec::new();
    for (n, arg) in primal.args.iter().enumerate() {
        bars.push(match arg {
            _ if !chosen(n) => None,
            Arg::Object(o) if primal.objects[o.0].shape.is_discrete() => None,
            Arg::Object(o) => {
                let bar = pass.bar_object(*o);
                let object = &mut pass.program.objects[bar.0];
                object.by_ref = true;
                object.read_only = false;
                Some(bar)
            }
            Arg::Value(v) if primal.kind(*v) == ScalarKind::Real => {
                let name = pass.program.info(*v).name.clone().unwrap_or_else(|| "t".into());
                let bar = pass.program.object(
                    format!("{name}_bar"),
                    Shape::Scalar(ScalarKind::Real),
                    pass.program.info(*v).span,
                );
                pass.program.objects[bar.0].by_ref = true;
                scalars.push((*v, bar));
                Some(bar)
            }
            Arg::Value(_) => None,
        });
    }

    let mut bars_now = Bars::default();
    for (seed, output) in seeds.iter().zip(&primal.outputs) {
        if let (Some(Arg::Value(bar)), Output::Value(v)) = (seed, output) {
            bars_now.0.insert(*v, *bar);
        }
    }
    let reverse = pass.reverse_block(&primal.body, &mut bars_now, &Scope::default());
    let twins = std::mem::take(&mut pass.keep.twins);
    let mut body = pass.keep.declarations();
    body.extend(pass.keep.forward(&primal.body));
    body.extend(reverse);
    for (v, bar) in scalars {
        if let Some(value) = bars_now.0.get(&v) {
            body.push(Stmt::Accumulate(Place::whole(bar), *value));
        }
    }
    let mut program = pass.program;
    program.body = body;
    // nothing is returned: the cotangents are arguments that are written
    program.outputs.clear();
    for bar in bars.iter().flatten() {
        program.args.push(Arg::Object(*bar));
    }
    Sweep { adjoint: Adjoint { program, seeds, bars }, twins, met_dear: pass.keep.met_dear.get() }
}

/// The cotangents of scalars at a point of the reverse sweep, in the order of their definition.
#[derive(Debug, Default, Clone)]
struct Bars(BTreeMap<Value, Value>);

/// The loops and arms around a point, outermost first.
#[derive(Debug, Default, Clone)]
pub(crate) struct Scope {
    /// The enclosing regions.
    pub regions: Vec<Region>,
}

/// A block that is not the function's own.
#[derive(Debug, Clone)]
pub(crate) enum Region {
    /// A loop body: its index, and its trip count where that is a constant known to the compiler.
    Loop {
        /// The index.
        index: Value,
        /// The room that an array needs for one entry an iteration, where that is constant.
        room: Option<keep::Room>,
    },
    /// An arm of a branch.
    Arm,
}

struct Pass {
    program: Program,
    activity: Activity,
    literals: partials::Literals,
    disjoint: disjoint::Disjoint,
    keep: keep::Keep,
    objects: HashMap<Obj, Obj>,
    /// The number of iterations of the loops that end by a condition, by their indices.
    trips: HashMap<Value, Value>,
}

impl Pass {
    /// The cotangent of a result, as it comes in.
    fn seed(&mut self, primal: &Program, output: Output) -> Option<Arg> {
        match output {
            Output::Object(o) => Some(Arg::Object(self.bar_object(o))),
            Output::Local(o) if primal.objects[o.0].shape.is_discrete() => None,
            Output::Local(o) => {
                let bar = self.bar_object(o);
                self.program.objects[bar.0].by_ref = true;
                Some(Arg::Object(bar))
            }
            Output::Value(v) if primal.kind(v) == ScalarKind::Real => {
                let name = self.program.info(v).name.clone().unwrap_or_else(|| "result".into());
                let name = Some(format!("{name}_bar"));
                Some(Arg::Value(self.program.value(ScalarKind::Real, name, Span::call_site())))
            }
            Output::Value(_) => None,
        }
    }

    /// The memory that holds the cotangent of `o`.
    fn bar_object(&mut self, o: Obj) -> Obj {
        if let Some(bar) = self.objects.get(&o) {
            return *bar;
        }
        let mut object = self.program.objects[o.0].clone();
        object.name = format!("{}_bar", object.name);
        object.read_only = false;
        self.program.objects.push(object);
        let bar = Obj(self.program.objects.len() - 1);
        self.objects.insert(o, bar);
        bar
    }

    fn zero(&mut self, out: &mut Block) -> Value {
        self.program.define(out, ScalarKind::Real, Op::Real(0.0))
    }

    /// Adds a contribution to the cotangent of `v`.
    fn add(&mut self, bars: &mut Bars, v: Value, contribution: Value, out: &mut Block) {
        if !self.activity.value(v) {
            return;
        }
        let sum = match bars.0.get(&v) {
            Some(bar) => self.program.prim(out, Prim::Add, &[*bar, contribution]),
            None => contribution,
        };
        bars.0.insert(v, sum);
        let name = self.program.info(v).name.as_ref().map(|name| format!("{name}_bar"));
        if let Some(Stmt::Let(last, _)) = out.last()
            && *last == sum
        {
            self.program.values[sum.0].name = name;
        }
    }

    /// The block backwards. Values of the primal that the result reads and that are defined in a loop or an arm are
    /// made available at its start.
    fn reverse_block(&mut self, block: &Block, bars: &mut Bars, scope: &Scope) -> Block {
        let mut out = Vec::new();
        // cotangents of the memory that lives in this block start at zero
        for stmt in block {
            for o in stmt.births() {
                if self.activity.object(o) && !self.is_output(o) {
                    let bar = self.bar_object(o);
                    // What it was made of has a cotangent of the same shape.
                    let twin = match stmt {
                        Stmt::Local(_, Init::From(p)) if self.activity.object(p.object) => {
                            Some(Init::ZerosLike(p.of(self.bar_object(p.object))))
                        }
                        _ => self.keep.like(o),
                    };
                    let like = || twin.clone().unwrap_or(Init::ZerosLike(Place::whole(o)));
                    let init = match self.program.objects[o.0].shape {
                        Shape::Unknown | Shape::Slice(_) | Shape::Tuple(_) => like(),
                        // Only what it was made of tells how long it is; what its elements are, only it itself.
                        Shape::Array(ref inner, Len::Inferred) if is_alike(stmt) => match inner.is_told() {
                            true => like(),
                            false => Init::ZerosLike(Place::whole(o)),
                        },
                        // Its length was read off a pattern, the elements are no more those of what it is as long as.
                        Shape::Array(ref inner, _) if is_alike(stmt) && !inner.is_told() => {
                            Init::ZerosLike(Place::whole(o))
                        }
                        Shape::Array(ref inner, _) if inner.holds_unknown() => like(),
                        _ => Init::Zeros,
                    };
                    out.push(Stmt::Local(bar, init));
                }
            }
        }
        for stmt in block.iter().rev() {
            self.reverse_stmt(stmt, bars, scope, &mut out);
        }
        out
    }

    fn is_output(&self, o: Obj) -> bool {
        self.program.outputs.contains(&Output::Local(o))
    }

    fn reverse_stmt(&mut self, stmt: &Stmt, bars: &mut Bars, scope: &Scope, out: &mut Block) {
        match stmt {
            Stmt::Let(v, op) => {
                if let Some(bar) = bars.0.remove(v) {
                    self.reverse_op(*v, op, bar, bars, out);
                }
            }
            Stmt::Local(o, init) => {
                if self.activity.object(*o) {
                    self.reverse_local(*o, init, bars, out);
                }
            }
            Stmt::Store(p, v) => {
                // An integer beside reals has no cotangent.
                if self.activity.object(p.object) && self.program.kind(*v) == ScalarKind::Real {
                    let place = p.of(self.bar_object(p.object));
                    if self.activity.value(*v) {
                        let bar = self.program.define(out, ScalarKind::Real, Op::Load(place.clone()));
                        self.add(bars, *v, bar, out);
                    }
                    if !self.disjoint.first_write(stmt) {
                        let zero = self.zero(out);
                        out.push(Stmt::Store(place, zero));
                    }
                }
            }
            Stmt::Accumulate(p, v) => {
                if self.activity.value(*v) {
                    let place = p.of(self.bar_object(p.object));
                    let bar = self.program.define(out, ScalarKind::Real, Op::Load(place));
                    self.add(bars, *v, bar, out);
                }
            }
            Stmt::Copy(p, q) => {
                if self.activity.object(p.object) {
                    let from = p.of(self.bar_object(p.object));
                    if self.activity.object(q.object) {
                        let to = q.of(self.bar_object(q.object));
                        out.push(Stmt::AddAll(to, from.clone()));
                    }
                    if !self.disjoint.first_write(stmt) {
                        out.push(Stmt::Clear(from));
                    }
                }
            }
            Stmt::For(l) => self.reverse_for(l, bars, scope, out),
            Stmt::If(l) => self.reverse_if(l, bars, scope, out),
            Stmt::Call(call) => self.reverse_call(call, bars, out),
            Stmt::Assert(..)
            | Stmt::AddAll(..)
            | Stmt::Clear(_)
            | Stmt::Push(_)
            | Stmt::Pop(_)
            | Stmt::PushAll(_)
            | Stmt::PopAll(_) => {}
        }
    }

    fn reverse_op(&mut self, v: Value, op: &Op, bar: Value, bars: &mut Bars, out: &mut Block) {
        match op {
            Op::Prim(prim, args) => {
                let active: Vec<bool> = args.iter().map(|a| self.activity.value(*a)).collect();
                let products =
                    partials::products(&mut self.program, out, *prim, args, v, |i| active[i].then_some(bar));
                for (i, product) in products {
                    self.add(bars, args[i], product, out);
                }
            }
            Op::Powi(x, n) if self.activity.value(*x) => {
                let product = partials::powi_product(&mut self.program, out, &self.literals, *x, *n, bar);
                self.add(bars, *x, product, out);
            }
            Op::Load(p) if self.activity.object(p.object) => {
                let place = p.of(self.bar_object(p.object));
                out.push(Stmt::Accumulate(place, bar));
            }
            Op::Select(c, a, b) => {
                let zero = self.zero(out);
                if self.activity.value(*a) {
                    let part = self.program.define(out, ScalarKind::Real, Op::Select(*c, bar, zero));
                    self.add(bars, *a, part, out);
                }
                if self.activity.value(*b) {
                    let part = self.program.define(out, ScalarKind::Real, Op::Select(*c, zero, bar));
                    self.add(bars, *b, part, out);
                }
            }
            _ => {}
        }
    }

    fn reverse_local(&mut self, o: Obj, init: &Init, bars: &mut Bars, out: &mut Block) {
        let bar = Place::whole(self.bar_object(o));
        match init {
            Init::Zeros | Init::ZerosLike(_) | Init::ZerosAlong(_) => {}
            Init::From(p) => {
                if self.activity.object(p.object) {
                    let to = p.of(self.bar_object(p.object));
                    out.push(Stmt::AddAll(to, bar));
                }
            }
            Init::Elements(vs) => {
                for (i, v) in vs.iter().enumerate() {
                    if self.activity.value(*v) {
                        let i = self.program.define(out, ScalarKind::Int, Op::Int(i as i128));
                        let element = bar.clone().index(i);
                        let part = self.program.define(out, ScalarKind::Real, Op::Load(element));
                        self.add(bars, *v, part, out);
                    }
                }
            }
            Init::Filled(v) => {
                if self.activity.value(*v) {
                    let shape = self.program.objects[o.0].shape.clone();
                    let zero = self.zero(out);
                    let sum = self.sum(bar, &shape, zero, out);
                    self.add(bars, *v, sum, out);
                }
            }
        }
    }

    /// `start` plus the sum of all elements of a place.
    fn sum(&mut self, place: Place, shape: &Shape, start: Value, out: &mut Block) -> Value {
        let Shape::Array(inner, len) = shape else {
            let element = self.program.define(out, ScalarKind::Real, Op::Load(place));
            return self.program.prim(out, Prim::Add, &[start, element]);
        };
        let first = self.program.define(out, ScalarKind::Int, Op::Int(0));
        let end = match len {
            Len::Lit(n) => Op::Int(*n as i128),
            Len::Expr(e) => Op::IntNamed(e.clone()),
            Len::Inferred => Op::Len(place.clone()),
        };
        let end = self.program.define(out, ScalarKind::Int, end);
        let index = self.program.value(ScalarKind::Int, Some("i".into()), Span::call_site());
        let param = self.program.value(ScalarKind::Real, Some("sum".into()), Span::call_site());
        let result = self.program.fresh(ScalarKind::Real);
        let mut body = Vec::new();
        let next = self.sum(place.index(index), inner, param, &mut body);
        let carried = vec![Carried { param, init: start, next, result }];
        out.push(Stmt::For(For { index, start: first, end, again: None, reversed: false, carried, body }));
        result
    }
}

impl Scope {
    fn inside(&self, region: Region) -> Scope {
        let mut regions = self.regions.clone();
        regions.push(region);
        Scope { regions }
    }
}

/// Whether memory is as long as something else, by which alone rustc knows how long.
fn is_alike(stmt: &Stmt) -> bool {
    matches!(stmt, Stmt::Local(_, Init::ZerosAlong(_)))
}
