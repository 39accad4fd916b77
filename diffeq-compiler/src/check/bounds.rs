//! Bounds of integers in terms of lengths: enough to see that `u[i - 1]` for `i` in `1..N` is in order.

use rustc_hash::FxHashMap as HashMap;

use crate::ir::CmpOp;
use crate::ir::IntOp;
use crate::ir::Value;
use crate::ir::reach::Extent;
use crate::ir::reach::ReachOp;

/// A number, or a length and a number.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Bound {
    length: Option<String>,
    offset: i128,
}

impl Bound {
    fn number(offset: i128) -> Bound {
        Bound { length: None, offset }
    }

    fn shifted(&self, by: i128) -> Bound {
        Bound { length: self.length.clone(), offset: self.offset.saturating_add(by) }
    }

    /// The smaller of two, where it is the same length.
    fn min(&self, other: &Bound) -> Option<Bound> {
        (self.length == other.length)
            .then(|| Bound { length: self.length.clone(), offset: self.offset.min(other.offset) })
    }

    fn max(&self, other: &Bound) -> Option<Bound> {
        (self.length == other.length)
            .then(|| Bound { length: self.length.clone(), offset: self.offset.max(other.offset) })
    }
}

/// The smallest and the largest value of an integer, as far as they are known.
#[derive(Debug, Clone, Default)]
struct Range {
    least: Option<Bound>,
    most: Option<Bound>,
}

/// The ranges of all integers.
#[derive(Debug, Clone, Default)]
pub(super) struct Bounds {
    ranges: HashMap<Value, Range>,
    comparisons: HashMap<Value, (CmpOp, Value, Value)>,
}

fn of_extent(extent: &Extent) -> Bound {
    match extent {
        Extent::Lit(n) => Bound::number(*n as i128),
        Extent::Named(tokens) => of_text(&tokens.to_string()),
        Extent::State => Bound { length: Some("the state".into()), offset: 0 },
        Extent::Params => Bound { length: Some("the parameters".into()), offset: 0 },
    }
}

/// `N`, `N - 1`, `(N + 2)`; anything else is a length of its own.
fn of_text(text: &str) -> Bound {
    let own = || Bound { length: Some(text.to_string()), offset: 0 };
    fn affine(expr: &syn::Expr) -> Option<Bound> {
        match expr {
            syn::Expr::Paren(inner) => affine(&inner.expr),
            syn::Expr::Group(inner) => affine(&inner.expr),
            syn::Expr::Block(block) => match &block.block.stmts[..] {
                [syn::Stmt::Expr(inner, None)] => affine(inner),
                _ => None,
            },
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Int(n), .. }) => {
                Some(Bound::number(n.base10_parse().ok()?))
            }
            syn::Expr::Path(path) => {
                Some(Bound { length: Some(quote::ToTokens::to_token_stream(path).to_string()), offset: 0 })
            }
            syn::Expr::Binary(binary) => {
                let (a, b) = (affine(&binary.left)?, affine(&binary.right)?);
                match (&binary.op, &a.length, &b.length) {
                    (syn::BinOp::Add(_), _, None) => Some(a.shifted(b.offset)),
                    (syn::BinOp::Add(_), None, _) => Some(b.shifted(a.offset)),
                    (syn::BinOp::Sub(_), _, None) => Some(a.shifted(-b.offset)),
                    _ => None,
                }
            }
            _ => None,
        }
    }
    syn::parse_str(text).ok().and_then(|expr| affine(&expr)).unwrap_or_else(own)
}

impl Bounds {
    fn range(&self, v: Value) -> Range {
        self.ranges.get(&v).cloned().unwrap_or_default()
    }

    fn exactly(&mut self, v: Value, bound: Bound) {
        self.ranges.insert(v, Range { least: Some(bound.clone()), most: Some(bound) });
    }

    /// A number that is written down.
    fn number(&self, v: Value) -> Option<i128> {
        let range = self.range(v);
        match (range.least, range.most) {
            (Some(a), Some(b)) if a == b && a.length.is_none() => Some(a.offset),
            _ => None,
        }
    }

    /// A term gets its range.
    pub(super) fn define(&mut self, v: Value, term: &ReachOp) {
        let shifted = |range: Range, by: i128| Range {
            least: range.least.map(|bound| bound.shifted(by)),
            most: range.most.map(|bound| bound.shifted(by)),
        };
        let range = match term {
            ReachOp::Int(n) => return self.exactly(v, Bound::number(*n)),
            ReachOp::Named(path) => return self.exactly(v, of_text(&path.to_string())),
            ReachOp::Extent(extent) => return self.exactly(v, of_extent(extent)),
            ReachOp::Cast(a, _) => self.range(*a),
            ReachOp::Op(IntOp::Add, a, b) => match (self.number(*a), self.number(*b)) {
                (_, Some(n)) => shifted(self.range(*a), n),
                (Some(n), _) => shifted(self.range(*b), n),
                _ => Range::default(),
            },
            ReachOp::Op(IntOp::Sub, a, b) => match self.number(*b) {
                Some(n) => shifted(self.range(*a), -n),
                None => Range::default(),
            },
            ReachOp::Op(IntOp::Rem, a, b) => {
                let (a, b) = (self.range(*a), self.range(*b));
                match (a.least, &b.least, b.most) {
                    (Some(least), Some(divisor), Some(same))
                        if is_not_below_zero(&least) && *divisor == same =>
                    {
                        Range { least: Some(Bound::number(0)), most: Some(same.shifted(-1)) }
                    }
                    _ => Range::default(),
                }
            }
            ReachOp::Cmp(op, a, b) => {
                self.comparisons.insert(v, (*op, *a, *b));
                return;
            }
            ReachOp::Select(_, a, b) => joined(self.range(*a), self.range(*b)),
            _ => Range::default(),
        };
        self.ranges.insert(v, range);
    }

    /// The index of a loop.
    pub(super) fn index(&mut self, v: Value, start: Value, end: Value) {
        let (least, most) = (self.range(start).least, self.range(end).most);
        self.ranges.insert(v, Range { least, most: most.map(|bound| bound.shifted(-1)) });
    }

    /// What a condition says, where it holds or where it does not.
    pub(super) fn given(&mut self, cond: Value, holds: bool) {
        let Some((op, a, b)) = self.comparisons.get(&cond).copied() else { return };
        let op = match (op, holds) {
            (op, true) => op,
            (CmpOp::Eq, false) => CmpOp::Ne,
            (CmpOp::Ne, false) => CmpOp::Eq,
            (CmpOp::Lt, false) => CmpOp::Ge,
            (CmpOp::Le, false) => CmpOp::Gt,
            (CmpOp::Gt, false) => CmpOp::Le,
            (CmpOp::Ge, false) => CmpOp::Lt,
        };
        let turned = match op {
            CmpOp::Lt => CmpOp::Gt,
            CmpOp::Le => CmpOp::Ge,
            CmpOp::Gt => CmpOp::Lt,
            CmpOp::Ge => CmpOp::Le,
            same => same,
        };
        self.compared(a, op, b);
        self.compared(b, turned, a);
    }

    fn compared(&mut self, v: Value, op: CmpOp, other: Value) {
        let other = self.range(other);
        let mut range = self.range(v);
        // the tighter of two bounds, where they can be compared
        let raise = |least: &mut Option<Bound>, bound: Option<Bound>, by: i128| {
            let bound = bound.map(|bound| bound.shifted(by));
            *least = match (least.take(), bound) {
                (Some(a), Some(b)) => a.max(&b).or(Some(a)),
                (a, b) => a.or(b),
            };
        };
        let lower = |most: &mut Option<Bound>, bound: Option<Bound>, by: i128| {
            let bound = bound.map(|bound| bound.shifted(by));
            *most = match (most.take(), bound) {
                // a bound by a length says more than one by a number
                (Some(a), Some(b)) => a.min(&b).or(if b.length.is_some() { Some(b) } else { Some(a) }),
                (a, b) => a.or(b),
            };
        };
        match op {
            CmpOp::Eq => range = other,
            CmpOp::Ne if other.least == other.most && other.least.is_some() => {
                if range.least == other.least {
                    raise(&mut range.least, other.least, 1);
                } else if range.most == other.most {
                    lower(&mut range.most, other.most, -1);
                }
            }
            CmpOp::Ne => {}
            CmpOp::Lt => lower(&mut range.most, other.most, -1),
            CmpOp::Le => lower(&mut range.most, other.most, 0),
            CmpOp::Gt => raise(&mut range.least, other.least, 1),
            CmpOp::Ge => raise(&mut range.least, other.least, 0),
        }
        self.ranges.insert(v, range);
    }

    /// What a branch hands on.
    pub(super) fn join(&mut self, v: Value, a: (&Bounds, Value), b: (&Bounds, Value)) {
        let range = joined(a.0.range(a.1), b.0.range(b.1));
        self.ranges.insert(v, range);
    }

    pub(super) fn is_not_below_zero(&self, v: Value) -> bool {
        self.range(v).least.is_some_and(|least| is_not_below_zero(&least))
    }

    /// Whether an index is surely an element.
    pub(super) fn is_within(&self, v: Value, extent: &Extent) -> bool {
        let length = of_extent(extent);
        let most = self.range(v).most;
        self.is_not_below_zero(v)
            && most.is_some_and(|most| match most.length == length.length {
                true => most.offset < length.offset,
                false => most == Bound::number(0) && length.offset >= 0,
            })
    }

    /// Whether an integer only ever is a number that is written down, or one between two such.
    pub(super) fn is_literal(&self, v: Value) -> bool {
        let range = self.range(v);
        let number = |bound: Option<Bound>| bound.is_some_and(|bound| bound.length.is_none());
        number(range.least) && number(range.most)
    }
}

/// No length is taken to be zero: an array without elements is nobody's state.
fn is_not_below_zero(bound: &Bound) -> bool {
    match bound.length {
        Some(_) => bound.offset >= -1,
        None => bound.offset >= 0,
    }
}

fn joined(a: Range, b: Range) -> Range {
    let both = |a: Option<Bound>, b: Option<Bound>, pick: fn(&Bound, &Bound) -> Option<Bound>| {
        a.zip(b).and_then(|(a, b)| pick(&a, &b))
    };
    Range { least: both(a.least, b.least, Bound::min), most: both(a.most, b.most, Bound::max) }
}
