//! Storage for a value whose form is seen only where it is made, inside a loop or a branch: a scalar, or a tuple of
//! scalars.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;

use super::Lowering;
use super::Meaning;
use super::Var;
use super::branch::is_aggregate;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::Kind;

/// Storage that its first value gives a kind.
#[derive(Debug, Clone)]
pub(super) enum Slots {
    /// A variable of each kind, of which the first value chooses one.
    One([Var; 3], Option<Kind>),
    /// The parts of a tuple.
    Many(Vec<Slots>),
}

impl<'a> Lowering<'a, '_> {
    fn one_slot(&mut self) -> Slots {
        let span = Span::call_site();
        let (real, int, truth) = (self.real(0.0, span), self.int(0, span), self.truth(false, span));
        Slots::One([real, int, truth].map(|start| self.var("", Some(start))), None)
    }

    /// Storage for what an expression gives, by its syntax.
    pub(super) fn slots_of_syntax(&mut self, expr: &Expr) -> Slots {
        match expr {
            Expr::Paren(inner) => self.slots_of_syntax(&inner.expr),
            Expr::Tuple(tuple) => {
                Slots::Many(tuple.elems.iter().map(|part| self.slots_of_syntax(part)).collect())
            }
            _ => self.one_slot(),
        }
    }

    /// Storage for values like this one.
    pub(super) fn slots_like(&mut self, meaning: &Meaning<'a>) -> Slots {
        match meaning {
            Meaning::Tuple(parts) => Slots::Many(parts.iter().map(|part| self.slots_like(part)).collect()),
            _ => self.one_slot(),
        }
    }

    /// Puts a value into its storage; `what` is what needs the storage, in words.
    pub(super) fn put(
        &mut self,
        slots: &mut Slots,
        meaning: Meaning<'a>,
        at: &dyn ToTokens,
        what: [&str; 2],
    ) -> Checked<()> {
        match (slots, meaning) {
            (_, Meaning::Never) => Ok(()),
            (Slots::Many(slots), Meaning::Tuple(parts)) if slots.len() == parts.len() => {
                slots.iter_mut().zip(parts).try_for_each(|(slot, part)| self.put(slot, part, at, what))
            }
            (
                Slots::One(vars, chosen),
                meaning @ (Meaning::Scalar(_)
                | Meaning::Const(_)
                | Meaning::Variable(..)
                | Meaning::Memory(_)),
            ) if !matches!(&meaning, Meaning::Memory(located) if is_aggregate(&located.shape)) => {
                let kind = chosen.or_else(|| self.kind(&meaning)).unwrap_or(Kind::Real);
                let value = self.scalar(meaning, kind, at)?;
                *chosen = Some(kind);
                self.set(vars[kind as usize], value);
                Ok(())
            }
            _ => Err(self.error(at, &UNSUPPORTED_SYNTAX, &what)),
        }
    }

    /// What lies there now.
    pub(super) fn stored(&self, slots: &Slots) -> Meaning<'a> {
        match slots {
            Slots::One(vars, chosen) => {
                let var = vars[chosen.unwrap_or(Kind::Real) as usize];
                self.vars[var.0].current.map_or(Meaning::Never, Meaning::Scalar)
            }
            Slots::Many(parts) => Meaning::Tuple(parts.iter().map(|part| self.stored(part)).collect()),
        }
    }
}
