//! A reverse sweep over states of a fixed size allocates nothing per step, nor does a network that is evaluated.

#[path = "gradients/models.rs"]
#[allow(dead_code, reason = "one of the models is enough")]
mod models;

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::stepper::Tsit5;
use models::LotkaVolterra;
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
