//! Models that tests share, written by hand.

#![allow(dead_code, reason = "each test crate uses some")]

use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::real::Real;

/// Lotka-Volterra predator-prey dynamics.
#[derive(Clone, Copy)]
pub struct LotkaVolterra;
impl Model for LotkaVolterra {
    const NAME: &'static str = "lotka_volterra";
    fn state_names() -> Vec<String> {
        vec!["prey".into(), "predator".into()]
    }
}
impl<T: Real> System<T> for LotkaVolterra {
    type State = [T; 2];
    type Params = [T; 4];
}
impl<T: Real> Rhs<T> for LotkaVolterra {
    #[inline]
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 4], _t: T) {
        let [x, y] = *u;
        let [alpha, beta, delta, gamma] = *p;
        du[0] = alpha * x - beta * x * y;
        du[1] = -delta * y + gamma * x * y;
    }
}

/// `x'' = -x`: a circle.
#[derive(Clone, Copy)]
pub struct Oscillator;
impl Model for Oscillator {
    const NAME: &'static str = "oscillator";
}
impl<T: Real> System<T> for Oscillator {
    type State = [T; 2];
    type Params = ();
}
impl<T: Real> Rhs<T> for Oscillator {
    #[inline]
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], _p: &(), _t: T) {
        *du = [u[1], -u[0]];
    }
}

/// A ball that falls with the acceleration `p[0]`; `p[1]` is what a bounce leaves of its speed.
#[derive(Clone, Copy)]
pub struct Ball;
impl Model for Ball {
    const NAME: &'static str = "ball";
}
impl<T: Real> System<T> for Ball {
    type State = [T; 2];
    type Params = [T; 2];
}
impl<T: Real> Rhs<T> for Ball {
    #[inline]
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 2], _t: T) {
        *du = [u[1], -p[0]];
    }
}
