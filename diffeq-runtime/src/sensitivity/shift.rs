//! Derivatives of a shift along a solution, by a lag that is zero but for its tangents.
//!
//! The lag counts as a constant here: how it moves is the business of the formulas in
//! [`event`](crate::sensitivity::event). For plain numbers nothing is shifted, and nothing is done.

use crate::integrate::add_product;
use crate::integrate::stages;
use crate::problem::Jvp;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::assign;
use crate::space::assign_zero;

/// Shifts a state with its tangent from the time `t`, which moves as well.
pub(super) fn shift_jvp<T: Real, F: Jvp<T>>(
    f: &F,
    (u, u_dot): (&mut F::State, &mut F::State),
    (p, p_dot): (&F::Params, &F::Params),
    (t, t_dot): (T, T),
    lag: T,
) {
    if lag.is_zero() {
        return;
    }
    let (start, start_dot) = (u.clone(), u_dot.clone());
    let (mut argument, mut argument_dot) = (u.clone(), u.clone());
    let (mut slope, mut slope_dot) = (u.zeros_like(), u.zeros_like());
    for (node, weight) in const { stages::<T>() } {
        assign(&mut argument, &start);
        assign(&mut argument_dot, &start_dot);
        add_product(&mut argument, lag.scale(*node), &slope);
        add_product(&mut argument_dot, lag.scale(*node), &slope_dot);
        let at = t + lag.scale(*node);
        f.jvp(&mut slope, &mut slope_dot, &argument, &argument_dot, p, p_dot, at, t_dot);
        add_product(u, lag.scale(*weight), &slope);
        add_product(u_dot, lag.scale(*weight), &slope_dot);
    }
}

/// Takes the cotangent of a shifted state back to the state `u` before, at the time `t`.
pub(super) fn shift_vjp<T: Real, F: Vjp<T>>(
    f: &F,
    (u, u_bar): (&F::State, &mut F::State),
    (p, p_bar): (&F::Params, &mut F::Params),
    (t, t_bar): (T, &mut T),
    lag: T,
    work: &mut Workspace<T>,
) {
    if lag.is_zero() {
        return;
    }
    let stages = const { stages::<T>() };
    let mut slope = u.zeros_like();
    let mut arguments = Vec::with_capacity(stages.len());
    for (node, _) in stages {
        let mut argument = u.clone();
        add_product(&mut argument, lag.scale(*node), &slope);
        f.rhs(&mut slope, &argument, p, t + lag.scale(*node));
        arguments.push(argument);
    }
    let end_bar = u_bar.clone();
    let (mut slope_bar, mut argument_bar) = (u.zeros_like(), u.zeros_like());
    // The stage after this one starts from its slope.
    let mut next_node = 0.0;
    for ((node, weight), argument) in stages.iter().zip(&arguments).rev() {
        assign_zero(&mut slope_bar);
        add_product(&mut slope_bar, lag.scale(*weight), &end_bar);
        add_product(&mut slope_bar, lag.scale(next_node), &argument_bar);
        assign_zero(&mut argument_bar);
        let at = t + lag.scale(*node);
        f.vjp(&mut slope_bar, argument, p, at, &mut argument_bar, p_bar, t_bar, work);
        add_product(u_bar, T::ONE, &argument_bar);
        next_node = *node;
    }
}
