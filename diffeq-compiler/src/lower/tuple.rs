//! Tuples: what a table holds, what a helper returns, and what an equation with several outputs returns.

use quote::ToTokens;
use syn::Expr;
use syn::Pat;
use syn::PatTuple;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::table::Evidence;
use super::table::evidence;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::TYPE_MISMATCH;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::Init;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// Hands a tuple to the caller, each part to memory of its own.
    pub(super) fn return_parts(&mut self, expr: &'a Expr, places: Vec<(Place, Shape)>) -> Checked<()> {
        let mut result = Ok(());
        if let Expr::Tuple(tuple) = expr
            && tuple.elems.len() == places.len()
        {
            for (part, (place, shape)) in tuple.elems.iter().zip(places) {
                let written = self.expr_to(part, Target::Memory(place, shape)).map(|_| ());
                result = result.and(written);
            }
            return result;
        }
        let parts = match self.expr(expr)? {
            Meaning::Never => return Ok(()),
            Meaning::Tuple(parts) if parts.len() == places.len() => parts,
            Meaning::Memory(located) if matches!(located.shape, Shape::Tuple(_) | Shape::Unknown) => {
                let mut parts = Vec::new();
                for (n, (_, shape)) in places.iter().enumerate() {
                    let mut part = self.field_of(located.clone(), &n.to_string(), expr)?;
                    if matches!(part.shape, Shape::Unknown) {
                        part.shape = shape.clone();
                    }
                    parts.push(Meaning::Memory(part));
                }
                parts
            }
            other => {
                let shape = Shape::Tuple(places.into_iter().map(|(_, shape)| shape).collect());
                let wanted = types::describe(&shape);
                let word = match other {
                    Meaning::Tuple(_) => "a tuple of another length",
                    Meaning::Unit => "nothing",
                    _ => "one value",
                };
                return Err(self.error(expr, &TYPE_MISMATCH, &[word, &wanted]));
            }
        };
        for (part, (place, shape)) in parts.into_iter().zip(places) {
            let written = self.meaning_into(part, place, shape, expr);
            result = result.and(written);
        }
        result
    }

    /// A tuple of values as memory, to be handed on.
    pub(super) fn tuple_memory(&mut self, parts: Vec<Meaning<'a>>, at: &dyn ToTokens) -> Checked<Located> {
        let shapes = parts.iter().map(|part| self.part_shape(part)).collect();
        let shape = Shape::Tuple(shapes);
        let object = self.program.object("pair", shape.clone(), types::span(at));
        self.push(Stmt::Local(object, Init::Zeros));
        let place = Place::whole(object);
        self.meaning_into(Meaning::Tuple(parts), place.clone(), shape.clone(), at)?;
        Ok(Located { place, shape, hold: Hold::Fresh })
    }

    /// The shape that a value has in memory.
    pub(super) fn part_shape(&self, part: &Meaning<'a>) -> Shape {
        match part {
            Meaning::Memory(located) => located.shape.clone(),
            Meaning::Tuple(parts) => Shape::Tuple(parts.iter().map(|part| self.part_shape(part)).collect()),
            other => Shape::Scalar(self.kind(other).unwrap_or(ScalarKind::Real)),
        }
    }

    /// `(a, b)` of a tuple that lies in memory.
    pub(super) fn bind_parts(
        &mut self,
        tuple: &'a PatTuple,
        meaning: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<()> {
        // What a helper returned is a tuple, since it is taken apart as one.
        let fresh = matches!(&meaning, Meaning::Memory(located) if located.hold == Hold::Fresh);
        let wanted = fresh.then(|| Shape::Tuple(Vec::new()));
        let located = self.aggregate(meaning, wanted.as_ref(), at)?;
        if matches!(located.shape, Shape::Array(..) | Shape::Slice(_)) {
            let help = "the value is no tuple: arrays are taken apart by `[a, b]`";
            return Err(self.error(tuple, &UNSUPPORTED_PATTERN, &[help]));
        }
        let rest = tuple.elems.iter().position(|pat| matches!(pat, Pat::Rest(_)));
        let written = tuple.elems.len() - usize::from(rest.is_some());
        let length = match &located.shape {
            Shape::Tuple(parts) if !parts.is_empty() => Some(parts.len()),
            _ => None,
        };
        if let Some(length) = length
            && (written > length || (rest.is_none() && written < length))
        {
            let words = [written.to_string(), length.to_string()];
            let help = "name every part of the tuple, `_` for those not needed";
            return Err(self.error(tuple, &LENGTH_MISMATCH, &[&words[0], &words[1], help]));
        }
        let mut result = Ok(());
        for (k, pat) in tuple.elems.iter().enumerate() {
            if matches!(pat, Pat::Rest(_) | Pat::Wild(_)) {
                continue;
            }
            let number = match (rest, length) {
                (Some(rest), Some(length)) if k > rest => length - (tuple.elems.len() - k),
                (Some(rest), None) if k > rest => {
                    let help = "the parts after `..` can't be counted here: name those before it, `_` for the others";
                    return Err(self.error(pat, &UNSUPPORTED_PATTERN, &[help]));
                }
                _ => k,
            };
            let part = self.field_of(located.clone(), &number.to_string(), pat)?;
            let known = match pat {
                Pat::Ident(ident) if matches!(part.shape, Shape::Unknown) && !self.is_constant(&part) => {
                    let name = ident.ident.to_string();
                    self.following.last().and_then(|rest| evidence(&name, *rest))
                }
                _ => None,
            };
            let part = match known {
                Some(Evidence::Kind(kind)) => {
                    Meaning::Scalar(self.scalar(Meaning::Memory(part), kind, pat)?)
                }
                _ => self.part(part, pat),
            };
            let bound = self.bind(pat, part, at);
            result = result.and(bound);
        }
        result
    }
}
