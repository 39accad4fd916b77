//! Statements: the idioms that models are written in.

use super::Writer;
use super::expression::Binds;
use super::interval::Interval;
use super::literal;
use super::scope::Kind;
use super::scope::Variable;

/// What mutable variables stay inside.
const KEPT: Interval = Interval::new(-3.0, 3.0);

impl Writer<'_> {
    /// Writes one statement, or a few that belong together.
    pub fn statement(&mut self) {
        match self.between(0, 99) {
            0..=15 => self.let_real(),
            16..=20 => self.shadow(),
            21..=27 => self.let_if(),
            28..=32 => self.let_match(),
            33..=38 => self.let_mutable(),
            39..=47 => self.accumulate(),
            48..=54 => self.recurrence(),
            55..=62 => self.array(),
            63..=67 => self.matrix(),
            68..=73 => self.update_loop(),
            74..=80 => self.branch(),
            81..=84 => self.bounded_while(),
            85..=87 => self.inner_block(),
            88..=90 => self.pair(),
            91..=94 => self.layer(),
            95..=97 => self.match_statement(),
            _ => self.count(),
        }
    }

    fn let_real(&mut self) {
        let e = self.real(3);
        let name = self.fresh();
        self.line(format!("let {name} = {};", e.text));
        self.declare(&name, Kind::Real(e.range), false);
    }

    /// The same name again, for the value refined.
    fn shadow(&mut self) {
        let names: Vec<String> =
            self.of_kind(|v| matches!(v.kind, Kind::Real(_)) && !v.reference && v.name != "t");
        if names.is_empty() {
            return self.let_real();
        }
        let name = self.pick(&names);
        let e = self.real(2);
        self.line(format!("let {name} = {};", e.text));
        self.declare(&name, Kind::Real(e.range), false);
    }

    fn let_if(&mut self) {
        let name = self.fresh();
        let condition = self.condition(1);
        self.line(format!("let {name} = if {condition} {{"));
        let mut range = self.indented(Self::value_of_block);
        while self.chance(0.3) {
            let condition = self.condition(0);
            self.line(format!("}} else if {condition} {{"));
            range = range.hull(self.indented(Self::value_of_block));
        }
        self.line("} else {");
        range = range.hull(self.indented(Self::value_of_block));
        self.line("};");
        self.declare(&name, Kind::Real(range), false);
    }

    /// A block's statements and its value; returns what is known of the value.
    fn value_of_block(&mut self) -> Interval {
        if self.chance(0.4) {
            self.let_real();
        }
        if self.chance(0.2) {
            self.mutate();
        }
        let e = self.real(2);
        self.line(&e.text);
        e.range
    }

    fn let_match(&mut self) {
        let Some((on, values)) = self.matched() else { return self.let_if() };
        let name = self.fresh();
        self.line(format!("let {name} = match {on} {{"));
        let mut range: Option<Interval> = None;
        self.depth += 1;
        for arm in self.arms(values) {
            let e = self.real(2);
            self.line(format!("{arm} => {},", e.text));
            range = Some(range.map_or(e.range, |r| r.hull(e.range)));
        }
        self.depth -= 1;
        self.line("};");
        if let Some(range) = range {
            self.declare(&name, Kind::Real(range), false);
        }
    }

    /// An integer to match on and how many values it takes.
    fn matched(&mut self) -> Option<(String, usize)> {
        let ints = self.of_kind(|v| matches!(v.kind, Kind::Int(..)));
        if ints.is_empty() {
            return None;
        }
        let name = self.pick(&ints);
        Some(if self.chance(0.5) { (format!("{name} % 3"), 3) } else { (name, 4) })
    }

    fn arms(&mut self, values: usize) -> Vec<String> {
        match (values, self.between(0, 2)) {
            (_, 0) => vec!["0".into(), "_".into()],
            (3, _) => vec!["0".into(), "1".into(), "_".into()],
            (_, 1) => vec!["0".into(), "1 | 2".into(), "_".into()],
            _ => vec!["1".into(), "2..=3".into(), "_".into()],
        }
    }

    fn let_mutable(&mut self) {
        let e = self.real_in(KEPT, 2);
        let name = self.fresh();
        self.line(format!("let mut {name} = {};", e.text));
        self.declare(&name, Kind::Real(KEPT), true);
        for _ in 0..self.between(0, 2) {
            self.mutate();
        }
    }

    /// Changes something mutable, within its interval; writes a `let` where nothing is mutable.
    pub fn mutate(&mut self) {
        let places = self.mutable_places();
        if places.is_empty() {
            return self.let_real();
        }
        let (place, range) = self.pick(&places);
        let place = match place {
            Place::Real(name) => name,
            Place::Element(name, n) => format!("{name}[{}]", self.index(n)),
            Place::Cell(name, rows, columns) => {
                format!("{name}[{}][{}]", self.index(rows), self.index(columns))
            }
        };
        self.assign(&place, range);
    }

    fn assign(&mut self, place: &str, range: Interval) {
        let symmetric = range.lo < 0.0 && range.hi > 0.0;
        match self.between(0, 5) {
            0 if symmetric => {
                let (_, factor) = self.constant(0.2, 0.99);
                self.line(format!("{place} *= {factor};"));
            }
            1 if symmetric => {
                let e = self.real_in(Interval::new(1.0, 8.0), 1);
                self.line(format!("{place} /= {};", e.text));
            }
            // Relaxation towards a value inside stays inside.
            2 => {
                let (_, rate) = self.constant(0.1, 0.9);
                let e = self.real_in(range, 1);
                self.line(format!("{place} += {rate} * ({} - {place});", e.text));
            }
            3 => {
                let (_, rate) = self.constant(0.1, 0.9);
                let e = self.real_in(range, 1);
                self.line(format!("{place} -= {rate} * ({place} - {});", e.inside(Binds::Atom)));
            }
            _ => {
                let e = self.real_in(range, 3);
                self.line(format!("{place} = {};", e.text));
            }
        }
    }

    fn mutable_places(&self) -> Vec<(Place, Interval)> {
        let place = |v: &&Variable| {
            let name = v.name.clone();
            match v.kind {
                Kind::Real(range) => Some((Place::Real(name), range)),
                Kind::Array(n, range) => Some((Place::Element(name, n), range)),
                Kind::Matrix(rows, columns, range) => Some((Place::Cell(name, rows, columns), range)),
                Kind::Int(..) => None,
            }
        };
        self.scope.visible().iter().filter(|v| v.mutable).filter_map(place).collect()
    }

    fn of_kind(&self, wanted: impl Fn(&Variable) -> bool) -> Vec<String> {
        self.scope.visible().iter().filter(|v| wanted(v)).map(|v| v.name.clone()).collect()
    }

    /// Arrays in scope, with length and interval.
    fn arrays(&self) -> Vec<(String, usize, Interval)> {
        let array = |v: &&Variable| match v.kind {
            Kind::Array(n, range) => Some((v.name.clone(), n, range)),
            _ => None,
        };
        self.scope.visible().iter().filter_map(array).collect()
    }

    /// Writes a `for` over a range that may be reversed or start late; the body sees the index.
    pub fn for_range(&mut self, n: usize, body: impl FnOnce(&mut Self)) {
        let i = self.index_name();
        let (head, lo) = match self.between(0, 9) {
            0 | 1 => (format!("for {i} in (0..{n}).rev()"), 0),
            2 if n > 2 => (format!("for {i} in 1..{n}"), 1),
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
    fn accumulate(&mut self) {
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
                self.block(&format!("for {x} in {array}.iter()"), |w| {
                    w.declare_reference(&x, known);
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

    /// `name += e` or `name -= e`; returns what is added.
    fn add_term(&mut self, name: &str) -> Interval {
        let e = self.real_in(Interval::new(-2.0, 2.0), 2);
        if self.chance(0.25) {
            self.line(format!("{name} -= {};", e.text));
            return e.range.neg();
        }
        self.line(format!("{name} += {};", e.text));
        e.range
    }

    /// A loop that carries one or two values from one iteration to the next, nonlinearly.
    fn recurrence(&mut self) {
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

    /// A local array, in one of the ways to make one.
    fn array(&mut self) {
        if self.loops >= 2 {
            return self.let_real();
        }
        let name = self.fresh();
        let arrays = self.arrays();
        let n = self.between(2, 4);
        match self.between(0, 4) {
            0 => {
                let elements: Vec<_> = (0..n).map(|_| self.real_in(KEPT, 1)).collect();
                let text: Vec<&str> = elements.iter().map(|e| e.text.as_str()).collect();
                let mutable = self.chance(0.5);
                self.line(format!(
                    "let {}{name} = [{}];",
                    if mutable { "mut " } else { "" },
                    text.join(", ")
                ));
                self.declare(&name, Kind::Array(n, KEPT), mutable);
            }
            1 => {
                let i = self.index_name();
                let mark = self.scope.enter();
                self.declare(&i, Kind::Int(0, n as i64 - 1), false);
                self.loops += 1;
                let e = self.real_in(KEPT, 2);
                self.loops -= 1;
                self.scope.leave(mark);
                let text = format!("std::array::from_fn::<f64, {n}, _>(|{i}| {})", e.text);
                self.line(format!("let {name} = {text};"));
                self.declare(&name, Kind::Array(n, e.range), false);
            }
            2 if arrays.iter().any(|a| self.is_fixed(&a.0)) => {
                let fixed: Vec<_> = arrays.into_iter().filter(|a| self.is_fixed(&a.0)).collect();
                let (from, n, range) = self.pick(&fixed);
                let x = self.fresh();
                let mark = self.scope.enter();
                self.declare(&x, Kind::Real(range), false);
                self.loops += 1;
                let e = self.real_in(KEPT, 2);
                self.loops -= 1;
                self.scope.leave(mark);
                self.line(format!("let {name} = {from}.map(|{x}| {});", e.text));
                self.declare(&name, Kind::Array(n, e.range), false);
            }
            _ => {
                self.line(format!("let mut {name} = [0.0_f64; {n}];"));
                if self.chance(0.7) {
                    self.for_each_index(n, |w, i| {
                        let e = w.real_in(KEPT, 2);
                        w.line(format!("{name}[{i}] = {};", e.text));
                    });
                }
                self.declare(&name, Kind::Array(n, KEPT), true);
                if self.chance(0.5) {
                    self.mutate();
                }
            }
        }
    }

    /// `for i in 0..n`, every index in order.
    pub fn for_each_index(&mut self, n: usize, body: impl FnOnce(&mut Self, &str)) {
        let i = self.index_name();
        self.loops += 1;
        self.block(&format!("for {i} in 0..{n}"), |w| {
            w.declare(&i, Kind::Int(0, n as i64 - 1), false);
            body(w, &i);
        });
        self.loops -= 1;
    }

    /// A local table, filled by two loops.
    fn matrix(&mut self) {
        if self.loops >= 1 {
            return self.let_real();
        }
        let name = self.fresh();
        let (rows, columns) = (self.between(2, 3), self.between(2, 3));
        self.line(format!("let mut {name} = [[0.0_f64; {columns}]; {rows}];"));
        self.for_each_index(rows, |w, i| {
            w.for_each_index(columns, |w, j| {
                let e = w.real_in(KEPT, 2);
                if w.chance(0.25) {
                    w.block(&format!("if {i} != {j}"), |w| w.line(format!("{name}[{i}][{j}] = {};", e.text)));
                } else {
                    w.line(format!("{name}[{i}][{j}] = {};", e.text));
                }
            });
        });
        self.declare(&name, Kind::Matrix(rows, columns, KEPT), true);
    }

    /// Changes arrays and scalars in a loop; elements may depend on those changed before.
    fn update_loop(&mut self) {
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

    /// A branch that changes what is mutable.
    pub fn branch(&mut self) {
        if self.depth > 4 {
            return self.mutate();
        }
        if self.mutable_places().is_empty() {
            return self.let_mutable();
        }
        let condition = self.condition(1);
        self.line(format!("if {condition} {{"));
        self.indented(Self::few_changes);
        if self.chance(0.25) {
            let condition = self.condition(0);
            self.line(format!("}} else if {condition} {{"));
            self.indented(Self::few_changes);
        }
        if self.chance(0.6) {
            self.line("} else {");
            self.indented(Self::few_changes);
        }
        self.line("}");
    }

    fn few_changes(&mut self) {
        if self.chance(0.3) {
            self.let_real();
        }
        for _ in 0..self.between(1, 2) {
            self.mutate();
        }
        if self.chance(0.15) {
            self.branch();
        }
    }

    fn match_statement(&mut self) {
        let Some((on, values)) = self.matched() else { return self.branch() };
        self.line(format!("match {on} {{"));
        self.depth += 1;
        for arm in self.arms(values) {
            self.block(&format!("{arm} =>"), Self::few_changes);
        }
        self.depth -= 1;
        self.line("}");
    }

    /// `while` with a counter.
    fn bounded_while(&mut self) {
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

    fn inner_block(&mut self) {
        let name = self.fresh();
        self.line(format!("let {name} = {{"));
        let range = self.indented(|w| {
            w.let_real();
            w.value_of_block()
        });
        self.line("};");
        self.declare(&name, Kind::Real(range), false);
    }

    fn pair(&mut self) {
        let (a, b) = (self.real(2), self.real(1));
        let (x, y) = (self.fresh(), self.fresh());
        self.line(format!("let ({x}, {y}) = ({}, {});", a.text, b.text));
        self.declare(&x, Kind::Real(a.range), false);
        self.declare(&y, Kind::Real(b.range), false);
    }

    /// A layer of a small network: a table times an array, then an activation.
    fn layer(&mut self) {
        let arrays = self.arrays();
        if arrays.is_empty() || self.loops >= 1 {
            return self.let_real();
        }
        let (input, n, range) = self.pick(&arrays);
        let m = self.between(2, 3);
        let (name, sum) = (self.fresh(), self.fresh());
        let activation = self.pick(&["tanh()", "sin()", "atan()", "max(0.0)"]);
        let (_, weight) = self.constant(0.2, 0.9);
        self.line(format!("let mut {name} = [0.0_f64; {m}];"));
        self.for_each_index(m, |w, i| {
            let start = w.real_in(KEPT, 1);
            w.line(format!("let mut {sum} = {};", start.text));
            w.for_each_index(n, |w, j| {
                w.line(format!("{sum} += {weight} * (({i} * {n} + {j}) as f64).cos() * {input}[{j}];"));
            });
            w.line(format!("{name}[{i}] = {sum}.{activation};"));
        });
        let reach = (3.0 + range.size() * n as f64).max(3.0);
        let range =
            if activation == "max(0.0)" { Interval::new(0.0, reach) } else { Interval::new(-1.6, 1.6) };
        self.declare(&name, Kind::Array(m, range), activation != "max(0.0)");
    }

    /// A number of steps that is known at run time only.
    fn count(&mut self) {
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

#[derive(Clone)]
enum Place {
    Real(String),
    Element(String, usize),
    Cell(String, usize, usize),
}
