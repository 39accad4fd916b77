//! Delayed equations against right values: formulas, publications, and integrations in many digits.

mod gradients;
mod models;
mod values;
