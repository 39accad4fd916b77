use dfdx::prelude::*;

use super::*;

/// Distance of `p` from (1, 1).
fn loss(
    p: &Tensor<Rank1<2>, f64, Cpu>,
    gradients: Gradients<f64, Cpu>,
) -> Result<super::Loss<f64, Cpu>, Error> {
    Ok((p.trace(gradients) - 1.0).square().sum())
}

fn start() -> Tensor<Rank1<2>, f64, Cpu> {
    Cpu::default().tensor([3.0, -2.0])
}

#[test]
fn the_best_parameters_are_kept_though_adam_overshoots() {
    let mut p = start();
    let trained = Training::adam(0.9).iterations(12).run(&mut p, loss).unwrap();
    assert_eq!((trained.iterations(), trained.losses.len(), trained.stop), (12, 13, Stop::Iterations));
    let least = trained.losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert_eq!(trained.best_loss, least);
    assert!(least < trained.losses[12], "the learning rate is large enough to overshoot");
    assert_eq!((trained.best.clone() - 1.0).square().sum::<Rank0, _>().array(), least);
}

#[test]
fn each_reason_to_stop_stops() {
    let stop = |training: Training<'_, _>| training.iterations(1000).run(&mut start(), loss).unwrap();
    // A budget that no training spends, in both of its phases.
    let endless = Training::adam(0.9).iterations(usize::MAX).then_lbfgs(usize::MAX).target(1e-2);
    assert_eq!(endless.run(&mut start(), loss).unwrap().stop, Stop::Target);
    let target = stop(Training::adam(0.1).target(1e-2));
    assert!(target.stop == Stop::Target && target.best_loss <= 1e-2 && target.iterations() < 1000);
    let patience = stop(Training::adam(0.0).patience(5));
    assert_eq!((patience.stop, patience.iterations()), (Stop::Patience, 5));
    let callback = stop(Training::adam(0.1).callback(|step| match step.iteration {
        7 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }));
    assert_eq!((callback.stop, callback.iterations()), (Stop::Callback, 7));
}

#[test]
fn the_callback_sees_the_parameters_that_the_loss_belongs_to() {
    let mut seen = Vec::new();
    let trained = Training::adam(0.1)
        .iterations(5)
        .callback(|step: &TrainingStep<'_, Tensor<Rank1<2>, f64, Cpu>>| {
            seen.push((step.params.clone() - 1.0).square().sum::<Rank0, _>().array());
            ControlFlow::Continue(())
        })
        .run(&mut start(), loss)
        .unwrap();
    assert_eq!(seen, trained.losses);
}

#[test]
fn a_loss_that_is_no_number_is_an_error() {
    let nan = |p: &Tensor<Rank1<2>, f64, Cpu>, g| Ok((p.trace(g) * f64::NAN).sum());
    let error = Training::adam(0.1).run(&mut start(), nan).unwrap_err();
    assert!(error.to_string().starts_with("the loss is NaN at iteration 0"), "{error}");
}

/// The loss and what was said of it in the first iteration, whose parameters no update has made.
#[test]
fn parameters_that_are_no_numbers_from_the_start_are_not_blamed_on_a_gradient() {
    let mut p = start() * f64::NAN;
    let error = Training::adam(0.1).run(&mut p, loss).unwrap_err().to_string();
    assert!(error.starts_with("the loss is NaN at iteration 0"), "{error}");
    let error = Training::adam(f64::NAN).run(&mut start(), loss).unwrap_err().to_string();
    assert!(error.contains("learning rate") && error.contains("iteration 1"), "{error}");
}

/// Three equations for two unknowns: the least sum of squares, by the normal equations, is not zero.
#[test]
fn lbfgs_ends_at_a_minimum_that_is_not_zero() {
    let device = Cpu::default();
    let rows: Tensor<Rank2<3, 2>, f64, Cpu> = device.tensor([[1.1, 0.3], [0.2, -0.7], [0.9, 1.3]]);
    let right: Tensor<Rank1<3>, f64, Cpu> = device.tensor([0.7, 1.9, -0.4]);
    let squares = |p: &Tensor<Rank1<2>, f64, Cpu>, gradients| {
        let reached = p.trace(gradients).matmul(rows.clone().permute::<Rank2<2, 3>, _>());
        Ok((reached - right.clone()).square().sum())
    };
    let trained = Training::lbfgs(200).run(&mut start(), squares).unwrap();
    assert_eq!(trained.stop, Stop::Converged);
    assert!(trained.iterations() < 50, "{}", trained.iterations());
    let [[a, b], [c, d], [e, f]] = rows.array();
    let [x, y] = trained.best.array();
    let [r, s, t] = [a * x + b * y - 0.7, c * x + d * y - 1.9, e * x + f * y + 0.4];
    // The root of the rounding of a loss of about one, with room.
    assert!((a * r + c * s + e * t).abs() < 1e-6 && (b * r + d * s + f * t).abs() < 1e-6);
}

/// Rosenbrock's valley in ten dimensions: `sum 100 (x[i+1] - x[i]^2)^2 + (1 - x[i])^2`.
fn rosenbrock(
    p: &Tensor<Rank1<10>, f64, Cpu>,
    gradients: Gradients<f64, Cpu>,
) -> Result<super::Loss<f64, Cpu>, Error> {
    // All but the last and all but the first, by matrices of zeros and ones.
    let take = |from: usize| -> Tensor<Rank2<10, 9>, f64, Cpu> {
        let entry = |i, j| if i == j + from { 1.0 } else { 0.0 };
        p.device().tensor(std::array::from_fn(|i| std::array::from_fn(|j| entry(i, j))))
    };
    let x = p.trace(gradients);
    let (head, tail) = (x.with_empty_tape().matmul(take(0)), x.matmul(take(1)));
    let slope = (head.with_empty_tape() - 1.0).square();
    Ok(((tail - head.square()).square() * 100.0 + slope).sum())
}

fn valley() -> Tensor<Rank1<10>, f64, Cpu> {
    Cpu::default().tensor([-1.2, 1.0, -1.2, 1.0, -1.2, 1.0, -1.2, 1.0, -1.2, 1.0])
}

#[test]
fn lbfgs_follows_a_curved_valley_to_its_end() {
    let mut p = valley();
    let trained = Training::lbfgs(200).run(&mut p, rosenbrock).unwrap();
    assert!(trained.best_loss <= 1e-10, "{} after {}", trained.best_loss, trained.iterations());
    // The loss at the minimum is zero: it ends there, before its iterations do.
    assert_eq!(trained.stop, Stop::Converged);
    assert_eq!(p.array(), trained.best.array());
    assert!(p.array().iter().all(|x| (x - 1.0).abs() <= 1e-9), "{:?}", p.array());
}

#[test]
fn both_methods_are_one_training() {
    let mut p = valley();
    let mut seen = Vec::new();
    let trained = Training::adam(0.05)
        .iterations(40)
        .then_lbfgs(15)
        .callback(|step: &TrainingStep<'_, Tensor<Rank1<10>, f64, Cpu>>| {
            seen.push((step.iteration, step.loss, step.best_loss));
            let at = rosenbrock(step.params, step.params.alloc_grads()).unwrap().array();
            assert_eq!(at, step.loss, "the parameters are those of the loss");
            ControlFlow::Continue(())
        })
        .run(&mut p, rosenbrock)
        .unwrap();
    assert_eq!((trained.iterations(), trained.stop), (55, Stop::Iterations));
    let mut best = f64::INFINITY;
    for (i, (iteration, loss, best_loss)) in seen.into_iter().enumerate() {
        best = best.min(loss);
        assert_eq!((iteration, loss, best_loss), (i, trained.losses[i], best));
    }
    // From Adam's best on, each step goes down.
    let adam_s_best = trained.losses[..=40].iter().copied().fold(f64::INFINITY, f64::min);
    assert!(trained.losses[41] < adam_s_best);
    assert!(trained.losses[41..].windows(2).all(|pair| pair[1] <= pair[0]));
    assert_eq!(rosenbrock(&trained.best, trained.best.alloc_grads()).unwrap().array(), trained.best_loss);
}

#[test]
fn each_reason_to_stop_stops_lbfgs_too() {
    let stop = |training: Training<'_, _>| training.run(&mut valley(), rosenbrock).unwrap();
    let target = stop(Training::lbfgs(200).target(1e-3));
    assert!(target.stop == Stop::Target && target.best_loss <= 1e-3 && target.best_loss > 1e-30);
    let callback = stop(Training::lbfgs(200).callback(|step| match step.iteration {
        7 => ControlFlow::Break(()),
        _ => ControlFlow::Continue(()),
    }));
    assert_eq!((callback.stop, callback.iterations()), (Stop::Callback, 7));
    let iterations = stop(Training::lbfgs(3));
    assert_eq!((iterations.stop, iterations.iterations()), (Stop::Iterations, 3));
    // Adam that does not move runs out of patience, and L-BFGS goes on; with the target met there is nothing to do.
    let patience = stop(Training::adam(0.0).patience(5).then_lbfgs(200));
    assert_eq!((patience.losses[5], patience.stop), (patience.losses[0], Stop::Converged));
    assert!(patience.iterations() > 6 && patience.best_loss <= 1e-10);
    let adam = stop(Training::adam(0.1).target(1e9).then_lbfgs(200));
    assert_eq!((adam.stop, adam.iterations()), (Stop::Target, 0));
}

#[test]
fn single_precision_and_modules_of_several_tensors_go_through_lbfgs() {
    let device = Cpu::default();
    let mut model = device.build_module::<(Linear<1, 8>, Tanh, Linear<8, 1>), f32>();
    let x: Tensor<Rank2<16, 1>, f32, _> = device.tensor(std::array::from_fn(|i| [i as f32 / 8.0 - 1.0]));
    let y = (x.clone() * 3.0).sin();
    let trained = Training::lbfgs(300).run(&mut model, |model, gradients| {
        Ok((model.forward(x.trace(gradients)) - y.clone()).square().mean())
    });
    let trained = trained.unwrap();
    // Eight units follow a sine to a few per cent from any start; the constant 0 leaves 0.5.
    assert!(trained.best_loss <= 1e-2, "{}", trained.best_loss);
}

/// `(p - 1)^2` summed, where every coordinate of `p` is above `wall`; NaN elsewhere.
fn walled(
    p: &Tensor<Rank1<2>, f64, Cpu>,
    gradients: Gradients<f64, Cpu>,
    wall: f64,
) -> Result<super::Loss<f64, Cpu>, Error> {
    Ok(((p.trace(gradients) - wall).sqrt() - (1.0 - wall).sqrt()).square().sum())
}

#[test]
fn lbfgs_steps_back_from_losses_that_are_no_numbers() {
    // The first steps go beyond the wall, which is close to the minimum.
    let mut refusals = 0;
    let trained = Training::lbfgs(100).run(&mut start().abs(), |p, gradients| {
        let loss = walled(p, gradients, 0.9999)?;
        refusals += usize::from(loss.array().is_nan());
        Ok(loss)
    });
    let trained = trained.unwrap();
    assert!(refusals > 0, "the wall was not met");
    assert!(trained.best_loss <= 1e-20, "{}", trained.best_loss);
}

#[test]
fn lbfgs_steps_back_from_losses_that_fail() {
    let trained = Training::lbfgs(100).run(&mut start().abs(), |p, gradients| {
        let loss = walled(p, gradients, 0.9999)?;
        if loss.array().is_nan() {
            return Err(Error::Layer { layer: "test", message: "beyond the wall".into() });
        }
        Ok(loss)
    });
    assert!(trained.unwrap().best_loss <= 1e-20);
}

#[test]
fn where_lbfgs_can_only_fail_it_says_how() {
    let nan = |p: &Tensor<Rank1<2>, f64, Cpu>, g| Ok((p.trace(g) * f64::NAN).sum());
    let error = Training::lbfgs(10).run(&mut start(), nan).unwrap_err();
    assert!(error.to_string().starts_with("the loss is NaN at iteration 0"), "{error}");
    // Finite at one point alone.
    let point = |p: &Tensor<Rank1<2>, f64, Cpu>, g| {
        let factor = if p.array() == [3.0, -2.0] { 1.0 } else { f64::NAN };
        Ok((p.trace(g) * factor).square().sum())
    };
    let error = Training::lbfgs(10).run(&mut start(), point).unwrap_err();
    assert!(error.to_string().starts_with("the loss is NaN at iteration 1"), "{error}");
    // A finite loss with an infinite slope: the square root at zero.
    let steep = |p: &Tensor<Rank1<2>, f64, Cpu>, g| Ok((p.trace(g) - 3.0).abs().sqrt().sum());
    let error = Training::lbfgs(10).run(&mut start(), steep).unwrap_err();
    assert!(error.to_string().contains("its gradient is not finite"), "{error}");
    // Adam meets it one iteration later, and keeps the parameters that were.
    let mut p = start();
    let error = Training::adam(0.1).run(&mut p, steep).unwrap_err();
    assert!(error.to_string().contains("the gradient of the iteration before was not finite"), "{error}");
    assert_eq!(p.array(), start().array());
}

/// Fails from its sixth call on.
fn fails_at_the_sixth(training: Training<'_, Tensor<Rank1<2>, f64, Cpu>>) {
    let mut p = start();
    let mut calls = 0;
    let error = training.run(&mut p, |p, gradients| {
        calls += 1;
        match calls {
            1..6 => loss(p, gradients),
            _ => Err(Error::Layer { layer: "solver", message: "no way on".into() }),
        }
    });
    let error = error.unwrap_err();
    let text = error.to_string();
    let Error::Training { iteration, losses, cause } = error else { panic!("{text}") };
    assert_eq!(*cause, Error::Layer { layer: "solver", message: "no way on".into() });
    assert!(
        text.starts_with("solver: no way on") && text.contains(&format!("iteration {iteration}")),
        "{text}"
    );
    assert_eq!((iteration, losses.len()), (losses.len(), iteration));
    // What is trained is left at the best that there was.
    let least = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(iteration > 1 && least < losses[0], "{losses:?}");
    assert_eq!((p - 1.0).square().sum::<Rank0, _>().array(), least);
}

#[test]
fn a_loss_that_fails_on_the_way_leaves_the_best_and_the_losses() {
    // So large a rate that the best is not the last.
    fails_at_the_sixth(Training::adam(3.0).iterations(100));
    fails_at_the_sixth(Training::adam(0.1).iterations(3).then_lbfgs(100));
}

#[test]
fn a_parameter_that_the_loss_does_not_reach_is_an_error_that_names_it() {
    let device = Cpu::default();
    type Both = (Tensor<Rank1<2>, f64, Cpu>, Tensor<Rank2<3, 2>, f64, Cpu>);
    let start: Both = (device.tensor([3.0, -2.0]), device.ones());
    let first = |p: &Both, gradients| loss(&p.0, gradients);
    for training in [Training::adam(0.1), Training::lbfgs(10)] {
        let mut p = start.clone();
        let text = training.run(&mut p, first).unwrap_err().to_string();
        assert!(text.contains("does not depend on parameter tensor 1 (3 x 2)"), "{text}");
        assert_eq!(p.0.array(), [3.0, -2.0]);
    }
    // One whose gradient is zero is reached.
    let flat = |p: &Both, gradients| {
        let second = p.1.trace(gradients) * 0.0;
        Ok(loss(&p.0, Gradients::leaky())? + second.sum())
    };
    assert!(Training::adam(0.1).iterations(3).run(&mut start.clone(), flat).is_ok());
}

/// `(p^2 - 1)^2`, summed: flat at zero, which is no minimum.
#[test]
fn where_the_gradient_is_zero_a_training_says_so() {
    let hill =
        |p: &Tensor<Rank1<2>, f64, Cpu>, gradients| Ok((p.trace(gradients).square() - 1.0).square().sum());
    for training in [Training::adam(0.1), Training::lbfgs(10), Training::adam(0.1).then_lbfgs(10)] {
        let mut p: Tensor<Rank1<2>, f64, Cpu> = Cpu::default().zeros();
        let trained = training.run(&mut p, hill).unwrap();
        assert_eq!((trained.stop, trained.losses, p.array()), (Stop::Stationary, vec![2.0], [0.0; 2]));
    }
    let mut p: Tensor<Rank1<2>, f64, Cpu> = Cpu::default().tensor([1e-9, -1e-9]);
    assert!(Training::lbfgs(30).run(&mut p, hill).unwrap().best_loss <= 1e-20);
}
