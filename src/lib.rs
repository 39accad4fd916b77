#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub use diffeq_runtime::*;

pub use diffeq_macros::Components;
#[doc(hidden)]
pub use diffeq_macros::a_called_function_needs_the_attribute_differentiable;
pub use diffeq_macros::differentiable;
pub use diffeq_macros::ode;
pub use diffeq_runtime::error::Error;

pub mod guide;

/// What a program that writes models and solves them imports: `use diffeq::prelude::*;`.
pub mod prelude {
    pub use diffeq_macros::Components;
    pub use diffeq_macros::differentiable;
    pub use diffeq_macros::ode;
    pub use diffeq_runtime::prelude::*;
}
