/// Prey and predators, where prey are born of those that were there a delay before.
#[allow(non_camel_case_types)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct late_prey;
#[allow(unused_imports, clippy::all, clippy::pedantic)]
const _: () = {
    use Real as _;
    #[allow(dead_code)]
    /// Prey and predators, where prey are born of those that were there a delay before.
    fn late_prey(
        du: &mut [f64; 2],
        u: &[f64; 2],
        h: &impl History<[f64; 2]>,
        p: &[f64; 3],
        t: f64,
    ) {
        let [prey, predators] = *u;
        let [birth, death, delay] = *p;
        du[0] = birth * h.at(t - delay)[0] - prey * predators;
        du[1] = prey * predators - death * predators;
    }
    impl<T: Real> Delayed<T> for late_prey {
        type State = [T; 2];
        type Params = [T; 3];
        const LAGS: &'static [Lag] = &[
            Lag {
                kind: LagKind::Parameter,
                of_slope: false,
            },
        ];
        fn lags(&self, p: &[T; 3], t: T, work: &mut Workspace<T>) {
            let delay = p[2];
            work.push(t - delay);
            work.push(T::ZERO);
        }
        fn lag_tangents(
            &self,
            p: &[T; 3],
            p_dot: &[T; 3],
            t: T,
            work: &mut Workspace<T>,
        ) {
            let delay = p[2];
            let delay_dot = p_dot[2];
            work.push(t - delay);
            work.push(T::ZERO);
            work.push(-delay_dot);
        }
        #[inline]
        fn rhs<H: History<T, [T; 2]>>(
            &self,
            du: &mut [T; 2],
            u: &[T; 2],
            h: &H,
            p: &[T; 3],
            t: T,
        ) {
            let prey = u[0];
            let predators = u[1];
            let birth = p[0];
            let death = p[1];
            let delay = p[2];
            let value_1 = History::component_value(h, t - delay, 0);
            let prey_predators = prey * predators;
            du[0] = birth * value_1 - prey_predators;
            du[1] = prey_predators - death * predators;
        }
        const WRITTEN: bool = true;
        #[inline]
        fn written(
            du: &mut [f64],
            u: &[f64],
            past: &Earlier<'_>,
            p: &[f64],
            t: f64,
        ) {
            write_in_place(
                du,
                |du| late_prey(
                    du,
                    &read(u),
                    past,
                    &read(p),
                    t,
                ),
            );
        }
    }
    impl<T: Real> DelayedJvp<T> for late_prey {
        #[inline]
        fn jvp<
            H: History<T, [T; 2]>,
            B: HistoryTangent<T, [T; 2]>,
        >(
            &self,
            du: &mut [T; 2],
            du_dot: &mut [T; 2],
            u: &[T; 2],
            u_dot: &[T; 2],
            h: &H,
            h_dot: &B,
            p: &[T; 3],
            p_dot: &[T; 3],
            t: T,
            t_dot: T,
        ) {
            let prey = u[0];
            let prey_dot = u_dot[0];
            let predators = u[1];
            let predators_dot = u_dot[1];
            let birth = p[0];
            let birth_dot = p_dot[0];
            let death = p[1];
            let death_dot = p_dot[1];
            let delay = p[2];
            let delay_dot = p_dot[2];
            let (value_1, value_2) = History::component_jvp(
                h,
                h_dot,
                t - delay,
                t_dot - delay_dot,
                0,
                (),
            );
            let prey_predators = prey * predators;
            let sum_1 = predators * prey_dot + prey * predators_dot;
            du_dot[0] = value_1 * birth_dot + birth * value_2 - sum_1;
            du[0] = birth * value_1 - prey_predators;
            du_dot[1] = sum_1 - (predators * death_dot + death * predators_dot);
            du[1] = prey_predators - death * predators;
        }
        #[inline]
        fn time_gradient<H: History<T, [T; 2]>>(
            &self,
            du_dot: &mut [T; 2],
            h: &H,
            _u: &[T; 2],
            p: &[T; 3],
            t: T,
        ) {
            let birth = p[0];
            let delay = p[2];
            let (value_1, value_2) = History::component_jvp(
                h,
                &(),
                t - delay,
                T::ONE,
                0,
                (),
            );
            du_dot[0] = birth * value_2;
            du_dot[1] = T::ZERO;
        }
        #[inline]
        fn state_jvp<H: History<T, [T; 2]>>(
            &self,
            du_dot: &mut [T; 2],
            _h: &H,
            u: &[T; 2],
            u_dot: &[T; 2],
            p: &[T; 3],
            _t: T,
        ) {
            let prey = u[0];
            let prey_dot = u_dot[0];
            let predators = u[1];
            let predators_dot = u_dot[1];
            let death = p[1];
            let sum_1 = predators * prey_dot + prey * predators_dot;
            du_dot[0] = -sum_1;
            du_dot[1] = sum_1 - death * predators_dot;
        }
    }
    impl<T: Real> DelayedVjp<T> for late_prey {
        #[inline]
        fn vjp<
            H: History<T, [T; 2]>,
            B: HistoryCotangent<T, [T; 2]>,
        >(
            &self,
            du_bar: &mut [T; 2],
            u: &[T; 2],
            h: &H,
            h_bar: &mut B,
            p: &[T; 3],
            t: T,
            u_bar: &mut [T; 2],
            p_bar: &mut [T; 3],
            t_bar: &mut T,
            work: &mut Workspace<T>,
        ) {
            let prey = u[0];
            let predators = u[1];
            let birth = p[0];
            let death = p[1];
            let delay = p[2];
            let difference_1 = t - delay;
            let value_1 = History::component_value(
                h,
                difference_1,
                0,
            );
            let du_bar_1 = du_bar[1];
            let du_bar_0 = du_bar[0];
            let difference_2 = du_bar_1 - du_bar_0;
            let predators_bar = prey * difference_2 - death * du_bar_1;
            let mut x_bar = T::ZERO;
            History::component_vjp(
                h,
                difference_1,
                0,
                birth * du_bar_0,
                h_bar,
                &mut x_bar,
                &mut (),
                work,
            );
            let x_bar_2 = x_bar;
            let delay_bar = -x_bar_2;
            p_bar[2] += delay_bar;
            p_bar[1] -= predators * du_bar_1;
            p_bar[0] += value_1 * du_bar_0;
            u_bar[1] += predators_bar;
            u_bar[0] += predators * difference_2;
            *t_bar += x_bar_2;
        }
        #[inline]
        fn state_vjp<H: History<T, [T; 2]>>(
            &self,
            du_bar: &mut [T; 2],
            u: &[T; 2],
            _h: &H,
            p: &[T; 3],
            _t: T,
            u_bar: &mut [T; 2],
            _work: &mut Workspace<T>,
        ) {
            let prey = u[0];
            let predators = u[1];
            let death = p[1];
            let du_bar_1 = du_bar[1];
            let difference_1 = du_bar_1 - du_bar[0];
            let predators_bar = prey * difference_1 - death * du_bar_1;
            u_bar[1] += predators_bar;
            u_bar[0] += predators * difference_1;
        }
    }
    impl DelayedSparsity for late_prey {
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
            t: Mark,
        ) {
            let prey = u[0];
            let predators = u[1];
            let birth = p[0];
            let death = p[1];
            let delay = p[2];
            let value_1 = prey | predators;
            du[0] = (birth | (t | delay)) | value_1;
            du[1] = value_1 | (predators | death);
        }
    }
    impl Model for late_prey {
        const NAME: &'static str = "late_prey";
        const DOC: &'static str = "Prey and predators, where prey are born of those that were there a delay before.";
        fn state_names() -> ::std::vec::Vec<::std::string::String> {
            ["prey", "predators"].map(::std::string::String::from).to_vec()
        }
        fn param_names() -> ::std::vec::Vec<::std::string::String> {
            ["birth", "death", "delay"].map(::std::string::String::from).to_vec()
        }
    }
};
