//! What one more `#[ode]` of 20 lines costs a debug build.
//!
//! Two crates that differ in the number of such functions are built, the dependencies being ready; the difference of
//! the times over the difference of the numbers is the price of one. Both are built three times; the fastest counts.

use std::fmt::Write;
use std::fs;
use std::io;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

/// How many functions the two crates have.
const FUNCTIONS: [usize; 2] = [10, 20];

/// Measures and prints.
pub fn run() {
    match measure() {
        Ok([macros, plain]) => {
            println!("Compile time of one more `#[ode]` of 20 lines, debug build; at most 0.3 s");
            println!("bench: compile_time seconds_per_ode={macros:.3} seconds_per_plain_function={plain:.3}");
        }
        Err(error) => eprintln!("compile time: {error}"),
    }
}

/// Seconds for one more function: with `#[ode]`, and without.
fn measure() -> io::Result<[f64; 2]> {
    let directory = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/compile_time");
    fs::create_dir_all(directory.join("src"))?;
    let root = fs::canonicalize(Path::new(env!("CARGO_MANIFEST_DIR")).join(".."))?;
    fs::write(
        directory.join("Cargo.toml"),
        format!(
            "[workspace]\n[package]\nname = \"compile_time\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\
             [dependencies]\ndiffeq = {{ path = {root:?}, default-features = false }}\n"
        ),
    )?;
    // The same versions of everything, and no network.
    fs::copy(root.join("Cargo.lock"), directory.join("Cargo.lock"))?;
    let mut price = [0.0; 2];
    for (price, attribute) in price.iter_mut().zip(["#[ode]", ""]) {
        let mut seconds = [f64::INFINITY; 2];
        build(&directory, FUNCTIONS[0], attribute)?;
        for _ in 0..3 {
            for (seconds, functions) in seconds.iter_mut().zip(FUNCTIONS) {
                *seconds = seconds.min(build(&directory, functions, attribute)?);
            }
        }
        *price = (seconds[1] - seconds[0]) / (FUNCTIONS[1] - FUNCTIONS[0]) as f64;
    }
    Ok(price)
}

/// Seconds to build a crate with so many functions and a `main` that calls them.
fn build(directory: &Path, functions: usize, attribute: &str) -> io::Result<f64> {
    fs::write(directory.join("src/main.rs"), source(functions, attribute))?;
    let start = Instant::now();
    let output = Command::new(env!("CARGO"))
        .args(["build", "--quiet", "--offline"])
        .current_dir(directory)
        .env("CARGO_TARGET_DIR", directory.join("target"))
        .output()?;
    let seconds = start.elapsed().as_secs_f64();
    if output.status.success() {
        Ok(seconds)
    } else {
        Err(io::Error::other(String::from_utf8_lossy(&output.stderr).into_owned()))
    }
}

/// A program of a chain of reactions, 20 lines each, every constant another one so that no two are the same code.
fn source(functions: usize, attribute: &str) -> String {
    let import = if attribute.is_empty() {
        ""
    } else {
        "use diffeq::prelude::*;\nuse diffeq::problem::Jvp;\nuse diffeq::problem::Rhs;\nuse diffeq::problem::Vjp;\n"
    };
    let mut source = format!("{import}fn main() {{\n    let mut total = 0.0;\n");
    for i in 0..functions {
        let call = if attribute.is_empty() {
            format!("model_{i}(&mut du, &[1.0; 6], &[0.5; 4], 0.0);")
        } else {
            // What is generic is compiled where it is used: a solver uses the value and both products.
            format!(
                "model_{i}.rhs(&mut du, &[1.0; 6], &[0.5; 4], 0.0);\n        \
                 let (mut u_bar, mut p_bar, mut t_bar) = ([0.0; 6], [0.0; 4], 0.0);\n        \
                 let mut work = diffeq::space::Workspace::new();\n        \
                 model_{i}.vjp(&mut [1.0; 6], &[1.0; 6], &[0.5; 4], 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);\n        \
                 total += u_bar[0];\n        \
                 model_{i}.jvp(&mut du, &mut u_bar, &[1.0; 6], &[1.0; 6], &[0.5; 4], &[0.5; 4], 0.0, 0.0);"
            )
        };
        let _ = writeln!(
            source,
            "    {{\n        let mut du = [0.0; 6];\n        {call}\n        total += du[0];\n    }}"
        );
    }
    source.push_str("    println!(\"{total}\");\n}\n");
    for i in 0..functions {
        let _ = write!(
            source,
            "{attribute}\nfn model_{i}(du: &mut [f64; 6], u: &[f64; 6], p: &[f64; 4], t: f64) {{\n    \
             let [a, b, c, d] = *p;\n    \
             let season = 1.0 + 0.1 * (0.{i}1 * t).sin();\n    \
             let uptake = a * u[0] / (1.{i} + u[0]);\n    \
             let growth = b * u[1] * season;\n    \
             let loss = c * u[2] * u[2];\n    \
             let rate = d * (-u[3] / 3.{i}).exp();\n    \
             let mut total = 0.0;\n    \
             for i in 0..6 {{\n        \
             total += u[i] * 0.{i}2;\n    \
             }}\n    \
             let stress = (total / 2.{i}).tanh();\n    \
             du[0] = -uptake + 0.1 * stress;\n    \
             du[1] = uptake - growth;\n    \
             du[2] = growth - loss - rate * u[2];\n    \
             du[3] = loss - 0.{i}3 * u[3];\n    \
             du[4] = if u[4] > 1.{i} {{ rate - u[4] }} else {{ rate }};\n    \
             du[5] = stress * (u[4] - u[5]);\n\
             }}\n"
        );
    }
    source
}
