//! Forward mode: dual numbers through a solve, as one operation on the tape.

use dfdx::tensor::Cpu;
use dfdx::tensor::Tensor;

use super::inputs::SolveInputs;
use super::shape::TensorShape;
use super::tape::Scalar;
use crate::delay::DdeProblem;
use crate::delay::Initial;
use crate::delay::LiftedInitial;
use crate::error::Error;
use crate::noise::Driven;
use crate::noise::Path;
use crate::noise::SdeProblem;
use crate::problem::Delayed;
use crate::problem::Diffusion;
use crate::problem::OdeProblem;
use crate::real::Dual;
use crate::sensitivity::LiftedRhs;
use crate::sensitivity::ParamsOf;
use crate::sensitivity::StateOf;
use crate::space::Lift;
use crate::space::Vector;

/// How many directions go through a solve together: a register's worth of `f64`.
const LANES: usize = 4;

/// The scalar of a problem inside [`diffeq_fd`].
pub type Fd<E> = Dual<E, LANES>;

/// A problem that is one over dual numbers as well: an [`OdeProblem`], an [`SdeProblem`], whose path is the same over both, or a
/// [`DdeProblem`], whose history is one of the [`LiftedInitial`].
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no problem over dual numbers",
    note = "annotate the model with `#[ode]`, `#[sde]` or `#[dde]`, which write it for every scalar"
)]
pub trait LiftedProblem<E: Scalar> {
    /// The initial state.
    type State: TensorShape<E>;
    /// The parameters.
    type Params: TensorShape<E>;
    /// The problem over dual numbers.
    type Lifted;
    /// The initial state.
    fn u0(&self) -> &Self::State;
    /// The parameters.
    fn p(&self) -> &Self::Params;
    /// The problem from another start, with other parameters: both made into dual numbers by `seed`, the state first.
    fn lifted(&self, u0: &Self::State, p: &Self::Params, seed: &mut impl FnMut(E) -> Fd<E>) -> Self::Lifted;
}

impl<E: Scalar, F> LiftedProblem<E> for OdeProblem<F, E>
where
    F: Clone + LiftedRhs<E, Fd<E>>,
    StateOf<F, E>: TensorShape<E>,
    ParamsOf<F, E>: TensorShape<E>,
{
    type State = StateOf<F, E>;
    type Params = ParamsOf<F, E>;
    type Lifted = OdeProblem<F, Fd<E>>;
    fn u0(&self) -> &Self::State {
        &self.u0
    }
    fn p(&self) -> &Self::Params {
        &self.p
    }
    fn lifted(&self, u0: &Self::State, p: &Self::Params, seed: &mut impl FnMut(E) -> Fd<E>) -> Self::Lifted {
        let u0 = u0.lift(seed);
        OdeProblem::new(self.model.clone(), u0, self.span, p.lift(seed))
    }
}

impl<E: Scalar, M, W> LiftedProblem<E> for SdeProblem<M, W, E>
where
    M: Diffusion<E> + Diffusion<Fd<E>>,
    W: Path,
    OdeProblem<Driven<M, W>, E>: LiftedProblem<E, Lifted = OdeProblem<Driven<M, W>, Fd<E>>>,
{
    type State = <OdeProblem<Driven<M, W>, E> as LiftedProblem<E>>::State;
    type Params = <OdeProblem<Driven<M, W>, E> as LiftedProblem<E>>::Params;
    type Lifted = SdeProblem<M, W, Fd<E>>;
    fn u0(&self) -> &Self::State {
        LiftedProblem::u0(&self.driven)
    }
    fn p(&self) -> &Self::Params {
        LiftedProblem::p(&self.driven)
    }
    fn lifted(&self, u0: &Self::State, p: &Self::Params, seed: &mut impl FnMut(E) -> Fd<E>) -> Self::Lifted {
        SdeProblem { driven: self.driven.lifted(u0, p, seed) }
    }
}

impl<E: Scalar, F, H> LiftedProblem<E> for DdeProblem<F, H, E>
where
    F: Clone
        + Delayed<
            E,
            State: TensorShape<E> + Lift<E, Fd<E>, Lifted = <F as Delayed<Fd<E>>>::State>,
            Params: TensorShape<E> + Lift<E, Fd<E>, Lifted = <F as Delayed<Fd<E>>>::Params>,
        > + Delayed<Fd<E>>,
    H: Initial<E, <F as Delayed<E>>::State, <F as Delayed<E>>::Params> + LiftedInitial<E, Fd<E>>,
    H::Lifted: Initial<Fd<E>, <F as Delayed<Fd<E>>>::State, <F as Delayed<Fd<E>>>::Params>,
{
    type State = <F as Delayed<E>>::State;
    type Params = <F as Delayed<E>>::Params;
    type Lifted = DdeProblem<F, H::Lifted, Fd<E>>;
    fn u0(&self) -> &Self::State {
        self.u0()
    }
    fn p(&self) -> &Self::Params {
        self.p()
    }
    fn lifted(&self, u0: &Self::State, p: &Self::Params, seed: &mut impl FnMut(E) -> Fd<E>) -> Self::Lifted {
        let past = &self.problem.model;
        let u0 = u0.lift(seed);
        let history = past.history.lifted(&mut Dual::constant);
        DdeProblem::new(past.model.clone(), u0, history, self.span(), p.lift(seed))
    }
}

/// A reduction of a solution as an operation on the tape, with derivatives by forward mode.
///
/// `inputs` is a tensor `p`, or a pair `(u0, p)`. The closure gets the problem over dual numbers with these values,
/// solves it as it likes (any method, any options, events), and reduces the solution: to a number, an array, nested
/// arrays, or a `Vec`. That type is the type of the result, so the output size is the compiler's to know. The closure
/// runs once for every four numbers in `u0` and `p`; with more of them than outputs, [`diffeq_rd`](super::diffeq_rd)
/// is faster.
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::diffeq_fd;
/// use diffeq_runtime::integrate::Grid;
/// use diffeq_runtime::problem::OdeProblem;
/// use diffeq_runtime::stepper::Tsit5;
/// # use diffeq_runtime::problem::{Model, Rhs, System};
/// # use diffeq_runtime::real::Real;
/// # #[derive(Clone)]
/// # #[allow(non_camel_case_types)]
/// # struct decay;
/// # impl Model for decay {}
/// # impl<T: Real> System<T> for decay {
/// #     type State = T;
/// #     type Params = [T; 1];
/// # }
/// # impl<T: Real> Rhs<T> for decay {
/// #     fn rhs(&self, du: &mut T, u: &T, p: &[T; 1], _t: T) { *du = -p[0] * *u; }
/// # }
///
/// // `decay` is an `#[ode]`: du/dt = -p u.
/// let problem = OdeProblem::new(decay, 2.0, (0.0, 1.0), [0.5]);
/// let p: Tensor<Rank1<1>, f64, Cpu> = Cpu::default().tensor([0.5]);
/// let ends: Tensor<Rank1<2>, f64, Cpu, _> = diffeq_fd(p.leaky_trace(), &problem, |problem| {
///     let solution = problem.solver(Tsit5).tolerances(1e-10, 1e-10).save_at(Grid::count(2)).solve()?;
///     Ok([solution.values()[0], solution.values()[1]])
/// })?;
/// let gradient = ends.sum().backward().get(&p).array();
/// assert!((gradient[0] + 2.0 * (-0.5f64).exp()).abs() < 1e-8);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// A result of another size than the reduction's does not compile:
///
/// ```compile_fail
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::diffeq_fd;
/// use diffeq_runtime::problem::OdeProblem;
/// # use diffeq_runtime::problem::{Model, Rhs, System};
/// # use diffeq_runtime::real::Real;
/// # #[derive(Clone)]
/// # #[allow(non_camel_case_types)]
/// # struct decay;
/// # impl Model for decay {}
/// # impl<T: Real> System<T> for decay {
/// #     type State = T;
/// #     type Params = [T; 1];
/// # }
/// # impl<T: Real> Rhs<T> for decay {
/// #     fn rhs(&self, du: &mut T, u: &T, p: &[T; 1], _t: T) { *du = -p[0] * *u; }
/// # }
///
/// let problem = OdeProblem::new(decay, 2.0, (0.0, 1.0), [0.5]);
/// let p: Tensor<Rank1<1>, f64, Cpu> = Cpu::default().tensor([0.5]);
/// let three: Tensor<Rank1<3>, f64, Cpu, _> = diffeq_fd(p.leaky_trace(), &problem, |problem| Ok([problem.u0; 2]))?;
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// # Errors
/// What the closure returns, and sizes that do not fit.
pub fn diffeq_fd<E, Q, I, R>(
    inputs: I,
    problem: &Q,
    mut reduce: impl FnMut(Q::Lifted) -> Result<R, Error>,
) -> Result<Tensor<R::Shape, E, Cpu, I::Tape>, Error>
where
    E: Scalar,
    Q: LiftedProblem<E>,
    I: SolveInputs<E, Q::State, Q::Params>,
    R: TensorShape<Fd<E>>,
{
    let start = inputs.operands(problem.u0(), problem.p())?;
    let (states, params) = (start.u0.as_slice().len(), start.p.as_slice().len());
    let inputs = states + params;
    // The Jacobian, a column for each input: the initial state's first.
    let mut columns: Vec<Vec<E>> = Vec::with_capacity(inputs);
    let result = loop {
        let first = columns.len();
        let mut index: usize = 0;
        // Inputs before or after this pass's lanes are constants.
        let mut seed = |x: E| {
            let lane = index.wrapping_sub(first);
            index += 1;
            Dual::variable(x, lane)
        };
        let reduced = reduce(problem.lifted(&start.u0, &start.p, &mut seed))?;
        for lane in 0..LANES.min(inputs - first) {
            columns.push(reduced.as_slice().iter().map(|y| y.tangents[lane]).collect());
        }
        if columns.len() == inputs {
            break reduced;
        }
    };
    let values = result.as_slice().iter().map(|y| y.primal).collect();
    Ok(start.operands.record(values, result.tensor_shape(), move |y_bar| {
        let mut bars = columns.iter().map(|column| {
            column.iter().zip(y_bar).fold(E::ZERO, |sum, (partial, y_bar)| sum + *partial * *y_bar)
        });
        let u0_bar = bars.by_ref().take(states).collect();
        Ok((u0_bar, bars.collect()))
    })?)
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;
    use crate::problem::Model;
    use crate::problem::Rhs;
    use crate::problem::System;
    use crate::real::Real;

    /// Three independent decays.
    #[derive(Clone)]
    struct Decay;
    impl Model for Decay {}
    impl<T: Real> System<T> for Decay {
        type State = [T; 3];
        type Params = [T; 3];
    }
    impl<T: Real> Rhs<T> for Decay {
        fn rhs(&self, du: &mut [T; 3], u: &[T; 3], p: &[T; 3], _t: T) {
            *du = std::array::from_fn(|i| -p[i] * u[i]);
        }
    }

    /// Two Euler steps of 0.5 from t = 0 to 1: `u = u0 (1 - p / 2)^2`, exact in binary for the numbers below.
    fn euler<T: Real>(problem: &OdeProblem<Decay, T>) -> [T; 3] {
        let mut u = problem.u0;
        for _ in 0..2 {
            let du = problem.model.eval(&u, &problem.p, T::ZERO);
            u = std::array::from_fn(|i| u[i] + T::lit(0.5) * du[i]);
        }
        u
    }

    fn problem() -> OdeProblem<Decay> {
        OdeProblem::new(Decay, [1.0, 2.0, 4.0], (0.0, 1.0), [0.0; 3])
    }

    #[test]
    fn six_inputs_take_two_passes_and_give_the_exact_jacobian() {
        let device = Cpu::default();
        let u0: Tensor<Rank1<3>, f64, _> = device.tensor([1.0, 2.0, 4.0]);
        let p: Tensor<Rank1<3>, f64, _> = device.tensor([1.0, 0.5, 0.25]);
        let mut passes = 0;
        let y = diffeq_fd((u0.leaky_trace(), p.leaky_trace()), &problem(), |problem| {
            passes += 1;
            Ok(euler(&problem))
        });
        let y: Tensor<Rank1<3>, f64, Cpu, _> = y.unwrap();
        assert_eq!(y.array(), [0.25, 1.125, 3.0625]);
        let gradients = y.sum().backward();
        // du/du0 = (1 - p/2)^2, du/dp = -u0 (1 - p/2).
        assert_eq!(gradients.get(&u0).array(), [0.25, 0.5625, 0.765625]);
        assert_eq!(gradients.get(&p).array(), [-0.5, -1.5, -3.5]);
        assert_eq!(passes, 2);
    }

    #[test]
    fn the_reduction_s_type_is_the_result_s_shape() {
        let p: Tensor<Rank1<3>, f32, _> = Cpu::default().tensor([1.0, 0.5, 0.25]);
        let problem = OdeProblem::<Decay, f32>::new(Decay, [1.0, 2.0, 4.0], (0.0, 1.0), [0.0; 3]);
        let scalar = diffeq_fd(p.leaky_trace(), &problem, |problem| Ok(euler(&problem)[1])).unwrap();
        let scalar: Tensor<Rank0, f32, Cpu, OwnedTape<f32, Cpu>> = scalar;
        assert_eq!(scalar.backward().get(&p).array(), [0.0, -1.5, 0.0]);
        let matrix = diffeq_fd(p.clone(), &problem, |problem| Ok([euler(&problem); 2])).unwrap();
        let _: Tensor<Rank2<2, 3>, f32, Cpu, NoneTape> = matrix;
        let vector = diffeq_fd(p, &problem, |problem| Ok(euler(&problem).to_vec())).unwrap();
        assert_eq!(vector.shape(), &(3,));
    }

    #[test]
    fn the_closure_s_error_comes_out() {
        let p: Tensor<Rank1<3>, f64, _> = Cpu::default().tensor([1.0; 3]);
        let error = Error::Loss { iteration: 0, loss: f64::NAN };
        let result = diffeq_fd(p, &problem(), |_| Err::<Fd<f64>, _>(error.clone()));
        assert!(matches!(result, Err(Error::Loss { .. })));
    }

    #[test]
    fn a_vector_of_another_length_is_an_error_that_says_so() {
        #[derive(Clone)]
        struct Line;
        impl Model for Line {}
        impl<T: Real> System<T> for Line {
            type State = T;
            type Params = Vec<T>;
        }
        impl<T: Real> Rhs<T> for Line {
            fn rhs(&self, du: &mut T, _u: &T, p: &Vec<T>, _t: T) {
                *du = p[0];
            }
        }
        let problem = OdeProblem::new(Line, 0.0, (0.0, 1.0), vec![1.0; 2]);
        let p = Cpu::default().tensor_from_vec(vec![1.0; 3], (3,));
        let error = diffeq_fd(p, &problem, |problem| Ok(problem.p[0])).unwrap_err();
        assert_eq!(error.to_string(), "dfdx: the tensor `p` has 3 elements, but the problem's parameters 2");
    }
}
