//! A continuous normalising flow learns the density of two moons.
//!
//! The flow carries points to a normal distribution; its likelihood is the divergence along the way (Grathwohl et al.,
//! *FFJORD*, ICLR 2019). In training the divergence is estimated with new random signs for every iteration, and the way is
//! kept straight by a little of its kinetic energy and of its Jacobian (Finlay et al., ICML 2020). What is reported is
//! exact, for points that it was not trained on.

use std::f64::consts::PI;
use std::time::Instant;

use dfdx::prelude::*;
use diffeq::layers::Divergence;
use diffeq::layers::Ffjord;
use diffeq::prelude::*;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

type Net = (Linear<3, 32>, Tanh, Linear<32, 2>);
type Points = Tensor<(usize, Const<2>), f32, Cpu>;

const POINTS: usize = 128;
const ITERATIONS: usize = 250;
const NOISE: f32 = 0.08;

fn main() -> Result<(), diffeq::Error> {
    let device = Cpu::seed_from_u64(0);
    let mut rng = StdRng::seed_from_u64(0);
    let test = moons(&device, 1000, &mut rng);
    let mut flow = device.build_module::<Ffjord<Net>, f32>();
    (flow.config.rtol, flow.config.atol) = (1e-3, 1e-3);
    // The negative log-likelihood of a point, in nats.
    let cost = |flow: &<Ffjord<Net> as BuildOnDevice<Cpu, f32>>::Built| -> Result<f32, diffeq::Error> {
        Ok(-flow.log_likelihood(test.clone(), Divergence::Exact)?.mean::<Rank0, _>().array())
    };
    let before = cost(&flow)?;

    let weights: Tensor<Rank1<3>, f32, Cpu> = device.tensor([-1.0, 0.01, 0.01]);
    let clock = Instant::now();
    let mut seed = 0;
    let trained =
        Training::adam(0.02).iterations(ITERATIONS).progress("moons").run(&mut flow, |flow, gradients| {
            seed += 1;
            let x = moons(&device, POINTS, &mut rng);
            let each = flow.regularised(x.trace(gradients), Divergence::Rademacher { seed })?;
            Ok((each.mean::<Rank1<3>, Axis<0>>() * weights.clone()).sum())
        })?;
    let ms_per_iteration = clock.elapsed().as_secs_f64() * 1e3 / ITERATIONS as f64;
    (flow.config.rtol, flow.config.atol) = (1e-5, 1e-5);
    let after = cost(&flow)?;
    let gaussian = gaussian_cost(&moons(&device, 1000, &mut rng), &test);

    let samples: Points = flow.sample(1000, &mut rng)?;
    let round_trip =
        (flow.inverse(flow.try_forward(test.clone())?)? - test.clone()).abs().max::<Rank0, _>().array();

    let column =
        |points: &[f32], i: usize| points.chunks_exact(2).map(|x| f64::from(x[i])).collect::<Vec<_>>();
    let empty = |title: &str| {
        Plot::new().title(title).labels("x[0]", "x[1]").x_range(-2.5, 2.5).y_range(-2.5, 2.5).equal()
    };
    let scatter = |points: &Points, title: &str| {
        let points = points.as_vec();
        empty("").points(title, column(&points, 0), column(&points, 1))
    };
    let steps = || (-50..=50).map(|i| 0.05 * i as f32);
    let grid: Vec<f32> = steps().flat_map(|y| steps().flat_map(move |x| [x, y])).collect();
    let x: Points = device.tensor_from_vec(grid.clone(), (grid.len() / 2, Const));
    let p = flow.log_likelihood(x, Divergence::Exact)?.exp().as_vec();
    let mass = p.iter().map(|p| p * 0.05 * 0.05).sum::<f32>();
    let density = empty("").density("learned density", steps(), steps(), p);
    let figure = Figure::new()
        .panel_size(380, 400)
        .panel(scatter(&test, "data"))
        .panel(scatter(&samples, "samples of the flow"))
        .panel(density);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ffjord_two_moons.svg");
    figure.save(path)?;
    println!("{}", figure.to_text(72, 14)?);
    println!("wrote {path}");
    println!(
        "ffjord_two_moons: parameters={} iterations={} nll_before={before:.4} nll_after={after:.4} \
         nll_gaussian={gaussian:.4} mass_in_view={mass:.4} round_trip={round_trip:.1e} \
         ms_per_iteration={ms_per_iteration:.2}",
        flow.num_trainable_params(),
        trained.iterations(),
    );
    Ok(())
}

/// Points near two half circles, each of which holds an end of the other; centred, and of size one.
fn moons(device: &Cpu, count: usize, rng: &mut impl Rng) -> Points {
    let noise: Points = device.sample_normal_like(&(count, Const));
    let points: Vec<f32> = (0..count)
        .flat_map(|_| {
            let angle = rng.gen_range(0.0..PI);
            let (x, y) = (angle.cos(), angle.sin());
            let [x, y] = if rng.r#gen() { [x, y] } else { [1.0 - x, 0.5 - y] };
            [1.15 * (x - 0.5), 2.0 * (y - 0.25)].map(|x| x as f32)
        })
        .collect();
    device.tensor_from_vec(points, (count, Const)) + noise * NOISE
}

/// The mean negative log-likelihood of `test` under the normal distribution with mean and covariance of `train`.
fn gaussian_cost(train: &Points, test: &Points) -> f64 {
    let rows = |points: &Points| -> Vec<[f64; 2]> {
        points.as_vec().chunks_exact(2).map(|x| [f64::from(x[0]), f64::from(x[1])]).collect()
    };
    let (train, test) = (rows(train), rows(test));
    let mean = |f: &dyn Fn(&[f64; 2]) -> f64, points: &[[f64; 2]]| {
        points.iter().map(f).sum::<f64>() / points.len() as f64
    };
    let [mx, my] = [mean(&|x| x[0], &train), mean(&|x| x[1], &train)];
    let xx = mean(&|x| (x[0] - mx) * (x[0] - mx), &train);
    let xy = mean(&|x| (x[0] - mx) * (x[1] - my), &train);
    let yy = mean(&|x| (x[1] - my) * (x[1] - my), &train);
    let determinant = xx * yy - xy * xy;
    let distance = |x: &[f64; 2]| {
        let (dx, dy) = (x[0] - mx, x[1] - my);
        (yy * dx * dx - 2.0 * xy * dx * dy + xx * dy * dy) / determinant
    };
    0.5 * mean(&distance, &test) + (2.0 * PI).ln() + 0.5 * determinant.ln()
}
