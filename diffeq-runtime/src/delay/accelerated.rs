//! Fixed points of maps that are linear, or nearly: found in about as many rounds as there are directions in which the map moves
//! much, whether or not rounds by themselves would come nearer.
//!
//! Source: Walker, Ni, *Anderson acceleration for fixed-point iterations*, SIAM J. Numer. Anal. 49 (2011) 1715-1735: on linear
//! maps it is GMRES.

use crate::real::Real;

/// So many rounds are remembered.
const ROUNDS: usize = 24;

/// What rounds so far say of a map `g` whose fixed point is looked for. Its memory stays from one map to the next.
#[derive(Debug, Clone)]
pub(super) struct Accelerated<T> {
    /// The argument of the round before, and by how much the map moved it.
    argument: Vec<T>,
    residual: Vec<T>,
    /// Changes of residuals, orthonormal, one after the other, and what changes of the map's value came with them.
    directions: Vec<T>,
    along: Vec<T>,
}

fn dot<T: Real>(a: &[T], b: &[T]) -> T {
    a.iter().zip(b).fold(T::ZERO, |sum, (a, b)| sum + *a * *b)
}

fn add<T: Real>(to: &mut [T], factor: T, from: &[T]) {
    for (to, from) in to.iter_mut().zip(from) {
        *to += factor * *from;
    }
}

impl<T: Real> Accelerated<T> {
    pub fn new() -> Self {
        Self { argument: Vec::new(), residual: Vec::new(), directions: Vec::new(), along: Vec::new() }
    }

    /// Nothing is known of the map any more.
    pub fn forget(&mut self) {
        self.argument.clear();
        self.residual.clear();
        self.directions.clear();
        self.along.clear();
    }

    /// Of an argument and the map's value there makes the next argument, in the place of the value.
    pub fn next(&mut self, argument: &[T], value: &mut [T]) {
        let n = argument.len();
        if n == 0 {
            return;
        }
        if self.argument.len() == n {
            self.learn(argument, value);
        } else {
            self.forget();
        }
        self.argument.clear();
        self.argument.extend_from_slice(argument);
        self.residual.clear();
        self.residual.extend(value.iter().zip(argument).map(|(g, x)| *g - *x));
        for (direction, along) in self.directions.chunks_exact(n).zip(self.along.chunks_exact(n)) {
            let part = dot(direction, &self.residual);
            add(value, -part, along);
        }
    }

    /// Takes note of how value and residual changed with the argument.
    fn learn(&mut self, argument: &[T], value: &[T]) {
        let n = argument.len();
        if self.directions.len() >= ROUNDS * n {
            self.directions.clear();
            self.along.clear();
        }
        let known = self.directions.len();
        // The value is the argument and the residual together.
        let moved = (value.iter().zip(&self.argument).zip(&self.residual)).map(|((g, x), r)| *g - *x - *r);
        self.along.extend(moved);
        let changes = (value.iter().zip(argument).zip(&self.residual)).map(|((g, x), r)| *g - *x - *r);
        self.directions.extend(changes);
        let (directions, change) = self.directions.split_at_mut(known);
        let (along, moved) = self.along.split_at_mut(known);
        let before = dot(change, change).value();
        for (direction, along) in directions.chunks_exact(n).zip(along.chunks_exact(n)) {
            let part = dot(direction, change);
            add(change, -part, direction);
            add(moved, -part, along);
        }
        let size = dot(change, change);
        // What is left of others is rounding.
        if size.value() > 1e-24 * before && size.is_finite() {
            let per_size = T::ONE / size.sqrt();
            for x in change.iter_mut().chain(moved) {
                *x *= per_size;
            }
        } else {
            self.directions.truncate(known);
            self.along.truncate(known);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Accelerated;

    /// A linear map of three numbers that throws everything far away, and its fixed point `(1, 2, 3)`.
    fn map(x: &[f64]) -> Vec<f64> {
        let a = [[-3.0, 1.0, 0.5], [0.0, 4.0, 1.0], [2.0, 0.0, -5.0]];
        let fixed = [1.0, 2.0, 3.0];
        (0..3).map(|i| fixed[i] + (0..3).map(|j| a[i][j] * (x[j] - fixed[j])).sum::<f64>()).collect()
    }

    #[test]
    fn a_map_that_does_not_contract_has_a_fixed_point_all_the_same() {
        let (mut x, mut accelerated) = (vec![0.0; 3], Accelerated::new());
        // As many rounds as there are directions, and one to begin with.
        for _ in 0..5 {
            let mut value = map(&x);
            accelerated.next(&x, &mut value);
            x = value;
        }
        for (x, fixed) in x.iter().zip([1.0, 2.0, 3.0]) {
            assert!((x - fixed).abs() < 1e-11, "{x}");
        }
    }
}
