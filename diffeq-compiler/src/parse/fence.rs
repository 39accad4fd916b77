//! The border of the language: every kind of syntax is let in or refused by name.
//!
//! What comes through is small: lowering assumes that nothing else is there.

use quote::ToTokens;
use syn::Attribute;
use syn::Block;
use syn::Expr;
use syn::Item;
use syn::ItemFn;
use syn::Lit;
use syn::Local;
use syn::Pat;
use syn::Stmt;
use syn::visit::Visit;

use super::desugar;
use super::single;
use crate::diagnostics::Diagnostics;
use crate::diagnostics::Message;
use crate::diagnostics::catalogue::ASYNC;
use crate::diagnostics::catalogue::MACRO;
use crate::diagnostics::catalogue::NESTED_ITEM;
use crate::diagnostics::catalogue::TEXT_LITERAL;
use crate::diagnostics::catalogue::TRY_OPERATOR;
use crate::diagnostics::catalogue::UNSAFE;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;

/// Reports everything in a function that is not part of the language.
pub fn check(function: &ItemFn, diagnostics: &mut Diagnostics) {
    let mut fence = Fence { diagnostics };
    fence.block(&function.block);
    let mut switched = Switched { fence };
    switched.visit_signature(&function.sig);
    switched.visit_block(&function.block);
    single::check(function, diagnostics);
}

/// Attributes that switch code on and off, wherever they stand: what is derived is not told which code is there.
struct Switched<'d> {
    fence: Fence<'d>,
}

impl Visit<'_> for Switched<'_> {
    fn visit_attribute(&mut self, attr: &Attribute) {
        if attr.path().is_ident("cfg") || attr.path().is_ident("cfg_attr") {
            self.fence.unsupported(attr, "`#[cfg]` inside the function", "put it on the whole function");
        }
    }
}

struct Fence<'d> {
    diagnostics: &'d mut Diagnostics,
}

impl Fence<'_> {
    fn no(&mut self, at: &dyn ToTokens, message: &Message, words: &[&str]) {
        self.diagnostics.error(at, message, words);
    }

    fn unsupported(&mut self, at: &dyn ToTokens, what: &str, instead: &str) {
        self.no(at, &UNSUPPORTED_SYNTAX, &[what, instead]);
    }

    fn block(&mut self, block: &Block) {
        block.stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &Stmt) {
        match stmt {
            Stmt::Local(local) => self.local(local),
            Stmt::Expr(expr, _) => self.expr(expr),
            Stmt::Macro(call) => self.macro_call(&call.mac),
            Stmt::Item(item) => self.item(item),
        }
    }

    fn local(&mut self, local: &Local) {
        if let Some(init) = &local.init {
            self.expr(&init.expr);
            if let Some((_, otherwise)) = &init.diverge {
                self.expr(otherwise);
            }
        }
        self.pat(&local.pat);
    }

    fn item(&mut self, item: &Item) {
        let what = match item {
            Item::Const(item) => return self.expr(&item.expr),
            Item::Use(_) | Item::Type(_) | Item::Struct(_) | Item::Enum(_) => return,
            Item::Static(item) if matches!(item.mutability, syn::StaticMutability::None) => {
                return self.expr(&item.expr);
            }
            Item::Static(_) => "a `static mut`",
            Item::Fn(item) if item.sig.generics.params.is_empty() => return self.block(&item.block),
            Item::Fn(_) => "a generic function",
            Item::Impl(item) if item.trait_.is_some() || item.items.iter().all(is_constant) => return,
            Item::Macro(item) => return self.macro_call(&item.mac),
            Item::Union(_) => "a union",
            Item::Impl(_) | Item::Trait(_) | Item::TraitAlias(_) => "an implementation or a trait",
            Item::Mod(_) | Item::ExternCrate(_) | Item::ForeignMod(_) => "a module",
            Item::Verbatim(_) | _ => "an item",
        };
        self.no(item, &NESTED_ITEM, &[what]);
    }

    fn macro_call(&mut self, call: &syn::Macro) {
        let name = call.path.segments.last().map(|s| s.ident.to_string()).unwrap_or_default();
        let help = match name.as_str() {
            "println" | "print" | "eprintln" | "eprint" | "dbg" => {
                "look at the solution, or at each step as the solve goes: `.on_step(|step| ..)` of the solver"
            }
            "vec" => "write an array: `[0.0; N]`",
            "matches" => "write the comparison: `n == 1 || n == 2`",
            _ => "write out what it expands to, or call a `#[differentiable]` function",
        };
        self.no(&call.path, &MACRO, &[&name, help]);
    }

    fn exprs<'e>(&mut self, exprs: impl IntoIterator<Item = &'e Expr>) {
        exprs.into_iter().for_each(|expr| self.expr(expr));
    }

    fn expr(&mut self, expr: &Expr) {
        match expr {
            // Let in.
            Expr::Array(e) => self.exprs(&e.elems),
            Expr::Assign(e) => self.exprs([&*e.left, &*e.right]),
            Expr::Binary(e) => {
                self.exprs([&*e.left, &*e.right]);
            }
            Expr::Block(e) => self.block(&e.block),
            Expr::Break(e) => self.exprs(e.expr.as_deref()),
            Expr::Call(e) => {
                if !matches!(&*e.func, Expr::Path(_)) {
                    self.expr(&e.func);
                }
                self.exprs(&e.args);
            }
            Expr::Cast(e) => self.expr(&e.expr),
            Expr::Closure(e) => {
                if let Some(token) = &e.asyncness {
                    self.no(token, &ASYNC, &[]);
                }
                self.expr(&e.body);
            }
            Expr::Continue(_) | Expr::Path(_) | Expr::Infer(_) => {}
            Expr::Field(e) => self.expr(&e.base),
            Expr::ForLoop(e) => {
                self.pat(&e.pat);
                self.expr(&e.expr);
                self.block(&e.body);
            }
            Expr::Group(e) => self.expr(&e.expr),
            Expr::If(e) => {
                // `if let` has its own message, given where the branch is lowered.
                if !matches!(&*e.cond, Expr::Let(_)) {
                    self.expr(&e.cond);
                }
                self.block(&e.then_branch);
                if let Some((_, other)) = &e.else_branch {
                    self.expr(other);
                }
            }
            Expr::Index(e) => {
                self.expr(&e.expr);
                // A range has its own message, given where the place is lowered.
                if !matches!(&*e.index, Expr::Range(_)) {
                    self.expr(&e.index);
                }
            }
            Expr::Lit(e) => self.literal(&e.lit),
            Expr::Loop(e) => self.block(&e.body),
            Expr::Match(e) => {
                self.expr(&e.expr);
                for arm in &e.arms {
                    self.pat(&arm.pat);
                    self.expr(&arm.body);
                }
            }
            Expr::MethodCall(e) => {
                self.expr(&e.receiver);
                // What it says where there is nothing.
                if e.method != "expect" {
                    self.exprs(&e.args);
                }
            }
            Expr::Paren(e) => self.expr(&e.expr),
            Expr::Range(e) => self.exprs(e.start.iter().chain(&e.end).map(|e| &**e)),
            Expr::Reference(e) => self.expr(&e.expr),
            Expr::Repeat(e) => self.expr(&e.expr),
            Expr::Return(e) => self.exprs(e.expr.as_deref()),
            Expr::Struct(e) => {
                self.exprs(e.fields.iter().map(|f| &f.expr));
                self.exprs(e.rest.as_deref());
            }
            Expr::Tuple(e) => self.exprs(&e.elems),
            Expr::Unary(e) => self.expr(&e.expr),
            Expr::While(e) => {
                if !matches!(&*e.cond, Expr::Let(_)) {
                    self.expr(&e.cond);
                }
                self.block(&e.body);
            }
            // Kept out.
            Expr::Async(e) => self.no(&e.async_token, &ASYNC, &[]),
            Expr::Await(e) => self.no(&e.await_token, &ASYNC, &[]),
            Expr::Const(e) => self.unsupported(e, "a `const` block", "write a `const` item with a name"),
            Expr::Let(e) => self.unsupported(e, "`let` here", "write `if let`, or `match`"),
            Expr::Macro(e) if desugar::panics(&e.mac) => {}
            Expr::Macro(e) => self.macro_call(&e.mac),
            Expr::RawAddr(e) => self.no(e, &UNSAFE, &[]),
            Expr::Try(e) => {
                self.no(&e.question_token, &TRY_OPERATOR, &[]);
                self.expr(&e.expr);
            }
            Expr::TryBlock(e) => self.no(e, &TRY_OPERATOR, &[]),
            Expr::Unsafe(e) => self.no(&e.unsafe_token, &UNSAFE, &[]),
            Expr::Yield(e) => self.unsupported(e, "`yield`", "return the value"),
            // A lone `;`.
            Expr::Verbatim(tokens) if tokens.is_empty() => {}
            Expr::Verbatim(_) | _ => {
                self.unsupported(expr, "this syntax", "write it with operators, loops and branches");
            }
        }
    }

    fn literal(&mut self, lit: &Lit) {
        let what = match lit {
            Lit::Int(_) | Lit::Float(_) | Lit::Bool(_) => return,
            Lit::Str(_) | Lit::ByteStr(_) | Lit::CStr(_) => "a text",
            Lit::Char(_) | Lit::Byte(_) => "a character",
            Lit::Verbatim(_) | _ => "this literal",
        };
        self.no(lit, &TEXT_LITERAL, &[what]);
    }

    fn pat(&mut self, pat: &Pat) {
        match pat {
            Pat::Guard(guarded) => {
                self.expr(&guarded.guard);
                self.pat(&guarded.pat);
            }
            Pat::Macro(call) => self.macro_call(&call.mac),
            Pat::Lit(lit) => self.literal(&lit.lit),
            // The others are read by what they stand beside; what can't be bound is refused there.
            _ => {}
        }
    }
}

fn is_constant(item: &syn::ImplItem) -> bool {
    matches!(item, syn::ImplItem::Const(_))
}
