//! The laws that hold for every stochastic equation: its two halves are those of the function as it was written, their
//! derivatives are exact, and its noise is of the class that it claims.

use diffeq_runtime::problem::Diffusion;
use diffeq_runtime::problem::DiffusionJvp;
use diffeq_runtime::problem::DiffusionSparsity;
use diffeq_runtime::problem::DiffusionVjp;
use diffeq_runtime::problem::Jacobian;
use diffeq_runtime::problem::Mark;
use diffeq_runtime::problem::Model;
use diffeq_runtime::problem::NoiseClass;
use diffeq_runtime::problem::NoiseShape;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::Sparsity;
use diffeq_runtime::problem::Stochastic;
use diffeq_runtime::problem::System;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;

use crate::laws::D;
use crate::laws::direction;
use crate::laws::filled;
use crate::laws::lifted;
use crate::laws::same_bits as exact_bits;

/// Both sides do the same few dozen operations in another order: some hundred roundings of terms of size one to ten.
const TOLERANCE: f64 = 1e-12;

/// What is asked of a model here.
pub trait Complete:
    DiffusionJvp<f64>
    + DiffusionVjp<f64>
    + Diffusion<D>
    + DiffusionSparsity
    + Stochastic<
        Drift: Jacobian<f64>
                   + Vjp<f64>
                   + Sparsity
                   + Rhs<f64, State = <Self as System<f64>>::State, Params = <Self as System<f64>>::Params>
                   + Rhs<D, State = <Self as System<D>>::State, Params = <Self as System<D>>::Params>,
    >
{
}

impl<M> Complete for M where
    M: DiffusionJvp<f64>
        + DiffusionVjp<f64>
        + Diffusion<D>
        + DiffusionSparsity
        + Stochastic<
            Drift: Jacobian<f64>
                       + Vjp<f64>
                       + Sparsity
                       + Rhs<f64, State = <M as System<f64>>::State, Params = <M as System<f64>>::Params>
                       + Rhs<D, State = <M as System<D>>::State, Params = <M as System<D>>::Params>,
        >
{
}

fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= TOLERANCE * scale.max(1.0)
}

fn largest(values: &[f64]) -> f64 {
    values.iter().fold(1.0, |most, x| most.max(x.abs()))
}

fn same_bits(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        // a zero's sign is left open by Rust's own `max` and `min`
        assert!(a == b || (a.is_nan() && b.is_nan()), "{what} {i}: {a} but {b}");
    }
}

/// Holds a model to the laws at a point; the last two arguments are any state and parameters of dual numbers. Gives the name
/// of the class.
///
/// # Panics
/// Where a law is broken.
pub fn check<M: Complete>(
    model: M,
    u: <M as System<f64>>::State,
    p: <M as System<f64>>::Params,
    t: f64,
    dual_state: <M as System<D>>::State,
    dual_params: <M as System<D>>::Params,
) -> &'static str {
    crate::laws::check(model.drift(), u.clone(), p.clone(), t, dual_state.clone(), dual_params.clone());
    check_noise(&model, &u, &p, t, &dual_state, &dual_params)
}

/// As [`check`], but for the drift's own derivatives.
///
/// # Panics
/// Where a law is broken.
pub fn check_noise<M: Complete>(
    model: &M,
    u: &<M as System<f64>>::State,
    p: &<M as System<f64>>::Params,
    t: f64,
    dual_state: &<M as System<D>>::State,
    dual_params: &<M as System<D>>::Params,
) -> &'static str {
    values(model, u, p, t);
    forward(model, u, p, t, dual_state, dual_params);
    reverse(model, u, p, t);
    kept(model, u, p, t);
    class(model, u, p, t);
    <M as Stochastic>::Class::NAME
}

/// What both halves, or the noise alone, keep for their derivatives changes nothing, to the bit.
fn kept<M: Complete>(model: &M, u: &State<M>, p: &Params<M>, t: f64) {
    if !<M as Diffusion<f64>>::KEEPS {
        return;
    }
    let n = u.as_slice().len();
    let (mut du, mut noise) = (u.zeros_like(), nan(model, u));
    let both = |du: &State<M>, noise: &Noise<M>| [du.as_slice(), noise.as_slice()].concat();
    model.drift_and_noise(&mut du, &mut noise, u, p, t);
    let expected = both(&du, &noise);
    let mut of_both = vec![f64::NAN; Diffusion::<f64>::both_kept_len(model, u)];
    model.drift_and_noise_keeping(&mut du, &mut noise, u, p, t, &mut of_both);
    exact_bits(&both(&du, &noise), &expected, "both that keep");
    let mut of_noise = vec![f64::NAN; Diffusion::<f64>::noise_kept_len(model, u)];
    model.noise_keeping(&mut noise, u, p, t, &mut of_noise);
    exact_bits(noise.as_slice(), &expected[n..], "the noise that keeps");
    let mut work = Workspace::new();
    let mut pull = |kept: Option<[&[f64]; 2]>| {
        let (mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), 0.0);
        for joint in [true, false] {
            let (mut du_bar, mut noise_bar) = (filled(u, &direction(n, 2.9)), nan(model, u));
            let m = noise_bar.as_slice().len();
            noise_bar.as_mut_slice().copy_from_slice(&direction(m, 0.8));
            let (to, w) = ((&mut u_bar, &mut p_bar, &mut t_bar), &mut noise_bar);
            match (kept, joint) {
                (Some([kept, _]), true) => {
                    let du_bar = &mut du_bar;
                    model.drift_and_noise_vjp_of_kept(kept, du_bar, w, u, p, t, to.0, to.1, to.2, &mut work);
                }
                (None, true) => {
                    model.drift_and_noise_vjp(&mut du_bar, w, u, p, t, to.0, to.1, to.2, &mut work);
                }
                (Some([_, kept]), false) => {
                    model.noise_vjp_of_kept(kept, w, u, p, t, to.0, to.1, to.2, &mut work);
                }
                (None, false) => model.noise_vjp(w, u, p, t, to.0, to.1, to.2, &mut work),
            }
        }
        [u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat()
    };
    let expected = pull(None);
    exact_bits(&pull(Some([&of_both, &of_noise])), &expected, "the VJPs of what is kept");
    exact_bits(&pull(Some([&[], &[]])), &expected, "the VJPs of nothing that is kept");
}

type State<M> = <M as System<f64>>::State;
type Params<M> = <M as System<f64>>::Params;
type Noise<M> = <M as Diffusion<f64>>::Noise;

fn nan<M: Complete>(model: &M, u: &State<M>) -> Noise<M> {
    let mut noise = Diffusion::<f64>::blank_noise(model, u);
    noise.as_mut_slice().fill(f64::NAN);
    noise
}

fn noise_at<M: Complete>(model: &M, u: &State<M>, p: &Params<M>, t: f64) -> Noise<M> {
    let mut noise = nan(model, u);
    Diffusion::<f64>::noise(model, &mut noise, u, p, t);
    noise
}

/// Both at once are the two one by one, and what rustc makes of the function as it was written.
fn values<M: Complete>(model: &M, u: &State<M>, p: &Params<M>, t: f64) {
    let n = u.as_slice().len();
    let noise = noise_at(model, u, p, t);
    let (mut du, mut beside) = (filled(u, &vec![f64::NAN; n]), nan(model, u));
    model.drift_and_noise(&mut du, &mut beside, u, p, t);
    same_bits(beside.as_slice(), noise.as_slice(), "noise");
    let drift: State<M> = Rhs::<f64>::eval(&model.drift(), u, p, t);
    same_bits(du.as_slice(), drift.as_slice(), "drift");
    if M::WRITTEN {
        let both = [du.as_slice(), noise.as_slice()].concat();
        let (mut written, mut compiled) = (vec![f64::NAN; both.len()], vec![f64::NAN; both.len()]);
        M::written(&mut written, u.as_slice(), p.as_slice(), t);
        M::compiled(&mut compiled, u.as_slice(), p.as_slice(), t);
        same_bits(&compiled, &both, "compiled");
        same_bits(&both, &written, "as written");
        let mut alone = vec![f64::NAN; n];
        <M::Drift as Model>::written(&mut alone, u.as_slice(), p.as_slice(), t);
        same_bits(du.as_slice(), &alone, "drift as written");
    }
}

/// Jacobian-vector products are what dual numbers compute.
fn forward<M: Complete>(
    model: &M,
    u: &State<M>,
    p: &Params<M>,
    t: f64,
    dual_state: &<M as System<D>>::State,
    dual_params: &<M as System<D>>::Params,
) {
    let (n, m) = (u.as_slice().len(), p.as_slice().len());
    let (u_dot, p_dot, t_dot) = (direction(n, 0.3), direction(m, 1.1), 0.7);
    let noise = noise_at(model, u, p, t);
    for (p_dot, t_dot, whole) in [(p_dot, t_dot, true), (vec![0.0; m], 0.0, false)] {
        let mut dual = Diffusion::<D>::blank_noise(model, dual_state);
        let (ud, pd) = (lifted(dual_state, u, &u_dot), lifted(dual_params, p, &p_dot));
        Diffusion::<D>::noise(model, &mut dual, &ud, &pd, D::new(t, [t_dot]));
        let (mut value, mut slope) = (nan(model, u), nan(model, u));
        let along = filled(u, &u_dot);
        if whole {
            model.noise_jvp(&mut value, &mut slope, u, &along, p, &filled(p, &p_dot), t, t_dot);
        } else {
            value = noise.clone();
            model.noise_state_jvp(&mut slope, u, &along, p, t);
        }
        let scale = largest(slope.as_slice());
        for (i, dual) in dual.as_slice().iter().enumerate() {
            let (a, b) = (slope.as_slice()[i], dual.tangents[0]);
            assert!(close(a, b, scale), "derivative of noise {i}: {a} but dual numbers {b}");
            let (a, b) = (value.as_slice()[i], noise.as_slice()[i]);
            assert!(close(a, b, scale), "value {i} beside the derivative of the noise: {a} but {b}");
        }
    }
}

/// Vector-Jacobian products are the transpose, and add to what is there; those of both halves are the sum of the two.
fn reverse<M: Complete>(model: &M, u: &State<M>, p: &Params<M>, t: f64) {
    let (n, m) = (u.as_slice().len(), p.as_slice().len());
    let mut work = Workspace::new();
    let (u_dot, p_dot, t_dot) = (direction(n, 0.3), direction(m, 1.1), 0.7);
    let (mut value, mut slope) = (nan(model, u), nan(model, u));
    model.noise_jvp(&mut value, &mut slope, u, &filled(u, &u_dot), p, &filled(p, &p_dot), t, t_dot);
    let w = direction(slope.as_slice().len(), 2.9);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();

    let ones = || (filled(u, &vec![1.0; n]), filled(p, &vec![2.0; m]), 3.0);
    let (mut u_bar, mut p_bar, mut t_bar) = ones();
    let seed = filled(&value, &w);
    model.noise_vjp(&mut seed.clone(), u, p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    let minus = |v: &[f64], c: f64| v.iter().map(|x| x - c).collect::<Vec<_>>();
    let reverse = dot(&minus(u_bar.as_slice(), 1.0), &u_dot)
        + dot(&minus(p_bar.as_slice(), 2.0), &p_dot)
        + (t_bar - 3.0) * t_dot;
    let (forward, scale) = (dot(&w, slope.as_slice()), largest(slope.as_slice()) * w.len() as f64);
    assert!(close(forward, reverse, scale), "<w, J v> = {forward} but <J^T w, v> = {reverse}");

    let drift_seed = filled(u, &direction(n, 0.9));
    let (mut u_both, mut p_both, mut t_both) = ones();
    model.drift_and_noise_vjp(
        &mut drift_seed.clone(),
        &mut seed.clone(),
        u,
        p,
        t,
        &mut u_both,
        &mut p_both,
        &mut t_both,
        &mut work,
    );
    model.drift().vjp(&mut drift_seed.clone(), u, p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    let both = [u_both.as_slice(), p_both.as_slice(), &[t_both]].concat();
    let sum = [u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat();
    let scale = largest(&sum);
    for (i, (both, sum)) in both.iter().zip(&sum).enumerate() {
        assert!(close(*both, *sum, scale), "cotangent {i} of both halves: {both} but {sum} one by one");
    }
}

/// The derivative of the noise by the state along each unit vector, column by column.
fn columns<M: Complete>(model: &M, u: &State<M>, p: &Params<M>, t: f64) -> Vec<Noise<M>> {
    let n = u.as_slice().len();
    let column = |k: usize| {
        let mut unit = vec![0.0; n];
        unit[k] = 1.0;
        let mut slope = nan(model, u);
        model.noise_state_jvp(&mut slope, u, &filled(u, &unit), p, t);
        slope
    };
    (0..n).map(column).collect()
}

/// Exact derivatives do not contradict what the class promises, and lie in the pattern of dependencies.
fn class<M: Complete>(model: &M, u: &State<M>, p: &Params<M>, t: f64) {
    type Shape<M> = <M as Diffusion<f64>>::Shape;
    let n = u.as_slice().len();
    let noise = noise_at(model, u, p, t);
    let processes = <Shape<M> as NoiseShape<f64, _, _>>::processes(&noise);
    let slopes = columns(model, u, p, t);
    let name = M::Class::NAME;
    let by_state = slopes.iter().flat_map(|column| column.as_slice()).any(|x| *x != 0.0);
    assert!(name != "additive" || !by_state, "additive noise that depends on the state");
    assert!(name != "scalar" || processes == 1, "scalar noise of {processes} processes");
    if name == "diagonal" {
        for (k, column) in slopes.iter().enumerate() {
            for (i, slope) in column.as_slice().iter().enumerate() {
                assert!(i == k || *slope == 0.0, "noise {i} of a diagonal class depends on component {k}");
            }
        }
    }
    // L^a g_b, the derivative of column b along column a
    let along = |a: usize, b: usize| {
        let mut direction = u.zeros_like();
        <Shape<M> as NoiseShape<f64, _, _>>::add_column(&noise, a, 1.0, &mut direction);
        let (mut slope, mut column) = (nan(model, u), u.zeros_like());
        model.noise_state_jvp(&mut slope, u, &direction, p, t);
        <Shape<M> as NoiseShape<f64, _, _>>::add_column(&slope, b, 1.0, &mut column);
        column
    };
    if ["diagonal", "commutative", "additive"].contains(&name) {
        for (a, b) in (0..processes).flat_map(|a| (0..a).map(move |b| (a, b))) {
            let (one, other) = (along(a, b), along(b, a));
            let scale = largest(one.as_slice());
            for (i, (x, y)) in one.as_slice().iter().zip(other.as_slice()).enumerate() {
                assert!(
                    close(*x, *y, scale),
                    "processes {a} and {b} do not commute in component {i}: {x} and {y}"
                );
            }
        }
    }
    let (mut state, params) = Sparsity::blank(&model.drift(), n, p.as_slice().len());
    let (mut pattern, count) = (Diffusion::<Mark>::blank_noise(model, &state), n.min(64));
    for (k, mark) in state.as_mut_slice().iter_mut().enumerate().take(count) {
        *mark = Mark(1 << k);
    }
    model.noise_dependencies(&mut pattern, &state, &params, Mark(0));
    for (k, column) in slopes.iter().enumerate().take(count) {
        for (i, (slope, mark)) in column.as_slice().iter().zip(pattern.as_slice()).enumerate() {
            assert!(*slope == 0.0 || mark.0 & (1 << k) != 0, "noise {i} by {k} is not in the pattern");
        }
    }
}
