//! A problem, a method and options: what can be solved.

use std::cell::RefCell;
use std::ops::ControlFlow;
use std::sync::Arc;

use crate::control::Controller;
use crate::control::Fixed;
use crate::error::Error;
use crate::integrate::Event;
use crate::integrate::EventSet;
use crate::integrate::Grid;
use crate::integrate::Hook;
use crate::integrate::Inside;
use crate::integrate::Integrator;
use crate::integrate::Options;
use crate::integrate::StepView;
use crate::integrate::integrator::Domain;
use crate::integrate::options::check_fixed;
use crate::integrate::options::check_resolution;
use crate::integrate::options::check_use;
use crate::problem::OdeProblem;
use crate::problem::System;
use crate::real::Real;
use crate::space::Tolerance;
use crate::space::Tolerances;
use crate::stepper::Method;

/// A problem with a method and options, ready to be solved, more than once if need be.
///
/// `E` is the list of events, each with its own type.
pub struct Solver<'a, F: System<T>, T: Real, M, E = ()> {
    /// The problem.
    pub problem: &'a OdeProblem<F, T>,
    /// The method.
    pub method: M,
    /// How to solve and what to keep.
    pub options: Options,
    pub(crate) events: E,
    pub(super) domain: Option<Domain<'a, F::State, F::Params>>,
    /// Whether tolerances were asked for, and are not those of some options.
    pub(super) asks_for_tolerances: bool,
    pub(super) hooks: RefCell<Vec<Hook<'a, F::State>>>,
}

impl<F: System<T>, T: Real> OdeProblem<F, T> {
    /// Solves this problem with a method: `problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve()?`.
    pub fn solver<M: Method<T, F>>(&self, method: M) -> Solver<'_, F, T, M> {
        Solver {
            problem: self,
            method,
            options: Options::default(),
            events: (),
            domain: None,
            asks_for_tolerances: false,
            hooks: RefCell::new(Vec::new()),
        }
    }
}

impl<'a, F: System<T>, T: Real, M: Method<T, F>, E: EventSet<T, F>> Solver<'a, F, T, M, E> {
    /// All options at once; by default [`Options::default`].
    pub fn options(self, options: Options) -> Self {
        Self { options, asks_for_tolerances: false, ..self }
    }

    /// One change of the options.
    fn with(mut self, change: impl FnOnce(&mut Options)) -> Self {
        change(&mut self.options);
        self
    }

    /// How large the error of a step may be, relative to the state and absolute: one number for all components, or
    /// one for each; `1e-6` and `1e-9` by default.
    ///
    /// A method without an error estimate, such as [`RK4`](crate::stepper::RK4), has no use for them, and a solve by it
    /// that asks for them is refused.
    pub fn tolerances(self, rtol: impl Into<Tolerance>, atol: impl Into<Tolerance>) -> Self {
        let tolerances = Tolerances { relative: rtol.into(), absolute: atol.into() };
        Self { asks_for_tolerances: true, ..self }.with(|options| options.tolerances = tolerances)
    }

    /// The first step size; the only one for methods without an error estimate, which need it. By default it is chosen from
    /// the problem.
    pub fn dt(self, dt: f64) -> Self {
        self.with(|options| options.dt = Some(dt))
    }

    /// Steps of one size, whatever their error; by default the error chooses them.
    pub fn fixed(self, dt: f64) -> Self {
        self.dt(dt).controller(Fixed)
    }

    /// A step that would have to be shorter is an error; by default 0, where only steps that the clock can't tell are too
    /// short.
    pub fn dt_min(self, dt_min: f64) -> Self {
        self.with(|options| options.dt_min = dt_min)
    }

    /// No step is longer; by default infinite, which leaves it to the span.
    ///
    /// Where a solution rests steps grow to the span: what happens late and for a short time, a pulse that no stage falls into, is
    /// then not seen. No step longer than the pulse sees it, or a stop where it begins ([`tstops`](Self::tstops)).
    pub fn dt_max(self, dt_max: f64) -> Self {
        self.with(|options| options.dt_max = dt_max)
    }

    /// No more steps are tried, refused ones included; a million by default.
    pub fn max_steps(self, max_steps: usize) -> Self {
        self.with(|options| options.max_steps = max_steps)
    }

    /// How the error steers the step size: [`Pid`](crate::control::Pid) or [`Fixed`]; by default
    /// [`Pid::pi`](crate::control::Pid::pi).
    pub fn controller(self, controller: impl Controller + 'static) -> Self {
        self.with(|options| options.controller = Arc::new(controller))
    }

    /// Saves at the times of a grid, and no longer at the end of every step, which is the default.
    pub fn save_at(self, grid: Grid) -> Self {
        self.with(|options| options.save_at = Some(grid))
    }

    /// Whether the start is saved; by default if every step is, or if the grid says so.
    pub fn save_start(self, save: bool) -> Self {
        self.with(|options| options.save_start = Some(save))
    }

    /// Whether the end of every step is saved, and the state after every event; by default if there is no
    /// [`save_at`](Self::save_at).
    pub fn save_every_step(self, save: bool) -> Self {
        self.with(|options| options.save_every_step = Some(save))
    }

    /// Saves these components alone; by default all of them.
    pub fn save_idxs(self, idxs: impl Into<Vec<usize>>) -> Self {
        self.with(|options| options.save_idxs = Some(idxs.into()))
    }

    /// Whether the solution can be asked for its value at any time, and is plotted as a smooth curve; `false` by default.
    pub fn dense(self, dense: bool) -> Self {
        self.with(|options| options.dense = dense)
    }

    /// Times that steps must end on; none by default.
    ///
    /// Where the right-hand side jumps at a stop, `if t <= 1.0 { … } else { … }` with `.tstops([1.0])`, the step before
    /// has the slopes just before it and the step after it those just after it, with `<` as well as with `<=`: at a stop
    /// itself a model is not asked for its slope, but a few roundings of the time away. The same holds at the given times
    /// of events. Where a jump lies at the start or at the end of the span, list that as well.
    pub fn tstops(self, tstops: impl Into<Vec<f64>>) -> Self {
        self.with(|options| options.tstops = tstops.into())
    }

    /// How large the error of a derivative may be, in relative tolerances of the solve; 100 by default, but not more than 2e-3
    /// of the derivative, or than 30 tolerances if that is larger. `None`: it is not looked at.
    ///
    /// Steps are chosen for the value. Where the value rests, at an equilibrium or with a parameter that is zero, they grow
    /// beyond what its derivative needs, which is then exact for the steps taken and wrong by any factor. So every gradient
    /// estimates its error, as a solve does that of the value. Forward modes (`jvp`, dual numbers, `sensitivities`) and the
    /// discrete adjoint do so by the method's own estimate, and where it is larger by halves of the same steps; where these agree,
    /// the solve is done again with the steps that the derivative needs, and the derivative is that of the second solve.
    /// `on_step` sees every solve. It is the errors of single steps that are held to this; of delayed equations what they come to
    /// together is told, which may be more. Where the value itself is off, because errors grow, so is its derivative; that is no
    /// error of the derivative's steps, and no estimate has it. Continuous adjoints control
    /// the errors of their way back along the solution as it was computed; where these may add up to more, because costate, parameters' cotangent or loss are
    /// small beside the absolute tolerance, they go back again with a smaller one. Where no steps are short enough the answer
    /// is [`Error::Derivative`](crate::error::Error::Derivative).
    ///
    /// The limit holds for the error of a step, as tolerances do, and for each derivative relative to its own size: parameters have
    /// units of their own. Those of a network, in a [layer](crate::layers) for an ordinary equation or as a right-hand side ([`nn`](crate::nn)), have one unit
    /// ([`ONE_UNIT`](crate::problem::System::ONE_UNIT)): its gradient is held to the limit as a vector, as an optimiser takes it, and a
    /// weight that hardly matters may be off by more than its own size. Where a reverse mode looks at a training, an iteration takes a
    /// few per cent longer.
    ///
    /// To look at a step costs as much as to go back through it, so the discrete adjoint looks at the longest step and at one in
    /// sixty-four before it decides, and forward modes at one in eight: at loose tolerances it may miss a step that is too long.
    ///
    /// Nor do more looks mend what loose tolerances cost: errors of steps add up, in the value as in its derivatives. Of 300 gradients of
    /// a neural equation in training at a relative tolerance of 1e-3, from three starts, 63 to 173 were off by more than a tenth of
    /// their norm, most of them also where every step was looked at; their states were off by several tolerances, too. At 1e-4
    /// it were 0 to 12, and at 1e-5 none was off by more than three per cent. Where a single gradient matters, take tighter
    /// tolerances, and compare.
    ///
    /// No mode sees what no stage sees: a pulse that is short beside the steps, late in a long rest, changes neither value nor
    /// derivative of a solve whose steps go over it. Where a forcing is short, list where it begins in
    /// [`tstops`](Self::tstops), or let no step be longer than it by [`dt_max`](Self::dt_max); times in branches such as
    /// `if t < p.start` are found by `#[ode]`. Where a model may switch at times that move and were not found
    /// ([`HIDES_SWITCHES`](crate::problem::System::HIDES_SWITCHES)), derivatives may lack that motion: they are looked at all the same,
    /// but their `error` is `None`, for nobody knows it.
    ///
    /// Steps of fixed size are taken as they are, and so are those of methods without an error estimate: whoever chooses
    /// the steps chooses them for the derivative as well. Their derivatives have no estimate: `error` is `None`, and no number. [`Halved`](crate::stepper::Halved) gives such a method an estimate.
    /// Over dual numbers, reverse modes look at the error of the gradient, and not at that of its tangents.
    pub fn derivative_tolerance(self, factor: impl Into<Option<f64>>) -> Self {
        let factor = factor.into();
        self.with(|options| options.derivative_tolerance = factor)
    }

    /// Steps whose end `(u, p, t)` is out of the domain of the model are taken again, shorter; and so are those inside which
    /// a time to save at has a state that is. So all rows are in the domain, and what is saved may change the steps, which
    /// it does not without a domain. What [`dense`](Self::dense) output says of times that were not saved at is not asked
    /// for. By default every state is in the domain.
    pub fn is_out_of_domain(self, is_out: impl Fn(&F::State, &F::Params, f64) -> bool + 'a) -> Self {
        Self { domain: Some(Box::new(is_out)), ..self }
    }

    /// Calls back after each step; `ControlFlow::Break(())` ends the solve there. By default nothing is called.
    pub fn on_step(self, hook: impl FnMut(&StepView<'_, F::State>) -> ControlFlow<()> + 'a) -> Self {
        self.hooks.borrow_mut().push(Box::new(hook));
        self
    }

    /// Adds an event: [`Crossing`](crate::integrate::Crossing), [`Discrete`](crate::integrate::Discrete),
    /// [`Periodic`](crate::integrate::Periodic) or [`Preset`](crate::integrate::Preset), of closures or of functions with
    /// `#[differentiable]`, which gradients pass through; or an [`Event`] of your own. By default there is none.
    pub fn event<A: Event<T, F>>(self, event: A) -> Solver<'a, F, T, M, (E, A)> {
        let Self { problem, method, options, events, domain, asks_for_tolerances, hooks } = self;
        Solver { problem, method, options, events: (events, event), domain, asks_for_tolerances, hooks }
    }

    /// All events at once, in the place of those added before; by default there are none.
    pub fn events<A: EventSet<T, F>>(self, events: A) -> Solver<'a, F, T, M, A> {
        let Self { problem, method, options, domain, asks_for_tolerances, hooks, .. } = self;
        Solver { problem, method, options, events, domain, asks_for_tolerances, hooks }
    }

    /// The same method, options and events for another problem with the same model; without the callbacks.
    pub fn on<'b>(&'b self, problem: &'b OdeProblem<F, T>) -> Solver<'b, F, T, M, &'b E> {
        let domain = self.domain.as_ref().map(|is_out| Box::new(is_out.as_ref()) as Domain<'b, _, _>);
        Solver {
            problem,
            method: self.method.clone(),
            options: self.options.clone(),
            events: &self.events,
            domain,
            asks_for_tolerances: self.asks_for_tolerances,
            hooks: RefCell::new(Vec::new()),
        }
    }

    /// [`on`](Self::on) with events of its own, for what outlives this solver.
    #[cfg(feature = "dfdx")]
    pub(crate) fn on_with_own_events<'b>(&'b self, problem: &'b OdeProblem<F, T>) -> Solver<'b, F, T, M, E>
    where
        E: Clone,
    {
        let Solver { problem, method, options, domain, asks_for_tolerances, hooks, .. } = self.on(problem);
        Solver { problem, method, options, events: self.events.clone(), domain, asks_for_tolerances, hooks }
    }

    /// The same method, options and events for the same model over another scalar; without the callbacks.
    ///
    /// `values` makes state and parameters over `T` for the domain to look at.
    pub(crate) fn over<'b, U: Real>(
        &'b self,
        problem: &'b OdeProblem<F, U>,
        values: impl Fn(
            &<F as System<U>>::State,
            &<F as System<U>>::Params,
        ) -> (<F as System<T>>::State, <F as System<T>>::Params)
        + 'b,
    ) -> Solver<'b, F, U, M, &'b E>
    where
        F: System<U>,
    {
        let domain = self.domain.as_ref().map(|is_out| {
            let is_out = move |u: &<F as System<U>>::State, p: &<F as System<U>>::Params, t| {
                let (u, p) = values(u, p);
                is_out(&u, &p, t)
            };
            Box::new(is_out) as Domain<'b, _, _>
        });
        Solver {
            problem,
            method: self.method.clone(),
            options: self.options.clone(),
            events: &self.events,
            domain,
            asks_for_tolerances: self.asks_for_tolerances,
            hooks: RefCell::new(Vec::new()),
        }
    }

    /// Refuses what makes no sense in a solve that a user asks for, and would in a piece of one.
    pub(super) fn check(&self) -> Result<(), Error> {
        let Self { problem, method, options, asks_for_tolerances, .. } = self;
        let facts = method.facts();
        check_resolution::<T>(problem.span)?;
        check_use(*asks_for_tolerances, method.uses_tolerances(), facts.name)?;
        let is_fixed = facts.control_exponent.is_none() || !options.controller.is_adaptive();
        check_fixed(options.dt, is_fixed, problem.span)
    }

    /// The solve, from its start on.
    pub(crate) fn integrator(&self) -> Result<Integrator<'_, T, F, M>, Error> {
        Integrator::new(self.problem, &self.method, &self.options, &self.events, self.domain.as_ref())
    }

    /// Whether there are callbacks to show steps to.
    pub(super) fn has_hooks(&self) -> bool {
        self.hooks.try_borrow().is_ok_and(|hooks| !hooks.is_empty())
    }

    /// Shows the callbacks a step.
    pub(super) fn call_hooks(&self, integrator: &Integrator<'_, T, F, M>) -> ControlFlow<()> {
        // A callback that solves the same solver again goes without callbacks there.
        let Ok(mut hooks) = self.hooks.try_borrow_mut() else {
            return ControlFlow::Continue(());
        };
        if hooks.is_empty() {
            return ControlFlow::Continue(());
        }
        let interval = integrator.interval();
        let (t0, t1) = self.problem.span;
        let view = StepView {
            step: integrator.step_index(),
            interval,
            before: integrator.u(),
            u: integrator.next(),
            progress: (interval.end - t0) / (t1 - t0),
            stop: t1,
        };
        let mut flow = ControlFlow::Continue(());
        for hook in hooks.iter_mut() {
            if hook(&view).is_break() {
                flow = ControlFlow::Break(());
            }
        }
        flow
    }
}
