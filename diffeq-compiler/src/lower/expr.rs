//! Expressions.

use proc_macro2::Span;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::ExprLit;
use syn::ExprPath;
use syn::Lit;
use syn::UnOp;
use syn::spanned::Spanned;

use super::Binding;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Returns;
use super::Target;
use super::Var;
use super::exits::Exit;
use super::syntax::expr::fills;
use crate::diagnostics::Checked;
use crate::diagnostics::Reported;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::MISSING_RETURN;
use crate::diagnostics::catalogue::UNKNOWN_NAME;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::diagnostics::nearest;
use crate::ir::Init;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;
use crate::parse::types::Annotation;

impl<'a> Lowering<'a, '_> {
    /// The value of an expression where it stands: places are read, and what Rust copies is copied.
    pub(super) fn expr(&mut self, expr: &'a Expr) -> Checked<Meaning<'a>> {
        let meaning = self.raw(expr)?;
        self.value(meaning, expr)
    }

    /// What lies at a place now. References stay what they are; copies that turn out not to be needed are removed
    /// afterwards (`passes/copies.rs`).
    pub(super) fn value(&mut self, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<Meaning<'a>> {
        match meaning {
            Meaning::Variable(var, Hold::Place | Hold::Reference) => {
                self.current(var, at).map(Meaning::Scalar)
            }
            Meaning::Optional(which) => self.held_option(which, at),
            Meaning::Memory(located) if located.hold != Hold::Mutable => match located.shape {
                Shape::Scalar(kind) => {
                    let span = at.to_token_stream().span();
                    Ok(Meaning::Scalar(self.define(kind, Op::Load(located.place), span)))
                }
                _ if located.hold == Hold::Place && !self.is_constant(&located) => {
                    Ok(Meaning::Memory(self.copied(located, at)))
                }
                _ => Ok(Meaning::Memory(located)),
            },
            Meaning::Tuple(parts) => {
                let parts: Checked<Vec<_>> = parts.into_iter().map(|part| self.value(part, at)).collect();
                parts.map(Meaning::Tuple)
            }
            other => Ok(other),
        }
    }

    /// A copy of an aggregate as it is now.
    pub(super) fn copied(&mut self, located: Located, at: &dyn ToTokens) -> Located {
        let span = at.to_token_stream().into_iter().next().map_or_else(Span::call_site, |tree| tree.span());
        let object = self.program.object("copy", located.shape.clone(), span);
        self.push(Stmt::Local(object, Init::From(located.place)));
        Located { place: Place::whole(object), shape: located.shape, hold: Hold::Fresh }
    }

    /// The value of a variable now.
    pub(super) fn current(&mut self, var: Var, at: &dyn ToTokens) -> Checked<Value> {
        match self.vars[var.0].current {
            Some(value) => Ok(value),
            None => {
                let name = self.vars[var.0].name.clone();
                let help = format!("give `{name}` a value on every way that leads here");
                Err(self.error(at, &UNKNOWN_NAME, &[&name, &help]))
            }
        }
    }

    /// A borrow of a place, `&place` or `&mut place`.
    pub(super) fn borrowed(
        &mut self,
        meaning: Meaning<'a>,
        mutable: bool,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        Ok(match meaning {
            Meaning::Variable(var, _) if mutable => Meaning::Variable(var, Hold::Mutable),
            // Nobody writes it while it is lent.
            Meaning::Variable(var, _) => Meaning::Scalar(self.current(var, at)?),
            Meaning::Memory(located) => {
                let hold = match (located.hold, mutable) {
                    (Hold::Fresh, _) => Hold::Fresh,
                    (_, true) => Hold::Mutable,
                    (_, false) => Hold::Reference,
                };
                Meaning::Memory(Located { hold, ..located })
            }
            Meaning::Tuple(parts) => {
                let parts: Checked<Vec<_>> =
                    parts.into_iter().map(|part| self.borrowed(part, mutable, at)).collect();
                Meaning::Tuple(parts?)
            }
            // What is taken through the reference would be missing afterwards.
            Meaning::Iter(iter) if mutable && !matches!(*iter, super::Iter::Cursor(..)) => {
                let help = "bind it by `let mut it = u.iter();` before its adaptors, or write a loop";
                return Err(self.error(at, &UNSUPPORTED_SYNTAX, &["`&mut` of this iterator", help]));
            }
            Meaning::Const(path) => {
                let table = self.table(&path, types::span(at));
                Meaning::Memory(Located { hold: Hold::Reference, ..table })
            }
            other => other,
        })
    }

    /// What a reference points to, `*reference`.
    pub(super) fn pointee(meaning: Meaning<'a>) -> Meaning<'a> {
        match meaning {
            Meaning::Variable(var, _) => Meaning::Variable(var, Hold::Place),
            Meaning::Memory(located) if located.hold != Hold::Fresh => {
                Meaning::Memory(Located { hold: Hold::Place, ..located })
            }
            Meaning::Tuple(parts) => Meaning::Tuple(parts.into_iter().map(Self::pointee).collect()),
            other => other,
        }
    }

    /// The expression where its type is written beside it.
    pub(super) fn expr_as(&mut self, expr: &'a Expr, ty: &Annotation) -> Checked<Meaning<'a>> {
        if let Some(meaning) = self.into(expr, ty) {
            return meaning;
        }
        let meaning = match &ty.shape {
            // An alias of an array type: rustc knows how long it is.
            Shape::Struct(_)
                if !ty.by_ref
                    && let Some(call) = super::syntax::expr::as_from_fn(expr)
                    && !super::syntax::expr::has_length(call) =>
            {
                let object = self.program.object("like", ty.shape.clone(), expr.span());
                self.push(Stmt::Local(object, Init::Zeros));
                let place = Place::whole(object);
                let like = Located { place, shape: ty.shape.clone(), hold: Hold::Place };
                self.array_alike(call, like)?
            }
            Shape::Array(..) | Shape::Struct(_) if !ty.by_ref && self.builds(expr) => {
                let object = self.program.object("local", ty.shape.clone(), expr.span());
                self.fresh_aggregate(object, expr, ty.shape.clone())?;
                let located =
                    Located { place: Place::whole(object), shape: ty.shape.clone(), hold: Hold::Fresh };
                self.written_type(&located, ty);
                return Ok(Meaning::Memory(located));
            }
            _ => {
                self.expected = fills(expr).then(|| ty.shape.clone());
                self.expr(expr)?
            }
        };
        self.coerced(meaning, ty, expr)
    }

    /// A meaning as a written type says; sizes that do not fit are reported.
    pub(super) fn coerced(
        &mut self,
        meaning: Meaning<'a>,
        ty: &Annotation,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        match &ty.shape {
            _ if ty.option => match meaning {
                Meaning::Option(some, inner) if matches!(*inner, Meaning::Never) => {
                    Ok(Meaning::Option(some, inner))
                }
                Meaning::Option(some, inner) => {
                    let plain = Annotation { option: false, ..ty.clone() };
                    let inner = match (&plain.shape, *inner) {
                        // What is inside is looked at where something is inside.
                        (Shape::Scalar(_), Meaning::Scalar(value)) => {
                            self.coerced(Meaning::Scalar(value), &plain, at)?
                        }
                        (_, inner) => inner,
                    };
                    Ok(Meaning::Option(some, Box::new(inner)))
                }
                other => Ok(other),
            },
            Shape::Tuple(_) if let Meaning::Tuple(parts) = meaning => {
                if parts.len() != ty.parts.len() {
                    let words = [parts.len().to_string(), ty.parts.len().to_string()];
                    let help = "name every part of the tuple, `_` for those not needed";
                    return Err(self.error(at, &LENGTH_MISMATCH, &[&words[0], &words[1], help]));
                }
                let parts = parts.into_iter().zip(&ty.parts).map(|(part, ty)| self.coerced(part, ty, at));
                parts.collect::<Checked<_>>().map(Meaning::Tuple)
            }
            Shape::Scalar(kind) => {
                let by_reference = matches!(
                    meaning,
                    Meaning::Memory(Located { hold: Hold::Mutable, .. })
                        | Meaning::Variable(_, Hold::Mutable)
                );
                if ty.mutable && by_reference {
                    return Ok(meaning);
                }
                let value = self.scalar(meaning, *kind, at)?;
                if let Some(int_type) = &ty.int_type {
                    self.program.values[value.0].int_type = Some(int_type.clone());
                }
                Ok(Meaning::Scalar(value))
            }
            Shape::Unknown => Ok(meaning),
            Shape::Slice(_) if matches!(meaning, Meaning::View(_)) => Ok(meaning),
            wanted => {
                let mut located = self.aggregate(meaning, Some(wanted), at)?;
                self.fits(wanted, &located.shape, at)?;
                self.measure(&mut located, wanted);
                self.written_type(&located, ty);
                let shape =
                    if matches!(located.shape, Shape::Unknown) { wanted.clone() } else { located.shape };
                Ok(Meaning::Memory(Located { shape, ..located }))
            }
        }
    }

    /// The value of an expression where the target wants it.
    pub(super) fn expr_to(&mut self, expr: &'a Expr, target: Target) -> Checked<Meaning<'a>> {
        match (expr, &target) {
            (_, Target::Value) => self.expr(expr),
            (Expr::Paren(inner), _) => self.expr_to(&inner.expr, target),
            (Expr::Group(inner), _) => self.expr_to(&inner.expr, target),
            (Expr::Block(block), _) if block.label.is_none() => self.block(&block.block, target),
            (Expr::If(branch), _) => self.if_expr(branch, target),
            (Expr::Match(choice), _) => self.match_expr(choice, target),
            (Expr::Return(_), _) => self.expr(expr),
            (_, Target::Memory(place, shape)) => {
                self.fill_memory(expr, place.clone(), shape.clone())?;
                Ok(Meaning::Unit)
            }
            (_, Target::Return) => {
                self.return_value(Some(expr), expr)?;
                Ok(Meaning::Never)
            }
        }
    }

    /// Hands a value to the caller.
    fn return_value(&mut self, expr: Option<&'a Expr>, at: &dyn ToTokens) -> Checked<()> {
        match (self.returns.clone(), expr) {
            (Returns::Nothing, None) => Ok(()),
            (Returns::Nothing, Some(expr)) => {
                self.is_statement = matches!(expr, Expr::Call(_) | Expr::MethodCall(_));
                self.expr(expr).map(|_| ())
            }
            (Returns::Memory(place, shape), Some(expr)) => {
                // The choices inside the expression are made before its value leaves.
                self.expr_to(expr, Target::Memory(place, shape)).map(|_| ())
            }
            (Returns::Several(places), Some(expr)) => self.return_parts(expr, places),
            (Returns::Several(places), None) => {
                let shape = Shape::Tuple(places.into_iter().map(|(_, shape)| shape).collect());
                Err(self.error(at, &MISSING_RETURN, &[&types::describe(&shape)]))
            }
            (Returns::Scalar(var, kind), Some(expr)) => {
                let value = self.scalar_expr(expr, kind)?;
                self.vars[var.0].current = Some(value);
                Ok(())
            }
            (Returns::Inner(mut slots), Some(expr)) => {
                let meaning = self.expr(expr)?;
                if !matches!(meaning, Meaning::Unit) {
                    let what = ["`return` of this", "let the closure end with its value"];
                    self.put(&mut slots, meaning, expr, what)?;
                    self.returns = Returns::Inner(slots);
                }
                Ok(())
            }
            (Returns::Inner(_), None) => Ok(()),
            (Returns::Memory(_, shape), None) => {
                Err(self.error(at, &MISSING_RETURN, &[&types::describe(&shape)]))
            }
            (Returns::Scalar(..), None) => Err(self.error(at, &MISSING_RETURN, &["f64"])),
        }
    }

    fn jump(&mut self, exit: &Exit, span: proc_macro2::Span) -> Meaning<'a> {
        if let Some(flag) = self.flag(exit) {
            let set = self.truth(true, span);
            if *exit == Exit::Return && !matches!(self.returns, Returns::Inner(_)) {
                self.notes.returns.insert(set);
            }
            self.set(flag, set);
        }
        Meaning::Never
    }

    /// The meaning of an expression, places still there: what stands for a place is neither read nor copied.
    pub(super) fn raw(&mut self, expr: &'a Expr) -> Checked<Meaning<'a>> {
        if let (None, Expr::MethodCall(_) | Expr::Call(_)) = (&self.expected, expr) {
            self.expected = self.ends.get(&std::ptr::from_ref(expr).addr()).cloned();
        }
        match expr {
            Expr::Paren(inner) => self.raw(&inner.expr),
            Expr::Group(inner) => self.raw(&inner.expr),
            Expr::Lit(lit) => self.literal(lit),
            Expr::Path(path) => self.path(path),
            Expr::Unary(unary) => match unary.op {
                UnOp::Deref(_) => self.raw(&unary.expr).map(Self::pointee),
                _ => self.unary(unary),
            },
            Expr::Reference(reference) => {
                let place = self.raw(&reference.expr)?;
                self.borrowed(place, reference.mutability.is_some(), expr)
            }
            Expr::Binary(binary) => self.binary(binary),
            Expr::Index(index) => self.index(index),
            Expr::Field(field) => self.field(field),
            Expr::Struct(_) if super::syntax::pat::is_constant_variant(expr) => {
                Ok(Meaning::Const(expr.to_token_stream()))
            }
            Expr::Array(_) | Expr::Repeat(_) | Expr::Struct(_) => self.build(expr),
            Expr::Tuple(tuple) if tuple.elems.is_empty() => Ok(Meaning::Unit),
            Expr::Tuple(tuple) => {
                let parts: Vec<_> = tuple.elems.iter().map(|e| self.expr(e)).collect();
                parts.into_iter().collect::<Checked<Vec<_>>>().map(Meaning::Tuple)
            }
            Expr::Block(block) if block.label.is_some() => self.labelled(block),
            Expr::Block(block) => self.block(&block.block, Target::Value),
            Expr::If(branch) => self.if_expr(branch, Target::Value),
            Expr::Match(choice) => self.match_expr(choice, Target::Value),
            Expr::Assign(assign) => self.assign(&assign.left, &assign.right).map(|()| Meaning::Unit),
            Expr::ForLoop(l) => self.for_loop(l).map(|()| Meaning::Unit),
            Expr::While(l) => self.while_loop(l).map(|()| Meaning::Unit),
            Expr::Loop(l) => self.endless(l),
            Expr::Range(range) => self.range(range),
            Expr::Cast(cast) => self.cast(cast),
            Expr::Call(call) => self.call_expr(call),
            Expr::MethodCall(call) => self.method_call(call),
            Expr::Closure(closure) => self.closure(closure).map(Meaning::Closure),
            Expr::Return(jump) => {
                let returned = self.return_value(jump.expr.as_deref(), jump);
                let never = self.jump(&Exit::Return, jump.return_token.span);
                returned.map(|()| never)
            }
            Expr::Break(jump) => {
                let label = jump.label.as_ref().map(|l| l.ident.to_string());
                let given =
                    jump.expr.as_deref().map_or(Ok(()), |value| self.break_with(label.as_deref(), value));
                let never = self.jump(&Exit::Break(label), jump.break_token.span);
                given.map(|()| never)
            }
            Expr::Continue(jump) => {
                let label = jump.label.as_ref().map(|l| l.ident.to_string());
                Ok(self.jump(&Exit::Continue(label), jump.continue_token.span))
            }
            Expr::Verbatim(tokens) if tokens.is_empty() => Ok(Meaning::Unit),
            Expr::Macro(call) if crate::parse::desugar::panics(&call.mac) => {
                let never = self.truth(false, call.span());
                self.insist(never, "this cannot be computed");
                Ok(Meaning::Never)
            }
            // The fence has refused everything else.
            _ => Err(Reported),
        }
    }

    pub(super) fn literal(&mut self, lit: &ExprLit) -> Checked<Meaning<'a>> {
        let span = lit.lit.span();
        Ok(Meaning::Scalar(match &lit.lit {
            Lit::Int(n) if matches!(n.suffix(), "f64" | "f32") => {
                let x: f64 = n.base10_digits().parse().unwrap_or(f64::NAN);
                self.real(if n.suffix() == "f32" { f64::from(x as f32) } else { x }, span)
            }
            Lit::Int(n) => {
                let value = match n.base10_parse::<i128>() {
                    Ok(value) => value,
                    Err(error) => return Err(self.diagnostics.syntax(error)),
                };
                let value = self.int(value, span);
                if !n.suffix().is_empty() {
                    self.program.values[value.0].int_type = Some(n.suffix().to_string());
                }
                value
            }
            // `0.1f32` is another number than `0.1`
            Lit::Float(x) if x.suffix() == "f32" => match x.base10_parse::<f32>() {
                Ok(x) => self.real(f64::from(x), span),
                Err(error) => return Err(self.diagnostics.syntax(error)),
            },
            Lit::Float(x) => match x.base10_parse::<f64>() {
                Ok(x) => self.real(x, span),
                Err(error) => return Err(self.diagnostics.syntax(error)),
            },
            Lit::Bool(b) => self.truth(b.value, span),
            // The fence has refused text.
            _ => return Err(Reported),
        }))
    }

    fn path(&mut self, path: &ExprPath) -> Checked<Meaning<'a>> {
        let Some(ident) = path.path.get_ident() else {
            let whole = self.unrenamed(path);
            return Ok(self.constant(whole.as_ref().unwrap_or(path)));
        };
        let name = ident.to_string();
        match self.lookup(&name) {
            Some(binding) => {
                let binding = binding.clone();
                self.meaning_of(binding)
            }
            None if self.consts.iter().any(|(known, _)| *known == name) => {
                let int_type = self.consts.iter().find(|(known, _)| *known == name).map(|(_, ty)| ty.clone());
                if int_type.as_deref() == Some("bool") {
                    let path = quote!(#ident);
                    let value = self.opened(super::Open::Named(path), ScalarKind::Bool, ident.span());
                    return Ok(Meaning::Scalar(value));
                }
                let value = self.define(ScalarKind::Int, Op::IntNamed(quote!(#ident)), ident.span());
                self.program.values[value.0].int_type = int_type;
                Ok(Meaning::Scalar(value))
            }
            None if name == "None" => Ok(self.none(path)),
            // By convention constants are in capitals; anything else that is not here is a slip.
            None if name.chars().any(char::is_lowercase) => {
                let visible = self.visible();
                let help = match nearest(&name, visible.iter().map(String::as_str)) {
                    _ if name == "pi" => "write `std::f64::consts::PI`".to_string(),
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "a differentiated function captures nothing: pass a value from outside as a parameter in `p`; a fixed \
                         number is a `const` in capitals"
                            .to_string()
                    }
                };
                Err(self.error(path, &UNKNOWN_NAME, &[&name, &help]))
            }
            None => Ok(Meaning::Const(path.to_token_stream())),
        }
    }

    /// A constant by a longer path: `std::f64::consts::PI`, `usize::MAX`.
    fn constant(&mut self, path: &ExprPath) -> Meaning<'a> {
        let names: Vec<String> = path.path.segments.iter().map(|s| s.ident.to_string()).collect();
        let owner = names.len().checked_sub(2).map(|k| names[k].as_str()).unwrap_or_default();
        let span = path.span();
        if matches!(owner, "f64" | "f32" | "consts") {
            Meaning::Scalar(self.define(ScalarKind::Real, Op::RealNamed(path.to_token_stream()), span))
        } else if types::INTEGERS.contains(&owner) {
            let value = self.define(ScalarKind::Int, Op::IntNamed(path.to_token_stream()), span);
            self.program.values[value.0].int_type = Some(owner.to_string());
            Meaning::Scalar(value)
        } else {
            Meaning::Const(path.to_token_stream())
        }
    }

    /// What a name stands for now.
    pub(super) fn meaning_of(&mut self, binding: Binding<'a>) -> Checked<Meaning<'a>> {
        match binding {
            Binding::Var(var) => Ok(Meaning::Variable(var, Hold::Place)),
            Binding::Lent(var) => Ok(Meaning::Variable(var, Hold::Reference)),
            Binding::Borrowed(var) => Ok(Meaning::Variable(var, Hold::Mutable)),
            Binding::Alias(located) => Ok(Meaning::Memory(located)),
            Binding::Tuple(parts) => {
                let parts: Checked<Vec<_>> = parts.into_iter().map(|part| self.meaning_of(part)).collect();
                parts.map(Meaning::Tuple)
            }
            Binding::Meaning(meaning) => Ok(meaning),
            Binding::Optional(which) => Ok(Meaning::Optional(which)),
            Binding::Broken => Err(Reported),
        }
    }

    /// The number of an integer that is known while compiling.
    pub(super) fn known(&self, value: Value) -> Option<i128> {
        self.known.get(&value).copied()
    }
}
