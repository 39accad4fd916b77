//! `while`, `loop`, jumps.

use crate::harness;

meanings! {
    binary_search: |u, p, t| {
        let table = [-3.0, -1.0, -0.5, 0.0, 0.25, 1.0, 1.5, 4.0, 9.0];
        let values = [0.1, 0.7, -0.4, 1.3, 2.0, 1.1, 0.3, -0.9, 5.0];
        let mut out = [0.0; 4];
        for i in 0..4 {
            let (mut lo, mut hi) = (0, table.len() - 1);
            while hi - lo > 1 {
                let mid = (lo + hi) / 2;
                if table[mid] <= u[i] { lo = mid; } else { hi = mid; }
            }
            let w = (u[i] - table[lo]) / (table[hi] - table[lo]);
            out[i] = (values[lo] + w * (values[hi] - values[lo])) * p[0];
        }
        out
    }

    newton_to_a_tolerance: |u, p, t| {
        let target = 2.0 + u[0] * u[0] + t;
        let mut x = 1.0;
        while (x * x - target).abs() > 1e-9 {
            x = 0.5 * (x + target / x);
        }
        [x, x * u[1], p[0] * x, u[3]]
    }

    endless_with_break: |u, p, t| {
        let mut k = 0;
        let mut s = u[0];
        loop {
            k += 1;
            s = s * 1.5 + u[1] * u[2];
            if k == 4 { break; }
            s += p[0] * s * s * 0.01;
        }
        [s, k as f64, u[1], u[3] * s]
    }

    break_with_a_value: |u, p, t| {
        let mut x = u[0].abs() + 0.5;
        let mut n = 0;
        let y = loop {
            x = x * 1.3 + 0.1 * p[0];
            n += 1;
            if x > 5.0 { break x * x; }
            if n > 6 { break u[1] * x; }
        };
        let (a, b) = loop {
            n += 1;
            if n % 3 == 0 { break (n, x * y); }
        };
        [y, a as f64 * b, n as f64 * u[2], x]
    }

    counter_moves_unseen: |u, p, t| {
        let mut k = 0;
        let mut once = true;
        let mut s = 0.0;
        while k < 4 {
            s += u[0] * (k + 1) as f64;
            if k == 2 && once { once = false; k = 0; }
            k += 1;
        }
        let (mut n, mut m) = (2, 6);
        let mut j = 0;
        while j < n {
            s += u[1] * j as f64;
            if j == 1 { (n, m) = (m, n); }
            j += 1;
        }
        [s, s * s, m as f64 * u[2], p[1] * s]
    }

    effects_in_the_condition: |u, p, t| {
        let mut k = 0;
        let mut s = u[0];
        while { s += 1.0; true } && k < 3 {
            s *= 2.0 + u[1];
            k += 1;
        }
        [s, u[1], u[2] * s, u[3]]
    }

    continue_before_the_increment: |u, p, t| {
        let (mut k, mut j) = (0, 0);
        let mut s = 0.0;
        while k < 3 {
            j += 1;
            s += u[0] * j as f64;
            if j % 3 != 0 { continue; }
            s *= s;
            k += 1;
        }
        let mut i = 0;
        'w: while i < 6 {
            i += 1;
            for j in 0..3 {
                if j * i == 4 { continue 'w; }
                s += u[1] * j as f64;
            }
            s += 1.0;
        }
        [s, u[1], u[2], s * p[0]]
    }

    counted_by_products_and_downwards: |u, p, t| {
        let mut k = 1;
        let mut s = u[0];
        while k < 100 { k *= 2; s = s * 0.9 + k as f64; }
        let mut n = 7;
        while n > 0 { s = s + u[1] * s * 0.1 * n as f64; n -= 2; }
        [s, n as f64, u[2] * s, k as f64]
    }

    memory_in_a_loop_that_ends_by_itself: |u, p, t| {
        let mut x = u;
        let mut rounds = 0;
        loop {
            let mut change = 0.0;
            for i in 0..4 {
                let left = if i == 0 { p[0] } else { x[i - 1] };
                let right = if i == 3 { 0.3 } else { x[i + 1] };
                let new = 0.4 * (left + right) + 0.05 * (x[i] * u[i]).sin();
                change += (new - x[i]).abs();
                x[i] = new;
            }
            rounds += 1;
            if change < 1e-12 || rounds > 200 { break; }
        }
        x
    }

    nested_loops_left_from_within: |u, p, t| {
        let mut a = [0.0; 4];
        let mut i = 0;
        'rows: loop {
            let mut j = 0;
            while j < 5 {
                if u[i] * (j as f64) > 1.9 { break; }
                if i + j == 6 { break 'rows; }
                if i * j == 2 { j += 2; continue; }
                a[i] += u[j % 4] * p[0] + a[(i + j) % 4] * 0.5;
                if a[i] > 8.0 { return [a[0], a[1] * a[i], t, u[0]]; }
                j += 1;
            }
            i += 1;
            if i == 4 { break; }
            a[i] -= a[i - 1] * u[i];
        }
        a
    }

    labelled_blocks: |u, p, t| {
        let x = 'found: {
            for i in 0..4 {
                if u[i] > 0.5 { break 'found u[i] * p[0]; }
            }
            -u[3] * u[3]
        };
        let mut y = 1.0;
        'skip: {
            if x > 1.0 { break 'skip; }
            y = x * u[1];
            if t > 3.0 { break 'skip; }
            y += 2.0;
        }
        [x, y, x * y, u[2]]
    }

    counted_while_keeps_its_form: |u, p, t| {
        let mut k = 0;
        let mut s = u[0];
        while k < 20 && s < 50.0 {
            s = s * s * 0.5 + 1.5;
            k += 1;
        }
        let mut i = 0;
        let mut a = u;
        while i < a.len() { a[i] = a[i] * s; i += 1; }
        while i > 0 && a[i - 1] > 0.0 { i -= 1; a[i] *= a[i]; }
        a
    }

    loops_in_loops_ending_by_themselves: |u, p, t| {
        let mut total = 0.0;
        for i in 0..4 {
            let mut x = u[i].abs() + 1.0;
            let mut n = 0;
            while x < 20.0 {
                let mut y = x;
                while y > 1.5 { y = y * 0.7 - 0.01 * p[0]; n += 1; }
                x = x * 1.8 + y * u[i].abs();
            }
            total += x * n as f64;
        }
        [total, total * u[0], t, u[1]]
    }
}
