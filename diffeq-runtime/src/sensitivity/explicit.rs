//! Explicit Runge-Kutta methods have a discrete adjoint and carry tangents.

use crate::problem::Jvp;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::adjoint_step::ErkAdjoint;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::TangentMethod;
use crate::sensitivity::tangent_step::ErkTangent;
use crate::space::Tolerances;
use crate::stepper;
use crate::stepper::shape;
use crate::tableau;

/// Every method of the list is differentiated by its tableau, whatever form its stepper computes it in.
macro_rules! methods {
    ($($method:ident $tableau:ident,)*) => { $(
        impl<T: Real, F: Vjp<T>> AdjointMethod<T, F> for stepper::$method {
            type Adjoint = ErkAdjoint<
                stepper::$method,
                F::State,
                { shape(&tableau::$tableau)[0] },
                { shape(&tableau::$tableau)[1] },
            >;
            fn adjoint(&self, u: &F::State, _: &Tolerances) -> Self::Adjoint {
                ErkAdjoint::new::<T>(u)
            }
        }

        impl<T: Real, F: Jvp<T>> TangentMethod<T, F> for stepper::$method {
            type Tangent = ErkTangent<
                stepper::$method,
                F::State,
                T,
                { shape(&tableau::$tableau)[0] },
                { shape(&tableau::$tableau)[1] },
            >;
            fn tangent(&self, u: &F::State) -> Self::Tangent {
                ErkTangent::new(u)
            }
        }
    )* };
}

crate::all_tableaus!(methods);
