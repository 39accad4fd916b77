//! Whether a closure may change what it has captured, read off its syntax.

use syn::Expr;
use syn::ExprClosure;
use syn::visit::Visit;

/// Methods that change what they are called on.
const CHANGING: &[&str] = &[
    "swap",
    "fill",
    "copy_from_slice",
    "clone_from_slice",
    "iter_mut",
    "reverse",
    "rotate_left",
    "rotate_right",
    "next",
    "next_back",
    "by_ref",
    "as_mut_slice",
    "as_mut",
    "split_at_mut",
    "chunks_mut",
    "chunks_exact_mut",
    "first_mut",
    "last_mut",
    "get_mut",
];

/// What a closure does beside giving a value.
#[derive(Debug, Default)]
pub(super) struct Effects {
    /// The names that it binds itself.
    own: Vec<String>,
    /// Whether it changes anything else.
    pub(super) found: bool,
    /// The names that it calls.
    pub(super) called: Vec<String>,
}

impl Effects {
    /// Reads a closure. Its parameters count as its own only where they are values: what it is lent it may change.
    pub(super) fn of_closure(&mut self, closure: &ExprClosure) {
        self.visit_expr(&closure.body);
    }

    fn changes(&mut self, place: &Expr) {
        match place {
            Expr::Paren(e) => self.changes(&e.expr),
            Expr::Group(e) => self.changes(&e.expr),
            Expr::Index(e) => self.changes(&e.expr),
            Expr::Field(e) => self.changes(&e.base),
            Expr::Tuple(e) => e.elems.iter().for_each(|part| self.changes(part)),
            Expr::Array(e) => e.elems.iter().for_each(|part| self.changes(part)),
            Expr::Path(path) => {
                let own =
                    path.path.get_ident().is_some_and(|ident| self.own.iter().any(|name| ident == name));
                self.found |= !own;
            }
            // through a reference, whatever that is to
            _ => self.found = true,
        }
    }
}

impl<'ast> Visit<'ast> for Effects {
    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        self.own.push(pat.ident.to_string());
        syn::visit::visit_pat_ident(self, pat);
    }

    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        self.changes(&assign.left);
        syn::visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if super::syntax::op::assigns(&binary.op) {
            self.changes(&binary.left);
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if reference.mutability.is_some() {
            self.changes(&reference.expr);
        }
        syn::visit::visit_expr_reference(self, reference);
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if CHANGING.contains(&call.method.to_string().as_str()) {
            self.changes(&call.receiver);
        }
        syn::visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        // called here, or handed to something that calls it
        self.called.extend(path.path.get_ident().map(ToString::to_string));
    }
}
