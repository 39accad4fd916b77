//! The implicit Euler method: the smallest that solves for its step.

use crate::linalg::DenseLu;
use crate::linalg::Singular;
use crate::problem::Jacobian;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::weighted_norm;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Facts;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Quality;
use crate::stepper::Scheme;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::stepper::methods::drives_nothing;

/// The implicit Euler method, `u_{n+1} = u_n + h f(u_{n+1}, t_{n+1})`: of order one, and stable whatever the step size
/// where the solution decays.
///
/// Each step is a solution by Newton's method, with the Jacobian of `#[ode]` as a dense matrix, taken anew for every
/// correction. Inside a step the solution is the straight line between its ends, which is of the method's order, and keeps
/// whatever sign or bound the states have. The error is estimated from the slopes at both ends.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ImplicitEuler;

impl Scheme for ImplicitEuler {
    const NAME: &'static str = "implicit Euler";
    const REFERENCE: &'static str =
        "Hairer, Wanner, Solving Ordinary Differential Equations II (1996), eq. IV.3.1";
    const ORDER: usize = 1;
    const INTERPOLANT_ORDER: usize = 1;
    const CONTROL_EXPONENT: Option<f64> = Some(2.0);
}

impl<T: Real, F: Jacobian<T>> Method<T, F> for ImplicitEuler {
    type Stepper = ImplicitEulerStepper<<F as System<T>>::State, T>;
    fn stepper(&self, u: &<F as System<T>>::State) -> Self::Stepper {
        const { drives_nothing(<F as System<T>>::ROUGH) };
        ImplicitEulerStepper::new(u)
    }
    fn facts(&self) -> Facts {
        const { Facts::of::<Self>() }
    }
}

/// Newton's method stops where its last correction is this part of what the tolerances allow: the next would be the
/// square of it.
const SMALL: f64 = 1e-6;

/// Below this part of the tolerances corrections that no longer become smaller are those of rounding.
const NEGLIGIBLE: f64 = 1e-3;

/// Tolerances may ask for more than rounding grants: corrections of this part of the state do as well.
const ROUNDING: f64 = 1e-13;

/// Newton's method gives up after so many corrections.
const MOST_ITERATIONS: u32 = 12;

/// The matrix `I - h ∂f/∂u` of a step.
#[derive(Debug)]
pub(crate) struct Iteration<V, T> {
    lu: DenseLu,
    /// The Jacobian, column by column.
    jacobian: Vec<f64>,
    unit: V,
    column: V,
    /// Memory for solutions.
    order: Vec<T>,
}

impl<V: Vector<T>, T: Real> Iteration<V, T> {
    pub fn new(u: &V) -> Self {
        let n = u.as_slice().len();
        Self {
            lu: DenseLu::new(n),
            jacobian: vec![0.0; n * n],
            unit: u.zeros_like(),
            column: u.zeros_like(),
            order: vec![T::ZERO; n],
        }
    }

    /// Takes the Jacobian at a state and a time, of which it looks at the values alone.
    pub fn factor<F>(
        &mut self,
        (f, p): (&F, &<F as System<T>>::Params),
        t: T,
        u: &V,
        h: f64,
    ) -> Result<(), Failure>
    where
        F: Jacobian<T> + System<T, State = V>,
    {
        let Self { lu, jacobian, unit, column, .. } = self;
        let n = lu.len();
        for j in 0..n {
            unit.as_mut_slice()[j] = T::ONE;
            f.state_jvp(column, u, unit, p, t);
            unit.as_mut_slice()[j] = T::ZERO;
            for (out, x) in jacobian[j * n..(j + 1) * n].iter_mut().zip(column.as_slice()) {
                *out = x.value();
            }
        }
        if !jacobian.iter().all(|x| x.is_finite()) {
            return Err(Failure::NotFinite);
        }
        let entry = |i: usize, j: usize| f64::from(u8::from(i == j)) - h * jacobian[j * n + i];
        lu.factor(entry).map_err(|Singular| Failure::Singular)
    }

    /// `x = (I - h J)^-1 x`.
    pub fn solve(&mut self, x: &mut V) {
        self.lu.solve(x.as_mut_slice(), &mut self.order);
    }

    /// `x = (I - h J)^-T x`.
    pub fn solve_transposed(&mut self, x: &mut V) {
        self.lu.solve_transposed(x.as_mut_slice(), &mut self.order);
    }
}

/// The memory of [`ImplicitEuler`].
#[derive(Debug)]
pub struct ImplicitEulerStepper<V, T> {
    iteration: Iteration<V, T>,
    /// The slope at the start of the step to come.
    slope: V,
    slope_is_ready: bool,
    /// The end of the step last taken, for its derivative.
    end: [V; 1],
    /// How far Newton's equation is from solved, and its correction.
    residual: V,
    /// The error of each component of the step last taken.
    errors: Vec<T>,
    iterations: u32,
    costs: Costs,
}

impl<V: Vector<T>, T: Real> ImplicitEulerStepper<V, T> {
    /// A stepper for states of the shape of `u`.
    pub fn new(u: &V) -> Self {
        Self {
            iteration: Iteration::new(u),
            slope: u.zeros_like(),
            slope_is_ready: false,
            end: [u.zeros_like()],
            residual: u.zeros_like(),
            errors: vec![T::ZERO; u.as_slice().len()],
            iterations: 0,
            costs: Costs::default(),
        }
    }

    /// Writes `u + h f(next) - next` to the residual.
    fn rest<F>(&mut self, at: At<'_, T, F>, next: &V)
    where
        F: Jacobian<T> + System<T, State = V>,
    {
        let At { f, p, interval, u } = at;
        f.rhs(&mut self.residual, next, p, T::lit(interval.to));
        for ((r, u), next) in self.residual.as_mut_slice().iter_mut().zip(u.as_slice()).zip(next.as_slice()) {
            *r = *u + r.scale(interval.h) - *next;
        }
        self.costs.rhs += 1;
    }

    /// Whether a correction is lost in the rounding of what it corrects.
    fn is_rounding(&self, next: &V) -> bool {
        let largest = |x: &V| x.as_slice().iter().fold(0.0, |most, x| f64::max(most, x.value().abs()));
        largest(&self.residual) <= ROUNDING * largest(next)
    }
}

impl<T, F, V> Stepper<T, F> for ImplicitEulerStepper<V, T>
where
    T: Real,
    V: Vector<T>,
    F: Jacobian<T> + System<T, State = V>,
{
    fn begin(
        &mut self,
        _: &F,
        _: &<F as System<T>>::Params,
        _: f64,
        _: &mut V,
        _: &Tolerances,
    ) -> Result<(), Failure> {
        self.slope_is_ready = false;
        Ok(())
    }

    fn slope(&mut self, f: &F, p: &<F as System<T>>::Params, t: f64, u: &V) -> Option<&V> {
        if !self.slope_is_ready {
            f.rhs(&mut self.slope, u, p, T::lit(t));
            self.costs.rhs += 1;
            self.slope_is_ready = true;
        }
        Some(&self.slope)
    }

    fn slope_at(&mut self, f: &F, p: &<F as System<T>>::Params, t: T, u: &V, out: &mut V) -> bool {
        f.rhs(out, u, p, t);
        self.costs.rhs += 1;
        true
    }

    fn step(&mut self, at: At<'_, T, F>, tolerances: &Tolerances, next: &mut V) -> Result<(), Failure> {
        let At { f, p, interval, u } = at;
        Stepper::<T, F>::slope(self, f, p, interval.from, u);
        let t = T::lit(interval.to);
        assign(next, u);
        self.iterations = 0;
        let mut before = f64::INFINITY;
        loop {
            self.iteration.factor((f, p), t, next, interval.h)?;
            self.rest(at, next);
            self.iteration.solve(&mut self.residual);
            add_scaled(next, 1.0, &self.residual);
            self.iterations += 1;
            self.costs.jacobians += 1;
            self.costs.factorizations += 1;
            self.costs.solves += 1;
            let size = weighted_norm(&self.residual, u, tolerances);
            if !size.is_finite() {
                return Err(Failure::NotFinite);
            }
            let stalls = size >= 0.5 * before;
            if size <= SMALL || stalls && (size <= NEGLIGIBLE || self.is_rounding(next)) {
                break;
            }
            if self.iterations >= MOST_ITERATIONS {
                return Err(Failure::Diverged { iterations: self.iterations });
            }
            before = size;
        }
        if T::NESTING > 0 {
            // The value is found. With its Jacobian each further correction is exact in one more power of the tangents,
            // as at a crossing.
            self.iteration.factor((f, p), t, next, interval.h)?;
            for _ in 0..T::NESTING {
                self.rest(at, next);
                for r in self.residual.as_mut_slice() {
                    *r -= T::lit(r.value());
                }
                self.iteration.solve(&mut self.residual);
                add_scaled(next, 1.0, &self.residual);
            }
        }
        assign(&mut self.end[0], next);
        let values = u.as_slice().iter().zip(next.as_slice()).zip(self.slope.as_slice());
        for (error, ((u, next), slope)) in self.errors.iter_mut().zip(values) {
            // Half the second derivative times the square of the step size, from the slopes at both ends.
            *error = (*next - *u - slope.scale(interval.h)).scale(0.5);
        }
        Ok(())
    }

    fn quality(&self, at: At<'_, T, F>, next: &V, tolerances: &Tolerances) -> Option<Quality> {
        let (mut squares, n) = (0.0, self.errors.len());
        let states = at.u.as_slice().iter().zip(next.as_slice());
        for (i, (error, (u, next))) in self.errors.iter().zip(states).enumerate() {
            let (before, after) = (u.value().abs(), next.value().abs());
            let ratio = error.value() / tolerances.scale(i, before.max(after));
            // An infinite state has an infinite scale, which would hide it; zero times it is NaN.
            squares += ratio * ratio + after * 0.0;
        }
        let error = if n == 0 { 0.0 } else { (squares / n as f64).sqrt() };
        Some(Quality { iterations: self.iterations, ..Quality::new(error, 2.0) })
    }

    fn component_error(&self, _: Interval, i: usize) -> Option<[T; 2]> {
        self.errors.get(i).map(|error| [*error, T::ZERO])
    }

    fn degree(&self) -> usize {
        1
    }

    fn prepare_dense(&mut self, _: At<'_, T, F>, _: &V) {}

    fn interpolate(&self, at: At<'_, T, F>, next: &V, theta: f64, out: &mut V) {
        for (out, (u, next)) in out.as_mut_slice().iter_mut().zip(at.u.as_slice().iter().zip(next.as_slice()))
        {
            *out = *u + (*next - *u).scale(theta);
        }
    }

    fn dense_coefficients(&self, at: At<'_, T, F>, next: &V, out: &mut Vec<T>) {
        out.extend(next.as_slice().iter().zip(at.u.as_slice()).map(|(next, u)| *next - *u));
    }

    fn trace(&self) -> Trace<'_, V, T> {
        Trace { stages: &self.end, ..Trace::NONE }
    }

    fn accept(&mut self) {
        self.slope_is_ready = false;
    }

    fn costs(&self) -> Costs {
        self.costs
    }
}
