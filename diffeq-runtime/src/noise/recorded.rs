//! A path that was measured, or made elsewhere, and is replayed.

use std::sync::Arc;

use crate::error::Error;
use crate::noise::brownian::BrownianCursor;
use crate::noise::brownian::append;
use crate::noise::cells::Source;
use crate::noise::cells::cover;
use crate::noise::increment::Asks;
use crate::noise::increment::Increment;
use crate::noise::increment::Path;
use crate::noise::increment::Unresolved;
use crate::noise::piece::Piece;
use crate::noise::piece::ROOT_OF_TWELFTH;
use crate::noise::stream::Stream;

/// A path that is given at some times.
///
/// Between these it is not known, and steps must end on them: give their distance as the step size, or the times as `tstops`.
/// [`bridged`](Self::bridged) fills in what may have happened between.
///
/// ```
/// use diffeq_runtime::noise::{Path, Recorded};
///
/// let path = Recorded::new(vec![0.0, 0.5, 1.0], &[[0.0, 1.0], [0.3, 0.8], [-0.1, 1.4]])?;
/// let rows = path.values(2, &[0.5, 1.0])?;
/// assert!((rows[1][0] + 0.4).abs() < 1e-15 && (rows[1][1] - 0.6).abs() < 1e-15);
/// assert!(path.values(2, &[0.25, 1.0]).is_err());
/// // Steps anywhere: the path through the same values that belongs to seed 3.
/// assert!(path.bridged(3).values(2, &[0.25, 1.0]).is_ok());
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    processes: usize,
    times: Arc<[f64]>,
    /// What happens between two times, for each process.
    pieces: Arc<[Piece]>,
    has_areas: bool,
    /// Fills in what is not known.
    seed: Option<u64>,
}

/// How often the time between two of the data is halved.
const DEPTH: u32 = 30;

/// What a random number is for: not what those of a path are for that is made of the seed alone.
const ROOT_AREA: u32 = 8;
const HALVES: u32 = 9;
const AREA: u32 = 10;
const MOST_TIMES: usize = 1 << 22;

fn refuse(problem: String, hint: &'static str) -> Error {
    Error::Option { option: "path", problem, hint }
}

impl Recorded {
    /// The path with these values at these times, a row for each time with a value for each process. What they are at the
    /// first time does not matter.
    ///
    /// # Errors
    ///
    /// Times that do not increase, numbers that are not finite, rows that are not as long as the others, or not as many as
    /// times; fewer than two of them, more than four million.
    pub fn new<R: AsRef<[f64]>>(times: Vec<f64>, values: &[R]) -> Result<Self, Error> {
        let processes = values.first().map_or(0, |row| row.as_ref().len());
        if times.len() < 2 || times.len() > MOST_TIMES {
            return Err(refuse(
                format!("has {} times", times.len()),
                "give two at least, and 4194304 at most",
            ));
        }
        if values.len() != times.len() {
            return Err(Error::Shape {
                what: "rows of the path",
                expected: times.len(),
                found: values.len(),
            });
        }
        if let Some(row) = values.iter().find(|row| row.as_ref().len() != processes) {
            let found = row.as_ref().len();
            return Err(Error::Shape { what: "values in a row of the path", expected: processes, found });
        }
        let increases = |i: &usize| times[i - 1] < times[*i];
        // NaN does not increase.
        if let Some(i) = (1..times.len()).find(|i| !increases(i)) {
            let problem = format!("has the time {} after {}", times[i], times[i - 1]);
            return Err(refuse(problem, "give times that increase, whatever the direction of the solve"));
        }
        let is_finite = |row: &R| row.as_ref().iter().all(|x| x.is_finite());
        let ends = [times[0], times[times.len() - 1]];
        if !ends.iter().all(|t| t.is_finite()) || !values.iter().all(is_finite) {
            return Err(refuse("has numbers that are not finite".to_string(), "leave out those times"));
        }
        let steps = values.windows(2).flat_map(|rows| {
            rows[0]
                .as_ref()
                .iter()
                .zip(rows[1].as_ref())
                .map(|(before, after)| Piece { w: after - before, h: 0.0 })
        });
        Ok(Self { processes, pieces: steps.collect(), times: times.into(), has_areas: false, seed: None })
    }

    /// With the space-time areas over each piece of time between two of the data, a row for each: see [`Increment::h`].
    ///
    /// # Errors
    ///
    /// More or fewer than there are pieces and processes.
    pub fn space_time_areas<R: AsRef<[f64]>>(self, areas: &[R]) -> Result<Self, Error> {
        let (expected, what) = (self.times.len() - 1, "rows of space-time areas");
        if areas.len() != expected {
            return Err(Error::Shape { what, expected, found: areas.len() });
        }
        if let Some(row) = areas.iter().find(|row| row.as_ref().len() != self.processes) {
            let what = "space-time areas in a row";
            return Err(Error::Shape { what, expected: self.processes, found: row.as_ref().len() });
        }
        let areas = areas.iter().flat_map(|row| row.as_ref());
        let pieces = self.pieces.iter().zip(areas).map(|(piece, h)| Piece { h: *h, ..*piece }).collect();
        Ok(Self { pieces, has_areas: true, ..self })
    }

    /// The path through the same values that a seed makes of them: what is not known is drawn from the law of Brownian motion,
    /// given what is.
    pub fn bridged(self, seed: u64) -> Self {
        Self { seed: Some(seed), ..self }
    }

    fn length(&self, index: usize) -> f64 {
        self.times[index + 1] - self.times[index]
    }

    fn stream(&self) -> Stream {
        Stream::new(self.seed.unwrap_or(0), 0)
    }

    fn tick(&self, t: f64) -> Result<u64, Unresolved> {
        let Self { times, .. } = self;
        let rounding = 8.0 * f64::EPSILON * f64::max(times[0].abs(), times[times.len() - 1].abs());
        let nearest = times.partition_point(|time| *time <= t + rounding);
        let Some(index) = nearest.checked_sub(1) else { return Err(Unresolved) };
        let after = t - times[index];
        if after.abs() <= rounding {
            return Ok((index as u64) << DEPTH);
        }
        if self.seed.is_none() || index + 1 == times.len() || !after.is_finite() {
            return Err(Unresolved);
        }
        let inside = (after / self.length(index) * (1_u64 << DEPTH) as f64).round();
        Ok(((index as u64) << DEPTH) + inside as u64)
    }
}

impl Source for Recorded {
    fn roots(&self, index: u64, pieces: &mut [[Piece; 2]]) {
        let given = &self.pieces[index as usize * self.processes..][..self.processes];
        for (j, (out, piece)) in pieces.iter_mut().zip(given).enumerate() {
            out[0] = *piece;
            if !self.has_areas && self.seed.is_some() {
                let scale = self.length(index as usize).sqrt() * ROOT_OF_TWELFTH;
                [out[0].h, _] = self.stream().draw((ROOT_AREA, index), j as u32, scale);
            }
        }
    }
    fn split(&self, level: u32, middle: u64, pieces: (&[[Piece; 2]], usize), halves: &mut [[Piece; 2]]) {
        let length = self.length((middle >> (DEPTH + 1)) as usize) / (1_u64 << level) as f64;
        self.stream().halve((HALVES, middle), length.sqrt(), pieces, halves);
    }
}

impl Path for Recorded {
    type Cursor = BrownianCursor;

    fn cursor(&self, processes: usize) -> BrownianCursor {
        BrownianCursor::new(processes)
    }

    fn check(&self, processes: usize, (t0, t1): (f64, f64), asks: Asks) -> Result<(), Error> {
        if processes != self.processes {
            return Err(Error::Shape {
                what: "processes in the path",
                expected: processes,
                found: self.processes,
            });
        }
        let (start, end) = (self.times[0], self.times[self.times.len() - 1]);
        if let Some(t) = [t0, t1].into_iter().find(|t| !(start <= *t && *t <= end)) {
            let hint = "end the problem's span inside that of the data";
            return Err(Error::Time { what: "the path's data ends before", t, t0: start, t1: end, hint });
        }
        let problem = || "has no areas, which the method asks for".to_string();
        match asks {
            Asks::SpaceTime if !self.has_areas && self.seed.is_none() => {
                Err(refuse(problem(), "give them (`space_time_areas`), or let a seed draw them: `bridged`"))
            }
            Asks::Areas if self.seed.is_none() => Err(refuse(problem(), "let a seed draw them: `bridged`")),
            _ => Ok(()),
        }
    }

    fn increment(
        &self,
        cursor: &mut BrownianCursor,
        from: f64,
        to: f64,
        out: &mut Increment,
    ) -> Result<(), Unresolved> {
        let (a, b) = (self.tick(from)?, self.tick(to)?);
        if a == b {
            return Err(Unresolved);
        }
        out.w.fill(0.0);
        out.h.fill(0.0);
        out.areas.fill(0.0);
        let (mut before, n) = (0.0, self.processes);
        for (level, index) in cover(DEPTH, a.min(b), a.max(b)) {
            let length = self.length((index >> level) as usize) / (1_u64 << level) as f64;
            let (pieces, which) = cursor.cells(DEPTH).of(self, level, index);
            let place = (2 * index + 1) << (DEPTH - level);
            let area = |j: usize, k: usize| {
                let squares = f64::powi(pieces[j][which].h, 2) + f64::powi(pieces[k][which].h, 2);
                let root = (length * (length / 20.0 + squares / 5.0)).sqrt();
                let [area, _] = self.stream().draw((AREA, place), (j * n + k) as u32, root);
                area
            };
            append(out, before, length, |j| pieces[j][which], area);
            before += length;
        }
        if a > b {
            out.reverse();
        }
        Ok(())
    }
}
