//! What decides on each lag of a delayed equation, read off its source.

use diffeq_compiler::ir::Asked;
use diffeq_compiler::ir::Stmt;
use diffeq_compiler::ir::visit;
use diffeq_compiler::macros::read_dde;
use diffeq_compiler::passes::lags::LagKind;
use diffeq_compiler::passes::lags::Lags;
use diffeq_compiler::passes::lags::lags;
use proc_macro2::TokenStream;

/// The lookups of a body of state `[f64; 2]` and parameters `[f64; 3]`.
fn found(body: &str) -> Lags {
    let source = format!(
        "fn f(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 3], t: f64) {{ {body} }}"
    );
    let read = read_dde(TokenStream::new(), source.parse().expect("Rust"));
    lags(&read.function.expect("an equation").program).expect("a history")
}

fn kinds(body: &str) -> Vec<LagKind> {
    found(body).lookups.into_iter().map(|lookup| lookup.kind).collect()
}

#[test]
fn what_decides_on_a_lag() {
    use LagKind::*;
    let cases = [
        ("du[0] = h(t - 0.1)[0]; du[1] = h(t - (0.1 + 0.2))[1] + u[0];", vec![Constant, Constant]),
        ("du[0] = h(t - p[0])[0]; du[1] = u[1] * h(t - p[0] * p[1] - 1.0)[0];", vec![Parameter, Parameter]),
        ("du[0] = h(0.5 * t)[0]; du[1] = u[1] * h(t - t.sin().abs() - p[0])[0];", vec![Time, Time]),
        (
            "du[0] = h(t - u[0].abs())[0]; let [a, b] = h(t - p[0] - u[1] * u[1]); du[1] = a + b;",
            vec![State, State],
        ),
        ("let z = h(t - p[0])[1]; du[0] = h(t - z * z)[0]; du[1] = z;", vec![Parameter, Delayed]),
    ];
    for (body, expected) in cases {
        assert_eq!(kinds(body), expected, "{body}");
    }
}

/// A branch decides on what it leaves behind, and not on the lags inside it.
#[test]
fn control_decides_as_well() {
    use LagKind::*;
    let body = "let tau = if u[0] > 0.0 { 1.0 } else { 2.0 }; du[0] = h(t - tau)[0]; du[1] = u[1];";
    assert_eq!(kinds(body), [State]);
    let body = "let tau = if p[0] > 0.0 { 1.0 } else { 2.0 }; du[0] = h(t - tau)[0]; du[1] = u[1];";
    assert_eq!(kinds(body), [Parameter]);
    let body = "du[0] = if u[0] > 0.0 { h(t - 1.0)[0] } else { h(t - p[1])[0] }; du[1] = u[1];";
    assert_eq!(kinds(body), [Constant, Parameter]);
    let body =
        "let mut tau = [1.0, 2.0]; if t > 3.0 { tau[0] = 0.5; } du[0] = h(t - tau[0])[0]; du[1] = u[1];";
    assert_eq!(kinds(body), [Time]);
}

/// What is computed before a solve has nothing of the state in it: branches that it decides on are gone, both ways taken.
#[test]
fn fixed_lags_are_a_program_of_their_own() {
    let found = found(
        "du[0] = if u[0] > 0.0 { h(t - 1.0)[0] } else { h(t - p[1])[0] };
         let mut s = u[1];
         for i in 0..3 { s += h.derivative(t - p[i])[0] * h(t - s * s)[1]; }
         du[1] = s;",
    );
    let asked: Vec<Asked> = found.lookups.iter().map(|lookup| lookup.asked).collect();
    assert_eq!(asked, [Asked::State, Asked::State, Asked::Slope, Asked::State]);
    for (program, each) in [(&found.program, 2), (&found.tangents, 3)] {
        let (mut pushes, mut branches, mut calls) = (0, 0, 0);
        visit::walk(&program.body, &mut |stmt| match stmt {
            Stmt::Push(_) => pushes += 1,
            Stmt::If(_) => branches += 1,
            Stmt::Call(_) => calls += 1,
            _ => {}
        });
        // the two of the branch, and the one of the loop
        assert_eq!((pushes, branches, calls), (3 * each, 0, 0));
    }
}
