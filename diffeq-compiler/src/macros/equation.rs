//! What `#[ode]` writes around the bodies: the trait implementations of an equation.

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::quote;
use quote::quote_spanned;

use super::forms::Forms;
use super::forms::Ways;
use super::model;
use super::written;
use super::written::Kept;
use crate::emit;
use crate::emit::paths;
use crate::ir::Program;
use crate::ir::function::Function;
use crate::passes::adjoint::adjoint;
use crate::passes::adjoint::adjoint_by;
use crate::passes::assertions::without_assertions;
use crate::passes::simplify::simplify;
use crate::passes::structure::structure;

/// Everything that `#[ode]` writes.
pub fn ode(function: &Function) -> TokenStream {
    let mut program = function.program.clone();
    let constants = super::constants(&program);
    let gate = emit::gate(&mut program, function.checked.as_ref(), &constants);
    let value = simplify(program.clone());
    let primal = simplify(without_assertions(program));
    let assigned = function.assigned.first().cloned().flatten();
    let kept = written::functions(function, &primal, Kept::Derivative);
    let Some(items) = right_hand_side(&function.ident, function, &value, &primal, &assigned, &kept) else {
        return function.original.clone();
    };
    around(function, &gate, &primal, &items)
}

/// The struct of a model, and a block with the function as it was written and the `items` about it.
pub(super) fn around(
    function: &Function,
    gate: &TokenStream,
    primal: &Program,
    items: &TokenStream,
) -> TokenStream {
    let Function { ident, vis, attrs, original, .. } = function;
    let docs = function.docs.iter().map(|line| format!(" {}", line.trim_start()));
    let (declared, real) = (declared(function), paths::item("Real"));
    let without_forms = emit::without_forms(primal);
    quote! {
        #(#[doc = #docs])*
        #attrs
        #[allow(non_camel_case_types)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;

        #[allow(unused_imports, clippy::all, clippy::pedantic)]
        const _: () = {
            use #real as _;
            #gate
            #without_forms
            #[allow(dead_code)]
            #original

            #items
        };
    }
}

/// `<const N: usize>`, or nothing.
pub(super) fn declared(function: &Function) -> TokenStream {
    let params = &function.generic_params;
    if params.is_empty() { quote!() } else { quote!(<#params>) }
}

/// `<N>`, or nothing.
pub(super) fn angled(function: &Function) -> TokenStream {
    let args = &function.generic_args;
    if args.is_empty() { quote!() } else { quote!(<#args>) }
}

/// `<T: Real, const N: usize>`
pub(super) fn over_t(function: &Function) -> TokenStream {
    let (params, real) = (&function.generic_params, paths::item("Real"));
    if params.is_empty() { quote!(<T: #real>) } else { quote!(<T: #real, #params>) }
}

/// The implementation of `System`.
pub(super) fn system(ident: &Ident, function: &Function, forms: &Forms, primal: &Program) -> TokenStream {
    let (over_t, angled, system) = (over_t(function), angled(function), paths::item("System"));
    let (state, params) = (forms.state(&quote!(T)), forms.params(&quote!(T)));
    // What rustc finds to say of the types, that one is private above all, stands at the user's.
    let span =
        |ty: &TokenStream| ty.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    let state_type = quote_spanned!(span(&state)=> type State = #state;);
    let params_type = quote_spanned!(span(&params)=> type Params = #params;);
    let switching = super::switching::items(function, primal, &params);
    quote! {
        impl #over_t #system<T> for #ident #angled {
            #state_type
            #params_type
            #switching
        }
    }
}

/// The implementation of `Model`.
pub(super) fn model(ident: &Ident, function: &Function, forms: &Forms, kept: &TokenStream) -> TokenStream {
    let (declared, angled, model) = (declared(function), angled(function), paths::item("Model"));
    let name = function.ident.to_string();
    let doc_text = function.docs.join("\n");
    let state_names = model::component_names("state_names", &forms.state, &function.state_names);
    let param_names = model::component_names("param_names", &forms.params, &function.param_names);
    let [state_len, params_len] = [
        model::real_count("state_len", &forms.state, function.lengths[0]),
        model::real_count("params_len", &forms.params, function.lengths[1]),
    ];
    let outside_fn = function.reach.as_ref().filter(|reach| reach.at_run_time).map(emit::reach::method);
    quote! {
        impl #declared #model for #ident #angled {
            const NAME: &'static str = #name;
            const DOC: &'static str = #doc_text;
            #state_names
            #param_names
            #state_len
            #params_len
            #outside_fn
            #kept
        }
    }
}

/// What rustc is asked of an output, as an item, and as a statement of the function that computes it.
pub(super) fn questions(
    function: &Function,
    forms: &Forms,
    primal: &Program,
    assigned: &Ways,
) -> (TokenStream, TokenStream) {
    let check = forms.every_component(primal, assigned);
    let asked = function.reach.as_ref().filter(|reach| !reach.at_run_time).map(emit::reach::asked);
    let check = match (check.is_empty(), asked) {
        (_, None) => check,
        (true, Some(asked)) => asked,
        (false, Some(asked)) => quote!({ #check; #asked }),
    };
    // a constant of its own can't name the generics of the function
    match (check.is_empty(), function.generic_args.is_empty()) {
        (true, _) => (quote!(), quote!()),
        (false, true) => (quote!(const _: () = #check;), quote!()),
        (false, false) => (quote!(), quote!(const { #check };)),
    }
}

/// Everything that a right-hand side is: the items about the type `ident`.
pub(super) fn right_hand_side(
    ident: &Ident,
    function: &Function,
    value: &Program,
    primal: &Program,
    assigned: &Ways,
    kept: &TokenStream,
) -> Option<TokenStream> {
    let forms = Forms::of(primal)?;
    let (declared, angled, over_t) = (declared(function), angled(function), over_t(function));
    let [rhs, jvp, vjp, sparsity, jacobian] = ["Rhs", "Jvp", "Vjp", "Sparsity", "Jacobian"].map(paths::item);
    let system = system(ident, function, &forms, primal);
    let jvp_fn = forms.jvp(&quote!(jvp), primal);
    let tangent_fn = forms.tangent(primal);
    let vjp_fn = forms.pullback(&quote!(vjp), adjoint(primal));
    // the cotangent of the state alone
    let state_vjp_fn = forms.pullback(&quote!(state_vjp), adjoint_by(primal, |n| n == 0));
    let blank_fn = forms.blank();
    let dependencies_fn = forms.dependencies(&quote!(dependencies), primal);
    let time_gradient_fn = forms.time_gradient(primal);
    let state_jvp_fn = forms.state_jvp(&quote!(state_jvp), primal);
    let facts = structure(primal);
    let (autonomous, constant) = (facts.autonomous, facts.constant_jacobian);
    let (constant_in_state, affine) = (facts.constant_in_state, facts.affine);
    let (check, check_in_rhs) = questions(function, &forms, primal, assigned);
    let rhs_fn = forms.value(&quote!(rhs), value, &check_in_rhs);
    let model = model(ident, function, &forms, kept);
    let names = ["kept_len", "rhs_keeping", "vjp_of_kept"];
    let [keeping, of_kept] = forms.kept(names, (value, primal)).unwrap_or_default();
    let keeps = (!keeping.is_empty()).then(|| {
        quote!(
            const KEEPS: bool = true;
        )
    });
    Some(quote! {
        #system
        impl #over_t #rhs<T> for #ident #angled { #rhs_fn #keeps #keeping }
        impl #over_t #jvp<T> for #ident #angled { #jvp_fn #tangent_fn }
        impl #over_t #vjp<T> for #ident #angled { #vjp_fn #state_vjp_fn #of_kept }
        impl #declared #sparsity for #ident #angled { #blank_fn #dependencies_fn }
        impl #over_t #jacobian<T> for #ident #angled {
            const AUTONOMOUS: bool = #autonomous;
            const CONSTANT_IN_STATE: bool = #constant_in_state;
            const AFFINE: bool = #affine;
            const CONSTANT: bool = #constant;
            #time_gradient_fn
            #state_jvp_fn
        }
        #model
        #check
    })
}
