//! What an operation gives.

use super::Known;
use super::Run;
use crate::ir::CmpOp;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::Shape;
use crate::ir::Value;
use crate::ir::integer::IntType;
use crate::ir::integer::Typed;
use crate::passes::noise::poly::Poly;
use crate::passes::noise::symbol::Atom;
use crate::passes::noise::symbol::Cond;

impl Run<'_> {
    pub(super) fn op(&mut self, v: Value, op: &Op) -> Option<Known> {
        Some(match op {
            Op::Real(x) => Known::Real(self.symbols.literal(*x)),
            Op::RealNamed(path) => Known::Real(self.symbols.atom(Atom::Fixed(path.to_string()))),
            Op::Prim(prim, args) => {
                let args: Option<Vec<Poly>> = args.iter().map(|arg| self.real(*arg)).collect();
                Known::Real(self.symbols.apply(*prim, args?)?)
            }
            Op::Union(_) => return None,
            Op::Powi(x, n) => {
                let x = self.real(*x)?;
                match self.int(*n).map(i32::try_from) {
                    Some(Ok(n)) => Known::Real(self.symbols.power(&x, n)?),
                    _ => {
                        let key = format!("powi {}", self.count(*n)?);
                        let call = Atom::Call { key, slots: vec![x], part: Vec::new(), by: Vec::new() };
                        Known::Real(self.symbols.atom(call))
                    }
                }
            }
            Op::FromInt(n) => match self.values.get(n)?.clone() {
                Known::Int(n) => Known::Real(Poly::int(n)),
                Known::Count(text) => Known::Real(self.symbols.atom(Atom::Fixed(text))),
                _ => return None,
            },
            Op::Load(place) => self.load(place, self.program.kind(v))?,
            Op::Select(c, a, b) => match self.values.get(c)?.clone() {
                Known::Bool(holds) => self.values.get(if holds { a } else { b })?.clone(),
                Known::Cond(cond) => self.one_of(cond, *a, *b)?,
                _ => return None,
            },
            Op::Int(n) => Known::Int(*n),
            Op::IntNamed(path) => Known::Count(path.to_string()),
            Op::IntOp(op, a, b) => match (self.int(*a), self.int(*b)) {
                (Some(m), Some(n)) => Known::Int(op.compute(self.int_type(*a), m, n)?),
                _ => Known::Count(format!("({} {} {})", self.count(*a)?, op.method(), self.count(*b)?)),
            },
            Op::IntUnary(op, a) => match self.int(*a) {
                Some(n) => {
                    let result = op.compute(self.int_type(*a), n, 0)?;
                    if op.result() == Typed::Bool { Known::Bool(result != 0) } else { Known::Int(result) }
                }
                None if op.result() == Typed::Bool => {
                    let key = format!("({} {})", self.count(*a)?, op.method());
                    Known::Cond(self.symbols.cond(Cond::Free(key, Vec::new())))
                }
                None => Known::Count(format!("({} {})", self.count(*a)?, op.method())),
            },
            Op::IntNeg(a) => match self.int(*a) {
                Some(n) => Known::Int(n.checked_neg()?),
                None => Known::Count(format!("(-{})", self.count(*a)?)),
            },
            Op::Cast(a, ty) => match self.int(*a) {
                Some(n) => {
                    let inferred = self.program.info(v).int_type.as_deref();
                    match IntType::of_cast(&ty.to_string(), inferred) {
                        Some(ty) => Known::Int(ty.wrap(n)?),
                        None => Known::Int(n),
                    }
                }
                None => Known::Count(format!("({} as {ty})", self.count(*a)?)),
            },
            Op::ToInt(x, ty) => {
                let x = self.real(*x)?;
                if !self.symbols.dependencies(&x).is_empty() {
                    return None;
                }
                Known::Count(format!("({x:?} as {ty})"))
            }
            Op::Len(place) => match self.program.shape_at(place) {
                Some(Shape::Array(_, Len::Lit(n))) => Known::Int(*n as i128),
                _ => Known::Count(format!("len {}", place.object.0)),
            },
            Op::Bool(b) => Known::Bool(*b),
            Op::Cmp(cmp, a, b) => self.compared(*cmp, *a, *b)?,
            Op::And(a, b) => self.connected("and", *a, Some(*b))?,
            Op::Or(a, b) => self.connected("or", *a, Some(*b))?,
            Op::Not(a) => self.connected("not", *a, None)?,
            Op::Test(name, x) => {
                let x = self.real(*x)?;
                Known::Cond(self.symbols.cond(Cond::Test(name, x)))
            }
        })
    }

    pub(super) fn int_type(&self, v: Value) -> Option<IntType> {
        self.program.info(v).int_type.as_deref().and_then(IntType::of)
    }

    pub(super) fn compared(&mut self, cmp: CmpOp, a: Value, b: Value) -> Option<Known> {
        let (a, b) = (self.values.get(&a)?.clone(), self.values.get(&b)?.clone());
        Some(match (a, b) {
            (Known::Int(a), Known::Int(b)) => Known::Bool(cmp.holds(a.cmp(&b))),
            (Known::Bool(a), Known::Bool(b)) => Known::Bool(cmp.holds(a.cmp(&b))),
            (Known::Real(a), Known::Real(b)) => Known::Cond(self.symbols.cond(Cond::Cmp(cmp, a, b))),
            (a @ (Known::Bool(_) | Known::Cond(_)), b) => {
                let parts = vec![self.as_cond(a), self.as_cond(b)];
                Known::Cond(self.symbols.cond(Cond::Of(if cmp == CmpOp::Eq { "==" } else { "!=" }, parts)))
            }
            (a, b) => {
                let text = |known: Known| match known {
                    Known::Int(n) => Some(n.to_string()),
                    Known::Count(text) => Some(text),
                    _ => None,
                };
                let key = format!("{} {cmp:?} {}", text(a)?, text(b)?);
                Known::Cond(self.symbols.cond(Cond::Free(key, Vec::new())))
            }
        })
    }

    pub(super) fn connected(&mut self, name: &'static str, a: Value, b: Option<Value>) -> Option<Known> {
        let a = self.values.get(&a)?.clone();
        let b = match b {
            Some(b) => Some(self.values.get(&b)?.clone()),
            None => None,
        };
        Some(match (name, a, b) {
            ("not", Known::Bool(a), _) => Known::Bool(!a),
            ("and", Known::Bool(false), _) | ("and", _, Some(Known::Bool(false))) => Known::Bool(false),
            ("and", Known::Bool(true), Some(b)) | ("and", b, Some(Known::Bool(true))) => b,
            ("or", Known::Bool(true), _) | ("or", _, Some(Known::Bool(true))) => Known::Bool(true),
            ("or", Known::Bool(false), Some(b)) | ("or", b, Some(Known::Bool(false))) => b,
            (name, a, b) => {
                let parts = [Some(a), b].into_iter().flatten().map(|part| self.as_cond(part)).collect();
                Known::Cond(self.symbols.cond(Cond::Of(name, parts)))
            }
        })
    }
}
