//! Enums of the user, matched on.

use super::*;

#[derive(Clone, Copy, Debug, PartialEq)]
enum Response {
    Linear,
    Saturating,
    Power(i32),
}

#[derive(Clone, Copy)]
enum Policy {
    Open,
    Closed { start: f64, end: f64, factor: f64 },
}

const KIND: Response = Response::Saturating;
const KINDS: [Response; 3] = [Response::Linear, Response::Saturating, Response::Power(3)];
const POLICY: Policy = Policy::Closed { start: 0.2, end: 3.0, factor: 0.3 };
const NONE: Policy = Policy::Open;

impl Response {
    #[differentiable]
    fn of(self, x: f64) -> f64 {
        match self {
            Response::Linear => x,
            Self::Saturating => x / (1.0 + x * x),
            Self::Power(n) => x.powi(n),
        }
    }
}

#[differentiable]
fn response(kind: Response, x: f64, a: f64) -> f64 {
    match kind {
        Response::Linear => a * x,
        Response::Saturating => a * x / (1.0 + x * x),
        Response::Power(n) => a * x.powi(n),
    }
}

#[differentiable]
fn twice(kind: Response, x: f64) -> f64 {
    let again = if kind == Response::Linear { 1.0 } else { 2.0 };
    again * response(kind, x, x)
}

#[differentiable]
fn factor(policy: &Policy, t: f64) -> f64 {
    if let Policy::Closed { start, end, factor } = *policy {
        if t >= start && t <= end {
            return factor;
        }
    }
    1.0
}

models! {
    fn a_constant(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        du[0] = response(KIND, u[0], p[0]);
        du[1] = response(Response::Power(2), u[1], p[1]) + twice(KIND, u[0]);
        du[2] = match KIND {
            Response::Linear => u[2],
            Response::Saturating if u[2] > 0.0 => 2.0 * u[2],
            _ => -u[2],
        };
    }
    fn a_table(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        for i in 0..3 {
            du[i] = response(KINDS[i], u[i], p[0]);
            if matches!(KINDS[i], Response::Power(_)) {
                du[i] += p[1];
            }
        }
    }
    fn with_fields(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let mut reduced = 1.0;
        if let Policy::Closed { start, end, factor: f } = POLICY {
            if t >= start && t <= end {
                reduced = f;
            }
        }
        du[0] = reduced * u[0];
        du[1] = factor(&POLICY, t) * u[1] + factor(&NONE, t);
        du[2] = if let Policy::Open = NONE { u[2] * u[2] } else { 0.0 };
    }
    fn chosen(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        let kind = if t > 1.0 { Response::Linear } else { Response::Saturating };
        let other = kind;
        du[0] = response(kind, u[0], p[0]);
        du[1] = match other {
            Response::Linear => u[1],
            _ => u[1] * u[1],
        };
        du[2] = if KIND != Response::Linear { u[2] } else { 0.0 };
    }
    fn of_its_own(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
        du[0] = KIND.of(u[0]);
        du[1] = Response::Power(3).of(u[1]) * p[0];
        for i in 2..3 {
            du[i] = KINDS[i].of(u[i]);
        }
    }
}

mod tests {
    use super::check;
    tests!(a_constant a_table with_fields chosen of_its_own);
}
