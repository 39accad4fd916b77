use rand::SeedableRng;
use rand::rngs::StdRng;
use testkit::gradcheck::adjoint_gap;

use super::*;
use crate::nn::Chain;
use crate::nn::Mlp;
use crate::nn::Tanh;

/// A flow of three numbers.
type Net = Mlp<4, 7, 3, Tanh>;
type Flow = FlowRhs<Net, 3>;

const ROWS: usize = 3;

/// Some hundred roundings of terms of size one.
const ROUNDINGS: f64 = 1e-12;

fn numbers(count: usize, seed: u64) -> Vec<f64> {
    normal(count, seed)
}

fn params() -> Vec<f64> {
    Net::init(&mut StdRng::seed_from_u64(5)).as_slice().iter().map(|w| 1.5 * w).collect()
}

fn flows() -> impl Iterator<Item = Flow> {
    let traces = [Divergence::Exact, Divergence::Rademacher { seed: 1 }, Divergence::Gaussian { seed: 2 }];
    let all = [Integrals::None, Integrals::Divergence, Integrals::All];
    all.into_iter().flat_map(move |integrals| traces.map(|trace| Flow::new(integrals, trace, ROWS)))
}

#[test]
fn forward_and_reverse_agree() {
    for flow in flows() {
        let (n, p) = (ROWS * flow.width(), params());
        let (u, u_dot, p_dot, w) = (numbers(n, 3), numbers(n, 4), numbers(p.len(), 5), numbers(n, 6));
        let (t, t_dot) = (0.3, -0.8);
        let (mut du, mut du_dot) = (vec![0.0; n], vec![0.0; n]);
        flow.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, t, t_dot);
        let plain = flow.eval(&u, &p, t);
        assert!(du.iter().zip(&plain).all(|(a, b)| (a - b).abs() < ROUNDINGS), "{flow:?}: {du:?} {plain:?}");
        // What is there is added to.
        let (mut u_bar, mut p_bar, mut t_bar) = (vec![1.0; n], vec![2.0; p.len()], 3.0);
        flow.vjp(&mut w.clone(), &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
        let minus = |v: &[f64], c: f64| v.iter().map(|x| x - c).collect::<Vec<_>>();
        let bars = [minus(&u_bar, 1.0), minus(&p_bar, 2.0), vec![t_bar - 3.0]].concat();
        let gap = adjoint_gap(&w, &du_dot, &bars, &[&u_dot[..], &p_dot, &[t_dot]].concat());
        assert!(gap < ROUNDINGS, "{flow:?}: {gap:e}");
    }
}

/// The integrals' slopes from the Jacobian of the rows, column by column.
#[test]
fn integrals_are_those_of_the_jacobian() {
    let (p, x, t) = (params(), numbers(3, 7), 0.6);
    let plain = FlowRhs::<Net, 3>::new(Integrals::None, Divergence::Exact, 1);
    let columns: [[f64; 3]; 3] = std::array::from_fn(|i| {
        let (mut f, mut column, mut unit) = (vec![0.0; 3], vec![0.0; 3], vec![0.0; 3]);
        unit[i] = 1.0;
        plain.jvp(&mut f, &mut column, &x, &unit, &p, &vec![0.0; p.len()], t, 0.0);
        [column[0], column[1], column[2]]
    });
    let f = plain.eval(&x, &p, t);
    let kinetic: f64 = f.iter().map(|f| f * f).sum();
    let u = [&x[..], &[9.0; 3]].concat();
    let close = |got: &[f64], want: [f64; 3]| got.iter().zip(want).all(|(a, b)| (a - b).abs() < ROUNDINGS);

    let trace: f64 = (0..3).map(|i| columns[i][i]).sum();
    let square: f64 = columns.iter().flatten().map(|j| j * j).sum();
    let exact = FlowRhs::<Net, 3>::new(Integrals::All, Divergence::Exact, 1).eval(&u, &p, t);
    assert!(
        close(&exact[..3], [f[0], f[1], f[2]]) && close(&exact[3..], [trace, kinetic, square]),
        "{exact:?}"
    );

    let estimated = FlowRhs::<Net, 3>::new(Integrals::All, Divergence::Gaussian { seed: 8 }, 1);
    let v: [f64; 3] = estimated.direction(0, 0);
    let jv: [f64; 3] = std::array::from_fn(|i| (0..3).map(|j| columns[j][i] * v[j]).sum());
    let got = estimated.eval(&u, &p, t);
    assert!(close(&got[3..], [dot(&v, &jv), kinetic, dot(&jv, &jv)]), "{got:?}");
}

#[test]
fn each_row_has_its_own_noise_and_a_seed_draws_the_same() {
    let draw = |trace| -> [[f64; 3]; 2] {
        let flow = Flow::new(Integrals::Divergence, trace, 2);
        [flow.direction(0, 0), flow.direction(1, 0)]
    };
    for trace in [|seed| Divergence::Rademacher { seed }, |seed| Divergence::Gaussian { seed }] {
        assert_eq!(draw(trace(1)), draw(trace(1)));
        assert_ne!(draw(trace(1)), draw(trace(2)));
        let [first, second] = draw(trace(3));
        assert_ne!(first, second);
    }
    assert!(draw(Divergence::Rademacher { seed: 4 }).iter().flatten().all(|sign| sign.abs() == 1.0));
}

#[test]
fn what_does_not_fit_is_not_a_number() {
    let flow = Flow::new(Integrals::Divergence, Divergence::Exact, ROWS);
    let (p, u) = (params(), vec![0.5; ROWS * 4]);
    assert!(flow.eval(&u, &p[1..].to_vec(), 0.0).iter().all(|x| x.is_nan()), "too few parameters");
    assert!(flow.eval(&vec![0.5; 7], &p, 0.0).iter().all(|x| x.is_nan()), "a row that is not whole");
    let estimated = Flow::new(Integrals::Divergence, Divergence::Rademacher { seed: 0 }, ROWS - 1);
    assert!(estimated.eval(&u, &p, 0.0).iter().all(|x| x.is_nan()), "a row without noise");
}

/// A deeper network with several kinds of layers has the laws too: in single precision, where they hold to its roundings.
#[test]
fn single_precision_works_too() {
    type Deep = Chain<
        Mlp<3, 5, 4, Tanh, f32>,
        Chain<crate::nn::Map<crate::nn::Softplus, f32>, crate::nn::Dense<4, 2, crate::nn::Sin, f32>>,
    >;
    let p: Vec<f32> = Deep::init(&mut StdRng::seed_from_u64(1)).as_slice().to_vec();
    let flow = FlowRhs::<Deep, 2>::new(Integrals::All, Divergence::Exact, 2);
    let single = |v: Vec<f64>| v.into_iter().map(|x| x as f32).collect::<Vec<f32>>();
    let (u, u_dot, p_dot, w) =
        (single(numbers(10, 1)), single(numbers(10, 2)), single(numbers(p.len(), 3)), single(numbers(10, 4)));
    let (mut du, mut du_dot) = (vec![0.0; 10], vec![0.0; 10]);
    flow.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, 0.5, 0.0);
    let (mut u_bar, mut p_bar, mut t_bar) = (vec![0.0; 10], vec![0.0; p.len()], 0.0);
    flow.vjp(&mut w.clone(), &u, &p, 0.5, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    let double = |v: &[f32]| v.iter().map(|x| f64::from(*x)).collect::<Vec<f64>>();
    let (bars, dots) = ([double(&u_bar), double(&p_bar)].concat(), [double(&u_dot), double(&p_dot)].concat());
    let gap = adjoint_gap(&double(&w), &double(&du_dot), &bars, &dots);
    assert!(gap < 1e-5, "{gap:e}");
}
