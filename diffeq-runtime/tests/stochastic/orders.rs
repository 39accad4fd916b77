//! Orders on each path, measured.

use crate::models::*;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
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

/// What the orders are measured on.
pub struct Study {
    /// Step sizes are the span over two to these powers.
    pub levels: std::ops::Range<u32>,
    pub trajectories: u32,
}

/// The order with which the mean of the error on a path falls, from the ends of solves on the same paths; and twice the
/// deviation of the estimate, from ten groups of paths.
pub fn strong_order<M, X, const N: usize, const P: usize>(
    model: M,
    method: X,
    (u0, p): ([f64; N], [f64; P]),
    study: &Study,
    exact: impl Fn(&Brownian) -> [f64; N],
) -> (f64, f64)
where
    M: Diffusion<f64> + System<f64, State = [f64; N], Params = [f64; P]>,
    X: Method<f64, Driven<M, Brownian>> + Fits<M::Interpretation, M::Class>,
{
    let finest = f64::powi(0.5, study.levels.end as i32 - 1);
    strong_order_with(finest, model, method, (u0, p), study, exact)
}

/// The same with areas of a path that are as fine as this.
fn strong_order_with<M, X, const N: usize, const P: usize>(
    finest: f64,
    model: M,
    method: X,
    (u0, p): ([f64; N], [f64; P]),
    study: &Study,
    exact: impl Fn(&Brownian) -> [f64; N],
) -> (f64, f64)
where
    M: Diffusion<f64> + System<f64, State = [f64; N], Params = [f64; P]>,
    X: Method<f64, Driven<M, Brownian>> + Fits<M::Interpretation, M::Class>,
{
    const GROUPS: usize = 10;
    let mut errors = vec![[0.0; GROUPS]; study.levels.len()];
    for trajectory in 0..study.trajectories {
        let path = Brownian::new(42, (0.0, 1.0)).trajectory(trajectory).areas(finest);
        let exact = exact(&path);
        for (level, errors) in study.levels.clone().zip(&mut errors) {
            let problem = SdeProblem::new(model.clone(), u0, (0.0, 1.0), p).path(path);
            let dt = f64::powi(0.5, level as i32);
            let solution = problem.solver(method.clone()).fixed(dt).save_every_step(false).solve().unwrap();
            let off = solution.end().iter().zip(&exact).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
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

fn assert_order((order, width): (f64, f64), expected: f64, name: &str) {
    println!("{name}: strong order {order:.3} ± {width:.3}, published {expected}");
    // Within a tenth, and what chance does to the estimate.
    assert!((order - expected).abs() < 0.1 + width, "{name}: {order} ± {width} and not {expected}");
}

/// The value of the path at the end.
fn end(path: &Brownian, processes: usize) -> Vec<f64> {
    path.values(processes, &[0.0, 1.0]).unwrap().pop().unwrap()
}

const STUDY: Study = Study { levels: 5..10, trajectories: 150 };

fn gbm(path: &Brownian) -> [f64; 1] {
    let (a, s, w) = (0.6, 0.7, end(path, 1)[0]);
    [f64::exp((a - 0.5 * s * s) + s * w)]
}

fn sinh(path: &Brownian) -> [f64; 1] {
    [f64::sinh(1.0 + end(path, 1)[0])]
}

/// `expm((A - (B1² + B2²)/2) + B1 W1 + B2 W2) u0`: all matrices are `[[a, b], [b, a]]`.
fn commuting(path: &Brownian) -> [f64; 2] {
    let w = end(path, 2);
    let (a, b) = (-0.5 - 0.075 + 0.3 * w[0] + 0.2 * w[1], 0.2 - 0.01 + 0.1 * w[0] - 0.1 * w[1]);
    // Eigenvectors (1, 1) and (1, -1).
    let (sum, difference) = (1.5 * f64::exp(a + b), 0.5 * f64::exp(a - b));
    [0.5 * (sum + difference), 0.5 * (sum - difference)]
}

#[test]
fn euler_maruyama_is_of_order_one_half() {
    let of = strong_order(GbmIto, EulerMaruyama, ([1.0], [0.6, 0.7]), &STUDY, gbm);
    assert_order(of, 0.5, "EulerMaruyama, diagonal");
    let of = strong_order(GbmIto, TamedEuler, ([1.0], [0.6, 0.7]), &STUDY, gbm);
    assert_order(of, 0.5, "TamedEuler, diagonal");
    let of = strong_order(Commuting, EulerMaruyama, ([1.0, 0.5], []), &STUDY, commuting);
    assert_order(of, 0.5, "EulerMaruyama, commutative");
}

#[test]
fn milstein_is_of_order_one() {
    let of = strong_order(Sinh, PlatenWeak2, ([0.0], []), &STUDY, sinh);
    assert_order(of, 1.0, "PlatenWeak2, diagonal");
    let of = strong_order(GbmIto, Milstein, ([1.0], [0.6, 0.7]), &STUDY, gbm);
    assert_order(of, 1.0, "Milstein, diagonal");
    let of = strong_order(SinhStrat, Milstein, ([0.0], []), &STUDY, sinh);
    assert_order(of, 1.0, "Milstein, Stratonovich");
    let of = strong_order(Commuting, Milstein, ([1.0, 0.5], []), &STUDY, commuting);
    assert_order(of, 1.0, "Milstein, commutative");
    let of = strong_order(CommutingStrat, Milstein, ([1.0, 0.5], []), &STUDY, commuting);
    assert_order(of, 1.0, "Milstein, commutative, Stratonovich");
}

fn cubic(path: &Brownian) -> [f64; 1] {
    let growth = f64::exp(end(path, 1)[0]);
    [(1.5 * growth - 0.5) / (1.5 * growth + 0.5)]
}

#[test]
fn methods_for_diagonal_noise_are_of_order_three_halves() {
    macro_rules! assert_each {
        ($($method:ident)*) => { $(
            let of = strong_order(Sinh, $method, ([0.0], []), &STUDY, sinh);
            assert_order(of, 1.5, concat!(stringify!($method), ", diagonal"));
            let of = strong_order(Cubic, $method, ([0.5], []), &STUDY, cubic);
            assert_order(of, 1.5, concat!(stringify!($method), ", scalar"));
        )* };
    }
    assert_each!(SRIW1 SRIW2 SOSRI SOSRI2);
}

/// It has no closed form: its solution on the same path by the third of the methods, with short steps.
fn additive(path: &Brownian) -> [f64; 2] {
    let problem = SdeProblem::new(Rough, [1.0, 0.5], (0.0, 1.0), []).path(*path);
    *problem.solver(SRA3).fixed(f64::powi(0.5, 11)).save_every_step(false).solve().unwrap().end()
}

/// What was computed once for a path.
pub fn remembered<const N: usize>(exact: impl Fn(&Brownian) -> [f64; N]) -> impl Fn(&Brownian) -> [f64; N] {
    let known = std::cell::RefCell::new(Vec::<(Brownian, [f64; N])>::new());
    move |path| {
        let found = known.borrow().iter().find(|(other, _)| other == path).map(|(_, end)| *end);
        found.unwrap_or_else(|| {
            let end = exact(path);
            known.borrow_mut().push((*path, end));
            end
        })
    }
}

#[test]
fn methods_for_additive_noise_are_of_their_orders() {
    let study = Study { levels: 3..8, trajectories: 100 };
    let exact = remembered(additive);
    macro_rules! assert_each {
        ($($method:ident $order:literal)*) => { $(
            let of = strong_order(Rough, $method, ([1.0, 0.5], []), &study, &exact);
            assert_order(of, $order, concat!(stringify!($method), ", additive"));
        )* };
    }
    assert_each!(EulerMaruyama 1.0 ReversibleHeun 1.0 SRA1 1.5 SRA2 1.5 SRA3 1.5 SOSRA 1.5 SOSRA2 1.5 SEA 1.0 ShARK 1.5 SPaRK 1.5);
}

/// The solution of an equation whose processes do not commute, on the same path with the same areas, by Milstein's method
/// with short steps.
fn general<M>(model: M) -> impl Fn(&Brownian) -> [f64; 2]
where
    M: DiffusionJvp<f64> + System<f64, State = [f64; 2], Params = [f64; 0]>,
    Milstein: Fits<M::Interpretation, M::Class>,
{
    move |path| {
        let problem = SdeProblem::new(model.clone(), [1.0, 0.5], (0.0, 1.0), []).path(*path);
        *problem.solver(Milstein).fixed(f64::powi(0.5, 9)).save_every_step(false).solve().unwrap().end()
    }
}

#[test]
fn areas_make_milstein_of_order_one_where_nothing_commutes() {
    let study = Study { levels: 2..7, trajectories: 60 };
    let finest = f64::powi(0.5, 9);
    let of = strong_order_with(finest, GeneralIto, Milstein, ([1.0, 0.5], []), &study, general(GeneralIto));
    assert_order(of, 1.0, "Milstein, general");
    let of =
        strong_order_with(finest, GeneralStrat, Milstein, ([1.0, 0.5], []), &study, general(GeneralStrat));
    assert_order(of, 1.0, "Milstein, general, Stratonovich");
    let of =
        strong_order_with(finest, GeneralIto, EulerMaruyama, ([1.0, 0.5], []), &study, general(GeneralIto));
    assert_order(of, 0.5, "EulerMaruyama, general");
}

#[test]
fn stratonovich_methods_are_of_their_orders() {
    macro_rules! assert_each {
        ($($method:ident $order:literal)*) => { $(
            let of = strong_order(SinhStrat, $method, ([0.0], []), &STUDY, sinh);
            assert_order(of, $order, concat!(stringify!($method), ", diagonal"));
            let of = strong_order(CommutingStrat, $method, ([1.0, 0.5], []), &STUDY, commuting);
            assert_order(of, $order, concat!(stringify!($method), ", commutative"));
        )* };
    }
    assert_each!(EulerHeun 1.0 StratonovichHeun 1.0 GeneralShARK 1.0 SPaRK 1.0 SlowRK 1.5);
}
