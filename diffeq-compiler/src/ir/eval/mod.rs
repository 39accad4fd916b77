//! The meaning of a program, in `f64`: what every pass is tested against.

mod history;
mod op;

use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;

use super::Arg;
use super::Block;
use super::CallArg;
use super::CallResult;
use super::Callee;
use super::Form;
use super::Init;
use super::Len;
use super::Obj;
use super::Output;
use super::Place;
use super::Program;
use super::Proj;
use super::ScalarKind;
use super::Shape;
use super::Stmt;
use super::Value;

/// A scalar.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Scalar {
    /// A real.
    Real(f64),
    /// An integer.
    Int(i128),
    /// A condition.
    Bool(bool),
}

/// What lies in memory, or is handed over: a scalar or an aggregate.
#[derive(Debug, Clone, PartialEq)]
pub enum Datum {
    /// One scalar.
    Scalar(Scalar),
    /// An array or slice.
    Array(Vec<Datum>),
    /// A struct.
    Fields(BTreeMap<String, Datum>),
}

impl From<f64> for Datum {
    fn from(x: f64) -> Self {
        Datum::Scalar(Scalar::Real(x))
    }
}

impl<V: Into<Datum> + Clone> From<&[V]> for Datum {
    fn from(xs: &[V]) -> Self {
        Datum::Array(xs.iter().cloned().map(Into::into).collect())
    }
}

impl<V: Into<Datum>, const N: usize> From<[V; N]> for Datum {
    fn from(xs: [V; N]) -> Self {
        Datum::Array(xs.into_iter().map(Into::into).collect())
    }
}

impl Datum {
    /// The reals, in order.
    pub fn reals(&self) -> Vec<f64> {
        match self {
            Datum::Scalar(Scalar::Real(x)) => vec![*x],
            Datum::Scalar(_) => vec![],
            Datum::Array(parts) => parts.iter().flat_map(Datum::reals).collect(),
            Datum::Fields(parts) => parts.values().flat_map(Datum::reals).collect(),
        }
    }

    fn map(&mut self, f: &mut impl FnMut(&mut f64)) {
        match self {
            Datum::Scalar(Scalar::Real(x)) => f(x),
            Datum::Scalar(_) => {}
            Datum::Array(parts) => parts.iter_mut().for_each(|part| part.map(f)),
            Datum::Fields(parts) => parts.values_mut().for_each(|part| part.map(f)),
        }
    }
}

/// What a program needs from outside: constants by their path, and the helpers that it calls.
#[derive(Debug, Default)]
pub struct Environment {
    /// Reals and integers by the text of their path.
    pub constants: HashMap<String, Scalar>,
    /// Helpers by the text of their path.
    pub helpers: HashMap<String, Program>,
}

/// Runs a program on its arguments, in the order of [`Program::args`], and returns its one result.
///
/// `output` is the memory that an equation writes its derivative to.
///
/// # Errors
///
/// Where the program reads what is not there: a missing constant or helper, an index out of range, a scalar of
/// another kind; and for the derivative forms of calls, which have no meaning of their own.
pub fn run(
    program: &Program,
    args: &[Datum],
    output: Option<Datum>,
    environment: &Environment,
) -> Result<Datum, String> {
    let mut results = run_all(program, args, output.into_iter().collect(), environment)?;
    results.pop().filter(|_| results.is_empty()).ok_or_else(|| "not one result".into())
}

/// The same of a program with any number of results; `outputs` is the memory of those that it writes, in their order.
///
/// # Errors
///
/// As of [`run`].
pub fn run_all(
    program: &Program,
    args: &[Datum],
    outputs: Vec<Datum>,
    environment: &Environment,
) -> Result<Vec<Datum>, String> {
    let mut machine = Machine {
        program,
        environment,
        values: vec![None; program.values.len()],
        objects: vec![None; program.objects.len()],
        kept: Vec::new(),
    };
    for (binding, arg) in program.args.iter().zip(args) {
        match (binding, arg) {
            (Arg::Value(value), Datum::Scalar(scalar)) => machine.values[value.0] = Some(*scalar),
            (Arg::Object(object), memory) => machine.objects[object.0] = Some(memory.clone()),
            (Arg::Value(_), _) => return Err("an aggregate stands for a scalar argument".into()),
        }
    }
    let written = program.results().filter_map(|output| match output {
        Output::Object(object) => Some(object),
        Output::Local(_) | Output::Value(_) => None,
    });
    for (object, memory) in written.zip(outputs) {
        machine.objects[object.0] = Some(memory);
    }
    machine.block(&program.body)?;
    let results = program.results().map(|output| match output {
        Output::Object(object) | Output::Local(object) => machine.memory(object).cloned(),
        Output::Value(value) => machine.get(value).map(Datum::Scalar),
    });
    results.collect()
}

struct Machine<'p> {
    program: &'p Program,
    environment: &'p Environment,
    values: Vec<Option<Scalar>>,
    objects: Vec<Option<Datum>>,
    kept: Vec<Datum>,
}

type Evaluated<T> = Result<T, String>;

impl Machine<'_> {
    fn get(&self, value: Value) -> Evaluated<Scalar> {
        self.values[value.0].ok_or_else(|| format!("%{} is read before it is defined", value.0))
    }

    fn real(&self, value: Value) -> Evaluated<f64> {
        match self.get(value)? {
            Scalar::Real(x) => Ok(x),
            other => Err(format!("%{} is {other:?}, not a real", value.0)),
        }
    }

    fn int(&self, value: Value) -> Evaluated<i128> {
        match self.get(value)? {
            Scalar::Int(n) => Ok(n),
            other => Err(format!("%{} is {other:?}, not an integer", value.0)),
        }
    }

    fn truth(&self, value: Value) -> Evaluated<bool> {
        match self.get(value)? {
            Scalar::Bool(b) => Ok(b),
            other => Err(format!("%{} is {other:?}, not a condition", value.0)),
        }
    }

    fn memory(&self, object: Obj) -> Evaluated<&Datum> {
        self.objects[object.0]
            .as_ref()
            .ok_or_else(|| format!("`{}` is not alive", self.program.objects[object.0].name))
    }

    fn indices(&self, place: &Place) -> Evaluated<Vec<(Option<usize>, String)>> {
        place
            .path
            .iter()
            .map(|proj| match proj {
                Proj::Index(value) => {
                    let n = self.int(*value)?;
                    Ok((Some(usize::try_from(n).map_err(|_| format!("index {n}"))?), String::new()))
                }
                Proj::Field(name) => Ok((None, name.clone())),
                Proj::Range(..) => Err("a part of an array is no value".into()),
                Proj::Matches(_) | Proj::Part(..) => Err("a pattern of a type that is not known".into()),
            })
            .collect()
    }

    fn at(&self, place: &Place) -> Evaluated<&Datum> {
        let mut memory = self.memory(place.object)?;
        for (index, field) in self.indices(place)? {
            memory = match (memory, index) {
                (Datum::Array(parts), Some(i)) => {
                    parts.get(i).ok_or(format!("index {i} of {}", parts.len()))?
                }
                (Datum::Fields(parts), None) => parts.get(&field).ok_or(format!("no field `{field}`"))?,
                _ => return Err("a path that does not fit".into()),
            };
        }
        Ok(memory)
    }

    fn at_mut(&mut self, place: &Place) -> Evaluated<&mut Datum> {
        let path = self.indices(place)?;
        let name = &self.program.objects[place.object.0].name;
        let mut memory =
            self.objects[place.object.0].as_mut().ok_or_else(|| format!("`{name}` is not alive"))?;
        for (index, field) in path {
            memory = match (memory, index) {
                (Datum::Array(parts), Some(i)) => {
                    let len = parts.len();
                    parts.get_mut(i).ok_or(format!("index {i} of {len}"))?
                }
                (Datum::Fields(parts), None) => parts.entry(field).or_insert(Datum::from(0.0)),
                _ => return Err("a path that does not fit".into()),
            };
        }
        Ok(memory)
    }

    fn length(&self, len: &Len) -> Evaluated<usize> {
        match len {
            Len::Lit(n) => Ok(*n),
            Len::Expr(tokens) => match self.constant(&tokens.to_string())? {
                Scalar::Int(n) => usize::try_from(n).map_err(|error| error.to_string()),
                other => Err(format!("the length {other:?}")),
            },
            Len::Inferred => Err("a length that only rustc knows".into()),
        }
    }

    fn constant(&self, path: &str) -> Evaluated<Scalar> {
        let name: String = path.split_whitespace().collect();
        match name.as_str() {
            "std::f64::consts::PI" | "PI" => Ok(Scalar::Real(std::f64::consts::PI)),
            "f64::EPSILON" => Ok(Scalar::Real(f64::EPSILON)),
            "f64::NAN" => Ok(Scalar::Real(f64::NAN)),
            "f64::NEG_INFINITY" => Ok(Scalar::Real(f64::NEG_INFINITY)),
            "f64::INFINITY" => Ok(Scalar::Real(f64::INFINITY)),
            name => self.environment.constants.get(name).copied().ok_or(format!("no constant `{name}`")),
        }
    }

    fn filled(&self, shape: &Shape, with: Scalar) -> Evaluated<Datum> {
        Ok(match shape {
            Shape::Scalar(_) | Shape::Unknown => Datum::Scalar(with),
            Shape::Array(inner, len) => Datum::Array(vec![self.filled(inner, with)?; self.length(len)?]),
            Shape::Struct(_) => Datum::Fields(BTreeMap::new()),
            Shape::Tuple(parts) => {
                let parts = parts.iter().enumerate();
                let parts = parts.map(|(n, part)| Ok((n.to_string(), self.filled(part, Self::zero(part))?)));
                Datum::Fields(parts.collect::<Evaluated<_>>()?)
            }
            Shape::Plain(_) => return Err("a value of a type that is not known".into()),
            Shape::Slice(_) => return Err("a slice has no length of its own".into()),
        })
    }

    fn zero(shape: &Shape) -> Scalar {
        match shape {
            Shape::Scalar(ScalarKind::Int) => Scalar::Int(0),
            Shape::Scalar(ScalarKind::Bool) => Scalar::Bool(false),
            Shape::Array(inner, _) | Shape::Slice(inner) => Self::zero(inner),
            _ => Scalar::Real(0.0),
        }
    }

    fn block(&mut self, block: &Block) -> Evaluated<()> {
        block.iter().try_for_each(|stmt| self.stmt(stmt))
    }

    fn stmt(&mut self, stmt: &Stmt) -> Evaluated<()> {
        match stmt {
            Stmt::Let(value, op) => self.values[value.0] = Some(self.op(*value, op)?),
            Stmt::Local(object, init) => {
                let shape = &self.program.objects[object.0].shape;
                let memory = match init {
                    Init::Zeros => self.filled(shape, Self::zero(shape))?,
                    Init::Filled(value) => self.filled(shape, self.get(*value)?)?,
                    Init::Elements(values) => {
                        let scalars = values.iter().map(|v| self.get(*v).map(Datum::Scalar));
                        Datum::Array(scalars.collect::<Evaluated<_>>()?)
                    }
                    Init::From(place) => self.at(place)?.clone(),
                    Init::ZerosAlong(place)
                        if let Shape::Array(inner, _) = shape
                            && let Datum::Array(parts) = self.at(place)?
                            && !matches!(**inner, Shape::Unknown) =>
                    {
                        let zero = self.filled(inner, Self::zero(inner))?;
                        let alike =
                            |part: &Datum| std::mem::discriminant(part) == std::mem::discriminant(&zero);
                        let scalar = matches!(zero, Datum::Scalar(_));
                        let zeros = parts.iter().map(|part| match part {
                            part if alike(part) && !scalar => {
                                let mut part = part.clone();
                                part.map(&mut |x| *x = 0.0);
                                part
                            }
                            _ => zero.clone(),
                        });
                        Datum::Array(zeros.collect())
                    }
                    Init::ZerosLike(place) | Init::ZerosAlong(place) => {
                        let mut zeros = self.at(place)?.clone();
                        zeros.map(&mut |x| *x = 0.0);
                        zeros
                    }
                };
                self.objects[object.0] = Some(memory);
            }
            Stmt::Store(place, value) => *self.at_mut(place)? = Datum::Scalar(self.get(*value)?),
            Stmt::Accumulate(place, value) => {
                let more = self.real(*value)?;
                self.at_mut(place)?.map(&mut |x| *x += more);
            }
            Stmt::Copy(to, from) => *self.at_mut(to)? = self.at(from)?.clone(),
            Stmt::AddAll(to, from) => {
                let mut more = self.at(from)?.reals().into_iter();
                self.at_mut(to)?.map(&mut |x| *x += more.next().unwrap_or(0.0));
            }
            Stmt::Assert(cond, text) => {
                if !self.truth(*cond)? {
                    return Err((*text).into());
                }
            }
            Stmt::Clear(place) => self.at_mut(place)?.map(&mut |x| *x = 0.0),
            Stmt::Push(value) => self.kept.push(Datum::Scalar(self.get(*value)?)),
            Stmt::Pop(value) => match self.kept.pop() {
                Some(Datum::Scalar(scalar)) => self.values[value.0] = Some(scalar),
                _ => return Err("nothing was kept".into()),
            },
            Stmt::PushAll(place) => self.kept.push(self.at(place)?.clone()),
            Stmt::PopAll(place) => *self.at_mut(place)? = self.kept.pop().ok_or("nothing was kept")?,
            Stmt::For(l) => {
                for carried in &l.carried {
                    self.values[carried.param.0] = Some(self.get(carried.init)?);
                }
                let range = self.int(l.start)?..self.int(l.end)?;
                let indices: Box<dyn Iterator<Item = i128>> =
                    if l.reversed { Box::new(range.rev()) } else { Box::new(range) };
                for index in indices {
                    self.values[l.index.0] = Some(Scalar::Int(index));
                    self.block(&l.body)?;
                    let next: Vec<Scalar> =
                        l.carried.iter().map(|c| self.get(c.next)).collect::<Evaluated<_>>()?;
                    let ends = match l.again {
                        Some(again) => !self.truth(again)?,
                        None => false,
                    };
                    for (carried, next) in l.carried.iter().zip(next) {
                        self.values[carried.param.0] = Some(next);
                    }
                    if ends {
                        break;
                    }
                }
                for carried in &l.carried {
                    self.values[carried.result.0] = Some(self.get(carried.param)?);
                }
            }
            Stmt::If(branch) => {
                let cond = self.truth(branch.cond)?;
                self.block(if cond { &branch.then } else { &branch.otherwise })?;
                for merge in &branch.merges {
                    let taken = if cond { merge.then } else { merge.otherwise };
                    self.values[merge.result.0] = Some(self.get(taken)?);
                }
            }
            Stmt::Call(call) => {
                if call.is_history() {
                    return self.past(call);
                }
                if call.form != Form::Primal {
                    return Err("derivative forms of calls have no meaning here".into());
                }
                let Callee::Helper(path, _) = &call.callee else {
                    return Err("a callee that is not known here".into());
                };
                let path: String = path.to_string().split_whitespace().collect();
                let helper = self.environment.helpers.get(&path).ok_or(format!("no helper `{path}`"))?;
                let args = call.args.iter().map(|arg| match arg {
                    CallArg::Value(value) => self.get(*value).map(Datum::Scalar),
                    CallArg::Place { place, .. } => self.at(place).cloned(),
                });
                let args = args.collect::<Evaluated<Vec<_>>>()?;
                let result = run(helper, &args, None, self.environment)?;
                match (call.result, result) {
                    (CallResult::Value(value), Datum::Scalar(scalar)) => self.values[value.0] = Some(scalar),
                    (CallResult::Object(object), memory) => self.objects[object.0] = Some(memory),
                    _ => return Err(format!("`{path}` returns an aggregate")),
                }
            }
        }
        Ok(())
    }
}
