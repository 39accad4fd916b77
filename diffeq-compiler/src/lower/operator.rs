//! Operators on reals, integers and conditions.

use proc_macro2::Span;
use quote::ToTokens;
use quote::quote;
use syn::BinOp;
use syn::Expr;
use syn::ExprBinary;
use syn::ExprCast;
use syn::ExprUnary;
use syn::UnOp;
use syn::spanned::Spanned;

use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::diagnostics::Reported;
use crate::diagnostics::catalogue::NOT_A_NUMBER;
use crate::diagnostics::catalogue::REAL_TO_INTEGER;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Value;
use crate::parse::types;
use crate::rules::Prim;

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Arithmetic {
    pub(super) fn int(self) -> IntOp {
        match self {
            Arithmetic::Add => IntOp::Add,
            Arithmetic::Sub => IntOp::Sub,
            Arithmetic::Mul => IntOp::Mul,
            Arithmetic::Div => IntOp::Div,
            Arithmetic::Rem => IntOp::Rem,
        }
    }

    pub(super) fn real(self) -> Prim {
        match self {
            Arithmetic::Add => Prim::Add,
            Arithmetic::Sub => Prim::Sub,
            Arithmetic::Mul => Prim::Mul,
            Arithmetic::Div => Prim::Div,
            Arithmetic::Rem => Prim::Rem,
        }
    }

    /// The operator of `+` and of `+=`.
    pub(super) fn of(op: &BinOp) -> Option<Arithmetic> {
        match op {
            BinOp::Add(_) | BinOp::AddAssign(_) => Some(Arithmetic::Add),
            BinOp::Sub(_) | BinOp::SubAssign(_) => Some(Arithmetic::Sub),
            BinOp::Mul(_) | BinOp::MulAssign(_) => Some(Arithmetic::Mul),
            BinOp::Div(_) | BinOp::DivAssign(_) => Some(Arithmetic::Div),
            BinOp::Rem(_) | BinOp::RemAssign(_) => Some(Arithmetic::Rem),
            _ => None,
        }
    }
}

/// Whether an operator assigns: `+=`.
pub(super) fn assigns(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
    )
}

fn comparison(op: &BinOp) -> Option<CmpOp> {
    match op {
        BinOp::Eq(_) => Some(CmpOp::Eq),
        BinOp::Ne(_) => Some(CmpOp::Ne),
        BinOp::Lt(_) => Some(CmpOp::Lt),
        BinOp::Le(_) => Some(CmpOp::Le),
        BinOp::Gt(_) => Some(CmpOp::Gt),
        BinOp::Ge(_) => Some(CmpOp::Ge),
        _ => None,
    }
}

impl<'a> Lowering<'a, '_> {
    pub(super) fn binary(&mut self, binary: &'a ExprBinary) -> Checked<Meaning<'a>> {
        let span = binary.span();
        if assigns(&binary.op) {
            return self.assign_with(binary).map(|()| Meaning::Unit);
        }
        if let BinOp::And(_) | BinOp::Or(_) | BinOp::BitAnd(_) | BinOp::BitOr(_) | BinOp::BitXor(_) =
            binary.op
        {
            return self.logical(binary);
        }
        let left = self.expr(&binary.left);
        let right = self.expr(&binary.right);
        let (left, right) = (left?, right?);
        if let (Meaning::Const(a), Meaning::Const(b)) = (&left, &right)
            && Arithmetic::of(&binary.op).is_some()
        {
            let op = &binary.op;
            return Ok(Meaning::Const(quote!((#a #op #b))));
        }
        if matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_))
            && let Some(same) = self.same_variant(&left, &right, [&binary.left, &binary.right])
        {
            let not = matches!(binary.op, BinOp::Ne(_));
            let value = if not { self.define(Kind::Bool, Op::Not(same), span) } else { same };
            return Ok(Meaning::Scalar(value));
        }
        if self.is_open(&left) && self.is_open(&right) {
            if let Some(op) = Arithmetic::of(&binary.op) {
                return self.open_binary(op, left, right, span).ok_or(Reported);
            }
            if let Some(op) = comparison(&binary.op) {
                let a = self.compared_open(left, binary.left.span()).ok_or(Reported)?;
                let b = self.compared_open(right, binary.right.span()).ok_or(Reported)?;
                return Ok(Meaning::Scalar(self.define(Kind::Bool, Op::Cmp(op, a, b), span)));
            }
        }
        let kind = self.common_kind(&left, &right);
        let a = self.scalar(left, kind, &binary.left);
        let b = self.scalar(right, kind, &binary.right);
        let (a, b) = (a?, b?);
        if let Some(op) = comparison(&binary.op) {
            let value = match (kind, op) {
                // `a == b` of conditions.
                (Kind::Bool, CmpOp::Eq | CmpOp::Ne) => {
                    let not_b = self.define(Kind::Bool, Op::Not(b), span);
                    let (yes, no) = if op == CmpOp::Eq { (b, not_b) } else { (not_b, b) };
                    self.define(Kind::Bool, Op::Select(a, yes, no), span)
                }
                (Kind::Bool, _) => {
                    let words = ["a condition", "conditions are joined by `&&`, `||` and `==`"];
                    return Err(self.error(binary, &NOT_A_NUMBER, &words));
                }
                _ => {
                    self.agree(a, b);
                    self.define(Kind::Bool, Op::Cmp(op, a, b), span)
                }
            };
            return Ok(Meaning::Scalar(value));
        }
        // The fence has refused operators on bits.
        let op = Arithmetic::of(&binary.op).ok_or(Reported)?;
        match kind {
            Kind::Real => Ok(Meaning::Scalar(self.define(Kind::Real, Op::Prim(op.real(), vec![a, b]), span))),
            Kind::Int => Ok(Meaning::Scalar(self.int_op(op.int(), a, b, span))),
            Kind::Bool => {
                Err(self.error(binary, &NOT_A_NUMBER, &["a condition", "write `if c { 1.0 } else { 0.0 }`"]))
            }
        }
    }

    /// The kind that two operands meet in: reals win, so that the integer is what gets reported.
    pub(super) fn common_kind(&self, left: &Meaning, right: &Meaning) -> Kind {
        match (self.kind(left), self.kind(right)) {
            (Some(Kind::Real), _) | (_, Some(Kind::Real)) => Kind::Real,
            (Some(kind), _) | (_, Some(kind)) => kind,
            (None, None) => Kind::Real,
        }
    }

    /// An operator on integers; what is known while compiling is computed.
    pub(super) fn int_op(&mut self, op: IntOp, a: Value, b: Value, span: Span) -> Value {
        self.agree(a, b);
        let int_type = self.program.info(a).int_type.clone();
        let folded = match (self.known(a), self.known(b)) {
            (Some(a), Some(b)) => match op {
                IntOp::Add => a.checked_add(b),
                IntOp::Sub => a.checked_sub(b),
                IntOp::Mul => a.checked_mul(b),
                IntOp::Div => a.checked_div(b),
                IntOp::Rem => a.checked_rem(b),
                IntOp::Min => Some(a.min(b)),
                IntOp::Max => Some(a.max(b)),
                IntOp::Pow => u32::try_from(b).ok().and_then(|b| a.checked_pow(b)),
            },
            _ => None,
        };
        let value = match folded {
            Some(n) => self.int(n, span),
            None => self.define(Kind::Int, Op::IntOp(op, a, b), span),
        };
        self.program.values[value.0].int_type = int_type;
        value
    }

    /// Two integers that meet have one type.
    pub(super) fn agree(&mut self, a: Value, b: Value) {
        let (left, right) = (self.program.info(a).int_type.clone(), self.program.info(b).int_type.clone());
        match (left, right) {
            (Some(ty), None) => self.program.values[b.0].int_type = Some(ty),
            (None, Some(ty)) => self.program.values[a.0].int_type = Some(ty),
            _ => {}
        }
    }

    fn logical(&mut self, binary: &'a ExprBinary) -> Checked<Meaning<'a>> {
        let span = binary.span();
        if let BinOp::BitXor(_) = binary.op {
            // The fence has refused the operator; its operands are read for their own mistakes.
            let _ = (self.expr(&binary.left), self.expr(&binary.right));
            return Err(Reported);
        }
        let left = self.scalar_expr(&binary.left, Kind::Bool);
        let short = matches!(binary.op, BinOp::And(_) | BinOp::Or(_)) && can_fail(&binary.right);
        if !short {
            let right = self.scalar_expr(&binary.right, Kind::Bool);
            let (a, b) = (left?, right?);
            let op = match binary.op {
                BinOp::And(_) | BinOp::BitAnd(_) => Op::And(a, b),
                _ => Op::Or(a, b),
            };
            return Ok(Meaning::Scalar(self.define(Kind::Bool, op, span)));
        }
        // `i > 0 && u[i - 1] > 0.0`: the right side is only computed where the left one asks for it.
        let cond = left?;
        let right = |s: &mut Self| s.scalar_expr(&binary.right, Kind::Bool).map(Meaning::Scalar);
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
                if self.is_open(&meaning) {
                    return self.open_negated(meaning, span).ok_or(Reported);
                }
                match self.kind(&meaning) {
                    Some(Kind::Int) => {
                        let a = self.scalar(meaning, Kind::Int, &unary.expr)?;
                        let int_type = self.program.info(a).int_type.clone();
                        let value = match self.known(a) {
                            Some(n) => self.int(-n, span),
                            None => self.define(Kind::Int, Op::IntNeg(a), span),
                        };
                        self.program.values[value.0].int_type = int_type;
                        Ok(Meaning::Scalar(value))
                    }
                    _ => {
                        let a = self.scalar(meaning, Kind::Real, &unary.expr)?;
                        Ok(Meaning::Scalar(self.define(Kind::Real, Op::Prim(Prim::Neg, vec![a]), span)))
                    }
                }
            }
            UnOp::Not(_) => {
                let a = self.scalar(meaning, Kind::Bool, &unary.expr)?;
                Ok(Meaning::Scalar(self.define(Kind::Bool, Op::Not(a), span)))
            }
            _ => Err(Reported),
        }
    }

    pub(super) fn cast(&mut self, cast: &'a ExprCast) -> Checked<Meaning<'a>> {
        let span = cast.span();
        let meaning = self.expr(&cast.expr)?;
        let target = types::text(&cast.ty);
        match target.as_str() {
            "f64" | "f32" => match self.kind(&meaning) {
                Some(Kind::Real) => Ok(Meaning::Scalar(self.scalar(meaning, Kind::Real, &cast.expr)?)),
                Some(Kind::Bool) => {
                    let words = ["a condition", "write `if c { 1.0 } else { 0.0 }`"];
                    Err(self.error(&cast.expr, &NOT_A_NUMBER, &words))
                }
                // A constant that is cast can be an integer or a real: the cast itself is the constant.
                None if matches!(meaning, Meaning::Const(_)) => {
                    let Meaning::Const(path) = meaning else { return Err(Reported) };
                    Ok(Meaning::Scalar(self.define(Kind::Real, Op::RealNamed(quote!((#path as f64))), span)))
                }
                _ => {
                    let n = self.scalar(meaning, Kind::Int, &cast.expr)?;
                    Ok(Meaning::Scalar(self.define(Kind::Real, Op::FromInt(n), span)))
                }
            },
            ty if types::INTEGERS.contains(&ty) => {
                let value = match self.kind(&meaning) {
                    Some(Kind::Real) => return Err(self.error(cast, &REAL_TO_INTEGER, &[])),
                    Some(Kind::Bool) => {
                        let c = self.scalar(meaning, Kind::Bool, &cast.expr)?;
                        let (one, zero) = (self.int(1, span), self.int(0, span));
                        self.define(Kind::Int, Op::Select(c, one, zero), span)
                    }
                    _ => {
                        let n = self.scalar(meaning, Kind::Int, &cast.expr)?;
                        match self.known(n) {
                            Some(known) => self.int(known, span),
                            None => self.define(Kind::Int, Op::Cast(n, cast.ty.to_token_stream()), span),
                        }
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

/// Whether computing an expression where its value is not asked for could go wrong.
fn can_fail(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => can_fail(&inner.expr),
        Expr::Group(inner) => can_fail(&inner.expr),
        Expr::Lit(_) | Expr::Path(_) => false,
        Expr::Field(field) => can_fail(&field.base),
        Expr::Unary(unary) => can_fail(&unary.expr),
        Expr::Binary(binary) => {
            let partial = matches!(binary.op, BinOp::Sub(_) | BinOp::Div(_) | BinOp::Rem(_));
            partial || can_fail(&binary.left) || can_fail(&binary.right)
        }
        _ => true,
    }
}
