//! Every message of the compiler: what rustc prints for the mistake that the file is named after.
//!
//! `just bless` writes the expected texts anew; read them before committing.

#[test]
fn mistakes_are_explained() {
    let cases = trybuild::TestCases::new();
    cases.compile_fail("tests/ui/*.rs");
}
