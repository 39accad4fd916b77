//! Iterators, pulled as Rust pulls them.

use crate::harness;

meanings! {
    filters: |u, p, t| {
        let a: f64 = u.iter().filter(|x| **x > 0.0).map(|x| x * x).sum();
        let b = (0..4).filter(|&j| j != 2).map(|j| u[j] * p[0]).fold(0.0, |s, x| s + x);
        let c = u.iter().enumerate().filter(|(i, _)| i % 2 == 1).map(|(i, x)| x * i as f64).sum::<f64>();
        let n = u.iter().filter(|x| x.abs() < 1.5).count();
        [a, b, c, n as f64 * u[0]]
    }

    filter_with_an_effect: |u, p, t| {
        let mut seen = 0;
        let mut sum = 0.0;
        for x in u.iter().filter(|x| { seen += 1; **x < 1.0 }).take(2) {
            sum += x * p[0];
        }
        let mut k = 0.0;
        let total: f64 = u.iter().map(|x| { k += 1.0; x * k }).sum();
        [sum, seen as f64 * u[1], total, k]
    }

    filter_map_and_find_map: |u, p, t| {
        let a: f64 = u.iter().filter_map(|x| if *x > 0.0 { Some(x.sqrt()) } else { None }).sum();
        let b = u.iter().find_map(|x| if x.abs() > 1.2 { Some(x * 2.0) } else { None }).unwrap_or(p[1]);
        [a, b, a * b, u[0]]
    }

    chains_and_nests: |u, p, t| {
        let a: f64 = u.iter().chain(p.iter()).map(|x| x * x).sum();
        let mut b = 0.0;
        for (i, x) in u.iter().chain(p.iter()).enumerate() {
            if i == 5 { break; }
            b = b * 0.5 + x * i as f64;
        }
        let c: f64 = (0..3).flat_map(|i| (i..4).map(move |j| (i, j))).map(|(i, j)| u[i] * u[j]).sum();
        let m = [[u[0], u[1]], [u[2], p[0]]];
        let d = m.iter().flatten().fold(1.0, |q, x| q * (1.0 + 0.1 * x));
        [a, b, c, d]
    }

    takes_and_skips_while: |u, p, t| {
        let a: f64 = u.iter().take_while(|x| **x < 1.0).sum();
        let b: f64 = u.iter().skip_while(|x| **x < 0.5).map(|x| x * p[0]).sum();
        let mut asked = 0.0;
        let c = u.iter().take_while(|x| { asked += 1.0; x.abs() < 1.5 }).count();
        [a, b, c as f64 * u[0], asked * u[1]]
    }

    searches: |u, p, t| {
        let k = u.iter().position(|x| *x > 0.4).unwrap_or(3);
        let x = u.iter().find(|x| **x < p[1]).copied().unwrap_or(9.0);
        let first = u.first().copied().unwrap_or(0.0);
        let last = u.last().unwrap();
        let nth = u.iter().map(|x| x * 2.0).nth(1).unwrap();
        let far = u.iter().nth(7).is_none();
        [u[k] * k as f64, x * x, first * last, if far { nth } else { 0.0 }]
    }

    stops_where_rust_stops: |u, p, t| {
        let mut n = 0.0;
        let any = u.iter().any(|x| { n += 1.0; *x > 0.3 });
        let mut m = 0.0;
        let all = u.iter().all(|x| { m += 1.0; *x > -1.0 });
        let mut q = 0.0;
        let at = u.iter().position(|x| { q += 1.0; *x > 0.9 });
        let below = (0..4).any(|i| i == 3 || u[i + 1] < u[i]);
        [n * u[0], if any && !all { m } else { u[1] * m }, q * u[2], if below || at.is_some() { u[3] } else { p[0] }]
    }

    largest_and_smallest: |u, p, t| {
        let a = u.iter().copied().max_by(|a, b| a.total_cmp(b)).unwrap();
        let b = u.iter().cloned().min_by(f64::total_cmp).unwrap();
        let (k, c) = u.iter().enumerate().max_by(|a, b| a.1.partial_cmp(b.1).unwrap()).unwrap();
        let d = (0..4).map(|i| (i * 7 + 3) % 5).max().unwrap();
        let e = u.iter().copied().reduce(|a, b| a * 0.5 + b).unwrap();
        let f = u.iter().copied().filter(|x| *x > 0.0).last().unwrap_or(p[0]);
        [a - b, c * k as f64, d as f64 * e, f]
    }

    folds_over_tuples_and_arrays: |u, p, t| {
        let (s, q) = u.iter().fold((0.0, 1.0), |(s, q), x| (s + x, q * x));
        let a = u.iter().fold([0.0, p[0]], |a, x| [a[1], a[0] + x * a[1] * 0.1]);
        let (lo, hi) = u.iter().fold((f64::INFINITY, f64::NEG_INFINITY), |(lo, hi), x| (lo.min(*x), hi.max(*x)));
        let (n, w) = u.iter().fold((0, 0.0), |(n, w), x| (n + 1, w * 0.5 + x * n as f64));
        [s * q, a[0] * a[1], hi - lo, w * n as f64]
    }

    one_by_one: |u, p, t| {
        let mut it = u.iter();
        let a: f64 = it.by_ref().take(2).sum();
        let b: f64 = it.map(|x| x * 10.0).sum();
        let mut other = u.iter();
        let first = other.next().unwrap();
        let mut rest = 0.0;
        for x in other { rest = rest * 2.0 + x * first; }
        let mut third = u.iter().enumerate();
        let mut c = 0.0;
        while let Some((i, x)) = third.next() {
            if *x > 1.0 { continue; }
            c += x * (i + 1) as f64;
            third.next();
        }
        [a, b, rest, c]
    }

    cursor_over_elements: |u, p, t| {
        let mut it = u.iter().map(|x| x * p[0]);
        let mut s = 0.0;
        while let Some(x) = it.next() {
            s += x;
            if s > 2.0 { break; }
        }
        [s, it.next().unwrap_or(0.5), it.count() as f64, u[0]]
    }

    zips: |u, p, t| {
        let a: f64 = u.iter().zip(p.iter()).zip(1..).map(|((x, y), k)| x * y * k as f64).sum();
        let b: f64 = u.iter().filter(|x| **x > -0.5).zip(p).map(|(x, y)| x * y).sum();
        let c: f64 = (0..).zip(u).map(|(k, x)| x * k as f64).sum();
        let mut d = 0.0;
        for (k, (x, y)) in (0..3i32).zip(u.iter().zip(u.iter().skip(1))) { d = d * 0.5 + (y - x) * (k - 1) as f64; }
        [a, b, c, d]
    }

    backwards: |u, p, t| {
        let mut a = 0.0;
        for x in u.iter().filter(|x| **x > 0.0).rev() { a = a * 2.0 + x; }
        let mut b = 0.0;
        for x in u.iter().chain(&p).rev() { b = b * 0.5 + x; }
        let mut c = 0.0;
        for (i, x) in u.iter().rev().enumerate() { c = c * 0.7 + x * i as f64; }
        let mut d = 0.0;
        for (x, k) in u.iter().rev().skip(1).step_by(2).zip(3..) { d = d * 3.0 + x * k as f64; }
        [a, b, c, d]
    }

    no_end_but_a_break: |u, p, t| {
        let mut s = u[0];
        for k in 1.. {
            s += u[1] / k as f64;
            if k == 5 { break; }
        }
        let n = (0..).take_while(|n| (*n as f64) < t).count();
        let m = (1..).map(|k| k * k).find(|k| *k > 30).unwrap();
        [s, n as f64 * u[2], m as f64 * u[3], p[0]]
    }

    totals_of_integers: |u, p, t| {
        let n: usize = (0..4).map(|k| k * k).sum();
        let m = [3, 1, 4].iter().sum::<i32>() - 10;
        let q: i64 = (1..5i64).product();
        let e: f64 = u.iter().skip(4).sum();
        [u[0] * n as f64, u[1] * m as f64, q as f64 * u[2], (1.0f64).copysign(e)]
    }

    rows_of_matrices: |u, p, t| {
        let mut m = [[u[0], u[1]], [u[2], u[3]], [p[0], p[1]]];
        for (i, row) in m.iter_mut().enumerate() {
            for x in row.iter_mut() { *x = *x * 2.0 + i as f64; }
            row[0] += row[1] * 0.1;
        }
        for row in &mut m { row[1] *= row[0]; }
        let mut total = 0.0;
        for mut row in m { row[0] = 1.0; total += row[0] * row[1]; }
        let best = m.iter().map(|row| row.iter().sum::<f64>()).fold(f64::NEG_INFINITY, f64::max);
        [total, best, m[0][0] * m[2][1], m[1][1]]
    }
}
