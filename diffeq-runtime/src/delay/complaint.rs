//! What can go wrong with a lookup, in words.

use crate::error::Error;

/// What went wrong with a lookup.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Complaint {
    /// It asked for a time that is yet to come.
    Ahead { t: f64, asked: f64 },
    /// It asked for a time before the history begins.
    Before { t: f64, asked: f64, begin: f64 },
    /// It asked for a time before the start after the history ends.
    After { t: f64, asked: f64, end: f64 },
    /// The history is of states of another length.
    Misfit { t: f64, width: usize },
    /// The history has no slope.
    NoSlope { asked: f64, order: usize },
    /// The span goes backwards.
    Backwards { t: f64 },
    /// A lag that is not positive, or too short for steps as long as it is rounded by.
    NoLag { t: f64, lag: f64 },
    /// It asked for a time that is kept no longer.
    Forgotten { t: f64, asked: f64 },
    /// The method has no derivative of the slope inside its steps.
    SlopeBar { asked: f64 },
    /// The history does not say how it depends on the parameters.
    Hidden { asked: f64, order: usize },
    /// A lag moves along a derivative, where noise drives the solution.
    RoughLag { t: f64 },
    /// The derivative jumps at a time of which nobody knows how it moves.
    Unmoved { t: f64 },
    /// A gradient of numbers with derivatives, along which a break moves.
    Twofold { t: f64 },
}

impl Complaint {
    /// What the solve ends with.
    pub fn error(self, model: &'static str) -> Error {
        let history = |t: f64, what: String, hint: &'static str| Error::History { model, t, what, hint };
        match self {
            Complaint::Ahead { t, asked } => history(
                t,
                format!("the state at t = {asked:e} is asked for, which is yet to come"),
                "a lag became negative: look at what it depends on, and keep it above zero",
            ),
            Complaint::Before { t, asked, begin } => history(
                t,
                format!("the state at t = {asked:e} is asked for, and the history begins at {begin:e}"),
                "give a history that goes back as far as the largest lag",
            ),
            Complaint::After { t, asked, end } => history(
                t,
                format!("the state at t = {asked:e} is asked for, and the history ends at {end:e}"),
                "give a history that goes on to the start of the span",
            ),
            Complaint::Misfit { t, width } => history(
                t,
                format!("the history is not one of states of {width} components"),
                "give it as many components as `u0` has",
            ),
            Complaint::NoSlope { asked, order: 1 } => history(
                asked,
                "the slope of the history is asked for, and it has none".into(),
                "a neutral equation needs one, and so does the derivative by a lag: give a function with `#[differentiable]`, \
                 `Before::of::<history>()`, or `Phi::new(|p, t| ..).slope(|p, t| ..)`",
            ),
            Complaint::NoSlope { asked, .. } => history(
                asked,
                "the second derivative of the history is asked for, and it has none".into(),
                "the derivative of a neutral equation by a lag needs one: give a function with `#[differentiable]`, \
                 `Before::of::<history>()`",
            ),
            Complaint::Backwards { t } => history(
                t,
                "the span goes backwards".into(),
                "the past of a delayed equation is given, and not its future: solve from `t0` to a later `t1`",
            ),
            Complaint::SlopeBar { asked } => history(
                asked,
                "the gradient of a neutral equation is asked for backwards, and the slope inside this method's steps has none"
                    .into(),
                "take an explicit Runge-Kutta method, or dual numbers",
            ),
            Complaint::Hidden { asked, order } => history(
                asked,
                format!(
                    "how the history's {} moves with the parameters is asked for, and a closure does not say",
                    if order == 0 { "state" } else { "slope" }
                ),
                "give the history as a function with `#[differentiable]`, `Before::of::<history>()`; or, if no parameter is in \
                 it, as a closure of the time alone, `Given(|t| ..)`",
            ),
            Complaint::RoughLag { t } => history(
                t,
                "a derivative by a lag is asked for, where noise drives the solution: its path has no slope, and so no derivative \
                 by the time at which it is looked up"
                    .into(),
                "hold the lag fixed: backwards write it as a constant of the source, forwards give its parameter no tangent; an expected \
                 value may be differentiated by the lag with differences of solves along the same paths",
            ),
            Complaint::Unmoved { t } => history(
                t,
                "the derivative jumps at a time of which nothing says how it moves: with events that meet, or an event on such a jump, with \
                 a switch of a neutral equation, or with two lags that are equal and may part"
                    .into(),
                "for a derivative of the solve let the start fit the history, events keep apart from each other and from jumps that lags carry, and lags differ",
            ),
            Complaint::Twofold { t } => history(
                t,
                "a gradient is taken backwards over numbers that have derivatives, and the solution is not smooth at a time that moves \
                 with them"
                    .into(),
                "take second derivatives by a lag, or by what an event's time depends on, with nested dual numbers",
            ),
            Complaint::Forgotten { t, asked } => history(
                t,
                format!("the state at t = {asked:e} is asked for, which was kept only as long as the lags before asked"),
                "an event made a lag longer: begin with the longest, or let the lag depend on the state, so that all of the past is \
                 kept",
            ),
            Complaint::NoLag { t, lag } if lag > 0.0 => history(
                t,
                format!("a lag is {lag:e}, too short to be told from none"),
                "look at the parameters that it is made of; where no lag is meant ask for the state itself",
            ),
            Complaint::NoLag { t, lag } => history(
                t,
                format!("a lag is {lag:e}"),
                "lags are positive: look at the parameters that it is made of",
            ),
        }
    }
}
