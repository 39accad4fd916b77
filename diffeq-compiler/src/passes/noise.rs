//! The class of a noise: what a method may rely on, read off the program that computes it.

use crate::ir::Len;
use crate::ir::Obj;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::Shape;
use crate::ir::function::Processes;
use crate::passes::structure::mentions;

/// A class of noise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// The noise does not depend on the state.
    Additive,
    /// One Wiener process drives all components.
    Scalar,
    /// Each component has a process of its own, and its noise depends on no other component.
    Diagonal,
    /// The order of the processes in time does not matter.
    Commutative,
    /// Nothing is known.
    General,
}

/// The class of the noise that a program computes, which has no other output.
pub fn class(noise: &Program, processes: &Processes) -> Class {
    let Some(state) = noise.args.first() else { return Class::General };
    if !mentions(noise, *state) {
        return Class::Additive;
    }
    if is_one(noise, processes) {
        return Class::Scalar;
    }
    Class::General
}

/// Whether there is one Wiener process, as far as it is written.
fn is_one(noise: &Program, processes: &Processes) -> bool {
    match processes {
        Processes::OneForAll => true,
        Processes::Rows(count) => matches!(count, Len::Lit(1)),
        Processes::OneForEach => {
            let Some(Output::Object(Obj(o))) = noise.output() else { return false };
            let mut shape = &noise.objects[o].shape;
            while let Shape::Array(inner, Len::Lit(1)) = shape {
                shape = inner;
            }
            matches!(shape, Shape::Scalar(_))
        }
    }
}
