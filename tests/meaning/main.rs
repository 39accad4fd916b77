//! What is compiled is what was written: small functions, each aimed at one point of Rust's meaning.
//!
//! The oracle is Rust: a value is that of the same function as rustc compiles it, to the bit, and the one that is written
//! down beside it; derivatives are the slopes of that function. The functions stand as they were written, formatted or
//! not, sensible or not.
#![allow(warnings, clippy::all, missing_docs)]

use diffeq::Components;
use diffeq::differentiable;
use diffeq::ode;
use testkit::meaning;
use testkit::meaning::At;

/// Holds a model to the function that it was made of: its value, known otherwise at one point, and all derivatives there.
macro_rules! meaning_of {
    ($model:expr, u: $u:expr $(, p: $p:expr)? $(, t: $t:expr)? => $du:expr) => {
        #[test]
        fn is_what_was_written() {
            let at = at!($u $(, p: $p)? $(, t: $t)?);
            meaning::value(&$model, at, Some(&$du));
            meaning::derivatives(&$model, at);
        }
    };
}

/// The same of its value alone, where a derivative is infinite or there is none.
macro_rules! value_of {
    ($model:expr, u: $u:expr $(, p: $p:expr)? $(, t: $t:expr)? => $du:expr) => {
        #[test]
        fn is_what_was_written() {
            meaning::value(&$model, at!($u $(, p: $p)? $(, t: $t)?), Some(&$du));
        }
    };
}

macro_rules! at {
    ($u:expr $(, p: $p:expr)? $(, t: $t:expr)?) => {
        At {
            u: &$u,
            p: at!(or &[], $(&$p)?),
            t: at!(or 0.0, $($t)?),
        }
    };
    (or $default:expr,) => { $default };
    (or $default:expr, $given:expr) => { $given };
}
use at;
use meaning_of;
use value_of;

#[rustfmt::skip]
mod arguments;
#[rustfmt::skip]
mod blocks_of_methods;
#[rustfmt::skip]
mod body_items;
#[rustfmt::skip]
mod branches;
#[rustfmt::skip]
mod by_value;
#[rustfmt::skip]
mod closures;
#[rustfmt::skip]
mod conditions;
#[rustfmt::skip]
mod constants;
#[rustfmt::skip]
mod copies;
#[rustfmt::skip]
mod ended_folds;
#[rustfmt::skip]
mod fields;
#[rustfmt::skip]
mod floats;
#[rustfmt::skip]
mod generics;
#[rustfmt::skip]
mod helpers;
#[rustfmt::skip]
mod integer_arrays;
#[rustfmt::skip]
mod integer_memory;
#[rustfmt::skip]
mod integer_types;
#[rustfmt::skip]
mod integers;
#[rustfmt::skip]
mod iterators;
#[rustfmt::skip]
mod jumps_in_values;
#[rustfmt::skip]
mod leaving;
#[rustfmt::skip]
mod lent;
#[rustfmt::skip]
mod loops;
#[rustfmt::skip]
mod matching;
#[rustfmt::skip]
mod names;
#[rustfmt::skip]
mod options;
#[rustfmt::skip]
mod order;
#[rustfmt::skip]
mod panics;
#[rustfmt::skip]
mod parts;
#[rustfmt::skip]
mod patterns;
#[rustfmt::skip]
mod patterns_behind_references;
#[rustfmt::skip]
mod shadowing;
#[rustfmt::skip]
mod short_circuits;
#[rustfmt::skip]
mod slices;
#[rustfmt::skip]
mod structs;
#[rustfmt::skip]
mod syntax;
#[rustfmt::skip]
mod told_by_use;
#[rustfmt::skip]
mod tuples;
#[rustfmt::skip]
mod tuples_in_arrays;
#[rustfmt::skip]
mod undecided;
#[rustfmt::skip]
mod values;
#[rustfmt::skip]
mod whiles;
