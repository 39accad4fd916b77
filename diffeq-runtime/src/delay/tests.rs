//! Lookups that are found by where they were found last are found where the full search finds them.

use std::cell::Cell;

use crate::delay::AtRest;
use crate::delay::DdeProblem;
use crate::delay::Lagging;
use crate::delay::WithPast;
use crate::delay::place::At;
use crate::integrate::Crossing;
use crate::integrate::Preset;
use crate::problem::Delayed;
use crate::problem::DelayedVjp;
use crate::problem::Lag;
use crate::problem::LagKind;
use crate::problem::Model;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::sensitivity::AdjointMethod;
use crate::sensitivity::DiscreteAdjoint;
use crate::space::Workspace;
use crate::stepper::DP5;
use crate::stepper::Method;
use crate::stepper::Tsit5;
use crate::stepper::Vern7;

thread_local! {
    static SEARCHES: Cell<bool> = const { Cell::new(false) };
    static TAKEN: Cell<u64> = const { Cell::new(0) };
}

/// What a shortcut found, which is counted, or nothing where all is to be searched for.
pub(super) fn shortcut(found: Option<(At, bool)>) -> Option<(At, bool)> {
    let found = found.filter(|_| !SEARCHES.get());
    TAKEN.set(TAKEN.get() + u64::from(found.is_some()));
    found
}

/// Lags of numbers and of parameters, with the time, and with the state: `du = p0 (a - b) - u`, `a` and `b` being earlier states.
const RESTS: usize = 0;
const WITH_TIME: usize = 1;
const WITH_STATE: usize = 2;

struct Looks<const KIND: usize>;

impl<const KIND: usize> Looks<KIND> {
    /// The times that are asked for, and how they move with the state, the second parameter and the time.
    fn times(u: f64, p: &[f64; 2], t: f64) -> [(f64, [f64; 3]); 2] {
        match KIND {
            RESTS => [(t - 0.21, [0.0, 0.0, 1.0]), (t - p[1], [0.0, -1.0, 1.0])],
            WITH_TIME => {
                let wave = (2.0 * t).sin();
                let rates = [0.0, 0.5 * wave - 1.0, 1.0 + p[1] * (2.0 * t).cos()];
                [(t - 0.21, [0.0, 0.0, 1.0]), (t - p[1] * (1.0 - 0.5 * wave), rates)]
            }
            _ => [(t - 0.1 - 0.2 * u * u, [-0.4 * u, 0.0, 1.0]), (t - p[1], [0.0, -1.0, 1.0])],
        }
    }
}

impl<const KIND: usize> Model for Looks<KIND> {}

impl<const KIND: usize> Delayed<f64> for Looks<KIND> {
    type State = f64;
    type Params = [f64; 2];
    const LAGS: &'static [Lag] = match KIND {
        RESTS => &[lag(LagKind::Constant), lag(LagKind::Parameter)],
        WITH_TIME => &[lag(LagKind::Constant), lag(LagKind::Time)],
        _ => &[lag(LagKind::State), lag(LagKind::Parameter)],
    };
    fn lags(&self, p: &[f64; 2], t: f64, work: &mut Workspace<f64>) {
        self.lag_tangents_of(p, &[0.0; 2], t, |asked, _| {
            work.push(asked);
            work.push(0.0);
        });
    }
    fn lag_tangents(&self, p: &[f64; 2], p_dot: &[f64; 2], t: f64, work: &mut Workspace<f64>) {
        self.lag_tangents_of(p, p_dot, t, |asked, dot| {
            work.push(asked);
            work.push(0.0);
            work.push(dot);
        });
    }
    fn rhs<H: Past<f64, f64>>(&self, du: &mut f64, u: &f64, past: &H, p: &[f64; 2], t: f64) {
        let [a, b] = Self::times(*u, p, t);
        *du = p[0] * (past.component_value(a.0, 0) - past.component_value(b.0, 0)) - u;
    }
}

const fn lag(kind: LagKind) -> Lag {
    Lag { kind, of_slope: false }
}

impl<const KIND: usize> Looks<KIND> {
    fn lag_tangents_of(&self, p: &[f64; 2], p_dot: &[f64; 2], t: f64, mut keep: impl FnMut(f64, f64)) {
        for (lag, (asked, rates)) in <Self as Delayed<f64>>::LAGS.iter().zip(Self::times(0.0, p, t)) {
            if lag.kind.is_fixed() {
                keep(asked, rates[1] * p_dot[1]);
            }
        }
    }
}

impl<const KIND: usize> DelayedVjp<f64> for Looks<KIND> {
    fn vjp<H: Past<f64, f64>, B: PastCotangent<f64, f64>>(
        &self,
        du_bar: &mut f64,
        u: &f64,
        past: &H,
        past_bar: &mut B,
        p: &[f64; 2],
        t: f64,
        u_bar: &mut f64,
        p_bar: &mut [f64; 2],
        t_bar: &mut f64,
        work: &mut Workspace<f64>,
    ) {
        let (bar, times) = (*du_bar, Self::times(*u, p, t));
        let [a, b] = times.map(|(asked, _)| past.component_value(asked, 0));
        *u_bar -= bar;
        p_bar[0] += bar * (a - b);
        for ((asked, [by_u, by_p, by_t]), sign) in times.into_iter().zip([1.0, -1.0]).rev() {
            let mut moved = 0.0;
            past.component_vjp(asked, 0, sign * p[0] * bar, past_bar, &mut moved, &mut (), work);
            *u_bar += by_u * moved;
            p_bar[1] += by_p * moved;
            *t_bar += by_t * moved;
        }
    }
    fn state_vjp<H: Past<f64, f64>>(
        &self,
        du_bar: &mut f64,
        u: &f64,
        past: &H,
        p: &[f64; 2],
        t: f64,
        u_bar: &mut f64,
        work: &mut Workspace<f64>,
    ) {
        self.vjp(du_bar, u, past, &mut (), p, t, u_bar, &mut [0.0; 2], &mut 0.0, work);
    }
}

/// All bits of a solve with events, and of its gradient.
fn bits<const KIND: usize, M>(method: M, tolerance: f64, p: [f64; 2]) -> Vec<u64>
where
    M: Method<f64, WithPast<Looks<KIND>, AtRest, f64>>,
    Lagging<M>: AdjointMethod<f64, WithPast<Looks<KIND>, AtRest, f64>>,
{
    let problem = DdeProblem::new(Looks::<KIND>, 1.0, AtRest, (0.0, 3.0), p);
    let solver = || problem.solver(method.clone()).tolerances(tolerance, tolerance);
    let turns = Crossing::new(
        |u: &f64, _: &[f64; 2], _: f64| u - 0.3,
        |u: &mut f64, _: &mut [f64; 2], _: f64| *u += 0.4,
    );
    let shortens = Preset::new([2.0], |_: &mut f64, p: &mut [f64; 2], _: f64| p[1] *= 0.75);
    let solution = solver().event(turns).event(shortens).solve().expect("a solve");
    let mut all: Vec<f64> = solution.times().to_vec();
    all.extend(solution.values());
    let [of_all, of_few] = [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(3)].map(|adjoint| {
        let solver = solver();
        let (solution, mut pullback) = solver.vjp(adjoint).expect("a solve");
        let gradient = pullback.call(vec![1.0; solution.len()].as_slice());
        let gradient = gradient.unwrap_or_else(|error| panic!("kind {KIND}, {tolerance:e}, {p:?}: {error}"));
        [gradient.p[0], gradient.p[1], gradient.u0]
    });
    // What was given up of the past is found again. Rounds of a step that looks itself up end where they are a hundredth of the
    // tolerance off: done again they begin elsewhere.
    for (a, b) in of_all.iter().zip(&of_few) {
        let is_near = (a - b).abs() <= 1e-2 * tolerance * a.abs();
        assert!(is_near, "kind {KIND}, {tolerance:e}, {p:?}: {of_all:?} and {of_few:?}");
    }
    all.extend(of_all);
    all.into_iter().map(f64::to_bits).collect()
}

/// The same with shortcuts and without, and how many were taken.
fn compared<const KIND: usize, M>(method: M, tolerance: f64, p: [f64; 2]) -> u64
where
    M: Method<f64, WithPast<Looks<KIND>, AtRest, f64>>,
    Lagging<M>: AdjointMethod<f64, WithPast<Looks<KIND>, AtRest, f64>>,
{
    TAKEN.set(0);
    let short = bits::<KIND, M>(method.clone(), tolerance, p);
    let taken = TAKEN.replace(0);
    SEARCHES.set(true);
    let long = bits::<KIND, M>(method.clone(), tolerance, p);
    SEARCHES.set(false);
    assert_eq!(TAKEN.get(), 0);
    assert_eq!(short, long, "kind {KIND}, {method:?}, {tolerance:e}, {p:?}");
    taken
}

/// Loose tolerances make steps that are longer than a lag, and so look up themselves; a lag of 0.9 lies some steps back, one of
/// 0.03 in most steps themselves.
#[test]
fn what_a_shortcut_finds_the_search_finds() {
    let mut taken = [0; 3];
    for tolerance in [1e-2, 1e-4, 1e-7] {
        for p in [0.9, 0.4, 0.03].into_iter().flat_map(|lag| [[-0.8, lag], [1.7, lag]]) {
            taken[0] += compared::<RESTS, _>(Tsit5, tolerance, p);
            taken[0] += compared::<RESTS, _>(DP5, tolerance, p);
            taken[0] += compared::<RESTS, _>(Vern7, tolerance, p);
            taken[1] += compared::<WITH_TIME, _>(Tsit5, tolerance, p);
            taken[2] += compared::<WITH_STATE, _>(Tsit5, tolerance, p);
        }
    }
    // Else nothing was compared.
    assert!(taken.iter().all(|taken| *taken > 1_000), "{taken:?}");
}
