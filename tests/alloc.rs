//! A solve on fixed-size states allocates what it needs before the first step, and nothing while it steps; products of
//! models allocate nothing.

use diffeq::integrate::Crossing;
use diffeq::integrate::Grid;
use diffeq::ode;
use diffeq::problem::Jacobian;
use diffeq::problem::Model;
use diffeq::problem::OdeProblem;
use diffeq::problem::Rhs;
use diffeq::problem::System;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::real::Real;
use diffeq::space::Workspace;
use diffeq::stepper::*;
use testkit::alloc::Counting;
use testkit::alloc::allocations;
use testkit::alloc::is_counting;

#[global_allocator]
static ALLOCATOR: Counting = Counting;

/// `x'' = -x`: a circle.
#[derive(Clone, Copy)]
struct Oscillator;
impl Model for Oscillator {}
impl<T: Real> System<T> for Oscillator {
    type State = [T; 2];
    type Params = [T; 0];
}
impl<T: Real> Rhs<T> for Oscillator {
    fn rhs(&self, du: &mut [T; 2], u: &[T; 2], _p: &[T; 0], _t: T) {
        *du = [u[1], -u[0]];
    }
}

fn circle<T: Real>(t1: f64) -> OdeProblem<Oscillator, T> {
    OdeProblem::new(Oscillator, [T::ZERO, T::ONE], (0.0, t1), [])
}

#[test]
fn the_allocations_of_a_solve_do_not_grow_with_its_steps() {
    assert!(is_counting());
    diffeq::for_each_method!(Method => {
        let count = |t1: f64| {
            let problem = circle::<f64>(t1);
            let solver = problem.solver(Method).dt(0.01).save_at(Grid::count(50));
            let (count, solution) = allocations(|| solver.solve().expect("a smooth problem"));
            (count, solution.stats().accepted)
        };
        let ((few, short), (many, long)) = (count(1.0), count(100.0));
        assert!(long > 5 * short, "{}: {short} and {long} steps", Method::NAME);
        assert_eq!(few, many, "{}: {short} and {long} steps", Method::NAME);
        // Rows, times, the list of stops, the controller: a handful, once.
        assert!(few <= 16, "{}: {few}", Method::NAME);
    });
}

#[test]
fn dual_numbers_and_iterators_allocate_no_more() {
    type D = Dual<f64, 2>;
    let count = |t1: f64| {
        let problem = circle::<D>(t1);
        let solver = problem.solver(Tsit5).save_every_step(false);
        let (solve, _) = allocations(|| solver.solve().expect("a smooth problem"));
        let (steps, _) = allocations(|| solver.steps().expect("good options").count());
        (solve, steps)
    };
    assert_eq!(count(1.0), count(100.0));
}

#[test]
fn looking_for_events_allocates_nothing() {
    let count = |t1: f64| {
        let problem = circle::<f64>(t1);
        let never = Crossing::new(|u: &[f64; 2], _: &[f64; 0], _| u[0] - 2.0, |_: &mut _, _: &mut _, _| ());
        let solver = problem.solver(Tsit5).event(never).save_every_step(false);
        allocations(|| solver.solve().expect("a smooth problem")).0
    };
    assert_eq!(count(1.0), count(100.0));
}

#[ode]
fn predator_and_prey(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4]) {
    du[0] = p[0] * u[0] - p[1] * u[0] * u[1];
    du[1] = p[2] * u[0] * u[1] - p[3] * u[1];
}

/// Its loop has a length that only the run knows, and keeps what its reverse needs in the workspace.
#[ode]
fn chain(du: &mut [f64], u: &[f64], p: &[f64]) {
    for i in 0..u.len() {
        let mut x = u[i];
        for _ in 0..u.len() {
            x = (p[0] * x).sin();
        }
        du[i] = x;
    }
}

/// The solve of a model, which is compared with its function: at the start, in debug builds after every step. Of run-time
/// length the model's own value is computed in vectors that are made for it.
#[test]
fn comparing_a_model_with_its_function_allocates_nothing() {
    fn fixed<T: Real>(t1: f64) -> usize {
        let [x, y, p] = [1.2, 0.7, 1.0].map(T::lit);
        let problem = OdeProblem::new(predator_and_prey, [x, y], (0.0, t1), [p; 4]);
        let solver = problem.solver(Tsit5).save_every_step(false);
        allocations(|| solver.solve().expect("a smooth problem")).0
    }
    let counts = [fixed::<f64>, fixed::<f32>, fixed::<Dual<f64, 2>>].map(|count| (count(1.0), count(100.0)));
    assert!(counts.iter().all(|(few, many)| few == many), "{counts:?}");
    let open = |t1: f64| {
        let problem = OdeProblem::new(chain, vec![0.3, 0.7, 0.9], (0.0, t1), vec![1.1]);
        let solver = problem.solver(Tsit5).save_every_step(false);
        allocations(|| solver.solve().expect("a smooth problem")).0
    };
    // Debug builds compare the model with its function after each step, in memory of that comparison's own.
    if !cfg!(debug_assertions) {
        assert_eq!(open(1.0), open(100.0));
    }
    let decay = |du: &mut Vec<f64>, u: &Vec<f64>, p: &Vec<f64>, _: f64| {
        du.iter_mut().zip(u).for_each(|(slope, x)| *slope = -p[0] * x);
    };
    let closure = |t1: f64| {
        let problem = OdeProblem::from_fn(decay, vec![0.3, 0.7, 0.9], (0.0, t1), vec![1.1]);
        let solver = problem.solver(Tsit5).save_every_step(false);
        allocations(|| solver.solve().expect("a smooth problem")).0
    };
    assert_eq!(closure(1.0), closure(100.0));
}

/// Allocations of every product of a model, after a first round of them: a workspace keeps what it grew to.
fn products<F: Jacobian<f64> + Vjp<f64>>(
    f: F,
    u: <F as System<f64>>::State,
    p: <F as System<f64>>::Params,
) -> usize {
    let (mut du, mut du_dot, mut bar) = (u.clone(), u.clone(), u.clone());
    let (mut u_bar, mut p_bar, mut t_bar, mut work) = (u.clone(), p.clone(), 0.0, Workspace::new());
    let mut all = || {
        f.rhs(&mut du, &u, &p, 0.0);
        f.jvp(&mut du, &mut du_dot, &u, &u, &p, &p, 0.0, 0.0);
        f.tangent(&mut du_dot, &u, &u, &p, &p, 0.0, 0.0);
        f.state_jvp(&mut du_dot, &u, &u, &p, 0.0);
        f.time_gradient(&mut du_dot, &u, &p, 0.0);
        f.vjp(&mut bar, &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
        f.state_vjp(&mut bar, &u, &p, 0.0, &mut u_bar, &mut work);
    };
    all();
    allocations(all).0
}

#[test]
fn products_allocate_nothing() {
    assert_eq!(products(predator_and_prey, [1.2, 0.7], [1.5, 1.0, 3.0, 1.0]), 0);
    assert_eq!(products(chain, vec![0.3, 0.7, 0.9], vec![1.1]), 0);
}
