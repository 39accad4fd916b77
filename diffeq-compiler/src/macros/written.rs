//! The user's own function beside what was made of it: how `#[ode]` calls it.

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;
use quote::quote_spanned;

use crate::emit::blank;
use crate::emit::paths;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::function::Function;
use crate::ir::function::Passed;
use crate::ir::function::WrittenCall;
use crate::parse::item::Argument;
use crate::parse::item::Equation;

/// How a function of this signature is called; not at all where it rounds to `f32`.
pub(super) fn call(signature: &Equation) -> Option<WrittenCall> {
    let Equation { written, u, p, t, .. } = signature;
    let all = || written.iter().chain([u]).chain(p).chain(t);
    if all().any(|arg| mentions_single(arg.written.clone())) || all().any(|arg| has_rows(&arg.ty.shape)) {
        return None;
    }
    let passed = |arg: &Argument| if arg.ty.by_ref { Passed::Reference } else { Passed::Value };
    let args = [Some(passed(u)), p.as_ref().map(passed), t.as_ref().map(passed)];
    Some(WrittenCall { in_place: !written.is_empty(), args })
}

fn mentions_single(tokens: TokenStream) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "f32",
        TokenTree::Group(group) => mentions_single(group.stream()),
        _ => false,
    })
}

/// Whether it is a slice of something else than numbers.
fn has_rows(shape: &Shape) -> bool {
    matches!(shape, Shape::Slice(inner) if !matches!(**inner, Shape::Scalar(_)))
}

/// The part of `impl Model` that calls the user's function, and the generated one over the same reals.
pub(super) fn functions(function: &Function, state: &Shape, params: &Shape) -> TokenStream {
    let Some(WrittenCall { in_place, args }) = &function.call else { return quote!() };
    let Function { ident, generic_args, .. } = function;
    // the function is called by its name, which an argument must not have
    let [du, u, p, t] = ["du", "u", "p", "t"].map(|name| argument(name, ident));
    let turbofish = if generic_args.is_empty() { quote!() } else { quote!(::<#generic_args>) };
    let passed: Vec<TokenStream> = [(&u, Some(state)), (&p, Some(params)), (&t, None)]
        .into_iter()
        .zip(args)
        .filter_map(|((name, shape), passed)| {
            let value = value(name, shape);
            match passed.as_ref()? {
                Passed::Reference if matches!(shape, Some(Shape::Slice(_))) => Some(value),
                Passed::Reference => Some(quote!(&#value)),
                Passed::Value => Some(value),
            }
        })
        .collect();
    let [write, write_in_place, compiled] = ["write", "write_in_place", "compiled"].map(paths::item);
    let told = told(state);
    let call = match (in_place, state) {
        (true, Shape::Slice(_)) => quote!(#ident #turbofish(#du, #(#passed),*);),
        (true, _) => quote!(#write_in_place #told(#du, |#du| #ident #turbofish(#du, #(#passed),*));),
        (false, _) => quote!(#write #told(#du, #ident #turbofish(#(#passed),*));),
    };
    let zero = quote!(0.0);
    let (state_zeros, params_zeros) =
        (blank(state, &quote!(#u.len()), &zero), blank(params, &quote!(#p.len()), &zero));
    let is_written = is_written([state, params]);
    quote! {
        const WRITTEN: bool = #is_written;
        #[inline]
        fn written(#du: &mut [f64], #u: &[f64], #p: &[f64], #t: f64) { #call }
        #[inline]
        fn compiled(#du: &mut [f64], #u: &[f64], #p: &[f64], #t: f64) {
            #compiled::<Self>((#state_zeros, #params_zeros), #du, #u, #p, #t);
        }
    }
}

/// The user's own type of a shape, as what stands after a function's name, where there are structs in it; rustc finds any
/// other by itself.
fn told(shape: &Shape) -> TokenStream {
    fn own(shape: &Shape) -> Option<TokenStream> {
        match shape {
            Shape::Array(inner, _) => {
                let inner = own(inner)?;
                Some(quote!([#inner; _]))
            }
            Shape::Struct(path) => Some(path.clone()),
            _ => None,
        }
    }
    own(shape).map_or_else(TokenStream::new, |ty| quote!(::<#ty>))
}

fn argument(name: &str, function: &Ident) -> Ident {
    let name = if function == name { format!("{name}_1") } else { name.to_string() };
    Ident::new(&name, proc_macro2::Span::call_site())
}

/// An argument of the user's own type.
fn value(name: &Ident, shape: Option<&Shape>) -> TokenStream {
    let read = paths::item("read");
    match shape {
        None | Some(Shape::Slice(_)) => quote!(#name),
        Some(Shape::Scalar(ScalarKind::Real)) => quote!(#name[0]),
        Some(shape) => {
            let told = told(shape);
            quote!(#read #told(#name))
        }
    }
}

/// Whether all structs are of `f64`, which only rustc sees.
fn is_written(shapes: [&Shape; 2]) -> TokenStream {
    let own = paths::item("Own");
    let mut single: Vec<TokenStream> = Vec::new();
    for shape in shapes {
        let mut inner = shape;
        while let Shape::Array(element, _) | Shape::Slice(element) = inner {
            inner = element;
        }
        if let Shape::Struct(path) = inner
            && !single.iter().any(|other| other.to_string().contains(&path.to_string()))
        {
            let span = path.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
            single.push(quote_spanned!(span=> <#path as #own>::SINGLE));
        }
    }
    match single.as_slice() {
        [] => quote!(true),
        [one] => quote!(!#one),
        _ => quote!(!(#(#single)||*)),
    }
}
