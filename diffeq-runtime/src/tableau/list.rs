//! The one list of all tableaus.

/// Hands the list of all methods to a macro: `all_tableaus!(callback)` becomes `callback! { Euler EULER, … }`, the
/// name of the method's type and that of its tableau.
#[doc(hidden)]
#[macro_export]
macro_rules! all_tableaus {
    ($callback:path $(, $($arguments:tt)*)?) => {
        $callback! {
            $($($arguments)*)?
            Euler EULER,
            Heun HEUN,
            Midpoint MIDPOINT,
            Ralston RALSTON,
            RK4 RK4,
            BS3 BS3,
            BS5 BS5,
            DP5 DP5,
            Tsit5 TSIT5,
            OwrenZen5 OWREN_ZEN5,
            Vern6 VERN6,
            Vern7 VERN7,
            Vern8 VERN8,
            Vern9 VERN9,
            DOP853 DOP853,
            SSPRK33 SSPRK33,
            SSPRK43 SSPRK43,
            CarpenterKennedy2N54 CARPENTER_KENNEDY_2N54,
        }
    };
}

/// Runs an expression for every tableau: `for_each_tableau!(t => println!("{}", t.name))`.
///
/// The tableaus differ in type, so this is a loop that is written out.
#[doc(hidden)]
#[macro_export]
macro_rules! for_each_tableau {
    ($tableau:ident => $body:expr) => {
        $crate::all_tableaus!($crate::for_each_tableau, @list ($tableau => $body))
    };
    (@list ($tableau:ident => $body:expr) $($method:ident $constant:ident,)*) => {{
        $({
            let $tableau = &$crate::tableau::$constant;
            $body
        })*
    }};
}
