//! `diffeq` against the other Rust solvers, and against code written by hand.
//!
//! ```text
//! cargo run --release -p bench -- ode           solvers: time, error, evaluations; ratios at equal error
//! cargo run --release -p bench -- written       a model compared with its function; `ode` shows it, too
//! cargo run --release -p bench -- derivatives   JVP and VJP over the primal; allocations; compile time
//! cargo run --release -p bench -- gradients     loss and gradient through a solve, against diffsol
//! cargo run --release -p bench -- neural        neural ODEs, against diffrax and torchdiffeq from PyPI
//! cargo run --release -p bench -- sde           stochastic equations, against loops by hand, diffrax and torchsde
//! cargo run --release -p bench -- dde           delayed equations, against jitcdde, ddeint and `differential-equations`
//! ```
//!
//! Each command prints tables for people and, for each row, a line `bench: key=value …` for programs. Times are the
//! best of many interleaved batches (`clock.rs`); compare ratios, not microseconds, between machines.

#![forbid(unsafe_code)]

mod clock;
mod compile_time;
mod dde;
mod derivatives;
mod gradients;
mod models;
mod neural;
mod ode;
mod peers;
mod problems;
mod python;
mod reference;
mod scalar;
mod sde;
mod table;
mod work_precision;
mod written;

use std::process::ExitCode;

fn main() -> ExitCode {
    let command = std::env::args().nth(1);
    match command.as_deref() {
        Some("ode") => {
            written::run();
            ode::run();
        }
        Some("written") => written::run(),
        Some("derivatives") => derivatives::run(),
        Some("gradients") => gradients::run(),
        Some("neural") => neural::run(),
        Some("sde") => sde::run(),
        Some("dde") => dde::run(),
        _ => {
            eprintln!(
                "usage: cargo run --release -p bench -- <ode | written | derivatives | gradients | neural | sde | dde>"
            );
            return ExitCode::from(2);
        }
    }
    ExitCode::SUCCESS
}

/// Counts allocations; the cost, an increment each, is everyone's.
#[global_allocator]
static ALLOCATOR: testkit::alloc::Counting = testkit::alloc::Counting;
