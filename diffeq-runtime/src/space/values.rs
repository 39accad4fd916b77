//! From a struct over any scalar back to the user's own.

use crate::real::Real;

/// The user's own type behind one that is over any scalar: `Machine` behind `MachineOf<T>`.
///
/// A `#[differentiable]` method is a method of `Machine`, and so are its derivatives; generated code holds a
/// `MachineOf<T>`, whose methods they can't be. Method lookup finds them by a value of the type that has them. Nobody reads
/// that value, so that nothing is left of it where code is optimised.
pub trait Values {
    /// The user's own type.
    type Plain;
    /// The values, without tangents.
    fn values(&self) -> Self::Plain;
}

/// What no type has: the forms of a method without `#[differentiable]`. Where generated code calls such a method, rustc
/// says so in these words.
#[diagnostic::on_unimplemented(
    message = "a method of `{Self}` without `#[differentiable]` is called, so that no derivative of it is known",
    label = "this method has no `#[differentiable]`",
    note = "write `#[differentiable]` above the method, in the `impl` block of the type; of the standard library's methods \
            those have a derivative that the guide lists",
    note = "a trait's method can't have it: call a method of the type itself, or a function with `#[differentiable]`"
)]
pub trait DifferentiableMethods {
    /// The forms.
    type Forms;
}

impl<T: Real> Values for T {
    type Plain = f64;
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn values(&self) -> f64 {
        self.value()
    }
}

impl<V: Values, const N: usize> Values for [V; N] {
    type Plain = [V::Plain; N];
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn values(&self) -> Self::Plain {
        std::array::from_fn(|i| self[i].values())
    }
}
