//! Dead code: statements whose results nobody reads go away.

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::Call;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Form;
use crate::ir::Obj;
use crate::ir::Output;
use crate::ir::Program;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::dense::DenseSet;
use crate::ir::parts::Part;
use crate::ir::parts::Use;
use crate::ir::visit;

#[derive(Default)]
struct Live {
    values: DenseSet<Value>,
    objects: DenseSet<Obj>,
}

/// Removes what does not reach the output, an argument that is written, or the workspace.
pub fn prune(mut program: Program) -> Program {
    let mut live = Live::default();
    live.objects.extend(program.results().filter_map(Output::object));
    live.values.extend(program.results().filter_map(Output::value));
    for arg in &program.args {
        if let Arg::Object(o) = arg
            && !program.objects[o.0].read_only
        {
            live.objects.insert(*o);
        }
    }
    loop {
        let before = (live.values.count(), live.objects.count());
        live.block(&program.body);
        if before == (live.values.count(), live.objects.count()) {
            break;
        }
    }
    let body = std::mem::take(&mut program.body);
    program.body = drop_last_writes(live.keep(body), &mut outputs(&program));
    program
}

/// The memory that a caller looks at afterwards.
fn outputs(program: &Program) -> DenseSet<Obj> {
    let mut outputs: DenseSet<Obj> = program.results().filter_map(Output::object).collect();
    outputs.extend(program.args.iter().filter_map(|arg| match arg {
        Arg::Object(o) => Some(*o),
        Arg::Value(_) => None,
    }));
    outputs
}

/// Removes writes to memory that neither the rest of the function nor the caller reads: `read` is what is read later.
fn drop_last_writes(block: Block, read: &mut DenseSet<Obj>) -> Block {
    let mut kept = Vec::new();
    for mut stmt in block.into_iter().rev() {
        match &mut stmt {
            Stmt::Store(p, _)
            | Stmt::Clear(p)
            | Stmt::Accumulate(p, _)
            | Stmt::Copy(p, _)
            | Stmt::AddAll(p, _)
                if !read.contains(p.object) =>
            {
                continue;
            }
            Stmt::If(l) => {
                let mut then = read.clone();
                l.then = drop_last_writes(std::mem::take(&mut l.then), &mut then);
                l.otherwise = drop_last_writes(std::mem::take(&mut l.otherwise), read);
                read.unite(&then);
            }
            Stmt::For(l) => {
                // what an iteration reads the one before may have written
                visit::walk(&l.body, &mut |inner| reads(inner, read));
                l.body = drop_last_writes(std::mem::take(&mut l.body), read);
            }
            _ => {}
        }
        reads(&stmt, read);
        kept.push(stmt);
    }
    kept.reverse();
    kept
}

fn reads(stmt: &Stmt, read: &mut DenseSet<Obj>) {
    // an update in place reads what it updates
    let reads = |how: Use| how.loads() || how == Use::Update;
    stmt.parts(&mut |part| match part {
        Part::Place(place, how) if reads(how) => _ = read.insert(place.object),
        Part::Whole(o, how) if reads(how) => _ = read.insert(*o),
        _ => {}
    });
}

impl Live {
    fn read(&mut self, stmt: &Stmt) {
        stmt.parts(&mut |part| match part {
            Part::Read(v) => _ = self.values.insert(*v),
            Part::Place(place, how) => {
                self.values.extend(place.indices());
                if how.loads() {
                    self.objects.insert(place.object);
                }
            }
            Part::Whole(o, how) if how.loads() => _ = self.objects.insert(*o),
            _ => {}
        });
    }

    fn result(&self, result: CallResult) -> bool {
        match result {
            CallResult::Value(v) => self.values.contains(v),
            CallResult::Object(o) => self.objects.contains(o),
        }
    }

    fn call(&self, call: &Call) -> bool {
        match call.form {
            Form::Vjp => call.twins.iter().flatten().any(|twin| match twin {
                CallArg::Place { place, .. } => self.objects.contains(place.object),
                CallArg::Value(_) => false,
            }),
            _ => call.bound().any(|r| self.result(r)),
        }
    }

    /// Whether a statement that is neither a loop nor a branch has a reader.
    fn simple(&self, stmt: &Stmt) -> bool {
        match stmt {
            Stmt::Let(v, _) => self.values.contains(*v),
            Stmt::Local(o, _) => self.objects.contains(*o),
            Stmt::Store(p, _)
            | Stmt::Accumulate(p, _)
            | Stmt::Copy(p, _)
            | Stmt::AddAll(p, _)
            | Stmt::Clear(p) => self.objects.contains(p.object),
            Stmt::Call(call) => self.call(call),
            Stmt::Push(_) | Stmt::Pop(_) | Stmt::PushAll(_) | Stmt::PopAll(_) | Stmt::Assert(..) => true,
            Stmt::For(_) | Stmt::If(_) => false,
        }
    }

    /// One backward walk; returns whether the block holds anything live.
    fn block(&mut self, block: &Block) -> bool {
        let mut any = false;
        for stmt in block.iter().rev() {
            let live = match stmt {
                Stmt::For(l) => {
                    for c in &l.carried {
                        if self.values.contains(c.result) || self.values.contains(c.param) {
                            self.values.extend([c.param, c.next, c.init, c.result]);
                        }
                    }
                    let body = self.block(&l.body);
                    // a parameter first read in the body: its successor is needed too
                    for c in &l.carried {
                        if self.values.contains(c.param) {
                            self.values.extend([c.next, c.init, c.result]);
                        }
                    }
                    let live = body || l.carried.iter().any(|c| self.values.contains(c.result));
                    if live {
                        self.values.extend([l.start, l.end]);
                        self.values.extend(l.again);
                    }
                    live
                }
                Stmt::If(l) => {
                    let mut merged = false;
                    for m in &l.merges {
                        if self.values.contains(m.result) {
                            self.values.extend([m.then, m.otherwise]);
                            merged = true;
                        }
                    }
                    let then = self.block(&l.then);
                    let otherwise = self.block(&l.otherwise);
                    let live = merged || then || otherwise;
                    if live {
                        self.values.insert(l.cond);
                    }
                    live
                }
                _ => {
                    let live = self.simple(stmt);
                    if live {
                        self.read(stmt);
                    }
                    // what is taken back needs its memory, though nobody may look at it
                    if let Stmt::PopAll(place) = stmt {
                        self.objects.insert(place.object);
                    }
                    live
                }
            };
            any |= live;
        }
        any
    }

    fn keep(&self, block: Block) -> Block {
        let mut kept = Vec::new();
        for stmt in block {
            match stmt {
                Stmt::For(mut l) => {
                    l.carried.retain(|c| self.values.contains(c.result));
                    l.body = self.keep(l.body);
                    if !l.body.is_empty() || !l.carried.is_empty() {
                        kept.push(Stmt::For(l));
                    }
                }
                Stmt::If(mut l) => {
                    l.merges.retain(|m| self.values.contains(m.result));
                    l.then = self.keep(l.then);
                    l.otherwise = self.keep(l.otherwise);
                    if !l.then.is_empty() || !l.otherwise.is_empty() || !l.merges.is_empty() {
                        kept.push(Stmt::If(l));
                    }
                }
                stmt if self.simple(&stmt) => kept.push(stmt),
                _ => {}
            }
        }
        kept
    }
}
