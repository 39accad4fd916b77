//! Values of the user's own types that have no derivative: enums. They are copied, matched on and handed on.

use quote::ToTokens;
use syn::BinOp;
use syn::Expr;
use syn::Pat;
use syn::Stmt;
use syn::visit::Visit;

use super::Located;
use super::Lowering;
use super::Meaning;
use super::Open;
use super::syntax::pat::is_variant;
use super::syntax::pat::names_variant;
use super::syntax::pat::unguarded;
use crate::ir::Op;
use crate::ir::Proj;
use crate::ir::ScalarKind;
use crate::ir::Shape;
use crate::ir::Value;
use crate::parse::types;

/// Whether a name is used in a body as a value of an enum is: matched on, or compared with a variant.
pub(super) fn is_opaque(name: &str, body: &[Stmt]) -> bool {
    let mut uses = EnumUses { name, found: false };
    body.iter().for_each(|stmt| uses.visit_stmt(stmt));
    uses.found
}

struct EnumUses<'n> {
    name: &'n str,
    found: bool,
}

impl EnumUses<'_> {
    fn is(&self, expr: &Expr) -> bool {
        match expr {
            Expr::Path(path) => path.path.is_ident(self.name),
            Expr::Paren(inner) => self.is(&inner.expr),
            Expr::Group(inner) => self.is(&inner.expr),
            Expr::Reference(inner) => self.is(&inner.expr),
            Expr::Unary(unary) => self.is(&unary.expr),
            _ => false,
        }
    }

    fn matched(&mut self, scrutinee: &Expr, pats: &[&Pat]) {
        match scrutinee {
            Expr::Tuple(tuple) => {
                for (k, part) in tuple.elems.iter().enumerate() {
                    let pats: Vec<&Pat> = pats
                        .iter()
                        .filter_map(|pat| match pat {
                            Pat::Tuple(tuple) => tuple.elems.iter().nth(k),
                            _ => None,
                        })
                        .collect();
                    self.matched(part, &pats);
                }
            }
            other => self.found |= self.is(other) && pats.iter().any(|pat| names_variant(pat)),
        }
    }
}

impl<'ast> Visit<'ast> for EnumUses<'_> {
    fn visit_expr_match(&mut self, choice: &'ast syn::ExprMatch) {
        let pats: Vec<&Pat> = choice.arms.iter().map(|arm| unguarded(&arm.pat)).collect();
        self.matched(&choice.expr, &pats);
        syn::visit::visit_expr_match(self, choice);
    }
    fn visit_expr_let(&mut self, condition: &'ast syn::ExprLet) {
        self.matched(&condition.expr, &[&condition.pat]);
        syn::visit::visit_expr_let(self, condition);
    }
    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if matches!(binary.op, BinOp::Eq(_) | BinOp::Ne(_)) {
            let variant = |expr: &Expr| matches!(expr, Expr::Path(path) if is_variant(&path.path));
            self.found |= self.is(&binary.left) && variant(&binary.right);
            self.found |= self.is(&binary.right) && variant(&binary.left);
        }
        syn::visit::visit_expr_binary(self, binary);
    }
}

impl<'a> Lowering<'a, '_> {
    /// Whether a meaning can be a value of a type that is not known here.
    pub(super) fn as_opaque(&mut self, meaning: &Meaning<'a>, at: &dyn ToTokens) -> Option<Located> {
        match meaning {
            Meaning::Const(path) => Some(self.table(path, types::span(at))),
            Meaning::Memory(located)
                if matches!(located.shape, Shape::Plain(_)) || self.is_constant(located) =>
            {
                Some(located.clone())
            }
            _ => None,
        }
    }

    /// Whether it has the form of a pattern.
    pub(super) fn has_form(&mut self, located: &Located, pat: &Pat) -> Value {
        let mut place = located.place.clone();
        place.path.push(Proj::Matches(pat.to_token_stream().to_string()));
        self.define(ScalarKind::Bool, Op::Load(place), types::span(pat))
    }

    /// What the names of a pattern stand for.
    pub(super) fn bind_form(&mut self, located: &Located, pat: &Pat) {
        #[derive(Default)]
        struct Names(Vec<String>);
        impl<'ast> Visit<'ast> for Names {
            fn visit_pat_ident(&mut self, ident: &'ast syn::PatIdent) {
                let name = ident.ident.to_string();
                if name.chars().any(char::is_lowercase) && !name.starts_with(char::is_uppercase) {
                    self.0.push(name);
                }
                syn::visit::visit_pat_ident(self, ident);
            }
        }
        let mut names = Names::default();
        names.visit_pat(pat);
        let mut located = located.clone();
        if !names.0.is_empty() && !self.program.objects[located.place.object.0].read_only {
            // What is written later must not change what the names stand for.
            let copy = self.program.object("form", Shape::Plain(quote::quote!(_)), types::span(pat));
            self.push(crate::ir::Stmt::Local(copy, crate::ir::Init::From(located.place)));
            located.place = crate::ir::Place::whole(copy);
        }
        for name in names.0 {
            let mut place = located.place.clone();
            place.path.push(Proj::Part(pat.to_token_stream().to_string(), name.clone()));
            let part = Located { place, shape: Shape::Unknown, hold: super::Hold::Place };
            let open = Meaning::Open(Box::new(Open::Element(part)));
            self.bind_name(&name, super::Binding::Meaning(open));
        }
    }

    /// `kind == Holling::II`
    pub(super) fn same_variant(
        &mut self,
        left: &Meaning<'a>,
        right: &Meaning<'a>,
        written: [&Expr; 2],
    ) -> Option<Value> {
        let variant = |expr: &Expr| matches!(expr, Expr::Path(path) if is_variant(&path.path));
        let (value, variant) = match (variant(written[0]), variant(written[1])) {
            (_, true) => (self.as_opaque(left, written[0])?, written[1]),
            (true, _) => (self.as_opaque(right, written[1])?, written[0]),
            _ => return None,
        };
        let mut place = value.place;
        place.path.push(Proj::Matches(variant.to_token_stream().to_string()));
        Some(self.define(ScalarKind::Bool, Op::Load(place), types::span(variant)))
    }
}
