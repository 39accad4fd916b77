//! What `#[sde]` writes around the bodies: a model with two halves, and a right-hand side that is its drift.

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::format_ident;
use quote::quote;
use quote::quote_spanned;

use super::delayed;
use super::equation::angled;
use super::equation::around;
use super::equation::declared;
use super::equation::model;
use super::equation::over_t;
use super::equation::questions;
use super::equation::right_hand_side;
use super::equation::system;
use super::forms::Forms;
use super::written;
use super::written::Kept;
use crate::emit;
use crate::emit::blank;
use crate::emit::length;
use crate::emit::owned;
use crate::emit::paths;
use crate::ir::Len;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::function::Function;
use crate::ir::function::Noise;
use crate::ir::function::Processes;
use crate::ir::visit;
use crate::parse::types;
use crate::passes::adjoint::adjoint;
use crate::passes::assertions::without_assertions;
use crate::passes::noise::Class;
use crate::passes::noise::Found;
use crate::passes::noise::class;
use crate::passes::only::only;
use crate::passes::simplify::simplify;

/// The class of the noise that a function computes.
pub fn class_of(function: &Function) -> Option<Found> {
    let noise = Part::of(only(&function.program, 1));
    Some(class(&noise.primal, &function.noise.as_ref()?.processes))
}

/// A program as it was written, and without its assertions: what derivatives are made of.
struct Part {
    value: Program,
    primal: Program,
}

impl Part {
    fn of(program: Program) -> Self {
        Part { value: simplify(program.clone()), primal: simplify(without_assertions(program)) }
    }
}

/// Everything that `#[sde]` writes.
pub fn sde(function: &Function) -> TokenStream {
    let mut program = function.program.clone();
    let constants = super::constants(&program);
    let gate = emit::gate(&mut program, function.checked.as_ref(), &constants);
    let [drift, noise] = [0, 1].map(|which| Part::of(only(&program, which)));
    let both = Part::of(program);
    let items = drift_items(function, &drift, &both).zip(noise_items(function, &noise, &both));
    let Some((drift_items, noise_items)) = items else { return function.original.clone() };
    around(function, &gate, &both.primal, &quote!(#drift_items #noise_items))
}

/// Whether it takes a history.
fn is_delayed(function: &Function) -> bool {
    function.program.args.len() > 3
}

/// Whether a program asks the history for anything.
fn looks_back(program: &Program) -> bool {
    let mut looks = false;
    visit::walk(&program.body, &mut |stmt| {
        looks |= matches!(stmt, Stmt::Call(call) if call.is_history());
    });
    looks
}

/// The drift: a type of its own with everything that a right-hand side is.
fn drift_items(function: &Function, drift: &Part, both: &Part) -> Option<TokenStream> {
    let (name, declared) = (format_ident!("drift_of_{}", function.ident), declared(function));
    // as visible as the model: its state may be a type of the same module
    let vis = &function.vis;
    let items = if is_delayed(function) {
        delayed::right_hand_side(&name, function, (&drift.value, &drift.primal), &both.primal)?
    } else {
        let assigned = function.assigned.first().cloned().flatten();
        let kept = written::functions(function, &both.primal, Kept::Derivative);
        right_hand_side(&name, function, &drift.value, &drift.primal, &assigned, &kept)?
    };
    let doc = format!("The drift of `{}`.", function.ident);
    Some(quote! {
        #[doc = #doc]
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #name #declared;
        #items
    })
}

/// The model itself: its noise, and both halves together.
fn noise_items(function: &Function, noise: &Part, both: &Part) -> Option<TokenStream> {
    let Noise { processes, stratonovich, claims_commutative } = function.noise.as_ref()?;
    let ident = &function.ident;
    let (forms, joint) = (Forms::of(&noise.primal)?, Forms::of(&both.primal)?);
    let (declared, angled, over_t) = (declared(function), angled(function), over_t(function));
    let drift = format_ident!("drift_of_{ident}");
    let (class, because) = class_type(function, &class(&noise.primal, processes), *claims_commutative);
    let claimed = *claims_commutative && because.is_empty();
    let is_delayed = is_delayed(function);
    let [diffusion, jvp, vjp, sparsity] = ["", "Jvp", "Vjp", "Sparsity"]
        .map(|form| paths::item(&format!("{}Diffusion{form}", if is_delayed { "Delayed" } else { "" })));
    let [stochastic, interpretation] =
        ["Stochastic", if *stratonovich { "Stratonovich" } else { "Ito" }].map(paths::item);
    // an equation with a history is no system by itself
    let (system, kept, kept_with_past, types) = if is_delayed {
        let (state, params) = (joint.state(&quote!(T)), joint.params(&quote!(T)));
        let kept = written::delayed(function, &both.primal, Kept::Both);
        (quote!(), quote!(), kept, quote!(type State = #state; type Params = #params;))
    } else {
        let system = system(ident, function, &joint, &both.primal);
        (system, written::functions(function, &both.primal, Kept::Both), quote!(), quote!())
    };
    let present = (is_delayed && !looks_back(&noise.primal)).then(|| {
        let present = paths::item("PresentNoise");
        quote!(impl #declared #present for #ident #angled {})
    });
    let model = model(ident, function, &joint, &kept);
    // what rustc finds to say of them stands where the user wrote the noise
    let span = noise_span(function);
    let shape: TokenStream = shape(processes).into_iter().map(|tree| located(tree, span)).collect();
    let noise_type = forms.result_types(&quote!(T));
    let noise_type = quote_spanned!(span=> type Noise = #(#noise_type)*;);
    let shape_type = quote_spanned!(span=> type Shape = #shape;);
    let state = forms.state(&quote!(T));
    let blank_fn = blank_noise(&forms, processes);
    let assigned = function.assigned.get(1).cloned().flatten();
    let (check, check_in_noise) = questions(function, &forms, &noise.primal, &assigned);
    let counted = count(&forms, processes, function);
    let noise_fn = forms.value(&quote!(noise), &noise.value, &check_in_noise);
    let both_fn = joint.value(&quote!(drift_and_noise), &both.value, &quote!());
    let jvp_fn = forms.jvp(&quote!(noise_jvp), &noise.primal);
    let state_jvp_fn = forms.state_jvp(&quote!(noise_state_jvp), &noise.primal);
    let vjp_fn = forms.pullback(&quote!(noise_vjp), adjoint(&noise.primal));
    let both_vjp_fn = joint.pullback(&quote!(drift_and_noise_vjp), adjoint(&both.primal));
    let dependencies_fn = forms.dependencies(&quote!(noise_dependencies), &noise.primal);
    let kept = |forms: &Forms, names: [&str; 3], part: &Part| {
        forms.kept(names, (&part.value, &part.primal)).unwrap_or_default()
    };
    let names = ["noise_kept_len", "noise_keeping", "noise_vjp_of_kept"];
    let [noise_keeping, noise_of_kept] = kept(&forms, names, noise);
    let names = ["both_kept_len", "drift_and_noise_keeping", "drift_and_noise_vjp_of_kept"];
    let [both_keeping, both_of_kept] = kept(&joint, names, both);
    let keeps = (!both_keeping.is_empty()).then(|| {
        quote!(
            const KEEPS: bool = true;
        )
    });
    Some(quote! {
        #system
        #model
        #because
        impl #declared #stochastic for #ident #angled {
            type Interpretation = #interpretation;
            type Class = #class;
            type Drift = #drift #angled;
            const CLAIMS_COMMUTATIVE: bool = #claimed;
            fn drift(&self) -> Self::Drift { #drift }
        }
        #present
        impl #over_t #diffusion<T> for #ident #angled {
            #types
            #noise_type
            #shape_type
            fn blank_noise(&self, u_1: &#state) -> Self::Noise { #blank_fn }
            #noise_fn
            #both_fn
            #keeps
            #noise_keeping
            #both_keeping
            #kept_with_past
        }
        impl #over_t #jvp<T> for #ident #angled { #jvp_fn #state_jvp_fn }
        impl #over_t #vjp<T> for #ident #angled { #vjp_fn #both_vjp_fn #noise_of_kept #both_of_kept }
        impl #declared #sparsity for #ident #angled { #dependencies_fn }
        #check
        #counted
    })
}

/// The class as a type, and its items: where there is a reason why it is no narrower one it has the reason's name, and stands
/// where the user wrote what is the reason.
fn class_type(function: &Function, found: &Found, claims_commutative: bool) -> (TokenStream, TokenStream) {
    let class = match found.class {
        Class::Additive => return (paths::item("Additive"), quote!()),
        Class::Scalar => "Scalar",
        Class::Diagonal => "Diagonal",
        Class::Commutative => "Commutative",
        Class::General if claims_commutative => return (paths::item("Commutative"), quote!()),
        Class::General => "General",
    };
    let clause = found.because.split(':').next().unwrap_or_default();
    let words: Vec<&str> =
        clause.split(|c: char| !c.is_alphanumeric()).filter(|word| !word.is_empty()).collect();
    let name = Ident::new(&format!("{class}_since_{}", words.join("_")), found.span);
    let (class, because, vis) = (paths::item(class), paths::item("Because"), &function.vis);
    let doc = format!("The noise of `{}`: {}.", function.ident, found.because);
    let declared = quote_spanned!(found.span=> #vis struct #name;);
    let items = quote! {
        #[doc = #doc]
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #declared
        impl #because for #name { type Class = #class; }
    };
    (quote!(#name), items)
}

/// The names stay ours; the place is the user's.
fn located(mut tree: TokenTree, span: Span) -> TokenTree {
    tree.set_span(tree.span().located_at(span));
    tree
}

/// Where the user wrote the noise.
fn noise_span(function: &Function) -> Span {
    let noise = function.program.outputs.get(1).and_then(|out| out.object());
    noise.map_or_else(Span::call_site, |noise| function.program.objects[noise.0].span)
}

/// The type that says how noise and processes belong together.
fn shape(processes: &Processes) -> TokenStream {
    let rows = paths::item("Rows");
    match processes {
        Processes::OneForEach => paths::item("OneForEach"),
        Processes::OneForAll => paths::item("OneForAll"),
        Processes::Rows(len @ Len::Expr(tokens)) if tokens.clone().into_iter().count() > 1 => {
            let count = length(len);
            quote!(#rows<{ #count }>)
        }
        Processes::Rows(len) => {
            let count = length(len);
            quote!(#rows<#count>)
        }
    }
}

/// Noise without any.
fn blank_noise(forms: &Forms, processes: &Processes) -> TokenStream {
    let (state, noise) = (&forms.state, &forms.results[0]);
    match processes {
        Processes::Rows(_) => blank(noise, &quote!(u_1.len()), &quote!(T::ZERO)),
        _ if types::describe(state) == types::describe(noise) => {
            let vector = paths::item("Vector");
            quote!(#vector::<T>::zeros_like(u_1))
        }
        // another name of the same type; that it is another type rustc says elsewhere
        _ => quote!(::core::default::Default::default()),
    }
}

/// Asks rustc, which counts the reals of structs, whether the noise has as many rows as the state has components.
fn count(forms: &Forms, processes: &Processes, function: &Function) -> TokenStream {
    let (Processes::Rows(len), true) = (processes, function.generic_args.is_empty()) else { return quote!() };
    if !matches!(forms.state, Shape::Struct(_)) {
        return quote!();
    }
    let [state, noise] = [&forms.state, &forms.results[0]].map(|shape| owned(shape, &quote!(f64)));
    let (len, span) = (length(len), noise_span(function));
    let rows = quote!(::core::mem::size_of::<#noise>() == ::core::mem::size_of::<#state>() * #len);
    quote_spanned! {span=>
        const _: () = ::core::assert!(#rows, "the noise needs as many rows as the state has reals");
    }
}
