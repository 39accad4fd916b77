//! Neighbouring cells, drawn together with the widest vector registers that the machine has.
//!
//! Nothing in it is fused: the numbers are the same bits on every machine, and those that come out one by one. Those of several paths
//! may lie side by side: of each process in each cell there are then as many as there are paths.

use crate::noise::normal::of_words;
use crate::noise::philox::philox_lanes;
use crate::wide::Work;
use crate::wide::widest;

/// How many cells are drawn together.
const CELLS: usize = 16;

/// What happens in neighbouring cells of level zero.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Which of the rows.
    block: u64,
    /// The cell that was asked for last.
    asked: u64,
    /// The increments of each process of each path, cell by cell; the space-time areas, if these are asked for.
    values: [Vec<[f64; CELLS]>; 2],
}

/// The key and the trajectory of the random numbers of a path.
pub(super) type Stream = ([u32; 2], u32);

impl Row {
    /// One that holds nothing.
    pub fn new() -> Self {
        // No cell is next to the last number there is.
        Self { block: u64::MAX, asked: u64::MAX / 2, values: [Vec::new(), Vec::new()] }
    }

    /// Whether it knows a cell, with so many numbers of both kinds.
    #[inline(always)]
    pub fn holds(&self, index: u64, widths: [usize; 2]) -> bool {
        let [w, h] = &self.values;
        index / CELLS as u64 == self.block && widths == [w.len(), h.len()]
    }

    /// Adds what happens in a cell that it holds to numbers, or writes it there.
    #[inline(always)]
    pub fn read<const ADD: bool>(&mut self, index: u64, out: [&mut [f64]; 2]) {
        self.asked = index;
        let which = index as usize % CELLS;
        for (out, values) in out.into_iter().zip(&self.values) {
            let put = |out: &mut f64, values: &[f64; CELLS]| {
                *out = if ADD { *out + values[which] } else { values[which] };
            };
            // In fours: a loop over slices of any length is compiled for long ones.
            let ((fours, rest), (of_four, of_rest)) = (out.as_chunks_mut::<4>(), values.as_chunks::<4>());
            for (out, values) in fours.iter_mut().zip(of_four) {
                (0..4).for_each(|i| put(&mut out[i], &values[i]));
            }
            rest.iter_mut().zip(of_rest).for_each(|(out, values)| put(out, values));
        }
    }

    /// Makes room for a cell that it does not hold, where it is one of those next to the last, so that the row is to be filled.
    pub fn moves_to(&mut self, index: u64, widths: [usize; 2]) -> bool {
        let is_next = index.abs_diff(self.asked) == 1;
        self.asked = index;
        if is_next {
            self.block = index / CELLS as u64;
            for (values, width) in self.values.iter_mut().zip(widths) {
                values.resize(width, [0.0; CELLS]);
            }
        }
        is_next
    }

    /// Draws one kind of what happens in the cells of the row: `root` times normal numbers for a purpose.
    pub fn fill(&mut self, kind: usize, root: f64, purpose: u32, streams: &[Stream]) {
        let work = Fill { values: &mut self.values[kind], root, block: self.block, purpose, streams };
        // Without optimisation there is nothing to win.
        if cfg!(debug_assertions) { work.run::<false>() } else { widest(work) }
    }
}

/// A row to be filled.
struct Fill<'a> {
    values: &'a mut [[f64; CELLS]],
    root: f64,
    block: u64,
    purpose: u32,
    streams: &'a [Stream],
}

impl Work for Fill<'_> {
    // Cells are numbered: what has a cell is in several arrays.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { values, root, block, purpose, streams } = self;
        let paths = streams.len();
        for (pair, values) in values.chunks_mut(2 * paths).enumerate() {
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
                let (mut first, mut second) = ([0.0; CELLS], [0.0; CELLS]);
                for cell in 0..CELLS {
                    let [x, y] = of_words(a[cell] << 32 | b[cell], c[cell] << 32 | d[cell]);
                    (first[cell], second[cell]) = (root * x, root * y);
                }
                values[path] = first;
                if let Some(values) = values.get_mut(paths + path) {
                    *values = second;
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
        let streams: Vec<Stream> = (0..4).map(|i| ([3, 5 + i], 1000 * i)).collect();
        for (paths, n) in [(1, 1), (1, 4), (4, 3), (3, 2)] {
            let block = (1 << 33) + 7;
            let draw = |wide: bool| {
                let mut values = vec![[0.0; CELLS]; n * paths];
                let work =
                    Fill { values: &mut values, root: 0.3, block, purpose: 2, streams: &streams[..paths] };
                if wide {
                    widest(work)
                } else {
                    work.run::<false>()
                }
                values
            };
            let (narrow, wide) = (draw(false), draw(true));
            let numbers = narrow.as_flattened().iter().zip(wide.as_flattened());
            for (i, (narrow, wide)) in numbers.enumerate() {
                assert_eq!(narrow.to_bits(), wide.to_bits());
                let (cell, path, process) = (i % CELLS, i / CELLS % paths, i / CELLS / paths);
                let (key, trajectory) = streams[path];
                let place = block * CELLS as u64 + cell as u64;
                let counter = [place as u32, (place >> 32) as u32 | 2 << 24, process as u32 / 2, trajectory];
                let one = 0.3 * normals(philox(counter, key))[process % 2];
                assert_eq!(narrow.to_bits(), one.to_bits());
            }
        }
    }
}
