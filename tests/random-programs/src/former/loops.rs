//! Loops: sums, recurrences, sweeps over arrays, and those whose length is known at run time only.

use super::Writer;
use super::interval::Interval;
use super::literal;
use super::scope::Kind;
use super::scope::Variable;
use super::statement::KEPT;

impl Writer<'_> {
    /// Writes a `for` over a range that may be reversed or start late; the body sees the index.
    pub fn for_range(&mut self, n: usize, body: impl FnOnce(&mut Self)) {
        let i = self.index_name();
        let (head, lo) = match self.between(0, 9) {
            0 | 1 => (format!("for {i} in (0..{n}).rev()"), 0),
            2 if n > 2 => (format!("for {i} in 1..{n}"), 1),
            4 if n == 3 && self.steps => (format!("for {i} in 0..STEPS"), 0),
            3 => (format!("for {i} in 0..={}", n - 1), 0),
            _ => (format!("for {i} in 0..{n}"), 0),
        };
        self.loops += 1;
        self.block(&head, |w| {
            w.declare(&i, Kind::Int(lo, n as i64 - 1), false);
            body(w);
        });
        self.loops -= 1;
    }

    /// The index names of people: i, j, k while they are free.
    pub fn index_name(&mut self) -> String {
        for name in ["i", "j", "l", "n0", "n1", "n2"] {
            if !self.scope.is_visible(name) {
                return name.to_string();
            }
        }
        self.fresh()
    }

    /// A sum over a loop, by index or by iterator.
    pub fn accumulate(&mut self) {
        if self.loops >= 2 {
            return self.let_real();
        }
        let name = self.fresh();
        let arrays = self.arrays();
        let start =
            if self.chance(0.6) { "0.0_f64".to_string() } else { self.constant(-0.5, 0.5).1 + "_f64" };
        self.line(format!("let mut {name} = {start};"));
        let mut range = Interval::new(-0.5, 0.5);
        self.loops += 1;
        match self.between(0, 5) {
            0 if !arrays.is_empty() => {
                let (array, n, known) = self.pick(&arrays);
                let x = self.fresh();
                let local = !matches!(array.as_str(), "u" | "p");
                let (over, by_value) = match self.between(0, 4) {
                    0 => (format!("{array}.iter().rev()"), false),
                    1 if local => (format!("&{array}"), false),
                    2 if local => (array, true),
                    _ => (format!("{array}.iter()"), false),
                };
                self.block(&format!("for {x} in {over}"), |w| {
                    if by_value {
                        w.declare(&x, Kind::Real(known), false);
                    } else {
                        w.declare_reference(&x, known);
                    }
                    range = range.add(w.add_term(&name).sum_of(n));
                });
            }
            1 if !arrays.is_empty() => {
                let (array, n, known) = self.pick(&arrays);
                let (i, x) = (self.index_name(), self.fresh());
                self.block(&format!("for ({i}, {x}) in {array}.iter().enumerate()"), |w| {
                    w.declare_reference(&x, known);
                    w.declare(&i, Kind::Int(0, n as i64 - 1), false);
                    range = range.add(w.add_term(&name).sum_of(n));
                });
            }
            2 if arrays.len() > 1 => {
                let (left, n, left_range) = self.pick(&arrays);
                let (right, m, right_range) = self.pick(&arrays);
                let (x, y) = (self.fresh(), self.fresh());
                self.block(&format!("for ({x}, {y}) in {left}.iter().zip({right}.iter())"), |w| {
                    w.declare_reference(&x, left_range);
                    w.declare_reference(&y, right_range);
                    range = range.add(w.add_term(&name).sum_of(n.min(m)));
                });
            }
            _ => {
                self.loops -= 1;
                let n = self.between(2, 5);
                self.for_range(n, |w| {
                    if w.chance(0.3) {
                        w.let_real();
                    }
                    if w.chance(0.15) {
                        let condition = w.condition(0);
                        w.block(&format!("if {condition}"), |w| w.line("continue;"));
                    }
                    if w.loops < 2 && w.chance(0.08) {
                        w.labelled_search(&name);
                    }
                    let term = if w.loops < 2 && w.chance(0.25) {
                        let mut inner = Interval::point(0.0);
                        let m = w.between(2, 3);
                        w.for_range(m, |w| inner = w.add_term(&name).sum_of(m));
                        inner
                    } else if w.chance(0.3) {
                        let condition = w.condition(0);
                        let then = w.block(&format!("if {condition}"), |w| w.add_term(&name));
                        if w.chance(0.6) {
                            // `else` belongs on the line of the closing brace.
                            w.lines.pop();
                            w.line("} else {");
                            let other = w.indented(|w| w.add_term(&name));
                            w.line("}");
                            then.hull(other)
                        } else {
                            then
                        }
                    } else {
                        w.add_term(&name)
                    };
                    range = range.add(term.sum_of(n));
                });
                self.loops += 1;
            }
        }
        self.loops -= 1;
        // The interval counts what was added, however large; later changes stay inside it.
        self.declare(&name, Kind::Real(range), true);
    }

    /// A loop inside a loop that leaves both, or goes on with the outer one.
    fn labelled_search(&mut self, name: &str) {
        // The label stands before the loop around this place, which is the last one opened.
        let Some(at) = self.lines.iter().rposition(|line| line.trim_start().starts_with("for ")) else {
            return;
        };
        if self.lines[at].len() - self.lines[at].trim_start().len() + 4 != 4 * self.depth {
            return;
        }
        let label = format!("'search{}", self.used.len());
        let exit = self.pick(&["break", "continue"]);
        let indent = self.lines[at].len() - self.lines[at].trim_start().len();
        self.lines[at].insert_str(indent, &format!("{label}: "));
        let (j, n) = (self.index_name(), self.between(2, 3));
        self.block(&format!("for {j} in 0..{n}"), |w| {
            w.declare(&j, Kind::Int(0, n as i64 - 1), false);
            let condition = w.condition(0);
            w.block(&format!("if {condition}"), |w| w.line(format!("{exit} {label};")));
            w.line(format!("{name} *= 0.9;"));
        });
    }

    /// `name += e` or `name -= e`; returns what is added.
    pub fn add_term(&mut self, name: &str) -> Interval {
        let e = self.real_in(Interval::new(-2.0, 2.0), 2);
        if self.chance(0.25) {
            self.line(format!("{name} -= {};", e.text));
            return e.range.neg();
        }
        self.line(format!("{name} += {};", e.text));
        e.range
    }

    /// A loop that carries one or two values from one iteration to the next, nonlinearly.
    pub fn recurrence(&mut self) {
        if self.loops >= 2 {
            return self.mutate();
        }
        let start = self.real_in(KEPT, 2);
        let first = self.fresh();
        self.line(format!("let mut {first} = {};", start.text));
        self.declare(&first, Kind::Real(KEPT), true);
        let second = self.chance(0.5).then(|| {
            let start = self.real_in(KEPT, 1);
            let name = self.fresh();
            self.line(format!("let mut {name} = {};", start.text));
            self.declare(&name, Kind::Real(KEPT), true);
            name
        });
        let n = self.between(2, 5);
        self.for_range(n, |w| {
            if let Some(second) = &second {
                let next = w.fresh();
                let e = w.real_in(KEPT, 2);
                w.line(format!("let {next} = {};", e.text));
                w.declare(&next, Kind::Real(e.range), false);
                let e = w.real_in(KEPT, 2);
                w.line(format!("{first} = {};", e.text));
                w.line(format!("{second} = {next};"));
            } else {
                w.assign(&first, KEPT);
            }
            if w.chance(0.3) {
                w.branch();
            }
            if w.chance(0.1) {
                let condition = w.condition(0);
                w.block(&format!("if {condition}"), |w| w.line("break;"));
            }
        });
    }

    /// `for i in 0..n`, every index in order.
    pub fn for_each_index(&mut self, n: usize, body: impl FnOnce(&mut Self, &str)) {
        self.for_each_up_to(&n.to_string(), n, body);
    }

    /// `for i in 0..length`, where the length is written so and is `n`.
    pub fn for_each_up_to(&mut self, length: &str, n: usize, body: impl FnOnce(&mut Self, &str)) {
        let i = self.index_name();
        self.loops += 1;
        self.block(&format!("for {i} in 0..{length}"), |w| {
            w.declare(&i, Kind::Int(0, n as i64 - 1), false);
            body(w, &i);
        });
        self.loops -= 1;
    }

    /// Changes arrays and scalars in a loop; elements may depend on those changed before.
    pub fn update_loop(&mut self) {
        let mutable = self.of_kind(|v| v.mutable && matches!(v.kind, Kind::Array(..)));
        if mutable.is_empty() || self.loops >= 2 {
            return self.array();
        }
        let name = self.pick(&mutable);
        let Some((_, n, range)) = self.arrays().into_iter().find(|a| a.0 == name) else { return };
        if self.chance(0.3) {
            let x = self.fresh();
            let (_, factor) = self.constant(0.2, 0.99);
            let head = format!("for {x} in {name}.iter_mut()");
            let mark = self.scope.enter();
            self.loops += 1;
            // The array itself is borrowed inside the loop: out of sight.
            let others: Vec<Variable> =
                self.scope.visible().into_iter().rev().filter(|v| v.name != name).cloned().collect();
            let outer = std::mem::take(&mut self.scope);
            others.into_iter().for_each(|v| self.scope.add(v));
            self.block(&head, |w| {
                if w.chance(0.5) {
                    w.line(format!("*{x} *= {factor};"));
                } else {
                    w.declare_reference(&x, range);
                    let e = w.real_in(range, 2);
                    w.line(format!("*{x} = {};", e.text));
                }
            });
            self.scope = outer;
            self.loops -= 1;
            self.scope.leave(mark);
            return;
        }
        self.for_range(n, |w| {
            let i = w.index(n);
            w.assign(&format!("{name}[{i}]"), range);
            if w.chance(0.4) {
                w.mutate();
            }
        });
    }

    /// `while` with a counter.
    pub fn bounded_while(&mut self) {
        if self.loops >= 1 {
            return self.mutate();
        }
        let e = self.real_in(KEPT, 1);
        let (value, counter) = (self.fresh(), self.index_name());
        let most = self.between(2, 6);
        self.line(format!("let mut {value} = {};", e.text));
        self.declare(&value, Kind::Real(KEPT), true);
        self.line(format!("let mut {counter} = 0;"));
        let extra = if self.chance(0.4) { format!(" && {value} < {}", literal(2.5)) } else { String::new() };
        self.loops += 1;
        self.block(&format!("while {counter} < {most}{extra}"), |w| {
            w.declare(&counter, Kind::Int(0, most as i64 - 1), false);
            w.assign(&value, KEPT);
            if w.chance(0.3) {
                w.branch();
            }
            w.line(format!("{counter} += 1;"));
        });
        self.loops -= 1;
    }

    /// A number of steps that is known at run time only.
    pub fn count(&mut self) {
        let name = self.fresh();
        let condition = self.condition(0);
        let (few, many) = (self.between(1, 2), self.between(3, 4));
        self.line(format!("let {name} = if {condition} {{ {few} }} else {{ {many} }};"));
        self.declare(&name, Kind::Int(few as i64, many as i64), false);
        if self.loops >= 2 {
            return;
        }
        let start = self.real_in(KEPT, 1);
        let value = self.fresh();
        self.line(format!("let mut {value} = {};", start.text));
        self.declare(&value, Kind::Real(KEPT), true);
        let i = self.index_name();
        self.loops += 1;
        self.block(&format!("for {i} in 0..{name}"), |w| {
            w.declare(&i, Kind::Int(0, many as i64 - 1), false);
            w.assign(&value, KEPT);
            if w.chance(0.4) {
                w.mutate();
            }
        });
        self.loops -= 1;
    }
}
