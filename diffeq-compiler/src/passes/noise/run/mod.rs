//! A program run on symbols: what it writes, as polynomials in the components of the state.
//!
//! Integers have to be known, as they are where lengths are written out: loops run iteration by iteration. A branch whose
//! condition is not known runs both arms, and what they write is a choice. Where anything else is met the run gives up: nothing
//! is then known of the program.

mod memory;
mod op;

use rustc_hash::FxHashMap as HashMap;

use proc_macro2::Span;

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Callee;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::passes::noise::poly::Poly;
use crate::passes::noise::symbol::Atom;
use crate::passes::noise::symbol::Cond;
use crate::passes::noise::symbol::CondId;
use crate::passes::noise::symbol::Path;
use crate::passes::noise::symbol::Segment;
use crate::passes::noise::symbol::Symbols;

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
        values: HashMap::default(),
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
                    Init::Zeros | Init::ZerosLike(_) | Init::ZerosAlong(_) => {
                        self.write(*o, Vec::new(), Content::Zeros, span);
                    }
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
            // As its time does not depend on the state it is a number that is not known.
            Callee::History(_, asked) => format!("history {asked:?}"),
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
            crate::passes::noise::symbol::written(&self.program.objects[place.object.0].name, &path)
        ));
        Some(())
    }
}
