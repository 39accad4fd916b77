//! The attribute macros `#[ode]` and `#[differentiable]`.
