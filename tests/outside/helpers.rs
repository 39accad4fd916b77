//! Helpers that take and return tuples and structs.

use super::*;

type Vec3 = [f64; 3];
type Real = f64;
type Count = usize;

#[derive(Components, Clone, Copy, Debug)]
struct Point {
    x: f64,
    y: f64,
}

#[differentiable]
fn oscillator(x: f64, v: f64, mu: f64) -> (f64, f64) {
    if mu < 0.0 {
        return (v, -x);
    }
    (v, mu * (1.0 - x * x) * v - x)
}

#[differentiable]
fn locate(x: f64) -> (usize, f64) {
    let mut k = 0;
    for i in 0..2 {
        if x > i as f64 {
            k = i + 1;
        }
    }
    (k, x - k as f64)
}

#[differentiable]
fn mixed(u: &[f64; 3], k: f64) -> ([f64; 3], Point, bool) {
    let w = [u[1] * k, u[2], u[0] * u[0]];
    (w, Point { x: u[0] * k, y: u[2] }, k > 1.0)
}

#[differentiable]
fn nested(x: f64, y: f64) -> (f64, (f64, f64)) {
    let (s, c) = x.sin_cos();
    (s * y, if y > 0.0 { (c, y * y) } else { (s, -y) })
}

#[differentiable]
fn spread(pair: (f64, f64), k: f64) -> f64 {
    let (a, b) = pair;
    a * b + k * pair.0
}

#[differentiable]
fn between(a: Point, b: &Point) -> Point {
    Point { x: b.x - a.x, y: b.y - a.y * a.x }
}

#[differentiable]
fn norm(a: &Point) -> f64 {
    a.x.hypot(a.y)
}

#[differentiable]
fn cross(a: Vec3, b: &Vec3) -> Vec3 {
    [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
}

#[differentiable]
fn scaled(x: Real, n: Count) -> Real {
    x * x / (n + 1) as f64
}

#[differentiable]
fn through(x: &f64, y: f64) -> f64 {
    x * x * y
}

#[differentiable]
#[inline]
#[must_use]
#[allow(clippy::needless_range_loop)]
pub(crate) fn total<const N: usize>(a: &[f64; N]) -> f64 {
    let mut s = 0.0;
    for i in 0..N {
        s += a[i] * N as f64;
    }
    s
}

models! {
    fn tuples(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let (a, b) = oscillator(u[0], u[1], p[0]);
        let (c, d): (f64, f64) = oscillator(u[1], t, p[1]);
        du[0] = a * d;
        du[1] = b;
        du[2] = c * oscillator(u[2], a, 0.5).1;
    }
    fn tuples_of_all_kinds(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let (k, rest) = locate(u[0]);
        let (w, point, large) = mixed(u, p[0]);
        let (a, (b, c)) = nested(u[1], p[1]);
        du[0] = u[k] * rest;
        du[1] = w[0] * point.x + w[2] * point.y + a * b * c;
        du[2] = if large { w[1] } else { -w[1] };
    }
    fn tuples_by_name(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let pair = oscillator(u[0], u[1], p[0]);
        *du = [0.0; 3];
        for i in 0..3 {
            let (x, _) = oscillator(u[i], pair.1, p[1]);
            du[i] += x * pair.0;
        }
        du[2] += spread((u[0], u[1]), p[0]);
    }
    fn structs(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let a = Point { x: u[0], y: u[1] };
        let b = Point { x: p[0], y: u[2] };
        let d = between(a, &b);
        let back = between(b, &d);
        du[0] = norm(&d);
        du[1] = d.x * back.y;
        du[2] = norm(&between(d, &a)) + t;
    }
    fn aliases(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let w = cross(*u, &[p[0], p[1], t]);
        let v = cross(w, u);
        let [a, b, c] = v;
        *du = [a + w[0], b * w[1], scaled(c, 2)];
    }
    fn references_and_turbofish(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let w = [u[0], u[1] * u[2]];
        du[0] = total(u) + total::<2>(&w);
        let x = u[1] * p[0];
        du[1] = through(&x, u[2]) + through(&u[0], t);
        du[2] = through(&w[1], through(&p[1], t));
    }
}

mod tests {
    use super::check;
    tests!(tuples tuples_of_all_kinds tuples_by_name structs aliases references_and_turbofish);
}
