//! What is written of times at which a function switches unseen: a constant of an equation, and a form of a helper.

use proc_macro2::Ident;
use proc_macro2::Literal;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::format_ident;
use quote::quote;

use crate::emit::form_of;
use crate::emit::method_form;
use crate::emit::paths;
use crate::ir::Program;
use crate::ir::function::Function;
use crate::parse::item::mentions;
use crate::passes::hidden::Hidden;
use crate::passes::hidden::Mask;
use crate::passes::hidden::bit;
use crate::passes::hidden::hidden;

/// What the form of a helper is called.
const FORM: &str = "hides_switches";

/// Whether a function of parameters and time switches so, by the form of a helper.
pub(super) fn of_history(ident: &Ident) -> TokenStream {
    let (moved, form) = (paths::item("Moved"), format_ident!("{FORM}"));
    quote!(const HIDES_SWITCHES: bool = #ident::#form(#moved::new(2, 1, 0));)
}

/// The arguments of an equation.
const STATE: Mask = 1;
const PARAMS: Mask = 2;
const TIME: Mask = 4;
const PAST: Mask = 8;

/// The constant that says that an equation switches at times which parameters or the state move, and which nobody finds. Nothing
/// where it does not.
///
/// When the state, now or earlier, passes a threshold is moved by all that moves the solution.
pub(super) fn of_equation(hidden: &Hidden) -> TokenStream {
    let moves = |of: Mask| of & (PAST | STATE) != 0 || of & TIME != 0 && of & PARAMS != 0;
    let own = hidden.sites.iter().any(|of| moves(*of));
    let mut asked = Vec::new();
    for (call, args) in &hidden.calls {
        let moved = |by: Mask| {
            args.iter().enumerate().filter(|(_, of)| *of & by != 0).fold(0, |mask, (i, _)| mask | bit(i))
        };
        let moved = [TIME, PARAMS, STATE | PAST].map(moved);
        if moved[2] == 0 && (moved[0] == 0 || moved[1] == 0) {
            continue;
        }
        let [time, params, state] = moved.map(Literal::u64_unsuffixed);
        let args = paths::item("Moved");
        asked.push(match form_of(&call.callee, FORM) {
            Some(form) => quote!(#form(#args::new(#time, #params, #state))),
            // a method, whose type only rustc knows
            None => quote!(true),
        });
    }
    match (own, asked.is_empty()) {
        (true, _) => quote!(
            const HIDES_SWITCHES: bool = true;
        ),
        (false, true) => quote!(),
        (false, false) => quote!(const HIDES_SWITCHES: bool = #(#asked)||*;),
    }
}

/// The form of a helper: whether it compares or rounds what moves with the time and with something else, its arguments moving so.
/// A method has none, as nobody finds it while a model is compiled.
pub(super) fn of_helper(function: &Function, primal: &Program, gate: &TokenStream) -> TokenStream {
    if function.has_receiver {
        return quote!();
    }
    let Hidden { sites, calls } = hidden(primal, &Default::default());
    let masks = |of: &[Mask]| of.iter().map(|mask| Literal::u64_unsuffixed(*mask)).collect::<Vec<_>>();
    let constants: Vec<String> = function.generic_args.clone().into_iter().filter_map(word).collect();
    // The form has no constants, as who calls a helper seldom writes them.
    let is_open = |path: &TokenStream| constants.iter().any(|name| mentions(path, name));
    let asked = calls.iter().map(|(call, args)| {
        let args = masks(args);
        let inside = quote!(args_1.inside(&[#(#args),*]));
        match form_of(&call.callee, FORM).filter(|path| !is_open(path)) {
            Some(form) => quote!(#form(#inside)),
            // a method, whose type only rustc knows
            None => quote!(#inside.meet()),
        }
    });
    let asked: Vec<TokenStream> = asked.collect();
    let calls = !asked.is_empty();
    let terms = masks(&sites).into_iter().map(|mask| quote!(args_1.decide(#mask))).chain(asked);
    let terms: Vec<TokenStream> = terms.collect();
    let (name, moved) = (format_ident!("{FORM}"), paths::item("Moved"));
    let (args, value) = match (terms.is_empty(), calls) {
        (true, _) => (quote!(_), quote!(false)),
        (false, false) => (quote!(args_1), quote!(#(#terms)||*)),
        // who calls whom may go round in a circle
        (false, true) => (quote!(args_1), quote!(args_1.meet() && (args_1.is_deep() || #(#terms)||*))),
    };
    if !function.is_method {
        return quote!(pub const fn #name(#args: #moved) -> bool { #value });
    }
    let (vis, name) = (&function.vis, method_form(&function.ident, FORM));
    quote! {
        #[doc(hidden)]
        #[allow(dead_code, missing_docs, non_snake_case, clippy::all, clippy::pedantic)]
        #vis const fn #name(#args: #moved) -> bool {
            #gate
            #value
        }
    }
}

fn word(tree: TokenTree) -> Option<String> {
    match tree {
        TokenTree::Ident(name) => Some(name.to_string()),
        _ => None,
    }
}
