//! `match` on numbers, conditions, arrays, structs, tuples of them, and on enums.

use quote::ToTokens;
use syn::Arm;
use syn::Expr;
use syn::ExprMatch;
use syn::Lit;
use syn::Member;
use syn::Pat;
use syn::PatRange;
use syn::RangeLimits;
use syn::spanned::Spanned;

use super::Following;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::View;
use super::syntax::pat::binds;
use super::syntax::pat::bound_names;
use super::syntax::pat::has_parts;
use super::syntax::pat::is_certain;
use super::syntax::pat::is_of_option;
use super::syntax::pat::is_rest;
use super::syntax::pat::kind_of;
use super::syntax::pat::names_constant;
use super::syntax::pat::names_variant;
use super::syntax::pat::parts_of;
use super::syntax::pat::some_pattern;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;

impl<'a> Lowering<'a, '_> {
    /// `match scrutinee { arms }`
    pub(super) fn match_expr(&mut self, choice: &'a ExprMatch, target: Target) -> Checked<Meaning<'a>> {
        let pats: Vec<&Pat> = choice.arms.iter().map(|arm| super::syntax::pat::unguarded(&arm.pat)).collect();
        let scrutinee = self.expr(&choice.expr)?;
        let scrutinee = self.as_option(scrutinee, &pats, &choice.expr)?;
        if let Meaning::Option(some, inner) = scrutinee {
            return self.option_arms((some, &inner), &choice.arms, target);
        }
        let scrutinee = self.matchable(scrutinee, &pats, &choice.expr)?;
        self.arms(&scrutinee, &choice.arms, target)
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
            meaning if is_lent(&meaning) => Ok(meaning),
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

    /// The condition under which a pattern holds; nothing if it always does.
    pub(super) fn pattern_holds(&mut self, pat: &'a Pat, meaning: &Meaning<'a>) -> Checked<Option<Value>> {
        let span = pat.span();
        if is_lent(meaning) && matches!(pat, Pat::Lit(_) | Pat::Range(_) | Pat::Path(_)) {
            let now = self.any_scalar(meaning.clone(), pat)?;
            return self.pattern_holds(pat, &Meaning::Scalar(now));
        }
        match (pat, meaning) {
            (Pat::Ident(ident), Meaning::Option(some, _)) if ident.ident == "None" => {
                Ok(Some(self.define(ScalarKind::Bool, Op::Not(*some), span)))
            }
            (_, Meaning::Option(some, inner)) if let Some(part) = some_pattern(pat) => {
                if is_certain(part) {
                    return Ok(Some(*some));
                }
                let inside = |s: &mut Self| {
                    let inner = s.inside(part, inner)?;
                    Ok(Meaning::Scalar(match s.pattern_holds(part, &inner)? {
                        Some(holds) => holds,
                        None => s.truth(true, span),
                    }))
                };
                let holds = self.branch(*some, pat, inside, |s| Ok(Meaning::Scalar(s.truth(false, span))))?;
                self.scalar(holds, ScalarKind::Bool, pat).map(Some)
            }
            (Pat::Wild(_) | Pat::Rest(_), _) => Ok(None),
            (Pat::Paren(inner), _) => self.pattern_holds(&inner.pat, meaning),
            (Pat::Reference(inner), _) => self.pattern_holds(&inner.pat, meaning),
            (Pat::Ident(ident), Meaning::Memory(located)) if is_plain(located) => match &ident.subpat {
                Some((_, sub)) => self.pattern_holds(sub, meaning),
                None if names_variant(pat) || names_constant(&ident.ident) => {
                    Ok(Some(self.has_form(located, pat)))
                }
                None => Ok(None),
            },
            (_, Meaning::Memory(located)) if is_plain(located) => Ok(Some(self.has_form(located, pat))),
            (Pat::Ident(ident), Meaning::Ordering(less, greater))
                if matches!(&*ident.ident.to_string(), "Less" | "Greater" | "Equal") =>
            {
                Ok(Some(match ident.ident.to_string().as_str() {
                    "Less" => *less,
                    "Greater" => *greater,
                    _ => {
                        let apart = self.define(ScalarKind::Bool, Op::Or(*less, *greater), span);
                        self.define(ScalarKind::Bool, Op::Not(apart), span)
                    }
                }))
            }
            (Pat::Ident(ident), _) => {
                if let Some((_, sub)) = &ident.subpat {
                    return self.pattern_holds(sub, meaning);
                }
                // A name in capitals is a constant, as rustc reads it where there is one.
                match meaning {
                    Meaning::Scalar(value) if names_constant(&ident.ident) => {
                        let path = self.meaning_of_constant(&ident.ident);
                        let other = self.scalar(path, self.program.kind(*value), pat)?;
                        Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
                    }
                    _ => Ok(None),
                }
            }
            (Pat::Lit(lit), Meaning::Scalar(value)) => {
                if let Lit::Bool(truth) = &lit.lit {
                    if self.program.kind(*value) != ScalarKind::Bool {
                        let words = ["a condition", "compare with a number"];
                        return Err(self.error(pat, &NOT_A_NUMBER, &words));
                    }
                    let value = *value;
                    return Ok(Some(match truth.value {
                        true => value,
                        false => self.define(ScalarKind::Bool, Op::Not(value), span),
                    }));
                }
                let other = self.literal(lit)?;
                let other = self.scalar(other, self.program.kind(*value), pat)?;
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Path(path), Meaning::Ordering(less, greater)) => {
                let name = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
                Ok(Some(match name.as_str() {
                    "Less" => *less,
                    "Greater" => *greater,
                    _ => {
                        let apart = self.define(ScalarKind::Bool, Op::Or(*less, *greater), span);
                        self.define(ScalarKind::Bool, Op::Not(apart), span)
                    }
                }))
            }
            (Pat::Path(path), Meaning::Scalar(value)) => {
                let kind = self.program.kind(*value);
                let other = self.scalar(Meaning::Const(path.to_token_stream()), kind, pat)?;
                Ok(Some(self.compare(CmpOp::Eq, *value, other, span)))
            }
            (Pat::Range(range), Meaning::Scalar(value)) => self.in_range(range, *value),
            (Pat::Or(or), _) => {
                let mut any: Option<Value> = None;
                for case in &or.cases {
                    let Some(holds) = self.pattern_holds(case, meaning)? else { return Ok(None) };
                    any = Some(match any {
                        None => holds,
                        Some(other) => self.define(ScalarKind::Bool, Op::Or(other, holds), span),
                    });
                }
                Ok(any)
            }
            (Pat::Slice(slice), meaning) if let Some(view) = self.of_any_length(meaning, pat) => {
                self.slice_holds(slice, &view, pat)
            }
            (Pat::Tuple(_) | Pat::Slice(_) | Pat::Struct(_), _) => {
                let mut all: Option<Value> = None;
                for (pat, part) in self.matched_parts(pat, meaning)? {
                    let Some(holds) = self.pattern_holds(pat, &part)? else { continue };
                    all = Some(match all {
                        None => holds,
                        Some(other) => self.define(ScalarKind::Bool, Op::And(other, holds), span),
                    });
                }
                Ok(all)
            }
            _ => Err(self.error(pat, &UNSUPPORTED_PATTERN, &[ALLOWED])),
        }
    }

    /// `low..=high`, of integers or of reals.
    fn in_range(&mut self, range: &'a PatRange, value: Value) -> Checked<Option<Value>> {
        let (span, kind) = (range.span(), self.program.kind(value));
        let low = match &range.start {
            Some(start) => {
                let start = self.scalar_expr(start, kind)?;
                Some(self.compare(CmpOp::Ge, value, start, span))
            }
            None => None,
        };
        let high = match &range.end {
            Some(end) => {
                let end = self.scalar_expr(end, kind)?;
                let closed = matches!(range.limits, RangeLimits::Closed(_));
                Some(self.compare(if closed { CmpOp::Le } else { CmpOp::Lt }, value, end, span))
            }
            None => None,
        };
        Ok(match (low, high) {
            (Some(a), Some(b)) => Some(self.define(ScalarKind::Bool, Op::And(a, b), span)),
            (one, other) => one.or(other),
        })
    }

    /// The parts of a value beside the patterns that they are matched with.
    fn matched_parts(&mut self, pat: &'a Pat, meaning: &Meaning<'a>) -> Checked<Vec<(&'a Pat, Meaning<'a>)>> {
        let mut parts = Vec::new();
        match (pat, meaning) {
            (Pat::Tuple(tuple), Meaning::Tuple(values)) => {
                let numbers = self.numbers(tuple.elems.iter(), Some(values.len()), pat)?;
                for (pat, number) in numbers {
                    parts.push((pat, values[number].clone()));
                }
            }
            (Pat::Tuple(tuple), Meaning::Memory(located)) => {
                for (pat, number) in self.numbers(tuple.elems.iter(), None, pat)? {
                    let part = self.field_of(located.clone(), &number.to_string(), pat)?;
                    parts.push((pat, self.matched_part(part, pat)?));
                }
            }
            (Pat::Slice(slice), Meaning::Memory(located)) => {
                let length = match &located.shape {
                    Shape::Array(_, Len::Lit(n)) => Some(*n),
                    Shape::Array(..) | Shape::Struct(_) | Shape::Unknown => None,
                    // A pattern of a slice can fail by its length.
                    _ => return Err(self.error(pat, &UNSUPPORTED_PATTERN, &[ALLOWED])),
                };
                for (pat, number) in self.numbers(slice.elems.iter(), length, pat)? {
                    let index = self.index_literal(number, pat.span());
                    let part = self.element(located.clone(), index, pat)?;
                    parts.push((pat, self.matched_part(part, pat)?));
                }
            }
            (Pat::Struct(fields), Meaning::Memory(located)) => {
                for field in &fields.fields {
                    let name = match &field.member {
                        Member::Named(ident) => ident.to_string(),
                        Member::Unnamed(index) => index.index.to_string(),
                    };
                    let part = self.field_of(located.clone(), &name, &field.member)?;
                    parts.push((&*field.pat, self.matched_part(part, &field.pat)?));
                }
            }
            _ => return Err(self.error(pat, &UNSUPPORTED_PATTERN, &[ALLOWED])),
        }
        Ok(parts)
    }

    /// A slice, whose length only the run knows: its pattern can fail.
    fn of_any_length(&mut self, meaning: &Meaning<'a>, at: &Pat) -> Option<View> {
        match meaning {
            Meaning::View(view) => Some(view.clone()),
            Meaning::Memory(located) if matches!(located.shape, Shape::Slice(_)) => {
                Some(self.whole(located.clone(), at.span()))
            }
            _ => None,
        }
    }

    /// The elements that the parts of a pattern are for, counted from the end after `..`; and what `..` stands for.
    #[allow(clippy::type_complexity)]
    fn slice_parts(
        &mut self,
        slice: &'a syn::PatSlice,
        view: &View,
    ) -> Checked<Vec<(&'a Pat, Result<Located, View>)>> {
        let count = slice.elems.len();
        let rest = slice.elems.iter().position(is_rest);
        let mut parts = Vec::new();
        for (k, pat) in slice.elems.iter().enumerate() {
            let span = pat.span();
            if is_rest(pat) {
                if matches!(pat, Pat::Ident(_)) {
                    let (before, written) =
                        (self.index_literal(k, span), self.index_literal(count - 1, span));
                    let start = self.int_op(IntOp::Add, view.start, before, span);
                    let len = self.int_op(IntOp::Sub, view.len, written, span);
                    parts.push((pat, Err(View { start, len, ..view.clone() })));
                }
                continue;
            }
            let index = match rest {
                Some(rest) if k > rest => {
                    let back = self.index_literal(count - k, span);
                    self.int_op(IntOp::Sub, view.len, back, span)
                }
                _ => self.index_literal(k, span),
            };
            let element = self.view_element(view, index, pat)?;
            parts.push((pat, Ok(element)));
        }
        Ok(parts)
    }

    /// Whether a slice has as many elements as a pattern names, and these are what it says.
    fn slice_holds(&mut self, slice: &'a syn::PatSlice, view: &View, pat: &'a Pat) -> Checked<Option<Value>> {
        let span = pat.span();
        let rest = slice.elems.iter().any(is_rest);
        let written = self.index_literal(slice.elems.len() - usize::from(rest), span);
        let op = if rest { CmpOp::Ge } else { CmpOp::Eq };
        let fits = self.compare(op, view.len, written, span);
        if slice.elems.iter().all(|pat| is_rest(pat) || is_certain(pat)) {
            return Ok(Some(fits));
        }
        let elements = |s: &mut Self| {
            let mut all = s.truth(true, span);
            for (pat, part) in s.slice_parts(slice, view)? {
                let Ok(element) = part else { continue };
                let part = s.matched_part(element, pat)?;
                if let Some(holds) = s.pattern_holds(pat, &part)? {
                    all = s.define(ScalarKind::Bool, Op::And(all, holds), span);
                }
            }
            Ok(Meaning::Scalar(all))
        };
        let all = self.branch(fits, pat, elements, |s| Ok(Meaning::Scalar(s.truth(false, span))))?;
        self.scalar(all, ScalarKind::Bool, pat).map(Some)
    }

    /// A part as its pattern looks at it.
    fn matched_part(&mut self, part: Located, pat: &Pat) -> Checked<Meaning<'a>> {
        // What is lent to be changed is bound as it is.
        if part.hold == Hold::Mutable && (is_certain(pat) || matches!(part.shape, Shape::Scalar(_))) {
            return Ok(Meaning::Memory(part));
        }
        let kind = match &part.shape {
            Shape::Scalar(kind) => Some(*kind),
            Shape::Unknown => kind_of(pat),
            _ => None,
        };
        let meaning = Meaning::Memory(part);
        match kind {
            Some(kind) => self.scalar(meaning, kind, pat).map(Meaning::Scalar),
            None => Ok(meaning),
        }
    }

    /// Which part each pattern of a list is for; those after `..` are counted from the end.
    fn numbers(
        &mut self,
        pats: impl ExactSizeIterator<Item = &'a Pat>,
        length: Option<usize>,
        at: &Pat,
    ) -> Checked<Vec<(&'a Pat, usize)>> {
        let pats: Vec<&Pat> = pats.collect();
        let rest = pats.iter().position(|pat| is_rest(pat));
        let written = pats.len() - usize::from(rest.is_some());
        if let Some(length) = length
            && (written > length || (rest.is_none() && written < length))
        {
            let words = [written.to_string(), length.to_string()];
            let help = "name every part, `_` for those not needed, `..` for all the others";
            return Err(self.error(at, &LENGTH_MISMATCH, &[&words[0], &words[1], help]));
        }
        let mut numbers = Vec::new();
        for (k, pat) in pats.iter().enumerate() {
            if is_rest(pat) {
                if !matches!(pat, Pat::Rest(_)) {
                    return Err(self.error(*pat, &UNSUPPORTED_PATTERN, &[ALLOWED]));
                }
                continue;
            }
            numbers.push((
                *pat,
                match (rest, length) {
                    (Some(rest), Some(length)) if k > rest => length - (pats.len() - k),
                    (Some(rest), None) if k > rest => {
                        return Err(self.error(*pat, &UNSUPPORTED_PATTERN, &[ALLOWED]));
                    }
                    _ => k,
                },
            ));
        }
        Ok(numbers)
    }

    /// A constant by one name, which may be an item of the body.
    fn meaning_of_constant(&mut self, ident: &syn::Ident) -> Meaning<'a> {
        match self.lookup(&ident.to_string()).cloned() {
            Some(binding) => self.meaning_of(binding).unwrap_or(Meaning::Const(ident.to_token_stream())),
            None => Meaning::Const(ident.to_token_stream()),
        }
    }

    fn compare(&mut self, op: CmpOp, a: Value, b: Value, span: proc_macro2::Span) -> Value {
        self.agree(a, b);
        self.define(ScalarKind::Bool, Op::Cmp(op, a, b), span)
    }

    /// Gives the names of a pattern their meaning, where it holds; `scope` is where they are used.
    pub(super) fn bind_matched(
        &mut self,
        pat: &'a Pat,
        meaning: &Meaning<'a>,
        scope: &'a Expr,
    ) -> Checked<()> {
        match (pat, meaning) {
            (_, Meaning::Option(_, inner)) if let Some(part) = some_pattern(pat) => {
                if is_certain(part) {
                    return self.bind(part, (**inner).clone(), part);
                }
                let inner = self.inside(part, inner)?;
                self.bind_matched(part, &inner, scope)
            }
            (Pat::Ident(ident), Meaning::Option(..)) if ident.ident == "None" => Ok(()),
            (Pat::Paren(inner), _) => self.bind_matched(&inner.pat, meaning, scope),
            (Pat::Reference(inner), _) => self.bind_matched(&inner.pat, meaning, scope),
            (Pat::Ident(ident), _) => {
                if let Some((_, sub)) = &ident.subpat {
                    self.bind_matched(sub, meaning, scope)?;
                } else if names_constant(&ident.ident) || names_variant(pat) {
                    return Ok(());
                }
                let name = ident.ident.to_string();
                let binding = match meaning {
                    Meaning::Scalar(value) => super::Binding::Var(self.var(&name, Some(*value))),
                    other => {
                        self.following.push(Following::Expr(scope));
                        let bound = self.bound(&name, other.clone(), ident.mutability.is_some(), pat);
                        self.following.pop();
                        bound?
                    }
                };
                self.bind_name(&name, binding);
                Ok(())
            }
            (_, Meaning::Memory(located)) if is_plain(located) => {
                self.bind_form(located, pat);
                Ok(())
            }
            (Pat::Slice(slice), meaning) if let Some(view) = self.of_any_length(meaning, pat) => {
                for (pat, part) in self.slice_parts(slice, &view)? {
                    match part {
                        Ok(element) => {
                            let part = self.matched_part(element, pat)?;
                            self.bind_matched(pat, &part, scope)?;
                        }
                        Err(rest) => self.bind_rest(pat, Meaning::View(rest), pat)?,
                    }
                }
                Ok(())
            }
            (Pat::Tuple(_) | Pat::Slice(_) | Pat::Struct(_), _) => {
                for (pat, part) in self.matched_parts(pat, meaning)? {
                    self.bind_matched(pat, &part, scope)?;
                }
                Ok(())
            }
            (Pat::Or(or), _) if or.cases.iter().any(binds) => {
                let cases: Vec<&'a Pat> = or.cases.iter().collect();
                let names = cases.first().map(|case| bound_names(case)).unwrap_or_default();
                let bound = self.alternatives(&cases, &names, meaning, scope)?;
                let parts = match bound {
                    Meaning::Tuple(parts) => parts,
                    _ => Vec::new(),
                };
                for (name, part) in names.iter().zip(parts) {
                    let binding = self.bound(name, part, false, pat)?;
                    self.bind_name(name, binding);
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }
}

impl<'a> Lowering<'a, '_> {
    /// What the alternatives of a pattern give their names: what the first of them that holds does.
    fn alternatives(
        &mut self,
        cases: &[&'a Pat],
        names: &[String],
        meaning: &Meaning<'a>,
        scope: &'a Expr,
    ) -> Checked<Meaning<'a>> {
        let Some((case, rest)) = cases.split_first() else { return Ok(Meaning::Never) };
        let parent = self.scope;
        let holds = if rest.is_empty() { None } else { self.pattern_holds(case, meaning)? };
        let this = |s: &mut Self| {
            s.scoped(parent, |s| {
                s.bind_matched(case, meaning, scope)?;
                let parts = names.iter().map(|name| match s.lookup(name).cloned() {
                    Some(binding) => {
                        let part = s.meaning_of(binding)?;
                        s.value(Self::pointee(part), *case)
                    }
                    None => Ok(Meaning::Unit),
                });
                parts.collect::<Checked<_>>().map(Meaning::Tuple)
            })
        };
        match holds {
            None => this(self),
            Some(holds) => self.branch(holds, *case, this, |s| s.alternatives(rest, names, meaning, scope)),
        }
    }
}

const ALLOWED: &str = "numbers, ranges `1..=3`, alternatives `1 | 2`, names, `_`, and arrays, structs and tuples of such \
    patterns can be matched";

/// Whether a meaning is a number behind `&mut`.
fn is_lent(meaning: &Meaning) -> bool {
    match meaning {
        Meaning::Variable(_, hold) => *hold == Hold::Mutable,
        Meaning::Memory(located) => {
            located.hold == Hold::Mutable && matches!(located.shape, Shape::Scalar(_))
        }
        _ => false,
    }
}

fn is_plain(located: &Located) -> bool {
    matches!(located.shape, Shape::Plain(_))
}
