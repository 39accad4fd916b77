//! Constants outside the function: tables, their elements, and arithmetic on them.
//!
//! Their types are not visible here. A table is memory that nobody writes (`Object::constant`); what an element of it is,
//! a real, an integer or a condition, its use decides, and where no use tells rustc does. Since nobody writes them they
//! are read where they are used, and never copied.

use proc_macro2::Span;
use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote;
use syn::Expr;
use syn::visit::Visit;

use super::Binding;
use super::Following;
use super::Hold;
use super::Located;
use super::Lowering;
use super::Meaning;
use super::Open;
use super::guess::Guess;
use super::syntax::op::Arithmetic;
use crate::diagnostics::Checked;
use crate::ir::Init;
use crate::ir::Len;
use crate::ir::Op;
use crate::ir::Place;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Stmt;
use crate::ir::Value;
use crate::parse::types;
use crate::rules::Prim;

impl Open {
    fn holds_result(&self) -> bool {
        match self {
            Open::Element(located) => located.hold == Hold::Fresh,
            Open::Named(_) => false,
            Open::Binary(_, a, b, _) => a.holds_result() || b.holds_result(),
            Open::Negated(a, _) => a.holds_result(),
            Open::Method(_, parts, _) => parts.iter().any(Open::holds_result),
        }
    }
}

/// The methods that reals and integers have, with the number of arguments.
const OF_BOTH: &[(&str, usize)] =
    &[("abs", 0), ("signum", 0), ("min", 1), ("max", 1), ("rem_euclid", 1), ("div_euclid", 1), ("clamp", 2)];

impl<'a> Lowering<'a, '_> {
    /// The memory of a constant.
    pub(super) fn table(&mut self, path: &TokenStream, span: Span) -> Located {
        let object = self.program.constant(path, span);
        Located { place: Place::whole(object), shape: Shape::Unknown, hold: Hold::Place }
    }

    /// Whether a place lies in a constant.
    pub(super) fn is_constant(&self, located: &Located) -> bool {
        self.program.objects[located.place.object.0].constant.is_some()
    }

    /// Whether the kind of a meaning is not known yet.
    pub(super) fn is_open(&self, meaning: &Meaning) -> bool {
        match meaning {
            Meaning::Const(_) | Meaning::Open(_) => true,
            Meaning::Memory(located) => match located.shape {
                Shape::Unknown => self.is_constant(located),
                Shape::Plain(_) => true,
                _ => false,
            },
            _ => false,
        }
    }

    /// Whether a number may be an integer or a real: a constant, or what a helper has just returned.
    pub(super) fn is_undecided(&self, meaning: &Meaning) -> bool {
        self.is_open(meaning) || self.is_returned(meaning)
    }

    /// Whether a helper has just returned it, and nothing has said yet what it is.
    fn is_returned(&self, meaning: &Meaning) -> bool {
        matches!(meaning, Meaning::Memory(located)
            if matches!(located.shape, Shape::Unknown) && self.call_of(located).is_some())
    }

    /// Whether something in it was returned by a helper: it may be real, and move.
    pub(super) fn holds_result(&self, meaning: &Meaning) -> bool {
        match meaning {
            Meaning::Open(open) => open.holds_result(),
            meaning => self.is_returned(meaning),
        }
    }

    fn as_open(&self, meaning: Meaning<'a>) -> Option<Open> {
        match meaning {
            Meaning::Memory(located) if self.is_returned(&Meaning::Memory(located.clone())) => {
                Some(Open::Element(located))
            }
            Meaning::Const(path) => Some(Open::Named(path)),
            Meaning::Open(open) => Some(*open),
            Meaning::Memory(located)
                if self.is_constant(&located) || matches!(located.shape, Shape::Plain(_)) =>
            {
                Some(Open::Element(located))
            }
            _ => None,
        }
    }

    /// `a + b` of two meanings whose kind is not known.
    pub(super) fn open_binary(
        &self,
        op: Arithmetic,
        left: Meaning<'a>,
        right: Meaning<'a>,
        span: Span,
    ) -> Option<Meaning<'a>> {
        let (left, right) = (self.as_open(left)?, self.as_open(right)?);
        Some(Meaning::Open(Box::new(Open::Binary(op, Box::new(left), Box::new(right), span))))
    }

    /// `-a` of a meaning whose kind is not known.
    pub(super) fn open_negated(&self, meaning: Meaning<'a>, span: Span) -> Option<Meaning<'a>> {
        let open = self.as_open(meaning)?;
        Some(Meaning::Open(Box::new(Open::Negated(Box::new(open), span))))
    }

    /// A method of both kinds of numbers, of meanings whose kind is not known.
    pub(super) fn open_call(
        &self,
        name: &str,
        receiver: &Meaning<'a>,
        args: &[Meaning<'a>],
        span: Span,
    ) -> Option<Meaning<'a>> {
        let (name, count) = OF_BOTH.iter().find(|(known, _)| *known == name)?;
        let parts = [receiver].into_iter().chain(args).map(|part| self.as_open(part.clone()));
        let parts: Vec<Open> = parts.collect::<Option<_>>()?;
        (args.len() == *count).then(|| Meaning::Open(Box::new(Open::Method(name, parts, span))))
    }

    /// Computes what its use has decided the kind of.
    pub(super) fn opened(&mut self, open: Open, kind: ScalarKind, span: Span) -> Value {
        match open {
            Open::Element(located) => self.define(kind, Op::Load(located.place), span),
            Open::Named(path) => match kind {
                ScalarKind::Real => self.define(kind, Op::RealNamed(path), span),
                ScalarKind::Int => self.define(kind, Op::IntNamed(path), span),
                ScalarKind::Bool => {
                    let place = self.table(&path, span).place;
                    self.define(kind, Op::Load(place), span)
                }
            },
            Open::Binary(op, a, b, at) => {
                let (a, b) = (self.opened(*a, kind, span), self.opened(*b, kind, span));
                match kind {
                    ScalarKind::Real => self.define(kind, Op::Prim(op.real(), vec![a, b]), at),
                    _ => self.int_op(op.int(), a, b, at),
                }
            }
            Open::Method(name, parts, at) => {
                let parts: Vec<Value> = parts.into_iter().map(|part| self.opened(part, kind, span)).collect();
                match kind {
                    ScalarKind::Real => self.real_of_both(name, &parts, at),
                    _ => self.int_of_both(name, &parts, at),
                }
            }
            Open::Negated(a, at) => {
                let a = self.opened(*a, kind, span);
                let op = if kind == ScalarKind::Real { Op::Prim(Prim::Neg, vec![a]) } else { Op::IntNeg(a) };
                self.define(kind, op, at)
            }
        }
    }

    /// Two sides of a comparison of which neither tells its kind: written out as they stand, since every kind has
    /// the operator; what they are is not looked at.
    pub(super) fn compared_open(&mut self, meaning: Meaning<'a>, span: Span) -> Option<Value> {
        let open = match self.as_open(meaning)? {
            // A named integer stands for a length in the checks; here it may be a real.
            Open::Named(path) => Open::Element(self.table(&path, span)),
            other => other,
        };
        Some(self.opened(open, ScalarKind::Int, span))
    }

    /// A name for a constant: another name for the same memory, unless it is written later.
    pub(super) fn bound_constant(
        &mut self,
        name: &str,
        meaning: Meaning<'a>,
        mutable: bool,
        at: &dyn ToTokens,
    ) -> Checked<Binding<'a>> {
        if self.holds_result(&meaning) {
            let kind = match self.guess(name) {
                Some(Guess::Scalar(kind)) => kind,
                _ => ScalarKind::Real,
            };
            let value = self.scalar(meaning, kind, at)?;
            return self.bound(name, Meaning::Scalar(value), mutable, at);
        }
        if !mutable {
            return Ok(match meaning {
                Meaning::Memory(located) => Binding::Alias(located),
                other => Binding::Meaning(other),
            });
        }
        let span = types::span(at);
        let evidence = self.following.last().and_then(|rest| evidence(name, *rest));
        match (evidence.unwrap_or_else(|| Evidence::Kind(self.kinds.of(at))), meaning) {
            (Evidence::Kind(kind), meaning) => {
                let value = self.scalar(meaning, kind, at)?;
                self.bound(name, Meaning::Scalar(value), mutable, at)
            }
            (Evidence::Aggregate, meaning) => {
                let located = self.aggregate(meaning, None, at)?;
                let shape = self.lifted_shape(&located);
                let object = self.program.object(name, shape.clone(), span);
                self.push(Stmt::Local(object, Init::From(located.place)));
                Ok(Binding::Alias(Located { place: Place::whole(object), shape, hold: Hold::Place }))
            }
        }
    }

    /// The shape that a copy of a constant has.
    fn lifted_shape(&self, located: &Located) -> Shape {
        located.shape.clone()
    }

    /// The length of a table, where it is a constant expression.
    pub(super) fn table_length(&self, located: &Located) -> Option<Len> {
        let object = &self.program.objects[located.place.object.0];
        let mut tokens = object.constant.clone()?;
        for step in &located.place.path {
            match step {
                Proj::Index(value) => {
                    let n = usize::try_from(self.known(*value)?).ok()?;
                    let n = proc_macro2::Literal::usize_unsuffixed(n);
                    tokens.extend(quote!([#n]));
                }
                Proj::Range(..) | Proj::Matches(_) | Proj::Part(..) => return None,
                Proj::Field(name) => match name.parse::<usize>() {
                    Ok(n) => {
                        let n = proc_macro2::Literal::usize_unsuffixed(n);
                        tokens.extend(quote!(.#n));
                    }
                    Err(_) => {
                        let name = name.parse::<TokenStream>().unwrap_or_default();
                        tokens.extend(quote!(.#name));
                    }
                },
            }
        }
        Some(Len::Expr(quote!(#tokens.len())))
    }
}

/// What the uses of a name tell of a constant that it was bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Evidence {
    Kind(ScalarKind),
    Aggregate,
}

/// What the uses of a name tell of it.
pub(super) fn evidence(name: &str, rest: Following<'_>) -> Option<Evidence> {
    let mut uses = ConstantUses { name, found: None };
    rest.visit(&mut uses);
    uses.found
}

struct ConstantUses<'n> {
    name: &'n str,
    found: Option<Evidence>,
}

impl ConstantUses<'_> {
    fn is(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.is_ident(self.name),
            Expr::Field(field) => super::syntax::expr::is_part(field, self.name),
            Expr::Paren(inner) => self.is(&inner.expr),
            Expr::Group(inner) => self.is(&inner.expr),
            Expr::Reference(inner) => self.is(&inner.expr),
            Expr::Unary(unary) if !matches!(unary.op, syn::UnOp::Not(_)) => self.is(&unary.expr),
            // `k.min(3)` and `k + 1` are what `k` is.
            Expr::MethodCall(call) => {
                let name = call.method.to_string();
                OF_BOTH.iter().any(|(known, _)| *known == name) && self.is(&call.receiver)
            }
            Expr::Binary(binary) if Arithmetic::of(&binary.op).is_some() => {
                self.is(&binary.left) || self.is(&binary.right)
            }
            _ => false,
        }
    }

    fn note(&mut self, expr: &Expr, evidence: Evidence) {
        if self.found.is_none() && self.is(expr) {
            self.found = Some(evidence);
        }
    }

    /// The other operand of an operator is a literal.
    fn beside(&mut self, one: &Expr, other: &Expr) {
        let literal = match other {
            Expr::Lit(lit) => Some(&lit.lit),
            Expr::Unary(unary) => match &*unary.expr {
                Expr::Lit(lit) => Some(&lit.lit),
                _ => None,
            },
            _ => None,
        };
        match literal {
            Some(syn::Lit::Int(n)) if !n.suffix().starts_with('f') => {
                self.note(one, Evidence::Kind(ScalarKind::Int));
            }
            Some(syn::Lit::Int(_) | syn::Lit::Float(_)) => self.note(one, Evidence::Kind(ScalarKind::Real)),
            Some(syn::Lit::Bool(_)) => self.note(one, Evidence::Kind(ScalarKind::Bool)),
            _ => {}
        }
    }
}

impl<'ast> Visit<'ast> for ConstantUses<'_> {
    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        if matches!(&*index.expr, Expr::Path(_)) {
            self.note(&index.expr, Evidence::Aggregate);
        }
        self.note(&index.index, Evidence::Kind(ScalarKind::Int));
        syn::visit::visit_expr_index(self, index);
    }
    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        self.note(&field.base, Evidence::Aggregate);
        syn::visit::visit_expr_field(self, field);
    }
    fn visit_expr_range(&mut self, range: &'ast syn::ExprRange) {
        range.start.iter().chain(&range.end).for_each(|end| self.note(end, Evidence::Kind(ScalarKind::Int)));
        syn::visit::visit_expr_range(self, range);
    }
    fn visit_expr_for_loop(&mut self, l: &'ast syn::ExprForLoop) {
        self.note(&l.expr, Evidence::Aggregate);
        syn::visit::visit_expr_for_loop(self, l);
    }
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        match binary.op {
            syn::BinOp::And(_) | syn::BinOp::Or(_) => {
                self.note(&binary.left, Evidence::Kind(ScalarKind::Bool));
                self.note(&binary.right, Evidence::Kind(ScalarKind::Bool));
            }
            _ => {
                self.beside(&binary.left, &binary.right);
                self.beside(&binary.right, &binary.left);
            }
        }
        syn::visit::visit_expr_binary(self, binary);
    }
    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if matches!(unary.op, syn::UnOp::Not(_)) {
            self.note(&unary.expr, Evidence::Kind(ScalarKind::Bool));
        }
        syn::visit::visit_expr_unary(self, unary);
    }
    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        if matches!(&*branch.cond, Expr::Path(_)) {
            self.note(&branch.cond, Evidence::Kind(ScalarKind::Bool));
        }
        syn::visit::visit_expr_if(self, branch);
    }
    fn visit_expr_cast(&mut self, cast: &'ast syn::ExprCast) {
        self.note(&cast.expr, Evidence::Kind(ScalarKind::Int));
        syn::visit::visit_expr_cast(self, cast);
    }
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.beside(&assign.left, &assign.right);
        if matches!(&*assign.right, Expr::Array(_) | Expr::Repeat(_)) {
            self.note(&assign.left, Evidence::Aggregate);
        }
        syn::visit::visit_expr_assign(self, assign);
    }
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        if OF_BOTH.iter().any(|(known, _)| *known == name) {
            call.args.iter().for_each(|arg| self.beside(&call.receiver, arg));
        }
        if name == "powi" {
            call.args.iter().for_each(|arg| self.note(arg, Evidence::Kind(ScalarKind::Int)));
        } else if super::vocabulary::is_array_method(&name) {
            self.note(&call.receiver, Evidence::Aggregate);
        } else if !super::vocabulary::is_known(&name) {
            // one of the user's
            self.note(&call.receiver, Evidence::Aggregate);
        }
        syn::visit::visit_expr_method_call(self, call);
    }
}
