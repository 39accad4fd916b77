//! Delayed equations: jumps at times that move, doses, and what makes no sense.

mod doses;
mod inputs;
mod jumps;
mod start;
mod twofold;
