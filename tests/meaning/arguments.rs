//! Arguments, and what is written to `du`.

use crate::*;

/// `mut u` by value, changed and returned.
mod arg_mut_state_by_value {
    use super::*;
    #[ode] fn arg_mut_state_by_value(mut u: [f64; 2]) -> [f64; 2] { u[0] *= 2.0; u[1] += u[0]; u }
    meaning_of!(arg_mut_state_by_value, u: [0.7, 1.011] => [1.4, 2.4109999999999996]);
}

/// `mut t: f64` of an in-place model.
mod arg_mut_time_in_place {
    use super::*;
    #[ode] fn arg_mut_time_in_place(du: &mut [f64; 1], u: &[f64; 1], mut t: f64) { if t > 1.0 { t = 1.0; } du[0] = u[0] * t; }
    meaning_of!(arg_mut_time_in_place, u: [0.7], t: 0.37 => [0.259]);
}

/// A by-value state copied, both used.
mod arg_by_value_copied_then_changed {
    use super::*;
    #[ode] fn arg_by_value_copied_then_changed(u: [f64; 2]) -> [f64; 2] { let mut v = u; v[0] = v[1] * 2.0; v[1] = u[0]; [v[0] + u[0], v[1] * u[1]] }
    meaning_of!(arg_by_value_copied_then_changed, u: [0.7, 1.011] => [2.7219999999999995, 0.7076999999999999]);
}

/// Argument patterns shadowed by locals of the same names.
mod arg_same_pattern_names_shadow {
    use super::*;
    #[ode] fn arg_same_pattern_names_shadow(&[x, y]: &[f64; 2], &[k]: &[f64; 1]) -> [f64; 2] { let x = x * k; let k = k + x; let y = { let y = y * k; y + x }; [y, x * k] }
    meaning_of!(arg_same_pattern_names_shadow, u: [0.7, 1.011], p: [0.43] => [1.040041, 0.22003099999999998]);
}

/// `*du = u.map(|x| -x)`, then parts.
mod du_map_of_u {
    use super::*;
    #[ode] fn du_map_of_u(du: &mut [f64; 2], u: &[f64; 2]) { *du = u.map(|x| -x * x); du[1] += du[0]; }
    meaning_of!(du_map_of_u, u: [0.7, 1.011] => [-0.48999999999999994, -1.5121209999999998]);
}

/// `*du = from_fn(|i| d[1 - i])` of a copy of itself.
mod du_from_fn_reads_du {
    use super::*;
    #[ode] fn du_from_fn_reads_du(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0]; du[1] = 2.0 * u[1]; let d = *du; *du = std::array::from_fn(|i| d[1 - i] + d[i]); }
    meaning_of!(du_from_fn_reads_du, u: [0.7, 1.011] => [2.7219999999999995, 2.7219999999999995]);
}

/// `du.copy_from_slice(&u.map(..))`.
mod du_copy_from_slice_of_map {
    use super::*;
    #[ode] fn du_copy_from_slice_of_map(du: &mut [f64; 2], u: &[f64; 2]) { du.copy_from_slice(&u.map(|x| x * 2.0)); let d = [du[1], du[0]]; du.clone_from_slice(&d); }
    meaning_of!(du_copy_from_slice_of_map, u: [0.7, 1.011] => [2.022, 1.4]);
}

/// An element of `du` used as a temporary, then overwritten.
mod du_element_as_temporary {
    use super::*;
    #[ode] fn du_element_as_temporary(du: &mut [f64; 2], u: &[f64; 2]) { du[0] = u[0] * 3.0; let x = du[0]; du[0] = u[1]; du[1] = x + du[0]; }
    meaning_of!(du_element_as_temporary, u: [0.7, 1.011] => [1.011, 3.1109999999999998]);
}

/// Fields of `du` written by arrays and by elements in turn.
mod du_struct_partial_rows {
    use super::*;
    #[derive(Components, Clone, Copy)] struct Q { w: [f64; 2], k: f64 }
    #[ode] fn du_struct_partial_rows(du: &mut Q, u: &Q) { du.w = u.w; du.w[0] += u.k; du.k = du.w[0] * du.w[1]; du.w = [du.k, u.w[0]]; }
    meaning_of!(du_struct_partial_rows, u: [0.7, 1.011, 1.3439999999999999] => [2.0664839999999995, 0.7, 2.0664839999999995]);
}

/// Two passes over `du`, the second in place.
mod du_two_passes {
    use super::*;
    #[ode] fn du_two_passes(du: &mut [f64; 4], u: &[f64; 4]) { for i in 0..4 { du[i] = u[i]; } for i in 1..3 { du[i] = du[i - 1] - 2.0 * du[i] + du[i + 1]; } du[0] *= du[1]; }
    meaning_of!(du_two_passes, u: [0.7, 1.011, 1.3439999999999999, 1.6989999999999998] => [0.015400000000000013, 0.02200000000000002, -0.9669999999999996, 1.6989999999999998]);
}

/// `du` as scratch, early return with all written.
mod du_as_scratch_before_return {
    use super::*;
    #[ode] fn du_as_scratch_before_return(du: &mut [f64; 2], u: &[f64; 2]) { *du = *u; for _ in 0..3 { du[0] = du[0] * 0.5 + du[1]; if du[0] > 1.5 { du[1] = 0.0; return; } du[1] *= 0.9; } }
    meaning_of!(du_as_scratch_before_return, u: [0.7, 1.011] => [1.5903999999999998, 0.0]);
}
