//! Parts of arrays and slices.

use crate::harness;

meanings! {
    ranges_as_indices: |u, p, t| {
        let a: f64 = u[1..3].iter().sum();
        let b = u[..2].iter().zip(&u[2..]).map(|(x, y)| x * y).sum::<f64>();
        let v = &u[1..];
        let c = v[0] * v[2] * v.len() as f64;
        let n = 1 + (t as f64 > 3.0) as usize;
        let d: f64 = u[n..=n + 1].iter().map(|x| x * x).sum();
        [a, b, c, d]
    }

    splits: |u, p, t| {
        let mut out = [0.0; 4];
        let (position, velocity) = u.split_at(2);
        let (d_position, d_velocity) = out.split_at_mut(2);
        d_position.copy_from_slice(velocity);
        d_velocity.fill(0.1);
        for i in 0..2 { d_velocity[i] -= p[0] * position[i]; d_velocity[1 - i] += position[i] * velocity[i]; }
        out
    }

    windows_and_chunks: |u, p, t| {
        let a: f64 = u.windows(2).map(|w| (w[1] - w[0]) * w[0]).sum();
        let b = u.chunks(3).map(|c| c[0] * c.len() as f64).sum::<f64>();
        let mut out = [0.0; 4];
        for (d, s) in out.chunks_exact_mut(2).zip(u.chunks_exact(2)) {
            let (x, v) = (s[0], s[1]);
            d[0] = v * a;
            d[1] = -x + b;
        }
        let c: f64 = u.chunks(2).map(|c| c.iter().product::<f64>()).sum();
        out[0] += c;
        out
    }

    writing_through_parts: |u, p, t| {
        let mut a = u;
        for x in a[1..].iter_mut() { *x = *x * 2.0 + p[0]; }
        let part = &mut a[..2];
        part[1] *= part[0];
        part.swap(0, 1);
        a[2..].reverse();
        a.reverse();
        a.swap(1, 2);
        a
    }

    rows_change_places: |u, p, t| {
        let mut m = [[u[0], u[1]], [u[2], u[3]], [p[0], p[1]]];
        m.swap(0, 2);
        m[1].swap(0, 1);
        m.reverse();
        m[0].copy_from_slice(&[u[3], 1.0]);
        let last = m[2];
        m[1].copy_from_slice(&last);
        let row = [m[0][0], m[1][1] * 2.0];
        m.fill(row);
        [m[0][0], m[1][1], m[2][0] * u[0], last[0]]
    }

    copies_between_parts: |u, p, t| {
        let mut a = [0.0; 6];
        a[1..5].copy_from_slice(&u);
        let (left, right) = a.split_at_mut(3);
        right.copy_from_slice(left);
        left[0] = p[0];
        [a[0] + a[1], a[2] * a[3], a[4], a[5] * u[0]]
    }

    ends_and_members: |u, p, t| {
        let k = [3, 5, 8];
        let has = k.contains(&5) && !k.contains(&4);
        let a = match has { true => u[0], false => 0.0 };
        let b = u.first().map_or(0.0, |x| x * 2.0);
        let c = u.get(2).copied().unwrap_or(1.0) + u.get(9).copied().unwrap_or(p[0]);
        let (head, tail) = u.split_first().unwrap();
        [a, b, c, head * tail[0] + tail.iter().sum::<f64>() * tail.len() as f64]
    }
}

meanings! {
    parts_of_known_length: |u, p, t| {
        let mut out = [0.0; 4];
        for i in 0..2 {
            let pair: [f64; 2] = u[2 * i..2 * i + 2].try_into().unwrap();
            let [x, v] = pair;
            let d = &mut out[2 * i..2 * (i + 1)];
            d.copy_from_slice(&[v, -p[0] * x]);
            d[1] += x * v;
        }
        out
    }

    rests_of_patterns: |u, p, t| {
        let [x, rest @ ..] = u;
        let [a, middle @ .., b] = &u;
        let mut v = rest;
        v[0] *= x;
        [v[0] + rest[0], v.iter().sum(), middle[0] * middle[1] * a, middle.len() as f64 * b]
    }

    members_of_ranges: |u, p, t| {
        let a = if (0.0..1.0).contains(&u[0]) { u[1] } else { p[0] };
        let b = (0..4).filter(|i| !(1..=2).contains(i)).map(|i| u[i]).sum::<f64>();
        let c = match (..p[1]).contains(&u[2]) { true => u[2] * t, false => u[3] };
        let d = u.iter().copied().max_by(|a, b| f64::total_cmp(a, b)).unwrap_or(0.0);
        [a, b, c, d]
    }
}
