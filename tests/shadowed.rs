//! Names of the user's own that generated code or the compiler could take for those of the standard library.

#![allow(dead_code, clippy::needless_range_loop, clippy::manual_memcpy)]

use diffeq::Components;
use diffeq::differentiable;
use diffeq::ode;
use diffeq::sde;
use testkit::meaning;
use testkit::meaning::At;

/// A model over slices, whose memory generated code makes, beside other things called `Vec`, `vec`, `Option`, `Some`, `None`
/// and `Default`.
mod of_the_standard_library {
    use super::*;

    #[derive(Components, Clone, Copy)]
    struct Vec {
        x: f64,
        y: f64,
    }

    #[allow(clippy::enum_variant_names)]
    enum Option {
        Some,
        None,
    }
    #[allow(unused_imports)]
    use Option::None;
    #[allow(unused_imports)]
    use Option::Some;

    trait Default {
        fn default() -> u8 {
            0
        }
    }

    #[allow(unused_macros)]
    macro_rules! vec {
        ($($anything:tt)*) => {
            compile_error!("no vector of ours")
        };
    }
    #[allow(unused_macros)]
    macro_rules! format {
        ($($anything:tt)*) => {
            compile_error!("no text of ours")
        };
    }

    #[ode]
    fn chain(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        let mut carried = t;
        for i in 0..u.len() {
            carried = (carried * u[i] + p[i % 2]).sin();
            du[i] = carried;
        }
    }

    #[ode]
    fn turns(u: &Vec, p: &f64) -> Vec {
        let longer = Vec { x: u.x + u.y, ..*u };
        Vec { x: -p * longer.y, y: p * longer.x }
    }

    #[sde]
    fn shaken(du: &mut [f64], noise: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        for i in 0..u.len() {
            du[i] = -p[0] * u[i] * t;
            noise[i] = p[1] * u[i];
        }
    }

    #[test]
    fn models_are_what_was_written() {
        let at = At { u: &[0.7, -0.3, 1.2], p: &[0.4, 0.9], t: 0.3 };
        let mut carried = 0.3_f64;
        let by_hand = [0.7, -0.3, 1.2].map(|u: f64| u).into_iter().enumerate();
        let by_hand: std::vec::Vec<f64> = by_hand
            .map(|(i, u)| {
                carried = (carried * u + [0.4, 0.9][i % 2]).sin();
                carried
            })
            .collect();
        meaning::value(&chain, at, std::option::Option::Some(&by_hand));
        meaning::derivatives(&chain, at);
        let at = At { u: &[0.7, -0.3], p: &[0.4], t: 0.0 };
        meaning::value(&turns, at, std::option::Option::Some(&[0.4 * 0.3, 0.4 * (0.7 - 0.3)]));
        meaning::derivatives(&turns, at);
    }
}

/// Methods of a block of which the configuration takes away one or the other.
mod switched_methods {
    use super::*;

    #[derive(Components, Clone, Copy)]
    struct Spring {
        k: f64,
    }

    #[differentiable]
    impl Spring {
        #[cfg(any())]
        fn force(&self, x: f64) -> f64 {
            self.k * x * x
        }

        #[cfg(not(any()))]
        fn force(&self, x: f64) -> f64 {
            -self.k * x
        }

        /// What is not there may be anything.
        #[cfg(any())]
        fn energy(&self, x: f64) -> f64 {
            let mut pieces = vec![x];
            pieces.push(self.k);
            pieces.iter().sum()
        }

        #[cfg_attr(all(), cfg(any()))]
        fn rest(&self, x: f64) -> f64 {
            x
        }

        #[cfg_attr(any(), cfg(any()))]
        fn rest(&self, x: f64) -> f64 {
            0.5 * x
        }
    }

    #[ode]
    fn swings(u: &[f64; 2], p: &Spring) -> [f64; 2] {
        [u[1], p.force(u[0]) + p.rest(u[1])]
    }

    #[test]
    fn the_one_that_is_there_is_called() {
        let at = At { u: &[0.7, -0.3], p: &[0.4], t: 0.0 };
        meaning::value(&swings, at, Some(&[-0.3, -0.4 * 0.7 + 0.5 * -0.3]));
        meaning::derivatives(&swings, at);
    }
}
