//! A solve as a layer.

use dfdx::nn::Module;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::Gradients;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::ReshapeTo;

use crate::dfdx::Scalar;
use crate::dfdx::destructure;
use crate::dfdx::device::Wanted;
use crate::dfdx::failure::in_layer;
use crate::dfdx::failure::not_empty;
use crate::dfdx::parameters::deposit;
use crate::dfdx::parameters::row_by_row;
use crate::dfdx::tape::add;
use crate::dfdx::tape::reals;
use crate::dfdx::tape::record;
use crate::error::Error;
use crate::integrate::Options;
use crate::integrate::Solution;
use crate::layers::config::OdeConfig;
use crate::layers::config::configured;
use crate::layers::field::StateOf;
use crate::layers::field::StateShape;
use crate::layers::field::VectorField;
use crate::problem::OdeProblem;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::DiscreteAdjoint;
use crate::space::Vector;
use crate::stepper::Method;
use crate::stepper::Tsit5;

/// The layer `x ↦ u(t1)` with `du/dt = field(u)`, `u(t0) = x`.
///
/// Chen, Rubanova, Bettencourt & Duvenaud, *Neural ordinary differential equations* (NeurIPS 2018, arXiv:1806.07366).
///
/// The output has the shape of the input: a vector, or a batch of them, which takes its steps together. Gradients reach
/// the parameters of the field, and `x` and the layers before it. With [`DiscreteAdjoint`], the default, they are those
/// of the very numbers computed.
///
/// Like dfdx's `Residual<F>` it is both what a model is declared with and what is built:
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::NeuralOde;
///
/// type Model = (Linear<3, 2>, NeuralOde<(Linear<2, 8>, Tanh, Linear<8, 2>)>, Linear<2, 1>);
/// let device = Cpu::default();
/// let mut model = device.build_module::<Model, f32>();
/// model.1.config.t1 = 2.0;
/// let x: Tensor<Rank2<5, 3>, f32, _> = device.sample_normal();
/// let y: Tensor<Rank2<5, 1>, f32, _> = model.forward(x);
/// ```
///
/// # A solve that fails
///
/// dfdx's error for the CPU has no room for a message, and a tuple takes no other. `try_forward` returns
/// `CpuError::WrongNumElements`, and converting it to an [`Error`], as `?` does, gives the layer's own: where the solve
/// stopped, why, and what to try. It is kept for one conversion on the thread of the call. `forward` panics with it, as
/// dfdx's `forward` does; [`solve`](Self::solve) and [`series`](Self::series) return it directly.
#[derive(Debug, Clone, Default)]
pub struct NeuralOde<F, M = Tsit5, A = DiscreteAdjoint> {
    /// The right-hand side: a tuple of `Linear` and activations, or [`Taped`](crate::layers::Taped).
    pub field: F,
    /// The span, the tolerances, the method, the adjoint; by default [`OdeConfig::default`].
    pub config: OdeConfig<M, A>,
}

/// The states at the times of `config.options.save_at` of `du/dt = module(u)` from `x`, on the tape of `x`: what
/// [`NeuralOde::series`] gives, for a module that stands by itself.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::integrate::Grid;
/// use diffeq_runtime::layers::{OdeConfig, neural_ode};
///
/// let device = Cpu::default();
/// let net = device.build_module::<(Linear<2, 8>, Tanh, Linear<8, 2>), f32>();
/// let config = OdeConfig::span((0.0, 1.5)).tolerances(1e-6, 1e-8).save_at(Grid::count(30));
/// let x: Tensor<Rank1<2>, f32, _> = device.tensor([2.0, 0.0]);
/// let series = neural_ode(&net, x.trace(net.alloc_grads()), &config)?;
/// assert_eq!(series.shape(), &(30, Const::<2>));
/// let gradients = series.square().sum().backward();
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// See [`NeuralOde::series`].
pub fn neural_ode<F, M, A, S, E, T>(
    module: &F,
    x: Tensor<S, E, Cpu, T>,
    config: &OdeConfig<M, A>,
) -> Result<Tensor<S::Series, E, Cpu, T>, Error>
where
    F: VectorField<E, S>,
    M: Method<E, F::Rhs>,
    A: Adjoint<F::Rhs, E, M, Record: 'static> + Clone + 'static,
    S: StateShape,
    E: Scalar,
    T: Tape<E, Cpu>,
{
    NeuralOde::new(module.clone(), config.clone()).series(x)
}

configured!(NeuralOde: "A layer that solves `du/dt = field(u)`.");

impl<F, M, A, S, E, T> Module<Tensor<S, E, Cpu, T>> for NeuralOde<F, M, A>
where
    S: StateShape,
    E: Scalar,
    T: Tape<E, Cpu>,
    F: VectorField<E, S>,
    M: Method<E, F::Rhs>,
    A: Adjoint<F::Rhs, E, M, Record: 'static> + Clone + 'static,
{
    type Output = Tensor<S, E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(&self, x: Tensor<S, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        in_layer(|| self.record(x, Wanted::End, |shape, _| *shape))
    }

    fn forward(&self, x: Tensor<S, E, Cpu, T>) -> Self::Output {
        match self.try_forward(x) {
            Ok(y) => y,
            Err(error) => panic!("{}", Error::from(error)),
        }
    }
}

impl<F, M, A> NeuralOde<F, M, A> {
    /// The solution from `x`, apart from any tape, with all that the layer's options ask for: saved states, dense
    /// output, statistics.
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve).
    pub fn solve<S, E, T>(&self, x: &Tensor<S, E, Cpu, T>) -> Result<Solution<StateOf<F, E, S>, E>, Error>
    where
        S: StateShape,
        E: Scalar,
        F: VectorField<E, S>,
        M: Method<E, F::Rhs>,
    {
        not_empty("NeuralOde", x.shape())?;
        let problem = self.problem(x.shape(), x.as_vec())?;
        problem.solver(self.config.method.clone()).options(self.config.with_saving()).solve()
    }

    /// The states at the times of `config.options.save_at` as one tensor on the tape, time first; at the end of every
    /// step, if there are none. A vector `(Const<N>,)` gives `(usize, Const<N>)`, a batch `(usize, Const<N>)` gives
    /// `(usize, usize, Const<N>)`.
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve); and with `save_idxs`: take
    /// components off the tensor instead.
    pub fn series<S, E, T>(&self, x: Tensor<S, E, Cpu, T>) -> Result<Tensor<S::Series, E, Cpu, T>, Error>
    where
        S: StateShape,
        E: Scalar,
        T: Tape<E, Cpu>,
        F: VectorField<E, S>,
        M: Method<E, F::Rhs>,
        A: Adjoint<F::Rhs, E, M, Record: 'static> + Clone + 'static,
    {
        self.record(x, Wanted::Rows, |shape, rows| shape.series(rows))
    }

    fn problem<S, E>(&self, shape: &S, u0: Vec<E>) -> Result<OdeProblem<F::Rhs, E>, Error>
    where
        S: StateShape,
        E: Scalar,
        F: VectorField<E, S>,
    {
        row_by_row(&self.field)?;
        let p = destructure(&self.field)?;
        let span = (self.config.t0, self.config.t1);
        let rhs = self.field.over(self.field.rhs(shape)?, span);
        Ok(OdeProblem::new(rhs, F::state(shape, u0), span, p))
    }

    /// Solves from `x` and puts what is wanted on its tape.
    fn record<S, E, T, O>(
        &self,
        x: Tensor<S, E, Cpu, T>,
        wanted: Wanted,
        shape: impl FnOnce(&S, usize) -> O,
    ) -> Result<Tensor<O, E, Cpu, T>, Error>
    where
        S: StateShape,
        O: Shape,
        E: Scalar,
        T: Tape<E, Cpu>,
        F: VectorField<E, S>,
        M: Method<E, F::Rhs>,
        A: Adjoint<F::Rhs, E, M, Record: 'static> + Clone + 'static,
    {
        not_empty("NeuralOde", x.shape())?;
        let (x, tape) = x.try_contiguous()?.split_tape();
        let problem = self.problem(x.shape(), x.as_vec())?;
        let (method, options) = (self.config.method.clone(), wanted.options(&self.config)?);
        if !T::OWNS_TAPE {
            // Nothing to keep for a backward pass.
            let solution = problem.solver(method).options(options).solve()?;
            let output = shape(x.shape(), solution.len());
            return Ok(record(tape, wanted.values(&solution), output, |_, _| Ok(()))?);
        }
        let (solution, mut kept) = {
            let solver = problem.solver(method.clone()).options(options.clone());
            self.config.adjoint.clone().solve(&solver)?
        };
        let (input, state_shape, field) = (x.ghost(), *x.shape(), self.field.clone());
        let pullback = move |y_bar: &[E], gradients: &mut Gradients<E, Cpu>| {
            let solver = problem.solver(method).options(options);
            let end;
            let cotangents = match wanted {
                Wanted::Rows => Cotangents::values(y_bar),
                Wanted::End => {
                    end = F::state(&state_shape, y_bar.to_vec());
                    Cotangents::end(&end)
                }
            };
            let gradient = A::pull(&mut kept, &solver, &cotangents)?;
            add(reals::<E>(gradients.get_or_alloc_mut(&input)?), gradient.u0.as_slice());
            Ok(deposit(&field, &gradient.p, gradients)?)
        };
        let output = shape(x.shape(), solution.len());
        Ok(record(tape, wanted.values(&solution), output, pullback)?)
    }
}

impl Wanted {
    /// The options of a solve of which this is wanted.
    pub(super) fn options<M, A>(self, config: &OdeConfig<M, A>) -> Result<Options, Error> {
        match self {
            Self::End => Ok(config.to_the_end()),
            Self::Rows if config.options.save_idxs.is_some() => Err(Error::Option {
                option: "save_idxs",
                problem: "leaves states that have not the shape of a state".into(),
                hint: "leave it out, and take components off the tensor",
            }),
            Self::Rows => Ok(config.with_saving()),
        }
    }

    fn values<V: Vector<E>, E: Scalar>(self, solution: &Solution<V, E>) -> Vec<E> {
        match self {
            Self::End => solution.end().as_slice().to_vec(),
            Self::Rows => solution.values().to_vec(),
        }
    }
}
