//! Shapes as types, and values of them.

use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::quote;
use quote::quote_spanned;

use super::paths;
use crate::ir::Len;
use crate::ir::Object;
use crate::ir::ScalarKind;
use crate::ir::Shape;

/// The type that a caller owns: a slice is a `Vec`.
pub fn owned(shape: &Shape, scalar: &TokenStream) -> TokenStream {
    match shape {
        Shape::Slice(inner) => {
            let inner = ty(inner, scalar);
            quote!(::std::vec::Vec<#inner>)
        }
        _ => ty(shape, scalar),
    }
}

/// A value of a shape all of whose reals are `zero`, of run-time length `len` where the shape leaves it open.
pub fn blank(shape: &Shape, len: &TokenStream, zero: &TokenStream) -> TokenStream {
    match shape {
        Shape::Slice(inner) => {
            let inner = blank(inner, len, zero);
            quote!(::std::vec![#inner; #len])
        }
        Shape::Array(inner, n) => {
            let (inner, n) = (blank(inner, len, zero), length(n));
            quote!([#inner; #n])
        }
        Shape::Scalar(_) => zero.clone(),
        Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => {
            quote!(::core::default::Default::default())
        }
    }
}

/// The number of elements of an array, as tokens.
pub fn length(len: &Len) -> TokenStream {
    match len {
        Len::Lit(n) => {
            let n = Literal::usize_unsuffixed(*n);
            quote!(#n)
        }
        Len::Expr(e) => e.clone(),
        Len::Inferred => quote!(_),
    }
}

/// The type of memory.
pub fn object_type(object: &Object, scalar: &TokenStream) -> TokenStream {
    let read = |ty: &Option<String>| ty.as_deref().and_then(|ty| ty.parse().ok()).unwrap_or(quote!(usize));
    if let Shape::Tuple(parts) = &object.shape
        && parts.len() == object.part_types.len()
    {
        let parts = parts.iter().zip(&object.part_types);
        let parts = parts.map(|(part, ty)| typed(part, scalar, &read(ty)));
        return quote!((#(#parts,)*));
    }
    typed(&object.shape, scalar, &read(&object.int_type))
}

/// The type of local memory: that of its integers rustc finds.
pub(super) fn local_type(shape: &Shape, scalar: &TokenStream) -> TokenStream {
    typed(shape, scalar, &quote!(_))
}

/// The type of a shape without integers.
pub fn ty(shape: &Shape, scalar: &TokenStream) -> TokenStream {
    typed(shape, scalar, &quote!(usize))
}

fn typed(shape: &Shape, scalar: &TokenStream, int_type: &TokenStream) -> TokenStream {
    match shape {
        Shape::Scalar(ScalarKind::Real) => scalar.clone(),
        Shape::Scalar(ScalarKind::Int) => int_type.clone(),
        Shape::Scalar(ScalarKind::Bool) => quote!(bool),
        Shape::Array(inner, len) => {
            let inner = typed(inner, scalar, int_type);
            let len = length(len);
            quote!([#inner; #len])
        }
        Shape::Slice(inner) => {
            let inner = typed(inner, scalar, int_type);
            quote!([#inner])
        }
        Shape::Struct(path) => {
            let components = paths::item("Components");
            // what rustc finds to say of the type points at the user's
            let span = path.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
            quote_spanned!(span=> <#path as #components>::Of<#scalar>)
        }
        Shape::Tuple(parts) => {
            let parts = parts.iter().map(|part| typed(part, scalar, int_type));
            quote!((#(#parts,)*))
        }
        Shape::Plain(path) => path.clone(),
        Shape::Unknown => quote!(_),
    }
}
