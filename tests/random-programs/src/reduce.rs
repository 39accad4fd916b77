//! Smaller programs from a program: edits of its syntax tree, one or many at once.

use quote::ToTokens;
use std::collections::BTreeMap;
use syn::Block;
use syn::Expr;
use syn::File;
use syn::Item;
use syn::Stmt;
use syn::parse_quote;
use syn::visit_mut::VisitMut;

/// A change of one node; nodes are numbered as they are visited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Edit {
    node: usize,
    what: What,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum What {
    /// An item or a statement is left out.
    Drop,
    /// A statement that is a loop or a block gives way to its body.
    Unwrap,
    /// An expression gives way to one of its [`alternatives`].
    Replace(usize),
}

fn tokens(stream: &proc_macro2::TokenStream) -> usize {
    stream
        .clone()
        .into_iter()
        .map(|token| match token {
            proc_macro2::TokenTree::Group(group) => 1 + tokens(&group.stream()),
            _ => 1,
        })
        .sum()
}

/// All edits of a program with what they save, the largest first.
pub fn edits(file: &File) -> Vec<(Edit, usize)> {
    let mut walk = Walk { at: 0, apply: BTreeMap::new(), found: Some(Vec::new()) };
    walk.visit_file_mut(&mut file.clone());
    let mut found = walk.found.unwrap_or_default();
    found.sort_by_key(|(_, saved)| std::cmp::Reverse(*saved));
    found
}

/// The program after some edits; where one is inside another the outer one counts.
pub fn edited(file: &File, edits: &[Edit]) -> File {
    let mut file = file.clone();
    let apply = edits.iter().map(|edit| (edit.node, edit.what)).collect();
    Walk { at: 0, apply, found: None }.visit_file_mut(&mut file);
    file
}

struct Walk {
    /// The number of the next node.
    at: usize,
    apply: BTreeMap<usize, What>,
    /// What could be done, where that is asked for.
    found: Option<Vec<(Edit, usize)>>,
}

impl Walk {
    fn offer(&mut self, node: usize, what: What, saved: usize) {
        if let Some(found) = &mut self.found {
            found.push((Edit { node, what }, saved));
        }
    }

    /// Passes over a node that is gone.
    fn skip_stmt(&mut self, stmt: &Stmt) {
        let mut counter = Walk { at: 0, apply: BTreeMap::new(), found: None };
        counter.visit_block_mut(&mut Block { brace_token: Default::default(), stmts: vec![stmt.clone()] });
        // The statement itself was counted already.
        self.at += counter.at - 1;
    }

    fn skip_expr(&mut self, expr: &Expr) {
        let mut counter = Walk { at: 0, apply: BTreeMap::new(), found: None };
        counter.visit_expr_mut(&mut expr.clone());
        self.at += counter.at - 1;
    }
}

impl VisitMut for Walk {
    fn visit_file_mut(&mut self, file: &mut File) {
        let mut kept = Vec::new();
        for mut item in std::mem::take(&mut file.items) {
            let node = self.at;
            self.at += 1;
            let is_model = matches!(&item, Item::Fn(f) if f.attrs.iter().any(|a| a.path().is_ident("ode")));
            if !is_model {
                self.offer(node, What::Drop, tokens(&item.to_token_stream()));
            }
            let dropped = self.apply.get(&node) == Some(&What::Drop);
            self.visit_item_mut(&mut item);
            if !dropped {
                kept.push(item);
            }
        }
        file.items = kept;
    }

    fn visit_block_mut(&mut self, block: &mut Block) {
        let mut kept = Vec::new();
        let count = block.stmts.len();
        for (k, mut stmt) in std::mem::take(&mut block.stmts).into_iter().enumerate() {
            let node = self.at;
            self.at += 1;
            let whole = tokens(&stmt.to_token_stream());
            let is_value = k + 1 == count && matches!(stmt, Stmt::Expr(_, None));
            if !is_value {
                self.offer(node, What::Drop, whole);
            }
            let inner = inner_block(&stmt);
            if let Some(inner) = &inner {
                self.offer(node, What::Unwrap, whole.saturating_sub(tokens(&inner.to_token_stream())).max(1));
            }
            match self.apply.get(&node) {
                Some(What::Drop) => self.skip_stmt(&stmt),
                Some(What::Unwrap) => {
                    self.skip_stmt(&stmt);
                    kept.extend(inner.map(|block| block.stmts).unwrap_or_default());
                }
                _ => {
                    self.visit_stmt_mut(&mut stmt);
                    kept.push(stmt);
                }
            }
        }
        block.stmts = kept;
    }

    fn visit_expr_mut(&mut self, expr: &mut Expr) {
        let node = self.at;
        self.at += 1;
        if self.found.is_some() {
            let whole = tokens(&expr.to_token_stream());
            for (k, other) in alternatives(expr).into_iter().enumerate() {
                let saved = whole.saturating_sub(tokens(&other.to_token_stream()));
                if saved > 0 {
                    self.offer(node, What::Replace(k), saved);
                }
            }
        }
        if let Some(What::Replace(k)) = self.apply.get(&node) {
            let k = *k;
            self.skip_expr(expr);
            if let Some(other) = alternatives(expr).into_iter().nth(k) {
                *expr = other;
            }
            return;
        }
        syn::visit_mut::visit_expr_mut(self, expr);
    }
}

/// The statements that a loop, a branch or a block consists of.
fn inner_block(stmt: &Stmt) -> Option<Block> {
    let Stmt::Expr(expr, _) = stmt else { return None };
    match expr {
        Expr::ForLoop(e) => Some(e.body.clone()),
        Expr::While(e) => Some(e.body.clone()),
        Expr::If(e) => Some(e.then_branch.clone()),
        Expr::Block(e) => Some(e.block.clone()),
        Expr::Match(e) => match &*e.arms.first()?.body {
            Expr::Block(e) => Some(e.block.clone()),
            _ => None,
        },
        _ => None,
    }
}

/// What may stand in the place of an expression: its parts, and literals; rustc says which are of its type.
fn alternatives(expr: &Expr) -> Vec<Expr> {
    let mut out: Vec<Expr> = Vec::new();
    let tail = |block: &Block| match block.stmts.last() {
        Some(Stmt::Expr(e, None)) => Some(e.clone()),
        _ => None,
    };
    match expr {
        Expr::Lit(_)
        | Expr::Path(_)
        | Expr::Assign(_)
        | Expr::Return(_)
        | Expr::Break(_)
        | Expr::Continue(_) => {
            return out;
        }
        Expr::Block(e) => out.extend(tail(&e.block)),
        Expr::If(e) => {
            out.extend(tail(&e.then_branch));
            out.extend(e.else_branch.as_ref().map(|(_, e)| (**e).clone()));
        }
        Expr::Match(e) => out.extend(e.arms.iter().map(|arm| (*arm.body).clone())),
        Expr::Binary(e) => out.extend([(*e.left).clone(), (*e.right).clone()]),
        Expr::Unary(e) => out.push((*e.expr).clone()),
        Expr::Paren(e) => out.push((*e.expr).clone()),
        Expr::Cast(e) => out.push((*e.expr).clone()),
        Expr::MethodCall(e) => {
            out.push((*e.receiver).clone());
            out.extend(e.args.iter().cloned());
        }
        Expr::Call(e) => out.extend(e.args.iter().cloned()),
        Expr::Closure(e) => {
            let mut simple = e.clone();
            if let Expr::Block(block) = &*e.body
                && let Some(tail) = tail(&block.block)
            {
                simple.body = Box::new(tail);
                out.push(Expr::Closure(simple));
            }
            return out;
        }
        _ => {}
    }
    out.extend([parse_quote!(0.5), parse_quote!(1), parse_quote!(true)]);
    out
}
