//! `#[differentiable]`

use proc_macro2::TokenStream;
use quote::ToTokens;

use super::Read;
use super::apart::apart;
use super::helper;
use crate::check;
use crate::emit;
use crate::emit::fallback;
use crate::lower;
use crate::parse::fence;
use crate::parse::item;
use crate::passes::copies::copies;

/// Expands `#[differentiable(args)] item`.
///
/// On an `impl` block it stands for the attribute on each of its functions.
pub fn differentiable(args: TokenStream, item: TokenStream) -> TokenStream {
    match syn::parse2::<syn::ItemImpl>(item.clone()) {
        Ok(block) if block.trait_.is_none() => implementation(&args, block),
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
            *item = syn::ImplItem::Verbatim(apart(function.to_token_stream(), beside));
        }
    }
    block.to_token_stream()
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
