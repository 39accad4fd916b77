//! What reverse sweeps allocate: nothing per step over states of a fixed size, and no more memory than was
//! allowed; nor does a network that is evaluated.

use crate::models::LotkaVolterra;
use crate::models::Ring;
use crate::models::Spring;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Solver;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::sensitivity::Adjoint;
use diffeq_runtime::sensitivity::Backsolve;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::sensitivity::Interpolating;
use diffeq_runtime::sensitivity::Quadrature;
use diffeq_runtime::stepper::Tsit5;
use testkit::alloc::Counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

#[test]
fn the_sweep_allocates_nothing() {
    let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::step(0.1));
    for adjoint in [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(12)] {
        let (solution, mut pullback) = solver.vjp(adjoint).unwrap();
        let w = vec![1.0; solution.values().len()];
        // The first sweep allocates the slots of its checkpoints anew.
        pullback.call(Cotangents::values(&w)).unwrap();
        let (count, gradient) =
            testkit::alloc::allocations(|| pullback.call(Cotangents::values(&w)).unwrap());
        assert!(gradient.p.iter().all(|x: &f64| x.is_finite()));
        assert_eq!(count, 0, "{adjoint:?}");
    }
}

#[test]
fn continuous_sweeps_allocate_nothing_per_step() {
    let problem = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Tsit5).tolerances(1e-7, 1e-7).save_at(Grid::step(0.5));
    fn count<A>(solver: &Solver<'_, LotkaVolterra, f64, Tsit5>, adjoint: A) -> usize
    where
        A: Adjoint<LotkaVolterra, f64, Tsit5>,
    {
        let (solution, mut pullback) = solver.vjp(adjoint).unwrap();
        let w = vec![1.0; solution.values().len()];
        testkit::alloc::allocations(|| pullback.call(Cotangents::values(&w)).unwrap()).0
    }
    // A hundred backward steps and ten thousand.
    macro_rules! check {
        ($($adjoint:ident)*) => { $(
            let few = count(&solver, $adjoint::default().dt_max(0.1));
            let many = count(&solver, $adjoint::default().dt_max(0.001));
            assert_eq!(few, many, stringify!($adjoint));
            assert!(few < 150, "{}: {few}", stringify!($adjoint));
        )* };
    }
    check!(GaussAdjoint Quadrature Interpolating Backsolve);
}

#[test]
fn the_memory_of_backsolve_does_not_grow_with_the_steps() {
    let problem = OdeProblem::new(Spring, [1.0, 0.0], (0.0, 10.0), [1.0, 0.1]);
    let peaks = [1e-1, 1e-2, 1e-4].map(|dt| {
        let solver = problem.solver(Tsit5).fixed(dt).save_every_step(false);
        let (bytes, (steps, gradient)) = testkit::alloc::peak(|| {
            let (solution, mut pullback) = solver.vjp(Backsolve::default()).unwrap();
            (solution.stats().accepted, pullback.call(Cotangents::end(&[1.0, 0.5])).unwrap())
        });
        assert!(gradient.p.iter().all(|x: &f64| x.is_finite()));
        assert!((steps as f64 * dt - 10.0).abs() < 0.1);
        bytes
    });
    // A hundred steps, a thousand, a hundred thousand. There are eight to sixteen samples, each a stop on the way back: fewer of them
    // take less, however many steps there are.
    assert!(peaks.iter().all(|bytes| *bytes <= peaks[0] + 16 * size_of::<f64>()), "{peaks:?}");
    assert!(peaks.iter().all(|bytes| *bytes < 4096), "{peaks:?}");
}

#[test]
fn checkpoints_stay_within_their_budget() {
    const CELLS: usize = 200;
    let u0: Vec<f64> = (0..CELLS).map(|i| (i as f64).cos()).collect();
    let problem = OdeProblem::new(Ring, u0, (0.0, 40.0), vec![0.3, 0.8, 0.5]);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_every_step(false);
    let end = vec![1.0; CELLS];
    fn states<A>(solver: &Solver<'_, Ring, f64, Tsit5>, end: &Vec<f64>, adjoint: A) -> (usize, Vec<f64>)
    where
        A: Adjoint<Ring, f64, Tsit5>,
    {
        let (bytes, gradient) = testkit::alloc::peak(|| {
            let (_, mut pullback) = solver.vjp(adjoint).unwrap();
            pullback.call(Cotangents::end(end)).unwrap()
        });
        (bytes / (8 * CELLS), gradient.p)
    }
    let steps = solver.solve().unwrap().stats().accepted;
    assert!(steps > 100, "{steps}");
    let (everything, want) = states(&solver, &end, GaussAdjoint::default());
    assert!(everything > 5 * steps, "a state and four coefficients for each step: {everything} of {steps}");
    for budget in [12, 40, 100] {
        // Both solves have seven stages and their arguments, a state, the next and one inside; the rest is what a sweep
        // writes to, and the times, of which two hundred are as long as a state. Everything kept is more than a thousand.
        let working = 72;
        let (gauss, p) = states(&solver, &end, GaussAdjoint::default().checkpoints(budget));
        assert!(gauss <= budget + working, "{gauss} for {budget}");
        assert!(p.iter().zip(&want).all(|(p, want)| (p - want).abs() < 1e-4 * want.abs()), "{p:?} {want:?}");
        let (interpolating, _) = states(&solver, &end, Interpolating::default().checkpoints(budget));
        assert!(interpolating <= budget + working, "{interpolating} for {budget}");
        let (discrete, _) = states(&solver, &end, DiscreteAdjoint::checkpoints(budget));
        assert!(discrete <= budget + working, "{discrete} for {budget}");
    }
}

/// A network as a right-hand side evaluates without allocating, on one state and on a batch.
#[test]
fn fields_allocate_nothing() {
    use diffeq_runtime::nn::BatchField;
    use diffeq_runtime::nn::Mlp;
    use diffeq_runtime::problem::Rhs;
    use diffeq_runtime::problem::Vjp;
    use diffeq_runtime::space::Workspace;
    type Net = Mlp<2, 20, 2>;
    let (field, p, u) = (BatchField::<Net, 2>::new(), vec![0.1; 102], vec![0.5; 22]);
    let (mut du, mut u_bar, mut p_bar, mut t_bar) = (u.clone(), u.clone(), p.clone(), 0.0);
    let mut work = Workspace::new();
    let (count, ()) = testkit::alloc::allocations(|| {
        field.rhs(&mut du, &u, &p, 0.0);
        field.vjp(&mut du, &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    });
    assert_eq!(count, 0);
}
