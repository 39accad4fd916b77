//! Parts of arrays and slices, `&u[a..b]`: a place, where the part begins, and how long it is. An element of a part is an
//! element of the whole.

use std::collections::BTreeMap;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;
use syn::ExprRange;
use syn::RangeLimits;
use syn::spanned::Spanned;

use super::Hold;
use super::Iter;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::View;
use super::option::lent;
use super::vocabulary::REFUSED;
use super::vocabulary::SLICE;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::INDEX_OUT_OF_RANGE;
use crate::diagnostics::catalogue::RANGE_INDEX;
use crate::diagnostics::catalogue::UNKNOWN_METHOD;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
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
use crate::parse::types;

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
    fn part_of(&mut self, view: View, start: Value, end: Value, span: Span) -> View {
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

    fn held(view: View, mutable: bool) -> View {
        let hold = lent(view.base.hold, mutable);
        View { base: Located { hold, ..view.base }, ..view }
    }

    /// A method of a part, or of a whole that is taken as one.
    pub(super) fn view_method(&mut self, view: View, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let name = call.method.to_string();
        let mutable = name.ends_with("_mut");
        match (name.as_str(), call.args.len()) {
            ("len", 0) => Ok(Meaning::Scalar(view.len)),
            ("is_empty", 0) => {
                let zero = self.index_literal(0, span);
                Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, view.len, zero), span)))
            }
            ("iter" | "iter_mut" | "into_iter", 0) => {
                let view = if name == "into_iter" { view } else { Self::held(view, mutable) };
                Ok(Meaning::Iter(Box::new(Iter::Part(view))))
            }
            ("try_into", 0) => {
                let some = self.truth(true, span);
                let array = self.copied_view(&view, call)?;
                Ok(Meaning::Option(some, Box::new(Meaning::Memory(array))))
            }
            ("as_slice" | "as_mut_slice" | "as_ref" | "as_mut", 0) => Ok(Meaning::View(view)),
            ("first" | "first_mut" | "last" | "last_mut", 0) => {
                let zero = self.index_literal(0, span);
                if self.is_beyond(zero, view.len) {
                    return Ok(self.none(call));
                }
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Gt, view.len, zero), span);
                let index = if name.starts_with("first") { zero } else { self.before_end(view.len, span) };
                let element = self.view_element(&Self::held(view, mutable), index, call)?;
                Ok(Meaning::Option(some, Box::new(Meaning::Memory(element))))
            }
            ("get" | "get_mut", 1) => {
                let index = self.int_expr(&call.args[0])?;
                if self.is_beyond(index, view.len) {
                    return Ok(self.none(call));
                }
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, index, view.len), span);
                let element = self.view_element(&Self::held(view, mutable), index, call)?;
                Ok(Meaning::Option(some, Box::new(Meaning::Memory(element))))
            }
            ("split_at" | "split_at_mut", 1) => {
                let middle = self.int_expr(&call.args[0])?;
                let view = Self::held(view, mutable);
                Ok(self.split(view, middle, span))
            }
            ("split_first" | "split_last", 0) => {
                let zero = self.index_literal(0, span);
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Gt, view.len, zero), span);
                let view = Self::held(view, false);
                let one = self.index_literal(1, span);
                let last = self.before_end(view.len, span);
                let (index, start, end) =
                    if name == "split_first" { (zero, one, view.len) } else { (last, zero, last) };
                let element = self.view_element(&view, index, call)?;
                let rest = self.part_of(view, start, end, span);
                let parts = vec![Meaning::Memory(element), Meaning::View(rest)];
                Ok(Meaning::Option(some, Box::new(Meaning::Tuple(parts))))
            }
            ("windows", 1) => {
                let size = self.int_expr(&call.args[0])?;
                Ok(Meaning::Iter(Box::new(Iter::Windows(Self::held(view, false), size))))
            }
            ("chunks" | "chunks_mut" | "chunks_exact" | "chunks_exact_mut", 1) => {
                let size = self.int_expr(&call.args[0])?;
                let exact = name.starts_with("chunks_exact");
                let view = Self::held(view, mutable);
                Ok(Meaning::Iter(Box::new(Iter::Chunks { view, size, exact })))
            }
            ("contains", 1) => self.contains(view, call),
            ("partition_point", 1) => {
                // Those for which the condition holds come first: as many as these are.
                let function = self.callable(&call.args[0])?;
                let zero = self.index_literal(0, span);
                let count = self.var("count", Some(zero));
                self.each(&Iter::Part(Self::held(view, false)), call, |s, item| {
                    let holds = s.apply(function, vec![item], call)?;
                    let holds = s.scalar(holds, ScalarKind::Bool, call)?;
                    let one_more = |s: &mut Self| s.advance(count, call).map(|()| Meaning::Unit);
                    s.branch(holds, call, one_more, |_| Ok(Meaning::Unit)).map(|_| ())
                })?;
                self.current(count, call).map(Meaning::Scalar)
            }
            ("reverse", 0) => {
                self.writable(&view.base, &call.receiver)?;
                self.reverse(&view, call)?;
                Ok(Meaning::Unit)
            }
            ("rotate_left" | "rotate_right", 1) => {
                self.writable(&view.base, &call.receiver)?;
                let by = self.int_expr(&call.args[0])?;
                self.program.values[by.0].int_type.get_or_insert_with(|| "usize".into());
                // Three reversals: of each part, then of the whole.
                let middle = match name.as_str() {
                    "rotate_left" => by,
                    _ => self.int_op(IntOp::Sub, view.len, by, span),
                };
                let (zero, len) = (self.index_literal(0, span), view.len);
                let left = self.part_of(view.clone(), zero, middle, span);
                let right = self.part_of(view.clone(), middle, len, span);
                for part in [left, right, view] {
                    self.reverse(&part, call)?;
                }
                Ok(Meaning::Unit)
            }
            ("swap", 2) => {
                self.writable(&view.base, &call.receiver)?;
                let (i, j) = (self.int_expr(&call.args[0])?, self.int_expr(&call.args[1])?);
                self.exchange(&view, i, j, call)?;
                Ok(Meaning::Unit)
            }
            ("fill", 1) => {
                self.writable(&view.base, &call.receiver)?;
                let value = self.expr(&call.args[0])?;
                let value = match value {
                    Meaning::Memory(_) | Meaning::Tuple(_) => value,
                    scalar => {
                        let kind = self.element_kind(&view);
                        Meaning::Scalar(self.scalar(scalar, kind, &call.args[0])?)
                    }
                };
                let start = self.index_literal(0, span);
                self.counted(None, start, view.len, false, call, |s, index| {
                    let element = s.view_element(&view, index, &call.receiver)?;
                    s.meaning_into(value, element.place, element.shape, call)
                })?;
                Ok(Meaning::Unit)
            }
            ("copy_from_slice" | "clone_from_slice", 1) => {
                self.writable(&view.base, &call.receiver)?;
                let source = self.raw(&call.args[0])?;
                let source = match source {
                    Meaning::View(source) => source,
                    other => {
                        let located = self.aggregate(other, Some(&view.base.shape), &call.args[0])?;
                        self.whole(located, span)
                    }
                };
                let start = self.index_literal(0, span);
                self.counted(None, start, view.len, false, call, |s, index| {
                    let from = s.view_element(&source, index, &call.args[0])?;
                    let to = s.view_element(&view, index, &call.receiver)?;
                    s.meaning_into(Meaning::Memory(from), to.place, to.shape, call)
                })?;
                Ok(Meaning::Unit)
            }
            (name, _) => {
                let help = match REFUSED.iter().find(|(refused, _)| *refused == name) {
                    Some((_, help)) => (*help).to_string(),
                    None => format!("a slice has `len`, `iter`, `iter_mut`, `{}`", SLICE.join("`, `")),
                };
                Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, &help]))
            }
        }
    }

    /// What to write instead of a method that a slice has in Rust and not here.
    pub(super) fn refused_help(name: &str) -> Option<&'static str> {
        REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, help)| *help)
    }

    fn element_kind(&self, view: &View) -> ScalarKind {
        match &view.base.shape {
            Shape::Array(inner, _) | Shape::Slice(inner) => match **inner {
                Shape::Scalar(kind) => kind,
                _ => ScalarKind::Real,
            },
            _ => ScalarKind::Real,
        }
    }

    /// Whether an index is known to be out of a range.
    pub(super) fn is_beyond(&self, index: Value, len: Value) -> bool {
        matches!((self.known(index), self.known(len)), (Some(index), Some(len)) if index >= len)
    }

    fn before_end(&mut self, len: Value, span: Span) -> Value {
        let one = self.index_literal(1, span);
        self.int_op(IntOp::Sub, len, one, span)
    }

    fn split(&mut self, view: View, middle: Value, span: Span) -> Meaning<'a> {
        self.program.values[middle.0].int_type.get_or_insert_with(|| "usize".into());
        let (zero, len) = (self.index_literal(0, span), view.len);
        let left = self.part_of(view.clone(), zero, middle, span);
        let right = self.part_of(view, middle, len, span);
        Meaning::Tuple(vec![Meaning::View(left), Meaning::View(right)])
    }

    fn reverse(&mut self, view: &View, call: &'a ExprMethodCall) -> Checked<()> {
        let span = call.span();
        let two = self.index_literal(2, span);
        let half = self.int_op(IntOp::Div, view.len, two, span);
        let start = self.index_literal(0, span);
        self.counted(None, start, half, false, call, |s, index| {
            let last = s.before_end(view.len, span);
            let other = s.int_op(IntOp::Sub, last, index, span);
            s.exchange(view, index, other, call)
        })
    }

    /// Two elements change places.
    fn exchange(&mut self, view: &View, i: Value, j: Value, call: &'a ExprMethodCall) -> Checked<()> {
        let a = self.view_element(view, i, call)?.into_place();
        let b = self.view_element(view, j, call)?.into_place();
        let first = self.value(Meaning::Memory(a.clone()), call)?;
        let second = self.value(Meaning::Memory(b.clone()), call)?;
        self.meaning_into(second, a.place, a.shape, call)?;
        self.meaning_into(first, b.place, b.shape, call)
    }

    /// `std::mem::swap(&mut a, &mut b)`
    pub(super) fn swapped(
        &mut self,
        a: Meaning<'a>,
        b: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let first = self.value(Self::pointee(a.clone()), at)?;
        let second = self.value(Self::pointee(b.clone()), at)?;
        for (place, value) in [(a, second), (b, first)] {
            match place {
                Meaning::Variable(var, _) => {
                    let old = self.current(var, at)?;
                    let kind = self.program.kind(old);
                    let value = self.scalar(value, kind, at)?;
                    self.set(var, value);
                }
                Meaning::Memory(located) => self.meaning_into(value, located.place, located.shape, at)?,
                _ => {
                    return Err(self.error(
                        at,
                        &UNSUPPORTED_SYNTAX,
                        &["this `swap`", "swap through a third variable"],
                    ));
                }
            }
        }
        Ok(Meaning::Unit)
    }

    /// `std::mem::replace(&mut a, b)`, and `take`, which leaves a zero.
    pub(super) fn replaced_by(
        &mut self,
        place: Meaning<'a>,
        value: Option<Meaning<'a>>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let old = self.value(Self::pointee(place.clone()), at)?;
        let span = types::span(at);
        match place {
            Meaning::Variable(var, _) => {
                let current = self.current(var, at)?;
                let kind = self.program.kind(current);
                let value = match value {
                    Some(value) => self.scalar(value, kind, at)?,
                    None => self.zero(kind, span),
                };
                self.agree(current, value);
                self.set(var, value);
            }
            Meaning::Memory(located) => {
                let value = match (value, &located.shape) {
                    (Some(value), _) => value,
                    (None, Shape::Scalar(kind)) => Meaning::Scalar(self.zero(*kind, span)),
                    (None, shape) => {
                        let object = self.program.object("zero", shape.clone(), span);
                        self.push(Stmt::Local(object, Init::Zeros));
                        let place = Place::whole(object);
                        Meaning::Memory(Located { place, shape: shape.clone(), hold: Hold::Fresh })
                    }
                };
                self.meaning_into(value, located.place, located.shape, at)?;
            }
            _ => {
                let words = ["this `replace`", "write `let old = x; x = new;`"];
                return Err(self.error(at, &UNSUPPORTED_SYNTAX, &words));
            }
        }
        Ok(old)
    }

    fn zero(&mut self, kind: ScalarKind, span: Span) -> Value {
        match kind {
            ScalarKind::Real => self.real(0.0, span),
            ScalarKind::Int => self.int(0, span),
            ScalarKind::Bool => self.truth(false, span),
        }
    }

    fn contains(&mut self, view: View, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let kind = self.element_kind(&view);
        let wanted: &Expr = &call.args[0];
        let wanted = self.scalar_expr(wanted, kind)?;
        let unset = self.truth(false, span);
        let found = self.var("found", Some(unset));
        self.each(&Iter::Part(view), call, |s, item| {
            let item = s.scalar(item, kind, call)?;
            let same = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, item, wanted), span);
            let old = s.current(found, call)?;
            let new = s.define(ScalarKind::Bool, Op::Or(old, same), span);
            s.set(found, new);
            Ok(())
        })?;
        self.current(found, call).map(Meaning::Scalar)
    }
}
