//! States and derivatives estimated from data by local regression.

use super::bandwidth;
use super::bandwidth::Bandwidths;
use super::polynomial::coefficient;
use crate::error::Error;
use crate::fit::Kernel;
use crate::real::Real;
use crate::space::Vector;
use crate::space::add_scaled;

/// Smoothed states and derivatives at given times.
#[derive(Debug, Clone, PartialEq)]
pub struct Estimates<V> {
    /// When.
    pub times: Vec<f64>,
    /// The states there.
    pub states: Vec<V>,
    /// Their derivatives by time there.
    pub derivatives: Vec<V>,
}

/// Estimates of states and derivatives at the times of the data, by local regression with a kernel.
///
/// Fitting `f(u, p, t)` to the derivatives needs no solve, has fewer local minima than fitting solutions, and leaves
/// parameters near which the latter goes well. The data choose the bandwidth ([`Collocation::choose`]); see [`Collocation`]
/// for one of your own, and for other times.
///
/// ```
/// use diffeq_runtime::fit::{Kernel, collocate};
///
/// let times: Vec<f64> = (0..200).map(|i| f64::from(i) * 0.01).collect();
/// let data: Vec<[f64; 2]> = times.iter().map(|t| [t.sin(), t.cos()]).collect();
/// let estimates = collocate(&times, &data, Kernel::Epanechnikov)?;
/// let (u, du) = (estimates.states[100], estimates.derivatives[100]);
/// assert!((u[0] - 1.0_f64.sin()).abs() < 0.02 && (du[0] - 1.0_f64.cos()).abs() < 0.02);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// See [`Collocation::estimate`].
pub fn collocate<V: Vector<T>, T: Real>(
    times: &[f64],
    data: &[V],
    kernel: Kernel,
) -> Result<Estimates<V>, Error> {
    Collocation { kernel, bandwidth: None }.estimate(times, data, times)
}

/// Local regression: states by local lines, derivatives by local parabolas (Liang & Wu, *Parameter estimation for
/// differential equation models using a framework of measurement error in regression models*, J. Am. Stat. Assoc.
/// 103, 2008).
///
/// Lines are exact where the data lie on a line, derivatives where they lie on a parabola; elsewhere the bias falls
/// with the square of the bandwidth, and noise falls as it grows.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Collocation {
    /// How much a point counts, by its distance; [`Kernel::Epanechnikov`] by default.
    pub kernel: Kernel,
    /// The unit of distance, in units of time; if `None` (the default), the data choose: see [`Collocation::choose`].
    pub bandwidth: Option<f64>,
}

impl Collocation {
    /// The bandwidths with which lines and parabolas best predict data that they have not seen: each datum is left out in
    /// turn, for a handful of bandwidths between the distance of the data and their span.
    ///
    /// Data without noise choose narrow ones, noisy data wide ones, as wide as their curvature lets them. Noise that is not
    /// independent from datum to datum is taken for signal: give a bandwidth then. Fewer than ten data do not choose; theirs
    /// is the paper's `n^(-2/7) ln(n)^(-1/16)` of the span, for `n` data. A bandwidth that is given is returned.
    ///
    /// # Errors
    /// If there are no data, or not one state for each time; if times decrease or anything is not finite.
    pub fn choose<V: Vector<T>, T: Real>(&self, times: &[f64], data: &[V]) -> Result<Bandwidths, Error> {
        check(times, data, &[])?;
        Ok(match self.bandwidth {
            Some(bandwidth) => Bandwidths { states: bandwidth, derivatives: bandwidth },
            None => bandwidth::choose(self.kernel, times, data),
        })
    }

    /// Estimates the states and derivatives at the times `at` (in any order) from states `data` seen at `times`.
    ///
    /// # Errors
    /// If there are no data, or not one state for each time; if times decrease or anything is not finite; if the
    /// bandwidth is not positive, or so small that fewer than three different times of the data count.
    pub fn estimate<V: Vector<T>, T: Real>(
        &self,
        times: &[f64],
        data: &[V],
        at: &[f64],
    ) -> Result<Estimates<V>, Error> {
        check(times, data, at)?;
        let Bandwidths { states, derivatives } = self.choose(times, data)?;
        for bandwidth in [states, derivatives] {
            if !(bandwidth.is_finite() && bandwidth > 0.0) {
                return Err(refuse(format!(
                    "the bandwidth is {bandwidth}; give a positive length of time that reaches several data"
                )));
            }
        }
        let mut estimates = Estimates { times: at.to_vec(), states: Vec::new(), derivatives: Vec::new() };
        let (mut near, mut wide) = (Vec::new(), Vec::new());
        for &t in at {
            let weigh = |points: &mut Vec<(f64, f64)>, bandwidth: f64| {
                points.clear();
                points.extend(times.iter().map(|ti| {
                    let x = (ti - t) / bandwidth;
                    (x, self.kernel.weight(x))
                }));
            };
            weigh(&mut near, states);
            weigh(&mut wide, derivatives);
            let line = coefficient::<2>(&near, 0);
            let parabola = coefficient::<3>(&wide, 1);
            let (Some(line), Some(parabola)) = (line, parabola) else {
                return Err(refuse(format!(
                    "the data do not determine a parabola at t = {t:e} with a bandwidth of {derivatives:e}: three \
                     different times must count; give a larger bandwidth, or the kernel `Kernel::Gaussian`"
                )));
            };
            let (mut u, mut du) = (data[0].zeros_like(), data[0].zeros_like());
            for ((x, weight), datum) in near.iter().zip(data) {
                if *weight != 0.0 {
                    add_scaled(&mut u, weight * (line[0] + line[1] * x), datum);
                }
            }
            for ((x, weight), datum) in wide.iter().zip(data) {
                if *weight != 0.0 {
                    let slope = weight * (parabola[0] + x * (parabola[1] + x * parabola[2])) / derivatives;
                    add_scaled(&mut du, slope, datum);
                }
            }
            estimates.states.push(u);
            estimates.derivatives.push(du);
        }
        Ok(estimates)
    }
}

fn check<V: Vector<T>, T: Real>(times: &[f64], data: &[V], at: &[f64]) -> Result<(), Error> {
    if times.is_empty() {
        return Err(refuse("there are no data; give at least three states and their times".into()));
    }
    if times.len() != data.len() {
        return Err(Error::Shape { what: "states", expected: times.len(), found: data.len() });
    }
    for (what, t) in times.iter().map(|t| ("data", t)).chain(at.iter().map(|t| ("estimates", t))) {
        if !t.is_finite() {
            return Err(refuse(format!("a time of the {what} is {t}; give finite times")));
        }
    }
    if let Some(i) = times.windows(2).position(|pair| pair[1] < pair[0]) {
        let (before, after) = (times[i], times[i + 1]);
        return Err(refuse(format!(
            "time number {} of the data, {after}, lies before {before}; sort the data by time",
            i + 1
        )));
    }
    let width = data[0].as_slice().len();
    for (i, datum) in data.iter().enumerate() {
        let found = datum.as_slice().len();
        if found != width {
            return Err(Error::Shape { what: "components of a state", expected: width, found });
        }
        if let Some(c) = datum.as_slice().iter().position(|x| !x.is_finite()) {
            let (t, value) = (times[i], datum.as_slice()[c].value());
            return Err(refuse(format!(
                "component {c} of the data at t = {t} is {value}; leave such points out"
            )));
        }
    }
    Ok(())
}

fn refuse(message: String) -> Error {
    Error::Layer { layer: "collocation", message }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Unevenly spaced times from 0 to 3.
    fn times() -> Vec<f64> {
        (0..60).map(|i| f64::from(i) / 59.0).map(|x| 2.0 * x + x * x).collect()
    }

    #[test]
    fn lines_and_parabolas_are_estimated_exactly() {
        let line: Vec<[f64; 2]> = times().iter().map(|t| [2.0 - 3.0 * t, *t]).collect();
        let parabola: Vec<f64> = times().iter().map(|t| 1.0 + t * (0.5 - 2.0 * t)).collect();
        let at: Vec<f64> = (0..40).map(|i| f64::from(i) * 3.0 / 39.0).collect();
        for kernel in Kernel::ALL {
            let collocation = Collocation { kernel, bandwidth: Some(0.4) };
            let lines = collocation.estimate(&times(), &line, &at).unwrap();
            let parabolas = collocation.estimate(&times(), &parabola, &at).unwrap();
            assert_eq!((lines.times.len(), lines.states.len(), lines.derivatives.len()), (40, 40, 40));
            for (i, t) in at.iter().enumerate() {
                let ([u, v], [du, dv]) = (lines.states[i], lines.derivatives[i]);
                // Rounding, times the condition of the moments: at the ends of the span up to 1e4.
                let close = |found: f64, exact: f64| {
                    assert!((found - exact).abs() <= 1e-11, "{kernel:?} at {t}: {found} for {exact}");
                };
                close(u, 2.0 - 3.0 * t);
                close(v, *t);
                close(du, -3.0);
                close(dv, 1.0);
                close(parabolas.derivatives[i], 0.5 - 4.0 * t);
            }
        }
    }

    #[test]
    fn the_bias_falls_with_the_square_of_the_bandwidth() {
        let times: Vec<f64> = (0..=4000).map(|i| f64::from(i) * 1e-3).collect();
        let data: Vec<f64> = times.iter().map(|t| t.sin()).collect();
        for kernel in Kernel::ALL.into_iter().filter(|kernel| *kernel != Kernel::Silverman) {
            // Kernels without end reach further in the same number of bandwidths.
            let bandwidth = if kernel.is_compact() { 0.2 } else { 0.04 };
            let errors = |bandwidth: f64| {
                let collocation = Collocation { kernel, bandwidth: Some(bandwidth) };
                let found = collocation.estimate(&times, &data, &[2.0]).unwrap();
                [found.states[0] - 2.0_f64.sin(), found.derivatives[0] - 2.0_f64.cos()]
            };
            let (coarse, fine) = (errors(bandwidth), errors(bandwidth / 2.0));
            for (what, (coarse, fine)) in ["state", "derivative"].iter().zip(coarse.iter().zip(fine)) {
                let order = (coarse / fine).log2();
                // The next term of the bias is a few hundredths of the first.
                assert!((order - 2.0).abs() <= 0.15, "{kernel:?}, {what}: order {order}");
            }
        }
    }

    #[test]
    fn what_the_data_choose_scales_with_the_span() {
        let data: Vec<f64> = times().iter().map(|t| t.sin()).collect();
        let seconds = collocate(&times(), &data, Kernel::Tricube).unwrap();
        let hours: Vec<f64> = times().iter().map(|t| t * 4096.0).collect();
        let hours = collocate(&hours, &data, Kernel::Tricube).unwrap();
        // A power of two changes no rounding.
        assert_eq!(seconds.states, hours.states);
        assert_eq!(seconds.derivatives, hours.derivatives.iter().map(|d| d * 4096.0).collect::<Vec<_>>());
    }

    #[test]
    fn what_makes_no_sense_is_refused_with_a_reason() {
        let said = |times: &[f64], data: &[f64], bandwidth| {
            let collocation = Collocation { kernel: Kernel::Epanechnikov, bandwidth };
            collocation.estimate(times, data, times).unwrap_err().to_string()
        };
        let (t, y) = ([0.0, 1.0, 2.0, 3.0], [0.0; 4]);
        assert!(said(&[], &[], None).contains("there are no data"));
        assert!(said(&t, &y[..3], None).contains("3 states where 4 are needed"));
        assert!(
            said(&[0.0, 2.0, 1.0, 3.0], &y, None).contains("time number 2 of the data, 1, lies before 2")
        );
        assert!(said(&[0.0, f64::NAN, 1.0, 3.0], &y, None).contains("a time of the data is NaN"));
        assert!(
            said(&t, &[0.0, 1.0, f64::INFINITY, 0.0], None)
                .contains("component 0 of the data at t = 2 is inf")
        );
        assert!(said(&t, &y, Some(0.0)).contains("the bandwidth is 0"));
        assert!(said(&t, &y, Some(f64::NAN)).contains("the bandwidth is NaN"));
        assert!(said(&t, &y, Some(1.5)).contains("do not determine a parabola at t = 0e0"));
        assert!(said(&[1.0; 4], &y, None).contains("the bandwidth is 0"));
        assert!(said(&[1.0; 4], &y, Some(1.0)).contains("do not determine a parabola"));
        // Without a second moment there is nothing to divide by, far from the ends of the data.
        let times: Vec<f64> = (0..=4000).map(|i| f64::from(i) * 1e-3).collect();
        let silverman = Collocation { kernel: Kernel::Silverman, bandwidth: Some(0.04) };
        let error = silverman.estimate(&times, &times, &[2.0]).unwrap_err().to_string();
        assert!(error.contains("do not determine a parabola at t = 2e0"), "{error}");
        let lengths = Collocation::default().estimate(&[0.0, 1.0], &[vec![0.0], vec![0.0; 2]], &[0.5]);
        assert!(lengths.unwrap_err().to_string().contains("2 components of a state where 1 are needed"));
    }

    #[test]
    fn times_seen_twice_count_twice() {
        let once = collocate(&[0.0, 1.0, 2.0, 3.0], &[0.0, 1.0, 0.0, 2.0], Kernel::Gaussian).unwrap();
        let times = [0.0, 0.0, 1.0, 1.0, 2.0, 2.0, 3.0, 3.0];
        let collocation = Collocation {
            kernel: Kernel::Gaussian,
            // The bandwidth of four points.
            bandwidth: Some(3.0 * 4.0_f64.powf(-2.0 / 7.0) * 4.0_f64.ln().powf(-1.0 / 16.0)),
        };
        let twice =
            collocation.estimate(&times, &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 2.0, 2.0], &once.times).unwrap();
        for (a, b) in once.derivatives.iter().zip(&twice.derivatives) {
            assert!((a - b).abs() <= 1e-13, "{a} {b}");
        }
    }
}
