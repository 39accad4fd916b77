//! The tree of a path: cells of time that are halved again and again, each half from its whole.
//!
//! Times are counted in ticks. A cell of level zero is `2^depth` ticks long, one of level `l` half as long as one of level
//! `l - 1`, and starts at a multiple of its length. What happens in it follows from its parent and from normal numbers that
//! belong to it, so that it is the same whatever was asked before. For each level the halves of two parents are remembered,
//! side by side for neighbours: who goes on to the next piece of time finds most of it there.

use crate::noise::piece::Piece;

/// Where the pieces of cells come from.
pub(super) trait Source {
    /// Writes the pieces of all processes in cell `index` of level zero, each to the first of its two places.
    fn roots(&self, index: u64, pieces: &mut [[Piece; 2]]);
    /// Writes the halves of the pieces of all processes in a cell of a level, those in one of two places; `middle` is twice the tick
    /// in the middle of the cell, which no other cell has.
    fn split(&self, level: u32, middle: u64, pieces: (&[[Piece; 2]], usize), halves: &mut [[Piece; 2]]);
}

/// How many parents a level remembers.
const PARENTS: usize = 2;

/// The cells that were asked for last.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    processes: usize,
    depth: u32,
    /// For each level and each of the parents which it is; for level zero, which cell.
    keys: Vec<u64>,
    /// Both halves of these parents, for each process one beside the other; for level zero, the cell itself.
    pieces: Vec<[Piece; 2]>,
}

impl Cells {
    pub fn new(processes: usize, depth: u32) -> Self {
        let entries = (depth as usize + 1) * PARENTS;
        Self {
            processes,
            depth,
            keys: vec![u64::MAX; entries],
            pieces: vec![[Piece::default(); 2]; entries * processes],
        }
    }

    fn entry(level: u32, key: u64) -> usize {
        level as usize * PARENTS + (key as usize & (PARENTS - 1))
    }

    /// The pieces of all processes in cell `index` of a level, and which of the two there it is.
    #[inline]
    pub fn of(&mut self, source: &impl Source, level: u32, index: u64) -> (&[[Piece; 2]], usize) {
        let key = |level: u32, index: u64| if level == 0 { index } else { index >> 1 };
        let mut known = level;
        loop {
            let key = key(known, index >> (level - known));
            if self.keys[Self::entry(known, key)] == key {
                break;
            }
            if known == 0 {
                self.root(source, key);
                break;
            }
            known -= 1;
        }
        for child in known + 1..=level {
            self.split(source, child, index >> (level - child));
        }
        let at = Self::entry(level, key(level, index)) * self.processes;
        let which = if level == 0 { 0 } else { (index & 1) as usize };
        (&self.pieces[at..at + self.processes], which)
    }

    fn root(&mut self, source: &impl Source, index: u64) {
        let entry = Self::entry(0, index);
        self.keys[entry] = index;
        source.roots(index, &mut self.pieces[entry * self.processes..][..self.processes]);
    }

    /// Halves the parent of cell `index` of a level; the parent is known.
    fn split(&mut self, source: &impl Source, level: u32, index: u64) {
        let (parent, n) = (index >> 1, self.processes);
        let above = Self::entry(level - 1, if level == 1 { parent } else { parent >> 1 }) * n;
        let which = if level == 1 { 0 } else { (parent & 1) as usize };
        let entry = Self::entry(level, parent);
        self.keys[entry] = parent;
        let middle = (2 * parent + 1) << (self.depth - level + 1);
        let (parents, children) = self.pieces.split_at_mut(entry * n);
        source.split(level - 1, middle, (&parents[above..above + n], which), &mut children[..n]);
    }
}

/// The cells that a piece of time from one tick to a later one is made of, in order: as few as there are. Each has its level
/// and its index there.
pub(super) fn cover(depth: u32, from: u64, to: u64) -> impl Iterator<Item = (u32, u64)> {
    let mut at = from;
    std::iter::from_fn(move || {
        if at >= to {
            return None;
        }
        let aligned = if at == 0 { depth } else { at.trailing_zeros().min(depth) };
        let size = aligned.min((to - at).ilog2());
        let cell = (depth - size, at >> size);
        at += 1 << size;
        Some(cell)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_cover_a_piece_once_and_are_few() {
        for (from, to) in [(0, 64), (0, 128), (3, 61), (63, 65), (17, 18), (1, 127), (64, 96)] {
            let (mut at, mut count) = (from, 0);
            for (level, index) in cover(6, from, to) {
                let size = 64 >> level;
                assert_eq!(index * size, at);
                (at, count) = (at + size, count + 1);
            }
            assert_eq!(at, to);
            assert!(count <= 12, "{count} cells from {from} to {to}");
        }
    }
}
