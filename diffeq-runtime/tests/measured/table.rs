//! What documents and `advise` say of stochastic methods is what the code says.

use std::fs;
use std::path::Path;

use crate::models::*;
use diffeq_runtime::integrate::Aim;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::Way;
use diffeq_runtime::sensitivity::advise;
use diffeq_runtime::stepper::*;

/// After a change: `BLESS=1 cargo test -p runtime-tests --test measured table`.
#[test]
fn the_tables_are_made_of_the_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let (readme, page) = (root.join("../README.md"), root.join("src/stepper/stochastic/methods.md"));
    let table = stochastic_table();
    let mut text = fs::read_to_string(&readme).unwrap();
    let start = text.find("| method | integral |").expect("the table of stochastic methods");
    let end = start + text[start..].find("\n\n").expect("an end") + 1;
    // In rustdoc names are links.
    let linked: String = table
        .lines()
        .map(|line| match line.strip_prefix("| `").and_then(|rest| rest.split_once('`')) {
            Some((name, rest)) => format!("| [`{name}`]{rest}\n"),
            None => format!("{line}\n"),
        })
        .collect();
    if std::env::var_os("BLESS").is_some() {
        text.replace_range(start..end, &table);
        fs::write(&readme, &text).unwrap();
        fs::write(&page, &linked).unwrap();
    }
    assert_eq!(text[start..text[start..].find("\n\n").unwrap() + start + 1], table);
    assert_eq!(fs::read_to_string(&page).unwrap(), linked);
    // Nobody forgot a method: those with a strong order are those of the list.
    assert_eq!(STOCHASTIC_METHODS.len(), 23);
}

/// The method that is advised is for the class, has the order that is said of it, and solves the problem.
#[test]
fn advice_fits_the_class() {
    macro_rules! assert_advice {
        ($($model:ident $u0:expr, $p:expr => $paths:expr, $means:expr;)*) => { $(
            let problem = SdeProblem::new($model, $u0, (0.0, 1.0), $p);
            for (aim, name) in [(Aim::Paths, stringify!($paths)), (Aim::Means, stringify!($means))] {
                let advice = problem.advise(aim);
                println!("{advice}\n");
                assert_eq!(advice.method.replace(' ', ""), name.replace(' ', ""));
                let classes = advice.facts.classes(advice.integral == "Ito");
                assert!(classes.contains(&advice.class), "{advice}");
                let text = advice.to_string();
                assert!(text.contains(advice.class) && text.contains(advice.integral) && text.contains(name), "{text}");
            }
            // Whoever takes the advice gets a program that compiles, and a solution.
            problem.solver($paths).fixed(0.1).solve().unwrap();
            problem.solver($means).fixed(0.1).solve().unwrap();
        )* };
    }
    assert_advice! {
        Pendulum [0.4, 0.8], [0.7, 0.4] => SOSRA, SOSRA;
        PendulumStrat [0.4, 0.8], [0.7, 0.4] => SOSRA, SOSRA;
        Together [1.0, 0.8], [0.7, 0.4] => SOSRI, DRI1;
        TogetherStrat [1.0, 0.8], [0.7, 0.4] => SPaRK, StratonovichHeun;
        Predators [1.0, 0.8], [1.5, 1.0, 3.0, 1.0, 0.2] => SOSRI, DRI1;
        PredatorsStrat [1.0, 0.8], [1.5, 1.0, 3.0, 1.0, 0.2] => SPaRK, StratonovichHeun;
        Swept [0.4, 0.8], [0.7, 0.4, 0.3] => Halved(Milstein), DRI1;
        SweptStrat [0.4, 0.8], [0.7, 0.4, 0.3] => SPaRK, StratonovichHeun;
        Curved [0.4, 0.8], [0.7, 0.4, 0.3] => Milstein, DRI1;
        CurvedStrat [0.4, 0.8], [0.7, 0.4, 0.3] => Milstein, StratonovichHeun;
    }
}

/// The way to a gradient that is advised where noise drives is one that there is.
#[test]
fn advice_on_gradients_is_for_noise() {
    let problem = SdeProblem::new(Wide, [1.0], (0.0, 1.0), [0.1; 120]);
    let solver = problem.solver(SOSRI).save_every_step(false);
    let advice = advise(&solver).unwrap();
    println!("{advice}");
    assert_eq!((advice.way, advice.is_stochastic), (Way::Discrete, true));
    assert!(advice.to_string().contains("along the path"), "{advice}");
    assert!(solver.vjp(DiscreteAdjoint::default()).unwrap().1.call(Cotangents::end(&[1.0])).is_ok());
    let few = SdeProblem::new(GbmIto, [1.0], (0.0, 1.0), [0.6, 0.7]);
    assert_eq!(advise(&few.solver(SOSRI)).unwrap().way, Way::Forward);
}
