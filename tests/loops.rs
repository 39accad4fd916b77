//! Loops whose end only the run knows, iterators and parts of slices, compiled: the value against the same body as a plain
//! function, to the bit; forward mode against differences of the plain function, reverse mode against forward mode.

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
        $(
            mod $name {
                #[test]
                fn agrees_with_the_plain_function() {
                    super::check(super::$name, super::plain::$name);
                }
            }
        )*
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
        for (d, x) in du.iter_mut().zip(a) {
            *d = x;
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
