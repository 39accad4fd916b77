//! A spring is learned from noisy measurements, once as an energy and once as any field.
//!
//! The data are those of Greydanus, Dzamba & Yosinski, *Hamiltonian neural networks* (NeurIPS 2019): 25 trajectories of
//! `q'' = -q` with energies between 0.1 and 0.5, 30 points each, positions and momenta with noise. Both networks are
//! fitted to the derivatives at those points, and then integrated for 16 periods: what has learned an energy keeps it.

use std::f64::consts::TAU;

use dfdx::prelude::*;
use diffeq::layers::HamiltonianNet;
use diffeq::prelude::*;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

type Energy = (Linear<2, 32>, Tanh, Linear<32, 1>);
type Plain = (Linear<2, 32>, Tanh, Linear<32, 2>);
type Rows = Tensor<(usize, Const<2>), f64, Cpu>;

const TRAJECTORIES: usize = 25;
const POINTS: usize = 30;
const NOISE: f64 = 0.1;
const ITERATIONS: usize = 400;
const HORIZON: f64 = 100.0;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::seed_from_u64(0);
    let (x, dx) = measurements(&device);

    let mut energy = device.build_module::<HamiltonianNet<Energy>, f64>();
    let mut plain = device.build_module::<Plain, f64>();
    let hamiltonian = Training::adam(0.01)
        .iterations(ITERATIONS)
        .progress("energy")
        .run(&mut energy, |net, gradients| {
            Ok((net.try_forward(x.trace(gradients))? - dx.clone()).square().mean())
        })?;
    let baseline =
        Training::adam(0.01).iterations(ITERATIONS).progress("plain").run(&mut plain, |net, gradients| {
            Ok((net.try_forward(x.trace(gradients))? - dx.clone()).square().mean())
        })?;

    // How far the fields are off where there were data, against J grad H of the true energy: [p, -q].
    let grid = grid(&device);
    let truth: Vec<f64> = grid.as_vec().chunks_exact(2).flat_map(|u| [u[1], -u[0]]).collect();
    let error = |field: Rows| {
        let squares = field.as_vec().iter().zip(&truth).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
        (squares / truth.len() as f64).sqrt()
    };
    let field_errors = [error(energy.forward(grid.clone())), error(plain.forward(grid))];

    let start: Tensor<Rank1<2>, f64, Cpu> = device.tensor([0.8, 0.0]);
    let config = || OdeConfig::span((0.0, HORIZON)).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1));
    let by_energy = NeuralOde::new(energy.clone(), config()).solve(&start)?;
    let by_plain = NeuralOde::new(plain, config()).solve(&start)?;
    let drift = |energies: &[f64]| energies.iter().map(|h| (h / energies[0] - 1.0).abs()).fold(0.0, f64::max);
    let true_energy = |solution: &Solution<[f64; 2], f64>| -> Vec<f64> {
        solution.states().map(|[q, p]| 0.5 * (q * q + p * p)).collect()
    };
    let energies = [true_energy(&by_energy), true_energy(&by_plain)];
    let learned: Rows = device.tensor_from_vec(by_energy.values().to_vec(), (by_energy.len(), Const));
    let learned = energy.0.forward(learned).as_vec();
    let learned_drift = learned.iter().map(|h| (h - learned[0]).abs()).fold(0.0, f64::max);

    // The last period: all of them were one broad line.
    let orbit = |solution: &Solution<[f64; 2], f64>| -> Result<(Vec<f64>, Vec<f64>), diffeq::Error> {
        let last = |column: Vec<f64>| column[column.len() - 64..].to_vec();
        Ok((last(solution.component(0)?), last(solution.component(1)?)))
    };
    let ((q, p), (q_plain, p_plain)) = (orbit(&by_energy)?, orbit(&by_plain)?);
    let circle = |f: fn(f64) -> f64| (0..=100).map(move |i| 0.8 * f(TAU * f64::from(i) / 100.0));
    let phases = Plot::new()
        .title("the last of 16 periods")
        .equal()
        .labels("q", "p")
        .line("energy", q, p)
        .line("plain", q_plain, p_plain)
        .dashed("true", circle(f64::cos), circle(f64::sin));
    let times = by_energy.times().to_vec();
    let over_time = Plot::new()
        .title("energy")
        .labels("t", "(q² + p²) / 2")
        .line("energy", times.clone(), energies[0].clone())
        .line("plain", times, energies[1].clone())
        .dashed("true", [0.0, HORIZON], [0.32, 0.32]);
    let figure = Figure::new().panel(phases).panel(over_time);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/hamiltonian_spring.svg");
    figure.save(path)?;
    println!("{}", figure.to_text(72, 12)?);
    println!("wrote {path}");
    println!(
        "hamiltonian_spring: loss_hamiltonian={:.4e} loss_plain={:.4e} field_error_hamiltonian={:.4} \
         field_error_plain={:.4} energy_drift_hamiltonian={:.4} energy_drift_plain={:.4} \
         learned_energy_drift={learned_drift:.1e}",
        hamiltonian.losses[ITERATIONS],
        baseline.losses[ITERATIONS],
        field_errors[0],
        field_errors[1],
        drift(&energies[0]),
        drift(&energies[1]),
    );
    Ok(())
}

/// Noisy positions and momenta, and the derivatives at the true ones.
fn measurements(device: &Cpu) -> (Rows, Rows) {
    let mut rng = StdRng::seed_from_u64(1);
    let noise: Rows = device.sample_normal_like(&(TRAJECTORIES * POINTS, Const));
    let (mut x, mut dx) = (Vec::new(), Vec::new());
    for _ in 0..TRAJECTORIES {
        let (energy, phase) = (rng.gen_range(0.1..0.5), rng.gen_range(0.0..TAU));
        let radius = f64::sqrt(2.0 * energy);
        for i in 0..POINTS {
            let angle = phase - 3.0 * i as f64 / POINTS as f64;
            let (q, p) = (radius * angle.cos(), radius * angle.sin());
            x.extend([q, p]);
            dx.extend([p, -q]);
        }
    }
    let rows = (TRAJECTORIES * POINTS, Const);
    let x: Rows = device.tensor_from_vec(x, rows);
    (x + noise * NOISE, device.tensor_from_vec(dx, rows))
}

/// The points of a grid whose energy is below that of the fastest measured motion.
fn grid(device: &Cpu) -> Rows {
    let at = |i: i32| 0.1 * f64::from(i);
    let points: Vec<f64> = (-10..=10)
        .flat_map(|i| (-10..=10).map(move |j| [at(i), at(j)]))
        .filter(|[q, p]| 0.5 * (q * q + p * p) < 0.5)
        .flatten()
        .collect();
    let rows = (points.len() / 2, Const);
    device.tensor_from_vec(points, rows)
}
