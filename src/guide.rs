//! What `#[ode]` wrote for you.
//!
//! A model is written once, as an ordinary function:
//!
//! ```ignore
#![doc = include_str!("../docs/lotka_volterra.rs")]
//! ```
//!
//! The macro turns it into a unit struct of the same name and the implementations below. They are Rust that a person could
//! have written: your names, `x_dot` for the tangent of `x`, `x_bar` for its cotangent. No tape hides anything. Paths are
//! left out here: `Real` is `diffeq::codegen::Real`, and so on. To see the same for a file of your own:
//! `cargo run -p diffeq-compiler --example expand -- models.rs`.
//!
//! * [`Rhs`](crate::problem::Rhs): the function itself, for every scalar: `f64`, `f32`, dual numbers.
//! * [`Jvp`](crate::problem::Jvp): value and directional derivative, statement by statement (forward mode), and the
//!   directional derivative alone.
//! * [`Vjp`](crate::problem::Vjp): cotangents of state, parameters and time, and the cotangent of the state alone (reverse
//!   mode). Code without loops keeps nothing. A loop keeps for each iteration what its reverse needs and can't cheaply
//!   compute again.
//! * [`Sparsity`](crate::problem::Sparsity): the same statements with sets of dependencies.
//! * [`Jacobian`](crate::problem::Jacobian): the derivative by the state alone, the derivative by time, and their known
//!   structure. [`SparseJacobian`](crate::problem::SparseJacobian) makes a matrix of it.
//! * [`Model`](crate::problem::Model): names.
//!
//! A network's `forward` stays one call. In the function itself it is [`Network::forward`](crate::nn::Network::forward). In
//! forward mode it is [`jvp`](crate::nn::Network::jvp), or [`input_jvp`](crate::nn::Network::input_jvp) where only the state
//! moves; in reverse mode [`vjp`](crate::nn::Network::vjp) and [`input_vjp`](crate::nn::Network::input_vjp).
//!
//! ```ignore
#![doc = include_str!("../docs/lotka_volterra.expanded.rs")]
//! ```
//!
//! # What `#[sde]` wrote for you
//!
//! A stochastic equation has two halves in one function, the drift and the noise:
//!
//! ```ignore
#![doc = include_str!("../docs/stock.rs")]
//! ```
//!
//! The drift alone is a right-hand side with all of the above: [`model.drift()`](crate::problem::Stochastic::drift). The model
//! itself is none, so that nothing solves it as if it had no noise:
//!
//! ```compile_fail
//! # use diffeq::prelude::*;
//! #[sde]
//! fn stock(u: f64, p: &[f64; 2]) -> (f64, f64) {
//!     (p[0] * u, p[1] * u)
//! }
//! let problem = SdeProblem::new(stock, 1.0, (0.0, 1.0), [0.1, 0.2]);
//! let _ = problem.driven.solver(Tsit5).solve();
//! ```
//!
//! It has:
//!
//! * [`Diffusion`](crate::problem::Diffusion): the noise alone, which computes nothing of the drift, and both together, which
//!   compute once what they share.
//! * [`DiffusionJvp`](crate::problem::DiffusionJvp): the noise and its directional derivative, and `∂g/∂u` times a vector. Along
//!   a column of the noise that is Milstein's term, and the correction between Ito and Stratonovich.
//! * [`DiffusionVjp`](crate::problem::DiffusionVjp): cotangents through the noise, and through both halves at once.
//! * [`DiffusionSparsity`](crate::problem::DiffusionSparsity): which reals of the noise depend on which inputs.
//! * [`Stochastic`](crate::problem::Stochastic): how the integral is meant, and the [class of the noise](#the-class-of-a-noise).
//!
//! ```ignore
#![doc = include_str!("../docs/stock.expanded.rs")]
//! ```
//!
//! # What `#[dde]` wrote for you
//!
//! A delayed equation asks for earlier states:
//!
//! ```ignore
#![doc = include_str!("../docs/late_prey.rs")]
//! ```
//!
//! It is no right-hand side by itself, since somebody has to answer: a [`DdeProblem`](crate::delay::DdeProblem). It has:
//!
//! * [`Delayed`](crate::problem::Delayed): the function over a [`Past`](crate::problem::Past) that answers; its lookups with [what
//!   decides on them](crate::problem::LagKind); and the lags that stay what they are along a solve, which tell it its break
//!   points, with their derivatives.
//! * [`DelayedJvp`](crate::problem::DelayedJvp) and [`DelayedVjp`](crate::problem::DelayedVjp): a lookup moves with the past and
//!   with the time that it asks for. That time depends on the delay, and so does everything else.
//! * [`DelayedSparsity`](crate::problem::DelayedSparsity): by the present state.
//!
//! ```ignore
#![doc = include_str!("../docs/late_prey.expanded.rs")]
//! ```
//!
//! # The class of a noise
//!
//! Which methods keep their order depends on what the noise is made of. `#[sde]` proves it from the source, in this order:
//!
//! | class | what is proved | for example |
//! | --- | --- | --- |
//! | [`Additive`](crate::problem::Additive) | the noise does not depend on the state | `[p[0], p[1] * t.cos()]` |
//! | [`Scalar`](crate::problem::Scalar) | there is one Wiener process | `#[sde(scalar)]`, a state of one number, rows of one |
//! | [`Diagonal`](crate::problem::Diagonal) | each component has a process, and its noise depends on no other component | `[u[0] * u[0], 3.0 * u[1]]` |
//! | [`Commutative`](crate::problem::Commutative) | `(∂g_b/∂u) g_a = (∂g_a/∂u) g_b` for all columns | `[[a * u[0], b * u[0]], [c * u[1], d * u[1]]]` |
//! | [`General`](crate::problem::General) | nothing | `[[1.0, 0.0], [0.0, u[0]]]` |
//!
//! The type alone decides nothing: `[u[1], u[0]]` has a process for each component and does not commute. Where lengths are
//! numbers the compiler runs the function on symbols, and forms the brackets as exact polynomials; calls of helpers and networks
//! are unknown functions of what they are given. Of slices and const generics it compares indices: `noise[i] = f(u[i])`. A
//! condition counts as a dependence, since the noise jumps with it. A class is a proof or is not claimed, never a guess from
//! samples.
//!
//! [`SdeProblem::advise`](crate::noise::SdeProblem::advise) picks a method by the class and says why; the README has the table of all. A
//! method that does not fit does not compile. The message names the class together with its reason, and points at the
//! expression that is the reason:
//!
//! ```text
//! error[E0277]: `SOSRI` does not solve `Ito` equations whose noise is `General_since_noise_1_1_depends_on_u_0`
//! help: the trait `SolvedBy<Ito, SOSRI>` is not implemented for `General_since_noise_1_1_depends_on_u_0`
//!   |
//! 6 |     noise[1] = [0.0, u[0]];
//!   |                      ^
//! ```
//!
//! Where you know that the noise commutes and the source does not show it, say so: `#[sde(commutative)]`. What is proved not to
//! commute is refused.
//!
//! # The language
//!
//! Every construct, with an example. [`macro@crate::ode`] says more about them.
//!
//! ## Signatures
//!
//! | construct | for example |
//! | --- | --- |
//! | equation in place | `fn f(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3], t: f64)` |
//! | equation that returns its derivative | `fn f(u: [f64; 2], p: &[f64; 3]) -> [f64; 2]` |
//! | delayed equation in place | `#[dde] fn f(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 3], t: f64)` |
//! | delayed equation that returns its derivative | `#[dde] fn f(u: f64, h: &impl History<f64>, p: f64, t: f64) -> f64` |
//! | earlier state | `h(t - 0.5)`, `h(t - p.tau)[0]`, `h(0.5 * t)`, `h(t - u.abs()).size` |
//! | earlier state in a variable | `let z = h(t - p.tau);` |
//! | earlier slope | `h.derivative(t - p.tau)[0]` |
//! | stochastic equation in place | `#[sde] fn f(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3], t: f64)` |
//! | stochastic equation that returns drift and noise | `#[sde] fn f(u: [f64; 2], p: &[f64; 3]) -> ([f64; 2], [f64; 2])` |
//! | stochastic equation with a history | `#[sde] fn f(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 3], t: f64)` |
//! | one Wiener process for all components | `#[sde(scalar)] fn f(u: [f64; 2]) -> ([f64; 2], [f64; 2])` |
//! | noise in rows | `#[sde] fn f(du: &mut [f64; 2], noise: &mut [[f64; 3]; 2], u: &[f64; 2])` |
//! | pattern as an argument | `fn f(u: f64, &[a, b]: &[f64; 2]) -> f64` |
//! | scalar state | `fn f(u: f64, p: f64) -> f64` |
//! | state of arrays of arrays | `fn f(du: &mut [[f64; 3]; 2], u: &[[f64; 3]; 2])` |
//! | state with named components | `fn f(du: &mut Body, u: &Body)` |
//! | parameters with named components | `fn f(u: f64, p: &Rates) -> f64` |
//! | slice | `fn f(du: &mut [f64], u: &[f64], p: &[f64])` |
//! | const generic length | `fn f<const N: usize>(du: &mut [f64; N], u: &[f64; N])` |
//!
//! ## Names
//!
//! | construct | for example |
//! | --- | --- |
//! | `let` | `let x = 2.0 * u[0];` |
//! | `let` with a type | `let x: f64 = 2.0;` |
//! | tuple pattern | `let (s, mut c) = x.sin_cos();` |
//! | array pattern | `let [a, b] = *u;` |
//! | struct pattern | `let Body { x, v } = *u;` |
//! | `..` and `_` in patterns | `let [first, .., last] = *u;` |
//! | `let` without a value | `let x; if c { x = 1.0; } else { x = a; }` |
//! | shadowing | `let x = x * x;` |
//! | `let mut` and `=` | `let mut s = 0.0; s = x;` |
//! | compound assignment | `s += x; s *= 0.5;` |
//! | compound assignment whose right side writes | `s -= { s = 3.0 * x; s * s };` |
//! | assignment to an element | `a[i] = x;` |
//! | assignment to a field | `q.pos = x;` |
//! | assignment of an array, struct or tuple | `a = [x, y]; q = r;` |
//! | `(a, b) = (b, a)` | `(a[0], a[1]) = (a[1], a[0]);` |
//! | literal assigned to what it reads | `a = [a[1], a[0]];` |
//! | block as a value | `let y = { let h = 0.5 * x; h * h };` |
//! | operand with an effect | `let y = s * { s = 2.0; x };` |
//! | `const` in a body | `const RATE: f64 = 0.5;` |
//!
//! ## References
//!
//! | construct | for example |
//! | --- | --- |
//! | `&` bound by `let` | `let r = &a; let y = r[0];` |
//! | `&mut` of a scalar | `let r = &mut s; *r += 1.0;` |
//! | `&mut` of an element | `let r = &mut a[0]; *r = x;` |
//! | `&mut` of a field | `let r = &mut q.pos; *r = x;` |
//! | `&mut` of a row | `let r = &mut m[1]; r[0] = x;` |
//! | pattern of `&mut` | `let [a, b] = &mut w; *a = *b;` |
//! | tuple of `&mut` | `let (r, s) = (&mut x, &mut y);` |
//! | `&mut` of `*r` | `let s = &mut *r; *s += 1.0;` |
//! | `&mut` given to a closure | `let g = \|x: &mut f64, k: f64\| { *x *= k; *x }; g(&mut s, 2.0);` |
//!
//! ## Numbers
//!
//! | construct | for example |
//! | --- | --- |
//! | operators of reals | `a + b * c / -d % 2.0` |
//! | methods of reals | `x.sin() + x.max(y).sqrt()` |
//! | `f64::max(a, b)` | `f64::max(a, b)` |
//! | `powi` | `x.powi(n)` |
//! | predicates of reals | `x.is_finite()` |
//! | integer to real | `n as f64` |
//! | arithmetic of signed integers | `(k - 5) / 2` |
//! | arithmetic of unsigned integers | `(i + 1) % n` |
//! | methods of integers | `k.rem_euclid(3).min(2)` |
//! | cast between integers | `k as usize` |
//! | cast that wraps | `k as u8` |
//! | condition to integer | `(x > 0.0) as usize` |
//! | real to integer | `x as usize` |
//! | integer that changes | `let mut n = 3; n -= 1;` |
//! | array of integers | `let order = [2, 0, 1];` |
//! | array of arrays of integers | `let shift = [[-1, 0], [0, 1]];` |
//! | condition in a variable | `let warm = x > 0.0;` |
//! | `&&`, `\|\|` and `!` | `a && !b \|\| c` |
//! | `&&` with an effect | `a && { n += 1; x > 0.0 }` |
//! | `contains` of a range | `(0..3).contains(&k)` |
//!
//! ## Choices
//!
//! | construct | for example |
//! | --- | --- |
//! | `if` as a statement | `if x > 0.0 { s += x; } else { s = 0.0; }` |
//! | `if` as a value | `if x > 0.0 { x } else { -x }` |
//! | `if` of arrays or structs | `let w = if c { a } else { [0.0; 2] };` |
//! | `match` as a statement | `match k { 0 => s = x, _ => {} }` |
//! | `match` as a value | `match k { 0 => x, _ => y }` |
//! | ranges and `\|` in `match` | `match k { 0..=2 => x, 3 \| 5 => y, _ => 0.0 }` |
//! | bindings in `match` | `match k { n @ 1..=3 => n as f64, _ => 0.0 }` |
//! | guards in `match` | `match k { n if n > 2 => x, _ => y }` |
//! | `match` on a tuple | `match (k, c) { (0, true) => x, _ => y }` |
//! | early `return` | `if x < 0.0 { return 0.0; }` |
//! | `return` from a loop | `for i in 0..3 { if u[i] > 1.0 { return x; } }` |
//!
//! ## Loops
//!
//! | construct | for example |
//! | --- | --- |
//! | `for` over a range | `for i in 0..n { s += u[i]; }` |
//! | `for` over a reversed or stepped range | `for i in (0..4).rev() { .. }` |
//! | `for` from below zero | `for k in -2..3 { .. }` |
//! | loop in a loop | `for i in 0..2 { for j in 0..3 { .. } }` |
//! | `for` over an array by value | `for x in a { .. }` |
//! | `for` over `&a` or `a.iter()` | `for x in &a { .. }` |
//! | `for` over `&mut a` or `a.iter_mut()` | `for x in a.iter_mut() { *x *= 0.5; }` |
//! | `for` over adaptors | `for (i, x) in a.iter().enumerate() { .. }` |
//! | counted `while` | `while k < 5 && x > e { x *= 0.5; k += 1; }` |
//! | `break` | `if x > 1.0 { break; }` |
//! | `continue` | `if i == 2 { continue; }` |
//! | labels | `'outer: for i in 0..3 { for j in 0..3 { continue 'outer; } }` |
//!
//! ## Arrays
//!
//! | construct | for example |
//! | --- | --- |
//! | array literal | `[x, y, 0.5]` |
//! | `[x; N]` | `[x; 3]` |
//! | copy of an array that changes | `let mut b = a; b[0] = x;` |
//! | array of arrays | `let m = [[x, y], [y, x]];` |
//! | `map` of an array | `a.map(\|x\| x * x)` |
//! | `array::from_fn` | `let a: [f64; 3] = std::array::from_fn(\|i\| u[i] * x);` |
//! | `len` | `a.len()` |
//! | `fill` | `a.fill(0.5);` |
//! | `swap` | `a.swap(0, 1);` |
//! | `copy_from_slice` | `a.copy_from_slice(&b);` |
//!
//! ## Iterators
//!
//! | construct | for example |
//! | --- | --- |
//! | `sum` and `product` | `a.iter().sum::<f64>()` |
//! | `fold` | `a.iter().fold(0.0, \|s, x\| 0.5 * s + x)` |
//! | `any` and `all` | `a.iter().any(\|x\| *x > 1.0)` |
//! | `for_each` | `a.iter_mut().for_each(\|x\| *x *= 0.5);` |
//! | `zip` | `a.iter().zip(&b)` |
//! | `enumerate` | `a.iter().enumerate()` |
//! | `rev` | `a.iter().rev()` |
//! | `skip` and `take` | `a.iter().skip(1).take(2)` |
//! | `step_by` | `a.iter().step_by(2)` |
//! | `map` | `a.iter().map(\|x\| x * x)` |
//! | iterator with an effect | `a.iter().map(\|x\| { n += 1.0; x * n }).sum::<f64>()` |
//! | iterator bound by `let` | `let squares = a.iter().map(\|x\| x * x); let s: f64 = squares.sum();` |
//!
//! ## Closures
//!
//! | construct | for example |
//! | --- | --- |
//! | closure | `let square = \|x: f64\| x * x;` |
//! | closure that captures | `let scaled = \|x: f64\| k * x;` |
//! | `move` closure | `let scaled = move \|x: f64\| k * x;` |
//! | closure that changes what it captures | `let mut next = \|x: f64\| { s += x; s };` |
//! | closure over a name that is shadowed | `let g = \|x: f64\| k * x; let k = 2.0; let y = g(k);` |
//! | closure of or to an array | `let g = \|w: &[f64; 2]\| w[0] * w[1];` |
//! | closure that calls a closure | `let h = \|x: f64\| g(x) + g(-x);` |
//! | closure given to a method by name | `a.map(square)` |
//!
//! ## Structs and tuples
//!
//! | construct | for example |
//! | --- | --- |
//! | struct literal | `Body { pos: x, vel: v }` |
//! | `..` in a struct literal | `Body { pos: x, ..q }` |
//! | copy of a struct that changes | `let mut r = q; r.pos = x;` |
//! | struct in a struct | `Pair { first: Body { pos: x, vel: v }, gap: y }` |
//! | array of structs | `let bodies = [q, r];` |
//! | array field | `q.weights[i]` |
//! | tuple in a variable | `let pair = (x, [y, z]);` |
//! | assignment to a part of a tuple | `pair.0 = x;` |
//!
//! ## Outside the function
//!
//! | construct | for example |
//! | --- | --- |
//! | module constant | `const GRAVITY: f64 = 9.81;` |
//! | module table | `const LEVELS: [f64; 3] = [0.1, 0.5, 2.0]; .. LEVELS[i]` |
//! | module table of tables | `const COUPLING: [[f64; 2]; 2] = ..; .. COUPLING[i][j]` |
//! | module table of integers | `const ORDER: [usize; 3] = [2, 0, 1]; .. u[ORDER[i]]` |
//!
//! Constants of `f32` in a function over `f64` are converted where they stand, `RATE as f64`: what is computed with them in `f32`
//! rounds in each operation, and is refused. `assert!`, `panic!`, `matches!` and their like are taken for the standard library's:
//! a macro of your own by such a name needs another one.
//!
//! ## Calls
//!
//! | construct | for example |
//! | --- | --- |
//! | helper | `hill(x, 2)` |
//! | helper that calls a helper | `#[differentiable] fn twice(x: f64) -> f64 { hill(hill(x, 2), 1) }` |
//! | helper of integers | `#[differentiable] fn next(i: usize, n: usize) -> usize { (i + 1) % n }` |
//! | helper that takes an array by reference | `norm(&a)` |
//! | helper that takes an array by value | `norm(a)` |
//! | helper that returns an array | `let [a, b] = rotate(&w, x);` |
//! | helper that takes a struct | `energy(&q)` |
//! | helper that returns a struct | `let q = step(&q, 0.1);` |
//! | helper that returns an integer or a condition | `let i = cell(k);` |
//! | helper with a const generic | `#[differentiable] fn mean<const N: usize>(w: &[f64; N]) -> f64 { .. }` |
//! | helper called between writes | `let d = norm(&a) - { a = b; norm(&a) };` |
//! | `forward` of a network | `let [a, b] = p.net.forward([x, y]);` |
//!
//! ## Beside these
//!
//! The tests of the language hold these to plain Rust as well. Random programs do not write them yet:
//!
//! * Options: `let Some(x) = o else { return; };`, `if let Some(k) = o && k > 1 { .. }`, options in variables
//!   (`let mut best: Option<f64> = None;`) and from helpers (`fn root(x: f64) -> Option<f64>`), `checked_sub`.
//! * Patterns: `(1, x) | (x, 1) => ..`, `let [first, middle @ .., last] = u else { .. };`, `while let [a, b] = w { .. }`,
//!   and through `&mut`: `match &mut pair { (x, y) => *x += *y }`.
//! * Items inside a body: `fn`, `static`, `struct`, `enum`, `type`, before or after their uses.
//! * `break` with arrays, structs and tuples of them; `return` inside a closure, which leaves the closure.
//! * Tuples in arrays, `[(0, 1, 0.3), (1, 0, 0.2)]`, and in the types of closures, `|(x, k): (f64, usize)| ..`.
//! * `rotate_left`, `rotate_right`, `partition_point`, `scan`, `map_while`, `try_fold` with options, `then` and `then_some`
//!   of conditions, `std::mem::replace` and `take`.
//! * Helpers that change their arguments: `fn step(x: &mut f64, dt: f64)` is called `step(&mut x, dt);`, and a method with
//!   `&mut self` is called `q.kick(dt);`. The arguments may be numbers, arrays and structs, but not slices.
//! * Helpers of references to numbers, `fn h(x: &f64) -> f64`, and of parts of arrays, `total(&u[a..b])`.
//! * `#[differentiable]` on an `impl` block, for all of its functions, those without `self` included: `Vec3::new(x, y, z)`; not
//!   on the implementation of a trait.
//! * `S::default()`, `S { x: 1.0, ..Default::default() }`.
//! * `assert!`, `panic!`, `unreachable!`, and what panics in Rust: `unwrap` of nothing, `clamp` between bounds that are not
//!   in order. The function panics; its derivatives do not check again.
//!
//! # Events
//!
//! What an event waits for, and what it does, are functions with `#[differentiable]` over the types of the model; an event
//! takes them by their names, and gradients pass through it. `p` and `t` may be left out, as in a model; an effect with
//! `p: &mut P` changes the parameters, too, and `()` does nothing.
//!
//! ```
//! use diffeq::prelude::*;
//! use diffeq::sensitivity::DiscreteAdjoint;
//!
//! /// Height and velocity; gravity, and the part of its speed that a ball keeps.
//! #[ode]
//! fn ball(u: &[f64; 2], p: &[f64; 2]) -> [f64; 2] {
//!     [u[1], -p[0]]
//! }
//!
//! #[differentiable]
//! fn height(u: &[f64; 2]) -> f64 {
//!     u[0]
//! }
//!
//! #[differentiable]
//! fn bounce(u: &mut [f64; 2], p: &[f64; 2]) {
//!     u[1] *= -p[1];
//! }
//!
//! let problem = OdeProblem::new(ball, [10.0, 0.0], (0.0, 2.0), [9.8, 0.8]);
//! let solver = problem.solver(Tsit5).event(Crossing::of::<height, bounce>().falling());
//! let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
//! let by_p = pullback.call(Cotangents::end(&[1.0, 0.0]))?.p;
//! // It lands at `s = sqrt(2 h / g)`, and rises to `e g s (t - s) - g (t - s)² / 2`.
//! let (s, t) = ((20.0 / 9.8_f64).sqrt(), 2.0);
//! assert!((solution.end()[0] - (0.8 * 9.8 * s * (t - s) - 4.9 * (t - s) * (t - s))).abs() < 1e-9);
//! assert!((by_p[1] - 9.8 * s * (t - s)).abs() < 1e-9);
//! # Ok::<(), diffeq::Error>(())
//! ```
//!
//! | event | takes place | by its functions | by closures |
//! | --- | --- | --- | --- |
//! | [`Crossing`](crate::integrate::Crossing) | where a condition passes through zero | `Crossing::of::<height, bounce>()` | `Crossing::new(.., ..)` |
//! | [`Discrete`](crate::integrate::Discrete) | after steps at whose end a predicate holds | `Discrete::of::<is_late, dose>()` | `Discrete::new(.., ..)` |
//! | [`Periodic`](crate::integrate::Periodic) | every period | `Periodic::of::<dose>(1.5)` | `Periodic::new(1.5, ..)` |
//! | [`Preset`](crate::integrate::Preset) | at given times | `Preset::of::<dose>([1.0, 2.0])` | `Preset::new([1.0, 2.0], ..)` |
//!
//! Closures have no derivatives: with them a solve runs, and a gradient does not compile.
//!
//! # Times at which a model switches
//!
//! A model may compare the time with a number or a parameter: `if t < p.start { .. }`, `t >= a && t < a + width`, or
//! `t > p.begins[i]` in a loop of known length, `(t - 1.0).abs() < p.width`. Its right-hand side may then jump; where `max`, `min` or
//! `abs` of the time change sides its derivatives do. `#[ode]` finds these comparisons. Steps end at such times, without rows or events of their own, and every derivative knows that the parameters move them.
//!
//! ```
//! use diffeq::prelude::*;
//! use diffeq::sensitivity::DiscreteAdjoint;
//!
//! /// An inflow at rate one, from the time `p[0]` on.
//! #[ode]
//! fn tank(_u: f64, p: [f64; 1], t: f64) -> f64 {
//!     if t < p[0] { 0.0 } else { 1.0 }
//! }
//!
//! let problem = OdeProblem::new(tank, 0.0, (0.0, 2.0), [0.7]);
//! let solver = problem.solver(Tsit5);
//! let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
//! assert!((solution.end() - 1.3).abs() < 1e-14);
//! // What begins later brings less.
//! assert!((pullback.call(Cotangents::end(&1.0))?.p[0] + 1.0).abs() < 1e-14);
//! # Ok::<(), diffeq::Error>(())
//! ```
//!
//! Both sides have to be affine in `t`, or absolute values of that, made of parameters and constants; `(t - p.start).signum()` and
//! `copysign` compare with zero. Not found are comparisons inside a helper, in a `while` or a loop over a slice, with the state, of what is periodic
//! (`t % p.period < p.width`) or not affine (`t * t < p.area`, `t.sin() > p.level`); integers made of the time (`t.floor()`,
//! `t as usize`); and more than 64 of them. Steps do not end there, and **a derivative by what moves such a jump lacks that
//! motion**. The source tells that this may be, helpers included, and then no derivative of the model says how good it is: its `error`
//! is `None`. So it is where the state decides, `if u[0] > p.threshold`, `u[0].max(0.0)`: when it passes the threshold moves with all that
//! moves the solution. A derivative lacks the motion of a jump there altogether, and of a bend as much as lies in one step. Where nothing
//! but numbers decides (`t.floor()`, a helper of the time that is called with numbers), the derivative has its estimate as ever; of a
//! method that is called with the state, or with the time and a parameter, only its signature is known.
//! [`System::HIDES_SWITCHES`](crate::problem::System::HIDES_SWITCHES) says which it is. Write the comparison so that it is
//! affine, or use an event: `Crossing::of` with the difference as its condition and a parameter as the switch. Where two such times
//! fall together and move apart, the jump cannot be told apart either: a solve goes on, a derivative is an error.
//!
//! # Delayed equations
//!
//! With `#[dde]` a function takes a history after its state, and asks it for earlier states: `h(t - tau)`, a component
//! `h(t - tau)[0]`, the slope `h.derivative(t - tau)` of a neutral equation. The rest is the language above.
//!
//! ```
//! use diffeq::prelude::*;
//!
//! /// A population whose members need a time `p[2]` to grow up.
//! #[dde]
//! fn population(u: f64, h: &impl History<f64>, p: &[f64; 4], t: f64) -> f64 {
//!     let [rate, room, delay, _] = *p;
//!     rate * u * (1.0 - h(t - delay) / room)
//! }
//!
//! /// What it was before.
//! #[differentiable]
//! fn before(p: &[f64; 4], t: f64) -> f64 {
//!     p[3] * (1.0 + 0.1 * t.sin())
//! }
//!
//! let p = [1.8, 10.0, 1.0, 2.0];
//! let problem = DdeProblem::new(population, 2.0, Before::of::<before>(), (0.0, 20.0), p);
//! let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points([20.0]));
//! let (_, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
//! let gradient = pullback.call(&[1.0])?;
//! // By the rate, the room, the delay, and what the history is made of.
//! assert!(gradient.p.iter().all(|x| x.is_finite() && *x != 0.0));
//! # Ok::<(), diffeq::Error>(())
//! ```
//!
//! A history is [`Constant`](crate::delay::Constant), what [rested](crate::delay::AtRest) at the start, a function with
//! `#[differentiable]` ([`Before`](crate::delay::Before)), [`Data`](crate::delay::Data) with cubic polynomials between them, or a
//! closure: [`Phi`](crate::delay::Phi) of parameters and time, [`Given`](crate::delay::Given) of the time alone. Lags are
//! what the source says: numbers and parameters are known before a solve, which then ends steps on the break points that they
//! cause; what depends on the time, the state or other delayed values is followed. A problem is solved by the methods for
//! ordinary equations, forwards in time.
//!
//! Gradients know what a break does that moves, with a delay or with the state, and what becomes of a dose: where an event made the state
//! jump the slope does a lag later, at a time that moves with the lag and with the event. Where such a jump of the slope falls on another
//! event, as of doses one lag apart if the lag is a parameter, which comes first makes a difference: that derivative is an error. Backwards, all steps are kept, or some
//! checkpoints with the past that steps after them ask for; a closure does not say how it depends on parameters, so that
//! histories by `Phi` have gradients forwards alone, by dual numbers.
//!
//! What compares the time with parameters, `if t < p.start`, switches there, as in an ordinary equation. What turns with an earlier
//! state is an event whose condition asks for it: [`DdeProblem::past`](crate::prelude::DdeProblem::past). Kinks of states or of earlier
//! states, `h(t - tau).abs()`, are not looked for: steps become short there, and at tight tolerances what a step sees of one may be more
//! than those allow. An event that turns a sign among the parameters says where they are.
//!
//! A derivative along one direction of start and parameters is that of a solve whose numbers carry it,
//! [`DdeProblem::along`](crate::prelude::DdeProblem::along). `solver.jvp` is not there: it would look up tangents at the times at which
//! values are looked up, in a past of their own, with rounds of its own where a step looks itself up, and come to the numbers that dual
//! ones have at once: one tangent of the delayed Lotka-Volterra equation is 1.4 solves, five are two and a half. Where two lags are
//! equal and the start does not fit the history, nothing says which part of the jump moves with which: that derivative is an error.
//!
//! # Stochastic delayed equations
//!
//! `#[sde]` takes a history as `#[dde]` does. Drift and noise may both ask it, by lags that are numbers, parameters or functions of the
//! time.
//!
//! ```
//! use diffeq::prelude::*;
//!
//! /// A population whose members need a time to grow up, in a world that varies.
//! #[sde]
//! fn population(u: f64, h: &impl History<f64>, p: &[f64; 3], t: f64) -> (f64, f64) {
//!     let [rate, room, noise] = *p;
//!     (rate * u * (1.0 - h(t - 1.0) / room), noise * u)
//! }
//!
//! let path = |i| SddeProblem::new(population, 2.0, AtRest, (0.0, 20.0), [1.2, 10.0, 0.1]).seed(42).trajectory(i);
//! let problem = path(0);
//! let solver = problem.solver(Milstein).fixed(0.05);
//! let (solution, mut pullback) = solver.vjp(DiscreteAdjoint::default())?;
//! let gradient = pullback.call(Cotangents::end(&1.0))?;
//!
//! // On the same path, forwards.
//! let along = problem.along(&0.0, &[1.0, 0.0, 0.0])?.solver(Milstein).fixed(0.05).solve()?;
//! assert_eq!(along.end().primal, *solution.end());
//! assert!((along.end().tangents[0] - gradient.p[0]).abs() < 1e-9);
//!
//! let ensemble = Ensemble::new(20, |i| path(i as u32));
//! let solve = |problem: &SddeProblem<_, _>| problem.solver(Milstein).fixed(0.05).save_at(Grid::points([20.0])).solve();
//! assert!(ensemble.run(solve, Moments)?.complete()?.mean(0)[0] > 5.0);
//! # Ok::<(), diffeq::Error>(())
//! ```
//!
//! | method | for | strong order |
//! | --- | --- | --- |
//! | `EulerMaruyama` | Ito, any noise | 1/2; 1 where the noise depends neither on the state nor on the past |
//! | `EulerHeun` | Stratonovich, any noise | 1/2; 1 where it commutes and does not look back |
//! | `Milstein` | both, noise that does not look back | 1 |
//!
//! Noise that looks back changes with what the processes did a lag ago, and an order of one then asks for twofold integrals of those
//! increments and of the present ones, which no path of increments has: `Milstein` does not compile with it. The message of a method
//! that does not fit says which one does.
//!
//! Steps are of one size. They need not divide a lag, and may be longer than it: lookups read the straight line between the ends of
//! steps, whose error has no mean, so that sums of it are of the order of the method. That is no longer so where one time is looked up
//! again and again, `h(t.floor())`: steps should end there. Where the history does not meet the start, steps end a lag later.
//!
//! The path of a solution has no slope. So there is no derivative by a lag: asked for, it is an error, and so are `h.derivative(..)` and a
//! lag that depends on the state, while compiling. A gradient backwards is one by all parameters: write a lag as a number there, or go
//! forwards, along the other parameters.
