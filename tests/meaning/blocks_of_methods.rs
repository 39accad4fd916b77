//! Attributes on `impl` blocks, associated functions, and helpers of integers.

use crate::*;

/// The attribute on an `impl` block.
mod impl_block {
    use super::*;
    #[derive(Components, Clone, Copy, Default)] struct V3 { x: f64, y: f64, z: f64 }
    #[differentiable] impl V3 { fn dot(&self, o: &V3) -> f64 { self.x * o.x + self.y * o.y + self.z * o.z } fn cross(&self, o: &V3) -> V3 { V3 { x: self.y * o.z - self.z * o.y, y: self.z * o.x - self.x * o.z, z: self.x * o.y - self.y * o.x } } fn scale(self, k: f64) -> V3 { V3 { x: self.x * k, y: self.y * k, z: self.z * k } } fn norm(&self) -> f64 { self.dot(self).sqrt() } }
    #[ode] fn impl_block(du: &mut [f64; 2], u: &[f64; 2]) { let a = V3 { x: u[0], y: u[1], z: 1.0 }; let b = V3 { x: 0.5, y: -1.0, z: u[0] }; let c = a.cross(&b).scale(2.0); du[0] = c.norm() + a.dot(&c); du[1] = c.x - c.z; }
    meaning_of!(impl_block, u: [0.7, 1.3] => [4.6779055142232195, 6.52]);
}

/// `S::default()`, `..Default::default()`
mod defaults {
    use super::*;
    #[derive(Components, Clone, Copy, Default)] struct St { a: f64, b: [f64; 2] }
    #[derive(Components, Clone, Copy)] struct Cfg { k: f64, w: [f64; 2] }
    impl Default for Cfg { fn default() -> Self { Cfg { k: 0.5, w: [1.0, 2.0] } } }
    #[ode] fn defaults(du: &mut [f64; 2], u: &[f64; 2]) { let mut s = St::default(); s.a += u[0]; let c = Cfg::default(); let d = Cfg { k: 3.0, ..Cfg::default() }; let e = St { a: u[1], ..Default::default() }; du[0] = s.a * c.k + s.b[0] + e.b[1]; du[1] = d.w[1] * d.k * e.a; }
    meaning_of!(defaults, u: [0.7, 1.3] => [0.35, 7.800000000000001]);
}

/// Functions of a type without `self`, constants of it, `mut self`.
mod associated_functions {
    use super::*;
    #[derive(Components, Clone, Copy, Debug, PartialEq)] struct V { x: f64, y: f64 }
    #[differentiable] impl V { const ZERO: V = V { x: 0.0, y: 0.0 }; fn polar(r: f64, th: f64) -> V { let (s, c) = th.sin_cos(); V { x: r * c, y: r * s } } fn plus(mut self, o: &V) -> Self { self.x += o.x; self.y += o.y; self } fn rot(&self, th: f64) -> Self { let e = Self::polar(1.0, th); Self { x: self.x * e.x - self.y * e.y, y: self.x * e.y + self.y * e.x } } fn to_array(self) -> [f64; 2] { [self.x, self.y] } }
    #[ode] fn associated_functions(du: &mut [f64; 2], u: &[f64; 2]) { let v = V::polar(u[0], u[1]).rot(0.3).plus(&V { x: u[1], y: 0.0 }); let mut acc = V::ZERO; for i in 0..2 { acc = acc.plus(&v.rot(i as f64)); } *du = acc.to_array(); }
    meaning_of!(associated_functions, u: [0.7, 1.3] => [1.3821312046594167, 2.154464762654344]);
}

/// A helper of integers is given what another one returns.
mod helpers_of_integers_nested {
    use super::*;
    #[differentiable] fn clampi(k: i32, lo: i32, hi: i32) -> usize { if k < lo { lo as usize } else if k > hi { hi as usize } else { k as usize } }
    #[differentiable] fn bin(x: f64, dx: f64) -> i32 { (x / dx).floor() as i32 }
    const T: [f64; 4] = [1.0, 2.0, 4.0, 8.0];
    #[ode] fn helpers_of_integers_nested(du: &mut [f64; 2], u: &[f64; 2]) { let k = bin(u[0], 0.3); let i = clampi(k, 0, 2); let w = u[0] / 0.3 - k as f64; du[0] = T[i] * (1.0 - w) + T[i + 1] * w; du[1] = T[clampi(bin(u[1], 0.1), 0, 3)] * u[1]; }
    meaning_of!(helpers_of_integers_nested, u: [0.7, 1.3] => [5.333333333333334, 10.4]);
}

/// What a helper makes of a real is an index.
mod index_by_helpers {
    use super::*;
    #[differentiable] fn bin(x: f64) -> usize { if x > 1.0 { 1 } else { 0 } }
    #[differentiable] fn other(k: usize) -> usize { 1 - k }
    #[differentiable] fn take(w: &[f64; 2], k: usize) -> f64 { w[k] }
    #[ode] fn index_by_helpers(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[bin(u[1])]; du[1] = take(u, other(bin(u[0]))); }
    meaning_of!(index_by_helpers, u: [0.7, 1.3] => [1.3, 1.3]);
}

/// `table(level(x))`
mod helper_of_what_a_helper_returns {
    use super::*;
    const T: [f64; 3] = [0.5, 1.0, 2.0];
    #[differentiable] fn level(x: f64) -> usize { if x < 1.0 { 0 } else { 2 } }
    #[differentiable] fn table(k: usize) -> f64 { T[k] }
    #[ode] fn helper_of_what_a_helper_returns(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = table(level(u[0])) * u[0]; du[1] = table(level(u[1])) * u[1]; }
    meaning_of!(helper_of_what_a_helper_returns, u: [0.7, 1.3] => [0.35, 2.6]);
}

/// `pick(u, next(next(i, 2), 2))`
mod helpers_of_integers_of_each_other {
    use super::*;
    #[differentiable] fn next(k: usize, n: usize) -> usize { (k + 1) % n }
    #[differentiable] fn pick(x: &[f64; 2], k: usize) -> f64 { x[k] }
    #[ode] fn helpers_of_integers_of_each_other(du: &mut [f64; 2], u: &[f64; 2]) { for i in 0..2 { du[i] = pick(u, next(next(i, 2), 2)) + u[next(i, 2)] * next(i, 5) as f64; } }
    meaning_of!(helpers_of_integers_of_each_other, u: [0.7, 1.3] => [2.0, 2.7]);
}

/// Variants and constants of types are indices.
mod constants_of_types_as_indices {
    use super::*;
    struct Cfg; impl Cfg { const K: f64 = 0.5; const N: usize = 2; const W: [f64; 2] = [1.0, 3.0]; }
    #[repr(usize)] #[derive(Clone, Copy)] enum Sp { Prey, Pred }
    #[ode] fn constants_of_types_as_indices(du: &mut [f64; 2], u: &[f64; 2]) { let prey = Sp::Prey as usize; du[prey] = Cfg::K * u[Sp::Pred as usize]; du[Sp::Pred as usize] = 0.0; for i in 0..Cfg::N { du[1] += Cfg::W[i] * u[i]; } }
    meaning_of!(constants_of_types_as_indices, u: [0.7, 1.3] => [0.65, 4.6000000000000005]);
}

/// A variant is chosen, matched and compared.
mod variant_chosen {
    use super::*;
    #[derive(Clone, Copy, PartialEq)] enum Gate { Open, Closed, Partial(f64) }
    #[differentiable] fn flow(g: f64, x: f64) -> f64 { g * x }
    #[ode] fn variant_chosen(du: &mut [f64; 2], u: &[f64; 2]) { let g = if u[0] > 1.0 { Gate::Open } else { Gate::Closed }; du[0] = match g { Gate::Open => flow(1.0, u[0]), Gate::Closed => flow(0.1, u[0]), Gate::Partial(k) => flow(k, u[0]) }; du[1] = if g == Gate::Closed { u[1] } else { -u[1] }; }
    meaning_of!(variant_chosen, u: [0.7, 1.3] => [0.06999999999999999, 1.3]);
}
