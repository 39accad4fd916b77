//! Fresh values and memory, and statements made of them.

use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::quote;

use super::Arg;
use super::Block;
use super::Len;
use super::Obj;
use super::Object;
use super::Op;
use super::Output;
use super::Place;
use super::Program;
use super::Proj;
use super::ScalarKind;
use super::Shape;
use super::Stmt;
use super::Value;
use super::ValueInfo;
use crate::rules::Prim;

impl Op {
    /// `v as ty`
    pub fn cast(v: Value, ty: &str) -> Op {
        Op::Cast(v, ty.parse().unwrap_or_default())
    }
}

impl Output {
    /// The memory that it is.
    pub fn object(self) -> Option<Obj> {
        match self {
            Output::Object(o) | Output::Local(o) => Some(o),
            Output::Value(_) => None,
        }
    }

    /// The scalar that it is.
    pub fn value(self) -> Option<Value> {
        match self {
            Output::Value(v) => Some(v),
            Output::Object(_) | Output::Local(_) => None,
        }
    }

    /// It as what an argument is bound to.
    pub fn arg(self) -> Arg {
        match self {
            Output::Object(o) | Output::Local(o) => Arg::Object(o),
            Output::Value(v) => Arg::Value(v),
        }
    }
}

impl Len {
    /// An integer constant of another type as a length.
    pub fn cast(path: &TokenStream) -> Len {
        Len::Expr(quote!(#path as usize))
    }
}

impl Program {
    /// An empty program; arguments, output and body come later.
    pub fn new(name: impl Into<String>) -> Self {
        Program {
            name: name.into(),
            args: Vec::new(),
            outputs: Vec::new(),
            output_dots: Vec::new(),
            objects: Vec::new(),
            values: Vec::new(),
            alike: Vec::new(),
            doubles: false,
            bound: Default::default(),
            items: TokenStream::new(),
            cloned: Vec::new(),
            body: Vec::new(),
        }
    }

    /// The result of a function that has one.
    pub fn output(&self) -> Option<Output> {
        match self.outputs[..] {
            [output] => Some(output),
            _ => None,
        }
    }

    /// All that it hands to its caller: the results, then their tangents.
    pub fn results(&self) -> impl Iterator<Item = Output> + '_ {
        self.outputs.iter().copied().chain(self.output_dots.iter().copied().flatten())
    }

    /// The same to be replaced.
    pub fn results_mut(&mut self) -> impl Iterator<Item = &mut Output> {
        self.outputs.iter_mut().chain(self.output_dots.iter_mut().flatten())
    }

    /// A program that computes values and tangents, of which nobody asks for the values.
    pub fn tangents_alone(mut self) -> Program {
        self.outputs = std::mem::take(&mut self.output_dots).into_iter().flatten().collect();
        self
    }

    /// A new scalar.
    pub fn value(&mut self, kind: ScalarKind, name: Option<String>, span: Span) -> Value {
        self.values.push(ValueInfo { kind, name, span, int_type: None });
        Value(self.values.len() - 1)
    }

    /// A new scalar without a name.
    pub fn fresh(&mut self, kind: ScalarKind) -> Value {
        self.value(kind, None, Span::call_site())
    }

    /// New memory.
    pub fn object(&mut self, name: impl Into<String>, shape: Shape, span: Span) -> Obj {
        self.objects.push(Object {
            name: name.into(),
            span,
            shape,
            by_ref: false,
            read_only: false,
            int_type: None,
            part_types: Vec::new(),
            constant: None,
        });
        Obj(self.objects.len() - 1)
    }

    /// The memory of a constant outside the function, the same for every use of its path.
    pub fn constant(&mut self, path: &TokenStream, span: Span) -> Obj {
        let text = path.to_string();
        let known = self
            .objects
            .iter()
            .position(|object| object.constant.as_ref().is_some_and(|constant| constant.to_string() == text));
        if let Some(known) = known {
            return Obj(known);
        }
        let mut name: String = text.chars().map(|c| if c.is_alphanumeric() { c } else { '_' }).collect();
        name = name.split('_').filter(|word| !word.is_empty()).collect::<Vec<_>>().join("_").to_lowercase();
        if !name.starts_with(char::is_alphabetic) {
            name = format!("constant_{name}");
        }
        let object = self.object(name, Shape::Unknown, span);
        self.objects[object.0].read_only = true;
        self.objects[object.0].constant = Some(path.clone());
        object
    }

    /// Defines a new scalar without a name at the end of a block.
    pub fn define(&mut self, block: &mut Block, kind: ScalarKind, op: Op) -> Value {
        let value = self.fresh(kind);
        block.push(Stmt::Let(value, op));
        value
    }

    /// Defines the value of an elementary function at the end of a block.
    pub fn prim(&mut self, block: &mut Block, prim: Prim, args: &[Value]) -> Value {
        self.define(block, ScalarKind::Real, Op::Prim(prim, args.to_vec()))
    }

    /// The shape of a place, as far as it is written down.
    pub fn shape_at(&self, place: &Place) -> Option<&Shape> {
        let mut shape = &self.objects[place.object.0].shape;
        for proj in &place.path {
            shape = match (proj, shape) {
                (Proj::Index(_), Shape::Array(inner, _) | Shape::Slice(inner)) => inner,
                (Proj::Field(name), Shape::Tuple(parts)) => parts.get(name.parse::<usize>().ok()?)?,
                _ => return None,
            };
        }
        Some(shape)
    }

    /// Whether integers or conditions alone lie at a place.
    pub fn is_discrete(&self, place: &Place) -> bool {
        let whole = place.part_of().map(|(whole, _)| whole);
        self.shape_at(whole.as_ref().unwrap_or(place)).is_some_and(Shape::is_discrete)
    }

    /// What is known of a scalar.
    pub fn info(&self, value: Value) -> &ValueInfo {
        &self.values[value.0]
    }

    /// The kind of a scalar.
    pub fn kind(&self, value: Value) -> ScalarKind {
        self.values[value.0].kind
    }
}

impl Place {
    /// The whole of an object.
    pub fn whole(object: Obj) -> Self {
        Place { object, path: Vec::new() }
    }

    /// The same place in another object of the same shape.
    pub fn of(&self, object: Obj) -> Self {
        Place { object, path: self.path.clone() }
    }

    /// An element of this place.
    pub fn index(mut self, index: Value) -> Self {
        self.path.push(Proj::Index(index));
        self
    }
}
