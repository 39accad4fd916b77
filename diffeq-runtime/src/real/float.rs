//! The machine's floats are reals.

use crate::real::Real;
use crate::real::lane;

/// Forwards methods to the inherent ones of the same name.
macro_rules! forward {
    ($float:ident: $($method:ident($($argument:ident),*);)*) => {
        $(
            #[inline(always)]
            fn $method(self $(, $argument: Self)*) -> Self {
                <$float>::$method(self $(, $argument)*)
            }
        )*
    };
}

/// Forwards methods to the functions of [`lane`].
macro_rules! lanes {
    ($float:ident in $module:ident: $($method:ident = $function:ident),*) => {
        $(
            #[inline(always)]
            fn $method<const FUSED: bool>(self) -> Self {
                lane::$module::$function::<FUSED>(self)
            }
        )*
    };
}

macro_rules! real {
    ($float:ident, $lane:ident $(, $own:item)*) => {
        impl Real for $float {
            const ZERO: Self = 0.0;
            const ONE: Self = 1.0;
            const EPSILON: f64 = $float::EPSILON as f64;

            #[inline(always)]
            fn lit(value: f64) -> Self {
                value as $float
            }
            #[inline(always)]
            fn value(self) -> f64 {
                self as f64
            }

            $($own)*

            forward! { $float:
                sin(); cos(); tan(); asin(); acos(); atan(); atan2(other);
                sinh(); cosh(); tanh(); asinh(); acosh(); atanh();
                exp(); exp2(); exp_m1(); ln(); ln_1p(); log2(); log10();
                sqrt(); cbrt(); powf(exponent); hypot(other); recip();
                abs(); signum(); floor(); ceil(); round(); trunc(); copysign(sign);
                max(other); min(other); mul_add(factor, summand);
            }

            #[inline(always)]
            fn powi(self, exponent: i32) -> Self {
                <$float>::powi(self, exponent)
            }
            #[inline(always)]
            fn rem(self, other: Self) -> Self {
                self % other
            }
            lanes! { $float in $lane: exp_lane = exp, tanh_lane = tanh, sigmoid = sigmoid, softplus = softplus, erfc = erfc }

            #[inline(always)]
            fn fused<const FUSED: bool>(self, factor: Self, summand: Self) -> Self {
                lane::$lane::mul_add::<FUSED>(self, factor, summand)
            }

            #[inline(always)]
            fn is_finite(self) -> bool {
                <$float>::is_finite(self)
            }
            #[inline(always)]
            fn is_nan(self) -> bool {
                <$float>::is_nan(self)
            }
        }
    };
}

real!(f32, single);
real!(
    f64,
    double,
    #[inline(always)]
    fn doubles(reals: &[f64]) -> Option<&[f64]> {
        Some(reals)
    },
    #[inline(always)]
    fn doubles_mut(reals: &mut [f64]) -> Option<&mut [f64]> {
        Some(reals)
    }
);
