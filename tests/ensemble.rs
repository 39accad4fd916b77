//! Ensembles: what many trajectories come to, on any number of threads.
//!
//! Oracles: closed forms of the mean over parameters, statistics computed here from all trajectories in two passes, and
//! each trajectory solved alone. None of them shares a reduction with the code.

use diffeq::ensemble::Average;
use diffeq::ensemble::Collect;
use diffeq::ensemble::Ensemble;
use diffeq::ensemble::Moments;
use diffeq::ensemble::Quantiles;
use diffeq::error::Error;
use diffeq::integrate::Grid;
use diffeq::integrate::Solution;
use diffeq::ode;
use diffeq::problem::OdeProblem;
use diffeq::sensitivity::DiscreteAdjoint;
use diffeq::stepper::Tsit5;

#[ode]
fn logistic(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1]) {
    du[0] = p[0] * u[0] * (1.0 - u[0]);
    du[1] = -u[1];
}

type Problem = OdeProblem<logistic>;

/// Start values that no order sorts: multiples of the golden ratio, without their integers.
fn start(i: usize) -> f64 {
    0.05 + 0.9 * (i as f64 * 0.618_033_988_749_894_9).fract()
}

fn ensemble(trajectories: usize) -> Ensemble<impl Fn(usize) -> Problem + Sync> {
    Ensemble::new(trajectories, |i| OdeProblem::new(logistic, [start(i), 1.0], (0.0, 2.0), [1.5]))
}

fn solve(problem: &Problem) -> Result<Solution<[f64; 2], f64>, Error> {
    problem.solver(Tsit5).save_at(Grid::points([0.0, 1.0, 2.0])).solve()
}

fn exact(u0: f64, t: f64) -> f64 {
    let growth = (1.5 * t).exp();
    u0 * growth / (1.0 + u0 * (growth - 1.0))
}

#[test]
fn moments_are_those_of_all_trajectories() {
    let n = 1000;
    let moments = ensemble(n).run(solve, Moments).unwrap().complete().unwrap();
    assert_eq!((moments.count(), moments.times()), (n, &[0.0, 1.0, 2.0][..]));
    for (row, t) in [0.0, 1.0, 2.0].into_iter().enumerate() {
        let values: Vec<f64> = (0..n).map(|i| exact(start(i), t)).collect();
        let mean = values.iter().sum::<f64>() / n as f64;
        let variance = values.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1) as f64;
        // The solves are good to 1e-6 of their tolerance, ten times that at the end of a span of a few steps.
        assert!((moments.mean(row)[0] - mean).abs() < 1e-5, "{t}: {} {mean}", moments.mean(row)[0]);
        assert!((moments.variance(row)[0] - variance).abs() < 1e-5);
        assert!((moments.standard_error(row)[0] - (variance / n as f64).sqrt()).abs() < 1e-6);
        // The second component is the same for all but for the error of their solves: the square of 1e-6.
        assert!(moments.variance(row)[1] < 1e-12);
    }
}

#[test]
fn a_large_mean_costs_no_digits_of_the_variance() {
    // Two values in turn: mean 1e8 + 1/2, variance 1/4 n / (n - 1), where the sum of squares less the square of the sum has no digit.
    let ensemble = Ensemble::new(1000, |i| 1e8 + (i % 2) as f64);
    let moments = ensemble.run(|x| Ok(*x), Moments).unwrap().complete().unwrap();
    assert_eq!(moments.mean(0), [1e8 + 0.5]);
    assert!((moments.variance(0)[0] - 0.25 * 1000.0 / 999.0).abs() < 1e-9);
}

#[test]
fn quantiles_are_those_of_all_trajectories() {
    let n = 501;
    let probabilities = [0.0, 0.05, 0.5, 0.95, 1.0];
    let quantiles = ensemble(n).run(solve, Quantiles::of(probabilities)).unwrap().complete().unwrap();
    let mut values: Vec<f64> = (0..n).map(|i| exact(start(i), 2.0)).collect();
    values.sort_by(f64::total_cmp);
    // With 501 values these are values themselves: numbers 0, 25, 250, 475, 500.
    for (which, place) in [0, 25, 250, 475, 500].into_iter().enumerate() {
        assert!((quantiles.row(which, 2)[0] - values[place]).abs() < 1e-5);
        assert_eq!(quantiles.of(which, 0)[2], quantiles.row(which, 2)[0]);
    }
    // Between two values it is interpolated.
    let two = Ensemble::new(2, |i| 10.0 * i as f64);
    let between = two.run(|x| Ok(*x), Quantiles::of([0.25])).unwrap().complete().unwrap();
    assert_eq!(between.row(0, 0), [2.5]);
    // What is no number lies nowhere, and hides nothing.
    let lost = Ensemble::new(3, |i| [1.0, f64::NAN, 2.0][i]);
    let lost = lost.run(|x| Ok(*x), Quantiles::of([0.0, 0.5])).unwrap().complete().unwrap();
    assert!(lost.row(0, 0)[0].is_nan() && lost.row(1, 0)[0].is_nan());
}

#[test]
fn the_number_of_threads_changes_no_bit() {
    // More trajectories than blocks, and fewer.
    for n in [5, 700] {
        let result = |threads: usize| {
            let reduction = (Moments, (Quantiles::of([0.1, 0.9]), Collect));
            let (moments, (quantiles, all)) =
                ensemble(n).threads(threads).run(solve, reduction).unwrap().complete().unwrap();
            let ends: Vec<(usize, Vec<f64>)> =
                all.into_iter().map(|(i, solution)| (i, solution.values().to_vec())).collect();
            (moments, quantiles, ends)
        };
        let one = result(1);
        for threads in [2, 7] {
            assert_eq!(one, result(threads), "{n} trajectories, {threads} threads");
        }
        // A trajectory alone is the one in the ensemble.
        for i in [0, n / 2, n - 1] {
            assert_eq!(one.2[i], (i, solve(&ensemble(n).problem(i)).unwrap().values().to_vec()));
        }
    }
}

#[test]
fn the_gradient_of_a_mean_is_the_mean_of_gradients() {
    let n = 40;
    let outcome = ensemble(n)
        .run(
            |problem| {
                let solver = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::points([2.0]));
                let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
                Ok((solution.end()[0], pullback.call(&[[1.0, 0.0]])?))
            },
            Average,
        )
        .unwrap();
    assert_eq!(outcome.solved, n);
    let mean = outcome.value;
    // u(t) = u0 e / (1 + u0 (e - 1)) with e = exp(p t): its derivatives by u0 and by p.
    let e = 3.0_f64.exp();
    let below = |i| 1.0 + start(i) * (e - 1.0);
    let (mut loss, mut by_u0, mut by_p) = (0.0, 0.0, 0.0);
    for i in 0..n {
        loss += exact(start(i), 2.0) / n as f64;
        by_u0 += e / below(i) / below(i) / n as f64;
        by_p += 2.0 * e * start(i) * (1.0 - start(i)) / below(i) / below(i) / n as f64;
    }
    // A hundred tolerances: derivatives lose more than values.
    assert!((mean.loss - loss).abs() < 1e-8);
    assert!((mean.gradient.u0[0] - by_u0).abs() < 1e-8, "{} {by_u0}", mean.gradient.u0[0]);
    assert!((mean.gradient.p[0] - by_p).abs() < 1e-8);
}

/// Trajectory 3, 8, 13 … blow up.
fn exploding(trajectories: usize) -> Ensemble<impl Fn(usize) -> Problem + Sync> {
    Ensemble::new(trajectories, |i| {
        let u0 = if i % 5 == 3 { -1.0 } else { 0.5 };
        OdeProblem::new(logistic, [u0, 1.0], (0.0, 2.0), [1.5])
    })
    .origin("seed 42")
}

#[test]
fn failures_are_reported_with_their_index_and_never_dropped() {
    let outcome = exploding(20).run(solve, Moments).unwrap();
    let failed: Vec<usize> = outcome.failures.iter().map(|failed| failed.trajectory).collect();
    assert_eq!((outcome.solved, failed, outcome.value.count()), (16, vec![3, 8, 13, 18], 16));
    let message = outcome.complete().unwrap_err().to_string();
    assert!(message.contains("4 of 20 trajectories failed; trajectory 3 (seed 42): "), "{message}");
    for threads in [1, 3] {
        let error = exploding(20).threads(threads).stops_at_failure(true).run(solve, Moments).unwrap_err();
        let alone = solve(&exploding(20).problem(3)).unwrap_err();
        assert_eq!(error, alone);
    }
    // Where all fail there is nothing to reduce.
    let all = Ensemble::new(3, |_| exploding(9).problem(3));
    assert_eq!(all.run(solve, Moments).unwrap_err(), solve(&exploding(9).problem(3)).unwrap_err());
}

#[test]
fn what_makes_no_sense_is_refused() {
    let message = |error: Error| error.to_string();
    let none = ensemble(0).run(solve, Moments).unwrap_err();
    assert_eq!(message(none), "option `trajectories` is 0; an ensemble needs one at least");
    let no_threads = ensemble(2).threads(0).run(solve, Moments).unwrap_err();
    assert!(message(no_threads).starts_with("option `threads` is 0"));
    for p in [-0.1, 1.1, f64::NAN] {
        let error = ensemble(2).run(solve, Quantiles::of([p])).unwrap_err();
        assert!(message(error).contains("probabilities lie between 0 and 1"));
    }
    // Rows at other times have no common mean.
    let each_step = |problem: &Problem| problem.solver(Tsit5).solve();
    let error = message(ensemble(50).run(each_step, Moments).unwrap_err());
    assert!(error.contains("give all the same `save_at`"), "{error}");
}

/// The next numbers after a row's last are those of the next row.
#[test]
fn a_component_that_is_not_there_is_not_another_row_s() {
    let outcome = ensemble(5).run(solve, (Moments, Quantiles::of([0.5]))).unwrap().complete().unwrap();
    let width = outcome.0.mean(0).len();
    let panics =
        |f: &dyn Fn() -> Vec<f64>| std::panic::catch_unwind(std::panic::AssertUnwindSafe(f)).is_err();
    assert!(!panics(&|| outcome.0.mean_of(width - 1)) && panics(&|| outcome.0.mean_of(width)));
    assert!(panics(&|| outcome.0.deviation_of(width)) && panics(&|| outcome.1.of(0, width)));
}

#[test]
fn bands_are_drawn() {
    let quantiles = ensemble(50).run(solve, Quantiles::of([0.05, 0.5, 0.95])).unwrap().complete().unwrap();
    let svg = quantiles.plot(0, "u").to_svg().unwrap();
    assert!(svg.contains("<polygon") && svg.contains("<polyline"));
    assert!(quantiles.plot(0, "u").to_text(40, 10).is_ok());
}
