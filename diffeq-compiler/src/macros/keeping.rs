//! What networks keep of their values for their derivatives, so that these do not compute it again.

use proc_macro2::Ident;
use proc_macro2::TokenStream;
use quote::format_ident;
use quote::quote;
use rustc_hash::FxHashMap as HashMap;

use crate::emit::Body;
use crate::ir::Arg;
use crate::ir::Call;
use crate::ir::CallResult;
use crate::ir::Form;
use crate::ir::Obj;
use crate::ir::Program;
use crate::ir::Stmt;

/// The calls of networks whose derivatives can be made of what they keep: those that happen once, and keep as much as
/// is known before.
pub(super) struct Keeping {
    calls: Vec<Kept>,
}

/// What a call returns, and how many reals it keeps.
struct Kept {
    output: Obj,
    len: TokenStream,
}

/// The calls of networks outside of loops and branches, by what they return.
fn calls(program: &Program) -> Vec<(Obj, &Call)> {
    let calls = program.body.iter().filter_map(|stmt| match stmt {
        Stmt::Call(call) if call.is_network() && call.form == Form::Primal => match call.result {
            CallResult::Object(o) => Some((o, call)),
            CallResult::Value(_) => None,
        },
        _ => None,
    });
    calls.collect()
}

impl Keeping {
    /// Those of an equation: its program as it was written, and without its assertions, the state and the parameters, and the type
    /// of these. `None` where no network keeps anything.
    pub(super) fn of(
        (value, primal): (&Program, &Program),
        (u, p): (Obj, Obj),
        params: &TokenStream,
    ) -> Option<Self> {
        let args = [Arg::Object(u), Arg::Object(p)];
        let (body, written) = (Body::new(primal, &args, &[], quote!(T)), calls(value));
        let kept = |(output, call): (Obj, &Call)| {
            let len = body.kept_len(call, p, params)?;
            written.iter().any(|(other, _)| *other == output).then_some(Kept { output, len })
        };
        let calls: Vec<Kept> = calls(primal).into_iter().filter_map(kept).collect();
        (!calls.is_empty()).then_some(Keeping { calls })
    }

    /// The names that no variable has beside what is kept.
    pub(super) fn taken(&self) -> Vec<String> {
        std::iter::once("kept_0".to_string())
            .chain((1..=self.calls.len()).map(|i| format!("kept_{i}")))
            .collect()
    }

    /// The name of what each call keeps, by what it returns.
    pub(super) fn names(&self) -> HashMap<Obj, Ident> {
        let name = |i: usize| format_ident!("kept_{}", i + 1);
        self.calls.iter().enumerate().map(|(i, kept)| (kept.output, name(i))).collect()
    }

    /// How many reals each call keeps.
    pub(super) fn lens(&self) -> impl Iterator<Item = &TokenStream> {
        self.calls.iter().map(|kept| &kept.len)
    }

    /// Takes what is kept apart, one part for each call. Where it is not all there, calls keep nothing and find nothing.
    pub(super) fn parts(&self, split: &TokenStream) -> TokenStream {
        let names = self.names();
        let parts = self.calls.iter().enumerate().map(|(i, Kept { output, len })| {
            let name = &names[output];
            let rest = if i + 1 < self.calls.len() { quote!(kept_0) } else { quote!(_) };
            // the way back asks for what it needs alone
            quote!(#[allow(unused_variables)] let (#name, #rest) = kept_0.#split(#len).unwrap_or_default();)
        });
        parts.collect()
    }
}
