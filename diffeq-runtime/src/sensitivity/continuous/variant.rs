//! What the four continuous adjoints differ in.

use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::continuous::estimate::Errors;
use crate::space::Tolerances;
use crate::space::Vector;

/// What is kept from one step's integral to the next.
#[derive(Debug, Clone)]
pub struct Sums<P> {
    /// Memory.
    pub(super) vectors: Vec<P>,
    /// The longest step over which a sum was found to be good by more than its own nodes.
    pub(super) trusted: f64,
    /// The last sum that was looked at was not good.
    pub(super) doubts: bool,
    /// The size of the integrand without its sign, one by one.
    pub(super) sizes: Vec<f64>,
    /// The parts of the step that the sum over it was taken of, where and how long; none where it was one.
    pub(super) parts: Vec<(f64, f64)>,
    /// How good the sums are.
    pub(super) errors: Errors,
}

impl<P> Default for Sums<P> {
    fn default() -> Self {
        Self {
            vectors: Vec::new(),
            trusted: 0.0,
            doubts: false,
            sizes: Vec::new(),
            parts: Vec::new(),
            errors: Errors::default(),
        }
    }
}

/// What a continuous adjoint carries along beside the costate, and how it integrates what it does not.
pub trait AdjointVariant<F: Vjp<T>, T: Real>: Clone {
    /// The costate, then the cotangent of the parameters and the solution where they are carried along.
    type State: Vector<T>;
    /// The cotangent of the parameters is carried along.
    const PARAMS: bool;
    /// The solution is carried along; it is kept otherwise.
    const SOLUTION: bool;

    /// The state from its parts.
    fn join(lambda: &F::State, p_bar: &F::Params, u: &F::State) -> Self::State;

    /// How far off a solution that is carried along may be, in tolerances.
    fn limit(&self) -> f64 {
        f64::INFINITY
    }

    /// Adds to `p_bar` what a step of length `h` brings, where the cotangent of the parameters is not carried along.
    ///
    /// `integrand(theta, factor, p_bar)` adds `factor` times the integrand at `theta` of the step; the method that
    /// steps is of order `order`. `sums` is what stays from step to step.
    #[cfg_attr(not(debug_assertions), inline(always))]
    fn integrate(
        h: f64,
        order: usize,
        integrand: &mut impl FnMut(f64, f64, &mut F::Params),
        p_bar: &mut F::Params,
        tolerances: &Tolerances,
        sums: &mut Sums<F::Params>,
    ) {
        let _ = (h, order, integrand, p_bar, tolerances, sums);
    }
}
