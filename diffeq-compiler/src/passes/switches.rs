//! The times at which an equation switches, read off its comparisons.
//!
//! Where an equation compares the time with something that neither time nor state move, `t < p.start`, or asks for the sign
//! of their difference, its right-hand side may jump there, and the time of the jump is known: both sides are affine in `t`,
//! or absolute values of such, and equal at one time. A comparison in a loop of known length is one for each iteration. Where
//! `max`, `min` and `abs` change sides the equation has a kink: its derivatives jump, and a step that goes over it is as bad
//! for them as one over a jump. What a helper compares, what a loop computed before, and what is not affine in `t`
//! (`t % period < width`) is not seen; [`hidden`](super::hidden) says of what is left whether that matters.

use rustc_hash::FxHashMap as HashMap;
use rustc_hash::FxHashSet as HashSet;

use crate::ir::Arg;
use crate::ir::Block;
use crate::ir::CmpOp;
use crate::ir::Init;
use crate::ir::Len;
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
use crate::passes::simplify::simplify_derivative;
use crate::rules::Prim;

/// More switching times than these are not looked for: a table of a thousand is data, not a model's structure.
const MOST: usize = 64;

/// The switching times of an equation.
#[derive(Debug, Default)]
pub struct Switches {
    /// The program that computes them from the parameters, and how many there are; none where there is none.
    pub times: Option<(Program, usize)>,
    /// The operations that switch at none but these.
    pub found: HashSet<Value>,
}

/// Finds the switching times of an equation.
pub fn switches(equation: &Program) -> Switches {
    // A delayed equation has its past behind them.
    let ([_, p, Arg::Value(time)] | [_, p, Arg::Value(time), _]) = *equation.args.as_slice() else {
        return Switches::default();
    };
    let mut ops = HashMap::default();
    let mut inits = HashMap::default();
    visit::walk(&equation.body, &mut |stmt| match stmt {
        Stmt::Let(v, op) => _ = ops.insert(*v, op),
        Stmt::Local(o, init) => _ = inits.insert(*o, init),
        _ => {}
    });
    // What is written later does not stay what it was.
    visit::walk(&equation.body, &mut |stmt| {
        if !matches!(stmt, Stmt::Local(..)) {
            stmt.writes().iter().for_each(|o| _ = inits.remove(o));
        }
    });
    let mut program = Program { args: vec![p], body: Vec::new(), ..equation.clone() };
    program.items = Default::default();
    let mut finder = Finder {
        ops,
        inits,
        p,
        time,
        program,
        known: HashMap::default(),
        indices: HashMap::default(),
        times: Vec::new(),
        kinks: Vec::new(),
        asked: [HashSet::default(), HashSet::default()],
        missed: HashSet::default(),
    };
    finder.block(&equation.body);
    finder.finish()
}

/// `slope t + rest`; without a slope where time does not move it.
struct Line {
    slope: Option<Value>,
    rest: Value,
}

struct Finder<'a> {
    ops: HashMap<Value, &'a Op>,
    /// What memory starts with, and stays.
    inits: HashMap<Obj, &'a Init>,
    p: Arg,
    time: Value,
    /// The program in the making.
    program: Program,
    /// What was computed again there; `None` for what time or state move, or what can't be seen through.
    known: HashMap<Value, Option<Value>>,
    /// The indices of the loops around.
    indices: HashMap<Value, i128>,
    times: Vec<Value>,
    /// Where the right-hand side goes on, but not as it did: its derivatives jump.
    kinks: Vec<Value>,
    /// The operations that were looked at, those that jump and those that bend, and those of them that switch at other times,
    /// too.
    asked: [HashSet<Value>; 2],
    missed: HashSet<Value>,
}

impl Finder<'_> {
    fn block(&mut self, block: &Block) {
        for stmt in block {
            match stmt {
                Stmt::Let(v, Op::Cmp(CmpOp::Lt | CmpOp::Le | CmpOp::Gt | CmpOp::Ge, a, b))
                    if self.program.kind(*a) == ScalarKind::Real =>
                {
                    self.comparison(*v, *a, Some(*b));
                }
                // A sign is a comparison with zero.
                Stmt::Let(v, Op::Prim(Prim::Signum, args)) => self.comparison(*v, args[0], None),
                Stmt::Let(v, Op::Prim(Prim::Copysign, args)) => self.comparison(*v, args[1], None),
                Stmt::Let(v, Op::Prim(Prim::Max | Prim::Min, args)) => self.kink(*v, args[0], Some(args[1])),
                Stmt::Let(v, Op::Prim(Prim::Abs, args)) => self.kink(*v, args[0], None),
                Stmt::For(l) => match (self.int(l.start), self.int(l.end)) {
                    (Some(start), Some(end)) if end - start <= MOST as i128 => {
                        let outside = self.known.clone();
                        for i in start..end {
                            self.indices.insert(l.index, i);
                            self.block(&l.body);
                            self.known.clone_from(&outside);
                        }
                        self.indices.remove(&l.index);
                    }
                    _ => self.block(&l.body),
                },
                Stmt::If(branch) => {
                    self.block(&branch.then);
                    self.block(&branch.otherwise);
                }
                _ => {}
            }
        }
    }

    /// An integer that is known here.
    fn int(&self, v: Value) -> Option<i128> {
        match self.ops.get(&v) {
            Some(Op::Int(n)) => Some(*n),
            _ => self.indices.get(&v).copied(),
        }
    }

    /// The times at which two reals are equal, or one is zero.
    fn comparison(&mut self, of: Value, a: Value, b: Option<Value>) {
        let (left, right) = (self.sides(a), self.other(b));
        self.looked(of, 0, !left.is_empty() && !right.is_empty());
        for a in &left {
            for b in &right {
                let time = self.meet(a, b);
                self.times.extend(time);
            }
        }
    }

    /// The same, where the right-hand side does not jump there.
    fn kink(&mut self, of: Value, a: Value, b: Option<Value>) {
        let (line, other) = (self.line(a), self.other(b));
        let (Some(a), [b]) = (line, &other[..]) else { return self.looked(of, 1, false) };
        self.looked(of, 1, true);
        let time = self.meet(&a, b);
        self.kinks.extend(time);
    }

    /// An operation was looked at, perhaps not for the first time: loops run it more than once.
    fn looked(&mut self, of: Value, kind: usize, is_found: bool) {
        self.asked[kind].insert(of);
        if !is_found {
            self.missed.insert(of);
        }
    }

    /// What is compared with: zero where it is nothing.
    fn other(&mut self, b: Option<Value>) -> Vec<Line> {
        match b {
            Some(b) => self.sides(b),
            None => vec![Line { slope: None, rest: self.define(ScalarKind::Real, Op::Real(0.0)) }],
        }
    }

    /// The lines that a real consists of over time: one, or both of an absolute value, or none.
    fn sides(&mut self, v: Value) -> Vec<Line> {
        if let Some(Op::Prim(Prim::Abs, args)) = self.ops.get(&v).copied()
            && let [of] = args.as_slice()
            && let Some(line) = self.line(*of)
            && let Some(slope) = line.slope
        {
            let [slope, rest] = [slope, line.rest].map(|x| self.prim(Prim::Neg, &[x]));
            return vec![line, Line { slope: Some(slope), rest }];
        }
        self.line(v).into_iter().collect()
    }

    /// When two lines meet, if time moves one.
    fn meet(&mut self, a: &Line, b: &Line) -> Option<Value> {
        let slope = match (a.slope, b.slope) {
            // Dead code, which goes with the rest of it.
            (None, None) => return None,
            (Some(slope), None) => slope,
            (None, Some(slope)) => self.prim(Prim::Neg, &[slope]),
            (Some(a), Some(b)) => self.prim(Prim::Sub, &[a, b]),
        };
        let distance = self.prim(Prim::Sub, &[b.rest, a.rest]);
        Some(self.prim(Prim::Div, &[distance, slope]))
    }

    fn prim(&mut self, prim: Prim, args: &[Value]) -> Value {
        self.define(ScalarKind::Real, Op::Prim(prim, args.to_vec()))
    }

    fn define(&mut self, kind: ScalarKind, op: Op) -> Value {
        let v = self.program.fresh(kind);
        self.program.body.push(Stmt::Let(v, op));
        v
    }

    /// A real as a line over time, if it is one.
    fn line(&mut self, v: Value) -> Option<Line> {
        if v == self.time {
            let [slope, rest] = [1.0, 0.0].map(|x| self.define(ScalarKind::Real, Op::Real(x)));
            return Some(Line { slope: Some(slope), rest });
        }
        if let Some(rest) = self.again(v) {
            return Some(Line { slope: None, rest });
        }
        let Some(Op::Prim(prim, args)) = self.ops.get(&v).copied() else { return None };
        match (prim, args.as_slice()) {
            (Prim::Neg, [a]) => {
                let a = self.line(*a)?;
                Some(Line {
                    slope: a.slope.map(|s| self.prim(Prim::Neg, &[s])),
                    rest: self.prim(Prim::Neg, &[a.rest]),
                })
            }
            (Prim::Add | Prim::Sub, [a, b]) => {
                let (a, b) = (self.line(*a)?, self.line(*b)?);
                let slope = match (a.slope, b.slope) {
                    (Some(a), Some(b)) => Some(self.prim(*prim, &[a, b])),
                    (None, Some(b)) if *prim == Prim::Sub => Some(self.prim(Prim::Neg, &[b])),
                    (one, other) => one.or(other),
                };
                Some(Line { slope, rest: self.prim(*prim, &[a.rest, b.rest]) })
            }
            (Prim::Mul, [a, b]) => {
                let (a, b) = (self.line(*a)?, self.line(*b)?);
                let (line, factor) = match (a.slope, b.slope) {
                    (_, None) => (a, b.rest),
                    (None, _) => (b, a.rest),
                    _ => return None,
                };
                let slope = line.slope.map(|s| self.prim(Prim::Mul, &[s, factor]));
                Some(Line { slope, rest: self.prim(Prim::Mul, &[line.rest, factor]) })
            }
            (Prim::Div, [a, b]) => {
                let (a, b) = (self.line(*a)?, self.again(*b)?);
                let slope = a.slope.map(|s| self.prim(Prim::Div, &[s, b]));
                Some(Line { slope, rest: self.prim(Prim::Div, &[a.rest, b]) })
            }
            _ => None,
        }
    }

    /// Computes a value again from the parameters; `None` where that cannot be.
    fn again(&mut self, v: Value) -> Option<Value> {
        if let Some(known) = self.known.get(&v) {
            return *known;
        }
        let again = self.computed(v);
        self.known.insert(v, again);
        again
    }

    fn computed(&mut self, v: Value) -> Option<Value> {
        if matches!(self.p, Arg::Value(p) if p == v) {
            return Some(v);
        }
        let mut op = match (self.ops.get(&v), self.indices.get(&v)) {
            (Some(op), _) => (*op).clone(),
            (None, Some(i)) => Op::Int(*i),
            (None, None) => return None,
        };
        if let Op::Load(place) | Op::Len(place) = &mut op {
            while let Some(Init::From(of)) = self.inits.get(&place.object) {
                let path = of.path.iter().chain(&place.path).cloned().collect();
                *place = Place { object: of.object, path };
            }
            if let (Some(Init::Elements(elements)), [Proj::Index(i)]) =
                (self.inits.get(&place.object), &place.path[..])
            {
                let element = usize::try_from(self.int(*i)?).ok()?;
                return self.again(*elements.get(element)?);
            }
            let is_param = matches!(self.p, Arg::Object(p) if p == place.object);
            if !is_param && self.program.objects[place.object.0].constant.is_none() {
                return None;
            }
        }
        let mut all = true;
        op.rename(&mut |w| {
            let again = if all { self.again(w) } else { None };
            all &= again.is_some();
            again.unwrap_or(w)
        });
        let info = self.program.info(v).clone();
        let again = all.then(|| self.define(info.kind, op))?;
        self.program.values[again.0] = crate::ir::ValueInfo { name: None, ..info };
        Some(again)
    }

    /// The program that writes the times to an array, each that is another's once.
    fn finish(mut self) -> Switches {
        let [mut found, kinks] = std::mem::take(&mut self.asked);
        if self.times.len() + self.kinks.len() <= MOST {
            self.times.append(&mut self.kinks);
            found.extend(kinks);
        }
        found.retain(|of| !self.missed.contains(of));
        let most = self.times.len();
        if most > MOST {
            return Switches::default();
        }
        if most == 0 {
            return Switches { times: None, found };
        }
        let written = self.written(self.times.clone());
        // What is the same to the last operation is one time.
        let mut values = Vec::new();
        visit::walk(&simplify_derivative(written).program.body, &mut |stmt| match stmt {
            Stmt::Store(_, v) => values.push(*v),
            Stmt::Local(_, Init::Elements(elements)) => values.clone_from(elements),
            Stmt::Local(_, Init::Filled(v)) => values = vec![*v; most],
            _ => {}
        });
        let is_first = |i: &usize| values.len() != most || !values[..*i].contains(&values[*i]);
        let times: Vec<Value> = (0..most).filter(is_first).map(|i| self.times[i]).collect();
        let count = times.len();
        let written = self.written(times);
        Switches { times: Some((simplify_derivative(written).program, count)), found }
    }

    fn written(&self, times: Vec<Value>) -> Program {
        let mut program = self.program.clone();
        let real = Box::new(Shape::Scalar(ScalarKind::Real));
        let out = program.object(
            "times",
            Shape::Array(real, Len::Lit(times.len())),
            proc_macro2::Span::call_site(),
        );
        program.body.push(Stmt::Local(out, Init::Zeros));
        for (i, time) in times.into_iter().enumerate() {
            let index = program.fresh(ScalarKind::Int);
            program.body.push(Stmt::Let(index, Op::Int(i as i128)));
            program.body.push(Stmt::Store(Place::whole(out).index(index), time));
        }
        program.outputs = vec![Output::Local(out)];
        program
    }
}
