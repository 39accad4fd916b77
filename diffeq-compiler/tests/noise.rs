//! The class of a noise, and what is said of why it is no narrower one.

use diffeq_compiler::macros::read_sde;
use diffeq_compiler::passes::assertions::without_assertions;
use diffeq_compiler::passes::noise::Class;
use diffeq_compiler::passes::noise::Found;
use diffeq_compiler::passes::noise::class;
use diffeq_compiler::passes::only::only;
use diffeq_compiler::passes::simplify::simplify;
use proc_macro2::TokenStream;

fn found(options: &str, source: &str) -> Found {
    let [options, source] = [options, source].map(|text| text.parse::<TokenStream>().expect("tokens"));
    let function =
        read_sde(options, source.clone()).function.unwrap_or_else(|error| panic!("{source}: {error}"));
    let noise = function.noise.expect("a stochastic equation");
    class(&simplify(without_assertions(only(&function.program, 1))), &noise.processes)
}

macro_rules! classes {
    ($($name:ident $class:ident $because:literal: $options:literal $source:literal)+) => { $(
        #[test]
        fn $name() {
            let found = found($options, $source);
            assert_eq!(found.class, Class::$class, "{}", found.because);
            assert!(found.because.contains($because), "{}", found.because);
        }
    )+ };
}

// the table of the reference values
classes! {
    additive_in_the_shape_of_the_state Additive "does not depend on `u`": "" "
        fn f(u: [f64; 2], p: &[f64; 2], t: f64) -> ([f64; 2], [f64; 2]) { (u, [p[0], p[1] * t.cos()]) }"
    additive_in_rows Additive "does not depend on `u`": "" "
        fn f(u: [f64; 2], p: &[f64; 2], t: f64) -> ([f64; 2], [[f64; 2]; 2]) { (u, [[1.0, 2.0], [0.0, t]]) }"
    one_process Scalar "`noise[0]` depends on `u[0]`": "scalar" "
        fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2]) { (u, [0.1 * u[0], u[1].sin()]) }"
    diagonal Diagonal "`noise[0]` depends on `u[0]`": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2]) { (u, [u[0] * u[0], 3.0 * u[1]]) }"
    additive_but_for_the_past Additive "does not depend on `u`": "" "
        fn f(u: [f64; 2], h: &impl History<[f64; 2]>, t: f64) -> ([f64; 2], [f64; 2]) { (u, h(t - 1.0)) }"
    diagonal_by_what_was_before Diagonal "`noise[0]` depends on `u[0]`": "" "
        fn f(u: [f64; 2], h: &impl History<[f64; 2]>, t: f64) -> ([f64; 2], [f64; 2]) {
            (u, [u[0] * h(t - 1.0)[1], u[1] + h(t - 0.5)[0]])
        }"
    commutative_whatever_was_before Commutative "`noise[0][0]` depends on `u[0]`": "" "
        fn f(u: [f64; 2], h: &impl History<[f64; 2]>, t: f64) -> ([f64; 2], [[f64; 2]; 2]) {
            let z = h(t - 1.0)[0];
            (u, [[z * u[0], 2.0 * u[0]], [z * u[1], 2.0 * u[1]]])
        }"
    general_by_what_was_before General "`noise[1][1]` depends on `u[0]`": "" "
        fn f(u: [f64; 2], h: &impl History<[f64; 2]>, t: f64) -> ([f64; 2], [[f64; 2]; 2]) {
            (u, [[h(t - 1.0)[0], 0.0], [0.0, u[0]]])
        }"
    diagonal_by_its_shape_alone General "`noise[0]` depends on `u[1]`: the Wiener processes 0 and 1 do not commute": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2]) { (u, [u[1], u[0]]) }"
    matrices_that_commute Commutative "`noise[0][0]` depends on `u[0]`": "" "
        fn f(u: [f64; 2], p: &[f64; 4]) -> ([f64; 2], [[f64; 2]; 2]) {
            let [a, b, c, d] = *p;
            (u, [[a * u[0] + b * u[1], c * u[0] + d * u[1]], [b * u[0] + a * u[1], d * u[0] + c * u[1]]])
        }"
    matrices_that_commute_by_their_numbers Commutative "`noise[0][0]` depends on `u[0]`": "" "
        fn f(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2]) {
            const FIRST: f64 = 0.5;
            let b1: [[f64; 2]; 2] = [[1.0, 2.0], [0.0, 1.0]];
            let b2: [[f64; 2]; 2] = [[3.0, 0.25], [0.0, 3.0]];
            *du = *u;
            for i in 0..2 {
                noise[i] = [0.0; 2];
                for k in 0..2 {
                    noise[i][0] += b1[i][k] * u[k];
                    noise[i][1] += b2[i][k] * u[k];
                }
            }
        }"
    matrices_that_do_not_commute General "do not commute": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) { (u, [[u[1], u[0]], [0.0, -1.0 * u[1]]]) }"
    columns_of_one_function Commutative "`noise[0][0]` depends on `u[0]`": "" "
        fn f(u: [f64; 2], s: &[f64; 4]) -> ([f64; 2], [[f64; 2]; 2]) {
            (u, [[s[0] * u[0], s[1] * u[0]], [s[2] * u[1], s[3] * u[1]]])
        }"
    clark_and_cameron General "`noise[1][1]` depends on `u[0]`: the Wiener processes 0 and 1 do not commute": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) { ([0.0, 0.0 * u[0]], [[1.0, 0.0], [0.0, u[0]]]) }"
}

// what else is proved
classes! {
    any_length Diagonal "": "" "
        fn f(du: &mut [f64], noise: &mut [f64], u: &[f64], p: &[f64]) {
            for (i, x) in u.iter().enumerate() {
                du[i] = -x;
                let size = if *x > 0.0 { p[0] } else { p[1] };
                noise[i] = size * x.sin();
            }
        }"
    any_length_by_memory Diagonal "": "" "
        fn f<const N: usize>(du: &mut [f64; N], noise: &mut [f64; N], u: &[f64; N], p: &[f64; N]) {
            let mut squares = [0.0; N];
            for i in 0..N { squares[i] = u[i] * u[i]; }
            for j in 0..N { du[j] = squares[j]; noise[j] = p[j] * squares[j]; }
        }"
    a_neighbour General "`noise[i]` is not seen to depend on `u[i]` alone": "" "
        fn f<const N: usize>(du: &mut [f64; N], noise: &mut [f64; N], u: &[f64; N]) {
            for i in 0..N { du[i] = u[i]; noise[i] = u[(i + 1) % N]; }
        }"
    the_one_before General "": "" "
        fn f(du: &mut [f64], noise: &mut [f64], u: &[f64]) {
            let mut before = u[0];
            for i in 0..u.len() { du[i] = u[i]; noise[i] = before; before = u[i]; }
        }"
    a_sum_of_all General "": "" "
        fn f(du: &mut [f64], noise: &mut [f64], u: &[f64]) {
            let total: f64 = u.iter().sum();
            for i in 0..u.len() { du[i] = u[i]; noise[i] = total; }
        }"
    a_condition_of_another General "`noise[0]` depends on `u[1]`": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2]) { (u, [if u[1] > 0.0 { 1.0 } else { 2.0 }, u[1]]) }"
    a_jump_is_a_dependence General "": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) { (u, [[1.0, 0.0], [0.0, u[0].signum()]]) }"
    the_same_jump_in_all_columns Commutative "": "" "
        fn f(u: [f64; 2], p: &[f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) {
            let g = if u[0] > 0.0 { u[0] } else { 0.5 };
            (u, [[p[0] * g, p[1] * g], [0.0, 0.0]])
        }"
    a_helper_of_one_component Diagonal "": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2]) { (u, [hill(u[0]), hill(u[1])]) }"
    columns_of_one_helper Commutative "": "" "
        fn f(u: [f64; 2], s: &[f64; 4]) -> ([f64; 2], [[f64; 2]; 2]) {
            let (a, b) = (hill(u[0]), hill(u[1]));
            (u, [[s[0] * a, s[1] * a], [s[2] * b, s[3] * b]])
        }"
    unknown_function General "": "" "
        fn f(u: [f64; 2], p: &Nets) -> ([f64; 2], [f64; 2]) { (u, p.noise.forward(u)) }"
    quotients_and_roots Commutative "": "" "
        fn f(u: [f64; 2], s: &[f64; 4]) -> ([f64; 2], [[f64; 2]; 2]) {
            let (a, b) = (u[0].sqrt() / (1.0 + u[0]), (u[1] / (u[1] + 2.0)).exp());
            (u, [[s[0] * a, s[1] * a], [s[2] * b, s[3] * b]])
        }"
    one_direction Commutative "": "" "
        fn f(u: [f64; 2], s: &[f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) {
            let r = u[0] * u[1];
            (u, [[s[0] * r, s[1] * r], [s[0] * u[0], s[1] * u[0]]])
        }"
    heston General "": "" "
        fn f(u: [f64; 2], p: &[f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) {
            let r = u[1].max(0.0).sqrt();
            (u, [[r * u[0], 0.0], [p[0] * r, p[1] * r]])
        }"
    numbers_decide General "do not commute": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [[f64; 2]; 2]) {
            (u, [[0.1 * u[0] + 0.3 * u[1], 0.7 * u[1]], [0.2 * u[0], 0.9 * u[0] + 0.4 * u[1]]])
        }"
    named_components Diagonal "": "" "
        fn f(du: &mut Motion, noise: &mut Motion, u: &Motion) { *du = *u; noise.x = 0.1 * u.x; noise.v = u.v * u.v; }"
    named_components_crossed General "`noise.x` depends on `u.v`: the Wiener processes": "" "
        fn f(du: &mut Motion, noise: &mut Motion, u: &Motion) { *du = *u; noise.x = 0.1 * u.v; noise.v = u.v * u.v; }"
    of_one_row_each Scalar "": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [[f64; 1]; 2]) { (u, [[u[1]], [u[0]]]) }"
    the_state_copied Diagonal "": "" "
        fn f(du: &mut [f64; 3], noise: &mut [f64; 3], u: &[f64; 3]) { *du = *u; *noise = *u; }"
    nothing_is_left_of_it Additive "": "" "
        fn f(u: [f64; 2], p: f64) -> ([f64; 2], [f64; 2]) { (u, [p + u[0] - u[0], p]) }"
    proportional_columns_of_two_components Commutative "": "" "
        fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2]) { (u, [0.0, u[0]]) }"
}

// What is made of itself over and over is looked at once, and given up where it grows.
classes! {
    many_functions_of_functions Diagonal "": "" "
        fn f(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2]) {
            *du = *u;
            for i in 0..2 {
                let mut x = u[i];
                for _ in 0..60 { x = x.sin() + x.cos(); }
                noise[i] = x;
            }
        }"
    many_functions_in_rows General "": "" "
        fn f(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2]) {
            *du = *u;
            for i in 0..2 {
                let mut x = u[i] + u[1 - i];
                for _ in 0..60 { x = if x > 0.0 { x.sin() + x.cos() } else { x.exp() / (x + 2.0) }; }
                noise[i] = [x, u[i]];
            }
        }"
    powers_of_powers General "": "" "
        fn f(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2]) {
            *du = *u;
            let (mut x, mut y) = (u[0] + u[1], u[0]);
            for _ in 0..60 { x = x * x + 0.1; y = y * y; }
            *noise = [[x, y], [y, x]];
        }"
    one_function_in_all_columns_of_many Commutative "": "" "
        fn f(du: &mut [f64; 2], noise: &mut [[f64; 2]; 2], u: &[f64; 2], s: &[f64; 4]) {
            *du = *u;
            for i in 0..2 {
                let mut x = u[i];
                for _ in 0..20 { x = x.sin() + x.cos(); }
                noise[i] = [s[i] * x, s[2 + i] * x];
            }
        }"
}
