//! A latent stochastic equation learns a noisy oscillation, and how sure it is of it.
//!
//! The prior is an Ornstein-Uhlenbeck process that knows nothing of the data, the posterior a process with the same noise and the
//! drift of a network. The distance of the two laws, Kullback and Leibler's, is the integral of `½ ((posterior - prior) / σ)²`
//! over the path (Girsanov's theorem): one more component of the state. The bound on the evidence is the likelihood of
//! the data along the path less that distance. Source: Li, Wong, Chen, Duvenaud, *Scalable gradients for stochastic differential
//! equations*, AISTATS 2020, arXiv:2001.01328, section 5.

use std::cell::Cell;
use std::f64::consts::TAU;

use dfdx::prelude::*;
use diffeq::nn::Mlp;
use diffeq::prelude::*;
use diffeq::space::Components;
use diffeq::space::Vector;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

/// The posterior's drift: of the state, and of where the oscillation is.
#[derive(Components, Clone, Copy)]
struct Posterior {
    net: Mlp<3, 16, 1>,
}

/// How strongly the prior pulls to zero.
const PULL: f64 = 1.0;
/// The noise of prior and posterior.
const SIGMA: f64 = 0.5;

/// The posterior, `[z, KL]`: one process drives `z` alone.
#[sde(scalar)]
fn posterior(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &Posterior, t: f64) {
    let z = u[0];
    let [drift] = p.net.forward([z, (TAU * t).sin(), (TAU * t).cos()]);
    let apart = (drift + PULL * z) / SIGMA;
    du[0] = drift;
    du[1] = 0.5 * apart * apart;
    noise[0] = SIGMA;
    noise[1] = 0.0;
}

const SPAN: (f64, f64) = (0.0, 2.0);
const DT: f64 = 0.05;
const POINTS: usize = 20;
/// The deviation of the data from the oscillation.
const ERROR: f64 = 0.1;
const PATHS: usize = 4;
const ITERATIONS: usize = 300;

/// Where the posterior starts, mean and logarithm of the deviation, and the network.
type Params = (Tensor<Rank1<1>, f64, Cpu>, Tensor<Rank1<1>, f64, Cpu>, Tensor<Rank1<81>, f64, Cpu>);
type Tape = OwnedTape<f64, Cpu>;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::default();
    let mut rng = StdRng::seed_from_u64(4);
    // Irregular times, on the grid of the steps.
    let mut grid: Vec<usize> = (0..=40).collect();
    grid.shuffle(&mut rng);
    grid.truncate(POINTS);
    grid.sort_unstable();
    let times: Vec<f64> = grid.into_iter().map(|i| i as f64 * DT).collect();
    let oscillation = |t: f64| (TAU * t).sin();
    let seen: Vec<f64> = times.iter().map(|t| oscillation(*t) + ERROR * normal(&mut rng)).collect();
    let data: Tensor<Rank1<POINTS>, f64, Cpu> = device.tensor_from_vec(seen.clone(), (Const,));

    let start = Posterior { net: Mlp::init(&mut rng) }.over::<f64>();
    let problem = SdeProblem::new(posterior, [0.0; 2], SPAN, start).seed(4).cells(DT);
    let first: Tensor<Rank2<1, 2>, f64, Cpu> = device.tensor([[1.0, 0.0]]);
    let last: Tensor<Rank1<2>, f64, Cpu> = device.tensor([0.0, 1.0]);
    let mut save = times.clone();
    save.push(SPAN.1);
    save.dedup();
    let rows = save.len();
    let next = Cell::new(0);
    let rng = std::cell::RefCell::new(rng);
    let loss = |(mean, deviation, p): &Params, gradients| {
        let mut bound = device.zeros::<Rank0>().trace(gradients);
        for _ in 0..PATHS {
            let draw = normal(&mut *rng.borrow_mut());
            let deviation = || deviation.retaped::<Tape>().exp();
            let mean = || mean.retaped::<Tape>();
            let u0 = (deviation() * draw + mean()).matmul(first.clone());
            let path = problem.remake().trajectory(next.replace(next.get() + 1));
            let solver = path.solver(SRA1).fixed(DT).save_at(Grid::points(save.clone()));
            let series = diffeq_rd((u0, p.retaped::<Tape>()), &solver)?.series;
            // The rows of the data, and the distance at the end.
            let row = |i: usize| device.tensor(i);
            let apart = (series.with_empty_tape().select(row(rows - 1)) * last.clone()).sum::<Rank0, _>();
            let indices = device.tensor_from_vec((0..POINTS).collect(), (Const::<POINTS>,));
            let z = series.gather(indices).realize::<Rank2<POINTS, 2>>();
            let z = z.select(device.tensor([0; POINTS]));
            let misfit = (z - data.clone()).square().sum::<Rank0, _>() / (2.0 * ERROR * ERROR);
            // Two normal laws at the start: the prior's is the stationary one.
            let variance = SIGMA * SIGMA / (2.0 * PULL);
            let of_start = (deviation().square() + mean().square()) / (2.0 * variance) - deviation().ln();
            bound = bound + misfit + apart + of_start.sum::<Rank0, _>();
        }
        Ok(bound / PATHS as f64)
    };

    let p = device.tensor_from_vec(start.as_slice().to_vec(), (Const,));
    let mut params: Params = (device.tensor([0.0]), device.tensor([-1.0]), p);
    let untrained = params.clone();
    let trained = Training::adam(0.02).iterations(ITERATIONS).progress("latent").run(&mut params, loss)?;

    // Paths of the posterior, each from a start of its own.
    let bands = |(mean, deviation, p): &Params| -> Result<_, diffeq::Error> {
        let (mean, deviation) = (mean.array()[0], deviation.array()[0].exp());
        let mut weights = start;
        weights.as_mut_slice().copy_from_slice(&p.as_vec());
        let paths = Ensemble::new(2000, |i| {
            let mut rng = StdRng::seed_from_u64(i as u64);
            let u0 = [mean + deviation * normal(&mut rng), 0.0];
            problem.remake().p(weights).u0(u0).trajectory(1_000_000 + i as u32)
        });
        let solve = |path: &SdeProblem<posterior>| path.solver(SRA1).fixed(DT).solve();
        paths.run(solve, Quantiles::of([0.05, 0.5, 0.95]))?.complete()
    };
    let (before, after) = (bands(&untrained)?, bands(&params)?);
    let fine: Vec<f64> = (0..=200).map(|i| 0.01 * f64::from(i)).collect();
    let panel = |bands: &diffeq::ensemble::QuantilesOf, title: &str| {
        let plot = bands.plot_onto(Plot::new().title(title).labels("t", "z"), 0, "90 % of the posterior");
        let plot = plot.dashed("the oscillation", fine.clone(), fine.iter().map(|t| oscillation(*t)));
        plot.points("data", times.clone(), seen.clone())
    };
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/target/latent_sde.svg");
    Figure::new().panel(panel(&before, "before")).panel(panel(&after, "after")).share_axes().save(file)?;
    println!("wrote {file}");

    // How often the oscillation, which nobody saw, is in the band; and how far from it the median is.
    let (mut inside, mut square) = (0, 0.0);
    for (i, t) in after.times().iter().enumerate() {
        let [low, median, high] = [0, 1, 2].map(|which| after.row(which, i)[0]);
        inside += usize::from((low..=high).contains(&oscillation(*t)));
        square += (median - oscillation(*t)).powi(2) / after.times().len() as f64;
    }
    println!(
        "latent_sde: iterations={ITERATIONS} bound_before={:.1} bound_after={:.1} coverage={:.2} off={:.3}",
        trained.losses[0],
        trained.losses[ITERATIONS],
        inside as f64 / after.times().len() as f64,
        square.sqrt(),
    );
    Ok(())
}

/// A normal number: Box and Muller.
fn normal(rng: &mut impl Rng) -> f64 {
    let (radius, angle): (f64, f64) = (rng.r#gen(), rng.r#gen());
    (-2.0 * (1.0 - radius).ln()).sqrt() * (TAU * angle).cos()
}
