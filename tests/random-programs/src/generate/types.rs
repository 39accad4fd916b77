//! What a value is, with what is known of the numbers in it.

use super::interval::Interval;

/// A type with ranges: reals and integers anywhere inside stay in them at every time.
#[derive(Debug, Clone, PartialEq)]
pub enum Type {
    Real(Interval),
    /// An integer type by name, and the values from the first to the second, both included.
    Int(&'static str, i64, i64),
    Bool,
    Array(Box<Type>, usize),
    /// A struct of the program, by number.
    Struct(usize),
    Tuple(Vec<Type>),
}

impl Type {
    pub fn array(inner: Type, n: usize) -> Self {
        Type::Array(Box::new(inner), n)
    }

    pub fn is_real(&self) -> bool {
        matches!(self, Type::Real(_))
    }

    pub fn is_int(&self) -> bool {
        matches!(self, Type::Int(..))
    }

    pub fn is_scalar(&self) -> bool {
        matches!(self, Type::Real(_) | Type::Int(..) | Type::Bool)
    }

    /// Whether a value of this type may stand where `other` is wanted: the same type, in narrower ranges.
    pub fn fits(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Real(a), Type::Real(b)) => a.within(*b),
            (Type::Int(a, lo, hi), Type::Int(b, least, most)) => a == b && lo >= least && hi <= most,
            (Type::Bool, Type::Bool) => true,
            (Type::Array(a, n), Type::Array(b, m)) => n == m && a.fits(b),
            (Type::Struct(a), Type::Struct(b)) => a == b,
            (Type::Tuple(a), Type::Tuple(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.fits(b)),
            _ => false,
        }
    }
}

/// What fields, elements and variables that change stay inside.
pub const KEPT: Interval = Interval::new(-3.0, 3.0);

/// A real that is kept.
pub fn kept() -> Type {
    Type::Real(KEPT)
}

/// The bounds of an integer type, as far as they matter here.
pub fn bounds(int: &str) -> (i64, i64) {
    match int {
        "u8" => (0, 255),
        "i8" => (-128, 127),
        "u16" => (0, 65535),
        "i16" => (-32768, 32767),
        "i32" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        "u32" => (0, i64::from(u32::MAX)),
        "usize" | "u64" => (0, i64::MAX),
        _ => (i64::MIN, i64::MAX),
    }
}

/// Whether the type has negative values.
pub fn is_signed(int: &str) -> bool {
    int.starts_with('i')
}
