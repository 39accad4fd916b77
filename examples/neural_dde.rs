//! A delayed equation that is a network, and whose delay is learned with it.
//!
//! The neural delayed equation of DiffEqFlux (2019): what moves the state is a network of the state and of an earlier one,
//! `model([u, h(t - p.tau)])`. The data are three populations that grow by `u' = 1.5 u (1 - u(t - 1))` from where they rested; the
//! network knows nothing of that, and looks back half as far as it should. Gradients go backwards through the history, to the
//! weights and to the delay.

use dfdx::prelude::*;
use diffeq::nn::Mlp;
use diffeq::prelude::*;
use diffeq::space::Components;
use diffeq::space::Vector;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Hutchinson's population, whose members need a while to grow up.
#[dde]
fn truth(u: f64, h: &impl History<f64>, p: &[f64; 2], t: f64) -> f64 {
    p[0] * u * (1.0 - h(t - p[1]))
}

/// 49 weights, and a delay.
#[derive(Components, Clone, Copy)]
struct Learned {
    net: Mlp<2, 12, 1>,
    tau: f64,
}

#[dde]
fn learned(u: f64, h: &impl History<f64>, p: &Learned, t: f64) -> f64 {
    let [slope] = p.net.forward([u, h(t - p.tau)]);
    slope
}

const RATE: f64 = 1.5;
const DELAY: f64 = 1.0;
const STARTS: [f64; 3] = [0.3, 0.8, 1.6];
const SPAN: (f64, f64) = (0.0, 6.0);
const TIMES: usize = 61;

type Params = Tensor<Rank1<50>, f64, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::default();
    let mut data = Vec::new();
    for start in STARTS {
        let problem = DdeProblem::new(truth, start, AtRest, SPAN, [RATE, DELAY]);
        data.push(problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::count(TIMES)).solve()?);
    }
    let rows: Vec<Tensor<(usize,), f64, Cpu>> =
        data.iter().map(|solution| solution.to_tensor()).collect::<Result<_, _>>()?;

    let net = Mlp::init(&mut StdRng::seed_from_u64(1));
    let start = Learned { net, tau: 0.5 }.over();
    let problems = STARTS.map(|u0| DdeProblem::new(learned, u0, AtRest, SPAN, start));
    let solvers = problems.each_ref().map(|problem| {
        let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).max_steps(1000);
        solver.save_at(Grid::count(TIMES))
    });
    let mut p: Params = device.tensor_from_vec(start.as_slice().to_vec(), (Const,));
    // The mean squared distance of all three.
    let loss = |p: &Params, gradients| {
        let mut sum = device.zeros::<Rank0>().trace(gradients);
        for (solver, row) in solvers.iter().zip(&rows) {
            let series = diffeq_rd(p.retaped::<OwnedTape<f64, Cpu>>(), solver)?.series;
            sum = sum + (series - row.clone()).square().sum();
        }
        Ok(sum / (3.0 * TIMES as f64))
    };
    let trained = Training::adam(0.02)
        .iterations(300)
        .then_lbfgs(1000)
        .target(1e-8)
        .progress("neural_dde")
        .run(&mut p, loss)?;
    let tau = trained.best.as_vec()[49];

    let mut weights = start;
    weights.as_mut_slice().copy_from_slice(&trained.best.as_vec());
    let panel = |p, title: String| -> Result<Plot, diffeq::Error> {
        let mut plot = Plot::new().title(title).labels("t", "population");
        for (start, seen) in STARTS.iter().zip(&data) {
            let problem = DdeProblem::new(learned, *start, AtRest, SPAN, p);
            let solution = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::count(241)).solve()?;
            let every = |values: &[f64]| values.iter().step_by(2).copied().collect::<Vec<f64>>();
            plot = plot
                .line(format!("learned, from {start}"), solution.times().to_vec(), solution.values().to_vec())
                .points(format!("data, from {start}"), every(seen.times()), every(seen.values()));
        }
        Ok(plot)
    };
    let figure = Figure::new()
        .panel(panel(start, "before: the delay is 0.5".into())?)
        .panel(panel(weights, format!("after: the delay is {tau:.4}, in truth {DELAY}"))?);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/neural_dde.svg");
    println!("{}", figure.to_text(72, 12)?);
    figure.save(path)?;
    println!("wrote {path}");
    println!(
        "neural_dde: parameters=50 iterations={} loss_before={:.4} loss_after={:.2e} tau_before=0.5 tau={tau:.4} true_tau={DELAY} \
         tau_error={:.1e}",
        trained.iterations(),
        trained.losses[0],
        trained.best_loss,
        (tau - DELAY).abs() / DELAY,
    );
    Ok(())
}
