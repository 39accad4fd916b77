//! The program between parser and emitter.
//!
//! Scalars are in static single assignment form: a [`Value`] is defined once, before its uses, in a [`Block`] that
//! encloses them. Aggregates (states, parameters, local arrays) are memory: an [`Object`] with a shape, read by
//! [`Op::Load`] and written by [`Stmt::Store`]. Control flow is structured: a loop carries values explicitly, a branch
//! merges them. Early returns, `break` and `continue` do not exist here: the lowering turns them into conditions.
//!
//! Every pass is a function from programs to programs and cannot fail.

pub mod build;
pub mod dense;
pub mod eval;
pub mod function;
pub mod integer;
pub mod integers;
pub mod parts;
pub mod print;
pub mod reach;
pub mod visit;

use std::rc::Rc;

use proc_macro2::Span;
use proc_macro2::TokenStream;
use rustc_hash::FxHashSet as HashSet;

pub use integer::IntOp;

use crate::rules::Prim;

/// A scalar, by its number in [`Program::values`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub usize);

/// An aggregate, by its number in [`Program::objects`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Obj(pub usize);

/// What a scalar is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ScalarKind {
    /// A real: differentiated.
    Real,
    /// An integer: indices, counters, exponents.
    Int,
    /// A condition.
    Bool,
}

/// What is known of a scalar beside its definition.
#[derive(Debug, Clone)]
pub struct ValueInfo {
    /// Its kind.
    pub kind: ScalarKind,
    /// The user's name, where the user gave one; such a value keeps its `let`.
    pub name: Option<String>,
    /// Where the user wrote it.
    pub span: Span,
    /// For integers, the type where it is known (`usize`, `i32`).
    pub int_type: Option<String>,
}

/// The length of an array.
#[derive(Debug, Clone)]
pub enum Len {
    /// A number.
    Lit(usize),
    /// A const generic or a constant expression, as the user wrote it: `N`, `2 * ROWS`.
    Expr(TokenStream),
    /// Not written down: what a network returns. rustc infers it, `[x; _]`.
    Inferred,
}

/// The shape of an aggregate.
#[derive(Debug, Clone)]
pub enum Shape {
    /// One scalar (a place without projections).
    Scalar(ScalarKind),
    /// `[inner; len]`.
    Array(Box<Shape>, Len),
    /// `[inner]`, of run-time length; only behind a reference, as an argument.
    Slice(Box<Shape>),
    /// A struct that derives `Components`, by the user's path.
    Struct(TokenStream),
    /// `(A, B)`, what a helper takes or returns; without parts where these are not written down.
    Tuple(Vec<Shape>),
    /// A type that has no derivative, by the user's path: an enum that is matched on. It is copied and handed on.
    Plain(TokenStream),
    /// Not written down: a field of a struct, or what a helper returned.
    Unknown,
}

impl Shape {
    /// Whether something in it may be a number or not.
    pub fn holds_unknown(&self) -> bool {
        match self {
            Shape::Unknown => true,
            Shape::Array(inner, _) | Shape::Slice(inner) => inner.holds_unknown(),
            Shape::Tuple(parts) => parts.iter().any(Shape::holds_unknown),
            Shape::Scalar(_) | Shape::Struct(_) | Shape::Plain(_) => false,
        }
    }

    /// Whether it is known to have parts.
    pub fn is_aggregate(&self) -> bool {
        matches!(self, Shape::Array(..) | Shape::Slice(_) | Shape::Struct(_))
    }

    /// Whether its type is written down, lengths included.
    pub fn is_told(&self) -> bool {
        match self {
            Shape::Scalar(_) | Shape::Struct(_) | Shape::Plain(_) => true,
            Shape::Array(inner, len) => !matches!(len, Len::Inferred) && inner.is_told(),
            Shape::Tuple(parts) => !parts.is_empty() && parts.iter().all(Shape::is_told),
            Shape::Slice(_) | Shape::Unknown => false,
        }
    }

    /// Whether it is made of integers or conditions alone: it has no derivative, and nothing adds to it.
    pub fn is_discrete(&self) -> bool {
        match self {
            Shape::Scalar(kind) => *kind != ScalarKind::Real,
            Shape::Array(inner, _) | Shape::Slice(inner) => inner.is_discrete(),
            Shape::Tuple(parts) => !parts.is_empty() && parts.iter().all(Shape::is_discrete),
            Shape::Plain(_) => true,
            Shape::Struct(_) | Shape::Unknown => false,
        }
    }
}

/// A piece of memory.
#[derive(Debug, Clone)]
pub struct Object {
    /// The user's name, or one made from it (`u_bar`).
    pub name: String,
    /// Where the user wrote it.
    pub span: Span,
    /// Its shape.
    pub shape: Shape,
    /// Reached through a reference: an argument `&S` or `&mut S`. Others are owned locals or arguments by value.
    pub by_ref: bool,
    /// Never written: an argument that is only read.
    pub read_only: bool,
    /// The type of its integers, where it is known: those of one array have one type.
    pub int_type: Option<String>,
    /// The same of the parts of a tuple.
    pub part_types: Vec<Option<String>>,
    /// A constant outside the function, by its path: alive from the start, never written, and not over the scalar type
    /// but what the user declared. What of it is read is lifted.
    pub constant: Option<TokenStream>,
}

impl Object {
    /// Without a derivative whatever it holds.
    pub fn is_plain(&self) -> bool {
        matches!(self.shape, Shape::Plain(_))
    }

    /// Of run-time length.
    pub fn is_slice(&self) -> bool {
        matches!(self.shape, Shape::Slice(_))
    }
}

/// One step into an aggregate.
#[derive(Debug, Clone)]
pub enum Proj {
    /// `[i]`, with an integer value.
    Index(Value),
    /// `[a..b]`, the last step to an argument that is handed on behind a reference.
    Range(Value, Value),
    /// `.name`
    Field(String),
    /// Whether a value of the user's type has the form of a pattern, by its text: a condition.
    Matches(String),
    /// What a pattern, by its text, gives the name that follows it: a part of a variant of an enum.
    Part(String, String),
}

/// A part of an aggregate: the object itself, an element, a field.
#[derive(Debug, Clone)]
pub struct Place {
    /// The object.
    pub object: Obj,
    /// The steps into it.
    pub path: Vec<Proj>,
}

impl Place {
    /// The array or slice of which the place is a part `[a..b]`, and that step.
    pub fn part_of(&self) -> Option<(Place, Proj)> {
        match self.path.split_last() {
            Some((step @ Proj::Range(..), path)) => {
                Some((Place { object: self.object, path: path.to_vec() }, step.clone()))
            }
            _ => None,
        }
    }
}

/// Comparisons, of reals, of integers or of conditions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum CmpOp {
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
}

impl CmpOp {
    /// Whether it holds of two things in this order.
    pub fn holds(self, order: std::cmp::Ordering) -> bool {
        match self {
            CmpOp::Eq => order.is_eq(),
            CmpOp::Ne => order.is_ne(),
            CmpOp::Lt => order.is_lt(),
            CmpOp::Le => order.is_le(),
            CmpOp::Gt => order.is_gt(),
            CmpOp::Ge => order.is_ge(),
        }
    }
}

/// How a scalar is computed. Every operation is pure but for [`Op::Load`], which reads memory.
#[derive(Debug, Clone)]
pub enum Op {
    /// A real literal.
    Real(f64),
    /// A real constant by its path (`std::f64::consts::PI`, `GRAVITY`), of type `f64` or `f32`.
    RealNamed(TokenStream),
    /// An elementary function of reals; see [`crate::rules`].
    Prim(Prim, Vec<Value>),
    /// The union of dependencies; written by the sparsity pass, in whose programs reals are dependencies.
    Union(Vec<Value>),
    /// `x.powi(n)` with an integer value.
    Powi(Value, Value),
    /// `n as f64` of an integer.
    FromInt(Value),
    /// The scalar at a place; its kind is that of the value defined (saved conditions live in memory too).
    Load(Place),
    /// `if c { a } else { b }` of two values that are both computed; of any kind.
    Select(Value, Value, Value),
    /// An integer literal.
    Int(i128),
    /// An integer constant by its path or a const generic: `N`, `Self::ROWS`.
    IntNamed(TokenStream),
    /// An operator on two integers, or a method of one with another.
    IntOp(IntOp, Value, Value),
    /// A method of an integer alone, or `!n`.
    IntUnary(IntOp, Value),
    /// `-n`
    IntNeg(Value),
    /// `n as ty`, integer to integer; `n as _` to the type that the uses of the result ask for.
    Cast(Value, TokenStream),
    /// `x as ty`, a real to an integer: what is after the point is cut off, what the type does not hold becomes its
    /// nearest value, NaN becomes zero. It does not move with `x`.
    ToInt(Value, TokenStream),
    /// The number of elements of an array or slice.
    Len(Place),
    /// `true` or `false`.
    Bool(bool),
    /// A comparison of two reals, two integers, or (`==`, `!=`) two conditions.
    Cmp(CmpOp, Value, Value),
    /// `a && b`
    And(Value, Value),
    /// `a || b`
    Or(Value, Value),
    /// `!a`
    Not(Value),
    /// A predicate on a real by its method name: `is_nan`, `is_finite`.
    Test(&'static str, Value),
}

/// Statements in order.
pub type Block = Vec<Stmt>;

/// A value that a loop carries from one iteration to the next.
#[derive(Debug, Clone)]
pub struct Carried {
    /// Its value at the start of an iteration.
    pub param: Value,
    /// What the first iteration starts with; defined before the loop.
    pub init: Value,
    /// Its value at the end of the iteration; defined in the body, or any value visible there.
    pub next: Value,
    /// Its value after the loop.
    pub result: Value,
}

/// A loop over a range. Where the number of iterations is not known before it runs, [`For::again`] ends it.
#[derive(Debug, Clone)]
pub struct For {
    /// The index.
    pub index: Value,
    /// First index.
    pub start: Value,
    /// One past the last index; with [`For::again`], a limit that nobody counts up to.
    pub end: Value,
    /// A condition of the body, asked at the end of every iteration: the loop ends with the first iteration in which it
    /// does not hold. Such a loop runs its body at least once, and is never reversed.
    pub again: Option<Value>,
    /// From `end - 1` down to `start`.
    pub reversed: bool,
    /// The values carried.
    pub carried: Vec<Carried>,
    /// The statements.
    pub body: Block,
}

/// A value that a branch defines.
#[derive(Debug, Clone)]
pub struct Merge {
    /// The merged value.
    pub result: Value,
    /// Its value if the condition holds.
    pub then: Value,
    /// Its value otherwise.
    pub otherwise: Value,
}

/// A two-way branch.
#[derive(Debug, Clone)]
pub struct If {
    /// The condition.
    pub cond: Value,
    /// Statements if it holds.
    pub then: Block,
    /// Statements otherwise.
    pub otherwise: Block,
    /// The values that it defines.
    pub merges: Vec<Merge>,
}

/// An argument of a call.
#[derive(Debug, Clone)]
pub enum CallArg {
    /// A scalar, of any kind.
    Value(Value),
    /// An aggregate, by value or behind `&`.
    Place {
        /// Which.
        place: Place,
        /// Written as `&place`.
        by_ref: bool,
    },
}

/// What a call's result is bound to.
#[derive(Debug, Clone, Copy)]
pub enum CallResult {
    /// A scalar.
    Value(Value),
    /// A new local aggregate.
    Object(Obj),
}

/// Which of a helper's or a network's forms is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// The function itself.
    Primal,
    /// `helper::jvp`: real arguments come in pairs with their tangents; returns value and tangent. A network without a
    /// tangent has constant parameters: `Network::input_jvp`.
    Jvp,
    /// `helper::vjp`: arguments, cotangent of the result, a `&mut` for each real argument, workspace. A network needs no
    /// workspace and leaves the cotangent as it is.
    Vjp,
    /// `helper::marks`: dependencies. A network on dependencies is a network like any other.
    Marks,
}

/// What a call calls.
#[derive(Debug, Clone)]
pub enum Callee {
    /// A `#[differentiable]` function, by the user's path, and the constants of its turbofish.
    Helper(TokenStream, TokenStream),
    /// A `#[differentiable]` method, by its name. The first argument is the place of its receiver, behind `&`.
    Method(proc_macro2::Ident),
    /// A `#[differentiable]` function of an `impl` block that takes no `self`, by the path of its type and its name.
    Associated(TokenStream, proc_macro2::Ident),
    /// `forward` of a network. The arguments are two places, the network and its input, both read through `&`; the
    /// span is that of the user's `forward`.
    Network(Span),
    /// The state at an earlier time, or its slope, which only the run knows. The arguments are the place of the past, read through `&`, the
    /// time, and where one component is asked for its index; else the result is a whole state. The past moves with what was
    /// computed before, so that its place has a tangent and a cotangent as the place of a network has.
    History(Span, Asked),
}

/// What of an earlier time is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// The state.
    State,
    /// How fast it moved.
    Slope,
}

/// A call of a `#[differentiable]` function, of a network, or of the past.
#[derive(Debug, Clone)]
pub struct Call {
    /// What is called.
    pub callee: Callee,
    /// The form.
    pub form: Form,
    /// The arguments in the user's order.
    pub args: Vec<CallArg>,
    /// The result.
    pub result: CallResult,
    /// The tangent of the result in form `Jvp`, the cotangent in form `Vjp`.
    pub result_twin: Option<CallResult>,
    /// For each argument its tangent (`Jvp`) or the place its cotangent is added to (`Vjp`), where it is real.
    pub twins: Vec<Option<CallArg>>,
}

/// How local memory starts.
#[derive(Debug, Clone)]
pub enum Init {
    /// All zeros.
    Zeros,
    /// Every element the same scalar: `[x; N]`.
    Filled(Value),
    /// A one-dimensional array of scalars: `[a, b, c]`.
    Elements(Vec<Value>),
    /// A copy of an aggregate.
    From(Place),
    /// Zeros of the type of another place.
    ZerosLike(Place),
    /// As many zeros as another array has elements, of what the new one has.
    ZerosAlong(Place),
}

/// A statement.
#[derive(Debug, Clone)]
pub enum Stmt {
    /// `let value = op;`
    Let(Value, Op),
    /// Brings local memory to life.
    Local(Obj, Init),
    /// `place = value`
    Store(Place, Value),
    /// `place += value`
    Accumulate(Place, Value),
    /// `place = other place` of aggregates.
    Copy(Place, Place),
    /// `dst += src`, element by element, of aggregates; written by the reverse pass.
    AddAll(Place, Place),
    /// Every element becomes zero; written by the reverse pass.
    Clear(Place),
    /// A loop.
    For(For),
    /// A branch.
    If(If),
    /// A helper call.
    Call(Call),
    /// Keeps a value in the workspace; written by the reverse pass.
    Push(Value),
    /// Takes back the value kept last; written by the reverse pass.
    Pop(Value),
    /// Keeps a whole aggregate in the workspace.
    PushAll(Place),
    /// Takes back the aggregate kept last.
    PopAll(Place),
    /// Where the condition does not hold the function panics with this text, as the user's own does.
    Assert(Value, &'static str),
}

/// What an argument is bound to.
#[derive(Debug, Clone, Copy)]
pub enum Arg {
    /// A scalar argument.
    Value(Value),
    /// An aggregate argument.
    Object(Obj),
}

/// What a function returns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// What an equation writes, its derivative above all: an object that the caller owns.
    Object(Obj),
    /// A helper's scalar result: of any kind.
    Value(Value),
    /// A helper's aggregate result: a local object.
    Local(Obj),
}

/// A function of the language.
#[derive(Debug, Clone)]
pub struct Program {
    /// The function's name.
    pub name: String,
    /// The arguments: for an equation always `u`, `p`, `t` in this order (made up where the user left them out).
    pub args: Vec<Arg>,
    /// The results: one of a helper, all that an equation writes. Passes that differentiate are given a program with one
    /// of them, see [`crate::passes::only`].
    pub outputs: Vec<Output>,
    /// For each result its tangent, where it has one, in a program that computes both; else empty.
    pub output_dots: Vec<Option<Output>>,
    /// All memory.
    pub objects: Vec<Object>,
    /// All scalars.
    pub values: Vec<ValueInfo>,
    /// Integers of one type although no statement joins them: what the workspace keeps, and what comes back from it.
    pub alike: Vec<(Value, Value)>,
    /// The reals of the function are `f64` as it was written: constants that it computes with are no others.
    pub doubles: bool,
    /// What the patterns of the function as it was written call its variables.
    pub bound: Rc<HashSet<String>>,
    /// The types declared inside the body, as the user wrote them.
    pub items: TokenStream,
    /// The structs that a `clone` copies, and where: a copy is what it is for types that are `Copy` alone.
    pub cloned: Vec<(TokenStream, Span)>,
    /// The statements.
    pub body: Block,
}
