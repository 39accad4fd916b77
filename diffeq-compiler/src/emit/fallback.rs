//! What stands in the place of a function with mistakes: its errors, the function for the editor, and items of the
//! same name, so that nothing else in the program goes wrong because of it.

use proc_macro2::Ident;
use proc_macro2::TokenStream;
use quote::format_ident;
use quote::quote;

use super::call::way_to_forms;
use super::paths;
use super::types::owned;
use crate::ir::Shape;

/// What could be read of a function with mistakes.
#[derive(Debug)]
pub struct Remains {
    /// The user's identifier.
    pub ident: Ident,
    /// Its visibility.
    pub vis: TokenStream,
    /// Its const generics as declared.
    pub generic_params: TokenStream,
    /// Its const generics as arguments.
    pub generic_args: TokenStream,
    /// The state and the parameters, where the signature told them.
    pub shapes: Option<(Shape, Shape)>,
    /// It stands in an `impl` block.
    pub is_method: bool,
    /// The function, our attribute taken off.
    pub original: TokenStream,
}

/// The function where only the editor's analysis sees it: rustc would report our mistakes once more in its own words.
fn for_the_editor(original: &TokenStream) -> TokenStream {
    quote! {
        #[allow(unexpected_cfgs)]
        const _: () = {
            #[cfg(rust_analyzer)]
            #original
        };
    }
}

/// An equation that type-checks and is never run.
pub fn equation(error: &syn::Error, remains: &Remains) -> TokenStream {
    let Remains { ident, vis, generic_params, original, .. } = remains;
    let errors = error.to_compile_error();
    let original = for_the_editor(original);
    let declared = if generic_params.is_empty() { quote!() } else { quote!(<#generic_params>) };
    let impls = right_hand_side(ident, remains);
    quote! {
        #errors
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;
        #impls
        #original
    }
}

/// All that a right-hand side is, about the type `ident`.
fn right_hand_side(ident: &Ident, remains: &Remains) -> TokenStream {
    let Remains { generic_params, generic_args, shapes, .. } = remains;
    let (declared, angled) = if generic_args.is_empty() {
        (quote!(), quote!())
    } else {
        (quote!(<#generic_params>), quote!(<#generic_args>))
    };
    let comma = if generic_params.is_empty() { quote!() } else { quote!(,) };
    let [real, system, rhs, jvp, vjp, sparsity, jacobian, model, mark, workspace] =
        ["Real", "System", "Rhs", "Jvp", "Vjp", "Sparsity", "Jacobian", "Model", "Mark", "Workspace"]
            .map(paths::item);
    let over_t = quote!(<T: #real #comma #generic_params>);
    let impls = shapes.as_ref().map(|(state, params)| {
        let (state, params) = (owned(state, &quote!(T)), owned(params, &quote!(T)));
        let (of_t, of_mark) = (quote!(<Self as #system<T>>), quote!(<Self as #system<#mark>>));
        quote! {
            impl #over_t #system<T> for #ident #angled {
                type State = #state;
                type Params = #params;
            }
            impl #over_t #rhs<T> for #ident #angled {
                fn rhs(&self, _: &mut Self::State, _: &Self::State, _: &Self::Params, _: T) { ::core::unreachable!() }
            }
            impl #over_t #jvp<T> for #ident #angled {
                fn jvp(
                    &self, _: &mut #of_t::State, _: &mut #of_t::State, _: &#of_t::State, _: &#of_t::State,
                    _: &#of_t::Params, _: &#of_t::Params, _: T, _: T,
                ) { ::core::unreachable!() }
            }
            impl #over_t #vjp<T> for #ident #angled {
                fn vjp(
                    &self, _: &mut #of_t::State, _: &#of_t::State, _: &#of_t::Params, _: T,
                    _: &mut #of_t::State, _: &mut #of_t::Params, _: &mut T, _: &mut #workspace<T>,
                ) { ::core::unreachable!() }
            }
            impl #declared #sparsity for #ident #angled {
                fn blank(&self, _: usize, _: usize) -> (#of_mark::State, #of_mark::Params) { ::core::unreachable!() }
                fn dependencies(&self, _: &mut #of_mark::State, _: &#of_mark::State, _: &#of_mark::Params, _: #mark) {
                    ::core::unreachable!()
                }
            }
            impl #over_t #jacobian<T> for #ident #angled {
                const AUTONOMOUS: bool = false;
                const CONSTANT_IN_STATE: bool = false;
                const AFFINE: bool = false;
                const CONSTANT: bool = false;
                fn time_gradient(&self, _: &mut #of_t::State, _: &#of_t::State, _: &#of_t::Params, _: T) {
                    ::core::unreachable!()
                }
                fn state_jvp(
                    &self, _: &mut #of_t::State, _: &#of_t::State, _: &#of_t::State, _: &#of_t::Params, _: T,
                ) { ::core::unreachable!() }
            }
        }
    });
    quote! {
        impl #declared #model for #ident #angled {}
        #impls
    }
}

/// A stochastic equation that type-checks and is never run; its noise has the type of the state, and every method solves it.
pub fn stochastic(error: &syn::Error, remains: &Remains, stratonovich: bool) -> TokenStream {
    let Remains { ident, vis, generic_params, generic_args, shapes, original, .. } = remains;
    let errors = error.to_compile_error();
    let original = for_the_editor(original);
    let (declared, angled) = if generic_args.is_empty() {
        (quote!(), quote!())
    } else {
        (quote!(<#generic_params>), quote!(<#generic_args>))
    };
    let comma = if generic_params.is_empty() { quote!() } else { quote!(,) };
    let [real, model] = ["Real", "Model"].map(paths::item);
    let drift = format_ident!("drift_of_{ident}");
    let drift_impls = right_hand_side(&drift, remains);
    let interpretation = paths::item(if stratonovich { "Stratonovich" } else { "Ito" });
    let [system, stochastic, diffusion, jvp, vjp, one_for_each, additive, workspace] = [
        "System",
        "Stochastic",
        "Diffusion",
        "DiffusionJvp",
        "DiffusionVjp",
        "OneForEach",
        "Additive",
        "Workspace",
    ]
    .map(paths::item);
    let over_t = quote!(<T: #real #comma #generic_params>);
    let impls = shapes.as_ref().map(|(state, params)| {
        let (state, params) = (owned(state, &quote!(T)), owned(params, &quote!(T)));
        let of_t = quote!(<Self as #system<T>>);
        let noise = quote!(<Self as #diffusion<T>>::Noise);
        quote! {
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            #vis struct #drift #declared;
            #drift_impls
            impl #over_t #system<T> for #ident #angled {
                type State = #state;
                type Params = #params;
            }
            impl #declared #stochastic for #ident #angled {
                type Interpretation = #interpretation;
                type Class = #additive;
                type Drift = #drift #angled;
                fn drift(&self) -> Self::Drift { ::core::unreachable!() }
            }
            impl #over_t #diffusion<T> for #ident #angled {
                type Noise = #state;
                type Shape = #one_for_each;
                fn blank_noise(&self, _: &#of_t::State) -> Self::Noise { ::core::unreachable!() }
                fn noise(&self, _: &mut Self::Noise, _: &#of_t::State, _: &#of_t::Params, _: T) { ::core::unreachable!() }
                fn drift_and_noise(
                    &self, _: &mut #of_t::State, _: &mut Self::Noise, _: &#of_t::State, _: &#of_t::Params, _: T,
                ) { ::core::unreachable!() }
            }
            impl #over_t #jvp<T> for #ident #angled {
                fn noise_jvp(
                    &self, _: &mut #noise, _: &mut #noise, _: &#of_t::State, _: &#of_t::State,
                    _: &#of_t::Params, _: &#of_t::Params, _: T, _: T,
                ) { ::core::unreachable!() }
                fn noise_state_jvp(
                    &self, _: &mut #noise, _: &#of_t::State, _: &#of_t::State, _: &#of_t::Params, _: T,
                ) { ::core::unreachable!() }
            }
            impl #over_t #vjp<T> for #ident #angled {
                fn noise_vjp(
                    &self, _: &mut #noise, _: &#of_t::State, _: &#of_t::Params, _: T,
                    _: &mut #of_t::State, _: &mut #of_t::Params, _: &mut T, _: &mut #workspace<T>,
                ) { ::core::unreachable!() }
                fn drift_and_noise_vjp(
                    &self, _: &mut #of_t::State, _: &mut #noise, _: &#of_t::State, _: &#of_t::Params, _: T,
                    _: &mut #of_t::State, _: &mut #of_t::Params, _: &mut T, _: &mut #workspace<T>,
                ) { ::core::unreachable!() }
            }
        }
    });
    quote! {
        #errors
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;
        impl #declared #model for #ident #angled {}
        const _: () = { #impls };
        #original
    }
}

/// A delayed equation that type-checks and is never run.
pub fn delayed(error: &syn::Error, remains: &Remains) -> TokenStream {
    let Remains { ident, vis, generic_params, generic_args, original, .. } = remains;
    let errors = error.to_compile_error();
    let original = for_the_editor(original);
    let (declared, angled) = if generic_args.is_empty() {
        (quote!(), quote!())
    } else {
        (quote!(<#generic_params>), quote!(<#generic_args>))
    };
    let model = paths::item("Model");
    let impls = delayed_right_hand_side(ident, remains);
    quote! {
        #errors
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;
        impl #declared #model for #ident #angled {}
        #impls
        #original
    }
}

/// What a delayed right-hand side is, about the type `ident`.
fn delayed_right_hand_side(ident: &Ident, remains: &Remains) -> Option<TokenStream> {
    let Remains { generic_params, generic_args, shapes, .. } = remains;
    let angled = if generic_args.is_empty() { quote!() } else { quote!(<#generic_args>) };
    let comma = if generic_params.is_empty() { quote!() } else { quote!(,) };
    let [real, system, vjp, lag, history, taking, workspace] =
        ["Real", "Delayed", "DelayedVjp", "Lag", "History", "HistoryCotangent", "Workspace"].map(paths::item);
    let over_t = quote!(<T: #real #comma #generic_params>);
    let (state, params) = shapes.as_ref()?;
    let (state, params) = (owned(state, &quote!(T)), owned(params, &quote!(T)));
    Some(quote! {
        impl #over_t #system<T> for #ident #angled {
            type State = #state;
            type Params = #params;
            const LAGS: &'static [#lag] = &[];
            fn lags(&self, _: &Self::Params, _: T, _: &mut #workspace<T>) { ::core::unreachable!() }
            fn lag_tangents(&self, _: &Self::Params, _: &Self::Params, _: T, _: &mut #workspace<T>) {
                ::core::unreachable!()
            }
            fn rhs<H: #history<T, Self::State>>(
                &self, _: &mut Self::State, _: &Self::State, _: &H, _: &Self::Params, _: T,
            ) { ::core::unreachable!() }
        }
        impl #over_t #vjp<T> for #ident #angled {
            fn vjp<H: #history<T, #state>, B: #taking<T, #state>>(
                &self, _: &mut #state, _: &#state, _: &H, _: &mut B, _: &#params, _: T,
                _: &mut #state, _: &mut #params, _: &mut T, _: &mut #workspace<T>,
            ) { ::core::unreachable!() }
            fn state_vjp<H: #history<T, #state>>(
                &self, _: &mut #state, _: &#state, _: &H, _: &#params, _: T,
                _: &mut #state, _: &mut #workspace<T>,
            ) { ::core::unreachable!() }
        }
    })
}

/// A stochastic delayed equation that type-checks and is never run; its noise has the type of the state, and every method solves
/// it.
pub fn stochastic_delayed(error: &syn::Error, remains: &Remains, stratonovich: bool) -> TokenStream {
    let Remains { ident, vis, generic_params, generic_args, shapes, original, .. } = remains;
    let errors = error.to_compile_error();
    let original = for_the_editor(original);
    let (declared, angled) = if generic_args.is_empty() {
        (quote!(), quote!())
    } else {
        (quote!(<#generic_params>), quote!(<#generic_args>))
    };
    let comma = if generic_params.is_empty() { quote!() } else { quote!(,) };
    let drift = format_ident!("drift_of_{ident}");
    let drift_impls = delayed_right_hand_side(&drift, remains);
    let interpretation = paths::item(if stratonovich { "Stratonovich" } else { "Ito" });
    let [real, model, stochastic, diffusion, jvp, vjp, one_for_each, additive, present, workspace] = [
        "Real",
        "Model",
        "Stochastic",
        "DelayedDiffusion",
        "DelayedDiffusionJvp",
        "DelayedDiffusionVjp",
        "OneForEach",
        "Additive",
        "PresentNoise",
        "Workspace",
    ]
    .map(paths::item);
    let [history, moving, taking] = ["History", "HistoryTangent", "HistoryCotangent"].map(paths::item);
    let over_t = quote!(<T: #real #comma #generic_params>);
    let impls = shapes.as_ref().map(|(state, params)| {
        let (state, params) = (owned(state, &quote!(T)), owned(params, &quote!(T)));
        quote! {
            #[allow(non_camel_case_types)]
            #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
            #vis struct #drift #declared;
            impl #declared #model for #drift #angled {}
            #drift_impls
            impl #declared #stochastic for #ident #angled {
                type Interpretation = #interpretation;
                type Class = #additive;
                type Drift = #drift #angled;
                fn drift(&self) -> Self::Drift { ::core::unreachable!() }
            }
            impl #declared #present for #ident #angled {}
            impl #over_t #diffusion<T> for #ident #angled {
                type State = #state;
                type Params = #params;
                type Noise = #state;
                type Shape = #one_for_each;
                fn blank_noise(&self, _: &#state) -> Self::Noise { ::core::unreachable!() }
                fn noise<H: #history<T, #state>>(
                    &self, _: &mut #state, _: &#state, _: &H, _: &#params, _: T,
                ) { ::core::unreachable!() }
                fn drift_and_noise<H: #history<T, #state>>(
                    &self, _: &mut #state, _: &mut #state, _: &#state, _: &H, _: &#params, _: T,
                ) { ::core::unreachable!() }
            }
            impl #over_t #jvp<T> for #ident #angled {
                fn noise_jvp<H: #history<T, #state>, D: #moving<T, #state>>(
                    &self, _: &mut #state, _: &mut #state, _: &#state, _: &#state, _: &H, _: &D,
                    _: &#params, _: &#params, _: T, _: T,
                ) { ::core::unreachable!() }
                fn noise_state_jvp<H: #history<T, #state>>(
                    &self, _: &mut #state, _: &H, _: &#state, _: &#state, _: &#params, _: T,
                ) { ::core::unreachable!() }
            }
            impl #over_t #vjp<T> for #ident #angled {
                fn noise_vjp<H: #history<T, #state>, B: #taking<T, #state>>(
                    &self, _: &mut #state, _: &#state, _: &H, _: &mut B, _: &#params, _: T,
                    _: &mut #state, _: &mut #params, _: &mut T, _: &mut #workspace<T>,
                ) { ::core::unreachable!() }
                fn drift_and_noise_vjp<H: #history<T, #state>, B: #taking<T, #state>>(
                    &self, _: &mut #state, _: &mut #state, _: &#state, _: &H, _: &mut B, _: &#params, _: T,
                    _: &mut #state, _: &mut #params, _: &mut T, _: &mut #workspace<T>,
                ) { ::core::unreachable!() }
            }
        }
    });
    quote! {
        #errors
        #[allow(non_camel_case_types, dead_code)]
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        #vis struct #ident #declared;
        impl #declared #model for #ident #angled {}
        const _: () = { #impls };
        #original
    }
}

/// The errors as a length and as items. Of an array of that length, and of whatever is done with it, rustc says nothing
/// more.
pub(super) fn as_length(error: &syn::Error) -> (TokenStream, TokenStream) {
    let mut errors = error.clone().into_iter().map(|one| one.to_compile_error());
    let first = errors.next().unwrap_or_default();
    (first, errors.collect())
}

/// A helper that type-checks and is never run: `signature` is what stands before the body. Its forms are those of a type
/// of which rustc says nothing.
pub fn helper(error: &syn::Error, remains: &Remains, signature: &TokenStream) -> TokenStream {
    let Remains { ident, vis, original, .. } = remains;
    let (first, errors) = as_length(error);
    let original = for_the_editor(original);
    quote! {
        #[allow(dead_code, unused_variables, unused_mut)]
        #vis #signature { ::core::unreachable!() }
        #[doc(hidden)]
        #[allow(non_camel_case_types, dead_code)]
        #vis type #ident = [(); #first];
        #original
        #errors
    }
}

/// A method, which can have no other items beside it than methods.
pub fn method(error: &syn::Error, remains: &Remains, signature: &TokenStream) -> TokenStream {
    let (vis, way) = (&remains.vis, way_to_forms(&remains.ident));
    let (first, errors) = as_length(error);
    quote! {
        #[allow(dead_code, unused_variables, unused_mut)]
        #vis #signature { ::core::unreachable!() }
        #[doc(hidden)]
        #[allow(dead_code, non_snake_case)]
        #vis fn #way(&self) -> [(); #first] { ::core::unreachable!() }
        #errors
    }
}

/// What is left of something that is no function at all: its errors and itself.
pub fn nothing(error: &syn::Error, item: &TokenStream) -> TokenStream {
    let errors = error.to_compile_error();
    quote! { #errors #item }
}
