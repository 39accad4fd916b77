//! Where a time is looked up: on which smooth stretch of the past, and in which step of it.

use std::collections::VecDeque;

use crate::delay::complaint::Complaint;
use crate::delay::memory::Memory;
use crate::delay::memory::ROUNDINGS;
use crate::delay::memory::Seen;
use crate::delay::piece::Piece;
use crate::delay::place::At;
use crate::delay::place::Found;
use crate::delay::place::Hint;
use crate::delay::place::Place;
use crate::real::Real;
use crate::space::Tolerances;

/// The larger of two numbers, in one instruction: what is no number has been seen to.
#[cfg_attr(not(debug_assertions), inline(always))]
fn larger(a: f64, b: f64) -> f64 {
    if b > a { b } else { a }
}

impl<T: Real> Memory<T> {
    /// How many steps are known, and how many barriers between them: on the way back, those before the step at hand.
    fn known(&self) -> (usize, usize) {
        match &self.back {
            Some(back) if back.again => {
                let steps = self.forgotten + back.step;
                (steps, self.barriers.partition_point(|barrier| barrier.first <= steps))
            }
            _ => (self.forgotten + self.pieces.len(), self.barriers.len()),
        }
    }

    /// The stretch that a time lies in: -1 is the history.
    pub fn stretch_at(&self, time: f64) -> isize {
        self.barriers.partition_point(|barrier| barrier.time <= time) as isize - 1
    }

    /// The step that a model is asked in at the present time, once it was taken.
    fn step_of_now(&self) -> Option<&Piece<T>> {
        match &self.back {
            Some(back) => {
                let is_before = self.pieces.get(back.step).is_some_and(|piece| self.now < piece.t);
                self.pieces.get(back.step - usize::from(is_before && back.step > 0))
            }
            None if self.interval.is_none() || self.loose => {
                self.pieces.back().filter(|piece| self.now < piece.end)
            }
            None => None,
        }
    }

    /// The stretch that a time is on which lags that rest ask for: for all of a step the one on which they stand in its middle.
    /// Where noise drives the solution steps go over breaks, and the stretch is that of the time.
    pub fn resting_stretch(&self, at: f64) -> isize {
        let rounding = ROUNDINGS * T::EPSILON * f64::max(self.now.abs(), at.abs());
        if self.rough {
            return self.stretch_at(at + rounding);
        }
        let middle = match (self.interval, self.step_of_now()) {
            (_, Some(piece)) => Some(piece.t + 0.5 * (piece.end - piece.t)),
            (Some(interval), None) if !self.loose => Some(interval.t + 0.5 * interval.h),
            _ => None,
        };
        self.stretch_at(at + middle.map_or(rounding, |middle| middle - self.now))
    }

    /// The stretch that a lookup of the present time reads.
    fn choose(&mut self, lookup: usize, at: f64) -> isize {
        if let Some(back) = &self.back
            && back.matches
            && let Some(stretch) = back.nearest(at)
        {
            return stretch;
        }
        if !self.moves {
            return self.resting_stretch(at);
        }
        let recorded = self.step_of_now().and_then(|piece| piece.stretches.get(lookup).copied());
        if let Some(stretch) = recorded {
            return stretch;
        }
        if !self.loose
            && let Some(stretch) = self.seen[lookup].stretch
        {
            return stretch;
        }
        let forced = self.forced.iter().find(|(which, _)| *which == lookup).map(|(_, stretch)| *stretch);
        let rounding = ROUNDINGS * T::EPSILON * f64::max(self.now.abs(), at.abs());
        forced.unwrap_or_else(|| self.stretch_at(at + rounding))
    }

    /// Where a stretch begins and ends; the last one is open.
    pub fn bounds(&self, stretch: isize) -> (f64, f64) {
        let from = usize::try_from(stretch).map_or(f64::NEG_INFINITY, |s| self.barriers[s].time);
        let to = self.barriers.get((stretch + 1) as usize).map_or(f64::INFINITY, |barrier| barrier.time);
        (from, to)
    }

    /// Where a hint leads: to the same step as before or to the one behind it, on the same stretch. That of a lag which rests is
    /// the same for all of an attempt. Beside it whether the time lies in the step at hand.
    #[inline]
    fn follow(&self, hint: &Hint, at: f64) -> Option<(At, bool)> {
        let same = |lag: f64| (self.now - at - lag).abs() <= ROUNDINGS * f64::EPSILON * self.now.abs();
        let next = hint.step.wrapping_add(1);
        if hint.attempt != self.attempt || self.loose || !(self.moves || same(hint.lag)) {
            return None;
        }
        let found = match () {
            () if hint.from < at && at <= hint.to => Some((At::Step(hint.step - self.forgotten), false)),
            () if hint.to < at && next < hint.last && at <= self.pieces[next - self.forgotten].end => {
                Some((At::Step(next - self.forgotten), false))
            }
            () if hint.inside < at && self.is_guessed => Some((At::Guess, true)),
            () if hint.beyond <= at && !self.is_guessed => Some((hint.substitute, true)),
            () if hint.before => Some((At::History, false)),
            () => None,
        };
        #[cfg(test)]
        let found = crate::delay::tests::shortcut(found);
        found
    }

    /// Where any lookup found a time.
    pub fn recalled(&self, at: f64) -> Option<At> {
        let (place, _) = self.hints.iter().find_map(|hint| self.follow(hint, at)).filter(|_| !self.moves)?;
        Some(place)
    }

    /// Finds a time of lookup number `asked`.
    ///
    /// What it says fits into registers. With the time beside it, which whoever asks knows, it would be written to memory in parts and
    /// read as a whole, for which the processor waits longer than all of this takes.
    pub fn find(&mut self, time: T) -> At {
        let lookup = self.asked;
        self.asked += 1;
        let at = time.value();
        if let Some((place, is_inside)) = self.hints.get(lookup).and_then(|hint| self.follow(hint, at)) {
            if self.moves {
                self.seen[lookup].take(time);
            }
            if is_inside {
                self.take_inside(Place { time, at: place });
            }
            return place;
        }
        self.find_anew(lookup, time)
    }

    fn reads_inside(&self, i: usize) {
        self.components.set(self.components.get() | 1 << i.min(63));
    }

    /// A lookup falls into the step at hand.
    #[inline]
    fn take_inside(&mut self, place: Place<T>) {
        if self.inside.is_empty() {
            self.calls_outside = self.calls.saturating_sub(1);
            self.components.set(0);
        }
        if self.inside.last().is_none_or(|last| last.time != place.time) {
            self.inside.push(place);
        }
    }

    #[inline(never)]
    fn find_anew(&mut self, lookup: usize, time: T) -> At {
        let at = time.value();
        if self.seen.len() <= lookup {
            self.seen.resize(lookup + 1, Seen::nothing());
            self.hints.resize(lookup + 1, Hint::NOTHING);
        }
        let rounding = 64.0 * T::EPSILON * f64::max(self.now.abs(), at.abs());
        if at - self.now > rounding {
            self.complaint = Some(Complaint::Ahead { t: self.now, asked: at });
            return At::Nowhere;
        }
        let stretch = self.choose(lookup, at);
        if let Some(back) = &mut self.back {
            if self.moves && !back.matches {
                back.asked.push((time, stretch));
            }
        } else if self.moves && !self.loose {
            let seen = &mut self.seen[lookup];
            seen.stretch = Some(stretch);
            seen.take(time);
        }
        let attempted = self.interval.is_some() && !self.loose;
        let near = self.hints[lookup].step.wrapping_sub(self.forgotten);
        let Found { at: place, is_inside, last } = self.place_near(stretch, at, near);
        if place == At::Nowhere && self.forgotten > 0 && !at.is_nan() {
            self.complaint = Some(Complaint::Forgotten { t: self.now, asked: at });
        }
        if is_inside && attempted {
            self.take_inside(Place { time, at: place });
        }
        let holds = match &self.back {
            None => attempted,
            Some(back) => {
                // Beside the step at hand another one is asked.
                !self.moves && self.pieces.get(back.step).is_some_and(|piece| piece.t <= self.now)
            }
        };
        if !holds {
            return place;
        }
        let (attempt, lag) = (self.attempt, self.now - at);
        let rests = !self.moves && self.back.is_none();
        let hint = &mut self.hints[lookup];
        if hint.attempt != attempt || (hint.lag - lag).abs() > ROUNDINGS * f64::EPSILON * self.now.abs() {
            *hint = Hint { step: hint.step, attempt, lag, ..Hint::NOTHING };
        }
        match place {
            At::Step(step) if !is_inside => {
                (hint.from, hint.to) = (self.pieces[step].t, self.pieces[step].end);
                (hint.step, hint.last) = (step + self.forgotten, last);
            }
            At::Guess => hint.inside = self.guess.t,
            At::History if rests => hint.before = true,
            At::Step(_) | At::Current if rests && Self::holds_on(&self.pieces, place) => {
                (hint.beyond, hint.substitute) = (at, place);
            }
            _ => {}
        }
        place
    }

    /// Whether what stands for the step at hand at one time does at all later ones: of a step that is shorter than the one before
    /// it that one goes on better far out.
    fn holds_on(pieces: &VecDeque<Piece<T>>, place: At) -> bool {
        let length = |n: usize| pieces[n].end - pieces[n].t;
        match place {
            At::Step(step) => step == 0 || length(step) >= length(step - 1),
            _ => true,
        }
    }

    /// The place of a time on a stretch.
    pub fn place(&self, stretch: isize, at: f64) -> At {
        self.place_near(stretch, at, usize::MAX).at
    }

    /// The place of a time on a stretch, perhaps near a step.
    fn place_near(&self, stretch: isize, at: f64, near: usize) -> Found {
        if at.is_nan() {
            return Found::beside(At::Nowhere);
        }
        let Ok(number) = usize::try_from(stretch) else { return Found::beside(At::History) };
        let (steps, barriers) = self.known();
        if number >= barriers {
            return Found::beside(At::Nowhere);
        }
        let first = self.barriers[number].first;
        let (last, is_open) = match self.barriers[..barriers].get(number + 1) {
            Some(next) => (next.first, false),
            None => (steps, true),
        };
        let known_to = match last.checked_sub(self.forgotten + 1) {
            Some(n) if last > first => self.pieces.get(n).map(|piece| piece.end),
            _ => None,
        };
        // past what is known, in the step itself
        let begin = known_to.unwrap_or(self.barriers[number].time);
        let is_inside = is_open && (begin < at || last == first && begin == at && self.is_guessed);
        if is_inside && self.is_guessed {
            return Found { at: At::Guess, is_inside, last };
        }
        if last == first {
            // The stretch before goes on nearly as it was, where the break is smoother than a line through the state.
            let before = self.forgotten < last && self.barriers[number].order > 2;
            let at = if is_inside && before { At::Step(last - 1 - self.forgotten) } else { At::Current };
            return Found { at, is_inside, last };
        }
        let steps = first.max(self.forgotten) - self.forgotten..last.saturating_sub(self.forgotten);
        // As long as lags stay nobody asks for what was forgotten. An event may change them.
        let is_forgotten = |from: &Piece<T>| first < self.forgotten && at < from.t;
        if steps.is_empty() || is_forgotten(&self.pieces[steps.start]) {
            return Found::beside(At::Nowhere);
        }
        // Steps are in order of time: the first that ends at or after it.
        let (mut low, mut high) = (steps.start, steps.end - 1);
        for step in [near, near.wrapping_add(1)] {
            if steps.contains(&step)
                && at <= self.pieces[step].end
                && (step == low || self.pieces[step - 1].end < at)
            {
                (low, high) = (step, step);
                break;
            }
        }
        while low < high {
            let middle = (low + high) / 2;
            if self.pieces[middle].end < at { low = middle + 1 } else { high = middle }
        }
        // A stage may stray beyond the stretch, and a step that ends on its edge may be as short as clocks tell: its polynomial
        // says nothing so far outside.
        let far = |n: usize| {
            let piece = &self.pieces[n];
            f64::max(at - piece.end, piece.t - at) / (piece.end - piece.t)
        };
        while low > steps.start && at > self.pieces[low].end && far(low - 1) < far(low) {
            low -= 1;
        }
        while low + 1 < steps.end && at < self.pieces[low].t && far(low + 1) < far(low) {
            low += 1;
        }
        Found { at: At::Step(low), is_inside, last }
    }

    #[inline]
    pub fn read(&self, place: &Place<T>, i: usize, order: usize) -> T {
        match place.at {
            At::Step(step) => {
                let piece = &self.pieces[step];
                // What goes on beyond the last step stands for the step at hand.
                if place.time.value() > piece.end {
                    self.reads_inside(i);
                }
                piece.read(self.n, place.time, i, order)
            }
            At::Guess => {
                self.reads_inside(i);
                self.guess.read(self.n, place.time, i, order)
            }
            At::Current => {
                self.reads_inside(i);
                // Of a step of which nothing is known yet, where it is heading.
                let heading = self.heading.get(i).zip(self.interval);
                match order {
                    0 => {
                        let current = self.current.get(i).copied().unwrap_or(T::ZERO);
                        heading.map_or(current, |(slope, interval)| {
                            current + *slope * (place.time - T::lit(interval.t))
                        })
                    }
                    1 => heading.map_or(T::ZERO, |(slope, _)| *slope),
                    _ => T::ZERO,
                }
            }
            At::History | At::Nowhere => T::lit(f64::NAN),
        }
    }

    /// Whether a lookup of the attempt fell into the step itself.
    pub fn looks_inside(&self) -> bool {
        !self.inside.is_empty()
    }

    /// How far what lookups read of the step itself is from what came of it, one being what the tolerances allow; the largest
    /// of values and derivatives, and where the equation is neutral of slopes as well. Not a number is not settled.
    pub fn apart(&self, found: &Piece<T>, tolerances: &Tolerances, neutral: bool) -> f64 {
        // Below rounding nothing settles; coefficients are differences of slopes of all sizes.
        let part = |x: T, d: usize| if d == 0 { x.value() } else { x.derivative(d - 1) };
        let rounding_of = |d: usize| {
            let all = self.current.iter().chain(&found.coefficients);
            64.0 * T::EPSILON * all.map(|x| part(*x, d).abs()).fold(0.0, larger)
        };
        let mut of_values = None;
        let mut rounding = |d: usize| match d {
            0 => *of_values.get_or_insert_with(|| rounding_of(0)),
            _ => rounding_of(d),
        };
        let mut largest = 0.0_f64;
        let (components, orders) = (self.components.get(), 1 + usize::from(neutral));
        for i in (0..self.n).filter(|i| components & 1 << (*i).min(63) != 0) {
            let (current, bounds) = (self.current[i], tolerances.of(i));
            for place in &self.inside {
                for order in 0..orders {
                    let (now, before, length) = if order > 0 {
                        let now = found.read(self.n, place.time, i, order);
                        (now, self.read(place, i, order), found.end - found.t)
                    } else {
                        let theta = found.theta(place.time);
                        let before = match place.at {
                            At::Guess => self.guess.value(self.n, theta, i),
                            _ => self.read(place, i, 0),
                        };
                        (found.value(self.n, theta, i), before, 1.0)
                    };
                    for d in 0..T::DERIVATIVES + 1 {
                        let (now, before) = (part(now, d) * length, part(before, d) * length);
                        let apart = (now - before).abs();
                        let scale = bounds.scale(larger(part(current, d).abs(), now.abs()));
                        if apart > largest * scale || apart.is_nan() {
                            let apart = (apart - rounding(d)) / scale;
                            largest = if apart.is_nan() { f64::INFINITY } else { larger(largest, apart) };
                        }
                    }
                }
            }
        }
        largest
    }
}
