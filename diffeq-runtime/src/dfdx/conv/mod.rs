//! Small images: convolution, pooling and flattening as dfdx modules on the CPU.
//!
//! dfdx's own need a nightly compiler, to compute the sizes of outputs in types. Here a layer is told its output's size,
//! and compilation fails where that is not what the input's size makes it.

use dfdx::nn::BuildModule;
use dfdx::nn::BuildOnDevice;
use dfdx::nn::Module;
use dfdx::nn::NonMutableModule;
use dfdx::nn::TensorCollection;
use dfdx::nn::ZeroSizedModule;
use dfdx::nn::tensor_collection::ModuleVisitor;
use dfdx::nn::tensor_collection::TensorOptions;
use dfdx::shapes::Const;
use dfdx::shapes::Dim;
use dfdx::shapes::Dtype;
use dfdx::shapes::HasShape;
use dfdx::shapes::Rank4;
use dfdx::tensor::Cpu;
use dfdx::tensor::CpuError;
use dfdx::tensor::NoneTape;
use dfdx::tensor::Storage;
use dfdx::tensor::Tape;
use dfdx::tensor::Tensor;
use dfdx::tensor::ZerosTensor;
use dfdx::tensor_ops::Device;
use dfdx::tensor_ops::ReshapeTo;
use rand::distributions::Distribution;
use rand::distributions::Uniform;

use super::failure::in_layer;
use super::failure::not_empty;
use super::tape::Join;
use super::tape::Operands;
use super::tape::Scalar;

/// Images `(batch, channels, height, width)`.
type Images<B, const C: usize, const H: usize, const W: usize> = (B, Const<C>, Const<H>, Const<W>);

/// A convolution of images of `IN` channels with `OUT` square kernels of side `K`, stride one, no padding, no bias.
///
/// `H` and `W` are the height and width of the *output*, `K - 1` less than the input's; other sizes do not compile. For
/// a bias, dfdx's `Bias2D` comes next. The builder; what it builds is [`Convolution`].
///
/// ```
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::{Conv, Flatten, MaxPool};
///
/// // 12 by 12 in grey -> 11 by 11 in 4 channels -> 5 by 5 -> one vector for each image.
/// type Features = ((Conv<1, 4, 2, 11, 11>, Bias2D<4>, ReLU), MaxPool<5, 5>, Flatten<100>);
/// let device = Cpu::default();
/// let features = device.build_module::<Features, f32>();
/// let images: Tensor<(usize, Const<1>, Const<12>, Const<12>), f32, _> =
///     device.sample_normal_like(&(7, Const, Const, Const));
/// let vectors: Tensor<(usize, Const<100>), f32, _> = features.forward(images);
/// assert_eq!(vectors.shape().0, 7);
/// ```
///
/// A size that is not the output's is refused:
///
/// ```compile_fail
/// use dfdx::prelude::*;
/// use diffeq_runtime::dfdx::Conv;
///
/// let device = Cpu::default();
/// let convolution = device.build_module::<Conv<1, 4, 2, 12, 12>, f32>();
/// convolution.forward(device.zeros::<Rank4<7, 1, 12, 12>>());
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Conv<const IN: usize, const OUT: usize, const K: usize, const H: usize, const W: usize>;

/// The module that [`Conv`] builds.
#[derive(Debug, Clone)]
pub struct Convolution<
    const IN: usize,
    const OUT: usize,
    const K: usize,
    const H: usize,
    const W: usize,
    E: Dtype,
    D: Storage<E>,
> {
    /// The kernels: `weight[output channel][input channel][row][column]`.
    pub weight: Tensor<Rank4<OUT, IN, K, K>, E, D>,
}

impl<const IN: usize, const OUT: usize, const K: usize, const H: usize, const W: usize, E, D>
    BuildOnDevice<D, E> for Conv<IN, OUT, K, H, W>
where
    E: Dtype,
    D: Device<E>,
    Convolution<IN, OUT, K, H, W, E, D>: BuildModule<D, E>,
{
    type Built = Convolution<IN, OUT, K, H, W, E, D>;
}

impl<const IN: usize, const OUT: usize, const K: usize, const H: usize, const W: usize, E, D>
    TensorCollection<E, D> for Convolution<IN, OUT, K, H, W, E, D>
where
    E: Scalar,
    D: Device<E>,
{
    type To<E2: Dtype, D2: Device<E2>> = Convolution<IN, OUT, K, H, W, E2, D2>;

    fn iter_tensors<V: ModuleVisitor<Self, E, D>>(
        visitor: &mut V,
    ) -> Result<Option<Self::To<V::E2, V::D2>>, V::Err> {
        // As dfdx's and PyTorch's: uniform within one over the root of what a sum has terms.
        let reset = TensorOptions::reset_with(|weight: &mut Tensor<Rank4<OUT, IN, K, K>, E, D>| {
            let bound = ((IN * K * K) as f64).sqrt().recip();
            weight.try_fill_with_distr(Uniform::new(-bound, bound).map(E::lit))
        });
        visitor.visit_fields(Self::tensor("weight", |s| &s.weight, |s| &mut s.weight, reset), |weight| {
            Convolution { weight }
        })
    }
}

impl<
    const IN: usize,
    const OUT: usize,
    const K: usize,
    const H: usize,
    const W: usize,
    E: Dtype,
    D: Storage<E>,
> NonMutableModule for Convolution<IN, OUT, K, H, W, E, D>
{
}

impl<const IN: usize, const OUT: usize, const K: usize, const H: usize, const W: usize, E: Scalar>
    Convolution<IN, OUT, K, H, W, E, Cpu>
{
    /// Where the kernels' entries meet the rows of one image: `visit(w, x, y)` for each entry number `w` and each row
    /// of the output, `x` and `y` being where the rows of input and output begin.
    #[inline]
    fn rows(width: usize, mut visit: impl FnMut(usize, usize, usize)) {
        let height = H + K - 1;
        for out in 0..OUT {
            for channel in 0..IN {
                for (i, j) in (0..K).flat_map(|i| (0..K).map(move |j| (i, j))) {
                    let entry = ((out * IN + channel) * K + i) * K + j;
                    for row in 0..H {
                        visit(entry, (channel * height + row + i) * width + j, (out * H + row) * W);
                    }
                }
            }
        }
    }
}

impl<
    const IN: usize,
    const OUT: usize,
    const K: usize,
    const H: usize,
    const W: usize,
    const HX: usize,
    const WX: usize,
    B: Dim,
    E: Scalar,
    T: Tape<E, Cpu> + Join<NoneTape, Joined = T>,
> Module<Tensor<Images<B, IN, HX, WX>, E, Cpu, T>> for Convolution<IN, OUT, K, H, W, E, Cpu>
where
    NoneTape: Join<T, Joined = T>,
{
    type Output = Tensor<Images<B, OUT, H, W>, E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(
        &self,
        images: Tensor<Images<B, IN, HX, WX>, E, Cpu, T>,
    ) -> Result<Self::Output, CpuError> {
        const {
            assert!(K > 0 && H + K == HX + 1, "the output of a convolution is K - 1 lower than its input");
            assert!(K > 0 && W + K == WX + 1, "the output of a convolution is K - 1 narrower than its input");
        }
        in_layer(|| not_empty("Convolution", images.shape()))?;
        let batch = images.shape().0;
        // The weight is recorded with the tape of the images, whose gradient buffers are for every tensor.
        let operands = Operands::new(images, self.weight.clone())?;
        let (x, weight) = (operands.a.as_vec(), operands.b.as_vec());
        let mut y = vec![E::ZERO; batch.size() * OUT * H * W];
        for (x, y) in x.chunks(IN * HX * WX).zip(y.chunks_mut(OUT * H * W)) {
            Self::rows(WX, |entry, from, to| {
                let w = weight[entry];
                y[to..to + W].iter_mut().zip(&x[from..from + W]).for_each(|(y, x)| *y += w * *x);
            });
        }
        operands.record(y, (batch, Const, Const, Const), move |y_bar| {
            let (mut x_bar, mut weight_bar) = (vec![E::ZERO; x.len()], vec![E::ZERO; weight.len()]);
            let inputs = x.chunks(IN * HX * WX).zip(x_bar.chunks_mut(IN * HX * WX));
            for ((x, x_bar), y_bar) in inputs.zip(y_bar.chunks(OUT * H * W)) {
                Self::rows(WX, |entry, from, to| {
                    let (w, y_bar) = (weight[entry], &y_bar[to..to + W]);
                    let mut w_bar = E::ZERO;
                    for ((x, x_bar), y_bar) in
                        x[from..from + W].iter().zip(&mut x_bar[from..from + W]).zip(y_bar)
                    {
                        *x_bar += w * *y_bar;
                        w_bar += *x * *y_bar;
                    }
                    weight_bar[entry] += w_bar;
                });
            }
            Ok((x_bar, weight_bar))
        })
    }
}

/// The largest of each 2 by 2 pixels; a last odd row or column is left out.
///
/// `H` and `W` are the height and width of the *output*, half of the input's. The derivative at equal pixels is that of
/// the first.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct MaxPool<const H: usize, const W: usize>;

impl<const H: usize, const W: usize> ZeroSizedModule for MaxPool<H, W> {}
impl<const H: usize, const W: usize> NonMutableModule for MaxPool<H, W> {}

impl<const C: usize, const H: usize, const W: usize, const HX: usize, const WX: usize, B, E, T>
    Module<Tensor<Images<B, C, HX, WX>, E, Cpu, T>> for MaxPool<H, W>
where
    B: Dim,
    E: Scalar,
    T: Tape<E, Cpu> + Join<NoneTape, Joined = T>,
{
    type Output = Tensor<Images<B, C, H, W>, E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(&self, images: Tensor<Images<B, C, HX, WX>, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        const {
            assert!(H == HX / 2, "the output of 2 by 2 pooling is half as high as its input");
            assert!(W == WX / 2, "the output of 2 by 2 pooling is half as wide as its input");
        }
        in_layer(|| not_empty("MaxPool", images.shape()))?;
        let batch = images.shape().0;
        let operands = Operands::new(images, Cpu::default().try_zeros::<()>()?)?;
        let x = operands.a.as_vec();
        let mut largest = Vec::with_capacity(batch.size() * C * H * W);
        for plane in 0..batch.size() * C {
            for (row, column) in (0..H).flat_map(|row| (0..W).map(move |column| (row, column))) {
                let corner = (plane * HX + 2 * row) * WX + 2 * column;
                // What is no number stays, so that it is seen after the layer.
                largest.push([corner + 1, corner + WX, corner + WX + 1].into_iter().fold(
                    corner,
                    |best, at| {
                        if x[at] > x[best] || x[at].is_nan() { at } else { best }
                    },
                ));
            }
        }
        let y = largest.iter().map(|at| x[*at]).collect();
        operands.record(y, (batch, Const, Const, Const), move |y_bar| {
            let mut x_bar = vec![E::ZERO; x.len()];
            largest.iter().zip(y_bar).for_each(|(at, y_bar)| x_bar[*at] += *y_bar);
            Ok((x_bar, vec![E::ZERO]))
        })
    }
}

/// Images as vectors of `N = channels * height * width` numbers, one for each image.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Flatten<const N: usize>;

impl<const N: usize> ZeroSizedModule for Flatten<N> {}
impl<const N: usize> NonMutableModule for Flatten<N> {}

impl<const N: usize, const C: usize, const H: usize, const W: usize, B: Dim, E: Scalar, T: Tape<E, Cpu>>
    Module<Tensor<Images<B, C, H, W>, E, Cpu, T>> for Flatten<N>
{
    type Output = Tensor<(B, Const<N>), E, Cpu, T>;
    type Error = CpuError;

    fn try_forward(&self, images: Tensor<Images<B, C, H, W>, E, Cpu, T>) -> Result<Self::Output, CpuError> {
        const {
            assert!(N == C * H * W, "a flat image has channels times height times width numbers");
        }
        let batch = images.shape().0;
        images.try_reshape_like(&(batch, Const))
    }
}

#[cfg(test)]
mod tests;
