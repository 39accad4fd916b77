//! Delayed equations against right values: formulas, publications, and integrations in many digits.

mod backwards;
mod estimates;
mod gradients;
mod lengths;
mod models;
mod orders;
mod switches;
mod values;
