//! Several outputs of one program: each alone is the function's, and so are its derivatives.

use diffeq_compiler::check;
use diffeq_compiler::diagnostics::Diagnostics;
use diffeq_compiler::ir::Output;
use diffeq_compiler::ir::Program;
use diffeq_compiler::ir::eval;
use diffeq_compiler::ir::eval::Datum;
use diffeq_compiler::ir::eval::Environment;
use diffeq_compiler::ir::function::Function;
use diffeq_compiler::ir::print::print;
use diffeq_compiler::lower;
use diffeq_compiler::parse::item;
use diffeq_compiler::passes::adjoint::adjoint;
use diffeq_compiler::passes::copies::copies;
use diffeq_compiler::passes::only::only;
use diffeq_compiler::passes::simplify::simplify;
use diffeq_compiler::passes::tangent::tangent;
use proc_macro2::TokenStream;
use quote::quote;

/// A function that writes this many outputs, checked; or all that is wrong with it.
fn read(outputs: usize, source: TokenStream) -> Result<Function, Vec<String>> {
    let mut diagnostics = Diagnostics::new();
    let item: syn::ItemFn = syn::parse2(source).expect("a function");
    let head = item::head(&item, &mut diagnostics);
    let lowered = item::equation(&item, outputs, &mut diagnostics)
        .and_then(|sig| lower::equation(&item, head, &sig, &mut diagnostics));
    let function = lowered.ok().map(|(mut function, mut notes)| {
        notes.rename(&copies(&mut function.program));
        check::equation(&mut function, &notes, true, &mut diagnostics);
        function
    });
    match diagnostics.finish() {
        Err(error) => Err(error.into_iter().map(|error| error.to_string()).collect()),
        Ok(()) => Ok(function.expect("a function without mistakes")),
    }
}

fn program(source: TokenStream) -> Program {
    read(2, source).unwrap_or_else(|errors| panic!("{}", errors.join("\n"))).program
}

fn run(program: &Program, args: &[Datum], outputs: Vec<Datum>) -> Vec<Vec<f64>> {
    match eval::run_all(program, args, outputs, &Environment::default()) {
        Ok(results) => results.iter().map(Datum::reals).collect(),
        Err(error) => panic!("{error}\n{}", print(program)),
    }
}

fn near(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= 1e-14 * b.abs().max(1.0))
}

/// What an output is made of: two components.
type Pair<T> = [T; 2];

/// The derivative of a component by state, parameters and time.
type Row = [f64; 6];

/// A model as plain Rust: drift and noise, and the derivatives of both, by hand.
struct Plain {
    value: Both<f64>,
    slopes: Both<Row>,
}

/// A number, or a row of slopes, for each component of each output.
type Both<T> = fn(Pair<f64>, [f64; 3], f64) -> [Pair<T>; 2];

/// The cotangents of state, parameters and time, where these are the cotangents of the outputs.
fn pulled_back(program: &Program, args: &[Datum], weights: &[Pair<f64>]) -> Vec<f64> {
    let reverse = adjoint(program);
    let mut backward = reverse.program;
    backward.args.extend(reverse.seeds.iter().flatten());
    backward.outputs = reverse.bars.iter().flatten().map(|bar| Output::Object(*bar)).collect();
    let zeros = vec![Datum::from([0.0; 2]), Datum::from([0.0; 3]), Datum::from(0.0)];
    let mut given = args.to_vec();
    given.extend(zeros.clone());
    given.extend(weights.iter().map(|pair| Datum::from(*pair)));
    // what is read of an output lies where the caller says
    backward.args.extend(program.outputs.iter().map(|output| output.arg()));
    given.extend(weights.iter().map(|_| Datum::from([f64::NAN; 2])));
    run(&backward, &given, zeros).concat()
}

/// The same by hand.
fn weighed(slopes: &[Pair<Row>], weights: &[Pair<f64>]) -> Vec<f64> {
    let mut sums = vec![0.0; 6];
    for (rows, pair) in slopes.iter().zip(weights) {
        for (row, weight) in rows.iter().zip(pair) {
            sums.iter_mut().zip(row).for_each(|(sum, slope)| *sum += weight * slope);
        }
    }
    sums
}

/// Everything that can be asked of each output alone, and of both together.
fn check(program: &Program, plain: &Plain) {
    let nan = || Datum::from([f64::NAN; 2]);
    for k in 0..5 {
        let k = f64::from(k);
        let (u, p, t) = ([0.4 + 0.3 * k, 1.9 - 0.2 * k], [1.1, 0.9 - k, 0.3], 0.5 * k);
        let args = [Datum::from(u), Datum::from(p), Datum::from(t)];
        let (value, slopes) = ((plain.value)(u, p, t), (plain.slopes)(u, p, t));
        let direction = [0.7, -0.4, 0.3, -0.8, 1.2, 0.6];
        let along: [Pair<f64>; 2] = slopes.map(|rows| {
            rows.map(|row| row.iter().zip(direction).map(|(slope, along)| slope * along).sum::<f64>())
        });
        assert_eq!(run(program, &args, vec![nan(), nan()]), value.map(Vec::from), "{}", print(program));

        // both at once: a program with several outputs has a tangent as any other
        let dots = [
            Datum::from([direction[0], direction[1]]),
            Datum::from([direction[2], direction[3], direction[4]]),
            Datum::from(direction[5]),
        ];
        let forward = |program: &Program, outputs: usize| {
            let mut forward = tangent(program);
            forward.program.args.extend(forward.dots.iter().flatten().copied());
            let all = [&args[..], &dots[..]].concat();
            run(&simplify(forward.program), &all, vec![nan(); 2 * outputs])
        };
        let joint = forward(program, 2);
        assert_eq!(joint[..2], value.map(Vec::from));
        assert!(near(&joint[2], &along[0]) && near(&joint[3], &along[1]), "{joint:?} {along:?}");

        let weights = [[0.3, -1.1], [0.8, 0.5]];
        let (found, expected) = (pulled_back(program, &args, &weights), weighed(&slopes, &weights));
        assert!(near(&found, &expected), "{found:?} {expected:?}");

        for which in 0..2 {
            let alone = only(program, which);
            for alone in [alone.clone(), simplify(alone)] {
                assert_eq!(run(&alone, &args, vec![nan()]), [value[which].to_vec()], "{}", print(&alone));
                let found = forward(&alone, 1);
                assert!(near(&found[1], &along[which]), "{found:?} {along:?}\n{}", print(&alone));

                let found = pulled_back(&alone, &args, &weights[which..=which]);
                let expected = weighed(&slopes[which..=which], &weights[which..=which]);
                assert!(near(&found, &expected), "{found:?} {expected:?}\n{}", print(&alone));
            }
        }
    }
}

#[test]
fn drift_and_noise_share_what_they_compute() {
    let program = program(quote! {
        fn predators(du: &mut [f64; 2], dw: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3], t: f64) {
            let [x, y] = *u;
            let met = x * y;
            dw[1] = p[2] * met.sqrt();
            du[0] = p[0] * x - met;
            du[1] = met - p[1] * y * t;
            dw[0] = p[2] * x;
        }
    });
    let plain = Plain {
        value: |[x, y], p, t| {
            let met = x * y;
            [[p[0] * x - met, met - p[1] * y * t], [p[2] * x, p[2] * met.sqrt()]]
        },
        slopes: |[x, y], p, t| {
            let root = (x * y).sqrt();
            [
                [[p[0] - y, -x, x, 0.0, 0.0, 0.0], [y, x - p[1] * t, 0.0, -y * t, 0.0, -p[1] * y]],
                [
                    [p[2], 0.0, 0.0, 0.0, x, 0.0],
                    [p[2] * y / (2.0 * root), p[2] * x / (2.0 * root), 0.0, 0.0, root, 0.0],
                ],
            ]
        },
    };
    check(&program, &plain);
    // an unused half leaves no statement, and no memory either
    let drift = print(&only(&program, 0));
    assert!(!drift.contains("dw") && !drift.contains("sqrt"), "{drift}");
    let noise = print(&only(&program, 1));
    assert!(!noise.contains("du") && !noise.contains("sub"), "{noise}");
}

#[test]
fn noise_may_read_the_drift() {
    let program = program(quote! {
        fn read(du: &mut [f64; 2], dw: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3], t: f64) {
            for i in 0..2 {
                du[i] = p[i] * u[i];
                if u[i] > 1.0 {
                    du[i] += t;
                }
            }
            dw[0] = p[2] * du[0];
            dw[1] = du[1] * u[0];
        }
    });
    let plain = Plain {
        value: |u, p, t| {
            let du = [0, 1].map(|i| p[i] * u[i] + if u[i] > 1.0 { t } else { 0.0 });
            [du, [p[2] * du[0], du[1] * u[0]]]
        },
        slopes: |u, p, t| {
            let forced = u.map(|x| if x > 1.0 { 1.0 } else { 0.0 });
            let du = [0, 1].map(|i| p[i] * u[i] + forced[i] * t);
            [
                [[p[0], 0.0, u[0], 0.0, 0.0, forced[0]], [0.0, p[1], 0.0, u[1], 0.0, forced[1]]],
                [
                    [p[2] * p[0], 0.0, p[2] * u[0], 0.0, du[0], p[2] * forced[0]],
                    [du[1], p[1] * u[0], 0.0, u[1] * u[0], 0.0, forced[1] * u[0]],
                ],
            ]
        },
    };
    check(&program, &plain);
    assert!(!print(&only(&program, 0)).contains("dw"));
    assert!(print(&only(&program, 1)).contains("du"), "the noise needs the drift");
}

#[test]
fn slices_are_as_long_as_the_state() {
    let program = program(quote! {
        fn walkers(du: &mut [f64], dw: &mut [f64], u: &[f64], p: &[f64], _t: f64) {
            for i in 0..u.len() {
                du[i] = -p[0] * u[i];
                dw[i] = p[1] * du[i];
            }
        }
    });
    let (u, p) = ([0.3, -0.7, 1.9], [0.8, 0.25]);
    let args = [Datum::from(u), Datum::from(p), Datum::from(0.0)];
    let drift = u.map(|x| -p[0] * x);
    let noise = drift.map(|x| p[1] * x);
    let nan = || Datum::from([f64::NAN; 3]);
    assert_eq!(run(&program, &args, vec![nan(), nan()]), [drift, noise]);
    assert_eq!(run(&only(&program, 0), &args, vec![nan()]), [drift]);
    assert_eq!(run(&only(&program, 1), &args, vec![nan()]), [noise]);
}

#[test]
fn each_output_is_looked_at_by_itself() {
    let errors = |source| read(2, source).expect_err("a mistake");
    let [missing] = &errors(quote! {
        fn f(du: &mut [f64; 2], dw: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1], t: f64) {
            du[0] = u[1];
            du[1] = p[0] * t;
            dw[0] = u[0];
        }
    })[..] else {
        panic!("one mistake")
    };
    assert!(missing.contains("`dw[1]` is"), "{missing}");
    let [early] = &errors(quote! {
        fn f(du: &mut [f64; 2], dw: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1], t: f64) {
            du[0] = dw[0] + u[1];
            du[1] = p[0] * t;
            dw[0] = u[0];
            dw[1] = u[0];
        }
    })[..] else {
        panic!("one mistake")
    };
    assert!(early.contains("`dw[0]`"), "{early}");
    let both = errors(quote! {
        fn f(du: &mut [f64; 2], dw: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1], t: f64) {
            du[0] = u[1];
            if p[0] > t {
                dw[0] = u[0];
            }
            dw[1] = u[0];
        }
    });
    assert!(both.len() == 2 && both[0].contains("`du[1]`") && both[1].contains("`dw[0]`"), "{both:?}");
}
