//! What lies in memory: everything that was written, in order.

use proc_macro2::Span;

use super::Content;
use super::Entry;
use super::Known;
use super::MOST_STEPS;
use super::Run;
use super::Written;
use crate::ir::Arg;
use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::passes::noise::poly::Poly;
use crate::passes::noise::symbol::Atom;
use crate::passes::noise::symbol::Cond;
use crate::passes::noise::symbol::Path;
use crate::passes::noise::symbol::Segment;
use crate::passes::noise::symbol::written;

impl Run<'_> {
    pub(super) fn path(&self, place: &Place) -> Option<Path> {
        let segment = |proj: &Proj| match proj {
            Proj::Index(v) => self.int(*v).map(Segment::Index),
            Proj::Field(name) => Some(Segment::Field(name.clone())),
            Proj::Range(..) | Proj::Matches(_) | Proj::Part(..) => None,
        };
        place.path.iter().map(segment).collect()
    }

    /// What lies at a scalar's place when so much has been written to its object.
    pub(super) fn at(&mut self, o: Obj, path: &[Segment], version: usize, kind: ScalarKind) -> Option<Known> {
        for n in (0..version).rev() {
            let Entry { path: to, content, .. } = self.memory[o.0][n].clone();
            if let Some(rest) = path.strip_prefix(to.as_slice()) {
                return match content {
                    Content::Scalar(known) => rest.is_empty().then_some(known),
                    Content::Filled(known) => Some(known),
                    Content::Zeros => Some(match kind {
                        ScalarKind::Real => Known::Real(Poly::default()),
                        ScalarKind::Int => Known::Int(0),
                        ScalarKind::Bool => Known::Bool(false),
                    }),
                    Content::Copy(from, mut at, version) => {
                        at.extend_from_slice(rest);
                        self.at(from, &at, version, kind)
                    }
                    Content::Returned(key, slots) if kind == ScalarKind::Real => {
                        let call = Atom::Call { key, slots, part: rest.to_vec(), by: Vec::new() };
                        Some(Known::Real(self.symbols.atom(call)))
                    }
                    Content::Returned(..) => None,
                };
            }
            if to.starts_with(path) {
                return None;
            }
        }
        self.given(o, path, kind)
    }

    /// What lies in memory that nothing was written to: an argument or a constant.
    pub(super) fn given(&mut self, o: Obj, path: &[Segment], kind: ScalarKind) -> Option<Known> {
        let is = |n: usize| matches!(self.program.args.get(n), Some(Arg::Object(arg)) if *arg == o);
        let (state, params) = (is(0), is(1));
        let constant = self.program.objects[o.0].constant.as_ref().map(|path| path.to_string());
        let atom = match (state, params, constant) {
            (true, ..) if kind == ScalarKind::Real => Atom::State(path.to_vec()),
            (_, true, _) if kind == ScalarKind::Real => {
                Atom::Free(written(&self.program.objects[o.0].name, path))
            }
            (.., Some(text)) => {
                let text = written(&text, path);
                match kind {
                    ScalarKind::Real => Atom::Fixed(text),
                    ScalarKind::Int => return Some(Known::Count(text)),
                    ScalarKind::Bool => {
                        return Some(Known::Cond(self.symbols.cond(Cond::Free(text, Vec::new()))));
                    }
                }
            }
            _ => return None,
        };
        Some(Known::Real(self.symbols.atom(atom)))
    }

    pub(super) fn load(&mut self, place: &Place, kind: ScalarKind) -> Option<Known> {
        let path = self.path(place)?;
        let version = self.memory[place.object.0].len();
        let known = self.at(place.object, &path, version, kind)?;
        let Known::Real(mut p) = known else { return Some(known) };
        for (cond, holds) in self.guards.clone() {
            p = self.symbols.assume(&p, cond, holds)?;
        }
        Some(Known::Real(p))
    }

    pub(super) fn write(&mut self, o: Obj, path: Path, content: Content, span: Span) {
        self.memory[o.0].push(Entry { path, content, span });
    }

    pub(super) fn store(&mut self, place: &Place, known: Known, span: Span) -> Option<()> {
        let path = self.path(place)?;
        let known = match (known, self.guards.is_empty()) {
            (known, true) => known,
            (Known::Real(mut p), false) => {
                let version = self.memory[place.object.0].len();
                // what is not written on the other way, the check has seen to, is never read either
                let before = match self.at(place.object, &path, version, ScalarKind::Real) {
                    Some(Known::Real(before)) => before,
                    _ => self.symbols.atom(Atom::Fixed("nothing".into())),
                };
                for (cond, holds) in self.guards.clone().into_iter().rev() {
                    p = match holds {
                        true => self.symbols.choice(cond, &p, &before)?,
                        false => self.symbols.choice(cond, &before, &p)?,
                    };
                }
                Known::Real(p)
            }
            // an integer that is one of two is not known
            (_, false) => return None,
        };
        self.write(place.object, path, Content::Scalar(known), span);
        Some(())
    }

    /// The ways to the scalars of a shape that is written out.
    pub(super) fn leaves(shape: &Shape) -> Option<Vec<Path>> {
        match shape {
            Shape::Scalar(_) => Some(vec![Vec::new()]),
            Shape::Array(inner, Len::Lit(n)) => {
                let inner = Self::leaves(inner)?;
                let within = |i: usize| {
                    inner.iter().map(move |rest| {
                        let mut path = vec![Segment::Index(i as i128)];
                        path.extend_from_slice(rest);
                        path
                    })
                };
                (*n * inner.len() <= MOST_STEPS).then(|| (0..*n).flat_map(within).collect())
            }
            Shape::Tuple(parts) if !parts.is_empty() => {
                let mut all = Vec::new();
                for (n, part) in parts.iter().enumerate() {
                    for rest in Self::leaves(part)? {
                        let mut path = vec![Segment::Field(n.to_string())];
                        path.extend(rest);
                        all.push(path);
                    }
                }
                Some(all)
            }
            _ => None,
        }
    }

    pub(super) fn copy(&mut self, to: &Place, from: &Place, adds: bool) -> Option<()> {
        let (target, source) = (self.path(to)?, self.path(from)?);
        let span = self.program.objects[to.object.0].span;
        if !adds && self.guards.is_empty() {
            let version = self.memory[from.object.0].len();
            self.write(to.object, target, Content::Copy(from.object, source, version), span);
            return Some(());
        }
        let shape = [to, from].into_iter().find_map(|place| Self::leaves(self.program.shape_at(place)?))?;
        let mut values = Vec::new();
        for leaf in &shape {
            let version = self.memory[from.object.0].len();
            let path = [source.clone(), leaf.clone()].concat();
            let Known::Real(mut value) = self.at(from.object, &path, version, ScalarKind::Real)? else {
                return None;
            };
            let path = [target.clone(), leaf.clone()].concat();
            let version = self.memory[to.object.0].len();
            let before = match self.at(to.object, &path, version, ScalarKind::Real) {
                Some(Known::Real(before)) => before,
                _ if adds => return None,
                _ => self.symbols.atom(Atom::Fixed("nothing".into())),
            };
            if adds {
                value = before.add(&value)?;
            }
            for (cond, holds) in self.guards.clone().into_iter().rev() {
                value = match holds {
                    true => self.symbols.choice(cond, &value, &before)?,
                    false => self.symbols.choice(cond, &before, &value)?,
                };
            }
            values.push((path, value));
        }
        for (path, value) in values {
            self.write(to.object, path, Content::Scalar(Known::Real(value)), span);
        }
        Some(())
    }

    /// The components of what was written, as far as the shape tells them, or else those that were named.
    pub(super) fn written(&mut self, out: Obj) -> Option<Vec<Written>> {
        let version = self.memory[out.0].len();
        let paths = match Self::leaves(&self.program.objects[out.0].shape) {
            Some(paths) => paths,
            None => {
                let mut paths: Vec<Path> = Vec::new();
                for entry in &self.memory[out.0] {
                    if !matches!(entry.content, Content::Scalar(_)) {
                        return None;
                    }
                    if !paths.contains(&entry.path) {
                        paths.push(entry.path.clone());
                    }
                }
                paths
            }
        };
        let mut written = Vec::new();
        for path in paths {
            let Known::Real(value) = self.at(out, &path, version, ScalarKind::Real)? else { return None };
            let span = self.span_of(out, &path, version);
            written.push(Written { path, value, span });
        }
        Some(written)
    }

    /// Where the user wrote what lies there.
    pub(super) fn span_of(&self, o: Obj, path: &[Segment], version: usize) -> Span {
        for entry in self.memory[o.0][..version].iter().rev() {
            if let Some(rest) = path.strip_prefix(entry.path.as_slice()) {
                return match &entry.content {
                    Content::Copy(from, at, version) => {
                        self.span_of(*from, &[at.clone(), rest.to_vec()].concat(), *version)
                    }
                    _ => entry.span,
                };
            }
        }
        self.program.objects[o.0].span
    }
}
