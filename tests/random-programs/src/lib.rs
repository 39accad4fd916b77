//! What must hold of every model, whoever wrote it: used by the programs that `random-programs` writes and compiles.

mod check;
mod late;
mod late_stochastic;
mod learned;
mod stochastic;
mod subject;

pub use check::Plain;
pub use check::Report;
pub use check::check;
pub use check::report;
pub use diffeq::real::Dual;
pub use late::earlier;
pub use late::late;
pub use late::late_values;
pub use late_stochastic::late_stochastic;
pub use late_stochastic::late_stochastic_values;
pub use learned::Learned;
pub use learned::LearnedOf;
pub use learned::learned;
pub use stochastic::stochastic;
pub use stochastic::stochastic_values;
pub use subject::Derivatives;
pub use subject::Derived;
pub use subject::Point;
pub use subject::Subject;
pub use subject::Values;
