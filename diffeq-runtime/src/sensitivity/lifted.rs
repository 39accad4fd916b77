//! Right-hand sides that are written for more than one scalar.

use crate::problem::Rhs;
use crate::problem::System;
use crate::real::Real;
use crate::space::Lift;

/// A right-hand side over `T` that is one over `U` as well, with the same shapes: what `#[ode]` makes.
#[diagnostic::on_unimplemented(
    message = "the right-hand side `{Self}` is not written for the scalar `{U}`",
    note = "annotate the function with `#[ode]`, which writes it for every scalar"
)]
pub trait LiftedRhs<T: Real, U: Real>:
    Rhs<
        T,
        State: Lift<T, U, Lifted = <Self as System<U>>::State>,
        Params: Lift<T, U, Lifted = <Self as System<U>>::Params>,
    > + Rhs<U>
{
}

impl<T, U, F> LiftedRhs<T, U> for F
where
    T: Real,
    U: Real,
    F: Rhs<U>
        + Rhs<
            T,
            State: Lift<T, U, Lifted = <F as System<U>>::State>,
            Params: Lift<T, U, Lifted = <F as System<U>>::Params>,
        >,
{
}

/// The state of a right-hand side over `T`.
pub type StateOf<F, T> = <F as System<T>>::State;

/// The parameters of a right-hand side over `T`.
pub type ParamsOf<F, T> = <F as System<T>>::Params;
