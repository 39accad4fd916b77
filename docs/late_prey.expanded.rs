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
        fn lags(&self, p: &[T; 3], t: T, work_1: &mut Workspace<T>) {
            let delay = p[2];
            work_1.push(t - delay);
            work_1.push(T::ZERO);
        }
        fn lag_tangents(
            &self,
            p: &[T; 3],
            p_dot_1: &[T; 3],
            t: T,
            work_1: &mut Workspace<T>,
        ) {
            let delay = p[2];
            let delay_dot_1 = p_dot_1[2];
            work_1.push(t - delay);
            work_1.push(T::ZERO);
            work_1.push(-delay_dot_1);
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
            let prey_predators_1 = prey * predators;
            du[0] = birth * value_1 - prey_predators_1;
            du[1] = prey_predators_1 - death * predators;
        }
        const WRITTEN: bool = true;
        #[inline]
        fn written(
            du_1: &mut [f64],
            u_1: &[f64],
            past_1: &Earlier<'_>,
            p_1: &[f64],
            t_1: f64,
        ) {
            write_in_place(
                du_1,
                |du_1| late_prey(
                    du_1,
                    &read(u_1),
                    past_1,
                    &read(p_1),
                    t_1,
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
            du_dot_1: &mut [T; 2],
            u: &[T; 2],
            u_dot_1: &[T; 2],
            h: &H,
            h_dot_1: &B,
            p: &[T; 3],
            p_dot_1: &[T; 3],
            t: T,
            t_dot_1: T,
        ) {
            let prey = u[0];
            let prey_dot_1 = u_dot_1[0];
            let predators = u[1];
            let predators_dot_1 = u_dot_1[1];
            let birth = p[0];
            let birth_dot_1 = p_dot_1[0];
            let death = p[1];
            let death_dot_1 = p_dot_1[1];
            let delay = p[2];
            let delay_dot_1 = p_dot_1[2];
            let (value_1, value_2) = History::component_jvp(
                h,
                h_dot_1,
                t - delay,
                t_dot_1 - delay_dot_1,
                0,
                (),
            );
            let prey_predators_1 = prey * predators;
            let sum_1 = predators * prey_dot_1 + prey * predators_dot_1;
            du_dot_1[0] = value_1 * birth_dot_1 + birth * value_2 - sum_1;
            du[0] = birth * value_1 - prey_predators_1;
            du_dot_1[1] = sum_1 - (predators * death_dot_1 + death * predators_dot_1);
            du[1] = prey_predators_1 - death * predators;
        }
        #[inline]
        fn time_gradient<H: History<T, [T; 2]>>(
            &self,
            du_dot_1: &mut [T; 2],
            h: &H,
            _u_1: &[T; 2],
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
            du_dot_1[0] = birth * value_2;
            du_dot_1[1] = T::ZERO;
        }
        #[inline]
        fn state_jvp<H: History<T, [T; 2]>>(
            &self,
            du_dot_1: &mut [T; 2],
            _h_1: &H,
            u: &[T; 2],
            u_dot_1: &[T; 2],
            p: &[T; 3],
            _t_1: T,
        ) {
            let prey = u[0];
            let prey_dot_1 = u_dot_1[0];
            let predators = u[1];
            let predators_dot_1 = u_dot_1[1];
            let death = p[1];
            let sum_1 = predators * prey_dot_1 + prey * predators_dot_1;
            du_dot_1[0] = -sum_1;
            du_dot_1[1] = sum_1 - death * predators_dot_1;
        }
    }
    impl<T: Real> DelayedVjp<T> for late_prey {
        #[inline]
        fn vjp<
            H: History<T, [T; 2]>,
            B: HistoryCotangent<T, [T; 2]>,
        >(
            &self,
            du_bar_1: &mut [T; 2],
            u: &[T; 2],
            h: &H,
            h_bar_1: &mut B,
            p: &[T; 3],
            t: T,
            u_bar_1: &mut [T; 2],
            p_bar_1: &mut [T; 3],
            t_bar_1: &mut T,
            work_1: &mut Workspace<T>,
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
            let du_bar_1_2 = du_bar_1[1];
            let du_bar_1_0 = du_bar_1[0];
            let difference_2 = du_bar_1_2 - du_bar_1_0;
            let predators_bar_1 = prey * difference_2 - death * du_bar_1_2;
            let mut x_bar_1 = T::ZERO;
            History::component_vjp(
                h,
                difference_1,
                0,
                birth * du_bar_1_0,
                h_bar_1,
                &mut x_bar_1,
                &mut (),
                work_1,
            );
            let x_bar_2 = x_bar_1;
            let delay_bar_1 = -x_bar_2;
            p_bar_1[2] += delay_bar_1;
            p_bar_1[1] -= predators * du_bar_1_2;
            p_bar_1[0] += value_1 * du_bar_1_0;
            u_bar_1[1] += predators_bar_1;
            u_bar_1[0] += predators * difference_2;
            *t_bar_1 += x_bar_2;
        }
        #[inline]
        fn state_vjp<H: History<T, [T; 2]>>(
            &self,
            du_bar_1: &mut [T; 2],
            u: &[T; 2],
            _h_1: &H,
            p: &[T; 3],
            _t_1: T,
            u_bar_1: &mut [T; 2],
            _work_1: &mut Workspace<T>,
        ) {
            let prey = u[0];
            let predators = u[1];
            let death = p[1];
            let du_bar_1_2 = du_bar_1[1];
            let difference_1 = du_bar_1_2 - du_bar_1[0];
            let predators_bar_1 = prey * difference_1 - death * du_bar_1_2;
            u_bar_1[1] += predators_bar_1;
            u_bar_1[0] += predators * difference_1;
        }
    }
    impl DelayedSparsity for late_prey {
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
