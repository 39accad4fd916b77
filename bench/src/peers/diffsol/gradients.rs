//! `diffsol`'s three ways to the gradient of a Lotka-Volterra fit.

use ::diffsol::AdjointOdeSolverMethod;
use ::diffsol::DenseMatrix;
use ::diffsol::Matrix;
use ::diffsol::NalgebraContext;
use ::diffsol::NalgebraMat;
use ::diffsol::NalgebraVec;
use ::diffsol::OdeBuilder;
use ::diffsol::OdeEquationsImplicitAdjoint;
use ::diffsol::OdeEquationsImplicitSens;
use ::diffsol::OdeSolverMethod;
use ::diffsol::OdeSolverProblem;
use ::diffsol::OdeSolverState;
use ::diffsol::OdeSolverStopReason;
use ::diffsol::SensitivitiesOdeSolverMethod;
use ::diffsol::StepVjp;
use ::diffsol::Vector;

use crate::gradients::Fit;
use crate::gradients::Gradient;

type M = NalgebraMat<f64>;
type V = NalgebraVec<f64>;

/// The right-hand side, on slices.
fn rhs(u: &[f64], p: &[f64], _: f64, du: &mut [f64]) {
    let (&[x, y], &[alpha, beta, delta, gamma], [dx, dy]) = (u, p, du) else { return };
    *dx = alpha * x - beta * x * y;
    *dy = -delta * y + gamma * x * y;
}

/// `df/du v`.
fn jacobian_times(u: &[f64], p: &[f64], _: f64, v: &[f64], out: &mut [f64]) {
    let (&[x, y], &[alpha, beta, delta, gamma], &[a, b], [dx, dy]) = (u, p, v, out) else { return };
    *dx = (alpha - beta * y) * a - beta * x * b;
    *dy = gamma * y * a + (gamma * x - delta) * b;
}

/// `df/dp v`.
fn sensitivity_times(u: &[f64], _: &[f64], _: f64, v: &[f64], out: &mut [f64]) {
    let (&[x, y], &[a, b, c, d], [dx, dy]) = (u, v, out) else { return };
    *dx = x * a - x * y * b;
    *dy = -y * c + x * y * d;
}

/// `-(df/du)^T v`.
fn adjoint_times(u: &[f64], p: &[f64], _: f64, v: &[f64], out: &mut [f64]) {
    let (&[x, y], &[alpha, beta, delta, gamma], &[a, b], [ux, uy]) = (u, p, v, out) else { return };
    *ux = -((alpha - beta * y) * a + gamma * y * b);
    *uy = -(-beta * x * a + (gamma * x - delta) * b);
}

/// `-(df/dp)^T v`.
fn sensitivity_adjoint_times(u: &[f64], _: &[f64], _: f64, v: &[f64], out: &mut [f64]) {
    let (&[x, y], &[a, b], [pa, pb, pc, pd]) = (u, v, out) else { return };
    *pa = -x * a;
    *pb = x * y * a;
    *pc = y * b;
    *pd = -x * y * b;
}

/// The problem with what forward sensitivities need; `None` where the library refuses it.
pub fn with_sensitivities(
    fit: &Fit,
) -> Option<OdeSolverProblem<impl OdeEquationsImplicitSens<M = M, V = V, T = f64, C = NalgebraContext>>> {
    let u0 = fit.u0;
    OdeBuilder::<M>::new()
        .p(fit.p)
        .rtol(fit.tolerance)
        .atol([fit.tolerance])
        .rhs_sens_implicit(rhs, jacobian_times, sensitivity_times)
        .init_sens(move |_, _, u: &mut [f64]| u.copy_from_slice(&u0), |_, _, _, u: &mut [f64]| u.fill(0.0), 2)
        .build()
        .ok()
}

/// The problem with what adjoints need; the adjoint is left out of the error control, as by default, which is faster.
pub fn with_adjoints(
    fit: &Fit,
) -> Option<OdeSolverProblem<impl OdeEquationsImplicitAdjoint<M = M, V = V, T = f64, C = NalgebraContext>>> {
    let u0 = fit.u0;
    OdeBuilder::<M>::new()
        .p(fit.p)
        .rtol(fit.tolerance)
        .atol([fit.tolerance])
        .rhs_adjoint_implicit(rhs, jacobian_times, adjoint_times, sensitivity_adjoint_times)
        .init_adjoint(
            move |_, _, u: &mut [f64]| u.copy_from_slice(&u0),
            |_, _, _, p: &mut [f64]| p.fill(0.0),
            2,
        )
        .build()
        .ok()
}

/// The loss alone.
pub fn loss<E>(problem: &OdeSolverProblem<E>, fit: &Fit) -> Option<f64>
where
    E: OdeEquationsImplicitSens<M = M, V = V, T = f64, C = NalgebraContext>,
{
    let (u, _) = problem.tsit45().ok()?.solve_dense(&fit.times).ok()?;
    Some((0..fit.times.len()).map(|i| fit.residual(u.get_index(0, i)).powi(2)).sum())
}

/// Forward sensitivities, solved along with the state.
pub fn forward<E>(problem: &OdeSolverProblem<E>, fit: &Fit) -> Option<Gradient>
where
    E: OdeEquationsImplicitSens<M = M, V = V, T = f64, C = NalgebraContext>,
{
    let (u, sensitivities, _) = problem.tsit45_sens().ok()?.solve_dense_sensitivities(&fit.times).ok()?;
    let mut gradient = Gradient::default();
    for i in 0..fit.times.len() {
        let residual = fit.residual(u.get_index(0, i));
        gradient.loss += residual * residual;
        for (p, s) in gradient.p.iter_mut().zip(&sensitivities) {
            *p += 2.0 * residual * s.get_index(0, i);
        }
    }
    Some(gradient)
}

/// The continuous adjoint, with the forward solution from checkpoints.
pub fn adjoint<E>(problem: &OdeSolverProblem<E>, fit: &Fit) -> Option<Gradient>
where
    E: OdeEquationsImplicitAdjoint<M = M, V = V, T = f64, C = NalgebraContext>,
{
    let mut solver = problem.tsit45().ok()?;
    let (checkpoints, u, _) = solver.solve_dense_with_checkpointing(&fit.times, None).ok()?;
    let mut loss = 0.0;
    let mut cotangents = M::zeros(2, fit.times.len(), *problem.context());
    for i in 0..fit.times.len() {
        let residual = fit.residual(u.get_index(0, i));
        loss += residual * residual;
        cotangents.set_index(0, i, 2.0 * residual);
    }
    let backwards = problem.tsit45_solver_adjoint(checkpoints, Some(solver), Some(1)).ok()?;
    let (state, _) = backwards.solve_adjoint_backwards_pass(&fit.times, &[&cotangents]).ok()?;
    Some(Gradient { loss, p: state.into_common().sg.clone_as_vec().try_into().ok()? })
}

/// The reverse of every step, the steps ending on the times of the data.
pub fn step_by_step<E>(problem: &OdeSolverProblem<E>, fit: &Fit) -> Option<Gradient>
where
    E: OdeEquationsImplicitAdjoint<M = M, V = V, T = f64, C = NalgebraContext>,
{
    let mut solver = problem.tsit45().ok()?;
    let mut loss = fit.residual(fit.u0[0]).powi(2);
    // The state after each step, with the cotangent of the data that lie there.
    let mut steps = Vec::new();
    for &t in &fit.times[1..] {
        solver.set_stop_time(t).ok()?;
        loop {
            let stop = solver.step().ok()?;
            let end = matches!(stop, OdeSolverStopReason::TstopReached);
            let residual = if end { fit.residual(solver.state().y.get_index(0)) } else { 0.0 };
            loss += residual * residual;
            steps.push((solver.state_clone(), 2.0 * residual));
            if end {
                break;
            }
        }
    }
    let mut cotangent = steps.first()?.0.zeros_like();
    let mut p = V::zeros(4, *problem.context());
    for (state, seed) in steps.iter().rev() {
        let y = cotangent.as_mut().y;
        y.set_index(0, y.get_index(0) + seed);
        solver.step_vjp(state, &mut cotangent, &mut p).ok()?;
    }
    // The first step starts from the slope at the start, which depends on the parameters too.
    let mut through_slope = [0.0; 4];
    sensitivity_adjoint_times(
        &fit.u0,
        &fit.p,
        0.0,
        &cotangent.as_ref().dy.clone_as_vec(),
        &mut through_slope,
    );
    let mut p: [f64; 4] = p.clone_as_vec().try_into().ok()?;
    for (p, minus) in p.iter_mut().zip(through_slope) {
        *p -= minus;
    }
    Some(Gradient { loss, p })
}
