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

mod like;
mod rewrite;
mod timeline;

use std::cell::Cell;

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;

use self::rewrite::chooses;
use self::rewrite::redirect;
use self::rewrite::repeated_choice;
use self::rewrite::retarget;
pub(super) use self::rewrite::snapshot_arguments;
use self::timeline::Timeline;
use super::Region;
use super::Scope;
use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::For;
use crate::ir::If;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integer::IntType;
use crate::ir::visit;
use crate::rules::Cost;

/// The most reals kept on the stack for one value: beyond that (32 KiB of `f64`) the workspace serves.
const STACK_LIMIT: usize = 4096;

/// The address of a block of the primal: its identity while the pass runs.
type BlockId = *const Block;

#[derive(Clone)]
enum Kept {
    /// In an array on the stack, at the place indexed by the loops around; the statements find where that is.
    Stack(Value, Block, Place),
    /// On the workspace.
    Pushed(Value),
    /// A whole aggregate on the workspace.
    PushedAll(Obj),
}

/// The iterations of a loop as places in an array.
#[derive(Debug, Clone)]
pub(crate) struct Room {
    /// The first index, where it is below zero.
    first: Option<i128>,
    /// How many places there are.
    len: Len,
}

/// The place of the present iteration in an array on the stack, and the statements that find it.
fn entry(program: &mut Program, slot: Obj, dims: &[(Value, Room)]) -> (Block, Place) {
    let (mut block, mut place) = (Block::new(), Place::whole(slot));
    for (index, room) in dims {
        let at = match room.first {
            None if program.info(*index).int_type.as_deref() == Some("usize") => *index,
            None => {
                let at = program.define(&mut block, ScalarKind::Int, Op::cast(*index, "usize"));
                program.values[at.0].int_type = Some("usize".to_string());
                at
            }
            Some(first) => {
                // the distance from a small negative number may be too large for the type of both
                let wide = program.define(&mut block, ScalarKind::Int, Op::cast(*index, "isize"));
                let first = program.define(&mut block, ScalarKind::Int, Op::Int(first));
                let at = program.define(&mut block, ScalarKind::Int, Op::IntOp(IntOp::Sub, wide, first));
                for v in [wide, first, at] {
                    program.values[v.0].int_type = Some("isize".to_string());
                }
                at
            }
        };
        place = place.index(at);
    }
    (block, place)
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
    /// Whether there was a value of which that decides anything.
    pub met_dear: Cell<bool>,
    /// Branches that do nothing but choose between cheap values, by the values that they define.
    choices: HashMap<Value, If>,
    kept: HashMap<BlockId, Vec<Kept>>,
    slots: Vec<Obj>,
    ops: HashMap<Value, Op>,
    births: HashMap<Obj, Stmt>,
    /// The copies that are written to an object, or to its elements.
    copies: HashMap<Obj, Vec<(Place, Place)>>,
    timeline: Timeline,
    primal_objects: usize,
    /// Objects born in the function's own block, and arguments: in scope wherever the reverse sweep is.
    outermost: HashSet<Obj>,
    /// Arguments and values of the function's own block, likewise.
    outer_values: HashSet<Value>,
    /// The aggregates kept on the workspace, with the memory that they come back to.
    pub twins: Vec<(Obj, Obj)>,
    shapes: Vec<Shape>,
    read_only: Vec<bool>,
}

/// Takes away what is kept and looked at by nobody, once the program is simplified; whether there was anything.
pub(super) fn forget(program: &mut Program, twins: &[(Obj, Obj)]) -> bool {
    let mut read = HashSet::default();
    visit::walk(&program.body, &mut |stmt| {
        read.extend(stmt.loads());
        if !matches!(stmt, Stmt::PopAll(_) | Stmt::Local(..)) {
            read.extend(stmt.writes());
        }
    });
    let idle: Vec<&(Obj, Obj)> = twins.iter().filter(|(_, twin)| !read.contains(twin)).collect();
    if idle.is_empty() {
        return false;
    }
    let body = std::mem::take(&mut program.body);
    program.body = visit::rewrite(body, &mut |stmt, out| match &stmt {
        Stmt::PushAll(place) if idle.iter().any(|(o, _)| *o == place.object) => {}
        Stmt::PopAll(place) if idle.iter().any(|(_, twin)| *twin == place.object) => {}
        _ => out.push(stmt),
    });
    true
}

impl Keep {
    /// Prepares for a program.
    pub fn of(primal: &Program, dear: Dear) -> Self {
        let mut choices = HashMap::default();
        let mut ops = HashMap::default();
        let mut births = HashMap::default();
        let mut copies: HashMap<Obj, Vec<(Place, Place)>> = HashMap::default();
        visit::walk(&primal.body, &mut |stmt| {
            if let Stmt::Let(v, op) = stmt {
                ops.insert(*v, op.clone());
            }
            if let Stmt::If(branch) = stmt
                && [&branch.then, &branch.otherwise].into_iter().flatten().all(|inner| chooses(primal, inner))
            {
                choices.extend(branch.merges.iter().map(|m| (m.result, branch.clone())));
            }
            for o in stmt.births() {
                births.insert(o, stmt.clone());
            }
            if let Stmt::Copy(to, from) = stmt {
                copies.entry(to.object).or_default().push((to.clone(), from.clone()));
            }
        });
        let mut outermost: HashSet<Obj> = (0..primal.objects.len()).map(Obj).collect();
        visit::walk(&primal.body, &mut |stmt| {
            for o in stmt.births() {
                outermost.remove(&o);
            }
        });
        for stmt in &primal.body {
            outermost.extend(stmt.births());
        }
        let mut outer_values: HashSet<Value> = primal.body.iter().flat_map(Stmt::defines).collect();
        outer_values.extend(primal.args.iter().filter_map(|arg| match arg {
            Arg::Value(v) => Some(*v),
            Arg::Object(_) => None,
        }));
        Keep {
            dear,
            met_dear: Cell::new(false),
            choices,
            kept: HashMap::default(),
            slots: Vec::new(),
            ops,
            births,
            copies,
            timeline: Timeline::of(&primal.body),
            primal_objects: primal.objects.len(),
            outermost,
            outer_values,
            twins: Vec::new(),
            shapes: primal.objects.iter().map(|o| o.shape.clone()).collect(),
            read_only: primal.objects.iter().map(|o| o.read_only).collect(),
        }
    }

    /// The room that an array needs for one entry an iteration, where that is constant.
    pub fn room(&self, program: &Program, l: &For) -> Option<Room> {
        let int_type = program.info(l.index).int_type.as_deref().and_then(IntType::of);
        let unsigned = int_type.is_some_and(|ty| !ty.signed);
        match self.ops.get(&l.start) {
            Some(Op::Int(first)) if *first < 0 => match self.ops.get(&l.end)? {
                Op::Int(end) => {
                    let len = usize::try_from(end - first).unwrap_or(0);
                    Some(Room { first: Some(*first), len: Len::Lit(len) })
                }
                _ => None,
            },
            Some(Op::Int(_)) => Some(Room { first: None, len: self.bound(program, l.end)? }),
            _ if unsigned => Some(Room { first: None, len: self.bound(program, l.end)? }),
            _ => None,
        }
    }

    /// A constant upper bound of what is at least zero.
    fn bound(&self, program: &Program, end: Value) -> Option<Len> {
        let int_type = program.info(end).int_type.as_deref();
        match self.ops.get(&end)? {
            Op::Int(n) => usize::try_from(*n).ok().map(Len::Lit),
            Op::IntNamed(path) => match int_type {
                Some("usize") => Some(Len::Expr(path.clone())),
                // a constant of a type that only rustc knows; those that are generic have theirs
                None => Some(Len::cast(path)),
                Some(_) => None,
            },
            Op::IntOp(IntOp::Sub, a, b) => {
                let unsigned = int_type.and_then(IntType::of).is_some_and(|ty| !ty.signed);
                let less = unsigned || matches!(self.ops.get(b), Some(Op::Int(n)) if *n >= 0);
                less.then(|| self.bound(program, *a)).flatten()
            }
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
        let mut renamed: HashMap<Value, Value> = HashMap::default();
        let index = looped.map(|(index, _)| {
            let info = program.info(index).clone();
            let copy = program.value(ScalarKind::Int, info.name, info.span);
            program.values[copy.0].int_type = info.int_type;
            renamed.insert(index, copy);
            copy
        });
        let params: Vec<Value> = looped.map(|(_, params)| params.to_vec()).unwrap_or_default();
        let mut here: HashSet<Value> = block.iter().flat_map(Stmt::defines).collect();
        here.extend(&params);

        // which values of this block are read, and how each is had
        let mut again: HashSet<Value> = HashSet::default();
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
                        let mut read = visit::read_within(&[Stmt::If(branch.clone())]);
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
            if info.kind == ScalarKind::Int {
                program.alike.push((*v, copy));
            }
            renamed.insert(*v, copy);
        }
        let stack = self.stack_shape(scope);
        for v in &keep {
            match &stack {
                Some(dims) => {
                    let info = program.info(*v).clone();
                    let shape = dims.iter().rev().fold(Shape::Scalar(info.kind), |inner, (_, room)| {
                        Shape::Array(Box::new(inner), room.len.clone())
                    });
                    let name = format!("{}_kept", info.name.unwrap_or_else(|| "value".into()));
                    let slot = program.object(name, shape, Span::call_site());
                    program.objects[slot.0].int_type = info.int_type;
                    self.slots.push(slot);
                    let (where_kept, place) = entry(program, slot, dims);
                    kept.push(Kept::Stack(*v, where_kept, place));
                    let (where_kept, place) = entry(program, slot, dims);
                    prefix.extend(where_kept);
                    prefix.push(Stmt::Let(renamed[v], Op::Load(place)));
                }
                None => kept.push(Kept::Pushed(*v)),
            }
        }
        for o in &objects {
            kept.push(Kept::PushedAll(*o));
        }
        // taken back in the opposite order
        let mut twins: HashMap<Obj, Obj> = HashMap::default();
        for entry in kept.iter().rev() {
            match entry {
                Kept::Stack(..) => {}
                Kept::Pushed(v) => prefix.push(Stmt::Pop(renamed[v])),
                Kept::PushedAll(o) => {
                    let twin = self.twin(program, *o, &mut prefix);
                    prefix.push(Stmt::PopAll(Place::whole(twin)));
                    twins.insert(*o, twin);
                    self.twins.push((*o, twin));
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
                    for o in stmt.births() {
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
        let born: HashSet<Obj> = block.iter().flat_map(Stmt::births).collect();
        let mut wanted: Vec<Obj> = Vec::new();
        visit::walk(code, &mut |stmt| {
            wanted.extend(stmt.loads().into_iter().filter(|o| born.contains(o)));
        });
        wanted.sort();
        wanted.dedup();
        let mut keep = Vec::new();
        let mut again = HashSet::default();
        let mut at = 0;
        while let Some(o) = wanted.get(at).copied() {
            at += 1;
            let written_once = !self.timeline.written_after_birth(o);
            let birth = &self.births[&o];
            let repeatable = match birth {
                Stmt::Local(_, Init::Zeros | Init::Filled(_) | Init::Elements(_)) => written_once,
                Stmt::Local(_, Init::From(p) | Init::ZerosLike(p) | Init::ZerosAlong(p)) => {
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

    /// Whether a value is computed again rather than kept.
    fn cheap(&self, v: Value, op: &Op) -> bool {
        let may_repeat = || {
            self.met_dear.set(true);
            self.dear == Dear::Again && op.operands().into_iter().all(|operand| self.at_hand(operand))
        };
        match op {
            Op::Prim(prim, _) => prim.cost() == Cost::Cheap || may_repeat(),
            Op::Powi(..) => may_repeat(),
            Op::Load(place) => {
                let o = place.object;
                o.0 < self.primal_objects
                    && self.outermost.contains(&o)
                    && (self.read_only[o.0] || self.timeline.stable(v, o))
            }
            Op::Len(place) => place.object.0 < self.primal_objects && self.outermost.contains(&place.object),
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
                    let inside = visit::defined_within(&[Stmt::If(branch.clone())]);
                    let read = visit::read_within(&[Stmt::If(branch.clone())]);
                    read.into_iter().all(|w| inside.contains(&w) || self.at_hand(w))
                }
                None => self.timeline.index_like(v),
            },
        }
    }

    /// The loops around with their trip counts, if each is known and the product is small.
    fn stack_shape(&self, scope: &Scope) -> Option<Vec<(Value, Room)>> {
        let mut dims = Vec::new();
        let mut size = 1usize;
        for region in &scope.regions {
            if let Region::Loop { index, room } = region {
                let room = room.clone()?;
                if let Len::Lit(n) = room.len {
                    size = size.saturating_mul(n);
                }
                dims.push((*index, room));
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
            match entry {
                Kept::Stack(v, where_kept, place) => {
                    out.extend(where_kept.iter().cloned());
                    out.push(Stmt::Store(place.clone(), *v));
                }
                Kept::Pushed(v) => out.push(Stmt::Push(*v)),
                Kept::PushedAll(o) => out.push(Stmt::PushAll(Place::whole(*o))),
            }
        }
        out
    }
}
