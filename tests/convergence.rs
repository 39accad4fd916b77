//! Every method has the order that its paper claims, and so has its interpolant.

use diffeq::problem::Rhs;
use diffeq::stepper::Interval;
use diffeq::stepper::Method;
use diffeq::stepper::Scheme;
use diffeq::stepper::Stepper;
use testkit::golden::relative_error;
use testkit::order::Range;
use testkit::order::study;
use testkit::problems;
use testkit::problems::Problem;

/// How far an observed order may be from the published one. The slopes are taken just above the rounding floor, where
/// what remains of the next term of the error bends them by less than this.
const TOLERANCE: f64 = 0.15;

/// The error at the end after `steps` equal steps.
fn end_error<M, F, const N: usize>(method: &M, problem: &Problem<F, N>, steps: usize) -> f64
where
    F: Rhs<f64, State = [f64; N], Params = ()>,
    M: Method<f64, F>,
{
    let (t0, t1) = problem.span;
    let mut u = problem.u0;
    let mut next = u;
    let mut stepper = method.stepper(&u);
    let time = |k: usize| if k == steps { t1 } else { t0 + (t1 - t0) * k as f64 / steps as f64 };
    for k in 0..steps {
        let interval = Interval { t: time(k), h: time(k + 1) - time(k), end: time(k + 1) };
        stepper.step(&problem.f, &(), interval, &u, &mut next);
        stepper.accept();
        std::mem::swap(&mut u, &mut next);
    }
    relative_error(&u, &problem.end())
}

/// The largest error inside one step of size `h` from the exact solution at `t`: that of the interpolant alone, one
/// power of `h` above its order.
fn error_inside<M, F, const N: usize>(method: &M, problem: &Problem<F, N>, t: f64, h: f64) -> f64
where
    F: Rhs<f64, State = [f64; N], Params = ()>,
    M: Method<f64, F>,
{
    let exact = |t| problem.at(t).expect("a problem with a formula");
    let u = exact(t);
    let mut next = u;
    let mut stepper = method.stepper(&u);
    let interval = Interval::new(t, h);
    stepper.step(&problem.f, &(), interval, &u, &mut next);
    stepper.prepare_dense(&problem.f, &(), interval, &u, &next);
    let mut worst: f64 = 0.0;
    for k in 1..10 {
        let theta = f64::from(k) / 10.0;
        let mut inside = u;
        stepper.interpolate(interval, &u, &next, theta, &mut inside);
        worst = worst.max(relative_error(&inside, &exact(t + theta * h)));
    }
    worst
}

/// The order at the end of the span.
fn observed<M, F, const N: usize>(method: &M, problem: &Problem<F, N>) -> f64
where
    F: Rhs<f64, State = [f64; N], Params = ()>,
    M: Method<f64, F>,
{
    let length = problem.span.1 - problem.span.0;
    // 5e-12: the rounding errors of up to some ten thousand steps, grown along these orbits, stay well below.
    let range = Range { step: length / 16.0, runs: 24, floor: 5e-12, ..Range::default() };
    // Steps are whole parts of the span: rounding their number changes them by less than 3 %, and the slope through
    // four of them by less than a hundredth.
    let study = study(range, |h| end_error(method, problem, (length / h).round() as usize))
        .unwrap_or_else(|e| panic!("{} on {}: {e}", M::NAME, problem.name));
    study.order
}

/// The order of the interpolant, by one step from the exact solution at `t`.
fn observed_inside<M, F, const N: usize>(method: &M, problem: &Problem<F, N>, t: f64) -> f64
where
    F: Rhs<f64, State = [f64; N], Params = ()>,
    M: Method<f64, F>,
{
    // 1e-14: a single step rounds to a few units in the last place.
    let range = Range { step: 0.4, runs: 30, floor: 1e-14, ..Range::default() };
    let study = study(range, |h| error_inside(method, problem, t, h))
        .unwrap_or_else(|e| panic!("interpolant of {} on {}: {e}", M::NAME, problem.name));
    study.order - 1.0
}

#[track_caller]
fn assert_order(what: &str, problem: &str, observed: f64, published: usize) {
    assert!(
        (observed - published as f64).abs() < TOLERANCE,
        "{what} on {problem}: observed order {observed:.3}, published {published}"
    );
}

/// One test per method. Both problems are nonlinear systems, one of them driven: linear or scalar ones satisfy some
/// order conditions by themselves and would let a wrong coefficient pass.
macro_rules! orders {
    ($($method:ident $tableau:ident,)*) => { $(
        #[test]
        #[allow(non_snake_case)]
        fn $method() {
            use diffeq::stepper::$method;
            let duffing = problems::duffing();
            let kepler = problems::kepler(0.3);
            let coupled = problems::coupled_exponentials();
            let name = $method::NAME;
            assert_order(name, duffing.name, observed(&$method, &duffing), $method::ORDER);
            assert_order(name, kepler.name, observed(&$method, &kepler), $method::ORDER);
            let inside = $method::INTERPOLANT_ORDER;
            assert_order(name, "inside a step of coupled", observed_inside(&$method, &coupled, 0.2), inside);
            assert_order(name, "inside a step of Kepler", observed_inside(&$method, &kepler, 0.2), inside);
        }
    )* };
}

diffeq::all_tableaus!(orders);
