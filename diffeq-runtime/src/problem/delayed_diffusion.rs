//! Stochastic delayed equations `du = f(u, h, p, t) dt + g(u, h, p, t) dW`: what `#[sde]` implements for a function with a
//! history.
//!
//! As for [`Diffusion`](crate::problem::Diffusion) the model itself is no right-hand side. Its drift is a [`Delayed`] equation.

use crate::problem::Delayed;
use crate::problem::Earlier;
use crate::problem::Mark;
use crate::problem::NoiseShape;
use crate::problem::Past;
use crate::problem::PastCotangent;
use crate::problem::PastTangent;
use crate::problem::Stochastic;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// The noise of a stochastic delayed equation, and both of its halves at once.
///
/// Its drift names the lookups of both halves.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stochastic delayed equation",
    label = "it has no noise, or no history",
    note = "annotate a function `fn f(du: &mut S, noise: &mut G, u: &S, h: &impl History<S>, p: &P, t: f64)` with `#[sde]`"
)]
pub trait DelayedDiffusion<T: Real>:
    Stochastic<
    Drift: Delayed<
        T,
        State = <Self as DelayedDiffusion<T>>::State,
        Params = <Self as DelayedDiffusion<T>>::Params,
    >,
>
{
    /// The state.
    type State: Vector<T>;
    /// The parameters.
    type Params: Vector<T>;
    /// The noise: as many reals as the state, or a row for each component of it.
    type Noise: Vector<T>;
    /// Which product of it with the Wiener processes drives the state.
    type Shape: NoiseShape<T, Self::State, Self::Noise>;

    /// Noise without any, for a state of the shape of `u`.
    fn blank_noise(&self, u: &Self::State) -> Self::Noise;

    /// Writes the noise.
    fn noise<H: Past<T, Self::State>>(
        &self,
        noise: &mut Self::Noise,
        u: &Self::State,
        past: &H,
        p: &Self::Params,
        t: T,
    );

    /// Writes the drift to `du` and the noise to `noise`; to the bit what the two compute one by one.
    fn drift_and_noise<H: Past<T, Self::State>>(
        &self,
        du: &mut Self::State,
        noise: &mut Self::Noise,
        u: &Self::State,
        past: &H,
        p: &Self::Params,
        t: T,
    );

    /// Whether [`written`](Self::written) is there.
    const WRITTEN: bool = false;
    /// The drift of the function that the model was made of, as rustc compiles it, and behind it the noise.
    #[doc(hidden)]
    fn written(du: &mut [f64], u: &[f64], past: &Earlier<'_>, p: &[f64], t: f64) {
        let _ = (du, u, past, p, t);
    }
    /// How many reals that are for a state of so many.
    #[doc(hidden)]
    fn written_len(state: usize) -> usize {
        state
    }
}

/// Noise that asks for no earlier state, as the source has it.
///
/// Where it does, the change of the noise over a step has a part that is driven by the increments of a lag ago, and Milstein's
/// method asks for twofold integrals of these and the present ones: they are no function of the increments.
#[diagnostic::on_unimplemented(
    message = "the noise of `{Self}` looks at earlier states, and Milstein's method would lose its order",
    label = "`EulerMaruyama` solves Ito equations of this kind, `EulerHeun` those of Stratonovich",
    note = "the noise changes with that of a lag ago, and the twofold integrals of both are no function of their increments"
)]
pub trait PresentNoise {}

/// Jacobian-vector products of the noise.
pub trait DelayedDiffusionJvp<T: Real>: DelayedDiffusion<T> {
    /// Writes the noise, and to `noise_dot` its derivative along a direction of everything, the past included.
    #[allow(clippy::too_many_arguments)]
    fn noise_jvp<H: Past<T, Self::State>, D: PastTangent<T, Self::State>>(
        &self,
        noise: &mut Self::Noise,
        noise_dot: &mut Self::Noise,
        u: &Self::State,
        u_dot: &Self::State,
        past: &H,
        past_dot: &D,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    );

    /// Writes `∂g/∂u` times `u_dot` to `noise_dot`, where the past rests.
    fn noise_state_jvp<H: Past<T, Self::State>>(
        &self,
        noise_dot: &mut Self::Noise,
        past: &H,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        t: T,
    );
}

/// Vector-Jacobian products of the noise, and of both halves at once.
pub trait DelayedDiffusionVjp<T: Real>: DelayedDiffusion<T> {
    /// Adds `noise_bar^T dg/d(u, past, p, t)` to the cotangents; `noise_bar` is used as scratch.
    #[allow(clippy::too_many_arguments)]
    fn noise_vjp<H: Past<T, Self::State>, B: PastCotangent<T, Self::State>>(
        &self,
        noise_bar: &mut Self::Noise,
        u: &Self::State,
        past: &H,
        past_bar: &mut B,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );

    /// Adds `du_bar^T df + noise_bar^T dg` by all of these to the cotangents; `du_bar` and `noise_bar` are used as scratch.
    #[allow(clippy::too_many_arguments)]
    fn drift_and_noise_vjp<H: Past<T, Self::State>, B: PastCotangent<T, Self::State>>(
        &self,
        du_bar: &mut Self::State,
        noise_bar: &mut Self::Noise,
        u: &Self::State,
        past: &H,
        past_bar: &mut B,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );
}

/// Which reals of the noise can depend on which components of the present state. The same of the drift: [`Stochastic::drift`].
pub trait DelayedDiffusionSparsity: DelayedDiffusion<Mark> {
    /// Writes to `noise` what each of its reals depends on, given what the inputs depend on.
    fn noise_dependencies(
        &self,
        noise: &mut Self::Noise,
        u: &<Self as DelayedDiffusion<Mark>>::State,
        p: &<Self as DelayedDiffusion<Mark>>::Params,
        t: Mark,
    );
}
