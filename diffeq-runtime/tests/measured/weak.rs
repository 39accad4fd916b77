//! Methods of weak order 2: their steps, and the orders of expected values.

use crate::models::*;
use crate::scripted::Scripted;
use diffeq_runtime::noise::*;
use diffeq_runtime::problem::*;
use diffeq_runtime::stepper::*;

/// The increments of the golden steps, as `sde.json` of the reference has them, and areas.
fn golden_path() -> Scripted {
    const W: [[f64; 8]; 2] = [
        [0.31, -0.45, 0.12, 0.5, -0.2, -0.05, 0.33, -0.61],
        [-0.1, 0.27, 0.4, -0.38, 0.02, 0.55, -0.29, 0.18],
    ];
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
        (
            ends(Curved, DRI1, curved, p),
            [[0.519388101863187, 0.738482856465937], [0.6369956708192575, 0.1471811984305605]],
        ),
        (
            ends(GoldenIto, DRI1, [1.0, 0.5], []),
            [[0.9883086058690107, 0.5305257647863423], [0.7994156895032846, 0.9400186507703768]],
        ),
        (
            ends(Curved, RI6, curved, p),
            [[0.5192744981882456, 0.7381955507921935], [0.6348829096371174, 0.14641829012683039]],
        ),
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

fn add<const N: usize>(sum: &mut Matrix<N>, factor: f64, other: &Matrix<N>) {
    for (sum, x) in sum.iter_mut().flatten().zip(other.iter().flatten()) {
        *sum += factor * x;
    }
}

fn one<const N: usize>() -> Matrix<N> {
    std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))))
}

/// By the series of the thousandth part, squared ten times.
fn exponential<const N: usize>(a: &Matrix<N>) -> Matrix<N> {
    let (mut term, mut sum) = (one(), one());
    for n in 1..12 {
        term = product(&term, a).map(|row| row.map(|x| x / 1024.0 / f64::from(n)));
        add(&mut sum, 1.0, &term);
    }
    (0..10).fold(sum, |power, _| product(&power, &power))
}

/// The matrix of second moments `u ⊗ u` after a map of `u`, of which the last component is one: the first moments are among them.
fn twice(a: &Matrix<3>, b: &Matrix<3>) -> Matrix<9> {
    std::array::from_fn(|i| std::array::from_fn(|j| a[i / 3][j / 3] * b[i % 3][j % 3]))
}

/// First and second moments, by a matrix that takes `u ⊗ u` from the start to the end.
fn applied(map: &Matrix<9>, u0: [f64; 2]) -> [f64; 8] {
    let u0 = [u0[0], u0[1], 1.0];
    let squares: [f64; 9] = std::array::from_fn(|i| u0[i / 3] * u0[i % 3]);
    std::array::from_fn(|i| (0..9).map(|j| map[i][j] * squares[j]).sum())
}

/// Numbers with the moments of a normal one, and their probabilities: of three values up to the fifth moment, of five up to the
/// ninth.
fn normal(values: usize) -> Vec<(f64, f64)> {
    let root = 10.0_f64.sqrt();
    let pairs: &[(f64, f64)] = match values {
        3 => &[(1.0 / 6.0, 3.0)],
        _ => &[((7.0 + 2.0 * root) / 60.0, 5.0 - root), ((7.0 - 2.0 * root) / 60.0, 5.0 + root)],
    };
    let rest = 1.0 - 2.0 * pairs.iter().map(|pair| pair.0).sum::<f64>();
    let sides =
        pairs.iter().flat_map(|(chance, square)| [(*chance, -square.sqrt()), (*chance, square.sqrt())]);
    sides.chain([(rest, 0.0)]).collect()
}

/// All outcomes of a step, of which each is a part of the probability: increments of so many values, areas of two, which have the
/// moments of a path. For weak order 2 three suffice, unless a method asks for cubes of increments.
fn outcomes(processes: usize, h: f64, values: usize) -> Vec<(f64, Increment)> {
    fn split(
        all: Vec<(f64, Increment)>,
        values: &[(f64, f64)],
        set: impl Fn(&mut Increment, f64),
    ) -> Vec<(f64, Increment)> {
        let each = |(chance, so_far): &(f64, Increment)| {
            let with = |(part, value): &(f64, f64)| {
                let mut next = so_far.clone();
                set(&mut next, *value);
                (chance * part, next)
            };
            values.iter().map(with).collect::<Vec<_>>()
        };
        all.iter().flat_map(each).collect()
    }
    let mut all = vec![(1.0, Increment::new(processes, Asks::Areas))];
    let (values, area) = (normal(values), (h / 12.0).sqrt());
    for j in 0..processes {
        all = split(all, &values, |next, x| next.w[j] = h.sqrt() * x);
        all = split(all, &[(0.5, -area), (0.5, area)], |next, h| next.h[j] = h);
    }
    for (j, k) in (0..processes).flat_map(|k| (0..k).map(move |j| (j, k))) {
        all = split(all, &[(0.5, -0.5 * h), (0.5, 0.5 * h)], |next, area| {
            next.areas[j * processes + k] = area;
            next.areas[k * processes + j] = -area;
        });
    }
    all
}

/// First and second moments of a linear equation after steps of one size, without chance: the step is linear in the state, and
/// its mean over all outcomes is a matrix.
fn moments<M, X>((model, method): (M, X), processes: usize, steps: usize) -> [f64; 8]
where
    M: Diffusion<f64> + System<f64, State = [f64; 2], Params = [f64; 0]>,
    X: Method<f64, Driven<M, Scripted>> + Fits<M::Interpretation, M::Class>,
{
    let h = 1.0 / steps as f64;
    let mut mean = [[0.0; 9]; 9];
    let values = if processes > 2 { 3 } else { 5 };
    for (chance, increment) in outcomes(processes, h, values) {
        let path = Scripted { h, steps: vec![increment] };
        let end = |u0| {
            let problem = SdeProblem::new(model.clone(), u0, (0.0, h), []).path(path.clone());
            *problem.solver(method.clone()).fixed(h).save_every_step(false).solve().unwrap().end()
        };
        let (a, b, zero) = (end([1.0, 0.0]), end([0.0, 1.0]), end([0.0, 0.0]));
        let map = [
            [a[0] - zero[0], b[0] - zero[0], zero[0]],
            [a[1] - zero[1], b[1] - zero[1], zero[1]],
            [0.0, 0.0, 1.0],
        ];
        add(&mut mean, chance, &twice(&map, &map));
    }
    // A power of two, by squaring.
    assert!(steps.is_power_of_two());
    applied(&(0..steps.ilog2()).fold(mean, |power, _| product(&power, &power)), [1.0, 0.5])
}

/// A linear equation: its drift, and for each process its noise, with what is constant in the last column.
struct Linear {
    drift: Matrix<3>,
    noises: Vec<Matrix<3>>,
}

fn linear(drift: [[f64; 2]; 2], noises: &[[[f64; 2]; 2]]) -> Linear {
    let wide = |m: &[[f64; 2]; 2]| [[m[0][0], m[0][1], 0.0], [m[1][0], m[1][1], 0.0], [0.0; 3]];
    Linear { drift: wide(&drift), noises: noises.iter().map(wide).collect() }
}

impl Linear {
    /// Written for the other integral: `A + Σ B²/2` is the drift of that of Ito where `A` is the one of Stratonovich.
    fn into_ito(mut self) -> Self {
        for noise in &self.noises {
            add(&mut self.drift, 0.5, &product(noise, noise));
        }
        self
    }

    /// First and second moments at time one, by `A ⊗ 1 + 1 ⊗ A + Σ B ⊗ B`.
    fn moments(&self) -> [f64; 8] {
        let mut generator = twice(&self.drift, &one());
        add(&mut generator, 1.0, &twice(&one(), &self.drift));
        for noise in &self.noises {
            add(&mut generator, 1.0, &twice(noise, noise));
        }
        applied(&exponential(&generator), [1.0, 0.5])
    }
}

fn two() -> Linear {
    linear([[-0.5, 0.2], [0.1, -0.4]], &[[[0.3, 0.0], [0.2, 0.1]], [[0.0, 0.4], [-0.1, 0.2]]])
}

fn three() -> Linear {
    linear(
        [[-0.7, 0.4], [-0.5, 0.3]],
        &[[[0.5, 0.0], [0.3, 0.1]], [[0.0, 0.4], [-0.4, 0.2]], [[0.2, -0.3], [0.0, 0.5]]],
    )
}

/// `sde.json` of the reference has them for both integrals: means, and second moments.
#[test]
fn the_moments_to_compare_with_are_those_of_the_reference() {
    let ito =
        [0.676816025819154, 0.4024102077721408, 0.5276101278716315, 0.3156017912539508, 0.19781381671799816];
    let stratonovich = [
        0.7099735624557711,
        0.42657575524878444,
        0.5810033388599388,
        0.3509113195948155,
        0.22132931704425932,
    ];
    for (found, expected) in [(two().moments(), ito), (two().into_ito().moments(), stratonovich)] {
        // Of `u ⊗ u` and a one behind it.
        let found = [found[2], found[5], found[0], found[1], found[4]];
        for (found, expected) in found.iter().zip(expected) {
            // A thousand roundings, doubled ten times.
            assert!((found - expected).abs() < 1e-12, "{found} and not {expected}");
        }
    }
}

/// Of all moments to the second of linear equations, whatever chance does: with noise of every class, and two and three processes
/// which do not commute.
#[test]
fn weak_orders_of_moments() {
    const STEPS: [usize; 3] = [128, 512, 2048];
    let mut wrong = Vec::new();
    macro_rules! look_at {
        ($model:ident $processes:literal $exact:expr; $($method:ident $order:literal)*) => {{
            let exact = $exact.moments();
            $({
                let errors = STEPS.map(|steps| {
                    let found = moments(($model, $method), $processes, steps);
                    found.iter().zip(&exact).map(|(a, b)| (a - b) * (a - b)).sum::<f64>().sqrt()
                });
                let orders: Vec<f64> = errors.windows(2).map(|pair| 0.5 * (pair[0] / pair[1]).log2()).collect();
                let (name, last) = (stringify!($method), orders[orders.len() - 1]);
                println!("{name} of {}: weak orders {orders:.3?} of moments, errors {errors:.10?}", stringify!($model));
                let claimed = <$method as StochasticScheme>::ORDERS.weak;
                if (last - $order).abs() > 0.1 || $order < claimed {
                    wrong.push(format!("{name} of {}: {last:.3} and not {}, {claimed} is claimed", stringify!($model), $order));
                }
            })*
        }};
    }
    let stocks = || linear([[0.5, -0.3], [0.2, 0.4]], &[[[0.6, 0.0], [0.0, 0.0]], [[0.0, 0.0], [0.0, 0.5]]]);
    let commuting =
        || linear([[-0.5, 0.2], [0.2, -0.5]], &[[[0.3, 0.1], [0.1, 0.3]], [[0.2, -0.1], [-0.1, 0.2]]]);
    let sprung = || {
        let mut all = linear([[0.0, 1.0], [-1.5, -0.5]], &[[[0.0; 2]; 2]; 2]);
        (all.noises[0][0][2], all.noises[0][1][2], all.noises[1][0][2], all.noises[1][1][2]) =
            (0.3, -0.2, 0.1, 0.6);
        all
    };
    look_at!(GeneralIto 2 two(); EulerMaruyama 1.0 Milstein 1.0 DRI1 2.0 RI6 2.0);
    look_at!(Three 3 three(); EulerMaruyama 1.0 Milstein 1.0 DRI1 2.0 RI6 2.0);
    look_at!(Commuting 2 commuting(); EulerMaruyama 1.0 Milstein 1.0 DRI1 2.0 RI6 2.0);
    look_at!(Stocks 2 stocks(); EulerMaruyama 1.0 Milstein 1.0 DRI1 2.0 RI6 2.0 PlatenWeak2 2.0 SRIW1 2.0);
    // Their stages have roots of the step size in which their means have a power of three halves.
    look_at!(Stocks 2 stocks(); SRIW2 1.5 SOSRI 1.5 SOSRI2 1.5);
    look_at!(GeneralStrat 2 two().into_ito(); EulerHeun 1.0 StratonovichHeun 1.0 GeneralShARK 1.0 SlowRK 1.0 Milstein 1.0 ReversibleHeun 1.0);
    // The drift of the equation as the integral of Stratonovich has it is that of Ito less half the squares.
    look_at!(CommutingStrat 2 commuting(); EulerHeun 1.0 StratonovichHeun 1.0 GeneralShARK 1.0 SPaRK 1.0 SlowRK 2.0 Milstein 1.0);
    look_at!(Sprung 2 sprung(); EulerMaruyama 1.0 EulerHeun 1.0 SEA 1.0 StratonovichHeun 2.0 SRA1 2.0 SRA2 2.0 SRA3 2.0 SOSRA 2.0 SOSRA2 2.0
        ShARK 2.0 GeneralShARK 2.0 SPaRK 2.0 SlowRK 2.0 DRI1 2.0 RI6 2.0 SRIW1 2.0);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

/// Of a function of an equation neither of which is linear: its mean over all paths whose increments have three values, without
/// chance.
///
/// Oracle: Rößler's weak test, `E p(arsinh X) = t³ - 3 t² + 2 t` for `p(z) = z³ - 6 z² + 8 z`.
#[test]
fn weak_order_is_two_where_nothing_is_linear() {
    const END: f64 = 0.1;
    fn mean<M, X>((model, method): (M, X), u: f64, h: f64, steps: u32) -> f64
    where
        M: Diffusion<f64> + System<f64, State = [f64; 1], Params = [f64; 0]>,
        X: Method<f64, Driven<M, Scripted>> + Fits<M::Interpretation, M::Class>,
    {
        if steps == 0 {
            let z = u.asinh();
            return z * z * z - 6.0 * z * z + 8.0 * z;
        }
        let each = outcomes(1, h, 3).into_iter().map(|(chance, increment)| {
            let path = Scripted { h, steps: vec![increment] };
            let problem = SdeProblem::new(model.clone(), [u], (0.0, h), []).path(path);
            let end =
                problem.solver(method.clone()).fixed(h).save_every_step(false).solve().unwrap().end()[0];
            chance * mean((model.clone(), method.clone()), end, h, steps - 1)
        });
        each.sum()
    }
    let exact = END * END * END - 3.0 * END * END + 2.0 * END;
    // What is left of the errors per step size where that goes to zero, by the polynomial through the last of them: nothing, where the
    // order is two.
    macro_rules! look_at {
        ($model:ident: $($method:ident)*) => { $(
            let errors = [2, 3, 4, 5].map(|steps| {
                let h = END / f64::from(steps);
                (h, (mean(($model, $method), 0.0, h, steps) - exact) / h)
            });
            let at_zero: f64 = (0..4)
                .map(|i| {
                    let others = (0..4).filter(|j| *j != i);
                    errors[i].1 * others.map(|j| errors[j].0 / (errors[j].0 - errors[i].0)).product::<f64>()
                })
                .sum();
            println!("{} of {}: errors per step size {errors:.7?}, {at_zero:.7} at zero", stringify!($method), stringify!($model));
            // What the powers of the step size from the fifth on leave: some hundredths of the largest.
            let largest = errors.iter().fold(0.0, |most, error| f64::max(most, error.1.abs()));
            assert!(at_zero.abs() < 0.05 * largest, "{}: {at_zero} of {largest}", stringify!($method));
        )* };
    }
    look_at!(Sinh: DRI1 RI6 PlatenWeak2);
    look_at!(SinhStrat: SlowRK);
}

/// Along Brownian paths, with their areas: moments of the linear equation with three processes, within four deviations.
#[test]
fn moments_along_brownian_paths_are_those_of_the_equation() {
    const PATHS: u32 = 4_000;
    const DT: f64 = 0.125;
    let exact = three().moments();
    let exact = [exact[2], exact[5], exact[0], exact[1], exact[3], exact[4]];
    let (mut sums, mut squares) = ([0.0; 6], [0.0; 6]);
    for trajectory in 0..PATHS {
        let problem =
            SdeProblem::new(Three, [1.0, 0.5], (0.0, 1.0), []).seed(8).cells(DT).trajectory(trajectory);
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
