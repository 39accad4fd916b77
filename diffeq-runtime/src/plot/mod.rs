//! Plots of solutions: SVG files, and text for a terminal.
//!
//! A [`Plot`] is one panel: axes and series. A [`Figure`] is panels side by side, as for a fit before and after.
//! A series keeps its colour by its name in all panels, and lines and points of one name share a legend entry, so
//! a model and the data that it is fitted to read as one.
//!
//! ```
//! use diffeq_runtime::plot::Figure;
//! use diffeq_runtime::plot::Plot;
//!
//! let t: Vec<f64> = (0..=100).map(|i| 0.1 * f64::from(i)).collect();
//! let decay = |rate: f64| t.iter().map(move |t| (-rate * t).exp());
//! let data = decay(0.5).step_by(10);
//! let before = Plot::new().title("before").line("u", t.clone(), decay(0.2)).points(
//!     "u",
//!     t.iter().copied().step_by(10),
//!     data.clone(),
//! );
//! let after = Plot::new().title("after").line("u", t.clone(), decay(0.5)).points(
//!     "u",
//!     t.iter().copied().step_by(10),
//!     data,
//! );
//! let figure = Figure::new().panel(before.labels("t", "u")).panel(after.labels("t", "u")).share_axes();
//! assert!(figure.to_svg()?.starts_with("<svg"));
//! println!("{}", figure.to_text(72, 16)?);
//! # Ok::<(), diffeq_runtime::plot::PlotError>(())
//! ```

mod axis;
mod clip;
mod density;
mod ensemble;
mod figure;
mod solution;
mod svg;
mod text;

pub use figure::Figure;

use std::path::Path;
use std::path::PathBuf;

use axis::Axis;
use axis::Scale;

use crate::error::Error;

/// What keeps a plot from being drawn.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum PlotError {
    /// A series whose coordinates do not pair up.
    #[error("series `{name}` has {x} x-values but {y} y-values; give one y for each x")]
    Lengths {
        /// The series.
        name: String,
        /// How many x-values it has.
        x: usize,
        /// How many y-values it has.
        y: usize,
    },
    /// A range that no axis can show.
    #[error("the {axis} range ({low}, {high}) is not an interval{}", if *.log { " of positive numbers, which a logarithmic axis needs" } else { "; give (low, high) with low < high" })]
    Range {
        /// `x` or `y`.
        axis: &'static str,
        /// The lower end.
        low: f64,
        /// The upper end.
        high: f64,
        /// Whether the axis is logarithmic.
        log: bool,
    },
    /// A density whose values do not fill its grid, or whose grid is not in order.
    #[error(
        "density `{name}` has {values} values over {x} by {y} points; give one for each pair of them, row by row from the \
         lowest y, and x and y in increasing order"
    )]
    Grid {
        /// The density.
        name: String,
        /// How many x-values it has.
        x: usize,
        /// How many y-values it has.
        y: usize,
        /// How many values it has.
        values: usize,
    },
    /// The file can't be written.
    #[error("can't write the plot to `{path}`: {reason}")]
    Write {
        /// The file.
        path: PathBuf,
        /// What the file system says.
        reason: String,
    },
    /// The drawing backend refused.
    #[error("can't draw the plot: {0}")]
    Draw(String),
}

impl From<PlotError> for Error {
    fn from(error: PlotError) -> Self {
        Self::Layer { layer: "plot", message: error.to_string() }
    }
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Style {
    Line,
    Dashed,
    Points,
    /// The area inside a closed curve.
    Band,
    /// Of the grid of all `x` with all `y`.
    Density,
}

/// Named points, drawn as a line or as marks; or values over a grid.
#[derive(Debug, Clone)]
struct Series {
    name: String,
    style: Style,
    x: Vec<f64>,
    y: Vec<f64>,
    /// What a density shows, `x` by `x` from the first `y` on.
    values: Vec<f64>,
}

impl Series {
    /// Whether an axis may end where this does: a curve over `x` may, what lies in the plane may not.
    fn ends_at_the_frame(&self) -> bool {
        match self.style {
            Style::Density | Style::Band => true,
            Style::Points => false,
            Style::Line | Style::Dashed => self.x.windows(2).all(|pair| pair[0] <= pair[1]),
        }
    }

    fn points(&self) -> impl Iterator<Item = (f64, f64)> {
        self.x.iter().copied().zip(self.y.iter().copied())
    }
}

/// What the user said of an axis.
#[derive(Debug, Clone, Default)]
struct AxisOptions {
    label: String,
    range: Option<(f64, f64)>,
    scale: Scale,
}

/// One panel: two axes and the series between them.
///
/// An axis shows what its data need and a margin, so that nothing lies on the frame; the horizontal one ends with curves
/// over it, such as solutions over time. Values that are not finite (or not positive on a logarithmic axis) interrupt a line; what leaves a given range is
/// cut at its edge.
#[derive(Debug, Clone, Default)]
#[must_use = "a plot does nothing until it is saved or printed"]
pub struct Plot {
    title: String,
    x: AxisOptions,
    y: AxisOptions,
    series: Vec<Series>,
    equal: bool,
}

impl Plot {
    /// An empty panel.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text above the panel.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// The names of the horizontal and the vertical axis.
    pub fn labels(mut self, x: impl Into<String>, y: impl Into<String>) -> Self {
        self.x.label = x.into();
        self.y.label = y.into();
        self
    }

    /// What the horizontal axis shows; by default the data's own range, and a margin where points or closed curves are.
    pub fn x_range(mut self, low: f64, high: f64) -> Self {
        self.x.range = Some((low, high));
        self
    }

    /// What the vertical axis shows; by default the data's own range and a margin.
    pub fn y_range(mut self, low: f64, high: f64) -> Self {
        self.y.range = Some((low, high));
        self
    }

    /// Makes a unit as long on one axis as on the other, for axes that span one space; by default each fills the panel.
    ///
    /// Ranges so different that one axis would shrink to a sliver are left as they are.
    pub fn equal(mut self) -> Self {
        self.equal = true;
        self
    }

    /// Makes the horizontal axis logarithmic; it is linear by default.
    pub fn log_x(mut self) -> Self {
        self.x.scale = Scale::Log;
        self
    }

    /// Makes the vertical axis logarithmic; it is linear by default.
    pub fn log_y(mut self) -> Self {
        self.y.scale = Scale::Log;
        self
    }

    /// Adds a line through the points `(x[i], y[i])`.
    pub fn line<X: Into<f64>, Y: Into<f64>>(
        self,
        name: impl Into<String>,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Self {
        self.series(name.into(), Style::Line, x, y)
    }

    /// Adds a dashed line through the points `(x[i], y[i])`.
    pub fn dashed<X: Into<f64>, Y: Into<f64>>(
        self,
        name: impl Into<String>,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Self {
        self.series(name.into(), Style::Dashed, x, y)
    }

    /// Adds a mark at each point `(x[i], y[i])`: data.
    pub fn points<X: Into<f64>, Y: Into<f64>>(
        self,
        name: impl Into<String>,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Self {
        self.series(name.into(), Style::Points, x, y)
    }

    /// Fills what lies between `low` and `high` over `x`, lightly: an uncertainty, the quantiles of an ensemble. A line of the
    /// same name has the same colour.
    pub fn band<X: Into<f64>, L: Into<f64>, H: Into<f64>>(
        self,
        name: impl Into<String>,
        x: impl IntoIterator<Item = X>,
        low: impl IntoIterator<Item = L>,
        high: impl IntoIterator<Item = H>,
    ) -> Self {
        // Along the lower edge, and back along the upper one.
        let mut x: Vec<f64> = x.into_iter().map(Into::into).collect();
        let mut y: Vec<f64> = low.into_iter().map(Into::into).collect();
        let mut high: Vec<f64> = high.into_iter().map(Into::into).collect();
        if let Some(edge) = [&y, &high].into_iter().find(|edge| edge.len() != x.len()) {
            // Laid end to end two wrong lengths may add up to the right one.
            let edge = edge.clone();
            return self.series(name.into(), Style::Band, x, edge);
        }
        high.reverse();
        y.extend(high);
        x.extend(x.clone().into_iter().rev());
        self.series(name.into(), Style::Band, x, y)
    }

    /// Colours the plane by values at the points of a grid, darker where there is more; `values` are those of all `x` at the
    /// first `y`, then at the next. A density belongs below: what is added later is drawn over it.
    pub fn density<X: Into<f64>, Y: Into<f64>, Z: Into<f64>>(
        mut self,
        name: impl Into<String>,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
        values: impl IntoIterator<Item = Z>,
    ) -> Self {
        self = self.series(name.into(), Style::Density, x, y);
        if let Some(series) = self.series.last_mut() {
            series.values = values.into_iter().map(Into::into).collect();
        }
        self
    }

    fn series<X: Into<f64>, Y: Into<f64>>(
        mut self,
        name: String,
        style: Style,
        x: impl IntoIterator<Item = X>,
        y: impl IntoIterator<Item = Y>,
    ) -> Self {
        let x = x.into_iter().map(Into::into).collect();
        let y = y.into_iter().map(Into::into).collect();
        self.series.push(Series { name, style, x, y, values: Vec::new() });
        self
    }

    /// Writes the panel as an SVG file, and the folders on the way to it.
    ///
    /// # Errors
    /// If a series' lengths differ, a range is empty, or the file can't be written.
    pub fn save(self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        Figure::new().panel(self).save(path)
    }

    /// The panel as SVG text.
    ///
    /// # Errors
    /// If a series' lengths differ or a range is empty.
    pub fn to_svg(&self) -> Result<String, PlotError> {
        Figure::new().panel(self.clone()).to_svg()
    }

    /// The panel as text of `width` columns and `height` rows of plotting area, for a terminal: at least 10 by 3, at most
    /// 1000 by 1000.
    ///
    /// # Errors
    /// If a series' lengths differ or a range is empty.
    pub fn to_text(&self, width: usize, height: usize) -> Result<String, PlotError> {
        Figure::new().panel(self.clone()).to_text(width, height)
    }

    /// Whether each series has as many x as y, and each density a value for every pair of them.
    fn check(&self) -> Result<(), PlotError> {
        let increases = |points: &[f64]| points.windows(2).all(|pair| pair[0] < pair[1]);
        for series in &self.series {
            let (x, y, values) = (series.x.len(), series.y.len(), series.values.len());
            let is_grid = || values == x * y && increases(&series.x) && increases(&series.y);
            if series.style == Style::Density && !is_grid() {
                return Err(PlotError::Grid { name: series.name.clone(), x, y, values });
            }
            if series.style != Style::Density && x != y {
                return Err(PlotError::Lengths { name: series.name.clone(), x, y });
            }
        }
        Ok(())
    }

    fn x_axis(&self) -> Result<Axis, PlotError> {
        let tight = self.series.iter().all(Series::ends_at_the_frame);
        let margin = if tight { 0.0 } else { MARGIN };
        Axis::new("x", self.x.scale, self.x.range, margin, self.series.iter().flat_map(|s| &s.x))
    }

    fn y_axis(&self) -> Result<Axis, PlotError> {
        let tight = !self.series.is_empty() && self.series.iter().all(|s| s.style == Style::Density);
        let margin = if tight { 0.0 } else { MARGIN };
        Axis::new("y", self.y.scale, self.y.range, margin, self.series.iter().flat_map(|s| &s.y))
    }

    /// How many times longer the horizontal axis must be than the vertical one.
    fn aspect(&self, x: &Axis, y: &Axis) -> Option<f64> {
        let aspect = x.extent() / y.extent();
        (self.equal && (LEAST_ASPECT..=LEAST_ASPECT.recip()).contains(&aspect)).then_some(aspect)
    }
}

/// What an axis shows beside its data, on each side, in parts of their extent.
const MARGIN: f64 = 0.05;

/// The least ratio of two axes of one scale at which both can be read.
const LEAST_ASPECT: f64 = 0.2;

#[cfg(test)]
mod tests {
    use super::*;

    fn wave() -> Plot {
        let t: Vec<f64> = (0..200).map(|i| 0.05 * f64::from(i)).collect();
        let y: Vec<f64> = t.iter().map(|t| t.sin()).collect();
        Plot::new().title("wave <1>").labels("t", "u & v").line("sine", t, y)
    }

    #[test]
    fn svg_is_well_formed_and_names_what_it_shows() {
        let svg = wave().to_svg().unwrap();
        assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
        for text in ["sine", "wave &lt;1&gt;", "u &amp; v"] {
            assert!(svg.contains(text), "`{text}` is missing");
        }
        assert!(svg.contains("<polyline"));
    }

    #[test]
    fn a_series_that_does_not_pair_up_is_an_error_that_names_it() {
        let error = wave().points("data", [0.0, 1.0], [0.0]).to_svg().unwrap_err();
        assert_eq!(error.to_string(), "series `data` has 2 x-values but 1 y-values; give one y for each x");
    }

    /// Two and four values are three for each edge on the average, and no band.
    #[test]
    fn a_band_has_two_edges_of_one_length() {
        let band = |low: &[f64], high: &[f64]| {
            Plot::new()
                .band("b", [0.0, 1.0, 2.0], low.to_vec(), high.to_vec())
                .to_svg()
                .map_err(|error| error.to_string())
        };
        assert!(band(&[0.0; 3], &[1.0; 3]).is_ok());
        for (low, high, found) in [(2, 4, 2), (3, 2, 2), (4, 2, 4)] {
            let error = band(&vec![0.0; low], &vec![1.0; high]).unwrap_err();
            assert!(error.contains(&format!("3 x-values but {found} y-values")), "{error}");
        }
    }

    #[test]
    fn panels_of_one_scale_share_their_axes() {
        let line = |y: [f64; 2]| Plot::new().line("a", [0.0, 1.0], y);
        let (first, second, third) = (line([-15.0, 10.0]), line([1e-3, 1e3]).log_y(), line([0.0, 40.0]));
        let alone =
            |plot: &Plot| plot.to_text(30, 30).unwrap().lines().map(str::to_string).collect::<Vec<_>>();
        let figure =
            Figure::new().panel(first.clone()).panel(second.clone()).panel(third.clone()).share_axes();
        let text = figure.to_text(30, 30).unwrap();
        let panels: Vec<Vec<String>> =
            text.split("\n\n").map(|panel| panel.lines().map(str::to_string).collect()).collect();
        // The logarithmic one has nobody to share with; the others reach from -15 to 40.
        assert_eq!(panels[1], alone(&second));
        for panel in [&panels[0], &panels[2]] {
            let labels = panel
                .iter()
                .filter_map(|line| line.split_once('┤'))
                .map(|(label, _)| label.trim().to_string());
            let labels: Vec<f64> = labels.map(|label| label.parse().unwrap()).collect();
            assert!(labels.contains(&40.0) && labels.contains(&-10.0), "{text}");
        }
    }

    #[test]
    fn an_empty_range_is_an_error() {
        let error = wave().y_range(1.0, 1.0).to_text(40, 10).unwrap_err();
        assert!(matches!(error, PlotError::Range { axis: "y", .. }), "{error}");
        let error = wave().log_y().y_range(-1.0, 1.0).to_svg().unwrap_err();
        assert!(error.to_string().contains("positive"), "{error}");
    }

    #[test]
    fn values_that_are_not_finite_interrupt_a_line() {
        let plot = Plot::new().line("u", [0.0, 1.0, 2.0, 3.0, 4.0], [0.0, 1.0, f64::NAN, 1.0, f64::INFINITY]);
        let svg = plot.to_svg().unwrap();
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
    }

    #[test]
    fn points_and_orbits_stay_off_the_frame() {
        let places = |plot: Plot| {
            let (x, y) = (plot.x_axis().unwrap(), plot.y_axis().unwrap());
            plot.series[0].points().map(|(a, b)| [x.place(a), y.place(b)]).collect::<Vec<_>>()
        };
        let angles = || (0..=20).map(|i| 0.314 * f64::from(i));
        let orbit = Plot::new().line("", angles().map(f64::cos), angles().map(f64::sin));
        let marks = Plot::new().points("", [0.0, 1.0], [3.0, 4.0]);
        for plot in [orbit, marks] {
            assert!(places(plot).iter().flatten().all(|place| (0.04..=0.96).contains(place)));
        }
        // Curves over time go from edge to edge.
        let curve = places(wave());
        assert_eq!((curve[0][0], curve[199][0]), (0.0, 1.0));
    }

    #[test]
    fn a_density_needs_a_value_for_each_point_of_its_grid() {
        let density = |x: [f64; 2], values: &[f64]| Plot::new().density("p", x, [0.0, 1.0], values.to_vec());
        let svg = density([0.0, 1.0], &[0.0, 0.5, 1.0, f64::NAN]).to_svg().unwrap();
        assert!(svg.matches("<rect").count() > 4);
        assert!(density([0.0, 1.0], &[0.0; 4]).to_text(20, 5).is_ok());
        assert!(density([0.0, 1.0], &[f64::NAN; 4]).to_svg().is_ok());
        for bad in [density([0.0, 1.0], &[0.0; 3]), density([1.0, 0.0], &[0.0; 4])] {
            assert!(matches!(bad.to_svg(), Err(PlotError::Grid { .. })));
        }
    }

    #[test]
    fn nothing_to_show_is_still_a_plot() {
        assert!(Plot::new().to_svg().is_ok());
        assert!(Plot::new().log_x().log_y().to_text(40, 10).is_ok());
        assert!(Plot::new().line("constant", [1.0, 1.0], [2.0, 2.0]).to_svg().is_ok());
        assert!(Figure::new().to_svg().is_ok());
    }

    /// The corners of the frame of each panel, which is a line of three points from its upper left corner.
    fn frames(svg: &str) -> Vec<[f64; 4]> {
        let points = svg.split("<polyline").skip(1).filter(|line| line.contains("#8C8C8C"));
        points
            .map(|line| {
                let numbers = line.split("points=\"").nth(1).unwrap().split('"').next().unwrap();
                let numbers: Vec<f64> = numbers.split([' ', ',']).filter_map(|n| n.parse().ok()).collect();
                [numbers[0], numbers[1], numbers[4], numbers[5]]
            })
            .collect()
    }

    #[test]
    fn axes_of_one_space_have_one_scale() {
        let angles = || (0..=20).map(|i| 0.314 * f64::from(i));
        let orbit = Plot::new().line("", angles().map(f64::cos), angles().map(|a| 0.5 * a.sin()));
        let ratio = |plot: &Plot| {
            let [left, top, right, bottom] = frames(&plot.to_svg().unwrap())[0];
            (right - left) / (bottom - top)
        };
        assert!((ratio(&orbit.clone().equal()) - 2.0).abs() < 0.02);
        // Without that, and with ranges of other units, a panel is filled.
        let sliver = Plot::new().line("", angles(), angles().map(|a| 1e3 * a)).equal();
        assert_eq!(ratio(&sliver), ratio(&Plot::new().line("", angles(), angles().map(|a| 1e3 * a))));
    }

    #[test]
    fn no_place_in_a_figure_stays_empty() {
        for (count, rows) in [(1, 1), (2, 1), (3, 1), (4, 2), (5, 2), (6, 2), (7, 3)] {
            let figure = (0..count).fold(Figure::new(), |figure, _| figure.panel(wave()));
            let svg = figure.to_svg().unwrap();
            let frames = frames(&svg);
            let width: f64 =
                svg.split("viewBox=\"0 0 ").nth(1).unwrap().split(' ').next().unwrap().parse().unwrap();
            assert_eq!(frames.len(), count);
            let mut tops: Vec<f64> = frames.iter().map(|frame| frame[1]).collect();
            tops.dedup();
            assert_eq!(tops.len(), rows);
            // The last panel ends where the picture does.
            assert!(frames[count - 1][2] > width - 300.0, "{count} panels");
        }
    }

    #[test]
    fn sizes_that_nobody_can_look_at_are_cut() {
        for (width, height) in [(70_000, 5), (usize::MAX, 5), (40, usize::MAX)] {
            let text = wave().to_text(width, height).unwrap();
            // What stands around the plotting area: labels at the left; title, legend, axes and their labels.
            assert!(text.lines().count() <= 1010 && text.lines().all(|line| line.chars().count() <= 1030));
        }
        let svg = |figure: Figure| figure.panel(wave()).panel_size(300_000_000, 120).to_svg();
        assert!(svg(Figure::new()).unwrap().contains("width=\"10000\" height=\"120\""));
        let many =
            (0..30_000).fold(Figure::new().panel_size(560, 360), |figure, _| figure.panel(Plot::new()));
        let error = svg(many.columns(usize::MAX)).unwrap_err();
        assert!(error.to_string().contains("30001 panels"), "{error}");
    }

    #[test]
    fn save_makes_the_folders_on_the_way() {
        let folder = std::env::temp_dir().join(format!("diffeq-plot-{}", std::process::id()));
        let path = folder.join("deeper/wave.svg");
        wave().save(&path).unwrap();
        assert!(std::fs::read_to_string(&path).unwrap().contains("sine"));
        std::fs::remove_dir_all(folder).unwrap();
    }
}
