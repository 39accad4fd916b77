//! The table of elementary functions: what each is called and what its derivatives are.
//!
//! Forward mode, reverse mode, the sparsity analysis and the documentation all read this table. A row is
//!
//! ```text
//! Name "method" (arguments) = result => [partial derivative by each argument], cost;
//! ```
//!
//! A partial derivative is an expression in the arguments and the result; `None` says that it is zero everywhere.

use std::ops::Add;
use std::ops::Div;
use std::ops::Mul;
use std::ops::Neg;
use std::ops::Sub;

/// An expression in a rule.
#[derive(Debug, Clone)]
pub enum Expr {
    /// The argument of this number.
    Arg(usize),
    /// The function's own value.
    Result,
    /// A literal.
    Const(f64),
    /// Another elementary function.
    Prim(Prim, Vec<Expr>),
    /// `if left >= right { then } else { otherwise }`.
    IfGe(Box<[Expr; 4]>),
    /// `if left == right { then } else { otherwise }`.
    IfEq(Box<[Expr; 4]>),
}

impl Add for Expr {
    type Output = Expr;
    fn add(self, other: Expr) -> Expr {
        Expr::Prim(Prim::Add, vec![self, other])
    }
}
impl Sub for Expr {
    type Output = Expr;
    fn sub(self, other: Expr) -> Expr {
        Expr::Prim(Prim::Sub, vec![self, other])
    }
}
impl Mul for Expr {
    type Output = Expr;
    fn mul(self, other: Expr) -> Expr {
        Expr::Prim(Prim::Mul, vec![self, other])
    }
}
impl Div for Expr {
    type Output = Expr;
    fn div(self, other: Expr) -> Expr {
        Expr::Prim(Prim::Div, vec![self, other])
    }
}
impl Neg for Expr {
    type Output = Expr;
    fn neg(self) -> Expr {
        Expr::Prim(Prim::Neg, vec![self])
    }
}

fn c(value: f64) -> Expr {
    Expr::Const(value)
}
fn call(prim: Prim, x: Expr) -> Expr {
    Expr::Prim(prim, vec![x])
}
fn call2(prim: Prim, x: Expr, y: Expr) -> Expr {
    Expr::Prim(prim, vec![x, y])
}
fn if_ge(left: Expr, right: Expr, then: Expr, otherwise: Expr) -> Expr {
    Expr::IfGe(Box::new([left, right, then, otherwise]))
}
fn if_eq(left: Expr, right: Expr, then: Expr, otherwise: Expr) -> Expr {
    Expr::IfEq(Box::new([left, right, then, otherwise]))
}

/// `1 - x^2` without cancellation near the ends.
fn one_minus_square(x: &Expr) -> Expr {
    (c(1.0) - x.clone()) * (c(1.0) + x.clone())
}

/// `x / (a^2 + b^2)`, divided twice by the radius: its square overflows and underflows earlier. Zero at the origin, where an
/// angle has no derivative.
fn by_radius_twice(x: &Expr, a: &Expr, b: &Expr) -> Expr {
    let radius = call2(Prim::Hypot, a.clone(), b.clone());
    if_eq(radius.clone(), c(0.0), c(0.0), x.clone() / radius.clone() / radius)
}

/// What an elementary function costs; the reverse pass keeps the value of a dear one and computes a cheap one again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Cost {
    /// A handful of cycles.
    Cheap,
    /// A division, a root, or a transcendental function.
    Dear,
}

macro_rules! rules {
    ($($(#[$doc:meta])* $name:ident $method:literal ($($arg:ident),+) = $y:ident => [$($partial:expr),+], $cost:ident;)+) => {
        /// An elementary function of reals.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Prim {
            $($(#[$doc])* #[doc = concat!("`", $method, "`")] $name,)+
        }

        /// Every elementary function, in the order of the table.
        pub const ALL: &[Prim] = &[$(Prim::$name,)+];

        impl Prim {
            /// The operator, or the method of `f64`.
            pub fn method(self) -> &'static str {
                match self { $(Prim::$name => $method,)+ }
            }
            /// The number of arguments, the receiver included.
            pub fn arity(self) -> usize {
                match self { $(Prim::$name => [$(stringify!($arg)),+].len(),)+ }
            }
            /// What it costs.
            pub fn cost(self) -> Cost {
                match self { $(Prim::$name => Cost::$cost,)+ }
            }
            /// The partial derivatives, one for each argument; `None` is zero everywhere.
            pub fn partials(self) -> Vec<Option<Expr>> {
                match self {
                    $(Prim::$name => {
                        let mut arguments = 0..;
                        $(let $arg = arguments.next().map(Expr::Arg).unwrap_or(Expr::Result);)+
                        let $y = Expr::Result;
                        let _ = ($(&$arg,)+ &$y);
                        vec![$($partial),+]
                    })+
                }
            }
        }
    };
}

rules! {
    Add "+"           (a, b) = y => [Some(c(1.0)), Some(c(1.0))], Cheap;
    Sub "-"           (a, b) = y => [Some(c(1.0)), Some(c(-1.0))], Cheap;
    Mul "*"           (a, b) = y => [Some(b.clone()), Some(a.clone())], Cheap;
    Div "/"           (a, b) = y => [Some(call(Prim::Recip, b.clone())), Some(-(y * call(Prim::Recip, b.clone())))], Dear;
    Neg "neg"         (x) = y => [Some(c(-1.0))], Cheap;
    Recip "recip"     (x) = y => [Some(-(y.clone() * y))], Dear;
    Sqrt "sqrt"       (x) = y => [Some(c(0.5) / y)], Dear;
    Cbrt "cbrt"       (x) = y => [Some(c(1.0) / (c(3.0) * (y.clone() * y)))], Dear;
    Exp "exp"         (x) = y => [Some(y)], Dear;
    Exp2 "exp2"       (x) = y => [Some(y * c(std::f64::consts::LN_2))], Dear;
    // Not y + 1, which is zero from x = -37 on.
    ExpM1 "exp_m1"    (x) = y => [Some(call(Prim::Exp, x.clone()))], Dear;
    Ln "ln"           (x) = y => [Some(c(1.0) / x.clone())], Dear;
    Ln1p "ln_1p"      (x) = y => [Some(c(1.0) / (x.clone() + c(1.0)))], Dear;
    Log2 "log2"       (x) = y => [Some(c(std::f64::consts::LOG2_E) / x.clone())], Dear;
    Log10 "log10"     (x) = y => [Some(c(std::f64::consts::LOG10_E) / x.clone())], Dear;
    Rem "rem"         (a, b) = y => [Some(c(1.0)), Some(-call(Prim::Round, (a.clone() - y) / b.clone()))], Dear;
    Powf "powf"       (x, a) = y => [
        Some(if_eq(a.clone(), c(0.0), c(0.0), a.clone() * call2(Prim::Powf, x.clone(), a.clone() - c(1.0)))),
        Some(if_eq(y.clone(), c(0.0), c(0.0), y * call(Prim::Ln, x.clone())))], Dear;
    Sin "sin"         (x) = y => [Some(call(Prim::Cos, x.clone()))], Dear;
    Cos "cos"         (x) = y => [Some(-call(Prim::Sin, x.clone()))], Dear;
    Tan "tan"         (x) = y => [Some(c(1.0) + y.clone() * y)], Dear;
    Asin "asin"       (x) = y => [Some(c(1.0) / call(Prim::Sqrt, one_minus_square(&x)))], Dear;
    Acos "acos"       (x) = y => [Some(-(c(1.0) / call(Prim::Sqrt, one_minus_square(&x))))], Dear;
    Atan "atan"       (x) = y => [Some(c(1.0) / (c(1.0) + x.clone() * x.clone()))], Dear;
    Sinh "sinh"       (x) = y => [Some(call(Prim::Cosh, x.clone()))], Dear;
    Cosh "cosh"       (x) = y => [Some(call(Prim::Sinh, x.clone()))], Dear;
    Tanh "tanh"       (x) = y => [Some(c(1.0) - y.clone() * y)], Dear;
    Asinh "asinh"     (x) = y => [Some(c(1.0) / call2(Prim::Hypot, x.clone(), c(1.0)))], Dear;
    Acosh "acosh"     (x) = y => [
        Some(c(1.0) / (call(Prim::Sqrt, x.clone() - c(1.0)) * call(Prim::Sqrt, x.clone() + c(1.0))))], Dear;
    Atanh "atanh"     (x) = y => [Some(c(1.0) / one_minus_square(&x))], Dear;
    Atan2 "atan2"     (a, b) = y => [Some(by_radius_twice(&b, &a, &b)), Some(-by_radius_twice(&a, &a, &b))], Dear;
    Hypot "hypot"     (a, b) = y => [
        Some(if_eq(y.clone(), c(0.0), c(0.0), a.clone() / y.clone())),
        Some(if_eq(y.clone(), c(0.0), c(0.0), b.clone() / y))], Dear;
    Abs "abs"         (x) = y => [Some(if_ge(x.clone(), c(0.0), c(1.0), c(-1.0)))], Cheap;
    Max "max"         (a, b) = y => [
        Some(if_eq(a.clone(), y.clone(), c(1.0), c(0.0))), Some(if_eq(a.clone(), y, c(0.0), c(1.0)))], Cheap;
    Min "min"         (a, b) = y => [
        Some(if_eq(a.clone(), y.clone(), c(1.0), c(0.0))), Some(if_eq(a.clone(), y, c(0.0), c(1.0)))], Cheap;
    Copysign "copysign" (x, s) = y => [
        Some(if_eq(y, x.clone(), c(1.0), c(-1.0))), None], Cheap;
    MulAdd "mul_add"  (x, a, b) = y => [Some(a.clone()), Some(x.clone()), Some(c(1.0))], Cheap;
    ZeroOrTimes "zero_or_times" (x, a) = y => [Some(a.clone()), Some(x.clone())], Cheap;
    Signum "signum"   (x) = y => [None], Cheap;
    Floor "floor"     (x) = y => [None], Cheap;
    Ceil "ceil"       (x) = y => [None], Cheap;
    Round "round"     (x) = y => [None], Cheap;
    Trunc "trunc"     (x) = y => [None], Cheap;
}

impl Prim {
    /// The elementary function that a method of `f64` names.
    pub fn from_method(name: &str) -> Option<Prim> {
        let is_operator = |prim: &Prim| matches!(prim, Prim::Add | Prim::Sub | Prim::Mul | Prim::Div);
        ALL.iter().copied().find(|prim| prim.method() == name && !is_operator(prim) && prim.is_written())
    }

    /// Whether `f64` has it: derivatives alone are made of the others.
    pub fn is_written(self) -> bool {
        self != Prim::ZeroOrTimes
    }

    /// Whether it is finite somewhere where its slope is not, as a root at zero. What does not vary there has the derivative
    /// zero all the same, so that a product with the slope is [`Prim::ZeroOrTimes`].
    pub fn is_singular(self) -> bool {
        use Prim::*;
        matches!(self, Sqrt | Cbrt | Powf | Asin | Acos | Acosh)
    }
}
