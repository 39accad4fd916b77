//! A program as text, for snapshots and for people who look into the compiler.

use std::fmt::Write;

use super::Block;
use super::CallArg;
use super::CallResult;
use super::Callee;
use super::Init;
use super::Op;
use super::Output;
use super::Place;
use super::Program;
use super::Proj;
use super::Stmt;
use super::Value;

/// The program, a statement a line.
pub fn print(program: &Program) -> String {
    let mut out = format!("fn {}\n", program.name);
    let printer = Printer { program };
    printer.block(&program.body, 1, &mut out);
    for output in &program.outputs {
        match output {
            Output::Object(o) | Output::Local(o) => _ = writeln!(out, "  -> {}", program.objects[o.0].name),
            Output::Value(v) => _ = writeln!(out, "  -> {}", printer.value(*v)),
        }
    }
    out
}

struct Printer<'a> {
    program: &'a Program,
}

impl Printer<'_> {
    fn value(&self, v: Value) -> String {
        match &self.program.info(v).name {
            Some(name) => format!("%{}.{name}", v.0),
            None => format!("%{}", v.0),
        }
    }

    fn place(&self, place: &Place) -> String {
        let mut s = self.program.objects[place.object.0].name.clone();
        for proj in &place.path {
            match proj {
                Proj::Index(i) => _ = write!(s, "[{}]", self.value(*i)),
                Proj::Range(a, b) => _ = write!(s, "[{}..{}]", self.value(*a), self.value(*b)),
                Proj::Field(f) => _ = write!(s, ".{f}"),
                Proj::Matches(pattern) => _ = write!(s, " is {pattern}"),
                Proj::Part(pattern, name) => _ = write!(s, " as {pattern}.{name}"),
            }
        }
        s
    }

    fn op(&self, op: &Op) -> String {
        let list = |vs: &[Value]| vs.iter().map(|v| self.value(*v)).collect::<Vec<_>>().join(", ");
        match op {
            Op::Real(x) => format!("{x:?}"),
            Op::RealNamed(path) => format!("real {path}"),
            Op::Prim(prim, args) => format!("{}({})", prim.method(), list(args)),
            Op::Union(args) => format!("union({})", list(args)),
            Op::Powi(x, n) => format!("powi({})", list(&[*x, *n])),
            Op::FromInt(n) => format!("real({})", self.value(*n)),
            Op::Load(place) => format!("load {}", self.place(place)),
            Op::Select(c, a, b) => format!("select({})", list(&[*c, *a, *b])),
            Op::Int(n) => format!("{n}"),
            Op::IntNamed(path) => format!("int {path}"),
            Op::IntOp(op, a, b) => format!("{op:?}({})", list(&[*a, *b])),
            Op::IntNeg(a) => format!("-{}", self.value(*a)),
            Op::IntUnary(op, a) => format!("{op:?}({})", self.value(*a)),
            Op::Cast(a, ty) | Op::ToInt(a, ty) => format!("{} as {ty}", self.value(*a)),
            Op::Len(place) => format!("len {}", self.place(place)),
            Op::Bool(b) => format!("{b}"),
            Op::Cmp(op, a, b) => format!("{op:?}({})", list(&[*a, *b])),
            Op::And(a, b) => format!("and({})", list(&[*a, *b])),
            Op::Or(a, b) => format!("or({})", list(&[*a, *b])),
            Op::Not(a) => format!("not({})", self.value(*a)),
            Op::Test(name, a) => format!("{name}({})", self.value(*a)),
        }
    }

    fn block(&self, block: &Block, depth: usize, out: &mut String) {
        let pad = "  ".repeat(depth);
        for stmt in block {
            match stmt {
                Stmt::Let(v, op) => _ = writeln!(out, "{pad}{} = {}", self.value(*v), self.op(op)),
                Stmt::Local(o, init) => {
                    let init = match init {
                        Init::Zeros => "zeros".to_string(),
                        Init::Filled(v) => format!("filled {}", self.value(*v)),
                        Init::Elements(vs) => {
                            vs.iter().map(|v| self.value(*v)).collect::<Vec<_>>().join(", ")
                        }
                        Init::From(p) => format!("copy {}", self.place(p)),
                        Init::ZerosLike(p) => format!("zeros like {}", self.place(p)),
                        Init::ZerosAlong(p) => format!("zeros along {}", self.place(p)),
                    };
                    _ = writeln!(out, "{pad}local {} = {init}", self.program.objects[o.0].name);
                }
                Stmt::Store(p, v) => _ = writeln!(out, "{pad}{} := {}", self.place(p), self.value(*v)),
                Stmt::Accumulate(p, v) => _ = writeln!(out, "{pad}{} += {}", self.place(p), self.value(*v)),
                Stmt::Copy(p, q) => _ = writeln!(out, "{pad}{} := copy {}", self.place(p), self.place(q)),
                Stmt::AddAll(p, q) => _ = writeln!(out, "{pad}{} += all {}", self.place(p), self.place(q)),
                Stmt::Assert(v, text) => _ = writeln!(out, "{pad}assert {}: {text}", self.value(*v)),
                Stmt::Clear(p) => _ = writeln!(out, "{pad}clear {}", self.place(p)),
                Stmt::Push(v) => _ = writeln!(out, "{pad}push {}", self.value(*v)),
                Stmt::Pop(v) => _ = writeln!(out, "{pad}{} = pop", self.value(*v)),
                Stmt::PushAll(p) => _ = writeln!(out, "{pad}push all {}", self.place(p)),
                Stmt::PopAll(p) => _ = writeln!(out, "{pad}pop all {}", self.place(p)),
                Stmt::For(f) => {
                    let rev = if f.reversed { " reversed" } else { "" };
                    let (i, start, end) = (self.value(f.index), self.value(f.start), self.value(f.end));
                    match f.again {
                        None => _ = writeln!(out, "{pad}for {i} in {start}..{end}{rev}"),
                        Some(_) => _ = writeln!(out, "{pad}loop"),
                    }
                    for c in &f.carried {
                        _ = writeln!(out, "{pad}  carry {} from {}", self.value(c.param), self.value(c.init));
                    }
                    self.block(&f.body, depth + 1, out);
                    if let Some(again) = f.again {
                        _ = writeln!(out, "{pad}  again {}", self.value(again));
                    }
                    for c in &f.carried {
                        _ = writeln!(out, "{pad}  next {} -> {}", self.value(c.next), self.value(c.result));
                    }
                }
                Stmt::If(branch) => {
                    _ = writeln!(out, "{pad}if {}", self.value(branch.cond));
                    self.block(&branch.then, depth + 1, out);
                    if !branch.otherwise.is_empty() {
                        _ = writeln!(out, "{pad}else");
                        self.block(&branch.otherwise, depth + 1, out);
                    }
                    for m in &branch.merges {
                        let (then, otherwise) = (self.value(m.then), self.value(m.otherwise));
                        _ = writeln!(out, "{pad}merge {} = {then} | {otherwise}", self.value(m.result));
                    }
                }
                Stmt::Call(call) => {
                    let args = call.args.iter().map(|a| self.arg(a)).collect::<Vec<_>>().join(", ");
                    let result = match call.result {
                        CallResult::Value(v) => self.value(v),
                        CallResult::Object(o) => self.program.objects[o.0].name.clone(),
                    };
                    let callee = match &call.callee {
                        Callee::Helper(path, _) => path.to_string(),
                        Callee::Method(name) => format!(".{name}"),
                        Callee::Associated(owner, name) => format!("{owner} :: {name}"),
                        Callee::Network(_) => "network".to_string(),
                        Callee::History(..) => "history".to_string(),
                    };
                    _ = writeln!(out, "{pad}{result} = call {callee} {:?} ({args})", call.form);
                }
            }
        }
    }

    fn arg(&self, arg: &CallArg) -> String {
        match arg {
            CallArg::Value(v) => self.value(*v),
            CallArg::Place { place, by_ref } => {
                format!("{}{}", if *by_ref { "&" } else { "" }, self.place(place))
            }
        }
    }
}
