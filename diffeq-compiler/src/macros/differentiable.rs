//! `#[differentiable]`

use proc_macro2::TokenStream;

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
pub fn differentiable(args: TokenStream, item: TokenStream) -> TokenStream {
    apart(item, |item| expanded(args, item))
}

fn expanded(args: TokenStream, item: TokenStream) -> TokenStream {
    let Read { options, function, remains } = read_differentiable(args, item.clone());
    match (function, remains) {
        (Ok(function), _) => {
            let tokens = helper::differentiable(&function);
            if options.debug {
                emit::show(&tokens);
            }
            tokens
        }
        (Err(error), Some((remains, signature))) if remains.is_method => {
            fallback::method(&error, &remains, &signature)
        }
        (Err(error), Some((remains, signature))) => fallback::helper(&error, &remains, &signature),
        (Err(error), None) => fallback::nothing(&error, &item),
    }
}

/// The front end of `#[differentiable]`: the checked function, or everything that is wrong with it.
pub fn read_differentiable(args: TokenStream, item: TokenStream) -> Read {
    super::read("differentiable", args, item, |item, head, diagnostics| {
        let signature = item::helper(item, diagnostics);
        fence::check(&item.block, diagnostics);
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
