//! A program's source as syntax: its models, what their arguments are made of, and the same functions without macros.

use proc_macro2::TokenStream;
use quote::ToTokens;
use std::collections::BTreeMap;
use syn::Expr;
use syn::FnArg;
use syn::Item;
use syn::ItemFn;
use syn::Lit;
use syn::Pat;
use syn::Type;
use syn::visit_mut::VisitMut;

/// What an argument is made of.
#[derive(Debug, Clone, PartialEq)]
enum Shape {
    Real,
    Array(Box<Shape>, usize),
    Slice(usize),
    Struct(String, Vec<(String, Shape)>),
    /// `random_programs::Learned`.
    Learned,
}

/// An argument after the derivative.
#[derive(Debug, Clone)]
struct Argument {
    shape: Shape,
    by_reference: bool,
}

/// The noise of a stochastic equation.
#[derive(Debug, Clone)]
enum Noise {
    Of(Shape),
    /// As many rows as the state has components: how many these are, and how long a row is.
    Rows(usize, usize),
}

/// An `#[ode]`, `#[sde]` or `#[dde]` function.
#[derive(Debug, Clone)]
pub struct Model {
    name: String,
    noise: Option<Noise>,
    /// A delayed equation: the type of its state as it is written.
    late: Option<String>,
    in_place: bool,
    state: Argument,
    parameters: Option<Argument>,
    time: bool,
    /// What stands for the const generics in a call.
    generics: String,
}

/// A parsed program.
#[derive(Debug, Clone)]
pub struct Source {
    /// All items.
    pub file: syn::File,
    /// Its models.
    pub models: Vec<Model>,
}

impl Source {
    /// Reads a program; `open` are the lengths of what its source leaves open.
    ///
    /// # Errors
    /// Where it is no Rust, or a model's signature is none.
    pub fn parse(text: &str, open: [usize; 2]) -> Result<Self, String> {
        let file = syn::parse_file(text).map_err(|error| {
            let at = error.span().start();
            format!(
                "line {}: {error}: {}",
                at.line,
                text.lines().nth(at.line.saturating_sub(1)).unwrap_or("")
            )
        })?;
        let models = models(&file, open)?;
        Ok(Self { file, models })
    }

    /// The source, formatted.
    pub fn text(&self) -> String {
        prettyplease::unparse(&self.file)
    }

    /// What the macros say to it, without rustc: the messages by which they refuse a function.
    pub fn refusals(&self) -> Vec<String> {
        let mut messages = Vec::new();
        for item in &self.file.items {
            let Item::Fn(function) = item else { continue };
            let item = without_attributes(function).into_token_stream();
            let written = if has(function, "ode") {
                diffeq_compiler::macros::ode(TokenStream::new(), item)
            } else if let Some(attribute) = attribute(function, "sde") {
                let options = match &attribute.meta {
                    syn::Meta::List(list) => list.tokens.clone(),
                    _ => TokenStream::new(),
                };
                diffeq_compiler::macros::sde(options, item)
            } else if has(function, "dde") {
                diffeq_compiler::macros::dde(TokenStream::new(), item)
            } else if has(function, "differentiable") {
                diffeq_compiler::macros::differentiable(TokenStream::new(), item)
            } else {
                continue;
            };
            collect_errors(written, &mut messages);
        }
        messages
    }

    /// The items without macros, and for each model `value_<name>(u, p, t)` over flat numbers.
    pub fn plain(&self) -> String {
        let mut file = self.file.clone();
        for item in &mut file.items {
            match item {
                Item::Fn(function) => {
                    let is_late = looks_back(function);
                    *function = without_attributes(function);
                    if is_late {
                        Asked.visit_item_fn_mut(function);
                    }
                }
                Item::Struct(item) => {
                    item.attrs.clear();
                    item.attrs.push(syn::parse_quote!(#[derive(Clone, Copy)]));
                }
                _ => {}
            }
        }
        let mut text = prettyplease::unparse(&file);
        for model in &self.models {
            text += &model.plain();
        }
        text
    }

    /// The checks of its models, as code: `module` is the program's, `values` leaves the derivatives out.
    pub fn checks(&self, module: &str, seed: u64, values: bool) -> String {
        let mut text = String::new();
        for model in &self.models {
            let Model { name, generics, .. } = model;
            let zeros = |argument: Option<&Argument>, zero: &str| match argument {
                // A model without parameters has none of them.
                None => format!("[{zero}; 0]"),
                Some(argument) => argument.shape.zeros(zero, module),
            };
            let (state, parameters) = (Some(&model.state), model.parameters.as_ref());
            let real = format!("{}, {}", zeros(state, "0.0"), zeros(parameters, "0.0"));
            let dual = "Dual::new(0.0, [0.0])";
            if model.noise.is_some() || model.late.is_some() {
                let kind = match (&model.late, &model.noise) {
                    (Some(_), Some(_)) => "late_stochastic",
                    (Some(_), None) => "late",
                    _ => "stochastic",
                };
                let (check, duals) = match values {
                    true => (format!("{kind}_values"), String::new()),
                    false => {
                        (kind.into(), format!("({}, {}), ", zeros(state, dual), zeros(parameters, dual)))
                    }
                };
                text += &format!(
                    "    random_programs::{check}(\"{module}\", {module}::{name}{generics}, ({real}), {duals}\
                     &{module}::plain::value_{name}, {seed});\n"
                );
                continue;
            }
            let subject = if values {
                format!("random_programs::Values {{ f: {module}::{name}{generics}, shapes: ({real}) }}")
            } else {
                format!(
                    "random_programs::Derived {{ f: {module}::{name}{generics}, shapes: ({real}), duals: ({}, {}) }}",
                    zeros(state, dual),
                    zeros(parameters, dual)
                )
            };
            text += &format!(
                "    random_programs::report(\"{module}\", &{subject}, &{module}::plain::value_{name}, {seed});\n"
            );
        }
        text
    }
}

fn has(function: &ItemFn, name: &str) -> bool {
    attribute(function, name).is_some()
}

/// Whether it takes a history.
fn looks_back(function: &ItemFn) -> bool {
    let inputs = &function.sig.inputs;
    inputs.iter().any(|input| matches!(input, FnArg::Typed(input) if history(&input.ty).is_some()))
}

fn attribute<'a>(function: &'a ItemFn, name: &str) -> Option<&'a syn::Attribute> {
    function.attrs.iter().find(|attr| attr.path().is_ident(name))
}

fn without_attributes(function: &ItemFn) -> ItemFn {
    let mut function = function.clone();
    let ours = ["ode", "sde", "dde", "differentiable"];
    function.attrs.retain(|attr| !ours.iter().any(|name| attr.path().is_ident(name)));
    function
}

/// Writes `h.at(x)` for `h(x)`, as the attribute does.
struct Asked;

impl VisitMut for Asked {
    fn visit_expr_mut(&mut self, e: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, e);
        if let Expr::Call(call) = e
            && matches!(&*call.func, Expr::Path(path) if path.path.is_ident("h"))
        {
            let arguments = &call.args;
            *e = syn::parse_quote!(h.at(#arguments));
        }
    }
}

/// The texts of `compile_error!("..")`.
fn collect_errors(tokens: TokenStream, messages: &mut Vec<String>) {
    let mut after_error = false;
    for token in tokens {
        match token {
            proc_macro2::TokenTree::Ident(ident) if ident == "compile_error" => after_error = true,
            proc_macro2::TokenTree::Punct(_) => {}
            proc_macro2::TokenTree::Group(group) if after_error => {
                after_error = false;
                if let Ok(text) = syn::parse2::<syn::LitStr>(group.stream()) {
                    messages.push(text.value());
                }
            }
            proc_macro2::TokenTree::Group(group) => collect_errors(group.stream(), messages),
            _ => after_error = false,
        }
    }
}

fn models(file: &syn::File, open: [usize; 2]) -> Result<Vec<Model>, String> {
    let mut names = Names { structs: BTreeMap::new(), lengths: BTreeMap::new() };
    for item in &file.items {
        match item {
            Item::Struct(item) => {
                let fields =
                    item.fields.iter().filter_map(|f| Some((f.ident.clone()?.to_string(), f.ty.clone())));
                names.structs.insert(item.ident.to_string(), fields.collect());
            }
            Item::Const(item) => {
                if let Expr::Lit(lit) = &*item.expr
                    && let Lit::Int(n) = &lit.lit
                    && let Ok(n) = n.base10_parse()
                {
                    names.lengths.insert(item.ident.to_string(), n);
                }
            }
            _ => {}
        }
    }
    let mut models = Vec::new();
    for item in &file.items {
        let Item::Fn(function) = item else { continue };
        if ["ode", "sde", "dde"].iter().any(|name| has(function, name)) {
            models.push(names.model(function, open)?);
        }
    }
    Ok(models)
}

/// Of what a history is one: `S` of `&impl History<S>`.
fn history(ty: &Type) -> Option<String> {
    let Type::Reference(reference) = ty else { return None };
    let Type::ImplTrait(bounds) = &*reference.elem else { return None };
    let Some(syn::TypeParamBound::Trait(bound)) = bounds.bounds.first() else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &bound.path.segments.last()?.arguments else {
        return None;
    };
    Some(arguments.args.to_token_stream().to_string())
}

struct Names {
    structs: BTreeMap<String, Vec<(String, Type)>>,
    lengths: BTreeMap<String, usize>,
}

impl Names {
    fn model(&mut self, function: &ItemFn, open: [usize; 2]) -> Result<Model, String> {
        let mut generics = Vec::new();
        for param in &function.sig.generics.params {
            if let syn::GenericParam::Const(param) = param {
                self.lengths.insert(param.ident.to_string(), open[0]);
                generics.push(open[0].to_string());
            }
        }
        let generics =
            if generics.is_empty() { String::new() } else { format!("::<{}>", generics.join(", ")) };
        let mut arguments: Vec<(Argument, bool, bool)> = Vec::new();
        let mut lengths = open.into_iter();
        let mut noise = match (&function.sig.output, has(function, "sde")) {
            (syn::ReturnType::Type(_, ty), true) => match &**ty {
                Type::Tuple(tuple) => Some(self.noise(tuple.elems.last().ok_or("an empty tuple")?, open[0])?),
                _ => return Err("one result of two".into()),
            },
            _ => None,
        };
        let mut late = None;
        for (k, input) in function.sig.inputs.iter().enumerate() {
            let FnArg::Typed(input) = input else { return Err("a receiver".into()) };
            if let Some(state) = history(&input.ty) {
                late = Some(state);
                continue;
            }
            if let (1, Type::Reference(r)) = (k, &*input.ty)
                && r.mutability.is_some()
            {
                noise = Some(self.noise(&r.elem, open[0])?);
                continue;
            }
            let (ty, by_reference, mutable) = match &*input.ty {
                Type::Reference(r) => (&*r.elem, true, r.mutability.is_some()),
                ty => (ty, false, false),
            };
            let open = if mutable { open[0] } else { lengths.next().unwrap_or(0) };
            let shape = self.shape(ty, open)?;
            let called_time = match &*input.pat {
                Pat::Ident(name) => {
                    ["t", "time", ""].contains(&name.ident.to_string().trim_start_matches('_'))
                }
                _ => false,
            };
            let time = shape == Shape::Real && !by_reference && called_time;
            arguments.push((Argument { shape, by_reference }, mutable, time));
        }
        let in_place = arguments.first().is_some_and(|(_, mutable, _)| *mutable);
        let mut rest = arguments.into_iter().skip(usize::from(in_place));
        let Some((state, ..)) = rest.next() else { return Err("a model without a state".into()) };
        let rest: Vec<_> = rest.collect();
        let time = rest.len() == 2 || rest.last().is_some_and(|(_, _, time)| *time);
        let parameters = match (rest.len(), time) {
            (0, _) | (1, true) => None,
            _ => rest.into_iter().next().map(|(argument, ..)| argument),
        };
        Ok(Model {
            name: function.sig.ident.to_string(),
            noise,
            late,
            in_place,
            state,
            parameters,
            time,
            generics,
        })
    }

    fn noise(&self, ty: &Type, open: usize) -> Result<Noise, String> {
        match ty {
            Type::Slice(slice) => match self.shape(&slice.elem, open)? {
                Shape::Array(_, width) => Ok(Noise::Rows(open, width)),
                _ => Ok(Noise::Of(Shape::Slice(open))),
            },
            ty => self.shape(ty, open).map(Noise::Of),
        }
    }

    fn shape(&self, ty: &Type, open: usize) -> Result<Shape, String> {
        match ty {
            Type::Array(array) => {
                let n = match &array.len {
                    Expr::Lit(lit) => match &lit.lit {
                        Lit::Int(n) => n.base10_parse().map_err(|e| e.to_string())?,
                        _ => return Err("a length that is no integer".into()),
                    },
                    Expr::Path(path) => {
                        let name = path.to_token_stream().to_string();
                        *self.lengths.get(&name).ok_or(format!("the length `{name}`"))?
                    }
                    other => return Err(format!("the length `{}`", other.to_token_stream())),
                };
                Ok(Shape::Array(Box::new(self.shape(&array.elem, open)?), n))
            }
            Type::Slice(_) => Ok(Shape::Slice(open)),
            Type::Path(path) => {
                let name = path.to_token_stream().to_string();
                match name.as_str() {
                    "f64" => Ok(Shape::Real),
                    "Learned" => Ok(Shape::Learned),
                    _ => {
                        let fields = self.structs.get(&name).ok_or(format!("the type `{name}`"))?;
                        let fields =
                            fields.iter().map(|(field, ty)| Ok((field.clone(), self.shape(ty, open)?)));
                        Ok(Shape::Struct(name.clone(), fields.collect::<Result<_, String>>()?))
                    }
                }
            }
            other => Err(format!("the type `{}`", other.to_token_stream())),
        }
    }
}

impl Model {
    /// `value_<name>(u, p, t)`.
    fn plain(&self) -> String {
        let Model { name, noise, late, in_place, state, parameters, time, generics } = self;
        let given = |argument: &Argument, name: &str| match argument.shape {
            Shape::Slice(_) => format!("&{name}"),
            _ if argument.by_reference => format!("&{name}"),
            _ => name.to_string(),
        };
        let mut arguments = Vec::new();
        let mut lines = String::new();
        if *in_place {
            arguments.push("&mut du".to_string());
            lines += "let zeros = [0.0; 64];\n";
            let memory = |shape: &Shape| match shape {
                Shape::Slice(n) => format!("vec![0.0; {n}]"),
                shape => shape.built("zeros", &mut 0),
            };
            lines += &format!("let mut du = {};\n", memory(&state.shape));
            if let Some(noise) = noise {
                arguments.push("&mut noise".into());
                let memory = match noise {
                    Noise::Of(shape) => memory(shape),
                    Noise::Rows(n, m) => format!("vec![[0.0; {m}]; {n}]"),
                };
                lines += &format!("let mut noise = {memory};\n");
            }
        }
        lines += &format!("let u = {};\n", state.shape.built("u", &mut 0));
        arguments.push(given(state, "u"));
        let (mut past, mut moves) = (String::new(), "");
        if let Some(state_type) = late {
            moves = ", moves: bool";
            arguments.push(format!("&Past_{name} {{ u: &present, moves }}"));
            lines += "let present = u_flat.to_vec();\n";
            let of = |order: usize| {
                format!(
                    "let u = random_programs::earlier(self.u, self.moves, t, {order});\n{}",
                    state.shape.built("u", &mut 0)
                )
            };
            past = format!(
                "struct Past_{name}<'a> {{ u: &'a [f64], moves: bool }}\n\
                 impl History<{state_type}> for Past_{name}<'_> {{\n\
                 fn at(&self, t: f64) -> {state_type} {{ {} }}\n\
                 fn derivative(&self, t: f64) -> {state_type} {{ {} }}\n}}\n",
                of(0),
                of(1)
            );
        }
        if let Some(parameters) = parameters {
            lines += &format!("let p = {};\n", parameters.shape.built("p", &mut 0));
            arguments.push(given(parameters, "p"));
        }
        if *time {
            arguments.push("t".into());
        }
        let call = format!("{name}{generics}({})", arguments.join(", "));
        let read = |shape: &Shape, name: &str| match shape {
            Shape::Slice(_) => name.to_string(),
            shape => {
                let mut reads = Vec::new();
                shape.reads(name, &mut reads);
                format!("vec![{}]", reads.join(", "))
            }
        };
        let result = match noise {
            None => read(&state.shape, "du"),
            Some(Noise::Of(shape)) => {
                format!("[{}, {}].concat()", read(&state.shape, "du"), read(shape, "noise"))
            }
            Some(Noise::Rows(..)) => format!("[{}, noise.concat()].concat()", read(&state.shape, "du")),
        };
        let call = match (in_place, noise) {
            (true, _) => format!("{call};"),
            (false, None) => format!("let du = {call};"),
            (false, Some(_)) => format!("let (du, noise) = {call};"),
        };
        format!(
            "\n{past}pub fn value_{name}(u: &[f64], p: &[f64], t: f64{moves}) -> Vec<f64> {{\nlet u_flat = \
             u;\n{lines}{call}\n{result}\n}}\n"
        )
    }
}

impl Shape {
    /// The value, from flat numbers.
    fn built(&self, from: &str, k: &mut usize) -> String {
        match self {
            Shape::Real => {
                *k += 1;
                format!("{from}[{}]", *k - 1)
            }
            Shape::Array(inner, n) => {
                let elements: Vec<String> = (0..*n).map(|_| inner.built(from, k)).collect();
                format!("[{}]", elements.join(", "))
            }
            Shape::Slice(_) => format!("{from}.to_vec()"),
            Shape::Struct(name, fields) => {
                let fields: Vec<String> = fields
                    .iter()
                    .map(|(field, shape)| format!("{field}: {}", shape.built(from, k)))
                    .collect();
                format!("{name} {{ {} }}", fields.join(", "))
            }
            Shape::Learned => format!("random_programs::learned({from})"),
        }
    }

    /// The numbers of a value in order.
    fn reads(&self, place: &str, out: &mut Vec<String>) {
        match self {
            Shape::Array(inner, n) => (0..*n).for_each(|i| inner.reads(&format!("{place}[{i}]"), out)),
            Shape::Struct(_, fields) => {
                fields.iter().for_each(|(field, shape)| shape.reads(&format!("{place}.{field}"), out));
            }
            _ => out.push(place.to_string()),
        }
    }

    /// A value of zeros over some scalar.
    fn zeros(&self, zero: &str, module: &str) -> String {
        match self {
            Shape::Real => zero.into(),
            Shape::Array(inner, n) => format!("[{}; {n}]", inner.zeros(zero, module)),
            Shape::Slice(n) => format!("vec![{zero}; {n}]"),
            Shape::Struct(name, _) => format!("{module}::{name}Of::default()"),
            Shape::Learned => "random_programs::LearnedOf::default()".into(),
        }
    }
}
