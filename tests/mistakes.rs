//! What a mistake gets: `docs/mistakes.md` is made of the messages themselves.
//!
//! The first table is read off the expected messages in `tests/ui`, the second off solves that go wrong here. To write the
//! document anew: `BLESS=1 cargo test --test mistakes`, then read the difference.

use std::fs;
use std::path::Path;

use diffeq::prelude::*;

/// What is said while compiling: the line of the mistake, the message, what to do.
fn compile_time() -> Vec<[String; 3]> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/ui");
    let mut files: Vec<_> =
        fs::read_dir(folder).expect("the cases are there").flatten().map(|f| f.path()).collect();
    files.retain(|file| file.extension().is_some_and(|ext| ext == "stderr"));
    files.sort();
    let mut rows: Vec<[String; 3]> = Vec::new();
    for file in files {
        let text = fs::read_to_string(file).expect("a text");
        for block in text.split("\n\n") {
            let Some(row) = row(block) else { continue };
            if !rows.iter().any(|known| known[1] == row[1]) {
                rows.push(row);
            }
        }
    }
    rows
}

/// One message of rustc's; only those that are ours have a help or a note with it.
fn row(block: &str) -> Option<[String; 3]> {
    let mut lines = block.lines();
    let first = lines.next()?.strip_prefix("error")?;
    let message = first.split_once(": ")?.1.trim_start_matches("evaluation panicked: ");
    let advice: Vec<&str> = block
        .lines()
        .filter_map(|line| {
            let line = line.trim();
            let note = line.strip_prefix("= note: ").filter(|note| {
                !["the attribute", "the macro `methods`"]
                    .iter()
                    .any(|source| note.contains(&format!("error originates in {source}")))
            });
            let note = note.map(|note| note.split(" which comes from").next().unwrap_or(note));
            line.strip_prefix("help: ")
                .filter(|help| {
                    !["the trait ", "the following other types "].iter().any(|other| help.starts_with(other))
                })
                .or(note)
        })
        .collect();
    let (arrow, _) = block.lines().enumerate().find(|(_, line)| line.trim().starts_with("-->"))?;
    // Other places of the same line may be underlined before.
    let is_marked =
        |line: &str| line.contains('|') && line.trim_start_matches([' ', '|', '-']).starts_with('^');
    let marks = block.lines().skip(arrow).position(is_marked);
    let code = block.lines().nth(arrow + marks?.checked_sub(1)?)?;
    let code = code.split_once('|')?.1.trim();
    // what rustc says of types that do not meet belongs to the layers' own documentation
    if advice.is_empty()
        || ["mismatched types", "type mismatch", "dfdx::", "closure@"]
            .iter()
            .any(|word| message.contains(word))
    {
        return None;
    }
    let advice: Vec<&str> = advice.into_iter().filter(|advice| !advice.starts_with("required for")).collect();
    Some([code.to_string(), message.to_string(), advice.join("; ")])
}

/// Dry friction that sticks.
#[ode]
fn friction(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2], t: f64) {
    du[0] = u[1];
    du[1] = -p[0] * u[0] - p[1] * u[1].signum() + 0.5 * t.sin();
}

/// Kilojoules beside joules, and degrees Celsius.
#[ode]
fn reaction(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3]) {
    let k = p[0] * (p[1] / (0.008314 * u[1])).exp();
    du[0] = -k * u[0];
    du[1] = p[2] * k * u[0];
}

#[ode]
fn explosion(u: f64, p: f64) -> f64 {
    p * u * u
}

#[ode]
fn relaxation(u: f64, p: f64, t: f64) -> f64 {
    -p * (u - t.cos())
}

#[ode]
fn oscillator(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1]) {
    du[0] = u[1];
    du[1] = -p[0] * u[0];
}

#[ode]
fn chain(du: &mut [f64], u: &[f64], p: &[f64]) {
    for i in 0..u.len() {
        du[i] = -p[i] * u[i];
    }
}

#[ode]
fn advection(du: &mut [f64], u: &[f64], p: f64) {
    for i in 0..u.len() {
        du[i] = p * (u[i + 1] - u[i]);
    }
}

#[ode]
fn ring(du: &mut [f64], u: &[f64], p: f64) {
    let n = u.len();
    for i in 0..n {
        du[i] = p * (u[(i - 1) % n] - u[i]);
    }
}

#[ode]
fn root(u: f64, p: f64) -> f64 {
    -p * (u - 1.0).sqrt()
}

#[sde]
fn late(_u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
    (-p[0] * h(t - p[1]), 0.1)
}

/// What is said of a solve: what is wrong, and the error.
fn run_time() -> Vec<[String; 2]> {
    fn failed<S>(solved: Result<S, diffeq::Error>) -> String {
        match solved {
            Ok(_) => "nothing".to_string(),
            Err(error) => error.to_string(),
        }
    }
    let swings = OdeProblem::new(oscillator, [1.0, 0.0], (0.0, 100.0), [1.0]);
    let rows = [
        (
            "a jump that the solution can't leave (`signum`)",
            failed(
                OdeProblem::new(friction, [1.0, 0.0], (0.0, 20.0), [1.0, 0.6])
                    .solver(Tsit5)
                    .tolerances(1e-8, 1e-8)
                    .max_steps(20_000)
                    .solve(),
            ),
        ),
        (
            "units that do not fit",
            failed(
                OdeProblem::new(reaction, [1.0, 25.0], (0.0, 100.0), [1e8, 15.0, 10.0])
                    .solver(Tsit5)
                    .max_steps(20_000)
                    .solve(),
            ),
        ),
        (
            "a solution that explodes",
            failed(OdeProblem::new(explosion, 1.0, (0.0, 2.0), 1.0).solver(Tsit5).solve()),
        ),
        (
            "a stiff problem, an explicit method",
            failed(OdeProblem::new(relaxation, 0.0, (0.0, 1.0), 1e9).solver(Tsit5).max_steps(2_000).solve()),
        ),
        (
            "`dt_min` too large",
            failed(OdeProblem::new(relaxation, 0.0, (0.0, 1.0), 1e9).solver(Tsit5).dt_min(1e-3).solve()),
        ),
        ("`max_steps` too small", failed(swings.solver(Tsit5).max_steps(7).solve())),
        (
            "a method of low order at tight tolerances",
            failed(swings.solver(Heun).tolerances(1e-10, 1e-10).max_steps(1_000).solve()),
        ),
        ("no tolerance at all", failed(swings.solver(Tsit5).tolerances(0.0, 0.0).solve())),
        (
            "NaN in `u0`",
            failed(OdeProblem::new(oscillator, [1.0, f64::NAN], (0.0, 1.0), [1.0]).solver(Tsit5).solve()),
        ),
        (
            "NaN in `p`",
            failed(OdeProblem::new(oscillator, [1.0, 0.0], (0.0, 1.0), [f64::NAN]).solver(Tsit5).solve()),
        ),
        (
            "a root of a negative number",
            failed(OdeProblem::new(root, 0.5, (0.0, 1.0), 1.0).solver(Tsit5).solve()),
        ),
        (
            "`p` shorter than the loop over `u`",
            failed(OdeProblem::new(chain, vec![1.0; 6], (0.0, 1.0), vec![1.0; 3]).solver(Tsit5).solve()),
        ),
        (
            "`u[i + 1]` in a loop to the end",
            failed(OdeProblem::new(advection, vec![1.0; 4], (0.0, 1.0), 1.0).solver(Tsit5).solve()),
        ),
        (
            "`i - 1` at `i = 0`",
            failed(OdeProblem::new(ring, vec![1.0; 4], (0.0, 1.0), 1.0).solver(Tsit5).solve()),
        ),
        (
            "a span of length zero",
            failed(OdeProblem::new(oscillator, [1.0, 0.0], (1.0, 1.0), [1.0]).solver(Tsit5).solve()),
        ),
        (
            "a step against the span",
            failed(OdeProblem::new(oscillator, [1.0, 0.0], (1.0, 0.0), [1.0]).solver(Tsit5).dt(0.1).solve()),
        ),
        ("a method of fixed step without one", failed(swings.solver(RK4).solve())),
        (
            "a derivative by a lag, where noise drives the solution",
            failed(
                SddeProblem::new(late, 1.0, AtRest, (0.0, 1.0), [1.0, 0.5])
                    .along(&0.0, &[0.0, 1.0])
                    .and_then(|along| along.solver(EulerMaruyama).fixed(0.1).solve()),
            ),
        ),
    ];
    rows.into_iter().map(|(what, said)| [what.to_string(), without_digits(&said)]).collect()
}

/// What numbers there are differs from machine to machine.
fn without_digits(text: &str) -> String {
    let mut words = Vec::new();
    for word in text.split(' ') {
        let (bare, tail) = word.split_at(word.trim_end_matches([',', ';', ':', ')']).len());
        let (head, bare) = bare.split_at(bare.len() - bare.trim_start_matches('(').len());
        match bare.contains(['.', 'e']) && bare.parse::<f64>().is_ok() {
            true => words.push(format!("{head}…{tail}")),
            false => words.push(word.to_string()),
        }
    }
    words.join(" ")
}

fn cell(text: &str) -> String {
    text.replace('|', "\\|")
}

fn document() -> String {
    let mut out = "# What a mistake gets\n\n\
        Common mistakes, what is said of them, and what to write instead. The tables are made of the messages themselves\n\
        (`tests/mistakes.rs`).\n\n\
        ## While compiling\n\n\
        Each error points at a token, and one build reports all errors of a function. What plain Rust refuses is rustc's to say.\n\n\
        | the line | what is said | what to do |\n| --- | --- | --- |\n"
        .to_string();
    for [code, message, advice] in compile_time() {
        // a span of backquotes that the code may hold itself
        out.push_str(&format!("| `` {} `` | {} | {} |\n", cell(&code), cell(&message), cell(&advice)));
    }
    out.push_str("\n## In a solve\n\nDots (…) stand for numbers that depend on the machine.\n\n| the mistake | the error |\n| --- | --- |\n");
    for [what, said] in run_time() {
        out.push_str(&format!("| {} | {} |\n", cell(&what), cell(&said)));
    }
    out
}

#[test]
fn the_document_is_what_is_said() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/mistakes.md");
    let now = document();
    if std::env::var_os("BLESS").is_some() {
        fs::write(&file, &now).expect("it can be written");
    }
    let written = fs::read_to_string(&file).unwrap_or_default();
    for (a, b) in written.lines().zip(now.lines()) {
        assert_eq!(a, b, "docs/mistakes.md is older than the messages: BLESS=1 cargo test --test mistakes");
    }
    assert_eq!(written.lines().count(), now.lines().count(), "BLESS=1 cargo test --test mistakes");
}

/// Every solve that goes wrong says what to do.
#[test]
fn every_error_has_a_cause_and_a_remedy() {
    for [what, said] in run_time() {
        assert!(said.contains(';') || said.contains(':'), "{what}: {said}");
        assert_ne!(said, "nothing", "{what}");
    }
}
