//! How a solve that fails inside a layer tells why.
//!
//! All modules of a dfdx tuple fail with the device's error, and [`CpuError`] has two values and no room for a message.
//! A layer whose solve fails returns `CpuError::WrongNumElements`, which is the truth as far as it goes: the solve did
//! not get to its end, so there are not the elements that the output needs. Beforehand it leaves its [`Error`] here, one
//! for each thread, and the conversion of that `CpuError` to an [`Error`] picks it up:
//!
//! ```text
//! let loss = |model: &Model, gradients| -> Result<_, diffeq::Error> {
//!     let y = model.try_forward(x.trace(gradients))?;     // the layer's own error: where, what, what to try
//!     ...
//! ```

use std::cell::RefCell;

use dfdx::shapes::Shape;
use dfdx::tensor::CpuError;

use crate::error::Error;

thread_local! {
    static REASON: RefCell<Option<Error>> = const { RefCell::new(None) };
}

/// Runs a layer's forward pass; if it fails, the reason is kept for who converts the error.
pub(crate) fn in_layer<Y>(forward: impl FnOnce() -> Result<Y, Error>) -> Result<Y, CpuError> {
    // A reason that nobody asked for belongs to an earlier failure.
    REASON.take();
    forward().map_err(|error| {
        REASON.set(Some(error));
        CpuError::WrongNumElements
    })
}

/// Refuses an input without numbers: dfdx can't read such a tensor, and there is nothing to solve.
pub(crate) fn not_empty(layer: &'static str, shape: &impl Shape) -> Result<(), Error> {
    if shape.num_elements() > 0 {
        return Ok(());
    }
    let message = "there are no rows in the input: give at least one".into();
    Err(Error::Layer { layer, message })
}

/// Why the last layer that failed on this thread did, if nobody has asked since.
pub(crate) fn reason() -> Option<Error> {
    REASON.take()
}

impl From<CpuError> for Error {
    fn from(error: CpuError) -> Self {
        let reason = match error {
            CpuError::WrongNumElements => reason(),
            CpuError::OutOfMemory => None,
        };
        reason.unwrap_or_else(|| Self::Layer { layer: "dfdx", message: error.to_string() })
    }
}

#[cfg(feature = "cuda")]
impl From<dfdx::tensor::CudaError> for Error {
    fn from(error: dfdx::tensor::CudaError) -> Self {
        match error {
            dfdx::tensor::CudaError::Cpu(error) => error.into(),
            error => Self::Layer { layer: "dfdx", message: error.to_string() },
        }
    }
}

/// What dfdx or its device says.
pub(super) fn of_device(error: impl std::fmt::Display) -> Error {
    Error::Layer { layer: "dfdx", message: error.to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_is_told_once_and_to_its_own_failure() {
        let reason = Error::Loss { iteration: 3, loss: f64::INFINITY };
        let failed = in_layer(|| Err::<(), _>(reason.clone())).unwrap_err();
        assert_eq!(Error::from(failed), reason);
        assert!(matches!(Error::from(failed), Error::Layer { layer: "dfdx", .. }));
        in_layer(|| Err::<(), _>(reason.clone())).unwrap_err();
        assert!(matches!(Error::from(CpuError::OutOfMemory), Error::Layer { layer: "dfdx", .. }));
        in_layer(|| Ok(())).unwrap();
        assert!(matches!(Error::from(CpuError::WrongNumElements), Error::Layer { layer: "dfdx", .. }));
    }
}
