use diffeq::Components;

#[derive(Components)]
struct Rates<T> {
    growth: T,
}

fn main() {}
