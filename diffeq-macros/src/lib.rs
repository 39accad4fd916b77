//! The attribute macros `#[ode]` and `#[differentiable]`.

use proc_macro::TokenStream;

/// Turns a right-hand side written as an ordinary function into a model with every derivative.
#[proc_macro_attribute]
pub fn ode(args: TokenStream, item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::ode(args.into(), item.into()).into()
}

/// Names the components of a state or of parameters.
#[proc_macro_derive(Components)]
pub fn components(item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::components(item.into()).into()
}

/// Makes a function callable from models, with its derivatives.
#[proc_macro_attribute]
pub fn differentiable(args: TokenStream, item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::differentiable(args.into(), item.into()).into()
}
