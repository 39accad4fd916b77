//! What is asked of each function.

use diffeq_compiler::ir::Output;
use diffeq_compiler::ir::Program;
use diffeq_compiler::ir::eval;
use diffeq_compiler::ir::eval::Datum;
use diffeq_compiler::ir::eval::Environment;
use diffeq_compiler::ir::function::Function;
use diffeq_compiler::ir::print::print;
use diffeq_compiler::macros::read_ode;
use diffeq_compiler::passes::adjoint::adjoint;
use diffeq_compiler::passes::simplify::simplify;
use diffeq_compiler::passes::tangent::tangent;
use proc_macro2::TokenStream;

pub type Plain = fn([f64; 4], [f64; 2], f64) -> [f64; 4];

pub fn read(source: TokenStream) -> Function {
    match read_ode(TokenStream::new(), source).function {
        Ok(function) => function,
        Err(errors) => panic!("{}", errors.into_iter().map(|e| e.to_string()).collect::<Vec<_>>().join("\n")),
    }
}

fn run(program: &Program, args: &[Datum], output: Option<Datum>) -> Datum {
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
        let args = [Datum::from(u), Datum::from(p), Datum::from(t)];
        let result = run(program, &args, Some(Datum::from([f64::NAN; 4]))).reals();
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
        let mut args = vec![Datum::from(u), Datum::from(p), Datum::from(t)];

        let mut forward = tangent(program);
        let du = forward.program.outputs[0].arg();
        forward.program.args.extend(forward.dots.iter().flatten().copied());
        forward.program.args.push(du);
        forward.program = forward.program.tangents_alone();
        args.extend([Datum::from(u_dot), Datum::from(p_dot), Datum::from(t_dot)]);
        args.push(Datum::from([f64::NAN; 4]));
        let dot = run(&forward.program, &args, Some(Datum::from([f64::NAN; 4]))).reals();
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
            program.args.extend(reverse.seeds.iter().flatten());
            program.outputs = vec![Output::Object(*bar)];
            let zeros = [Datum::from([0.0; 4]), Datum::from([0.0; 2]), Datum::from(0.0)];
            let mut args = vec![Datum::from(u), Datum::from(p), Datum::from(t)];
            args.extend(
                zeros.iter().zip(&reverse.bars).filter(|(_, bar)| bar.is_some()).map(|(z, _)| z.clone()),
            );
            args.push(Datum::from(w));
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

/// All of it.
pub fn check(program: &Program, plain: Plain) {
    check_value(program, plain, true);
    let simple = simplify(program.clone());
    check_value(&simple, plain, false);
    check_derivatives(&simple, plain);
}
