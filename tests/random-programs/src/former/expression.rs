//! Expressions: reals with what is known of their size, integers as indices, conditions.

use super::Writer;
use super::interval::Interval;
use super::literal;
use super::scope::Kind;
use super::scope::Variable;
use rand::Rng;

/// How tightly an expression's outermost operator binds; decides where parentheses go.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
pub enum Binds {
    Sum,
    Product,
    Prefix,
    Atom,
}

/// A real expression.
#[derive(Debug, Clone)]
pub struct Real {
    pub text: String,
    pub range: Interval,
    pub binds: Binds,
}

impl Real {
    pub fn atom(text: String, range: Interval) -> Self {
        Self { text, range, binds: Binds::Atom }
    }

    /// The text, in parentheses where its operator binds less tightly.
    pub fn inside(&self, binds: Binds) -> String {
        if self.binds >= binds { self.text.clone() } else { format!("({})", self.text) }
    }

    fn method(&self, call: &str, range: Interval) -> Self {
        Self::atom(format!("{}.{call}", self.inside(Binds::Atom)), range)
    }
}

/// Values larger than this are brought back: it keeps products of a few of them far from overflow.
const LARGE: f64 = 8.0;

/// A function of one real: its method, where it may be called, and what it does to an interval.
type Unary = (&'static str, Interval, fn(Interval) -> Interval);

const UNIT: Interval = Interval::new(-1.0, 1.0);
const ANY: Interval = Interval::new(-LARGE, LARGE);
const POSITIVE: Interval = Interval::new(0.2, LARGE);

/// Every method of `f64` with one argument and a derivative. The domains keep away from singularities and from large
/// slopes, by margins that leave derivatives of moderate size.
const UNARY: &[Unary] = &[
    ("sin()", ANY, |_| UNIT),
    ("cos()", ANY, |_| UNIT),
    ("tan()", Interval::new(-1.1, 1.1), |x| x.map(f64::tan)),
    ("asin()", Interval::new(-0.9, 0.9), |x| x.map(f64::asin)),
    ("acos()", Interval::new(-0.9, 0.9), |x| x.neg().map(|v| (-v).acos())),
    ("atan()", ANY, |x| x.map(f64::atan)),
    ("sinh()", Interval::new(-2.0, 2.0), |x| x.map(f64::sinh)),
    ("cosh()", Interval::new(-2.0, 2.0), |x| x.abs().map(f64::cosh)),
    ("tanh()", ANY, |x| x.map(f64::tanh)),
    ("asinh()", ANY, |x| x.map(f64::asinh)),
    ("acosh()", Interval::new(1.2, LARGE), |x| x.map(f64::acosh)),
    ("atanh()", Interval::new(-0.8, 0.8), |x| x.map(f64::atanh)),
    ("exp()", Interval::new(-4.0, 1.5), |x| x.map(f64::exp)),
    ("exp2()", Interval::new(-4.0, 2.0), |x| x.map(f64::exp2)),
    ("exp_m1()", Interval::new(-4.0, 1.5), |x| x.map(f64::exp_m1)),
    ("ln()", POSITIVE, |x| x.map(f64::ln)),
    ("ln_1p()", Interval::new(-0.7, LARGE), |x| x.map(f64::ln_1p)),
    ("log2()", POSITIVE, |x| x.map(f64::log2)),
    ("log10()", POSITIVE, |x| x.map(f64::log10)),
    ("sqrt()", POSITIVE, |x| x.map(f64::sqrt)),
    ("cbrt()", POSITIVE, |x| x.map(f64::cbrt)),
    ("recip()", Interval::new(0.3, LARGE), |x| x.neg().map(|v| -1.0 / v)),
    ("abs()", ANY, |x| x.abs()),
    ("signum()", ANY, |_| UNIT),
    ("floor()", ANY, |x| x.map(f64::floor)),
    ("ceil()", ANY, |x| x.map(f64::ceil)),
    ("round()", ANY, |x| x.map(f64::round)),
    ("trunc()", ANY, |x| x.map(f64::trunc)),
    ("fract()", ANY, |_| UNIT),
    ("rem_euclid(1.5)", ANY, |_| Interval::new(0.0, 1.5)),
    ("log(3.0)", POSITIVE, |x| x.map(|v| v.log(3.0))),
    ("to_radians()", ANY, |x| x.map(f64::to_radians)),
    ("to_degrees()", Interval::new(-0.1, 0.1), |x| x.map(f64::to_degrees)),
];

impl Writer<'_> {
    /// A random real expression of about this depth; its size is at most about [`LARGE`].
    pub fn real(&mut self, depth: usize) -> Real {
        if depth == 0 {
            return self.leaf();
        }
        let e = match self.between(0, 99) {
            0..=11 => self.leaf(),
            12..=36 => self.sum(depth),
            37..=56 => self.product(depth),
            57..=62 => self.quotient(depth),
            63..=79 => self.unary(depth),
            80..=86 => self.binary(depth),
            87..=91 => self.power(depth),
            92..=94 => self.reduction(),
            95..=97 => self.call(depth),
            _ => self.inline_if(depth),
        };
        if e.range.size() > LARGE { self.fit(e, Interval::new(-4.0, 4.0)) } else { e }
    }

    /// A real expression whose values lie in the interval.
    pub fn real_in(&mut self, target: Interval, depth: usize) -> Real {
        let e = self.real(depth);
        self.fit(e, target)
    }

    /// A constant between the two, with its text.
    pub fn constant(&mut self, lo: f64, hi: f64) -> (f64, String) {
        let x = (self.dice.gen_range(lo..=hi) * 100.0).round() / 100.0;
        (x, literal(x))
    }

    /// A variable, an element, an integer as a real.
    pub fn leaf(&mut self) -> Real {
        let variables: Vec<Variable> = self.scope.visible().into_iter().cloned().collect();
        let unread: Vec<Variable> =
            variables.iter().filter(|v| !self.read.contains(&v.name)).cloned().collect();
        for _ in 0..20 {
            // People use what they computed: first what nobody has looked at yet, time seldom.
            let from_unread = !unread.is_empty() && self.chance(0.5);
            let variable = self.pick(if from_unread { &unread } else { &variables });
            if variable.name == "t" && self.chance(0.6) {
                continue;
            }
            self.read.insert(variable.name.clone());
            match variable.kind {
                Kind::Real(range) if variable.reference => {
                    return Real { text: format!("*{}", variable.name), range, binds: Binds::Prefix };
                }
                Kind::Real(range) => return Real::atom(variable.name, range),
                Kind::Array(n, range) => {
                    let i = self.index(n);
                    return Real::atom(format!("{}[{i}]", variable.name), range);
                }
                Kind::Matrix(rows, columns, range) => {
                    let (i, j) = (self.index(rows), self.index(columns));
                    return Real::atom(format!("{}[{i}][{j}]", variable.name), range);
                }
                Kind::Int(lo, hi) if self.chance(0.3) => {
                    let range = Interval::new(lo as f64, hi as f64);
                    return Real::atom(format!("({} as f64)", variable.name), range);
                }
                Kind::Int(..) | Kind::Flag => {}
            }
        }
        Real::atom("std::f64::consts::FRAC_1_SQRT_2".into(), Interval::point(std::f64::consts::FRAC_1_SQRT_2))
    }

    fn sum(&mut self, depth: usize) -> Real {
        let left = self.real(depth - 1);
        let (right, range_of): (Real, fn(Interval, Interval) -> Interval) = match self.between(0, 3) {
            0 => {
                let (x, text) = self.constant(0.05, 2.0);
                (Real::atom(text, Interval::point(x)), Interval::add)
            }
            _ => (self.real(depth - 1), Interval::add),
        };
        if self.chance(0.4) {
            let text = format!("{} - {}", left.inside(Binds::Sum), right.inside(Binds::Product));
            return Real { text, range: left.range.sub(right.range), binds: Binds::Sum };
        }
        let text = format!("{} + {}", left.inside(Binds::Sum), right.inside(Binds::Sum));
        Real { text, range: range_of(left.range, right.range), binds: Binds::Sum }
    }

    fn product(&mut self, depth: usize) -> Real {
        let right = self.real(depth - 1);
        if self.chance(0.35) {
            let (x, text) = self.constant(-1.5, 1.5);
            let (x, text) = if x == 0.0 { (0.5, "0.5".to_string()) } else { (x, text) };
            let text = format!("{text} * {}", right.inside(Binds::Prefix));
            return Real { text, range: right.range.scale(x), binds: Binds::Product };
        }
        if self.chance(0.1) {
            return Real {
                text: format!("-{}", right.inside(Binds::Atom)),
                range: right.range.neg(),
                binds: Binds::Prefix,
            };
        }
        let left = self.real(depth - 1);
        let text = format!("{} * {}", left.inside(Binds::Product), right.inside(Binds::Prefix));
        Real { text, range: left.range.mul(right.range), binds: Binds::Product }
    }

    fn quotient(&mut self, depth: usize) -> Real {
        let over = self.real(depth - 1);
        let under = self.real_in(Interval::new(0.4, LARGE), depth - 1);
        let text = format!("{} / {}", over.inside(Binds::Product), under.inside(Binds::Prefix));
        Real { text, range: over.range.div(under.range), binds: Binds::Product }
    }

    fn unary(&mut self, depth: usize) -> Real {
        let (call, domain, image) = self.pick(UNARY);
        let argument = self.real_in(domain, depth - 1);
        argument.method(call, image(argument.range))
    }

    fn binary(&mut self, depth: usize) -> Real {
        let a = self.real(depth - 1);
        match self.between(0, 9) {
            7 => {
                let b = self.real(depth - 1);
                let range = Interval::new(a.range.lo.max(b.range.lo), a.range.hi.max(b.range.hi));
                Real::atom(format!("f64::max({}, {})", a.text, b.text), range)
            }
            8 => {
                let (c, text) = self.constant(0.5, 1.5);
                let text = format!("{} % {text}", a.inside(Binds::Product));
                Real { text, range: Interval::new(-c, c), binds: Binds::Product }
            }
            0 => {
                let b = self.real_in(POSITIVE, depth - 1);
                a.method(&format!("atan2({})", b.text), Interval::new(-1.6, 1.6))
            }
            1 => {
                let b = self.real_in(POSITIVE, depth - 1);
                let range = Interval::new(b.range.lo, a.range.size().hypot(b.range.hi));
                a.method(&format!("hypot({})", b.text), range)
            }
            2 => {
                let b = self.real(depth - 1);
                let range = Interval::new(a.range.lo.max(b.range.lo), a.range.hi.max(b.range.hi));
                a.method(&format!("max({})", b.text), range)
            }
            3 => {
                let b = self.real(depth - 1);
                let range = Interval::new(a.range.lo.min(b.range.lo), a.range.hi.min(b.range.hi));
                a.method(&format!("min({})", b.text), range)
            }
            4 => {
                let b = self.real(depth - 1);
                let size = a.range.size();
                a.method(&format!("copysign({})", b.text), Interval::new(-size, size))
            }
            5 => {
                let base = self.real_in(Interval::new(0.3, 3.0), depth - 1);
                let exponent = self.real_in(Interval::new(-1.5, 1.5), depth - 1);
                let size = base.range.hi.max(1.0 / base.range.lo).powf(exponent.range.size());
                base.method(&format!("powf({})", exponent.text), Interval::new(1.0 / size, size))
            }
            6 => {
                let (lo, lo_text) = self.constant(-1.0, -0.1);
                let (hi, hi_text) = self.constant(0.1, 1.0);
                a.method(&format!("clamp({lo_text}, {hi_text})"), Interval::new(lo, hi))
            }
            _ => {
                let (b, c) = (self.real(depth - 1), self.real(depth - 1));
                a.method(&format!("mul_add({}, {})", b.text, c.text), a.range.mul(b.range).add(c.range))
            }
        }
    }

    fn power(&mut self, depth: usize) -> Real {
        if self.chance(0.3) {
            let base = self.real_in(Interval::new(0.4, 3.0), depth - 1);
            let n = self.pick(&[-3, -2, -1, 4, 5]);
            let (a, b) = (base.range.lo.powi(n), base.range.hi.powi(n));
            return base.method(&format!("powi({n})"), Interval::new(a.min(b), a.max(b)));
        }
        let base = self.real_in(Interval::new(-2.0, 2.0), depth - 1);
        let exponent = self.scope.visible().iter().find_map(|v| match v.kind {
            Kind::Int(lo, hi) if lo >= 1 && hi <= 4 => Some((v.name.clone(), hi)),
            _ => None,
        });
        if let Some((n, hi)) = exponent
            && self.chance(0.5)
        {
            let size = base.range.size().max(1.0).powi(hi as i32);
            return base.method(&format!("powi({n} as i32)"), Interval::new(-size, size));
        }
        let n = self.pick(&[2, 2, 2, 3, 3]);
        let range = match n {
            2 => base.range.square(),
            _ => base.range.map(|x| x.powi(n)),
        };
        base.method(&format!("powi({n})"), range)
    }

    /// Something computed from a whole array: a sum, a sum of a map, a fold.
    fn reduction(&mut self) -> Real {
        let arrays: Vec<(String, usize, Interval)> = self
            .scope
            .visible()
            .iter()
            .filter_map(|v| match v.kind {
                Kind::Array(n, range) => Some((v.name.clone(), n, range)),
                _ => None,
            })
            .collect();
        if arrays.is_empty() || self.loops > 1 {
            return self.leaf();
        }
        let (name, n, range) = self.pick(&arrays);
        let square = range.square();
        if self.chance(0.2)
            && let Some(dot) = self.dot()
        {
            return dot;
        }
        match self.between(0, 6) {
            0 => Real::atom(format!("{name}.iter().sum::<f64>()"), range.sum_of(n)),
            5 => {
                let text = format!("{name}.iter().copied().fold(0.0, f64::max)");
                Real::atom(text, Interval::new(range.lo.max(0.0), range.hi.max(0.0)))
            }
            6 => {
                let (c, text) = self.constant(0.2, 0.8);
                let size = (range.size() * c).max(1.0).powi(n as i32);
                let text = format!("{name}.iter().map(|v| {text} * v).product::<f64>()");
                Real::atom(text, Interval::new(-size, size))
            }
            1 => Real::atom(format!("{name}.iter().map(|v| v * v).sum::<f64>()"), square.sum_of(n)),
            2 => {
                let (c, text) = self.constant(0.1, 0.9);
                let text = format!("{name}.iter().map(|v| ({text} * v).tanh()).sum::<f64>()");
                Real::atom(text, range.scale(c).map(f64::tanh).sum_of(n))
            }
            3 => {
                let text = format!("{name}.iter().fold(0.0, |total, v| 0.5 * total + v * v)");
                Real::atom(text, Interval::new(0.0, 2.0 * square.hi))
            }
            _ => {
                let text = format!("{name}.iter().fold({name}[0], |best, v| best.max(*v))");
                Real::atom(text, range)
            }
        }
    }

    fn call(&mut self, depth: usize) -> Real {
        if self.helpers.is_empty() || self.loops > 1 {
            return self.unary(depth);
        }
        let helper = self.pick(self.helpers);
        match helper.arguments(self, depth - 1) {
            Some(arguments) => Real::atom(format!("{}({arguments})", helper.name), helper.range),
            None => self.unary(depth),
        }
    }

    fn inline_if(&mut self, depth: usize) -> Real {
        let condition = self.condition(1);
        let (a, b) = (self.real(depth - 1), self.real(depth - 1));
        let text = format!("(if {condition} {{ {} }} else {{ {} }})", a.text, b.text);
        Real::atom(text, a.range.hull(b.range))
    }

    /// Brings an expression into an interval, in one of the ways that models do it.
    pub fn fit(&mut self, e: Real, target: Interval) -> Real {
        if e.range.within(target) {
            return e;
        }
        // Only what is short is worth writing twice.
        let short = e.text.len() < 14 && e.binds >= Binds::Prefix;
        for _ in 0..6 {
            let candidate = match self.between(0, 7) {
                0 if target.lo < 0.0 && target.hi > 0.0 => {
                    let factor = 0.95 * target.lo.abs().min(target.hi) / e.range.size();
                    let factor = (factor * 100.0).floor() / 100.0;
                    if factor < 0.05 {
                        continue;
                    }
                    let text = format!("{} * {}", literal(factor), e.inside(Binds::Prefix));
                    Real { text, range: e.range.scale(factor), binds: Binds::Product }
                }
                1 if short => {
                    let (c, text) = self.constant(0.3, 1.0);
                    let x = e.inside(Binds::Prefix);
                    let text = format!("{text} + {x} * {x}");
                    Real { text, range: e.range.square().add(Interval::point(c)), binds: Binds::Sum }
                }
                2 => {
                    let (c, text) = self.constant(0.3, 1.3);
                    let text = format!("{text} + {}.abs()", e.inside(Binds::Atom));
                    Real { text, range: e.range.abs().add(Interval::point(c)), binds: Binds::Sum }
                }
                3 if short => {
                    let x = e.inside(Binds::Prefix);
                    let text = format!("{x} / (1.0 + {x} * {x})");
                    Real { text, range: Interval::new(-0.5, 0.5), binds: Binds::Product }
                }
                4 => e.method("tanh()", UNIT),
                5 => e.method("sin()", UNIT),
                6 if e.range.hi < 3.0 => e.method("exp()", e.range.map(f64::exp)),
                _ => self.swing(&e, target),
            };
            if candidate.range.within(target) {
                return candidate;
            }
        }
        if self.chance(0.2) {
            let lo = (target.lo * 100.0).ceil() / 100.0;
            let hi = (target.hi.min(target.lo + 4.0) * 100.0).floor() / 100.0;
            return e.method(&format!("clamp({}, {})", literal(lo), literal(hi)), Interval::new(lo, hi));
        }
        self.swing(&e, target)
    }

    /// `middle + reach * sin(e)`, inside the target.
    fn swing(&mut self, e: &Real, target: Interval) -> Real {
        let (mut lo, mut hi) = (target.lo.max(-2.5), target.hi.min(2.5));
        if hi - lo < 1.0 {
            (lo, hi) = (target.lo, target.hi.min(target.lo + 4.0));
        }
        let middle = ((lo + hi) * 50.0).round() / 100.0;
        let reach = ((hi - lo) * 45.0).floor() / 100.0;
        let wave = self.pick(&["sin()", "cos()", "tanh()"]);
        let swing = format!("{} * {}.{wave}", literal(reach), e.inside(Binds::Atom));
        let range = Interval::new(middle - reach, middle + reach);
        if middle == 0.0 {
            return Real { text: swing, range, binds: Binds::Product };
        }
        Real { text: format!("{} + {swing}", literal(middle)), range, binds: Binds::Sum }
    }

    /// An index into `0..n`: a number, or something made of the integers in scope.
    pub fn index(&mut self, n: usize) -> String {
        let n = n as i64;
        let ints: Vec<(String, i64, i64)> = self
            .scope
            .visible()
            .iter()
            .filter_map(|v| match v.kind {
                Kind::Int(lo, hi) => Some((v.name.clone(), lo, hi)),
                _ => None,
            })
            .collect();
        if ints.is_empty() || self.chance(0.15) {
            return self.dice.gen_range(0..n).to_string();
        }
        let (i, lo, hi) = self.pick(&ints);
        match self.between(0, 9) {
            0 if hi + 1 < n => format!("{i} + 1"),
            1 if lo >= 1 && hi - 1 < n => format!("{i} - 1"),
            2 => format!("({i} + {}) % {n}", self.between(1, 2)),
            3 if hi < n => format!("{} - {i}", n - 1),
            _ if hi < n => i,
            _ => format!("{i} % {n}"),
        }
    }

    /// A condition on reals or integers.
    pub fn condition(&mut self, depth: usize) -> String {
        let flags: Vec<String> =
            self.scope.visible().iter().filter(|v| v.kind == Kind::Flag).map(|v| v.name.clone()).collect();
        if !flags.is_empty() && self.chance(0.3) {
            let flag = self.pick(&flags);
            return if self.chance(0.3) { format!("!{flag}") } else { flag };
        }
        let ints: Vec<(String, i64, i64)> = self
            .scope
            .visible()
            .iter()
            .filter_map(|v| match v.kind {
                Kind::Int(lo, hi) if lo < hi => Some((v.name.clone(), lo, hi)),
                _ => None,
            })
            .collect();
        match self.between(0, 9) {
            0 if depth > 0 => format!("{} && {}", self.condition(0), self.condition(0)),
            1 if depth > 0 => format!("{} || {}", self.condition(0), self.condition(0)),
            2 if depth > 0 => format!("!({})", self.condition(0)),
            3..=5 if !ints.is_empty() => {
                let (i, lo, hi) = self.pick(&ints);
                let bound = self.dice.gen_range(lo..=hi);
                match self.between(0, 3) {
                    0 => format!("{i} % 2 == 0"),
                    1 => format!("{i} != {bound}"),
                    2 => format!("{i} == {bound}"),
                    _ if lo < bound => format!("{i} < {bound}"),
                    _ => format!("{i} > {lo}"),
                }
            }
            _ => {
                let left = self.real(1);
                let comparison = self.pick(&["<", ">", "<=", ">="]);
                if self.chance(0.5) {
                    let (lo, hi) = (left.range.lo.max(-LARGE), left.range.hi.min(LARGE));
                    let (_, text) = self.constant(0.7 * lo + 0.3 * hi, 0.3 * lo + 0.7 * hi);
                    return format!("{} {comparison} {text}", left.text);
                }
                let right = self.leaf();
                format!("{} {comparison} {}", left.text, right.text)
            }
        }
    }
}
