//! What users of DiffEqFlux (2019) rely on, one test for each row of the list of its capabilities.
//!
//! The numbers F1 to F20 are that list's.

use std::cell::Cell;
use std::ops::ControlFlow;

use dfdx::prelude::*;
use diffeq::Components;
use diffeq::Error;
use diffeq::dfdx::diffeq_with;
use diffeq::prelude::*;
use diffeq::sensitivity::DiscreteAdjoint;
use testkit::gradcheck;

/// Lotka-Volterra predator-prey dynamics, in place.
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

/// The same, out of place.
#[ode]
fn lotka_volterra_by_value(u: [f64; 2], p: [f64; 4], _t: f64) -> [f64; 2] {
    let [x, y] = u;
    let [alpha, beta, delta, gamma] = p;
    [alpha * x - beta * x * y, -delta * y + gamma * x * y]
}

const P: [f64; 4] = [1.5, 1.0, 3.0, 1.0];
const START: [f64; 4] = [2.2, 1.0, 2.0, 0.4];

type Params<E> = Tensor<Rank1<4>, E, Cpu>;

fn problem(p: [f64; 4]) -> OdeProblem<lotka_volterra> {
    OdeProblem::new(lotka_volterra, [1.0, 1.0], (0.0, 10.0), p)
}

fn tensor(p: [f64; 4]) -> Params<f64> {
    Cpu::default().tensor(p)
}

/// The sum of all components at all saved times, each squared after taking 1 away.
fn squares<T: Real>(values: &[T]) -> T {
    values.iter().fold(T::ZERO, |sum, u| sum + (*u - T::ONE) * (*u - T::ONE))
}

/// The gradient of [`squares`] by dual numbers through the same solve.
fn dual_gradient(grid: Grid) -> [f64; 4] {
    let problem =
        OdeProblem::new(lotka_volterra, [Dual::constant(1.0); 2], (0.0, 10.0), Dual::variables(START));
    let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(grid).solve().unwrap();
    squares(solution.values()).tangents
}

fn assert_close(found: &[f64], expected: &[f64], tolerance: f64) {
    let length = |v: &[f64]| v.iter().map(|x| x * x).sum::<f64>().sqrt();
    let gap: Vec<f64> = found.iter().zip(expected).map(|(a, b)| a - b).collect();
    let error = length(&gap) / length(expected);
    assert!(error <= tolerance, "{found:?} is off {expected:?} by {error:e}, more than {tolerance:e}");
}

#[test]
fn f1_in_place_and_out_of_place_give_the_same_bits() {
    let in_place = problem(P).solver(Tsit5).solve().unwrap();
    let by_value = OdeProblem::new(lotka_volterra_by_value, [1.0, 1.0], (0.0, 10.0), P);
    let by_value = by_value.solver(Tsit5).solve().unwrap();
    assert_eq!((in_place.times(), in_place.values()), (by_value.times(), by_value.values()));
}

#[test]
fn f2_every_option_does_what_it_says() {
    let problem = problem(P);
    let solver = || problem.solver(Tsit5);
    let loose = solver().tolerances(1e-3, 1e-3).solve().unwrap();
    let tight = solver().tolerances(1e-9, 1e-9).solve().unwrap();
    assert!(tight.stats().accepted > 4 * loose.stats().accepted);
    // One tolerance for each component.
    assert!(solver().tolerances(1e-6, vec![1e-6, 1e-3]).solve().is_ok());
    assert!(solver().tolerances(1e-6, vec![1e-6]).solve().is_err());

    let longest = |solution: &Solution<[f64; 2], f64>| {
        solution.times().windows(2).map(|t| t[1] - t[0]).fold(0.0, f64::max)
    };
    assert!(longest(&solver().dt_max(0.05).solve().unwrap()) <= 0.05 + 1e-15);
    assert_eq!(solver().dt(0.01).solve().unwrap().times()[1], 0.01);
    assert_eq!(solver().fixed(0.25).solve().unwrap().len(), 41);
    assert!(matches!(solver().dt_min(0.5).solve(), Err(Error::StepSizeUnderflow { .. })));
    assert!(matches!(solver().max_steps(5).solve(), Err(Error::StepBudget { max_steps: 5, .. })));
    assert!(solver().tstops([std::f64::consts::PI]).solve().unwrap().times().contains(&std::f64::consts::PI));

    let end_only = solver().save_start(false).save_every_step(false).solve().unwrap();
    assert_eq!((end_only.len(), end_only.end_time()), (0, 10.0));
    assert_eq!(solver().save_idxs([1]).solve().unwrap().width(), 1);
    assert!(solver().solve().unwrap().at(5.0).is_err());
    assert!(solver().dense(true).solve().unwrap().at(5.0).is_ok());

    let steps = Cell::new(0);
    let stopped = solver().on_step(|_| {
        steps.set(steps.get() + 1);
        if steps.get() == 7 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    });
    assert_eq!(stopped.solve().unwrap().stats().accepted, 7);
}

#[test]
fn f3_saved_times_are_exact_and_gradients_follow_every_form() {
    let problem = problem(P);
    let times = |grid: Grid| problem.solver(Tsit5).save_at(grid).solve().unwrap().times().to_vec();
    let tenths = times(Grid::step(0.1));
    assert_eq!((tenths.len(), tenths[0], tenths[100]), (101, 0.0, 10.0));
    // No drift: each is the nearest number to its multiple, give or take the rounding of one product.
    assert!(tenths.iter().enumerate().all(|(i, t)| (t - i as f64 / 10.0).abs() <= 2e-15));
    // The end is saved though 2.3 does not divide the span.
    let uneven = times(Grid::step(2.3));
    assert_eq!((uneven.len(), uneven[4], uneven[5]), (6, 9.2, 10.0));
    assert_eq!(times(Grid::points([0.5, 10.0])), [0.5, 10.0]);
    let thirty = times(Grid::count(30));
    assert_eq!((thirty.len(), thirty[29]), (30, 10.0));

    let single = OdeProblem::<_, f32>::new(lotka_volterra, [1.0; 2], (0.0, 10.0), [1.5, 1.0, 3.0, 1.0]);
    let single = single.solver(Tsit5).tolerances(1e-4, 1e-4).save_at(Grid::step(0.1)).solve().unwrap();
    assert_eq!((single.len(), single.times()[100]), (101, 10.0));

    let explicit: Vec<f64> = tenths.clone();
    for grid in [Grid::step(0.1), Grid::count(101), Grid::points(explicit), Grid::step(2.3)] {
        let start = self::problem(START);
        let solver = start.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(grid.clone());
        let p = tensor(START);
        let series = diffeq_rd(p.leaky_trace(), &solver).unwrap().series;
        let gradient = (series - 1.0).square().sum().backward().get(&p).array();
        assert_close(&gradient, &dual_gradient(grid), 1e-12);
    }
}

#[test]
fn f4_the_gradient_does_not_depend_on_what_is_saved() {
    let problem = problem(START);
    let p = tensor(START);
    let gradient = |start: bool, every_step: bool| {
        let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points([10.0]));
        let solver = solver.save_start(start).save_every_step(every_step);
        let solved = diffeq_rd(p.leaky_trace(), &solver).unwrap();
        let last = solved.solution.len() - 1;
        let end = solved.series.select(Cpu::default().tensor(last));
        end.sum().backward().get(&p).array()
    };
    let end_only = gradient(false, false);
    for (start, every_step) in [(true, false), (false, true), (true, true)] {
        // The same steps and the same cotangents: at most the sign of zeros differs.
        assert_close(&gradient(start, every_step), &end_only, 1e-12);
    }
}

#[test]
fn f10_reverse_mode_is_exact_to_rounding_and_returns_the_solution() {
    let problem = problem(START);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1));
    let (u0, p) = (Cpu::default().tensor([1.0, 1.0]), tensor(START));
    let solved = diffeq_rd((u0.leaky_trace(), p.leaky_trace()), &solver).unwrap();
    assert_eq!(solved.solution, solver.solve().unwrap());
    assert_eq!(solved.series.as_vec(), solved.solution.values());
    let gradients = (solved.series - 1.0).square().sum().backward();

    // Dual numbers over the same steps: six directions at once.
    let seeds: [Dual<f64, 6>; 6] = Dual::variables([1.0, 1.0, START[0], START[1], START[2], START[3]]);
    let (u, q) = ([seeds[0], seeds[1]], [seeds[2], seeds[3], seeds[4], seeds[5]]);
    let duals = OdeProblem::new(lotka_volterra, u, (0.0, 10.0), q);
    let duals = duals.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1)).solve().unwrap();
    let expected = squares(duals.values()).tangents;
    assert_close(&gradients.get(&u0).array(), &expected[..2], 1e-12);
    assert_close(&gradients.get(&p).array(), &expected[2..], 1e-12);
    // A bounded number of checkpoints changes no bit.
    let few = diffeq_with(p.leaky_trace(), &solver, DiscreteAdjoint::checkpoints(5)).unwrap();
    let few = (few.series - 1.0).square().sum().backward().get(&p).array();
    assert_eq!(few, gradients.get(&p).array());
}

#[test]
fn f10_reverse_mode_works_in_single_precision() {
    let single = |p: [f64; 4]| p.map(|p| p as f32);
    let problem = OdeProblem::<_, f32>::new(lotka_volterra, [1.0; 2], (0.0, 10.0), single(START));
    let solver = problem.solver(Tsit5).tolerances(1e-4, 1e-4).save_at(Grid::step(0.1));
    let p: Params<f32> = Cpu::default().tensor(single(START));
    let series = diffeq_rd(p.leaky_trace(), &solver).unwrap().series;
    let gradient = (series - 1.0).square().sum().backward().get(&p).array().map(f64::from);
    // Single precision and its looser tolerance, amplified by ten units of time.
    assert_close(&gradient, &dual_gradient(Grid::step(0.1)), 1e-2);
}

#[test]
fn f10_parameters_and_initial_states_may_come_from_layers() {
    let device = Cpu::default();
    let problem = problem(START);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.5));
    let mut layer = device.build_module::<Linear<3, 4>, f64>();
    layer.weight = layer.weight.clone() * 0.1;
    layer.bias = device.tensor(START);
    let x: Tensor<Rank1<3>, f64, _> = device.tensor([0.3, -0.2, 0.5]);
    // A series goes on through layers as a batch of states.
    let head = device.build_module::<Linear<2, 1>, f64>();
    let loss = |layer: &dfdx::nn::modules::Linear<3, 4, f64, Cpu>,
                head: &dfdx::nn::modules::Linear<2, 1, f64, Cpu>| {
        let p = layer.forward(x.leaky_trace());
        head.forward(diffeq_rd(p, &solver).unwrap().series).square().sum()
    };
    let gradients = loss(&layer, &head).backward();
    let found = gradients.get(&layer.bias).array();
    let differences = gradcheck::gradient(
        |bias| {
            let moved = dfdx::nn::modules::Linear {
                bias: device.tensor_from_vec(bias.to_vec(), (Const::<4>,)),
                ..layer.clone()
            };
            loss(&moved, &head).array()
        },
        &START,
        1e-2,
    );
    let expected: Vec<f64> = differences.iter().map(|d| d.value).collect();
    // Differences see the error control change its steps: they are good to about the tolerance over their step.
    assert_close(&found, &expected, 1e-5);
    assert!(gradients.get(&head.weight).as_vec().iter().all(|g| g.is_finite() && *g != 0.0));
    assert!(gradients.get(&x).as_vec().iter().all(|g| g.is_finite() && *g != 0.0));
}

#[test]
fn f10_a_solve_that_fails_is_an_error_of_the_forward_call() {
    let problem = problem(START);
    let solver = problem.solver(Tsit5).save_at(Grid::step(0.1));
    let nan = tensor([f64::NAN, 1.0, 2.0, 0.4]);
    assert!(matches!(diffeq_rd(nan.leaky_trace(), &solver), Err(Error::NotFinite { .. })));
    let few_steps = problem.solver(Tsit5).max_steps(3);
    assert!(matches!(diffeq_rd(tensor(START).leaky_trace(), &few_steps), Err(Error::StepBudget { .. })));
    // As many components as a state has are no state where they are others, or in another order.
    for idxs in [vec![0], vec![1, 0], vec![0, 0], vec![0, 1, 1]] {
        let partial = problem.solver(Tsit5).save_idxs(idxs);
        let error = diffeq_rd(tensor(START).leaky_trace(), &partial).unwrap_err();
        assert!(error.to_string().contains("save_idxs"), "{error}");
        assert!(partial.solve().unwrap().to_tensor().is_err());
    }
    assert!(diffeq_rd(tensor(START).leaky_trace(), &problem.solver(Tsit5).save_idxs([0, 1])).is_ok());
}

#[test]
fn f11_forward_mode_takes_any_reduction_and_its_type_is_the_output_size() {
    let problem = problem(START);
    let p = tensor(START);
    // All 2 x 101 numbers.
    let all = diffeq_fd(p.leaky_trace(), &problem, |problem| {
        let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1)).solve()?;
        Ok(solution.values().to_vec())
    });
    let all = all.unwrap();
    assert_eq!(all.shape(), &(202,));
    let gradient = (all - 1.0).square().sum().backward().get(&p).array();
    let expected = dual_gradient(Grid::step(0.1));
    assert_close(&gradient, &expected, 1e-12);

    // The same loss reduced inside: a scalar.
    let loss = diffeq_fd(p.leaky_trace(), &problem, |problem| {
        let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1)).solve()?;
        Ok(squares(solution.values()))
    });
    let loss: Tensor<Rank0, f64, Cpu, _> = loss.unwrap();
    assert_close(&loss.backward().get(&p).array(), &expected, 1e-12);

    // Against differences of the whole solve.
    let differences = gradcheck::gradient(
        |p| {
            let problem = self::problem(std::array::from_fn(|i| p[i]));
            let solution =
                problem.solver(Tsit5).tolerances(1e-12, 1e-12).save_at(Grid::step(0.1)).solve().unwrap();
            squares(solution.values())
        },
        &START,
        1e-2,
    );
    let differences: Vec<f64> = differences.iter().map(|d| d.value).collect();
    // The gradient of the discrete solution is off the exact one by about the tolerance, amplified.
    assert_close(&expected, &differences, 1e-5);
}

#[test]
fn f16_a_remade_problem_keeps_its_types_and_the_model() {
    let problem = problem(P);
    let remade: OdeProblem<lotka_volterra> = problem.remake().p(START).u0([1.0, 0.5]).span((0.0, 5.0));
    assert_eq!((remade.p, remade.u0, remade.span), (START, [1.0, 0.5], (0.0, 5.0)));
    assert_eq!((problem.p, problem.u0), (P, [1.0, 1.0]));
    // The model is a type without content: there is nothing to copy or allocate.
    assert_eq!(size_of_val(&problem.model), 0);
}

/// The criterion of DiffEqFlux's own tests in 2019.
fn assert_fitted(trained: &diffeq::dfdx::Trained<Params<f64>>) {
    let (before, after) = (trained.losses[0], trained.losses[trained.iterations()]);
    assert!(10.0 * after < before, "the loss fell from {before} to {after} only");
    assert!(trained.best_loss <= after);
}

#[test]
fn f18_training_by_reverse_mode_meets_the_criterion_of_2019() {
    let problem = problem(START);
    let solver = problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1));
    let trained = Training::adam(0.1).iterations(100).run(&mut tensor(START), |p, gradients| {
        Ok((diffeq_rd(p.trace(gradients), &solver)?.series - 1.0).square().sum())
    });
    assert_fitted(&trained.unwrap());
}

#[test]
fn f18_training_by_forward_mode_meets_the_criterion_of_2019() {
    let problem = problem(START);
    let trained =
        Training::adam(0.1).iterations(100).run(&mut tensor(START), |p: &Params<f64>, gradients| {
            diffeq_fd(p.trace(gradients), &problem, |problem| {
                let solution =
                    problem.solver(Tsit5).tolerances(1e-6, 1e-6).save_at(Grid::step(0.1)).solve()?;
                Ok(squares(solution.values()))
            })
        });
    assert_fitted(&trained.unwrap());
}

#[test]
fn f18_lbfgs_ends_where_adam_only_comes_near() {
    let data = problem(P).solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1)).solve().unwrap();
    let data: Tensor<(usize, Const<2>), f64, Cpu> = data.to_tensor().unwrap();
    let problem = problem([1.4, 0.9, 2.9, 1.1]);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1));
    let fit = |training: Training<'_, _>| {
        let loss = |p: &Params<f64>, gradients| {
            Ok((diffeq_rd(p.trace(gradients), &solver)?.series - data.clone()).square().sum())
        };
        training.run(&mut tensor(problem.p), loss).unwrap()
    };
    let adam = fit(Training::adam(0.02).iterations(150));
    let both = fit(Training::adam(0.02).iterations(50).then_lbfgs(100));
    // Superlinear convergence against linear, and as little as the solver's tolerance
    // lets the loss be known, 202 numbers of about 1e-7 each.
    assert!(1e3 * both.best_loss < adam.best_loss, "{} against {}", both.best_loss, adam.best_loss);
    assert!(both.best_loss < 1e-10, "{}", both.best_loss);
    assert_close(&both.best.array(), &P, 1e-6);
}

#[test]
fn f19_a_callback_sees_loss_and_parameters_and_may_solve_and_plot() {
    let problem = problem(START);
    let solver = problem.solver(Tsit5).save_at(Grid::step(0.1));
    let path = std::env::temp_dir().join(format!("diffeq-field-{}.svg", std::process::id()));
    let mut seen = Vec::new();
    let training =
        Training::adam(0.1).iterations(3).callback(|step: &diffeq::dfdx::TrainingStep<'_, Params<f64>>| {
            let solution =
                problem.remake().p(step.params.array()).solver(Tsit5).save_at(Grid::step(0.1)).solve();
            let solution = solution.expect("the solve that the loss came from");
            assert_eq!(squares(solution.values()), step.loss);
            solution.plot().y_range(0.0, 6.0).save(&path).expect("a picture");
            seen.push(step.iteration);
            ControlFlow::Continue(())
        });
    training
        .run(&mut tensor(START), |p, gradients| {
            Ok((diffeq_rd(p.trace(gradients), &solver)?.series - 1.0).square().sum())
        })
        .unwrap();
    assert_eq!(seen, [0, 1, 2, 3]);
    let picture = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(path).unwrap();
    // The axis ends at 0 and 6, and both populations are named.
    for text in ["\n0\n", "\n6\n", "\nx\n", "\ny\n", "<polyline"] {
        assert!(picture.contains(text), "`{text}` is missing");
    }
}

#[test]
fn f20_a_solution_is_a_tensor_rows_columns_and_an_iterator() {
    let solution = problem(P).solver(Tsit5).save_at(Grid::step(0.1)).solve().unwrap();
    let tensor: Tensor<(usize, Const<2>), f64, Cpu> = solution.to_tensor().unwrap();
    assert_eq!((tensor.shape().0, tensor.as_vec()), (101, solution.values().to_vec()));
    let x = solution.component(0).unwrap();
    assert_eq!((x.len(), x[0]), (101, 1.0));
    for (i, (t, u)) in solution.iter().enumerate() {
        assert_eq!((t, u.as_slice(), u[0]), (solution.times()[i], solution.row(i), x[i]));
    }
    // On the tape too.
    let problem = problem(P);
    let solver = problem.solver(Tsit5).save_at(Grid::step(0.1));
    let column = diffeq_rd(self::tensor(P), &solver).unwrap().component(0).unwrap();
    assert_eq!(column.as_vec(), x);
}

/// Predators and prey by name.
#[derive(Components)]
struct Populations {
    x: f64,
    y: f64,
}

/// Their rates by name.
#[derive(Components)]
struct Rates {
    prey: [f64; 2],
    predator: [f64; 2],
}

/// The same equations over named states and parameters.
#[ode]
fn named(du: &mut Populations, u: &Populations, p: &Rates, _t: f64) {
    du.x = p.prey[0] * u.x - p.prey[1] * u.x * u.y;
    du.y = -p.predator[0] * u.y + p.predator[1] * u.x * u.y;
}

#[test]
fn f10_and_f11_take_structs_of_named_reals_as_vectors_of_them() {
    let rates = Rates { prey: [2.2, 1.0], predator: [2.0, 0.4] };
    let u0 = Populations { x: 1.0, y: 1.0 };
    let problem = OdeProblem::<_, f64>::new(named, u0.into(), (0.0, 10.0), rates.into());
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1));
    let p = tensor(START);
    let series: Tensor<(usize, Const<2>), f64, Cpu, _> = diffeq_rd(p.leaky_trace(), &solver).unwrap().series;
    let expected = dual_gradient(Grid::step(0.1));
    assert_close(&(series - 1.0).square().sum().backward().get(&p).array(), &expected, 1e-12);
    let loss = diffeq_fd(p.leaky_trace(), &problem, |problem| {
        let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::step(0.1)).solve()?;
        Ok(squares(solution.values()))
    });
    assert_close(&loss.unwrap().backward().get(&p).array(), &expected, 1e-12);
}
