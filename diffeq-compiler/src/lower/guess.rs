//! What a name must be, by the way it is used afterwards.
//!
//! The fields of a struct and the results of helpers have types that a macro can't see. A name bound to one is a
//! number if it is computed with and an array if it is indexed or iterated over.

use syn::Expr;
use syn::Member;
use syn::Pat;
use syn::visit::Visit;

use super::Binding;
use super::Lowering;
use super::syntax::expr::is_part;
use super::vocabulary::FORWARD;
use super::vocabulary::is_array_method;
use super::vocabulary::is_integer_method;
use crate::ir::Len;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::parse::types;

/// What the uses of a name tell.
#[derive(Debug, Clone)]
pub(super) enum Guess {
    Scalar(ScalarKind),
    /// An aggregate, of this shape where a use tells.
    Aggregate(Option<Shape>),
}

/// The name of the array that an element lies in.
fn base(place: &Expr) -> Option<&syn::Ident> {
    match place {
        Expr::Index(index) => base(&index.expr),
        Expr::Path(path) => path.path.get_ident(),
        _ => None,
    }
}

struct ShapeUses<'n> {
    name: &'n str,
    found: Option<Guess>,
    /// Names of integers.
    integers: &'n dyn Fn(&str) -> bool,
    /// What lies at a place that can be seen before the name is bound, where that is known.
    places: &'n dyn Fn(&Expr) -> Option<Shape>,
    /// Names that mean something else by now.
    hidden: Vec<String>,
    /// A use that only integers or conditions have.
    sure: Option<ScalarKind>,
    /// It is an element of an array, which may be one of anything: said where no other use tells more.
    element: bool,
    /// Not the name itself is asked for, but what lies in it: `name[i]`, `name[i][j]`.
    inside: bool,
}

impl<'n> ShapeUses<'n> {
    fn of(name: &'n str, integers: &'n dyn Fn(&str) -> bool) -> Self {
        let (places, hidden) = (&|_: &Expr| None, Vec::new());
        ShapeUses { name, found: None, integers, places, hidden, sure: None, element: false, inside: false }
    }

    fn is(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Index(index) if self.inside => self.lies_in(&index.expr),
            Expr::Path(path) => !self.inside && path.path.is_ident(self.name),
            Expr::Field(field) => is_part(field, self.name),
            Expr::Paren(inner) => self.is(&inner.expr),
            Expr::Group(inner) => self.is(&inner.expr),
            Expr::Unary(unary) => self.is(&unary.expr),
            _ => false,
        }
    }

    fn lies_in(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Index(index) => self.lies_in(&index.expr),
            Expr::Path(path) => path.path.is_ident(self.name),
            _ => false,
        }
    }

    fn surely(&mut self, expr: &Expr, kind: ScalarKind) {
        if self.sure.is_none() && self.is(expr) {
            self.sure = Some(kind);
        }
    }

    /// Whether an expression is an integer, as far as it can be seen.
    fn is_integer(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Lit(lit) => matches!(&lit.lit, syn::Lit::Int(n) if !matches!(n.suffix(), "f64" | "f32")),
            Expr::Path(path) => {
                path.path.get_ident().is_some_and(|ident| (self.integers)(&ident.to_string()))
            }
            Expr::Paren(inner) => self.is_integer(&inner.expr),
            Expr::Group(inner) => self.is_integer(&inner.expr),
            Expr::Unary(unary) => self.is_integer(&unary.expr),
            Expr::Cast(cast) => types::INTEGERS.contains(&types::text(&cast.ty).as_str()),
            Expr::MethodCall(call) => call.method == "len",
            _ => false,
        }
    }

    fn note(&mut self, expr: &Expr, guess: Guess) {
        if self.found.is_none() && self.is(expr) {
            self.found = Some(guess);
        }
    }
}

impl<'ast> Visit<'ast> for ShapeUses<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if matches!(binary.op, syn::BinOp::And(_) | syn::BinOp::Or(_)) {
            self.surely(&binary.left, ScalarKind::Bool);
            self.surely(&binary.right, ScalarKind::Bool);
        }
        for (side, other) in [(&binary.left, &binary.right), (&binary.right, &binary.left)] {
            if self.is_integer(other) {
                self.surely(side, ScalarKind::Int);
            }
        }
        self.note(&binary.left, Guess::Scalar(ScalarKind::Real));
        self.note(&binary.right, Guess::Scalar(ScalarKind::Real));
        syn::visit::visit_expr_binary(self, binary);
    }
    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        match unary.op {
            syn::UnOp::Neg(_) => self.note(&unary.expr, Guess::Scalar(ScalarKind::Real)),
            syn::UnOp::Not(_) => self.surely(&unary.expr, ScalarKind::Bool),
            _ => {}
        }
        syn::visit::visit_expr_unary(self, unary);
    }
    fn visit_expr_cast(&mut self, cast: &'ast syn::ExprCast) {
        // a real needs no cast
        if matches!(types::text(&cast.ty).as_str(), "f64" | "f32") {
            self.surely(&cast.expr, ScalarKind::Int);
        }
        syn::visit::visit_expr_cast(self, cast);
    }
    fn visit_expr_if(&mut self, branch: &'ast syn::ExprIf) {
        self.surely(&branch.cond, ScalarKind::Bool);
        syn::visit::visit_expr_if(self, branch);
    }
    fn visit_expr_range(&mut self, range: &'ast syn::ExprRange) {
        for bound in [&range.start, &range.end].into_iter().flatten() {
            self.surely(bound, ScalarKind::Int);
        }
        syn::visit::visit_expr_range(self, range);
    }
    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        self.surely(&index.index, ScalarKind::Int);
        self.note(&index.expr, Guess::Aggregate(None));
        syn::visit::visit_expr_index(self, index);
    }
    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        if matches!(field.member, Member::Named(_)) {
            self.note(&field.base, Guess::Aggregate(None));
        } else {
            self.note(&field.base, Guess::Aggregate(Some(Shape::Tuple(Vec::new()))));
        }
        syn::visit::visit_expr_field(self, field);
    }
    fn visit_expr_for_loop(&mut self, l: &'ast syn::ExprForLoop) {
        match &*l.expr {
            Expr::Reference(inner) => self.note(&inner.expr, Guess::Aggregate(None)),
            other => self.note(other, Guess::Aggregate(None)),
        }
        syn::visit::visit_expr_for_loop(self, l);
    }
    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        self.note(&reference.expr, Guess::Aggregate(None));
        syn::visit::visit_expr_reference(self, reference);
    }
    fn visit_expr_array(&mut self, array: &'ast syn::ExprArray) {
        for element in &array.elems {
            self.element |= self.is(element);
        }
        syn::visit::visit_expr_array(self, array);
    }
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        if matches!(&*assign.left, Expr::Index(_)) {
            let place = Some(&*assign.left).filter(|place| {
                !base(place).is_some_and(|name| self.hidden.iter().any(|hidden| name == hidden))
            });
            self.note(
                &assign.right,
                match place.and_then(self.places).filter(Shape::is_aggregate) {
                    Some(shape) => Guess::Aggregate(Some(shape)),
                    None => Guess::Scalar(ScalarKind::Real),
                },
            );
        }
        syn::visit::visit_expr_assign(self, assign);
    }
    fn visit_pat_ident(&mut self, ident: &'ast syn::PatIdent) {
        self.hidden.push(ident.ident.to_string());
        syn::visit::visit_pat_ident(self, ident);
    }
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        if name == FORWARD {
            self.note(&call.receiver, Guess::Aggregate(None));
            call.args.iter().for_each(|arg| self.note(arg, Guess::Aggregate(None)));
        } else if is_array_method(&name) {
            self.note(&call.receiver, Guess::Aggregate(None));
        } else if is_integer_method(&name) && !super::vocabulary::is_real_method(&name) {
            self.surely(&call.receiver, ScalarKind::Int);
        } else if super::vocabulary::is_real_method(&name) {
            self.note(&call.receiver, Guess::Scalar(ScalarKind::Real));
            for arg in &call.args {
                self.note(arg, Guess::Scalar(ScalarKind::Real));
            }
        }
        if super::option::is_of_option(&name) {
            self.note(&call.receiver, Guess::Aggregate(None));
        }
        syn::visit::visit_expr_method_call(self, call);
    }
    fn visit_expr_match(&mut self, choice: &'ast syn::ExprMatch) {
        // What is matched as an option is one.
        let pats = choice.arms.iter().map(|arg| super::syntax::pat::unguarded(&arg.pat));
        for pat in pats {
            match (&*choice.expr, pat) {
                (Expr::Tuple(values), syn::Pat::Tuple(pats)) => {
                    for (value, pat) in values.elems.iter().zip(&pats.elems) {
                        if super::syntax::pat::is_of_option(pat) {
                            self.note(value, Guess::Aggregate(None));
                        }
                    }
                }
                (value, pat) if super::syntax::pat::is_of_option(pat) => {
                    self.note(value, Guess::Aggregate(None));
                }
                _ => {}
            }
        }
        syn::visit::visit_expr_match(self, choice);
    }
    fn visit_local(&mut self, local: &'ast syn::Local) {
        if let Some(init) = &local.init
            && matches!(local.pat, syn::Pat::Slice(_) | syn::Pat::Struct(_))
        {
            self.note(&init.expr, Guess::Aggregate(None));
        }
        syn::visit::visit_local(self, local);
    }
}

/// Whether the elements of a name are arrays themselves: `m[i][j]`, `m[i].iter()`; or structs: `m[i].x`.
struct Rows<'n> {
    uses: ShapeUses<'n>,
    found: bool,
    structs: bool,
    /// An element is computed with.
    numbers: bool,
    /// An element is put somewhere as it is.
    moved: bool,
}

impl Rows<'_> {
    fn is_element(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Index(index) => self.uses.is(&index.expr),
            Expr::Paren(inner) => self.is_element(&inner.expr),
            _ => false,
        }
    }

    /// Elements are what those are that lie in one literal with them.
    fn beside(&mut self, array: &syn::ExprArray) {
        self.found |= array.elems.iter().any(|element| matches!(element, Expr::Array(_) | Expr::Repeat(_)));
        self.structs |= array.elems.iter().any(|element| matches!(element, Expr::Struct(_)));
    }
}

impl<'ast> Visit<'ast> for Rows<'_> {
    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
        self.found |= self.is_element(&index.expr);
        syn::visit::visit_expr_index(self, index);
    }
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        self.found |= is_array_method(&name) && self.is_element(&call.receiver);
        self.numbers |= super::vocabulary::is_real_method(&name)
            && [&*call.receiver].into_iter().chain(&call.args).any(|part| self.is_element(part));
        syn::visit::visit_expr_method_call(self, call);
    }
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.numbers |= self.is_element(&binary.left) || self.is_element(&binary.right);
        syn::visit::visit_expr_binary(self, binary);
    }
    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        self.numbers |= self.is_element(&unary.expr);
        syn::visit::visit_expr_unary(self, unary);
    }
    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        self.moved |= call.args.iter().any(|arg| self.is_element(arg));
        syn::visit::visit_expr_call(self, call);
    }
    fn visit_expr_array(&mut self, array: &'ast syn::ExprArray) {
        if array.elems.iter().any(|element| self.is_element(element)) {
            self.beside(array);
        }
        syn::visit::visit_expr_array(self, array);
    }
    fn visit_field_value(&mut self, field: &'ast syn::FieldValue) {
        self.moved |= self.is_element(&field.expr);
        syn::visit::visit_field_value(self, field);
    }
    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        self.structs |= self.is_element(&field.base);
        syn::visit::visit_expr_field(self, field);
    }
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.structs |= matches!(&*assign.right, Expr::Struct(_)) && self.is_element(&assign.left);
        self.moved |= self.is_element(&assign.right);
        if let (true, Expr::Array(array)) = (self.uses.is(&assign.left), &*assign.right) {
            self.beside(array);
        }
        syn::visit::visit_expr_assign(self, assign);
    }
}

impl Lowering<'_, '_> {
    /// The shape of a name bound here whose elements are arrays or structs, by the statements that follow.
    pub(super) fn guess_elements(&self, name: &str) -> Option<Shape> {
        let rest = self.following.last()?;
        let uses = ShapeUses::of(name, &|_| false);
        let mut rows = Rows { uses, found: false, structs: false, numbers: false, moved: false };
        rest.visit(&mut rows);
        let array = |inner| Shape::Array(Box::new(inner), Len::Inferred);
        let number = self.guess_inside(name);
        match (rows.structs, rows.found) {
            (true, _) => Some(array(Shape::Unknown)),
            (false, false) if rows.moved && !rows.numbers => Some(array(Shape::Unknown)),
            (false, true) => Some(array(array(Shape::Scalar(number.unwrap_or(ScalarKind::Real))))),
            (false, false) => number.map(|kind| array(Shape::Scalar(kind))),
        }
    }

    /// The kind of what lies in a name, where uses have it that only integers and conditions have.
    fn guess_inside(&self, name: &str) -> Option<ScalarKind> {
        let integers = |other: &str| other != name && self.is_integer(other);
        let mut uses = ShapeUses { inside: true, ..ShapeUses::of(name, &integers) };
        self.following.last()?.visit(&mut uses);
        uses.sure
    }

    /// What lies in memory that has a name, or in elements of it.
    fn place_shape(&self, place: &Expr) -> Option<Shape> {
        match place {
            Expr::Index(index) => match self.place_shape(&index.expr)? {
                Shape::Array(inner, _) | Shape::Slice(inner) => Some(*inner),
                _ => None,
            },
            Expr::Path(path) => match self.lookup(&path.path.get_ident()?.to_string())? {
                Binding::Alias(located) => Some(located.shape.clone()),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether a name is that of an integer.
    fn is_integer(&self, name: &str) -> bool {
        match self.lookup(name) {
            Some(Binding::Var(var) | Binding::Lent(var)) => {
                self.vars[var.0].current.is_some_and(|value| self.program.kind(value) == ScalarKind::Int)
            }
            _ => self.consts.iter().any(|(known, _)| known == name),
        }
    }

    /// The same of an array that is taken apart at once.
    pub(super) fn guess_parts(&self, slice: &syn::PatSlice) -> Option<Shape> {
        let array = |inner| Shape::Array(Box::new(inner), Len::Inferred);
        let mut found = None;
        for pat in &slice.elems {
            let part = match pat {
                Pat::Ident(ident) if ident.subpat.is_none() => {
                    let name = ident.ident.to_string();
                    match self.guess(&name) {
                        Some(Guess::Aggregate(_)) => {
                            let number = self.guess_inside(&name);
                            Some(number.map_or(Shape::Unknown, |kind| array(Shape::Scalar(kind))))
                        }
                        Some(Guess::Scalar(kind @ (ScalarKind::Int | ScalarKind::Bool))) => {
                            Some(Shape::Scalar(kind))
                        }
                        _ => None,
                    }
                }
                Pat::Slice(_) | Pat::Struct(_) => Some(Shape::Unknown),
                _ => None,
            };
            // What is told of one is told of all.
            match (&found, part) {
                (_, None) | (Some(Shape::Scalar(_) | Shape::Array(..)), _) => {}
                (_, part) => found = part,
            }
        }
        found.map(array)
    }

    /// What a name bound here must be, by the statements that follow.
    pub(super) fn guess(&self, name: &str) -> Option<Guess> {
        let rest = self.following.last()?;
        // What is bound here is not what had the name before.
        let integers = |other: &str| other != name && self.is_integer(other);
        let places = |place: &Expr| self.place_shape(place);
        let mut uses = ShapeUses { places: &places, ..ShapeUses::of(name, &integers) };
        rest.visit(&mut uses);
        let element = uses.element.then_some(Guess::Scalar(ScalarKind::Real));
        uses.sure.map(Guess::Scalar).or(uses.found).or(element)
    }
}
