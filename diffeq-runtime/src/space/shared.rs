//! Sums and norms over the numbers that most programs compute with, compiled here and not in each of them.
//!
//! In a build without optimisation, or with a little of it, rustc takes generic code from whichever crate that is depended on has
//! compiled it (`-Z share-generics`, which is on there). With full optimisation all of it is inlined where it is used.

use crate::real::Dual;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::combine::Sum;
use crate::space::combine::WithTerms;
use crate::space::norm::MeanSquare;

/// For as many terms as the rows of most methods have, and their estimates of the error.
fn of<T: Real>() {
    let tolerances = Tolerances { relative: 0.0.into(), absolute: 0.0.into() };
    macro_rules! each {
        ($name:expr; $($m:literal)*) => { $( $name.call::<$m>([&[]; $m], [0.0; $m]); )* };
    }
    each!(Sum::<T> { out: &mut [], base: &[], h: 0.0 }; 1 2 3 4 5 6 7 8 9 10 11 12);
    each!(MeanSquare::<T> { h: 0.0, u: &[], next: &[], tolerances: &tolerances }; 7 8 10);
}

/// Never called: what it names is compiled.
#[used]
static SHARED: [fn(); 3] = [of::<f64>, of::<Dual<f64, 1>>, of::<Dual<f64, 4>>];
