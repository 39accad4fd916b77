//! Fits `du/dt = a u^b` and its initial value to a yearly series, by two kinds of gradients.
//!
//! The first is reverse mode through the solver's steps, the second a continuous adjoint, which solves an equation
//! backwards in time. Both lead Adam to the same fit. DiffEqFlux (2019) tests itself so on 59 years of a country's
//! output; the series here is of that kind, but made up: see the first line of `data/output.csv`.

use std::path::Path;

use dfdx::prelude::*;
use diffeq::Error;
use diffeq::dfdx::Loss;
use diffeq::dfdx::Trained;
use diffeq::dfdx::diffeq_adjoint;
use diffeq::prelude::*;

/// Growth by a power of what there is.
#[ode]
fn monomial(u: f64, p: [f64; 2], _t: f64) -> f64 {
    let [a, b] = p;
    a * u.powf(b)
}

/// The unknowns: the initial value, and `a` (a decade) and `b`.
type Unknowns = (Tensor<Rank0, f64, Cpu>, Tensor<Rank1<2>, f64, Cpu>);

/// Where the fit starts: growth by three per cent a year.
const START: (f64, [f64; 2]) = (1.0, [0.3, 0.8]);

fn main() -> Result<(), Error> {
    let data = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/data/output.csv");
    let (years, output) = read(&data)?;
    // Time in decades, so that all unknowns are of a size.
    let decades: Vec<f64> = years.iter().map(|year| (year - years[0]) / 10.0).collect();
    let problem = OdeProblem::new(monomial, START.0, (0.0, decades[decades.len() - 1]), START.1);
    let solver = problem.solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::points(decades.as_slice()));
    let seen = Cpu::default().tensor_from_vec(output.clone(), (output.len(),));

    let reverse = fit("reverse mode", |(u0, p), gradients| {
        let solved = diffeq_rd((u0.trace(gradients), p.leaky_trace()), &solver)?;
        Ok((solved.series - seen.clone()).square().sum())
    })?;
    let adjoint = fit("adjoint", |(u0, p), gradients| {
        let solved = diffeq_adjoint((u0.trace(gradients), p.leaky_trace()), &solver)?;
        Ok((solved.series - seen.clone()).square().sum())
    })?;

    let (u0, p) = (reverse.best.0.array(), reverse.best.1.array());
    let curve = |u0: f64, p: [f64; 2]| {
        problem.remake().u0(u0).p(p).solver(Tsit5).tolerances(1e-8, 1e-8).save_at(Grid::count(200)).solve()
    };
    let (before, after) = (curve(START.0, START.1)?, curve(u0, p)?);
    let calendar = |decades: &[f64]| decades.iter().map(|t| years[0] + 10.0 * t).collect::<Vec<_>>();
    let plot = Plot::new()
        .title("du/dt = a u^b")
        .labels("year", "output, 1960 = 1")
        .dashed("before", calendar(before.times()), before.values().to_vec())
        .line("fitted", calendar(after.times()), after.values().to_vec())
        .points("seen", years.clone(), output);
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/target/monomial_fit.svg");
    plot.clone().save(path)?;
    println!("{}", plot.to_text(72, 14)?);
    println!("wrote {path}");

    let [a, b] = p;
    // How far apart the two kinds of gradients lead.
    let gap = adjoint.best.1.array().iter().zip(p).map(|(q, p)| (q - p).abs()).fold(0.0, f64::max);
    println!(
        "monomial_fit: points={} loss_before={:.3} loss_rd={:.5} loss_adjoint={:.5} u0={u0:.4} a={a:.4} b={b:.4} \
         gap={gap:.1e}",
        years.len(),
        reverse.losses[0],
        reverse.best_loss,
        adjoint.best_loss,
    );
    Ok(())
}

/// A hundred steps of Adam, as in 2019.
fn fit(
    name: &str,
    loss: impl FnMut(&Unknowns, Gradients<f64, Cpu>) -> Result<Loss<f64, Cpu>, Error>,
) -> Result<Trained<Unknowns>, Error> {
    let device = Cpu::default();
    let mut unknowns = (device.tensor(START.0), device.tensor(START.1));
    Training::adam(0.01).iterations(100).progress(name).run(&mut unknowns, loss)
}

/// The two columns of a file of lines `year,output`, below lines of comment and the columns' names.
fn read(path: &Path) -> Result<(Vec<f64>, Vec<f64>), Error> {
    let refuse =
        |message: String| Error::Layer { layer: "data", message: format!("{}: {message}", path.display()) };
    let text = std::fs::read_to_string(path).map_err(|error| refuse(error.to_string()))?;
    let lines =
        text.lines().enumerate().filter(|(_, line)| !line.starts_with('#') && !line.trim().is_empty());
    let (mut years, mut output) = (Vec::new(), Vec::new());
    for (number, line) in lines.skip(1) {
        let numbers: Vec<f64> = line.split(',').filter_map(|field| field.trim().parse().ok()).collect();
        let [year, value] = numbers[..] else {
            return Err(refuse(format!("line {} is `{line}`; a year and a number are needed", number + 1)));
        };
        years.push(year);
        output.push(value);
    }
    match years.len() {
        0 | 1 => Err(refuse("there are fewer than two lines of data".into())),
        _ => Ok((years, output)),
    }
}
