//! Stochastic differential equations `du = f(u, p, t) dt + g(u, p, t) dW`: what `#[sde]` implements.
//!
//! A model is a [`System`] that is no right-hand side: nothing solves it as an ordinary equation by mistake. Its drift `f`
//! is one, by [`Stochastic::drift`], with all that `#[ode]` writes. Its noise `g` is here: [`Diffusion`] computes it,
//! [`DiffusionJvp`] and [`DiffusionVjp`] differentiate it.

use crate::problem::Mark;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::noise_class::Interpretation;
use crate::problem::noise_class::NoiseClass;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// What is known of a stochastic equation whatever the scalar.
///
/// [`Model::written`] and [`Model::compiled`] of such a model write more than those of a right-hand side: the reals of the
/// drift, and behind them those of the noise.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stochastic differential equation",
    note = "annotate a function `fn f(du: &mut S, noise: &mut G, u: &S, p: &P, t: f64)` with `#[sde]`"
)]
pub trait Stochastic: Model + Clone + Send + Sync + 'static {
    /// How its integral is meant.
    type Interpretation: Interpretation;
    /// The class of its noise, as the source has it: what a method may rely on.
    type Class: NoiseClass;
    /// Its drift, a right-hand side.
    type Drift: Model + Clone + Send + Sync + 'static;
    /// The claim of `#[sde(commutative)]`, which the source does not show: it is checked where a solve starts.
    const CLAIMS_COMMUTATIVE: bool = false;
    /// The drift, for whatever takes a right-hand side.
    fn drift(&self) -> Self::Drift;
}

/// The noise of a stochastic equation, and both of its halves at once.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a stochastic differential equation",
    label = "it has no noise",
    note = "annotate a function `fn f(du: &mut S, noise: &mut G, u: &S, p: &P, t: f64)` with `#[sde]`"
)]
pub trait Diffusion<T: Real>:
    System<T>
    + Stochastic<Drift: Rhs<T, State = <Self as System<T>>::State, Params = <Self as System<T>>::Params>>
{
    /// The noise: as many reals as the state, or a row for each component of it.
    type Noise: Vector<T>;
    /// Which product of it with the Wiener processes drives the state.
    type Shape: NoiseShape<T, Self::State, Self::Noise>;

    /// Noise without any, for a state of the shape of `u`.
    fn blank_noise(&self, u: &Self::State) -> Self::Noise;

    /// Writes `g(u, p, t)` to `noise`.
    fn noise(&self, noise: &mut Self::Noise, u: &Self::State, p: &Self::Params, t: T);

    /// Writes `f(u, p, t)` to `du` and `g(u, p, t)` to `noise`; to the bit what the two compute one by one.
    fn drift_and_noise(
        &self,
        du: &mut Self::State,
        noise: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
    );

    /// Whether evaluations of the noise, or of both halves, can keep something for their derivatives.
    const KEEPS: bool = false;
    /// How many reals [`noise_keeping`](Self::noise_keeping) keeps for a state of the shape of `u`.
    #[inline]
    fn noise_kept_len(&self, u: &Self::State) -> usize {
        let _ = u;
        0
    }
    /// [`noise`](Self::noise), keeping in `kept` what spares [`DiffusionVjp::noise_vjp_of_kept`] from computing it again.
    #[inline]
    fn noise_keeping(
        &self,
        noise: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        kept: &mut [T],
    ) {
        let _ = kept;
        self.noise(noise, u, p, t);
    }
    /// How many reals [`drift_and_noise_keeping`](Self::drift_and_noise_keeping) keeps for a state of the shape of `u`.
    #[inline]
    fn both_kept_len(&self, u: &Self::State) -> usize {
        let _ = u;
        0
    }
    /// [`drift_and_noise`](Self::drift_and_noise), keeping in `kept` what spares
    /// [`DiffusionVjp::drift_and_noise_vjp_of_kept`] from computing it again.
    #[inline]
    fn drift_and_noise_keeping(
        &self,
        du: &mut Self::State,
        noise: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        kept: &mut [T],
    ) {
        let _ = kept;
        self.drift_and_noise(du, noise, u, p, t);
    }
}

/// Jacobian-vector products of the noise.
pub trait DiffusionJvp<T: Real>: Diffusion<T> {
    /// Writes `g(u, p, t)` to `noise` and its directional derivative along `(u_dot, p_dot, t_dot)` to `noise_dot`.
    #[allow(clippy::too_many_arguments)]
    fn noise_jvp(
        &self,
        noise: &mut Self::Noise,
        noise_dot: &mut Self::Noise,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    );

    /// Writes `∂g/∂u` times `u_dot` to `noise_dot`. Along a column of the noise itself, it is what Milstein's method and the
    /// correction between Ito and Stratonovich ask for.
    fn noise_state_jvp(
        &self,
        noise_dot: &mut Self::Noise,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        t: T,
    );
}

/// Vector-Jacobian products of the noise, and of both halves at once.
pub trait DiffusionVjp<T: Real>: Diffusion<T> {
    /// Adds `noise_bar^T dg/d(u, p, t)` to `u_bar`, `p_bar` and `t_bar`.
    ///
    /// `noise_bar` is used as scratch: its content afterwards means nothing.
    #[allow(clippy::too_many_arguments)]
    fn noise_vjp(
        &self,
        noise_bar: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );

    /// Adds `du_bar^T df/d(u, p, t) + noise_bar^T dg/d(u, p, t)` to `u_bar`, `p_bar` and `t_bar`.
    ///
    /// `du_bar` and `noise_bar` are used as scratch: their content afterwards means nothing.
    #[allow(clippy::too_many_arguments)]
    fn drift_and_noise_vjp(
        &self,
        du_bar: &mut Self::State,
        noise_bar: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );

    /// [`noise_vjp`](Self::noise_vjp) where [`Diffusion::noise_keeping`] was called with the same `u`, `p` and `t`, and kept
    /// `kept`.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn noise_vjp_of_kept(
        &self,
        kept: &[T],
        noise_bar: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let _ = kept;
        self.noise_vjp(noise_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }

    /// [`drift_and_noise_vjp`](Self::drift_and_noise_vjp) where [`Diffusion::drift_and_noise_keeping`] was called with the same
    /// `u`, `p` and `t`, and kept `kept`.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn drift_and_noise_vjp_of_kept(
        &self,
        kept: &[T],
        du_bar: &mut Self::State,
        noise_bar: &mut Self::Noise,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let _ = kept;
        self.drift_and_noise_vjp(du_bar, noise_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }
}

/// Which reals of the noise can depend on which inputs, whatever the values. The same of the drift: [`Stochastic::drift`].
pub trait DiffusionSparsity: Diffusion<Mark> {
    /// Writes to `noise` what each of its reals depends on, given what the inputs depend on.
    fn noise_dependencies(
        &self,
        noise: &mut Self::Noise,
        u: &<Self as System<Mark>>::State,
        p: &<Self as System<Mark>>::Params,
        t: Mark,
    );
}

/// Writes the drift of a model over `f64` and behind it the noise; what the state and the parameters are before means nothing.
#[doc(hidden)]
pub fn compiled_with_noise<M: Diffusion<f64> + Default>(
    (mut state, mut params): (M::State, M::Params),
    out: &mut [f64],
    u: &[f64],
    p: &[f64],
    t: f64,
) {
    state.as_mut_slice().copy_from_slice(u);
    params.as_mut_slice().copy_from_slice(p);
    let model = M::default();
    let (mut drift, mut noise) = (state.clone(), model.blank_noise(&state));
    drift.as_mut_slice().fill(f64::NAN);
    noise.as_mut_slice().fill(f64::NAN);
    model.drift_and_noise(&mut drift, &mut noise, &state, &params, t);
    let (to_drift, to_noise) = out.split_at_mut(u.len());
    to_drift.copy_from_slice(drift.as_slice());
    to_noise.copy_from_slice(noise.as_slice());
}

/// How noise `G` and increments `w` of the Wiener processes make a change of a state `V`: the product `G w`, and what its
/// derivatives ask for.
///
/// Where reals are several numbers, one for each of several solves, so are the increments: those of a process lie side by side.
#[diagnostic::on_unimplemented(
    message = "the noise `{G}` and the state `{V}` have no Wiener processes in common",
    note = "give the noise the type of the state, or a row in the place of each component: `[[f64; M]; N]`, with the lengths \
            written out"
)]
pub trait NoiseShape<T: Real, V: Vector<T>, G: Vector<T>>:
    Copy + Default + std::fmt::Debug + 'static
{
    /// How many Wiener processes there are.
    fn processes(noise: &G) -> usize;
    /// `out += G w`, one real of `w` for each process.
    fn add_product(noise: &G, w: &[f64], out: &mut V);
    /// `noise_bar += out_bar w^T`: the reverse of [`add_product`](Self::add_product).
    fn add_outer(noise_bar: &mut G, w: &[f64], out_bar: &V);
    /// `out += G_j`, the column of process `j`, times `factor`.
    fn add_column(noise: &G, process: usize, factor: f64, out: &mut V);
    /// `noise_bar_j += factor out_bar`: the reverse of [`add_column`](Self::add_column).
    fn add_to_column(noise_bar: &mut G, process: usize, factor: f64, out_bar: &V);
}

/// A Wiener process for each component: the noise has the shape of the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OneForEach;

/// One Wiener process for all components: `#[sde(scalar)]`. The noise has the shape of the state.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct OneForAll;

/// Each component has a row of the noise, with a real for each of `M` Wiener processes.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rows<const M: usize>;

/// `out += g w`, where `w` is a number for each of the solves that `g` is a number of.
#[inline(always)]
fn add_each<T: Real>(out: &mut T, g: T, w: &[f64]) {
    *out += g.scale_each(w);
}

impl<T: Real, V: Vector<T>> NoiseShape<T, V, V> for OneForEach {
    #[inline(always)]
    fn processes(noise: &V) -> usize {
        noise.as_slice().len()
    }
    #[inline(always)]
    fn add_product(noise: &V, w: &[f64], out: &mut V) {
        let (out, g) = (out.as_mut_slice(), noise.as_slice());
        let n = out.len();
        // Of one length, which is known where that of the state is: such loops are vector code.
        if let (Some(g), Some(w)) = (g.get(..n), w.get(..n * T::WIDTH)) {
            if const { T::WIDTH == 1 } {
                // In pairs, each read before it is written: what is read in pairs next does not wait for two numbers then.
                let ((pairs, single), (of_g, _), (of_w, _)) =
                    (out.as_chunks_mut::<2>(), g.as_chunks::<2>(), w.as_chunks::<2>());
                for ((out, g), w) in pairs.iter_mut().zip(of_g).zip(of_w) {
                    *out = [out[0] + g[0].scale(w[0]), out[1] + g[1].scale(w[1])];
                }
                if let ([out], Some(g), Some(w)) = (single, g.last(), w.last()) {
                    *out += g.scale(*w);
                }
            } else {
                for i in 0..n {
                    add_each(&mut out[i], g[i], &w[i * T::WIDTH..(i + 1) * T::WIDTH]);
                }
            }
        } else {
            for ((out, g), w) in out.iter_mut().zip(g).zip(w.chunks_exact(T::WIDTH)) {
                add_each(out, *g, w);
            }
        }
    }
    #[inline(always)]
    fn add_outer(noise_bar: &mut V, w: &[f64], out_bar: &V) {
        Self::add_product(out_bar, w, noise_bar);
    }
    #[inline(always)]
    fn add_column(noise: &V, process: usize, factor: f64, out: &mut V) {
        if let (Some(out), Some(g)) = (out.as_mut_slice().get_mut(process), noise.as_slice().get(process)) {
            *out += g.scale(factor);
        }
    }
    #[inline(always)]
    fn add_to_column(noise_bar: &mut V, process: usize, factor: f64, out_bar: &V) {
        Self::add_column(out_bar, process, factor, noise_bar);
    }
}

impl<T: Real, V: Vector<T>> NoiseShape<T, V, V> for OneForAll {
    #[inline(always)]
    fn processes(_: &V) -> usize {
        1
    }
    #[inline(always)]
    fn add_product(noise: &V, w: &[f64], out: &mut V) {
        if T::WIDTH == 1 {
            if let Some(w) = w.first() {
                out.increase(*w, noise);
            }
        } else if let Some(w) = w.get(..T::WIDTH) {
            for (out, g) in out.as_mut_slice().iter_mut().zip(noise.as_slice()) {
                add_each(out, *g, w);
            }
        }
    }
    #[inline(always)]
    fn add_outer(noise_bar: &mut V, w: &[f64], out_bar: &V) {
        Self::add_product(out_bar, w, noise_bar);
    }
    #[inline(always)]
    fn add_column(noise: &V, _: usize, factor: f64, out: &mut V) {
        out.increase(factor, noise);
    }
    #[inline(always)]
    fn add_to_column(noise_bar: &mut V, _: usize, factor: f64, out_bar: &V) {
        noise_bar.increase(factor, out_bar);
    }
}

impl<T: Real, V: Vector<T>, G: Vector<T>, const M: usize> NoiseShape<T, V, G> for Rows<M> {
    #[inline(always)]
    fn processes(_: &G) -> usize {
        M
    }
    #[inline(always)]
    fn add_product(noise: &G, w: &[f64], out: &mut V) {
        for (out, row) in out.as_mut_slice().iter_mut().zip(noise.as_slice().chunks_exact(M.max(1))) {
            if T::WIDTH == 1 {
                for (g, w) in row.iter().zip(w) {
                    *out += g.scale(*w);
                }
            } else {
                for (g, w) in row.iter().zip(w.chunks_exact(T::WIDTH)) {
                    add_each(out, *g, w);
                }
            }
        }
    }
    #[inline(always)]
    fn add_outer(noise_bar: &mut G, w: &[f64], out_bar: &V) {
        let rows = noise_bar.as_mut_slice().chunks_exact_mut(M.max(1));
        for (row, bar) in rows.zip(out_bar.as_slice()) {
            for (g, w) in row.iter_mut().zip(w) {
                *g += bar.scale(*w);
            }
        }
    }
    #[inline(always)]
    fn add_column(noise: &G, process: usize, factor: f64, out: &mut V) {
        for (out, row) in out.as_mut_slice().iter_mut().zip(noise.as_slice().chunks_exact(M.max(1))) {
            *out += row[process].scale(factor);
        }
    }
    #[inline(always)]
    fn add_to_column(noise_bar: &mut G, process: usize, factor: f64, out_bar: &V) {
        let rows = noise_bar.as_mut_slice().chunks_exact_mut(M.max(1));
        for (row, bar) in rows.zip(out_bar.as_slice()) {
            row[process] += bar.scale(factor);
        }
    }
}
