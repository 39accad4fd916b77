//! The names of Rust's methods that have a meaning here, and what is said of those that have none.

use crate::diagnostics::nearest;
use crate::ir::IntOp;
use crate::ir::integer;
use crate::ir::integer::Typed;
use crate::rules;
use crate::rules::Prim;

/// The methods of arrays and slices.
pub(super) const AGGREGATE: &[&str] = &[
    "len",
    "is_empty",
    "iter",
    "iter_mut",
    "into_iter",
    "map",
    "fill",
    "copy_from_slice",
    "clone_from_slice",
    "swap",
    "as_slice",
    "as_mut_slice",
    "each_ref",
    "first",
    "first_mut",
    "last",
    "last_mut",
    "get",
    "get_mut",
    "partition_point",
    "split_at",
    "split_at_mut",
    "split_first",
    "split_last",
    "windows",
    "chunks",
    "chunks_mut",
    "chunks_exact",
    "chunks_exact_mut",
    "reverse",
    "rotate_left",
    "rotate_right",
    "contains",
];

/// The methods of iterators.
pub(super) const ITERATOR: &[&str] = &[
    "rev",
    "enumerate",
    "zip",
    "skip",
    "take",
    "step_by",
    "map",
    "copied",
    "cloned",
    "sum",
    "product",
    "fold",
    "try_fold",
    "for_each",
    "all",
    "any",
    "count",
    "chain",
    "filter",
    "filter_map",
    "take_while",
    "skip_while",
    "flat_map",
    "flatten",
    "inspect",
    "reduce",
    "position",
    "find",
    "find_map",
    "next",
    "nth",
    "last",
    "min",
    "max",
    "min_by",
    "max_by",
];

/// The methods that order two numbers.
pub(super) const COMPARISONS: &[&str] = &["total_cmp", "partial_cmp", "cmp"];

/// What reads or changes state behind a shared reference.
pub(super) const SHARED: &[&str] = &[
    "load",
    "store",
    "fetch_add",
    "fetch_sub",
    "get",
    "set",
    "borrow",
    "borrow_mut",
    "lock",
    "read",
    "write",
    "with",
    "take",
    "replace",
    "update",
    "get_or_init",
];

/// The methods of slices that are written with their elements.
pub(super) const SLICE: &[&str] = &[
    "first",
    "first_mut",
    "last",
    "last_mut",
    "get",
    "get_mut",
    "partition_point",
    "split_at",
    "split_at_mut",
    "split_first",
    "split_last",
    "windows",
    "chunks",
    "chunks_mut",
    "chunks_exact",
    "chunks_exact_mut",
    "reverse",
    "rotate_left",
    "rotate_right",
    "contains",
    "swap",
    "fill",
    "copy_from_slice",
    "clone_from_slice",
    "copy_within",
];

/// Methods that make a vector, or move everything: what to write instead.
pub(super) const REFUSED: &[(&str, &str)] = &[
    ("to_vec", "copy into an array: `let a = *u;`, or read the elements where they are"),
    ("concat", "write the array: `[a[0], a[1], b[0]]`, or fill one in a loop"),
    ("join", "write the array: `[a[0], a[1], b[0]]`, or fill one in a loop"),
    ("sort_by", "the order of states is no part of a derivative: compare them with `max` and `min`"),
    ("sort_unstable_by", "the order of states is no part of a derivative: compare them with `max` and `min`"),
    ("binary_search_by", "search with a loop: `while hi - lo > 1 { .. }`"),
    ("rchunks", "loop over indices: `for k in 0..n { .. }`"),
    ("iter_max", "write `fold(f64::NEG_INFINITY, |a, b| a.max(*b))`"),
];

/// The methods of `f64` that are written with elementary functions.
pub(super) const LOWERED: &[&str] = &[
    "powi",
    "clamp",
    "sin_cos",
    "fract",
    "rem_euclid",
    "div_euclid",
    "to_radians",
    "to_degrees",
    "log",
    "is_nan",
    "is_finite",
    "is_infinite",
    "is_sign_positive",
    "is_sign_negative",
];

/// What functions are called in other languages and libraries.
pub(super) fn elsewhere(name: &str) -> Option<&'static str> {
    Some(match name {
        "pow" => "write `x.powi(2)` for an integer exponent, `x.powf(y)` for a real one",
        "square" | "sqr" | "sq" => "write `x * x` or `x.powi(2)`",
        "cube" => "write `x.powi(3)`",
        "sign" | "sgn" => "write `x.signum()`",
        "arcsin" => "write `x.asin()`",
        "arccos" => "write `x.acos()`",
        "arctan" => "write `x.atan()`",
        "heaviside" | "step" => "write `if x > 0.0 { 1.0 } else { 0.0 }`",
        "gen" | "gen_range" | "sample" | "random" => RANDOM,
        _ => return None,
    })
}

/// An operation that may have no result.
#[derive(Clone, Copy)]
pub(super) enum Checkable {
    /// What keeps within the type, and what goes around it.
    Bounded(IntOp, IntOp),
    /// A quotient.
    Divided(IntOp),
}

pub(super) fn checked(name: &str) -> Option<Checkable> {
    let method = |name: &str| IntOp::from_method(name);
    Some(match name {
        "checked_sub" => Checkable::Bounded(method("saturating_sub")?, method("wrapping_sub")?),
        "checked_add" => Checkable::Bounded(method("saturating_add")?, method("wrapping_add")?),
        "checked_div" => Checkable::Divided(IntOp::Div),
        "checked_rem" => Checkable::Divided(IntOp::Rem),
        _ => return None,
    })
}

/// Whether integers have a method of this name.
pub(super) fn is_integer_method(name: &str) -> bool {
    name == "clamp" || checked(name).is_some() || IntOp::from_method(name).is_some()
}

/// What to write in the place of a method that integers do not have here.
pub(super) fn refused(name: &str) -> String {
    if matches!(name, "into" | "try_into") {
        return "name the type that it becomes: `f64::from(n)`, or `n as i64`".to_string();
    }
    if is_real_method(name) {
        return "this is an integer: write `(n as f64)` first".to_string();
    }
    let base = name.strip_prefix("checked_").or_else(|| name.strip_prefix("overflowing_"));
    if let Some(base) = base.filter(|base| IntOp::from_method(&format!("wrapping_{base}")).is_some()) {
        return format!("write `wrapping_{base}` or `saturating_{base}`, which return a number");
    }
    let methods = integer::ALL.iter().filter(|op| !op.is_operator() && op.result() != Typed::Bool);
    let methods: Vec<&str> = methods.map(|op| op.method()).collect();
    match crate::diagnostics::nearest(name, methods.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => "write it with the operators `+`, `-`, `*`, `/`, `%` and the methods `pow`, `min`, `max`, `abs`, `rem_euclid`, ..".to_string(),
    }
}

/// The method of a network.
pub(super) const FORWARD: &str = "forward";

/// What is said of random numbers and clocks.
pub(super) const RANDOM: &str = "what is random or reads a clock is no function of its arguments: draw it outside and pass it in \
     `p`; what changes at given times an event sets (`Periodic`, `Preset`)";

/// Whether a name is that of a source of random numbers or of the time.
pub(super) fn is_random(name: &str) -> bool {
    matches!(
        name,
        "rand" | "fastrand" | "random" | "thread_rng" | "rng" | "SystemTime" | "Instant" | "Utc" | "Local"
    )
}

/// Whether a name is that of a method of `f64` with a derivative.
pub(super) fn is_real_method(name: &str) -> bool {
    Prim::from_method(name).is_some() || LOWERED.contains(&name)
}

/// The nearest method of `f64`.
pub(super) fn nearest_method(name: &str) -> Option<&'static str> {
    let table = rules::ALL
        .iter()
        .filter(|prim| prim.is_written())
        .map(|prim| prim.method())
        .filter(|m| m.chars().all(|c| c.is_alphanumeric() || c == '_'));
    nearest(name, table.chain(LOWERED.iter().copied()))
}

/// Whether numbers or arrays have a method of this name.
pub(super) fn is_known(name: &str) -> bool {
    is_real_method(name) || is_integer_method(name) || matches!(name, "clone" | "to_owned")
}

/// Whether a method belongs to arrays alone.
pub(super) fn is_array_method(name: &str) -> bool {
    AGGREGATE.contains(&name)
}

/// Whether a method belongs to iterators alone.
pub(super) fn is_iterator_method(name: &str) -> bool {
    ITERATOR.contains(&name)
}
