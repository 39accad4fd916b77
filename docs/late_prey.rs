/// Prey and predators, where prey are born of those that were there a delay before.
#[dde]
fn late_prey(du: &mut [f64; 2], u: &[f64; 2], h: &impl History<[f64; 2]>, p: &[f64; 3], t: f64) {
    let [prey, predators] = *u;
    let [birth, death, delay] = *p;
    du[0] = birth * h(t - delay)[0] - prey * predators;
    du[1] = prey * predators - death * predators;
}
