//! The user's own function beside what was made of it: how `#[ode]` and `#[sde]` call it.

use proc_macro2::Ident;
use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::format_ident;
use quote::quote;
use quote::quote_spanned;

use crate::emit::blank;
use crate::emit::length;
use crate::emit::paths;
use crate::emit::ty;
use crate::ir::Arg;
use crate::ir::Obj;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::function::Function;
use crate::ir::function::Passed;
use crate::ir::function::Processes;
use crate::ir::function::WrittenCall;
use crate::parse::item::Argument;
use crate::parse::item::Equation;
use crate::parse::types::mentions;

/// How a function of this signature is called; not at all where it rounds to `f32`.
pub(super) fn call(signature: &Equation) -> Option<WrittenCall> {
    let Equation { written, u, p, t, outputs, .. } = signature;
    let all = || written.iter().chain([u]).chain(p).chain(t);
    let rows = |shape: &Shape| has_rows(shape);
    if all().any(|arg| mentions(arg.written.clone(), "f32"))
        || outputs.iter().any(|out| mentions(out.written.clone(), "f32"))
        || [Some(u), p.as_ref()].into_iter().flatten().any(|arg| rows(&arg.ty.shape))
    {
        return None;
    }
    let passed = |arg: &Argument| if arg.ty.by_ref { Passed::Reference } else { Passed::Value };
    let args = [Some(passed(u)), p.as_ref().map(passed), t.as_ref().map(passed)];
    Some(WrittenCall { in_place: !written.is_empty(), args })
}

/// Whether it is a slice of something else than numbers.
fn has_rows(shape: &Shape) -> bool {
    matches!(shape, Shape::Slice(inner) if !matches!(**inner, Shape::Scalar(_)))
}

/// Which outputs of a function are kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kept {
    /// The derivative.
    Derivative,
    /// The drift, and after it the noise.
    Both,
}

/// The part of `impl Model` that calls the user's function, and the generated one over the same reals.
pub(super) fn functions(function: &Function, program: &Program, kept: Kept) -> TokenStream {
    let Some(call) = &function.call else { return quote!() };
    let [Arg::Object(state), Arg::Object(params), _] = *program.args.as_slice() else { return quote!() };
    let shape = |o: Obj| &program.objects[o.0].shape;
    let (state, params) = (shape(state), shape(params));
    let outs: Vec<&Shape> = program.outputs.iter().filter_map(|output| output.object()).map(shape).collect();
    // the function is called by its name, which an argument must not have
    let [du, u, p, t] = ["du", "u", "p", "t"].map(|name| argument(name, &function.ident));
    let statements = statements(function, call, (&outs, [state, params]), kept, None);
    let compiled = paths::item(match kept {
        Kept::Derivative => "compiled",
        Kept::Both => "compiled_with_noise",
    });
    let zero = quote!(0.0);
    let (state_zeros, params_zeros) =
        (blank(state, &quote!(#u.len()), &zero), blank(params, &quote!(#p.len()), &zero));
    let len_fn = written_len(function, kept);
    let is_written = is_written(outs.iter().copied().chain([params]));
    quote! {
        const WRITTEN: bool = #is_written;
        #[inline]
        fn written(#du: &mut [f64], #u: &[f64], #p: &[f64], #t: f64) { #statements }
        #len_fn
        #[inline]
        fn compiled(#du: &mut [f64], #u: &[f64], #p: &[f64], #t: f64) {
            #compiled::<Self>((#state_zeros, #params_zeros), #du, #u, #p, #t);
        }
    }
}

/// The part of a delayed equation's implementation that calls the user's function, with a history to ask.
pub(super) fn delayed(function: &Function, program: &Program, kept: Kept) -> TokenStream {
    let Some(call) = &function.call else { return quote!() };
    let [Arg::Object(state), Arg::Object(params), ..] = *program.args.as_slice() else { return quote!() };
    let shape = |o: Obj| &program.objects[o.0].shape;
    let (state, params) = (shape(state), shape(params));
    let outs: Vec<&Shape> = program.outputs.iter().filter_map(|output| output.object()).map(shape).collect();
    let [du, u, past, p, t] = ["du", "u", "past", "p", "t"].map(|name| argument(name, &function.ident));
    let statements = statements(function, call, (&outs, [state, params]), kept, Some(&past));
    let earlier = paths::item("Earlier");
    let is_written = is_written(outs.iter().copied().chain([state, params]));
    let len_fn = written_len(function, kept);
    quote! {
        const WRITTEN: bool = #is_written;
        #[inline]
        fn written(#du: &mut [f64], #u: &[f64], #past: &#earlier<'_>, #p: &[f64], #t: f64) { #statements }
        #len_fn
    }
}

/// How many reals there are: what is behind the derivative is compared, too.
fn written_len(function: &Function, kept: Kept) -> Option<TokenStream> {
    (kept == Kept::Both).then(|| {
        let rows = row_length(function);
        quote!(fn written_len(state_1: usize) -> usize { state_1 + state_1 * #rows })
    })
}

/// What writes the outputs of the user's function that are kept to the reals `du`.
fn statements(
    function: &Function,
    call: &WrittenCall,
    (outs, inputs): (&[&Shape], [&Shape; 2]),
    kept: Kept,
    past: Option<&Ident>,
) -> TokenStream {
    let [du, noise, u] = ["du", "noise", "u"].map(|name| argument(name, &function.ident));
    let value = called(function, call, outs, inputs, past);
    let write = paths::item("write");
    // the noise lies behind the derivative, or nowhere
    let memory = match (outs, kept) {
        ([_, _], Kept::Both) => quote!(let (#du, #noise) = #du.split_at_mut(#u.len());),
        ([_, Shape::Slice(_)], Kept::Derivative) => {
            let rows = row_length(function);
            quote!(let #noise: &mut [f64] = &mut ::std::vec![f64::NAN; #u.len() * #rows];)
        }
        ([_, _], Kept::Derivative) => quote!(let #noise: &mut [f64] = &mut [];),
        _ => quote!(),
    };
    let call = match (call.in_place, outs) {
        (true, _) => value,
        (false, [state]) => {
            let told = told(state);
            quote!(#write #told(#du, #value);)
        }
        (false, outs) => {
            let told = outs.iter().map(|shape| told(shape));
            let parts = [&du, &noise];
            let indices = [0, 1].map(Literal::usize_unsuffixed);
            quote!(let both_1 = #value; #(#write #told(#parts, both_1.#indices);)*)
        }
    };
    quote!(#memory #call)
}

/// How many reals of the noise stand in the place of a component.
fn row_length(function: &Function) -> TokenStream {
    match function.noise.as_ref().map(|noise| &noise.processes) {
        Some(Processes::Rows(len)) => length(len),
        _ => quote!(1),
    }
}

/// The call: an expression with what the function returns, or a statement that writes to the reals `du` and `noise`.
fn called(
    function: &Function,
    call: &WrittenCall,
    outs: &[&Shape],
    inputs: [&Shape; 2],
    past: Option<&Ident>,
) -> TokenStream {
    let Function { ident, generic_args, .. } = function;
    let [du, noise, u, p, t] = ["du", "noise", "u", "p", "t"].map(|name| argument(name, ident));
    let turbofish = if generic_args.is_empty() { quote!() } else { quote!(::<#generic_args>) };
    let mut passed: Vec<TokenStream> = [(&u, Some(inputs[0])), (&p, Some(inputs[1])), (&t, None)]
        .into_iter()
        .zip(&call.args)
        .filter_map(|((name, shape), passed)| {
            let value = value(name, shape);
            match passed.as_ref()? {
                Passed::Reference if matches!(shape, Some(Shape::Slice(_))) => Some(value),
                Passed::Reference => Some(quote!(&#value)),
                Passed::Value => Some(value),
            }
        })
        .collect();
    if let Some(past) = past {
        passed.insert(1, quote!(#past));
    }
    if !call.in_place {
        return quote!(#ident #turbofish(#(#passed),*));
    }
    let [write_in_place, rows] = ["write_in_place", "flat_rows_mut"].map(paths::item);
    let names: Vec<_> = [&du, &noise].into_iter().zip(outs).collect();
    let written = names.iter().map(|(name, shape)| match shape {
        Shape::Slice(inner) if !matches!(**inner, Shape::Scalar(_)) => {
            let row = ty(inner, &quote!(f64));
            quote!(#rows::<f64, #row>(#name).unwrap_or_default())
        }
        _ => quote!(#name),
    });
    let innermost = quote!(#ident #turbofish(#(#written,)* #(#passed),*));
    let nested = names.iter().rev().fold(innermost, |call, (name, shape)| match shape {
        Shape::Slice(_) => call,
        shape => {
            let told = told(shape);
            quote!(#write_in_place #told(#name, |#name| #call))
        }
    });
    quote!(#nested;)
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
    let [name, other] = [1, 2].map(|n| format_ident!("{name}_{n}"));
    if *function == name { other } else { name }
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
fn is_written<'a>(shapes: impl Iterator<Item = &'a Shape>) -> TokenStream {
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
