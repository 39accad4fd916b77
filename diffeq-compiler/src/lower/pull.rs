//! Items are pulled as Rust pulls them: one after the other through all adaptors, and not one more than is asked for.

use proc_macro2::Span;
use quote::ToTokens;
use syn::spanned::Spanned;

use super::Iter;
use super::Lowering;
use super::Meaning;
use super::Var;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::NOT_AN_ITERATOR;
use crate::diagnostics::catalogue::UNBOUNDED_LOOP;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Value;

/// What is done with an item.
type Body<'b, 'l, 'd, 'a> = &'b mut dyn FnMut(&mut Lowering<'a, 'd>, Meaning<'a>) -> Checked<()>;

impl<'a, 'd> Lowering<'a, 'd> {
    /// How many items an indexed iterator has; none where there is no end.
    pub(super) fn count(&mut self, iter: &Iter<'a>, span: Span) -> Option<Value> {
        Some(match iter {
            Iter::Range { start, end } => {
                // An empty range has its end before its start.
                let count = if self.known(*start) == Some(0) {
                    *end
                } else {
                    let end = self.int_op(IntOp::Max, *end, *start, span);
                    let op = if self.is_narrow(*start) { IntOp::AbsDiff } else { IntOp::Sub };
                    self.int_op(op, end, *start, span)
                };
                // items are numbered by `usize`, whatever they are themselves
                let count = self.recast(count, span);
                self.program.values[count.0].int_type = Some("usize".into());
                count
            }
            Iter::From(_) | Iter::Cycle(_) => return None,
            Iter::Elements { len, .. } => *len,
            Iter::Part(view) => view.len,
            Iter::Windows(view, size) => {
                let one = self.index_literal(1, span);
                let more = self.int_op(IntOp::Add, view.len, one, span);
                let more = self.int_op(IntOp::Max, more, *size, span);
                self.int_op(IntOp::Sub, more, *size, span)
            }
            Iter::Chunks { view, size, exact: true } => self.int_op(IntOp::Div, view.len, *size, span),
            Iter::Chunks { view, size, exact: false } => self.parts(view.len, *size, span),
            Iter::Zip(a, b) => match (self.count(a, span), self.count(b, span)) {
                (Some(a), Some(b)) if a != b => self.int_op(IntOp::Min, a, b, span),
                (a, b) => return a.or(b),
            },
            Iter::Skip(inner, n) => {
                let count = self.count(inner, span)?;
                let count = self.int_op(IntOp::Max, count, *n, span);
                self.int_op(IntOp::Sub, count, *n, span)
            }
            Iter::Take(inner, n) => match self.count(inner, span) {
                Some(count) => self.int_op(IntOp::Min, count, *n, span),
                None => *n,
            },
            Iter::StepBy(inner, n) => {
                let count = self.count(inner, span)?;
                self.parts(count, *n, span)
            }
            Iter::Rev(inner)
            | Iter::Enumerate(inner)
            | Iter::Copied(inner)
            | Iter::Map(inner, ..)
            | Iter::Inspect(inner, _)
            | Iter::Filter(inner, _)
            | Iter::FilterMap(inner, _)
            | Iter::Scan(inner, ..)
            | Iter::TakeWhile(inner, _)
            | Iter::SkipWhile(inner, _)
            | Iter::Chain(inner, _)
            | Iter::FlatMap(inner, _)
            | Iter::Flatten(inner)
            | Iter::Cursor(inner, _) => return self.count(inner, span),
        })
    }

    /// `count / size`, rounded up.
    fn parts(&mut self, count: Value, size: Value, span: Span) -> Value {
        let one = self.int(1, span);
        let less = self.int_op(IntOp::Sub, size, one, span);
        let sum = self.int_op(IntOp::Add, count, less, span);
        self.int_op(IntOp::Div, sum, size, span)
    }

    /// Item number `index` of an indexed iterator.
    pub(super) fn item_of(
        &mut self,
        iter: &Iter<'a>,
        index: Value,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        match iter {
            Iter::Range { start, .. } | Iter::From(start) => {
                let number = self.recast(index, span);
                // the first item has the type of all
                let op = if self.is_narrow(*start) { IntOp::WrappingAdd } else { IntOp::Add };
                let item = self.int_op(op, *start, number, span);
                Ok(Meaning::Scalar(item))
            }
            // Items of a borrowed array are borrowed, so that `iter_mut` can write through them.
            Iter::Elements { located, .. } => self.element(located.clone(), index, at).map(Meaning::Memory),
            Iter::Part(view) => self.view_element(view, index, at).map(Meaning::Memory),
            Iter::Windows(view, size) => {
                let start = self.int_op(IntOp::Add, view.start, index, span);
                Ok(Meaning::View(super::View { start, len: *size, ..view.clone() }))
            }
            Iter::Chunks { view, size, exact } => {
                let offset = self.int_op(IntOp::Mul, index, *size, span);
                let start = self.int_op(IntOp::Add, view.start, offset, span);
                let len = if *exact {
                    *size
                } else {
                    // none after the last chunk, of which nothing is read either
                    let left = self.int_op(IntOp::SaturatingSub, view.len, offset, span);
                    self.int_op(IntOp::Min, *size, left, span)
                };
                Ok(Meaning::View(super::View { start, len, ..view.clone() }))
            }
            Iter::Rev(inner) => {
                let Some(count) = self.count(inner, span) else { return Err(self.endless_iterator(at)) };
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
            Iter::Cycle(inner) => {
                let Some(count) = self.count(inner, span) else { return Err(self.endless_iterator(at)) };
                let index = self.int_op(IntOp::Rem, index, count, span);
                self.item_of(inner, index, at)
            }
            Iter::StepBy(inner, n) => {
                let index = self.int_op(IntOp::Mul, index, *n, span);
                self.item_of(inner, index, at)
            }
            Iter::Copied(inner) => self.item_of(inner, index, at).map(Self::pointee),
            Iter::Map(inner, function) => {
                let item = self.item_of(inner, index, at)?;
                self.apply(*function, vec![item], at)
            }
            // the others have no numbers
            _ => Err(self.error(at, &NOT_AN_ITERATOR, &[])),
        }
    }

    fn endless_iterator(&mut self, at: &dyn ToTokens) -> crate::diagnostics::Reported {
        self.error(at, &UNBOUNDED_LOOP, &[])
    }

    /// A loop over all items.
    pub(super) fn each(
        &mut self,
        iter: &Iter<'a>,
        at: &dyn ToTokens,
        mut body: impl FnMut(&mut Self, Meaning<'a>) -> Checked<()>,
    ) -> Checked<()> {
        self.drive(iter, &[], at, &mut body)
    }

    /// A loop over the items until one of the flags is set.
    pub(super) fn each_until(
        &mut self,
        iter: &Iter<'a>,
        stops: &[Var],
        at: &dyn ToTokens,
        mut body: impl FnMut(&mut Self, Meaning<'a>) -> Checked<()>,
    ) -> Checked<()> {
        self.drive(iter, stops, at, &mut body)
    }

    /// Does something if none of the flags is set.
    fn unless(
        &mut self,
        stops: &[Var],
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self) -> Checked<()>,
    ) -> Checked<()> {
        match self.no_flag(stops) {
            None => body(self),
            Some(go_on) => {
                let body = |s: &mut Self| body(s).map(|()| Meaning::Unit);
                self.branch(go_on, at, body, |_| Ok(Meaning::Unit)).map(|_| ())
            }
        }
    }

    fn flag_var(&mut self, start: bool) -> Var {
        let value = self.truth(start, Span::call_site());
        self.var("", Some(value))
    }

    fn counter(&mut self, span: Span) -> Var {
        let zero = self.index_literal(0, span);
        self.var("", Some(zero))
    }

    pub(super) fn advance(&mut self, counter: Var, at: &dyn ToTokens) -> Checked<()> {
        let span = at.to_token_stream().span();
        let old = self.current(counter, at)?;
        let one = self.index_literal(1, span);
        let new = self.int_op(IntOp::Add, old, one, span);
        self.set(counter, new);
        Ok(())
    }

    fn truth_of(
        &mut self,
        function: super::Callable<'a>,
        item: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Value> {
        let holds = self.apply(function, vec![item], at)?;
        self.scalar(holds, ScalarKind::Bool, at)
    }

    fn drive(
        &mut self,
        iter: &Iter<'a>,
        stops: &[Var],
        at: &dyn ToTokens,
        body: Body<'_, '_, 'd, 'a>,
    ) -> Checked<()> {
        let span = at.to_token_stream().span();
        if iter.is_indexed() {
            return self.drive_indexed(iter, stops, at, body);
        }
        match iter {
            Iter::Map(inner, function) => self.drive(inner, stops, at, &mut |s, item| {
                let item = s.apply(*function, vec![item], at)?;
                body(s, item)
            }),
            Iter::Copied(inner) => self.drive(inner, stops, at, &mut |s, item| body(s, Self::pointee(item))),
            Iter::Inspect(inner, function) => self.drive(inner, stops, at, &mut |s, item| {
                s.apply(*function, vec![item.clone()], at)?;
                body(s, item)
            }),
            Iter::Filter(inner, function) => self.drive(inner, stops, at, &mut |s, item| {
                let keeps = s.truth_of(*function, item.clone(), at)?;
                let then = |s: &mut Self| body(s, item).map(|()| Meaning::Unit);
                s.branch(keeps, at, then, |_| Ok(Meaning::Unit)).map(|_| ())
            }),
            Iter::FilterMap(inner, function) => self.drive(inner, stops, at, &mut |s, item| {
                let item = s.apply(*function, vec![item], at)?;
                let Meaning::Option(some, item) = item else {
                    return Err(s.error(at, &NOT_AN_ITERATOR, &[]));
                };
                let then = |s: &mut Self| body(s, *item).map(|()| Meaning::Unit);
                s.branch(some, at, then, |_| Ok(Meaning::Unit)).map(|_| ())
            }),
            Iter::Scan(inner, state, function) => {
                let over = self.flag_var(false);
                let stops: Vec<Var> = stops.iter().copied().chain([over]).collect();
                self.drive(inner, &stops, at, &mut |s, item| {
                    let state = state.map(|state| Meaning::Variable(state, super::Hold::Mutable));
                    let args = state.into_iter().chain([item]).collect();
                    let Meaning::Option(some, item) = s.apply(*function, args, at)? else {
                        return Err(s.error(at, &NOT_AN_ITERATOR, &[]));
                    };
                    let then = |s: &mut Self| body(s, *item).map(|()| Meaning::Unit);
                    let end = |s: &mut Self| {
                        let set = s.truth(true, span);
                        s.set(over, set);
                        Ok(Meaning::Unit)
                    };
                    s.branch(some, at, then, end).map(|_| ())
                })
            }
            Iter::TakeWhile(inner, function) => {
                let over = self.flag_var(false);
                let stops: Vec<Var> = stops.iter().copied().chain([over]).collect();
                self.drive(inner, &stops, at, &mut |s, item| {
                    let goes_on = s.truth_of(*function, item.clone(), at)?;
                    let then = |s: &mut Self| body(s, item).map(|()| Meaning::Unit);
                    let end = |s: &mut Self| {
                        let set = s.truth(true, span);
                        s.set(over, set);
                        Ok(Meaning::Unit)
                    };
                    s.branch(goes_on, at, then, end).map(|_| ())
                })
            }
            Iter::SkipWhile(inner, function) => {
                let begun = self.flag_var(false);
                self.drive(inner, stops, at, &mut |s, item| {
                    let already = s.current(begun, at)?;
                    let ask = |s: &mut Self| {
                        let skips = s.truth_of(*function, item.clone(), at)?;
                        Ok(Meaning::Scalar(s.define(ScalarKind::Bool, Op::Not(skips), span)))
                    };
                    let begins = s.branch(already, at, |s| Ok(Meaning::Scalar(s.truth(true, span))), ask)?;
                    let begins = s.scalar(begins, ScalarKind::Bool, at)?;
                    s.vars[begun.0].current = Some(begins);
                    let then = |s: &mut Self| body(s, item).map(|()| Meaning::Unit);
                    s.branch(begins, at, then, |_| Ok(Meaning::Unit)).map(|_| ())
                })
            }
            Iter::Chain(a, b) => {
                self.drive(a, stops, at, body)?;
                self.drive(b, stops, at, body)
            }
            Iter::FlatMap(inner, function) => self.drive(inner, stops, at, &mut |s, item| {
                let inner = s.apply(*function, vec![item], at)?;
                s.inner(inner, stops, at, body)
            }),
            Iter::Flatten(inner) => {
                self.drive(inner, stops, at, &mut |s, item| s.inner(item, stops, at, body))
            }
            Iter::Enumerate(inner) => {
                let number = self.counter(span);
                self.drive(inner, stops, at, &mut |s, item| {
                    let index = s.current(number, at)?;
                    s.advance(number, at)?;
                    body(s, Meaning::Tuple(vec![Meaning::Scalar(index), item]))
                })
            }
            Iter::Skip(inner, n) => {
                let number = self.counter(span);
                self.drive(inner, stops, at, &mut |s, item| {
                    let index = s.current(number, at)?;
                    s.advance(number, at)?;
                    let past = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Ge, index, *n), span);
                    let then = |s: &mut Self| body(s, item).map(|()| Meaning::Unit);
                    s.branch(past, at, then, |_| Ok(Meaning::Unit)).map(|_| ())
                })
            }
            Iter::Take(inner, n) => {
                let number = self.counter(span);
                let zero = self.index_literal(0, span);
                let none = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, *n, zero), span);
                let over = self.var("", Some(none));
                let stops: Vec<Var> = stops.iter().copied().chain([over]).collect();
                self.drive(inner, &stops, at, &mut |s, item| {
                    s.advance(number, at)?;
                    let taken = s.current(number, at)?;
                    let last = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Ge, taken, *n), span);
                    s.vars[over.0].current = Some(last);
                    body(s, item)
                })
            }
            Iter::StepBy(inner, n) => {
                let number = self.counter(span);
                self.drive(inner, stops, at, &mut |s, item| {
                    let index = s.current(number, at)?;
                    s.advance(number, at)?;
                    let rest = s.int_op(IntOp::Rem, index, *n, span);
                    let zero = s.index_literal(0, span);
                    let hit = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, rest, zero), span);
                    let then = |s: &mut Self| body(s, item).map(|()| Meaning::Unit);
                    s.branch(hit, at, then, |_| Ok(Meaning::Unit)).map(|_| ())
                })
            }
            Iter::Zip(a, b) => self.drive_zip(a, b, stops, at, body),
            Iter::Cursor(inner, position) => {
                let Some(count) = self.count(inner, span) else { return Err(self.endless_iterator(at)) };
                let first = self.current(*position, at)?;
                self.counted(None, first, count, false, at, |s, _| {
                    s.unless(stops, at, |s| {
                        let index = s.current(*position, at)?;
                        s.advance(*position, at)?;
                        let item = s.item_of(inner, index, at)?;
                        body(s, item)
                    })
                })
            }
            // `reversed` has pushed it to what has numbers
            _ => Err(self.error(at, &NOT_AN_ITERATOR, &[])),
        }
    }

    fn inner(
        &mut self,
        inner: Meaning<'a>,
        stops: &[Var],
        at: &dyn ToTokens,
        body: Body<'_, '_, 'd, 'a>,
    ) -> Checked<()> {
        let iter = self.iterable(inner, at)?;
        self.drive(&iter, stops, at, body)
    }

    fn drive_indexed(
        &mut self,
        iter: &Iter<'a>,
        stops: &[Var],
        at: &dyn ToTokens,
        body: Body<'_, '_, 'd, 'a>,
    ) -> Checked<()> {
        let (iter, reversed) = match iter {
            Iter::Rev(inner) => (&**inner, true),
            other => (other, false),
        };
        let span = at.to_token_stream().span();
        if let Iter::Range { start, end } = iter {
            return self.counted(None, *start, *end, reversed, at, |s, index| {
                s.unless(stops, at, |s| body(s, Meaning::Scalar(index)))
            });
        }
        let start = self.index_literal(0, span);
        let Some(end) = self.count(iter, span) else {
            // No end of its own: the flags must be its end.
            if stops.is_empty() {
                return Err(self.endless_iterator(at));
            }
            let number = self.counter(span);
            return self.forever(stops, at, |s| {
                let index = s.current(number, at)?;
                s.advance(number, at)?;
                let item = s.item_of(iter, index, at)?;
                body(s, item)
            });
        };
        self.counted(None, start, end, reversed, at, |s, index| {
            s.unless(stops, at, |s| {
                let item = s.item_of(iter, index, at)?;
                body(s, item)
            })
        })
    }

    /// `a.zip(b)` where the items of one have no numbers: `a` is asked first, and `b` only where `a` has given one.
    fn drive_zip(
        &mut self,
        a: &Iter<'a>,
        b: &Iter<'a>,
        stops: &[Var],
        at: &dyn ToTokens,
        body: Body<'_, '_, 'd, 'a>,
    ) -> Checked<()> {
        let span = at.to_token_stream().span();
        let number = self.counter(span);
        let over = self.flag_var(false);
        let (first, counted) = if a.is_indexed() { (b, a) } else { (a, b) };
        let count = self.count(counted, span);
        if let (true, Some(count)) = (a.is_indexed(), count) {
            let zero = self.index_literal(0, span);
            let none = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, count, zero), span);
            self.vars[over.0].current = Some(none);
        }
        let both: Vec<Var> = stops.iter().copied().chain([over]).collect();
        self.drive(first, &both, at, &mut |s, item| {
            let index = s.current(number, at)?;
            s.advance(number, at)?;
            if a.is_indexed() {
                if let Some(count) = count {
                    let next = s.current(number, at)?;
                    let end = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Ge, next, count), span);
                    s.vars[over.0].current = Some(end);
                }
                let left = s.item_of(a, index, at)?;
                return body(s, Meaning::Tuple(vec![left, item]));
            }
            let Some(count) = count else {
                let right = s.item_of(b, index, at)?;
                return body(s, Meaning::Tuple(vec![item, right]));
            };
            let there = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, index, count), span);
            let then = |s: &mut Self| {
                let right = s.item_of(b, index, at)?;
                body(s, Meaning::Tuple(vec![item, right])).map(|()| Meaning::Unit)
            };
            let end = |s: &mut Self| {
                let set = s.truth(true, span);
                s.set(over, set);
                Ok(Meaning::Unit)
            };
            s.branch(there, at, then, end).map(|_| ())
        })
    }
}
