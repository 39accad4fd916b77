//! The typed environment: what names exist, what they hold, and what may be done with them at this point.

use super::types::Type;
use std::collections::HashMap;
use std::collections::HashSet;

/// How a variable holds its value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    Value,
    Ref,
    Mut,
}

/// A closure that can be called.
#[derive(Debug, Clone)]
pub struct Signature {
    pub takes: Vec<Taken>,
    pub returns: Type,
    /// It changes something at each call: it can't be called in its own arguments, nor copied.
    pub writes: bool,
}

/// An argument of a closure or a helper.
#[derive(Debug, Clone)]
pub struct Taken {
    pub ty: Type,
    pub by: By,
}

/// A name in scope.
#[derive(Debug, Clone)]
pub struct Variable {
    pub id: usize,
    pub name: String,
    pub ty: Type,
    /// May be assigned to.
    pub mutable: bool,
    pub by: By,
    /// For a closure, in the place of a type.
    pub closure: Option<Signature>,
    /// Can't be named any more: a borrow that ended.
    pub gone: bool,
}

/// What borrows forbid, by variable: how many forbid to write, and to touch at all.
#[derive(Debug, Clone, Default)]
pub struct Locks {
    frozen: HashMap<usize, usize>,
    hidden: HashMap<usize, usize>,
}

impl Locks {
    pub fn freeze(&mut self, id: usize) {
        *self.frozen.entry(id).or_default() += 1;
    }

    pub fn hide(&mut self, id: usize) {
        *self.hidden.entry(id).or_default() += 1;
    }

    pub fn may_read(&self, id: usize) -> bool {
        !self.hidden.contains_key(&id)
    }

    pub fn may_write(&self, id: usize) -> bool {
        self.may_read(id) && !self.frozen.contains_key(&id)
    }
}

/// Names in scope, innermost last.
#[derive(Debug, Clone, Default)]
pub struct Scope {
    variables: Vec<Variable>,
}

impl Scope {
    pub fn add(&mut self, variable: Variable) {
        self.variables.push(variable);
    }

    /// Opens a block; hand the mark to [`Scope::leave`].
    pub fn enter(&self) -> usize {
        self.variables.len()
    }

    pub fn leave(&mut self, mark: usize) {
        self.variables.truncate(mark);
    }

    /// Ends a borrow: its name is not used again.
    pub fn retire(&mut self, id: usize) {
        self.variables.iter_mut().filter(|v| v.id == id).for_each(|v| v.gone = true);
    }

    /// What each name means now: a shadowed variable is not visible.
    pub fn visible(&self) -> Vec<Variable> {
        let mut seen = HashSet::new();
        self.variables.iter().rev().filter(|v| seen.insert(v.name.as_str()) && !v.gone).cloned().collect()
    }

    pub fn has(&self, name: &str) -> bool {
        self.variables.iter().any(|v| v.name == name)
    }
}
