use std::time::Instant;
use dfdx::optim::*;
use dfdx::prelude::*;
use diffeq::nn::Cube;
use diffeq::prelude::*;
type Net = (Cube, Linear<2, 50>, Tanh, Linear<50, 2>);
fn best(name: &str, mut f: impl FnMut()) {
    let mut b = f64::INFINITY;
    for _ in 0..30 { let c = Instant::now(); for _ in 0..50 { f(); } b = b.min(c.elapsed().as_secs_f64() / 50.0); }
    println!("{name}: {:.2} us", b * 1e6);
}
fn main() {
    let device = Cpu::seed_from_u64(0);
    let u0: Tensor<Rank1<2>, f32, Cpu> = device.tensor([2.0, 0.0]);
    let config = OdeConfig::span((0.0, 1.5)).tolerances(1e-3, 1e-6).save_at(Grid::count(30));
    let mut model = NeuralOde::new(device.build_module::<Net, f32>(), config);
    let mut adam = Adam::new(&model, AdamConfig { lr: 0.1, ..Default::default() });
    let target: Tensor<(usize, Const<2>), f32, Cpu> = device.zeros_like(&(30, Const));
    let mut grads = Some(model.alloc_grads());
    // train 500 to get the typical number of steps
    for _ in 0..500 {
        let y = model.series(u0.trace(grads.take().unwrap())).unwrap();
        let l = (y - target.clone()).square().sum();
        let mut g = l.backward();
        adam.update(&mut model, &g).unwrap();
        model.zero_grads(&mut g);
        grads = Some(g);
    }
    println!("{:?}", model.solve(&u0).unwrap().stats());
    best("destructure", || { std::hint::black_box(diffeq::dfdx::destructure(&model).unwrap()); });
    best("clone", || { std::hint::black_box(model.clone()); });
    best("solve", || { std::hint::black_box(model.solve(&u0).unwrap()); });
    best("series untraced", || { std::hint::black_box(model.series(u0.clone()).unwrap()); });
    best("series traced", || { std::hint::black_box(model.series(u0.leaky_trace()).unwrap()); });
    best("loss", || { let y = model.series(u0.leaky_trace()).unwrap(); std::hint::black_box((y - target.clone()).square().sum::<Rank0, _>()); });
    best("loss+backward", || { let y = model.series(u0.leaky_trace()).unwrap(); std::hint::black_box((y - target.clone()).square().sum().backward()); });
    let g = grads.take().unwrap();
    let y = model.series(u0.trace(g)).unwrap();
    let g = (y - target.clone()).square().sum().backward();
    let mut m2 = model.clone();
    best("adam", || { adam.update(&mut m2, &g).unwrap(); });
    let mut g2 = g.clone();
    best("zero", || { model.zero_grads(&mut g2); });
}
