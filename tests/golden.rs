//! End values of known problems: by formula, from publications, from integrations in 50 digits.

use diffeq::integrate::Grid;
use diffeq::problem::OdeProblem;
use diffeq::problem::Rhs;
use diffeq::stepper::Method;
use diffeq::stepper::Scheme;
use testkit::golden::assert_close;
use testkit::problems;
use testkit::problems::Problem;

/// As tight as doubles allow: an order of magnitude above the roundings of a state of order one.
const TOLERANCE: f64 = 1e-13;

/// Solves to the end. `growth` is by how much the problem, over its span, multiplies what each step leaves: an
/// estimate from above, taken from the errors of many methods at many tolerances.
fn check_end<M, F, const N: usize>(method: M, problem: &Problem<F, N>, growth: f64)
where
    F: Rhs<f64, State = [f64; N], Params = ()> + Copy,
    M: Method<f64, F> + Scheme,
{
    let ode = OdeProblem::new(problem.f, problem.u0, problem.span, ());
    let solution = ode.solver(method).tolerances(TOLERANCE, TOLERANCE).solve();
    let solution = solution.unwrap_or_else(|e| panic!("{} on {}: {e}", M::NAME, problem.name));
    let what = format!("{} on {} (reference: {})", M::NAME, problem.name, problem.source);
    assert_close(&what, solution.end(), &problem.end(), growth * TOLERANCE);
}

/// Between the steps the interpolant has what the steps have, but for its own, lower order.
fn check_inside<M, F, const N: usize>(method: M, problem: &Problem<F, N>, growth: f64)
where
    F: Rhs<f64, State = [f64; N], Params = ()> + Copy,
    M: Method<f64, F> + Scheme,
{
    let ode = OdeProblem::new(problem.f, problem.u0, problem.span, ());
    let solver = ode.solver(method).tolerances(TOLERANCE, TOLERANCE).save_at(Grid::step(0.37));
    let solution = solver.solve().unwrap_or_else(|e| panic!("{} on {}: {e}", M::NAME, problem.name));
    for (t, u) in solution.iter() {
        let exact = problem.at(t).expect("a problem with a formula");
        assert_close(&format!("{} on {} at {t}", M::NAME, problem.name), &u, &exact, growth * TOLERANCE);
    }
}

macro_rules! golden {
    ($($method:ident)*) => { $(
        #[allow(non_snake_case)]
        mod $method {
            use super::*;
            use diffeq::stepper::$method;

            #[test]
            fn arenstorf_orbit() {
                // Two close passages of the Moon.
                check_end($method, &problems::arenstorf(), 2e5);
            }
            #[test]
            fn pleiades() {
                // Several near collisions.
                check_end($method, &problems::pleiades(), 1e3);
            }
            #[test]
            fn lorenz() {
                check_end($method, &problems::lorenz(), 1e3);
            }
            #[test]
            fn kepler() {
                // Three turns through a pericentre where the velocity is nineteen times that of the apocentre.
                check_end($method, &problems::kepler(0.9), 5e3);
            }
            #[test]
            fn van_der_pol() {
                check_end($method, &problems::van_der_pol(), 20.0);
            }
            #[test]
            fn brusselator() {
                check_end($method, &problems::brusselator(), 20.0);
            }
            #[test]
            fn rigid_body() {
                check_end($method, &problems::rigid_body(), 100.0);
            }
            #[test]
            fn duffing() {
                check_end($method, &problems::duffing(), 100.0);
            }
            #[test]
            fn inside_the_steps() {
                check_inside($method, &problems::kepler(0.3), 1e4);
                check_inside($method, &problems::coupled_exponentials(), 1e4);
            }
        }
    )* };
}

// All methods of order five and above that control their error; a lower order needs too many steps at this tolerance.
golden!(BS5 DP5 Tsit5 OwrenZen5 Vern6 Vern7 Vern8 Vern9 DOP853);

/// Every tenfold tolerance costs a tenfold error, down to rounding: the error control does what it is asked for.
#[test]
fn errors_follow_the_tolerance() {
    use diffeq::stepper::Tsit5;
    let problem = problems::duffing();
    let error = |tolerance: f64| {
        let ode = OdeProblem::new(problem.f, problem.u0, problem.span, ());
        let solution = ode.solver(Tsit5).tolerances(tolerance, tolerance).solve().expect("a solution");
        testkit::golden::relative_error(solution.end(), &problem.end())
    };
    let points: Vec<(f64, f64)> = (4..=12).map(|k| 0.1_f64.powi(k)).map(|rtol| (rtol, error(rtol))).collect();
    // The step keeps h^5 at the tolerance (the estimate is of order 4), and the solution carried on, of order 5, has a
    // global error of that power too: in theory the slope is one (Hairer, Norsett, Wanner I, section II.4).
    let slope = testkit::order::slope(&points);
    assert!((0.8..1.2).contains(&slope), "{} falls with power {slope:.2}: {points:?}", Tsit5::NAME);
}
