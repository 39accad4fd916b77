//! When memory is read and written.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::Obj;
use crate::ir::Stmt;
use crate::ir::Value;

/// When memory is read and written: statements numbered in the order of the text, with the loops around them.
pub(super) struct Timeline {
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
    pub(super) fn of(body: &Block) -> Self {
        let mut timeline = Timeline {
            defined: HashMap::default(),
            numbers: HashMap::default(),
            writes: HashMap::default(),
            births: HashMap::default(),
            loops: Vec::new(),
            indices: HashSet::default(),
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
            let born = stmt.births();
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

    pub(super) fn stable(&self, read: Value, o: Obj) -> bool {
        self.defined.get(&read).is_some_and(|now| self.stable_after(*now, o))
    }

    pub(super) fn stable_at(&self, stmt: &Stmt, o: Obj) -> bool {
        self.numbers.get(&std::ptr::from_ref(stmt)).is_some_and(|now| self.stable_after(*now, o))
    }

    pub(super) fn written_after_birth(&self, o: Obj) -> bool {
        self.writes.contains_key(&o)
    }

    pub(super) fn index_like(&self, v: Value) -> bool {
        self.indices.contains(&v)
    }
}
