//! The discrete adjoint of a step of weak order 2: its stages, the last one first, those of each process by themselves.

use crate::noise::Asks;
use crate::noise::Increment;
use crate::problem::DiffusionVjp;
use crate::problem::NoiseShape;
use crate::problem::Vjp;
use crate::real::Real;
use crate::sensitivity::stochastic::kernel::PullKernel;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::stepper::Kernel;
use crate::stepper::Place;
use crate::stepper::RiKernel;
use crate::stepper::RiMethod;
use crate::stepper::shares_stages;
use crate::stepper::weigh_others;
use crate::stepper::weigh_step;
use crate::stepper::weigh_step_mixed;

/// Memory for the reverse derivative of a step of weak order 2.
#[derive(Debug, Clone)]
pub struct RiPull<X, V, G> {
    stages: RiKernel<X, V, G>,
    end: V,
    f_bar: [V; 3],
    g_bar: [G; 3],
    /// The cotangent of noise of which one column counts.
    whole_bar: G,
    column: V,
    argument_bar: V,
    /// The cotangent of the end.
    end_bar: V,
    weights: Vec<f64>,
}

impl<T, M, X> PullKernel<T, M> for RiPull<X, M::State, M::Noise>
where
    T: Real,
    M: DiffusionVjp<T>,
    M::Drift: Vjp<T>,
    X: RiMethod,
{
    const ASKS: Asks = <RiKernel<X, M::State, M::Noise> as Kernel<T, M>>::ASKS;

    fn new(model: &M, u: &M::State) -> Self {
        let blank = model.blank_noise(u);
        Self {
            stages: RiKernel::new(model, u),
            end: u.zeros_like(),
            f_bar: std::array::from_fn(|_| u.zeros_like()),
            g_bar: std::array::from_fn(|_| blank.clone()),
            weights: vec![0.0; M::Shape::processes(&blank)],
            whole_bar: blank,
            column: u.zeros_like(),
            argument_bar: u.zeros_like(),
            end_bar: u.zeros_like(),
        }
    }

    fn begin(&mut self, place: Place<'_, T, M>, noise: &Increment, _: &[T]) {
        self.stages.step(place, noise, &mut self.end);
    }

    fn pull(
        &mut self,
        place: Place<'_, T, M>,
        noise: &Increment,
        _: &[T],
        u_bar: &mut M::State,
        p_bar: &mut M::Params,
        work: &mut Workspace<T>,
    ) {
        let Self { stages, f_bar, g_bar, whole_bar, column, argument_bar, end_bar, weights, .. } = self;
        let Place { model, drift, p, interval, u } = place;
        let (h, ri, mut t_bar) = (interval.h, const { &X::TABLEAU }, T::ZERO);
        let (root, shares) = (h.abs().sqrt(), const { shares_stages::<M::Class>() });
        // What is added on the way is not the cotangent of the end.
        assign(end_bar, u_bar);
        for (weight, bar) in ri.alpha.iter().zip(&mut *f_bar) {
            assign_scaled(bar, h * weight, end_bar);
        }
        for (i, bar) in g_bar.iter_mut().enumerate() {
            assign_zero(bar);
            weigh_step(ri, i, noise, h, weights);
            M::Shape::add_outer(bar, weights, end_bar);
        }
        if !shares && noise.w.len() > 1 {
            weigh_step_mixed(ri, 0, noise, h, weights);
            M::Shape::add_outer(&mut g_bar[0], weights, end_bar);
            for i in 1..3 {
                for (k, z) in stages.z_mixed[i - 1].iter().enumerate() {
                    weigh_step_mixed(ri, i, noise, h, weights);
                    assign_zero(whole_bar);
                    M::Shape::add_to_column(whole_bar, k, weights[k], end_bar);
                    assign_zero(argument_bar);
                    let t = T::lit(interval.from);
                    model.noise_vjp(whole_bar, z, p, t, argument_bar, p_bar, &mut t_bar, work);
                    add_scaled(u_bar, 1.0, argument_bar);
                    for (factor, bar) in ri.b2[i].iter().zip(&mut *g_bar) {
                        if *factor != 0.0 {
                            weigh_others(*factor, k, noise, h, weights);
                            M::Shape::add_outer(bar, weights, argument_bar);
                        }
                    }
                }
            }
        }
        for i in [2, 1] {
            let (before, after) = g_bar.split_at_mut(i);
            let t = T::lit(interval.at(ri.c1(i)));
            for (k, z) in stages.z[i - 1].iter().enumerate() {
                let bar = if shares {
                    &mut after[0]
                } else {
                    assign_zero(column);
                    M::Shape::add_column(&after[0], k, 1.0, column);
                    assign_zero(whole_bar);
                    M::Shape::add_to_column(whole_bar, k, 1.0, column);
                    &mut *whole_bar
                };
                assign_zero(argument_bar);
                model.noise_vjp(bar, z, p, t, argument_bar, p_bar, &mut t_bar, work);
                add_scaled(u_bar, 1.0, argument_bar);
                for (factor, bar) in ri.a1[i].iter().zip(&mut *f_bar) {
                    if *factor != 0.0 {
                        add_scaled(bar, h * factor, argument_bar);
                    }
                }
                for (factor, bar) in ri.b1[i].iter().zip(&mut *before) {
                    if *factor == 0.0 {
                    } else if shares {
                        weights.fill(root * factor);
                        M::Shape::add_outer(bar, weights, argument_bar);
                    } else {
                        M::Shape::add_to_column(bar, k, root * factor, argument_bar);
                    }
                }
            }
            if ri.uses_drift(i) {
                let t = T::lit(interval.at(ri.c0(i)));
                assign_zero(argument_bar);
                drift.vjp(&mut f_bar[i], &stages.y[i - 1], p, t, argument_bar, p_bar, &mut t_bar, work);
                add_scaled(u_bar, 1.0, argument_bar);
                for (factor, bar) in ri.a0[i].iter().zip(&mut *f_bar) {
                    if *factor != 0.0 {
                        add_scaled(bar, h * factor, argument_bar);
                    }
                }
                for (factor, bar) in ri.b0[i].iter().zip(&mut *before) {
                    if *factor != 0.0 {
                        weights.iter_mut().zip(&noise.w).for_each(|(weight, w)| *weight = factor * w);
                        M::Shape::add_outer(bar, weights, argument_bar);
                    }
                }
            }
        }
        let (f_bar, g_bar) = (&mut f_bar[0], &mut g_bar[0]);
        assign_zero(argument_bar);
        let t = T::lit(interval.from);
        model.drift_and_noise_vjp(f_bar, g_bar, u, p, t, argument_bar, p_bar, &mut t_bar, work);
        add_scaled(u_bar, 1.0, argument_bar);
    }
}
