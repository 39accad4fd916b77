//! Methods by value: chosen while the program runs, and a loop that is compiled once for all of them.

use std::sync::Arc;

use crate::error::Error;
use crate::problem::Rhs;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerances;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Facts;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Quality;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;
use crate::stepper::Trace;

/// Makes a stepper for states of the shape of the one given.
type Make<T, F> = dyn Fn(&<F as System<T>>::State) -> Box<dyn Stepper<T, F>> + Send + Sync;

/// Whether it can solve a problem: see [`Method::check`].
type Check<T, F> = dyn Fn(&F, (&<F as System<T>>::State, &<F as System<T>>::Params), (f64, f64)) -> Result<(), Error>
    + Send
    + Sync;

/// A method of which the type does not say which it is.
///
/// A step costs one indirect call more than by the method itself, which is nothing beside all but the smallest models.
///
/// ```
/// use diffeq_runtime::problem::OdeProblem;
/// use diffeq_runtime::stepper::{AnyMethod, Tsit5, Vern7};
///
/// let problem = OdeProblem::from_fn(|du: &mut f64, u: &f64, _: &(), _: f64| *du = -u, 1.0, (0.0, 1.0), ());
/// for precise in [false, true] {
///     let method = if precise { AnyMethod::new(Vern7) } else { AnyMethod::new(Tsit5) };
///     let end = *problem.solver(method).tolerances(1e-8, 1e-8).solve()?.end();
///     assert!((end - (-1.0_f64).exp()).abs() < 1e-7);
/// }
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub struct AnyMethod<T: Real, F: System<T>> {
    facts: Facts,
    uses_tolerances: bool,
    make: Arc<Make<T, F>>,
    check: Arc<Check<T, F>>,
}

impl<T: Real, F: System<T> + 'static> AnyMethod<T, F> {
    /// A method as any.
    pub fn new<M: Method<T, F, Stepper: 'static>>(method: M) -> Self {
        let (facts, uses_tolerances) = (method.facts(), method.uses_tolerances());
        let checked = method.clone();
        Self {
            facts,
            uses_tolerances,
            make: Arc::new(move |u| Box::new(method.stepper(u))),
            check: Arc::new(move |f, place, span| checked.check(f, place, span)),
        }
    }

    /// All methods of the list.
    pub fn all() -> Vec<Self>
    where
        F: Rhs<T>,
    {
        let mut all = Vec::new();
        crate::for_each_method!(Method => all.push(Self::new(Method)));
        all
    }
}

impl<T: Real, F: System<T>> Clone for AnyMethod<T, F> {
    fn clone(&self) -> Self {
        let Self { facts, uses_tolerances, make, check } = self;
        Self { facts: *facts, uses_tolerances: *uses_tolerances, make: make.clone(), check: check.clone() }
    }
}

impl<T: Real, F: System<T>> std::fmt::Debug for AnyMethod<T, F> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.facts.name)
    }
}

impl<T: Real, F: System<T> + 'static> Method<T, F> for AnyMethod<T, F> {
    type Stepper = Box<dyn Stepper<T, F>>;
    fn stepper(&self, u: &F::State) -> Self::Stepper {
        (self.make)(u)
    }
    fn check(&self, f: &F, place: (&F::State, &F::Params), span: (f64, f64)) -> Result<(), Error> {
        (self.check)(f, place, span)
    }
    fn facts(&self) -> Facts {
        self.facts
    }
    fn uses_tolerances(&self) -> bool {
        self.uses_tolerances
    }
}

impl<T: Real, F: System<T>, S: Stepper<T, F> + ?Sized> Stepper<T, F> for Box<S> {
    fn begin(
        &mut self,
        f: &F,
        p: &F::Params,
        t: f64,
        u: &mut F::State,
        tolerances: &Tolerances,
    ) -> Result<(), Failure> {
        (**self).begin(f, p, t, u, tolerances)
    }
    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &F::State) -> Option<&F::State> {
        (**self).slope(f, p, t, u)
    }
    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &F::State, out: &mut F::State) -> bool {
        (**self).slope_at(f, p, t, u, out)
    }
    fn step(
        &mut self,
        at: At<'_, T, F>,
        tolerances: &Tolerances,
        next: &mut F::State,
    ) -> Result<(), Failure> {
        (**self).step(at, tolerances, next)
    }
    fn quality(&self, at: At<'_, T, F>, next: &F::State, tolerances: &Tolerances) -> Option<Quality> {
        (**self).quality(at, next, tolerances)
    }
    fn component_error(&self, interval: Interval, i: usize) -> Option<[T; 2]> {
        (**self).component_error(interval, i)
    }
    fn degree(&self) -> usize {
        (**self).degree()
    }
    fn prepare_dense(&mut self, at: At<'_, T, F>, next: &F::State) {
        (**self).prepare_dense(at, next);
    }
    fn interpolate(&self, at: At<'_, T, F>, next: &F::State, theta: f64, out: &mut F::State) {
        (**self).interpolate(at, next, theta, out);
    }
    fn dense_coefficients(&self, at: At<'_, T, F>, next: &F::State, out: &mut Vec<T>) {
        (**self).dense_coefficients(at, next, out);
    }
    fn trace(&self) -> Trace<'_, F::State, T> {
        (**self).trace()
    }
    fn keep(&mut self, f: &F, u: &F::State) {
        (**self).keep(f, u);
    }
    fn remembers(&self) -> bool {
        (**self).remembers()
    }
    fn save(&self, out: &mut Snapshot<T>) {
        (**self).save(out);
    }
    fn load(&mut self, from: &Snapshot<T>) {
        (**self).load(from);
    }
    fn accept(&mut self) {
        (**self).accept();
    }
    fn keep_stages(&mut self, stages: usize) {
        (**self).keep_stages(stages);
    }
    fn reject(&mut self, why: Option<Failure>) {
        (**self).reject(why);
    }
    fn costs(&self) -> Costs {
        (**self).costs()
    }
}
