//! The scratch package: programs as files, compiled in batches and run.

use crate::program::Program;
use crate::source::Source;
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
    /// The compiler refuses it: what it said.
    Refused(Vec<String>),
    /// It was compiled to what rustc refuses.
    Broken(Vec<String>),
    /// It breaks a law: which.
    Failed(Vec<String>),
    /// It is no program: rustc refuses it without any macro, or it panics. The writer's mistake.
    Invalid(Vec<String>),
}

/// What is compiled of each program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Depth {
    /// Nothing: only what the compiler says.
    Nothing,
    /// The value, compared with plain Rust.
    Values,
    /// All derivatives as well.
    Derivatives,
}

/// A package below `target/` with its own workspace and its own build folder, kept between runs.
pub struct Scratch {
    folder: PathBuf,
    /// What is built for all of them.
    target: PathBuf,
    /// The workspace.
    root: PathBuf,
    /// How far the compiler is optimised.
    optimised: u8,
}

impl Scratch {
    /// The package `name` below the build folder of the workspace at `root`, for so many programs.
    ///
    /// # Errors
    /// Where there is no current folder.
    pub fn new(root: &Path, name: &str, count: usize) -> io::Result<Self> {
        // To optimise the compiler takes as long as to compile some hundred programs by one that is not.
        let optimised = u8::from(count > 200);
        // Cargo takes a relative folder as one below where it was started, which is not where it is started from here.
        let given = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        let target = std::path::absolute(given)?.join("random-programs");
        Ok(Self {
            folder: target.join(name),
            target: target.join("target"),
            root: root.to_path_buf(),
            optimised,
        })
    }

    /// Writes the package, without programs.
    fn prepare(&self) -> io::Result<()> {
        let Self { folder, root, optimised, .. } = self;
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
             [profile.dev]\nopt-level = 0\ndebug = false\nincremental = false\n\n\
             [profile.dev.build-override]\nopt-level = {optimised}\n"
        );
        fs::write(folder.join("Cargo.toml"), manifest)?;
        // The versions of the workspace, so that nothing is looked up.
        let lock = root.join("Cargo.lock");
        if lock.exists() {
            fs::copy(lock, folder.join("Cargo.lock"))?;
        }
        Ok(())
    }

    /// Compiles and runs the programs.
    ///
    /// # Errors
    /// Where files can't be written, cargo can't be started, or the build fails for a reason that is not in a program.
    pub fn check(
        &self,
        seed: u64,
        programs: &[Program],
        depth: Depth,
    ) -> io::Result<BTreeMap<String, Outcome>> {
        let mut outcomes = BTreeMap::new();
        let mut written: BTreeMap<String, Written> = BTreeMap::new();
        if depth != Depth::Nothing {
            self.prepare()?;
        }
        for program in programs {
            let source = match Source::parse(&program.text, program.open) {
                Ok(source) => source,
                Err(message) => {
                    outcomes.insert(program.name.clone(), Outcome::Invalid(vec![message]));
                    continue;
                }
            };
            if depth == Depth::Nothing {
                let refusals = source.refusals();
                let outcome =
                    if refusals.is_empty() { Outcome::Passed(0.0) } else { Outcome::Refused(refusals) };
                outcomes.insert(program.name.clone(), outcome);
                continue;
            }
            let head = "use diffeq::Components;\nuse diffeq::problem::History;\nuse diffeq::dde;\nuse diffeq::differentiable;\nuse diffeq::ode;\nuse diffeq::sde;\nuse random_programs::Learned;\n\n";
            let text = format!("{head}{}\n", source.text());
            let plain_from = text.lines().count() + 1;
            let text = format!(
                "{text}pub mod plain {{\nuse super::History;\nuse super::Learned;\n{}\n}}\n",
                source.plain()
            );
            fs::write(self.source(&program.name), text)?;
            let calls = source.checks(&program.name, seed, depth == Depth::Values);
            written.insert(program.name.clone(), Written { source, plain_from, calls });
        }
        let names: Vec<String> = written.keys().cloned().collect();
        let mut batches: Vec<Vec<String>> = names.chunks(BATCH).map(<[String]>::to_vec).collect();
        while !written.is_empty() {
            self.write_batches(&batches, &written)?;
            let errors = self.build(&written)?;
            if errors.is_empty() {
                for k in 0..batches.len() {
                    self.run(k, &mut outcomes)?;
                }
                break;
            }
            // The others stay where they are: what is compiled already need not be compiled again.
            written.retain(|name, _| !errors.contains_key(name));
            batches.iter_mut().for_each(|batch| batch.retain(|name| !errors.contains_key(name)));
            outcomes.extend(errors);
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

    fn write_batches(&self, batches: &[Vec<String>], written: &BTreeMap<String, Written>) -> io::Result<()> {
        let bin = self.folder.join("src/bin");
        for (k, batch) in batches.iter().enumerate() {
            let mut text = String::from("#![allow(warnings, clippy::all)]\n\nuse random_programs::Dual;\n");
            for name in batch {
                text += &format!("#[path = \"../programs/{name}.rs\"]\nmod {name};\n");
            }
            text += "\nfn main() {\n    std::panic::set_hook(Box::new(|_| {}));\n";
            for name in batch {
                text += &written[name].calls;
            }
            text += "}\n";
            let path = bin.join(format!("batch_{k:02}.rs"));
            if fs::read_to_string(&path).ok().as_ref() != Some(&text) {
                fs::write(path, text)?;
            }
        }
        Ok(())
    }

    /// Compiles all batches; returns what rustc refuses by program.
    fn build(&self, written: &BTreeMap<String, Written>) -> io::Result<BTreeMap<String, Outcome>> {
        let output = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()))
            .args(["build", "--bins", "--keep-going", "--message-format=short", "--color=never"])
            .env("CARGO_TARGET_DIR", &self.target)
            .env_remove("RUSTFLAGS")
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()?;
        let mut errors: BTreeMap<String, (bool, Vec<String>)> = BTreeMap::new();
        let text = String::from_utf8_lossy(&output.stderr);
        for line in text.lines().filter(|line| line.contains("error")) {
            // `src/bin/../programs/model_0007.rs:12:5: error: …`
            let mut parts = line.split(':');
            let file = parts.next().unwrap_or("");
            let at: usize = parts.next().and_then(|n| n.parse().ok()).unwrap_or(0);
            if let Some(name) = Path::new(file).file_stem().and_then(|stem| stem.to_str())
                && let Some(program) = written.get(name)
            {
                let (plain, lines) = errors.entry(name.to_string()).or_default();
                *plain |= at >= program.plain_from;
                lines.push(line.to_string());
            }
        }
        if errors.is_empty() && !output.status.success() {
            return Err(io::Error::other(format!("the scratch package does not build:\n{text}")));
        }
        Ok(errors
            .into_iter()
            .map(|(name, (plain, lines))| {
                // The compiler's own messages, where it is the compiler that refuses.
                let refusals = written[&name].source.refusals();
                let outcome = match (plain, refusals.is_empty()) {
                    (_, false) => Outcome::Refused(refusals),
                    (true, true) => Outcome::Invalid(lines),
                    (false, true) => Outcome::Broken(lines),
                };
                (name, outcome)
            })
            .collect())
    }

    fn run(&self, batch: usize, outcomes: &mut BTreeMap<String, Outcome>) -> io::Result<()> {
        let executable = self.target.join(format!("debug/batch_{batch:02}"));
        let output = Command::new(executable).stdin(Stdio::null()).output()?;
        for line in String::from_utf8_lossy(&output.stdout).lines() {
            let mut words = line.splitn(3, ' ');
            let (Some(name), Some(kind), Some(rest)) = (words.next(), words.next(), words.next()) else {
                continue;
            };
            let before = outcomes.remove(name);
            let outcome = match (kind, before) {
                ("passed", None) => Outcome::Passed(rest.parse().unwrap_or(f64::NAN)),
                ("passed", Some(Outcome::Passed(worst))) => {
                    Outcome::Passed(worst.max(rest.parse().unwrap_or(f64::NAN)))
                }
                ("passed", Some(other)) => other,
                (_, _)
                    if rest.starts_with("the plain function panics")
                        || rest.starts_with("the value is not finite") =>
                {
                    Outcome::Invalid(vec![rest.to_string()])
                }
                (_, Some(Outcome::Failed(mut failures))) => {
                    failures.push(rest.to_string());
                    Outcome::Failed(failures)
                }
                (_, Some(invalid @ Outcome::Invalid(_))) => invalid,
                _ => Outcome::Failed(vec![rest.to_string()]),
            };
            outcomes.insert(name.to_string(), outcome);
        }
        Ok(())
    }
}

/// A program in the package.
struct Written {
    source: Source,
    /// The line at which its plain twin begins.
    plain_from: usize,
    /// Its checks.
    calls: String,
}
