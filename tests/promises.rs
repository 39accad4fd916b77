//! What documents promise: that links lead somewhere, that the first page shows its picture, that options say their defaults,
//! and that what one wants to hand to other threads may go there.

use std::fs;
use std::path::Path;
use std::path::PathBuf;

use dfdx::prelude::*;
use diffeq::dfdx::Trained;
use diffeq::fit::Estimates;
use diffeq::layers::Ffjord;
use diffeq::layers::HamiltonianNet;
use diffeq::prelude::*;
use diffeq::sensitivity::Tangents;
use diffeq::space::Components;

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// Where the links of a document lead: `](there)` and `[name]: there`.
fn links(text: &str) -> Vec<String> {
    let inline = text.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let named =
        text.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ").map(|(_, to)| to.trim()));
    inline.chain(named).map(String::from).collect()
}

#[test]
fn links_between_documents_lead_to_files() {
    for document in
        ["README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "docs/extending.md", "docs/figures.md"]
    {
        let folder = root().join(document).parent().expect("a folder").to_path_buf();
        for link in links(&read(document)) {
            if !link.contains("://") && !link.starts_with('#') {
                let file = link.split('#').next().unwrap_or_default();
                assert!(folder.join(file).exists(), "{document} links to {link}");
            }
        }
    }
}

/// Three bytes are four letters (RFC 4648).
fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for three in bytes.chunks(3) {
        let number = (0..3).fold(0, |number, i| number << 8 | u32::from(three.get(i).copied().unwrap_or(0)));
        for i in 0..4 {
            let letter = LETTERS[(number >> (18 - 6 * i)) as usize & 63];
            out.push(if i <= three.len() { char::from(letter) } else { '=' });
        }
    }
    out
}

/// In rustdoc's pages there are no files beside the page: the picture is in the page itself. Of two definitions of a link
/// Markdown takes the first, and the front page begins with its own. After a change: `BLESS=1 cargo test --test promises`.
#[test]
fn the_first_page_shows_the_picture_of_the_readme() {
    assert_eq!(base64(b"light work."), "bGlnaHQgd29yay4=");
    let picture = fs::read(root().join("docs/lotka_volterra_fit.svg")).expect("the picture");
    let link = format!("[picture]: data:image/svg+xml;base64,{}\n", base64(&picture));
    if std::env::var_os("BLESS").is_some() {
        fs::write(root().join("docs/picture.md"), &link).expect("the folder is there");
    }
    assert!(
        read("docs/picture.md") == link,
        "docs/picture.md is another picture than docs/lotka_volterra_fit.svg"
    );
    let page = read("src/lib.rs");
    let at = |file: &str| page.find(&format!("#![doc = include_str!(\"{file}\")]")).expect(file);
    assert!(at("../docs/picture.md") < at("../README.md"));
    let readme = read("README.md");
    assert!(readme.contains("][picture]") && readme.contains("\n[picture]: docs/lotka_volterra_fit.svg"));
    // All links of the first page are to files, so all of them are defined anew.
    for (name, _) in readme.lines().filter_map(|line| line.strip_prefix('[')?.split_once("]: ")) {
        let definition = format!("[{name}]: ");
        assert!(name == "picture" || page.contains(&definition), "src/lib.rs does not define [{name}]");
    }
    assert!(!readme.replace("][", "").contains("]("), "a link without a name can't be defined anew");
}

/// The options: methods that take `self` and something, and hand back the same; and public fields of their structs.
#[test]
fn every_option_says_its_default() {
    let runtime = "diffeq-runtime/src";
    for (file, options) in [
        ("integrate/solver.rs", 16),
        ("integrate/options.rs", 13),
        ("layers/config.rs", 9),
        ("sensitivity/continuous/mod.rs", 7),
        ("dfdx/train/mod.rs", 6),
        ("dfdx/shooting.rs", 1),
        ("control/pid.rs", 4),
    ] {
        let text = read(Path::new(runtime).join(file));
        let (mut found, mut doc) = (0, String::new());
        for line in text.lines().map(str::trim) {
            if let Some(line) = line.strip_prefix("///") {
                doc += line;
                continue;
            }
            let is_field =
                file.ends_with("options.rs") || file.ends_with("config.rs") || file.ends_with("pid.rs");
            let is_field = is_field && line.starts_with("pub ") && line.ends_with(',') && line.contains(": ");
            let is_setter = line.starts_with("pub fn ")
                && (line.contains("(self, ") || line.contains("(mut self, "))
                && ["-> Self {", "-> Continuous<", "-> OdeConfig<", "-> Solver<"]
                    .iter()
                    .any(|to| line.contains(to));
            if (is_field || is_setter) && !doc.is_empty() {
                found += 1;
                let says = doc.contains("default") || doc.contains("none") || doc.contains("Another");
                // A default may stand after the last semicolon: `Where the span begins; 0.`
                let says =
                    says || doc.rsplit("; ").next().is_some_and(|last| last.len() < 60 && doc.contains("; "));
                assert!(says, "{file}: `{line}` does not say its default: {doc}");
            }
            if !line.starts_with('#') {
                doc.clear();
            }
        }
        assert!(found >= options, "{file} has {found} options, not {options}");
    }
}

/// Rates by name.
#[derive(Components)]
struct Rates {
    growth: f64,
    decay: f64,
}

#[ode]
fn growing(u: f64, p: &Rates) -> f64 {
    (p.growth - p.decay) * u
}

fn goes_to_threads<T: Send + Sync>() {}

#[test]
fn what_may_be_wanted_there_goes_to_other_threads() {
    type Built<M> = <M as BuildOnDevice<Cpu, f32>>::Built;
    type Net = (Linear<2, 8>, Tanh, Linear<8, 2>);
    type Params = <Rates as Components>::Of<f64>;
    goes_to_threads::<growing>();
    goes_to_threads::<OdeProblem<growing, f64>>();
    goes_to_threads::<Params>();
    goes_to_threads::<diffeq::nn::Mlp<2, 4, 1>>();
    goes_to_threads::<Solution<[f64; 2], f64>>();
    goes_to_threads::<Solution<Vec<f32>, f32>>();
    goes_to_threads::<Tangents<[f64; 2], f64>>();
    goes_to_threads::<Gradient<[f64; 2], [f64; 4], f64>>();
    goes_to_threads::<diffeq::Error>();
    goes_to_threads::<diffeq::integrate::Options>();
    goes_to_threads::<diffeq::integrate::Stats>();
    goes_to_threads::<Estimates<[f64; 2]>>();
    goes_to_threads::<GaussAdjoint>();
    goes_to_threads::<DiscreteAdjoint>();
    goes_to_threads::<Plot>();
    goes_to_threads::<Figure>();
    goes_to_threads::<OdeConfig>();
    goes_to_threads::<Built<NeuralOde<Net>>>();
    goes_to_threads::<Built<NeuralOde<Taped<Net>>>>();
    goes_to_threads::<Built<AugmentedNeuralOde<(Linear<4, 8>, Tanh, Linear<8, 4>), 2, 4>>>();
    goes_to_threads::<Built<SecondOrderNeuralOde<(Linear<4, 8>, Tanh, Linear<8, 2>)>>>();
    goes_to_threads::<Built<HamiltonianNet<(Linear<2, 8>, Tanh, Linear<8, 1>)>>>();
    goes_to_threads::<Built<Ffjord<(Linear<3, 8>, Tanh, Linear<8, 2>)>>>();
    goes_to_threads::<Trained<Built<NeuralOde<Net>>>>();
    goes_to_threads::<diffeq::dfdx::MultipleShooting>();
}

#[test]
fn a_problem_is_solved_in_threads_and_solutions_come_back() {
    let p = Rates { growth: 0.75, decay: 0.25 }.over();
    let problem = OdeProblem::new(growing, 1.0, (0.0, 1.0), p);
    let ends = std::thread::scope(|scope| {
        let solve = |u0: f64| {
            let problem = &problem;
            scope.spawn(move || problem.remake().u0(u0).solver(Tsit5).solve())
        };
        let solutions = [1.0, 2.0].map(solve).map(|thread| thread.join().expect("no panic"));
        solutions.map(|solution| *solution.expect("a solution").end())
    });
    // Exponential growth, to the default tolerance.
    for (end, u0) in ends.iter().zip([1.0, 2.0]) {
        assert!((end - u0 * 0.5_f64.exp()).abs() < 1e-5, "{end}");
    }
}
