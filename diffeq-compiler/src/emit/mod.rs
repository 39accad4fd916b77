//! Programs as Rust. The items around the bodies are written in [`crate::macros`], which knows which are wanted.
//!
//! * `names`: which Rust name each value and object gets;
//! * `inline`: which values stand inside the expression that uses them;
//! * `literals`: which integer literals carry their type;
//! * `arrays`: which arrays around a network's call need no name;
//! * `body`: one function; `statement`, `expression` and `call` write what it consists of, `types` what it is made of;
//! * [`components`]: the twin of a struct over any scalar;
//! * [`fallback`]: what stands in the place of a function with mistakes;
//! * `gate`: what rustc says of a function it says once;
//! * `constants`: which constants rustc is asked the type of;
//! * [`paths`]: every path into the runtime, once;
//! * [`reach`]: what rustc or a solve is asked of indices.

mod arrays;
mod body;
mod call;
pub mod components;
mod constants;
mod expression;
pub mod fallback;
mod gate;
mod inline;
mod literals;
mod names;
pub mod paths;
pub mod reach;
mod statement;
mod types;

pub use body::Body;
pub use call::form_of;
pub use call::method_form;
pub use call::way_to_forms;
pub use call::without_forms;
pub use constants::constants;
pub use gate::gate;
pub use inline::mentioned;
pub use types::blank;
pub use types::length;
pub use types::object_type;
pub use types::owned;
pub use types::ty;

use proc_macro2::TokenStream;

/// Prints generated items while compiling, as formatted source: `#[ode(debug)]`.
pub fn show(tokens: &TokenStream) {
    eprintln!("{}", formatted(tokens));
}

/// Items as formatted source.
pub fn formatted(tokens: &TokenStream) -> String {
    match syn::parse2(tokens.clone()) {
        Ok(file) => prettyplease::unparse(&file),
        // Never so for what the compiler writes; text that can't be read is shown as it is.
        Err(_) => tokens.to_string(),
    }
}
