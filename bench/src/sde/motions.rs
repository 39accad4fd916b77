//! Geometric Brownian motion: what a step costs.

use diffeq::ensemble::MomentsOf;
use diffeq::ensemble::Outcome;
use diffeq::noise::Asks;
use diffeq::noise::Increment;
use diffeq::noise::Path;
use diffeq::prelude::*;
use rand::Rng;
use rand::SeedableRng;
use rand::distributions::Distribution;
use rand::rngs::SmallRng;

use crate::clock;
use crate::clock::Effort;
use crate::clock::work;
use crate::peers::OURS;
use crate::table::Table;

#[sde]
fn stocks(du: &mut [f64; 4], noise: &mut [f64; 4], u: &[f64; 4], p: &[f64; 2]) {
    for i in 0..4 {
        du[i] = p[0] * u[i];
        noise[i] = p[1] * u[i];
    }
}

const STEPS: usize = 1000;
/// How many paths are timed at once, and how many there are in the ensemble that the peers solve.
const PATHS: u32 = 100;
const MANY: usize = 10_000;
const DT: f64 = 1.0 / STEPS as f64;
const P: [f64; 2] = [0.1, 0.3];

/// Normal numbers by the polar method of Marsaglia, two at a time.
struct Normal;

impl Distribution<[f64; 2]> for Normal {
    fn sample<R: Rng + ?Sized>(&self, rng: &mut R) -> [f64; 2] {
        loop {
            let [x, y] = [0; 2].map(|_| 2.0 * rng.r#gen::<f64>() - 1.0);
            let square = x * x + y * y;
            if square < 1.0 && square > 0.0 {
                let factor = (-2.0 * square.ln() / square).sqrt();
                return [x * factor, y * factor];
            }
        }
    }
}

/// Keeps a result from the optimiser.
fn keep<R>(result: R) {
    std::hint::black_box(result);
}

/// One step of Euler and Maruyama.
#[inline(always)]
fn step(u: &mut [f64; 4], w: &[f64]) {
    for (u, w) in u.iter_mut().zip(w) {
        *u += DT * (P[0] * *u) + P[1] * *u * w;
    }
}

/// Measures and prints.
pub fn run() {
    let problem = SdeProblem::new(stocks, [1.0; 4], (0.0, 1.0), P).seed(1).cells(DT);
    let solve = |trajectory: u32| {
        let path = problem.remake().trajectory(trajectory);
        path.solver(EulerMaruyama).fixed(DT).save_every_step(false).solve().map(|solution| *solution.end())
    };
    let by_hand = |trajectory: u32| {
        let path = problem.driven.model.path.trajectory(trajectory);
        let (mut cursor, mut increment) = (path.cursor(4), Increment::new(4, Asks::Values));
        let mut u = [1.0; 4];
        for i in 0..STEPS {
            let (from, to) = (i as f64 * DT, (i + 1) as f64 * DT);
            if path.increment(&mut cursor, from, to, &mut increment).is_err() {
                return [f64::NAN; 4];
            }
            step(&mut u, &increment.w);
        }
        u
    };
    let apart = solve(3).map_or(f64::NAN, |ours| {
        ours.iter().zip(by_hand(3)).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max)
    });
    let generator = |seed: u32| {
        let (mut rng, root) = (SmallRng::seed_from_u64(u64::from(seed)), DT.sqrt());
        let mut u = [1.0; 4];
        for _ in 0..STEPS {
            let [[a, b], [c, d]] = [0; 2].map(|_| Normal.sample(&mut rng));
            step(&mut u, &[root * a, root * b, root * c, root * d]);
        }
        u
    };
    let strong = |trajectory: u32| {
        let path = problem.remake().trajectory(trajectory);
        path.solver(SOSRI).fixed(DT).save_every_step(false).solve().map(|solution| *solution.end())
    };
    let gradient = |trajectory: u32| {
        let path = problem.remake().trajectory(trajectory);
        let solver = path.solver(EulerMaruyama).fixed(DT).save_at(Grid::points([1.0]));
        let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
        pullback.call(&[[1.0; 4]]).map(|gradient| gradient.p)
    };
    let all = |each: &dyn Fn(u32)| (0..PATHS).for_each(each);
    let mut works = [
        work(|| all(&|i| keep(solve(i)))),
        work(|| all(&|i| keep(by_hand(i)))),
        work(|| all(&|i| keep(generator(i)))),
        work(|| all(&|i| keep(strong(i)))),
        work(|| all(&|i| keep(gradient(i)))),
    ];
    let seconds = clock::race(&mut works, Effort::PRECISE);
    let per_step = |seconds: f64| 1e9 * seconds / (f64::from(PATHS) * STEPS as f64);
    println!("four geometric Brownian motions, {PATHS} paths of {STEPS} steps, one thread");
    let mut table = Table::new(&["library", "what", "ns/path-step", "over the loop"]);
    let rows = [
        (OURS, "Euler-Maruyama", seconds[0]),
        ("by hand", "Euler-Maruyama, the same path", seconds[1]),
        ("by hand", "Euler-Maruyama, a small generator", seconds[2]),
        (OURS, "SOSRI", seconds[3]),
        (OURS, "Euler-Maruyama, and its gradient", seconds[4]),
    ];
    for (library, what, seconds_of) in rows {
        table.row([
            library.to_string(),
            what.to_string(),
            format!("{:.1}", per_step(seconds_of)),
            format!("{:.2}", seconds_of / seconds[1]),
        ]);
    }
    table.print();
    println!(
        "bench: case=sde_gbm4 ours_ns={:.2} by_hand_ns={:.2} generator_ns={:.2} sosri_ns={:.2} gradient_ns={:.2} \
         over_by_hand={:.3} apart={apart:.1e}\n",
        per_step(seconds[0]),
        per_step(seconds[1]),
        per_step(seconds[2]),
        per_step(seconds[3]),
        per_step(seconds[4]),
        seconds[0] / seconds[1],
    );
    ensembles(&problem);
}

/// All paths as an ensemble, one by one and side by side, their mean at the end, on one thread; and the peers.
fn ensembles(problem: &SdeProblem<stocks>) {
    let ensemble = Ensemble::new(MANY, |i| problem.remake().trajectory(i as u32)).threads(1);
    let end = Grid::points([1.0]);
    macro_rules! solver {
        ($method:ident) => {
            |problem| problem.solver($method).fixed(DT).save_at(end.clone())
        };
    }
    macro_rules! solve {
        ($method:ident) => {
            |problem: &SdeProblem<stocks>| problem.solver($method).fixed(DT).save_at(end.clone()).solve()
        };
    }
    let mean = |outcome: Result<Outcome<MomentsOf>, diffeq::Error>| {
        let moments = outcome.and_then(Outcome::complete);
        moments.map_or(f64::NAN, |moments| moments.mean(0).iter().sum::<f64>() / 4.0)
    };
    let ours: [(&str, Box<dyn Fn() -> f64 + '_>); 4] = [
        ("Euler-Maruyama, side by side", Box::new(|| mean(ensemble.solve(solver!(EulerMaruyama), Moments)))),
        ("SOSRI, side by side", Box::new(|| mean(ensemble.solve(solver!(SOSRI), Moments)))),
        ("Euler-Maruyama, one by one", Box::new(|| mean(ensemble.run(solve!(EulerMaruyama), Moments)))),
        ("SOSRI, one by one", Box::new(|| mean(ensemble.run(solve!(SOSRI), Moments)))),
    ];
    let mut works: Vec<_> = ours.iter().map(|(_, mean)| work(mean)).collect();
    let (together, one_by_one) = works.split_at_mut(2);
    let mut seconds = clock::race(together, Effort::LONG);
    seconds.extend(clock::race(one_by_one, Effort::LONG));
    println!("{MANY} paths of {STEPS} steps, their mean at the end ({:.4} exactly), one core", P[0].exp());
    let mut table = Table::new(&["library", "what", "million path-steps/s", "over ours", "mean"]);
    let mut lines = Vec::new();
    let mut row = |library: &str, what: &str, ours: f64, seconds: f64, mean: f64| {
        let (rate, ratio) = (1e-6 * (MANY * STEPS) as f64 / seconds, seconds / ours);
        let mean = format!("{mean:.4}");
        table.row([library.into(), what.into(), format!("{rate:.3}"), format!("{ratio:.1}"), mean]);
        lines.push(format!(
            "bench: case=sde_gbm4_ensemble who={library} what={} path_steps_per_s={:.4e} ratio={ratio:.2}",
            what.replace([',', ' '], "_"),
            1e6 * rate
        ));
    };
    for (i, (what, mean)) in ours.iter().enumerate() {
        row(OURS, what, seconds[i % 2], seconds[i], mean());
    }
    for peer in super::peers("gbm", &[]) {
        let (library, what) = peer.name.split_once('_').unwrap_or((&peer.name, ""));
        let ours = seconds[usize::from(what != "euler")];
        row(library, what, ours, peer.figure("seconds"), peer.figure("mean"));
    }
    table.print();
    lines.iter().for_each(|line| println!("{line}"));
    println!();
    oscillators();
}

/// An ordinary equation, for what lanes are worth where nothing is drawn.
#[ode]
fn lorenz(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3]) {
    let [x, y, z] = *u;
    *du = [p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z];
}

/// Lorenz's equations from a thousand states, by steps of one size: one by one and side by side.
fn oscillators() {
    let problem =
        |i: usize| OdeProblem::new(lorenz, [1.0, 0.0, 1e-3 * i as f64], (0.0, 1.0), [10.0, 28.0, 8.0 / 3.0]);
    let ensemble = Ensemble::new(1024, problem).threads(1);
    let end = Grid::points([1.0]);
    let single = || ensemble.run(|problem| problem.solver(RK4).dt(DT).save_at(end.clone()).solve(), Moments);
    let together = || ensemble.solve(|problem| problem.solver(RK4).dt(DT).save_at(end.clone()), Moments);
    let is_same = match (single(), together()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    };
    let seconds = clock::race(&mut [work(single), work(together)], Effort::CURVE);
    let [one, all] = [0, 1].map(|i| 1e9 * seconds[i] / (1024 * STEPS) as f64);
    println!(
        "Lorenz's equations by RK4, 1024 trajectories of {STEPS} steps: {one:.1} ns a step one by one, {all:.1} side by side\n\
         bench: case=lanes_lorenz_rk4 one_ns={one:.2} lanes_ns={all:.2} ratio={:.2} same_bits={is_same}\n",
        one / all
    );
}
