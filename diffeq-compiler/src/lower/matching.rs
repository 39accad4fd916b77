//! `match` on integers, conditions, and tuples of them.

use quote::ToTokens;
use syn::Arm;
use syn::Expr;
use syn::ExprMatch;
use syn::Pat;
use syn::RangeLimits;
use syn::spanned::Spanned;

use super::Lowering;
use super::Meaning;
use super::Target;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::MATCH_ON_REAL;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::CmpOp;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Value;

impl<'a> Lowering<'a, '_> {
    /// `match scrutinee { arms }`
    pub(super) fn match_expr(&mut self, choice: &'a ExprMatch, target: Target) -> Checked<Meaning<'a>> {
        let scrutinee = self.expr(&choice.expr)?;
        if let Meaning::Option(some, inner) = scrutinee {
            return self.option_arms((some, &inner), &choice.arms, target);
        }
        let scrutinee = self.matchable(scrutinee, &choice.expr)?;
        self.arms(&scrutinee, &choice.arms, target)
    }

    fn matchable(&mut self, meaning: Meaning<'a>, at: &Expr) -> Checked<Meaning<'a>> {
        match meaning {
            Meaning::Tuple(parts) => {
                let parts: Checked<Vec<_>> = parts.into_iter().map(|part| self.matchable(part, at)).collect();
                parts.map(Meaning::Tuple)
            }
            Meaning::Const(path) => self.scalar(Meaning::Const(path), Kind::Int, at).map(Meaning::Scalar),
            Meaning::Scalar(value) if self.program.kind(value) != Kind::Real => Ok(Meaning::Scalar(value)),
            _ => Err(self.error(at, &MATCH_ON_REAL, &[])),
        }
    }

    /// The arms one after the other; the last one needs no condition, since rustc knows the list to be complete.
    fn arms(&mut self, scrutinee: &Meaning<'a>, arms: &'a [Arm], target: Target) -> Checked<Meaning<'a>> {
        let Some((arm, rest)) = arms.split_first() else { return Ok(Meaning::Never) };
        let (pat, guard) = match &arm.pat {
            Pat::Guard(guarded) => (&*guarded.pat, Some(&*guarded.guard)),
            pat => (pat, None),
        };
        let parent = self.scope;
        let cond = self.pattern_holds(pat, scrutinee)?;
        let cond = if rest.is_empty() && guard.is_none() { None } else { cond };
        let body_target = target.clone();
        let body = |s: &mut Self| {
            s.scoped(parent, |s| {
                s.bind_matched(pat, scrutinee)?;
                s.expr_to(&arm.body, body_target)
            })
        };
        let cond = match (cond, guard) {
            (cond, None) => cond,
            (None, Some(guard)) => Some(self.guard(pat, scrutinee, guard)?),
            (Some(cond), Some(guard)) => {
                // The guard is looked at where the pattern holds alone.
                let both = self.branch(
                    cond,
                    arm,
                    |s| s.guard(pat, scrutinee, guard).map(Meaning::Scalar),
                    |s| Ok(Meaning::Scalar(s.truth(false, arm.span()))),
                )?;
                Some(self.scalar(both, Kind::Bool, guard)?)
            }
        };
        match cond {
            None => body(self),
            Some(cond) => self.branch(cond, arm, body, |s| s.arms(scrutinee, rest, target)),
        }
    }

    fn guard(&mut self, pat: &'a Pat, scrutinee: &Meaning<'a>, guard: &'a Expr) -> Checked<Value> {
        let parent = self.scope;
        self.scoped(parent, |s| {
            s.bind_matched(pat, scrutinee)?;
            s.scalar_expr(guard, Kind::Bool)
        })
    }

    /// The arms of a `match` on an option.
    fn option_arms(
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
        if let Some(part) = super::option::some_pattern(pat) {
            // What is inside is looked at where something is inside.
            return self.branch(
                some,
                arm,
                |s| {
                    s.scoped(parent, |s| {
                        let fails = !super::option::is_certain(part);
                        let part_value =
                            if fails { s.value(Self::pointee(inner.clone()), part)? } else { inner.clone() };
                        let holds = if fails { s.pattern_holds(part, &part_value)? } else { None };
                        let bound = if fails {
                            s.bind_matched(part, &part_value)
                        } else {
                            s.bind(part, part_value, part)
                        };
                        bound?;
                        let guard = guard.map(|guard| s.scalar_expr(guard, Kind::Bool)).transpose()?;
                        let cond = match (holds, guard) {
                            (Some(a), Some(b)) => Some(s.define(Kind::Bool, Op::And(a, b), part.span())),
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
        let none = matches!(pat, Pat::Ident(ident) if ident.ident == "None");
        let guard = guard.map(|guard| self.scalar_expr(guard, Kind::Bool)).transpose()?;
        let cond = match (none, guard) {
            (false, guard) if matches!(pat, Pat::Wild(_)) => guard,
            (true, guard) => {
                let none = self.define(Kind::Bool, Op::Not(some), pat.span());
                Some(match guard {
                    Some(guard) => self.define(Kind::Bool, Op::And(none, guard), pat.span()),
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

    /// The condition under which a pattern holds; nothing if it always does.
    fn pattern_holds(&mut self, pat: &'a Pat, meaning: &Meaning<'a>) -> Checked<Option<Value>> {
        let span = pat.span();
        match (pat, meaning) {
            (Pat::Wild(_) | Pat::Rest(_), _) => Ok(None),
            (Pat::Paren(inner), _) => self.pattern_holds(&inner.pat, meaning),
            (Pat::Ident(ident), Meaning::Scalar(value)) => {
                if let Some((_, sub)) = &ident.subpat {
                    return self.pattern_holds(sub, meaning);
                }
                // A name in capitals is a constant, as rustc reads it where there is one.
                let name = ident.ident.to_string();
                if name.chars().any(char::is_lowercase) {
                    return Ok(None);
                }
                let path = ident.ident.to_token_stream();
                let other = self.scalar(Meaning::Const(path), self.program.kind(*value), pat)?;
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Lit(lit), Meaning::Scalar(value)) => {
                let other = match &lit.lit {
                    syn::Lit::Bool(b) => {
                        let value = *value;
                        return Ok(Some(if b.value {
                            value
                        } else {
                            self.define(Kind::Bool, Op::Not(value), span)
                        }));
                    }
                    syn::Lit::Int(n) => self.int(n.base10_parse().unwrap_or_default(), span),
                    _ => return Err(self.error(pat, &UNSUPPORTED_PATTERN, &[ALLOWED])),
                };
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Path(path), Meaning::Scalar(value)) => {
                let kind = self.program.kind(*value);
                let other = self.scalar(Meaning::Const(path.to_token_stream()), kind, pat)?;
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Range(range), Meaning::Scalar(value)) => {
                let low = match &range.start {
                    Some(start) => {
                        let start = self.int_expr(start)?;
                        Some(self.compare(CmpOp::Ge, *value, start, span))
                    }
                    None => None,
                };
                let high = match &range.end {
                    Some(end) => {
                        let end = self.int_expr(end)?;
                        let op = if matches!(range.limits, RangeLimits::Closed(_)) {
                            CmpOp::Le
                        } else {
                            CmpOp::Lt
                        };
                        Some(self.compare(op, *value, end, span))
                    }
                    None => None,
                };
                Ok(match (low, high) {
                    (Some(a), Some(b)) => Some(self.define(Kind::Bool, Op::And(a, b), span)),
                    (one, other) => one.or(other),
                })
            }
            (Pat::Or(or), _) => {
                let mut any: Option<Value> = None;
                for case in &or.cases {
                    let Some(holds) = self.pattern_holds(case, meaning)? else { return Ok(None) };
                    any = Some(match any {
                        None => holds,
                        Some(other) => self.define(Kind::Bool, Op::Or(other, holds), span),
                    });
                }
                Ok(any)
            }
            (Pat::Tuple(tuple), Meaning::Tuple(parts)) if tuple.elems.len() == parts.len() => {
                let mut all: Option<Value> = None;
                for (pat, part) in tuple.elems.iter().zip(parts) {
                    let Some(holds) = self.pattern_holds(pat, part)? else { continue };
                    all = Some(match all {
                        None => holds,
                        Some(other) => self.define(Kind::Bool, Op::And(other, holds), span),
                    });
                }
                Ok(all)
            }
            _ => Err(self.error(pat, &UNSUPPORTED_PATTERN, &[ALLOWED])),
        }
    }

    fn compare(&mut self, op: CmpOp, a: Value, b: Value, span: proc_macro2::Span) -> Value {
        self.agree(a, b);
        self.define(Kind::Bool, Op::Cmp(op, a, b), span)
    }

    fn bind_matched(&mut self, pat: &'a Pat, meaning: &Meaning<'a>) -> Checked<()> {
        match (pat, meaning) {
            (Pat::Ident(ident), Meaning::Scalar(value)) => {
                let name = ident.ident.to_string();
                if name.chars().any(char::is_lowercase) {
                    let var = self.var(&name, Some(*value));
                    self.bind_name(&name, super::Binding::Var(var));
                }
                Ok(())
            }
            (Pat::Paren(inner), _) => self.bind_matched(&inner.pat, meaning),
            (Pat::Tuple(tuple), Meaning::Tuple(parts)) => {
                tuple.elems.iter().zip(parts).try_for_each(|(pat, part)| self.bind_matched(pat, part))
            }
            _ => Ok(()),
        }
    }
}

const ALLOWED: &str = "integers, ranges `1..=3`, alternatives `1 | 2`, names and `_` can be matched";
