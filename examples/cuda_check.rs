//! Solves and layers on the GPU against the same on the CPU: run it where there is a GPU.
//!
//! ```text
//! cargo run --release --features cuda --example cuda_check
//! ```
//!
//! One line a check, with the largest difference relative to the largest number. Without a GPU it ends with the reason.

use dfdx::prelude::*;
use diffeq::dfdx::device::cuda;
use diffeq::dfdx::device::solve_on_device;
use diffeq::integrate::Options;
use diffeq::layers::AugmentedNeuralOde;
use diffeq::layers::Divergence;
use diffeq::layers::Ffjord;
use diffeq::layers::FlowField;
use diffeq::layers::HamiltonianNet;
use diffeq::layers::NeuralOde;
use diffeq::layers::OdeActivation;
use diffeq::layers::OdeConfig;
use diffeq::layers::SecondOrderNeuralOde;
use diffeq::layers::Trained;
use diffeq::prelude::*;

const ROWS: usize = 64;

/// Sums of some hundred terms in single precision, in another order on the GPU.
const ROUNDING: f32 = 1e-4;

/// A field, on a device.
type Net<D, const I: usize, const O: usize> =
    (modules::Linear<I, 32, f32, D>, Tanh, modules::Linear<32, O, f32, D>);

/// Numbers that are the same everywhere.
fn wave(count: usize, scale: f32) -> Vec<f32> {
    (0..count).map(|i| scale * (i as f32 + 0.5).sin()).collect()
}

fn network<D: Device<f32>, const I: usize, const O: usize>(device: &D) -> Net<D, I, O> {
    (
        modules::Linear {
            weight: device.tensor_from_vec(wave(32 * I, 0.5), (Const, Const)),
            bias: device.tensor_from_vec(wave(32, 0.1), (Const,)),
        },
        Tanh,
        modules::Linear {
            weight: device.tensor_from_vec(wave(32 * O, 0.3), (Const, Const)),
            bias: device.tensor_from_vec(wave(O, 0.1), (Const,)),
        },
    )
}

/// What a solve gives: the end, and the gradients of its square by the start and by the weights.
fn solve<D: Device<f32>>(device: &D, method: &str) -> Result<[Vec<f32>; 3], diffeq::Error> {
    let net = network::<D, 4, 4>(device);
    let x: Tensor<(usize, Const<4>), f32, D> = device.tensor_from_vec(wave(ROWS * 4, 1.0), (ROWS, Const));
    let (span, options) = ((0.0, 2.0), Options::default());
    let y = match method {
        "Tsit5" => solve_on_device(&net, x.leaky_trace(), span, Tsit5, options)?,
        "Vern7" => solve_on_device(&net, x.leaky_trace(), span, Vern7, options)?,
        _ => solve_on_device(&net, x.leaky_trace(), span, RK4, Options { dt: Some(0.05), ..options })?,
    };
    let end = y.as_vec();
    let gradients = y.square().mean().backward();
    Ok([end, gradients.get(&x).as_vec(), gradients.get(&net.0.weight).as_vec()])
}

/// A layer's output and its gradients by the input and by the first weight, on the CPU and on the GPU.
macro_rules! layer {
    ($checks:ident, $gpu:ident, $layer:ty, $name:literal, $n:literal, |$l:ident| $weight:expr) => {{
        let cpu = Cpu::seed_from_u64(1);
        let here = cpu.build_module::<$layer, f32>();
        let there = here.to_device(&$gpu);
        let x: Tensor<(usize, Const<$n>), f32, Cpu> = cpu.sample_normal_like(&(ROWS, Const));
        let x_there: Tensor<(usize, Const<$n>), f32, Cuda> = $gpu.tensor_from_vec(x.as_vec(), (ROWS, Const));
        let (y, y_there) = (here.forward(x.leaky_trace()), there.forward(x_there.leaky_trace()));
        $checks.check($name, "output", &y.as_vec(), &y_there.as_vec());
        let (g, g_there) = (y.square().mean().backward(), y_there.square().mean().backward());
        $checks.check($name, "gradient by x", &g.get(&x).as_vec(), &g_there.get(&x_there).as_vec());
        let (w, w_there) = (
            {
                let $l = &here;
                &$weight
            },
            {
                let $l = &there;
                &$weight
            },
        );
        $checks.check($name, "gradient by W", &g.get(w).as_vec(), &g_there.get(w_there).as_vec());
    }};
}

/// What was compared so far.
#[derive(Default)]
struct Checks {
    count: usize,
    worst: f32,
}

impl Checks {
    fn check(&mut self, name: &str, what: &str, here: &[f32], there: &[f32]) {
        let size = here.iter().fold(0.0_f32, |size, x| size.max(x.abs()));
        let gap = here.iter().zip(there).fold(0.0_f32, |gap, (a, b)| gap.max((a - b).abs())) / size;
        println!("{name}, {what}: {gap:.1e} {}", if gap <= ROUNDING { "ok" } else { "DIFFERS" });
        self.count += 1;
        self.worst = self.worst.max(gap);
    }
}

/// `du/dt = -p u`.
#[ode]
fn relax(du: &mut f64, u: &f64, p: &[f64; 1]) {
    *du = -p[0] * *u;
}

type Field = (Linear<4, 32>, Tanh, Linear<32, 4>);
type Energy = (Linear<4, 32>, Tanh, Linear<32, 1>);
type Activated = (Linear<4, 32>, OdeActivation<relax, Trained<1>>, Linear<32, 4>);
type Flow = Ffjord<(Linear<3, 32>, Tanh, Linear<32, 2>)>;

/// What is compared of a solve.
const WHAT: [&str; 3] = ["output", "gradient by x", "gradient by W"];

/// The log-likelihoods of some rows under a flow, and the gradients of their mean.
fn likelihood<D: Device<f32>>(device: &D, divergence: Divergence) -> Result<[Vec<f32>; 3], diffeq::Error>
where
    Net<D, 3, 2>: FlowField<2, f32, D>,
{
    let flow = Ffjord::new(network::<D, 3, 2>(device), OdeConfig::span((0.0, 1.0)));
    let x: Tensor<(usize, Const<2>), f32, D> = device.tensor_from_vec(wave(ROWS * 2, 1.0), (ROWS, Const));
    let y = flow.log_likelihood_on_device(x.leaky_trace(), divergence)?;
    let values = y.as_vec();
    let gradients = y.mean().backward();
    Ok([values, gradients.get(&x).as_vec(), gradients.get(&flow.field.0.weight).as_vec()])
}

fn main() -> Result<(), diffeq::Error> {
    let gpu = cuda()?;
    let cpu = Cpu::default();
    let mut checks = Checks::default();
    for method in ["Tsit5", "Vern7", "RK4"] {
        let (here, there) = (solve(&cpu, method)?, solve(&gpu, method)?);
        for (what, (here, there)) in WHAT.iter().zip(here.iter().zip(&there)) {
            checks.check(method, what, here, there);
        }
    }
    layer!(checks, gpu, NeuralOde<Field>, "NeuralOde", 4, |l| l.field.0.weight);
    layer!(checks, gpu, AugmentedNeuralOde<Field, 2, 4>, "AugmentedNeuralOde", 2, |l| l.1.field.0.weight);
    layer!(
        checks,
        gpu,
        SecondOrderNeuralOde<(Linear<4, 32>, Tanh, Linear<32, 2>)>,
        "SecondOrderNeuralOde",
        4,
        |l| l.field.0.0.weight
    );
    layer!(checks, gpu, HamiltonianNet<Energy>, "HamiltonianNet", 4, |l| l.0.0.weight);
    layer!(checks, gpu, NeuralOde<HamiltonianNet<Energy>>, "NeuralOde of a HamiltonianNet", 4, |l| l
        .field
        .0
        .0
        .weight);
    layer!(checks, gpu, Activated, "OdeActivation", 4, |l| l.0.weight);
    layer!(checks, gpu, Flow, "Ffjord", 2, |l| l.field.0.weight);
    for (name, divergence) in [
        ("Ffjord's exact likelihood", Divergence::Exact),
        ("Ffjord's estimated likelihood", Divergence::Rademacher { seed: 1 }),
    ] {
        let (here, there) = (likelihood(&cpu, divergence)?, likelihood(&gpu, divergence)?);
        for (what, (here, there)) in WHAT.iter().zip(here.iter().zip(&there)) {
            checks.check(name, what, here, there);
        }
    }
    let Checks { count, worst } = checks;
    println!("cuda_check: checks={count} worst={worst:.1e} passed={}", worst <= ROUNDING);
    Ok(())
}
