//! Values over a grid, as colours in order.

use super::axis::Axis;

/// From little to much, so that more is darker: the sequence YlGnBu of Harrower & Brewer, *ColorBrewer.org* (2003).
const ANCHORS: [[f64; 3]; 9] = [
    [255.0, 255.0, 217.0],
    [237.0, 248.0, 177.0],
    [199.0, 233.0, 180.0],
    [127.0, 205.0, 187.0],
    [65.0, 182.0, 196.0],
    [29.0, 145.0, 192.0],
    [34.0, 94.0, 168.0],
    [37.0, 52.0, 148.0],
    [8.0, 29.0, 88.0],
];

/// How many colours there are: as many as can be told apart.
pub(super) const LEVELS: usize = 12;

/// The marks of a text, from little to much.
pub(super) const SHADES: [char; LEVELS] = [' ', '.', ',', ':', ';', '-', '=', '+', '*', '#', '%', '@'];

/// The colour of a level.
pub(super) fn color(level: usize) -> (u8, u8, u8) {
    let at = level as f64 / (LEVELS - 1) as f64 * (ANCHORS.len() - 1) as f64;
    let (i, s) = ((at as usize).min(ANCHORS.len() - 2), at - (at as usize).min(ANCHORS.len() - 2) as f64);
    let channel = |c: usize| (ANCHORS[i][c] + s * (ANCHORS[i + 1][c] - ANCHORS[i][c])).round() as u8;
    (channel(0), channel(1), channel(2))
}

/// Neighbouring cells of one level, in places of the panel.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Block {
    pub(super) left: f64,
    pub(super) right: f64,
    pub(super) bottom: f64,
    pub(super) top: f64,
    pub(super) level: usize,
}

/// The least and the largest of the values that are numbers.
pub(super) fn ends(values: &[f64]) -> Option<(f64, f64)> {
    let finite = || values.iter().copied().filter(|v| v.is_finite());
    let (low, high) = (finite().fold(f64::INFINITY, f64::min), finite().fold(f64::NEG_INFINITY, f64::max));
    (low <= high).then_some((low, high))
}

/// The two in few digits, as a legend shows them.
pub(super) fn labels(low: f64, high: f64) -> [String; 2] {
    let largest = low.abs().max(high.abs());
    [low, high].map(|value| match value.abs() {
        // Beside the other it is nothing.
        size if size < 1e-3 * largest => "0".into(),
        size if (0.01..1e4).contains(&size) => format!("{value:.2}"),
        _ => format!("{value:.1e}"),
    })
}

/// The visible cells about the points `(x[j], y[i])` with their `values[i * x.len() + j]`, joined along each row.
pub(super) fn blocks(x: &[f64], y: &[f64], values: &[f64], axes: (&Axis, &Axis)) -> Vec<Block> {
    let Some((low, high)) = ends(values) else { return Vec::new() };
    let level = |value: f64| {
        let share = if high > low { (value - low) / (high - low) } else { 0.0 };
        value.is_finite().then(|| ((share * LEVELS as f64) as usize).min(LEVELS - 1))
    };
    let (across, upward) = (edges(x, axes.0), edges(y, axes.1));
    let mut blocks: Vec<Block> = Vec::new();
    for (row, &(bottom, top)) in values.chunks_exact(x.len().max(1)).zip(&upward) {
        let mut open: Option<Block> = None;
        for (value, &(left, right)) in row.iter().zip(&across) {
            let level = level(*value);
            match (&mut open, level) {
                (Some(block), Some(level)) if block.level == level => block.right = right,
                (open, level) => {
                    blocks.extend(open.take());
                    *open = level.map(|level| Block { left, right, bottom, top, level });
                }
            }
        }
        blocks.extend(open);
    }
    blocks.retain(|block| block.left < block.right && block.bottom < block.top);
    blocks
}

/// Where the cell of each point begins and ends, cut at the panel: halfway to its neighbours.
fn edges(points: &[f64], axis: &Axis) -> Vec<(f64, f64)> {
    let places: Vec<f64> = points.iter().map(|p| axis.place(*p)).collect();
    let half = |i: usize, j: usize| 0.5 * (places[i] + places[j]);
    let last = places.len().saturating_sub(1);
    (0..places.len())
        .map(|i| {
            let low = if i > 0 {
                half(i - 1, i)
            } else if last > 0 {
                2.0 * places[0] - half(0, 1)
            } else {
                0.0
            };
            let high = if i < last {
                half(i, i + 1)
            } else if last > 0 {
                2.0 * places[last] - half(last - 1, last)
            } else {
                1.0
            };
            (low.clamp(0.0, 1.0), high.clamp(0.0, 1.0))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::axis::Scale;
    use super::*;

    #[test]
    fn cells_of_a_level_are_joined_and_cut_at_the_panel() {
        let axis = Axis::new("x", Scale::Linear, Some((0.0, 2.0)), 0.0, [].iter()).unwrap();
        let blocks =
            blocks(&[0.0, 1.0, 2.0], &[0.0, 2.0], &[0.0, 0.0, 1.0, f64::NAN, 1.0, 1.0], (&axis, &axis));
        let block = |left, right, bottom, top, level| Block { left, right, bottom, top, level };
        assert_eq!(
            blocks,
            [block(0.0, 0.75, 0.0, 0.5, 0), block(0.75, 1.0, 0.0, 0.5, 11), block(0.25, 1.0, 0.5, 1.0, 11)]
        );
    }

    /// Darker is more: whoever sees no colours sees the order.
    #[test]
    fn colours_are_in_order() {
        let light = |level| {
            let (r, g, b) = color(level);
            0.299 * f64::from(r) + 0.587 * f64::from(g) + 0.114 * f64::from(b)
        };
        assert!((1..LEVELS).all(|level| light(level) < light(level - 1)));
    }
}
