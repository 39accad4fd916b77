//! Work done with the widest vector registers that the machine has, and with its fused multiply-adds.
//!
//! Each piece of work is compiled once for each kind of registers, and chosen when it runs. Which operations are fused
//! is written in the code, never left to the compiler: results are the same bits on all machines that fuse (x86-64 of
//! the last ten years, ARM64), and on all that do not; of noise, which calls a function where it must, on all. What is compiled this way must be inlined as a whole, which
//! closures are not: hence a struct for each.

use pulp::Arch;
use pulp::Simd;
use pulp::WithSimd;

/// A piece of work: loops for vector registers.
pub(crate) trait Work {
    /// Does it, with fused operations where these are written, or without any.
    fn run<const FUSED: bool>(self);
}

/// Whether what is not the scalar kind of registers comes with fused operations.
pub(crate) const FUSES: bool =
    cfg!(any(target_arch = "x86_64", target_arch = "x86", target_arch = "aarch64"));

/// A piece of work, to be compiled for a kind of registers.
struct Compiled<W>(W);

impl<W: Work> WithSimd for Compiled<W> {
    type Output = ();
    #[inline(always)]
    fn with_simd<S: Simd>(self, _: S) {
        if const { FUSES && !S::IS_SCALAR } { self.0.run::<true>() } else { self.0.run::<false>() }
    }
}

/// The same for registers of 512 bits, which `pulp` has behind a feature that would compile all who use it once more.
#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512dq,avx512vl,fma")]
fn of_512_bits<W: Work>(work: W) {
    work.run::<true>();
}

/// Does work whose loops are over neighbouring numbers.
#[inline]
pub(crate) fn widest<W: Work>(work: W) {
    #[cfg(target_arch = "x86_64")]
    if is_x86_feature_detected!("avx512f")
        && is_x86_feature_detected!("avx512dq")
        && is_x86_feature_detected!("avx512vl")
        && is_x86_feature_detected!("fma")
    {
        // SAFETY: the machine has all that the function is compiled for.
        #[allow(unsafe_code)]
        return unsafe { of_512_bits(work) };
    }
    moderately_wide(work);
}

/// Does work in which the compiler may turn loops around: one over a few numbers inside one over many. In registers of 512 bits it then
/// takes a number from each of many places (gathers them), which takes longer than all that is done with them; in these it does not.
#[inline]
pub(crate) fn moderately_wide<W: Work>(work: W) {
    Arch::new().dispatch(Compiled(work));
}

/// Numbers by their index, one after the other: what `std::array::from_fn` does, which takes half as long again where nothing is optimised.
#[inline(always)]
pub(crate) fn each<X: Copy + Default, const K: usize>(mut f: impl FnMut(usize) -> X) -> [X; K] {
    let (mut all, mut i) = ([X::default(); K], 0);
    while i < K {
        all[i] = f(i);
        i += 1;
    }
    all
}
