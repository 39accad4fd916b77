//! Which methods solve stochastic delayed equations, and which of them have a way back.

use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::stochastic::adjoint::EulerHeunPastPull;
use crate::delay::stochastic::adjoint::EulerPastPull;
use crate::delay::stochastic::adjoint::LiftedDelayedDiffusion;
use crate::delay::stochastic::adjoint::PastAdjoint;
use crate::delay::stochastic::kernel::EulerHeunPastKernel;
use crate::delay::stochastic::kernel::EulerPastKernel;
use crate::delay::stochastic::kernel::PastKernel;
use crate::delay::stochastic::kernel::processes;
use crate::delay::stochastic::stepper::PastStepper;
use crate::error::Error;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::DelayedDiffusion;
use crate::problem::DelayedDiffusionJvp;
use crate::problem::DelayedDiffusionVjp;
use crate::problem::DelayedVjp;
use crate::problem::Fits;
use crate::problem::PresentNoise;
use crate::real::Dual;
use crate::real::Real;
use crate::sensitivity::AdjointMethod;
use crate::sensitivity::MilsteinPull;
use crate::space::Tolerances;
use crate::stepper::EulerHeun;
use crate::stepper::EulerMaruyama;
use crate::stepper::Facts;
use crate::stepper::Method;
use crate::stepper::Milstein;
use crate::stepper::MilsteinKernel;
use crate::stepper::check_law;
use crate::stepper::check_paths;
use crate::stepper::one_by_one;

/// That a method solves stochastic delayed equations of this kind.
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not solve stochastic delayed equations",
    label = "this method is not told the past",
    note = "`EulerMaruyama` solves Ito equations, `EulerHeun` those of Stratonovich, and `Milstein` both, where the noise does not \
            look back"
)]
pub trait SolvesPast<T, M, W, H>: Method<T, WithPast<Driven<M, W>, H, T>>
where
    T: Real,
    M: DelayedDiffusion<T>,
    W: Path,
    H: Initial<T, M::State, M::Params>,
{
}

macro_rules! methods {
    ($($method:ident $kernel:ident where M: $bound:ident $(, $present:ident)?;)*) => { $(
        impl<T, M, W, H> SolvesPast<T, M, W, H> for $method
        where
            T: Real,
            M: $bound<T> $(+ $present)?,
            W: Path,
            H: Initial<T, M::State, M::Params>,
            Self: Fits<M::Interpretation, M::Class>,
        {
        }

        impl<T, M, W, H> Method<T, WithPast<Driven<M, W>, H, T>> for $method
        where
            T: Real,
            M: $bound<T>,
            W: Path,
            H: Initial<T, M::State, M::Params>,
            Self: Fits<M::Interpretation, M::Class>,
        {
            type Stepper = PastStepper<$kernel<M::State, M::Noise>, W::Cursor>;
            fn stepper(&self, _: &M::State) -> Self::Stepper {
                PastStepper::new()
            }
            fn facts(&self) -> Facts {
                const { Facts::of::<Self>() }
            }
            fn check(
                &self,
                f: &WithPast<Driven<M, W>, H, T>,
                (u, _): (&M::State, &M::Params),
                span: (f64, f64),
            ) -> Result<(), Error> {
                if T::WIDTH != 1 {
                    return Err(one_by_one());
                }
                if <$kernel<M::State, M::Noise> as PastKernel<T, M>>::TWOFOLD {
                    check_law(&f.model)?;
                }
                let asks = <$kernel<M::State, M::Noise> as PastKernel<T, M>>::ASKS;
                check_paths(&f.model, processes(&f.model.model, u), span, asks)
            }
        }
    )* };
}

methods! {
    EulerMaruyama EulerPastKernel where M: DelayedDiffusion;
    EulerHeun EulerHeunPastKernel where M: DelayedDiffusion;
    Milstein MilsteinKernel where M: DelayedDiffusionJvp, PresentNoise;
}

macro_rules! adjoints {
    ($($method:ident $pull:ident;)*) => { $(
        impl<T, M, W, H> AdjointMethod<T, WithPast<Driven<M, W>, H, T>> for $method
        where
            T: Real,
            M: DelayedDiffusionVjp<T>,
            M::Drift: DelayedVjp<T>,
            W: Path,
            H: Initial<T, M::State, M::Params>,
            Self: Fits<M::Interpretation, M::Class>,
        {
            type Adjoint = PastAdjoint<$pull<M::State, M::Noise>, W::Cursor, M::State>;
            fn adjoint(&self, u: &M::State, _: &Tolerances) -> Self::Adjoint {
                PastAdjoint::new::<T>(u)
            }
        }
    )* };
}

adjoints! {
    EulerMaruyama EulerPastPull;
    EulerHeun EulerHeunPastPull;
}

impl<T, M, W, H> AdjointMethod<T, WithPast<Driven<M, W>, H, T>> for Milstein
where
    T: Real,
    M: LiftedDelayedDiffusion<T, Dual<T, 1>>
        + DelayedDiffusionJvp<T>
        + DelayedDiffusionVjp<T>
        + DelayedDiffusionVjp<Dual<T, 1>>,
    M::Drift: DelayedVjp<T>,
    W: Path,
    H: Initial<T, <M as DelayedDiffusion<T>>::State, <M as DelayedDiffusion<T>>::Params>,
    Self: Fits<M::Interpretation, M::Class>,
{
    type Adjoint = PastAdjoint<
        MilsteinPull<<M as DelayedDiffusion<T>>::State, <M as DelayedDiffusion<T>>::Noise, T>,
        W::Cursor,
        <M as DelayedDiffusion<T>>::State,
    >;
    fn adjoint(&self, u: &<M as DelayedDiffusion<T>>::State, _: &Tolerances) -> Self::Adjoint {
        PastAdjoint::new::<T>(u)
    }
}
