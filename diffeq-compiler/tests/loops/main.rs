//! Loops, iterators and slices run as Rust runs them: the meaning of each program against the function itself, its
//! tangent and its adjoint against differences of the function.

#![allow(clippy::all, unused_assignments, unused_mut, unused_variables)] // each is written the way that its test is about

mod harness;

/// The same tokens as a Rust function and as a program.
macro_rules! meanings {
    ($($test:ident: |$u:ident, $p:ident, $t:ident| $body:block)*) => {$(
        #[test]
        fn $test() {
            #[allow(unused_variables)]
            fn plain($u: [f64; 4], $p: [f64; 2], $t: f64) -> [f64; 4] $body
            let function = harness::read(quote::quote! { fn plain($u: [f64; 4], $p: [f64; 2], $t: f64) -> [f64; 4] $body });
            harness::check(&function.program, plain);
        }
    )*};
}

mod iterators;
mod slices;
mod whiles;
