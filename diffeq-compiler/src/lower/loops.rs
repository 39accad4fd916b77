//! Counted loops and the values that they carry.

use proc_macro2::Span;
use quote::ToTokens;
use syn::ExprForLoop;
use syn::spanned::Spanned;

use super::Following;
use super::Iter;
use super::Loop;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::Var;
use super::exits;
use super::exits::Exit;
use crate::diagnostics::Checked;
use crate::ir::Carried;
use crate::ir::For;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;

/// The iterations that a loop is given to end by its condition.
const MOST_TRIPS: usize = 1 << 30;

impl<'a> Lowering<'a, '_> {
    /// `for pattern in iterable { .. }`
    pub(super) fn for_loop(&mut self, l: &'a ExprForLoop) -> Checked<()> {
        let iter = match self.expr(&l.expr).and_then(|meaning| self.iterable(meaning, &l.expr)) {
            Ok(iter) => iter,
            Err(reported) => {
                // The body is read for its mistakes, its index a name without meaning.
                let parent = self.scope;
                let label = l.label.as_ref().map(|l| l.name.ident.to_string());
                self.loops.push(Loop { label, ..Loop::default() });
                let _ = self.scoped(parent, |s| {
                    s.break_names(&l.pat);
                    s.collected(|s| s.block(&l.body, Target::Value))
                });
                self.loops.pop();
                return Err(reported);
            }
        };
        self.unless_left(&l.expr, |s| s.all_iterations(l, &iter).map(|()| Meaning::Unit)).map(|_| ())
    }

    fn all_iterations(&mut self, l: &'a ExprForLoop, iter: &Iter<'a>) -> Checked<()> {
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        self.with_exits(label, &l.body, |s, guard| {
            // what has no end of its own is ended by the jumps
            let stops: &[Var] = if iter.is_finite() { &[] } else { &guard.ends };
            s.each_until(iter, stops, &l.expr, |s, item| {
                let parent = s.scope;
                s.scoped(parent, |s| {
                    s.following.push(Following::Stmts(&l.body.stmts));
                    let bound = s.bind(&l.pat, item, &l.pat);
                    s.following.pop();
                    if bound.is_err() {
                        s.break_names(&l.pat);
                    }
                    let done = s.guarded(guard, l, |s| s.block(&l.body, Target::Value).map(|_| ()));
                    bound.and(done)
                })
            })
        })
    }

    /// Runs a loop with flags for the jumps out of its body; `run` gets the flags that end it.
    pub(super) fn with_exits(
        &mut self,
        label: Option<String>,
        body: &syn::Block,
        run: impl FnOnce(&mut Self, &Guard) -> Checked<()>,
    ) -> Checked<()> {
        let exits = exits::of_block(body);
        let mine = |jump: fn(Option<String>) -> Exit| {
            exits.contains(&jump(None)) || (label.is_some() && exits.contains(&jump(label.clone())))
        };
        let (breaks, continues) = (mine(Exit::Break), mine(Exit::Continue));
        let span = Span::call_site();
        let broken = breaks.then(|| {
            let unset = self.truth(false, span);
            self.var("", Some(unset))
        });
        let continued = continues.then(|| {
            let unset = self.truth(false, span);
            self.var("", Some(unset))
        });
        let outer: Vec<_> = exits
            .iter()
            .filter(|exit| match exit {
                Exit::Return => true,
                Exit::Break(None) | Exit::Continue(None) => false,
                Exit::Break(other) | Exit::Continue(other) => *other != label,
            })
            .filter_map(|exit| self.flag(exit))
            .collect();
        let ends = broken.into_iter().chain(outer).collect();
        self.loops.push(Loop { label, broken, continued, ..Loop::default() });
        let result = run(self, &Guard { ends, continued });
        self.loops.pop();
        result
    }

    /// One iteration: a jump to the next one skips what is left of it.
    fn iteration<R>(&mut self, guard: &Guard, body: impl FnOnce(&mut Self) -> Checked<R>) -> Checked<R> {
        let Some(continued) = guard.continued else { return body(self) };
        // The flag lives for one iteration: no value of it is carried to the next.
        let outside = self.vars[continued.0].current;
        let unset = self.truth(false, Span::call_site());
        self.set(continued, unset);
        let result = body(self);
        self.vars[continued.0].current = outside;
        result
    }

    /// A loop that goes on for as long as the condition that its body returns holds, and no jump has ended it.
    pub(super) fn until(
        &mut self,
        guard: &Guard,
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self) -> Checked<Option<Value>>,
    ) -> Checked<()> {
        let span = at.to_token_stream().span();
        let (start, end) = (self.index_literal(0, span), self.index_literal(MOST_TRIPS, span));
        self.repeated(None, (start, end, false), at, |s, _| {
            let holds = s.iteration(guard, body)?;
            let free = s.no_flag(&guard.ends);
            Ok(Some(match (holds, free) {
                (None, None) => s.truth(true, span),
                (Some(one), None) | (None, Some(one)) => one,
                (Some(holds), Some(free)) => s.define(ScalarKind::Bool, Op::And(holds, free), span),
            }))
        })
    }

    /// A loop that goes on until one of the flags is set.
    pub(super) fn forever(
        &mut self,
        stops: &[Var],
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self) -> Checked<()>,
    ) -> Checked<()> {
        let guard = Guard { ends: stops.to_vec(), continued: None };
        self.until(&guard, at, |s| s.guarded(&guard, at, body).map(|()| None))
    }

    /// The body of a loop, skipped once a jump has ended the loop.
    pub(super) fn guarded(
        &mut self,
        guard: &Guard,
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self) -> Checked<()>,
    ) -> Checked<()> {
        let body = |s: &mut Self| s.iteration(guard, body);
        match self.no_flag(&guard.ends) {
            None => body(self),
            Some(go_on) => {
                // A loop that only a return can end goes on for whoever is still there.
                if guard.ends.iter().all(|flag| Some(*flag) == self.returned) {
                    self.notes.guards.insert(go_on);
                }
                let body = |s: &mut Self| body(s).map(|()| Meaning::Unit);
                self.branch(go_on, at, body, |_| Ok(Meaning::Unit)).map(|_| ())
            }
        }
    }

    /// `for index in start..end`, with every variable that the body changes carried along.
    pub(super) fn counted(
        &mut self,
        name: Option<String>,
        start: Value,
        end: Value,
        reversed: bool,
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self, Value) -> Checked<()>,
    ) -> Checked<()> {
        self.repeated(name, (start, end, reversed), at, |s, index| body(s, index).map(|()| None))
    }

    /// The same, ended before its range is by the condition that the body returns.
    fn repeated(
        &mut self,
        name: Option<String>,
        (start, end, reversed): (Value, Value, bool),
        at: &dyn ToTokens,
        body: impl FnOnce(&mut Self, Value) -> Checked<Option<Value>>,
    ) -> Checked<()> {
        self.agree(start, end);
        let span = at.to_token_stream().span();
        let index = self.program.value(ScalarKind::Int, name, span);
        self.agree(index, start);
        let count = self.vars.len();
        let inits: Vec<Option<Value>> = self.vars.iter().map(|v| v.current).collect();
        let params: Vec<Option<Value>> =
            (0..count).map(|k| inits[k].map(|init| self.param(k, init))).collect();
        for (var, param) in self.vars.iter_mut().zip(&params) {
            var.current = *param;
        }
        let (result, body) = self.collected(|s| body(s, index));
        let mut carried = Vec::new();
        for k in 0..count {
            let (Some(init), Some(param)) = (inits[k], params[k]) else {
                self.vars[k].current = inits[k];
                continue;
            };
            match self.vars[k].current {
                Some(next) if self.resolved(next) != param => {
                    let result = self.param(k, init);
                    carried.push(Carried { param, init, next, result });
                    self.vars[k].current = Some(result);
                }
                _ => {
                    self.replaced.insert(param, init);
                    if let Some(n) = self.known(init) {
                        self.known.insert(param, n);
                    }
                    self.vars[k].current = Some(init);
                }
            }
        }
        let again = result.as_ref().ok().copied().flatten();
        self.push(Stmt::For(For { index, start, end, again, reversed, carried, body }));
        result.map(|_| ())
    }

    fn param(&mut self, var: usize, init: Value) -> Value {
        let info = self.program.info(init);
        let (kind, span) = (info.kind, info.span);
        let name = Some(self.vars[var].name.clone()).filter(|name| !name.is_empty());
        let value = self.program.value(kind, name, span);
        self.agree(value, init);
        value
    }

    /// What a value stands for after loop parameters that never change are seen through.
    pub(super) fn resolved(&self, mut value: Value) -> Value {
        while let Some(next) = self.replaced.get(&value) {
            value = *next;
        }
        value
    }

    /// A condition that holds while none of the flags is set; nothing if there are none.
    pub(super) fn no_flag(&mut self, flags: &[Var]) -> Option<Value> {
        let mut set: Option<Value> = None;
        for flag in flags {
            let Some(current) = self.vars[flag.0].current else { continue };
            set = Some(match set {
                None => current,
                Some(other) => self.define(ScalarKind::Bool, Op::Or(other, current), Span::call_site()),
            });
        }
        set.map(|set| self.define(ScalarKind::Bool, Op::Not(set), Span::call_site()))
    }

    /// The end of `start..=last`.
    pub(super) fn after(&mut self, last: Value, span: Span) -> Value {
        let one = self.int(1, span);
        self.int_op(IntOp::Add, last, one, span)
    }
}

/// The flags that end a loop, and the one that ends an iteration.
pub(super) struct Guard {
    ends: Vec<Var>,
    continued: Option<Var>,
}
