//! What an operator does, by its sign.

use syn::BinOp;

use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::rules::Prim;

/// The arithmetic operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::lower) enum Arithmetic {
    Add,
    Sub,
    Mul,
    Div,
    Rem,
}

impl Arithmetic {
    pub(in crate::lower) fn int(self) -> IntOp {
        match self {
            Arithmetic::Add => IntOp::Add,
            Arithmetic::Sub => IntOp::Sub,
            Arithmetic::Mul => IntOp::Mul,
            Arithmetic::Div => IntOp::Div,
            Arithmetic::Rem => IntOp::Rem,
        }
    }

    pub(in crate::lower) fn real(self) -> Prim {
        match self {
            Arithmetic::Add => Prim::Add,
            Arithmetic::Sub => Prim::Sub,
            Arithmetic::Mul => Prim::Mul,
            Arithmetic::Div => Prim::Div,
            Arithmetic::Rem => Prim::Rem,
        }
    }

    /// The operator of `+` and of `+=`.
    pub(in crate::lower) fn of(op: &BinOp) -> Option<Arithmetic> {
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

/// The operator on bits, of integers; `&`, `|` and `^` join conditions as well.
pub(in crate::lower) fn on_bits(op: &BinOp) -> Option<IntOp> {
    match op {
        BinOp::BitAnd(_) | BinOp::BitAndAssign(_) => Some(IntOp::BitAnd),
        BinOp::BitOr(_) | BinOp::BitOrAssign(_) => Some(IntOp::BitOr),
        BinOp::BitXor(_) | BinOp::BitXorAssign(_) => Some(IntOp::BitXor),
        BinOp::Shl(_) | BinOp::ShlAssign(_) => Some(IntOp::Shl),
        BinOp::Shr(_) | BinOp::ShrAssign(_) => Some(IntOp::Shr),
        _ => None,
    }
}

/// Whether an operator assigns: `+=`.
pub(in crate::lower) fn assigns(op: &BinOp) -> bool {
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
            | BinOp::BitAndAssign(_)
            | BinOp::BitOrAssign(_)
            | BinOp::BitXorAssign(_)
            | BinOp::ShlAssign(_)
            | BinOp::ShrAssign(_)
    )
}

pub(in crate::lower) fn comparison(op: &BinOp) -> Option<CmpOp> {
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
