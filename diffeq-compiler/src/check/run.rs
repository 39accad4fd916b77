//! A program run with integers as they are and reals unknown.
//!
//! Loops run to their end, branches on integers take the side they take, branches on reals take both. What comes out
//! is exact where bounds and indices are known while compiling; const generics and run-time lengths get sample values.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;

use super::cells::AbstractProj;
use super::cells::Cells;
use super::cells::Ledger;
use super::cells::dims;
use super::integers::Integers;
use super::lengths::constant;
use super::lengths::lengths;
use super::reach::lazy;
use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integers::Classes;
use crate::lower::Notes;

/// How many statements are run before the check gives up.
const BUDGET: usize = 400_000;

/// An index that is too large.
#[derive(Debug, Clone)]
pub(super) struct OutOfRange {
    pub(super) index: i128,
    pub(super) length: usize,
    pub(super) place: Place,
    /// Which step of the place it is.
    pub(super) step: usize,
    pub(super) span: Span,
}

/// What a run found.
#[derive(Debug, Default)]
pub(super) struct Found {
    pub(super) out_of_range: Vec<OutOfRange>,
    /// Numbers below zero in types that have none.
    pub(super) below_zero: Vec<(Value, i128)>,
    /// Reads of the derivative before it is written.
    pub(super) read_first: Vec<(Place, Span)>,
    /// The branches in which the two sides assign different components.
    pub(super) uneven: Vec<Span>,
    /// Some assignment hit components that are not known.
    pub(super) uncertain: bool,
    /// A sample stood for a length.
    pub(super) sampled: bool,
}

/// A run of a program.
pub(super) struct Run<'p> {
    pub(super) program: &'p Program,
    pub(super) notes: &'p Notes,
    pub(super) sample: i128,
    pub(super) values: Vec<Option<i128>>,
    pub(super) integers: Integers,
    /// What is assigned of each output that is looked at.
    pub(super) ledger: Ledger,
    /// The state at each early return.
    pub(super) exits: Vec<(Ledger, Span)>,
    pub(super) returned: bool,
    /// Branches around the present statement whose condition is not known.
    pub(super) doubts: usize,
    pub(super) budget: usize,
    /// Where the present statement reads.
    pub(super) reading: Option<Span>,
    /// Which integers are unsigned, and which are only computed where they are asked for.
    pub(super) classes: Classes,
    pub(super) lazy: HashSet<Value>,
    pub(super) seen: HashSet<(usize, Vec<usize>)>,
    /// The largest index into each slice, for each value that was one.
    pub(super) indices: HashMap<(Obj, Value), i128>,
    pub(super) found: Found,
    /// The names by which the lengths of arrays are written.
    pub(super) lengths: HashSet<String>,
}

/// The run gave up: nothing can be said.
pub(super) struct Exhausted;

impl<'p> Run<'p> {
    pub(super) fn new(program: &'p Program, notes: &'p Notes, outputs: &[Obj], sample: i128) -> Self {
        let mut run = Run {
            program,
            notes,
            sample,
            values: vec![None; program.values.len()],
            integers: Integers::default(),
            ledger: Ledger::default(),
            exits: Vec::new(),
            returned: false,
            doubts: 0,
            budget: BUDGET,
            reading: None,
            classes: Classes::of(program),
            lazy: lazy(program),
            seen: HashSet::default(),
            indices: HashMap::default(),
            found: Found::default(),
            lengths: lengths(program),
        };
        for output in outputs {
            let shape = &program.objects[output.0].shape;
            let dims = dims(shape, &mut |shape| run.length(shape)).unwrap_or_default();
            run.ledger.open(*output, Cells::new(dims, holds_structs(shape)));
        }
        run
    }

    pub(super) fn run(&mut self) -> Result<(), Exhausted> {
        if self.ledger.cells().any(|cells| cells.dims().iter().product::<usize>() > BUDGET) {
            return Err(Exhausted);
        }
        self.block(&self.program.body)
    }

    pub(super) fn length(&mut self, shape: &Shape) -> Option<usize> {
        match shape {
            Shape::Array(_, Len::Lit(n)) => Some(*n),
            Shape::Array(_, Len::Expr(tokens)) => {
                self.found.sampled = true;
                constant(&tokens.to_string(), self.sample).and_then(|n| usize::try_from(n).ok())
            }
            Shape::Array(_, Len::Inferred) | Shape::Slice(_) => {
                self.found.sampled = true;
                usize::try_from(self.sample).ok()
            }
            Shape::Scalar(_) | Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => None,
        }
    }

    fn block(&mut self, block: &'p Block) -> Result<(), Exhausted> {
        for stmt in block {
            self.budget = self.budget.checked_sub(1).ok_or(Exhausted)?;
            self.stmt(stmt)?;
        }
        Ok(())
    }

    fn set(&mut self, value: Value, known: Option<i128>) {
        self.values[value.0] = known;
    }

    pub(super) fn get(&self, value: Value) -> Option<i128> {
        self.values[value.0]
    }

    fn stmt(&mut self, stmt: &'p Stmt) -> Result<(), Exhausted> {
        match stmt {
            Stmt::Let(value, op) => {
                if let Op::Load(place) | Op::Len(place) = op {
                    self.reading = Some(self.program.info(*value).span);
                    self.visit(place);
                    self.reading = None;
                    if matches!(op, Op::Load(_)) {
                        self.read(place, self.program.info(*value).span);
                    }
                }
                let known = self.op(*value, op);
                let known = self.above_zero(*value, op, known);
                self.set(*value, known);
                if self.notes.returns.contains(value) {
                    self.exits.push((self.ledger.clone(), self.program.info(*value).span));
                    self.returned = true;
                }
            }
            Stmt::Local(object, init) => {
                let (values, shape) = (&self.values, &self.program.objects[object.0].shape);
                self.integers.start((*object, shape), init, |v| values[v.0]);
                if let Init::From(place) | Init::ZerosLike(place) | Init::ZerosAlong(place) = init {
                    self.visit(place);
                    self.read(place, self.program.objects[place.object.0].span);
                }
            }
            Stmt::Store(place, value) => {
                self.visit(place);
                self.write(place);
                let values = &self.values;
                self.integers.store(place, values[value.0], |v| values[v.0]);
            }
            Stmt::Accumulate(place, value) => {
                self.visit(place);
                let site = self.notes.accumulated.get(&(*value, place.object, place.indices().collect()));
                let span = site.copied().unwrap_or(self.program.info(*value).span);
                self.read(place, span);
                self.write(place);
                self.integers.forget(place.object);
            }
            Stmt::Copy(to, from) => {
                self.visit(to);
                self.visit(from);
                self.read(from, self.program.objects[from.object.0].span);
                self.write(to);
                let values = &self.values;
                self.integers.copy(to, from, |v| values[v.0]);
            }
            Stmt::Clear(place) | Stmt::PopAll(place) => self.write(place),
            // Who panics does not come back.
            Stmt::Assert(cond, _) => self.returned |= self.get(*cond) == Some(0),
            Stmt::AddAll(..) | Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) => {}
            Stmt::Call(call) => {
                stmt.writes().into_iter().for_each(|o| self.integers.forget(o));
                // What a helper may write it need not read.
                let lent =
                    call.bound().any(|r| matches!(r, CallResult::Object(o) if self.notes.lent.contains(&o)));
                for arg in &call.args {
                    if let CallArg::Place { place, .. } = arg {
                        self.visit(place);
                        if lent && self.ledger.of(place.object).is_some() {
                            continue;
                        }
                        self.read(place, self.program.objects[place.object.0].span);
                    }
                }
            }
            Stmt::If(branch) => self.branch(branch)?,
            Stmt::For(l) => self.repeat(l)?,
        }
        Ok(())
    }

    fn branch(&mut self, branch: &'p crate::ir::If) -> Result<(), Exhausted> {
        let cond = match self.get(branch.cond) {
            // A guard that a jump may have closed: whoever jumped has been looked at there.
            None if self.notes.guards.contains(&branch.cond) => Some(1),
            known => known,
        };
        match cond {
            Some(cond) => {
                self.block(if cond != 0 { &branch.then } else { &branch.otherwise })?;
                for merge in &branch.merges {
                    let known = self.get(if cond != 0 { merge.then } else { merge.otherwise });
                    // After a guard it is open whether the jump was taken.
                    let known = known.filter(|_| self.get(branch.cond).is_some());
                    self.set(merge.result, known);
                }
            }
            None => {
                self.doubts += 1;
                let (before, returned) = (self.ledger.clone(), self.returned);
                let integers = self.integers.clone();
                self.block(&branch.then)?;
                self.integers = integers;
                let then_values: Vec<Option<i128>> = branch.merges.iter().map(|m| self.get(m.then)).collect();
                let then_ledger = std::mem::replace(&mut self.ledger, before);
                let then_returned = std::mem::replace(&mut self.returned, returned);
                self.block(&branch.otherwise)?;
                for arm in [&branch.then, &branch.otherwise] {
                    self.integers.forget_written(arm);
                }
                for (merge, then) in branch.merges.iter().zip(then_values) {
                    let known = then.filter(|n| self.get(merge.otherwise) == Some(*n));
                    self.set(merge.result, known);
                }
                self.doubts -= 1;
                match (then_returned, self.returned) {
                    // What has returned does not come back.
                    (true, false) => {}
                    (false, true) => {
                        self.ledger = then_ledger;
                        self.returned = false;
                    }
                    (both, _) => {
                        if self.ledger.join(&then_ledger) && !both {
                            self.found.uneven.push(self.program.info(branch.cond).span);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// A loop that ends by its condition: as long as that is known it is followed; from where it is not, what an
    /// iteration assigns is in doubt.
    fn repeat_until(&mut self, l: &'p crate::ir::For, again: Value) -> Result<(), Exhausted> {
        loop {
            self.budget = self.budget.checked_sub(1).ok_or(Exhausted)?;
            self.block(&l.body)?;
            let next: Vec<Option<i128>> = l.carried.iter().map(|c| self.get(c.next)).collect();
            let again = self.get(again);
            for (carried, next) in l.carried.iter().zip(next) {
                self.set(carried.param, next);
            }
            match again {
                Some(0) => break,
                _ if self.returned => break,
                Some(_) => {}
                None => return self.once_more(l),
            }
        }
        for carried in &l.carried {
            let known = self.get(carried.param);
            self.set(carried.result, known);
        }
        Ok(())
    }

    /// An iteration that may happen any number of times: with nothing known, to see what it could assign.
    fn once_more(&mut self, l: &'p crate::ir::For) -> Result<(), Exhausted> {
        self.found.uncertain = true;
        self.doubts += 1;
        let before = self.ledger.clone();
        self.integers.forget_written(&l.body);
        self.set(l.index, None);
        for carried in &l.carried {
            self.set(carried.param, None);
        }
        self.block(&l.body)?;
        self.ledger.join(&before);
        self.integers.forget_written(&l.body);
        for carried in &l.carried {
            self.set(carried.result, None);
        }
        self.doubts -= 1;
        Ok(())
    }

    fn repeat(&mut self, l: &'p crate::ir::For) -> Result<(), Exhausted> {
        for carried in &l.carried {
            let known = self.get(carried.init);
            self.set(carried.param, known);
        }
        if let Some(again) = l.again {
            return self.repeat_until(l, again);
        }
        match (self.get(l.start), self.get(l.end)) {
            (Some(start), Some(end)) => {
                let mut indices: Box<dyn Iterator<Item = i128>> = Box::new(start..end);
                if l.reversed {
                    indices = Box::new((start..end).rev());
                }
                for index in indices {
                    self.set(l.index, Some(index));
                    self.block(&l.body)?;
                    let next: Vec<Option<i128>> = l.carried.iter().map(|c| self.get(c.next)).collect();
                    for (carried, next) in l.carried.iter().zip(next) {
                        self.set(carried.param, next);
                    }
                    if self.returned {
                        break;
                    }
                }
                for carried in &l.carried {
                    let known = self.get(carried.param);
                    self.set(carried.result, known);
                }
            }
            // As often as only the run knows.
            _ => self.once_more(l)?,
        }
        Ok(())
    }

    fn path(&self, place: &Place) -> Vec<AbstractProj> {
        place
            .path
            .iter()
            .map(|proj| match proj {
                Proj::Index(value) => AbstractProj::Index(self.get(*value)),
                Proj::Range(..) => AbstractProj::Index(None),
                Proj::Field(name) | Proj::Matches(name) | Proj::Part(_, name) => {
                    AbstractProj::Field(name.clone())
                }
            })
            .collect()
    }

    /// Looks at the indices of a place.
    fn visit(&mut self, place: &Place) {
        let mut shape = self.program.objects[place.object.0].shape.clone();
        for (step, proj) in place.path.iter().enumerate() {
            let Proj::Index(value) = proj else {
                shape = Shape::Unknown;
                continue;
            };
            if let (Some(index), Shape::Slice(_), 0) = (self.get(*value), &shape, step) {
                let largest = self.indices.entry((place.object, *value)).or_insert(index);
                *largest = index.max(*largest);
            }
            if let (Some(index), Shape::Array(_, Len::Lit(length))) = (self.get(*value), &shape)
                && (index < 0 || index >= *length as i128)
                && self.doubts == 0
                && !self.found.sampled
                && self.seen.insert((value.0, Vec::new()))
            {
                self.found.out_of_range.push(OutOfRange {
                    index,
                    length: *length,
                    place: place.clone(),
                    step,
                    // a variable is known where it comes from: what reads with it says more
                    span: match (&self.program.info(*value).name, self.reading) {
                        (Some(_), Some(span)) => span,
                        _ => self.program.info(*value).span,
                    },
                });
            }
            shape = match shape {
                Shape::Array(inner, _) | Shape::Slice(inner) => *inner,
                _ => Shape::Unknown,
            };
        }
    }

    fn read(&mut self, place: &Place, span: Span) {
        let path = self.path(place);
        let Some(cells) = self.ledger.of_mut(place.object) else { return };
        if !cells.readable(&path) && self.seen.insert((place.object.0, vec![self.found.read_first.len()])) {
            self.found.read_first.push((place.clone(), span));
            // Reported once: from here on it counts as written.
            cells.assign(&path);
        }
    }

    fn write(&mut self, place: &Place) {
        let path = self.path(place);
        if let Some(cells) = self.ledger.of_mut(place.object) {
            self.found.uncertain |= !cells.assign(&path);
        }
    }
}

/// Whether the scalars of a shape lie in structs.
fn holds_structs(shape: &Shape) -> bool {
    match shape {
        Shape::Array(inner, _) | Shape::Slice(inner) => holds_structs(inner),
        Shape::Struct(_) => true,
        Shape::Scalar(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => false,
    }
}
