//! Many rows at once are the rows one by one: to the bit as rows of any other batch, to rounding as single inputs.

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::integrate::Options;
use diffeq_runtime::nn::*;
use diffeq_runtime::problem::Jvp;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Real;
use diffeq_runtime::sensitivity::AdjointMethod;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::space::Tolerances;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;
use diffeq_runtime::stepper::BS5;
use diffeq_runtime::stepper::RK4;
use diffeq_runtime::stepper::Tsit5;
use diffeq_runtime::stepper::Vern7;
use testkit::gradcheck::adjoint_gap;

use crate::Deep;
use crate::rng;

/// Around multiples of a tile, which has 8 or 16 rows, and less than one.
const COUNTS: [usize; 7] = [0, 1, 7, 8, 16, 17, 37];

fn wave(n: usize, k: f64) -> Vec<f64> {
    (0..n).map(|i| (k * (i + 1) as f64).sin()).collect()
}

/// The same to the rounding of sums of at most some forty terms of size one, in single precision or double.
fn near<T: Real>(a: &[T], b: &[T]) {
    for (a, b) in a.iter().zip(b) {
        let gap = (a.value() - b.value()).abs();
        assert!(gap <= 40.0 * T::EPSILON * b.value().abs().max(1.0), "{a:?} {b:?}");
    }
}

/// Sizes below and above the lanes of a sum, whole and broken blocks of rows, and more columns than a tile is wide.
macro_rules! batches {
    ($($name:ident: $net:ty, $float:ident, $i:literal $o:literal;)*) => { $(
        #[test]
        fn $name() {
            let net: $net = Init::init(&mut rng(1));
            let net_dot: $net = Init::init(&mut rng(2));
            let wave = |n, k| wave(n, k).into_iter().map(|x| x as $float).collect::<Vec<_>>();
            for count in COUNTS {
                let (x, x_dot, y_bar) = (wave($i * count, 0.7), wave($i * count, 1.1), wave($o * count, 0.3));
                let (mut y, mut again, mut y_dot) =
                    (wave($o * count, 1.0), wave($o * count, 1.0), wave($o * count, 1.0));
                net.forward_batch(&x, &mut y).expect("whole rows");
                net.jvp_batch(Some(&net_dot), &x, &x_dot, &mut again, &mut y_dot).expect("whole rows");
                let (mut bar, mut x_bar) = (net, wave($i * count, 2.0));
                net.vjp_batch(&x, &y_bar, &mut bar, &mut x_bar).expect("whole rows");
                let (mut row_bar, mut row_x_bar) = (net, wave($i * count, 2.0));
                let (mut single_bar, mut single_x_bar) = (net, wave($i * count, 2.0));
                for r in 0..count {
                    let (xs, ys) = ($i * r..$i * (r + 1), $o * r..$o * (r + 1));
                    let (x, x_dot, y_bar) = (&x[xs.clone()], &x_dot[xs.clone()], &y_bar[ys.clone()]);
                    let (mut value, mut dot) = ([0.0; $o], [0.0; $o]);
                    net.jvp_batch(Some(&net_dot), x, x_dot, &mut value, &mut dot).expect("a row");
                    assert_eq!((&y[ys.clone()], &again[ys.clone()], &y_dot[ys]), (&value[..], &value[..], &dot[..]));
                    net.vjp_batch(x, y_bar, &mut row_bar, &mut row_x_bar[xs.clone()]).expect("a row");

                    let array = |v: &[$float]| -> [$float; $i] { v.try_into().expect("a row") };
                    let (single, single_dot) = net.jvp(&net_dot, &array(x), &array(x_dot));
                    assert_eq!(single, net.forward(array(x)));
                    near(&single, &value);
                    near(&single_dot, &dot);
                    let mut x_bar = array(&single_x_bar[xs.clone()]);
                    net.vjp(&array(x), &y_bar.try_into().expect("a row"), &mut single_bar, &mut x_bar);
                    single_x_bar[xs].copy_from_slice(&x_bar);
                }
                assert_eq!((&x_bar, &bar), (&row_x_bar, &row_bar), "{count} rows");
                near(&x_bar, &single_x_bar);
                near(bar.as_slice(), single_bar.as_slice());
            }
        }
    )* };
}

batches! {
    a_batch_is_its_rows: Deep<Tanh, f64>, f64, 3 2;
    a_batch_of_single_precision_is_its_rows: Deep<Tanh, f32>, f32, 3 2;
    a_batch_of_a_wide_network_is_its_rows: Mlp<21, 19, 10, Tanh, f64>, f64, 21 10;
    a_batch_of_a_wide_network_of_single_precision_is_its_rows: Mlp<21, 19, 10, Tanh, f32>, f32, 21 10;
}

#[test]
fn rows_that_do_not_fit_are_an_error_that_says_so() {
    let layer: Dense<2, 1> = Dense::init(&mut rng(1));
    let error = layer.forward_batch(&[1.0; 3], &mut [0.0; 2]).expect_err("three are not pairs");
    assert_eq!(error.to_string(), "nn: `x` has 3 reals, not whole rows of 2");
    let error = layer.forward_batch(&[1.0; 4], &mut [0.0; 3]).expect_err("two rows, not three");
    assert_eq!(error.to_string(), "nn: `y` has 3 reals, not 2 rows of 1");
}

type Net = Mlp<3, 20, 2, Tanh>;

/// With the time as the last input.
#[test]
fn a_field_is_its_network() {
    let net = Net::init(&mut rng(3));
    let p = net.as_slice().to_vec();
    let field = Field::<Net, 2, 3>::new();
    assert_eq!(field.eval(&[0.5, -0.2], &p, 0.9), net.forward([0.5, -0.2, 0.9]));
    let batch = BatchField::<Net, 2, 3>::new();
    for count in COUNTS {
        let u = wave(2 * count, 0.8);
        let du = batch.eval(&u, &p, 0.9);
        for r in 0..count {
            near(&du[2 * r..2 * r + 2], &net.forward([u[2 * r], u[2 * r + 1], 0.9]));
        }
    }
}

/// `<w, J v> = <J^T w, v>`, time and parameters included: 122 parameters, sums of twenty terms of size one.
#[test]
fn derivatives_of_fields_agree() {
    let net = Net::init(&mut rng(4));
    let (p, p_dot) = (net.as_slice().to_vec(), wave(122, 0.6));
    let (t, t_dot) = (0.4, -1.3);
    for count in COUNTS {
        let n = 2 * count;
        let (u, u_dot, w) = (wave(n, 0.7), wave(n, 1.9), wave(n, 1.2));
        let batch = BatchField::<Net, 2, 3>::new();
        let (mut du, mut du_dot) = (vec![0.0; n], vec![0.0; n]);
        batch.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, t, t_dot);
        assert_eq!(du, batch.eval(&u, &p, t));
        let (mut u_bar, mut p_bar, mut t_bar) = (vec![0.0; n], vec![0.0; 122], 0.0);
        let work = &mut Workspace::new();
        batch.vjp(&mut w.clone(), &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, work);
        let inputs = [&u_dot[..], &p_dot, &[t_dot]].concat();
        let cotangents = [&u_bar[..], &p_bar, &[t_bar]].concat();
        let gap = adjoint_gap(&w, &du_dot, &cotangents, &inputs);
        assert!(gap < 1e-12, "{count} rows: {gap:e}");
        if count == 1 {
            // A batch of one is the field of one, but for the order of sums.
            let field = Field::<Net, 2, 3>::new();
            let (mut one, mut one_dot) = ([0.0; 2], [0.0; 2]);
            field.jvp(&mut one, &mut one_dot, &[u[0], u[1]], &[u_dot[0], u_dot[1]], &p, &p_dot, t, t_dot);
            near(&[du, du_dot].concat(), &[one, one_dot].concat());
            let (mut one_bar, mut one_p_bar, mut one_t_bar) = ([0.0; 2], vec![0.0; 122], 0.0);
            let mut w = [w[0], w[1]];
            field.vjp(&mut w, &[u[0], u[1]], &p, t, &mut one_bar, &mut one_p_bar, &mut one_t_bar, work);
            near(
                &[u_bar, p_bar, vec![t_bar]].concat(),
                &[one_bar.to_vec(), one_p_bar, vec![one_t_bar]].concat(),
            );
        }
    }
}

#[test]
fn what_does_not_fit_a_field_is_not_a_number() {
    let field = Field::<Net, 2, 3>::new();
    assert!(field.eval(&[0.5, 0.5], &vec![0.0_f64; 121], 0.0).iter().all(|du| du.is_nan()));
    let batch = BatchField::<Net, 2, 3>::new();
    assert!(batch.eval(&vec![0.5_f64; 3], &vec![0.0; 122], 0.0).iter().all(|du| du.is_nan()));
    let problem = OdeProblem::new(field, [0.5, 0.5], (0.0, 1.0), vec![0.0; 121]);
    assert!(problem.solver(Tsit5).solve().is_err());
}

/// The gradient of a solve: its directional derivative by a second solve over dual numbers is the same.
#[test]
fn a_solve_through_a_network_has_a_gradient() {
    use diffeq_runtime::real::Dual;
    type D = Dual<f64, 1>;
    let net = Net::init(&mut rng(5));
    let p = net.as_slice().to_vec();
    let p_dot = wave(122, 0.6);
    let field = Field::<Net, 2, 3>::new();
    let problem = OdeProblem::new(field, [1.0, -0.5], (0.0, 1.0), p.clone());
    let solver = problem.solver(Tsit5);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a smooth problem");
    let gradient = pullback.call(Cotangents::end(&[1.0, 0.5])).expect("cotangents that fit");
    let lifted: Vec<D> = p.iter().zip(&p_dot).map(|(p, dot)| D::new(*p, [*dot])).collect();
    let problem = OdeProblem::<_, D>::new(field, [1.0, -0.5].map(D::constant), (0.0, 1.0), lifted);
    let solution = problem.solver(Tsit5).solve().expect("a smooth problem");
    let forward = solution.end()[0].tangents[0] + 0.5 * solution.end()[1].tangents[0];
    let reverse: f64 = gradient.p.iter().zip(&p_dot).map(|(g, dot)| g * dot).sum();
    // A hundred evaluations or so, each exact to rounding.
    assert!((forward - reverse).abs() < 1e-12, "{forward} {reverse}");
}

/// A field that keeps nothing for its derivatives.
#[derive(Clone, Copy)]
struct Forgetful<F>(F);

impl<F: Model> Model for Forgetful<F> {}

impl<F: Rhs<f64>> System<f64> for Forgetful<F> {
    type State = F::State;
    type Params = F::Params;
}
impl<F: Rhs<f64>> Rhs<f64> for Forgetful<F> {
    fn rhs(&self, du: &mut F::State, u: &F::State, p: &F::Params, t: f64) {
        self.0.rhs(du, u, p, t);
    }
}

impl<F: Vjp<f64>> Vjp<f64> for Forgetful<F> {
    fn vjp(
        &self,
        du_bar: &mut F::State,
        u: &F::State,
        p: &F::Params,
        t: f64,
        u_bar: &mut F::State,
        p_bar: &mut F::Params,
        t_bar: &mut f64,
        work: &mut Workspace<f64>,
    ) {
        self.0.vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }
}

fn keeping_changes_nothing<M>(method: M)
where
    M: AdjointMethod<f64, BatchField<Net, 2, 3>> + AdjointMethod<f64, Forgetful<BatchField<Net, 2, 3>>>,
{
    let p = Net::init(&mut rng(6)).as_slice().to_vec();
    let u0 = wave(2 * 11, 0.9);
    let field = BatchField::<Net, 2, 3>::new();
    let keeping = OdeProblem::new(field, u0.clone(), (0.0, 1.0), p.clone());
    let forgetful = OdeProblem::new(Forgetful(field), u0, (0.0, 1.0), p);
    // Rows at the end alone, and inside steps.
    for save in [Grid::points([1.0]), Grid::count(9)] {
        let tolerances = Tolerances { relative: 1e-4.into(), absolute: 1e-4.into() };
        let options = Options { dt: Some(0.3), tolerances, save_at: Some(save), ..Options::default() };
        let keeping = keeping.solver(method.clone()).options(options.clone());
        let forgetful = forgetful.solver(method.clone()).options(options);
        let (solution, mut pullback) = keeping.vjp(DiscreteAdjoint::default()).expect("a smooth problem");
        let cotangents: Vec<Vec<f64>> = (0..solution.len()).map(|i| wave(22, 0.1 + i as f64)).collect();
        let ours = pullback.call(&cotangents).expect("cotangents that fit");
        for adjoint in [DiscreteAdjoint::default(), DiscreteAdjoint::checkpoints(2)] {
            let (_, mut pullback) = forgetful.vjp(adjoint).expect("a smooth problem");
            let theirs = pullback.call(&cotangents).expect("cotangents that fit");
            assert_eq!((&ours.u0, &ours.p, ours.t1), (&theirs.u0, &theirs.p, theirs.t1), "{method:?}");
        }
    }
}

/// To the bit, with methods whose last stage is the first of the next step, whose interpolant has stages of its own
/// (and one of these the first of the next step), and with neither.
#[test]
fn what_stages_keep_changes_no_gradient() {
    keeping_changes_nothing(Tsit5);
    keeping_changes_nothing(BS5);
    keeping_changes_nothing(Vern7);
    keeping_changes_nothing(RK4);
}
