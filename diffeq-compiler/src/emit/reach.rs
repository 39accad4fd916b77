//! What is left to ask of a function's indices: rustc answers where all lengths are constants, a solve where some are
//! not.

use proc_macro2::Delimiter;
use proc_macro2::Group;
use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::format_ident;
use quote::quote;

use super::paths;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Value;
use crate::ir::reach::Extent;
use crate::ir::reach::Reach;
use crate::ir::reach::ReachOp;
use crate::ir::reach::ReachStmt;
use crate::ir::reach::Whose;

/// How many iterations of a loop that hands something on are followed.
const MOST_TRIPS: i128 = 10_000;

/// The question: the number of the first place that is wrong, with the number there and the length. A block, since a
/// function inside another can't name its generics.
fn question(reach: &Reach) -> TokenStream {
    let steps = block(&reach.steps);
    quote! {
        #[allow(unused, clippy::all, clippy::pedantic)]
        let found_1: Option<(usize, i128, i128)> = 'outside: {
            #steps
            None
        };
    }
}

/// The question asked of rustc, as an expression; the answer points at the user's index.
pub fn asked(reach: &Reach) -> TokenStream {
    let (question, outside) = (question(reach), paths::item("outside"));
    let sites = reach.sites.iter().enumerate().map(|(k, site)| {
        let message = &site.message;
        let say = respanned(quote!(#outside::say), site.span);
        // the place alone is the user's: the names are ours, also where the function stands in a macro of the user's
        let mut args = Group::new(Delimiter::Parenthesis, quote!(#message, index_1, length_1));
        args.set_span(site.span);
        quote!(Some((#k, index_1, length_1)) => #say #args,)
    });
    let option = option();
    quote! {{
        #option
        #question
        match found_1 { #(#sites)* _ => {} }
    }}
}

/// The question asked of a solve: a method of the model.
pub fn method(reach: &Reach) -> TokenStream {
    let (question, outside) = (question(reach), paths::item("outside"));
    let sites = reach.sites.iter().map(|site| {
        let (written, array) = (&site.written, &site.array);
        let params = site.whose == Whose::Params;
        quote!(#outside::Site { params: #params, array: #array, written: #written })
    });
    let option = option();
    quote! {
        fn outside(_state_1: usize, _params_1: usize) -> ::core::option::Option<#outside::Outside> {
            #option
            const SITES: &[#outside::Site] = &[#(#sites),*];
            let (_state_1, _params_1) = (_state_1 as i128, _params_1 as i128);
            #question
            let (site_1, index_1, length_1) = found_1?;
            Some(#outside::Outside { site: &SITES[site_1], index: index_1, length: length_1 })
        }
    }
}

/// The standard library's, whatever else has these names where the user's function stands.
fn option() -> TokenStream {
    quote! {
        #[allow(unused_imports)]
        use ::core::option::Option::{self, None, Some};
    }
}

fn respanned(tokens: TokenStream, span: Span) -> TokenStream {
    let respan = |mut tree: TokenTree| {
        tree.set_span(span);
        tree
    };
    tokens.into_iter().map(respan).collect()
}

fn name(v: Value) -> Ident {
    format_ident!("n_{}", v.0, span = Span::mixed_site())
}

fn block(steps: &[ReachStmt]) -> TokenStream {
    steps.iter().map(step).collect()
}

fn step(step: &ReachStmt) -> TokenStream {
    match step {
        ReachStmt::Let(v, term) => {
            let (name, checks) = (name(*v), guard(*v, term));
            let term = self::term(term);
            quote!(let #name = #term; #checks)
        }
        ReachStmt::Within(v, length, site) => {
            let (v, length) = (name(*v), extent(length));
            quote!(if #v < 0 || #v >= #length { break 'outside Some((#site, #v, #length)); })
        }
        ReachStmt::NotBelowZero(v, site) => {
            let v = name(*v);
            quote!(if #v < 0 { break 'outside Some((#site, #v, 0)); })
        }
        ReachStmt::For { index, start, end, carried, body } => {
            let (index, start, end, body) = (name(*index), name(*start), name(*end), block(body));
            if carried.is_empty() {
                let next = paths::item("outside");
                return quote! {
                    let mut next_1 = #start;
                    while next_1 < #end {
                        let #index = next_1;
                        next_1 = #next::after(#index, #start, #end);
                        #body
                    }
                };
            }
            let params: Vec<Ident> = carried.iter().map(|c| name(c.param)).collect();
            let inits = carried.iter().map(|c| name(c.init));
            let nexts = carried.iter().map(|c| name(c.next));
            let results = carried.iter().map(|c| name(c.result));
            quote! {
                if #end - #start > #MOST_TRIPS { break 'outside None; }
                let (#(#results,)*) = {
                    let mut next_1 = #start;
                    let mut carried_1 = (#(#inits,)*);
                    while next_1 < #end {
                        let #index = next_1;
                        next_1 += 1;
                        let (#(#params,)*) = carried_1;
                        #body
                        carried_1 = (#(#nexts,)*);
                    }
                    carried_1
                };
            }
        }
        ReachStmt::If { cond, then, otherwise, merges } => {
            let (cond, then, otherwise) = (name(*cond), block(then), block(otherwise));
            let results = merges.iter().map(|m| name(m.result));
            let thens = merges.iter().map(|m| name(m.then));
            let others = merges.iter().map(|m| name(m.otherwise));
            quote! {
                let (#(#results,)*) = if #cond { #then (#(#thens,)*) } else { #otherwise (#(#others,)*) };
            }
        }
    }
}

/// What is not followed any further.
fn guard(v: Value, term: &ReachOp) -> TokenStream {
    match term {
        ReachOp::Cast(_, Some((least, most))) => {
            let v = name(v);
            quote!(if #v < #least || #v > #most { break 'outside None; })
        }
        _ => quote!(),
    }
}

fn extent(extent: &Extent) -> TokenStream {
    match extent {
        Extent::Lit(n) => {
            let n = *n as i128;
            quote!(#n)
        }
        Extent::Named(tokens) => quote!(((#tokens) as i128)),
        Extent::State => quote!(_state_1),
        Extent::Params => quote!(_params_1),
    }
}

fn term(term: &ReachOp) -> TokenStream {
    match term {
        ReachOp::Int(n) => quote!(#n),
        ReachOp::Named(path) => quote!((#path) as i128),
        ReachOp::Extent(length) => extent(length),
        ReachOp::Op(op, a, b) => {
            let (a, b) = (name(*a), name(*b));
            match op {
                IntOp::Min => quote!(if #a < #b { #a } else { #b }),
                IntOp::Max => quote!(if #a > #b { #a } else { #b }),
                IntOp::Sub => quote!(#a - #b),
                IntOp::Mul => quote!(#a * #b),
                IntOp::Div => quote!(#a / #b),
                IntOp::Rem => quote!(#a % #b),
                _ => quote!(#a + #b),
            }
        }
        ReachOp::Neg(a) => {
            let a = name(*a);
            quote!(-#a)
        }
        ReachOp::Cast(a, _) => {
            let a = name(*a);
            quote!(#a)
        }
        ReachOp::Bool(b) => quote!(#b),
        ReachOp::Cmp(cmp, a, b) => {
            let (a, b) = (name(*a), name(*b));
            match cmp {
                CmpOp::Eq => quote!(#a == #b),
                CmpOp::Ne => quote!(#a != #b),
                CmpOp::Lt => quote!(#a < #b),
                CmpOp::Le => quote!(#a <= #b),
                CmpOp::Gt => quote!(#a > #b),
                CmpOp::Ge => quote!(#a >= #b),
            }
        }
        ReachOp::And(a, b) => {
            let (a, b) = (name(*a), name(*b));
            quote!(#a && #b)
        }
        ReachOp::Or(a, b) => {
            let (a, b) = (name(*a), name(*b));
            quote!(#a || #b)
        }
        ReachOp::Not(a) => {
            let a = name(*a);
            quote!(!#a)
        }
        ReachOp::Select(c, a, b) => {
            let (c, a, b) = (name(*c), name(*a), name(*b));
            quote!(if #c { #a } else { #b })
        }
    }
}
