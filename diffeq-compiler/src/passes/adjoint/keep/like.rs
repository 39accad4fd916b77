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
    /// What `o` was made of, as far as that is in scope wherever the reverse sweep is: it has the same shape.
    pub fn like(&self, o: Obj) -> Option<Place> {
        let Stmt::Local(_, Init::From(p) | Init::ZerosLike(p)) = self.births.get(&o)? else { return None };
        if self.outermost.contains(&p.object) {
            return Some(p.clone());
        }
        // the elements of what is only as long as something else are of another shape
        if matches!(self.births.get(&p.object), Some(Stmt::Local(_, Init::ZerosLike(_))))
            && !p.path.is_empty()
        {
            return None;
        }
        let mut place = self.like(p.object)?;
        place.path.extend(p.path.iter().cloned());
        Some(place)
    }

    /// Memory in the shape of `o` for the reverse sweep.
    pub(super) fn twin(&self, program: &mut Program, o: Obj, out: &mut Block) -> Obj {
        let mut object = program.objects[o.0].clone();
        object.read_only = false;
        let shape = object.shape.clone();
        let whole = match shape {
            Shape::Unknown | Shape::Array(_, Len::Inferred) => {
                let place = self.like(o).or_else(|| self.origin(&Place::whole(o), &mut HashSet::default()));
                place.map(|place| self.at_hand_anywhere(program, place, out))
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
        out.push(Stmt::Local(twin, whole.map_or(Init::Zeros, Init::ZerosLike)));
        if let Some(element) = element {
            let zero = first(program, out);
            out.push(Stmt::Copy(Place::whole(twin).index(zero), element));
        }
        twin
    }

    /// A place of the type of this one whose memory is in scope wherever the reverse sweep is, or is of a type that is
    /// written down: what it was made of, or what is copied to it.
    fn origin(&self, place: &Place, seen: &mut HashSet<Obj>) -> Option<Place> {
        let o = place.object;
        if self.outermost.contains(&o) || is_struct(&self.shapes[o.0]) {
            return Some(place.clone());
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
            Some(Stmt::Local(_, Init::From(p))) => followed(&Place::whole(o), p, seen),
            // Its elements may be others.
            Some(Stmt::Local(_, Init::ZerosLike(p))) if place.path.is_empty() => {
                followed(&Place::whole(o), p, seen)
            }
            _ => None,
        };
        born.or_else(|| self.copies.get(&o)?.iter().find_map(|(to, from)| followed(to, from, seen)))
    }

    /// The same of the elements of an array.
    fn origin_of_element(&self, o: Obj) -> Option<Place> {
        let copies = self.copies.get(&o)?;
        let mut elements = copies.iter().filter(|(to, _)| matches!(to.path.as_slice(), [Proj::Index(_)]));
        elements.find_map(|(_, from)| self.origin(from, &mut HashSet::from_iter([o])))
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
