//! Weighted fits of polynomials.

/// What makes coefficient number `which` of the weighted fit of a polynomial of `N` coefficients: the estimate is
/// `sum w[i] q(x[i]) y[i]`, where `q` has the coefficients returned, row `which` of the inverse matrix of moments.
/// `None` if the points do not determine it.
pub(super) fn coefficient<const N: usize>(points: &[(f64, f64)], which: usize) -> Option<[f64; N]> {
    let mut moments = [[0.0; N]; N];
    for (x, weight) in points {
        if *weight != 0.0 {
            for (i, row) in moments.iter_mut().enumerate() {
                for (j, moment) in row.iter_mut().enumerate() {
                    *moment += weight * x.powi((i + j) as i32);
                }
            }
        }
    }
    // The matrix is symmetric, so that the row of its inverse is a solution of it. Elimination with row exchanges,
    // since the weights of Silverman's kernel can make it indefinite.
    let mut solution = [0.0; N];
    solution[which] = 1.0;
    let scale = moments.iter().flatten().fold(0.0, |largest: f64, moment| largest.max(moment.abs()));
    for column in 0..N {
        let pivot =
            (column..N).max_by(|i, j| moments[*i][column].abs().total_cmp(&moments[*j][column].abs()))?;
        // Points that determine the fit leave more than rounding.
        if moments[pivot][column].abs() <= 1e-12 * scale {
            return None;
        }
        moments.swap(column, pivot);
        solution.swap(column, pivot);
        for row in column + 1..N {
            let above = moments[column];
            let factor = moments[row][column] / above[column];
            moments[row].iter_mut().zip(above).for_each(|(moment, above)| *moment -= factor * above);
            solution[row] -= factor * solution[column];
        }
    }
    for row in (0..N).rev() {
        for k in row + 1..N {
            solution[row] -= moments[row][k] * solution[k];
        }
        solution[row] /= moments[row][row];
    }
    Some(solution)
}
