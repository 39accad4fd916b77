//! The same program once more with sets of dependencies in the place of reals.
//!
//! Integers are computed as they are, so that loops and indices are exact. Where a condition depends on a real, both
//! arms are taken and their writes are added to what was there. An integer or a condition that depends on a real has no
//! value here, nor has one that lies in memory where such a thing was written: where an index or a loop's length is one, any
//! output may depend on any input.
//!
//! Which arms can be taken at all is still asked: `u[0] > 0.0 && i > 0` cannot hold where `i > 0` does not, and then
//! `u[i - 1]` is nothing to look at. Each condition that depends on a real has two shadows, whether it can hold and whether
//! it can fail.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Carried;
use crate::ir::For;
use crate::ir::Form;
use crate::ir::If;
use crate::ir::Init;
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
use crate::ir::visit;

/// The program on dependencies; `None` where an index or a loop's length depends on a real, so that any output may
/// depend on any input.
pub fn sparsity(primal: &Program) -> Option<Program> {
    let tainted = Tainted::of(primal);
    let mut exact = true;
    visit::walk(&primal.body, &mut |stmt| {
        let mut asked: Vec<Value> = Vec::new();
        visit::places(stmt, &mut |place| asked.extend(place.indices()));
        match stmt {
            Stmt::For(l) => asked.extend([l.start, l.end].into_iter().chain(l.again)),
            Stmt::Call(call) => {
                // whole states of a shape that only rustc knows can't be filled with a dependency
                exact &= !call.is_history() || past(primal, call).is_some();
                for arg in &call.args {
                    match arg {
                        CallArg::Value(v) if primal.kind(*v) != ScalarKind::Real => asked.push(*v),
                        CallArg::Value(_) => {}
                        CallArg::Place { place, .. } => exact &= !tainted.objects.contains(&place.object),
                    }
                }
            }
            _ => {}
        }
        exact &= asked.iter().all(|v| !tainted.values.contains(v));
    });
    // a result that is no real has no dependencies; one that depends on reals has no value either
    let untold = primal.results().any(|output| match output {
        Output::Value(v) => tainted.values.contains(&v),
        Output::Object(o) | Output::Local(o) => tainted.objects.contains(&o),
    });
    if !exact || untold {
        return None;
    }
    let mut conditions = HashMap::default();
    visit::walk(&primal.body, &mut |stmt| {
        if let Stmt::Let(v, op @ (Op::Not(_) | Op::And(..) | Op::Or(..))) = stmt {
            conditions.insert(*v, op.clone());
        }
    });
    let mut pass = Pass { program: primal.clone(), tainted, shadows: HashMap::default(), conditions };
    let mut body = Vec::new();
    pass.block(&primal.body, false, &mut body);
    pass.program.body = body;
    Some(pass.program)
}

/// The integers and conditions that depend on a real, and the memory that may hold such.
#[derive(Default)]
struct Tainted {
    values: HashSet<Value>,
    objects: HashSet<Obj>,
    /// Memory from which integers or conditions are read.
    counted: HashSet<Obj>,
}

impl Tainted {
    fn of(program: &Program) -> Self {
        let mut tainted = Tainted::default();
        visit::walk(&program.body, &mut |stmt| {
            if let Stmt::Let(v, Op::Load(place)) = stmt
                && program.kind(*v) != ScalarKind::Real
            {
                tainted.counted.insert(place.object);
            }
        });
        loop {
            let before = (tainted.values.len(), tainted.objects.len());
            tainted.block(program, &program.body, None);
            if before == (tainted.values.len(), tainted.objects.len()) {
                return tainted;
            }
        }
    }

    fn any(&self, values: impl IntoIterator<Item = Value>) -> bool {
        values.into_iter().any(|v| self.values.contains(&v))
    }

    fn mark(&mut self, program: &Program, v: Value, hit: bool) {
        if hit && program.kind(v) != ScalarKind::Real {
            self.values.insert(v);
        }
    }

    /// Memory is written: by what depends on a real, at a place that does, or where it depends on a real whether.
    fn written(&mut self, program: &Program, place: &Place, hit: bool) {
        let discrete = program.shape_at(place).is_none_or(|shape| shape.is_discrete());
        if discrete && (hit || self.any(place.indices())) {
            self.objects.insert(place.object);
        }
    }

    /// Whether an argument of a call depends on a real.
    fn call(&self, program: &Program, call: &crate::ir::Call) -> bool {
        call.args.iter().any(|arg| match arg {
            CallArg::Value(v) => program.kind(*v) == ScalarKind::Real || self.values.contains(v),
            CallArg::Place { place, .. } => {
                self.objects.contains(&place.object) || !program.is_discrete(place)
            }
        })
    }

    /// `under`: where it depends on a real whether the block runs, the memory that it makes for itself; nobody sees that
    /// who has not run it.
    fn block(&mut self, program: &Program, block: &Block, under: Option<&HashSet<Obj>>) {
        let seen = |place: &Place| under.is_some_and(|own| !own.contains(&place.object));
        for stmt in block {
            match stmt {
                Stmt::Let(v, op) => {
                    let reads = op.operands();
                    let hit =
                        reads.iter().any(|w| program.kind(*w) == ScalarKind::Real || self.values.contains(w));
                    let lies = matches!(op, Op::Load(place) if self.objects.contains(&place.object));
                    self.mark(program, *v, hit || lies);
                }
                Stmt::Local(o, init) => {
                    let hit = match init {
                        Init::Zeros | Init::ZerosLike(_) | Init::ZerosAlong(_) => false,
                        Init::Filled(v) => self.values.contains(v),
                        Init::Elements(vs) => self.any(vs.iter().copied()),
                        Init::From(place) => self.objects.contains(&place.object),
                    };
                    self.written(program, &Place::whole(*o), hit);
                }
                Stmt::Store(place, v) | Stmt::Accumulate(place, v) => {
                    let discrete = program.kind(*v) != ScalarKind::Real;
                    self.written(program, place, discrete && (seen(place) || self.values.contains(v)));
                }
                Stmt::Copy(to, from) | Stmt::AddAll(to, from) => {
                    let hit = seen(to) && program.is_discrete(to);
                    self.written(program, to, hit || self.objects.contains(&from.object));
                }
                Stmt::For(l) => {
                    for c in &l.carried {
                        let hit = self.any([c.init, c.next]);
                        self.mark(program, c.param, hit);
                        self.mark(program, c.result, hit);
                    }
                    self.block(program, &l.body, under);
                }
                Stmt::If(l) => {
                    let asks = self.values.contains(&l.cond);
                    for arm in [&l.then, &l.otherwise] {
                        let own = asks.then(|| born(arm));
                        self.block(program, arm, own.as_ref().or(under));
                    }
                    for m in &l.merges {
                        let hit = asks || self.any([m.then, m.otherwise]);
                        self.mark(program, m.result, hit);
                    }
                }
                Stmt::Call(call) => {
                    let hit = self.call(program, call);
                    match call.result {
                        CallResult::Value(v) => self.mark(program, v, hit),
                        // what is counted beside reals may depend on them
                        CallResult::Object(o)
                            if matches!(program.objects[o.0].shape, Shape::Tuple(_))
                                || self.counted.contains(&o) =>
                        {
                            if hit {
                                self.objects.insert(o);
                            }
                        }
                        CallResult::Object(o) => self.written(program, &Place::whole(o), hit),
                    }
                }
                Stmt::Assert(..)
                | Stmt::Clear(_)
                | Stmt::Push(_)
                | Stmt::Pop(_)
                | Stmt::PushAll(_)
                | Stmt::PopAll(_) => {}
            }
        }
    }
}

/// What the past gives, as a dependency.
fn past(program: &Program, call: &crate::ir::Call) -> Option<Stmt> {
    let Some(CallArg::Value(time)) = call.args.get(1) else { return None };
    match call.result {
        CallResult::Value(v) => Some(Stmt::Let(v, Op::Union(vec![*time]))),
        CallResult::Object(o) => match &program.objects[o.0].shape {
            shape @ Shape::Array(inner, _) if shape.is_told() && matches!(**inner, Shape::Scalar(_)) => {
                Some(Stmt::Local(o, Init::Filled(*time)))
            }
            _ => None,
        },
    }
}

/// The memory that a block makes.
fn born(block: &Block) -> HashSet<Obj> {
    let mut born = HashSet::default();
    visit::walk(block, &mut |stmt| {
        if let Stmt::Local(o, _) = stmt {
            born.insert(*o);
        }
    });
    born
}

/// A condition that is known where a pattern is made: always true, or a value of the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Known {
    Always,
    Never,
    If(Value),
}

struct Pass {
    program: Program,
    tainted: Tainted,
    /// Whether a condition that depends on a real can hold, and whether it can fail.
    shadows: HashMap<Value, [Known; 2]>,
    /// What conditions are made of.
    conditions: HashMap<Value, Op>,
}

impl Pass {
    /// Whether a condition can hold, and whether it can fail.
    fn can(&mut self, cond: Value, out: &mut Block) -> [Known; 2] {
        if self.tainted.values.contains(&cond) {
            return self.shadows.get(&cond).copied().unwrap_or([Known::Always; 2]);
        }
        let fails = self.program.define(out, ScalarKind::Bool, Op::Not(cond));
        [Known::If(cond), Known::If(fails)]
    }

    fn both(&mut self, a: Known, b: Known, out: &mut Block) -> Known {
        match (a, b) {
            (Known::Never, _) | (_, Known::Never) => Known::Never,
            (Known::Always, known) | (known, Known::Always) => known,
            (Known::If(a), Known::If(b)) => {
                Known::If(self.program.define(out, ScalarKind::Bool, Op::And(a, b)))
            }
        }
    }

    fn either(&mut self, a: Known, b: Known, out: &mut Block) -> Known {
        match (a, b) {
            (Known::Always, _) | (_, Known::Always) => Known::Always,
            (Known::Never, known) | (known, Known::Never) => known,
            (Known::If(a), Known::If(b)) => {
                Known::If(self.program.define(out, ScalarKind::Bool, Op::Or(a, b)))
            }
        }
    }

    fn value(&mut self, known: Known, out: &mut Block) -> Value {
        match known {
            Known::If(v) => v,
            Known::Always => self.program.define(out, ScalarKind::Bool, Op::Bool(true)),
            Known::Never => self.program.define(out, ScalarKind::Bool, Op::Bool(false)),
        }
    }

    /// In the arm of a branch its condition is known, and what that says of the conditions that it is made of.
    /// `before`: what was known outside of the arm.
    fn assume(&mut self, cond: Value, holds: bool, before: &mut Vec<(Value, Option<[Known; 2]>)>) {
        if self.tainted.values.contains(&cond) {
            before.push((cond, self.shadows.get(&cond).copied()));
            let shadows = self.shadows.entry(cond).or_insert([Known::Always; 2]);
            shadows[usize::from(holds)] = Known::Never;
        }
        match (self.conditions.get(&cond).cloned(), holds) {
            (Some(Op::Not(a)), _) => self.assume(a, !holds, before),
            (Some(Op::And(a, b)), true) | (Some(Op::Or(a, b)), false) => {
                self.assume(a, holds, before);
                self.assume(b, holds, before);
            }
            _ => {}
        }
    }

    /// The shadows of a condition that depends on a real.
    fn shadow(&mut self, v: Value, op: &Op, out: &mut Block) {
        let shadows = match op {
            Op::Bool(true) => [Known::Always, Known::Never],
            Op::Bool(false) => [Known::Never, Known::Always],
            Op::Not(a) => {
                let [holds, fails] = self.can(*a, out);
                [fails, holds]
            }
            Op::And(a, b) => {
                let ([a, not_a], [b, not_b]) = (self.can(*a, out), self.can(*b, out));
                [self.both(a, b, out), self.either(not_a, not_b, out)]
            }
            Op::Or(a, b) => {
                let ([a, not_a], [b, not_b]) = (self.can(*a, out), self.can(*b, out));
                [self.either(a, b, out), self.both(not_a, not_b, out)]
            }
            _ => [Known::Always; 2],
        };
        if shadows != [Known::Always; 2] {
            self.shadows.insert(v, shadows);
        }
    }

    /// Whether a statement writes integers or conditions that have no value here.
    fn untold(&self, stmt: &Stmt) -> bool {
        let objects = stmt.writes();
        !objects.is_empty()
            && objects
                .iter()
                .all(|o| self.tainted.objects.contains(o) && self.program.objects[o.0].shape.is_discrete())
    }

    /// `weak`: the block runs whether its condition holds or not, so that a write adds to what was there.
    fn block(&mut self, block: &Block, weak: bool, out: &mut Block) {
        for stmt in block {
            match stmt {
                Stmt::Let(v, op) => self.op(*v, op, out),
                // Its integers are left out; how long it is has a value still.
                Stmt::Local(o, init)
                    if self.untold(stmt)
                        && matches!(self.program.objects[o.0].shape, Shape::Array(_, Len::Inferred)) =>
                {
                    let init = match init {
                        Init::From(p) | Init::ZerosLike(p) | Init::ZerosAlong(p) => {
                            Init::ZerosAlong(p.clone())
                        }
                        _ => Init::Zeros,
                    };
                    out.push(Stmt::Local(*o, init));
                }
                Stmt::Local(..) | Stmt::Store(..) | Stmt::Copy(..) | Stmt::Accumulate(..)
                    if self.untold(stmt) => {}
                // a field whose type is not written down may hold a condition
                Stmt::Store(_, v) if self.tainted.values.contains(v) => {}
                Stmt::Store(p, v) if weak && self.program.kind(*v) == ScalarKind::Real => {
                    out.push(Stmt::Accumulate(p.clone(), *v));
                }
                Stmt::Copy(p, q) if weak && !self.program.is_discrete(p) => {
                    out.push(Stmt::AddAll(p.clone(), q.clone()));
                }
                Stmt::For(l) => self.repeated(l, weak, out),
                Stmt::If(l) if self.tainted.values.contains(&l.cond) => self.asked(l, out),
                Stmt::If(l) => self.told(l, weak, out),
                // What was is no input: an earlier state depends on the present one by its time alone.
                Stmt::Call(call) if call.is_history() => out.extend(past(&self.program, call)),
                Stmt::Call(call) => {
                    call.assert_primal();
                    let mut call = call.clone();
                    call.form = Form::Marks;
                    out.push(Stmt::Call(call));
                }
                _ => out.push(stmt.clone()),
            }
        }
    }

    /// A loop carries whether a flag can be set and whether it can be clear, in the place of a flag that depends on a real.
    fn repeated(&mut self, l: &For, weak: bool, out: &mut Block) {
        let mut twin = l.clone();
        twin.body.clear();
        twin.carried.retain(|c| !self.tainted.values.contains(&c.param));
        let mut shadows = Vec::new();
        let flags: Vec<&Carried> = l.carried.iter().filter(|c| self.is_flag(c.param)).collect();
        for c in flags {
            let init = self.can(c.init, out).map(|known| self.value(known, out));
            let param = [(); 2].map(|()| self.program.fresh(ScalarKind::Bool));
            self.shadows.insert(c.param, param.map(Known::If));
            shadows.push((c, init, param));
        }
        self.block(&l.body, weak, &mut twin.body);
        for (c, init, param) in shadows {
            let next = self.can(c.next, &mut twin.body);
            let result = [(); 2].map(|()| self.program.fresh(ScalarKind::Bool));
            for side in 0..2 {
                let next = self.value(next[side], &mut twin.body);
                let (param, init, result) = (param[side], init[side], result[side]);
                twin.carried.push(Carried { param, init, next, result });
            }
            self.shadows.insert(c.result, result.map(Known::If));
        }
        out.push(Stmt::For(twin));
    }

    /// A branch whose condition has a value: one arm runs.
    fn told(&mut self, l: &If, weak: bool, out: &mut Block) {
        let mut twin = l.clone();
        twin.then.clear();
        twin.otherwise.clear();
        self.block(&l.then, weak, &mut twin.then);
        self.block(&l.otherwise, weak, &mut twin.otherwise);
        twin.merges.retain(|m| !self.tainted.values.contains(&m.result));
        let flagged: Vec<&Merge> = l.merges.iter().filter(|m| self.is_flag(m.result)).collect();
        for m in flagged {
            let then = self.can(m.then, &mut twin.then);
            let otherwise = self.can(m.otherwise, &mut twin.otherwise);
            let mut shadows = [Known::Always; 2];
            for (side, shadow) in shadows.iter_mut().enumerate() {
                if then[side] == otherwise[side] && !matches!(then[side], Known::If(_)) {
                    *shadow = then[side];
                    continue;
                }
                let then = self.value(then[side], &mut twin.then);
                let otherwise = self.value(otherwise[side], &mut twin.otherwise);
                let result = self.program.fresh(ScalarKind::Bool);
                twin.merges.push(Merge { result, then, otherwise });
                *shadow = Known::If(result);
            }
            self.shadows.insert(m.result, shadows);
        }
        out.push(Stmt::If(twin));
    }

    /// Whether a merged value is a condition that depends on a real.
    fn is_flag(&self, v: Value) -> bool {
        self.program.kind(v) == ScalarKind::Bool && self.tainted.values.contains(&v)
    }

    /// A branch whose condition depends on a real: each arm runs that can be taken.
    fn asked(&mut self, l: &If, out: &mut Block) {
        let can = self.can(l.cond, out);
        let mut parts: Vec<Vec<Value>> = Vec::new();
        let mut flags: Vec<Vec<[Known; 2]>> = Vec::new();
        let real: Vec<&Merge> =
            l.merges.iter().filter(|m| self.program.kind(m.result) == ScalarKind::Real).collect();
        let flagged: Vec<&Merge> = l.merges.iter().filter(|m| self.is_flag(m.result)).collect();
        for (known, block, first) in [(can[0], &l.then, true), (can[1], &l.otherwise, false)] {
            let of = |m: &Merge| if first { m.then } else { m.otherwise };
            let mut before = Vec::new();
            self.assume(l.cond, first, &mut before);
            match known {
                Known::Never => {
                    let none = self.program.define(out, ScalarKind::Real, Op::Union(vec![]));
                    parts.push(vec![none; real.len()]);
                    flags.push(vec![[Known::Never; 2]; flagged.len()]);
                }
                Known::Always => {
                    self.block(block, true, out);
                    parts.push(real.iter().map(|m| of(m)).collect());
                    flags.push(flagged.iter().map(|m| self.can(of(m), out)).collect());
                }
                Known::If(cond) => {
                    let mut arm = If { cond, then: vec![], otherwise: vec![], merges: vec![] };
                    self.block(block, true, &mut arm.then);
                    let mut ends = Vec::new();
                    for m in &real {
                        let result = self.program.fresh(ScalarKind::Real);
                        let none =
                            self.program.define(&mut arm.otherwise, ScalarKind::Real, Op::Union(vec![]));
                        arm.merges.push(Merge { result, then: of(m), otherwise: none });
                        ends.push(result);
                    }
                    let mut shadows = Vec::new();
                    for m in &flagged {
                        let can = self.can(of(m), &mut arm.then);
                        shadows.push(can.map(|known| {
                            if known == Known::Never {
                                return Known::Never;
                            }
                            let then = self.value(known, &mut arm.then);
                            let otherwise = self.value(Known::Never, &mut arm.otherwise);
                            let result = self.program.fresh(ScalarKind::Bool);
                            arm.merges.push(Merge { result, then, otherwise });
                            Known::If(result)
                        }));
                    }
                    parts.push(ends);
                    flags.push(shadows);
                    out.push(Stmt::If(arm));
                }
            }
            for (v, shadows) in before.into_iter().rev() {
                match shadows {
                    Some(shadows) => _ = self.shadows.insert(v, shadows),
                    None => _ = self.shadows.remove(&v),
                }
            }
        }
        for (k, m) in real.iter().enumerate() {
            out.push(Stmt::Let(m.result, Op::Union(parts.iter().map(|arm| arm[k]).collect())));
        }
        for (k, m) in flagged.iter().enumerate() {
            let [holds, fails] = [0, 1].map(|side| self.either(flags[0][k][side], flags[1][k][side], out));
            self.shadows.insert(m.result, [holds, fails]);
        }
    }

    fn op(&mut self, v: Value, op: &Op, out: &mut Block) {
        if self.program.kind(v) != ScalarKind::Real {
            if !self.tainted.values.contains(&v) {
                out.push(Stmt::Let(v, op.clone()));
            } else if self.program.kind(v) == ScalarKind::Bool {
                self.shadow(v, op, out);
            }
            return;
        }
        let union = match op {
            Op::Prim(prim, args) => {
                let mut depends: Vec<Value> = prim
                    .partials()
                    .iter()
                    .zip(args)
                    .filter(|(partial, _)| partial.is_some())
                    .map(|(_, arg)| *arg)
                    .collect();
                depends.sort();
                depends.dedup();
                Op::Union(depends)
            }
            Op::Powi(x, _) => Op::Union(vec![*x]),
            Op::Select(_, a, b) => Op::Union(vec![*a, *b]),
            // What a variant of an enum holds is a constant.
            Op::Load(place) if place.path.iter().any(|step| matches!(step, Proj::Part(..))) => {
                Op::Union(vec![])
            }
            Op::Load(place) => Op::Load(place.clone()),
            _ => Op::Union(vec![]),
        };
        out.push(Stmt::Let(v, union));
    }
}
