/// The price of a stock, and the level of its noise, which goes its own way.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct stock;
#[allow(unused_imports, clippy::all, clippy::pedantic)]
const _: () = {
    use Real as _;
    #[allow(dead_code)]
    /// The price of a stock, and the level of its noise, which goes its own way.
    fn stock(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3]) {
        let [price, level] = *u;
        let [growth, pull, spread] = *p;
        du[0] = growth * price;
        du[1] = pull * (1.0 - level);
        noise[0] = 0.2 * price;
        noise[1] = spread * level.sqrt();
    }
    ///The drift of `stock`.
    #[allow(non_camel_case_types)]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct drift_of_stock;
    impl<T: Real> System<T> for drift_of_stock {
        type State = [T; 2];
        type Params = [T; 3];
    }
    impl<T: Real> Rhs<T> for drift_of_stock {
        #[inline]
        fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 3], _t: T) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            du[0] = growth * price;
            du[1] = pull * (T::ONE - level);
        }
    }
    impl<T: Real> Jvp<T> for drift_of_stock {
        #[inline]
        fn jvp(
            &self,
            du: &mut [T; 2],
            du_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 3],
            p_dot: &[T; 3],
            _t: T,
            _t_dot: T,
        ) {
            let price = u[0];
            let price_dot = u_dot[0];
            let level = u[1];
            let level_dot = u_dot[1];
            let growth = p[0];
            let growth_dot = p_dot[0];
            let pull = p[1];
            let pull_dot = p_dot[1];
            du_dot[0] = price * growth_dot + growth * price_dot;
            du[0] = growth * price;
            let difference_1 = T::ONE - level;
            du_dot[1] = difference_1 * pull_dot - pull * level_dot;
            du[1] = pull * difference_1;
        }
        #[inline]
        fn tangent(
            &self,
            du_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 3],
            p_dot: &[T; 3],
            _t: T,
            _t_dot: T,
        ) {
            let price = u[0];
            let price_dot = u_dot[0];
            let level = u[1];
            let level_dot = u_dot[1];
            let growth = p[0];
            let growth_dot = p_dot[0];
            let pull = p[1];
            let pull_dot = p_dot[1];
            du_dot[0] = price * growth_dot + growth * price_dot;
            du_dot[1] = (T::ONE - level) * pull_dot - pull * level_dot;
        }
    }
    impl<T: Real> Vjp<T> for drift_of_stock {
        #[inline]
        fn vjp(
            &self,
            du_bar: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t: T,
            u_bar: &mut [T; 2],
            p_bar: &mut [T; 3],
            _t_bar: &mut T,
            _work: &mut Workspace<T>,
        ) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            let du_bar_1 = du_bar[1];
            let level_bar = -(pull * du_bar_1);
            let du_bar_0 = du_bar[0];
            let price_bar = growth * du_bar_0;
            p_bar[1] += (T::ONE - level) * du_bar_1;
            p_bar[0] += price * du_bar_0;
            u_bar[1] += level_bar;
            u_bar[0] += price_bar;
        }
        #[inline]
        fn state_vjp(
            &self,
            du_bar: &mut [T; 2],
            _u: &[T; 2],
            p: &[T; 3],
            _t: T,
            u_bar: &mut [T; 2],
            _work: &mut Workspace<T>,
        ) {
            let growth = p[0];
            let pull = p[1];
            let level_bar = -(pull * du_bar[1]);
            let price_bar = growth * du_bar[0];
            u_bar[1] += level_bar;
            u_bar[0] += price_bar;
        }
    }
    impl Sparsity for drift_of_stock {
        fn blank(
            &self,
            _state_len: usize,
            _params_len: usize,
        ) -> ([Mark; 2], [Mark; 3]) {
            ([Mark(0); 2], [Mark(0); 3])
        }
        fn dependencies(
            &self,
            du: &mut [Mark; 2],
            u: &[Mark; 2],
            p: &[Mark; 3],
            _t: Mark,
        ) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            du[0] = price | growth;
            du[1] = level | pull;
        }
    }
    impl<T: Real> Jacobian<T> for drift_of_stock {
        const AUTONOMOUS: bool = true;
        const CONSTANT_IN_STATE: bool = true;
        const AFFINE: bool = true;
        const CONSTANT: bool = true;
        #[inline]
        fn time_gradient(&self, du_dot: &mut [T; 2], _u: &[T; 2], _p: &[T; 3], _t: T) {
            clear::<T, _>(du_dot);
        }
        #[inline]
        fn state_jvp(
            &self,
            du_dot: &mut [T; 2],
            _u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 3],
            _t: T,
        ) {
            let price_dot = u_dot[0];
            let level_dot = u_dot[1];
            let growth = p[0];
            let pull = p[1];
            du_dot[0] = growth * price_dot;
            du_dot[1] = -(pull * level_dot);
        }
    }
    impl Model for drift_of_stock {
        const NAME: &'static str = "stock";
        const DOC: &'static str = "The price of a stock, and the level of its noise, which goes its own way.";
        fn state_names() -> ::std::vec::Vec<::std::string::String> {
            ["price", "level"].map(::std::string::String::from).to_vec()
        }
        fn param_names() -> ::std::vec::Vec<::std::string::String> {
            ["growth", "pull", "spread"].map(::std::string::String::from).to_vec()
        }
        const WRITTEN: bool = true;
        #[inline]
        fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
            let noise: &mut [f64] = &mut [];
            write_in_place(
                du,
                |du| write_in_place(
                    noise,
                    |noise| stock(
                        du,
                        noise,
                        &read(u),
                        &read(p),
                    ),
                ),
            );
        }
        #[inline]
        fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
            compiled::<Self>(([0.0; 2], [0.0; 3]), du, u, p, t);
        }
    }
    impl<T: Real> System<T> for stock {
        type State = [T; 2];
        type Params = [T; 3];
    }
    impl Model for stock {
        const NAME: &'static str = "stock";
        const DOC: &'static str = "The price of a stock, and the level of its noise, which goes its own way.";
        fn state_names() -> ::std::vec::Vec<::std::string::String> {
            ["price", "level"].map(::std::string::String::from).to_vec()
        }
        fn param_names() -> ::std::vec::Vec<::std::string::String> {
            ["growth", "pull", "spread"].map(::std::string::String::from).to_vec()
        }
        const WRITTEN: bool = true;
        #[inline]
        fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
            let (du, noise) = du.split_at_mut(u.len());
            write_in_place(
                du,
                |du| write_in_place(
                    noise,
                    |noise| stock(
                        du,
                        noise,
                        &read(u),
                        &read(p),
                    ),
                ),
            );
        }
        fn written_len(state: usize) -> usize {
            state + state * 1
        }
        #[inline]
        fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
            compiled_with_noise::<
                Self,
            >(([0.0; 2], [0.0; 3]), du, u, p, t);
        }
    }
    ///The noise of `stock`: `noise[0]` depends on `u[0]`.
    #[allow(non_camel_case_types)]
    #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
    struct Diagonal_since_noise_0_depends_on_u_0;
    impl Because for Diagonal_since_noise_0_depends_on_u_0 {
        type Class = Diagonal;
    }
    impl Stochastic for stock {
        type Interpretation = Ito;
        type Class = Diagonal_since_noise_0_depends_on_u_0;
        type Drift = drift_of_stock;
        const CLAIMS_COMMUTATIVE: bool = false;
        fn drift(&self) -> Self::Drift {
            drift_of_stock
        }
    }
    impl<T: Real> Diffusion<T> for stock {
        type Noise = [T; 2];
        type Shape = OneForEach;
        fn blank_noise(&self, u: &[T; 2]) -> Self::Noise {
            Vector::<T>::zeros_like(u)
        }
        #[inline]
        fn noise(&self, noise: &mut [T; 2], u: &[T; 2], p: &[T; 3], _t: T) {
            let price = u[0];
            let level = u[1];
            let spread = p[2];
            noise[0] = T::lit(0.2) * price;
            noise[1] = spread * level.sqrt();
        }
        #[inline]
        fn drift_and_noise(
            &self,
            du: &mut [T; 2],
            noise: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t: T,
        ) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            let spread = p[2];
            du[0] = growth * price;
            du[1] = pull * (T::ONE - level);
            noise[0] = T::lit(0.2) * price;
            noise[1] = spread * level.sqrt();
        }
    }
    impl<T: Real> DiffusionJvp<T> for stock {
        #[inline]
        fn noise_jvp(
            &self,
            noise: &mut [T; 2],
            noise_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 3],
            p_dot: &[T; 3],
            _t: T,
            _t_dot: T,
        ) {
            let price = u[0];
            let price_dot = u_dot[0];
            let level = u[1];
            let level_dot = u_dot[1];
            let spread = p[2];
            let spread_dot = p_dot[2];
            noise_dot[0] = T::lit(0.2) * price_dot;
            noise[0] = T::lit(0.2) * price;
            let sqrt_level = level.sqrt();
            noise_dot[1] = sqrt_level * spread_dot
                + spread * level_dot.zero_or_times(T::lit(0.5) / sqrt_level);
            noise[1] = spread * sqrt_level;
        }
        #[inline]
        fn noise_state_jvp(
            &self,
            noise_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 3],
            _t: T,
        ) {
            let price_dot = u_dot[0];
            let level = u[1];
            let level_dot = u_dot[1];
            let spread = p[2];
            noise_dot[0] = T::lit(0.2) * price_dot;
            noise_dot[1] = spread * level_dot.zero_or_times(T::lit(0.5) / level.sqrt());
        }
    }
    impl<T: Real> DiffusionVjp<T> for stock {
        #[inline]
        fn noise_vjp(
            &self,
            noise_bar: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t: T,
            u_bar: &mut [T; 2],
            p_bar: &mut [T; 3],
            _t_bar: &mut T,
            _work: &mut Workspace<T>,
        ) {
            let level = u[1];
            let spread = p[2];
            let sqrt_level = level.sqrt();
            let noise_bar_1 = noise_bar[1];
            let level_bar = (spread * noise_bar_1)
                .zero_or_times(T::lit(0.5) / sqrt_level);
            let price_bar = T::lit(0.2) * noise_bar[0];
            p_bar[2] += sqrt_level * noise_bar_1;
            u_bar[1] += level_bar;
            u_bar[0] += price_bar;
        }
        #[inline]
        fn drift_and_noise_vjp(
            &self,
            du_bar: &mut [T; 2],
            noise_bar: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t: T,
            u_bar: &mut [T; 2],
            p_bar: &mut [T; 3],
            _t_bar: &mut T,
            _work: &mut Workspace<T>,
        ) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            let spread = p[2];
            let sqrt_level = level.sqrt();
            let noise_bar_1 = noise_bar[1];
            let du_bar_1 = du_bar[1];
            let level_bar = (spread * noise_bar_1)
                .zero_or_times(T::lit(0.5) / sqrt_level) - pull * du_bar_1;
            let du_bar_0 = du_bar[0];
            let price_bar = T::lit(0.2) * noise_bar[0] + growth * du_bar_0;
            p_bar[2] += sqrt_level * noise_bar_1;
            p_bar[1] += (T::ONE - level) * du_bar_1;
            p_bar[0] += price * du_bar_0;
            u_bar[1] += level_bar;
            u_bar[0] += price_bar;
        }
    }
    impl DiffusionSparsity for stock {
        fn noise_dependencies(
            &self,
            noise: &mut [Mark; 2],
            u: &[Mark; 2],
            p: &[Mark; 3],
            _t: Mark,
        ) {
            let price = u[0];
            let level = u[1];
            let spread = p[2];
            noise[0] = price;
            noise[1] = level | spread;
        }
    }
};
