//! Of what the lags of a delayed equation are made, read off its source, and the program that computes those that stay what
//! they are along a solve.
//!
//! What each value may depend on is followed through operations, memory, loops and branches; a branch hands what its
//! condition depends on to all that it decides. A lag that depends on parameters alone, `h(t - p.tau)`, is known before the
//! solve: where it breaks the solution can be told. The others move.

use rustc_hash::FxHashMap as HashMap;

use proc_macro2::Span;

use crate::ir::Arg;
use crate::ir::Asked;
use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::Callee;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::parts::Part;
use crate::ir::parts::Use;
use crate::ir::visit;
use crate::passes::prune::prune;
use crate::passes::tangent::tangent_by;
use crate::rules::Prim;

/// What decides on a lag.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LagKind {
    /// Numbers of the source.
    Constant,
    /// Parameters.
    Parameter,
    /// The time, perhaps parameters.
    Time,
    /// The state, perhaps those before.
    State,
    /// Another delayed value, perhaps those before.
    Delayed,
}

impl LagKind {
    /// Whether it stays what it is along a solve.
    pub fn is_fixed(self) -> bool {
        self <= LagKind::Parameter
    }
}

/// What is wrong with the time of a lookup, as far as the source tells.
#[derive(Debug, Clone, PartialEq)]
pub enum Fault {
    /// `h(t + tau)`
    Advanced,
    /// `h(t - 0.0)`, `h(t)`: the lag as written.
    None(f64),
    /// `h(tau)`
    WithoutTime,
}

/// A lookup in the source.
#[derive(Debug, Clone)]
pub struct Lookup {
    /// Where its time is written.
    pub span: Span,
    /// What decides on its lag.
    pub kind: LagKind,
    /// What it asks for.
    pub asked: Asked,
    /// What is wrong with it.
    pub fault: Option<Fault>,
}

/// The lookups of an equation.
#[derive(Debug, Clone)]
pub struct Lags {
    /// In the order of the source.
    pub lookups: Vec<Lookup>,
    /// A program of `p` and `t` that pushes, for each lookup whose lag is fixed, its time, and 1 where it asks for a slope, 0
    /// where it asks for a state. Both ways of a branch are taken that anything else than parameters decides.
    pub program: Program,
    /// The same of `p`, its direction and `t`, with the tangent of each time behind it.
    pub tangents: Program,
}

const STATE: u8 = 1;
const PARAMS: u8 = 2;
const TIME: u8 = 4;
const PAST: u8 = 8;

/// The lookups of an equation whose arguments are state, parameters, time and past.
pub fn lags(equation: &Program) -> Option<Lags> {
    let [Arg::Object(_), p, t, Arg::Object(_)] = *equation.args.as_slice() else { return None };
    let (lookups, program) = collected(equation, None)?;
    let mut forward = tangent_by(equation, |n| n == 1);
    let p_dot = forward.dots.get(1).copied().flatten()?;
    forward.program.outputs.clear();
    forward.program.output_dots.clear();
    let (_, mut tangents) = collected(&forward.program, Some(p_dot))?;
    tangents.args = vec![p, p_dot, t];
    Some(Lags { lookups, program, tangents: prune(tangents) })
}

/// The lookups of a program, and what pushes their times; with a direction of the parameters their tangents, too.
fn collected(equation: &Program, p_dot: Option<Arg>) -> Option<(Vec<Lookup>, Program)> {
    let [Arg::Object(u), Arg::Object(p), Arg::Value(t), Arg::Object(past)] = *equation.args.as_slice() else {
        return None;
    };
    let mut finder = Finder {
        time: t,
        ops: HashMap::default(),
        values: HashMap::from_iter([(t, TIME)]),
        objects: HashMap::from_iter([(u, STATE), (p, PARAMS), (past, PAST)]),
        changed: false,
        lookups: Vec::new(),
        free: 0,
        tangents: p_dot.is_some(),
    };
    if let Some(Arg::Object(p_dot)) = p_dot {
        finder.objects.insert(p_dot, PARAMS);
    }
    visit::walk(&equation.body, &mut |stmt| {
        if let Stmt::Let(v, op) = stmt {
            finder.ops.insert(*v, op.clone());
        }
    });
    loop {
        finder.changed = false;
        finder.block(&equation.body, 0);
        if !finder.changed {
            break;
        }
    }
    let mut program = Program { args: vec![Arg::Object(p), Arg::Value(t)], ..equation.clone() };
    program.outputs.clear();
    let body = std::mem::take(&mut program.body);
    program.body = finder.cut(&mut program, body, true);
    Some((finder.lookups, if p_dot.is_some() { program } else { prune(program) }))
}

struct Finder {
    time: Value,
    ops: HashMap<Value, Op>,
    /// What each may depend on.
    values: HashMap<Value, u8>,
    objects: HashMap<Obj, u8>,
    changed: bool,
    lookups: Vec<Lookup>,
    /// How many loops enclose the present statement whose end is not the parameters'.
    free: usize,
    /// Whether tangents are pushed as well.
    tangents: bool,
}

impl Finder {
    fn of(&self, v: Value) -> u8 {
        self.values.get(&v).copied().unwrap_or(0)
    }

    fn value(&mut self, v: Value, on: u8) {
        let known = self.values.entry(v).or_insert(0);
        self.changed |= *known | on != *known;
        *known |= on;
    }

    fn object(&mut self, o: Obj, on: u8) {
        let known = self.objects.entry(o).or_insert(0);
        self.changed |= *known | on != *known;
        *known |= on;
    }

    /// One walk; `control` is what decides whether the block is run.
    fn block(&mut self, block: &Block, control: u8) {
        for stmt in block {
            match stmt {
                Stmt::For(l) => {
                    let bounds = control
                        | self.of(l.start)
                        | self.of(l.end)
                        | l.again.map_or(0, |again| self.of(again));
                    self.value(l.index, bounds);
                    for c in &l.carried {
                        let on = bounds | self.of(c.init) | self.of(c.next);
                        self.value(c.param, on);
                        self.value(c.result, on);
                    }
                    self.block(&l.body, bounds);
                }
                Stmt::If(l) => {
                    let control = control | self.of(l.cond);
                    self.block(&l.then, control);
                    self.block(&l.otherwise, control);
                    for m in &l.merges {
                        self.value(m.result, control | self.of(m.then) | self.of(m.otherwise));
                    }
                }
                stmt => self.simple(stmt, control),
            }
        }
    }

    fn simple(&mut self, stmt: &Stmt, control: u8) {
        let (mut on, mut values, mut objects) = (0, Vec::new(), Vec::new());
        stmt.parts(&mut |part| match part {
            Part::Read(v) | Part::End(v) => on |= self.of(*v),
            Part::Define(v) | Part::Open(v) => values.push(*v),
            Part::Place(place, how) => {
                for step in &place.path {
                    if let crate::ir::Proj::Index(i) = step {
                        on |= self.of(*i);
                    }
                }
                if how.loads() || how == Use::Update {
                    on |= self.objects.get(&place.object).copied().unwrap_or(0);
                }
                if how.writes() {
                    objects.push(place.object);
                }
            }
            Part::Whole(o, how) => {
                if how.loads() {
                    on |= self.objects.get(o).copied().unwrap_or(0);
                }
                if how.writes() {
                    objects.push(*o);
                }
            }
            Part::Block(_) => {}
        });
        values.into_iter().for_each(|v| self.value(v, on));
        // A value that a branch defines leaves it in a merge; what is written to memory stays.
        objects.into_iter().for_each(|o| self.object(o, on | control));
    }

    /// By what the time is multiplied in a value; nothing where that can't be told.
    fn rate(&self, v: Value) -> Option<i32> {
        if v == self.time {
            return Some(1);
        }
        if self.of(v) & TIME == 0 {
            return Some(0);
        }
        match self.ops.get(&v)? {
            Op::Prim(Prim::Add, args) => Some(self.rate(args[0])? + self.rate(args[1])?),
            Op::Prim(Prim::Sub, args) => Some(self.rate(args[0])? - self.rate(args[1])?),
            Op::Prim(Prim::Neg, args) => Some(-self.rate(args[0])?),
            _ => None,
        }
    }

    fn kind(&self, time: Value) -> LagKind {
        let on = self.of(time);
        if on & PAST != 0 {
            LagKind::Delayed
        } else if on & STATE != 0 {
            LagKind::State
        } else if self.rate(time) != Some(1) || self.free > 0 {
            LagKind::Time
        } else if on & PARAMS != 0 {
            LagKind::Parameter
        } else {
            LagKind::Constant
        }
    }

    fn fault(&self, time: Value) -> Option<Fault> {
        let literal = |v: Value| match self.ops.get(&v) {
            Some(Op::Real(x)) => Some(*x),
            Some(Op::Prim(Prim::Neg, args)) => match self.ops.get(&args[0]) {
                Some(Op::Real(x)) => Some(-*x),
                _ => None,
            },
            _ => None,
        };
        if time == self.time {
            return Some(Fault::None(0.0));
        }
        if self.of(time) & !PARAMS == 0 {
            return Some(Fault::WithoutTime);
        }
        match self.ops.get(&time)? {
            Op::Prim(Prim::Sub, args) if args[0] == self.time => {
                literal(args[1]).filter(|lag| *lag <= 0.0).map(Fault::None)
            }
            Op::Prim(Prim::Add, args) if args.contains(&self.time) => {
                let other = if args[0] == self.time { args[1] } else { args[0] };
                match (literal(other), self.ops.get(&other)) {
                    (Some(lag), _) => (lag >= 0.0).then_some(Fault::Advanced),
                    (None, Some(Op::Prim(Prim::Neg, _))) => None,
                    // what the state or a branch gives may have either sign
                    (None, Some(Op::Load(_))) if self.of(other) == PARAMS => Some(Fault::Advanced),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// The statements, with what is asked of the past pushed in its place.
    fn cut(&mut self, program: &mut Program, block: Block, collects: bool) -> Block {
        let mut kept = Block::new();
        for stmt in block {
            match stmt {
                Stmt::Call(call) if call.is_history() => {
                    let (Callee::History(span, asked), Some(CallArg::Value(time))) =
                        (&call.callee, call.args.get(1))
                    else {
                        continue;
                    };
                    let kind = self.kind(*time);
                    let fault = self.fault(*time);
                    self.lookups.push(Lookup { span: *span, kind, asked: *asked, fault });
                    if kind.is_fixed() && collects {
                        let flag = if *asked == Asked::Slope { 1.0 } else { 0.0 };
                        let flag = program.define(&mut kept, ScalarKind::Real, Op::Real(flag));
                        kept.extend([Stmt::Push(*time), Stmt::Push(flag)]);
                        if self.tangents {
                            let dot = match call.twins.get(1) {
                                Some(Some(CallArg::Value(dot))) => *dot,
                                _ => program.define(&mut kept, ScalarKind::Real, Op::Real(0.0)),
                            };
                            kept.push(Stmt::Push(dot));
                        }
                    }
                }
                Stmt::If(mut l) => {
                    let then = self.cut(program, std::mem::take(&mut l.then), collects);
                    let otherwise = self.cut(program, std::mem::take(&mut l.otherwise), collects);
                    if self.of(l.cond) & !PARAMS == 0 {
                        (l.then, l.otherwise) = (then, otherwise);
                        kept.push(Stmt::If(l));
                    } else {
                        kept.extend(then.into_iter().chain(otherwise));
                    }
                }
                Stmt::For(mut l) => {
                    let on = self.of(l.start) | self.of(l.end) | l.again.map_or(0, |again| self.of(again));
                    let free = usize::from(on & !PARAMS != 0);
                    self.free += free;
                    l.body = self.cut(program, std::mem::take(&mut l.body), collects && free == 0);
                    self.free -= free;
                    if free == 0 {
                        kept.push(Stmt::For(l));
                    }
                }
                stmt => kept.push(stmt),
            }
        }
        kept
    }
}
