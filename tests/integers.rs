//! Integers and conditions, and the exact meaning of numeric methods: what the macro makes of a function against the
//! function itself, to the bit; its derivatives against dual numbers; its pattern against its Jacobian.

use diffeq::differentiable;
use diffeq::ode;
use diffeq::problem::Jvp;
use diffeq::problem::Pattern;
use diffeq::problem::Rhs;
use diffeq::problem::Sparsity;
use diffeq::problem::Vjp;
use diffeq::real::Dual;
use diffeq::space::Workspace;

const STEPS: i32 = 3;
const OFFSET: i64 = -2;
const SIZE: usize = 4;

/// Each function twice: as it stands in `plain`, and as a model.
macro_rules! models {
    ($($(#[$doc:meta])* fn $name:ident ($($args:tt)*) { $($body:tt)* })*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[allow(clippy::all, unused_variables, unused_assignments)]
                pub fn $name ($($args)*) { $($body)* }
            )*
        }
        $(#[ode] fn $name ($($args)*) { $($body)* })*
        mod compiled {
            $(
                #[test]
                fn $name() {
                    for u in super::STATES {
                        super::compare(&super::$name, super::plain::$name, u);
                    }
                }
            )*
        }
    };
}

const STATES: [[f64; 3]; 4] = [[0.7, 1.3, 2.1], [-0.4, 0.2, -1.6], [1.9, -0.1, 0.6], [3.2, 2.4, 0.05]];

type D = Dual<f64, 3>;

/// Value to the bit, the Jacobian by rows and by columns against dual numbers, the pattern against the Jacobian.
fn compare<F>(f: &F, plain: impl Fn(&mut [f64; 3], &[f64; 3]), u: [f64; 3])
where
    F: Jvp<f64> + Vjp<f64> + Rhs<f64, State = [f64; 3], Params = [f64; 0]>,
    F: Rhs<D, State = [D; 3], Params = [D; 0]> + Sparsity,
{
    let mut expected = [f64::NAN; 3];
    plain(&mut expected, &u);
    let du: [f64; 3] = Rhs::<f64>::eval(f, &u, &[], 0.0);
    assert_eq!(du.map(f64::to_bits), expected.map(f64::to_bits), "{du:?} {expected:?} at {u:?}");
    let dual: [D; 3] = Rhs::<D>::eval(f, &Dual::variables(u), &[], D::from(0.0));
    let pattern = Pattern::of(f, 3, 0).expect("lengths that fit");
    for j in 0..3 {
        let mut direction = [0.0; 3];
        direction[j] = 1.0;
        let (mut du, mut column) = ([f64::NAN; 3], [f64::NAN; 3]);
        f.jvp(&mut du, &mut column, &u, &direction, &[], &[], 0.0, 0.0);
        assert_eq!(du.map(f64::to_bits), expected.map(f64::to_bits), "{du:?} {expected:?} at {u:?}");
        let (mut row, mut seed) = ([0.0; 3], direction);
        f.vjp(&mut seed, &u, &[], 0.0, &mut row, &mut [], &mut 0.0, &mut Workspace::new());
        for i in 0..3 {
            let close = |a: f64, b: f64| (a - b).abs() <= 1e-13 * b.abs().max(1.0);
            assert!(close(column[i], dual[i].tangents[j]), "d{i}/d{j}: {} {:?}", column[i], dual[i]);
            assert!(close(row[i], dual[j].tangents[i]), "d{j}/d{i}: {} {:?}", row[i], dual[j]);
            assert!(pattern.contains(i, j) || column[i] == 0.0, "the pattern lacks ({i}, {j})");
        }
    }
}

#[differentiable]
fn power(x: f64, n: i32) -> f64 {
    x.powi(n) * n as f64
}

#[differentiable]
fn row(i: usize, j: usize) -> usize {
    (i * 3 + j * 2) % 3
}

#[differentiable]
fn below(k: i64, by: i64) -> i64 {
    k - 2 * by
}

#[differentiable]
fn weighted(x: f64, signs: [i32; 2], rows: &[usize]) -> f64 {
    x * signs[0] as f64 + (signs[1] * rows.len() as i32) as f64 * x * x
}

#[differentiable]
fn mirrored(order: [usize; 3]) -> [usize; 3] {
    [order[2], order[1], order[0]]
}

#[differentiable]
fn is_far(x: f64) -> bool {
    x.abs() > 1.0
}

models! {
    fn arrays_of_every_type(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut a = [0; 3];
        let b: [i64; 3] = [-5, 7, i64::MAX];
        let mut c = [[-1i8, 2], [3, -4]];
        let d = [250u8; 2];
        for i in 0..3 {
            a[i] = 1 - 2 * i as i32;
        }
        c[1][0] -= 100;
        let e = a.map(|k| k * k - 4);
        let f: [i16; 3] = std::array::from_fn(|i| -(i as i16) * 300);
        for i in 0..3 {
            du[i] = u[i] * a[i] as f64 + (b[i] / 3) as f64 + c[i % 2][(i + 1) % 2] as f64;
            du[i] += u[i] * u[i] * (e[i] + f[i] as i32) as f64 + (d[i % 2] / 7) as f64;
        }
    }

    fn elements_are_read_where_they_stand(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut k = [2usize, 1];
        let n = k[0] * 2;
        let less = k[0] < k[1] + 1;
        k[0] = 0;
        let m = n + k[0];
        k[1] += k[0] + 1;
        du[0] = u[k[0]] * (n * m) as f64;
        du[1] = if less { u[k[1] - 2] } else { u[k[1]] * u[1] };
        let x = u[k[0]] * u[k[1]];
        k[0] = 1;
        du[2] = x + u[k[0]].powi(k[1] as i32 - k[0] as i32);
    }

    fn loops_from_below_zero(du: &mut [f64; 3], u: &[f64; 3]) {
        let (mut s, mut x) = (0.0, u[0]);
        for k in -2..3 {
            x = (x * 0.5 + k as f64 * u[1]).sin();
            s += x * x;
        }
        for k in -100i8..100 {
            x = (x + 0.01 * k as f64).cos();
        }
        for k in (OFFSET..2).rev() {
            s = s * x + (k as f64 * u[2]).exp();
        }
        for k in 0..STEPS {
            s = (s + x * k as f64).tanh();
        }
        *du = [s, x, s * x * u[2]];
    }

    fn casts_wrap(du: &mut [f64; 3], u: &[f64; 3]) {
        let a = 300i32 as u8;
        let b = 511i32 as u8 as i8 as i32;
        let c = -1i32 as u32;
        let d = 70000i64 as i16;
        let mut s = 0.0;
        for i in 254..258 {
            s = s * 2.0 + u[0] * (i as u8) as f64 + (i as i8) as f64;
        }
        for i in -2i64..2 {
            s += (i as u64) as f64 * 1e-18 * u[2];
        }
        *du = [u[0] * a as f64 + b as f64, u[1] * (c / 2) as f64 + d as f64, s];
    }

    fn methods_are_those_of_the_type(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut s = 0;
        for k in [-7i32, -6, 0, 7, i32::MIN + 1] {
            s = s * 3 % 1000 + k.rem_euclid(4) + k.rem_euclid(-4) - k.div_euclid(-3) % 100;
            s += k.saturating_sub(2) % 50 + k.signum() + (k % 10).pow(2) - k.abs() % 7;
            s += (k.abs_diff(3) % 10) as i32 + k.count_ones() as i32 + k.leading_zeros() as i32;
        }
        let a = 7usize.div_ceil(2) + 17usize.isqrt() + 100u64.ilog2() as usize + 5usize.saturating_sub(9);
        let b = 200u8.wrapping_add(100) as i32 + 100i8.saturating_add(100) as i32 + (-128i8).wrapping_abs() as i32;
        let mut w = 0;
        for i in 0..3usize {
            w += i.pow(2) + 2usize.pow(i as u32) + i.min(1).max(0) + (i + 1).next_power_of_two();
            du[i] = u[i] * w as f64;
        }
        let even = if 8u32.is_power_of_two() { 1 } else { 0 };
        du[0] += s as f64 + a as f64;
        du[1] += b as f64 * u[0] + (even + i64::max(-3, 2) + std::cmp::min(4, 9)) as f64;
    }

    fn conversions(du: &mut [f64; 3], u: &[f64; 3]) {
        let k = 3i32;
        let x: f64 = k.into();
        let wide: i64 = k.into();
        let large = i64::from(i32::MAX) + wide;
        du[0] = u[0] * x + f64::from(u[1] > 0.0) + f64::from(0.1f32) * f64::from(200u8);
        du[1] = u[1] * large as f64 + u32::from(u[0] > 1.0) as f64 + i64::max(-3, 2) as f64;
        du[2] = u[2] * (usize::from(k > 2) + usize::pow(3, 2)) as f64 + i8::MIN as f64;
    }

    fn bits(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut seen = 0u8;
        for i in 0..3 {
            seen |= 1 << (2 * i);
            du[i] = u[i] * (seen & 0b101) as f64 + ((seen ^ 0xff) >> 1) as f64 - (!seen) as f64;
        }
        let mut any = false;
        let mut all = true;
        for x in u {
            any |= *x > 1.0;
            all &= *x > 0.0;
        }
        let odd = any ^ all;
        du[0] += if odd { u[1] } else { -u[1] };
        du[1] += (odd != any) as i32 as f64 * u[2];
        du[2] *= any.then_some(2.0).unwrap_or(0.5);
    }

    fn integers_of_helpers(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut s = 0.0;
        for k in -2..3 {
            s += power(u[0] + 3.0, k) - power(u[1] + 3.0, -k);
        }
        for k in 0..3 {
            s = power(s + 2.0, k) * 0.01 - power(u[2] + 3.0, -k - 1);
        }
        let order = mirrored([0, 1, 2]);
        du[0] = s + u[row(1, 2)];
        du[1] = weighted(u[order[0]], [-1, 3], &[1, 2, 3]);
        du[2] = u[order[2]] * below(1, 4) as f64 + if is_far(u[1]) { u[0] } else { 1.0 };
    }

    fn steps_of_the_state(du: &mut [f64; 3], u: &[f64; 3]) {
        let i = (u[0].abs() as usize).min(2);
        let hour = (u[1] * 2.0).floor() as i32;
        du[0] = u[i] * u[2];
        du[1] = match hour { 0 | 2 => u[0], k if k > 3 => u[1] * 2.0, _ => -u[2] };
        du[2] = (u[2] * 1e300 * 1e10) as i64 as f64 * 1e-19 + (f64::NAN as u8) as f64 + u[1] as u8 as f64;
    }

    fn an_order_in_memory(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut p = [0, 1, 2];
        for _ in 0..3 {
            for j in 0..2 {
                if u[p[j]] > u[p[j + 1]] {
                    let t = p[j];
                    p[j] = p[j + 1];
                    p[j + 1] = t;
                }
            }
        }
        for i in 0..3 {
            du[i] = u[p[i]] * (i + 1) as f64;
        }
    }

    fn conditions_in_memory(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut large = [false; 3];
        let mut n = [0usize];
        for i in 0..3 {
            large[i] = u[i] > 1.0;
            if u[i] > 0.5 { n[0] += 1; }
        }
        for i in 0..3 {
            du[i] = if large[i] { u[i] * u[(i + 1) % 3] } else { u[(i + 2) % 3] };
        }
        du[0] += u[n[0] % 3];
    }

    fn a_row_chosen_in_both_arms(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut k = [0, 0];
        if u[0] > 1.0 { k[0] = 1; } else { k[1] = 2; }
        du[0] = u[k[0]];
        du[1] = u[k[1]] * 2.0;
        du[2] = if u[1] > 0.0 { let mut i = [0, 1]; i[0] += 2; u[i[0]] } else { u[0] };
    }

    fn what_cannot_be_is_not_looked_at(du: &mut [f64; 3], u: &[f64; 3]) {
        for i in 0..3usize {
            du[i] = 0.0;
            if u[i] > 0.0 && i > 0 { du[i] += u[i - 1]; }
            if !(u[i] < 1.0 || i == 2) { du[i] += u[i + 1] * u[i]; }
            let inside = u[0] > 0.5 && i < 2;
            if inside { du[i] -= u[i + 1]; }
        }
        for i in 0..6 {
            if u[0] > 3.0 { break; }
            if i == 3 { break; }
            du[i] += u[i] * 0.5;
        }
    }

    fn not_a_number_is_dropped(du: &mut [f64; 3], u: &[f64; 3]) {
        let nan = f64::NAN;
        du[0] = u[0].max(f64::NAN) + f64::NAN.min(u[1]);
        du[1] = nan.max(u[1]) * u[2] + u[2].min(nan);
        du[2] = u.iter().fold(f64::NEG_INFINITY, |a, b| a.max(*b)) + u[2].clamp(-1.0, 0.5);
    }

    fn zeros_keep_their_sign(du: &mut [f64; 3], u: &[f64; 3]) {
        let minus = -(u[0] - u[0]);
        let none: [f64; 0] = [];
        du[0] = (minus + 0.0).signum() + (0.0 - (u[0] - u[0])).signum() * u[1] + (0.0 + minus).signum();
        du[1] = 1.0f64.copysign([minus].iter().sum::<f64>()) + 1.0f64.copysign(none.iter().sum::<f64>()) * u[1];
        let mut s = [0.0; 2];
        s[0] += minus;
        s[1] -= u[0] - u[0];
        du[2] = 1.0f64.copysign(s[0]) + 1.0f64.copysign(s[1]) + u[2] + minus.clamp(0.0, 1.0).signum();
    }

    fn powers_and_products_keep_their_bits(du: &mut [f64; 3], u: &[f64; 3]) {
        let x = u[0] + 0.123456789;
        du[0] = x.powi(3) + x.powi(5) + x.powi(6) + x.powi(7) - x.powi(-1) + x.powi(-3);
        du[1] = x.abs().powf(2.0) + x.abs().powf(3.0) + x.abs().powf(5.0) + x.abs().powf(1.0) + x.powi(8);
        du[2] = x.mul_add(u[1], u[2]) + (x * u[1]).rem_euclid(0.7) + x.div_euclid(-0.3) * u[2] + x.fract();
    }

    fn wide_integers_on_the_tape(du: &mut [f64; 3], u: &[f64; 3]) {
        let mut x = u[0];
        let mut k = -3i64;
        let mut n = i128::MAX;
        let mut i = 0usize;
        while i < SIZE && x < 50.0 {
            x = x * (k as f64 * 0.3 + u[1]).sin() + (n % 7) as f64;
            k = k * 1_000 - 7;
            n = n / 3 - 1;
            i += 1;
        }
        *du = [x, x * k as f64 * 1e-20, x * u[2]];
    }
}
