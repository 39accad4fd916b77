//! What stands outside the model: structs, constants, tables, helpers.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::interval::Interval;
use super::model::Returns;
use super::scope::By;
use super::scope::Taken;
use super::types::KEPT;
use super::types::Type;
use super::types::kept;
use rand::Rng;
use rand::rngs::StdRng;

/// A struct with named components.
#[derive(Debug, Clone)]
pub struct Record {
    pub name: String,
    pub fields: Vec<(String, Type)>,
}

/// A constant or a table.
#[derive(Debug, Clone)]
struct Constant {
    name: String,
    ty: Type,
}

/// A function with its own attribute.
#[derive(Debug, Clone)]
struct Helper {
    name: String,
    takes: Vec<Taken>,
    returns: Type,
    marks: String,
}

/// The items of a program.
#[derive(Debug, Clone, Default)]
pub struct Items {
    pub structs: Vec<Record>,
    constants: Vec<Constant>,
    helpers: Vec<Helper>,
    /// A helper is being written: its body may call those before it.
    in_helper: bool,
    /// The text of all of them.
    pub text: String,
}

const FIELDS: &[&str] = &["pos", "vel", "mass", "soc", "k_m", "alpha", "temp"];

impl Items {
    /// Structs, constants and tables.
    pub fn new(dice: &mut StdRng) -> Self {
        let mut items = Items::default();
        if dice.gen_bool(0.75) {
            for k in 0..dice.gen_range(1..=2) {
                items.record(dice, k);
            }
        }
        for k in 0..dice.gen_range(0..4) {
            items.constant(dice, k);
        }
        items
    }

    fn record(&mut self, dice: &mut StdRng, k: usize) {
        let name = ["Body", "Tank"][k].to_string();
        let mut fields = Vec::new();
        for field in 0..dice.gen_range(2..4) {
            let ty = match dice.gen_range(0..7) {
                0 | 1 => Type::array(kept(), dice.gen_range(2..4)),
                2 if k > 0 => Type::Struct(k - 1),
                3 if k > 0 => Type::array(Type::Struct(k - 1), 2),
                _ => kept(),
            };
            fields.push((FIELDS[field + k * 3].to_string(), ty));
        }
        self.text += &format!("#[derive(Components, Clone, Copy)]\npub struct {name} {{\n");
        for (field, ty) in &fields {
            let text = self.type_text(ty);
            if matches!(ty, Type::Array(inner, _) if matches!(**inner, Type::Struct(_))) {
                self.text += &mark(Construct::StructArray);
            }
            self.text += &format!("    pub {field}: {text},\n");
        }
        self.text += "}\n\n";
        self.structs.push(Record { name, fields });
    }

    fn type_text(&self, ty: &Type) -> String {
        match ty {
            Type::Array(inner, n) => format!("[{}; {n}]", self.type_text(inner)),
            Type::Struct(k) => self.structs[*k].name.clone(),
            Type::Int(int, ..) => (*int).to_string(),
            Type::Bool => "bool".into(),
            _ => "f64".into(),
        }
    }

    fn constant(&mut self, dice: &mut StdRng, k: usize) {
        let real = |dice: &mut StdRng| super::literal(dice.gen_range(-2.0..2.0));
        let list = |elements: Vec<String>| format!("[{}]", elements.join(", "));
        let (name, ty, value) = match dice.gen_range(0..6) {
            0 => ("GAIN", kept(), real(dice)),
            1 => ("LEVELS", Type::array(kept(), 3), list((0..3).map(|_| real(dice)).collect())),
            2 => {
                let rows = (0..2).map(|_| list((0..3).map(|_| real(dice)).collect())).collect();
                ("COUPLING", Type::array(Type::array(kept(), 3), 2), list(rows))
            }
            3 => ("ORDER", Type::array(Type::Int("usize", 0, 2), 3), "[2, 0, 1]".into()),
            4 => ("SHIFTS", Type::array(Type::Int("i32", -2, 3), 3), "[-2, 3, 1]".into()),
            _ => ("STEPS", Type::Int("usize", 3, 3), "3".into()),
        };
        let name = format!("{name}{}", if k == 0 { String::new() } else { format!("_{k}") });
        self.text += &format!("const {name}: {} = {value};\n", self.type_text(&ty));
        self.constants.push(Constant { name, ty });
    }

    /// Writes the helpers.
    pub fn write_helpers(&mut self, dice: &mut StdRng) {
        self.in_helper = true;
        for k in 0..dice.gen_range(0..4) {
            let name = format!("helper_{}", (b'a' + k) as char);
            if dice.gen_bool(0.12) {
                self.generic_helper(&name);
            } else {
                self.helper(dice, &name);
            }
        }
        self.in_helper = false;
    }

    /// A helper over arrays of any length.
    fn generic_helper(&mut self, name: &str) {
        self.text += &format!(
            "#[differentiable]\nfn {name}<const N: usize>(w: &[f64; N], weight: f64) -> f64 {{\n    \
             let mut total = 0.0;\n    for (i, v) in w.iter().enumerate() {{\n        \
             total += (v + weight * (i as f64)).tanh();\n    }}\n    total / (N as f64)\n}}\n\n"
        );
        let takes =
            vec![Taken { ty: Type::array(kept(), 3), by: By::Ref }, Taken { ty: kept(), by: By::Value }];
        let marks = mark(Construct::HelperGeneric);
        self.helpers.push(Helper {
            name: name.into(),
            takes,
            returns: Type::Real(Interval::new(-1.0, 1.0)),
            marks,
        });
    }

    fn helper(&mut self, dice: &mut StdRng, name: &str) {
        let by = |dice: &mut StdRng| if dice.gen_bool(0.6) { By::Ref } else { By::Value };
        let structs = self.structs.len();
        let mut takes: Vec<Taken> = (0..dice.gen_range(1..4))
            .map(|_| match dice.gen_range(0..9) {
                0 | 1 => Taken { ty: Type::array(kept(), dice.gen_range(2..4)), by: by(dice) },
                2 if structs > 0 => Taken { ty: Type::Struct(dice.gen_range(0..structs)), by: by(dice) },
                3 => Taken {
                    ty: Type::Int(["usize", "i32", "u8", "i64"][dice.gen_range(0..4)], 0, 4),
                    by: By::Value,
                },
                _ => Taken { ty: kept(), by: By::Value },
            })
            .collect();
        let returns = match dice.gen_range(0..11) {
            0 | 1 => Type::array(kept(), dice.gen_range(2..4)),
            2 if structs > 0 => Type::Struct(dice.gen_range(0..structs)),
            3 => Type::Bool,
            4 => Type::Int(["usize", "i32"][dice.gen_range(0..2)], 0, 9),
            _ => kept(),
        };
        if returns.is_int() && dice.gen_bool(0.6) {
            takes.retain(|t| t.ty.is_int());
            takes.push(Taken { ty: Type::Int("i32", -4, 4), by: By::Value });
        }
        let ints = takes.iter().all(|t| t.ty.is_int()) && !matches!(returns, Type::Real(_));
        let mut marks = mark(Construct::Helper);
        for taken in &takes {
            marks += &match (&taken.ty, taken.by) {
                (Type::Array(..), By::Value) => mark(Construct::HelperArrayValue),
                (Type::Array(..), _) => mark(Construct::HelperArray),
                (Type::Struct(_), _) => mark(Construct::HelperStruct),
                _ => String::new(),
            };
        }
        marks += &match &returns {
            Type::Array(..) => mark(Construct::HelperToArray),
            Type::Struct(_) => mark(Construct::HelperToStruct),
            Type::Bool | Type::Int(..) => mark(Construct::HelperToInt),
            _ => String::new(),
        };
        if ints {
            marks += &mark(Construct::HelperInt);
        }
        let mut w = Writer::new(dice, self);
        w.budget = 18;
        let mut parameters = Vec::new();
        for (k, taken) in takes.iter().enumerate() {
            let name = ["x", "y", "z", "w"][k];
            let mutable = taken.by == By::Value && w.chance(0.2);
            let text = format!(
                "{}{name}: {}",
                if mutable { "mut " } else { "" },
                w.argument_text(&taken.ty, taken.by)
            );
            parameters.push(text);
            w.declare(name, taken.ty.clone(), mutable, taken.by);
        }
        w.returns = Some(Returns::Value(returns.clone()));
        for _ in 0..w.between(0, 2) {
            w.statement();
        }
        let value = w.typed_value(&returns, 2);
        let value = if value.block && w.chance(0.5) { format!("({})", value.text) } else { value.text };
        w.line(value);
        let body = w.lines.join("\n");
        let returned = w.type_text(&returns);
        self.text += &format!(
            "#[differentiable]\nfn {name}({}) -> {returned} {{\n{body}\n}}\n\n",
            parameters.join(", ")
        );
        self.helpers.push(Helper { name: name.into(), takes, returns, marks });
    }
}

impl Writer<'_> {
    /// A constant, or an element of a table.
    pub(super) fn item_value(&mut self, want: &dyn Fn(&Type) -> bool) -> Option<Ex> {
        let fitting: Vec<Constant> =
            self.items.constants.iter().filter(|c| self.contains(&c.ty, want)).cloned().collect();
        if fitting.is_empty() {
            return None;
        }
        let constant = self.pick(&fitting);
        let (mut text, mut ty, mut depth) = (constant.name, constant.ty, 0);
        while let Type::Array(inner, n) = ty.clone() {
            if want(&ty) {
                break;
            }
            let i = self.pure(|w| w.index(n));
            text += &format!("[{i}]");
            ty = *inner;
            depth += 1;
        }
        let construct = match (depth, &ty) {
            (0, _) => Construct::Const,
            (_, Type::Int(..)) => Construct::TableInt,
            (1, _) => Construct::Table,
            _ => Construct::TableMatrix,
        };
        Some(Ex::new(text, ty, Binds::Atom).tagged(construct))
    }

    pub(super) fn call_helper(&mut self, want: &dyn Fn(&Type) -> bool, depth: usize) -> Option<Ex> {
        let fitting: Vec<Helper> = self.items.helpers.iter().filter(|h| want(&h.returns)).cloned().collect();
        if fitting.is_empty() || self.loops.len() > 1 {
            return None;
        }
        let helper = self.pick(&fitting);
        self.budget -= 1;
        let arguments = self.arguments(&helper.takes, depth)?;
        let mut marks = helper.marks.clone();
        if self.items.in_helper {
            marks += &mark(Construct::HelperOfHelper);
        }
        Some(Ex::atom(format!("{marks}{}({})", helper.name, arguments.join(", ")), helper.returns))
    }

    /// A helper of an array, called before and after the array changes.
    pub(super) fn helper_between_writes(&mut self) {
        let fitting: Vec<Helper> = self
            .items
            .helpers
            .iter()
            .filter(|h| h.takes.iter().any(|t| t.by == By::Ref) && h.returns.is_real())
            .cloned()
            .collect();
        if fitting.is_empty() {
            return self.let_any();
        }
        let helper = self.pick(&fitting);
        let Some(wanted) = helper.takes.iter().find(|t| t.by == By::Ref).map(|t| t.ty.clone()) else {
            return;
        };
        let want = {
            let wanted = wanted.clone();
            move |ty: &Type| *ty == wanted
        };
        if self.place(true, &want).is_none() {
            let value = self.typed_value(&wanted, 1);
            let name = self.fresh();
            self.line(format!("let mut {name} = {};", value.text));
            self.declare(&name, wanted.clone(), true, By::Value);
        }
        let Some(place) = self.place(true, &want) else { return };
        let call = |w: &mut Self| -> String {
            let arguments: Vec<String> = helper
                .takes
                .iter()
                .map(|t| match t.by {
                    By::Ref if t.ty == wanted => w.as_reference(&place),
                    By::Ref => format!("&{}", w.pure(|w| w.typed_value(&t.ty, 0)).inside(Binds::Prefix)),
                    _ => w.pure(|w| w.typed_value(&t.ty, 0)).text,
                })
                .collect();
            format!("{}{}({})", mark(Construct::HelperBetweenWrites), helper.name, arguments.join(", "))
        };
        let (first, second) = (call(self), call(self));
        let name = self.fresh();
        let target = self.as_target(&place);
        let value = self.pure(|w| w.typed_value(&wanted, 1));
        let text = match self.between(0, 2) {
            0 => format!("let {name} = {first} - {{ {target} = {}; {second} }};", value.text),
            1 => format!("let {name} = ({first}, {{ {target} = {}; {second} }});", value.text),
            _ => format!("let {name} = [{first}, {{ {target} = {}; {second} }}];", value.text),
        };
        let ty = match text.split_once("= ").map(|(_, rest)| rest.chars().next()) {
            Some(Some('(')) => Type::Tuple(vec![kept(), kept()]),
            Some(Some('[')) => Type::array(kept(), 2),
            _ => Type::Real(Interval::new(2.0 * KEPT.lo, 2.0 * KEPT.hi)),
        };
        self.line(text);
        self.value_of(&name, ty);
    }
}
