//! Continuous adjoints beside the truth matrix: where they must refuse, what they cost, running costs, other products,
//! other scalars.

use std::cell::Cell;

use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::problem::DenseVjp;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::NumericalVjp;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::Adjoint;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::ForwardSensitivity;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::sensitivity::Gradient;
use diffeq_runtime::sensitivity::Integrand;
use diffeq_runtime::sensitivity::Interpolating;
use diffeq_runtime::sensitivity::Quadrature;
use diffeq_runtime::sensitivity::Way;
use diffeq_runtime::sensitivity::advise;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::BS3;
use diffeq_runtime::stepper::RK4;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;
use diffeq_runtime::stepper::Vern9;

use crate::distance;
use crate::models::LotkaVolterra;
use crate::models::Pendulum;
use crate::models::Ring;
use crate::weights;

/// Van der Pol's oscillator with damping `p`: stiff where `p` is large.
#[derive(Debug, Clone, Copy)]
struct VanDerPol;

impl Model for VanDerPol {
    const NAME: &'static str = "van_der_pol";
}

impl<T: Real> System<T> for VanDerPol {
    type State = [T; 2];
    type Params = T;
}
impl<T: Real> Rhs<T> for VanDerPol {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &T, _t: T) {
        *du = [u[1], *p * (T::ONE - u[0] * u[0]) * u[1] - u[0]];
    }
}

impl<T: Real> Vjp<T> for VanDerPol {
    fn vjp(
        &self,
        du_bar: &mut [T; 2],
        u: &[T; 2],
        p: &T,
        _t: T,
        u_bar: &mut [T; 2],
        p_bar: &mut T,
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let [a, b] = *du_bar;
        u_bar[0] -= (*p * T::lit(2.0) * u[0] * u[1] + T::ONE) * b;
        u_bar[1] += a + *p * (T::ONE - u[0] * u[0]) * b;
        *p_bar += (T::ONE - u[0] * u[0]) * u[1] * b;
    }
}

fn gradient<F, M, A>(
    solver: &Solver<'_, F, f64, M>,
    adjoint: A,
) -> Result<Gradient<F::State, F::Params, f64>, Error>
where
    F: Vjp<f64>,
    M: diffeq_runtime::stepper::Method<f64, F>,
    A: Adjoint<F, f64, M>,
{
    let (solution, mut pullback) = solver.vjp(adjoint)?;
    pullback.call(Cotangents::values(&weights(solution.values().len())))
}

fn lotka_volterra(end: f64) -> OdeProblem<LotkaVolterra> {
    OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, end), [1.5, 1.0, 3.0, 1.0])
}

#[test]
fn backsolve_refuses_what_it_cannot_retrace() {
    let problem = OdeProblem::new(VanDerPol, [2.0, 0.0], (0.0, 3.0), 100.0);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::count(2));
    let error = gradient(&solver, Backsolve::default()).unwrap_err();
    let Error::Reconstruction { model, t, error: measured, limit, .. } = &error else { panic!("{error}") };
    assert_eq!((*model, *limit), ("van_der_pol", 1000.0));
    assert!(*measured > 1000.0 && (0.0..3.0).contains(t), "{error}");
    let text = error.to_string();
    assert!(text.contains(&format!("{measured:.3e} tolerances")), "{text}");
    // It was lost between two of the states that are kept, and not after all steps that are allowed.
    assert!(!text.contains("where it stopped"), "{text}");
    assert!(text.contains("use `GaussAdjoint` or `DiscreteAdjoint`"), "{text}");
    // A limit that nothing keeps is kept by nothing.
    let harmless = lotka_volterra(3.0);
    let solver = harmless.solver(Tsit5).save_at(Grid::count(2));
    assert!(gradient(&solver, Backsolve::default()).is_ok());
    let strict = gradient(&solver, Backsolve::default().limit(1e-9)).unwrap_err();
    assert!(matches!(strict, Error::Reconstruction { .. }), "{strict}");
    for limit in [f64::NAN, 0.0, -1.0] {
        let error = gradient(&solver, Backsolve::default().limit(limit)).unwrap_err();
        assert!(matches!(error, Error::Option { option: "limit", .. }), "{error}");
    }
}

#[test]
fn the_others_go_back_over_a_stiff_solution() {
    let problem = OdeProblem::new(VanDerPol, [2.0, 0.0], (0.0, 3.0), 100.0);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::count(7));
    let (solution, by_p) = solver.parameter_jacobian::<1>().unwrap();
    let want = by_p.gradient(&weights(solution.values().len())).unwrap();
    for got in [
        gradient(&solver, Interpolating::default().checkpoints(40)),
        gradient(&solver, GaussAdjoint::default().checkpoints(40)),
        gradient(&solver, Quadrature::default()),
    ] {
        // The row of the list of capabilities asks for this.
        assert!(distance(&[got.unwrap().p], &want) < 1e-4);
    }
}

#[test]
fn a_backward_solve_that_stops_says_why() {
    let problem = lotka_volterra(10.0);
    let solver = problem.solver(Tsit5);
    let error = gradient(&solver, GaussAdjoint::default().max_steps(3)).unwrap_err();
    assert!(matches!(error, Error::StepBudget { model: "adjoint equation", .. }), "{error}");
    let error = gradient(&solver, GaussAdjoint::default().tolerances(-1.0, 1.0)).unwrap_err();
    assert!(matches!(error, Error::Option { option: "rtol", .. }), "{error}");
    let (_, mut pullback) = solver.vjp(Interpolating::default()).unwrap();
    assert!(matches!(pullback.call(&[[1.0, 0.0]; 3]), Err(Error::Shape { .. })));
    let nan = Cotangents::end(&[f64::NAN, 0.0]);
    assert!(matches!(pullback.call(nan), Err(Error::NotFinite { .. })));
}

/// The cotangent of one component alone: without an absolute tolerance, that of the other has no size at first.
#[test]
fn a_cotangent_of_zero_needs_no_absolute_tolerance() {
    let problem = lotka_volterra(1.0);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 0.0);
    let (_, mut exact) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let (_, mut pullback) = solver.vjp(GaussAdjoint::default()).unwrap();
    let w = [1.0, 0.0];
    let (want, got) = (exact.call(Cotangents::end(&w)).unwrap(), pullback.call(Cotangents::end(&w)).unwrap());
    // Both solves keep 1e-9 in each of some ten steps.
    assert!(distance(&got.p, &want.p) < 1e-7 && distance(&got.u0, &want.u0) < 1e-7);
    assert!(solver.sensitivities(ForwardSensitivity::default()).is_ok());
}

/// What `solve` refuses, whatever looks at a model without a solve of it refuses as well.
#[test]
fn lengths_that_the_model_is_not_written_for_are_refused_everywhere() {
    let (u0, span, p) = (vec![0.5; 5], (0.0, 1.0), vec![0.3, 0.8]);
    let ring = OdeProblem::new(Ring, u0.clone(), span, p.clone());
    let dense = OdeProblem::new(DenseVjp(Ring), u0.clone(), span, p.clone());
    let numerical = OdeProblem::new(NumericalVjp(Ring), u0, span, p);
    for error in [
        ring.solver(Tsit5).solve().unwrap_err(),
        ring.solver(Tsit5).sensitivities(ForwardSensitivity::default()).unwrap_err(),
        advise(&ring.solver(Tsit5)).unwrap_err(),
        gradient(&dense.solver(Tsit5), DiscreteAdjoint::default()).unwrap_err(),
        gradient(&numerical.solver(Tsit5), DiscreteAdjoint::default()).unwrap_err(),
    ] {
        assert!(matches!(error, Error::Misfit { what: "p", found: 2, .. }), "{error}");
    }
}

thread_local! {
    static PRODUCTS: Cell<usize> = const { Cell::new(0) };
}

/// Lotka-Volterra, counting vector-Jacobian products.
#[derive(Debug, Clone, Copy)]
struct Counted;
impl Model for Counted {}
impl System<f64> for Counted {
    type State = [f64; 2];
    type Params = [f64; 4];
}
impl Rhs<f64> for Counted {
    fn rhs(&self, du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], t: f64) {
        LotkaVolterra.rhs(du, u, p, t);
    }
}
impl Vjp<f64> for Counted {
    fn vjp(
        &self,
        du_bar: &mut [f64; 2],
        u: &[f64; 2],
        p: &[f64; 4],
        t: f64,
        u_bar: &mut [f64; 2],
        p_bar: &mut [f64; 4],
        t_bar: &mut f64,
        work: &mut Workspace<f64>,
    ) {
        PRODUCTS.set(PRODUCTS.get() + 1);
        LotkaVolterra.vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }
}

#[test]
fn a_hundred_rows_cost_a_few_solves() {
    let problem = OdeProblem::new(Counted, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Tsit5).save_at(Grid::step(0.1));
    let evaluations = solver.solve().unwrap().stats().nfev;
    let products = |run: &dyn Fn() -> Result<(), Error>| {
        PRODUCTS.set(0);
        run().unwrap();
        PRODUCTS.get() as f64 / evaluations as f64
    };
    // Between two rows a step or two: seven stages each, and three nodes of the sum.
    let gauss = products(&|| gradient(&solver, GaussAdjoint::default()).map(drop));
    assert!(gauss < 6.0, "{gauss}");
    let interpolating = products(&|| gradient(&solver, Interpolating::default()).map(drop));
    assert!(interpolating < 6.0, "{interpolating}");
    // Rows without a cotangent are no stops.
    let end = products(&|| {
        let (_, mut pullback) = solver.vjp(GaussAdjoint::default())?;
        pullback.call(Cotangents::end(&[1.0, 0.0])).map(drop)
    });
    assert!(end < 3.0, "{end}");
}

/// `g = u_0² + p_1 u_1 + sin t`, as an equation's first component.
#[derive(Debug, Clone, Copy)]
struct Cost;
impl Model for Cost {}
impl<T: Real> System<T> for Cost {
    type State = [T; 2];
    type Params = [T; 3];
}
impl<T: Real> Rhs<T> for Cost {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 3], t: T) {
        *du = [u[0] * u[0] + p[1] * u[1] + t.sin(), T::ZERO];
    }
}
impl<T: Real> Vjp<T> for Cost {
    fn vjp(
        &self,
        du_bar: &mut [T; 2],
        u: &[T; 2],
        p: &[T; 3],
        t: T,
        u_bar: &mut [T; 2],
        p_bar: &mut [T; 3],
        t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let w = du_bar[0];
        u_bar[0] += T::lit(2.0) * u[0] * w;
        u_bar[1] += p[1] * w;
        p_bar[1] += u[1] * w;
        *t_bar += t.cos() * w;
    }
}

/// The pendulum with the cost gathered in a third component, over a span that its parameters name: time is
/// `t0 + s (t1 - t0)` with `s` from 0 to 1.
#[derive(Debug, Clone, Copy)]
struct Stretched;
impl Model for Stretched {}
impl<T: Real> System<T> for Stretched {
    type State = [T; 3];
    type Params = [T; 5];
}
impl<T: Real> Rhs<T> for Stretched {
    fn rhs(&self, du: &mut [T; 3], u: &[T; 3], p: &[T; 5], s: T) {
        let (state, params, length) = ([u[0], u[1]], [p[0], p[1], p[2]], p[4] - p[3]);
        let t = p[3] + s * length;
        let slope = Pendulum.eval(&state, &params, t);
        let cost = Cost.eval(&state, &params, t)[0];
        *du = [slope[0], slope[1], cost].map(|x| x * length);
    }
}

#[test]
fn running_costs_and_moving_ends_are_those_of_dual_numbers() {
    type D = Dual<f64, 7>;
    let (u0, p) = ([0.4, -0.2], [0.1, 1.3, 0.5]);
    for (t0, t1) in [(0.3, 2.5), (2.5, 0.3)] {
        let inputs = Dual::<f64, 7>::variables([u0[0], u0[1], p[0], p[1], p[2], t0, t1]);
        let [u, v, rest @ ..] = inputs;
        let stretched = OdeProblem::new(Stretched, [u, v, D::constant(0.0)], (0.0, 1.0), rest);
        let truth = stretched.solver(Vern9).tolerances(1e-13, 1e-13).save_at(Grid::count(9)).solve().unwrap();
        let rows = truth.values().chunks(3).flat_map(|row| &row[..2]).zip(weights(18));
        let loss = rows.fold(truth.end()[2], |loss, (u, w)| loss + u.scale(w));

        let problem = OdeProblem::new(Pendulum, u0, (t0, t1), p);
        for tolerance in [1e-6, 1e-9] {
            let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::count(9));
            let cost = Integrand(Cost);
            let (_, pullback) = solver.vjp(GaussAdjoint::default().running_cost(cost)).unwrap();
            let value = truth.end()[2].primal;
            assert!((pullback.running_cost() - value).abs() < 100.0 * tolerance * value.abs());
            // By the ends of the span these are the derivatives of the last step by its length, and of its interpolant: an order
            // less.
            for got in [
                gradient(&solver, DiscreteAdjoint::default().running_cost(cost)),
                gradient(&solver, DiscreteAdjoint::checkpoints(4).running_cost(cost)),
            ] {
                let got = got.unwrap();
                let by_state = [&got.u0[..], &got.p].concat();
                assert!(distance(&by_state, &loss.tangents[..5]) < 100.0 * tolerance, "{got:?}");
                assert!(distance(&[got.t0, got.t1], &loss.tangents[5..]) < 1000.0 * tolerance, "{got:?}");
            }
            for got in [
                gradient(&solver, Backsolve::default().running_cost(cost)),
                gradient(&solver, Interpolating::default().running_cost(cost)),
                gradient(&solver, Quadrature::default().running_cost(cost)),
                gradient(&solver, GaussAdjoint::default().running_cost(cost)),
                gradient(&solver, GaussAdjoint::default().running_cost(cost).checkpoints(20)),
            ] {
                let got = got.unwrap();
                let got = [&got.u0[..], &got.p, &[got.t0, got.t1]].concat();
                // The truth matrix's measure.
                assert!(distance(&got, &loss.tangents) < 100.0 * tolerance, "{got:?} {:?}", loss.tangents);
            }
        }
    }
}

#[test]
fn every_vector_jacobian_product_gives_the_same_gradient() {
    let u0: Vec<f64> = (0..5).map(|i| f64::cos(i as f64)).collect();
    let p = vec![0.3, 0.8, 0.5];
    let ring = OdeProblem::new(Ring, u0.clone(), (0.0, 2.0), p.clone());
    let dense = OdeProblem::new(DenseVjp(Ring), u0.clone(), (0.0, 2.0), p.clone());
    let numerical = OdeProblem::new(NumericalVjp(Ring), u0, (0.0, 2.0), p);
    let flat = |g: Gradient<Vec<f64>, Vec<f64>, f64>| [g.u0, g.p, vec![g.t0, g.t1]].concat();
    macro_rules! check {
        ($($adjoint:expr;)*) => { $( {
            let [want, dense, numerical] = [
                gradient(&ring.solver(Tsit5), $adjoint).map(flat).unwrap(),
                gradient(&dense.solver(Tsit5), $adjoint).map(flat).unwrap(),
                gradient(&numerical.solver(Tsit5), $adjoint).map(flat).unwrap(),
            ];
            // Rounding may move a step of the error control, so that the tolerance of the solve is what is left.
            assert!(distance(&dense, &want) < 1e-6, "{}", stringify!($adjoint));
            assert!(distance(&numerical, &want) < 1e-4, "{}", stringify!($adjoint));
        } )* };
    }
    check! {
        DiscreteAdjoint::default();
        Backsolve::default();
        Interpolating::default();
        Quadrature::default();
        GaussAdjoint::default();
    }
    // A closure has no derivatives of its own.
    let closure = OdeProblem::new(
        NumericalVjp(diffeq_runtime::problem::FromFn::new(|du: &mut f64, u: &f64, p: &f64, _t: f64| {
            *du = -p * u
        })),
        2.0,
        (0.0, 1.0),
        0.5,
    );
    let solver = closure.solver(Tsit5);
    let (_, mut pullback) = solver.vjp(GaussAdjoint::default()).unwrap();
    let got = pullback.call(Cotangents::end(&1.0)).unwrap();
    // The tolerance of the solve.
    assert!((got.p + 2.0 * f64::exp(-0.5)).abs() < 1e-5);
}

#[test]
fn methods_tolerances_and_controllers_are_those_asked_for() {
    let problem = lotka_volterra(3.0);
    let solver = problem.solver(Vern7).tolerances(1e-10, vec![1e-10, 1e-11]).save_at(Grid::step(0.5));
    let want = gradient(&solver, DiscreteAdjoint::default()).unwrap();
    macro_rules! check {
        ($($tolerance:literal $adjoint:expr;)*) => { $(
            let got = gradient(&solver, $adjoint).unwrap();
            let error = distance(&got.p, &want.p);
            assert!(error < 100.0 * $tolerance, "{}: {error:e}", stringify!($adjoint));
        )* };
    }
    check! {
        1e-10 GaussAdjoint::default().method(Vern7);
        1e-10 GaussAdjoint::default().method(Vern9);
        1e-7 GaussAdjoint::default().method(BS3).tolerances(1e-7, 1e-7);
        1e-10 Interpolating::default().method(Vern7);
        1e-10 Backsolve::default().method(Vern7);
        1e-8 Quadrature::default().tolerances(1e-8, [1e-8, 1e-9]);
        1e-8 Backsolve::default().tolerances(1e-8, [1e-8, 1e-9]);
        1e-10 GaussAdjoint::default().controller(diffeq_runtime::control::Pid::h312pid());
    }
    // Steps of fixed size forwards say nothing about those back.
    let fixed = problem.solver(RK4).fixed(0.01).save_at(Grid::step(0.5));
    let got = gradient(&fixed, GaussAdjoint::default().tolerances(1e-8, 1e-8)).unwrap();
    assert!(distance(&got.p, &want.p) < 1e-6);
}

#[test]
fn single_precision_goes_through_every_adjoint() {
    let p = [1.5, 1.0, 3.0, 1.0].map(|x| x as f32);
    let problem = OdeProblem::<LotkaVolterra, f32>::new(LotkaVolterra, [1.0; 2], (0.0, 3.0), p);
    let solver = problem.solver(Tsit5).tolerances(1e-5, 1e-6).save_at(Grid::step(0.5));
    let double = lotka_volterra(3.0);
    let want = gradient(
        &double.solver(Tsit5).tolerances(1e-12, 1e-12).save_at(Grid::step(0.5)),
        DiscreteAdjoint::default(),
    )
    .unwrap();
    macro_rules! check {
        ($($adjoint:expr;)*) => { $(
            let (solution, mut pullback) = solver.vjp($adjoint).unwrap();
            let w: Vec<f32> = weights(solution.values().len()).iter().map(|w| *w as f32).collect();
            let got = pullback.call(Cotangents::values(&w)).unwrap();
            let got = got.p.map(f64::from);
            // A hundred times the tolerance, as in double precision.
            assert!(distance(&got, &want.p) < 1e-3, "{}: {got:?} {:?}", stringify!($adjoint), want.p);
        )* };
    }
    check! {
        DiscreteAdjoint::default();
        Backsolve::default();
        Interpolating::default().checkpoints(20);
        Quadrature::default();
        GaussAdjoint::default();
    }
    let (solution, sensitivities) = solver.sensitivities(ForwardSensitivity::default()).unwrap();
    let w: Vec<f32> = weights(solution.values().len()).iter().map(|w| *w as f32).collect();
    let got: Vec<f64> = sensitivities.p.gradient(&w).unwrap().into_iter().map(f64::from).collect();
    assert!(distance(&got, &want.p) < 1e-3);
}

#[test]
fn chunks_of_sensitivities_are_the_columns_of_all() {
    let problem = lotka_volterra(3.0);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::step(0.5)).save_idxs([1]);
    let all = solver.sensitivities(ForwardSensitivity::default()).unwrap();
    let chunks = solver.sensitivities(ForwardSensitivity { chunk: Some(2), ..Default::default() }).unwrap();
    for j in 0..4 {
        // Each chunk has steps of its own: both are good to the tolerance.
        assert!(distance(chunks.1.p.column(j), all.1.p.column(j)) < 1e-7);
        assert_eq!(all.1.p.column(j).len(), all.0.values().len());
    }
    // Without error control the steps are those of a plain solve.
    let plain = solver.solve().unwrap();
    let method = ForwardSensitivity { error_control: false, ..Default::default() };
    let (solution, _) = solver.sensitivities(method).unwrap();
    assert_eq!(solution.stats().accepted, plain.stats().accepted);
    assert!(distance(solution.values(), plain.values()) < 1e-12);
    // The ends of steps of their own do not fit together.
    let every = problem.solver(Tsit5);
    let error = every.sensitivities(ForwardSensitivity { chunk: Some(1), ..Default::default() }).unwrap_err();
    assert!(matches!(error, Error::Option { option: "chunk", .. }), "{error}");
}

#[test]
fn advice_says_what_and_why() {
    let few = lotka_volterra(10.0);
    let advice = advise(&few.solver(Tsit5)).unwrap();
    assert_eq!((advice.way, advice.states, advice.params, advice.events), (Way::Forward, 2, 4, 0));
    // The Jacobian at (1, 1) is [[0.5, -1], [1, -2]], with the eigenvalues 0 and -1.5.
    assert!((advice.rate - 1.5).abs() < 1e-3, "{advice:?}");
    assert!(advice.to_string().contains("dual numbers are as cheap"), "{advice}");

    let ring = OdeProblem::new(Ring, vec![0.5; 40], (0.0, 1.0), vec![0.3, 0.8, 0.5]);
    let advice = advise(&ring.solver(Tsit5)).unwrap();
    assert_eq!(advice.way, Way::Discrete);
    // The fastest mode decays with -4 p0 + p1 - 3 p2 u².
    assert!((advice.rate - 0.775).abs() < 1e-2, "{advice:?}");

    let stiff = OdeProblem::new(VanDerPol, [2.0, 0.0], (0.0, 3000.0), 1000.0);
    let advice = advise(&stiff.solver(Tsit5)).unwrap();
    assert!((advice.rate - 3000.0).abs() < 1.0, "{advice:?}");
    assert!(advice.to_string().contains("stiff"), "{advice}");
}
