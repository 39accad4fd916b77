//! What each attribute does, in which order.

mod apart;
mod before;
mod components;
mod dde;
mod delayed;
mod differentiable;
mod equation;
mod event;
mod forms;
mod helper;
mod hidden;
mod keeping;
mod model;
mod ode;
mod sde;
mod stochastic;
mod sweep;
mod switching;
mod written;

pub use components::components;
pub use dde::dde;
pub use dde::read_dde;
pub use differentiable::differentiable;
pub use differentiable::read_differentiable;
pub use ode::ode;
pub use ode::read_ode;
pub use sde::read_sde;
pub use sde::sde;

use std::rc::Rc;

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::ToTokens;
use quote::quote;
use rustc_hash::FxHashSet as HashSet;
use syn::ItemFn;
use syn::ext::IdentExt;
use syn::visit::Visit;

use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::NOT_A_FUNCTION;
use crate::emit;
use crate::emit::fallback::Remains;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::function::Function;
use crate::parse::args::Options;
use crate::parse::desugar::desugared;
use crate::parse::item;
use crate::parse::item::Head;
use crate::passes::simplify::simplify;

/// What a front end found.
#[derive(Debug)]
pub struct Read {
    /// The attribute's options.
    pub options: Options,
    /// The checked function, or everything that is wrong with it.
    pub function: syn::Result<Function>,
    /// What is emitted in the place of a function with mistakes, and its signature; nothing for what is no function.
    pub remains: Option<(Remains, TokenStream)>,
}

/// The steps that all attributes share; `body` reads signature and body.
fn read(
    attribute: &str,
    args: TokenStream,
    tokens: TokenStream,
    body: impl FnOnce(&ItemFn, Head, &Options, &mut Diagnostics) -> (Option<Function>, Option<(Shape, Shape)>),
) -> Read {
    let mut diagnostics = Diagnostics::new();
    let options = Options::parse(attribute, args, &mut diagnostics);
    let mut remains = None;
    let mut function = None;
    match syn::parse2::<ItemFn>(tokens.clone()) {
        Ok(item) => {
            let head = item::head(&item, &mut diagnostics);
            let (generic_params, generic_args) = (head.generic_params.clone(), head.generic_args.clone());
            // What is of a type that can't stand there says nothing of the body.
            let generic = item.sig.generics.type_params().next().is_some();
            let (found, shapes) = match generic {
                true => (None, None),
                false => body(&desugared(&item), head, &options, &mut diagnostics),
            };
            let checked = as_closure(&item);
            function = found.map(|mut found| {
                found.program.bound = bound(&item);
                Function { original: item.to_token_stream(), checked, ..found }
            });
            let mut plain = item.sig.clone();
            plain.constness = None;
            plain.asyncness = None;
            plain.abi = None;
            plain.safety = syn::Safety::Default;
            let left = Remains {
                ident: item.sig.ident.clone(),
                vis: item.vis.to_token_stream(),
                generic_params,
                generic_args,
                shapes,
                is_method: item::is_beside(&item),
                original: item.to_token_stream(),
            };
            remains = Some((left, plain.to_token_stream()));
        }
        Err(error) => match syn::parse2::<syn::Item>(tokens) {
            Ok(other) => _ = diagnostics.error(&other, &NOT_A_FUNCTION, &[attribute]),
            Err(_) => _ = diagnostics.syntax(error),
        },
    }
    let function = match (diagnostics.finish(), function) {
        (Ok(()), Some(function)) => Ok(function),
        (Err(error), _) => Err(error),
        (Ok(()), None) => {
            Err(syn::Error::new(Span::call_site(), format!("`#[{attribute}]` can't read this")))
        }
    };
    Read { options, function, remains }
}

/// What the patterns of a function call its variables.
fn bound(item: &ItemFn) -> Rc<HashSet<String>> {
    struct Bound(HashSet<String>);

    impl<'a> Visit<'a> for Bound {
        fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
            self.0.insert(pat.ident.unraw().to_string());
            syn::visit::visit_pat_ident(self, pat);
        }
    }

    let mut bound = Bound(HashSet::default());
    bound.visit_item_fn(item);
    Rc::new(bound.0)
}

/// The constants that a function computes with, as far as they are of use: rustc is asked of each whether it is what it is taken for.
fn constants(program: &Program) -> Vec<TokenStream> {
    let all = emit::constants(program);
    if all.is_empty() { all } else { emit::constants(&simplify(program.clone())) }
}

/// A function as a closure, which rustc checks as it does the function.
fn as_closure(item: &ItemFn) -> Option<TokenStream> {
    let ItemFn { sig, block, .. } = item;
    if !sig.generics.params.is_empty() || sig.receiver().is_some() {
        return None;
    }
    let (inputs, output) = (&sig.inputs, &sig.output);
    let output = match output {
        syn::ReturnType::Default => quote!(-> ()),
        output => output.to_token_stream(),
    };
    let inputs = behind_dyn(inputs.to_token_stream());
    Some(quote!(|#inputs| #output #block))
}

/// A closure takes no `impl History<S>`, but a `dyn History<S>`.
fn behind_dyn(tokens: TokenStream) -> TokenStream {
    let dynamic = |tree| match tree {
        TokenTree::Ident(ident) if ident == "impl" => TokenTree::Ident(Ident::new("dyn", ident.span())),
        other => other,
    };
    tokens.into_iter().map(dynamic).collect()
}
