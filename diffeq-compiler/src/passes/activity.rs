//! Which values and which memory depend on the inputs that a derivative is taken by.

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::CallArg;
use crate::ir::CallResult;
use crate::ir::Init;
use crate::ir::Obj;
use crate::ir::Op;
use crate::ir::Program;
use crate::ir::ScalarKind;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::ir::dense::DenseSet;

/// What depends on the inputs.
#[derive(Debug, Default, Clone)]
pub struct Activity {
    values: DenseSet<Value>,
    objects: DenseSet<Obj>,
}

impl Activity {
    /// Dependence on those arguments that `chosen` picks by their position.
    pub fn by(program: &Program, chosen: impl Fn(usize) -> bool) -> Self {
        let mut activity = Activity::default();
        for (i, arg) in program.args.iter().enumerate() {
            match arg {
                Arg::Value(v) if chosen(i) && program.kind(*v) == ScalarKind::Real => {
                    activity.values.insert(*v);
                }
                Arg::Object(o) if chosen(i) && !program.objects[o.0].shape.is_discrete() => {
                    activity.objects.insert(*o);
                }
                _ => {}
            }
        }
        // Memory is written in loops before it is read earlier in the text: repeat until nothing changes.
        loop {
            let before = (activity.values.count(), activity.objects.count());
            activity.block(program, &program.body);
            if before == (activity.values.count(), activity.objects.count()) {
                return activity;
            }
        }
    }

    /// Whether a value is real and depends on the inputs.
    pub fn value(&self, value: Value) -> bool {
        self.values.contains(value)
    }

    /// Whether some of an object's content depends on the inputs.
    pub fn object(&self, object: Obj) -> bool {
        self.objects.contains(object)
    }

    /// Whether an argument of a call depends on the inputs.
    pub fn arg(&self, arg: &CallArg) -> bool {
        match arg {
            CallArg::Value(v) => self.value(*v),
            CallArg::Place { place, .. } => self.object(place.object),
        }
    }

    fn mark(&mut self, program: &Program, value: Value, active: bool) {
        if active && program.kind(value) == ScalarKind::Real {
            self.values.insert(value);
        }
    }

    fn mark_object(&mut self, program: &Program, object: Obj, active: bool) {
        if active && !program.objects[object.0].shape.is_discrete() {
            self.objects.insert(object);
        }
    }

    fn op(&self, op: &Op) -> bool {
        match op {
            Op::Prim(prim, args) => {
                prim.partials().iter().zip(args).any(|(partial, arg)| partial.is_some() && self.value(*arg))
            }
            Op::Powi(x, _) => self.value(*x),
            Op::Load(place) => self.object(place.object),
            Op::Select(_, a, b) => self.value(*a) || self.value(*b),
            _ => false,
        }
    }

    fn block(&mut self, program: &Program, block: &Block) {
        for stmt in block {
            match stmt {
                Stmt::Let(v, op) => self.mark(program, *v, self.op(op)),
                Stmt::Local(o, init) => {
                    let active = match init {
                        Init::Zeros | Init::ZerosLike(_) | Init::ZerosAlong(_) => false,
                        Init::Filled(v) => self.value(*v),
                        Init::Elements(vs) => vs.iter().any(|v| self.value(*v)),
                        Init::From(p) => self.object(p.object),
                    };
                    self.mark_object(program, *o, active);
                }
                Stmt::Store(p, v) | Stmt::Accumulate(p, v) => {
                    self.mark_object(program, p.object, self.value(*v))
                }
                Stmt::Copy(p, q) | Stmt::AddAll(p, q) => {
                    self.mark_object(program, p.object, self.object(q.object));
                }
                Stmt::For(l) => {
                    for c in &l.carried {
                        self.mark(program, c.param, self.value(c.init) || self.value(c.next));
                    }
                    self.block(program, &l.body);
                    for c in &l.carried {
                        let active = self.value(c.next) || self.value(c.init);
                        self.mark(program, c.param, active);
                        self.mark(program, c.result, active);
                    }
                }
                Stmt::If(l) => {
                    self.block(program, &l.then);
                    self.block(program, &l.otherwise);
                    for m in &l.merges {
                        self.mark(program, m.result, self.value(m.then) || self.value(m.otherwise));
                    }
                }
                Stmt::Call(call) => {
                    let active = call.args.iter().any(|arg| self.arg(arg));
                    match call.result {
                        CallResult::Value(v) => self.mark(program, v, active),
                        CallResult::Object(o) => self.mark_object(program, o, active),
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
