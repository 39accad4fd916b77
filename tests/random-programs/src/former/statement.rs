//! Statements: the idioms that models are written in.

use super::Writer;
use super::expression::Binds;
use super::interval::Interval;
use super::scope::Kind;
use super::scope::Variable;

/// What mutable variables stay inside.
pub const KEPT: Interval = Interval::new(-3.0, 3.0);

impl Writer<'_> {
    /// Writes one statement, or a few that belong together.
    pub fn statement(&mut self) {
        match self.between(0, 99) {
            0..=9 => self.let_real(),
            10..=11 => self.parts(),
            12..=13 => self.copy(),
            14..=15 => self.row(),
            16..=19 => self.shadow(),
            20 => self.sine_and_cosine(),
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
            88 => self.pair(),
            89 => self.deferred(),
            90 => self.flag(),
            91..=94 if self.network => self.network(),
            91..=94 => self.layer(),
            95..=97 => self.match_statement(),
            _ => self.count(),
        }
    }

    pub fn let_real(&mut self) {
        let e = self.real(3);
        let name = self.fresh();
        self.line(format!("let {name} = {};", e.text));
        self.declare(&name, Kind::Real(e.range), false);
    }

    /// The network's output, taken apart or by name, or two networks one after the other.
    pub fn network(&mut self) {
        // Hidden values lie between -1 and 1, weights and biases are those of the parameters.
        const OUTPUT: Interval = Interval::new(-4.5, 6.0);
        let near = Interval::new(-1.0, 1.0);
        let (a, b) = (self.real_in(near, 2).text, self.real_in(near, 2).text);
        let mut call = format!("p.net.forward([{a}, {b}])");
        if self.chance(0.2) {
            call = format!("p.net.forward({call})");
        }
        if self.chance(0.5) {
            let names = [self.fresh(), self.fresh()];
            self.line(format!("let [{}, {}] = {call};", names[0], names[1]));
            names.iter().for_each(|name| self.declare(name, Kind::Real(OUTPUT), false));
        } else {
            let name = self.fresh();
            // How long it is can't be seen from the call, and what follows may ask.
            self.line(format!("let {name}: [f64; 2] = {call};"));
            self.declare(&name, Kind::Array(2, OUTPUT), false);
        }
    }

    /// The same name again, for the value refined.
    pub fn shadow(&mut self) {
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

    pub fn let_if(&mut self) {
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
    pub fn value_of_block(&mut self) -> Interval {
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

    pub fn let_match(&mut self) {
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
    pub fn matched(&mut self) -> Option<(String, usize)> {
        let ints = self.of_kind(|v| matches!(v.kind, Kind::Int(..)));
        if ints.is_empty() {
            return None;
        }
        let name = self.pick(&ints);
        Some(if self.chance(0.5) { (format!("{name} % 3"), 3) } else { (name, 4) })
    }

    pub fn arms(&mut self, values: usize) -> Vec<String> {
        match (values, self.between(0, 2)) {
            (_, 0) => vec!["0".into(), "_".into()],
            (3, _) => vec!["0".into(), "1".into(), "_".into()],
            (_, 1) => vec!["0".into(), "1 | 2".into(), "_".into()],
            _ => vec!["1".into(), "2..=3".into(), "_".into()],
        }
    }

    pub fn let_mutable(&mut self) {
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

    pub fn assign(&mut self, place: &str, range: Interval) {
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
                Kind::Int(..) | Kind::Flag => None,
            }
        };
        self.scope.visible().iter().filter(|v| v.mutable).filter_map(place).collect()
    }

    pub fn of_kind(&self, wanted: impl Fn(&Variable) -> bool) -> Vec<String> {
        self.scope.visible().iter().filter(|v| wanted(v)).map(|v| v.name.clone()).collect()
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

    pub fn few_changes(&mut self) {
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

    pub fn match_statement(&mut self) {
        let Some((on, values)) = self.matched() else { return self.branch() };
        self.line(format!("match {on} {{"));
        self.depth += 1;
        for arm in self.arms(values) {
            self.block(&format!("{arm} =>"), Self::few_changes);
        }
        self.depth -= 1;
        self.line("}");
    }

    /// A value that two branches give to a name declared before them.
    fn deferred(&mut self) {
        let name = self.fresh();
        let condition = self.condition(1);
        let (a, b) = (self.real(2), self.real(2));
        self.line(format!("let {name};"));
        self.block(&format!("if {condition}"), |w| w.line(format!("{name} = {};", a.text)));
        self.lines.pop();
        self.line("} else {");
        self.indented(|w| w.line(format!("{name} = {};", b.text)));
        self.line("}");
        self.declare(&name, Kind::Real(a.range.hull(b.range)), false);
    }

    fn flag(&mut self) {
        let name = self.fresh();
        let condition = self.condition(1);
        self.line(format!("let {name} = {condition};"));
        self.declare(&name, Kind::Flag, false);
        self.branch();
    }

    fn sine_and_cosine(&mut self) {
        let e = self.real(2);
        let (s, c) = (self.fresh(), self.fresh());
        self.line(format!("let ({s}, {c}) = {}.sin_cos();", e.inside(Binds::Atom)));
        for name in [s, c] {
            self.declare(&name, Kind::Real(Interval::new(-1.0, 1.0)), false);
        }
    }

    pub fn inner_block(&mut self) {
        let name = self.fresh();
        self.line(format!("let {name} = {{"));
        let range = self.indented(|w| {
            w.let_real();
            w.value_of_block()
        });
        self.line("};");
        self.declare(&name, Kind::Real(range), false);
    }

    pub fn pair(&mut self) {
        let (a, b) = (self.real(2), self.real(1));
        let (x, y) = (self.fresh(), self.fresh());
        self.line(format!("let ({x}, {y}) = ({}, {});", a.text, b.text));
        self.declare(&x, Kind::Real(a.range), false);
        self.declare(&y, Kind::Real(b.range), false);
    }
}

#[derive(Clone)]
enum Place {
    Real(String),
    Element(String, usize),
    Cell(String, usize, usize),
}
