//! Which way to a gradient suits a problem, and why.

use std::fmt;

use crate::error::Error;
use crate::integrate::EventSet;
use crate::integrate::Solver;
use crate::problem::Vjp;
use crate::problem::check_lengths;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::dot;

/// A way to a gradient.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Way {
    /// `solver.parameter_jacobian::<K>()`, or `diffeq_fd`: dual numbers.
    Forward,
    /// `solver.vjp(DiscreteAdjoint::default())`, or `diffeq_rd`; `DiscreteAdjoint::checkpoints(k)` with less memory.
    Discrete,
    /// `solver.vjp(GaussAdjoint::default())`, or `diffeq_adjoint`.
    Gauss,
}

/// What [`advise`] found, and what it says about it; made to be printed.
#[derive(Debug, Clone, PartialEq)]
pub struct Advice {
    /// The way to take.
    pub way: Way,
    /// Components of the state.
    pub states: usize,
    /// Parameters.
    pub params: usize,
    /// Kinds of events.
    pub events: usize,
    /// The fastest rate of the equation at the start, an estimate of the spectral radius of `df/du`, per unit of time.
    pub rate: f64,
    /// How often the fastest time scale passes in the span.
    pub scales: f64,
    /// Whether noise drives the solution.
    pub is_stochastic: bool,
    /// The model's name.
    pub model: &'static str,
}

/// Up to so many numbers, a few dual solves are as cheap as a solve and a sweep back.
const FEW: usize = 12;

/// From so many parameters on, it pays not to carry their cotangents through every stage.
const MANY: usize = 100;

/// An explicit method takes some thousand steps for so many time scales whatever its tolerance: the problem is stiff, or
/// long.
const STIFF: f64 = 1e4;

/// Recommends a way to the gradient of a loss over a solver's problem, from counts and the Jacobian at the start.
///
/// ```
/// use diffeq_runtime::problem::{Model, OdeProblem, Rhs, System, Vjp};
/// use diffeq_runtime::sensitivity::{Way, advise};
/// use diffeq_runtime::space::Workspace;
/// use diffeq_runtime::stepper::Tsit5;
///
/// /// du/dt = -p u; `#[ode]` writes this.
/// struct Decay;
/// impl Model for Decay {}
/// impl System<f64> for Decay {
///     type State = f64;
///     type Params = f64;
/// }
/// impl Rhs<f64> for Decay {
///     fn rhs(&self, du: &mut f64, u: &f64, p: &f64, _t: f64) {
///         *du = -p * u;
///     }
/// }
/// impl Vjp<f64> for Decay {
///     fn vjp(
///         &self, du_bar: &mut f64, u: &f64, p: &f64, _t: f64,
///         u_bar: &mut f64, p_bar: &mut f64, _t_bar: &mut f64, _work: &mut Workspace<f64>,
///     ) {
///         *u_bar -= p * *du_bar;
///         *p_bar -= u * *du_bar;
///     }
/// }
///
/// let problem = OdeProblem::new(Decay, 2.0, (0.0, 1.0), 0.5);
/// let advice = advise(&problem.solver(Tsit5))?;
/// assert_eq!(advice.way, Way::Forward);
/// println!("{advice}");
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
///
/// A state or parameters of a length that the model is not written for.
pub fn advise<F, T, M, E>(solver: &Solver<'_, F, T, M, E>) -> Result<Advice, Error>
where
    F: Vjp<T>,
    T: Real,
    E: EventSet<T, F>,
{
    let problem = solver.problem;
    let (states, params, events) =
        (problem.u0.as_slice().len(), problem.p.as_slice().len(), solver.events.len());
    check_lengths::<F>(("u0", states), params)?;
    let rate = spectral_radius(&problem.model, &problem.u0, &problem.p, problem.span.0);
    let scales = rate * (problem.span.1 - problem.span.0).abs();
    let way = match () {
        () if states + params <= FEW => Way::Forward,
        // Along a path there is no solve backwards with error control.
        () if F::ROUGH || events > 0 || params < MANY || is_stiff(scales) => Way::Discrete,
        () => Way::Gauss,
    };
    Ok(Advice { way, states, params, events, rate, scales, is_stochastic: F::ROUGH, model: F::NAME })
}

/// Whether there are many time scales, or no telling how many.
fn is_stiff(scales: f64) -> bool {
    scales.is_nan() || scales >= STIFF
}

/// An estimate of the largest modulus among the eigenvalues of `df/du`, by power iteration with the transposed.
///
/// The geometric mean of the growth over the later half of the iterations: a pair of complex eigenvalues turns the vector
/// round, and its single steps grow unevenly.
fn spectral_radius<F: Vjp<T>, T: Real>(f: &F, u: &F::State, p: &F::Params, t: f64) -> f64 {
    const ITERATIONS: usize = 40;
    let mut w = u.zeros_like();
    for (i, w) in w.as_mut_slice().iter_mut().enumerate() {
        *w = T::lit((1.0 + i as f64).sin());
    }
    let (mut p_bar, mut t_bar, mut work) = (p.zeros_like(), T::ZERO, Workspace::new());
    let mut logs = 0.0;
    for iteration in 0..ITERATIONS {
        let size = dot(&w, &w).value().sqrt();
        if !(size > 0.0 && size.is_finite()) {
            return if size == 0.0 { 0.0 } else { size };
        }
        w.as_mut_slice().iter_mut().for_each(|w| *w = w.scale(1.0 / size));
        if iteration > ITERATIONS / 2 {
            logs += size.ln();
        }
        let mut pulled = u.zeros_like();
        f.vjp(&mut w, u, p, T::lit(t), &mut pulled, &mut p_bar, &mut t_bar, &mut work);
        w = pulled;
    }
    (logs / (ITERATIONS - ITERATIONS / 2 - 1) as f64).exp()
}

impl fmt::Display for Advice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { way, states, params, events, rate, scales, is_stochastic, model } = self;
        writeln!(
            f,
            "`{model}`: {states} states, {params} parameters, {events} kinds of events, fastest rate {rate:.1e} at the \
             start, {scales:.0} of its time scales in the span"
        )?;
        match way {
            Way::Forward => write!(
                f,
                "Forward mode: `solver.parameter_jacobian::<K>()` or `diffeq_fd`. With {} numbers to differentiate by, \
                 dual numbers are as cheap as a sweep back, exact, and go through events.",
                states + params
            )?,
            Way::Discrete if *is_stochastic => write!(
                f,
                "Reverse mode through the steps, along the path that they saw: `DiscreteAdjoint::default()` or `diffeq_rd`. It is the \
                 exact gradient of the numbers that the solve returns; if memory is short, `DiscreteAdjoint::checkpoints(k)`, or for \
                 Stratonovich equations `ReversibleHeun` with `ReversibleAdjoint`, which keeps no states."
            )?,
            Way::Discrete => {
                let why = if *events > 0 {
                    "It goes through events exactly, without a solve for each piece between two of them"
                } else if *params >= MANY {
                    "It needs no solve backwards in time, which on such a problem takes many steps and is less stable"
                } else {
                    "It is exact, and with so few parameters nothing is cheaper"
                };
                write!(
                    f,
                    "Reverse mode through the steps: `DiscreteAdjoint::default()` or `diffeq_rd`. {why}; if memory is \
                     short, `DiscreteAdjoint::checkpoints(k)`."
                )?;
            }
            Way::Gauss => write!(
                f,
                "A continuous adjoint: `GaussAdjoint::default()` or `diffeq_adjoint`. With {params} parameters it pays to \
                 solve for {states} costates alone and to integrate the parameters' part; if memory is short, \
                 `.checkpoints(k)`."
            )?,
        }
        if is_stiff(*scales) && !is_stochastic {
            write!(
                f,
                " The problem is stiff, or long: an explicit method takes about {:.0e} steps each way, and `Backsolve` \
                 would lose the solution.",
                scales / 3.0
            )?;
        }
        Ok(())
    }
}
