//! Questions that a pattern answers by its look alone.

use syn::Expr;
use syn::ExprPath;
use syn::Lit;
use syn::Pat;

use crate::ir::ScalarKind;
use crate::parse::types;

/// Whether a path is by its look that of a variant of an enum: `Holling::II`, `Policy::None`.
pub(in crate::lower) fn is_variant(path: &syn::Path) -> bool {
    let camel = |name: &str| name.starts_with(char::is_uppercase);
    let names: Vec<String> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
    match names.as_slice() {
        [.., owner, last] => camel(owner) && camel(last) && !types::INTEGERS.contains(&owner.as_str()),
        [one] => camel(one) && one.chars().any(char::is_lowercase),
        [] => false,
    }
}

/// Whether an expression is a variant of an enum with constants for its parts: `Response::Power(2)`.
pub(in crate::lower) fn is_constant_variant(expr: &Expr) -> bool {
    match expr {
        Expr::Call(call) => is_constant_call(call),
        Expr::Struct(literal) => {
            literal.path.segments.len() > 1
                && is_variant(&literal.path)
                && literal.rest.is_none()
                && literal.fields.iter().all(|field| is_constant_part(&field.expr))
        }
        _ => false,
    }
}

/// The same of `Response::Power(2)` alone.
pub(in crate::lower) fn is_constant_call(call: &syn::ExprCall) -> bool {
    match &*call.func {
        Expr::Path(path) => {
            path.path.segments.len() > 1 && is_variant(&path.path) && call.args.iter().all(is_constant_part)
        }
        _ => false,
    }
}

pub(in crate::lower) fn is_constant_part(expr: &Expr) -> bool {
    match expr {
        Expr::Lit(_) => true,
        Expr::Unary(unary) => matches!(&*unary.expr, Expr::Lit(_)),
        Expr::Path(path) => path.path.segments.last().is_some_and(|last| {
            !last.ident.to_string().chars().any(char::is_lowercase) || is_variant(&path.path)
        }),
        other => is_constant_variant(other),
    }
}

/// Whether a pattern can only be one of a variant of an enum.
pub(in crate::lower) fn names_variant(pat: &Pat) -> bool {
    match pat {
        Pat::Path(ExprPath { path, .. }) => is_variant(path),
        Pat::TupleStruct(_) => true,
        Pat::Struct(fields) => fields.path.segments.len() > 1,
        Pat::Ident(ident) if ident.subpat.is_none() => {
            let name = ident.ident.to_string();
            name.starts_with(char::is_uppercase) && name.chars().any(char::is_lowercase)
        }
        Pat::Ident(ident) => ident.subpat.as_ref().is_some_and(|(_, sub)| names_variant(sub)),
        Pat::Or(or) => or.cases.iter().any(names_variant),
        Pat::Paren(inner) => names_variant(&inner.pat),
        Pat::Reference(inner) => names_variant(&inner.pat),
        Pat::Guard(guarded) => names_variant(&guarded.pat),
        _ => false,
    }
}

/// The pattern without a guard.
pub(in crate::lower) fn unguarded(pat: &Pat) -> &Pat {
    match pat {
        Pat::Guard(guarded) => &guarded.pat,
        other => other,
    }
}

/// The names that a pattern gives a value.
pub(in crate::lower) fn bound_names(pat: &Pat) -> Vec<String> {
    use syn::visit::Visit;
    #[derive(Default)]
    struct Names(Vec<String>);
    impl<'ast> Visit<'ast> for Names {
        fn visit_pat_ident(&mut self, ident: &'ast syn::PatIdent) {
            if binds(&Pat::Ident(ident.clone())) {
                self.0.push(ident.ident.to_string());
            }
            syn::visit::visit_pat_ident(self, ident);
        }
    }
    let mut names = Names::default();
    names.visit_pat(pat);
    names.0
}

/// Whether a pattern is `Some(..)`, or `None`.
pub(in crate::lower) fn is_of_option(pat: &Pat) -> bool {
    some_pattern(pat).is_some()
        || match pat {
            Pat::Ident(ident) => ident.ident == "None",
            Pat::Or(or) => or.cases.iter().any(is_of_option),
            _ => false,
        }
}

/// Whether a name in a pattern is by its look that of a constant.
pub(in crate::lower) fn names_constant(ident: &syn::Ident) -> bool {
    !ident.to_string().chars().any(char::is_lowercase) && ident.to_string().chars().any(char::is_alphabetic)
}

pub(in crate::lower) fn is_rest(pat: &Pat) -> bool {
    match pat {
        Pat::Rest(_) => true,
        Pat::Ident(ident) => ident.subpat.as_ref().is_some_and(|(_, sub)| is_rest(sub)),
        _ => false,
    }
}

/// Whether a pattern gives a name a value.
pub(in crate::lower) fn binds(pat: &Pat) -> bool {
    match pat {
        Pat::Ident(ident) => !names_constant(&ident.ident) && !names_variant(pat),
        Pat::Paren(inner) => binds(&inner.pat),
        Pat::Reference(inner) => binds(&inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().any(binds),
        Pat::Slice(slice) => slice.elems.iter().any(binds),
        Pat::Struct(fields) => fields.fields.iter().any(|field| binds(&field.pat)),
        Pat::Or(or) => or.cases.iter().any(binds),
        Pat::TupleStruct(tuple) => tuple.elems.iter().any(binds),
        _ => false,
    }
}

/// Whether a pattern takes a value apart.
pub(in crate::lower) fn has_parts(pat: &Pat) -> bool {
    match pat {
        Pat::Tuple(_) | Pat::Slice(_) | Pat::Struct(_) => true,
        Pat::Ident(ident) => ident.subpat.as_ref().is_some_and(|(_, sub)| has_parts(sub)),
        Pat::Or(or) => or.cases.iter().any(has_parts),
        Pat::Paren(inner) => has_parts(&inner.pat),
        Pat::Reference(inner) => has_parts(&inner.pat),
        _ => false,
    }
}

/// The patterns for one part of a tuple.
pub(in crate::lower) fn parts_of(pat: &Pat, k: usize) -> Vec<&Pat> {
    match pat {
        Pat::Tuple(tuple) => tuple.elems.iter().nth(k).into_iter().collect(),
        Pat::Paren(inner) => parts_of(&inner.pat, k),
        Pat::Or(or) => or.cases.iter().flat_map(|case| parts_of(case, k)).collect(),
        _ => Vec::new(),
    }
}

/// What a pattern says that its value is.
pub(in crate::lower) fn kind_of(pat: &Pat) -> Option<ScalarKind> {
    let of_expr = |expr: &Expr| match expr {
        Expr::Lit(lit) => of_literal(&lit.lit),
        Expr::Unary(unary) => match &*unary.expr {
            Expr::Lit(lit) => of_literal(&lit.lit),
            _ => None,
        },
        _ => None,
    };
    match pat {
        Pat::Lit(lit) => of_literal(&lit.lit),
        Pat::Range(range) => range.start.iter().chain(&range.end).find_map(|end| of_expr(end)),
        Pat::Or(or) => or.cases.iter().find_map(kind_of),
        Pat::Paren(inner) => kind_of(&inner.pat),
        Pat::Reference(inner) => kind_of(&inner.pat),
        Pat::Ident(ident) => ident.subpat.as_ref().and_then(|(_, sub)| kind_of(sub)),
        _ => None,
    }
}

pub(in crate::lower) fn of_literal(lit: &Lit) -> Option<ScalarKind> {
    match lit {
        Lit::Int(n) if n.suffix().starts_with('f') => Some(ScalarKind::Real),
        Lit::Int(_) => Some(ScalarKind::Int),
        Lit::Float(_) => Some(ScalarKind::Real),
        Lit::Bool(_) => Some(ScalarKind::Bool),
        _ => None,
    }
}

/// The pattern in `Some(pattern)`.
pub(in crate::lower) fn some_pattern(pat: &Pat) -> Option<&Pat> {
    match pat {
        Pat::Paren(inner) => some_pattern(&inner.pat),
        Pat::TupleStruct(tuple) if tuple.path.is_ident("Some") && tuple.elems.len() == 1 => {
            tuple.elems.first()
        }
        _ => None,
    }
}

/// Whether a pattern always holds.
pub(in crate::lower) fn is_certain(pat: &Pat) -> bool {
    match pat {
        Pat::Wild(_) | Pat::Rest(_) => true,
        Pat::Ident(ident) => {
            ident.subpat.is_none()
                && ident.ident != "None"
                && ident.ident.to_string().chars().any(char::is_lowercase)
        }
        Pat::Paren(inner) => is_certain(&inner.pat),
        Pat::Reference(inner) => is_certain(&inner.pat),
        Pat::Tuple(tuple) => tuple.elems.iter().all(is_certain),
        _ => false,
    }
}

/// The name in `name @ ..`.
pub(in crate::lower) fn named_rest(pat: &Pat) -> Option<&syn::Ident> {
    match pat {
        Pat::Ident(ident) => match &ident.subpat {
            Some((_, rest)) if matches!(**rest, Pat::Rest(_)) => Some(&ident.ident),
            _ => None,
        },
        _ => None,
    }
}

pub(in crate::lower) const ALLOWED: &str = "numbers, ranges `1..=3`, alternatives `1 | 2`, names, `_`, and arrays, structs and tuples of such \
    patterns can be matched";
