//! The laws that hold for the derivatives of every model.
//!
//! `eval` writes what `rhs` writes, the Jacobian-vector product is what dual numbers compute, the vector-Jacobian
//! product is its transpose, the sparse Jacobian has its columns, and its pattern has every entry that is not zero. What an
//! evaluation keeps for its derivative changes nothing, to the bit.

use diffeq_runtime::problem::Jacobian;
use diffeq_runtime::problem::Pattern;
use diffeq_runtime::problem::Rhs;
use diffeq_runtime::problem::SparseJacobian;
use diffeq_runtime::problem::Vjp;
use diffeq_runtime::real::Dual;
use diffeq_runtime::space::Vector;
use diffeq_runtime::space::Workspace;

/// The derivative that is made of what the value has kept is the other one to the bit, whether all of it is there or nothing.
///
/// # Panics
/// Where it is not.
pub fn check_kept<F: Vjp<f64>>(model: &F, u: &F::State, p: &F::Params, t: f64, w: &[f64]) {
    if !F::KEEPS {
        return;
    }
    let (mut du, mut keeping) = (u.zeros_like(), u.zeros_like());
    let mut kept = vec![f64::NAN; model.kept_len(u)];
    model.rhs(&mut du, u, p, t);
    model.rhs_keeping(&mut keeping, u, p, t, &mut kept);
    same_bits(keeping.as_slice(), du.as_slice(), "the value that keeps");
    assert!(kept.iter().all(|x| !x.is_nan()) || du.as_slice().iter().any(|x| x.is_nan()), "not all is kept");
    let mut work = Workspace::new();
    let mut pull = |kept: Option<&[f64]>| {
        let (mut w, mut u_bar, mut p_bar, mut t_bar) = (filled(u, w), u.zeros_like(), p.zeros_like(), 0.0);
        let bars = (&mut w, &mut u_bar, &mut p_bar, &mut t_bar);
        match kept {
            Some(kept) => model.vjp_of_kept(kept, bars.0, u, p, t, bars.1, bars.2, bars.3, &mut work),
            None => model.vjp(bars.0, u, p, t, bars.1, bars.2, bars.3, &mut work),
        }
        [u_bar.as_slice(), p_bar.as_slice(), &[t_bar]].concat()
    };
    let expected = pull(None);
    same_bits(&pull(Some(&kept)), &expected, "the VJP of what is kept");
    same_bits(&pull(Some(&[])), &expected, "the VJP of nothing that is kept");
}

/// # Panics
/// Where two vectors are not the same bits.
pub(crate) fn same_bits(a: &[f64], b: &[f64], what: &str) {
    assert_eq!(a.len(), b.len(), "{what}");
    for (i, (a, b)) in a.iter().zip(b).enumerate() {
        assert!(a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan()), "{what} {i}: {a} but {b}");
    }
}

/// Dual numbers along one direction.
pub type D = Dual<f64, 1>;

/// Both sides do the same few dozen operations in another order: some hundred roundings of terms of size one to ten.
const TOLERANCE: f64 = 1e-12;

fn close(a: f64, b: f64, scale: f64) -> bool {
    (a - b).abs() <= TOLERANCE * scale.max(1.0)
}

/// A direction without structure, the same in every run.
pub fn direction(n: usize, seed: f64) -> Vec<f64> {
    (0..n).map(|i| (1.7 * i as f64 + seed).sin()).collect()
}

/// A vector with these values.
pub fn filled<V: Vector<f64>>(like: &V, values: &[f64]) -> V {
    let mut v = like.zeros_like();
    v.as_mut_slice().copy_from_slice(values);
    v
}

/// A vector with these tangents.
pub fn lifted<V: Vector<f64>, W: Vector<D>>(blank: &W, v: &V, dot: &[f64]) -> W {
    let mut w = blank.clone();
    for ((x, y), d) in w.as_mut_slice().iter_mut().zip(v.as_slice()).zip(dot) {
        *x = D::new(*y, [*d]);
    }
    w
}

/// Holds a model to the laws at a point; the last two arguments are any state and parameters of dual numbers.
///
/// # Panics
/// Where a law is broken.
pub fn check<F, S, P, SD, PD>(model: F, u: S, p: P, t: f64, dual_state: SD, dual_params: PD)
where
    F: Jacobian<f64> + Vjp<f64> + Rhs<f64, State = S, Params = P> + Rhs<D, State = SD, Params = PD>,
    S: Vector<f64>,
    P: Vector<f64>,
    SD: Vector<D>,
    PD: Vector<D>,
{
    let (n, m) = (u.as_slice().len(), p.as_slice().len());
    let mut work = Workspace::new();

    // out of place and in place
    let mut du = filled(&u, &vec![f64::NAN; n]);
    model.rhs(&mut du, &u, &p, t);
    let by_value = Rhs::<f64>::eval(&model, &u, &p, t);
    for (a, b) in du.as_slice().iter().zip(by_value.as_slice()) {
        assert_eq!(a.to_bits(), b.to_bits(), "rhs and eval differ");
    }
    let scale = du.as_slice().iter().fold(1.0_f64, |s, x| s.max(x.abs()));

    // forward mode against dual numbers
    let (u_dot, p_dot, t_dot) = (direction(n, 0.3), direction(m, 1.1), 0.7);
    let mut du_dot = filled(&u, &vec![f64::NAN; n]);
    let mut value = filled(&u, &vec![f64::NAN; n]);
    model.jvp(&mut value, &mut du_dot, &u, &filled(&u, &u_dot), &p, &filled(&p, &p_dot), t, t_dot);
    let mut dual = dual_state.clone();
    model.rhs(
        &mut dual,
        &lifted(&dual_state, &u, &u_dot),
        &lifted(&dual_params, &p, &p_dot),
        D::new(t, [t_dot]),
    );
    let slope = du_dot.as_slice().iter().fold(scale, |s, x| s.max(x.abs()));
    for i in 0..n {
        assert!(close(value.as_slice()[i], du.as_slice()[i], scale), "jvp's value {i}");
        let (a, b) = (du_dot.as_slice()[i], dual.as_slice()[i].tangents[0]);
        assert!(close(a, b, slope), "jvp {i}: {a} but dual numbers {b}");
    }
    let mut tangent = filled(&u, &vec![f64::NAN; n]);
    model.tangent(&mut tangent, &u, &filled(&u, &u_dot), &p, &filled(&p, &p_dot), t, t_dot);
    for (a, b) in tangent.as_slice().iter().zip(du_dot.as_slice()) {
        assert!(close(*a, *b, slope), "the tangent alone is {a} but {b} beside the value");
    }

    // reverse mode is the transpose, and adds to what is there
    let w = direction(n, 2.9);
    let (mut u_bar, mut p_bar, mut t_bar) = (filled(&u, &vec![1.0; n]), filled(&p, &vec![2.0; m]), 3.0);
    model.vjp(&mut filled(&u, &w), &u, &p, t, &mut u_bar, &mut p_bar, &mut t_bar, &mut work);
    let (mut alone, mut of_all) = (u.zeros_like(), u.zeros_like());
    model.state_vjp(&mut filled(&u, &w), &u, &p, t, &mut alone, &mut work);
    let (mut unused, mut unused_t) = (p.zeros_like(), 0.0);
    model.vjp(&mut filled(&u, &w), &u, &p, t, &mut of_all, &mut unused, &mut unused_t, &mut work);
    for (a, b) in alone.as_slice().iter().zip(of_all.as_slice()) {
        assert!(close(*a, *b, slope), "the VJP by the state alone is {a} but {b} in the VJP");
    }
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(x, y)| x * y).sum::<f64>();
    let forward = dot(&w, du_dot.as_slice());
    let minus = |v: &[f64], c: f64| v.iter().map(|x| x - c).collect::<Vec<_>>();
    let reverse = dot(&minus(u_bar.as_slice(), 1.0), &u_dot)
        + dot(&minus(p_bar.as_slice(), 2.0), &p_dot)
        + (t_bar - 3.0) * t_dot;
    assert!(close(forward, reverse, slope * n as f64), "<w, J v> = {forward} but <J^T w, v> = {reverse}");

    check_kept(&model, &u, &p, t, &w);

    // the Jacobian's columns, and a pattern that holds every entry
    let mut jacobian = SparseJacobian::new(&model, &u, &p).expect("lengths that fit");
    jacobian.evaluate(&model, &u, &p, t).expect("the same lengths");
    let pattern = Pattern::of(&model, n, m).expect("lengths that fit");
    for column in 0..n {
        let mut unit = vec![0.0; n];
        unit[column] = 1.0;
        let (zero_p, mut entries) = (vec![0.0; m], u.zeros_like());
        model.jvp(&mut value, &mut entries, &u, &filled(&u, &unit), &p, &filled(&p, &zero_p), t, 0.0);
        for (row, entry) in entries.as_slice().iter().enumerate() {
            assert!(
                *entry == 0.0 || pattern.contains(row, column),
                "({row}, {column}) is not in the pattern"
            );
            assert!(close(*entry, jacobian.get(row, column), slope), "Jacobian ({row}, {column})");
        }
    }
    let mut df_dt = filled(&u, &vec![f64::NAN; n]);
    model.time_gradient(&mut df_dt, &u, &p, t);
    let (zero_u, zero_p, mut by_time) = (u.zeros_like(), p.zeros_like(), u.zeros_like());
    model.jvp(&mut value, &mut by_time, &u, &zero_u, &p, &zero_p, t, 1.0);
    for (a, b) in df_dt.as_slice().iter().zip(by_time.as_slice()) {
        assert!(close(*a, *b, slope), "time gradient {a} but {b}");
    }
}
