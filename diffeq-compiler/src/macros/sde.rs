//! `#[sde]`

use proc_macro2::TokenStream;

use super::Read;
use super::apart::apart;
use super::dde::check_lags;
use super::stochastic;
use super::written;
use crate::check;
use crate::diagnostics::catalogue::NOT_COMMUTATIVE;
use crate::emit;
use crate::emit::fallback;
use crate::ir::function::Noise;
use crate::lower;
use crate::parse::fence;
use crate::parse::history;
use crate::parse::item;
use crate::parse::noise::processes;
use crate::passes::copies::copies;

/// Expands `#[sde(args)] item`.
pub fn sde(args: TokenStream, item: TokenStream) -> TokenStream {
    apart(item, |item| expanded(args, item))
}

fn expanded(args: TokenStream, item: TokenStream) -> TokenStream {
    let is_delayed = syn::parse2(item.clone()).is_ok_and(|item| history::has_history(&item));
    let Read { options, function, remains } = read_sde(args, item.clone());
    match (function, remains) {
        (Ok(function), _) => {
            let tokens = stochastic::sde(&function);
            if options.debug {
                emit::show(&tokens);
            }
            tokens
        }
        (Err(error), Some((remains, signature))) if remains.is_method => {
            fallback::method(&error, &remains, &signature)
        }
        (Err(error), Some((remains, _))) if is_delayed => {
            fallback::stochastic_delayed(&error, &remains, options.stratonovich)
        }
        (Err(error), Some((remains, _))) => fallback::stochastic(&error, &remains, options.stratonovich),
        (Err(error), None) => fallback::nothing(&error, &item),
    }
}

/// The front end of `#[sde]`: the checked function, or everything that is wrong with it.
pub fn read_sde(args: TokenStream, item: TokenStream) -> Read {
    super::read("sde", args, history::with_methods(item), |item, head, options, diagnostics| {
        let apart = history::has_history(item).then(|| history::taken_apart(item, 2, diagnostics));
        let apart = apart.transpose();
        let plain = match &apart {
            Ok(Some((plain, _))) => plain,
            _ => item,
        };
        let signature = apart.is_ok().then(|| item::equation(plain, 2, diagnostics));
        fence::check(item, diagnostics);
        let (Ok(apart), Some(Ok(signature))) = (&apart, signature) else { return (None, None) };
        let shapes = signature.shapes();
        let processes = processes(&signature, options.scalar, diagnostics);
        let lowered = match apart {
            Some((plain, name)) => lower::delayed(plain, head, &signature, name, diagnostics),
            None => lower::equation(item, head, &signature, diagnostics),
        };
        let (Ok(processes), Ok((mut function, mut notes))) = (processes, lowered) else {
            return (None, Some(shapes));
        };
        notes.rename(&copies(&mut function.program));
        function.call = written::call(&signature);
        function.noise = Some(Noise {
            processes,
            stratonovich: options.stratonovich,
            claims_commutative: options.commutative.is_some(),
        });
        if diagnostics.is_empty() {
            check::equation(&mut function, &notes, !signature.written.is_empty(), diagnostics);
            if let Some((_, name)) = apart {
                check_lags(&function, &name.to_string(), true, diagnostics);
            }
        }
        if options.commutative.is_some()
            && diagnostics.is_empty()
            && let Some(found) = stochastic::class_of(&function).filter(|found| found.refuted)
        {
            diagnostics.error_at(found.span, &NOT_COMMUTATIVE, &[&found.because]);
        }
        (Some(function), Some(shapes))
    })
}
