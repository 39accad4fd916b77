//! Copies that nobody needs, and numbers among the aggregates.
//!
//! Lowering copies what Rust copies: an array, a struct or a field that is read by value gets memory of its own where it
//! is read. Here a copy goes where it can be proved that nobody could tell: it is never written, and what it was made of
//! is not written while it is read. What LLVM sees is then no more than what a person would have written.
//!
//! What a helper returned, and the field of a struct, lowering keeps in memory, too, since only uses tell whether it is a
//! number. What is only ever loaded is one, and becomes a value.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Merge;
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

/// Removes the copies that are not needed; returns the values that other values stand for now.
pub fn copies(program: &mut Program) -> HashMap<Value, Value> {
    let mut renamed = HashMap::default();
    // a copy of a copy takes a round for each link
    loop {
        let found = [choices(program), numbers(program)];
        let done = !forward(program) && found.iter().all(Option::is_none);
        renamed.extend(found.into_iter().flatten().flatten());
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
fn numbers(program: &mut Program) -> Option<HashMap<Value, Value>> {
    let mut uses: HashMap<Obj, Use> = HashMap::default();
    let open = |o: Obj| {
        let object = &program.objects[o.0];
        object.constant.is_none() && matches!(object.shape, Shape::Unknown | Shape::Scalar(_))
    };
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
        if let crate::ir::Arg::Object(o) = arg {
            uses.entry(*o).or_default().other = true;
        }
    }
    for o in program.results().filter_map(Output::object) {
        uses.entry(o).or_default().other = true;
    }
    let chosen: HashMap<Obj, Value> = uses
        .iter()
        .filter(|(o, used)| open(**o) && !used.other && !used.loads.is_empty())
        .map(|(o, used)| (*o, representative(program, &used.loads)))
        .collect();
    let loads = uses.into_iter().map(|(o, used)| (o, used.loads)).collect();
    become_values(program, &chosen, &loads)
}

/// Memory that the two ways of a branch fill, each by one copy at its end, and that is then only loaded, is a number:
/// the branch merges it.
fn choices(program: &mut Program) -> Option<HashMap<Value, Value>> {
    let mut copied: HashMap<Obj, usize> = HashMap::default();
    let mut loads: HashMap<Obj, Vec<Value>> = HashMap::default();
    let mut other: HashSet<Obj> = HashSet::default();
    let mut zeroed: HashSet<Obj> = HashSet::default();
    visit::walk(&program.body, &mut |stmt| match stmt {
        Stmt::Local(o, Init::Zeros) if matches!(program.objects[o.0].shape, Shape::Unknown) => {
            zeroed.insert(*o);
        }
        Stmt::Copy(to, from) if to.path.is_empty() => {
            *copied.entry(to.object).or_default() += 1;
            other.insert(from.object);
        }
        Stmt::Let(v, Op::Load(place)) if place.path.is_empty() => {
            loads.entry(place.object).or_default().push(*v);
        }
        stmt => other.extend(stmt.loads().into_iter().chain(stmt.writes())),
    });
    other.extend(program.results().filter_map(Output::object));
    zeroed.retain(|o| !other.contains(o) && loads.contains_key(o) && copied.contains_key(o));
    let mut chosen = HashMap::default();
    if !zeroed.is_empty() {
        let mut body = std::mem::take(&mut program.body);
        choices_in(program, &mut body, &zeroed, &copied, &loads, &mut chosen);
        program.body = body;
    }
    become_values(program, &chosen, &loads)
}

/// Of the values that are loaded from one piece of memory the one that stands for all: one with a name, where there is
/// one.
fn representative(program: &Program, loads: &[Value]) -> Value {
    let named = loads.iter().find(|v| program.info(**v).name.is_some());
    *named.unwrap_or(&loads[0])
}

/// A value that nobody looks at.
fn nothing(kind: ScalarKind) -> Op {
    match kind {
        ScalarKind::Real => Op::Real(0.0),
        ScalarKind::Int => Op::Int(0),
        ScalarKind::Bool => Op::Bool(false),
    }
}

/// Memory that is a value now: its loads are that value. Returns what was renamed, nothing if there is no such memory.
fn become_values(
    program: &mut Program,
    chosen: &HashMap<Obj, Value>,
    loads: &HashMap<Obj, Vec<Value>>,
) -> Option<HashMap<Value, Value>> {
    if chosen.is_empty() {
        return None;
    }
    let mut renamed = HashMap::default();
    for (o, v) in chosen {
        renamed.extend(loads[o].iter().filter(|w| *w != v).map(|w| (*w, *v)));
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
    let now = |v: Value| renamed.get(&v).copied().unwrap_or(v);
    program.body.iter_mut().for_each(|stmt| stmt.rename_reads(&mut |v| now(v)));
    for output in program.results_mut() {
        if let Output::Value(v) = output {
            *v = now(*v);
        }
    }
    Some(renamed)
}

fn choices_in(
    program: &mut Program,
    block: &mut Block,
    zeroed: &HashSet<Obj>,
    copied: &HashMap<Obj, usize>,
    loads: &HashMap<Obj, Vec<Value>>,
    chosen: &mut HashMap<Obj, Value>,
) {
    let mut at = 0;
    while at < block.len() {
        if let Stmt::Local(o, Init::Zeros) = block[at]
            && zeroed.contains(&o)
        {
            // it is born right before its branch
            let branch = block[at..].iter().position(|stmt| matches!(stmt, Stmt::If(_)));
            if let Some(Stmt::If(branch)) = branch.map(|n| &mut block[at + n]) {
                let find = |arm: &Block| {
                    arm.iter()
                        .position(|s| matches!(s, Stmt::Copy(to, _) if to.object == o && to.path.is_empty()))
                };
                let (then, otherwise) = (find(&branch.then), find(&branch.otherwise));
                let here = usize::from(then.is_some()) + usize::from(otherwise.is_some());
                if here == copied[&o] {
                    let info = program.info(loads[&o][0]).clone();
                    let mut side = |arm: &mut Block, n: Option<usize>| {
                        let v = program.fresh(info.kind);
                        program.values[v.0].int_type = info.int_type.clone();
                        match n.map(|n| (n, &arm[n])) {
                            Some((n, Stmt::Copy(_, from))) => {
                                let op = Op::Load(from.clone());
                                arm[n] = Stmt::Let(v, op);
                            }
                            // control does not come out of this side
                            _ => arm.push(Stmt::Let(v, nothing(info.kind))),
                        }
                        v
                    };
                    let (then, otherwise) =
                        (side(&mut branch.then, then), side(&mut branch.otherwise, otherwise));
                    let result = representative(program, &loads[&o]);
                    branch.merges.push(Merge { result, then, otherwise });
                    chosen.insert(o, result);
                    block.remove(at);
                    continue;
                }
            }
        }
        match &mut block[at] {
            Stmt::For(l) => choices_in(program, &mut l.body, zeroed, copied, loads, chosen),
            Stmt::If(l) => {
                choices_in(program, &mut l.then, zeroed, copied, loads, chosen);
                choices_in(program, &mut l.otherwise, zeroed, copied, loads, chosen);
            }
            _ => {}
        }
        at += 1;
    }
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
        let mut facts = Facts { literals: HashMap::default(), written: HashMap::default() };
        visit::walk(&program.body, &mut |stmt| match stmt {
            Stmt::Let(v, Op::Int(n)) => _ = facts.literals.insert(*v, *n),
            Stmt::Local(..) => {}
            stmt => stmt.writes().into_iter().for_each(|o| _ = facts.written.insert(o, true)),
        });
        facts.written.extend(program.results().filter_map(Output::object).map(|o| (o, true)));
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
            match (reads, written) {
                (true, true) => Err(Seen),
                (true, false) if writes && !itself => Err(Seen),
                _ => Ok(written || (writes && !itself)),
            }
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
