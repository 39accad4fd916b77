//! How the outputs of many trajectories become one result.

use crate::error::Error;

/// A reduction of outputs `R`. Blocks of trajectories are reduced side by side, each in the order of the indices; blocks are
/// then joined in their order, so that a result needs no operation to commute or associate to be the same on every machine.
pub trait Reduce<R>: Sync {
    /// What a block of trajectories comes to.
    type Partial: Send;
    /// The result.
    type Value;

    /// That of no trajectory.
    fn empty(&self) -> Self::Partial;

    /// Takes in the output of a trajectory.
    ///
    /// # Errors
    ///
    /// Where it does not fit to those before: a row more, another width.
    fn add(&self, partial: &mut Self::Partial, trajectory: usize, output: R) -> Result<(), Error>;

    /// Takes in the trajectories that come next.
    ///
    /// # Errors
    ///
    /// Where they do not fit to those before.
    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error>;

    /// The result.
    ///
    /// # Errors
    ///
    /// Where there is none.
    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error>;
}

/// All outputs with their indices, in order; those of trajectories that failed are missing.
#[derive(Debug, Clone, Copy, Default)]
pub struct Collect;

impl<R: Send> Reduce<R> for Collect {
    type Partial = Vec<(usize, R)>;
    type Value = Vec<(usize, R)>;

    fn empty(&self) -> Self::Partial {
        Vec::new()
    }
    fn add(&self, partial: &mut Self::Partial, trajectory: usize, output: R) -> Result<(), Error> {
        partial.push((trajectory, output));
        Ok(())
    }
    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error> {
        partial.extend(next);
        Ok(())
    }
    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error> {
        Ok(partial)
    }
}

/// Two reductions of the same outputs.
impl<R: Clone, A: Reduce<R>, B: Reduce<R>> Reduce<R> for (A, B) {
    type Partial = (A::Partial, B::Partial);
    type Value = (A::Value, B::Value);

    fn empty(&self) -> Self::Partial {
        (self.0.empty(), self.1.empty())
    }
    fn add(&self, partial: &mut Self::Partial, trajectory: usize, output: R) -> Result<(), Error> {
        self.0.add(&mut partial.0, trajectory, output.clone())?;
        self.1.add(&mut partial.1, trajectory, output)
    }
    fn join(&self, partial: &mut Self::Partial, next: Self::Partial) -> Result<(), Error> {
        self.0.join(&mut partial.0, next.0)?;
        self.1.join(&mut partial.1, next.1)
    }
    fn finish(&self, partial: Self::Partial) -> Result<Self::Value, Error> {
        Ok((self.0.finish(partial.0)?, self.1.finish(partial.1)?))
    }
}
