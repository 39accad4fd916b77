//! Methods of numbers, arrays and iterators.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;
use syn::spanned::Spanned;

use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::branch::is_aggregate;
use super::call;
use super::iter::Iter;
use super::network::FORWARD;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::GLOBAL_STATE;
use crate::diagnostics::catalogue::UNKNOWN_METHOD;
use crate::diagnostics::catalogue::WRONG_METHOD_ARGUMENTS;
use crate::diagnostics::nearest;
use crate::ir::CmpOp;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Kind;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;
use crate::rules::Prim;

/// The methods of `f64` that are written with elementary functions.
pub(super) const LOWERED: &[&str] = &[
    "powi",
    "mul_add",
    "clamp",
    "sin_cos",
    "fract",
    "rem_euclid",
    "to_radians",
    "to_degrees",
    "log",
    "is_nan",
    "is_finite",
    "is_infinite",
    "is_sign_positive",
    "is_sign_negative",
];

/// The methods of arrays and slices.
const AGGREGATE: &[&str] = &[
    "len",
    "is_empty",
    "iter",
    "iter_mut",
    "into_iter",
    "map",
    "fill",
    "copy_from_slice",
    "clone_from_slice",
    "swap",
    "as_slice",
    "as_mut_slice",
    "each_ref",
];

/// The methods of iterators.
const ITERATOR: &[&str] = &[
    "rev",
    "enumerate",
    "zip",
    "skip",
    "take",
    "step_by",
    "map",
    "copied",
    "cloned",
    "sum",
    "product",
    "fold",
    "for_each",
    "all",
    "any",
    "count",
];

/// The methods of integers.
const INTEGER: &[&str] = &["pow", "min", "max", "clamp", "abs", "abs_diff", "rem_euclid", "saturating_sub"];

/// What reads or changes state behind a shared reference.
const SHARED: &[&str] = &[
    "load",
    "store",
    "fetch_add",
    "fetch_sub",
    "get",
    "set",
    "borrow",
    "borrow_mut",
    "lock",
    "read",
    "write",
    "with",
    "take",
    "replace",
    "update",
    "get_or_init",
];

type Arg<'a> = (Meaning<'a>, Option<&'a Expr>);

impl<'a> Lowering<'a, '_> {
    /// `receiver.method(arguments)`
    pub(super) fn method_call(&mut self, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let name = call.method.to_string();
        let receiver = match self.raw(&call.receiver) {
            Ok(receiver) => receiver,
            Err(reported) => {
                // The arguments are read for their mistakes.
                for arg in call.args.iter().filter(|arg| !matches!(arg, Expr::Closure(_))) {
                    let _ = self.expr(arg);
                }
                return Err(reported);
            }
        };
        let of_aggregate = AGGREGATE.contains(&name.as_str());
        match receiver {
            Meaning::Iter(iter) => match self.iter_method(*iter, call)? {
                Some(meaning) => Ok(meaning),
                None => Err(self.unknown_method(call, "an iterator", ITERATOR)),
            },
            Meaning::Memory(located)
                if name == FORWARD && matches!(located.shape, Shape::Struct(_) | Shape::Unknown) =>
            {
                self.forward(located, call)
            }
            receiver if name == FORWARD => Err(self.no_network(&receiver, &call.receiver)),
            Meaning::Memory(located)
                if self.is_user_method(&located, call)
                    && (!is_known(&name) || matches!(located.shape, Shape::Struct(_)))
                    && !of_aggregate =>
            {
                self.user_method(located, call)
            }
            Meaning::Memory(located)
                if !of_aggregate && !is_known(&name) && self.means_network(&located, call) =>
            {
                Err(self.unknown_network_method(call))
            }
            Meaning::Memory(located) if is_aggregate(&located.shape) => self.aggregate_method(located, call),
            Meaning::Memory(located) if matches!(located.shape, Shape::Unknown) && of_aggregate => {
                self.aggregate_method(located, call)
            }
            Meaning::Memory(located) if name == "clone" && self.is_constant(&located) => {
                Ok(Meaning::Memory(located.as_place()))
            }
            Meaning::Const(path) if of_aggregate => {
                let table = self.table(&path, call.receiver.span());
                self.aggregate_method(table, call)
            }
            Meaning::Memory(located) if name == "clone" => Ok(Meaning::Memory(self.copied(located, call))),
            Meaning::Const(path) if SHARED.contains(&name.as_str()) => {
                Err(self.error(&call.receiver, &GLOBAL_STATE, &[&types::text(&path)]))
            }
            Meaning::Const(path) if !is_known(&name) => {
                let table = self.table(&path, call.receiver.span());
                self.user_method(table, call)
            }
            receiver => {
                let kind = match self.kind(&receiver) {
                    Some(kind) => kind,
                    None if name == "pow" => Kind::Int,
                    // A constant is what it meets.
                    None if call.args.iter().any(is_integer) && name != "powi" => Kind::Int,
                    None => Kind::Real,
                };
                let receiver = self.scalar(receiver, kind, &call.receiver)?;
                let args: Checked<Vec<Arg<'a>>> =
                    call.args.iter().map(|arg| Ok((self.expr(arg)?, Some(arg)))).collect();
                match kind {
                    Kind::Real => self.real_method(&name, receiver, args?, &call.method, call),
                    _ => self.int_method(&name, receiver, args?, &call.method, call),
                }
            }
        }
    }

    /// What a method takes by value: a place is copied, a reference stays one.
    fn own(&mut self, located: Located, at: &dyn ToTokens) -> Located {
        if located.hold == Hold::Place && !self.is_constant(&located) {
            self.copied(located, at)
        } else {
            located
        }
    }

    fn unknown_method(
        &mut self,
        call: &ExprMethodCall,
        of: &str,
        known: &'static [&'static str],
    ) -> crate::diagnostics::Reported {
        let name = call.method.to_string();
        let help = match nearest(&name, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("{of} has `{}`", known.join("`, `")),
        };
        self.error(&call.method, &UNKNOWN_METHOD, &[&name, &help])
    }

    fn aggregate_method(&mut self, located: Located, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        match (call.method.to_string().as_str(), call.args.len()) {
            ("len", 0) => Ok(Meaning::Scalar(self.length(&located, span))),
            ("is_empty", 0) => {
                let len = self.length(&located, span);
                let zero = self.index_literal(0, span);
                Ok(Meaning::Scalar(self.define(Kind::Bool, Op::Cmp(CmpOp::Eq, len, zero), span)))
            }
            (name @ ("iter" | "iter_mut" | "into_iter"), 0) => {
                let located = match name {
                    "iter" => Located { hold: Hold::Reference, ..located },
                    "iter_mut" => Located { hold: Hold::Mutable, ..located },
                    _ => self.own(located, call),
                };
                let len = self.length(&located, span);
                Ok(Meaning::Iter(Box::new(Iter::Elements { located, len })))
            }
            ("clone" | "to_owned", 0) => Ok(Meaning::Memory(self.copied(located, call))),
            ("as_slice" | "as_mut_slice" | "as_ref" | "as_mut" | "each_ref", 0) => {
                Ok(Meaning::Memory(located))
            }
            ("map", 1) => {
                let len = match &located.shape {
                    Shape::Array(_, len) => Some(len.clone()),
                    _ => self.table_length(&located),
                };
                let Some(len) = len else {
                    if matches!(located.shape, Shape::Unknown | Shape::Struct(_)) {
                        return self.mapped_alike(located, call);
                    }
                    return Err(self.unknown_method(call, "a slice", AGGREGATE));
                };
                let array = self.own(located, call);
                let function = self.callable(&call.args[0])?;
                self.filled(len, &call.receiver, |s, index| {
                    let element = s.element(array, index, &call.receiver)?;
                    s.apply(function, vec![Meaning::Memory(element)], &call.args[0])
                })
            }
            ("fill", 1) => {
                self.writable(&located, &call.receiver)?;
                let value = self.expr(&call.args[0])?;
                let value = self.any_scalar(value, &call.args[0])?;
                let start = self.index_literal(0, span);
                let end = self.length(&located, span);
                self.counted(None, start, end, false, call, |s, index| {
                    let element = s.element(located, index, &call.receiver)?;
                    s.meaning_into(Meaning::Scalar(value), element.place, element.shape, call)
                })?;
                Ok(Meaning::Unit)
            }
            ("copy_from_slice" | "clone_from_slice", 1) => {
                self.writable(&located, &call.receiver)?;
                let source = self.raw(&call.args[0])?;
                self.meaning_into(source, located.place, located.shape, &call.args[0])?;
                Ok(Meaning::Unit)
            }
            ("swap", 2) => {
                self.writable(&located, &call.receiver)?;
                let (i, j) = (self.int_expr(&call.args[0])?, self.int_expr(&call.args[1])?);
                let a = self.element(located.clone(), i, &call.args[0])?;
                let b = self.element(located, j, &call.args[1])?;
                let kind = self.kind(&Meaning::Memory(a.clone())).unwrap_or(Kind::Real);
                let first = self.scalar(Meaning::Memory(a.clone()), kind, &call.args[0])?;
                let second = self.scalar(Meaning::Memory(b.clone()), kind, &call.args[1])?;
                self.push(Stmt::Store(a.place, second));
                self.push(Stmt::Store(b.place, first));
                Ok(Meaning::Unit)
            }
            (name, _) if call::is_real_method(name) => {
                let help = "take one component, `u[0]`, or loop over all of them";
                Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, help]))
            }
            _ => Err(self.unknown_method(call, "an array", AGGREGATE)),
        }
    }

    /// `field.map(|x| ..)`, whose length only rustc knows: reals from reals, in an array of the same length.
    fn mapped_alike(&mut self, located: Located, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let function = self.callable(&call.args[0])?;
        let object = self.program.object("local", located.shape.clone(), span);
        let place = Place::whole(object);
        self.push(Stmt::Local(object, Init::ZerosLike(located.place.clone())));
        let start = self.index_literal(0, span);
        let end = self.length(&located, span);
        let shape = located.shape.clone();
        self.counted(None, start, end, false, &call.receiver, |s, index| {
            let element = s.element(located, index, &call.receiver)?;
            let real = s.scalar(Meaning::Memory(element), Kind::Real, &call.receiver)?;
            let new = s.apply(function, vec![Meaning::Scalar(real)], &call.args[0])?;
            s.meaning_into(new, place.index(index), Shape::Scalar(Kind::Real), &call.args[0])
        })?;
        Ok(Meaning::Memory(Located { place: Place::whole(object), shape, hold: Hold::Fresh }))
    }

    /// A method of a real.
    pub(super) fn real_method(
        &mut self,
        name: &str,
        x: Value,
        args: Vec<Arg<'a>>,
        method: &dyn ToTokens,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        let (given, wanted) = match (Prim::from_method(name), name) {
            (Some(prim), _) => (args.len(), prim.arity() - 1),
            (None, "powi" | "log" | "rem_euclid") => (args.len(), 1),
            (None, "mul_add" | "clamp") => (args.len(), 2),
            (None, name) if LOWERED.contains(&name) => (args.len(), 0),
            (None, "clone" | "to_owned") => return Ok(Meaning::Scalar(x)),
            (None, _) => {
                let help = match call::nearest_method(name) {
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
            let n = self.scalar(n, Kind::Int, n_at)?;
            let info = &mut self.program.values[n.0];
            if info.int_type.is_none() {
                info.int_type = Some("i32".to_string());
            }
            return Ok(Meaning::Scalar(self.define(Kind::Real, Op::Powi(x, n), span)));
        }
        let mut all = vec![x];
        for (arg, written) in args {
            let arg_at: &dyn ToTokens = match written {
                Some(expr) => expr,
                None => at,
            };
            all.push(self.scalar(arg, Kind::Real, arg_at)?);
        }
        if let Some(prim) = Prim::from_method(name) {
            return Ok(Meaning::Scalar(self.define(Kind::Real, Op::Prim(prim, all), span)));
        }
        Ok(self.lowered(name, &all, span))
    }

    fn prim(&mut self, prim: Prim, args: &[Value], span: Span) -> Value {
        self.define(Kind::Real, Op::Prim(prim, args.to_vec()), span)
    }

    /// The methods that are written with others, by the formulas of the standard library.
    fn lowered(&mut self, name: &str, args: &[Value], span: Span) -> Meaning<'a> {
        let x = args[0];
        let test = |s: &mut Self, op| Meaning::Scalar(s.define(Kind::Bool, op, span));
        Meaning::Scalar(match name {
            "mul_add" => {
                let product = self.prim(Prim::Mul, &[x, args[1]], span);
                self.prim(Prim::Add, &[product, args[2]], span)
            }
            "clamp" => {
                let low = self.prim(Prim::Max, &[x, args[1]], span);
                self.prim(Prim::Min, &[low, args[2]], span)
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
                let negative = self.define(Kind::Bool, Op::Cmp(CmpOp::Lt, rem, zero), span);
                let size = self.prim(Prim::Abs, &[args[1]], span);
                let lifted = self.prim(Prim::Add, &[rem, size], span);
                self.define(Kind::Real, Op::Select(negative, lifted, rem), span)
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
                let finite = self.define(Kind::Bool, Op::Test("is_finite", x), span);
                let nan = self.define(Kind::Bool, Op::Test("is_nan", x), span);
                let other = self.define(Kind::Bool, Op::Or(finite, nan), span);
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

    /// A method of an integer.
    pub(super) fn int_method(
        &mut self,
        name: &str,
        n: Value,
        args: Vec<Arg<'a>>,
        method: &dyn ToTokens,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let span = at.to_token_stream().span();
        let wanted = match name {
            "abs" | "clone" => 0,
            "clamp" => 2,
            name if INTEGER.contains(&name) => 1,
            _ => {
                let help = if call::is_real_method(name) {
                    "this is an integer: write `(n as f64)` first".to_string()
                } else {
                    format!("integers have `{}`", INTEGER.join("`, `"))
                };
                return Err(self.error(method, &UNKNOWN_METHOD, &[name, &help]));
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
            values.push(self.scalar(arg, Kind::Int, arg_at)?);
        }
        Ok(Meaning::Scalar(match (name, &values[..]) {
            ("pow", &[e]) => {
                // The exponent has a type of its own, `u32`.
                let int_type = self.program.info(n).int_type.clone();
                let value = match (self.known(n), self.known(e).and_then(|e| u32::try_from(e).ok())) {
                    (Some(n), Some(e)) if n.checked_pow(e).is_some() => self.int(n.pow(e), span),
                    _ => self.define(Kind::Int, Op::IntOp(IntOp::Pow, n, e), span),
                };
                self.program.values[value.0].int_type = int_type;
                value
            }
            ("min", &[m]) => self.int_op(IntOp::Min, n, m, span),
            ("max", &[m]) => self.int_op(IntOp::Max, n, m, span),
            ("clamp", &[low, high]) => {
                let low = self.int_op(IntOp::Max, n, low, span);
                self.int_op(IntOp::Min, low, high, span)
            }
            ("abs", _) => {
                let negated = self.define(Kind::Int, Op::IntNeg(n), span);
                self.int_op(IntOp::Max, n, negated, span)
            }
            ("abs_diff", &[m]) => {
                let high = self.int_op(IntOp::Max, n, m, span);
                let low = self.int_op(IntOp::Min, n, m, span);
                self.int_op(IntOp::Sub, high, low, span)
            }
            // `((n % m) + m) % m`, with the remainder of a positive `m`.
            ("rem_euclid", &[m]) => {
                let rem = self.int_op(IntOp::Rem, n, m, span);
                let lifted = self.int_op(IntOp::Add, rem, m, span);
                self.int_op(IntOp::Rem, lifted, m, span)
            }
            ("saturating_sub", &[m]) => {
                let high = self.int_op(IntOp::Max, n, m, span);
                self.int_op(IntOp::Sub, high, m, span)
            }
            _ => n,
        }))
    }
}

/// Whether numbers or arrays have a method of this name.
fn is_known(name: &str) -> bool {
    call::is_real_method(name) || INTEGER.contains(&name) || matches!(name, "clone" | "to_owned")
}

/// Whether an expression is an integer literal.
fn is_integer(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(lit) => matches!(&lit.lit, syn::Lit::Int(n) if !n.suffix().starts_with('f')),
        Expr::Unary(unary) => is_integer(&unary.expr),
        Expr::Paren(inner) => is_integer(&inner.expr),
        _ => false,
    }
}

/// Whether a method belongs to arrays alone.
pub(super) fn is_array_method(name: &str) -> bool {
    AGGREGATE.contains(&name)
}
