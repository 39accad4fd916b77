//! What is known to lie in memory at a point of the program, so that a read need not be made.

use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::Value;
use crate::ir::dense::DenseMap;

/// A step into an aggregate, as far as it can be told apart from another one.
#[derive(Clone, PartialEq)]
enum Selector {
    Literal(i128),
    Computed(Value),
    Field(String),
}

/// Places whose content is a value at hand.
#[derive(Clone, Default)]
pub(super) struct AvailableLoads {
    known: Vec<(Obj, Vec<Selector>, Value)>,
}

fn selectors(place: &Place, ops: &DenseMap<Value, Op>) -> Vec<Selector> {
    place
        .path
        .iter()
        .map(|proj| match proj {
            Proj::Field(name) => Selector::Field(name.clone()),
            Proj::Matches(pattern) => Selector::Field(format!("is {pattern}")),
            Proj::Part(pattern, name) => Selector::Field(format!("as {pattern}.{name}")),
            Proj::Range(v, _) => Selector::Computed(*v),
            Proj::Index(v) => match ops.get(*v) {
                Some(Op::Int(n)) => Selector::Literal(*n),
                _ => Selector::Computed(*v),
            },
        })
        .collect()
}

/// Whether two paths into the same object cannot meet.
fn apart(a: &[Selector], b: &[Selector]) -> bool {
    a.iter().zip(b).any(|pair| match pair {
        (Selector::Literal(x), Selector::Literal(y)) => x != y,
        (Selector::Field(x), Selector::Field(y)) => x != y,
        _ => false,
    })
}

impl AvailableLoads {
    /// The value that lies at a place, if it is known.
    pub fn at(&self, place: &Place, ops: &DenseMap<Value, Op>) -> Option<Value> {
        let path = selectors(place, ops);
        self.known.iter().find(|(o, p, _)| *o == place.object && *p == path).map(|(.., v)| *v)
    }

    /// From here on the value lies at the place.
    pub fn remember(&mut self, place: &Place, v: Value, ops: &DenseMap<Value, Op>) {
        self.known.push((place.object, selectors(place, ops), v));
    }

    /// The place is written; what it may overlap is no longer known.
    pub fn forget(&mut self, place: &Place, ops: &DenseMap<Value, Op>) {
        let path = selectors(place, ops);
        self.known.retain(|(o, p, _)| *o != place.object || apart(p, &path));
    }

    /// Some of the object may be written.
    pub fn forget_all(&mut self, object: Obj) {
        self.known.retain(|(o, ..)| *o != object);
    }
}
