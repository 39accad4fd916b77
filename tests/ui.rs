//! Every message of the compiler: what rustc prints for the mistake that the file is named after.
//!
//! `just bless` writes the expected texts anew; read them before committing.

use std::process::Command;

/// What trybuild gives rustc, which it does in two ways: to the dependencies first, and then with the width of the messages beside it,
/// so that cargo would check all dependencies again. This variable has the last word on both.
const FLAGS: (&str, &str) = (
    "CARGO_ENCODED_RUSTFLAGS",
    "--cfg\x1ftrybuild\x1f--verbose\x1f-A\x1fdead_code\x1f--diagnostic-width=140",
);

#[test]
fn mistakes_are_explained() {
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--ignored", "--exact", "every_mistake", "--nocapture"]).env(FLAGS.0, FLAGS.1);
    // The messages are rustc's, whatever else looks at what is compiled.
    itself.env_remove("RUSTC_WORKSPACE_WRAPPER");
    // `cargo test --test ui -- mistakes trybuild=name` is of those cases alone.
    itself.args(std::env::args().filter(|argument| argument.starts_with("trybuild=")));
    assert!(itself.status().unwrap().success());
}

#[test]
#[ignore = "by the other test, with rustc's flags in the environment"]
fn every_mistake() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
