//! The laws of a delayed equation: over a past that is known it is a right-hand side like any other.
//!
//! Once the past moves with the state and once it rests, so that what is said of the past, of the lags and of the state alone are
//! each held to dual numbers. And where all lags are fixed, those that are listed are those that are asked for.

use crate::check::Report;
use crate::check::check;
use crate::subject::Derived;
use crate::subject::Values;
use diffeq::problem::Delayed;
use diffeq::problem::DelayedJvp;
use diffeq::problem::DelayedSparsity;
use diffeq::problem::DelayedVjp;
use diffeq::problem::Jacobian;
use diffeq::problem::Jvp;
use diffeq::problem::Mark;
use diffeq::problem::Model;
use diffeq::problem::Past;
use diffeq::problem::PastCotangent;
use diffeq::problem::PastTangent;
use diffeq::problem::Rhs;
use diffeq::problem::Sparsity;
use diffeq::problem::System;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::real::Real;
use diffeq::space::Vector;
use diffeq::space::Workspace;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::cell::RefCell;

type D = Dual<f64, 1>;
type Shapes<F, T> = (<F as Delayed<T>>::State, <F as Delayed<T>>::Params);
/// The function that a model was written as; the last argument is whether the past moves with the state.
pub(crate) type PlainLate<'a> = &'a dyn Fn(&[f64], &[f64], f64, bool) -> Vec<f64>;

/// What component `i` is multiplied with where the past moves with the state.
fn sway<T: Real>(t: T, order: usize) -> T {
    let value = match order {
        0 => t.cos(),
        1 => -t.sin(),
        _ => -t.cos(),
    };
    value * T::lit(0.3)
}

/// Component `i` of the past, or a derivative of it by the time; `u` is the present one where the past moves with it. Both stay
/// where states of these programs lie.
fn known<T: Real>(u: Option<T>, i: usize, t: T, order: usize) -> T {
    let phase = t + T::lit(i as f64);
    let base = match order {
        0 => phase.sin(),
        1 => phase.cos(),
        _ => -phase.sin(),
    };
    base + sway(t, order) * u.unwrap_or(T::ONE)
}

/// The past of a program without macros: `n` components, one behind the other.
pub fn earlier(u: &[f64], moves: bool, t: f64, order: usize) -> Vec<f64> {
    (0..u.len()).map(|i| known(moves.then(|| u[i]), i, t, order)).collect()
}

/// A delayed equation over a past that is known.
#[derive(Clone)]
pub(crate) struct Late<F, const MOVES: bool>(pub(crate) F);

pub(crate) struct Known<'a, V, T, const MOVES: bool> {
    u: &'a V,
    /// All times that were asked for.
    asked: RefCell<Vec<T>>,
}

impl<'a, V, T, const MOVES: bool> Known<'a, V, T, MOVES> {
    pub(crate) fn of(u: &'a V) -> Self {
        Self { u, asked: RefCell::new(Vec::new()) }
    }
}

impl<T: Real, V: Vector<T>, const MOVES: bool> Past<T, V> for Known<'_, V, T, MOVES> {
    type Place = T;
    fn find(&self, t: T) -> T {
        self.asked.borrow_mut().push(t);
        t
    }
    fn read(&self, t: &T, i: usize, order: usize) -> T {
        known(MOVES.then(|| self.u.as_slice()[i]), i, *t, order)
    }
    fn blank(&self) -> V {
        self.u.zeros_like()
    }
}

/// How the past moves along a direction of the state.
pub(crate) struct Along<'a, V, const MOVES: bool>(pub(crate) &'a V);

impl<T: Real, V: Vector<T>, const MOVES: bool> PastTangent<T, V> for Along<'_, V, MOVES> {
    fn dot(&self, t: T, i: usize, order: usize) -> T {
        if MOVES { sway(t, order) * self.0.as_slice()[i] } else { T::ZERO }
    }
}

/// What the past's cotangents are for the state.
pub(crate) struct Onto<V, const MOVES: bool>(pub(crate) V);

impl<T: Real, V: Vector<T>, const MOVES: bool> PastCotangent<T, V> for Onto<V, MOVES> {
    fn take(&mut self, t: T, i: usize, order: usize, bar: T) {
        if MOVES {
            self.0.as_mut_slice()[i] += sway(t, order) * bar;
        }
    }
}

impl<F: Model, const MOVES: bool> Model for Late<F, MOVES> {
    const NAME: &'static str = F::NAME;
}

impl<T: Real, F: Delayed<T>, const MOVES: bool> System<T> for Late<F, MOVES> {
    type State = F::State;
    type Params = F::Params;
}

impl<T: Real, F: Delayed<T>, const MOVES: bool> Rhs<T> for Late<F, MOVES> {
    fn rhs(&self, du: &mut F::State, u: &F::State, p: &F::Params, t: T) {
        self.0.rhs(du, u, &Known::<_, _, MOVES>::of(u), p, t);
    }
}

impl<T: Real, F: DelayedJvp<T>, const MOVES: bool> Jvp<T> for Late<F, MOVES> {
    fn jvp(
        &self,
        du: &mut F::State,
        du_dot: &mut F::State,
        u: &F::State,
        u_dot: &F::State,
        p: &F::Params,
        p_dot: &F::Params,
        t: T,
        t_dot: T,
    ) {
        let (past, past_dot) = (Known::<_, _, MOVES>::of(u), Along::<_, MOVES>(u_dot));
        self.0.jvp(du, du_dot, u, u_dot, &past, &past_dot, p, p_dot, t, t_dot);
    }
}

impl<T: Real, F: DelayedVjp<T>, const MOVES: bool> Vjp<T> for Late<F, MOVES> {
    fn vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: T,
        u_bar: &mut F::State,
        p_bar: &mut F::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let (past, mut past_bar) = (Known::<_, _, MOVES>::of(u), Onto::<_, MOVES>(u.zeros_like()));
        self.0.vjp(du_bar, u, &past, &mut past_bar, p, t, u_bar, p_bar, t_bar, work);
        for (to, bar) in u_bar.as_mut_slice().iter_mut().zip(past_bar.0.as_slice()) {
            *to += *bar;
        }
    }

    fn state_vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: T,
        u_bar: &mut F::State,
        work: &mut Workspace<T>,
    ) {
        if MOVES {
            return self.vjp(du_bar, u, p, t, u_bar, &mut p.zeros_like(), &mut { T::ZERO }, work);
        }
        self.0.state_vjp(du_bar, u, &Known::<_, _, MOVES>::of(u), p, t, u_bar, work);
    }
}

impl<F: DelayedSparsity, const MOVES: bool> Sparsity for Late<F, MOVES> {
    fn blank(&self, state_len: usize, params_len: usize) -> (F::State, F::Params) {
        self.0.blank(state_len, params_len)
    }
    fn dependencies(&self, du: &mut F::State, u: &F::State, p: &F::Params, t: Mark) {
        self.0.dependencies(du, u, p, t);
        if MOVES {
            // A past that moves with the state is no part of what the pattern is of.
            let all = u.as_slice().iter().fold(Mark::ZERO, |all, mark| all | *mark);
            du.as_mut_slice().fill(all);
        }
    }
}

impl<T: Real, F: DelayedJvp<T> + DelayedSparsity, const MOVES: bool> Jacobian<T> for Late<F, MOVES> {
    const AUTONOMOUS: bool = false;
    const CONSTANT_IN_STATE: bool = false;
    const AFFINE: bool = false;
    const CONSTANT: bool = false;
    fn time_gradient(
        &self,
        df_dt: &mut <F as Delayed<T>>::State,
        u: &<F as Delayed<T>>::State,
        p: &<F as Delayed<T>>::Params,
        t: T,
    ) {
        self.0.time_gradient(df_dt, &Known::<_, _, MOVES>::of(u), u, p, t);
    }
    fn state_jvp(
        &self,
        du_dot: &mut <F as Delayed<T>>::State,
        u: &<F as Delayed<T>>::State,
        u_dot: &<F as Delayed<T>>::State,
        p: &<F as Delayed<T>>::Params,
        t: T,
    ) {
        if MOVES {
            let mut du = u.zeros_like();
            return self.jvp(&mut du, du_dot, u, u_dot, p, &p.zeros_like(), t, T::ZERO);
        }
        self.0.state_jvp(du_dot, &Known::<_, _, MOVES>::of(u), u, u_dot, p, t);
    }
}

/// Checks the values of a model and prints what came of it.
pub fn late_values<F: Delayed<f64> + Clone>(
    name: &str,
    model: F,
    shapes: Shapes<F, f64>,
    plain: PlainLate<'_>,
    seed: u64,
) {
    let subject = Values { f: Late::<F, true>(model), shapes };
    print(name, &check(&subject, &|u, p, t| plain(u, p, t, true), seed));
}

/// Checks a model and prints what came of it.
pub fn late<F>(
    name: &str,
    model: F,
    shapes: Shapes<F, f64>,
    duals: Shapes<F, D>,
    plain: PlainLate<'_>,
    seed: u64,
) where
    F: Delayed<f64> + Delayed<D> + DelayedJvp<f64> + DelayedVjp<f64> + DelayedSparsity + Clone,
{
    let (moving, resting) = (Late::<F, true>(model.clone()), Late::<F, false>(model.clone()));
    let subject = Derived { f: moving, shapes: shapes.clone(), duals: duals.clone() };
    let mut report = check(&subject, &|u, p, t| plain(u, p, t, true), seed);
    if report.failures.is_empty() {
        let subject = Derived { f: resting, shapes: shapes.clone(), duals: duals.clone() };
        let of_resting = check(&subject, &|u, p, t| plain(u, p, t, false), seed);
        report.worst = report.worst.max(of_resting.worst);
        report.failures.extend(of_resting.failures);
        check_lags(&model, &shapes, &duals, seed, &mut report);
    }
    print(name, &report);
}

/// All reals that were kept, in order; `sentinel` was kept first.
fn kept(work: &mut Workspace<f64>) -> Vec<f64> {
    let mut kept = Vec::new();
    loop {
        match work.pop() {
            x if x.is_infinite() => break,
            x => kept.push(x),
        }
    }
    kept.reverse();
    kept
}

fn check_lags<F>(model: &F, shapes: &Shapes<F, f64>, duals: &Shapes<F, D>, seed: u64, report: &mut Report)
where
    F: Delayed<f64> + Delayed<D>,
{
    let mut dice = StdRng::seed_from_u64(seed);
    let (mut u, mut p, mut p_dot) = (shapes.0.zeros_like(), shapes.1.zeros_like(), shapes.1.zeros_like());
    u.as_mut_slice().iter_mut().for_each(|u| *u = dice.gen_range(-1.5..1.5));
    p.as_mut_slice().iter_mut().for_each(|p| *p = dice.gen_range(0.3..1.5));
    p_dot.as_mut_slice().iter_mut().for_each(|p| *p = dice.gen_range(-1.0..1.0));
    let t = dice.gen_range(0.0..2.0);
    let fresh = || {
        let mut work = Workspace::new();
        work.push(f64::INFINITY);
        work
    };
    let (mut plain, mut moving) = (fresh(), fresh());
    model.lags(&p, t, &mut plain);
    model.lag_tangents(&p, &p_dot, t, &mut moving);
    let (plain, moving) = (kept(&mut plain), kept(&mut moving));
    let times: Vec<f64> = plain.chunks_exact(2).map(|pair| pair[0]).collect();
    if <F as Delayed<f64>>::LAGS.iter().all(|lag| lag.kind.is_fixed()) {
        let past = Known::<_, _, false>::of(&u);
        model.rhs(&mut u.zeros_like(), &u, &past, &p, t);
        for asked in past.asked.into_inner() {
            if !times.iter().any(|time| (time - asked).abs() <= 1e-12) {
                report
                    .failures
                    .push(format!("the lags lack {asked:e}, which is asked for at {t:e}: {times:?}"));
                return;
            }
        }
    }
    // The same over dual numbers.
    let mut work: Workspace<D> = Workspace::new();
    work.push(Dual::new(f64::INFINITY, [0.0]));
    let mut dual = duals.1.zeros_like();
    for ((x, p), dot) in dual.as_mut_slice().iter_mut().zip(p.as_slice()).zip(p_dot.as_slice()) {
        *x = Dual::new(*p, [*dot]);
    }
    model.lags(&dual, Dual::new(t, [0.0]), &mut work);
    let mut expected = Vec::new();
    loop {
        let (of_slope, time) = (work.pop(), work.pop());
        if of_slope.primal.is_infinite() {
            break;
        }
        expected.push([time.primal, of_slope.primal, time.tangents[0]]);
    }
    expected.reverse();
    let found: Vec<[f64; 3]> = moving.chunks_exact(3).map(|lag| [lag[0], lag[1], lag[2]]).collect();
    let near = |(a, b): (&[f64; 3], &[f64; 3])| {
        a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-12 * (1.0 + b.abs()))
    };
    if found.len() != expected.len() || !found.iter().zip(&expected).all(near) {
        report.failures.push(format!("lags and their tangents: {found:?}, not {expected:?}"));
    }
}

fn print(name: &str, report: &Report) {
    if report.failures.is_empty() {
        println!("{name} passed {:e}", report.worst);
    }
    report.failures.iter().take(4).for_each(|failure| println!("{name} failed {failure}"));
}
