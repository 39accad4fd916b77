//! Continuous normalising flows.

use std::f64::consts::PI;

use dfdx::nn::Module;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor_ops::ReshapeTo;
use rand::Rng;

use crate::dfdx::Fused;
use crate::dfdx::Scalar;
use crate::dfdx::destructure;
use crate::dfdx::failure::in_layer;
use crate::dfdx::parameters::deposit;
use crate::dfdx::parameters::row_by_row;
use crate::dfdx::tape::add;
use crate::dfdx::tape::reals;
use crate::dfdx::tape::record;
use crate::error::Error;
use crate::layers::config::OdeConfig;
use crate::layers::config::configured;
use crate::layers::flow::Divergence;
use crate::layers::flow::FlowRhs;
use crate::layers::flow::Integrals;
use crate::layers::flow::normal;
use crate::layers::twice::Inputs;
use crate::layers::twice::Twice;
use crate::problem::OdeProblem;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::DiscreteAdjoint;
use crate::stepper::Method;
use crate::stepper::Tsit5;

/// A continuous normalising flow: a density that is the image of the standard normal one under `x' = f(x, t)`.
///
/// The flow takes data `x` at `t0` to `z` at `t1`, and `log p(x) = log N(z) + ∫ tr(∂f/∂x) dt` along the way. `F` is a
/// tuple of `Linear` and activations that takes `[x, t]`, `D + 1` numbers, to `D`. Chen, Rubanova, Bettencourt &
/// Duvenaud, *Neural ordinary differential equations* (NeurIPS 2018, arXiv:1806.07366); with the estimated trace:
/// Grathwohl, Chen, Bettencourt, Sutskever & Duvenaud, *FFJORD* (ICLR 2019, arXiv:1810.01367).
///
/// As a module it is `x ↦ z`. A batch is one state of the solver: all rows take the same steps. Gradients reach the
/// network, and `x`; those through the trace are exact, by dual numbers through the network's reverse mode.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::{Divergence, Ffjord};
/// use rand::SeedableRng;
///
/// let device = Cpu::default();
/// let flow = device.build_module::<Ffjord<(Linear<3, 16>, Tanh, Linear<16, 2>)>, f32>();
/// let x: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(100, Const));
/// let log_likelihood = flow.log_likelihood(x.trace(flow.alloc_grads()), Divergence::Exact)?;
/// let gradients = log_likelihood.mean().negate().backward();
/// let samples = flow.sample::<f32, 2>(50, &mut rand::rngs::StdRng::seed_from_u64(0))?;
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// A solve that fails is an error of the layer as in [`NeuralOde`](crate::layers::NeuralOde).
#[derive(Debug, Clone, Default)]
pub struct Ffjord<F, M = Tsit5, A = DiscreteAdjoint> {
    /// The network: `[x, t]` to `x'`.
    pub field: F,
    /// The span, the tolerances, the method, the adjoint; by default [`OdeConfig::default`].
    pub config: OdeConfig<M, A>,
}

configured!(Ffjord: "A flow along `field`.");

impl<F, M, A, B, const D: usize, E, T> Module<Tensor<(B, Const<D>), E, Cpu, T>> for Ffjord<F, M, A>
where
    Self: Transport<E, D>,
    B: Dim,
    E: Scalar,
    T: Tape<E, Cpu>,
{
    type Output = Tensor<(B, Const<D>), E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(&self, x: Tensor<(B, Const<D>), E, Cpu, T>) -> Result<Self::Output, CpuError> {
        let shape = *x.shape();
        in_layer(|| self.transport(x, shape, Way::Forth))
    }

    fn forward(&self, x: Tensor<(B, Const<D>), E, Cpu, T>) -> Self::Output {
        match self.try_forward(x) {
            Ok(z) => z,
            Err(error) => panic!("{}", Error::from(error)),
        }
    }
}

impl<F, M, A> Ffjord<F, M, A> {
    /// `log p(x)` of each row.
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve).
    pub fn log_likelihood<B: Dim, E: Scalar, T: Tape<E, Cpu>, const D: usize>(
        &self,
        x: Tensor<(B, Const<D>), E, Cpu, T>,
        divergence: Divergence,
    ) -> Result<Tensor<(B,), E, Cpu, T>, Error>
    where
        Self: Transport<E, D>,
    {
        let shape = (x.shape().0,);
        self.transport(x, shape, Way::Density(Integrals::Divergence, divergence))
    }

    /// `log p(x)` of each row, then how much its way bends: the kinetic energy `∫ |f|² |dt|`, and `∫ |∂f/∂x|² |dt|` with the
    /// Frobenius norm, which is estimated by the noise of the trace if that is.
    ///
    /// With a little of both in the loss a flow takes larger steps. Finlay, Jacobsen, Nurbekyan & Oberman, *How to train
    /// your neural ODE: the world of Jacobian and kinetic regularization* (ICML 2020, arXiv:2002.02798).
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use diffeq_runtime::layers::{Divergence, Ffjord};
    ///
    /// let device = Cpu::default();
    /// let flow = device.build_module::<Ffjord<(Linear<3, 16>, Tanh, Linear<16, 2>)>, f32>();
    /// let x: Tensor<Rank2<100, 2>, f32, _> = device.sample_normal();
    /// let each = flow.regularised(x.trace(flow.alloc_grads()), Divergence::Rademacher { seed: 0 })?;
    /// let weights = device.tensor([-1.0, 0.01, 0.01]);
    /// let loss = (each.mean::<Rank1<3>, Axis<0>>() * weights).sum::<Rank0, _>();
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve).
    pub fn regularised<B: Dim, E: Scalar, T: Tape<E, Cpu>, const D: usize>(
        &self,
        x: Tensor<(B, Const<D>), E, Cpu, T>,
        divergence: Divergence,
    ) -> Result<Tensor<(B, Const<3>), E, Cpu, T>, Error>
    where
        Self: Transport<E, D>,
    {
        let shape = (x.shape().0, Const);
        self.transport(x, shape, Way::Density(Integrals::All, divergence))
    }

    /// The flow backwards: from `z` at `t1` to `x` at `t0`.
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve).
    pub fn inverse<B: Dim, E: Scalar, T: Tape<E, Cpu>, const D: usize>(
        &self,
        z: Tensor<(B, Const<D>), E, Cpu, T>,
    ) -> Result<Tensor<(B, Const<D>), E, Cpu, T>, Error>
    where
        Self: Transport<E, D>,
    {
        let shape = *z.shape();
        self.transport(z, shape, Way::Back)
    }

    /// `n` rows drawn from the density.
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve).
    pub fn sample<E: Scalar, const D: usize>(
        &self,
        n: usize,
        rng: &mut impl Rng,
    ) -> Result<Tensor<(usize, Const<D>), E, Cpu>, Error>
    where
        Self: Transport<E, D>,
    {
        let z = normal(n * D, rng.r#gen()).into_iter().map(E::lit).collect();
        self.inverse(Cpu::default().try_tensor_from_vec(z, (n, Const))?)
    }
}

impl<F, M, A> Ffjord<F, M, A> {
    /// What is integrated, how its divergence is computed, and over which span.
    pub(super) fn asked(&self, way: Way, rows: usize) -> Result<(Integrals, Divergence, (f64, f64)), Error> {
        let OdeConfig { t0, t1, .. } = self.config;
        if rows == 0 {
            let message = "there are no rows to carry along the flow: give at least one".into();
            return Err(Error::Layer { layer: "Ffjord", message });
        }
        Ok(match way {
            Way::Forth => (Integrals::None, Divergence::Exact, (t0, t1)),
            Way::Back => (Integrals::None, Divergence::Exact, (t1, t0)),
            Way::Density(integrals, divergence) => (integrals, divergence, (t0, t1)),
        })
    }
}

/// A flow of rows of `D` numbers, each an `E`: its network takes `D + 1` of them and gives `D`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a flow of rows of {D} numbers",
    note = "a flow's network is a tuple of `Linear` and activations that takes `[x, t]` to `x'`: `(Linear<3, H>, Tanh, \
            Linear<H, 2>)` for rows of 2"
)]
pub trait Transport<E: Scalar, const D: usize> {
    /// The rows at the other end, or what is known of their density there, on the tape.
    #[doc(hidden)]
    fn transport<B: Dim, S: Shape, T: Tape<E, Cpu>>(
        &self,
        x: Tensor<(B, Const<D>), E, Cpu, T>,
        shape: S,
        way: Way,
    ) -> Result<Tensor<S, E, Cpu, T>, Error>;
}

/// What is asked of a flow.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub enum Way {
    /// The rows at `t1` from those at `t0`.
    Forth,
    /// The rows at `t0` from those at `t1`.
    Back,
    /// The density at `t0`, from the rows and integrals at `t1`.
    Density(Integrals, Divergence),
}

impl<F, M, A, E, const D: usize> Transport<E, D> for Ffjord<F, M, A>
where
    E: Scalar,
    F: Fused<E> + Clone + 'static,
    F::Native: Inputs + Twice<E, <F::Native as Inputs>::Input<E>, [E; D]>,
    M: Method<E, FlowRhs<F::Native, D>>,
    A: Adjoint<FlowRhs<F::Native, D>, E, M, Record: 'static> + Clone + 'static,
{
    fn transport<B: Dim, S: Shape, T: Tape<E, Cpu>>(
        &self,
        x: Tensor<(B, Const<D>), E, Cpu, T>,
        shape: S,
        way: Way,
    ) -> Result<Tensor<S, E, Cpu, T>, Error> {
        let (integrals, divergence, span) = self.asked(way, x.shape().0.size())?;
        self.field.check()?;
        row_by_row(&self.field)?;
        let sign = length_of(span);
        let (x, tape) = x.try_contiguous()?.split_tape();
        let rhs = FlowRhs::new(integrals, divergence, x.shape().0.size());
        let problem =
            OdeProblem::new(rhs, rows::<E, D>(&x.as_vec(), integrals), span, destructure(&self.field)?);
        let (method, options) = (self.config.method.clone(), self.config.to_the_end());
        if !T::OWNS_TAPE {
            let solution = problem.solver(method).options(options).solve()?;
            return Ok(record(tape, outcome::<E, D>(solution.end(), integrals, sign), shape, |_, _| Ok(()))?);
        }
        let (end, mut kept) = {
            let solver = problem.solver(method.clone()).options(options.clone());
            let (solution, kept) = self.config.adjoint.clone().solve(&solver)?;
            (solution.end().clone(), kept)
        };
        let (x, field) = (x.ghost(), self.field.clone());
        let values = outcome::<E, D>(&end, integrals, sign);
        Ok(record(tape, values, shape, move |y_bar, gradients| {
            let solver = problem.solver(method).options(options);
            let end_bar = outcome_bar::<E, D>(y_bar, &end, integrals, sign);
            let gradient = A::pull(&mut kept, &solver, &Cotangents::end(&end_bar))?;
            let x_bar = reals::<E>(gradients.get_or_alloc_mut(&x)?);
            let rows = gradient.u0.chunks_exact(D + integrals.count());
            for (x_bar, u0_bar) in x_bar.chunks_exact_mut(D).zip(rows) {
                add(x_bar, &u0_bar[..D]);
            }
            Ok(deposit(&field, &gradient.p, gradients)?)
        })?)
    }
}

/// The sign of `dt`, by which integrals over the time become integrals over the length of the way, whichever way that goes.
pub(super) fn length_of((t0, t1): (f64, f64)) -> f64 {
    if t1 < t0 { -1.0 } else { 1.0 }
}

/// The state at the start: the rows, and zeros after each.
fn rows<E: Scalar, const D: usize>(x: &[E], integrals: Integrals) -> Vec<E> {
    let zeros = [E::ZERO; 3];
    x.chunks_exact(D).flat_map(|row| row.iter().chain(&zeros[..integrals.count()])).copied().collect()
}

/// What comes out, from the state at the end: the rows; or `log p` for each, and the other integrals.
fn outcome<E: Scalar, const D: usize>(end: &[E], integrals: Integrals, sign: f64) -> Vec<E> {
    let width = D + integrals.count();
    if integrals == Integrals::None {
        return end.to_vec();
    }
    let mut values = Vec::with_capacity(end.len() / width * integrals.count());
    for row in end.chunks_exact(width) {
        let (z, integrals) = row.split_at(D);
        let square = z.iter().fold(E::ZERO, |sum, z| sum + *z * *z);
        let base = -(square.scale(0.5) + E::lit(0.5 * D as f64 * (2.0 * PI).ln()));
        values.push(base + integrals[0]);
        values.extend(integrals[1..].iter().map(|x| x.scale(sign)));
    }
    values
}

/// The cotangent of the state at the end, from that of what comes out.
fn outcome_bar<E: Scalar, const D: usize>(y_bar: &[E], end: &[E], integrals: Integrals, sign: f64) -> Vec<E> {
    if integrals == Integrals::None {
        return y_bar.to_vec();
    }
    let (width, count) = (D + integrals.count(), integrals.count());
    let mut end_bar = Vec::with_capacity(end.len());
    for (row, y_bar) in end.chunks_exact(width).zip(y_bar.chunks_exact(count)) {
        end_bar.extend(row[..D].iter().map(|z| -*z * y_bar[0]));
        end_bar.push(y_bar[0]);
        end_bar.extend(y_bar[1..].iter().map(|x| x.scale(sign)));
    }
    end_bar
}
