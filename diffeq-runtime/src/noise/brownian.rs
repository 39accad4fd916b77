//! Brownian motion from a seed: a tree of bridges, each of which has its own random numbers.

use std::array;
use std::array::from_fn;

use crate::error::Error;
use crate::noise::cells::Cells;
use crate::noise::cells::Source;
use crate::noise::cells::cover;
use crate::noise::increment::Asks;
use crate::noise::increment::Increment;
use crate::noise::increment::Path;
use crate::noise::increment::Unresolved;
use crate::noise::increment::one_by_one;
use crate::noise::piece::Piece;
use crate::noise::piece::ROOT_OF_TWELFTH;
use crate::noise::row::Row;
use crate::noise::stream::Stream;
use crate::real::LANES;

/// Independent Wiener processes, made of a seed over a span of time.
///
/// The same seed is the same path, whatever the steps, their order and direction, rejections, methods and threads. Its law is
/// exact at all times that differ by more than four roundings of the clock, which is as close as steps may be: the motion over
/// the whole span is halved again and again, by the bridge of increment and space-time area, down to there. Each half has
/// normal numbers of its own, found by its place: Philox 4x32-10 under the seed, at a counter of cell, process and trajectory,
/// and two normal numbers from each block of 128 bits (Box and Muller).
///
/// A path belongs to its span: that of a problem over another span is another one, unless it was given with
/// [`SdeProblem::path`](crate::noise::SdeProblem::path).
///
/// Steps of adaptive size end where the tree is shallow. Those of a fixed size, a thousand to the span, go down some forty
/// halvings each; [`cells`](Self::cells) spares them that.
///
/// Source: Jelincic, Foster, Kidger, *Single-seed generation of Brownian paths and integrals for adaptive and high order SDE
/// solvers*, arXiv:2405.06464; Salmon et al., SC 2011; Box, Muller, Ann. Math. Statist. 29
/// (1958) 610-611.
///
/// ```
/// use diffeq_runtime::noise::{Brownian, Path};
///
/// let path = Brownian::new(7, (0.0, 2.0));
/// let coarse = path.values(1, &[0.0, 1.0, 2.0])?;
/// let fine = path.values(1, &[0.0, 0.3, 1.0, 1.25, 2.0])?;
/// assert_eq!(coarse[0], [0.0]);
/// assert!((coarse[1][0] - fine[2][0]).abs() < 1e-14 && (coarse[2][0] - fine[4][0]).abs() < 1e-14);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Brownian {
    seed: u64,
    trajectory: u32,
    span: (f64, f64),
    /// How long cells are, where it is not one for the whole span.
    cell: Option<f64>,
    /// How fine Lévy areas are, where it is not the step that says so.
    areas: Option<f64>,
    /// The span is that of the problem, and follows it.
    follows: bool,
    grid: Grid,
}

/// How times are counted.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Grid {
    start: f64,
    /// The length of a cell of level zero, and its square root.
    cell: f64,
    root: f64,
    /// How many ticks there are to a unit of time.
    rate: f64,
    /// How often it can be halved.
    depth: u32,
    /// How many ticks there are in all, at most 2^52; and as a float.
    ticks: u64,
    last: f64,
    /// At which level Lévy areas are drawn, at the latest.
    fine: u32,
}

/// A tick is at least so many roundings of the time.
const ROUNDINGS: f64 = 4.0;
/// Halvings beyond these are lost in the rounding of any clock.
const MOST_HALVINGS: f64 = 50.0;
/// A step of adaptive size ends on a multiple of its length over two to this power, or is a little longer than that.
const STRIDE: u32 = 5;

/// What a random number is for.
const ROOT: u32 = 0;
const ROOT_AREA: u32 = 1;
const HALVES: u32 = 2;
const AREA: u32 = 3;

impl Brownian {
    /// The processes of a seed over a span.
    pub fn new(seed: u64, span: (f64, f64)) -> Self {
        let grid =
            Grid { start: 0.0, cell: 1.0, root: 1.0, rate: 1.0, depth: 0, ticks: 1, last: 1.0, fine: 0 };
        Self { seed, trajectory: 0, span, cell: None, areas: None, follows: false, grid }.laid()
    }

    /// Those of the same seed for another trajectory: independent of all other trajectories; 0 by default.
    pub fn trajectory(self, trajectory: u32) -> Self {
        Self { trajectory, ..self }
    }

    /// Another path, which is drawn in cells of this length from the start of the span on, and halved inside: what happens in
    /// a cell takes one random number for each process, in ten cells ten. The path for steps of this size, or of small
    /// multiples or parts of it. By default there is one cell, the span.
    pub fn cells(self, length: f64) -> Self {
        Self { cell: Some(length), ..self }.laid()
    }

    /// Lévy areas are made up of those over pieces of this length, rounded to cells of the tree, or shorter, so that steps of
    /// all sizes above see the same areas. By default they are drawn for each step: their law is right given increments and
    /// space-time areas, but two solves of other steps see others.
    pub fn areas(self, resolution: f64) -> Self {
        Self { areas: Some(resolution), ..self }.laid()
    }

    /// The path of seed 0 of a problem, whose span it follows.
    pub(crate) fn of_problem(span: (f64, f64)) -> Self {
        Self { follows: true, ..Self::new(0, span) }
    }

    pub(crate) fn reseeded(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Its seed.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    fn laid(self) -> Self {
        let (start, end) = self.bounds();
        let cell = self.cell.unwrap_or(end - start);
        let rounding = ROUNDINGS * f64::EPSILON * f64::max(start.abs(), end.abs());
        // What makes no sense here is refused where a solve starts.
        let depth = (cell / rounding).log2().floor().clamp(0.0, MOST_HALVINGS) as u32;
        let cells = ((end - start) / cell * (1.0 - 1e-12)).ceil().max(1.0);
        let ticks = (cells as u64).saturating_mul(1 << depth).min(1 << 52);
        let fine = self.areas.map_or(0.0, |areas| (cell / areas).log2().ceil());
        let fine = fine.clamp(0.0, f64::from(depth)) as u32;
        let (root, rate) = (cell.sqrt(), (1_u64 << depth) as f64 / cell);
        Self { grid: Grid { start, cell, root, rate, depth, ticks, last: ticks as f64, fine }, ..self }
    }

    fn bounds(&self) -> (f64, f64) {
        let (a, b) = self.span;
        (f64::min(a, b), f64::max(a, b))
    }

    /// The tick nearest to a time, if it is within the span.
    #[inline]
    fn tick(&self, t: f64) -> Result<u64, Unresolved> {
        /// Of the number that has an integer below 2^52 for its mantissa.
        const INTEGER: f64 = (1_u64 << 52) as f64;
        let Grid { start, rate, last, ticks, .. } = self.grid;
        // Off by a fifth of a tick at most: there are at most 2^50 of them to a cell.
        let tick = (t - start) * rate;
        // Written so that NaN fails.
        if tick >= -1.0 && tick <= last + 1.0 {
            // The nearest integer, as there are at most 2^52 of them.
            let nearest = f64::max(tick, 0.0) + INTEGER;
            Ok((nearest.to_bits() - INTEGER.to_bits()).min(ticks))
        } else {
            Err(Unresolved)
        }
    }

    /// The ticks of two times, of which the first may be the last that was asked for.
    #[inline(always)]
    fn ticks(&self, cursor: &mut BrownianCursor, from: f64, to: f64) -> Result<(u64, u64), Unresolved> {
        let a = if from == cursor.last.0 { cursor.last.1 } else { self.tick(from)? };
        let b = self.tick(to)?;
        cursor.last = (to, b);
        Ok((a, b))
    }

    fn time(&self, tick: u64) -> f64 {
        let Grid { start, cell, depth, .. } = self.grid;
        start + tick as f64 / (1_u64 << depth) as f64 * cell
    }

    #[inline(always)]
    fn stream(&self) -> Stream {
        Stream::new(self.seed, self.trajectory)
    }

    /// Writes what happens in a cell of level zero to the processes of some paths over one grid, or adds it: the increments, and the
    /// space-time areas if there is room for these.
    #[inline(always)]
    fn root_values<const ADD: bool, const P: usize>(
        paths: &[Self; P],
        row: &mut Row,
        index: u64,
        out: [&mut [f64]; 2],
    ) {
        let widths = [out[0].len(), out[1].len()];
        if row.holds(index, widths) || Self::fills(paths, row, index, widths) {
            row.read::<ADD, P>(index, out);
        } else {
            Self::alone::<ADD>(paths, index, out);
        }
    }

    /// The kinds of what happens in a cell of level zero: what their numbers are for, and by what these are scaled.
    fn kinds(&self) -> [(u32, f64); 2] {
        [(ROOT, self.grid.root), (ROOT_AREA, self.grid.root * ROOT_OF_TWELFTH)]
    }

    /// The row moves to a cell that is not in it, where one cell after the other is asked for.
    #[inline(never)]
    fn fills<const P: usize>(paths: &[Self; P], row: &mut Row, index: u64, widths: [usize; 2]) -> bool {
        let moves = row.moves_to::<P>(index, widths);
        if moves {
            let streams: [Stream; P] = from_fn(|lane| paths[lane].stream());
            for (kind, (purpose, root)) in paths[0].kinds().into_iter().enumerate() {
                row.fill(kind, root, purpose, &streams);
            }
        }
        moves
    }

    /// The same as from a row, of a cell that stands alone.
    #[inline(never)]
    fn alone<const ADD: bool>(paths: &[Self], index: u64, out: [&mut [f64]; 2]) {
        for (out, (purpose, root)) in out.into_iter().zip(paths[0].kinds()) {
            for (pair, out) in out.chunks_mut(2 * paths.len()).enumerate() {
                for (lane, path) in paths.iter().enumerate() {
                    let numbers = path.stream().draw((purpose, index), pair as u32, root);
                    for (out, x) in out[lane..].iter_mut().step_by(paths.len()).zip(numbers) {
                        *out = if ADD { *out + x } else { x };
                    }
                }
            }
        }
    }

    /// The cell of level zero from one tick to another, earlier or later, if it is one.
    #[inline(always)]
    fn cell_between(&self, a: u64, b: u64) -> Option<u64> {
        let (first, depth) = (a.min(b), self.grid.depth);
        let index = first >> depth;
        (a.abs_diff(b) == 1 << depth && index << depth == first).then_some(index)
    }

    /// What happens from one tick to another.
    #[inline(never)]
    fn elsewhere(
        &self,
        cursor: &mut BrownianCursor,
        a: u64,
        b: u64,
        out: &mut Increment,
    ) -> Result<(), Unresolved> {
        if a == b {
            return Err(Unresolved);
        }
        match self.cell_between(a, b) {
            // A step of the size of a cell: nothing is to be added up.
            Some(index) if out.areas.is_empty() => {
                let Increment { w, h, .. } = out;
                Self::root_values::<false, 1>(array::from_ref(self), &mut cursor.row, index, [w, h]);
            }
            _ => self.forwards(cursor, a.min(b), a.max(b), out),
        }
        if a > b {
            out.reverse();
        }
        Ok(())
    }
}

impl Source for Brownian {
    #[inline(always)]
    fn roots(&self, index: u64, pieces: &mut [[Piece; 2]]) {
        for (pair, pieces) in pieces.chunks_mut(2).enumerate() {
            let [w, h] =
                self.kinds().map(|(purpose, root)| self.stream().draw((purpose, index), pair as u32, root));
            for (which, piece) in pieces.iter_mut().enumerate() {
                piece[0] = Piece { w: w[which], h: h[which] };
            }
        }
    }
    #[inline(always)]
    fn split(&self, level: u32, middle: u64, pieces: (&[[Piece; 2]], usize), halves: &mut [[Piece; 2]]) {
        let root = (self.grid.cell / (1_u64 << level) as f64).sqrt();
        self.stream().halve((HALVES, middle), root, pieces, halves);
    }
}

/// What a [`Brownian`] path was asked for last.
#[derive(Debug, Clone)]
pub struct BrownianCursor {
    cells: Option<Cells>,
    row: Row,
    processes: usize,
    /// The time that was asked for last, and its tick.
    last: (f64, u64),
}

impl BrownianCursor {
    pub(super) fn new(processes: usize) -> Self {
        Self { cells: None, row: Row::new(), processes, last: (f64::NAN, 0) }
    }

    #[inline]
    pub(super) fn cells(&mut self, depth: u32) -> &mut Cells {
        let processes = self.processes;
        self.cells.get_or_insert_with(|| Cells::new(processes, depth))
    }
}

/// Adds to `out`, over a length `before`, the next piece over `length`; `area` of two processes is what these sweep out in it
/// beside what their increments and space-time areas say.
#[inline]
pub(super) fn append(
    out: &mut Increment,
    before: f64,
    length: f64,
    piece: impl Fn(usize) -> Piece,
    area: impl Fn(usize, usize) -> f64,
) {
    let Increment { w, h, areas } = out;
    let n = w.len();
    if !areas.is_empty() {
        for j in 0..n {
            for k in j + 1..n {
                let (of_j, of_k) = (piece(j), piece(k));
                let inside = of_j.h * of_k.w - of_j.w * of_k.h + area(j, k);
                let swept = inside + 0.5 * (w[j] * of_k.w - w[k] * of_j.w);
                areas[j * n + k] += swept;
                areas[k * n + j] -= swept;
            }
        }
    }
    if h.is_empty() {
        for (j, w) in w.iter_mut().enumerate() {
            *w += piece(j).w;
        }
    } else {
        for (j, (w, h)) in w.iter_mut().zip(h).enumerate() {
            let all = Piece { w: *w, h: *h }.then(piece(j), before, length);
            (*w, *h) = (all.w, all.h);
        }
    }
}

impl Brownian {
    /// Forwards in time, between ticks.
    #[inline(never)]
    fn forwards(&self, cursor: &mut BrownianCursor, from: u64, to: u64, out: &mut Increment) {
        let Grid { depth, cell, fine, .. } = self.grid;
        out.w.fill(0.0);
        out.h.fill(0.0);
        out.areas.fill(0.0);
        let (values_only, n) = (out.h.is_empty() && out.areas.is_empty(), out.w.len());
        let mut before = 0.0;
        for (level, index) in cover(depth, from, to) {
            if level == 0 && values_only {
                Self::root_values::<true, 1>(
                    array::from_ref(self),
                    &mut cursor.row,
                    index,
                    [&mut out.w, &mut []],
                );
                continue;
            }
            // Areas are made up of finer cells.
            let finer = if out.areas.is_empty() { 0 } else { fine.saturating_sub(level) };
            let (level, first) = (level + finer, index << finer);
            let length = cell / (1_u64 << level) as f64;
            for index in first..first + (1 << finer) {
                let (pieces, which) = cursor.cells(depth).of(self, level, index);
                let place = (2 * index + 1) << (depth - level);
                let area = |j: usize, k: usize| {
                    let squares = f64::powi(pieces[j][which].h, 2) + f64::powi(pieces[k][which].h, 2);
                    // The variance given the space-time areas, by Foster.
                    let root = (length * (length / 20.0 + squares / 5.0)).sqrt();
                    let [area, _] = self.stream().draw((AREA, place), (j * n + k) as u32, root);
                    area
                };
                append(out, before, length, |j| pieces[j][which], area);
                before += length;
            }
        }
    }
}

impl Path for Brownian {
    type Cursor = BrownianCursor;

    fn cursor(&self, processes: usize) -> BrownianCursor {
        BrownianCursor::new(processes)
    }

    fn check(&self, processes: usize, span: (f64, f64), _: Asks) -> Result<(), Error> {
        let (start, end) = self.bounds();
        let refuse = |option, problem, hint| Err(Error::Option { option, problem, hint });
        if !(start.is_finite() && end.is_finite() && start < end) {
            let problem = format!("is over ({}, {})", self.span.0, self.span.1);
            return refuse("path", problem, "give it finite times, the one other than the other");
        }
        for (option, length) in [("cells", self.cell), ("areas", self.areas)] {
            if let Some(length) = length
                && !(length > 0.0 && length <= 2.0 * (end - start))
            {
                let problem = format!("are {length} long in a path over ({start}, {end})");
                return refuse(option, problem, "give a length above zero that is not longer than the span");
            }
        }
        if (end - start) / self.grid.cell > 1e12 {
            let problem = format!("are {} long in a path over ({start}, {end})", self.grid.cell);
            return refuse("cells", problem, "a path has at most 1e12 of them: make them longer");
        }
        if processes > 1 << 16 {
            let problem = format!("has {processes} processes");
            return refuse("path", problem, "at most 65536 have numbers of their own");
        }
        let (t0, t1) = span;
        match [t0, t1].into_iter().find(|t| !(start <= *t && *t <= end)) {
            Some(t) => Err(Error::Time {
                what: "the path's end is before",
                t,
                t0: self.span.0,
                t1: self.span.1,
                hint: "give the problem a path over all of its span: `Brownian::new(seed, span)`",
            }),
            None => Ok(()),
        }
    }

    #[inline]
    fn increment(
        &self,
        cursor: &mut BrownianCursor,
        from: f64,
        to: f64,
        out: &mut Increment,
    ) -> Result<(), Unresolved> {
        let (a, b) = self.ticks(cursor, from, to)?;
        let Increment { w, h, areas } = out;
        // The next cell of those drawn together: nothing is to be added up.
        if b > a
            && let Some(index) = self.cell_between(a, b)
            && areas.is_empty()
            && cursor.row.holds(index, [w.len(), h.len()])
        {
            cursor.row.read::<false, 1>(index, [w, h]);
            return Ok(());
        }
        self.elsewhere(cursor, a, b, out)
    }

    #[inline]
    fn increment_each(
        paths: &[Self],
        cursors: &mut [BrownianCursor],
        (from, to): (f64, f64),
        one: &mut Increment,
        out: &mut Increment,
    ) -> Result<(), Unresolved> {
        let (Some(path), Some(cursor)) = (paths.first(), cursors.first_mut()) else { return Ok(()) };
        let (a, b) = path.ticks(cursor, from, to)?;
        let widths = [out.w.len(), out.h.len()];
        if let Ok(paths) = <&[Self; LANES]>::try_from(paths)
            && let Some(index) = path.cell_between(a, b)
            && out.areas.is_empty()
            // What was drawn of several paths was drawn of these.
            && (cursor.row.is_made_for(widths) || paths.iter().all(|other| other.grid == path.grid))
        {
            Self::root_values::<false, LANES>(paths, &mut cursor.row, index, [&mut out.w, &mut out.h]);
            if a > b {
                out.reverse();
            }
            return Ok(());
        }
        one_by_one(paths, cursors, (from, to), one, out)
    }

    fn stride(&self, t: f64, h: f64) -> f64 {
        let (Ok(here), Ok(there)) = (self.tick(t), self.tick(t + h)) else { return h };
        let apart = here.abs_diff(there);
        if apart == 0 {
            return h;
        }
        let grain = apart.ilog2().saturating_sub(STRIDE);
        // Towards where the step starts.
        let there =
            if h > 0.0 { there >> grain << grain } else { (there + (1 << grain) - 1) >> grain << grain };
        let stride = self.time(there) - t;
        if stride * h > 0.0 && stride.abs() <= h.abs() { stride } else { h }
    }

    fn follow(self, span: (f64, f64)) -> Self {
        if self.follows { Self { span, ..self }.laid() } else { self }
    }
}
