//! Fields that conserve an energy, which is a network.

use std::marker::PhantomData;

use dfdx::nn::BuildOnDevice;
use dfdx::nn::Module;
use dfdx::nn::ModuleVisitor;
use dfdx::nn::NonMutableModule;
use dfdx::nn::TensorCollection;
use dfdx::shapes::Const;
use dfdx::shapes::Dtype;
use dfdx::shapes::HasShape;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;

use crate::dfdx::Fused;
use crate::dfdx::Scalar;
use crate::dfdx::destructure;
use crate::dfdx::failure::in_layer;
use crate::dfdx::failure::not_empty;
use crate::dfdx::parameters::deposit;
use crate::dfdx::parameters::row_by_row;
use crate::dfdx::tape::add;
use crate::dfdx::tape::reals;
use crate::dfdx::tape::record;
use crate::error::Error;
use crate::layers::field::StateShape;
use crate::layers::field::VectorField;
use crate::layers::twice::Twice;
use crate::layers::twice::add_tangents;
use crate::layers::twice::along;
use crate::layers::twice::split;
use crate::nn::Network;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Flat;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::from_flat;

/// The field `q' = ∂H/∂p`, `p' = -∂H/∂q` of a Hamiltonian `H(q, p)` that is a network with one output.
///
/// States are `[q, p]`, each half of the numbers. Along a solution `H` is constant and volume is kept, whatever the
/// parameters: what is learned from data is the energy. Greydanus, Dzamba & Yosinski, *Hamiltonian neural networks*
/// (NeurIPS 2019, arXiv:1906.01563).
///
/// The gradient of `H` is the network's reverse mode, and the derivatives of the field are dual numbers through it; both
/// are exact.
///
/// As a module it computes the field itself, on the tape, so that it can be fitted to measured derivatives; as the field
/// of a [`NeuralOde`](crate::layers::NeuralOde) it is fitted to trajectories. The energy is the module inside:
/// `net.0.forward(x)`.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::layers::{HamiltonianNet, NeuralOde};
///
/// type Energy = (Linear<2, 16>, Tanh, Linear<16, 1>);
/// let device = Cpu::default();
/// let model = device.build_module::<NeuralOde<HamiltonianNet<Energy>>, f64>();
/// let x: Tensor<Rank2<5, 2>, f64, _> = device.sample_normal();
/// let energy = |x: Tensor<Rank2<5, 2>, f64, _>| model.field.0.forward(x);
/// let drift = energy(model.forward(x.clone())) - energy(x);
/// assert!(drift.abs().max::<Rank0, _>().array() < 1e-3);
/// ```
#[derive(Debug, Clone, Default)]
pub struct HamiltonianNet<F>(pub F);

impl<D: Device<E>, E: Dtype, F: BuildOnDevice<D, E>> BuildOnDevice<D, E> for HamiltonianNet<F> {
    type Built = HamiltonianNet<F::Built>;
}

impl<E: Dtype, D: Device<E>, F: TensorCollection<E, D>> TensorCollection<E, D> for HamiltonianNet<F> {
    type To<E2: Dtype, D2: Device<E2>> = HamiltonianNet<F::To<E2, D2>>;
    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        visitor.visit_fields(Self::module("0", |s| &s.0, |s| &mut s.0), HamiltonianNet)
    }
}

impl<F> NonMutableModule for HamiltonianNet<F> {}

impl<F, S, E, T> Module<Tensor<S, E, Cpu, T>> for HamiltonianNet<F>
where
    Self: VectorField<E, S>,
    S: StateShape,
    E: Scalar,
    T: Tape<E, Cpu>,
{
    type Output = Tensor<S, E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(&self, x: Tensor<S, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        in_layer(|| {
            row_by_row(self)?;
            not_empty("HamiltonianNet", x.shape())?;
            let (x, tape) = x.try_contiguous()?.split_tape();
            let (shape, p) = (*x.shape(), destructure(self)?);
            let (rhs, u) = (self.rhs(&shape)?, Self::state(&shape, x.as_vec()));
            let field = rhs.eval(&u, &p, E::ZERO).as_slice().to_vec();
            let (x, module) = (x.ghost(), self.clone());
            Ok(record(tape, field, shape, move |y_bar, gradients| {
                let mut du_bar = Self::state(&shape, y_bar.to_vec());
                let (mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), E::ZERO);
                let mut work = Workspace::new();
                rhs.vjp(&mut du_bar, &u, &p, E::ZERO, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
                add(reals::<E>(gradients.get_or_alloc_mut(&x)?), u_bar.as_slice());
                Ok(deposit(&module, &p_bar, gradients)?)
            })?)
        })
    }
}

/// A vector is an array, a batch is the rows one after the other.
macro_rules! fields {
    ($([$($generics:tt)*] $shape:ty => $state:ty, $from:expr;)*) => { $(
        impl<F, E: Scalar, $($generics)*> VectorField<E, $shape> for HamiltonianNet<F>
        where
            F: Fused<E, Native: Twice<E, [E; D], [E; 1]>> + Clone + 'static,
        {
            type Rhs = HamiltonianRhs<F::Native, D, $state, Vec<E>>;
            fn rhs(&self, _: &$shape) -> Result<Self::Rhs, Error> {
                self.0.check()?;
                Ok(HamiltonianRhs::new())
            }
            fn state(_: &$shape, values: Vec<E>) -> $state {
                $from(values)
            }
        }
    )* };
}

fields! {
    [const D: usize] (Const<D>,) => [E; D], |values: Vec<E>| std::array::from_fn(|i| values[i]);
    [const D: usize] (usize, Const<D>) => Vec<E>, |values| values;
    [const B: usize, const D: usize] (Const<B>, Const<D>) => Vec<E>, |values| values;
}

/// The right-hand side of a Hamiltonian `N` of `D` numbers, for states `V` of one or more rows.
///
/// The parameters are the network's as one slice, in the order that they have in it: `P` is `Vec` or the network itself.
///
/// ```
/// use diffeq_runtime::layers::HamiltonianRhs;
/// use diffeq_runtime::nn::Mlp;
/// use diffeq_runtime::problem::OdeProblem;
/// use diffeq_runtime::stepper::Tsit5;
/// use rand::SeedableRng;
///
/// type Energy = Mlp<2, 16, 1>;
/// let energy = Energy::init(&mut rand::rngs::StdRng::seed_from_u64(0));
/// let rhs = HamiltonianRhs::<Energy, 2, [f64; 2], Energy>::new();
/// let problem = OdeProblem::new(rhs, [1.0, 0.5], (0.0, 10.0), energy);
/// let solution = problem.solver(Tsit5).tolerances(1e-10, 1e-10).solve()?;
/// let [before, after] = [[1.0, 0.5], *solution.end()].map(|u| energy.forward(u)[0]);
/// assert!((after - before).abs() < 1e-8);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub struct HamiltonianRhs<N, const D: usize, V, P> {
    network: PhantomData<fn() -> N>,
    shape: PhantomData<fn(V, P)>,
}

impl<N, const D: usize, V, P> HamiltonianRhs<N, D, V, P> {
    /// The right-hand side; the network comes with the parameters.
    pub const fn new() -> Self {
        const { assert!(D.is_multiple_of(2), "a Hamiltonian's states are [q, p]: an even number of numbers") };
        Self { network: PhantomData, shape: PhantomData }
    }
}

impl<N, const D: usize, V, P> Clone for HamiltonianRhs<N, D, V, P> {
    fn clone(&self) -> Self {
        Self::new()
    }
}

impl<N, const D: usize, V, P> Default for HamiltonianRhs<N, D, V, P> {
    fn default() -> Self {
        Self::new()
    }
}

impl<N, const D: usize, V, P> std::fmt::Debug for HamiltonianRhs<N, D, V, P> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("HamiltonianRhs")
    }
}

impl<N, const D: usize, V, P> Model for HamiltonianRhs<N, D, V, P> {
    const NAME: &'static str = "Hamiltonian";
}

/// `J v`: the positions' part of the gradient drives the momenta, with a minus.
#[inline(always)]
fn symplectic<T: Real, const D: usize>(v: &[T; D]) -> [T; D] {
    std::array::from_fn(|i| if i < D / 2 { v[i + D / 2] } else { -v[i - D / 2] })
}

/// The parameters as a network, if there are as many as it has, and whole rows.
#[inline(always)]
fn network<'a, T: Real, N: Flat<T>, const D: usize>(u: &[T], p: &'a [T]) -> Option<&'a N> {
    if u.len().is_multiple_of(D) { from_flat(p) } else { None }
}

/// The gradient of the Hamiltonian at a row; what it adds to `net_bar` is of no use.
#[inline(always)]
fn gradient<T: Real, const D: usize, N: Network<T, [T; D], Output = [T; 1]>>(
    net: &N,
    u: &[T; D],
    net_bar: &mut N,
) -> [T; D] {
    let mut u_bar = [T::ZERO; D];
    net.vjp(u, &[T::ONE], net_bar, &mut u_bar);
    u_bar
}

impl<T, N, const D: usize, V, P> System<T> for HamiltonianRhs<N, D, V, P>
where
    T: Real,
    N: Network<T, [T; D], Output = [T; 1]> + Flat<T>,
    V: Vector<T>,
    P: Vector<T>,
{
    type State = V;
    type Params = P;
    const ONE_UNIT: bool = true;
}

impl<T, N, const D: usize, V, P> Rhs<T> for HamiltonianRhs<N, D, V, P>
where
    T: Real,
    N: Network<T, [T; D], Output = [T; 1]> + Flat<T>,
    V: Vector<T>,
    P: Vector<T>,
{
    fn rhs(&self, du: &mut V, u: &V, p: &P, _t: T) {
        let Some(net) = network::<T, N, D>(u.as_slice(), p.as_slice()) else {
            return du.as_mut_slice().fill(T::lit(f64::NAN));
        };
        let mut net_bar = net.zeros_like();
        let (du, u) = (du.as_mut_slice().as_chunks_mut::<D>().0, u.as_slice().as_chunks::<D>().0);
        for (du, u) in du.iter_mut().zip(u) {
            *du = symplectic(&gradient(net, u, &mut net_bar));
        }
    }
}

impl<T, N, const D: usize, V, P> Jvp<T> for HamiltonianRhs<N, D, V, P>
where
    T: Real,
    N: Twice<T, [T; D], [T; 1]>,
    V: Vector<T>,
    P: Vector<T>,
{
    fn jvp(&self, du: &mut V, du_dot: &mut V, u: &V, u_dot: &V, p: &P, p_dot: &P, _t: T, _t_dot: T) {
        let Some(net) = network::<T, N, D>(u.as_slice(), p.as_slice()) else {
            du.as_mut_slice().fill(T::lit(f64::NAN));
            return du_dot.as_mut_slice().fill(T::lit(f64::NAN));
        };
        let net = along(net, p_dot.as_slice());
        let mut net_bar = net.zeros_like();
        let states = u.as_slice().as_chunks::<D>().0.iter().zip(u_dot.as_slice().as_chunks::<D>().0);
        let slopes = du
            .as_mut_slice()
            .as_chunks_mut::<D>()
            .0
            .iter_mut()
            .zip(du_dot.as_mut_slice().as_chunks_mut::<D>().0);
        for ((u, u_dot), (du, du_dot)) in states.zip(slopes) {
            let slope = symplectic(&gradient(&net, &along(u, u_dot), &mut net_bar));
            split(du, du_dot, &slope);
        }
    }
}

impl<T, N, const D: usize, V, P> Vjp<T> for HamiltonianRhs<N, D, V, P>
where
    T: Real,
    N: Twice<T, [T; D], [T; 1]>,
    V: Vector<T>,
    P: Vector<T>,
{
    fn vjp(
        &self,
        du_bar: &mut V,
        u: &V,
        p: &P,
        _t: T,
        u_bar: &mut V,
        p_bar: &mut P,
        _t_bar: &mut T,
        _work: &mut Workspace<T>,
    ) {
        let Some(net) = network::<T, N, D>(u.as_slice(), p.as_slice()) else {
            u_bar.as_mut_slice().fill(T::lit(f64::NAN));
            return p_bar.as_mut_slice().fill(T::lit(f64::NAN));
        };
        let net = along(net, &[]);
        let mut net_bar = net.zeros_like();
        let (du_bar, u) = (du_bar.as_slice().as_chunks::<D>().0, u.as_slice().as_chunks::<D>().0);
        let u_bar = u_bar.as_mut_slice().as_chunks_mut::<D>().0;
        for ((du_bar, u), u_bar) in du_bar.iter().zip(u).zip(u_bar) {
            // du_bar . J grad H is the derivative of H along -J du_bar, since J is antisymmetric: its gradient is the
            // tangent, in that direction, of the gradient of H.
            let direction = symplectic(du_bar).map(|x| -x);
            add_tangents(u_bar, &gradient(&net, &along(u, &direction), &mut net_bar));
        }
        add_tangents(p_bar.as_mut_slice(), net_bar.as_slice());
    }
}
