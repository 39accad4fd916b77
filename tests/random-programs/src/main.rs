//! Writes random models, compiles them with the macros, and checks that all their derivatives agree.
//!
//! `cargo run --release -p random-programs -- --seed 7 --count 300`; `--only 12` repeats one of them and prints it;
//! `--print` writes the programs to the terminal and compiles nothing.

mod generate;
mod scratch;

use generate::Program;
use scratch::Outcome;
use scratch::Scratch;
use std::path::Path;
use std::process::ExitCode;

struct Options {
    seed: u64,
    count: usize,
    only: Option<usize>,
    print: bool,
}

fn options() -> Result<Options, String> {
    let mut options = Options { seed: 7, count: 300, only: None, print: false };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut number = || -> Result<u64, String> {
            let text = args.next().ok_or(format!("`{arg}` needs a number"))?;
            text.parse().map_err(|_| format!("`{arg} {text}`: not a number"))
        };
        match arg.as_str() {
            "--seed" => options.seed = number()?,
            "--count" => options.count = number()? as usize,
            "--only" => options.only = Some(number()? as usize),
            "--print" => options.print = true,
            other => return Err(format!("`{other}`: expected --seed N, --count N, --only INDEX or --print")),
        }
    }
    Ok(options)
}

fn main() -> ExitCode {
    match options().and_then(|options| run(&options)) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(message) => {
            eprintln!("random_programs: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Returns how many programs failed.
fn run(options: &Options) -> Result<usize, String> {
    let Options { seed, count, only, print } = *options;
    let indices: Vec<usize> = only.map_or((0..count).collect(), |index| vec![index]);
    let programs: Vec<Program> = indices.iter().map(|index| generate::generate(seed, *index)).collect();
    if print || only.is_some() {
        programs.iter().for_each(|program| println!("{}", program.text));
    }
    if print {
        return Ok(0);
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().map_err(|e| e.to_string())?;
    let scratch = Scratch::new(&root).map_err(|e| e.to_string())?;
    let outcomes = scratch.check(seed, &programs).map_err(|e| e.to_string())?;
    let (mut failed, mut worst) = (0, 0.0_f64);
    for (index, program) in indices.iter().zip(&programs) {
        match &outcomes[&program.name] {
            Outcome::Passed(error) => worst = worst.max(*error),
            Outcome::Failed(messages) => {
                failed += 1;
                println!("---- {} ----", program.name);
                println!("{}", program.text);
                messages.iter().for_each(|message| println!("{message}"));
                println!("again: cargo run --release -p random-programs -- --seed {seed} --only {index}\n");
            }
        }
    }
    println!(
        "random_programs: seed={seed} count={} failed={failed} worst_relative_error={worst:.1e}",
        programs.len()
    );
    Ok(failed)
}
