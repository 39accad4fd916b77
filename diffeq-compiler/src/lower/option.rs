//! `Some` and `None`: what `position`, `first`, `next` and their like return, and comparisons.

use quote::ToTokens;
use syn::Arm;
use syn::Expr;
use syn::ExprMethodCall;
use syn::ExprWhile;
use syn::Pat;
use syn::spanned::Spanned;
use syn::visit::Visit;

use super::Binding;
use super::Following;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::syntax::pat::is_certain;
use super::syntax::pat::some_pattern;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::TYPE_MISMATCH;
use crate::diagnostics::catalogue::UNKNOWN_METHOD;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;
use crate::parse::types::Annotation;

/// The methods of options.
const OPTION: &[&str] = &[
    "unwrap",
    "expect",
    "unwrap_or",
    "unwrap_or_else",
    "unwrap_or_default",
    "map",
    "map_or",
    "map_or_else",
    "is_some",
    "is_none",
    "is_some_and",
    "is_none_or",
    "and_then",
    "filter",
    "or",
    "or_else",
    "as_ref",
    "copied",
    "cloned",
];

impl<'a> Lowering<'a, '_> {
    /// A method of an option.
    pub(super) fn option_method(
        &mut self,
        some: Value,
        inner: Meaning<'a>,
        call: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        let span = call.span();
        match (call.method.to_string().as_str(), call.args.len()) {
            ("unwrap", 0) | ("expect", 1) => {
                self.insist(some, "called `unwrap` on a `None` value");
                self.unwrapped(some, inner, call)
            }
            ("unwrap_or", 1) => {
                let other = self.expr(&call.args[0])?;
                let there = |s: &mut Self| s.value(Self::pointee(inner), call);
                self.branch(some, call, there, |_| Ok(other))
            }
            ("unwrap_or_else", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| s.value(Self::pointee(inner), call);
                self.branch(some, call, there, |s| s.apply(function, Vec::new(), call))
            }
            ("unwrap_or_default", 0) => {
                let kind = self.kind(&inner).unwrap_or(ScalarKind::Real);
                let there = |s: &mut Self| s.value(Self::pointee(inner), call);
                self.branch(some, call, there, |s| {
                    Ok(Meaning::Scalar(match kind {
                        ScalarKind::Real => s.real(0.0, span),
                        ScalarKind::Int => s.int(0, span),
                        ScalarKind::Bool => s.truth(false, span),
                    }))
                })
            }
            ("map", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| s.apply(function, vec![inner], call);
                let inner = self.branch(some, call, there, |_| Ok(Meaning::Never))?;
                Ok(Meaning::Option(some, Box::new(inner)))
            }
            ("map_or", 2) => {
                let other = self.expr(&call.args[0])?;
                let function = self.callable(&call.args[1])?;
                let there = |s: &mut Self| s.apply(function, vec![inner], call);
                self.branch(some, call, there, |_| Ok(other))
            }
            ("map_or_else", 2) => {
                let (other, function) = (self.callable(&call.args[0])?, self.callable(&call.args[1])?);
                let there = |s: &mut Self| s.apply(function, vec![inner], call);
                self.branch(some, call, there, |s| s.apply(other, Vec::new(), call))
            }
            ("is_some", 0) => Ok(Meaning::Scalar(some)),
            ("is_none", 0) => Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Not(some), span))),
            ("is_some_and", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| s.apply(function, vec![inner], call);
                self.branch(some, call, there, |s| Ok(Meaning::Scalar(s.truth(false, span))))
            }
            ("is_none_or", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| s.apply(function, vec![inner], call);
                self.branch(some, call, there, |s| Ok(Meaning::Scalar(s.truth(true, span))))
            }
            ("as_ref" | "as_deref", 0) => Ok(Meaning::Option(some, Box::new(inner))),
            ("and_then", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| s.apply(function, vec![inner], call);
                self.branch(some, call, there, |s| Ok(s.none(call)))
            }
            ("filter", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| s.apply(function, vec![inner.clone()], call);
                let keeps = self.branch(some, call, there, |s| Ok(Meaning::Scalar(s.truth(false, span))))?;
                let keeps = self.scalar(keeps, ScalarKind::Bool, call)?;
                Ok(Meaning::Option(keeps, Box::new(inner)))
            }
            ("or", 1) => {
                let other = self.expr(&call.args[0])?;
                let there = |s: &mut Self| {
                    let yes = s.truth(true, span);
                    Ok(Meaning::Option(yes, Box::new(s.value(Self::pointee(inner), call)?)))
                };
                self.branch(some, call, there, |_| Ok(other))
            }
            ("or_else", 1) => {
                let function = self.callable(&call.args[0])?;
                let there = |s: &mut Self| {
                    let yes = s.truth(true, span);
                    Ok(Meaning::Option(yes, Box::new(s.value(Self::pointee(inner), call)?)))
                };
                self.branch(some, call, there, |s| s.apply(function, Vec::new(), call))
            }
            ("copied" | "cloned", 0) => Ok(Meaning::Option(some, Box::new(Self::pointee(inner)))),
            (name, _) => {
                let help = format!("an option has `{}`", OPTION.join("`, `"));
                Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, &help]))
            }
        }
    }

    /// What is in an option that must not be empty: a real is NaN otherwise, which tells the solver that the step failed;
    /// whatever else there is cannot be had, as in Rust.
    fn unwrapped(&mut self, some: Value, inner: Meaning<'a>, at: &dyn ToTokens) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        match inner {
            Meaning::Scalar(value) => match self.program.kind(value) {
                ScalarKind::Real => {
                    let nan = self.real(f64::NAN, span);
                    Ok(Meaning::Scalar(self.define(ScalarKind::Real, Op::Select(some, value, nan), span)))
                }
                ScalarKind::Int => {
                    // without an item this divides by zero
                    let [one, zero] = [1, 0].map(|n| self.int(n, span));
                    let there = self.define(ScalarKind::Int, Op::Select(some, one, zero), span);
                    let value = self.define(ScalarKind::Int, Op::IntOp(IntOp::Div, value, there), span);
                    Ok(Meaning::Scalar(value))
                }
                ScalarKind::Bool => Ok(Meaning::Scalar(value)),
            },
            Meaning::Tuple(parts) => {
                let parts = parts.into_iter().map(|part| self.unwrapped(some, part, at));
                parts.collect::<Checked<Vec<_>>>().map(Meaning::Tuple)
            }
            // an index out of range
            other => Ok(other),
        }
    }

    /// What a helper returned as an option: whether there is something, and what.
    pub(super) fn returned_option(&mut self, located: Located, at: &dyn ToTokens) -> Checked<Meaning<'a>> {
        let located = match located.hold {
            Hold::Fresh => self.aggregate(Meaning::Memory(located), Some(&Shape::Tuple(Vec::new())), at)?,
            _ => located,
        };
        let some = self.field_of(located.clone(), "0", at)?;
        let some = self.scalar(Meaning::Memory(some), ScalarKind::Bool, at)?;
        let inner = self.field_of(located, "1", at)?.into_place();
        Ok(Meaning::Option(some, Box::new(Meaning::Memory(inner))))
    }

    /// A variable that holds an option.
    pub(super) fn optional(
        &mut self,
        name: &str,
        some: Value,
        inner: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Binding<'a>> {
        let slots = match (&inner, self.following.last().copied()) {
            // What will be in it, by the first value that it is given.
            (Meaning::Never, Some(rest)) => {
                let mut given = Given { name, first: None };
                rest.visit(&mut given);
                match given.first {
                    Some(expr) => self.slots_of_syntax(expr),
                    None => self.slots_like(&inner),
                }
            }
            _ => self.slots_like(&inner),
        };
        let none = self.truth(false, at.to_token_stream().span());
        let there = self.var(name, Some(none));
        self.optionals.push((there, slots));
        let which = self.optionals.len() - 1;
        self.hold_option(which, Meaning::Option(some, Box::new(inner)), at)?;
        Ok(Binding::Optional(which))
    }

    /// The same where the type is written and nothing is known of what will be in it.
    pub(super) fn optional_of(&mut self, name: &str, some: Value, ty: &Annotation) -> Binding<'a> {
        let there = self.var(name, Some(some));
        let slots = self.slots_of(&ty.shape);
        self.optionals.push((there, slots));
        Binding::Optional(self.optionals.len() - 1)
    }

    /// `let mut best: Option<f64> = None;`: the type tells what will be in it.
    pub(super) fn typed_option(
        &mut self,
        pat: &Pat,
        meaning: Meaning<'a>,
        ty: &Annotation,
    ) -> Checked<Meaning<'a>> {
        match (pat, &meaning) {
            (Pat::Ident(ident), Meaning::Option(some, inner))
                if ty.option && ident.mutability.is_some() && matches!(**inner, Meaning::Never) =>
            {
                let none = *some;
                let Binding::Optional(which) = self.optional_of(&ident.ident.to_string(), none, ty) else {
                    return Ok(meaning);
                };
                Ok(Meaning::Optional(which))
            }
            _ => Ok(meaning),
        }
    }

    /// What a variable holds now.
    pub(super) fn held_option(&mut self, which: usize, at: &dyn ToTokens) -> Checked<Meaning<'a>> {
        let there = self.optionals[which].0;
        let some = self.current(there, at)?;
        Self::settle(&mut self.optionals[which].1);
        let inner = self.stored(&self.optionals[which].1.clone());
        let inner = self.value(inner, at)?;
        Ok(Meaning::Option(some, Box::new(inner)))
    }

    /// Gives a variable that holds an option another one.
    pub(super) fn hold_option(
        &mut self,
        which: usize,
        meaning: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<()> {
        let Meaning::Option(some, inner) = meaning else {
            let words = ["this", "an option"];
            return Err(self.error(at, &TYPE_MISMATCH, &words));
        };
        let (there, mut slots) = self.optionals[which].clone();
        if !matches!(*inner, Meaning::Never) {
            // What is inside is read where something is inside.
            let put = |s: &mut Self| {
                let inner = s.value(Self::pointee(*inner), at)?;
                let what = ["an option of this", "keep numbers, arrays or structs in it"];
                s.put(&mut slots, inner, at, what).map(|()| Meaning::Unit)
            };
            self.branch(some, at, put, |_| Ok(Meaning::Unit))?;
            self.optionals[which].1 = slots;
        }
        self.set(there, some);
        Ok(())
    }

    /// `a.total_cmp(&b)`, `a.partial_cmp(&b)`, `a.cmp(&b)`.
    pub(super) fn compared(
        &mut self,
        method: &str,
        a: Meaning<'a>,
        b: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        let kind = self.kind(&a).or_else(|| self.kind(&b)).unwrap_or(ScalarKind::Real);
        let (a, b) = (self.scalar(a, kind, at)?, self.scalar(b, kind, at)?);
        let mut test = |op: Op| self.define(ScalarKind::Bool, op, span);
        let (mut less, mut greater) = (test(Op::Cmp(CmpOp::Lt, a, b)), test(Op::Cmp(CmpOp::Gt, a, b)));
        if kind == ScalarKind::Real && method == "total_cmp" {
            // NaN is above all numbers.
            let (a_nan, b_nan) = (test(Op::Test("is_nan", a)), test(Op::Test("is_nan", b)));
            let (a_number, b_number) = (test(Op::Not(a_nan)), test(Op::Not(b_nan)));
            let (a_first, b_first) = (test(Op::And(a_number, b_nan)), test(Op::And(b_number, a_nan)));
            less = test(Op::Or(less, a_first));
            greater = test(Op::Or(greater, b_first));
        }
        match (kind, method) {
            (ScalarKind::Real, "total_cmp") | (ScalarKind::Int, "cmp") => {
                Ok(Meaning::Ordering(less, greater))
            }
            (ScalarKind::Real, "partial_cmp") => {
                let equal = test(Op::Cmp(CmpOp::Eq, a, b));
                let apart = test(Op::Or(less, greater));
                let some = test(Op::Or(apart, equal));
                Ok(Meaning::Option(some, Box::new(Meaning::Ordering(less, greater))))
            }
            (ScalarKind::Int, "partial_cmp") => {
                let some = test(Op::Bool(true));
                Ok(Meaning::Option(some, Box::new(Meaning::Ordering(less, greater))))
            }
            _ => {
                let help = "reals are ordered by `total_cmp` or `partial_cmp`, integers by `cmp`";
                Err(self.error(at, &UNKNOWN_METHOD, &[method, help]))
            }
        }
    }

    /// A method of what a comparison found.
    pub(super) fn ordering_method(
        &mut self,
        (less, greater): (Value, Value),
        call: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        let span = call.span();
        let not = |s: &mut Self, v| Meaning::Scalar(s.define(ScalarKind::Bool, Op::Not(v), span));
        match (call.method.to_string().as_str(), call.args.len()) {
            ("reverse", 0) => Ok(Meaning::Ordering(greater, less)),
            ("is_lt", 0) => Ok(Meaning::Scalar(less)),
            ("is_gt", 0) => Ok(Meaning::Scalar(greater)),
            ("is_le", 0) => Ok(not(self, greater)),
            ("is_ge", 0) => Ok(not(self, less)),
            (name, _) => {
                let help = "compare numbers: `if a < b { .. }`";
                Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, help]))
            }
        }
    }

    /// The arms of a `match` on an option.
    pub(super) fn option_arms(
        &mut self,
        (some, inner): (Value, &Meaning<'a>),
        arms: &'a [Arm],
        target: Target,
    ) -> Checked<Meaning<'a>> {
        let Some((arm, rest)) = arms.split_first() else { return Ok(Meaning::Never) };
        let (pat, guard) = match &arm.pat {
            Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
            pat => (pat, None),
        };
        let parent = self.scope;
        let other = target.clone();
        let rest = |s: &mut Self| s.option_arms((some, inner), rest, other);
        let body = |s: &mut Self| s.expr_to(&arm.body, target);
        if is_never_inside(pat, inner) {
            return rest(self);
        }
        if let Some(part) = some_pattern(pat) {
            // What is inside is looked at where something is inside.
            return self.branch(
                some,
                arm,
                |s| {
                    s.scoped(parent, |s| {
                        let fails = !is_certain(part);
                        let part_value = if fails { s.inside(part, inner)? } else { inner.clone() };
                        let holds = if fails { s.pattern_holds(part, &part_value)? } else { None };
                        let bound = if fails {
                            s.bind_matched(part, &part_value, &arm.body)
                        } else {
                            s.bind(part, part_value, part)
                        };
                        bound?;
                        let guard = guard.map(|guard| s.scalar_expr(guard, ScalarKind::Bool)).transpose()?;
                        let cond = match (holds, guard) {
                            (Some(a), Some(b)) => {
                                Some(s.define(ScalarKind::Bool, Op::And(a, b), part.span()))
                            }
                            (one, other) => one.or(other),
                        };
                        match cond {
                            None => body(s),
                            Some(cond) => s.branch(cond, arm, body, |s| s.scoped(parent, rest.clone())),
                        }
                    })
                },
                |s| s.scoped(parent, rest.clone()),
            );
        }
        // `other => ..`
        if let (Pat::Ident(ident), None) = (pat, guard)
            && is_certain(pat)
        {
            let name = ident.ident.to_string();
            return self.scoped(parent, |s| {
                let whole = Meaning::Option(some, Box::new(inner.clone()));
                let binding = s.bound(&name, whole, ident.mutability.is_some(), pat)?;
                s.bind_name(&name, binding);
                body(s)
            });
        }
        let none = matches!(pat, Pat::Ident(ident) if ident.ident == "None");
        let guard = guard.map(|guard| self.scalar_expr(guard, ScalarKind::Bool)).transpose()?;
        let cond = match (none, guard) {
            (false, guard) if matches!(pat, Pat::Wild(_)) => guard,
            (true, guard) => {
                let none = self.define(ScalarKind::Bool, Op::Not(some), pat.span());
                Some(match guard {
                    Some(guard) => self.define(ScalarKind::Bool, Op::And(none, guard), pat.span()),
                    None => none,
                })
            }
            _ => {
                return Err(self.error(
                    pat,
                    &UNSUPPORTED_PATTERN,
                    &["an option is `Some(x)`, `None` or `_`"],
                ));
            }
        };
        match cond {
            None => body(self),
            Some(cond) => self.branch(cond, arm, body, rest),
        }
    }

    /// `while let Some(x) = it.next() { .. }`
    pub(super) fn while_some(&mut self, l: &'a ExprWhile, pattern: &'a syn::ExprLet) -> Checked<()> {
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        let Some(inner) = some_pattern(&pattern.pat) else {
            // Any other is written as a loop by now.
            return Err(crate::diagnostics::Reported);
        };
        self.with_exits(label, &l.body, |s, guard| {
            s.until(guard, &l.while_token, |s| {
                let meaning = match s.expr(&pattern.expr)? {
                    Meaning::Memory(located) if matches!(located.shape, Shape::Unknown) => {
                        s.returned_option(located, pattern)?
                    }
                    other => other,
                };
                let Meaning::Option(some, item) = meaning else {
                    let help = "ask for an option: `while let Some(x) = it.next() { .. }`";
                    return Err(s.error(pattern, &UNSUPPORTED_PATTERN, &[help]));
                };
                let parent = s.scope;
                let body = |s: &mut Self| {
                    s.scoped(parent, |s| {
                        s.following.push(Following::Stmts(&l.body.stmts));
                        let bound = s.bind(inner, *item, inner);
                        s.following.pop();
                        bound?;
                        s.block(&l.body, Target::Value).map(|_| Meaning::Unit)
                    })
                };
                s.branch(some, l, body, |_| Ok(Meaning::Unit))?;
                Ok(Some(some))
            })
        })
    }

    /// `Some(x)`
    pub(super) fn some(&mut self, inner: Meaning<'a>, at: &dyn ToTokens) -> Meaning<'a> {
        let some = self.truth(true, at.to_token_stream().span());
        Meaning::Option(some, Box::new(inner))
    }

    /// `None`
    pub(super) fn none(&mut self, at: &dyn ToTokens) -> Meaning<'a> {
        let some = self.truth(false, at.to_token_stream().span());
        Meaning::Option(some, Box::new(Meaning::Never))
    }
}

/// Whether a pattern looks into an option that is known to be empty.
pub(super) fn is_never(pat: &Pat, meaning: &Meaning) -> bool {
    matches!(meaning, Meaning::Option(_, inner) if is_never_inside(pat, inner))
}

fn is_never_inside(pat: &Pat, inner: &Meaning) -> bool {
    matches!(inner, Meaning::Never) && some_pattern(pat).is_some()
}

/// Whether only options have a method of this name.
pub(super) fn is_of_option(name: &str) -> bool {
    OPTION.contains(&name) && !matches!(name, "map" | "filter" | "copied" | "cloned" | "as_ref" | "or")
}

/// The first `x` in `name = Some(x)`.
struct Given<'n, 'a> {
    name: &'n str,
    first: Option<&'a Expr>,
}

impl<'a> Visit<'a> for Given<'_, 'a> {
    fn visit_expr_assign(&mut self, assign: &'a syn::ExprAssign) {
        let named = matches!(&*assign.left, Expr::Path(path) if path.path.is_ident(self.name));
        if named && self.first.is_none() {
            let mut inside = Inside(None);
            inside.visit_expr(&assign.right);
            self.first = inside.0;
        }
        syn::visit::visit_expr_assign(self, assign);
    }
}

/// The first `x` in `Some(x)`.
struct Inside<'a>(Option<&'a Expr>);

impl<'a> Visit<'a> for Inside<'a> {
    fn visit_expr_call(&mut self, call: &'a syn::ExprCall) {
        let some = matches!(&*call.func, Expr::Path(path) if path.path.is_ident("Some"));
        if some && self.0.is_none() {
            self.0 = call.args.first();
        }
        syn::visit::visit_expr_call(self, call);
    }
}

/// How the parts of a borrowed place are held.
pub(super) fn lent(hold: Hold, mutable: bool) -> Hold {
    match (hold, mutable) {
        (_, true) => Hold::Mutable,
        (_, false) => Hold::Reference,
    }
}
