//! Local arrays and tables: the ways to make them.

use super::Writer;
use super::expression::Real;
use super::interval::Interval;
use super::scope::Kind;
use super::scope::Variable;
use super::statement::KEPT;

impl Writer<'_> {
    /// Arrays in scope, with length and interval.
    pub fn arrays(&self) -> Vec<(String, usize, Interval)> {
        let array = |v: &&Variable| match v.kind {
            Kind::Array(n, range) => Some((v.name.clone(), n, range)),
            _ => None,
        };
        self.scope.visible().iter().filter_map(array).collect()
    }

    /// A local array, in one of the ways to make one.
    pub fn array(&mut self) {
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

    /// A local table, filled by two loops.
    pub fn matrix(&mut self) {
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

    /// A layer of a small network: a table times an array, then an activation.
    pub fn layer(&mut self) {
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

    /// A copy of an array that is then changed: the original must not notice.
    pub fn copy(&mut self) {
        let fixed: Vec<_> =
            self.arrays().into_iter().filter(|a| self.is_fixed(&a.0) && a.2.within(KEPT)).collect();
        if fixed.is_empty() {
            return self.array();
        }
        let (from, n, _) = self.pick(&fixed);
        let from = self.whole(&from);
        let name = self.fresh();
        self.line(format!("let mut {name} = {from};"));
        self.declare(&name, Kind::Array(n, KEPT), true);
        let e = self.real_in(KEPT, 2);
        let i = self.between(0, n - 1);
        self.line(format!("{name}[{i}] = {};", e.text));
        if n == 2 && self.chance(0.6) {
            self.line(format!("{name} = [{name}[1], {name}[0]];"));
        }
    }

    /// An array taken apart by a pattern, or made by a helper.
    pub fn parts(&mut self) {
        let (a, b) = (self.real_in(KEPT, 2), self.real_in(KEPT, 1));
        let (x, y) = (self.fresh(), self.fresh());
        if self.rotates && self.chance(0.7) {
            let angle = self.real(2);
            self.line(format!("let [{x}, {y}] = rotate([{}, {}], {});", a.text, b.text, angle.text));
            let size = KEPT.hi * std::f64::consts::SQRT_2;
            let range = Interval::new(-size, size);
            self.declare(&x, Kind::Real(range), false);
            self.declare(&y, Kind::Real(range), false);
        } else {
            self.line(format!("let [{x}, {y}] = [{}, {}];", a.text, b.text));
            self.declare(&x, Kind::Real(a.range), false);
            self.declare(&y, Kind::Real(b.range), false);
        }
    }

    /// A row of a table, as an array or summed in place.
    pub fn row(&mut self) {
        let tables: Vec<(String, usize, usize, Interval)> = self
            .scope
            .visible()
            .iter()
            .filter_map(|v| match v.kind {
                Kind::Matrix(rows, columns, range) => Some((v.name.clone(), rows, columns, range)),
                _ => None,
            })
            .collect();
        if tables.is_empty() || self.loops > 0 {
            return self.matrix();
        }
        let (table, rows, columns, range) = self.pick(&tables);
        let name = self.fresh();
        if self.chance(0.5) {
            let i = self.index(rows);
            self.line(format!("let {name} = {table}[{i}];"));
            self.declare(&name, Kind::Array(columns, range), false);
            return;
        }
        let (row, x) = (self.fresh(), self.fresh());
        let (_, weight) = self.constant(0.1, 0.6);
        self.line(format!("let mut {name} = 0.0_f64;"));
        self.block(&format!("for {row} in {table}.iter()"), |w| {
            w.block(&format!("for {x} in {row}.iter()"), |w| {
                w.line(format!("{name} += {weight} * ({x} * {x}).sin();"));
            });
        });
        self.declare(&name, Kind::Real(Interval::new(-1.0, 1.0).sum_of(rows * columns)), true);
    }

    /// How the whole of an array is written: arguments may be references.
    fn whole(&self, name: &str) -> String {
        match name {
            "u" => "$U".into(),
            "p" => "$P".into(),
            name => name.into(),
        }
    }

    /// An element-wise product summed: `a.iter().zip(b.iter()).map(|(x, y)| x * y).sum::<f64>()`.
    pub fn dot(&mut self) -> Option<Real> {
        let arrays = self.arrays();
        if arrays.len() < 2 {
            return None;
        }
        let ((a, n, ra), (b, m, rb)) = (self.pick(&arrays), self.pick(&arrays));
        let text = format!("{a}.iter().zip({b}.iter()).map(|(x, y)| x * y).sum::<f64>()");
        Some(Real::atom(text, ra.mul(rb).sum_of(n.min(m))))
    }
}
