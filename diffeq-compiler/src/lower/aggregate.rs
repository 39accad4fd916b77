//! Arrays and structs made by expressions.

use proc_macro2::Span;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::syntax::expr::fills;
use super::syntax::expr::unwrapped;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::LENGTH_MISMATCH;
use crate::diagnostics::catalogue::TYPE_MISMATCH;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// What the literals are that an expression may end with, where the expression does not say it.
    pub(super) fn expect(&mut self, expr: &Expr, shape: Option<Shape>) {
        let Some(shape) = shape else { return };
        match expr {
            Expr::Paren(inner) => self.expect(&inner.expr, Some(shape)),
            Expr::Group(inner) => self.expect(&inner.expr, Some(shape)),
            Expr::Block(block) => self.expect_block(&block.block, shape),
            Expr::If(branch) => {
                self.expect_block(&branch.then_branch, shape.clone());
                if let Some((_, otherwise)) = &branch.else_branch {
                    self.expect(otherwise, Some(shape));
                }
            }
            Expr::Match(choice) => {
                choice.arms.iter().for_each(|arm| self.expect(&arm.body, Some(shape.clone())));
            }
            made if fills(made) => _ = self.ends.insert(std::ptr::from_ref(made).addr(), shape),
            _ => {}
        }
    }

    fn expect_block(&mut self, block: &syn::Block, shape: Shape) {
        if let Some(syn::Stmt::Expr(last, None)) = block.stmts.last() {
            self.expect(last, Some(shape));
        }
    }

    /// Whether an expression fills memory part by part, so that it should be given the memory.
    pub(super) fn builds(&self, expr: &Expr) -> bool {
        matches!(
            unwrapped(expr),
            Expr::Array(_)
                | Expr::Repeat(_)
                | Expr::Struct(_)
                | Expr::If(_)
                | Expr::Match(_)
                | Expr::Block(_)
        )
    }

    pub(super) fn same_length(&mut self, given: &Len, wanted: &Len, at: &dyn ToTokens) -> Checked<()> {
        if types::lengths_fit(given, wanted) {
            return Ok(());
        }
        let (given, wanted) = (types::describe_len(given), types::describe_len(wanted));
        let help = format!("write {wanted} components, or change the length in the type");
        Err(self.error(at, &LENGTH_MISMATCH, &[&given, &wanted, &help]))
    }

    /// Reports shapes that can't be the same.
    pub(super) fn fits(&mut self, wanted: &Shape, given: &Shape, at: &dyn ToTokens) -> Checked<()> {
        if types::shapes_fit(wanted, given) {
            return Ok(());
        }
        match (wanted, given) {
            (Shape::Array(a, n), Shape::Array(b, m)) => {
                self.same_length(m, n, at)?;
                self.fits(a, b, at)
            }
            _ => {
                let words = [types::describe(given), types::describe(wanted)];
                Err(self.error(at, &TYPE_MISMATCH, &[&format!("`{}`", words[0]), &words[1]]))
            }
        }
    }

    /// A meaning into memory.
    pub(super) fn meaning_into(
        &mut self,
        meaning: Meaning<'a>,
        place: Place,
        shape: Shape,
        at: &dyn ToTokens,
    ) -> Checked<()> {
        match (meaning, &shape) {
            (Meaning::Never, _) => Ok(()),
            (Meaning::Optional(which), _) => {
                let held = self.held_option(which, at)?;
                self.meaning_into(held, place, shape, at)
            }
            (Meaning::Option(some, inner), Shape::Tuple(shapes)) if shapes.len() == 2 => {
                let part = |n: &str| {
                    let mut place = place.clone();
                    place.path.push(Proj::Field(n.to_string()));
                    place
                };
                self.push(Stmt::Store(part("0"), some));
                if matches!(*inner, Meaning::Never) {
                    return Ok(());
                }
                let (to, shape) = (part("1"), shapes[1].clone());
                let there = |s: &mut Self| {
                    let inner = s.value(Self::pointee(*inner), at)?;
                    s.meaning_into(inner, to, shape, at).map(|()| Meaning::Unit)
                };
                self.branch(some, at, there, |_| Ok(Meaning::Unit)).map(|_| ())
            }
            (Meaning::Tuple(parts), Shape::Tuple(shapes)) if shapes.len() == parts.len() => {
                let mut result = Ok(());
                for (n, (part, shape)) in parts.into_iter().zip(shapes).enumerate() {
                    let mut place = place.clone();
                    place.path.push(Proj::Field(n.to_string()));
                    let written = self.meaning_into(part, place, shape.clone(), at);
                    result = result.and(written);
                }
                result
            }
            (Meaning::Const(path), Shape::Plain(_)) => {
                let table = self.table(&path, at.to_token_stream().span());
                self.push(Stmt::Copy(place, table.place));
                Ok(())
            }
            (meaning, Shape::Scalar(kind)) => {
                let value = self.scalar(meaning, *kind, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (Meaning::Scalar(value), Shape::Unknown) => {
                let value = self.scalar(Meaning::Scalar(value), ScalarKind::Real, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (meaning, Shape::Unknown) if self.is_open(&meaning) => {
                let value = self.scalar(meaning, ScalarKind::Real, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (
                number @ (Meaning::Variable(..) | Meaning::Memory(Located { shape: Shape::Scalar(_), .. })),
                Shape::Unknown,
            ) => {
                let value = self.any_scalar(number, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (Meaning::Const(path), Shape::Unknown) => {
                let value = self.scalar(Meaning::Const(path), ScalarKind::Real, at)?;
                self.push(Stmt::Store(place, value));
                Ok(())
            }
            (meaning, _) => {
                let mut located = self.aggregate(meaning, Some(&shape), at)?;
                self.fits(&shape, &located.shape, at)?;
                self.measure(&mut located, &shape);
                let itself = located.place.object == place.object
                    && located.place.path.is_empty()
                    && place.path.is_empty();
                if !itself {
                    self.push(Stmt::Copy(place, located.place));
                }
                Ok(())
            }
        }
    }

    /// A meaning as memory; a call's result becomes new memory.
    pub(super) fn aggregate(
        &mut self,
        meaning: Meaning<'a>,
        wanted: Option<&Shape>,
        at: &dyn ToTokens,
    ) -> Checked<Located> {
        let wanted_text = wanted.map_or_else(|| "[f64; N]".to_string(), types::describe);
        match meaning {
            // What a helper returned has the shape that its use asks for.
            Meaning::Memory(mut located)
                if located.hold == Hold::Fresh
                    && located.place.path.is_empty()
                    && matches!(located.shape, Shape::Unknown) =>
            {
                if let Some(wanted) = wanted.filter(|shape| !matches!(shape, Shape::Slice(_))) {
                    located.shape = wanted.clone();
                    self.program.objects[located.place.object.0].shape = wanted.clone();
                }
                Ok(located)
            }
            Meaning::Memory(located) if !matches!(located.shape, Shape::Scalar(_)) => Ok(located),
            Meaning::Const(path) => Ok(self.table(&path, at.to_token_stream().span())),
            other => {
                let word = match other {
                    Meaning::Scalar(_) | Meaning::Variable(..) | Meaning::Memory(_) => "a number",
                    Meaning::Tuple(_) => "a tuple",
                    Meaning::Unit | Meaning::Never => "nothing",
                    _ => "a closure or an iterator",
                };
                Err(self.error(at, &TYPE_MISMATCH, &[word, &wanted_text]))
            }
        }
    }

    /// The number of elements of an array or slice.
    pub(super) fn length(&mut self, located: &Located, span: Span) -> Value {
        match &located.shape {
            Shape::Array(_, len @ (Len::Lit(_) | Len::Expr(_))) => self.length_value(&len.clone(), span),
            _ if let Some(len) = self.table_length(located) => self.length_value(&len, span),
            _ => {
                let value = self.define(ScalarKind::Int, Op::Len(located.place.clone()), span);
                self.program.values[value.0].int_type = Some("usize".to_string());
                value
            }
        }
    }

    /// A length as a value.
    pub(super) fn length_value(&mut self, len: &Len, span: Span) -> Value {
        match len {
            Len::Lit(n) => self.index_literal(*n, span),
            Len::Expr(_) | Len::Inferred => {
                let tokens = if let Len::Expr(tokens) = len { tokens.clone() } else { quote!(_) };
                let value = self.define(ScalarKind::Int, Op::IntNamed(tokens), span);
                self.program.values[value.0].int_type = Some("usize".to_string());
                value
            }
        }
    }

    /// A `usize`.
    pub(super) fn index_literal(&mut self, n: usize, span: Span) -> Value {
        let value = self.int(n as i128, span);
        self.program.values[value.0].int_type = Some("usize".to_string());
        value
    }
}
