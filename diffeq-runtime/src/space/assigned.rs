//! Whether a derivative is assigned in full, asked while a model is compiled: the macro knows what is assigned, and only
//! rustc knows what a struct is made of.

/// What a state is made of.
#[derive(Debug, Clone, Copy)]
pub enum Layout {
    /// One real.
    Real,
    /// So many of the same.
    Array(usize, &'static Layout),
    /// A struct's fields.
    Struct(&'static [Field]),
}

/// A field of a struct.
#[derive(Debug, Clone, Copy)]
pub struct Field {
    /// Its name.
    pub name: &'static str,
    /// What is said where a derivative leaves it out.
    pub unassigned: &'static str,
    /// What is said where a derivative leaves out a part of it.
    pub in_part: &'static str,
    /// What it is made of.
    pub layout: Layout,
}

/// A segment of the way to what is assigned.
#[derive(Debug, Clone, Copy)]
pub enum Segment {
    /// To a field.
    Field(&'static str),
    /// To the elements from the first on and before the second.
    Elements(usize, usize),
}

/// A part of a state, by the way to it.
struct Node<'a> {
    up: Option<&'a Node<'a>>,
    depth: usize,
    step: At,
}

#[derive(Clone, Copy)]
enum At {
    Root,
    Field(&'static str),
    Element(usize),
}

/// Stops the compilation with the words for the first component that no way among `assigned` leads to.
#[track_caller]
pub const fn every_component_is_assigned(layout: &Layout, assigned: &[&[Segment]]) {
    let root = Node { up: None, depth: 0, step: At::Root };
    check(layout, assigned, &root, "some components of the derivative are never assigned");
}

#[track_caller]
const fn check(layout: &Layout, assigned: &[&[Segment]], node: &Node<'_>, words: &'static str) {
    if any(assigned, node, 0) {
        return;
    }
    match layout {
        Layout::Real => panic!("{}", words),
        Layout::Array(len, inner) => {
            let mut i = 0;
            while i < *len {
                let child = Node { up: Some(node), depth: node.depth + 1, step: At::Element(i) };
                match end_of_range(assigned, &child) {
                    Some(end) => i = end,
                    None => {
                        check(inner, assigned, &child, words);
                        i += 1;
                    }
                }
            }
        }
        Layout::Struct(fields) => {
            let mut i = 0;
            while i < fields.len() {
                let field = &fields[i];
                let child = Node { up: Some(node), depth: node.depth + 1, step: At::Field(field.name) };
                let reached = any(assigned, &child, 0) || any(assigned, &child, 1);
                check(
                    &field.layout,
                    assigned,
                    &child,
                    if reached { field.in_part } else { field.unassigned },
                );
                i += 1;
            }
        }
    }
}

/// Whether one of the ways leads to a node or past it; with `beyond`, on from it to a part.
const fn any(assigned: &[&[Segment]], node: &Node<'_>, beyond: usize) -> bool {
    let mut i = 0;
    while i < assigned.len() {
        let way = assigned[i];
        let long = if beyond == 0 { way.len() <= node.depth } else { way.len() > node.depth };
        if long && agree(way, node) {
            return true;
        }
        i += 1;
    }
    false
}

/// Where the range of elements ends that holds an element and all of what follows it there.
const fn end_of_range(assigned: &[&[Segment]], element: &Node<'_>) -> Option<usize> {
    let mut i = 0;
    while i < assigned.len() {
        let way = assigned[i];
        if way.len() == element.depth
            && agree(way, element)
            && let Segment::Elements(_, end) = way[way.len() - 1]
        {
            return Some(end);
        }
        i += 1;
    }
    None
}

/// Whether a way and the way to a node are the same as far as both go.
const fn agree(way: &[Segment], node: &Node<'_>) -> bool {
    let mut node = node;
    while let Some(up) = node.up {
        if node.depth <= way.len() {
            let same = match (way[node.depth - 1], node.step) {
                (Segment::Field(a), At::Field(b)) => same(a.as_bytes(), b.as_bytes()),
                (Segment::Elements(start, end), At::Element(i)) => start <= i && i < end,
                _ => false,
            };
            if !same {
                return false;
            }
        }
        node = up;
    }
    true
}

const fn same(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() && a[i] == b[i] {
        i += 1;
    }
    i == a.len() && i == b.len()
}
