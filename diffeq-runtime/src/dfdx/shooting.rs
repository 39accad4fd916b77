//! Multiple shooting: a long fit in short solves.

use std::ops::Range;

use dfdx::shapes::HasShape;
use dfdx::shapes::Rank0;
use dfdx::shapes::Shape;
use dfdx::tensor::Cpu;
use dfdx::tensor::Merge;
use dfdx::tensor::PutTape;
use dfdx::tensor::SplitTape;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::TensorFrom;
use dfdx::tensor::TensorFromVec;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;
use dfdx::tensor_ops::SelectTo;
use dfdx::tensor_ops::SumTo;
use dfdx::tensor_ops::TryAdd;
use dfdx::tensor_ops::TryMul;
use dfdx::tensor_ops::TrySub;

use super::device::failed;
use super::reverse::diffeq_rd;
use super::shape::TensorShape;
use super::tape::Join;
use super::tape::Scalar;
use crate::error::Error;
use crate::integrate::Grid;
use crate::integrate::Solver;
use crate::integrate::Trigger;
use crate::problem::OdeProblem;
use crate::problem::Vjp;
use crate::sensitivity::AdjointMethod;
use crate::sensitivity::DifferentiableEvents;

/// A series cut into segments, each solved from an initial state of its own, and a penalty on the gaps between them
/// (Bock & Plitt, IFAC Proc. 17, 1984).
///
/// A long solve depends on parameters in a way too crooked for gradients: it sticks in local minima, or blows up.
/// Short ones do not, and the penalty joins them. The segments' initial states are either what was measured there, or
/// parameters of the fit like any other.
///
/// ```text
/// let shooting = MultipleShooting::new(&times, 10)?.continuity(100.0);
/// let starts: Tensor<Rank2<11, 2>, f64, Cpu> = shooting.starts(&data)?;
/// // The unknowns: the initial states, and the parameters.
/// let trained = Training::adam(0.05).then_lbfgs(200).run(&mut (starts, p), |(starts, p), gradients| {
///     shooting.loss(starts.trace(gradients), p.leaky_trace(), &solver, &data)
/// })?;
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct MultipleShooting {
    times: Vec<f64>,
    group_size: usize,
    continuity: f64,
}

impl MultipleShooting {
    /// Segments of `group_size` times each; neighbours share a time, and the last segment may be shorter. The penalty's
    /// factor is 100.
    ///
    /// # Errors
    /// If times are not finite or do not increase, or if a segment would have fewer than two times, or more than
    /// there are.
    pub fn new(times: &[f64], group_size: usize) -> Result<Self, Error> {
        if let Some(pair) = times.windows(2).find(|pair| !(pair[1] > pair[0] && pair[1].is_finite())) {
            return Err(refuse(
                "times",
                format!("go from {} to {}", pair[0], pair[1]),
                "list finite times in order",
            ));
        }
        if group_size < 2 || group_size > times.len() {
            let problem = format!("is {group_size} for {} times", times.len());
            return Err(refuse("group_size", problem, "a segment has two times at least, and at most all"));
        }
        Ok(Self { times: times.to_vec(), group_size, continuity: 100.0 })
    }

    /// What the squared gaps between segments are multiplied by; 100 by default.
    #[must_use]
    pub fn continuity(self, factor: f64) -> Self {
        Self { continuity: factor, ..self }
    }

    /// Which times each segment has.
    pub fn segments(&self) -> impl ExactSizeIterator<Item = Range<usize>> {
        let (stride, last) = (self.group_size - 1, self.times.len() - 1);
        (0..last.div_ceil(stride)).map(move |k| k * stride..(k * stride + stride).min(last) + 1)
    }

    /// The rows of `data` (time first) where segments begin: initial states to hold or to start from.
    ///
    /// A row for each segment: as a `Rank2<11, 2>` if they are to be parameters of a fit, whose shape the compiler
    /// must know.
    ///
    /// # Errors
    /// If `data` has not as many states as there are times, or another number of segments or components than the shape.
    pub fn starts<E: Scalar, S: Shape<Concrete = [usize; 2]>, D: Shape>(
        &self,
        data: &Tensor<D, E, Cpu>,
    ) -> Result<Tensor<S, E, Cpu>, Error> {
        let (data, width) = self.rows(data)?;
        let rows: Vec<E> =
            self.segments().flat_map(|range| data[range.start * width..][..width].to_vec()).collect();
        let shape = [self.segments().len(), width];
        let Some(shape) = S::from_concrete(&shape) else {
            let message = format!(
                "there are {} segments with states of {} reals; give the shape of that",
                shape[0], shape[1]
            );
            return Err(Error::Layer { layer: "multiple shooting", message });
        };
        Ok(Cpu::default().try_tensor_from_vec(rows, shape)?)
    }

    /// The squared distances of all segments from the data, each over its own times, and the squared gaps between the
    /// end of a segment and the start of the next one times the penalty's factor, summed.
    ///
    /// `starts` are the segments' initial states, `data` the states seen, time first. Method, options and events are
    /// the solver's; of its span and what it saves nothing is used. Gradients go to `starts` and `p` alike.
    ///
    /// Events may be crossings. Those at given times have to lie in every segment, and those that come every so often are refused, as
    /// each segment would count anew: use [`loss_of`](Self::loss_of) there.
    ///
    /// # Errors
    /// If sizes do not fit, and where a segment can't be solved.
    pub fn loss<E, F, M, Ev, U, P, S, D, TS, TP, T>(
        &self,
        starts: Tensor<S, E, Cpu, TS>,
        p: Tensor<P::Shape, E, Cpu, TP>,
        solver: &Solver<'_, F, E, M, Ev>,
        data: &Tensor<D, E, Cpu>,
    ) -> Result<Tensor<Rank0, E, Cpu, T>, Error>
    where
        E: Scalar,
        U: TensorShape<E>,
        P: TensorShape<E>,
        F: Clone + Vjp<E, State = U, Params = P> + 'static,
        M: AdjointMethod<E, F> + 'static,
        Ev: DifferentiableEvents<E, F> + Clone + 'static,
        S: Shape,
        D: Shape,
        TS: Tape<E, Cpu> + Join<TP, Joined = T>,
        TP: Tape<E, Cpu>,
        T: Tape<E, Cpu> + Merge<TS>,
        Cpu: Device<E>,
    {
        let problem = solver.problem;
        let (p, mut p_tape) = p.split_tape();
        check("components of a state", problem.u0.as_slice().len(), self.rows(data)?.1)?;
        let is_one_solve = self.segments().len() == 1 && self.times[0] == problem.span.0;
        let period = |event: &usize| matches!(solver.events.trigger(*event), Trigger::Period(_));
        if let Some(event) = (0..solver.events.len()).find(period).filter(|_| !is_one_solve) {
            let hint = "solve the segments by `loss_of`, with the times that fall into each";
            let problem =
                format!("{event} comes every so often, which each segment would count from its own start");
            return Err(refuse("event", problem, hint));
        }
        self.loss_of(starts, data, |u0, times| {
            let span = (times[0], times[times.len() - 1]);
            let segment = problem.remake().span(span);
            let solver = over(solver, &segment, times);
            let width = u0.shape().num_elements();
            let u0 = u0.try_reshape_like(&problem.u0.tensor_shape())?;
            let p = p.clone().put_tape(std::mem::take(&mut p_tape));
            Ok(diffeq_rd((u0, p), &solver)?.series.try_reshape_like(&(times.len(), width))?)
        })
    }

    /// The same for any solve, on any device: `segment` gives the states at some times from an initial state at the
    /// first of them, one state a row.
    ///
    /// ```
    /// use dfdx::prelude::*;
    /// use diffeq_runtime::dfdx::MultipleShooting;
    /// use diffeq_runtime::integrate::Grid;
    /// use diffeq_runtime::layers::{OdeConfig, neural_ode};
    ///
    /// let device = Cpu::default();
    /// let times: Vec<f64> = (0..9).map(|i| 0.1 * f64::from(i)).collect();
    /// let data: Tensor<(usize, Const<2>), f64, _> = device.sample_normal_like(&(9, Const));
    /// let net = device.build_module::<(Linear<2, 8>, Tanh, Linear<8, 2>), f64>();
    /// let shooting = MultipleShooting::new(&times, 3)?;
    /// let starts: Tensor<Rank2<4, 2>, f64, _> = shooting.starts(&data)?;
    /// let loss = shooting.loss_of(starts.trace(net.alloc_grads()), &data, |u0, times| {
    ///     let span = (times[0], times[times.len() - 1]);
    ///     let config = OdeConfig::span(span).save_at(Grid::points(times));
    ///     let series = neural_ode(&net, u0.try_reshape_like(&(Const::<2>,))?, &config)?;
    ///     Ok(series.try_reshape_like(&(times.len(), 2))?)
    /// })?;
    /// let gradients = loss.backward();
    /// # Ok::<(), diffeq_runtime::error::Error>(())
    /// ```
    ///
    /// # Errors
    /// If sizes do not fit, and where a segment can't be solved.
    pub fn loss_of<E, Dev, S, C, TS, T>(
        &self,
        starts: Tensor<S, E, Dev, TS>,
        data: &Tensor<C, E, Dev>,
        mut segment: impl FnMut(State<E, Dev, TS>, &[f64]) -> Result<States<E, Dev, T>, Error>,
    ) -> Result<Tensor<Rank0, E, Dev, T>, Error>
    where
        E: Scalar,
        Dev: Device<E>,
        S: Shape,
        C: Shape,
        TS: Tape<E, Dev>,
        T: Tape<E, Dev> + Merge<TS>,
    {
        let (data, width) = self.rows(data)?;
        let count = self.segments().len();
        check("components of initial states", count * width, starts.shape().num_elements())?;
        let device = starts.device().clone();
        let (starts, mut starts_tape) = starts.split_tape();
        let start = |k: usize, tape: TS| {
            let starts = starts.clone().put_tape(tape).try_reshape_like(&(count, width)).map_err(failed)?;
            starts.try_select(device.try_tensor(k).map_err(failed)?).map_err(failed)
        };
        let mut loss: Option<Tensor<Rank0, E, Dev, T>> = None;
        for (k, range) in self.segments().enumerate() {
            let (times, rows) = (&self.times[range.clone()], range.len());
            let series = segment(start(k, std::mem::take(&mut starts_tape))?, times)?;
            check("states of a segment", rows * width, series.shape().num_elements())?;
            let (series, tape) = series.split_tape();
            let seen = data[range.start * width..range.end * width].to_vec();
            let last = device.try_tensor(rows - 1).map_err(failed)?;
            let mut term = device
                .try_tensor_from_vec(seen, (rows, width))
                .and_then(|seen| series.clone().put_tape(tape).try_sub(seen))
                .and_then(|gap| gap.try_square()?.try_sum::<Rank0, _>())
                .map_err(failed)?;
            if k + 1 < count {
                let next = start(k + 1, TS::default())?;
                let end = series.put_tape(T::default()).try_select(last).map_err(failed)?;
                let gap = end.try_sub(next).and_then(|gap| gap.try_square()?.try_sum::<Rank0, _>());
                let gap = gap.and_then(|gap| gap.try_mul(E::lit(self.continuity))).map_err(failed)?;
                term = term.try_add(gap).map_err(failed)?;
            }
            loss = Some(match loss {
                None => term,
                Some(loss) => loss.try_add(term).map_err(failed)?,
            });
        }
        // There are two times at least, so that there is a segment.
        loss.ok_or(Error::Shape { what: "segments", expected: 1, found: 0 })
    }

    /// The values of `data`, and how many there are for each time.
    fn rows<E: Scalar, C: Shape, D: Device<E>>(
        &self,
        data: &Tensor<C, E, D>,
    ) -> Result<(Vec<E>, usize), Error> {
        let (times, found) = (self.times.len(), data.shape().num_elements());
        let width = found / times;
        check("numbers of data", width.max(1) * times, found)?;
        Ok((data.as_vec(), width))
    }
}

/// A state as a row of its numbers.
pub type State<E, D, T> = Tensor<(usize,), E, D, T>;
/// States, each as a row of its numbers.
pub type States<E, D, T> = Tensor<(usize, usize), E, D, T>;

/// The solver for one segment, saving at its times.
fn over<'b, E, F, M, Ev>(
    solver: &'b Solver<'_, F, E, M, Ev>,
    segment: &'b OdeProblem<F, E>,
    times: &[f64],
) -> Solver<'b, F, E, M, Ev>
where
    E: Scalar,
    F: Vjp<E>,
    M: AdjointMethod<E, F>,
    Ev: DifferentiableEvents<E, F> + Clone,
{
    let (t0, t1) = segment.span;
    let tstops: Vec<f64> = solver.options.tstops.iter().copied().filter(|t| (t0..=t1).contains(t)).collect();
    let mut solver = solver.on_with_own_events(segment);
    (solver.options.save_idxs, solver.options.dense) = (None, false);
    solver.tstops(tstops).save_at(Grid::points(times)).save_start(true).save_every_step(false)
}

fn check(what: &'static str, expected: usize, found: usize) -> Result<(), Error> {
    if expected == found { Ok(()) } else { Err(Error::Shape { what, expected, found }) }
}

fn refuse(option: &'static str, problem: String, hint: &'static str) -> Error {
    Error::Option { option, problem, hint }
}
