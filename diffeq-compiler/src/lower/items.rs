//! Items inside a body. They are visible in all of their block, also before their lines.

use rustc_hash::FxHashSet as HashSet;

use proc_macro2::TokenStream;
use proc_macro2::TokenTree;
use quote::ToTokens;
use syn::BinOp;
use syn::Expr;
use syn::Item;
use syn::Lit;
use syn::Stmt;
use syn::UseTree;

use super::Binding;
use super::Closure;
use super::Code;
use super::Lowering;
use super::Meaning;
use crate::diagnostics::Checked;
use crate::ir::Len;
use crate::ir::Shape;
use crate::parse::types;
use crate::parse::types::Annotation;

/// `const` or `static`
#[derive(Clone, Copy)]
struct Constant<'a> {
    ident: &'a syn::Ident,
    ty: &'a syn::Type,
    expr: &'a Expr,
}

impl<'a> Lowering<'a, '_> {
    /// Gives the items of a block their meaning: `const K: f64 = ..;` is a value, `use` gives names to constants.
    pub(super) fn hoist(&mut self, stmts: &'a [Stmt]) -> Checked<()> {
        let items = || {
            stmts.iter().filter_map(|stmt| match stmt {
                Stmt::Item(item) => Some(item),
                _ => None,
            })
        };
        for item in items() {
            if let Item::Use(item) = item {
                let lead = if item.leading_colon.is_some() { "::" } else { "" };
                self.use_tree(&item.tree, lead.to_string());
            }
        }
        for item in items() {
            match item {
                Item::Fn(item) => {
                    let closure = Closure { code: Code::Function(item), scope: self.scope };
                    self.bind_name(&item.sig.ident.to_string(), Binding::Meaning(Meaning::Closure(closure)));
                }
                Item::Type(item) if item.generics.params.is_empty() => {
                    self.aliases.push((item.ident.to_string(), (*item.ty).clone()));
                }
                // The names of a module that only rustc knows.
                Item::Use(item) if is_glob(&item.tree) => item.to_tokens(&mut self.program.items),
                Item::Struct(_) | Item::Enum(_) | Item::Impl(_) | Item::Type(_) => {
                    item.to_tokens(&mut self.program.items);
                }
                _ => {}
            }
        }
        let mut open: Vec<Constant<'a>> = items()
            .filter_map(|item| match item {
                Item::Const(item) => Some(Constant { ident: &item.ident, ty: &item.ty, expr: &item.expr }),
                Item::Static(item) => Some(Constant { ident: &item.ident, ty: &item.ty, expr: &item.expr }),
                _ => None,
            })
            .collect();
        let mut result = Ok(());
        while !open.is_empty() {
            // One that needs none of the others; a circle rustc reports.
            let names: HashSet<String> = open.iter().map(|item| item.ident.to_string()).collect();
            let needs = |item: &Constant| {
                mentions(item.expr.to_token_stream(), &names) || mentions(item.ty.to_token_stream(), &names)
            };
            let ready = open.iter().position(|item| !needs(item)).unwrap_or(0);
            let done = self.constant_item(open.remove(ready));
            result = result.and(done);
        }
        result
    }

    fn constant_item(&mut self, item: Constant<'a>) -> Checked<()> {
        let annotation = self.annotation(item.ty)?;
        let meaning = self.expr_as(item.expr, &annotation)?;
        let binding = self.bound(&item.ident.to_string(), meaning, false, item.expr)?;
        self.bind_name(&item.ident.to_string(), binding);
        Ok(())
    }

    /// What a written type says, with lengths by constants of the body as numbers.
    pub(super) fn annotation(&mut self, ty: &syn::Type) -> Checked<Annotation> {
        let annotation = match self.unaliased(ty) {
            Some(ty) => types::handed(&ty, self.diagnostics)?,
            None => types::handed(ty, self.diagnostics)?,
        };
        Ok(Annotation { shape: self.measured(annotation.shape), ..annotation })
    }

    /// A type with its names by `type` inside the body replaced; nothing where there are none.
    fn unaliased(&self, ty: &syn::Type) -> Option<syn::Type> {
        struct Aliases<'l>(&'l [(String, syn::Type)]);
        impl syn::visit_mut::VisitMut for Aliases<'_> {
            fn visit_type_mut(&mut self, ty: &mut syn::Type) {
                if let syn::Type::Path(path) = ty
                    && let Some(ident) = path.path.get_ident()
                    && let Some((_, meant)) = self.0.iter().rev().find(|(name, _)| ident == name)
                {
                    *ty = meant.clone();
                }
                syn::visit_mut::visit_type_mut(self, ty);
            }
        }
        if self.aliases.is_empty() {
            return None;
        }
        let mut ty = ty.clone();
        syn::visit_mut::VisitMut::visit_type_mut(&mut Aliases(&self.aliases), &mut ty);
        Some(ty)
    }

    fn measured(&self, shape: Shape) -> Shape {
        match shape {
            Shape::Array(inner, len) => Shape::Array(Box::new(self.measured(*inner)), self.known_length(len)),
            Shape::Slice(inner) => Shape::Slice(Box::new(self.measured(*inner))),
            Shape::Tuple(parts) => Shape::Tuple(parts.into_iter().map(|part| self.measured(part)).collect()),
            other => other,
        }
    }

    /// A length by a constant of the body, as the number that it is: outside the body there is no such name.
    pub(super) fn known_length(&self, len: Len) -> Len {
        let Len::Expr(tokens) = &len else { return len };
        let Ok(expr) = syn::parse2::<Expr>(tokens.clone()) else { return len };
        match self.number_of(&expr).and_then(|n| usize::try_from(n).ok()) {
            Some(n) => Len::Lit(n),
            None => len,
        }
    }

    /// An integer expression of literals and constants of the body.
    fn number_of(&self, expr: &Expr) -> Option<i128> {
        match expr {
            Expr::Paren(inner) => self.number_of(&inner.expr),
            Expr::Group(inner) => self.number_of(&inner.expr),
            Expr::Cast(cast) => self.number_of(&cast.expr),
            Expr::Lit(lit) => match &lit.lit {
                Lit::Int(n) => n.base10_parse().ok(),
                _ => None,
            },
            Expr::Path(path) => match self.lookup(&path.path.get_ident()?.to_string())? {
                Binding::Var(var) => self.known(self.vars[var.0].current?),
                _ => None,
            },
            Expr::Binary(binary) => {
                let (a, b) = (self.number_of(&binary.left)?, self.number_of(&binary.right)?);
                match binary.op {
                    BinOp::Add(_) => a.checked_add(b),
                    BinOp::Sub(_) => a.checked_sub(b),
                    BinOp::Mul(_) => a.checked_mul(b),
                    BinOp::Div(_) => a.checked_div(b),
                    BinOp::Rem(_) => a.checked_rem(b),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    fn use_tree(&mut self, tree: &'a UseTree, prefix: String) {
        match tree {
            UseTree::Path(path) => self.use_tree(&path.tree, format!("{prefix}{}::", path.ident)),
            UseTree::Name(name) => self.use_name(&name.ident.to_string(), format!("{prefix}{}", name.ident)),
            UseTree::Rename(name) => {
                self.use_name(&name.rename.to_string(), format!("{prefix}{}", name.ident))
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.use_tree(tree, prefix.clone())),
            UseTree::Glob(_) => {
                for name in REAL_CONSTANTS {
                    self.use_name(name, format!("{prefix}{name}"));
                }
            }
        }
    }

    fn use_name(&mut self, name: &str, path: String) {
        if let Ok(tokens) = path.parse() {
            self.bind_name(name, Binding::Meaning(Meaning::Const(tokens)));
        }
    }

    /// A path through a module that the body has renamed, `use std::f64::consts as c;`, from its root.
    pub(super) fn unrenamed(&self, path: &syn::ExprPath) -> Option<syn::ExprPath> {
        let first = path.path.segments.first()?;
        let Some(Binding::Meaning(Meaning::Const(root))) = self.lookup(&first.ident.to_string()) else {
            return None;
        };
        let rest = path.path.segments.iter().skip(1);
        syn::parse2(quote::quote!(#root #(::#rest)*)).ok()
    }
}

/// Whether everything of a module is used, but the standard library's constants.
fn is_glob(tree: &UseTree) -> bool {
    match tree {
        UseTree::Path(path) => path.ident != "consts" && is_glob(&path.tree),
        UseTree::Glob(_) => true,
        UseTree::Group(group) => group.items.iter().any(is_glob),
        UseTree::Name(_) | UseTree::Rename(_) => false,
    }
}

fn mentions(tokens: TokenStream, names: &HashSet<String>) -> bool {
    tokens.into_iter().any(|tree| match tree {
        TokenTree::Ident(ident) => names.contains(&ident.to_string()),
        TokenTree::Group(group) => mentions(group.stream(), names),
        _ => false,
    })
}

/// What `std::f64::consts` holds.
pub(super) const REAL_CONSTANTS: &[&str] = &[
    "PI",
    "TAU",
    "E",
    "SQRT_2",
    "LN_2",
    "LN_10",
    "LOG2_E",
    "LOG10_E",
    "LOG2_10",
    "LOG10_2",
    "FRAC_1_PI",
    "FRAC_2_PI",
    "FRAC_1_SQRT_2",
    "FRAC_2_SQRT_PI",
    "FRAC_PI_2",
    "FRAC_PI_3",
    "FRAC_PI_4",
    "FRAC_PI_6",
    "FRAC_PI_8",
];
