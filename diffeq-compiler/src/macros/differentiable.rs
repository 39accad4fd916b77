//! `#[differentiable]`

use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;

use super::Read;
use super::apart::apart;
use super::helper;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::METHODS_OF_A_TRAIT;
use crate::emit;
use crate::emit::fallback;
use crate::lower;
use crate::parse::fence;
use crate::parse::item;
use crate::parse::item::mentions;
use crate::passes::copies::copies;

/// Expands `#[differentiable(args)] item`.
///
/// On an `impl` block it stands for the attribute on each of its functions.
pub fn differentiable(args: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse2::<syn::ItemImpl>(item.clone()) {
        Ok(syn::ItemImpl { trait_: Some((path, _)), .. }) => {
            let mut diagnostics = Diagnostics::new();
            diagnostics.error(&path, &METHODS_OF_A_TRAIT, &[]);
            match diagnostics.finish() {
                Err(error) => fallback::nothing(&error, &item),
                Ok(()) => item,
            }
        }
        Ok(block) => implementation(&args, block),
        _ => apart(item, |item| expanded(args, item, false)),
    }
}

/// Each function of an `impl` block with its forms beside it; constants stay.
fn implementation(args: &TokenStream, mut block: syn::ItemImpl) -> TokenStream {
    for item in &mut block.items {
        if let syn::ImplItem::Fn(function) = item
            && !has_attribute(&function.attrs)
        {
            let beside = |item| expanded(args.clone(), item, true);
            let switches: Vec<_> = function.attrs.iter().filter(|attr| switches(attr)).cloned().collect();
            let made = apart(function.to_token_stream(), beside);
            *item = syn::ImplItem::Verbatim(switched(made, &switches));
        }
    }
    block.to_token_stream()
}

/// Whether an attribute takes away what it stands on.
fn switches(attr: &syn::Attribute) -> bool {
    attr.path().is_ident("cfg")
        || attr.path().is_ident("cfg_attr") && mentions(&attr.to_token_stream(), "cfg")
}

/// What was made of a method is there where the method is: rustc has not looked at what switches the methods of a block.
fn switched(items: TokenStream, switches: &[syn::Attribute]) -> TokenStream {
    if switches.is_empty() {
        return items;
    }
    let Ok(mut block) = syn::parse2::<syn::ItemImpl>(quote!(impl X { #items })) else { return items };
    for item in &mut block.items {
        let attrs = match item {
            syn::ImplItem::Fn(item) => &mut item.attrs,
            syn::ImplItem::Const(item) => &mut item.attrs,
            syn::ImplItem::Macro(item) => &mut item.attrs,
            syn::ImplItem::Type(item) => &mut item.attrs,
            _ => continue,
        };
        attrs.extend(switches.iter().filter(|switch| !attrs.contains(switch)).cloned().collect::<Vec<_>>());
    }
    let items = block.items;
    quote!(#(#items)*)
}

fn has_attribute(attrs: &[syn::Attribute]) -> bool {
    attrs.iter().any(|attr| attr.path().segments.last().is_some_and(|last| last.ident == "differentiable"))
}

fn expanded(args: TokenStream, item: TokenStream, in_block: bool) -> TokenStream {
    let Read { options, function, remains } = read_differentiable(args, item.clone());
    match (function, remains) {
        (Ok(mut function), _) => {
            function.is_method |= in_block;
            let tokens = helper::differentiable(&function);
            if options.debug {
                emit::show(&tokens);
            }
            tokens
        }
        (Err(error), Some((remains, signature))) if remains.is_method || in_block => {
            fallback::method(&error, &remains, &signature)
        }
        (Err(error), Some((remains, signature))) => fallback::helper(&error, &remains, &signature),
        (Err(error), None) => fallback::nothing(&error, &item),
    }
}

/// The front end of `#[differentiable]`: the checked function, or everything that is wrong with it.
pub fn read_differentiable(args: TokenStream, item: TokenStream) -> Read {
    super::read("differentiable", args, item, |item, head, _, diagnostics| {
        let signature = item::helper(item, diagnostics);
        fence::check(item, diagnostics);
        let Ok(signature) = signature else { return (None, None) };
        let Ok((mut function, mut notes)) = lower::helper(item, head, &signature, diagnostics) else {
            return (None, None);
        };
        notes.rename(&copies(&mut function.program));
        if diagnostics.is_empty() {
            check::helper(&mut function, &notes, diagnostics);
        }
        (Some(function), None)
    })
}
