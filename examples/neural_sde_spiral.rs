//! A neural stochastic equation learns a noisy spiral from the mean of a hundred of its paths.
//!
//! The example of DiffEqFlux (2019), with its numbers: `du = A u³ dt + 0.2 u dW` from (2, 0) over (0, 1), a network that is given
//! the cubes and has 50 hidden neurons, SOSRI at tolerances of 0.1, 100 iterations on a single path each, then 20 on ten paths
//! each. Every iteration takes new paths. A squared error is least where there is no noise; so the noise is that of the
//! data, and stays as it is.

use std::cell::Cell;
use std::time::Instant;

use dfdx::prelude::*;
use diffeq::ensemble::QuantilesOf;
use diffeq::layers::stochastic::builder::Constant;
use diffeq::nn::Cube;
use diffeq::prelude::*;

type Net = (Cube, Linear<2, 50>, Tanh, Linear<50, 2>);
type Declared = NeuralDmSde<Net, Constant<2>>;
type Model = <Declared as BuildOnDevice<Cpu, f32>>::Built;

/// The spiral: each component cubed, and shaken by a fifth of itself.
#[sde]
fn spiral(u: [f64; 2]) -> ([f64; 2], [f64; 2]) {
    let [x, y] = u.map(|x| x.powi(3));
    ([-0.1 * x + 2.0 * y, -2.0 * x - 0.1 * y], [0.2 * u[0], 0.2 * u[1]])
}

const SPAN: (f64, f64) = (0.0, 1.0);
const POINTS: usize = 30;
const PATHS: usize = 100;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::seed_from_u64(3);
    let problem = SdeProblem::new(spiral, [2.0, 0.0], SPAN, []).seed(11);
    let truth = Ensemble::new(PATHS, |i| problem.remake().trajectory(i as u32));
    let solve = |problem: &SdeProblem<spiral>| {
        problem.solver(SOSRI).tolerances(1e-3, 1e-3).save_at(Grid::count(POINTS)).solve()
    };
    let (data, truth) = truth.run(solve, (Moments, Quantiles::of([0.05, 0.5, 0.95])))?.complete()?;
    let mean: Vec<f32> = (0..POINTS).flat_map(|i| data.mean(i).to_vec()).map(|x| x as f32).collect();
    let target: Tensor<(usize, Const<2>), f32, Cpu> = device.tensor_from_vec(mean, (POINTS, Const));
    let u0: Tensor<Rank1<2>, f32, Cpu> = device.tensor([2.0, 0.0]);

    let mut model = device.build_module::<Declared, f32>();
    model.field.noise.mp = device.tensor([0.2, 0.2]);
    model.config = OdeConfig::span(SPAN).tolerances(1e-1, 1e-1).save_at(Grid::count(POINTS)).method(SOSRI);
    let before = bands(&model, &u0)?;

    // Paths of training start where those of the data end.
    let next = Cell::new(PATHS as u32);
    let loss_on = |paths: usize| {
        let (next, u0, target) = (&next, &u0, &target);
        move |model: &Model, gradients| {
            // The first tape knows the gradients, those of the paths join it.
            let mut loss = u0.device().zeros::<Rank0>().trace(gradients);
            for _ in 0..paths {
                let path = model.along(next.replace(next.get() + 1));
                let predicted = path.series(u0.retaped::<OwnedTape<f32, Cpu>>())?;
                loss = loss + (predicted - target.clone()).square().sum();
            }
            Ok(loss / paths as f32)
        }
    };
    let clock = Instant::now();
    let first = Training::adam(0.025).iterations(100).progress("one path").run(&mut model, loss_on(1))?;
    let second = Training::adam(0.025).iterations(20).progress("ten paths").run(&mut model, loss_on(10))?;
    let seconds = clock.elapsed().as_secs_f64();

    let after = bands(&model, &u0)?;
    let panel = |bands: &QuantilesOf, title: &str| {
        let plot = Plot::new().title(title).labels("t", "u");
        let plot = bands.plot_onto(bands.plot_onto(plot, 0, "u[0]"), 1, "u[1]");
        let column = |i| data.mean_of(i).into_iter();
        plot.points("u[0]", data.times().to_vec(), column(0)).points("u[1]", data.times().to_vec(), column(1))
    };
    let figure = Figure::new()
        .panel(panel(&truth, "the data: means (points), 90 % of the paths"))
        .panel(panel(&before, "the network before"))
        .panel(panel(&after, "and after"));
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/target/neural_sde_spiral.svg");
    figure.share_axes().save(file)?;
    println!("wrote {file}");
    println!(
        "neural_sde_spiral: iterations={}+{} loss_before={:.3} loss_after_single={:.3} loss_after={:.3} seconds={seconds:.2}",
        first.iterations(),
        second.iterations(),
        first.losses[0],
        second.losses[0],
        second.losses[second.iterations()],
    );
    Ok(())
}

/// What a hundred paths of the network do.
fn bands(model: &Model, u0: &Tensor<Rank1<2>, f32, Cpu>) -> Result<QuantilesOf, diffeq::Error> {
    let rows = |path: &Model| -> Result<_, diffeq::Error> {
        let solution = path.solve(u0)?;
        Ok((solution.times().to_vec(), solution.values().iter().map(|x| f64::from(*x)).collect::<Vec<_>>()))
    };
    let paths = Ensemble::new(PATHS, |i| model.along(1_000_000 + i as u32));
    paths.run(rows, Quantiles::of([0.05, 0.5, 0.95]))?.complete()
}
