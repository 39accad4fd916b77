//! What a pattern takes apart: its parts with what they meet, and the names that get them.

use syn::Expr;
use syn::Member;
use syn::Pat;
use syn::spanned::Spanned;

use super::Following;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::View;
use super::syntax::pat::ALLOWED;
use super::syntax::pat::binds;
use super::syntax::pat::bound_names;
use super::syntax::pat::is_certain;
use super::syntax::pat::is_rest;
use super::syntax::pat::kind_of;
use super::syntax::pat::names_constant;
use super::syntax::pat::names_variant;
use super::syntax::pat::some_pattern;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::UNSUPPORTED_PATTERN;
use crate::ir::IntOp;
use crate::ir::Len;
use crate::ir::Shape;

impl<'a> Lowering<'a, '_> {
    /// The parts of a value beside the patterns that they are matched with.
    pub(super) fn matched_parts(
        &mut self,
        pat: &'a Pat,
        meaning: &Meaning<'a>,
    ) -> Checked<Vec<(&'a Pat, Meaning<'a>)>> {
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
    pub(super) fn of_any_length(&mut self, meaning: &Meaning<'a>, at: &Pat) -> Option<View> {
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
    pub(super) fn slice_parts(
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

    /// A part as its pattern looks at it.
    pub(super) fn matched_part(&mut self, part: Located, pat: &Pat) -> Checked<Meaning<'a>> {
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
            (_, Meaning::Memory(located)) if located.is_plain() => {
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

    /// What the alternatives of a pattern give their names: what the first of them that holds does.
    pub(super) fn alternatives(
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
