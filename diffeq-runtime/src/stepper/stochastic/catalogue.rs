//! All stochastic methods with their orders and what they are for, as data: what documents say of them is made of it.

use crate::problem::Classes;
use crate::stepper::Scheme;
use crate::stepper::stochastic::all_srk_methods;
use crate::stepper::stochastic::methods::Orders;
use crate::stepper::stochastic::methods::StochasticScheme;
use crate::stepper::*;

/// What is known of a stochastic method.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StochasticFacts {
    /// What a program calls it.
    pub name: &'static str,
    /// Its orders with noise.
    pub orders: Orders,
    /// The names of the classes of noise that it is for where the integral is Ito's, and where it is that of Stratonovich.
    pub ito: &'static [&'static str],
    /// The same for the integral of Stratonovich.
    pub stratonovich: &'static [&'static str],
    /// Whether its steps may be of adaptive size.
    pub is_adaptive: bool,
    /// Author, year, journal.
    pub reference: &'static str,
}

impl StochasticFacts {
    const fn of<X: StochasticScheme + Classes>(name: &'static str) -> Self {
        Self {
            name,
            orders: X::ORDERS,
            ito: X::ITO,
            stratonovich: X::STRATONOVICH,
            is_adaptive: <X as Scheme>::CONTROL_EXPONENT.is_some(),
            reference: <X as Scheme>::REFERENCE,
        }
    }

    /// The classes it is for where the integral is Ito's, or else that of Stratonovich.
    pub fn classes(&self, is_ito: bool) -> &'static [&'static str] {
        if is_ito { self.ito } else { self.stratonovich }
    }

    /// Its strong order with noise of this class; `None` where it is not for it.
    pub fn strong(&self, class: &str) -> Option<f64> {
        let is_for = self.ito.iter().chain(self.stratonovich).any(|name| *name == class);
        let Orders { strong, commutative, additive, .. } = self.orders;
        let order = match class {
            "additive" => additive,
            "general" => strong,
            _ => commutative,
        };
        is_for.then_some(order)
    }
}

macro_rules! catalogue {
    ($($method:ident $tableau:ident $bound:ident ($($order:literal),*)
        ito $($ito:ident)*; stratonovich $($stratonovich:ident)*,)*) => {
        /// All stochastic methods.
        pub const STOCHASTIC_METHODS: &[StochasticFacts] = &[
            $(StochasticFacts::of::<$method>(stringify!($method)),)*
            StochasticFacts::of::<TamedEuler>("TamedEuler"),
            StochasticFacts::of::<Milstein>("Milstein"),
            StochasticFacts::of::<DRI1>("DRI1"),
            StochasticFacts::of::<RI6>("RI6"),
            StochasticFacts::of::<ReversibleHeun>("ReversibleHeun"),
        ];
    };
}

all_srk_methods!(catalogue);

/// Halves as books print them.
fn order_text(order: Option<f64>) -> String {
    order.map_or_else(String::new, |order| {
        let twice = (2.0 * order).round() as u32;
        if twice.is_multiple_of(2) { format!("{}", twice / 2) } else { format!("{twice}/2") }
    })
}

/// The table of all stochastic methods in Markdown, a line for each: which integral it is for, its strong orders by class of noise (empty
/// where it is not for it), its weak order, whether steps are adaptive, the source.
pub fn stochastic_table() -> String {
    let mut methods: Vec<&StochasticFacts> = STOCHASTIC_METHODS.iter().collect();
    // Those for both integrals first, then Ito's, then Stratonovich's; the widest classes first.
    let kind = |facts: &StochasticFacts| match (facts.ito.len() > 1, facts.stratonovich.len() > 1) {
        (true, true) => (0, "both"),
        (true, false) => (1, "Ito"),
        (false, true) => (2, "Stratonovich"),
        (false, false) => (3, "both"),
    };
    methods.sort_by_key(|facts| (kind(facts).0, usize::MAX - facts.ito.len().max(facts.stratonovich.len())));
    let mut table = String::from(
        "| method | integral | general | commutative | diagonal, scalar | additive | weak | steps | source |\n\
         | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n",
    );
    for facts in methods {
        let strong = ["general", "commutative", "diagonal", "additive"].map(|class| order_text(facts.strong(class)));
        let steps = if facts.is_adaptive { "adaptive" } else { "fixed" };
        table += &format!(
            "| `{}` | {} | {} | {} | {steps} | {} |\n",
            facts.name,
            kind(facts).1,
            strong.join(" | "),
            order_text(Some(facts.orders.weak)),
            facts.reference
        );
    }
    table
}
