//! Loops whose end only the run knows, iterators and parts of slices, compiled: the value against the same body as a plain
//! function, to the bit; forward mode against differences of the plain function, reverse mode against forward mode.

// each model takes all arguments, whether it needs them or not
#![allow(unused_variables, unused_mut)]

use diffeq::differentiable;
use diffeq::ode;
use diffeq::problem::Jvp;
use diffeq::problem::Pattern;
use diffeq::problem::Rhs;
use diffeq::problem::Vjp;
use diffeq::space::Workspace;

/// Each function twice: as it stands in `plain`, and as a model.
macro_rules! models {
    ($(fn $name:ident($du:ident, $u:ident, $p:ident, $t:ident) $body:block)*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[allow(clippy::all, unused_variables, unused_assignments)]
                pub fn $name($du: &mut [f64], $u: &[f64], $p: &[f64], $t: f64) $body
            )*
        }
        $(#[ode] #[allow(clippy::all)] fn $name($du: &mut [f64], $u: &[f64], $p: &[f64], $t: f64) $body)*
        mod agrees_with_the_plain_function {
            $(
                #[test]
                fn $name() {
                    super::check(super::$name, super::plain::$name);
                }
            )*
        }
    };
}

fn check<F>(model: F, plain: fn(&mut [f64], &[f64], &[f64], f64))
where
    F: Rhs<f64, State = Vec<f64>, Params = Vec<f64>> + Jvp<f64> + Vjp<f64>,
{
    for k in 0..5 {
        let k = f64::from(k) + 0.137;
        let u: Vec<f64> = vec![0.31 - 0.2 * k, 0.93 * k - 2.0, (1.7 * k).sin(), 1.3 - 0.1 * k];
        let (p, t) = (vec![1.1, 0.9 * k - 2.5], k);
        let (u_dot, p_dot, t_dot) = (vec![0.7, -0.4, 0.9, 0.2], vec![0.3, -0.8], 0.6);
        let along = |h: f64| {
            let moved = |x: &[f64], d: &[f64]| x.iter().zip(d).map(|(x, d)| x + h * d).collect::<Vec<_>>();
            let mut du = vec![f64::NAN; 4];
            plain(&mut du, &moved(&u, &u_dot), &moved(&p, &p_dot), t + h * t_dot);
            du
        };
        let mut du = vec![f64::NAN; 4];
        model.rhs(&mut du, &u, &p, t);
        for (a, b) in du.iter().zip(along(0.0)) {
            assert_eq!(a.to_bits(), b.to_bits(), "value {a} {b}");
        }
        let (mut value, mut dot) = (vec![f64::NAN; 4], vec![f64::NAN; 4]);
        model.jvp(&mut value, &mut dot, &u, &u_dot, &p, &p_dot, t, t_dot);
        let difference = |h: f64| -> Vec<f64> {
            along(h).iter().zip(along(-h)).map(|(a, b)| (a - b) / (2.0 * h)).collect()
        };
        // Two step sizes that agree to this say that there is no kink nearby; their error is of the order of 1e-9.
        let (coarse, fine) = (difference(1e-5), difference(3e-6));
        for i in 0..4 {
            if (coarse[i] - fine[i]).abs() <= 1e-6 * fine[i].abs().max(1.0) {
                let near = (dot[i] - fine[i]).abs() <= 1e-6 * fine[i].abs().max(1.0);
                assert!(near, "tangent {i}: {} {}", dot[i], fine[i]);
            }
        }
        let w = [0.3, -1.1, 0.8, 0.5];
        let (mut u_bar, mut p_bar, mut t_bar) = (vec![0.0; 4], vec![0.0; 2], 0.0);
        model.vjp(&mut w.to_vec(), &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
        let dot_product = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
        let straight = dot_product(&w, &dot);
        let transposed = dot_product(&u_bar, &u_dot) + dot_product(&p_bar, &p_dot) + t_bar * t_dot;
        // Sums of some hundred terms of size one.
        let near = (straight - transposed).abs() <= 1e-12 * straight.abs().max(1.0);
        assert!(near, "adjoint {transposed} {straight}");
    }
}

#[differentiable]
fn table(x: f64) -> f64 {
    let at = [-3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1.5, 4.0, 9.0];
    let values = [0.1, 0.7, -0.4, 1.3, 2.0, 1.1, 0.3, -0.9, 5.0];
    let (mut lo, mut hi) = (0, at.len() - 1);
    while hi - lo > 1 {
        let mid = (lo + hi) / 2;
        if at[mid] <= x {
            lo = mid;
        } else {
            hi = mid;
        }
    }
    let w = (x - at[lo]) / (at[hi] - at[lo]);
    values[lo] + w * (values[hi] - values[lo])
}

#[differentiable]
fn ends(x: &[f64]) -> f64 {
    x[0] * x[x.len() - 1]
}

#[differentiable]
fn norm3(x: &[f64]) -> f64 {
    (x[0] * x[0] + x[1] * x[1] + x[2] * x[2] + 0.1).sqrt()
}
#[differentiable]
fn dot(a: &[f64; 2], b: &[f64; 2]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}
#[differentiable]
fn bisect(a: f64, b: f64, c: f64) -> f64 {
    let (mut lo, mut hi) = (-50.0, 50.0);
    let mut n = 0;
    while hi - lo > 1e-13 && n < 200 {
        let mid = 0.5 * (lo + hi);
        if mid * mid * mid + a * mid - b > 0.0 {
            hi = mid
        } else {
            lo = mid
        }
        n += 1;
    }
    let x = 0.5 * (lo + hi);
    x - (x * x * x + a * x - b) / (3.0 * x * x + a) * c
}
#[differentiable]
fn cap_sum(x: [f64; 4], limit: f64) -> f64 {
    let mut s = 0.0;
    for v in x {
        if s > limit {
            return s;
        }
        s += v * v;
    }
    s
}

models! {
    fn searches(du, u, p, t) {
        for i in 0..4 {
            du[i] = p[0] * table(u[i]) * u[(i + 1) % 4];
        }
    }

    fn newton(du, u, p, t) {
        let target = 2.0 + u[0] * u[0] + t * p[0];
        let mut x = 1.0;
        while (x * x - target).abs() > 1e-9 {
            x = 0.5 * (x + target / x);
        }
        let mut y = u[1];
        let root = loop {
            let next = y - (y * y * y + y - u[2]) / (3.0 * y * y + 1.0);
            if (next - y).abs() < 1e-9 {
                break next;
            }
            y = next;
        };
        du[0] = x;
        du[1] = x * root;
        du[2] = root * p[1];
        du[3] = u[3];
    }

    fn sweeps(du, u, p, t) {
        let mut x = [0.0; 4];
        let mut rounds = 0;
        loop {
            let mut change = 0.0;
            for i in 0..4 {
                let left = if i == 0 { p[0] } else { x[i - 1] };
                let new = 0.4 * (left + u[i].cos()) + 0.05 * (x[i] * u[i]).sin();
                change += (new - x[i]).abs();
                x[i] = new;
            }
            rounds += 1;
            if change < 1e-12 || rounds == 100 {
                break;
            }
        }
        du.copy_from_slice(&x);
    }

    fn jumps(du, u, p, t) {
        let mut a = [0.0; 4];
        let mut i = 0;
        'rows: loop {
            let mut j = 0;
            while j < 5 {
                if u[i] * (j as f64) > 1.9 {
                    break;
                }
                if i + j == 6 {
                    break 'rows;
                }
                if i * j == 2 {
                    j += 2;
                    continue;
                }
                a[i] += u[j % 4] * p[0] + a[(i + j) % 4] * 0.5;
                j += 1;
            }
            i += 1;
            if i == 4 {
                break;
            }
            a[i] -= a[i - 1] * u[i];
        }
        for (i, x) in a.into_iter().enumerate() {
            du[i] = x;
        }
    }

    fn iterators(du, u, p, t) {
        let positive: f64 = u.iter().filter(|x| **x > 0.0).map(|x| x * x).sum();
        let mut asked = 0.0;
        let any = u.iter().any(|x| {
            asked += 1.0;
            *x > 0.3
        });
        let k = u.iter().position(|x| *x > 0.4).unwrap_or(3);
        let largest = u.iter().copied().max_by(|a, b| a.total_cmp(b)).unwrap();
        let (s, q) = u.iter().fold((0.0, 1.0), |(s, q), x| (s + x, q * (1.0 + x * p[0])));
        let mut it = u.iter().chain(p);
        let mut last = 0.0;
        for (n, x) in it.enumerate() {
            last = last * 0.5 + x * n as f64;
        }
        let mut other = u.iter();
        let first: f64 = other.by_ref().take(2).sum();
        let rest: f64 = other.map(|x| x * 10.0).sum();
        du[0] = positive * asked;
        du[1] = if any { u[k] * largest } else { s };
        du[2] = q * last;
        du[3] = first * rest;
    }

    fn parts(du, u, p, t) {
        let (position, velocity) = u.split_at(2);
        let (d_position, d_velocity) = du.split_at_mut(2);
        d_position.copy_from_slice(velocity);
        d_velocity.fill(0.1 * t);
        for i in 0..2 {
            d_velocity[i] -= p[0] * position[i];
            d_velocity[1 - i] += position[i] * velocity[i];
        }
        for (d, s) in du.chunks_exact_mut(2).zip(u.chunks_exact(2)) {
            d[0] += ends(&s[..2]) * ends(&u[1..4]);
            d[1] *= s[1];
        }
        let steps: f64 = u.windows(2).map(|w| (w[1] - w[0]) * w[0]).sum();
        du[1..].reverse();
        du.swap(0, 3);
        for d in &mut du[..2] {
            *d += steps;
        }
    }

    fn parts_for_helpers(du, u, p, t) {
        for i in 0..2 {
            let s = &u[i..i + 3];
            du[i] = norm3(s) + norm3(&u[1..4]);
        }
        du[2] = 0.0;
        du[3] = 1.0;
    }

    fn options(du, u, p, t) {
        let idx = u.iter().position(|&x| x > 0.2);
        let extra = match idx { Some(i) => u[i] * 2.0, None => p[0] };
        let other = if let Some(i) = idx { i as f64 } else { -1.0 };
        du[0] = extra;
        du[1] = other * u[1];
        du[2] = bisect(1.0 + u[0] * u[0], u[2], 1.0);
        du[3] = cap_sum([u[0], u[1], u[2], u[3]], 1.0);
    }

    fn rows(du, u, p, t) {
        let m = [[u[0], u[1]], [u[2], u[3]]];
        let mut out = [[0.0; 2]; 2];
        for (o, r) in out.iter_mut().zip(&m) {
            for (j, x) in o.iter_mut().enumerate() { *x = r[1 - j] * p[0]; }
        }
        for row in out.iter_mut() { let s: f64 = row.iter().sum(); for x in row.iter_mut() { *x /= 1.0 + s * s; } }
        let flat = out.iter().flat_map(|r| r.iter()).map(|x| x * x).sum::<f64>();
        for i in 0..4 { du[i] = flat * u[i]; } for (i, x) in out.iter().flatten().enumerate() { du[i] = x + flat; } du[0] += dot(&m[0], &out[1]);

    }

    fn values_of_breaks(du, u, p, t) {
        let mut x = u[0];
        let mut steps = 0;
        let res = loop {
            let f = x * x * x + x - u[1];
            let df = 3.0 * x * x + 1.0;
            let dx = f / df;
            x -= dx;
            steps += 1;
            if dx.abs() < 1e-10 || steps >= 50 { break x; }
        };
        du[0] = res;
        du[1] = 'out: { if res > 0.5 { break 'out u[2]; } if res < -0.5 { break 'out -u[2]; } 0.0 };
        let mut k = 0usize;
        du[2] = loop { if k == 3 || u[k] > 0.1 { break u[k]; } k += 1; };
        du[3] = k as f64 * u[3];
    }

    fn halves(du, u, p, t) {
        let n = u.len() / 2;
        let (x, v) = u.split_at(n);
        let (dx, dv) = du.split_at_mut(n);
        for (d, s) in dx.iter_mut().zip(v) { *d = *s; }
        for i in 0..n {
            let left = if i == 0 { 0.0 } else { x[i - 1] };
            let right = x.get(i + 1).copied().unwrap_or(0.0);
            dv[i] = p[0] * (left - 2.0 * x[i] + right) - 0.1 * v[i];
        }
        dv.iter_mut().for_each(|d| *d *= 2.0);
        if let Some(last) = dv.last_mut() { *last += 1.0; }
    }

    fn sorting(du, u, p, t) {
        let mut best = 0;
        for i in 1..u.len() { if u[i] > u[best] { best = i; } }
        let amax = u.iter().enumerate().max_by(|(_, a), (_, b)| a.partial_cmp(b).unwrap()).map(|(i, _)| i).unwrap();
        let sorted = { let mut s = [u[0], u[1], u[2], u[3]]; for i in 0..4 { for j in 0..3 - i { if s[j] > s[j + 1] { s.swap(j, j + 1); } } } s };
        let mut s2 = [u[0], u[1], u[2], u[3]];
        for i in 1..4 { let mut j = i; while j > 0 && s2[j - 1] > s2[j] { s2.swap(j - 1, j); j -= 1; } }
        du[0] = u[best] * best as f64 + amax as f64;
        du[1] = sorted[1] + sorted[2];
        du[2] = s2[0] * s2[3];
        du[3] = if (90.0..=150.0).contains(&(t * 100.0)) { u[3] } else { 0.0 };
    }

    fn schedules(du, u, p, t) {
        let breaks = [0.5, 1.5, 2.5, 3.5];
        let rates = [0.1, 0.7, 0.3, 0.9, 0.2];
        let k = breaks.iter().take_while(|&&b| b <= t).count();
        let j = breaks.iter().position(|&b| b > t).unwrap_or(breaks.len());
        let r = breaks.iter().rposition(|&b| b <= t).map_or(0, |i| i + 1);
        for i in 0..4 { du[i] = rates[k] * u[i] - rates[j] * p[0] + r as f64; }
    }

    fn exchanges(du, u, p, t) {
        let mut state = [u[0], u[1]];
        let mut next = [0.0; 2];
        for _ in 0..3 {
            for (n, s) in next.iter_mut().zip(state.iter().rev()) { *n = s * 0.9 + p[0]; }
            std::mem::swap(&mut state, &mut next);
        }
        du[0] = state[0]; du[1] = next[1];
        let mut a = u[2]; let mut b = u[3];
        let mut n = 0;
        while (a - b).abs() > 1e-9 && n < 60 { (a, b) = (0.5 * (a + b), 0.5 * a + 0.5 * b * (1.0 - 1e-3)); n += 1; }
        du[2] = a; du[3] = b;
    }
}

/// A pattern follows the integers, whatever their loop; where reals decide how often a loop runs, everything counts as
/// dependent.
#[test]
fn patterns_follow_the_loops() {
    #[ode]
    fn neighbours(du: &mut [f64; 5], u: &[f64; 5]) {
        let mut k = 1;
        du[0] = u[0];
        loop {
            du[k] = u[k] - u[k - 1];
            k += 1;
            if k == 5 {
                break;
            }
        }
    }

    #[ode]
    fn until_small(du: &mut [f64; 2], u: &[f64; 2]) {
        let mut x = u[0];
        while x > 1.0 {
            x *= 0.5;
        }
        du[0] = x;
        du[1] = u[1];
    }

    let pattern = Pattern::of(&neighbours, 5, 0).expect("lengths that fit");
    for i in 0..5usize {
        for j in 0..5 {
            assert_eq!(pattern.contains(i, j), i == j || i == j + 1, "{i} {j}");
        }
    }
    let pattern = Pattern::of(&until_small, 2, 0).expect("lengths that fit");
    assert_eq!(pattern.nnz(), 4);
}
