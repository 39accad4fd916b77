//! What consumes iterators.

use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;
use syn::spanned::Spanned;

use super::Binding;
use super::Callable;
use super::Iter;
use super::Lowering;
use super::Meaning;
use super::Var;
use super::slots::Slots;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::CLOSURE;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Value;
use crate::parse::types;
use crate::rules::Prim;

/// What an item must be to be kept over iterations.
const KEPT: [&str; 2] =
    ["this choice among items that are no numbers", "choose an index instead: `position`, or a loop"];

/// Whether a number is asked for, not an item.
fn is_position(call: &ExprMethodCall) -> bool {
    call.method == "position" || call.method == "rposition"
}

/// Which of two items is kept.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Best {
    /// The last of the largest.
    Max,
    /// The first of the smallest.
    Min,
}

impl<'a> Lowering<'a, '_> {
    /// A method that takes items until it has what it wants.
    pub(super) fn consumer(
        &mut self,
        iter: &Iter<'a>,
        call: &'a ExprMethodCall,
    ) -> Checked<Option<Meaning<'a>>> {
        let span = call.span();
        let meaning = match (call.method.to_string().as_str(), call.args.len()) {
            (method @ ("sum" | "product"), 0) => self.total(iter, call, method)?,
            ("fold", 2) => self.fold(iter, call)?,
            ("try_fold", 2) => self.try_fold(iter, call)?,
            ("reduce", 1) => {
                let function = self.callable(&call.args[0])?;
                self.reduce(iter, call, |s, old, item| s.apply(function, vec![old, item], call))?
            }
            ("for_each", 1) => {
                let function = self.callable(&call.args[0])?;
                self.each(iter, call, |s, item| s.apply(function, vec![item], call).map(|_| ()))?;
                Meaning::Unit
            }
            (method @ ("all" | "any"), 1) => self.all_or_any(iter, call, method == "all")?,
            ("len" | "count", 0) => match self.count_if_pure(iter, call)? {
                Some(count) => Meaning::Scalar(count),
                None => {
                    let zero = self.index_literal(0, span);
                    let number = self.var("count", Some(zero));
                    self.each(iter, call, |s, _| s.advance(number, call))?;
                    Meaning::Scalar(self.current(number, call)?)
                }
            },
            ("position", 1) => {
                let function = self.callable(&call.args[0])?;
                let (found, _, at) = self.search(iter, call, |s, item| {
                    let holds = s.apply(function, vec![item], call)?;
                    s.scalar(holds, ScalarKind::Bool, &call.args[0])
                })?;
                Meaning::Option(found, Box::new(Meaning::Scalar(at)))
            }
            ("rposition", 1) if iter.is_indexed() && iter.is_finite() && !self.has_effects(iter) => {
                let function = self.callable(&call.args[0])?;
                let Some(count) = self.count(iter, span) else { return Ok(None) };
                let backwards = Iter::Rev(Box::new(iter.clone()));
                let (found, _, back) = self.search(&backwards, call, |s, item| {
                    let holds = s.apply(function, vec![item], call)?;
                    s.scalar(holds, ScalarKind::Bool, &call.args[0])
                })?;
                // Where nothing is found, the number is that of all items.
                let there = |s: &mut Self| {
                    let one = s.index_literal(1, span);
                    let last = s.int_op(IntOp::Sub, count, one, span);
                    Ok(Meaning::Scalar(s.int_op(IntOp::Sub, last, back, span)))
                };
                let at = self.branch(found, call, there, |_| Ok(Meaning::Never))?;
                Meaning::Option(found, Box::new(at))
            }
            ("find", 1) => {
                let function = self.callable(&call.args[0])?;
                let (found, item, _) = self.search(iter, call, |s, item| {
                    let holds = s.apply(function, vec![item], call)?;
                    s.scalar(holds, ScalarKind::Bool, &call.args[0])
                })?;
                Meaning::Option(found, Box::new(item))
            }
            ("find_map", 1) => {
                let function = self.callable(&call.args[0])?;
                let mapped = Iter::FilterMap(Box::new(iter.clone()), function);
                let (found, item, _) = self.search(&mapped, call, |s, _| Ok(s.truth(true, span)))?;
                Meaning::Option(found, Box::new(item))
            }
            ("next", 0) => return self.next(iter, call).map(Some),
            ("nth", 1) => {
                let n = self.int_expr(&call.args[0])?;
                match self.count_if_pure(iter, call)? {
                    Some(count) => self.numbered(iter, n, count, call)?,
                    None => {
                        let rest = Iter::Skip(Box::new(iter.clone()), n);
                        let (found, item, _) = self.search(&rest, call, |s, _| Ok(s.truth(true, span)))?;
                        Meaning::Option(found, Box::new(item))
                    }
                }
            }
            ("last", 0) => match self.count_if_pure(iter, call)? {
                Some(count) => {
                    let one = self.index_literal(1, span);
                    // An empty one has no last: the index is out of any range then.
                    let index = self.define(ScalarKind::Int, Op::IntOp(IntOp::Max, count, one), span);
                    let index = self.int_op(IntOp::Sub, index, one, span);
                    self.numbered(iter, index, count, call)?
                }
                None => self.reduce(iter, call, |_, _, item| Ok(item))?,
            },
            (method @ ("max" | "min"), 0) => {
                let best = if method == "max" { Best::Max } else { Best::Min };
                self.reduce(iter, call, |s, old, item| s.better(best, old, item, None, call))?
            }
            (method @ ("max_by" | "min_by"), 1) => {
                let best = if method == "max_by" { Best::Max } else { Best::Min };
                let function = self.comparator(&call.args[0])?;
                self.reduce(iter, call, |s, old, item| s.better(best, old, item, Some(function), call))?
            }
            ("collect", _) => {
                let words = [
                    "`collect`",
                    "write an array: `array::from_fn(|i| ..)`, `u.map(|x| ..)`, or fill one in a loop",
                ];
                return Err(self.error(&call.method, &UNSUPPORTED_SYNTAX, &words));
            }
            ("cycle" | "peekable" | "partition" | "unzip" | "max_by_key" | "min_by_key", _) => {
                let method = format!("`{}`", call.method);
                let words = [method.as_str(), "write a loop: `for x in .. { .. }`"];
                return Err(self.error(&call.method, &UNSUPPORTED_SYNTAX, &words));
            }
            ("by_ref", 0) => {
                let words =
                    ["`by_ref` of this iterator", "bind it by `let mut it = u.iter();` before its adaptors"];
                return Err(self.error(&call.method, &UNSUPPORTED_SYNTAX, &words));
            }
            _ => return Ok(None),
        };
        Ok(Some(meaning))
    }

    /// The number of items, where to ask for it is to take none.
    fn count_if_pure(&mut self, iter: &Iter<'a>, call: &ExprMethodCall) -> Checked<Option<Value>> {
        if !iter.is_indexed() || !iter.is_finite() || self.has_effects(iter) {
            return Ok(None);
        }
        Ok(self.count(iter, call.span()))
    }

    /// Item number `index`, if there is one.
    fn numbered(
        &mut self,
        iter: &Iter<'a>,
        index: Value,
        count: Value,
        call: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        if self.is_beyond(index, count) {
            return Ok(self.none(call));
        }
        let there = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, index, count), call.span());
        let item = self.item_in(iter, index, there, call)?;
        Ok(Meaning::Option(there, Box::new(item)))
    }

    /// The item at an index, if a condition holds: what must be computed is computed in a branch.
    fn item_in(
        &mut self,
        iter: &Iter<'a>,
        index: Value,
        there: Value,
        call: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        if let Iter::Elements { .. }
        | Iter::Part(_)
        | Iter::Range { .. }
        | Iter::Windows(..)
        | Iter::Chunks { .. } = iter
        {
            return self.item_of(iter, index, call);
        }
        self.branch(
            there,
            call,
            |s| {
                let item = s.item_of(iter, index, call)?;
                s.value(Self::pointee(item), call)
            },
            |_| Ok(Meaning::Never),
        )
    }

    /// `sum` and `product`, as the standard library adds: from `-0.0`.
    fn total(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall, method: &str) -> Checked<Meaning<'a>> {
        let span = call.span();
        let written = call.turbofish.as_ref().map(|t| t.args.to_token_stream().to_string());
        let int_type = written.clone().filter(|ty| types::INTEGERS.contains(&ty.as_str()));
        let (op, int_op, unit) = match method {
            "sum" => (Prim::Add, IntOp::Add, -0.0),
            _ => (Prim::Mul, IntOp::Mul, 1.0),
        };
        let (real, int) = (self.real(unit, span), self.int(unit as i128, span));
        self.program.values[int.0].int_type = int_type.clone();
        let (reals, ints) = (self.var(method, Some(real)), self.var(method, Some(int)));
        // Without a type the items tell.
        let mut kind = match (&written, int_type) {
            (_, Some(_)) => Some(ScalarKind::Int),
            (Some(real), None) if real == "f64" || real == "f32" => Some(ScalarKind::Real),
            _ => None,
        };
        self.each(iter, call, |s, item| {
            let this = *kind.get_or_insert_with(|| match s.kind(&item) {
                Some(ScalarKind::Int) => ScalarKind::Int,
                _ => ScalarKind::Real,
            });
            let item = s.scalar(item, this, &call.receiver)?;
            let total = if this == ScalarKind::Int { ints } else { reals };
            let old = s.current(total, call)?;
            let new = match this {
                ScalarKind::Int => s.int_op(int_op, old, item, span),
                _ => s.define(ScalarKind::Real, Op::Prim(op, vec![old, item]), span),
            };
            s.set(total, new);
            Ok(())
        })?;
        let total = if kind == Some(ScalarKind::Int) { ints } else { reals };
        self.current(total, call).map(Meaning::Scalar)
    }

    fn fold(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let init = self.expr(&call.args[0])?;
        let init = match init {
            Meaning::Const(_) => Meaning::Scalar(self.scalar(init, ScalarKind::Real, &call.args[0])?),
            other => other,
        };
        let function = self.callable(&call.args[1])?;
        let total = self.bound("fold", init, true, &call.args[0])?;
        self.each(iter, call, |s, item| {
            let old = s.meaning_of(total.clone())?;
            let old = s.value(old, call)?;
            let new = s.apply(function, vec![old, item], call)?;
            let new = s.value(new, call)?;
            s.rebind(&total, new, &call.args[1])
        })?;
        let total = self.meaning_of(total)?;
        self.value(total, call)
    }

    /// `try_fold` with options: it ends at the first item for which the closure gives none.
    fn try_fold(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let init = self.expr(&call.args[0])?;
        let init = match init {
            Meaning::Const(_) => Meaning::Scalar(self.scalar(init, ScalarKind::Real, &call.args[0])?),
            other => other,
        };
        let function = self.callable(&call.args[1])?;
        let total = self.bound("fold", init, true, &call.args[0])?;
        let unset = self.truth(false, span);
        let over = self.var("", Some(unset));
        self.each_until(iter, &[over], call, |s, item| {
            let old = s.meaning_of(total.clone())?;
            let old = s.value(old, call)?;
            let new = s.apply(function, vec![old, item], call)?;
            let Meaning::Option(some, inner) = s.value(new, call)? else {
                let help = "let the closure give `Some(..)` or `None`, or write a loop with `break`";
                return Err(s.error(&call.args[1], &UNSUPPORTED_SYNTAX, &["`try_fold` of this", help]));
            };
            let goes_on = |s: &mut Self| {
                let inner = s.value(Self::pointee(*inner), call)?;
                s.rebind(&total, inner, &call.args[1]).map(|()| Meaning::Unit)
            };
            s.branch(some, call, goes_on, |_| Ok(Meaning::Unit))?;
            let ends = s.define(ScalarKind::Bool, Op::Not(some), span);
            s.vars[over.0].current = Some(ends);
            Ok(())
        })?;
        let over = self.current(over, call)?;
        let some = self.define(ScalarKind::Bool, Op::Not(over), span);
        let total = self.meaning_of(total)?;
        let total = self.value(total, call)?;
        Ok(Meaning::Option(some, Box::new(total)))
    }

    /// Gives what a name of our own stands for another value.
    fn rebind(&mut self, binding: &Binding<'a>, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        match (binding, meaning) {
            (_, Meaning::Never) => Ok(()),
            (Binding::Var(var) | Binding::Lent(var), meaning) => {
                let old = self.current(*var, at)?;
                let kind = self.program.kind(old);
                let value = self.scalar(meaning, kind, at)?;
                if kind == ScalarKind::Int {
                    self.agree(old, value);
                }
                self.vars[var.0].current = Some(value);
                Ok(())
            }
            (Binding::Tuple(bindings), Meaning::Tuple(parts)) if bindings.len() == parts.len() => {
                bindings.iter().zip(parts).try_for_each(|(binding, part)| self.rebind(binding, part, at))
            }
            (Binding::Alias(located), meaning) => {
                self.meaning_into(meaning, located.place.clone(), located.shape.clone(), at)
            }
            _ => Err(self.error(at, &CLOSURE, &[])),
        }
    }

    /// Items combined one after the other; nothing where there is none.
    fn reduce(
        &mut self,
        iter: &Iter<'a>,
        call: &'a ExprMethodCall,
        mut combine: impl FnMut(&mut Self, Meaning<'a>, Meaning<'a>) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        let span = call.span();
        let none = self.truth(false, span);
        let some = self.var("", Some(none));
        let slots = std::cell::RefCell::new(self.item_slots(iter, call)?);
        self.each(iter, call, |s, item| {
            let item = s.value(Self::pointee(item), call)?;
            let begun = s.current(some, call)?;
            let begins = s.define(ScalarKind::Bool, Op::Not(begun), span);
            // The first item tells of which kind the storage is.
            let other = item.clone();
            let first = |s: &mut Self| {
                s.put(&mut slots.borrow_mut(), other, call, KEPT)?;
                Ok(Meaning::Unit)
            };
            let then = |s: &mut Self| {
                let old = s.stored(&slots.borrow());
                let new = combine(s, old, item)?;
                let new = s.value(Self::pointee(new), call)?;
                s.put(&mut slots.borrow_mut(), new, call, KEPT)?;
                Ok(Meaning::Unit)
            };
            s.branch(begins, call, first, then)?;
            let set = s.truth(true, span);
            s.vars[some.0].current = Some(set);
            Ok(())
        })?;
        let some = self.current(some, call)?;
        Ok(Meaning::Option(some, Box::new(self.stored(&slots.into_inner()))))
    }

    /// Storage for an item; what form it has, a reading of the loop without effect tells.
    fn item_slots(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall) -> Checked<Slots> {
        let (vars, loops) = (self.vars.clone(), self.loops.clone());
        let mut form = Meaning::Unit;
        let stop = self.truth(false, call.span());
        let stop = self.var("", Some(stop));
        let stops: &[Var] = if iter.is_finite() { &[] } else { &[stop] };
        let (read, _) = self.collected(|s| {
            s.each_until(iter, stops, call, |_, item| {
                form = item;
                Ok(())
            })
        });
        self.vars = vars;
        self.loops = loops;
        read?;
        Ok(self.slots_like(&form))
    }

    /// The first item for which a condition holds: whether there is one, the item, its number.
    fn search(
        &mut self,
        iter: &Iter<'a>,
        call: &'a ExprMethodCall,
        mut holds: impl FnMut(&mut Self, Meaning<'a>) -> Checked<Value>,
    ) -> Checked<(Value, Meaning<'a>, Value)> {
        let span = call.span();
        let (unset, zero) = (self.truth(false, span), self.index_literal(0, span));
        let (found, number) = (self.var("found", Some(unset)), self.var("index", Some(zero)));
        let by_index = iter.is_indexed() && !self.has_effects(iter);
        let mut slots = if by_index || is_position(call) { None } else { Some(self.item_slots(iter, call)?) };
        self.each_until(iter, &[found], call, |s, item| {
            let this = item.clone();
            let hit = holds(s, item)?;
            s.set(found, hit);
            if let Some(slots) = &mut slots {
                let keep = |s: &mut Self| {
                    let this = s.value(Self::pointee(this), call)?;
                    s.put(slots, this, call, KEPT).map(|()| Meaning::Unit)
                };
                s.branch(hit, call, keep, |_| Ok(Meaning::Unit))?;
            }
            let there = s.current(number, call)?;
            let one = s.index_literal(1, span);
            let next = s.int_op(IntOp::Add, there, one, span);
            let number_now = s.define(ScalarKind::Int, Op::Select(hit, there, next), span);
            s.program.values[number_now.0].int_type = Some("usize".into());
            s.set(number, number_now);
            Ok(())
        })?;
        let (there, index) = (self.current(found, call)?, self.current(number, call)?);
        let item = match slots {
            Some(slots) => self.stored(&slots),
            None if by_index && !is_position(call) => self.item_in(iter, index, there, call)?,
            None => Meaning::Unit,
        };
        Ok((there, item, index))
    }

    fn all_or_any(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall, all: bool) -> Checked<Meaning<'a>> {
        let span = call.span();
        let function = self.callable(&call.args[0])?;
        let init = self.truth(all, span);
        let total = self.var(if all { "all" } else { "any" }, Some(init));
        let plain = match function {
            Callable::Closure(closure) => match closure.code {
                super::Code::Closure(syntax) => !super::syntax::expr::can_fail(&syntax.body),
                super::Code::Function(_) => false,
            },
            Callable::Function(_) => true,
        };
        if plain && iter.is_finite() && !self.has_effects(iter) {
            // To ask the others, too, changes nothing.
            self.each(iter, call, |s, item| {
                let holds = s.apply(function, vec![item], call)?;
                let holds = s.scalar(holds, ScalarKind::Bool, &call.args[0])?;
                let old = s.current(total, call)?;
                let op = if all { Op::And(old, holds) } else { Op::Or(old, holds) };
                let new = s.define(ScalarKind::Bool, op, span);
                s.set(total, new);
                Ok(())
            })?;
            return self.current(total, call).map(Meaning::Scalar);
        }
        let unset = self.truth(false, span);
        let over = self.var("", Some(unset));
        self.each_until(iter, &[over], call, |s, item| {
            let holds = s.apply(function, vec![item], call)?;
            let holds = s.scalar(holds, ScalarKind::Bool, &call.args[0])?;
            let ends = if all { s.define(ScalarKind::Bool, Op::Not(holds), span) } else { holds };
            s.vars[over.0].current = Some(ends);
            Ok(())
        })?;
        let over = self.current(over, call)?;
        Ok(Meaning::Scalar(if all { self.define(ScalarKind::Bool, Op::Not(over), span) } else { over }))
    }

    /// `it.next()`
    fn next(&mut self, iter: &Iter<'a>, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let Iter::Cursor(inner, position) = iter else {
            // Of an iterator that nobody has a name for, the first item.
            if matches!(&*call.receiver, Expr::MethodCall(_)) {
                let (found, item, _) = self.search(iter, call, |s, _| Ok(s.truth(true, span)))?;
                return Ok(Meaning::Option(found, Box::new(item)));
            }
            let words = [
                "`next` of this iterator",
                "bind it by `let mut it = u.iter();` before its adaptors, or write a loop",
            ];
            return Err(self.error(&call.method, &UNSUPPORTED_SYNTAX, &words));
        };
        let index = self.current(*position, call)?;
        let there = match self.count(inner, span) {
            Some(count) => self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, index, count), span),
            None => self.truth(true, span),
        };
        let one = self.index_literal(1, span);
        let next = self.int_op(IntOp::Add, index, one, span);
        let moved = self.define(ScalarKind::Int, Op::Select(there, next, index), span);
        self.program.values[moved.0].int_type = Some("usize".into());
        self.vars[position.0].current = Some(moved);
        let item = self.item_in(inner, index, there, call)?;
        Ok(Meaning::Option(there, Box::new(item)))
    }

    /// What stands where a comparison is asked for: a closure, or `f64::total_cmp`.
    fn comparator(&mut self, function: &'a Expr) -> Checked<Callable<'a>> {
        self.callable(function)
    }

    /// The one of two items that `max_by` or `min_by` keeps.
    fn better(
        &mut self,
        best: Best,
        old: Meaning<'a>,
        item: Meaning<'a>,
        by: Option<Callable<'a>>,
        call: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        let span = call.span();
        let order = match by {
            Some(Callable::Closure(closure)) => {
                self.apply_closure(closure, vec![old.clone(), item.clone()], call)?
            }
            Some(Callable::Function(path)) => {
                let name = path.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
                self.compared(&name, old.clone(), item.clone(), path)?
            }
            None => self.compared("cmp", old.clone(), item.clone(), call)?,
        };
        let Meaning::Ordering(_, greater) = order else { return Err(self.error(call, &CLOSURE, &[])) };
        let takes = match best {
            Best::Max => self.define(ScalarKind::Bool, Op::Not(greater), span),
            Best::Min => greater,
        };
        self.one_of(takes, item, old, call)
    }

    /// One of two values, both of which are there.
    fn one_of(
        &mut self,
        cond: Value,
        a: Meaning<'a>,
        b: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        match (a, b) {
            (Meaning::Tuple(a), Meaning::Tuple(b)) if a.len() == b.len() => {
                let parts = a.into_iter().zip(b).map(|(a, b)| self.one_of(cond, a, b, at));
                parts.collect::<Checked<Vec<_>>>().map(Meaning::Tuple)
            }
            (a, b) => {
                let kind = self.kind(&a).unwrap_or(ScalarKind::Real);
                let (a, b) = (self.scalar(a, kind, at)?, self.scalar(b, kind, at)?);
                let value = self.define(kind, Op::Select(cond, a, b), at.to_token_stream().span());
                Ok(Meaning::Scalar(value))
            }
        }
    }
}
