//! Which stochastic method suits a problem, and why.

use std::fmt;

use crate::noise::Path;
use crate::noise::SdeProblem;
use crate::problem::Diffusion;
use crate::problem::Interpretation;
use crate::problem::Model;
use crate::problem::NoiseClass;
use crate::real::Real;
use crate::stepper::STOCHASTIC_METHODS;
use crate::stepper::StochasticFacts;

/// What the solutions of a stochastic problem are for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Aim {
    /// The solution on each path: to look at, to compare with data along a path, to train a model path by path.
    #[default]
    Paths,
    /// Means over many paths: moments, prices, probabilities.
    Means,
}

/// What [`SdeProblem::advise`] says; made to be printed.
#[derive(Debug, Clone, PartialEq)]
pub struct MethodAdvice {
    /// The method to take, as a program writes it: `Halved(Milstein)` is Milstein's method with steps that are halved to estimate
    /// their error.
    pub method: &'static str,
    /// What is known of it; of `Halved(X)` that of `X`.
    pub facts: StochasticFacts,
    /// The name of the interpretation of the integral.
    pub integral: &'static str,
    /// The name of the class of the noise.
    pub class: &'static str,
    /// Why the noise is of no narrower class, where `#[sde]` says so.
    pub because: Option<String>,
    /// What the solutions are for.
    pub aim: Aim,
    /// The model's name.
    pub model: &'static str,
    why: &'static str,
}

impl<M: Diffusion<T>, W: Path, T: Real> SdeProblem<M, W, T> {
    /// Recommends a method for this problem, by the interpretation of its integral and the class of its noise.
    ///
    /// ```
    /// # use diffeq_runtime::problem::*;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct Gbm;
    /// # #[derive(Debug, Clone, Copy)]
    /// # struct GbmDrift;
    /// # impl Model for Gbm {}
    /// # impl Model for GbmDrift {}
    /// # impl System<f64> for Gbm { type State = f64; type Params = [f64; 2]; }
    /// # impl System<f64> for GbmDrift { type State = f64; type Params = [f64; 2]; }
    /// # impl Rhs<f64> for GbmDrift {
    /// #     fn rhs(&self, du: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *du = p[0] * u; }
    /// # }
    /// # impl Stochastic for Gbm {
    /// #     type Interpretation = Ito;
    /// #     type Class = Diagonal;
    /// #     type Drift = GbmDrift;
    /// #     fn drift(&self) -> GbmDrift { GbmDrift }
    /// # }
    /// # impl Diffusion<f64> for Gbm {
    /// #     type Noise = f64;
    /// #     type Shape = OneForEach;
    /// #     fn blank_noise(&self, _: &f64) -> f64 { 0.0 }
    /// #     fn noise(&self, noise: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *noise = p[1] * u; }
    /// #     fn drift_and_noise(&self, du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2], t: f64) {
    /// #         self.drift().rhs(du, u, p, t);
    /// #         self.noise(noise, u, p, t);
    /// #     }
    /// # }
    /// use diffeq_runtime::integrate::Aim;
    /// use diffeq_runtime::noise::SdeProblem;
    ///
    /// // du = 0.6 u dt + 0.7 u dW, in the sense of Ito: `Gbm` is what `#[sde]` makes of it.
    /// let problem = SdeProblem::new(Gbm, 1.0, (0.0, 1.0), [0.6, 0.7]);
    /// assert_eq!(problem.advise(Aim::Paths).method, "SOSRI");
    /// assert_eq!(problem.advise(Aim::Means).method, "DRI1");
    /// println!("{}", problem.advise(Aim::Paths));
    /// ```
    pub fn advise(&self, aim: Aim) -> MethodAdvice {
        let (is_ito, class) = (<M::Interpretation as Interpretation>::IS_ITO, <M::Class as NoiseClass>::NAME);
        let (method, why) = pick(is_ito, class, aim);
        let name = method.strip_prefix("Halved(").map_or(method, |inner| inner.trim_end_matches(')'));
        let blank = STOCHASTIC_METHODS[0];
        let facts = STOCHASTIC_METHODS.iter().find(|facts| facts.name == name).copied().unwrap_or(blank);
        // `#[sde]` gives the class its reason as a name.
        let because = std::any::type_name::<M::Class>().split("_since_").nth(1).map(|reason| reason.replace('_', " "));
        let (integral, model) = (<M::Interpretation as Interpretation>::NAME, <M as Model>::NAME);
        MethodAdvice { method, facts, integral, class, because, aim, model, why }
    }
}

/// The method for an integral, a class of noise and an aim, and why it is.
fn pick(is_ito: bool, class: &str, aim: Aim) -> (&'static str, &'static str) {
    match (class, is_ito, aim) {
        ("additive", ..) => (
            "SOSRA",
            "With additive noise both integrals are one, and an order and a half takes no derivative of the noise; its steps choose \
             their sizes.",
        ),
        (_, true, Aim::Means) => (
            "DRI1",
            "Means converge with the second power of the step, whatever the noise; along paths it is of order one. Steps are of \
             one size: `fixed(dt)`, on a path in `cells(dt)`.",
        ),
        ("scalar" | "diagonal", true, Aim::Paths) => (
            "SOSRI",
            "Where each component sees one process of its own, or all see the same, an order and a half takes no derivative of \
             the noise; its steps choose their sizes.",
        ),
        ("commutative", true, Aim::Paths) => (
            "Halved(Milstein)",
            "The order of processes in time does not matter, so that order one takes increments and the derivative of the noise \
             along itself; halved steps estimate their error and choose their sizes.",
        ),
        (_, true, Aim::Paths) => (
            "Milstein",
            "The areas that processes sweep out between them matter: order one takes them from the path, anything else is of \
             order one half. Steps are of one size, since a step that is rejected for its areas would bias them; \
             `areas(resolution)` makes solves of other steps comparable.",
        ),
        ("general", false, Aim::Paths) => (
            "Milstein",
            "The areas that processes sweep out between them matter: order one takes them from the path, anything else is of \
             order one half. Steps are of one size, since a step that is rejected for its areas would bias them.",
        ),
        (_, false, Aim::Paths) => (
            "SPaRK",
            "Noise that commutes takes increments and space-time areas alone; its steps choose their sizes. `SlowRK`, with steps of \
             one size, is of order one and a half.",
        ),
        (_, false, Aim::Means) => (
            "StratonovichHeun",
            "Means converge with the first power of the step: for the integral of Stratonovich there is no method of weak order \
             two here. Written for the Ito integral, with the drift that belongs to it, `DRI1` is one.",
        ),
    }
}

impl fmt::Display for MethodAdvice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, facts, integral, class, because, aim, model, why } = self;
        write!(f, "`{model}`: the {integral} integral, noise that is {class}")?;
        if let Some(because) = because {
            write!(f, " ({because})")?;
        }
        let (kind, order) = match aim {
            Aim::Paths => ("strong", facts.strong(class).unwrap_or(facts.orders.strong)),
            Aim::Means => ("weak", facts.orders.weak),
        };
        write!(f, ".\nTake `{method}`, of {kind} order {order}. {why}")
    }
}
