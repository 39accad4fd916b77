//! What `#[derive(Components)]` writes: the struct over any scalar, and its place among vectors.

use proc_macro2::Ident;
use proc_macro2::TokenStream;
use quote::format_ident;
use quote::quote;

use super::fallback::as_length;
use super::paths;
use super::types::ty;
use crate::ir::Len;
use crate::ir::Shape;

/// A struct of reals.
#[derive(Debug)]
pub struct Record {
    /// Its name.
    pub ident: Ident,
    /// Its visibility.
    pub vis: TokenStream,
    /// Its const generics as declared.
    pub generic_params: TokenStream,
    /// Its const generics as arguments.
    pub generic_args: TokenStream,
    /// Its fields: documentation, visibility, name, shape.
    pub fields: Vec<Field>,
}

/// A field of a [`Record`].
#[derive(Debug)]
pub struct Field {
    /// Its doc comment.
    pub docs: TokenStream,
    /// Its visibility.
    pub vis: TokenStream,
    /// Its name.
    pub ident: Ident,
    /// Its type as written.
    pub ty: TokenStream,
    /// Its shape.
    pub shape: Shape,
}

/// The twin over any scalar with its implementations.
pub fn components(record: &Record) -> TokenStream {
    let Record { ident, vis, generic_params, generic_args, fields } = record;
    let twin = format_ident!("{ident}Of", span = ident.span());
    let [real, flat, vector, components, lift_trait] =
        ["Real", "Flat", "Vector", "Components", "Lift"].map(paths::item);
    let [flat_slice, flat_slice_mut, flat_zeros] =
        ["flat_slice", "flat_slice_mut", "flat_zeros"].map(paths::item);
    let (declared, angled) = match generic_args.is_empty() {
        true => (quote!(), quote!()),
        false => (quote!(<#generic_params>), quote!(<#generic_args>)),
    };
    let doc = format!("[`{ident}`] over any scalar: its states, parameters, tangents and cotangents.");
    let own = paths::item("Own");
    let own_types = fields.iter().map(|f| &f.ty);
    let names: Vec<&Ident> = fields.iter().map(|f| &f.ident).collect();
    let types: Vec<TokenStream> = fields.iter().map(|f| ty(&f.shape, &quote!(T))).collect();
    let members = fields.iter().zip(&types).map(|(f, ty)| {
        let Field { docs, vis, ident, .. } = f;
        quote!(#docs #vis #ident: #ty)
    });
    let defaults = fields.iter().map(|f| zero(&f.shape));
    let lifted = fields.iter().map(|f| {
        let name = &f.ident;
        lift(&f.shape, quote!(self.#name))
    });
    let (constant, part, values) = (paths::item("Constant"), paths::item("Part"), paths::item("Values"));
    let part_of_vector = paths::item("part_of_vector");
    let plain = fields.iter().map(|f| {
        let name = &f.ident;
        plain(&f.shape, quote!(self.#name))
    });
    let lengths = fields.iter().map(|f| length(&f.shape));
    let named = fields.iter().map(|f| {
        let text = bare(&f.ident);
        name(&f.shape, quote!(::std::string::String::from(#text)), 0)
    });
    let field_names: Vec<String> = names.iter().map(|name| bare(name)).collect();
    let unassigned = field_names
        .iter()
        .map(|name| format!("the field `{name}` is never assigned; one that does not change gets `0.0`"));
    let in_part = field_names.iter().map(|name| {
        format!("the field `{name}` is assigned in part only; components that do not change get `0.0`")
    });
    let assigned = paths::item("assigned");
    let layouts = fields.iter().map(|f| layout(&f.shape));
    // A tensor's sizes are types, which lengths that depend on a const generic can't be.
    let as_tensor = generic_args.is_empty().then(|| {
        let components_as_tensor = paths::item("components_as_tensor");
        quote!(#components_as_tensor!(#twin, <#ident as #components>::LEN);)
    });
    let over_t = quote!(<T: #real, #generic_params>);
    let over_t_and_u = quote!(<T: #real, U: #real, #generic_params>);
    let of_u = quote!(<U, #generic_args>);
    let of_t = quote!(<T, #generic_args>);
    quote! {
        #[doc = #doc]
        #[derive(Clone, Copy, Debug, PartialEq)]
        #[repr(C)]
        #vis struct #twin <T, #generic_params> { #(#members),* }

        #[allow(clippy::all, clippy::pedantic)]
        const _: () = {
            use #real as _;

            impl #declared #components for #ident #angled {
                type Of<T> = #twin #of_t;
                const LEN: usize = 0 #(+ #lengths)*;
                const LAYOUT: #assigned::Layout = #assigned::Layout::Struct(&[#(#assigned::Field {
                    name: #field_names,
                    unassigned: #unassigned,
                    in_part: #in_part,
                    layout: #layouts,
                }),*]);
                fn names() -> ::std::vec::Vec<::std::string::String> {
                    let mut names_1 = ::std::vec::Vec::with_capacity(Self::LEN);
                    #(#named)*
                    names_1
                }
                fn over<T: #real>(self) -> Self::Of<T> {
                    #twin { #(#names: #lifted),* }
                }
            }

            impl #declared #own for #ident #angled {
                const SINGLE: bool = false #(|| <#own_types as #own>::SINGLE)*;
                fn read(reals_1: &mut ::core::slice::Iter<'_, f64>) -> Self {
                    Self { #(#names: #own::read(reals_1)),* }
                }
                fn write(&self, reals_1: &mut ::core::slice::IterMut<'_, f64>) {
                    #(#own::write(&self.#names, reals_1);)*
                }
            }

            impl #over_t ::core::default::Default for #twin #of_t {
                fn default() -> Self {
                    Self { #(#names: #defaults),* }
                }
            }

            impl #over_t ::core::convert::From<#ident #angled> for #twin #of_t {
                fn from(value_1: #ident #angled) -> Self {
                    #components::over(value_1)
                }
            }

            // SAFETY: `repr(C)`, and every field is `Flat<T>`: `all_flat` asks the compiler.
            unsafe impl #over_t #flat<T> for #twin #of_t {}

            #[allow(dead_code)]
            fn all_flat #over_t (value_1: &#twin #of_t) {
                fn is_flat<T: #real, V: #flat<T>>(_: &V) {}
                #(is_flat::<T, _>(&value_1.#names);)*
            }

            impl #over_t #vector<T> for #twin #of_t {
                #[inline(always)]
                fn as_slice(&self) -> &[T] { #flat_slice(self) }
                #[inline(always)]
                fn as_mut_slice(&mut self) -> &mut [T] { #flat_slice_mut(self) }
                #[inline(always)]
                fn zeros_like(&self) -> Self { #flat_zeros(self) }
            }

            impl #over_t_and_u #lift_trait<T, U> for #twin #of_t {
                type Lifted = #twin #of_u;
                fn lift(&self, map_1: &mut impl FnMut(T) -> U) -> Self::Lifted {
                    #twin { #(#names: #lift_trait::<T, U>::lift(&self.#names, map_1)),* }
                }
            }

            impl #over_t #constant<T> for #ident #angled {
                type Lifted = #twin #of_t;
                type Twin = #twin #of_t;
                fn lifted(&self) -> Self::Lifted {
                    #twin { #(#names: #constant::<T>::lifted(&self.#names)),* }
                }
                fn still(&self) -> Self::Lifted { ::core::default::Default::default() }
                fn twin(&self) -> Self::Twin { ::core::default::Default::default() }
            }

            impl #over_t #part<T> for #twin #of_t { #part_of_vector!(T); }

            impl #over_t #values for #twin #of_t {
                type Plain = #ident #angled;
                #[inline(always)]
                fn values(&self) -> Self::Plain { #ident { #(#names: #plain),* } }
            }

            #as_tensor
        };
    }
}

/// What is left where the derive failed: names of which rustc says nothing.
///
/// `generics` stand after `impl` and after the name.
pub fn inert(
    error: &syn::Error,
    ident: &Ident,
    vis: &TokenStream,
    generics: [TokenStream; 2],
) -> TokenStream {
    let [declared, angled] = generics;
    let (first, errors) = as_length(error);
    let twin = format_ident!("{ident}Of", span = ident.span());
    let [real, components, own] = ["Real", "Components", "Own"].map(paths::item);
    // The values are the struct itself, so that they can be written down; what generated code holds is nothing.
    let twin = declared.is_empty().then(|| {
        quote! {
            #[allow(dead_code)]
            #vis type #twin = #ident;
        }
    });
    quote! {
        #twin
        impl #declared #components for #ident #angled {
            type Of<S> = [S; #first];
            const LEN: usize = 0;
            fn names() -> ::std::vec::Vec<::std::string::String> { ::std::vec::Vec::new() }
            fn over<S: #real>(self) -> Self::Of<S> { ::core::unreachable!() }
        }
        impl #declared #own for #ident #angled {
            fn read(_: &mut ::core::slice::Iter<'_, f64>) -> Self { ::core::unreachable!() }
            fn write(&self, _: &mut ::core::slice::IterMut<'_, f64>) {}
        }
        #errors
    }
}

/// The name of a field as a person reads it.
fn bare(ident: &Ident) -> String {
    ident.to_string().trim_start_matches("r#").to_string()
}

fn zero(shape: &Shape) -> TokenStream {
    match shape {
        Shape::Scalar(_) => quote!(T::ZERO),
        Shape::Array(inner, len) => {
            let (inner, len) = (zero(inner), tokens(len));
            quote!([#inner; #len])
        }
        _ => quote!(::core::default::Default::default()),
    }
}

/// A field of the user's struct over `T`.
fn lift(shape: &Shape, value: TokenStream) -> TokenStream {
    match shape {
        Shape::Scalar(_) => quote!(T::lit(f64::from(#value))),
        Shape::Array(inner, _) => {
            let inner = lift(inner, quote!(value_1));
            quote!(#value.map(|value_1| #inner))
        }
        _ => {
            let components = paths::item("Components");
            quote!(#components::over(#value))
        }
    }
}

/// A field of the user's struct from that over `T`.
fn plain(shape: &Shape, value: TokenStream) -> TokenStream {
    match shape {
        Shape::Scalar(_) => quote!(#value.value() as _),
        Shape::Array(inner, _) => {
            let inner = plain(inner, quote!(value_1));
            quote!(#value.map(|value_1| #inner))
        }
        _ => {
            let values = paths::item("Values");
            quote!(#values::values(&#value))
        }
    }
}

fn length(shape: &Shape) -> TokenStream {
    match shape {
        Shape::Array(inner, len) => {
            let (inner, len) = (length(inner), tokens(len));
            quote!(#len * (#inner))
        }
        Shape::Struct(path) => {
            let components = paths::item("Components");
            quote!(<#path as #components>::LEN)
        }
        _ => quote!(1),
    }
}

/// A constant that says what a shape is made of.
pub fn layout(shape: &Shape) -> TokenStream {
    let assigned = paths::item("assigned");
    match shape {
        Shape::Array(inner, len) => {
            let (inner, len) = (layout(inner), super::length(len));
            quote!(#assigned::Layout::Array(#len, &#inner))
        }
        Shape::Struct(path) => {
            let components = paths::item("Components");
            quote!(<#path as #components>::LAYOUT)
        }
        _ => quote!(#assigned::Layout::Real),
    }
}

/// Statements that push the names of a field's reals.
fn name(shape: &Shape, prefix: TokenStream, depth: usize) -> TokenStream {
    match shape {
        Shape::Array(inner, len) => {
            let (index, len) = (format_ident!("i_{depth}"), tokens(len));
            let inner = name(inner, quote!(::std::format!("{}[{}]", #prefix, #index)), depth + 1);
            quote!(for #index in 0..#len { #inner })
        }
        Shape::Struct(path) => {
            let components = paths::item("Components");
            quote! {
                names_1.extend(<#path as #components>::names_under(&#prefix));
            }
        }
        _ => quote!(names_1.push(#prefix);),
    }
}

fn tokens(len: &Len) -> TokenStream {
    match len {
        Len::Lit(n) => quote!(#n),
        // a generic parameter stands alone or not at all where a type is
        Len::Expr(tokens) if tokens.clone().into_iter().count() == 1 => tokens.clone(),
        Len::Expr(tokens) => quote!((#tokens)),
        Len::Inferred => quote!(_),
    }
}
