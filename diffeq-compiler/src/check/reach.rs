//! The part of a function that decides which elements it touches, and the proof that most of it is in order.
//!
//! Only what surely happens is followed: what a real decides, what comes from memory or from a call is not known, and
//! neither is what depends on it.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use proc_macro2::Span;

use super::bounds::Bounds;
use super::describe;
use super::written;
use crate::diagnostics::catalogue::BELOW_ZERO;
use crate::diagnostics::catalogue::INDEX_OUT_OF_RANGE;
use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Carried;
use crate::ir::For;
use crate::ir::If;
use crate::ir::IntOp;
use crate::ir::Len;
use crate::ir::Merge;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Output;
use crate::ir::Place;
use crate::ir::Program;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::integer::IntType;
use crate::ir::integers::Classes;
use crate::ir::reach::Extent;
use crate::ir::reach::Reach;
use crate::ir::reach::ReachOp;
use crate::ir::reach::ReachStmt;
use crate::ir::reach::Site;
use crate::ir::reach::Whose;
use crate::ir::visit;

/// What remains to be asked of the indices of a program; nothing where all of them are in order.
pub(super) fn reach(program: &Program) -> Option<Reach> {
    // A slice that an equation writes is as long as its state.
    let written: Option<Vec<Obj>> = program
        .outputs
        .iter()
        .map(|output| match output {
            Output::Object(o) => Some(*o),
            Output::Local(_) | Output::Value(_) => None,
        })
        .collect();
    let (state, params) = match (program.args.as_slice(), written) {
        (&[Arg::Object(u), Arg::Object(p), _], Some(mut state)) => {
            state.push(u);
            (state, vec![p])
        }
        _ => (vec![], vec![]),
    };
    let mut finder = Finder {
        program,
        classes: Classes::of(program),
        state,
        params,
        known: HashSet::default(),
        lazy: lazy(program),
        bounds: Bounds::default(),
        sites: Vec::new(),
        branches: 0,
    };
    let steps = finder.block(&program.body);
    let steps = needed(steps, &mut HashSet::default());
    let at_run_time =
        finder.state_is_slice() || finder.params.iter().any(|o| program.objects[o.0].is_slice());
    (!finder.sites.is_empty()).then_some(Reach { steps, sites: finder.sites, at_run_time })
}

/// What is only computed where it is asked for: the two sides of a choice between values.
pub(super) fn lazy(program: &Program) -> HashSet<Value> {
    let mut ops: HashMap<Value, &Op> = HashMap::default();
    let mut open = Vec::new();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Let(v, op) = stmt {
            ops.insert(*v, op);
            match op {
                Op::Select(_, a, b) => open.extend([*a, *b]),
                Op::And(_, b) | Op::Or(_, b) => open.push(*b),
                _ => {}
            }
        }
    });
    let mut found = HashSet::default();
    while let Some(v) = open.pop() {
        if found.insert(v)
            && let Some(op) = ops.get(&v)
        {
            open.extend(op.operands());
        }
    }
    found
}

struct Finder<'p> {
    program: &'p Program,
    classes: Classes,
    state: Vec<Obj>,
    params: Vec<Obj>,
    /// The integers and conditions whose values follow from lengths and constants.
    known: HashSet<Value>,
    lazy: HashSet<Value>,
    bounds: Bounds,
    sites: Vec<Site>,
    /// How many branches the statement at hand is in.
    branches: usize,
}

impl Finder<'_> {
    fn block(&mut self, block: &Block) -> Vec<ReachStmt> {
        let mut steps = Vec::new();
        for stmt in block {
            self.stmt(stmt, &mut steps);
        }
        steps
    }

    fn stmt(&mut self, stmt: &Stmt, steps: &mut Vec<ReachStmt>) {
        match stmt {
            Stmt::Let(v, op) => {
                if let Op::Load(place) | Op::Len(place) = op
                    && !self.lazy.contains(v)
                {
                    self.visit(place, Some(self.program.info(*v).span), steps);
                }
                if self.program.kind(*v) != ScalarKind::Real
                    && let Some(term) = self.term(op)
                {
                    self.define(*v, term, steps);
                }
            }
            Stmt::For(l) => self.repeat(l, steps),
            Stmt::If(branch) => self.branch(branch, steps),
            other => visit::places(other, &mut |place| self.visit(place, None, steps)),
        }
    }

    fn define(&mut self, v: Value, term: ReachOp, steps: &mut Vec<ReachStmt>) {
        self.bounds.define(v, &term);
        self.known.insert(v);
        let below = matches!(term, ReachOp::Op(IntOp::Sub, ..) | ReachOp::Neg(_));
        steps.push(ReachStmt::Let(v, term));
        let unsigned =
            || self.classes.of_value(v).and_then(|ty| IntType::of(&ty)).is_some_and(|ty| !ty.signed);
        if below && unsigned() && !self.lazy.contains(&v) && !self.bounds.is_not_below_zero(v) {
            let text = written(self.program, v);
            let message = BELOW_ZERO.render(&[&text, "{index}"]);
            let site = self.site(v, message, text, String::new(), Whose::State);
            steps.push(ReachStmt::NotBelowZero(v, site));
        }
    }

    fn site(&mut self, v: Value, message: String, written: String, array: String, whose: Whose) -> usize {
        let span = self.program.info(v).span;
        self.sites.push(Site { span, message, written, array, whose });
        self.sites.len() - 1
    }

    fn term(&mut self, op: &Op) -> Option<ReachOp> {
        let known = |vs: &[Value]| vs.iter().all(|v| self.known.contains(v));
        Some(match op {
            Op::Int(n) => ReachOp::Int(*n),
            Op::IntNamed(path) => ReachOp::Named(path.clone()),
            Op::IntOp(op, a, b) if known(&[*a, *b]) => match op {
                IntOp::Add | IntOp::Sub | IntOp::Mul | IntOp::Div | IntOp::Rem => ReachOp::Op(*op, *a, *b),
                IntOp::Min | IntOp::Max => ReachOp::Op(*op, *a, *b),
                _ => return None,
            },
            Op::IntNeg(a) if known(&[*a]) => ReachOp::Neg(*a),
            Op::Cast(a, ty) if known(&[*a]) => match IntType::of(&ty.to_string()) {
                Some(ty) if ty.bits < 128 => ReachOp::Cast(*a, Some((ty.smallest(), ty.largest()))),
                _ => ReachOp::Cast(*a, None),
            },
            Op::Len(place) => {
                let extent = self.extent(place.object, self.program.shape_at(place)?)?;
                ReachOp::Extent(extent)
            }
            Op::Bool(b) => ReachOp::Bool(*b),
            Op::Cmp(cmp, a, b) if known(&[*a, *b]) => ReachOp::Cmp(*cmp, *a, *b),
            Op::And(a, b) if known(&[*a, *b]) => ReachOp::And(*a, *b),
            Op::Or(a, b) if known(&[*a, *b]) => ReachOp::Or(*a, *b),
            Op::Not(a) if known(&[*a]) => ReachOp::Not(*a),
            Op::Select(c, a, b) if known(&[*c, *a, *b]) => ReachOp::Select(*c, *a, *b),
            _ => return None,
        })
    }

    fn extent(&self, o: Obj, shape: &Shape) -> Option<Extent> {
        match shape {
            Shape::Array(_, Len::Lit(n)) => Some(Extent::Lit(*n)),
            Shape::Array(_, Len::Expr(tokens)) => Some(Extent::Named(tokens.clone())),
            Shape::Slice(_) if self.state.contains(&o) => Some(Extent::State),
            Shape::Slice(_) if self.params.contains(&o) => Some(Extent::Params),
            _ => None,
        }
    }

    /// Looks at the indices of a place, which is read somewhere.
    fn visit(&mut self, place: &Place, read: Option<Span>, steps: &mut Vec<ReachStmt>) {
        let mut shape = self.program.objects[place.object.0].shape.clone();
        for (at, proj) in place.path.iter().enumerate() {
            let Proj::Index(index) = proj else { return };
            if self.known.contains(index)
                && let Some(extent) = self.extent(place.object, &shape)
                && !self.is_asked_apart(*index, &extent)
                && !self.bounds.is_within(*index, &extent)
            {
                let base = Place { object: place.object, path: place.path[..at].to_vec() };
                let array = describe(self.program, &base);
                let index_text = written(self.program, *index);
                let whose = match &extent {
                    Extent::Params => Whose::Params,
                    _ if self.state.contains(&place.object) || self.state_is_slice() => Whose::State,
                    _ => Whose::Params,
                };
                let help = format!(
                    "`{index_text}` leaves it in some iteration: end the loop earlier, or write the ends by themselves"
                );
                let message = INDEX_OUT_OF_RANGE.render(&["{index}", &array, "{length}", &help]);
                let site = self.site(*index, message, format!("{array}[{index_text}]"), array, whose);
                // a variable is known where it comes from: what reads with it says more
                if let (Some(_), Some(span)) = (&self.program.info(*index).name, read) {
                    self.sites[site].span = span;
                }
                steps.push(ReachStmt::Within(*index, extent, site));
            }
            shape = match shape {
                Shape::Array(inner, _) | Shape::Slice(inner) => *inner,
                _ => return,
            };
        }
    }

    fn state_is_slice(&self) -> bool {
        self.state.iter().any(|o| self.program.objects[o.0].is_slice())
    }

    /// How long a slice must be for constant indices is asked apart, where no branch decides whether they are used.
    fn is_asked_apart(&self, index: Value, extent: &Extent) -> bool {
        let is_of_slice = matches!(extent, Extent::State | Extent::Params);
        is_of_slice && self.branches == 0 && self.bounds.is_literal(index)
    }

    fn repeat(&mut self, l: &For, steps: &mut Vec<ReachStmt>) {
        if l.again.is_some() || ![l.start, l.end].iter().all(|v| self.known.contains(v)) {
            return;
        }
        // What is carried is known as long as nothing says otherwise.
        let mut carried: Vec<&Carried> = l.carried.iter().filter(|c| self.known.contains(&c.init)).collect();
        if l.reversed {
            carried.clear();
        }
        loop {
            let (known, bounds, sites) = (self.known.clone(), self.bounds.clone(), self.sites.len());
            self.known.insert(l.index);
            self.bounds.index(l.index, l.start, l.end);
            self.known.extend(carried.iter().map(|c| c.param));
            let body = self.block(&l.body);
            let kept: Vec<&Carried> =
                carried.iter().copied().filter(|c| self.known.contains(&c.next)).collect();
            self.known = known;
            self.bounds = bounds;
            if kept.len() < carried.len() {
                self.sites.truncate(sites);
                carried = kept;
                continue;
            }
            self.known.extend(carried.iter().map(|c| c.result));
            let carried = carried.into_iter().cloned().collect();
            steps.push(ReachStmt::For { index: l.index, start: l.start, end: l.end, carried, body });
            return;
        }
    }

    fn branch(&mut self, branch: &If, steps: &mut Vec<ReachStmt>) {
        if !self.known.contains(&branch.cond) {
            return;
        }
        let (known, bounds) = (self.known.clone(), self.bounds.clone());
        self.branches += 1;
        self.bounds.given(branch.cond, true);
        let then = self.block(&branch.then);
        let then_known = std::mem::replace(&mut self.known, known.clone());
        let then_bounds = std::mem::replace(&mut self.bounds, bounds.clone());
        self.bounds.given(branch.cond, false);
        let otherwise = self.block(&branch.otherwise);
        self.branches -= 1;
        let merges: Vec<Merge> = branch
            .merges
            .iter()
            .filter(|m| then_known.contains(&m.then) && self.known.contains(&m.otherwise))
            .cloned()
            .collect();
        let other_bounds = std::mem::replace(&mut self.bounds, bounds);
        self.known = known;
        for merge in &merges {
            self.known.insert(merge.result);
            self.bounds.join(merge.result, (&then_bounds, merge.then), (&other_bounds, merge.otherwise));
        }
        steps.push(ReachStmt::If { cond: branch.cond, then, otherwise, merges });
    }
}

/// The steps that some question needs, from the last one up.
fn needed(steps: Vec<ReachStmt>, read: &mut HashSet<Value>) -> Vec<ReachStmt> {
    let mut out = Vec::new();
    for step in steps.into_iter().rev() {
        match step {
            ReachStmt::Let(v, term) => {
                if read.contains(&v) {
                    read.extend(term.operands());
                    out.push(ReachStmt::Let(v, term));
                }
            }
            ReachStmt::Within(v, ..) | ReachStmt::NotBelowZero(v, _) => {
                read.insert(v);
                out.push(step);
            }
            ReachStmt::For { index, start, end, mut carried, body } => {
                carried.retain(|c| {
                    let used = read.contains(&c.result) || body.iter().any(|step| step.reads(c.param));
                    if used {
                        read.extend([c.next, c.init]);
                    }
                    used
                });
                let body = needed(body, read);
                if !body.is_empty() || !carried.is_empty() {
                    read.extend([start, end]);
                    out.push(ReachStmt::For { index, start, end, carried, body });
                }
            }
            ReachStmt::If { cond, then, otherwise, mut merges } => {
                merges.retain(|m| read.contains(&m.result));
                read.extend(merges.iter().flat_map(|m| [m.then, m.otherwise]));
                let (then, otherwise) = (needed(then, read), needed(otherwise, read));
                if !then.is_empty() || !otherwise.is_empty() || !merges.is_empty() {
                    read.insert(cond);
                    out.push(ReachStmt::If { cond, then, otherwise, merges });
                }
            }
        }
    }
    out.reverse();
    out
}

impl ReachStmt {
    fn reads(&self, v: Value) -> bool {
        match self {
            ReachStmt::Let(_, term) => term.operands().contains(&v),
            ReachStmt::Within(at, ..) | ReachStmt::NotBelowZero(at, _) => *at == v,
            ReachStmt::For { start, end, carried, body, .. } => {
                [*start, *end].contains(&v)
                    || carried.iter().any(|c| c.init == v || c.next == v)
                    || body.iter().any(|step| step.reads(v))
            }
            ReachStmt::If { cond, then, otherwise, merges } => {
                *cond == v
                    || merges.iter().any(|m| m.then == v || m.otherwise == v)
                    || then.iter().chain(otherwise).any(|step| step.reads(v))
            }
        }
    }
}

impl ReachOp {
    fn operands(&self) -> Vec<Value> {
        match self {
            ReachOp::Int(_) | ReachOp::Named(_) | ReachOp::Extent(_) | ReachOp::Bool(_) => vec![],
            ReachOp::Neg(a) | ReachOp::Cast(a, _) | ReachOp::Not(a) => vec![*a],
            ReachOp::Op(_, a, b) | ReachOp::Cmp(_, a, b) | ReachOp::And(a, b) | ReachOp::Or(a, b) => {
                vec![*a, *b]
            }
            ReachOp::Select(c, a, b) => vec![*c, *a, *b],
        }
    }
}
