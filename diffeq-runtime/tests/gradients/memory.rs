//! Fewer checkpoints give the same gradient, to the bit.

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::stepper::CarpenterKennedy2N54;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;

use crate::models::LotkaVolterra;
use crate::models::Ring;
use crate::weights;

#[test]
fn checkpoints_do_not_change_a_bit() {
    let lv = OdeProblem::new(LotkaVolterra, [1.0, 1.0], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let ring = OdeProblem::new(Ring, vec![0.1; 9], (0.0, 10.0), vec![0.3, 0.8, 0.5]);
    macro_rules! check {
        ($($problem:ident $method:ident)*) => { $( {
            let solver = $problem.solver($method).dt(0.05).save_at(Grid::step(0.21)).tstops([3.0]);
            let (solution, mut all) = solver.vjp(DiscreteAdjoint::default()).unwrap();
            let w = weights(solution.values().len());
            let want = all.call(Cotangents::values(&w)).unwrap();
            assert_eq!(all.call(Cotangents::values(&w)).unwrap(), want, "a second call");
            for count in [1, 2, 3, 5, 20, 1000] {
                let (_, mut some) = solver.vjp(DiscreteAdjoint::checkpoints(count)).unwrap();
                assert_eq!(some.call(Cotangents::values(&w)).unwrap(), want, "{count} checkpoints");
                assert_eq!(some.call(Cotangents::values(&w)).unwrap(), want, "{count} checkpoints, a second call");
            }
        } )* };
    }
    check!(lv Tsit5 lv Vern7 ring Tsit5 lv CarpenterKennedy2N54);
}
