//! The former generator, kept so that its seeds go on naming the same programs (`--grammar 1`).
//!
//! It writes random models in the language of the macros: they type-check as plain Rust, stay bounded, and keep every
//! function inside its domain, so that whatever goes wrong with them afterwards is the compiler's doing.
//!
//! `interval` knows how large values can be, `scope` which names exist, `expression`, `statement`, `loops`
//! and `arrays` are the grammar, `helper` and `model` put functions together.

mod arrays;
mod expression;
mod helper;
use crate::interval;
mod loops;
mod model;
mod scope;
mod statement;

pub use model::generate;

use helper::Helper;
use interval::Interval;
use rand::Rng;
use rand::rngs::StdRng;
use scope::Kind;
use scope::NAMES;
use scope::Scope;
use scope::Variable;
use std::collections::HashSet;

/// The writer of one function: its dice, its names, and the lines so far.
struct Writer<'a> {
    dice: &'a mut StdRng,
    scope: Scope,
    lines: Vec<String>,
    depth: usize,
    /// How many loops enclose the line being written; bounds the cost of a program.
    loops: usize,
    /// Names used anywhere in the function, so that shadowing happens only on purpose.
    used: Vec<String>,
    /// Names that some expression reads.
    read: HashSet<String>,
    /// A value that the next component of the result must use.
    pending: Option<String>,
    /// The functions that may be called.
    helpers: &'a [Helper],
    /// Arguments that are slices or of generic length: what needs an array of known length does not take them.
    open: Vec<&'static str>,
    /// The program has a constant `STEPS`.
    steps: bool,
    /// The program has a helper `rotate`.
    rotates: bool,
    /// The parameters hold a network.
    network: bool,
}

impl<'a> Writer<'a> {
    fn new(dice: &'a mut StdRng, helpers: &'a [Helper]) -> Self {
        Self {
            dice,
            scope: Scope::default(),
            lines: Vec::new(),
            depth: 1,
            loops: 0,
            used: Vec::new(),
            read: HashSet::new(),
            pending: None,
            helpers,
            open: Vec::new(),
            steps: false,
            rotates: false,
            network: false,
        }
    }

    fn line(&mut self, text: impl AsRef<str>) {
        self.lines.push(format!("{}{}", "    ".repeat(self.depth), text.as_ref()));
    }

    /// Writes `head {`, the body in a scope of its own, and `}`.
    fn block<R>(&mut self, head: &str, body: impl FnOnce(&mut Self) -> R) -> R {
        self.line(format!("{head} {{"));
        let result = self.indented(body);
        self.line("}");
        result
    }

    fn indented<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> R {
        let mark = self.scope.enter();
        self.depth += 1;
        let result = body(self);
        self.depth -= 1;
        self.scope.leave(mark);
        result
    }

    fn chance(&mut self, probability: f64) -> bool {
        self.dice.gen_bool(probability)
    }

    fn between(&mut self, lo: usize, hi: usize) -> usize {
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

    /// Whether the name is an array of fixed length, not a slice.
    fn is_fixed(&self, name: &str) -> bool {
        !self.open.contains(&name)
    }

    fn declare(&mut self, name: &str, kind: Kind, mutable: bool) {
        self.used.push(name.to_string());
        self.scope.add(Variable { name: name.to_string(), kind, mutable, reference: false });
    }

    fn declare_reference(&mut self, name: &str, range: Interval) {
        self.used.push(name.to_string());
        self.scope.add(Variable {
            name: name.to_string(),
            kind: Kind::Real(range),
            mutable: false,
            reference: true,
        });
    }
}

/// A literal with few digits.
fn literal(x: f64) -> String {
    let rounded = (x * 100.0).round() / 100.0;
    if rounded.fract() == 0.0 { format!("{rounded:.1}") } else { format!("{rounded}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_and_an_index_name_one_program() {
        assert_eq!(generate(7, 12).text, generate(7, 12).text);
        assert_ne!(generate(7, 12).text, generate(8, 12).text);
        assert_ne!(generate(7, 12).text, generate(7, 13).text);
    }
}
