//! A helper of the time as the history of a delayed equation: its forms after the runtime's trait.

use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;

use super::event::Passed;
use super::hidden;
use crate::emit::owned;
use crate::emit::paths;
use crate::ir::Arg;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::function::Function;
use crate::ir::function::HistoryPart;
use crate::parse::item::mentions;

/// The implementation of `HistoryFn` by the forms of a helper that can be a history.
pub(super) fn part_of_history(function: &Function, primal: &Program) -> Option<TokenStream> {
    let HistoryPart { takes_params, state } = function.history.as_ref()?;
    let (ident, params) = (&function.ident, &function.generic_params);
    let mut args = primal.args.iter().copied();
    let mut next =
        |name, taken: bool| Passed { name, program: primal, arg: if taken { args.next() } else { None } };
    let passed = [next("p", *takes_params), next("t", true)];
    if !matches!(passed[1].arg, Some(Arg::Value(_))) {
        return None;
    }
    let parameters = passed[0].owned();
    let is_scalar = matches!(state, Shape::Scalar(_));
    let state = owned(state, &quote!(T));
    // The constants of an implementation are found in its types.
    let types = quote!(#state #parameters);
    let constants = function.generic_args.clone().into_iter().filter_map(|tree| match tree {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    });
    if !constants.into_iter().all(|name| mentions(&types, &name)) {
        return None;
    }
    let [real, workspace, history, vector] = ["Real", "Workspace", "HistoryFn", "Vector"].map(paths::item);
    let any = (!takes_params).then(|| quote!(AnyParams: #vector<T>,));
    let generics = quote!(<T: #real, #any #params>);
    let values: Vec<TokenStream> = passed.iter().filter_map(|arg| arg.taken("")).collect();
    let pairs: Vec<TokenStream> =
        passed.iter().flat_map(|arg| [arg.taken(""), arg.taken("_dot")]).flatten().collect();
    let bars: Vec<TokenStream> = passed.iter().filter_map(Passed::bar).collect();
    let seed = if is_scalar { quote!(bar_1) } else { quote!(&mut bar_1) };
    let curvature = curvature(ident, *takes_params, &values, &pairs);
    let slope_pull = slope_pull(ident, *takes_params, &values, &seed, &bars);
    let hides_switches = takes_params.then(|| hidden::of_history(ident));
    let constants = &function.generic_args;
    let used =
        if constants.is_empty() { quote!(let _ = #ident;) } else { quote!(let _ = #ident::<#constants>;) };
    Some(quote! {
        #[allow(unused_variables, unused_mut)]
        impl #generics #history<T, #state, #parameters> for #ident {
            #hides_switches
            fn value(p_1: &#parameters, t_1: T) -> #state {
                #used
                #ident::value(#(#values),*)
            }
            fn slope(p_1: &#parameters, p_dot_1: &#parameters, t_1: T) -> #state {
                let t_dot_1 = T::ONE;
                #ident::jvp(#(#pairs),*).1
            }
            fn pull(
                p_1: &#parameters,
                t_1: T,
                mut bar_1: #state,
                p_bar_1: &mut #parameters,
                work_1: &mut #workspace<T>,
            ) {
                let t_bar_1 = &mut T::lit(0.0);
                #ident::vjp(#(#values,)* #seed, #(#bars,)* work_1);
            }
            fn curvature(p_1: &#parameters, t_1: T) -> #state {
                #curvature
            }
            fn slope_pull(p_1: &#parameters, t_1: T, bar_1: #state, p_bar_1: &mut #parameters) {
                #slope_pull
            }
        }
    })
}

/// The derivative of the slope, along the time.
fn curvature(
    ident: &syn::Ident,
    takes_params: bool,
    values: &[TokenStream],
    pairs: &[TokenStream],
) -> TokenStream {
    let [dual, lift, vector] = ["Dual", "Lift", "Vector"].map(paths::item);
    let still = takes_params.then(|| {
        quote! {
            let p_1 = &#lift::<T, #dual<T, 1>>::lift(p_1, &mut |x_1: T| #dual::<T, 1>::new(x_1, [T::lit(0.0)]));
            let p_dot_1 = &#vector::<#dual<T, 1>>::zeros_like(p_1);
        }
    });
    quote! {
        let mut curvature_1 = #vector::<T>::zeros_like(&#ident::value(#(#values),*));
        #still
        let t_1 = #dual::<T, 1>::new(t_1, [T::lit(1.0)]);
        let t_dot_1 = #dual::<T, 1>::new(T::lit(1.0), [T::lit(0.0)]);
        let slope_1 = #ident::jvp(#(#pairs),*).1;
        let of_slope_1 = #vector::<#dual<T, 1>>::as_slice(&slope_1);
        for (to_1, from_1) in #vector::<T>::as_mut_slice(&mut curvature_1).iter_mut().zip(of_slope_1) {
            *to_1 = from_1.tangents[0];
        }
        curvature_1
    }
}

/// The product with the derivative of the slope by the parameters: that of the value, along the time.
fn slope_pull(
    ident: &syn::Ident,
    takes_params: bool,
    values: &[TokenStream],
    seed: &TokenStream,
    bars: &[TokenStream],
) -> TokenStream {
    if !takes_params {
        return quote!();
    }
    let [dual, real, lift, vector, workspace] =
        ["Dual", "Real", "Lift", "Vector", "Workspace"].map(paths::item);
    quote! {
        let p_bar_of_slope_1 = p_bar_1;
        let mut still_1 = |x_1: T| #dual::<T, 1>::new(x_1, [T::lit(0.0)]);
        let p_1 = &#lift::<T, #dual<T, 1>>::lift(p_1, &mut still_1);
        let mut bar_1 = #lift::<T, #dual<T, 1>>::lift(&bar_1, &mut still_1);
        let p_bar_1 = &mut #vector::<#dual<T, 1>>::zeros_like(p_1);
        let t_1 = #dual::<T, 1>::new(t_1, [T::lit(1.0)]);
        let t_bar_1 = &mut <#dual<T, 1> as #real>::lit(0.0);
        let work_1 = &mut #workspace::new();
        #ident::vjp(#(#values,)* #seed, #(#bars,)* work_1);
        let of_value_1 = #vector::<#dual<T, 1>>::as_slice(p_bar_1);
        for (to_1, from_1) in #vector::<T>::as_mut_slice(p_bar_of_slope_1).iter_mut().zip(of_value_1) {
            *to_1 += from_1.tangents[0];
        }
    }
}
