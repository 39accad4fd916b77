//! Operators on reals, integers and conditions.

use proc_macro2::Span;
use quote::ToTokens;
use quote::quote;
use syn::BinOp;
use syn::ExprBinary;
use syn::ExprCast;
use syn::ExprUnary;
use syn::UnOp;
use syn::spanned::Spanned;

use super::Lowering;
use super::Meaning;
use super::syntax::expr::can_fail;
use super::syntax::expr::is_number;
use super::syntax::op::Arithmetic;
use super::syntax::op::assigns;
use super::syntax::op::comparison;
use super::syntax::op::on_bits;
use crate::diagnostics::Checked;
use crate::diagnostics::Reported;
use crate::diagnostics::catalogue::BIT_OPERATOR;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::ROUNDING_CAST;
use crate::diagnostics::catalogue::TRUNCATING_DIVISION;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Value;
use crate::ir::integer;
use crate::ir::integer::IntType;
use crate::ir::integer::Typed;
use crate::parse::types;
use crate::rules::Prim;

impl<'a> Lowering<'a, '_> {
    pub(super) fn binary(&mut self, binary: &'a ExprBinary) -> Checked<Meaning<'a>> {
        let span = binary.span();
        if assigns(&binary.op) {
            return self.assign_with(binary).map(|()| Meaning::Unit);
        }
        if let BinOp::And(_) | BinOp::Or(_) = binary.op {
            return self.logical(binary);
        }
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let (left, right) = (left?, right?);
        let computes = Arithmetic::of(&binary.op).is_some() || on_bits(&binary.op).is_some();
        if let (Meaning::Const(a), Meaning::Const(b), true) = (&left, &right, computes) {
            let op = &binary.op;
            return Ok(Meaning::Const(quote!((#a #op #b))));
        }
        if matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_))
            && let Some(same) = match self.same_variant(&left, &right, [&binary.left, &binary.right]) {
                Some(same) => Some(same),
                None => self.equal_arrays(&left, &right, binary).transpose()?,
            }
        {
            let not = matches!(binary.op, BinOp::Ne(_));
            let value = if not { self.define(ScalarKind::Bool, Op::Not(same), span) } else { same };
            return Ok(Meaning::Scalar(value));
        }
        if self.is_undecided(&left)
            && self.is_undecided(&right)
            && (self.is_open(&left) || self.is_open(&right) || matches!(binary.op, BinOp::Rem(_)))
        {
            if let Some(op) = Arithmetic::of(&binary.op) {
                return self.open_binary(op, left, right, span).ok_or(Reported);
            }
            if let Some(op) = comparison(&binary.op)
                && ![&left, &right].into_iter().any(|side| self.holds_result(side))
            {
                let a = self.compared_open(left, binary.left.span()).ok_or(Reported)?;
                let b = self.compared_open(right, binary.right.span()).ok_or(Reported)?;
                return Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Cmp(op, a, b), span)));
            }
        }
        let kind = self.kind_of_operands(&left, &binary.op, &right);
        self.has_bits(&binary.op, kind)?;
        let a = self.scalar(left, kind, &binary.left);
        let b = self.scalar(right, kind, &binary.right);
        let (a, b) = (a?, b?);
        if let Some(op) = comparison(&binary.op) {
            return Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Cmp(op, a, b), span)));
        }
        self.operate(binary, kind, a, b).map(Meaning::Scalar)
    }

    /// The kind of both operands of an operator.
    fn kind_of_operands(&self, left: &Meaning, op: &BinOp, right: &Meaning) -> ScalarKind {
        match on_bits(op) {
            // The distance of a shift is of a type of its own.
            Some(IntOp::Shl | IntOp::Shr) => self.kind(left).unwrap_or(ScalarKind::Int),
            Some(_) if self.kind(left).is_none() && self.kind(right).is_none() => ScalarKind::Int,
            _ => self.common_kind(left, right),
        }
    }

    /// Refuses operators on bits for reals, which have none.
    pub(super) fn has_bits(&mut self, op: &BinOp, kind: ScalarKind) -> Checked<()> {
        let (Some(on_bits), ScalarKind::Real) = (on_bits(op), kind) else { return Ok(()) };
        let help = match on_bits {
            IntOp::BitXor => "a power is a method: `x.powi(2)` or `x.powf(y)`",
            IntOp::Shl | IntOp::Shr => "multiply or divide by a power of two: `x * 2.0`",
            _ => "join conditions by `&&` and `||`",
        };
        Err(self.error(op, &BIT_OPERATOR, &[&types::text(op), help]))
    }

    /// `a op b`, also of `a op= b`, on operands of one kind.
    pub(super) fn operate(
        &mut self,
        binary: &ExprBinary,
        kind: ScalarKind,
        a: Value,
        b: Value,
    ) -> Checked<Value> {
        let span = binary.span();
        let op = &binary.op;
        match (kind, Arithmetic::of(op), on_bits(op)) {
            (ScalarKind::Real, Some(op), _) => {
                Ok(self.define(ScalarKind::Real, Op::Prim(op.real(), vec![a, b]), span))
            }
            (ScalarKind::Int, Some(op), _) => {
                let value = self.int_op(op.int(), a, b, span);
                self.divided(binary, value, a, b);
                Ok(value)
            }
            (ScalarKind::Int, None, Some(op)) => Ok(self.int_op(op, a, b, span)),
            (ScalarKind::Bool, None, Some(IntOp::BitAnd)) => {
                Ok(self.define(ScalarKind::Bool, Op::And(a, b), span))
            }
            (ScalarKind::Bool, None, Some(IntOp::BitOr)) => {
                Ok(self.define(ScalarKind::Bool, Op::Or(a, b), span))
            }
            (ScalarKind::Bool, None, Some(IntOp::BitXor)) => {
                Ok(self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Ne, a, b), span))
            }
            _ => {
                let words = ["a condition", "write `if c { 1.0 } else { 0.0 }`"];
                Err(self.error(&binary.left, &NOT_A_NUMBER, &words))
            }
        }
    }

    /// The kind that two operands meet in: reals win, so that the integer is what gets reported.
    pub(super) fn common_kind(&self, left: &Meaning, right: &Meaning) -> ScalarKind {
        // What a helper returned is what it meets.
        let told = |meaning: &Meaning| self.kind(meaning).filter(|_| !self.is_undecided(meaning));
        match (told(left), told(right)) {
            (Some(ScalarKind::Real), _) | (_, Some(ScalarKind::Real)) => ScalarKind::Real,
            (Some(kind), _) | (_, Some(kind)) => kind,
            (None, None) => self.kind(left).or_else(|| self.kind(right)).unwrap_or(ScalarKind::Real),
        }
    }

    /// An operator on integers, or a method of two; what is known while compiling is noted.
    pub(super) fn int_op(&mut self, op: IntOp, a: Value, b: Value, span: Span) -> Value {
        let value = self.define(ScalarKind::Int, Op::IntOp(op, a, b), span);
        self.computed(op, value, a, self.known(b));
        if let Some(division) = self.truncated.get(&a).or(self.truncated.get(&b)) {
            self.truncated.insert(value, division.clone());
        }
        value
    }

    /// Notes a division of two written numbers that has a remainder: `1 / 2`.
    fn divided(&mut self, binary: &ExprBinary, value: Value, a: Value, b: Value) {
        let literals = is_number(&binary.left) && is_number(&binary.right);
        if let (BinOp::Div(_), true, Some(a), Some(b)) = (&binary.op, literals, self.known(a), self.known(b))
            && let (Some(quotient), Some(remainder)) = (a.checked_div(b), a.checked_rem(b))
            && remainder != 0
        {
            let written = types::text(binary);
            self.truncated.insert(value, (binary.left.span(), written, quotient));
        }
    }

    /// Refuses what a division of two written numbers with a remainder has made, where a real is made of it.
    pub(super) fn not_truncated(&mut self, n: Value) -> Checked<()> {
        let Some((span, written, quotient)) = self.truncated.get(&n).cloned() else { return Ok(()) };
        let words = [written.clone(), quotient.to_string(), with_points(&written)];
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        Err(self.diagnostics.error_at(span, &TRUNCATING_DIVISION, &words))
    }

    /// A method of one integer.
    pub(super) fn int_unary(&mut self, op: IntOp, a: Value, span: Span) -> Value {
        let kind = if op.result() == Typed::Bool { ScalarKind::Bool } else { ScalarKind::Int };
        let value = self.define(kind, Op::IntUnary(op, a), span);
        self.computed(op, value, a, Some(0));
        value
    }

    /// Notes the number that a result is, where it is known while compiling. The operation itself stays: what its
    /// result is where it overflows, its type says.
    fn computed(&mut self, op: IntOp, value: Value, a: Value, b: Option<i128>) {
        let name = self.int_type(a);
        if op.result() == Typed::Unsigned {
            self.program.values[value.0].int_type = name.as_deref().map(integer::unsigned);
        }
        let ty = name.as_deref().and_then(IntType::of);
        if let (Some(a), Some(b)) = (self.known(a), b)
            && op.result() != Typed::Bool
            && let Some(n) = op.fold(ty, a, b)
        {
            self.known.insert(value, n);
        }
    }

    /// The same integer, of the type that its uses ask for: an iterator numbers its items by `usize`, whatever they are.
    pub(super) fn recast(&mut self, n: Value, span: Span) -> Value {
        let value = self.define(ScalarKind::Int, Op::Cast(n, quote!(_)), span);
        if let Some(n) = self.known(n) {
            self.known.insert(value, n);
        }
        value
    }

    /// Whether the distance of two integers may be too large for their type.
    pub(super) fn is_narrow(&self, n: Value) -> bool {
        let ty = self.int_type(n).as_deref().and_then(IntType::of);
        ty.is_some_and(|ty| ty.signed && ty.bits < 32)
    }

    /// A number or a condition as a real, without loss: `f64::from(n)`.
    pub(super) fn as_real(&mut self, value: Value, span: Span) -> Value {
        match self.program.kind(value) {
            ScalarKind::Real => value,
            ScalarKind::Int => self.define(ScalarKind::Real, Op::FromInt(value), span),
            ScalarKind::Bool => {
                let (one, zero) = (self.real(1.0, span), self.real(0.0, span));
                self.define(ScalarKind::Real, Op::Select(value, one, zero), span)
            }
        }
    }

    /// An integer or a condition as an integer of a type, without loss: `i64::from(n)`.
    pub(super) fn as_integer(&mut self, value: Value, ty: &str, span: Span) -> Checked<Value> {
        let cast = match self.program.kind(value) {
            ScalarKind::Int => {
                let cast =
                    self.define(ScalarKind::Int, Op::Cast(value, ty.parse().unwrap_or_default()), span);
                if let Some(n) = self.known(value).and_then(|n| IntType::of(ty)?.cast(n)) {
                    self.known.insert(cast, n);
                }
                cast
            }
            ScalarKind::Bool => {
                let (one, zero) = (self.int(1, span), self.int(0, span));
                self.define(ScalarKind::Int, Op::Select(value, one, zero), span)
            }
            // rustc has no such conversion
            ScalarKind::Real => return Err(Reported),
        };
        self.program.values[cast.0].int_type = Some(ty.to_string());
        Ok(cast)
    }

    fn logical(&mut self, binary: &'a ExprBinary) -> Checked<Meaning<'a>> {
        let span = binary.span();
        let left = self.scalar_expr(&binary.left, ScalarKind::Bool);
        if !can_fail(&binary.right) {
            let right = self.scalar_expr(&binary.right, ScalarKind::Bool);
            let (a, b) = (left?, right?);
            let op = if matches!(binary.op, BinOp::And(_)) { Op::And(a, b) } else { Op::Or(a, b) };
            return Ok(Meaning::Scalar(self.define(ScalarKind::Bool, op, span)));
        }
        // `i > 0 && u[i - 1] > 0.0`: the right side is only computed where the left one asks for it.
        let cond = left?;
        let right = |s: &mut Self| s.scalar_expr(&binary.right, ScalarKind::Bool).map(Meaning::Scalar);
        match binary.op {
            BinOp::And(_) => self.branch(cond, binary, right, |s| Ok(Meaning::Scalar(s.truth(false, span)))),
            _ => self.branch(cond, binary, |s| Ok(Meaning::Scalar(s.truth(true, span))), right),
        }
    }

    pub(super) fn unary(&mut self, unary: &'a ExprUnary) -> Checked<Meaning<'a>> {
        let span = unary.span();
        let meaning = self.expr(&unary.expr)?;
        match unary.op {
            UnOp::Neg(_) => {
                if let Meaning::Const(path) = meaning {
                    return Ok(Meaning::Const(quote!((-#path))));
                }
                if self.is_undecided(&meaning) {
                    return self.open_negated(meaning, span).ok_or(Reported);
                }
                match self.kind(&meaning) {
                    Some(ScalarKind::Int) => {
                        let a = self.scalar(meaning, ScalarKind::Int, &unary.expr)?;
                        let value = self.define(ScalarKind::Int, Op::IntNeg(a), span);
                        if let Some(n) = self.known(a).and_then(i128::checked_neg) {
                            self.known.insert(value, n);
                        }
                        Ok(Meaning::Scalar(value))
                    }
                    _ => {
                        let a = self.scalar(meaning, ScalarKind::Real, &unary.expr)?;
                        Ok(Meaning::Scalar(self.define(ScalarKind::Real, Op::Prim(Prim::Neg, vec![a]), span)))
                    }
                }
            }
            UnOp::Not(_) => {
                if self.kind(&meaning) == Some(ScalarKind::Int) {
                    let a = self.scalar(meaning, ScalarKind::Int, &unary.expr)?;
                    return Ok(Meaning::Scalar(self.int_unary(IntOp::Not, a, span)));
                }
                let a = self.scalar(meaning, ScalarKind::Bool, &unary.expr)?;
                Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Not(a), span)))
            }
            _ => Err(Reported),
        }
    }

    pub(super) fn cast(&mut self, cast: &'a ExprCast) -> Checked<Meaning<'a>> {
        let span = cast.span();
        let meaning = self.expr(&cast.expr)?;
        let target = types::text(&cast.ty);
        if target == "f32" && !self.single {
            return Err(self.error(&cast.ty, &ROUNDING_CAST, &["`as f32`"]));
        }
        match target.as_str() {
            "f64" | "f32" => match self.kind(&meaning) {
                // What a helper returns is cast because it is an integer: a real needs no cast.
                _ if matches!(&meaning, Meaning::Memory(located)
                    if self.call_of(located).is_some() || self.is_element_of_result(located)) =>
                {
                    let n = self.scalar(meaning, ScalarKind::Int, &cast.expr)?;
                    Ok(Meaning::Scalar(self.define(ScalarKind::Real, Op::FromInt(n), span)))
                }
                Some(ScalarKind::Real) => {
                    Ok(Meaning::Scalar(self.scalar(meaning, ScalarKind::Real, &cast.expr)?))
                }
                Some(ScalarKind::Bool) => {
                    let words = ["a condition", "write `if c { 1.0 } else { 0.0 }`"];
                    Err(self.error(&cast.expr, &NOT_A_NUMBER, &words))
                }
                // A constant that is cast can be an integer or a real: the cast itself is the constant.
                None if matches!(meaning, Meaning::Const(_)) => {
                    let Meaning::Const(path) = meaning else { return Err(Reported) };
                    Ok(Meaning::Scalar(self.define(
                        ScalarKind::Real,
                        Op::RealNamed(quote!((#path as f64))),
                        span,
                    )))
                }
                _ => {
                    let n = self.scalar(meaning, ScalarKind::Int, &cast.expr)?;
                    self.not_truncated(n)?;
                    Ok(Meaning::Scalar(self.define(ScalarKind::Real, Op::FromInt(n), span)))
                }
            },
            ty if types::INTEGERS.contains(&ty) => {
                let value = match self.kind(&meaning) {
                    Some(ScalarKind::Real) => {
                        let x = self.scalar(meaning, ScalarKind::Real, &cast.expr)?;
                        self.define(ScalarKind::Int, Op::ToInt(x, cast.ty.to_token_stream()), span)
                    }
                    Some(ScalarKind::Bool) => {
                        let c = self.scalar(meaning, ScalarKind::Bool, &cast.expr)?;
                        self.as_integer(c, ty, span)?
                    }
                    _ => {
                        let n = self.scalar(meaning, ScalarKind::Int, &cast.expr)?;
                        self.as_integer(n, ty, span)?
                    }
                };
                self.program.values[value.0].int_type = Some(target);
                Ok(Meaning::Scalar(value))
            }
            _ => Err(self.error(
                &cast.ty,
                &NOT_A_NUMBER,
                &[&format!("`{target}`"), "cast to `f64` or to an integer"],
            )),
        }
    }
}

/// `1 / 2` as `1.0 / 2.0`.
pub(super) fn with_points(written: &str) -> String {
    let mut out = String::new();
    let mut number = false;
    for c in written.chars().chain([' ']) {
        if number && !c.is_ascii_digit() && c != '_' {
            out.push_str(".0");
        }
        number = c.is_ascii_digit() || (number && c == '_');
        out.push(c);
    }
    out.trim_end().to_string()
}
