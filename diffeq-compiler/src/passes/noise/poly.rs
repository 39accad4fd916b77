//! Polynomials with rational coefficients in numbered atoms; exponents may be negative.

use std::collections::BTreeMap;

/// More terms than this are no longer looked at.
const MOST_TERMS: usize = 200;

/// An atom, by its number.
pub type AtomId = usize;

/// Powers of atoms, in the order of their numbers; no exponent is zero.
pub type Monomial = Vec<(AtomId, i32)>;

/// A rational number in lowest terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Ratio(pub i128, pub i128);

impl Ratio {
    /// One.
    pub const ONE: Ratio = Ratio(1, 1);

    /// `n / d`; nothing where that is no number, or too large.
    pub fn of(mut n: i128, mut d: i128) -> Option<Ratio> {
        let (mut a, mut b) = (n.unsigned_abs(), d.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let common = i128::try_from(a).ok().filter(|a| *a != 0)?;
        (n, d) = (n / common, d / common);
        if d < 0 {
            (n, d) = (n.checked_neg()?, d.checked_neg()?);
        }
        (d != 0).then_some(Ratio(n, d))
    }

    fn add(self, other: Ratio) -> Option<Ratio> {
        let n = self.0.checked_mul(other.1)?.checked_add(other.0.checked_mul(self.1)?)?;
        Ratio::of(n, self.1.checked_mul(other.1)?)
    }

    /// The product.
    pub fn times(self, other: Ratio) -> Option<Ratio> {
        Ratio::of(self.0.checked_mul(other.0)?, self.1.checked_mul(other.1)?)
    }
}

/// A sum of products. What is computed with it is nothing where it becomes too large.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Poly(BTreeMap<Monomial, Ratio>);

impl Poly {
    /// One product.
    pub fn term(monomial: Monomial, factor: Ratio) -> Poly {
        Poly(if factor.0 == 0 { BTreeMap::new() } else { BTreeMap::from([(monomial, factor)]) })
    }

    /// An integer.
    pub fn int(n: i128) -> Poly {
        Poly::term(Vec::new(), Ratio(n, 1))
    }

    /// An atom.
    pub fn atom(id: AtomId) -> Poly {
        Poly::term(vec![(id, 1)], Ratio::ONE)
    }

    /// Whether it is zero as it stands.
    pub fn is_zero(&self) -> bool {
        self.0.is_empty()
    }

    /// Its products.
    pub fn terms(&self) -> impl Iterator<Item = (&Monomial, &Ratio)> {
        self.0.iter()
    }

    /// Its only product, where there is one.
    pub fn only_term(&self) -> Option<(&Monomial, &Ratio)> {
        self.0.iter().next().filter(|_| self.0.len() == 1)
    }

    /// The atoms that occur.
    pub fn atoms(&self) -> impl Iterator<Item = AtomId> + '_ {
        self.0.keys().flatten().map(|(atom, _)| *atom)
    }

    fn increase(&mut self, monomial: Monomial, factor: Ratio) -> Option<()> {
        let total = match self.0.get(&monomial) {
            Some(known) => known.add(factor)?,
            None => factor,
        };
        if total.0 == 0 {
            _ = self.0.remove(&monomial)
        } else {
            _ = self.0.insert(monomial, total)
        }
        (self.0.len() <= MOST_TERMS).then_some(())
    }

    /// The sum.
    pub fn add(&self, other: &Poly) -> Option<Poly> {
        let mut sum = self.clone();
        for (monomial, factor) in &other.0 {
            sum.increase(monomial.clone(), *factor)?;
        }
        Some(sum)
    }

    /// The product.
    pub fn mul(&self, other: &Poly) -> Option<Poly> {
        let mut product = Poly::default();
        for (a, factor) in &self.0 {
            for (b, with) in &other.0 {
                product.increase(joined(a, b)?, factor.times(*with)?)?;
            }
        }
        Some(product)
    }

    /// The negative.
    pub fn neg(&self) -> Option<Poly> {
        self.mul(&Poly::int(-1))
    }

    /// The difference.
    pub fn sub(&self, other: &Poly) -> Option<Poly> {
        self.add(&other.neg()?)
    }
}

/// The product of two monomials.
pub fn joined(a: &Monomial, b: &Monomial) -> Option<Monomial> {
    let mut powers: BTreeMap<AtomId, i32> = a.iter().copied().collect();
    for (atom, exponent) in b {
        let power = powers.entry(*atom).or_default();
        *power = power.checked_add(*exponent)?;
    }
    Some(powers.into_iter().filter(|(_, exponent)| *exponent != 0).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn squares_of_sums() {
        let (x, y) = (Poly::atom(0), Poly::atom(1));
        let sum = x.add(&y).unwrap();
        let square = sum.mul(&sum).unwrap();
        let apart = x.mul(&x).unwrap().add(&y.mul(&y).unwrap()).unwrap();
        let cross = square.sub(&apart).unwrap();
        assert_eq!(cross, x.mul(&y).unwrap().mul(&Poly::int(2)).unwrap());
        assert!(cross.sub(&cross).unwrap().is_zero());
    }

    #[test]
    fn what_is_too_large_is_nothing() {
        let mut power = Poly::atom(0);
        let last = (0..40).find(|_| match power.mul(&power) {
            Some(square) => {
                power = square;
                false
            }
            None => true,
        });
        assert_eq!(last, Some(30));
        assert_eq!(Ratio(i128::MAX, 1).times(Ratio(2, 1)), None);
        assert_eq!(Ratio::of(0, 5), Some(Ratio(0, 1)));
        assert_eq!(Ratio::of(1, 0), None);
    }
}
