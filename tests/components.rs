//! States and parameters with names: structs that derive `Components`.

#![forbid(unsafe_code)]

use diffeq::Components;
use diffeq::differentiable;
use diffeq::nn::Mlp;
use diffeq::nn::Network;
use diffeq::nn::Tanh;
use diffeq::ode;
use diffeq::problem::Jvp;
use diffeq::problem::Mark;
use diffeq::problem::Rhs;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::space::Components as _;
use diffeq::space::Lift;
use diffeq::space::Vector;
use diffeq::space::Workspace;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Position and velocity of a point.
#[derive(Components)]
struct Body {
    /// Where it is.
    position: [f64; 2],
    velocity: [f64; 2],
}

#[derive(Components)]
struct Pair {
    sun: Body,
    planet: Body,
    clock: f64,
}

#[derive(Components)]
struct Forces {
    gravity: f64,
    drag: [f64; 2],
}

#[differentiable]
fn pull(from: [f64; 2], to: [f64; 2], g: f64) -> [f64; 2] {
    let [dx, dy] = [to[0] - from[0], to[1] - from[1]];
    let r = dx.hypot(dy);
    [g * dx / r.powi(3), g * dy / r.powi(3)]
}

#[ode]
fn two_bodies(du: &mut Pair, u: &Pair, p: &Forces, t: f64) {
    let Forces { gravity, drag } = p;
    let sun = &u.sun;
    let a = pull(u.planet.position, sun.position, *gravity);
    du.sun.position = u.sun.velocity;
    du.sun.velocity = [0.0; 2];
    du.planet.position = u.planet.velocity;
    for i in 0..2 {
        du.planet.velocity[i] = a[i] - drag[i] * u.planet.velocity[i] * t;
    }
    du.clock = 1.0;
}

#[ode]
fn returned(u: Body, p: Forces) -> Body {
    let k = p.gravity;
    let v = u.velocity;
    let x = u.position[0];
    Body { position: v, velocity: [-k * x, -k * u.position[1]] }
}

fn pair() -> PairOf<f64> {
    PairOf {
        sun: BodyOf { position: [0.1, 0.2], velocity: [0.3, -0.4] },
        planet: BodyOf { position: [1.5, -0.7], velocity: [0.2, 1.1] },
        clock: 0.5,
    }
}

const FORCES: Forces = Forces { gravity: 1.3, drag: [0.2, 0.4] };

#[test]
fn the_reals_have_names() {
    assert_eq!(Forces::names(), ["gravity", "drag[0]", "drag[1]"]);
    assert_eq!(Pair::LEN, 9);
    assert_eq!(Pair::names()[5], "planet.position[1]");
    assert_eq!(Pair::names()[8], "clock");
}

#[test]
fn the_twin_is_a_vector() {
    let twin: ForcesOf<f32> = FORCES.into();
    assert_eq!(Vector::<f32>::as_slice(&twin), [1.3, 0.2, 0.4]);
    assert_eq!(Vector::<f64>::as_slice(&pair())[4..6], [1.5, -0.7]);
}

#[test]
fn fields_are_places() {
    let (u, p) = (pair(), FORCES.into());
    let du = Rhs::<f64>::eval(&two_bodies, &u, &p, 2.0);
    let (dx, dy) = (0.1 - 1.5, 0.2 - -0.7);
    let r = f64::hypot(dx, dy);
    assert_eq!(du.sun.position, [0.3, -0.4]);
    assert_eq!(du.sun.velocity, [0.0, 0.0]);
    assert_eq!(du.planet.position, [0.2, 1.1]);
    assert_eq!(du.planet.velocity[0], 1.3 * dx / (r * r * r) - 0.2 * 0.2 * 2.0);
    assert!((du.planet.velocity[1] - (1.3 * dy / r.powi(3) - 0.4 * 1.1 * 2.0)).abs() < 1e-15);
    assert_eq!(du.clock, 1.0);
}

/// `<w, J v> = <J^T w, v>`: nine terms of size one, rounded.
#[test]
fn derivatives_agree() {
    let (u, p): (PairOf<f64>, ForcesOf<f64>) = (pair(), FORCES.into());
    let filled = |mut v: PairOf<f64>, k: f64| {
        Vector::<f64>::as_mut_slice(&mut v)
            .iter_mut()
            .enumerate()
            .for_each(|(i, x)| *x = (k * i as f64).sin() + 0.5);
        v
    };
    let (u_dot, w) = (filled(u, 1.3), filled(u, 0.7));
    let p_dot = ForcesOf { gravity: 0.4, drag: [0.3, -0.9] };
    let (mut du, mut du_dot) = (u, u);
    two_bodies.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, 2.0, 0.3);
    let (mut u_bar, mut p_bar, mut t_bar, mut du_bar) = (u.zeros_like(), p.zeros_like(), 0.0, w);
    two_bodies.vjp(&mut du_bar, &u, &p, 2.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let forward = dot(w.as_slice(), du_dot.as_slice());
    let reverse =
        dot(u_bar.as_slice(), u_dot.as_slice()) + dot(p_bar.as_slice(), p_dot.as_slice()) + t_bar * 0.3;
    assert!((forward - reverse).abs() < 1e-13, "{forward} {reverse}");
}

#[test]
fn structs_are_returned() {
    let u = BodyOf { position: [1.0, 2.0], velocity: [3.0, 4.0] };
    let du = Rhs::<f64>::eval(&returned, &u, &FORCES.into(), 0.0);
    assert_eq!(du, BodyOf { position: [3.0, 4.0], velocity: [-1.3, -2.6] });
}

/// A network beside a named parameter.
#[derive(Components)]
struct Learned {
    net: Mlp<2, 5, 2, Tanh>,
    growth: f64,
}

#[test]
fn a_network_may_be_a_field() {
    assert_eq!(Learned::LEN, 15 + 12 + 1);
    assert_eq!(Learned::names()[1], "net.first.weight[0][1]");
    assert_eq!(Learned::names()[27], "growth");
    let learned = Learned { net: Mlp::init(&mut StdRng::seed_from_u64(1)), growth: 0.25 };
    let net = learned.net;
    let single: LearnedOf<f32> = learned.over();
    assert_eq!(single.as_slice()[27], 0.25);
    assert_eq!(single.net.second.bias[1], net.second.bias[1] as f32);
    assert_eq!(LearnedOf::<f32>::default().net, Mlp::<2, 5, 2, Tanh, f32>::default());
    let twin: LearnedOf<f64> = Learned { net, growth: 0.25 }.into();
    let mut direction = 0;
    let lifted: LearnedOf<Dual<f64, 28>> = twin.lift(&mut |x| {
        direction += 1;
        Dual::variable(x, direction - 1)
    });
    // The gradient by dual numbers is the reverse sweep's: sums of few terms of size one.
    let y = lifted.net.forward([0.3, 0.4].map(Dual::constant));
    let mut bar = twin.zeros_like();
    twin.net.vjp(&[0.3, 0.4], &[1.0, 0.0], &mut bar.net, &mut [0.0; 2]);
    for (forward, reverse) in y[0].tangents.iter().zip(bar.as_slice()) {
        assert!((forward - reverse).abs() < 1e-15, "{forward} {reverse}");
    }
}

/// Marks say what depends on what: each output on all inputs and on its own row of the last layer.
#[test]
fn a_network_has_a_sparsity_pattern() {
    let net: Mlp<2, 5, 2, Tanh> = Mlp::default();
    let mut marked = net.over::<Mark>();
    marked.second.bias[0] = Mark(4);
    marked.second.weight[1][3] = Mark(8);
    assert_eq!(marked.forward([Mark(1), Mark(2)]), [Mark(7), Mark(11)]);
}

/// A body in as many dimensions as wanted.
#[derive(Components, Clone, Copy, Debug, PartialEq)]
struct Masses<const N: usize> {
    place: [f64; N],
    speed: [f64; N],
}

#[ode]
fn spring<const N: usize>(du: &mut Masses<N>, u: &Masses<N>, p: &[f64; 1]) {
    for i in 0..N {
        du.place[i] = u.speed[i];
        du.speed[i] = -p[0] * u.place[i];
    }
}

#[test]
fn a_length_may_be_generic() {
    let u0: MassesOf<f64, 3> = MassesOf { place: [1.0, 0.0, -2.0], speed: [0.0, 1.0, 0.5] };
    let problem = diffeq::problem::OdeProblem::new(spring::<3>, u0, (0.0, std::f64::consts::TAU), [1.0]);
    let end = *problem
        .solver(diffeq::stepper::Tsit5)
        .tolerances(1e-10, 1e-10)
        .solve()
        .expect("a smooth problem")
        .end();
    for (a, b) in end.place.iter().chain(&end.speed).zip(u0.place.iter().chain(&u0.speed)) {
        // a full turn, at a tolerance of 1e-10 for each of some fifty steps
        assert!((a - b).abs() < 1e-8, "{a} {b}");
    }
    assert_eq!(
        <Masses<2> as diffeq::space::Components>::names(),
        ["place[0]", "place[1]", "speed[0]", "speed[1]"]
    );
}
