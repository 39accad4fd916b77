# Every command a person runs; `.ci/run` runs the same ones with cargo alone.

# the list of recipes
default:
    @just --list

# the format that CI asks for
fmt:
    cargo fmt --all

# lints of all targets, as errors
lint:
    cargo clippy --workspace --all-targets -- -D warnings

# every test
test:
    cargo test --workspace

# the compile-fail cases alone
ui:
    cargo test --test ui

# accept what the compiler prints and generates now, then look at the difference
bless:
    TRYBUILD=overwrite cargo test --test ui
    INSTA_UPDATE=always cargo test -p diffeq-compiler
    git diff --stat

# the documentation, warnings as errors
doc:
    RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps

# the compiler against randomly written models: a quarter of an hour; `--values`, or `--grammar 1`, for other kinds of runs
random seed="7" count="1000" *options:
    cargo run --example random-programs -- --seed {{seed}} --count {{count}} {{options}}

# the `unsafe` there is, under Miri (rustup +nightly component add miri rust-src)
miri:
    cd tests/miri && CARGO_TARGET_DIR=../../target/miri cargo +nightly miri test --lib -- space:: spare::
    cd tests/miri && CARGO_TARGET_DIR=../../target/miri cargo +nightly miri test --test networks

# end values of the test problems, from scratch, in 50 digits
reference *problems:
    python3 testkit/reference/taylor.py {{problems}}

# what CI runs
ci:
    .ci/run
