//! Fits a delayed Lotka-Volterra equation, its delay among the parameters, so that both populations stay at 1.
//!
//! The gradient goes backwards through the history: one solve and one sweep, whatever the number of parameters. This is the
//! delayed example of DiffEqFlux (2019), of which the gradient by the delay is published as wrong elsewhere.

use dfdx::prelude::*;
use diffeq::prelude::*;

/// Prey grow by what they were a delay before.
#[dde]
fn delay_lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 5], t: f64) {
    let [alpha, beta, delta, gamma, tau] = *p;
    let [x, y] = *u;
    du[0] = (alpha - beta * y) * h(t - tau)[0];
    du[1] = (delta * x - gamma) * y;
}

/// Where the fit starts.
const START: [f64; 5] = [2.2, 1.0, 2.0, 0.4, 0.1];

type Params = Tensor<Rank1<5>, f64, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let problem = DdeProblem::new(delay_lotka_volterra, [1.0; 2], Constant([1.0; 2]), (0.0, 10.0), START);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1));

    // The squared distance of both populations from 1 at all saved times.
    let loss = |p: &Params, gradients| {
        let predicted = diffeq_rd(p.trace(gradients), &solver)?;
        Ok((predicted.series - 1.0).square().sum())
    };

    let mut p: Params = Cpu::default().tensor(START);
    let trained = Training::adam(0.05).iterations(300).progress("fit").run(&mut p, loss)?;
    let (before, after) = (trained.losses[0], trained.losses[trained.iterations()]);
    println!("loss {before:.2} before, {after:.2e} after, with {:.4?}", p.array());
    assert!(after < 1e-2 * before);

    // The gradient where the fit began, backwards through the history, against the same by dual numbers.
    let start: Params = Cpu::default().tensor(START);
    let gradient = loss(&start, start.alloc_grads())?.backward().get(&start).array();
    let one = [Dual::<f64, 5>::new(1.0, [0.0; 5]); 2];
    let dual = DdeProblem::new(delay_lotka_volterra, one, Constant(one), (0.0, 10.0), Dual::variables(START));
    let solution = dual.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1)).solve()?;
    let mut forwards = [0.0; 5];
    for u in solution.values() {
        for (sum, tangent) in forwards.iter_mut().zip(u.tangents) {
            *sum += 2.0 * (u.primal - 1.0) * tangent;
        }
    }
    println!("gradient {gradient:.6?}\nforwards {forwards:.6?}");
    // Forwards the solve may have taken shorter steps, for the sake of its derivative: they differ by the tolerance.
    for (a, b) in gradient.iter().zip(forwards) {
        assert!((a - b).abs() < 1e-3 * b.abs());
    }
    Ok(())
}
