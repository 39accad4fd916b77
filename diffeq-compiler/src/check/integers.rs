//! The integers and conditions in memory, as far as a run knows them.

use rustc_hash::FxHashMap as HashMap;

use crate::ir::Block;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::Shape;
use crate::ir::Value;
use crate::ir::visit;

/// What lies in one object: what it was filled with, and what was written since.
#[derive(Debug, Clone, Default)]
struct Content {
    filled: Option<i128>,
    written: HashMap<Vec<i128>, Option<i128>>,
}

/// The contents of all objects that are known at all.
#[derive(Debug, Clone, Default)]
pub(super) struct Integers {
    objects: HashMap<Obj, Content>,
}

/// The indices of a place that a run knows, field names not among them.
fn path(place: &Place, get: &impl Fn(Value) -> Option<i128>) -> Option<Vec<i128>> {
    let known = place.path.iter().map(|proj| match proj {
        Proj::Index(v) => get(*v),
        Proj::Range(..) | Proj::Field(_) | Proj::Matches(_) | Proj::Part(..) => None,
    });
    known.collect()
}

impl Integers {
    /// What lies at a place.
    pub(super) fn load(&self, place: &Place, get: impl Fn(Value) -> Option<i128>) -> Option<i128> {
        let content = self.objects.get(&place.object)?;
        content.written.get(&path(place, &get)?).copied().unwrap_or(content.filled)
    }

    /// A value is written to a place.
    pub(super) fn store(&mut self, place: &Place, n: Option<i128>, get: impl Fn(Value) -> Option<i128>) {
        match (self.objects.get_mut(&place.object), path(place, &get)) {
            (Some(content), Some(path)) => _ = content.written.insert(path, n),
            _ => self.forget(place.object),
        }
    }

    /// Memory comes to life.
    pub(super) fn start(
        &mut self,
        (o, shape): (Obj, &Shape),
        init: &Init,
        get: impl Fn(Value) -> Option<i128>,
    ) {
        let content = match init {
            _ if !shape.is_discrete() => None,
            Init::Zeros | Init::ZerosAlong(_) => Some(Content { filled: Some(0), ..Content::default() }),
            Init::Filled(v) => Some(Content { filled: get(*v), ..Content::default() }),
            Init::Elements(vs) => {
                let written = vs.iter().enumerate().map(|(i, v)| (vec![i as i128], get(*v)));
                Some(Content { filled: None, written: written.collect() })
            }
            Init::From(place) => self.part(place, get),
            Init::ZerosLike(_) => Some(Content { filled: Some(0), ..Content::default() }),
        };
        match content {
            Some(content) => _ = self.objects.insert(o, content),
            None => self.forget(o),
        }
    }

    /// Memory is copied.
    pub(super) fn copy(&mut self, to: &Place, from: &Place, get: impl Fn(Value) -> Option<i128>) {
        let (part, Some(target)) = (self.part(from, &get), path(to, &get)) else {
            self.forget(to.object);
            return;
        };
        let (Some(part), Some(content)) = (part, self.objects.get_mut(&to.object)) else {
            self.forget(to.object);
            return;
        };
        if target.is_empty() {
            *content = part;
        } else if part.filled.is_none() {
            content.written.retain(|path, _| !path.starts_with(&target));
            let moved = part.written.into_iter().map(|(path, n)| ([target.clone(), path].concat(), n));
            content.written.extend(moved);
        } else {
            // what was written of the copy is told apart from the rest, which was filled with something else
            self.forget(to.object);
        }
    }

    fn part(&self, place: &Place, get: impl Fn(Value) -> Option<i128>) -> Option<Content> {
        let (content, path) = (self.objects.get(&place.object)?, path(place, &get)?);
        let written = content.written.iter();
        let written = written.filter_map(|(p, n)| Some((p.strip_prefix(&path[..])?.to_vec(), *n)));
        Some(Content { filled: content.filled, written: written.collect() })
    }

    /// Nothing is known of an object any more.
    pub(super) fn forget(&mut self, o: Obj) {
        self.objects.remove(&o);
    }

    /// A block may have run, or not.
    pub(super) fn forget_written(&mut self, block: &Block) {
        visit::walk(block, &mut |stmt| stmt.writes().into_iter().for_each(|o| self.forget(o)));
    }
}
