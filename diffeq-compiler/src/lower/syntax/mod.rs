//! What syntax says by its look alone, before anything is known of names.

pub(super) mod expr;
pub(super) mod op;
pub(super) mod pat;
