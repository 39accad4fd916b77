//! Hessian-vector products: reverse mode over dual numbers.

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::real::Dual;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::stepper::BS5;
use testkit::gradcheck::derivative;

use crate::distance;
use crate::models::LotkaVolterra;
use crate::weights;

type First = Dual<f64, 1>;

/// Gradient by the parameters of `Σ w_i u_i² / 2`, and its derivative along `v`, by reverse mode over dual numbers; the
/// same by dual numbers over dual numbers.
fn second_order(p: [f64; 4], v: [f64; 4]) -> [Vec<First>; 2] {
    let p: [First; 4] = std::array::from_fn(|i| Dual::new(p[i], [v[i]]));
    let problem = OdeProblem::new(LotkaVolterra, [First::constant(1.0); 2], (0.0, 2.0), p);
    let solver = problem.solver(BS5).fixed(0.04).save_at(Grid::step(0.3));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::checkpoints(4)).unwrap();
    let w = weights(solution.values().len());
    let cotangents: Vec<First> =
        solution.values().iter().zip(&w).map(|(u, w)| *u * Dual::constant(*w)).collect();
    let reverse = pullback.call(Cotangents::values(&cotangents)).unwrap();
    let (_, jacobian) = solver.parameter_jacobian::<4>().unwrap();
    [reverse.p.to_vec(), jacobian.gradient(&cotangents).unwrap()]
}

fn tangents(x: &[First]) -> Vec<f64> {
    x.iter().map(|x| x.tangents[0]).collect()
}

#[test]
fn hessian_vector_products_are_exact() {
    let (p, v) = ([1.5, 1.0, 3.0, 1.0], [0.3, -1.0, 0.5, 0.7]);
    let [reverse, forward] = second_order(p, v);
    // The same numbers added in another order.
    assert!(distance(&tangents(&reverse), &tangents(&forward)) < 1e-12);
    for (i, got) in tangents(&reverse).into_iter().enumerate() {
        let along = |s: f64| {
            let moved = std::array::from_fn(|j| p[j] + s * v[j]);
            second_order(moved, [0.0; 4])[0][i].primal
        };
        let difference = derivative(along, 0.0, 1e-2).value;
        // Rounding of 1e-14 in gradients of order ten over the smallest step of 1e-3.
        assert!((got - difference).abs() < 1e-8 * difference.abs().max(1.0), "{got} and {difference}");
    }
}

#[test]
fn the_hessian_is_symmetric() {
    let p = [1.5, 1.0, 3.0, 1.0];
    let columns: [Vec<f64>; 4] = std::array::from_fn(|j| {
        let mut unit = [0.0; 4];
        unit[j] = 1.0;
        tangents(&second_order(p, unit)[0])
    });
    let size = columns.iter().flatten().fold(0.0_f64, |size, x| size.max(x.abs()));
    for (i, column) in columns.iter().enumerate() {
        for (j, entry) in column.iter().enumerate() {
            assert!((entry - columns[j][i]).abs() < 1e-12 * size);
        }
    }
}
