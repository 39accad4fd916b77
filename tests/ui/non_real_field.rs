use diffeq::Components;

#[derive(Components)]
struct Rates {
    growth: f64,
    cells: usize,
    name: String,
}

fn main() {}
