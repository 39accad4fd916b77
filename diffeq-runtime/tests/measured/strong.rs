//! Orders on each path: within a tenth of what is published, by intervals narrower than that.

use crate::models::*;
use crate::remembered::remembered;
use diffeq_runtime::noise::Asks;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::Increment;
use diffeq_runtime::noise::Path;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::problem::*;
use diffeq_runtime::stepper::*;

/// The slope of a straight line through points.
fn slope(points: &[(f64, f64)]) -> f64 {
    let n = points.len() as f64;
    let (x, y) = points.iter().fold((0.0, 0.0), |(x, y), p| (x + p.0 / n, y + p.1 / n));
    let (mut xy, mut xx) = (0.0, 0.0);
    for p in points {
        xy += (p.0 - x) * (p.1 - y);
        xx += (p.0 - x) * (p.0 - x);
    }
    xy / xx
}

/// The end of all solves: a path says one number, of one deviation, however long it is, and a short one takes few steps of a size.
const END: f64 = 0.25;

/// What the orders are measured on.
struct Study {
    /// Step sizes are one over two to these powers.
    levels: std::ops::Range<u32>,
    /// How fine the areas of the paths are.
    finest: f64,
    trajectories: u32,
}

/// The order with which the mean of the error on a path falls, from the ends of solves on the same paths; and twice the
/// deviation of the estimate, from groups of paths.
///
/// Errors are those of a function of each component, of the same order as those of the component; one that grows slowly leaves fewer
/// paths on which the mean depends.
fn strong_order<M, X, const N: usize, const P: usize>(
    (model, method): (M, X),
    (u0, p): ([f64; N], [f64; P]),
    study: &Study,
    exact: impl Fn(&Brownian) -> [f64; N],
    of: fn(f64) -> f64,
) -> (f64, f64)
where
    M: Diffusion<f64> + System<f64, State = [f64; N], Params = [f64; P]>,
    X: Method<f64, Driven<M, Brownian>> + Fits<M::Interpretation, M::Class>,
{
    const GROUPS: usize = 20;
    let mut errors = vec![[0.0; GROUPS]; study.levels.len()];
    for trajectory in 0..study.trajectories {
        let path = Brownian::new(42, (0.0, END)).trajectory(trajectory).areas(study.finest);
        let exact = exact(&path);
        for (level, errors) in study.levels.clone().zip(&mut errors) {
            let problem = SdeProblem::new(model.clone(), u0, (0.0, END), p).path(path);
            let dt = f64::powi(0.5, level as i32);
            let solution = problem.solver(method.clone()).fixed(dt).save_every_step(false).solve().unwrap();
            let off =
                solution.end().iter().zip(&exact).map(|(a, b)| f64::powi(of(*a) - of(*b), 2)).sum::<f64>();
            errors[trajectory as usize % GROUPS] += off.sqrt();
        }
    }
    let order = |error: &dyn Fn(&[f64; GROUPS]) -> f64| {
        let sizes = study.levels.clone().map(|level| -f64::from(level));
        let points: Vec<_> = sizes.zip(&errors).map(|(size, groups)| (size, error(groups).log2())).collect();
        slope(&points)
    };
    let all = order(&|groups| groups.iter().sum());
    let each: Vec<f64> = (0..GROUPS).map(|group| order(&|groups| groups[group])).collect();
    let spread = each.iter().map(|one| (one - all) * (one - all)).sum::<f64>() / (GROUPS - 1) as f64;
    (all, 2.0 * (spread / GROUPS as f64).sqrt())
}

/// Whether an order is the one that is published, and the interval says something.
fn is_of_order((order, width): (f64, f64), expected: f64, name: &str) -> bool {
    println!("{name}: strong order {order:.3} ± {width:.3}, published {expected}");
    width < 0.1 && (order - expected).abs() < 0.1
}

/// The value of the path at the end.
fn end(path: &Brownian, processes: usize) -> Vec<f64> {
    path.values(processes, &[0.0, END]).unwrap().pop().unwrap()
}

const STUDY: Study = Study { levels: 5..9, finest: END, trajectories: 300 };

fn gbm(path: &Brownian) -> [f64; 1] {
    let (a, s, w) = (0.6, 0.7, end(path, 1)[0]);
    [f64::exp((a - 0.5 * s * s) * END + s * w)]
}

/// Where the noise of `sinh` has a slope.
const SINH: f64 = 0.5;

fn sinh(path: &Brownian) -> [f64; 1] {
    [f64::sinh(SINH.asinh() + END + end(path, 1)[0])]
}

/// `expm((A - (B1² + B2²)/2) + B1 W1 + B2 W2) u0`: all matrices are `[[a, b], [b, a]]`.
fn commuting(path: &Brownian) -> [f64; 2] {
    let w = end(path, 2);
    let (a, b) =
        ((-0.5 - 0.075) * END + 0.3 * w[0] + 0.2 * w[1], (0.2 - 0.01) * END + 0.1 * w[0] - 0.1 * w[1]);
    // Eigenvectors (1, 1) and (1, -1).
    let (sum, difference) = (1.5 * f64::exp(a + b), 0.5 * f64::exp(a - b));
    [0.5 * (sum + difference), 0.5 * (sum - difference)]
}

/// Where the tails of `cubic` are short.
const CUBIC: f64 = 0.8;

fn cubic(path: &Brownian) -> [f64; 1] {
    let growth = f64::exp(end(path, 1)[0]);
    [((1.0 + CUBIC) * growth - (1.0 - CUBIC)) / ((1.0 + CUBIC) * growth + (1.0 - CUBIC))]
}

/// What the table says of a method for the class that a description begins with.
fn strong_order_said_of(method: &str, what: &str) -> Option<f64> {
    let facts = STOCHASTIC_METHODS.iter().find(|facts| facts.name == method)?;
    facts.strong(what.split(',').next()?)
}

/// Orders of methods on an equation of which the solution is known.
macro_rules! assert_orders {
    ($model:ident $u0:expr, $p:expr, $study:expr, $exact:expr, $of:expr, $what:literal: $($method:ident $order:literal)*) => {{
        let mut wrong = Vec::new();
        $(
            let (of, name) = (strong_order(($model, $method), ($u0, $p), $study, $exact, $of), concat!(stringify!($method), ", ", $what));
            let said = strong_order_said_of(stringify!($method), $what);
            if !is_of_order(of, $order, name) || said != Some($order) {
                wrong.push((name, of, said));
            }
        )*
        assert!(wrong.is_empty(), "{wrong:?}");
    }};
}

#[test]
fn diagonal_noise_ito() {
    assert_orders!(GbmIto [1.0], [0.6, 0.7], &STUDY, gbm, |x| x, "diagonal": EulerMaruyama 0.5 TamedEuler 0.5 Milstein 1.0);
    assert_orders!(Sinh [SINH], [], &STUDY, sinh, f64::asinh, "diagonal": PlatenWeak2 1.0 DRI1 1.0 RI6 1.0);
    assert_orders!(Sinh [SINH], [], &STUDY, sinh, f64::asinh, "diagonal": SRIW1 1.5 SRIW2 1.5 SOSRI 1.5 SOSRI2 1.5);
}

#[test]
fn scalar_noise_ito() {
    // Errors of these have long tails: their mean falls by the order from some dozens of steps on.
    let study = Study { levels: 7..12, trajectories: 200, ..STUDY };
    assert_orders!(Cubic [CUBIC], [], &study, cubic, |x| x, "scalar": SRIW1 1.5 SRIW2 1.5 SOSRI 1.5 SOSRI2 1.5);
    let study = Study { levels: 7..11, ..STUDY };
    assert_orders!(Cubic [CUBIC], [], &study, cubic, |x| x, "scalar": EulerMaruyama 0.5 Milstein 1.0 DRI1 1.0);
}

#[test]
fn commutative_noise() {
    let u0 = [1.0, 0.5];
    assert_orders!(Commuting u0, [], &STUDY, commuting, |x| x, "commutative":
        EulerMaruyama 0.5 TamedEuler 0.5 Milstein 1.0 DRI1 1.0 RI6 1.0);
    assert_orders!(CommutingStrat u0, [], &STUDY, commuting, |x| x, "commutative, Stratonovich":
        Milstein 1.0 EulerHeun 1.0 StratonovichHeun 1.0 GeneralShARK 1.0 SPaRK 1.0 SlowRK 1.5 ReversibleHeun 1.0);
}

#[test]
fn diagonal_noise_stratonovich() {
    assert_orders!(SinhStrat [SINH], [], &STUDY, sinh, f64::asinh, "diagonal, Stratonovich":
        Milstein 1.0 EulerHeun 1.0 StratonovichHeun 1.0 GeneralShARK 1.0 SPaRK 1.0 SlowRK 1.5 ReversibleHeun 1.0);
}

/// It has no closed form: its solution on the same path by the third of the methods, with short steps.
fn additive(path: &Brownian) -> [f64; 2] {
    let problem = SdeProblem::new(Rough, [0.0, 0.0], (0.0, END), []).path(*path);
    *problem.solver(SRA3).fixed(f64::powi(0.5, 11)).save_every_step(false).solve().unwrap().end()
}

#[test]
fn additive_noise() {
    let exact = remembered(additive);
    assert_orders!(Rough [0.0, 0.0], [], &STUDY, &exact, |x| x, "additive":
        EulerMaruyama 1.0 SRA1 1.5 SRA2 1.5 SRA3 1.5 SOSRA 1.5 SOSRA2 1.5 SEA 1.0 ShARK 1.5 SPaRK 1.5 GeneralShARK 1.5 DRI1 1.0
        TamedEuler 1.0 Milstein 1.0 PlatenWeak2 1.0 RI6 1.0 EulerHeun 1.0 StratonovichHeun 1.0 SlowRK 1.5 SRIW1 1.5 SRIW2 1.5
        SOSRI 1.5 SOSRI2 1.5);
    // Its second approximation is damped by nothing: strong noise in a drift that bends much takes steps shorter than these.
    let study = Study { levels: 4..8, finest: END, trajectories: 300 };
    let exact = remembered(|path: &Brownian| {
        let problem = SdeProblem::new(PendulumStrat, [1.0, 0.5], (0.0, END), [0.2, 0.8]).path(*path);
        *problem.solver(SRA3).fixed(f64::powi(0.5, 10)).save_every_step(false).solve().unwrap().end()
    });
    assert_orders!(PendulumStrat [1.0, 0.5], [0.2, 0.8], &study, &exact, |x| x, "additive": ReversibleHeun 1.0);
}

/// The solution of an equation whose processes do not commute, on the same path with the same areas, by Milstein's method
/// with steps that are much shorter than those of the study.
fn general<M>(model: M) -> impl Fn(&Brownian) -> [f64; 2]
where
    M: DiffusionJvp<f64> + System<f64, State = [f64; 2], Params = [f64; 0]>,
    Milstein: Fits<M::Interpretation, M::Class>,
{
    move |path| {
        let problem = SdeProblem::new(model.clone(), [1.0, 0.5], (0.0, END), []).path(*path);
        *problem.solver(Milstein).fixed(f64::powi(0.5, 11)).save_every_step(false).solve().unwrap().end()
    }
}

#[test]
fn areas_make_methods_of_order_one_where_nothing_commutes() {
    let study = Study { levels: 4..8, finest: f64::powi(0.5, 11), trajectories: 220 };
    let u0 = [1.0, 0.5];
    let three = remembered(general(Three));
    assert_orders!(Three u0, [], &study, &three, |x| x, "general": Milstein 1.0 DRI1 1.0 RI6 1.0);
    let strat = general(GeneralStrat);
    assert_orders!(GeneralStrat u0, [], &study, &strat, |x| x, "general, Stratonovich": Milstein 1.0);
}

/// `u0 = W0`, `u1 = ∫ W0 dt + ∫ W0 dW1`, of which the path knows both.
fn area(path: &Brownian) -> [f64; 2] {
    let mut whole = Increment::new(2, Asks::Areas);
    path.increment(&mut path.cursor(2), 0.0, END, &mut whole).unwrap();
    let Increment { w, h, areas } = whole;
    [w[0], END * (0.5 * w[0] + h[0]) + 0.5 * w[0] * w[1] + areas[1]]
}

/// Without areas nothing is of a higher order: Clark and Cameron's example.
#[test]
fn increments_alone_make_methods_of_order_one_half_where_nothing_commutes() {
    let study = Study { levels: 4..9, finest: f64::powi(0.5, 9), trajectories: 400 };
    assert_orders!(Area [0.0; 2], [], &study, area, |x| x, "general": EulerMaruyama 0.5 TamedEuler 0.5);
    assert_orders!(AreaStrat [0.0; 2], [], &study, area, |x| x, "general, Stratonovich":
        EulerHeun 0.5 StratonovichHeun 0.5 GeneralShARK 0.5 SlowRK 0.5 ReversibleHeun 0.5);
}
