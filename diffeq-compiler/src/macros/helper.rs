//! What `#[differentiable]` writes: the function over any scalar, and its derivatives in a type of the same name.

use super::equation::scheduled;
use super::equation::work;
use crate::emit::Body;
use crate::emit::length;
use crate::emit::paths;
use crate::ir::Binding;
use crate::ir::Kind;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::function::Function;
use crate::passes::adjoint::Adjoint;
use crate::passes::adjoint::adjoint;
use crate::passes::factor::factor;
use crate::passes::simplify::simplify;
use crate::passes::simplify::simplify_derivative;
use crate::passes::sparsity::sparsity;
use crate::passes::tangent::tangent;
use proc_macro2::TokenStream;
use quote::quote;

/// Everything that `#[differentiable]` writes.
///
/// The function stays as it was written, among values; its derivatives are in an empty type of the same name: `hill(x)`,
/// `hill::jvp(x, x_dot)`. What models and other helpers mean by `hill(x)` where they are kept as written is therefore the
/// user's own function, and `hill::value` is what was made of it. Generated code calls that: of a function without the
/// attribute rustc then says this one thing, that it is no such type, and not that its reals are of another type, too.
pub fn differentiable(function: &Function) -> TokenStream {
    let Function { ident, vis, generic_params, original, .. } = function;
    let primal = simplify(function.program.clone());
    let real = paths::item("Real");
    let plain = if generic_params.is_empty() { quote!() } else { quote!(<#generic_params>) };
    // a function of integers alone is the same over every scalar, and has no derivative
    let discrete = is_discrete(&primal);
    let generics = match (discrete, generic_params.is_empty()) {
        (true, _) => plain.clone(),
        (false, true) => quote!(<T: #real>),
        (false, false) => quote!(<T: #real, #generic_params>),
    };
    let (params, result, body) = helper_primal(&primal, &quote!(T));
    let jvp = if discrete { quote!() } else { helper_jvp(&primal, &generics) };
    let vjp = if discrete { quote!() } else { helper_vjp(&primal, &generics) };
    let marks = helper_marks(&primal, &plain);
    quote! {
        #original

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}

        #[allow(unused_imports, dead_code, clippy::all, clippy::pedantic)]
        const _: () = {
            use #real as _;

            #[allow(missing_docs)]
            impl #ident {
                #[inline]
                pub fn value #generics(#params) -> #result { #body }
                #jvp
                #vjp
                #marks
            }
        };
    }
}

/// Whether neither the arguments of a helper nor its result are real.
fn is_discrete(program: &Program) -> bool {
    let real = |arg: Binding| match arg {
        Binding::Value(v) => program.kind(v) == Kind::Real,
        Binding::Object(o) => !program.objects[o.0].shape.is_discrete(),
    };
    let result = match program.output {
        Output::Value(v) => Binding::Value(v),
        Output::Object(o) | Output::Local(o) => Binding::Object(o),
    };
    !program.args.iter().any(|arg| real(*arg)) && !real(result)
}

/// The type of a helper's argument.
fn argument(program: &Program, arg: Binding, scalar: &TokenStream) -> TokenStream {
    match arg {
        Binding::Value(v) => scalar_type(program, v, scalar),
        Binding::Object(o) => {
            let object = &program.objects[o.0];
            let ty = Body::object_type(object, scalar);
            if object.by_ref { quote!(&#ty) } else { ty }
        }
    }
}

fn scalar_type(program: &Program, v: crate::ir::Value, scalar: &TokenStream) -> TokenStream {
    let info = program.info(v);
    match info.kind {
        Kind::Real => scalar.clone(),
        Kind::Bool => quote!(bool),
        Kind::Int => match info.int_type.as_deref().map(syn::parse_str::<syn::Type>) {
            Some(Ok(ty)) => quote!(#ty),
            _ => quote!(usize),
        },
    }
}

fn result_type(program: &Program, output: &Output, scalar: &TokenStream) -> TokenStream {
    match output {
        Output::Value(v) => scalar_type(program, *v, scalar),
        Output::Object(o) | Output::Local(o) => Body::object_type(&program.objects[o.0], scalar),
    }
}

fn returned(body: &Body, output: &Output) -> TokenStream {
    match output {
        Output::Value(v) => body.result(*v),
        Output::Object(o) | Output::Local(o) => body.arg(Binding::Object(*o)),
    }
}

fn helper_primal(primal: &Program, scalar: &TokenStream) -> (TokenStream, TokenStream, TokenStream) {
    let body = Body::new(primal, &primal.args, &[], scalar.clone());
    let params = primal.args.iter().map(|arg| {
        let (name, ty) = (body.arg(*arg), argument(primal, *arg, scalar));
        quote!(#name: #ty)
    });
    let params = quote!(#(#params),*);
    let result = result_type(primal, &primal.output, scalar);
    let (statements, value) = (body.statements(), returned(&body, &primal.output));
    (params, result, quote!(#statements #value))
}

fn helper_jvp(primal: &Program, generics: &TokenStream) -> TokenStream {
    let derivative = tangent(primal);
    let scalar = quote!(T);
    let program = factor(simplify_derivative(derivative.program));
    let args: Vec<Binding> = primal
        .args
        .iter()
        .zip(&derivative.dots)
        .flat_map(|(arg, dot)| std::iter::once(*arg).chain(*dot))
        .collect();
    let body = Body::new(&program, &args, &[], scalar.clone());
    let params = args.iter().map(|arg| {
        let (name, ty) = (body.arg(*arg), argument(&program, *arg, &scalar));
        quote!(#name: #ty)
    });
    let ty = result_type(&program, &program.output, &scalar);
    let value = returned(&body, &program.output);
    let statements = body.statements();
    match &program.output_dot {
        Some(dot) => {
            let dot = returned(&body, dot);
            quote! {
                #[inline]
                pub fn jvp #generics(#(#params),*) -> (#ty, #ty) { #statements (#value, #dot) }
            }
        }
        None => quote! {
            #[inline]
            pub fn jvp #generics(#(#params),*) -> #ty { #statements #value }
        },
    }
}

fn helper_vjp(primal: &Program, generics: &TokenStream) -> TokenStream {
    let Adjoint { program, seed: Some(seed), bars } = adjoint(primal) else { return quote!() };
    let scalar = quote!(T);
    let program = scheduled(program);
    let mut args = primal.args.clone();
    args.push(seed);
    args.extend(bars.iter().flatten().map(|bar| Binding::Object(*bar)));
    let body = Body::new(&program, &args, &["work"], scalar.clone());
    let count = primal.args.len();
    let params = args.iter().enumerate().map(|(n, arg)| {
        let name = body.arg(*arg);
        let ty = match arg {
            Binding::Object(o) if n >= count => {
                let ty = Body::ty(&program.objects[o.0].shape, &scalar);
                quote!(&mut #ty)
            }
            _ => argument(&program, *arg, &scalar),
        };
        quote!(#name: #ty)
    });
    let (work, workspace) = (work(&program), paths::item("Workspace"));
    let statements = body.statements();
    quote! {
        #[inline]
        #[allow(clippy::too_many_arguments)]
        pub fn vjp #generics(#(#params,)* #work: &mut #workspace<T>) { #statements }
    }
}

fn helper_marks(primal: &Program, generics: &TokenStream) -> TokenStream {
    let mark = paths::item("Mark");
    match sparsity(primal) {
        Some(program) => {
            let program = simplify(program);
            let (params, result, body) = helper_primal(&program, &mark);
            quote! {
                pub fn marks #generics(#params) -> #result { #body }
            }
        }
        None => {
            let (params, result, _) = helper_primal(primal, &mark);
            let value = everything(primal, &mark);
            quote! {
                #[allow(unused_variables)]
                pub fn marks #generics(#params) -> #result { #value }
            }
        }
    }
}

/// A result that depends on every input.
fn everything(primal: &Program, mark: &TokenStream) -> TokenStream {
    fn fill(shape: &Shape, mark: &TokenStream) -> TokenStream {
        match shape {
            Shape::Array(inner, len) => {
                let (inner, len) = (fill(inner, mark), length(len));
                quote!([#inner; #len])
            }
            Shape::Scalar(Kind::Real) => quote!(#mark::ALL),
            _ => quote!(Default::default()),
        }
    }
    match &primal.output {
        Output::Value(v) if primal.kind(*v) == Kind::Real => quote!(#mark::ALL),
        Output::Value(_) => quote!(Default::default()),
        Output::Object(o) | Output::Local(o) => fill(&primal.objects[o.0].shape, mark),
    }
}
