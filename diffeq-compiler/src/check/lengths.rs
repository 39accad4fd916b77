//! The constants by which lengths are written, and what stands for them in a run.

use rustc_hash::FxHashSet as HashSet;

use proc_macro2::TokenStream;

use crate::ir::Len;
use crate::ir::Program;
use crate::ir::Shape;

/// The names by which the lengths of arrays are written.
pub(super) fn lengths(program: &Program) -> HashSet<String> {
    fn of_shape(shape: &Shape, names: &mut Vec<String>) {
        match shape {
            Shape::Array(inner, len) => {
                if let Len::Expr(tokens) = len {
                    paths(tokens, names);
                }
                of_shape(inner, names);
            }
            Shape::Slice(inner) => of_shape(inner, names),
            Shape::Tuple(parts) => parts.iter().for_each(|part| of_shape(part, names)),
            _ => {}
        }
    }
    let mut names = Vec::new();
    program.objects.iter().for_each(|object| of_shape(&object.shape, &mut names));
    names.into_iter().collect()
}

/// A constant expression of one unknown name, at a sample value: `N`, `2 * N`, `N - 1`.
pub(super) fn constant(text: &str, sample: i128) -> Option<i128> {
    let expr: syn::Expr = syn::parse_str(text).ok()?;
    evaluate(&expr, sample)
}

fn evaluate(expr: &syn::Expr, sample: i128) -> Option<i128> {
    match expr {
        syn::Expr::Lit(lit) => match &lit.lit {
            syn::Lit::Int(n) => n.base10_parse().ok(),
            _ => None,
        },
        syn::Expr::Paren(inner) => evaluate(&inner.expr, sample),
        syn::Expr::Group(inner) => evaluate(&inner.expr, sample),
        syn::Expr::Block(block) => match &block.block.stmts[..] {
            [syn::Stmt::Expr(inner, None)] => evaluate(inner, sample),
            _ => None,
        },
        syn::Expr::Path(_) => Some(sample),
        syn::Expr::Binary(binary) => {
            let (a, b) = (evaluate(&binary.left, sample)?, evaluate(&binary.right, sample)?);
            match binary.op {
                syn::BinOp::Add(_) => a.checked_add(b),
                syn::BinOp::Sub(_) => a.checked_sub(b),
                syn::BinOp::Mul(_) => a.checked_mul(b),
                syn::BinOp::Div(_) => a.checked_div(b),
                syn::BinOp::Rem(_) => a.checked_rem(b),
                _ => None,
            }
        }
        _ => None,
    }
}

/// The paths in a constant expression.
pub(super) fn paths(tokens: &TokenStream, names: &mut Vec<String>) {
    struct Paths<'n>(&'n mut Vec<String>);
    impl<'ast> syn::visit::Visit<'ast> for Paths<'_> {
        fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
            let parts: Vec<String> = path.path.segments.iter().map(|part| part.ident.to_string()).collect();
            self.0.push(parts.join("::"));
        }
    }
    if let Ok(expr) = syn::parse_str::<syn::Expr>(&tokens.to_string()) {
        syn::visit::Visit::visit_expr(&mut Paths(names), &expr);
    }
}
