//! Methods of numbers and of conditions.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;
use syn::spanned::Spanned;

use super::Lowering;
use super::Meaning;
use super::Supplied;
use super::vocabulary::Checkable;
use super::vocabulary::LOWERED;
use super::vocabulary::checked;
use super::vocabulary::elsewhere;
use super::vocabulary::is_array_method;
use super::vocabulary::is_iterator_method;
use super::vocabulary::nearest_method;
use super::vocabulary::refused;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::NO_SUCH_METHOD;
use crate::diagnostics::catalogue::UNKNOWN_METHOD;
use crate::diagnostics::catalogue::WRONG_METHOD_ARGUMENTS;
use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;
use crate::parse::types::Annotation;
use crate::rules::Prim;

impl<'a> Lowering<'a, '_> {
    /// A method of a real.
    pub(super) fn real_method(
        &mut self,
        name: &str,
        x: Value,
        args: Vec<Supplied<'a>>,
        method: &dyn ToTokens,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        let (given, wanted) = match (Prim::from_method(name), name) {
            (Some(prim), _) => (args.len(), prim.arity() - 1),
            (None, "powi" | "log" | "rem_euclid" | "div_euclid") => (args.len(), 1),
            (None, "clamp") => (args.len(), 2),
            (None, name) if LOWERED.contains(&name) => (args.len(), 0),
            (None, "clone" | "to_owned") => return Ok(Meaning::Scalar(x)),
            (None, _) => {
                let help = match nearest_method(name) {
                    _ if let Some(help) = elsewhere(name) => help.into(),
                    _ if is_array_method(name) || is_iterator_method(name) => {
                        "arrays and slices have it, this is a number".into()
                    }
                    Some(near) => format!("did you mean `{near}`?"),
                    None => {
                        "write it with methods that have one: `exp`, `ln`, `sin`, `sqrt`, `powi`, `tanh`, .."
                            .into()
                    }
                };
                return Err(self.error(method, &UNKNOWN_METHOD, &[name, &help]));
            }
        };
        if given != wanted {
            let words = [name, &wanted.to_string(), &given.to_string()];
            return Err(self.error(method, &WRONG_METHOD_ARGUMENTS, &words));
        }
        if name == "powi" {
            let Some((n, written)) = args.into_iter().next() else { return Ok(Meaning::Scalar(x)) };
            let n_at: &dyn ToTokens = match written {
                Some(expr) => expr,
                None => at,
            };
            let n = self.scalar(n, ScalarKind::Int, n_at)?;
            let info = &mut self.program.values[n.0];
            if info.int_type.is_none() {
                info.int_type = Some("i32".to_string());
            }
            return Ok(Meaning::Scalar(self.define(ScalarKind::Real, Op::Powi(x, n), span)));
        }
        let mut all = vec![x];
        for (arg, written) in args {
            let arg_at: &dyn ToTokens = match written {
                Some(expr) => expr,
                None => at,
            };
            all.push(self.scalar(arg, ScalarKind::Real, arg_at)?);
        }
        if let Some(prim) = Prim::from_method(name) {
            return Ok(Meaning::Scalar(self.define(ScalarKind::Real, Op::Prim(prim, all), span)));
        }
        Ok(self.lowered(name, &all, span))
    }

    fn prim(&mut self, prim: Prim, args: &[Value], span: Span) -> Value {
        self.define(ScalarKind::Real, Op::Prim(prim, args.to_vec()), span)
    }

    /// The methods that are written with others, by the formulas of the standard library.
    fn lowered(&mut self, name: &str, args: &[Value], span: Span) -> Meaning<'a> {
        let x = args[0];
        let test = |s: &mut Self, op| Meaning::Scalar(s.define(ScalarKind::Bool, op, span));
        Meaning::Scalar(match name {
            // In the order of the standard library, whose result keeps a NaN and the sign of a zero.
            "clamp" => {
                let real = |v: Value| match self.definition(v) {
                    Some(Op::Real(x)) => Some(*x),
                    _ => None,
                };
                let in_order =
                    matches!((real(args[1]), real(args[2])), (Some(low), Some(high)) if low <= high);
                if !in_order {
                    let cond = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Le, args[1], args[2]), span);
                    self.insist(cond, "min > max, or either was NaN");
                }
                let below = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, x, args[1]), span);
                let raised = self.define(ScalarKind::Real, Op::Select(below, args[1], x), span);
                let above = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Gt, raised, args[2]), span);
                self.define(ScalarKind::Real, Op::Select(above, args[2], raised), span)
            }
            "sin_cos" => {
                let sin = self.prim(Prim::Sin, &[x], span);
                let cos = self.prim(Prim::Cos, &[x], span);
                return Meaning::Tuple(vec![Meaning::Scalar(sin), Meaning::Scalar(cos)]);
            }
            "fract" => {
                let whole = self.prim(Prim::Trunc, &[x], span);
                self.prim(Prim::Sub, &[x, whole], span)
            }
            "rem_euclid" => {
                let rem = self.prim(Prim::Rem, &[x, args[1]], span);
                let zero = self.real(0.0, span);
                let negative = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, rem, zero), span);
                let size = self.prim(Prim::Abs, &[args[1]], span);
                let lifted = self.prim(Prim::Add, &[rem, size], span);
                self.define(ScalarKind::Real, Op::Select(negative, lifted, rem), span)
            }
            "div_euclid" => {
                let quotient = self.prim(Prim::Div, &[x, args[1]], span);
                let whole = self.prim(Prim::Trunc, &[quotient], span);
                let rem = self.prim(Prim::Rem, &[x, args[1]], span);
                let (zero, one) = (self.real(0.0, span), self.real(1.0, span));
                let negative = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, rem, zero), span);
                let upwards = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Gt, args[1], zero), span);
                let (less, more) =
                    (self.prim(Prim::Sub, &[whole, one], span), self.prim(Prim::Add, &[whole, one], span));
                let moved = self.define(ScalarKind::Real, Op::Select(upwards, less, more), span);
                self.define(ScalarKind::Real, Op::Select(negative, moved, whole), span)
            }
            "to_radians" => {
                let factor = self.real(std::f64::consts::PI / 180.0, span);
                self.prim(Prim::Mul, &[x, factor], span)
            }
            "to_degrees" => {
                let factor = self.real(180.0 / std::f64::consts::PI, span);
                self.prim(Prim::Mul, &[x, factor], span)
            }
            "log" => {
                let (top, bottom) = (self.prim(Prim::Ln, &[x], span), self.prim(Prim::Ln, &[args[1]], span));
                self.prim(Prim::Div, &[top, bottom], span)
            }
            "is_nan" => return test(self, Op::Test("is_nan", x)),
            "is_finite" => return test(self, Op::Test("is_finite", x)),
            "is_infinite" => {
                let finite = self.define(ScalarKind::Bool, Op::Test("is_finite", x), span);
                let nan = self.define(ScalarKind::Bool, Op::Test("is_nan", x), span);
                let other = self.define(ScalarKind::Bool, Op::Or(finite, nan), span);
                return test(self, Op::Not(other));
            }
            // The sign of zeros and of NaN included.
            sign => {
                let one = self.real(1.0, span);
                let signed = self.prim(Prim::Copysign, &[one, x], span);
                let zero = self.real(0.0, span);
                let op = if sign == "is_sign_positive" { CmpOp::Gt } else { CmpOp::Lt };
                return test(self, Op::Cmp(op, signed, zero));
            }
        })
    }

    /// A method of an integer: that of Rust, called by its name.
    pub(super) fn int_method(
        &mut self,
        name: &str,
        n: Value,
        args: Vec<Supplied<'a>>,
        method: &dyn ToTokens,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        if let Some(op) = checked(name)
            && args.len() == 1
        {
            let Some((arg, written)) = args.into_iter().next() else { return Ok(Meaning::Unit) };
            let m = match written {
                Some(written) => self.scalar(arg, ScalarKind::Int, written)?,
                None => self.scalar(arg, ScalarKind::Int, at)?,
            };
            return Ok(self.checked_op(op, n, m, span));
        }
        let wanted = match (IntOp::from_method(name), name) {
            (Some(op), _) => op.arity() - 1,
            (None, "clone" | "to_owned") => 0,
            (None, "clamp") => 2,
            _ => {
                let help = refused(name);
                return Err(self.error(method, &NO_SUCH_METHOD, &["integers", name, &help]));
            }
        };
        if args.len() != wanted {
            let words = [name, &wanted.to_string(), &args.len().to_string()];
            return Err(self.error(method, &WRONG_METHOD_ARGUMENTS, &words));
        }
        let mut values = Vec::new();
        for (arg, written) in args {
            let arg_at: &dyn ToTokens = match written {
                Some(expr) => expr,
                None => at,
            };
            values.push(self.scalar(arg, ScalarKind::Int, arg_at)?);
        }
        values.insert(0, n);
        Ok(Meaning::Scalar(self.int_of_both(name, &values, span)))
    }

    /// A method on integers, those of `clamp` included; another leaves the receiver as it is.
    pub(super) fn int_of_both(&mut self, name: &str, values: &[Value], span: Span) -> Value {
        match (IntOp::from_method(name), values) {
            (Some(op), &[n, m]) => self.int_op(op, n, m, span),
            (Some(op), &[n]) => self.int_unary(op, n, span),
            (None, &[n, low, high]) => {
                if !matches!((self.known(low), self.known(high)), (Some(a), Some(b)) if a <= b) {
                    let cond = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Le, low, high), span);
                    self.insist(cond, "min > max");
                }
                let raised = self.int_op(IntOp::Max, n, low, span);
                self.int_op(IntOp::Min, raised, high, span)
            }
            _ => values[0],
        }
    }

    /// A method on reals that integers have, too.
    pub(super) fn real_of_both(&mut self, name: &str, values: &[Value], span: Span) -> Value {
        match Prim::from_method(name) {
            Some(prim) => self.prim(prim, values, span),
            None => match self.lowered(name, values, span) {
                Meaning::Scalar(value) => value,
                _ => values[0],
            },
        }
    }

    /// `n.checked_sub(m)`
    fn checked_op(&mut self, op: Checkable, n: Value, m: Value, span: Span) -> Meaning<'a> {
        let (some, value) = match op {
            // Where nothing overflows the two are the same, and nowhere else.
            Checkable::Bounded(saturating, wrapping) => {
                let bounded = self.int_op(saturating, n, m, span);
                let value = self.int_op(wrapping, n, m, span);
                (self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, bounded, value), span), value)
            }
            Checkable::Divided(op) => {
                let [zero, one] = [0, 1].map(|k| self.int(k, span));
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Ne, m, zero), span);
                let by = self.define(ScalarKind::Int, Op::Select(some, m, one), span);
                (some, self.int_op(op, n, by, span))
            }
        };
        Meaning::Option(some, Box::new(Meaning::Scalar(value)))
    }

    /// A method of a condition.
    pub(super) fn bool_method(
        &mut self,
        name: &str,
        c: Value,
        args: Vec<Supplied<'a>>,
        method: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        match (name, args.len()) {
            ("clone" | "to_owned", 0) => Ok(Meaning::Scalar(c)),
            ("then_some", 1) => {
                let inner = args.into_iter().next().map_or(Meaning::Unit, |(inner, _)| inner);
                let inner = self.value(Self::pointee(inner), method)?;
                Ok(Meaning::Option(c, Box::new(inner)))
            }
            ("then", 1) if let Some((Meaning::Closure(closure), _)) = args.first() => {
                let closure = *closure;
                let there = |s: &mut Self| {
                    let inner = s.apply_closure(closure, Vec::new(), method)?;
                    s.value(Self::pointee(inner), method)
                };
                let inner = self.branch(c, method, there, |_| Ok(Meaning::Never))?;
                Ok(Meaning::Option(c, Box::new(inner)))
            }
            (_, _) => {
                let words = ["conditions", name, "write `if c { a } else { b }`"];
                Err(self.error(method, &NO_SUCH_METHOD, &words))
            }
        }
    }

    /// `n.into()` where the type that it becomes is written beside it.
    pub(super) fn into(&mut self, expr: &'a Expr, ty: &Annotation) -> Option<Checked<Meaning<'a>>> {
        let (Expr::MethodCall(call), Shape::Scalar(kind)) = (expr, &ty.shape) else { return None };
        if call.method != "into" || !call.args.is_empty() {
            return None;
        }
        let value = self.expr(&call.receiver).and_then(|meaning| {
            // What a constant is its type tells, and it is written as what it becomes.
            let own = match self.is_open(&meaning) {
                true => ScalarKind::Int,
                false => self.kind(&meaning).unwrap_or(ScalarKind::Real),
            };
            self.scalar(meaning, own, &call.receiver)
        });
        Some(value.and_then(|value| match (kind, &ty.int_type) {
            (ScalarKind::Real, _) => Ok(Meaning::Scalar(self.as_real(value, call.span()))),
            (ScalarKind::Int, Some(ty)) => self.as_integer(value, ty, call.span()).map(Meaning::Scalar),
            _ => Ok(Meaning::Scalar(value)),
        }))
    }

    /// `c.then_some(a).unwrap_or(b)`: both are computed, one is taken.
    pub(super) fn chosen(&mut self, call: &'a ExprMethodCall) -> Option<Checked<Meaning<'a>>> {
        let Expr::MethodCall(option) = &*call.receiver else { return None };
        if call.method != "unwrap_or" || option.method != "then_some" {
            return None;
        }
        let ([a], [b]) = (parts(option)?, parts(call)?);
        Some(self.choice_of(&option.receiver, a, b, call))
    }

    fn choice_of(
        &mut self,
        cond: &'a Expr,
        a: &'a Expr,
        b: &'a Expr,
        at: &'a ExprMethodCall,
    ) -> Checked<Meaning<'a>> {
        let cond = self.scalar_expr(cond, ScalarKind::Bool)?;
        let (then, otherwise) = (self.expr(a)?, self.expr(b)?);
        let kind = self.common_kind(&then, &otherwise);
        let then = self.scalar(then, kind, a)?;
        let otherwise = self.scalar(otherwise, kind, b)?;
        let chosen = self.define(kind, Op::Select(cond, then, otherwise), at.span());
        Ok(Meaning::Scalar(chosen))
    }
}

/// The one argument of a call.
fn parts(call: &ExprMethodCall) -> Option<[&Expr; 1]> {
    (call.args.len() == 1).then(|| [&call.args[0]])
}
