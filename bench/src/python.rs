//! diffrax, torchdiffeq and torchsde, run in a virtual environment of their own.
//!
//! It is made on the first call, from `python/requirements.txt`: torch of PyPI brings several gigabytes of libraries for GPUs
//! with it. Where there is an environment with these packages already, `PEERS_PYTHON` names its interpreter.

use std::collections::HashMap;
use std::path::Path;
use std::path::PathBuf;
use std::process::Command;

/// What a peer says of a case.
#[derive(Debug, Clone)]
pub struct Peer {
    /// Whose.
    pub name: String,
    figures: HashMap<String, String>,
}

impl Peer {
    /// A figure by its name; NaN where there is none.
    pub fn figure(&self, name: &str) -> f64 {
        self.figures.get(name).and_then(|value| value.parse().ok()).unwrap_or(f64::NAN)
    }

    /// A list of figures.
    pub fn figures(&self, name: &str) -> Vec<f64> {
        let list = self.figures.get(name).map(String::as_str).unwrap_or_default();
        list.split(',').filter_map(|value| value.parse().ok()).collect()
    }
}

/// Runs a case of a script in Python, on one core, from these initial weights where it has some, and timed at those that follow.
///
/// # Errors
/// Without Python 3, without the packages (they come from PyPI on the first call), or if the script fails: in words.
pub fn run(script: &str, case: &str, weights: &[&[f64]]) -> Result<Vec<Peer>, String> {
    let python = environment()?;
    let mut command = Command::new("taskset");
    command.args(["-c", "0"]).arg(python).arg(folder().join(script));
    for (name, weights) in ["weights", "trained"].into_iter().zip(weights) {
        let file = target().join(format!("peer-{name}.txt"));
        let lines: String = weights.iter().map(|w| format!("{w:e}\n")).collect();
        std::fs::write(&file, lines).map_err(|error| format!("{}: {error}", file.display()))?;
        command.arg(format!("--{name}")).arg(file);
    }
    // What the user's environment says of threads or devices is not for this run; what a peer compiles lies where it is built.
    let output = command
        .arg(case)
        .current_dir(target())
        .env_remove("XLA_FLAGS")
        .env_remove("JAX_PLATFORMS")
        .output()
        .map_err(|error| format!("taskset: {error}"))?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).lines().last().unwrap_or("no message").into());
    }
    Ok(String::from_utf8_lossy(&output.stdout).lines().filter_map(peer).collect())
}

/// `peer: case=… peer=… us=…`
fn peer(line: &str) -> Option<Peer> {
    let pairs = line.strip_prefix("peer: ")?.split_whitespace();
    let figures: HashMap<String, String> = pairs
        .filter_map(|pair| pair.split_once('='))
        .map(|(name, value)| (name.to_string(), value.to_string()))
        .collect();
    Some(Peer { name: figures.get("peer")?.clone(), figures })
}

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("python")
}

fn target() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../target")
}

/// The environment's interpreter; made on the first call.
fn environment() -> Result<PathBuf, String> {
    if let Some(python) = std::env::var_os("PEERS_PYTHON") {
        return Ok(python.into());
    }
    let root = target().join("peers-venv");
    let (python, done) = (root.join("bin/python"), root.join("requirements.txt"));
    let requirements = folder().join("requirements.txt");
    let wanted =
        std::fs::read(&requirements).map_err(|error| format!("{}: {error}", requirements.display()))?;
    if std::fs::read(&done).is_ok_and(|installed| installed == wanted) {
        return Ok(python);
    }
    println!("installing the Python peers into {} (once)", root.display());
    checked(Command::new("python3").args(["-m", "venv"]).arg(&root))?;
    checked(Command::new(&python).args(["-m", "pip", "install", "--quiet", "-r"]).arg(&requirements))?;
    std::fs::write(&done, wanted).map_err(|error| format!("{}: {error}", done.display()))?;
    Ok(python)
}

fn checked(command: &mut Command) -> Result<(), String> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{command:?}: {status}")),
        Err(error) => Err(format!("{command:?}: {error}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_figures_is_read() {
        let peer = peer("peer: case=lv peer=diffrax us=12.5 gradient=1.0,-2e3").expect("a peer");
        assert_eq!((peer.name.as_str(), peer.figure("us")), ("diffrax", 12.5));
        assert_eq!(peer.figures("gradient"), [1.0, -2000.0]);
        assert!(peer.figure("steps").is_nan());
        assert!(super::peer("a warning").is_none());
    }
}
