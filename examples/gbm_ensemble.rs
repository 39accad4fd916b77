//! Two hundred thousand paths of geometric Brownian motion, and the law that they obey.
//!
//! `du = μ u dt + σ u dW` has a known law: `ln u(t)` is normal with mean `ln u0 + (μ - σ²/2) t` and variance `σ² t`. Mean and
//! quantiles of an ensemble have to agree with it, as closely as so many samples can. The paths are solved on all threads; the
//! result is the same to the bit on any number of them.

use diffeq::Error;
use diffeq::prelude::*;

#[sde]
fn stock(du: &mut f64, noise: &mut f64, u: &f64, p: &Market) {
    *du = p.growth * u;
    *noise = p.volatility * u;
}

#[derive(Components, Clone, Copy)]
struct Market {
    growth: f64,
    volatility: f64,
}

const PATHS: usize = 200_000;
const MARKET: MarketOf<f64> = MarketOf { growth: 0.5, volatility: 0.8 };
const LEVELS: [f64; 3] = [0.05, 0.5, 0.95];
/// The normal distribution's quantiles at these levels.
const NORMAL: [f64; 3] = [-1.644_853_626_951_472_7, 0.0, 1.644_853_626_951_472_7];

fn main() -> Result<(), Error> {
    let problem = SdeProblem::new(stock, 1.0, (0.0, 1.0), MARKET).seed(2026).cells(1.0 / 16.0);
    let ensemble =
        Ensemble::new(PATHS, |i| problem.remake().trajectory(i as u32)).origin("seed 2026").progress("paths");
    let solve = |problem: &SdeProblem<stock>| {
        problem.solver(SRIW1).fixed(1.0 / 16.0).save_at(Grid::step(0.125)).solve()
    };
    let start = std::time::Instant::now();
    let (moments, bands) = ensemble.run(solve, (Moments, Quantiles::of(LEVELS)))?.complete()?;
    let seconds = start.elapsed().as_secs_f64();

    let quantile = |normal: f64, t: f64| {
        let MarketOf { growth, volatility } = MARKET;
        ((growth - 0.5 * volatility * volatility) * t + volatility * t.sqrt() * normal).exp()
    };
    let last = bands.times().len() - 1;
    let mean = moments.mean(last)[0];
    let off = (mean - MARKET.growth.exp()) / moments.standard_error(last)[0];
    let quantile_error = NORMAL.iter().enumerate().map(|(which, normal)| {
        let exact = quantile(*normal, 1.0);
        (bands.row(which, last)[0] / exact - 1.0).abs()
    });
    let worst = quantile_error.fold(0.0, f64::max);

    let times: Vec<f64> = (0..=200).map(|i| f64::from(i) / 200.0).collect();
    let mut panel = bands.plot(0, "90 % of the paths, and the median").title("two hundred thousand paths");
    for normal in NORMAL {
        panel = panel.dashed("the law", times.clone(), times.iter().map(|t| quantile(normal, *t)));
    }
    for i in 0..3 {
        let path = ensemble.problem(i).cells(1.0 / 512.0);
        let path = path.solver(SRIW1).fixed(1.0 / 512.0).solve()?;
        panel = panel.line("three of them", path.times().to_vec(), path.component(0)?);
    }
    panel.labels("t", "u").save("target/gbm_ensemble.svg")?;
    println!("target/gbm_ensemble.svg shows the bands and the law");
    println!(
        "gbm_ensemble: paths={PATHS} mean={mean:.5} exact={:.5} standard_errors_off={off:.2} \
         worst_quantile_error={worst:.5} paths_per_second={:.0}",
        MARKET.growth.exp(),
        PATHS as f64 / seconds,
    );
    Ok(())
}
