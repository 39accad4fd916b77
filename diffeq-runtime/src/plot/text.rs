//! A figure as text, for people without a viewer at hand.

use super::Figure;
use super::Plot;
use super::Style;
use super::axis::Axis;
use super::clip::inside;
use super::clip::visible;
use super::density;

/// One mark for each name; they come round again after the last.
const MARKS: [char; 8] = ['•', '+', '×', 'o', '*', '#', '%', '@'];

/// Draws all panels one below the other.
pub(super) fn draw(figure: &Figure, axes: &[(Axis, Axis)], width: usize, height: usize) -> String {
    let names = figure.names();
    let mut out = String::new();
    if !figure.title.is_empty() {
        out += &format!("{}\n\n", figure.title);
    }
    for (i, (panel, (x, y))) in figure.panels.iter().zip(axes).enumerate() {
        if i > 0 {
            out.push('\n');
        }
        out += &draw_panel(panel, &names, x, y, width, height);
    }
    out
}

fn draw_panel(panel: &Plot, names: &[&str], x: &Axis, y: &Axis, width: usize, height: usize) -> String {
    let mark = |name: &str| MARKS[names.iter().position(|n| *n == name).unwrap_or(0) % MARKS.len()];
    let (width, height) = match panel.aspect(x, y) {
        Some(aspect) => fit(aspect, width, height),
        None => (width, height),
    };
    let mut cells = vec![vec![' '; width]; height];
    for series in &panel.series {
        if series.style == Style::Density {
            for block in density::blocks(&series.x, &series.y, &series.values, (x, y)) {
                for line in &mut cells[row(block.top, height)..=row(block.bottom, height)] {
                    line[column(block.left, width)..=column(block.right, width)]
                        .fill(density::SHADES[block.level]);
                }
            }
            continue;
        }
        let places = series.points().map(|(a, b)| (x.place(a), y.place(b)));
        let mark = mark(&series.name);
        match series.style {
            Style::Density => {}
            Style::Points => places.filter(|p| inside(*p)).for_each(|p| put(&mut cells, p, mark)),
            Style::Line | Style::Dashed | Style::Band => {
                for piece in visible(places) {
                    piece.windows(2).for_each(|ends| stroke(&mut cells, ends[0], ends[1], mark));
                }
            }
        }
    }

    let mut labels = vec![String::new(); height];
    for tick in y.ticks((height / 3).clamp(2, 8)) {
        labels[row(tick.place, height)] = tick.label;
    }
    let margin = labels.iter().map(|l| l.chars().count()).max().unwrap_or(0);
    let indent = " ".repeat(margin + 2);

    let mut out = String::new();
    let legend: Vec<String> = names
        .iter()
        .filter(|name| !name.is_empty() && panel.series.iter().any(|s| s.name == **name))
        .map(|name| match panel.series.iter().find(|s| s.name == **name && s.style == Style::Density) {
            Some(series) => scale(name, &series.values),
            None => format!("{} {name}", mark(name)),
        })
        .collect();
    for line in [panel.title.clone(), legend.join("   "), panel.y.label.clone()] {
        if !line.is_empty() {
            out += &format!("{indent}{line}\n");
        }
    }
    for (label, cells) in labels.iter().zip(&cells) {
        let edge = if label.is_empty() { '│' } else { '┤' };
        let line: String = cells.iter().collect();
        out += &format!("{label:>margin$} {edge}{}\n", line.trim_end());
    }
    out += &format!("{} └{}\n", " ".repeat(margin), "─".repeat(width));
    out += &format!("{indent}{}\n", x_labels(x, width));
    if !panel.x.label.is_empty() {
        let line = format!("{indent}{:^width$}", panel.x.label);
        out += &format!("{}\n", line.trim_end());
    }
    out
}

/// The largest part of the plotting area in which a unit is as long upwards as across: a row is as high as two columns are
/// wide.
fn fit(aspect: f64, width: usize, height: usize) -> (usize, usize) {
    let wide = (aspect * 2.0 * height as f64).round() as usize;
    let high = (width as f64 / (2.0 * aspect)).round() as usize;
    (width.min(wide).max(10), height.min(high).max(3))
}

/// What the shades of a density mean.
fn scale(name: &str, values: &[f64]) -> String {
    let shades: String = density::SHADES.into_iter().collect();
    match density::ends(values) {
        Some((low, high)) => {
            let [low, high] = density::labels(low, high);
            format!("{low} [{shades}] {high} {name}")
        }
        None => name.into(),
    }
}

/// The labels below the horizontal axis, each centred at its place, as far as they fit.
fn x_labels(x: &Axis, width: usize) -> String {
    let mut line: Vec<char> = vec![' '; width];
    let mut free = 0;
    for tick in x.ticks((width / 12).clamp(3, 10)) {
        let length = tick.label.chars().count();
        let centre = column(tick.place, width);
        let start = centre.saturating_sub(length / 2).min(width.saturating_sub(length));
        if start >= free && start + length <= width {
            line[start..start + length].iter_mut().zip(tick.label.chars()).for_each(|(cell, c)| *cell = c);
            free = start + length + 1;
        }
    }
    line.into_iter().collect::<String>().trim_end().to_string()
}

fn column(place: f64, width: usize) -> usize {
    (place * (width - 1) as f64).round() as usize
}

fn row(place: f64, height: usize) -> usize {
    height - 1 - (place * (height - 1) as f64).round() as usize
}

fn put(cells: &mut [Vec<char>], (x, y): (f64, f64), mark: char) {
    let (height, width) = (cells.len(), cells[0].len());
    cells[row(y, height)][column(x, width)] = mark;
}

/// A mark in each cell on the way: as many steps as the longer side has cells.
fn stroke(cells: &mut [Vec<char>], from: (f64, f64), to: (f64, f64), mark: char) {
    let (height, width) = (cells.len() as f64, cells[0].len() as f64);
    let steps = ((to.0 - from.0).abs() * width).max((to.1 - from.1).abs() * height).ceil().max(1.0);
    for i in 0..=steps as usize {
        let s = i as f64 / steps;
        // Rounding may leave the square by an ulp.
        let along = |a: f64, b: f64| (a + s * (b - a)).clamp(0.0, 1.0);
        put(cells, (along(from.0, to.0), along(from.1, to.1)), mark);
    }
}

#[cfg(test)]
mod tests {
    use super::super::Plot;

    #[test]
    fn a_line_and_its_axes() {
        let text = Plot::new()
            .title("ramp")
            .labels("t", "u")
            .line("u", [0.0, 10.0], [0.0, 10.0])
            .points("data", [5.0], [0.0])
            .x_range(0.0, 10.0)
            .y_range(0.0, 10.0)
            .to_text(21, 5)
            .unwrap();
        let expected = [
            "    ramp",
            "    • u   + data",
            "    u",
            "10 ┤                  •••",
            "   │             •••••",
            " 5 ┤        •••••",
            "   │   •••••",
            " 0 ┤•••       +",
            "   └─────────────────────",
            "    0         5        10",
            "              t",
        ];
        assert_eq!(text.lines().collect::<Vec<_>>(), expected, "\n{text}");
    }

    /// A row of text is twice as high as a column is wide.
    #[test]
    fn axes_of_one_space_have_one_scale() {
        let square = Plot::new().line("u", [0.0, 1.0, 1.0, 0.0, 0.0], [0.0, 0.0, 1.0, 1.0, 0.0]);
        let text = square.equal().to_text(72, 11).unwrap();
        let frame = text.lines().find(|line| line.contains('└')).unwrap();
        assert_eq!(frame.matches('─').count(), 22, "\n{text}");
    }
}
