//! A right-hand side that is a network.

use std::array::from_mut;
use std::array::from_ref;
use std::fmt;
use std::marker::PhantomData;

use crate::nn::batch;
use crate::nn::layer::Layer;
use crate::nn::wide;
use crate::problem::Jvp;
use crate::problem::Model;
use crate::problem::Rhs;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Real;
use crate::space::Components;
use crate::space::Workspace;
use crate::space::flat_filled;
use crate::space::flat_rows;
use crate::space::flat_rows_mut;
use crate::space::flat_slice;
use crate::space::from_flat;
use crate::space::from_flat_mut;

/// The right-hand side `du/dt = N(u)` for a network `N` from `D` reals to `D`, on a state `[T; D]`.
///
/// The parameters are those of the network as a flat vector. With `I = D + 1` inputs the network sees `[u, t]`. Where
/// there are not as many parameters as the network has, everything is NaN, which a solver reports.
///
/// ```
/// use diffeq_runtime::nn::Field;
/// use diffeq_runtime::nn::Mlp;
/// use diffeq_runtime::nn::Tanh;
/// use diffeq_runtime::problem::OdeProblem;
/// use diffeq_runtime::space::Vector;
/// use diffeq_runtime::stepper::Tsit5;
/// use rand::SeedableRng;
///
/// type Net = Mlp<2, 50, 2, Tanh>;
/// let net = Net::init(&mut rand::rngs::StdRng::seed_from_u64(1));
/// let field = Field::<Net, 2>::new();
/// let problem = OdeProblem::new(field, [2.0, 0.0], (0.0, 1.5), Vector::<f64>::as_slice(&net).to_vec());
/// let solution = problem.solver(Tsit5).solve()?;
/// assert_eq!(solution.end().len(), 2);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
pub struct Field<N, const D: usize, const I: usize = D>(PhantomData<fn() -> N>);

/// [`Field`] on a batch: the state is a `Vec<T>` of rows of `D` reals, each of which moves by itself.
pub struct BatchField<N, const D: usize, const I: usize = D>(PhantomData<fn() -> N>);

macro_rules! common {
    ($($field:ident)*) => { $(
        impl<N, const D: usize, const I: usize> $field<N, D, I> {
            const INPUTS: () = assert!(I == D || I == D + 1, "a network of `D` inputs, or of `D` and the time");

            /// The right-hand side.
            pub const fn new() -> Self {
                const { Self::INPUTS };
                Self(PhantomData)
            }
        }
        impl<N, const D: usize, const I: usize> Default for $field<N, D, I> {
            fn default() -> Self {
                Self::new()
            }
        }
        impl<N, const D: usize, const I: usize> Clone for $field<N, D, I> {
            fn clone(&self) -> Self {
                *self
            }
        }
        impl<N, const D: usize, const I: usize> Copy for $field<N, D, I> {}
        impl<N, const D: usize, const I: usize> fmt::Debug for $field<N, D, I> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(stringify!($field))
            }
        }
        impl<N: Components, const D: usize, const I: usize> Model for $field<N, D, I> {
            const NAME: &'static str = "network";
            fn param_names() -> Vec<String> {
                N::names()
            }
        }
    )* };
}
common! { Field BatchField }

/// Not a number, for whatever does not fit.
fn spoil<T: Real>(reals: &mut [T]) {
    reals.fill(T::lit(f64::NAN));
}

impl<T, N, const D: usize, const I: usize> System<T> for Field<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    type State = [T; D];
    type Params = Vec<T>;
    const ONE_UNIT: bool = true;
}

impl<T, N, const D: usize, const I: usize> Rhs<T> for Field<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    #[inline]
    fn rhs(&self, du: &mut [T; D], u: &[T; D], p: &Vec<T>, t: T) {
        self.rhs_keeping(du, u, p, t, &mut []);
    }

    const KEEPS: bool = true;
    #[inline]
    fn kept_len(&self, _: &[T; D]) -> usize {
        size_of::<<N::Of<T> as Layer<T, [T; I]>>::Kept<1>>() / size_of::<T>()
    }
    #[inline]
    fn rhs_keeping(&self, du: &mut [T; D], u: &[T; D], p: &Vec<T>, t: T, kept: &mut [T]) {
        let Some(net) = from_flat::<T, N::Of<T>>(p) else { return spoil(du) };
        let mut unused = flat_filled(T::ZERO);
        let kept = from_flat_mut(kept).unwrap_or(&mut unused);
        wide::forward(net, (from_ref(u), t), from_mut(du), kept);
    }
}

impl<T, N, const D: usize, const I: usize> Jvp<T> for Field<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    #[inline]
    fn jvp(
        &self,
        du: &mut [T; D],
        du_dot: &mut [T; D],
        u: &[T; D],
        u_dot: &[T; D],
        p: &Vec<T>,
        p_dot: &Vec<T>,
        t: T,
        t_dot: T,
    ) {
        let nets = (from_flat::<T, N::Of<T>>(p), from_flat(p_dot));
        let (Some(net), Some(net_dot)) = nets else {
            spoil(du_dot);
            return spoil(du);
        };
        let (u, u_dot) = ((from_ref(u), t), (from_ref(u_dot), t_dot));
        wide::jvp(net, Some(net_dot), u, u_dot, from_mut(du), from_mut(du_dot));
    }
}

impl<T, N, const D: usize, const I: usize> Vjp<T> for Field<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    #[inline]
    fn vjp(
        &self,
        du_bar: &mut [T; D],
        u: &[T; D],
        p: &Vec<T>,
        t: T,
        u_bar: &mut [T; D],
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let Some(net) = from_flat::<T, N::Of<T>>(p) else { return spoil(u_bar) };
        let kept = wide::keep(net, (from_ref(u), t));
        self.vjp_of_kept(flat_slice(&kept), du_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }

    #[inline]
    fn vjp_of_kept(
        &self,
        kept: &[T],
        du_bar: &mut [T; D],
        u: &[T; D],
        p: &Vec<T>,
        t: T,
        u_bar: &mut [T; D],
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        _: &mut Workspace<T>,
    ) {
        let nets = (from_flat::<T, N::Of<T>>(p), from_flat_mut::<T, N::Of<T>>(p_bar));
        let ((Some(net), Some(net_bar)), Some(kept)) = (nets, from_flat(kept)) else { return spoil(u_bar) };
        wide::pull(net, (from_ref(u), t), kept, from_ref(du_bar), Some(net_bar), (from_mut(u_bar), t_bar));
    }

    #[inline]
    fn state_vjp(
        &self,
        du_bar: &mut [T; D],
        u: &[T; D],
        p: &Vec<T>,
        t: T,
        u_bar: &mut [T; D],
        _: &mut Workspace<T>,
    ) {
        let Some(net) = from_flat::<T, N::Of<T>>(p) else { return spoil(u_bar) };
        let kept = wide::keep(net, (from_ref(u), t));
        let u_bar = (from_mut(u_bar), &mut { T::ZERO });
        wide::pull(net, (from_ref(u), t), &kept, from_ref(du_bar), None, u_bar);
    }
}

impl<T, N, const D: usize, const I: usize> System<T> for BatchField<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    type State = Vec<T>;
    type Params = Vec<T>;
    const ONE_UNIT: bool = true;
}

impl<T, N, const D: usize, const I: usize> Rhs<T> for BatchField<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    fn rhs(&self, du: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, t: T) {
        forward::<T, N, D, I>(du, u, p, t, None);
    }

    const KEEPS: bool = true;
    fn kept_len(&self, u: &Vec<T>) -> usize {
        batch::kept_of::<T, [T; I], N::Of<T>>(u.len() / D.max(1))
    }
    fn rhs_keeping(&self, du: &mut Vec<T>, u: &Vec<T>, p: &Vec<T>, t: T, kept: &mut [T]) {
        forward::<T, N, D, I>(du, u, p, t, Some(kept));
    }
}

impl<T, N, const D: usize, const I: usize> Jvp<T> for BatchField<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    fn jvp(
        &self,
        du: &mut Vec<T>,
        du_dot: &mut Vec<T>,
        u: &Vec<T>,
        u_dot: &Vec<T>,
        p: &Vec<T>,
        p_dot: &Vec<T>,
        t: T,
        t_dot: T,
    ) {
        let nets = (from_flat::<T, N::Of<T>>(p), from_flat(p_dot));
        let rows = (flat_rows::<T, [T; D]>(u), flat_rows::<T, [T; D]>(u_dot));
        let ((Some(net), Some(net_dot)), (Some(u), Some(u_dot))) = (nets, rows) else {
            spoil(du_dot);
            return spoil(du);
        };
        let (Some(du), Some(du_dot)) = (flat_rows_mut(du), flat_rows_mut(du_dot)) else { return };
        batch::jvp(net, Some(net_dot), (u, t), (u_dot, t_dot), du, du_dot);
    }
}

impl<T, N, const D: usize, const I: usize> Vjp<T> for BatchField<N, D, I>
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    fn vjp(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        _: &mut Workspace<T>,
    ) {
        pull::<T, N, D, I>(None, du_bar, (u, p, t), (u_bar, Some(p_bar), t_bar));
    }

    fn vjp_of_kept(
        &self,
        kept: &[T],
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        p_bar: &mut Vec<T>,
        t_bar: &mut T,
        _: &mut Workspace<T>,
    ) {
        pull::<T, N, D, I>(Some(kept), du_bar, (u, p, t), (u_bar, Some(p_bar), t_bar));
    }

    fn state_vjp(
        &self,
        du_bar: &mut Vec<T>,
        u: &Vec<T>,
        p: &Vec<T>,
        t: T,
        u_bar: &mut Vec<T>,
        _: &mut Workspace<T>,
    ) {
        pull::<T, N, D, I>(None, du_bar, (u, p, t), (u_bar, None, &mut { T::ZERO }));
    }
}

/// The value for a batch.
fn forward<T, N, const D: usize, const I: usize>(du: &mut [T], u: &[T], p: &[T], t: T, kept: Option<&mut [T]>)
where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    let Some(net) = from_flat::<T, N::Of<T>>(p) else { return spoil(du) };
    let Some(u) = flat_rows::<T, [T; D]>(u) else { return spoil(du) };
    let Some(du) = flat_rows_mut(du) else { return };
    batch::forward(net, (u, t), du, kept);
}

/// The cotangents for a batch.
fn pull<T, N, const D: usize, const I: usize>(
    kept: Option<&[T]>,
    du_bar: &[T],
    (u, p, t): (&[T], &[T], T),
    (u_bar, p_bar, t_bar): (&mut [T], Option<&mut [T]>, &mut T),
) where
    T: Real,
    N: Components,
    N::Of<T>: Layer<T, [T; I], Output = [T; D]>,
{
    let net_bar = p_bar.map(from_flat_mut::<T, N::Of<T>>);
    let rows = (flat_rows::<T, [T; D]>(u), flat_rows::<T, [T; D]>(du_bar));
    let (Some(net), (Some(u), Some(du_bar))) = (from_flat::<T, N::Of<T>>(p), rows) else {
        return spoil(u_bar);
    };
    if let Some(None) = net_bar {
        return spoil(u_bar);
    }
    let Some(u_bar) = flat_rows_mut(u_bar) else { return };
    batch::vjp(net, (u, t), kept, du_bar, net_bar.flatten(), (u_bar, t_bar));
}
