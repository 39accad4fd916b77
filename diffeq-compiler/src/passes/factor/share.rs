//! Products that have factors in common compute those once: of `x * x * w` and `2.0 * x * y * w` both are made of
//! `x * w`. The pair that most products share goes first, as in Breuer, *Generation of optimal code for expressions via
//! factorization* (CACM 12, 1969). Differences of the same two values are one difference and its negative.

use rustc_hash::FxHashMap as HashMap;

use crate::ir::Block;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::passes::exact::Exact;
use crate::passes::factor::DefUse;
use crate::rules::Prim;

/// Shares what the products of each block have in common; whether there was anything.
pub(super) fn share(program: &mut Program) -> bool {
    let mut shared = false;
    let exact = Exact::of(program);
    let uses = DefUse::of(program);
    let body = std::mem::take(&mut program.body);
    program.body = block(program, &exact, body, &mut |program, exact, block| {
        one_difference(program, &uses, exact, block, &mut shared)
    });
    let uses = DefUse::of(program);
    let body = std::mem::take(&mut program.body);
    program.body = block(program, &exact, body, &mut |program, exact, block| {
        let products = Products::of(program, &uses, exact, &block);
        if products.pairs.is_empty() {
            return block;
        }
        shared = true;
        products.written(program, block)
    });
    shared
}

/// Rewrites a block and those within it, the inner ones first.
fn block(
    program: &mut Program,
    exact: &Exact,
    mut statements: Block,
    rewrite: &mut impl FnMut(&mut Program, &Exact, Block) -> Block,
) -> Block {
    for stmt in &mut statements {
        match stmt {
            Stmt::For(l) => l.body = block(program, exact, std::mem::take(&mut l.body), rewrite),
            Stmt::If(l) => {
                l.then = block(program, exact, std::mem::take(&mut l.then), rewrite);
                l.otherwise = block(program, exact, std::mem::take(&mut l.otherwise), rewrite);
            }
            _ => {}
        }
    }
    rewrite(program, exact, statements)
}

/// Writes `b - a` as the negative of `a - b`; what the user named keeps its sign.
///
/// Only where sums and products alone read it: others could see the sign of a zero.
fn one_difference(
    program: &mut Program,
    uses: &DefUse,
    exact: &Exact,
    block: Block,
    shared: &mut bool,
) -> Block {
    let part = |v: Value| uses.readers.get(v).is_some_and(|r| uses.reads.get(v) == Some(&r.len()));
    let difference = |stmt: &Stmt| match stmt {
        Stmt::Let(v, Op::Prim(Prim::Sub, args)) if !exact.contains(*v) && part(*v) => {
            Some((*v, args[0], args[1]))
        }
        _ => None,
    };
    // of each pair of values the first difference, and the one that stays
    let mut first: HashMap<(Value, Value), Value> = HashMap::default();
    let mut stays: HashMap<(Value, Value), (Value, Value, Value)> = HashMap::default();
    let mut mirrored: Vec<(Value, Value)> = Vec::new();
    for (v, a, b) in block.iter().filter_map(difference) {
        let pair = (a.min(b), a.max(b));
        first.entry(pair).or_insert(v);
        let chosen = stays.entry(pair).or_insert((v, a, b));
        if chosen.1 != a {
            mirrored.push(pair);
            if program.info(chosen.0).name.is_none() && program.info(v).name.is_some() {
                *chosen = (v, a, b);
            }
        }
    }
    if mirrored.is_empty() {
        return block;
    }
    *shared = true;
    let mut out = Vec::new();
    for stmt in block {
        let Some((v, a, b)) =
            difference(&stmt).filter(|(_, a, b)| mirrored.contains(&(*a.min(b), *a.max(b))))
        else {
            out.push(stmt);
            continue;
        };
        let pair = (a.min(b), a.max(b));
        let (chosen, left, right) = stays[&pair];
        if first[&pair] == v {
            out.push(Stmt::Let(chosen, Op::Prim(Prim::Sub, vec![left, right])));
        }
        if v != chosen && a == left {
            out.push(Stmt::Let(v, Op::Prim(Prim::Sub, vec![a, b])));
        } else if v != chosen {
            out.push(Stmt::Let(v, Op::Prim(Prim::Neg, vec![chosen])));
        }
    }
    out
}

/// A factor: a value, or the product of two factors, by its number.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
enum Multiplicand {
    Value(Value),
    Pair(usize),
}

/// Two factors, the smaller first.
type Pair = (Multiplicand, Multiplicand);

struct Product {
    root: Value,
    factors: Vec<Multiplicand>,
    negative: bool,
    changed: bool,
}

/// The products of a block, none part of another.
struct Products {
    products: Vec<Product>,
    pairs: Vec<Pair>,
}

impl Products {
    fn of(program: &Program, uses: &DefUse, exact: &Exact, block: &Block) -> Self {
        let is_part = |v: Value| is_part(program, uses, exact, v);
        let mut products = Products { products: vec![], pairs: vec![] };
        for stmt in block {
            if let Stmt::Let(root, Op::Prim(Prim::Mul, _)) = stmt
                && !exact.contains(*root)
                && !is_part(*root)
            {
                let mut product = Product { root: *root, factors: vec![], negative: false, changed: false };
                open(uses, &mut product, *root, &is_part);
                // in another order very large and small numbers may leave the range of the scalar
                let moderate = |factor: &Multiplicand| match factor {
                    Multiplicand::Value(v) => match uses.ops.get(*v) {
                        Some(Op::Real(x)) => (1e-8..=1e8).contains(&x.abs()),
                        _ => true,
                    },
                    Multiplicand::Pair(_) => true,
                };
                if product.factors.iter().all(moderate) {
                    products.products.push(product);
                }
            }
        }
        while let Some(pair) = products.most_shared() {
            products.extract(pair);
        }
        products
    }

    /// The first of the pairs that most products have; `None` where no two have one.
    fn most_shared(&self) -> Option<Pair> {
        let mut counts: HashMap<Pair, usize> = HashMap::default();
        for product in &self.products {
            for pair in pairs(&product.factors) {
                *counts.entry(pair).or_default() += 1;
            }
        }
        let most = counts.values().copied().max().filter(|most| *most > 1)?;
        let first = self.products.iter().flat_map(|product| pairs(&product.factors));
        first.into_iter().find(|pair| counts[pair] == most)
    }

    fn extract(&mut self, (a, b): Pair) {
        let name = Multiplicand::Pair(self.pairs.len());
        for product in &mut self.products {
            let factors = &mut product.factors;
            let at = |f: Multiplicand, but: Option<usize>| {
                (0..factors.len()).find(|i| factors[*i] == f && Some(*i) != but)
            };
            let Some(i) = at(a, None) else { continue };
            let Some(j) = at(b, Some(i)) else { continue };
            let (i, j) = (i.min(j), i.max(j));
            if name == Multiplicand::Pair(self.pairs.len()) {
                self.pairs.push((factors[i], factors[j]));
            }
            factors[i] = name;
            factors.remove(j);
            product.changed = true;
        }
    }

    /// The block with its products made of what they share.
    fn written(self, program: &mut Program, block: Block) -> Block {
        let mut changed: HashMap<Value, &Product> =
            self.products.iter().filter(|p| p.changed).map(|p| (p.root, p)).collect();
        let mut known = vec![None; self.pairs.len()];
        let mut out = Vec::new();
        for stmt in block {
            match &stmt {
                Stmt::Let(v, _) if changed.contains_key(v) => {
                    if let Some(product) = changed.remove(v) {
                        self.define(program, product, &mut known, &mut out);
                    }
                }
                _ => out.push(stmt),
            }
        }
        out
    }

    fn define(&self, program: &mut Program, product: &Product, known: &mut [Option<Value>], out: &mut Block) {
        // a product that is all shared is its last pair
        let (first, last) = match product.factors.as_slice() {
            [Multiplicand::Pair(n)] => self.pairs[*n],
            [first @ .., last] => {
                let mut first = first.iter().map(|f| self.value(program, *f, known, out)).collect::<Vec<_>>();
                let product = first.drain(..).reduce(|a, b| program.prim(out, Prim::Mul, &[a, b]));
                match product {
                    Some(product) => (Multiplicand::Value(product), *last),
                    None => return,
                }
            }
            [] => return,
        };
        let args = [first, last].map(|f| self.value(program, f, known, out)).to_vec();
        if product.negative {
            let positive = program.prim(out, Prim::Mul, &args);
            out.push(Stmt::Let(product.root, Op::Prim(Prim::Neg, vec![positive])));
            return;
        }
        out.push(Stmt::Let(product.root, Op::Prim(Prim::Mul, args)));
        if let [Multiplicand::Pair(n)] = product.factors.as_slice() {
            known[*n].get_or_insert(product.root);
        }
    }

    fn value(
        &self,
        program: &mut Program,
        factor: Multiplicand,
        known: &mut [Option<Value>],
        out: &mut Block,
    ) -> Value {
        match factor {
            Multiplicand::Value(v) => v,
            Multiplicand::Pair(n) => match known[n] {
                Some(v) => v,
                None => {
                    let (a, b) = self.pairs[n];
                    let [a, b] = [a, b].map(|f| self.value(program, f, known, out));
                    let v = program.prim(out, Prim::Mul, &[a, b]);
                    known[n] = Some(v);
                    v
                }
            },
        }
    }
}

/// The pairs of some factors, each once.
fn pairs(factors: &[Multiplicand]) -> Vec<Pair> {
    let mut pairs = Vec::new();
    for (i, a) in factors.iter().enumerate() {
        for b in &factors[i + 1..] {
            let pair = (*a.min(b), *a.max(b));
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
    }
    pairs
}

/// Collects the factors of a product whose parts nobody else reads.
fn open(uses: &DefUse, product: &mut Product, v: Value, is_part: &impl Fn(Value) -> bool) {
    match uses.ops.get(v) {
        Some(Op::Prim(Prim::Mul, args)) if v == product.root || is_part(v) => {
            args.iter().for_each(|arg| open(uses, product, *arg, is_part));
        }
        Some(Op::Prim(Prim::Neg, args)) => {
            product.negative = !product.negative;
            open(uses, product, args[0], is_part);
        }
        _ => product.factors.push(Multiplicand::Value(v)),
    }
}

/// Whether a product is read by one product alone, in its own block, and may change its bits.
fn is_part(program: &Program, uses: &DefUse, exact: &Exact, v: Value) -> bool {
    let Some([reader]) = uses.readers.get(v).map(Vec::as_slice) else { return false };
    let is = |v: Value, prim: Prim| matches!(uses.ops.get(v), Some(Op::Prim(p, _)) if *p == prim);
    let nameless = program.info(v).name.is_none();
    let alone = uses.reads.get(v) == Some(&1) && uses.home.get(v) == uses.home.get(*reader);
    is(v, Prim::Mul)
        && is(*reader, Prim::Mul)
        && nameless
        && alone
        && !exact.contains(v)
        && !exact.contains(*reader)
}
