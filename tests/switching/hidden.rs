//! Times at which a model switches, and which nobody finds: a derivative that may lack their motion does not know its error. The
//! derivatives that are right are integrals by hand.

use diffeq::prelude::*;
use diffeq::problem::Delayed;
use diffeq::problem::Stochastic;
use diffeq::problem::System;
use diffeq::sensitivity::DiscreteAdjoint;
use diffeq::sensitivity::ForwardSensitivity;
use diffeq::sensitivity::GaussAdjoint;
use diffeq::sensitivity::Interpolating;

const P: [f64; 3] = [0.7, 1.1, 1.9];
const END: f64 = 3.0;

/// What every way to a gradient of `∫ f dt` by the parameters says, and how large it says its error is.
macro_rules! gradients {
    ($model:expr) => {{
        let problem = OdeProblem::new($model, [0.0], (0.0, END), P);
        let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8);
        let (_, by) = solver.parameter_jacobian::<3>().unwrap();
        let end = |i: usize| by.column(i)[by.column(i).len() - 1];
        let mut found = vec![("dual numbers", [0, 1, 2].map(end), by.error())];
        let unit = |i: usize| [0, 1, 2].map(|j| if i == j { 1.0 } else { 0.0 });
        let along = [0, 1, 2].map(|i| solver.jvp(&[0.0], &unit(i)).unwrap().1);
        let error = along
            .iter()
            .map(|along| along.error())
            .fold(Some(0.0), |worst: Option<f64>, error| Some(f64::max(worst?, error?)));
        found.push(("jvp", along.each_ref().map(|along| along.end()[0]), error));
        let (_, by) = solver.sensitivities(ForwardSensitivity::default()).unwrap();
        found.push(("sensitivities", [0, 1, 2].map(|i| by.end_p.column(i)[0]), by.end_p.error()));
        gradients!(solver, found, DiscreteAdjoint::default());
        gradients!(solver, found, GaussAdjoint::default());
        gradients!(solver, found, Interpolating::default());
        found
    }};
    ($solver:ident, $found:ident, $adjoint:expr) => {
        let (_, mut pullback) = $solver.vjp($adjoint).unwrap();
        let gradient = pullback.call(Cotangents::end(&[1.0])).unwrap();
        $found.push((stringify!($adjoint), gradient.p, gradient.error));
    };
}

#[differentiable]
fn from(t: f64, start: f64) -> f64 {
    if t < start { 0.0 } else { 1.0 }
}

/// Passes on what it is given to one that compares.
#[differentiable]
fn from_either(p: &[f64; 3], t: f64) -> f64 {
    from(t, p[0]) + from(t, p[1])
}

/// Compares one of its arguments alone.
#[differentiable]
fn above_zero(x: f64, factor: f64) -> f64 {
    if x < 0.0 { 0.0 } else { factor }
}

/// Bends there, and goes on.
#[differentiable]
fn ramp(x: f64) -> f64 {
    x.max(0.0)
}

#[derive(Components, Clone, Copy, Debug)]
struct Pump {
    start: f64,
}

#[differentiable]
impl Pump {
    fn runs(&self, t: f64) -> f64 {
        if t < self.start { 0.0 } else { 1.0 }
    }
    fn twice(&self, t: f64) -> f64 {
        2.0 * self.runs(t)
    }
    fn slowly(&self, t: f64) -> f64 {
        self.start * t
    }
    fn after(t: f64, start: f64) -> f64 {
        from(t, start)
    }
}

#[ode]
fn counted(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    let mut k = 0;
    while k < 3 && t >= p[k] {
        k += 1;
    }
    [k as f64]
}

#[ode]
fn squared(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [if (t - 1.5) * (t - 1.5) < p[0] { 1.0 } else { 0.0 }]
}

#[ode]
fn whole(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(t / p[0]).floor()]
}

#[ode]
fn cast(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(t / p[0]) as i64 as f64]
}

#[ode]
fn rounded_up(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(t - p[0]).ceil()]
}

#[ode]
fn rounded(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(t - p[0]).round()]
}

#[ode]
fn sawtooth(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(t / p[0]).fract()]
}

#[ode]
fn periodic(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [if t % p[1] < 0.4 { t } else { 0.0 }]
}

#[ode]
fn larger(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [if t.max(p[0]) > p[0] { 1.0 } else { 0.0 }]
}

#[ode]
fn by_helper(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [from(t, p[0])]
}

#[ode]
fn by_two_helpers(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [from_either(p, t)]
}

#[ode]
fn by_difference(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [above_zero(t - p[0], 2.0)]
}

#[ode]
fn by_method(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    let pump = Pump { start: p[0] };
    [pump.twice(t)]
}

#[ode]
fn by_associated(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [Pump::after(t, p[0])]
}

#[ode]
fn seventy(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    let mut sum = 0.0;
    for i in 0..70 {
        if t > p[0] + 0.01 * i as f64 {
            sum += 1.0;
        }
    }
    [sum]
}

#[ode]
fn bent(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(t.sin() - p[0]).max(0.0)]
}

#[ode]
fn bent_by_helper(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [ramp(t.sin() - p[0])]
}

/// Stops where its state and the time come to `p[0]` together.
#[ode]
fn with_state(u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [if u[0] + t > p[0] { 0.0 } else { 1.0 }]
}

/// Whether the parameters of a model move a time at which it switches and which nobody finds.
fn hides<F: System<f64>>(_: F) -> bool {
    F::HIDES_SWITCHES
}

/// By one way: what takes derivatives costs more to compile than to run.
macro_rules! gradient {
    ($model:expr) => {{
        let problem = OdeProblem::new($model, [0.0], (0.0, END), P);
        let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8);
        let mut found = Vec::new();
        gradients!(solver, found, DiscreteAdjoint::default());
        found
    }};
}

#[test]
fn a_derivative_that_may_lack_a_motion_does_not_know_its_error() {
    macro_rules! check {
        ($($way:ident: $($model:ident)*;)*) => { $($(
            assert!(<$model as System<f64>>::HIDES_SWITCHES, stringify!($model));
            for (how, got, error) in $way!($model) {
                assert_eq!(error, None, "{} by {how}: {got:?}", stringify!($model));
            }
        )*)* };
    }
    check! {
        gradients: counted by_two_helpers;
        gradient: squared bent;
    }
    let constants = [
        hides(whole),
        hides(cast),
        hides(rounded_up),
        hides(rounded),
        hides(sawtooth),
        hides(periodic),
        hides(larger),
        hides(by_helper),
        hides(by_difference),
        hides(by_method),
        hides(by_associated),
        hides(seventy),
        hides(bent_by_helper),
        hides(with_state),
    ];
    assert_eq!(constants, [true; 14]);
}

#[ode]
fn over_a_slice(_u: &[f64; 1], p: &[f64], t: f64) -> [f64; 1] {
    let mut sum = 0.0;
    for start in p {
        if t > *start {
            sum += 1.0;
        }
    }
    [sum]
}

#[test]
fn a_loop_over_a_slice_has_nobody_knows_how_many() {
    const { assert!(<over_a_slice as System<f64>>::HIDES_SWITCHES) };
    let problem = OdeProblem::new(over_a_slice, [0.0], (0.0, END), P.to_vec());
    let solver = problem.solver(Tsit5);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert_eq!(pullback.call(Cotangents::end(&[1.0])).unwrap().error, None);
}

/// Jumps at whole times, which nothing moves.
#[ode]
fn whole_times(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [p[0] * t.floor() + p[1] * (t % 1.0) + p[2] * (t / 0.5) as i64 as f64]
}

#[ode]
fn helpers_at_numbers(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [p[0] * from(t, 1.5) + p[1] * above_zero(t - 1.0, p[2])]
}

/// A helper compares parameters, and its other argument is the time.
#[ode]
fn parameters_compared(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [above_zero(p[0] - 0.5, t) + from(p[1], p[0]) * p[2] * t]
}

/// A number that jumps at a time which is found is not found again.
#[ode]
fn found_once(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    let on = if t < p[0] { 0.0 } else { 1.0 };
    let level = if on > 0.5 { 2.0 } else { 0.0 };
    let sign = if (t - p[1]).is_sign_positive() { 1.0 } else { 0.0 };
    let mut late = 0.0;
    for start in p {
        late += if t > *start { 1.0 } else { 0.0 };
    }
    [level + sign + late]
}

#[ode]
fn smooth_in_time(_u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    let pump = Pump { start: p[0] };
    [(p[1] * t).sin() + pump.slowly(1.0)]
}

#[test]
fn a_model_whose_times_are_known_or_do_not_move_keeps_its_estimate() {
    let [_, b, c] = P;
    macro_rules! check {
        ($($way:ident: $model:ident, $wanted:expr, $within:expr;)*) => { $(
            assert!(!<$model as System<f64>>::HIDES_SWITCHES, stringify!($model));
            let wanted: [f64; 3] = $wanted;
            for (how, got, error) in $way!($model) {
                let what = format!("{} by {how}: {got:?} for {wanted:?}, {error:?}", stringify!($model));
                assert!(error.is_some_and(|error| error < 1e-6), "{what}");
                assert!(got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < $within), "{what}");
            }
        )* };
    }
    // A step that goes over a jump is as bad for the derivative as it is for the value: some hundred tolerances. Elsewhere there
    // is rounding, and for the sine some tolerances.
    check! {
        gradients: whole_times, [3.0, 1.5, 0.5 * 15.0], 1e-5;
        gradient: helpers_at_numbers, [1.5, 2.0 * c, 2.0 * b], 1e-5;
        gradient: parameters_compared, [0.0, 0.0, 0.5 * END * END], 1e-12;
        gradients: found_once, [-3.0, -2.0, -1.0], 1e-12;
        gradient: smooth_in_time, [3.0, (END * (b * END).sin()) / b + ((b * END).cos() - 1.0) / (b * b), 0.0], 1e-7;
    }
}

/// A state that passes a threshold does so when all that moves the solution lets it.
#[ode]
fn state_alone(u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [if u[0] > p[0] { t } else { 1.0 }]
}

/// `u' = 1` below the threshold and 2 above, from `u0`: `u(T) = 2 (T + u0) - p`. The derivative along the steps lacks the motion of the
/// time of passing, and says so.
#[ode]
fn faster_above(u: f64, p: f64) -> f64 {
    if u < p { 1.0 } else { 2.0 }
}

#[test]
fn a_jump_at_a_threshold_of_the_state_is_not_passed_off_as_known() {
    let problem = OdeProblem::new(faster_above, 0.0, (0.0, 2.0), 1.0);
    let solver = problem.solver(Tsit5);
    let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert!((solution.end() - 3.0).abs() < 1e-3, "{}", solution.end());
    let gradient = pullback.call(Cotangents::end(&1.0)).unwrap();
    // Right, or known not to be known.
    let honest = |got: f64, want: f64, error: Option<f64>| error.is_none() || (got - want).abs() < 1e-3;
    assert!(
        honest(gradient.p, -1.0, gradient.error) && honest(gradient.u0, 2.0, gradient.error),
        "{gradient:?}"
    );
    let tangents = solver.jvp(&1.0, &0.0).unwrap().1;
    assert!(honest(*tangents.end(), 2.0, tangents.error()), "{tangents:?}");
}

#[ode]
fn bent_alone(u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [(u[0] - p[2] * t).max(0.0)]
}

#[ode]
fn state_in_helper(u: &[f64; 1], p: &[f64; 3], t: f64) -> [f64; 1] {
    [from(u[0], p[1]) * t]
}

#[dde]
fn delayed(u: &[f64; 1], h: &impl History<[f64; 1]>, p: &[f64; 3], t: f64) -> [f64; 1] {
    [-u[0] + h(t - p[1])[0] + if (t - 1.5) * (t - 1.5) < p[0] { 1.0 } else { 0.0 }]
}

#[dde]
fn delayed_by_helper(u: &[f64; 1], h: &impl History<[f64; 1]>, p: &[f64; 3], t: f64) -> [f64; 1] {
    [-u[0] + h(t - p[1])[0] + from(t, p[0])]
}

#[dde]
fn earlier_alone(u: &[f64; 1], h: &impl History<[f64; 1]>, p: &[f64; 3], t: f64) -> [f64; 1] {
    let before = h(t - p[1])[0];
    [-u[0] + if before > p[0] { 1.0 } else { 0.0 } + from(before, p[0])]
}

#[dde]
fn of_before(u: &[f64; 1], h: &impl History<[f64; 1]>, p: &[f64; 3], t: f64) -> [f64; 1] {
    [h(t - 1.0)[0] - p[2] * u[0]]
}

/// A history that jumps where a parameter says.
#[differentiable]
fn jumped(p: &[f64; 3], t: f64) -> [f64; 1] {
    [from(t, -p[0])]
}

#[differentiable]
fn rose(p: &[f64; 3], t: f64) -> [f64; 1] {
    [p[0] * t + 2.0]
}

#[sde]
fn noisy(u: &[f64; 1], p: &[f64; 3], t: f64) -> ([f64; 1], [f64; 1]) {
    ([-u[0]], [from(t, p[0])])
}

#[test]
fn delayed_and_stochastic_equations_say_it_too() {
    const { assert!(<state_alone as System<f64>>::HIDES_SWITCHES && <bent_alone as System<f64>>::HIDES_SWITCHES) };
    const {
        assert!(
            <delayed as Delayed<f64>>::HIDES_SWITCHES && <delayed_by_helper as Delayed<f64>>::HIDES_SWITCHES
        )
    };
    const { assert!(<state_in_helper as System<f64>>::HIDES_SWITCHES) };
    const { assert!(<earlier_alone as Delayed<f64>>::HIDES_SWITCHES) };
    const {
        assert!(
            <noisy as System<f64>>::HIDES_SWITCHES
                && !<<noisy as Stochastic>::Drift as System<f64>>::HIDES_SWITCHES
        )
    };
    let problem = DdeProblem::new(delayed, [1.0], Constant([1.0]), (0.0, END), P);
    let solver = problem.solver(Tsit5);
    let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
    assert_eq!(pullback.call(Cotangents::end(&[1.0])).unwrap().error, None);
    // and so does a history
    macro_rules! error {
        ($history:ident) => {{
            let problem = DdeProblem::new(of_before, [2.0], Before::of::<$history>(), (0.0, END), P);
            let solver = problem.solver(Tsit5);
            let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default()).unwrap();
            pullback.call(Cotangents::end(&[1.0])).unwrap().error
        }};
    }
    assert_eq!(error!(jumped), None);
    assert!(error!(rose).is_some());
}
