//! The bouncing ball in closed form: between bounces it is a parabola.

use diffeq_runtime::real::Real;

/// A ball that is dropped at `t = 0`, and keeps a part of its speed at each bounce.
#[derive(Debug, Clone, Copy)]
pub struct Dropped<T> {
    /// Where it is dropped, above the floor.
    pub height: T,
    /// The acceleration that it falls with.
    pub gravity: T,
    /// What a bounce leaves of its speed; below one, bounces accumulate.
    pub keeps: T,
}

impl<T: Real> Dropped<T> {
    /// The times of its bounces up to `t`, which must lie before these accumulate; and for each what it rises with.
    pub fn bounces(&self, t: f64) -> Vec<[T; 2]> {
        let Self { height, gravity, keeps } = *self;
        let mut landing = (height.scale(2.0) / gravity).sqrt();
        let mut speed = gravity * landing;
        let mut bounces = Vec::new();
        while landing.value() < t {
            speed *= keeps;
            bounces.push([landing, speed]);
            landing += speed.scale(2.0) / gravity;
        }
        bounces
    }

    /// Height and speed at `t`.
    pub fn at(&self, t: f64) -> [T; 2] {
        let Self { height, gravity, .. } = *self;
        let (height, speed, since) = match self.bounces(t).last() {
            None => (height, T::ZERO, T::lit(t)),
            Some([bounce, speed]) => (T::ZERO, *speed, T::lit(t) - *bounce),
        };
        [height + speed * since - (gravity * since * since).scale(0.5), speed - gravity * since]
    }

    /// The integral of the height from 0 to `t`.
    pub fn area(&self, t: f64) -> T {
        let Self { height, gravity, .. } = *self;
        let cube = |x: T| x * x * x;
        let of_flight =
            |speed: T, time: T| (speed * time * time).scale(0.5) - (gravity * cube(time)).scale(1.0 / 6.0);
        let bounces = self.bounces(t);
        let Some([first, _]) = bounces.first() else {
            return height * T::lit(t) + of_flight(T::ZERO, T::lit(t));
        };
        let mut area = height * *first + of_flight(T::ZERO, *first);
        for (i, [bounce, speed]) in bounces.iter().enumerate() {
            let end = bounces.get(i + 1).map_or(T::lit(t), |[next, _]| *next);
            area += of_flight(*speed, end - *bounce);
        }
        area
    }
}
