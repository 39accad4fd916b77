//! Delayed equations: jumps at times that move, and what makes no sense.

mod inputs;
mod jumps;
