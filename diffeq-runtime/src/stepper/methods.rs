//! The methods by name.

use crate::problem::Rhs;
use crate::real::Real;
use crate::stepper::Erk;
use crate::stepper::ErkStepper;
use crate::stepper::Facts;
use crate::stepper::LowStorageStepper;
use crate::stepper::Method;
use crate::stepper::Scheme;
use crate::tableau;
use crate::tableau::CARPENTER_KENNEDY_2N54_REGISTERS;
use crate::tableau::Tableau;

/// The type parameters of a tableau.
pub(crate) const fn shape<const S: usize, const D: usize>(_: &Tableau<S, D>) -> [usize; 2] {
    [S, D]
}

/// Stops the compilation where a method for ordinary equations is given one that noise drives: it would leave the noise out.
pub(super) const fn drives_nothing(is_rough: bool) {
    assert!(
        !is_rough,
        "a method for ordinary equations leaves out the noise: solve by one for stochastic equations"
    );
}

/// One unit struct per tableau of the list.
macro_rules! methods {
    ($($method:ident $tableau:ident,)*) => { $(
        #[doc = concat!("See [`tableau::", stringify!($tableau), "`]: order, stages, interpolant, source.")]
        #[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
        pub struct $method;

        impl Scheme for $method {
            const NAME: &'static str = tableau::$tableau.name;
            const REFERENCE: &'static str = tableau::$tableau.reference;
            const ORDER: usize = tableau::$tableau.order;
            const INTERPOLANT_ORDER: usize = tableau::$tableau.interpolant_order;
            const CONTROL_EXPONENT: Option<f64> = if tableau::$tableau.has_error_estimate() {
                Some(tableau::$tableau.control_exponent() as f64)
            } else {
                None
            };
        }

        impl Erk<{ shape(&tableau::$tableau)[0] }, { shape(&tableau::$tableau)[1] }> for $method {
            const TABLEAU: Tableau<{ shape(&tableau::$tableau)[0] }, { shape(&tableau::$tableau)[1] }> =
                tableau::$tableau;
        }

        method!($method $tableau);
    )* };
}

/// The stepper of a method: that of its tableau, but for a low-storage method.
macro_rules! method {
    (CarpenterKennedy2N54 $tableau:ident) => {
        impl<T: Real, F: Rhs<T>> Method<T, F> for CarpenterKennedy2N54 {
            type Stepper = LowStorageStepper<F::State, 5>;
            fn stepper(&self, u: &F::State) -> Self::Stepper {
                const { drives_nothing(F::ROUGH) };
                LowStorageStepper::new::<T>(const { &CARPENTER_KENNEDY_2N54_REGISTERS }, u)
            }
            fn facts(&self) -> Facts {
                const { Facts::of::<Self>() }
            }
        }
    };
    ($method:ident $tableau:ident) => {
        impl<T: Real, F: Rhs<T>> Method<T, F> for $method {
            type Stepper = ErkStepper<
                $method,
                F::State,
                T,
                { shape(&tableau::$tableau)[0] },
                { shape(&tableau::$tableau)[1] },
            >;
            fn stepper(&self, u: &F::State) -> Self::Stepper {
                const { drives_nothing(F::ROUGH) };
                ErkStepper::new(u)
            }
            fn facts(&self) -> Facts {
                const { Facts::of::<Self>() }
            }
        }
    };
}

crate::all_tableaus!(methods);

/// Runs an expression for every method: `for_each_method!(Method => println!("{}", Method::NAME))`.
///
/// Methods are types, so this is a loop that is written out; `Method` stands for each of them in turn, and is also
/// its value.
#[macro_export]
macro_rules! for_each_method {
    ($name:ident => $body:expr) => {
        $crate::all_tableaus!($crate::for_each_method, @list ($name => $body))
    };
    (@list ($name:ident => $body:expr) $($method:ident $constant:ident,)*) => {{
        $({
            use $crate::stepper::$method as $name;
            $body
        })*
    }};
}
