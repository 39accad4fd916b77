//! Neighbouring cells, drawn together with the widest vector registers that the machine has.
//!
//! The numbers are the same bits on every machine, and those that come out one by one. Those of several paths may lie side by side: of
//! each process in each cell there are then as many as there are paths.

use std::array;
use std::array::from_fn;

use crate::noise::normal::of_words;
use crate::noise::philox::philox_wide;
use crate::noise::stream::Stream;
use crate::wide::Work;
use crate::wide::each;
use crate::wide::widest;

/// How many cells are drawn together.
const CELLS: usize = 16;

/// What happens in neighbouring cells of level zero to a pair of processes of `P` paths. A cell is in one place, in the order in which it
/// is asked for: who reads two numbers at once that were written one by one waits for them.
type Cells<const P: usize> = [[[f64; P]; 2]; CELLS];

/// What happens in neighbouring cells of level zero.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Which of the rows.
    block: u64,
    /// The cell that was asked for last.
    asked: u64,
    /// How many numbers there are for each cell: increments, and space-time areas if these are asked for.
    widths: [usize; 2],
    /// Both of them, [`Cells`] of each pair of processes.
    values: [Vec<f64>; 2],
}

/// Adds numbers to others, or writes them there.
#[inline(always)]
fn put<const ADD: bool, const P: usize, const N: usize>(out: &mut [[f64; P]; N], values: &[[f64; P]; N]) {
    if ADD {
        for (out, values) in out.as_flattened_mut().iter_mut().zip(values.as_flattened()) {
            *out += values;
        }
    } else {
        // As a whole.
        *out = *values;
    }
}

impl Row {
    /// One that holds nothing.
    pub fn new() -> Self {
        // No cell is next to the last number there is.
        Self { block: u64::MAX, asked: u64::MAX / 2, widths: [0; 2], values: [Vec::new(), Vec::new()] }
    }

    /// Whether it knows a cell, with so many numbers of both kinds.
    #[inline(always)]
    pub fn holds(&self, index: u64, widths: [usize; 2]) -> bool {
        index / CELLS as u64 == self.block && widths == self.widths
    }

    /// Whether it was ever filled with so many numbers of both kinds.
    #[inline(always)]
    pub fn is_made_for(&self, widths: [usize; 2]) -> bool {
        self.block != u64::MAX && widths == self.widths
    }

    /// Adds what happens in a cell that it holds to numbers, or writes it there.
    #[inline(always)]
    pub fn read<const ADD: bool, const P: usize>(&mut self, index: u64, out: [&mut [f64]; 2]) {
        self.asked = index;
        let which = index as usize % CELLS;
        for (out, values) in out.into_iter().zip(&self.values) {
            let cells = values.as_chunks::<P>().0.as_chunks::<2>().0.as_chunks::<CELLS>().0;
            let (pairs, single) = out.as_chunks_mut::<P>().0.as_chunks_mut::<2>();
            for (pair, cells) in pairs.iter_mut().zip(cells) {
                put::<ADD, P, 2>(pair, &cells[which]);
            }
            if let (Ok(single), Some(cells)) = (<&mut [_; 1]>::try_from(single), cells.last()) {
                put::<ADD, P, 1>(single, array::from_ref(&cells[which][0]));
            }
        }
    }

    /// Makes room for a cell that it does not hold, where it is one of those next to the last, so that the row is to be filled.
    pub fn moves_to<const P: usize>(&mut self, index: u64, widths: [usize; 2]) -> bool {
        let is_next = index.abs_diff(self.asked) == 1;
        self.asked = index;
        if is_next {
            self.block = index / CELLS as u64;
            self.widths = widths;
            for (values, width) in self.values.iter_mut().zip(widths) {
                values.resize(width.div_ceil(2 * P) * 2 * P * CELLS, 0.0);
            }
        }
        is_next
    }

    /// Draws one kind of what happens in the cells of the row: `root` times normal numbers for a purpose.
    pub fn fill<const P: usize>(&mut self, kind: usize, root: f64, purpose: u32, streams: &[Stream; P]) {
        let cells = self.values[kind].as_chunks_mut::<P>().0.as_chunks_mut::<2>().0.as_chunks_mut().0;
        widest(Fill { cells, root, block: self.block, purpose, streams });
    }
}

/// A row to be filled.
struct Fill<'a, const P: usize> {
    cells: &'a mut [Cells<P>],
    root: f64,
    block: u64,
    purpose: u32,
    streams: &'a [Stream; P],
}

/// How many numbers a vector register is expected to hold, at most.
const WIDTH: usize = 8;

impl<const P: usize> Work for Fill<'_, P> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        const { assert!(CELLS == 2 * WIDTH && WIDTH.is_multiple_of(P)) };
        // As many registers at once as there are numbers for, up to four.
        if const { CELLS * P >= 4 * WIDTH } { self.in_turns::<4>() } else { self.in_turns::<2>() }
    }
}

impl<const P: usize> Fill<'_, P> {
    /// In `K` registers, one operation for each of them before the next: what waits for one register is then several operations away,
    /// and the processor does not see far enough to find others by itself.
    // Lanes are numbered: what has a lane is in several arrays.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn in_turns<const K: usize>(self) {
        let Self { cells, root, block, purpose, streams } = self;
        let at_once = K * WIDTH / P;
        // The place of the first cell in two words: it is a multiple of their number, which the first word does not overflow.
        let first = block * CELLS as u64;
        let (place, high) = (first & 0xffff_ffff, first >> 32 | u64::from(purpose) << 24);
        let of_lane = |lane: usize| &streams[lane % P];
        let trajectories: [u64; WIDTH] = from_fn(|lane| u64::from(of_lane(lane).trajectory));
        let keys = [0, 1].map(|which| from_fn::<u64, WIDTH, _>(|lane| u64::from(of_lane(lane).key[which])));
        for (pair, cells) in cells.iter_mut().enumerate() {
            for (cells, place) in cells.chunks_exact_mut(at_once).zip((place..).step_by(at_once)) {
                let mut numbers = [[[0.0; WIDTH]; K]; 2];
                for lane in 0..WIDTH {
                    let places = each(|i| place + ((WIDTH * i + lane) / P) as u64);
                    let counter = [places, [high; K], [pair as u64; K], [trajectories[lane]; K]];
                    let [a, b, c, d] = philox_wide(counter, [keys[0][lane], keys[1][lane]]);
                    let words = |high: [u64; K], low: [u64; K]| each(|i| high[i] << 32 | low[i]);
                    let [x, y] = of_words::<K>([words(a, b), words(c, d)], root);
                    for i in 0..K {
                        (numbers[0][i][lane], numbers[1][i][lane]) = (x[i], y[i]);
                    }
                }
                for (cell, of_cell) in cells.iter_mut().enumerate() {
                    for (which, numbers) in numbers.iter().enumerate() {
                        of_cell[which] = numbers.as_flattened().as_chunks::<P>().0[cell];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// With registers of any width, for any number of paths and processes, a number is the one at its place.
    #[test]
    fn many_are_one_by_one() {
        side_by_side::<1>(1);
        side_by_side::<1>(4);
        side_by_side::<4>(3);
        side_by_side::<2>(2);
    }

    fn side_by_side<const P: usize>(n: usize) {
        let streams: [Stream; P] =
            from_fn(|i| Stream { key: [3, 5 + i as u32], trajectory: 1000 * i as u32 });
        let (block, widths) = ((1 << 33) + 7, [n * P, 0]);
        let draw = |wide: bool| {
            let mut row = Row::new();
            row.asked = block * CELLS as u64 - 1;
            assert!(row.moves_to::<P>(block * CELLS as u64, widths));
            let cells = row.values[0].as_chunks_mut::<P>().0.as_chunks_mut::<2>().0.as_chunks_mut().0;
            let work = Fill { cells, root: 0.3, block, purpose: 2, streams: &streams };
            if wide {
                widest(work)
            } else {
                work.run::<false>()
            }
            row
        };
        let (mut narrow, mut wide) = (draw(false), draw(true));
        for cell in 0..CELLS as u64 {
            let place = block * CELLS as u64 + cell;
            assert!(narrow.holds(place, widths));
            let [mut numbers, mut others] = [vec![0.0; n * P], vec![0.0; n * P]];
            narrow.read::<false, P>(place, [&mut numbers, &mut []]);
            wide.read::<true, P>(place, [&mut others, &mut []]);
            for (i, (narrow, wide)) in numbers.iter().zip(&others).enumerate() {
                assert_eq!(narrow.to_bits(), wide.to_bits());
                let (path, process) = (i % P, i / P);
                let one = streams[path].draw((2, place), process as u32 / 2, 0.3)[process % 2];
                assert_eq!(narrow.to_bits(), one.to_bits());
            }
        }
    }
}
