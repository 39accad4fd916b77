//! A differential equation of which one term is a network: both are trained, and where the solution starts.
//!
//! The example of DiffEqFlux (2019) with its numbers, twice: backwards through the solver's steps, and by a continuous
//! adjoint with tighter tolerances. The first derivative is a network of both states, the second a formula with two
//! parameters; the loss is the squared distance of both states from 1 at 251 times, and Adam makes 10 updates with a
//! learning rate of 0.1.
//!
//! Ten such updates are few and large: from some initial weights the solution blows up on the way. The seed below is one
//! of those from which it does not.

use dfdx::prelude::*;
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
/// Draws a network under which the states stay bounded before it is trained: with most the second state explodes.
const SEED: u64 = 16;

/// Where the solution starts, and the parameters.
type Params = (Tensor<Rank1<2>, f64, Cpu>, Tensor<Rank1<43>, f64, Cpu>);

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::default();
    let net = Mlp::init(&mut StdRng::seed_from_u64(SEED));
    let rates = Rates { net, decay: -2.0, growth: 1.1 }.over();
    let problem = OdeProblem::new(partly_known, [0.8, 0.8], SPAN, rates);
    let coarse = problem.solver(Tsit5).tolerances(1e-3, 1e-6).save_at(Grid::step(0.1));
    let fine = problem.solver(Tsit5).tolerances(1e-6, 1e-8).save_at(Grid::step(0.1));
    let start: Params =
        (device.tensor(problem.u0), device.tensor_from_vec(rates.as_slice().to_vec(), (Const,)));

    // One tape leads to both tensors: gradients reach whatever the solve depends on.
    let mut stepwise = start.clone();
    let reverse = Training::adam(0.1).iterations(ITERATIONS).progress("reverse mode").run(
        &mut stepwise,
        |(u0, p): &Params, gradients| {
            let series = diffeq_rd((u0.trace(gradients), p.clone()), &coarse)?.series;
            Ok((series - 1.0).square().sum())
        },
    )?;
    let mut continuous = start.clone();
    let adjoint = Training::adam(0.1).iterations(ITERATIONS).progress("continuous adjoint").run(
        &mut continuous,
        |(u0, p): &Params, gradients| {
            let series =
                diffeq_with((u0.trace(gradients), p.clone()), &fine, GaussAdjoint::default())?.series;
            Ok((series - 1.0).square().sum())
        },
    )?;

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

    let panel = |params: &Params, title: &str| -> Result<Plot, diffeq::Error> {
        let series = diffeq_rd(params.clone(), &fine)?.solution;
        Ok(series.plot().title(title).labels("t", "state").dashed("target", [0.0, 25.0], [1.0, 1.0]))
    };
    let figure = Figure::new()
        .panel(panel(&start, "before")?)
        .panel(panel(&reverse.best, "reverse mode")?)
        .panel(panel(&adjoint.best, "continuous adjoint")?);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/partial_neural_ode.svg");
    figure.save(path)?;
    println!("{}", figure.to_text(72, 10)?);
    println!("wrote {path}");
    println!(
        "partial_neural_ode: parameters={} iterations={ITERATIONS} reverse_before={:.4} reverse_after={:.4} \
         adjoint_before={:.4} adjoint_after={:.4} u0=[{:.4},{:.4}] gradients_differ={difference:.1e}",
        start.1.shape().num_elements(),
        reverse.losses[0],
        reverse.losses[ITERATIONS],
        adjoint.losses[0],
        adjoint.losses[ITERATIONS],
        stepwise.0[[0]],
        stepwise.0[[1]],
    );
    Ok(())
}
