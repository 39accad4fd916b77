//! Ranges, ticks and their labels.

use super::PlotError;

/// How values are laid out along an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Scale {
    #[default]
    Linear,
    Log,
}

/// A labelled place on an axis; 0 is its lower end, 1 its upper end.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Tick {
    pub(super) place: f64,
    pub(super) label: String,
}

/// An axis with its range settled.
#[derive(Debug, Clone, Copy)]
pub(super) struct Axis {
    scale: Scale,
    /// The ends, as logarithms (base 10) on a logarithmic axis.
    low: f64,
    high: f64,
}

impl Axis {
    /// The axis over `range`, or over the values with a `margin` (a fraction of their extent) on both sides.
    pub(super) fn new<'a>(
        name: &'static str,
        scale: Scale,
        range: Option<(f64, f64)>,
        margin: f64,
        values: impl Iterator<Item = &'a f64>,
    ) -> Result<Self, PlotError> {
        let inner = |value: f64| match scale {
            Scale::Linear => value,
            Scale::Log => value.log10(), // not finite for what is not positive
        };
        if let Some((low, high)) = range {
            let axis = Self { scale, low: inner(low), high: inner(high) };
            let fits = axis.low.is_finite() && axis.high.is_finite() && axis.low < axis.high;
            return if fits {
                Ok(axis)
            } else {
                Err(PlotError::Range { axis: name, low, high, log: scale == Scale::Log })
            };
        }
        let (mut low, mut high) = (f64::INFINITY, f64::NEG_INFINITY);
        for value in values.map(|&v| inner(v)).filter(|v| v.is_finite()) {
            low = low.min(value);
            high = high.max(value);
        }
        if low > high {
            (low, high) = (0.0, 1.0);
        }
        // A constant shows as a line in the middle, and rounding noise about it as that line.
        let smallest = 1e-9 * low.abs().max(high.abs());
        if high - low <= smallest {
            let around = match scale {
                Scale::Linear => (0.1 * low.abs()).max(if low == 0.0 { 1.0 } else { 0.0 }),
                Scale::Log => 1.0,
            };
            (low, high) = (low - around, high + around);
        } else {
            let pad = margin * (high - low);
            (low, high) = (low - pad, high + pad);
        }
        Ok(Self { scale, low, high })
    }

    /// The axis that shows what either shows; itself, if the other one has another scale.
    pub(super) fn union(self, other: Self) -> Self {
        if self.scale != other.scale {
            return self;
        }
        Self { scale: self.scale, low: self.low.min(other.low), high: self.high.max(other.high) }
    }

    /// How much the axis shows: in units of the data, in decades on a logarithmic axis.
    pub(super) fn extent(&self) -> f64 {
        self.high - self.low
    }

    /// Where a value lies: 0 at the lower end, 1 at the upper; not finite for what the axis can't show.
    pub(super) fn place(&self, value: f64) -> f64 {
        let inner = match self.scale {
            Scale::Linear => value,
            Scale::Log => value.log10(),
        };
        (inner - self.low) / (self.high - self.low)
    }

    /// At most about `count` ticks, at round numbers.
    pub(super) fn ticks(&self, count: usize) -> Vec<Tick> {
        let count = count.max(2) as f64;
        match self.scale {
            // Less than a decade is read like a linear axis, whose round numbers it can show.
            Scale::Log if self.high - self.low < 1.0 => {
                let (low, high) = (10f64.powf(self.low), 10f64.powf(self.high));
                self.linear_ticks(low, high, count)
            }
            Scale::Log => self.decades(count),
            Scale::Linear => self.linear_ticks(self.low, self.high, count),
        }
    }

    fn linear_ticks(&self, low: f64, high: f64, count: f64) -> Vec<Tick> {
        let step = round_step((high - low) / count);
        // Ends that are round numbers but for rounding keep their tick.
        let first = (low / step - 1e-6).ceil();
        let last = (high / step + 1e-6).floor();
        let largest = low.abs().max(high.abs());
        // Multiples of a step near or below the rounding of the ends coincide; of one that is zero or infinite there are
        // none.
        let mut values: Vec<f64> = (0..=(last - first).clamp(0.0, 4.0 * count) as usize)
            .map(|i| first + i as f64)
            .filter(|index| *index <= last)
            .map(|index| index * step)
            .filter(|value| value.is_finite())
            .collect();
        values.dedup();
        let tick =
            |value| Tick { place: self.place(value).clamp(0.0, 1.0), label: label(value, step, largest) };
        values.into_iter().map(tick).collect()
    }

    fn decades(&self, count: f64) -> Vec<Tick> {
        let stride = ((self.high - self.low) / count).ceil().max(1.0);
        let first = (self.low / stride - 1e-6).ceil() * stride;
        let mut ticks = Vec::new();
        let mut exponent = first;
        while exponent <= self.high + 1e-6 {
            let place = ((exponent - self.low) / (self.high - self.low)).clamp(0.0, 1.0);
            ticks.push(Tick { place, label: power_of_ten(exponent as i32) });
            exponent += stride;
        }
        ticks
    }
}

/// The smallest of 1, 2, 5, 10, ... times a power of ten that is not below `step`.
fn round_step(step: f64) -> f64 {
    let power = 10f64.powf(step.log10().floor());
    let factor = [1.0, 2.0, 5.0].into_iter().find(|f| step <= f * power * (1.0 + 1e-9)).unwrap_or(10.0);
    factor * power
}

/// A tick's value with the digits that tell it from its neighbours.
fn label(value: f64, step: f64, largest: f64) -> String {
    // The decimal exponent; round numbers keep theirs in spite of rounding.
    let exponent = |x: f64| (x.log10() + 1e-9).floor();
    // `0.0`, never `-0.0` or `1e-17`.
    let value = if value.abs() < 1e-9 * step { 0.0 } else { value };
    if largest >= 1e5 || step < 1e-4 {
        if value == 0.0 {
            return "0".into();
        }
        let decimals = (exponent(value.abs()) - exponent(step)).max(0.0) as usize;
        return format!("{value:.decimals$e}");
    }
    let decimals = (-exponent(step)).max(0.0) as usize;
    format!("{value:.decimals$}")
}

/// `1`, `10`, `10⁻³`.
fn power_of_ten(exponent: i32) -> String {
    match exponent {
        -1 => "0.1".into(),
        0 => "1".into(),
        1 => "10".into(),
        2 => "100".into(),
        _ => {
            const DIGITS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];
            let exponent = exponent.to_string();
            let superscript = exponent.chars().map(|c| c.to_digit(10).map_or('⁻', |d| DIGITS[d as usize]));
            "10".chars().chain(superscript).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(low: f64, high: f64, scale: Scale, count: usize) -> Vec<String> {
        let axis = Axis::new("x", scale, Some((low, high)), 0.0, [].iter()).unwrap();
        axis.ticks(count).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn ticks_are_round_numbers() {
        assert_eq!(labels(0.0, 10.0, Scale::Linear, 5), ["0", "2", "4", "6", "8", "10"]);
        assert_eq!(labels(0.0, 1.0, Scale::Linear, 5), ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]);
        assert_eq!(labels(-0.3, 0.3, Scale::Linear, 6), ["-0.3", "-0.2", "-0.1", "0.0", "0.1", "0.2", "0.3"]);
        assert_eq!(labels(0.0, 2e6, Scale::Linear, 4), ["0", "5e5", "1.0e6", "1.5e6", "2.0e6"]);
        assert_eq!(labels(0.0, 3e-6, Scale::Linear, 3), ["0", "1e-6", "2e-6", "3e-6"]);
    }

    /// Far from zero the next multiple of a step may be the same number.
    #[test]
    fn ticks_end_on_every_range() {
        for (low, high) in
            [(1e16, 1e16 + 2.0), (-1e300, 1e300), (-1e308, 1e308), (0.0, 5e-324), (1e308, 1.1e308)]
        {
            let labels = labels(low, high, Scale::Linear, 5);
            // At most one more than asked for, at either end.
            assert!(labels.len() <= 7, "({low}, {high}): {labels:?}");
        }
        assert!(!labels(1e16, 1e16 + 2.0, Scale::Linear, 5).is_empty());
    }

    #[test]
    fn logarithmic_ticks_are_powers_of_ten() {
        assert_eq!(labels(1e-3, 1e3, Scale::Log, 8), ["10⁻³", "10⁻²", "0.1", "1", "10", "100", "10³"]);
        assert_eq!(labels(1e-12, 1.0, Scale::Log, 4), ["10⁻¹²", "10⁻⁹", "10⁻⁶", "10⁻³", "1"]);
        assert_eq!(labels(1.0, 5.0, Scale::Log, 4), ["1", "2", "3", "4", "5"]);
    }

    #[test]
    fn places_run_from_zero_to_one() {
        let axis = Axis::new("x", Scale::Log, Some((1e-2, 1e2)), 0.0, [].iter()).unwrap();
        assert_eq!([axis.place(1e-2), axis.place(1.0), axis.place(1e2)], [0.0, 0.5, 1.0]);
        assert!(!axis.place(0.0).is_finite() && !axis.place(-1.0).is_finite());
    }

    #[test]
    fn a_margin_surrounds_the_data() {
        let axis = Axis::new("y", Scale::Linear, None, 0.1, [0.0, 10.0, f64::NAN].iter()).unwrap();
        assert_eq!((axis.low, axis.high), (-1.0, 11.0));
        let constant = Axis::new("y", Scale::Linear, None, 0.1, [5.0, 5.0].iter()).unwrap();
        assert_eq!(constant.place(5.0), 0.5);
    }
}
