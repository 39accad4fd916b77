//! Oral and intravenous doses by a schedule, linear and saturable elimination.
use diffeq::prelude::*;

#[derive(Clone, Copy, PartialEq, Eq)]
enum Route {
    Oral,
    Bolus,
    Infusion,
}

const SCHEDULE: &[(f64, f64, Route)] = &[
    (0.0, 100.0, Route::Oral),
    (0.25, 50.0, Route::Bolus),
    (0.35, 20.0, Route::Infusion),
];

#[derive(Components, Clone, Copy)]
pub struct Drug {
    ka: f64,
    cl: f64,
    vc: f64,
    q: f64,
    vmax: f64,
    km: f64,
}

#[differentiable]
fn pulse(t: f64, start: f64, width: f64) -> f64 {
    let x = (t - start) / width;
    if !(0.0..=1.0).contains(&x) {
        0.0
    } else {
        (std::f64::consts::PI * x).sin().powi(2) * 2.0 / width
    }
}

#[ode]
pub fn pharmacokinetics(du: &mut [f64; 4], u: &[f64; 4], p: &Drug, t: f64) {
    let &[gut, central, peripheral, _eliminated] = u;
    let (mut oral, mut iv) = (0.0, 0.0);
    for &(time, amount, route) in SCHEDULE {
        if t < time {
            break;
        }
        let rate = match route {
            Route::Infusion => amount * pulse(t, time, 0.5),
            Route::Bolus | Route::Oral => amount * pulse(t, time, 0.1),
        };
        if route == Route::Oral {
            oral += rate;
        } else {
            iv += rate;
        }
    }
    let c = central / p.vc;
    let out = p.cl * c + p.vmax * c / (p.km + c);
    let exchange = p.q * (c - peripheral / p.vc);
    *du = [oral - p.ka * gut, iv + p.ka * gut - out - exchange, exchange, out];
}
