//! Models as people write them before they have read what the language is, each in the file of its name.
//!
//! A model is held to the function that it was made of: the value to the bit, every derivative to the slopes of that
//! function, a short solve to the bit.
// They stay as they were written.
#![allow(missing_docs, dead_code, clippy::all)]

use testkit::meaning;
use testkit::meaning::At;

#[rustfmt::skip]
mod arm;
#[rustfmt::skip]
mod attitude;
#[rustfmt::skip]
mod battery;
#[rustfmt::skip]
mod chemostat;
#[rustfmt::skip]
mod chunks_tuples;
#[rustfmt::skip]
mod closures_iterators;
#[rustfmt::skip]
mod const_static;
#[rustfmt::skip]
mod dosing;
#[rustfmt::skip]
mod epidemic_network;
#[rustfmt::skip]
mod fishery;
#[rustfmt::skip]
mod gene_circuit;
#[rustfmt::skip]
mod glucose;
#[rustfmt::skip]
mod hodgkin_huxley;
#[rustfmt::skip]
mod holling;
#[rustfmt::skip]
mod impl_methods;
#[rustfmt::skip]
mod kuramoto;
#[rustfmt::skip]
mod lookup_const;
#[rustfmt::skip]
mod lv_struct;
#[rustfmt::skip]
mod math_zoo;
#[rustfmt::skip]
mod membrane;
#[rustfmt::skip]
mod mm_network;
#[rustfmt::skip]
mod morris_lecar_net;
#[rustfmt::skip]
mod nbody_flat;
#[rustfmt::skip]
mod orbit;
#[rustfmt::skip]
mod pendulums;
#[rustfmt::skip]
mod phyto;
#[rustfmt::skip]
mod pkpd;
#[rustfmt::skip]
mod predator_enum_param;
#[rustfmt::skip]
mod quadrotor;
#[rustfmt::skip]
mod rigid_body;
#[rustfmt::skip]
mod rocket;
#[rustfmt::skip]
mod seir_age;
#[rustfmt::skip]
mod stages;
#[rustfmt::skip]
mod three_body;
#[rustfmt::skip]
mod wind_turbine;

/// Numbers between 0.2 and 2, without structure, the same in every run.
fn numbers(count: usize, seed: f64) -> Vec<f64> {
    (0..count).map(|i| 1.1 + 0.9 * (7.3 * i as f64 + seed).sin()).collect()
}

/// How many reals state and parameters of each model have.
macro_rules! models {
    ($($file:ident: $model:ident $([$n:literal])?, $states:literal, $params:literal;)*) => { $(
        #[test]
        fn $file() {
            let model = $file::$model$(::<$n>)?;
            let (u, p) = (numbers($states, 0.4), numbers($params, 2.6));
            let at = At { u: &u, p: &p, t: 0.37 };
            meaning::value(&model, at, None);
            meaning::derivatives(&model, at);
            meaning::solve(model, at, 0.42);
        }
    )* };
}

models! {
    arm: arm, 4, 6;
    attitude: attitude, 7, 4;
    battery: cell, 4, 7;
    chemostat: chemostat, 6, 8;
    chunks_tuples: oscillators, 6, 3;
    closures_iterators: food_web, 5, 32;
    const_static: decay_chain, 6, 1;
    dosing: pharmacokinetics, 4, 6;
    epidemic_network: epidemic, 12, 9;
    fishery: fish, 4, 8;
    gene_circuit: repressilator, 6, 8;
    glucose: glucose, 3, 7;
    hodgkin_huxley: hodgkin_huxley, 4, 8;
    holling: rosenzweig, 2, 6;
    impl_methods: swing, 2, 5;
    kuramoto: kuramoto [4], 4, 5;
    lookup_const: reservoir, 1, 2;
    lv_struct: hares_and_lynx, 2, 4;
    math_zoo: zoo, 6, 3;
    membrane: cable, 7, 4;
    mm_network: enzyme, 5, 4;
    morris_lecar_net: ring, 8, 6;
    nbody_flat: nbody_flat, 12, 3;
    orbit: transfer, 7, 5;
    pendulums: chain, 6, 4;
    phyto: column, 9, 7;
    pkpd: two_compartment, 5, 9;
    predator_enum_param: sir_policy, 3, 2;
    quadrotor: quadrotor, 12, 6;
    rigid_body: rigid_body, 7, 3;
    rocket: rocket, 3, 8;
    seir_age: seir_age, 16, 7;
    stages: insects, 5, 3;
    three_body: three_body, 12, 3;
    wind_turbine: turbine, 3, 6;
}
