//! The tangent of a stochastic step: the step over dual numbers, on the same path.

use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::System;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::step::StepTangent;
use crate::space::Lift;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::stepper::At;
use crate::stepper::Failure;
use crate::stepper::Stepper;

/// Memory for the forward derivative of a stochastic step.
#[derive(Debug, Clone)]
pub struct DualTangent<S, V> {
    stepper: S,
    is_begun: bool,
    /// The tangents at the ends of the step taken last.
    start: V,
    end: V,
}

impl<S, V> DualTangent<S, V> {
    /// From the stepper over dual numbers.
    pub fn new<T: Real>(stepper: S, u: &V) -> Self
    where
        V: Vector<T>,
    {
        Self { stepper, is_begun: false, start: u.zeros_like(), end: u.zeros_like() }
    }
}

/// A vector with tangents.
fn moving<T: Real, V: Lift<T, Dual<T, 1>>>(x: &V, x_dot: &V) -> V::Lifted {
    let mut dots = x_dot.as_slice().iter();
    x.lift(&mut |x| Dual::new(x, [dots.next().copied().unwrap_or(T::ZERO)]))
}

impl<T, M, W, S> StepTangent<T, Driven<M, W>> for DualTangent<S, <M as System<T>>::State>
where
    T: Real,
    M: Diffusion<
            T,
            State: Lift<T, Dual<T, 1>, Lifted = <M as System<Dual<T, 1>>>::State>,
            Params: Lift<T, Dual<T, 1>, Lifted = <M as System<Dual<T, 1>>>::Params>,
        > + Diffusion<Dual<T, 1>>,
    W: Path,
    S: Stepper<Dual<T, 1>, Driven<M, W>>,
{
    fn step(
        &mut self,
        at: At<'_, T, Driven<M, W>>,
        p_dot: &<M as System<T>>::Params,
        _: T,
        _: T,
        u_dot: &mut <M as System<T>>::State,
    ) -> Result<(), Failure> {
        // None of the methods looks at them.
        let tolerances = Tolerances { relative: 1e-2.into(), absolute: 1e-2.into() };
        assign(&mut self.start, u_dot);
        let (mut u, p) = (moving(at.u, u_dot), moving(at.p, p_dot));
        if !self.is_begun || at.interval.begins_anew() {
            self.stepper.begin(at.f, &p, at.interval.from, &mut u, &tolerances)?;
            self.is_begun = true;
        }
        let mut next = u.zeros_like();
        self.stepper.step(At { f: at.f, p: &p, interval: at.interval, u: &u }, &tolerances, &mut next)?;
        self.stepper.accept();
        for (u_dot, next) in u_dot.as_mut_slice().iter_mut().zip(next.as_slice()) {
            *u_dot = next.tangents[0];
        }
        assign(&mut self.end, u_dot);
        Ok(())
    }

    fn restart(&mut self) {
        self.is_begun = false;
    }

    fn row(
        &mut self,
        _: At<'_, T, Driven<M, W>>,
        _: &<M as System<T>>::Params,
        theta: f64,
        _: T,
        out: &mut <M as System<T>>::State,
    ) {
        let ends = self.start.as_slice().iter().zip(self.end.as_slice());
        for (out, (start, end)) in out.as_mut_slice().iter_mut().zip(ends) {
            *out = *start + (*end - *start).scale(theta);
        }
    }
}
