//! Sums of products, and taking out what their terms share.

use crate::ir::Value;

/// `coefficient * factors / divisors`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Term {
    pub coefficient: f64,
    pub factors: Vec<Factor>,
    pub divisors: Vec<Value>,
}

#[derive(Debug, Clone, PartialEq)]
pub(super) enum Factor {
    Value(Value),
    Sum(Vec<Term>),
}

/// What terms may share.
#[derive(Clone, Copy, PartialEq)]
enum Common {
    Factor(Value),
    Divisor(Value),
}

/// A division in units of an addition or a product.
pub(super) const DIVISION: usize = 8;

/// Longer sums are not multiplied out.
const LONG: usize = 12;

impl Term {
    pub fn value(v: Value) -> Self {
        Term { coefficient: 1.0, factors: vec![Factor::Value(v)], divisors: vec![] }
    }

    pub fn constant(coefficient: f64) -> Self {
        Term { coefficient, factors: vec![], divisors: vec![] }
    }

    pub fn times(mut self, other: Term) -> Self {
        self.coefficient *= other.coefficient;
        self.factors.extend(other.factors);
        self.divisors.extend(other.divisors);
        self
    }

    /// A sum as a single term.
    pub fn of(terms: Vec<Term>) -> Self {
        let mut terms = without_likes(terms);
        match terms.len() {
            1 => terms.remove(0),
            _ => Term { coefficient: 1.0, factors: vec![Factor::Sum(terms)], divisors: vec![] },
        }
    }

    /// `x / sqrt(x) = sqrt(x)`, given what a square root is taken of.
    pub fn cancel_roots(&mut self, radicand: impl Fn(Value) -> Option<Value>) {
        for i in (0..self.divisors.len()).rev() {
            let root = self.divisors[i];
            let Some(x) = radicand(root) else { continue };
            if let Some(at) = self.factors.iter().position(|f| *f == Factor::Value(x)) {
                self.factors[at] = Factor::Value(root);
                self.divisors.remove(i);
            }
        }
    }

    fn shares(&self, common: Common) -> bool {
        match common {
            Common::Factor(v) => self.factors.contains(&Factor::Value(v)),
            Common::Divisor(v) => self.divisors.contains(&v),
        }
    }

    fn without(mut self, common: Common) -> Self {
        match common {
            Common::Factor(v) => {
                if let Some(at) = self.factors.iter().position(|f| *f == Factor::Value(v)) {
                    self.factors.remove(at);
                }
            }
            Common::Divisor(v) => {
                if let Some(at) = self.divisors.iter().position(|d| *d == v) {
                    self.divisors.remove(at);
                }
            }
        }
        self
    }

    fn commons(&self) -> impl Iterator<Item = Common> + '_ {
        let factors = self.factors.iter().filter_map(|factor| match factor {
            Factor::Value(v) => Some(Common::Factor(*v)),
            Factor::Sum(_) => None,
        });
        factors.chain(self.divisors.iter().map(|v| Common::Divisor(*v)))
    }

    /// The same product but for the coefficient.
    fn is_like(&self, other: &Term) -> bool {
        let same = |a: &[Factor], b: &[Factor]| {
            let count = |list: &[Factor], f: &Factor| list.iter().filter(|g| *g == f).count();
            a.len() == b.len() && a.iter().all(|f| count(a, f) == count(b, f))
        };
        let divisors = |term: &Term| term.divisors.iter().map(|v| Factor::Value(*v)).collect::<Vec<_>>();
        same(&self.factors, &other.factors) && same(&divisors(self), &divisors(other))
    }

    fn cost(&self) -> usize {
        let nested: usize =
            self.factors.iter().map(|f| if let Factor::Sum(s) = f { cost(s) } else { 0 }).sum();
        let scaled = self.coefficient.abs() != 1.0 && !self.factors.is_empty();
        let products = (self.factors.len() + usize::from(scaled)).saturating_sub(1);
        nested + products + DIVISION * self.divisors.len()
    }
}

/// The operations of a sum.
pub(super) fn cost(terms: &[Term]) -> usize {
    terms.iter().map(Term::cost).sum::<usize>() + terms.len().saturating_sub(1)
}

/// The sum with like terms added up and shared factors taken out, the most shared first.
pub(super) fn grouped(terms: Vec<Term>) -> Vec<Term> {
    let mut terms = without_likes(terms);
    while let Some(common) = most_shared(&terms) {
        let at = terms.iter().position(|term| term.shares(common)).unwrap_or(0);
        let (sharing, mut rest): (Vec<_>, Vec<_>) = terms.into_iter().partition(|term| term.shares(common));
        let inner = sharing.into_iter().map(|term| term.without(common)).collect();
        let mut product = match common {
            Common::Factor(v) => Term::value(v),
            Common::Divisor(v) => Term { divisors: vec![v], ..Term::constant(1.0) },
        };
        product = product.times(Term::of(scaled(grouped(inner))));
        rest.insert(at, product);
        terms = rest;
    }
    for term in &mut terms {
        for factor in &mut term.factors {
            if let Factor::Sum(sum) = factor {
                *sum = grouped(std::mem::take(sum));
            }
        }
    }
    scaled(terms)
}

/// Whether all coefficients are numbers for every scalar: merged ones can be where no written one was.
pub(super) fn are_moderate(terms: &[Term]) -> bool {
    terms.iter().all(|term| {
        let size = term.coefficient.abs();
        let inner = |factor: &Factor| match factor {
            Factor::Sum(sum) => are_moderate(sum),
            Factor::Value(_) => true,
        };
        (size == 0.0 || (1e-30..=1e30).contains(&size)) && term.factors.iter().all(inner)
    })
}

/// Sums of products within products multiplied out; `None` where there are none, or the sum would become long.
///
/// Other sums stay: in `w (x - y)` nothing is lost where `x` and `y` are close, in `w x - w y` much. Products are
/// rounded already.
pub(super) fn expanded(terms: Vec<Term>) -> Option<Vec<Term>> {
    let rounded = |term: &Term| term.factors.len() + term.divisors.len() > 1;
    let is_sum = |factor: &Factor| matches!(factor, Factor::Sum(sum) if sum.iter().all(rounded));
    if !terms.iter().any(|term| term.factors.iter().any(is_sum)) {
        return None;
    }
    let mut sum = Vec::new();
    for mut term in terms {
        match term.factors.iter().position(is_sum) {
            Some(at) => {
                let Factor::Sum(inner) = term.factors.remove(at) else { continue };
                sum.extend(inner.into_iter().map(|inner| term.clone().times(inner)));
            }
            None => sum.push(term),
        }
        if sum.len() > LONG {
            return None;
        }
    }
    expanded(sum.clone()).or(Some(sum))
}

fn without_likes(terms: Vec<Term>) -> Vec<Term> {
    let mut sum: Vec<Term> = Vec::new();
    for term in terms {
        // What cancels stays: it is not zero for every number.
        match sum.iter_mut().find(|other| other.is_like(&term) && other.coefficient + term.coefficient != 0.0)
        {
            Some(other) => other.coefficient += term.coefficient,
            None => sum.push(term),
        }
    }
    sum
}

/// The first of those that most terms share; `None` where no two do.
fn most_shared(terms: &[Term]) -> Option<Common> {
    let mut best = None;
    for common in terms.iter().flat_map(Term::commons) {
        let count = terms.iter().filter(|term| term.shares(common)).count();
        if count > best.map_or(1, |(_, most)| most) {
            best = Some((common, count));
        }
    }
    best.map(|(common, _)| common)
}

/// Takes out a coefficient that all terms share, or the sign of a sum of negative ones.
fn scaled(mut terms: Vec<Term>) -> Vec<Term> {
    let Some(first) = terms.first().map(|term| term.coefficient) else { return terms };
    let size = first.abs();
    let shared = terms.len() > 1 && terms.iter().all(|term| term.coefficient.abs() == size);
    let negative = terms.iter().all(|term| term.coefficient < 0.0);
    // Nothing comes of dividing by zero, which a cotangent that is zero by rule leaves behind.
    if !shared || size == 0.0 || !size.is_finite() || (size == 1.0 && !negative) {
        return terms;
    }
    let coefficient = if negative { -size } else { size };
    for term in &mut terms {
        term.coefficient /= coefficient;
    }
    vec![Term { coefficient, factors: vec![Factor::Sum(terms)], divisors: vec![] }]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_values_are_not_multiplied_out() {
        let value = |v: usize| Term::value(Value(v));
        let minus = |term: Term| Term { coefficient: -1.0, ..term };
        let product = |a: usize, b: usize| value(a).times(value(b));
        let times = |sum: Vec<Term>| vec![value(0).times(Term::of(sum))];
        assert!(expanded(times(vec![value(1), minus(value(2))])).is_none());
        let products = expanded(times(vec![product(1, 2), minus(product(3, 4))])).expect("rounded terms");
        assert_eq!(products, vec![value(0).times(product(1, 2)), minus(value(0).times(product(3, 4)))]);
    }

    #[test]
    fn zeros_stay_zeros() {
        let zero = |v: usize| Term { coefficient: 0.0, ..Term::value(Value(v)) };
        for terms in [vec![zero(0), zero(1)], vec![zero(0), zero(0)]] {
            let sum = grouped(vec![Term::value(Value(2)).times(Term::of(terms))]);
            assert!(!format!("{sum:?}").contains("NaN"), "{sum:?}");
        }
    }
}
