use diffeq::ode;

struct Model;

impl Model {
    #[ode]
    fn model(&self, du: &mut f64, u: &f64) {
        *du = -u;
    }
}

fn main() {}
