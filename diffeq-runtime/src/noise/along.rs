//! What every problem along a path says of that path.

/// The methods of a problem that change its [`Brownian`](crate::noise::Brownian) path, by its `change`.
macro_rules! changes_of_the_path {
    () => {
        /// The same problem along the path of this seed.
        pub fn seed(self, seed: u64) -> Self {
            self.change(|path| path.reseeded(seed))
        }

        /// The same problem along another path of the same seed, independent of those of all other trajectories; 0 by default.
        pub fn trajectory(self, trajectory: u32) -> Self {
            self.change(|path| path.trajectory(trajectory))
        }

        /// Along a path that is drawn in cells of this length: see [`Brownian::cells`]. The fastest for steps of that size.
        pub fn cells(self, length: f64) -> Self {
            self.change(|path| path.cells(length))
        }

        /// Along a path whose Lévy areas are made up of those over pieces of this length: see [`Brownian::areas`].
        pub fn areas(self, resolution: f64) -> Self {
            self.change(|path| path.areas(resolution))
        }
    };
}

pub(crate) use changes_of_the_path;
