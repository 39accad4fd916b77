//! The switching times of an equation, in its implementation of `System` or `Delayed`.

use proc_macro2::Literal;
use proc_macro2::TokenStream;
use quote::quote;

use super::helper::Form;
use super::helper::helper_jvp;
use super::helper::helper_value;
use super::helper::helper_vjp;
use super::hidden;
use crate::emit::paths;
use crate::ir::Arg;
use crate::ir::Program;
use crate::ir::function::Function;
use crate::passes::hidden::hidden;
use crate::passes::switches::Switches;
use crate::passes::switches::switches;

/// The items of the trait about switching times; nothing where there are none. `params` is the type of the parameters.
pub fn items(function: &Function, primal: &Program, params: &TokenStream) -> TokenStream {
    let Switches { times, found } = switches(primal);
    let hides = hidden::of_equation(&hidden(primal, &found));
    let Some((program, count)) = times else { return hides };
    let (declared, args) = (&function.generic_params, &function.generic_args);
    let [real, workspace] = ["Real", "Workspace"].map(paths::item);
    let generics = if declared.is_empty() { quote!(<T: #real>) } else { quote!(<T: #real, #declared>) };
    let turbofish = if args.is_empty() { quote!(::<T>) } else { quote!(::<T, #args>) };
    let value = local(&quote!(value), helper_value(&program, &generics));
    let jvp = local(&quote!(jvp), helper_jvp(&program, &generics));
    let vjp = local(&quote!(vjp), helper_vjp(&program, &generics));
    let by_value = matches!(program.args[..], [Arg::Value(_)]);
    let [p, p_dot] = ["p_1", "p_dot_1"].map(|name| {
        let name = quote::format_ident!("{name}");
        if by_value { quote!(*#name) } else { quote!(#name) }
    });
    let switches = Literal::usize_unsuffixed(count);
    quote! {
        const SWITCHES: usize = #switches;
        #hides
        fn switching_times(&self, p_1: &#params, times_1: &mut [T]) {
            #value
            times_1.copy_from_slice(&value #turbofish(#p));
        }
        fn switching_tangents(&self, p_1: &#params, p_dot_1: &#params, dots_1: &mut [T]) {
            #jvp
            dots_1.copy_from_slice(&jvp #turbofish(#p, #p_dot).1);
        }
        fn switching_gradient(&self, p_1: &#params, bars_1: &[T], p_bar_1: &mut #params, work_1: &mut #workspace<T>) {
            #vjp
            let mut seed_1 = [T::ZERO; #switches];
            seed_1.copy_from_slice(bars_1);
            vjp #turbofish(#p, &mut seed_1, p_bar_1, work_1);
        }
    }
}

/// A form as a function inside another.
fn local(name: &TokenStream, Form { attrs, generics, params, result, body }: Form) -> TokenStream {
    quote!(#attrs fn #name #generics(#params) #result { #body })
}
