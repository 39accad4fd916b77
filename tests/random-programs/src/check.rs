//! The laws: the two forms agree to the bit, all derivatives agree to rounding, the pattern covers the Jacobian.

use crate::subject::Derivatives;
use crate::subject::Point;
use crate::subject::Subject;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// How far two ways to the same derivative may be apart.
///
/// The programs keep their values and slopes of order one, so that what cancels on the way was of order one too: the
/// scale of a comparison is the size of the largest sum of terms, and at least one. Two evaluations in another order
/// then differ by some hundreds of roundings of 1e-16, three orders below this.
const TOLERANCE: f64 = 1e-12;

/// Where models are evaluated.
const POINTS: usize = 3;

/// What one form of a model gave.
#[derive(Debug, Clone, Default)]
pub struct Side {
    /// The right-hand side at all points, to compare forms by. (Their Jacobian products are compared with dual numbers
    /// instead: slices keep values in the workspace where arrays compute them again, which rounds differently.)
    pub values: Vec<f64>,
    /// The largest relative error.
    pub worst: f64,
    /// The laws that were broken.
    pub failures: Vec<String>,
}

/// The outcome of one model, both forms.
#[derive(Debug, Clone)]
pub struct Report {
    /// The largest relative error of both.
    pub worst: f64,
    /// The laws that were broken.
    pub failures: Vec<String>,
}

impl Side {
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

    fn expect_bits(&mut self, law: &str, values: &[f64], references: &[f64]) {
        for (i, (a, b)) in values.iter().zip(references).enumerate() {
            if a.to_bits() != b.to_bits() {
                self.failures.push(format!("{law}: component {i} is {a:e} and {b:e}"));
                return;
            }
        }
    }
}

/// The function that a model was written as, without a macro.
pub type Plain<'a> = &'a dyn Fn(&[f64], &[f64], f64) -> Vec<f64>;

/// Checks a model at points drawn from the seed. `exact` compares its value to the bit.
pub fn check(f: &dyn Subject, plain: Plain<'_>, seed: u64, exact: bool) -> Report {
    let mut dice = StdRng::seed_from_u64(seed);
    let mut side = Side::default();
    for _ in 0..POINTS {
        let (mut u, mut p) = (u.clone(), p.clone());
        u.as_mut_slice().fill_with(|| dice.gen_range(-1.5..1.5));
        p.as_mut_slice().fill_with(|| dice.gen_range(0.3..1.5));
        let t = dice.gen_range(0.0..2.0);
        if let Some(plain) = plain {
            // small powers are products in another order
            let (value, reference) = (Rhs::<f64>::eval(f, &u, &p, t), plain(&u, &p, t));
            side.expect("value = plain Rust", value.as_slice(), reference.as_slice(), 1.0);
        }
        let point = Point { f, u, p, t, u_dual: u_dual.clone(), p_dual: p_dual.clone() };
        point.check(&mut dice, &mut side);
    }
    side
}

/// Checks a model and prints `name passed worst`, or a line `name failed law` for each broken one.
pub fn report(name: &str, f: &dyn Subject, plain: Plain<'_>, seed: u64, exact: bool) {
    let report = check(f, plain, seed, exact);
    if report.failures.is_empty() {
        println!("{name} passed {:e}", report.worst);
    }
    report.failures.iter().take(4).for_each(|failure| println!("{name} failed {failure}"));
}

impl<F> Point<'_, F>
where
    F: Rhs<f64> + Rhs<Dual<f64, 1>> + Jvp<f64> + Vjp<f64> + Jacobian<f64>,
{
    fn check(&self, dice: &mut StdRng, side: &mut Side) {
        let (n, m) = (self.u.as_slice().len(), self.p.as_slice().len());
        let mut draw = |count: usize| -> Vec<f64> { (0..count).map(|_| dice.gen_range(-1.0..1.0)).collect() };
        let (v, w) = (draw(n + m + 1), draw(n));

        let mut du = self.u.zeros_like();
        Rhs::<f64>::rhs(self.f, &mut du, &self.u, &self.p, self.t);
        let du = du.as_slice().to_vec();
        if du.iter().any(|x| !x.is_finite()) {
            side.failures.push(format!("the value is not finite: {du:?}"));
            return;
        }
        let by_value = Rhs::<f64>::eval(self.f, &self.u, &self.p, self.t);
        side.expect_bits("eval = rhs", by_value.as_slice(), &du);

        // The Jacobian by all inputs from dual numbers: the program itself, run on another scalar.
        let columns: Vec<Vec<f64>> = (0..n + m + 1).map(|j| self.dual(&unit(n + m + 1, j), report)).collect();
        let scale = |left: &[f64], right: &[f64]| -> f64 {
            let column = |j: usize| columns[j].iter().zip(left).map(|(c, l)| (c * l).abs()).sum::<f64>();
            right.iter().enumerate().map(|(j, r)| r.abs() * column(j)).sum()
        };

        let (jv, alone) = self.jvp(&v, &du, side);
        let dual = self.dual(&v, &du, side);
        let size = scale(&vec![1.0; n], &v);
        side.expect("JVP = dual numbers", &jv, &dual, size);
        side.expect("the tangent alone = dual numbers", &alone, &dual, size);

        let jtw = self.vjp(&w, side);
        let left: f64 = w.iter().zip(&jv).map(|(a, b)| a * b).sum();
        let right: f64 = jtw.iter().zip(&v).map(|(a, b)| a * b).sum();
        side.expect("<w, J v> = <J^T w, v>", &[left], &[right], scale(&w, &v));
        let from_columns: Vec<f64> =
            columns.iter().map(|column| column.iter().zip(&w).map(|(a, b)| a * b).sum()).collect();
        let largest = (0..n + m + 1).map(|j| scale(&w, &unit(n + m + 1, j))).fold(0.0, f64::max);
        side.expect("J^T w = dual numbers", &jtw, &from_columns, largest);

        self.jacobian(&columns, side);
        side.values.extend(du);
    }

    fn dual(&self, v: &[f64], du: &[f64], side: &mut Side) -> Vec<f64> {
        let (n, m) = (self.u.as_slice().len(), self.p.as_slice().len());
        let (mut u, mut p) = (self.u_dual.clone(), self.p_dual.clone());
        let fill = |to: &mut [Dual<f64, 1>], from: &[f64], tangents: &[f64]| {
            for ((x, primal), tangent) in to.iter_mut().zip(from).zip(tangents) {
                *x = Dual::new(*primal, [*tangent]);
            }
        };
        fill(u.as_mut_slice(), self.u.as_slice(), &v[..n]);
        fill(p.as_mut_slice(), self.p.as_slice(), &v[n..n + m]);
        let mut out = u.zeros_like();
        Rhs::<Dual<f64, 1>>::rhs(self.f, &mut out, &u, &p, Dual::new(self.t, [v[n + m]]));
        let primal: Vec<f64> = out.as_slice().iter().map(|x| x.primal).collect();
        side.expect("value on dual numbers = value", &primal, du, 1.0);
        out.as_slice().iter().map(|x| x.tangents[0]).collect()
    }

    /// The tangent beside the value, and the tangent alone.
    fn jvp(&self, v: &[f64], du: &[f64], side: &mut Side) -> (Vec<f64>, Vec<f64>) {
        let (n, m) = (self.u.as_slice().len(), self.p.as_slice().len());
        let (mut out, mut du_dot) = (self.u.zeros_like(), self.u.zeros_like());
        let (mut u_dot, mut p_dot) = (self.u.zeros_like(), self.p.zeros_like());
        u_dot.as_mut_slice().copy_from_slice(&v[..n]);
        p_dot.as_mut_slice().copy_from_slice(&v[n..n + m]);
        let (t, t_dot) = (self.t, v[n + m]);
        Jvp::<f64>::jvp(self.f, &mut out, &mut du_dot, &self.u, &u_dot, &self.p, &p_dot, t, t_dot);
        side.expect("value beside the JVP = value", out.as_slice(), du, 1.0);
        let mut alone = self.u.zeros_like();
        Jvp::<f64>::tangent(self.f, &mut alone, &self.u, &u_dot, &self.p, &p_dot, t, t_dot);
        (du_dot.as_slice().to_vec(), alone.as_slice().to_vec())
    }

    /// `J^T w`, from two calls: the second adds to what the first left, with the same workspace.
    fn vjp(&self, w: &[f64], side: &mut Side) -> Vec<f64> {
        let (mut u_bar, mut p_bar, mut t_bar) = (self.u.zeros_like(), self.p.zeros_like(), 0.0);
        let mut work = Workspace::new();
        let mut seen = Vec::new();
        for _ in 0..2 {
            let mut du_bar = self.u.zeros_like();
            du_bar.as_mut_slice().copy_from_slice(w);
            Vjp::<f64>::vjp(
                self.f,
                &mut du_bar,
                &self.u,
                &self.p,
                self.t,
                &mut u_bar,
                &mut p_bar,
                &mut t_bar,
                &mut work,
            );
            seen.push([u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat());
        }
        let (mut du_bar, mut alone) = (self.u.zeros_like(), self.u.zeros_like());
        du_bar.as_mut_slice().copy_from_slice(w);
        Vjp::<f64>::state_vjp(self.f, &mut du_bar, &self.u, &self.p, self.t, &mut alone, &mut work);
        let of_all = &seen[0][..alone.as_slice().len()];
        let largest = of_all.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        side.expect("the VJP by the state alone = that part of the VJP", alone.as_slice(), of_all, largest);
        let doubled: Vec<f64> = seen[0].iter().map(|x| 2.0 * x).collect();
        let scale = doubled.iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        side.expect("the VJP adds", &seen[1], &doubled, scale);
        seen.swap_remove(0)
    }

    fn jacobian(&self, columns: &[Vec<f64>], side: &mut Side) {
        let (n, m) = (self.u.as_slice().len(), self.p.as_slice().len());
        let found = Pattern::of(self.f, n, m).and_then(|pattern| {
            let mut sparse = SparseJacobian::<f64, _>::new(self.f, &self.u, &self.p)?;
            sparse.evaluate(self.f, &self.u, &self.p, self.t)?;
            Ok((pattern, sparse))
        });
        let (pattern, sparse) = match found {
            Ok(found) => found,
            Err(error) => return side.failures.push(error.to_string()),
        };
        let largest = columns[..n].iter().flatten().fold(0.0_f64, |m, x| m.max(x.abs()));
        for (j, column) in columns[..n].iter().enumerate() {
            for (i, entry) in column.iter().enumerate() {
                if *entry != 0.0 && !pattern.contains(i, j) {
                    side.failures.push(format!("the pattern lacks ({i}, {j}), which is {entry:e}"));
                    return;
                }
            }
            let computed: Vec<f64> = (0..n).map(|i| sparse.get(i, j)).collect();
            side.expect("Jacobian = JVP columns", &computed, column, largest);
        }
        let mut df_dt = self.u.zeros_like();
        Jacobian::<f64>::time_gradient(self.f, &mut df_dt, &self.u, &self.p, self.t);
        let scale = columns[n + m].iter().fold(0.0_f64, |m, x| m.max(x.abs()));
        side.expect("df/dt = JVP column", df_dt.as_slice(), &columns[n + m], scale);
        let depends_on_time = columns[n + m].iter().any(|x| *x != 0.0);
        if <F as Jacobian<f64>>::AUTONOMOUS && depends_on_time {
            side.failures.push("called autonomous, but depends on time".into());
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
    use diffeq::problem::System;
    use diffeq::problem::Sparsity;
    use diffeq::problem::Vjp;
    use diffeq::real::Dual;
    use diffeq::real::Real;
    use diffeq::space::Workspace;

    /// `du = [u0 u1, p sin u0 + t]`, with one derivative wrong or none.
    #[derive(Clone, Copy, PartialEq)]
    enum Sample {
        Right,
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
        side(&sample, 7, [0.0; 2], [0.0], [zero; 2], [zero], None).failures
    }

    #[test]
    fn a_right_model_passes_and_each_wrong_one_is_seen() {
        assert_eq!(failures(Sample::Right), Vec::<String>::new());
        for (sample, law) in [
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

    #[test]
    fn forms_that_differ_in_the_last_bit_are_seen() {
        let one = Side { values: vec![1.0], ..Side::default() };
        let other = Side { values: vec![1.0 + f64::EPSILON], ..Side::default() };
        assert!(compare(one.clone(), one.clone()).failures.is_empty());
        assert_eq!(compare(one, other).failures.len(), 1);
    }
}
