//! A model against the function that it was made of, as rustc compiles it.
//!
//! The laws of [`laws`](crate::laws) hold of any function, also of another one than was written. Here the oracle is Rust:
//! values are those of [`Model::written`](diffeq_runtime::problem::Model::written) to the bit, derivatives are the slopes of
//! that function.

use std::any::Any;

use diffeq_runtime::problem::Jacobian;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Pattern;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::Tsit5;

/// The state of a model.
type State<F> = <F as System<f64>>::State;
/// Its parameters.
type Params<F> = <F as System<f64>>::Params;

/// A model over flat reals, so that the laws are compiled once and not for every model.
pub trait Flat {
    /// The derivative.
    fn rhs(&self, u: &[f64], p: &[f64], t: f64) -> Vec<f64>;
    /// The derivative by the function as it was written.
    fn written(&self, u: &[f64], p: &[f64], t: f64) -> Vec<f64>;
    /// Value and derivative along a direction of state, parameters and time.
    fn jvp(&self, at: At<'_>, direction: &[f64]) -> (Vec<f64>, Vec<f64>);
    /// The derivative alone; that by the state alone; that by time.
    fn tangents(&self, at: At<'_>, direction: &[f64]) -> [Vec<f64>; 3];
    /// The cotangents of state, parameters and time, and that of the state alone.
    fn vjp(&self, at: At<'_>, bar: &[f64]) -> [Vec<f64>; 2];
    /// Where the Jacobian is not zero.
    fn pattern(&self, at: At<'_>) -> Pattern;
    /// What is said of it: that it does not depend on time, that its Jacobian does not depend on the state, that it is affine.
    fn claims(&self) -> [bool; 3];
}

/// A point: state, parameters, time.
#[derive(Debug, Clone, Copy)]
pub struct At<'a> {
    /// The state's reals.
    pub u: &'a [f64],
    /// The parameters' reals.
    pub p: &'a [f64],
    /// The time.
    pub t: f64,
}

fn filled<V: Vector<f64> + Default>(reals: &[f64]) -> V {
    let mut v = V::default();
    if let Some(v) = (&mut v as &mut dyn Any).downcast_mut::<Vec<f64>>() {
        v.resize(reals.len(), 0.0);
    }
    v.as_mut_slice().copy_from_slice(reals);
    v
}

impl<F: Jacobian<f64> + Vjp<f64>> Flat for F
where
    State<F>: Default,
    Params<F>: Default,
{
    fn rhs(&self, u: &[f64], p: &[f64], t: f64) -> Vec<f64> {
        let mut du: State<F> = filled(&vec![f64::NAN; u.len()]);
        diffeq_runtime::problem::Rhs::rhs(self, &mut du, &filled(u), &filled(p), t);
        du.as_slice().to_vec()
    }

    fn written(&self, u: &[f64], p: &[f64], t: f64) -> Vec<f64> {
        assert!(F::WRITTEN, "`{}` does not say how it was written", F::NAME);
        let mut du = vec![f64::NAN; u.len()];
        F::written(&mut du, u, p, t);
        du
    }

    fn jvp(&self, at: At<'_>, direction: &[f64]) -> (Vec<f64>, Vec<f64>) {
        let (n, m) = (at.u.len(), at.p.len());
        let (mut du, mut dot) = (filled::<State<F>>(at.u), filled::<State<F>>(at.u));
        let (u_dot, p_dot) = (filled(&direction[..n]), filled(&direction[n..n + m]));
        let t_dot = direction[n + m];
        diffeq_runtime::problem::Jvp::jvp(
            self,
            &mut du,
            &mut dot,
            &filled(at.u),
            &u_dot,
            &filled(at.p),
            &p_dot,
            at.t,
            t_dot,
        );
        (du.as_slice().to_vec(), dot.as_slice().to_vec())
    }

    fn tangents(&self, at: At<'_>, direction: &[f64]) -> [Vec<f64>; 3] {
        let (n, m) = (at.u.len(), at.p.len());
        let (u, p) = (filled::<State<F>>(at.u), filled::<Params<F>>(at.p));
        let (u_dot, p_dot) = (filled(&direction[..n]), filled(&direction[n..n + m]));
        let [mut whole, mut by_state, mut by_time] = [u.clone(), u.clone(), u.clone()];
        self.tangent(&mut whole, &u, &u_dot, &p, &p_dot, at.t, direction[n + m]);
        self.state_jvp(&mut by_state, &u, &u_dot, &p, at.t);
        self.time_gradient(&mut by_time, &u, &p, at.t);
        [whole, by_state, by_time].map(|v| v.as_slice().to_vec())
    }

    fn vjp(&self, at: At<'_>, bar: &[f64]) -> [Vec<f64>; 2] {
        let (u, p) = (filled::<State<F>>(at.u), filled::<Params<F>>(at.p));
        let (mut u_bar, mut p_bar, mut t_bar, mut alone) =
            (u.zeros_like(), p.zeros_like(), 0.0, u.zeros_like());
        let mut work = Workspace::new();
        Vjp::vjp(self, &mut filled(bar), &u, &p, at.t, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
        self.state_vjp(&mut filled(bar), &u, &p, at.t, &mut alone, &mut work);
        [[u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat(), alone.as_slice().to_vec()]
    }

    fn pattern(&self, at: At<'_>) -> Pattern {
        Pattern::of(self, at.u.len(), at.p.len()).expect("lengths that fit")
    }

    fn claims(&self) -> [bool; 3] {
        [F::AUTONOMOUS, F::CONSTANT_IN_STATE || F::CONSTANT, F::AFFINE]
    }
}

/// Numbers between zero and one, the same in every run.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> f64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 >> 11) as f64 / (1u64 << 53) as f64
    }
}

fn same(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan())
}

/// Equal but for the rounding of derivatives, whose sums are taken in other orders.
fn near(a: f64, b: f64, scale: f64) -> bool {
    a == b || a.is_nan() && b.is_nan() || (a - b).abs() <= 1e-11 * (a.abs() + b.abs()) + 1e-13 * scale
}

/// Holds the value to the function as written: at a point, where `expected` is the value known otherwise, and around it.
///
/// # Panics
/// Where a bit differs.
pub fn value(model: &dyn Flat, at: At<'_>, expected: Option<&[f64]>) {
    let At { u, p, t } = at;
    let found = model.rhs(u, p, t);
    if let Some(expected) = expected {
        assert!(same(&found, expected), "found {found:?}, the right value is {expected:?}");
    }
    let written = model.written(u, p, t);
    assert!(same(&found, &written), "found {found:?}, the function gives {written:?}");
    let mut numbers = Numbers(0x9e37_79b9_7f4a_7c15);
    for round in 0..8 {
        let mut moved = |x: &f64| match round {
            0 => -x,
            1 => x + numbers.next(),
            2 if numbers.next() < 0.4 => 0.0,
            2 => *x,
            _ => x + 3.0 * (numbers.next() - 0.5),
        };
        let (u, p): (Vec<f64>, Vec<f64>) =
            (u.iter().map(&mut moved).collect(), p.iter().map(&mut moved).collect());
        let t = if round % 2 == 0 { t } else { moved(&(t + 0.1)) };
        // Away from the point that it was written for a function may index out of range.
        let there = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.written(&u, &p, t)));
        let Ok(written) = there else { continue };
        let found = model.rhs(&u, &p, t);
        assert!(
            same(&found, &written),
            "at u = {u:?}, p = {p:?}, t = {t}: found {found:?}, the function gives {written:?}"
        );
    }
}

/// Holds every derivative to the slopes of the function as written, and all of them to each other.
///
/// # Panics
/// Where one differs.
pub fn derivatives(model: &dyn Flat, at: At<'_>) {
    let (n, m) = (at.u.len(), at.p.len());
    let width = n + m + 1;
    let value = model.written(at.u, at.p, at.t);
    let unit = |k: usize, len: usize| (0..len).map(|j| f64::from(j == k)).collect::<Vec<_>>();
    let columns: Vec<Vec<f64>> = (0..width).map(|j| model.jvp(at, &unit(j, width)).1).collect();
    let scale = columns.iter().flatten().filter(|x| x.is_finite()).fold(1.0_f64, |s, x| s.max(x.abs()));
    for (j, column) in columns.iter().enumerate() {
        assert!(same(&model.jvp(at, &unit(j, width)).0, &value), "the value beside the JVP");
        let slopes = slopes(model, at, j, column, &value);
        let [alone, by_state, by_time] = model.tangents(at, &unit(j, width));
        for i in 0..n {
            let found = column[i];
            assert!(
                slopes[i].is_none_or(|x| near_slope(x, found)),
                "JVP ({i}, {j}): {found}, slope {:?}",
                slopes[i]
            );
            assert!(near(alone[i], found, scale), "the tangent alone ({i}, {j}): {}, not {found}", alone[i]);
            assert!(
                j >= n || near(by_state[i], found, scale),
                "J v ({i}, {j}): {}, not {found}",
                by_state[i]
            );
            assert!(
                j + 1 < width || near(by_time[i], found, scale),
                "by time ({i}): {}, not {found}",
                by_time[i]
            );
        }
    }
    for i in 0..n {
        let [row, alone] = model.vjp(at, &unit(i, n));
        for (j, column) in columns.iter().enumerate().take(width) {
            let forward = column[i];
            assert!(near(row[j], forward, scale), "VJP ({i}, {j}): {}, not {forward}", row[j]);
            assert!(j >= n || near(alone[j], row[j], scale), "J'w ({i}, {j}): {}, not {}", alone[j], row[j]);
        }
    }
    let mut numbers = Numbers(77);
    let direction: Vec<f64> = (0..width).map(|_| numbers.next() - 0.5).collect();
    let bar: Vec<f64> = (0..n).map(|_| numbers.next() - 0.5).collect();
    let product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let forward = product(&bar, &model.jvp(at, &direction).1);
    let backward = product(&direction, &model.vjp(at, &bar)[0]);
    assert!(near(forward, backward, scale), "<w, J v> = {forward}, <J'w, v> = {backward}");
    let pattern = model.pattern(at);
    for (j, column) in columns[..n].iter().enumerate() {
        for (i, entry) in column.iter().enumerate() {
            assert!(
                *entry == 0.0 || pattern.contains(i, j),
                "the pattern lacks ({i}, {j}), which is {entry}"
            );
        }
    }
    claims(model, at, &columns, &value);
}

fn near_slope(slope: f64, found: f64) -> bool {
    (slope - found).abs() < 2e-5 * found.abs().max(1.0)
}

/// Of the slopes of the function along one real, at many step sizes and to either side, those nearest to what was found:
/// small steps drown in rounding, large ones see the next kink. None where the function is not finite.
fn slopes(model: &dyn Flat, at: At<'_>, j: usize, found: &[f64], value: &[f64]) -> Vec<Option<f64>> {
    let (n, m) = (at.u.len(), at.p.len());
    let mut best = vec![None; n];
    for e in -6..=8 {
        let x = *at.u.iter().chain(at.p).chain([&at.t]).nth(j).unwrap_or(&0.0);
        let h = 10f64.powi(-e) * x.abs().max(1.0);
        let moved = |s: f64| {
            let (mut u, mut p, mut t) = (at.u.to_vec(), at.p.to_vec(), at.t);
            *u.iter_mut().chain(&mut p).chain([&mut t]).nth(j).expect("one of them") += s;
            std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| model.written(&u, &p, t))).ok()
        };
        debug_assert!(j <= n + m);
        let (Some(right), Some(left)) = (moved(h), moved(-h)) else { continue };
        for i in (0..n).filter(|i| value[*i].is_finite()) {
            let all = [(right[i] - left[i]) / (2.0 * h), (right[i] - value[i]) / h, (value[i] - left[i]) / h];
            for slope in all.into_iter().filter(|slope| slope.is_finite()) {
                let off = |slope: f64| (slope - found[i]).abs();
                if best[i].is_none_or(|before| off(slope) < off(before)) {
                    best[i] = Some(slope);
                }
            }
        }
    }
    best
}

/// What a model says of itself.
fn claims(model: &dyn Flat, at: At<'_>, columns: &[Vec<f64>], value: &[f64]) {
    let n = at.u.len();
    let [autonomous, constant, affine] = model.claims();
    if autonomous {
        let by_time = columns.last().into_iter().flatten();
        assert!(by_time.copied().all(|x| x == 0.0), "it is said not to depend on time");
    }
    let mut numbers = Numbers(5);
    for _ in 0..if constant || affine { 6 } else { 0 } {
        let step: Vec<f64> = at.u.iter().map(|_| 8.0 * (numbers.next() - 0.5)).collect();
        let there: Vec<f64> = at.u.iter().zip(&step).map(|(x, d)| x + d).collect();
        let found = model.written(&there, at.p, at.t);
        for i in (0..n).filter(|_| affine) {
            let line = value[i] + (0..n).map(|j| columns[j][i] * step[j]).sum::<f64>();
            assert!(near_slope(line, found[i]), "it is said to be affine, but at {there:?} it is {found:?}");
        }
        for (j, column) in columns[..n].iter().enumerate().filter(|_| constant) {
            let direction: Vec<f64> = (0..columns.len()).map(|k| f64::from(k == j)).collect();
            let moved = model.jvp(At { u: &there, ..at }, &direction).1;
            let holds = column.iter().zip(&moved).all(|(a, b)| near(*a, *b, 1.0));
            assert!(holds, "the Jacobian is said not to depend on the state");
        }
    }
}

/// Holds a short solve to the same solve with the function as written in the place of the model, to the bit.
///
/// # Panics
/// Where a bit differs, or a solve fails.
pub fn solve<F>(model: F, at: At<'_>, end: f64)
where
    F: Jacobian<f64> + Vjp<f64>,
    State<F>: Default,
    Params<F>: Default,
{
    let (u, p): (State<F>, Params<F>) = (filled(at.u), filled(at.p));
    let written = |du: &mut State<F>, u: &State<F>, p: &Params<F>, t: f64| {
        F::written(du.as_mut_slice(), u.as_slice(), p.as_slice(), t);
    };
    let plain = OdeProblem::from_fn(written, u.clone(), (at.t, end), p.clone());
    let problem = OdeProblem::new(model, u, (at.t, end), p);
    let found = problem.solver(Tsit5).solve().expect("a solution of the model");
    let expected = plain.solver(Tsit5).solve().expect("a solution of the function");
    assert!(
        found.times() == expected.times() && same(found.values(), expected.values()),
        "the solutions differ"
    );
}
