//! The scratch folder: programs as files, compiled in batches and run.

use crate::program::Program;
use crate::source::Source;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;
use std::process::Output;
use std::process::Stdio;
use std::sync::atomic::AtomicUsize;
use std::sync::atomic::Ordering;
use std::thread;

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

/// A folder below `target/`. Its programs are compiled against the libraries that this one is made of, so that none is built twice.
pub struct Scratch {
    folder: PathBuf,
    /// The workspace.
    root: PathBuf,
    /// Whether the compiler is optimised.
    optimised: bool,
}

impl Scratch {
    /// The folder `name` below the build folder of the workspace at `root`, for so many programs.
    ///
    /// # Errors
    /// Where there is no current folder.
    pub fn new(root: &Path, name: &str, count: usize) -> io::Result<Self> {
        // To optimise the compiler takes as long as to compile some hundred programs by one that is not.
        let optimised = count > 200;
        let given = std::env::var_os("CARGO_TARGET_DIR").map_or(root.join("target"), PathBuf::from);
        // Rustc is started from elsewhere.
        let folder = std::path::absolute(given)?.join("random-programs").join(name);
        Ok(Self { folder, root: root.to_path_buf(), optimised })
    }

    /// Makes the folder, without programs.
    fn prepare(&self) -> io::Result<()> {
        let src = self.folder.join("src");
        if src.exists() {
            fs::remove_dir_all(&src)?;
        }
        fs::create_dir_all(src.join("bin"))?;
        fs::create_dir_all(src.join("programs"))
    }

    /// The libraries that programs use, each a file: what cargo has built, or builds now where the compiler is to be optimised.
    fn libraries(&self) -> io::Result<[PathBuf; 2]> {
        let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or("cargo".into()));
        // Of the whole workspace, and beside an example: else dependencies have fewer features, and are built once more.
        cargo.args(["build", "--lib", "--example=random-programs", "--message-format=json"]);
        if self.optimised {
            for package in ["diffeq-compiler", "proc-macro2", "quote", "syn"] {
                cargo.args(["--config", &format!("profile.dev.package.{package}.opt-level=1")]);
            }
        }
        let output = cargo.current_dir(&self.root).stdin(Stdio::null()).output()?;
        let text = String::from_utf8_lossy(&output.stdout);
        let file = |name: &str| {
            // `…"target":{…"name":"diffeq",…},…"filenames":["/…/libdiffeq-0123.rlib",…]…`
            let target = format!("\"name\":\"{name}\"");
            let line = text.lines().rfind(|line| line.contains(&target) && line.contains(".rlib\""))?;
            let file = line.split('"').find(|part| part.ends_with(".rlib"))?;
            Some(PathBuf::from(file.replace("\\\\", "\\")))
        };
        match (file("diffeq"), file("random_programs")) {
            (Some(diffeq), Some(itself)) if output.status.success() => Ok([diffeq, itself]),
            _ => {
                let text = String::from_utf8_lossy(&output.stderr);
                Err(io::Error::other(format!("what programs use does not build:\n{text}")))
            }
        }
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
        // As large as each other: they are done at the same time.
        let count = names.len().div_ceil(BATCH).max(1);
        let size = names.len().div_ceil(count).max(1);
        let mut batches: Vec<Vec<String>> = names.chunks(size).map(<[String]>::to_vec).collect();
        let libraries = if batches.is_empty() { Default::default() } else { self.libraries()? };
        let mut changed: Vec<usize> = (0..batches.len()).collect();
        while !written.is_empty() {
            self.write_batches(&batches, &written)?;
            let errors = self.build(&changed, &libraries, &written)?;
            if errors.is_empty() {
                for k in 0..batches.len() {
                    self.run(k, &mut outcomes)?;
                }
                break;
            }
            // The others stay where they are: what is compiled already need not be compiled again.
            changed = (0..batches.len())
                .filter(|&k| batches[k].iter().any(|name| errors.contains_key(name)))
                .collect();
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

    /// Compiles the batches; returns what rustc refuses by program.
    fn build(
        &self,
        batches: &[usize],
        libraries: &[PathBuf; 2],
        written: &BTreeMap<String, Written>,
    ) -> io::Result<BTreeMap<String, Outcome>> {
        let next = AtomicUsize::new(0);
        let worker = || -> io::Result<Vec<Output>> {
            let mut outputs = Vec::new();
            while let Some(&batch) = batches.get(next.fetch_add(1, Ordering::Relaxed)) {
                outputs.push(self.rustc(batch, libraries)?);
            }
            Ok(outputs)
        };
        let outputs = thread::scope(|scope| -> io::Result<Vec<Output>> {
            let count = thread::available_parallelism().map_or(1, usize::from).min(batches.len());
            let workers: Vec<_> = (0..count).map(|_| scope.spawn(worker)).collect();
            let mut outputs = Vec::new();
            for worker in workers {
                outputs.extend(worker.join().expect("nothing there panics")?);
            }
            Ok(outputs)
        })?;
        let mut errors: BTreeMap<String, (bool, Vec<String>)> = BTreeMap::new();
        for output in outputs {
            let text = String::from_utf8_lossy(&output.stderr);
            let mut named = false;
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
                    named = true;
                }
            }
            if !named && !output.status.success() {
                return Err(io::Error::other(format!("a batch of programs does not build:\n{text}")));
            }
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

    fn rustc(&self, batch: usize, [diffeq, itself]: &[PathBuf; 2]) -> io::Result<Output> {
        let with = |name: &str, file: &Path| {
            let mut argument = OsString::from(format!("{name}="));
            argument.push(file);
            argument
        };
        // Cargo lays dependencies below what is asked for.
        let below = diffeq.parent().unwrap_or(Path::new(".")).join("deps");
        Command::new(std::env::var_os("RUSTC").unwrap_or("rustc".into()))
            .args(["--edition=2024", "--crate-type=bin", "--error-format=short", "--color=never"])
            // What parts of a program share is compiled in each of them.
            .arg("-Ccodegen-units=1")
            .arg(format!("src/bin/batch_{batch:02}.rs"))
            .arg("--extern")
            .arg(with("diffeq", diffeq))
            .arg("--extern")
            .arg(with("random_programs", itself))
            .arg("-L")
            .arg(with("dependency", &below))
            .arg("-o")
            .arg(self.executable(batch))
            .current_dir(&self.folder)
            .stdin(Stdio::null())
            .output()
    }

    fn executable(&self, batch: usize) -> PathBuf {
        self.folder.join(format!("batch_{batch:02}{}", std::env::consts::EXE_SUFFIX))
    }

    fn run(&self, batch: usize, outcomes: &mut BTreeMap<String, Outcome>) -> io::Result<()> {
        let output = Command::new(self.executable(batch)).stdin(Stdio::null()).output()?;
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

/// A program in the folder.
struct Written {
    source: Source,
    /// The line at which its plain twin begins.
    plain_from: usize,
    /// Its checks.
    calls: String,
}
