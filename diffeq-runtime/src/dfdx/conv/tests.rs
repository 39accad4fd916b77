use dfdx::prelude::*;

use super::*;

type Net = (Convolution<2, 3, 2, 4, 5, f64, Cpu>, MaxPool<2, 2>, Flatten<12>);

/// Two images of two channels, 5 by 6, with different numbers everywhere.
fn images() -> Tensor<Rank4<2, 2, 5, 6>, f64, Cpu> {
    let number = |n: usize, c: usize, i: usize, j: usize| ((n * 60 + c * 30 + i * 6 + j) as f64 * 0.7).sin();
    Cpu::default().tensor(std::array::from_fn(|n| {
        std::array::from_fn(|c| std::array::from_fn(|i| std::array::from_fn(|j| number(n, c, i, j))))
    }))
}

fn net() -> Net {
    Cpu::default().build_module::<(Conv<2, 3, 2, 4, 5>, MaxPool<2, 2>, Flatten<12>), f64>()
}

#[test]
fn a_convolution_is_the_sum_that_defines_it() {
    let (x, net) = (images(), net());
    let (pixel, weight) = (x.array(), net.0.weight.array());
    let y = net.0.forward(x).array();
    for (n, image) in y.iter().enumerate() {
        for (o, plane) in image.iter().enumerate() {
            for (i, row) in plane.iter().enumerate() {
                for (j, found) in row.iter().enumerate() {
                    let mut sum = 0.0;
                    for c in 0..2 {
                        for (a, b) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
                            sum += weight[o][c][a][b] * pixel[n][c][i + a][j + b];
                        }
                    }
                    // Eight terms below one.
                    assert!((found - sum).abs() <= 1e-14, "{n} {o} {i} {j}: {found} for {sum}");
                }
            }
        }
    }
}

#[test]
fn pooling_takes_the_largest_and_leaves_out_what_is_odd() {
    let x: Tensor<Rank4<1, 1, 3, 5>, f64, _> = Cpu::default().tensor([[[
        [1.0, 2.0, -1.0, -2.0, 9.0],
        [4.0, 3.0, -3.0, -4.0, 9.0],
        [9.0, 9.0, 9.0, 9.0, 9.0],
    ]]]);
    let y = MaxPool::<1, 2>.forward(x.leaky_trace());
    assert_eq!(y.array(), [[[[4.0, -1.0]]]]);
    let expected = [[0.0, 0.0, 1.0, 0.0, 0.0], [1.0, 0.0, 0.0, 0.0, 0.0], [0.0; 5]];
    assert_eq!(y.sum().backward().get(&x).array(), [[expected]]);
    // Equal pixels: the first has the derivative; what is no number is not lost.
    let ties: Tensor<Rank4<1, 1, 2, 2>, f64, _> = Cpu::default().ones();
    let gradient = MaxPool::<1, 1>.forward(ties.leaky_trace()).sum().backward().get(&ties).array();
    assert_eq!(gradient, [[[[1.0, 0.0], [0.0, 0.0]]]]);
    let nan = ties.clone() * Cpu::default().tensor([[[[1.0, 1.0], [f64::NAN, 1.0]]]]);
    assert!(MaxPool::<1, 1>.forward(nan).array()[0][0][0][0].is_nan());
}

/// `<w, J v> = <J^T w, v>`: a convolution is linear in the images and in the kernels, so that `J v` is a convolution
/// too, and no difference is needed.
#[test]
fn the_gradients_of_a_convolution_are_its_adjoints() {
    let (x, convolution) = (images(), net().0);
    let w: Tensor<Rank4<2, 3, 4, 5>, f64, _> = Cpu::default().sample_normal();
    let y = convolution.forward(x.leaky_trace());
    let gradients = (y * w.clone()).sum().backward();
    let dot = |a: Vec<f64>, b: Vec<f64>| a.iter().zip(&b).map(|(a, b)| a * b).sum::<f64>();
    let close = |a: f64, b: f64| assert!((a - b).abs() <= 1e-12 * (1.0 + a.abs()), "{a} {b}");

    let x_dot: Tensor<Rank4<2, 2, 5, 6>, f64, _> = Cpu::default().sample_normal();
    let y_dot = convolution.forward(x_dot.clone());
    close(dot(w.as_vec(), y_dot.as_vec()), dot(gradients.get(&x).as_vec(), x_dot.as_vec()));

    let along = Convolution { weight: Cpu::default().sample_normal() };
    let y_dot: Tensor<Rank4<2, 3, 4, 5>, f64, _> = Convolution::<2, 3, 2, 4, 5, f64, Cpu>::forward(&along, x);
    let weight_bar = gradients.get(&convolution.weight).as_vec();
    close(dot(w.as_vec(), y_dot.as_vec()), dot(weight_bar, along.weight.as_vec()));
}

#[test]
fn the_gradient_of_the_whole_chain_is_that_of_differences() {
    let (x, mut net) = (images(), net());
    let loss = |net: &Net, x| net.forward(x).square().sum();
    let gradients = loss(&net, x.leaky_trace()).backward();
    let found = gradients.get(&net.0.weight).as_vec();
    let weight = net.0.weight.as_vec();
    for (i, found) in found.iter().enumerate() {
        let difference = testkit::gradcheck::derivative(
            |w| {
                let mut moved = weight.clone();
                moved[i] = w;
                let mut net = net.clone();
                net.0.weight.copy_from(&moved);
                net.forward(images()).square().sum::<Rank0, _>().array()
            },
            weight[i],
            // Small enough not to change which pixel is the largest.
            1e-4,
        );
        assert!((found - difference.value).abs() <= 1e-7, "{found} {difference:?}");
    }
    // A batch of run-time size is the same.
    let batch: Tensor<(usize, Const<2>, Const<5>, Const<6>), f64, _> =
        Cpu::default().tensor_from_vec(x.as_vec(), (2, Const, Const, Const));
    assert_eq!(net.forward(batch).as_vec(), net.forward(x).as_vec());
    // Weights are drawn anew by a reset, within one over the root of eight.
    net.reset_params();
    assert_ne!(net.0.weight.as_vec(), weight);
    assert!(net.0.weight.as_vec().iter().all(|w| w.abs() <= 8.0_f64.sqrt().recip()));
    assert_eq!(net.num_trainable_params(), 24);
}

/// Whatever walks a module's tensors (saving, optimisers, changes of type) finds the kernels.
#[test]
fn the_kernels_are_the_module_s_tensors() {
    let (from, mut to) = (net(), net());
    let flat = crate::dfdx::destructure(&from).unwrap();
    assert_eq!(flat, from.0.weight.as_vec());
    crate::dfdx::restructure_into(&mut to, &flat).unwrap();
    assert_eq!(from.forward(images()).array(), to.forward(images()).array());
    let single = from.to_dtype::<f32>();
    let x: Tensor<Rank4<2, 2, 5, 6>, f32, Cpu> = images().to_dtype();
    let gap = (single.forward(x).to_dtype::<f64>() - from.forward(images())).abs();
    assert!(gap.as_vec().iter().all(|gap| *gap <= 1e-5));
    let error = crate::dfdx::restructure_into(&mut to, &flat[1..]).unwrap_err();
    assert_eq!(error.to_string(), "dfdx: 23 parameters for a module that has 24");
}

#[test]
fn batches_without_images_are_refused() {
    let none: Tensor<(usize, Const<2>, Const<5>, Const<6>), f64, _> =
        Cpu::default().zeros_like(&(0, Const, Const, Const));
    let none_behind: Tensor<(usize, Const<3>, Const<4>, Const<5>), f64, _> =
        Cpu::default().zeros_like(&(0, Const, Const, Const));
    let net = net();
    // Each reason is kept for its own failure alone.
    let errors: [crate::error::Error; 3] = [
        net.try_forward(none.clone()).unwrap_err().into(),
        net.0.try_forward(none).unwrap_err().into(),
        net.1.try_forward(none_behind).unwrap_err().into(),
    ];
    for error in errors {
        assert!(error.to_string().contains("there are no rows"), "{error}");
    }
}
