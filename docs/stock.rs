/// The price of a stock, and the level of its noise, which goes its own way.
#[sde]
fn stock(du: &mut [f64; 2], noise: &mut [f64; 2], u: &[f64; 2], p: &[f64; 3]) {
    let [price, level] = *u;
    let [growth, pull, spread] = *p;
    du[0] = growth * price;
    du[1] = pull * (1.0 - level);
    noise[0] = 0.2 * price;
    noise[1] = spread * level.sqrt();
}
