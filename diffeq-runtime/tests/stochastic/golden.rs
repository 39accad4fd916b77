//! One and eight steps of each method on given increments, as the reference computes them.

use crate::models::*;
use diffeq_runtime::integrate::Grid;
use diffeq_runtime::noise::Brownian;
use diffeq_runtime::noise::Driven;
use diffeq_runtime::noise::Recorded;
use diffeq_runtime::noise::SdeProblem;
use diffeq_runtime::problem::*;
use diffeq_runtime::space::Tolerances;
use diffeq_runtime::stepper::*;

const H: f64 = 0.125;
const DW: [[f64; 8]; 2] =
    [[0.31, -0.45, 0.12, 0.5, -0.2, -0.05, 0.33, -0.61], [-0.1, 0.27, 0.4, -0.38, 0.02, 0.55, -0.29, 0.18]];
const DZ: [[f64; 8]; 2] =
    [[-0.22, 0.4, 0.35, -0.1, 0.07, -0.5, 0.26, 0.15], [0.6, -0.33, -0.08, 0.21, 0.44, -0.17, -0.02, 0.3]];

/// The path of the reference. Its `dZ` is `2 √3` times the space-time area.
pub fn path() -> Recorded {
    let mut values = vec![[0.0; 2]];
    for step in 0..8 {
        let before = values[step];
        values.push([before[0] + DW[0][step], before[1] + DW[1][step]]);
    }
    let areas: Vec<_> =
        (0..8).map(|step| [0, 1].map(|j: usize| DZ[j][step] / (2.0 * f64::sqrt(3.0)))).collect();
    let times = (0..=8).map(|step| step as f64 * H).collect();
    Recorded::new(times, &values).and_then(|path| path.space_time_areas(&areas)).unwrap()
}

/// The increments are differences of sums: off by some roundings of one half.
const ROUNDING: f64 = 4e-15;

fn assert_steps<M, X>(model: M, method: X, one: [f64; 2], eight: [f64; 2])
where
    M: Diffusion<f64> + System<f64, State = [f64; 2], Params = [f64; 0]>,
    X: Method<f64, Driven<M, Recorded>> + Fits<M::Interpretation, M::Class>,
{
    let problem = SdeProblem::new(model, [1.0, 0.5], (0.0, 1.0), []).path(path());
    let solution = problem.solver(method.clone()).fixed(H).save_at(Grid::points([H, 1.0])).solve().unwrap();
    for (row, expected) in [(0, one), (1, eight)] {
        for (found, expected) in solution.row(row).iter().zip(expected) {
            assert!(
                (found - expected).abs() <= ROUNDING,
                "{}: {:?} and not {expected:?} in row {row}",
                method.facts().name,
                solution.row(row)
            );
        }
    }
}

#[test]
fn steps_are_those_of_the_reference() {
    assert_steps(
        GoldenIto,
        EulerMaruyama,
        [0.983625, 0.5273966975243851],
        [0.7452081055726251, 0.953565550701322],
    );
    assert_steps(
        GoldenIto,
        Milstein,
        [0.9823245, 0.5312674640545014],
        [0.754506156956811, 0.9566820668900535],
    );
    assert_steps(
        GoldenStrat,
        Milstein,
        [0.9879495, 0.527060109130462],
        [0.7753610751220239, 0.9336110145120738],
    );
    assert_steps(
        GoldenStrat,
        EulerHeun,
        [0.989887, 0.5270709910817328],
        [0.7730659672740136, 0.9328246905267432],
    );
    assert_steps(
        GoldenStrat,
        StratonovichHeun,
        [0.9944962732290651, 0.5254699711939909],
        [0.8252954006310017, 0.9145229955102518],
    );
    assert_steps(
        GoldenIto,
        SRIW1,
        [0.9941900167027512, 0.5236826117066667],
        [0.8011992371497122, 0.9358694548127858],
    );
    assert_steps(
        GoldenIto,
        SRIW2,
        [0.9929582686368242, 0.52488824447579],
        [0.7996560322508501, 0.9355159872906798],
    );
    assert_steps(
        GoldenAdditive,
        SRA1,
        [1.0379831978109546, 0.4265222730399217],
        [0.6282863312758785, 0.6211906965360575],
    );
    assert_steps(
        GoldenAdditive,
        SRA3,
        [1.037781020191303, 0.4257824310527916],
        [0.6286069234077701, 0.6185598291894392],
    );
    assert_steps(GoldenAdditive, EulerMaruyama, [1.0305, 0.4175], [0.587536179910781, 0.5882354653552958]);
}

/// `2 u - z + ...` of the reversible Heun method; the reference has its second approximation as well.
#[test]
fn reversible_heun_is_that_of_the_reference() {
    let problem = SdeProblem::new(GoldenStrat, [1.0, 0.5], (0.0, 1.0), []).path(path());
    let end = *problem.solver(ReversibleHeun).fixed(H).solve().unwrap().end();
    for (found, expected) in end.iter().zip([0.8272102848094319_f64, 0.9153253356807705]) {
        assert!((found - expected).abs() <= ROUNDING, "{end:?}");
    }
    // The second approximation is what the method remembers.
    let u0 = [1.0, 0.5];
    let (again, z) = eight(Method::<f64, Driven<GoldenStrat, Recorded>>::stepper(&ReversibleHeun, &u0), u0);
    assert_eq!(again, end);
    assert_eq!(z.len(), 2);
    for (found, expected) in z.iter().zip([0.7426161251582483, 0.9558927965292849]) {
        assert!((found - expected).abs() <= ROUNDING, "{z:?}");
    }
}

/// The state after the eight steps, and what the method remembers then.
fn eight<S>(mut stepper: S, mut u: [f64; 2]) -> ([f64; 2], Vec<f64>)
where
    S: Stepper<f64, Driven<GoldenStrat, Recorded>>,
{
    let tolerances = Tolerances { relative: 1e-2.into(), absolute: 1e-2.into() };
    let (driven, mut next) = (Driven::new(GoldenStrat, path()), u);
    stepper.begin(&driven, &[], 0.0, &mut u, &tolerances).unwrap();
    for n in 0..8 {
        let at = At { f: &driven, p: &[], interval: Interval::new(f64::from(n) * H, H), u: &u };
        stepper.step(at, &tolerances, &mut next).unwrap();
        stepper.accept();
        u = next;
    }
    let mut memory = Snapshot::EMPTY;
    stepper.save(&mut memory);
    (u, memory.reals)
}

/// Without noise a stochastic method is the ordinary one of its drift, to the bit.
#[test]
fn no_noise_is_the_ordinary_method() {
    fn ordinary(method: impl Method<f64, QuietDrift>) -> Vec<f64> {
        let problem = OdeProblem::new(QuietDrift, [1.0, 0.5], (0.0, 1.0), [0.0]);
        problem.solver(method).fixed(0.1).solve().unwrap().values().to_vec()
    }
    fn driven<M, X>(model: M, method: X) -> Vec<f64>
    where
        M: Diffusion<f64> + System<f64, State = [f64; 2], Params = [f64; 1]>,
        X: Method<f64, Driven<M, Brownian>> + Fits<M::Interpretation, M::Class>,
    {
        let problem = SdeProblem::new(model, [1.0, 0.5], (0.0, 1.0), [0.0]).seed(3);
        problem.solver(method).fixed(0.1).solve().unwrap().values().to_vec()
    }
    let euler = ordinary(Euler);
    assert_eq!(driven(Quiet, EulerMaruyama), euler);
    assert_eq!(driven(Quiet, Milstein), euler);
    assert_eq!(driven(Quiet, RI6), ordinary(Heun));
    assert_eq!(driven(QuietStrat, EulerHeun), euler);
    assert_eq!(driven(QuietStrat, StratonovichHeun), ordinary(Heun));
}
