//! Where a solve begins: its past, its lags, and the breaks that they carry on.

use std::sync::Arc;

use crate::checkpoint::Checkpoints;
use crate::delay::Initial;
use crate::delay::WithPast;
use crate::delay::breaks::Break;
use crate::delay::breaks::Fixed;
use crate::delay::complaint::Complaint;
use crate::delay::memory::Barrier;
use crate::delay::memory::Memory;
use crate::problem::Delayed;
use crate::problem::Memento;
use crate::problem::Origin;
use crate::real::Real;
use crate::space::Vector;
use crate::space::Workspace;

impl<T: Real> Memory<T> {
    /// Complains of a lag that is none: steps end where lags carry breaks to, as far as these are off by
    /// rounding, and one over the square of such a step is finite.
    fn refuse_no_lag(&mut self, lags: &[Fixed<T>]) {
        let is_none = |lag: &f64| lag.is_nan() || *lag < f64::MIN_POSITIVE.sqrt() / f64::EPSILON;
        if let Some(lag) = lags.iter().map(|fixed| fixed.lag.value()).find(is_none) {
            self.complaint = Some(Complaint::NoLag { t: self.now, lag });
        }
    }
}

/// There is room for so many steps from the start.
const FEW_STEPS: usize = 32;

impl<F: Delayed<T>, H: Initial<T, F::State, F::Params>, T: Real> WithPast<F, H, T> {
    /// The lags that stay what they are, as the parameters have them, and how they move where there is a way back.
    fn fixed_lags<'w>(
        &self,
        p: &F::Params,
        goes_back: bool,
        work: &'w mut Workspace<T>,
    ) -> impl Iterator<Item = Fixed<T>> + use<'w, F, H, T> {
        work.clear();
        if goes_back {
            let mut direction = p.zeros_like();
            for (i, rate) in direction.as_mut_slice().iter_mut().enumerate() {
                // The fractions of multiples of the golden ratio.
                *rate = T::lit(0.5 + (0.618_033_988_749_894_9 * (i + 1) as f64).fract());
            }
            self.model.lag_tangents(p, &direction, T::ZERO, work);
        } else {
            self.model.lags(p, T::ZERO, work);
        }
        let fixed = |asked: &[T]| Fixed {
            lag: T::ZERO - asked[0],
            of_slope: asked[1].value() != 0.0,
            rate: asked.get(2).map_or(0.0, |rate| -rate.value()),
        };
        work.reals().chunks_exact(if goes_back { 3 } else { 2 }).map(fixed)
    }

    /// An event may have changed the parameters that lags are made of: breaks are carried on by those that are now.
    pub(super) fn take_lags(&self, p: &F::Params) {
        let mut memory = self.memory();
        let mut work = std::mem::take(&mut memory.work);
        let goes_back = memory.plan.is_some();
        let mut known = memory.lags.iter();
        let is_known = |now: Fixed<T>| known.next().is_some_and(|before| before.is(&now));
        let same = self.fixed_lags(p, goes_back, &mut work).all(is_known) && known.next().is_none();
        let lags: Vec<_> = match same {
            true => Vec::new(),
            false => self.fixed_lags(p, goes_back, &mut work).collect(),
        };
        memory.work = work;
        if same {
            return;
        }
        memory.refuse_no_lag(&lags);
        let longest = lags.iter().map(|fixed| fixed.lag.value()).fold(0.0, f64::max);
        memory.keep = memory.keep.max(longest * (1.0 + 1e-9));
        let Memory { breaks, barriers, now, .. } = &mut *memory;
        for Barrier { time, exact, order, lags: way, rate, origin, .. } in barriers.iter() {
            let from = Break { lags: way.clone(), rate: *rate, ..Break::new(*time, *exact, *order, *origin) };
            breaks.carry_on(&from, &lags, *now);
        }
        memory.lags = lags;
    }

    /// A solve begins here, with a past of its own.
    pub(super) fn begin(&self, t: f64, u: &F::State, p: &F::Params, order: usize) -> Memento {
        let plan = self.plan.take();
        let mut work = Workspace::new();
        let lags: Vec<_> = self.fixed_lags(p, plan.is_some(), &mut work).collect();
        let reals = u.as_slice();
        let fits = (0..reals.len()).all(|i| {
            if H::RESTS {
                return true;
            }
            let before = self.history.component(T::lit(t), p, i, 0).value();
            (before - reals[i].value()).abs() <= 4.0 * T::EPSILON * before.abs()
        });
        let mut memory = self.memory();
        self.solves.set(self.solves.get() + 1);
        let solve = self.solves.get();
        let mut new =
            Memory { solve, n: reals.len(), moves: Self::MOVES, rough: F::ROUGH, work, ..Memory::new() };
        if Arc::strong_count(&memory.alive) > 1 {
            let mut shelf = self.shelf.borrow_mut();
            shelf.retain(|other| Arc::strong_count(&other.alive) > 1);
            shelf.push(std::mem::replace(&mut *memory, new));
        } else {
            // Nobody asks that one any more.
            new.pieces = std::mem::take(&mut memory.pieces);
            new.pieces.clear();
            *memory = new;
        }
        memory.pieces.reserve(FEW_STEPS);
        memory.barriers.reserve(FEW_STEPS / 2);
        memory.breaks.pending.reserve(FEW_STEPS / 2);
        memory.inside.reserve(FEW_STEPS / 2);
        memory.plan = plan.map(Checkpoints::new);
        memory.current.extend_from_slice(reals);
        memory.now = t;
        if H::RESTS {
            memory.start = reals.to_vec();
        }
        // A jump of a derivative of order k inside a step is an error of the order of its k-th power, which a method of order k
        // would not notice; but where the break moves with a lag the derivative by that lag is less smooth by one. Where the
        // history ends every method notices: from there on it is the solution that is asked for.
        let is_differentiated = T::DERIVATIVES > 0 || memory.plan.is_some();
        // Where noise drives the solution that is not smooth anyway: steps end where a jump of the past is looked up, and nowhere
        // else.
        memory.breaks.highest = match F::ROUGH {
            true => 1,
            false => if is_differentiated { order } else { order.saturating_sub(1) }.max(2),
        };
        let longest = lags.iter().map(|fixed| fixed.lag.value()).fold(0.0, f64::max);
        if F::LAGS.iter().all(|lag| lag.kind.is_fixed()) {
            memory.keep = longest * (1.0 + 1e-9);
        }
        memory.refuse_no_lag(&lags);
        if F::ROUGH && lags.iter().any(|fixed| fixed.rate != 0.0) {
            memory.complaint = Some(Complaint::RoughLag { t });
        }
        if !self.history.fits(reals.len()) {
            memory.complaint = Some(Complaint::Misfit { t, width: reals.len() });
        }
        memory.lags = lags;
        // What is not smooth before the start comes with the lags, too.
        for (time, order) in self.history.breaks() {
            let from = Break::new(time, T::lit(time), order, Origin::Given);
            let Memory { breaks, lags, .. } = &mut *memory;
            breaks.carry_on(&from, lags, t);
        }
        let order = usize::from(fits);
        let exact = T::lit(t);
        memory.land(Break::new(t, exact, order, Origin::Start));
        if memory.barriers.is_empty() {
            memory.barriers.push(Barrier {
                time: t,
                exact,
                first: 0,
                order: 1,
                lags: Vec::new(),
                rate: 0.0,
                origin: Origin::Start,
            });
        }
        Memento { number: solve, alive: memory.alive.clone() }
    }
}
