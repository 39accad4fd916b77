//! A figure as SVG.

use std::fmt::Display;

use plotters::element::DashedPathElement;
use plotters::prelude::*;
use plotters::style::text_anchor::HPos;
use plotters::style::text_anchor::Pos;
use plotters::style::text_anchor::VPos;

use super::Figure;
use super::Plot;
use super::PlotError;
use super::Style;
use super::axis::Axis;
use super::clip::Spot;
use super::clip::inside;
use super::clip::visible;
use super::density;

/// The backend counts in whole units; ten of them to a pixel keep curves smooth.
const UNITS: i32 = 10;

/// Colours that colour-blind readers tell apart: Okabe & Ito (2008), the palette's yellow left out (too pale).
const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(60, 60, 60),
];
const INK: RGBColor = RGBColor(51, 51, 51);
const FRAME: RGBColor = RGBColor(140, 140, 140);
const GRID: RGBColor = RGBColor(232, 232, 232);

/// Sizes in pixels.
const FONT: i32 = 13;
const TITLE: i32 = 16;
const LINE: i32 = 22;
const MARGIN: i32 = 14;
const SWATCH: i32 = 22;
const SHADE: i32 = 9;

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;

/// Draws all panels, row by row.
pub(super) fn draw(figure: &Figure, axes: &[(Axis, Axis)]) -> Result<String, PlotError> {
    let count = figure.panels.len().max(1);
    let columns = figure.row_length();
    let rows = count.div_ceil(columns);
    let head = if figure.title.is_empty() { 0 } else { LINE + MARGIN };
    let (panel_width, panel_height) = (figure.size().0 as i32, figure.size().1 as i32);
    let size = |count: usize, each: i32, more: i32| {
        let pixels = i32::try_from(count).ok()?.checked_mul(each)?.checked_add(more)?;
        // What does not fit in units would wrap round where they are counted.
        pixels.checked_mul(UNITS).map(|_| pixels)
    };
    let (Some(width), Some(height)) = (size(columns, panel_width, 0), size(rows, panel_height, head)) else {
        let (width, height) = figure.size();
        return Err(PlotError::Draw(format!("{count} panels of {width} by {height} pixels are too many")));
    };

    let mut picture = String::new();
    {
        let size = ((width * UNITS) as u32, (height * UNITS) as u32);
        let pen = Pen { area: SVGBackend::with_string(&mut picture, size).into_drawing_area() };
        pen.area.fill(&WHITE).map_err(refused)?;
        if head > 0 {
            pen.text(&figure.title, (width / 2, MARGIN + LINE / 2), TITLE + 2, HPos::Center)?;
        }
        let names = figure.names();
        for (i, (panel, (x, y))) in figure.panels.iter().zip(axes).enumerate() {
            let (row, column) = ((i / columns) as i32, (i % columns) as i32);
            // A last row that is not full leaves no hole.
            let in_row = (figure.panels.len() - i / columns * columns).min(columns) as i32;
            let top = head + row * panel_height;
            let room = Room {
                left: width * column / in_row,
                top,
                right: width * (column + 1) / in_row,
                bottom: top + panel_height,
            };
            draw_panel(&pen, panel, &names, x, y, room)?;
        }
        pen.area.present().map_err(refused)?;
    }
    // The picture is shown in pixels and drawn in units.
    let drawn = format!("width=\"{}\" height=\"{}\"", width * UNITS, height * UNITS);
    Ok(picture.replacen(&drawn, &format!("width=\"{width}\" height=\"{height}\""), 1))
}

fn refused(error: impl Display) -> PlotError {
    PlotError::Draw(error.to_string())
}

/// A rectangle, in pixels from the upper left corner.
#[derive(Clone, Copy)]
struct Room {
    left: i32,
    top: i32,
    right: i32,
    bottom: i32,
}

impl Room {
    /// A place of the panel, in units.
    fn units(&self, (x, y): Spot) -> (i32, i32) {
        let across = |low: i32, high: i32, s: f64| {
            (f64::from(UNITS) * (f64::from(low) + s * f64::from(high - low))).round()
        };
        (across(self.left, self.right, x) as i32, across(self.bottom, self.top, y) as i32)
    }

    /// The largest part with this ratio of width to height, in the middle below the legend.
    fn with_aspect(self, aspect: f64) -> Self {
        let (width, height) = (f64::from(self.right - self.left), f64::from(self.bottom - self.top));
        let (width, height) =
            if width > aspect * height { (aspect * height, height) } else { (width, width / aspect) };
        let left = self.left + ((f64::from(self.right - self.left) - width) / 2.0).round() as i32;
        Self { left, right: left + width.round() as i32, bottom: self.top + height.round() as i32, ..self }
    }
}

fn draw_panel(
    pen: &Pen,
    panel: &Plot,
    names: &[&str],
    x: &Axis,
    y: &Axis,
    room: Room,
) -> Result<(), PlotError> {
    let color = |name: &str| PALETTE[names.iter().position(|n| *n == name).unwrap_or(0) % PALETTE.len()];
    let y_ticks = y.ticks(tick_count(room.bottom - room.top, 55));
    let y_labels = y_ticks.iter().map(|tick| text_width(&tick.label, FONT)).max().unwrap_or(0);

    let mut inner = Room {
        left: room.left + MARGIN + y_labels + 8 + if panel.y.label.is_empty() { 0 } else { LINE },
        top: room.top + MARGIN,
        right: room.right - MARGIN - 6,
        bottom: room.bottom - MARGIN - LINE - if panel.x.label.is_empty() { 0 } else { LINE },
    };
    if !panel.title.is_empty() {
        pen.text(
            &panel.title,
            ((inner.left + inner.right) / 2, inner.top + LINE / 2 - 2),
            TITLE,
            HPos::Center,
        )?;
        inner.top += LINE;
    }
    let (mut y_ticks, mut each) = (y_ticks, 80);
    match panel.aspect(x, y) {
        None => inner.top = draw_legend(pen, panel, names, inner)?,
        Some(aspect) => {
            // The legend begins where the panel will, as far as one row of it tells.
            let below = Room { top: inner.top + LINE + 6, ..inner }.with_aspect(aspect);
            inner.top = draw_legend(pen, panel, names, Room { left: below.left, ..inner })?;
            inner = inner.with_aspect(aspect);
            each = 50;
            y_ticks = y.ticks(tick_count(inner.bottom - inner.top, each));
        }
    }

    for tick in x.ticks(tick_count(inner.right - inner.left, each)) {
        pen.line(&[inner.units((tick.place, 0.0)), inner.units((tick.place, 1.0))], GRID, 10)?;
        let at = inner.left + (tick.place * f64::from(inner.right - inner.left)).round() as i32;
        pen.text(&tick.label, (at, inner.bottom + LINE / 2 + 2), FONT, HPos::Center)?;
    }
    for tick in &y_ticks {
        pen.line(&[inner.units((0.0, tick.place)), inner.units((1.0, tick.place))], GRID, 10)?;
        let at = inner.bottom - (tick.place * f64::from(inner.bottom - inner.top)).round() as i32;
        pen.text(&tick.label, (inner.left - 6, at), FONT, HPos::Right)?;
    }
    for series in panel.series.iter().filter(|series| series.style == Style::Density) {
        for block in density::blocks(&series.x, &series.y, &series.values, (x, y)) {
            let corners =
                [(block.left, block.top), (block.right, block.bottom)].map(|corner| inner.units(corner));
            pen.block(corners, block.level)?;
        }
    }
    for series in panel.series.iter().filter(|series| series.style == Style::Band) {
        let places = series.points().map(|(a, b)| (x.place(a), y.place(b)));
        // An edge that leaves the panel runs along its frame.
        let places = places.filter(|(a, b)| a.is_finite() && b.is_finite());
        let outline = places.map(|(a, b)| inner.units((a.clamp(0.0, 1.0), b.clamp(0.0, 1.0)))).collect();
        pen.fill(outline, color(&series.name))?;
    }
    let frame = [(0.0, 1.0), (0.0, 0.0), (1.0, 0.0)].map(|corner| inner.units(corner));
    pen.line(&frame, FRAME, 10)?;
    if !panel.x.label.is_empty() {
        pen.text(
            &panel.x.label,
            ((inner.left + inner.right) / 2, inner.bottom + 2 * LINE - 4),
            FONT,
            HPos::Center,
        )?;
    }
    if !panel.y.label.is_empty() {
        let left = inner.left - y_labels - 4 - LINE;
        pen.upright_text(&panel.y.label, (left, (inner.top + inner.bottom) / 2))?;
    }

    for series in &panel.series {
        let places = series.points().map(|(a, b)| (x.place(a), y.place(b)));
        let color = color(&series.name);
        match series.style {
            // Below everything else, and there by now.
            Style::Density | Style::Band => {}
            Style::Points => {
                for place in places.filter(|place| inside(*place)) {
                    pen.mark(inner.units(place), color)?;
                }
            }
            Style::Line | Style::Dashed => {
                for piece in visible(places) {
                    let mut line: Vec<_> = piece.into_iter().map(|place| inner.units(place)).collect();
                    line.dedup();
                    pen.series_line(line, color, series.style)?;
                }
            }
        }
    }
    Ok(())
}

/// One entry for each name, in rows from the top of `room`; returns where the panel may begin.
fn draw_legend(pen: &Pen, panel: &Plot, names: &[&str], room: Room) -> Result<i32, PlotError> {
    let (mut left, mut middle) = (room.left, room.top + LINE / 2);
    let mut bottom = room.top + 4;
    for (i, name) in names.iter().enumerate().filter(|(_, name)| !name.is_empty()) {
        let styles: Vec<Style> = panel.series.iter().filter(|s| s.name == **name).map(|s| s.style).collect();
        if styles.is_empty() {
            continue;
        }
        if let Some(series) = panel.series.iter().find(|s| s.name == **name && s.style == Style::Density) {
            let Some((low, high)) = density::ends(&series.values) else { continue };
            if left > room.left {
                (left, middle) = (room.left, middle + LINE - 4);
            }
            draw_scale(pen, name, (low, high), (left, middle))?;
            (left, middle) = (room.left, middle + LINE - 4);
            bottom = middle - LINE / 2 + 10;
            continue;
        }
        let width = SWATCH + 6 + text_width(name, FONT) + 18;
        if left > room.left && left + width > room.right {
            (left, middle) = (room.left, middle + LINE - 4);
        }
        let color = PALETTE[i % PALETTE.len()];
        for style in styles {
            let y = middle * UNITS;
            match style {
                Style::Density => {}
                Style::Band => {
                    let (top, bottom) = (y - 5 * UNITS, y + 5 * UNITS);
                    let (left, right) = (left * UNITS, (left + SWATCH) * UNITS);
                    pen.fill(vec![(left, top), (right, top), (right, bottom), (left, bottom)], color)?;
                }
                Style::Points => pen.mark(((left + SWATCH / 2) * UNITS, y), color)?,
                line => {
                    pen.series_line(vec![(left * UNITS, y), ((left + SWATCH) * UNITS, y)], color, line)?
                }
            }
        }
        pen.text(name, (left + SWATCH + 6, middle), FONT, HPos::Left)?;
        left += width;
        bottom = middle + LINE / 2 + 6;
    }
    Ok(bottom)
}

/// What the colours of a density mean: the least value, all levels, the largest value, the name.
fn draw_scale(
    pen: &Pen,
    name: &str,
    (low, high): (f64, f64),
    (left, middle): (i32, i32),
) -> Result<(), PlotError> {
    let [low, high] = density::labels(low, high);
    pen.text(&low, (left, middle), FONT, HPos::Left)?;
    let mut left = left + text_width(&low, FONT) + 6;
    for level in 0..density::LEVELS {
        let corners = [(left, middle - 6), (left + SHADE, middle + 6)].map(|(x, y)| (x * UNITS, y * UNITS));
        pen.block(corners, level)?;
        left += SHADE;
    }
    pen.text(&high, (left + 6, middle), FONT, HPos::Left)?;
    pen.text(name, (left + text_width(&high, FONT) + 18, middle), FONT, HPos::Left)
}

/// How many ticks have room, each with so many pixels.
fn tick_count(pixels: i32, each: i32) -> usize {
    (pixels / each).max(2) as usize
}

/// About how many pixels a text takes: no font is at hand to measure it.
fn text_width(text: &str, size: i32) -> i32 {
    (text.chars().count() as f64 * 0.58 * f64::from(size)).ceil() as i32
}

/// Draws in units on the whole picture.
struct Pen<'a> {
    area: Area<'a>,
}

impl Pen<'_> {
    fn line(&self, points: &[(i32, i32)], color: RGBColor, width: u32) -> Result<(), PlotError> {
        self.area.draw(&PathElement::new(points, color.stroke_width(width))).map_err(refused)
    }

    fn series_line(&self, points: Vec<(i32, i32)>, color: RGBColor, style: Style) -> Result<(), PlotError> {
        let stroke = color.stroke_width(2 * UNITS as u32);
        match style {
            Style::Dashed => {
                let dashes = DashedPathElement::new(points, 6 * UNITS, 4 * UNITS, stroke);
                self.area.draw(&dashes).map_err(refused)
            }
            _ => self.area.draw(&PathElement::new(points, stroke)).map_err(refused),
        }
    }

    /// The area inside a closed curve, so light that lines over it are seen.
    fn fill(&self, outline: Vec<(i32, i32)>, color: RGBColor) -> Result<(), PlotError> {
        self.area.draw(&Polygon::new(outline, color.mix(0.2).filled())).map_err(refused)
    }

    fn mark(&self, at: (i32, i32), color: RGBColor) -> Result<(), PlotError> {
        self.area.draw(&Circle::new(at, 3 * UNITS, color.mix(0.75).filled())).map_err(refused)
    }

    /// A rectangle, a little larger than asked for: its neighbours are to show no seam.
    fn block(&self, [from, to]: [(i32, i32); 2], level: usize) -> Result<(), PlotError> {
        let (r, g, b) = density::color(level);
        let to = (to.0 + UNITS / 2, to.1 + UNITS / 2);
        self.area.draw(&Rectangle::new([from, to], RGBColor(r, g, b).filled())).map_err(refused)
    }

    fn text(&self, text: &str, (x, y): (i32, i32), size: i32, align: HPos) -> Result<(), PlotError> {
        let style = font(size).into_font().color(&INK).pos(Pos::new(align, VPos::Center));
        self.area.draw(&Text::new(text.to_string(), (x * UNITS, y * UNITS), style)).map_err(refused)
    }

    fn upright_text(&self, text: &str, (x, y): (i32, i32)) -> Result<(), PlotError> {
        let style = font(FONT).into_font().transform(FontTransform::Rotate270).color(&INK);
        let style = style.pos(Pos::new(HPos::Center, VPos::Center));
        self.area.draw(&Text::new(text.to_string(), (x * UNITS, y * UNITS), style)).map_err(refused)
    }
}

/// The backend divides sizes by 1.24 on writing.
fn font(size: i32) -> (&'static str, f64) {
    ("sans-serif", 1.24 * f64::from(size * UNITS))
}
