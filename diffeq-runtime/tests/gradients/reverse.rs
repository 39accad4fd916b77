//! Reverse mode against dual numbers over the same steps, and against forward mode.

use diffeq_runtime::error::Error;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Options;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::AdjointMethod;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::LiftedRhs;
use diffeq_runtime::sensitivity::ParamsOf;
use diffeq_runtime::sensitivity::StateOf;
use diffeq_runtime::sensitivity::TangentMethod;
use diffeq_runtime::sensitivity::Variation;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::BS5;
use diffeq_runtime::stepper::CarpenterKennedy2N54;
use diffeq_runtime::stepper::DOP853;
use diffeq_runtime::stepper::Method;
use diffeq_runtime::stepper::RK4;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;
use testkit::gradcheck::adjoint_gap;
use testkit::gradcheck::gradient;

use crate::distance;
use crate::models::LotkaVolterra;
use crate::models::Pendulum;
use crate::models::Ring;
use crate::weights;

/// The sums of a few hundred steps, in another order: some hundred roundings of 1e-16, relative to the largest entry.
const ROUNDING: f64 = 1e-12;

/// Reverse mode against dual numbers in all parameters and initial values, and `<w, J v> = <Jᵀ w, v>` with forward mode
/// in all directions at once, the ends of the span among them.
fn check<F, M, const K: usize>(solver: &Solver<'_, F, f64, M>)
where
    F: Vjp<f64> + Jvp<f64> + LiftedRhs<f64, Dual<f64, K>> + Clone,
    M: AdjointMethod<f64, F> + TangentMethod<f64, F> + Method<Dual<f64, K>, F>,
{
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let w = weights(solution.values().len());
    let g = pullback.call(Cotangents::values(&w)).unwrap();
    let name = format!("{} of {} with {:?}", solution.method(), solution.model(), solver.options.save_at);

    let (same, by_p) = solver.parameter_jacobian::<K>().unwrap();
    assert_eq!(same.values(), solution.values(), "{name}: dual numbers take the same steps");
    assert!(distance(g.p.as_slice(), &by_p.gradient(&w).unwrap()) < ROUNDING, "{name}");
    let (_, by_u0) = solver.initial_jacobian::<K>().unwrap();
    assert!(distance(g.u0.as_slice(), &by_u0.gradient(&w).unwrap()) < ROUNDING, "{name}");

    let mut v = Variation { u0: solver.problem.u0.clone(), p: solver.problem.p.clone(), t0: 0.3, t1: -0.7 };
    let (nu, np) = (v.u0.as_slice().len(), v.p.as_slice().len());
    v.u0.as_mut_slice().copy_from_slice(&weights(nu));
    v.p.as_mut_slice().copy_from_slice(&weights(np));
    let (_, tangents) = solver.jvp_along(&v).unwrap();
    let flat =
        |u: &StateOf<F, f64>, p: &ParamsOf<F, f64>, t0, t1| [u.as_slice(), p.as_slice(), &[t0, t1]].concat();
    let gap =
        adjoint_gap(&w, tangents.values(), &flat(&g.u0, &g.p, g.t0, g.t1), &flat(&v.u0, &v.p, v.t0, v.t1));
    assert!(gap < ROUNDING, "{name}: <w, J v> and <J^T w, v> differ by {gap:e}");
}

/// The ways of saving: inside steps, at their ends, both, and the end alone.
fn ways() -> Vec<Options> {
    let grid = |grid| Options { save_at: Some(grid), ..Options::default() };
    vec![
        Options::default(),
        grid(Grid::step(0.1)),
        grid(Grid::count(17)),
        grid(Grid::points([0.33, 0.34, 1.1, 2.5])),
        Options { tstops: vec![0.7, 1.9], ..grid(Grid::step(0.23)) },
        Options { save_idxs: Some(vec![1]), save_every_step: Some(true), ..grid(Grid::step(0.5)) },
        grid(Grid::points([3.0])),
    ]
}

#[test]
fn reverse_mode_is_dual_numbers() {
    let lv = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 3.0), [1.5, 1.0, 3.0, 1.0]);
    let pendulum = OdeProblem::new(Pendulum, [0.4, -0.2], (0.0, 3.0), [0.1, 1.3, 0.5]);
    let u0: Vec<f64> = (0..12).map(|i| (i as f64).cos()).collect();
    let ring = OdeProblem::new(Ring, u0, (0.0, 3.0), vec![0.3, 0.8, 0.5]);
    for options in ways() {
        macro_rules! methods {
            ($($method:ident)*) => { $(
                check::<_, _, 4>(&lv.solver($method).options(options.clone()).dt(0.05));
            )* };
        }
        methods!(Tsit5 BS5 Vern7 DOP853 RK4 CarpenterKennedy2N54);
        check::<_, _, 3>(&pendulum.solver(Tsit5).options(options.clone()));
        check::<_, _, 3>(&pendulum.solver(BS5).options(options.clone()));
        check::<_, _, 5>(&ring.solver(Tsit5).options(options.clone()));
        check::<_, _, 5>(&ring.solver(RK4).options(options.clone()).dt(0.05));
    }
}

#[test]
fn backwards_in_time() {
    let problem = OdeProblem::new(Pendulum, [0.4, -0.2], (3.0, 0.0), [0.1, 1.3, 0.5]);
    check::<_, _, 3>(&problem.solver(Tsit5).save_at(Grid::step(0.17)));
    check::<_, _, 3>(&problem.solver(BS5).tstops([1.0]));
}

#[test]
fn the_gradient_of_the_end_does_not_depend_on_what_is_saved() {
    let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 3.0), [1.5, 1.0, 3.0, 1.0]);
    let w = [0.7, -1.1];
    let mut gradients = Vec::new();
    for options in ways() {
        // Stops change the steps, and so the numbers.
        if options.tstops.is_empty() {
            let solver = problem.solver(Vern7).options(options);
            let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
            gradients.push(pullback.call(Cotangents::end(&w)).unwrap());
        }
    }
    // Where the last row is the end, its cotangent is that of the end.
    for solver in [
        problem.solver(Vern7).save_at(Grid::points([3.0])),
        problem.solver(Vern7).save_at(Grid::step(0.1)),
        problem.solver(Vern7).save_start(false),
        problem.solver(Vern7),
    ] {
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
        let mut cotangents = vec![[0.0; 2]; solution.len()];
        cotangents[solution.len() - 1] = w;
        gradients.push(pullback.call(&cotangents).unwrap());
    }
    for g in &gradients {
        assert!(distance(&g.p, &gradients[0].p) < ROUNDING);
        assert!(distance(&g.u0, &gradients[0].u0) < ROUNDING);
        // Rows inside steps make the sweep take all stages of the method, in another order of additions.
        assert!(distance(&[g.t0, g.t1], &[gradients[0].t0, gradients[0].t1]) < ROUNDING);
    }
}

#[test]
fn gradients_are_those_of_differences() {
    // The loss of T2: the distance of the prey from one.
    let loss = |p: &[f64]| {
        let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [p[0], p[1], p[2], p[3]]);
        let solution =
            problem.solver(Tsit5).tolerances(1e-12, 1e-12).save_at(Grid::step(0.1)).solve().unwrap();
        solution.rows().map(|u| (u[0] - 1.0).powi(2)).sum::<f64>()
    };
    let p = [2.2, 1.0, 2.0, 0.4];
    let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), p);
    let solver = problem.solver(Tsit5).tolerances(1e-12, 1e-12).save_at(Grid::step(0.1));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let cotangents: Vec<_> = solution.states().map(|u| [2.0 * (u[0] - 1.0), 0.0]).collect();
    let g = pullback.call(&cotangents).unwrap();
    let differences: Vec<f64> = gradient(loss, &p, 0.02).iter().map(|d| d.value).collect();
    // The step sequence changes with the parameters: the loss is smooth only to about 1e-10 of its size.
    assert!(distance(&g.p, &differences) < 1e-7, "{:?} and {differences:?}", g.p);
}

#[test]
fn wrong_shapes_are_errors() {
    let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 3.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Tsit5).save_at(Grid::step(1.0));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let error = pullback.call(&[[1.0, 0.0]; 3]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "there are 3 cotangents of saved states where 4 are needed; give one for each, in the same order"
    );
    assert!(pullback.call(Cotangents::values(&[1.0])).is_err());
    let ring = OdeProblem::new(Ring, vec![1.0; 5], (0.0, 1.0), vec![0.3, 0.8, 0.5]);
    assert!(ring.solver(Tsit5).jvp(&vec![0.0; 4], &vec![0.0; 3]).is_err());
}

/// `du/dt = -p √u`: from zero the solution is zero, and its derivative by the state is infinite.
#[derive(Debug, Clone, Copy)]
struct Root;

impl Model for Root {}

impl<T: Real> System<T> for Root {
    type State = T;
    type Params = T;
}
impl<T: Real> Rhs<T> for Root {
    fn rhs(&self, du: &mut T, u: &T, p: &T, _t: T) {
        *du = -*p * u.sqrt();
    }
}

impl Jvp<f64> for Root {
    fn jvp(
        &self,
        du: &mut f64,
        du_dot: &mut f64,
        u: &f64,
        u_dot: &f64,
        p: &f64,
        p_dot: &f64,
        _: f64,
        _: f64,
    ) {
        *du = -p * u.sqrt();
        *du_dot = -p_dot * u.sqrt() - p * u_dot / (2.0 * u.sqrt());
    }
}

impl Vjp<f64> for Root {
    fn vjp(
        &self,
        du_bar: &mut f64,
        u: &f64,
        p: &f64,
        _: f64,
        u_bar: &mut f64,
        p_bar: &mut f64,
        _: &mut f64,
        _: &mut Workspace<f64>,
    ) {
        *u_bar -= p * *du_bar / (2.0 * u.sqrt());
        *p_bar -= u.sqrt() * *du_bar;
    }
}

#[test]
fn derivatives_that_are_not_finite_are_errors() {
    let problem = OdeProblem::new(Root, 0.0, (0.0, 1.0), 1.0);
    let solver = problem.solver(Tsit5).save_at(Grid::count(3));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert_eq!(solution.values(), [0.0; 3]);
    let errors = [
        (pullback.call(&[0.0, 0.0, 1.0]).unwrap_err(), "the gradient by u0[0]"),
        (solver.jvp(&0.0, &1.0).unwrap_err(), "the tangent of u[0]"),
        (solver.initial_jacobian::<1>().unwrap_err(), "a derivative, in column 0"),
    ];
    for (error, what) in errors {
        assert!(matches!(error, Error::NotFinite { .. }), "{error}");
        assert!(error.to_string().contains(what), "{error}");
    }
    // The fault may be the caller's: a loss that is none.
    let sound = OdeProblem::new(Pendulum, [1.0, 0.0], (0.0, 1.0), [1.0, 0.1, 0.2]);
    let solver = sound.solver(Tsit5).save_at(Grid::points([1.0]));
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!(matches!(pullback.call(&[[f64::NAN, 0.0]]), Err(Error::NotFinite { .. })));
    assert!(pullback.call(&[[1.0, 0.0]]).is_ok());
}
