//! Which stochastic method has which derivative.

use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::DiffusionJvp;
use crate::problem::DiffusionVjp;
use crate::problem::Fits;
use crate::problem::Jvp;
use crate::problem::System;
use crate::problem::Vjp;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::step::AdjointMethod;
use crate::sensitivity::step::TangentMethod;
use crate::sensitivity::stochastic::kernel::SdeAdjoint;
use crate::sensitivity::stochastic::milstein::LiftedDiffusion;
use crate::sensitivity::stochastic::milstein::MilsteinPull;
use crate::sensitivity::stochastic::srk::SrkPull;
use crate::sensitivity::stochastic::tamed::TamedPull;
use crate::sensitivity::stochastic::tangent::DualTangent;
use crate::sensitivity::stochastic::weak::RiPull;
use crate::space::Lift;
use crate::space::Tolerances;
use crate::stepper;
use crate::stepper::AlongPaths;
use crate::stepper::Method;
use crate::stepper::all_srk_methods;
use crate::stepper::srk_shape;
use crate::tableau::stochastic as tableau;

macro_rules! methods {
    ($($method:ident $tableau:ident $bound:ident ($($order:literal),*)
        ito $($ito:ident)*; stratonovich $($stratonovich:ident)*,)*) => { $(
        impl<T: Real, M: DiffusionVjp<T> + $bound<T>, W: Path> AdjointMethod<T, Driven<M, W>> for stepper::$method
        where
            M::Drift: Vjp<T>,
            Self: Fits<M::Interpretation, M::Class>,
        {
            type Adjoint = SdeAdjoint<
                SrkPull<
                    stepper::$method,
                    M::State,
                    M::Noise,
                    T,
                    { srk_shape(&tableau::$tableau)[0] },
                    { srk_shape(&tableau::$tableau)[1] },
                >,
                W::Cursor,
                M::State,
            >;
            fn adjoint(&self, u: &M::State, _: &Tolerances) -> Self::Adjoint {
                SdeAdjoint::new::<T>(u)
            }
        }
    )* };
}

all_srk_methods!(methods);

macro_rules! weak_methods {
    ($($method:ident)*) => { $(
        impl<T: Real, M: DiffusionJvp<T> + DiffusionVjp<T>, W: Path> AdjointMethod<T, Driven<M, W>> for stepper::$method
        where
            M::Drift: Vjp<T>,
            Self: Fits<M::Interpretation, M::Class>,
        {
            type Adjoint = SdeAdjoint<RiPull<stepper::$method, M::State, M::Noise>, W::Cursor, M::State>;
            fn adjoint(&self, u: &M::State, _: &Tolerances) -> Self::Adjoint {
                SdeAdjoint::new::<T>(u)
            }
        }
    )* };
}

weak_methods!(DRI1 RI6);

impl<T, M, W> AdjointMethod<T, Driven<M, W>> for stepper::Milstein
where
    T: Real,
    M: LiftedDiffusion<T, Dual<T, 1>> + DiffusionJvp<T> + DiffusionVjp<T> + DiffusionVjp<Dual<T, 1>>,
    M::Drift: Vjp<T>,
    W: Path,
    Self: Fits<M::Interpretation, M::Class>,
{
    type Adjoint = SdeAdjoint<
        MilsteinPull<<M as System<T>>::State, <M as Diffusion<T>>::Noise, T>,
        W::Cursor,
        <M as System<T>>::State,
    >;
    fn adjoint(&self, u: &<M as System<T>>::State, _: &Tolerances) -> Self::Adjoint {
        SdeAdjoint::new::<T>(u)
    }
}

impl<T: Real, M: DiffusionVjp<T>, W: Path> AdjointMethod<T, Driven<M, W>> for stepper::TamedEuler
where
    M::Drift: Vjp<T>,
{
    type Adjoint = SdeAdjoint<TamedPull<M::State, M::Noise>, W::Cursor, M::State>;
    fn adjoint(&self, u: &M::State, _: &Tolerances) -> Self::Adjoint {
        SdeAdjoint::new::<T>(u)
    }
}

impl<T, M, W, X> TangentMethod<T, Driven<M, W>> for X
where
    T: Real,
    M: Diffusion<
            T,
            State: Lift<T, Dual<T, 1>, Lifted = <M as System<Dual<T, 1>>>::State>,
            Params: Lift<T, Dual<T, 1>, Lifted = <M as System<Dual<T, 1>>>::Params>,
        > + Diffusion<Dual<T, 1>>,
    M::Drift: Jvp<T>,
    W: Path,
    X: AlongPaths + Method<T, Driven<M, W>> + Method<Dual<T, 1>, Driven<M, W>>,
{
    type Tangent = DualTangent<<X as Method<Dual<T, 1>, Driven<M, W>>>::Stepper, <M as System<T>>::State>;
    fn tangent(&self, u: &<M as System<T>>::State) -> Self::Tangent {
        let lifted = u.lift(&mut Dual::constant);
        DualTangent::new(<X as Method<Dual<T, 1>, Driven<M, W>>>::stepper(self, &lifted), u)
    }
}
