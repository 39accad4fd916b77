//! What was computed once for a path.

use diffeq_runtime::noise::Brownian;

/// A function of paths that is computed once for each.
pub fn remembered<const N: usize>(exact: impl Fn(&Brownian) -> [f64; N]) -> impl Fn(&Brownian) -> [f64; N] {
    let known = std::cell::RefCell::new(Vec::<(Brownian, [f64; N])>::new());
    move |path| {
        let found = known.borrow().iter().find(|(other, _)| other == path).map(|(_, end)| *end);
        found.unwrap_or_else(|| {
            let end = exact(path);
            known.borrow_mut().push((*path, end));
            end
        })
    }
}
