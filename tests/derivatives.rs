//! Every derivative of every construct of the language: the laws that hold for all of them.
//!
//! A case is a model and a point; the laws are the same for all: `eval` writes what `rhs` writes, the Jacobian-vector
//! product is what dual numbers compute, the vector-Jacobian product is its transpose, the sparse Jacobian has its
//! columns, and its pattern has every entry that is not zero.

use diffeq::prelude::*;
use diffeq::problem::Jacobian;
use diffeq::problem::Pattern;
use diffeq::problem::Rhs;
use diffeq::problem::SparseJacobian;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::space::Vector;
use diffeq::space::Workspace;

type D = Dual<f64, 1>;

/// Both sides do the same few dozen operations in another order: some hundred roundings of terms of size one to ten.
const TOLERANCE: f64 = 1e-12;

fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= TOLERANCE * scale.max(1.0)
}

/// A direction without structure, the same in every run.
fn direction(n: usize, seed: f64) -> Vec<f64> {
    (0..n).map(|i| (1.7 * i as f64 + seed).sin()).collect()
}

fn filled<V: Vector<f64>>(like: &V, values: &[f64]) -> V {
    let mut v = like.zeros_like();
    v.as_mut_slice().copy_from_slice(values);
    v
}

fn lifted<V: Vector<f64>, W: Vector<D>>(blank: &W, v: &V, dot: &[f64]) -> W {
    let mut w = blank.clone();
    for ((x, y), d) in w.as_mut_slice().iter_mut().zip(v.as_slice()).zip(dot) {
        *x = D::new(*y, [*d]);
    }
    w
}

fn check<F, S, P, SD, PD>(model: F, u: S, p: P, t: f64, dual_state: SD, dual_params: PD)
where
    F: Jacobian<f64> + Vjp<f64> + Rhs<f64, State = S, Params = P> + Rhs<D, State = SD, Params = PD>,
    S: Vector<f64>,
    P: Vector<f64>,
    SD: Vector<D>,
    PD: Vector<D>,
{
    let (n, m) = (u.as_slice().len(), p.as_slice().len());
    let mut work = Workspace::new();

    // out of place and in place
    let mut du = filled(&u, &vec![f64::NAN; n]);
    model.rhs(&mut du, &u, &p, t);
    let by_value = Rhs::<f64>::eval(&model, &u, &p, t);
    for (a, b) in du.as_slice().iter().zip(by_value.as_slice()) {
        assert_eq!(a.to_bits(), b.to_bits(), "rhs and eval differ");
    }
    let scale = du.as_slice().iter().fold(1.0_f64, |s, x| s.max(x.abs()));

    // forward mode against dual numbers
    let (u_dot, p_dot, t_dot) = (direction(n, 0.3), direction(m, 1.1), 0.7);
    let mut du_dot = filled(&u, &vec![f64::NAN; n]);
    let mut value = filled(&u, &vec![f64::NAN; n]);
    model.jvp(&mut value, &mut du_dot, &u, &filled(&u, &u_dot), &p, &filled(&p, &p_dot), t, t_dot);
    let mut dual = dual_state.clone();
    model.rhs(
        &mut dual,
        &lifted(&dual_state, &u, &u_dot),
        &lifted(&dual_params, &p, &p_dot),
        D::new(t, [t_dot]),
    );
    let slope = du_dot.as_slice().iter().fold(scale, |s, x| s.max(x.abs()));
    for i in 0..n {
        assert!(close(value.as_slice()[i], du.as_slice()[i], scale), "jvp's value {i}");
        let (a, b) = (du_dot.as_slice()[i], dual.as_slice()[i].tangents[0]);
        assert!(close(a, b, slope), "jvp {i}: {a} but dual numbers {b}");
    }

    // reverse mode is the transpose, and adds to what is there
    let w = direction(n, 2.9);
    let (mut u_bar, mut p_bar, mut t_bar) = (filled(&u, &vec![1.0; n]), filled(&p, &vec![2.0; m]), 3.0);
    model.vjp(&mut filled(&u, &w), &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let forward = dot(&w, du_dot.as_slice());
    let minus = |v: &[f64], c: f64| v.iter().map(|x| x - c).collect::<Vec<_>>();
    let reverse = dot(&minus(u_bar.as_slice(), 1.0), &u_dot)
        + dot(&minus(p_bar.as_slice(), 2.0), &p_dot)
        + (t_bar - 3.0) * t_dot;
    assert!(close(forward, reverse, slope * n as f64), "<w, J v> = {forward} but <J^T w, v> = {reverse}");

    // the Jacobian's columns, and a pattern that holds every entry
    let mut jacobian = SparseJacobian::new(&model, &u, &p);
    jacobian.evaluate(&model, &u, &p, t);
    let pattern = Pattern::of(&model, n, m);
    for column in 0..n {
        let mut unit = vec![0.0; n];
        unit[column] = 1.0;
        let (zero_p, mut entries) = (vec![0.0; m], u.zeros_like());
        model.jvp(&mut value, &mut entries, &u, &filled(&u, &unit), &p, &filled(&p, &zero_p), t, 0.0);
        for (row, entry) in entries.as_slice().iter().enumerate() {
            assert!(
                *entry == 0.0 || pattern.contains(row, column),
                "({row}, {column}) is not in the pattern"
            );
            assert!(close(*entry, jacobian.get(row, column), slope), "Jacobian ({row}, {column})");
        }
    }
    let mut df_dt = filled(&u, &vec![f64::NAN; n]);
    model.time_gradient(&mut df_dt, &u, &p, t);
    let (zero_u, zero_p, mut by_time) = (u.zeros_like(), p.zeros_like(), u.zeros_like());
    model.jvp(&mut value, &mut by_time, &u, &zero_u, &p, &zero_p, t, 1.0);
    for (a, b) in df_dt.as_slice().iter().zip(by_time.as_slice()) {
        assert!(close(*a, *b, slope), "time gradient {a} but {b}");
    }
}

macro_rules! laws {
    ($($name:ident: $model:expr, $u:expr, $p:expr, $t:expr, $ud:expr, $pd:expr;)+) => { $(
        #[test]
        fn $name() {
            check($model, $u, $p, $t, $ud, $pd);
        }
    )+ };
}

const Z: D = D::constant(0.0);

laws! {
    straight_line: lotka_volterra, [1.3, 0.7], [1.5, 1.0, 3.0, 1.0], 0.0, [Z; 2], [Z; 4];
    elementary_functions: elementary, [0.3, 0.6], [0.8], 0.4, [Z; 2], [Z; 1];
    dense_layer: layer, [0.3, -0.2, 0.9], [[0.1, 0.7, -0.4], [1.1, 0.2, 0.5], [-0.6, 0.3, 0.8]], 0.0, [Z; 3], [[Z; 3]; 3];
    stencil: heat::<7>, [0.1, 0.5, 0.9, 0.2, -0.3, 0.4, 0.0], [0.7], 0.0, [Z; 7], [Z; 1];
    recurrence: product, [0.6, 0.2, 0.4], [0.3, -0.5, 0.2], 0.0, [Z; 3], [Z; 3];
    slices: chain, vec![0.3, 0.8, -0.4, 0.1], vec![1.2, 0.4], 0.0, vec![Z; 4], vec![Z; 2];
    branch_left: switch, [0.6], [0.5, 1.4], 0.2, [Z; 1], [Z; 2];
    branch_right: switch, [0.6], [0.5, 1.4], 0.9, [Z; 1], [Z; 2];
    branch_in_loop: rectifiers, [0.6, -0.7, 0.2], [1.2, 0.8, -0.9], 0.0, [Z; 3], [Z; 3];
    early_return_taken: gate, [-0.5], [1.2], 0.0, [Z; 1], [Z; 1];
    early_return_passed: gate, [0.5], [1.2], 0.0, [Z; 1], [Z; 1];
    helpers: gene, [0.8, 0.3], [1.5, 0.6], 0.0, [Z; 2], [Z; 2];
    overwriting: twice, [0.8, 1.3], [0.7], 0.0, [Z; 2], [Z; 1];
    newton_in_a_while: kepler, [0.4], [0.3], 1.1, [Z; 1], [Z; 1];
    nested_arrays: grid, [[0.1, 0.4], [0.7, 0.2], [0.3, 0.9]], [0.5], 0.0, [[Z; 2]; 3], [Z; 1];
    scalar: logistic, 0.3, [1.1, 2.0], 0.0, Z, [Z; 2];
    counter_kept_by_the_reverse: counter, [0.7, 1.2], [0.9], 0.0, [Z; 2], [Z; 1];
    update_in_place_behind_a_slice: update_of_a_slice, vec![0.4, 0.9], vec![1.3], 0.0, vec![Z; 2], vec![Z; 1];
    iterators: sums, [0.4, 0.9, -0.3], [1.0, 0.5, 0.2], 0.3, [Z; 3], [Z; 3];
}

#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

#[ode]
fn elementary(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1], t: f64) {
    let [x, y] = *u;
    let a = (x.sin() + y.cos() * t).exp() + (x + 2.0).ln().sqrt() + x.tan();
    let b = x.atan2(y) + x.hypot(y) + (x * y).tanh() + y.powi(3) + (y + 1.0).powf(p[0]) + x.asinh();
    let c = x.max(y) + x.min(p[0]) + (x - y).abs() + x.clamp(0.0, 0.5) + x.mul_add(y, t) + x.recip();
    let (s, co) = (x * t).sin_cos();
    du[0] = a + c * s + x.asin() + y.acos() + (1.0 + x).acosh() + x.atanh() + x.atan();
    du[1] = b - co / (1.0 + x.cbrt())
        + x.sinh() * y.cosh()
        + x.exp_m1()
        + y.ln_1p()
        + x.exp2()
        + y.log10()
        + y.log2();
}

#[ode]
fn layer(du: &mut [f64; 3], u: &[f64; 3], p: &[[f64; 3]; 3]) {
    for i in 0..3 {
        let mut sum = 0.0;
        for j in 0..3 {
            sum += p[i][j] * u[j];
        }
        du[i] = sum.tanh();
    }
}

#[ode]
fn heat<const N: usize>(du: &mut [f64; N], u: &[f64; N], p: &[f64; 1], _t: f64) {
    du[0] = 0.0;
    for i in 1..N - 1 {
        du[i] = p[0] * (u[i - 1] - 2.0 * u[i] + u[i + 1]) + u[i] * u[i];
    }
    du[N - 1] = 0.0;
}

#[ode]
fn product(u: [f64; 3], p: [f64; 3]) -> [f64; 3] {
    let mut x = u[0];
    let mut y = u[1];
    for i in 0..3 {
        let z = x * y;
        x = x * x + p[i];
        y = z.sin() + y;
    }
    [x, y, u[2]]
}

#[ode]
fn chain(du: &mut [f64], u: &[f64], p: &[f64], _t: f64) {
    let n = u.len();
    for i in 0..n {
        let mut x = u[i];
        for _ in 0..2 {
            x = (p[0] * x).sin() + p[1];
        }
        du[i] = x;
    }
}

#[ode]
fn switch(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 2], t: f64) {
    if t < p[0] {
        du[0] = p[1] - u[0];
    } else {
        du[0] = -u[0] * u[0];
    }
}

#[ode]
fn rectifiers(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3]) {
    for i in 0..3 {
        let x = p[i] * u[i];
        du[i] = if x > 0.0 { x * x } else { x.exp() };
    }
}

#[ode]
fn gate(u: [f64; 1], p: [f64; 1]) -> [f64; 1] {
    if u[0] < 0.0 {
        return [0.0];
    }
    [p[0] * u[0]]
}

#[differentiable]
fn hill(x: f64, k: f64, n: i32) -> f64 {
    let xn = x.powi(n);
    xn / (k.powi(n) + xn)
}

#[ode]
fn gene(u: [f64; 2], p: [f64; 2]) -> [f64; 2] {
    let mut total = 0.0;
    for i in 0..2 {
        total += hill(u[i], p[1], 3);
    }
    [p[0] * hill(u[0], p[1], 2) - u[0], total]
}

#[ode]
fn twice(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1]) {
    du[0] = u[0];
    du[1] = u[1];
    for i in 0..2 {
        du[i] *= p[0] * du[i];
    }
}

#[ode]
fn kepler(u: [f64; 1], p: [f64; 1], t: f64) -> [f64; 1] {
    let mut e = t;
    let mut k = 0;
    while k < 20 && (e - p[0] * e.sin() - t).abs() > 1e-14 {
        e -= (e - p[0] * e.sin() - t) / (1.0 - p[0] * e.cos());
        k += 1;
    }
    [u[0] * e]
}

#[ode]
fn grid(du: &mut [[f64; 2]; 3], u: &[[f64; 2]; 3], p: &[f64; 1]) {
    for i in 0..3 {
        for j in 0..2 {
            let right = if j + 1 < 2 { u[i][j + 1] } else { 0.0 };
            du[i][j] = p[0] * (right - u[i][j]) * u[i][j];
        }
    }
}

#[ode]
fn logistic(u: f64, p: [f64; 2]) -> f64 {
    p[0] * u * (1.0 - u / p[1])
}

#[ode]
fn sums(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
    let energy: f64 = u.iter().map(|x| x * x).sum();
    let mut longest = 0.0;
    for (a, b) in u.iter().zip(p.iter()) {
        longest += a * b * t;
    }
    for (i, d) in du.iter_mut().enumerate() {
        *d = energy * u[i] - longest;
    }
}

#[ode]
fn counter(u: [f64; 2], p: [f64; 1]) -> [f64; 2] {
    let mut x = p[0];
    let mut i = 0;
    while i < 3 && x < 2.5 {
        x = (u[i % 2] * x).sin();
        i += 1;
    }
    [x, x * i as f64]
}

#[ode]
fn update_of_a_slice(du: &mut [f64], u: &[f64], p: &[f64], _t: f64) {
    for i in 0..u.len() {
        du[i] = p[0] * u[i];
    }
    for i in 0..2 {
        du[i] += 0.5 * du[0] * u[1 - i];
        du[1 - i] -= du[i] * u[i];
    }
}
