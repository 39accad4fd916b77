//! What stands outside a model: tables, enums, type aliases, helpers of tuples and structs, methods. Values are those of the
//! same body as a plain function, to the bit; derivatives are those of its differences.
// As people write them.
#![allow(clippy::collapsible_if)]

use diffeq::Components;
use diffeq::differentiable;
use diffeq::ode;
use diffeq::problem::Jvp;
use diffeq::problem::Mark;
use diffeq::problem::Rhs;
use diffeq::problem::Sparsity;
use diffeq::problem::Vjp;
use diffeq::space::Workspace;

type Plain = fn(&mut [f64; 3], &[f64; 3], &[f64; 2], f64);

/// Each function twice: as it stands in `plain`, and as a model.
macro_rules! models {
    ($($(#[$doc:meta])* fn $name:ident ($($args:tt)*) { $($body:tt)* })*) => {
        mod plain {
            #[allow(unused_imports)]
            use super::*;
            $(
                #[allow(clippy::all, unused_variables)]
                pub fn $name ($($args)*) { $($body)* }
            )*
        }
        $(#[allow(unused_variables)] #[ode] fn $name ($($args)*) { $($body)* })*
    };
}

/// A direction's component.
fn along(k: usize) -> f64 {
    0.9 - 0.4 * (k as f64 * 2.3).cos()
}

/// What a plain function is along the line `x + h v` through state, parameters and time.
fn at(plain: Plain, u: [f64; 3], p: [f64; 2], t: f64, h: f64) -> [f64; 3] {
    let u: [f64; 3] = std::array::from_fn(|i| u[i] + h * along(i));
    let p: [f64; 2] = std::array::from_fn(|i| p[i] + h * along(i + 3));
    let mut du = [f64::NAN; 3];
    plain(&mut du, &u, &p, t + h * along(5));
    du
}

fn check<F>(model: F, plain: Plain, u: [f64; 3], p: [f64; 2], t: f64)
where
    F: Rhs<f64, State = [f64; 3], Params = [f64; 2]> + Jvp<f64> + Vjp<f64>,
    F: Rhs<Mark, State = [Mark; 3], Params = [Mark; 2]> + Sparsity,
{
    let value = at(plain, u, p, t, 0.0);
    let du: [f64; 3] = Rhs::<f64>::eval(&model, &u, &p, t);
    assert_eq!(du.map(f64::to_bits), value.map(f64::to_bits), "{du:?} is not {value:?}");

    // Central differences, extrapolated once: an error of the fourth order, and rounding of 1e-16 / 1e-4.
    let slope = |h: f64| {
        let (above, below) = (at(plain, u, p, t, h), at(plain, u, p, t, -h));
        std::array::from_fn::<f64, 3, _>(|i| (above[i] - below[i]) / (2.0 * h))
    };
    let (coarse, fine) = (slope(2e-4), slope(1e-4));
    let (u_dot, p_dot, t_dot) = (std::array::from_fn(along), std::array::from_fn(|i| along(i + 3)), along(5));
    let (mut du, mut du_dot) = ([f64::NAN; 3], [f64::NAN; 3]);
    model.jvp(&mut du, &mut du_dot, &u, &u_dot, &p, &p_dot, t, t_dot);
    for i in 0..3 {
        let expected = (4.0 * fine[i] - coarse[i]) / 3.0;
        let scale = 1.0 + expected.abs();
        assert!((du_dot[i] - expected).abs() < 1e-8 * scale, "tangent {i}: {} {expected}", du_dot[i]);
    }

    let weights: [f64; 3] = std::array::from_fn(|i| 1.1 - 0.8 * (i as f64 * 0.9).sin());
    let (mut seed, mut u_bar, mut p_bar, mut t_bar) = (weights, [0.0; 3], [0.0; 2], 0.0);
    model.vjp(&mut seed, &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut Workspace::new());
    let forward: f64 = weights.iter().zip(du_dot).map(|(w, x)| w * x).sum();
    let backward = (0..3).map(|i| u_bar[i] * u_dot[i]).sum::<f64>()
        + (0..2).map(|i| p_bar[i] * p_dot[i]).sum::<f64>()
        + t_bar * t_dot;
    assert!((forward - backward).abs() < 1e-12 * (1.0 + forward.abs()), "{forward} {backward}");

    // What moves when one component of the state does is in the pattern.
    let mut marks = [Mark::default(); 3];
    model.dependencies(
        &mut marks,
        &std::array::from_fn(|i| Mark(1 << i)),
        &[Mark::default(); 2],
        Mark::default(),
    );
    for j in 0..3 {
        let mut moved = u;
        moved[j] += 1e-3;
        let other = at(plain, moved, p, t, 0.0);
        for i in 0..3 {
            assert!(other[i] == value[i] || marks[i].0 & (1 << j) != 0, "entry {i}, {j} is missing");
        }
    }
}

macro_rules! tests {
    ($($name:ident)*) => { $(
        #[test]
        fn $name() {
            check(super::$name, super::plain::$name, [0.7, -1.3, 2.1], [1.5, 0.8], 0.4);
            check(super::$name, super::plain::$name, [2.3, 0.4, -0.6], [-0.5, 2.8], 7.3);
            check(super::$name, super::plain::$name, [-0.2, 1.7, 0.3], [3.1, -1.2], 2.6);
        }
    )* };
}

mod tables {
    use super::*;

    const WEIGHTS: [f64; 3] = [0.25, 0.5, -1.25];
    const NEXT: [usize; 3] = [2, 0, 1];
    const SIGNS: [[i32; 3]; 3] = [[-1, 0, 2], [1, -3, 0], [0, 2, -1]];
    const ON: [bool; 3] = [true, false, true];
    const DOSES: [(f64, f64, f64); 2] = [(0.0, 1.5, 4.0), (2.0, 1.0, 3.0)];
    const BRANCHES: [[(usize, f64); 2]; 3] =
        [[(1, 0.75), (2, 0.25)], [(2, 1.0), (0, 0.0)], [(0, 0.5), (1, 0.5)]];
    static TIMES: [f64; 4] = [0.0, 1.0, 2.5, 9.0];
    const FLOWS: &[f64] = &[0.5, 1.25, 0.75, 2.0];
    const ENABLED: bool = true;
    const ORDER: usize = 2;

    struct Site {
        area: f64,
        cells: [usize; 2],
    }

    const SITES: [Site; 2] = [Site { area: 1.5, cells: [0, 1] }, Site { area: 0.5, cells: [2, 0] }];

    struct Butcher;

    impl Butcher {
        const B: [f64; 3] = [0.125, 0.375, 0.5];
        const SCALE: f64 = 2.5;
    }

    const fn twice(x: f64) -> f64 {
        2.0 * x
    }

    const DOUBLED: [f64; 2] = [twice(1.5), twice(0.25)];

    #[differentiable]
    fn weighted(w: &[f64; 3], x: &[f64; 3]) -> f64 {
        w[0] * x[0] + w[1] * x[1] + w[2] * x[2]
    }

    #[differentiable]
    fn taken(w: [f64; 3], n: usize, x: f64) -> f64 {
        w[n] * x * x
    }

    #[differentiable]
    fn inflow(t: f64) -> f64 {
        if t <= TIMES[0] {
            return FLOWS[0];
        }
        for k in 0..TIMES.len() - 1 {
            if t < TIMES[k + 1] {
                let w = (t - TIMES[k]) / (TIMES[k + 1] - TIMES[k]);
                return (1.0 - w) * FLOWS[k] + w * FLOWS[k + 1];
            }
        }
        FLOWS[FLOWS.len() - 1]
    }

    models! {
        fn indexed(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            for i in 0..3 {
                du[i] = WEIGHTS[i] * u[NEXT[i]] + p[0] * WEIGHTS[NEXT[i]];
                du[i] += SIGNS[i][NEXT[i]] as f64 * u[i];
            }
        }
        fn iterated(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            for (d, w) in du.iter_mut().zip(WEIGHTS) {
                *d = w * p[1];
            }
            for (i, row) in SIGNS.iter().enumerate() {
                du[i] += row.iter().zip(u).map(|(&s, &x)| s as f64 * x).sum::<f64>();
            }
            for (i, &w) in WEIGHTS.iter().enumerate().rev() {
                du[i] *= 1.0 + w;
            }
            du[0] += WEIGHTS.iter().sum::<f64>() * u[1];
        }
        fn of_tuples(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            *du = [0.0; 3];
            let mut rate = 0.0;
            for (start, duration, amount) in DOSES {
                if t >= start && t < start + duration {
                    rate += amount / duration;
                }
            }
            for i in 0..3 {
                let decays = p[0] * u[i];
                du[i] -= decays;
                for (to, fraction) in BRANCHES[i] {
                    du[to] += fraction * decays;
                }
            }
            du[0] += rate * DOSES[1].2;
        }
        fn of_conditions(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            for i in 0..3 {
                du[i] = if ON[i] { u[i] * p[0] } else { -u[i] };
                if !ON[NEXT[i]] && ENABLED {
                    du[i] += 1.0;
                }
            }
            if !ENABLED || WEIGHTS[0] > WEIGHTS[1] {
                du[0] = 100.0;
            }
        }
        fn of_structs(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            *du = [p[0], p[1], t];
            for site in &SITES {
                for &cell in &site.cells {
                    du[cell] += site.area * u[cell];
                }
            }
            for k in 0..2 {
                let area = SITES[k].area;
                du[SITES[k].cells[1]] -= area * area;
            }
        }
        fn named(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let w = WEIGHTS[0];
            let n = NEXT[0];
            let next = NEXT;
            let row = SIGNS[1];
            let [a, b, _] = WEIGHTS;
            du[0] = w * u[n] + a;
            du[1] = row[1] as f64 * u[next[1]] + b;
            du[2] = SIGNS[2][1] as f64 / (NEXT.len() as f64);
        }
        fn copied_and_written(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let mut w = WEIGHTS;
            w[1] = u[1] * w[1];
            w[2] += p[0];
            let mut k = NEXT[1];
            k += 1;
            let mut first = WEIGHTS[k];
            first *= u[0];
            du[0] = w[0] * w[1] + WEIGHTS[1];
            du[1] = w[2] * u[k] + first;
            du[2] = k as f64 * u[2];
        }
        fn mapped(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let w = WEIGHTS.map(|w| w * p[0] + u[2]);
            for i in 0..WEIGHTS.len() {
                du[i] = w[i] * u[i];
            }
            let double = WEIGHTS.iter().map(|w| 2.0 * w).fold(0.0, |a, x| a + x * u[0]);
            du[2] += double;
        }
        fn handed_on(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            du[0] = weighted(&WEIGHTS, u) * p[0];
            du[1] = taken(WEIGHTS, NEXT[1], u[1]);
            du[2] = taken(*u, ORDER, WEIGHTS[1]) + inflow(t);
        }
        fn associated(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            for i in 0..3 {
                du[i] = Butcher::B[i] * u[i] * Butcher::SCALE;
            }
            du[0] += DOUBLED[ORDER - 1] * u[1];
            du[1] += u[1].powi(SIGNS[0][2]) * NEXT[0].pow(2) as f64;
        }
        fn integers_stay_integers(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let half = (SIGNS[1][1] / SIGNS[0][2]) as f64;
            let n = NEXT[0] + NEXT[2];
            du[0] = half * u[0];
            du[1] = (n / ORDER) as f64 * u[1];
            du[2] = if NEXT[0] > NEXT[1] { u[2] } else { -u[2] };
        }
    }

    mod tests {
        use super::check;
        tests!(indexed iterated of_tuples of_conditions of_structs named copied_and_written mapped handed_on associated
            integers_stay_integers);
    }
}

mod enums {
    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Response {
        Linear,
        Saturating,
        Power(i32),
    }

    #[derive(Clone, Copy)]
    enum Policy {
        Open,
        Closed { start: f64, end: f64, factor: f64 },
    }

    const KIND: Response = Response::Saturating;
    const KINDS: [Response; 3] = [Response::Linear, Response::Saturating, Response::Power(3)];
    const POLICY: Policy = Policy::Closed { start: 0.2, end: 3.0, factor: 0.3 };
    const NONE: Policy = Policy::Open;

    impl Response {
        #[differentiable]
        fn of(self, x: f64) -> f64 {
            match self {
                Response::Linear => x,
                Self::Saturating => x / (1.0 + x * x),
                Self::Power(n) => x.powi(n),
            }
        }
    }

    #[differentiable]
    fn response(kind: Response, x: f64, a: f64) -> f64 {
        match kind {
            Response::Linear => a * x,
            Response::Saturating => a * x / (1.0 + x * x),
            Response::Power(n) => a * x.powi(n),
        }
    }

    #[differentiable]
    fn twice(kind: Response, x: f64) -> f64 {
        let again = if kind == Response::Linear { 1.0 } else { 2.0 };
        again * response(kind, x, x)
    }

    #[differentiable]
    fn factor(policy: &Policy, t: f64) -> f64 {
        if let Policy::Closed { start, end, factor } = *policy {
            if t >= start && t <= end {
                return factor;
            }
        }
        1.0
    }

    models! {
        fn a_constant(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            du[0] = response(KIND, u[0], p[0]);
            du[1] = response(Response::Power(2), u[1], p[1]) + twice(KIND, u[0]);
            du[2] = match KIND {
                Response::Linear => u[2],
                Response::Saturating if u[2] > 0.0 => 2.0 * u[2],
                _ => -u[2],
            };
        }
        fn a_table(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            for i in 0..3 {
                du[i] = response(KINDS[i], u[i], p[0]);
                if matches!(KINDS[i], Response::Power(_)) {
                    du[i] += p[1];
                }
            }
        }
        fn with_fields(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let mut reduced = 1.0;
            if let Policy::Closed { start, end, factor: f } = POLICY {
                if t >= start && t <= end {
                    reduced = f;
                }
            }
            du[0] = reduced * u[0];
            du[1] = factor(&POLICY, t) * u[1] + factor(&NONE, t);
            du[2] = if let Policy::Open = NONE { u[2] * u[2] } else { 0.0 };
        }
        fn chosen(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let kind = if t > 1.0 { Response::Linear } else { Response::Saturating };
            let other = kind;
            du[0] = response(kind, u[0], p[0]);
            du[1] = match other {
                Response::Linear => u[1],
                _ => u[1] * u[1],
            };
            du[2] = if KIND != Response::Linear { u[2] } else { 0.0 };
        }
        fn of_its_own(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            du[0] = KIND.of(u[0]);
            du[1] = Response::Power(3).of(u[1]) * p[0];
            for i in 2..3 {
                du[i] = KINDS[i].of(u[i]);
            }
        }
    }

    mod tests {
        use super::check;
        tests!(a_constant a_table with_fields chosen of_its_own);
    }
}

mod helpers {
    use super::*;

    type Vec3 = [f64; 3];
    type Real = f64;
    type Count = usize;

    #[derive(Components, Clone, Copy, Debug)]
    struct Point {
        x: f64,
        y: f64,
    }

    #[differentiable]
    fn oscillator(x: f64, v: f64, mu: f64) -> (f64, f64) {
        if mu < 0.0 {
            return (v, -x);
        }
        (v, mu * (1.0 - x * x) * v - x)
    }

    #[differentiable]
    fn locate(x: f64) -> (usize, f64) {
        let mut k = 0;
        for i in 0..2 {
            if x > i as f64 {
                k = i + 1;
            }
        }
        (k, x - k as f64)
    }

    #[differentiable]
    fn mixed(u: &[f64; 3], k: f64) -> ([f64; 3], Point, bool) {
        let w = [u[1] * k, u[2], u[0] * u[0]];
        (w, Point { x: u[0] * k, y: u[2] }, k > 1.0)
    }

    #[differentiable]
    fn nested(x: f64, y: f64) -> (f64, (f64, f64)) {
        let (s, c) = x.sin_cos();
        (s * y, if y > 0.0 { (c, y * y) } else { (s, -y) })
    }

    #[differentiable]
    fn spread(pair: (f64, f64), k: f64) -> f64 {
        let (a, b) = pair;
        a * b + k * pair.0
    }

    #[differentiable]
    fn between(a: Point, b: &Point) -> Point {
        Point { x: b.x - a.x, y: b.y - a.y * a.x }
    }

    #[differentiable]
    fn norm(a: &Point) -> f64 {
        a.x.hypot(a.y)
    }

    #[differentiable]
    fn cross(a: Vec3, b: &Vec3) -> Vec3 {
        [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]]
    }

    #[differentiable]
    fn scaled(x: Real, n: Count) -> Real {
        x * x / (n + 1) as f64
    }

    #[differentiable]
    fn through(x: &f64, y: f64) -> f64 {
        x * x * y
    }

    #[differentiable]
    #[inline]
    #[must_use]
    #[allow(clippy::needless_range_loop)]
    pub(crate) fn total<const N: usize>(a: &[f64; N]) -> f64 {
        let mut s = 0.0;
        for i in 0..N {
            s += a[i] * N as f64;
        }
        s
    }

    models! {
        fn tuples(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let (a, b) = oscillator(u[0], u[1], p[0]);
            let (c, d): (f64, f64) = oscillator(u[1], t, p[1]);
            du[0] = a * d;
            du[1] = b;
            du[2] = c * oscillator(u[2], a, 0.5).1;
        }
        fn tuples_of_all_kinds(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let (k, rest) = locate(u[0]);
            let (w, point, large) = mixed(u, p[0]);
            let (a, (b, c)) = nested(u[1], p[1]);
            du[0] = u[k] * rest;
            du[1] = w[0] * point.x + w[2] * point.y + a * b * c;
            du[2] = if large { w[1] } else { -w[1] };
        }
        fn tuples_by_name(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let pair = oscillator(u[0], u[1], p[0]);
            *du = [0.0; 3];
            for i in 0..3 {
                let (x, _) = oscillator(u[i], pair.1, p[1]);
                du[i] += x * pair.0;
            }
            du[2] += spread((u[0], u[1]), p[0]);
        }
        fn structs(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let a = Point { x: u[0], y: u[1] };
            let b = Point { x: p[0], y: u[2] };
            let d = between(a, &b);
            let back = between(b, &d);
            du[0] = norm(&d);
            du[1] = d.x * back.y;
            du[2] = norm(&between(d, &a)) + t;
        }
        fn aliases(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let w = cross(*u, &[p[0], p[1], t]);
            let v = cross(w, u);
            let [a, b, c] = v;
            *du = [a + w[0], b * w[1], scaled(c, 2)];
        }
        fn references_and_turbofish(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let w = [u[0], u[1] * u[2]];
            du[0] = total(u) + total::<2>(&w);
            let x = u[1] * p[0];
            du[1] = through(&x, u[2]) + through(&u[0], t);
            du[2] = through(&w[1], through(&p[1], t));
        }
    }

    mod tests {
        use super::check;
        tests!(tuples tuples_of_all_kinds tuples_by_name structs aliases references_and_turbofish);
    }
}

mod methods {
    use super::*;

    #[derive(Components, Clone, Copy, Debug)]
    struct Machine {
        e: f64,
        x: f64,
        taps: [f64; 2],
    }

    impl Machine {
        const SYNCHRONOUS: f64 = 50.0;

        /// Documented like any other.
        #[differentiable]
        pub fn power(&self, delta: f64, v: f64) -> f64 {
            self.e * v / self.x * delta.sin() + Self::SYNCHRONOUS * self.taps[1]
        }

        #[differentiable]
        fn both(self, delta: f64) -> (f64, [f64; 2]) {
            let p = self.power(delta, 0.5);
            (p * p, [self.taps[0] * delta, self.x])
        }

        #[differentiable]
        fn moved(&self, by: f64) -> Machine {
            Machine { e: self.e + by * by, ..*self }
        }
    }

    const FIXED: Machine = Machine { e: 1.1, x: 0.4, taps: [0.5, 0.01] };

    models! {
        fn of_a_local(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            let machine = Machine { e: u[0], x: 1.0 + p[0] * p[0], taps: [t, u[2]] };
            let (a, b) = machine.both(u[1]);
            du[0] = machine.power(u[1], 1.5);
            du[1] = a + b[0] * b[1];
            du[2] = machine.moved(u[2]).power(p[1], t);
        }
        fn of_a_constant(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            du[0] = FIXED.power(u[0], p[0]);
            du[1] = FIXED.power(u[1], Machine::SYNCHRONOUS);
            du[2] = u[2];
        }
    }

    mod tests {
        use super::check;
        tests!(of_a_local of_a_constant);
    }
}

mod matches {
    use super::*;

    #[derive(Components, Clone, Copy, Debug)]
    struct Point {
        x: f64,
        y: f64,
    }

    const LIMIT: f64 = 2.0;

    models! {
        fn on_reals(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            du[0] = match u[0] {
                x if x < 0.0 => -x,
                0.0..=1.0 => u[0] * u[0],
                LIMIT.. => 3.0,
                x => x * p[0],
            };
            du[1] = match u[1] > 0.0 {
                true => u[1],
                false => p[1],
            };
            du[2] = match t {
                0.45 => 1.0,
                ..3.0 => u[2],
                _ => -u[2],
            };
        }
        fn on_aggregates(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            du[0] = match *u {
                [a, b, ..] if a > b => a * b,
                [a, .., c] => a + c * c,
            };
            let point = Point { x: u[1], y: p[0] };
            du[1] = match point {
                Point { x, y } if x > 0.0 => x * y,
                Point { y, .. } => y * y,
            };
            du[2] = match (u[2] > 0.0, u[1]) {
                (true, y) => y * u[2],
                (false, y) if y > 0.0 => y,
                (false, _) => 0.5,
            };
        }
        fn with_names(du: &mut [f64; 3], u: &[f64; 3], p: &[f64; 2], t: f64) {
            for i in 0..3 {
                let k = (i * 3 + 1) as i32;
                du[i] = match k {
                    1 => u[0],
                    n @ 2..=5 => u[i].powi(n),
                    n => u[i] * n as f64,
                };
            }
        }
    }

    mod tests {
        use super::check;
        tests!(on_reals on_aggregates with_names);
    }
}
