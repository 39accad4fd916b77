//! The continuous adjoint of a stochastic equation: state, costate and the cotangent of the parameters, backwards along the path.

use crate::error::Error;
use crate::integrate::EventRecord;
use crate::integrate::Observer;
use crate::integrate::RowOrigin;
use crate::integrate::Solution;
use crate::integrate::Solver;
use crate::integrate::Taken;
use crate::integrate::Wants;
use crate::noise::Asks;
use crate::noise::Driven;
use crate::noise::Increment;
use crate::noise::Path;
use crate::problem::Diffusion;
use crate::problem::DiffusionVjp;
use crate::problem::Fits;
use crate::problem::NoiseShape;
use crate::problem::Vjp;
use crate::problem::fits;
use crate::real::Real;
use crate::sensitivity::Adjoint;
use crate::sensitivity::Cotangents;
use crate::sensitivity::Gradient;
use crate::sensitivity::continuous::Sample;
use crate::sensitivity::continuous::Samples;
use crate::sensitivity::discrete::finite;
use crate::sensitivity::event::DifferentiableEvents;
use crate::sensitivity::event::pull_jump;
use crate::sensitivity::motion::Motions;
use crate::sensitivity::motion::Stops;
use crate::sensitivity::rough::check_rough;
use crate::sensitivity::stochastic::back::RowsBack;
use crate::sensitivity::stochastic::back::check_tolerance;
use crate::sensitivity::switch::Switch;
use crate::sensitivity::tape::Tape;
use crate::space::Tolerances;
use crate::space::Vector;
use crate::space::Workspace;
use crate::space::add_scaled;
use crate::space::assign;
use crate::space::assign_scaled;
use crate::space::assign_zero;
use crate::space::weighted_norm;
use crate::stepper::Failure;
use crate::stepper::Interval;
use crate::stepper::Method;

/// The continuous adjoint of a Stratonovich equation: state, costate and the cotangent of the parameters are one equation, which is
/// solved backwards along the path that the solve saw.
///
/// ```text
/// du = f dt + Σ_j g_j ∘ dW_j
/// dλ = -(∂f/∂u)ᵀ λ dt - Σ_j (∂g_j/∂u)ᵀ λ ∘ dW_j
/// dp̄ = -(∂f/∂p)ᵀ λ dt - Σ_j (∂g_j/∂p)ᵀ λ ∘ dW_j
/// ```
///
/// Heun's method takes it back over the steps of the solve, each in [`parts`](Self::parts): two evaluations and two
/// vector-Jacobian products, however many processes there are. The gradient is that of the exact solution along the path, up to the
/// error of these steps, which is of order one where the noise commutes and one half where it does not; that of the
/// numbers which the solve returned is [`DiscreteAdjoint`](crate::sensitivity::DiscreteAdjoint)'s. Derivatives by the span
/// are NaN: along a path there are none.
///
/// Kept are the times of the steps, the states around events, and up to 16 states between. With these the way back is compared, and
/// goes on from them; where the two are further apart than [`tolerance`](Self::tolerance) the pullback is an
/// [`Error::Reconstruction`], and not a gradient: what decays forwards grows backwards, errors with it.
///
/// The steps back are those of the solve, or parts of them, and no estimate of their error chooses others: what an estimate says of
/// a step is how well it follows the path from where it begins, and where it should begin is known here, from the solve itself. So
/// the distance from the states that are kept is the check, and more [`parts`](Self::parts) are the remedy.
///
/// An equation in the sense of Ito has another path backwards, and does not compile; with additive noise the two are one.
///
/// ```
/// # use diffeq_runtime::problem::*;
/// # use diffeq_runtime::space::Workspace;
/// # #[derive(Debug, Clone, Copy)]
/// # struct Gbm;
/// # #[derive(Debug, Clone, Copy)]
/// # struct GbmDrift;
/// # impl Model for Gbm {}
/// # impl Model for GbmDrift {}
/// # impl System<f64> for Gbm { type State = f64; type Params = [f64; 2]; }
/// # impl System<f64> for GbmDrift { type State = f64; type Params = [f64; 2]; }
/// # impl Rhs<f64> for GbmDrift {
/// #     fn rhs(&self, du: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *du = p[0] * u; }
/// # }
/// # impl Vjp<f64> for GbmDrift {
/// #     fn vjp(&self, du_bar: &mut f64, u: &f64, p: &[f64; 2], _t: f64, u_bar: &mut f64, p_bar: &mut [f64; 2],
/// #         _: &mut f64, _: &mut Workspace<f64>) {
/// #         *u_bar += p[0] * *du_bar;
/// #         p_bar[0] += u * *du_bar;
/// #     }
/// # }
/// # impl Stochastic for Gbm {
/// #     type Interpretation = Stratonovich;
/// #     type Class = Diagonal;
/// #     type Drift = GbmDrift;
/// #     fn drift(&self) -> GbmDrift { GbmDrift }
/// # }
/// # impl Diffusion<f64> for Gbm {
/// #     type Noise = f64;
/// #     type Shape = OneForEach;
/// #     fn blank_noise(&self, _: &f64) -> f64 { 0.0 }
/// #     fn noise(&self, noise: &mut f64, u: &f64, p: &[f64; 2], _t: f64) { *noise = p[1] * u; }
/// #     fn drift_and_noise(&self, du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2], t: f64) {
/// #         self.drift().rhs(du, u, p, t);
/// #         self.noise(noise, u, p, t);
/// #     }
/// # }
/// # impl DiffusionVjp<f64> for Gbm {
/// #     fn noise_vjp(&self, noise_bar: &mut f64, u: &f64, p: &[f64; 2], _t: f64, u_bar: &mut f64, p_bar: &mut [f64; 2],
/// #         _: &mut f64, _: &mut Workspace<f64>) {
/// #         *u_bar += p[1] * *noise_bar;
/// #         p_bar[1] += u * *noise_bar;
/// #     }
/// #     fn drift_and_noise_vjp(&self, du_bar: &mut f64, noise_bar: &mut f64, u: &f64, p: &[f64; 2], t: f64, u_bar: &mut f64,
/// #         p_bar: &mut [f64; 2], t_bar: &mut f64, work: &mut Workspace<f64>) {
/// #         self.drift().vjp(du_bar, u, p, t, u_bar, p_bar, t_bar, work);
/// #         self.noise_vjp(noise_bar, u, p, t, u_bar, p_bar, t_bar, work);
/// #     }
/// # }
/// use diffeq_runtime::noise::{Path, SdeProblem};
/// use diffeq_runtime::sensitivity::{Cotangents, StochasticBacksolve};
/// use diffeq_runtime::stepper::StratonovichHeun;
///
/// // du = 0.6 u dt + 0.7 u ∘ dW: `Gbm` is what `#[sde(stratonovich)]` makes of it. Its solution is u0 exp(a t + s W).
/// let problem = SdeProblem::new(Gbm, 1.0, (0.0, 1.0), [0.6, 0.7]).seed(42);
/// let solver = problem.solver(StratonovichHeun).fixed(1e-3).save_every_step(false);
/// let (solution, mut pullback) = solver.vjp(StochasticBacksolve::default())?;
/// let gradient = pullback.call(Cotangents::end(&1.0))?;
///
/// let (end, w) = (solution.end(), problem.driven.model.path.values(1, &[0.0, 1.0])?[1][0]);
/// assert!((gradient.u0 - end).abs() < 1e-2 * end);
/// assert!((gradient.p[0] - end).abs() < 1e-2 * end && (gradient.p[1] - end * w).abs() < 1e-2 * end);
/// # Ok::<(), diffeq_runtime::error::Error>(())
/// ```
///
/// Source: Li, Wong, Chen, Duvenaud, *Scalable gradients for stochastic differential equations*, AISTATS 2020,
/// arXiv:2001.01328, section 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StochasticBacksolve {
    /// How far off the state may be on the way back, relative and absolute; `1e-2` by default.
    pub tolerance: f64,
    /// How many steps back are made of a step of the solve; 1 by default.
    pub parts: usize,
}

impl Default for StochasticBacksolve {
    fn default() -> Self {
        Self { tolerance: 1e-2, parts: 1 }
    }
}

impl StochasticBacksolve {
    /// So many steps back for each step of the solve.
    pub fn parts(parts: usize) -> Self {
        Self { parts, ..Self::default() }
    }

    /// Refuses a way back that is not the way there.
    fn compare<T: Real, V: Vector<T>>(
        &self,
        model: &'static str,
        (found, kept): (&V, &V),
        t: f64,
    ) -> Result<(), Error> {
        let tolerances = Tolerances { relative: self.tolerance.into(), absolute: self.tolerance.into() };
        let mut off = found.clone();
        add_scaled(&mut off, -1.0, kept);
        let error = weighted_norm(&off, kept, &tolerances);
        // Written so that NaN fails.
        if error <= 1.0 {
            return Ok(());
        }
        let cause = "; with shorter steps, or more `parts` of each, it may".to_string();
        Err(Error::Reconstruction { model, t, error, limit: 1.0, cause })
    }
}

fits!(StochasticBacksolve: ito Additive; stratonovich Additive Scalar Diagonal Commutative General);

/// Keeps of a solve its steps and some states.
struct Landmarks<V: 'static, P: 'static, T: 'static> {
    tape: Tape<V, P, T>,
    samples: Samples<V>,
}

impl<V: Vector<T>, P: Clone, T: Real> Observer<T, V, P> for Landmarks<V, P, T> {
    fn wants(&self) -> Wants {
        Wants::NOTHING
    }

    fn step(&mut self, taken: &Taken<'_, V, T>) {
        self.samples.record(taken.step, taken.interval.t, taken.u, self.tape.jumps.len());
        self.tape.step(taken);
    }

    fn save(&mut self, row: usize, origin: RowOrigin) {
        Observer::<T, V, P>::save(&mut self.tape, row, origin);
    }

    fn event(&mut self, record: EventRecord<'_, V, P>) {
        Observer::<T, V, P>::event(&mut self.tape, record);
    }
}

/// A step back, with its memory.
struct StepBack<T: Real, M: Diffusion<T>, C> {
    cursor: C,
    noise: Increment,
    /// State and costate where the step predicts them.
    next: M::State,
    costate: M::State,
    halves: Halves<T, M>,
}

/// What drift and noise make of state and costate at either end of a step back, half of it.
struct Halves<T: Real, M: Diffusion<T>> {
    of_state: [M::State; 2],
    of_costate: [M::State; 2],
    slope: M::State,
    g: M::Noise,
    g_bar: M::Noise,
    weights: Vec<f64>,
    work: Workspace<T>,
}

impl<T: Real, M: DiffusionVjp<T>> Halves<T, M>
where
    M::Drift: Vjp<T>,
{
    /// Finds that of one end, the first or the second; that of the parameters is added to `p_bar`.
    fn find(
        &mut self,
        which: usize,
        (model, p, t): (&M, &M::Params, f64),
        (h, w): (f64, &[f64]),
        (u, lambda): (&M::State, &M::State),
        p_bar: &mut M::Params,
    ) {
        let Self { of_state, of_costate, slope, g, g_bar, weights, work } = self;
        let (t, mut t_bar) = (T::lit(t), T::ZERO);
        weights.iter_mut().zip(w).for_each(|(weight, w)| *weight = 0.5 * w);
        model.drift_and_noise(slope, g, u, p, t);
        assign_scaled(&mut of_state[which], 0.5 * h, slope);
        M::Shape::add_product(g, weights, &mut of_state[which]);
        weights.iter_mut().for_each(|weight| *weight = -*weight);
        // The product with all processes at once is one vector-Jacobian product.
        assign_scaled(slope, -0.5 * h, lambda);
        assign_zero(g_bar);
        M::Shape::add_outer(g_bar, weights, lambda);
        assign_zero(&mut of_costate[which]);
        model.drift_and_noise_vjp(slope, g_bar, u, p, t, &mut of_costate[which], p_bar, &mut t_bar, work);
    }
}

impl<T: Real, M: DiffusionVjp<T>, C> StepBack<T, M, C>
where
    M::Drift: Vjp<T>,
{
    fn new<W: Path<Cursor = C>>(f: &Driven<M, W>, u: &M::State) -> Self {
        let blank = f.model.blank_noise(u);
        let processes = M::Shape::processes(&blank);
        let zeros = || u.zeros_like();
        Self {
            cursor: f.path.cursor(processes),
            noise: Increment::new(processes, Asks::Values),
            next: zeros(),
            costate: zeros(),
            halves: Halves {
                of_state: [zeros(), zeros()],
                of_costate: [zeros(), zeros()],
                slope: zeros(),
                g: blank.clone(),
                g_bar: blank,
                weights: vec![0.0; processes],
                work: Workspace::new(),
            },
        }
    }

    /// Takes state, costate and the cotangent of the parameters from the end of a piece of time to its start.
    fn take<W: Path<Cursor = C>>(
        &mut self,
        (f, p, piece): (&Driven<M, W>, &M::Params, Interval),
        (u, lambda, p_bar): (&mut M::State, &mut M::State, &mut M::Params),
    ) -> Result<(), Failure> {
        let Self { cursor, noise, next, costate, halves } = self;
        f.path.increment(cursor, piece.end, piece.t, noise).map_err(|_| Failure::Unresolved)?;
        let back = (-piece.h, &*noise.w);
        halves.find(0, (&f.model, p, piece.to), back, (u, lambda), p_bar);
        assign(next, u);
        add_scaled(next, 2.0, &halves.of_state[0]);
        assign(costate, lambda);
        add_scaled(costate, 2.0, &halves.of_costate[0]);
        halves.find(1, (&f.model, p, piece.from), back, (next, costate), p_bar);
        for (of_state, of_costate) in halves.of_state.iter().zip(&halves.of_costate) {
            add_scaled(u, 1.0, of_state);
            add_scaled(lambda, 1.0, of_costate);
        }
        Ok(())
    }
}

/// Part `i` of some of a step.
fn part_of(step: Interval, i: usize, parts: usize) -> Interval {
    let at = |i: usize| step.t + step.h * (i as f64 / parts as f64);
    let is_last = i + 1 == parts;
    let (t, end) = (if i == 0 { step.t } else { at(i) }, if is_last { step.end } else { at(i + 1) });
    let from = if i == 0 { step.from } else { t };
    let to = if is_last { step.to } else { end };
    Interval { t, h: step.h / parts as f64, end, from, to }
}

/// What [`StochasticBacksolve`] keeps of a solve.
pub struct ReplayRecord<T: Real, M: DiffusionVjp<T>, W: Path> {
    adjoint: StochasticBacksolve,
    marks: Landmarks<M::State, M::Params, T>,
    end: M::State,
    step: StepBack<T, M, W::Cursor>,
    u: M::State,
    row: M::State,
}

impl<T, M, W, X> Adjoint<Driven<M, W>, T, X> for StochasticBacksolve
where
    T: Real,
    M: DiffusionVjp<T>,
    M::Drift: Vjp<T>,
    W: Path,
    X: Method<T, Driven<M, W>>,
    Self: Fits<M::Interpretation, M::Class>,
{
    type Record = ReplayRecord<T, M, W>;

    fn solve<E: DifferentiableEvents<T, Driven<M, W>>>(
        self,
        solver: &Solver<'_, Driven<M, W>, T, X, E>,
    ) -> Result<(Solution<M::State, T>, Self::Record), Error> {
        check_tolerance(self.tolerance)?;
        if self.parts == 0 {
            let (problem, hint) = ("is 0".to_string(), "make one step back or more of each step");
            return Err(Error::Option { option: "parts", problem, hint });
        }
        check_rough(solver)?;
        let (problem, u) = (solver.problem, &solver.problem.u0);
        let stops = Stops::new::<T, Driven<M, W>, E>(problem.span, &solver.options, &solver.events);
        let tape = Tape::new(Some(1), Motions::new(stops), &problem.p, u.as_slice().len(), false);
        let mut marks = Landmarks { tape, samples: Samples::new() };
        let solution = solver.solve_observed(&mut marks)?;
        let record = ReplayRecord {
            adjoint: self,
            marks,
            end: solution.end().clone(),
            step: StepBack::new(&problem.model, u),
            u: u.clone(),
            row: u.zeros_like(),
        };
        Ok((solution, record))
    }

    fn pull<E: DifferentiableEvents<T, Driven<M, W>>>(
        record: &mut Self::Record,
        solver: &Solver<'_, Driven<M, W>, T, X, E>,
        cotangents: &Cotangents<'_, M::State, T>,
    ) -> Result<Gradient<M::State, M::Params, T>, Error> {
        let tape = &record.marks.tape;
        cotangents.fit(solver, tape.rows.len(), tape.events(tape.jumps.len()))?;
        let gradient = record.sweep(solver, cotangents)?;
        finite(solver, gradient)
    }
}

impl<T: Real, M: DiffusionVjp<T>, W: Path> ReplayRecord<T, M, W>
where
    M::Drift: Vjp<T>,
{
    fn sweep<X, E: DifferentiableEvents<T, Driven<M, W>>>(
        &mut self,
        solver: &Solver<'_, Driven<M, W>, T, X, E>,
        cotangents: &Cotangents<'_, M::State, T>,
    ) -> Result<Gradient<M::State, M::Params, T>, Error> {
        let Self { adjoint, marks: Landmarks { tape, samples }, end, step, u, row } = self;
        let (problem, idxs) = (solver.problem, solver.options.save_idxs.as_deref());
        let (model, name) = (&problem.model, M::NAME);
        let (mut jumps, mut kept) = (tape.jumps.len(), samples.kept());
        let mut gradient = Gradient {
            u0: cotangents.end.map_or_else(|| problem.u0.zeros_like(), Clone::clone),
            p: problem.p.zeros_like(),
            t0: T::ZERO,
            t1: T::ZERO,
            error: None,
        };
        let mut rows = RowsBack { origins: &tape.rows, cotangents, idxs, row };
        assign(u, end);
        let mut is_compared = true;
        let last = tape.steps.len();
        for n in (0..=last).rev() {
            // Where step `n` ends: events, then the rows before them. The start is the end of a step before the first.
            let ends_here = |step: Option<usize>| step == n.checked_sub(1);
            rows.add(&mut gradient.u0, |origin| match origin {
                RowOrigin::AfterEvent { step } => ends_here(Some(step)),
                _ => false,
            });
            while let Some(jump) = tape.jumps[..jumps].last()
                && ends_here(jump.step)
            {
                if !is_compared {
                    adjoint.compare(name, (u, &jump.after.0), jump.t)?;
                }
                jumps -= 1;
                let mut switch = Switch::of(model);
                if let Some(event) = switch.or_event(&solver.events, jump.cause) {
                    let bars = (&mut gradient.u0, &mut gradient.p);
                    pull_jump(model, event, jump, T::ZERO, &mut step.next, bars);
                }
                assign(u, &jump.before.0);
                is_compared = true;
            }
            let Some(n) = n.checked_sub(1) else { break };
            rows.add_at_end(&mut gradient.u0, n);
            let (interval, p) = (tape.steps[n], tape.p(jumps));
            for i in (0..adjoint.parts).rev() {
                let piece = part_of(interval, i, adjoint.parts);
                let taken = step.take((model, p, piece), (u, &mut gradient.u0, &mut gradient.p));
                taken.map_err(|why| Error::NoStep {
                    model: name,
                    t: piece.end,
                    dt: -piece.h,
                    why: why.to_string(),
                })?;
            }
            rows.add_at_start(&mut gradient.u0, n);
            is_compared = false;
            if let Some((Sample { t, u: before, jumps: count }, earlier)) = kept.split_last()
                && *t == interval.t
                && *count == jumps
            {
                adjoint.compare(name, (u, before), *t)?;
                assign(u, before);
                (kept, is_compared) = (earlier, true);
            }
        }
        rows.add(&mut gradient.u0, |_| true);
        Ok(gradient)
    }
}
