//! Networks inside models: every way to call one, and the laws that all models obey.

use diffeq::nn::Dense;
use diffeq::nn::Mlp;
use diffeq::nn::Relu;
use diffeq::nn::Tanh;
use diffeq::prelude::*;
use diffeq::problem::Jacobian;
use diffeq::problem::Jvp;
use diffeq::problem::Pattern;
use diffeq::problem::Rhs;
use diffeq::problem::Vjp;
use diffeq::space::Vector;
use diffeq::space::Workspace;
use testkit::alloc::Counting;
use testkit::alloc::allocations;
use testkit::alloc::is_counting;
use testkit::laws::D;
use testkit::laws::check;
use testkit::laws::direction;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// Two species whose meetings are learned.
#[derive(Components, Clone, Copy)]
struct Rates {
    growth: f64,
    net: Mlp<2, 5, 2, Tanh>,
    decay: f64,
}

#[ode]
fn among_other_terms(du: &mut [f64; 2], u: &[f64; 2], p: &Rates, _t: f64) {
    let [x, y] = *u;
    let [eaten, born] = p.net.forward([x, y]);
    du[0] = p.growth * x - eaten;
    du[1] = born - p.decay * y;
}

#[ode]
fn among_other_terms_out(u: [f64; 2], p: &Rates, _t: f64) -> [f64; 2] {
    let [x, y] = u;
    let [eaten, born] = p.net.forward(u);
    [p.growth * x - eaten, born - p.decay * y]
}

#[ode]
fn alone(du: &mut [f64; 2], u: &[f64; 2], p: &Mlp<2, 5, 2, Tanh>) {
    *du = p.forward(*u);
}

#[ode]
fn alone_out(u: [f64; 2], p: &Mlp<2, 5, 2, Tanh>) -> [f64; 2] {
    p.forward(u)
}

#[ode]
fn indexed(du: &mut [f64; 2], u: &[f64; 2], p: &Rates, t: f64) {
    let y = p.net.forward([u[0], u[0] * t]);
    du[0] = y[0] * y[1] - p.growth;
    du[1] = p.decay * u[1] + y[1].tanh();
}

/// Two networks, one after the other, the second with an input that the first can't see.
#[derive(Components, Clone, Copy)]
struct Deep {
    first: Dense<2, 3, Tanh>,
    second: Mlp<4, 3, 1, Tanh>,
    gain: [f64; 2],
}

#[ode]
fn nested(du: &mut [f64; 2], u: &[f64; 2], p: &Deep, t: f64) {
    let [a, b, c] = p.first.forward(*u);
    let [y] = p.second.forward([a, b * c, c, t.sin()]);
    du[0] = p.gain[0] * y;
    du[1] = p.gain[1] * p.second.forward([u[0], u[1], a, y])[0];
}

/// A deep network as an array of layers.
#[derive(Components, Clone, Copy)]
struct Stack {
    layers: [Dense<2, 2, Tanh>; 3],
    scale: f64,
}

#[ode]
fn layers_in_a_loop(du: &mut [f64; 2], u: &[f64; 2], p: &Stack) {
    let mut h = *u;
    for layer in p.layers.iter() {
        h = layer.forward(h);
    }
    for i in 0..2 {
        du[i] = p.scale * h[i] * u[i];
    }
}

#[ode]
fn recurrent(u: [f64; 2], p: &Stack) -> [f64; 2] {
    let cell = &p.layers[1];
    let mut h = [p.scale, 0.0];
    for k in 0..4 {
        let [a, b] = cell.forward([h[0] + u[0], h[1] * u[1]]);
        h = [a * b, b + (k as f64) * u[0]];
    }
    h
}

#[ode]
fn nested_in_a_loop(du: &mut [f64; 3], u: &[f64; 3], p: &Stack) {
    for i in 0..3 {
        let [a, b] = p.layers[2].forward(p.layers[i].forward([u[i], u[(i + 1) % 3]]));
        du[i] = if a > 0.0 { a * b } else { p.scale * a };
    }
}

#[ode]
fn one_network_for_all_neighbours(du: &mut [f64], u: &[f64], p: &Mlp<2, 4, 1, Tanh>) {
    let n = u.len();
    for i in 0..n {
        let [flow] = p.forward([u[i], u[(i + 1) % n]]);
        du[i] = flow * u[i];
    }
}

#[derive(Components, Clone, Copy)]
struct Body {
    position: [f64; 2],
    velocity: [f64; 2],
}

#[ode]
fn named(du: &mut Body, u: &Body, p: &Rates) {
    du.position = u.velocity;
    du.velocity = p.net.forward(u.position);
    du.velocity[1] -= p.decay * u.velocity[1];
}

#[ode]
fn in_a_branch(du: &mut [f64; 2], u: &[f64; 2], p: &Stack, t: f64) {
    let [x, y] = *u;
    let flow = if x * t > 0.2 { p.layers[0].forward([x, y]) } else { p.layers[1].forward([y, x]) };
    if y < 0.0 {
        *du = p.layers[2].forward(flow);
        return;
    }
    *du = flow;
    du[0] *= p.scale;
}

/// The input does not depend on the state, or on nothing at all.
#[ode]
fn driven(du: &mut [f64; 2], u: &[f64; 2], p: &Rates, t: f64) {
    let [a, b] = p.net.forward([t.sin(), 1.0]);
    let fixed = p.net.forward([0.3, -0.7]);
    du[0] = a * fixed[0] - u[0];
    du[1] = b + fixed[1];
}

/// Each cell has a network, and looks at its neighbour's parameters.
#[derive(Components, Clone, Copy)]
struct Cell {
    net: Dense<2, 2, Relu>,
    bias: [f64; 2],
}

#[derive(Components, Clone, Copy)]
struct Cells {
    cells: [Cell; 2],
}

#[ode]
fn parameters_as_input(u: [f64; 2], p: &Cells) -> [f64; 2] {
    let [a, b] = p.cells[0].net.forward(p.cells[1].bias);
    let [c, d] = p.cells[1].net.forward([u[0] * a, u[1]]);
    [b * c, d]
}

#[differentiable]
fn force(x: &[f64; 2], net: &Mlp<2, 5, 2, Tanh>, strength: f64) -> [f64; 2] {
    let [a, b] = net.forward(*x);
    [strength * a, b]
}

#[ode]
fn through_a_helper(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
    let f = force(u, &p.net, p.growth);
    let back = p.net.forward(force(&[f[1], f[0]], &p.net, p.decay));
    for (d, x) in du.iter_mut().zip(back.iter()) {
        *d = x - f[0];
    }
}

#[ode]
fn summed(u: [f64; 2], p: &Rates) -> [f64; 2] {
    let Rates { net, growth, decay } = *p;
    let total: f64 = net.forward(u).iter().sum();
    [growth * total, decay * total * u[0]]
}

#[ode]
fn inside_closures(u: [f64; 3], p: &Mlp<1, 4, 1, Tanh>, t: f64) -> [f64; 3] {
    let slope = |x: f64| p.forward([x])[0];
    let all = u.map(|x| slope(x) * t);
    std::array::from_fn(|i| all[i] + p.forward([all[(i + 1) % 3]])[0])
}

#[ode]
fn of_any_size<const N: usize>(du: &mut [f64; N], u: &[f64; N], p: &Mlp<N, 4, N, Tanh>) {
    let flow = p.forward(*u);
    for (d, f) in du.iter_mut().zip(flow) {
        *d = f * u[N - 1];
    }
}

/// The input is overwritten after the network has seen it, and by what it made of it.
#[ode]
fn overwritten(du: &mut [f64; 2], u: &[f64; 2], p: &Rates, t: f64) {
    *du = [u[0] * t, u[1] * u[0]];
    for _ in 0..3 {
        let [a, b] = p.net.forward(*du);
        du[0] += a * u[1];
        du[1] *= b;
    }
    let mut h = p.net.forward(*du);
    h[0] *= h[1];
    *du = p.net.forward(h);
    for k in 0..4 {
        if h[0] > 0.1 * (k as f64) {
            continue;
        }
        h = p.net.forward([h[1], h[0]]);
        match k % 2 {
            0 => du[0] -= h[1],
            _ => *du = h,
        }
    }
}

const Z: D = D::constant(0.0);

/// Parameters without structure, small enough that no activation saturates.
fn parameters<P: Vector<f64> + Default>() -> P {
    let mut p = P::default();
    let values = direction(p.as_slice().len(), 0.4);
    p.as_mut_slice().iter_mut().zip(values).for_each(|(p, x)| *p = 0.8 * x);
    p
}

macro_rules! laws {
    ($($name:ident: $model:expr, $params:ty, $u:expr, $t:expr, $ud:expr;)+) => { $(
        #[test]
        fn $name() {
            type P<T> = <$params as diffeq::space::Components>::Of<T>;
            check($model, $u, parameters::<P<f64>>(), $t, $ud, P::<D>::default());
        }
    )+ };
}

laws! {
    a_term_among_others: among_other_terms, Rates, [0.4, -0.7], 0.0, [Z; 2];
    the_same_returned: among_other_terms_out, Rates, [0.4, -0.7], 0.0, [Z; 2];
    the_whole_derivative: alone, Mlp<2, 5, 2, Tanh>, [0.4, -0.7], 0.0, [Z; 2];
    the_whole_derivative_returned: alone_out, Mlp<2, 5, 2, Tanh>, [0.4, -0.7], 0.0, [Z; 2];
    an_output_by_name: indexed, Rates, [0.4, -0.7], 1.3, [Z; 2];
    one_behind_the_other: nested, Deep, [0.4, -0.7], 0.8, [Z; 2];
    a_stack_of_layers: layers_in_a_loop, Stack, [0.4, -0.7], 0.0, [Z; 2];
    a_recurrent_cell: recurrent, Stack, [0.4, -0.7], 0.0, [Z; 2];
    one_behind_the_other_in_a_loop: nested_in_a_loop, Stack, [0.4, -0.7, 0.9], 0.0, [Z; 3];
    states_of_any_length: one_network_for_all_neighbours, Mlp<2, 4, 1, Tanh>, vec![0.4, -0.7, 0.9, 0.2], 0.0, vec![Z; 4];
    a_field_as_input: named, Rates, BodyOf { position: [0.4, -0.7], velocity: [0.2, 0.9] }, 0.0, BodyOf::<D>::default();
    a_branch_left: in_a_branch, Stack, [0.4, -0.7], 1.0, [Z; 2];
    a_branch_right: in_a_branch, Stack, [0.4, -0.7], 0.2, [Z; 2];
    a_branch_without_the_return: in_a_branch, Stack, [0.4, 0.7], 1.0, [Z; 2];
    inputs_that_are_no_state: driven, Rates, [0.4, -0.7], 0.9, [Z; 2];
    parameters_of_one_network_into_another: parameters_as_input, Cells, [0.4, 0.7], 0.0, [Z; 2];
    helpers_with_networks: through_a_helper, Rates, [0.4, -0.7], 0.0, [Z; 2];
    closures_that_call_networks: inside_closures, Mlp<1, 4, 1, Tanh>, [0.4, -0.7, 0.9], 0.7, [Z; 3];
    any_number_of_inputs: of_any_size::<3>, Mlp<3, 4, 3, Tanh>, [0.4, -0.7, 0.9], 0.0, [Z; 3];
    inputs_written_later: overwritten, Rates, [0.4, -0.7], 0.9, [Z; 2];
    outputs_summed: summed, Rates, [0.4, -0.7], 0.0, [Z; 2];
}

/// A call keeps what is known to be called once, with an input whose type is written down: what comes out of activations.
#[test]
fn what_networks_keep_is_what_comes_out_of_their_activations() {
    fn kept<F: Rhs<f64>>(model: F, u: &F::State) -> Option<usize> {
        F::KEEPS.then(|| model.kept_len(u))
    }
    let u = [0.4, -0.7];
    assert_eq!(kept(alone, &u), Some(5));
    assert_eq!(kept(among_other_terms, &u), Some(5));
    // a layer of three, and two calls of a network with three behind it
    assert_eq!(kept(nested, &u), Some(9));
    assert_eq!(kept(layers_in_a_loop, &u), None);
    assert_eq!(kept(in_a_branch, &u), None);
    assert_eq!(kept(one_network_for_all_neighbours, &vec![0.0; 4]), None);
}

#[test]
fn in_place_and_returned_are_the_same_to_the_bit() {
    let u = [0.4, -0.7];
    let p = parameters::<RatesOf<f64>>();
    let (a, b) = (among_other_terms.eval(&u, &p, 0.0), among_other_terms_out.eval(&u, &p, 0.0));
    assert_eq!(a.map(f64::to_bits), b.map(f64::to_bits));
    let (a, b) = (alone.eval(&u, &p.net, 0.0), alone_out.eval(&u, &p.net, 0.0));
    assert_eq!(a.map(f64::to_bits), b.map(f64::to_bits));
    assert_eq!(a, p.net.forward(u), "the network itself");
}

#[test]
fn an_output_depends_on_every_input_of_its_network_and_on_no_other() {
    let pattern = Pattern::of(&one_network_for_all_neighbours, 5, 0).expect("lengths that fit");
    for row in 0..5 {
        for column in 0..5 {
            let wanted = column == row || column == (row + 1) % 5;
            assert_eq!(pattern.contains(row, column), wanted, "({row}, {column})");
        }
    }
    let pattern = Pattern::of(&driven, 2, 0).expect("lengths that fit");
    assert!(pattern.contains(0, 0) && !pattern.contains(0, 1) && !pattern.contains(1, 0));
}

#[test]
fn a_network_of_the_state_is_not_linear_and_one_of_the_time_is() {
    fn linear<F: Jacobian<f64>>(_: F) -> (bool, bool) {
        (F::AFFINE, F::AUTONOMOUS)
    }
    assert_eq!(linear(among_other_terms), (false, true));
    assert_eq!(linear(driven), (true, false));
}

#[test]
fn second_derivatives_are_reverse_mode_over_dual_numbers() {
    type DD = Dual<D, 1>;
    let (u, p) = ([0.4, -0.7], parameters::<RatesOf<f64>>());
    let n = p.as_slice().len();
    let (v, w) = (direction(n, 0.2), direction(n, 1.9));
    // the gradient along v: the tangent of the cotangents
    let mut over = RatesOf::<D>::default();
    over.as_mut_slice().iter_mut().zip(p.as_slice()).zip(&v).for_each(|((x, p), v)| *x = D::new(*p, [*v]));
    let (mut u_bar, mut p_bar, mut t_bar) = ([Z; 2], over.zeros_like(), Z);
    let mut du_bar = [D::constant(0.9), D::constant(-0.4)];
    let constant = u.map(D::constant);
    among_other_terms.vjp(
        &mut du_bar,
        &constant,
        &over,
        Z,
        &mut u_bar,
        &mut p_bar,
        &mut t_bar,
        &mut Workspace::new(),
    );
    let product: f64 = p_bar.as_slice().iter().zip(&w).map(|(x, w)| x.tangents[0] * w).sum();
    // the same by two directions forward
    let mut twice = RatesOf::<DD>::default();
    for (k, x) in twice.as_mut_slice().iter_mut().enumerate() {
        *x = DD::new(D::new(p.as_slice()[k], [v[k]]), [D::new(w[k], [0.0])]);
    }
    let du = among_other_terms.eval(&u.map(|x| DD::constant(D::constant(x))), &twice, DD::constant(Z));
    let forward = 0.9 * du[0].tangents[0].tangents[0] - 0.4 * du[1].tangents[0].tangents[0];
    // a few dozen operations in another order
    assert!((product - forward).abs() <= 1e-13 * forward.abs().max(1.0), "{product} and {forward}");
}

#[test]
fn nothing_allocates() {
    assert!(is_counting());
    let (u, p) = ([0.4, -0.7], parameters::<StackOf<f64>>());
    let (mut du, mut du_dot, mut u_bar, mut p_bar, mut t_bar) = ([0.0; 2], [0.0; 2], [0.0; 2], p, 0.0);
    let mut work = Workspace::new();
    let mut all = |work: &mut Workspace<f64>| {
        layers_in_a_loop.rhs(&mut du, &u, &p, 0.0);
        layers_in_a_loop.jvp(&mut du, &mut du_dot, &u, &u, &p, &p, 0.0, 1.0);
        layers_in_a_loop.state_jvp(&mut du_dot, &u, &u, &p, 0.0);
        layers_in_a_loop.vjp(&mut du, &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, work);
        in_a_branch.vjp(&mut du, &u, &p, 0.5, &mut u_bar, &mut p_bar, &mut t_bar, work);
    };
    // the workspace grows once
    all(&mut work);
    assert_eq!(allocations(|| all(&mut work)).0, 0);
}

/// The partial neural ODE of the field's first paper: one component is learned, the other is known.
#[derive(Components, Clone, Copy)]
struct Partial {
    ann: Mlp<2, 10, 1, Tanh>,
    p: [f64; 2],
}

#[ode]
fn partial(du: &mut [f64; 2], u: &[f64; 2], p: &Partial, _t: f64) {
    let [x, y] = *u;
    let [learned] = p.ann.forward([x, y]);
    du[0] = learned;
    du[1] = p.p[0] * y + p.p[1] * x * y;
}

#[test]
fn a_partial_neural_ode_is_differentiated_by_network_parameters_and_initial_state() {
    let mut p = PartialOf { ann: parameters(), p: [-2.0, 1.1] };
    p.ann.as_mut_slice().iter_mut().for_each(|w| *w *= 0.3);
    let problem = OdeProblem::new(partial, [0.8, 0.8], (0.0, 2.5), p);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1));
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    let w = direction(solution.values().len(), 0.7);
    let gradient = pullback.call(Cotangents::values(&w)).unwrap();
    let (_, by_p) = solver.parameter_jacobian::<8>().unwrap();
    let (_, by_u0) = solver.initial_jacobian::<2>().unwrap();
    // a hundred steps, summed in another order
    let near = |got: &[f64], want: &[f64]| {
        let size = want.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
        assert_eq!(got.len(), want.len());
        for (a, b) in got.iter().zip(want) {
            assert!((a - b).abs() <= 1e-11 * size, "{got:?} and {want:?}");
        }
    };
    near(gradient.p.as_slice(), &by_p.gradient(&w).unwrap());
    near(&gradient.u0, &by_u0.gradient(&w).unwrap());
    assert_eq!(gradient.p.as_slice().len(), 41 + 2);
}
