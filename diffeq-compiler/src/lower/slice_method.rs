//! Methods of slices, and of arrays as the slices that they are.

use proc_macro2::Span;
use quote::ToTokens;
use syn::Expr;
use syn::ExprMethodCall;
use syn::spanned::Spanned;

use super::Hold;
use super::Iter;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::View;
use super::vocabulary::REFUSED;
use super::vocabulary::SLICE;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::UNKNOWN_METHOD;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::CmpOp;
use crate::ir::Init;
use crate::ir::IntOp;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;

impl<'a> Lowering<'a, '_> {
    /// A method of a part, or of a whole that is taken as one.
    pub(super) fn view_method(&mut self, view: View, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let name = call.method.to_string();
        let mutable = name.ends_with("_mut");
        match (name.as_str(), call.args.len()) {
            ("len", 0) => Ok(Meaning::Scalar(view.len)),
            ("is_empty", 0) => {
                let zero = self.index_literal(0, span);
                Ok(Meaning::Scalar(self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, view.len, zero), span)))
            }
            ("iter" | "iter_mut" | "into_iter", 0) => {
                let view = if name == "into_iter" { view } else { Self::held(view, mutable) };
                Ok(Meaning::Iter(Box::new(Iter::Part(view))))
            }
            ("try_into", 0) => {
                let some = self.truth(true, span);
                let array = self.copied_view(&view, call)?;
                Ok(Meaning::Option(some, Box::new(Meaning::Memory(array))))
            }
            ("as_slice" | "as_mut_slice" | "as_ref" | "as_mut", 0) => Ok(Meaning::View(view)),
            ("first" | "first_mut" | "last" | "last_mut", 0) => {
                let zero = self.index_literal(0, span);
                if self.is_beyond(zero, view.len) {
                    return Ok(self.none(call));
                }
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Gt, view.len, zero), span);
                let index = if name.starts_with("first") { zero } else { self.before_end(view.len, span) };
                let element = self.view_element(&Self::held(view, mutable), index, call)?;
                Ok(Meaning::Option(some, Box::new(Meaning::Memory(element))))
            }
            ("get" | "get_mut", 1) => {
                let index = self.int_expr(&call.args[0])?;
                if self.is_beyond(index, view.len) {
                    return Ok(self.none(call));
                }
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Lt, index, view.len), span);
                let element = self.view_element(&Self::held(view, mutable), index, call)?;
                Ok(Meaning::Option(some, Box::new(Meaning::Memory(element))))
            }
            ("split_at" | "split_at_mut", 1) => {
                let middle = self.int_expr(&call.args[0])?;
                let view = Self::held(view, mutable);
                Ok(self.split(view, middle, span))
            }
            ("split_first" | "split_last", 0) => {
                let zero = self.index_literal(0, span);
                let some = self.define(ScalarKind::Bool, Op::Cmp(CmpOp::Gt, view.len, zero), span);
                let view = Self::held(view, false);
                let one = self.index_literal(1, span);
                let last = self.before_end(view.len, span);
                let (index, start, end) =
                    if name == "split_first" { (zero, one, view.len) } else { (last, zero, last) };
                let element = self.view_element(&view, index, call)?;
                let rest = self.part_of(view, start, end, span);
                let parts = vec![Meaning::Memory(element), Meaning::View(rest)];
                Ok(Meaning::Option(some, Box::new(Meaning::Tuple(parts))))
            }
            ("windows", 1) => {
                let size = self.int_expr(&call.args[0])?;
                Ok(Meaning::Iter(Box::new(Iter::Windows(Self::held(view, false), size))))
            }
            ("chunks" | "chunks_mut" | "chunks_exact" | "chunks_exact_mut", 1) => {
                let size = self.int_expr(&call.args[0])?;
                let exact = name.starts_with("chunks_exact");
                let view = Self::held(view, mutable);
                Ok(Meaning::Iter(Box::new(Iter::Chunks { view, size, exact })))
            }
            ("contains", 1) => self.contains(view, call),
            ("partition_point", 1) => {
                // Those for which the condition holds come first: as many as these are.
                let function = self.callable(&call.args[0])?;
                let zero = self.index_literal(0, span);
                let count = self.var("count", Some(zero));
                self.each(&Iter::Part(Self::held(view, false)), call, |s, item| {
                    let holds = s.apply(function, vec![item], call)?;
                    let holds = s.scalar(holds, ScalarKind::Bool, call)?;
                    let one_more = |s: &mut Self| s.advance(count, call).map(|()| Meaning::Unit);
                    s.branch(holds, call, one_more, |_| Ok(Meaning::Unit)).map(|_| ())
                })?;
                self.current(count, call).map(Meaning::Scalar)
            }
            ("reverse", 0) => {
                self.writable(&view.base, &call.receiver)?;
                self.reverse(&view, call)?;
                Ok(Meaning::Unit)
            }
            ("rotate_left" | "rotate_right", 1) => {
                self.writable(&view.base, &call.receiver)?;
                let by = self.int_expr(&call.args[0])?;
                self.program.values[by.0].int_type.get_or_insert_with(|| "usize".into());
                // Three reversals: of each part, then of the whole.
                let middle = match name.as_str() {
                    "rotate_left" => by,
                    _ => self.int_op(IntOp::Sub, view.len, by, span),
                };
                let (zero, len) = (self.index_literal(0, span), view.len);
                let left = self.part_of(view.clone(), zero, middle, span);
                let right = self.part_of(view.clone(), middle, len, span);
                for part in [left, right, view] {
                    self.reverse(&part, call)?;
                }
                Ok(Meaning::Unit)
            }
            ("swap", 2) => {
                self.writable(&view.base, &call.receiver)?;
                let (i, j) = (self.int_expr(&call.args[0])?, self.int_expr(&call.args[1])?);
                self.exchange(&view, i, j, call)?;
                Ok(Meaning::Unit)
            }
            ("fill", 1) => {
                self.writable(&view.base, &call.receiver)?;
                let value = self.expr(&call.args[0])?;
                let value = match value {
                    Meaning::Memory(_) | Meaning::Tuple(_) => value,
                    scalar => {
                        let kind = self.element_kind(&view);
                        Meaning::Scalar(self.scalar(scalar, kind, &call.args[0])?)
                    }
                };
                let start = self.index_literal(0, span);
                self.counted(None, start, view.len, false, call, |s, index| {
                    let element = s.view_element(&view, index, &call.receiver)?;
                    s.meaning_into(value, element.place, element.shape, call)
                })?;
                Ok(Meaning::Unit)
            }
            ("copy_from_slice" | "clone_from_slice", 1) => {
                self.writable(&view.base, &call.receiver)?;
                let source = self.raw(&call.args[0])?;
                let source = match source {
                    Meaning::View(source) => source,
                    other => {
                        let located = self.aggregate(other, Some(&view.base.shape), &call.args[0])?;
                        self.whole(located, span)
                    }
                };
                let start = self.index_literal(0, span);
                self.counted(None, start, view.len, false, call, |s, index| {
                    let from = s.view_element(&source, index, &call.args[0])?;
                    let to = s.view_element(&view, index, &call.receiver)?;
                    s.meaning_into(Meaning::Memory(from), to.place, to.shape, call)
                })?;
                Ok(Meaning::Unit)
            }
            (name, _) => {
                let help = match REFUSED.iter().find(|(refused, _)| *refused == name) {
                    Some((_, help)) => (*help).to_string(),
                    None => format!("a slice has `len`, `iter`, `iter_mut`, `{}`", SLICE.join("`, `")),
                };
                Err(self.error(&call.method, &UNKNOWN_METHOD, &[name, &help]))
            }
        }
    }

    /// What to write instead of a method that a slice has in Rust and not here.
    pub(super) fn refused_help(name: &str) -> Option<&'static str> {
        REFUSED.iter().find(|(refused, _)| *refused == name).map(|(_, help)| *help)
    }

    pub(super) fn element_kind(&self, view: &View) -> ScalarKind {
        match &view.base.shape {
            Shape::Array(inner, _) | Shape::Slice(inner) => match **inner {
                Shape::Scalar(kind) => kind,
                _ => ScalarKind::Real,
            },
            _ => ScalarKind::Real,
        }
    }

    pub(super) fn before_end(&mut self, len: Value, span: Span) -> Value {
        let one = self.index_literal(1, span);
        self.int_op(IntOp::Sub, len, one, span)
    }

    pub(super) fn split(&mut self, view: View, middle: Value, span: Span) -> Meaning<'a> {
        self.program.values[middle.0].int_type.get_or_insert_with(|| "usize".into());
        let (zero, len) = (self.index_literal(0, span), view.len);
        let left = self.part_of(view.clone(), zero, middle, span);
        let right = self.part_of(view, middle, len, span);
        Meaning::Tuple(vec![Meaning::View(left), Meaning::View(right)])
    }

    pub(super) fn reverse(&mut self, view: &View, call: &'a ExprMethodCall) -> Checked<()> {
        let span = call.span();
        let two = self.index_literal(2, span);
        let half = self.int_op(IntOp::Div, view.len, two, span);
        let start = self.index_literal(0, span);
        self.counted(None, start, half, false, call, |s, index| {
            let last = s.before_end(view.len, span);
            let other = s.int_op(IntOp::Sub, last, index, span);
            s.exchange(view, index, other, call)
        })
    }

    /// Two elements change places.
    pub(super) fn exchange(
        &mut self,
        view: &View,
        i: Value,
        j: Value,
        call: &'a ExprMethodCall,
    ) -> Checked<()> {
        let a = self.view_element(view, i, call)?.into_place();
        let b = self.view_element(view, j, call)?.into_place();
        let first = self.value(Meaning::Memory(a.clone()), call)?;
        let second = self.value(Meaning::Memory(b.clone()), call)?;
        self.meaning_into(second, a.place, a.shape, call)?;
        self.meaning_into(first, b.place, b.shape, call)
    }

    /// `std::mem::swap(&mut a, &mut b)`
    pub(super) fn swapped(
        &mut self,
        a: Meaning<'a>,
        b: Meaning<'a>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let first = self.value(Self::pointee(a.clone()), at)?;
        let second = self.value(Self::pointee(b.clone()), at)?;
        for (place, value) in [(a, second), (b, first)] {
            match place {
                Meaning::Variable(var, _) => {
                    let old = self.current(var, at)?;
                    let kind = self.program.kind(old);
                    let value = self.scalar(value, kind, at)?;
                    self.set(var, value);
                }
                Meaning::Memory(located) => self.meaning_into(value, located.place, located.shape, at)?,
                _ => {
                    return Err(self.error(
                        at,
                        &UNSUPPORTED_SYNTAX,
                        &["this `swap`", "swap through a third variable"],
                    ));
                }
            }
        }
        Ok(Meaning::Unit)
    }

    /// `std::mem::replace(&mut a, b)`, and `take`, which leaves a zero.
    pub(super) fn replaced_by(
        &mut self,
        place: Meaning<'a>,
        value: Option<Meaning<'a>>,
        at: &dyn ToTokens,
    ) -> Checked<Meaning<'a>> {
        let old = self.value(Self::pointee(place.clone()), at)?;
        let span = types::span(at);
        match place {
            Meaning::Variable(var, _) => {
                let current = self.current(var, at)?;
                let kind = self.program.kind(current);
                let value = match value {
                    Some(value) => self.scalar(value, kind, at)?,
                    None => self.zero(kind, span),
                };
                self.agree(current, value);
                self.set(var, value);
            }
            Meaning::Memory(located) => {
                let value = match (value, &located.shape) {
                    (Some(value), _) => value,
                    (None, Shape::Scalar(kind)) => Meaning::Scalar(self.zero(*kind, span)),
                    (None, shape) => {
                        let object = self.program.object("zero", shape.clone(), span);
                        self.push(Stmt::Local(object, Init::Zeros));
                        let place = Place::whole(object);
                        Meaning::Memory(Located { place, shape: shape.clone(), hold: Hold::Fresh })
                    }
                };
                self.meaning_into(value, located.place, located.shape, at)?;
            }
            _ => {
                let words = ["this `replace`", "write `let old = x; x = new;`"];
                return Err(self.error(at, &UNSUPPORTED_SYNTAX, &words));
            }
        }
        Ok(old)
    }

    pub(super) fn zero(&mut self, kind: ScalarKind, span: Span) -> Value {
        match kind {
            ScalarKind::Real => self.real(0.0, span),
            ScalarKind::Int => self.int(0, span),
            ScalarKind::Bool => self.truth(false, span),
        }
    }

    pub(super) fn contains(&mut self, view: View, call: &'a ExprMethodCall) -> Checked<Meaning<'a>> {
        let span = call.span();
        let kind = self.element_kind(&view);
        let wanted: &Expr = &call.args[0];
        let wanted = self.scalar_expr(wanted, kind)?;
        let unset = self.truth(false, span);
        let found = self.var("found", Some(unset));
        self.each(&Iter::Part(view), call, |s, item| {
            let item = s.scalar(item, kind, call)?;
            let same = s.define(ScalarKind::Bool, Op::Cmp(CmpOp::Eq, item, wanted), span);
            let old = s.current(found, call)?;
            let new = s.define(ScalarKind::Bool, Op::Or(old, same), span);
            s.set(found, new);
            Ok(())
        })?;
        self.current(found, call).map(Meaning::Scalar)
    }
}
