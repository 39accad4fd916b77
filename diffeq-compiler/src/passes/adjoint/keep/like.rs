//! Memory of the same type as other memory whose type is not written down.
//!
//! What comes back from the workspace comes to memory that the reverse sweep makes. rustc finds its type where something
//! says that it is that of an argument, of a field of one, or of a struct: what the forward sweep made it of.

use rustc_hash::FxHashSet as HashSet;

use super::Keep;
use crate::ir::Block;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;

impl Keep {
    /// Zeros of the shape of `o`, by what it was made of, as far as that is in scope wherever the reverse sweep is.
    pub fn like(&self, o: Obj) -> Option<Init> {
        let Stmt::Local(_, Init::From(p) | Init::ZerosLike(p) | Init::ZerosAlong(p)) = self.births.get(&o)?
        else {
            return None;
        };
        if self.outermost.contains(&p.object) {
            return Some(zeros(p.clone(), self.is_along(o)));
        }
        // the elements of what is only as long as something else are of another shape
        if self.is_along(p.object) && !p.path.is_empty() {
            return None;
        }
        let (mut place, along) = place_of(self.like(p.object)?)?;
        place.path.extend(p.path.iter().cloned());
        Some(zeros(place, along || self.is_along(o)))
    }

    /// Whether memory is only as long as something else.
    fn is_along(&self, o: Obj) -> bool {
        matches!(self.births.get(&o), Some(Stmt::Local(_, Init::ZerosAlong(_))))
    }

    /// Memory in the shape of `o` for the reverse sweep.
    pub(super) fn twin(&self, program: &mut Program, o: Obj, out: &mut Block) -> Obj {
        let mut object = program.objects[o.0].clone();
        object.read_only = false;
        let shape = object.shape.clone();
        let whole = match shape {
            Shape::Unknown | Shape::Array(_, Len::Inferred) => {
                let like = self.like(o).or_else(|| self.origin(&Place::whole(o), &mut HashSet::default()));
                let like = like.and_then(place_of);
                like.map(|(place, along)| zeros(self.at_hand_anywhere(program, place, out), along))
            }
            _ => None,
        };
        let element = match &shape {
            Shape::Array(inner, Len::Lit(1..)) if matches!(**inner, Shape::Unknown) => {
                let place = self.origin_of_element(o);
                place.map(|place| self.at_hand_anywhere(program, place, out))
            }
            _ => None,
        };
        program.objects.push(object);
        let twin = Obj(program.objects.len() - 1);
        out.push(Stmt::Local(twin, whole.unwrap_or(Init::Zeros)));
        if let Some(element) = element {
            let zero = first(program, out);
            out.push(Stmt::Copy(Place::whole(twin).index(zero), element));
        }
        twin
    }

    /// Zeros of the type of this place, by memory that is in scope wherever the reverse sweep is, or is of a type that is
    /// written down: what it was made of, or what is copied to it.
    fn origin(&self, place: &Place, seen: &mut HashSet<Obj>) -> Option<Init> {
        let o = place.object;
        if self.outermost.contains(&o) || is_struct(&self.shapes[o.0]) {
            return Some(Init::ZerosLike(place.clone()));
        }
        if !seen.insert(o) {
            return None;
        }
        let followed = |to: &Place, from: &Place, seen: &mut HashSet<Obj>| {
            let rest = rest(to, place)?;
            let mut from = from.clone();
            from.path.extend(rest.iter().cloned());
            self.origin(&from, seen)
        };
        let born = match self.births.get(&o) {
            Some(Stmt::Local(_, Init::From(p) | Init::ZerosLike(p))) => followed(&Place::whole(o), p, seen),
            // Its elements may be others.
            Some(Stmt::Local(_, Init::ZerosAlong(p))) if place.path.is_empty() => {
                let (place, _) = place_of(followed(&Place::whole(o), p, seen)?)?;
                Some(zeros(place, true))
            }
            _ => None,
        };
        born.or_else(|| self.copies.get(&o)?.iter().find_map(|(to, from)| followed(to, from, seen)))
    }

    /// The same of the elements of an array.
    fn origin_of_element(&self, o: Obj) -> Option<Place> {
        let copies = self.copies.get(&o)?;
        let mut elements = copies.iter().filter(|(to, _)| matches!(to.path.as_slice(), [Proj::Index(_)]));
        elements.find_map(|(_, from)| match self.origin(from, &mut HashSet::from_iter([o]))? {
            Init::ZerosLike(place) => Some(place),
            _ => None,
        })
    }

    /// A place of this type that can be named anywhere: the integers that found it need not be there.
    fn at_hand_anywhere(&self, program: &mut Program, mut place: Place, out: &mut Block) -> Place {
        for step in &mut place.path {
            if let Proj::Index(at) = step
                && !self.outer_values.contains(at)
            {
                *step = Proj::Index(first(program, out));
            }
        }
        if self.outermost.contains(&place.object) {
            return place;
        }
        let mut object = program.objects[place.object.0].clone();
        object.read_only = false;
        program.objects.push(object);
        let like = Obj(program.objects.len() - 1);
        out.push(Stmt::Local(like, Init::Zeros));
        place.of(like)
    }
}

/// Zeros of the type of a place, or only as many as are there.
fn zeros(place: Place, along: bool) -> Init {
    if along { Init::ZerosAlong(place) } else { Init::ZerosLike(place) }
}

/// The place by which such zeros are made, and whether they are only as many.
fn place_of(zeros: Init) -> Option<(Place, bool)> {
    match zeros {
        Init::ZerosLike(place) => Some((place, false)),
        Init::ZerosAlong(place) => Some((place, true)),
        Init::Zeros | Init::Filled(_) | Init::Elements(_) | Init::From(_) => None,
    }
}

/// The index of the first element.
fn first(program: &mut Program, out: &mut Block) -> crate::ir::Value {
    let zero = program.define(out, ScalarKind::Int, Op::Int(0));
    program.values[zero.0].int_type = Some("usize".into());
    zero
}

/// What is left of a place after the steps of another one, all of whose elements are of one type.
fn rest<'p>(start: &Place, place: &'p Place) -> Option<&'p [Proj]> {
    let same = |a: &Proj, b: &Proj| match (a, b) {
        (Proj::Index(_), Proj::Index(_)) => true,
        (Proj::Field(a), Proj::Field(b)) => a == b,
        _ => false,
    };
    let starts =
        start.path.len() <= place.path.len() && start.path.iter().zip(&place.path).all(|(a, b)| same(a, b));
    starts.then(|| &place.path[start.path.len()..])
}

fn is_struct(shape: &Shape) -> bool {
    match shape {
        Shape::Struct(_) => true,
        Shape::Array(inner, len) => !matches!(len, Len::Inferred) && is_struct(inner),
        _ => false,
    }
}
