//! Activations that are described by differential equations.

use dfdx::nn::BuildOnDevice;
use dfdx::nn::Module;
use dfdx::nn::ModuleVisitor;
use dfdx::nn::NonMutableModule;
use dfdx::nn::TensorCollection;
use dfdx::nn::TensorOptions;
use dfdx::nn::ZeroSizedModule;
use dfdx::shapes::Dtype;
use dfdx::shapes::HasShape;
use dfdx::shapes::Rank1;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Storage;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;

use crate::dfdx::Fd;
use crate::dfdx::Scalar;
use crate::dfdx::destructure;
use crate::dfdx::failure::in_layer;
use crate::dfdx::failure::not_empty;
use crate::dfdx::parameters::deposit;
use crate::dfdx::tape::add;
use crate::dfdx::tape::reals;
use crate::dfdx::tape::record;
use crate::error::Error;
use crate::layers::config::OdeConfig;
use crate::problem::OdeProblem;
use crate::problem::Rhs;
use crate::real::Dual;
use crate::sensitivity::LiftedRhs;
use crate::sensitivity::ParamsOf;
use crate::space::Lift;
use crate::space::Vector;
use crate::stepper::Method;
use crate::stepper::Tsit5;

/// The activation `x ↦ u(t1)` with `du/dt = f(u, p, t)`, `u(t0) = x`, for each number of a tensor by itself.
///
/// `F` is an `#[ode]` of one real. Its parameters are `p`: with `Trained<K>` there are `K` of them, which start at one
/// and are trained with the model; without, the model has none. Each number takes its own steps, so that the result does
/// not depend on what else is in the tensor. Derivatives by `x` and `p` are carried through the solve by dual numbers,
/// at the cost of about one more solve for every four of them.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::{OdeActivation, Trained};
/// # use diffeq_runtime::problem::{Model, Rhs, System};
/// # use diffeq_runtime::real::Real;
/// # #[derive(Clone, Copy, Debug, Default)]
/// # #[allow(non_camel_case_types)]
/// # struct relax;
/// # impl Model for relax {}
/// # impl<T: Real> System<T> for relax {
/// #     type State = T;
/// #     type Params = [T; 1];
/// # }
/// # impl<T: Real> Rhs<T> for relax {
/// #     fn rhs(&self, du: &mut T, u: &T, p: &[T; 1], _t: T) { *du = -p[0] * *u; }
/// # }
///
/// // `relax` is an `#[ode]`: du/dt = -p u.
/// type Net = (Linear<2, 8>, OdeActivation<relax, Trained<1>>, Linear<8, 1>);
/// let device = Cpu::default();
/// let net = device.build_module::<Net, f64>();
/// assert_eq!(net.num_trainable_params(), 24 + 1 + 9);
/// let y: Tensor<Rank2<5, 1>, f64, _> = net.forward(device.sample_normal::<Rank2<5, 2>>());
/// ```
///
/// A solve that fails is an error of the layer as in [`NeuralOde`](crate::layers::NeuralOde).
#[derive(Debug, Clone, Default)]
pub struct OdeActivation<F, P = NotTrained, M = Tsit5> {
    /// The right-hand side.
    pub model: F,
    /// Its parameters.
    pub p: P,
    /// The span, the tolerances, the method; by default [`OdeConfig::default`].
    pub config: OdeConfig<M, ()>,
}

/// The parameters of an activation that has none.
#[derive(Debug, Clone, Copy, Default)]
pub struct NotTrained;
impl ZeroSizedModule for NotTrained {}

/// `K` parameters of an activation, to be trained; built to [`TrainedParams`].
#[derive(Debug, Clone, Copy, Default)]
pub struct Trained<const K: usize>;

/// `K` parameters of an activation.
#[derive(Debug, Clone)]
pub struct TrainedParams<const K: usize, E: Dtype, D: Storage<E>> {
    /// The parameters; ones at first.
    pub p: Tensor<Rank1<K>, E, D>,
}

impl<const K: usize, E: Dtype, D: Device<E>> BuildOnDevice<D, E> for Trained<K> {
    type Built = TrainedParams<K, E, D>;
}

impl<const K: usize, E: Dtype, D: Device<E>> TensorCollection<E, D> for TrainedParams<K, E, D> {
    type To<E2: Dtype, D2: Device<E2>> = TrainedParams<K, E2, D2>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(Self::tensor("p", |s| &s.p, |s| &mut s.p, TensorOptions::reset_to_ones()), |p| {
            TrainedParams { p }
        })
    }
}

impl<F, P, M, E, D> BuildOnDevice<D, E> for OdeActivation<F, P, M>
where
    F: Default + Clone,
    P: BuildOnDevice<D, E>,
    M: Default + Clone,
    E: Dtype,
    D: Device<E>,
{
    type Built = OdeActivation<F, P::Built, M>;
}

impl<F, P, M, E, D> TensorCollection<E, D> for OdeActivation<F, P, M>
where
    F: Default + Clone,
    P: TensorCollection<E, D>,
    M: Default + Clone,
    E: Dtype,
    D: Device<E>,
{
    type To<E2: Dtype, D2: Device<E2>> = OdeActivation<F, P::To<E2, D2>, M>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(
            (
                Self::module("p", |s| &s.p, |s| &mut s.p),
                Self::module("config", |s| &s.config, |s| &mut s.config),
            ),
            |(p, config)| OdeActivation { model: F::default(), p, config },
        )
    }
}

/// The parameters of a model, from numbers: nothing, a real, or an array of reals.
pub trait FromNumbers<E>: Sized {
    /// How many numbers.
    const COUNT: usize;
    /// The parameters from as many numbers as there must be.
    fn from_numbers(numbers: &[E]) -> Self;
}

impl<E> FromNumbers<E> for () {
    const COUNT: usize = 0;
    fn from_numbers(_: &[E]) {}
}

impl<E: Scalar> FromNumbers<E> for E {
    const COUNT: usize = 1;
    fn from_numbers(numbers: &[E]) -> E {
        numbers[0]
    }
}

impl<E: Scalar, const K: usize> FromNumbers<E> for [E; K] {
    const COUNT: usize = K;
    fn from_numbers(numbers: &[E]) -> [E; K] {
        std::array::from_fn(|i| numbers[i])
    }
}

impl<F, P, M> NonMutableModule for OdeActivation<F, P, M> {}

impl<F, P, M, S, E, T> Module<Tensor<S, E, Cpu, T>> for OdeActivation<F, P, M>
where
    F: Clone + LiftedRhs<E, Fd<E>> + Rhs<E, State = E, Params: FromNumbers<E>>,
    P: TensorCollection<E, Cpu> + Clone + 'static,
    M: Method<E, F> + Method<Fd<E>, F>,
    S: Shape,
    E: Scalar,
    T: Tape<E, Cpu>,
{
    type Output = Tensor<S, E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(&self, x: Tensor<S, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        in_layer(|| {
            not_empty("OdeActivation", x.shape())?;
            let (x, tape) = x.try_contiguous()?.split_tape();
            let (shape, inputs, p) = (*x.shape(), x.as_vec(), self.params()?);
            if !T::OWNS_TAPE {
                return Ok(record(tape, self.values(&inputs, &p)?, shape, |_, _| Ok(()))?);
            }
            let (outputs, partials) = self.differentiated(&inputs, &p)?;
            let (x, params) = (x.ghost(), self.p.clone());
            Ok(record(tape, outputs, shape, move |y_bar, gradients| {
                let (x_bar, p_bar) = partials.pull(y_bar);
                add(reals::<E>(gradients.get_or_alloc_mut(&x)?), &x_bar);
                Ok(deposit(&params, &p_bar, gradients)?)
            })?)
        })
    }

    fn forward(&self, x: Tensor<S, E, Cpu, T>) -> Self::Output {
        match self.try_forward(x) {
            Ok(y) => y,
            Err(error) => panic!("{}", Error::from(error)),
        }
    }
}

/// The derivatives of activations: for each number one by itself, then those by the parameters.
pub(super) struct Partials<E> {
    each: Vec<E>,
    width: usize,
}

impl<E: Scalar> Partials<E> {
    /// The cotangents of the numbers and of the parameters.
    pub(super) fn pull(&self, y_bar: &[E]) -> (Vec<E>, Vec<E>) {
        let mut p_bar = vec![E::ZERO; self.width - 1];
        let rows = self.each.chunks_exact(self.width).zip(y_bar);
        let x_bar = rows.map(|(partials, y_bar)| {
            for (p_bar, partial) in p_bar.iter_mut().zip(&partials[1..]) {
                *p_bar += *partial * *y_bar;
            }
            partials[0] * *y_bar
        });
        (x_bar.collect(), p_bar)
    }
}

impl<F, P, M> OdeActivation<F, P, M> {
    pub(super) fn params<E: Scalar, D: Device<E>>(&self) -> Result<ParamsOf<F, E>, Error>
    where
        F: Rhs<E, Params: FromNumbers<E>>,
        P: TensorCollection<E, D>,
    {
        let (numbers, expected) = (destructure(&self.p)?, ParamsOf::<F, E>::COUNT);
        if numbers.len() != expected {
            let what = "parameters of an activation (`OdeActivation<F, Trained<K>>`)";
            return Err(Error::Shape { what, expected, found: numbers.len() });
        }
        Ok(ParamsOf::<F, E>::from_numbers(&numbers))
    }

    /// The values at these numbers.
    pub(super) fn values<E: Scalar>(&self, inputs: &[E], p: &ParamsOf<F, E>) -> Result<Vec<E>, Error>
    where
        F: Rhs<E, State = E> + Clone,
        M: Method<E, F>,
    {
        inputs.iter().map(|x| self.value(*x, p)).collect()
    }

    /// The values at these numbers and their derivatives.
    pub(super) fn differentiated<E: Scalar>(
        &self,
        inputs: &[E],
        p: &ParamsOf<F, E>,
    ) -> Result<(Vec<E>, Partials<E>), Error>
    where
        F: LiftedRhs<E, Fd<E>> + Rhs<E, State = E, Params: FromNumbers<E>> + Clone,
        M: Method<Fd<E>, F>,
    {
        let width = 1 + <ParamsOf<F, E> as FromNumbers<E>>::COUNT;
        let mut each = Vec::with_capacity(width * inputs.len());
        let outputs: Result<_, _> = inputs.iter().map(|x| self.tangents(*x, p, width, &mut each)).collect();
        Ok((outputs?, Partials { each, width }))
    }

    fn value<E: Scalar>(&self, x: E, p: &ParamsOf<F, E>) -> Result<E, Error>
    where
        F: Rhs<E, State = E> + Clone,
        M: Method<E, F>,
    {
        let config = &self.config;
        let problem = OdeProblem::new(self.model.clone(), x, (config.t0, config.t1), p.clone());
        Ok(*problem.solver(config.method.clone()).options(config.to_the_end()).solve()?.end())
    }

    /// The value at `x`; its derivatives by `x` and by the parameters go to `partials`.
    fn tangents<E: Scalar>(
        &self,
        x: E,
        p: &ParamsOf<F, E>,
        width: usize,
        partials: &mut Vec<E>,
    ) -> Result<E, Error>
    where
        F: LiftedRhs<E, Fd<E>> + Rhs<E, State = E> + Clone,
        M: Method<Fd<E>, F>,
    {
        let config = &self.config;
        let mut first = 0;
        loop {
            // Inputs before or after this pass's lanes are constants.
            let mut index: usize = 0;
            let mut seed = |x: E| {
                let lane = index.wrapping_sub(first);
                index += 1;
                Dual::variable(x, lane)
            };
            let (x, p) = (x.lift(&mut seed), p.lift(&mut seed));
            let problem = OdeProblem::new(self.model.clone(), x, (config.t0, config.t1), p);
            let solution = problem.solver(config.method.clone()).options(config.to_the_end()).solve()?;
            let Some(end) = solution.end().as_slice().first() else {
                return Err(Error::Shape {
                    what: "numbers in the state of an activation",
                    expected: 1,
                    found: 0,
                });
            };
            let lanes = end.tangents.len().min(width - first);
            partials.extend_from_slice(&end.tangents[..lanes]);
            first += lanes;
            if first == width {
                return Ok(end.primal);
            }
        }
    }
}
