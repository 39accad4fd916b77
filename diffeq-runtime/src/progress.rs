//! A progress bar on standard error; silent where that is no terminal.

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

use std::ops::ControlFlow;

use crate::integrate::EventSet;
use crate::integrate::Solver;
use crate::problem::Rhs;
use crate::real::Real;
use crate::stepper::Method;

/// A bar with a name, a count and a message; it vanishes when dropped.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar from 0 to `length`; without a name it shows nothing.
    pub fn new(name: Option<&str>, length: u64) -> Self {
        let Some(name) = name else {
            return Self { bar: ProgressBar::hidden() };
        };
        // The template is ours and well-formed; a bar in the default style is what remains if it were not.
        let style = ProgressStyle::with_template("{prefix} {bar:40} {pos}/{len} {msg} [{elapsed}]")
            .unwrap_or_else(|_| ProgressStyle::default_bar())
            .progress_chars("━╸─");
        let bar = ProgressBar::new(length).with_prefix(name.to_string()).with_style(style);
        Self { bar }
    }

    /// Moves to a position; the message is only made when it is shown.
    pub fn update(&self, position: u64, message: impl FnOnce() -> String) {
        if !self.bar.is_hidden() {
            self.bar.set_position(position);
            self.bar.set_message(message());
        }
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
    /// Shows on standard error how much of the span is done, under a name.
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
