//! Slopes near the ends of domains, against values in many digits.

use diffeq::prelude::*;
use diffeq::problem::Jvp;
use diffeq::problem::Vjp;
use diffeq::space::Workspace;

#[ode]
fn angles(du: &mut [f64; 9], u: &[f64; 9]) {
    let [a, b, c, d, e, f, g, y, x] = *u;
    *du =
        [a.asin(), b.acos(), c.acosh(), d.atanh(), e.asinh(), f.exp_m1(), g.exp_m1(), y.atan2(x), y.hypot(x)];
}

/// Near the ends of their domains, far out, and where squares leave the numbers. The slopes were computed with 50 digits, by
/// mpmath 1.3.
#[test]
fn slopes_near_ends_keep_their_digits() {
    let near = 1.0 - 0.5_f64.powi(47);
    let u = [near, -near, 1.0 + 0.5_f64.powi(47), near, -1e200, -20.0, -45.0, 3e-170, 4e-170];
    let slopes = [
        8388608.000000015,
        -8388608.000000015,
        8388607.999999985,
        70368744177664.25,
        1e-200,
        2.061153622438558e-9,
        2.8625185805493937e-20,
        1.6e169,
        0.6,
    ];
    // half a dozen roundings of numbers without cancellation
    let close = |a: f64, b: f64| (a - b).abs() <= 6.0 * f64::EPSILON * b.abs();
    for (i, slope) in slopes.into_iter().enumerate() {
        // the last two are functions of the last but one
        let j = i.min(7);
        let mut u_dot = [0.0; 9];
        u_dot[j] = 1.0;
        let (mut du, mut du_dot) = ([0.0; 9], [0.0; 9]);
        angles.jvp(&mut du, &mut du_dot, &u, &u_dot, &[], &[], 0.0, 0.0);
        assert!(close(du_dot[i], slope), "{i}: {} for {slope}", du_dot[i]);
        let mut du_bar = [0.0; 9];
        du_bar[i] = 1.0;
        let mut u_bar = [0.0; 9];
        angles.vjp(&mut du_bar, &u, &[], 0.0, &mut u_bar, &mut [], &mut 0.0, &mut Workspace::new());
        assert!(close(u_bar[j], slope), "{i}: {} for {slope}", u_bar[j]);
    }
}

#[ode]
fn steep(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 1]) {
    du[0] = u[0].powi(p[0] as i32);
}

/// `n 1^(n - 1)` where there is no integer below `n`.
#[test]
fn the_least_of_exponents() {
    let (mut du, mut du_dot) = ([0.0], [0.0]);
    steep.jvp(&mut du, &mut du_dot, &[1.0], &[1.0], &[-1e10], &[0.0], 0.0, 0.0);
    assert_eq!((du, du_dot), ([1.0], [f64::from(i32::MIN)]));
}
