//! Small memory that need not be: an array filled element by element before anybody looks at it starts with its
//! elements, and a copy that nobody writes, of what nobody writes meanwhile, is the original.

use crate::ir::Block;
use crate::ir::CallResult;
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
use crate::ir::dense::DenseMap;
use crate::ir::dense::DenseSet;
use crate::ir::visit;
use crate::passes::exact::Exact;

/// Takes away the arrays and copies of a program that can go. In a function, and in what must be `exact` of a derivative, a
/// sum that starts at `0.0` stays one: it is not `-0.0`.
pub fn gather(mut program: Program, exact: Option<&Exact>) -> Program {
    let mut literals = DenseMap::default();
    visit::walk(&program.body, &mut |stmt| {
        if let Stmt::Let(v, Op::Int(n)) = stmt {
            literals.insert(*v, *n);
        }
    });
    let returned: DenseSet<Obj> = program.results().filter_map(Output::object).collect();
    let body = std::mem::take(&mut program.body);
    let pass = Pass { program: &program, exact, literals, returned };
    let body = pass.block(body);
    program.body = body;
    program
}

struct Pass<'p> {
    program: &'p Program,
    exact: Option<&'p Exact>,
    literals: DenseMap<Value, i128>,
    returned: DenseSet<Obj>,
}

impl Pass<'_> {
    fn block(&self, block: Block) -> Block {
        let mut block: Block = block
            .into_iter()
            .map(|stmt| match stmt {
                Stmt::For(mut l) => {
                    l.body = self.block(l.body);
                    Stmt::For(l)
                }
                Stmt::If(mut l) => {
                    l.then = self.block(l.then);
                    l.otherwise = self.block(l.otherwise);
                    Stmt::If(l)
                }
                other => other,
            })
            .collect();
        let mut at = 0;
        while at < block.len() {
            let changed = match &block[at] {
                Stmt::Local(o, Init::Zeros) => {
                    let o = *o;
                    self.filled(o, at, &mut block) || self.added(o, at, &mut block)
                }
                Stmt::Local(o, Init::ZerosLike(_) | Init::ZerosAlong(_)) => self.added(*o, at, &mut block),
                Stmt::Local(o, Init::From(_)) => self.copied(*o, at, &mut block),
                _ => false,
            };
            at += usize::from(!changed);
        }
        block
    }

    /// Whether zero plus a number may be that number.
    fn is_loose(&self, o: Obj) -> bool {
        self.exact.is_some_and(|exact| !exact.holds(o))
    }

    /// `o = [0; n]; o[0] += a; o[1] += b` is `o = [a, b]`.
    fn filled(&self, o: Obj, at: usize, block: &mut Block) -> bool {
        let Shape::Array(inner, Len::Lit(n)) = &self.program.objects[o.0].shape else { return false };
        if !matches!(**inner, Shape::Scalar(ScalarKind::Real)) {
            return false;
        }
        let mut elements = vec![None; *n];
        let mut fillers = Vec::new();
        for (k, stmt) in block.iter().enumerate().skip(at + 1) {
            match stmt {
                Stmt::Accumulate(place, _) if place.object == o && !self.is_loose(o) => return false,
                Stmt::Accumulate(place, v) | Stmt::Store(place, v) if place.object == o => {
                    let slot = match place.path.as_slice() {
                        [Proj::Index(i)] => self.literals.get(*i).and_then(|n| usize::try_from(*n).ok()),
                        _ => None,
                    };
                    match slot.and_then(|slot| elements.get_mut(slot)) {
                        Some(element @ None) => *element = Some(*v),
                        _ => return false,
                    }
                    fillers.push(k);
                }
                stmt if mentions(stmt, o) => break,
                _ => {}
            }
        }
        let (Some(last), Some(elements)) = (fillers.last().copied(), elements.into_iter().collect()) else {
            return false;
        };
        block[last] = Stmt::Local(o, Init::Elements(elements));
        for k in fillers.into_iter().rev().skip(1) {
            block.remove(k);
        }
        block.remove(at);
        true
    }

    /// `o = 0; o += q` is `o = q`.
    fn added(&self, o: Obj, at: usize, block: &mut Block) -> bool {
        let first = block.iter().enumerate().skip(at + 1).find(|(_, stmt)| mentions(stmt, o));
        let Some((k, Stmt::AddAll(to, from))) = first else { return false };
        if !to.path.is_empty() || to.object != o || from.object == o || !self.is_loose(o) {
            return false;
        }
        block[k] = Stmt::Local(o, Init::From(from.clone()));
        block.remove(at);
        true
    }

    /// `o = q` where both stay what they are is `q`.
    fn copied(&self, o: Obj, at: usize, block: &mut Block) -> bool {
        let Stmt::Local(_, Init::From(original)) = &block[at] else { return false };
        let original = original.clone();
        let Some(last) = block.iter().rposition(|stmt| mentions(stmt, o)) else { return false };
        let used = &block[at + 1..=last];
        let is_seed = |stmt: &Stmt| {
            let mut found = false;
            within(stmt, &mut |stmt| {
                found |= matches!(stmt, Stmt::Call(call) if matches!(call.seed(), Some(CallResult::Object(s)) if s == o));
            });
            found
        };
        let stays = !self.returned.contains(o)
            && original.object != o
            && !used.iter().any(|stmt| writes(stmt, o) || writes(stmt, original.object))
            && (original.path.is_empty() || !used.iter().any(is_seed))
            && !self.program.objects[original.object.0].is_slice();
        if !stays {
            return false;
        }
        for stmt in &mut block[at + 1..=last] {
            stmt.redirect(&mut |place| {
                if place.object == o {
                    let mut path = original.path.clone();
                    path.append(&mut place.path);
                    *place = Place { object: original.object, path };
                }
            });
        }
        block.remove(at);
        true
    }
}

fn within(stmt: &Stmt, f: &mut impl FnMut(&Stmt)) {
    f(stmt);
    for block in stmt.blocks() {
        visit::walk(block, f);
    }
}

fn writes(stmt: &Stmt, o: Obj) -> bool {
    let mut found = false;
    within(stmt, &mut |stmt| found |= stmt.writes().contains(&o));
    found
}

fn mentions(stmt: &Stmt, o: Obj) -> bool {
    let mut found = false;
    within(stmt, &mut |stmt| found |= stmt.loads().contains(&o) || stmt.writes().contains(&o));
    found
}
