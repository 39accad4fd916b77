//! Storage for a value whose form is seen only where it is made, inside a loop or a branch: a scalar, an aggregate, or a
//! tuple of these. An aggregate gets its memory where the storage was asked for, once its shape is known.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Var;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::Init;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;

/// Storage that its first value gives a kind.
#[derive(Debug, Clone)]
pub(super) enum Slots {
    /// A variable of each kind, of which the first value chooses one.
    One([Var; 3], Point, Option<Chosen>),
    /// The parts of a tuple.
    Many(Vec<Slots>),
}

/// What the first value has chosen.
#[derive(Debug, Clone)]
pub(super) enum Chosen {
    Scalar(ScalarKind),
    Memory(Place, Shape),
}

/// Where storage was asked for: a block and how many statements stood in it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Point {
    block: usize,
    statement: usize,
}

impl<'a> Lowering<'a, '_> {
    fn one_slot(&mut self) -> Slots {
        let span = Span::call_site();
        let (real, int, truth) = (self.real(0.0, span), self.int(0, span), self.truth(false, span));
        let vars = [real, int, truth].map(|start| self.var("", Some(start)));
        let block = self.blocks.len().saturating_sub(1);
        let statement = self.blocks.last().map_or(0, Vec::len);
        Slots::One(vars, Point { block, statement }, None)
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

    /// Storage for scalars of a kind.
    pub(super) fn slot_of(&mut self, kind: ScalarKind) -> Slots {
        match self.one_slot() {
            Slots::One(vars, point, _) => Slots::One(vars, point, Some(Chosen::Scalar(kind))),
            many => many,
        }
    }

    /// Storage for values of a shape.
    pub(super) fn slots_of(&mut self, shape: &Shape) -> Slots {
        match shape {
            Shape::Scalar(kind) => self.slot_of(*kind),
            Shape::Tuple(parts) => Slots::Many(parts.iter().map(|part| self.slots_of(part)).collect()),
            _ => self.one_slot(),
        }
    }

    /// From now on what was not told is a real: it is read.
    pub(super) fn settle(slots: &mut Slots) {
        match slots {
            Slots::One(_, _, chosen) => _ = chosen.get_or_insert(Chosen::Scalar(ScalarKind::Real)),
            Slots::Many(parts) => parts.iter_mut().for_each(Self::settle),
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
            (Slots::One(_, point, chosen), Meaning::Memory(located))
                if (located.shape.is_aggregate() || matches!(located.shape, Shape::Tuple(_)))
                    && !matches!(chosen, Some(Chosen::Scalar(_))) =>
            {
                let (place, shape) = match chosen {
                    Some(Chosen::Memory(place, shape)) => (place.clone(), shape.clone()),
                    _ => {
                        let shape = located.shape.clone();
                        if matches!(shape, Shape::Slice(_)) {
                            return Err(self.error(at, &UNSUPPORTED_SYNTAX, &what));
                        }
                        let object = self.program.object("kept", shape.clone(), types::span(at));
                        if let Some(block) = self.blocks.get_mut(point.block) {
                            block.insert(point.statement, Stmt::Local(object, Init::Zeros));
                        }
                        *chosen = Some(Chosen::Memory(Place::whole(object), shape.clone()));
                        (Place::whole(object), shape)
                    }
                };
                self.meaning_into(Meaning::Memory(located), place, shape, at)
            }
            (
                Slots::One(vars, _, chosen),
                meaning @ (Meaning::Scalar(_)
                | Meaning::Const(_)
                | Meaning::Variable(..)
                | Meaning::Memory(_)),
            ) if !matches!(chosen, Some(Chosen::Memory(..))) => {
                let told = match chosen {
                    Some(Chosen::Scalar(kind)) => Some(*kind),
                    _ => None,
                };
                let kind = told.or_else(|| self.kind(&meaning)).unwrap_or(ScalarKind::Real);
                let value = self.scalar(meaning, kind, at)?;
                *chosen = Some(Chosen::Scalar(kind));
                self.set(vars[kind as usize], value);
                Ok(())
            }
            _ => Err(self.error(at, &UNSUPPORTED_SYNTAX, &what)),
        }
    }

    /// What lies there now.
    pub(super) fn stored(&self, slots: &Slots) -> Meaning<'a> {
        match slots {
            Slots::One(vars, _, chosen) => {
                let kind = match chosen {
                    Some(Chosen::Memory(place, shape)) => {
                        let located =
                            Located { place: place.clone(), shape: shape.clone(), hold: Hold::Place };
                        return Meaning::Memory(located);
                    }
                    Some(Chosen::Scalar(kind)) => *kind,
                    None => ScalarKind::Real,
                };
                let var = vars[kind as usize];
                self.vars[var.0].current.map_or(Meaning::Never, Meaning::Scalar)
            }
            Slots::Many(parts) => Meaning::Tuple(parts.iter().map(|part| self.stored(part)).collect()),
        }
    }
}
