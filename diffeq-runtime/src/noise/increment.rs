//! What a path is, and what a step is told of it.

use crate::error::Error;

/// How much of a path a method asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Asks {
    /// The increments.
    #[default]
    Values,
    /// The space-time areas as well.
    SpaceTime,
    /// And the areas that each two processes sweep out between them (Lévy areas).
    Areas,
}

/// What the processes of a path have in common.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Law {
    /// Nothing: each is a Wiener process by itself.
    #[default]
    Independent,
    /// Each is a Wiener process, but they move together.
    Correlated,
    /// Their variances are not the time.
    Scaled,
}

/// What happens to the processes over a piece of time.
///
/// Backwards in time a piece is the one forwards, run through from its end: increments and Lévy areas change their signs,
/// space-time areas do not.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Increment {
    /// The increments `W`, one for each process.
    pub w: Vec<f64>,
    /// The space-time areas `H = (1/h) ∫ (W_u - (u/h) W) du`, where they were asked for: of variance `h/12`, independent of `W`.
    pub h: Vec<f64>,
    /// The Lévy areas `A_jk = (1/2) ∫ (W_j dW_k - W_k dW_j)`, a row for each `j`, where they were asked for.
    pub areas: Vec<f64>,
}

impl Increment {
    /// Room for so many processes.
    pub fn new(processes: usize, asks: Asks) -> Self {
        let room = |needs: Asks, len: usize| if asks >= needs { vec![0.0; len] } else { Vec::new() };
        Self {
            w: vec![0.0; processes],
            h: room(Asks::SpaceTime, processes),
            areas: room(Asks::Areas, processes * processes),
        }
    }

    /// The same piece of time, run through in the other direction.
    pub(super) fn reverse(&mut self) {
        self.w.iter_mut().chain(&mut self.areas).for_each(|x| *x = -*x);
    }
}

/// A path knows nothing of a piece of time so short.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Unresolved;

/// What several paths do, asked one after the other; their areas lie not side by side.
pub(super) fn one_by_one<W: Path>(
    paths: &[W],
    cursors: &mut [W::Cursor],
    (from, to): (f64, f64),
    one: &mut Increment,
    out: &mut Increment,
) -> Result<(), Unresolved> {
    for (lane, (path, cursor)) in paths.iter().zip(cursors).enumerate() {
        path.increment(cursor, from, to, one)?;
        for (all, one) in [(&mut out.w, &one.w), (&mut out.h, &one.h)] {
            for (all, x) in all.chunks_exact_mut(paths.len()).zip(one) {
                all[lane] = *x;
            }
        }
    }
    Ok(())
}

/// The path of some Wiener processes: a function of time, the same however it is asked.
pub trait Path: Clone + std::fmt::Debug + Send + Sync + 'static {
    /// Memory that makes it cheap to ask for neighbouring pieces of time. What a path says never depends on it.
    type Cursor: std::fmt::Debug + Clone + Send;

    /// Memory for so many processes.
    fn cursor(&self, processes: usize) -> Self::Cursor;

    /// Whether a solve of so many processes over a span can ask this of it.
    ///
    /// # Errors
    ///
    /// A span that is not inside the path's, another number of processes, areas that the path does not have.
    fn check(&self, processes: usize, span: (f64, f64), asks: Asks) -> Result<(), Error>;

    /// What its processes have in common. Twofold integrals in Ito's sense are less by half of what two increments have in common,
    /// and methods that take them know only the half step of a process by itself.
    fn law(&self) -> Law {
        Law::Independent
    }

    /// Writes what happens from one time to another, earlier or later, as far as `out` has room for it.
    ///
    /// # Errors
    ///
    /// Where the two times are closer than the path tells apart, or it is not known there.
    fn increment(
        &self,
        cursor: &mut Self::Cursor,
        from: f64,
        to: f64,
        out: &mut Increment,
    ) -> Result<(), Unresolved>;

    /// The same of several paths, those of solves that go side by side: what all of them do in one process lies side by side in `out`.
    /// `cursors` are theirs, in their order, and those of no other paths; `one` is room for what one of them does.
    ///
    /// # Errors
    ///
    /// See [`increment`](Self::increment).
    fn increment_each(
        paths: &[Self],
        cursors: &mut [Self::Cursor],
        (from, to): (f64, f64),
        one: &mut Increment,
        out: &mut Increment,
    ) -> Result<(), Unresolved> {
        one_by_one(paths, cursors, (from, to), one, out)
    }

    /// The processes at some times, less what they are at the first of these: a row for each time.
    ///
    /// # Errors
    ///
    /// See [`check`](Self::check); for data that is not interpolated, a time between those of the data.
    fn values(&self, processes: usize, times: &[f64]) -> Result<Vec<Vec<f64>>, Error> {
        let Some(&first) = times.first() else { return Ok(Vec::new()) };
        let (mut cursor, mut out) = (self.cursor(processes), Increment::new(processes, Asks::Values));
        let mut rows = Vec::with_capacity(times.len());
        for &t in times {
            self.check(processes, (first, t), Asks::Values)?;
            if t == first {
                out.w.fill(0.0);
            } else if let Err(Unresolved) = self.increment(&mut cursor, first, t, &mut out) {
                let hint = "ask for times that the path knows, farther apart than it tells them";
                return Err(Error::Option {
                    option: "path",
                    problem: format!("does not know the time {t:e}"),
                    hint,
                });
            }
            rows.push(out.w.clone());
        }
        Ok(rows)
    }

    /// A length near `h`, and not above it, after which the path is cheap to ask: steps of adaptive size end there.
    fn stride(&self, t: f64, h: f64) -> f64 {
        let _ = t;
        h
    }

    /// The path for a problem over another span: another one only where it was made for the problem's span.
    fn follow(self, span: (f64, f64)) -> Self {
        let _ = span;
        self
    }
}
