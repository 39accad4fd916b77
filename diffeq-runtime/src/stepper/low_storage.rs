//! Low-storage methods in Williamson's form: a register and the state, for any number of stages.

use crate::problem::Rhs;
use crate::real::Real;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::stepper::Interval;
use crate::stepper::Stepper;
use crate::tableau::LowStorage;

/// The register of a low-storage method, and the slope that a model writes to.
///
/// The slopes at both ends of a step are kept as well once dense output (cubic Hermite) is asked for, not before.
#[derive(Debug, Clone)]
pub struct LowStorageStepper<V, const N: usize> {
    coefficients: &'static LowStorage<N>,
    register: V,
    slope: V,
    /// `slope` is the one at the start of the step to come.
    first_is_ready: bool,
    /// The slopes at both ends of the step last taken.
    ends: Option<Box<[V; 2]>>,
    dense_is_ready: bool,
    evaluations: usize,
}

impl<V, const N: usize> LowStorageStepper<V, N> {
    /// A stepper for states of the shape of `u`.
    pub fn new<T: Real>(coefficients: &'static LowStorage<N>, u: &V) -> Self
    where
        V: Vector<T>,
    {
        let mut slope = u.zeros_like();
        // what a model never writes shows when the solver looks at the first slope
        assign_scaled(&mut slope, f64::NAN, u);
        Self {
            coefficients,
            register: u.zeros_like(),
            slope,
            first_is_ready: false,
            ends: None,
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
    const DEGREE: usize = 3;

    fn first_slope(&mut self, f: &F, p: &F::Params, t: f64, u: &V) -> &V {
        if !self.first_is_ready {
            f.rhs(&mut self.slope, u, p, T::lit(t));
            self.evaluations += 1;
            self.first_is_ready = true;
        }
        &self.slope
    }

    fn step(&mut self, f: &F, p: &F::Params, interval: Interval, u: &V, next: &mut V) {
        let LowStorage { a, b, c } = self.coefficients;
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
                return next.as_mut_slice().fill(T::lit(f64::NAN));
            }
            let registers = self.register.as_mut_slice().iter_mut().zip(self.slope.as_slice());
            for ((register, slope), next) in registers.zip(next.as_mut_slice()) {
                // The first stage keeps nothing, not even zero times an infinity of a step before.
                let kept = if j == 0 { T::ZERO } else { register.scale(a[j]) };
                *register = kept + slope.scale(interval.h);
                *next += register.scale(b[j]);
            }
        }
    }

    fn error(&self, _: Interval, _: &V, _: &V, _: &Tolerances) -> Option<f64> {
        None
    }

    fn component_error(&self, _: Interval, _: usize) -> Option<f64> {
        None
    }

    fn prepare_dense(&mut self, f: &F, p: &F::Params, interval: Interval, u: &V, next: &V) {
        if self.dense_is_ready {
            return;
        }
        let [start, end] = &mut **self.ends.get_or_insert_with(|| Box::new([u.zeros_like(), u.zeros_like()]));
        f.rhs(start, u, p, T::lit(interval.t));
        f.rhs(end, next, p, T::lit(interval.end));
        self.evaluations += 2;
        self.dense_is_ready = true;
    }

    fn interpolate(&self, interval: Interval, u: &V, next: &V, theta: f64, out: &mut V) {
        assign(out, u);
        for (i, out) in out.as_mut_slice().iter_mut().enumerate() {
            let [c1, c2, c3] = self.hermite(interval, u, next, i);
            *out += ((c3.scale(theta) + c2).scale(1.0 - theta) + c1).scale(theta);
        }
    }

    fn dense_coefficients(&self, interval: Interval, u: &V, next: &V, out: &mut Vec<T>) {
        for d in 0..3 {
            out.extend((0..u.as_slice().len()).map(|i| self.hermite::<T>(interval, u, next, i)[d]));
        }
    }

    fn accept(&mut self) {
        // The slope at the end of the step is that at the start of the next.
        if let (true, Some(ends)) = (self.dense_is_ready, &self.ends) {
            assign(&mut self.slope, &ends[1]);
            self.first_is_ready = true;
        }
        self.dense_is_ready = false;
    }

    fn restart(&mut self) {
        self.first_is_ready = false;
        self.dense_is_ready = false;
    }

    fn evaluations(&self) -> usize {
        self.evaluations
    }
}

impl<V, const N: usize> LowStorageStepper<V, N> {
    /// The cubic through both ends with their slopes, in the basis of [`dense`](crate::tableau::dense); NaN where a slope
    /// lacks the component.
    fn hermite<T: Real>(&self, interval: Interval, u: &V, next: &V, i: usize) -> [T; 3]
    where
        V: Vector<T>,
    {
        let rise = next.as_slice()[i] - u.as_slice()[i];
        let [start, end] = match &self.ends {
            Some(ends) => ends.each_ref().map(|slope| {
                slope.as_slice().get(i).map_or(T::lit(f64::NAN), |slope| slope.scale(interval.h))
            }),
            None => [rise, rise],
        };
        [rise, start - rise, rise.scale(2.0) - start - end]
    }
}
