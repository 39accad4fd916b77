//! Every solver under test behind one function type: solve a problem to a time with a tolerance, keep the end state.
//!
//! Each adapter is the cheapest documented way through its library: no dense output, nothing saved that can be left
//! out, fixed-size states where the library has them, and the same `rtol = atol`.

mod by_hand;
mod differential_equations;
pub mod diffsol;
mod ivp;
mod ode_solvers;
mod ours;
mod russell;

use crate::problems::Problem;

/// Where a solve ended, and what it cost.
pub struct End<const N: usize> {
    /// The state at the end.
    pub u: [f64; N],
    /// Evaluations of the right-hand side.
    pub evaluations: usize,
}

/// A method of a library.
pub struct Contender<P, const N: usize> {
    /// The library: a crate's name, `diffeq`, or `hand_tsit5`.
    pub library: &'static str,
    /// The method.
    pub method: &'static str,
    /// Solves the problem from 0 to a time with `rtol = atol`; `None` where the library gives up.
    pub solve: fn(&P, f64, f64) -> Option<End<N>>,
}

impl<P, const N: usize> Contender<P, N> {
    /// A row of the list below.
    pub fn new(
        library: &'static str,
        method: &'static str,
        solve: fn(&P, f64, f64) -> Option<End<N>>,
    ) -> Self {
        Self { library, method, solve }
    }
}

/// The name of our library in the tables.
pub const OURS: &str = "diffeq";
/// The name of the baseline.
pub const BY_HAND: &str = "hand_tsit5";

/// Everyone who takes part, ours first.
pub fn contenders<P: Problem<N>, const N: usize>() -> Vec<Contender<P, N>> {
    [
        ours::methods(),
        by_hand::methods(),
        ivp::methods(),
        ode_solvers::methods(),
        differential_equations::methods(),
        russell::methods(),
        diffsol::methods(),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The steps after which a solve is given up, for every library that lets one choose.
const MAX_STEPS: usize = 2_000_000;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problems::LotkaVolterra;

    use crate::reference;

    #[test]
    fn everyone_solves_lotka_volterra() {
        let problem = LotkaVolterra::default();
        let end = reference::states(&problem, &[LotkaVolterra::END])[0];
        for c in contenders::<LotkaVolterra, 2>() {
            let at = |tolerance| (c.solve)(&problem, LotkaVolterra::END, tolerance).expect("solvable");
            let (loose, tight) = (at(1e-5), at(1e-9));
            let error = |u: [f64; 2]| (u[0] - end[0]).abs().max((u[1] - end[1]).abs());
            // Local tolerances become global errors with a factor of up to 1e3 over three periods.
            assert!(error(tight.u) < 1e-6, "{} {}: {:e}", c.library, c.method, error(tight.u));
            assert!(tight.evaluations > loose.evaluations, "{} {}", c.library, c.method);
        }
    }
}
