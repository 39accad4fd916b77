//! A solve on a device as one operation on the tape.

use dfdx::nn::RecursiveWalker;
use dfdx::nn::TensorOptions;
use dfdx::nn::TensorVisitor;
use dfdx::nn::ViewTensorRef;
use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::Gradients;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::Trace;
use dfdx::tensor_ops::Backward;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;
use dfdx::tensor_ops::SumTo;
use dfdx::tensor_ops::TryAdd;
use dfdx::tensor_ops::TryMul;

use super::super::failure::not_empty;
use super::super::tape::Scalar;
use super::field::ModuleField;
use super::field::SelfMap;
use super::parameters::Parameters;
use super::parameters::Parametric;
use super::resident::Resident;
use crate::error::Error;
use crate::integrate::Options;
use crate::integrate::Solution;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::sensitivity::Adjoint;
use crate::sensitivity::AdjointMethod;
use crate::sensitivity::Cotangents;
use crate::sensitivity::DiscreteAdjoint;
use crate::space::Vector;
use crate::stepper;

/// Solves `du/dt = module(u)` from `x` over a span, on the device where `x` and the module lie; the state at the end.
///
/// `x` is one state or a batch of them, which is then one state of the solver. An operation on the tape of `x`: the
/// gradient goes to `x` and to the parameters of the module, backwards through the steps of the solver.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::device::solve_on_device;
/// use diffeq_runtime::integrate::Options;
/// use diffeq_runtime::stepper::Tsit5;
///
/// let device = Cpu::default();
/// let module = device.build_module::<(Linear<2, 8>, Tanh, Linear<8, 2>), f32>();
/// let x: Tensor<(usize, Const<2>), f32, _> = device.sample_normal_like(&(16, Const));
/// let y = solve_on_device(&module, x.leaky_trace(), (0.0, 1.0), Tsit5, Options::default())?;
/// let gradients = y.square().mean().backward();
/// assert_eq!(gradients.get(&x).shape(), x.shape());
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// Where the solve fails: see [`Solver::solve`](crate::integrate::Solver::solve). The backward pass does not fail.
pub fn solve_on_device<M, S, E, D, T, Method>(
    module: &M,
    x: Tensor<S, E, D, T>,
    span: (f64, f64),
    method: Method,
    options: Options,
) -> Result<Tensor<S, E, D, T>, Error>
where
    M: SelfMap<S, E, D>,
    S: Shape,
    E: Scalar,
    D: Device<E>,
    T: Tape<E, D>,
    Method: AdjointMethod<E, ModuleField<M, S, E, D>> + 'static,
{
    let adjoint = DiscreteAdjoint::default();
    let how = (method, options, adjoint);
    record_on_device(ModuleField::new(), module, x, span, how, Wanted::End, |shape, _| *shape)
}

/// What of a solution goes on.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wanted {
    /// The state at the end.
    End,
    /// The saved states.
    Rows,
}

/// Solves an equation with a module's parameters on a device and puts what is wanted on the tape of `x`, in a shape
/// that follows from that of `x` and the number of rows.
///
/// # Errors
/// Where the solve fails. An adjoint that fails on the way back leaves gradients, all of them, that are not numbers.
pub(crate) fn record_on_device<F, M, S, O, E, D, T, Method, A>(
    field: F,
    module: &M,
    x: Tensor<S, E, D, T>,
    span: (f64, f64),
    (method, options, adjoint): (Method, Options, A),
    wanted: Wanted,
    shape: impl FnOnce(&S, usize) -> O,
) -> Result<Tensor<O, E, D, T>, Error>
where
    F: Vjp<E, State = Resident<S, E, D>, Params = Parameters<M, E, D>> + 'static,
    M: Parametric<E, D>,
    S: Shape,
    O: Shape,
    E: Scalar,
    D: Device<E>,
    T: Tape<E, D>,
    Method: stepper::Method<E, F> + 'static,
    A: Adjoint<F, E, Method, Record: 'static>,
{
    not_empty("a solve on a device", x.shape())?;
    let (x, mut tape) = x.try_contiguous().map_err(failed)?.split_tape();
    let state = Resident::new(x.clone());
    let problem = OdeProblem::new(field, state, span, Parameters::new(module.clone())?);
    let options = match wanted {
        // What happens between the ends is nobody's business here.
        Wanted::End => {
            Options { save_every_step: Some(false), save_start: Some(false), save_at: None, ..options }
        }
        Wanted::Rows => options,
    };
    let output = |solution: &Solution<Resident<S, E, D>, E>| -> Result<Tensor<O, E, D>, Error> {
        let shape = shape(x.shape(), solution.len());
        match wanted {
            Wanted::End => fresh(solution.end())?.try_reshape_like(&shape).map_err(failed),
            Wanted::Rows => x.device().try_tensor_from_vec(solution.values().to_vec(), shape).map_err(failed),
        }
    };
    if !T::OWNS_TAPE {
        let solution = problem.solver(method).options(options).solve()?;
        return Ok(output(&solution)?.put_tape(tape));
    }
    let (solution, mut record) = {
        let solver = problem.solver(method.clone()).options(options.clone());
        let (solution, pullback) = solver.vjp(adjoint)?;
        (solution, pullback.detach())
    };
    let y = output(&solution)?;
    let (module, end) = (module.clone(), y.clone());
    tape.add_backward_op(move |gradients| {
        gradients.get_or_alloc_mut(&end)?;
        let y_bar = gradients.get(&end);
        let solver = problem.solver(method).options(options);
        let (state, rows);
        let cotangents = match wanted {
            Wanted::End => {
                state = Resident::new(y_bar.try_reshape_like(x.shape())?);
                Cotangents::end(&state)
            }
            Wanted::Rows => {
                rows = y_bar.as_vec();
                Cotangents::values(&rows)
            }
        };
        let (u_bar, p_bar) = match A::pull(&mut record, &solver, &cotangents) {
            Ok(gradient) => (gradient.u0, gradient.p),
            // The device's error has no room for why; nobody shall take what is left for a gradient.
            Err(_) => {
                let (mut u_bar, mut p_bar) = (problem.u0.zeros_like(), problem.p.zeros_like());
                u_bar.as_mut_slice().fill(E::lit(f64::NAN));
                p_bar.as_mut_slice().fill(E::lit(f64::NAN));
                (u_bar, p_bar)
            }
        };
        deposit(u_bar.tensor(), &x, gradients)?;
        deposit_module(p_bar.module(), &module, gradients)
    });
    Ok(y.put_tape(tape))
}

pub(crate) fn failed(error: impl std::fmt::Display) -> Error {
    Error::Layer { layer: "dfdx", message: error.to_string() }
}

/// A tensor of its own: one that shared an id would share its gradient.
fn fresh<S: Shape, E: Scalar, D: Device<E>>(state: &Resident<S, E, D>) -> Result<Tensor<S, E, D>, Error> {
    let zeros = state.tensor().device().try_zeros_like(state.tensor()).map_err(failed)?;
    zeros.try_add(state.tensor().clone()).map_err(failed)
}

/// Adds to the gradient of a tensor.
pub(crate) fn deposit<S: Shape, E: Scalar, D: Device<E>>(
    gradient: &Tensor<S, E, D>,
    to: &Tensor<S, E, D>,
    gradients: &mut Gradients<E, D>,
) -> Result<(), D::Err> {
    gradients.get_or_alloc_mut(to)?;
    let sum = gradients.get(to).try_add(gradient.clone())?;
    // dfdx hands out the memory of gradients but not that of tensors. That of the sum is the gradient of w · sum by w.
    let w = sum.device().try_zeros_like(&sum)?;
    let mut copied = (w.leaky_trace().try_mul(sum)?).try_sum::<(), S::AllAxes>()?.try_backward()?;
    std::mem::swap(gradients.get_or_alloc_mut(to)?, copied.get_or_alloc_mut(&w)?);
    Ok(())
}

/// Adds to the gradients of a module's parameters what the parameters of another hold.
pub(crate) fn deposit_module<M: Parametric<E, D>, E: Scalar, D: Device<E>>(
    p_bar: &M,
    module: &M,
    gradients: &mut Gradients<E, D>,
) -> Result<(), D::Err> {
    M::iter_tensors(&mut RecursiveWalker { m: (p_bar, module), f: &mut Deposit { gradients } })?;
    Ok(())
}

/// Adds to the gradients of a module's parameters those found by another tape.
pub(crate) fn deposit_gradients<M: Parametric<E, D>, E: Scalar, D: Device<E>>(
    module: &M,
    found: &mut Gradients<E, D>,
    gradients: &mut Gradients<E, D>,
) -> Result<(), D::Err> {
    M::iter_tensors(&mut RecursiveWalker { m: module, f: &mut Carry { found, gradients } })?;
    Ok(())
}

struct Carry<'a, E: Scalar, D: Device<E>> {
    found: &'a mut Gradients<E, D>,
    gradients: &'a mut Gradients<E, D>,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Carry<'_, E, D> {
    type Viewer = ViewTensorRef;
    type Err = D::Err;
    type E2 = E;
    type D2 = D;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        parameter: &Tensor<S, E, D>,
    ) -> Result<Option<Tensor<S, E, D>>, D::Err> {
        if options.do_gradient_update {
            // a parameter that the value does not depend on has no gradient yet: then it is zero
            self.found.get_or_alloc_mut(parameter)?;
            deposit(&self.found.get(parameter), parameter, self.gradients)?;
        }
        Ok(None)
    }
}

struct Deposit<'a, E: Scalar, D: Device<E>> {
    gradients: &'a mut Gradients<E, D>,
}

impl<E: Scalar, D: Device<E>> TensorVisitor<E, D> for Deposit<'_, E, D> {
    type Viewer = (ViewTensorRef, ViewTensorRef);
    type Err = D::Err;
    type E2 = E;
    type D2 = D;
    fn visit<S: Shape>(
        &mut self,
        options: TensorOptions<S, E, D>,
        (gradient, parameter): (&Tensor<S, E, D>, &Tensor<S, E, D>),
    ) -> Result<Option<Tensor<S, E, D>>, D::Err> {
        if options.do_gradient_update {
            deposit(gradient, parameter, self.gradients)?;
        }
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;
    use crate::problem::Model;
    use crate::problem::Rhs;
    use crate::problem::System;
    use crate::problem::Vjp;
    use crate::space::Workspace;
    use crate::stepper::Tsit5;

    /// Sums of a few dozen steps in another order: some hundred roundings.
    const ROUNDING: f64 = 1e-12;

    /// `du/dt = W u + b` for three rows, with the parameters of dfdx's `Linear<2, 2>`, on slices.
    struct Affine;
    impl Model for Affine {}
    impl System<f64> for Affine {
        type State = [[f64; 2]; 3];
        type Params = [f64; 6];
    }
    impl Rhs<f64> for Affine {
        fn rhs(&self, du: &mut [[f64; 2]; 3], u: &[[f64; 2]; 3], p: &[f64; 6], _t: f64) {
            for (du, u) in du.iter_mut().zip(u) {
                *du = [p[0] * u[0] + p[1] * u[1] + p[4], p[2] * u[0] + p[3] * u[1] + p[5]];
            }
        }
    }
    impl Vjp<f64> for Affine {
        fn vjp(
            &self,
            du_bar: &mut [[f64; 2]; 3],
            u: &[[f64; 2]; 3],
            p: &[f64; 6],
            _t: f64,
            u_bar: &mut [[f64; 2]; 3],
            p_bar: &mut [f64; 6],
            _t_bar: &mut f64,
            _work: &mut Workspace<f64>,
        ) {
            for ((du_bar, u), u_bar) in du_bar.iter().zip(u).zip(u_bar) {
                for i in 0..2 {
                    for j in 0..2 {
                        u_bar[j] += du_bar[i] * p[2 * i + j];
                        p_bar[2 * i + j] += du_bar[i] * u[j];
                    }
                    p_bar[4 + i] += du_bar[i];
                }
            }
        }
    }

    type Net = (modules::Linear<2, 4, f64, Cpu>, Tanh, modules::Linear<4, 2, f64, Cpu>);

    fn end<T: Tape<f64, Cpu>>(
        module: &Net,
        x: Tensor<Rank1<2>, f64, Cpu, T>,
    ) -> Tensor<Rank1<2>, f64, Cpu, T> {
        solve_on_device(module, x, (0.0, 0.5), Tsit5, Options::default()).unwrap()
    }

    fn close(a: &[f64], b: &[f64]) {
        let size = b.iter().fold(0.0_f64, |size, x| size.max(x.abs()));
        let gap = a.iter().zip(b).fold(0.0_f64, |gap, (a, b)| gap.max((a - b).abs()));
        assert!(a.len() == b.len() && gap <= ROUNDING * size, "{a:?} and {b:?}");
    }

    #[test]
    fn a_solve_in_tensors_is_that_in_slices() {
        let device = Cpu::default();
        let module = device.build_module::<Linear<2, 2>, f64>();
        let x: Tensor<Rank2<3, 2>, f64, _> = device.sample_normal();
        let options = Options { dt_max: 0.3, ..Options::default() };
        let y = solve_on_device(&module, x.leaky_trace(), (0.0, 2.0), Tsit5, options.clone()).unwrap();
        let values = y.array();
        let gradients = y.square().sum().backward();

        let mut p = [0.0; 6];
        p[..4].copy_from_slice(&module.weight.as_vec());
        p[4..].copy_from_slice(&module.bias.as_vec());
        let problem = OdeProblem::new(Affine, x.array(), (0.0, 2.0), p);
        let solver = problem.solver(Tsit5).options(options);
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
        close(values.as_flattened(), solution.end().as_flattened());
        let y_bar = solution.end().map(|row| row.map(|y| 2.0 * y));
        let gradient = pullback.call(Cotangents::end(&y_bar)).unwrap();
        close(gradients.get(&x).array().as_flattened(), gradient.u0.as_flattened());
        close(&gradients.get(&module.weight).as_vec(), &gradient.p[..4]);
        close(&gradients.get(&module.bias).as_vec(), &gradient.p[4..]);
    }

    #[test]
    fn gradients_add_up_where_the_module_is_used_twice() {
        let device = Cpu::default();
        let module = device.build_module::<(Linear<2, 4>, Tanh, Linear<4, 2>), f64>();
        let x: Tensor<Rank1<2>, f64, _> = device.sample_normal();
        let middle = end(&module, x.clone());
        let first = end(&module, x.leaky_trace()).square().sum().backward();
        let second = end(&module, middle.leaky_trace()).square().sum().backward();
        let y = end(&module, x.leaky_trace());
        let early = y.with_empty_tape().square().sum::<Rank0, _>();
        let both = (end(&module, y).square().sum() + early).backward();
        // d/dp of f(f(x)) has the chain through the first solve as well: that of the second solve alone, plus the
        // first one's pullback of what the second leaves at its start, plus f(x)'s own.
        let through = (end(&module, x.leaky_trace()) * second.get(&middle)).sum().backward();
        let weight = &module.2.weight;
        let sum: Vec<f64> = [&first, &second, &through]
            .map(|g| g.get(weight).as_vec())
            .into_iter()
            .reduce(|a, b| a.iter().zip(&b).map(|(a, b)| a + b).collect())
            .unwrap();
        close(&both.get(weight).as_vec(), &sum);
    }

    #[test]
    fn per_component_tolerances_steer_as_on_slices() {
        let device = Cpu::default();
        let module = device.build_module::<Linear<2, 2>, f64>();
        let x: Tensor<Rank2<3, 2>, f64, _> = device.sample_normal();
        let mut options = Options::default();
        options.tolerances.absolute = vec![1e-3, 1e-9, 1e-3, 1e-3, 1e-6, 1e-3].into();
        let y = solve_on_device(&module, x.clone(), (0.0, 2.0), Tsit5, options.clone()).unwrap();
        let mut p = [0.0; 6];
        p[..4].copy_from_slice(&module.weight.as_vec());
        p[4..].copy_from_slice(&module.bias.as_vec());
        let problem = OdeProblem::new(Affine, x.array(), (0.0, 2.0), p);
        let solution = problem.solver(Tsit5).options(options).solve().unwrap();
        close(y.array().as_flattened(), solution.end().as_flattened());
    }

    #[test]
    fn a_solve_that_fails_says_so() {
        let device = Cpu::default();
        let module = device.build_module::<Linear<2, 2>, f32>();
        let x: Tensor<Rank1<2>, f32, _> = device.tensor([f32::NAN, 1.0]);
        let error = solve_on_device(&module, x, (0.0, 1.0), Tsit5, Options::default()).unwrap_err();
        assert!(error.to_string().contains("not finite"), "{error}");
    }
}
