//! What a statement reads, defines and writes, and how to rename it.

use super::Block;
use super::Call;
use super::CallArg;
use super::CallResult;
use super::For;
use super::If;
use super::Init;
use super::Obj;
use super::Op;
use super::Place;
use super::Proj;
use super::Stmt;
use super::Value;

impl Place {
    /// The values that it is indexed by.
    pub fn indices(&self) -> impl Iterator<Item = Value> + '_ {
        self.path.iter().flat_map(|proj| match proj {
            Proj::Index(v) => vec![*v],
            Proj::Range(a, b) => vec![*a, *b],
            Proj::Field(_) | Proj::Matches(_) | Proj::Part(..) => vec![],
        })
    }

    fn rename(&mut self, f: &mut impl FnMut(Value) -> Value) {
        for proj in &mut self.path {
            match proj {
                Proj::Index(v) => *v = f(*v),
                Proj::Range(a, b) => {
                    *a = f(*a);
                    *b = f(*b);
                }
                Proj::Field(_) | Proj::Matches(_) | Proj::Part(..) => {}
            }
        }
    }
}

impl Op {
    /// The values that it reads, in order.
    pub fn operands(&self) -> Vec<Value> {
        match self {
            Op::Real(_) | Op::RealNamed(_) | Op::Int(_) | Op::IntNamed(_) | Op::Bool(_) => vec![],
            Op::Prim(_, args) | Op::Union(args) => args.clone(),
            Op::Load(place) | Op::Len(place) => place.indices().collect(),
            Op::FromInt(a)
            | Op::IntNeg(a)
            | Op::IntUnary(_, a)
            | Op::Cast(a, _)
            | Op::ToInt(a, _)
            | Op::Not(a)
            | Op::Test(_, a) => vec![*a],
            Op::Powi(a, b) | Op::IntOp(_, a, b) | Op::Cmp(_, a, b) | Op::And(a, b) | Op::Or(a, b) => {
                vec![*a, *b]
            }
            Op::Select(c, a, b) => vec![*c, *a, *b],
        }
    }

    /// Renames every value that it reads.
    pub fn rename(&mut self, f: &mut impl FnMut(Value) -> Value) {
        match self {
            Op::Real(_) | Op::RealNamed(_) | Op::Int(_) | Op::IntNamed(_) | Op::Bool(_) => {}
            Op::Prim(_, args) | Op::Union(args) => args.iter_mut().for_each(|a| *a = f(*a)),
            Op::Load(place) | Op::Len(place) => place.rename(f),
            Op::FromInt(a)
            | Op::IntNeg(a)
            | Op::IntUnary(_, a)
            | Op::Cast(a, _)
            | Op::ToInt(a, _)
            | Op::Not(a)
            | Op::Test(_, a) => *a = f(*a),
            Op::Powi(a, b) | Op::IntOp(_, a, b) | Op::Cmp(_, a, b) | Op::And(a, b) | Op::Or(a, b) => {
                *a = f(*a);
                *b = f(*b);
            }
            Op::Select(c, a, b) => {
                *c = f(*c);
                *a = f(*a);
                *b = f(*b);
            }
        }
    }
}

impl Call {
    /// Every argument, the twins included.
    pub fn all_args(&self) -> impl Iterator<Item = &CallArg> {
        self.args.iter().chain(self.twins.iter().flatten())
    }

    /// What it binds: the result, and in forward mode the result's tangent.
    pub fn bound(&self) -> impl Iterator<Item = CallResult> + '_ {
        let primal = (self.form != super::Form::Vjp).then_some(self.result);
        let twin = self.result_twin.filter(|_| self.form == super::Form::Jvp);
        primal.into_iter().chain(twin)
    }

    /// Whether a network is called.
    pub fn is_network(&self) -> bool {
        matches!(self.callee, super::Callee::Network(_))
    }

    /// Whether the past is asked.
    pub fn is_history(&self) -> bool {
        matches!(self.callee, super::Callee::History(_))
    }

    /// Whether there is a form of the call in which this argument does not move: that of which it is a call, the
    /// parameters of a network or the past.
    pub fn may_rest(&self, arg: usize) -> bool {
        arg == 0 && (self.is_network() || self.is_history())
    }

    /// The cotangent that a call in reverse form reads.
    pub fn seed(&self) -> Option<CallResult> {
        self.result_twin.filter(|_| self.form == super::Form::Vjp)
    }
}

impl For {
    /// What the loop does before it asks for its condition, and the branch in which it goes on, if it does nothing else.
    pub fn guarded(&self) -> Option<(&[Stmt], &If)> {
        let (last, before) = self.body.split_last()?;
        let Stmt::If(branch) = last else { return None };
        let goes_on = Some(branch.cond) == self.again && branch.otherwise.is_empty();
        let param = |v: Value| self.carried.iter().find(|c| c.next == v).map(|c| c.param);
        // where the condition fails, everything is as the iteration found it
        let stays = branch.merges.iter().all(|m| param(m.result) == Some(m.otherwise))
            && self.carried.iter().all(|c| branch.merges.iter().any(|m| m.result == c.next));
        (goes_on && stays).then_some((before, branch))
    }
}

impl Stmt {
    /// The values that the statement itself reads; not those of nested blocks.
    pub fn reads(&self) -> Vec<Value> {
        let mut reads = Vec::new();
        match self {
            Stmt::Let(_, op) => reads = op.operands(),
            Stmt::Local(_, init) => match init {
                Init::Zeros => {}
                Init::Filled(v) => reads.push(*v),
                Init::Elements(vs) => reads.extend(vs),
                Init::From(p) | Init::ZerosLike(p) => reads.extend(p.indices()),
            },
            Stmt::Store(p, v) | Stmt::Accumulate(p, v) => {
                reads.extend(p.indices());
                reads.push(*v);
            }
            Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
                reads.extend(p.indices());
                reads.extend(q.indices());
            }
            Stmt::Clear(p) | Stmt::PushAll(p) | Stmt::PopAll(p) => reads.extend(p.indices()),
            Stmt::Push(v) | Stmt::Assert(v, _) => reads.push(*v),
            Stmt::Pop(_) => {}
            Stmt::For(f) => {
                reads.extend([f.start, f.end]);
                reads.extend(f.carried.iter().map(|c| c.init));
            }
            Stmt::If(f) => reads.push(f.cond),
            Stmt::Call(call) => {
                for arg in call.all_args() {
                    match arg {
                        CallArg::Value(v) => reads.push(*v),
                        CallArg::Place { place, .. } => reads.extend(place.indices()),
                    }
                }
                if let Some(CallResult::Value(v)) = call.seed() {
                    reads.push(v);
                }
            }
        }
        reads
    }

    /// The values that the statement defines for the statements after it.
    pub fn defines(&self) -> Vec<Value> {
        match self {
            Stmt::Let(v, _) | Stmt::Pop(v) => vec![*v],
            Stmt::For(f) => f.carried.iter().map(|c| c.result).collect(),
            Stmt::If(f) => f.merges.iter().map(|m| m.result).collect(),
            Stmt::Call(call) => call
                .bound()
                .filter_map(|r| match r {
                    CallResult::Value(v) => Some(v),
                    CallResult::Object(_) => None,
                })
                .collect(),
            _ => vec![],
        }
    }

    /// The memory that the statement itself writes; not that of nested blocks.
    pub fn writes(&self) -> Vec<Obj> {
        match self {
            Stmt::Local(o, _) => vec![*o],
            Stmt::Store(p, _)
            | Stmt::Accumulate(p, _)
            | Stmt::Copy(p, _)
            | Stmt::AddAll(p, _)
            | Stmt::Clear(p)
            | Stmt::PopAll(p) => vec![p.object],
            Stmt::Call(call) => {
                let mut objects: Vec<Obj> = call
                    .bound()
                    .filter_map(|r| match r {
                        CallResult::Object(o) => Some(o),
                        CallResult::Value(_) => None,
                    })
                    .collect();
                if call.form == super::Form::Vjp {
                    objects.extend(call.twins.iter().flatten().filter_map(|arg| match arg {
                        CallArg::Place { place, .. } => Some(place.object),
                        CallArg::Value(_) => None,
                    }));
                    if let Some(CallResult::Object(o)) = call.seed()
                        && !call.is_network()
                    {
                        objects.push(o);
                    }
                }
                objects
            }
            _ => vec![],
        }
    }

    /// The memory that the statement itself reads; not that of nested blocks.
    pub fn loads(&self) -> Vec<Obj> {
        match self {
            Stmt::Let(_, Op::Load(p) | Op::Len(p))
            | Stmt::Local(_, Init::From(p) | Init::ZerosLike(p))
            | Stmt::Copy(_, p)
            | Stmt::AddAll(_, p)
            | Stmt::PushAll(p) => vec![p.object],
            Stmt::Call(call) => {
                let mut objects: Vec<Obj> = call
                    .all_args()
                    .filter_map(|arg| match arg {
                        CallArg::Place { place, .. } => Some(place.object),
                        CallArg::Value(_) => None,
                    })
                    .collect();
                if let Some(CallResult::Object(o)) = call.seed() {
                    objects.push(o);
                }
                objects
            }
            _ => vec![],
        }
    }

    /// The nested blocks.
    pub fn blocks(&self) -> Vec<&Block> {
        match self {
            Stmt::For(f) => vec![&f.body],
            Stmt::If(f) => vec![&f.then, &f.otherwise],
            _ => vec![],
        }
    }

    /// Renames every value that the statement and its nested blocks read; definitions keep their names.
    pub fn rename_reads(&mut self, f: &mut impl FnMut(Value) -> Value) {
        match self {
            Stmt::Let(_, op) => op.rename(f),
            Stmt::Local(_, init) => match init {
                Init::Zeros => {}
                Init::Filled(v) => *v = f(*v),
                Init::Elements(vs) => vs.iter_mut().for_each(|v| *v = f(*v)),
                Init::From(p) | Init::ZerosLike(p) => p.rename(f),
            },
            Stmt::Store(p, v) | Stmt::Accumulate(p, v) => {
                p.rename(f);
                *v = f(*v);
            }
            Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
                p.rename(f);
                q.rename(f);
            }
            Stmt::Clear(p) | Stmt::PushAll(p) | Stmt::PopAll(p) => p.rename(f),
            Stmt::Push(v) | Stmt::Assert(v, _) => *v = f(*v),
            Stmt::Pop(_) => {}
            Stmt::For(l) => {
                l.start = f(l.start);
                l.end = f(l.end);
                for c in &mut l.carried {
                    c.init = f(c.init);
                    c.next = f(c.next);
                }
                if let Some(again) = &mut l.again {
                    *again = f(*again);
                }
                l.body.iter_mut().for_each(|s| s.rename_reads(f));
            }
            Stmt::If(l) => {
                l.cond = f(l.cond);
                l.then.iter_mut().for_each(|s| s.rename_reads(f));
                l.otherwise.iter_mut().for_each(|s| s.rename_reads(f));
                for m in &mut l.merges {
                    m.then = f(m.then);
                    m.otherwise = f(m.otherwise);
                }
            }
            Stmt::Call(call) => {
                for arg in call.args.iter_mut().chain(call.twins.iter_mut().flatten()) {
                    match arg {
                        CallArg::Value(v) => *v = f(*v),
                        CallArg::Place { place, .. } => place.rename(f),
                    }
                }
                if call.form == super::Form::Vjp
                    && let Some(CallResult::Value(v)) = &mut call.result_twin
                {
                    *v = f(*v);
                }
            }
        }
    }
}

impl Stmt {
    /// Renames every value that the statement and its nested blocks define.
    pub fn rename_definitions(&mut self, f: &mut impl FnMut(Value) -> Value) {
        match self {
            Stmt::Let(v, _) | Stmt::Pop(v) => *v = f(*v),
            Stmt::For(l) => {
                l.index = f(l.index);
                for c in &mut l.carried {
                    c.param = f(c.param);
                    c.result = f(c.result);
                }
                l.body.iter_mut().for_each(|s| s.rename_definitions(f));
            }
            Stmt::If(l) => {
                l.then.iter_mut().chain(&mut l.otherwise).for_each(|s| s.rename_definitions(f));
                l.merges.iter_mut().for_each(|m| m.result = f(m.result));
            }
            // a call in reverse form defines nothing
            Stmt::Call(call) if call.form != super::Form::Vjp => {
                for result in std::iter::once(&mut call.result).chain(&mut call.result_twin) {
                    if let CallResult::Value(v) = result {
                        *v = f(*v);
                    }
                }
            }
            _ => {}
        }
    }

    /// Shows `f` every place that the statement and its nested blocks mention, the cotangent of a call included.
    pub fn redirect(&mut self, f: &mut impl FnMut(&mut Place)) {
        match self {
            Stmt::Let(_, Op::Load(p) | Op::Len(p)) | Stmt::Local(_, Init::From(p) | Init::ZerosLike(p)) => {
                f(p)
            }
            Stmt::Let(..) | Stmt::Local(..) | Stmt::Push(_) | Stmt::Pop(_) | Stmt::Assert(..) => {}
            Stmt::Store(p, _)
            | Stmt::Accumulate(p, _)
            | Stmt::Clear(p)
            | Stmt::PushAll(p)
            | Stmt::PopAll(p) => f(p),
            Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
                f(p);
                f(q);
            }
            Stmt::For(l) => l.body.iter_mut().for_each(|s| s.redirect(f)),
            Stmt::If(l) => l.then.iter_mut().chain(&mut l.otherwise).for_each(|s| s.redirect(f)),
            Stmt::Call(call) => {
                for arg in call.args.iter_mut().chain(call.twins.iter_mut().flatten()) {
                    if let CallArg::Place { place, .. } = arg {
                        f(place);
                    }
                }
                if let (super::Form::Vjp, Some(CallResult::Object(o))) = (call.form, &mut call.result_twin) {
                    let mut seed = Place::whole(*o);
                    f(&mut seed);
                    *o = seed.object;
                }
            }
        }
    }
}

/// Shows `f` every place that the statement itself mentions; not those of nested blocks.
pub fn places(stmt: &Stmt, f: &mut impl FnMut(&Place)) {
    match stmt {
        Stmt::Let(_, Op::Load(p) | Op::Len(p)) | Stmt::Local(_, Init::From(p) | Init::ZerosLike(p)) => f(p),
        Stmt::Store(p, _) | Stmt::Accumulate(p, _) | Stmt::Clear(p) | Stmt::PushAll(p) | Stmt::PopAll(p) => {
            f(p)
        }
        Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
            f(p);
            f(q);
        }
        Stmt::Call(call) => {
            for arg in call.all_args() {
                if let CallArg::Place { place, .. } = arg {
                    f(place);
                }
            }
        }
        _ => {}
    }
}

/// Calls `f` with every statement of the block, the nested ones included, outer ones first.
pub fn walk<'a>(block: &'a [Stmt], f: &mut impl FnMut(&'a Stmt)) {
    for stmt in block {
        f(stmt);
        for inner in stmt.blocks() {
            walk(inner, f);
        }
    }
}

/// The block with each of its statements, the nested ones included and first, replaced by what `f` writes for it.
pub fn rewrite(block: Block, f: &mut impl FnMut(Stmt, &mut Block)) -> Block {
    let mut out = Vec::new();
    for mut stmt in block {
        match &mut stmt {
            Stmt::For(l) => l.body = rewrite(std::mem::take(&mut l.body), f),
            Stmt::If(l) => {
                l.then = rewrite(std::mem::take(&mut l.then), f);
                l.otherwise = rewrite(std::mem::take(&mut l.otherwise), f);
            }
            _ => {}
        }
        f(stmt, &mut out);
    }
    out
}

/// Every value that a block and its nested blocks define, loop indices and carried values included.
pub fn defined_within(block: &[Stmt]) -> Vec<Value> {
    let mut defined = Vec::new();
    walk(block, &mut |stmt| {
        defined.extend(stmt.defines());
        if let Stmt::For(l) = stmt {
            defined.push(l.index);
            defined.extend(l.carried.iter().map(|c| c.param));
        }
    });
    defined
}

/// Every value that a block and its nested blocks read: what loops hand on and branches merge included.
pub fn read_within(block: &[Stmt]) -> Vec<Value> {
    let mut read = Vec::new();
    walk(block, &mut |stmt| {
        read.extend(stmt.reads());
        match stmt {
            Stmt::For(l) => read.extend(l.carried.iter().map(|c| c.next).chain(l.again)),
            Stmt::If(l) => read.extend(l.merges.iter().flat_map(|m| [m.then, m.otherwise])),
            _ => {}
        }
    });
    read
}
