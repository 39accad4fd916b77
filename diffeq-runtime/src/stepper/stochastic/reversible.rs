//! The reversible Heun method.

use crate::error::Error;
use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::NoiseShape;
use crate::problem::Rhs;
use crate::problem::fits;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::add_scaled;
use crate::space::assign;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Facts;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;
use crate::stepper::Quality;
use crate::stepper::Scheme;
use crate::stepper::Snapshot;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::stepper::stochastic::methods::Orders;
use crate::stepper::stochastic::methods::StochasticScheme;
use crate::stepper::stochastic::stepper::Room;
use crate::stepper::stochastic::stepper::check;

/// The reversible Heun method for the Stratonovich integral: one evaluation of drift and noise a step, strong order 1/2, and 1
/// where the noise is additive.
///
/// Beside the state it carries a second approximation `z` of it, from which drift and noise are taken:
/// `z⁺ = 2u - z + h f(z) + g(z) W`, `u⁺ = u + h (f(z) + f(z⁺))/2 + (g(z) + g(z⁺)) W/2`. A step can be undone by the same formulas.
/// Nothing damps `z`, which drifts off `u` where the equation is stiff and where solves are long.
///
/// Source: Kidger, Foster, Li, Lyons, *Efficient and accurate gradients for neural SDEs*, NeurIPS 2021, arXiv:2105.13493, algorithm
/// 1.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ReversibleHeun;

impl Scheme for ReversibleHeun {
    const NAME: &'static str = "reversible Heun";
    const REFERENCE: &'static str = "Kidger, Foster, Li, Lyons, NeurIPS 2021, arXiv:2105.13493";
    const ORDER: usize = 2;
    const INTERPOLANT_ORDER: usize = 1;
    const CONTROL_EXPONENT: Option<f64> = None;
}

impl StochasticScheme for ReversibleHeun {
    const ORDERS: Orders = Orders { strong: 0.5, commutative: 0.5, additive: 1.0, weak: 1.0 };
}

fits!(ReversibleHeun: ito Additive; stratonovich Additive Scalar Diagonal Commutative General);

impl<T: Real, M: Diffusion<T>, W: Path> Method<T, Driven<M, W>> for ReversibleHeun {
    type Stepper = ReversibleHeunStepper<M::State, M::Noise, W::Cursor>;
    fn stepper(&self, u: &M::State) -> Self::Stepper {
        ReversibleHeunStepper {
            room: None,
            z: [u.zeros_like(), u.zeros_like()],
            f: [u.zeros_like(), u.zeros_like()],
            half: Vec::new(),
            is_fresh: true,
            is_ready: false,
            evaluations: 0,
        }
    }
    fn facts(&self) -> Facts {
        const { Facts::of::<Self>() }
    }
    fn check(&self, f: &Driven<M, W>, place: (&M::State, &M::Params), span: (f64, f64)) -> Result<(), Error> {
        check(f, place.0, span, Asks::Values)
    }
}

/// The memory of [`ReversibleHeun`]: each pair at the start of the step and at its end.
#[derive(Debug, Clone)]
pub struct ReversibleHeunStepper<V, G, C> {
    /// With the values of the noise, made where the model is first seen.
    room: Option<Room<[G; 2], C>>,
    /// The second approximation.
    z: [V; 2],
    /// The slopes of the drift there.
    f: [V; 2],
    /// Half the increments.
    half: Vec<f64>,
    /// The two approximations are one: the solve starts here.
    is_fresh: bool,
    /// Drift and noise are known at the start.
    is_ready: bool,
    evaluations: usize,
}

/// `out = 2u - z + h f + g w`.
pub(crate) fn leap<T: Real, M: Diffusion<T>>(
    out: &mut M::State,
    (u, z): (&M::State, &M::State),
    (f, g): (&M::State, &M::Noise),
    h: f64,
    w: &[f64],
) {
    for (out, (u, z)) in out.as_mut_slice().iter_mut().zip(u.as_slice().iter().zip(z.as_slice())) {
        *out = u.scale(2.0) - *z;
    }
    add_scaled(out, h, f);
    M::Shape::add_product(g, w, out);
}

impl<T: Real, M: Diffusion<T>, W: Path> Stepper<T, Driven<M, W>>
    for ReversibleHeunStepper<M::State, M::Noise, W::Cursor>
{
    fn begin(
        &mut self,
        f: &Driven<M, W>,
        _: &M::Params,
        _: f64,
        u: &mut M::State,
        _: &Tolerances,
    ) -> Result<(), Failure> {
        self.room.get_or_insert_with(|| {
            let blank = f.model.blank_noise(u);
            Room::new(f, u, Asks::Values, [blank.clone(), blank])
        });
        assign(&mut self.z[0], u);
        (self.is_fresh, self.is_ready) = (true, false);
        Ok(())
    }

    fn slope(&mut self, _: &Driven<M, W>, _: &M::Params, _: f64, _: &M::State) -> Option<&M::State> {
        None
    }

    fn slope_at(&mut self, f: &Driven<M, W>, p: &M::Params, t: T, u: &M::State, out: &mut M::State) -> bool {
        f.drift.rhs(out, u, p, t);
        true
    }

    fn step(
        &mut self,
        at: At<'_, T, Driven<M, W>>,
        _: &Tolerances,
        next: &mut M::State,
    ) -> Result<(), Failure> {
        let Self { room, z: [z, z_next], f: [f, f_next], half, is_ready, evaluations, .. } = self;
        let At { f: Driven { model, .. }, p, interval, u } = at;
        // The solve has begun: there is room.
        let Some(room) = room else { return Err(Failure::NotFinite) };
        room.draw(at.f, interval)?;
        let (h, w) = (interval.h, &room.noise.w);
        let [g, g_next] = &mut room.kernel;
        if !*is_ready {
            model.drift_and_noise(f, g, z, p, T::lit(interval.from));
            (*is_ready, *evaluations) = (true, *evaluations + 1);
        }
        leap::<T, M>(z_next, (u, z), (f, g), h, w);
        model.drift_and_noise(f_next, g_next, z_next, p, T::lit(interval.to));
        *evaluations += 1;
        for (i, next) in next.as_mut_slice().iter_mut().enumerate() {
            *next = u.as_slice()[i] + (f.as_slice()[i] + f_next.as_slice()[i]).scale(0.5 * h);
        }
        half.clear();
        half.extend(w.iter().map(|w| 0.5 * w));
        M::Shape::add_product(g, half, next);
        M::Shape::add_product(g_next, half, next);
        Ok(())
    }

    fn quality(&self, _: At<'_, T, Driven<M, W>>, _: &M::State, _: &Tolerances) -> Option<Quality> {
        None
    }

    fn component_error(&self, _: Interval, _: usize) -> Option<[T; 2]> {
        None
    }

    fn degree(&self) -> usize {
        1
    }

    fn prepare_dense(&mut self, _: At<'_, T, Driven<M, W>>, _: &M::State) {}

    fn interpolate(&self, at: At<'_, T, Driven<M, W>>, next: &M::State, theta: f64, out: &mut M::State) {
        let ends = at.u.as_slice().iter().zip(next.as_slice());
        for (out, (u, next)) in out.as_mut_slice().iter_mut().zip(ends) {
            *out = *u + (*next - *u).scale(theta);
        }
    }

    fn dense_coefficients(&self, at: At<'_, T, Driven<M, W>>, next: &M::State, out: &mut Vec<T>) {
        out.extend(next.as_slice().iter().zip(at.u.as_slice()).map(|(next, u)| *next - *u));
    }

    /// The second approximation at the end, in the place of slopes.
    fn trace(&self) -> Trace<'_, M::State, T> {
        Trace { stages: &self.z[1..], ..Trace::NONE }
    }

    fn remembers(&self) -> bool {
        true
    }

    fn save(&self, out: &mut Snapshot<T>) {
        out.reals.clear();
        out.reals.extend_from_slice(self.z[0].as_slice());
        out.numbers.clear();
        out.numbers.push(f64::from(u8::from(self.is_fresh)));
    }

    fn load(&mut self, from: &Snapshot<T>) {
        if from.reals.len() == self.z[0].as_slice().len() {
            self.z[0].as_mut_slice().copy_from_slice(&from.reals);
            self.is_fresh = from.numbers.first() == Some(&1.0);
            self.is_ready = false;
        }
    }

    fn accept(&mut self) {
        let Self { room, z: [z, z_next], f: [f, f_next], .. } = self;
        std::mem::swap(z, z_next);
        std::mem::swap(f, f_next);
        if let Some(Room { kernel: [g, g_next], .. }) = room {
            std::mem::swap(g, g_next);
        }
        (self.is_fresh, self.is_ready) = (false, true);
    }

    fn costs(&self) -> Costs {
        Costs { rhs: self.evaluations, ..Costs::default() }
    }
}
