//! How the noise of a stochastic equation and the Wiener processes belong together, by its type.

use super::item::Equation;
use super::types;
use crate::diagnostics::Checked;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::NOISE_AND_STATE_DIFFER;
use crate::diagnostics::catalogue::SCALAR_NOISE_WITH_ROWS;
use crate::ir::Len;
use crate::ir::Shape;
use crate::ir::function::Processes;

/// The Wiener processes of an equation with a drift and a noise.
pub fn processes(sig: &Equation, scalar: bool, diagnostics: &mut Diagnostics) -> Checked<Processes> {
    let [_, noise] = sig.outputs.as_slice() else { return Ok(Processes::OneForEach) };
    if let Some(count) = rows(&sig.state, &noise.shape) {
        return match scalar {
            true => Err(diagnostics.error(&noise.written, &SCALAR_NOISE_WITH_ROWS, &[])),
            false => Ok(Processes::Rows(count)),
        };
    }
    if !alike(&sig.state, &noise.shape) {
        let words = [types::describe(&noise.shape), types::describe(&sig.state)];
        return Err(diagnostics.error(&noise.written, &NOISE_AND_STATE_DIFFER, &[&words[0], &words[1]]));
    }
    Ok(if scalar { Processes::OneForAll } else { Processes::OneForEach })
}

/// How long the rows are of a noise that has one in the place of each component.
fn rows(state: &Shape, noise: &Shape) -> Option<Len> {
    match (state, noise) {
        (Shape::Scalar(_), Shape::Array(real, len)) if matches!(**real, Shape::Scalar(_)) => {
            Some(len.clone())
        }
        (Shape::Array(state, n), Shape::Array(noise, m)) if types::lengths_fit(n, m) => rows(state, noise),
        (Shape::Slice(state), Shape::Slice(noise)) => rows(state, noise),
        // as many rows as the struct has reals, which rustc counts
        (Shape::Struct(_), Shape::Array(row, _)) => match &**row {
            Shape::Array(real, len) if matches!(**real, Shape::Scalar(_)) => Some(len.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// Whether a noise may have the type of the state: nothing but the names of types is left to rustc.
fn alike(state: &Shape, noise: &Shape) -> bool {
    match (state, noise) {
        (Shape::Slice(a), Shape::Slice(b)) => alike(a, b),
        (Shape::Slice(_), Shape::Array(..)) | (Shape::Array(..), Shape::Slice(_)) => false,
        (Shape::Slice(_), Shape::Struct(_)) | (Shape::Struct(_), Shape::Slice(_)) => false,
        _ => types::shapes_fit(state, noise),
    }
}
