//! Linear systems.

use diffeq::linalg::DenseLu;
use diffeq::linalg::Singular;
use diffeq::prelude::*;

/// A matrix without structure, whose first pivot is zero.
fn entry(i: usize, j: usize) -> f64 {
    if (i, j) == (0, 0) { 0.0 } else { ((1 + 3 * i + 7 * j + 5 * i * j) as f64).sin() }
}

#[test]
fn solutions_and_transposed_solutions_solve() {
    for n in 1..20 {
        let mut lu = DenseLu::new(n);
        let entry = |i, j| if n == 1 { 2.0 } else { entry(i, j) };
        lu.factor(entry).unwrap();
        let expected: Vec<Dual<f64, 1>> =
            (0..n).map(|i| Dual::new((i as f64).cos(), [(2.0 * i as f64).sin()])).collect();
        for transposed in [false, true] {
            let entry = |i, j| if transposed { entry(j, i) } else { entry(i, j) };
            let product = |i: usize| {
                (0..n).fold(Dual::default(), |sum: Dual<f64, 1>, j| sum + expected[j].scale(entry(i, j)))
            };
            let mut x: Vec<_> = (0..n).map(product).collect();
            let mut order = x.clone();
            if transposed {
                lu.solve_transposed(&mut x, &mut order)
            } else {
                lu.solve(&mut x, &mut order)
            }
            for (x, expected) in x.iter().zip(&expected) {
                // Rounding, times the condition of the matrix, at most some thousands.
                assert!((x.primal - expected.primal).abs() < 1e-11, "{n}: {x:?} and not {expected:?}");
                assert!((x.tangents[0] - expected.tangents[0]).abs() < 1e-11, "{n}: {x:?}");
            }
        }
    }
}

#[test]
fn matrices_without_inverse_are_refused() {
    let mut lu = DenseLu::new(2);
    assert_eq!(lu.factor(|_, _| 0.0), Err(Singular));
    assert_eq!(lu.factor(|i, _| i as f64), Err(Singular));
    assert_eq!(lu.factor(|_, _| f64::NAN), Err(Singular));
    assert_eq!(lu.factor(|i, j| if i == j { 1.0 } else { 0.5 }), Ok(()));
    assert_eq!(DenseLu::new(0).factor(|_, _| 0.0), Ok(()));
}

#[test]
fn vectors_of_another_length_are_nan_and_not_a_panic() {
    let lu = DenseLu::new(2);
    for (mut b, mut order) in [(vec![1.0; 3], vec![0.0; 2]), (vec![1.0; 2], vec![0.0; 1])] {
        lu.solve(&mut b, &mut order);
        assert!(b.iter().all(|x: &f64| x.is_nan()));
        b.fill(1.0);
        lu.solve_transposed(&mut b, &mut order);
        assert!(b.iter().all(|x| x.is_nan()));
    }
}
