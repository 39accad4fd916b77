// The links of the README are to files that no page of rustdoc has beside it. Markdown takes the first definition of a link:
// these, and a picture that is its own address.
#![doc = include_str!("../docs/picture.md")]
//! [architecture]: https://docs.rs/crate/diffeq/latest/source/ARCHITECTURE.md
//! [contributing]: https://docs.rs/crate/diffeq/latest/source/CONTRIBUTING.md
//! [expanded]: https://docs.rs/crate/diffeq/latest/source/docs/lotka_volterra.expanded.rs
//! [figures]: https://docs.rs/crate/diffeq/latest/source/docs/figures.md
//! [guide]: crate::guide#the-class-of-a-noise
//! [methods]: https://docs.rs/diffeq-runtime/latest/diffeq_runtime/stepper/index.html#methods-for-stochastic-equations
//! [mistakes]: https://docs.rs/crate/diffeq/latest/source/docs/mistakes.md
//! [truth]: https://docs.rs/crate/diffeq-runtime/latest/source/tests/truth/matrix.rs
//!
#![doc = include_str!("../README.md")]
#![forbid(unsafe_code)]

pub use diffeq_runtime::*;

pub use diffeq_macros::Components;
#[doc(hidden)]
pub use diffeq_macros::a_called_function_needs_the_attribute_differentiable;
pub use diffeq_macros::dde;
pub use diffeq_macros::differentiable;
pub use diffeq_macros::ode;
pub use diffeq_macros::sde;
pub use diffeq_runtime::error::Error;

pub mod guide;

/// What a program that writes models and solves them imports: `use diffeq::prelude::*;`.
pub mod prelude {
    pub use diffeq_macros::Components;
    pub use diffeq_macros::dde;
    pub use diffeq_macros::differentiable;
    pub use diffeq_macros::ode;
    pub use diffeq_macros::sde;
    pub use diffeq_runtime::prelude::*;
}
