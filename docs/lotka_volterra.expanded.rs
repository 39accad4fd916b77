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
            du_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 4],
            p_dot: &[T; 4],
            _t: T,
            _t_dot: T,
        ) {
            let x = u[0];
            let x_dot = u_dot[0];
            let y = u[1];
            let y_dot = u_dot[1];
            let alpha = p[0];
            let alpha_dot = p_dot[0];
            let beta = p[1];
            let beta_dot = p_dot[1];
            let delta = p[2];
            let delta_dot = p_dot[2];
            let gamma = p[3];
            let gamma_dot = p_dot[3];
            let beta_x = beta * x;
            du_dot[0] = x * (alpha_dot - y * beta_dot) + x_dot * (alpha - y * beta)
                - beta_x * y_dot;
            du[0] = alpha * x - beta_x * y;
            let gamma_x = gamma * x;
            du_dot[1] = y * (x * gamma_dot + gamma * x_dot - delta_dot)
                + y_dot * (gamma_x - delta);
            du[1] = gamma_x * y - delta * y;
        }
        #[inline]
        fn tangent(
            &self,
            du_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 4],
            p_dot: &[T; 4],
            _t: T,
            _t_dot: T,
        ) {
            let x = u[0];
            let x_dot = u_dot[0];
            let y = u[1];
            let y_dot = u_dot[1];
            let alpha = p[0];
            let alpha_dot = p_dot[0];
            let beta = p[1];
            let beta_dot = p_dot[1];
            let delta = p[2];
            let delta_dot = p_dot[2];
            let gamma = p[3];
            let gamma_dot = p_dot[3];
            du_dot[0] = x * (alpha_dot - y * beta_dot - beta * y_dot)
                + x_dot * (alpha - y * beta);
            du_dot[1] = y * (x * gamma_dot + gamma * x_dot - delta_dot)
                + y_dot * (gamma * x - delta);
        }
    }
    impl<T: Real> Vjp<T> for lotka_volterra {
        #[inline]
        fn vjp(
            &self,
            du_bar: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 4],
            _t: T,
            u_bar: &mut [T; 2],
            p_bar: &mut [T; 4],
            _t_bar: &mut T,
            _work: &mut Workspace<T>,
        ) {
            let x = u[0];
            let y = u[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            let du_bar_1 = du_bar[1];
            let y_du_bar_1 = y * du_bar_1;
            let du_bar_0 = du_bar[0];
            let y_du_bar_0 = y * du_bar_0;
            let y_bar = x * (gamma * du_bar_1 - beta * du_bar_0) - delta * du_bar_1;
            let x_bar = gamma * y_du_bar_1 - beta * y_du_bar_0 + alpha * du_bar_0;
            p_bar[3] += x * y_du_bar_1;
            p_bar[2] -= y_du_bar_1;
            p_bar[1] -= x * y_du_bar_0;
            p_bar[0] += x * du_bar_0;
            u_bar[1] += y_bar;
            u_bar[0] += x_bar;
        }
        #[inline]
        fn state_vjp(
            &self,
            du_bar: &mut [T; 2],
            u: &[T; 2],
            p: &[T; 4],
            _t: T,
            u_bar: &mut [T; 2],
            _work: &mut Workspace<T>,
        ) {
            let x = u[0];
            let y = u[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            let du_bar_1 = du_bar[1];
            let du_bar_0 = du_bar[0];
            let difference_1 = gamma * du_bar_1 - beta * du_bar_0;
            let y_bar = x * difference_1 - delta * du_bar_1;
            let x_bar = y * difference_1 + alpha * du_bar_0;
            u_bar[1] += y_bar;
            u_bar[0] += x_bar;
        }
    }
    impl Sparsity for lotka_volterra {
        fn blank(
            &self,
            _state_len: usize,
            _params_len: usize,
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
        fn time_gradient(&self, du_dot: &mut [T; 2], _u: &[T; 2], _p: &[T; 4], _t: T) {
            clear::<T, _>(du_dot);
        }
        #[inline]
        fn state_jvp(
            &self,
            du_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 4],
            _t: T,
        ) {
            let x = u[0];
            let x_dot = u_dot[0];
            let y = u[1];
            let y_dot = u_dot[1];
            let alpha = p[0];
            let beta = p[1];
            let delta = p[2];
            let gamma = p[3];
            let x_y_dot = x * y_dot;
            du_dot[0] = x_dot * (alpha - y * beta) - beta * x_y_dot;
            du_dot[1] = gamma * (y * x_dot + x_y_dot) - delta * y_dot;
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
        fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
            write_in_place(
                du,
                |du| lotka_volterra(
                    du,
                    &read(u),
                    &read(p),
                    t,
                ),
            );
        }
        #[inline]
        fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
            compiled::<Self>(([0.0; 2], [0.0; 4]), du, u, p, t);
        }
    }
};
