//! A history that was measured.

use crate::delay::initial::Initial;
use crate::delay::initial::LiftedInitial;
use crate::error::Error;
use crate::real::Real;
use crate::space::Vector;

/// A history by data: states at times, and what lies between them by cubic polynomials.
///
/// Without slopes these are the cubic spline whose third derivative is continuous at the second and the last but one of the
/// data ("not a knot"; de Boor, *A Practical Guide to Splines*, 1978, chapter IV): exact for cubic polynomials, of order four for
/// smooth data. With two data it is a line, with three a parabola. With slopes ([`with_slopes`](Self::with_slopes)) each piece is
/// Hermite's cubic of its two ends.
///
/// Where its pieces meet the history is not smooth, and lags carry that on: steps end there as on any other break point. No
/// derivative is taken by the data; those by the lags use the slope of the polynomials. A lookup before the first of the data, or
/// after the last, is an error.
///
/// ```ignore
/// let history = Data::new(&[-2.0, -1.5, -1.0, -0.5, 0.0], &[[0.1], [0.4], [0.6], [0.7], [0.75]])?;
/// let problem = DdeProblem::new(growth, [0.75], history, (0.0, 10.0), p);
/// ```
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Data {
    times: Vec<f64>,
    /// How many components a state has.
    width: usize,
    /// The states one after the other, and their slopes.
    states: Vec<f64>,
    slopes: Vec<f64>,
    /// The lowest derivative that jumps where pieces meet.
    jumps: usize,
}

impl Data {
    /// A history by states at times that increase.
    ///
    /// # Errors
    /// With fewer than two times, without a state for each; where times do not increase; where states differ in length, or
    /// anything is not finite.
    pub fn new<T: Real, V: Vector<T>>(times: &[f64], states: &[V]) -> Result<Self, Error> {
        let (width, reals) = rows(times, "states of a history", states)?;
        let mut slopes = vec![0.0; reals.len()];
        let column = |i: usize| reals.iter().skip(i).step_by(width).copied().collect::<Vec<f64>>();
        for i in 0..width {
            for (n, slope) in spline(times, &column(i)).into_iter().enumerate() {
                slopes[n * width + i] = slope;
            }
        }
        Ok(Self { times: times.to_vec(), width, states: reals, slopes, jumps: 3 })
    }

    /// A history by states and their slopes at times that increase.
    ///
    /// # Errors
    /// See [`new`](Self::new).
    pub fn with_slopes<T: Real, V: Vector<T>>(
        times: &[f64],
        states: &[V],
        slopes: &[V],
    ) -> Result<Self, Error> {
        let (width, states) = rows(times, "states of a history", states)?;
        let (of_slopes, slopes) = rows(times, "slopes of a history", slopes)?;
        if of_slopes != width {
            return Err(Error::Shape { what: "components of a slope", expected: width, found: of_slopes });
        }
        Ok(Self { times: times.to_vec(), width, states, slopes, jumps: 2 })
    }
}

/// The length of a row, and all rows one after the other.
fn rows<T: Real, V: Vector<T>>(
    times: &[f64],
    what: &'static str,
    rows: &[V],
) -> Result<(usize, Vec<f64>), Error> {
    let refuse = |message: String| Err(Error::Layer { layer: "history by data", message });
    if times.len() < 2 {
        return refuse(format!("{} times; give at least two", times.len()));
    }
    if rows.len() != times.len() {
        return Err(Error::Shape { what, expected: times.len(), found: rows.len() });
    }
    if let Some(t) = times.iter().find(|t| !t.is_finite()) {
        return refuse(format!("a time is {t}"));
    }
    if let Some(pair) = times.windows(2).find(|pair| pair[1] <= pair[0]) {
        return refuse(format!("{:e} comes after {:e}; give times that increase", pair[1], pair[0]));
    }
    let width = rows[0].as_slice().len();
    let mut reals = Vec::with_capacity(width * rows.len());
    for (row, t) in rows.iter().zip(times) {
        let found = row.as_slice().len();
        if found != width {
            return Err(Error::Shape { what: "components of a state", expected: width, found });
        }
        reals.extend(row.as_slice().iter().map(|x| x.value()));
        if let Some(x) = reals[reals.len() - width..].iter().find(|x| !x.is_finite()) {
            return refuse(format!("a number at t = {t:e} is {x}"));
        }
    }
    Ok((width, reals))
}

/// The slopes at the knots of the spline that is not a knot at its second and last but one.
fn spline(t: &[f64], y: &[f64]) -> Vec<f64> {
    let n = t.len();
    let h: Vec<f64> = t.windows(2).map(|t| t[1] - t[0]).collect();
    let s: Vec<f64> = y.windows(2).zip(&h).map(|(y, h)| (y[1] - y[0]) / h).collect();
    match n {
        2 => return vec![s[0]; 2],
        3 => {
            let curvature = (s[1] - s[0]) / (h[0] + h[1]);
            return vec![s[0] - curvature * h[0], s[0] + curvature * h[0], s[1] + curvature * h[1]];
        }
        _ => {}
    }
    // A tridiagonal system, eliminated from the start: rows `before m[i-1] + own m[i] + after m[i+1] = right`.
    let row = |i: usize| -> [f64; 4] {
        if i == 0 {
            let d = h[0] + h[1];
            [0.0, h[1], d, ((h[0] + 2.0 * d) * h[1] * s[0] + h[0] * h[0] * s[1]) / d]
        } else if i == n - 1 {
            let (a, b) = (h[n - 3], h[n - 2]);
            let d = a + b;
            [d, a, 0.0, (b * b * s[n - 3] + (2.0 * d + b) * a * s[n - 2]) / d]
        } else {
            [h[i], 2.0 * (h[i - 1] + h[i]), h[i - 1], 3.0 * (h[i] * s[i - 1] + h[i - 1] * s[i])]
        }
    };
    let (mut after, mut slopes) = (vec![0.0; n], vec![0.0; n]);
    for i in 0..n {
        let [before, own, next, right] = row(i);
        let (last_after, last) = if i == 0 { (0.0, 0.0) } else { (after[i - 1], slopes[i - 1]) };
        let pivot = own - before * last_after;
        after[i] = next / pivot;
        slopes[i] = (right - before * last) / pivot;
    }
    for i in (0..n - 1).rev() {
        slopes[i] -= after[i] * slopes[i + 1];
    }
    slopes
}

impl<T: Real, V: Vector<T>, P> Initial<T, V, P> for Data {
    fn component(&self, t: T, _: &P, i: usize, order: usize) -> T {
        if i >= self.width || self.times.len() < 2 {
            return T::lit(f64::NAN);
        }
        // The piece that a time lies in; at a knot the one before it, which is as good.
        let n = self.times[1..self.times.len() - 1].partition_point(|knot| *knot < t.value());
        let (t0, h) = (self.times[n], self.times[n + 1] - self.times[n]);
        let at = |n: usize| n * self.width + i;
        let ([a, b], [da, db]) =
            ([self.states[at(n)], self.states[at(n + 1)]], [self.slopes[at(n)], self.slopes[at(n + 1)]]);
        // a + x (da + x (c2 + x c3)) with x the time from the start of the piece
        let mean = (b - a) / h;
        let (c2, c3) = ((3.0 * mean - 2.0 * da - db) / h, (da + db - 2.0 * mean) / (h * h));
        let x = t - T::lit(t0);
        let lit = T::lit;
        match order {
            0 => lit(a) + x * (lit(da) + x * (lit(c2) + x.scale(c3))),
            1 => lit(da) + x * (lit(2.0 * c2) + x.scale(3.0 * c3)),
            _ => lit(2.0 * c2) + x.scale(6.0 * c3),
        }
    }

    fn fits(&self, width: usize) -> bool {
        width == self.width || self.times.is_empty()
    }

    fn begin(&self) -> f64 {
        self.times.first().copied().unwrap_or(f64::INFINITY)
    }

    fn end(&self) -> f64 {
        self.times.last().copied().unwrap_or(f64::NEG_INFINITY)
    }

    fn breaks(&self) -> Vec<(f64, usize)> {
        // The spline has no knots at its second and last but one.
        let knots = self.times.len().saturating_sub(1);
        let inner = if self.jumps == 3 { 2..knots.saturating_sub(1) } else { 1..knots };
        self.times.get(inner).unwrap_or_default().iter().map(|t| (*t, self.jumps)).collect()
    }
}

impl<T: Real, U: Real> LiftedInitial<T, U> for Data {
    type Lifted = Data;
    fn lifted(&self, _: &mut impl FnMut(T) -> U) -> Data {
        self.clone()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMES: [f64; 6] = [-2.0, -1.7, -1.1, -0.6, -0.5, 0.0];

    fn read(data: &Data, t: f64, i: usize, order: usize) -> f64 {
        Initial::<f64, [f64; 2], ()>::component(data, t, &(), i, order)
    }

    /// What lies on a cubic is that cubic, with its derivatives: no spline of another kind gives that.
    #[test]
    fn a_cubic_is_found_again() {
        let cubic = |t: f64| 0.3 - t + 0.7 * t * t - 0.2 * t * t * t;
        let derivatives = |t: f64| [cubic(t), -1.0 + 1.4 * t - 0.6 * t * t, 1.4 - 1.2 * t];
        let states: Vec<[f64; 2]> = TIMES.iter().map(|t| [cubic(*t), 1.0]).collect();
        let slopes: Vec<[f64; 2]> = TIMES.iter().map(|t| [derivatives(*t)[1], 0.0]).collect();
        for data in [Data::new(&TIMES, &states), Data::with_slopes(&TIMES, &states, &slopes)] {
            let data = data.unwrap();
            for n in 0..=40 {
                let t = -2.0 + 0.05 * f64::from(n);
                for (order, expected) in derivatives(t).into_iter().enumerate() {
                    // A few roundings of numbers up to ten, divided by the shortest piece squared.
                    assert!((read(&data, t, 0, order) - expected).abs() < 1e-11, "{t} {order}");
                    assert!((read(&data, t, 1, order) - f64::from(order == 0)).abs() < 1e-11);
                }
            }
        }
    }

    #[test]
    fn two_data_are_a_line_and_three_a_parabola() {
        let line = Data::new(&[-1.0, 1.0], &[[1.0, 0.0], [3.0, 0.0]]).unwrap();
        assert_eq!([read(&line, 0.5, 0, 0), read(&line, 0.5, 0, 1), read(&line, 0.5, 0, 2)], [2.5, 1.0, 0.0]);
        let parabola = Data::new(&[-1.0, 0.0, 2.0], &[[1.0, 0.0], [0.0, 0.0], [4.0, 0.0]]).unwrap();
        for t in [-1.0, -0.5, 0.3, 2.0] {
            assert!((read(&parabola, t, 0, 0) - t * t).abs() < 1e-15);
            assert!((read(&parabola, t, 0, 1) - 2.0 * t).abs() < 1e-15);
        }
    }

    /// Between knots the error of a spline falls by sixteen where the data are twice as many.
    #[test]
    fn it_is_of_order_four() {
        let error = |count: usize| {
            let times: Vec<f64> = (0..=count).map(|n| -2.0 + 2.0 * n as f64 / count as f64).collect();
            let states: Vec<[f64; 2]> = times.iter().map(|t| [(3.0 * t).sin(), 0.0]).collect();
            let data = Data::new(&times, &states).unwrap();
            (0..=1000)
                .map(|n| -2.0 + 0.002 * f64::from(n))
                .map(|t| (read(&data, t, 0, 0) - (3.0 * t).sin()).abs())
                .fold(0.0, f64::max)
        };
        let order = (error(40) / error(80)).log2();
        assert!((3.7..4.3).contains(&order), "{order}");
    }

    #[test]
    fn what_is_no_history_is_refused() {
        let told = |times: &[f64], states: &[Vec<f64>]| Data::new(times, states).unwrap_err().to_string();
        let one = || vec![1.0];
        assert_eq!(told(&[0.0], &[one()]), "history by data: 1 times; give at least two");
        assert_eq!(
            told(&[0.0, 1.0], &[one()]),
            "there are 1 states of a history where 2 are needed; give one for each, in the same order"
        );
        assert_eq!(
            told(&[0.0, 1.0, 1.0], &[one(), one(), one()]),
            "history by data: 1e0 comes after 1e0; give times that increase"
        );
        assert_eq!(told(&[0.0, f64::NAN], &[one(), one()]), "history by data: a time is NaN");
        assert_eq!(
            told(&[0.0, 1.0], &[one(), vec![f64::INFINITY]]),
            "history by data: a number at t = 1e0 is inf"
        );
        assert_eq!(
            told(&[0.0, 1.0], &[one(), vec![1.0, 2.0]]),
            "there are 2 components of a state where 1 are needed; give one for each, in the same order"
        );
    }
}
