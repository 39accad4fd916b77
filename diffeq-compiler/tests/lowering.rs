//! What the front end makes of small functions: the program as text, and its meaning against the function itself.

#![allow(clippy::manual_swap)] // `swap` is not of the language

use diffeq_compiler::ir::eval;
use diffeq_compiler::ir::eval::Datum;
use diffeq_compiler::ir::eval::Environment;
use diffeq_compiler::ir::eval::Scalar;
use diffeq_compiler::ir::function::Function;
use diffeq_compiler::ir::print::print;
use diffeq_compiler::macros::read_ode;
use diffeq_compiler::passes::factor::factor;
use diffeq_compiler::passes::simplify::simplify;
use proc_macro2::TokenStream;
use quote::quote;

fn read(source: TokenStream) -> Function {
    match read_ode(TokenStream::new(), source).function {
        Ok(function) => function,
        Err(errors) => panic!("{}", errors.into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")),
    }
}

fn lowered(source: TokenStream) -> String {
    print(&read(source).program)
}

#[test]
fn straight_lines() {
    insta::assert_snapshot!(lowered(quote! {
        fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], _t: f64) {
            let [x, y] = *u;
            du[0] = p[0] * x - x * y;
            du[1] = -y * p[1];
        }
    }));
}

#[test]
fn a_loop_carries_what_it_changes() {
    insta::assert_snapshot!(lowered(quote! {
        fn carry(du: &mut [f64; 3], u: &[f64; 3], k: f64) {
            let mut total = k;
            let unchanged = k * 2.0;
            for i in 0..3 {
                total = total * unchanged + u[i];
                du[i] = total;
            }
        }
    }));
}

#[test]
fn an_early_return_is_a_branch() {
    insta::assert_snapshot!(lowered(quote! {
        fn early(u: f64, k: f64) -> f64 {
            if u < 0.0 {
                return 0.0;
            }
            k * u
        }
    }));
}

#[test]
fn a_break_is_a_flag() {
    insta::assert_snapshot!(lowered(quote! {
        fn broken(u: [f64; 3], k: f64) -> [f64; 3] {
            let mut total = 0.0;
            for x in u.iter() {
                if *x > k {
                    break;
                }
                total += x;
            }
            [total; 3]
        }
    }));
}

#[test]
fn a_bounded_while_is_a_counted_loop() {
    insta::assert_snapshot!(lowered(quote! {
        fn newton(u: f64) -> f64 {
            let mut x = u;
            let mut k = 0;
            while k < 5 && x > 1.0 {
                x = 0.5 * x;
                k += 1;
            }
            x
        }
    }));
}

#[test]
fn a_network_is_called_where_it_lies() {
    insta::assert_snapshot!(lowered(quote! {
        fn learned(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
            for i in 0..2 {
                let [flow] = p.layers[i].forward([u[i], p.growth]);
                du[i] = flow;
            }
        }
    }));
}

#[test]
fn components_get_their_names() {
    let function = read(quote! {
        fn sir(du: &mut [f64; 3], [s, i, _r]: &[f64; 3], p: &[f64; 2]) {
            let [beta, gamma] = *p;
            *du = [-beta * s * i, beta * s * i - gamma * i, gamma * i];
        }
    });
    assert_eq!(function.state_names, ["s", "i", "r"]);
    assert_eq!(function.param_names, ["beta", "gamma"]);
}

/// The same tokens as a Rust function and as a program.
macro_rules! meanings {
    ($($test:ident: fn $name:ident($($arg:ident: $ty:ty),*) -> [f64; 3] $body:tt)*) => {$(
        #[test]
        fn $test() {
            fn $name($($arg: $ty),*) -> [f64; 3] $body
            let function = read(quote! { fn $name($($arg: $ty),*) -> [f64; 3] $body });
            let environment = Environment {
                constants: [("SCALE".to_string(), Scalar::Real(SCALE))].into_iter().collect(),
                ..Environment::default()
            };
            for k in 0..8 {
                let k = k as f64;
                let u = [0.3 - k, 0.9 * k - 2.0, (1.7 * k).sin()];
                let p = [1.1, k - 3.5];
                let expected = $name(u, p, k);
                let simple = simplify(function.program.clone());
                // What a derivative may do to its rounding, done to the function.
                let factored = factor(simple.clone().into());
                for program in [function.program.clone(), simple, factored] {
                    let args = [Datum::from(u), Datum::from(p), Datum::from(k)];
                    let result = eval::run(&program, &args, Some(Datum::from([f64::NAN; 3])), &environment);
                    let result = result.expect("the program runs").reals();
                    // To the bit but for reassociated constants and shared factors.
                    for (a, b) in result.iter().zip(expected) {
                        assert!((a - b).abs() <= 1e-14 * b.abs().max(1.0), "{result:?} {expected:?}\n{}", print(&program));
                    }
                }
            }
        }
    )*};
}

const SCALE: f64 = 0.75;

meanings! {
    branches_and_returns: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let [x, y, z] = u;
        if x > p[1] {
            if y < 0.0 { return [x, y, t]; }
            let w = x * y;
            if w > 2.0 { return [w; 3]; }
        } else if z > 0.0 {
            return [z * SCALE, p[0], 1.0];
        }
        let s = if t > 3.0 { x } else { let q = y * y; q - z };
        [s, s * s, t % 0.7]
    }

    names_after_an_else_that_leaves: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let x = u[0];
        let mut total = 0.0;
        for w in u {
            if w > p[1] { total += x; } else { total -= x * t; continue; }
            let x = w * 2.0;
            if x > t { total += x; } else { return [x, total, t]; }
            let t = x + p[0];
            total *= t;
        }
        [x, total, t]
    }

    nested_jumps: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let mut a = [0.0; 3];
        let mut n = 0;
        'rows: for i in 0..3 {
            for j in (0..3).rev() {
                n += 1;
                if u[j] < p[1] { continue; }
                if u[i] * u[j] > 4.0 { continue 'rows; }
                if n > 7 { break 'rows; }
                if t > 6.5 && i == 2 { return [n as f64, t, a[0]]; }
                a[i] += u[j] * (n as f64);
            }
            a[i] -= p[0];
        }
        a
    }

    memory_and_shadowing: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let mut m = [[0.0; 3]; 2];
        for (i, row) in m.iter_mut().enumerate() {
            for (x, y) in row.iter_mut().zip(u.iter()) {
                *x = y * p[i] + (i as f64);
            }
        }
        let saved = m[0];
        m[0] = m[1];
        m[1] = saved;
        let t = t + m[1][2];
        let (mut lo, mut hi) = (t, -t);
        (lo, hi) = if lo > hi { (hi, lo) } else { (lo, hi) };
        lo *= 0.5;
        [m[0][0] - lo, hi, m.iter().map(|row| row.iter().sum::<f64>()).fold(0.0, |a: f64, b| a.max(b))]
    }

    shared_factors: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let [x, y, z] = u;
        let r2 = x * x + y * y + 1.0;
        let r = r2.sqrt();
        let (a, b) = (x / (r2 * r), y / (r2 * r));
        let mut sum = 0.0;
        for w in u.iter() {
            let m = a * w;
            sum = sum + m * y - z * (m * t) + b * w / (r2 * r);
        }
        let twice = x * z;
        if sum > p[0] { sum = sum / p[0] - y / p[0]; }
        [sum, 3.0 * a * t - 3.0 * b * t - twice - twice, r * z + r2 * (0.5 / r * z) - z / r - -y / r]
    }

    integers_have_their_type: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let mut small = [[-1i8, 2], [3, -4]];
        small[1][0] = small[1][0].wrapping_mul(100);
        let wide = 300i32 as u8 as i64 - 511i64 as i8 as i64;
        let mut n = 0;
        for k in [-7i32, -6, 7] {
            n = n * 10 + k.rem_euclid(4) + k.rem_euclid(-4) + k.saturating_sub(2) - k.signum();
            n += k.div_euclid(3) * (k.abs_diff(1) as i32) - (k >> 1) + (k & 6) - (k ^ 5) + !k;
        }
        let bits = 40u32.leading_zeros() + 40u32.trailing_zeros() + 41u32.count_ones() + 99u32.ilog2() + 17u32.isqrt();
        let mut s = 0.0;
        for i in 0..2 {
            for j in 0..2 { s += small[i][j] as f64 * u[i + j]; }
        }
        let level = (t * 0.7) as usize;
        let below = (p[1] * 1e3) as i8;
        [s + wide as f64, n as f64 * p[0] + bits as f64, u[level % 3] + below as f64]
    }

    elements_that_change: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let mut k = [2usize, 1];
        let n = k[0] * 2;
        let less = k[0] < k[1];
        k[0] -= 1;
        k[1] += k[0];
        let on = [u[0] > t, less, !less];
        let odd = on[0] ^ on[1];
        let mut any = false;
        for flag in on { any |= flag & odd; }
        k.swap(0, 1);
        [u[k[0]] * n as f64, if any == odd { p[0] } else { u[k[1]] }, (k[0] * n + k[1]) as f64 * t]
    }

    what_is_no_number_is_dropped: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let a = u[0].max(f64::NAN) + f64::NAN.min(u[1]) + u[2].clamp(-1.0, 0.5);
        let b = [u[0], t].iter().sum::<f64>() + u[2].powi(6) + u[2].abs().powf(3.0);
        [a, b, u[0].mul_add(p[0], u[1]) + p[1].div_euclid(0.3)]
    }

    bounded_search: fn f(u: [f64; 3], p: [f64; 2], t: f64) -> [f64; 3] {
        let mut lo = 0usize;
        let mut steps = 0;
        let mut x = u[0].abs() + t;
        while lo < 3 && u[lo] < p[1] {
            x = x.sqrt() + p[0];
            lo += 1;
        }
        while steps <= 12 {
            if x < 0.5 { break; }
            x *= 0.5;
            steps += 2;
        }
        [x, lo as f64, match steps { 0 => 1.0, 2 | 4 => u[1], s if s > 8 => p[0], _ => -1.0 }]
    }
}

#[test]
fn a_name_whose_first_value_is_a_mistake_is_not_reported_again() {
    let source = quote! {
        fn model(u: &[f64; 3], t: f64) -> f64 {
            let mut n = 0.0;
            let c;
            if t > 1.0 {
                c = u[0];
            } else {
                c = u.iter().map(|x| { n += 1.0; x * n }).step_by(2).sum::<f64>();
            }
            c * c + n
        }
    };
    let errors =
        read_ode(TokenStream::new(), source).function.err().map_or(0, |errors| errors.into_iter().count());
    assert_eq!(errors, 1);
}

/// What comes after such a jump would be done all the same.
#[test]
fn jumps_inside_of_what_changes_something_are_refused() {
    let sources = [
        quote!(kick(&mut s, if k < 2 { u[0] } else { break })),
        quote!(w.swap(0, if k < 2 { 1 } else { continue })),
        quote!(w.fill(if k < 2 { u[0] } else { return })),
        quote!(w[if k < 2 { 1 } else { break }] = 5.0),
        quote!(w[if k < 2 { 1 } else { break }] += 5.0),
        quote!(push(if k < 2 { u[0] } else { break })),
    ];
    for source in sources {
        let text = source.to_string();
        let function = quote! {
            fn f(du: &mut [f64; 2], u: &[f64; 2]) {
                let mut s = 0.0;
                let mut w = [0.0; 2];
                let mut push = |x: f64| s += x;
                *du = *u;
                for k in 0..4 { #source; }
            }
        };
        let errors = match read_ode(TokenStream::new(), function).function {
            Ok(_) => panic!("accepted: {text}"),
            Err(errors) => errors.into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n"),
        };
        assert!(errors.contains("a jump inside of this"), "{text}: {errors}");
    }
}

/// What stands where a number is meant is called by its name.
#[test]
fn an_option_is_no_iterator() {
    let function = quote! {
        fn f(du: &mut [f64; 2], u: &[f64; 2]) {
            du[0] = u.first().copied();
            du[1] = u[0];
        }
    };
    let Err(errors) = read_ode(TokenStream::new(), function).function else { panic!("accepted") };
    let errors = errors.into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n");
    assert!(errors.contains("an option where a number is meant"), "{errors}");
}
