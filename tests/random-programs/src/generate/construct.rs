//! The constructs of the language by name: what the guide lists is what is written here, and each is counted.

use std::collections::BTreeMap;

macro_rules! constructs {
    ($($(#[$doc:meta])* $id:ident = $name:literal,)*) => {
        /// A construct of the language, by the guide's name for it.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Construct {
            $($id,)*
        }

        impl Construct {
            /// All of them, in the order of the guide.
            pub const ALL: &'static [Construct] = &[$(Construct::$id,)*];

            /// The row of the guide.
            pub fn name(self) -> &'static str {
                match self {
                    $(Construct::$id => $name,)*
                }
            }
        }
    };
}

constructs! {
    // Signatures.
    InPlace = "equation in place",
    OutOfPlace = "equation that returns its derivative",
    DelayInPlace = "delayed equation in place",
    DelayOutOfPlace = "delayed equation that returns its derivative",
    Earlier = "earlier state",
    EarlierWhole = "earlier state in a variable",
    EarlierSlope = "earlier slope",
    NoiseInPlace = "stochastic equation in place",
    NoiseOutOfPlace = "stochastic equation that returns drift and noise",
    NoiseForAll = "one Wiener process for all components",
    NoiseRows = "noise in rows",
    NoiseWithPast = "stochastic equation with a history",
    ArgumentPattern = "pattern as an argument",
    ScalarState = "scalar state",
    MatrixState = "state of arrays of arrays",
    StructState = "state with named components",
    StructParameters = "parameters with named components",
    Slice = "slice",
    ConstGeneric = "const generic length",
    // Names.
    Let = "`let`",
    LetTyped = "`let` with a type",
    LetTuple = "tuple pattern",
    LetArray = "array pattern",
    LetStruct = "struct pattern",
    LetRest = "`..` and `_` in patterns",
    LetLater = "`let` without a value",
    Shadow = "shadowing",
    LetMut = "`let mut` and `=`",
    Compound = "compound assignment",
    CompoundOfWriter = "compound assignment whose right side writes",
    AssignElement = "assignment to an element",
    AssignField = "assignment to a field",
    AssignWhole = "assignment of an array, struct or tuple",
    AssignTogether = "`(a, b) = (b, a)`",
    AssignOverItself = "literal assigned to what it reads",
    Block = "block as a value",
    BlockWithEffect = "operand with an effect",
    InnerConst = "`const` in a body",
    // References.
    RefShared = "`&` bound by `let`",
    RefScalar = "`&mut` of a scalar",
    RefElement = "`&mut` of an element",
    RefField = "`&mut` of a field",
    RefRow = "`&mut` of a row",
    RefPattern = "pattern of `&mut`",
    RefTuple = "tuple of `&mut`",
    RefAgain = "`&mut` of `*r`",
    RefToClosure = "`&mut` given to a closure",
    // Numbers.
    Operators = "operators of reals",
    Methods = "methods of reals",
    PathCalls = "`f64::max(a, b)`",
    Powers = "`powi`",
    Predicates = "predicates of reals",
    RealOfInt = "integer to real",
    IntSigned = "arithmetic of signed integers",
    IntUnsigned = "arithmetic of unsigned integers",
    IntMethods = "methods of integers",
    IntCast = "cast between integers",
    IntNarrow = "cast that wraps",
    IntOfBool = "condition to integer",
    IntOfReal = "real to integer",
    IntVariable = "integer that changes",
    IntArray = "array of integers",
    IntMatrix = "array of arrays of integers",
    Flag = "condition in a variable",
    And = "`&&`, `||` and `!`",
    AndWithEffect = "`&&` with an effect",
    Contains = "`contains` of a range",
    // Choices.
    If = "`if` as a statement",
    IfValue = "`if` as a value",
    IfAggregate = "`if` of arrays or structs",
    Match = "`match` as a statement",
    MatchValue = "`match` as a value",
    MatchRange = "ranges and `|` in `match`",
    MatchBinding = "bindings in `match`",
    MatchGuard = "guards in `match`",
    MatchTuple = "`match` on a tuple",
    EarlyReturn = "early `return`",
    LoopReturn = "`return` from a loop",
    // Loops.
    ForRange = "`for` over a range",
    ForRev = "`for` over a reversed or stepped range",
    ForNegative = "`for` from below zero",
    ForNested = "loop in a loop",
    ForValue = "`for` over an array by value",
    ForRef = "`for` over `&a` or `a.iter()`",
    ForMut = "`for` over `&mut a` or `a.iter_mut()`",
    ForChain = "`for` over adaptors",
    While = "counted `while`",
    Break = "`break`",
    Continue = "`continue`",
    Label = "labels",
    // Arrays.
    ArrayLiteral = "array literal",
    ArrayRepeat = "`[x; N]`",
    ArrayCopy = "copy of an array that changes",
    Matrix = "array of arrays",
    ArrayMap = "`map` of an array",
    FromFn = "`array::from_fn`",
    Len = "`len`",
    Fill = "`fill`",
    Swap = "`swap`",
    CopyFromSlice = "`copy_from_slice`",
    // Iterators.
    Sum = "`sum` and `product`",
    Fold = "`fold`",
    AnyAll = "`any` and `all`",
    ForEach = "`for_each`",
    Zip = "`zip`",
    Enumerate = "`enumerate`",
    Rev = "`rev`",
    SkipTake = "`skip` and `take`",
    StepBy = "`step_by`",
    Map = "`map`",
    ChainWithEffect = "iterator with an effect",
    IterBound = "iterator bound by `let`",
    // Closures.
    Closure = "closure",
    ClosureCaptures = "closure that captures",
    ClosureMove = "`move` closure",
    ClosureWrites = "closure that changes what it captures",
    ClosureShadowed = "closure over a name that is shadowed",
    ClosureOfArray = "closure of or to an array",
    ClosureInClosure = "closure that calls a closure",
    ClosureByName = "closure given to a method by name",
    // Structs and tuples.
    StructLiteral = "struct literal",
    StructUpdate = "`..` in a struct literal",
    StructCopy = "copy of a struct that changes",
    StructNested = "struct in a struct",
    StructArray = "array of structs",
    FieldArray = "array field",
    Tuple = "tuple in a variable",
    TupleAssign = "assignment to a part of a tuple",
    // Outside the function.
    Const = "module constant",
    Table = "module table",
    TableMatrix = "module table of tables",
    TableInt = "module table of integers",
    // Calls.
    Helper = "helper",
    HelperOfHelper = "helper that calls a helper",
    HelperInt = "helper of integers",
    HelperArray = "helper that takes an array by reference",
    HelperArrayValue = "helper that takes an array by value",
    HelperToArray = "helper that returns an array",
    HelperStruct = "helper that takes a struct",
    HelperToStruct = "helper that returns a struct",
    HelperToInt = "helper that returns an integer or a condition",
    HelperGeneric = "helper with a const generic",
    HelperBetweenWrites = "helper called between writes",
    Network = "`forward` of a network",
}

const OPEN: char = '\u{1}';
const CLOSE: char = '\u{2}';

/// A mark in the text of a program: the construct that begins here.
///
/// The writer often drops what it wrote; the marks that are left at the end are the constructs that were written.
pub fn mark(construct: Construct) -> String {
    format!("{OPEN}{}{CLOSE}", construct as usize)
}

/// How often each construct occurs.
pub type Counts = BTreeMap<Construct, usize>;

/// The text without its marks, which are counted.
pub fn without_marks(text: &str, counts: &mut Counts) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(OPEN) {
        out += &rest[..at];
        let close = rest[at..].find(CLOSE).map_or(rest.len(), |k| at + k);
        if let Some(construct) = rest[at + 1..close].parse().ok().and_then(|k: usize| Construct::ALL.get(k)) {
            *counts.entry(*construct).or_default() += 1;
        }
        rest = rest.get(close + 1..).unwrap_or("");
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::Construct;

    /// The first cells of the guide's tables of the language, which comes before events.
    fn guide() -> Vec<String> {
        include_str!("../../../../src/guide.rs")
            .lines()
            .take_while(|line| *line != "//! # Events")
            .filter_map(|line| line.strip_prefix("//! | "))
            .filter(|row| !row.starts_with("---") && !row.starts_with("construct |"))
            // The table of classes of noise.
            .filter(|row| !row.starts_with("class |") && !row.starts_with("[`"))
            .map(|row| row.replace("\\|", "\u{1}"))
            .filter_map(|row| Some(row.split_once(" |")?.0.replace('\u{1}', "|")))
            .collect()
    }

    #[test]
    fn what_the_guide_lists_is_what_is_written() {
        let written: Vec<&str> = Construct::ALL.iter().map(|construct| construct.name()).collect();
        let guide = guide();
        let unwritten: Vec<&String> = guide.iter().filter(|row| !written.contains(&row.as_str())).collect();
        let unlisted: Vec<&&str> =
            written.iter().filter(|name| !guide.iter().any(|row| row == *name)).collect();
        assert!(unwritten.is_empty(), "no program has these rows of the guide: {unwritten:?}");
        assert!(unlisted.is_empty(), "the guide has no rows for these: {unlisted:?}");
    }
}
