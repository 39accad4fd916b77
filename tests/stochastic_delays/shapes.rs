//! One equation in all the shapes that states and noise may have.

use diffeq::prelude::*;

#[sde]
fn of_arrays(
    du: &mut [f64; 3],
    noise: &mut [f64; 3],
    u: &[f64; 3],
    h: &impl History<[f64; 3]>,
    p: &[f64; 2],
    t: f64,
) {
    for i in 0..3 {
        du[i] = p[0] * h(t - 0.25)[(i + 1) % 3] - u[i];
        noise[i] = p[1] * (1.0 + h(t - 0.5)[i]);
    }
}

#[sde]
fn of_any_array<const N: usize>(
    du: &mut [f64; N],
    noise: &mut [f64; N],
    u: &[f64; N],
    h: &impl History<[f64; N]>,
    p: &[f64; 2],
    t: f64,
) {
    for i in 0..N {
        du[i] = p[0] * h(t - 0.25)[(i + 1) % N] - u[i];
        noise[i] = p[1] * (1.0 + h(t - 0.5)[i]);
    }
}

#[sde]
fn of_slices(du: &mut [f64], noise: &mut [f64], u: &[f64], h: &impl History<Vec<f64>>, p: &[f64; 2], t: f64) {
    let n = u.len();
    for i in 0..n {
        du[i] = p[0] * h(t - 0.25)[(i + 1) % n] - u[i];
        noise[i] = p[1] * (1.0 + h(t - 0.5)[i]);
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Components)]
struct Three {
    a: f64,
    b: f64,
    c: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Components)]
struct Rates {
    pull: f64,
    shake: f64,
}

#[sde]
fn of_structs(u: &Three, h: &impl History<Three>, p: &Rates, t: f64) -> (Three, Three) {
    let (near, far) = (h(t - 0.25), h(t - 0.5));
    let drift = Three { a: p.pull * near.b - u.a, b: p.pull * near.c - u.b, c: p.pull * near.a - u.c };
    let noise = Three { a: p.shake * (1.0 + far.a), b: p.shake * (1.0 + far.b), c: p.shake * (1.0 + far.c) };
    (drift, noise)
}

#[sde]
fn of_rows(u: [f64; 3], h: &impl History<[f64; 3]>, p: &[f64; 2], t: f64) -> ([f64; 3], [[f64; 3]; 3]) {
    let z = h(t - 0.25);
    let mut rows = [[0.0; 3]; 3];
    for i in 0..3 {
        rows[i][i] = p[1] * (1.0 + h(t - 0.5)[i]);
    }
    ([p[0] * z[1] - u[0], p[0] * z[2] - u[1], p[0] * z[0] - u[2]], rows)
}

/// To the bit; of rows the products with the other processes are zeros.
#[test]
fn they_are_one_equation() {
    let (u0, p, span) = ([1.0, 0.5, -0.2], [0.7, 0.2], (0.0, 2.0));
    let expected = {
        let problem = SddeProblem::new(of_arrays, u0, AtRest, span, p).seed(51);
        problem.solver(EulerMaruyama).fixed(0.0625).solve().expect("a solution")
    };
    macro_rules! same {
        ($model:expr, $u0:expr, $p:expr) => {
            let problem = SddeProblem::new($model, $u0, AtRest, span, $p).seed(51);
            let found = problem.solver(EulerMaruyama).fixed(0.0625).solve().expect("a solution");
            assert_eq!(found.values(), expected.values(), "{}", stringify!($model));
        };
    }
    same!(of_any_array::<3>, u0, p);
    same!(of_slices, u0.to_vec(), p);
    same!(of_structs, ThreeOf { a: u0[0], b: u0[1], c: u0[2] }, RatesOf { pull: p[0], shake: p[1] });
    same!(of_rows, u0, p);
}

#[sde(scalar)]
fn of_one_process(u: [f64; 2], h: &impl History<[f64; 2]>, t: f64) -> ([f64; 2], [f64; 2]) {
    (h(t - 0.5), [0.5, 0.25 * u[1]])
}

/// One process drives both components: the first one is its path, but for the drift.
#[test]
fn one_process_for_all() {
    let problem = SddeProblem::new(of_one_process, [0.0, 1.0], Constant([0.0; 2]), (0.0, 0.5), []).seed(52);
    let solution = problem.solver(Milstein).fixed(0.125).solve().expect("a solution");
    let times = solution.times().to_vec();
    let w = diffeq::noise::Path::values(problem.noise_path(), 1, &times).expect("a path over the span");
    let mut second = 1.0;
    for n in 1..times.len() {
        // The history is zero as far as it is looked up.
        assert!(
            (solution.row(n)[0] - 0.5 * w[n][0]).abs() < 1e-14,
            "the first component is half the process"
        );
        let increment = w[n][0] - w[n - 1][0];
        second += 0.25 * second * increment + 0.5 * 0.0625 * second * (increment * increment - 0.125);
        assert!((solution.row(n)[1] - second).abs() < 1e-14, "Milstein's step of the second");
    }
}

/// A network in the drift, and one in the noise, each of the present state and an earlier one.
#[test]
fn networks_are_part_of_both_halves() {
    use diffeq::nn::Dense;

    #[derive(Debug, Clone, Copy, PartialEq, Components)]
    struct Nets {
        drift: Dense<2, 1>,
        noise: Dense<2, 1>,
    }
    #[sde]
    fn neural(u: f64, h: &impl History<f64>, p: &Nets, t: f64) -> (f64, f64) {
        let z = h(t - 0.5);
        let [f] = p.drift.forward([u, z]);
        let [g] = p.noise.forward([u, z]);
        (f, 0.1 * g)
    }
    let nets = |bias: f64| NetsOf {
        drift: Dense::new([[-0.6, 0.3]], [0.1]),
        noise: Dense::new([[0.2, 0.7]], [bias]),
    };
    let problem = SddeProblem::new(neural, 1.0, AtRest, (0.0, 2.0), nets(0.4)).seed(53);
    let solver = problem.solver(EulerMaruyama).fixed(0.125);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a solution");
    let gradient = pullback.call(Cotangents::end(&1.0)).expect("a gradient");
    // The solution is affine in each bias: a difference is its derivative but for rounding.
    let problem = SddeProblem::new(neural, 1.0, AtRest, (0.0, 2.0), nets(1.4)).seed(53);
    let other = problem.solver(EulerMaruyama).fixed(0.125).solve().expect("a solution");
    let found = gradient.p.noise.bias[0];
    assert!((found - (other.end() - solution.end())).abs() < 1e-13, "by the bias of the noise: {found}");
}
