//! The compiler behind the macros.
