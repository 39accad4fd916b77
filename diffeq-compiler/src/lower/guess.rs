//! What a name must be, by the way it is used afterwards.
//!
//! The fields of a struct and the results of helpers have types that a macro can't see. A name bound to one is a
//! number if it is computed with and an array if it is indexed or iterated over.

use syn::Expr;
use syn::Member;
use syn::visit::Visit;

use super::Lowering;
use super::method::is_array_method;
use super::network::FORWARD;
use crate::ir::Kind;
use crate::ir::Shape;

/// What the uses of a name tell.
#[derive(Debug, Clone)]
pub(super) enum Guess {
    Scalar(Kind),
    /// An aggregate, of this shape where a use tells.
    Aggregate(Option<Shape>),
}

struct Uses<'n> {
    name: &'n str,
    found: Option<Guess>,
}

impl Uses<'_> {
    fn is(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.is_ident(self.name),
            Expr::Paren(inner) => self.is(&inner.expr),
            Expr::Group(inner) => self.is(&inner.expr),
            Expr::Unary(unary) => self.is(&unary.expr),
            _ => false,
        }
    }

    fn note(&mut self, expr: &Expr, guess: Guess) {
        if self.found.is_none() && self.is(expr) {
            self.found = Some(guess);
        }
    }
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        self.note(&binary.left, Guess::Scalar(Kind::Real));
        self.note(&binary.right, Guess::Scalar(Kind::Real));
        syn::visit::visit_expr_binary(self, binary);
    }
    fn visit_expr_unary(&mut self, unary: &'ast syn::ExprUnary) {
        if matches!(unary.op, syn::UnOp::Neg(_)) {
            self.note(&unary.expr, Guess::Scalar(Kind::Real));
        }
        syn::visit::visit_expr_unary(self, unary);
    }
    fn visit_expr_index(&mut self, index: &'ast syn::ExprIndex) {
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
            self.note(element, Guess::Scalar(Kind::Real));
        }
        syn::visit::visit_expr_array(self, array);
    }
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        if matches!(&*assign.left, Expr::Index(_)) {
            self.note(&assign.right, Guess::Scalar(Kind::Real));
        }
        syn::visit::visit_expr_assign(self, assign);
    }
    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let name = call.method.to_string();
        if name == FORWARD {
            self.note(&call.receiver, Guess::Aggregate(None));
            call.args.iter().for_each(|arg| self.note(arg, Guess::Aggregate(None)));
        } else if is_array_method(&name) {
            self.note(&call.receiver, Guess::Aggregate(None));
        } else if super::call::is_real_method(&name) {
            self.note(&call.receiver, Guess::Scalar(Kind::Real));
            for arg in &call.args {
                self.note(arg, Guess::Scalar(Kind::Real));
            }
        }
        syn::visit::visit_expr_method_call(self, call);
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

impl Lowering<'_, '_> {
    /// What a name bound here must be, by the statements that follow.
    pub(super) fn guess(&self, name: &str) -> Option<Guess> {
        let rest = self.following.last()?;
        let mut uses = Uses { name, found: None };
        rest.iter().for_each(|stmt| uses.visit_stmt(stmt));
        uses.found
    }
}
