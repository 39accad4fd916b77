//! Lines cut at the edges of the unit square.

/// A spot in a panel: (0, 0) is the lower left corner, (1, 1) the upper right one.
pub(super) type Spot = (f64, f64);

/// Whether a place lies in the panel, edges included.
pub(super) fn inside((x, y): Spot) -> bool {
    (0.0..=1.0).contains(&x) && (0.0..=1.0).contains(&y)
}

/// The visible pieces of the line through `places`; what is not finite interrupts it.
pub(super) fn visible(places: impl Iterator<Item = Spot>) -> Vec<Vec<Spot>> {
    let mut pieces: Vec<Vec<Spot>> = Vec::new();
    let mut previous: Option<Spot> = None;
    // Whether the last piece ends where the next segment begins.
    let mut joined = false;
    for place in places {
        if !(place.0.is_finite() && place.1.is_finite()) {
            (previous, joined) = (None, false);
            continue;
        }
        if let Some(start) = previous {
            match segment(start, place) {
                Some((from, to)) => {
                    match pieces.last_mut() {
                        Some(piece) if joined => piece.push(to),
                        _ => pieces.push(vec![from, to]),
                    }
                    joined = to == place;
                }
                None => joined = false,
            }
        }
        previous = Some(place);
    }
    pieces
}

/// The part of a segment that lies in the unit square: Liang & Barsky, ACM Trans. Graph. 3 (1984).
fn segment(from: Spot, to: Spot) -> Option<(Spot, Spot)> {
    let (dx, dy) = (to.0 - from.0, to.1 - from.1);
    let (mut enter, mut leave) = (0.0f64, 1.0f64);
    for (direction, distance) in [(-dx, from.0), (dx, 1.0 - from.0), (-dy, from.1), (dy, 1.0 - from.1)] {
        if direction == 0.0 {
            if distance < 0.0 {
                return None;
            }
        } else if direction < 0.0 {
            enter = enter.max(distance / direction);
        } else {
            leave = leave.min(distance / direction);
        }
    }
    let at = |s: f64| (from.0 + s * dx, from.1 + s * dy);
    // The ends themselves stay untouched, so that neighbouring segments still meet.
    let start = if enter > 0.0 { at(enter) } else { from };
    let end = if leave < 1.0 { at(leave) } else { to };
    (enter <= leave).then_some((start, end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_inside_is_one_piece() {
        let line = [(0.1, 0.1), (0.5, 0.9), (1.0, 0.0)];
        assert_eq!(visible(line.into_iter()), [line.to_vec()]);
    }

    #[test]
    fn a_line_that_leaves_and_returns_is_cut_at_the_edge() {
        let line = [(0.0, 0.5), (0.25, 1.5), (0.5, 0.5)];
        let pieces = visible(line.into_iter());
        assert_eq!(pieces, [vec![(0.0, 0.5), (0.125, 1.0)], vec![(0.375, 1.0), (0.5, 0.5)]]);
    }

    #[test]
    fn a_segment_may_cross_the_panel_with_both_ends_outside() {
        assert_eq!(visible([(-1.0, 0.5), (2.0, 0.5)].into_iter()), [vec![(0.0, 0.5), (1.0, 0.5)]]);
        assert!(visible([(-1.0, 2.0), (2.0, 1.5)].into_iter()).is_empty());
    }

    #[test]
    fn what_is_not_finite_interrupts() {
        let line = [(0.0, 0.0), (0.1, 0.1), (0.2, f64::NAN), (0.3, 0.3), (0.4, 0.4)];
        assert_eq!(visible(line.into_iter()).len(), 2);
    }
}
