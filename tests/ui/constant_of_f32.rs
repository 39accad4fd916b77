use diffeq::Components;
use diffeq::differentiable;
use diffeq::ode;

const RATE: f32 = 0.1;
const LEVELS: [f32; 3] = [0.1, 0.2, 0.7];

struct Setting {
    gain: f32,
}

const SETTING: Setting = Setting { gain: 0.1 };

#[derive(Components)]
struct Spring {
    k: f64,
}

impl Spring {
    const SLACK: f32 = 0.1;

    #[differentiable]
    fn force(&self, x: f64) -> f64 {
        -self.k * (x - (Self::SLACK + 0.3) as f64)
    }
}

/// The sum, the comparison and the sine are rounded to `f32`.
#[ode]
fn rounded(u: &[f64; 2], p: &Spring) -> [f64; 2] {
    let x = if RATE > 0.1 { u[0] } else { u[1] };
    [x * (RATE + 0.3) as f64, p.force(u[1]) * (2.0 * SETTING.gain).sin() as f64]
}

#[differentiable]
fn level<const N: usize>(u: &[f64; N]) -> f64 {
    let mut s = 0.0;
    for i in 0..N {
        s += u[i] * (LEVELS[i] * 0.3) as f64;
    }
    s
}

/// One cause, one error: rustc says it of the function itself.
#[ode]
fn without_a_cast(u: &[f64; 2]) -> [f64; 2] {
    [u[1], -RATE * u[0]]
}

fn main() {}
