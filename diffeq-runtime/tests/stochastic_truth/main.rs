//! The truth matrix of stochastic equations: every method × every class of noise it is for × ways of saving × ways to a derivative.
//!
//! Oracle: dual numbers along the same path, a column at a time, through the numbers that the solve returned.

#[allow(dead_code, reason = "shared by tests of which each uses a part")]
#[path = "../stochastic/models.rs"]
mod models;

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::problem::*;
use diffeq_runtime::real::Dual;
use diffeq_runtime::sensitivity::*;
use diffeq_runtime::stepper::*;

use crate::models::*;

/// Two orders of adding up the same numbers, over some dozens of steps: 1e-10 is what is promised.
const ROUNDING: f64 = 1e-11;

/// What is saved of a solve, and how its steps are chosen.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Saving {
    /// The end.
    End,
    /// Rows at times which are no multiples of the steps.
    Rows,
    /// Every step.
    Steps,
    /// Every step, the interpolants and rows as well.
    All,
    /// Rows of steps whose error decides on their size.
    Adaptive,
}

/// The loss is a sum over all numbers with weights of their own.
fn weight(i: usize) -> f64 {
    1.0 + 0.3 * (i as f64).sin()
}

fn close(found: f64, expected: f64) -> bool {
    (found - expected).abs() <= ROUNDING * (1.0 + expected.abs())
}

type Of<M> = Driven<M, Brownian>;

/// Holds forward mode, and reverse mode with all states and with few, to dual numbers; counts the comparisons.
fn hold<M, X, const N: usize, const P: usize>(model: M, method: X, (u0, p): ([f64; N], [f64; P])) -> usize
where
    M: Diffusion<f64>
        + System<f64, State = [f64; N], Params = [f64; P]>
        + System<Dual<f64, 1>, State = [Dual<f64, 1>; N], Params = [Dual<f64, 1>; P]>
        + Diffusion<Dual<f64, 1>>
        + DiffusionVjp<f64>,
    <M as Stochastic>::Drift: Vjp<f64> + Jvp<f64>,
    X: Method<f64, Of<M>>
        + Method<Dual<f64, 1>, Of<M>>
        + Fits<<M as Stochastic>::Interpretation, <M as Stochastic>::Class>
        + AdjointMethod<f64, Of<M>>
        + TangentMethod<f64, Of<M>>,
{
    let facts = Method::<f64, Of<M>>::facts(&method);
    let problem = SdeProblem::new(model, u0, (0.0, 1.0), p).seed(9);
    let mut count = 0;
    for saving in [Saving::End, Saving::Rows, Saving::Steps, Saving::All, Saving::Adaptive] {
        if saving == Saving::Adaptive && facts.control_exponent.is_none() {
            continue;
        }
        let name = format!("{} of {}, {saving:?}", facts.name, <M as Model>::NAME);
        let solver = problem.solver(method.clone());
        let solver: Solver<'_, Of<M>, f64, X> = match saving {
            Saving::End => solver.fixed(0.1).save_every_step(false),
            Saving::Rows => solver.fixed(0.1).save_at(Grid::step(0.17)),
            Saving::Steps => solver.fixed(0.1),
            Saving::All => solver.fixed(0.1).save_at(Grid::step(0.17)).save_every_step(true).dense(true),
            Saving::Adaptive => solver.tolerances(3e-2, 3e-2).save_at(Grid::step(0.25)),
        };
        let (solution, by_p) = solver.parameter_jacobian::<1>().unwrap();
        let (_, by_u0) = solver.initial_jacobian::<1>().unwrap();
        let weights: Vec<f64> = (0..solution.values().len()).map(weight).collect();
        let expected = [by_u0.gradient(&weights).unwrap(), by_p.gradient(&weights).unwrap()].concat();
        let mut bits = None;
        for adjoint in [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(3)] {
            let (reverse, mut pullback) = solver.vjp(adjoint).unwrap();
            assert_eq!(reverse.values(), solution.values(), "{name}");
            let gradient = pullback.call(Cotangents::values(&weights)).unwrap();
            let found = [&gradient.u0[..], &gradient.p[..]].concat();
            assert!(
                found.iter().zip(&expected).all(|(a, b)| close(*a, *b)),
                "{name}: {found:?} and not {expected:?}"
            );
            assert!(gradient.t0.is_nan() && gradient.t1.is_nan(), "{name}: a path has no derivative by time");
            let found: Vec<u64> = found.iter().map(|x| x.to_bits()).collect();
            assert_eq!(*bits.get_or_insert(found.clone()), found, "{name}: few states change the gradient");
            count += 1;
        }
        let dots: (Vec<f64>, Vec<f64>) =
            ((0..N).map(|i| weight(5 * i + 1)).collect(), (0..P).map(|i| weight(7 * i)).collect());
        let (of_values, tangents) =
            solver.jvp(&dots.0[..].try_into().unwrap(), &dots.1[..].try_into().unwrap()).unwrap();
        assert_eq!(of_values.values(), solution.values(), "{name}");
        for (i, found) in tangents.values().iter().enumerate() {
            let by = |jacobian: &SolutionJacobian<f64>, dots: &[f64]| {
                dots.iter().enumerate().map(|(j, dot)| jacobian.column(j)[i] * dot).sum::<f64>()
            };
            let expected = by(&by_u0, &dots.0) + by(&by_p, &dots.1);
            assert!(close(*found, expected), "{name}: tangent {found} and not {expected}");
        }
        count += 1;
    }
    count
}

/// Each model with a state and parameters of its own.
macro_rules! at {
    (Pendulum) => {
        ([0.4, 0.8], [0.7, 0.4])
    };
    (PendulumStrat) => {
        ([0.4, 0.8], [0.7, 0.4])
    };
    (Together) => {
        ([1.0, 0.8], [0.7, 0.4])
    };
    (TogetherStrat) => {
        ([1.0, 0.8], [0.7, 0.4])
    };
    (Predators) => {
        ([1.0, 0.8], [1.5, 1.0, 3.0, 1.0, 0.2])
    };
    (PredatorsStrat) => {
        ([1.0, 0.8], [1.5, 1.0, 3.0, 1.0, 0.2])
    };
    (Swept) => {
        ([0.4, 0.8], [0.7, 0.4, 0.3])
    };
    (SweptStrat) => {
        ([0.4, 0.8], [0.7, 0.4, 0.3])
    };
    (Curved) => {
        ([0.4, 0.8], [0.7, 0.4, 0.3])
    };
    (CurvedStrat) => {
        ([0.4, 0.8], [0.7, 0.4, 0.3])
    };
}

macro_rules! truths {
    ($($method:ident: $($model:ident)*;)*) => {{
        let mut count = 0;
        $($( count += hold($model, $method, at!($model)); )*)*
        println!("{count} gradients and tangents");
    }};
}

#[test]
fn ito_by_increments() {
    truths! {
        EulerMaruyama: Pendulum Together Predators Swept Curved PendulumStrat;
        TamedEuler: Pendulum Together Predators Swept Curved;
        Milstein: Pendulum Together Predators Swept Curved;
        PlatenWeak2: Pendulum Together Predators;
    }
}

#[test]
fn ito_for_diagonal_noise() {
    truths! {
        SRIW1: Pendulum Together Predators;
        SRIW2: Pendulum Together Predators;
        SOSRI: Pendulum Together Predators;
        SOSRI2: Pendulum Together Predators;
    }
}

#[test]
fn ito_for_expected_values() {
    truths! {
        DRI1: Pendulum Together Predators Swept Curved;
        RI6: Pendulum Together Predators Swept Curved;
    }
}

#[test]
fn additive_noise() {
    truths! {
        SRA1: Pendulum PendulumStrat;
        SRA2: Pendulum;
        SRA3: Pendulum;
        SOSRA: Pendulum PendulumStrat;
        SOSRA2: Pendulum;
        SEA: PendulumStrat;
        ShARK: PendulumStrat;
    }
}

#[test]
fn stratonovich() {
    truths! {
        EulerHeun: PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat Pendulum;
        StratonovichHeun: PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat;
        GeneralShARK: PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat;
        ReversibleHeun: PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat;
        Milstein: PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat;
        SlowRK: PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat;
        SPaRK: PendulumStrat TogetherStrat PredatorsStrat SweptStrat;
    }
}

/// Two halves of each step in the place of one: an estimate for methods that have none.
#[test]
fn halved_steps() {
    let mut count = 0;
    count += hold(Predators, Halved(Milstein), at!(Predators));
    count += hold(Swept, Halved(DRI1), at!(Swept));
    count += hold(SweptStrat, Halved(StratonovichHeun), at!(SweptStrat));
    println!("{count} gradients and tangents");
}

/// Steps that are undone, for each class.
#[test]
fn undone_steps() {
    macro_rules! assert_each {
        ($($model:ident)*) => { $(
            let (u0, p) = at!($model);
            let problem = SdeProblem::new($model, u0, (0.0, 1.0), p).seed(9);
            for solver in [
                problem.solver(ReversibleHeun).fixed(0.1).save_every_step(false),
                problem.solver(ReversibleHeun).fixed(0.1).save_at(Grid::step(0.17)),
                problem.solver(ReversibleHeun).fixed(0.1),
            ] {
                let (solution, by_p) = solver.parameter_jacobian::<1>().unwrap();
                let (_, by_u0) = solver.initial_jacobian::<1>().unwrap();
                let weights: Vec<f64> = (0..solution.values().len()).map(weight).collect();
                let expected = [by_u0.gradient(&weights).unwrap(), by_p.gradient(&weights).unwrap()].concat();
                let (_, mut pullback) = solver.vjp(ReversibleAdjoint::default()).unwrap();
                let gradient = pullback.call(Cotangents::values(&weights)).unwrap();
                let found = [&gradient.u0[..], &gradient.p[..]].concat();
                let all_close = found.iter().zip(&expected).all(|(a, b)| close(*a, *b));
                assert!(all_close, "{}: {found:?} and not {expected:?}", stringify!($model));
            }
        )* };
    }
    assert_each!(PendulumStrat TogetherStrat PredatorsStrat SweptStrat CurvedStrat);
}
