//! Lets reversed loops run upwards where the order of their iterations does not matter: kinder to caches and to
//! vector units.
//!
//! `fisher`: VJP 860 ns, 975 without; `J'w` 292 and 396. `brusselator`: `J'w` 1.51 times the primal, 1.67 without.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::Carried;
use crate::ir::For;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::parts::Use;
use crate::ir::visit;
use crate::passes::exact::Exact;
use crate::rules::Prim;

/// Turns every reversed loop whose iterations only add to what the others do not read.
pub fn ascending(mut program: Program) -> Program {
    let exact = Exact::of(&program);
    turn(&mut program.body, &exact);
    program
}

fn turn(block: &mut Block, exact: &Exact) {
    for stmt in block {
        for inner in stmt.blocks_mut() {
            turn(inner, exact);
        }
        if let Stmt::For(l) = stmt {
            l.reversed = l.reversed && !commutes(l, exact);
        }
    }
}

/// Whether the iterations of a loop may run in any order; not where that shows in what must keep its bits.
pub(super) fn commutes(l: &For, exact: &Exact) -> bool {
    if l.again.is_some() || exact.is_made_in(l) {
        return false;
    }
    let (mut read, mut stored, mut added, mut born) =
        (HashSet::<Obj>::default(), HashSet::default(), HashSet::default(), HashSet::default());
    let mut ordered = false;
    visit::walk(&l.body, &mut |stmt| {
        ordered |= stmt.keeps();
        read.extend(stmt.loads());
        // a reversed call adds to the cotangents of its arguments
        added.extend(stmt.uses(|how| matches!(how, Use::Update | Use::Lend)));
        stored.extend(stmt.uses(|how| how == Use::Store));
        born.extend(stmt.births());
    });
    let sums = Sums::of(l);
    let hits = |written: &HashSet<Obj>| written.iter().any(|o| read.contains(o) && !born.contains(o));
    let overlaps = stored.iter().any(|o| !born.contains(o));
    !ordered && l.carried.iter().all(|c| sums.grows(c.param, c.next)) && !hits(&added) && !overlaps
}

/// What the values of a loop body are made of, to tell sums from recurrences.
struct Sums<'l> {
    ops: HashMap<Value, &'l Op>,
    /// The results of inner loops.
    inner: HashMap<Value, &'l Carried>,
    /// How often a value is read.
    reads: HashMap<Value, usize>,
}

impl<'l> Sums<'l> {
    fn of(l: &'l For) -> Self {
        let (mut ops, mut inner, mut reads) = (HashMap::default(), HashMap::default(), HashMap::default());
        visit::walk(&l.body, &mut |stmt| match stmt {
            Stmt::Let(v, op) => _ = ops.insert(*v, op),
            Stmt::For(l) => inner.extend(l.carried.iter().map(|c| (c.result, c))),
            _ => {}
        });
        for v in visit::read_within(&l.body).into_iter().chain(l.carried.iter().map(|c| c.next)) {
            *reads.entry(v).or_default() += 1;
        }
        Sums { ops, inner, reads }
    }

    /// Whether `end` is `start` and some summands, and nobody else looks at a sum on the way.
    fn grows(&self, start: Value, end: Value) -> bool {
        if self.reads.get(&end) != Some(&1) {
            return false;
        }
        if end == start {
            return true;
        }
        if let Some(c) = self.inner.get(&end) {
            return self.grows(c.param, c.next) && self.grows(start, c.init);
        }
        match self.ops.get(&end) {
            Some(Op::Prim(Prim::Add, args)) => args.iter().any(|arg| self.grows(start, *arg)),
            Some(Op::Prim(Prim::Sub, args)) => self.grows(start, args[0]),
            _ => false,
        }
    }
}
