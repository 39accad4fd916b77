//! The history argument of a delayed equation: found in the signature, and what a body may do with it.
//!
//! `h(t - tau)` is no Rust where `h` is an `&impl History<S>`. It becomes `h.at(t - tau)` before anything else reads the
//! function, so that rustc, which compiles the function as well, and the compiler see the same.

use proc_macro2::Ident;
use proc_macro2::TokenStream;
use quote::ToTokens;
use quote::quote_spanned;
use syn::Expr;
use syn::FnArg;
use syn::ItemFn;
use syn::Pat;
use syn::Type;
use syn::spanned::Spanned;
use syn::visit::Visit;
use syn::visit_mut::VisitMut;

use super::types;
use crate::diagnostics::Checked;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::catalogue::HISTORY_ALONE;
use crate::diagnostics::catalogue::HISTORY_METHOD;
use crate::diagnostics::catalogue::HISTORY_PLACE;
use crate::diagnostics::catalogue::HISTORY_SHADOWED;
use crate::diagnostics::catalogue::HISTORY_TIME;
use crate::diagnostics::catalogue::HISTORY_TYPE;
use crate::diagnostics::catalogue::HISTORY_WRITTEN;
use crate::diagnostics::catalogue::NO_HISTORY;

/// A function with its lookups as method calls; one without a history stays what it is.
pub fn with_methods(item: TokenStream) -> TokenStream {
    let Ok(mut function) = syn::parse2::<ItemFn>(item.clone()) else { return item };
    let Some(name) = function.sig.inputs.iter().find_map(|arg| history(arg).map(|(name, _)| name)) else {
        return item;
    };
    Methods { name }.visit_block_mut(&mut function.block);
    function.to_token_stream()
}

/// Whether a function takes a history.
pub fn has_history(item: &ItemFn) -> bool {
    item.sig.inputs.iter().any(|arg| history(arg).is_some())
}

/// The function without its history, and how that is called. It may write so many outputs in place.
pub fn taken_apart(item: &ItemFn, outputs: usize, diagnostics: &mut Diagnostics) -> Checked<(ItemFn, Ident)> {
    let sig = &item.sig;
    let Some((at, (name, ty))) =
        sig.inputs.iter().enumerate().find_map(|(n, arg)| history(arg).map(|found| (n, found)))
    else {
        return Err(diagnostics.error(&sig.ident, &NO_HISTORY, &[]));
    };
    let Type::Reference(reference) = &ty else {
        return Err(diagnostics.error(&ty, &HISTORY_TYPE, &[&types::text(&ty), &name.to_string()]));
    };
    if reference.mutability.is_some() {
        return Err(diagnostics.error(&ty, &HISTORY_WRITTEN, &[]));
    }
    if !matches!(&*reference.elem, Type::ImplTrait(_)) {
        return Err(diagnostics.error(&ty, &HISTORY_TYPE, &[&types::text(&ty), &name.to_string()]));
    }
    let writes = |arg: &FnArg| matches!(arg, FnArg::Typed(typed) if matches!(&*typed.ty, Type::Reference(r) if r.mutability.is_some()));
    let written = sig.inputs.iter().take(outputs).take_while(|arg| writes(arg)).count();
    if at != 1 + written {
        let written = if outputs > 1 { "du: &mut S, noise: &mut G" } else { "du: &mut S" };
        return Err(diagnostics.error(&sig.inputs[at], &HISTORY_PLACE, &[written]));
    }
    let mut uses = Uses { name: &name, diagnostics, failed: None };
    uses.visit_block(&item.block);
    if let Some(reported) = uses.failed {
        return Err(reported);
    }
    let mut plain = item.clone();
    plain.sig.inputs =
        sig.inputs.iter().enumerate().filter(|(n, _)| *n != at).map(|(_, arg)| arg.clone()).collect();
    Ok((plain, name))
}

/// An argument's name and type if its type mentions a history.
fn history(arg: &FnArg) -> Option<(Ident, Type)> {
    let FnArg::Typed(typed) = arg else { return None };
    let Pat::Ident(pat) = &*typed.pat else { return None };
    super::item::mentions(&typed.ty.to_token_stream(), "History")
        .then(|| (pat.ident.clone(), (*typed.ty).clone()))
}

/// Whether an expression is the history itself.
fn is(expr: &Expr, name: &Ident) -> bool {
    matches!(expr, Expr::Path(path) if path.path.is_ident(name))
}

struct Methods {
    name: Ident,
}

impl VisitMut for Methods {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        syn::visit_mut::visit_expr_mut(self, expr);
        if let Expr::Call(call) = expr
            && is(&call.func, &self.name)
        {
            let (history, args) = (&call.func, &call.args);
            // what rustc has to say of the call it says where the user wrote it
            let method = quote_spanned!(history.span()=> #history.at(#args));
            if let Ok(method) = syn::parse2(method) {
                *expr = method;
            }
        }
    }
}

struct Uses<'d> {
    name: &'d Ident,
    diagnostics: &'d mut Diagnostics,
    failed: Option<crate::diagnostics::Reported>,
}

impl<'ast> Visit<'ast> for Uses<'_> {
    fn visit_expr(&mut self, expr: &'ast Expr) {
        let name = self.name.to_string();
        match expr {
            Expr::MethodCall(call) if is(&call.receiver, self.name) => {
                match call.method.to_string().as_str() {
                    "at" | "derivative" if call.args.len() == 1 => {}
                    "at" | "derivative" => {
                        self.failed =
                            Some(self.diagnostics.error(&call.method, &HISTORY_TIME, &[&name, &name]));
                    }
                    other => {
                        let words = [other, &name, &name];
                        self.failed = Some(self.diagnostics.error(&call.method, &HISTORY_METHOD, &words));
                    }
                }
                call.args.iter().for_each(|arg| self.visit_expr(arg));
            }
            Expr::Assign(assign) if self.starts_with_history(&assign.left) => {
                self.failed = Some(self.diagnostics.error(&assign.left, &HISTORY_WRITTEN, &[]));
            }
            Expr::Binary(binary) if self.starts_with_history(&binary.left) && assigns(&binary.op) => {
                self.failed = Some(self.diagnostics.error(&binary.left, &HISTORY_WRITTEN, &[]));
            }
            expr if is(expr, self.name) => {
                self.failed = Some(self.diagnostics.error(expr, &HISTORY_ALONE, &[&name, &name]));
            }
            expr => syn::visit::visit_expr(self, expr),
        }
    }

    fn visit_pat_ident(&mut self, pat: &'ast syn::PatIdent) {
        if pat.ident == *self.name {
            let name = self.name.to_string();
            self.failed = Some(self.diagnostics.error(&pat.ident, &HISTORY_SHADOWED, &[&name]));
        }
        syn::visit::visit_pat_ident(self, pat);
    }
}

impl Uses<'_> {
    fn starts_with_history(&self, mut expr: &Expr) -> bool {
        loop {
            expr = match expr {
                Expr::Index(index) => &index.expr,
                Expr::Field(field) => &field.base,
                Expr::MethodCall(call) => return is(&call.receiver, self.name),
                Expr::Paren(inner) => &inner.expr,
                other => return is(other, self.name),
            };
        }
    }
}

/// Whether an operator writes to its left side: `+=`.
fn assigns(op: &syn::BinOp) -> bool {
    use syn::BinOp;
    matches!(
        op,
        BinOp::AddAssign(_)
            | BinOp::SubAssign(_)
            | BinOp::MulAssign(_)
            | BinOp::DivAssign(_)
            | BinOp::RemAssign(_)
    )
}
