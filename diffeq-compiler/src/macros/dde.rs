//! `#[dde]`

use proc_macro2::TokenStream;

use super::Read;
use super::apart::apart;
use super::delayed;
use super::written;
use crate::check;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::ADVANCED_ARGUMENT;
use crate::diagnostics::catalogue::LAG_OF_A_DRIVEN_STATE;
use crate::diagnostics::catalogue::LAG_WITHOUT_TIME;
use crate::diagnostics::catalogue::NO_LAG;
use crate::diagnostics::catalogue::SLOPE_OF_A_DRIVEN_STATE;
use crate::emit;
use crate::emit::fallback;
use crate::ir::Asked;
use crate::ir::function::Function;
use crate::lower;
use crate::parse::fence;
use crate::parse::history;
use crate::parse::item;
use crate::passes::copies::copies;
use crate::passes::lags::Fault;
use crate::passes::lags::LagKind;
use crate::passes::lags::lags;

/// Expands `#[dde(args)] item`.
pub fn dde(args: TokenStream, item: TokenStream) -> TokenStream {
    apart(item, |item| expanded(args, item))
}

fn expanded(args: TokenStream, item: TokenStream) -> TokenStream {
    let Read { options, function, remains } = read_dde(args, item.clone());
    match (function, remains) {
        (Ok(function), _) => {
            let tokens = delayed::dde(&function);
            if options.debug {
                emit::show(&tokens);
            }
            tokens
        }
        (Err(error), Some((remains, _))) => fallback::delayed(&error, &remains),
        (Err(error), None) => fallback::nothing(&error, &item),
    }
}

/// The front end of `#[dde]`: the checked function, or everything that is wrong with it.
pub fn read_dde(args: TokenStream, item: TokenStream) -> Read {
    super::read("dde", args, history::with_methods(item), |item, head, _, diagnostics| {
        let apart = history::taken_apart(item, 1, diagnostics);
        fence::check(item, diagnostics);
        let Ok((plain, name)) = apart else { return (None, None) };
        let signature = item::equation(&plain, 1, diagnostics);
        let Ok(signature) = signature else { return (None, None) };
        let shapes = signature.shapes();
        let lowered = lower::delayed(&plain, head, &signature, &name, diagnostics);
        let Ok((mut function, mut notes)) = lowered else {
            return (None, Some(shapes));
        };
        notes.rename(&copies(&mut function.program));
        function.call = written::call(&signature);
        if diagnostics.is_empty() {
            check::equation(&mut function, &notes, !signature.written.is_empty(), diagnostics);
            check_lags(&function, &name.to_string(), false, diagnostics);
        }
        (Some(function), Some(shapes))
    })
}

/// Refuses times that are not before the present; where noise drives the solution slopes, too, and times that it moves.
pub(super) fn check_lags(function: &Function, name: &str, is_driven: bool, diagnostics: &mut Diagnostics) {
    let Some(found) = lags(&function.program) else { return };
    for lookup in found.lookups {
        if is_driven && lookup.asked == Asked::Slope {
            diagnostics.error_at(lookup.span, &SLOPE_OF_A_DRIVEN_STATE, &[name]);
        }
        if is_driven && matches!(lookup.kind, LagKind::State | LagKind::Delayed) {
            diagnostics.error_at(lookup.span, &LAG_OF_A_DRIVEN_STATE, &[]);
            continue;
        }
        match lookup.fault {
            Some(Fault::Advanced) => diagnostics.error_at(lookup.span, &ADVANCED_ARGUMENT, &[name]),
            Some(Fault::WithoutTime) => diagnostics.error_at(lookup.span, &LAG_WITHOUT_TIME, &[name]),
            Some(Fault::None(lag)) if lag < 0.0 => {
                let help = format!("a lag is positive: `{name}(t - {:?})`", -lag);
                diagnostics.error_at(lookup.span, &NO_LAG, &[&format!("negative, {lag:?}"), &help])
            }
            Some(Fault::None(_)) => {
                let help = "the state at `t` is the argument before the history";
                diagnostics.error_at(lookup.span, &NO_LAG, &["zero", help])
            }
            None => continue,
        };
    }
}
