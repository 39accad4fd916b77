//! Attitude of a satellite with a magnetic torquer; quaternions as arrays, vectors with methods.
use diffeq::prelude::*;

#[derive(Components, Clone, Copy, Default)]
pub struct Vec3 {
    pub x: f64,
    pub y: f64,
    pub z: f64,
}

#[differentiable]
impl Vec3 {
    pub fn new(x: f64, y: f64, z: f64) -> Self {
        Self { x, y, z }
    }
    pub fn dot(&self, other: &Vec3) -> f64 {
        self.x * other.x + self.y * other.y + self.z * other.z
    }
    pub fn cross(&self, other: &Vec3) -> Vec3 {
        Vec3::new(
            self.y * other.z - self.z * other.y,
            self.z * other.x - self.x * other.z,
            self.x * other.y - self.y * other.x,
        )
    }
    pub fn scaled(self, k: f64) -> Vec3 {
        Vec3::new(k * self.x, k * self.y, k * self.z)
    }
    pub fn minus(self, other: Vec3) -> Vec3 {
        Vec3::new(self.x - other.x, self.y - other.y, self.z - other.z)
    }
    pub fn norm(&self) -> f64 {
        self.dot(self).sqrt()
    }
}

#[derive(Components, Clone, Copy)]
pub struct Satellite {
    pub q: [f64; 4],
    pub omega: Vec3,
}

#[derive(Components, Clone, Copy)]
pub struct Craft {
    pub inertia: Vec3,
    pub gain: f64,
}

#[differentiable]
fn quat_rate(q: &[f64; 4], w: &Vec3) -> [f64; 4] {
    let [q0, q1, q2, q3] = *q;
    [
        -0.5 * (q1 * w.x + q2 * w.y + q3 * w.z),
        0.5 * (q0 * w.x + q2 * w.z - q3 * w.y),
        0.5 * (q0 * w.y + q3 * w.x - q1 * w.z),
        0.5 * (q0 * w.z + q1 * w.y - q2 * w.x),
    ]
}

#[ode]
pub fn attitude(s: &Satellite, craft: &Craft, t: f64) -> Satellite {
    let field = Vec3::new(t.cos(), 0.0, t.sin()).scaled(1.0 / (1.0 + 0.1 * t));
    let h = Vec3::new(craft.inertia.x * s.omega.x, craft.inertia.y * s.omega.y, craft.inertia.z * s.omega.z);
    let damping = s.omega.cross(&field).cross(&field).scaled(craft.gain / field.norm());
    let torque = damping.minus(s.omega.cross(&h));
    Satellite {
        q: quat_rate(&s.q, &s.omega),
        omega: Vec3 { x: torque.x / craft.inertia.x, y: torque.y / craft.inertia.y, z: torque.z / craft.inertia.z },
    }
}
