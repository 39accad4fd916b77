//! A planar arm of two links: mass matrix, its inverse, a controller with saturation.
use diffeq::prelude::*;

type Mat2 = [[f64; 2]; 2];

#[derive(Components, Clone, Copy)]
pub struct Arm {
    pub m: [f64; 2],
    pub l: [f64; 2],
    pub kp: f64,
    pub kd: f64,
}

#[differentiable]
fn inverse(m: &Mat2) -> Mat2 {
    let [[a, b], [c, d]] = *m;
    let det = a * d - b * c;
    [[d / det, -b / det], [-c / det, a / det]]
}

#[differentiable]
fn apply(m: &Mat2, v: [f64; 2]) -> [f64; 2] {
    m.map(|row| row.iter().zip(v).map(|(a, b)| a * b).sum())
}

#[differentiable]
impl Arm {
    fn mass(&self, q2: f64) -> Mat2 {
        let [m1, m2] = self.m;
        let [l1, l2] = self.l;
        let c = q2.cos();
        let m12 = m2 * l2 * (l2 + l1 * c);
        [[(m1 + m2) * l1 * l1 + m2 * l2 * l2 + 2.0 * m2 * l1 * l2 * c, m12], [m12, m2 * l2 * l2]]
    }
    fn coriolis(&self, q2: f64, w: [f64; 2]) -> [f64; 2] {
        let h = self.m[1] * self.l[0] * self.l[1] * q2.sin();
        [-h * (2.0 * w[0] * w[1] + w[1] * w[1]), h * w[0] * w[0]]
    }
}

#[ode]
pub fn arm(u: [f64; 4], p: &Arm, t: f64) -> [f64; 4] {
    let [q1, q2, w1, w2] = u;
    let target = [0.5 * t.sin(), 0.3];
    let limit = 5.0;
    let pd = |q: f64, goal: f64, w: f64| (p.kp * (goal - q) - p.kd * w).clamp(-limit, limit);
    let tau = [pd(q1, target[0], w1), pd(q2, target[1], w2)];
    let bias = p.coriolis(q2, [w1, w2]);
    let net = [tau[0] - bias[0], tau[1] - bias[1]];
    let [a1, a2] = apply(&inverse(&p.mass(q2)), net);
    [w1, w2, a1, a2]
}
