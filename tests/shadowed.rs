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

/// A model's name is a unit struct, which a pattern of that name means: models called as generated code might call its own
/// variables, beside a model of every kind.
mod models_of_every_name {
    use diffeq::delay::Initial;
    use diffeq::prelude::*;
    use diffeq::problem::DelayedVjp;
    use diffeq::problem::DiffusionJvp;
    use diffeq::problem::DiffusionVjp;
    use diffeq::problem::Stochastic;
    use diffeq::space::Vector;
    use diffeq::space::Workspace;
    use testkit::meaning;
    use testkit::meaning::At;
    use testkit::meaning::Flat;

    macro_rules! models {
        ($($name:ident)*) => { $(
            #[ode]
            fn $name(only_this: f64) -> f64 {
                -only_this
            }
        )* };
    }

    #[allow(non_camel_case_types)]
    mod among_them {
        use super::*;

        models! {
            acc after again all alike args array bar bars bars_of both chosen col count carried curvature cos difference dot
            dots dt du du_bar du_dot end entry exp found from h h_bar h_dot history holds i i0 i1 index inner integers item j
            k kept len length lens map memory minus mark marks n n0 n1 names next noise noise_bar noise_dot of of_slope
            of_value other out p p_bar p_bar_of_slope p_dot params params_len part past past_bar past_dot primal product
            ratio reals rest result row s seed sin site slope src stack state state_len still sum switch t t_bar t_dot tangent
            this times to u u_bar u_dot value values w work written x x_bar x_dot y z
            _p _t _u _work _state _params _state_len _params_len
            duu_bar duu_dot nn_bar nn_dot uu_bar uu_dot uu_jj uu_squared pp_bar pp_dot pp_jj tt_bar tt_dot ww_bar ww_dot
            xx_bar xx_dot sin_xx mm_bar mm_dot ac_bar ac_dot ac_before before_bar before_dot hh_bar hh_dot zz_bar zz_dot
            uu_jj_squared uu_pos this_pos by_bar by_dot this_bar this_dot ll_kept ac_kept
        }

        include!("shadowed/models.rs");
    }

    mod alone {
        use super::*;

        include!("shadowed/models.rs");
    }

    /// What an equation computes, which is what was written, too.
    fn equation(model: &dyn Flat, u: &[f64], p: &[f64]) -> Vec<f64> {
        let at = At { u, p, t: 0.3 };
        meaning::value(model, at, None);
        meaning::derivatives(model, at);
        let direction: Vec<f64> = (0..u.len() + p.len() + 1).map(|i| 0.3 + 0.7 * i as f64).collect();
        let (value, tangent) = model.jvp(at, &direction);
        let bars = model.vjp(at, &direction[..u.len()]);
        [value, tangent, bars.concat()].concat()
    }

    fn noise<F: DiffusionJvp<f64> + DiffusionVjp<f64>>(model: F, u: F::State, p: F::Params) -> Vec<f64> {
        let (mut noise, mut noise_dot) = (model.blank_noise(&u), model.blank_noise(&u));
        model.noise_jvp(&mut noise, &mut noise_dot, &u, &u, &p, &p, 0.3, 1.0);
        let all = [noise.as_slice(), noise_dot.as_slice()].concat();
        let (mut u_bar, mut p_bar, mut t_bar) = (u.zeros_like(), p.zeros_like(), 0.0);
        model.noise_vjp(
            &mut noise_dot,
            &u,
            &p,
            0.3,
            &mut u_bar,
            &mut p_bar,
            &mut t_bar,
            &mut Workspace::new(),
        );
        [&all[..], u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat()
    }

    fn delayed<F, H>(problem: DdeProblem<F, H>) -> Vec<f64>
    where
        F: DelayedVjp<f64, State = [f64; 2], Params = [f64; 2]>,
        H: Initial<f64, F::State, F::Params>,
    {
        let solver = problem.solver(Tsit5).save_at(Grid::points([2.0]));
        let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
        let gradient = pullback.call(&[[1.0, 0.3]]).unwrap();
        [&solution.end()[..], &gradient.u0, &gradient.p].concat()
    }

    #[test]
    fn are_in_the_way_of_no_other() {
        let (alone, among_them) = (alone::everything(), among_them::everything());
        assert!(alone.iter().flatten().all(|x| x.is_finite()) && alone.iter().flatten().any(|x| *x != 0.0));
        assert_eq!(alone, among_them);
    }
}
