//! Whether each component of what is written depends on the same component of the state and on no other, whatever the
//! lengths: by the indices, as they are written.
//!
//! A scalar depends on nothing, on components at certain indices, or on anything. Two indices are the same where they are the
//! same number, or the same value of one and the same iteration. Memory goes along with the state where each of its elements
//! depends on the component of the same indices alone; then so does what is loaded from it.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;
use std::collections::BTreeSet;

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Carried;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// Whether what a program writes to `out` goes along with the state, component by component.
pub fn goes_along(program: &Program, out: Obj) -> bool {
    let Some(Arg::Object(state)) = program.args.first() else { return false };
    let mut literals = HashMap::default();
    visit::walk(&program.body, &mut |stmt| match stmt {
        Stmt::Let(v, Op::Int(n)) => _ = literals.insert(*v, Index::Number(*n)),
        // every type of integers has these
        Stmt::Let(v, Op::Cast(a, _)) => {
            if let Some(same @ Index::Number(0..=127)) = literals.get(a).cloned() {
                literals.insert(*v, same);
            }
        }
        _ => {}
    });
    let mut analysis =
        Analysis { state: *state, literals, values: HashMap::default(), objects: HashMap::default() };
    // memory is written in loops before it is read earlier in the text; each round only adds
    loop {
        let before = (analysis.values.clone(), analysis.objects.clone());
        analysis.block(&program.body, &Depends::default());
        if before == (analysis.values.clone(), analysis.objects.clone()) {
            break;
        }
    }
    analysis.objects.get(&out).is_none_or(|moves| *moves <= Moves::Along)
}

/// An index as it is written.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Index {
    Number(i128),
    Value(Value),
    Field(String),
}

/// On which components of the state a scalar depends.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Depends {
    On(BTreeSet<Vec<Index>>),
    Anything,
}

impl Default for Depends {
    fn default() -> Self {
        Depends::On(BTreeSet::new())
    }
}

impl Depends {
    fn with(self, other: &Depends) -> Depends {
        match (self, other) {
            (Depends::On(a), Depends::On(b)) if a.len() + b.len() <= 64 => Depends::On(&a | b),
            _ => Depends::Anything,
        }
    }

    fn is_nothing(&self) -> bool {
        matches!(self, Depends::On(paths) if paths.is_empty())
    }
}

/// How memory depends on the state.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Moves {
    Not,
    Along,
    Anyhow,
}

#[derive(Debug)]
struct Analysis {
    state: Obj,
    literals: HashMap<Value, Index>,
    values: HashMap<Value, Depends>,
    objects: HashMap<Obj, Moves>,
}

impl Analysis {
    fn value(&self, v: Value) -> Depends {
        self.values.get(&v).cloned().unwrap_or_default()
    }

    fn moves(&self, o: Obj) -> Moves {
        if o == self.state {
            return Moves::Along;
        }
        self.objects.get(&o).copied().unwrap_or(Moves::Not)
    }

    /// The indices on the way to a place, where there is nothing else.
    fn path(&self, place: &Place) -> Option<Vec<Index>> {
        let index = |proj: &Proj| match proj {
            Proj::Index(v) => Some(self.literals.get(v).cloned().unwrap_or(Index::Value(*v))),
            Proj::Field(name) => Some(Index::Field(name.clone())),
            Proj::Range(..) | Proj::Matches(_) | Proj::Part(..) => None,
        };
        place.path.iter().map(index).collect()
    }

    fn indices(&self, place: &Place) -> Depends {
        place.indices().fold(Depends::default(), |sum, v| sum.with(&self.value(v)))
    }

    fn load(&self, place: &Place) -> Depends {
        let there = match (self.moves(place.object), self.path(place)) {
            (Moves::Not, _) => Depends::default(),
            (Moves::Along, Some(path)) => Depends::On(BTreeSet::from([path])),
            _ => Depends::Anything,
        };
        there.with(&self.indices(place))
    }

    fn set(&mut self, v: Value, depends: Depends) {
        let before = self.value(v);
        self.values.insert(v, before.with(&depends));
    }

    fn touch(&mut self, o: Obj, moves: Moves) {
        let before = self.moves(o);
        self.objects.insert(o, before.max(moves));
    }

    /// A scalar that depends so is written to a place.
    fn store(&mut self, place: &Place, depends: &Depends) {
        let moves = match (depends, self.path(place)) {
            (depends, _) if depends.is_nothing() => Moves::Not,
            (Depends::On(paths), Some(path)) if paths.iter().all(|other| *other == path) => Moves::Along,
            _ => Moves::Anyhow,
        };
        self.touch(place.object, moves);
    }

    fn copy(&mut self, to: &Place, from: &Place, under: &Depends) {
        let indices = self.indices(to).with(&self.indices(from)).with(under);
        let moves = match self.moves(from.object) {
            moves if !indices.is_nothing() => moves.max(Moves::Anyhow),
            Moves::Along if self.path(to).is_some() && self.path(to) == self.path(from) => Moves::Along,
            Moves::Not => Moves::Not,
            _ => Moves::Anyhow,
        };
        self.touch(to.object, moves);
    }

    /// `under`: on what it depends whether the block runs.
    fn block(&mut self, block: &Block, under: &Depends) {
        for stmt in block {
            self.stmt(stmt, under);
        }
    }

    fn stmt(&mut self, stmt: &Stmt, under: &Depends) {
        match stmt {
            Stmt::Let(v, op) => {
                let depends = match op {
                    Op::Load(place) => self.load(place),
                    Op::Len(_) => Depends::default(),
                    op => {
                        op.operands().into_iter().fold(Depends::default(), |sum, w| sum.with(&self.value(w)))
                    }
                };
                self.set(*v, depends);
            }
            Stmt::Local(o, init) => match init {
                Init::Zeros | Init::ZerosLike(_) | Init::ZerosAlong(_) => {}
                Init::Filled(v) => {
                    let moves = if self.value(*v).is_nothing() { Moves::Not } else { Moves::Anyhow };
                    self.touch(*o, moves);
                }
                Init::Elements(vs) => {
                    for (n, v) in vs.iter().enumerate() {
                        let moves = match self.value(*v) {
                            depends if depends.is_nothing() => Moves::Not,
                            Depends::On(paths)
                                if paths.iter().all(|path| *path == [Index::Number(n as i128)]) =>
                            {
                                Moves::Along
                            }
                            _ => Moves::Anyhow,
                        };
                        self.touch(*o, moves);
                    }
                }
                Init::From(place) => self.copy(&Place::whole(*o), place, &Depends::default()),
            },
            Stmt::Store(place, v) | Stmt::Accumulate(place, v) => {
                let depends = self.value(*v).with(&self.indices(place)).with(under);
                self.store(place, &depends);
            }
            Stmt::Copy(to, from) | Stmt::AddAll(to, from) => self.copy(to, from, under),
            Stmt::Clear(place) => self.store(place, under),
            Stmt::For(l) => {
                let bounds = self.value(l.start).with(&self.value(l.end));
                let mut within = under.clone().with(&bounds);
                if let Some(again) = l.again {
                    within = within.with(&self.value(again));
                }
                self.set(l.index, bounds);
                let inside = defined(&l.body, l.index, &l.carried);
                for c in &l.carried {
                    let init = self.value(c.init);
                    self.set(c.param, init);
                }
                self.block(&l.body, &within);
                for c in &l.carried {
                    // an index of an iteration says nothing in the next
                    let next = match self.value(c.next) {
                        Depends::On(paths) if paths.iter().flatten().all(|index| !inside.contains(index)) => {
                            Depends::On(paths)
                        }
                        _ => Depends::Anything,
                    };
                    self.set(c.param, next.clone());
                    let both = self.value(c.init).with(&next).with(&within);
                    self.set(c.result, both);
                }
            }
            Stmt::If(l) => {
                let within = under.clone().with(&self.value(l.cond));
                self.block(&l.then, &within);
                self.block(&l.otherwise, &within);
                for m in &l.merges {
                    let both = self.value(m.then).with(&self.value(m.otherwise)).with(&self.value(l.cond));
                    self.set(m.result, both);
                }
            }
            Stmt::Call(call) => {
                let given = call.args.iter().fold(Depends::default(), |sum, arg| match arg {
                    CallArg::Value(v) => sum.with(&self.value(*v)),
                    CallArg::Place { place, .. } => {
                        let whole = match self.moves(place.object) {
                            Moves::Not => Depends::default(),
                            _ => Depends::Anything,
                        };
                        sum.with(&whole).with(&self.indices(place))
                    }
                });
                match call.result {
                    CallResult::Value(v) => self.set(v, given),
                    CallResult::Object(o) => {
                        let moves = if given.is_nothing() { Moves::Not } else { Moves::Anyhow };
                        self.touch(o, moves);
                    }
                }
            }
            Stmt::Assert(..) => {}
            Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) | Stmt::PopAll(_) => {}
        }
    }
}

/// The indices that mean something within an iteration alone.
fn defined(body: &Block, index: Value, carried: &[Carried]) -> HashSet<Index> {
    let within =
        visit::defined_within(body).into_iter().chain([index]).chain(carried.iter().map(|c| c.param));
    within.map(Index::Value).collect()
}
