//! Exact algebra on what a program computes: polynomials in atoms that stand for something.
//!
//! An atom is a component of the state, something that does not depend on the state, or a function of polynomials. Exponents
//! may be negative, so that quotients are products. Two polynomials that are equal are equal whatever the atoms stand for; the
//! converse need not hold, so that "zero" is a proof and "not zero" is none, unless nothing but independent atoms occurs.

use rustc_hash::FxHashMap as HashMap;
use std::collections::BTreeMap;
use std::collections::BTreeSet;

use super::field;
use super::poly::AtomId;
use super::poly::Monomial;
use super::poly::Poly;
use super::poly::Ratio;
use super::poly::joined;
use crate::ir::CmpOp;
use crate::rules::Expr;
use crate::rules::Prim;

/// A segment of the way to a component.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Segment {
    /// `[i]`
    Index(i128),
    /// `.name`
    Field(String),
}

/// The way to a component.
pub type Path = Vec<Segment>;

/// A component as it is written.
pub fn written(name: &str, path: &[Segment]) -> String {
    let mut text = name.to_string();
    for segment in path {
        match segment {
            Segment::Index(i) => text.push_str(&format!("[{i}]")),
            Segment::Field(field) => text.push_str(&format!(".{field}")),
        }
    }
    text
}

/// So many conditions are taken apart.
const MOST_CHOICES: usize = 6;

/// A condition, by its number.
pub type CondId = usize;

/// What polynomials are made of.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Atom {
    /// A component of the state.
    State(Path),
    /// A parameter or the time, which may be anything.
    Free(String),
    /// A number that is not a short fraction, by its bits.
    Number(u64),
    /// A constant, or a whole number that is not known: one value, of which nothing is known here.
    Fixed(String),
    /// An elementary function.
    Apply(Prim, Vec<Poly>),
    /// A sum in a denominator.
    Sum(Poly),
    /// `if condition { a } else { b }`
    Choice(CondId, Poly, Poly),
    /// A part of what a function returns of which nothing is known, or its derivative by some arguments, by their numbers.
    Call {
        /// The function, and what else it is given.
        key: String,
        /// The arguments that are reals.
        slots: Vec<Poly>,
        /// Which part.
        part: Path,
        /// By which arguments it is derived.
        by: Vec<usize>,
    },
}

/// A condition that is not known.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Cond {
    /// A comparison.
    Cmp(CmpOp, Poly, Poly),
    /// A predicate.
    Test(&'static str, Poly),
    /// Made of others.
    Of(&'static str, Vec<CondId>),
    /// Of these reals, in some way; of the same name and the same reals it is the same.
    Free(String, Vec<Poly>),
}

/// The atoms and conditions that occur.
#[derive(Debug, Default)]
pub struct Symbols {
    atoms: Vec<Atom>,
    numbers: HashMap<Atom, AtomId>,
    conds: Vec<Cond>,
    cond_numbers: HashMap<Cond, CondId>,
    // what was found of atoms, since these occur in one another many times
    dependencies: HashMap<AtomId, BTreeSet<Path>>,
    derivatives: HashMap<(AtomId, Path), Option<Poly>>,
    mentioned: HashMap<AtomId, BTreeSet<CondId>>,
    assumed: HashMap<(AtomId, CondId, bool), Option<Poly>>,
}

impl Symbols {
    /// An atom as a polynomial.
    pub fn atom(&mut self, atom: Atom) -> Poly {
        let next = self.atoms.len();
        let id = *self.numbers.entry(atom.clone()).or_insert(next);
        if id == next {
            self.atoms.push(atom);
        }
        Poly::atom(id)
    }

    /// A condition.
    pub fn cond(&mut self, cond: Cond) -> CondId {
        let next = self.conds.len();
        let id = *self.cond_numbers.entry(cond.clone()).or_insert(next);
        if id == next {
            self.conds.push(cond);
        }
        id
    }

    /// A number as it is: exact where it is a short fraction.
    pub fn literal(&mut self, x: f64) -> Poly {
        let scaled = x * f64::from(1 << 20);
        // beyond 2^40 a product of three would leave the integers
        if scaled.fract() == 0.0
            && scaled.abs() < (1_u64 << 40) as f64
            && let Some(ratio) = Ratio::of(scaled as i128, 1 << 20)
        {
            return Poly::term(Vec::new(), ratio);
        }
        self.atom(Atom::Number(x.to_bits()))
    }

    /// An elementary function of polynomials.
    pub fn apply(&mut self, prim: Prim, args: Vec<Poly>) -> Option<Poly> {
        match (prim, args.as_slice()) {
            (Prim::Add, [a, b]) => a.add(b),
            (Prim::Sub, [a, b]) => a.sub(b),
            (Prim::Neg, [a]) => a.neg(),
            (Prim::Mul, [a, b]) => a.mul(b),
            (Prim::MulAdd, [a, b, c]) => a.mul(b)?.add(c),
            (Prim::Recip, [a]) => self.power(a, -1),
            (Prim::Div, [a, b]) => a.mul(&self.power(b, -1)?),
            _ => Some(self.atom(Atom::Apply(prim, args))),
        }
    }

    /// A power with an integer exponent.
    pub fn power(&mut self, x: &Poly, n: i32) -> Option<Poly> {
        if n == 0 {
            return Some(Poly::int(1));
        }
        if let Some((monomial, factor)) = x.only_term() {
            let mut coefficient = Ratio::ONE;
            let base = if n > 0 { *factor } else { Ratio::of(factor.1, factor.0)? };
            for _ in 0..n.unsigned_abs().min(64) {
                coefficient = coefficient.times(base)?;
            }
            let raised: Option<Monomial> =
                monomial.iter().map(|(atom, e)| Some((*atom, e.checked_mul(n)?))).collect();
            return (n.unsigned_abs() <= 64)
                .then_some(())
                .and(raised)
                .map(|raised| Poly::term(raised, coefficient));
        }
        if x.is_zero() {
            return (n > 0).then(Poly::default);
        }
        if (1..=3).contains(&n) {
            return (1..n).try_fold(x.clone(), |power, _| power.mul(x));
        }
        let sum = self.atom(Atom::Sum(x.clone()));
        self.power(&sum, n)
    }

    /// `if condition { a } else { b }`
    pub fn choice(&mut self, cond: CondId, a: &Poly, b: &Poly) -> Option<Poly> {
        let (a, b) = (self.assume(a, cond, true)?, self.assume(b, cond, false)?);
        Some(if a == b { a } else { self.atom(Atom::Choice(cond, a, b)) })
    }

    /// A polynomial where a condition is known.
    pub fn assume(&mut self, p: &Poly, cond: CondId, holds: bool) -> Option<Poly> {
        if !p.atoms().any(|atom| self.conditions(atom).contains(&cond)) {
            return Some(p.clone());
        }
        let mut sum = Poly::default();
        for (monomial, factor) in p.terms() {
            let mut product = Poly::term(Vec::new(), *factor);
            for (atom, exponent) in monomial {
                let known = self.assume_in(*atom, cond, holds)?;
                product = product.mul(&self.power(&known, *exponent)?)?;
            }
            sum = sum.add(&product)?;
        }
        Some(sum)
    }

    /// The conditions by which something in an atom is chosen.
    fn conditions(&mut self, atom: AtomId) -> BTreeSet<CondId> {
        if let Some(known) = self.mentioned.get(&atom) {
            return known.clone();
        }
        let (own, inner) = match &self.atoms[atom] {
            Atom::State(_) | Atom::Free(_) | Atom::Number(_) | Atom::Fixed(_) => (None, Vec::new()),
            Atom::Apply(_, args) | Atom::Call { slots: args, .. } => (None, args.clone()),
            Atom::Sum(p) => (None, vec![p.clone()]),
            Atom::Choice(cond, a, b) => (Some(*cond), vec![a.clone(), b.clone()]),
        };
        let mut found: BTreeSet<CondId> = own.into_iter().collect();
        for atom in inner.iter().flat_map(Poly::atoms).collect::<BTreeSet<_>>() {
            found.extend(self.conditions(atom));
        }
        self.mentioned.insert(atom, found.clone());
        found
    }

    fn assume_in(&mut self, atom: AtomId, cond: CondId, holds: bool) -> Option<Poly> {
        if let Some(known) = self.assumed.get(&(atom, cond, holds)) {
            return known.clone();
        }
        let known = self.assumed_in(atom, cond, holds);
        self.assumed.insert((atom, cond, holds), known.clone());
        known
    }

    fn assumed_in(&mut self, atom: AtomId, cond: CondId, holds: bool) -> Option<Poly> {
        if !self.conditions(atom).contains(&cond) {
            return Some(Poly::atom(atom));
        }
        match self.atoms[atom].clone() {
            Atom::Choice(c, a, b) if c == cond => self.assume(if holds { &a } else { &b }, cond, holds),
            Atom::Choice(c, a, b) => {
                let (a, b) = (self.assume(&a, cond, holds)?, self.assume(&b, cond, holds)?);
                Some(if a == b { a } else { self.atom(Atom::Choice(c, a, b)) })
            }
            Atom::Apply(prim, args) => {
                let args: Option<Vec<Poly>> = args.iter().map(|arg| self.assume(arg, cond, holds)).collect();
                self.apply(prim, args?)
            }
            Atom::Call { key, slots, part, by } => {
                let slots: Option<Vec<Poly>> =
                    slots.iter().map(|arg| self.assume(arg, cond, holds)).collect();
                Some(self.atom(Atom::Call { key, slots: slots?, part, by }))
            }
            Atom::Sum(p) => self.assume(&p, cond, holds),
            other => Some(self.atom(other)),
        }
    }

    /// On which components of the state a polynomial depends, conditions included.
    pub fn dependencies(&mut self, p: &Poly) -> BTreeSet<Path> {
        let atoms: BTreeSet<AtomId> = p.atoms().collect();
        atoms.into_iter().flat_map(|atom| self.dependencies_of(atom)).collect()
    }

    fn dependencies_of(&mut self, atom: AtomId) -> BTreeSet<Path> {
        if let Some(known) = self.dependencies.get(&atom) {
            return known.clone();
        }
        let found = match self.atoms[atom].clone() {
            Atom::State(path) => BTreeSet::from([path]),
            Atom::Free(_) | Atom::Number(_) | Atom::Fixed(_) => BTreeSet::new(),
            Atom::Apply(_, args) | Atom::Call { slots: args, .. } => {
                args.iter().flat_map(|arg| self.dependencies(arg)).collect()
            }
            Atom::Sum(p) => self.dependencies(&p),
            Atom::Choice(cond, a, b) => {
                let mut all = self.dependencies_of_cond(cond);
                all.extend(self.dependencies(&a));
                all.extend(self.dependencies(&b));
                all
            }
        };
        self.dependencies.insert(atom, found.clone());
        found
    }

    /// On which components of the state a condition depends.
    pub fn dependencies_of_cond(&mut self, cond: CondId) -> BTreeSet<Path> {
        match self.conds[cond].clone() {
            Cond::Cmp(_, a, b) => &self.dependencies(&a) | &self.dependencies(&b),
            Cond::Test(_, a) => self.dependencies(&a),
            Cond::Of(_, parts) => {
                parts.into_iter().flat_map(|part| self.dependencies_of_cond(part)).collect()
            }
            Cond::Free(_, reals) => reals.iter().flat_map(|real| self.dependencies(real)).collect(),
        }
    }

    /// The derivative by a component of the state, where there is one.
    pub fn derivative(&mut self, p: &Poly, by: &Path) -> Option<Poly> {
        let mut sum = Poly::default();
        for (monomial, factor) in p.terms() {
            for (n, (atom, exponent)) in monomial.iter().enumerate() {
                let inner = self.derivative_of(*atom, by)?;
                if inner.is_zero() {
                    continue;
                }
                let mut rest = monomial.clone();
                rest[n].1 = exponent - 1;
                rest.retain(|(_, exponent)| *exponent != 0);
                let factor = factor.times(Ratio(i128::from(*exponent), 1))?;
                sum = sum.add(&Poly::term(rest, factor).mul(&inner)?)?;
            }
        }
        Some(sum)
    }

    fn derivative_of(&mut self, atom: AtomId, by: &Path) -> Option<Poly> {
        if !self.dependencies_of(atom).contains(by) {
            return Some(Poly::default());
        }
        let key = (atom, by.clone());
        if let Some(known) = self.derivatives.get(&key) {
            return known.clone();
        }
        // too long to be written out it is still the same wherever it occurs
        let found = self.derived(atom, by).or_else(|| {
            let name = written(&format!("slope of {atom} by u"), by);
            Some(self.atom(Atom::Fixed(name)))
        });
        self.derivatives.insert(key, found.clone());
        found
    }

    fn derived(&mut self, atom: AtomId, by: &Path) -> Option<Poly> {
        match self.atoms[atom].clone() {
            Atom::State(_) => Some(Poly::int(1)),
            Atom::Free(_) | Atom::Number(_) | Atom::Fixed(_) => Some(Poly::default()),
            Atom::Sum(p) => self.derivative(&p, by),
            Atom::Choice(cond, a, b) => {
                let (a, b) = (self.derivative(&a, by)?, self.derivative(&b, by)?);
                let chosen = self.choice(cond, &a, &b)?;
                match self.dependencies_of_cond(cond).contains(by) {
                    true => chosen.add(&self.jump(atom, by)),
                    false => Some(chosen),
                }
            }
            Atom::Apply(prim, args) => {
                let value = Poly::atom(atom);
                let mut sum = Poly::default();
                for (arg, partial) in args.iter().zip(prim.partials()) {
                    let moves = self.dependencies(arg).contains(by);
                    if moves && (partial.is_none() || prim == Prim::Rem) {
                        sum = sum.add(&self.jump(atom, by))?;
                    }
                    let (Some(partial), inner) = (partial, self.derivative(arg, by)?) else { continue };
                    if !inner.is_zero() {
                        sum = sum.add(&self.rule(&partial, &args, &value)?.mul(&inner)?)?;
                    }
                }
                Some(sum)
            }
            Atom::Call { key, slots, part, by: taken } => {
                let mut sum = Poly::default();
                for (n, slot) in slots.iter().enumerate() {
                    let inner = self.derivative(slot, by)?;
                    if inner.is_zero() {
                        continue;
                    }
                    let mut taken = taken.clone();
                    taken.push(n);
                    taken.sort_unstable();
                    let (key, slots, part) = (key.clone(), slots.clone(), part.clone());
                    let partial = self.atom(Atom::Call { key, slots, part, by: taken });
                    sum = sum.add(&partial.mul(&inner)?)?;
                }
                Some(sum)
            }
        }
    }

    /// What the derivative of something that may jump has beside its slopes: nothing is known of it but that it is the same
    /// wherever it occurs.
    fn jump(&mut self, atom: AtomId, by: &Path) -> Poly {
        self.atom(Atom::Fixed(written(&format!("jump of {atom} by u"), by)))
    }

    /// An expression of the table of rules.
    fn rule(&mut self, expr: &Expr, args: &[Poly], value: &Poly) -> Option<Poly> {
        match expr {
            Expr::Arg(n) => args.get(*n).cloned(),
            Expr::Result => Some(value.clone()),
            Expr::Const(x) => Some(self.literal(*x)),
            Expr::Prim(prim, inner) => {
                let inner: Option<Vec<Poly>> = inner.iter().map(|e| self.rule(e, args, value)).collect();
                self.apply(*prim, inner?)
            }
            Expr::IfGe(parts) | Expr::IfEq(parts) => {
                let cmp = if matches!(expr, Expr::IfGe(_)) { CmpOp::Ge } else { CmpOp::Eq };
                let [left, right, then, otherwise] = &**parts;
                let (left, right) = (self.rule(left, args, value)?, self.rule(right, args, value)?);
                let cond = self.cond(Cond::Cmp(cmp, left, right));
                let (a, b) = (self.rule(then, args, value)?, self.rule(otherwise, args, value)?);
                self.choice(cond, &a, &b)
            }
        }
    }

    /// Whether it is proved that a polynomial is zero.
    pub fn proves_zero(&mut self, p: &Poly) -> bool {
        self.zero_within(p, MOST_CHOICES).unwrap_or(false)
    }

    fn zero_within(&mut self, p: &Poly, choices: usize) -> Option<bool> {
        let p = self.cleared(p)?;
        if p.is_zero() {
            return Some(true);
        }
        let Some(cond) =
            p.atoms().find_map(|atom| self.conditions(atom).first().copied()).filter(|_| choices > 0)
        else {
            return Some(false);
        };
        for holds in [true, false] {
            let known = self.assume(&p, cond, holds)?;
            if !self.zero_within(&known, choices - 1)? {
                return Some(false);
            }
        }
        Some(true)
    }

    /// Whether it is proved that a polynomial is not zero: nothing occurs in it but what may be anything and numbers, and
    /// what stands before some product of the former is not zero. That is computed modulo a prime, where all numbers are exact:
    /// what is not zero there is not zero.
    pub fn proves_not_zero(&mut self, p: &Poly) -> bool {
        let Some(p) = self.cleared(p) else { return false };
        let mut factors: BTreeMap<Monomial, u64> = BTreeMap::new();
        for (monomial, Ratio(n, d)) in p.terms() {
            let mut factor = field::product(field::of_int(*n), field::inverse(field::of_int(*d)));
            let mut free = Monomial::new();
            for (atom, exponent) in monomial {
                match &self.atoms[*atom] {
                    Atom::State(_) | Atom::Free(_) => free.push((*atom, *exponent)),
                    Atom::Number(bits) => {
                        let Some(number) = field::of_real(f64::from_bits(*bits)) else { return false };
                        let base = if *exponent < 0 { field::inverse(number) } else { number };
                        factor = field::product(factor, field::power(base, exponent.unsigned_abs().into()));
                    }
                    _ => return false,
                }
            }
            let sum = factors.entry(free).or_default();
            *sum = field::sum(*sum, factor);
        }
        factors.values().any(|factor| *factor != 0)
    }

    /// The numerator over a common denominator, sums written out, squares of roots taken.
    fn cleared(&mut self, p: &Poly) -> Option<Poly> {
        let mut p = p.clone();
        for _ in 0..64 {
            let sums: BTreeSet<AtomId> =
                p.atoms().filter(|atom| matches!(self.atoms[*atom], Atom::Sum(_))).collect();
            let roots: BTreeSet<AtomId> = p
                .terms()
                .flat_map(|(monomial, _)| monomial)
                .filter(|(atom, e)| e.abs() > 1 && matches!(self.atoms[*atom], Atom::Apply(Prim::Sqrt, _)))
                .map(|(atom, _)| *atom)
                .collect();
            let Some(atom) = sums.into_iter().chain(roots).next() else { return Some(p) };
            let exponent =
                |monomial: &Monomial| monomial.iter().find(|(a, _)| *a == atom).map_or(0, |(_, e)| *e);
            match self.atoms[atom].clone() {
                Atom::Sum(inner) => {
                    let least = p.terms().map(|(monomial, _)| exponent(monomial)).min().unwrap_or(0).min(0);
                    let mut cleared = Poly::default();
                    for (monomial, factor) in p.terms() {
                        let power = exponent(monomial) - least;
                        let rest: Monomial = monomial.iter().filter(|(a, _)| *a != atom).copied().collect();
                        let mut term = Poly::term(rest, *factor);
                        for _ in 0..power.min(16) {
                            term = term.mul(&inner)?;
                        }
                        if power > 16 {
                            return None;
                        }
                        cleared = cleared.add(&term)?;
                    }
                    p = cleared;
                }
                Atom::Apply(_, args) => {
                    let mut squared = Poly::default();
                    for (monomial, factor) in p.terms() {
                        let e = exponent(monomial);
                        let mut rest: Monomial =
                            monomial.iter().filter(|(a, _)| *a != atom).copied().collect();
                        if e % 2 != 0 {
                            rest = joined(&rest, &vec![(atom, e % 2)])?;
                        }
                        let term = Poly::term(rest, *factor);
                        squared = squared.add(&term.mul(&self.power(&args[0], e / 2)?)?)?;
                    }
                    p = squared;
                }
                _ => return None,
            }
        }
        None
    }
}
