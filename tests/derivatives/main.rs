//! Every derivative of every construct of the language: the laws that hold for all of them.
//!
//! A case is a model and a point; the laws are the same for all: see `testkit::laws`.

mod ends;

use diffeq::prelude::*;
use diffeq::problem::Jacobian;
use diffeq::problem::Jvp;
use diffeq::problem::Rhs;
use diffeq::problem::Vjp;
use diffeq::space::Vector;
use diffeq::space::Workspace;
use testkit::laws::D;
use testkit::laws::check;

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
    stencil_in_two_dimensions: reaction_diffusion::<4>, wave(), [0.7, 1.3, 0.2], 0.0, [[[Z; 4]; 4]; 2], [Z; 3];
    ring_of_one: ring::<1>, [0.6], [0.7, 1.3], 0.0, [Z; 1], [Z; 2];
    ring_of_two: ring::<2>, wave(), [0.7, 1.3], 0.0, [Z; 2], [Z; 2];
    ring_of_six: ring::<6>, wave(), [0.7, 1.3], 0.0, [Z; 6], [Z; 2];
    ring_of_any_length: ring_in_a_slice, vec![0.6, 0.2, -0.5, 0.9], vec![0.7, 1.3], 0.0, vec![Z; 4], vec![Z; 2];
    ends_that_do_not_move: clamped, wave(), [0.7, 1.3], 0.0, [Z; 8], [Z; 2];
    sums_over_nested_loops: far_field, wave(), [0.4, 0.9], 0.3, [[Z; 9]; 3], [Z; 2];
    prefix_sum_inside_a_sum: prefix, wave(), wave(), 0.0, [Z; 8], [Z; 8];
    guard_before_a_boundary: guarded::<5>, wave(), [0.7, 1.3], 0.0, [Z; 5], [Z; 2];
    sums_of_one_name_with_an_item: far_rate, wave(), wave(), 0.0, [Z; 8], [Z; 8];
    condition_of_a_helper: gated, [0.8, 1.3], [0.7], 0.0, [Z; 2], [Z; 1];
    recurrence: product, [0.6, 0.2, 0.4], [0.3, -0.5, 0.2], 0.0, [Z; 3], [Z; 3];
    slices: chain, vec![0.3, 0.8, -0.4, 0.1], vec![1.2, 0.4], 0.0, vec![Z; 4], vec![Z; 2];
    branch_left: switch, [0.6], [0.5, 1.4], 0.2, [Z; 1], [Z; 2];
    branch_right: switch, [0.6], [0.5, 1.4], 0.9, [Z; 1], [Z; 2];
    branch_in_loop: rectifiers, [0.6, -0.7, 0.2], [1.2, 0.8, -0.9], 0.0, [Z; 3], [Z; 3];
    early_return_taken: gate, [-0.5], [1.2], 0.0, [Z; 1], [Z; 1];
    early_return_passed: gate, [0.5], [1.2], 0.0, [Z; 1], [Z; 1];
    helpers: gene, [0.8, 0.3], [1.5, 0.6], 0.0, [Z; 2], [Z; 2];
    one_array_given_twice: aligned, [0.8, 1.3], [0.7, -0.2], 0.0, [Z; 2], [Z; 2];
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

/// Numbers that differ, in any shape.
fn wave<V: Vector<f64> + Default>() -> V {
    let mut v = V::default();
    v.as_mut_slice().iter_mut().enumerate().for_each(|(i, x)| *x = (0.7 * i as f64 + 0.2).sin());
    v
}

#[ode]
fn reaction_diffusion<const N: usize>(du: &mut [[[f64; N]; N]; 2], u: &[[[f64; N]; N]; 2], p: &[f64; 3]) {
    let [rate, feed, spread] = *p;
    for i in 0..N {
        let down: usize = if i == 0 { 1 } else { i - 1 };
        let up: usize = if i == N - 1 { N - 2 } else { i + 1 };
        for j in 0..N {
            let left: usize = if j == 0 { 1 } else { j - 1 };
            let right: usize = if j == N - 1 { N - 2 } else { j + 1 };
            let (x, y) = (u[0][i][j], u[1][i][j]);
            let around_x = u[0][down][j] + u[0][up][j] + u[0][i][left] + u[0][i][right];
            let around_y = u[1][down][j] + u[1][up][j] + u[1][i][left] + u[1][i][right];
            du[0][i][j] = feed + x * x * y - rate * x + spread * (around_x - 4.0 * x);
            du[1][i][j] = rate * x - x * x * y + spread * (around_y - 4.0 * y);
        }
    }
}

#[ode]
fn ring<const N: usize>(du: &mut [f64; N], u: &[f64; N], p: &[f64; 2], _t: f64) {
    for i in 0..N {
        let left: usize = if i > 0 { i - 1 } else { N - 1 };
        let right: usize = if i + 1 < N { i + 1 } else { 0 };
        du[i] = p[0] * (u[left] - 2.0 * u[i] + u[right]) + p[1] * u[left] * u[right];
    }
}

#[ode]
fn ring_in_a_slice(du: &mut [f64], u: &[f64], p: &[f64]) {
    let n = u.len();
    for i in 0..n {
        let left = if 0 == i { n - 1 } else { i - 1 };
        let right = if i >= n - 1 { 0 } else { i + 1 };
        du[i] = p[0] * (u[left] - 2.0 * u[i] + u[right]) + p[1] * u[left] * u[right];
    }
}

#[ode]
fn clamped(du: &mut [f64; 8], u: &[f64; 8], p: &[f64; 2], _t: f64) {
    du[0] = 0.0;
    for i in 1..7 {
        let left = if i <= 1 { i } else { i - 1 };
        let right = if i < 6 { i + 1 } else { i };
        du[i] = p[0] * (u[left] - 2.0 * u[i] + u[right]) + p[1] * u[left] * u[right];
    }
    du[7] = 0.0;
}

#[ode]
fn far_field(du: &mut [[f64; 9]; 3], u: &[[f64; 9]; 3], p: &[f64; 2], t: f64) {
    let (strength, decay) = (p[0] * t, p[1]);
    for k in 0..3 {
        for i in 0..9 {
            let mut sum = 0.0;
            for j in 0..9 {
                sum += strength * u[k][i] * u[k][j] - decay * u[k][j];
            }
            du[k][i] = sum;
        }
    }
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

#[differentiable]
fn product_of_all(a: &[f64; 2], b: &[f64; 2], c: &[f64; 2]) -> [f64; 2] {
    [a[0] * b[1] * c[0], a[1] * b[0] * c[1]]
}

#[ode]
fn aligned(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 2]) {
    *du = product_of_all(u, p, u);
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

#[ode]
fn exchange(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3], _t: f64) {
    let [x, y] = *u;
    let [rate, area, depth] = *p;
    let flow = rate * area * (x - y) / depth;
    du[0] = -flow;
    du[1] = flow * (x - y);
}

/// Algebra may not undo the difference of close values: the derivatives by the parameters are products of it.
#[test]
fn small_differences_keep_their_digits() {
    let (u, p) = ([1.0 + 1e-11, 1.0], [0.7, 1.3, 2.9]);
    let apart = u[0] - u[1];
    let slopes = [p[1] / p[2], p[0] / p[2], -p[0] * p[1] / (p[2] * p[2])];
    // a dozen roundings of numbers without cancellation
    let close = |a: f64, b: f64| (a - b).abs() <= 12.0 * f64::EPSILON * b.abs();
    for (i, slope) in slopes.into_iter().enumerate() {
        let mut p_dot = [0.0; 3];
        p_dot[i] = 1.0;
        let expected = [-slope * apart, slope * apart * apart];
        let (mut du, mut du_dot, mut alone) = ([0.0; 2], [0.0; 2], [0.0; 2]);
        exchange.jvp(&mut du, &mut du_dot, &u, &[0.0; 2], &p, &p_dot, 0.0, 0.0);
        exchange.tangent(&mut alone, &u, &[0.0; 2], &p, &p_dot, 0.0, 0.0);
        for row in 0..2 {
            let mut w = [0.0; 2];
            w[row] = 1.0;
            let (mut u_bar, mut p_bar, mut t_bar) = ([0.0; 2], [0.0; 3], 0.0);
            exchange.vjp(&mut w, &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
            for found in [du_dot[row], alone[row], p_bar[i]] {
                assert!(
                    close(found, expected[row]),
                    "row {row}, parameter {i}: {found} but {}",
                    expected[row]
                );
            }
        }
    }
}

#[ode]
fn prefix(du: &mut [f64; 8], u: &[f64; 8], p: &[f64; 8]) {
    let c = u[0];
    for i in 0..8 {
        let mut so_far = c;
        let mut total = 0.0;
        for j in 0..8 {
            so_far += u[j];
            total += so_far * p[i];
        }
        du[i] = total;
    }
}

#[ode]
fn guarded<const N: usize>(du: &mut [f64; N], u: &[f64; N], p: &[f64; 2]) {
    let [a, b] = *p;
    let mut k = b;
    if 0 < N {
        k = a * a;
    }
    for i in 0..N {
        let left = if i == 0 { 1 } else { i - 1 };
        du[i] = k * u[left];
    }
}

/// Its name is that of a sum below, in the plural.
#[ode]
fn rates(u: [f64; 1], p: [f64; 1]) -> [f64; 1] {
    [p[0] * u[0]]
}

#[ode]
fn far_rate(du: &mut [f64; 8], u: &[f64; 8], p: &[f64; 8]) {
    let mut rate = 0.0;
    for i in 0..8 {
        let mut row = 0.0;
        for j in 0..8 {
            row += u[i] * u[j] * p[j];
        }
        rate += row;
    }
    for i in 0..8 {
        du[i] = rate * rate * u[i];
    }
}

#[differentiable]
fn is_large(x: f64, y: f64) -> bool {
    x * y > 0.1
}

#[differentiable]
fn side(x: f64, y: f64) -> usize {
    if x - y > 0.1 { 1 } else { 0 }
}

#[ode]
fn gated(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 1]) {
    let [x, y] = *u;
    let k: usize = side(x, y);
    du[0] = if is_large(x, y) { p[0] * x } else { y };
    du[1] = u[k] * x;
}

#[ode]
fn weighted(du: &mut [f64; 8], u: &[f64; 8], p: &[f64; 1]) {
    for i in 0..8usize {
        let right = if i == 7 { 0 } else { i + 1 };
        du[i] = p[0] * u[right] * (i * 1_000_000_000) as f64;
    }
}

/// Integers beyond `i32` as reals: of a loop's last iteration, and as a literal.
#[test]
fn large_integers_are_no_less_as_reals() {
    let (u, p, mut u_bar) = ([1.0; 8], [1.0], [0.0; 8]);
    weighted.state_vjp(&mut [1.0; 8], &u, &p, 0.0, &mut u_bar, &mut Workspace::new());
    let expected: [f64; 8] = std::array::from_fn(|i| ((i + 7) % 8) as f64 * 1e9);
    assert_eq!(u_bar, expected);
}

#[ode]
fn switched_by_a_norm(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 1]) {
    let mut s = 0.0;
    for j in 0..4 {
        s += u[j].sqrt();
    }
    for i in 0..4 {
        du[i] = if s > 0.5 { 2.0 * u[i] } else { p[0] * u[i] };
    }
}

/// What conditions alone read hands on no cotangent, not zero times an infinite derivative.
#[test]
fn conditions_have_no_cotangents() {
    let mut u_bar = [0.0; 4];
    switched_by_a_norm.state_vjp(
        &mut [1.0; 4],
        &[0.0, 1.0, 1.0, 1.0],
        &[3.0],
        0.0,
        &mut u_bar,
        &mut Workspace::new(),
    );
    assert_eq!(u_bar, [2.0; 4]);
}

#[ode]
fn switched_by_a_sum(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 1]) {
    let mut s = 0.0;
    for i in (0..3).rev() {
        s += u[i];
    }
    for i in 0..3 {
        du[i] = if s > 0.5 { 2.0 * u[i] * p[0] } else { 3.0 * u[i] * p[0] };
    }
}

/// A sum that decides keeps its order, and with it its bits, in the reverse sweep too: `(-1e16 + 1e16) + 1` is not
/// `(1 + 1e16) - 1e16`.
#[test]
fn derivatives_take_the_branch_of_the_function() {
    let (u, mut u_bar) = ([1.0, 1e16, -1e16], [0.0; 3]);
    switched_by_a_sum.state_vjp(&mut [1.0; 3], &u, &[1.0], 0.0, &mut u_bar, &mut Workspace::new());
    assert_eq!(u_bar, [2.0; 3]);
}

#[ode]
fn scaled(du: &mut [f64; 1], u: &[f64; 1], p: &[f64; 2]) {
    du[0] = 1e200 * (p[0] * (1e200 * (u[0] * p[1])));
}

/// Numbers that a scalar holds do not become one that it does not.
#[test]
fn large_factors_stay_apart() {
    let (u, p) = ([1e-200], [1e-100, 1e-100]);
    let (mut du_dot, mut p_bar) = ([0.0], [0.0; 2]);
    scaled.tangent(&mut du_dot, &u, &[0.0], &p, &[1e-100, 0.0], 0.0, 0.0);
    scaled.vjp(&mut [1.0], &u, &p, 0.0, &mut [0.0], &mut p_bar, &mut 0.0, &mut Workspace::new());
    // a few roundings
    assert!(
        (du_dot[0] - 1.0).abs() < 1e-14 && (p_bar[0] * 1e-100 - 1.0).abs() < 1e-14,
        "{du_dot:?} {p_bar:?}"
    );
}

#[ode]
fn driven(u: [f64; 2], p: [f64; 1], t: f64) -> [f64; 2] {
    [u[1] * t.cos(), p[0] - u[0]]
}

/// What the compiler says of a model's structure is what an implicit method may rely on.
#[test]
fn structure_is_read_off_the_program() {
    fn flags<F: Jacobian<f64>>(_: F) -> [bool; 4] {
        [F::AUTONOMOUS, F::CONSTANT_IN_STATE, F::AFFINE, F::CONSTANT]
    }
    assert_eq!(flags(rates), [true, true, true, true]);
    assert_eq!(flags(driven), [false, true, true, false]);
    assert_eq!(flags(lotka_volterra), [true, false, false, false]);
    assert_eq!(flags(ring::<4>), [true, false, false, false]);
    assert_eq!(flags(switched_by_a_sum), [true, false, false, false]);
    // the Jacobian is constant wherever there is one, and yet the function is no plane
    assert_eq!(flags(thermostat), [true, true, false, true]);
    assert_eq!(flags(dry_friction), [true, true, false, true]);
    assert_eq!(flags(sawtooth), [true, true, false, true]);
    assert_eq!(flags(steps_of_a_table), [true, true, false, true]);
    assert_eq!(flags(heated_by_the_clock), [false, true, true, true]);
}

#[ode]
fn thermostat(u: f64, p: f64) -> f64 {
    let power = if u < 20.0 { p } else { 0.0 };
    power - 0.1 * u
}

#[ode]
fn dry_friction(u: [f64; 2], p: [f64; 2]) -> [f64; 2] {
    [u[1], -p[0] * u[0] - p[1] * u[1].signum()]
}

#[ode]
fn sawtooth(u: f64, p: f64) -> f64 {
    p - u % 3.0
}

#[ode]
fn steps_of_a_table(u: f64, p: [f64; 3]) -> f64 {
    p[(u as usize).min(2)] - u
}

#[ode]
fn heated_by_the_clock(u: f64, p: f64, t: f64) -> f64 {
    let power = if t % 24.0 < 6.0 { p } else { 0.0 };
    power - 0.1 * u
}

/// What is affine agrees with the plane through three of its points, in plain numbers; what is not does not.
#[test]
fn affine_functions_are_planes() {
    fn bend(f: impl Fn(f64) -> f64) -> f64 {
        [(1.0, 2.0), (-7.0, 50.0), (15.0, 26.0), (0.5, 40.0)]
            .into_iter()
            .map(|(a, b)| (f(0.5 * (a + b)) - 0.5 * (f(a) + f(b))).abs())
            .fold(0.0, f64::max)
    }
    assert!(bend(|u| heated_by_the_clock.eval(&u, &3.0, 5.0)) < 1e-12);
    assert!(bend(|u| thermostat.eval(&u, &3.0, 0.0)) > 0.1);
    assert!(bend(|u| sawtooth.eval(&u, &3.0, 0.0)) > 0.1);
    assert!(bend(|u| steps_of_a_table.eval(&u, &[1.0, 2.0, 7.0], 0.0)) > 0.1);
    assert!(bend(|u| dry_friction.eval(&[0.0, u], &[1.0, 2.0], 0.0)[1]) > 0.1);
}
