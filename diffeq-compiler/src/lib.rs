//! The compiler behind the macros of `diffeq`: parse, check, differentiate, simplify, emit.

pub mod emit;
pub mod ir;
pub mod passes;
pub mod rules;
