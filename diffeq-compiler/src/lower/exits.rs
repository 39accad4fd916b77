//! The jumps that leave a piece of syntax.

use std::collections::BTreeSet;

use syn::Block;
use syn::Expr;
use syn::Stmt;
use syn::visit::Visit;

use super::Lowering;
use super::Var;

/// A jump out of a piece of syntax.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Return,
    Break(Option<String>),
    Continue(Option<String>),
}

#[derive(Default)]
struct Finder {
    loops: Vec<Option<String>>,
    found: BTreeSet<Exit>,
}

impl Finder {
    fn captured(&self, label: Option<&String>) -> bool {
        match label {
            None => !self.loops.is_empty(),
            Some(label) => self.loops.iter().flatten().any(|l| l == label),
        }
    }

    fn inside(&mut self, label: Option<&syn::Label>, body: &Block) {
        self.loops.push(label.map(|l| l.name.ident.to_string()));
        self.visit_block(body);
        self.loops.pop();
    }
}

impl<'ast> Visit<'ast> for Finder {
    fn visit_expr_return(&mut self, _: &'ast syn::ExprReturn) {
        self.found.insert(Exit::Return);
    }
    fn visit_expr_break(&mut self, jump: &'ast syn::ExprBreak) {
        let label = jump.label.as_ref().map(|l| l.ident.to_string());
        if !self.captured(label.as_ref()) {
            self.found.insert(Exit::Break(label));
        }
    }
    fn visit_expr_continue(&mut self, jump: &'ast syn::ExprContinue) {
        let label = jump.label.as_ref().map(|l| l.ident.to_string());
        if !self.captured(label.as_ref()) {
            self.found.insert(Exit::Continue(label));
        }
    }
    fn visit_expr_for_loop(&mut self, l: &'ast syn::ExprForLoop) {
        self.inside(l.label.as_ref(), &l.body);
    }
    fn visit_expr_while(&mut self, l: &'ast syn::ExprWhile) {
        self.inside(l.label.as_ref(), &l.body);
    }
    fn visit_expr_loop(&mut self, l: &'ast syn::ExprLoop) {
        self.inside(l.label.as_ref(), &l.body);
    }
    // What a closure returns, it returns to its caller.
    fn visit_expr_closure(&mut self, _: &'ast syn::ExprClosure) {}
}

/// The jumps that leave a statement.
pub(super) fn of_stmt(stmt: &Stmt) -> BTreeSet<Exit> {
    let mut finder = Finder::default();
    finder.visit_stmt(stmt);
    finder.found
}

/// The jumps that leave a block.
pub(super) fn of_block(block: &Block) -> BTreeSet<Exit> {
    let mut finder = Finder::default();
    finder.visit_block(block);
    finder.found
}

/// Whether control never comes out of the end of a block.
pub(super) fn always(block: &Block) -> bool {
    match block.stmts.last() {
        Some(Stmt::Expr(expr, _)) => always_expr(expr),
        _ => false,
    }
}

fn always_expr(expr: &Expr) -> bool {
    match expr {
        Expr::Return(_) | Expr::Break(_) | Expr::Continue(_) => true,
        Expr::Block(block) => always(&block.block),
        Expr::If(branch) => {
            always(&branch.then_branch) && branch.else_branch.as_ref().is_some_and(|(_, e)| always_expr(e))
        }
        _ => false,
    }
}

impl Lowering<'_, '_> {
    /// The flags that jumps set.
    pub(super) fn flags(&self, exits: &BTreeSet<Exit>) -> Vec<Var> {
        exits.iter().filter_map(|exit| self.flag(exit)).collect()
    }

    pub(super) fn flag(&self, exit: &Exit) -> Option<Var> {
        match exit {
            Exit::Return => self.returned,
            Exit::Break(label) => self.loop_of(label.as_deref())?.broken,
            Exit::Continue(label) => self.loop_of(label.as_deref())?.continued,
        }
    }

    fn loop_of(&self, label: Option<&str>) -> Option<&super::Loop> {
        match label {
            None => self.loops.last(),
            Some(label) => self.loops.iter().rev().find(|l| l.label.as_deref() == Some(label)),
        }
    }
}
