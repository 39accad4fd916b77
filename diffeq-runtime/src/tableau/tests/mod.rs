//! The order conditions of every tableau: rooted trees up to the order that it claims, and one order beyond.
//!
//! A method is of order `p` if `Σ_i b_i Φ_i(τ) = 1 / γ(τ)` for every rooted tree `τ` of at most `p` nodes, and its
//! interpolant is of order `q` if `Σ_i b_i(θ) Φ_i(τ) = θ^|τ| / γ(τ)` for those of at most `q`: Hairer, Nørsett,
//! Wanner I, theorems II.2.13 and II.6.1.

mod order;
mod trees;

use crate::for_each_tableau;
use crate::tableau::dense;

/// What is derived from the data is what the table in the documentation of the module says.
#[test]
fn stages_are_those_of_the_table() {
    let expected: [(&str, usize, usize, Option<usize>, bool); 18] = [
        ("Euler", 1, 1, Some(1), false),
        ("Heun", 2, 1, Some(2), false),
        ("Midpoint", 2, 1, Some(2), false),
        ("Ralston", 2, 1, Some(2), false),
        ("RK4", 4, 2, Some(4), false),
        ("BS3", 4, 0, Some(3), true),
        ("BS5", 8, 3, Some(7), true),
        ("DP5", 7, 0, Some(6), true),
        ("Tsit5", 7, 0, Some(6), true),
        ("OwrenZen5", 7, 1, Some(7), false),
        ("Vern6", 9, 3, Some(8), true),
        ("Vern7", 10, 6, Some(10), false),
        ("Vern8", 13, 8, Some(13), false),
        ("Vern9", 16, 10, Some(16), false),
        ("DOP853", 12, 4, Some(12), false),
        ("SSPRK33", 3, 1, Some(3), false),
        ("SSPRK43", 4, 1, Some(4), false),
        ("CarpenterKennedy2N54", 5, 2, Some(5), false),
    ];
    let mut rows = expected.iter();
    for_each_tableau!(t => {
        let row = (t.name, t.stages(), t.extra_stages(), t.end_stage(), t.fsal());
        assert_eq!(rows.next(), Some(&row), "the table in the documentation");
    });
    assert_eq!(rows.next(), None);
}

/// Every stage is used: by a later stage, the solution, an estimate or the interpolant.
#[test]
fn no_stage_is_idle() {
    for_each_tableau!(t => {
        for j in 0..t.a.len() {
            let used = t.a.iter().any(|row| row[j] != 0.0)
                || t.b[j] != 0.0
                || t.e[j] != 0.0
                || t.e2.is_some_and(|e2| e2[j] != 0.0)
                || t.interpolant[j].iter().any(|&x| x != 0.0);
            assert!(used, "{}: stage {j}", t.name);
        }
    });
}

/// The interpolant leaves with the slope of the step's start and arrives with that of its end, at the solution.
#[test]
fn interpolants_are_smooth() {
    for_each_tableau!(t => {
        let unit = |j: Option<usize>| -> Vec<f64> {
            (0..t.a.len()).map(|i| if Some(i) == j { 1.0 } else { 0.0 }).collect()
        };
        assert_eq!(t.weights(0.0)[..], unit(None), "{}: start", t.name);
        assert_eq!(t.weights(1.0), t.b, "{}: end", t.name);
        for (theta, stage) in [(0.0, Some(0)), (1.0, t.end_stage())] {
            for (slope, expected) in t.slope_weights(theta).iter().zip(unit(stage)) {
                // Sums of two and three of the coefficients b_i, 1 - b_i and 2 b_i - 1, which are of order b_i.
                let tolerance = 4.0 * f64::EPSILON * (1.0 + t.b.iter().fold(0.0, |m, b| f64::max(m, b.abs())));
                assert!((slope - expected).abs() <= tolerance, "{}: slope at θ = {theta}: {slope}", t.name);
            }
        }
    });
}

/// The slope of the interpolant is the derivative of its value.
#[test]
fn slopes_are_derivatives() {
    let coefficients = [0.3, -1.2, 2.5, 0.7, -3.1, 1.9, 0.4];
    let (theta, h) = (0.37, 1e-5);
    let value = |theta| dense::evaluate(&coefficients, theta).0;
    let difference = (value(theta + h) - value(theta - h)) / (2.0 * h);
    // Truncation, h² / 6 times a third derivative below 60, and rounding, ε / h.
    assert!((dense::evaluate(&coefficients, theta).1 - difference).abs() < 1e-9);
    let sum: f64 = dense::basis::<7>(theta).iter().zip(coefficients).map(|(phi, c)| phi * c).sum();
    assert!((sum - value(theta)).abs() < 8.0 * f64::EPSILON);
}

/// The low-storage form and its Butcher tableau take the same step.
#[test]
fn low_storage_form_takes_the_same_step() {
    use crate::tableau::CARPENTER_KENNEDY_2N54 as BUTCHER;
    use crate::tableau::CARPENTER_KENNEDY_2N54_REGISTERS as REGISTERS;
    let f = |t: f64, u: f64| (u * t).sin() + 0.3 * u;
    let (t, u, h) = (0.2, 0.7, 0.5);

    let (mut register, mut state) = (0.0, u);
    for j in 0..5 {
        register = REGISTERS.a[j] * register + h * f(t + REGISTERS.c[j] * h, state);
        state += REGISTERS.b[j] * register;
    }

    let mut k = [0.0; 6];
    for i in 0..5 {
        let stage = u + h * (0..i).map(|j| BUTCHER.a[i][j] * k[j]).sum::<f64>();
        k[i] = f(t + BUTCHER.c[i] * h, stage);
    }
    let next = u + h * (0..5).map(|i| BUTCHER.b[i] * k[i]).sum::<f64>();
    // Some thirty operations on numbers of order one, each rounded to ε / 2.
    assert!((state - next).abs() < 16.0 * f64::EPSILON, "{state} {next}");
}
