//! One cause, one error: where rustc finds something wrong with the function as it was written, it says nothing more about
//! what was made of it.
//!
//! A constant holds the function once more, as a closure that nobody calls. If there is an error in it the constant has no
//! value, and then neither has a type whose parameter it is. The structs and helpers of the generated code are reached
//! through such a type: of what has no type rustc reports nothing.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use proc_macro2::Ident;
use proc_macro2::Span;
use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::format_ident;
use quote::quote;
use quote::quote_spanned;

use super::call::helpers;
use super::constants;
use super::paths;
use crate::ir::Program;
use crate::ir::Shape;

/// The items of a gate, and what the paths of structs in a program became. Where there is no `closure` nothing is changed.
///
/// rustc is asked here whether `constants` are `f64`.
pub fn gate(program: &mut Program, closure: Option<&TokenStream>, constants: &[TokenStream]) -> TokenStream {
    let mut names: BTreeMap<String, (Ident, TokenStream)> = BTreeMap::new();
    let inside = declared(&program.items);
    let outside = |path: &&TokenStream| first_word(path).is_none_or(|word| !inside.contains(&word));
    let computed: Vec<&TokenStream> = constants.iter().filter(outside).collect();
    // A constant may come from elsewhere by a `use` in the body.
    let scope = imports(&program.items).then(|| program.items.clone());
    if closure.is_some() {
        let local = declared(&program.items);
        for object in &mut program.objects {
            rename(&mut object.shape, &local, &mut names);
        }
    }
    let helpers = helpers(program);
    let mut items = copies(program, closure.is_some());
    if let Some(closure) = closure
        && !(names.is_empty() && helpers.is_empty() && computed.is_empty())
    {
        let components = paths::item("Components");
        let structs = names.values().map(|(_, path)| {
            let span = first(path);
            let twin = quote_spanned!(span=> <#path as #components>::Of<f64>);
            quote!(let _: #twin;)
        });
        items.extend(quote! {
            #[allow(unused, clippy::all, clippy::pedantic)]
            const RUSTC_FINDS_NO_ERROR: usize = {
                #(#structs)*
                let _ = #closure;
                0
            };
        });
    }
    for (name, path) in names.values() {
        let path = passed(closure, path);
        items.extend(quote! {
            #[allow(non_camel_case_types)]
            type #name = #path;
        });
    }
    if !computed.is_empty() {
        let double = passed(closure, &quote!(f64));
        let index = constants::index();
        // `Self` has a meaning in a body, and in no item there.
        let of_self = computed.iter().any(|path| first_word(path).is_some_and(|word| word == "Self"));
        let asked = if of_self { quote!(let _) } else { quote!(const _) };
        items.extend(quote! {
            #[allow(unused, clippy::all, clippy::pedantic)]
            #asked: fn(usize) = { #scope |#index| { #(let _: #double = #computed;)* } };
        });
    }
    // A function without the attribute has no forms, which rustc says here, once, in a macro whose name says what is missing.
    let ask = paths::of_macros("a_called_function_needs_the_attribute_differentiable");
    for (name, path) in helpers {
        let forms = match closure {
            // by a name: as a parameter the path of a function would be taken for a constant
            Some(_) => {
                let asked = format_ident!("{name}_asked");
                let forms = passed(closure, &quote!(#asked));
                quote! {
                    #[allow(non_camel_case_types)]
                    type #asked = #ask!(#path);
                    #[allow(non_camel_case_types)]
                    type #name = #forms;
                }
            }
            None => quote! {
                #[allow(non_camel_case_types)]
                type #name = #ask!(#path);
            },
        };
        items.extend(forms);
    }
    items
}

/// Asks rustc whether the structs that are cloned are `Copy`: once here, or where no constant can name their generics, or
/// they are declared inside, in the bodies.
fn copies(program: &mut Program, is_closed: bool) -> TokenStream {
    let local = declared(&program.items);
    let mut here = TokenStream::new();
    for (path, span) in std::mem::take(&mut program.cloned) {
        let copy = quote_spanned!(span=> ::core::marker::Copy);
        let asked = quote! {
            const _: fn() = {
                fn clone_is_a_copy<S: #copy>() {}
                clone_is_a_copy::<#path>
            };
        };
        let outside = is_closed && first_word(&path).is_some_and(|word| !local.contains(&word));
        if outside { here.extend(asked) } else { program.items.extend(asked) }
    }
    here
}

/// A type behind the gate.
fn passed(closure: Option<&TokenStream>, ty: &TokenStream) -> TokenStream {
    let [checked, passes] = ["Checked", "Passes"].map(paths::item);
    match closure {
        Some(_) => quote!(<#checked<RUSTC_FINDS_NO_ERROR> as #passes<#ty>>::Through),
        None => ty.clone(),
    }
}

fn first(tokens: &TokenStream) -> Span {
    tokens.clone().into_iter().next().map_or_else(Span::call_site, |tree| tree.span())
}

fn first_word(path: &TokenStream) -> Option<String> {
    match path.clone().into_iter().next()? {
        TokenTree::Ident(ident) => Some(ident.to_string()),
        _ => None,
    }
}

/// The last identifier of a path: what it is called.
fn last_word(path: &TokenStream) -> String {
    let words = path
        .clone()
        .into_iter()
        .take_while(|tree| !matches!(tree, TokenTree::Punct(p) if p.as_char() == '<'));
    let words = words.filter_map(|tree| match tree {
        TokenTree::Ident(ident) => Some(ident.to_string().trim_start_matches("r#").to_string()),
        _ => None,
    });
    words.last().unwrap_or_default()
}

/// Whether the body gives names to what is declared elsewhere.
fn imports(items: &TokenStream) -> bool {
    let items = syn::parse2::<syn::File>(items.clone()).map(|file| file.items).unwrap_or_default();
    items.iter().any(|item| matches!(item, syn::Item::Use(_)))
}

/// The types that the body declares: no name outside of the body means them, so that they keep theirs.
fn declared(items: &TokenStream) -> BTreeSet<String> {
    let items = syn::parse2::<syn::File>(items.clone()).map(|file| file.items).unwrap_or_default();
    let name = |item| match item {
        syn::Item::Struct(item) => Some(item.ident.to_string()),
        syn::Item::Type(item) => Some(item.ident.to_string()),
        _ => None,
    };
    items.into_iter().filter_map(name).collect()
}

fn rename(shape: &mut Shape, local: &BTreeSet<String>, names: &mut BTreeMap<String, (Ident, TokenStream)>) {
    match shape {
        Shape::Array(inner, _) | Shape::Slice(inner) => rename(inner, local, names),
        Shape::Tuple(parts) => parts.iter_mut().for_each(|part| rename(part, local, names)),
        Shape::Struct(path) if first_word(path).is_some_and(|word| local.contains(&word)) => {}
        Shape::Struct(path) => {
            let mut name = format!("{}Here", last_word(path));
            while names.iter().any(|(text, (other, _))| *other == name && *text != path.to_string()) {
                name.push('_');
            }
            let (name, _) =
                names.entry(path.to_string()).or_insert_with(|| (format_ident!("{name}"), path.clone()));
            // errors in what rustc alone sees point at the user's path
            let mut name = name.clone();
            name.set_span(name.span().located_at(first(path)));
            *path = quote!(#name);
        }
        Shape::Scalar(_) | Shape::Plain(_) | Shape::Unknown => {}
    }
}
