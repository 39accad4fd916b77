// A model of every kind, to be included where other models have names that generated code may use itself: what the user calls
// variables here, doubled letters above all, is none of them.

#[ode]
fn in_place(duu: &mut [f64; 2], uu: &[f64; 2], pp: &[f64; 2], tt: f64) {
    for jj in 0..2 {
        let xx = uu[jj] * uu[jj] + pp[jj] * pp[1];
        duu[jj] = if tt < pp[0] { xx.sin() - pp[jj] } else { norm(&[xx, uu[1 - jj]]) };
    }
}

#[ode]
fn returning(uu: &[f64; 2], pp: &[f64; 2], tt: f64) -> [f64; 2] {
    let mut ac = 0.1 * tt;
    for jj in 0..2 {
        ac = (ac * uu[jj] + pp[jj]).sin();
    }
    let mut ll = 0;
    while ac > 0.2 && ll < 4 {
        ac *= 0.7 * uu[1];
        ll += 1;
    }
    [ac, uu[0] * ac]
}

#[ode]
fn scalar(uu: f64) -> f64 {
    -uu * uu
}

#[ode]
fn ring(duu: &mut [f64], uu: &[f64], pp: &[f64]) {
    let nn = uu.len();
    let mut before = uu[nn - 1];
    for jj in 0..nn {
        before = before * pp[1] + uu[(jj + 1) % nn] * pp[0];
        duu[jj] = before.tanh();
    }
}

#[derive(Components, Clone, Copy)]
struct Body {
    pos: f64,
    vel: [f64; 2],
}

#[differentiable]
impl Body {
    fn pull(&self, by: f64) -> f64 {
        -by * self.pos * self.vel[1]
    }
}

#[ode]
fn bodies(duu: &mut Body, uu: &Body, pp: f64) {
    duu.pos = uu.vel[0];
    duu.vel = [uu.pull(pp), norm(&uu.vel)];
}

#[sde]
fn shaken(duu: &mut [f64; 2], nn: &mut [f64; 2], uu: &[f64; 2], pp: &[f64; 2], tt: f64) {
    for jj in 0..2 {
        duu[jj] = if tt < pp[0] { pp[jj] * uu[jj] } else { uu[jj] };
        nn[jj] = pp[1] * uu[jj].cos();
    }
}

#[sde]
fn shaken_returning(uu: f64, pp: &[f64; 2]) -> (f64, f64) {
    (pp[0] * uu, pp[1] * uu * uu)
}

#[sde]
fn shaken_rows(duu: &mut [f64; 2], nn: &mut [[f64; 2]; 2], uu: &[f64; 2], pp: &[f64; 2]) {
    duu[0] = -pp[0] * uu[1];
    duu[1] = uu[0];
    nn[0] = [pp[1], uu[0] * uu[1]];
    nn[1] = [uu[0], 0.0];
}

#[dde]
fn late(duu: &mut [f64; 2], uu: &[f64; 2], hh: &impl History<[f64; 2]>, pp: &[f64; 2], tt: f64) {
    let zz = hh(tt - pp[1]);
    for jj in 0..2 {
        duu[jj] = if tt < pp[0] { zz[jj] } else { hh(tt - 0.5)[1 - jj] * uu[jj] };
    }
}

#[dde]
fn late_returning(uu: &[f64; 2], hh: &impl History<[f64; 2]>, pp: &[f64; 2], tt: f64) -> [f64; 2] {
    [-pp[0] * hh(tt - 0.5 - 0.1 * uu[1].sin())[1], uu[0]]
}

#[sde]
fn late_shaken(uu: f64, hh: &impl History<f64>, pp: &[f64; 2], tt: f64) -> (f64, f64) {
    (-pp[0] * hh(tt - 0.5), pp[1] * hh(tt - 1.0) * uu)
}

#[differentiable]
fn early(parameters: &[f64; 2], time: f64) -> [f64; 2] {
    [parameters[0] * time.cos(), 0.6 + parameters[1] * time * time]
}

#[differentiable]
fn norm(ww: &[f64]) -> f64 {
    let mut mm = 0.1;
    for xx in ww {
        mm += xx * xx;
    }
    mm.sqrt()
}

#[differentiable]
fn falls(uu: &[f64; 2], pp: &[f64; 2], tt: f64) -> f64 {
    uu[0] - pp[0] * tt
}

#[differentiable]
fn kicks(uu: &mut [f64; 2], pp: &mut [f64; 2], tt: f64) {
    uu[1] *= pp[1];
    pp[1] = 0.5 * pp[1] + 0.1 * tt;
}

#[differentiable]
fn is_low(uu: &[f64; 2], pp: &[f64; 2]) -> bool {
    uu[0] < pp[0]
}

/// Values and derivatives of all of them.
pub(super) fn everything() -> Vec<Vec<f64>> {
    let (uu, pp) = ([0.7, -0.3], [0.4, 0.9]);
    let with_event = OdeProblem::new(returning, uu, (0.0, 3.0), pp);
    let with_event = with_event.solver(Tsit5).event(Crossing::of::<falls, kicks>());
    let (solved, mut pullback) = with_event.vjp(DiscreteAdjoint::default()).unwrap();
    let gradient = pullback.call(Cotangents::end(&[1.0, 0.3])).unwrap();
    assert!(!solved.events().is_empty());
    vec![
        super::equation(&in_place, &uu, &pp),
        super::equation(&returning, &uu, &pp),
        super::equation(&scalar, &[0.7], &[]),
        super::equation(&ring, &[0.7, -0.3, 0.2], &pp),
        super::equation(&bodies, &[0.7, -0.3, 0.2], &[0.4]),
        super::equation(&Stochastic::drift(&shaken), &uu, &pp),
        super::noise(shaken, uu, pp),
        super::noise(shaken_returning, 0.7, pp),
        super::noise(shaken_rows, uu, pp),
        super::delayed(DdeProblem::new(late, uu, Before::of::<early>(), (0.0, 2.0), pp)),
        super::delayed(DdeProblem::new(late_returning, uu, Before::of::<early>(), (0.0, 2.0), pp)),
        [&solved.end()[..], &gradient.u0, &gradient.p].concat(),
        vec![f64::from(is_low(&uu, &pp)), f64::from(is_low::value::<f64>(&uu, &pp))],
    ]
}
