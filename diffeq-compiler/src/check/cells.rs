//! Which components of the derivative have been assigned.

use std::collections::BTreeSet;

use crate::ir::Shape;

/// A step into an aggregate with its index as far as it is known.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Step {
    Index(Option<i128>),
    Field(String),
}

/// The cells of an array of any nesting, and the fields of a struct.
#[derive(Debug, Clone)]
pub(super) struct Cells {
    dims: Vec<usize>,
    /// Assigned on every path.
    definite: Vec<bool>,
    /// Assigned on some path.
    maybe: Vec<bool>,
    /// Fields, where the derivative is a struct.
    fields: BTreeSet<String>,
    maybe_fields: BTreeSet<String>,
    /// The whole has been assigned at once.
    whole: bool,
}

/// The lengths of the arrays of a shape, outermost first.
pub(super) fn dims(shape: &Shape, len: &mut impl FnMut(&Shape) -> Option<usize>) -> Option<Vec<usize>> {
    match shape {
        Shape::Array(inner, _) | Shape::Slice(inner) => {
            let mut all = vec![len(shape)?];
            all.extend(dims(inner, len)?);
            Some(all)
        }
        Shape::Scalar(_) | Shape::Struct(_) | Shape::Unknown => Some(Vec::new()),
    }
}

impl Cells {
    pub(super) fn new(dims: Vec<usize>) -> Self {
        let count = dims.iter().product();
        Cells {
            dims,
            definite: vec![false; count],
            maybe: vec![false; count],
            fields: BTreeSet::new(),
            maybe_fields: BTreeSet::new(),
            whole: false,
        }
    }

    /// The cells below a place, and whether these are exactly the ones meant.
    fn range(&self, path: &[Step]) -> (Vec<usize>, bool) {
        let mut cells = vec![0];
        let mut exact = true;
        let mut stride = self.definite.len();
        for (dim, step) in self.dims.iter().zip(path.iter().map(Some).chain(std::iter::repeat(None))) {
            stride /= (*dim).max(1);
            let indices: Vec<usize> = match step {
                Some(Step::Index(Some(i))) => {
                    usize::try_from(*i).ok().filter(|i| i < dim).into_iter().collect()
                }
                Some(Step::Index(None)) => {
                    exact = false;
                    (0..*dim).collect()
                }
                _ => (0..*dim).collect(),
            };
            cells = cells.iter().flat_map(|c| indices.iter().map(move |i| c + i * stride)).collect();
        }
        (cells, exact)
    }

    fn field(&self, path: &[Step]) -> Option<String> {
        match path.get(self.dims.len()) {
            Some(Step::Field(name)) => Some(name.clone()),
            _ => None,
        }
    }

    /// Notes an assignment; returns whether it is known which cells it hits.
    pub(super) fn assign(&mut self, path: &[Step]) -> bool {
        if self.dims.is_empty()
            && let Some(field) = self.field(path)
        {
            self.fields.insert(field.clone());
            self.maybe_fields.insert(field);
            return true;
        }
        self.whole |= path.is_empty();
        let (cells, exact) = self.range(path);
        for cell in cells {
            self.maybe[cell] = true;
            self.definite[cell] |= exact;
        }
        exact
    }

    /// Whether everything that is read at a place can have been assigned.
    pub(super) fn readable(&self, path: &[Step]) -> bool {
        if self.dims.is_empty()
            && let Some(field) = self.field(path)
        {
            return self.whole || self.maybe_fields.contains(&field);
        }
        let (cells, exact) = self.range(path);
        let fields = self.dims.is_empty() && !self.maybe_fields.is_empty();
        if exact {
            cells.iter().all(|c| self.maybe[*c]) || fields
        } else {
            cells.iter().any(|c| self.maybe[*c])
        }
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
        lost |= self.fields != other.fields;
        self.fields.retain(|field| other.fields.contains(field) || other.whole);
        self.maybe_fields.extend(other.maybe_fields.iter().cloned());
        self.whole &= other.whole;
        lost
    }

    /// The cells never assigned and those assigned on some paths alone, as index lists.
    pub(super) fn missing(&self) -> (Vec<Vec<usize>>, Vec<Vec<usize>>) {
        if self.dims.is_empty() && !self.maybe_fields.is_empty() {
            return (Vec::new(), Vec::new());
        }
        let pick = |test: &dyn Fn(usize) -> bool| {
            (0..self.definite.len()).filter(|c| test(*c)).map(|c| self.indices(c)).collect()
        };
        (pick(&|c| !self.maybe[c]), pick(&|c| self.maybe[c] && !self.definite[c]))
    }

    /// The fields assigned on some paths alone.
    pub(super) fn missing_fields(&self) -> Vec<String> {
        if self.whole { Vec::new() } else { self.maybe_fields.difference(&self.fields).cloned().collect() }
    }

    /// The fields assigned, unless the whole was.
    pub(super) fn assigned_fields(&self) -> Option<Vec<String>> {
        (!self.whole && !self.maybe_fields.is_empty()).then(|| self.maybe_fields.iter().cloned().collect())
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
