//! What can go wrong: where, what, and what to try.

/// Why a solve stopped, or did not start.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The controller asked for a step too small to advance time.
    #[error(
        "step size underflow at t = {t:e} (dt = {dt:e}) in `{model}`: {component} carries the largest error; {cause}"
    )]
    StepSizeUnderflow {
        /// The model's name.
        model: &'static str,
        /// Where the step began.
        t: f64,
        /// The step size that was refused last.
        dt: f64,
        /// The component with the largest error.
        component: String,
        /// What is likely to be the cause, and what to try.
        cause: String,
    },

    /// A derivative or a state is infinite or NaN, however small the step; or the condition of an event is, or what
    /// its effect left.
    #[error("`{model}` is not finite at t = {t:e} (dt = {dt:e}): {component} is {value}; {cause}")]
    NotFinite {
        /// The model's name.
        model: &'static str,
        /// Where the step began; for an event, when it was looked for or took place.
        t: f64,
        /// The step size that was tried last; zero at the start.
        dt: f64,
        /// What is not finite: a component of the state, of its derivative, or of the parameters, or a condition.
        component: String,
        /// Its value.
        value: f64,
        /// What is likely to be the cause, and what to try.
        cause: String,
    },

    /// The method found no step, however small; for steps of fixed size, none of that size.
    #[error(
        "no step of `{model}` from t = {t:e} (dt = {dt:e}): {why}; look for a place where the right-hand side has no \
         derivative, and try a shorter step or another method"
    )]
    NoStep {
        /// The model's name.
        model: &'static str,
        /// Where the step began.
        t: f64,
        /// The step size that was tried last; zero at the start.
        dt: f64,
        /// What went wrong.
        why: String,
    },

    /// A delayed equation asked its history for what there is not.
    #[error("`{model}` at t = {t:e}: {what}; {hint}")]
    History {
        /// The model's name.
        model: &'static str,
        /// When it asked.
        t: f64,
        /// What is wrong.
        what: String,
        /// What to try.
        hint: &'static str,
    },

    /// Every step that was tried, however small, left the domain.
    #[error(
        "every step of `{model}` from t = {t:e} leaves the domain (dt = {dt:e}): the solution itself runs out of it; \
         check `is_out_of_domain`, or end the span before"
    )]
    OutOfDomain {
        /// The model's name.
        model: &'static str,
        /// Where the step began.
        t: f64,
        /// The step size that was tried last.
        dt: f64,
    },

    /// The budget of steps is spent.
    #[error(
        "the budget of {max_steps} steps is spent at t = {t:e} (dt = {dt:e}, {rejected} steps rejected) in \
         `{model}`: {component} carries the largest error; {cause}"
    )]
    StepBudget {
        /// The model's name.
        model: &'static str,
        /// How far the solve came.
        t: f64,
        /// The size of the step that was not taken.
        dt: f64,
        /// The budget.
        max_steps: usize,
        /// How many of the steps were rejected.
        rejected: usize,
        /// The component with the largest error.
        component: String,
        /// What is likely to be the cause, and what to try.
        cause: String,
    },

    /// The model wrote a derivative of another length than the state, or an event changed the length of the state or of
    /// the parameters.
    #[error(
        "the length of a vector of `{model}` changed at t = {t:e}: it has {found} components where {expected} are \
         needed; models write to `du`, and events to `u` and `p`, without resizing them"
    )]
    Length {
        /// The model's name.
        model: &'static str,
        /// Where.
        t: f64,
        /// The length of the state, or of the parameters.
        expected: usize,
        /// The length that was found.
        found: usize,
    },

    /// A state or parameters of a length that the model is not written for.
    #[error("`{what}` has {found} components, `{model}` {needs}")]
    Misfit {
        /// The model's name.
        model: &'static str,
        /// `u0` or `p`.
        what: &'static str,
        /// How many it has.
        found: usize,
        /// How many the model needs, in words.
        needs: String,
    },

    /// What was made of a model's function is another function: a mistake of this library.
    #[error(
        "`{model}` was translated wrongly: at t = {t:e} {component} is {compiled:?}, where the function as written gives \
         {written:?}; please report the function; until this is mended, write that line in other words, or solve without \
         derivatives by `OdeProblem::from_fn`"
    )]
    Translation {
        /// The model's name.
        model: &'static str,
        /// Where the two were compared.
        t: f64,
        /// The component of the derivative that differs first.
        component: String,
        /// What the function as written gives.
        written: f64,
        /// What the model gives.
        compiled: f64,
    },

    /// An option that makes no sense.
    #[error("option `{option}` {problem}; {hint}")]
    Option {
        /// The option's name.
        option: &'static str,
        /// What is wrong with it.
        problem: String,
        /// What to write instead.
        hint: &'static str,
    },

    /// A time outside the span, or out of order.
    #[error("{what} {t:e} lies outside the span ({t0:e}, {t1:e}) or out of order; {hint}")]
    Time {
        /// What the time is for.
        what: &'static str,
        /// The time.
        t: f64,
        /// Where the span begins.
        t0: f64,
        /// Where the span ends.
        t1: f64,
        /// What to do.
        hint: &'static str,
    },

    /// An event follows upon itself faster than the clock can tell, or its effect leaves its condition at zero while the
    /// solution goes on to the other side: what comes to rest by impacts.
    #[error(
        "event {event} of `{model}` can't take place and be over at t = {t:e}: {why}; the solver does not know how what \
         rests goes on: say so (`Crossing::at_rest`, `Event::at_rest`), end the solve there (`ends_at_rest`), or end the \
         span before"
    )]
    Events {
        /// The model's name.
        model: &'static str,
        /// Which event of the solver, from zero.
        event: usize,
        /// Where.
        t: f64,
        /// What is the matter with it.
        why: &'static str,
    },

    /// The solution was asked for something that was not kept.
    #[error("the solution does not have {what}; {hint}")]
    NotKept {
        /// What is missing.
        what: String,
        /// Which option keeps it.
        hint: &'static str,
    },

    /// A solution that is integrated backwards in time does not come back the way it went.
    #[error(
        "backwards in time `{model}` does not retrace its solution: at t = {t:e} the state is off by {error:.3e} \
         tolerances, where {limit:e} are allowed{cause}; use `GaussAdjoint` or `DiscreteAdjoint`, which keep the solution"
    )]
    Reconstruction {
        /// The model's name.
        model: &'static str,
        /// Where the two were compared.
        t: f64,
        /// The distance of the two, the root mean square over the components, in tolerances of the solve.
        error: f64,
        /// How large it may be.
        limit: f64,
        /// Why the backward solve stopped, where it did.
        cause: String,
    },

    /// A derivative changes faster than the steps that were taken for the value, and no others were found.
    #[error(
        "the derivative of the solution of `{model}` is off by {error:.1e} of its size from t = {t:e} on, where {limit:.1e} \
         is allowed: its steps are those of the value, and shorter ones did not help; set `dt_max`, stops (`tstops`) where \
         the right-hand side jumps, or tighter tolerances; `derivative_tolerance(None)` returns it unchecked"
    )]
    Derivative {
        /// The model's name.
        model: &'static str,
        /// Where the error is largest.
        t: f64,
        /// The estimate of it, relative to the largest value of that derivative.
        error: f64,
        /// How large it may be.
        limit: f64,
    },

    /// A training's loss is infinite or NaN.
    #[error(
        "the loss is {loss} at iteration {iteration}; try a smaller learning rate, or start nearer to a solution"
    )]
    Loss {
        /// How many updates were made before.
        iteration: usize,
        /// The loss.
        loss: f64,
    },

    /// A training stopped at an iteration. What it trains then holds the parameters with the least loss so far.
    #[error("{cause}{}", stopped(*.iteration, .losses))]
    Training {
        /// How many updates were made before.
        iteration: usize,
        /// The losses before each of them.
        losses: Vec<f64>,
        /// Why it stopped.
        cause: Box<Error>,
    },

    /// A layer above the solvers failed: a plot that can't be written, a tensor that does not fit.
    #[error("{layer}: {message}")]
    Layer {
        /// Which one.
        layer: &'static str,
        /// What it says.
        message: String,
    },

    /// Cotangents, tangents or components of another shape than what they belong to.
    #[error("there are {found} {what} where {expected} are needed; give one for each, in the same order")]
    Shape {
        /// What was counted.
        what: &'static str,
        /// How many are needed.
        expected: usize,
        /// How many there are.
        found: usize,
    },
}

/// A number as one would write it: with an exponent where its digits would fill a line.
pub(crate) fn figure(x: impl std::borrow::Borrow<f64>) -> String {
    let x: f64 = *x.borrow();
    match x != 0.0 && !(1e-5..1e9).contains(&x.abs()) {
        true => format!("{x:e}"),
        false => format!("{x}"),
    }
}

/// Where a training stopped, and what there is of it.
fn stopped(iteration: usize, losses: &[f64]) -> String {
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    match losses.is_empty() {
        true => format!(" (at iteration {iteration} of the training)"),
        false => format!(" (at iteration {iteration} of the training; the least loss before was {least:e})"),
    }
}

impl Error {
    /// The error of a solve backwards in time: it is said which one stopped.
    pub(crate) fn of_adjoint(mut self, model: &str) -> Self {
        if let Error::StepSizeUnderflow { cause, .. }
        | Error::NotFinite { cause, .. }
        | Error::StepBudget { cause, .. }
        | Error::NoStep { why: cause, .. } = &mut self
        {
            *cause = format!(
                "the solution of `{model}` itself is there, its gradient's solve backwards in time stopped: {cause}"
            );
        }
        self
    }
}
