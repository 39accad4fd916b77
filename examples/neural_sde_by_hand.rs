//! A stochastic equation whose drift and whose noise are networks, written by hand.
//!
//! The data are mean and deviation over time of a process that the networks know nothing of: `du = 2 (1 - u) dt + (0.1 + 0.4 u)
//! dW`. The loss compares mean and deviation of forty paths with them, which tells drift from noise; a squared distance of single
//! paths would not, and would make the noise vanish. Gradients go backwards through the steps of each path.

use std::cell::Cell;

use dfdx::prelude::*;
use diffeq::nn::Mlp;
use diffeq::prelude::*;
use diffeq::space::Components;
use diffeq::space::Vector;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// The process of the data.
#[sde]
fn truth(u: f64) -> (f64, f64) {
    (2.0 * (1.0 - u), 0.1 + 0.4 * u)
}

/// Two networks of one input, 16 hidden neurons and one output.
#[derive(Components, Clone, Copy)]
struct Networks {
    drift: Mlp<1, 16, 1>,
    noise: Mlp<1, 16, 1>,
}

#[sde]
fn learned(du: &mut f64, noise: &mut f64, u: &f64, p: &Networks) {
    let [drift] = p.drift.forward([*u]);
    let [sigma] = p.noise.forward([*u]);
    *du = drift;
    *noise = sigma;
}

const SPAN: (f64, f64) = (0.0, 1.0);
const DT: f64 = 0.05;
const TIMES: usize = 21;
const PATHS: usize = 40;
const ITERATIONS: usize = 200;

type Params = Tensor<Rank1<98>, f64, Cpu>;
type Rows = Tensor<Rank1<TIMES>, f64, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::default();
    let solve = |problem: &SdeProblem<truth>| problem.solver(EulerMaruyama).fixed(DT).solve();
    let process = SdeProblem::new(truth, 0.0, SPAN, []).seed(1).cells(DT);
    let data = Ensemble::new(20_000, |i| process.remake().trajectory(i as u32));
    let data = data.run(solve, Moments)?.complete()?;
    let rows = |values: Vec<f64>| -> Rows { device.tensor_from_vec(values, (Const,)) };
    let [mean, deviation] = [rows(data.mean_of(0)), rows(data.deviation_of(0))];

    let mut rng = StdRng::seed_from_u64(2);
    let networks = Networks { drift: Mlp::init(&mut rng), noise: Mlp::init(&mut rng) }.over::<f64>();
    let problem = SdeProblem::new(learned, 0.0, SPAN, networks).seed(2).cells(DT);
    let next = Cell::new(0);
    let loss = |p: &Params, gradients| {
        // Sums of the states and of their squares over the paths; the first tape knows the gradients, the others join it.
        let mut sum = device.zeros::<Rank1<TIMES>>().trace(gradients);
        let mut squares = device.zeros::<Rank1<TIMES>>().retaped::<OwnedTape<f64, Cpu>>();
        for _ in 0..PATHS {
            let path = problem.remake().trajectory(next.replace(next.get() + 1));
            let solver = path.solver(EulerMaruyama).fixed(DT);
            let series =
                diffeq_rd(p.retaped::<OwnedTape<f64, Cpu>>(), &solver)?.series.realize::<Rank1<TIMES>>();
            squares = squares + series.with_empty_tape().square();
            sum = sum + series;
        }
        let n = PATHS as f64;
        let means = sum / n;
        let variances = (squares - means.with_empty_tape().square() * n) / (n - 1.0);
        // At the start there is no variance, and the root has no derivative there.
        let deviations = (variances + 1e-6).sqrt();
        Ok((means - mean.clone()).square().sum() + (deviations - deviation.clone()).square().sum())
    };
    let mut p: Params = device.tensor_from_vec(networks.as_slice().to_vec(), (Const,));
    let trained = Training::adam(0.01).iterations(ITERATIONS).progress("moments").run(&mut p, loss)?;

    // What was learned, by many paths that it was not learned from.
    let moments = |p: &Params| -> Result<_, diffeq::Error> {
        let mut networks = networks;
        networks.as_mut_slice().copy_from_slice(&p.as_vec());
        let paths = problem.remake().p(networks);
        let paths = Ensemble::new(20_000, |i| paths.remake().trajectory(1_000_000 + i as u32));
        paths.run(|path| path.solver(EulerMaruyama).fixed(DT).solve(), Moments)?.complete()
    };
    let after = moments(&trained.best)?;
    let band = |plot: Plot, name: &str, moments: &diffeq::ensemble::MomentsOf| {
        let (mean, deviation) = (moments.mean_of(0), moments.deviation_of(0));
        let edge =
            |sign: f64| mean.iter().zip(&deviation).map(move |(m, d)| m + sign * d).collect::<Vec<_>>();
        plot.band(name, moments.times().to_vec(), edge(-1.0), edge(1.0)).line(
            name,
            moments.times().to_vec(),
            mean.clone(),
        )
    };
    let plot = Plot::new().title("mean and deviation").labels("t", "u");
    let plot = band(band(plot, "the process", &data), "the networks", &after);
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/target/neural_sde_by_hand.svg");
    plot.save(file)?;
    println!("wrote {file}");
    let last = TIMES - 1;
    println!(
        "neural_sde_by_hand: parameters=98 iterations={} loss_before={:.4} loss_after={:.5} mean={:.4} true_mean={:.4} \
         deviation={:.4} true_deviation={:.4}",
        trained.iterations(),
        trained.losses[0],
        trained.best_loss,
        after.mean(last)[0],
        data.mean(last)[0],
        after.deviation_of(0)[last],
        data.deviation_of(0)[last],
    );
    Ok(())
}
