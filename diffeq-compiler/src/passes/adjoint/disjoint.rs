//! Which writes hit memory that no earlier active write can have hit.
//!
//! After the reverse of `place = value` the cotangent of `place` must be cleared, since what was there before did not
//! influence the result. Where nothing was there before, clearing is wasted; this analysis finds the common cases.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::visit;

/// The address of a statement of the primal: its identity while the pass runs.
type Id = *const Stmt;

#[derive(Clone)]
struct Write {
    id: Id,
    place: Place,
    /// The loops around it, outermost first, by number.
    loops: Vec<usize>,
    /// The arms around it: number of the branch, which arm.
    arms: Vec<(usize, bool)>,
}

struct Loop {
    index: Value,
    start: Value,
    end: Value,
    /// What has another value in another iteration.
    moving: HashSet<Value>,
}

/// The statements whose place is fresh.
pub(super) struct Disjoint {
    fresh: HashSet<Id>,
}

impl Disjoint {
    /// Looks at every write of a program.
    pub fn of(program: &Program) -> Self {
        let mut scan = Scan::default();
        scan.block(&program.body, &mut Vec::new(), &mut Vec::new());
        let mut fresh = HashSet::default();
        for (object, writes) in &scan.writes {
            let depth = scan.declared.get(object).copied().unwrap_or(0);
            for (n, write) in writes.iter().enumerate() {
                let before = writes.iter().enumerate().all(|(m, other)| {
                    let shared = write.loops.iter().zip(&other.loops).take_while(|(a, b)| a == b).count();
                    // the loops around both within which the object lives
                    let around = write.loops.get(depth..shared).unwrap_or_default();
                    let exclusive = write
                        .arms
                        .iter()
                        .any(|(branch, arm)| other.arms.iter().any(|(b, a)| b == branch && a != arm));
                    m == n || scan.apart(write, other, around) || around.is_empty() && (m > n || exclusive)
                });
                if before && scan.once(write, depth) {
                    fresh.insert(write.id);
                }
            }
        }
        Disjoint { fresh }
    }

    /// Whether no active write before `stmt` can have hit its place.
    pub fn first_write(&self, stmt: &Stmt) -> bool {
        self.fresh.contains(&std::ptr::from_ref(stmt))
    }
}

#[derive(Default)]
struct Scan {
    loops: Vec<Loop>,
    branches: usize,
    writes: HashMap<Obj, Vec<Write>>,
    /// How many loops are around an object's birth.
    declared: HashMap<Obj, usize>,
    ops: HashMap<Value, Op>,
}

impl Scan {
    fn block(&mut self, block: &Block, loops: &mut Vec<usize>, arms: &mut Vec<(usize, bool)>) {
        for stmt in block {
            for o in stmt.births() {
                self.declared.insert(o, loops.len());
            }
            match stmt {
                Stmt::Let(v, op) => _ = self.ops.insert(*v, op.clone()),
                // memory born with content was written by its birth
                Stmt::Local(o, Init::Elements(_) | Init::Filled(_) | Init::From(_)) => {
                    self.write(stmt, &Place::whole(*o), loops, arms);
                }
                Stmt::Store(p, _) | Stmt::Accumulate(p, _) | Stmt::Copy(p, _) => {
                    self.write(stmt, p, loops, arms)
                }
                Stmt::Call(_) => {
                    for o in stmt.births() {
                        self.write(stmt, &Place::whole(o), loops, arms);
                    }
                }
                Stmt::For(l) => {
                    loops.push(self.loops.len());
                    let mut moving: HashSet<Value> = visit::defined_within(&l.body).into_iter().collect();
                    moving.extend(l.carried.iter().map(|c| c.param).chain([l.index]));
                    self.loops.push(Loop { index: l.index, start: l.start, end: l.end, moving });
                    self.block(&l.body, loops, arms);
                    loops.pop();
                }
                Stmt::If(l) => {
                    let branch = self.branches;
                    self.branches += 1;
                    for (arm, first) in [(&l.then, true), (&l.otherwise, false)] {
                        arms.push((branch, first));
                        self.block(arm, loops, arms);
                        arms.pop();
                    }
                }
                _ => {}
            }
        }
    }

    fn write(&mut self, stmt: &Stmt, place: &Place, loops: &[usize], arms: &[(usize, bool)]) {
        let write = Write {
            id: std::ptr::from_ref(stmt),
            place: place.clone(),
            loops: loops.to_vec(),
            arms: arms.to_vec(),
        };
        self.writes.entry(place.object).or_default().push(write);
    }

    /// Whether a write hits another place in every iteration of the loops between it and its object's birth.
    fn once(&self, write: &Write, depth: usize) -> bool {
        write.loops.iter().skip(depth).all(|l| {
            let index = self.loops[*l].index;
            write.place.indices().any(|v| v == index || self.shifted(v) == Some(index))
        })
    }

    /// `i` for `i + 1`, `1 + i` and `i - 1`.
    fn shifted(&self, v: Value) -> Option<Value> {
        match self.ops.get(&v) {
            Some(Op::IntOp(IntOp::Add | IntOp::Sub, a, b)) if self.literal(*b).is_some() => Some(*a),
            Some(Op::IntOp(IntOp::Add, a, b)) if self.literal(*a).is_some() => Some(*b),
            _ => None,
        }
    }

    fn literal(&self, v: Value) -> Option<i128> {
        match self.ops.get(&v) {
            Some(Op::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// Whether two places cannot overlap, whatever the iterations of the loops around both in which they are written.
    fn apart(&self, a: &Write, b: &Write, around: &[usize]) -> bool {
        let moves = |v: Value| around.iter().any(|l| self.loops[*l].moving.contains(&v));
        a.place.path.iter().zip(&b.place.path).any(|(x, y)| match (x, y) {
            (Proj::Field(x), Proj::Field(y)) => x != y,
            (Proj::Index(x), Proj::Index(y)) => match (self.literal(*x), self.literal(*y)) {
                (Some(x), Some(y)) => x != y,
                _ => {
                    let ranges = self.range(*x, a).zip(self.range(*y, b));
                    ranges.is_some_and(|(x, y)| x.1 < y.0 || y.1 < x.0)
                        || self.outside(*x, *y, b, moves(*x))
                        || self.outside(*y, *x, a, moves(*y))
                }
            },
            _ => false,
        })
    }

    /// The least and the greatest value of an index, where they are known numbers.
    fn range(&self, v: Value, write: &Write) -> Option<(i128, i128)> {
        if let Some(l) = write.loops.iter().map(|l| &self.loops[*l]).find(|l| l.index == v) {
            return Some((self.range(l.start, write)?.0, self.range(l.end, write)?.1 - 1));
        }
        match self.ops.get(&v)? {
            Op::Int(n) => Some((*n, *n)),
            Op::IntOp(IntOp::Add, a, b) => {
                let (a, b) = (self.range(*a, write)?, self.range(*b, write)?);
                Some((a.0 + b.0, a.1 + b.1))
            }
            Op::IntOp(IntOp::Sub, a, b) => {
                let (a, b) = (self.range(*a, write)?, self.range(*b, write)?);
                Some((a.0 - b.1, a.1 - b.0))
            }
            _ => None,
        }
    }

    /// Whether `v` lies outside of the range of `index`, which is a loop's index around `write`; where it `moves`, in all
    /// iterations: the end of this row is inside of a longer one, `for k in (0..n).rev() { for i in 0..k { .. } }`.
    fn outside(&self, v: Value, index: Value, write: &Write, moves: bool) -> bool {
        write.loops.iter().map(|l| &self.loops[*l]).filter(|l| l.index == index).any(|l| {
            let below = match (self.literal(v), self.literal(l.start)) {
                (Some(v), Some(start)) => v < start,
                _ => false,
            };
            below || v == l.end && !moves
        })
    }
}
