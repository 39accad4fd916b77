//! Neighbouring cells, drawn together with the widest vector registers that the machine has.
//!
//! Nothing in it is fused: the numbers are the same bits on every machine, and those that come out one by one.

use pulp::Arch;
use pulp::Simd;
use pulp::WithSimd;

use crate::noise::normal::centred;
use crate::noise::normal::normals_of;
use crate::noise::philox::philox_lanes;

/// How many cells are drawn together.
const CELLS: usize = 16;

/// What happens in neighbouring cells of level zero, and behind them in one that stands alone.
#[derive(Debug, Clone)]
pub(super) struct Row {
    /// Which of the rows.
    block: u64,
    /// The cell that was asked for last.
    asked: u64,
    /// The increments of each cell side by side; the space-time areas, if these are asked for.
    values: [Vec<f64>; 2],
    /// Their probabilities.
    probabilities: Vec<f64>,
}

/// The key, the trajectory and the purpose of random numbers.
pub(super) type Stream = ([u32; 2], u32, u32);

impl Row {
    /// One that holds nothing.
    pub fn new() -> Self {
        // No cell is next to the last number there is.
        let values = [Vec::new(), Vec::new()];
        Self { block: u64::MAX, asked: u64::MAX / 2, values, probabilities: Vec::new() }
    }

    /// Whether it knows a cell; with areas or without.
    #[inline(always)]
    pub fn holds(&self, index: u64, areas: bool) -> bool {
        index / CELLS as u64 == self.block && areas != self.values[1].is_empty()
    }

    /// What happens in a cell that it holds.
    #[inline(always)]
    pub fn cell(&mut self, index: u64, n: usize) -> [&[f64]; 2] {
        self.asked = index;
        self.at(index as usize % CELLS, n)
    }

    #[inline(always)]
    fn at(&self, which: usize, n: usize) -> [&[f64]; 2] {
        let range = which * n..(which + 1) * n;
        let [w, h] = &self.values;
        [&w[range.clone()], h.get(range).unwrap_or(&[])]
    }

    /// Makes room for a cell that it does not hold; true if it is one of those next to the last, so that the row is to be filled.
    pub fn moves_to(&mut self, index: u64, n: usize, kinds: usize) -> bool {
        let is_next = index.abs_diff(self.asked) == 1;
        self.asked = index;
        if is_next {
            self.block = index / CELLS as u64;
        } else if (kinds == 1) != self.values[1].is_empty() {
            self.block = u64::MAX;
        }
        self.probabilities.resize(CELLS * n, 0.0);
        for (kind, values) in self.values.iter_mut().enumerate() {
            values.resize(if kind < kinds { (CELLS + 1) * n } else { 0 }, 0.0);
        }
        is_next
    }

    /// Draws one kind of what happens in the cells of the row.
    pub fn fill(&mut self, kind: usize, n: usize, root: f64, stream: Stream) {
        let Self { values, probabilities, block, .. } = self;
        let work =
            Fill { values: &mut values[kind][..CELLS * n], probabilities, n, root, block: *block, stream };
        if cfg!(debug_assertions) { work.run() } else { Arch::new().dispatch(work) }
    }

    /// Draws a cell that stands alone.
    pub fn alone(
        &mut self,
        n: usize,
        kinds: &[(u32, f64)],
        draw: impl Fn(u32, usize) -> [f64; 2],
    ) -> [&[f64]; 2] {
        for ((purpose, root), values) in kinds.iter().zip(&mut self.values) {
            for (pair, out) in values[CELLS * n..].chunks_mut(2).enumerate() {
                for (out, x) in out.iter_mut().zip(draw(*purpose, pair)) {
                    *out = root * x;
                }
            }
        }
        self.at(CELLS, n)
    }
}

/// A row to be filled: a piece of work, compiled for each kind of registers.
struct Fill<'a> {
    values: &'a mut [f64],
    probabilities: &'a mut [f64],
    n: usize,
    root: f64,
    block: u64,
    stream: Stream,
}

impl Fill<'_> {
    // Lanes are numbered: what has a lane is in several arrays.
    #[allow(clippy::needless_range_loop)]
    #[inline(always)]
    fn run(self) {
        let Self { values, probabilities, n, root, block, stream: (key, trajectory, purpose) } = self;
        for pair in 0..n.div_ceil(2) {
            let mut counter = [[0; CELLS]; 4];
            for lane in 0..CELLS {
                let place = block * CELLS as u64 + lane as u64;
                counter[0][lane] = place & 0xffff_ffff;
                counter[1][lane] = place >> 32 | u64::from(purpose) << 24;
                counter[2][lane] = pair as u64;
                counter[3][lane] = u64::from(trajectory);
            }
            let mut block = [[0; CELLS]; 4];
            philox_lanes(&counter, key, &mut block);
            let [a, b, c, d] = block;
            for lane in 0..CELLS {
                let first = lane * n + 2 * pair;
                probabilities[first] = centred(a[lane] << 32 | b[lane]);
                if 2 * pair + 1 < n {
                    probabilities[first + 1] = centred(c[lane] << 32 | d[lane]);
                }
            }
        }
        normals_of(probabilities, root, values);
    }
}

impl WithSimd for Fill<'_> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        self.run();
    }
}
