//! The discrete adjoint of a step of two methods: that of the method which took it.

use crate::problem::System;
use crate::real::Real;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::Bars;
use crate::sensitivity::step::StepAdjoint;
use crate::sensitivity::step::StepMotion;
use crate::space::Tolerances;
use crate::space::Workspace;
use crate::stepper::At;
use crate::stepper::Auto;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Trace;

/// The adjoints of both methods.
#[derive(Debug, Clone)]
pub struct AutoAdjoint<A, B> {
    first: A,
    second: B,
    /// Who took the step at hand.
    by: u8,
}

impl<T, F, A, B> AdjointMethod<T, F> for Auto<A, B>
where
    T: Real,
    F: System<T>,
    A: AdjointMethod<T, F>,
    B: AdjointMethod<T, F>,
{
    type Adjoint = AutoAdjoint<A::Adjoint, B::Adjoint>;
    fn adjoint(&self, u: &F::State, tolerances: &Tolerances) -> Self::Adjoint {
        let (first, second) = (self.first.adjoint(u, tolerances), self.second.adjoint(u, tolerances));
        AutoAdjoint { first, second, by: 0 }
    }
}

impl<A, B> AutoAdjoint<A, B> {
    fn of<T: Real, F: System<T>>(&mut self, by: u8) -> &mut dyn StepAdjoint<T, F>
    where
        A: StepAdjoint<T, F>,
        B: StepAdjoint<T, F>,
    {
        if by == 0 { &mut self.first } else { &mut self.second }
    }
}

impl<T, F, A, B> StepAdjoint<T, F> for AutoAdjoint<A, B>
where
    T: Real,
    F: System<T>,
    A: StepAdjoint<T, F>,
    B: StepAdjoint<T, F>,
{
    fn begin(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        dense: bool,
        slopes: bool,
    ) -> Result<(), Failure> {
        self.by = trace.by;
        self.of::<T, F>(trace.by).begin(at, trace, dense, slopes)
    }

    fn seed(&mut self, theta: f64, cotangent: &F::State) {
        self.of::<T, F>(self.by).seed(theta, cotangent);
    }

    fn seed_rate(&mut self, interval: Interval, theta: f64, cotangent: &F::State) -> bool {
        self.of::<T, F>(self.by).seed_rate(interval, theta, cotangent)
    }

    fn seed_slope(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        theta: f64,
        cotangent: &F::State,
    ) -> T {
        self.of::<T, F>(trace.by).seed_slope(at, trace, theta, cotangent)
    }

    fn error(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        u_bar: &F::State,
        errors: (&mut F::State, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        self.of::<T, F>(trace.by).error(at, trace, u_bar, errors, work)
    }

    fn error_by_halves(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        errors: (&mut F::State, &mut F::Params),
        work: &mut Workspace<T>,
    ) -> bool {
        self.of::<T, F>(trace.by).error_by_halves(at, trace, errors, work)
    }

    fn finish(
        &mut self,
        at: At<'_, T, F>,
        trace: Trace<'_, F::State, T>,
        motion: StepMotion,
        bars: Bars<'_, T, F>,
        work: &mut Workspace<T>,
    ) -> Result<(), Failure> {
        self.of::<T, F>(trace.by).finish(at, trace, motion, bars, work)
    }
}
