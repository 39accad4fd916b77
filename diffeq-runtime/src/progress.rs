//! A progress bar on standard error; a line now and then where that is no terminal.

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use std::cell::Cell;
use std::ops::ControlFlow;
use std::time::Duration;
use std::time::Instant;

use crate::integrate::EventSet;
use crate::integrate::Solver;
use crate::problem::Rhs;
use crate::real::Real;
use crate::stepper::Method;

/// A bar with a name, a count and a message; it vanishes when dropped. Where standard error is no terminal, a line after two
/// seconds and then ever more seldom.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
    /// What lines say, where there is no bar.
    lines: Option<Lines>,
}

impl Bar {
    /// A bar from 0 to `length`; without a name it shows nothing.
    pub fn new(name: Option<&str>, length: u64) -> Self {
        let Some(name) = name else {
            return Self { bar: ProgressBar::hidden(), lines: None };
        };
        // The template is ours and well-formed; a bar in the default style is what remains if it were not.
        let style = ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} {msg} [{elapsed}]")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        let bar = ProgressBar::new(length).with_prefix(name.to_string()).with_style(style);
        let lines = bar.is_hidden().then(|| Lines::new(name, length));
        Self { bar, lines }
    }

    /// Moves to a position; the message is only made when it is shown.
    pub fn update(&self, position: u64, message: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_position(position);
            self.bar.set_message(message());
        } else if let Some(lines) = &self.lines
            && let Some(line) = lines.due(lines.start.elapsed(), position, message)
        {
            eprintln!("{line}");
        }
    }
}

/// The first line comes after this time.
const FIRST: Duration = Duration::from_secs(2);

/// Progress as lines of a log.
#[derive(Debug)]
struct Lines {
    name: String,
    length: u64,
    start: Instant,
    /// When the next line is due, from the start.
    next: Cell<Duration>,
}

impl Lines {
    fn new(name: &str, length: u64) -> Self {
        Self { name: name.into(), length, start: Instant::now(), next: Cell::new(FIRST) }
    }

    /// The line to write after so long, if one is due. Each is due after half as long again as the last: a solve of hours
    /// writes some twenty.
    fn due(&self, elapsed: Duration, position: u64, message: impl FnOnce() -> String) -> Option<String> {
        if elapsed < self.next.get() {
            return None;
        }
        self.next.set(elapsed.mul_f64(1.5));
        let Self { name, length, .. } = self;
        Some(format!("{name} {position}/{length} {} [{:.0} s]", message(), elapsed.as_secs_f64()))
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// The positions of a solve's bar: hundredths of its span.
const PARTS: u64 = 100;

impl<F: Rhs<T>, T: Real, M: Method<T, F>, E: EventSet<T, F>> Solver<'_, F, T, M, E> {
    /// Shows on standard error how much of the span is done, under a name: as a bar, or as a line now and then where that is
    /// no terminal. By default nothing is shown.
    pub fn progress(self, name: &str) -> Self {
        let name = name.to_string();
        let mut bar: Option<Bar> = None;
        let mut shown = 0;
        self.on_step(move |view| {
            let position = (view.progress * PARTS as f64) as u64;
            // The bar appears with the first step of a solve, and is not touched more often than it changes.
            if view.step == 0 || position != shown {
                shown = position;
                let bar = bar.get_or_insert_with(|| Bar::new(Some(&name), PARTS));
                bar.update(position, || format!("t = {:.4e}, {} steps", view.interval.end, view.step + 1));
            }
            if view.interval.end == view.stop {
                bar = None;
            }
            ControlFlow::Continue(())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_now_and_then() {
        let lines = Lines::new("fit", 1000);
        let at = |second: u64| lines.due(Duration::from_secs(second), 10 * second, || "loss 1".into());
        assert_eq!(at(1), None);
        assert_eq!(at(2).as_deref(), Some("fit 20/1000 loss 1 [2 s]"));
        assert_eq!((3..=100).filter_map(at).count(), 9);
    }
}
