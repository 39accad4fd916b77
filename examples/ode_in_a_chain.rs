//! An equation as one layer of a classifier of images, in two places of the chain.
//!
//! In the first, a convolutional network turns an image into the four parameters of the Lotka-Volterra equations; in the
//! second, a linear layer turns it into their initial state. Either way the solution at eleven times goes on through a
//! linear layer and a softmax, and gradients come back through the solve. These are the chains of DiffEqFlux's first
//! README (2019) with shapes that fit: what was printed there does not, and here does not compile.

use dfdx::prelude::*;
use diffeq::Error;
use diffeq::dfdx::Conv;
use diffeq::dfdx::Flatten;
use diffeq::dfdx::MaxPool;
use diffeq::prelude::*;
use rand::Rng;
use rand::SeedableRng;
use rand::rngs::StdRng;

/// Lotka-Volterra predator-prey dynamics.
#[ode]
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}

/// A picture in grey: one image, one channel.
type Image = Rank4<1, 1, 12, 12>;
type Taped<S> = Tensor<S, f32, Cpu, OwnedTape<f32, Cpu>>;
type Built<M> = <M as BuildOnDevice<Cpu, f32>>::Built;
type LvSolver<'a> = Solver<'a, lotka_volterra, f32, Tsit5>;

/// Two populations at eleven times -> two classes.
type Classes = Linear<22, 2>;
/// 12 by 12 pixels -> 11 by 11 -> 5 by 5 -> 4 by 4 -> 2 by 2: four numbers, the equation's parameters.
type ByParameters = (
    (Conv<1, 8, 2, 11, 11>, ReLU, MaxPool<5, 5>),
    (Conv<8, 1, 2, 4, 4>, MaxPool<2, 2>, Flatten<4>, Sigmoid),
    Classes,
);
/// All pixels -> two numbers, the equation's initial state.
type ByInitialState = (Flatten<144>, Linear<144, 2>, Sigmoid, Classes);

fn main() -> Result<(), Error> {
    let mut rng = StdRng::seed_from_u64(7);
    let (training, held_out) = (images(60, &mut rng), images(200, &mut rng));
    let device = Cpu::seed_from_u64(7);
    let problem = OdeProblem::<_, f32>::new(lotka_volterra, [1.0, 1.0], (0.0, 2.0), [1.5, 1.0, 3.0, 1.0]);
    let solver = problem.solver(Tsit5).tolerances(1e-4, 1e-4).save_at(Grid::step(0.2));

    let mut first = device.build_module::<ByParameters, f32>();
    let chain = |model: &Built<ByParameters>, image| by_parameters(model, image, &solver);
    let losses = fit("parameters", &mut first, &training, chain)?;
    let by_parameters = (losses, accuracy(&first, &held_out, chain)?);

    let mut second = device.build_module::<ByInitialState, f32>();
    let chain = |model: &Built<ByInitialState>, image| by_initial_state(model, image, &solver);
    let losses = fit("initial state", &mut second, &training, chain)?;
    let by_initial_state = (losses, accuracy(&second, &held_out, chain)?);

    let steps: Vec<f64> = (0..by_parameters.0.len()).map(|i| i as f64).collect();
    let plot = Plot::new()
        .title("an equation in a chain")
        .labels("step", "cross-entropy")
        .line("image gives parameters", steps.clone(), by_parameters.0.clone())
        .line("image gives initial state", steps, by_initial_state.0.clone());
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/ode_in_a_chain.svg");
    plot.clone().save(path)?;
    println!("{}", plot.to_text(72, 14)?);
    println!("wrote {path}");
    let ends = |losses: &[f64]| (losses[0], losses[losses.len() - 1]);
    let ((before_p, after_p), (before_u0, after_u0)) = (ends(&by_parameters.0), ends(&by_initial_state.0));
    println!(
        "ode_in_a_chain: parameters_loss_before={before_p:.3} parameters_loss={after_p:.3} \
         parameters_accuracy={:.3} initial_state_loss_before={before_u0:.3} initial_state_loss={after_u0:.3} \
         initial_state_accuracy={:.3} held_out={}",
        by_parameters.1,
        by_initial_state.1,
        held_out.len()
    );
    Ok(())
}

/// Image -> convolutions -> parameters -> solution -> logits of the classes.
fn by_parameters(
    (first, second, classes): &Built<ByParameters>,
    image: Taped<Image>,
    solver: &LvSolver<'_>,
) -> Result<Taped<Rank1<2>>, Error> {
    // What a sigmoid gives, from 0 to 1, becomes rates from a half to two and a half.
    let p: Taped<Rank1<4>> = second.forward(first.forward(image)).reshape() * 2.0 + 0.5;
    let series = diffeq_rd(p, solver)?.series;
    Ok(classes.forward(series.reshape_like(&(Const,))))
}

/// Image -> initial state -> solution -> logits of the classes.
fn by_initial_state(
    (flatten, linear, sigmoid, classes): &Built<ByInitialState>,
    image: Taped<Image>,
    solver: &LvSolver<'_>,
) -> Result<Taped<Rank1<2>>, Error> {
    let u0: Taped<Rank1<2>> = sigmoid.forward(linear.forward(flatten.forward(image))).reshape() * 2.0 + 0.5;
    let p: Tensor<Rank1<4>, f32, Cpu> = Cpu::default().tensor(solver.problem.p);
    let series = diffeq_rd((u0, p), solver)?.series;
    Ok(classes.forward(series.reshape_like(&(Const,))))
}

/// Lessens the mean cross-entropy over all images; the losses.
fn fit<M: TensorCollection<f32, Cpu> + Clone>(
    name: &str,
    model: &mut M,
    images: &[(Tensor<Image, f32, Cpu>, usize)],
    chain: impl Fn(&M, Taped<Image>) -> Result<Taped<Rank1<2>>, Error>,
) -> Result<Vec<f64>, Error> {
    let loss = |model: &M, gradients| {
        let mut sum: Taped<Rank0> = Cpu::default().zeros().traced(gradients);
        for (image, class) in images {
            let one_hot: Tensor<Rank1<2>, f32, Cpu> = Cpu::default().tensor([[1.0, 0.0], [0.0, 1.0]][*class]);
            sum = sum + cross_entropy_with_logits_loss(chain(model, image.leaky_trace())?, one_hot);
        }
        Ok(sum / images.len() as f32)
    };
    Ok(Training::adam(0.02).iterations(60).progress(name).run(model, loss)?.losses)
}

/// The part of images whose class has the larger probability.
fn accuracy<M>(
    model: &M,
    images: &[(Tensor<Image, f32, Cpu>, usize)],
    chain: impl Fn(&M, Taped<Image>) -> Result<Taped<Rank1<2>>, Error>,
) -> Result<f64, Error> {
    let mut right = 0;
    for (image, class) in images {
        let [ring, cross] = chain(model, image.leaky_trace())?.softmax().array();
        right += usize::from((cross > ring) == (*class == 1));
    }
    Ok(right as f64 / images.len() as f64)
}

/// Rings (class 0) and crosses (class 1) by turns, a pixel off the middle at most, in noise.
fn images(count: usize, rng: &mut StdRng) -> Vec<(Tensor<Image, f32, Cpu>, usize)> {
    let mut image = |class: usize| {
        let (middle_row, middle_column) =
            (5.5 + rng.gen_range(-1.0..1.0_f32), 5.5 + rng.gen_range(-1.0..1.0_f32));
        let pixels: Vec<f32> = (0..144)
            .map(|i| {
                let (row, column) = ((i / 12) as f32 - middle_row, (i % 12) as f32 - middle_column);
                let distance = match class {
                    0 => (row.hypot(column) - 3.5).abs(),
                    _ => row.abs().min(column.abs()),
                };
                let ink = if distance < 0.8 { 1.0 } else { 0.0 };
                ink + rng.gen_range(-0.4..0.4)
            })
            .collect();
        (Cpu::default().tensor_from_vec(pixels, Rank4::<1, 1, 12, 12>::default()), class)
    };
    (0..count).map(|i| image(i % 2)).collect()
}
