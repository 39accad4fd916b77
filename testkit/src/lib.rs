//! Shared by tests and benches: problems, order measurement, gradient checks, golden values.
