//! Writes random models in the language of the macros: they type-check and borrow-check as plain Rust, stay bounded,
//! and keep every function inside its domain, so that whatever goes wrong with them afterwards is the compiler's doing.
//!
//! `types` and `interval` know what a value is and how large it can be, `scope` which names exist and what borrows
//! forbid; `real`, `int`, `flag` and `aggregate` write expressions, `chain` iterators, `closure` and `borrow` what holds
//! on to a place, `statement`, `choice` and `loops` statements; `items` and `model` put functions together, `noise` the second half of a stochastic equation.
//! `past` what a delayed equation
//! asks for; `construct` names what is written, so that it can be counted.

mod aggregate;
mod borrow;
mod chain;
mod choice;
mod closure;
pub mod construct;
mod flag;
mod int;
use crate::interval;
mod items;
mod loops;
mod model;
mod noise;
mod past;
mod place;
mod real;
mod scope;
mod statement;
mod types;

pub use model::generate;

use construct::Construct;
use construct::mark;
use interval::Interval;
use items::Items;
use rand::Rng;
use rand::rngs::StdRng;
use scope::By;
use scope::Locks;
use scope::Scope;
use scope::Variable;
use types::Type;

/// How tightly an expression's outermost operator binds; decides where parentheses go.
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd)]
enum Binds {
    Sum,
    Product,
    Cast,
    Prefix,
    Atom,
}

/// An expression.
#[derive(Debug, Clone)]
struct Ex {
    text: String,
    ty: Type,
    binds: Binds,
    /// A literal whose type only its surroundings tell.
    bare: bool,
    /// Begins with a keyword or a brace: not at the beginning of a longer expression without parentheses.
    block: bool,
}

impl Ex {
    fn new(text: String, ty: Type, binds: Binds) -> Self {
        Self { text, ty, binds, bare: false, block: false }
    }

    fn atom(text: String, ty: Type) -> Self {
        Self::new(text, ty, Binds::Atom)
    }

    fn real(text: String, range: Interval, binds: Binds) -> Self {
        Self::new(text, Type::Real(range), binds)
    }

    /// What is known of a real.
    fn range(&self) -> Interval {
        match self.ty {
            Type::Real(range) => range,
            _ => Interval::new(0.0, 0.0),
        }
    }

    /// What is known of an integer.
    fn whole(&self) -> (i64, i64) {
        match self.ty {
            Type::Int(_, lo, hi) => (lo, hi),
            _ => (0, 0),
        }
    }

    /// The text as an operand, in parentheses where its operator binds less tightly.
    fn inside(&self, binds: Binds) -> String {
        if self.binds >= binds && !self.block { self.text.clone() } else { format!("({})", self.text) }
    }

    /// The text as an operand that does not come first.
    fn right(&self, binds: Binds) -> String {
        if self.binds >= binds { self.text.clone() } else { format!("({})", self.text) }
    }

    /// The text as the receiver of a method.
    fn receiver(&self) -> String {
        match (&self.ty, self.bare) {
            (Type::Real(_), true) => format!("({}_f64)", self.text),
            (Type::Int(int, ..), true) => format!("({}{int})", self.text),
            _ => self.inside(Binds::Atom),
        }
    }

    fn tagged(mut self, construct: Construct) -> Self {
        self.text = mark(construct) + &self.text;
        self
    }
}

/// The writer of one function: its dice, its names, and the lines so far.
struct Writer<'a> {
    dice: &'a mut StdRng,
    items: &'a mut Items,
    scope: Scope,
    locks: Locks,
    /// What was touched, in order: the variable, and whether it was written.
    log: Vec<(usize, bool)>,
    lines: Vec<String>,
    /// Names used anywhere in the function, so that shadowing happens only on purpose.
    used: Vec<String>,
    ids: usize,
    /// What is left to be written: every operator and statement takes some.
    budget: i32,
    /// Expressions may have effects here.
    effects: bool,
    /// The loops around this point, innermost last: a label that can be named, or none.
    loops: Vec<Option<String>>,
    /// How many blocks enclose this point.
    depth: usize,
    /// The statements are those of the function itself, not of a closure in it.
    outermost: bool,
    /// What `return` needs here: `None` where there is none.
    returns: Option<model::Returns>,
    /// The type of the value that is written next follows from where it goes.
    expected: bool,
    /// The state of a delayed equation, which may be asked for earlier ones, and which variable the time is.
    past: Option<(Type, usize)>,
    /// Noise drives the state.
    driven: bool,
}

impl<'a> Writer<'a> {
    fn new(dice: &'a mut StdRng, items: &'a mut Items) -> Self {
        Self {
            dice,
            items,
            scope: Scope::default(),
            locks: Locks::default(),
            log: Vec::new(),
            lines: Vec::new(),
            used: Vec::new(),
            ids: 0,
            budget: 60,
            effects: true,
            loops: Vec::new(),
            depth: 0,
            outermost: true,
            returns: None,
            expected: false,
            past: None,
            driven: false,
        }
    }

    fn line(&mut self, text: impl Into<String>) {
        self.lines.push(text.into());
    }

    /// A line with a mark.
    fn write(&mut self, construct: Construct, text: impl AsRef<str>) {
        self.lines.push(mark(construct) + text.as_ref());
    }

    /// What `body` writes, in a scope of its own, and not into the lines.
    fn collected<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> (String, R) {
        let outer = std::mem::take(&mut self.lines);
        let mark = self.scope.enter();
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        self.scope.leave(mark);
        let lines = std::mem::replace(&mut self.lines, outer);
        (lines.join("\n"), result)
    }

    /// `body` with borrows that end with it.
    fn borrowing<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let locks = self.locks.clone();
        let result = body(self);
        self.locks = locks;
        result
    }

    /// `body` where nothing may have an effect.
    fn pure<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let effects = std::mem::replace(&mut self.effects, false);
        let result = body(self);
        self.effects = effects;
        result
    }

    /// `body` as the inside of a closure: no jump leaves it.
    fn enclosed<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let loops = std::mem::take(&mut self.loops);
        let returns = self.returns.take();
        let outermost = std::mem::replace(&mut self.outermost, false);
        let result = body(self);
        (self.loops, self.returns, self.outermost) = (loops, returns, outermost);
        result
    }

    /// Forbids what is in the way of a borrow of all that was touched since the log had this length.
    fn hold(&mut self, since: usize) {
        for (id, written) in self.log[since..].iter().copied() {
            if written {
                self.locks.hide(id);
            } else {
                self.locks.freeze(id);
            }
        }
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.dice.gen_bool(probability)
    }

    fn between(&mut self, lo: usize, hi: usize) -> usize {
        self.dice.gen_range(lo..=hi)
    }

    fn whole(&mut self, lo: i64, hi: i64) -> i64 {
        self.dice.gen_range(lo..=hi)
    }

    fn pick<T: Clone>(&mut self, from: &[T]) -> T {
        from[self.dice.gen_range(0..from.len())].clone()
    }

    /// A name that the function does not use yet.
    fn fresh(&mut self) -> String {
        for _ in 0..40 {
            let name = self.pick(NAMES).to_string();
            if !self.used.contains(&name) {
                self.used.push(name.clone());
                return name;
            }
        }
        let name = format!("{}_{}", self.pick(NAMES), self.used.len());
        self.used.push(name.clone());
        name
    }

    /// A name for an index.
    fn index_name(&mut self) -> String {
        for name in ["i", "j", "l", "n0", "n1", "n2"] {
            if !self.scope.has(name) {
                return name.to_string();
            }
        }
        self.fresh()
    }

    /// Declares a variable; returns its number.
    fn declare(&mut self, name: &str, ty: Type, mutable: bool, by: By) -> usize {
        self.ids += 1;
        self.used.push(name.to_string());
        self.scope.add(Variable {
            id: self.ids,
            name: name.to_string(),
            ty,
            mutable,
            by,
            closure: None,
            gone: false,
        });
        self.ids
    }

    fn value_of(&mut self, name: &str, ty: Type) -> usize {
        self.declare(name, ty, false, By::Value)
    }
}

/// A literal with few digits.
fn literal(x: f64) -> String {
    let rounded = (x * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 { format!("{rounded:.1}") } else { format!("{rounded}") }
}

/// Names as a modeller would choose them; the last few are ones that generated code might want for itself.
const NAMES: &[&str] = &[
    "growth", "decay", "flux", "rate", "drive", "load", "energy", "strain", "gain", "drag", "signal",
    "uptake", "loss", "mix", "phase", "heat", "gap", "push", "pull", "share", "charge", "field", "bias",
    "slope", "level", "stress", "torque", "tide", "wind", "inflow", "density", "lift", "reserve", "demand",
    "current", "x", "y", "z", "a", "b", "c", "d", "e", "f", "g", "h", "k", "m", "q", "r", "s", "v", "w",
    "x_dot", "x_bar", "work", "value", "result", "out", "tmp", "v0", "k1", "acc", "total", "row", "n", "idx",
];
