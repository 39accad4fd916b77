//! Syntax that is another way to write what the language has.
//!
//! Only what is lowered is rewritten; the user's function stays as it was written wherever it is emitted.

use syn::Arm;
use syn::Expr;
use syn::ExprIf;
use syn::ExprLet;
use syn::ItemFn;
use syn::Pat;
use syn::Stmt;
use syn::Token;
use syn::parse::Parse;
use syn::parse::ParseStream;
use syn::parse_quote_spanned;
use syn::spanned::Spanned;
use syn::visit_mut::VisitMut;

/// `if let` as `match`, `matches!` as `match`, raw identifiers that need not be raw as others, and `debug_assert!` left
/// out.
pub fn desugared(item: &ItemFn) -> ItemFn {
    let mut item = item.clone();
    Desugar.visit_item_fn_mut(&mut item);
    item
}

struct Desugar;

/// `matches!(value, pattern if guard)`
struct Matches {
    value: Expr,
    pat: Pat,
    guard: Option<Expr>,
}

impl Parse for Matches {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let value = input.parse()?;
        input.parse::<Token![,]>()?;
        let pat = Pat::parse_multi_with_leading_vert(input)?;
        let guard = match input.parse::<Option<Token![if]>>()? {
            Some(_) => Some(input.parse()?),
            None => None,
        };
        input.parse::<Option<Token![,]>>()?;
        Ok(Matches { value, pat, guard })
    }
}

impl VisitMut for Desugar {
    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        // What comes of it may be written in another way itself.
        while let Some(new) = match expr {
            Expr::Macro(call) if call.mac.path.is_ident("matches") => {
                call.mac.parse_body::<Matches>().ok().map(|Matches { value, pat, guard }| {
                    let span = call.mac.path.span();
                    let guard = guard.map(|guard| quote::quote!(if #guard));
                    parse_quote_spanned!(span=> match #value { #pat #guard => true, _ => false })
                })
            }
            Expr::Macro(call) => asserted(&call.mac),
            Expr::If(branch) => by_match(branch),
            Expr::While(l) => by_loop(l),
            _ => None,
        } {
            *expr = new;
        }
        syn::visit_mut::visit_expr_mut(self, expr);
    }

    /// `r#x` is `x`.
    fn visit_ident_mut(&mut self, ident: &mut proc_macro2::Ident) {
        let text = ident.to_string();
        if let Some(bare) = text.strip_prefix("r#")
            && syn::parse_str::<proc_macro2::Ident>(bare).is_ok()
        {
            *ident = proc_macro2::Ident::new(bare, ident.span());
        }
    }

    fn visit_block_mut(&mut self, block: &mut syn::Block) {
        block.stmts.retain(|stmt| !is_debug_assertion(stmt));
        for stmt in &mut block.stmts {
            if let Stmt::Macro(call) = stmt {
                let semicolon = call.semi_token;
                if let Some(expr) = asserted(&call.mac) {
                    *stmt = Stmt::Expr(expr, None);
                } else if panics(&call.mac) {
                    let attrs = Vec::new();
                    let expr = Expr::Macro(syn::ExprMacro { attrs, mac: call.mac.clone() });
                    *stmt = Stmt::Expr(expr, semicolon);
                }
            }
        }
        syn::visit_mut::visit_block_mut(self, block);
    }

    /// Items inside the body are read by themselves, but for functions.
    fn visit_item_mut(&mut self, item: &mut syn::Item) {
        if matches!(item, syn::Item::Fn(_)) {
            syn::visit_mut::visit_item_mut(self, item);
        }
    }
}

/// `if let pattern = value { .. } else { .. }` as a `match`.
fn by_match(branch: &ExprIf) -> Option<Expr> {
    let mut conditions = Vec::new();
    conjuncts(&branch.cond, &mut conditions);
    if conditions.len() > 1 && conditions.iter().any(|cond| matches!(cond, Expr::Let(_))) {
        return Some(chained(branch, &conditions));
    }
    let Expr::Let(ExprLet { pat, expr, .. }) = &*branch.cond else { return None };
    let then = &branch.then_branch;
    let otherwise = match &branch.else_branch {
        Some((_, otherwise)) => (**otherwise).clone(),
        None => parse_quote_spanned!(then.span()=> {}),
    };
    let body = Expr::Block(syn::ExprBlock { attrs: Vec::new(), label: None, block: then.clone() });
    let first: Arm = parse_quote_spanned!(pat.span()=> #pat => #body,);
    let last: Arm = parse_quote_spanned!(otherwise.span()=> _ => #otherwise,);
    let mut choice: syn::ExprMatch = parse_quote_spanned!(branch.if_token.span=> match x {});
    choice.expr = expr.clone();
    choice.arms = vec![first, last];
    Some(Expr::Match(choice))
}

/// The parts of `a && b && c`.
fn conjuncts<'e>(cond: &'e Expr, parts: &mut Vec<&'e Expr>) {
    match cond {
        Expr::Binary(binary) if matches!(binary.op, syn::BinOp::And(_)) => {
            conjuncts(&binary.left, parts);
            conjuncts(&binary.right, parts);
        }
        other => parts.push(other),
    }
}

/// `if let p = a && b { x } else { y }` as `if let p = a { if b { x } else { y } } else { y }`.
fn chained(branch: &ExprIf, conditions: &[&Expr]) -> Expr {
    let otherwise = branch.else_branch.as_ref().map(|(_, otherwise)| quote::quote!(else #otherwise));
    let then = &branch.then_branch;
    let mut inner = quote::quote!(#then);
    for (n, cond) in conditions.iter().enumerate().rev() {
        let this = quote::quote!(if #cond #inner #otherwise);
        inner = if n == 0 { this } else { quote::quote!({ #this }) };
    }
    // Its parts are what was parsed before.
    syn::parse2(inner).unwrap_or_else(|_| Expr::If(branch.clone()))
}

/// `while let p = a { x }` as `loop { if let p = a { x } else { break } }`, but for a lone `Some(..)`.
fn by_loop(l: &syn::ExprWhile) -> Option<Expr> {
    let mut conditions = Vec::new();
    conjuncts(&l.cond, &mut conditions);
    let some = |cond: &Expr| match cond {
        Expr::Let(ExprLet { pat, .. }) => {
            matches!(&**pat, Pat::TupleStruct(tuple) if tuple.path.is_ident("Some"))
        }
        _ => false,
    };
    let lets = conditions.iter().any(|cond| matches!(cond, Expr::Let(_)));
    if !lets || (conditions.len() == 1 && some(conditions[0])) {
        return None;
    }
    let (label, cond, body) = (&l.label, &l.cond, &l.body);
    syn::parse2(quote::quote!(#label loop { if #cond #body else { break; } })).ok()
}

/// `assert!(c)` as `if !c { panic!() }`.
fn asserted(mac: &syn::Macro) -> Option<Expr> {
    let args = || mac.parse_body_with(syn::punctuated::Punctuated::<Expr, Token![,]>::parse_terminated).ok();
    let span = mac.path.span();
    if mac.path.is_ident("assert") {
        let args = args()?;
        let cond = args.first()?;
        return Some(parse_quote_spanned!(span=> if !(#cond) { panic!() }));
    }
    let equal: syn::BinOp = match () {
        () if mac.path.is_ident("assert_eq") => syn::BinOp::Eq(Token![==](span)),
        () if mac.path.is_ident("assert_ne") => syn::BinOp::Ne(Token![!=](span)),
        () => return None,
    };
    let args = args()?;
    let (a, b) = (args.first()?, args.get(1)?);
    Some(parse_quote_spanned!(span=> if !((#a) #equal (#b)) { panic!() }))
}

/// Whether a macro does nothing but panic.
pub fn panics(mac: &syn::Macro) -> bool {
    ["panic", "unreachable", "todo", "unimplemented"].iter().any(|name| mac.path.is_ident(name))
}

fn is_debug_assertion(stmt: &Stmt) -> bool {
    let mac = match stmt {
        Stmt::Macro(call) => &call.mac,
        Stmt::Expr(Expr::Macro(call), _) => &call.mac,
        _ => return false,
    };
    ["debug_assert", "debug_assert_eq", "debug_assert_ne"].iter().any(|name| mac.path.is_ident(name))
}
