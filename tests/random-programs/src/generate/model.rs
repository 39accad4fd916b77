//! A whole model: signature, body, result.

use super::Writer;
use super::construct::Construct;
use super::construct::Counts;
use super::construct::mark;
use super::construct::without_marks;
use super::interval::Interval;
use super::items::Items;
use super::noise::Noise;
use super::scope::By;
use super::types::Type;
use super::types::kept;
use crate::program::Program;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// States lie in here when programs are checked.
pub(super) const STATE_RANGE: Interval = Interval::new(-1.5, 1.5);
/// Parameters lie in here.
const PARAMETER_RANGE: Interval = Interval::new(0.3, 1.5);
/// The time lies in here.
const TIME_RANGE: Interval = Interval::new(0.0, 2.0);

/// What `return` needs.
#[derive(Debug, Clone)]
pub enum Returns {
    Value(Type),
    /// What is written is assigned, then the function is left.
    InPlace(Vec<(&'static str, Type)>),
}

#[derive(Debug, Clone, PartialEq)]
enum Parameters {
    None,
    Of(Type),
    /// `random_programs::Learned`: a network and three reals.
    Learned,
}

/// How the length of a state is written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Length {
    Fixed,
    Slices,
    Generic,
}

struct Model {
    state: Type,
    parameters: Parameters,
    length: Length,
    timeless: bool,
    in_place: bool,
    /// `u` and `p` are references.
    by_reference: bool,
    /// A stochastic equation.
    noise: Option<Noise>,
    /// A delayed equation.
    late: bool,
}

/// The program number `index` of a seed; it does not depend on the others, but on the constructs that are left out.
pub fn generate(seed: u64, index: usize, without: &[Construct]) -> Program {
    let number = seed.wrapping_mul(1_000_003).wrapping_add(index as u64);
    let mut dice = StdRng::seed_from_u64(number);
    // with dice of its own, so that a program without noise is what it always was
    let mut noisy = StdRng::seed_from_u64(number ^ 0x5de);
    let noisy = noisy.gen_bool(0.25).then_some(noisy);
    let late = StdRng::seed_from_u64(number ^ 0xdde).gen_bool(0.3);
    loop {
        let program = attempt(&mut dice, index, noisy.clone(), late);
        if !without.iter().any(|construct| program.counts.contains_key(construct)) {
            return program;
        }
    }
}

fn attempt(dice: &mut StdRng, index: usize, noisy: Option<StdRng>, late: bool) -> Program {
    let mut items = Items::new(dice);
    items.write_helpers(dice);
    let structs = items.structs.len();
    let state = match dice.gen_range(0..12) {
        0 => Type::Real(STATE_RANGE),
        1 | 2 => {
            Type::array(Type::array(Type::Real(STATE_RANGE), dice.gen_range(2..4)), dice.gen_range(2..4))
        }
        3..=5 if structs > 0 => Type::Struct(dice.gen_range(0..structs)),
        _ => Type::array(Type::Real(STATE_RANGE), dice.gen_range(2..5)),
    };
    let parameters = match dice.gen_range(0..16) {
        0 => Parameters::Of(Type::Real(PARAMETER_RANGE)),
        1 => Parameters::None,
        2 => Parameters::Learned,
        3..=5 if structs > 0 => Parameters::Of(Type::Struct(dice.gen_range(0..structs))),
        _ => Parameters::Of(Type::array(Type::Real(PARAMETER_RANGE), dice.gen_range(2..5))),
    };
    let vector = matches!(&state, Type::Array(inner, _) if inner.is_real());
    let length = match (vector, &parameters, dice.gen_range(0..14)) {
        (true, Parameters::Of(Type::Array(..)), 0) => Length::Slices,
        (true, _, 1) => Length::Generic,
        _ => Length::Fixed,
    };
    let in_place = dice.gen_bool(0.6) || length == Length::Slices;
    let noise = noisy.map(|mut dice| Noise::of(&state, length != Length::Fixed, &mut dice));
    let late = late && length == Length::Fixed;
    let model = Model {
        noise,
        late,
        timeless: !late && (parameters == Parameters::None || dice.gen_bool(0.15)),
        by_reference: in_place || dice.gen_bool(0.3),
        state,
        parameters,
        length,
        in_place,
    };
    let name = format!("model_{index:04}");
    let text = model.write(&name, dice, &mut items);
    let mut counts = Counts::new();
    let text = without_marks(&format!("{}\n{text}", items.text), &mut counts);
    let open = match (&model.state, &model.parameters) {
        (Type::Array(_, n), Parameters::Of(Type::Array(_, m))) => [*n, *m],
        (Type::Array(_, n), _) => [*n, 0],
        _ => [0, 0],
    };
    Program { name, text, open, counts }
}

impl Model {
    fn write(&self, name: &str, dice: &mut StdRng, items: &mut Items) -> String {
        let mut w = Writer::new(dice, items);
        w.budget = 70;
        w.used.extend(["u", "p", "t", "du", "noise", "i", "j", "l", "n"].map(String::from));
        if self.late {
            w.used.push("h".into());
        }
        let mut marks = String::new();
        marks += &match (&self.noise, self.in_place) {
            (None, true) if self.late => mark(Construct::DelayInPlace),
            (None, false) if self.late => mark(Construct::DelayOutOfPlace),
            (None, true) => mark(Construct::InPlace),
            (None, false) => mark(Construct::OutOfPlace),
            (Some(noise), in_place) => noise.marks(in_place),
        };
        if self.late && self.noise.is_some() {
            marks += &mark(Construct::NoiseWithPast);
        }
        marks += &match (&self.state, self.length) {
            (_, Length::Slices) => mark(Construct::Slice),
            (_, Length::Generic) => mark(Construct::ConstGeneric),
            (Type::Real(_), _) => mark(Construct::ScalarState),
            (Type::Struct(_), _) => mark(Construct::StructState),
            (Type::Array(inner, _), _) if !inner.is_real() => mark(Construct::MatrixState),
            _ => String::new(),
        };
        if let Parameters::Of(Type::Struct(_)) = self.parameters {
            marks += &mark(Construct::StructParameters);
        }
        let time = (!self.timeless).then(|| w.value_of("t", Type::Real(TIME_RANGE)));
        let argument = self.open(&mut w);
        w.returns = (self.length == Length::Fixed).then(|| match (self.in_place, &self.noise) {
            (true, None) => Returns::InPlace(vec![("du", self.state.clone())]),
            (true, Some(noise)) => {
                Returns::InPlace(vec![("du", self.state.clone()), ("noise", noise.ty.clone())])
            }
            (false, None) => Returns::Value(self.state.clone()),
            (false, Some(noise)) => Returns::Value(Type::Tuple(vec![self.state.clone(), noise.ty.clone()])),
        });
        if self.late {
            w.driven = self.noise.is_some();
            w.past = time.map(|time| (self.state.clone(), time));
            w.look_back();
        }
        for _ in 0..w.between(3, 8) {
            w.statement();
        }
        w.budget = w.budget.max(12);
        self.finish(&mut w);
        if let Some(noise) = &self.noise {
            noise.finish(&mut w, &self.state, self.in_place, self.by_reference);
        }
        let body = w.lines.join("\n");
        let (by, state) = (if self.by_reference { By::Ref } else { By::Value }, self.state_text(&w));
        let and = if self.by_reference { "&" } else { "" };
        let mut arguments = Vec::new();
        if self.in_place {
            arguments.push(format!("du: &mut {state}"));
            if let Some(noise) = &self.noise {
                arguments.push(format!("noise: &mut {}", noise.type_text(&w, &state)));
            }
        }
        arguments.push(format!("u: {and}{state}"));
        if self.late {
            arguments.push(format!("h: &impl History<{state}>"));
        }
        match (&self.parameters, self.length) {
            (Parameters::None, _) => {}
            (Parameters::Of(_), Length::Slices) => arguments.push("p: &[f64]".into()),
            (Parameters::Of(ty), _) => {
                let name = argument.unwrap_or("p".into());
                arguments.push(format!("{name}: {}", w.argument_text(ty, by)));
            }
            (Parameters::Learned, _) => arguments.push(format!("p: {and}Learned")),
        }
        if !self.timeless {
            arguments.push("t: f64".into());
        }
        let generics = if self.length == Length::Generic { "<const N: usize>" } else { "" };
        let returns = match (self.in_place, &self.noise) {
            (true, _) => String::new(),
            (false, None) => format!(" -> {state}"),
            (false, Some(noise)) => format!(" -> ({state}, {})", noise.type_text(&w, &state)),
        };
        let plain = if self.late { "#[dde]" } else { "#[ode]" };
        let attribute = self.noise.as_ref().map_or(plain, Noise::attribute);
        format!(
            "{marks}{attribute}\npub fn {name}{generics}({}){returns} {{\n{body}\n}}\n",
            arguments.join(", ")
        )
    }

    fn state_text(&self, w: &Writer) -> String {
        match self.length {
            Length::Fixed => w.type_text(&self.state),
            Length::Slices => "[f64]".into(),
            Length::Generic => "[f64; N]".into(),
        }
    }

    /// Brings state and parameters into scope; returns a pattern for the parameters, where they are given as one.
    fn open(&self, w: &mut Writer) -> Option<String> {
        let by = if self.by_reference { By::Ref } else { By::Value };
        let Type::Array(_, n) = &self.state else {
            w.declare("u", self.state.clone(), false, by);
            return self.open_parameters(w, by);
        };
        if self.length == Length::Fixed {
            w.declare("u", self.state.clone(), false, by);
        } else {
            // What is of open length is read by element, by loop and by iterator.
            for i in 0..w.between(1, *n) {
                let name = w.fresh();
                w.line(format!("let {name} = u[{i}];"));
                w.value_of(&name, Type::Real(STATE_RANGE));
            }
            let (total, _) = (w.fresh(), ());
            match w.between(0, 3) {
                0 => w.line(format!("let {total} = u.iter().sum::<f64>();")),
                1 => w.line(format!("let {total} = u.iter().rev().fold(0.3, |a, b| 0.5 * a + b);")),
                2 => w.line(format!(
                    "let mut {total} = 0.0_f64;\nfor (n, element) in u.iter().enumerate() {{ {total} += element * n as f64; }}"
                )),
                _ => w.line(format!("let {total} = u[u.len() - 1] * u.len() as f64;")),
            }
            w.value_of(&total, Type::Real(Interval::new(-12.0, 12.0)));
        }
        self.open_parameters(w, by)
    }

    fn open_parameters(&self, w: &mut Writer, by: By) -> Option<String> {
        match &self.parameters {
            Parameters::None => {}
            Parameters::Of(Type::Array(_, n)) if self.length == Length::Slices => {
                for i in 0..*n {
                    let name = w.fresh();
                    w.line(format!("let {name} = p[{i}];"));
                    w.value_of(&name, Type::Real(PARAMETER_RANGE));
                }
            }
            Parameters::Of(Type::Array(inner, n)) if w.chance(0.15) => {
                let names: Vec<String> = (0..*n).map(|_| w.fresh()).collect();
                for name in &names {
                    // Through a reference the parts are references: `&[a, b]` takes it off.
                    w.value_of(name, (**inner).clone());
                }
                let and = if by == By::Ref { "&" } else { "" };
                return Some(format!("{}{and}[{}]", mark(Construct::ArgumentPattern), names.join(", ")));
            }
            Parameters::Of(ty) => {
                w.declare("p", ty.clone(), false, by);
            }
            Parameters::Learned => {
                let name = w.fresh();
                w.line(format!("let {name} = p.rates;"));
                w.value_of(&name, Type::array(Type::Real(PARAMETER_RANGE), 3));
                // Hidden values lie between -1 and 1, weights and biases are those of the parameters.
                let near = Interval::new(-1.0, 1.0);
                let (a, b) = (w.pure(|w| w.real_in(near, 1)).text, w.pure(|w| w.real_in(near, 1)).text);
                let name = w.fresh();
                let tag = mark(Construct::Network);
                w.line(format!("{tag}let {name}: [f64; 2] = p.net.forward([{a}, {b}]);"));
                w.value_of(&name, Type::array(Type::Real(Interval::new(-4.5, 6.0)), 2));
            }
        }
        None
    }

    fn finish(&self, w: &mut Writer) {
        let state = kept_like(&self.state);
        if self.length != Length::Fixed {
            return self.finish_open(w);
        }
        if !self.in_place {
            if state.is_real() {
                let (value, digest) = (w.typed_value(&state, 3), w.digest());
                w.line(format!("{} + {digest}", value.inside(super::Binds::Sum)));
                return;
            }
            let value = w.typed_value(&state, 3);
            let name = w.fresh();
            w.line(format!("let mut {name}: {} = {};", w.type_text(&state), value.text));
            let id = w.declare(&name, state.clone(), true, By::Value);
            w.change(2);
            self.add_digest(w, id, &name);
            w.line(name);
            return;
        }
        self.assign(w, &state);
        let id = w.declare("du", state, true, By::Mut);
        for _ in 0..w.between(0, 2) {
            w.change(2);
        }
        self.add_digest(w, id, "du");
    }

    /// Adds what is in scope to the components of the result.
    fn add_digest(&self, w: &mut Writer, id: usize, name: &str) {
        let mut leaves = Vec::new();
        let text = if w.scope.visible().iter().any(|v| v.id == id && v.ty.is_scalar() && v.by == By::Mut) {
            format!("*{name}")
        } else {
            name.to_string()
        };
        w.leaves(&text, &self.state, &mut leaves);
        w.locks.hide(id);
        let digest = w.digest();
        let (leaf, _) = w.pick(&leaves);
        w.line(format!("{leaf} += {digest};"));
    }

    /// Assigns every component of `du`, in one of the ways models do.
    fn assign(&self, w: &mut Writer, state: &Type) {
        match state {
            Type::Array(inner, n) if w.chance(0.7) => {
                let inner = inner.clone();
                match w.between(0, 2) {
                    0 => {
                        let i = w.index_name();
                        let (body, ()) = w.collected(|w| {
                            w.value_of(&i, Type::Int("usize", 0, *n as i64 - 1));
                            let e = w.value(&inner, 2);
                            w.line(format!("du[{i}] = {};", e.text));
                        });
                        w.write(Construct::ForRange, format!("for {i} in 0..{n} {{ {body} }}"));
                    }
                    1 => {
                        let (d, i) = (w.fresh(), w.index_name());
                        let (body, ()) = w.collected(|w| {
                            w.value_of(&i, Type::Int("usize", 0, *n as i64 - 1));
                            let e = w.value(&inner, 2);
                            w.line(format!("*{d} = {};", e.text));
                        });
                        w.write(
                            Construct::ForMut,
                            format!("for ({i}, {d}) in du.iter_mut().enumerate() {{ {body} }}"),
                        );
                    }
                    _ => {
                        for i in 0..*n {
                            let e = w.value(&inner, 2);
                            w.line(format!("du[{i}] = {};", e.text));
                        }
                    }
                }
            }
            Type::Struct(k) if w.chance(0.7) => {
                for (field, ty) in w.items.structs[*k].fields.clone() {
                    let e = w.value(&ty, 2);
                    w.write(Construct::AssignField, format!("du.{field} = {};", e.text));
                }
            }
            _ => {
                let e = w.expected_value(state, 3);
                w.line(format!("*du = {};", e.text));
            }
        }
    }

    fn finish_open(&self, w: &mut Writer) {
        let length = if self.length == Length::Generic && w.chance(0.6) { "N" } else { "u.len()" };
        let start = if self.in_place { "" } else { "let mut du = [0.0; N];\n" };
        let digest = w.digest();
        let e = w.real(2);
        let text = match w.between(0, 2) {
            0 => format!(
                "{start}for i in 0..{length} {{ du[i] = {} - u[i] * i as f64; }}",
                e.right(super::Binds::Atom)
            ),
            1 => format!(
                "{start}for (i, slot) in du.iter_mut().enumerate() {{ *slot = {} - u[i] + u[{length} - 1 - i]; }}",
                e.right(super::Binds::Atom)
            ),
            _ => format!(
                "{start}for (slot, now) in du.iter_mut().zip(u.iter()) {{ *slot = now * {}; }}",
                e.right(super::Binds::Atom)
            ),
        };
        w.line(text);
        w.line(format!("du[0] += {digest};"));
        if !self.in_place {
            w.line("du");
        }
    }
}

/// The shape with ranges that hold for what is written to it.
fn kept_like(ty: &Type) -> Type {
    match ty {
        Type::Real(_) => kept(),
        Type::Array(inner, n) => Type::array(kept_like(inner), *n),
        other => other.clone(),
    }
}
