//! Integers of every type, with what is known of their range: nothing overflows unless a cast says so.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::interval::Interval;
use super::types::Type;
use super::types::bounds;
use super::types::is_signed;

/// Results beyond this are not made.
const MOST: i64 = 5000;

/// The integer types that programs use.
pub const INTS: &[&str] = &["usize", "i32", "i64", "u8", "u32", "i8", "isize", "u64", "i16", "u16"];

impl Writer<'_> {
    fn int_atom(int: &'static str, text: String, lo: i64, hi: i64, binds: Binds) -> Ex {
        Ex::new(text, Type::Int(int, lo, hi), binds)
    }

    /// A literal whose type must follow from what stands beside it.
    pub(super) fn int_literal(&mut self, int: &'static str, lo: i64, hi: i64) -> Ex {
        let n = self.whole(lo, hi);
        let binds = if n < 0 { Binds::Prefix } else { Binds::Atom };
        Ex { bare: true, ..Self::int_atom(int, n.to_string(), n, n, binds) }
    }

    /// A literal that says its type.
    fn int_typed_literal(&mut self, int: &'static str, lo: i64, hi: i64) -> Ex {
        let mut e = self.int_literal(int, lo, hi);
        e.text += int;
        e.bare = false;
        e
    }

    /// An integer of this type that is no bare literal.
    pub(super) fn int_leaf(&mut self, int: &'static str) -> Ex {
        if self.chance(0.85)
            && let Some(e) = self.read(&|ty| matches!(ty, Type::Int(t, ..) if *t == int))
        {
            return e;
        }
        match self.between(0, 5) {
            0 if let Some(e) = self.item_value(&|ty| matches!(ty, Type::Int(t, ..) if *t == int)) => e,
            1 if int == "usize" => self.length().unwrap_or_else(|| self.int_typed_literal(int, 0, 4)),
            2 if self.budget > 0 && self.chance(0.4) => self.int_cast(int, 1),
            4 if self.chance(0.3) => {
                let condition = self.flag(0);
                Self::int_atom(int, format!("{} as {int}", condition.inside(Binds::Cast)), 0, 1, Binds::Cast)
                    .tagged(Construct::IntOfBool)
            }
            _ => self.int_typed_literal(int, if is_signed(int) { -4 } else { 0 }, 6),
        }
    }

    fn length(&mut self) -> Option<Ex> {
        let place = self.place(false, &|ty| matches!(ty, Type::Array(..)))?;
        let Type::Array(_, n) = place.ty else { return None };
        let text = format!("{}.len()", place.text);
        Some(Self::int_atom("usize", text, n as i64, n as i64, Binds::Atom).tagged(Construct::Len))
    }

    /// A random integer of a type, somewhere between -[`MOST`] and [`MOST`].
    pub(super) fn int(&mut self, int: &'static str, depth: usize) -> Ex {
        if depth == 0 || self.budget <= 0 {
            return self.int_leaf(int);
        }
        self.budget -= 1;
        match self.between(0, 13) {
            0..=2 => self.int_leaf(int),
            3..=8 => self.int_operation(int, depth),
            9 | 10 => self.int_method(int, depth),
            11 => self.int_cast(int, depth),
            12 => {
                let want = move |ty: &Type| matches!(ty, Type::Int(t, ..) if *t == int);
                self.call_to(&want, depth).unwrap_or_else(|| self.int_leaf(int))
            }
            _ => self.effect(&Type::Int(int, if is_signed(int) { -9 } else { 0 }, 9), depth),
        }
    }

    fn fits(int: &str, lo: i64, hi: i64) -> bool {
        let (least, most) = bounds(int);
        lo >= least.max(-MOST) && hi <= most.min(MOST)
    }

    fn int_operation(&mut self, int: &'static str, depth: usize) -> Ex {
        let a = self.int(int, depth - 1);
        let b = match a.bare || self.chance(0.4) {
            true => self.int_leaf(int),
            false => self.int_literal(int, 1, 4),
        };
        let ((al, ah), (bl, bh)) = (a.whole(), b.whole());
        let kind = if is_signed(int) { Construct::IntSigned } else { Construct::IntUnsigned };
        let joined = |op: &str, lo: i64, hi: i64, binds: Binds, right: Binds| {
            let text = format!("{}{} {op} {}", mark(kind), a.inside(binds), b.right(right));
            Self::int_atom(int, text, lo, hi, binds)
        };
        let (sum, difference) = ((al + bl, ah + bh), (al - bh, ah - bl));
        let corners = [al * bl, al * bh, ah * bl, ah * bh];
        let product = (corners.into_iter().min().unwrap_or(0), corners.into_iter().max().unwrap_or(0));
        match self.between(0, 5) {
            0 if Self::fits(int, sum.0, sum.1) => joined("+", sum.0, sum.1, Binds::Sum, Binds::Sum),
            1 | 2 if Self::fits(int, difference.0, difference.1) => {
                joined("-", difference.0, difference.1, Binds::Sum, Binds::Product)
            }
            3 if Self::fits(int, product.0, product.1) => {
                joined("*", product.0, product.1, Binds::Product, Binds::Cast)
            }
            4 if bl > 0 => {
                let quotients = [al / bl, al / bh, ah / bl, ah / bh];
                let (lo, hi) =
                    (quotients.into_iter().min().unwrap_or(0), quotients.into_iter().max().unwrap_or(0));
                joined("/", lo, hi, Binds::Product, Binds::Cast)
            }
            5 if bl > 0 => {
                let most = bh - 1;
                let (lo, hi) = (if al < 0 { -most } else { 0 }, if ah > 0 { most } else { 0 });
                joined("%", lo, hi, Binds::Product, Binds::Cast)
            }
            _ if is_signed(int) && Self::fits(int, -ah, -al) && !a.bare => {
                Self::int_atom(int, format!("-{}", a.inside(Binds::Atom)), -ah, -al, Binds::Prefix)
            }
            _ => a,
        }
    }

    fn int_method(&mut self, int: &'static str, depth: usize) -> Ex {
        let a = self.int(int, depth - 1);
        let (al, ah) = a.whole();
        let call = |text: String, lo: i64, hi: i64| {
            Self::int_atom(
                int,
                format!("{}{}.{text}", mark(Construct::IntMethods), a.receiver()),
                lo,
                hi,
                Binds::Atom,
            )
        };
        match self.between(0, 7) {
            0 => {
                let b = self.int(int, depth - 1);
                let (bl, bh) = b.whole();
                call(format!("max({})", b.text), al.max(bl), ah.max(bh))
            }
            1 => {
                let b = self.int(int, depth - 1);
                let (bl, bh) = b.whole();
                call(format!("min({})", b.text), al.min(bl), ah.min(bh))
            }
            2 => {
                let lo = self.whole(if is_signed(int) { -2 } else { 0 }, 1);
                call(format!("clamp({lo}, 3)"), lo.max(al.min(3)), 3.min(ah.max(lo)))
            }
            3 => {
                let n = self.whole(2, 5);
                let modulus = if is_signed(int) && self.chance(0.3) { -n } else { n };
                call(format!("rem_euclid({modulus})"), 0, n - 1)
            }
            4 if is_signed(int) && Self::fits(int, -al.abs().max(ah.abs()), al.abs().max(ah.abs())) => {
                call("abs()".into(), 0, al.abs().max(ah.abs()))
            }
            5 => {
                let b = self.int_leaf(int);
                let (bl, bh) = b.whole();
                let (least, _) = bounds(int);
                call(format!("saturating_sub({})", b.text), (al - bh).max(least), (ah - bl).max(least))
            }
            6 if al.abs().max(ah.abs()) <= 5 => {
                let n = self.whole(1, 3) as u32;
                let size = al.abs().max(ah.abs()).pow(n);
                if !Self::fits(int, if is_signed(int) { -size } else { 0 }, size) {
                    return a;
                }
                call(format!("pow({n})"), if al < 0 { -size } else { 0 }, size)
            }
            7 if !is_signed(int) => {
                let b = self.int_leaf(int);
                let (bl, bh) = b.whole();
                call(format!("abs_diff({})", b.text), 0, (ah - bl).max(bh - al).max(0))
            }
            _ => a,
        }
    }

    /// A cast from another integer type, or from a real.
    fn int_cast(&mut self, int: &'static str, depth: usize) -> Ex {
        if self.chance(0.15) {
            let lo = if is_signed(int) { -4.0 } else { 0.0 };
            let x = self.real_in(Interval::new(lo, 4.0), depth);
            let range = x.range();
            let text = match x.bare {
                true => format!("{}_f64 as {int}", x.text),
                false => format!("{} as {int}", x.inside(Binds::Cast)),
            };
            return Self::int_atom(int, text, range.lo as i64, range.hi as i64, Binds::Cast)
                .tagged(Construct::IntOfReal);
        }
        let from = self.pick(INTS);
        let e = self.int(from, depth.saturating_sub(1));
        let (lo, hi) = e.whole();
        let (least, most) = bounds(int);
        let operand = match e.bare {
            true if lo < 0 => format!("({}{from})", e.text),
            true => format!("{}{from}", e.text),
            false => e.inside(Binds::Cast),
        };
        let text = format!("{operand} as {int}");
        if lo >= least && hi <= most {
            return Self::int_atom(int, text, lo, hi, Binds::Cast).tagged(Construct::IntCast);
        }
        // It wraps: nothing is known of it, and what follows brings it back.
        let n = self.whole(3, 7);
        let lo = if is_signed(int) { 1 - n } else { 0 };
        if self.chance(0.5) {
            return Self::int_atom(int, format!("({text}).rem_euclid({n})"), 0, n - 1, Binds::Atom)
                .tagged(Construct::IntNarrow);
        }
        Self::int_atom(int, format!("{text} % {n}"), lo, n - 1, Binds::Product).tagged(Construct::IntNarrow)
    }

    /// An integer in a range.
    pub(super) fn int_in(&mut self, int: &'static str, lo: i64, hi: i64, depth: usize) -> Ex {
        if self.chance(0.2) {
            return self.int_literal(int, lo, hi);
        }
        if self.chance(0.6)
            && let Some(e) = self.read(
                &|ty| matches!(ty, Type::Int(t, least, most) if *t == int && *least >= lo && *most <= hi),
            )
        {
            return e;
        }
        let e = self.int(int, depth);
        self.int_fit(e, int, lo, hi)
    }

    pub(super) fn int_fit(&mut self, e: Ex, int: &'static str, lo: i64, hi: i64) -> Ex {
        let (al, ah) = e.whole();
        if al >= lo && ah <= hi {
            return e;
        }
        if e.bare {
            return self.int_literal(int, lo, hi);
        }
        let n = hi - lo + 1;
        if lo <= 0 && hi >= 0 && self.chance(0.6) {
            // What is left of a division lies between the two.
            let m = hi + 1;
            if al >= 0 {
                return Self::int_atom(
                    int,
                    format!("{} % {m}", e.inside(Binds::Product)),
                    0,
                    hi,
                    Binds::Product,
                );
            }
            return Self::int_atom(int, format!("{}.rem_euclid({m})", e.receiver()), 0, hi, Binds::Atom);
        }
        if lo == 0 && al < 0 && self.chance(0.5) {
            return Self::int_atom(int, format!("{}.rem_euclid({n})", e.receiver()), 0, hi, Binds::Atom);
        }
        match self.between(0, 1) {
            0 => Self::int_atom(int, format!("{}.clamp({lo}, {hi})", e.receiver()), lo, hi, Binds::Atom),
            _ => Self::int_atom(int, format!("{}.min({hi}).max({lo})", e.receiver()), lo, hi, Binds::Atom),
        }
    }

    /// An index into `0..n`.
    pub(super) fn index(&mut self, n: usize) -> String {
        if self.chance(0.55) {
            return self.between(0, n - 1).to_string();
        }
        if self.chance(0.15) {
            let int = self.pick(&["i32", "i64", "u8", "u32", "isize"]);
            let e = self.int_in(int, 0, n as i64 - 1, 1);
            return match e.bare {
                true => e.text,
                false => format!("{} as usize", e.inside(Binds::Cast)),
            };
        }
        let budget = self.budget;
        self.budget = budget.min(2);
        let text = self.int_in("usize", 0, n as i64 - 1, 1).text;
        self.budget = budget;
        text
    }
}
