//! The gradient of a neural stochastic equation.

use diffeq::nn::Dense;
use diffeq::nn::Mlp;
use diffeq::prelude::*;
use diffeq::space::Components;
use diffeq::space::Vector;
use rand::SeedableRng;
use rand::rngs::StdRng;

use crate::clock;
use crate::clock::Effort;
use crate::clock::work;
use crate::peers::OURS;
use crate::table::Table;
use crate::table::micros;

const PATHS: u32 = 100;
const DT: f64 = 0.02;

/// A network of the cubes for the drift, a layer for the noise: DiffEqFlux's spiral (2019).
#[derive(Components, Clone, Copy)]
struct Networks {
    drift: Mlp<2, 50, 2>,
    noise: Dense<2, 2>,
}

#[sde]
fn spiral(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &Networks) {
    *du = p.drift.forward(u.map(|x| x.powi(3)));
    *noise = p.noise.forward(*u);
}

/// Measures and prints.
pub fn run() {
    let mut rng = StdRng::seed_from_u64(0);
    let networks = Networks { drift: Mlp::init(&mut rng), noise: Dense::init(&mut rng) }.over::<f64>();
    let weights = networks.as_slice().to_vec();
    let problem = SdeProblem::new(spiral, [2.0, 0.0], (0.0, 1.0), networks).seed(1).cells(DT);
    // The mean square of the ends, and its gradient.
    let gradient = || -> Result<(f64, Vec<f64>), diffeq::Error> {
        let (mut loss, mut sum) = (0.0, vec![0.0; weights.len()]);
        for trajectory in 0..PATHS {
            let path = problem.remake().trajectory(trajectory);
            let solver = path.solver(EulerMaruyama).fixed(DT).save_at(Grid::points([1.0]));
            let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
            let end = solution.end();
            loss += end.iter().map(|x| x * x).sum::<f64>() / f64::from(PATHS);
            let bar = end.map(|x| 2.0 * x / f64::from(PATHS));
            let of_path = pullback.call(&[bar])?;
            sum.iter_mut().zip(of_path.p.as_slice()).for_each(|(sum, x)| *sum += x);
        }
        Ok((loss, sum))
    };
    let loss = gradient().map_or(f64::NAN, |(loss, _)| loss);
    let seconds = clock::race(&mut [work(&gradient)], Effort::PRECISE)[0];
    println!("gradient of a neural equation, {PATHS} paths of 50 Euler-Maruyama steps, one core");
    let mut table = Table::new(&["library", "us", "over ours", "loss"]);
    table.row([OURS.into(), micros(seconds), "1".into(), format!("{loss:.3}")]);
    let mut lines = vec![format!("bench: case=sde_neural ours_us={}", micros(seconds))];
    for peer in super::peers("neural", &[&weights]) {
        let (theirs, loss) = (peer.figure("seconds"), peer.figure("loss"));
        let ratio = theirs / seconds;
        table.row([peer.name.clone(), micros(theirs), format!("{ratio:.1}"), format!("{loss:.3}")]);
        lines.push(format!(
            "bench: case=sde_neural peer={} peer_us={} ratio={ratio:.2}",
            peer.name,
            micros(theirs)
        ));
    }
    table.print();
    lines.iter().for_each(|line| println!("{line}"));
    println!();
}
