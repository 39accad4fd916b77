//! Loops, iterators and slices run as Rust runs them: the meaning of each program against the function itself, its
//! tangent and its adjoint against differences of the function.

#![allow(clippy::all, unused_assignments, unused_mut)] // each function is written the way that its test is about

use diffeq_compiler::ir::Binding;
use diffeq_compiler::ir::Output;
use diffeq_compiler::ir::Program;
use diffeq_compiler::ir::eval;
use diffeq_compiler::ir::eval::Environment;
use diffeq_compiler::ir::eval::Memory;
use diffeq_compiler::ir::function::Function;
use diffeq_compiler::ir::print::print;
use diffeq_compiler::macros::read_ode;
use diffeq_compiler::passes::adjoint::adjoint;
use diffeq_compiler::passes::simplify::simplify;
use diffeq_compiler::passes::tangent::tangent;
use proc_macro2::TokenStream;
use quote::quote;

type Plain = fn([f64; 4], [f64; 2], f64) -> [f64; 4];

fn read(source: TokenStream) -> Function {
    match read_ode(TokenStream::new(), source).function {
        Ok(function) => function,
        Err(errors) => panic!("{}", errors.into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")),
    }
}

fn run(program: &Program, args: &[Memory], output: Option<Memory>) -> Memory {
    match eval::run(program, args, output, &Environment::default()) {
        Ok(memory) => memory,
        Err(error) => panic!("{error}\n{}", print(program)),
    }
}

fn point(k: f64) -> ([f64; 4], [f64; 2], f64) {
    ([0.31 - 0.2 * k, 0.93 * k - 2.0, (1.7 * k).sin(), 1.3 - 0.1 * k], [1.1, 0.9 * k - 2.5], k)
}

/// The function's value, to the bit; simplification keeps every bit but for products of powers.
fn check_value(program: &Program, plain: Plain, exact: bool) {
    for k in 0..8 {
        let (u, p, t) = point(f64::from(k));
        let expected = plain(u, p, t);
        let args = [Memory::from(u), Memory::from(p), Memory::from(t)];
        let result = run(program, &args, Some(Memory::from([f64::NAN; 4]))).reals();
        for (a, b) in result.iter().zip(expected) {
            let same = a.to_bits() == b.to_bits() || a.is_nan() && b.is_nan();
            let near = (a - b).abs() <= 1e-13 * b.abs().max(1.0);
            assert!(same || !exact && near, "{result:?} {expected:?}\n{}", print(program));
        }
    }
}

/// Tangent and adjoint against central differences; only where the function has no kink nearby, which two step sizes
/// that agree say.
fn check_derivatives(program: &Program, plain: Plain) {
    let mut compared = 0;
    for k in 0..8 {
        let (u, p, t) = point(f64::from(k) + 0.137);
        let (u_dot, p_dot, t_dot) = ([0.7, -0.4, 0.9, 0.2], [0.3, -0.8], 0.6);
        let along = |h: f64| {
            let moved = plain(
                std::array::from_fn(|i| u[i] + h * u_dot[i]),
                std::array::from_fn(|i| p[i] + h * p_dot[i]),
                t + h * t_dot,
            );
            moved
        };
        let difference = |h: f64| -> [f64; 4] {
            let (a, b) = (along(h), along(-h));
            std::array::from_fn(|i| (a[i] - b[i]) / (2.0 * h))
        };
        let (coarse, fine) = (difference(1e-5), difference(3e-6));
        let smooth = (0..4).all(|i| (coarse[i] - fine[i]).abs() <= 1e-6 * fine[i].abs().max(1.0));
        if !smooth || fine.iter().any(|x| !x.is_finite()) {
            continue;
        }
        compared += 1;
        let mut args = vec![Memory::from(u), Memory::from(p), Memory::from(t)];

        let mut forward = tangent(program);
        let (Output::Object(du), Some(Output::Object(du_dot))) =
            (forward.program.output.clone(), forward.program.output_dot.take())
        else {
            panic!("an equation writes memory")
        };
        forward.program.args.extend(forward.dots.iter().flatten().copied());
        forward.program.args.push(Binding::Object(du));
        forward.program.output = Output::Object(du_dot);
        args.extend([Memory::from(u_dot), Memory::from(p_dot), Memory::from(t_dot)]);
        args.push(Memory::from([f64::NAN; 4]));
        let dot = run(&forward.program, &args, Some(Memory::from([f64::NAN; 4]))).reals();
        for i in 0..4 {
            let near = (dot[i] - fine[i]).abs() <= 2e-6 * fine[i].abs().max(1.0);
            assert!(near, "tangent {dot:?} {fine:?}\n{}", print(&forward.program));
        }

        let reverse = adjoint(program);
        let w = [0.3, -1.1, 0.8, 0.5];
        let mut transposed = 0.0;
        for (bar, direction) in reverse.bars.iter().zip([u_dot.to_vec(), p_dot.to_vec(), vec![t_dot]]) {
            let Some(bar) = bar else { continue };
            let mut program = reverse.program.clone();
            program.args.extend(reverse.seed);
            program.output = Output::Object(*bar);
            let zeros = [Memory::from([0.0; 4]), Memory::from([0.0; 2]), Memory::from(0.0)];
            let mut args = vec![Memory::from(u), Memory::from(p), Memory::from(t)];
            args.extend(
                zeros.iter().zip(&reverse.bars).filter(|(_, bar)| bar.is_some()).map(|(z, _)| z.clone()),
            );
            args.push(Memory::from(w));
            let start = match direction.len() {
                4 => zeros[0].clone(),
                2 => zeros[1].clone(),
                _ => zeros[2].clone(),
            };
            let gradient = run(&program, &args, Some(start)).reals();
            transposed += gradient.iter().zip(&direction).map(|(g, d)| g * d).sum::<f64>();
        }
        let straight: f64 = dot.iter().zip(w).map(|(a, b)| a * b).sum();
        let near = (transposed - straight).abs() <= 1e-9 * straight.abs().max(1.0);
        assert!(near, "adjoint {transposed} {straight}\n{}", print(&reverse.program));
    }
    assert!(compared > 0, "no point is smooth");
}

/// The same tokens as a Rust function and as a program.
macro_rules! meanings {
    ($($test:ident: |$u:ident, $p:ident, $t:ident| $body:block)*) => {$(
        #[test]
        fn $test() {
            #[allow(unused_variables)]
            fn plain($u: [f64; 4], $p: [f64; 2], $t: f64) -> [f64; 4] $body
            let function = read(quote! { fn plain($u: [f64; 4], $p: [f64; 2], $t: f64) -> [f64; 4] $body });
            check_value(&function.program, plain, true);
            let simple = simplify(function.program.clone());
            check_value(&simple, plain, false);
            check_derivatives(&simple, plain);
        }
    )*};
}

meanings! {
    binary_search: |u, p, t| {
        let table = [-3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1.5, 4.0, 9.0];
        let values = [0.1, 0.7, -0.4, 1.3, 2.0, 1.1, 0.3, -0.9, 5.0];
        let mut out = [0.0; 4];
        for i in 0..4 {
            let (mut lo, mut hi) = (0, table.len() - 1);
            while hi - lo > 1 {
                let mid = (lo + hi) / 2;
                if table[mid] <= u[i] { lo = mid; } else { hi = mid; }
            }
            let w = (u[i] - table[lo]) / (table[hi] - table[lo]);
            out[i] = (values[lo] + w * (values[hi] - values[lo])) * p[0];
        }
        out
    }

    newton_to_a_tolerance: |u, p, t| {
        let target = 2.0 + u[0] * u[0] + t;
        let mut x = 1.0;
        while (x * x - target).abs() > 1e-9 {
            x = 0.5 * (x + target / x);
        }
        [x, x * u[1], p[0] * x, u[3]]
    }

    endless_with_break: |u, p, t| {
        let mut k = 0;
        let mut s = u[0];
        loop {
            k += 1;
            s = s * 1.5 + u[1] * u[2];
            if k == 4 { break; }
            s += p[0] * s * s * 0.01;
        }
        [s, k as f64, u[1], u[3] * s]
    }

    break_with_a_value: |u, p, t| {
        let mut x = u[0].abs() + 0.5;
        let mut n = 0;
        let y = loop {
            x = x * 1.3 + 0.1 * p[0];
            n += 1;
            if x > 5.0 { break x * x; }
            if n > 6 { break u[1] * x; }
        };
        let (a, b) = loop {
            n += 1;
            if n % 3 == 0 { break (n, x * y); }
        };
        [y, a as f64 * b, n as f64 * u[2], x]
    }

    counter_moves_unseen: |u, p, t| {
        let mut k = 0;
        let mut once = true;
        let mut s = 0.0;
        while k < 4 {
            s += u[0] * (k + 1) as f64;
            if k == 2 && once { once = false; k = 0; }
            k += 1;
        }
        let (mut n, mut m) = (2, 6);
        let mut j = 0;
        while j < n {
            s += u[1] * j as f64;
            if j == 1 { (n, m) = (m, n); }
            j += 1;
        }
        [s, s * s, m as f64 * u[2], p[1] * s]
    }

    effects_in_the_condition: |u, p, t| {
        let mut k = 0;
        let mut s = u[0];
        while { s += 1.0; true } && k < 3 {
            s *= 2.0 + u[1];
            k += 1;
        }
        [s, u[1], u[2] * s, u[3]]
    }

    continue_before_the_increment: |u, p, t| {
        let (mut k, mut j) = (0, 0);
        let mut s = 0.0;
        while k < 3 {
            j += 1;
            s += u[0] * j as f64;
            if j % 3 != 0 { continue; }
            s *= s;
            k += 1;
        }
        let mut i = 0;
        'w: while i < 6 {
            i += 1;
            for j in 0..3 {
                if j * i == 4 { continue 'w; }
                s += u[1] * j as f64;
            }
            s += 1.0;
        }
        [s, u[1], u[2], s * p[0]]
    }

    counted_by_products_and_downwards: |u, p, t| {
        let mut k = 1;
        let mut s = u[0];
        while k < 100 { k *= 2; s = s * 0.9 + k as f64; }
        let mut n = 7;
        while n > 0 { s = s + u[1] * s * 0.1 * n as f64; n -= 2; }
        [s, n as f64, u[2] * s, k as f64]
    }

    memory_in_a_loop_that_ends_by_itself: |u, p, t| {
        let mut x = u;
        let mut rounds = 0;
        loop {
            let mut change = 0.0;
            for i in 0..4 {
                let left = if i == 0 { p[0] } else { x[i - 1] };
                let right = if i == 3 { 0.3 } else { x[i + 1] };
                let new = 0.4 * (left + right) + 0.05 * (x[i] * u[i]).sin();
                change += (new - x[i]).abs();
                x[i] = new;
            }
            rounds += 1;
            if change < 1e-12 || rounds > 200 { break; }
        }
        x
    }

    nested_loops_left_from_within: |u, p, t| {
        let mut a = [0.0; 4];
        let mut i = 0;
        'rows: loop {
            let mut j = 0;
            while j < 5 {
                if u[i] * (j as f64) > 1.9 { break; }
                if i + j == 6 { break 'rows; }
                if i * j == 2 { j += 2; continue; }
                a[i] += u[j % 4] * p[0] + a[(i + j) % 4] * 0.5;
                if a[i] > 8.0 { return [a[0], a[1] * a[i], t, u[0]]; }
                j += 1;
            }
            i += 1;
            if i == 4 { break; }
            a[i] -= a[i - 1] * u[i];
        }
        a
    }

    labelled_blocks: |u, p, t| {
        let x = 'found: {
            for i in 0..4 {
                if u[i] > 0.5 { break 'found u[i] * p[0]; }
            }
            -u[3] * u[3]
        };
        let mut y = 1.0;
        'skip: {
            if x > 1.0 { break 'skip; }
            y = x * u[1];
            if t > 3.0 { break 'skip; }
            y += 2.0;
        }
        [x, y, x * y, u[2]]
    }

    counted_while_keeps_its_form: |u, p, t| {
        let mut k = 0;
        let mut s = u[0];
        while k < 20 && s < 50.0 {
            s = s * s * 0.5 + 1.5;
            k += 1;
        }
        let mut i = 0;
        let mut a = u;
        while i < a.len() { a[i] = a[i] * s; i += 1; }
        while i > 0 && a[i - 1] > 0.0 { i -= 1; a[i] *= a[i]; }
        a
    }

    loops_in_loops_ending_by_themselves: |u, p, t| {
        let mut total = 0.0;
        for i in 0..4 {
            let mut x = u[i].abs() + 1.0;
            let mut n = 0;
            while x < 20.0 {
                let mut y = x;
                while y > 1.5 { y = y * 0.7 - 0.01 * p[0]; n += 1; }
                x = x * 1.8 + y * u[i].abs();
            }
            total += x * n as f64;
        }
        [total, total * u[0], t, u[1]]
    }
}
