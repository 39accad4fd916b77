//! Points of rest, with their derivatives in plain Rust.

use std::sync::OnceLock;

use diffeq::prelude::*;

/// All cases in one model: which, is its last parameter.
#[ode]
pub fn at_rest(u: [f64; 2], p: [f64; 3], t: f64) -> [f64; 2] {
    let [x, y] = u;
    let [a, b, case] = p;
    match case as usize {
        0 => [-x + a * (10.0 * t).sin(), 0.0],
        1 => [y, -b * x.sin()],
        2 => [a * x * (1.0 - x / b), 0.0],
        3 => [y, x.sin()],
        4 => [a * (10.0 * t).cos(), 0.0],
        5 => [b * t.cos(), -y + a * (100.0 * t).sin()],
        6 => [-x + a * (10.0 * t).sin() + 0.0 * b, 0.0],
        7 => [y, -100.0 * x - 0.2 * y + a * (3.0 * t).sin()],
        8 => [-a * x * y, a * x * y - b * y],
        9 => [y, -25.0 * x + a * (5.0 * t).sin()],
        10 => [-a * x / (b + x), 0.0],
        11 => [y, a * (1.0 - x * x) * y - x],
        12 => [a / (1.0 + y * y) - x, x - y],
        _ => [0.0, 0.0],
    }
}

type Matrix = [[f64; 2]; 2];

/// A point of rest with its variational equation.
pub struct Case {
    pub name: &'static str,
    pub u: [f64; 2],
    pub p: [f64; 2],
    pub end: f64,
    /// `∂f/∂u` there.
    a: Matrix,
    /// `∂f/∂p`, by both parameters.
    g: fn(f64) -> Matrix,
}

impl Case {
    /// The equation of the derivative by the state, as the weights of a linear layer.
    pub fn linear(&self) -> Matrix {
        self.a
    }
}

pub fn cases() -> Vec<Case> {
    let none = |_| [[0.0; 2]; 2];
    let decay = [[-1.0, 0.0], [0.0, 0.0]];
    let forced = |t: f64| [[(10.0 * t).sin(), 0.0], [0.0, 0.0]];
    vec![
        Case { name: "forced decay", u: [0.0, 0.0], p: [0.0, 0.0], end: 10.0, a: decay, g: forced },
        Case {
            name: "still pendulum",
            u: [0.0, 0.0],
            p: [0.0, 1.0],
            end: 5.0,
            a: [[0.0, 1.0], [-1.0, 0.0]],
            g: none,
        },
        Case {
            name: "capacity",
            u: [1.0, 0.0],
            p: [1.0, 1.0],
            end: 50.0,
            a: decay,
            g: |_| [[0.0, 1.0], [0.0, 0.0]],
        },
        Case {
            name: "upright pendulum",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 5.0,
            a: [[0.0, 1.0], [1.0, 0.0]],
            g: none,
        },
        Case {
            name: "pulse",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 20.0,
            a: [[0.0; 2]; 2],
            g: |t| [[(10.0 * t).cos(), 0.0], [0.0, 0.0]],
        },
        // Something else moves, slowly.
        Case {
            name: "beside a slow motion",
            u: [0.0, 0.0],
            p: [0.0, 1.0],
            end: 10.0,
            a: [[0.0, 0.0], [0.0, -1.0]],
            g: |t| [[0.0, t.cos()], [(100.0 * t).sin(), 0.0]],
        },
        Case { name: "nearly at rest", u: [0.0, 0.0], p: [1e-8, 0.0], end: 10.0, a: decay, g: forced },
        Case {
            name: "damped oscillator",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 10.0,
            a: [[0.0, 1.0], [-100.0, -0.2]],
            g: |t| [[0.0, 0.0], [(3.0 * t).sin(), 0.0]],
        },
        Case {
            name: "no infection",
            u: [1.0, 0.0],
            p: [0.5, 1.0],
            end: 10.0,
            a: [[0.0, -0.5], [0.0, -0.5]],
            g: none,
        },
        Case {
            name: "resonance",
            u: [0.0, 0.0],
            p: [0.0, 0.0],
            end: 10.0,
            a: [[0.0, 1.0], [-25.0, 0.0]],
            g: |t| [[0.0, 0.0], [(5.0 * t).sin(), 0.0]],
        },
        Case {
            name: "empty enzyme",
            u: [0.0, 0.0],
            p: [1.0, 0.5],
            end: 4.0,
            a: [[-2.0, 0.0], [0.0, 0.0]],
            g: none,
        },
        Case {
            name: "relaxation",
            u: [0.0, 0.0],
            p: [1.0, 0.0],
            end: 6.0,
            a: [[0.0, 1.0], [-1.0, 1.0]],
            g: none,
        },
        Case {
            name: "genes",
            u: [1.0, 1.0],
            p: [2.0, 0.0],
            end: 30.0,
            a: [[-1.0, -1.0], [1.0, -1.0]],
            g: |_| [[0.5, 0.0], [0.0, 0.0]],
        },
    ]
}

/// The derivatives of `(x, y)` at the end by `x0`, `y0` and both parameters, a column each; and the largest that each was on the way.
pub type Truth = ([[f64; 2]; 4], [f64; 4]);

/// The derivatives of a case, which all tests have of one integration.
pub fn truth(case: &Case) -> Truth {
    static KNOWN: OnceLock<Vec<(&str, Truth)>> = OnceLock::new();
    let known = KNOWN.get_or_init(|| cases().iter().map(|case| (case.name, integrated(case))).collect());
    known.iter().find(|(name, _)| *name == case.name).expect("one of the cases").1
}

/// The variational equation of a case, by RK4.
fn integrated(case: &Case) -> Truth {
    let slope = |column: usize, t: f64, d: [f64; 2]| {
        let forcing = if column < 2 { [0.0; 2] } else { (case.g)(t).map(|row| row[column - 2]) };
        [0, 1].map(|i| case.a[i][0] * d[0] + case.a[i][1] * d[1] + forcing[i])
    };
    let steps = 10_000;
    let h = case.end / f64::from(steps);
    let mut largest = [0.0; 4];
    let columns = [0, 1, 2, 3].map(|column| {
        let mut d = [[1.0, 0.0], [0.0, 1.0], [0.0; 2], [0.0; 2]][column];
        for n in 0..steps {
            let t = f64::from(n) * h;
            let along = |k: [f64; 2], s: f64| [d[0] + s * k[0], d[1] + s * k[1]];
            let k1 = slope(column, t, d);
            let k2 = slope(column, t + h / 2.0, along(k1, h / 2.0));
            let k3 = slope(column, t + h / 2.0, along(k2, h / 2.0));
            let k4 = slope(column, t + h, along(k3, h));
            for i in 0..2 {
                d[i] += h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]);
                largest[column] = f64::max(largest[column], d[i].abs());
            }
        }
        d
    });
    (columns, largest)
}

/// The loss is `x + y / 2` at the end; its derivatives by `x0`, `y0`, and both parameters.
pub fn loss(columns: [[f64; 2]; 4]) -> [f64; 4] {
    columns.map(|d| d[0] + 0.5 * d[1])
}
