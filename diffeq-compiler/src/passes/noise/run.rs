//! A program run on symbols: what it writes, as polynomials in the components of the state.
//!
//! Integers have to be known, as they are where lengths are written out: loops run iteration by iteration. A branch whose
//! condition is not known runs both arms, and what they write is a choice. Where anything else is met the run gives up: nothing
//! is then known of the program.

use std::collections::HashMap;

use proc_macro2::Span;

use super::symbol::Atom;
use super::symbol::Cond;
use super::symbol::CondId;
use super::symbol::Path;
use super::symbol::Poly;
use super::symbol::Segment;
use super::symbol::Symbols;
use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::CmpOp;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integer::IntType;
use crate::ir::integer::Typed;

/// More statements than this are not run.
const MOST_STEPS: usize = 20_000;

/// A component that a program writes.
#[derive(Debug, Clone)]
pub struct Written {
    /// Which.
    pub path: Path,
    /// What.
    pub value: Poly,
    /// Where the user wrote it.
    pub span: Span,
}

/// Runs a program that writes to `out` alone; gives what it writes, for each component, in order.
pub fn run(program: &Program, out: Obj) -> Option<(Symbols, Vec<Written>)> {
    let mut run = Run {
        program,
        symbols: Symbols::default(),
        values: HashMap::new(),
        memory: vec![Vec::new(); program.objects.len()],
        guards: Vec::new(),
        steps: 0,
        calls: 0,
    };
    if let Some(Arg::Value(t)) = program.args.get(2) {
        let time = run.symbols.atom(Atom::Free("(time)".into()));
        run.values.insert(*t, Known::Real(time));
    }
    run.block(&program.body)?;
    let written = run.written(out)?;
    Some((run.symbols, written))
}

/// A scalar.
#[derive(Debug, Clone)]
enum Known {
    Real(Poly),
    Int(i128),
    /// An integer that does not depend on the state, by what it is.
    Count(String),
    Bool(bool),
    Cond(CondId),
}

/// What was written to memory.
#[derive(Debug, Clone)]
enum Content {
    Scalar(Known),
    /// All scalars below are this.
    Filled(Known),
    Zeros,
    /// What lay there when so much had been written to it.
    Copy(Obj, Path, usize),
    /// What a function returned.
    Returned(String, Vec<Poly>),
}

#[derive(Debug, Clone)]
struct Entry {
    path: Path,
    content: Content,
    span: Span,
}

struct Run<'p> {
    program: &'p Program,
    symbols: Symbols,
    values: HashMap<Value, Known>,
    memory: Vec<Vec<Entry>>,
    /// The conditions of the arms that enclose what is run.
    guards: Vec<(CondId, bool)>,
    steps: usize,
    calls: usize,
}

impl Run<'_> {
    fn real(&mut self, v: Value) -> Option<Poly> {
        match self.values.get(&v)?.clone() {
            Known::Real(p) => Some(p),
            Known::Int(n) => Some(Poly::int(n)),
            _ => None,
        }
    }

    fn int(&self, v: Value) -> Option<i128> {
        match self.values.get(&v)? {
            Known::Int(n) => Some(*n),
            _ => None,
        }
    }

    fn count(&self, v: Value) -> Option<String> {
        match self.values.get(&v)? {
            Known::Int(n) => Some(n.to_string()),
            Known::Count(text) => Some(text.clone()),
            _ => None,
        }
    }

    fn path(&self, place: &Place) -> Option<Path> {
        let segment = |proj: &Proj| match proj {
            Proj::Index(v) => self.int(*v).map(Segment::Index),
            Proj::Field(name) => Some(Segment::Field(name.clone())),
            Proj::Range(..) | Proj::Matches(_) | Proj::Part(..) => None,
        };
        place.path.iter().map(segment).collect()
    }

    /// What lies at a scalar's place when so much has been written to its object.
    fn at(&mut self, o: Obj, path: &[Segment], version: usize, kind: ScalarKind) -> Option<Known> {
        for n in (0..version).rev() {
            let Entry { path: to, content, .. } = self.memory[o.0][n].clone();
            if let Some(rest) = path.strip_prefix(to.as_slice()) {
                return match content {
                    Content::Scalar(known) => rest.is_empty().then_some(known),
                    Content::Filled(known) => Some(known),
                    Content::Zeros => Some(match kind {
                        ScalarKind::Real => Known::Real(Poly::default()),
                        ScalarKind::Int => Known::Int(0),
                        ScalarKind::Bool => Known::Bool(false),
                    }),
                    Content::Copy(from, mut at, version) => {
                        at.extend_from_slice(rest);
                        self.at(from, &at, version, kind)
                    }
                    Content::Returned(key, slots) if kind == ScalarKind::Real => {
                        let call = Atom::Call { key, slots, part: rest.to_vec(), by: Vec::new() };
                        Some(Known::Real(self.symbols.atom(call)))
                    }
                    Content::Returned(..) => None,
                };
            }
            if to.starts_with(path) {
                return None;
            }
        }
        self.given(o, path, kind)
    }

    /// What lies in memory that nothing was written to: an argument or a constant.
    fn given(&mut self, o: Obj, path: &[Segment], kind: ScalarKind) -> Option<Known> {
        let is = |n: usize| matches!(self.program.args.get(n), Some(Arg::Object(arg)) if *arg == o);
        let (state, params) = (is(0), is(1));
        let constant = self.program.objects[o.0].constant.as_ref().map(|path| path.to_string());
        let atom = match (state, params, constant) {
            (true, ..) if kind == ScalarKind::Real => Atom::State(path.to_vec()),
            (_, true, _) if kind == ScalarKind::Real => {
                Atom::Free(super::symbol::written(&self.program.objects[o.0].name, path))
            }
            (.., Some(text)) => {
                let text = super::symbol::written(&text, path);
                match kind {
                    ScalarKind::Real => Atom::Fixed(text),
                    ScalarKind::Int => return Some(Known::Count(text)),
                    ScalarKind::Bool => {
                        return Some(Known::Cond(self.symbols.cond(Cond::Free(text, Vec::new()))));
                    }
                }
            }
            _ => return None,
        };
        Some(Known::Real(self.symbols.atom(atom)))
    }

    fn load(&mut self, place: &Place, kind: ScalarKind) -> Option<Known> {
        let path = self.path(place)?;
        let version = self.memory[place.object.0].len();
        let known = self.at(place.object, &path, version, kind)?;
        let Known::Real(mut p) = known else { return Some(known) };
        for (cond, holds) in self.guards.clone() {
            p = self.symbols.assume(&p, cond, holds)?;
        }
        Some(Known::Real(p))
    }

    fn write(&mut self, o: Obj, path: Path, content: Content, span: Span) {
        self.memory[o.0].push(Entry { path, content, span });
    }

    fn store(&mut self, place: &Place, known: Known, span: Span) -> Option<()> {
        let path = self.path(place)?;
        let known = match (known, self.guards.is_empty()) {
            (known, true) => known,
            (Known::Real(mut p), false) => {
                let version = self.memory[place.object.0].len();
                // what is not written on the other way, the check has seen to, is never read either
                let before = match self.at(place.object, &path, version, ScalarKind::Real) {
                    Some(Known::Real(before)) => before,
                    _ => self.symbols.atom(Atom::Fixed("nothing".into())),
                };
                for (cond, holds) in self.guards.clone().into_iter().rev() {
                    p = match holds {
                        true => self.symbols.choice(cond, &p, &before)?,
                        false => self.symbols.choice(cond, &before, &p)?,
                    };
                }
                Known::Real(p)
            }
            // an integer that is one of two is not known
            (_, false) => return None,
        };
        self.write(place.object, path, Content::Scalar(known), span);
        Some(())
    }

    /// The ways to the scalars of a shape that is written out.
    fn leaves(shape: &Shape) -> Option<Vec<Path>> {
        match shape {
            Shape::Scalar(_) => Some(vec![Vec::new()]),
            Shape::Array(inner, Len::Lit(n)) => {
                let inner = Self::leaves(inner)?;
                let within = |i: usize| {
                    inner.iter().map(move |rest| {
                        let mut path = vec![Segment::Index(i as i128)];
                        path.extend_from_slice(rest);
                        path
                    })
                };
                (*n * inner.len() <= MOST_STEPS).then(|| (0..*n).flat_map(within).collect())
            }
            Shape::Tuple(parts) if !parts.is_empty() => {
                let mut all = Vec::new();
                for (n, part) in parts.iter().enumerate() {
                    for rest in Self::leaves(part)? {
                        let mut path = vec![Segment::Field(n.to_string())];
                        path.extend(rest);
                        all.push(path);
                    }
                }
                Some(all)
            }
            _ => None,
        }
    }

    fn copy(&mut self, to: &Place, from: &Place, adds: bool) -> Option<()> {
        let (target, source) = (self.path(to)?, self.path(from)?);
        let span = self.program.objects[to.object.0].span;
        if !adds && self.guards.is_empty() {
            let version = self.memory[from.object.0].len();
            self.write(to.object, target, Content::Copy(from.object, source, version), span);
            return Some(());
        }
        let shape = [to, from].into_iter().find_map(|place| Self::leaves(self.program.shape_at(place)?))?;
        let mut values = Vec::new();
        for leaf in &shape {
            let version = self.memory[from.object.0].len();
            let path = [source.clone(), leaf.clone()].concat();
            let Known::Real(mut value) = self.at(from.object, &path, version, ScalarKind::Real)? else {
                return None;
            };
            let path = [target.clone(), leaf.clone()].concat();
            let version = self.memory[to.object.0].len();
            let before = match self.at(to.object, &path, version, ScalarKind::Real) {
                Some(Known::Real(before)) => before,
                _ if adds => return None,
                _ => self.symbols.atom(Atom::Fixed("nothing".into())),
            };
            if adds {
                value = before.add(&value)?;
            }
            for (cond, holds) in self.guards.clone().into_iter().rev() {
                value = match holds {
                    true => self.symbols.choice(cond, &value, &before)?,
                    false => self.symbols.choice(cond, &before, &value)?,
                };
            }
            values.push((path, value));
        }
        for (path, value) in values {
            self.write(to.object, path, Content::Scalar(Known::Real(value)), span);
        }
        Some(())
    }

    fn block(&mut self, block: &Block) -> Option<()> {
        block.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Option<()> {
        self.steps += 1;
        if self.steps > MOST_STEPS {
            return None;
        }
        match stmt {
            Stmt::Let(v, op) => {
                let known = self.op(*v, op)?;
                self.values.insert(*v, known);
            }
            Stmt::Local(o, init) => {
                let span = self.program.objects[o.0].span;
                match init {
                    Init::Zeros | Init::ZerosLike(_) => self.write(*o, Vec::new(), Content::Zeros, span),
                    Init::Filled(v) => {
                        let known = self.values.get(v)?.clone();
                        self.write(*o, Vec::new(), Content::Filled(known), self.program.info(*v).span);
                    }
                    Init::Elements(vs) => {
                        self.write(*o, Vec::new(), Content::Zeros, span);
                        for (n, v) in vs.iter().enumerate() {
                            let (known, span) = (self.values.get(v)?.clone(), self.program.info(*v).span);
                            self.write(*o, vec![Segment::Index(n as i128)], Content::Scalar(known), span);
                        }
                    }
                    Init::From(place) => {
                        let (path, version) = (self.path(place)?, self.memory[place.object.0].len());
                        self.write(*o, Vec::new(), Content::Copy(place.object, path, version), span);
                    }
                }
            }
            Stmt::Store(place, v) => {
                let known = self.values.get(v)?.clone();
                self.store(place, known, self.program.info(*v).span)?;
            }
            Stmt::Accumulate(place, v) => {
                let Known::Real(before) = self.load(place, ScalarKind::Real)? else { return None };
                let sum = before.add(&self.real(*v)?)?;
                self.store(place, Known::Real(sum), self.program.info(*v).span)?;
            }
            Stmt::Copy(to, from) => self.copy(to, from, false)?,
            Stmt::AddAll(to, from) => self.copy(to, from, true)?,
            Stmt::Clear(place) if self.guards.is_empty() => {
                let path = self.path(place)?;
                self.write(place.object, path, Content::Zeros, self.program.objects[place.object.0].span);
            }
            Stmt::For(l) => {
                for c in &l.carried {
                    let init = self.values.get(&c.init)?.clone();
                    self.values.insert(c.param, init);
                }
                let (start, end) = (self.int(l.start)?, self.int(l.end)?);
                let trips = (end - start).max(0);
                for k in 0..trips {
                    self.steps += 1;
                    if self.steps > MOST_STEPS {
                        return None;
                    }
                    let index = if l.reversed { end - 1 - k } else { start + k };
                    self.values.insert(l.index, Known::Int(index));
                    self.block(&l.body)?;
                    let again = match l.again {
                        None => true,
                        Some(again) => match self.values.get(&again)? {
                            Known::Bool(again) => *again,
                            _ => return None,
                        },
                    };
                    let next: Option<Vec<Known>> =
                        l.carried.iter().map(|c| self.values.get(&c.next).cloned()).collect();
                    for (c, next) in l.carried.iter().zip(next?) {
                        self.values.insert(c.param, next);
                    }
                    if !again {
                        break;
                    }
                }
                for c in &l.carried {
                    let last = self.values.get(&c.param)?.clone();
                    self.values.insert(c.result, last);
                }
            }
            Stmt::If(l) => self.branch(l)?,
            Stmt::Call(call) => self.call(call)?,
            Stmt::Assert(..) => {}
            Stmt::Clear(_) | Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) | Stmt::PopAll(_) => {
                return None;
            }
        }
        Some(())
    }

    fn branch(&mut self, l: &If) -> Option<()> {
        let cond = match self.values.get(&l.cond)? {
            Known::Bool(holds) => {
                let holds = *holds;
                self.block(if holds { &l.then } else { &l.otherwise })?;
                for m in &l.merges {
                    let known = self.values.get(if holds { &m.then } else { &m.otherwise })?.clone();
                    self.values.insert(m.result, known);
                }
                return Some(());
            }
            Known::Cond(cond) => *cond,
            _ => return None,
        };
        for (holds, arm) in [(true, &l.then), (false, &l.otherwise)] {
            self.guards.push((cond, holds));
            let done = self.block(arm);
            self.guards.pop();
            done?;
        }
        for m in &l.merges {
            let known = self.one_of(cond, m.then, m.otherwise)?;
            self.values.insert(m.result, known);
        }
        Some(())
    }

    fn one_of(&mut self, cond: CondId, a: Value, b: Value) -> Option<Known> {
        let (a, b) = (self.values.get(&a)?.clone(), self.values.get(&b)?.clone());
        Some(match (a, b) {
            (Known::Real(a), Known::Real(b)) => Known::Real(self.symbols.choice(cond, &a, &b)?),
            (Known::Int(a), Known::Int(b)) if a == b => Known::Int(a),
            (Known::Bool(a), Known::Bool(b)) if a == b => Known::Bool(a),
            (a @ (Known::Bool(_) | Known::Cond(_)), b @ (Known::Bool(_) | Known::Cond(_))) => {
                let parts = [Known::Cond(cond), a, b].map(|part| self.as_cond(part));
                Known::Cond(self.symbols.cond(Cond::Of("if", parts.to_vec())))
            }
            _ => return None,
        })
    }

    fn as_cond(&mut self, known: Known) -> CondId {
        match known {
            Known::Cond(cond) => cond,
            Known::Bool(b) => self.symbols.cond(Cond::Free(b.to_string(), Vec::new())),
            _ => self.symbols.cond(Cond::Free("?".into(), Vec::new())),
        }
    }

    fn call(&mut self, call: &Call) -> Option<()> {
        let mut key = match &call.callee {
            Callee::Helper(path, args) => format!("{path}::<{args}>"),
            Callee::Method(name) => format!(".{name}"),
            Callee::Associated(path, name) => format!("{path}::{name}"),
            Callee::Network(_) => "forward".to_string(),
            Callee::History(..) => return None,
        };
        let mut slots = Vec::new();
        for arg in &call.args {
            match arg {
                CallArg::Value(v) => match self.values.get(v)?.clone() {
                    Known::Real(p) => {
                        key.push_str(" _");
                        slots.push(p);
                    }
                    Known::Int(n) => key.push_str(&format!(" {n}")),
                    Known::Count(text) => key.push_str(&format!(" {text}")),
                    Known::Bool(b) => key.push_str(&format!(" {b}")),
                    Known::Cond(cond) => {
                        if !self.symbols.dependencies_of_cond(cond).is_empty() {
                            return None;
                        }
                        key.push_str(&format!(" ?{cond}"));
                    }
                },
                CallArg::Place { place, .. } => self.handed(place, &mut key, &mut slots)?,
            }
        }
        match call.result {
            CallResult::Value(v) => {
                let known = match self.program.kind(v) {
                    ScalarKind::Real => {
                        let atom = Atom::Call { key, slots, part: Vec::new(), by: Vec::new() };
                        Known::Real(self.symbols.atom(atom))
                    }
                    ScalarKind::Bool => Known::Cond(self.symbols.cond(Cond::Free(key, slots))),
                    ScalarKind::Int
                        if slots.iter().all(|slot| self.symbols.dependencies(slot).is_empty()) =>
                    {
                        self.calls += 1;
                        Known::Count(format!("({key} {})", self.calls))
                    }
                    ScalarKind::Int => return None,
                };
                self.values.insert(v, known);
            }
            CallResult::Object(o) => {
                let span = self.program.objects[o.0].span;
                self.write(o, Vec::new(), Content::Returned(key, slots), span);
            }
        }
        Some(())
    }

    /// An aggregate that is handed to a function: its reals one by one, or what does not depend on the state as a whole.
    fn handed(&mut self, place: &Place, key: &mut String, slots: &mut Vec<Poly>) -> Option<()> {
        let path = self.path(place)?;
        let version = self.memory[place.object.0].len();
        let shape = self.program.shape_at(place).cloned();
        let discrete = shape.as_ref().is_some_and(Shape::is_discrete);
        if !discrete && let Some(leaves) = shape.as_ref().and_then(Self::leaves) {
            key.push_str(&format!(" [{}]", leaves.len()));
            for leaf in leaves {
                let path = [path.clone(), leaf].concat();
                let Known::Real(p) = self.at(place.object, &path, version, ScalarKind::Real)? else {
                    return None;
                };
                slots.push(p);
            }
            return Some(());
        }
        // memory that is as it was given, and is not the state
        let is_state = matches!(self.program.args.first(), Some(Arg::Object(u)) if *u == place.object);
        if is_state || version > 0 {
            return None;
        }
        key.push_str(&format!(
            " {}",
            super::symbol::written(&self.program.objects[place.object.0].name, &path)
        ));
        Some(())
    }

    fn op(&mut self, v: Value, op: &Op) -> Option<Known> {
        Some(match op {
            Op::Real(x) => Known::Real(self.symbols.literal(*x)),
            Op::RealNamed(path) => Known::Real(self.symbols.atom(Atom::Fixed(path.to_string()))),
            Op::Prim(prim, args) => {
                let args: Option<Vec<Poly>> = args.iter().map(|arg| self.real(*arg)).collect();
                Known::Real(self.symbols.apply(*prim, args?)?)
            }
            Op::Union(_) => return None,
            Op::Powi(x, n) => {
                let x = self.real(*x)?;
                match self.int(*n).map(i32::try_from) {
                    Some(Ok(n)) => Known::Real(self.symbols.power(&x, n)?),
                    _ => {
                        let key = format!("powi {}", self.count(*n)?);
                        let call = Atom::Call { key, slots: vec![x], part: Vec::new(), by: Vec::new() };
                        Known::Real(self.symbols.atom(call))
                    }
                }
            }
            Op::FromInt(n) => match self.values.get(n)?.clone() {
                Known::Int(n) => Known::Real(Poly::int(n)),
                Known::Count(text) => Known::Real(self.symbols.atom(Atom::Fixed(text))),
                _ => return None,
            },
            Op::Load(place) => self.load(place, self.program.kind(v))?,
            Op::Select(c, a, b) => match self.values.get(c)?.clone() {
                Known::Bool(holds) => self.values.get(if holds { a } else { b })?.clone(),
                Known::Cond(cond) => self.one_of(cond, *a, *b)?,
                _ => return None,
            },
            Op::Int(n) => Known::Int(*n),
            Op::IntNamed(path) => Known::Count(path.to_string()),
            Op::IntOp(op, a, b) => match (self.int(*a), self.int(*b)) {
                (Some(m), Some(n)) => Known::Int(op.compute(self.int_type(*a), m, n)?),
                _ => Known::Count(format!("({} {} {})", self.count(*a)?, op.method(), self.count(*b)?)),
            },
            Op::IntUnary(op, a) => match self.int(*a) {
                Some(n) => {
                    let result = op.compute(self.int_type(*a), n, 0)?;
                    if op.result() == Typed::Bool { Known::Bool(result != 0) } else { Known::Int(result) }
                }
                None if op.result() == Typed::Bool => {
                    let key = format!("({} {})", self.count(*a)?, op.method());
                    Known::Cond(self.symbols.cond(Cond::Free(key, Vec::new())))
                }
                None => Known::Count(format!("({} {})", self.count(*a)?, op.method())),
            },
            Op::IntNeg(a) => match self.int(*a) {
                Some(n) => Known::Int(n.checked_neg()?),
                None => Known::Count(format!("(-{})", self.count(*a)?)),
            },
            Op::Cast(a, ty) => match self.int(*a) {
                Some(n) => {
                    let inferred = self.program.info(v).int_type.as_deref();
                    match IntType::of_cast(&ty.to_string(), inferred) {
                        Some(ty) => Known::Int(ty.wrap(n)?),
                        None => Known::Int(n),
                    }
                }
                None => Known::Count(format!("({} as {ty})", self.count(*a)?)),
            },
            Op::ToInt(x, ty) => {
                let x = self.real(*x)?;
                if !self.symbols.dependencies(&x).is_empty() {
                    return None;
                }
                Known::Count(format!("({x:?} as {ty})"))
            }
            Op::Len(place) => match self.program.shape_at(place) {
                Some(Shape::Array(_, Len::Lit(n))) => Known::Int(*n as i128),
                _ => Known::Count(format!("len {}", place.object.0)),
            },
            Op::Bool(b) => Known::Bool(*b),
            Op::Cmp(cmp, a, b) => self.compared(*cmp, *a, *b)?,
            Op::And(a, b) => self.connected("and", *a, Some(*b))?,
            Op::Or(a, b) => self.connected("or", *a, Some(*b))?,
            Op::Not(a) => self.connected("not", *a, None)?,
            Op::Test(name, x) => {
                let x = self.real(*x)?;
                Known::Cond(self.symbols.cond(Cond::Test(name, x)))
            }
        })
    }

    fn int_type(&self, v: Value) -> Option<IntType> {
        self.program.info(v).int_type.as_deref().and_then(IntType::of)
    }

    fn compared(&mut self, cmp: CmpOp, a: Value, b: Value) -> Option<Known> {
        let (a, b) = (self.values.get(&a)?.clone(), self.values.get(&b)?.clone());
        let holds = |order: std::cmp::Ordering| match cmp {
            CmpOp::Eq => order.is_eq(),
            CmpOp::Ne => order.is_ne(),
            CmpOp::Lt => order.is_lt(),
            CmpOp::Le => order.is_le(),
            CmpOp::Gt => order.is_gt(),
            CmpOp::Ge => order.is_ge(),
        };
        Some(match (a, b) {
            (Known::Int(a), Known::Int(b)) => Known::Bool(holds(a.cmp(&b))),
            (Known::Bool(a), Known::Bool(b)) => Known::Bool(holds(a.cmp(&b))),
            (Known::Real(a), Known::Real(b)) => Known::Cond(self.symbols.cond(Cond::Cmp(cmp, a, b))),
            (a @ (Known::Bool(_) | Known::Cond(_)), b) => {
                let parts = vec![self.as_cond(a), self.as_cond(b)];
                Known::Cond(self.symbols.cond(Cond::Of(if cmp == CmpOp::Eq { "==" } else { "!=" }, parts)))
            }
            (a, b) => {
                let text = |known: Known| match known {
                    Known::Int(n) => Some(n.to_string()),
                    Known::Count(text) => Some(text),
                    _ => None,
                };
                let key = format!("{} {cmp:?} {}", text(a)?, text(b)?);
                Known::Cond(self.symbols.cond(Cond::Free(key, Vec::new())))
            }
        })
    }

    fn connected(&mut self, name: &'static str, a: Value, b: Option<Value>) -> Option<Known> {
        let a = self.values.get(&a)?.clone();
        let b = match b {
            Some(b) => Some(self.values.get(&b)?.clone()),
            None => None,
        };
        Some(match (name, a, b) {
            ("not", Known::Bool(a), _) => Known::Bool(!a),
            ("and", Known::Bool(false), _) | ("and", _, Some(Known::Bool(false))) => Known::Bool(false),
            ("and", Known::Bool(true), Some(b)) | ("and", b, Some(Known::Bool(true))) => b,
            ("or", Known::Bool(true), _) | ("or", _, Some(Known::Bool(true))) => Known::Bool(true),
            ("or", Known::Bool(false), Some(b)) | ("or", b, Some(Known::Bool(false))) => b,
            (name, a, b) => {
                let parts = [Some(a), b].into_iter().flatten().map(|part| self.as_cond(part)).collect();
                Known::Cond(self.symbols.cond(Cond::Of(name, parts)))
            }
        })
    }

    /// The components of what was written, as far as the shape tells them, or else those that were named.
    fn written(&mut self, out: Obj) -> Option<Vec<Written>> {
        let version = self.memory[out.0].len();
        let paths = match Self::leaves(&self.program.objects[out.0].shape) {
            Some(paths) => paths,
            None => {
                let mut paths: Vec<Path> = Vec::new();
                for entry in &self.memory[out.0] {
                    if !matches!(entry.content, Content::Scalar(_)) {
                        return None;
                    }
                    if !paths.contains(&entry.path) {
                        paths.push(entry.path.clone());
                    }
                }
                paths
            }
        };
        let mut written = Vec::new();
        for path in paths {
            let Known::Real(value) = self.at(out, &path, version, ScalarKind::Real)? else { return None };
            let span = self.span_of(out, &path, version);
            written.push(Written { path, value, span });
        }
        Some(written)
    }

    /// Where the user wrote what lies there.
    fn span_of(&self, o: Obj, path: &[Segment], version: usize) -> Span {
        for entry in self.memory[o.0][..version].iter().rev() {
            if let Some(rest) = path.strip_prefix(entry.path.as_slice()) {
                return match &entry.content {
                    Content::Copy(from, at, version) => {
                        self.span_of(*from, &[at.clone(), rest.to_vec()].concat(), *version)
                    }
                    _ => entry.span,
                };
            }
        }
        self.program.objects[o.0].span
    }
}
