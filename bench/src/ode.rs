//! `bench -- ode`: solvers against each other.
//!
//! Two comparisons for each case and library. *Raw*: both methods of order 5 at the case's tolerance, whatever error
//! each then makes. *At equal error*: the fastest of our methods against the fastest of theirs, both read off their
//! work-precision curves at the error that our Tsit5 makes at the case's tolerance.

use crate::clock::Effort;
use crate::peers;
use crate::peers::BY_HAND;
use crate::peers::OURS;

use crate::problems::Brusselator;
use crate::problems::Lorenz;
use crate::problems::LotkaVolterra;
use crate::problems::Pleiades;
use crate::problems::Problem;
use crate::table::Table;
use crate::table::micros;
use crate::work_precision;
use crate::work_precision::Curve;

/// A case: its name and its tolerance.
type Case = (&'static str, f64);

/// Runs every case, prints tables and lines, and writes the work-precision plot.
pub fn run() {
    let mut panels = Vec::new();
    let lotka_volterra = LotkaVolterra::default();
    measure(&mut panels, "Lotka-Volterra", &lotka_volterra, (3, 13), &[("lv_1e-6", 1e-6), ("lv_1e-9", 1e-9)]);
    measure(&mut panels, "Lorenz, t = 0..100", &Lorenz::default(), (4, 13), &[("lorenz_1e-8", 1e-8)]);
    measure(&mut panels, "Pleiades", &Pleiades::default(), (3, 13), &[("pleiades_1e-8", 1e-8)]);
    measure(
        &mut panels,
        "Brusselator 32 x 32",
        &Brusselator::default(),
        (3, 12),
        &[("brusselator_1e-6", 1e-6)],
    );
    plot(&panels);
}

fn measure<P: Problem<N>, const N: usize>(
    panels: &mut Vec<(&'static str, Vec<Curve>)>,
    title: &'static str,
    problem: &P,
    (from, to): (i32, i32),
    cases: &[Case],
) {
    let contenders = peers::contenders::<P, N>();
    let curves =
        work_precision::sweep(problem, &contenders, &work_precision::tolerances(from, to), Effort::CURVE);
    for case in cases {
        raw(title, &curves, case.1);
        compare(&curves, case);
    }
    panels.push((title, curves));
}

/// Everyone at one tolerance.
fn raw(title: &str, curves: &[Curve], tolerance: f64) {
    println!("{title}, rtol = atol = {tolerance:e}");
    let mut table = Table::new(&["library", "method", "us", "error", "evaluations", "ns/evaluation"]);
    for curve in curves {
        let Some(point) = curve.at(tolerance) else { continue };
        table.row([
            curve.library.to_string(),
            curve.method.to_string(),
            micros(point.seconds),
            format!("{:.1e}", point.error),
            point.evaluations.to_string(),
            format!("{:.1}", 1e9 * point.seconds / point.evaluations as f64),
        ]);
    }
    table.print();
}

/// The fastest method of a library at an error.
fn best<'a>(curves: impl Iterator<Item = &'a Curve>, error: f64) -> Option<(&'static str, f64)> {
    curves.filter_map(|c| Some((c.method, c.seconds_at(error)?))).min_by(|a, b| a.1.total_cmp(&b.1))
}

/// Us against each library.
fn compare(curves: &[Curve], &(case, tolerance): &Case) {
    let of = |library: &'static str| curves.iter().filter(move |c| c.library == library);
    let Some((tsit5, ours)) =
        of(OURS).find(|c| c.method == "Tsit5").and_then(|c| Some((c, c.at(tolerance)?)))
    else {
        println!("{case}: Tsit5 did not finish");
        return;
    };
    let error = ours.error;
    println!("{case} at equal error {error:.1e}");
    let mut table = Table::new(&[
        "peer",
        "method",
        "us",
        "ours",
        "us",
        "ratio",
        "raw method",
        "raw us",
        "raw error",
        "raw ratio",
    ]);
    let mut lines = Vec::new();
    let mut libraries: Vec<_> = curves.iter().map(|c| c.library).filter(|&l| l != OURS).collect();
    libraries.dedup();
    for peer in libraries {
        // Written by hand is one method: it meets the same one.
        let our_best =
            if peer == BY_HAND { best(std::iter::once(tsit5), error) } else { best(of(OURS), error) };
        // The first method of each list is the one of order 5.
        let Some((raw_method, raw)) = of(peer).next().and_then(|c| Some((c.method, c.at(tolerance)?))) else {
            continue;
        };
        let (Some((our_method, our_seconds)), Some((peer_method, peer_seconds))) =
            (our_best, best(of(peer), error))
        else {
            println!("{peer} does not reach this error");
            continue;
        };
        let (ratio, raw_ratio) = (peer_seconds / our_seconds, raw.seconds / ours.seconds);
        table.row([
            peer.to_string(),
            peer_method.to_string(),
            micros(peer_seconds),
            our_method.to_string(),
            micros(our_seconds),
            format!("{ratio:.2}"),
            raw_method.to_string(),
            micros(raw.seconds),
            format!("{:.1e}", raw.error),
            format!("{raw_ratio:.2}"),
        ]);
        lines.push(format!(
            "bench: case={case} ours_us={} peer={peer} peer_us={} ours_error={:.2e} peer_error={:.2e} ratio={ratio:.3} \
             raw_ratio={raw_ratio:.3} ours_evaluations={} peer_evaluations={} ours_method={our_method} \
             peer_method={peer_method} equal_error={error:.2e} ours_equal_us={} peer_equal_us={}",
            micros(ours.seconds),
            micros(raw.seconds),
            ours.error,
            raw.error,
            ours.evaluations,
            raw.evaluations,
            micros(our_seconds),
            micros(peer_seconds),
        ));
    }
    table.print();
    for line in lines {
        println!("{line}");
    }
    println!();
}

/// Work over precision, a panel for each problem: all of our methods, and each library's fastest at most errors.
fn plot(panels: &[(&'static str, Vec<Curve>)]) {
    use diffeq::plot::Figure;
    use diffeq::plot::Plot;

    let mut figure = Figure::new().title("Work and precision").columns(2).panel_size(640, 460);
    for (title, curves) in panels {
        let mut plot = Plot::new().title(*title).labels("error", "microseconds").log_x().log_y();
        for curve in curves {
            let name = format!("{} {}", curve.library, curve.method);
            let (errors, micros): (Vec<f64>, Vec<f64>) =
                curve.points.iter().filter(|p| p.error > 0.0).map(|p| (p.error, 1e6 * p.seconds)).unzip();
            plot = if curve.library == OURS {
                plot.line(name, errors, micros)
            } else {
                plot.dashed(name, errors, micros)
            };
        }
        figure = figure.panel(plot);
    }
    let path = "target/work_precision.svg";
    match figure.save(path) {
        Ok(()) => println!("work-precision plot: {path}"),
        Err(error) => eprintln!("work-precision plot: {error}"),
    }
}
