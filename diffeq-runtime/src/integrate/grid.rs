//! Where to save.

use crate::error::Error;
use crate::error::figure;
use crate::integrate::refuse::refuse;

/// Times to save at, start and end of the span included unless they are listed one by one.
///
/// The times are computed from integers: they do not drift, and the last one is the end of the span to the bit.
/// Saving never changes the steps.
#[derive(Debug, Clone, PartialEq)]
pub struct Grid(Spacing);

#[derive(Debug, Clone, PartialEq)]
enum Spacing {
    Step(f64),
    Count(usize),
    Points(Vec<f64>),
}

/// A grid with more points than this is a mistake of units rather than a wish.
const MOST_POINTS: f64 = 1e9;

impl Grid {
    /// Every `dt` from the start on, and the end, also where it is not a multiple: `Grid::step(0.1)` over `(0, 10)`
    /// is 101 points, `Grid::step(2.3)` is 0, 2.3, 4.6, 6.9, 9.2 and 10. Backwards in time it may have either sign.
    pub fn step(dt: f64) -> Self {
        Self(Spacing::Step(dt))
    }

    /// `count` times, evenly spaced, start and end included.
    pub fn count(count: usize) -> Self {
        Self(Spacing::Count(count))
    }

    /// These times and no others, in the order in which the solve comes to them.
    pub fn points(times: impl Into<Vec<f64>>) -> Self {
        Self(Spacing::Points(times.into()))
    }

    /// How a time of the grid inside the span moves with the span: its derivatives by `t0` and by `t1`.
    pub(crate) fn motion(&self, t: f64, (t0, t1): (f64, f64)) -> [f64; 2] {
        match &self.0 {
            Spacing::Step(_) => [1.0, 0.0],
            Spacing::Count(_) => {
                let x = (t - t0) / (t1 - t0);
                [1.0 - x, x]
            }
            Spacing::Points(_) => [0.0, 0.0],
        }
    }

    /// The times over a span, in the order in which the solve comes to them.
    ///
    /// # Errors
    ///
    /// A span that is not finite; a step that is not a positive number, a count below two, more points than anyone can
    /// want or keep, points outside the span or out of order.
    pub fn times(&self, (t0, t1): (f64, f64)) -> Result<Vec<f64>, Error> {
        let span = t1 - t0;
        if !span.is_finite() {
            return Err(refuse("span", format!("is ({}, {})", figure(t0), figure(t1)), "give finite times"));
        }
        let even = |count: usize| {
            let time = move |i| if i == count { t1 } else { t0 + span * i as f64 / count as f64 };
            collect(count + 1, (0..=count).map(time))
        };
        match &self.0 {
            Spacing::Step(dt) => {
                if *dt < 0.0 && span > 0.0 {
                    let problem = format!(
                        "has a step of {}, against the span ({}, {})",
                        figure(dt),
                        figure(t0),
                        figure(t1)
                    );
                    return Err(refuse(
                        "save_at",
                        problem,
                        "give the distance of two times, or the sign of `t1 - t0`",
                    ));
                }
                let steps = (span / dt).abs();
                if !(dt.is_finite() && *dt != 0.0) || steps > MOST_POINTS {
                    let problem = format!("has a step of {} over a span of {}", figure(dt), figure(span));
                    return Err(refuse("save_at", problem, "give a step that is a fair part of the span"));
                }
                // A whole number of steps but for the rounding of both.
                if (steps - steps.round()).abs() <= 8.0 * f64::EPSILON * steps && steps >= 0.5 {
                    return even(steps.round() as usize);
                }
                let dt = dt.abs().copysign(span);
                let whole = steps.floor() as usize;
                collect(whole + 2, (0..=whole).map(|i| t0 + dt * i as f64).chain([t1]))
            }
            Spacing::Count(count) => match *count {
                0 | 1 => {
                    let problem = format!("has {count} points");
                    Err(refuse("save_at", problem, "start and end are two; for one use `Grid::points`"))
                }
                count if count as f64 > MOST_POINTS => {
                    let problem = format!("has {count} points");
                    Err(refuse(
                        "save_at",
                        problem,
                        "give as many as you can look at; `dense` has a value at any time",
                    ))
                }
                count => even(count - 1),
            },
            Spacing::Points(times) => {
                if times.is_empty() {
                    return Err(refuse("save_at", "has no points", "leave it out to save every step"));
                }
                let (mut before, direction) = (t0, span.signum());
                for &t in times {
                    if !((t - before) * direction >= 0.0 && (t1 - t) * direction >= 0.0) {
                        let hint = "list the times from the span's start to its end";
                        return Err(Error::Time { what: "the save point", t, t0, t1, hint });
                    }
                    before = t;
                }
                Ok(times.clone())
            }
        }
    }
}

/// The `count` times, if there is the memory for them.
fn collect(count: usize, times: impl Iterator<Item = f64>) -> Result<Vec<f64>, Error> {
    let mut collected = room(count, 1)?;
    collected.extend(times);
    Ok(collected)
}

/// A vector with room for so many rows of so many numbers, if there is the memory for them.
pub(super) fn room<T>(rows: usize, width: usize) -> Result<Vec<T>, Error> {
    let mut room = Vec::new();
    match rows.checked_mul(width).map(|count| room.try_reserve_exact(count)) {
        Some(Ok(())) => Ok(room),
        Some(Err(_)) | None => {
            let problem = format!("asks for {rows} rows of {width} numbers, for which there is no memory");
            Err(refuse("save_at", problem, "save fewer rows, or fewer components by `save_idxs`"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn steps_are_counted_and_the_end_is_exact() {
        let times = Grid::step(0.1).times((0.0, 10.0)).unwrap();
        assert_eq!((times.len(), times[3], times[100]), (101, 0.3, 10.0));
        assert_eq!(Grid::step(2.3).times((0.0, 10.0)).unwrap().len(), 6);
        assert_eq!(Grid::step(2.3).times((10.0, 0.0)).unwrap()[4..], [10.0 - 4.0 * 2.3, 0.0]);
        assert_eq!(Grid::step(-2.3).times((10.0, 0.0)), Grid::step(2.3).times((10.0, 0.0)));
        assert_eq!(Grid::step(0.1).times((0.0, 25.0)).unwrap().len(), 251);
        assert_eq!(Grid::step(20.0).times((0.0, 10.0)).unwrap(), [0.0, 10.0]);
        assert_eq!(Grid::count(5).times((1.0, 0.0)).unwrap(), [1.0, 0.75, 0.5, 0.25, 0.0]);
    }

    #[test]
    fn bad_grids_are_refused() {
        let span = (0.0, 1.0);
        for grid in [
            Grid::step(0.0),
            Grid::step(f64::NAN),
            Grid::step(1e-300),
            Grid::step(-0.1),
            Grid::count(1),
            Grid::count(usize::MAX),
            Grid::points([]),
        ] {
            assert!(matches!(grid.times(span), Err(Error::Option { option: "save_at", .. })), "{grid:?}");
        }
        for points in [vec![0.5, 0.2], vec![-0.1], vec![0.5, 1.1], vec![f64::NAN]] {
            assert!(matches!(Grid::points(points).times(span), Err(Error::Time { .. })));
        }
        assert!(Grid::points([0.5, 0.2]).times((1.0, 0.0)).is_ok());
        for span in [(0.0, f64::NAN), (f64::NEG_INFINITY, 0.0), (-1e308, 1e308)] {
            for grid in [Grid::step(0.1), Grid::count(3), Grid::points([0.0])] {
                assert!(matches!(grid.times(span), Err(Error::Option { option: "span", .. })), "{grid:?}");
            }
        }
    }
}
