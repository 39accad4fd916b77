//! The loops of a reverse sweep in the order and shape that machines like.
//!
//! What they compute is the same; each of these passes is here because a row of `bench -- derivatives` is slower without it,
//! and names that row:
//!
//! * `order`: reversed loops run upwards where that is the same;
//! * `lanes`: sums of nested loops are kept apart for each index of the inner one;
//! * `distribute`: a reversed stencil becomes a loop for each neighbour;
//! * `peel`: the iteration that adds elsewhere, at a boundary, leaves its loop.

mod distribute;
mod lanes;
mod order;
mod peel;

use crate::ir::Program;
use crate::passes::factor::factor;

/// A reverse sweep with its loops rearranged.
///
/// Factored once more, as what several neighbours read has a single reader in a loop of its own (`fisher`, `J'w`: 292 ns,
/// 340 without).
pub fn schedule(program: Program) -> Program {
    factor(peel::peel(distribute::distribute(lanes::lanes(order::ascending(program)))).into())
}
