//! A whole model: signature, body, and its twin in the other form.

use super::Writer;
use super::helper::Helper;
use super::helper::helper;
use super::interval::Interval;
use super::scope::Kind;
use crate::generate::construct::Counts;
use crate::program::Program;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The shape of a state or of parameters.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum State {
    Scalar,
    Vector(usize),
    Matrix(usize, usize),
    /// Parameters alone: `random_programs::Learned`, a network and three reals.
    Learned,
}

impl State {
    /// The type, with this for the reals.
    pub fn of(self, real: &str) -> String {
        match self {
            State::Scalar => real.to_string(),
            State::Vector(n) => format!("[{real}; {n}]"),
            State::Matrix(rows, columns) => format!("[[{real}; {columns}]; {rows}]"),
            State::Learned => "Learned".into(),
        }
    }

    fn zeros(self) -> String {
        match self {
            State::Scalar => "0.0".into(),
            State::Vector(n) => format!("[0.0; {n}]"),
            State::Matrix(rows, columns) => format!("[[0.0; {columns}]; {rows}]"),
            State::Learned => "Default::default()".into(),
        }
    }
}

/// How the length of a state is written.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Length {
    /// A number.
    Fixed,
    /// The in-place form takes slices, the other one arrays.
    Slices,
    /// `const N: usize`.
    Generic,
}

/// States lie in here when programs are checked.
pub const STATE_RANGE: Interval = Interval::new(-1.5, 1.5);
/// Parameters lie in here.
pub const PARAMETER_RANGE: Interval = Interval::new(0.3, 1.5);
/// The time lies in here.
pub const TIME_RANGE: Interval = Interval::new(0.0, 2.0);

/// The program number `index` of a seed; it does not depend on the others.
pub fn generate(seed: u64, index: usize) -> Program {
    let mut dice = StdRng::seed_from_u64(seed.wrapping_mul(1_000_003).wrapping_add(index as u64));
    let mut helpers: Vec<Helper> = Vec::new();
    for k in 0..dice.gen_range(0..3) {
        let name = format!("helper_{}", (b'a' + k) as char);
        let new = helper(&mut dice, &name, &helpers);
        helpers.push(new);
    }
    let state = match dice.gen_range(0..10) {
        0 => State::Scalar,
        1 | 2 => State::Matrix(dice.gen_range(2..4), dice.gen_range(2..4)),
        _ => State::Vector(dice.gen_range(2..7)),
    };
    let parameters = match dice.gen_range(0..20) {
        0 | 1 => Some(State::Scalar),
        2 => None,
        3..=5 => Some(State::Learned),
        _ => Some(State::Vector(dice.gen_range(2..6))),
    };
    let length = match (state, parameters, dice.gen_range(0..10)) {
        (State::Vector(_), Some(State::Vector(_)), 0) => Length::Slices,
        (State::Vector(_), _, 1) => Length::Generic,
        _ => Length::Fixed,
    };
    let name = format!("model_{index:04}");
    let (steps, rotates, timeless) = (dice.gen_bool(0.3), dice.gen_bool(0.3), dice.gen_bool(0.1));
    let mut model = Model { state, parameters, length, timeless, tail: false, pattern: None };
    let mut writer = Writer::new(&mut dice, &helpers);
    (writer.steps, writer.rotates) = (steps, rotates);
    let lines = model.body(writer);
    let by_value = dice.gen_bool(0.6);
    let mut items = String::new();
    if steps {
        items += "const STEPS: usize = 3;\n\n";
    }
    if rotates {
        items += ROTATE;
    }
    for helper in &helpers {
        items += &helper.text;
        items.push('\n');
    }
    let out_of_place = model.out_of_place(&name, &lines, by_value);
    let text = format!("{items}{}\n{out_of_place}", model.in_place(&name, &lines));
    let open = match (state, parameters) {
        (State::Vector(n), Some(State::Vector(m))) => [n, m],
        (State::Vector(n), _) => [n, 0],
        _ => [0, 0],
    };
    Program { name, text, open, counts: Counts::new() }
}

/// A helper from array to array.
const ROTATE: &str = "\
#[differentiable]
fn rotate(w: [f64; 2], angle: f64) -> [f64; 2] {
    let (s, c) = angle.sin_cos();
    [c * w[0] - s * w[1], s * w[0] + c * w[1]]
}

";

struct Model {
    state: State,
    parameters: Option<State>,
    length: Length,
    /// The time is left out of the signature; always where the parameters before it are.
    timeless: bool,
    /// Names for the parameters in the signature, in the place of `p`.
    pattern: Option<Vec<String>>,
    /// The result is one expression at the end, not assigned piece by piece.
    tail: bool,
}

impl Model {
    fn body(&mut self, mut w: Writer) -> Vec<String> {
        let w = &mut w;
        w.open = match self.length {
            Length::Fixed => vec![],
            Length::Slices => vec!["u", "p"],
            Length::Generic => vec!["u"],
        };
        self.timeless |= self.parameters.is_none();
        w.used.extend(["u", "p", "t", "du", "i", "j", "l"].map(String::from));
        if !self.timeless {
            w.declare("t", Kind::Real(TIME_RANGE), false);
        }
        self.open(w);
        let early = w.chance(0.25);
        self.tail = self.length == Length::Fixed && (self.state == State::Scalar || w.chance(0.4));
        let statements = w.between(2, 8);
        let at = w.between(0, statements - 1);
        for k in 0..statements {
            w.statement();
            if early && k == at {
                self.early_return(w);
            }
        }
        self.finish(w);
        std::mem::take(&mut w.lines)
    }

    /// Brings state and parameters into scope, often under the modeller's names.
    fn open(&mut self, w: &mut Writer) {
        for (argument, shape, range) in
            [("u", Some(self.state), STATE_RANGE), ("p", self.parameters, PARAMETER_RANGE)]
        {
            let Some(shape) = shape else { continue };
            let whole = if argument == "u" { "$U" } else { "$P" };
            match shape {
                State::Scalar => {
                    let name = w.fresh();
                    w.line(format!("let {name} = {whole};"));
                    w.declare(&name, Kind::Real(range), false);
                }
                State::Vector(n) if argument == "p" && self.length == Length::Fixed && w.chance(0.15) => {
                    let names: Vec<String> = (0..n).map(|_| w.fresh()).collect();
                    for name in &names {
                        w.declare(name, Kind::Real(range), false);
                    }
                    self.pattern = Some(names);
                }
                State::Vector(n) => {
                    w.declare(argument, Kind::Array(n, range), false);
                    if w.is_fixed(argument) && w.chance(0.5) {
                        let names: Vec<String> = (0..n).map(|_| w.fresh()).collect();
                        w.line(format!("let [{}] = {whole};", names.join(", ")));
                        for name in names {
                            w.declare(&name, Kind::Real(range), false);
                        }
                    }
                }
                State::Matrix(rows, columns) => {
                    w.declare(argument, Kind::Matrix(rows, columns, range), false);
                }
                State::Learned => {
                    let names: Vec<String> = (0..3).map(|_| w.fresh()).collect();
                    w.line(format!("let [{}] = p.rates;", names.join(", ")));
                    for name in names {
                        w.declare(&name, Kind::Real(range), false);
                    }
                    w.network = true;
                    w.network();
                }
            }
        }
    }

    fn early_return(&self, w: &mut Writer) {
        let condition = w.condition(1);
        w.block(&format!("if {condition}"), |w| {
            if self.tail {
                let result = self.result(w, 1);
                w.line(format!("$RETURN_WITH {result}"));
            } else {
                self.assign_all(w, 1);
                w.line("$RETURN");
            }
        });
    }

    fn finish(&self, w: &mut Writer) {
        self.gather(w);
        if self.tail {
            let result = self.result(w, 3);
            w.line(format!("$TAIL {result}"));
        } else {
            self.assign_all(w, 3);
        }
    }

    /// Brings what nobody has read yet, and the state, into one value, so that little of the model is without effect.
    fn gather(&self, w: &mut Writer) {
        let mut terms: Vec<String> = Vec::new();
        let unread: Vec<_> =
            w.scope.visible().into_iter().filter(|v| !w.read.contains(&v.name)).cloned().collect();
        for variable in unread.into_iter().take(6) {
            let name = variable.name;
            let factor = w.constant(0.1, 0.9).1;
            terms.push(match variable.kind {
                Kind::Real(_) => format!("{factor} * {name}"),
                Kind::Array(n, _) => format!("{factor} * {name}[{}]", w.between(0, n - 1)),
                Kind::Matrix(rows, columns, _) => {
                    format!("{factor} * {name}[{}][{}]", w.between(0, rows - 1), w.between(0, columns - 1))
                }
                Kind::Int(..) | Kind::Flag => continue,
            });
        }
        terms.push(match self.state {
            State::Scalar | State::Learned => w.leaf().text,
            State::Vector(n) => format!("u[{}]", w.between(0, n - 1)),
            State::Matrix(rows, columns) => {
                format!("u[{}][{}]", w.between(0, rows - 1), w.between(0, columns - 1))
            }
        });
        let name = w.fresh();
        w.line(format!("let {name} = ({}).sin();", terms.join(" + ")));
        w.declare(&name, Kind::Real(Interval::new(-1.0, 1.0)), false);
        w.pending = Some(name);
    }

    /// One component of the result; the first takes up what [`Model::gather`] left.
    fn component(&self, w: &mut Writer, depth: usize) -> String {
        let e = w.real(depth).text;
        match w.pending.take() {
            Some(name) => {
                w.read.insert(name.clone());
                format!("{name} + {e}")
            }
            None => e,
        }
    }

    /// The whole result as one expression.
    fn result(&self, w: &mut Writer, depth: usize) -> String {
        let row = |w: &mut Writer, n: usize| {
            let elements: Vec<String> = (0..n).map(|_| self.component(w, depth)).collect();
            format!("[{}]", elements.join(", "))
        };
        match self.state {
            State::Scalar | State::Learned => self.component(w, depth),
            State::Vector(n) => row(w, n),
            State::Matrix(rows, columns) => {
                let rows: Vec<String> = (0..rows).map(|_| row(w, columns)).collect();
                format!("[{}]", rows.join(", "))
            }
        }
    }

    /// Assigns every component of `du`, in one of the ways models do.
    fn assign_all(&self, w: &mut Writer, depth: usize) {
        match self.state {
            State::Scalar | State::Learned => {}
            State::Vector(n) => self.assign_vector(w, n, depth),
            State::Matrix(rows, columns) => {
                w.for_each_index(rows, |w, i| {
                    w.for_each_index(columns, |w, j| {
                        let e = self.component(w, depth.min(2));
                        w.line(format!("du[{i}][{j}] = {e};"));
                        if w.chance(0.3) {
                            let condition = w.condition(0);
                            let e = w.real(1).text;
                            w.block(&format!("if {condition}"), |w| {
                                w.line(format!("du[{i}][{j}] -= {e};"));
                            });
                        }
                    });
                });
            }
        }
    }

    fn assign_vector(&self, w: &mut Writer, n: usize, depth: usize) {
        // Nobody can see that components of unknown number are all assigned one by one: those go by loops.
        let (kinds, length) = match self.length {
            Length::Fixed => (6, n.to_string()),
            Length::Slices => (4, "u.len()".to_string()),
            Length::Generic => (3, "N".to_string()),
        };
        match w.between(0, kinds) {
            0 | 1 => w.for_each_up_to(&length, n, |w, i| {
                if w.chance(0.4) {
                    let condition = w.condition(0);
                    let (a, b) = (self.component(w, depth.min(2)), w.real(1).text);
                    w.block(&format!("if {condition}"), |w| w.line(format!("du[{i}] = {a};")));
                    w.lines.pop();
                    w.line("} else {");
                    w.indented(|w| w.line(format!("du[{i}] = {b};")));
                    w.line("}");
                } else {
                    let e = self.component(w, depth.min(2));
                    w.line(format!("du[{i}] = {e};"));
                }
            }),
            // A chain: the ends by themselves, the inside by a loop that looks at both neighbours.
            2 if n > 2 => {
                let (first, last) = (self.component(w, 1), self.component(w, 1));
                let c = w.constant(0.1, 1.0).1;
                w.line(format!("du[0] = {first};"));
                let end = match self.length {
                    Length::Fixed => (n - 1).to_string(),
                    _ => format!("{length} - 1"),
                };
                w.line(format!("du[{end}] = {last};"));
                let i = w.index_name();
                w.block(&format!("for {i} in 1..{end}"), |w| {
                    w.line(format!("du[{i}] = {c} * (u[{i} - 1] - 2.0 * u[{i}] + u[{i} + 1]);"));
                });
            }
            3 if self.length == Length::Fixed => {
                let name = w.fresh();
                w.line(format!("let mut {name} = [0.0_f64; {n}];"));
                w.for_each_index(n, |w, i| {
                    let e = self.component(w, depth.min(2));
                    w.line(format!("{name}[{i}] = {e};"));
                });
                w.line(format!("$DU = {name};"));
            }
            4 => {
                let (x, d, c) = (w.fresh(), w.fresh(), w.constant(0.1, 1.5).1);
                w.block(&format!("for ({d}, {x}) in du.iter_mut().zip(u.iter())"), |w| {
                    w.line(format!("*{d} = -{c} * {x};"));
                });
                let e = self.component(w, depth);
                let k = w.between(0, n - 1);
                w.line(format!("du[{k}] += {e};"));
            }
            2 | 3 => {
                let i = w.index_name();
                w.block(&format!("for ({i}, d) in du.iter_mut().enumerate()"), |w| {
                    w.line(format!("*d = -u[{i}];"));
                });
            }
            _ => {
                for i in 0..n {
                    let e = self.component(w, depth);
                    w.line(format!("du[{i}] = {e};"));
                    if i > 0 && w.chance(0.2) {
                        let (_, c) = w.constant(0.1, 0.9);
                        w.line(format!("du[{i}] += {c} * du[{}];", i - 1));
                    }
                }
            }
        }
    }

    /// The arguments after the state; `and` is what stands before their types.
    fn arguments(&self, p: Option<String>, and: &str) -> String {
        let mut text = String::new();
        if let Some(p) = p {
            text += &match &self.pattern {
                Some(names) => format!(", {and}[{}]: {and}{p}", names.join(", ")),
                None => format!(", p: {and}{p}"),
            };
        }
        if !self.timeless {
            text += ", t: f64";
        }
        text
    }

    fn state_type(&self) -> String {
        if self.length == Length::Generic { "[f64; N]".into() } else { self.state.of("f64") }
    }

    fn generics(&self) -> &'static str {
        if self.length == Length::Generic { "<const N: usize>" } else { "" }
    }

    fn in_place(&self, name: &str, lines: &[String]) -> String {
        let (u, p) = if self.length == Length::Slices {
            ("[f64]".to_string(), Some("[f64]".to_string()))
        } else {
            (self.state_type(), self.parameters.map(|p| p.of("f64")))
        };
        let (generics, rest) = (self.generics(), self.arguments(p, "&"));
        let mut text = format!("#[ode]\npub fn {name}{generics}(du: &mut {u}, u: &{u}{rest}) {{\n");
        for line in lines {
            let result = |text: &str| format!("*du = {text};");
            text += &expand(line, result, |text| format!("*du = {text};\nreturn;"))
                .replace("$REF_U", "u")
                .replace("$REF_P", "p")
                .replace("$RETURN", "return;")
                .replace("$DU", "*du")
                .replace("$U", "*u")
                .replace("$P", "*p");
            text.push('\n');
        }
        text + "}\n"
    }

    fn out_of_place(&self, name: &str, lines: &[String], by_value: bool) -> String {
        let (u, p) = (self.state_type(), self.parameters.map(|p| p.of("f64")));
        let and = if by_value { "" } else { "&" };
        let (generics, rest) = (self.generics(), self.arguments(p, and));
        let mut text = format!("#[ode]\npub fn {name}_out{generics}(u: {and}{u}{rest}) -> {u} {{\n");
        if !self.tail {
            let zeros = if self.length == Length::Generic { "[0.0; N]".into() } else { self.state.zeros() };
            text += &format!("    let mut du = {zeros};\n");
        }
        let (whole_u, whole_p) = if by_value { ("u", "p") } else { ("*u", "*p") };
        let (ref_u, ref_p) = if by_value { ("&u", "&p") } else { ("u", "p") };
        for line in lines {
            text += &expand(line, str::to_string, |text| format!("return {text};"))
                .replace("$REF_U", ref_u)
                .replace("$REF_P", ref_p)
                .replace("$RETURN", "return du;")
                .replace("$DU", "du")
                .replace("$U", whole_u)
                .replace("$P", whole_p);
            text.push('\n');
        }
        if !self.tail {
            text += "    du\n";
        }
        text + "}\n"
    }
}

/// A line with `$TAIL` or `$RETURN_WITH` written out.
fn expand(line: &str, tail: impl Fn(&str) -> String, returned: impl Fn(&str) -> String) -> String {
    let text = line.trim_start();
    let indent = &line[..line.len() - text.len()];
    let written = if let Some(result) = text.strip_prefix("$TAIL ") {
        tail(result)
    } else if let Some(result) = text.strip_prefix("$RETURN_WITH ") {
        returned(result)
    } else {
        text.to_string()
    };
    written.lines().map(|line| format!("{indent}{line}")).collect::<Vec<_>>().join("\n")
}
