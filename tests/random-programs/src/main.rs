//! Writes random models, compiles them with the macros, and compares them with the same functions without macros; then
//! checks that all their derivatives agree.
//!
//! `cargo run --example random-programs -- --seed 7 --count 300`; `--only 12` repeats one of them and prints it;
//! `--print` writes the programs to the terminal and compiles nothing; `--values` leaves the derivatives out, `--refusals` all of rustc;
//! `--grammar 1` writes the programs of the former generator; `--file PATH` checks a program that someone wrote;
//! `--shrink 20` shortens more failing programs than eight, `--shrink 0` none; `--without NAME` leaves a construct out (the guide's name for it), `--with NAME` all programs that lack it;
//! `--plain` asks rustc alone.

#![forbid(unsafe_code)]

mod former;
mod generate;
mod interval;
mod plain;
mod program;
mod reduce;
mod scratch;
mod shrink;
mod source;

use generate::construct::Construct;
use generate::construct::Counts;
use program::Program;
use scratch::Depth;
use scratch::Outcome;
use scratch::Scratch;
use std::collections::BTreeMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::ExitCode;

#[derive(Debug, Clone)]
struct Options {
    seed: u64,
    count: usize,
    only: Option<usize>,
    print: bool,
    grammar: u64,
    depth: Depth,
    file: Option<PathBuf>,
    /// How many failing programs are shortened.
    shrink: usize,
    plain: bool,
    without: Vec<Construct>,
    with: Vec<Construct>,
}

fn construct(name: &str) -> Result<Construct, String> {
    let found = Construct::ALL.iter().find(|construct| construct.name() == name);
    found.copied().ok_or(format!("`{name}`: no construct"))
}

fn options() -> Result<Options, String> {
    let mut options = Options {
        seed: 7,
        count: 300,
        only: None,
        print: false,
        grammar: 2,
        depth: Depth::Derivatives,
        file: None,
        shrink: 8,
        plain: false,
        without: Vec::new(),
        with: Vec::new(),
    };
    let mut args = std::env::args().skip(1);
    while let Some(arg) = args.next() {
        let mut value = || args.next().ok_or(format!("`{arg}` needs a value"));
        let number = |text: String| text.parse::<u64>().map_err(|_| format!("`{text}`: not a number"));
        match arg.as_str() {
            "--seed" => options.seed = number(value()?)?,
            "--count" => options.count = number(value()?)? as usize,
            "--only" => options.only = Some(number(value()?)? as usize),
            "--grammar" => options.grammar = number(value()?)?,
            "--file" => options.file = Some(value()?.into()),
            "--print" => options.print = true,
            "--refusals" => options.depth = Depth::Nothing,
            "--values" => options.depth = Depth::Values,
            "--without" => options.without.push(construct(&value()?)?),
            "--with" => options.with.push(construct(&value()?)?),
            "--plain" => options.plain = true,
            "--shrink" => options.shrink = number(value()?)? as usize,
            other => {
                return Err(format!(
                    "`{other}`: expected --seed N, --count N, --only INDEX, --grammar 1, --file PATH, --values, --refusals, \
                     --shrink N, --without NAME, --with NAME, --plain or --print"
                ));
            }
        }
    }
    Ok(options)
}

/// A run of so many programs meets every construct.
const ENOUGH: usize = 500;

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

fn programs(options: &Options) -> Result<Vec<Program>, String> {
    if let Some(path) = &options.file {
        let text = std::fs::read_to_string(path).map_err(|e| format!("{}: {e}", path.display()))?;
        return Ok(vec![Program { name: "file".into(), text, open: [4, 4], counts: Counts::new() }]);
    }
    let write = |index| match options.grammar {
        1 => former::generate(options.seed, index),
        _ => generate::generate(options.seed, index, &options.without),
    };
    if let Some(index) = options.only {
        return Ok(vec![write(index)]);
    }
    let has = |program: &Program| options.with.iter().all(|construct| program.counts.contains_key(construct));
    // A construct that is rare, or that nothing writes, ends as well.
    let most = options.count.saturating_mul(1000);
    Ok((0..most).map(write).filter(has).take(options.count).collect())
}

/// What may be refused: parts of messages about what cannot be kept.
const REFUSED: &[&str] = &["takes items that it does not hand on"];

/// Returns how many programs failed.
fn run(options: &Options) -> Result<usize, String> {
    let programs = programs(options)?;
    if options.print || options.only.is_some() {
        for program in &programs {
            let source = source::Source::parse(&program.text, program.open);
            println!("{}", source.map_or(program.text.clone(), |source| source.text()));
        }
    }
    if options.print {
        return Ok(0);
    }
    if options.plain {
        let refused = plain::refused(&programs).map_err(|e| e.to_string())?;
        for (name, errors) in &refused {
            errors.iter().take(3).for_each(|error| println!("{name}: {error}"));
        }
        return Ok(refused.len());
    }
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let root = root.canonicalize().map_err(|e| e.to_string())?;
    let scratch = Scratch::new(&root, "run", programs.len()).map_err(|e| e.to_string())?;
    let outcomes = scratch.check(options.seed, &programs, options.depth).map_err(|e| e.to_string())?;
    let (mut failed, mut refused, mut worst) = (0, 0, 0.0_f64);
    let mut failing: Vec<(Program, Outcome)> = Vec::new();
    for program in &programs {
        let (kind, messages) = match &outcomes[&program.name] {
            Outcome::Passed(error) => {
                worst = worst.max(*error);
                continue;
            }
            Outcome::Refused(messages) if messages.iter().all(|m| REFUSED.iter().any(|r| m.contains(r))) => {
                refused += 1;
                continue;
            }
            Outcome::Refused(messages) => ("refused", messages),
            Outcome::Broken(messages) => ("compiled to what rustc refuses", messages),
            Outcome::Failed(messages) => ("wrong", messages),
            Outcome::Invalid(messages) => ("no program", messages),
        };
        failed += 1;
        println!("---- {}: {kind} ----", program.name);
        messages.iter().for_each(|message| println!("{message}"));
        if options.file.is_none() {
            let (seed, grammar, index) =
                (options.seed, options.grammar, program.name.trim_start_matches("model_"));
            let index = index.trim_start_matches('0');
            println!(
                "again: cargo run --example random-programs -- --seed {seed} --grammar {grammar} --only {index}"
            );
        }
        println!();
        failing.push((program.clone(), outcomes[&program.name].clone()));
    }
    if options.shrink > 0 && !failing.is_empty() {
        shortened(options, &scratch, failing)?;
    }
    let is_part = options.only.is_some() || options.file.is_some() || !options.with.is_empty();
    let unmet = if options.grammar == 1 || is_part {
        0
    } else {
        let unmet = constructs(&programs);
        // A short run cannot be asked for what is written rarely.
        if programs.len() < ENOUGH { 0 } else { unmet }
    };
    println!(
        "random_programs: seed={} count={} failed={failed} refused={refused} unmet={unmet} worst_relative_error={worst:.1e}",
        options.seed,
        programs.len()
    );
    Ok(failed + unmet)
}

/// Shortens some of the failing programs, few of each kind, and prints them.
fn shortened(options: &Options, scratch: &Scratch, failing: Vec<(Program, Outcome)>) -> Result<(), String> {
    const OF_A_KIND: usize = 3;
    let mut kinds: BTreeMap<String, usize> = BTreeMap::new();
    let mut chosen = Vec::new();
    for (program, outcome) in failing {
        let Some(symptom) = shrink::symptom(&outcome) else { continue };
        let count = kinds.entry(symptom).or_default();
        *count += 1;
        if *count <= OF_A_KIND && chosen.len() < options.shrink {
            chosen.push((program, outcome));
        }
    }
    for (symptom, count) in &kinds {
        println!("{count:6} {symptom}");
    }
    // What is refused is shortened in no time; it does not wait for the others.
    let (refused, others): (Vec<_>, Vec<_>) =
        chosen.into_iter().partition(|(_, outcome)| matches!(outcome, Outcome::Refused(_)));
    for chosen in [refused, others] {
        print_shortened(
            shrink::shrink(scratch, options.seed, chosen, options.depth).map_err(|e| e.to_string())?,
        );
    }
    Ok(())
}

fn print_shortened(all: Vec<shrink::Shrunk>) {
    for shrunk in all {
        println!("\n---- {}, shortened ----", shrunk.program.name);
        let source = source::Source::parse(&shrunk.program.text, shrunk.program.open);
        println!("{}", source.map_or(shrunk.program.text.clone(), |source| source.text()));
        if let Outcome::Refused(messages) | Outcome::Broken(messages) | Outcome::Failed(messages) =
            shrunk.outcome
        {
            messages.iter().for_each(|message| println!("// {message}"));
        }
    }
}

/// Prints how often each construct was written; returns how many were not.
fn constructs(programs: &[Program]) -> usize {
    let mut counts = Counts::new();
    for program in programs {
        program.counts.iter().for_each(|(construct, n)| *counts.entry(*construct).or_default() += n);
    }
    for construct in Construct::ALL {
        println!("{:8} {}", counts.get(construct).unwrap_or(&0), construct.name());
    }
    Construct::ALL.len() - counts.len()
}
