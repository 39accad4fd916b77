//! Copies that nobody needs, and numbers among the aggregates.
//!
//! Lowering copies what Rust copies: an array, a struct or a field that is read by value gets memory of its own where it
//! is read. Here a copy goes where it can be proved that nobody could tell: it is never written, and what it was made of
//! is not written while it is read. What LLVM sees is then no more than what a person would have written.
//!
//! What a helper returned, and the field of a struct, lowering keeps in memory, too, since only uses tell whether it is a
//! number. What is only ever loaded is one, and becomes a value.

use std::collections::HashMap;

use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// Removes the copies that are not needed; returns the values that other values stand for now.
pub fn copies(program: &mut Program) -> HashMap<Value, Value> {
    let mut renamed = HashMap::new();
    // a copy of a copy takes a round for each link
    loop {
        let found = numbers(program);
        let done = found.is_empty() && !forward(program);
        renamed.extend(found);
        if done {
            return renamed;
        }
    }
}

/// How memory whose shape is not written down is used.
#[derive(Default)]
struct Use {
    /// The loads of the whole of it.
    loads: Vec<Value>,
    /// Something that only an aggregate, or a variable, allows for.
    other: bool,
}

/// Memory that holds one number and is never written after its birth becomes a value.
fn numbers(program: &mut Program) -> HashMap<Value, Value> {
    let mut uses: HashMap<Obj, Use> = HashMap::new();
    let open = |o: Obj| matches!(program.objects[o.0].shape, Shape::Unknown | Shape::Scalar(_));
    visit::walk(&program.body, &mut |stmt| match stmt {
        Stmt::Let(v, Op::Load(place)) if place.path.is_empty() => {
            uses.entry(place.object).or_default().loads.push(*v);
        }
        Stmt::Call(call) => {
            for arg in call.all_args() {
                match arg {
                    // a number is handed on by value
                    CallArg::Place { place, by_ref: false } if place.path.is_empty() => {}
                    CallArg::Place { place, .. } => uses.entry(place.object).or_default().other = true,
                    CallArg::Value(_) => {}
                }
            }
        }
        // its birth
        Stmt::Local(_, Init::From(place)) => uses.entry(place.object).or_default().other = true,
        stmt => {
            for o in stmt.loads().into_iter().chain(stmt.writes()) {
                uses.entry(o).or_default().other = true;
            }
        }
    });
    for arg in &program.args {
        if let crate::ir::Binding::Object(o) = arg {
            uses.entry(*o).or_default().other = true;
        }
    }
    if let Output::Object(o) | Output::Local(o) = program.output {
        uses.entry(o).or_default().other = true;
    }
    let chosen: HashMap<Obj, Value> = uses
        .iter()
        .filter(|(o, used)| open(**o) && !used.other)
        .filter_map(|(o, used)| {
            let named = used.loads.iter().find(|v| program.info(**v).name.is_some());
            Some((*o, *named.or(used.loads.first())?))
        })
        .collect();
    if chosen.is_empty() {
        return HashMap::new();
    }
    let mut renamed = HashMap::new();
    for (o, v) in &chosen {
        for w in &uses[o].loads {
            if w != v {
                renamed.insert(*w, *v);
            }
        }
    }
    let body = std::mem::take(&mut program.body);
    program.body = visit::rewrite(body, &mut |mut stmt, out| {
        match &mut stmt {
            Stmt::Let(_, Op::Load(place)) if place.path.is_empty() && chosen.contains_key(&place.object) => {
                return;
            }
            Stmt::Local(o, Init::From(place)) => {
                if let Some(v) = chosen.get(o) {
                    let op = Op::Load(std::mem::replace(place, Place::whole(*o)));
                    out.push(Stmt::Let(*v, op));
                    return;
                }
            }
            Stmt::Call(call) => {
                if let CallResult::Object(o) = call.result
                    && let Some(v) = chosen.get(&o)
                {
                    call.result = CallResult::Value(*v);
                }
                for arg in &mut call.args {
                    if let CallArg::Place { place, .. } = arg
                        && let Some(v) = chosen.get(&place.object)
                    {
                        *arg = CallArg::Value(*v);
                    }
                }
            }
            _ => {}
        }
        out.push(stmt);
    });
    let now = |mut v: Value| {
        while let Some(next) = renamed.get(&v) {
            v = *next;
        }
        v
    };
    program.body.iter_mut().for_each(|stmt| stmt.rename_reads(&mut |v| now(v)));
    if let Output::Value(v) = program.output {
        program.output = Output::Value(now(v));
    }
    renamed
}

/// Lets the readers of copies read the original, where that is the same; whether there was one.
fn forward(program: &mut Program) -> bool {
    let mut facts = Facts::of(program);
    let mut body = std::mem::take(&mut program.body);
    let mut changed = false;
    forward_in(&mut body, &mut facts, &mut changed);
    program.body = body;
    changed
}

struct Facts {
    /// Integers that are literals.
    literals: HashMap<Value, i128>,
    /// Memory that is written after its birth, or that outlives the function.
    written: HashMap<Obj, bool>,
}

impl Facts {
    fn of(program: &Program) -> Self {
        let mut facts = Facts { literals: HashMap::new(), written: HashMap::new() };
        visit::walk(&program.body, &mut |stmt| match stmt {
            Stmt::Let(v, Op::Int(n)) => _ = facts.literals.insert(*v, *n),
            Stmt::Local(..) => {}
            stmt => stmt.writes().into_iter().for_each(|o| _ = facts.written.insert(o, true)),
        });
        if let Output::Object(o) | Output::Local(o) = program.output {
            facts.written.insert(o, true);
        }
        facts
    }

    fn is_written(&self, o: Obj) -> bool {
        self.written.contains_key(&o)
    }

    /// Whether two places of one object may have a part in common.
    fn may_overlap(&self, a: &Place, b: &Place) -> bool {
        a.object == b.object
            && a.path.iter().zip(&b.path).all(|pair| match pair {
                (Proj::Field(a), Proj::Field(b)) => a == b,
                (Proj::Index(a), Proj::Index(b)) => match (self.literals.get(a), self.literals.get(b)) {
                    (Some(a), Some(b)) => a == b,
                    _ => true,
                },
                _ => true,
            })
    }

    /// Whether two places are the same one.
    fn same(&self, a: &Place, b: &Place) -> bool {
        a.object == b.object
            && a.path.len() == b.path.len()
            && a.path.iter().zip(&b.path).all(|pair| match pair {
                (Proj::Field(a), Proj::Field(b)) => a == b,
                (Proj::Index(a), Proj::Index(b)) => {
                    a == b || matches!((self.literals.get(a), self.literals.get(b)), (Some(a), Some(b)) if a == b)
                }
                _ => false,
            })
    }
}

fn forward_in(block: &mut Block, facts: &mut Facts, changed: &mut bool) {
    let mut at = 0;
    while at < block.len() {
        if let Stmt::Local(copy, Init::From(original)) = &block[at] {
            let (copy, original) = (*copy, original.clone());
            let same = !facts.is_written(copy)
                && !matches!(
                    block[at + 1..]
                        .iter()
                        .try_fold(false, |written, stmt| { unseen(stmt, copy, &original, written, facts) }),
                    Err(Seen)
                );
            if same {
                block.remove(at);
                for stmt in &mut block[at..] {
                    stmt.redirect(&mut |place| {
                        if place.object == copy {
                            let rest = std::mem::take(&mut place.path);
                            *place = original.clone();
                            place.path.extend(rest);
                        }
                    });
                }
                *changed = true;
                continue;
            }
        }
        match &mut block[at] {
            Stmt::For(l) => forward_in(&mut l.body, facts, changed),
            Stmt::If(l) => {
                forward_in(&mut l.then, facts, changed);
                forward_in(&mut l.otherwise, facts, changed);
            }
            Stmt::Copy(to, from) if facts.same(to, from) => {
                block.remove(at);
                *changed = true;
                continue;
            }
            _ => {}
        }
        at += 1;
    }
}

/// A reader of the copy that could tell it from the original.
struct Seen;

/// Whether the original may be written once the statement has run, given that it may be before; an error where the
/// statement reads the copy after the original was written.
fn unseen(stmt: &Stmt, copy: Obj, original: &Place, written: bool, facts: &Facts) -> Result<bool, Seen> {
    match stmt {
        Stmt::For(l) => {
            let (mut reads, mut writes) = (false, false);
            visit::walk(&l.body, &mut |inner| {
                reads |= inner.loads().contains(&copy);
                writes |= overwrites(inner, original, facts);
            });
            // what an iteration reads the one before may have written
            if reads && (written || writes) { Err(Seen) } else { Ok(written || writes) }
        }
        Stmt::If(l) => {
            let go = |block: &Block| {
                block.iter().try_fold(written, |written, stmt| unseen(stmt, copy, original, written, facts))
            };
            Ok(go(&l.then)? | go(&l.otherwise)?)
        }
        stmt => {
            let reads = stmt.loads().contains(&copy);
            let writes = overwrites(stmt, original, facts);
            // a statement that does both would borrow the original twice, but for assigning it to itself
            let itself = matches!(stmt, Stmt::Copy(to, from)
                if from.object == copy && from.path.is_empty() && facts.same(to, original));
            if reads && (written || writes) && !(itself && !written) {
                return Err(Seen);
            }
            Ok(written || (writes && !itself))
        }
    }
}

fn overwrites(stmt: &Stmt, original: &Place, facts: &Facts) -> bool {
    match stmt {
        Stmt::Store(p, _)
        | Stmt::Accumulate(p, _)
        | Stmt::Copy(p, _)
        | Stmt::AddAll(p, _)
        | Stmt::Clear(p) => facts.may_overlap(p, original),
        stmt => stmt.writes().contains(&original.object),
    }
}
