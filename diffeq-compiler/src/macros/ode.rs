//! `#[ode]`

use proc_macro2::TokenStream;

use super::Read;
use super::apart::apart;
use super::equation;
use super::written;
use crate::check;
use crate::emit;
use crate::emit::fallback;
use crate::lower;
use crate::parse::fence;
use crate::parse::item;
use crate::passes::copies::copies;

/// Expands `#[ode(args)] item`.
pub fn ode(args: TokenStream, item: TokenStream) -> TokenStream {
    apart(item, |item| expanded(args, item))
}

fn expanded(args: TokenStream, item: TokenStream) -> TokenStream {
    let Read { options, function, remains } = read_ode(args, item.clone());
    match (function, remains) {
        (Ok(function), _) => {
            let tokens = equation::ode(&function);
            if options.debug {
                emit::show(&tokens);
            }
            tokens
        }
        (Err(error), Some((remains, signature))) if remains.is_method => {
            fallback::method(&error, &remains, &signature)
        }
        (Err(error), Some((remains, _))) => fallback::equation(&error, &remains),
        (Err(error), None) => fallback::nothing(&error, &item),
    }
}

/// The front end of `#[ode]`: the checked function, or everything that is wrong with it.
pub fn read_ode(args: TokenStream, item: TokenStream) -> Read {
    super::read("ode", args, item, |item, head, _, diagnostics| {
        let signature = item::equation(item, 1, diagnostics);
        fence::check(item, diagnostics);
        let Ok(signature) = signature else { return (None, None) };
        let shapes = signature.shapes();
        let Ok((mut function, mut notes)) = lower::equation(item, head, &signature, diagnostics) else {
            return (None, Some(shapes));
        };
        notes.rename(&copies(&mut function.program));
        function.call = written::call(&signature);
        if diagnostics.is_empty() {
            check::equation(&mut function, &notes, !signature.written.is_empty(), diagnostics);
        }
        (Some(function), Some(shapes))
    })
}
