//! What a macro implements: the right-hand side and its derivatives.

mod delayed;
mod delayed_diffusion;
mod diffusion;
mod function;
mod jacobian;
mod mark;
mod moved;
mod noise_class;
mod ode;
mod origin;
mod pattern;
mod vjp;

pub use delayed::Delayed;
pub use delayed::DelayedJvp;
pub use delayed::DelayedSparsity;
pub use delayed::DelayedVjp;
#[doc(hidden)]
pub use delayed::Earlier;
pub use delayed::History;
pub use delayed::Lag;
pub use delayed::LagKind;
pub use delayed::Past;
pub use delayed::PastCotangent;
pub use delayed::PastTangent;
pub use delayed::Rate;
pub use delayed::RateBar;
pub use delayed_diffusion::DelayedDiffusion;
pub use delayed_diffusion::DelayedDiffusionJvp;
pub use delayed_diffusion::DelayedDiffusionSparsity;
pub use delayed_diffusion::DelayedDiffusionVjp;
pub use delayed_diffusion::PresentNoise;
pub use diffusion::Diffusion;
pub use diffusion::DiffusionJvp;
pub use diffusion::DiffusionSparsity;
pub use diffusion::DiffusionVjp;
pub use diffusion::NoiseShape;
pub use diffusion::OneForAll;
pub use diffusion::OneForEach;
pub use diffusion::Rows;
pub use diffusion::Stochastic;
#[doc(hidden)]
pub use diffusion::compiled_with_noise;
pub use function::ConditionFn;
pub use function::EffectFn;
pub use function::HistoryFn;
pub use function::PredicateFn;
pub use jacobian::SparseJacobian;
pub use mark::Mark;
pub use mark::add_all;
pub use mark::clear;
pub use mark::depend_on_everything;
pub use mark::zeros_like;
#[doc(hidden)]
pub use moved::Moved;
pub use noise_class::Additive;
pub use noise_class::Because;
pub use noise_class::Classes;
pub use noise_class::Commutative;
pub use noise_class::Diagonal;
pub use noise_class::Fits;
pub use noise_class::General;
pub use noise_class::Interpretation;
pub use noise_class::Ito;
pub use noise_class::NoiseClass;
pub use noise_class::Scalar;
pub use noise_class::SolvedBy;
pub use noise_class::Stratonovich;
pub(crate) use noise_class::fits;
pub use ode::FromFn;
pub use ode::OdeProblem;
pub use origin::Memento;
pub use origin::Origin;
pub use pattern::Coloring;
pub use pattern::Pattern;
pub use vjp::DenseVjp;
pub use vjp::NumericalVjp;

use std::ops::RangeInclusive;

use crate::error::Error;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::outside::Outside;
use crate::space::outside::Site;

/// Refuses a state or parameters of a length that a model is not written for; `state` is what the state is called.
pub(crate) fn check_lengths<F: Model>(state: (&'static str, usize), params: usize) -> Result<(), Error> {
    check_lengths_of(F::NAME, (state, F::state_len()), (params, F::params_len()), F::outside)
}

/// The same, of a model that is not a type: compiled once.
fn check_lengths_of(
    model: &'static str,
    (state, state_len): ((&'static str, usize), RangeInclusive<usize>),
    (params, params_len): (usize, RangeInclusive<usize>),
    outside: fn(usize, usize) -> Option<Outside>,
) -> Result<(), Error> {
    for ((what, found), range) in [(state, state_len), (("p", params), params_len)] {
        if !range.contains(&found) {
            let (least, most) = range.into_inner();
            let needs =
                if least == most { format!("has {least}") } else { format!("needs at least {least}") };
            let needs = format!("{needs}; give it as many as the function's indices reach");
            return Err(Error::Misfit { model, what, found, needs });
        }
    }
    let Some(Outside { site, index, length }) = outside(state.1, params) else { return Ok(()) };
    let (what, found) = if site.params { ("p", params) } else { state };
    let asked = |length| if site.params { outside(state.1, length) } else { outside(length, params) };
    let does = |length| asked(length).is_none_or(|asked| !std::ptr::eq(asked.site, site));
    let least = least(index.max(0) as usize + 1, does);
    let Site { array, written, .. } = site;
    let (element, as_written) = (
        format!("{array}[{index}]"),
        if written.ends_with(&format!("[{index}]")) {
            String::new()
        } else {
            format!(", written `{written}`")
        },
    );
    let needs = if array.is_empty() {
        format!(
            "computes `{written}`, which is {index} there: an index has no value below zero; start the loop later, or go \
             around: `(i + n - 1) % n`"
        )
    } else if index < 0 || least.is_none() {
        format!(
            "reads or writes `{element}`{as_written}, where `{array}` has {length}; end the loop earlier, or treat the \
             ends by themselves: no other length would do"
        )
    } else if let Some(least) = least.filter(|_| site.params) {
        format!(
            "reads `{element}`{as_written}; give `p` at least {least} components, or end the loop at `p.len()`"
        )
    } else {
        format!(
            "reads or writes `{element}`{as_written}, where `{array}` has {length}; give both the lengths that the function's indices reach"
        )
    };
    Err(Error::Misfit { model, what, found, needs })
}

/// The least length that does, `from` this on; `None` where none does that anybody would give. What does for a length does for all
/// that are longer.
fn least(from: usize, does: impl Fn(usize) -> bool) -> Option<usize> {
    const MOST: usize = 1 << 24;
    let mut enough = from;
    while !does(enough) {
        enough = enough.checked_mul(2).filter(|length| *length <= MOST)?;
    }
    let (mut least, mut enough) = (from.max(enough / 2), enough);
    while least < enough {
        let between = least + (enough - least) / 2;
        if does(between) { enough = between } else { least = between + 1 }
    }
    Some(least)
}

/// What has a state and parameters, and moves in time. How it moves the traits above say: a [right-hand side](Rhs) does.
///
/// `State` and `Params` are the owned types: `[T; 2]`, `[[T; N]; M]`, `T`, `Vec<T>`, `LvOf<T>`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a right-hand side",
    note = "annotate the function with `#[ode]`, or wrap a closure: `OdeProblem::from_fn(|du, u, p, t| ..., u0, span, p)`"
)]
pub trait System<T: Real>: Model {
    /// The state.
    type State: Vector<T>;
    /// The parameters.
    type Params: Vector<T>;

    /// How many switching times the system has: times at which its right-hand side may jump, and which its parameters move.
    /// `#[ode]` finds them in the source. Steps end on them, and derivatives know that they move.
    const SWITCHES: usize = 0;

    /// Writes the switching times, each in its place.
    fn switching_times(&self, p: &Self::Params, times: &mut [T]) {
        let _ = (p, times);
    }

    /// Writes how the switching times move with the parameters.
    fn switching_tangents(&self, p: &Self::Params, p_dot: &Self::Params, dots: &mut [T]) {
        let _ = (p, p_dot, dots);
    }

    /// Adds the gradient of `Σ_i bars[i] times[i]` to `p_bar`.
    fn switching_gradient(
        &self,
        p: &Self::Params,
        bars: &[T],
        p_bar: &mut Self::Params,
        work: &mut Workspace<T>,
    ) {
        let _ = (p, bars, p_bar, work);
    }

    /// Whether the right-hand side may jump, or bend, at times that the parameters or the state move and that are none of
    /// these: a derivative may lack that motion, so that it does not know its error. `#[ode]` reads it off the source: what the
    /// state decides counts, in a branch or by `max`, `min` and `abs`.
    const HIDES_SWITCHES: bool = false;

    /// Whether all parameters have one unit, and all components of the state another: those of a network have, whose layers mix
    /// them. The gradient by them is then as good as it is as a vector: an error counts beside the norm of all, where otherwise each
    /// component is held to its own size.
    const ONE_UNIT: bool = false;

    /// What a system that carries derivatives along does to its state at the switching time of number `which`: the
    /// right-hand side is asked just before it and just after, at the times `beside`.
    fn switched(&self, which: usize, t: f64, beside: [f64; 2], u: &mut Self::State, p: &Self::Params) {
        let _ = (which, t, beside, u, p);
    }

    /// What a system that carries derivatives along does to its state where these do not exist: no gradient lets pass what is
    /// not finite. Dual numbers carry their own.
    fn has_no_derivative(&self, u: &mut Self::State) {
        if T::DERIVATIVES > 0 {
            u.as_mut_slice().iter_mut().for_each(|u| *u = u.without_derivative());
        }
    }

    /// The next time after `t`, in the `direction` of the solve (1 or -1), at which the system is known not to be smooth:
    /// a step ends there. Asked between steps, so that it may depend on what came before.
    #[inline(always)]
    fn next_break(&self, t: f64, direction: f64) -> Option<f64> {
        let _ = (t, direction);
        None
    }

    /// Whether such times may move, or be found while a step is tried.
    const BREAKS: bool = false;

    /// The time of the break on which the solve stands at `t`, with its derivatives, where the right-hand side jumps there.
    #[inline(always)]
    fn moving_break(&self, t: f64) -> Option<T> {
        let _ = t;
        None
    }

    /// Adds to `p_bar` `factor` times how the time of such a break moves with the parameters.
    #[cold]
    fn break_gradient(&self, t: f64, p: &Self::Params, factor: T, p_bar: &mut Self::Params) {
        let _ = (t, p, factor, p_bar);
    }

    /// From where lags carried such a break: its time moves with that.
    #[cold]
    fn break_origin(&self, t: f64) -> Origin {
        let _ = t;
        Origin::Given
    }

    /// An event changes the state or the parameters, at a time with its derivatives; whether its condition crosses zero there. The
    /// method begins anew next.
    #[cold]
    fn event_changes(&self, at: T, crosses: bool) {
        let _ = (at, crosses);
    }

    /// What the system itself has to say of a solve that failed, or of a gradient.
    #[cold]
    fn complaint(&self) -> Option<Error> {
        None
    }

    /// The past of the solve at hand, for a system that keeps one; it is kept as long as this is.
    fn memento(&self) -> Option<Memento> {
        None
    }

    /// The solve at hand is the one with this past.
    fn recall(&self, memento: &Memento) {
        let _ = memento;
    }

    /// The next solve will be gone back through: its past is kept, all of it, or so much that steps can be done again from so
    /// many checkpoints.
    fn keep_past(&self, checkpoints: Option<usize>) {
        let _ = checkpoints;
    }

    /// The way back begins at the end of the solve with this past; steps are done again from now on.
    fn turn_back(&self, memento: &Memento) {
        let _ = memento;
    }

    /// The way back comes to a step: what lies before it is asked for next.
    fn turn_back_to(&self, step: usize) {
        let _ = step;
    }

    /// Whether a step has to be done again before it is gone back through.
    fn lacks(&self, step: usize) -> bool {
        let _ = step;
        false
    }

    /// The way back is at the start, before what happens there: where the past is the state that the solve was given, the cotangents
    /// of that past are the state's.
    fn rested(&self, u_bar: &mut Self::State) {
        let _ = u_bar;
    }

    /// The way back is over.
    fn turn_forward(&self) {}

    /// Solutions have no slope, for noise drives them: nothing of them is differentiated by time.
    const ROUGH: bool = false;

    /// A step size near `h`, not above it, after which the system is cheaper to ask than elsewhere: steps of adaptive size
    /// have it where the system is [`ROUGH`](Self::ROUGH).
    #[inline(always)]
    fn stride(&self, t: f64, h: f64) -> f64 {
        let _ = t;
        h
    }
}

/// A right-hand side `du/dt = f(u, p, t)`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a right-hand side",
    note = "annotate the function with `#[ode]`, or wrap a closure: `OdeProblem::from_fn(|du, u, p, t| ..., u0, span, p)`"
)]
pub trait Rhs<T: Real>: System<T> {
    /// Writes the derivative of `u` to `du`.
    fn rhs(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: T);
    /// The derivative of `u`, by value; to the bit what [`Rhs::rhs`] writes.
    #[inline]
    fn eval(&self, u: &Self::State, p: &Self::Params, t: T) -> Self::State {
        let mut du = u.zeros_like();
        self.rhs(&mut du, u, p, t);
        du
    }

    /// Whether evaluations can keep something for their derivative.
    const KEEPS: bool = false;
    /// How many reals [`rhs_keeping`](Rhs::rhs_keeping) keeps for a state of the shape of `u`.
    #[inline]
    fn kept_len(&self, u: &Self::State) -> usize {
        let _ = u;
        0
    }
    /// [`Rhs::rhs`], keeping in `kept` what spares [`Vjp::vjp_of_kept`] from computing it again.
    #[inline]
    fn rhs_keeping(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: T, kept: &mut [T]) {
        let _ = kept;
        self.rhs(du, u, p, t);
    }
}

/// Jacobian-vector products: forward mode.
#[diagnostic::on_unimplemented(
    message = "the right-hand side `{Self}` has no Jacobian-vector products",
    note = "annotate the function with `#[ode]`, which writes them; closures have none"
)]
pub trait Jvp<T: Real>: Rhs<T> {
    /// Writes `f(u, p, t)` to `du` and its directional derivative along `(u_dot, p_dot, t_dot)` to `du_dot`.
    #[allow(clippy::too_many_arguments)]
    fn jvp(
        &self,
        du: &mut Self::State,
        du_dot: &mut Self::State,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    );

    /// The directional derivative of [`Jvp::jvp`] alone, without the value.
    ///
    /// Unless it is overridden, as `#[ode]` does, this is [`Jvp::jvp`] with memory for the value, which it allocates where
    /// states do.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn tangent(
        &self,
        du_dot: &mut Self::State,
        u: &Self::State,
        u_dot: &Self::State,
        p: &Self::Params,
        p_dot: &Self::Params,
        t: T,
        t_dot: T,
    ) {
        self.jvp(&mut u.zeros_like(), du_dot, u, u_dot, p, p_dot, t, t_dot);
    }
}

/// Vector-Jacobian products: reverse mode.
#[diagnostic::on_unimplemented(
    message = "the right-hand side `{Self}` has no vector-Jacobian products",
    note = "annotate the function with `#[ode]`, which writes them, or wrap it: `DenseVjp(model)` where it has JVPs, \
            `NumericalVjp(model)` for differences"
)]
pub trait Vjp<T: Real>: Rhs<T> {
    /// Adds `du_bar^T df/d(u, p, t)` to `u_bar`, `p_bar` and `t_bar`.
    ///
    /// `du_bar` is used as scratch: its content afterwards means nothing.
    #[allow(clippy::too_many_arguments)]
    fn vjp(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    );

    /// Adds `du_bar^T df/du` to `u_bar`: the cotangent of the state alone.
    ///
    /// `du_bar` is used as scratch: its content afterwards means nothing. Unless it is overridden, as `#[ode]` does, this
    /// is [`Vjp::vjp`] with memory for the other cotangents, which it allocates where parameters do.
    #[inline]
    fn state_vjp(
        &self,
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        work: &mut Workspace<T>,
    ) {
        let (mut p_bar, mut t_bar) = (p.zeros_like(), T::ZERO);
        self.vjp(du_bar, u, p, t, u_bar, &mut p_bar, &mut t_bar, work);
    }

    /// [`Vjp::vjp`] where [`Rhs::rhs_keeping`] was called with the same `u`, `p` and `t`, and kept `kept`.
    #[allow(clippy::too_many_arguments)]
    #[inline]
    fn vjp_of_kept(
        &self,
        kept: &[T],
        du_bar: &mut Self::State,
        u: &Self::State,
        p: &Self::Params,
        t: T,
        u_bar: &mut Self::State,
        p_bar: &mut Self::Params,
        t_bar: &mut T,
        work: &mut Workspace<T>,
    ) {
        let _ = kept;
        self.vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
    }

    /// What moves the break on which a solve came to the time `at`, where that is a lookup which crosses another break, for a
    /// system that looks at its past; false for breaks of other kinds.
    ///
    /// Adds `factor` times the gradient of the lookup's time, at the place `(t, u, p)` just before, less that of what it crosses.
    /// With `takes` that is left out: what it says of earlier states is kept instead for the steps that these lie in, and what
    /// of the history, is added to the cotangent of the parameters.
    #[allow(clippy::type_complexity)]
    #[cold]
    fn pull_break(
        &self,
        ((at, t), (u, p)): ((f64, T), (&Self::State, &Self::Params)),
        factor: T,
        takes: bool,
        bars: (&mut Self::State, &mut Self::Params, &mut T),
    ) -> bool {
        let _ = ((at, t), (u, p), factor, takes, bars);
        false
    }
}

/// Which outputs can depend on which inputs, whatever the values.
///
/// The right-hand side once more, with sets of dependencies in the place of reals; where a branch depends on a real
/// both arms are taken.
pub trait Sparsity: Rhs<Mark> {
    /// A state and parameters without dependencies, of the lengths given where the types leave them open.
    fn blank(&self, state_len: usize, params_len: usize) -> (Self::State, Self::Params);
    /// Writes to `du` what each component depends on, given what the inputs depend on.
    fn dependencies(&self, du: &mut Self::State, u: &Self::State, p: &Self::Params, t: Mark);
}

/// The Jacobian `df/du`, the derivative by time, and what is known of their structure.
#[diagnostic::on_unimplemented(
    message = "the right-hand side `{Self}` has no Jacobian",
    note = "annotate the function with `#[ode]`, which writes it"
)]
pub trait Jacobian<T: Real>: Jvp<T> + Sparsity {
    /// `f` does not depend on `t`.
    const AUTONOMOUS: bool;
    /// The Jacobian does not depend on `u`, where there is one: it may be used again. `f` may jump, as a thermostat does.
    const CONSTANT_IN_STATE: bool;
    /// `f` is affine in `u`: one iteration of Newton's method is exact.
    const AFFINE: bool;
    /// The Jacobian depends on neither `u` nor `t`.
    const CONSTANT: bool;
    /// Writes `df/dt` to `df_dt`.
    fn time_gradient(
        &self,
        df_dt: &mut <Self as System<T>>::State,
        u: &<Self as System<T>>::State,
        p: &<Self as System<T>>::Params,
        t: T,
    );
    /// Writes `df/du` times `u_dot` to `du_dot`.
    fn state_jvp(
        &self,
        du_dot: &mut <Self as System<T>>::State,
        u: &<Self as System<T>>::State,
        u_dot: &<Self as System<T>>::State,
        p: &<Self as System<T>>::Params,
        t: T,
    );
}

/// What is known of a model by name. All of it may be left out: `impl Model for MyModel {}`.
pub trait Model {
    /// The function's name.
    const NAME: &'static str = "model";
    /// The function's doc comment.
    const DOC: &'static str = "";
    /// The names of the state's components, in order; empty where they have none.
    fn state_names() -> Vec<String> {
        Vec::new()
    }
    /// The names of the parameters, in order; empty where they have none.
    fn param_names() -> Vec<String> {
        Vec::new()
    }
    /// How many components the state may have, where its type leaves that open.
    fn state_len() -> RangeInclusive<usize> {
        0..=usize::MAX
    }
    /// How many parameters there may be, where their type leaves that open.
    fn params_len() -> RangeInclusive<usize> {
        0..=usize::MAX
    }

    /// The first index that leaves its array where the state and the parameters have these lengths.
    #[doc(hidden)]
    fn outside(state: usize, params: usize) -> Option<Outside> {
        let _ = (state, params);
        None
    }

    /// The model of several solves that go side by side, a number of each real for each; `None` where there is none, as the
    /// models differ. By default there is one where a model is nothing but its type.
    #[doc(hidden)]
    fn together(models: &[&Self]) -> Option<Self>
    where
        Self: Clone,
    {
        let first = models.first()?;
        (size_of::<Self>() == 0).then(|| (*first).clone())
    }

    /// Whether [`written`](Model::written) and [`compiled`](Model::compiled) are there.
    ///
    /// A solve compares the derivative that it uses with that of the function as written: at its start, and in debug
    /// builds after every step. Where they differ it ends with [`Error::Translation`].
    const WRITTEN: bool = false;
    /// The derivative of the function that the model was made of, as rustc compiles it: `u`, `p` and `du` are the reals of
    /// the state, the parameters and the derivative, in order.
    fn written(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        let _ = (du, u, p, t);
    }
    /// How many reals these two write for a state of so many: those of the derivative, and of a stochastic equation those of the
    /// noise behind them.
    #[doc(hidden)]
    fn written_len(state: usize) -> usize {
        state
    }
    /// The derivative of the model itself over `f64`, for solves over reals that round otherwise.
    fn compiled(du: &mut [f64], u: &[f64], p: &[f64], t: f64) {
        let _ = (du, u, p, t);
    }
}

/// Writes the derivative of a model over `f64`; what the state and the parameters are before means nothing.
#[doc(hidden)]
pub fn compiled<F: Rhs<f64> + Default>(
    (mut state, mut params): (F::State, F::Params),
    du: &mut [f64],
    u: &[f64],
    p: &[f64],
    t: f64,
) {
    state.as_mut_slice().copy_from_slice(u);
    params.as_mut_slice().copy_from_slice(p);
    let mut slope = state.clone();
    slope.as_mut_slice().fill(f64::NAN);
    F::default().rhs(&mut slope, &state, &params, t);
    du.copy_from_slice(slope.as_slice());
}
