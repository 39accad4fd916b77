//! The attribute macros `#[ode]`, `#[sde]` and `#[differentiable]`, and `#[derive(Components)]`.
//!
//! They are thin: the compiler is the crate `diffeq-compiler`. The language is described at [`macro@ode`].

#![forbid(unsafe_code)]

use proc_macro::TokenStream;

/// Turns a right-hand side, written as an ordinary function, into a model with every derivative.
///
/// ```
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// /// Predators and prey.
/// #[ode]
/// fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
///     let [x, y] = *u;
///     let [alpha, beta, delta, gamma] = *p;
///     du[0] = alpha * x - beta * x * y;
///     du[1] = -delta * y + gamma * x * y;
/// }
///
/// let du: [f64; 2] = lotka_volterra.eval(&[1.0, 2.0], &[1.5, 1.0, 3.0, 1.0], 0.0);
/// assert_eq!(du, [-0.5, -4.0]);
/// ```
///
/// The function's name becomes a value of a type of that name, without size, that implements `Rhs<T>`, `Jvp<T>`,
/// `Vjp<T>`, `Jacobian<T>` and `Model` for every real `T`: `f32`, `f64`, dual numbers. The function itself stays, so
/// that rustc checks it as it stands, and every solve compares the model with it: at the start, and in debug builds after
/// each step. Where a bit differs the solve ends with `Error::Translation`. `#[ode(debug)]` prints what was generated.
///
/// # Signatures
///
/// | | |
/// | --- | --- |
/// | in place | `fn f(du: &mut S, u: &S, p: &P, t: f64)` |
/// | out of place | `fn f(u: S, p: P, t: f64) -> S`, by value or by reference |
///
/// Names are free, the order counts. `p` and `t` may be left out; a single real by value after the state is the time
/// if it is called `t` or `time` (with any underscores), and a parameter otherwise. `S` and `P` are `f64`, `[f64; N]`
/// at any nesting, slices `[f64]` (the problem then holds a `Vec`), or structs that derive [`macro@Components`]. How
/// long a slice must be follows from indices that are constants, `du[0]`, `p[3]`; a solve that starts with another
/// length ends with an error that says so.
/// Arguments can be patterns, and lengths can be const generics. `f32` and `f64` mean the same: a real.
///
/// ```
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// #[ode]
/// fn decay(u: f64, rate: f64) -> f64 {
///     -rate * u
/// }
///
/// #[ode]
/// fn heat<const N: usize>(du: &mut [f64; N], u: &[f64; N], &k: &f64) {
///     du[0] = 0.0;
///     du[N - 1] = 0.0;
///     for i in 1..N - 1 {
///         du[i] = k * (u[i - 1] - 2.0 * u[i] + u[i + 1]);
///     }
/// }
///
/// assert_eq!(decay.eval(&2.0, &3.0, 0.0), -6.0);
/// assert_eq!(heat::<3>.eval(&[0.0, 1.0, 0.0], &0.5, 0.0), [0.0, -1.0, 0.0]);
/// ```
///
/// # Bodies
///
/// **Names.** `let` with patterns (tuples, arrays, structs, `_`, `..`) and shadowing; `let mut`; `=`, `+=` and their
/// like on variables, elements, fields and `(a, b) = (b, a)`; `const` items and `use` of constants inside the body.
/// A name in capitals that is not bound is a constant, of which its use decides whether it is a real, an integer or a
/// condition.
///
/// **Tables.** What stands outside the function as `const` or immutable `static`, associated constants included: arrays of any
/// nesting, of reals, integers, conditions, tuples and structs, indexed, iterated over, taken apart by patterns, copied,
/// and given to helpers. Integers in a table stay integers.
///
/// **Numbers.** Literals of reals have a point: `2.0 * x`. All operators; every method of `f64` that has a
/// derivative: `sin cos tan asin acos atan atan2 sinh cosh tanh asinh acosh atanh exp exp2 exp_m1 ln ln_1p log log2
/// log10 sqrt cbrt powi powf hypot recip abs signum floor ceil round trunc fract max min clamp copysign mul_add
/// sin_cos rem_euclid to_radians to_degrees`, the predicates `is_nan is_finite is_infinite is_sign_positive
/// is_sign_negative`, also as `f64::max(a, b)`. Where a function has a kink it takes its usual one-sided derivative;
/// `floor` and its like have the derivative zero. `mul_add` rounds once. Integers have their own type, all
/// operators, those on bits included, and the methods `pow min max clamp abs signum abs_diff rem_euclid div_euclid div_ceil
/// isqrt ilog2 ilog10 count_ones leading_zeros trailing_zeros is_power_of_two`, `saturating_` and `wrapping_` `add sub mul`,
/// and more; they become reals by `n as f64` or `f64::from(n)`, and reals become integers by `x as usize`, whose derivative is
/// zero like that of `floor`.
///
/// **Choices.** `if`, `if let` and `match` as statements and as expressions, of numbers and of arrays; `match` on integers,
/// reals, conditions, arrays, structs and tuples of them, with ranges, alternatives, bindings (`n @ 1..=3`) and guards, and
/// `matches!`; `return` anywhere.
///
/// **Enums.** A constant, an element of a table, or an argument of a helper can be a value of an enum: it is matched on,
/// compared with a variant, chosen and handed on. It has no derivative, and neither have the numbers that it holds.
///
/// **Loops.** `for` over ranges, arrays, slices and iterators; `while`, also `while let Some(x) = it.next()`; `loop`;
/// `break` and `continue`, with labels; `break` with numbers as its value, out of `loop` and out of blocks with a label.
/// A `while` that counts to a bound that stays fixed is a counted loop; of any other the forward sweep of reverse mode
/// counts the iterations, so that a search in a table and Newton's method until it has converged have exact derivatives,
/// those of the steps that were taken. Where reals decide how often such a loop runs, every component counts as
/// dependent on all inputs. A loop that never ends in Rust does not end here either: where that could be, give it a
/// second bound, `while error > 1e-12 && k < 50`.
///
/// **Iterators.** `iter`, `iter_mut`, ranges (`0..` too) with `rev enumerate zip skip take step_by map filter filter_map
/// take_while skip_while chain flat_map flatten inspect copied cloned`; `sum product fold reduce count for_each all any
/// position find find_map nth last max min max_by min_by`, and `next` and `by_ref` of what is bound by `let mut it`. Items
/// are pulled as Rust pulls them: a closure that changes a variable runs as often as there, and in the same order.
/// What may be missing is an option: `unwrap expect unwrap_or unwrap_or_else map map_or is_some is_none`.
///
/// **Arrays.** Literals, `[x; N]`, copies, `map`, `array::from_fn`, `len`, `is_empty`, `fill`, `swap`, `reverse`,
/// `copy_from_slice`, `contains`, `first`, `last`, `get`.
///
/// **Parts of arrays.** `&u[a..b]`, `&mut du[..n]`, `split_at`, `split_at_mut`, `split_first`, `split_last`, `windows`,
/// `chunks`, `chunks_exact` and their `_mut`: indexed, iterated over and written through. A helper is given a part whose
/// length is a number.
///
/// **Calls.** Closures bound by `let` or given to one of these methods, functions with
/// [`macro@differentiable`], methods with it, and `forward` of networks (below). A helper takes and returns numbers, arrays,
/// structs that derive [`macro@Components`], tuples and type aliases of these. What it returns is a number unless its uses
/// or its written type say otherwise; a tuple is taken apart by a pattern or by `.0`.
///
/// ```
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// const DIMENSION: usize = 3;
///
/// #[ode]
/// fn network(du: &mut [f64; DIMENSION], u: &[f64; DIMENSION], p: &[[f64; DIMENSION]; 2], t: f64) {
///     let saturated = |x: f64| x / (1.0 + x.abs());
///     let total: f64 = u.iter().zip(&p[0]).map(|(x, w)| x * w).sum();
///     let pulse = match (t * 2.0).floor() < 1.0 {
///         true => 1.0,
///         false => 0.0,
///     };
///     for (i, x) in u.iter().enumerate() {
///         du[i] = -x + pulse;
///         if i == 0 {
///             continue;
///         }
///         du[i] += saturated(total) * p[1][i];
///     }
/// }
///
/// let du: [f64; 3] = network.eval(&[1.0, 0.0, 0.0], &[[1.0; 3]; 2], 0.0);
/// assert_eq!(du, [0.0, 1.5, 1.5]);
///
/// #[ode]
/// fn springs(du: &mut [f64], u: &[f64], p: &[f64], _t: f64) {
///     let (position, velocity) = u.split_at(u.len() / 2);
///     let (d_position, d_velocity) = du.split_at_mut(u.len() / 2);
///     d_position.copy_from_slice(velocity);
///     for (dv, x) in d_velocity.iter_mut().zip(position) {
///         // the stiffness of the first spring that is longer than this one
///         let mut k = 0;
///         while k + 1 < p.len() && p[k] < *x {
///             k += 1;
///         }
///         *dv = -p[k] * x;
///     }
/// }
///
/// let du: Vec<f64> = springs.eval(&vec![0.5, 1.0], &vec![0.2, 3.0], 0.0);
/// assert_eq!(du, [1.0, -1.5]);
/// ```
///
/// ```
/// use diffeq::Components;
/// use diffeq::differentiable;
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// #[derive(Clone, Copy)]
/// enum Response {
///     Linear,
///     Saturating { half: f64 },
/// }
///
/// const RESPONSES: [Response; 2] = [Response::Linear, Response::Saturating { half: 2.0 }];
///
/// /// When, for how long, how much.
/// const DOSES: [(f64, f64, f64); 2] = [(0.0, 1.0, 3.0), (12.0, 1.0, 5.0)];
///
/// #[differentiable]
/// fn eaten(response: Response, prey: f64) -> f64 {
///     match response {
///         Response::Linear => prey,
///         Response::Saturating { half } => prey / (half + prey),
///     }
/// }
///
/// #[derive(Components)]
/// struct Organ {
///     volume: f64,
///     clearance: f64,
/// }
///
/// impl Organ {
///     /// What leaves, and how fast that is.
///     #[differentiable]
///     fn leaves(&self, amount: f64) -> (f64, f64) {
///         let rate = self.clearance / self.volume;
///         (rate * amount, rate)
///     }
/// }
///
/// #[ode]
/// fn body(du: &mut [f64; 2], u: &[f64; 2], p: &Organ, t: f64) {
///     let (out, rate) = p.leaves(u[0]);
///     du[0] = -out;
///     for (start, duration, amount) in DOSES {
///         if t >= start && t < start + duration {
///             du[0] += amount / duration;
///         }
///     }
///     du[1] = 0.0;
///     for response in RESPONSES {
///         du[1] += rate * eaten(response, u[1]);
///     }
/// }
///
/// let du: [f64; 2] = body.eval(&[8.0, 2.0], &OrganOf { volume: 4.0, clearance: 1.0 }, 0.5);
/// assert_eq!(du, [1.0, 0.25 * 2.0 + 0.25 * 0.5]);
/// ```
///
/// # Networks in models
///
/// Where a term is not known it can be learned: a network is a part of the parameters, and `forward` is called on it
/// where it lies. The rest of the model is ordinary code, and every derivative goes through both.
///
/// ```
/// use diffeq::Components;
/// use diffeq::nn::Mlp;
/// use diffeq::nn::Tanh;
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// #[derive(Components)]
/// struct Rates {
///     /// What a meeting does to prey and predators: two reals from two, by ten hidden ones.
///     meeting: Mlp<2, 10, 2, Tanh>,
///     growth: f64,
///     death: f64,
/// }
///
/// #[ode]
/// fn populations(du: &mut [f64; 2], u: &[f64; 2], p: &Rates) {
///     let [prey, predators] = *u;
///     let [eaten, born] = p.meeting.forward([prey, predators]);
///     du[0] = p.growth * prey - eaten;
///     du[1] = born - p.death * predators;
/// }
///
/// // A network alone can be the parameters, and its output the derivative.
/// #[ode]
/// fn neural(u: [f64; 2], p: &Mlp<2, 10, 2, Tanh>) -> [f64; 2] {
///     p.forward(u)
/// }
///
/// // All zeros but for two rates: nobody is eaten, nobody is born.
/// let p = RatesOf { meeting: Mlp::default(), growth: 1.5, death: 3.0 };
/// assert_eq!(populations.eval(&[1.0, 2.0], &p, 0.0), [1.5, -6.0]);
/// assert_eq!(neural.eval(&[1.0, 2.0], &p.meeting, 0.0), [0.0; 2]);
/// ```
///
/// The network can be any place: a field, an element `p.layers[i]`, a reference `&p.net` given to a function with
/// [`macro@differentiable`]. Its input is an array, or a place that is one (`*u`, `u.position`); its output is an
/// array too, taken apart by a pattern, indexed, iterated over, given to the next network, or assigned as a whole.
/// Loops and branches are no obstacle. How many inputs and outputs there are rustc checks in the function as written.
///
/// # Mistakes
///
/// What can't be differentiated, or would be silently wrong, is an error at the place where it stands: a component of
/// `du` that is not assigned on every path, or read before it is written; a constant index out of range; lengths that
/// do not fit; an integer where a real is meant and the other way round; assignment to an input; a loop without a
/// bound; functions, methods and macros without a derivative. All errors of a function are reported at once.
#[proc_macro_attribute]
pub fn ode(args: TokenStream, item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::ode(args.into(), item.into()).into()
}

/// Turns a stochastic differential equation `du = f(u, p, t) dt + g(u, p, t) dW`, written as an ordinary function, into a model
/// with every derivative of both halves.
///
/// ```
/// use diffeq::problem::Diffusion;
/// use diffeq::problem::Rhs;
/// use diffeq::problem::Stochastic;
/// use diffeq::sde;
///
/// /// Geometric Brownian motion.
/// #[sde]
/// fn stock(du: &mut f64, noise: &mut f64, u: &f64, p: &[f64; 2]) {
///     *du = p[0] * u;
///     *noise = p[1] * u;
/// }
///
/// let (mut du, mut noise) = (0.0, 0.0);
/// stock.drift_and_noise(&mut du, &mut noise, &2.0, &[0.5, 0.25], 0.0);
/// assert_eq!((du, noise), (1.0, 0.5));
/// // the drift is a right-hand side, for whatever takes one
/// assert_eq!(stock.drift().eval(&2.0, &[0.5, 0.25], 0.0), 1.0);
/// ```
///
/// The language is that of [`macro@ode`].
///
/// # Signatures
///
/// | | |
/// | --- | --- |
/// | in place | `fn f(du: &mut S, noise: &mut G, u: &S, p: &P, t: f64)` |
/// | out of place | `fn f(u: S, p: P, t: f64) -> (S, G)`, by value or by reference |
///
/// `S`, `P`, `p` and `t` are what they are for [`macro@ode`]. The type of the noise says how many Wiener processes there are:
///
/// | noise | processes |
/// | --- | --- |
/// | `G` is `S` | one for each component |
/// | `G` is `S`, with `#[sde(scalar)]` | one for all components |
/// | `[[f64; M]; N]`, or `[[f64; M]]` where the state is `[f64]` | `M`; each component has a row with a real for each |
///
/// A history may stand after the state, as in [`macro@dde`]: `fn f(du: &mut S, noise: &mut G, u: &S, h: &impl History<S>, p: &P, t: f64)`.
/// Lags are then numbers, parameters, or functions of the time.
///
/// # Options
///
/// `#[sde]` is Ito's integral, `#[sde(stratonovich)]` Stratonovich's. `#[sde(scalar)]`: above. `#[sde(commutative)]` claims that
/// the noise commutes where the source does not show it. `#[sde(debug)]` prints what was generated.
#[proc_macro_attribute]
pub fn sde(args: TokenStream, item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::sde(args.into(), item.into()).into()
}

/// Makes a function of reals, arrays and integers callable from models, with its derivatives.
///
/// The language is that of [`macro@ode`]; arguments are taken by value or by `&`, numbers by value, and the result is
/// a number, an array or a struct. The function stays as it is and can be called like any other; `hill::value` is the same
/// over any real. Of a function without this attribute rustc says at the call that it is no module.
///
/// ```
/// use diffeq::differentiable;
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// /// The rate of an enzyme that binds `n` molecules together.
/// #[differentiable]
/// fn hill(x: f64, half: f64, n: i32) -> f64 {
///     let y = (x / half).powi(n);
///     y / (1.0 + y)
/// }
///
/// #[ode]
/// fn consumption(u: f64, half: f64) -> f64 {
///     -hill(u, half, 2)
/// }
///
/// assert_eq!(consumption.eval(&1.0, &1.0, 0.0), -0.5);
/// assert_eq!(hill(2.0, 2.0, 4), 0.5);
/// ```
#[proc_macro_attribute]
pub fn differentiable(args: TokenStream, item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::differentiable(args.into(), item.into()).into()
}

/// Turns a delayed equation, written as an ordinary function, into a model with every derivative.
///
/// The function takes a history after the state, and asks it for earlier states: `h(t - tau)`, a component `h(t - tau)[0]`,
/// for neutral equations the slope `h.derivative(t - tau)`.
///
/// ```
/// use diffeq::prelude::*;
///
/// /// Mackey & Glass (1977): how many blood cells there are.
/// #[dde]
/// fn mackey_glass(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> f64 {
///     let [beta, gamma, tau] = *p;
///     let earlier = h(t - tau);
///     beta * earlier / (1.0 + earlier.powi(10)) - gamma * u
/// }
///
/// # fn main() -> Result<(), diffeq::Error> {
/// let problem = DdeProblem::new(mackey_glass, 0.5, Constant(0.5), (0.0, 100.0), [0.2, 0.1, 17.0]);
/// let solution = problem.solver(Tsit5).tolerances(1e-8, 1e-8).solve()?;
/// assert!((solution.end() - 1.0500205).abs() < 1e-6);
/// # Ok(())
/// # }
/// ```
///
/// # Signatures
///
/// | | |
/// | --- | --- |
/// | in place | `fn f(du: &mut S, u: &S, h: &impl History<S>, p: &P, t: f64)` |
/// | out of place | `fn f(u: S, h: &impl History<S>, p: P, t: f64) -> S`, by value or by reference |
///
/// The language is that of [`macro@ode`], the delayed state an array, a struct or a number like any other. Lags are read off
/// the source: numbers, parameters, functions of the time, of the state, or of other delayed values; lookups may stand in
/// branches and loops. For lags that stay what they are along a solve the equation knows where its solution breaks, and steps
/// end there; others are followed. `h(x)` stands for `h.at(x)` of the trait `History`, and the function itself stays.
///
/// A time that surely is not before `t` is refused while compiling, one that turns out not to be ends the solve with
/// `Error::History`.
#[proc_macro_attribute]
pub fn dde(args: TokenStream, item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::dde(args.into(), item.into()).into()
}

/// Makes a struct of reals a state or a set of parameters with named components.
///
/// Fields are `f64`, arrays of it, structs that derive `Components` themselves, networks, and arrays of these. Models name the struct; values
/// are written with its twin `NameOf<T>`, which has the same fields over any real, or converted: `name.into()`.
///
/// ```
/// use diffeq::Components;
/// use diffeq::ode;
/// use diffeq::problem::Rhs;
///
/// #[derive(Components)]
/// struct Pendulum {
///     angle: f64,
///     speed: f64,
/// }
///
/// #[derive(Components)]
/// struct Setup {
///     gravity: f64,
///     length: f64,
/// }
///
/// #[ode]
/// fn pendulum(du: &mut Pendulum, u: &Pendulum, p: &Setup) {
///     du.angle = u.speed;
///     du.speed = -p.gravity / p.length * u.angle.sin();
/// }
///
/// let start = PendulumOf { angle: 0.0, speed: 2.0 };
/// let du = pendulum.eval(&start, &Setup { gravity: 9.81, length: 1.0 }.into(), 0.0);
/// assert_eq!(du, PendulumOf { angle: 2.0, speed: 0.0 });
/// ```
#[proc_macro_derive(Components)]
pub fn components(item: TokenStream) -> TokenStream {
    diffeq_compiler::macros::components(item.into()).into()
}

/// The tokens that it is given. What rustc has to say of them it says with this macro's name.
#[doc(hidden)]
#[proc_macro]
pub fn a_called_function_needs_the_attribute_differentiable(path: TokenStream) -> TokenStream {
    let here = proc_macro::Span::call_site();
    let named = |mut tree: proc_macro::TokenTree| {
        tree.set_span(here.located_at(tree.span()));
        tree
    };
    path.into_iter().map(named).collect()
}
