//! Plots of solutions.

use super::Plot;
use crate::error::Error;
use crate::integrate::Solution;
use crate::real::Real;
use crate::space::Vector;

/// Into how many pieces a curve is cut where the solution can be asked for its value anywhere.
const PIECES: u32 = 600;

impl<V: Vector<T>, T: Real> Solution<V, T> {
    /// The saved components over time, each a line with its own name.
    ///
    /// With `dense(true)` the lines are the solution between the saved points, too; otherwise they join these.
    pub fn plot(&self) -> Plot {
        let (times, columns) = self.curves();
        let names = self.names();
        let y_label = if names.len() == 1 { names[0].clone() } else { "u".into() };
        let plot = Plot::new().title(self.model()).labels("t", y_label);
        names
            .into_iter()
            .zip(columns)
            .fold(plot, |plot, (name, column)| plot.line(name, times.clone(), column))
    }

    /// One component against another, both counted from zero as in the state; a unit is as long on both axes
    /// ([`Plot::equal`]) unless their ranges are too different. As smooth as [`Solution::plot`].
    ///
    /// # Errors
    /// Where the state has no such component, or `save_idxs` left it out.
    pub fn phase_plot(&self, x: usize, y: usize) -> Result<Plot, Error> {
        // What is not kept is an error with the component's name.
        self.component(x)?;
        self.component(y)?;
        let saved = self.saved();
        let (_, columns) = self.curves();
        let names = self.names();
        let column = |i: usize| saved.iter().position(|saved| *saved == i).unwrap_or(0);
        let (x, y) = (column(x), column(y));
        let plot = Plot::new().title(self.model()).labels(names[x].clone(), names[y].clone()).equal();
        Ok(plot.line("", columns[x].clone(), columns[y].clone()))
    }

    /// Times, and the saved components there, one column each.
    fn curves(&self) -> (Vec<f64>, Vec<Vec<f64>>) {
        let saved = self.saved();
        let mut times = Vec::new();
        let mut columns = vec![Vec::new(); saved.len()];
        let mut push = |t: f64, row: &mut dyn Iterator<Item = f64>| {
            times.push(t);
            columns.iter_mut().zip(row).for_each(|(column, value)| column.push(value));
        };
        let mut before: Option<f64> = None;
        for (t, row) in self.times().iter().copied().zip(self.rows()) {
            // Between two saved times the interpolant, if it was kept.
            if let Some(before) = before {
                for t in self.between(before, t) {
                    if let Ok(state) = self.at(t) {
                        push(t, &mut saved.iter().map(|i| state.as_slice()[*i].value()));
                    }
                }
            }
            push(t, &mut row.iter().map(|value| value.value()));
            before = Some(t);
        }
        (times, columns)
    }

    /// Times between two saved ones, spaced as evenly over the whole solve.
    fn between(&self, t: f64, next: f64) -> impl Iterator<Item = f64> {
        let first = self.times().first().copied().unwrap_or(t);
        let piece = (self.end_time() - first) / f64::from(PIECES);
        let pieces = ((next - t) / piece).ceil();
        let pieces = if pieces.is_finite() { pieces as u32 } else { 0 };
        (1..pieces).map(move |i| t + (next - t) * f64::from(i) / f64::from(pieces))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::integrate::Grid;
    use crate::problem::OdeProblem;
    use crate::stepper::Tsit5;

    fn circle() -> Solution<[f64; 2], f64> {
        let turn = |du: &mut [f64; 2], u: &[f64; 2], _p: &(), _t: f64| *du = [-u[1], u[0]];
        let problem = OdeProblem::from_fn(turn, [1.0, 0.0], (0.0, 6.0), ());
        problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::step(2.0)).dense(true).solve().unwrap()
    }

    #[test]
    fn a_dense_solution_is_a_smooth_curve() {
        let plot = circle().plot();
        assert_eq!(plot.series.len(), 2);
        let points: Vec<(f64, f64)> = plot.series[0].points().collect();
        assert_eq!(points.len(), 601);
        // Between the four saved points too: to the tolerance of the solve, with room for its growth.
        assert!(points.iter().all(|(t, x)| (x - t.cos()).abs() < 1e-7));
    }

    #[test]
    fn a_phase_plot_names_its_axes() {
        let plot = circle().phase_plot(1, 0).unwrap();
        assert_eq!((plot.x.label.as_str(), plot.y.label.as_str()), ("u[1]", "u[0]"));
        assert!(plot.series[0].points().all(|(x, y)| (x.hypot(y) - 1.0).abs() < 1e-7));
        assert!(circle().phase_plot(0, 2).is_err());
    }
}
