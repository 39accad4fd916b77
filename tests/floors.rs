//! Imports point down: a module uses only modules on its own floor that are named together with it, or lower ones.
//!
//! And no file imports from one that imports from it, on whatever way.
//!
//! The test looks at `use crate::…` and `crate::…` paths as text, which is why imports are written one path per line.

use std::collections::BTreeMap;
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// A crate's modules from the bottom up. Modules of one group may use one another; groups of one floor may not.
type Floors = &'static [&'static [&'static [&'static str]]];

const RUNTIME: Floors = &[
    &[&["wide"]],
    &[&["real", "space", "error"], &["spare"]],
    &[&["tableau"], &["problem"], &["checkpoint"], &["fit"], &["linalg"]],
    &[&["noise"]],
    &[&["stepper"], &["nn"]],
    &[&["control"]],
    &[&["integrate"]],
    &[&["sensitivity"]],
    &[&["delay"]],
    &[&["progress"]],
    &[&["ensemble"]],
    &[&["dfdx"], &["plot"]],
    &[&["layers"]],
    // What the outside sees: lists of names.
    &[&["codegen"], &["prelude"]],
];

const COMPILER: Floors = &[
    &[&["diagnostics"]],
    &[&["ir", "rules"]],
    &[&["parse", "check", "lower"], &["passes"], &["emit"]],
    &[&["macros"]],
];

#[test]
fn runtime_imports_point_down() {
    assert_floors("diffeq-runtime/src", RUNTIME);
}

#[test]
fn compiler_imports_point_down() {
    assert_floors("diffeq-compiler/src", COMPILER);
}

/// Files that may import one another: a figure draws itself, and what draws it reads it.
const CIRCLE: [&str; 3] = ["plot::figure", "plot::svg", "plot::text"];

#[test]
fn files_of_the_compiler_import_in_no_circle() {
    assert_no_circles("diffeq-compiler/src");
}

#[test]
fn files_of_the_runtime_import_in_no_circle() {
    assert_no_circles("diffeq-runtime/src");
}

#[test]
fn the_compiler_and_the_runtime_do_not_know_each_other() {
    for (folder, other) in
        [("diffeq-compiler/src", "diffeq_runtime"), ("diffeq-runtime/src", "diffeq_compiler")]
    {
        for file in sources(&root().join(folder)) {
            let text = fs::read_to_string(&file).expect("a source file");
            let imports = text.lines().any(|line| line.trim_start().starts_with(&format!("use {other}")));
            assert!(!imports, "{} imports `{other}`", file.display());
        }
    }
}

#[test]
fn syntax_stays_in_the_parser_and_quoting_in_the_emitter() {
    for file in sources(&root().join("diffeq-compiler/src")) {
        let text = fs::read_to_string(&file).expect("a source file");
        let module = module_of(&root().join("diffeq-compiler/src"), &file);
        if module == "passes" {
            for word in ["use syn::", "syn::parse", "use quote::", "quote!"] {
                assert!(!text.contains(word), "{}: passes never see `{word}`", file.display());
            }
        }
    }
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn assert_floors(folder: &str, floors: Floors) {
    let source = root().join(folder);
    let violations: Vec<String> =
        sources(&source).iter().flat_map(|file| check(&source, file, floors)).collect();
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

fn assert_no_circles(folder: &str) {
    let circles = circles(&imports(&root().join(folder)));
    let circles: Vec<_> = circles.iter().filter(|files| **files != CIRCLE).collect();
    assert!(circles.is_empty(), "files that import one another: {circles:#?}");
}

/// The upward and sideways imports of one file.
fn check(source: &Path, file: &Path, floors: Floors) -> Vec<String> {
    let module = module_of(source, file);
    if module == "lib" {
        return Vec::new();
    }
    let Some((floor, group)) = place(floors, &module) else {
        return vec![format!("{}: `{module}` stands on no floor of tests/floors.rs", file.display())];
    };
    let text = fs::read_to_string(file).expect("a source file");
    let mut violations = Vec::new();
    for (number, line) in text.lines().enumerate() {
        // Tests may look anywhere; they are last in a file.
        if line.trim_start().starts_with("#[cfg(test)]") {
            break;
        }
        for used in used_modules(line) {
            let allowed = used == module
                || place(floors, &used).is_none_or(|(f, g)| f < floor || (f == floor && g == group));
            if !allowed {
                violations.push(format!(
                    "{}:{}: `{module}` may not use `{used}`",
                    file.display(),
                    number + 1
                ));
            }
        }
    }
    violations
}

/// The modules that a line names by `crate::module`; comments name what they like.
fn used_modules(line: &str) -> Vec<String> {
    let code = line.split("//").next().unwrap_or("");
    assert!(!code.contains("crate::{"), "one `crate::` path per line, please: {line}");
    code.match_indices("crate::")
        .filter(|(at, _)| !code[..*at].ends_with('$'))
        .map(|(at, found)| {
            let rest = &code[at + found.len()..];
            rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect()
        })
        .collect()
}

#[test]
fn each_test_of_the_runtime_is_listed() {
    let folder = root().join("diffeq-runtime/tests");
    let list = fs::read_to_string(folder.join("Cargo.toml")).expect("the list of tests");
    for entry in fs::read_dir(&folder).expect("the folder of tests") {
        let path = entry.expect("a folder entry").path();
        let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
        let is_test = path.join("main.rs").exists() || path.extension().is_some_and(|e| e == "rs");
        assert!(!is_test || list.contains(&format!("name = \"{name}\"")), "cargo does not know {name}");
    }
}

fn place(floors: Floors, module: &str) -> Option<(usize, usize)> {
    floors
        .iter()
        .enumerate()
        .find_map(|(f, groups)| groups.iter().position(|group| group.contains(&module)).map(|g| (f, g)))
}

/// The first name below the source folder: `passes/adjoint/mod.rs` is in `passes`, `rules.rs` is `rules`.
fn module_of(source: &Path, file: &Path) -> String {
    let first = file.strip_prefix(source).expect("a file below its folder").components().next();
    let first = first.expect("a name").as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_string()
}

/// Every `.rs` file below a folder; folders of tests aside.
fn sources(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.expect("a folder entry").path();
        let is_test = path.file_stem().is_some_and(|name| name == "tests");
        if path.is_dir() && !is_test {
            files.extend(sources(&path));
        } else if path.extension().is_some_and(|e| e == "rs") && !is_test {
            files.push(path);
        }
    }
    files
}

/// The files that each file imports from, by their paths of modules. A room's `mod.rs` is not a part of this: what is in a
/// room knows the room, and the room knows what is in it. What it hands on (`use meaning::View;`) counts as the file's.
fn imports(source: &Path) -> BTreeMap<String, BTreeSet<String>> {
    let files: BTreeMap<String, String> = sources(source)
        .iter()
        .map(|file| {
            let path = file.strip_prefix(source).expect("a file below its folder").with_extension("");
            let path = path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "::");
            let text = fs::read_to_string(file).expect("a source file");
            let text = text.split("#[cfg(test)]").next().unwrap_or("").to_string();
            (path.trim_end_matches("::mod").to_string(), text)
        })
        .collect();
    // What a room hands on, and of which file it is.
    let mut handed: BTreeMap<String, String> = BTreeMap::new();
    for (room, text) in &files {
        for (path, name) in text.lines().filter_map(|line| {
            let line = line.trim_start_matches("pub ").trim_start_matches("pub(crate) ");
            line.strip_prefix("use ")?.trim_end_matches(';').rsplit_once("::")
        }) {
            let file = format!("{room}::{path}");
            if files.contains_key(&file) {
                handed.insert(format!("{room}::{name}"), file);
            }
        }
    }
    let mut edges = BTreeMap::new();
    for (file, text) in &files {
        let mut used = BTreeSet::new();
        for line in text.lines() {
            for path in paths(line.split("//").next().unwrap_or("")) {
                let full = resolved(file, &path);
                let ends = [full.len()].into_iter().chain(full.rmatch_indices("::").map(|(at, _)| at));
                let found = ends.map(|end| &full[..end]).find_map(|prefix| match handed.get(prefix) {
                    Some(other) => Some(other.clone()),
                    None => files.contains_key(prefix).then(|| prefix.to_string()),
                });
                let within = |a: &str, b: &str| a == b || a.starts_with(&format!("{b}::"));
                used.extend(found.filter(|other| !within(other, file) && !within(file, other)));
            }
        }
        edges.insert(file.clone(), used);
    }
    edges
}

/// The paths of a line that start at the crate or above.
fn paths(code: &str) -> Vec<String> {
    let words = code.split(|c: char| !(c.is_alphanumeric() || c == '_' || c == ':'));
    words
        .filter(|word| word.starts_with("crate::") || word.starts_with("super::"))
        .map(str::to_string)
        .collect()
}

/// A path of a file as seen from the crate.
fn resolved(file: &str, path: &str) -> String {
    let mut above: Vec<&str> = file.split("::").collect();
    let mut rest = path;
    if let Some(inner) = rest.strip_prefix("crate::") {
        (above, rest) = (Vec::new(), inner);
    }
    while let Some(inner) = rest.strip_prefix("super::") {
        above.pop();
        rest = inner;
    }
    above.into_iter().chain([rest]).collect::<Vec<_>>().join("::")
}

/// Files that reach themselves, each with the files on the way.
fn circles(edges: &BTreeMap<String, BTreeSet<String>>) -> Vec<Vec<String>> {
    let reach = |from: &str| {
        let mut seen: BTreeSet<&str> = BTreeSet::new();
        let mut open = vec![from];
        while let Some(next) = open.pop() {
            for other in edges.get(next).into_iter().flatten() {
                if seen.insert(other) {
                    open.push(other);
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&str, BTreeSet<&str>> =
        edges.keys().map(|file| (file.as_str(), reach(file))).collect();
    let mut found: Vec<Vec<String>> = reached
        .iter()
        .filter(|(file, seen)| seen.contains(*file))
        .map(|(file, seen)| {
            let round = |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(file));
            seen.iter().filter(round).map(|other| (*other).to_string()).collect()
        })
        .collect();
    found.sort();
    found.dedup();
    found
}

#[test]
fn the_test_sees_circles() {
    let edges = [("a", vec!["b"]), ("b", vec!["c"]), ("c", vec!["b"]), ("d", vec!["a"])];
    let edges: BTreeMap<String, BTreeSet<String>> = edges
        .into_iter()
        .map(|(file, used)| (file.to_string(), used.into_iter().map(str::to_string).collect()))
        .collect();
    assert_eq!(circles(&edges), [["b", "c"]]);
    assert_eq!(resolved("emit::body", "super::names::Names"), "emit::names::Names");
    assert_eq!(resolved("emit::body", "crate::ir::Op"), "ir::Op");
    assert_eq!(paths("use super::names::Names; // crate::ir"), ["super::names::Names", "crate::ir"]);
}

#[test]
fn the_test_sees_upward_imports() {
    assert_eq!(used_modules("use crate::passes::tangent;"), ["passes"]);
    assert_eq!(used_modules("let x = crate::ir::Value(crate::rules::N);"), ["ir", "rules"]);
    assert_eq!(used_modules("$crate::tableau::X // crate::plot"), Vec::<String>::new());
    assert!(place(COMPILER, "passes") != place(COMPILER, "emit"));
}
