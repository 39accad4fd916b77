//! What the arguments of a helper move with, where a model calls it: asked while the model is compiled.

/// For each argument of a helper, a bit each: whether it moves with the time, with the parameters, with the state.
#[doc(hidden)]
#[derive(Debug, Clone, Copy)]
pub struct Moved {
    time: u64,
    params: u64,
    state: u64,
    /// How many calls inside one another are followed: helpers may call one another in a circle.
    depth: u32,
}

impl Moved {
    /// Of the arguments of a helper that a model calls.
    pub const fn new(time: u64, params: u64, state: u64) -> Self {
        Self { time, params, state, depth: 12 }
    }

    /// Of those of a helper that this one calls: which of its own move each of them.
    pub const fn inside(self, args: &[u64]) -> Self {
        let mut inside = Self { time: 0, params: 0, state: 0, depth: self.depth.saturating_sub(1) };
        let mut i = 0;
        while i < args.len() {
            let bit = 1 << if i < 63 { i } else { 63 };
            if self.time & args[i] != 0 {
                inside.time |= bit;
            }
            if self.params & args[i] != 0 {
                inside.params |= bit;
            }
            if self.state & args[i] != 0 {
                inside.state |= bit;
            }
            i += 1;
        }
        inside
    }

    /// Whether what these arguments decide changes at a time that something moves, as the state always is.
    pub const fn decide(self, args: u64) -> bool {
        self.state & args != 0 || self.time & args != 0 && self.params & args != 0
    }

    /// Whether anything that is made of the arguments can change so.
    pub const fn meet(self) -> bool {
        self.decide(u64::MAX)
    }

    /// Whether no further call is followed: what can change then counts as if it did.
    pub const fn is_deep(self) -> bool {
        self.depth == 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_followed_into_calls() {
        // of `f(a, b)`: the time moves `a`, parameters move `b`
        let args = Moved::new(0b01, 0b10, 0);
        assert!(args.decide(0b11) && args.meet());
        assert!(!args.decide(0b01) && !args.decide(0b10));
        // it calls `g(b, a + b, 1)`
        let inside = args.inside(&[0b10, 0b11, 0]);
        assert!(
            inside.decide(0b010) && inside.decide(0b011) && !inside.decide(0b001) && !inside.decide(0b100)
        );
        // a state decides alone
        assert!(Moved::new(0, 0, 0b1).decide(0b1) && !Moved::new(0, 0b1, 0).decide(0b1));
    }

    #[test]
    fn helpers_that_call_one_another_in_a_circle_come_to_an_end() {
        const fn ping(args: Moved) -> bool {
            args.meet() && (args.is_deep() || pong(args.inside(&[0b1])))
        }
        const fn pong(args: Moved) -> bool {
            args.meet() && (args.is_deep() || ping(args.inside(&[0b1])))
        }
        const BOTH: [bool; 2] = [ping(Moved::new(0b1, 0b1, 0)), ping(Moved::new(0b1, 0, 0))];
        assert_eq!(BOTH, [true, false]);
    }
}
