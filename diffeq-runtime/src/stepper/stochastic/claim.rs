//! Whether noise commutes that is said to: on exact derivatives, where a solve starts.

use crate::error::Error;
use crate::problem::DiffusionJvp;
use crate::problem::Model;
use crate::problem::NoiseShape;
use crate::real::Real;
use crate::space::Vector;
use crate::space::assign_zero;

/// Two products of derivatives that differ by more than so much of what they are made of are not one.
const ROUNDING: f64 = 1e-9;

/// How far off the start the claim is checked as well, in parts of the state: at a state of its own it may hold by chance.
const ASIDE: [f64; 3] = [0.0, 0.013, -0.007];

/// Refuses noise of which `#[sde(commutative)]` says that it commutes, where it does not.
pub(super) fn check_claim<T: Real, M: DiffusionJvp<T>>(
    model: &M,
    (u0, p): (&M::State, &M::Params),
    t: f64,
) -> Result<(), Error> {
    if !M::CLAIMS_COMMUTATIVE {
        return Ok(());
    }
    let mut u = u0.clone();
    for aside in ASIDE {
        for (i, (u, u0)) in u.as_mut_slice().iter_mut().zip(u0.as_slice()).enumerate() {
            *u = *u0 + T::lit(aside * (1.0 + u0.value().abs()) * (1.0 + 0.37 * i as f64));
        }
        if let Some(found) = contradiction(model, &u, p, T::lit(t)) {
            return Err(found);
        }
    }
    Ok(())
}

/// Two columns of the noise that do not commute.
fn contradiction<T: Real, M: DiffusionJvp<T>>(model: &M, u: &M::State, p: &M::Params, t: T) -> Option<Error> {
    let mut g = model.blank_noise(u);
    model.noise(&mut g, u, p, t);
    let n = M::Shape::processes(&g);
    // How the noise changes along each of its columns.
    let changes: Vec<M::Noise> = (0..n)
        .map(|j| {
            let (mut column, mut change) = (u.zeros_like(), g.clone());
            M::Shape::add_column(&g, j, 1.0, &mut column);
            model.noise_state_jvp(&mut change, u, &column, p, t);
            change
        })
        .collect();
    let largest = |g: &M::Noise| g.as_slice().iter().fold(0.0, |most, x| f64::max(most, x.value().abs()));
    let size = changes.iter().map(largest).fold(0.0, f64::max);
    let (mut one, mut other) = (u.zeros_like(), u.zeros_like());
    for j in 0..n {
        for k in 0..j {
            assign_zero(&mut one);
            assign_zero(&mut other);
            M::Shape::add_column(&changes[j], k, 1.0, &mut one);
            M::Shape::add_column(&changes[k], j, 1.0, &mut other);
            for (i, (a, b)) in one.as_slice().iter().zip(other.as_slice()).enumerate() {
                let (a, b) = (a.value(), b.value());
                if (a - b).abs() > ROUNDING * size {
                    let problem = format!(
                        "is claimed of the noise of `{}`, which does not commute: component {i} of (∂g_{k}/∂u) g_{j} is {a:e}, \
                         that of (∂g_{j}/∂u) g_{k} is {b:e}",
                        <M as Model>::NAME
                    );
                    let hint = "leave the claim out of the attribute, and take a method for general noise";
                    return Some(Error::Option { option: "commutative", problem, hint });
                }
            }
        }
    }
    None
}
