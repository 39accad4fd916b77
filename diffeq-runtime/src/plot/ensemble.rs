//! Plots of ensembles.

use super::Plot;
use crate::ensemble::QuantilesOf;

impl QuantilesOf {
    /// A component over time: the first and the last of the quantiles bound a band, the others are lines; of an odd number
    /// the middle one is the line with the name, as for `Quantiles::of([0.05, 0.5, 0.95])`.
    pub fn plot(&self, component: usize, name: impl Into<String>) -> Plot {
        self.plot_onto(Plot::new().labels("t", ""), component, name)
    }

    /// [`plot`](Self::plot) on a panel that shows something else, too.
    pub fn plot_onto(&self, plot: Plot, component: usize, name: impl Into<String>) -> Plot {
        let name = name.into();
        let curve = |which: usize| self.of(which, component);
        let times = || self.times().iter().copied();
        let Some(last) = self.probabilities().len().checked_sub(1) else { return plot };
        let plot = plot.band(name.clone(), times(), curve(0), curve(last));
        (1..last).fold(plot, |plot, which| plot.line(name.clone(), times(), curve(which)))
    }
}
