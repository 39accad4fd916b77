//! Ranges and iterators: what they are made of. How their items are pulled is in `pull`, what consumes them in `consume`.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ExprMethodCall;
use syn::ExprRange;
use syn::RangeLimits;
use syn::spanned::Spanned;

use super::Callable;
use super::Hold;
use super::Iter;
use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::EFFECT_BEFORE_ADAPTOR;
use crate::diagnostics::catalogue::NOT_AN_ITERATOR;
use crate::diagnostics::catalogue::UNBOUNDED_LOOP;
use crate::diagnostics::catalogue::UNKNOWN_RESULT_TYPE;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;

impl<'a> Iter<'a> {
    /// The iterators that an iterator takes its items from.
    fn sources(&self) -> Vec<&Iter<'a>> {
        match self {
            Iter::Range { .. }
            | Iter::From(_)
            | Iter::Elements { .. }
            | Iter::Part(_)
            | Iter::Windows(..)
            | Iter::Chunks { .. } => vec![],
            Iter::Zip(a, b) | Iter::Chain(a, b) => vec![a, b],
            Iter::Rev(inner)
            | Iter::Enumerate(inner)
            | Iter::Skip(inner, _)
            | Iter::Take(inner, _)
            | Iter::StepBy(inner, _)
            | Iter::Copied(inner)
            | Iter::Map(inner, _)
            | Iter::Inspect(inner, _)
            | Iter::Filter(inner, _)
            | Iter::FilterMap(inner, _)
            | Iter::Scan(inner, ..)
            | Iter::TakeWhile(inner, _)
            | Iter::SkipWhile(inner, _)
            | Iter::FlatMap(inner, _)
            | Iter::Flatten(inner)
            | Iter::Cycle(inner)
            | Iter::Cursor(inner, _) => vec![inner],
        }
    }

    fn function(&self) -> Option<Callable<'a>> {
        match self {
            Iter::Map(_, f)
            | Iter::Inspect(_, f)
            | Iter::Filter(_, f)
            | Iter::FilterMap(_, f)
            | Iter::Scan(_, _, f)
            | Iter::TakeWhile(_, f)
            | Iter::SkipWhile(_, f)
            | Iter::FlatMap(_, f) => Some(*f),
            _ => None,
        }
    }

    /// Whether any item can be had by its number.
    pub(super) fn is_indexed(&self) -> bool {
        let itself = !matches!(
            self,
            Iter::Filter(..)
                | Iter::FilterMap(..)
                | Iter::Scan(..)
                | Iter::TakeWhile(..)
                | Iter::SkipWhile(..)
                | Iter::Chain(..)
                | Iter::FlatMap(..)
                | Iter::Flatten(_)
                | Iter::Cursor(..)
                | Iter::Inspect(..)
        );
        itself && self.sources().into_iter().all(Iter::is_indexed)
    }

    /// Whether it comes to an end by itself.
    pub(super) fn is_finite(&self) -> bool {
        match self {
            Iter::From(_) | Iter::Cycle(_) => false,
            Iter::Take(..) => true,
            Iter::Zip(a, b) => a.is_finite() || b.is_finite(),
            other => other.sources().into_iter().all(Iter::is_finite),
        }
    }
}

impl<'a> Lowering<'a, '_> {
    /// `a..b` as a meaning of its own.
    pub(super) fn range(&mut self, range: &'a ExprRange) -> Checked<Meaning<'a>> {
        let Some(start) = &range.start else { return Err(self.error(range, &UNBOUNDED_LOOP, &[])) };
        let start = self.int_expr(start);
        let Some(end) = &range.end else {
            return Ok(Meaning::Iter(Box::new(Iter::From(start?))));
        };
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
            Meaning::View(view) => Ok(Iter::Part(view)),
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

    /// Whether taking an item does something beside giving it: such items must be taken as Rust takes them.
    pub(super) fn has_effects(&self, iter: &Iter<'a>) -> bool {
        iter.function().is_some_and(|f| self.may_change(f))
            || matches!(iter, Iter::Cursor(..))
            || iter.sources().into_iter().any(|source| self.has_effects(source))
    }

    /// A method of an iterator, or of an array that is iterated over.
    pub(super) fn iter_method(
        &mut self,
        iter: Iter<'a>,
        call: &'a ExprMethodCall,
    ) -> Checked<Option<Meaning<'a>>> {
        let name = call.method.to_string();
        // These pull items that they do not hand on.
        let skips = match (name.as_str(), call.args.len()) {
            ("skip" | "step_by" | "zip" | "nth", 1) => iter.is_indexed(),
            ("rev", 0) => iter.sources().into_iter().any(|source| !source.sources().is_empty()),
            _ => false,
        };
        if skips && self.has_effects(&iter) {
            return Err(self.error(&call.method, &EFFECT_BEFORE_ADAPTOR, &[&name]));
        }
        let iter = Box::new(iter);
        let adapted = match (name.as_str(), call.args.len()) {
            ("rev", 0) => match self.reversed(*iter) {
                Some(reversed) => reversed,
                None => {
                    let words =
                        ["`rev` here", "loop over the indices backwards: `for i in (0..N).rev() { .. }`"];
                    return Err(self.error(&call.method, &UNSUPPORTED_SYNTAX, &words));
                }
            },
            ("enumerate", 0) => Iter::Enumerate(iter),
            ("iter" | "into_iter" | "fuse", 0) => *iter,
            ("by_ref", 0) if matches!(*iter, Iter::Cursor(..)) => *iter,
            ("clone", 0) if !matches!(*iter, Iter::Cursor(..)) => *iter,
            ("copied" | "cloned", 0) => Iter::Copied(iter),
            ("zip", 1) => {
                let other = self.expr(&call.args[0])?;
                let other = self.iterable(other, &call.args[0])?;
                if !iter.is_indexed() && !other.is_indexed() {
                    let words = [
                        "`zip` of two iterators whose items have no numbers",
                        "count in one of them: `let mut k = 0; for x in .. { .. k += 1; }`",
                    ];
                    return Err(self.error(&call.method, &UNSUPPORTED_SYNTAX, &words));
                }
                Iter::Zip(iter, Box::new(other))
            }
            ("chain", 1) => {
                let other = self.expr(&call.args[0])?;
                Iter::Chain(iter, Box::new(self.iterable(other, &call.args[0])?))
            }
            ("skip", 1) => Iter::Skip(iter, self.int_expr(&call.args[0])?),
            ("take", 1) => Iter::Take(iter, self.int_expr(&call.args[0])?),
            ("step_by", 1) => Iter::StepBy(iter, self.int_expr(&call.args[0])?),
            ("map", 1) => Iter::Map(iter, self.callable(&call.args[0])?),
            ("inspect", 1) => Iter::Inspect(iter, self.callable(&call.args[0])?),
            ("filter", 1) => Iter::Filter(iter, self.callable(&call.args[0])?),
            ("map_while", 1) => Iter::Scan(iter, None, self.callable(&call.args[0])?),
            ("scan", 2) => {
                let start = self.expr(&call.args[0])?;
                let start = self.any_scalar(start, &call.args[0])?;
                let state = self.var("state", Some(start));
                Iter::Scan(iter, Some(state), self.callable(&call.args[1])?)
            }
            ("filter_map", 1) => Iter::FilterMap(iter, self.callable(&call.args[0])?),
            ("take_while", 1) => Iter::TakeWhile(iter, self.callable(&call.args[0])?),
            ("skip_while", 1) => Iter::SkipWhile(iter, self.callable(&call.args[0])?),
            ("flat_map", 1) => Iter::FlatMap(iter, self.callable(&call.args[0])?),
            ("cycle", 0) if iter.is_indexed() && iter.is_finite() && !self.has_effects(&iter) => {
                Iter::Cycle(iter)
            }
            ("flatten", 0) => Iter::Flatten(iter),
            _ => return self.consumer(&iter, call),
        };
        Ok(Some(Meaning::Iter(Box::new(adapted))))
    }

    /// The items from the last to the first, taken in this order; none where Rust has no such iterator.
    fn reversed(&self, iter: Iter<'a>) -> Option<Iter<'a>> {
        if let Iter::Rev(inner) = iter {
            return Some(*inner);
        }
        if iter.is_indexed() {
            return iter.is_finite().then(|| Iter::Rev(Box::new(iter)));
        }
        Some(match iter {
            Iter::Map(inner, f) => Iter::Map(Box::new(self.reversed(*inner)?), f),
            Iter::Inspect(inner, f) => Iter::Inspect(Box::new(self.reversed(*inner)?), f),
            Iter::Filter(inner, f) => Iter::Filter(Box::new(self.reversed(*inner)?), f),
            Iter::FilterMap(inner, f) => Iter::FilterMap(Box::new(self.reversed(*inner)?), f),
            Iter::Copied(inner) => Iter::Copied(Box::new(self.reversed(*inner)?)),
            Iter::Chain(a, b) => Iter::Chain(Box::new(self.reversed(*b)?), Box::new(self.reversed(*a)?)),
            _ => return None,
        })
    }

    /// A name bound to an iterator that it may take items from one by one.
    pub(super) fn cursor(&mut self, iter: Iter<'a>) -> Iter<'a> {
        if !iter.is_indexed() || matches!(iter, Iter::Cursor(..)) {
            return iter;
        }
        let start = self.index_literal(0, Span::call_site());
        let at = self.var("", Some(start));
        Iter::Cursor(Box::new(iter), at)
    }

    /// Whether calling a function may change something that lives longer than the call.
    pub(super) fn may_change(&self, function: Callable<'a>) -> bool {
        match function {
            Callable::Function(_) => false,
            Callable::Closure(closure) => {
                let mut effects = super::effects::Effects::default();
                match closure.code {
                    super::Code::Closure(syntax) => effects.of_closure(syntax),
                    super::Code::Function(item) => return lends(item),
                }
                effects.found
                    || effects.called.iter().any(|name| {
                        match self.lookup(name) {
                            Some(super::Binding::Meaning(Meaning::Closure(other))) => {
                                // a closure cannot call itself
                                !other.code.is(&closure.code) && self.may_change(Callable::Closure(*other))
                            }
                            _ => false,
                        }
                    })
            }
        }
    }

    /// Whether memory is what the call before returned.
    fn just_called(&self, located: &Located) -> bool {
        let last = self.blocks.last().and_then(|block| block.last());
        matches!(last, Some(Stmt::Call(call))
            if matches!(call.result, CallResult::Object(o) if o == located.place.object && !call.is_network()))
    }

    /// `array.map(|x| ..)` and `array::from_fn(|i| ..)`: new memory, one element an iteration.
    pub(super) fn filled(
        &mut self,
        len: Len,
        inner: Option<Shape>,
        at: &dyn ToTokens,
        item: impl FnOnce(&mut Self, Value) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        if matches!(len, Len::Inferred) {
            return Err(self.error(at, &UNKNOWN_RESULT_TYPE, &[]));
        }
        let end = self.length_value(&len, at.to_token_stream().span());
        self.filled_from((len, end, Init::Zeros), inner, at, item)
    }

    /// The same as long as an array of which only rustc knows how long it is.
    pub(super) fn filled_alike(
        &mut self,
        like: Located,
        inner: Option<Shape>,
        at: &dyn ToTokens,
        item: impl FnOnce(&mut Self, Value) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        let end = self.length(&like, at.to_token_stream().span());
        self.filled_from((Len::Inferred, end, Init::ZerosAlong(like.place)), inner, at, item)
    }

    fn filled_from(
        &mut self,
        (len, end, init): (Len, Value, Init),
        inner: Option<Shape>,
        at: &dyn ToTokens,
        item: impl FnOnce(&mut Self, Value) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        let start = self.index_literal(0, span);
        let object = self.program.object("local", Shape::Unknown, span);
        let place = Place::whole(object);
        let (wanted, mut inner) = (inner, None);
        // The shape of the elements is known once the body is there; the memory begins before the loop.
        let (result, stmts) = self.collected(|s| {
            s.counted(None, start, end, false, at, |s, index| {
                s.expected = wanted.clone();
                let meaning = item(s, index)?;
                s.expected = None;
                let shape = match (&meaning, wanted) {
                    (Meaning::Memory(Located { shape: Shape::Unknown, .. }), Some(wanted)) => wanted,
                    (constant, Some(wanted)) if s.is_open(constant) && wanted.is_told() => wanted,
                    // What helpers return are numbers.
                    (Meaning::Memory(located), None) if s.just_called(located) => {
                        Shape::Scalar(s.kinds.of(at))
                    }
                    (Meaning::Memory(located), _) => located.shape.clone(),
                    (other, _) => Shape::Scalar(s.kind(other).unwrap_or_else(|| s.kinds.of(at))),
                };
                inner = Some(shape.clone());
                s.meaning_into(meaning, place.clone().index(index), shape, at)
            })
        });
        result?;
        let shape = Shape::Array(Box::new(inner.unwrap_or(Shape::Scalar(ScalarKind::Real))), len);
        self.program.objects[object.0].shape = shape.clone();
        self.push(Stmt::Local(object, init));
        stmts.into_iter().for_each(|stmt| self.push(stmt));
        let place = Place::whole(object);
        Ok(Meaning::Memory(Located { place, shape, hold: Hold::Fresh }))
    }
}

/// Whether a function is lent something that it may change.
fn lends(item: &syn::ItemFn) -> bool {
    item.sig.inputs.iter().any(|input| match input {
        syn::FnArg::Typed(typed) => {
            matches!(&*typed.ty, syn::Type::Reference(reference) if reference.mutability.is_some())
        }
        syn::FnArg::Receiver(_) => true,
    })
}
