//! Times that come every so often.

use crate::error::Error;
use crate::error::figure;
use crate::integrate::refuse::refuse;

/// Times at the same distance from one another, counted as they come: a list of them could fill the memory.
#[derive(Debug, Clone, Copy)]
pub(super) struct Rhythm {
    start: f64,
    end: f64,
    /// The distance of two times, below zero backwards in time.
    period: f64,
    /// The number of the next time, from one.
    next: f64,
    /// How many there are in all.
    count: f64,
    /// Whether the last is the end of the span, but for rounding.
    meets_end: bool,
}

impl Rhythm {
    /// The times every `period` inside a span, the first one period after its start; at most `most` of them. `event` is
    /// whose they are.
    pub fn new(event: usize, period: f64, (start, end): (f64, f64), most: usize) -> Result<Self, Error> {
        let wrong = |problem: String, hint| Err(refuse("event", format!("{event} {problem}"), hint));
        if !(period > 0.0 && period.is_finite()) {
            return wrong(
                format!("has the period {}", figure(period)),
                "a period is a finite length of time above zero",
            );
        }
        // A multiple of the period, added to the start, is rounded four times: by less than two units in the last place
        // of the larger end, and the end that the user wrote by half of one.
        let rounding = 4.0 * f64::EPSILON * f64::max(start.abs(), end.abs());
        let periods = (end - start).abs() / period;
        let period = period * (end - start).signum();
        let meets_end = (start + period * periods.round() - end).abs() <= rounding;
        let count = if meets_end { periods.round() } else { periods.floor() };
        if count > most as f64 {
            return wrong(
                format!("takes place {} times", figure(count)),
                "that is more than `max_steps`; give a longer period",
            );
        }
        if period.abs() <= 4.0 * rounding {
            return wrong(
                format!("has the period {}", figure(period.abs())),
                "a clock over this span can't tell such times apart; give a longer period",
            );
        }
        Ok(Self { start, end, period, next: 1.0, count, meets_end })
    }

    /// The next time.
    pub fn next(&self) -> Option<f64> {
        if self.next > self.count {
            return None;
        }
        let last = self.next == self.count && self.meets_end;
        Some(if last { self.end } else { self.start + self.period * self.next })
    }

    /// Goes on to the time after the next one, if that is `t`.
    pub fn pass(&mut self, t: f64) -> bool {
        let passes = self.next() == Some(t);
        if passes {
            self.next += 1.0;
        }
        passes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The end of a span that is a whole number of periods long is one of the times, whichever way both were rounded.
    #[test]
    fn the_end_of_the_span_is_met() {
        for start in [0.0, 0.1, -0.7, 1e3] {
            for n in 1..200 {
                for (period, sign) in [(0.1, 1.0), (0.1, -1.0), (1.0 / 3.0, 1.0), (0.7, -1.0)] {
                    let end = start + sign * (n as f64 * period);
                    let mut rhythm = Rhythm::new(0, period, (start, end), 1000).unwrap();
                    let mut times = vec![];
                    while let Some(t) = rhythm.next() {
                        times.push(t);
                        assert!(rhythm.pass(t));
                    }
                    assert_eq!((times.len(), times.last()), (n, Some(&end)), "{period} from {start}");
                }
            }
        }
    }
}
