//! The typed environment: what names exist, what they hold, and how large it can be.

use super::interval::Interval;

/// What a name stands for.
#[derive(Debug, Clone, PartialEq)]
pub enum Kind {
    /// A real in an interval.
    Real(Interval),
    /// An integer from the first to the second, both included.
    Int(i64, i64),
    /// A condition.
    Flag,
    /// `[f64; length]`, each element in the interval.
    Array(usize, Interval),
    /// `[[f64; columns]; rows]`.
    Matrix(usize, usize, Interval),
}

/// A name in scope.
#[derive(Debug, Clone)]
pub struct Variable {
    pub name: String,
    pub kind: Kind,
    /// May be assigned to; its interval then holds at every time.
    pub mutable: bool,
    /// A reference (from `iter()`): read as `*name`, methods as `name.sin()`.
    pub reference: bool,
}

/// Names in scope, innermost last.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    variables: Vec<Variable>,
}

impl Scope {
    pub fn add(&mut self, variable: Variable) {
        self.variables.push(variable);
    }

    /// Opens a block; hand the mark to [`Scope::leave`].
    pub fn enter(&self) -> usize {
        self.variables.len()
    }

    pub fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    /// What each name means now: a shadowed variable is not visible.
    pub fn visible(&self) -> Vec<&Variable> {
        let mut seen = std::collections::HashSet::new();
        self.variables.iter().rev().filter(|v| seen.insert(v.name.as_str())).collect()
    }

    pub fn is_visible(&self, name: &str) -> bool {
        self.variables.iter().any(|v| v.name == name)
    }
}

/// Names as a modeller would choose them; the last few are ones that generated code might want for itself.
pub const NAMES: &[&str] = &[
    "growth",
    "decay",
    "flux",
    "rate",
    "drive",
    "load",
    "coupling",
    "energy",
    "strain",
    "gain",
    "drag",
    "signal",
    "uptake",
    "loss",
    "mix",
    "phase",
    "heat",
    "gap",
    "push",
    "pull",
    "damping",
    "share",
    "charge",
    "field",
    "bias",
    "slope",
    "level",
    "stress",
    "torque",
    "tide",
    "wind",
    "yield_rate",
    "inflow",
    "outflow",
    "density",
    "pressure",
    "lift",
    "decline",
    "reserve",
    "demand",
    "potential",
    "current",
    "voltage",
    "mobility",
    "affinity",
    "turnover",
    "x",
    "y",
    "z",
    "a",
    "b",
    "c",
    "d",
    "e",
    "f",
    "g",
    "h",
    "k",
    "m",
    "q",
    "r",
    "s",
    "v",
    "w",
    "x_dot",
    "x_bar",
    "u_dot",
    "du_bar",
    "p_bar",
    "t_dot",
    "work",
    "y_bar",
    "result",
    "out",
    "tmp",
    "v0",
    "k1",
];
