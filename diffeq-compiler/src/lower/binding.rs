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
use crate::diagnostics::Checked;
use crate::ir::Init;
use crate::ir::Kind;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;
use crate::parse::types::Annotation;

impl<'a> Lowering<'a, '_> {
    /// `let pattern = init;`
    pub(super) fn local(&mut self, local: &'a Local) -> Checked<()> {
        let (pat, ty) = match &local.pat {
            Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let Some(init) = &local.init else { return self.declare(pat, ty) };
        if self.renames(&init.expr, pat) {
            return Ok(());
        }
        if init.diverge.is_some() {
            // The fence has refused it.
            let _ = self.expr(&init.expr);
            self.break_names(pat);
            return Err(crate::diagnostics::Reported);
        }
        let bound = self.initial(&init.expr, ty).and_then(|meaning| self.bind(pat, meaning, &init.expr));
        if bound.is_err() {
            self.break_names(pat);
        }
        bound
    }

    /// `let d = &mut x;` of a scalar is another name for the variable itself.
    fn renames(&mut self, expr: &Expr, pat: &Pat) -> bool {
        let (Expr::Reference(reference), Pat::Ident(name)) = (expr, pat) else { return false };
        let Expr::Path(path) = &*reference.expr else { return false };
        let Some(ident) = path.path.get_ident() else { return false };
        let Some(Binding::Var(var)) = self.lookup(&ident.to_string()) else { return false };
        let var = *var;
        if reference.mutability.is_some() {
            self.bind_name(&name.ident.to_string(), Binding::Var(var));
        }
        reference.mutability.is_some()
    }

    fn initial(&mut self, expr: &'a Expr, ty: Option<&syn::Type>) -> Checked<Meaning<'a>> {
        match ty {
            // `let x: _`, `let (a, b): (f64, f64)`: the expression tells the same.
            Some(syn::Type::Infer(_) | syn::Type::Tuple(_)) | None => self.expr(expr),
            Some(syn::Type::Array(array)) if matches!(array.len, Expr::Infer(_)) => self.expr(expr),
            Some(ty) => {
                let annotation = types::annotation(ty, self.diagnostics)?;
                self.expr_as(expr, &annotation)
            }
        }
    }

    /// `let x;`
    fn declare(&mut self, pat: &'a Pat, ty: Option<&syn::Type>) -> Checked<()> {
        let Pat::Ident(ident) = pat else { return self.bind(pat, Meaning::Unit, pat) };
        let name = ident.ident.to_string();
        let annotation = ty.map(|ty| types::annotation(ty, self.diagnostics)).transpose()?;
        let binding = match annotation {
            Some(Annotation { shape: shape @ (Shape::Array(..) | Shape::Struct(_)), .. }) => {
                let object = self.program.object(&name, shape.clone(), ident.ident.span());
                self.push(Stmt::Local(object, Init::Zeros));
                Binding::Alias(Located { place: Place::whole(object), shape, hold: Hold::Place })
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
            Meaning::Memory(located) => self.bound_memory(name, located, mutable, at),
            Meaning::Tuple(parts) => {
                let parts: Checked<Vec<_>> = parts
                    .into_iter()
                    .enumerate()
                    .map(|(k, part)| self.bound(&format!("{name}_{k}"), part, mutable, at))
                    .collect();
                parts.map(Binding::Tuple)
            }
            Meaning::Call(pending) => match self.guess(name) {
                Some(Guess::Scalar(kind)) => {
                    let value = self.scalar(Meaning::Call(pending), kind, at)?;
                    self.bound(name, Meaning::Scalar(value), mutable, at)
                }
                Some(Guess::Aggregate(shape)) => {
                    let located = self.aggregate(Meaning::Call(pending), shape.as_ref(), at)?;
                    self.bound_memory(name, located, mutable, at)
                }
                // Only handed on: a number, unless its type is written beside it.
                None => {
                    let value = self.scalar(Meaning::Call(pending), Kind::Real, at)?;
                    self.bound(name, Meaning::Scalar(value), mutable, at)
                }
            },
            other => Ok(Binding::Meaning(other)),
        }
    }

    fn bound_memory(
        &mut self,
        name: &str,
        located: Located,
        mutable: bool,
        at: &dyn ToTokens,
    ) -> Checked<Binding<'a>> {
        // A field: whether it is a number or an array, its uses tell.
        if matches!(located.shape, Shape::Unknown)
            && located.hold == Hold::Place
            && let Some(Guess::Scalar(kind)) = self.guess(name)
        {
            let value = self.scalar(Meaning::Memory(located), kind, at)?;
            return self.bound(name, Meaning::Scalar(value), mutable, at);
        }
        let read_only = self.program.objects[located.place.object.0].read_only;
        match located.hold {
            Hold::Fresh => {
                if located.place.path.is_empty() {
                    self.program.objects[located.place.object.0].name = name.to_string();
                }
                Ok(Binding::Alias(Located { hold: Hold::Place, ..located }))
            }
            Hold::Reference if matches!(located.shape, Shape::Scalar(_)) => {
                let value = self.any_scalar(Meaning::Memory(located), at)?;
                self.bound(name, Meaning::Scalar(value), mutable, at)
            }
            Hold::Reference | Hold::Mutable | Hold::Constant => Ok(Binding::Alias(located)),
            // What nobody writes need not be copied.
            Hold::Place if read_only && !mutable => Ok(Binding::Alias(located)),
            Hold::Place if matches!(located.shape, Shape::Scalar(_)) => {
                let value = self.any_scalar(Meaning::Memory(located), at)?;
                self.bound(name, Meaning::Scalar(value), mutable, at)
            }
            Hold::Place => {
                let shape = located.shape.clone();
                let span = at.to_token_stream().into_iter().next().map(|t| t.span());
                let span = span.unwrap_or_else(proc_macro2::Span::call_site);
                let object = self.program.object(name, shape.clone(), span);
                self.push(Stmt::Local(object, Init::From(located.place)));
                Ok(Binding::Alias(Located { place: Place::whole(object), shape, hold: Hold::Place }))
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
