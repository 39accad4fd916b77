//! Models with derivatives written by hand.

use std::ops::RangeInclusive;

use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Workspace;

/// Lotka-Volterra predator-prey dynamics.
#[derive(Debug, Clone, Copy)]
pub struct LotkaVolterra;

impl Model for LotkaVolterra {
    const NAME: &'static str = "lotka_volterra";
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

impl<T: Real> Jvp<T> for LotkaVolterra {
    #[inline]
    fn jvp(
        &self,
        du: &mut [T; 2],
        du_dot: &mut [T; 2],
        u: &[T; 2],
        u_dot: &[T; 2],
        p: &[T; 4],
        p_dot: &[T; 4],
        t: T,
        _t_dot: T,
    ) {
        self.rhs(du, u, p, t);
        let ([x, y], [x_dot, y_dot]) = (*u, *u_dot);
        let ([alpha, beta, delta, gamma], [alpha_dot, beta_dot, delta_dot, gamma_dot]) = (*p, *p_dot);
        let (xy, xy_dot) = (x * y, x_dot * y + x * y_dot);
        du_dot[0] = alpha_dot * x + alpha * x_dot - beta_dot * xy - beta * xy_dot;
        du_dot[1] = -delta_dot * y - delta * y_dot + gamma_dot * xy + gamma * xy_dot;
    }
}

impl<T: Real> Vjp<T> for LotkaVolterra {
    #[inline]
    fn vjp(
        &self,
        du_bar: &mut [T; 2],
        u: &[T; 2],
        p: &[T; 4],
        _t: T,
        u_bar: &mut [T; 2],
        p_bar: &mut [T; 4],
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let ([x, y], [a, b]) = (*u, *du_bar);
        let [alpha, beta, delta, gamma] = *p;
        let xy_bar = gamma * b - beta * a;
        u_bar[0] += alpha * a + xy_bar * y;
        u_bar[1] += xy_bar * x - delta * b;
        let xy = x * y;
        p_bar[0] += x * a;
        p_bar[1] -= xy * a;
        p_bar[2] -= y * b;
        p_bar[3] += xy * b;
    }
}

/// A pendulum with friction `p[0]`, frequency `p[1]`, that a force `p[2] cos(t²)` drives: it depends on time.
#[derive(Debug, Clone, Copy)]
pub struct Pendulum;

impl Model for Pendulum {
    const NAME: &'static str = "pendulum";
}

impl<T: Real> System<T> for Pendulum {
    type State = [T; 2];
    type Params = [T; 3];
}
impl<T: Real> Rhs<T> for Pendulum {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 3], t: T) {
        du[0] = u[1];
        du[1] = -p[0] * u[1] - p[1] * p[1] * u[0].sin() + p[2] * (t * t).cos();
    }
}

impl<T: Real> Jvp<T> for Pendulum {
    fn jvp(
        &self,
        du: &mut [T; 2],
        du_dot: &mut [T; 2],
        u: &[T; 2],
        u_dot: &[T; 2],
        p: &[T; 3],
        p_dot: &[T; 3],
        t: T,
        t_dot: T,
    ) {
        self.rhs(du, u, p, t);
        let two = T::lit(2.0);
        du_dot[0] = u_dot[1];
        du_dot[1] = -p_dot[0] * u[1]
            - p[0] * u_dot[1]
            - two * p[1] * p_dot[1] * u[0].sin()
            - p[1] * p[1] * u[0].cos() * u_dot[0]
            + p_dot[2] * (t * t).cos()
            - p[2] * (t * t).sin() * two * t * t_dot;
    }
}

impl<T: Real> Vjp<T> for Pendulum {
    fn vjp(
        &self,
        du_bar: &mut [T; 2],
        u: &[T; 2],
        p: &[T; 3],
        t: T,
        u_bar: &mut [T; 2],
        p_bar: &mut [T; 3],
        t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let (two, [a, b]) = (T::lit(2.0), *du_bar);
        u_bar[0] -= p[1] * p[1] * u[0].cos() * b;
        u_bar[1] += a - p[0] * b;
        p_bar[0] -= u[1] * b;
        p_bar[1] -= two * p[1] * u[0].sin() * b;
        p_bar[2] += (t * t).cos() * b;
        *t_bar -= p[2] * (t * t).sin() * two * t * b;
    }
}

/// Diffusion `p[0]`, growth `p[1] u - p[2] u³` and a travelling source on a ring of any number of cells.
#[derive(Debug, Clone, Copy)]
pub struct Ring;

impl Model for Ring {
    const NAME: &'static str = "ring";
    fn params_len() -> RangeInclusive<usize> {
        3..=3
    }
}

impl<T: Real> System<T> for Ring {
    type State = Vec<T>;
    type Params = Vec<T>;
}
impl<T: Real> Rhs<T> for Ring {
    fn rhs(&self, du: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, t: T) {
        let n = u.len();
        for i in 0..n {
            let (left, right) = (u[(i + n - 1) % n], u[(i + 1) % n]);
            let source = (t + T::lit(i as f64)).sin();
            du[i] =
                p[0] * (left + right - T::lit(2.0) * u[i]) + p[1] * u[i] - p[2] * u[i] * u[i] * u[i] + source;
        }
    }
}

impl<T: Real> Jvp<T> for Ring {
    fn jvp(
        &self,
        du: &mut Vec<T>,
        du_dot: &mut Vec<T>,
        u: &Vec<T>,
        u_dot: &Vec<T>,
        p: &Vec<T>,
        p_dot: &Vec<T>,
        t: T,
        t_dot: T,
    ) {
        self.rhs(du, u, p, t);
        let n = u.len();
        for i in 0..n {
            let (l, r) = ((i + n - 1) % n, (i + 1) % n);
            let two = T::lit(2.0);
            let square = u[i] * u[i];
            du_dot[i] = p_dot[0] * (u[l] + u[r] - two * u[i])
                + p[0] * (u_dot[l] + u_dot[r] - two * u_dot[i])
                + p_dot[1] * u[i]
                + p[1] * u_dot[i]
                - p_dot[2] * square * u[i]
                - p[2] * T::lit(3.0) * square * u_dot[i]
                + (t + T::lit(i as f64)).cos() * t_dot;
        }
    }
}

impl<T: Real> Vjp<T> for Ring {
    fn vjp(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let n = u.len();
        for i in 0..n {
            let (l, r, w) = ((i + n - 1) % n, (i + 1) % n, du_bar[i]);
            let two = T::lit(2.0);
            let square = u[i] * u[i];
            p_bar[0] += (u[l] + u[r] - two * u[i]) * w;
            p_bar[1] += u[i] * w;
            p_bar[2] -= square * u[i] * w;
            u_bar[l] += p[0] * w;
            u_bar[r] += p[0] * w;
            u_bar[i] += (p[1] - two * p[0] - T::lit(3.0) * p[2] * square) * w;
            *t_bar += (t + T::lit(i as f64)).cos() * w;
        }
    }
}

/// A ball that falls with the acceleration `p[0]`; `p[1]` is what a bounce leaves of its speed.
#[derive(Debug, Clone, Copy)]
pub struct Ball;

impl Model for Ball {
    const NAME: &'static str = "ball";
}

impl<T: Real> System<T> for Ball {
    type State = [T; 2];
    type Params = [T; 2];
}
impl<T: Real> Rhs<T> for Ball {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 2], _t: T) {
        *du = [u[1], -p[0]];
    }
}

impl<T: Real> Jvp<T> for Ball {
    fn jvp(
        &self,
        du: &mut [T; 2],
        du_dot: &mut [T; 2],
        u: &[T; 2],
        u_dot: &[T; 2],
        p: &[T; 2],
        p_dot: &[T; 2],
        t: T,
        _t_dot: T,
    ) {
        self.rhs(du, u, p, t);
        *du_dot = [u_dot[1], -p_dot[0]];
    }
}

impl<T: Real> Vjp<T> for Ball {
    fn vjp(
        &self,
        du_bar: &mut [T; 2],
        _u: &[T; 2],
        _p: &[T; 2],
        _t: T,
        u_bar: &mut [T; 2],
        p_bar: &mut [T; 2],
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        u_bar[1] += du_bar[0];
        p_bar[0] -= du_bar[1];
    }
}

/// A spring of strength `p[0]` with friction `p[1]`: linear.
#[derive(Debug, Clone, Copy)]
pub struct Spring;

impl Model for Spring {
    const NAME: &'static str = "spring";
}

impl<T: Real> System<T> for Spring {
    type State = [T; 2];
    type Params = [T; 2];
}
impl<T: Real> Rhs<T> for Spring {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 2], _t: T) {
        *du = [u[1], -p[0] * u[0] - p[1] * u[1]];
    }
}

impl<T: Real> Jvp<T> for Spring {
    fn jvp(
        &self,
        du: &mut [T; 2],
        du_dot: &mut [T; 2],
        u: &[T; 2],
        u_dot: &[T; 2],
        p: &[T; 2],
        p_dot: &[T; 2],
        t: T,
        _t_dot: T,
    ) {
        self.rhs(du, u, p, t);
        *du_dot = [u_dot[1], -p_dot[0] * u[0] - p[0] * u_dot[0] - p_dot[1] * u[1] - p[1] * u_dot[1]];
    }
}

impl<T: Real> Vjp<T> for Spring {
    fn vjp(
        &self,
        du_bar: &mut [T; 2],
        u: &[T; 2],
        p: &[T; 2],
        _t: T,
        u_bar: &mut [T; 2],
        p_bar: &mut [T; 2],
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let [a, b] = *du_bar;
        u_bar[0] -= p[0] * b;
        u_bar[1] += a - p[1] * b;
        p_bar[0] -= u[0] * b;
        p_bar[1] -= u[1] * b;
    }
}
