//! Ranges and iterators: what they yield, how often, and the loops that consume them.

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
use super::closure::Callable;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::NOT_AN_ITERATOR;
use crate::diagnostics::catalogue::UNBOUNDED_LOOP;
use crate::diagnostics::catalogue::UNKNOWN_RESULT_TYPE;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Kind;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;
use crate::rules::Prim;

/// Something that yields items by their number.
#[derive(Debug, Clone)]
pub(super) enum Iter<'a> {
    /// `start..end`
    Range { start: Value, end: Value },
    /// The elements of an array or slice.
    Elements { located: Located, len: Value },
    /// `.rev()`
    Rev(Box<Iter<'a>>),
    /// `.enumerate()`
    Enumerate(Box<Iter<'a>>),
    /// `.zip(..)`
    Zip(Box<Iter<'a>>, Box<Iter<'a>>),
    /// `.skip(n)`
    Skip(Box<Iter<'a>>, Value),
    /// `.take(n)`
    Take(Box<Iter<'a>>, Value),
    /// `.step_by(n)`
    StepBy(Box<Iter<'a>>, Value),
    /// `.map(|x| ..)`
    Map(Box<Iter<'a>>, Callable<'a>),
}

impl<'a> Lowering<'a, '_> {
    /// `a..b` as a meaning of its own.
    pub(super) fn range(&mut self, range: &'a ExprRange) -> Checked<Meaning<'a>> {
        let (Some(start), Some(end)) = (&range.start, &range.end) else {
            return Err(self.error(range, &UNBOUNDED_LOOP, &[]));
        };
        let start = self.int_expr(start);
        let end = self.int_expr(end);
        let (start, end) = (start?, end?);
        self.agree(start, end);
        let end = match range.limits {
            RangeLimits::HalfOpen(_) => end,
            RangeLimits::Closed(_) => self.after(end, range.span()),
        };
        Ok(Meaning::Iter(Box::new(Iter::Range { start, end })))
    }

    /// What `for .. in` accepts.
    pub(super) fn iterable(&mut self, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<Iter<'a>> {
        match meaning {
            Meaning::Iter(iter) => Ok(*iter),
            Meaning::Memory(located) if !matches!(located.shape, Shape::Scalar(_)) => {
                let len = self.length(&located, at.to_token_stream().span());
                Ok(Iter::Elements { located, len })
            }
            constant @ Meaning::Const(_) => {
                let located = self.aggregate(constant, None, at)?;
                self.iterable(Meaning::Memory(located), at)
            }
            _ => Err(self.error(at, &NOT_AN_ITERATOR, &[])),
        }
    }

    /// How many items there are.
    fn count(&mut self, iter: &Iter<'a>, span: Span) -> Value {
        match iter {
            Iter::Range { start, end } => {
                if self.known(*start) == Some(0) {
                    return *end;
                }
                // An empty range has its end before its start.
                let end = self.int_op(IntOp::Max, *end, *start, span);
                self.int_op(IntOp::Sub, end, *start, span)
            }
            Iter::Elements { len, .. } => *len,
            Iter::Rev(inner) | Iter::Enumerate(inner) | Iter::Map(inner, ..) => self.count(inner, span),
            Iter::Zip(a, b) => {
                let (a, b) = (self.count(a, span), self.count(b, span));
                if a == b { a } else { self.int_op(IntOp::Min, a, b, span) }
            }
            Iter::Skip(inner, n) => {
                let count = self.count(inner, span);
                let count = self.int_op(IntOp::Max, count, *n, span);
                self.int_op(IntOp::Sub, count, *n, span)
            }
            Iter::Take(inner, n) => {
                let count = self.count(inner, span);
                self.int_op(IntOp::Min, count, *n, span)
            }
            Iter::StepBy(inner, n) => {
                let count = self.count(inner, span);
                let one = self.int(1, span);
                let less = self.int_op(IntOp::Sub, *n, one, span);
                let sum = self.int_op(IntOp::Add, count, less, span);
                self.int_op(IntOp::Div, sum, *n, span)
            }
        }
    }

    /// Item number `index`.
    fn item_of(&mut self, iter: &Iter<'a>, index: Value, at: &dyn ToTokens) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        match iter {
            Iter::Range { start, .. } => {
                if self.known(*start) == Some(0) {
                    return Ok(Meaning::Scalar(index));
                }
                Ok(Meaning::Scalar(self.int_op(IntOp::Add, *start, index, span)))
            }
            // Items of a borrowed array are borrowed, so that `iter_mut` can write through them.
            Iter::Elements { located, .. } => self.element(located.clone(), index, at).map(Meaning::Memory),
            Iter::Rev(inner) => {
                let count = self.count(inner, span);
                let one = self.int(1, span);
                let last = self.int_op(IntOp::Sub, count, one, span);
                let index = self.int_op(IntOp::Sub, last, index, span);
                self.item_of(inner, index, at)
            }
            Iter::Enumerate(inner) => {
                let item = self.item_of(inner, index, at)?;
                Ok(Meaning::Tuple(vec![Meaning::Scalar(index), item]))
            }
            Iter::Zip(a, b) => {
                let a = self.item_of(a, index, at)?;
                let b = self.item_of(b, index, at)?;
                Ok(Meaning::Tuple(vec![a, b]))
            }
            Iter::Skip(inner, n) => {
                let index = self.int_op(IntOp::Add, index, *n, span);
                self.item_of(inner, index, at)
            }
            Iter::Take(inner, _) => self.item_of(inner, index, at),
            Iter::StepBy(inner, n) => {
                let index = self.int_op(IntOp::Mul, index, *n, span);
                self.item_of(inner, index, at)
            }
            Iter::Map(inner, function) => {
                let item = self.item_of(inner, index, at)?;
                self.apply(*function, vec![item], at)
            }
        }
    }

    /// A loop over all items.
    pub(super) fn each(
        &mut self,
        iter: &Iter<'a>,
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self, Meaning<'a>) -> Checked<()>,
    ) -> Checked<()> {
        let (iter, reversed) = match iter {
            Iter::Rev(inner) => (&**inner, true),
            other => (other, false),
        };
        let span = at.to_token_stream().span();
        if let Iter::Range { start, end } = iter {
            return self
                .counted(None, *start, *end, reversed, at, |s, index| body(s, Meaning::Scalar(index)));
        }
        let start = self.index_literal(0, span);
        let end = self.count(iter, span);
        self.counted(None, start, end, reversed, at, |s, index| {
            let item = s.item_of(iter, index, at)?;
            body(s, item)
        })
    }

    /// A method of an iterator, or of an array that is iterated over.
    pub(super) fn iter_method(
        &mut self,
        iter: Iter<'a>,
        call: &'a ExprMethodCall,
    ) -> Checked<Option<Meaning<'a>>> {
        let name = call.method.to_string();
        let iter = Box::new(iter);
        let adapted = match (name.as_str(), call.args.len()) {
            ("rev", 0) => match *iter {
                Iter::Rev(inner) => *inner,
                _ => Iter::Rev(iter),
            },
            ("enumerate", 0) => Iter::Enumerate(iter),
            ("iter" | "into_iter" | "by_ref" | "copied" | "cloned", 0) => *iter,
            ("zip", 1) => {
                let other = self.expr(&call.args[0])?;
                Iter::Zip(iter, Box::new(self.iterable(other, &call.args[0])?))
            }
            ("skip", 1) => Iter::Skip(iter, self.int_expr(&call.args[0])?),
            ("take", 1) => Iter::Take(iter, self.int_expr(&call.args[0])?),
            ("step_by", 1) => Iter::StepBy(iter, self.int_expr(&call.args[0])?),
            ("map", 1) => Iter::Map(iter, self.callable(&call.args[0])?),
            _ => return self.consumer(&iter, call),
        };
        Ok(Some(Meaning::Iter(Box::new(adapted))))
    }

    fn consumer(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall) -> Checked<Option<Meaning<'a>>> {
        let span = call.span();
        match (call.method.to_string().as_str(), call.args.len()) {
            (method @ ("sum" | "product"), 0) => {
                let integer = call.turbofish.as_ref().is_some_and(|t| {
                    types::INTEGERS.iter().any(|ty| t.args.to_token_stream().to_string() == **ty)
                });
                let (op, int_op, unit) = match method {
                    "sum" => (Prim::Add, IntOp::Add, 0.0),
                    _ => (Prim::Mul, IntOp::Mul, 1.0),
                };
                let kind = if integer { Kind::Int } else { Kind::Real };
                let init = if integer { self.int(unit as i128, span) } else { self.real(unit, span) };
                let total = self.var(method, Some(init));
                self.each(iter, call, |s, item| {
                    let item = s.scalar(item, kind, &call.receiver)?;
                    let old = s.vars[total.0].current.unwrap_or(init);
                    let new = match kind {
                        Kind::Int => s.int_op(int_op, old, item, span),
                        _ => s.define(Kind::Real, Op::Prim(op, vec![old, item]), span),
                    };
                    s.set(total, new);
                    Ok(())
                })?;
                Ok(self.vars[total.0].current.map(Meaning::Scalar))
            }
            ("fold", 2) => {
                let init = self.expr(&call.args[0])?;
                let kind = self.kind(&init).unwrap_or(Kind::Real);
                let init = self.scalar(init, kind, &call.args[0])?;
                let function = self.callable(&call.args[1])?;
                let total = self.var("fold", Some(init));
                self.each(iter, call, |s, item| {
                    let old = s.vars[total.0].current.unwrap_or(init);
                    let new = s.apply(function, vec![Meaning::Scalar(old), item], call)?;
                    let new = s.scalar(new, kind, &call.args[1])?;
                    s.vars[total.0].current = Some(new);
                    Ok(())
                })?;
                Ok(self.vars[total.0].current.map(Meaning::Scalar))
            }
            ("for_each", 1) => {
                let function = self.callable(&call.args[0])?;
                self.each(iter, call, |s, item| s.apply(function, vec![item], call).map(|_| ()))?;
                Ok(Some(Meaning::Unit))
            }
            (method @ ("all" | "any"), 1) => {
                let function = self.callable(&call.args[0])?;
                let init = self.truth(method == "all", span);
                let total = self.var(method, Some(init));
                self.each(iter, call, |s, item| {
                    let holds = s.apply(function, vec![item], call)?;
                    let holds = s.scalar(holds, Kind::Bool, &call.args[0])?;
                    let old = s.vars[total.0].current.unwrap_or(init);
                    let op = if method == "all" { Op::And(old, holds) } else { Op::Or(old, holds) };
                    let new = s.define(Kind::Bool, op, span);
                    s.set(total, new);
                    Ok(())
                })?;
                Ok(self.vars[total.0].current.map(Meaning::Scalar))
            }
            ("len" | "count", 0) => {
                let count = self.count(iter, span);
                Ok(Some(Meaning::Scalar(count)))
            }
            _ => Ok(None),
        }
    }

    /// `array.map(|x| ..)` and `array::from_fn(|i| ..)`: new memory, one element an iteration.
    pub(super) fn filled(
        &mut self,
        len: Len,
        at: &dyn ToTokens,
        item: impl FnOnce(&mut Self, Value) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        if matches!(len, Len::Inferred) {
            return Err(self.error(at, &UNKNOWN_RESULT_TYPE, &[]));
        }
        let span = at.to_token_stream().span();
        let start = self.index_literal(0, span);
        let end = self.length_value(&len, span);
        let object = self.program.object("local", Shape::Unknown, span);
        let place = Place::whole(object);
        let mut inner = None;
        // The shape of the elements is known once the body is there; the memory begins before the loop.
        let (result, stmts) = self.collected(|s| {
            s.counted(None, start, end, false, at, |s, index| {
                let meaning = item(s, index)?;
                let shape = match &meaning {
                    Meaning::Memory(located) => located.shape.clone(),
                    other => Shape::Scalar(s.kind(other).unwrap_or(Kind::Real)),
                };
                inner = Some(shape.clone());
                s.meaning_into(meaning, place.clone().index(index), shape, at)
            })
        });
        result?;
        let shape = Shape::Array(Box::new(inner.unwrap_or(Shape::Scalar(Kind::Real))), len);
        self.program.objects[object.0].shape = shape.clone();
        self.push(Stmt::Local(object, Init::Zeros));
        stmts.into_iter().for_each(|stmt| self.push(stmt));
        let place = Place::whole(object);
        Ok(Meaning::Memory(Located { place, shape, hold: Hold::Fresh }))
    }
}
