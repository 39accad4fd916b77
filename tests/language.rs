//! Every construct of the language: what the macro makes of a function against the function itself, to the bit.

use diffeq::differentiable;
use diffeq::ode;
use diffeq::problem::Jvp;
use diffeq::problem::Rhs;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::space::Workspace;

const GRAVITY: f64 = 9.81;
const SIZE: usize = 4;
const WEIGHTS: [f64; 3] = [0.25, 0.5, 0.25];

/// Each function twice: as it stands in `plain`, and as a model.
macro_rules! models {
    ($($(#[$doc:meta])* fn $name:ident $(<const $n:ident: usize>)? ($($args:tt)*) $(-> $ret:ty)? { $($body:tt)* })*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[allow(clippy::all, unused_variables)]
                pub fn $name $(<const $n: usize>)? ($($args)*) $(-> $ret)? { $($body)* }
            )*
        }
        $(#[ode] fn $name $(<const $n: usize>)? ($($args)*) $(-> $ret)? { $($body)* })*
    };
}

const U3: [f64; 3] = [0.7, -1.3, 2.1];
const U4: [f64; 4] = [0.7, -1.3, 2.1, 0.4];
const P: [f64; 3] = [1.5, -0.8, 0.3];

type D = Dual<f64, 1>;

/// Forward mode against dual numbers, and reverse mode against forward mode by `<w, J v> = <J^T w, v>`.
///
/// The sums are of some ten terms of size one, so that 1e-13 leaves room for their rounding and for nothing else.
fn derivatives_agree<F, const N: usize, const M: usize>(f: &F, u: [f64; N], p: [f64; M], t: f64)
where
    F: Jvp<f64> + Vjp<f64> + Rhs<f64, State = [f64; N], Params = [f64; M]>,
    F: Rhs<D, State = [D; N], Params = [D; M]>,
{
    let u_dot: [f64; N] = std::array::from_fn(|i| 0.3 + 0.7 * (i as f64 * 1.7).sin());
    let p_dot: [f64; M] = std::array::from_fn(|i| 0.9 - 0.4 * (i as f64 * 2.3).cos());
    let t_dot = 0.6;
    let w: [f64; N] = std::array::from_fn(|i| 1.1 - 0.8 * (i as f64 * 0.9).sin());
    let (mut du, mut du_dot) = ([f64::NAN; N], [f64::NAN; N]);
    f.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, t, t_dot);
    let plain: [f64; N] = Rhs::<f64>::eval(f, &u, &p, t);
    let scale = du.iter().chain(&du_dot).fold(1.0f64, |a, x| a.max(x.abs()));
    for i in 0..N {
        assert!((du[i] - plain[i]).abs() <= 1e-13 * scale, "value {i}: {} {}", du[i], plain[i]);
    }
    let dual_u: [D; N] = std::array::from_fn(|i| Dual::new(u[i], [u_dot[i]]));
    let dual_p: [D; M] = std::array::from_fn(|i| Dual::new(p[i], [p_dot[i]]));
    let dual: [D; N] = Rhs::<D>::eval(f, &dual_u, &dual_p, Dual::new(t, [t_dot]));
    for i in 0..N {
        let expected = dual[i].tangents[0];
        assert!((du_dot[i] - expected).abs() <= 1e-13 * scale, "tangent {i}: {} {expected}", du_dot[i]);
    }
    let mut du_bar = w;
    let (mut u_bar, mut p_bar, mut t_bar) = ([0.0; N], [0.0; M], 0.0);
    f.vjp(&mut du_bar, &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let (forward, reverse) = (dot(&w, &du_dot), dot(&u_bar, &u_dot) + dot(&p_bar, &p_dot) + t_bar * t_dot);
    assert!(
        (forward - reverse).abs() <= 1e-13 * scale * N as f64,
        "<w, J v> = {forward}, <J^T w, v> = {reverse}"
    );
}

/// Compares an equation in place with its plain twin.
macro_rules! in_place {
    ($($test:ident: $name:ident($u:expr, $p:expr);)*) => {$(
        #[test]
        fn $test() {
            for t in [0.0, 0.9] {
                let (u, p) = ($u, $p);
                let du = Rhs::<f64>::eval(&$name, &u, &p, t);
                let mut expected = u;
                expected.fill(f64::NAN);
                plain::$name(&mut expected, &u, &p, t);
                assert_eq!(du.map(f64::to_bits), expected.map(f64::to_bits), "{du:?} {expected:?}");
                derivatives_agree(&$name, u, p, t);
            }
        }
    )*};
}

/// Compares an equation that returns its derivative with its plain twin.
macro_rules! returning {
    ($($test:ident: $name:ident($u:expr, $p:expr);)*) => {$(
        #[test]
        fn $test() {
            for t in [0.0, 0.9] {
                let (u, p) = ($u, $p);
                let du = Rhs::<f64>::eval(&$name, &u, &p, t);
                let expected = plain::$name(u, p, t);
                assert_eq!(du.map(f64::to_bits), expected.map(f64::to_bits), "{du:?} {expected:?}");
                derivatives_agree(&$name, u, p, t);
            }
        }
    )*};
}

models! {
    fn patterns(du: &mut [f64; 3], &[x, y, z]: &[f64; 3], p: &[f64; 3], t: f64) {
        let (a, [b, ..]) = (x * 2.0, *p);
        let [first, .., last] = *p;
        let x = x + a;
        let (mut s, c) = (t + x).sin_cos();
        s += first;
        let pair = (s, c);
        du[0] = pair.0 * b - y;
        (du[1], du[2]) = (z - last, pair.1);
    }

    fn branches(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
        let [x, y, z] = *u;
        let rate = if x > y { x * p[0] } else if z > 0.0 && t > 0.5 { z } else { y };
        let flow = if rate > 1.0 { [x, rate, z] } else { [y, x, rate] };
        let mut sign = 1.0;
        if rate < 0.0 || t < 0.1 {
            sign = -sign;
            du[0] = sign * flow[0];
        } else {
            du[0] = flow[1] * rate;
        }
        du[1] = sign * flow[2];
        du[2] = { let inner = flow[0] * flow[1]; inner - x };
    }

    fn early_return(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
        *du = [0.0; 3];
        if t > 0.5 {
            return;
        }
        du[0] = u[0];
        for i in 0..3 {
            if u[i] < 0.0 {
                du[1] = p[i];
                return;
            }
            du[2] += u[i];
        }
        du[1] = 5.0;
    }

    fn jumps(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 3], t: f64) {
        let mut total = t;
        for i in 0..4 {
            if u[i] > 2.0 {
                break;
            }
            if u[i] < 0.0 {
                continue;
            }
            total += u[i];
        }
        'outer: for i in 0..4 {
            for j in 0..3 {
                if p[j] < 0.0 { continue 'outer; }
                if i == 3 { break 'outer; }
                total += p[j] * u[i];
            }
        }
        for i in 0..4 {
            du[i] = total * (i as f64);
        }
    }

    fn iterators(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 3], _t: f64) {
        let total: f64 = u.iter().sum();
        let squares = u.iter().map(|x| x * x).sum::<f64>();
        let product: f64 = p.iter().product();
        let largest = u.iter().fold(f64::NEG_INFINITY, |a, &x| a.max(x));
        let dot: f64 = u.iter().zip(p.iter()).map(|(a, b)| a * b).sum();
        for (i, (d, x)) in du.iter_mut().zip(u.iter().rev()).enumerate() {
            *d = total + x * (i as f64);
        }
        for d in du.iter_mut() {
            *d *= squares;
        }
        for (i, x) in u.iter().enumerate().skip(1).step_by(2) {
            du[i] += product + x;
        }
        du[0] += largest;
        du[3] -= dot;
        if u.iter().any(|x| *x < 0.0) && u.iter().all(|x| x.abs() < 10.0) {
            du[2] -= 1.0;
        }
    }

    fn reversed(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 3], t: f64) {
        let mut carry = t;
        for i in (0..4).rev() {
            carry = carry * 0.5 + u[i];
            du[i] = carry;
        }
        for i in 1..=2 {
            du[i] += du[i - 1] * p[i];
        }
        for (i, x) in u.iter().rev().enumerate() {
            du[i] -= x;
        }
    }

    fn counting(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
        let mut x = 1.0 + t;
        let mut k = 0;
        while k < 20 && (x * x - 2.0).abs() > 1e-9 {
            x = 0.5 * (x + 2.0 / x);
            k += 1;
        }
        let mut n = 0usize;
        let mut odd = 0.0;
        while n <= 7 {
            if n % 2 == 1 { odd += n as f64; }
            n += 3;
        }
        du[0] = x * u[0];
        du[1] = odd * p[1] + k as f64;
        du[2] = u[n - 9 + 1];
    }

    fn matching(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 3], _t: f64) {
        for i in 0..4 {
            let left = match i { 0 => u[3], n => u[n - 1] };
            du[i] = match (i, i % 2) {
                (0, _) => left,
                (1..=2, 0) if p[0] > 0.0 => -left,
                (1 | 3, _) => left * p[2],
                _ => 0.0,
            };
        }
    }

    fn arrays(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
        let mut v = *u;
        v[1] = t;
        v.swap(0, 2);
        let doubled = v.map(|x| 2.0 * x);
        let table: [[f64; 3]; 2] = [[1.0, 2.0, 3.0], v];
        let ramp: [f64; 3] = std::array::from_fn(|i| i as f64 * p[i]);
        let mut grid = [[0.0; 3]; 3];
        for i in 0..3 {
            for j in 0..3 {
                grid[i][j] = table[i % 2][j] * ramp[i];
            }
        }
        let copy = grid[1];
        grid[1] = [0.0; 3];
        let row = &grid[2];
        for i in 0..3 {
            du[i] = doubled[i] + row[i] + copy[i] + grid[1][i] + table[0][i] * table[1].len() as f64;
        }
    }

    fn functions(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 3], t: f64) {
        let x = u[0];
        du[0] = x.sin() + x.cos().exp() + x.tan().atan() + x.abs().sqrt() + x.powi(3) + x.abs().powf(p[0]) + x.tanh();
        du[1] = (x % 0.3) + x.rem_euclid(0.3) + (-x).rem_euclid(0.3) + x.fract() + x.floor() - x.ceil() + x.round();
        du[2] = x.clamp(-0.5, 0.5) + x.max(u[1]) - x.min(t) + x.hypot(u[2]) + f64::max(x, 3.0) + x.atan2(u[1])
            + 90f64.to_radians() + x.to_degrees() + x.abs().ln() + x.abs().log(10.0) + x.signum().copysign(-1.0);
        du[3] = std::f64::consts::PI * GRAVITY + f64::EPSILON + WEIGHTS[1] + (SIZE as f64) + 2f64 + f64::from(3);
        if du[3].is_nan() || !du[3].is_finite() || x.is_sign_negative() { du[3] = 0.0; }
    }

    fn closures(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
        const HALF: f64 = 0.5;
        use std::f64::consts::TAU;
        let hill = |x: f64, k: f64| x / (k + x);
        let scale = t + 1.0;
        let scaled = |x: f64| { let y = x * scale; y + HALF };
        du[0] = hill(u[0], p[0]) + hill(u[1], 2.0);
        du[1] = scaled(scaled(u[2]));
        du[2] = TAU * [1.0, 2.0, 3.0].iter().map(|w| w * p[1]).fold(0.0, |a, b| a + b);
    }

    fn integers(du: &mut [f64; 4], u: &[f64; 4], p: &[f64; 3], _t: f64) {
        let n = u.len();
        let mut k = 1i32;
        let indices = [2usize, 0, 3, 1];
        for i in 0..n {
            k = -k * 2;
            let j = (i + n - 1) % n;
            let m = i.min(2).max(1) + 2usize.pow(2) - 4;
            du[i] = u[indices[j]] * (k as f64) + p[m] * (i.abs_diff(j) as f64) + u[i].powi(k.abs());
        }
    }

    fn counters(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3], t: f64) {
        let mut sign = 1;
        let mut steps = 0;
        for i in 0..3 {
            let power = if u[i] > t { 2 } else { 3 };
            let mut k = 0;
            while k < 4 {
                if u[i] * p[i] < 0.0 { steps += 1; }
                k += 1;
            }
            sign *= -2;
            du[i] = u[i].powi(power) * sign as f64 + steps as f64 * p[i];
            for j in 0..k { du[i] += u[i] * j as f64; }
        }
    }

    fn generic<const N: usize>(du: &mut [f64; N], u: &[f64; N], p: &[f64; 3], _t: f64) {
        let dx = 1.0 / (N - 1) as f64;
        du[0] = 0.0;
        du[N - 1] = 0.0;
        for i in 1..N - 1 {
            du[i] = p[0] * (u[i + 1] - 2.0 * u[i] + u[i - 1]) / (dx * dx);
        }
    }

    fn returned(u: [f64; 3], p: [f64; 3], t: f64) -> [f64; 3] {
        let [x, y, z] = u;
        if t > 0.5 {
            return [p[0] * x, p[1] * y, p[2] * z];
        }
        [p[0] * (y - x), x * (p[1] - z) - y, x * y - p[2] * z]
    }

    fn returned_local(mut u: [f64; 3], p: [f64; 3], t: f64) -> [f64; 3] {
        u[0] *= t;
        let mut du = [0.0; 3];
        for i in 0..3 {
            du[i] = -u[i] * p[i];
        }
        du
    }

    fn returned_from_fn(u: [f64; 4], p: [f64; 3], _t: f64) -> [f64; 4] {
        std::array::from_fn(|i| if i == 0 { p[0] } else { u[i - 1] - u[i] })
    }

    fn returned_map(u: [f64; 4], p: [f64; 3], t: f64) -> [f64; 4] {
        match t > 0.5 {
            true => u.map(|x| x * p[0]),
            false => u,
        }
    }
}

in_place! {
    patterns_bind: patterns(U3, P);
    branches_choose: branches(U3, P);
    returns_leave: early_return(U3, P);
    jumps_leave_loops: jumps(U4, P);
    iterators_yield: iterators(U4, P);
    loops_run_backwards: reversed(U4, P);
    bounded_loops_count: counting(U3, P);
    integers_match: matching(U4, P);
    arrays_are_memory: arrays(U3, P);
    functions_of_reals: functions(U4, P);
    closures_are_inlined: closures(U3, P);
    integers_are_computed: integers(U4, P);
    counters_have_types: counters(U3, P);
}

returning! {
    literals_are_returned: returned(U3, P);
    locals_are_returned: returned_local(U3, P);
    from_fn_is_returned: returned_from_fn(U4, P);
    a_match_is_returned: returned_map(U4, P);
}

#[test]
fn lengths_can_be_generic() {
    let u = [0.7, -1.3, 2.1, 0.4, 0.2];
    let du: [f64; 5] = generic::<5>.eval(&u, &P, 0.0);
    let mut expected = [0.0; 5];
    plain::generic(&mut expected, &u, &P, 0.0);
    assert_eq!(du, expected);
}

#[differentiable]
fn hill(x: f64, n: i32) -> f64 {
    if x < 0.0 {
        return 0.0;
    }
    let y = x.powi(n);
    y / (1.0 + y)
}

#[differentiable]
fn cross(a: &[f64; 3], b: [f64; 3]) -> [f64; 3] {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[differentiable]
fn mean(x: &[f64]) -> f64 {
    let mut total = 0.0;
    for v in x {
        total += v;
    }
    total / x.len() as f64
}

#[ode]
fn with_helpers(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 3]) {
    let rate = hill(u[0], 2) + hill(u[1] * p[0], 4);
    let w = cross(u, *p);
    let m = mean(u);
    let handed_on = hill(u[2], 1);
    let rate = rate + hill(handed_on, 2);
    let v: [f64; 3] = cross(&w, [1.0, m, rate]);
    for i in 0..3 {
        du[i] = w[i] * rate - v[i] + mean(&w);
    }
}

#[test]
fn helpers_are_called() {
    let du: [f64; 3] = with_helpers.eval(&U3, &P, 0.0);
    let hill = |x: f64, n: i32| if x < 0.0 { 0.0 } else { x.powi(n) / (1.0 + x.powi(n)) };
    let cross = |a: [f64; 3], b: [f64; 3]| {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    };
    let mean = |x: [f64; 3]| (0.0 + x[0] + x[1] + x[2]) / 3.0;
    let rate = hill(U3[0], 2) + hill(U3[1] * P[0], 4) + hill(hill(U3[2], 1), 2);
    let w = cross(U3, P);
    let v = cross(w, [1.0, mean(U3), rate]);
    for i in 0..3 {
        assert_eq!(du[i], w[i] * rate - v[i] + mean(w));
    }
    derivatives_agree(&with_helpers, U3, P, 0.0);
}

#[ode]
fn decay(u: f64, k: f64) -> f64 {
    -k * u
}

#[ode]
fn decay_in_place(du: &mut f64, u: &f64, k: &f64, t: f64) {
    *du = -k * u;
    *du += t;
}

#[ode]
fn on_slices(du: &mut [f64], u: &[f64], p: &[f64; 1]) {
    let n = u.len();
    for i in 0..n {
        let next = if i + 1 < n { u[i + 1] } else { 0.0 };
        du[i] = p[0] * (next - u[i]);
    }
}

#[test]
fn states_can_be_scalars_and_slices() {
    assert_eq!(decay.eval(&2.0, &3.0, 0.0), -6.0);
    assert_eq!(decay_in_place.eval(&2.0, &3.0, 0.5), -5.5);
    let du = on_slices.eval(&vec![1.0, 2.0, 4.0], &[2.0], 0.0);
    assert_eq!(du, vec![2.0, 4.0, -8.0]);
}

#[ode]
fn component_by_component(du: &mut [f64], u: &[f64], p: &[f64]) {
    du[0] = p[0] * u[0] - p[1] * u[0] * u[1];
    du[1] = -p[2] * u[1] + p[3] * u[0] * u[1];
}

/// Its ends have indices of their own, what lies between takes any number.
#[ode]
fn with_ends(du: &mut [f64], u: &[f64], p: &[f64]) {
    let n = u.len();
    du[0] = p[1];
    for i in 1..n {
        du[i] = p[0] * (u[i - 1] - u[i]);
    }
    if n > 3 {
        du[3] += u[3];
    }
}

#[test]
fn slices_are_as_long_as_their_indices_say() {
    use diffeq::Error;
    use diffeq::problem::Model;
    use diffeq::problem::OdeProblem;
    use diffeq::problem::SparseJacobian;
    use diffeq::stepper::Tsit5;

    assert_eq!(component_by_component::state_len(), 2..=2);
    assert_eq!(component_by_component::params_len(), 4..=usize::MAX);
    assert_eq!((with_ends::state_len(), with_ends::params_len()), (1..=usize::MAX, 2..=usize::MAX));
    assert_eq!(on_slices::state_len(), 0..=usize::MAX);

    let solve = |u0: &[f64], p: &[f64]| {
        OdeProblem::new(component_by_component, u0.to_vec(), (0.0, 1.0), p.to_vec()).solver(Tsit5).solve()
    };
    let message =
        |result: Result<_, Error>| result.map(|_| ()).expect_err("a length that does not fit").to_string();
    assert!(solve(&[1.0, 1.0], &[1.5, 1.0, 3.0, 1.0]).is_ok());
    assert_eq!(
        message(solve(&[1.0, 1.0, 1.0], &[1.5, 1.0, 3.0, 1.0])),
        "`u0` has 3 components, `component_by_component` has 2; give it as many as the function's indices reach"
    );
    assert_eq!(
        message(solve(&[1.0, 1.0], &[1.5])),
        "`p` has 1 components, `component_by_component` needs at least 4; give it as many as the function's indices \
         reach"
    );
    let problem = OdeProblem::new(with_ends, vec![1.0; 6], (0.0, 1.0), vec![1.0, 0.5]);
    assert!(problem.solver(Tsit5).solve().is_ok());

    let (u, p) = (vec![0.7, -1.3], vec![1.5, 1.0, 3.0, 0.5]);
    let mut jacobian = SparseJacobian::new(&component_by_component, &u, &p).expect("lengths that fit");
    jacobian.evaluate(&component_by_component, &u, &p, 0.0).expect("the same lengths");
    let entry: f64 = jacobian.get(0, 1);
    assert!((entry + 0.7).abs() < 1e-15);
    assert_eq!(
        jacobian
            .evaluate(&component_by_component, &u, &vec![1.0; 5], 0.0)
            .expect_err("another length")
            .to_string(),
        "there are 5 components of `p` where 4 are needed; give one for each, in the same order"
    );
    let too_few = SparseJacobian::new(&component_by_component, &u, &vec![1.0]).expect_err("too few");
    assert!(too_few.to_string().starts_with("`p` has 1 components"), "{too_few}");

    let (mut u_bar, mut p_bar, mut t_bar) = (vec![0.0; 2], vec![0.0; 4], 0.0);
    let work = &mut Workspace::new();
    component_by_component.vjp(&mut vec![1.0, 2.0], &u, &p, 0.0, &mut u_bar, &mut p_bar, &mut t_bar, work);
    // By hand: the rows of the Jacobian times (1, 2); numbers of size one, so that a few roundings are below 1e-15.
    let by_u: [f64; 2] = [1.5 - -1.3 + 2.0 * 0.5 * -1.3, -0.7 + 2.0 * (-3.0 + 0.5 * 0.7)];
    let by_p: [f64; 4] = [0.7, -(0.7 * -1.3), -(2.0 * -1.3), 2.0 * (0.7 * -1.3)];
    for (found, expected) in u_bar.iter().zip(by_u).chain(p_bar.iter().zip(by_p)) {
        assert!((found - expected).abs() < 1e-15, "{found} {expected}");
    }
}
