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
        fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 3], _t_1: T) {
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
            du_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 3],
            p_dot_1: &[T; 3],
            _t_1: T,
            _t_dot_1: T,
        ) {
            let price = u[0];
            let price_dot_1 = u_dot_1[0];
            let level = u[1];
            let level_dot_1 = u_dot_1[1];
            let growth = p[0];
            let growth_dot_1 = p_dot_1[0];
            let pull = p[1];
            let pull_dot_1 = p_dot_1[1];
            du_dot_1[0] = price * growth_dot_1 + growth * price_dot_1;
            du[0] = growth * price;
            let difference_1 = T::ONE - level;
            du_dot_1[1] = difference_1 * pull_dot_1 - pull * level_dot_1;
            du[1] = pull * difference_1;
        }
        #[inline]
        fn tangent(
            &self,
            du_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 3],
            p_dot_1: &[T; 3],
            _t_1: T,
            _t_dot_1: T,
        ) {
            let price = u[0];
            let price_dot_1 = u_dot_1[0];
            let level = u[1];
            let level_dot_1 = u_dot_1[1];
            let growth = p[0];
            let growth_dot_1 = p_dot_1[0];
            let pull = p[1];
            let pull_dot_1 = p_dot_1[1];
            du_dot_1[0] = price * growth_dot_1 + growth * price_dot_1;
            du_dot_1[1] = (T::ONE - level) * pull_dot_1 - pull * level_dot_1;
        }
    }
    impl<T: Real> Vjp<T> for drift_of_stock {
        #[inline]
        fn vjp(
            &self,
            du_bar_1: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t_1: T,
            u_bar_1: &mut [T; 2],
            p_bar_1: &mut [T; 3],
            _t_bar_1: &mut T,
            _work_1: &mut Workspace<T>,
        ) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            let du_bar_1_2 = du_bar_1[1];
            let level_bar_1 = -(pull * du_bar_1_2);
            let du_bar_1_0 = du_bar_1[0];
            let price_bar_1 = growth * du_bar_1_0;
            p_bar_1[1] += (T::ONE - level) * du_bar_1_2;
            p_bar_1[0] += price * du_bar_1_0;
            u_bar_1[1] += level_bar_1;
            u_bar_1[0] += price_bar_1;
        }
        #[inline]
        fn state_vjp(
            &self,
            du_bar_1: &mut [T; 2],
            _u_1: &[T; 2],
            p: &[T; 3],
            _t_1: T,
            u_bar_1: &mut [T; 2],
            _work_1: &mut Workspace<T>,
        ) {
            let growth = p[0];
            let pull = p[1];
            let level_bar_1 = -(pull * du_bar_1[1]);
            let price_bar_1 = growth * du_bar_1[0];
            u_bar_1[1] += level_bar_1;
            u_bar_1[0] += price_bar_1;
        }
    }
    impl Sparsity for drift_of_stock {
        fn blank(
            &self,
            _state_len_1: usize,
            _params_len_1: usize,
        ) -> ([Mark; 2], [Mark; 3]) {
            ([Mark(0); 2], [Mark(0); 3])
        }
        fn dependencies(
            &self,
            du: &mut [Mark; 2],
            u: &[Mark; 2],
            p: &[Mark; 3],
            _t_1: Mark,
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
        fn time_gradient(
            &self,
            du_dot_1: &mut [T; 2],
            _u_1: &[T; 2],
            _p_1: &[T; 3],
            _t_1: T,
        ) {
            clear::<T, _>(du_dot_1);
        }
        #[inline]
        fn state_jvp(
            &self,
            du_dot_1: &mut [T; 2],
            _u_1: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 3],
            _t_1: T,
        ) {
            let price_dot_1 = u_dot_1[0];
            let level_dot_1 = u_dot_1[1];
            let growth = p[0];
            let pull = p[1];
            du_dot_1[0] = growth * price_dot_1;
            du_dot_1[1] = -(pull * level_dot_1);
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
        fn written(du_1: &mut [f64], u_1: &[f64], p_1: &[f64], t_1: f64) {
            let noise_1: &mut [f64] = &mut [];
            write_in_place(
                du_1,
                |du_1| write_in_place(
                    noise_1,
                    |noise_1| stock(
                        du_1,
                        noise_1,
                        &read(u_1),
                        &read(p_1),
                    ),
                ),
            );
        }
        #[inline]
        fn compiled(du_1: &mut [f64], u_1: &[f64], p_1: &[f64], t_1: f64) {
            compiled::<
                Self,
            >(([0.0; 2], [0.0; 3]), du_1, u_1, p_1, t_1);
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
        fn written(du_1: &mut [f64], u_1: &[f64], p_1: &[f64], t_1: f64) {
            let (du_1, noise_1) = du_1.split_at_mut(u_1.len());
            write_in_place(
                du_1,
                |du_1| write_in_place(
                    noise_1,
                    |noise_1| stock(
                        du_1,
                        noise_1,
                        &read(u_1),
                        &read(p_1),
                    ),
                ),
            );
        }
        fn written_len(state_1: usize) -> usize {
            state_1 + state_1 * 1
        }
        #[inline]
        fn compiled(du_1: &mut [f64], u_1: &[f64], p_1: &[f64], t_1: f64) {
            compiled_with_noise::<
                Self,
            >(([0.0; 2], [0.0; 3]), du_1, u_1, p_1, t_1);
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
        fn blank_noise(&self, u_1: &[T; 2]) -> Self::Noise {
            Vector::<T>::zeros_like(u_1)
        }
        #[inline]
        fn noise(&self, noise: &mut [T; 2], u: &[T; 2], p: &[T; 3], _t_1: T) {
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
            _t_1: T,
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
            noise_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 3],
            p_dot_1: &[T; 3],
            _t_1: T,
            _t_dot_1: T,
        ) {
            let price = u[0];
            let price_dot_1 = u_dot_1[0];
            let level = u[1];
            let level_dot_1 = u_dot_1[1];
            let spread = p[2];
            let spread_dot_1 = p_dot_1[2];
            noise_dot_1[0] = T::lit(0.2) * price_dot_1;
            noise[0] = T::lit(0.2) * price;
            let sqrt_level_1 = level.sqrt();
            noise_dot_1[1] = sqrt_level_1 * spread_dot_1
                + spread * level_dot_1.zero_or_times(T::lit(0.5) / sqrt_level_1);
            noise[1] = spread * sqrt_level_1;
        }
        #[inline]
        fn noise_state_jvp(
            &self,
            noise_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 3],
            _t_1: T,
        ) {
            let price_dot_1 = u_dot_1[0];
            let level = u[1];
            let level_dot_1 = u_dot_1[1];
            let spread = p[2];
            noise_dot_1[0] = T::lit(0.2) * price_dot_1;
            noise_dot_1[1] = spread
                * level_dot_1.zero_or_times(T::lit(0.5) / level.sqrt());
        }
    }
    impl<T: Real> DiffusionVjp<T> for stock {
        #[inline]
        fn noise_vjp(
            &self,
            noise_bar_1: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t_1: T,
            u_bar_1: &mut [T; 2],
            p_bar_1: &mut [T; 3],
            _t_bar_1: &mut T,
            _work_1: &mut Workspace<T>,
        ) {
            let level = u[1];
            let spread = p[2];
            let sqrt_level_1 = level.sqrt();
            let noise_bar_1_2 = noise_bar_1[1];
            let level_bar_1 = (spread * noise_bar_1_2)
                .zero_or_times(T::lit(0.5) / sqrt_level_1);
            let price_bar_1 = T::lit(0.2) * noise_bar_1[0];
            p_bar_1[2] += sqrt_level_1 * noise_bar_1_2;
            u_bar_1[1] += level_bar_1;
            u_bar_1[0] += price_bar_1;
        }
        #[inline]
        fn drift_and_noise_vjp(
            &self,
            du_bar_1: &mut [T; 2],
            noise_bar_1: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 3],
            _t_1: T,
            u_bar_1: &mut [T; 2],
            p_bar_1: &mut [T; 3],
            _t_bar_1: &mut T,
            _work_1: &mut Workspace<T>,
        ) {
            let price = u[0];
            let level = u[1];
            let growth = p[0];
            let pull = p[1];
            let spread = p[2];
            let sqrt_level_1 = level.sqrt();
            let noise_bar_1_2 = noise_bar_1[1];
            let du_bar_1_2 = du_bar_1[1];
            let level_bar_1 = (spread * noise_bar_1_2)
                .zero_or_times(T::lit(0.5) / sqrt_level_1) - pull * du_bar_1_2;
            let du_bar_1_0 = du_bar_1[0];
            let price_bar_1 = T::lit(0.2) * noise_bar_1[0] + growth * du_bar_1_0;
            p_bar_1[2] += sqrt_level_1 * noise_bar_1_2;
            p_bar_1[1] += (T::ONE - level) * du_bar_1_2;
            p_bar_1[0] += price * du_bar_1_0;
            u_bar_1[1] += level_bar_1;
            u_bar_1[0] += price_bar_1;
        }
    }
    impl DiffusionSparsity for stock {
        fn noise_dependencies(
            &self,
            noise: &mut [Mark; 2],
            u: &[Mark; 2],
            p: &[Mark; 3],
            _t_1: Mark,
        ) {
            let price = u[0];
            let level = u[1];
            let spread = p[2];
            noise[0] = price;
            noise[1] = level | spread;
        }
    }
};
