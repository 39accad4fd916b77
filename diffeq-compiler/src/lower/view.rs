//! Parts of arrays and slices, `&u[a..b]`: a place, where the part begins, and how long it is. An element of a part is an
//! element of the whole.

use std::collections::BTreeMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::ExprMethodCall;
use syn::ExprRange;
use syn::RangeLimits;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::View;
use super::option::lent;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::INDEX_OUT_OF_RANGE;
use crate::diagnostics::catalogue::RANGE_INDEX;
use crate::ir::CmpOp;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;

impl<'a> Lowering<'a, '_> {
    /// The whole of an aggregate as a part.
    pub(super) fn whole(&mut self, located: Located, span: Span) -> View {
        let start = self.index_literal(0, span);
        let len = self.length(&located, span);
        View { base: located, start, len }
    }

    /// `base[a..b]`
    pub(super) fn range_of(
        &mut self,
        base: Meaning<'a>,
        range: &'a ExprRange,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = range.span();
        if let (None, None, Meaning::Memory(located)) = (&range.start, &range.end, &base) {
            return Ok(Meaning::Memory(located.clone().into_place()));
        }
        let start = range.start.as_ref().map(|start| self.int_expr(start)).transpose()?;
        let end = range.end.as_ref().map(|end| self.int_expr(end)).transpose()?;
        let end = match (end, range.limits) {
            (Some(end), RangeLimits::Closed(_)) => Some(self.after(end, span)),
            (end, _) => end,
        };
        let view = match base {
            Meaning::View(view) => view,
            Meaning::Memory(located) if !matches!(located.shape, Shape::Scalar(_)) => {
                self.whole(located, span)
            }
            Meaning::Const(path) => {
                let table = self.table(&path, span);
                self.whole(table, span)
            }
            _ => return Err(self.error(at, &RANGE_INDEX, &[])),
        };
        if let (Some(length), Some(end)) = (self.known(view.len), end.and_then(|end| self.known(end)))
            && end > length
        {
            let written = self.describe_place(&view.base.place);
            let words =
                [end.to_string(), written.clone(), length.to_string(), "end the part there".to_string()];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            return Err(self.error(range, &INDEX_OUT_OF_RANGE, &words));
        }
        let start = match start {
            Some(start) => start,
            None => self.index_literal(0, span),
        };
        for bound in [Some(start), end].into_iter().flatten() {
            self.program.values[bound.0].int_type.get_or_insert_with(|| "usize".into());
        }
        let end = end.unwrap_or(view.len);
        Ok(Meaning::View(self.part_of(view, start, end, span)))
    }

    /// The elements from `start` on and before `end`.
    pub(super) fn part_of(&mut self, view: View, start: Value, end: Value, span: Span) -> View {
        let len = match self.distance(start, end) {
            Some(len) => self.index_literal(len, span),
            None if self.known(start) == Some(0) => end,
            None => self.int_op(IntOp::Sub, end, start, span),
        };
        let start = self.offset(view.start, start, span);
        View { start, len, ..view }
    }

    /// How far two integers are apart, where that is a number: `3 * i` and `3 * i + 3`.
    fn distance(&self, start: Value, end: Value) -> Option<usize> {
        let (mut terms, mut number) = self.linear(end, 1)?;
        let (other, less) = self.linear(start, -1)?;
        number += less;
        for (term, count) in other {
            *terms.entry(term).or_default() += count;
        }
        let same = terms.values().all(|count| *count == 0);
        same.then(|| usize::try_from(number).ok()).flatten()
    }

    /// An integer, `times` over, as a sum of what is not known and of a number.
    fn linear(&self, v: Value, times: i128) -> Option<(BTreeMap<Value, i128>, i128)> {
        if let Some(n) = self.known(v) {
            return Some((BTreeMap::new(), n.checked_mul(times)?));
        }
        let mut parts = Vec::new();
        match self.definition(v) {
            Some(Op::IntOp(IntOp::Add, a, b)) => parts.extend([(*a, times), (*b, times)]),
            Some(Op::IntOp(IntOp::Sub, a, b)) => parts.extend([(*a, times), (*b, -times)]),
            Some(Op::IntOp(IntOp::Mul, a, b)) => match (self.known(*a), self.known(*b)) {
                (Some(n), _) => parts.push((*b, n.checked_mul(times)?)),
                (_, Some(n)) => parts.push((*a, n.checked_mul(times)?)),
                _ => return Some((BTreeMap::from([(v, times)]), 0)),
            },
            _ => return Some((BTreeMap::from([(self.resolved(v), times)]), 0)),
        }
        let (mut terms, mut number) = (BTreeMap::new(), 0);
        for (part, times) in parts {
            let (more, n) = self.linear(part, times)?;
            number += n;
            for (term, count) in more {
                *terms.entry(term).or_default() += count;
            }
        }
        Some((terms, number))
    }

    /// The operation that defines a value, if it stands in an open block.
    pub(super) fn definition(&self, v: Value) -> Option<&Op> {
        self.blocks.iter().rev().flat_map(|block| block.iter().rev()).find_map(|stmt| match stmt {
            Stmt::Let(defined, op) if *defined == v => Some(op),
            _ => None,
        })
    }

    /// `(a..b).contains(&x)`
    pub(super) fn range_contains(
        &mut self,
        range: &'a ExprRange,
        call: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        let span = call.span();
        let start = range.start.as_ref().map(|start| self.expr(start)).transpose()?;
        let end = range.end.as_ref().map(|end| self.expr(end)).transpose()?;
        let item = self.expr(&call.args[0])?;
        let all = || [&item].into_iter().chain(&start).chain(&end);
        let told = all().find_map(|meaning| self.kind(meaning).filter(|_| !self.is_undecided(meaning)));
        let told = told.or_else(|| all().find_map(|meaning| self.kind(meaning)));
        let kind = told.unwrap_or(ScalarKind::Real);
        let item = self.scalar(item, kind, &call.args[0])?;
        let mut holds = None;
        let upper = if matches!(range.limits, RangeLimits::Closed(_)) { CmpOp::Le } else { CmpOp::Lt };
        for (bound, op) in [(start, CmpOp::Ge), (end, upper)] {
            let Some(bound) = bound else { continue };
            let bound = self.scalar(bound, kind, range)?;
            if kind == ScalarKind::Int {
                self.agree(item, bound);
            }
            let this = self.define(ScalarKind::Bool, Op::Cmp(op, item, bound), span);
            holds = Some(match holds {
                Some(other) => self.define(ScalarKind::Bool, Op::And(other, this), span),
                None => this,
            });
        }
        Ok(Meaning::Scalar(match holds {
            Some(holds) => holds,
            None => self.truth(true, span),
        }))
    }

    fn offset(&mut self, start: Value, index: Value, span: Span) -> Value {
        match (self.known(start), self.known(index)) {
            (Some(0), _) => index,
            (_, Some(0)) => start,
            _ => self.int_op(IntOp::Add, start, index, span),
        }
    }

    /// An element of a part.
    pub(super) fn view_element(&mut self, view: &View, index: Value, at: &dyn ToTokens) -> Checked<Located> {
        if let (Some(n), Some(length)) = (self.known(index), self.known(view.len))
            && (n < 0 || n >= length)
        {
            let written = self.describe_place(&view.base.place);
            let words = [
                n.to_string(),
                format!("{written}[..]"),
                length.to_string(),
                format!("the last one of this part is `[{}]`", length - 1),
            ];
            let words: Vec<&str> = words.iter().map(String::as_str).collect();
            return Err(self.error(at, &INDEX_OUT_OF_RANGE, &words));
        }
        let span = at.to_token_stream().span();
        let index = self.offset(view.start, index, span);
        self.element(view.base.clone(), index, at)
    }

    /// Whether a part is short enough, and known well enough, to be handed on as an array of its own.
    pub(super) fn is_copied(&self, view: &View) -> bool {
        let of_numbers = match &view.base.shape {
            Shape::Array(inner, _) | Shape::Slice(inner) => matches!(**inner, Shape::Scalar(_)),
            _ => false,
        };
        of_numbers && self.known(view.len).is_some()
    }

    /// A part as new memory of its own, where its length is a number.
    pub(super) fn copied_view(&mut self, view: &View, at: &dyn ToTokens) -> Checked<Located> {
        let length = self.known(view.len).and_then(|n| usize::try_from(n).ok());
        let inner = match &view.base.shape {
            Shape::Array(inner, _) | Shape::Slice(inner) => (**inner).clone(),
            _ => Shape::Unknown,
        };
        let (Some(length), Shape::Scalar(kind)) = (length, &inner) else {
            return Err(self.error(at, &RANGE_INDEX, &[]));
        };
        let kind = *kind;
        let span = at.to_token_stream().span();
        let mut elements = Vec::new();
        for k in 0..length {
            let index = self.index_literal(k, span);
            let element = self.view_element(view, index, at)?;
            elements.push(self.scalar(Meaning::Memory(element), kind, at)?);
        }
        let shape = Shape::Array(Box::new(inner), Len::Lit(length));
        let object = self.program.object("part", shape.clone(), span);
        self.push(Stmt::Local(object, Init::Elements(elements)));
        Ok(Located { place: Place::whole(object), shape, hold: Hold::Fresh })
    }

    pub(super) fn held(view: View, mutable: bool) -> View {
        let hold = lent(view.base.hold, mutable);
        View { base: Located { hold, ..view.base }, ..view }
    }

    /// Whether an index is known to be out of a range.
    pub(super) fn is_beyond(&self, index: Value, len: Value) -> bool {
        matches!((self.known(index), self.known(len)), (Some(index), Some(len)) if index >= len)
    }
}
