//! What an integer of a run is, as far as it is known.

use proc_macro2::TokenStream;

use super::lengths::constant;
use super::lengths::paths;
use super::run::Run;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;
use crate::ir::integer::IntType;

impl Run<'_> {
    /// Whether a constant is one by which lengths are written.
    pub(super) fn is_length(&self, tokens: &TokenStream) -> bool {
        let mut names = Vec::new();
        paths(tokens, &mut names);
        names.is_empty() || names.iter().any(|name| self.lengths.contains(name))
    }

    pub(super) fn int_type(&self, value: Value) -> Option<IntType> {
        self.program.info(value).int_type.as_deref().and_then(IntType::of)
    }

    /// A difference that is no value of its type is noted, and nothing is known of it.
    pub(super) fn above_zero(&mut self, v: Value, op: &Op, known: Option<i128>) -> Option<i128> {
        let Op::IntOp(IntOp::Sub, a, b) = op else { return known };
        let unsigned = self.classes.of_value(v).and_then(|ty| IntType::of(&ty)).is_some_and(|ty| !ty.signed);
        let n =
            self.get(*a).zip(self.get(*b)).and_then(|(a, b)| a.checked_sub(b)).filter(|n| unsigned && *n < 0);
        let Some(n) = n else { return known };
        if self.doubts == 0
            && !self.found.sampled
            && !self.lazy.contains(&v)
            && self.seen.insert((v.0, Vec::new()))
        {
            self.found.below_zero.push((v, n));
        }
        None
    }

    /// The value of an operation on integers and conditions.
    pub(super) fn op(&mut self, value: Value, op: &Op) -> Option<i128> {
        Some(match op {
            Op::Load(place) if self.program.kind(value) != ScalarKind::Real => {
                let values = &self.values;
                self.integers.load(place, |v| values[v.0])?
            }
            Op::Int(n) => *n,
            // Another constant is some number, which only rustc knows.
            Op::IntNamed(tokens) if !self.is_length(tokens) => return None,
            Op::IntNamed(tokens) => {
                self.found.sampled = true;
                constant(&tokens.to_string(), self.sample)?
            }
            Op::IntOp(op, a, b) => op.compute(self.int_type(*a), self.get(*a)?, self.get(*b)?)?,
            Op::IntUnary(op, a) => op.compute(self.int_type(*a), self.get(*a)?, 0)?,
            Op::IntNeg(a) => IntOp::Sub.compute(self.int_type(*a), 0, self.get(*a)?)?,
            Op::Cast(a, ty) => {
                let inferred = self.program.info(value).int_type.as_deref();
                IntType::of_cast(&ty.to_string(), inferred)?.wrap(self.get(*a)?)?
            }
            Op::Len(place) => {
                let mut shape = self.program.objects[place.object.0].shape.clone();
                for proj in &place.path {
                    shape = match (proj, shape) {
                        (Proj::Index(_), Shape::Array(inner, _) | Shape::Slice(inner)) => *inner,
                        _ => Shape::Unknown,
                    };
                }
                self.length(&shape)? as i128
            }
            Op::Bool(b) => i128::from(*b),
            Op::Cmp(op, a, b) => {
                let (a, b) = (self.get(*a)?, self.get(*b)?);
                i128::from(match op {
                    CmpOp::Eq => a == b,
                    CmpOp::Ne => a != b,
                    CmpOp::Lt => a < b,
                    CmpOp::Le => a <= b,
                    CmpOp::Gt => a > b,
                    CmpOp::Ge => a >= b,
                })
            }
            Op::And(a, b) => match (self.get(*a), self.get(*b)) {
                (Some(0), _) | (_, Some(0)) => 0,
                (Some(_), Some(_)) => 1,
                _ => return None,
            },
            Op::Or(a, b) => match (self.get(*a), self.get(*b)) {
                (Some(1), _) | (_, Some(1)) => 1,
                (Some(_), Some(_)) => 0,
                _ => return None,
            },
            Op::Not(a) => 1 - self.get(*a)?,
            Op::Select(c, a, b) => match self.get(*c) {
                Some(0) => self.get(*b)?,
                Some(_) => self.get(*a)?,
                None => self.get(*a).filter(|n| self.get(*b) == Some(*n))?,
            },
            _ => return None,
        })
    }
}
