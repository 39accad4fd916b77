//! Low-storage methods in Williamson's form: a register and the state, for any number of stages.

use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::stepper::At;
use crate::stepper::Costs;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Quality;
use crate::stepper::Stepper;
use crate::stepper::Trace;
use crate::tableau::BOOTSTRAP;
use crate::tableau::BOOTSTRAP_SCALE;
use crate::tableau::LowStorage;
use crate::tableau::dense;
use crate::tableau::dense::evaluate;

/// The register of a low-storage method, and the slope that a model writes to.
///
/// Slopes of a step are kept as well once dense output is asked for, not before.
#[derive(Debug, Clone)]
pub struct LowStorageStepper<V, const N: usize> {
    registers: &'static LowStorage<N>,
    register: V,
    slope: V,
    /// `slope` is the one at the start of the step to come.
    first_is_ready: bool,
    /// The slopes at both ends of the step last taken, and at [`BOOTSTRAP`] inside.
    slopes: Option<Box<[V; 3]>>,
    dense_is_ready: bool,
    evaluations: usize,
}

impl<V, const N: usize> LowStorageStepper<V, N> {
    /// A stepper for states of the shape of `u`.
    pub fn new<T: Real>(registers: &'static LowStorage<N>, u: &V) -> Self
    where
        V: Vector<T>,
    {
        let mut slope = u.zeros_like();
        // what a model never writes shows when the solver looks at the first slope
        assign_scaled(&mut slope, f64::NAN, u);
        Self {
            registers,
            register: u.zeros_like(),
            slope,
            first_is_ready: false,
            slopes: None,
            dense_is_ready: false,
            evaluations: 0,
        }
    }
}

impl<T, F, V, const N: usize> Stepper<T, F> for LowStorageStepper<V, N>
where
    T: Real,
    V: Vector<T>,
    F: Rhs<T, State = V>,
{
    fn begin(&mut self, _: &F, _: &F::Params, _: f64, _: &mut V, _: &Tolerances) -> Result<(), Failure> {
        self.first_is_ready = false;
        self.dense_is_ready = false;
        Ok(())
    }

    fn slope(&mut self, f: &F, p: &F::Params, t: f64, u: &V) -> Option<&V> {
        if !self.first_is_ready {
            f.rhs(&mut self.slope, u, p, T::lit(t));
            self.evaluations += 1;
            self.first_is_ready = true;
        }
        Some(&self.slope)
    }

    fn slope_at(&mut self, f: &F, p: &F::Params, t: T, u: &V, out: &mut V) -> bool {
        f.rhs(out, u, p, t);
        self.evaluations += 1;
        true
    }

    fn step(&mut self, at: At<'_, T, F>, _: &Tolerances, next: &mut V) -> Result<(), Failure> {
        let At { f, p, interval, u } = at;
        let LowStorage { a, b, c } = self.registers;
        assign(next, u);
        let slope_is_ready = std::mem::take(&mut self.first_is_ready);
        self.dense_is_ready = false;
        for j in 0..N {
            if j > 0 || !slope_is_ready {
                f.rhs(&mut self.slope, next, p, T::lit(interval.at(c[j])));
                self.evaluations += 1;
            }
            // A model that changed the length of a `Vec`: NaN, which the solver reports.
            if self.slope.as_slice().len() != next.as_slice().len() {
                next.as_mut_slice().fill(T::lit(f64::NAN));
                return Ok(());
            }
            let registers = self.register.as_mut_slice().iter_mut().zip(self.slope.as_slice());
            for ((register, slope), next) in registers.zip(next.as_mut_slice()) {
                // The first stage keeps nothing, not even zero times an infinity of a step before.
                let kept = if j == 0 { T::ZERO } else { register.scale(a[j]) };
                *register = kept + slope.scale(interval.h);
                *next += register.scale(b[j]);
            }
        }
        Ok(())
    }

    fn quality(&self, _: At<'_, T, F>, _: &V, _: &Tolerances) -> Option<Quality> {
        None
    }

    fn component_error(&self, _: Interval, _: usize) -> Option<[T; 2]> {
        None
    }

    fn degree(&self) -> usize {
        4
    }

    fn prepare_dense(&mut self, at: At<'_, T, F>, next: &V) {
        if self.dense_is_ready {
            return;
        }
        let At { f, p, interval, u } = at;
        let zeros = || Box::new(std::array::from_fn(|_| u.zeros_like()));
        let [start, end, _] = &mut **self.slopes.get_or_insert_with(zeros);
        f.rhs(start, u, p, T::lit(interval.t));
        f.rhs(end, next, p, T::lit(interval.end));
        // The register is free between steps.
        for i in 0..u.as_slice().len() {
            let [c1, c2, c3, _] = self.coefficients::<T>(interval, u, next, i);
            let inside = [c1, c2, c3, T::ZERO];
            if let Some(out) = self.register.as_mut_slice().get_mut(i) {
                *out = u.as_slice()[i] + dense::nested(inside, BOOTSTRAP);
            }
        }
        if let Some(slopes) = &mut self.slopes {
            f.rhs(&mut slopes[2], &self.register, p, T::lit(interval.at(BOOTSTRAP)));
        }
        self.evaluations += 3;
        self.dense_is_ready = true;
    }

    fn interpolate(&self, at: At<'_, T, F>, next: &V, theta: f64, out: &mut V) {
        let At { interval, u, .. } = at;
        assign(out, u);
        for (i, out) in out.as_mut_slice().iter_mut().enumerate() {
            *out += dense::nested(self.coefficients(interval, u, next, i), theta);
        }
    }

    fn dense_coefficients(&self, at: At<'_, T, F>, next: &V, out: &mut Vec<T>) {
        let At { interval, u, .. } = at;
        for d in 0..4 {
            out.extend((0..u.as_slice().len()).map(|i| self.coefficients::<T>(interval, u, next, i)[d]));
        }
    }

    fn accept(&mut self) {
        // The slope at the end of the step is that at the start of the next.
        if let (true, Some(slopes)) = (self.dense_is_ready, &self.slopes) {
            assign(&mut self.slope, &slopes[1]);
            self.first_is_ready = true;
        }
        self.dense_is_ready = false;
    }

    fn trace(&self) -> Trace<'_, V, T> {
        Trace::NONE
    }

    fn costs(&self) -> Costs {
        Costs { rhs: self.evaluations, ..Costs::default() }
    }
}

impl<V, const N: usize> LowStorageStepper<V, N> {
    /// The interpolant in the basis of [`dense`](crate::tableau::dense): the cubic through both ends with their slopes,
    /// corrected so that it has the third slope as well. NaN where a slope lacks the component.
    fn coefficients<T: Real>(&self, interval: Interval, u: &V, next: &V, i: usize) -> [T; 4]
    where
        V: Vector<T>,
    {
        let rise = next.as_slice()[i] - u.as_slice()[i];
        let [start, end, inside] = match &self.slopes {
            Some(slopes) => slopes.each_ref().map(|slope| {
                slope.as_slice().get(i).map_or(T::lit(f64::NAN), |slope| slope.scale(interval.h))
            }),
            None => [rise; 3],
        };
        let cubic = [rise, start - rise, rise.scale(2.0) - start - end];
        let [d1, d2, d3] = const { slopes_of_basis(BOOTSTRAP) };
        let slope = cubic[0].scale(d1) + cubic[1].scale(d2) + cubic[2].scale(d3);
        [cubic[0], cubic[1], cubic[2], (inside - slope).scale(BOOTSTRAP_SCALE)]
    }
}

/// The slopes of the first functions of the basis.
const fn slopes_of_basis(theta: f64) -> [f64; 3] {
    [
        evaluate(&[1.0, 0.0, 0.0], theta).1,
        evaluate(&[0.0, 1.0, 0.0], theta).1,
        evaluate(&[0.0, 0.0, 1.0], theta).1,
    ]
}
