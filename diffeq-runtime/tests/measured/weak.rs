//! Methods of weak order 2: their steps, and the orders of expected values.

use crate::models::*;
use crate::scripted::Scripted;
use diffeq_runtime::noise::*;
use diffeq_runtime::problem::*;
use diffeq_runtime::stepper::*;

/// The increments of the golden steps, as `sde.json` of the reference has them, and areas.
fn golden_path() -> Scripted {
    const W: [[f64; 8]; 2] =
        [[0.31, -0.45, 0.12, 0.5, -0.2, -0.05, 0.33, -0.61], [-0.1, 0.27, 0.4, -0.38, 0.02, 0.55, -0.29, 0.18]];
    const AREAS: [f64; 8] = [0.02, -0.05, 0.01, 0.03, -0.04, 0.06, -0.01, 0.0];
    let step = |i: usize| Increment {
        w: vec![W[0][i], W[1][i]],
        h: vec![0.0; 2],
        areas: vec![0.0, AREAS[i], -AREAS[i], 0.0],
    };
    Scripted { h: 0.125, steps: (0..8).map(step).collect() }
}

/// The reference has no steps of these methods: the formula of the paper, written out for each process by a program of its own.
#[test]
fn steps_are_those_of_the_formula() {
    fn ends<M, X, const P: usize>(model: M, method: X, u0: [f64; 2], p: [f64; P]) -> [[f64; 2]; 2]
    where
        M: Diffusion<f64> + System<f64, State = [f64; 2], Params = [f64; P]>,
        X: Method<f64, Driven<M, Scripted>> + Fits<M::Interpretation, M::Class>,
    {
        let problem = SdeProblem::new(model, u0, (0.0, 1.0), p).path(golden_path());
        let solution = problem.solver(method).fixed(0.125).solve().unwrap();
        [solution.row(1).try_into().unwrap(), *solution.end()]
    }
    let (curved, p) = ([0.4, 0.8], [0.7, 0.4, 0.3]);
    for (found, expected) in [
        (ends(Curved, DRI1, curved, p), [[0.519388101863187, 0.738482856465937], [0.6369956708192575, 0.1471811984305605]]),
        (
            ends(GoldenIto, DRI1, [1.0, 0.5], []),
            [[0.9883086058690107, 0.5305257647863423], [0.7994156895032846, 0.9400186507703768]],
        ),
        (ends(Curved, RI6, curved, p), [[0.5192744981882456, 0.7381955507921935], [0.6348829096371174, 0.14641829012683039]]),
        (
            ends(GoldenIto, RI6, [1.0, 0.5], []),
            [[0.9888712732290651, 0.5302587284827563], [0.8018220275258574, 0.9396732701556605]],
        ),
    ] {
        for (found, expected) in found.iter().flatten().zip(expected.iter().flatten()) {
            // Eight steps of some dozens of roundings of numbers below one.
            assert!((found - expected).abs() < 1e-14, "{found} and not {expected}");
        }
    }
}

type Matrix<const N: usize> = [[f64; N]; N];

fn product<const N: usize>(a: &Matrix<N>, b: &Matrix<N>) -> Matrix<N> {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..N).map(|k| a[i][k] * b[k][j]).sum()))
}

/// By the series of the thousandth part, squared ten times.
fn exponential<const N: usize>(a: &Matrix<N>) -> Matrix<N> {
    let mut term: Matrix<N> = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    let mut sum = term;
    for n in 1..12 {
        term = product(&term, a).map(|row| row.map(|x| x / 1024.0 / f64::from(n)));
        for (sum, term) in sum.iter_mut().flatten().zip(term.iter().flatten()) {
            *sum += term;
        }
    }
    (0..10).fold(sum, |power, _| product(&power, &power))
}

/// The matrix of second moments `u ⊗ u` after a map of `u`.
fn twice(a: &Matrix<2>, b: &Matrix<2>) -> Matrix<4> {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i / 2][j / 2] * b[i % 2][j % 2]))
}

/// All outcomes of a step: increments of three values, areas of two, which have the moments of a path as far as weak order 2
/// asks, and their probabilities.
fn outcomes(processes: usize, h: f64) -> Vec<(f64, Increment)> {
    let mut all = vec![(1.0, Increment { w: Vec::new(), h: vec![0.0; processes], areas: vec![0.0; processes * processes] })];
    for _ in 0..processes {
        let values = [(1.0 / 6.0, -(3.0 * h).sqrt()), (2.0 / 3.0, 0.0), (1.0 / 6.0, (3.0 * h).sqrt())];
        all = all
            .iter()
            .flat_map(|(chance, so_far)| {
                values.map(|(each, w)| {
                    let mut next = so_far.clone();
                    next.w.push(w);
                    (chance * each, next)
                })
            })
            .collect();
    }
    for (j, k) in (0..processes).flat_map(|k| (0..k).map(move |j| (j, k))) {
        all = all
            .iter()
            .flat_map(|(chance, so_far)| {
                [-0.5 * h, 0.5 * h].map(|area| {
                    let mut next = so_far.clone();
                    next.areas[j * processes + k] = area;
                    next.areas[k * processes + j] = -area;
                    (0.5 * chance, next)
                })
            })
            .collect();
    }
    all
}

/// First and second moments of a linear equation after steps of one size, without chance: the step is linear in the state, and
/// its mean over all outcomes is a matrix.
fn moments<M, X>((model, method): (M, X), processes: usize, u0: [f64; 2], steps: usize) -> [f64; 6]
where
    M: Diffusion<f64> + System<f64, State = [f64; 2], Params = [f64; 0]>,
    X: Method<f64, Driven<M, Scripted>> + Fits<M::Interpretation, M::Class>,
{
    let h = 1.0 / steps as f64;
    let (mut mean, mut second) = ([[0.0; 2]; 2], [[0.0; 4]; 4]);
    for (chance, increment) in outcomes(processes, h) {
        let path = Scripted { h, steps: vec![increment] };
        let column = |u0| {
            let problem = SdeProblem::new(model.clone(), u0, (0.0, h), []).path(path.clone());
            *problem.solver(method.clone()).fixed(h).solve().unwrap().end()
        };
        let (a, b) = (column([1.0, 0.0]), column([0.0, 1.0]));
        let map = [[a[0], b[0]], [a[1], b[1]]];
        for (sum, x) in mean.iter_mut().flatten().zip(map.iter().flatten()) {
            *sum += chance * x;
        }
        for (sum, x) in second.iter_mut().flatten().zip(twice(&map, &map).iter().flatten()) {
            *sum += chance * x;
        }
    }
    let (mut first, mut squares) = (u0, [u0[0] * u0[0], u0[0] * u0[1], u0[1] * u0[0], u0[1] * u0[1]]);
    for _ in 0..steps {
        first = std::array::from_fn(|i| (0..2).map(|j| mean[i][j] * first[j]).sum());
        squares = std::array::from_fn(|i| (0..4).map(|j| second[i][j] * squares[j]).sum());
    }
    [first[0], first[1], squares[0], squares[1], squares[2], squares[3]]
}

/// The same exactly: `expm(A) u0`, and second moments by `A ⊗ 1 + 1 ⊗ A + Σ B ⊗ B`.
fn exact(a: Matrix<2>, noises: &[Matrix<2>], u0: [f64; 2]) -> [f64; 6] {
    let one = [[1.0, 0.0], [0.0, 1.0]];
    let mut generator = twice(&a, &one);
    for other in [twice(&one, &a)].into_iter().chain(noises.iter().map(|b| twice(b, b))) {
        for (sum, x) in generator.iter_mut().flatten().zip(other.iter().flatten()) {
            *sum += x;
        }
    }
    let squares = [u0[0] * u0[0], u0[0] * u0[1], u0[1] * u0[0], u0[1] * u0[1]];
    let first = exponential(&a).map(|row| row[0] * u0[0] + row[1] * u0[1]);
    let second = exponential(&generator).map(|row| (0..4).map(|j| row[j] * squares[j]).sum::<f64>());
    [first[0], first[1], second[0], second[1], second[2], second[3]]
}

const TWO: ([[f64; 2]; 2], [Matrix<2>; 2]) =
    ([[-0.5, 0.2], [0.1, -0.4]], [[[0.3, 0.0], [0.2, 0.1]], [[0.0, 0.4], [-0.1, 0.2]]]);
const THREE: ([[f64; 2]; 2], [Matrix<2>; 3]) = (
    [[-0.7, 0.4], [-0.5, 0.3]],
    [[[0.5, 0.0], [0.3, 0.1]], [[0.0, 0.4], [-0.4, 0.2]], [[0.2, -0.3], [0.0, 0.5]]],
);

#[test]
fn the_moments_to_compare_with_are_those_of_the_reference() {
    let found = exact(TWO.0, &TWO.1, [1.0, 0.5]);
    let expected = [
        0.676816025819154,
        0.4024102077721408,
        0.5276101278716315,
        0.3156017912539508,
        0.3156017912539508,
        0.19781381671799816,
    ];
    for (found, expected) in found.iter().zip(expected) {
        // A thousand roundings, doubled ten times.
        assert!((found - expected).abs() < 1e-12, "{found} and not {expected}");
    }
}

/// Of each moment of linear equations with two and three processes that do not commute, whatever chance does.
#[test]
fn weak_order_is_two_whatever_the_noise() {
    const STEPS: [usize; 4] = [16, 32, 64, 128];
    macro_rules! assert_each {
        ($($method:ident $order:literal)*) => { $(
            for processes in [2, 3] {
                let exact = match processes {
                    2 => exact(TWO.0, &TWO.1, [1.0, 0.5]),
                    _ => exact(THREE.0, &THREE.1, [1.0, 0.5]),
                };
                let errors = STEPS.map(|steps| {
                    let found = match processes {
                        2 => moments((GeneralIto, $method), 2, [1.0, 0.5], steps),
                        _ => moments((Three, $method), 3, [1.0, 0.5], steps),
                    };
                    let squares = found.iter().zip(&exact).map(|(a, b)| (a - b) * (a - b)).sum::<f64>();
                    squares.sqrt()
                });
                let orders: Vec<f64> = errors.windows(2).map(|pair| (pair[0] / pair[1]).log2()).collect();
                println!("{}, {processes} processes: weak orders {orders:.3?} of all moments to second, errors {errors:.7?}",
                    stringify!($method));
                let last = orders[orders.len() - 1];
                assert!((last - $order).abs() < 0.1, "{}: {orders:?} and not {}", stringify!($method), $order);
            }
        )* };
    }
    assert_each!(DRI1 2.0 RI6 2.0 EulerMaruyama 1.0 Milstein 1.0);
}

/// Of a function of an equation neither of which is linear: its mean over all paths whose increments have three values, without
/// chance.
///
/// Oracle: Rößler's weak test, `E p(arsinh X) = t³ - 3 t² + 2 t` for `p(z) = z³ - 6 z² + 8 z`.
#[test]
fn weak_order_is_two_where_nothing_is_linear() {
    const END: f64 = 0.2;
    fn mean(method: impl Method<f64, Driven<Sinh, Scripted>> + Fits<Ito, Diagonal>, u: f64, h: f64, steps: u32) -> f64 {
        if steps == 0 {
            let z = u.asinh();
            return z * z * z - 6.0 * z * z + 8.0 * z;
        }
        let each = outcomes(1, h).into_iter().map(|(chance, increment)| {
            let problem = SdeProblem::new(Sinh, [u], (0.0, h), []).path(Scripted { h, steps: vec![increment] });
            let end = problem.solver(method.clone()).fixed(h).solve().unwrap().end()[0];
            chance * mean(method.clone(), end, h, steps - 1)
        });
        each.sum()
    }
    let exact = END * END * END - 3.0 * END * END + 2.0 * END;
    macro_rules! assert_each {
        ($($method:ident $order:literal)*) => { $(
            let errors = [2, 4, 8].map(|steps| (mean($method, 0.0, END / f64::from(steps), steps) - exact).abs());
            let orders: Vec<f64> = errors.windows(2).map(|pair| (pair[0] / pair[1]).log2()).collect();
            println!("{}: weak orders {orders:.3?} where nothing is linear, errors {errors:.7?}", stringify!($method));
            let last = orders[orders.len() - 1];
            assert!((last - $order).abs() < 0.1, "{}: {orders:?} and not {}", stringify!($method), $order);
        )* };
    }
    assert_each!(DRI1 2.0 RI6 2.0 PlatenWeak2 2.0);
}

/// Along Brownian paths, with their areas: moments of the linear equation with three processes, within four deviations.
#[test]
fn moments_along_brownian_paths_are_those_of_the_equation() {
    const PATHS: u32 = 4_000;
    const DT: f64 = 0.125;
    let exact = exact(THREE.0, &THREE.1, [1.0, 0.5]);
    let (mut sums, mut squares) = ([0.0; 6], [0.0; 6]);
    for trajectory in 0..PATHS {
        let problem = SdeProblem::new(Three, [1.0, 0.5], (0.0, 1.0), []).seed(8).cells(DT).trajectory(trajectory);
        let [x, y] = *problem.solver(DRI1).fixed(DT).save_every_step(false).solve().unwrap().end();
        for (i, value) in [x, y, x * x, x * y, y * x, y * y].into_iter().enumerate() {
            sums[i] += value / f64::from(PATHS);
            squares[i] += value * value / f64::from(PATHS);
        }
    }
    for i in 0..6 {
        let deviation = ((squares[i] - sums[i] * sums[i]) / f64::from(PATHS)).sqrt();
        println!("moment {i}: {} ± {deviation}, {} is exact", sums[i], exact[i]);
        // Steps of an eighth are off by some thousandths themselves.
        assert!((sums[i] - exact[i]).abs() < 4.0 * deviation + 5e-3, "{} and not {}", sums[i], exact[i]);
    }
}
