//! The laws: a model's value is that of the function it was written as, to the bit; all derivatives agree to rounding;
//! the pattern covers the Jacobian.

use crate::subject::Derivatives;
use crate::subject::Point;
use crate::subject::Subject;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::panic::AssertUnwindSafe;
use std::panic::catch_unwind;

/// How far two ways to the same derivative may be apart.
///
/// The programs keep their values and slopes of order one, so that what cancels on the way was of order one too: the
/// scale of a comparison is the size of the largest sum of terms, and at least one. Two evaluations in another order
/// then differ by some hundreds of roundings of 1e-16, three orders below this.
const TOLERANCE: f64 = 1e-12;

/// Where models are evaluated.
const POINTS: usize = 3;

/// The outcome of one model.
#[derive(Debug, Clone, Default)]
pub struct Report {
    /// The largest relative error of the derivatives.
    pub worst: f64,
    /// The laws that were broken.
    pub failures: Vec<String>,
}

impl Report {
    /// Compares within [`TOLERANCE`].
    fn expect(&mut self, law: &str, values: &[f64], references: &[f64], scale: f64) {
        let scale = scale.max(1.0);
        for (i, (a, b)) in values.iter().zip(references).enumerate() {
            let error = (a - b).abs() / scale;
            let error = if error.is_nan() { f64::INFINITY } else { error };
            self.worst = self.worst.max(error);
            if error > TOLERANCE {
                self.failures
                    .push(format!("{law}: component {i} is {a:e}, not {b:e} (relative {error:.1e})"));
                return;
            }
        }
    }

    fn expect_bits(&mut self, law: &str, at: &Point, values: &[f64], references: &[f64]) {
        let differs = |(a, b): (&f64, &f64)| a.to_bits() != b.to_bits() && !(a.is_nan() && b.is_nan());
        if values.iter().zip(references).any(differs) || values.len() != references.len() {
            self.failures.push(format!("{law}: {values:?}, not {references:?}, at {at:?}"));
        }
    }
}

/// The function that a model was written as, without a macro.
pub type Plain<'a> = &'a dyn Fn(&[f64], &[f64], f64) -> Vec<f64>;

/// Checks a model at points drawn from the seed.
pub fn check(f: &dyn Subject, plain: Plain<'_>, seed: u64) -> Report {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut report = Report::default();
    let (n, m) = f.lengths();
    for _ in 0..POINTS {
        let at = Point {
            u: (0..n).map(|_| dice.gen_range(-1.5..1.5)).collect(),
            p: (0..m).map(|_| dice.gen_range(0.3..1.5)).collect(),
            t: dice.gen_range(0.0..2.0),
        };
        let Ok(reference) = catch_unwind(AssertUnwindSafe(|| plain(&at.u, &at.p, at.t))) else {
            report.failures.push(format!("the plain function panics at {at:?}"));
            return report;
        };
        let Ok(value) = catch_unwind(AssertUnwindSafe(|| f.value(&at))) else {
            report.failures.push(format!("the value panics where plain Rust gives {reference:?}, at {at:?}"));
            return report;
        };
        report.expect_bits("value = plain Rust", &at, &value, &reference);
        if !report.failures.is_empty() {
            // Of another function the derivatives would be right or wrong by chance.
            return report;
        }
        if value.iter().any(|x| !x.is_finite()) {
            report.failures.push(format!("the value is not finite: {value:?}"));
            return report;
        }
        let Some(derivatives) = f.derivatives() else { continue };
        let laws = catch_unwind(AssertUnwindSafe(|| {
            let mut laws = Report::default();
            Laws { f: derivatives, at: &at, n, m, du: &value }.check(&mut dice, &mut laws);
            laws
        }));
        match laws {
            Ok(laws) => {
                report.worst = report.worst.max(laws.worst);
                report.failures.extend(laws.failures);
            }
            Err(_) => report.failures.push(format!("a derivative panics at {at:?}")),
        }
    }
    report
}

/// Checks a model and prints `name passed worst`, or a line `name failed law` for each broken one.
pub fn report(name: &str, f: &dyn Subject, plain: Plain<'_>, seed: u64) {
    let report = check(f, plain, seed);
    if report.failures.is_empty() {
        println!("{name} passed {:e}", report.worst);
    }
    report.failures.iter().take(4).for_each(|failure| println!("{name} failed {failure}"));
}

struct Laws<'a> {
    f: &'a dyn Derivatives,
    at: &'a Point,
    n: usize,
    m: usize,
    du: &'a [f64],
}

impl Laws<'_> {
    fn check(&self, dice: &mut StdRng, report: &mut Report) {
        let (n, m, at) = (self.n, self.m, self.at);
        let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| dice.gen_range(-1.0..1.0)).collect() };
        let (v, w) = (draw(n + m + 1), draw(n));
        report.expect_bits("eval = rhs", at, &self.f.eval(at), self.du);

        // The Jacobian by all inputs from dual numbers: the program itself, run on another scalar.
        let columns: Vec<Vec<f64>> = (0..n + m + 1).map(|j| self.dual(&unit(n + m + 1, j), report)).collect();
        let scale = |left: &[f64], right: &[f64]| -> f64 {
            let column = |j: usize| columns[j].iter().zip(left).map(|(c, l)| (c * l).abs()).sum::<f64>();
            right.iter().enumerate().map(|(j, r)| r.abs() * column(j)).sum()
        };

        let (value, jv) = self.f.jvp(at, &v);
        report.expect("value beside the JVP = value", &value, self.du, 1.0);
        let dual = self.dual(&v, report);
        let size = scale(&vec![1.0; n], &v);
        report.expect("JVP = dual numbers", &jv, &dual, size);
        report.expect("the tangent alone = dual numbers", &self.f.tangent(at, &v), &dual, size);

        let jtw = self.vjp(&w, report);
        let left: f64 = w.iter().zip(&jv).map(|(a, b)| a * b).sum();
        let right: f64 = jtw.iter().zip(&v).map(|(a, b)| a * b).sum();
        report.expect("<w, J v> = <J^T w, v>", &[left], &[right], scale(&w, &v));
        let from_columns: Vec<f64> =
            columns.iter().map(|column| column.iter().zip(&w).map(|(a, b)| a * b).sum()).collect();
        let largest = (0..n + m + 1).map(|j| scale(&w, &unit(n + m + 1, j))).fold(0.0, f64::max);
        report.expect("J^T w = dual numbers", &jtw, &from_columns, largest);
        self.jacobian(&columns, report);
    }

    fn dual(&self, v: &[f64], report: &mut Report) -> Vec<f64> {
        let (value, tangent) = self.f.dual(self.at, v);
        report.expect("value on dual numbers = value", &value, self.du, 1.0);
        tangent
    }

    /// `J^T w`.
    fn vjp(&self, w: &[f64], report: &mut Report) -> Vec<f64> {
        let [once, twice, alone] = self.f.vjp(self.at, w);
        let of_state = &once[..alone.len()];
        let largest = |values: &[f64]| values.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        let law = "the VJP by the state alone = that part of the VJP";
        report.expect(law, &alone, of_state, largest(of_state));
        let doubled: Vec<f64> = once.iter().map(|x| 2.0 * x).collect();
        report.expect("the VJP adds", &twice, &doubled, largest(&doubled));
        once
    }

    fn jacobian(&self, columns: &[Vec<f64>], report: &mut Report) {
        let (n, m) = (self.n, self.m);
        let pattern = match self.f.pattern() {
            Ok(pattern) => pattern,
            Err(error) => return report.failures.push(error),
        };
        let largest = columns[..n].iter().flatten().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (j, column) in columns[..n].iter().enumerate() {
            for (i, entry) in column.iter().enumerate() {
                if *entry != 0.0 && !pattern.contains(i, j) {
                    report.failures.push(format!("the pattern lacks ({i}, {j}), which is {entry:e}"));
                    return;
                }
            }
            let computed = self.f.state_jvp(self.at, &unit(n, j));
            report.expect("the derivative by the state = JVP columns", &computed, column, largest);
        }
        let scale = columns[n + m].iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        report.expect("df/dt = JVP column", &self.f.time_gradient(self.at), &columns[n + m], scale);
        let depends_on_time = columns[n + m].iter().any(|x| *x != 0.0);
        let (autonomous, linear) = self.f.structure();
        if autonomous && depends_on_time {
            report.failures.push("called autonomous, but depends on time".into());
        }
        if linear {
            self.linear(columns, largest, report);
        }
    }

    /// What is called affine in the state has the same Jacobian everywhere.
    fn linear(&self, columns: &[Vec<f64>], scale: f64, report: &mut Report) {
        let elsewhere = Point { u: self.at.u.iter().map(|x| 0.3 - x).collect(), ..self.at.clone() };
        for (j, column) in columns[..self.n].iter().enumerate() {
            let there = self.f.state_jvp(&elsewhere, &unit(self.n, j));
            report.expect("called affine: the same Jacobian elsewhere", &there, column, scale);
        }
    }
}

fn unit(n: usize, j: usize) -> Vec<f64> {
    (0..n).map(|i| if i == j { 1.0 } else { 0.0 }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::subject::Derived;
    use diffeq::problem::Jacobian;
    use diffeq::problem::Jvp;
    use diffeq::problem::Mark;
    use diffeq::problem::Model;
    use diffeq::problem::Rhs;
    use diffeq::problem::Sparsity;
    use diffeq::problem::System;
    use diffeq::problem::Vjp;
    use diffeq::real::Dual;
    use diffeq::real::Real;
    use diffeq::space::Workspace;

    /// `du = [u0 u1, p sin u0 + t]`, with one derivative wrong or none.
    #[derive(Clone, Copy, PartialEq)]
    enum Sample {
        Right,
        WrongValue,
        WrongJvp,
        WrongVjp,
        WrongStateVjp,
        WrongPattern,
        WrongTimeGradient,
    }

    impl Model for Sample {}

    impl<T: Real> System<T> for Sample {
        type State = [T; 2];
        type Params = [T; 1];
    }

    impl<T: Real> Rhs<T> for Sample {
        fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 1], t: T) {
            *du = [u[0] * u[1], p[0] * u[0].sin() + t];
        }
    }

    impl<T: Real> Jvp<T> for Sample {
        #[rustfmt::skip]
        fn jvp(
            &self, du: &mut [T; 2], du_dot: &mut [T; 2], u: &[T; 2], u_dot: &[T; 2],
            p: &[T; 1], p_dot: &[T; 1], t: T, t_dot: T,
        ) {
            self.rhs(du, u, p, t);
            let slope = if *self == Sample::WrongJvp { u[0].sin() } else { u[0].cos() };
            *du_dot = [
                u_dot[0] * u[1] + u[0] * u_dot[1],
                p_dot[0] * u[0].sin() + p[0] * slope * u_dot[0] + t_dot,
            ];
        }
    }

    impl<T: Real> Vjp<T> for Sample {
        #[rustfmt::skip]
        fn vjp(
            &self, w: &mut [T; 2], u: &[T; 2], p: &[T; 1], _: T,
            u_bar: &mut [T; 2], p_bar: &mut [T; 1], t_bar: &mut T, _: &mut Workspace<T>,
        ) {
            u_bar[0] += w[0] * u[1] + w[1] * p[0] * u[0].cos();
            u_bar[1] += w[0] * u[0];
            p_bar[0] += w[1] * u[0].sin();
            *t_bar += if *self == Sample::WrongVjp { w[0] } else { w[1] };
        }
        fn state_vjp(
            &self,
            w: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 1],
            t: T,
            u_bar: &mut [T; 2],
            work: &mut Workspace<T>,
        ) {
            self.vjp(w, u, p, t, u_bar, &mut [T::ZERO], &mut { T::ZERO }, work);
            if *self == Sample::WrongStateVjp {
                u_bar[1] += w[0];
            }
        }
    }

    impl Sparsity for Sample {
        fn blank(&self, _: usize, _: usize) -> ([Mark; 2], [Mark; 1]) {
            ([Mark::ZERO; 2], [Mark::ZERO])
        }
        fn dependencies(&self, du: &mut [Mark; 2], u: &[Mark; 2], p: &[Mark; 1], t: Mark) {
            let cross = if *self == Sample::WrongPattern { Mark::ZERO } else { u[1] };
            *du = [u[0] | cross, p[0] | u[0] | t];
        }
    }

    impl<T: Real> Jacobian<T> for Sample {
        const AUTONOMOUS: bool = false;
        const CONSTANT_IN_STATE: bool = false;
        const AFFINE: bool = false;
        const CONSTANT: bool = false;
        fn time_gradient(&self, df_dt: &mut [T; 2], _: &[T; 2], _: &[T; 1], _: T) {
            *df_dt = [T::ZERO, if *self == Sample::WrongTimeGradient { T::ZERO } else { T::ONE }];
        }
        fn state_jvp(&self, du_dot: &mut [T; 2], u: &[T; 2], u_dot: &[T; 2], p: &[T; 1], t: T) {
            let mut du = *u;
            self.jvp(&mut du, du_dot, u, u_dot, p, &[T::ZERO], t, T::ZERO);
        }
    }

    fn failures(sample: Sample) -> Vec<String> {
        let zero = Dual::new(0.0, [0.0]);
        let subject = Derived { f: sample, shapes: ([0.0; 2], [0.0]), duals: ([zero; 2], [zero]) };
        let plain = |u: &[f64], p: &[f64], t: f64| match sample {
            Sample::WrongValue => vec![u[0] * u[1], p[0] * u[0].sin() + t + f64::EPSILON],
            _ => vec![u[0] * u[1], p[0] * u[0].sin() + t],
        };
        check(&subject, &plain, 7).failures
    }

    #[test]
    fn a_right_model_passes_and_each_wrong_one_is_seen() {
        assert_eq!(failures(Sample::Right), Vec::<String>::new());
        for (sample, law) in [
            (Sample::WrongValue, "value = plain Rust"),
            (Sample::WrongJvp, "JVP = dual numbers"),
            (Sample::WrongVjp, "<w, J v> = <J^T w, v>"),
            (Sample::WrongStateVjp, "the VJP by the state alone"),
            (Sample::WrongPattern, "the pattern lacks (0, 1)"),
            (Sample::WrongTimeGradient, "df/dt = JVP column"),
        ] {
            let failures = failures(sample);
            assert!(failures.iter().any(|f| f.starts_with(law)), "{law} is not among {failures:?}");
        }
    }
}
