//! `f32` inside of a function over `f64`: it rounds, and what is made of the function computes in one scalar throughout.
//!
//! A number that is rounded once is a number, `0.1f32 as f64`; what is computed with it in `f32` is rounded again and again.

use quote::ToTokens;
use syn::Expr;
use syn::ItemFn;
use syn::Lit;
use syn::visit;
use syn::visit::Visit;

use super::types::mentions;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::ROUNDING_CAST;

/// Reports types and numbers of `f32` in the body of a function whose signature has `f64` alone.
pub fn check(function: &ItemFn, diagnostics: &mut Diagnostics) {
    let signature = || function.sig.to_token_stream();
    if mentions(signature(), "f64") && !mentions(signature(), "f32") {
        Single { diagnostics }.visit_block(&function.block);
    }
}

struct Single<'d> {
    diagnostics: &'d mut Diagnostics,
}

impl Single<'_> {
    fn no(&mut self, at: &dyn ToTokens) {
        self.diagnostics.error(at, &ROUNDING_CAST, &["`f32`"]);
    }
}

impl Visit<'_> for Single<'_> {
    fn visit_type_path(&mut self, ty: &syn::TypePath) {
        match ty.path.is_ident("f32") {
            true => self.no(ty),
            false => visit::visit_type_path(self, ty),
        }
    }

    fn visit_expr_cast(&mut self, cast: &syn::ExprCast) {
        // where the cast itself is lowered it is refused
        if !is_number(&cast.expr) {
            self.visit_expr(&cast.expr);
        }
    }

    fn visit_expr_call(&mut self, call: &syn::ExprCall) {
        let of_single = |func: &Expr| matches!(func, Expr::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "from"));
        if !(of_single(&call.func) && call.args.iter().all(is_number)) {
            visit::visit_expr_call(self, call);
        }
    }

    fn visit_expr_method_call(&mut self, call: &syn::ExprMethodCall) {
        if !(call.method == "into" && is_number(&call.receiver)) {
            visit::visit_expr_method_call(self, call);
        }
    }

    fn visit_expr_path(&mut self, path: &syn::ExprPath) {
        if path.path.segments.iter().any(|segment| segment.ident == "f32") {
            self.no(path);
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_lit(&mut self, lit: &Lit) {
        let suffix = match lit {
            Lit::Int(n) => n.suffix(),
            Lit::Float(x) => x.suffix(),
            _ => "",
        };
        if suffix == "f32" {
            self.no(lit);
        }
    }
}

/// A literal or a constant, with its sign.
fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) | Expr::Path(_) => true,
        Expr::Paren(inner) => is_number(&inner.expr),
        Expr::Group(inner) => is_number(&inner.expr),
        Expr::Unary(inner) => is_number(&inner.expr),
        _ => false,
    }
}
