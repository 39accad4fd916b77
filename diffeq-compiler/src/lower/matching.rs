//! `match` on numbers, conditions, arrays, structs, tuples of them, and on enums.

use syn::Arm;
use syn::Expr;
use syn::ExprMatch;
use syn::Pat;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::syntax::pat::has_parts;
use super::syntax::pat::is_certain;
use super::syntax::pat::is_of_option;
use super::syntax::pat::kind_of;
use super::syntax::pat::names_variant;
use super::syntax::pat::parts_of;
use super::syntax::pat::some_pattern;
use crate::diagnostics::Checked;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;

impl<'a> Lowering<'a, '_> {
    /// `match scrutinee { arms }`
    pub(super) fn match_expr(&mut self, choice: &'a ExprMatch, target: Target) -> Checked<Meaning<'a>> {
        let pats: Vec<&Pat> = choice.arms.iter().map(|arm| super::syntax::pat::unguarded(&arm.pat)).collect();
        let scrutinee = self.expr(&choice.expr)?;
        let scrutinee = self.as_option(scrutinee, &pats, &choice.expr)?;
        self.unless_left(&choice.expr, |s| {
            if let Meaning::Option(some, inner) = scrutinee {
                return s.option_arms((some, &inner), &choice.arms, target);
            }
            let scrutinee = s.matchable(scrutinee, &pats, &choice.expr)?;
            s.arms(&scrutinee, &choice.arms, target)
        })
    }

    /// The value that is looked at; what it is, where nothing else tells, its patterns do.
    pub(super) fn matchable(
        &mut self,
        meaning: Meaning<'a>,
        pats: &[&Pat],
        at: &Expr,
    ) -> Checked<Meaning<'a>> {
        let meaning = self.as_option(meaning, pats, at)?;
        let open = self.is_open(&meaning);
        match meaning {
            Meaning::Tuple(parts) => {
                let parts = parts.into_iter().enumerate().map(|(k, part)| {
                    let inner: Vec<&Pat> = pats.iter().flat_map(|pat| parts_of(pat, k)).collect();
                    self.matchable(part, &inner, at)
                });
                parts.collect::<Checked<_>>().map(Meaning::Tuple)
            }
            Meaning::Scalar(_) | Meaning::Ordering(..) => Ok(meaning),
            // What is lent to be changed is bound as it is.
            meaning if meaning.is_lent() => Ok(meaning),
            Meaning::Option(some, inner) if pats.iter().any(|pat| is_of_option(pat)) => {
                let inner_pats: Vec<&Pat> = pats.iter().filter_map(|pat| some_pattern(pat)).collect();
                let inner = match *inner {
                    // What is inside is looked at where something is inside.
                    inner if inner_pats.iter().all(|pat| is_certain(pat)) => inner,
                    inner @ Meaning::Tuple(_) => self.matchable(inner, &inner_pats, at)?,
                    inner => inner,
                };
                Ok(Meaning::Option(some, Box::new(inner)))
            }
            meaning if open && pats.iter().any(|pat| names_variant(pat)) => {
                match self.as_opaque(&meaning, at) {
                    Some(located) => {
                        Ok(Meaning::Memory(Located { shape: Shape::Plain(Default::default()), ..located }))
                    }
                    None => self.scalar(meaning, ScalarKind::Int, at).map(Meaning::Scalar),
                }
            }
            Meaning::Memory(located) if matches!(located.shape, Shape::Plain(_)) => {
                Ok(Meaning::Memory(located))
            }
            Meaning::View(view) => Ok(Meaning::View(view)),
            meaning @ Meaning::Memory(_) if pats.iter().any(|pat| has_parts(pat)) => {
                self.aggregate(meaning, None, at).map(Meaning::Memory)
            }
            meaning => {
                let told = pats.iter().find_map(|pat| kind_of(pat));
                let kind = match self.kind(&meaning) {
                    Some(kind) if !matches!(&meaning, Meaning::Memory(_)) => kind,
                    Some(kind) => told.unwrap_or(kind),
                    None => told.unwrap_or(ScalarKind::Int),
                };
                self.scalar(meaning, kind, at).map(Meaning::Scalar)
            }
        }
    }

    /// What a helper returned is an option, since it is matched as one.
    fn as_option(&mut self, meaning: Meaning<'a>, pats: &[&Pat], at: &Expr) -> Checked<Meaning<'a>> {
        match meaning {
            Meaning::Memory(located)
                if matches!(located.shape, Shape::Unknown)
                    && !self.is_constant(&located)
                    && pats.iter().any(|pat| is_of_option(pat)) =>
            {
                self.returned_option(located, at)
            }
            other => Ok(other),
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
                s.bind_matched(pat, scrutinee, &arm.body)?;
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
                Some(self.scalar(both, ScalarKind::Bool, guard)?)
            }
        };
        match cond {
            None => body(self),
            Some(cond) => self.branch(cond, arm, body, |s| s.arms(scrutinee, rest, target)),
        }
    }

    /// What is in an option, as a pattern that can fail looks at it.
    pub(super) fn inside(&mut self, part: &Pat, inner: &Meaning<'a>) -> Checked<Meaning<'a>> {
        if let Meaning::Memory(located) = inner
            && located.hold == Hold::Mutable
            && !matches!(located.shape, Shape::Scalar(_))
        {
            return Ok(inner.clone());
        }
        let inner = self.value(Self::pointee(inner.clone()), part)?;
        match inner {
            Meaning::Memory(located) => self.matched_part(located, part),
            other => Ok(other),
        }
    }

    fn guard(&mut self, pat: &'a Pat, scrutinee: &Meaning<'a>, guard: &'a Expr) -> Checked<Value> {
        let parent = self.scope;
        self.scoped(parent, |s| {
            s.bind_matched(pat, scrutinee, guard)?;
            s.scalar_expr(guard, ScalarKind::Bool)
        })
    }
}

impl<'a> Lowering<'a, '_> {}
