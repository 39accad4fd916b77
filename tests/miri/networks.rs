//! Every way through the `unsafe` under networks and records, small enough for Miri; what comes out is checked elsewhere.

use diffeq_runtime::integrate::Grid;
use diffeq_runtime::nn::*;
use diffeq_runtime::problem::OdeProblem;
use diffeq_runtime::sensitivity::Cotangents;
use diffeq_runtime::sensitivity::DiscreteAdjoint;
use diffeq_runtime::sensitivity::GaussAdjoint;
use diffeq_runtime::space::Vector;
use diffeq_runtime::stepper::Tsit5;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Layers that keep nothing, values, values and slopes.
type Net<T> =
    Chain<Map<Cube, T>, Chain<Dense<3, 9, Softplus, T>, Chain<Dense<9, 5, Tanh, T>, Dense<5, 2, Identity, T>>>>;

macro_rules! batches {
    ($($name:ident $float:ident;)*) => { $(
        /// A whole tile and a broken one.
        #[test]
        fn $name() {
            let net = Net::<$float>::init(&mut StdRng::seed_from_u64(1));
            let x: Vec<$float> = (0..3 * 17).map(|i| (i as $float * 0.7).sin()).collect();
            let (mut y, mut y_dot) = (vec![0.0; 34], vec![0.0; 34]);
            net.forward_batch(&x, &mut y).expect("whole rows");
            net.jvp_batch(Some(&net), &x, &x, &mut y, &mut y_dot).expect("whole rows");
            let (mut bar, mut x_bar) = (net, vec![0.0; 51]);
            net.vjp_batch(&x, &y, &mut bar, &mut x_bar).expect("whole rows");
            assert!(bar.as_slice().iter().chain(&x_bar).all(|x: &$float| x.is_finite()));
        }
    )* };
}

batches! {
    batches_of_single_precision f32;
    batches_of_double_precision f64;
}

#[test]
fn single_inputs() {
    let net = Net::<f64>::init(&mut StdRng::seed_from_u64(1));
    let (x, mut x_bar, mut bar) = ([0.3, -0.8, 0.5], [0.0; 3], net);
    let y = net.forward(x);
    Network::vjp(&net, &x, &y, &mut bar, &mut x_bar);
    Network::input_vjp(&net, &x, &y, &mut x_bar);
    assert!(x_bar.iter().all(|x| x.is_finite()));
}

/// Twice each, so that the second record has the memory of the first.
#[test]
fn records_of_solves() {
    type Small = Mlp<3, 9, 2, Tanh>;
    let p = Small::init(&mut StdRng::seed_from_u64(1)).as_slice().to_vec();
    let one = OdeProblem::new(Field::<Small, 2, 3>::new(), [1.0, 0.5], (0.0, 0.2), p.clone());
    let rows = OdeProblem::new(BatchField::<Small, 2, 3>::new(), vec![0.3; 6], (0.0, 0.2), p);
    for _ in 0..2 {
        let solver = one.solver(Tsit5).save_at(Grid::count(3));
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a smooth problem");
        let cotangents: Vec<[f64; 2]> = solution.states().collect();
        pullback.call(&cotangents).expect("cotangents that fit");
        let solver = rows.solver(Tsit5);
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).expect("a smooth problem");
        pullback.call(Cotangents::end(solution.end())).expect("cotangents that fit");
        let (solution, mut pullback) = solver.vjp(GaussAdjoint::default()).expect("a smooth problem");
        pullback.call(Cotangents::end(solution.end())).expect("cotangents that fit");
    }
}
