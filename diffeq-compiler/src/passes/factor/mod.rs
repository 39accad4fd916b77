//! Makes derivatives cheaper by algebra that changes their rounding, and no bit of the function's own value: divisions
//! by the same number share its reciprocal, sums are multiplied out where that saves operations, like terms are added up,
//! shared factors are taken out, products share what they have in common, and `x / sqrt(x)` is the root.
//!
//! The rules of differentiation write `a_dot / b - y b_dot / b` and `w x + w y`; a person would not. Only what one block
//! computes for a single reader is rearranged, so that nothing is computed twice or moved into a loop, and only where
//! operations are saved.

mod share;
mod terms;

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::dense::DenseMap;
use crate::ir::dense::DenseSet;
use crate::ir::visit;
use crate::passes::exact::Exact;
use crate::passes::prune::prune;
use crate::passes::simplify::Simplified;
use crate::passes::simplify::simplify_derivative;
use crate::rules::Prim;

use terms::Factor;
use terms::Term;

/// A simplified program of a derivative, rearranged and simplified again.
///
/// Of most there is nothing to rearrange: a program that a step leaves as it is is not simplified again.
pub fn factor(mut derivative: Simplified) -> Program {
    let program = &mut derivative.program;
    let exact = Exact::of(program);
    let mut literals = DenseSet::default();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Let(v, Op::Real(_)) = stmt {
            literals.insert(*v);
        }
    });
    let body = std::mem::take(&mut program.body);
    let may_change = |v: Value, divisor: Value| !exact.contains(v) && !literals.contains(divisor);
    let mut shared = false;
    program.body = share_reciprocals(program, body, &may_change, &HashMap::default(), &mut shared);
    derivative = derivative.derivative_again(shared);
    // the first round leaves single readers where there were several
    for _ in 0..2 {
        let Simplified { program, settled } = derivative;
        let (uses, exact) = (DefUse::of(&program), Exact::of(&program));
        let mut factoring = Factoring { uses, exact, program, opened: HashSet::default(), rearranged: false };
        factoring.open_products();
        let body = std::mem::take(&mut factoring.program.body);
        factoring.program.body = factoring.block(body);
        let Factoring { program, rearranged, .. } = factoring;
        if settled && !rearranged {
            derivative = Simplified { program, settled };
            break;
        }
        // what was taken apart goes first, or its pieces would be found again
        derivative = simplify_derivative(prune(program));
    }
    let shared = share::share(&mut derivative.program);
    derivative.derivative_again(shared).program
}

/// Turns divisions into products with a reciprocal that is there, or that several of them share; `shared` tells whether
/// there were any.
fn share_reciprocals(
    program: &mut Program,
    block: Block,
    may_change: &impl Fn(Value, Value) -> bool,
    outside: &HashMap<Value, Value>,
    shared: &mut bool,
) -> Block {
    let mut wanted: HashMap<Value, usize> = HashMap::default();
    for stmt in &block {
        match stmt {
            Stmt::Let(v, Op::Prim(Prim::Div, args)) if may_change(*v, args[1]) => {
                *wanted.entry(args[1]).or_default() += 1;
            }
            Stmt::Let(_, Op::Prim(Prim::Recip, args)) => *wanted.entry(args[0]).or_default() += 1,
            _ => {}
        }
    }
    let mut recips = outside.clone();
    let mut out = Vec::new();
    for stmt in block {
        match stmt {
            Stmt::Let(v, Op::Prim(Prim::Div, args)) if may_change(v, args[1]) => {
                let [a, b] = [args[0], args[1]];
                if !recips.contains_key(&b) && wanted.get(&b).is_some_and(|count| *count > 1) {
                    recips.insert(b, program.prim(&mut out, Prim::Recip, &[b]));
                }
                out.push(match recips.get(&b) {
                    Some(recip) => {
                        *shared = true;
                        Stmt::Let(v, Op::Prim(Prim::Mul, vec![a, *recip]))
                    }
                    None => Stmt::Let(v, Op::Prim(Prim::Div, args)),
                });
            }
            Stmt::Let(v, Op::Prim(Prim::Recip, args)) => {
                recips.entry(args[0]).or_insert(v);
                out.push(Stmt::Let(v, Op::Prim(Prim::Recip, args)));
            }
            Stmt::For(mut l) => {
                l.body = share_reciprocals(program, l.body, may_change, &recips, shared);
                out.push(Stmt::For(l));
            }
            Stmt::If(mut l) => {
                l.then = share_reciprocals(program, l.then, may_change, &recips, shared);
                l.otherwise = share_reciprocals(program, l.otherwise, may_change, &recips, shared);
                out.push(Stmt::If(l));
            }
            _ => out.push(stmt),
        }
    }
    out
}

/// Where values come from and go to.
struct DefUse {
    ops: DenseMap<Value, Op>,
    /// How often a value is read.
    reads: DenseMap<Value, usize>,
    /// The block of a value, by number.
    home: DenseMap<Value, usize>,
    /// For a value that sums or products read: what those define, once for each time.
    readers: DenseMap<Value, Vec<Value>>,
}

impl DefUse {
    fn of(program: &Program) -> Self {
        let (ops, reads) = (DenseMap::default(), DenseMap::default());
        let mut uses = DefUse { ops, reads, home: DenseMap::default(), readers: DenseMap::default() };
        uses.block(&program.body, &mut 0);
        uses.read(program.results().filter_map(Output::value));
        uses
    }

    fn read(&mut self, values: impl IntoIterator<Item = Value>) {
        for v in values {
            *self.reads.or_default(v) += 1;
        }
    }

    fn block(&mut self, block: &Block, count: &mut usize) {
        let number = *count;
        for stmt in block {
            self.read(stmt.reads());
            match stmt {
                Stmt::Let(v, op) => {
                    self.ops.insert(*v, op.clone());
                    self.home.insert(*v, number);
                    for operand in parts(op) {
                        self.readers.or_default(*operand).push(*v);
                    }
                }
                Stmt::For(l) => self.read(l.carried.iter().map(|c| c.next)),
                Stmt::If(l) => self.read(l.merges.iter().flat_map(|m| [m.then, m.otherwise])),
                _ => {}
            }
            for inner in stmt.blocks() {
                *count += 1;
                self.block(inner, count);
            }
        }
    }
}

/// The operands that a sum or a product of products is made of; none for other operations.
fn parts(op: &Op) -> &[Value] {
    match op {
        Op::Prim(Prim::Add | Prim::Sub | Prim::Mul | Prim::Neg, args) => args,
        Op::Prim(Prim::Div, args) => &args[..1],
        _ => &[],
    }
}

struct Factoring {
    program: Program,
    uses: DefUse,
    exact: Exact,
    /// Products with several readers, each of which is better off with the factors.
    opened: HashSet<Value>,
    /// Whether anything was written in another way.
    rearranged: bool,
}

impl Factoring {
    fn block(&mut self, block: Block) -> Block {
        let mut out = Vec::new();
        for stmt in block {
            match stmt {
                Stmt::Let(v, op) => {
                    if !self.rearrange(v, &op, &mut out) {
                        out.push(Stmt::Let(v, op));
                    }
                }
                Stmt::For(mut l) => {
                    l.body = self.block(l.body);
                    out.push(Stmt::For(l));
                }
                Stmt::If(mut l) => {
                    l.then = self.block(l.then);
                    l.otherwise = self.block(l.otherwise);
                    out.push(Stmt::If(l));
                }
                _ => out.push(stmt),
            }
        }
        out
    }

    /// Whether a value is but a part of the sums and products that read it.
    fn is_part(&self, v: Value) -> bool {
        let one = self.uses.readers.get(v).is_some_and(|readers| readers.iter().all(|r| *r == readers[0]));
        one && self.is_inside(v) || self.opened.contains(&v)
    }

    /// Whether only sums and products read a sum or product, in its own block, and it may change its bits.
    fn is_inside(&self, v: Value) -> bool {
        let DefUse { ops, reads, home, readers } = &self.uses;
        let Some(readers) = readers.get(v) else { return false };
        ops.get(v).is_some_and(|op| !parts(op).is_empty() || matches!(op, Op::Prim(Prim::Recip, _)))
            && reads.get(v) == Some(&readers.len())
            && !self.exact.contains(v)
            && readers.iter().all(|reader| {
                home.get(v) == home.get(*reader)
                    && !self.exact.contains(*reader)
                    && self.is_nameless(v, *reader)
                    && !self.is_outer_sign(*reader)
            })
    }

    /// Whether a value is the negative of another and no part of a sum: what reads it takes up the sign.
    fn is_outer_sign(&self, v: Value) -> bool {
        matches!(self.uses.ops.get(v), Some(Op::Prim(Prim::Neg, _))) && !self.is_part(v)
    }

    /// Finds the products with several readers that go away if all of them take out what they share with the factors:
    /// `m a - b (m c)` and `m d - e (m c)`.
    fn open_products(&mut self) {
        let products = (0..self.program.values.len()).map(Value).filter(|v| {
            let is_product = matches!(self.uses.ops.get(*v), Some(Op::Prim(Prim::Mul, _)));
            is_product && self.is_inside(*v) && !self.is_part(*v)
        });
        for v in products.collect::<Vec<_>>() {
            let readers = self.uses.readers.get(v).into_iter().flatten();
            let mut roots: Vec<Value> = readers.map(|reader| self.root(*reader)).collect();
            roots.sort();
            roots.dedup();
            let cost = |this: &Self| roots.iter().map(|root| this.cost(*root)).sum::<usize>();
            let closed = cost(self) + self.cost(v);
            self.opened.insert(v);
            if cost(self) >= closed {
                self.opened.remove(&v);
            }
        }
    }

    /// The value that a part ends up in.
    fn root(&self, v: Value) -> Value {
        match self.uses.readers.get(v) {
            Some(readers) if self.is_part(v) => self.root(readers[0]),
            _ => v,
        }
    }

    /// What it takes to compute a value in the best way known here.
    fn cost(&self, v: Value) -> usize {
        let Some(op) = self.uses.ops.get(v) else { return 0 };
        self.written(op).min(terms::cost(&self.grouped(op)))
    }

    /// What it takes to compute an operation with its parts as they are written; signs are free.
    fn written(&self, op: &Op) -> usize {
        let own = match op {
            Op::Prim(Prim::Neg, _) => 0,
            Op::Prim(Prim::Div | Prim::Recip, _) => terms::DIVISION,
            _ => 1,
        };
        let inside = parts(op).iter().filter(|part| self.is_part(**part));
        own + inside.filter_map(|part| self.uses.ops.get(*part)).map(|op| self.written(op)).sum::<usize>()
    }

    fn grouped(&self, op: &Op) -> Vec<Term> {
        let mut terms = self.terms(op);
        self.cancel_roots(&mut terms);
        let as_written = terms::grouped(terms.clone());
        let Some(expanded) = terms::expanded(terms) else { return as_written };
        let expanded = terms::grouped(expanded);
        if terms::cost(&expanded) < terms::cost(&as_written) { expanded } else { as_written }
    }

    /// Whether no reader of the code would miss a value: it has no name, or is the same cotangent before it is complete.
    fn is_nameless(&self, v: Value, reader: Value) -> bool {
        let name = &self.program.info(v).name;
        name.is_none() || *name == self.program.info(reader).name
    }

    /// Defines a value by fewer operations; false where there is no such way.
    fn rearrange(&mut self, v: Value, op: &Op, out: &mut Block) -> bool {
        if parts(op).is_empty() || self.exact.contains(v) || self.is_part(v) {
            return false;
        }
        let terms = self.grouped(op);
        if terms::cost(&terms) >= self.written(op) || !terms::are_moderate(&terms) {
            return false;
        }
        self.rearranged = true;
        let mut statements = Vec::new();
        self.sum(&terms, &mut statements);
        // a sum of fewer operations that is none at all has no statement to name
        let Some(Stmt::Let(_, last)) = statements.pop() else { return false };
        out.extend(statements);
        out.push(Stmt::Let(v, last));
        true
    }

    fn terms(&self, op: &Op) -> Vec<Term> {
        let Op::Prim(prim, args) = op else { return vec![] };
        let negated = |mut terms: Vec<Term>| {
            terms.iter_mut().for_each(|term| term.coefficient = -term.coefficient);
            terms
        };
        match prim {
            Prim::Add => [self.part(args[0]), self.part(args[1])].concat(),
            Prim::Sub => [self.part(args[0]), negated(self.part(args[1]))].concat(),
            Prim::Neg => negated(self.part(args[0])),
            Prim::Div => {
                let mut quotient = Term::of(self.part(args[0]));
                quotient.divisors.push(args[1]);
                vec![quotient]
            }
            Prim::Recip => vec![Term { divisors: vec![args[0]], ..Term::constant(1.0) }],
            _ => vec![Term::of(self.part(args[0])).times(Term::of(self.part(args[1])))],
        }
    }

    fn part(&self, v: Value) -> Vec<Term> {
        match self.uses.ops.get(v) {
            Some(Op::Real(x)) => vec![Term::constant(*x)],
            Some(op) if self.is_part(v) => self.terms(op),
            _ => vec![Term::value(v)],
        }
    }

    fn cancel_roots(&self, terms: &mut [Term]) {
        for term in terms {
            term.cancel_roots(|v| match self.uses.ops.get(v) {
                Some(Op::Prim(Prim::Sqrt, args)) => Some(args[0]),
                _ => None,
            });
            for factor in &mut term.factors {
                if let Factor::Sum(sum) = factor {
                    self.cancel_roots(sum);
                }
            }
        }
    }

    /// Defines a sum, a positive term first where there is one.
    fn sum(&mut self, terms: &[Term], out: &mut Block) -> Value {
        let first = terms.iter().position(|term| term.coefficient > 0.0).unwrap_or(0);
        let mut sum = self.product(&terms[first], out);
        if terms[first].coefficient < 0.0 {
            sum = self.program.prim(out, Prim::Neg, &[sum]);
        }
        for (i, term) in terms.iter().enumerate() {
            if i != first {
                let product = self.product(term, out);
                let prim = if term.coefficient < 0.0 { Prim::Sub } else { Prim::Add };
                sum = self.program.prim(out, prim, &[sum, product]);
            }
        }
        sum
    }

    /// Defines a term without its sign.
    fn product(&mut self, term: &Term, out: &mut Block) -> Value {
        let size = term.coefficient.abs();
        let mut product = (size != 1.0).then(|| self.program.define(out, ScalarKind::Real, Op::Real(size)));
        for factor in &term.factors {
            let factor = match factor {
                Factor::Value(v) => *v,
                Factor::Sum(terms) => self.sum(terms, out),
            };
            product = Some(match product {
                Some(product) => self.program.prim(out, Prim::Mul, &[product, factor]),
                None => factor,
            });
        }
        for divisor in &term.divisors {
            product = Some(match product {
                Some(product) => self.program.prim(out, Prim::Div, &[product, *divisor]),
                None => self.program.prim(out, Prim::Recip, &[*divisor]),
            });
        }
        product.unwrap_or_else(|| self.program.define(out, ScalarKind::Real, Op::Real(1.0)))
    }
}
