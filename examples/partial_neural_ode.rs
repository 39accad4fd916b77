//! A differential equation of which one term is a network: both are trained, and where the solution starts.
//!
//! The example of DiffEqFlux (2019) with its numbers, twice: backwards through the solver's steps, and by a continuous
//! adjoint with tighter tolerances. The first derivative is a network of both states, the second a formula with two
//! parameters; the loss is the squared distance of both states from 1 at 251 times, and Adam makes 10 updates with a
//! learning rate of 0.1.
//!
//! Ten such updates are few and large: from some initial weights the solution blows up on the way (the seed below is one of
//! those from which it does not), and from the others they end far from the target. L-BFGS finishes: in the end both states
//! stay at 1. On its way it tries weights with which they explode. The steps of a solve are limited, so that such a trial
//! fails soon, which to L-BFGS is a step too long.

use dfdx::prelude::*;
use diffeq::dfdx::Loss;
use diffeq::dfdx::Trained;
use diffeq::dfdx::diffeq_with;
use diffeq::nn::Mlp;
use diffeq::prelude::*;
use diffeq::sensitivity::GaussAdjoint;
use diffeq::space::Components;
use diffeq::space::Vector;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// 41 weights, and two rates.
#[derive(Components, Clone, Copy)]
struct Rates {
    net: Mlp<2, 10, 1>,
    decay: f64,
    growth: f64,
}

/// What the first state does is learned; the second is half of Lotka and Volterra's equations.
#[ode]
fn partly_known(du: &mut [f64; 2], u: &[f64; 2], p: &Rates, _t: f64) {
    let [x, y] = *u;
    let [dx] = p.net.forward([x, y]);
    du[0] = dx;
    du[1] = p.decay * y + p.growth * x * y;
}

const SPAN: (f64, f64) = (0.0, 25.0);
const ITERATIONS: usize = 10;
/// A loss at which the states are off by less than five hundredths, root mean square over 502 numbers.
const CLOSE: f64 = 1.0;
/// Four times what a solve along the target takes.
const STEPS: usize = 1000;
/// Draws a network under which the states stay bounded before it is trained: with most the second state explodes.
const SEED: u64 = 16;

/// Where the solution starts, and the parameters.
type Params = (Tensor<Rank1<2>, f64, Cpu>, Tensor<Rank1<43>, f64, Cpu>);

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::default();
    let net = Mlp::init(&mut StdRng::seed_from_u64(SEED));
    let rates = Rates { net, decay: -2.0, growth: 1.1 }.over();
    let problem = OdeProblem::new(partly_known, [0.8, 0.8], SPAN, rates);
    let coarse = problem.solver(Tsit5).max_steps(STEPS).tolerances(1e-4, 1e-6).save_at(Grid::step(0.1));
    let fine = problem.solver(Tsit5).max_steps(STEPS).tolerances(1e-6, 1e-8).save_at(Grid::step(0.1));
    let start: Params =
        (device.tensor(problem.u0), device.tensor_from_vec(rates.as_slice().to_vec(), (Const,)));

    // One tape leads to both tensors: gradients reach whatever the solve depends on.
    let reverse = fit("reverse mode", &start, |(u0, p), gradients| {
        let series = diffeq_rd((u0.trace(gradients), p.clone()), &coarse)?.series;
        Ok((series - 1.0).square().sum())
    })?;
    let adjoint = fit("continuous adjoint", &start, |(u0, p), gradients| {
        let series = diffeq_with((u0.trace(gradients), p.clone()), &fine, GaussAdjoint::default())?.series;
        Ok((series - 1.0).square().sum())
    })?;

    // The two gradients at the start, by the same fine steps.
    let at_start = |series: Tensor<(usize, Const<2>), f64, Cpu, OwnedTape<f64, Cpu>>| {
        let gradients = (series - 1.0).square().sum().backward();
        [gradients.get(&start.0).as_vec(), gradients.get(&start.1).as_vec()].concat()
    };
    let inputs = || (start.0.leaky_trace(), start.1.clone());
    let by_steps = at_start(diffeq_rd(inputs(), &fine)?.series);
    let by_equation = at_start(diffeq_with(inputs(), &fine, GaussAdjoint::default())?.series);
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let apart: Vec<f64> = by_steps.iter().zip(&by_equation).map(|(a, b)| a - b).collect();
    let difference = length(&apart) / length(&by_steps);

    let after = |fit: &Fit| fit.then.best.clone();
    let panel = |params: &Params, title: String| -> Result<Plot, diffeq::Error> {
        let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-8).dense(true);
        let plot = diffeq_rd(params.clone(), &solver)?.solution.plot().title(title).labels("t", "state");
        Ok(plot.dashed("target", [0.0, 25.0], [1.0, 1.0]))
    };
    let titled =
        |fit: &Fit, name: &str| panel(&after(fit), format!("{name}: loss {:.1e}", fit.then.best_loss));
    let figure = Figure::new()
        .panel(panel(&start, format!("before: loss {:.0}", reverse.first.losses[0]))?)
        .panel(panel(&reverse.first.best, format!("10 updates: loss {:.0}", reverse.first.best_loss))?)
        .panel(titled(&reverse, "reverse mode")?)
        .panel(titled(&adjoint, "continuous adjoint")?);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/partial_neural_ode.svg");
    figure.save(path)?;
    println!("{}", figure.to_text(72, 10)?);
    println!("wrote {path}");
    println!(
        "partial_neural_ode: parameters={} iterations={ITERATIONS}+{} reverse_before={:.4} reverse_after_ten={:.4} \
         reverse_after={:.2e} adjoint_before={:.4} adjoint_after_ten={:.4} adjoint_after={:.2e} u0=[{:.4},{:.4}] \
         gradients_differ={difference:.1e}",
        start.1.shape().num_elements(),
        reverse.then.iterations(),
        reverse.first.losses[0],
        reverse.first.losses[ITERATIONS],
        reverse.then.best_loss,
        adjoint.first.losses[0],
        adjoint.first.losses[ITERATIONS],
        adjoint.then.best_loss,
        after(&reverse).0[[0]],
        after(&reverse).0[[1]],
    );
    Ok(())
}

/// The ten updates of 2019, and those that follow.
struct Fit {
    first: Trained<Params>,
    then: Trained<Params>,
}

fn fit(
    name: &str,
    start: &Params,
    loss: impl Fn(&Params, Gradients<f64, Cpu>) -> Result<Loss<f64, Cpu>, diffeq::Error>,
) -> Result<Fit, diffeq::Error> {
    let mut params = start.clone();
    let first = Training::adam(0.1).iterations(ITERATIONS).progress(name).run(&mut params, &loss)?;
    let mut params = first.best.clone();
    let then = Training::lbfgs(600).target(CLOSE).progress(name).run(&mut params, &loss)?;
    Ok(Fit { first, then })
}
