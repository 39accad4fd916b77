//! States of a solve that a backward one is compared with.

/// How many states are kept to compare with.
const MOST: usize = 16;

/// Some states of a solve, evenly spread over its steps, at most [`MOST`] however many steps there are.
#[derive(Debug, Clone)]
pub(in crate::sensitivity) struct Samples<V> {
    /// Every so many steps a state is kept; doubles whenever there are too many.
    every: usize,
    kept: Vec<Sample<V>>,
}

/// A state of the solve.
#[derive(Debug, Clone)]
pub(in crate::sensitivity) struct Sample<V> {
    pub t: f64,
    pub u: V,
    /// How many events took place before.
    pub jumps: usize,
}

impl<V: Clone> Samples<V> {
    pub fn new() -> Self {
        Self { every: 1, kept: Vec::with_capacity(MOST) }
    }

    /// Shows the state before step `step`; to be called for steps 0, 1, 2, … in order.
    pub fn record(&mut self, step: usize, t: f64, u: &V, jumps: usize) {
        if !step.is_multiple_of(self.every) {
            return;
        }
        if self.kept.len() == MOST {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.every *= 2;
            if !step.is_multiple_of(self.every) {
                return;
            }
        }
        self.kept.push(Sample { t, u: u.clone(), jumps });
    }

    /// How many steps lie between two states.
    pub fn every(&self) -> usize {
        self.every
    }

    /// The states that are kept, in the order of the steps.
    pub fn kept(&self) -> &[Sample<V>] {
        &self.kept
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn samples_are_few_and_even_however_many_steps_there_are() {
        for steps in [1, 2, 15, 16, 17, 32, 33, 1000, 12345] {
            let mut samples = Samples::new();
            for step in 0..steps {
                samples.record(step, step as f64, &(), 0);
            }
            let times: Vec<f64> = samples.kept.iter().map(|sample| sample.t).collect();
            assert!(times.len() <= MOST && times.len() >= steps.min(MOST / 2), "{steps}: {times:?}");
            assert!(times.iter().enumerate().all(|(i, t)| *t == (i * samples.every) as f64), "{times:?}");
        }
    }
}
