//! Continuous normalising flows in tensors.

use std::f64::consts::PI;
use std::marker::PhantomData;

use dfdx::nn::Module;
use dfdx::nn::modules;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::NoneTape;
use dfdx::tensor::OwnedTape;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Storage;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::Trace;
use dfdx::tensor::WithEmptyTape;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;
use dfdx::tensor_ops::SumTo;
use dfdx::tensor_ops::TryAdd;
use dfdx::tensor_ops::TryMatMul;
use dfdx::tensor_ops::TryMul;

use super::Rows;
use super::matrix;
use crate::dfdx::Scalar;
use crate::dfdx::device::Parameters;
use crate::dfdx::device::Parametric;
use crate::dfdx::device::Resident;
use crate::dfdx::device::Wanted;
use crate::dfdx::device::failed;
use crate::dfdx::device::number;
use crate::dfdx::device::record_on_device;
use crate::error::Error;
use crate::layers::dual::DualTensor;
use crate::layers::ffjord::Ffjord;
use crate::layers::ffjord::Way;
use crate::layers::ffjord::length_of;
use crate::layers::flow::Divergence;
use crate::layers::flow::FlowRhs;
use crate::layers::flow::Integrals;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::sensitivity::Adjoint;
use crate::space::Vector;
use crate::space::Workspace;
use crate::stepper::Method;

/// A module whose first layer says how many numbers go in.
pub trait Width {
    /// How many.
    type Width: Dim + Default;
}

impl<const I: usize, const O: usize, E: Scalar, D: Storage<E>> Width for modules::Linear<I, O, E, D> {
    type Width = Const<I>;
}

macro_rules! tuples {
    ($(($first:ident $(, $rest:ident)*))*) => { $(
        impl<$first: Width, $($rest),*> Width for ($first, $($rest,)*) {
            type Width = $first::Width;
        }
    )* };
}

tuples! { (A) (A, B) (A, B, C) (A, B, C, D) (A, B, C, D, F) (A, B, C, D, F, G) }

/// Rows of as many numbers as a run finds out.
type Loose<E, D, T = NoneTape> = Tensor<(usize, usize), E, D, T>;
/// Rows that a network takes.
type Taken<F, E, D, T = NoneTape> = Tensor<(usize, <F as Width>::Width), E, D, T>;
type DualTaken<F, E, D, T> = DualTensor<(usize, <F as Width>::Width), E, D, T>;
type DualRows<const N: usize, E, D, T> = DualTensor<(usize, Const<N>), E, D, T>;

/// Directions of a row each, as a network takes them and as it gives them.
type Direction<F, const N: usize, E, D> = (Taken<F, E, D>, Rows<usize, N, E, D, NoneTape>);

/// A module from rows of `N + 1` numbers, the last of them the time, to rows of `N`, with tangents and on tape `T`.
pub trait Flows<const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>:
    Width
    + Module<Taken<Self, E, D, T>, Output = Rows<usize, N, E, D, T>, Error = D::Err>
    + Module<DualTaken<Self, E, D, T>, Output = DualRows<N, E, D, T>, Error = D::Err>
{
}

impl<const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>, F> Flows<N, E, D, T> for F where
    F: Width
        + Module<Taken<F, E, D, T>, Output = Rows<usize, N, E, D, T>, Error = D::Err>
        + Module<DualTaken<F, E, D, T>, Output = DualRows<N, E, D, T>, Error = D::Err>
{
}

/// A flow's network, traced or not.
pub trait FlowField<const N: usize, E: Scalar, D: Device<E>>:
    Parametric<E, D> + Flows<N, E, D, NoneTape> + Flows<N, E, D, OwnedTape<E, D>>
{
}

impl<const N: usize, E: Scalar, D: Device<E>, F> FlowField<N, E, D> for F where
    F: Parametric<E, D> + Flows<N, E, D, NoneTape> + Flows<N, E, D, OwnedTape<E, D>>
{
}

/// The right-hand side of [`FlowRhs`] in tensors: a row is `[x, ∫tr J, ∫|f|², ∫|J|²]` or a shorter part of it.
///
/// What a row is made of is taken out and put together by products with matrices of zeros and ones.
pub struct FlowOnDevice<F: Width, const N: usize, E: Scalar, D: Device<E>> {
    /// From the state to what the network takes, but for the time.
    input: Tensor<(usize, F::Width), E, D>,
    /// Ones where the time goes.
    time: Taken<F, E, D>,
    /// From the network's output to the state.
    slope: Tensor<(Const<N>, usize), E, D>,
    /// For each integral the sum over a row's numbers, put in its place.
    sums: Vec<Tensor<(Const<N>, usize), E, D>>,
    /// The directions of the products with the Jacobian, as the network takes them and as it gives them.
    directions: Vec<Direction<F, N, E, D>>,
    network: PhantomData<fn() -> F>,
}

impl<F: Width, const N: usize, E: Scalar, D: Device<E>> Clone for FlowOnDevice<F, N, E, D> {
    fn clone(&self) -> Self {
        let Self { input, time, slope, sums, directions, network } = self;
        let (input, time, slope) = (input.clone(), time.clone(), slope.clone());
        Self { input, time, slope, sums: sums.clone(), directions: directions.clone(), network: *network }
    }
}

impl<F: Width, const N: usize, E: Scalar, D: Device<E>> FlowOnDevice<F, N, E, D> {
    /// The same equation as that of `flow`, for as many rows.
    fn new<Net>(flow: &FlowRhs<Net, N>, rows: usize, device: &D) -> Result<Self, D::Err> {
        let (wide, taken) = (flow.width(), F::Width::default());
        let own = || (0..N).map(|i| (i, i, 1.0));
        let sums = (N..wide).map(|to| matrix(device, Const, wide, (0..N).map(|i| (i, to, 1.0))));
        let directions = (0..flow.directions()).map(|k| {
            let entries = || {
                (0..rows).flat_map(move |row| {
                    let v: [f64; N] = flow.direction(row, k);
                    v.into_iter().enumerate().map(move |(i, v)| (row, i, v))
                })
            };
            Ok((matrix(device, rows, taken, entries())?, matrix(device, rows, Const, entries())?))
        });
        Ok(Self {
            input: matrix(device, wide, taken, own())?,
            time: matrix(device, rows, taken, (0..rows).map(|row| (row, N, 1.0)))?,
            slope: matrix(device, Const, wide, own())?,
            sums: sums.collect::<Result<_, _>>()?,
            directions: directions.collect::<Result<_, D::Err>>()?,
            network: PhantomData,
        })
    }

    /// The slope at `u`, where `at` has the time in its place.
    fn evaluate<T: Tape<E, D>>(
        &self,
        net: &F,
        u: Loose<E, D, T>,
        at: Taken<F, E, D>,
    ) -> Result<Loose<E, D, T>, D::Err>
    where
        F: Flows<N, E, D, T>,
    {
        let mut du = u.device().try_zeros_like(u.shape())?.put_tape(T::default());
        let input = u.try_matmul(self.input.clone())?.try_add(at)?;
        let Some(trace_to) = self.sums.first() else {
            return net.try_forward(input)?.try_matmul(self.slope.clone());
        };
        let (input, mut tape) = input.split_tape();
        let fresh = |x: &Rows<usize, N, E, D, NoneTape>| x.clone().put_tape(T::default());
        for (k, (v, along)) in self.directions.iter().enumerate() {
            let [primal, tangent] = [&input, v].map(|x| x.clone().put_tape(T::default()));
            let (f, jv, more) = net.try_forward(DualTensor::new(primal, tangent))?.untaped();
            tape = tape.merge(more);
            du = du.try_add(fresh(&jv).try_mul(along.clone())?.try_matmul(trace_to.clone())?)?;
            if let [_, _, square_to] = self.sums.as_slice() {
                du = du.try_add(fresh(&jv).try_square()?.try_matmul(square_to.clone())?)?;
            }
            // every product comes with the value
            if k == 0 {
                du = du.try_add(fresh(&f).try_matmul(self.slope.clone())?)?;
                if let [_, kinetic_to, _] = self.sums.as_slice() {
                    du = du.try_add(fresh(&f).try_square()?.try_matmul(kinetic_to.clone())?)?;
                }
            }
        }
        let (du, last) = du.split_tape();
        Ok(du.put_tape(tape.merge(last)))
    }
}

impl<F: Width, const N: usize, E: Scalar, D: Device<E>> Model for FlowOnDevice<F, N, E, D> {
    const NAME: &'static str = "flow";
}

impl<F: FlowField<N, E, D>, const N: usize, E: Scalar, D: Device<E>> System<E> for FlowOnDevice<F, N, E, D> {
    type State = Resident<(usize, usize), E, D>;
    type Params = Parameters<F, E, D>;
    const ONE_UNIT: bool = true;
}

impl<F: FlowField<N, E, D>, const N: usize, E: Scalar, D: Device<E>> Rhs<E> for FlowOnDevice<F, N, E, D> {
    fn rhs(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: E) {
        let slope =
            self.time.clone().try_mul(t).and_then(|at| self.evaluate(p.module(), u.tensor().clone(), at));
        match slope {
            Ok(slope) => du.put(slope),
            Err(_) => du.as_mut_slice().fill(E::lit(f64::NAN)),
        }
    }
}

impl<F: FlowField<N, E, D>, const N: usize, E: Scalar, D: Device<E>> Vjp<E> for FlowOnDevice<F, N, E, D> {
    fn vjp(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        t: E,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut E,
        _work: &mut Workspace<E>,
    ) {
        let pull = || {
            let at = self.time.clone().try_mul(t)?;
            let du = self.evaluate(p.module(), u.tensor().leaky_trace(), at.clone())?;
            let mut gradients = du.try_mul(du_bar.tensor().clone())?.try_sum::<(), _>()?.try_backward()?;
            gradients.get_or_alloc_mut(u.tensor())?;
            gradients.get_or_alloc_mut(&at)?;
            let by_time = gradients.get(&at).try_mul(self.time.clone())?.try_sum::<(), _>()?;
            Ok::<_, D::Err>((gradients, number(by_time)))
        };
        match pull() {
            Ok((mut gradients, by_time)) => {
                u_bar.increase(1.0, &Resident::new(gradients.get(u.tensor())));
                p_bar.add(p.module(), &mut gradients);
                *t_bar += by_time;
            }
            // Nobody shall take what is left for a gradient.
            Err(_) => {
                u_bar.as_mut_slice().fill(E::lit(f64::NAN));
                p_bar.as_mut_slice().fill(E::lit(f64::NAN));
            }
        }
    }
}

impl<F, M, A> Ffjord<F, M, A> {
    /// The rows at `t1`, in tensors on the device of `x` and on its tape.
    ///
    /// # Errors
    /// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve). An adjoint that fails on the way
    /// back leaves gradients that are not numbers.
    pub fn end_on_device<B: Dim, const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N, E, D, T>,
    ) -> Result<Rows<B, N, E, D, T>, Error>
    where
        F: FlowField<N, E, D>,
        M: Method<E, FlowOnDevice<F, N, E, D>> + 'static,
        A: Adjoint<FlowOnDevice<F, N, E, D>, E, M, Record: 'static> + Clone,
    {
        let shape = *x.shape();
        self.transport_on_device(x, shape, Way::Forth)
    }

    /// The flow backwards, from `z` at `t1` to `x` at `t0`, in tensors on the device of `z` and on its tape.
    ///
    /// # Errors
    /// As for [`end_on_device`](Self::end_on_device).
    pub fn inverse_on_device<B: Dim, const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        z: Rows<B, N, E, D, T>,
    ) -> Result<Rows<B, N, E, D, T>, Error>
    where
        F: FlowField<N, E, D>,
        M: Method<E, FlowOnDevice<F, N, E, D>> + 'static,
        A: Adjoint<FlowOnDevice<F, N, E, D>, E, M, Record: 'static> + Clone,
    {
        let shape = *z.shape();
        self.transport_on_device(z, shape, Way::Back)
    }

    /// [`log_likelihood`](Self::log_likelihood) in tensors on the device of `x` and on its tape.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use diffeq_runtime::layers::{Divergence, Ffjord};
    ///
    /// let device = Cpu::default();
    /// let flow = device.build_module::<Ffjord<(Linear<3, 16>, Tanh, Linear<16, 2>)>, f32>();
    /// let x: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(100, Const));
    /// let there = flow.log_likelihood_on_device(x.trace(flow.alloc_grads()), Divergence::Exact)?;
    /// let here = flow.log_likelihood(x, Divergence::Exact)?;
    /// let gap: f32 = (there.with_empty_tape() - here).abs().max::<Rank0, _>().array();
    /// assert!(gap < 1e-4);
    /// let gradients = there.mean().negate().backward();
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// As for [`end_on_device`](Self::end_on_device).
    pub fn log_likelihood_on_device<B: Dim, const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N, E, D, T>,
        divergence: Divergence,
    ) -> Result<Tensor<(B,), E, D, T>, Error>
    where
        F: FlowField<N, E, D>,
        M: Method<E, FlowOnDevice<F, N, E, D>> + 'static,
        A: Adjoint<FlowOnDevice<F, N, E, D>, E, M, Record: 'static> + Clone,
    {
        let shape = (x.shape().0,);
        self.transport_on_device(x, shape, Way::Density(Integrals::Divergence, divergence))
    }

    /// [`regularised`](Self::regularised) in tensors on the device of `x` and on its tape.
    ///
    /// # Errors
    /// As for [`end_on_device`](Self::end_on_device).
    pub fn regularised_on_device<B: Dim, const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N, E, D, T>,
        divergence: Divergence,
    ) -> Result<Rows<B, 3, E, D, T>, Error>
    where
        F: FlowField<N, E, D>,
        M: Method<E, FlowOnDevice<F, N, E, D>> + 'static,
        A: Adjoint<FlowOnDevice<F, N, E, D>, E, M, Record: 'static> + Clone,
    {
        let shape = (x.shape().0, Const);
        self.transport_on_device(x, shape, Way::Density(Integrals::All, divergence))
    }

    fn transport_on_device<B: Dim, S: Shape, const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
        &self,
        x: Rows<B, N, E, D, T>,
        shape: S,
        way: Way,
    ) -> Result<Tensor<S, E, D, T>, Error>
    where
        F: FlowField<N, E, D>,
        M: Method<E, FlowOnDevice<F, N, E, D>> + 'static,
        A: Adjoint<FlowOnDevice<F, N, E, D>, E, M, Record: 'static> + Clone,
    {
        let rows = x.shape().0.size();
        let (integrals, divergence, span) = self.asked(way, rows)?;
        let device = x.device().clone();
        let flow = FlowRhs::<(), N>::new(integrals, divergence, rows);
        let field = FlowOnDevice::<F, N, E, D>::new(&flow, rows, &device).map_err(failed)?;
        let start = x
            .try_reshape_like(&(rows, Const::<N>))
            .and_then(|x| x.try_matmul(field.slope.clone()))
            .map_err(failed)?;
        let how = (self.config.method.clone(), self.config.to_the_end(), self.config.adjoint.clone());
        let end = record_on_device(field, &self.field, start, span, how, Wanted::End, |shape, _| *shape)?;
        if integrals == Integrals::None {
            return end.try_reshape_like(&shape).map_err(failed);
        }
        density::<N, E, D, T>(end, flow.width(), length_of(span))
            .and_then(|y| y.try_reshape_like(&shape))
            .map_err(failed)
    }
}

/// `log p` of each row from the state at the end, then the other integrals.
fn density<const N: usize, E: Scalar, D: Device<E>, T: Tape<E, D>>(
    end: Loose<E, D, T>,
    wide: usize,
    sign: f64,
) -> Result<Loose<E, D, T>, D::Err> {
    let (device, (rows, count)) = (end.device().clone(), (end.shape().0, wide - N));
    let square = end.with_empty_tape().try_square()?;
    let normal = matrix::<_, _, E, D>(&device, wide, count, (0..N).map(|i| (i, 0, -0.5)))?;
    let level = -0.5 * N as f64 * (2.0 * PI).ln();
    let level = matrix::<_, _, E, D>(&device, rows, count, (0..rows).map(|row| (row, 0, level)))?;
    let integrals = matrix::<_, _, E, D>(
        &device,
        wide,
        count,
        (0..count).map(|i| (N + i, i, if i == 0 { 1.0 } else { sign })),
    )?;
    end.try_matmul(integrals)?.try_add(square.try_matmul(normal)?)?.try_add(level)
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;
    use crate::dfdx::Fused;
    use crate::dfdx::destructure;
    use crate::layers::OdeConfig;
    use crate::layers::device::tests::close;

    type Net = (Linear<3, 8>, Tanh, Linear<8, 2>);
    type Built = <Net as BuildOnDevice<Cpu, f64>>::Built;

    #[test]
    fn a_flow_in_tensors_is_that_in_slices() {
        for span in [(0.0, 1.0), (1.0, -0.5)] {
            agree_over(span);
        }
    }

    fn agree_over(span: (f64, f64)) {
        let device = Cpu::seed_from_u64(6);
        let config = OdeConfig::span(span).tolerances(1e-6, 1e-8);
        let flow = Ffjord::new(device.build_module::<Net, f64>(), config);
        let x: Tensor<(usize, Const<2>), f64, _> = device.sample_normal_like(&(5, Const));
        let weight = &flow.field.0.weight;

        let here = flow.forward(x.leaky_trace());
        let there = flow.end_on_device(x.leaky_trace()).unwrap();
        close(&there.as_vec(), &here.as_vec());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(weight).as_vec(), &here.get(weight).as_vec());

        let back = flow.inverse_on_device(x.clone()).unwrap();
        close(&back.as_vec(), &flow.inverse(x.clone()).unwrap().as_vec());

        for divergence in [Divergence::Exact, Divergence::Rademacher { seed: 3 }] {
            let here = flow.log_likelihood(x.leaky_trace(), divergence).unwrap();
            let there = flow.log_likelihood_on_device(x.leaky_trace(), divergence).unwrap();
            close(&there.as_vec(), &here.as_vec());
            let (here, there) = (here.mean().backward(), there.mean().backward());
            close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
            close(&there.get(weight).as_vec(), &here.get(weight).as_vec());

            let here = flow.regularised(x.leaky_trace(), divergence).unwrap();
            let there = flow.regularised_on_device(x.leaky_trace(), divergence).unwrap();
            close(&there.as_vec(), &here.as_vec());
            let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
            close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
            close(&there.get(weight).as_vec(), &here.get(weight).as_vec());
        }
    }

    #[test]
    fn every_cotangent_in_tensors_is_that_in_slices() {
        let device = Cpu::seed_from_u64(7);
        let net = device.build_module::<Net, f64>();
        for integrals in [Integrals::None, Integrals::Divergence, Integrals::All] {
            let here = FlowRhs::<<Built as Fused<f64>>::Native, 2>::new(integrals, Divergence::Exact, 3);
            let there = FlowOnDevice::<Built, 2, f64, Cpu>::new(&here, 3, &device).unwrap();
            let wide = here.width();
            let [u, w]: [Tensor<(usize, usize), f64, Cpu>; 2] =
                std::array::from_fn(|_| device.sample_normal_like(&(3, wide)));
            let p = destructure(&net).unwrap();
            let (mut u_bar, mut p_bar, mut t_bar) = (vec![0.0; 3 * wide], vec![0.0; p.len()], 0.0);
            let mut work = Workspace::new();
            here.vjp(&mut w.as_vec(), &u.as_vec(), &p, 0.4, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);

            let (mut w, u) = (Resident::new(w), Resident::new(u));
            let params = Parameters::new(net.clone()).unwrap();
            let (mut u_there, mut p_there, mut t_there) = (u.zeros_like(), params.zeros_like(), 0.0);
            there.vjp(&mut w, &u, &params, 0.4, &mut u_there, &mut p_there, &mut t_there, &mut work);
            close(u_there.as_slice(), &u_bar);
            close(p_there.as_slice(), &p_bar);
            close(&[t_there], &[t_bar]);
        }
    }

    #[test]
    fn no_rows_are_refused_as_elsewhere() {
        let device = Cpu::default();
        let flow = device.build_module::<Ffjord<Net>, f64>();
        let x: Tensor<(usize, Const<2>), f64, _> = device.zeros_like(&(0, Const));
        assert_eq!(flow.inverse_on_device(x.clone()).unwrap_err(), flow.inverse(x).unwrap_err());
    }
}
