//! Reals.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::interval::Interval;
use super::literal;
use super::types::KEPT;
use super::types::Type;
use rand::Rng;

/// Values larger than this are brought back: it keeps products of a few of them far from overflow.
const LARGE: f64 = 8.0;

/// A function of one real: its name, the arguments after it, where it may be called, and what it does to an interval.
type Unary = (&'static str, &'static str, Interval, fn(Interval) -> Interval);

const UNIT: Interval = Interval::new(-1.0, 1.0);
const ANY: Interval = Interval::new(-LARGE, LARGE);
const POSITIVE: Interval = Interval::new(0.2, LARGE);

/// Every method of `f64` with one argument and a derivative. The domains keep away from singularities and from large
/// slopes, by margins that leave derivatives of moderate size.
const UNARY: &[Unary] = &[
    ("sin", "", ANY, |_| UNIT),
    ("cos", "", ANY, |_| UNIT),
    ("tan", "", Interval::new(-1.1, 1.1), |x| x.map(f64::tan)),
    ("asin", "", Interval::new(-0.9, 0.9), |x| x.map(f64::asin)),
    ("acos", "", Interval::new(-0.9, 0.9), |x| x.neg().map(|v| (-v).acos())),
    ("atan", "", ANY, |x| x.map(f64::atan)),
    ("sinh", "", Interval::new(-2.0, 2.0), |x| x.map(f64::sinh)),
    ("cosh", "", Interval::new(-2.0, 2.0), |x| x.abs().map(f64::cosh)),
    ("tanh", "", ANY, |x| x.map(f64::tanh)),
    ("asinh", "", ANY, |x| x.map(f64::asinh)),
    ("acosh", "", Interval::new(1.2, LARGE), |x| x.map(f64::acosh)),
    ("atanh", "", Interval::new(-0.8, 0.8), |x| x.map(f64::atanh)),
    ("exp", "", Interval::new(-4.0, 1.5), |x| x.map(f64::exp)),
    ("exp2", "", Interval::new(-4.0, 2.0), |x| x.map(f64::exp2)),
    ("exp_m1", "", Interval::new(-4.0, 1.5), |x| x.map(f64::exp_m1)),
    ("ln", "", POSITIVE, |x| x.map(f64::ln)),
    ("ln_1p", "", Interval::new(-0.7, LARGE), |x| x.map(f64::ln_1p)),
    ("log2", "", POSITIVE, |x| x.map(f64::log2)),
    ("log10", "", POSITIVE, |x| x.map(f64::log10)),
    ("sqrt", "", POSITIVE, |x| x.map(f64::sqrt)),
    ("cbrt", "", POSITIVE, |x| x.map(f64::cbrt)),
    ("recip", "", Interval::new(0.3, LARGE), |x| x.neg().map(|v| -1.0 / v)),
    ("abs", "", ANY, Interval::abs),
    ("signum", "", ANY, |_| UNIT),
    ("floor", "", ANY, |x| x.map(f64::floor)),
    ("ceil", "", ANY, |x| x.map(f64::ceil)),
    ("round", "", ANY, |x| x.map(f64::round)),
    ("trunc", "", ANY, |x| x.map(f64::trunc)),
    ("fract", "", ANY, |_| UNIT),
    ("rem_euclid", "1.5", ANY, |_| Interval::new(0.0, 1.5)),
    ("log", "3.0", POSITIVE, |x| x.map(|v| v.log(3.0))),
    ("to_radians", "", ANY, |x| x.map(f64::to_radians)),
    ("to_degrees", "", Interval::new(-0.1, 0.1), |x| x.map(f64::to_degrees)),
];

impl Writer<'_> {
    /// A random real of about this depth; its size is at most about [`LARGE`].
    pub(super) fn real(&mut self, depth: usize) -> Ex {
        if depth == 0 || self.budget <= 0 {
            return self.leaf();
        }
        self.budget -= 1;
        if self.past.is_some()
            && self.chance(0.06)
            && let Some(e) = self.lookup(depth - 1)
        {
            return e;
        }
        let e = match self.between(0, 99) {
            0..=13 => self.leaf(),
            14..=32 => self.sum(depth),
            33..=47 => self.product(depth),
            48..=51 => self.quotient(depth),
            52..=59 => self.unary(depth),
            60..=65 => self.binary(depth),
            66..=68 => self.power(depth),
            69..=75 => self.reduction(),
            76..=81 => self.call_to(&|ty| ty.is_real(), depth).unwrap_or_else(|| self.unary(depth)),
            82..=85 => self.if_value(&Type::Real(KEPT), depth),
            86..=88 => self.match_value(&Type::Real(KEPT), depth),
            89..=93 => self.effect(&Type::Real(ANY), depth),
            94..=97 => self.real_of_int(depth),
            _ => self.constant_item().unwrap_or_else(|| self.leaf()),
        };
        if e.range().size() > LARGE { self.fit(e, Interval::new(-4.0, 4.0)) } else { e }
    }

    /// A real whose values lie in the interval.
    pub(super) fn real_in(&mut self, target: Interval, depth: usize) -> Ex {
        let e = self.real(depth);
        self.fit(e, target)
    }

    /// A constant between the two, with its text.
    pub(super) fn constant(&mut self, lo: f64, hi: f64) -> (f64, String) {
        let x = (self.dice.gen_range(lo..=hi) * 100.0).round() / 100.0;
        (x, literal(x))
    }

    /// A literal as an operand.
    pub(super) fn literal(&mut self, lo: f64, hi: f64) -> Ex {
        let (x, text) = self.constant(lo, hi);
        let binds = if x < 0.0 { Binds::Prefix } else { Binds::Atom };
        Ex { bare: true, ..Ex::real(text, Interval::point(x), binds) }
    }

    /// A place that can be read.
    pub(super) fn leaf(&mut self) -> Ex {
        if self.chance(0.95)
            && let Some(e) = self.read(&|ty| ty.is_real())
        {
            return e;
        }
        let half = std::f64::consts::FRAC_1_SQRT_2;
        Ex::real("std::f64::consts::FRAC_1_SQRT_2".into(), Interval::point(half), Binds::Atom)
    }

    fn sum(&mut self, depth: usize) -> Ex {
        let left = self.real(depth - 1);
        let right = match left.bare || self.chance(0.75) {
            true => self.typed(depth - 1),
            false => self.literal(0.05, 2.0),
        };
        let tag = if self.chance(0.3) { mark(Construct::Operators) } else { String::new() };
        if self.chance(0.45) {
            let text = format!("{tag}{} - {}", left.inside(Binds::Sum), right.right(Binds::Product));
            return Ex::real(text, left.range().sub(right.range()), Binds::Sum);
        }
        let text = format!("{tag}{} + {}", left.inside(Binds::Sum), right.right(Binds::Sum));
        Ex::real(text, left.range().add(right.range()), Binds::Sum)
    }

    /// A real that is no bare literal.
    fn typed(&mut self, depth: usize) -> Ex {
        let e = self.real(depth);
        if e.bare { self.leaf() } else { e }
    }

    fn product(&mut self, depth: usize) -> Ex {
        let right = self.typed(depth - 1);
        if self.chance(0.3) {
            let left = self.literal(-1.5, 1.5);
            let text = format!("{} * {}", left.text, right.right(Binds::Cast));
            return Ex::real(text, left.range().mul(right.range()), Binds::Product);
        }
        if self.chance(0.1) {
            let text = format!("-{}", right.inside(Binds::Atom));
            return Ex::real(text, right.range().neg(), Binds::Prefix);
        }
        let left = self.real(depth - 1);
        let text = format!("{} * {}", left.inside(Binds::Product), right.right(Binds::Cast));
        Ex::real(text, left.range().mul(right.range()), Binds::Product)
    }

    fn quotient(&mut self, depth: usize) -> Ex {
        let over = self.real(depth - 1);
        let under = self.typed(depth - 1);
        let under = self.fit(under, Interval::new(0.4, LARGE));
        let text = format!("{} / {}", over.inside(Binds::Product), under.right(Binds::Cast));
        Ex::real(text, over.range().div(under.range()), Binds::Product)
    }

    /// A method, or the same function by its path.
    fn method(&mut self, receiver: &Ex, name: &str, arguments: &str, range: Interval) -> Ex {
        if self.chance(0.15) {
            let comma = if arguments.is_empty() { "" } else { ", " };
            let text = format!("f64::{name}({}{comma}{arguments})", receiver.text);
            return Ex::real(text, range, Binds::Atom).tagged(Construct::PathCalls);
        }
        let text = format!("{}.{name}({arguments})", receiver.receiver());
        let e = Ex::real(text, range, Binds::Atom);
        if self.chance(0.3) { e.tagged(Construct::Methods) } else { e }
    }

    pub(super) fn unary(&mut self, depth: usize) -> Ex {
        let (name, arguments, domain, image) = self.pick(UNARY);
        let argument = self.real_in(domain, depth.saturating_sub(1));
        let range = image(argument.range());
        self.method(&argument, name, arguments, range)
    }

    fn binary(&mut self, depth: usize) -> Ex {
        let a = self.typed(depth - 1);
        let range = a.range();
        match self.between(0, 8) {
            8 => {
                let (c, text) = self.constant(0.5, 1.5);
                let text = format!("{} % {text}", a.inside(Binds::Product));
                Ex::real(text, Interval::new(-c, c), Binds::Product)
            }
            0 => {
                let b = self.real_in(POSITIVE, depth - 1);
                self.method(&a, "atan2", &b.text, Interval::new(-1.6, 1.6))
            }
            1 => {
                let b = self.real_in(POSITIVE, depth - 1);
                let range = Interval::new(b.range().lo, range.size().hypot(b.range().hi));
                self.method(&a, "hypot", &b.text, range)
            }
            2 => {
                let b = self.real(depth - 1);
                let range = Interval::new(range.lo.max(b.range().lo), range.hi.max(b.range().hi));
                self.method(&a, "max", &b.text, range)
            }
            3 => {
                let b = self.real(depth - 1);
                let range = Interval::new(range.lo.min(b.range().lo), range.hi.min(b.range().hi));
                self.method(&a, "min", &b.text, range)
            }
            4 => {
                let b = self.real(depth - 1);
                self.method(&a, "copysign", &b.text, Interval::new(-range.size(), range.size()))
            }
            5 => {
                let base = self.real_in(Interval::new(0.3, 3.0), depth - 1);
                let exponent = self.real_in(Interval::new(-1.5, 1.5), depth - 1);
                let size = base.range().hi.max(1.0 / base.range().lo).powf(exponent.range().size());
                self.method(&base, "powf", &exponent.text, Interval::new(1.0 / size, size))
            }
            6 => {
                let (lo, lo_text) = self.constant(-1.0, -0.1);
                let (hi, hi_text) = self.constant(0.1, 1.0);
                self.method(&a, "clamp", &format!("{lo_text}, {hi_text}"), Interval::new(lo, hi))
            }
            _ => {
                let (b, c) = (self.real(depth - 1), self.real(depth - 1));
                let range = range.mul(b.range()).add(c.range());
                self.method(&a, "mul_add", &format!("{}, {}", b.text, c.text), range)
            }
        }
    }

    fn power(&mut self, depth: usize) -> Ex {
        let tag = |e: Ex| e.tagged(Construct::Powers);
        if self.chance(0.3) {
            let base = self.real_in(Interval::new(0.4, 3.0), depth - 1);
            let n = self.pick(&[-3, -2, -1, 4, 5]);
            let (a, b) = (base.range().lo.powi(n), base.range().hi.powi(n));
            return tag(self.method(&base, "powi", &n.to_string(), Interval::new(a.min(b), a.max(b))));
        }
        let base = self.real_in(Interval::new(-2.0, 2.0), depth - 1);
        if self.chance(0.3) {
            let n = self.int_in("i32", 0, 4, 1);
            let size = base.range().size().max(1.0).powi(4);
            return tag(self.method(&base, "powi", &n.text, Interval::new(-size, size)));
        }
        let n = self.pick(&[2, 2, 2, 3, 3]);
        let range = match n {
            2 => base.range().square(),
            _ => base.range().map(|x| x.powi(n)),
        };
        tag(self.method(&base, "powi", &n.to_string(), range))
    }

    fn real_of_int(&mut self, depth: usize) -> Ex {
        let int = self.pick(&["usize", "i32", "i32", "i64", "u32", "u8", "isize"]);
        let n = self.int(int, depth - 1);
        let (lo, hi) = n.whole();
        if lo < -200 || hi > 200 {
            return self.leaf();
        }
        let e = match n.bare {
            true => Ex::new(format!("{}{int} as f64", n.text), n.ty.clone(), Binds::Cast),
            false => Ex::new(format!("{} as f64", n.inside(Binds::Cast)), n.ty.clone(), Binds::Cast),
        };
        let e = Ex { ty: Type::Real(Interval::new(lo as f64, hi as f64)), ..e }.tagged(Construct::RealOfInt);
        self.fit(e, KEPT)
    }

    /// A constant or an element of a table outside the function.
    fn constant_item(&mut self) -> Option<Ex> {
        self.item_value(&|ty| ty.is_real())
    }

    /// Brings an expression into an interval, in one of the ways that models do it.
    pub(super) fn fit(&mut self, e: Ex, target: Interval) -> Ex {
        let range = e.range();
        if range.within(target) {
            return e;
        }
        if e.bare {
            return self.literal(target.lo.max(-2.0), target.hi.min(2.0).max(target.lo + 0.01));
        }
        // Only what is short is worth writing twice.
        let short = e.text.len() < 14 && e.binds >= Binds::Prefix && !e.text.contains('{');
        for _ in 0..6 {
            let candidate = match self.between(0, 7) {
                0 if target.lo < 0.0 && target.hi > 0.0 => {
                    let factor = 0.95 * target.lo.abs().min(target.hi) / range.size();
                    let factor = (factor * 100.0).floor() / 100.0;
                    if factor < 0.05 {
                        continue;
                    }
                    let text = format!("{} * {}", literal(factor), e.right(Binds::Cast));
                    Ex::real(text, range.scale(factor), Binds::Product)
                }
                1 if short => {
                    let (c, text) = self.constant(0.3, 1.0);
                    let x = e.right(Binds::Prefix);
                    let text = format!("{text} + {x} * {x}");
                    Ex::real(text, range.square().add(Interval::point(c)), Binds::Sum)
                }
                2 => {
                    let (c, text) = self.constant(0.3, 1.3);
                    let text = format!("{text} + {}.abs()", e.receiver());
                    Ex::real(text, range.abs().add(Interval::point(c)), Binds::Sum)
                }
                3 if short => {
                    let x = e.right(Binds::Prefix);
                    let text = format!("{} / (1.0 + {x} * {x})", e.inside(Binds::Prefix));
                    Ex::real(text, Interval::new(-0.5, 0.5), Binds::Product)
                }
                4 => Ex::real(format!("{}.tanh()", e.receiver()), UNIT, Binds::Atom),
                5 => Ex::real(format!("{}.sin()", e.receiver()), UNIT, Binds::Atom),
                6 if range.hi < 3.0 => {
                    Ex::real(format!("{}.exp()", e.receiver()), range.map(f64::exp), Binds::Atom)
                }
                _ => self.swing(&e, target),
            };
            if candidate.range().within(target) {
                return candidate;
            }
        }
        if self.chance(0.2) {
            let lo = (target.lo * 100.0).ceil() / 100.0;
            let hi = (target.hi.min(target.lo + 4.0) * 100.0).floor() / 100.0;
            let text = format!("{}.clamp({}, {})", e.receiver(), literal(lo), literal(hi));
            return Ex::real(text, Interval::new(lo, hi), Binds::Atom);
        }
        self.swing(&e, target)
    }

    /// `middle + reach * sin(e)`, inside the target.
    fn swing(&mut self, e: &Ex, target: Interval) -> Ex {
        let (mut lo, mut hi) = (target.lo.max(-2.5), target.hi.min(2.5));
        if hi - lo < 1.0 {
            (lo, hi) = (target.lo, target.hi.min(target.lo + 4.0));
        }
        let middle = ((lo + hi) * 50.0).round() / 100.0;
        let reach = ((hi - lo) * 45.0).floor() / 100.0;
        let wave = self.pick(&["sin()", "cos()", "tanh()"]);
        let swing = format!("{} * {}.{wave}", literal(reach), e.receiver());
        let range = Interval::new(middle - reach, middle + reach);
        if middle == 0.0 {
            return Ex::real(swing, range, Binds::Product);
        }
        Ex::real(format!("{} + {swing}", literal(middle)), range, Binds::Sum)
    }
}
