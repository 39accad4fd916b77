//! Error control on noise: times at equal error.

use diffeq::prelude::*;

use crate::clock;
use crate::clock::Effort;
use crate::clock::work;
use crate::peers::OURS;
use crate::table::Table;
use crate::table::micros;

#[sde]
fn predators(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4]) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
    noise[0] = 0.1 * x;
    noise[1] = 0.1 * y;
}

const PATHS: u32 = 100;
const TOLERANCES: [f64; 3] = [1e-2, 1e-3, 1e-4];
/// Those of what the errors are measured against.
const FINE: f64 = 1e-7;

/// Measures and prints.
pub fn run() {
    let problem = SdeProblem::new(predators, [1.0; 2], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]).seed(1);
    let end = |trajectory: u32, tolerance: f64| {
        let path = problem.remake().trajectory(trajectory);
        let solver = path.solver(SOSRI).tolerances(tolerance, tolerance).save_every_step(false);
        solver.solve().map_or(([f64::NAN; 2], 0), |solution| (*solution.end(), solution.stats().accepted))
    };
    let fine: Vec<[f64; 2]> = (0..PATHS).map(|i| end(i, FINE).0).collect();
    let error = |tolerance: f64| {
        let ends = (0..PATHS).map(|i| end(i, tolerance).0).zip(&fine);
        let squares = ends.flat_map(|(end, fine)| [end[0] - fine[0], end[1] - fine[1]]).map(|x| x * x);
        (squares.sum::<f64>() / (2.0 * f64::from(PATHS))).sqrt()
    };
    let mut works =
        TOLERANCES.map(|tolerance| work(move || (0..PATHS).map(|i| end(i, tolerance).1).sum::<usize>()));
    let seconds = clock::race(&mut works, Effort::CURVE);
    println!("Lotka and Volterra's equations with noise, error control, {PATHS} paths, one core");
    let mut table = Table::new(&["library", "tolerance", "steps", "error", "us", "over ours at equal error"]);
    let mut lines = Vec::new();
    let ours: Vec<(f64, f64)> = TOLERANCES.into_iter().map(error).zip(seconds.iter().copied()).collect();
    for (tolerance, (error, seconds)) in TOLERANCES.into_iter().zip(&ours) {
        let steps = (0..PATHS).map(|i| end(i, tolerance).1).sum::<usize>() / PATHS as usize;
        table.row([
            format!("{OURS} SOSRI"),
            format!("{tolerance:.0e}"),
            steps.to_string(),
            format!("{error:.1e}"),
            micros(*seconds),
            "1".into(),
        ]);
        lines.push(format!(
            "bench: case=sde_lotka_volterra_sosri tolerance={tolerance:e} us_per_path={:.2} steps={steps} error={error:.2e}",
            1e6 * seconds / f64::from(PATHS),
        ));
    }
    for peer in super::peers("lotka_volterra", &[]) {
        let steps = peer.figures("steps");
        let points = peer.figures("errors").into_iter().zip(peer.figures("seconds_of"));
        for (i, ((error, theirs), tolerance)) in points.zip(TOLERANCES).enumerate() {
            let ratio = theirs / at_error(&ours, error);
            let steps = steps.get(i).map_or(String::new(), |steps| format!("{steps:.0}"));
            table.row([
                peer.name.clone(),
                format!("{tolerance:.0e}"),
                steps,
                format!("{error:.1e}"),
                micros(theirs),
                format!("{ratio:.1}"),
            ]);
            lines.push(format!(
                "bench: case=sde_lotka_volterra_sosri peer={} tolerance={tolerance:e} error={error:.2e} peer_us={} ratio={ratio:.2}",
                peer.name,
                micros(theirs),
            ));
        }
    }
    table.print();
    lines.iter().for_each(|line| println!("{line}"));
}

/// The time at which an error is reached: on the line through the two neighbouring points in logarithms; beyond the points, the
/// outermost two.
fn at_error(points: &[(f64, f64)], error: f64) -> f64 {
    let pair = points.windows(2).find(|pair| error >= pair[1].0).or_else(|| points.windows(2).last());
    let Some([(e0, t0), (e1, t1)]) = pair else { return f64::NAN };
    let part = (error / e0).ln() / (e1 / e0).ln();
    (t0.ln() + part * (t1 / t0).ln()).exp()
}
