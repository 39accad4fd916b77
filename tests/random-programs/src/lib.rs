//! What must hold of every model, whoever wrote it: used by the programs that `random-programs` writes and compiles.

mod check;
mod learned;

pub use check::Plain;
pub use check::Report;
pub use check::Side;
pub use check::compare;
pub use check::side;
pub use diffeq::real::Dual;
pub use learned::Learned;
pub use learned::LearnedOf;
