//! A progress bar on standard error; silent where that is no terminal.

use indicatif::ProgressBar;
use indicatif::ProgressStyle;

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
