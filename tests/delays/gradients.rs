//! Derivatives of end values by dual numbers, against `reference/dde.json`.

use diffeq::delay::Initial;
use diffeq::prelude::*;
use diffeq::problem::Delayed;
use diffeq::space::Vector;

use super::models::*;

/// The derivative by parameter `i` of `n`.
fn by<const N: usize>(values: [f64; N]) -> [Dual<f64, N>; N] {
    std::array::from_fn(|i| {
        let mut tangents = [0.0; N];
        tangents[i] = 1.0;
        Dual::new(values[i], tangents)
    })
}

/// Holds the derivatives of each component to `1e-7`: what the solve's tolerance of `1e-10` leaves, amplified over the span.
fn right<F, H, const N: usize>(problem: &DdeProblem<F, H, Dual<f64, N>>, expected: &[[f64; N]])
where
    F: Delayed<Dual<f64, N>>,
    H: Initial<Dual<f64, N>, F::State, F::Params>,
{
    let solution = problem.solver(Vern7).tolerances(1e-11, 1e-11).max_steps(100_000).solve();
    let solution = solution.unwrap_or_else(|error| panic!("{error}"));
    for (found, expected) in solution.end().as_slice().iter().zip(expected) {
        for (found, expected) in found.tangents.iter().zip(expected) {
            let error = (found - expected).abs() / f64::max(1.0, expected.abs());
            eprintln!("{}: {found} {expected} {error:e}", F::NAME);
            assert!(error <= 1e-7, "{found} {expected}");
        }
    }
}

#[test]
fn by_a_delay_with_a_start_that_does_not_fit() {
    let [a, tau, h, u0] = by([1.3, 0.7, 0.9, 1.1]);
    let problem = DdeProblem::new(linear_lag, u0, Constant(h), (0.0, 5.5), [a, tau]);
    right(
        &problem,
        &[[-0.06417053911702107, -0.6362208667905119, 0.02750233364079817, -0.06078640034348851]],
    );
}

#[test]
fn by_everything_of_a_neutral_equation() {
    let [a, b, c, tau, u0] = by([1.0, 1.0, -0.25, 1.0, 0.0]);
    type T = Dual<f64, 5>;
    let history = Phi::new(|_: &[T; 4], t: T| -t).slope(|_: &[T; 4], _: T| T::lit(-1.0));
    let problem = DdeProblem::new(neutral_linear, u0, history, (0.0, 1.5), [a, b, c, tau]);
    let expected =
        [2.730389089731395, 1.8278933355878364, -1.9477055759127124, 2.9266338303909136, 5.099959546850613];
    right(&problem, &[expected]);
}

#[test]
fn by_two_lags() {
    let [tau1, tau2, a, b, c] = by([1.0, 0.2, 1.0, 1.0, 1.0]);
    let start = [a, b, c];
    let problem = DdeProblem::new(wille_baker, start, Constant(start), (0.0, 5.0), [tau1, tau2]);
    let expected = [
        [-17.166666666666668, 0.0, 19.175, 0.0, 0.0],
        [-56.310289499404526, -475.9579066678444, 107.30987813394839, 69.11270031343193, 0.0],
        [-49.29557396638611, -415.12293080774, 108.71333788957898, 80.63086404649144, 1.0],
    ];
    right(&problem, &expected);
}

#[test]
fn of_mackey_and_glass() {
    let [beta, gamma, tau, h] = by([0.2, 0.1, 17.0, 0.5]);
    let problem = DdeProblem::new(mackey_glass, h, Constant(h), (0.0, 100.0), [beta, gamma, tau]);
    right(&problem, &[[-6.091160296692914, 12.428266306879975, 0.2691732991671621, -5.626541915567667]]);
}

#[test]
fn of_prey_that_grow_late() {
    let [alpha, beta, delta, gamma, tau, h, a, b] = by([2.2, 1.0, 2.0, 0.4, 0.1, 1.0, 1.0, 1.0]);
    let p = [alpha, beta, delta, gamma, tau];
    let problem = DdeProblem::new(delay_lotka_volterra, [a, b], Constant([h, h]), (0.0, 10.0), p);
    let expected = [
        [
            -0.7560389789793724,
            -4.807284580372689,
            2.2151588202277557,
            -32.53982250398836,
            11.439321776309173,
            0.5839844751756867,
            5.0597032844220795,
            -4.807284580372689,
        ],
        [
            6.858354037932366,
            13.70867792716121,
            -9.520846396548592,
            138.88862517755237,
            -39.21476078351577,
            -1.9782224785264524,
            -17.063470314570733,
            17.124620871358534,
        ],
    ];
    right(&problem, &expected);
}

#[test]
fn by_a_lag_that_the_state_moves() {
    let [k, tau, h] = by([2.0, 1.0, 0.5]);
    let p = [k, tau, Dual::new(1.0, [0.0; 3])];
    let problem = DdeProblem::new(paul_c1_by_sign, h, Constant(h), (0.0, 30.0), p);
    let solver = problem.solver(Vern7).tolerances(1e-11, 1e-11).event(Crossing::of::<zero, turn>());
    let solution = solver.solve().unwrap_or_else(|error| panic!("{error}"));
    eprintln!("{:?} {:?}", solution.stats(), solution.end().tangents);
    let expected = [0.021673828655124752, 0.18008259520282888, 0.029503813151381807];
    for (found, expected) in solution.end().tangents.iter().zip(expected) {
        assert!((found - expected).abs() <= 1e-7, "{found} {expected}");
    }
}

#[test]
fn by_the_rate_of_a_lag() {
    let [q] = by([0.5]);
    type T = Dual<f64, 1>;
    let problem = DdeProblem::new(pantograph, T::lit(1.0), Constant(T::lit(1.0)), (0.0, 10.0), q);
    right(&problem, &[[-11.918697820121624]]);
}

#[test]
fn of_a_neutral_system() {
    type T = Dual<f64, 3>;
    let history = Phi::new(|_: &[T; 3], t: T| [T::lit(0.33) - t.scale(0.1), T::lit(2.22) + t.scale(0.1)])
        .slope(|_: &[T; 3], _: T| [T::lit(-0.1), T::lit(0.1)]);
    let start = [T::lit(0.33), T::lit(2.22)];
    let problem = DdeProblem::new(enright_hayashi_e2, start, history, (0.0, 2.0), by([0.1, 2.9, 0.42]));
    let expected = [
        [0.21217154207161537, 0.025672129155962228, -0.3448744539767014],
        [-4.295268437019783, 0.0067040364237486725, -0.003966707596074141],
    ];
    right(&problem, &expected);
}

#[test]
fn of_leukemia() {
    let [a, c, tau, h1, h2] = by([1.1, 2.43, 20.0, 105767027.0 / 300000000.0, 1030713491.0 / 3000000000.0]);
    let problem =
        DdeProblem::new(enright_hayashi_a2, [h1, h2], Constant([h1, h2]), (0.0, 100.0), [a, c, tau]);
    let expected = [
        [
            0.2496610073889287,
            -0.18870016744054335,
            0.034604112950712335,
            -0.12615488603452815,
            -0.0017674590843226878,
        ],
        [
            0.48424088182734376,
            -0.41623728577101204,
            0.07269341495240657,
            -0.2778733791235183,
            -0.0034803891388603164,
        ],
    ];
    right(&problem, &expected);
}

/// Its history has a kink a millionth before the start, which moves with a parameter. The derivatives are of all sizes, so that
/// each is held to its own: to `1e-7` of it, and as far as the absolute tolerances let it be known.
#[test]
fn of_an_infection() {
    let values = [2.0, 0.8, 1e4, 0.17, 0.5, 10.0, 0.12, 8.0, 0.5, 1e-6];
    let p: [Dual<f64, 10>; 10] = by(values);
    let start = [p[9], Dual::lit(1.0), Dual::lit(1.0), Dual::lit(0.0)];
    let problem = DdeProblem::new(marchuk, start, Rising, (0.0, 8.0), p);
    let mut solver = problem.solver(Vern7).tolerances(1e-11, 1e-11);
    solver.options.tolerances.absolute = vec![1e-17, 1e-11, 1e-11, 1e-14].into();
    let solution = solver.solve().unwrap_or_else(|error| panic!("{error}"));
    // by h1, h2, h3, h6, tau and the first dose
    let expected = [
        [
            -0.0035708122127827784,
            0.0026646332434904765,
            -1.0323104311205169e-07,
            0.0,
            0.001165529622184661,
            -753.5140001805264,
        ],
        [
            176.5307695754957,
            -230.64275590440423,
            0.001586849323058657,
            0.0,
            8.469409821091112,
            16213356.367333801,
        ],
        [
            31.90653436693956,
            -36.33270283310277,
            0.0004633347992477641,
            0.0,
            -4.06921543586641,
            4603992.4481749395,
        ],
        [
            0.044985426054951,
            -0.07160132058454673,
            -2.542858131849144e-06,
            0.0024882259997965834,
            0.030787307255038844,
            -185.41691320867102,
        ],
    ];
    for (found, expected) in solution.end().iter().zip(expected) {
        for (which, expected) in [0, 1, 2, 5, 8, 9].into_iter().zip(expected) {
            let (found, size) = (found.tangents[which], f64::max(expected.abs(), 1e-9));
            eprintln!("{which}: {found} {expected} {:e}", (found - expected).abs() / size);
            assert!((found - expected).abs() <= 1e-7 * size, "{which}: {found} {expected}");
        }
    }
}
