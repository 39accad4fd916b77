//! Brownian paths: one path whoever asks, of the right law.

use diffeq_runtime::error::Error;
use diffeq_runtime::noise::*;

fn increment(path: &impl Path, processes: usize, asks: Asks, (from, to): (f64, f64)) -> Increment {
    let mut out = Increment::new(processes, asks);
    path.increment(&mut path.cursor(processes), from, to, &mut out).unwrap();
    out
}

/// What two pieces one after the other are together, by Chen's relation.
fn chen(first: &Increment, a: f64, second: &Increment, b: f64) -> Increment {
    let n = first.w.len();
    let w: Vec<f64> = (0..n).map(|j| first.w[j] + second.w[j]).collect();
    let h = (0..n)
        .map(|j| (a * first.h[j] + b * second.h[j] + 0.5 * (b * first.w[j] - a * second.w[j])) / (a + b));
    let areas = (0..n * n).map(|at| {
        let (j, k) = (at / n, at % n);
        first.areas[at] + second.areas[at] + 0.5 * (first.w[j] * second.w[k] - first.w[k] * second.w[j])
    });
    Increment { h: h.collect(), areas: areas.collect(), w }
}

fn assert_close(a: &Increment, b: &Increment, tolerance: f64) {
    let all = |x: &Increment| [x.w.clone(), x.h.clone(), x.areas.clone()].concat();
    for (x, y) in all(a).iter().zip(all(b)) {
        assert!((x - y).abs() <= tolerance, "{a:?} and {b:?}");
    }
}

/// Two parts make the whole, at any time, in either direction, whatever was asked before.
#[test]
fn parts_make_the_whole() {
    for (path, is_dyadic) in [
        (Brownian::new(7, (-1.0, 3.0)).areas(1e-2), true),
        (Brownian::new(7, (-1.0, 3.0)).cells(0.07).areas(1e-2), false),
        (Brownian::new(7, (3.0, -1.0)).areas(1e-2).trajectory(5), true),
    ] {
        let mut cursor = path.cursor(3);
        let mut ask = |from: f64, to: f64| {
            let mut out = Increment::new(3, Asks::Areas);
            path.increment(&mut cursor, from, to, &mut out).unwrap();
            out
        };
        let times = [-1.0, -0.9, 0.0, 1.0 / 3.0, 0.5, 1.5, 1.500001, 2.999, 3.0];
        for i in 0..times.len() {
            for j in i + 1..times.len() {
                for k in j + 1..times.len() {
                    let (r, s, t) = (times[i], times[j], times[k]);
                    let both = chen(&ask(r, s), s - r, &ask(s, t), t - s);
                    // Below the resolution of areas they are drawn, and not added up.
                    let fine = is_dyadic && [r, s, t].iter().all(|t| (t * 64.0) % 1.0 == 0.0);
                    let (mut both, mut whole) = (both, ask(r, t));
                    if !fine {
                        both.areas.clear();
                        whole.areas.clear();
                    }
                    assert_close(&both, &whole, 1e-12);
                    let back = ask(t, r);
                    assert!(back.w.iter().zip(&ask(r, t).w).all(|(a, b)| *a == -b) && back.h == ask(r, t).h);
                }
            }
        }
    }
}

/// The same numbers with a memory that has seen other things, or none.
#[test]
fn a_path_does_not_depend_on_what_was_asked() {
    for path in [Brownian::new(11, (0.0, 1.0)), Brownian::new(11, (0.0, 1.0)).cells(1e-4)] {
        for asks in [Asks::Values, Asks::SpaceTime] {
            let mut cursor = path.cursor(3);
            let mut out = Increment::new(3, asks);
            let mut t = 0.0;
            for n in 0..1000_u32 {
                // Steps of all sizes, some of them taken again, some of them backwards; and cells one after the other.
                let h = if n % 100 < 50 { 1e-4 } else { 1e-6 * f64::from(1 + n * 7919 % 900) };
                for (from, to) in [(t, t + h), (t, t + 0.3 * h), (t + 0.3 * h, t), (t, t + h)] {
                    path.increment(&mut cursor, from, to, &mut out).unwrap();
                    assert_eq!(out, increment(&path, 3, asks, (from, to)));
                }
                t = if n % 100 < 50 { ((t + h) * 1e4).round() * 1e-4 } else { t + 0.3 * h };
            }
        }
    }
}

/// Moments of many increments: exact for normal numbers, known up to four of their own deviations.
#[test]
fn increments_and_areas_have_their_laws() {
    const N: usize = 10_000;
    // A piece that is no cell of the tree, and a cell.
    for (a, b) in [(0.2, 0.7), (0.25, 0.5)] {
        let h = b - a;
        let (mut moments, mut conditional) = ([0.0; 8], [0.0; 3]);
        for trajectory in 0..N as u32 {
            let path = Brownian::new(1, (0.0, 1.0)).trajectory(trajectory).areas(1.0 / 16.0);
            let Increment { w, h: space, areas } = increment(&path, 2, Asks::Areas, (a, b));
            let area = areas[1];
            assert_eq!(areas[2], -area);
            let scaled = [
                w[0] / h.sqrt(),
                w[0] * w[0] / h,
                f64::powi(w[0], 4) / (h * h),
                space[0] * space[0] * 12.0 / h,
                w[0] * space[0] / h,
                w[0] * w[1] / h,
                area * area * 4.0 / (h * h),
                area * w[0] / h.powf(1.5),
            ];
            for (moment, x) in moments.iter_mut().zip(scaled) {
                *moment += x / N as f64;
            }
            // What is left of the area, given increments and space-time areas.
            let b = area - (space[0] * w[1] - w[0] * space[1]);
            let squares = (space[0] * space[0] + space[1] * space[1]) / h;
            conditional[0] += b * b / (h * h) / N as f64;
            conditional[1] += b * b / (h * h) * squares / N as f64;
            conditional[2] += b * w[0] * w[1] / (h * h) / N as f64;
        }
        let root = (N as f64).sqrt();
        println!("moments {moments:?}, given areas {conditional:?}");
        // Their deviations, over the root of the number of samples: of the area's square it is 2 (its kurtosis is 5).
        let expected = [0.0, 1.0, 3.0, 1.0, 0.0, 0.0, 1.0, 0.0];
        let deviations = [1.0, 1.5, 10.0, 1.5, 0.3, 1.0, 2.3, 0.6];
        for (i, ((moment, expected), deviation)) in moments.iter().zip(expected).zip(deviations).enumerate() {
            assert!(
                (moment - expected).abs() < 4.0 * deviation / root,
                "moment {i} is {moment} over ({a}, {b})"
            );
        }
        // Var b = 1/12; with Foster's conditional variance E[b² (H₁² + H₂²)] = 1/20 · 1/6 + 1/5 · (4 + ... )/144.
        assert!((conditional[0] - 1.0 / 12.0).abs() < 4.0 * 0.2 / root, "{conditional:?}");
        // E[(H1² + H2²)²] = 2 · 3/144 + 2/144 = 8/144.
        let expected = 1.0 / 20.0 / 6.0 + 1.0 / 5.0 * 8.0 / 144.0;
        assert!((conditional[1] - expected).abs() < 4.0 * 0.08 / root, "{conditional:?} and not {expected}");
        assert!(conditional[2].abs() < 4.0 * 0.3 / root, "{conditional:?}");
    }
}

/// The law of an area that is drawn for the piece at once: given the space-time areas, normal with Foster's variance.
#[test]
fn an_area_that_is_drawn_at_once_has_its_variance() {
    const N: usize = 10_000;
    let mut square = 0.0;
    for trajectory in 0..N as u32 {
        let path = Brownian::new(2, (0.0, 2.0)).trajectory(trajectory);
        let area = increment(&path, 2, Asks::Areas, (0.0, 2.0)).areas[1];
        square += area * area / N as f64;
    }
    // h²/4 for h = 2.
    assert!((square - 1.0).abs() < 4.0 * 2.3 / (N as f64).sqrt(), "{square}");
}

#[test]
fn trajectories_and_seeds_are_other_paths() {
    let mut seen: Vec<u64> = Vec::new();
    for seed in 0..30 {
        for trajectory in 0..30 {
            let path = Brownian::new(seed, (0.0, 1.0)).trajectory(trajectory);
            seen.extend(increment(&path, 3, Asks::Values, (0.0, 1.0)).w.iter().map(|w| w.to_bits()));
        }
    }
    let count = seen.len();
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), count);
}

#[test]
fn what_a_path_does_not_know_it_says() {
    let path = Brownian::new(1, (0.0, 1.0));
    let outside = path.check(1, (0.0, 1.5), Asks::Values).unwrap_err();
    assert!(matches!(outside, Error::Time { t: 1.5, .. }), "{outside}");
    for bad in [
        Brownian::new(1, (0.0, f64::NAN)),
        Brownian::new(1, (1.0, 1.0)),
        path.cells(0.0),
        path.cells(f64::NAN),
        path.cells(-1.0),
        path.areas(f64::INFINITY),
    ] {
        let error = bad.check(1, (0.0, 1.0), Asks::Values).unwrap_err();
        assert!(matches!(error, Error::Option { .. }), "{error}");
    }
    let mut out = Increment::new(1, Asks::Values);
    assert_eq!(path.increment(&mut path.cursor(1), 0.5, 0.5 + 1e-17, &mut out), Err(Unresolved));
    assert_eq!(path.increment(&mut path.cursor(1), 0.5, f64::NAN, &mut out), Err(Unresolved));
    assert_eq!(path.increment(&mut path.cursor(1), 0.5, 1.1, &mut out), Err(Unresolved));
    // Data.
    let data = Recorded::new(vec![0.0, 0.5, 1.0], &[[0.0], [0.2], [0.1]]).unwrap();
    assert!(data.check(1, (0.0, 1.0), Asks::SpaceTime).is_err());
    assert!(data.clone().bridged(1).check(1, (0.0, 1.0), Asks::Areas).is_ok());
    assert!(matches!(data.check(2, (0.0, 1.0), Asks::Values), Err(Error::Shape { .. })));
    assert!(matches!(data.check(1, (-0.1, 1.0), Asks::Values), Err(Error::Time { .. })));
    for (times, rows) in [
        (vec![0.0], vec![vec![0.0]]),
        (vec![0.0, 0.0], vec![vec![0.0], vec![0.0]]),
        (vec![0.0, f64::NAN], vec![vec![0.0], vec![0.0]]),
        (vec![0.0, 1.0], vec![vec![0.0], vec![f64::NAN]]),
        (vec![0.0, 1.0], vec![vec![0.0]]),
        (vec![0.0, 1.0], vec![vec![0.0], vec![0.0, 1.0]]),
    ] {
        assert!(Recorded::new(times, &rows).is_err());
    }
    // Correlations.
    for bad in [
        vec![vec![1.0, 1.1], vec![1.1, 1.0]],
        vec![vec![1.0, 0.5], vec![0.4, 1.0]],
        vec![vec![1.0, f64::NAN], vec![f64::NAN, 1.0]],
        vec![vec![1.0, 0.0]],
        vec![vec![-1.0]],
        vec![vec![0.0, 0.5], vec![0.5, 1.0]],
        vec![vec![1.0, 0.9, -0.9], vec![0.9, 1.0, 0.9], vec![-0.9, 0.9, 1.0]],
    ] {
        let error = Correlated::new(path, &bad).unwrap_err();
        assert!(
            matches!(error, Error::Option { option: "correlations", .. } | Error::Shape { .. }),
            "{error}"
        );
    }
    // On the edge: two processes that are one.
    let one = Correlated::new(path, &[[1.0, 1.0], [1.0, 1.0]]).unwrap();
    let w = increment(&one, 2, Asks::Values, (0.0, 1.0)).w;
    assert!((w[0] - w[1]).abs() < 1e-15, "{w:?}");
}

/// Data replayed with bridges: through the data, and of the law of a bridge between.
#[test]
fn bridges_go_through_the_data() {
    const N: usize = 20_000;
    let data = Recorded::new(vec![0.0, 1.0, 1.5], &[[0.0], [0.7], [0.2]]).unwrap();
    let (mut mean, mut square) = (0.0, 0.0);
    for seed in 0..N as u64 {
        let path = data.clone().bridged(seed);
        let rows = path.values(1, &[0.0, 0.3, 1.0, 1.5]).unwrap();
        assert!((rows[2][0] - 0.7).abs() < 1e-14 && (rows[3][0] - 0.2).abs() < 1e-14, "{rows:?}");
        let off = rows[1][0] - 0.3 * 0.7;
        mean += off / N as f64;
        square += off * off / N as f64;
    }
    let variance: f64 = 0.3 * 0.7;
    let root = (N as f64).sqrt();
    assert!(mean.abs() < 4.0 * variance.sqrt() / root, "{mean}");
    assert!((square - variance).abs() < 4.0 * f64::sqrt(2.0) * variance / root, "{square}");
}
