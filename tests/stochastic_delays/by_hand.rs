//! Loops by hand over the increments of a path, with lookups on the straight lines between the ends of steps.

use diffeq::noise::Path;

/// What a loop has computed so far, and the history before.
pub struct Line<const N: usize> {
    pub times: Vec<f64>,
    pub states: Vec<[f64; N]>,
    history: [f64; N],
}

impl<const N: usize> Line<N> {
    /// The state at a time that has passed.
    pub fn at(&self, t: f64) -> [f64; N] {
        // A time that is the start but for rounding is the start.
        if t < self.times[0] - 1e-12 {
            return self.history;
        }
        let next = self.times.partition_point(|time| *time < t - 1e-12).max(1);
        let Some(&end) = self.times.get(next) else { return self.states[self.states.len() - 1] };
        let (begin, theta) =
            (self.times[next - 1], (t - self.times[next - 1]) / (end - self.times[next - 1]));
        assert!(t <= end + 1e-12 && begin < end);
        std::array::from_fn(|i| {
            self.states[next - 1][i] + theta * (self.states[next][i] - self.states[next - 1][i])
        })
    }

    /// Takes steps over these times; `step` makes of the past, the state, the time, the step size and the increments the next state.
    pub fn run<W: Path>(
        (u0, history): ([f64; N], [f64; N]),
        times: &[f64],
        (path, processes): (&W, usize),
        mut step: impl FnMut(&Self, [f64; N], f64, f64, &[f64]) -> [f64; N],
    ) -> Self {
        let mut line = Self { times: vec![times[0]], states: vec![u0], history };
        let w = path.values(processes, times).expect("a path over the span");
        for (n, pair) in times.windows(2).enumerate() {
            let increments: Vec<f64> =
                w[n + 1].iter().zip(&w[n]).map(|(after, before)| after - before).collect();
            let next = step(&line, line.states[n], pair[0], pair[1] - pair[0], &increments);
            line.times.push(pair[1]);
            line.states.push(next);
        }
        line
    }

    pub fn end(&self) -> [f64; N] {
        self.states[self.states.len() - 1]
    }
}
