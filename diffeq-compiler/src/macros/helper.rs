//! What `#[differentiable]` writes: the function as it is, and its forms over any scalar in a type of the same name.

use proc_macro2::TokenStream;
use quote::quote;

use super::before::part_of_history;
use super::event::part_of_event;
use super::hidden;
use super::sweep::work;
use crate::emit;
use crate::emit::Body;
use crate::emit::length;
use crate::emit::method_form;
use crate::emit::paths;
use crate::emit::way_to_forms;
use crate::emit::without_forms;
use crate::ir::Arg;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::function::Function;
use crate::passes::adjoint::Adjoint;
use crate::passes::adjoint::adjoint;
use crate::passes::assertions::without_assertions;
use crate::passes::factor::factor;
use crate::passes::schedule::schedule;
use crate::passes::simplify::simplify;
use crate::passes::simplify::simplify_derivative;
use crate::passes::sparsity::sparsity;
use crate::passes::tangent::tangent;

/// Everything that `#[differentiable]` writes.
///
/// The function stays as it was written, among values; its derivatives are in an empty type of the same name: `hill(x)`,
/// `hill::jvp(x, x_dot)`. What models and other helpers mean by `hill(x)` where they are kept as written is therefore the
/// user's own function, and `hill::value` is what was made of it. Generated code calls that: of a function without the
/// attribute rustc then says this one thing, that it is no such type, and not that its reals are of another type, too.
///
/// The forms of a method are methods beside it, since an attribute inside an `impl` can write nothing else. Their `self` only
/// leads to them; what they read comes over the scalar type as an argument of its own.
pub fn differentiable(function: &Function) -> TokenStream {
    let Function { ident, vis, generic_params, original, .. } = function;
    let mut program = function.program.clone();
    let closure = function.checked.as_ref().filter(|_| !function.is_method);
    let constants = super::constants(&program);
    let gate = emit::gate(&mut program, closure, &constants);
    let value = simplify(program.clone());
    let primal = simplify(without_assertions(program));
    let real = paths::item("Real");
    let plain = if generic_params.is_empty() { quote!() } else { quote!(<#generic_params>) };
    // a function of integers alone is the same over every scalar, and has no derivative
    let discrete = is_discrete(&primal);
    let generics = match (discrete, generic_params.is_empty()) {
        (true, _) => plain.clone(),
        (false, true) => quote!(<T: #real>),
        (false, false) => quote!(<T: #real, #generic_params>),
    };
    let forms = [
        ("value", Some(helper_value(&value, &generics))),
        ("jvp", Some(helper_jvp(&primal, &generics))),
        ("vjp", Some(helper_vjp(&primal, &generics))),
        // Where nothing is real a value has no dependencies, and is needed: it may choose among what has.
        ("marks", Some(if discrete { helper_value(&primal, &plain) } else { helper_marks(&primal, &plain) })),
    ];
    let forms = forms.into_iter().filter_map(|(name, form)| Some((name, form?)));
    let without_forms = without_forms(&primal);
    let hides_switches = hidden::of_helper(function, &primal, &gate);
    if function.is_method {
        let way = way_to_forms(ident);
        // Where a trait is implemented rustc says of each of these that the trait has no such method, and of this one first.
        let place =
            quote::format_ident!("{ident}__differentiable_methods_stand_in_an_impl_of_the_type_itself");
        let forms = forms.map(|(name, Form { attrs, generics, params, result, body })| {
            let name = method_form(ident, name);
            let receiver = function.has_receiver.then(|| quote!(&self,));
            quote! {
                #[doc(hidden)]
                #attrs
                #[allow(dead_code, missing_docs, non_snake_case, unused_imports, clippy::all, clippy::pedantic)]
                #vis fn #name #generics(#receiver #params) #result {
                    use #real as _;
                    #gate
                    #without_forms
                    #body
                }
            }
        });
        return quote! {
            #original
            #[doc(hidden)]
            #[allow(dead_code, missing_docs, non_snake_case)]
            fn #place() {}
            #[doc(hidden)]
            #[inline(always)]
            #[allow(dead_code, missing_docs, non_snake_case)]
            #vis fn #way(&self) -> &Self { self }
            #(#forms)*
            #hides_switches
        };
    }
    let forms = forms.map(|(name, Form { attrs, generics, params, result, body })| {
        let name = quote::format_ident!("{name}");
        quote!(#attrs pub fn #name #generics(#params) #result { #body })
    });
    let reach = function.reach.as_ref().filter(|_| generic_params.is_empty());
    let part_of_event = part_of_event(function, &primal);
    let part_of_history = part_of_history(function, &primal);
    let check = reach.map(emit::reach::asked).map(|asked| quote!(const _: () = #asked;));
    quote! {
        #original

        #[doc(hidden)]
        #[allow(non_camel_case_types)]
        #vis enum #ident {}

        #[allow(unused_imports, dead_code, clippy::all, clippy::pedantic)]
        const _: () = {
            use #real as _;
            #gate
            #without_forms

            #[allow(missing_docs)]
            impl #ident {
                #(#forms)*
                #hides_switches
            }
            #part_of_event
            #part_of_history
            #check
        };
    }
}

/// Whether neither the arguments of a helper nor its result are real.
fn is_discrete(program: &Program) -> bool {
    let real = |arg: Arg| match arg {
        Arg::Value(v) => program.kind(v) == ScalarKind::Real,
        Arg::Object(o) => !program.objects[o.0].shape.is_discrete(),
    };
    !program.args.iter().copied().chain(program.outputs.iter().map(|output| output.arg())).any(real)
}

/// What the reals of a helper are: where neither arguments nor result tell, those that the user wrote.
fn scalar(program: &Program) -> TokenStream {
    if is_discrete(program) { quote!(f64) } else { quote!(T) }
}

/// A form of a function: what stands around its name.
pub(super) struct Form {
    pub attrs: TokenStream,
    pub generics: TokenStream,
    pub params: TokenStream,
    pub result: TokenStream,
    pub body: TokenStream,
}

pub(super) fn helper_value(primal: &Program, generics: &TokenStream) -> Form {
    let (params, result, body) = helper_primal(primal, &scalar(primal));
    let (attrs, result) = (quote!(#[inline]), quote!(-> #result));
    Form { attrs, generics: generics.clone(), params, result, body }
}

/// The type of a helper's argument.
fn argument(program: &Program, arg: Arg, scalar: &TokenStream) -> TokenStream {
    match arg {
        Arg::Value(v) => scalar_type(program, v, scalar),
        Arg::Object(o) => {
            let object = &program.objects[o.0];
            let ty = emit::object_type(object, scalar);
            if object.by_ref { quote!(&#ty) } else { ty }
        }
    }
}

fn scalar_type(program: &Program, v: crate::ir::Value, scalar: &TokenStream) -> TokenStream {
    let info = program.info(v);
    match info.kind {
        ScalarKind::Real => scalar.clone(),
        ScalarKind::Bool => quote!(bool),
        ScalarKind::Int => match info.int_type.as_deref().map(syn::parse_str::<syn::Type>) {
            Some(Ok(ty)) => quote!(#ty),
            _ => quote!(usize),
        },
    }
}

/// The type of the one result.
fn result_type(program: &Program, scalar: &TokenStream) -> TokenStream {
    match program.output() {
        Some(Output::Value(v)) => scalar_type(program, v, scalar),
        Some(Output::Object(o) | Output::Local(o)) => emit::object_type(&program.objects[o.0], scalar),
        None => quote!(()),
    }
}

fn returned(body: &Body, output: Option<Output>) -> TokenStream {
    match output {
        Some(Output::Value(v)) => body.result(v),
        Some(Output::Object(o) | Output::Local(o)) => body.arg(Arg::Object(o)),
        None => quote!(()),
    }
}

fn helper_primal(primal: &Program, scalar: &TokenStream) -> (TokenStream, TokenStream, TokenStream) {
    let body = Body::new(primal, &primal.args, &[], scalar.clone());
    let params = primal.args.iter().map(|arg| {
        let (name, ty) = (body.arg(*arg), argument(primal, *arg, scalar));
        quote!(#name: #ty)
    });
    let params = quote!(#(#params),*);
    let result = result_type(primal, scalar);
    let (statements, value) = (body.statements(), returned(&body, primal.output()));
    (params, result, quote!(#statements #value))
}

pub(super) fn helper_jvp(primal: &Program, generics: &TokenStream) -> Form {
    let derivative = tangent(primal);
    let scalar = scalar(primal);
    let program = factor(simplify_derivative(derivative.program));
    let args: Vec<Arg> = primal
        .args
        .iter()
        .zip(&derivative.dots)
        .flat_map(|(arg, dot)| std::iter::once(*arg).chain(*dot))
        .collect();
    let body = Body::new(&program, &args, &[], scalar.clone());
    let named = |arg: Arg| {
        let (name, ty) = (body.arg(arg), argument(&program, arg, &scalar));
        quote!(#name: #ty)
    };
    // Anything will do for the tangent of what has no derivative, so that a caller need not know what an argument is. For
    // the same reason a result without a derivative comes with one: itself.
    let params = primal
        .args
        .iter()
        .zip(&derivative.dots)
        .flat_map(|(arg, dot)| [named(*arg), dot.map_or(quote!(_: impl Sized), named)]);
    let ty = result_type(&program, &scalar);
    let value = returned(&body, program.output());
    let statements = body.statements();
    let (result, value) = match program.output_dots[..] {
        [Some(dot)] => {
            let dot = returned(&body, Some(dot));
            (quote!(-> (#ty, #ty)), quote!((#value, #dot)))
        }
        _ => (quote!(-> (#ty, #ty)), quote!({ let value_1 = #value; (value_1.clone(), value_1) })),
    };
    let (attrs, params) = (quote!(#[inline]), quote!(#(#params),*));
    Form { attrs, generics: generics.clone(), params, result, body: quote!(#statements #value) }
}

pub(super) fn helper_vjp(primal: &Program, generics: &TokenStream) -> Form {
    let Adjoint { program, seeds, bars } = adjoint(primal);
    let (&[Some(seed)], Some(output)) = (seeds.as_slice(), primal.output()) else {
        return without_derivative(primal, generics);
    };
    let scalar = quote!(T);
    let program = schedule(program);
    let mut args = primal.args.clone();
    args.push(seed);
    args.extend(bars.iter().flatten().map(|bar| Arg::Object(*bar)));
    let body = Body::new(&program, &args, &["work_1"], scalar.clone());
    // A cotangent has the type of what it is one of.
    let added = |bar: crate::ir::Obj, of: Arg| {
        let name = body.arg(Arg::Object(bar));
        let ty = match of {
            Arg::Object(o) => emit::object_type(&primal.objects[o.0], &scalar),
            Arg::Value(_) => emit::ty(&program.objects[bar.0].shape, &scalar),
        };
        quote!(#name: &mut #ty)
    };
    let read = primal.args.iter().map(|arg| {
        let (name, ty) = (body.arg(*arg), argument(&program, *arg, &scalar));
        quote!(#name: #ty)
    });
    let seeded = match seed {
        Arg::Object(o) => added(o, output.arg()),
        Arg::Value(v) => {
            let (name, ty) = (body.arg(seed), scalar_type(&program, v, &scalar));
            quote!(#name: #ty)
        }
    };
    let bars = bars.iter().zip(&primal.args);
    let bars = bars.map(|(bar, arg)| match bar {
        Some(bar) => added(*bar, *arg),
        None => quote!(_: &mut (impl ?Sized)),
    });
    let params = read.chain([seeded]).chain(bars);
    let (work, workspace) = (work(&program), paths::item("Workspace"));
    let statements = body.statements();
    let attrs = quote!(#[inline] #[allow(clippy::too_many_arguments)]);
    let params = quote!(#(#params,)* #work: &mut #workspace<T>);
    Form { attrs, generics: generics.clone(), params, result: quote!(), body: statements }
}

/// The reverse of what has no derivative.
fn without_derivative(primal: &Program, generics: &TokenStream) -> Form {
    let scalar = quote!(T);
    let read = primal.args.iter().map(|arg| {
        let ty = argument(primal, *arg, &scalar);
        quote!(_: #ty)
    });
    let seed = result_type(primal, &scalar);
    let seed = if matches!(primal.output(), Some(Output::Value(_))) { seed } else { quote!(&mut #seed) };
    let bars = primal.args.iter().map(|_| quote!(_: &mut (impl ?Sized)));
    let attrs = quote!(#[inline] #[allow(clippy::too_many_arguments)]);
    let params = quote!(#(#read,)* _: #seed, #(#bars,)* _: &mut impl Sized);
    Form { attrs, generics: generics.clone(), params, result: quote!(), body: quote!() }
}

fn helper_marks(primal: &Program, generics: &TokenStream) -> Form {
    let mark = paths::item("Mark");
    match sparsity(primal) {
        Some(program) => {
            let program = simplify(program);
            let (params, result, body) = helper_primal(&program, &mark);
            Form { attrs: quote!(), generics: generics.clone(), params, result: quote!(-> #result), body }
        }
        None => {
            let (params, result, _) = helper_primal(primal, &mark);
            let value = everything(primal, &mark);
            let (attrs, result) = (quote!(#[allow(unused_variables)]), quote!(-> #result));
            Form { attrs, generics: generics.clone(), params, result, body: value }
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
            Shape::Scalar(ScalarKind::Real) => quote!(#mark::ALL),
            Shape::Tuple(parts) => {
                let parts = parts.iter().map(|part| fill(part, mark));
                quote!((#(#parts,)*))
            }
            Shape::Struct(_) => {
                let (ty, all) = (emit::ty(shape, mark), paths::item("depend_on_everything"));
                quote!({
                    let mut all_1: #ty = ::core::default::Default::default();
                    #all(&mut all_1);
                    all_1
                })
            }
            _ => quote!(::core::default::Default::default()),
        }
    }
    match primal.output() {
        Some(Output::Value(v)) if primal.kind(v) == ScalarKind::Real => quote!(#mark::ALL),
        Some(Output::Object(o) | Output::Local(o)) => fill(&primal.objects[o.0].shape, mark),
        Some(Output::Value(_)) | None => quote!(::core::default::Default::default()),
    }
}
