//! A neural ODE by hand: a network's parameters as one vector, a right-hand side of one's own, an adjoint.
//!
//! What the layer `NeuralOde` does is written out here, with the numbers of DiffEqFlux (2019): two inputs, 50 hidden
//! neurons, the span (0, 25), a state saved every 0.1. The network learns a damped oscillation from its 251 states.

use std::time::Instant;

use dfdx::prelude::*;
use diffeq::dfdx::destructure;
use diffeq::dfdx::restructure;
use diffeq::nn::Mlp;
use diffeq::nn::Network;
use diffeq::nn::Tanh;
use diffeq::prelude::*;
use diffeq::problem::Model;
use diffeq::problem::Rhs;
use diffeq::problem::System;
use diffeq::problem::Vjp;
use diffeq::space::Workspace;
use diffeq::space::from_flat;
use diffeq::space::from_flat_mut;

/// The network as dfdx builds it, with its parameters in tensors ...
type Module = (Linear<2, 50>, dfdx::prelude::Tanh, Linear<50, 2>);
/// ... and as a value, with its parameters in a row.
type Net = Mlp<2, 50, 2, Tanh, f32>;

/// `du/dt = net(u)`, with the network's 252 parameters as those of the equation.
#[derive(Debug, Clone)]
struct ByHand;

impl Model for ByHand {
    const NAME: &'static str = "by hand";
}

impl System<f32> for ByHand {
    type State = [f32; 2];
    type Params = [f32; 252];
}
impl Rhs<f32> for ByHand {
    fn rhs(&self, du: &mut [f32; 2], u: &[f32; 2], p: &[f32; 252], _t: f32) {
        if let Some(net) = from_flat::<f32, Net>(p) {
            *du = net.forward(*u);
        }
    }
}

impl Vjp<f32> for ByHand {
    fn vjp(
        &self,
        du_bar: &mut [f32; 2],
        u: &[f32; 2],
        p: &[f32; 252],
        _t: f32,
        u_bar: &mut [f32; 2],
        p_bar: &mut [f32; 252],
        _t_bar: &mut f32,
        _work: &mut Workspace<f32>,
    ) {
        if let (Some(net), Some(net_bar)) = (from_flat::<f32, Net>(p), from_flat_mut::<f32, Net>(p_bar)) {
            net.vjp(u, du_bar, net_bar, u_bar);
        }
    }
}

/// The oscillation to learn.
#[ode]
fn oscillation(u: [f64; 2]) -> [f64; 2] {
    let [x, v] = u;
    [v, -x - 0.2 * v]
}

const SPAN: (f64, f64) = (0.0, 25.0);
const ITERATIONS: usize = 300;

type Params = Tensor<Rank1<252>, f32, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::seed_from_u64(1);
    let data =
        OdeProblem::new(oscillation, [2.0, 0.0], SPAN, []).solver(Tsit5).save_at(Grid::step(0.1)).solve()?;
    let target = data.values().iter().map(|&x| x as f32).collect::<Vec<_>>();
    let target: Tensor<(usize, Const<2>), f32, Cpu> = device.tensor_from_vec(target, (data.len(), Const));

    let module = device.build_module::<Module, f32>();
    let start: Params = device.tensor(destructure(&module)?);
    let problem = OdeProblem::new(ByHand, [2.0, 0.0], SPAN, start.array());
    let solver = problem.solver(Tsit5).tolerances(1e-3, 1e-6).save_at(Grid::step(0.1));
    let loss = |p: &Params, gradients| {
        let predicted = diffeq_rd(p.trace(gradients), &solver)?;
        Ok((predicted.series - target.clone()).square().mean())
    };

    // By hand and by the layer: the same operations, so the same gradient.
    let by_hand = loss(&start, start.alloc_grads())?.backward().get(&start).array();
    let config = OdeConfig::span(SPAN).tolerances(1e-3, 1e-6).save_at(Grid::step(0.1));
    let series = neural_ode(&module, device.tensor([2.0, 0.0]).trace(module.alloc_grads()), &config)?;
    let gradients = (series - target.clone()).square().mean().backward();
    let by_layer = gradients.get(&module.0.weight).as_vec();
    let scale = by_layer.iter().fold(0.0_f32, |scale, x| scale.max(x.abs()));
    let gap = by_hand.iter().zip(&by_layer).fold(0.0_f32, |gap, (a, b)| gap.max((a - b).abs())) / scale;

    let mut p = start.clone();
    let clock = Instant::now();
    let trained = Training::adam(0.02).iterations(ITERATIONS).progress("by hand").run(&mut p, loss)?;
    let ms_per_iteration = clock.elapsed().as_secs_f64() * 1e3 / ITERATIONS as f64;
    let learned = restructure(&module, &trained.best.array())?;

    let series = neural_ode(&learned, device.tensor([2.0, 0.0]), &config)?.as_vec();
    let column = |values: &[f32]| values.iter().step_by(2).map(|&x| f64::from(x)).collect::<Vec<_>>();
    let plot = Plot::new()
        .title("a damped oscillation, and the network")
        .labels("t", "x")
        // Every fourth of the data: all of them would hide the line.
        .points(
            "data",
            data.times().iter().copied().step_by(4),
            column(&target.as_vec()).into_iter().step_by(4),
        )
        .line("network", data.times().to_vec(), column(&series));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/neural_ode_by_hand.svg");
    plot.save(path)?;
    println!("wrote {path}");
    println!(
        "neural_ode_by_hand: parameters={} points={} loss_before={:.4e} loss_after={:.4e} gradient_gap={gap:.1e} \
         iterations={ITERATIONS} ms_per_iteration={ms_per_iteration:.3}",
        start.shape().num_elements(),
        data.len(),
        trained.losses[0],
        trained.best_loss,
    );
    Ok(())
}
