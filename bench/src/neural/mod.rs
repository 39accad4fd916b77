//! `bench -- neural`: neural ODEs against diffrax and torchdiffeq, and against a loop written by hand.
//!
//! An iteration is the loss, its gradient, and Adam's update. The spiral is that of DiffEqFlux (2019): `u' = A u³` from
//! (2, 0), 30 points of (0, 1.5), a network 2-50-2 of the cubes. Everyone trains from the same weights; as trainings
//! part, and what an iteration takes depends on the weights, everyone is timed at weights that are written down as well, with the
//! control of the step size that the peers have. Ours looks at the error of its gradients, and solves again where it is too large,
//! which no peer does: a row says what the same takes without, and that of the training for how many gradients it did. The batch is 256
//! states of 64 numbers, a field 64-128-64, the mean square of the states at t = 1 and its gradient. Ours and the peers run
//! one after the other, on one core each.

mod by_hand;
mod weights;

use std::cell::Cell;
use std::sync::Arc;
use std::time::Instant;

use dfdx::optim::Adam;
use dfdx::optim::AdamConfig;
use dfdx::optim::Optimizer;
use dfdx::prelude::*;
use diffeq::control::Pid;
use diffeq::dfdx::destructure;
use diffeq::dfdx::restructure_into;
use diffeq::layers::NeuralOde;
use diffeq::layers::OdeConfig;
use diffeq::nn::Cube;
use diffeq::prelude::*;

use crate::clock;
use crate::clock::Effort;
use crate::models::lotka_volterra;
use crate::python;
use crate::python::Peer;
use crate::table::Table;
use crate::table::micros;
use by_hand::Loop;
use by_hand::PARAMETERS;
use by_hand::Step;
use weights::WEIGHTS;

/// The network of the spiral.
type Spiral = (Cube, Linear<2, 50>, Tanh, Linear<50, 2>);
/// The field of the batch.
type Wide = (Linear<64, 128>, Tanh, Linear<128, 64>);

const POINTS: usize = 30;
const SPAN: (f64, f64) = (0.0, 1.5);
const ITERATIONS: usize = 1000;

/// The spiral that the network learns.
#[ode]
fn spiral(u: [f64; 2]) -> [f64; 2] {
    let [x, y] = u.map(|x| x.powi(3));
    [-0.1 * x + 2.0 * y, -2.0 * x - 0.1 * y]
}

/// Measures and prints. Without Python or its packages, ours alone.
pub fn run() {
    let mut report = Report::new();
    let results = [
        spiral_f32(&mut report, "spiral_1e-3", 1e-3, 1e-6),
        spiral_f64(&mut report, "spiral_1e-7", 1e-7, 1e-9),
        gradient(&mut report),
        batch(&mut report),
    ];
    report.print();
    for error in results.into_iter().filter_map(Result::err) {
        eprintln!("{error}");
    }
}

/// Rows of the table, and lines for programs.
struct Report {
    table: Table,
    lines: Vec<String>,
}

impl Report {
    fn new() -> Self {
        Self { table: Table::new(&["case", "who", "us", "ratio", "notes"]), lines: Vec::new() }
    }

    fn ours(&mut self, case: &str, seconds: f64, notes: &str) {
        self.table.row([case.into(), "diffeq".into(), micros(seconds), "1".into(), notes.into()]);
    }

    /// Another's time, and theirs over ours.
    fn other(&mut self, case: &str, who: &str, ours: f64, theirs: f64, notes: &str) {
        let ratio = theirs / ours;
        self.table.row([case.into(), who.into(), micros(theirs), format!("{ratio:.1}"), notes.into()]);
        let pairs = notes.replace(", ", " ");
        self.lines.push(format!(
            "bench: case={case} ours_us={} peer={who} peer_us={} ratio={ratio:.2} {pairs}",
            micros(ours),
            micros(theirs)
        ));
    }

    /// The peers of a case, each against the time of ours that it is to be compared with.
    fn peers(&mut self, case: &str, weights: &[&[f64]], ours: impl Fn(&Peer) -> f64) {
        match python::run("peers.py", case, weights) {
            Ok(peers) => {
                for peer in peers {
                    let notes: Vec<String> = ["loss_before", "loss_after", "loss", "steps"]
                        .iter()
                        .filter(|name| !peer.figure(name).is_nan())
                        .map(|name| format!("{name}={:.4e}", peer.figure(name)))
                        .collect();
                    self.other(case, &peer.name, ours(&peer), peer.figure("us") * 1e-6, &notes.join(", "));
                }
            }
            Err(error) => println!("{case}: the Python peers do not run: {error}"),
        }
    }

    fn print(&self) {
        self.table.print();
        for line in &self.lines {
            println!("{line}");
        }
    }
}

/// The spiral in one precision: trained, then timed at given weights, against the loop by hand and the peers.
macro_rules! spirals {
    ($($name:ident $float:ident;)*) => { $(
        fn $name(report: &mut Report, case: &str, rtol: f64, atol: f64) -> Result<(), diffeq::Error> {
            let device = Cpu::seed_from_u64(0);
            let data = OdeProblem::new(spiral, [2.0, 0.0], SPAN, [])
                .solver(Tsit5)
                .tolerances(1e-10, 1e-12)
                .save_at(Grid::count(POINTS))
                .solve()?;
            let values: Vec<$float> = data.values().iter().map(|x| *x as $float).collect();
            let target: Tensor<(usize, Const<2>), $float, Cpu> =
                device.tensor_from_vec(values.clone(), (POINTS, Const));
            let u0: Tensor<Rank1<2>, $float, Cpu> = device.tensor([2.0, 0.0]);
            let config = OdeConfig::span(SPAN).tolerances(rtol, atol).save_at(Grid::count(POINTS));
            let mut model = NeuralOde::new(device.build_module::<Spiral, $float>(), config);
            let start: Vec<f64> = destructure(&model)?.iter().map(|w| f64::from(*w)).collect();

            let loss = |model: &NeuralOde<_>, gradients| {
                let predicted = model.series(u0.trace(gradients))?;
                Ok((predicted - target.clone()).square().sum())
            };
            let gradient = |model: &NeuralOde<_>| -> Result<Vec<$float>, diffeq::Error> {
                diffeq::dfdx::flat_gradients(model, &mut loss(model, model.alloc_grads())?.backward())
            };
            let is_solved_again = |model: &NeuralOde<_>| -> Result<bool, diffeq::Error> {
                Ok(gradient(model)? != gradient(&unchecked(model))?)
            };

            let mut untrained = model.clone();
            let clock = Instant::now();
            let trained = Training::adam(0.1).iterations(ITERATIONS).run(&mut model, loss)?;
            let seconds = clock.elapsed().as_secs_f64() / ITERATIONS as f64;
            let (before, after) = (trained.losses[0], trained.losses[ITERATIONS]);
            let mut free = unchecked(&untrained);
            let clock = Instant::now();
            let trained_free = Training::adam(0.1).iterations(ITERATIONS).run(&mut free, loss)?;
            let (free_seconds, free_after) =
                (clock.elapsed().as_secs_f64() / ITERATIONS as f64, trained_free.losses[ITERATIONS]);
            // The same training, untimed.
            let again = Cell::new(0);
            let counted = |model: &NeuralOde<_>, gradients| {
                again.set(again.get() + usize::from(is_solved_again(model)?));
                loss(model, gradients)
            };
            Training::adam(0.1).iterations(ITERATIONS).run(&mut untrained, counted)?;
            let (accepted, again) = (model.solve(&u0)?.stats().accepted, again.get());
            report.ours(
                case,
                seconds,
                &format!("loss_before={before:.4e}, loss_after={after:.4e}, steps={accepted}, solved_again={again}"),
            );

            report.ours(case, free_seconds, &format!("the same, unchecked, loss_after={free_after:.4e}"));

            // At given weights: loss and gradient, ours and by hand.
            let p: [$float; PARAMETERS] = WEIGHTS.map(<$float>::from);
            restructure_into(&mut model, &p)?;
            let mut each = model.clone();
            each.config.options = diffeq::integrate::Options { save_every_step: Some(true), ..Default::default() };
            let steps = steps(each.solve(&u0)?.times());
            let rows: Vec<[$float; 2]> = values.chunks_exact(2).map(|u| [u[0], u[1]]).collect();
            let mut by_hand = Loop::new();
            let (own_loss, own_gradient) = by_hand.run(&p, [2.0, 0.0], &steps, &rows);
            let ours_loss = loss(&model, model.alloc_grads())?.array();
            let flat = gradient(&model)?;
            let size = flat.iter().fold(0.0_f64, |size, x| size.max(f64::from(x.abs())));
            let gap = flat.iter().zip(&own_gradient).fold(0.0_f64, |gap, (a, b)| gap.max(f64::from((a - b).abs())));
            // With the peers' control of the step size: theirs is the elementary one, ours proportional-integral.
            let mut elementary = model.clone();
            elementary.config.options.controller = Arc::new(Pid::i());
            let elementary_unchecked = unchecked(&elementary);
            // An update like the peers', at a learning rate that leaves the weights where they are.
            let iteration = |model: &NeuralOde<_>, adam: &mut Adam<_, _, _>, same: &mut NeuralOde<_>| {
                let gradients = loss(model, model.alloc_grads())?.backward();
                adam.update(same, &gradients).map_err(|error| diffeq::Error::Layer {
                    layer: "bench",
                    message: format!("{error:?}"),
                })
            };
            let idle = AdamConfig { lr: 0.0, ..AdamConfig::default() };
            let mut same = [model.clone(), model.clone(), model.clone()];
            let mut adam = same.each_ref().map(|model| Adam::new(model, idle));
            let ([same_pi, same_elementary, same_unchecked], [adam_pi, adam_elementary, adam_unchecked]) =
                (same.each_mut(), adam.each_mut());
            let mut works = [
                clock::work(|| -> Result<_, diffeq::Error> {
                    Ok(loss(&model, model.alloc_grads())?.backward())
                }),
                clock::work(|| by_hand.run(&p, [2.0, 0.0], &steps, &rows)),
                clock::work(|| iteration(&model, adam_pi, same_pi)),
                clock::work(|| iteration(&elementary, adam_elementary, same_elementary)),
                clock::work(|| iteration(&elementary_unchecked, adam_unchecked, same_unchecked)),
            ];
            let trained_seconds = clock::race(&mut works, Effort::PRECISE);
            drop(works);
            report.other(
                case,
                "by_hand",
                trained_seconds[0],
                trained_seconds[1],
                &format!(
                    "loss_gap={:.1e}, gradient_gap={:.1e}",
                    f64::from((ours_loss - own_loss).abs() / own_loss),
                    gap / size
                ),
            );
            let attempts = |model: &NeuralOde<_>| -> Result<usize, diffeq::Error> {
                let stats = model.solve(&u0)?.stats();
                Ok(stats.accepted + stats.rejected)
            };
            for (seconds, control, model) in
                [(trained_seconds[2], "PI", &model), (trained_seconds[3], "elementary", &elementary)]
            {
                let (steps, again) = (attempts(model)?, usize::from(is_solved_again(model)?));
                let notes = format!("at given weights, {control} control, steps={steps}, solved_again={again}");
                report.ours(case, seconds, &notes);
            }
            report.ours(case, trained_seconds[4], "the same weights and control, unchecked");
            let given: Vec<f64> = p.iter().map(|w| f64::from(*w)).collect();
            report.peers(case, &[&start, &given], |peer| match peer.name.as_str() {
                "diffrax_training" => seconds,
                _ => trained_seconds[3],
            });
            Ok(())
        }
    )* };
}

spirals! {
    spiral_f32 f32;
    spiral_f64 f64;
}

/// The same equation, whose gradients are those of the first solve.
fn unchecked<N: Clone>(model: &NeuralOde<N>) -> NeuralOde<N> {
    let mut model = model.clone();
    model.config.options.derivative_tolerance = None;
    model
}

/// The steps between times, and where the rows of the grid lie.
fn steps(ends: &[f64]) -> Vec<Step> {
    let grid: Vec<f64> =
        (0..POINTS).map(|i| SPAN.0 + (SPAN.1 - SPAN.0) * i as f64 / (POINTS - 1) as f64).collect();
    let mut steps: Vec<Step> = Vec::new();
    for pair in ends.windows(2) {
        let h = pair[1] - pair[0];
        let is_first = steps.is_empty();
        let rows = grid
            .iter()
            .enumerate()
            .filter(|(_, t)| (**t > pair[0] || is_first && **t == pair[0]) && (**t <= pair[1]));
        let rows = rows.map(|(row, t)| (row, (t - pair[0]) / h)).collect();
        steps.push(Step { h, rows });
    }
    steps
}

/// The four parameters of Lotka and Volterra's equations through a solve at 1e-6.
fn gradient(report: &mut Report) -> Result<(), diffeq::Error> {
    let problem = OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), [2.2, 1.0, 2.0, 0.4]);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1));
    let reverse = || -> Result<[f64; 4], diffeq::Error> {
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
        let cotangents: Vec<[f64; 2]> = solution.states().map(|u| u.map(|x| 2.0 * (x - 1.0))).collect();
        Ok(pullback.call(&cotangents)?.p)
    };
    let ours = reverse()?;
    let seconds = clock::race(&mut [clock::work(reverse)], Effort::PRECISE)[0];
    report.ours("lv_gradient", seconds, "");
    match python::run("peers.py", "lv_gradient", &[]) {
        Ok(peers) => {
            for peer in peers {
                let theirs = peer.figures("gradient");
                let size = ours.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
                let gap = ours.iter().zip(&theirs).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs())) / size;
                let notes = format!("gradient_gap={gap:.1e}");
                report.other("lv_gradient", &peer.name, seconds, peer.figure("us") * 1e-6, &notes);
            }
        }
        Err(error) => println!("lv_gradient: the Python peers do not run: {error}"),
    }
    Ok(())
}

/// A batch of 256 states of 64 numbers.
fn batch(report: &mut Report) -> Result<(), diffeq::Error> {
    let device = Cpu::seed_from_u64(1);
    let config = OdeConfig::span((0.0, 1.0)).tolerances(1e-3, 1e-6);
    let model = NeuralOde::new(device.build_module::<Wide, f32>(), config);
    let x: Tensor<(usize, Const<64>), f32, Cpu> = device.sample_normal_like(&(256, Const));
    let weights: Vec<f64> = destructure(&model)?.iter().map(|w| f64::from(*w)).collect();
    let free = unchecked(&model);
    let loss = |model: &NeuralOde<_>| -> Result<Loss<f32>, diffeq::Error> {
        Ok(model.try_forward(x.trace(model.alloc_grads()))?.square().mean())
    };
    let value = loss(&model)?.array();
    let steps = model.solve(&x)?.stats().accepted;
    let backward = |model: &NeuralOde<_>| -> Result<_, diffeq::Error> { Ok(loss(model)?.backward()) };
    let mut works = [clock::work(|| backward(&model)), clock::work(|| backward(&free))];
    let [seconds, free_seconds] = clock::race(&mut works, Effort::PRECISE)[..] else {
        unreachable!("one time for each work")
    };
    report.ours("batch", seconds, &format!("loss={value:.4e}, steps={steps}"));
    report.ours("batch", free_seconds, "the same, unchecked");
    report.peers("batch", &[&weights], |_| seconds);
    Ok(())
}

type Loss<E> = diffeq::dfdx::Loss<E, Cpu>;
