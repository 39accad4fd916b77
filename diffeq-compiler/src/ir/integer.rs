//! The types of integers, and one table of what integers can do: the operators and methods of Rust's own, by name.
//!
//! A row says what a method is called, how many operands it has, of which types these and the result are, and what it
//! computes. Lowering, inference, the check, the evaluator and the emitter read this table; none of them rewrites a
//! method as a formula.

/// An integer type of Rust.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IntType {
    /// How many bits it has; those of `usize` and `isize` on a machine of 64 bits.
    pub bits: u32,
    /// Whether it has negative values.
    pub signed: bool,
    /// `usize` or `isize`: how wide it is the target says.
    pub of_target: bool,
}

impl IntType {
    /// The type of a name: `i32`, `usize`.
    pub fn of(name: &str) -> Option<IntType> {
        let (signed, bits) = (name.starts_with('i'), name.get(1..)?);
        if !name.starts_with(['i', 'u']) {
            return None;
        }
        let (bits, of_target) = match bits {
            "size" => (64, true),
            "8" | "16" | "32" | "64" | "128" => (bits.parse().ok()?, false),
            _ => return None,
        };
        Some(IntType { bits, signed, of_target })
    }

    /// The type of a cast's result: the one written, or for `_` the one that was inferred.
    pub fn of_cast(written: &str, inferred: Option<&str>) -> Option<IntType> {
        IntType::of(if written == "_" { inferred? } else { written })
    }

    /// The smallest value.
    pub fn smallest(self) -> i128 {
        if self.signed { i128::MIN >> (128 - self.bits) } else { 0 }
    }

    /// The largest value; of `u128` the largest that an `i128` holds.
    pub fn largest(self) -> i128 {
        match (self.signed, self.bits) {
            (true, bits) => i128::MAX >> (128 - bits),
            (false, 128) => i128::MAX,
            (false, bits) => (1 << bits) - 1,
        }
    }

    /// Whether a number is a value of the type.
    pub fn holds(self, n: i128) -> bool {
        (self.smallest()..=self.largest()).contains(&n)
    }

    /// What `n as type` is, on a machine of 64 bits; none where that does not fit an `i128`.
    pub fn wrap(self, n: i128) -> Option<i128> {
        if self.bits == 128 {
            return (self.signed || n >= 0).then_some(n);
        }
        let low = n & ((1 << self.bits) - 1);
        let negative = self.signed && low >> (self.bits - 1) != 0;
        Some(if negative { low - (1 << self.bits) } else { low })
    }

    /// The number, where it is a value of the type on every target; a number that is not known while compiling stays an
    /// operation.
    pub fn everywhere(self, n: i128) -> Option<i128> {
        let narrow = IntType { bits: if self.of_target { 32 } else { self.bits }, ..self };
        narrow.holds(n).then_some(n)
    }

    /// What `n as type` is, where that is the same on every target.
    pub fn cast(self, n: i128) -> Option<i128> {
        match self.of_target {
            true => self.everywhere(n),
            false => self.wrap(n),
        }
    }
}

/// The unsigned type as wide as a type: `u32` of `i32`.
pub fn unsigned(name: &str) -> String {
    match name.strip_prefix('i') {
        Some(bits) => format!("u{bits}"),
        None => name.to_string(),
    }
}

/// The type of an operand or of a result.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// That of the first operand.
    Same,
    /// `u32`: an exponent, a count of bits.
    U32,
    /// The unsigned type as wide as that of the first operand.
    Unsigned,
    /// Any integer type: the distance of a shift.
    Any,
    /// A condition.
    Bool,
}

macro_rules! integers {
    ($($(#[$doc:meta])* $name:ident $method:literal $arity:literal $second:ident -> $result:ident: |$ty:ident, $a:ident, $b:ident| $value:expr;)+) => {
        /// An operator on integers, or a method of theirs.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum IntOp {
            $($(#[$doc])* #[doc = concat!("`", $method, "`")] $name,)+
        }

        /// Every row, in the order of the table.
        pub const ALL: &[IntOp] = &[$(IntOp::$name,)+];

        impl IntOp {
            /// The operator, or the method's name.
            pub fn method(self) -> &'static str {
                match self { $(IntOp::$name => $method,)+ }
            }
            /// The number of operands, the receiver included.
            pub fn arity(self) -> usize {
                match self { $(IntOp::$name => $arity,)+ }
            }
            /// The type of the second operand, where there is one.
            pub fn second(self) -> Typed {
                match self { $(IntOp::$name => Typed::$second,)+ }
            }
            /// The type of the result.
            pub fn result(self) -> Typed {
                match self { $(IntOp::$name => Typed::$result,)+ }
            }
            /// The exact result, before it is asked whether its type holds it; none where Rust panics or where the
            /// result depends on a type that is not known.
            fn exact(self, ty: Option<IntType>, a: i128, b: i128) -> Option<i128> {
                match self { $(IntOp::$name => {
                    let ($ty, $a, $b) = (ty, a, b);
                    let _ = (&$ty, &$a, &$b);
                    $value
                })+ }
            }
        }
    };
}

/// As an exponent or a number of bits.
fn small(n: i128) -> Option<u32> {
    u32::try_from(n).ok()
}

/// The bits of a value, as wide as its type.
fn bits(ty: Option<IntType>, n: i128) -> Option<u128> {
    let bits = ty?.bits;
    Some(if bits == 128 { n as u128 } else { (n as u128) & ((1 << bits) - 1) })
}

/// The nearest value of a type.
fn saturated(ty: Option<IntType>, n: Option<i128>) -> Option<i128> {
    let ty = ty.filter(|ty| ty.bits < 128)?;
    n.map(|n| n.clamp(ty.smallest(), ty.largest()))
}

/// The value of a type with the same low bits.
fn wrapped(ty: Option<IntType>, n: Option<i128>) -> Option<i128> {
    ty.filter(|ty| ty.bits < 128)?.wrap(n?)
}

/// Whether a quotient is one more than the largest value: then Rust has no remainder either.
fn overflows(ty: Option<IntType>, a: i128, b: i128) -> bool {
    b == -1 && ty.is_some_and(|ty| a == ty.smallest())
}

/// The distance of a shift: less than the number of bits.
fn distance(ty: Option<IntType>, n: i128) -> Option<u32> {
    small(n).filter(|n| ty.is_some_and(|ty| *n < ty.bits))
}

integers! {
    Add "+" 2 Same -> Same: |_ty, a, b| a.checked_add(b);
    Sub "-" 2 Same -> Same: |_ty, a, b| a.checked_sub(b);
    Mul "*" 2 Same -> Same: |_ty, a, b| a.checked_mul(b);
    Div "/" 2 Same -> Same: |_ty, a, b| a.checked_div(b);
    Rem "%" 2 Same -> Same: |ty, a, b| a.checked_rem(b).filter(|_| !overflows(ty, a, b));
    BitAnd "&" 2 Same -> Same: |_ty, a, b| Some(a & b);
    BitOr "|" 2 Same -> Same: |_ty, a, b| Some(a | b);
    BitXor "^" 2 Same -> Same: |_ty, a, b| Some(a ^ b);
    Shl "<<" 2 Any -> Same: |ty, a, b| wrapped(ty, a.checked_shl(distance(ty, b)?).filter(|_| ty.is_some_and(|ty| ty.bits <= 64)));
    Shr ">>" 2 Any -> Same: |ty, a, b| Some(a >> distance(ty, b)?);
    Min "min" 2 Same -> Same: |_ty, a, b| Some(a.min(b));
    Max "max" 2 Same -> Same: |_ty, a, b| Some(a.max(b));
    Pow "pow" 2 U32 -> Same: |_ty, a, b| a.checked_pow(small(b)?);
    RemEuclid "rem_euclid" 2 Same -> Same: |ty, a, b| a.checked_rem_euclid(b).filter(|_| !overflows(ty, a, b));
    DivEuclid "div_euclid" 2 Same -> Same: |_ty, a, b| a.checked_div_euclid(b);
    DivCeil "div_ceil" 2 Same -> Same: |_ty, a, b| Some(a.checked_div(b)? + i128::from(a % b != 0));
    NextMultipleOf "next_multiple_of" 2 Same -> Same: |_ty, a, b| a.checked_add((b - a.checked_rem(b)?) % b);
    AbsDiff "abs_diff" 2 Same -> Unsigned: |_ty, a, b| i128::try_from(a.abs_diff(b)).ok();
    SaturatingAdd "saturating_add" 2 Same -> Same: |ty, a, b| saturated(ty, a.checked_add(b));
    SaturatingSub "saturating_sub" 2 Same -> Same: |ty, a, b| saturated(ty, a.checked_sub(b));
    SaturatingMul "saturating_mul" 2 Same -> Same: |ty, a, b| saturated(ty, a.checked_mul(b));
    SaturatingPow "saturating_pow" 2 U32 -> Same: |ty, a, b| saturated(ty, Some(a.saturating_pow(small(b)?)));
    WrappingAdd "wrapping_add" 2 Same -> Same: |ty, a, b| wrapped(ty, a.checked_add(b));
    WrappingSub "wrapping_sub" 2 Same -> Same: |ty, a, b| wrapped(ty, a.checked_sub(b));
    WrappingMul "wrapping_mul" 2 Same -> Same: |ty, a, b| wrapped(ty, a.checked_mul(b));
    Abs "abs" 1 Same -> Same: |_ty, a, _b| a.checked_abs();
    Signum "signum" 1 Same -> Same: |_ty, a, _b| Some(a.signum());
    UnsignedAbs "unsigned_abs" 1 Same -> Unsigned: |_ty, a, _b| i128::try_from(a.unsigned_abs()).ok();
    WrappingNeg "wrapping_neg" 1 Same -> Same: |ty, a, _b| wrapped(ty, a.checked_neg());
    WrappingAbs "wrapping_abs" 1 Same -> Same: |ty, a, _b| wrapped(ty, a.checked_abs());
    Isqrt "isqrt" 1 Same -> Same: |_ty, a, _b| (a >= 0).then(|| a.isqrt());
    Ilog2 "ilog2" 1 Same -> U32: |_ty, a, _b| a.checked_ilog2().map(i128::from);
    Ilog10 "ilog10" 1 Same -> U32: |_ty, a, _b| a.checked_ilog10().map(i128::from);
    Ilog "ilog" 2 Same -> U32: |_ty, a, b| a.checked_ilog(b).map(i128::from);
    CountOnes "count_ones" 1 Same -> U32: |ty, a, _b| Some(bits(ty, a)?.count_ones().into());
    CountZeros "count_zeros" 1 Same -> U32: |ty, a, _b| Some(i128::from(ty?.bits - bits(ty, a)?.count_ones()));
    LeadingZeros "leading_zeros" 1 Same -> U32: |ty, a, _b| Some(i128::from(bits(ty, a)?.leading_zeros() + ty?.bits - 128));
    TrailingZeros "trailing_zeros" 1 Same -> U32: |ty, a, _b| Some(bits(ty, a)?.trailing_zeros().min(ty?.bits).into());
    IsPowerOfTwo "is_power_of_two" 1 Same -> Bool: |_ty, a, _b| Some((a > 0 && a & (a - 1) == 0).into());
    NextPowerOfTwo "next_power_of_two" 1 Same -> Same: |_ty, a, _b| i128::try_from(u128::try_from(a).ok()?.checked_next_power_of_two()?).ok();
    IsPositive "is_positive" 1 Same -> Bool: |_ty, a, _b| Some((a > 0).into());
    IsNegative "is_negative" 1 Same -> Bool: |_ty, a, _b| Some((a < 0).into());
    /// Every bit the other.
    Not "!" 1 Same -> Same: |ty, a, _b| ty?.wrap(!a);
}

impl IntOp {
    /// The method of a name; operators have none.
    pub fn from_method(name: &str) -> Option<IntOp> {
        ALL.iter().copied().find(|op| op.method() == name && !op.is_operator())
    }

    /// Written between or before its operands.
    pub fn is_operator(self) -> bool {
        !self.method().starts_with(|c: char| c.is_ascii_alphabetic())
    }

    /// What Rust computes, where the operands are of a type; none where it panics, overflows, or where the type is needed
    /// and not known. The width of `usize` is that of a machine of 64 bits.
    pub fn compute(self, ty: Option<IntType>, a: i128, b: i128) -> Option<i128> {
        let n = self.exact(ty, a, b)?;
        let held = match (self.result(), ty) {
            (Typed::Same, Some(ty)) => ty.holds(n),
            (Typed::Unsigned, Some(ty)) => IntType { signed: false, ..ty }.holds(n),
            _ => true,
        };
        held.then_some(n)
    }

    /// As [`compute`](IntOp::compute), where the result is the same on every target.
    pub fn fold(self, ty: Option<IntType>, a: i128, b: i128) -> Option<i128> {
        let widths = matches!(
            self,
            IntOp::CountZeros | IntOp::CountOnes | IntOp::LeadingZeros | IntOp::TrailingZeros | IntOp::Not
        );
        if widths && ty.is_some_and(|ty| ty.of_target) {
            return None;
        }
        let n = self.compute(ty, a, b)?;
        match (self.result(), ty) {
            (Typed::Same, Some(ty)) => ty.everywhere(n),
            (Typed::Unsigned, Some(ty)) => IntType { signed: false, ..ty }.everywhere(n),
            _ => Some(n),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    macro_rules! methods_are_those_of {
        ($test:ident: $ty:ident, binary [$($binary:ident),*], unary [$($unary:ident),*]) => {
            #[test]
            fn $test() {
                let minus_one = $ty::MAX.wrapping_add($ty::MAX).wrapping_add(1);
                let values = [$ty::MIN, $ty::MIN / 3, $ty::MAX / 2, $ty::MAX - 1, $ty::MAX, minus_one, 0, 1, 2, 3, 7, 100];
                let name = stringify!($ty);
                let ty = IntType::of(name);
                $(
                    let op = IntOp::from_method(stringify!($binary)).unwrap();
                    for a in values { for b in values {
                        let rust = std::panic::catch_unwind(|| $ty::$binary(a, b.try_into().unwrap_or_default()));
                        let b = i128::from(b);
                        if op.second() == Typed::U32 && b < 0 {
                            continue;
                        }
                        let ours = op.compute(ty, i128::from(a), b);
                        assert_eq!(ours, rust.ok().map(|n| n.to_string().parse().unwrap()), "{name}: {a}.{}({b})", op.method());
                    } }
                )*
                $(
                    let op = IntOp::from_method(stringify!($unary)).unwrap();
                    for a in values {
                        let rust = std::panic::catch_unwind(|| $ty::$unary(a));
                        let ours = op.compute(ty, i128::from(a), 0);
                        let number = |text: String| match text.as_str() { "true" => 1, "false" => 0, n => n.parse().unwrap() };
                        assert_eq!(ours, rust.ok().map(|n| number(n.to_string())), "{name}: {a}.{}()", op.method());
                    }
                )*
            }
        };
    }

    methods_are_those_of!(of_i8: i8,
        binary [min, max, pow, rem_euclid, div_euclid, abs_diff, saturating_add, saturating_sub, saturating_mul,
                saturating_pow, wrapping_add, wrapping_sub, wrapping_mul],
        unary [abs, signum, unsigned_abs, wrapping_neg, wrapping_abs, isqrt, ilog2, ilog10, count_ones, count_zeros,
               leading_zeros, trailing_zeros, is_positive, is_negative]);
    methods_are_those_of!(of_u8: u8,
        binary [min, max, pow, rem_euclid, div_euclid, div_ceil, next_multiple_of, abs_diff, saturating_add,
                saturating_sub, saturating_mul, saturating_pow, wrapping_add, wrapping_sub, wrapping_mul],
        unary [isqrt, ilog2, ilog10, count_ones, count_zeros, leading_zeros, trailing_zeros, is_power_of_two,
               next_power_of_two, wrapping_neg]);
    methods_are_those_of!(of_i64: i64,
        binary [min, max, rem_euclid, div_euclid, abs_diff, saturating_add, saturating_sub, wrapping_add, wrapping_sub],
        unary [abs, signum, unsigned_abs, ilog2, count_ones, leading_zeros, trailing_zeros]);

    #[test]
    fn operators_are_those_of_rust() {
        let ty = IntType::of("i8");
        for a in i8::MIN..=i8::MAX {
            assert_eq!(IntOp::Not.compute(ty, a.into(), 0), Some((!a).into()));
            for b in i8::MIN..=i8::MAX {
                let wide = |n: Option<i8>| n.map(i128::from);
                let (x, y) = (i128::from(a), i128::from(b));
                assert_eq!(IntOp::Add.compute(ty, x, y), wide(a.checked_add(b)));
                assert_eq!(IntOp::Sub.compute(ty, x, y), wide(a.checked_sub(b)));
                assert_eq!(IntOp::Mul.compute(ty, x, y), wide(a.checked_mul(b)));
                assert_eq!(IntOp::Div.compute(ty, x, y), wide(a.checked_div(b)));
                assert_eq!(IntOp::Rem.compute(ty, x, y), wide(a.checked_rem(b)));
                assert_eq!(IntOp::BitAnd.compute(ty, x, y), Some((a & b).into()));
                assert_eq!(IntOp::BitXor.compute(ty, x, y), Some((a ^ b).into()));
                let distance = u32::try_from(b).ok();
                assert_eq!(IntOp::Shl.compute(ty, x, y), wide(distance.and_then(|n| a.checked_shl(n))));
                assert_eq!(IntOp::Shr.compute(ty, x, y), wide(distance.and_then(|n| a.checked_shr(n))));
            }
        }
    }

    #[test]
    fn casts_wrap() {
        let cast = |n: i128, ty: &str| IntType::of(ty).unwrap().wrap(n);
        for n in [-70000_i128, -129, -1, 0, 127, 128, 255, 256, 300, 1 << 40, -(1 << 40)] {
            assert_eq!(cast(n, "u8"), Some((n as u8).into()));
            assert_eq!(cast(n, "i8"), Some((n as i8).into()));
            assert_eq!(cast(n, "i16"), Some((n as i16).into()));
            assert_eq!(cast(n, "u32"), Some((n as u32).into()));
            assert_eq!(cast(n, "i64"), Some((n as i64).into()));
            assert_eq!(cast(n, "u64"), Some((n as u64).into()));
        }
        // how wide it is the target says
        assert_eq!(IntType::of("usize").unwrap().cast(-1), None);
        assert_eq!(IntType::of("usize").unwrap().cast(7), Some(7));
    }
}
