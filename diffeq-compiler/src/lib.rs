//! The compiler behind the macros of `diffeq`: parse, check, differentiate, simplify, emit.

#![forbid(unsafe_code)]

pub mod check;
pub mod diagnostics;
pub mod emit;
pub mod ir;
pub mod lower;
pub mod macros;
pub mod parse;
pub mod passes;
pub mod rules;
