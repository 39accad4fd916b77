//! Which arrays around a network's call need no name: an input written out where it is given, `&[x, y]`, and an output
//! that is taken apart, `let [a, b] = ..`, or lands where it is wanted, `*du = ..`.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use super::inline::Inline;
use super::inline::writes_between;
use crate::ir::Block;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Form;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// Where an output goes.
#[derive(Debug, Clone)]
pub enum Landing {
    /// Nobody reads it.
    Nowhere,
    /// Its components get names of their own, those that are read.
    Parts(Vec<Option<Value>>),
    /// It is assigned to a place as a whole.
    Place(Place),
}

/// The arrays without a name.
#[derive(Debug, Default)]
pub struct Arrays {
    inputs: HashSet<Obj>,
    outputs: HashMap<Obj, Landing>,
    parts: HashSet<Value>,
    /// How many statements mention an object.
    mentions: HashMap<Obj, usize>,
    literals: HashMap<Value, usize>,
}

impl Arrays {
    /// Decides for a whole program.
    pub fn of(program: &Program, inline: &Inline) -> Self {
        let mut arrays = Arrays::default();
        visit::walk(&program.body, &mut |stmt| {
            for o in mentions(stmt) {
                *arrays.mentions.entry(o).or_insert(0) += 1;
            }
            if let Stmt::Let(v, Op::Int(n)) = stmt
                && let Ok(n) = usize::try_from(*n)
            {
                arrays.literals.insert(*v, n);
            }
        });
        for o in program.results().filter_map(Output::object) {
            *arrays.mentions.entry(o).or_insert(0) += 1;
        }
        arrays.block(program, inline, &program.body);
        arrays
    }

    /// Whether an array is written out where it is given.
    pub fn is_input(&self, o: Obj) -> bool {
        self.inputs.contains(&o)
    }

    /// Where an output goes, if it gets no name.
    pub fn landing(&self, o: Obj) -> Option<&Landing> {
        self.outputs.get(&o)
    }

    /// Whether a value is named by the pattern that takes an output apart.
    pub fn is_part(&self, v: Value) -> bool {
        self.parts.contains(&v)
    }

    fn block(&mut self, program: &Program, inline: &Inline, block: &Block) {
        let mut births: HashMap<Obj, usize> = HashMap::default();
        for (at, stmt) in block.iter().enumerate() {
            for inner in stmt.blocks() {
                self.block(program, inline, inner);
            }
            match stmt {
                Stmt::Local(o, Init::Elements(_) | Init::Zeros) => _ = births.insert(*o, at),
                Stmt::Call(call) if call.is_network() => {
                    for o in lent(call) {
                        if let Some(born) = births.get(&o)
                            && self.mentions.get(&o) == Some(&2)
                            && self.movable(program, inline, &block[*born..at])
                        {
                            self.inputs.insert(o);
                        }
                    }
                    self.land(program, inline, call, &block[at + 1..]);
                }
                _ => {}
            }
        }
    }

    /// Whether the array that the first statement makes has the same elements after the last one.
    fn movable(&self, program: &Program, inline: &Inline, between: &[Stmt]) -> bool {
        let mut ops: HashMap<Value, &Op> = HashMap::default();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Let(v, op) = stmt {
                ops.insert(*v, op);
            }
        });
        match between.split_first() {
            Some((Stmt::Local(_, Init::Elements(elements)), rest)) => {
                let mut values = elements.clone();
                while let Some(v) = values.pop() {
                    let Some(op) = ops.get(&v).filter(|_| inline.contains(v)) else { continue };
                    if let Op::Load(place) = op
                        && !program.objects[place.object.0].read_only
                        && writes_between(rest, place.object)
                    {
                        return false;
                    }
                    values.extend(op.operands());
                }
                true
            }
            Some((Stmt::Local(o, Init::Zeros), _)) => {
                let shape = &program.objects[o.0].shape;
                matches!(shape, Shape::Array(inner, Len::Lit(_)) if matches!(**inner, Shape::Scalar(ScalarKind::Real)))
            }
            _ => false,
        }
    }

    /// Looks at what becomes of a call's outputs.
    fn land(&mut self, program: &Program, inline: &Inline, call: &Call, after: &[Stmt]) {
        let outputs: Vec<Obj> = call
            .bound()
            .filter_map(|result| match result {
                CallResult::Object(o) => Some(o),
                CallResult::Value(_) => None,
            })
            .collect();
        let next = || after.iter().filter(|stmt| !matches!(stmt, Stmt::Let(v, _) if inline.contains(*v)));
        let assigned: Vec<Option<Landing>> = outputs
            .iter()
            .map(|o| match self.mentions.get(o) {
                Some(1) => Some(Landing::Nowhere),
                Some(2) => next().take(outputs.len()).find_map(|stmt| match stmt {
                    Stmt::Copy(to, from) if from.object == *o && from.path.is_empty() => {
                        let sized = !to.path.is_empty() || !program.objects[to.object.0].is_slice();
                        sized.then(|| Landing::Place(to.clone()))
                    }
                    _ => None,
                }),
                _ => None,
            })
            .collect();
        let copies = next().take(assigned.iter().filter(|l| matches!(l, Some(Landing::Place(_)))).count());
        if assigned.iter().all(Option::is_some)
            && assigned.iter().any(|l| matches!(l, Some(Landing::Place(_))))
            && copies.into_iter().all(|stmt| matches!(stmt, Stmt::Copy(..)))
        {
            self.outputs.extend(outputs.into_iter().zip(assigned.into_iter().flatten()));
            return;
        }
        for o in outputs {
            let landing = match self.mentions.get(&o) {
                Some(1) => Landing::Nowhere,
                Some(mentions) => match self.taken_apart(program, o, *mentions - 1, next()) {
                    Some(landing) => landing,
                    None => continue,
                },
                None => continue,
            };
            if let Landing::Parts(parts) = &landing {
                self.parts.extend(parts.iter().flatten());
            }
            self.outputs.insert(o, landing);
        }
    }

    fn taken_apart<'b>(
        &self,
        program: &Program,
        o: Obj,
        readers: usize,
        after: impl Iterator<Item = &'b Stmt>,
    ) -> Option<Landing> {
        let Shape::Array(_, Len::Lit(n)) = &program.objects[o.0].shape else { return None };
        let mut parts = vec![None; *n];
        let mut found = 0;
        for stmt in after {
            let Stmt::Let(v, Op::Load(place)) = stmt else { break };
            let [Proj::Index(index)] = place.path.as_slice() else { break };
            if place.object != o {
                continue;
            }
            let part = parts.get_mut(*self.literals.get(index)?)?;
            if part.replace(*v).is_some() {
                return None;
            }
            found += 1;
        }
        (found == readers).then_some(Landing::Parts(parts))
    }
}

/// The objects that a call only reads.
fn lent(call: &Call) -> Vec<Obj> {
    let twins = call.twins.iter().flatten().filter(|_| call.form == Form::Jvp);
    let mut objects: Vec<Obj> = call
        .args
        .iter()
        .chain(twins)
        .filter_map(|arg| match arg {
            CallArg::Place { place, .. } if place.path.is_empty() => Some(place.object),
            _ => None,
        })
        .collect();
    if let Some(CallResult::Object(o)) = call.seed() {
        objects.push(o);
    }
    objects
}

/// The objects that a statement mentions, as often as it does.
fn mentions(stmt: &Stmt) -> Vec<Obj> {
    let mut objects = stmt.loads();
    objects.extend(stmt.writes());
    if let Stmt::Call(call) = stmt
        && call.form == Form::Vjp
    {
        // what is added to is read and written, and mentioned once
        for arg in call.twins.iter().flatten() {
            if let CallArg::Place { place, .. } = arg
                && let Some(at) = objects.iter().position(|o| *o == place.object)
            {
                objects.swap_remove(at);
            }
        }
    }
    objects
}
