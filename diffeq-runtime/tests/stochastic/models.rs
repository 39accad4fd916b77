//! Stochastic models as `#[sde]` writes them, but by hand: values generic over the scalar, derivatives by dual numbers.

use diffeq_runtime::problem::*;
use diffeq_runtime::real::Dual;
use diffeq_runtime::real::Real;
use diffeq_runtime::space::Workspace;

/// The tangent of a function of state, parameters and time along a direction.
pub fn along<T: Real, const N: usize, const P: usize, const K: usize>(
    f: impl Fn(&[Dual<T, 1>; N], &[Dual<T, 1>; P], Dual<T, 1>) -> [Dual<T, 1>; K],
    (u, p, t): (&[T; N], &[T; P], T),
    (u_dot, p_dot, t_dot): (&[T; N], &[T; P], T),
) -> [T; K] {
    let dual = |x: T, dot: T| Dual::new(x, [dot]);
    let u = std::array::from_fn(|i| dual(u[i], u_dot[i]));
    let p = std::array::from_fn(|i| dual(p[i], p_dot[i]));
    f(&u, &p, dual(t, t_dot)).map(|x| x.tangents[0])
}

/// Adds the gradient of `bar · f` by state, parameters and time.
pub fn pull<T: Real, const N: usize, const P: usize, const K: usize>(
    f: impl Fn(&[Dual<T, 1>; N], &[Dual<T, 1>; P], Dual<T, 1>) -> [Dual<T, 1>; K],
    (u, p, t): (&[T; N], &[T; P], T),
    bar: &[T; K],
    (u_bar, p_bar, t_bar): (&mut [T; N], &mut [T; P], &mut T),
) {
    let unit = |i: usize, j: usize| if i == j { T::ONE } else { T::ZERO };
    let dotted = |at: usize| {
        let u_dot = std::array::from_fn(|i| unit(i, at));
        let p_dot = std::array::from_fn(|i| unit(N + i, at));
        let column = along(&f, (u, p, t), (&u_dot, &p_dot, unit(N + P, at)));
        let mut sum = T::ZERO;
        for (x, bar) in column.iter().zip(bar) {
            sum += *x * *bar;
        }
        sum
    };
    for (i, bar) in u_bar.iter_mut().enumerate() {
        *bar += dotted(i);
    }
    for (i, bar) in p_bar.iter_mut().enumerate() {
        *bar += dotted(N + i);
    }
    *t_bar += dotted(N + P);
}

macro_rules! model {
    (
        $(#[$doc:meta])*
        $(@claims $claim:literal)?
        $name:ident $drift:ident: [$n:literal] by [$np:literal], noise [$k:literal] $shape:ty, $integral:ident $class:ident;
        |$u:ident, $p:ident, $t:ident| $f:expr, $g:expr
    ) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name;
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $drift;

        #[allow(unused_variables)]
        impl $name {
            fn f<T: Real>($u: &[T; $n], $p: &[T; $np], $t: T) -> [T; $n] {
                $f
            }
            fn g<T: Real>($u: &[T; $n], $p: &[T; $np], $t: T) -> [T; $k] {
                $g
            }
        }
        impl Model for $name {
            const NAME: &'static str = stringify!($name);
        }
        impl Model for $drift {
            const NAME: &'static str = stringify!($name);
        }
        impl<T: Real> System<T> for $name {
            type State = [T; $n];
            type Params = [T; $np];
        }
        impl<T: Real> System<T> for $drift {
            type State = [T; $n];
            type Params = [T; $np];
        }
        impl<T: Real> Rhs<T> for $drift {
            fn rhs(&self, du: &mut [T; $n], u: &[T; $n], p: &[T; $np], t: T) {
                *du = $name::f(u, p, t);
            }
        }
        impl<T: Real> Jvp<T> for $drift {
            fn jvp(
                &self, du: &mut [T; $n], du_dot: &mut [T; $n], u: &[T; $n], u_dot: &[T; $n], p: &[T; $np],
                p_dot: &[T; $np], t: T, t_dot: T,
            ) {
                *du = $name::f(u, p, t);
                *du_dot = along($name::f, (u, p, t), (u_dot, p_dot, t_dot));
            }
        }
        impl<T: Real> Vjp<T> for $drift {
            fn vjp(
                &self, du_bar: &mut [T; $n], u: &[T; $n], p: &[T; $np], t: T, u_bar: &mut [T; $n],
                p_bar: &mut [T; $np], t_bar: &mut T, _: &mut Workspace<T>,
            ) {
                pull($name::f, (u, p, t), du_bar, (u_bar, p_bar, t_bar));
            }
        }
        impl Stochastic for $name {
            type Interpretation = $integral;
            type Class = $class;
            type Drift = $drift;
            $(const CLAIMS_COMMUTATIVE: bool = $claim;)?
            fn drift(&self) -> $drift {
                $drift
            }
        }
        impl<T: Real> Diffusion<T> for $name {
            type Noise = [T; $k];
            type Shape = $shape;
            fn blank_noise(&self, _: &[T; $n]) -> [T; $k] {
                [T::ZERO; $k]
            }
            fn noise(&self, noise: &mut [T; $k], u: &[T; $n], p: &[T; $np], t: T) {
                *noise = $name::g(u, p, t);
            }
            fn drift_and_noise(
                &self, du: &mut [T; $n], noise: &mut [T; $k], u: &[T; $n], p: &[T; $np], t: T,
            ) {
                *du = $name::f(u, p, t);
                *noise = $name::g(u, p, t);
            }
        }
        impl<T: Real> DiffusionJvp<T> for $name {
            fn noise_jvp(
                &self, noise: &mut [T; $k], noise_dot: &mut [T; $k], u: &[T; $n], u_dot: &[T; $n], p: &[T; $np],
                p_dot: &[T; $np], t: T, t_dot: T,
            ) {
                *noise = $name::g(u, p, t);
                *noise_dot = along($name::g, (u, p, t), (u_dot, p_dot, t_dot));
            }
            fn noise_state_jvp(
                &self, noise_dot: &mut [T; $k], u: &[T; $n], u_dot: &[T; $n], p: &[T; $np], t: T,
            ) {
                *noise_dot = along($name::g, (u, p, t), (u_dot, &[T::ZERO; $np], T::ZERO));
            }
        }
        impl<T: Real> DiffusionVjp<T> for $name {
            fn noise_vjp(
                &self, noise_bar: &mut [T; $k], u: &[T; $n], p: &[T; $np], t: T, u_bar: &mut [T; $n],
                p_bar: &mut [T; $np], t_bar: &mut T, _: &mut Workspace<T>,
            ) {
                pull($name::g, (u, p, t), noise_bar, (u_bar, p_bar, t_bar));
            }
            fn drift_and_noise_vjp(
                &self, du_bar: &mut [T; $n], noise_bar: &mut [T; $k], u: &[T; $n], p: &[T; $np], t: T,
                u_bar: &mut [T; $n], p_bar: &mut [T; $np], t_bar: &mut T, work: &mut Workspace<T>,
            ) {
                Vjp::vjp(&$drift, du_bar, u, p, t, u_bar, p_bar, t_bar, work);
                self.noise_vjp(noise_bar, u, p, t, u_bar, p_bar, t_bar, work);
            }
        }
    };
}

fn lit<T: Real>(x: f64) -> T {
    T::lit(x)
}

fn golden_drift<T: Real>(u: &[T; 2], t: T) -> [T; 2] {
    [-u[0] + (u[1] * u[1]).scale(0.5) + t.sin(), u[0] - u[1] * u[0]]
}

fn golden_noise<T: Real>(u: &[T; 2], t: T) -> [T; 2] {
    [u[0].scale(0.3) + t.scale(0.1), u[1].cos().scale(0.4)]
}

model! {
    /// `diagonal` of the golden steps.
    GoldenIto GoldenItoDrift: [2] by [0], noise [2] OneForEach, Ito Diagonal;
    |u, p, t| golden_drift(u, t), golden_noise(u, t)
}
model! {
    GoldenStrat GoldenStratDrift: [2] by [0], noise [2] OneForEach, Stratonovich Diagonal;
    |u, p, t| golden_drift(u, t), golden_noise(u, t)
}
model! {
    /// `additive` of the golden steps.
    GoldenAdditive GoldenAdditiveDrift: [2] by [0], noise [2] OneForEach, Ito Additive;
    |u, p, t| [-u[0] * u[0] * u[0] + u[1], t.sin() - u[0] * u[1]],
    [(T::ONE + t).scale(0.3), t.cos().scale(0.2)]
}
model! {
    /// Geometric Brownian motion, `p = [a, s]`.
    GbmIto GbmItoDrift: [1] by [2], noise [1] OneForEach, Ito Diagonal;
    |u, p, t| [p[0] * u[0]], [p[1] * u[0]]
}
model! {
    /// `cubic`: the solution is a function of `W` alone.
    Cubic CubicDrift: [1] by [0], noise [1] OneForAll, Ito Scalar;
    |u, p, t| [-(u[0] * (T::ONE - u[0] * u[0])).scale(0.25)], [(T::ONE - u[0] * u[0]).scale(0.5)]
}
model! {
    /// `sinh`: `sinh(t + W)`.
    Sinh SinhDrift: [1] by [0], noise [1] OneForEach, Ito Diagonal;
    |u, p, t| [u[0].scale(0.5) + (u[0] * u[0] + T::ONE).sqrt()], [(u[0] * u[0] + T::ONE).sqrt()]
}
model! {
    /// The same with its drift for the Stratonovich integral.
    SinhStrat SinhStratDrift: [1] by [0], noise [1] OneForEach, Stratonovich Diagonal;
    |u, p, t| [(u[0] * u[0] + T::ONE).sqrt()], [(u[0] * u[0] + T::ONE).sqrt()]
}
model! {
    /// `commutative_linear`: two processes, matrices that commute.
    Commuting CommutingDrift: [2] by [0], noise [4] Rows<2>, Ito Commutative;
    |u, p, t| [
        u[0].scale(-0.5) + u[1].scale(0.2), u[0].scale(0.2) + u[1].scale(-0.5)
    ], [
        u[0].scale(0.3) + u[1].scale(0.1), u[0].scale(0.2) + u[1].scale(-0.1),
        u[0].scale(0.1) + u[1].scale(0.3), u[0].scale(-0.1) + u[1].scale(0.2)
    ]
}
model! {
    /// The same equation with the drift of the Stratonovich integral: less half `B1² + B2²`.
    CommutingStrat CommutingStratDrift: [2] by [0], noise [4] Rows<2>, Stratonovich Commutative;
    |u, p, t| {
        // B1² = [[.10, .06], [.06, .10]], B2² = [[.05, -.04], [-.04, .05]].
        let (a, b) = (-0.5 - 0.075, 0.2 - 0.01);
        [u[0].scale(a) + u[1].scale(b), u[0].scale(b) + u[1].scale(a)]
    }, [
        u[0].scale(0.3) + u[1].scale(0.1), u[0].scale(0.2) + u[1].scale(-0.1),
        u[0].scale(0.1) + u[1].scale(0.3), u[0].scale(-0.1) + u[1].scale(0.2)
    ]
}
fn general_drift<T: Real>(u: &[T; 2]) -> [T; 2] {
    [u[0].scale(-0.5) + u[1].scale(0.2), u[0].scale(0.1) + u[1].scale(-0.4)]
}
fn general_noise<T: Real>(u: &[T; 2]) -> [T; 4] {
    [u[0].scale(0.3), u[1].scale(0.4), u[0].scale(0.2) + u[1].scale(0.1), u[0].scale(-0.1) + u[1].scale(0.2)]
}
model! {
    /// `noncommutative_linear`.
    GeneralIto GeneralItoDrift: [2] by [0], noise [4] Rows<2>, Ito General;
    |u, p, t| general_drift(u), general_noise(u)
}
model! {
    GeneralStrat GeneralStratDrift: [2] by [0], noise [4] Rows<2>, Stratonovich General;
    |u, p, t| general_drift(u), general_noise(u)
}
model! {
    /// A pendulum with friction and a random torque: additive noise, a drift that is not linear. `p = [friction, noise]`.
    Pendulum PendulumDrift: [2] by [2], noise [2] Rows<1>, Ito Additive;
    |u, p, t| [u[1], -u[0].sin() - p[0] * u[1]], [T::ZERO, p[1] * (T::ONE + t.sin().scale(0.5))]
}
model! {
    /// Strong additive noise right in what the drift bends.
    Rough RoughDrift: [2] by [0], noise [2] OneForEach, Ito Additive;
    |u, p, t| [(u[0] + u[1]).scale(2.0).sin().scale(2.0), (u[0] * u[1]).cos() - u[1]],
    [(T::ONE + t), t.cos()]
}
model! {
    /// The same for the Stratonovich integral, which is no other one.
    PendulumStrat PendulumStratDrift: [2] by [2], noise [2] Rows<1>, Stratonovich Additive;
    |u, p, t| [u[1], -u[0].sin() - p[0] * u[1]], [T::ZERO, p[1] * (T::ONE + t.sin().scale(0.5))]
}
model! {
    /// Lotka-Volterra with noise in both species: diagonal, `p = [a, b, c, d, s]`.
    Predators PredatorsDrift: [2] by [5], noise [2] OneForEach, Ito Diagonal;
    |u, p, t| [p[0] * u[0] - p[1] * u[0] * u[1], -p[2] * u[1] + p[3] * u[0] * u[1]], [p[4] * u[0], p[4] * u[1]]
}
model! {
    PredatorsStrat PredatorsStratDrift: [2] by [5], noise [2] OneForEach, Stratonovich Diagonal;
    |u, p, t| [p[0] * u[0] - p[1] * u[0] * u[1], -p[2] * u[1] + p[3] * u[0] * u[1]], [p[4] * u[0], p[4] * u[1]]
}
model! {
    /// Two processes that do not commute, and a drift, none of them linear: `p = [a, b, c]`.
    Curved CurvedDrift: [2] by [3], noise [4] Rows<2>, Ito General;
    |u, p, t| [u[1] - p[0] * u[0], -u[0].sin() - u[1].scale(0.3) + t.scale(0.1)],
    [p[1] * u[1].sin(), lit::<T>(0.2), p[2] * u[0], u[0] * u[1].scale(0.1) + t.cos().scale(0.1)]
}
model! {
    CurvedStrat CurvedStratDrift: [2] by [3], noise [4] Rows<2>, Stratonovich General;
    |u, p, t| [u[1] - p[0] * u[0], -u[0].sin() - u[1].scale(0.3) + t.scale(0.1)],
    [p[1] * u[1].sin(), lit::<T>(0.2), p[2] * u[0], u[0] * u[1].scale(0.1) + t.cos().scale(0.1)]
}
model! {
    /// One process in two components: scalar, `p = [a, s]`.
    Together TogetherDrift: [2] by [2], noise [2] OneForAll, Ito Scalar;
    |u, p, t| [-p[0] * u[0] + u[1], -u[1] * u[0]], [p[1] * u[0] * u[1], p[1].scale(0.5) * u[1].cos()]
}
model! {
    /// The cubic decay with the same noise whatever the state; no noise where `p = 0`.
    Quiet QuietDrift: [2] by [1], noise [2] OneForEach, Ito Diagonal;
    |u, p, t| [-u[0] * u[0] * u[0] + u[1] + t.sin(), -u[1].scale(0.7) * u[0]], [p[0] * u[0], p[0] * u[1]]
}
model! {
    QuietStrat QuietStratDrift: [2] by [1], noise [2] OneForEach, Stratonovich Diagonal;
    |u, p, t| [-u[0] * u[0] * u[0] + u[1] + t.sin(), -u[1].scale(0.7) * u[0]], [p[0] * u[0], p[0] * u[1]]
}
model! {
    /// `u' = p u - u³` with noise that grows with the state.
    Cubed CubedDrift: [1] by [1], noise [1] OneForEach, Ito Diagonal;
    |u, p, t| [p[0] * u[0] - u[0] * u[0] * u[0]], [u[0].scale(0.5)]
}
model! {
    /// Said to commute, which it does where `p = 0`.
    @claims true
    Claimed ClaimedDrift: [2] by [1], noise [4] Rows<2>, Stratonovich Commutative;
    |u, p, t| [-u[0], -u[1]], [u[0].scale(0.3) + p[0] * u[1], u[0].scale(0.2), u[1].scale(0.3), u[1].scale(-0.1)]
}
model! {
    /// Linear, three processes of which no two commute.
    Three ThreeDrift: [2] by [0], noise [6] Rows<3>, Ito General;
    |u, p, t| [u[0].scale(-0.7) + u[1].scale(0.4), u[0].scale(-0.5) + u[1].scale(0.3)],
    [
        u[0].scale(0.5), u[1].scale(0.4), u[0].scale(0.2) - u[1].scale(0.3),
        u[0].scale(0.3) + u[1].scale(0.1), u[0].scale(-0.4) + u[1].scale(0.2), u[1].scale(0.5)
    ]
}
model! {
    /// Two processes and the area between them: `u1' = u0 dW1`.
    Area AreaDrift: [2] by [0], noise [4] Rows<2>, Ito General;
    |u, p, t| [T::ZERO, u[0]], [T::ONE, T::ZERO, T::ZERO, u[0]]
}
model! {
    /// The same for the Stratonovich integral, which is no other one.
    AreaStrat AreaStratDrift: [2] by [0], noise [4] Rows<2>, Stratonovich General;
    |u, p, t| [T::ZERO, u[0]], [T::ONE, T::ZERO, T::ZERO, u[0]]
}
model! {
    /// Geometric Brownian motion, `p = [a, s]`: `u0 exp(a t + s W)`.
    GbmStrat GbmStratDrift: [1] by [2], noise [1] OneForEach, Stratonovich Diagonal;
    |u, p, t| [p[0] * u[0]], [p[1] * u[0]]
}
model! {
    TogetherStrat TogetherStratDrift: [2] by [2], noise [2] OneForAll, Stratonovich Scalar;
    |u, p, t| [-p[0] * u[0] + u[1], -u[1] * u[0]], [p[1] * u[0] * u[1], p[1].scale(0.5) * u[1].cos()]
}
fn swept_drift<T: Real>(u: &[T; 2], p: &[T; 3]) -> [T; 2] {
    [u[1] - p[0] * u[0], -u[0].sin() - u[1].scale(0.3)]
}
fn swept_noise<T: Real>(u: &[T; 2], p: &[T; 3]) -> [T; 4] {
    [p[1] * u[0], u[0].scale(0.2), u[1].scale(0.3), -p[2] * u[1]]
}
model! {
    /// Two processes in each component, with factors of their own: commutative, `p = [a, b, c]`.
    Swept SweptDrift: [2] by [3], noise [4] Rows<2>, Ito Commutative;
    |u, p, t| swept_drift(u, p), swept_noise(u, p)
}
model! {
    SweptStrat SweptStratDrift: [2] by [3], noise [4] Rows<2>, Stratonovich Commutative;
    |u, p, t| swept_drift(u, p), swept_noise(u, p)
}
model! {
    /// Linear with diagonal noise.
    Stocks StocksDrift: [2] by [0], noise [2] OneForEach, Ito Diagonal;
    |u, p, t| [u[0].scale(0.5) - u[1].scale(0.3), u[0].scale(0.2) + u[1].scale(0.4)], [u[0].scale(0.6), u[1].scale(0.5)]
}
model! {
    /// Linear with additive noise: the same in both senses.
    Sprung SprungDrift: [2] by [0], noise [4] Rows<2>, Stratonovich Additive;
    |u, p, t| [u[1], -u[0].scale(1.5) - u[1].scale(0.5)],
    [lit::<T>(0.3), lit::<T>(0.1), lit::<T>(-0.2), lit::<T>(0.6)]
}
