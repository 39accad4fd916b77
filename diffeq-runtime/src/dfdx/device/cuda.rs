//! The GPU, if there is one.

use dfdx::tensor::Cuda;

use crate::error::Error;

/// The first GPU.
///
/// Ask here and not dfdx: its constructors panic where there is no driver or no GPU.
///
/// # Errors
/// If CUDA cannot be started or has no device, with what the driver says.
pub fn cuda() -> Result<Cuda, Error> {
    let failed = |what: &str, error: &dyn std::fmt::Debug| {
        let message = format!("{what} ({error:?}): check `nvidia-smi` and the driver, or stay on the `Cpu`");
        Error::Layer { layer: "cuda", message }
    };
    cudarc::driver::result::init().map_err(|error| failed("CUDA does not start", &error))?;
    Cuda::try_build(0, 0).map_err(|error| failed("the GPU does not answer", &error))
}
