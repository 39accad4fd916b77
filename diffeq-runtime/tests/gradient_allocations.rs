//! A reverse sweep over states of a fixed size allocates nothing per step.

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
