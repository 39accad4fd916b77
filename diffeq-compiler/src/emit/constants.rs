//! Constants outside a function, of which rustc alone knows the type.

use std::collections::BTreeMap;

use proc_macro2::Delimiter;
use proc_macro2::Group;
use proc_macro2::Ident;
use proc_macro2::Literal;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::quote;

use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::visit;

/// The constants and elements of tables that a function over `f64` computes with: they are `f64` themselves, for `f32` rounds in
/// each operation, and what is made of the function does not. What is converted where it stands, `G as f64`, is not among them. Indices
/// are all `index`.
pub fn constants(program: &Program) -> Vec<TokenStream> {
    let mut found = BTreeMap::new();
    if !program.doubles {
        return Vec::new();
    }
    visit::walk(&program.body, &mut |stmt| {
        let path = match stmt {
            Stmt::Let(_, Op::RealNamed(path)) => Some(path.clone()).filter(|path| !is_known(path)),
            Stmt::Let(v, Op::Load(place)) if program.kind(*v) == ScalarKind::Real => element(program, place),
            _ => None,
        };
        if let Some(path) = path {
            found.entry(path.to_string()).or_insert(path);
        }
    });
    found.into_values().collect()
}

/// The index of all elements that are asked for.
pub fn index() -> Ident {
    Ident::new("index_1", Span::mixed_site())
}

/// Whether it is converted, or one of the standard library's.
fn is_known(path: &TokenStream) -> bool {
    match path.clone().into_iter().find(|tree| !matches!(tree, TokenTree::Punct(_))) {
        Some(TokenTree::Ident(first)) => ["f64", "std", "core"].iter().any(|known| first == known),
        _ => true,
    }
}

fn element(program: &Program, place: &Place) -> Option<TokenStream> {
    let mut tokens = program.objects[place.object.0].constant.clone()?;
    let span = tokens.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
    for step in &place.path {
        match step {
            Proj::Index(_) => {
                // what rustc finds to say points at the user's table
                let mut index = index();
                index.set_span(index.span().located_at(span));
                let mut part = Group::new(Delimiter::Bracket, quote!(#index));
                part.set_span(span);
                tokens.extend([TokenTree::Group(part)]);
            }
            Proj::Field(name) => match name.parse::<usize>() {
                Ok(n) => {
                    let n = Literal::usize_unsuffixed(n);
                    tokens.extend(quote!(.#n));
                }
                Err(_) => {
                    let name: TokenStream = name.parse().ok()?;
                    tokens.extend(quote!(.#name));
                }
            },
            Proj::Range(..) | Proj::Matches(_) | Proj::Part(..) => return None,
        }
    }
    Some(tokens)
}
