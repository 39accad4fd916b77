//! `bench -- dde`: delayed equations, against `jitcdde` and `ddeint` from PyPI and the crate `differential-equations`.
//!
//! Everyone sweeps over tolerances (`ddeint`, which takes none, over the points of its grid); times are compared at equal
//! error. Python's times are of a whole solve of an equation that is compiled already. Who runs in this process meets us once more,
//! alone: some solves last ten microseconds, and the ratio is the median of what rounds say in which both took turns.

mod cases;
mod gradient;
mod peer;

use crate::clock;
use crate::clock::Effort;
use crate::clock::Work;
use crate::python;
use crate::table::Table;
use crate::table::micros;
use crate::work_precision::Crossing;
use crate::work_precision::Curve;
use crate::work_precision::Point;

/// The name of our library in the tables.
const OURS: &str = "diffeq";

/// Solves to a tolerance; the end, and how often the right-hand side was evaluated.
type Solve = Box<dyn Fn(f64) -> Option<(Vec<f64>, usize)>>;

/// A method of a library.
struct Contender {
    library: &'static str,
    method: &'static str,
    solve: Solve,
}

/// An equation, how it ends, and who solves it in this process; in Python it goes by its name.
struct Case {
    name: &'static str,
    title: &'static str,
    end: Vec<f64>,
    contenders: Vec<Contender>,
}

/// Root mean square over the components of what is wrong, relative to what is right and one.
fn error(found: &[f64], right: &[f64]) -> f64 {
    let square = |(u, r): (&f64, &f64)| ((u - r) / (1.0 + r.abs())).powi(2);
    let sum: f64 = found.iter().zip(right).map(square).sum();
    if found.len() == right.len() { (sum / right.len() as f64).sqrt() } else { f64::INFINITY }
}

/// Measures and prints.
pub fn run() {
    for case in cases::all() {
        let mut curves = sweep(&case);
        match python::run("dde_peers.py", case.name, &[]) {
            Ok(peers) => {
                for peer in peers {
                    let library = if peer.name == "ddeint" { "ddeint" } else { "jitcdde" };
                    let point = Point {
                        tolerance: peer.figure("tolerance"),
                        seconds: peer.figure("us") * 1e-6,
                        error: error(&peer.figures("end"), &case.end),
                        evaluations: 0,
                    };
                    match curves.iter_mut().find(|curve| curve.library == library) {
                        Some(curve) => curve.points.push(point),
                        None => curves.push(Curve { library, method: library, points: vec![point] }),
                    }
                }
            }
            Err(why) => println!("jitcdde and ddeint are left out: {why}"),
        }
        compare(&case, &curves);
    }
    gradient::run();
}

/// Work-precision curves of everyone in this process, interleaved at each tolerance.
fn sweep(case: &Case) -> Vec<Curve> {
    let new = |c: &Contender| Curve { library: c.library, method: c.method, points: Vec::new() };
    let mut curves: Vec<Curve> = case.contenders.iter().map(new).collect();
    for tolerance in crate::work_precision::tolerances(1, 12) {
        let measured: Vec<_> = case
            .contenders
            .iter()
            .map(|c| {
                let (end, evaluations) = (c.solve)(tolerance)?;
                let error = error(&end, &case.end);
                (error < 1.0).then_some((error, evaluations))
            })
            .collect();
        let able = case.contenders.iter().zip(&measured).filter(|(_, m)| m.is_some());
        let mut works: Vec<Work<'_>> = able.map(|(c, _)| clock::work(move || (c.solve)(tolerance))).collect();
        let seconds = clock::race(&mut works, Effort::CURVE);
        let finished = curves.iter_mut().zip(measured).filter_map(|(c, m)| Some((c, m?)));
        for ((curve, (error, evaluations)), seconds) in finished.zip(seconds) {
            curve.points.push(Point { tolerance, seconds, error, evaluations });
        }
    }
    curves
}

/// The fastest method of a library at an error.
fn best(curves: &[Curve], library: &str, error: f64) -> Option<(&'static str, Crossing)> {
    let of = curves.iter().filter(|curve| curve.library == library);
    let reached = of.filter_map(|c| Some((c.method, c.crossing(error)?)));
    reached.min_by(|a, b| a.1.seconds().total_cmp(&b.1.seconds()))
}

/// Seconds of both at an error, and their ratio, in rounds of their own; what the sweep says of a library that is elsewhere.
fn duel(case: &Case, library: &str, theirs: (&str, Crossing), ours: (&str, Crossing)) -> [f64; 3] {
    let find = |library: &str, method: &str| {
        case.contenders.iter().find(|c| c.library == library && c.method == method)
    };
    let (Some(peer), Some(own)) = (find(library, theirs.0), find(OURS, ours.0)) else {
        let (theirs, ours) = (theirs.1.seconds(), ours.1.seconds());
        return [theirs, ours, theirs / ours];
    };
    let crossings = [(peer, theirs.1), (own, ours.1)];
    let mut works: Vec<Work<'_>> = Vec::new();
    for (contender, crossing) in crossings {
        for Point { tolerance, .. } in crossing.between {
            works.push(clock::work(move || (contender.solve)(tolerance)));
        }
    }
    let seconds = clock::rounds(&mut works, Effort::PRECISE);
    let of = |crossing: Crossing, first: usize, round: usize| {
        crossing.of([seconds[first][round], seconds[first + 1][round]])
    };
    let rounds = 0..seconds[0].len();
    let mut theirs: Vec<f64> = rounds.clone().map(|round| of(theirs.1, 0, round)).collect();
    let mut ours: Vec<f64> = rounds.map(|round| of(ours.1, 2, round)).collect();
    let mut ratios: Vec<f64> = theirs.iter().zip(&ours).map(|(theirs, ours)| theirs / ours).collect();
    [&mut theirs, &mut ours, &mut ratios].map(|all| clock::median(all))
}

/// Errors at which libraries are compared: that which a peer does not reach is left out for it.
const ERRORS: [f64; 3] = [1e-4, 1e-6, 1e-9];

fn compare(case: &Case, curves: &[Curve]) {
    println!("{}: time at equal error", case.title);
    let mut table = Table::new(&["peer", "error", "method", "us", "ours", "us", "ratio"]);
    let mut lines = Vec::new();
    let mut libraries: Vec<_> = curves.iter().map(|c| c.library).filter(|library| *library != OURS).collect();
    libraries.dedup();
    for library in libraries {
        let least = curves.iter().filter(|c| c.library == library).flat_map(|c| &c.points);
        let least = least.map(|point| point.error).fold(f64::INFINITY, f64::min);
        let reached: Vec<f64> = ERRORS.into_iter().filter(|error| *error >= least).collect();
        // Who reaches none of them is met where it is best.
        let errors = if reached.is_empty() { vec![least * (1.0 + 1e-9)] } else { reached };
        for error in errors {
            let (Some(theirs), Some(ours)) = (best(curves, library, error), best(curves, OURS, error)) else {
                println!("{library} is not compared at {error:.1e}");
                continue;
            };
            let (method, our_method) = (theirs.0, ours.0);
            let [theirs, ours, ratio] = duel(case, library, theirs, ours);
            table.row([
                library.to_string(),
                format!("{error:.1e}"),
                method.to_string(),
                micros(theirs),
                our_method.to_string(),
                micros(ours),
                format!("{ratio:.2}"),
            ]);
            lines.push(format!(
                "bench: dde={} peer={library} equal_error={error:.2e} peer_method={method} peer_us={} ours_method={our_method} \
                 ours_us={} ratio={ratio:.3}",
                case.name,
                micros(theirs),
                micros(ours),
            ));
        }
    }
    table.print();
    lines.iter().for_each(|line| println!("{line}"));
    println!();
}
