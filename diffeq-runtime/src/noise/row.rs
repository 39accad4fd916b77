//! Neighbouring cells, drawn together with the widest vector registers that the machine has.
//!
//! Nothing in it is fused: the numbers are the same bits on every machine, and those that come out one by one. Those of several paths
//! may lie side by side: of each process in each cell there are then as many as there are paths.

use std::array;

use crate::noise::normal::of_words;
use crate::noise::philox::philox_lanes;
use crate::wide::Work;
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

/// The key and the trajectory of the random numbers of a path.
pub(super) type Stream = ([u32; 2], u32);

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
        let work = Fill { cells, root, block: self.block, purpose, streams };
        // Without optimisation there is nothing to win.
        if cfg!(debug_assertions) { work.run::<false>() } else { widest(work) }
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

impl<const P: usize> Work for Fill<'_, P> {
    // Cells are numbered: what has a cell is in several arrays.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { cells, root, block, purpose, streams } = self;
        for (pair, cells) in cells.iter_mut().enumerate() {
            let mut numbers = [[[0.0; CELLS]; 2]; P];
            for (path, (key, trajectory)) in streams.iter().enumerate() {
                let mut counter = [[0; CELLS]; 4];
                for cell in 0..CELLS {
                    let place = block * CELLS as u64 + cell as u64;
                    counter[0][cell] = place & 0xffff_ffff;
                    counter[1][cell] = place >> 32 | u64::from(purpose) << 24;
                    counter[2][cell] = pair as u64;
                    counter[3][cell] = u64::from(*trajectory);
                }
                let mut words = [[0; CELLS]; 4];
                philox_lanes(&counter, *key, &mut words);
                let [a, b, c, d] = words;
                for cell in 0..CELLS {
                    let [x, y] = of_words(a[cell] << 32 | b[cell], c[cell] << 32 | d[cell]);
                    (numbers[path][0][cell], numbers[path][1][cell]) = (root * x, root * y);
                }
            }
            for cell in 0..CELLS {
                for which in 0..2 {
                    for path in 0..P {
                        cells[cell][which][path] = numbers[path][which][cell];
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::noise::normal::normals;
    use crate::noise::philox::philox;

    /// With registers of any width, for any number of paths and processes, a number is the one at its place.
    #[test]
    fn many_are_one_by_one() {
        side_by_side::<1>(1);
        side_by_side::<1>(4);
        side_by_side::<4>(3);
        side_by_side::<3>(2);
    }

    fn side_by_side<const P: usize>(n: usize) {
        let streams: [Stream; P] = std::array::from_fn(|i| ([3, 5 + i as u32], 1000 * i as u32));
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
                let (key, trajectory) = streams[path];
                let counter = [place as u32, (place >> 32) as u32 | 2 << 24, process as u32 / 2, trajectory];
                let one = 0.3 * normals(philox(counter, key))[process % 2];
                assert_eq!(narrow.to_bits(), one.to_bits());
            }
        }
    }
}
