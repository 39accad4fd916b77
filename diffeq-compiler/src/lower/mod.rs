//! From accepted syntax to the program: names become values and memory, mutable scalars become single assignments,
//! and jumps become conditions.

mod aggregate;
mod argument;
mod assign;
mod binding;
mod branch;
mod call;
mod closure;
mod consume;
mod effects;
mod equal;
mod exits;
mod expr;
mod function;
mod guess;
mod history;
mod holds;
mod items;
mod iter;
mod literal;
mod loops;
mod matching;
mod meaning;
mod method;
mod network;
mod number;
mod number_method;
mod opaque;
mod operator;
mod option;
mod pattern;
mod place;
mod pull;
mod sequence;
mod slice_method;
mod slots;
mod syntax;
mod table;
mod taken;
mod tuple;
mod undecided;
mod user_method;
mod view;
mod vocabulary;
mod while_loop;

pub use function::delayed;
pub use function::equation;
pub use function::helper;

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::Stmt as Syntax;
use syn::visit::Visit;

use meaning::Callable;
use meaning::Closure;
use meaning::Code;
use meaning::Hold;
use meaning::Iter;
use meaning::Located;
use meaning::Meaning;
use meaning::Open;
use meaning::Supplied;
use meaning::Var;
use meaning::View;

use crate::diagnostics::Diagnostics;
use crate::diagnostics::Message;
use crate::diagnostics::Reported;
use crate::ir::Block;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integers::Classes;

/// What is known of a scalar variable at the point that lowering has reached.
#[derive(Debug, Clone)]
struct VarState {
    name: String,
    current: Option<Value>,
}

/// What a name stands for.
#[derive(Debug, Clone)]
enum Binding<'a> {
    Var(Var),
    /// A `&mut` to a scalar variable.
    Borrowed(Var),
    /// A `&` to a scalar, which nobody writes meanwhile: its value.
    Lent(Var),
    Alias(Located),
    Tuple(Vec<Binding<'a>>),
    /// A constant, a closure, an iterator.
    Meaning(Meaning<'a>),
    /// A variable that holds an option: which of [`Lowering::optionals`].
    Optional(usize),
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
    /// The parts of a tuple are written to memory, one each.
    Several(Vec<(Place, Shape)>),
    /// The value goes to a scalar.
    Scalar(Var, ScalarKind),
    /// It leaves a closure, or a function inside the body, for whoever has called it.
    Inner(slots::Slots),
}

/// A loop around the statement being lowered, or a block with a label.
#[derive(Debug, Clone, Default)]
struct Loop {
    label: Option<String>,
    broken: Option<Var>,
    continued: Option<Var>,
    /// Where the values of its `break`s go.
    result: Option<slots::Slots>,
    /// A block: only a `break` with its label leaves it.
    is_block: bool,
}

/// What the checks want to know of the source beside the program itself.
#[derive(Debug, Default)]
pub struct Notes {
    /// The flag of an early return, where it is set.
    pub returns: HashSet<Value>,
    /// The conditions of statements that a jump passes over.
    pub guards: HashSet<Value>,
    /// What calls return that may write what they are lent.
    pub lent: HashSet<Obj>,
    /// Where the places of `+=` are written, by what is added to which.
    pub accumulated: HashMap<(Value, Obj, Vec<Value>), Span>,
}

impl Notes {
    /// Follows values to the ones that stand for them now.
    pub fn rename(&mut self, renamed: &HashMap<Value, Value>) {
        if renamed.is_empty() {
            return;
        }
        let now = |mut v: Value| {
            while let Some(next) = renamed.get(&v) {
                v = *next;
            }
            v
        };
        let accumulated = std::mem::take(&mut self.accumulated).into_iter();
        self.accumulated = accumulated
            .map(|((value, object, indices), span)| {
                ((now(value), object, indices.into_iter().map(now).collect()), span)
            })
            .collect();
        self.returns = self.returns.iter().map(|v| now(*v)).collect();
        self.guards = self.guards.iter().map(|v| now(*v)).collect();
    }
}

/// Where the uses of a name are: what tells what it is.
#[derive(Debug, Clone, Copy)]
enum Following<'a> {
    /// The statements after a `let`, or the body of a loop.
    Stmts(&'a [Syntax]),
    /// The body of a closure, or an arm.
    Expr(&'a Expr),
}

impl<'a> Following<'a> {
    fn visit(self, visitor: &mut impl Visit<'a>) {
        match self {
            Following::Stmts(stmts) => stmts.iter().for_each(|stmt| visitor.visit_stmt(stmt)),
            Following::Expr(expr) => visitor.visit_expr(expr),
        }
    }
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
    /// The signature has `f32`: a cast to it rounds nothing.
    single: bool,
    /// Which integers have one type, and which, as far as the program goes.
    integers: Classes,
    /// Integers known while compiling.
    known: HashMap<Value, i128>,
    /// Integers that come of a division of two written numbers with a remainder: where, and the division as written.
    truncated: HashMap<Value, (Span, String, i128)>,
    /// Loop parameters that turned out not to change, with what they stand for.
    replaced: HashMap<Value, Value>,
    loops: Vec<Loop>,
    /// The call about to be lowered is a statement: it is made for what it changes.
    is_statement: bool,
    /// The method call about to be lowered gives an option.
    asked_option: bool,
    /// The names that `type` inside the body gives, innermost last.
    aliases: Vec<(String, syn::Type)>,
    /// The variables that hold options: whether there is something, and what.
    optionals: Vec<(Var, slots::Slots)>,
    returns: Returns,
    returned: Option<Var>,
    notes: Notes,
    /// The const generics with their types.
    consts: Vec<(String, String)>,
    /// What comes after what is being lowered, innermost sequence last.
    following: Vec<Following<'a>>,
    /// How many calls of closures enclose the present expression.
    closures: usize,
    /// The shape that is written down for the array or struct about to be made, where it is made by a literal, a `map` or
    /// `from_fn`.
    expected: Option<Shape>,
    /// The same for literals at the ends of blocks and arms, by their addresses.
    ends: HashMap<usize, Shape>,
    /// What is told of numbers that nothing tells of where they stand.
    kinds: &'d undecided::Kinds,
    /// The state and the parameters with the names of their components, where a pattern gave some.
    components: Vec<(Obj, Vec<String>)>,
    /// Scalar arguments that may not be assigned to.
    inputs: Vec<Var>,
    /// The history of a delayed equation.
    history: Option<history::History>,
}

impl<'a> Lowering<'a, '_> {
    fn error(&mut self, at: &dyn ToTokens, message: &Message, words: &[&str]) -> Reported {
        self.diagnostics.error(at, message, words)
    }

    fn push(&mut self, stmt: Stmt) {
        self.integers.note(&self.program, &stmt);
        if let Some(block) = self.blocks.last_mut() {
            block.push(stmt);
        }
    }

    /// Defines a scalar at the present point.
    fn define(&mut self, kind: ScalarKind, op: Op, span: Span) -> Value {
        let value = self.program.value(kind, None, span);
        self.push(Stmt::Let(value, op));
        value
    }

    /// Two integers have one type, which no statement says, or only one that is yet to come.
    fn agree(&mut self, a: Value, b: Value) {
        self.integers.meet(&self.program, a, b);
    }

    /// The type of an integer, where it is known by now.
    fn int_type(&self, v: Value) -> Option<String> {
        self.program.info(v).int_type.clone().or_else(|| self.integers.of_value(v))
    }

    fn int(&mut self, n: i128, span: Span) -> Value {
        let value = self.define(ScalarKind::Int, Op::Int(n), span);
        self.known.insert(value, n);
        value
    }

    fn real(&mut self, x: f64, span: Span) -> Value {
        self.define(ScalarKind::Real, Op::Real(x), span)
    }

    fn truth(&mut self, b: bool, span: Span) -> Value {
        self.define(ScalarKind::Bool, Op::Bool(b), span)
    }

    /// Where the condition does not hold the function panics.
    fn insist(&mut self, cond: Value, text: &'static str) {
        let holds = self
            .blocks
            .iter()
            .flatten()
            .any(|stmt| matches!(stmt, Stmt::Let(v, Op::Bool(true)) if *v == cond));
        if !holds {
            self.push(Stmt::Assert(cond, text));
        }
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

    /// Opens a scope for a `let`: what saw its names before, closures above all, goes on seeing the old ones.
    fn shadow(&mut self) {
        self.scopes.push(Scope { parent: Some(self.scope), names: HashMap::default() });
        self.scope = self.scopes.len() - 1;
    }

    /// Runs `body` in a scope of its own inside `parent`.
    fn scoped<R>(&mut self, parent: usize, body: impl FnOnce(&mut Self) -> R) -> R {
        let outer = self.scope;
        self.scopes.push(Scope { parent: Some(parent), names: HashMap::default() });
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
