//! Types that are there where a function has no errors.

/// What rustc found in a function: `Checked<0>` where it found nothing. Where it found an error the number has no value, this
/// no type, and nothing that passes through it either.
#[derive(Debug)]
pub struct Checked<const ERRORS: usize>;

/// What passes through.
pub trait Passes<X: ?Sized> {
    /// It, unchanged.
    type Through: ?Sized;
}

impl<X: ?Sized> Passes<X> for Checked<0> {
    type Through = X;
}
