//! Which components of the derivative have been assigned.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use crate::ir::Obj;
use crate::ir::Shape;
use crate::ir::function;

/// A step into an aggregate with its index as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum AbstractProj {
    Index(Option<i128>),
    Field(String),
}

/// The cells of an array of any nesting. What structs are made of is not known here: for those, the ways to what was
/// assigned are kept, and a struct in a cell counts as assigned with its first field.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    dims: Vec<usize>,
    /// Assigned on every path.
    definite: Vec<bool>,
    /// Assigned on some path.
    maybe: Vec<bool>,
    /// Whether there are structs below the arrays.
    structs: bool,
    /// The ways to what was assigned on every path and on some path, where there are structs.
    ways: BTreeSet<Vec<AbstractProj>>,
    maybe_ways: BTreeSet<Vec<AbstractProj>>,
}

/// The cells of everything that an equation writes.
#[derive(Debug, Clone, Default)]
pub(super) struct Ledger(Vec<(Obj, Cells)>);

impl Ledger {
    pub(super) fn open(&mut self, output: Obj, cells: Cells) {
        self.0.push((output, cells));
    }

    pub(super) fn of(&self, o: Obj) -> Option<&Cells> {
        self.0.iter().find(|(output, _)| *output == o).map(|(_, cells)| cells)
    }

    pub(super) fn of_mut(&mut self, o: Obj) -> Option<&mut Cells> {
        self.0.iter_mut().find(|(output, _)| *output == o).map(|(_, cells)| cells)
    }

    pub(super) fn cells(&self) -> impl Iterator<Item = &Cells> {
        self.0.iter().map(|(_, cells)| cells)
    }

    /// After a branch, see [`Cells::join`].
    pub(super) fn join(&mut self, other: &Ledger) -> bool {
        let pairs = self.0.iter_mut().zip(&other.0);
        pairs.fold(false, |lost, ((_, mine), (_, theirs))| mine.join(theirs) | lost)
    }
}

/// Whether two ways are the same as far as both go; an index that is not known is any.
fn agree(a: &[AbstractProj], b: &[AbstractProj]) -> bool {
    a.iter().zip(b).all(|(a, b)| match (a, b) {
        (AbstractProj::Index(None), AbstractProj::Index(_))
        | (AbstractProj::Index(_), AbstractProj::Index(None)) => true,
        _ => a == b,
    })
}

/// Whether what a way leads to holds what another leads to.
fn holds(outer: &[AbstractProj], inner: &[AbstractProj]) -> bool {
    outer.len() <= inner.len() && agree(outer, inner)
}

/// The lengths of the arrays of a shape, outermost first.
pub(super) fn dims(shape: &Shape, len: &mut impl FnMut(&Shape) -> Option<usize>) -> Option<Vec<usize>> {
    match shape {
        Shape::Array(inner, _) | Shape::Slice(inner) => {
            let mut all = vec![len(shape)?];
            all.extend(dims(inner, len)?);
            Some(all)
        }
        Shape::Scalar(_) | Shape::Struct(_) | Shape::Tuple(_) | Shape::Plain(_) | Shape::Unknown => {
            Some(Vec::new())
        }
    }
}

impl Cells {
    pub(super) fn new(dims: Vec<usize>, structs: bool) -> Self {
        let count = dims.iter().product();
        Cells {
            dims,
            definite: vec![false; count],
            maybe: vec![false; count],
            structs,
            ways: BTreeSet::new(),
            maybe_ways: BTreeSet::new(),
        }
    }

    /// The cells below a place, and whether these are exactly the ones meant.
    fn range(&self, path: &[AbstractProj]) -> (Vec<usize>, bool) {
        let mut cells = vec![0];
        let mut exact = true;
        let mut stride = self.definite.len();
        for (dim, step) in self.dims.iter().zip(path.iter().map(Some).chain(std::iter::repeat(None))) {
            stride /= (*dim).max(1);
            let indices: Vec<usize> = match step {
                Some(AbstractProj::Index(Some(i))) => {
                    usize::try_from(*i).ok().filter(|i| i < dim).into_iter().collect()
                }
                Some(AbstractProj::Index(None)) => {
                    exact = false;
                    (0..*dim).collect()
                }
                _ => (0..*dim).collect(),
            };
            cells = cells.iter().flat_map(|c| indices.iter().map(move |i| c + i * stride)).collect();
        }
        (cells, exact)
    }

    /// Notes an assignment; returns whether it is known which cells it hits.
    pub(super) fn assign(&mut self, path: &[AbstractProj]) -> bool {
        if self.structs {
            self.ways.insert(path.to_vec());
            self.maybe_ways.insert(path.to_vec());
        }
        let (cells, exact) = self.range(path);
        for cell in cells {
            self.maybe[cell] = true;
            self.definite[cell] |= exact;
        }
        exact
    }

    /// Whether everything that is read at a place can have been assigned.
    pub(super) fn readable(&self, path: &[AbstractProj]) -> bool {
        if self.structs {
            return self.maybe_ways.iter().any(|way| agree(way, path));
        }
        let (cells, exact) = self.range(path);
        if exact { cells.iter().all(|c| self.maybe[*c]) } else { cells.iter().any(|c| self.maybe[*c]) }
    }

    /// After a branch: definite is what both sides assigned. Returns whether that lost something.
    pub(super) fn join(&mut self, other: &Cells) -> bool {
        let mut lost = false;
        for (a, b) in self.definite.iter_mut().zip(&other.definite) {
            lost |= *a != *b;
            *a &= b;
        }
        for (a, b) in self.maybe.iter_mut().zip(&other.maybe) {
            *a |= b;
        }
        lost |= self.ways != other.ways;
        let held = |ways: &BTreeSet<Vec<AbstractProj>>, way: &Vec<AbstractProj>| {
            ways.iter().any(|outer| holds(outer, way))
        };
        let both = self.ways.iter().filter(|way| held(&other.ways, way));
        let both = both.chain(other.ways.iter().filter(|way| held(&self.ways, way)));
        self.ways = both.cloned().collect();
        self.maybe_ways.extend(other.maybe_ways.iter().cloned());
        lost
    }

    /// The cells never assigned and those assigned on some paths alone, as index lists.
    pub(super) fn missing(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        let pick = |test: &dyn Fn(usize) -> bool| {
            (0..self.definite.len()).filter(|c| test(*c)).map(|c| self.indices(c)).collect()
        };
        (pick(&|c| !self.maybe[c]), pick(&|c| self.maybe[c] && !self.definite[c]))
    }

    /// The parts below structs that are assigned on some paths alone, as they are written after the derivative's name.
    pub(super) fn missing_parts(&self) -> Vec<String> {
        let missing = self.maybe_ways.iter().filter(|way| !self.ways.iter().any(|other| agree(other, way)));
        missing.map(|way| written(way)).collect()
    }

    /// The parts assigned, where there are structs among them; those of sample lengths stand for any.
    pub(super) fn assigned(&self, sampled: bool) -> Option<Vec<Vec<function::LayoutStep>>> {
        let field = |way: &Vec<AbstractProj>| way.iter().any(|step| matches!(step, AbstractProj::Field(_)));
        if !self.maybe_ways.iter().any(field) {
            return None;
        }
        let ways = self.maybe_ways.iter().map(|way| {
            let step = |step: &AbstractProj| match step {
                AbstractProj::Field(name) => function::LayoutStep::Field(name.clone()),
                AbstractProj::Index(Some(i)) if !sampled => {
                    function::LayoutStep::Elements(usize::try_from(*i).ok().map(|i| (i, i + 1)))
                }
                AbstractProj::Index(_) => function::LayoutStep::Elements(None),
            };
            way.iter().map(step).collect()
        });
        Some(in_ranges(ways.collect()))
    }

    fn indices(&self, mut cell: usize) -> Vec<usize> {
        let mut indices: Vec<usize> = self
            .dims
            .iter()
            .rev()
            .map(|dim| {
                let index = cell % dim;
                cell /= dim;
                index
            })
            .collect();
        indices.reverse();
        indices
    }

    pub(super) fn dims(&self) -> &[usize] {
        &self.dims
    }
}

/// `.velocities[1].x`
fn written(way: &[AbstractProj]) -> String {
    let step = |step: &AbstractProj| match step {
        AbstractProj::Field(name) => format!(".{name}"),
        AbstractProj::Index(Some(i)) => format!("[{i}]"),
        AbstractProj::Index(None) => "[..]".into(),
    };
    way.iter().map(step).collect()
}

/// Ways that differ in one index alone, as ranges of it: the last index first.
fn in_ranges(ways: BTreeSet<Vec<function::LayoutStep>>) -> Vec<Vec<function::LayoutStep>> {
    let mut ways: Vec<_> = ways.into_iter().collect();
    for at in (0..ways.iter().map(Vec::len).max().unwrap_or(0)).rev() {
        let mut alike: BTreeMap<Vec<function::LayoutStep>, Vec<(usize, usize)>> = BTreeMap::new();
        let mut rest = Vec::new();
        for mut way in ways {
            match way.get(at) {
                Some(function::LayoutStep::Elements(Some(range))) => {
                    let range = *range;
                    way[at] = function::LayoutStep::Elements(None);
                    alike.entry(way).or_default().push(range);
                }
                _ => rest.push(way),
            }
        }
        for (way, mut ranges) in alike {
            ranges.sort_unstable();
            let mut joined: Vec<(usize, usize)> = Vec::new();
            for (start, end) in ranges {
                match joined.last_mut() {
                    Some(last) if start <= last.1 => last.1 = end.max(last.1),
                    _ => joined.push((start, end)),
                }
            }
            for range in joined {
                let mut way = way.clone();
                way[at] = function::LayoutStep::Elements(Some(range));
                rest.push(way);
            }
        }
        ways = rest;
    }
    ways
}
