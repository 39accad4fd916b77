use diffeq::Components;

#[derive(Components)]
struct Pair(f64, f64);

#[derive(Components)]
enum Mode {
    Fast,
    Slow,
}

fn main() {
    let _ = Pair(1.0, 2.0).0 + Pair(1.0, 2.0).1;
    let _ = (Mode::Fast, Mode::Slow);
}
