//! What the macros write, as a person reads it.
//!
//! A case is a small function; its snapshot is the formatted expansion. To accept a change: `INSTA_UPDATE=always cargo
//! test -p diffeq-compiler --test expansion`, then read the difference.

use std::collections::BTreeSet;
use std::path::Path;

use proc_macro2::TokenStream;
use quote::ToTokens;
use syn::visit::Visit;

fn expand(macro_fn: fn(TokenStream, TokenStream) -> TokenStream, source: &str) -> String {
    let item: TokenStream = source.parse().expect("the case is Rust");
    let tokens = macro_fn(TokenStream::new(), item);
    let file = syn::parse2(tokens).expect("the expansion is Rust");
    prettyplease::unparse(&file).replace("::diffeq::codegen::", "")
}

macro_rules! cases {
    ($($macro_name:ident $name:ident: $source:literal)+) => { $(
        #[test]
        fn $name() {
            insta::assert_snapshot!(expand(diffeq_compiler::macros::$macro_name, $source));
        }
    )+ };
}

cases! {
    dde delay_lotka_volterra: "
        /// Prey grow by what they were a delay before.
        fn delay_lotka_volterra(
            du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 5], t: f64,
        ) {
            let [alpha, beta, delta, gamma, tau] = *p;
            let [x, y] = *u;
            du[0] = (alpha - beta * y) * h(t - tau)[0];
            du[1] = (delta * x - gamma) * y;
        }"
    dde state_dependent_and_neutral: "
        fn moving(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64 {
            p * u - h.derivative(t - 1.0) * h(t - u * u)
        }"
    sde noise_that_looks_back: "
        fn feedback(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> (f64, f64) {
            (-p[0] * u, p[1] * h(t - 1.0))
        }"
    ode lotka_volterra: "
        /// Predators and prey.
        fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
            let [x, y] = *u;
            let [alpha, beta, delta, gamma] = *p;
            du[0] = alpha * x - beta * x * y;
            du[1] = -delta * y + gamma * x * y;
        }"
    ode out_of_place: "
        fn oscillator(u: [f64; 2], p: [f64; 1], t: f64) -> [f64; 2] {
            let [x, v] = u;
            [v, -p[0] * x + t.sin()]
        }"
    ode scalar_state: "
        fn logistic(u: f64, p: [f64; 2]) -> f64 { p[0] * u * (1.0 - u / p[1]) }"
    ode dense_layer_keeps_only_the_activation: "
        fn layer(du: &mut [f64; 4], u: &[f64; 4], p: &[[f64; 4]; 4]) {
            for i in 0..4 {
                let mut sum = 0.0;
                for j in 0..4 { sum += p[i][j] * u[j]; }
                du[i] = sum.tanh();
            }
        }"
    ode stencil_with_const_generic: "
        fn heat<const N: usize>(du: &mut [f64; N], u: &[f64; N], p: &[f64; 1], _t: f64) {
            du[0] = 0.0;
            for i in 1..N - 1 { du[i] = p[0] * (u[i - 1] - 2.0 * u[i] + u[i + 1]); }
            du[N - 1] = 0.0;
        }"
    ode stencil_in_two_dimensions: "
        fn spread<const N: usize>(du: &mut [[f64; N]; N], u: &[[f64; N]; N], p: &[f64; 1]) {
            let [rate] = *p;
            for i in 0..N {
                for j in 0..N {
                    let left: usize = if j == 0 { 1 } else { j - 1 };
                    let right: usize = if j == N - 1 { N - 2 } else { j + 1 };
                    du[i][j] = rate * (u[i][left] - 2.0 * u[i][j] + u[i][right]);
                }
            }
        }"
    ode ends_of_a_ring: "
        fn ring(du: &mut [f64; 8], u: &[f64; 8], p: &[f64; 2]) {
            for i in 0..8 {
                let left: usize = if i > 0 { i - 1 } else { 7 };
                let right: usize = if i + 1 < 8 { i + 1 } else { 0 };
                du[i] = p[0] * (u[left] - 2.0 * u[i] + u[right]) + p[1] * u[left] * u[right];
            }
        }"
    ode product_carried_by_a_loop: "
        fn product(u: [f64; 3], p: [f64; 3]) -> [f64; 3] {
            let mut x = u[0];
            for i in 0..3 { x = x * x + p[i]; }
            [x, u[1], u[2]]
        }"
    ode slices_use_the_workspace: "
        fn chain(du: &mut [f64], u: &[f64], p: &[f64], _t: f64) {
            for i in 0..u.len() { du[i] = (p[0] * u[i]).sin(); }
        }"
    ode branches_stay_branches: "
        fn switch(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 2], t: f64) {
            if t < p[0] { du[0] = p[1] - u[0]; } else { du[0] = -u[0] * u[0]; }
        }"
    ode branch_in_a_loop: "
        fn rectifiers(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3]) {
            for i in 0..3 {
                let x = p[i] * u[i];
                du[i] = if x > 0.0 { x * x } else { x.exp() };
            }
        }"
    ode early_return: "
        fn gate(u: [f64; 1], p: [f64; 1]) -> [f64; 1] {
            if u[0] < 0.0 { return [0.0]; }
            [p[0] * u[0]]
        }"
    ode helper_call: "
        fn gene(u: [f64; 1], p: [f64; 2]) -> [f64; 1] { [p[0] * hill(u[0], p[1], 2) - u[0]] }"
    differentiable helper: "
        pub fn hill(x: f64, k: f64, n: i32) -> f64 { let xn = x.powi(n); xn / (k.powi(n) + xn) }"
    differentiable helper_that_compares: "
        fn late(t: f64, start: f64) -> f64 { if t < start { 0.0 } else { hill(t, start, 2).abs() } }"
    ode call_that_may_hide_a_switch: "
        fn tank(u: f64, p: [f64; 1], t: f64) -> f64 { late(t, p[0]) - u }"
    differentiable condition_of_an_event: "
        fn height(u: &[f64; 2], t: f64) -> f64 { u[0] - t }"
    differentiable predicate_of_an_event: "
        fn is_low(u: &[f64; 2], p: f64) -> bool { u[0] < p }"
    differentiable effect_of_an_event: "
        fn bounce(u: &mut [f64; 2], p: &mut Rates) { u[1] *= -p.keeps; p.bounces += 1.0; }"
    ode overwriting: "
        fn twice(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 1]) {
            du[0] = u[0];
            du[0] *= p[0] * du[0];
        }"
    ode named_components: "
        fn decay(du: &mut Stock, u: &Stock, p: &Rates) {
            du.level = -p.loss * u.level;
            du.total = u.level;
        }"
    ode network_among_other_terms: "
        fn neural_predation(du: &mut [f64; 2], u: &[f64; 2], p: &Rates, _t: f64) {
            let [x, y] = *u;
            let [eaten, born] = p.net.forward([x, y]);
            du[0] = p.growth * x - eaten;
            du[1] = born - p.decay * y;
        }"
    ode network_alone: "
        fn neural_ode(u: [f64; 2], p: &Mlp<2, 50, 2, Tanh>) -> [f64; 2] { p.forward(u) }"
    ode network_in_a_loop: "
        fn cells(du: &mut [f64; 8], u: &[f64; 8], p: &Tissue) {
            for i in 0..8 {
                let [rate] = p.net.forward([u[i], u[(i + 1) % 8]]);
                du[i] = if rate > 0.0 { p.gain * rate } else { rate * u[i] };
            }
        }"
    differentiable networks_one_after_the_other: "
        fn deep(x: [f64; 2], p: &Deep) -> [f64; 1] {
            let hidden = p.first.forward(x);
            p.second.forward([hidden[0] * hidden[1], hidden[1]])
        }"
    sde a_process_for_each: "
        fn stock(u: f64, p: &[f64; 2]) -> (f64, f64) {
            let size = (p[0] * u).exp();
            (size - u, size * p[1])
        }"
    sde rows_of_noise: "
        fn swing(du: &mut Motion, noise: &mut [[f64; 2]; 2], u: &Motion, p: &[f64; 2]) {
            du.x = u.v;
            du.v = -p[0] * u.x;
            noise[0] = [0.0, 0.0];
            noise[1] = [p[1], u.x];
        }"
    sde slices_of_rows: "
        fn chain(du: &mut [f64], noise: &mut [[f64; 2]], u: &[f64], p: &[f64]) {
            for i in 0..u.len() {
                du[i] = -p[0] * u[i];
                noise[i] = [p[1], u[i]];
            }
        }"
}

/// The pages of the documentation that show an expansion show the true one.
/// To accept a change: `INSTA_UPDATE=always cargo test -p diffeq-compiler --test expansion`.
fn page(name: &str, attribute: &str, macro_fn: fn(TokenStream, TokenStream) -> TokenStream) {
    let docs = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs");
    let source = std::fs::read_to_string(format!("{docs}/{name}.rs")).expect("the model of the page");
    // the doc comment belongs to the function
    let expansion = expand(macro_fn, &source.replace(attribute, ""));
    let page = format!("{docs}/{name}.expanded.rs");
    if std::env::var("INSTA_UPDATE").as_deref() == Ok("always") {
        std::fs::write(&page, &expansion).expect("docs/ can be written");
    }
    assert_eq!(std::fs::read_to_string(page).expect("the page exists"), expansion);
}

#[test]
fn page_of_an_ordinary_equation() {
    page("lotka_volterra", "#[ode]", diffeq_compiler::macros::ode);
}

#[test]
fn page_of_a_stochastic_equation() {
    page("stock", "#[sde]", diffeq_compiler::macros::sde);
}

#[test]
fn page_of_a_delayed_equation() {
    page("late_prey", "#[dde]", diffeq_compiler::macros::dde);
}

/// The names that patterns bind.
#[derive(Default)]
struct Bound(BTreeSet<String>);

impl<'a> Visit<'a> for Bound {
    fn visit_pat_ident(&mut self, pat: &'a syn::PatIdent) {
        self.0.insert(pat.ident.to_string().trim_start_matches("r#").to_string());
        syn::visit::visit_pat_ident(self, pat);
    }
}

/// Everything in source files that has an attribute of this crate, expanded; and the names without a number in what was made of it
/// that the item itself does not bind.
#[derive(Default)]
struct Expanded {
    items: usize,
    bound: usize,
    bare: BTreeSet<String>,
}

impl Expanded {
    fn item(&mut self, attrs: &[syn::Attribute], item: &impl ToTokens, own: Bound) {
        use diffeq_compiler::macros;
        for attr in attrs {
            let name = attr.path().segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
            let args = attr.meta.require_list().map(|list| list.tokens.clone()).unwrap_or_default();
            let tokens = item.to_token_stream();
            let made = match name.as_str() {
                "ode" => macros::ode(args, tokens),
                "sde" => macros::sde(args, tokens),
                "dde" => macros::dde(args, tokens),
                "differentiable" => macros::differentiable(args, tokens),
                "derive" if args.to_string().contains("Components") => macros::components(tokens),
                _ => continue,
            };
            let mut bound = Bound::default();
            bound.visit_file(&syn::parse2(made).expect("the expansion is Rust"));
            self.items += 1;
            self.bound += bound.0.len();
            let has_number =
                |name: &str| name.rsplit_once('_').is_some_and(|(_, end)| end.parse::<usize>().is_ok());
            let bare = bound.0.into_iter().filter(|name| !has_number(name) && !own.0.contains(name));
            self.bare.extend(bare);
        }
    }

    /// A source file, or all in a directory.
    fn source(&mut self, path: &Path) {
        if path.is_dir() {
            for entry in std::fs::read_dir(path).expect("a directory") {
                self.source(&entry.expect("an entry").path());
            }
        } else if path.extension().is_some_and(|end| end == "rs") {
            let text = std::fs::read_to_string(path).expect("a file");
            self.visit_file(&syn::parse_file(&text).expect("a file of Rust"));
        }
    }
}

impl<'a> Visit<'a> for Expanded {
    fn visit_item_fn(&mut self, item: &'a syn::ItemFn) {
        let mut own = Bound::default();
        own.visit_item_fn(item);
        self.item(&item.attrs, &syn::ItemFn { attrs: Vec::new(), ..item.clone() }, own);
        syn::visit::visit_item_fn(self, item);
    }
    fn visit_item_impl(&mut self, item: &'a syn::ItemImpl) {
        let mut own = Bound::default();
        own.visit_item_impl(item);
        self.item(&item.attrs, &syn::ItemImpl { attrs: Vec::new(), ..item.clone() }, own);
        syn::visit::visit_item_impl(self, item);
    }
    fn visit_item_struct(&mut self, item: &'a syn::ItemStruct) {
        self.item(&item.attrs, &syn::ItemStruct { attrs: Vec::new(), ..item.clone() }, Bound::default());
    }
}

/// A model's name is a unit struct, and a pattern of that name is no new variable: what generated code calls its own carries a
/// number. The models are those of tests and examples of every kind.
#[test]
fn every_made_up_name_carries_a_number() {
    let mut expanded = Expanded::default();
    for place in [
        "examples",
        "tests/components.rs",
        "tests/delays",
        "tests/event_functions.rs",
        "tests/integers.rs",
        "tests/networks.rs",
        "tests/sde.rs",
        "tests/shadowed",
        "tests/written.rs",
    ] {
        expanded.source(&Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(place));
    }
    assert_eq!(expanded.bare, BTreeSet::new());
    // the law was asked of something
    assert!(expanded.items > 150 && expanded.bound > 1500, "{} {}", expanded.items, expanded.bound);
}
