//! The crate `differential-equations`: its explicit methods with a history.

use differential_equations::control::ControlFlag;
use differential_equations::prelude::*;

use super::Contender;

const LIBRARY: &str = "differential-equations";

/// An equation with `L` lags by closures.
#[derive(Clone)]
struct System<F, G> {
    slope: F,
    lags: G,
}

impl<F, G, const L: usize, const N: usize> DDE<L, f64, [f64; N]> for System<F, G>
where
    F: Fn(f64, &[f64; N], &[[f64; N]; L], &mut [f64; N]),
    G: Fn(f64, &[f64; N]) -> [f64; L],
{
    fn diff(&self, t: f64, u: &[f64; N], z: &[[f64; N]; L], du: &mut [f64; N]) {
        (self.slope)(t, u, z, du);
    }
    fn lags(&self, t: f64, u: &[f64; N], lags: &mut [f64; L]) {
        *lags = (self.lags)(t, u);
    }
}

/// Saves the end alone.
struct Last(f64);

impl<const N: usize> Solout<f64, [f64; N]> for Last {
    fn solout<I>(
        &mut self,
        t: f64,
        _: f64,
        u: &[f64; N],
        _: &[f64; N],
        _: &mut I,
        solution: &mut Solution<f64, [f64; N]>,
    ) -> ControlFlag<f64, [f64; N]>
    where
        I: Interpolation<f64, [f64; N]> + ?Sized,
    {
        if t >= self.0 {
            solution.push(t, *u);
        }
        ControlFlag::Continue
    }
}

/// Its methods of order 5 and above, on a problem that rested before.
pub fn methods<const L: usize, const N: usize>(
    start: [f64; N],
    end: f64,
    longest: f64,
    slope: impl Fn(f64, &[f64; N], &[[f64; N]; L], &mut [f64; N]) + Clone + 'static,
    lags: impl Fn(f64, &[f64; N]) -> [f64; L] + Clone + 'static,
) -> Vec<Contender> {
    let system = System { slope, lags };
    macro_rules! list {
        ($($method:ident)*) => {
            vec![$( {
                let system = system.clone();
                Contender {
                    library: LIBRARY,
                    method: stringify!($method),
                    solve: Box::new(move |tolerance| {
                        let method = ExplicitRungeKutta::$method().rtol(tolerance).atol(tolerance);
                        let mut method = method.max_steps(1_000_000).max_delay(longest);
                        let solution = differential_equations::dde::solve_dde(
                            &mut method,
                            &system,
                            0.0,
                            end,
                            &start,
                            move |_| start,
                            // It may stop within rounding of the end.
                            &mut Last(end * (1.0 - 1e-12)),
                        )
                        .ok()?;
                        Some((solution.y.last()?.to_vec(), solution.evals.function))
                    }),
                }
            } ),*]
        };
    }
    list!(dopri5 dop853 rkv656e rkv767e rkv878e)
}
