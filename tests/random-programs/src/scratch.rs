//! The scratch package: programs as files, compiled in batches and run.

use crate::generate::Length;
use crate::generate::Program;
use crate::generate::State;
use std::collections::BTreeMap;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Stdio;

/// Programs per executable: few enough that the two or more compile side by side, many enough to link seldom.
const BATCH: usize = 25;

/// What became of one program.
#[derive(Debug, Clone)]
pub enum Outcome {
    /// Every law holds, up to this relative error.
    Passed(f64),
    /// It does not compile, or breaks a law: what was said.
    Failed(Vec<String>),
}

/// A package below `target/` with its own workspace and its own build folder, kept between runs.
pub struct Scratch {
    folder: PathBuf,
}

impl Scratch {
    /// Prepares the package for these programs.
    ///
    /// # Errors
    /// Where files can't be written.
    pub fn new(root: &Path) -> io::Result<Self> {
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        let folder = target.join("random-programs");
        let src = folder.join("src");
        if src.exists() {
            fs::remove_dir_all(&src)?;
        }
        fs::create_dir_all(src.join("bin"))?;
        fs::create_dir_all(src.join("programs"))?;
        let here = root.join("tests/random-programs");
        let manifest = format!(
            "[package]\nname = \"scratch\"\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n\
             [dependencies]\ndiffeq = {{ path = {root:?}, default-features = false }}\n\
             random-programs = {{ path = {here:?} }}\n\n\
             [profile.dev]\nopt-level = 0\ndebug = false\nincremental = false\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The versions of the workspace, so that nothing is looked up.
        let lock = root.join("Cargo.lock");
        if lock.exists() && !folder.join("Cargo.lock").exists() {
            fs::copy(lock, folder.join("Cargo.lock"))?;
        }
        Ok(Self { folder })
    }

    /// Compiles and runs the programs.
    ///
    /// # Errors
    /// Where files can't be written, cargo can't be started, or the build fails for a reason that is not in a program.
    pub fn check(&self, seed: u64, programs: &[Program]) -> io::Result<BTreeMap<String, Outcome>> {
        let mut outcomes = BTreeMap::new();
        for program in programs {
            let text = format!(
                "use diffeq::differentiable;\nuse diffeq::ode;\nuse random_programs::Learned;\n\n{}\n{}",
                program.text, program.plain
            );
            fs::write(self.source(&program.name), text)?;
        }
        let mut left: Vec<&Program> = programs.iter().collect();
        while !left.is_empty() {
            let batches: Vec<&[&Program]> = left.chunks(BATCH).collect();
            self.write_batches(seed, &batches)?;
            let errors = self.build(&left)?;
            if errors.is_empty() {
                for k in 0..batches.len() {
                    self.run(k, &mut outcomes)?;
                }
                break;
            }
            left.retain(|program| !errors.contains_key(&program.name));
            outcomes.extend(errors.into_iter().map(|(name, errors)| (name, Outcome::Failed(errors))));
        }
        for program in programs {
            let silent = || Outcome::Failed(vec!["the executable stopped before it".into()]);
            outcomes.entry(program.name.clone()).or_insert_with(silent);
        }
        Ok(outcomes)
    }

    fn source(&self, name: &str) -> PathBuf {
        self.folder.join(format!("src/programs/{name}.rs"))
    }

    fn write_batches(&self, seed: u64, batches: &[&[&Program]]) -> io::Result<()> {
        let bin = self.folder.join("src/bin");
        fs::remove_dir_all(&bin)?;
        fs::create_dir_all(&bin)?;
        for (k, batch) in batches.iter().enumerate() {
            let mut text = String::from("#![allow(warnings, clippy::all)]\n\nuse random_programs::Dual;\n");
            for program in *batch {
                text += &format!("#[path = \"../programs/{0}.rs\"]\nmod {0};\n", program.name);
            }
            text += "\nfn main() {\n";
            for program in *batch {
                text += &call(seed, program);
            }
            text += "}\n\n";
            text += REPORT;
            fs::write(bin.join(format!("batch_{k:02}.rs")), text)?;
        }
        Ok(())
    }

    /// Compiles all batches; returns the compiler's errors by program.
    fn build(&self, programs: &[&Program]) -> io::Result<BTreeMap<String, Vec<String>>> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--bins", "--keep-going", "--message-format=short", "--color=never"])
            .env("CARGO_TARGET_DIR", self.folder.join("target"))
            .env_remove("RUSTFLAGS")
            .current_dir(&self.folder)
            .stdout(Stdio::null())
            .output()?;
        let mut errors: BTreeMap<String, Vec<String>> = BTreeMap::new();
        let text = String::from_utf8_lossy(&output.stderr);
        for line in text.lines().filter(|line| line.contains("error")) {
            // `src/bin/../programs/model_0007.rs:12:5: error: …`
            let file = line.split(':').next().unwrap_or("");
            if let Some(name) = Path::new(file).file_stem().and_then(|stem| stem.to_str())
                && programs.iter().any(|program| program.name == name)
            {
                errors.entry(name.to_string()).or_default().push(line.to_string());
            }
        }
        if errors.is_empty() && !output.status.success() {
            return Err(io::Error::other(format!("the scratch package does not build:\n{text}")));
        }
        Ok(errors)
    }

    fn run(&self, batch: usize, outcomes: &mut BTreeMap<String, Outcome>) -> io::Result<()> {
        let executable = self.folder.join(format!("target/debug/batch_{batch:02}"));
        let output = Command::new(executable).output()?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(kind), Some(rest)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            match kind {
                "passed" => {
                    let worst = rest.parse().unwrap_or(f64::NAN);
                    outcomes.insert(name.to_string(), Outcome::Passed(worst));
                }
                _ => match outcomes.entry(name.to_string()).or_insert(Outcome::Failed(Vec::new())) {
                    Outcome::Failed(failures) => failures.push(rest.to_string()),
                    passed => *passed = Outcome::Failed(vec![rest.to_string()]),
                },
            }
        }
        Ok(())
    }
}

/// The check of one program, as code.
fn call(seed: u64, program: &Program) -> String {
    let Program { name, .. } = program;
    let zeros = |shape: Option<State>, real: &str| match shape {
        // A model without parameters has none of them.
        None => format!("[{real}; 0]"),
        Some(State::Scalar) => real.to_string(),
        Some(State::Vector(n)) => format!("[{real}; {n}]"),
        Some(State::Matrix(rows, columns)) => format!("[[{real}; {columns}]; {rows}]"),
        Some(State::Learned) => "random_programs::LearnedOf::default()".into(),
    };
    let generic = match (program.length, program.state) {
        (Length::Generic, State::Vector(n)) => format!("::<{n}>"),
        _ => String::new(),
    };
    let dual = "Dual::new(0.0, [0.0])";
    let side = |form: &str, as_vec: bool, plain: &str| {
        let to = if as_vec { ".to_vec()" } else { "" };
        format!(
            "random_programs::side(&{name}::{form}{generic}, {seed}, {}{to}, {}{to}, {}{to}, {}{to}, {plain})",
            zeros(Some(program.state), "0.0"),
            zeros(program.parameters, "0.0"),
            zeros(Some(program.state), dual),
            zeros(program.parameters, dual),
        )
    };
    format!(
        "    report(\"{name}\", || random_programs::compare(\n        {},\n        {},\n    ));\n",
        side(name, program.length == Length::Slices, "None"),
        side(&format!("{name}_out"), false, &format!("Some(&|u, p, t| {name}::plain::value(u, p, t))")),
    )
}

const REPORT: &str = r#"fn report(name: &str, check: impl FnOnce() -> random_programs::Report + std::panic::UnwindSafe) {
    match std::panic::catch_unwind(check) {
        Ok(report) if report.failures.is_empty() => println!("{name} passed {:e}", report.worst),
        Ok(report) => report.failures.iter().take(4).for_each(|failure| println!("{name} failed {failure}")),
        Err(_) => println!("{name} failed it panicked"),
    }
}
"#;
