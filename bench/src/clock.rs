//! Time, measured so that a busy machine does not decide who wins.

use std::hint::black_box;
use std::time::Duration;
use std::time::Instant;

/// A batch lasts at least this long, so that reading the clock (25 ns) is not part of what is measured.
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
    pub const PRECISE: Self = Self { rounds: 60, limit: Duration::from_secs(4) };
    /// For one point of a work-precision curve.
    pub const CURVE: Self = Self { rounds: 7, limit: Duration::from_secs(2) };
}

/// A piece of work that is timed.
pub type Work<'a> = Box<dyn FnMut() + 'a>;

/// Seconds per call of each work: the best batch of many.
///
/// Every work is warmed up first, and its calls are bundled to batches. The works then take turns, a batch each, so that
/// a slow phase of the machine meets all of them. What disturbs a measurement only ever adds time: the best batch is
/// the one that was disturbed least.
pub fn race(works: &mut [Work<'_>], effort: Effort) -> Vec<f64> {
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
    let mut best = vec![f64::INFINITY; works.len()];
    let start = Instant::now();
    for round in 0..effort.rounds {
        if round >= 3 && start.elapsed() > effort.limit {
            break;
        }
        for ((work, &calls), best) in works.iter_mut().zip(&calls).zip(&mut best) {
            let start = Instant::now();
            for _ in 0..calls {
                work();
            }
            *best = best.min(start.elapsed().as_secs_f64() / f64::from(calls));
        }
    }
    best
}

/// A work from a closure whose result is kept from the optimiser.
pub fn work<'a, R>(mut f: impl FnMut() -> R + 'a) -> Work<'a> {
    Box::new(move || {
        black_box(f());
    })
}
