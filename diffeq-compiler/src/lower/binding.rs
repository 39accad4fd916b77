//! `let`

use quote::ToTokens;
use syn::Expr;
use syn::Local;
use syn::Pat;

use super::Binding;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::guess::Guess;
use super::syntax::expr::fills;
use super::syntax::expr::unwrapped;
use super::syntax::pat::named_rest;
use crate::diagnostics::Checked;
use crate::ir::Init;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types::Annotation;

impl<'a> Lowering<'a, '_> {
    /// `let pattern = init;`
    pub(super) fn local(&mut self, local: &'a Local) -> Checked<()> {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let Some(init) = &local.init else {
            self.shadow();
            return self.declare(pat, ty);
        };
        let initial = self.initial(&init.expr, pat, ty);
        self.shadow();
        let bound = initial.and_then(|meaning| self.bind(pat, meaning, &init.expr));
        // `let r = &x;`
        if let (Pat::Ident(ident), Expr::Reference(_)) = (pat, &*init.expr)
            && let Some(Binding::Var(var)) = self.lookup(&ident.ident.to_string())
        {
            let lent = Binding::Lent(*var);
            self.bind_name(&ident.ident.to_string(), lent);
        }
        if bound.is_err() {
            self.break_names(pat);
        }
        bound
    }

    /// What a pattern is given: a place, of which the pattern's names copy or borrow their parts, or a value.
    pub(super) fn initial(
        &mut self,
        expr: &'a Expr,
        pat: &Pat,
        ty: Option<&syn::Type>,
    ) -> Checked<Meaning<'a>> {
        match ty {
            // `let x: _`, `let (a, b): (f64, f64)`: the expression tells the same.
            Some(syn::Type::Infer(_)) | None => match pat {
                Pat::Ident(ident) if ident.by_ref.is_none() => {
                    let guessed = self.guess_elements(&ident.ident.to_string());
                    match fills(expr) {
                        true => self.expected = guessed,
                        false => self.expect(expr, guessed),
                    }
                    self.expr(expr)
                }
                // Of constants only rustc knows what they are: each name stands for its own.
                Pat::Slice(slice) if let Some(parts) = self.constants_of(slice, expr) => {
                    let parts: Checked<Vec<_>> = parts.into_iter().map(|part| self.expr(part)).collect();
                    parts.map(Meaning::Tuple)
                }
                Pat::Slice(slice) => {
                    let guessed = self.guess_parts(slice);
                    match fills(expr) {
                        true => self.expected = guessed,
                        false => self.expect(expr, guessed),
                    }
                    self.raw(expr)
                }
                _ => self.raw(expr),
            },
            Some(syn::Type::Array(array)) if matches!(array.len, Expr::Infer(_)) => self.expr(expr),
            Some(ty) => {
                let annotation = self.annotation(ty)?;
                let meaning = self.expr_as(expr, &annotation)?;
                self.typed_option(pat, meaning, &annotation)
            }
        }
    }

    /// The elements of a literal that is taken apart at once, if they all lie in constants outside the function.
    fn constants_of(&self, slice: &syn::PatSlice, expr: &'a Expr) -> Option<Vec<&'a Expr>> {
        let Expr::Array(array) = unwrapped(expr) else { return None };
        let whole = array.elems.len() == slice.elems.len()
            && !slice.elems.iter().any(|pat| matches!(pat, Pat::Rest(_)) || named_rest(pat).is_some());
        let constant =
            |expr: &Expr| matches!(expr, Expr::Index(_) | Expr::Field(_)) && self.is_of_constant(expr);
        (whole && array.elems.iter().all(constant)).then(|| array.elems.iter().collect())
    }

    /// Whether an expression is, by its look, a constant outside the function or a part of one.
    fn is_of_constant(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Index(index) => self.is_of_constant(&index.expr),
            Expr::Field(field) => self.is_of_constant(&field.base),
            Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
                let name = last.ident.to_string();
                let capitals = !name.chars().any(char::is_lowercase) && name.starts_with(char::is_uppercase);
                capitals
                    && self.lookup(&name).is_none()
                    && !self.consts.iter().any(|(known, _)| *known == name)
            }),
            _ => false,
        }
    }

    /// `let x;`
    fn declare(&mut self, pat: &'a Pat, ty: Option<&syn::Type>) -> Checked<()> {
        if let Pat::Tuple(tuple) = pat {
            let types: Vec<Option<&syn::Type>> = match ty {
                Some(syn::Type::Tuple(types)) if types.elems.len() == tuple.elems.len() => {
                    types.elems.iter().map(Some).collect()
                }
                _ => vec![None; tuple.elems.len()],
            };
            return tuple.elems.iter().zip(types).try_for_each(|(pat, ty)| self.declare(pat, ty));
        }
        let Pat::Ident(ident) = pat else { return self.bind(pat, Meaning::Unit, pat) };
        let name = ident.ident.to_string();
        let annotation = ty.map(|ty| self.annotation(ty)).transpose()?;
        let binding = match annotation {
            Some(Annotation { shape: shape @ (Shape::Array(..) | Shape::Struct(_)), .. }) => {
                let object = self.program.object(&name, shape.clone(), ident.ident.span());
                self.push(Stmt::Local(object, Init::Zeros));
                Binding::Alias(Located { place: Place::whole(object), shape, hold: Hold::Place })
            }
            Some(annotation) if annotation.option => {
                let some = self.truth(false, ident.ident.span());
                self.optional_of(&name, some, &annotation)
            }
            _ => Binding::Var(self.var(&name, None)),
        };
        self.bind_name(&name, binding);
        Ok(())
    }

    /// What a name is bound to when it is given a meaning.
    pub(super) fn bound(
        &mut self,
        name: &str,
        meaning: Meaning<'a>,
        mutable: bool,
        at: &dyn ToTokens,
    ) -> Checked<Binding<'a>> {
        let outside = match &meaning {
            Meaning::Const(_) | Meaning::Open(_) => true,
            Meaning::Memory(located) => self.is_constant(located),
            _ => false,
        };
        if outside {
            return self.bound_constant(name, meaning, mutable, at);
        }
        match meaning {
            Meaning::Scalar(value) => {
                let info = &mut self.program.values[value.0];
                if info.name.is_none() {
                    info.name = Some(name.to_string());
                }
                Ok(Binding::Var(self.var(name, Some(value))))
            }
            Meaning::Variable(var, Hold::Mutable) => Ok(Binding::Borrowed(var)),
            Meaning::Variable(var, _) => {
                let value = self.current(var, at)?;
                self.bound(name, Meaning::Scalar(value), mutable, at)
            }
            Meaning::Memory(located) => self.bound_memory(name, located, at),
            Meaning::Tuple(parts) => {
                let parts: Checked<Vec<_>> = parts
                    .into_iter()
                    .enumerate()
                    .map(|(k, part)| self.bound(&format!("{name}_{k}"), part, mutable, at))
                    .collect();
                parts.map(Binding::Tuple)
            }
            Meaning::Option(some, inner) if mutable => self.optional(name, some, *inner, at),
            Meaning::Iter(iter) if mutable => {
                let cursor = self.cursor(*iter);
                Ok(Binding::Meaning(Meaning::Iter(Box::new(cursor))))
            }
            other => Ok(Binding::Meaning(other)),
        }
    }

    fn bound_memory(&mut self, name: &str, mut located: Located, at: &dyn ToTokens) -> Checked<Binding<'a>> {
        // A field, or what a helper returned: whether it is a number or an array, its uses tell.
        if matches!(located.shape, Shape::Unknown) && matches!(located.hold, Hold::Place | Hold::Fresh) {
            match self.guess(name) {
                Some(Guess::Scalar(kind)) => {
                    let value = self.scalar(Meaning::Memory(located), kind, at)?;
                    return self.bound(name, Meaning::Scalar(value), false, at);
                }
                Some(Guess::Aggregate(Some(shape))) if located.hold == Hold::Fresh => {
                    located = self.aggregate(Meaning::Memory(located), Some(&shape), at)?;
                }
                _ => {}
            }
        }
        if matches!(located.shape, Shape::Scalar(_)) && located.hold != Hold::Mutable {
            let lent = located.hold == Hold::Reference;
            let value = self.any_scalar(Meaning::Memory(located), at)?;
            let bound = self.bound(name, Meaning::Scalar(value), false, at)?;
            return Ok(match bound {
                Binding::Var(var) if lent => Binding::Lent(var),
                other => other,
            });
        }
        match located.hold {
            Hold::Reference | Hold::Mutable => Ok(Binding::Alias(located)),
            Hold::Place => {
                let copied = self.copied(located, at);
                self.bound_memory(name, copied, at)
            }
            Hold::Fresh => {
                if located.place.path.is_empty() {
                    self.program.objects[located.place.object.0].name = name.to_string();
                }
                Ok(Binding::Alias(Located { hold: Hold::Place, ..located }))
            }
        }
    }

    /// Gives the names of a pattern that failed no meaning, so that their uses are not reported again.
    pub(super) fn break_names(&mut self, pat: &Pat) {
        use syn::visit::Visit;
        #[derive(Default)]
        struct Names(Vec<String>);
        impl<'ast> Visit<'ast> for Names {
            fn visit_pat_ident(&mut self, ident: &'ast syn::PatIdent) {
                self.0.push(ident.ident.to_string());
                syn::visit::visit_pat_ident(self, ident);
            }
        }
        let mut names = Names::default();
        names.visit_pat(pat);
        for name in names.0 {
            self.bind_name(&name, Binding::Broken);
        }
    }
}
