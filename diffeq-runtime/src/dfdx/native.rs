//! dfdx's modules as native networks: the same parameters, the same numbers, without tensors.
//!
//! On the CPU a small module costs more in tensors than in arithmetic. What computes with it thousands of times, such
//! as a solve, takes the native network instead, and hands gradients back as a flat vector, whose order is the same.

use dfdx::nn::modules;
use dfdx::nn::tensor_collection::TensorCollection;
use dfdx::tensor::Cpu;
use dfdx::tensor_ops::Device;

use super::flatten::destructure;
use super::flatten::restructure_into;
use super::tape::Scalar;
use crate::error::Error;
use crate::nn;
use crate::nn::Chain;
use crate::nn::Dense;
use crate::nn::Map;
use crate::space::Components;
use crate::space::Flat;
use crate::space::Vector;
use crate::space::from_flat;

/// A module of dfdx that exists as a native network: `Linear`, activations, and tuples of them.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::Fused;
///
/// let device = Cpu::default();
/// let module = device.build_module::<(Linear<2, 8>, Tanh, Linear<8, 1>), f64>();
/// let net = module.to_native()?;
/// let [y] = net.forward([0.5, -1.0]);
/// let tensor = module.forward(device.tensor([0.5, -1.0]));
/// assert!((y - tensor.array()[0]).abs() < 1e-14);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` has no native network",
    note = "`Linear`, activations but softmax, and tuples of up to six of them have one"
)]
pub trait Fused<E: Scalar>: TensorCollection<E, Cpu>
where
    Cpu: Device<E>,
{
    /// The network over `f64`, as which it is a parameter of a [`Field`](nn::Field).
    type Net: Components<Of<E> = Self::Native>;
    /// The network over `E`.
    type Native: Flat<E> + Vector<E>;

    /// Whether the values that are not parameters are those of the native network.
    ///
    /// # Errors
    /// Where they are not: a slope of `LeakyReLU` other than `0.05`.
    fn check(&self) -> Result<(), Error>;

    /// The native network with this module's parameters.
    ///
    /// # Errors
    /// Where [`check`](Fused::check) fails.
    fn to_native(&self) -> Result<Self::Native, Error> {
        self.check()?;
        let parameters = destructure(self)?;
        let net = from_flat::<E, Self::Native>(&parameters).ok_or_else(|| Error::Layer {
            layer: "dfdx",
            message: format!("{} parameters do not fit the native network", parameters.len()),
        })?;
        Ok(net.clone())
    }

    /// Writes the parameters of the native network into this module.
    ///
    /// # Errors
    /// Where dfdx cannot walk the module.
    fn copy_from_native(&mut self, net: &Self::Native) -> Result<(), Error> {
        restructure_into(self, net.as_slice())
    }
}

macro_rules! linear {
    ($($float:ident)*) => { $(
        impl<const I: usize, const O: usize> Fused<$float> for modules::Linear<I, O, $float, Cpu> {
            type Net = Dense<I, O>;
            type Native = Dense<I, O, nn::Identity, $float>;
            fn check(&self) -> Result<(), Error> {
                Ok(())
            }
        }
    )* };
}
linear! { f32 f64 }

macro_rules! activations {
    ($($module:ident $activation:ident;)*) => { $(
        impl<E: Scalar> Fused<E> for modules::$module
        where
            Cpu: Device<E>,
        {
            type Net = Map<nn::$activation>;
            type Native = Map<nn::$activation, E>;
            fn check(&self) -> Result<(), Error> {
                Ok(())
            }
        }
    )* };
}
activations! {
    Tanh Tanh;
    Sigmoid Sigmoid;
    ReLU Relu;
    FastGeLU FastGelu;
    AccurateGeLU Gelu;
    Sin Sin;
    Cos Cos;
    Ln Ln;
    Exp Exp;
    Square Square;
    Sqrt Sqrt;
    Abs Abs;
}

impl<E: Scalar> Fused<E> for modules::LeakyReLU<E>
where
    Cpu: Device<E>,
{
    type Net = Map<nn::LeakyRelu>;
    type Native = Map<nn::LeakyRelu, E>;
    fn check(&self) -> Result<(), Error> {
        if self.0 == E::lit(nn::LEAK) {
            return Ok(());
        }
        let message =
            format!("a `LeakyReLU` of slope {:?} has no native network, only that of slope 0.05", self.0);
        Err(Error::Layer { layer: "dfdx", message })
    }
}

/// The layers one after the other, chained from the end.
macro_rules! chained {
    ($only:ty) => { $only };
    ($first:ty, $($rest:ty),+) => { Chain<$first, chained!($($rest),+)> };
}

macro_rules! tuples {
    ($(($($module:ident $index:tt),+))*) => { $(
        impl<E: Scalar, $($module: Fused<E>),+> Fused<E> for ($($module,)+)
        where
            Cpu: Device<E>,
        {
            type Net = chained!($($module::Net),+);
            type Native = chained!($($module::Native),+);
            fn check(&self) -> Result<(), Error> {
                $( self.$index.check()?; )+
                Ok(())
            }
        }
    )* };
}
tuples! {
    (A 0)
    (A 0, B 1)
    (A 0, B 1, C 2)
    (A 0, B 1, C 2, D 3)
    (A 0, B 1, C 2, D 3, F 4)
    (A 0, B 1, C 2, D 3, F 4, G 5)
}
