//! A function as the front end hands it over: its program, and what emission needs of its signature.

use proc_macro2::TokenStream;

use super::Len;
use super::Program;
use super::Shape;
use super::reach::Reach;

/// A checked function.
#[derive(Debug, Clone)]
pub struct Function {
    /// The body.
    pub program: Program,
    /// The user's identifier, with its span.
    pub ident: proc_macro2::Ident,
    /// `pub`, `pub(crate)`, or nothing.
    pub vis: TokenStream,
    /// The lines of the doc comment.
    pub docs: Vec<String>,
    /// The other attributes that belong to the generated item (`#[cfg]`, `#[allow]`).
    pub attrs: TokenStream,
    /// Generic parameters as declared: `const N: usize, const M: usize`.
    pub generic_params: TokenStream,
    /// The same as arguments: `N, M`.
    pub generic_args: TokenStream,
    /// The user's function, our attributes taken off.
    pub original: TokenStream,
    /// It stands in an `impl` block: its forms are functions beside it.
    pub is_method: bool,
    /// It takes `self`.
    pub has_receiver: bool,
    /// The names of the state's components where the user named them (`let [x, y] = *u`), else empty.
    pub state_names: Vec<String>,
    /// For each output that the function writes itself the parts of it that are assigned, where structs are among them: rustc
    /// knows whether these are all.
    pub assigned: Vec<Option<Vec<Vec<LayoutStep>>>>,
    /// The names of the parameters, likewise.
    pub param_names: Vec<String>,
    /// How an equation is called as written; none where its reals are not `f64`, and for helpers.
    pub call: Option<WrittenCall>,
    /// How long the state and the parameters must be, where they are slices.
    pub lengths: [Length; 2],
    /// The function as a closure, for rustc to check beside what was made of it; none where it has generics or takes `self`.
    pub checked: Option<TokenStream>,
    /// What rustc or a solve is to ask of its indices.
    pub reach: Option<Reach>,
    /// What a helper can be to an event.
    pub part: Option<EventPart>,
    /// Whether a helper can be the history of a delayed equation.
    pub history: Option<HistoryPart>,
    /// What a stochastic equation has beside any other.
    pub noise: Option<Noise>,
}

/// What is known of the noise of a stochastic equation by its signature and its attribute.
#[derive(Debug, Clone)]
pub struct Noise {
    /// The Wiener processes.
    pub processes: Processes,
    /// The integral is Stratonovich's, and not Ito's.
    pub stratonovich: bool,
    /// The user says that the noise commutes.
    pub claims_commutative: bool,
}

/// How the noise and the Wiener processes belong together.
#[derive(Debug, Clone)]
pub enum Processes {
    /// One for each component: the noise has the type of the state.
    OneForEach,
    /// One for all components: the noise has the type of the state.
    OneForAll,
    /// The noise has a row in the place of each component, with a real for each process.
    Rows(Len),
}

/// What a helper of state, parameters and time can be to an event, by its signature. The state is its first argument.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EventPart {
    /// Which part.
    pub role: EventRole,
    /// The next argument is the parameters.
    pub takes_params: bool,
    /// The last argument is the time.
    pub takes_time: bool,
}

/// What a helper of the time, and perhaps of parameters, can be to a delayed equation: what was before its start.
#[derive(Debug, Clone)]
pub struct HistoryPart {
    /// The first argument is the parameters.
    pub takes_params: bool,
    /// The shape of what it returns.
    pub state: Shape,
}

/// The parts of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventRole {
    /// A real that passes through zero.
    Condition,
    /// Something that holds or does not.
    Predicate,
    /// It changes the state, and perhaps the parameters.
    Effect {
        /// These, too.
        of_params: bool,
    },
}

/// How the user's own function is called.
#[derive(Debug, Clone)]
pub struct WrittenCall {
    /// The derivative is its first argument.
    pub in_place: bool,
    /// The state, the parameters and the time, as far as the function takes them.
    pub args: [Option<Passed>; 3],
}

/// An argument of the user's own function.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Passed {
    /// The value itself.
    Value,
    /// A reference.
    Reference,
}

/// What the indices of a function say of the length of a slice.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Length {
    /// At least so many elements.
    pub least: usize,
    /// And not more: the derivative is written one component at a time.
    pub exact: bool,
}

/// A step on the way to a part of the derivative.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum LayoutStep {
    /// To a field.
    Field(String),
    /// To the elements from the first on and before the second, or to all of them.
    Elements(Option<(usize, usize)>),
}
