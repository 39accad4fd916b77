//! Panels side by side.

use std::path::Path;

use super::Plot;
use super::PlotError;
use super::axis::Axis;
use super::svg;
use super::text;

/// The most pixels that a panel is wide or high: no screen shows more.
const LARGEST_PANEL: u32 = 10_000;

/// The most columns and rows of a panel in text: no terminal shows more.
const WIDEST_TEXT: usize = 1000;

/// One or more panels in one picture.
#[derive(Debug, Clone, Default)]
#[must_use = "a figure does nothing until it is saved or printed"]
pub struct Figure {
    pub(super) title: String,
    pub(super) panels: Vec<Plot>,
    columns: Option<usize>,
    panel_size: Option<(u32, u32)>,
    share_axes: bool,
}

impl Figure {
    /// A figure without panels.
    pub fn new() -> Self {
        Self::default()
    }

    /// The text above all panels.
    pub fn title(mut self, title: impl Into<String>) -> Self {
        self.title = title.into();
        self
    }

    /// Adds a panel, to the right of the last one or at the start of the next row.
    pub fn panel(mut self, plot: Plot) -> Self {
        self.panels.push(plot);
        self
    }

    /// How many panels stand in a row; by default up to three, and two where there are four. Where the last row has fewer,
    /// they share its width.
    pub fn columns(mut self, columns: usize) -> Self {
        self.columns = Some(columns.max(1));
        self
    }

    /// The size of each panel in pixels, at least 160 by 120 and at most 10000 by 10000; by default 560 by 360, and 400 by
    /// 360 where three stand in a row.
    pub fn panel_size(mut self, width: u32, height: u32) -> Self {
        self.panel_size = Some((width.clamp(160, LARGEST_PANEL), height.clamp(120, LARGEST_PANEL)));
        self
    }

    /// Gives all panels the same ranges, so that they compare at a glance; by default each has its own. Logarithmic axes share
    /// theirs with one another.
    pub fn share_axes(mut self) -> Self {
        self.share_axes = true;
        self
    }

    /// Writes the figure as an SVG file, and the folders on the way to it.
    ///
    /// # Errors
    /// If a series' lengths differ, a range is empty, there are more panels than one picture holds, or the file can't be
    /// written.
    pub fn save(&self, path: impl AsRef<Path>) -> Result<(), PlotError> {
        let path = path.as_ref();
        let picture = self.to_svg()?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        folder
            .map_or(Ok(()), std::fs::create_dir_all)
            .and_then(|()| std::fs::write(path, picture))
            .map_err(|error| PlotError::Write { path: path.into(), reason: error.to_string() })
    }

    /// The figure as SVG text.
    ///
    /// # Errors
    /// If a series' lengths differ, a range is empty, or there are more panels than one picture holds.
    pub fn to_svg(&self) -> Result<String, PlotError> {
        svg::draw(self, &self.axes()?)
    }

    /// The figure as text, one panel below the other, each with `width` columns and `height` rows between its axes; at
    /// least 10 by 3 and at most 1000 by 1000.
    ///
    /// # Errors
    /// If a series' lengths differ or a range is empty.
    pub fn to_text(&self, width: usize, height: usize) -> Result<String, PlotError> {
        Ok(text::draw(self, &self.axes()?, width.clamp(10, WIDEST_TEXT), height.clamp(3, WIDEST_TEXT)))
    }

    /// How many panels stand in a row.
    pub(super) fn row_length(&self) -> usize {
        let count = self.panels.len().max(1);
        let usual = if count == 4 { 2 } else { 3 };
        self.columns.unwrap_or(usual).min(count)
    }

    /// The width and the height of a panel in a full row.
    pub(super) fn size(&self) -> (u32, u32) {
        self.panel_size.unwrap_or(if self.row_length() < 3 { (560, 360) } else { (400, 360) })
    }

    /// The names of all series in order of appearance: a name's place here gives its colour and its mark.
    pub(super) fn names(&self) -> Vec<&str> {
        let mut names = Vec::new();
        for series in self.panels.iter().flat_map(|panel| &panel.series) {
            if !names.contains(&series.name.as_str()) {
                names.push(&series.name);
            }
        }
        names
    }

    /// The axes of each panel.
    fn axes(&self) -> Result<Vec<(Axis, Axis)>, PlotError> {
        let mut axes = Vec::with_capacity(self.panels.len());
        for panel in &self.panels {
            panel.check()?;
            axes.push((panel.x_axis()?, panel.y_axis()?));
        }
        if self.share_axes {
            let (x, y): (Vec<Axis>, Vec<Axis>) = axes.into_iter().unzip();
            axes = shared(&x).into_iter().zip(shared(&y)).collect();
        }
        Ok(axes)
    }
}

/// Each axis with the range of all that have its scale: places on others are of other units.
fn shared(axes: &[Axis]) -> Vec<Axis> {
    axes.iter().map(|axis| axes.iter().fold(*axis, |all, other| all.union(*other))).collect()
}
