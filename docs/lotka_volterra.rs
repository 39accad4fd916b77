#[ode]
/// Lotka-Volterra predator-prey dynamics.
fn lotka_volterra(du: &mut [f64; 2], u: &[f64; 2], p: &[f64; 4], _t: f64) {
    let [x, y] = *u;
    let [alpha, beta, delta, gamma] = *p;
    du[0] = alpha * x - beta * x * y;
    du[1] = -delta * y + gamma * x * y;
}
