//! Closures are read where they are called.

use quote::ToTokens;
use syn::ExprPath;

use super::Closure;
use super::Lowering;
use super::Meaning;
use super::Target;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::CLOSURE;
use crate::diagnostics::catalogue::CLOSURE_MISUSE;
use crate::diagnostics::catalogue::RECURSION;

/// How deep calls of closures may nest before they count as calling themselves.
const DEEPEST: usize = 64;

impl<'a> Lowering<'a, '_> {
    /// The body of a closure with its parameters bound.
    pub(super) fn apply_closure(
        &mut self,
        closure: Closure<'a>,
        args: Vec<Meaning<'a>>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let syntax = closure.syntax;
        if syntax.inputs.len() != args.len() {
            let words = [syntax.inputs.len().to_string(), args.len().to_string()];
            return Err(self.error(at, &CLOSURE_MISUSE, &[&words[0], &words[1]]));
        }
        if self.closures >= DEEPEST {
            return Err(self.error(at, &RECURSION, &["this closure"]));
        }
        self.closures += 1;
        let result = self.scoped(closure.scope, |s| {
            let mut bound = Ok(());
            for (pat, arg) in syntax.inputs.iter().zip(args) {
                // A parameter is another name for its argument: the argument keeps its own.
                let one = s.bind(pat, arg, pat);
                bound = bound.and(one);
            }
            bound?;
            s.expr_to(&syntax.body, Target::Value)
        });
        self.closures -= 1;
        result
    }

    /// `f64::max`, a `let`-bound closure or a helper, given by its name where a closure could stand.
    pub(super) fn apply_path(
        &mut self,
        path: &'a ExprPath,
        args: Vec<Meaning<'a>>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        if let Some(ident) = path.path.get_ident()
            && let Some(binding) = self.lookup(&ident.to_string())
        {
            let binding = binding.clone();
            return match self.meaning_of(binding, path)? {
                Meaning::Closure(closure) => self.apply_closure(closure, args, at),
                _ => Err(self.error(path, &CLOSURE, &[])),
            };
        }
        self.call_path(path, args, &[], at)
    }
}
