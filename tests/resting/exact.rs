//! Solutions of `moving`'s problems with all their derivatives, in plain Rust: numbers that carry seven derivatives, and Gragg's
//! method extrapolated to order 14 (Hairer, Nørsett, Wanner I, II.9), in steps that are short enough for rounding to remain.

use std::array;
use std::ops::Add;
use std::ops::Div;
use std::ops::Mul;
use std::ops::Neg;
use std::ops::Sub;

/// A number with its derivatives by the four components of the start and by three parameters.
#[derive(Debug, Clone, Copy)]
pub struct Jet {
    value: f64,
    pub by: [f64; 7],
}

impl Jet {
    fn constant(value: f64) -> Self {
        Self { value, by: [0.0; 7] }
    }

    fn variable(value: f64, i: usize) -> Self {
        Self { value, by: array::from_fn(|j| if i == j { 1.0 } else { 0.0 }) }
    }

    fn chain(self, value: f64, slope: f64) -> Self {
        Self { value, by: self.by.map(|x| x * slope) }
    }

    fn sqrt(self) -> Self {
        let root = self.value.sqrt();
        self.chain(root, 0.5 / root)
    }

    fn sin(self) -> Self {
        self.chain(self.value.sin(), self.value.cos())
    }

    fn with(self, other: Self, value: f64, [a, b]: [f64; 2]) -> Self {
        Self { value, by: array::from_fn(|i| a * self.by[i] + b * other.by[i]) }
    }
}

impl Add for Jet {
    type Output = Self;
    fn add(self, other: Self) -> Self {
        self.with(other, self.value + other.value, [1.0, 1.0])
    }
}

impl Sub for Jet {
    type Output = Self;
    fn sub(self, other: Self) -> Self {
        self.with(other, self.value - other.value, [1.0, -1.0])
    }
}

impl Mul for Jet {
    type Output = Self;
    fn mul(self, other: Self) -> Self {
        self.with(other, self.value * other.value, [other.value, self.value])
    }
}

impl Div for Jet {
    type Output = Self;
    fn div(self, other: Self) -> Self {
        let value = self.value / other.value;
        self.with(other, value, [1.0 / other.value, -value / other.value])
    }
}

impl Neg for Jet {
    type Output = Self;
    fn neg(self) -> Self {
        self.chain(-self.value, -1.0)
    }
}

/// The right-hand side of problem number `case`.
fn plain(case: usize, u: [Jet; 4], p: [Jet; 3], t: f64) -> [Jet; 4] {
    let [a, b, c, d] = u;
    let [k, l, m] = p;
    let o = Jet::constant(0.0);
    let one = Jet::constant(1.0);
    let t_ = Jet::constant(t);
    match case {
        0 => [-k * a, o, o, o],
        1 => [-k * a * a * a, o, o, o],
        2 => [k * a * Jet::constant(t.cos()), o, o, o],
        3 => [k * a * (one - a / l), o, o, o],
        4 => [(a - k * t_) / (a + l * t_), o, o, o],
        5 => [k * (a - l * a * b), -(b - m * a * b), o, o],
        6 => [-k * a + l * b, k * a - (l + m) * b + m * c, m * b - m * c, o],
        7 => [-k * a, k * a - l * b * b, l * b * b, o],
        8 => {
            let r = (a * a + b * b).sqrt();
            [-k * b - l * a * c / r, k * a - l * b * c / r, m * a / r, o]
        }
        9 => [k * b * c, -l * a * c, -m * a * b, o],
        10..=14 => {
            let r2 = a * a + b * b;
            let r3 = r2 * r2.sqrt();
            [k * c, k * d, -l * a / r3, -l * b / r3]
        }
        15 => [
            b,
            -(k * b / Jet::constant(t + 1.0) + (one - l / Jet::constant((t + 1.0) * (t + 1.0))) * a),
            o,
            o,
        ],
        16 => [b, k * (one - a * a) * b - l * a, o, o],
        17 => [b, k * a * a * a - a + l * (m * t_).sin(), o, o],
        18 => [b, k - l * b * b, o, o],
        19 => [b, k * (one + b * b).sqrt() / (Jet::constant(25.0) * l - t_), o, o],
        _ => [k * a - a * b, -l * b + m * a * b, o, o],
    }
}

fn advance(u: [Jet; 4], slope: [Jet; 4], h: f64) -> [Jet; 4] {
    array::from_fn(|i| u[i].with(slope[i], u[i].value + h * slope[i].value, [1.0, h]))
}

/// One step: midpoint rules with 2, 4, … 14 parts, extrapolated.
fn step(case: usize, u: [Jet; 4], p: [Jet; 3], t: f64, h: f64) -> [Jet; 4] {
    let mut row: Vec<[Jet; 4]> = Vec::new();
    for j in 1..=7_i32 {
        let parts = 2 * j;
        let part = h / f64::from(parts);
        let (mut before, mut now) = (u, advance(u, plain(case, u, p, t), part));
        for i in 1..parts {
            let next = advance(before, plain(case, now, p, t + f64::from(i) * part), 2.0 * part);
            (before, now) = (now, next);
        }
        // Aitken-Neville in h².
        for (k, previous) in (1..j).zip(row.iter_mut()) {
            let ratio = (f64::from(j) / f64::from(j - k)).powi(2);
            let coarser = std::mem::replace(previous, now);
            now = advance(now, array::from_fn(|i| now[i] - coarser[i]), 1.0 / (ratio - 1.0));
        }
        row.push(now);
    }
    row[6]
}

/// The solution at eleven times, with its derivatives.
pub fn sensitivities(case: usize, u0: [f64; 4], p: [f64; 3], end: f64) -> Vec<[Jet; 4]> {
    let mut u = array::from_fn(|i| Jet::variable(u0[i], i));
    let p = array::from_fn(|i| Jet::variable(p[i], 4 + i));
    // The last of the two bodies pass close by each other. With three times as many steps the other problems move by less than 1e-11
    // of the largest.
    let between = match case {
        13 => 60,
        14 => 300,
        _ => 20,
    };
    let h = end / f64::from(10 * between);
    let mut rows = vec![u];
    for n in 0..10 * between {
        u = step(case, u, p, f64::from(n) * h, h);
        if (n + 1) % between == 0 {
            rows.push(u);
        }
    }
    rows
}
