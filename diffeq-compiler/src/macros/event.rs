//! What a helper of state, parameters and time can be to an event: its forms after the runtime's traits.

use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::format_ident;
use quote::quote;

use crate::emit::owned;
use crate::emit::paths;
use crate::ir::Arg;
use crate::ir::Program;
use crate::ir::function::EventPart;
use crate::ir::function::EventRole;
use crate::ir::function::Function;
use crate::parse::item::mentions;

/// An argument of the state, the parameters and the time that an event passes.
pub(super) struct Passed<'a> {
    pub(super) name: &'static str,
    pub(super) program: &'a Program,
    /// What the function takes; nothing where it leaves this out.
    pub(super) arg: Option<Arg>,
}

impl Passed<'_> {
    /// `u_1`, or its tangent, as the function takes it from a reference.
    pub(super) fn taken(&self, suffix: &str) -> Option<TokenStream> {
        let name = format_ident!("{}{suffix}_1", self.name);
        Some(match self.arg? {
            Arg::Value(_) if self.name == "t" => quote!(#name),
            Arg::Value(_) => quote!(*#name),
            Arg::Object(o) if self.program.objects[o.0].by_ref => quote!(#name),
            Arg::Object(_) => quote!(#name.clone()),
        })
    }

    /// Its cotangent.
    pub(super) fn bar(&self) -> Option<TokenStream> {
        let name = format_ident!("{}_bar_1", self.name);
        self.arg.map(|_| quote!(#name))
    }

    /// The type that a solve keeps it in; any, where the function leaves it out.
    pub(super) fn owned(&self) -> TokenStream {
        match self.arg {
            Some(Arg::Object(o)) => owned(&self.program.objects[o.0].shape, &quote!(T)),
            Some(Arg::Value(_)) => quote!(T),
            None => quote!(AnyParams),
        }
    }
}

/// The implementation of [`ConditionFn`], [`PredicateFn`] or [`EffectFn`] by the forms of a helper that can be one.
///
/// [`ConditionFn`]: ../../diffeq_runtime/problem/trait.ConditionFn.html
/// [`PredicateFn`]: ../../diffeq_runtime/problem/trait.PredicateFn.html
/// [`EffectFn`]: ../../diffeq_runtime/problem/trait.EffectFn.html
pub fn part_of_event(function: &Function, primal: &Program) -> Option<TokenStream> {
    let EventPart { role, takes_params, takes_time } = function.part?;
    let (ident, params) = (&function.ident, &function.generic_params);
    let mut args = primal.args.iter().copied();
    let mut next =
        |name, taken: bool| Passed { name, program: primal, arg: if taken { args.next() } else { None } };
    let passed = [next("u", true), next("p", takes_params), next("t", takes_time)];
    let [state, parameters, _] = passed.each_ref().map(Passed::owned);
    // The constants of an implementation are found in its types.
    let types = quote!(#state #parameters);
    let constants = function.generic_args.clone().into_iter().filter_map(|tree| match tree {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    });
    if !constants.into_iter().all(|name| mentions(&types, &name)) {
        return None;
    }
    let [real, workspace] = ["Real", "Workspace"].map(paths::item);
    let any = (!takes_params).then(|| quote!(AnyParams,));
    let generics = quote!(<T: #real, #any #params>);
    let values: Vec<TokenStream> = passed.iter().filter_map(|arg| arg.taken("")).collect();
    let pairs: Vec<TokenStream> =
        passed.iter().flat_map(|arg| [arg.taken(""), arg.taken("_dot")]).flatten().collect();
    let bars: Vec<TokenStream> = passed.iter().filter_map(Passed::bar).collect();
    let of = |name: &str| {
        let name = paths::item(name);
        quote!(#name<T, #state, #parameters>)
    };
    // Who asks for its forms uses the function, though nobody calls it as it is written.
    let constants = &function.generic_args;
    let used =
        if constants.is_empty() { quote!(let _ = #ident;) } else { quote!(let _ = #ident::<#constants>;) };
    let body = match role {
        EventRole::Condition => {
            let of = of("ConditionFn");
            quote! {
                impl #generics #of for #ident {
                    fn value(u_1: &#state, p_1: &#parameters, t_1: T) -> T {
                        #used
                        #ident::value(#(#values),*)
                    }
                    fn tangent(
                        (u_1, u_dot_1): (&#state, &#state),
                        (p_1, p_dot_1): (&#parameters, &#parameters),
                        (t_1, t_dot_1): (T, T),
                    ) -> T {
                        #ident::jvp(#(#pairs),*).1
                    }
                    fn gradient(
                        u_1: &#state,
                        p_1: &#parameters,
                        t_1: T,
                        (u_bar_1, p_bar_1, t_bar_1): (&mut #state, &mut #parameters, &mut T),
                        work_1: &mut #workspace<T>,
                    ) {
                        #ident::vjp(#(#values,)* T::ONE, #(#bars,)* work_1);
                    }
                }
            }
        }
        EventRole::Predicate => {
            let of = of("PredicateFn");
            quote! {
                impl #generics #of for #ident {
                    fn holds(u_1: &#state, p_1: &#parameters, t_1: T) -> bool {
                        #used
                        #ident::value(#(#values),*)
                    }
                }
            }
        }
        EventRole::Effect { of_params } => {
            let of = of("EffectFn");
            let changed = if of_params { quote!((*u_1, *p_1)) } else { quote!((*u_1,)) };
            let changed_dot = if of_params { quote!((*u_dot_1, *p_dot_1)) } else { quote!((*u_dot_1,)) };
            let after = if of_params { quote!((after_1.0, after_1.1)) } else { quote!((after_1.0,)) };
            quote! {
                impl #generics #of for #ident {
                    const CHANGES_PARAMS: bool = #of_params;
                    fn apply(u_1: &mut #state, p_1: &mut #parameters, t_1: T) {
                        #used
                        #changed = #ident::value(#(#values),*);
                    }
                    fn tangent(
                        (u_1, u_dot_1): (&#state, &mut #state),
                        (p_1, p_dot_1): (&#parameters, &mut #parameters),
                        (t_1, t_dot_1): (T, T),
                    ) {
                        #changed_dot = #ident::jvp(#(#pairs),*).1;
                    }
                    fn pull(
                        u_1: &#state,
                        p_1: &#parameters,
                        t_1: T,
                        after_1: (#state, #parameters),
                        (u_bar_1, p_bar_1, t_bar_1): (&mut #state, &mut #parameters, &mut T),
                        work_1: &mut #workspace<T>,
                    ) {
                        #ident::vjp(#(#values,)* &mut #after, #(#bars,)* work_1);
                    }
                }
            }
        }
    };
    Some(body)
}
