//! What an operation gives.

use super::Datum;
use super::Evaluated;
use super::Machine;
use super::Scalar;
use crate::ir::CmpOp;
use crate::ir::Op;
use crate::ir::Value;
use crate::ir::integer::IntOp;
use crate::ir::integer::IntType;
use crate::ir::integer::Typed;
use crate::rules::Prim;

impl Machine<'_> {
    pub(super) fn int_type(&self, value: Value) -> Option<IntType> {
        self.program.info(value).int_type.as_deref().and_then(IntType::of)
    }

    pub(super) fn op(&self, value: Value, op: &Op) -> Evaluated<Scalar> {
        Ok(match op {
            Op::Real(x) => Scalar::Real(*x),
            Op::RealNamed(path) | Op::IntNamed(path) => self.constant(&path.to_string())?,
            Op::Prim(prim, args) => {
                let args = args.iter().map(|a| self.real(*a)).collect::<Evaluated<Vec<_>>>()?;
                Scalar::Real(elementary(*prim, [0, 1, 2].map(|k| args.get(k).copied().unwrap_or(0.0))))
            }
            Op::Union(_) => return Err("dependencies have no value".into()),
            Op::Powi(x, n) => {
                let n = i32::try_from(self.int(*n)?).map_err(|error| error.to_string())?;
                Scalar::Real(self.real(*x)?.powi(n))
            }
            Op::FromInt(n) => Scalar::Real(self.int(*n)? as f64),
            Op::Load(place) => match self.at(place)? {
                Datum::Scalar(scalar) => *scalar,
                _ => return Err(format!("%{} loads an aggregate", value.0)),
            },
            Op::Select(c, a, b) => self.get(if self.truth(*c)? { *a } else { *b })?,
            Op::Int(n) => Scalar::Int(*n),
            Op::IntOp(op, a, b) => {
                let args = *a;
                let (a, b) = (self.int(*a)?, self.int(*b)?);
                let result = op.compute(self.int_type(args), a, b);
                Scalar::Int(result.ok_or(format!("{op:?} of {a} and {b}"))?)
            }
            Op::IntUnary(op, a) => {
                let (ty, n) = (self.int_type(*a), self.int(*a)?);
                let result = op.compute(ty, n, 0).ok_or(format!("{op:?} of {n}"))?;
                if op.result() == Typed::Bool { Scalar::Bool(result != 0) } else { Scalar::Int(result) }
            }
            Op::IntNeg(a) => {
                let n = IntOp::Sub.compute(self.int_type(*a), 0, self.int(*a)?);
                Scalar::Int(n.ok_or(format!("the negative of %{}", a.0))?)
            }
            Op::Cast(a, ty) => {
                let inferred = self.program.info(value).int_type.as_deref();
                let (n, ty) = (self.int(*a)?, IntType::of_cast(&ty.to_string(), inferred));
                Scalar::Int(ty.and_then(|ty| ty.wrap(n)).ok_or(format!("a cast of {n}"))?)
            }
            Op::ToInt(x, ty) => {
                let ty = IntType::of(&ty.to_string()).ok_or(format!("`{ty}`"))?;
                // `as` saturates, and makes zero of NaN
                Scalar::Int((self.real(*x)? as i128).clamp(ty.smallest(), ty.largest()))
            }
            Op::Len(place) => match self.at(place)? {
                Datum::Array(parts) => Scalar::Int(parts.len() as i128),
                _ => return Err("the length of no array".into()),
            },
            Op::Bool(b) => Scalar::Bool(*b),
            Op::Cmp(op, a, b) => {
                let order = match (self.get(*a)?, self.get(*b)?) {
                    (Scalar::Int(a), Scalar::Int(b)) => Some(a.cmp(&b)),
                    (Scalar::Real(a), Scalar::Real(b)) => a.partial_cmp(&b),
                    (Scalar::Bool(a), Scalar::Bool(b)) => Some(a.cmp(&b)),
                    _ => return Err("a comparison of different kinds".into()),
                };
                Scalar::Bool(match op {
                    CmpOp::Eq => order.is_some_and(|o| o.is_eq()),
                    CmpOp::Ne => !order.is_some_and(|o| o.is_eq()),
                    CmpOp::Lt => order.is_some_and(|o| o.is_lt()),
                    CmpOp::Le => order.is_some_and(|o| o.is_le()),
                    CmpOp::Gt => order.is_some_and(|o| o.is_gt()),
                    CmpOp::Ge => order.is_some_and(|o| o.is_ge()),
                })
            }
            Op::And(a, b) => Scalar::Bool(self.truth(*a)? & self.truth(*b)?),
            Op::Or(a, b) => Scalar::Bool(self.truth(*a)? | self.truth(*b)?),
            Op::Not(a) => Scalar::Bool(!self.truth(*a)?),
            Op::Test(name, x) => {
                let x = self.real(*x)?;
                Scalar::Bool(if *name == "is_nan" { x.is_nan() } else { x.is_finite() })
            }
        })
    }
}

/// An elementary function; what is after its last argument is not looked at.
fn elementary(prim: Prim, [a, b, c]: [f64; 3]) -> f64 {
    match prim {
        Prim::Add => a + b,
        Prim::Sub => a - b,
        Prim::Mul => a * b,
        Prim::Div => a / b,
        Prim::Rem => a % b,
        Prim::Neg => -a,
        Prim::Recip => a.recip(),
        Prim::Sqrt => a.sqrt(),
        Prim::Cbrt => a.cbrt(),
        Prim::Exp => a.exp(),
        Prim::Exp2 => a.exp2(),
        Prim::ExpM1 => a.exp_m1(),
        Prim::Ln => a.ln(),
        Prim::Ln1p => a.ln_1p(),
        Prim::Log2 => a.log2(),
        Prim::Log10 => a.log10(),
        Prim::Powf => a.powf(b),
        Prim::Sin => a.sin(),
        Prim::Cos => a.cos(),
        Prim::Tan => a.tan(),
        Prim::Asin => a.asin(),
        Prim::Acos => a.acos(),
        Prim::Atan => a.atan(),
        Prim::Sinh => a.sinh(),
        Prim::Cosh => a.cosh(),
        Prim::Tanh => a.tanh(),
        Prim::Asinh => a.asinh(),
        Prim::Acosh => a.acosh(),
        Prim::Atanh => a.atanh(),
        Prim::Atan2 => a.atan2(b),
        Prim::Hypot => a.hypot(b),
        Prim::Abs => a.abs(),
        Prim::Max => a.max(b),
        Prim::Min => a.min(b),
        Prim::MulAdd => a.mul_add(b, c),
        Prim::Copysign => a.copysign(b),
        Prim::ZeroOrTimes if a == 0.0 => 0.0,
        Prim::ZeroOrTimes => a * b,
        Prim::Signum => a.signum(),
        Prim::Floor => a.floor(),
        Prim::Ceil => a.ceil(),
        Prim::Round => a.round(),
        Prim::Trunc => a.trunc(),
    }
}
