//! Activations that are equations, for tensors on any device.

use dfdx::shapes::HasShape;
use dfdx::shapes::Shape;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;

use crate::dfdx::Fd;
use crate::dfdx::Scalar;
use crate::dfdx::device::Parametric;
use crate::dfdx::device::deposit;
use crate::dfdx::device::deposit_module;
use crate::dfdx::device::failed;
use crate::dfdx::failure::not_empty;
use crate::dfdx::restructure;
use crate::error::Error;
use crate::layers::activation::FromNumbers;
use crate::layers::activation::OdeActivation;
use crate::problem::Rhs;
use crate::sensitivity::LiftedRhs;
use crate::stepper::Method;

impl<F, P, M> OdeActivation<F, P, M> {
    /// The activation of each number of a tensor on any device, on the tape of `x`.
    ///
    /// The numbers pass through the host, where each is solved for: its steps are its own, which is nothing for a kernel
    /// that does the same for all.
    ///
    /// # Errors
    /// Where a solve fails: see [`Solver::solve`](crate::integrate::Solver::solve).
    pub fn numbers_on_device<S, E, D, T>(&self, x: Tensor<S, E, D, T>) -> Result<Tensor<S, E, D, T>, Error>
    where
        F: Clone + LiftedRhs<E, Fd<E>> + Rhs<E, State = E, Params: FromNumbers<E>>,
        P: Parametric<E, D>,
        M: Method<E, F> + Method<Fd<E>, F>,
        S: Shape,
        E: Scalar,
        D: Device<E>,
        T: Tape<E, D>,
    {
        not_empty("OdeActivation", x.shape())?;
        let (x, mut tape) = x.try_contiguous().map_err(failed)?.split_tape();
        let (shape, inputs, p) = (*x.shape(), x.as_vec(), self.params()?);
        let place = |values: Vec<E>| x.device().try_tensor_from_vec(values, shape);
        if !T::OWNS_TAPE {
            return Ok(place(self.values(&inputs, &p)?).map_err(failed)?.put_tape(tape));
        }
        let (outputs, partials) = self.differentiated(&inputs, &p)?;
        let y = place(outputs).map_err(failed)?;
        let (x, params, output) = (x.clone(), self.p.clone(), y.clone());
        tape.add_backward_op(move |gradients| {
            gradients.get_or_alloc_mut(&output)?;
            let (x_bar, p_bar) = partials.pull(&gradients.get(&output).as_vec());
            deposit(&x.device().try_tensor_from_vec(x_bar, shape)?, &x, gradients)?;
            // There are as many numbers as parameters, or the forward pass had failed.
            match restructure(&params, &p_bar) {
                Ok(p_bar) => deposit_module(&p_bar, &params, gradients),
                Err(_) => Ok(()),
            }
        });
        Ok(y.put_tape(tape))
    }
}

#[cfg(test)]
mod tests {
    use dfdx::prelude::*;

    use super::*;
    use crate::layers::Trained;
    use crate::layers::device::tests::close;
    use crate::problem::Model;
    use crate::problem::System;
    use crate::real::Real;

    /// `du/dt = -p u²`.
    #[derive(Clone, Copy, Debug, Default)]
    struct Logistic;
    impl Model for Logistic {}
    impl<T: Real> System<T> for Logistic {
        type State = T;
        type Params = [T; 1];
    }
    impl<T: Real> Rhs<T> for Logistic {
        fn rhs(&self, du: &mut T, u: &T, p: &[T; 1], _t: T) {
            *du = -p[0] * *u * *u;
        }
    }

    #[test]
    fn numbers_in_tensors_are_numbers_in_slices() {
        let device = Cpu::seed_from_u64(5);
        let layer = device.build_module::<OdeActivation<Logistic, Trained<1>>, f64>();
        let x: Tensor<Rank2<3, 2>, f64, _> = device.sample_uniform();
        assert_eq!(layer.numbers_on_device(x.clone()).unwrap().array(), layer.forward(x.clone()).array());
        let (here, there) =
            (layer.forward(x.leaky_trace()), layer.numbers_on_device(x.leaky_trace()).unwrap());
        let (here, there) = (here.square().sum().backward(), there.square().sum().backward());
        close(&there.get(&x).as_vec(), &here.get(&x).as_vec());
        close(&there.get(&layer.p.p).as_vec(), &here.get(&layer.p.p).as_vec());
    }
}
