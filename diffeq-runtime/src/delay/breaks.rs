//! Break points: the times at which a solution is not smooth, and how lags carry them on.

use crate::problem::Origin;
use crate::real::Real;

/// In the place of a lag: what moves a break is not known.
pub(super) const UNKNOWN: usize = usize::MAX;

/// A time at which a derivative of the solution jumps.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Break<T> {
    /// When, as the clock meets it.
    pub time: f64,
    /// When, with its derivatives.
    pub exact: T,
    /// The lowest order of a derivative that jumps; 0 is the solution itself.
    pub order: usize,
    /// The lags that carried it here from a time that does not move, where the derivative itself jumps.
    pub lags: Vec<usize>,
    /// How fast those move together: see [`Fixed::rate`].
    pub rate: f64,
    /// From where they carried it, so that it moves with that.
    pub origin: Origin,
    /// Which lookup meets which barrier there, for those that were found on the way; it then reads on the other side.
    pub crossing: Option<Crossing>,
    /// Nothing else says that there is a break.
    pub is_found: bool,
    /// The solve began anew there: an event, a switch, a stop. Who has them sees to what moves with their time there.
    pub is_stop: bool,
}

/// A lookup that comes to the end of a smooth stretch of the past.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Crossing {
    /// Which lookup, in the order in which a right-hand side asks.
    pub lookup: usize,
    /// The stretch that it goes to.
    pub to: isize,
    /// Where the two stretches meet.
    pub at: f64,
}

/// A lag that stays what it is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Fixed<T> {
    pub lag: T,
    pub of_slope: bool,
    /// How fast it moves along a direction of the parameters that no structure of an equation knows of, where there is a way back.
    pub rate: f64,
}

impl<T: Real> Fixed<T> {
    /// Whether it is another one, derivatives included.
    pub fn is(&self, other: &Self) -> bool {
        let derivatives = |i| self.lag.derivative(i) == other.lag.derivative(i);
        self == other && (0..T::DERIVATIVES).all(derivatives)
    }
}

/// The break points to come, in order.
#[derive(Debug, Clone)]
pub(super) struct Breaks<T> {
    pub pending: Vec<Break<T>>,
    /// Breaks above this order the method does not notice.
    pub highest: usize,
}

impl<T: Real> Break<T> {
    /// One that is known beforehand, and to which no lag carried anything.
    pub fn new(time: f64, exact: T, order: usize, origin: Origin) -> Self {
        Self {
            time,
            exact,
            order,
            lags: Vec::new(),
            rate: 0.0,
            origin,
            crossing: None,
            is_found: false,
            is_stop: false,
        }
    }

    /// Whether what moves one break moves another as much.
    fn moves_with(&self, other: &Self) -> bool {
        let same = |a: f64, b: f64| (a - b).abs() <= 64.0 * T::EPSILON * f64::max(a.abs(), b.abs());
        (0..T::DERIVATIVES).all(|i| same(self.exact.derivative(i), other.exact.derivative(i)))
            && same(self.rate, other.rate)
            && self.lags.contains(&UNKNOWN) == other.lags.contains(&UNKNOWN)
            && self.origin == other.origin
    }
}

/// Times this close are one: roundings of the sums by which they were found.
const ROUNDINGS: f64 = 10.0;

impl<T: Real> Breaks<T> {
    pub fn new() -> Self {
        Self { pending: Vec::new(), highest: 0 }
    }

    /// Adds a break; of two at one time the less smooth one stays.
    pub fn add(&mut self, new: Break<T>) {
        if new.order > self.highest || !new.time.is_finite() {
            return;
        }
        // Found again, a crossing is where it was found last: the solution is known better there.
        if new.crossing.is_some() {
            self.pending.retain(|other| !(other.is_found && other.crossing == new.crossing));
        }
        let near = |other: &Break<T>| {
            (other.time - new.time).abs()
                <= ROUNDINGS * T::EPSILON * f64::max(new.time.abs(), f64::MIN_POSITIVE)
        };
        match self.pending.iter_mut().find(|other| near(other)) {
            Some(other) => {
                if new.order < other.order {
                    (other.order, other.exact, other.lags) = (new.order, new.exact, new.lags);
                    (other.rate, other.origin) = (new.rate, new.origin);
                } else if new.order == other.order && !other.moves_with(&new) {
                    // Nothing says which part of the jump is whose.
                    (other.exact, other.lags) = (T::lit(f64::NAN), vec![UNKNOWN]);
                }
                other.crossing = other.crossing.or(new.crossing);
                other.is_found &= new.is_found;
            }
            None => {
                let at = self.pending.partition_point(|other| other.time < new.time);
                self.pending.insert(at, new);
            }
        }
    }

    /// Adds what the lags make of a break, after the present time.
    pub fn carry_on(&mut self, from: &Break<T>, lags: &[Fixed<T>], now: f64) {
        for (which, fixed) in lags.iter().enumerate() {
            let exact = from.exact + fixed.lag;
            let time = from.time + fixed.lag.value();
            // A slope is as smooth as the derivative that it becomes; a state smooths by one order.
            let order = if fixed.of_slope { from.order.max(1) } else { from.order + 1 };
            if time > now {
                let way = match order <= 1 {
                    // How a crossing moves is no matter of lags.
                    true => from
                        .crossing
                        .map(|_| UNKNOWN)
                        .into_iter()
                        .chain(from.lags.iter().copied())
                        .chain([which])
                        .collect(),
                    false => Vec::new(),
                };
                let origin = if from.crossing.is_none() { from.origin } else { Origin::Given };
                let rate = from.rate + fixed.rate;
                self.add(Break { lags: way, rate, ..Break::new(time, exact, order, origin) });
            }
        }
    }

    /// The next after a time.
    pub fn next(&self, t: f64) -> Option<f64> {
        self.pending.iter().map(|one| one.time).find(|time| *time > t)
    }

    /// The break to come at a time where a lookup was found to cross a barrier.
    pub fn crossed(&mut self, t: f64) -> Option<&mut Break<T>> {
        self.pending.iter_mut().find(|one| one.time == t && one.crossing.is_some())
    }

    /// Takes away what lies before a time, and returns what lies on it.
    pub fn take(&mut self, t: f64) -> Option<Break<T>> {
        let passed = self.pending.partition_point(|one| one.time <= t);
        self.pending.drain(..passed).rfind(|one| one.time == t)
    }
}
