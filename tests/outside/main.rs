//! What stands outside a model: tables, enums, type aliases, helpers of tuples and structs, methods. Values are those of the
//! same body as a plain function, to the bit; derivatives are those of its differences.
// As people write them.
#![allow(clippy::collapsible_if)]

use diffeq::Components;
use diffeq::differentiable;
use diffeq::ode;
use diffeq::problem::Jvp;
use diffeq::problem::Mark;
use diffeq::problem::Rhs;
use diffeq::problem::Sparsity;
use diffeq::problem::Vjp;
use diffeq::space::Workspace;

type Plain = fn(&mut [f64; 3], &[f64; 3], &[f64; 2], f64);

/// Each function twice: as it stands in `plain`, and as a model.
macro_rules! models {
    ($($(#[$doc:meta])* fn $name:ident ($($args:tt)*) { $($body:tt)* })*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[allow(clippy::all, unused_variables)]
                pub fn $name ($($args)*) { $($body)* }
            )*
        }
        $(#[allow(unused_variables)] #[ode] fn $name ($($args)*) { $($body)* })*
    };
}

/// A direction's component.
fn along(k: usize) -> f64 {
    0.9 - 0.4 * (k as f64 * 2.3).cos()
}

/// What a plain function is along the line `x + h v` through state, parameters and time.
fn at(plain: Plain, u: [f64; 3], p: [f64; 2], t: f64, h: f64) -> [f64; 3] {
    let u: [f64; 3] = std::array::from_fn(|i| u[i] + h * along(i));
    let p: [f64; 2] = std::array::from_fn(|i| p[i] + h * along(i + 3));
    let mut du = [f64::NAN; 3];
    plain(&mut du, &u, &p, t + h * along(5));
    du
}

fn check<F>(model: F, plain: Plain, u: [f64; 3], p: [f64; 2], t: f64)
where
    F: Rhs<f64, State = [f64; 3], Params = [f64; 2]> + Jvp<f64> + Vjp<f64>,
    F: Rhs<Mark, State = [Mark; 3], Params = [Mark; 2]> + Sparsity,
{
    let value = at(plain, u, p, t, 0.0);
    let du: [f64; 3] = Rhs::<f64>::eval(&model, &u, &p, t);
    assert_eq!(du.map(f64::to_bits), value.map(f64::to_bits), "{du:?} is not {value:?}");

    // Central differences, extrapolated once: an error of the fourth order, and rounding of 1e-16 / 1e-4.
    let slope = |h: f64| {
        let (above, below) = (at(plain, u, p, t, h), at(plain, u, p, t, -h));
        std::array::from_fn::<f64, 3, _>(|i| (above[i] - below[i]) / (2.0 * h))
    };
    let (coarse, fine) = (slope(2e-4), slope(1e-4));
    let (u_dot, p_dot, t_dot) = (std::array::from_fn(along), std::array::from_fn(|i| along(i + 3)), along(5));
    let (mut du, mut du_dot) = ([f64::NAN; 3], [f64::NAN; 3]);
    model.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, t, t_dot);
    for i in 0..3 {
        let expected = (4.0 * fine[i] - coarse[i]) / 3.0;
        let scale = 1.0 + expected.abs();
        assert!((du_dot[i] - expected).abs() < 1e-8 * scale, "tangent {i}: {} {expected}", du_dot[i]);
    }

    let weights: [f64; 3] = std::array::from_fn(|i| 1.1 - 0.8 * (i as f64 * 0.9).sin());
    let (mut seed, mut u_bar, mut p_bar, mut t_bar) = (weights, [0.0; 3], [0.0; 2], 0.0);
    model.vjp(&mut seed, &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    let forward: f64 = weights.iter().zip(du_dot).map(|(w, x)| w * x).sum();
    let backward = (0..3).map(|i| u_bar[i] * u_dot[i]).sum::<f64>()
        + (0..2).map(|i| p_bar[i] * p_dot[i]).sum::<f64>()
        + t_bar * t_dot;
    assert!((forward - backward).abs() < 1e-12 * (1.0 + forward.abs()), "{forward} {backward}");

    // What moves when one component of the state does is in the pattern.
    let mut marks = [Mark::default(); 3];
    model.dependencies(
        &mut marks,
        &std::array::from_fn(|i| Mark(1 << i)),
        &[Mark::default(); 2],
        Mark::default(),
    );
    for j in 0..3 {
        let mut moved = u;
        moved[j] += 1e-3;
        let other = at(plain, moved, p, t, 0.0);
        for i in 0..3 {
            assert!(other[i] == value[i] || marks[i].0 & (1 << j) != 0, "entry {i}, {j} is missing");
        }
    }
}

macro_rules! tests {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(super::$name, super::plain::$name, [0.7, -1.3, 2.1], [1.5, 0.8], 0.4);
            check(super::$name, super::plain::$name, [2.3, 0.4, -0.6], [-0.5, 2.8], 7.3);
            check(super::$name, super::plain::$name, [-0.2, 1.7, 0.3], [3.1, -1.2], 2.6);
        }
    )* };
}

mod enums;
mod helpers;
mod matches;
mod methods;
mod tables;
