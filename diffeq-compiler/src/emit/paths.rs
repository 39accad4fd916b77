//! Every path into the runtime that generated code uses.

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::quote;

/// A name that generated code may use: an item of `diffeq::codegen`.
pub fn item(name: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    quote!(::diffeq::codegen::#name)
}

/// A macro that generated code calls.
pub fn of_macros(name: &str) -> TokenStream {
    let name = Ident::new(name, Span::call_site());
    quote!(::diffeq::#name)
}
