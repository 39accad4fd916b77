//! What a statement reads, defines and writes, and how to rename it.

use super::Block;
use super::Call;
use super::CallArg;
use super::CallResult;
use super::For;
use super::If;
use super::Obj;
use super::Op;
use super::Place;
use super::Proj;
use super::Stmt;
use super::Value;
use super::parts::Part;
use super::parts::PartMut;
use super::parts::Use;

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
        let mut operands = Vec::new();
        self.parts(&mut |part| read(&part, &mut operands));
        operands
    }

    /// Renames every value that it reads.
    pub fn rename(&mut self, f: &mut impl FnMut(Value) -> Value) {
        self.parts_mut(&mut |part| rename_read(part, f));
    }
}

/// The values that a part reads.
fn read(part: &Part, reads: &mut Vec<Value>) {
    match part {
        Part::Read(v) => reads.push(**v),
        Part::Place(place, _) => reads.extend(place.indices()),
        _ => {}
    }
}

fn rename_read(part: PartMut, f: &mut impl FnMut(Value) -> Value) {
    match part {
        PartMut::Read(v) | PartMut::End(v) => *v = f(*v),
        PartMut::Place(place, _) => place.rename(f),
        _ => {}
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

    /// Derivatives are made of functions: programs are not closed under the passes that make them, and a form of a call has no
    /// form of its own. A second derivative is taken with dual numbers.
    ///
    /// # Panics
    ///
    /// Where a pass is given its own output, which is a mistake in the compiler.
    pub fn assert_primal(&self) {
        assert!(self.form == super::Form::Primal, "the derivative of a derivative's call");
    }

    /// Whether the past is asked.
    pub fn is_history(&self) -> bool {
        matches!(self.callee, super::Callee::History(..))
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
        self.parts(&mut |part| read(&part, &mut reads));
        reads
    }

    /// The values that the statement defines for the statements after it.
    pub fn defines(&self) -> Vec<Value> {
        let mut defined = Vec::new();
        self.parts(&mut |part| {
            if let Part::Define(v) = part {
                defined.push(*v);
            }
        });
        defined
    }

    /// The memory that is used so by the statement itself; not by nested blocks.
    pub fn uses(&self, so: impl Fn(Use) -> bool) -> Vec<Obj> {
        let mut used = Vec::new();
        self.parts(&mut |part| match part {
            Part::Place(place, how) if so(how) => used.push(place.object),
            Part::Whole(o, how) if so(how) => used.push(*o),
            _ => {}
        });
        used
    }

    /// The memory that the statement itself writes; not that of nested blocks.
    pub fn writes(&self) -> Vec<Obj> {
        self.uses(Use::writes)
    }

    /// The memory that the statement itself reads; not that of nested blocks.
    pub fn loads(&self) -> Vec<Obj> {
        self.uses(Use::loads)
    }

    /// The memory that the statement brings to life.
    pub fn births(&self) -> Vec<Obj> {
        self.uses(|how| how == Use::Birth)
    }

    /// The nested blocks.
    pub fn blocks(&self) -> Vec<&Block> {
        let mut blocks = Vec::new();
        self.parts(&mut |part| {
            if let Part::Block(block) = part {
                blocks.push(block);
            }
        });
        blocks
    }

    /// The nested blocks, to be replaced.
    pub fn blocks_mut(&mut self) -> Vec<&mut Block> {
        let mut blocks = Vec::new();
        self.parts_mut(&mut |part| {
            if let PartMut::Block(block) = part {
                blocks.push(block);
            }
        });
        blocks
    }

    /// Whether it keeps something on the workspace or takes it back: it can't change places with another such.
    pub fn keeps(&self) -> bool {
        matches!(self, Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) | Stmt::PopAll(_))
    }

    /// Shows `f` the parts of the statement and of its nested blocks.
    fn all_parts_mut(&mut self, f: &mut impl FnMut(PartMut)) {
        self.parts_mut(&mut |part| match part {
            PartMut::Block(block) => block.iter_mut().for_each(|stmt| stmt.all_parts_mut(f)),
            other => f(other),
        });
    }

    /// Renames every value that the statement and its nested blocks read; definitions keep their names.
    pub fn rename_reads(&mut self, f: &mut impl FnMut(Value) -> Value) {
        self.all_parts_mut(&mut |part| rename_read(part, f));
    }

    /// Renames every value that the statement and its nested blocks define.
    pub fn rename_definitions(&mut self, f: &mut impl FnMut(Value) -> Value) {
        self.all_parts_mut(&mut |part| {
            if let PartMut::Define(v) | PartMut::Open(v) = part {
                *v = f(*v);
            }
        });
    }

    /// Shows `f` every place that the statement and its nested blocks mention, the cotangent of a call included.
    pub fn redirect(&mut self, f: &mut impl FnMut(&mut Place)) {
        self.all_parts_mut(&mut |part| match part {
            PartMut::Place(place, _) => f(place),
            PartMut::Whole(o, how) if how != Use::Birth => {
                let mut seed = Place::whole(*o);
                f(&mut seed);
                *o = seed.object;
            }
            _ => {}
        });
    }
}

/// Shows `f` every place that the statement itself mentions; not those of nested blocks.
pub fn places(stmt: &Stmt, f: &mut impl FnMut(&Place)) {
    stmt.parts(&mut |part| {
        if let Part::Place(place, _) = part {
            f(place);
        }
    });
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
        for inner in stmt.blocks_mut() {
            *inner = rewrite(std::mem::take(inner), f);
        }
        f(stmt, &mut out);
    }
    out
}

/// Every value that a block and its nested blocks define, loop indices and carried values included.
pub fn defined_within(block: &[Stmt]) -> Vec<Value> {
    let mut defined = Vec::new();
    walk(block, &mut |stmt| {
        stmt.parts(&mut |part| {
            if let Part::Define(v) | Part::Open(v) = part {
                defined.push(*v);
            }
        });
    });
    defined
}

/// Every value that a block and its nested blocks read: what loops hand on and branches merge included.
pub fn read_within(block: &[Stmt]) -> Vec<Value> {
    let mut found = Vec::new();
    walk(block, &mut |stmt| {
        stmt.parts(&mut |part| match part {
            Part::End(v) => found.push(*v),
            other => read(&other, &mut found),
        });
    });
    found
}
