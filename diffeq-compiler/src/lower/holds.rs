//! Whether a pattern holds.

use quote::ToTokens;
use syn::Lit;
use syn::Pat;
use syn::PatRange;
use syn::RangeLimits;
use syn::spanned::Spanned;

use super::Lowering;
use super::Meaning;
use super::View;
use super::syntax::pat::ALLOWED;
use super::syntax::pat::is_certain;
use super::syntax::pat::is_rest;
use super::syntax::pat::names_constant;
use super::syntax::pat::names_variant;
use super::syntax::pat::some_pattern;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::CmpOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Value;

impl<'a> Lowering<'a, '_> {
    /// The condition under which a pattern holds; nothing if it always does.
    pub(super) fn pattern_holds(&mut self, pat: &'a Pat, meaning: &Meaning<'a>) -> Checked<Option<Value>> {
        let span = pat.span();
        if meaning.is_lent() && matches!(pat, Pat::Lit(_) | Pat::Range(_) | Pat::Path(_)) {
            let now = self.any_scalar(meaning.clone(), pat)?;
            return self.pattern_holds(pat, &Meaning::Scalar(now));
        }
        match (pat, meaning) {
            (Pat::Ident(ident), Meaning::Option(some, _)) if ident.ident == "None" => {
                Ok(Some(self.define(ScalarKind::Bool, Op::Not(*some), span)))
            }
            (_, Meaning::Option(some, inner)) if let Some(part) = some_pattern(pat) => {
                if is_certain(part) {
                    return Ok(Some(*some));
                }
                let inside = |s: &mut Self| {
                    let inner = s.inside(part, inner)?;
                    Ok(Meaning::Scalar(match s.pattern_holds(part, &inner)? {
                        Some(holds) => holds,
                        None => s.truth(true, span),
                    }))
                };
                let holds = self.branch(*some, pat, inside, |s| Ok(Meaning::Scalar(s.truth(false, span))))?;
                self.scalar(holds, ScalarKind::Bool, pat).map(Some)
            }
            (Pat::Wild(_) | Pat::Rest(_), _) => Ok(None),
            (Pat::Paren(inner), _) => self.pattern_holds(&inner.pat, meaning),
            (Pat::Reference(inner), _) => self.pattern_holds(&inner.pat, meaning),
            (Pat::Ident(ident), Meaning::Memory(located)) if located.is_plain() => match &ident.subpat {
                Some((_, sub)) => self.pattern_holds(sub, meaning),
                None if names_variant(pat) || names_constant(&ident.ident) => {
                    Ok(Some(self.has_form(located, pat)))
                }
                None => Ok(None),
            },
            (_, Meaning::Memory(located)) if located.is_plain() => Ok(Some(self.has_form(located, pat))),
            (Pat::Ident(ident), Meaning::Ordering(less, greater))
                if matches!(&*ident.ident.to_string(), "Less" | "Greater" | "Equal") =>
            {
                Ok(Some(match ident.ident.to_string().as_str() {
                    "Less" => *less,
                    "Greater" => *greater,
                    _ => {
                        let apart = self.define(ScalarKind::Bool, Op::Or(*less, *greater), span);
                        self.define(ScalarKind::Bool, Op::Not(apart), span)
                    }
                }))
            }
            (Pat::Ident(ident), _) => {
                if let Some((_, sub)) = &ident.subpat {
                    return self.pattern_holds(sub, meaning);
                }
                // A name in capitals is a constant, as rustc reads it where there is one.
                match meaning {
                    Meaning::Scalar(value) if names_constant(&ident.ident) => {
                        let path = self.meaning_of_constant(&ident.ident);
                        let other = self.scalar(path, self.program.kind(*value), pat)?;
                        Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
                    }
                    _ => Ok(None),
                }
            }
            (Pat::Lit(lit), Meaning::Scalar(value)) => {
                if let Lit::Bool(truth) = &lit.lit {
                    if self.program.kind(*value) != ScalarKind::Bool {
                        let words = ["a condition", "compare with a number"];
                        return Err(self.error(pat, &NOT_A_NUMBER, &words));
                    }
                    let value = *value;
                    return Ok(Some(match truth.value {
                        true => value,
                        false => self.define(ScalarKind::Bool, Op::Not(value), span),
                    }));
                }
                let other = self.literal(lit)?;
                let other = self.scalar(other, self.program.kind(*value), pat)?;
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Path(path), Meaning::Ordering(less, greater)) => {
                let name = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
                Ok(Some(match name.as_str() {
                    "Less" => *less,
                    "Greater" => *greater,
                    _ => {
                        let apart = self.define(ScalarKind::Bool, Op::Or(*less, *greater), span);
                        self.define(ScalarKind::Bool, Op::Not(apart), span)
                    }
                }))
            }
            (Pat::Path(path), Meaning::Scalar(value)) => {
                let kind = self.program.kind(*value);
                let other = self.scalar(Meaning::Const(path.to_token_stream()), kind, pat)?;
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Range(range), Meaning::Scalar(value)) => self.in_range(range, *value),
            (Pat::Or(or), _) => {
                let mut any: Option<Value> = None;
                for case in &or.cases {
                    let Some(holds) = self.pattern_holds(case, meaning)? else { return Ok(None) };
                    any = Some(match any {
                        None => holds,
                        Some(other) => self.define(ScalarKind::Bool, Op::Or(other, holds), span),
                    });
                }
                Ok(any)
            }
            (Pat::Slice(slice), meaning) if let Some(view) = self.of_any_length(meaning, pat) => {
                self.slice_holds(slice, &view, pat)
            }
            (Pat::Tuple(_) | Pat::Slice(_) | Pat::Struct(_), _) => {
                let mut all: Option<Value> = None;
                for (pat, part) in self.matched_parts(pat, meaning)? {
                    let Some(holds) = self.pattern_holds(pat, &part)? else { continue };
                    all = Some(match all {
                        None => holds,
                        Some(other) => self.define(ScalarKind::Bool, Op::And(other, holds), span),
                    });
                }
                Ok(all)
            }
            _ => Err(self.error(pat, &UNSUPPORTED_PATTERN, &[ALLOWED])),
        }
    }

    /// `low..=high`, of integers or of reals.
    pub(super) fn in_range(&mut self, range: &'a PatRange, value: Value) -> Checked<Option<Value>> {
        let (span, kind) = (range.span(), self.program.kind(value));
        let low = match &range.start {
            Some(start) => {
                let start = self.scalar_expr(start, kind)?;
                Some(self.compare(CmpOp::Ge, value, start, span))
            }
            None => None,
        };
        let high = match &range.end {
            Some(end) => {
                let end = self.scalar_expr(end, kind)?;
                let closed = matches!(range.limits, RangeLimits::Closed(_));
                Some(self.compare(if closed { CmpOp::Le } else { CmpOp::Lt }, value, end, span))
            }
            None => None,
        };
        Ok(match (low, high) {
            (Some(a), Some(b)) => Some(self.define(ScalarKind::Bool, Op::And(a, b), span)),
            (one, other) => one.or(other),
        })
    }

    /// Whether a slice has as many elements as a pattern names, and these are what it says.
    pub(super) fn slice_holds(
        &mut self,
        slice: &'a syn::PatSlice,
        view: &View,
        pat: &'a Pat,
    ) -> Checked<Option<Value>> {
        let span = pat.span();
        let rest = slice.elems.iter().any(is_rest);
        let written = self.index_literal(slice.elems.len() - usize::from(rest), span);
        let op = if rest { CmpOp::Ge } else { CmpOp::Eq };
        let fits = self.compare(op, view.len, written, span);
        if slice.elems.iter().all(|pat| is_rest(pat) || is_certain(pat)) {
            return Ok(Some(fits));
        }
        let elements = |s: &mut Self| {
            let mut all = s.truth(true, span);
            for (pat, part) in s.slice_parts(slice, view)? {
                let Ok(element) = part else { continue };
                let part = s.matched_part(element, pat)?;
                if let Some(holds) = s.pattern_holds(pat, &part)? {
                    all = s.define(ScalarKind::Bool, Op::And(all, holds), span);
                }
            }
            Ok(Meaning::Scalar(all))
        };
        let all = self.branch(fits, pat, elements, |s| Ok(Meaning::Scalar(s.truth(false, span))))?;
        self.scalar(all, ScalarKind::Bool, pat).map(Some)
    }

    /// Which part each pattern of a list is for; those after `..` are counted from the end.
    pub(super) fn numbers(
        &mut self,
        pats: impl ExactSizeIterator<Item = &'a Pat>,
        length: Option<usize>,
        at: &Pat,
    ) -> Checked<Vec<(&'a Pat, usize)>> {
        let pats: Vec<&Pat> = pats.collect();
        let rest = pats.iter().position(|pat| is_rest(pat));
        let written = pats.len() - usize::from(rest.is_some());
        if let Some(length) = length
            && (written > length || (rest.is_none() && written < length))
        {
            let words = [written.to_string(), length.to_string()];
            let help = "name every part, `_` for those not needed, `..` for all the others";
            return Err(self.error(at, &LENGTH_MISMATCH, &[&words[0], &words[1], help]));
        }
        let mut numbers = Vec::new();
        for (k, pat) in pats.iter().enumerate() {
            if is_rest(pat) {
                if !matches!(pat, Pat::Rest(_)) {
                    return Err(self.error(*pat, &UNSUPPORTED_PATTERN, &[ALLOWED]));
                }
                continue;
            }
            numbers.push((
                *pat,
                match (rest, length) {
                    (Some(rest), Some(length)) if k > rest => length - (pats.len() - k),
                    (Some(rest), None) if k > rest => {
                        return Err(self.error(*pat, &UNSUPPORTED_PATTERN, &[ALLOWED]));
                    }
                    _ => k,
                },
            ));
        }
        Ok(numbers)
    }

    /// A constant by one name, which may be an item of the body.
    pub(super) fn meaning_of_constant(&mut self, ident: &syn::Ident) -> Meaning<'a> {
        match self.lookup(&ident.to_string()).cloned() {
            Some(binding) => self.meaning_of(binding).unwrap_or(Meaning::Const(ident.to_token_stream())),
            None => Meaning::Const(ident.to_token_stream()),
        }
    }

    pub(super) fn compare(&mut self, op: CmpOp, a: Value, b: Value, span: proc_macro2::Span) -> Value {
        self.agree(a, b);
        self.define(ScalarKind::Bool, Op::Cmp(op, a, b), span)
    }
}
