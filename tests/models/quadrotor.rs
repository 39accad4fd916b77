//! A quadrotor: rotation matrices as nested arrays, a cascade controller, borrowed parts of the state.
use diffeq::prelude::*;

type Vec3 = [f64; 3];
type Mat3 = [[f64; 3]; 3];

mod frame {
    pub const ARM: f64 = 0.17;
    pub const GRAVITY: f64 = 9.81;
    pub const MIX: [[f64; 3]; 4] = [[0.0, -1.0, 1.0], [1.0, 0.0, -1.0], [0.0, 1.0, 1.0], [-1.0, 0.0, -1.0]];
}

#[differentiable]
fn rotation(angles: &[f64]) -> Mat3 {
    let (sr, cr) = angles[0].sin_cos();
    let (sp, cp) = angles[1].sin_cos();
    let (sy, cy) = angles[2].sin_cos();
    [
        [cp * cy, sr * sp * cy - cr * sy, cr * sp * cy + sr * sy],
        [cp * sy, sr * sp * sy + cr * cy, cr * sp * sy - sr * cy],
        [-sp, sr * cp, cr * cp],
    ]
}

#[differentiable]
fn mul(m: &Mat3, v: &Vec3) -> Vec3 {
    let mut out = [0.0; 3];
    for (o, row) in out.iter_mut().zip(m.iter()) {
        *o = row.iter().zip(v.iter()).map(|(a, b)| a * b).sum();
    }
    out
}

#[ode]
pub fn quadrotor(du: &mut [f64; 12], u: &[f64; 12], p: &[f64; 6], t: f64) {
    let (mass, inertia) = (p[0], &p[1..4]);
    let (kp, kd) = (p[4], p[5]);
    let position = &u[0..3];
    let velocity = &u[3..6];
    let angles = &u[6..9];
    let rates = &u[9..12];
    let height = 1.0 + 0.2 * t.sin();
    let total = mass * (frame::GRAVITY + kp * (height - position[2]) - kd * velocity[2]);
    let mut thrust = [total / 4.0; 4];
    for (k, axis) in [0usize, 1, 2].into_iter().enumerate() {
        let command = -kp * angles[axis] - kd * rates[axis];
        for (motor, mix) in thrust.iter_mut().zip(frame::MIX) {
            *motor += mix[k] * command * inertia[axis];
        }
    }
    let thrust = thrust.map(|f| f.max(0.0));
    let lift: f64 = thrust.iter().sum();
    let world = mul(&rotation(angles), &[0.0, 0.0, lift / mass]);
    let mut moment = [0.0; 3];
    for (f, mix) in thrust.iter().zip(&frame::MIX) {
        for (m, w) in moment.iter_mut().zip(mix) {
            *m += frame::ARM * w * f;
        }
    }
    for k in 0..3 {
        du[k] = velocity[k];
        du[3 + k] = world[k] - if k == 2 { frame::GRAVITY } else { 0.0 };
        du[6 + k] = rates[k];
        let (a, b) = ((k + 1) % 3, (k + 2) % 3);
        du[9 + k] = (moment[k] + (inertia[a] - inertia[b]) * rates[a] * rates[b]) / inertia[k];
    }
}
