//! Accuracy, on dense sweeps: single precision against the standard library in double, double precision against sums of
//! two doubles (Dekker, *Numer. Math.* 18, 1971) and values from 50 digits.

use super::*;

/// An unevaluated sum of two doubles: some 106 bits.
#[derive(Clone, Copy)]
struct Pair(f64, f64);

impl Pair {
    /// `a + b`, exactly (Knuth).
    fn sum(a: f64, b: f64) -> Self {
        let s = a + b;
        let c = s - a;
        Self(s, (a - (s - c)) + (b - c))
    }
    fn plus(self, other: Self) -> Self {
        let (high, low) = (Self::sum(self.0, other.0), Self::sum(self.1, other.1));
        let s = Self::sum(high.0, high.1 + low.0);
        Self::sum(s.0, s.1 + low.1)
    }
    fn times(self, other: Self) -> Self {
        let product = self.0 * other.0;
        let rest = self.0.mul_add(other.0, -product);
        Self::sum(product, rest + (self.0 * other.1 + self.1 * other.0))
    }
    fn over(self, other: Self) -> Self {
        let q = self.0 / other.0;
        let rest = self.plus(other.times(Self(-q, 0.0)));
        Self::sum(q, rest.0 / other.0)
    }
    fn scaled(self, power_of_two: f64) -> Self {
        Self(self.0 * power_of_two, self.1 * power_of_two)
    }
}

const ONE: Pair = Pair(1.0, 0.0);
/// ln 2.
const LN_2: Pair = Pair(std::f64::consts::LN_2, 2.3190468138462996e-17);

/// `e^x` by the series of `e^(r/256)`, squared eight times; for results that are normal numbers.
fn exp(x: Pair) -> Pair {
    let k = (x.0 / LN_2.0).round();
    let r = x.plus(LN_2.times(Pair(-k, 0.0))).scaled(1.0 / 256.0);
    let mut term = ONE;
    let mut sum = ONE;
    for n in 1..16 {
        term = term.times(r).over(Pair(f64::from(n), 0.0));
        sum = sum.plus(term);
    }
    for _ in 0..8 {
        sum = sum.times(sum);
    }
    let half = (k / 2.0).floor();
    sum.scaled(2.0_f64.powi(half as i32)).scaled(2.0_f64.powi((k - half) as i32))
}

fn tanh(x: f64) -> Pair {
    if x.abs() < 1e-5 {
        // The next term is 1e-21 of the first.
        let square = Pair(x, 0.0).times(Pair(x, 0.0)).scaled(-1.0).over(Pair(3.0, 0.0));
        let fourth = square.times(square).scaled(1.2);
        return Pair(x, 0.0).times(ONE.plus(square).plus(fourth));
    }
    let e = exp(Pair(-2.0 * x, 0.0));
    ONE.plus(e.scaled(-1.0)).over(ONE.plus(e))
}

fn sigmoid(x: f64) -> Pair {
    ONE.over(ONE.plus(exp(Pair(-x, 0.0))))
}

/// One step of Newton's method for `ln(1 + e)` from the double.
fn softplus(x: f64) -> Pair {
    let e = exp(Pair(-x.abs(), 0.0));
    let start = e.0.ln_1p();
    let log = if e.0 < 1e-8 {
        // e - e^2/2 + e^3/3
        let e2 = e.times(e);
        e.plus(e2.scaled(-0.5)).plus(e2.times(e).over(Pair(3.0, 0.0)))
    } else {
        let ratio = ONE.plus(e).times(exp(Pair(-start, 0.0)));
        Pair(start, 0.0).plus(ratio.plus(Pair(-1.0, 0.0)))
    };
    Pair(x.max(0.0), 0.0).plus(log)
}

/// The distance in units of the last place of the reference.
fn ulps(y: f64, reference: Pair) -> f64 {
    let unit = reference.0.abs().next_up() - reference.0.abs();
    ((y - reference.0) - reference.1).abs() / unit
}

/// Whole intervals in steps, and every scale down to the smallest numbers; both signs.
fn sweep(limit: f64) -> impl Iterator<Item = f64> {
    let steps = (1..40_000).map(move |i| limit * f64::from(i) / 40_000.0);
    let scales = (0..4_000).map(move |i| limit * (-0.02 * f64::from(i) * std::f64::consts::LN_10).exp());
    steps.chain(scales).flat_map(|x| [x, -x])
}

fn worst(limit: f64, lane: fn(f64) -> f64, reference: fn(f64) -> Pair) -> (f64, f64) {
    let mut worst = (0.0, 0.0);
    for x in sweep(limit) {
        let error = ulps(lane(x), reference(x));
        assert!(!error.is_nan(), "{x:e}");
        worst = if error > worst.0 { (error, x) } else { worst };
    }
    worst
}

#[test]
fn double_precision_is_as_accurate_as_said() {
    fn check<const FUSED: bool>() {
        for (name, bound, (error, x)) in [
            ("exp", 1.5, worst(708.0, double::exp::<FUSED>, |x| exp(Pair(x, 0.0)))),
            ("tanh", 3.0, worst(25.0, double::tanh::<FUSED>, tanh)),
            ("sigmoid", 3.0, worst(700.0, double::sigmoid::<FUSED>, sigmoid)),
            ("softplus", 3.0, worst(700.0, double::softplus::<FUSED>, softplus)),
        ] {
            assert!(error <= bound, "{name}({x:e}): {error} units");
        }
    }
    check::<false>();
    check::<true>();
}

#[test]
fn single_precision_is_as_accurate_as_said() {
    fn check<const FUSED: bool>() {
        type Case = (&'static str, f64, f64, fn(f32) -> f32, fn(f64) -> f64);
        let cases: [Case; 5] = [
            ("exp", 1.5, 87.0, single::exp::<FUSED>, f64::exp),
            ("tanh", 3.0, 12.0, single::tanh::<FUSED>, f64::tanh),
            ("sigmoid", 3.0, 86.0, single::sigmoid::<FUSED>, |x| 1.0 / (1.0 + (-x).exp())),
            ("softplus", 3.0, 86.0, single::softplus::<FUSED>, |x| x.max(0.0) + (-x.abs()).exp().ln_1p()),
            ("erfc", 6.0, 9.1, single::erfc::<FUSED>, double::erfc::<FUSED>),
        ];
        for (name, bound, limit, lane, reference) in cases {
            let mut worst = (0.0, 0.0);
            for x in sweep(limit) {
                let x = x as f32;
                let (y, exact) = (f64::from(lane(x)), reference(f64::from(x)));
                let near = (exact.abs() as f32).max(f32::MIN_POSITIVE);
                let error = (y - exact).abs() / f64::from(near.next_up() - near);
                worst = if error > worst.0 { (error, x) } else { worst };
            }
            assert!(worst.0 <= bound, "{name}({:e}): {} units", worst.1, worst.0);
        }
    }
    check::<false>();
    check::<true>();
}

/// From 50 digits.
#[test]
fn the_complementary_error_function_is_as_accurate_as_said() {
    fn check<const FUSED: bool>() {
        let table = [
            (-6.0, 2.0),
            (-2.5, 1.999593047982555),
            (-1.0, 1.8427007929497148),
            (-0.3, 1.3286267594591274),
            (-1e-09, 1.0000000011283792),
            (0.0, 1.0),
            (1e-09, 0.9999999988716208),
            (0.1, 0.887537083981715),
            (0.3, 0.6713732405408726),
            (0.5, 0.4795001221869535),
            (0.75, 0.28884436634648486),
            (1.0, 0.15729920705028513),
            (1.25, 0.07709987174354177),
            (1.6, 0.023651616655355985),
            (2.0, 0.004677734981047266),
            (2.5, 0.0004069520174449589),
            (3.1, 1.1648657367199589e-05),
            (3.9, 3.4792248597231765e-08),
            (4.7, 2.9952597863796555e-11),
            (5.5, 7.357847917974398e-15),
            (6.3, 5.124221687395715e-19),
            (7.7, 1.2942740067717136e-27),
            (9.2, 1.0627315595404888e-38),
            (11.1, 1.5665132986633386e-55),
            (13.3, 6.368006404723223e-79),
            (15.9, 5.690956171169625e-112),
            (18.5, 7.019961574985679e-151),
            (21.7, 8.120388770627523e-207),
            (24.4, 6.340281221916943e-261),
            (26.0, 5.663192408856143e-296),
        ];
        for (x, exact) in table {
            let error = ulps(double::erfc::<FUSED>(x), Pair(exact, 0.0));
            assert!(error <= 6.0, "erfc({x:e}): {error} units");
        }
    }
    check::<false>();
    check::<true>();
}

/// What the sweeps leave out: the ends, zeros with their signs, and what is not a number.
#[test]
fn the_ends_are_right() {
    fn check<const FUSED: bool>() {
        macro_rules! ends {
            ($float:ident $module:ident) => {{
                let (zero, infinity): ($float, $float) = (0.0, $float::INFINITY);
                assert_eq!(($module::exp::<FUSED>(zero), $module::exp::<FUSED>(-zero)), (1.0, 1.0));
                for huge in [infinity, $float::MAX, 1e4] {
                    assert_eq!(($module::exp::<FUSED>(huge), $module::exp::<FUSED>(-huge)), (infinity, 0.0));
                    assert_eq!(($module::tanh::<FUSED>(huge), $module::tanh::<FUSED>(-huge)), (1.0, -1.0));
                    assert_eq!(
                        ($module::sigmoid::<FUSED>(huge), $module::sigmoid::<FUSED>(-huge)),
                        (1.0, 0.0)
                    );
                    assert_eq!(
                        ($module::softplus::<FUSED>(huge), $module::softplus::<FUSED>(-huge)),
                        (huge, 0.0)
                    );
                    assert_eq!(($module::erfc::<FUSED>(huge), $module::erfc::<FUSED>(-huge)), (0.0, 2.0));
                }
                for tiny in [zero, $float::MIN_POSITIVE, $float::MIN_POSITIVE / 8.0, $float::EPSILON / 8.0] {
                    assert_eq!($module::tanh::<FUSED>(tiny).to_bits(), tiny.to_bits());
                    assert_eq!($module::tanh::<FUSED>(-tiny).to_bits(), (-tiny).to_bits());
                    assert_eq!(
                        (
                            $module::exp::<FUSED>(tiny),
                            $module::erfc::<FUSED>(tiny),
                            $module::sigmoid::<FUSED>(tiny)
                        ),
                        (1.0, 1.0, 0.5)
                    );
                }
                for f in [
                    $module::exp::<FUSED>,
                    $module::tanh::<FUSED>,
                    $module::sigmoid::<FUSED>,
                    $module::softplus::<FUSED>,
                    $module::erfc::<FUSED>,
                ] {
                    assert!(f($float::NAN).is_nan());
                }
                // Subnormal results, to one unit of theirs; the largest that is finite.
                let small = ($float::MIN_POSITIVE / 64.0).ln();
                assert!(($module::exp::<FUSED>(small) - small.exp()).abs() <= 2.0 * $float::from_bits(1));
                assert!($module::exp::<FUSED>($float::MAX.ln() * (1.0 - $float::EPSILON)).is_finite());
            }};
        }
        ends!(f32 single);
        ends!(f64 double);
    }
    check::<false>();
    check::<true>();
}
