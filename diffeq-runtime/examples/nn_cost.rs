//! What a network costs: value, derivatives and batches, beside loops written by hand for the one size.
//!
//! `CARGO_PROFILE_RELEASE_LTO=off cargo run --release -p diffeq-runtime --example nn_cost`
#![allow(clippy::needless_range_loop)] // What a person would write.

use dfdx::nn::modules;
use dfdx::prelude::*;
use diffeq_runtime::dfdx::Fused;
use diffeq_runtime::nn::Batch;
use diffeq_runtime::nn::Mlp;
use diffeq_runtime::nn::Network;
use diffeq_runtime::real::Real;
use rand::SeedableRng;
use rand::rngs::StdRng;
use std::hint::black_box;
use std::time::Instant;

type Net<T> = Mlp<2, 50, 2, diffeq_runtime::nn::Tanh, T>;

/// The same network with everything written out for its size.
fn forward_by_hand<T: Real>(net: &Net<T>, x: &[T; 2], hidden: &mut [T; 50], tanh: impl Fn(T) -> T) -> [T; 2] {
    let (first, second) = (&net.first, &net.second);
    for h in 0..50 {
        hidden[h] = tanh(first.weight[h][0] * x[0] + first.weight[h][1] * x[1] + first.bias[h]);
    }
    let mut y = second.bias;
    for (o, y) in y.iter_mut().enumerate() {
        let mut sums = [T::ZERO; 5];
        for h in 0..10 {
            for lane in 0..5 {
                sums[lane] += second.weight[o][5 * h + lane] * hidden[5 * h + lane];
            }
        }
        *y += sums[0] + sums[1] + sums[2] + sums[3] + sums[4];
    }
    y
}

fn vjp_by_hand<T: Real>(
    net: &Net<T>,
    x: &[T; 2],
    y_bar: &[T; 2],
    bar: &mut Net<T>,
    x_bar: &mut [T; 2],
    tanh: impl Fn(T) -> T,
) {
    let (first, second) = (&net.first, &net.second);
    let mut hidden = [T::ZERO; 50];
    for h in 0..50 {
        hidden[h] = tanh(first.weight[h][0] * x[0] + first.weight[h][1] * x[1] + first.bias[h]);
    }
    let mut sums = [[T::ZERO; 5]; 2];
    for h in 0..50 {
        for o in 0..2 {
            bar.second.weight[o][h] += y_bar[o] * hidden[h];
        }
        let back = y_bar[0] * second.weight[0][h] + y_bar[1] * second.weight[1][h];
        let z_bar = back * (T::ONE - hidden[h] * hidden[h]);
        bar.first.bias[h] += z_bar;
        for i in 0..2 {
            bar.first.weight[h][i] += z_bar * x[i];
            sums[i][h % 5] += z_bar * first.weight[h][i];
        }
    }
    for i in 0..2 {
        bar.second.bias[i] += y_bar[i];
        x_bar[i] += sums[i].into_iter().fold(T::ZERO, |a, b| a + b);
    }
}

/// The best of several runs, in nanoseconds.
fn best(calls: usize, mut work: impl FnMut()) -> f64 {
    let mut best = f64::INFINITY;
    for _ in 0..300 {
        let start = Instant::now();
        for _ in 0..calls {
            work();
        }
        best = best.min(start.elapsed().as_secs_f64());
    }
    best * 1e9 / calls as f64
}

fn single<T: Real>(scalar: &str, libm_tanh: impl Fn(T) -> T + Copy) {
    let net: Net<T> = Mlp::init(&mut StdRng::seed_from_u64(1));
    let (x, y_bar) = ([T::lit(0.3), T::lit(-0.8)], [T::lit(1.0), T::lit(-0.5)]);
    let (mut bar, mut x_bar, mut hidden) = (Net::<T>::default(), [T::ZERO; 2], [T::ZERO; 50]);
    let forward = best(2000, || {
        black_box(Network::forward(black_box(&net), black_box(&x)));
    });
    let vjp = best(2000, || net.vjp(black_box(&x), black_box(&y_bar), &mut bar, &mut x_bar));
    let jvp = best(2000, || {
        black_box(net.jvp(black_box(&net), black_box(&x), black_box(&x)));
    });
    let input_jvp = best(2000, || {
        black_box(net.input_jvp(black_box(&x), black_box(&x)));
    });
    println!(
        "{scalar} 2-50-2 tanh, ours: forward {forward:.0} ns, vjp {vjp:.0}, jvp {jvp:.0}, input_jvp {input_jvp:.0}"
    );
    let hand = best(2000, || {
        black_box(forward_by_hand(black_box(&net), black_box(&x), &mut hidden, T::tanh_lane::<false>));
    });
    let hand_vjp = best(2000, || {
        vjp_by_hand(&net, black_box(&x), black_box(&y_bar), &mut bar, &mut x_bar, T::tanh_lane::<false>)
    });
    println!(
        "  by hand, same tanh: forward {hand:.0} ns, vjp {hand_vjp:.0}; ours / hand: {:.2}, {:.2}",
        forward / hand,
        vjp / hand_vjp
    );
    let libm = best(2000, || {
        black_box(forward_by_hand(black_box(&net), black_box(&x), &mut hidden, libm_tanh));
    });
    let libm_vjp =
        best(2000, || vjp_by_hand(&net, black_box(&x), black_box(&y_bar), &mut bar, &mut x_bar, libm_tanh));
    println!(
        "  by hand, the machine's tanh: forward {libm:.0} ns, vjp {libm_vjp:.0}; ours / hand: {:.2}, {:.2}",
        forward / libm,
        vjp / libm_vjp
    );
    black_box((bar, x_bar));
}

/// `B` rows at once, one by one, and by dfdx's matrix products.
fn batch<const I: usize, const H: usize, const O: usize>(rows: usize) {
    type Hidden<const I: usize, const H: usize, const O: usize> =
        (modules::Linear<I, H, f32, Cpu>, modules::Tanh, modules::Linear<H, O, f32, Cpu>);
    let device = Cpu::default();
    let module: Hidden<I, H, O> = (
        device.build_module::<Linear<I, H>, f32>(),
        modules::Tanh,
        device.build_module::<Linear<H, O>, f32>(),
    );
    let net = module.to_native().expect("a module that fits");
    let x: Vec<f32> = (0..rows * I).map(|i| (0.7 * i as f32).sin()).collect();
    let y_bar: Vec<f32> = (0..rows * O).map(|i| (0.3 * i as f32).sin()).collect();
    let (mut y, mut x_bar, mut bar) = (y_bar.clone(), x.clone(), net);
    let forward = best(20, || {
        Batch::<f32, [f32; I]>::forward_batch(&net, black_box(&x), &mut y).expect("whole rows");
    });
    let vjp = best(20, || {
        Batch::<f32, [f32; I]>::vjp_batch(&net, black_box(&x), &y_bar, &mut bar, &mut x_bar)
            .expect("whole rows");
    });
    let single = best(20, || {
        for (x, y) in x.as_chunks::<I>().0.iter().zip(y.as_chunks_mut::<O>().0) {
            *y = Network::<f32, [f32; I]>::forward(&net, black_box(x));
        }
    });
    let tensor = device.tensor_from_vec(x.clone(), (rows, Const::<I>));
    let theirs = best(20, || {
        black_box(module.forward(tensor.clone()));
    });
    println!(
        "f32 {I}-{H}-{O} tanh, {rows} rows: forward {:.1} us, vjp {:.1}, forward row by row {:.1}, dfdx forward {:.1}",
        forward / 1e3,
        vjp / 1e3,
        single / 1e3,
        theirs / 1e3
    );
    black_box((y, bar, x_bar));
}

fn main() {
    batch::<2, 50, 2>(256);
    batch::<64, 128, 64>(256);
    single::<f32>("f32", Real::tanh);
    single::<f64>("f64", Real::tanh);
}
