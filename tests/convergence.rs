//! Every method has the order that its paper claims, and so has its interpolant.

use diffeq::problem::Rhs;
use diffeq::space::Tolerances;
use diffeq::stepper::At;
use diffeq::stepper::Interval;
use diffeq::stepper::Method;
use diffeq::stepper::Scheme;
use diffeq::stepper::Stepper;
use diffeq::tableau;
use diffeq::tableau::Tableau;
use testkit::golden::relative_error;
use testkit::order::Range;
use testkit::order::Study;
use testkit::order::study;
use testkit::problems;
use testkit::problems::CoupledExponentials;
use testkit::problems::Monomials;
use testkit::problems::Problem;

/// How far an observed order may be from the published one.
const TOLERANCE: f64 = 0.15;

/// What rounding does to a step on values of order one: the roundings of the stages' slopes, grown by the coefficients.
///
/// Methods differ widely: this is some 1e-15 for most, but 3e-11 for Verner's pair of order 6, with coefficients up to
/// 207, whose very rounding to doubles moves its row sums by 5e-14.
fn rounding<const S: usize, const D: usize>(tableau: &Tableau<S, D>, weights: &[f64; S]) -> f64 {
    let size = |row: &[f64; S]| row.iter().map(|x| x.abs()).sum::<f64>();
    let stages = weights.iter().zip(&tableau.a);
    let weighted = stages.map(|(weight, row)| weight.abs() * (1.0 + size(row))).sum::<f64>();
    f64::EPSILON * (10.0 + weighted)
}

/// The size of an interpolant's weights, at their largest.
fn interpolant_weights<const S: usize, const D: usize>(tableau: &Tableau<S, D>) -> [f64; S] {
    tableau.interpolant.map(|row| row.iter().map(|x| x.abs()).sum::<f64>())
}

/// Explicit steps do not look at them.
fn tolerances() -> Tolerances {
    Tolerances { relative: 1e-6.into(), absolute: 1e-9.into() }
}

/// The state at the end after `steps` equal steps.
fn solve<M, F, const N: usize>(method: &M, problem: &Problem<F, N>, steps: usize) -> [f64; N]
where
    F: Rhs<f64, State = [f64; N], Params = ()>,
    M: Method<f64, F> + Scheme,
{
    let (t0, t1) = problem.span;
    let mut u = problem.u0;
    let mut next = u;
    let mut stepper = method.stepper(&u);
    let time = |k: usize| if k == steps { t1 } else { t0 + (t1 - t0) * k as f64 / steps as f64 };
    for k in 0..steps {
        let interval = Interval::ending(time(k), time(k + 1) - time(k), time(k + 1));
        let at = At { f: &problem.f, p: &(), interval, u: &u };
        stepper.step(at, &tolerances(), &mut next).expect("an explicit step");
        stepper.accept();
        std::mem::swap(&mut u, &mut next);
    }
    u
}

/// The largest error of each component inside one step of size `h` from the exact solution at `t`.
fn errors_inside<M>(method: &M, t: f64, h: f64) -> [f64; 10]
where
    M: Method<f64, Monomials> + Scheme,
{
    let problem = problems::monomials();
    let exact = |t| problem.at(t).expect("a problem with a formula");
    let u = exact(t);
    let mut next = u;
    let mut stepper = method.stepper(&u);
    let interval = Interval::new(t, h);
    let at = At { f: &problem.f, p: &(), interval, u: &u };
    stepper.step(at, &tolerances(), &mut next).expect("an explicit step");
    stepper.prepare_dense(at, &next);
    let mut worst = [0.0_f64; 10];
    for k in 1..=10 {
        let theta = f64::from(k) / 10.0;
        let mut inside = u;
        stepper.interpolate(at, &next, theta, &mut inside);
        let reference = exact(t + theta * h);
        for ((worst, a), b) in worst.iter_mut().zip(inside).zip(reference) {
            *worst = worst.max((a - b).abs());
        }
    }
    worst
}

/// The order on the monomials: components up to it are exact, the error of the next one has it for its slope.
fn check_order<M: Method<f64, Monomials> + Scheme>(method: &M, rounding: f64) {
    let problem = problems::monomials();
    let error = |steps: usize, k: usize| (solve(method, &problem, steps)[k] - 1.0).abs();
    for k in 0..M::ORDER {
        let error = error(7, k);
        assert!(error < rounding, "{}: the error of t^{} is {error:.1e}, not rounding", M::NAME, k + 1);
    }
    let runs = (1_u32..).map(|steps| (1.0 / f64::from(steps), error(steps as usize, M::ORDER)));
    let points: Vec<(f64, f64)> = runs.take_while(|run| run.1 > rounding).take(16).collect();
    assert!(points.len() > 2, "{}: too few runs above rounding: {points:?}", M::NAME);
    let slope = testkit::order::slope(&points);
    assert_order(M::NAME, "monomials", slope, M::ORDER);
}

/// The interpolant's order, in one step: the error of the first component that is not exact is one power of `h` above.
fn check_interpolant<M: Method<f64, Monomials> + Scheme>(method: &M, rounding: f64) {
    let inside = |h: f64| errors_inside(method, 0.25, h);
    for (k, error) in inside(0.5).into_iter().take(M::INTERPOLANT_ORDER).enumerate() {
        assert!(error < rounding, "{}: the error of t^{} inside is {error:.1e}", M::NAME, k + 1);
    }
    let range = Range { step: 1.0, floor: rounding, ratio: 1.25, ..Range::default() };
    let study = expect(study(range, |h| inside(h)[M::INTERPOLANT_ORDER]), M::NAME, "monomials inside a step");
    assert_order(M::NAME, "monomials inside a step", study.order - 1.0, M::INTERPOLANT_ORDER);
}

/// The order on a nonlinear, driven system, by the error of one step from the exact solution: at least the published
/// one. Methods whose leading error terms are nearly zero by design (Verner's are, by factors of a hundred and more)
/// show a higher one wherever doubles can see.
fn check_one_step<M: Method<f64, CoupledExponentials> + Scheme>(method: &M, rounding: f64) {
    let t0 = 0.2;
    let error = |h: f64| {
        let whole = problems::coupled_exponentials();
        let exact = |t| whole.at(t).expect("a problem with a formula");
        let step = Problem { u0: exact(t0), span: (t0, t0 + h), ..whole };
        relative_error(&solve(method, &step, 1), &exact(t0 + h))
    };
    let range = Range { step: 0.4, runs: 30, floor: rounding, ..Range::default() };
    let observed = expect(study(range, error), M::NAME, "coupled exponentials").order - 1.0;
    let published = M::ORDER;
    assert!(
        observed > published as f64 - TOLERANCE,
        "{} on coupled exponentials: observed order {observed:.3}, published {published}",
        M::NAME
    );
}

#[track_caller]
fn expect(study: Result<Study, String>, method: &str, problem: &str) -> Study {
    study.unwrap_or_else(|e| panic!("{method} on {problem}: {e}"))
}

#[track_caller]
fn assert_order(method: &str, problem: &str, observed: f64, published: usize) {
    assert!(
        (observed - published as f64).abs() < TOLERANCE,
        "{method} on {problem}: observed order {observed:.3}, published {published}"
    );
}

/// One module of tests per method.
macro_rules! orders {
    ($($method:ident $tableau:ident,)*) => { $(
        #[allow(non_snake_case)]
        mod $method {
            use super::*;
            use diffeq::stepper::$method;

            #[test]
            fn order() {
                let t = &tableau::$tableau;
                check_order(&$method, rounding(t, &t.b));
            }
            #[test]
            fn interpolant_order() {
                let t = &tableau::$tableau;
                check_interpolant(&$method, rounding(t, &interpolant_weights(t)));
            }
            #[test]
            fn order_of_one_step() {
                let t = &tableau::$tableau;
                check_one_step(&$method, rounding(t, &t.b));
            }
        }
    )* };
}

diffeq::all_tableaus!(orders);
