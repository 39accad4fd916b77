//! Questions that an expression or a pattern answers by its look alone.

use quote::ToTokens;
use syn::BinOp;
use syn::Expr;
use syn::ExprCall;
use syn::ExprIf;
use syn::ExprPath;
use syn::GenericArgument;
use syn::Member;
use syn::PathArguments;

use crate::ir::Len;
use crate::parse::types;

/// Whether an expression makes an array element by element.
pub(in crate::lower) fn fills(expr: &Expr) -> bool {
    match unwrapped(expr) {
        Expr::Array(_) | Expr::Repeat(_) => true,
        Expr::MethodCall(call) => call.method == "map",
        other => as_from_fn(other).is_some(),
    }
}

/// The expression in parentheses.
pub(in crate::lower) fn unwrapped(expr: &Expr) -> &Expr {
    match expr {
        Expr::Paren(inner) => unwrapped(&inner.expr),
        Expr::Group(inner) => unwrapped(&inner.expr),
        other => other,
    }
}

/// The call of `array::from_fn` that an expression is.
pub(in crate::lower) fn as_from_fn(expr: &Expr) -> Option<&ExprCall> {
    match expr {
        Expr::Paren(inner) => as_from_fn(&inner.expr),
        Expr::Call(call) => match &*call.func {
            Expr::Path(path) if is_from_fn(path) => Some(call),
            _ => None,
        },
        _ => None,
    }
}

pub(in crate::lower) fn is_from_fn(path: &ExprPath) -> bool {
    path.path.segments.last().is_some_and(|last| last.ident == "from_fn")
}

/// Whether the turbofish says that the elements are reals: `from_fn::<f64, 4, _>`.
pub(in crate::lower) fn turbofish_is_real(function: &Expr) -> bool {
    let Expr::Path(path) = function else { return false };
    let Some(PathArguments::AngleBracketed(list)) = path.path.segments.last().map(|last| &last.arguments)
    else {
        return false;
    };
    matches!(list.args.first(), Some(GenericArgument::Type(syn::Type::Path(path)))
        if path.path.is_ident("f64") || path.path.is_ident("f32"))
}

pub(in crate::lower) fn turbofish_length(function: &Expr) -> Option<Len> {
    let Expr::Path(path) = function else { return None };
    let PathArguments::AngleBracketed(list) = &path.path.segments.last()?.arguments else { return None };
    match list.args.iter().nth(1)? {
        GenericArgument::Const(expr) => Some(types::length(expr)),
        GenericArgument::Type(syn::Type::Path(path)) => Some(Len::Expr(path.to_token_stream())),
        _ => None,
    }
}

/// Whether a call of `array::from_fn` names the length.
pub(in crate::lower) fn has_length(call: &ExprCall) -> bool {
    turbofish_length(&call.func).is_some()
}

/// Whether an expression is the part of a tuple that has this name here: `pair.1` is `pair_1`.
pub(in crate::lower) fn is_part(field: &syn::ExprField, name: &str) -> bool {
    match (&*field.base, &field.member) {
        (Expr::Path(base), Member::Unnamed(index)) => {
            base.path.get_ident().is_some_and(|base| format!("{base}_{}", index.index) == name)
        }
        _ => false,
    }
}

/// `if c { panic!() }`
pub(in crate::lower) fn is_assertion(branch: &ExprIf) -> bool {
    let panics = match &branch.then_branch.stmts[..] {
        [syn::Stmt::Expr(Expr::Macro(call), _)] => crate::parse::desugar::panics(&call.mac),
        _ => false,
    };
    panics && branch.else_branch.is_none()
}

/// Whether computing an expression where its value is not asked for could go wrong.
pub(in crate::lower) fn can_fail(expr: &Expr) -> bool {
    match expr {
        Expr::Paren(inner) => can_fail(&inner.expr),
        Expr::Group(inner) => can_fail(&inner.expr),
        Expr::Lit(_) | Expr::Path(_) => false,
        Expr::Field(field) => can_fail(&field.base),
        Expr::Unary(unary) => can_fail(&unary.expr),
        Expr::Binary(binary) => {
            let partial = matches!(binary.op, BinOp::Sub(_) | BinOp::Div(_) | BinOp::Rem(_));
            partial || can_fail(&binary.left) || can_fail(&binary.right)
        }
        _ => true,
    }
}

/// Whether an expression is an integer literal; one with its type written means an integer.
pub(in crate::lower) fn is_number(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(lit) => matches!(&lit.lit, syn::Lit::Int(n) if n.suffix().is_empty()),
        Expr::Paren(inner) => is_number(&inner.expr),
        Expr::Group(inner) => is_number(&inner.expr),
        Expr::Unary(unary) => is_number(&unary.expr),
        _ => false,
    }
}
