//! Programs without their macros: Rust like any other, which rustc must accept.

use crate::program::Program;
use crate::source::Source;
use std::collections::BTreeMap;
use std::io;
use std::io::Write;
use std::process::Command;
use std::process::Stdio;

/// What the library's network looks like to a program.
const NETWORK: &str = "
pub struct Net;
impl Net { pub fn forward(&self, x: [f64; 2]) -> [f64; 2] { x } }
pub struct Learned { pub net: Net, pub rates: [f64; 3] }
pub trait History<S> { fn at(&self, t: f64) -> S; fn derivative(&self, t: f64) -> S; }
pub mod random_programs {
    pub fn learned(p: &[f64]) -> super::Learned { panic!() }
    pub fn earlier(u: &[f64], moves: bool, t: f64, order: usize) -> Vec<f64> { panic!() }
}
";

/// What rustc says to the programs without their macros, by program; only types and borrows are checked.
///
/// # Errors
/// Where rustc can't be started.
pub fn refused(programs: &[Program]) -> io::Result<BTreeMap<String, Vec<String>>> {
    let mut errors = BTreeMap::new();
    let mut source = String::from("#![allow(warnings)]\n");
    source += NETWORK;
    let mut begins: Vec<(usize, &str)> = Vec::new();
    let mut lines = source.lines().count();
    for program in programs {
        match Source::parse(&program.text, program.open) {
            Ok(parsed) => {
                let text = format!(
                    "pub mod {} {{\nuse super::History;\nuse super::Learned;\nuse super::random_programs;\n{}\n}}\n",
                    program.name,
                    parsed.plain()
                );
                begins.push((lines + 1, &program.name));
                lines += text.lines().count();
                source += &text;
            }
            Err(message) => _ = errors.insert(program.name.clone(), vec![message]),
        }
    }
    // Not to the null device: rustc puts its output in the place of whatever is there.
    let output = std::env::temp_dir().join(format!("random-programs-{}.rmeta", std::process::id()));
    let rustc = std::env::var_os("RUSTC").unwrap_or("rustc".into());
    let mut compiler = Command::new(rustc)
        .args(["--edition=2024", "--crate-type=lib", "--emit=metadata", "--error-format=short", "-o"])
        .arg(&output)
        .arg("-")
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    if let Some(mut stdin) = compiler.stdin.take() {
        stdin.write_all(source.as_bytes())?;
    }
    let finished = compiler.wait_with_output()?;
    let _ = std::fs::remove_file(&output);
    let text = String::from_utf8_lossy(&finished.stderr);
    for line in text.lines().filter(|line| line.contains(": error")) {
        let at: usize = line.split(':').nth(1).and_then(|n| n.parse().ok()).unwrap_or(0);
        let Some((_, name)) = begins.iter().rev().find(|(begin, _)| *begin <= at) else { continue };
        let shown = source.lines().nth(at.saturating_sub(1)).unwrap_or("").trim();
        errors.entry((*name).to_string()).or_default().push(format!("{line}: {shown}"));
    }
    if errors.is_empty() && !finished.status.success() {
        return Err(io::Error::other(text.into_owned()));
    }
    Ok(errors)
}

#[cfg(test)]
mod tests {
    use super::refused;
    use crate::former;
    use crate::generate::generate;

    /// Without the attributes the programs are Rust like any other: what does not compile with them is the macro's
    /// doing.
    #[test]
    fn programs_type_check_as_written() {
        let programs: Vec<_> = (0..60).map(|index| generate(1, index, &[])).collect();
        assert_eq!(refused(&programs).expect("a compiler"), Default::default());
        let programs: Vec<_> = (0..40).map(|index| former::generate(1, index)).collect();
        assert_eq!(refused(&programs).expect("a compiler"), Default::default());
    }

    #[test]
    fn a_seed_and_an_index_name_one_program() {
        assert_eq!(generate(7, 12, &[]).text, generate(7, 12, &[]).text);
        assert_ne!(generate(7, 12, &[]).text, generate(8, 12, &[]).text);
        assert_ne!(generate(7, 12, &[]).text, generate(7, 13, &[]).text);
    }
}
