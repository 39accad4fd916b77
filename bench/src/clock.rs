//! Time, measured so that a busy machine does not decide who wins.

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

use cpu_time::ThreadTime;

/// A batch lasts at least this long, so that reading the clock (half a microsecond) is not part of what is measured.
const BATCH: Duration = Duration::from_micros(300);

/// How thoroughly to measure.
#[derive(Debug, Clone, Copy)]
pub struct Effort {
    /// Rounds: everyone runs one batch in each.
    pub rounds: usize,
    /// Rounds end early, but not before the third, when a race has lasted this long.
    pub limit: Duration,
}

impl Effort {
    /// For short works that are compared to within percents.
    pub const PRECISE: Self = Self { rounds: 120, limit: Duration::from_secs(4) };
    /// For works of a second, against peers that show the best of some seconds each.
    pub const LONG: Self = Self { rounds: 40, limit: Duration::from_secs(12) };
    /// For one point of a work-precision curve.
    pub const CURVE: Self = Self { rounds: 7, limit: Duration::from_secs(2) };
}

/// A piece of work that is timed.
pub type Work<'a> = Box<dyn FnMut() + 'a>;

/// Seconds per call of each work.
///
/// Every work is warmed up first, and its calls are bundled to batches. The works then take turns, a batch each, so that
/// a slow phase of the machine meets all of them. Two clocks run. By the wall clock the best batch counts: what disturbs
/// a batch only ever adds time. A long batch on a busy machine is never undisturbed; there the thread's own processor
/// time, which stands still while others run, is nearer. Virtual machines take too much off it now and then, so of
/// that the median counts. The smaller of the two is the answer.
pub fn race(works: &mut [Work<'_>], effort: Effort) -> Vec<f64> {
    let mut best = vec![f64::INFINITY; works.len()];
    let mut processor = vec![Vec::with_capacity(effort.rounds); works.len()];
    take_turns(works, effort, |i, wall, own| {
        processor[i].push(own);
        best[i] = best[i].min(wall);
    });
    best.into_iter().zip(&mut processor).map(|(best, processor)| best.min(median(processor))).collect()
}

/// Seconds per call by the wall clock, of each work in each round.
///
/// What slows a round slows all that run in it, so that times of one round may be divided by one another; the median of such
/// ratios moves by a few percent where best times of short works move by twenty.
pub fn rounds(works: &mut [Work<'_>], effort: Effort) -> Vec<Vec<f64>> {
    let mut seconds = vec![Vec::with_capacity(effort.rounds); works.len()];
    take_turns(works, effort, |i, wall, _| seconds[i].push(wall));
    seconds
}

/// Every work runs a batch in each round; tells of each batch the seconds per call by both clocks.
fn take_turns(works: &mut [Work<'_>], effort: Effort, mut see: impl FnMut(usize, f64, f64)) {
    let calls: Vec<u32> = works
        .iter_mut()
        .map(|work| {
            let start = Instant::now();
            let mut calls = 0;
            while start.elapsed() < BATCH {
                work();
                calls += 1;
            }
            calls
        })
        .collect();
    let start = Instant::now();
    for round in 0..effort.rounds {
        if round >= 3 && start.elapsed() > effort.limit {
            break;
        }
        for (i, work) in works.iter_mut().enumerate() {
            let (wall, own) = (Instant::now(), ThreadTime::now());
            for _ in 0..calls[i] {
                work();
            }
            let own = own.elapsed().as_secs_f64();
            see(i, wall.elapsed().as_secs_f64() / f64::from(calls[i]), own / f64::from(calls[i]));
        }
    }
}

/// The middle one; infinite where there is none.
pub fn median(times: &mut [f64]) -> f64 {
    times.sort_by(f64::total_cmp);
    times.get(times.len() / 2).copied().unwrap_or(f64::INFINITY)
}

/// A work from a closure whose result is kept from the optimiser.
pub fn work<'a, R>(mut f: impl FnMut() -> R + 'a) -> Work<'a> {
    Box::new(move || {
        black_box(f());
    })
}
