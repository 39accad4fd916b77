//! Helper functions that models call: scalars, integers and arrays in, a real out.

use super::Writer;
use super::expression::Binds;
use super::interval::Interval;
use super::scope::Kind;
use rand::rngs::StdRng;

/// What a helper takes.
#[derive(Debug, Clone)]
enum Parameter {
    Real(Interval),
    /// An integer from 1 to this.
    Count(i64),
    /// `&[f64; length]`, or `&[f64; N]` in a generic helper (`None`).
    Array(Option<usize>, Interval),
}

/// A `#[differentiable]` function.
#[derive(Debug, Clone)]
pub struct Helper {
    pub name: String,
    pub text: String,
    pub range: Interval,
    parameters: Vec<Parameter>,
}

impl Helper {
    /// Arguments for a call at this place, where there are fitting ones.
    pub(super) fn arguments(&self, writer: &mut Writer, depth: usize) -> Option<String> {
        let mut arguments = Vec::new();
        for parameter in &self.parameters {
            arguments.push(match parameter {
                Parameter::Real(range) => writer.real_in(*range, depth).text,
                Parameter::Count(most) => writer.between(1, *most as usize).to_string(),
                Parameter::Array(length, range) => {
                    let fitting: Vec<String> = writer
                        .scope
                        .visible()
                        .iter()
                        .filter(|v| writer.is_fixed(&v.name))
                        .filter(|v| match v.kind {
                            Kind::Array(n, r) => length.is_none_or(|wanted| wanted == n) && r.within(*range),
                            _ => false,
                        })
                        .map(|v| v.name.clone())
                        .collect();
                    if fitting.is_empty() {
                        return None;
                    }
                    // The argument `u` of a model is a reference in one twin and may be a value in the other.
                    match writer.pick(&fitting).as_str() {
                        "u" => "$REF_U".to_string(),
                        "p" => "$REF_P".to_string(),
                        name => format!("&{name}"),
                    }
                }
            });
        }
        Some(arguments.join(", "))
    }
}

/// A family of helpers as models use them.
pub fn helper(dice: &mut StdRng, name: &str, earlier: &[Helper]) -> Helper {
    let mut w = Writer::new(dice, earlier);
    let (signature, parameters, result) = match w.between(0, 4) {
        0 => saturation(&mut w),
        1 => series(&mut w),
        2 => norm(&mut w),
        3 => mean(&mut w),
        _ => free(&mut w),
    };
    let mut text = format!("#[differentiable]\nfn {name}{signature} -> f64 {{\n");
    for line in &w.lines {
        text += line;
        text.push('\n');
    }
    text += "}\n";
    Helper { name: name.to_string(), text, range: result, parameters }
}

type Parts = (String, Vec<Parameter>, Interval);

const WIDE: Interval = Interval::new(-4.0, 4.0);
const POSITIVE: Interval = Interval::new(0.3, 3.0);

/// `x^n / (k^n + x^n)`, the kind with an early return.
fn saturation(w: &mut Writer) -> Parts {
    w.block("if x < 0.0", |w| w.line("return 0.0;"));
    w.line("let powered = x.powi(n);");
    w.line("powered / (k.powi(n) + powered)");
    // Where the written function is called with n: i32, an integer literal fits either way.
    let parameters = vec![Parameter::Real(WIDE), Parameter::Real(POSITIVE), Parameter::Count(3)];
    ("(x: f64, k: f64, n: i32)".into(), parameters, Interval::new(0.0, 1.0))
}

/// A truncated series: a loop of run-time length that carries two values.
fn series(w: &mut Writer) -> Parts {
    let (c, text) = w.constant(0.2, 0.8);
    w.line("let mut term = x;");
    w.line("let mut total = 0.0;");
    w.block("for k in 0..n", |w| {
        w.line("total += term;");
        w.line(format!("term *= {text} * x / (k as f64 + 1.0);"));
    });
    w.line("total");
    let x: f64 = 2.0;
    let bound = (0..5).fold((x, 0.0), |(term, total), k| (term * c * x / f64::from(k + 1), total + term)).1;
    let parameters = vec![Parameter::Real(Interval::new(-x, x)), Parameter::Count(5)];
    ("(x: f64, n: usize)".into(), parameters, Interval::new(-bound, bound))
}

/// A norm of an array of fixed length.
fn norm(w: &mut Writer) -> Parts {
    let n = w.between(2, 4);
    w.line("let mut total = 0.1;");
    w.block(&format!("for i in 0..{n}"), |w| w.line("total += w[i] * w[i];"));
    w.line("total.sqrt()");
    let range = Interval::new(0.1_f64.sqrt(), (0.1 + 16.0 * n as f64).sqrt());
    (format!("(w: &[f64; {n}])"), vec![Parameter::Array(Some(n), WIDE)], range)
}

/// A weighted mean of an array of any length: a const generic.
fn mean(w: &mut Writer) -> Parts {
    w.line("let mut total = 0.0;");
    w.block("for (i, v) in w.iter().enumerate()", |w| w.line("total += (v + weight * (i as f64)).tanh();"));
    w.line("total / (N as f64)");
    let parameters = vec![Parameter::Array(None, WIDE), Parameter::Real(WIDE)];
    ("<const N: usize>(w: &[f64; N], weight: f64)".into(), parameters, Interval::new(-1.0, 1.0))
}

/// Straight code with a branch.
fn free(w: &mut Writer) -> Parts {
    w.declare("x", Kind::Real(WIDE), false);
    w.declare("y", Kind::Real(POSITIVE), false);
    for _ in 0..w.between(0, 2) {
        let name = w.fresh();
        let e = w.real(2);
        w.line(format!("let {name} = {};", e.text));
        w.declare(&name, Kind::Real(e.range), false);
    }
    if w.chance(0.5) {
        let condition = w.condition(1);
        let e = w.real_in(WIDE, 2);
        w.block(&format!("if {condition}"), |w| w.line(format!("return {};", e.text)));
    }
    let e = w.real_in(WIDE, 3);
    w.line(e.inside(Binds::Sum));
    ("(x: f64, y: f64)".into(), vec![Parameter::Real(WIDE), Parameter::Real(POSITIVE)], WIDE)
}
