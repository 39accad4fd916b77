//! Gradients of small losses, of small parts and by parameters of other units: an absolute tolerance is no excuse.

use diffeq::prelude::*;
use diffeq::sensitivity::Adjoint;
use diffeq::sensitivity::Backsolve;
use diffeq::sensitivity::ForwardSensitivity;
use diffeq::sensitivity::Interpolating;
use diffeq::sensitivity::Quadrature;

/// A slow decay with a forcing that is fast and small; the parameters may be in any units.
#[ode]
fn forced(u: [f64; 2], p: [f64; 3], t: f64) -> [f64; 2] {
    let [rate, amplitude, unit] = p;
    [-rate / unit * u[0] + amplitude * (30.0 * t).sin(), u[0] - u[1]]
}

const RATE: f64 = 0.5;

/// `du(T)/d(u0, rate, amplitude)` of the first component from 1 with the amplitude 0, by the formula; the rate in units.
fn truth(end: f64, unit: f64) -> [f64; 3] {
    let (s, c) = (30.0 * end).sin_cos();
    let decayed = (-RATE * end).exp();
    let forcing = (RATE * s - 30.0 * c + 30.0 * decayed) / (RATE * RATE + 900.0);
    [decayed, -end * decayed / unit, forcing]
}

#[test]
fn scales_do_not_matter() {
    let end = 7.0;
    let tolerance = 1e-6;
    let mut wrong = Vec::new();
    for unit in [1.0, 1e-6, 1e8] {
        let problem = OdeProblem::new(forced, [1.0, 0.0], (0.0, end), [RATE * unit, 0.0, unit]);
        let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::points([end]));
        let want = truth(end, unit);
        for scale in [1.0, 1e-9, 1e6] {
            let mut check = |way: &str, got: Result<[f64; 3], diffeq::Error>| {
                let got = got.unwrap_or_else(|error| panic!("{way}, {unit:e}, {scale:e}: {error}"));
                for (got, want) in got.iter().zip(want) {
                    let error = (got / scale - want).abs() / want.abs();
                    // A thousand tolerances, as at rest.
                    if error.is_nan() || error > 1e3 * tolerance {
                        wrong.push(format!(
                            "{way}, unit {unit:e}, loss {scale:e}: {got:e}, off by {error:.1e}"
                        ));
                    }
                }
            };
            let weights = [[scale, 0.0]];
            fn by<A: Adjoint<forced, f64, Tsit5>>(
                solver: &Solver<'_, forced, f64, Tsit5>,
                weights: &[[f64; 2]; 1],
                adjoint: A,
            ) -> Result<[f64; 3], diffeq::Error> {
                let gradient = solver.vjp(adjoint)?.1.call(weights)?;
                assert!(gradient.error.is_some_and(|error| error <= 1e-4), "{:?}", gradient.error);
                Ok([gradient.u0[0], gradient.p[0], gradient.p[1]])
            }
            check("discrete", by(&solver, &weights, DiscreteAdjoint::default()));
            check("gauss", by(&solver, &weights, GaussAdjoint::default()));
            check("gauss, checkpoints", by(&solver, &weights, GaussAdjoint::default().checkpoints(9)));
            check("quadrature", by(&solver, &weights, Quadrature::default()));
            check("interpolating", by(&solver, &weights, Interpolating::default()));
            check("backsolve", by(&solver, &weights, Backsolve::default()));
        }
        let columns = solver.sensitivities(ForwardSensitivity::default()).expect("a moderate problem").1;
        let got = [columns.u0.column(0)[0], columns.p.column(0)[0], columns.p.column(1)[0]];
        for (got, want) in got.iter().zip(want) {
            let error = (got - want).abs() / want.abs();
            if error.is_nan() || error > 1e3 * tolerance {
                wrong.push(format!("sensitivities, unit {unit:e}: {got:e} for {want:e}, off by {error:.1e}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A tank that starts empty: the right-hand side has no derivative there, the solution has.
#[ode]
fn tank(u: &[f64; 2], p: &[f64; 2]) -> [f64; 2] {
    let out = p[0] * u[0].max(0.0).sqrt();
    [p[1] - out, out]
}

#[test]
fn a_tank_that_starts_empty() {
    let ([drain, inflow], end) = ([0.7, 1.3], 3.0);
    // With `s = √u`: `t = -2 / a (s + b / a ln(1 - a s / b))`, solved by bisection in plain Rust.
    let level = |a: f64, b: f64| {
        let time = |s: f64| -2.0 / a * (s + b / a * (-a * s / b).ln_1p());
        let (mut low, mut high) = (0.0, b / a);
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if time(middle) < end { low = middle } else { high = middle }
        }
        low * low
    };
    let s = level(drain, inflow).sqrt();
    // By the implicit function theorem: `∂u/∂p = 2 s ds/dp`, `ds/dp = -(∂t/∂p) / (∂t/∂s)`.
    let (a, b, x) = (drain, inflow, drain * s / inflow);
    let log = (-x).ln_1p();
    let by_s = -2.0 / a * (1.0 - 1.0 / (1.0 - x));
    let by_a = 2.0 / (a * a) * (s + b / a * log) - 2.0 / a * (-b / (a * a) * log - s / (a * (1.0 - x)));
    let by_b = -2.0 / a * (log / a + s / (b * (1.0 - x)));
    let want = [by_a, by_b].map(|by_p| -2.0 * s * by_p / by_s);

    let problem = OdeProblem::new(tank, [0.0, 0.0], (0.0, end), [drain, inflow]);
    let solver = problem.solver(Tsit5).tolerances(1e-9, 1e-9).save_at(Grid::points([end]));
    let solution = solver.solve().expect("a tank");
    assert!((solution.end()[0] - s * s).abs() < 1e-6, "{:?} for {}", solution.end(), s * s);
    let weights = [[1.0, 0.0]];
    let discrete = solver.vjp(DiscreteAdjoint::default()).and_then(|(_, mut back)| back.call(&weights));
    let forward = |p_dot: [f64; 2]| Ok::<_, diffeq::Error>(solver.jvp(&[0.0; 2], &p_dot)?.1.end()[0]);
    let forward = forward([1.0, 0.0]).and_then(|by_a| Ok([by_a, forward([0.0, 1.0])?]));
    let dual = solver.parameter_jacobian::<4>().and_then(|(_, by_p)| by_p.gradient(&[1.0, 0.0]));
    println!("{discrete:?}, {forward:?}, {dual:?} for {want:?}");
    // By the initial state, in reverse always there, the first stage has none.
    let error = discrete.expect_err("an infinite slope");
    assert!(matches!(error, diffeq::Error::NotFinite { .. }), "{error}");
    let dual = dual.map(|by_p| [by_p[0], by_p[1]]);
    for (way, got) in [("jvp", forward), ("dual", dual)] {
        match got {
            // A root at the start: the first steps are of low order.
            Ok(got) => {
                for (got, want) in got.iter().zip(want) {
                    assert!((got - want).abs() < 1e-4 * want.abs(), "{way}: {got} for {want}");
                }
            }
            Err(error) => {
                let is_typed =
                    matches!(error, diffeq::Error::NotFinite { .. } | diffeq::Error::Derivative { .. });
                assert!(is_typed, "{way}: {error}");
            }
        }
    }
}

/// A guard below which nothing flows: all derivatives there are zeros, whatever the slope of the root is. What does not vary has
/// the derivative zero.
#[test]
fn below_a_guard_nothing_moves() {
    use diffeq::problem::Jvp;
    use diffeq::problem::Rhs;
    use diffeq::problem::Vjp;
    use diffeq::real::Dual;
    use diffeq::space::Workspace;
    let (u0, p) = ([-0.1, 0.3], [0.7, 0.0]);
    let (mut u_bar, mut p_bar, mut t_bar) = ([0.0; 2], [0.0; 2], 0.0);
    let mut work = Workspace::new();
    tank.vjp(&mut [1.0, 0.5], &u0, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    assert_eq!((u_bar, p_bar), ([0.0; 2], [0.0, 1.0]));
    let u = [0, 1].map(|i| Dual::<f64, 2>::variable([-0.1, 0.3][i], i));
    let by_u = tank.eval(&u, &p.map(Dual::constant), Dual::constant(0.0));
    assert_eq!(by_u.map(|x| x.tangents), [[0.0; 2]; 2]);
    for along in [[1.0, 0.0], [0.3, -2.0]] {
        let (mut du, mut du_dot) = ([f64::NAN; 2], [f64::NAN; 2]);
        tank.jvp(&mut du, &mut du_dot, &u0, &along, &p, &[0.0; 2], 0.0, 0.0);
        assert_eq!((du, du_dot), ([0.0; 2], [0.0; 2]));
    }
    // At the guard itself the root has no slope, and a direction that leaves it at rest needs none.
    let mut du_dot = [f64::NAN; 2];
    tank.jvp(&mut [0.0; 2], &mut du_dot, &[0.0, 0.3], &[0.0, 1.0], &p, &[1.0, 0.5], 0.0, 0.0);
    assert_eq!(du_dot, [0.5, 0.0]);
    // Neither does a cotangent that is zero.
    let (mut u_bar, mut p_bar) = ([0.0; 2], [0.0; 2]);
    tank.vjp(&mut [0.0; 2], &[0.0, 0.3], &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    assert_eq!((u_bar, p_bar), ([0.0; 2], [0.0; 2]));
    let problem = OdeProblem::new(tank, u0, (0.0, 1.0), p);
    let (_, tangents) = problem.solver(Tsit5).jvp(&[1.0, 1.0], &[0.0; 2]).expect("nothing moves");
    assert_eq!(*tangents.end(), [1.0, 1.0]);
    let (_, by_u) = problem.solver(Tsit5).initial_jacobian::<2>().expect("nothing moves");
    assert_eq!(by_u.gradient(&vec![1.0; by_u.column(0).len()]).expect("one for each row").len(), 2);
}

/// A slow oscillator at rest with a fast forcing: the backward steps are as long as the costate lets them, and some of them such
/// that the few nodes of a sum all see the same phase.
#[ode]
fn hummed_at(u: [f64; 2], p: [f64; 3], t: f64) -> [f64; 2] {
    let [x, v] = u;
    [v, -p[0] * v - p[1] * x - 5.0 * x * x * x + p[2] * (20.0 * t).sin()]
}

#[test]
fn nodes_that_see_the_same_phase_are_not_believed() {
    let mut wrong = Vec::new();
    for end in [3.0, 7.0, 12.0, 13.5, 31.0] {
        // The derivative by the amplitude, by RK4 in plain Rust.
        let slope = |t: f64, [x, v]: [f64; 2]| [v, -0.1 * v - x + (20.0 * t).sin()];
        let (mut d, n) = ([0.0; 2], 30_000);
        let h = end / f64::from(n);
        for i in 0..n {
            let t = f64::from(i) * h;
            let along = |k: [f64; 2], s: f64| [d[0] + s * k[0], d[1] + s * k[1]];
            let k1 = slope(t, d);
            let k2 = slope(t + h / 2.0, along(k1, h / 2.0));
            let k3 = slope(t + h / 2.0, along(k2, h / 2.0));
            let k4 = slope(t + h, along(k3, h));
            d = [0, 1].map(|i| d[i] + h / 6.0 * (k1[i] + 2.0 * k2[i] + 2.0 * k3[i] + k4[i]));
        }
        let want = d[0] + 0.5 * d[1];
        let problem = OdeProblem::new(hummed_at, [0.0; 2], (0.0, end), [0.1, 1.0, 0.0]);
        for tolerance in [1e-3, 1e-4, 1e-5, 1e-6, 1e-8] {
            let solver = problem.solver(Tsit5).tolerances(tolerance, tolerance).save_at(Grid::points([end]));
            let gauss =
                solver.vjp(GaussAdjoint::default()).and_then(|(_, mut back)| back.call(&[[1.0, 0.5]]));
            let quadrature =
                solver.vjp(Quadrature::default()).and_then(|(_, mut back)| back.call(&[[1.0, 0.5]]));
            for (way, got) in [("gauss", gauss), ("quadrature", quadrature)] {
                let got = got.unwrap_or_else(|error| panic!("{way}: {error}")).p[2];
                // A thousand tolerances of the largest on the way, as at rest: 0.1.
                if (got - want).abs() > 1e3 * tolerance * 0.1 {
                    wrong.push(format!("{way} over {end} at {tolerance:e}: {got} for {want}"));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A parameter vector that is too short for what the loop reads.
#[ode]
fn line(du: &mut [f64], u: &[f64], p: &[f64]) {
    for i in 0..u.len() {
        du[i] = p[0] * u[i];
        if i > 0 {
            du[i] += p[1] * u[i - 1];
        }
    }
}

#[test]
fn parameters_that_are_too_short_are_refused() {
    let problem = OdeProblem::new(line, vec![1.0, 2.0], (0.0, 1.0), vec![0.5]);
    let error = problem.solver(Tsit5).solve().expect_err("one parameter of two");
    assert!(matches!(error, diffeq::Error::Misfit { what: "p", found: 1, .. }), "{error}");
}
