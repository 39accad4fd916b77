//! The earlier states of a delayed equation.

use super::Binds;
use super::Ex;
use super::Writer;
use super::construct::Construct;
use super::construct::mark;
use super::interval::Interval;
use super::scope::By;
use super::types::Type;

/// How far a program looks back.
const LAGS: Interval = Interval::new(0.1, 2.0);

impl Writer<'_> {
    /// A time before the present one: by a number, by anything that is positive, or by a part of the time.
    ///
    /// Of a path that noise drives the state decides on none.
    fn earlier_time(&mut self, depth: usize) -> String {
        if self.driven {
            return match self.chance(0.2) {
                true => format!("{} * t", self.constant(0.1, 0.9).1),
                false => format!("t - {}", self.constant(0.1, 2.0).1),
            };
        }
        match self.between(0, 9) {
            0..=3 => format!("t - {}", self.constant(0.1, 2.0).1),
            4 => format!("{} * t", self.constant(0.1, 0.9).1),
            _ => {
                let lag = self.pure(|w| w.real_in(LAGS, depth));
                format!("t - {}", lag.right(Binds::Product))
            }
        }
    }

    /// An earlier state, or its slope, which no path has that noise drives.
    fn earlier(&mut self, depth: usize) -> String {
        let time = self.earlier_time(depth);
        match !self.driven && self.chance(0.2) {
            true => format!("{}h.derivative({time})", mark(Construct::EarlierSlope)),
            false => format!("{}h({time})", mark(Construct::Earlier)),
        }
    }

    /// A component of an earlier state.
    pub(super) fn lookup(&mut self, depth: usize) -> Option<Ex> {
        let (state, time) = self.past.clone()?;
        // Another `t` is another time.
        if !self.scope.visible().iter().any(|v| v.id == time) {
            return None;
        }
        // What is asked for may ask in turn, but not without end.
        let kept = (depth == 0).then(|| self.past.take()).flatten();
        let text = self.earlier(depth.min(1));
        self.past = kept.or(self.past.take());
        let mut leaves = Vec::new();
        self.leaves(&text, &state, &mut leaves);
        let (text, ty) = self.pick(&leaves);
        Some(Ex::atom(text, ty))
    }

    /// Binds some whole earlier states.
    pub(super) fn look_back(&mut self) {
        let Some((state, _)) = self.past.clone() else { return };
        for _ in 0..self.between(0, 2) {
            let text = self.earlier(1);
            let name = self.fresh();
            let tag = mark(Construct::EarlierWhole);
            self.line(format!("{tag}let {name} = {text};"));
            self.declare(&name, state.clone(), false, By::Value);
        }
        // At least one.
        if let Some(one) = self.lookup(1) {
            let name = self.fresh();
            self.line(format!("let {name} = {};", one.text));
            self.value_of(&name, Type::Real(super::model::STATE_RANGE));
        }
    }
}
