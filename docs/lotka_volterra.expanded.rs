/// Lotka-Volterra predator-prey dynamics.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct lotka_volterra;
#[allow(unused_imports, clippy::all, clippy::pedantic)]
const _: () = {
    use Real as _;
    #[allow(dead_code)]
    /// Lotka-Volterra predator-prey dynamics.
    fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
        let [x, y] = *u;
        let [alpha, beta, delta, gamma] = *p;
        du[0] = alpha * x - beta * x * y;
        du[1] = -delta * y + gamma * x * y;
    }
    impl<T: Real> System<T> for lotka_volterra {
        type State = [T; 2];
        type Params = [T; 4];
    }
    impl<T: Real> Rhs<T> for lotka_volterra {
        #[inline]
        fn rhs(&self, du: &mut [T; 2], u: &[T; 2], p: &[T; 4], _t: T) {
            let x = u[0];
            let y = u[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            du[0] = alpha * x - beta * x * y;
            du[1] = gamma * x * y - delta * y;
        }
    }
    impl<T: Real> Jvp<T> for lotka_volterra {
        #[inline]
        fn jvp(
            &self,
            du: &mut [T; 2],
            du_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 4],
            p_dot_1: &[T; 4],
            _t: T,
            _t_dot_1: T,
        ) {
            let x = u[0];
            let x_dot_1 = u_dot_1[0];
            let y = u[1];
            let y_dot_1 = u_dot_1[1];
            let alpha = p[0];
            let alpha_dot_1 = p_dot_1[0];
            let beta = p[1];
            let beta_dot_1 = p_dot_1[1];
            let delta = p[2];
            let delta_dot_1 = p_dot_1[2];
            let gamma = p[3];
            let gamma_dot_1 = p_dot_1[3];
            let beta_x_1 = beta * x;
            du_dot_1[0] = x * (alpha_dot_1 - y * beta_dot_1)
                + x_dot_1 * (alpha - y * beta) - beta_x_1 * y_dot_1;
            du[0] = alpha * x - beta_x_1 * y;
            let gamma_x_1 = gamma * x;
            du_dot_1[1] = y * (x * gamma_dot_1 + gamma * x_dot_1 - delta_dot_1)
                + y_dot_1 * (gamma_x_1 - delta);
            du[1] = gamma_x_1 * y - delta * y;
        }
        #[inline]
        fn tangent(
            &self,
            du_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 4],
            p_dot_1: &[T; 4],
            _t: T,
            _t_dot_1: T,
        ) {
            let x = u[0];
            let x_dot_1 = u_dot_1[0];
            let y = u[1];
            let y_dot_1 = u_dot_1[1];
            let alpha = p[0];
            let alpha_dot_1 = p_dot_1[0];
            let beta = p[1];
            let beta_dot_1 = p_dot_1[1];
            let delta = p[2];
            let delta_dot_1 = p_dot_1[2];
            let gamma = p[3];
            let gamma_dot_1 = p_dot_1[3];
            du_dot_1[0] = x * (alpha_dot_1 - y * beta_dot_1 - beta * y_dot_1)
                + x_dot_1 * (alpha - y * beta);
            du_dot_1[1] = y * (x * gamma_dot_1 + gamma * x_dot_1 - delta_dot_1)
                + y_dot_1 * (gamma * x - delta);
        }
    }
    impl<T: Real> Vjp<T> for lotka_volterra {
        #[inline]
        fn vjp(
            &self,
            du_bar_1: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 4],
            _t: T,
            u_bar_1: &mut [T; 2],
            p_bar_1: &mut [T; 4],
            _t_bar_1: &mut T,
            _work_1: &mut Workspace<T>,
        ) {
            let x = u[0];
            let y = u[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            let du_bar_1_2 = du_bar_1[1];
            let y_du_bar_1_2 = y * du_bar_1_2;
            let du_bar_1_0 = du_bar_1[0];
            let y_du_bar_1_0 = y * du_bar_1_0;
            let y_bar_1 = x * (gamma * du_bar_1_2 - beta * du_bar_1_0)
                - delta * du_bar_1_2;
            let x_bar_1 = gamma * y_du_bar_1_2 - beta * y_du_bar_1_0
                + alpha * du_bar_1_0;
            p_bar_1[3] += x * y_du_bar_1_2;
            p_bar_1[2] -= y_du_bar_1_2;
            p_bar_1[1] -= x * y_du_bar_1_0;
            p_bar_1[0] += x * du_bar_1_0;
            u_bar_1[1] += y_bar_1;
            u_bar_1[0] += x_bar_1;
        }
        #[inline]
        fn state_vjp(
            &self,
            du_bar_1: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 4],
            _t: T,
            u_bar_1: &mut [T; 2],
            _work_1: &mut Workspace<T>,
        ) {
            let x = u[0];
            let y = u[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            let du_bar_1_2 = du_bar_1[1];
            let du_bar_1_0 = du_bar_1[0];
            let difference_1 = gamma * du_bar_1_2 - beta * du_bar_1_0;
            let y_bar_1 = x * difference_1 - delta * du_bar_1_2;
            let x_bar_1 = y * difference_1 + alpha * du_bar_1_0;
            u_bar_1[1] += y_bar_1;
            u_bar_1[0] += x_bar_1;
        }
    }
    impl Sparsity for lotka_volterra {
        fn blank(
            &self,
            _state_len_1: usize,
            _params_len_1: usize,
        ) -> ([Mark; 2], [Mark; 4]) {
            ([Mark(0); 2], [Mark(0); 4])
        }
        fn dependencies(
            &self,
            du: &mut [Mark; 2],
            u: &[Mark; 2],
            p: &[Mark; 4],
            _t: Mark,
        ) {
            let x = u[0];
            let y = u[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            du[0] = (x | alpha) | (y | (x | beta));
            du[1] = (y | (x | gamma)) | (y | delta);
        }
    }
    impl<T: Real> Jacobian<T> for lotka_volterra {
        const AUTONOMOUS: bool = true;
        const CONSTANT_IN_STATE: bool = false;
        const AFFINE: bool = false;
        const CONSTANT: bool = false;
        #[inline]
        fn time_gradient(
            &self,
            du_dot_1: &mut [T; 2],
            _u_1: &[T; 2],
            _p_1: &[T; 4],
            _t: T,
        ) {
            clear::<T, _>(du_dot_1);
        }
        #[inline]
        fn state_jvp(
            &self,
            du_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 4],
            _t: T,
        ) {
            let x = u[0];
            let x_dot_1 = u_dot_1[0];
            let y = u[1];
            let y_dot_1 = u_dot_1[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            let x_y_dot_1 = x * y_dot_1;
            du_dot_1[0] = x_dot_1 * (alpha - y * beta) - beta * x_y_dot_1;
            du_dot_1[1] = gamma * (y * x_dot_1 + x_y_dot_1) - delta * y_dot_1;
        }
    }
    impl Model for lotka_volterra {
        const NAME: &'static str = "lotka_volterra";
        const DOC: &'static str = "Lotka-Volterra predator-prey dynamics.";
        fn state_names() -> ::std::vec::Vec<::std::string::String> {
            ["x", "y"].map(::std::string::String::from).to_vec()
        }
        fn param_names() -> ::std::vec::Vec<::std::string::String> {
            ["alpha", "beta", "delta", "gamma"].map(::std::string::String::from).to_vec()
        }
        const WRITTEN: bool = true;
        #[inline]
        fn written(du_1: &mut [f64], u_1: &[f64], p_1: &[f64], t_1: f64) {
            write_in_place(
                du_1,
                |du_1| lotka_volterra(
                    du_1,
                    &read(u_1),
                    &read(p_1),
                    t_1,
                ),
            );
        }
        #[inline]
        fn compiled(du_1: &mut [f64], u_1: &[f64], p_1: &[f64], t_1: f64) {
            compiled::<
                Self,
            >(([0.0; 2], [0.0; 4]), du_1, u_1, p_1, t_1);
        }
    }
};
