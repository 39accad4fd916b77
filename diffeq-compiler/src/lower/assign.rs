//! `=`, `+=` and their like.

use quote::ToTokens;
use syn::BinOp;
use syn::Expr;
use syn::ExprBinary;
use syn::spanned::Spanned;

use super::Binding;
use super::Located;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::ASSIGN_TO_INPUT;
use crate::diagnostics::catalogue::GLOBAL_STATE;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::NOT_A_PLACE;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::parse::types;
use crate::rules::Prim;

/// What stands on the left of `=`.
enum Left {
    Var(super::Var),
    Memory(Located),
}

impl<'a> Lowering<'a, '_> {
    fn left(&mut self, expr: &'a Expr) -> Checked<Left> {
        match expr {
            Expr::Paren(inner) => return self.left(&inner.expr),
            Expr::Group(inner) => return self.left(&inner.expr),
            Expr::Unary(unary) if matches!(unary.op, syn::UnOp::Deref(_)) => return self.left(&unary.expr),
            Expr::Path(path) => {
                if let Some(ident) = path.path.get_ident()
                    && let Some(binding) = self.lookup(&ident.to_string())
                    && let Binding::Var(var) = binding
                {
                    let var = *var;
                    if self.inputs.contains(&var) {
                        let name = ident.to_string();
                        return Err(self.error(expr, &ASSIGN_TO_INPUT, &[&name, &name, &name]));
                    }
                    return Ok(Left::Var(var));
                }
            }
            Expr::Field(field) => {
                if let Some(var) = self.tuple_part(field)? {
                    return Ok(Left::Var(var));
                }
            }
            _ => {}
        }
        match self.raw(expr)? {
            Meaning::Memory(located) => {
                self.writable(&located, expr)?;
                Ok(Left::Memory(located))
            }
            Meaning::Const(path) => {
                let word = types::text(&path);
                Err(self.error(expr, &GLOBAL_STATE, &[&word]))
            }
            _ => Err(self.error(expr, &NOT_A_PLACE, &[])),
        }
    }

    /// `pair.0` as a variable.
    fn tuple_part(&mut self, field: &'a syn::ExprField) -> Checked<Option<super::Var>> {
        let (Expr::Path(path), syn::Member::Unnamed(index)) = (&*field.base, &field.member) else {
            return Ok(None);
        };
        let Some(ident) = path.path.get_ident() else { return Ok(None) };
        let Some(Binding::Tuple(parts)) = self.lookup(&ident.to_string()) else { return Ok(None) };
        match parts.get(index.index as usize) {
            Some(Binding::Var(var)) => Ok(Some(*var)),
            _ => Ok(None),
        }
    }

    /// `left = right`
    pub(super) fn assign(&mut self, left: &'a Expr, right: &'a Expr) -> Checked<()> {
        match left {
            Expr::Infer(_) => return self.expr(right).map(|_| ()),
            Expr::Tuple(_) | Expr::Array(_) => {
                let meaning = self.expr(right)?;
                return self.assign_parts(left, meaning, right);
            }
            _ => {}
        }
        match self.left(left) {
            Ok(Left::Var(var)) => {
                let meaning = self.expr(right)?;
                self.assign_var(var, meaning, right)
            }
            Ok(Left::Memory(located)) => match &located.shape {
                Shape::Scalar(kind) => {
                    let value = self.scalar_expr(right, *kind)?;
                    self.push(Stmt::Store(located.place, value));
                    Ok(())
                }
                _ => self.fill_memory(right, located.place, located.shape),
            },
            Err(reported) => {
                let _ = self.expr(right);
                Err(reported)
            }
        }
    }

    fn assign_var(&mut self, var: super::Var, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        let kind = match self.vars[var.0].current {
            Some(value) => self.program.kind(value),
            None => self.kind(&meaning).unwrap_or(Kind::Real),
        };
        let value = self.scalar(meaning, kind, at)?;
        if let Some(old) = self.vars[var.0].current {
            self.agree(old, value);
        }
        self.set(var, value);
        Ok(())
    }

    /// `(a, b) = (b, a)`
    fn assign_parts(&mut self, left: &'a Expr, meaning: Meaning<'a>, at: &dyn ToTokens) -> Checked<()> {
        match (left, meaning) {
            (Expr::Tuple(tuple), Meaning::Tuple(parts)) if tuple.elems.len() == parts.len() => {
                let mut result = Ok(());
                for (left, part) in tuple.elems.iter().zip(parts) {
                    result = result.and(self.assign_parts(left, part, at));
                }
                result
            }
            (Expr::Array(array), meaning @ (Meaning::Memory(_) | Meaning::Call(_))) => {
                let located = self.aggregate(meaning, None, at)?;
                // All parts are read before the first is written.
                let mut parts = Vec::new();
                for (k, left) in array.elems.iter().enumerate() {
                    let index = self.int(k as i128, left.span());
                    let element = self.element(located.clone(), index, left)?;
                    parts.push(match element.shape {
                        Shape::Scalar(_) => Meaning::Scalar(self.any_scalar(Meaning::Memory(element), left)?),
                        _ => Meaning::Memory(element),
                    });
                }
                let mut result = Ok(());
                for (left, part) in array.elems.iter().zip(parts) {
                    result = result.and(self.assign_parts(left, part, at));
                }
                result
            }
            (Expr::Tuple(tuple), Meaning::Tuple(parts)) => {
                let words = [parts.len().to_string(), tuple.elems.len().to_string()];
                Err(self.error(
                    tuple,
                    &LENGTH_MISMATCH,
                    &[&words[0], &words[1], "name every part of the tuple"],
                ))
            }
            (Expr::Infer(_), _) => Ok(()),
            (left, meaning) => match self.left(left)? {
                Left::Var(var) => self.assign_var(var, meaning, at),
                Left::Memory(located) => match located.shape {
                    Shape::Scalar(kind) => {
                        let value = self.scalar(meaning, kind, at)?;
                        self.push(Stmt::Store(located.place, value));
                        Ok(())
                    }
                    shape => self.meaning_into(meaning, located.place, shape, at),
                },
            },
        }
    }

    /// `left += right`
    pub(super) fn assign_with(&mut self, binary: &'a ExprBinary) -> Checked<()> {
        let span = binary.span();
        let left = match self.left(&binary.left) {
            Ok(left) => left,
            Err(reported) => {
                let _ = self.expr(&binary.right);
                return Err(reported);
            }
        };
        match left {
            Left::Var(var) => {
                let old = self.meaning_of(Binding::Var(var), &binary.left)?;
                let old = self.any_scalar(old, &binary.left)?;
                let kind = self.program.kind(old);
                let right = self.scalar_expr(&binary.right, kind)?;
                let new = self.operate(binary, kind, old, right)?;
                self.set(var, new);
                Ok(())
            }
            Left::Memory(located) => {
                let kind = match &located.shape {
                    Shape::Scalar(kind) => *kind,
                    Shape::Unknown => Kind::Real,
                    shape => {
                        let word = format!("an aggregate `{}`", types::describe(shape));
                        let help = "loop over its components: `for i in 0..N { .. }`";
                        return Err(self.error(&binary.left, &NOT_A_NUMBER, &[&word, help]));
                    }
                };
                let right = self.scalar_expr(&binary.right, kind)?;
                let place = located.place;
                let site = (right, place.object, place.indices().collect());
                self.notes.accumulated.insert(site, binary.left.span());
                match (kind, &binary.op) {
                    (Kind::Real, BinOp::AddAssign(_)) => self.push(Stmt::Accumulate(place, right)),
                    (Kind::Real, BinOp::SubAssign(_)) => {
                        let negated = self.define(Kind::Real, Op::Prim(Prim::Neg, vec![right]), span);
                        let site = (negated, place.object, place.indices().collect());
                        self.notes.accumulated.insert(site, binary.left.span());
                        self.push(Stmt::Accumulate(place, negated));
                    }
                    _ => {
                        let old = self.define(kind, Op::Load(place.clone()), binary.left.span());
                        let new = self.operate(binary, kind, old, right)?;
                        self.push(Stmt::Store(place, new));
                    }
                }
                Ok(())
            }
        }
    }
}
