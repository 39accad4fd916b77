//! Patterns that can't fail.

use quote::ToTokens;
use syn::Member;
use syn::Pat;
use syn::PatSlice;
use syn::PatStruct;
use syn::spanned::Spanned;

use super::Lowering;
use super::Meaning;
use super::syntax::pat::named_rest;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::NOT_INDEXABLE;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;

impl<'a> Lowering<'a, '_> {
    /// Gives the names of a pattern their meaning.
    pub(super) fn bind(&mut self, pat: &'a Pat, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        match pat {
            Pat::Wild(_) => Ok(()),
            Pat::Paren(inner) => self.bind(&inner.pat, meaning, at),
            // `&x` takes the value out of the reference.
            Pat::Reference(inner) => self.bind(&inner.pat, Self::pointee(meaning), at),
            Pat::Type(typed) => {
                let annotation = self.annotation(&typed.ty)?;
                let meaning = self.coerced(meaning, &annotation, at)?;
                self.bind(&typed.pat, meaning, at)
            }
            Pat::Ident(ident) => {
                let name = ident.ident.to_string();
                let mutable = ident.mutability.is_some();
                let meaning = match &ident.by_ref {
                    // `ref x`, `ref mut x`
                    Some(_) => self.borrowed(meaning, mutable, at)?,
                    None => meaning,
                };
                // `whole @ [a, b]`: the parts are those of the same place.
                let parts = ident.subpat.is_some().then(|| meaning.clone());
                let named = matches!(&meaning, Meaning::Scalar(v) if self.program.info(*v).name.is_none());
                let binding = self.bound(&name, meaning, mutable, at)?;
                if named
                    && let super::Binding::Var(var) | super::Binding::Lent(var) = &binding
                    && let Some(value) = self.vars[var.0].current
                {
                    self.program.values[value.0].span = ident.ident.span();
                }
                self.bind_name(&name, binding);
                match (&ident.subpat, parts) {
                    (Some((_, sub)), Some(parts)) => self.bind(sub, parts, at),
                    _ => Ok(()),
                }
            }
            Pat::Tuple(tuple) if tuple.elems.is_empty() && matches!(meaning, Meaning::Unit) => Ok(()),
            Pat::Tuple(tuple) => match meaning {
                Meaning::Tuple(parts) => {
                    let rest = tuple.elems.iter().position(|p| matches!(p, Pat::Rest(_)));
                    let written = tuple.elems.len() - usize::from(rest.is_some());
                    if written > parts.len() || (rest.is_none() && written < parts.len()) {
                        let words = [written.to_string(), parts.len().to_string()];
                        let help = "name every part of the tuple, `_` for those not needed";
                        return Err(self.error(pat, &LENGTH_MISMATCH, &[&words[0], &words[1], help]));
                    }
                    let missing = parts.len() - written;
                    let mut parts = parts.into_iter();
                    let mut result = Ok(());
                    for pat in &tuple.elems {
                        if matches!(pat, Pat::Rest(_)) {
                            (0..missing).for_each(|_| _ = parts.next());
                        } else if let Some(part) = parts.next() {
                            let bound = self.bind(pat, part, at);
                            result = result.and(bound);
                        }
                    }
                    result
                }
                Meaning::Memory(_) | Meaning::Const(_) => self.bind_parts(tuple, meaning, at),
                _ => {
                    let help = "the value is no tuple: arrays are taken apart by `[a, b]`";
                    Err(self.error(pat, &UNSUPPORTED_PATTERN, &[help]))
                }
            },
            Pat::Slice(slice) if let Meaning::Tuple(parts) = meaning => {
                slice.elems.iter().zip(parts).try_for_each(|(pat, part)| self.bind(pat, part, at))
            }
            Pat::Slice(slice) => self.bind_slice(slice, meaning, at),
            Pat::Struct(fields) => self.bind_struct(fields, meaning, at),
            Pat::Rest(_)
            | Pat::Const(_)
            | Pat::Guard(_)
            | Pat::Lit(_)
            | Pat::Macro(_)
            | Pat::Or(_)
            | Pat::Path(_)
            | Pat::Range(_)
            | Pat::TupleStruct(_)
            | Pat::Verbatim(_)
            | _ => {
                let help =
                    "names, `_`, tuples `(a, b)`, arrays `[a, b]` and structs `S { a, b }` can be bound";
                Err(self.error(pat, &UNSUPPORTED_PATTERN, &[help]))
            }
        }
    }

    fn bind_slice(&mut self, slice: &'a PatSlice, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        let mut located = match meaning {
            Meaning::Scalar(_) => return Err(self.error(slice, &NOT_INDEXABLE, &[])),
            other => self.aggregate(other, None, at)?,
        };
        let rest = slice.elems.iter().position(|p| matches!(p, Pat::Rest(_)) || named_rest(p).is_some());
        let written = slice.elems.len() - usize::from(rest.is_some());
        if rest.is_none() {
            let real = Box::new(Shape::Scalar(ScalarKind::Real));
            self.measure(&mut located, &Shape::Array(real, Len::Lit(written)));
        }
        let length = match &located.shape {
            Shape::Array(_, Len::Lit(n)) => Some(*n),
            Shape::Scalar(_) => return Err(self.error(slice, &NOT_INDEXABLE, &[])),
            _ => None,
        };
        if let Some(length) = length
            && (written > length || (rest.is_none() && written < length))
        {
            let words = [written.to_string(), length.to_string()];
            let help = format!(
                "`{}` has {length}: name every one, `_` for those not needed, `..` for all the others",
                self.describe_place(&located.place)
            );
            return Err(self.error(slice, &LENGTH_MISMATCH, &[&words[0], &words[1], &help]));
        }
        self.name_components(slice, &located);
        let mut result = Ok(());
        for (k, pat) in slice.elems.iter().enumerate() {
            if matches!(pat, Pat::Rest(_) | Pat::Wild(_)) {
                continue;
            }
            if named_rest(pat).is_some() {
                let bound =
                    self.rest(&located, (k, written), pat).and_then(|rest| self.bind_rest(pat, rest, at));
                if bound.is_err() {
                    self.break_names(pat);
                }
                result = result.and(bound);
                continue;
            }
            let index = match (rest, length) {
                (Some(rest), Some(length)) if k > rest => {
                    self.int((length - slice.elems.len() + k) as i128, pat.span())
                }
                (Some(rest), None) if k > rest => {
                    // Counted from an end that only the run knows.
                    let length = self.length(&located, pat.span());
                    let back = self.int((slice.elems.len() - k) as i128, pat.span());
                    self.int_op(crate::ir::IntOp::Sub, length, back, pat.span())
                }
                _ => self.int(k as i128, pat.span()),
            };
            let bound = self.element(located.clone(), index, pat).and_then(|element| {
                let part = self.part(element, pat);
                self.bind(pat, part, at)
            });
            if bound.is_err() {
                self.break_names(pat);
            }
            result = result.and(bound);
        }
        result
    }

    /// The elements that `..` stands for: of a borrowed array a part of it, of a value a copy.
    fn rest(
        &mut self,
        located: &super::Located,
        (before, written): (usize, usize),
        pat: &Pat,
    ) -> Checked<Meaning<'a>> {
        let span = pat.span();
        let whole = self.whole(located.clone(), span);
        let start = self.index_literal(before, span);
        let written = self.index_literal(written, span);
        let len = self.int_op(crate::ir::IntOp::Sub, whole.len, written, span);
        let part = super::View { start, len, ..whole };
        match located.hold {
            super::Hold::Reference | super::Hold::Mutable => Ok(Meaning::View(part)),
            super::Hold::Place | super::Hold::Fresh => self.copied_view(&part, pat).map(Meaning::Memory),
        }
    }

    /// `name @ ..`
    pub(super) fn bind_rest(&mut self, pat: &'a Pat, rest: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        let Pat::Ident(ident) = pat else { return Ok(()) };
        let name = ident.ident.to_string();
        let binding = self.bound(&name, rest, ident.mutability.is_some(), at)?;
        self.bind_name(&name, binding);
        Ok(())
    }

    /// `let [x, y] = *u` names the components of the state.
    fn name_components(&mut self, slice: &PatSlice, located: &super::Located) {
        let Some(k) = self.components.iter().position(|(object, _)| *object == located.place.object) else {
            return;
        };
        if located.place.path.is_empty() && self.components[k].1.is_empty() {
            let object = &self.program.objects[located.place.object.0].name;
            let mut names = Vec::new();
            if component_names(slice, &located.shape, object, &mut names) {
                self.components[k].1 = names;
            }
        }
    }

    fn bind_struct(&mut self, fields: &'a PatStruct, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        let located = self.aggregate(meaning, None, at)?;
        let mut result = Ok(());
        for field in &fields.fields {
            let name = match &field.member {
                Member::Named(ident) => ident.to_string(),
                Member::Unnamed(index) => index.index.to_string(),
            };
            let bound = self.field_of(located.clone(), &name, &field.member).and_then(|part| {
                let part = self.part(part, &field.pat);
                self.bind(&field.pat, part, at)
            });
            result = result.and(bound);
        }
        result
    }

    /// A part that a pattern names: a scalar is loaded now, unless the pattern borrows it.
    pub(super) fn part(&mut self, located: super::Located, pat: &Pat) -> Meaning<'a> {
        let borrows = matches!(pat, Pat::Ident(ident) if ident.by_ref.is_some());
        match located.shape {
            Shape::Scalar(kind) if located.hold != super::Hold::Mutable && !borrows => {
                Meaning::Scalar(self.define(kind, Op::Load(located.place), pat.span()))
            }
            _ => Meaning::Memory(located),
        }
    }
}

/// The names that a pattern gives to the reals of an array, in order; whether all of them are known.
fn component_names(slice: &PatSlice, shape: &Shape, prefix: &str, names: &mut Vec<String>) -> bool {
    let Shape::Array(inner, Len::Lit(n)) = shape else { return false };
    if slice.elems.len() != *n
        || slice.elems.iter().any(|pat| matches!(pat, Pat::Rest(_)) || named_rest(pat).is_some())
    {
        return false;
    }
    slice.elems.iter().enumerate().all(|(k, pat)| match (pat, &**inner) {
        (Pat::Ident(ident), Shape::Scalar(_)) => {
            names.push(ident.ident.to_string().trim_start_matches('_').to_string());
            true
        }
        (Pat::Slice(inner_slice), inner) => {
            component_names(inner_slice, inner, &format!("{prefix}[{k}]"), names)
        }
        (_, Shape::Scalar(_)) => {
            names.push(format!("{prefix}[{k}]"));
            true
        }
        _ => false,
    })
}
