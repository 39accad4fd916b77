//! What a macro implements: the right-hand side and its derivatives.

mod ode;

pub use ode::FromFn;
pub use ode::OdeProblem;

use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

/// A right-hand side `du/dt = f(u, p, t)`.
///
/// `State` and `Params` are the owned types: `[T; 2]`, `[[T; N]; M]`, `T`, `Vec<T>`, `LvOf<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a right-hand side",
    note = "annotate the function with `#[ode]`, or wrap a closure: `OdeProblem::from_fn(|du, u, p, t| ..., u0, span, p)`"
)]
pub trait Rhs<T: Real>: Model {
    /// The state.
    type State: Vector<T>;
    /// The parameters.
    type Params: Vector<T>;
    /// Writes the derivative of `u` to `du`.
    fn rhs(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: T);
    /// The derivative of `u`, by value; to the bit what [`Rhs::rhs`] writes.
    #[inline]
    fn eval(&self, u: &Self::State, p: &Self::Params, t: T) -> Self::State {
        let mut du = u.zeros_like();
        self.rhs(&mut du, u, p, t);
        du
    }
}

/// Jacobian-vector products: forward mode.
pub trait Jvp<T: Real>: Rhs<T> {
    /// Writes `f(u, p, t)` to `du` and its directional derivative along `(u_dot, p_dot, t_dot)` to `du_dot`.
    #[allow(clippy::too_many_arguments)]
    fn jvp(
        &self,
        du: &mut Self::State,
        du_dot: &mut Self::State,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    );
}

/// Vector-Jacobian products: reverse mode.
pub trait Vjp<T: Real>: Rhs<T> {
    /// Adds `du_bar^T df/d(u, p, t)` to `u_bar`, `p_bar` and `t_bar`.
    ///
    /// `du_bar` is used as scratch: its content afterwards means nothing.
    #[allow(clippy::too_many_arguments)]
    fn vjp(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );
}

/// Where a Jacobian's entries are written: a dense matrix, or a sparse one with the pattern.
pub trait JacobianMut<T> {
    /// Sets the entry of `row` and `column`.
    fn set(&mut self, row: usize, column: usize, value: T);
}

/// Which inputs, of up to 64 at a time, a value depends on: one bit each.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Mark(pub u64);

/// The Jacobian `df/du`, its sparsity, and what is known of its structure.
pub trait Jacobian<T: Real>: Jvp<T> {
    /// `f` does not depend on `t`.
    const AUTONOMOUS: bool;
    /// `f` is linear (or affine) in `u`: the Jacobian does not depend on `u`.
    const LINEAR: bool;
    /// The Jacobian depends on neither `u` nor `t`.
    const CONSTANT: bool;
}

/// What is known of a model by name. All of it may be left out: `impl Model for MyModel {}`.
pub trait Model {
    /// The function's name.
    const NAME: &'static str = "model";
    /// The function's doc comment.
    const DOC: &'static str = "";
    /// The names of the state's components, in order; empty where they have none.
    fn state_names() -> Vec<String> {
        Vec::new()
    }
    /// The names of the parameters, in order; empty where they have none.
    fn param_names() -> Vec<String> {
        Vec::new()
    }
}
