//! What an expression stands for while it is lowered.

use proc_macro2::Span;
use proc_macro2::TokenStream;
use syn::Expr;
use syn::ExprClosure;
use syn::ExprPath;

use super::syntax::op::Arithmetic;
use crate::ir::Place;
use crate::ir::Shape;
use crate::ir::Value;

/// What an expression stands for.
#[derive(Debug, Clone)]
pub(super) enum Meaning<'a> {
    /// `()`
    Unit,
    /// Control does not come back from here.
    Never,
    /// A scalar.
    Scalar(Value),
    /// A constant whose kind its use decides.
    Const(TokenStream),
    /// Arithmetic on constants whose kind its use decides.
    Open(Box<Open>),
    /// A scalar variable as a place ([`Hold::Place`]) or behind `&mut` ([`Hold::Mutable`]).
    Variable(Var, Hold),
    /// Memory: an aggregate, or a scalar behind `&mut`, or something whose shape is not written down: a field, or what a
    /// helper returned.
    Memory(Located),
    /// `(a, b)`
    Tuple(Vec<Meaning<'a>>),
    /// `|x| ..`
    Closure(Closure<'a>),
    /// Something to iterate over.
    Iter(Box<Iter<'a>>),
    /// A part of an array or slice, borrowed.
    View(View),
    /// `Some` where the condition holds; then what is in it.
    Option(Value, Box<Meaning<'a>>),
    /// A variable that holds an option, as a place.
    Optional(usize),
    /// What a comparison found: whether it is `Less`, and whether it is `Greater`.
    Ordering(Value, Value),
}

impl Meaning<'_> {
    /// Whether it is a number behind `&mut`.
    pub(super) fn is_lent(&self) -> bool {
        match self {
            Meaning::Variable(_, hold) => *hold == Hold::Mutable,
            Meaning::Memory(located) => {
                located.hold == Hold::Mutable && matches!(located.shape, Shape::Scalar(_))
            }
            _ => false,
        }
    }
}

/// A mutable scalar, or any scalar that a name stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Var(pub(super) usize);

/// How storage was come by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hold {
    /// Made by the expression itself: nobody else names it.
    Fresh,
    /// Through `&`. Nobody writes it while the reference lives, as rustc has checked.
    Reference,
    /// Through `&mut`: whoever has it writes to the storage itself.
    Mutable,
    /// A place: read, copied or borrowed by whoever asked for it.
    Place,
}

impl Hold {
    /// How a part of what is held so is held: parts of borrowed storage are borrowed.
    pub(super) fn of_part(self) -> Hold {
        match self {
            Hold::Fresh | Hold::Place => Hold::Place,
            borrowed => borrowed,
        }
    }
}

/// A place with what is known of it.
#[derive(Debug, Clone)]
pub(super) struct Located {
    pub(super) place: Place,
    pub(super) shape: Shape,
    pub(super) hold: Hold,
}

impl Located {
    /// The place itself, however it was come by: `a[i]` is a place behind a reference, too.
    pub(super) fn into_place(self) -> Located {
        Located { hold: Hold::Place, ..self }
    }

    /// Whether it has no derivative whatever it holds.
    pub(super) fn is_plain(&self) -> bool {
        matches!(self.shape, Shape::Plain(_))
    }

    /// Whether it is what a helper returned.
    pub(super) fn is_result(&self) -> bool {
        self.hold == Hold::Fresh && matches!(self.shape, Shape::Unknown)
    }
}

/// A closure, or a function inside the body, with the scope that it sees.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closure<'a> {
    pub(super) code: Code<'a>,
    pub(super) scope: usize,
}

/// What is run where a closure is called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Code<'a> {
    Closure(&'a ExprClosure),
    Function(&'a syn::ItemFn),
}

impl Code<'_> {
    pub(super) fn is(&self, other: &Code) -> bool {
        match (self, other) {
            (Code::Closure(a), Code::Closure(b)) => std::ptr::eq(*a, *b),
            (Code::Function(a), Code::Function(b)) => std::ptr::eq(*a, *b),
            _ => false,
        }
    }
}

/// An argument of a method: what it stands for, and where it is written.
pub(super) type Supplied<'a> = (Meaning<'a>, Option<&'a Expr>);

/// A part of an array or slice.
#[derive(Debug, Clone)]
pub(super) struct View {
    /// The whole.
    pub(super) base: Located,
    /// The first element of the part.
    pub(super) start: Value,
    /// The number of elements.
    pub(super) len: Value,
}

/// Something that yields items.
#[derive(Debug, Clone)]
pub(super) enum Iter<'a> {
    /// `start..end`
    Range {
        start: Value,
        end: Value,
    },
    /// `start..`
    From(Value),
    /// The elements of an array or slice.
    Elements {
        located: Located,
        len: Value,
    },
    /// The elements of a part of one.
    Part(View),
    /// `.windows(n)`
    Windows(View, Value),
    /// `.chunks(n)`, or `.chunks_exact(n)`
    Chunks {
        view: View,
        size: Value,
        exact: bool,
    },
    /// `.rev()`
    Rev(Box<Iter<'a>>),
    /// `.enumerate()`
    Enumerate(Box<Iter<'a>>),
    /// `.zip(..)`
    Zip(Box<Iter<'a>>, Box<Iter<'a>>),
    /// `.skip(n)`
    Skip(Box<Iter<'a>>, Value),
    /// `.take(n)`
    Take(Box<Iter<'a>>, Value),
    /// `.step_by(n)`
    StepBy(Box<Iter<'a>>, Value),
    /// `.copied()`, `.cloned()`
    Copied(Box<Iter<'a>>),
    /// `.map(|x| ..)`
    Map(Box<Iter<'a>>, Callable<'a>),
    /// `.inspect(|x| ..)`
    Inspect(Box<Iter<'a>>, Callable<'a>),
    /// `.filter(|x| ..)`
    Filter(Box<Iter<'a>>, Callable<'a>),
    /// `.filter_map(|x| ..)`
    FilterMap(Box<Iter<'a>>, Callable<'a>),
    /// `.take_while(|x| ..)`
    TakeWhile(Box<Iter<'a>>, Callable<'a>),
    /// `.skip_while(|x| ..)`
    SkipWhile(Box<Iter<'a>>, Callable<'a>),
    /// `.chain(..)`
    /// What a function, of a state that it may change where there is one, makes of items until it returns `None`.
    Scan(Box<Iter<'a>>, Option<Var>, Callable<'a>),
    Chain(Box<Iter<'a>>, Box<Iter<'a>>),
    /// `.flat_map(|x| ..)`
    FlatMap(Box<Iter<'a>>, Callable<'a>),
    /// `.flatten()`
    Flatten(Box<Iter<'a>>),
    /// `.cycle()`
    Cycle(Box<Iter<'a>>),
    /// `let mut it = ..`: what is left of it from a position on, which moves with every item taken.
    Cursor(Box<Iter<'a>>, Var),
}

/// Arithmetic on constants, not computed yet: whether it is one on reals or on integers its use decides.
#[derive(Debug, Clone)]
pub(super) enum Open {
    /// An element of a table.
    Element(Located),
    /// A constant by its path, or an expression of such.
    Named(TokenStream),
    /// `a + b`
    Binary(Arithmetic, Box<Open>, Box<Open>, Span),
    /// `-a`
    Negated(Box<Open>, Span),
    /// `a.max(b)`: a method that reals and integers have.
    Method(&'static str, Vec<Open>, Span),
}

/// What can be called.
#[derive(Debug, Clone, Copy)]
pub(super) enum Callable<'a> {
    Closure(Closure<'a>),
    /// A function by its path: `f64::max`, a helper.
    Function(&'a ExprPath),
}
