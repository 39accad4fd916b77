//! What a model says of itself: how its components are called, and how many there are.

use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::format_ident;
use quote::quote;
use quote::quote_spanned;

use crate::emit::paths;
use crate::ir::Shape;
use crate::ir::function::Length;

/// The names of a state's or of the parameters' components, where the user named them.
pub(super) fn component_names(method: &str, shape: &Shape, names: &[String]) -> TokenStream {
    let method = format_ident!("{method}");
    let names = match shape {
        Shape::Struct(path) => {
            let components = paths::item("Components");
            let span = path.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
            quote_spanned!(span=> <#path as #components>::names())
        }
        _ if names.is_empty() => return quote!(),
        _ => quote!([#(#names),*].map(::std::string::String::from).to_vec()),
    };
    quote! {
        fn #method() -> ::std::vec::Vec<::std::string::String> { #names }
    }
}

/// How many reals a slice must have; nothing where any number will do.
pub(super) fn real_count(method: &str, shape: &Shape, length: Length) -> TokenStream {
    if !matches!(shape, Shape::Slice(_)) || length.least == 0 {
        return quote!();
    }
    let method = format_ident!("{method}");
    let least = Literal::usize_unsuffixed(length.least);
    let most = if length.exact { quote!(#least) } else { quote!(usize::MAX) };
    quote! {
        fn #method() -> ::core::ops::RangeInclusive<usize> { #least..=#most }
    }
}
