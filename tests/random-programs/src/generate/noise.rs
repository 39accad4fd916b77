//! The noise of a stochastic equation, in one of the forms that have a class, or in any.

use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::scope::By;
use super::types::Type;
use super::types::kept;
use rand::Rng;
use rand::rngs::StdRng;

/// How the noise is written.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Form {
    /// Any value at all.
    Anything,
    /// Without the state.
    Constant,
    /// Each real from the component that it drives.
    Own,
    /// As `Own`, but for one that takes another.
    OwnButOne,
    /// Rows of numbers times a function of the component that they drive.
    Proportional,
    /// Linear in the state.
    Linear,
}

/// The second half of a model.
#[derive(Debug, Clone)]
pub struct Noise {
    /// Its type; of an open length that of the checks.
    pub ty: Type,
    /// So many Wiener processes, each component having a row.
    rows: Option<usize>,
    for_all: bool,
    stratonovich: bool,
    form: Form,
    /// How many components there are is left open.
    open: bool,
}

impl Noise {
    pub fn of(state: &Type, open: bool, dice: &mut StdRng) -> Self {
        let arrays = only_arrays(state);
        let rows = (arrays && dice.gen_bool(0.4)).then(|| dice.gen_range(1..4));
        let ty = match rows {
            Some(count) => with_rows(state, count),
            None => with_rows(state, 0),
        };
        let form = match dice.gen_range(0..7) {
            0 => Form::Constant,
            1 | 2 => Form::Own,
            3 => Form::OwnButOne,
            4 if rows.is_some() => Form::Proportional,
            5 if arrays => Form::Linear,
            _ => Form::Anything,
        };
        let for_all = rows.is_none() && dice.gen_bool(0.2);
        Self { ty, rows, for_all, stratonovich: dice.gen_bool(0.3), form, open }
    }

    pub fn marks(&self, in_place: bool) -> String {
        let form = if in_place { Construct::NoiseInPlace } else { Construct::NoiseOutOfPlace };
        let mut marks = mark(form);
        if self.rows.is_some() {
            marks += &mark(Construct::NoiseRows);
        }
        if self.for_all {
            marks += &mark(Construct::NoiseForAll);
        }
        marks
    }

    pub fn attribute(&self) -> &'static str {
        match (self.for_all, self.stratonovich) {
            (false, false) => "#[sde]",
            (true, false) => "#[sde(scalar)]",
            (false, true) => "#[sde(stratonovich)]",
            (true, true) => "#[sde(scalar, stratonovich)]",
        }
    }

    /// The type as it is written, where the state's is `state`.
    pub fn type_text(&self, w: &Writer, state: &str) -> String {
        match (self.open, self.rows) {
            (false, _) => w.type_text(&self.ty),
            (true, None) => state.to_string(),
            (true, Some(m)) => state.replace("f64", &format!("[f64; {m}]")),
        }
    }

    /// Writes the noise after the derivative.
    pub fn finish(&self, w: &mut Writer, state: &Type, in_place: bool, by_reference: bool) {
        w.budget = w.budget.max(12);
        let drift = (!in_place).then(|| w.lines.pop().unwrap_or_default());
        if let Some(drift) = &drift {
            w.line(format!("let drift = {drift};"));
        }
        if self.open {
            self.finish_open(w, in_place);
        } else {
            self.assign(w, state, in_place, by_reference);
        }
        if drift.is_some() {
            w.line("(drift, noise)");
        }
    }

    fn assign(&self, w: &mut Writer, state: &Type, in_place: bool, by_reference: bool) {
        let ty = self.ty.clone();
        let star = |scalar: bool, by: bool, name: &str| {
            if scalar && by { format!("*{name}") } else { name.to_string() }
        };
        let e = if in_place { w.expected_value(&ty, 3) } else { w.typed_value(&ty, 3) };
        match in_place {
            true => w.line(format!("*noise = {};", e.text)),
            false => w.line(format!("let mut noise: {} = {};", w.type_text(&ty), e.text)),
        }
        if self.form == Form::Anything {
            let by = if in_place { By::Mut } else { By::Value };
            w.declare("noise", ty, true, by);
            return;
        }
        let (mut own, mut reals) = (Vec::new(), Vec::new());
        w.leaves(&star(state.is_real(), by_reference, "u"), state, &mut own);
        w.leaves(&star(self.ty.is_real(), in_place, "noise"), &self.ty, &mut reals);
        let own: Vec<String> = own.into_iter().map(|(text, _)| text).collect();
        let width = self.rows.unwrap_or(1);
        let odd = w.between(0, reals.len() - 1);
        for (k, (real, _)) in reals.into_iter().enumerate() {
            let (u, other) = (own[k / width].clone(), own[(k / width + 1) % own.len()].clone());
            let text = match self.form {
                Form::Constant => self.coefficient(w),
                Form::OwnButOne if k == odd => self.function(w, &other),
                Form::Proportional => {
                    format!("{} * {}", self.coefficient(w), PHI[(k / width) % PHI.len()].replace('#', &u))
                }
                Form::Linear => {
                    let (a, b) = (self.small(w), self.small(w));
                    format!("{a} * {u} + {b} * {other}")
                }
                _ => self.function(w, &u),
            };
            w.line(format!("{real} = {text};"));
        }
    }

    fn finish_open(&self, w: &mut Writer, in_place: bool) {
        if !in_place {
            let zero = self.rows.map_or("0.0".to_string(), |m| format!("[0.0; {m}]"));
            w.line(format!("let mut noise = [{zero}; N];"));
        }
        let index = match self.form {
            Form::OwnButOne | Form::Anything => "(i + 1) % u.len()",
            _ => "i",
        };
        let real = |w: &mut Writer| match self.form {
            Form::Constant => self.coefficient(w),
            _ => self.function(w, &format!("u[{index}]")),
        };
        let value = match self.rows {
            None => real(w),
            Some(m) => {
                let reals: Vec<String> = (0..m).map(|_| real(w)).collect();
                format!("[{}]", reals.join(", "))
            }
        };
        w.line(format!("for i in 0..u.len() {{ noise[i] = {value}; }}"));
    }

    /// A number, at times of the time or of something in scope.
    fn coefficient(&self, w: &mut Writer) -> String {
        self.small(w)
    }

    fn small(&self, w: &mut Writer) -> String {
        ["0.5", "0.25", "0.1", "0.3", "1.0", "0.0", "-0.5"][w.between(0, 6)].to_string()
    }

    /// A function of one component.
    fn function(&self, w: &mut Writer, u: &str) -> String {
        let c = self.coefficient(w);
        match w.between(0, 4) {
            0 => format!("{c} * {u}"),
            1 => format!("{c} * ({u}).sin()"),
            2 => format!("if {u} > 0.1 {{ {c} * {u} }} else {{ 0.2 }}"),
            3 => format!("{c} * ({u} * {u}) / (1.0 + {u} * {u})"),
            _ => format!("({u}).max(0.1).sqrt()"),
        }
    }
}

/// A function for each component, the same in all columns.
const PHI: &[&str] = &["#", "(#).sin()", "(#).max(0.1).sqrt()", "(1.0 + # * #)"];

fn only_arrays(ty: &Type) -> bool {
    match ty {
        Type::Real(_) => true,
        Type::Array(inner, _) => only_arrays(inner),
        _ => false,
    }
}

/// The type of the noise: that of the state, or with a row in the place of each real.
fn with_rows(ty: &Type, count: usize) -> Type {
    match ty {
        Type::Real(_) if count == 0 => kept(),
        Type::Real(_) => Type::array(kept(), count),
        Type::Array(inner, n) => Type::array(with_rows(inner, count), *n),
        other => other.clone(),
    }
}
