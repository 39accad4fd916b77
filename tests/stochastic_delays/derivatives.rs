//! What `#[sde]` writes for a function with a history: halves, products and their transposes, against dual numbers.

use diffeq::prelude::*;
use diffeq::problem::Delayed;
use diffeq::problem::DelayedDiffusion;
use diffeq::problem::DelayedDiffusionJvp;
use diffeq::problem::DelayedDiffusionVjp;
use diffeq::problem::DelayedVjp;
use diffeq::problem::Lag;
use diffeq::problem::Past;
use diffeq::problem::PastCotangent;
use diffeq::problem::PastTangent;
use diffeq::problem::Stochastic;
use diffeq::space::Vector;
use diffeq::space::Workspace;

use crate::models::feedback;
use crate::models::feedback_in_the_middle;

type D = Dual<f64, 1>;

/// A past of two components that are quadratic in time.
#[derive(Clone, Copy)]
struct Quadratic<T>([[T; 3]; 2]);

impl<T: Real> Past<T, [T; 2]> for Quadratic<T> {
    type Place = T;
    fn find(&self, t: T) -> T {
        t
    }
    fn read(&self, t: &T, i: usize, order: usize) -> T {
        let [a, b, c] = self.0[i];
        match order {
            0 => a + b * *t + c * *t * *t,
            1 => b + c.scale(2.0) * *t,
            _ => c.scale(2.0),
        }
    }
    fn blank(&self) -> [T; 2] {
        [T::ZERO; 2]
    }
}

impl PastTangent<f64, [f64; 2]> for Quadratic<f64> {
    fn dot(&self, t: f64, i: usize, order: usize) -> f64 {
        self.read(&t, i, order)
    }
}

impl PastCotangent<f64, [f64; 2]> for Quadratic<f64> {
    fn take(&mut self, t: f64, i: usize, order: usize, bar: f64) {
        assert_eq!(order, 0, "nobody asks for slopes");
        for (power, coefficient) in self.0[i].iter_mut().enumerate() {
            *coefficient += bar * t.powi(power as i32);
        }
    }
}

const U: [f64; 2] = [0.7, -0.4];
const U_DOT: [f64; 2] = [0.3, 1.1];
const P: [f64; 3] = [0.8, 0.5, 0.3];
const P_DOT: [f64; 3] = [-0.6, 0.2, 0.9];
const T: f64 = 1.3;
const T_DOT: f64 = 0.4;
const PAST: Quadratic<f64> = Quadratic([[0.2, -0.5, 0.3], [1.1, 0.4, -0.2]]);
const PAST_DOT: Quadratic<f64> = Quadratic([[0.7, 0.1, -0.3], [-0.2, 0.6, 0.5]]);

fn dual(x: f64, x_dot: f64) -> D {
    Dual::new(x, [x_dot])
}

fn duals<const N: usize>(x: [f64; N], x_dot: [f64; N]) -> [D; N] {
    std::array::from_fn(|i| dual(x[i], x_dot[i]))
}

fn product(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// Sums of some ten products of numbers around one.
fn assert_close(found: f64, expected: f64, what: &str) {
    assert!((found - expected).abs() < 1e-13, "{what}: {found} and not {expected}");
}

fn assert_laws<M, G, H>(model: M)
where
    G: Vector<f64>,
    H: Vector<D>,
    M: Stochastic<Drift: DelayedVjp<f64>>
        + DelayedDiffusion<f64, State = [f64; 2], Params = [f64; 3], Noise = G>
        + DelayedDiffusion<D, State = [D; 2], Params = [D; 3], Noise = H>
        + DelayedDiffusionJvp<f64>
        + DelayedDiffusionVjp<f64>,
{
    // Both halves together are, to the bit, what they are one by one.
    let mut noise: G = DelayedDiffusion::<f64>::blank_noise(&model, &U);
    let (mut drift, mut alone, mut noise_alone) = ([0.0; 2], [0.0; 2], noise.clone());
    DelayedDiffusion::<f64>::drift_and_noise(&model, &mut drift, &mut noise, &U, &PAST, &P, T);
    model.drift().rhs(&mut alone, &U, &PAST, &P, T);
    DelayedDiffusion::<f64>::noise(&model, &mut noise_alone, &U, &PAST, &P, T);
    assert_eq!((drift, noise.as_slice()), (alone, noise_alone.as_slice()));

    // Over dual numbers, which know nothing of the compiler's derivatives.
    let (u, p, t) = (duals(U, U_DOT), duals(P, P_DOT), dual(T, T_DOT));
    let past = Quadratic([0, 1].map(|i| duals(PAST.0[i], PAST_DOT.0[i])));
    let (mut f, mut g): ([D; 2], H) = ([Dual::ZERO; 2], DelayedDiffusion::<D>::blank_noise(&model, &u));
    DelayedDiffusion::<D>::drift_and_noise(&model, &mut f, &mut g, &u, &past, &p, t);
    let tangents = |reals: &[D]| reals.iter().map(|x| x.tangents[0]).collect::<Vec<f64>>();
    let (f_dot, g_dot) = (tangents(&f), tangents(g.as_slice()));

    let mut noise_dot = noise.clone();
    model.noise_jvp(&mut noise, &mut noise_dot, &U, &U_DOT, &PAST, &PAST_DOT, &P, &P_DOT, T, T_DOT);
    assert_eq!(noise.as_slice(), noise_alone.as_slice());
    for (found, expected) in noise_dot.as_slice().iter().zip(&g_dot) {
        assert_close(*found, *expected, "a tangent");
    }

    // By the present state alone.
    let resting = Quadratic([0, 1].map(|i| duals(PAST.0[i], [0.0; 3])));
    let mut by_state: H = DelayedDiffusion::<D>::blank_noise(&model, &u);
    DelayedDiffusion::<D>::noise(&model, &mut by_state, &u, &resting, &duals(P, [0.0; 3]), dual(T, 0.0));
    model.noise_state_jvp(&mut noise_dot, &PAST, &U, &U_DOT, &P, T);
    for (found, expected) in noise_dot.as_slice().iter().zip(tangents(by_state.as_slice())) {
        assert_close(*found, expected, "a tangent by the state");
    }

    // What goes back is the transpose of what goes forwards.
    let f_bar = [0.9, -0.7];
    let g_bar: Vec<f64> = (0..g_dot.len()).map(|i| 0.5 - 0.4 * i as f64).collect();
    let back = |f_bar: [f64; 2], g_bar: &[f64], both: bool| {
        let (mut f_bar, mut noise_bar) = (f_bar, noise.zeros_like());
        noise_bar.as_mut_slice().copy_from_slice(g_bar);
        let (mut u_bar, mut p_bar, mut t_bar) = ([0.0; 2], [0.0; 3], 0.0);
        let (mut past_bar, mut work) = (Quadratic([[0.0; 3]; 2]), Workspace::new());
        let bars = (&mut u_bar, &mut p_bar, &mut t_bar);
        if both {
            model.drift_and_noise_vjp(
                &mut f_bar,
                &mut noise_bar,
                &U,
                &PAST,
                &mut past_bar,
                &P,
                T,
                bars.0,
                bars.1,
                bars.2,
                &mut work,
            );
        } else {
            model.noise_vjp(
                &mut noise_bar,
                &U,
                &PAST,
                &mut past_bar,
                &P,
                T,
                bars.0,
                bars.1,
                bars.2,
                &mut work,
            );
        }
        product(&u_bar, &U_DOT)
            + product(&p_bar, &P_DOT)
            + t_bar * T_DOT
            + (0..2).map(|i| product(&past_bar.0[i], &PAST_DOT.0[i])).sum::<f64>()
    };
    assert_close(back([0.0; 2], &g_bar, false), product(&g_bar, &g_dot), "the noise backwards");
    assert_close(
        back(f_bar, &g_bar, true),
        product(&f_bar, &f_dot) + product(&g_bar, &g_dot),
        "both backwards",
    );
}

#[test]
fn derivatives_are_those_of_dual_numbers() {
    assert_laws(feedback);
    assert_laws(feedback_in_the_middle);
}

/// The drift names the lookups of both halves: the longest lag is the noise's here.
#[test]
fn lags_are_those_of_both_halves() {
    #[sde]
    fn of_the_noise(u: f64, h: &impl History<f64>, t: f64) -> (f64, f64) {
        (-u, h(t - 2.0) + h(0.5 * t))
    }
    fn lags<M: Stochastic<Drift: Delayed<f64>>>(_: M) -> &'static [Lag] {
        <M::Drift as Delayed<f64>>::LAGS
    }
    let lags = lags(of_the_noise);
    assert_eq!(lags.iter().map(|lag| lag.kind.is_fixed()).collect::<Vec<_>>(), [true, false]);
}
