//! Switching times that are read off comparisons, against the numbers that one finds by solving them on paper.

use diffeq_compiler::ir::eval;
use diffeq_compiler::ir::eval::Datum;
use diffeq_compiler::ir::eval::Environment;
use diffeq_compiler::macros::read_ode;
use diffeq_compiler::passes::simplify::simplify;
use diffeq_compiler::passes::switches::switches;
use proc_macro2::TokenStream;
use quote::quote;

const P: [f64; 4] = [0.5, 2.25, -3.0, 7.0];

/// The times that are found in `fn f(u: [f64; 2], p: [f64; 4], t: f64) -> [f64; 2] { body }`.
fn found(body: TokenStream) -> Vec<f64> {
    let source =
        quote!(fn f(u: [f64; 2], p: [f64; 4], t: f64) -> [f64; 2] { let _ = (u[0], p[0], t); #body });
    let function = match read_ode(TokenStream::new(), source).function {
        Ok(function) => function,
        Err(errors) => panic!("{}", errors.into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")),
    };
    let Some((program, count)) = switches(&simplify(function.program)).times else { return Vec::new() };
    let times =
        eval::run(&program, &[Datum::from(P)], None, &Environment::default()).expect("it runs").reals();
    assert_eq!(times.len(), count);
    times
}

#[test]
fn comparisons_of_the_time_are_solved_for_it() {
    assert_eq!(found(quote!([if t < p[0] { 1.0 } else { 2.0 }, 0.0])), [0.5]);
    assert_eq!(found(quote!([if p[1] >= t { 1.0 } else { 2.0 }, 0.0])), [2.25]);
    assert_eq!(found(quote!([if t > 4.0 { u[0] } else { u[1] }, 0.0])), [4.0]);
    assert_eq!(
        found(quote!({
            let since = t - p[0];
            let on = since > 0.0 && since < p[1];
            [if on { p[3] } else { 0.0 }, -u[1]]
        })),
        [0.5, 2.75]
    );
    assert_eq!(found(quote!([if 3.0 * t + p[2] < 1.0 - t / 2.0 { 1.0 } else { 2.0 }, 0.0])), [4.0 / 3.5]);
    assert_eq!(found(quote!([if (t - p[0]) / p[1] > p[3] { 1.0 } else { 2.0 }, 0.0])), [0.5 + 2.25 * 7.0]);
}

#[test]
fn a_comparison_of_parameters_alone_takes_nothing_from_the_next() {
    let times = found(quote!({
        let a = if p[0] < p[1] { 1.0 } else { 2.0 };
        [a, if t < p[0] { u[0] } else { 2.0 }]
    }));
    assert_eq!(times, [0.5]);
}

#[test]
fn one_time_is_found_once() {
    assert_eq!(
        found(quote!({
            let a = if t < p[0] { 1.0 } else { 2.0 };
            let b = if t >= p[0] { u[0] } else { 2.0 };
            [a, b]
        })),
        [0.5]
    );
}

#[test]
fn loops_of_known_length_have_a_time_for_each_iteration() {
    assert_eq!(
        found(quote!({
            let mut rate = 0.0;
            for i in 0..4 {
                if t > p[i] + i as f64 {
                    rate += p[i];
                }
            }
            [rate, 0.0]
        })),
        [0.5, 3.25, -1.0, 10.0]
    );
    assert_eq!(
        found(quote!({
            let hit = p.iter().any(|s| (t - *s) > 0.25);
            [if hit { 1.0 } else { u[0] }, 0.0]
        })),
        [0.75, 2.5, -2.75, 7.25]
    );
    assert_eq!(
        found(quote!({
            let times = [p[3], 1.5];
            let late = p;
            [if t < times[1] { 1.0 } else { 2.0 }, if t < late[2] { 1.0 } else { 0.0 }]
        })),
        [1.5, -3.0]
    );
}

#[test]
fn comparisons_in_branches_are_found_whichever_arm_is_taken() {
    assert_eq!(
        found(quote!({
            let rate = if t < p[0] {
                0.0
            } else if t < p[1] {
                u[0]
            } else {
                p[3]
            };
            [rate, 0.0]
        })),
        [0.5, 2.25]
    );
    assert_eq!(
        found(quote!({
            if u[0] > 0.0 && t < p[1] {
                return [0.0, 1.0];
            }
            [u[0], u[1]]
        })),
        [2.25]
    );
}

#[test]
fn what_the_state_moves_or_time_moves_otherwise_is_none() {
    assert!(found(quote!([if u[0] < p[0] { 1.0 } else { 2.0 }, 0.0])).is_empty());
    assert!(found(quote!([if t < u[0] { 1.0 } else { 2.0 }, 0.0])).is_empty());
    assert!(found(quote!([if t.sin() < p[0] { 1.0 } else { 2.0 }, 0.0])).is_empty());
    assert!(found(quote!([if t % p[0] < 1.0 { 1.0 } else { 2.0 }, 0.0])).is_empty());
    assert!(found(quote!([if p[1] < p[0] { t } else { 2.0 }, 0.0])).is_empty());
    assert!(found(quote!([p[0] * t, t * t])).is_empty());
}
