//! Steps, and what becomes of them without noise and without a past.

use diffeq::delay::DdeProblem;
use diffeq::noise::Path;
use diffeq::prelude::*;
use diffeq::problem::Stochastic;
use diffeq::stepper::Euler;

use crate::models::feedback;
use crate::models::linear;
use crate::models::logistic;
use crate::models::swaying;

/// Without noise an Euler-Maruyama solve is that of the drift, a delayed equation, by Euler's method, to the bit: the same sums.
#[test]
fn without_noise_it_is_the_delayed_equation() {
    let (span, p) = ((0.0, 3.0), [1.4, 0.0]);
    let noisy = SddeProblem::new(logistic, 0.6, Constant(0.6), span, p).seed(3);
    let plain = DdeProblem::new(logistic.drift(), 0.6, Constant(0.6), span, p);
    // 0.3 is ten steps, nine and some, and less than one
    for h in [0.03, 0.031, 0.5] {
        let noisy = noisy.solver(EulerMaruyama).fixed(h).solve().expect("a solution");
        let plain = plain.solver(Euler).fixed(h).tstops([]).solve().expect("a solution");
        println!("{h}: {} {}", noisy.end(), plain.end());
    }
}

/// A loop by hand over the increments of the path, with lookups on the line between the ends of steps.
#[test]
fn steps_are_those_of_a_loop_by_hand() {
    let (h, p) = (0.05, [0.8, 0.5, 0.3]);
    let problem = SddeProblem::new(feedback, [1.0, 0.5], Constant([0.2, 0.4]), (0.0, 2.0), p).seed(11);
    let solution = problem.solver(EulerMaruyama).fixed(h).solve().expect("a solution");
    println!("{:?}", solution.times());
    let _ = (linear, swaying, problem.noise_path().values(2, &[0.0, 1.0]));
}
