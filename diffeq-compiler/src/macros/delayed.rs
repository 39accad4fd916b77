//! What `#[dde]` writes around the bodies.

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::quote;
use quote::quote_spanned;

use super::equation::angled;
use super::equation::around;
use super::equation::declared;
use super::equation::model;
use super::equation::over_t;
use super::equation::questions;
use super::forms::Forms;
use super::switching;
use super::written;
use super::written::Kept;
use crate::emit;
use crate::emit::Body;
use crate::emit::paths;
use crate::ir::Asked;
use crate::ir::Program;
use crate::ir::function::Function;
use crate::passes::adjoint::adjoint;
use crate::passes::adjoint::adjoint_by;
use crate::passes::assertions::without_assertions;
use crate::passes::lags::LagKind;
use crate::passes::lags::lags;
use crate::passes::simplify::simplify;

/// Everything that `#[dde]` writes.
pub fn dde(function: &Function) -> TokenStream {
    let mut program = function.program.clone();
    let constants = super::constants(&program);
    let gate = emit::gate(&mut program, function.checked.as_ref(), &constants);
    let value = simplify(program.clone());
    let primal = simplify(without_assertions(program));
    match right_hand_side(&function.ident, function, (&value, &primal), &primal) {
        Some(items) => around(function, &gate, &primal, &items),
        None => function.original.clone(),
    }
}

/// Everything that a delayed right-hand side is: the items about the type `ident`. Its lags are those of all lookups of the
/// function, which may compute more than the derivative.
pub(super) fn right_hand_side(
    ident: &Ident,
    function: &Function,
    (value, primal): (&Program, &Program),
    whole: &Program,
) -> Option<TokenStream> {
    let forms = Forms::of(primal)?;
    let (declared, angled, over_t) = (declared(function), angled(function), over_t(function));
    let [delayed, jvp, vjp, sparsity] =
        ["Delayed", "DelayedJvp", "DelayedVjp", "DelayedSparsity"].map(paths::item);
    let (state, params) = (forms.state(&quote!(T)), forms.params(&quote!(T)));
    // What rustc finds to say of the types, that one is private above all, stands at the user's.
    let span =
        |ty: &TokenStream| ty.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    let state_type = quote_spanned!(span(&state)=> type State = #state;);
    let params_type = quote_spanned!(span(&params)=> type Params = #params;);
    let lags = lag_items(whole, &params)?;
    let assigned = function.assigned.first().cloned().flatten();
    let (check, check_in_rhs) = questions(function, &forms, primal, &assigned);
    let rhs_fn = forms.value(&quote!(rhs), value, &check_in_rhs);
    let jvp_fn = forms.jvp(&quote!(jvp), primal);
    let vjp_fn = forms.pullback(&quote!(vjp), adjoint(primal));
    let state_vjp_fn = forms.pullback(&quote!(state_vjp), adjoint_by(primal, |n| n == 0));
    let time_gradient_fn = forms.time_gradient(primal);
    let state_jvp_fn = forms.state_jvp(&quote!(state_jvp), primal);
    let (blank_fn, dependencies_fn) = (forms.blank(), forms.dependencies(&quote!(dependencies), primal));
    let written_items = written::delayed(function, whole, Kept::Derivative);
    let switching_items = switching::items(function, primal, &params);
    let model = model(ident, function, &forms, &quote!());
    Some(quote! {
        impl #over_t #delayed<T> for #ident #angled {
            #state_type
            #params_type
            #lags
            #switching_items
            #rhs_fn
            #written_items
        }
        impl #over_t #jvp<T> for #ident #angled { #jvp_fn #time_gradient_fn #state_jvp_fn }
        impl #over_t #vjp<T> for #ident #angled { #vjp_fn #state_vjp_fn }
        impl #declared #sparsity for #ident #angled { #blank_fn #dependencies_fn }
        #model
        #check
    })
}

/// The part of the trait implementation that tells of its lags.
fn lag_items(primal: &Program, params: &TokenStream) -> Option<TokenStream> {
    let found = lags(primal)?;
    let (lag, kind) = (paths::item("Lag"), paths::item("LagKind"));
    let table = found.lookups.iter().map(|lookup| {
        let name = match lookup.kind {
            LagKind::Constant => quote!(Constant),
            LagKind::Parameter => quote!(Parameter),
            LagKind::Time => quote!(Time),
            LagKind::State => quote!(State),
            LagKind::Delayed => quote!(Delayed),
        };
        let of_slope = lookup.asked == Asked::Slope;
        quote!(#lag { kind: #kind::#name, of_slope: #of_slope })
    });
    let workspace = paths::item("Workspace");
    let pushing = |program: Program, inputs: &[TokenStream], name: TokenStream| {
        let program = simplify(program);
        let args = program.args.clone();
        let body = Body::new(&program, &args, &["work_1"], quote!(T));
        let names = args.iter().map(|arg| body.arg(*arg));
        let statements = body.statements();
        quote!(fn #name(&self, #(#names: #inputs,)* work_1: &mut #workspace<T>) { #statements })
    };
    let p = quote!(&#params);
    let lags_fn = pushing(found.program, &[p.clone(), quote!(T)], quote!(lags));
    let tangents_fn = pushing(found.tangents, &[p.clone(), p, quote!(T)], quote!(lag_tangents));
    Some(quote! {
        const LAGS: &'static [#lag] = &[#(#table),*];
        #lags_fn
        #tangents_fn
    })
}
