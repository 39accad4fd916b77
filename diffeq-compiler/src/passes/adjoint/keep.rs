//! What the forward sweep keeps for the reverse sweep, and how the reverse sweep gets it back.
//!
//! A value of a loop body or of an arm that the reverse sweep reads is
//!
//! * computed again if that is cheap: arithmetic on values at hand, reads of memory that nobody has written since;
//! * kept otherwise: what a loop carries, roots and transcendental functions, results of inner loops and calls.
//!
//! Kept values lie on the stack, in an array indexed by the loops around, where the trip counts are constants;
//! otherwise on the caller's workspace. There a block pushes everything at its end, and its reverse pops everything
//! at its start: whatever inner blocks keep lies in between, so last in is first out.

use std::collections::HashMap;
use std::collections::HashSet;

use proc_macro2::Span;

use super::Region;
use super::Scope;
use crate::ir::Binding;
use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::Kind;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;
use crate::rules::Cost;

/// The most reals kept on the stack for one value: beyond that (32 KiB of `f64`) the workspace serves.
const STACK_LIMIT: usize = 4096;

/// The address of a block of the primal: its identity while the pass runs.
type BlockId = *const Block;

#[derive(Clone)]
enum Kept {
    /// In an array on the stack, at the place indexed by the loops around.
    Stack(Value, Place),
    /// On the workspace.
    Pushed(Value),
    /// A whole aggregate on the workspace.
    PushedAll(Obj),
}

/// What becomes of a dear value that the reverse sweep could compute again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Dear {
    /// The forward sweep keeps it.
    Keep,
    /// The reverse sweep computes it again, if that takes nothing that would have to be kept.
    Again,
}

/// What is kept, block by block.
pub(super) struct Keep {
    dear: Dear,
    /// Branches that do nothing but choose between cheap values, by the values that they define.
    choices: HashMap<Value, If>,
    kept: HashMap<BlockId, Vec<Kept>>,
    slots: Vec<Obj>,
    ops: HashMap<Value, Op>,
    births: HashMap<Obj, Stmt>,
    timeline: Timeline,
    primal_objects: usize,
    /// Objects born in the function's own block, and arguments: in scope wherever the reverse sweep is.
    outermost: HashSet<Obj>,
    /// Arguments and values of the function's own block, likewise.
    outer_values: HashSet<Value>,
    shapes: Vec<Shape>,
    read_only: Vec<bool>,
}

impl Keep {
    /// Prepares for a program.
    pub fn of(primal: &Program, dear: Dear) -> Self {
        let mut choices = HashMap::new();
        let mut ops = HashMap::new();
        let mut births = HashMap::new();
        visit::walk(&primal.body, &mut |stmt| {
            if let Stmt::Let(v, op) = stmt {
                ops.insert(*v, op.clone());
            }
            if let Stmt::If(branch) = stmt
                && [&branch.then, &branch.otherwise].into_iter().flatten().all(|inner| chooses(primal, inner))
            {
                choices.extend(branch.merges.iter().map(|m| (m.result, branch.clone())));
            }
            for o in super::local_objects(stmt) {
                births.insert(o, stmt.clone());
            }
        });
        let mut outermost: HashSet<Obj> = (0..primal.objects.len()).map(Obj).collect();
        visit::walk(&primal.body, &mut |stmt| {
            for o in super::local_objects(stmt) {
                outermost.remove(&o);
            }
        });
        for stmt in &primal.body {
            outermost.extend(super::local_objects(stmt));
        }
        let mut outer_values: HashSet<Value> = primal.body.iter().flat_map(Stmt::defines).collect();
        outer_values.extend(primal.args.iter().filter_map(|arg| match arg {
            Binding::Value(v) => Some(*v),
            Binding::Object(_) => None,
        }));
        Keep {
            dear,
            choices,
            kept: HashMap::new(),
            slots: Vec::new(),
            ops,
            births,
            timeline: Timeline::of(&primal.body),
            primal_objects: primal.objects.len(),
            outermost,
            outer_values,
            shapes: primal.objects.iter().map(|o| o.shape.clone()).collect(),
            read_only: primal.objects.iter().map(|o| o.read_only).collect(),
        }
    }

    /// A constant upper bound of a loop's index, from the value that ends the loop.
    pub fn bound(&self, end: Value) -> Option<Len> {
        match self.ops.get(&end)? {
            Op::Int(n) => usize::try_from(*n).ok().map(Len::Lit),
            Op::IntNamed(path) => Some(Len::Expr(path.clone())),
            Op::IntOp(crate::ir::IntOp::Sub, a, _) => self.bound(*a),
            Op::Len(place) => {
                let mut shape = &self.shapes[place.object.0];
                for _ in &place.path {
                    let Shape::Array(inner, _) = shape else { return None };
                    shape = inner;
                }
                match shape {
                    Shape::Array(_, len @ (Len::Lit(_) | Len::Expr(_))) => Some(len.clone()),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Makes the values of `block` that the reversed code reads available at its start. `looped` are the index and
    /// the carried values if the block is a loop's body. Returns the code and the reversed loop's index.
    pub fn provide(
        &mut self,
        program: &mut Program,
        block: &Block,
        looped: Option<(Value, &[Value])>,
        scope: &Scope,
        mut code: Block,
    ) -> (Block, Option<Value>) {
        let mut renamed: HashMap<Value, Value> = HashMap::new();
        let index = looped.map(|(index, _)| {
            let info = program.info(index).clone();
            let copy = program.value(Kind::Int, info.name, info.span);
            program.values[copy.0].int_type = info.int_type;
            renamed.insert(index, copy);
            copy
        });
        let params: Vec<Value> = looped.map(|(_, params)| params.to_vec()).unwrap_or_default();
        let mut here: HashSet<Value> = block.iter().flat_map(Stmt::defines).collect();
        here.extend(&params);

        // which values of this block are read, and how each is had
        let mut again: HashSet<Value> = HashSet::new();
        let mut keep: Vec<Value> = Vec::new();
        let mut queue: Vec<Value> =
            visit::read_within(&code).into_iter().filter(|v| here.contains(v)).collect();
        let (objects, mut repeated) = self.objects(block, &code, &here, &mut queue);
        queue.sort();
        while let Some(v) = queue.pop() {
            if again.contains(&v) || keep.contains(&v) {
                continue;
            }
            match self.ops.get(&v).filter(|op| self.cheap(v, op)) {
                Some(op) => {
                    again.insert(v);
                    queue.extend(op.operands().into_iter().filter(|w| here.contains(w)));
                }
                None => match self.choices.get(&v) {
                    Some(branch) => {
                        again.extend(branch.merges.iter().map(|m| m.result));
                        let mut read = visit::read_within(&vec![Stmt::If(branch.clone())]);
                        read.retain(|w| here.contains(w));
                        queue.extend(read);
                    }
                    None => keep.push(v),
                },
            }
        }
        keep.sort();

        let mut prefix = Vec::new();
        let mut kept = Vec::new();
        for v in &keep {
            let info = program.info(*v).clone();
            let copy = program.value(info.kind, info.name, info.span);
            program.values[copy.0].int_type = info.int_type;
            renamed.insert(*v, copy);
        }
        let stack = self.stack_shape(scope);
        for v in &keep {
            match &stack {
                Some(dims) => {
                    let info = program.info(*v).clone();
                    let shape = dims.iter().rev().fold(Shape::Scalar(info.kind), |inner, (_, len)| {
                        Shape::Array(Box::new(inner), len.clone())
                    });
                    let name = format!("{}_kept", info.name.unwrap_or_else(|| "value".into()));
                    let slot = program.object(name, shape, Span::call_site());
                    self.slots.push(slot);
                    let mut place = Place::whole(slot);
                    for (index, _) in dims {
                        place = place.index(*index);
                    }
                    kept.push(Kept::Stack(*v, place.clone()));
                    prefix.push(Stmt::Let(renamed[v], Op::Load(place)));
                }
                None => kept.push(Kept::Pushed(*v)),
            }
        }
        for o in &objects {
            kept.push(Kept::PushedAll(*o));
        }
        // taken back in the opposite order
        let mut twins: HashMap<Obj, Obj> = HashMap::new();
        for entry in kept.iter().rev() {
            match entry {
                Kept::Stack(..) => {}
                Kept::Pushed(v) => prefix.push(Stmt::Pop(renamed[v])),
                Kept::PushedAll(o) => {
                    let twin = self.twin(program, *o, &mut prefix);
                    prefix.push(Stmt::PopAll(Place::whole(twin)));
                    twins.insert(*o, twin);
                }
            }
        }
        self.kept.insert(std::ptr::from_ref(block), kept);

        // computed again, in the order of the text
        for stmt in block {
            match stmt {
                Stmt::If(branch) if branch.merges.iter().any(|m| again.contains(&m.result)) => {
                    prefix.push(repeated_choice(program, branch, &mut renamed));
                }
                Stmt::Let(v, op) if again.contains(v) => {
                    let info = program.info(*v).clone();
                    let copy = program.value(info.kind, info.name, info.span);
                    program.values[copy.0].int_type = info.int_type;
                    prefix.push(Stmt::Let(copy, op.clone()));
                    renamed.insert(*v, copy);
                }
                _ => {
                    for o in super::local_objects(stmt) {
                        if repeated.remove(&o) {
                            let mut object = program.objects[o.0].clone();
                            object.read_only = false;
                            program.objects.push(object);
                            let twin = Obj(program.objects.len() - 1);
                            let mut copy = stmt.clone();
                            retarget(program, &mut copy, o, twin);
                            prefix.push(copy);
                            twins.insert(o, twin);
                        }
                    }
                }
            }
        }
        prefix.append(&mut code);
        for stmt in &mut prefix {
            stmt.rename_reads(&mut |v| renamed.get(&v).copied().unwrap_or(v));
            redirect(stmt, &twins);
        }
        (prefix, index)
    }

    /// The aggregates of this block that the reversed code reads as a whole: those to be kept, and those to be made
    /// again by repeating the statement that made them.
    fn objects(
        &self,
        block: &Block,
        code: &Block,
        here: &HashSet<Value>,
        queue: &mut Vec<Value>,
    ) -> (Vec<Obj>, HashSet<Obj>) {
        let born: HashSet<Obj> = block.iter().flat_map(super::local_objects).collect();
        let mut wanted: Vec<Obj> = Vec::new();
        visit::walk(code, &mut |stmt| {
            wanted.extend(stmt.loads().into_iter().filter(|o| born.contains(o)));
        });
        wanted.sort();
        wanted.dedup();
        let mut keep = Vec::new();
        let mut again = HashSet::new();
        let mut at = 0;
        while let Some(o) = wanted.get(at).copied() {
            at += 1;
            let written_once = !self.timeline.written_after_birth(o);
            let birth = &self.births[&o];
            let repeatable = match birth {
                Stmt::Local(_, Init::Zeros | Init::Filled(_) | Init::Elements(_)) => written_once,
                Stmt::Local(_, Init::From(p) | Init::ZerosLike(p)) => {
                    written_once && self.read_only[p.object.0]
                }
                // what a network returns is little beside the work that it took
                Stmt::Call(call) => written_once && !call.is_network(),
                _ => false,
            };
            if repeatable {
                again.insert(o);
                queue.extend(birth.reads().into_iter().filter(|v| here.contains(v)));
                for source in birth.loads() {
                    if born.contains(&source) && !wanted.contains(&source) {
                        wanted.push(source);
                    }
                }
            } else {
                keep.push(o);
            }
        }
        (keep, again)
    }

    /// Memory in the shape of `o` for the reverse sweep.
    fn twin(&self, program: &mut Program, o: Obj, out: &mut Block) -> Obj {
        let mut object = program.objects[o.0].clone();
        object.read_only = false;
        let init = match (&object.shape, &self.births[&o]) {
            (Shape::Unknown, Stmt::Local(_, Init::From(p) | Init::ZerosLike(p))) => {
                Init::ZerosLike(p.clone())
            }
            _ => Init::Zeros,
        };
        program.objects.push(object);
        let twin = Obj(program.objects.len() - 1);
        out.push(Stmt::Local(twin, init));
        twin
    }

    /// Whether a value is computed again rather than kept.
    fn cheap(&self, v: Value, op: &Op) -> bool {
        let may_repeat =
            || self.dear == Dear::Again && op.operands().into_iter().all(|operand| self.at_hand(operand));
        match op {
            Op::Prim(prim, _) => prim.cost() == Cost::Cheap || may_repeat(),
            Op::Powi(..) => may_repeat(),
            Op::Load(place) => {
                let o = place.object;
                o.0 < self.primal_objects
                    && self.outermost.contains(&o)
                    && (self.read_only[o.0] || self.timeline.stable(v, o))
            }
            // a condition is kept where what it compares would have to be
            Op::Cmp(_, a, b) => self.at_hand(*a) && self.at_hand(*b),
            Op::Test(_, a) => self.at_hand(*a),
            _ => true,
        }
    }

    /// Whether an operand can be had without keeping anything.
    fn at_hand(&self, v: Value) -> bool {
        if self.outer_values.contains(&v) {
            return true;
        }
        match self.ops.get(&v) {
            Some(op) => self.cheap(v, op) && op.operands().into_iter().all(|w| self.at_hand(w)),
            None => match self.choices.get(&v) {
                Some(branch) => {
                    let inside = visit::defined_within(&vec![Stmt::If(branch.clone())]);
                    let read = visit::read_within(&vec![Stmt::If(branch.clone())]);
                    read.into_iter().all(|w| inside.contains(&w) || self.at_hand(w))
                }
                None => self.timeline.index_like(v),
            },
        }
    }

    /// The loops around with their trip counts, if each is known and the product is small.
    fn stack_shape(&self, scope: &Scope) -> Option<Vec<(Value, Len)>> {
        let mut dims = Vec::new();
        let mut size = 1usize;
        for region in &scope.regions {
            if let Region::Loop { index, bound } = region {
                let bound = bound.clone()?;
                if let Len::Lit(n) = bound {
                    size = size.saturating_mul(n);
                }
                dims.push((*index, bound));
            }
        }
        (size <= STACK_LIMIT && dims.len() <= 3).then_some(dims)
    }

    /// The arrays on the stack, for the start of the function.
    pub fn declarations(&self) -> Block {
        self.slots.iter().map(|slot| Stmt::Local(*slot, Init::Zeros)).collect()
    }

    /// The forward sweep: the primal, each block keeping at its end what its reverse reads.
    pub fn forward(&self, block: &Block) -> Block {
        let mut out: Block = block
            .iter()
            .map(|stmt| match stmt {
                Stmt::For(original) => {
                    let mut l = original.clone();
                    l.body = self.forward(&original.body);
                    Stmt::For(l)
                }
                Stmt::If(original) => {
                    let mut l = original.clone();
                    l.then = self.forward(&original.then);
                    l.otherwise = self.forward(&original.otherwise);
                    Stmt::If(l)
                }
                _ => stmt.clone(),
            })
            .collect();
        for entry in self.kept.get(&std::ptr::from_ref(block)).into_iter().flatten() {
            out.push(match entry {
                Kept::Stack(v, place) => Stmt::Store(place.clone(), *v),
                Kept::Pushed(v) => Stmt::Push(*v),
                Kept::PushedAll(o) => Stmt::PushAll(Place::whole(*o)),
            });
        }
        out
    }
}

/// Gives every argument of a call that is written later a copy of its own, so that the reverse sweep finds what the
/// call read.
pub(super) fn snapshot_arguments(primal: &Program) -> Program {
    let timeline = Timeline::of(&primal.body);
    let mut program = primal.clone();
    let mut body = std::mem::take(&mut program.body);
    snapshot_block(&mut program, &primal.body, &mut body, &timeline);
    program.body = body;
    program
}

fn snapshot_block(program: &mut Program, original: &Block, block: &mut Block, timeline: &Timeline) {
    let mut out = Vec::new();
    for (was, mut stmt) in original.iter().zip(std::mem::take(block)) {
        match (&mut stmt, was) {
            (Stmt::For(l), Stmt::For(o)) => snapshot_block(program, &o.body, &mut l.body, timeline),
            (Stmt::If(l), Stmt::If(o)) => {
                snapshot_block(program, &o.then, &mut l.then, timeline);
                snapshot_block(program, &o.otherwise, &mut l.otherwise, timeline);
            }
            (Stmt::Call(call), _) => {
                for arg in &mut call.args {
                    let CallArg::Place { place, by_ref } = arg else { continue };
                    let object = &program.objects[place.object.0];
                    if object.read_only || timeline.stable_at(was, place.object) {
                        continue;
                    }
                    let shape = if place.path.is_empty() { object.shape.clone() } else { Shape::Unknown };
                    let name = format!("{}_before", object.name);
                    let copy = program.object(name, shape, Span::call_site());
                    out.push(Stmt::Local(copy, Init::From(place.clone())));
                    *arg = CallArg::Place { place: Place::whole(copy), by_ref: *by_ref };
                }
            }
            _ => {}
        }
        out.push(stmt);
    }
    *block = out;
}

/// Whether a statement of an arm only computes a cheap value from values and from memory that is never written.
fn chooses(primal: &Program, stmt: &Stmt) -> bool {
    match stmt {
        Stmt::Let(_, Op::Load(place)) => primal.objects[place.object.0].read_only,
        Stmt::Let(_, Op::Prim(prim, _)) => prim.cost() == Cost::Cheap,
        Stmt::Let(_, op) => !matches!(op, Op::Powi(..)),
        _ => false,
    }
}

/// The branch once more, with values of its own.
fn repeated_choice(program: &mut Program, branch: &If, renamed: &mut HashMap<Value, Value>) -> Stmt {
    let mut copy = branch.clone();
    for stmt in copy.then.iter_mut().chain(&mut copy.otherwise) {
        if let Stmt::Let(v, _) = stmt {
            *v = twin_value(program, *v, renamed);
        }
    }
    for m in &mut copy.merges {
        m.result = twin_value(program, m.result, renamed);
    }
    Stmt::If(copy)
}

fn twin_value(program: &mut Program, v: Value, renamed: &mut HashMap<Value, Value>) -> Value {
    let info = program.info(v).clone();
    let copy = program.value(info.kind, info.name, info.span);
    program.values[copy.0].int_type = info.int_type;
    renamed.insert(v, copy);
    copy
}

/// Points a repeated statement at the memory that it makes this time.
fn retarget(program: &mut Program, stmt: &mut Stmt, from: Obj, to: Obj) {
    match stmt {
        Stmt::Local(o, _) if *o == from => *o = to,
        Stmt::Call(call) => {
            call.result = match call.result {
                crate::ir::CallResult::Object(o) if o == from => crate::ir::CallResult::Object(to),
                crate::ir::CallResult::Value(v) => {
                    let kind = program.kind(v);
                    crate::ir::CallResult::Value(program.fresh(kind))
                }
                other => other,
            };
        }
        _ => {}
    }
}

/// Lets a statement and its nested blocks read and write the twins of some objects.
fn redirect(stmt: &mut Stmt, twins: &HashMap<Obj, Obj>) {
    if twins.is_empty() {
        return;
    }
    let go = |place: &mut Place| {
        if let Some(twin) = twins.get(&place.object) {
            place.object = *twin;
        }
    };
    match stmt {
        Stmt::Let(_, Op::Load(p) | Op::Len(p)) => go(p),
        Stmt::Local(_, Init::From(p) | Init::ZerosLike(p)) => go(p),
        Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
            go(p);
            go(q);
        }
        Stmt::Store(p, _) | Stmt::Accumulate(p, _) | Stmt::Clear(p) => go(p),
        Stmt::For(l) => l.body.iter_mut().for_each(|s| redirect(s, twins)),
        Stmt::If(l) => {
            l.then.iter_mut().for_each(|s| redirect(s, twins));
            l.otherwise.iter_mut().for_each(|s| redirect(s, twins));
        }
        Stmt::Call(call) => {
            for arg in call.args.iter_mut().chain(call.twins.iter_mut().flatten()) {
                if let CallArg::Place { place, .. } = arg {
                    go(place);
                }
            }
        }
        _ => {}
    }
}

/// When memory is read and written: statements numbered in the order of the text, with the loops around them.
struct Timeline {
    /// For each value the number of the statement that defines it.
    defined: HashMap<Value, usize>,
    numbers: HashMap<*const Stmt, usize>,
    /// For each object the numbers of the statements that write it, its birth excepted.
    writes: HashMap<Obj, Vec<usize>>,
    births: HashMap<Obj, usize>,
    /// For each loop the first and the last number in it.
    loops: Vec<(usize, usize)>,
    indices: HashSet<Value>,
}

impl Timeline {
    fn of(body: &Block) -> Self {
        let mut timeline = Timeline {
            defined: HashMap::new(),
            numbers: HashMap::new(),
            writes: HashMap::new(),
            births: HashMap::new(),
            loops: Vec::new(),
            indices: HashSet::new(),
        };
        timeline.block(body, &mut 0);
        timeline
    }

    fn block(&mut self, block: &Block, clock: &mut usize) {
        for stmt in block {
            *clock += 1;
            self.numbers.insert(std::ptr::from_ref(stmt), *clock);
            for v in stmt.defines() {
                self.defined.insert(v, *clock);
            }
            let born = super::local_objects(stmt);
            for o in &born {
                self.births.insert(*o, *clock);
            }
            for o in stmt.writes() {
                if !born.contains(&o) {
                    self.writes.entry(o).or_default().push(*clock);
                }
            }
            let first = *clock;
            if let Stmt::For(l) = stmt {
                self.indices.insert(l.index);
            }
            for inner in stmt.blocks() {
                self.block(inner, clock);
            }
            if matches!(stmt, Stmt::For(_)) {
                self.loops.push((first, *clock));
            }
        }
    }

    /// Whether nobody writes the object after the statement of this number.
    fn stable_after(&self, now: usize, o: Obj) -> bool {
        let birth = self.births.get(&o).copied().unwrap_or(0);
        self.writes.get(&o).into_iter().flatten().all(|write| {
            let repeated = self.loops.iter().any(|(first, last)| {
                let around = |n: usize| *first <= n && n <= *last;
                around(now) && around(*write) && birth < *first
            });
            *write < now && !repeated
        })
    }

    fn stable(&self, read: Value, o: Obj) -> bool {
        self.defined.get(&read).is_some_and(|now| self.stable_after(*now, o))
    }

    fn stable_at(&self, stmt: &Stmt, o: Obj) -> bool {
        self.numbers.get(&std::ptr::from_ref(stmt)).is_some_and(|now| self.stable_after(*now, o))
    }

    fn written_after_birth(&self, o: Obj) -> bool {
        self.writes.contains_key(&o)
    }

    fn index_like(&self, v: Value) -> bool {
        self.indices.contains(&v)
    }
}
