//! From accepted syntax to the program: names become values and memory, mutable scalars become single assignments,
//! and jumps become conditions.

mod aggregate;
mod assign;
mod binding;
mod branch;
mod call;
mod closure;
mod exits;
mod expr;
mod function;
mod guess;
mod integers;
mod iter;
mod loops;
mod matching;
mod method;
mod network;
mod number;
mod opaque;
mod operator;
mod pattern;
mod place;
mod sequence;
mod table;
mod tuple;
mod while_loop;

pub use function::equation;
pub use function::helper;

use std::collections::HashMap;
use std::collections::HashSet;

use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::ExprClosure;
use syn::Stmt as Syntax;

use crate::diagnostics::Diagnostics;
use crate::diagnostics::Message;
use crate::diagnostics::Reported;
use crate::ir::Block;
use crate::ir::Kind;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;

/// A mutable scalar, or any scalar that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Var(usize);

/// What is known of a scalar variable at the point that lowering has reached.
#[derive(Debug, Clone)]
struct VarState {
    name: String,
    current: Option<Value>,
}

/// How an aggregate was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hold {
    /// Made by the expression itself: nobody else names it.
    Fresh,
    /// Through `&`.
    Reference,
    /// Through `&mut`: a scalar stays in memory until it is asked for.
    Mutable,
    /// A place read by value.
    Place,
    /// A constant outside the function: nobody writes it, so that it is never copied, and what its scalars are their
    /// use decides.
    Constant,
}

/// A place with what is known of it.
#[derive(Debug, Clone)]
struct Located {
    place: Place,
    shape: Shape,
    hold: Hold,
}

/// What an expression stands for.
#[derive(Debug, Clone)]
enum Meaning<'a> {
    /// `()`
    Unit,
    /// Control does not come back from here.
    Never,
    /// A scalar.
    Scalar(Value),
    /// A constant whose kind its use decides.
    Const(TokenStream),
    /// Arithmetic on constants whose kind its use decides.
    Open(Box<table::Open>),
    /// Memory: an aggregate, or a scalar behind `&mut`, or a field whose shape is not written down.
    Memory(Located),
    /// A call whose result's shape its use decides.
    Call(call::Pending),
    /// `(a, b)`
    Tuple(Vec<Meaning<'a>>),
    /// `|x| ..`
    Closure(Closure<'a>),
    /// Something to iterate over.
    Iter(Box<iter::Iter<'a>>),
}

/// A closure with the scope that it sees.
#[derive(Debug, Clone, Copy)]
struct Closure<'a> {
    syntax: &'a ExprClosure,
    scope: usize,
}

/// What a name stands for.
#[derive(Debug, Clone)]
enum Binding<'a> {
    Var(Var),
    Alias(Located),
    Tuple(Vec<Binding<'a>>),
    /// A constant, a closure, an iterator.
    Meaning(Meaning<'a>),
    /// Something that was reported: its uses are not reported again.
    Broken,
}

#[derive(Debug, Default)]
struct Scope<'a> {
    parent: Option<usize>,
    names: HashMap<String, Binding<'a>>,
}

/// Where the value of an expression goes.
#[derive(Debug, Clone)]
enum Target {
    /// To whoever asked.
    Value,
    /// Into memory.
    Memory(Place, Shape),
    /// Out of the function.
    Return,
}

/// What `return` does.
#[derive(Debug, Clone)]
enum Returns {
    /// Nothing is returned: the derivative is an argument.
    Nothing,
    /// The value is written to memory.
    Memory(Place, Shape),
    /// The value goes to a scalar.
    Scalar(Var, Kind),
}

/// A loop around the statement being lowered.
#[derive(Debug, Clone)]
struct Loop {
    label: Option<String>,
    broken: Option<Var>,
    continued: Option<Var>,
}

/// What the checks want to know of the source beside the program itself.
#[derive(Debug, Default)]
pub struct Notes {
    /// The flag of an early return, where it is set.
    pub returns: HashSet<Value>,
    /// The conditions of statements that a jump passes over.
    pub guards: HashSet<Value>,
    /// Where the places of `+=` are written, by what is added to which.
    pub accumulated: HashMap<(Value, Obj, Vec<Value>), Span>,
}

/// The lowering of one function.
struct Lowering<'a, 'd> {
    program: Program,
    diagnostics: &'d mut Diagnostics,
    /// The blocks that are open, innermost last.
    blocks: Vec<Block>,
    scopes: Vec<Scope<'a>>,
    scope: usize,
    vars: Vec<VarState>,
    /// Integers known while compiling.
    known: HashMap<Value, i128>,
    /// Loop parameters that turned out not to change, with what they stand for.
    replaced: HashMap<Value, Value>,
    loops: Vec<Loop>,
    returns: Returns,
    returned: Option<Var>,
    notes: Notes,
    /// The const generics with their types.
    consts: Vec<(String, String)>,
    /// The statements after the one being lowered, innermost sequence last.
    following: Vec<&'a [Syntax]>,
    /// How many calls of closures enclose the present expression.
    closures: usize,
    /// The state and the parameters with the names of their components, where a pattern gave some.
    components: Vec<(Obj, Vec<String>)>,
    /// Scalar arguments that may not be assigned to.
    inputs: Vec<Var>,
}

impl<'a> Lowering<'a, '_> {
    fn error(&mut self, at: &dyn ToTokens, message: &Message, words: &[&str]) -> Reported {
        self.diagnostics.error(at, message, words)
    }

    fn push(&mut self, stmt: Stmt) {
        if let Some(block) = self.blocks.last_mut() {
            block.push(stmt);
        }
    }

    /// Defines a scalar at the present point.
    fn define(&mut self, kind: Kind, op: Op, span: Span) -> Value {
        let value = self.program.value(kind, None, span);
        self.push(Stmt::Let(value, op));
        value
    }

    fn int(&mut self, n: i128, span: Span) -> Value {
        let value = self.define(Kind::Int, Op::Int(n), span);
        self.known.insert(value, n);
        value
    }

    fn real(&mut self, x: f64, span: Span) -> Value {
        self.define(Kind::Real, Op::Real(x), span)
    }

    fn truth(&mut self, b: bool, span: Span) -> Value {
        self.define(Kind::Bool, Op::Bool(b), span)
    }

    fn var(&mut self, name: &str, current: Option<Value>) -> Var {
        self.vars.push(VarState { name: name.to_string(), current });
        Var(self.vars.len() - 1)
    }

    /// Gives a variable a new value; a value without a name takes the variable's.
    fn set(&mut self, var: Var, value: Value) {
        let name = &self.vars[var.0].name;
        let info = &mut self.program.values[value.0];
        if info.name.is_none() && !name.is_empty() {
            info.name = Some(name.clone());
        }
        self.vars[var.0].current = Some(value);
    }

    fn bind_name(&mut self, name: &str, binding: Binding<'a>) {
        self.scopes[self.scope].names.insert(name.to_string(), binding);
    }

    fn lookup(&self, name: &str) -> Option<&Binding<'a>> {
        let mut scope = Some(self.scope);
        while let Some(index) = scope {
            if let Some(binding) = self.scopes[index].names.get(name) {
                return Some(binding);
            }
            scope = self.scopes[index].parent;
        }
        None
    }

    /// The names that can be seen from here.
    fn visible(&self) -> Vec<String> {
        let mut names = Vec::new();
        let mut scope = Some(self.scope);
        while let Some(index) = scope {
            names.extend(self.scopes[index].names.keys().cloned());
            scope = self.scopes[index].parent;
        }
        names.sort();
        names
    }

    /// Runs `body` in a scope of its own inside `parent`.
    fn scoped<R>(&mut self, parent: usize, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope;
        self.scopes.push(Scope { parent: Some(parent), names: HashMap::new() });
        self.scope = self.scopes.len() - 1;
        let result = body(self);
        self.scope = outer;
        result
    }

    /// Runs `body` with its statements collected apart.
    fn collected<R>(&mut self, body: impl FnOnce(&mut Self) -> R) -> (R, Block) {
        self.blocks.push(Block::new());
        let result = body(self);
        (result, self.blocks.pop().unwrap_or_default())
    }
}
