//! Helpers that change what they are lent, and references to numbers.

use crate::*;

/// A helper changes a number.
mod lent_number {
    use super::*;
    #[differentiable] fn step(x: &mut f64, k: f64) { *x += k * *x; }
    #[ode] fn lent_number(du: &mut [f64; 2], u: &[f64; 2]) { let mut x = u[0]; step(&mut x, 0.5); step(&mut x, u[1]); du[0] = x; du[1] = u[1]; }
    meaning_of!(lent_number, u: [0.7, 1.3] => [2.4149999999999996, 1.3]);
}

/// A helper changes an array.
mod lent_array {
    use super::*;
    #[differentiable] fn add(out: &mut [f64; 2], x: &[f64; 2], k: f64) { out[0] += k * x[0]; out[1] += k * x[1]; }
    #[ode] fn lent_array(du: &mut [f64; 2], u: &[f64; 2]) { let mut w = [0.0; 2]; add(&mut w, u, 2.0); add(&mut w, u, u[0]); du[0] = w[0]; du[1] = w[1] * w[0]; }
    meaning_of!(lent_array, u: [0.7, 1.3] => [1.89, 6.6339]);
}

/// A helper writes the derivative.
mod lent_derivative {
    use super::*;
    #[differentiable] fn drift(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[1]; du[1] = -u[0]; }
    #[ode] fn lent_derivative(du: &mut [f64; 2], u: &[f64; 2]) { drift(du, u); du[1] -= 0.1 * u[1]; }
    meaning_of!(lent_derivative, u: [0.7, 1.3] => [1.3, -0.83]);
}

/// A helper changes a number and returns another one.
mod lent_and_returned {
    use super::*;
    #[differentiable] fn take(pool: &mut f64, want: f64) -> f64 { let got = want.min(*pool); *pool -= got; got }
    #[ode] fn lent_and_returned(du: &mut [f64; 2], u: &[f64; 2]) { let mut pool = u[0]; let a = take(&mut pool, 0.5); let b = take(&mut pool, 0.5); du[0] = a - pool; du[1] = b * u[1]; }
    meaning_of!(lent_and_returned, u: [0.7, 1.3] => [0.5, 0.25999999999999995]);
}

/// A method changes its receiver.
mod lent_self {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Body { x: f64, v: f64 }
    #[differentiable] impl Body { fn kick(&mut self, dt: f64) { self.v -= dt * self.x; self.x += dt * self.v; } fn energy(&self) -> f64 { 0.5 * self.v * self.v + 0.5 * self.x * self.x } }
    #[ode] fn lent_self(du: &mut [f64; 2], u: &[f64; 2]) { let mut b = Body { x: u[0], v: u[1] }; b.kick(0.1); let e = b.energy(); for _ in 0..3 { b.kick(e * 0.1); } du[0] = b.x; du[1] = b.v * b.energy(); }
    meaning_of!(lent_self, u: [0.7, 1.3] => [1.1620251578536411, 1.0101922836348147]);
}

/// A helper changes an integer and a real, and returns early.
mod lent_counter {
    use super::*;
    #[differentiable] fn count(n: &mut usize, total: &mut f64, x: f64) -> bool { if x < 0.0 { return false; } *n += 1; *total += x * *n as f64; *n > 1 }
    #[ode] fn lent_counter(du: &mut [f64; 2], u: &[f64; 2]) { let mut n = 0; let mut total = 0.0; let mut any = false; for &x in u { any |= count(&mut n, &mut total, x - 0.2); } du[0] = total; du[1] = if any { n as f64 * u[1] } else { 0.0 }; }
    meaning_of!(lent_counter, u: [0.7, 1.3] => [2.7, 2.6]);
}

/// A helper changes rows, and lends them to another one.
mod lent_row {
    use super::*;
    #[differentiable] fn normalise<const N: usize>(row: &mut [f64; N]) -> f64 { let s = row.iter().sum::<f64>(); for x in row.iter_mut() { *x /= s; } s }
    #[differentiable] fn both(m: &mut [[f64; 2]; 2], k: f64) { for r in 0..2 { let s = normalise(&mut m[r]); m[r][0] += k * s; } }
    #[ode] fn lent_row(du: &mut [f64; 2], u: &[f64; 2]) { let mut m = [[u[0], u[1]], [2.0, u[0]]]; both(&mut m, 0.5); let s = normalise(&mut m[1]); du[0] = m[0][0] * m[1][1]; du[1] = m[0][1] + s; }
    meaning_of!(lent_row, u: [0.7, 1.3] => [0.14893617021276595, 3.0]);
}

/// Functions inside the body change what they are lent.
mod lent_to_inner_functions {
    use super::*;
    #[ode] fn lent_to_inner_functions(du: &mut [f64; 2], u: &[f64; 2]) { fn add(a: &mut f64, b: f64) { *a += b; } fn swap(w: &mut [f64; 2]) -> f64 { w.swap(0, 1); if w[0] > 1.0 { return w[0]; } 0.0 } let mut s = u[0]; add(&mut s, u[1]); let mut w = *u; let t = swap(&mut w); add(&mut w[1], s); du[0] = w[0] + t; du[1] = w[1]; }
    meaning_of!(lent_to_inner_functions, u: [0.7, 1.3] => [2.6, 2.7]);
}

/// A helper of `&f64` is given items of an iterator.
mod references_handed_on {
    use super::*;
    #[differentiable] fn h(x: &f64) -> f64 { *x * *x + 1.0 }
    #[ode] fn references_handed_on(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = 0.0; for v in u.iter() { s += h(v); } for v in u { s += h(v); } du[0] = s; du[1] = u.iter().map(|v| h(v)).sum::<f64>() + h(&u[0]); }
    meaning_of!(references_handed_on, u: [0.7, 1.3] => [8.360000000000001, 5.670000000000001]);
}

/// A helper of `&f64` is mapped by its name.
mod helper_of_references_by_name {
    use super::*;
    #[differentiable] fn h(x: &f64) -> f64 { x.exp() }
    #[ode] fn helper_of_references_by_name(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u.iter().map(h).sum(); let w = [u[0] * 2.0, 3.0]; du[1] = w.iter().map(h).fold(0.0, |a, b| a + b); let z = u[0]; let r = &z; du[1] += h(r) + h(&z) + h(&(u[1] * 2.0)); }
    meaning_of!(helper_of_references_by_name, u: [0.7, 1.3] => [5.6830493750897215, 41.63198033997499]);
}

/// A reference is given another place.
mod references_that_move {
    use super::*;
    #[ode] fn references_that_move(du: &mut [f64; 2], u: &[f64; 2]) { let mut best = &u[0]; for x in u.iter() { if x > best { best = x; } } du[0] = *best; let mut row = &[1.0, 2.0]; let other = [u[0], u[1]]; if u[0] > 0.0 { row = &other; } du[1] = row[1]; }
    meaning_of!(references_that_move, u: [0.7, 1.3] => [1.3, 1.3]);
}
