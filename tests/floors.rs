//! Imports point down: a module uses only modules on its own floor that are named together with it, or lower ones.
//!
//! The test looks at `use crate::…` and `crate::…` paths as text, which is why imports are written one path per line.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

/// A crate's modules from the bottom up. Modules of one group may use one another; groups of one floor may not.
type Floors = &'static [&'static [&'static [&'static str]]];

const RUNTIME: Floors = &[
    &[&["real", "space", "error"], &["spare"]],
    &[&["tableau"], &["problem"], &["checkpoint"], &["fit"], &["linalg"]],
    &[&["stepper"], &["nn"]],
    &[&["control"]],
    &[&["integrate"]],
    &[&["sensitivity"]],
    &[&["progress"]],
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

#[test]
fn the_test_sees_upward_imports() {
    assert_eq!(used_modules("use crate::passes::tangent;"), ["passes"]);
    assert_eq!(used_modules("let x = crate::ir::Value(crate::rules::N);"), ["ir", "rules"]);
    assert_eq!(used_modules("$crate::tableau::X // crate::plot"), Vec::<String>::new());
    assert!(place(COMPILER, "passes") != place(COMPILER, "emit"));
}
