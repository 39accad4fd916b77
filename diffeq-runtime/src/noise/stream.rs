//! The normal numbers of one path: each pair has its place, and is found there.

use crate::noise::normal::of_words;
use crate::noise::philox::philox;
use crate::noise::piece::Piece;
use crate::wide::Work;
use crate::wide::widest;

/// What sets the random numbers of a path apart from those of others.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Stream {
    /// The seed.
    pub key: [u32; 2],
    pub trajectory: u32,
}

/// What a pair of numbers is for, and when: below 2^56.
pub(super) type Place = (u32, u64);

impl Stream {
    /// That of a seed.
    #[inline(always)]
    pub fn new(seed: u64, trajectory: u32) -> Self {
        Self { key: [seed as u32, (seed >> 32) as u32], trajectory }
    }

    /// Two normal numbers times a scale, for one or two processes.
    #[inline(always)]
    fn pair(self, (purpose, place): Place, process: u32, scale: f64) -> [f64; 2] {
        let counter = [place as u32, (place >> 32) as u32 | purpose << 24, process, self.trajectory];
        let [a, b, c, d] = philox(counter, self.key).map(u64::from);
        of_words([[a << 32 | b], [c << 32 | d]], scale).map(|[x]| x)
    }

    /// Two normal numbers times a scale, for one or two processes.
    #[inline]
    pub fn draw(self, place: Place, process: u32, scale: f64) -> [f64; 2] {
        let mut numbers = [0.0; 2];
        widest(Pair { stream: self, place, process, scale, numbers: &mut numbers });
        numbers
    }

    /// Halves pieces of all processes, of which `root` is the square root of the length.
    #[inline]
    pub fn halve(self, place: Place, root: f64, pieces: (&[[Piece; 2]], usize), halves: &mut [[Piece; 2]]) {
        widest(Halves { stream: self, place, root, pieces, halves });
    }
}

/// See [`Stream::draw`].
struct Pair<'a> {
    stream: Stream,
    place: Place,
    process: u32,
    scale: f64,
    numbers: &'a mut [f64; 2],
}

impl Work for Pair<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        *self.numbers = self.stream.pair(self.place, self.process, self.scale);
    }
}

/// See [`Stream::halve`].
struct Halves<'a> {
    stream: Stream,
    place: Place,
    root: f64,
    pieces: (&'a [[Piece; 2]], usize),
    halves: &'a mut [[Piece; 2]],
}

impl Work for Halves<'_> {
    #[inline(always)]
    fn run<const FUSED: bool>(self) {
        let Self { stream, place, root, pieces: (pieces, which), halves } = self;
        for (j, (halves, pieces)) in halves.iter_mut().zip(pieces).enumerate() {
            *halves = pieces[which].halves(stream.pair(place, j as u32, root));
        }
    }
}
