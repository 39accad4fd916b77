//! What an operation may be written as instead: another one of the same value, or a value that is there.

use super::Simplifier;
use crate::ir::Block;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Value;
use crate::ir::integer::IntType;
use crate::ir::integer::Typed;
use crate::rules::Prim;

pub(super) enum Rewritten {
    /// The operation's value is that of another value.
    Same(Value),
    /// Another operation with the same value.
    Op(Op),
}

/// Whether adding a number changes none: `-0.0`, as `0.0 + -0.0` is `0.0`.
pub(super) fn is_neutral(x: f64) -> bool {
    x == 0.0 && x.is_sign_negative()
}

impl Simplifier<'_> {
    fn real(&self, v: Value) -> Option<f64> {
        match self.ops.get(v) {
            Some(Op::Real(x)) => Some(*x),
            _ => None,
        }
    }

    fn negated(&self, v: Value) -> Option<Value> {
        match self.ops.get(v) {
            Some(Op::Prim(Prim::Neg, args)) => Some(args[0]),
            _ => None,
        }
    }

    fn int(&self, v: Value) -> Option<i128> {
        match self.ops.get(v) {
            Some(Op::Int(n)) => Some(*n),
            _ => None,
        }
    }

    /// The type of an integer.
    fn int_type(&self, v: Value) -> Option<IntType> {
        self.program.info(v).int_type.as_deref().and_then(IntType::of)
    }

    /// The result of an operation on integers as a literal, where its type holds it on every target. Of a type that only
    /// rustc knows it is small.
    fn folded(&self, op: IntOp, a: Value, b: i128) -> Option<i128> {
        let ty = self.int_type(a);
        let n = op.fold(ty, self.int(a)?, b)?;
        (ty.is_some() || (0..=127).contains(&n)).then_some(n)
    }

    /// What an operation may be written as instead. `loose`: the sign of a zero does not matter, nor does the last bit of a
    /// power.
    pub(super) fn rewrite(&mut self, v: Value, op: &Op, loose: bool, out: &mut Block) -> Option<Rewritten> {
        use Rewritten::Same;
        match *op {
            Op::Prim(prim, ref args) => self.prim(prim, args, loose, out),
            Op::Powi(x, n) => match self.int(n)? {
                0 => Some(Rewritten::Op(Op::Real(1.0))),
                1 => Some(Same(x)),
                -1 => Some(Rewritten::Op(Op::Prim(Prim::Recip, vec![x]))),
                n @ 2..=8 => Some(Same(self.power(x, n, out))),
                _ => None,
            },
            Op::Select(_, a, b) if a == b => Some(Same(a)),
            Op::Select(c, a, b) => match self.ops.get(c) {
                Some(Op::Bool(true)) => Some(Same(a)),
                Some(Op::Bool(false)) => Some(Same(b)),
                _ => None,
            },
            Op::Union(ref all) => {
                let something =
                    |v: &Value| !matches!(self.ops.get(*v), Some(Op::Union(inner)) if inner.is_empty());
                let mut args: Vec<Value> = all.iter().copied().filter(something).collect();
                args.sort();
                args.dedup();
                match args.as_slice() {
                    [one] => Some(Same(*one)),
                    _ => (args != *all).then_some(Rewritten::Op(Op::Union(args))),
                }
            }
            Op::Not(a) => match self.ops.get(a) {
                Some(Op::Not(b)) => Some(Same(*b)),
                Some(Op::Bool(b)) => Some(Rewritten::Op(Op::Bool(!*b))),
                _ => None,
            },
            Op::And(a, b) => match (self.ops.get(a), self.ops.get(b)) {
                (Some(Op::Bool(true)), _) => Some(Same(b)),
                (_, Some(Op::Bool(true))) => Some(Same(a)),
                _ => None,
            },
            Op::Or(a, b) => match (self.ops.get(a), self.ops.get(b)) {
                (Some(Op::Bool(false)), _) => Some(Same(b)),
                (_, Some(Op::Bool(false))) => Some(Same(a)),
                _ => None,
            },
            // as a literal it could be of a type that does not hold it
            Op::FromInt(n) => self.int(n).map(|n| Rewritten::Op(Op::Real(n as f64))),
            Op::IntOp(int_op, a, b) => {
                if let Some(n) = self.int(b).and_then(|n| self.folded(int_op, a, n)) {
                    return Some(Rewritten::Op(Op::Int(n)));
                }
                match (int_op, self.int(a), self.int(b)) {
                    (IntOp::Add | IntOp::Sub, _, Some(0)) => Some(Same(a)),
                    (IntOp::Add, Some(0), _) => Some(Same(b)),
                    (IntOp::Mul, _, Some(1)) => Some(Same(a)),
                    (IntOp::Mul, Some(1), _) => Some(Same(b)),
                    _ => None,
                }
            }
            Op::IntUnary(int_op, a) => self.folded(int_op, a, 0).map(|n| {
                Rewritten::Op(match int_op.result() {
                    Typed::Bool => Op::Bool(n != 0),
                    _ => Op::Int(n),
                })
            }),
            // a negative literal is a literal, and its type is signed
            Op::IntNeg(a) => {
                let n = self.int(a).and_then(i128::checked_neg)?;
                let holds = self.int_type(v).is_none_or(|ty| ty.everywhere(n).is_some());
                holds.then_some(Rewritten::Op(Op::Int(n)))
            }
            Op::Cast(a, ref ty) => {
                let [from, to] = [a, v].map(|v| self.program.info(v).int_type.clone());
                if from.is_some() && from == to {
                    return Some(Same(a));
                }
                let n = self.int(a)?;
                let n = IntType::of_cast(&ty.to_string(), to.as_deref())?.cast(n)?;
                Some(Rewritten::Op(Op::Int(n)))
            }
            Op::Cmp(cmp, a, b) => {
                let order = match (self.ops.get(a), self.ops.get(b)) {
                    (Some(Op::Int(x)), Some(Op::Int(y))) => x.cmp(y),
                    (Some(Op::Bool(x)), Some(Op::Bool(y))) => x.cmp(y),
                    _ => return None,
                };
                Some(Rewritten::Op(Op::Bool(cmp.holds(order))))
            }
            _ => None,
        }
    }

    /// `x^n` for small `n`, to the bit what `powi` is (`__powidf2` of the compiler's runtime, which LLVM writes out in the
    /// same order): the product of the squares of squares that the bits of `n` name, the lowest first.
    fn power(&mut self, x: Value, n: i128, out: &mut Block) -> Value {
        let (mut square, mut power, mut rest) = (x, None, n);
        loop {
            if rest % 2 == 1 {
                power = Some(match power {
                    None => square,
                    Some(power) => {
                        self.fresh(ScalarKind::Real, Op::Prim(Prim::Mul, vec![power, square]), out)
                    }
                });
            }
            rest /= 2;
            match power {
                Some(power) if rest == 0 => return power,
                _ => square = self.fresh(ScalarKind::Real, Op::Prim(Prim::Mul, vec![square, square]), out),
            }
        }
    }

    fn prim(&mut self, prim: Prim, args: &[Value], loose: bool, out: &mut Block) -> Option<Rewritten> {
        use Rewritten::Same;
        let op = |prim, args: &[Value]| Some(Rewritten::Op(Op::Prim(prim, args.to_vec())));
        match (prim, args) {
            (Prim::Mul, &[a, b]) => match (self.real(a), self.real(b)) {
                (Some(x), Some(y)) => Some(Rewritten::Op(Op::Real(x * y))),
                (Some(1.0), _) => Some(Same(b)),
                (_, Some(1.0)) => Some(Same(a)),
                (Some(-1.0), _) => op(Prim::Neg, &[b]),
                (_, Some(-1.0)) => op(Prim::Neg, &[a]),
                _ => match (self.negated(a), self.negated(b)) {
                    (Some(a), Some(b)) => op(Prim::Mul, &[a, b]),
                    // the sign goes outward, where an addition can take it up
                    (Some(a), None) => {
                        let product = self.fresh(ScalarKind::Real, Op::Prim(Prim::Mul, vec![a, b]), out);
                        op(Prim::Neg, &[product])
                    }
                    (None, Some(b)) => {
                        let product = self.fresh(ScalarKind::Real, Op::Prim(Prim::Mul, vec![a, b]), out);
                        op(Prim::Neg, &[product])
                    }
                    (None, None) => None,
                },
            },
            (Prim::Div, &[a, b]) => match (self.real(b), self.negated(a)) {
                (Some(1.0), _) => Some(Same(a)),
                (_, Some(a)) => {
                    let quotient = self.fresh(ScalarKind::Real, Op::Prim(Prim::Div, vec![a, b]), out);
                    op(Prim::Neg, &[quotient])
                }
                _ => None,
            },
            (Prim::Add, &[a, b]) => match (self.real(a), self.real(b)) {
                (Some(x), Some(y)) => Some(Rewritten::Op(Op::Real(x + y))),
                (Some(x), _) if is_neutral(x) || (loose && x == 0.0) => Some(Same(b)),
                (_, Some(y)) if is_neutral(y) || (loose && y == 0.0) => Some(Same(a)),
                _ => match (self.negated(a), self.negated(b)) {
                    (_, Some(b)) => op(Prim::Sub, &[a, b]),
                    (Some(a), None) => op(Prim::Sub, &[b, a]),
                    (None, None) => None,
                },
            },
            (Prim::Sub, &[a, b]) => match (self.real(a), self.real(b)) {
                (Some(x), Some(y)) => Some(Rewritten::Op(Op::Real(x - y))),
                (_, Some(y)) if is_neutral(-y) => Some(Same(a)),
                _ => self.negated(b).and_then(|b| op(Prim::Add, &[a, b])),
            },
            (Prim::Neg, &[a]) => match (self.real(a), self.negated(a)) {
                (Some(x), _) => Some(Rewritten::Op(Op::Real(-x))),
                (_, Some(b)) => Some(Same(b)),
                _ => None,
            },
            (Prim::ZeroOrTimes, &[a, b]) => match (self.real(a), self.real(b)) {
                (Some(0.0), _) => Some(Rewritten::Op(Op::Real(0.0))),
                (Some(_), _) => op(Prim::Mul, &[a, b]),
                (None, Some(slope)) if slope.is_finite() => op(Prim::Mul, &[a, b]),
                _ => None,
            },
            (Prim::Powf, &[x, a]) => {
                let exponent = self.real(a)?;
                let whole =
                    exponent == 1.0 || (loose && exponent.fract() == 0.0 && (1.0..=8.0).contains(&exponent));
                whole.then(|| Same(self.power(x, exponent as i128, out)))
            }
            _ => None,
        }
    }
}
