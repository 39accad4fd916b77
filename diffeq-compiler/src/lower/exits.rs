//! The jumps that leave a piece of syntax.

use std::collections::BTreeSet;

use syn::Block;
use syn::Expr;
use syn::Stmt;
use syn::visit::Visit;

use quote::ToTokens;

use super::Lowering;
use super::Meaning;
use super::Target;
use super::Var;
use super::slots::Slots;
use crate::diagnostics::Checked;
use crate::diagnostics::Reported;
use crate::diagnostics::catalogue::UNSUPPORTED_SYNTAX;
use crate::ir::Op;
use crate::ir::ScalarKind;

/// A jump out of a piece of syntax.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Exit {
    Return,
    Break(Option<String>),
    Continue(Option<String>),
}

/// Finds the jumps that leave a piece of syntax.
#[derive(Default)]
pub(super) struct Finder<'s> {
    /// The loops and labelled blocks around; whether a jump without a label means it.
    around: Vec<(Option<String>, bool)>,
    found: BTreeSet<Exit>,
    /// The values given to a `break` that leaves it, with the label.
    values: Vec<(Option<String>, &'s Expr)>,
}

impl<'s> Finder<'s> {
    /// Whether a statement of a loop's body may go on with the next iteration.
    pub(super) fn continues(stmt: &'s Stmt, label: Option<&str>) -> bool {
        let mut finder = Finder::default();
        finder.visit_stmt(stmt);
        finder.found.iter().any(|exit| match exit {
            Exit::Continue(None) => true,
            Exit::Continue(other) => other.as_deref() == label,
            _ => false,
        })
    }

    fn captured(&self, label: Option<&String>) -> bool {
        self.around.iter().any(|(other, is_loop)| match label {
            None => *is_loop,
            Some(label) => other.as_ref() == Some(label),
        })
    }

    fn inside(&mut self, label: Option<&syn::Label>, is_loop: bool, body: &'s Block) {
        self.around.push((label.map(|l| l.name.ident.to_string()), is_loop));
        self.visit_block(body);
        self.around.pop();
    }
}

impl<'ast> Visit<'ast> for Finder<'ast> {
    fn visit_expr_return(&mut self, jump: &'ast syn::ExprReturn) {
        self.found.insert(Exit::Return);
        syn::visit::visit_expr_return(self, jump);
    }
    fn visit_expr_break(&mut self, jump: &'ast syn::ExprBreak) {
        let label = jump.label.as_ref().map(|l| l.ident.to_string());
        if !self.captured(label.as_ref()) {
            self.values.extend(jump.expr.as_deref().map(|value| (label.clone(), value)));
            self.found.insert(Exit::Break(label));
        }
        syn::visit::visit_expr_break(self, jump);
    }
    fn visit_expr_continue(&mut self, jump: &'ast syn::ExprContinue) {
        let label = jump.label.as_ref().map(|l| l.ident.to_string());
        if !self.captured(label.as_ref()) {
            self.found.insert(Exit::Continue(label));
        }
    }
    fn visit_expr_for_loop(&mut self, l: &'ast syn::ExprForLoop) {
        self.visit_expr(&l.expr);
        self.inside(l.label.as_ref(), true, &l.body);
    }
    fn visit_expr_while(&mut self, l: &'ast syn::ExprWhile) {
        self.visit_expr(&l.cond);
        self.inside(l.label.as_ref(), true, &l.body);
    }
    fn visit_expr_loop(&mut self, l: &'ast syn::ExprLoop) {
        self.inside(l.label.as_ref(), true, &l.body);
    }
    fn visit_expr_block(&mut self, b: &'ast syn::ExprBlock) {
        match &b.label {
            Some(label) => self.inside(Some(label), false, &b.block),
            None => self.visit_block(&b.block),
        }
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

/// Whether an expression may leave by a jump, and then has no value.
pub(super) fn leaves(expr: &Expr) -> bool {
    !of_expr(expr).is_empty()
}

/// The jumps that leave an expression.
fn of_expr(expr: &Expr) -> BTreeSet<Exit> {
    let mut finder = Finder::default();
    finder.visit_expr(expr);
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
        Expr::Macro(call) => crate::parse::desugar::panics(&call.mac),
        Expr::Block(block) => block.label.is_none() && always(&block.block),
        // nothing but a jump to elsewhere ends it
        Expr::Loop(l) => !breaks(&l.body, l.label.as_ref()),
        Expr::If(branch) => {
            always(&branch.then_branch) && branch.else_branch.as_ref().is_some_and(|(_, e)| always_expr(e))
        }
        _ => false,
    }
}

/// Whether a loop's body has a `break` that ends the loop.
pub(super) fn breaks(body: &Block, label: Option<&syn::Label>) -> bool {
    let label = label.map(|l| l.name.ident.to_string());
    let exits = of_block(body);
    exits.contains(&Exit::Break(None)) || (label.is_some() && exits.contains(&Exit::Break(label)))
}

impl<'a> Lowering<'a, '_> {
    /// Variables for the values of the `break`s out of a loop or of a block with a label; none where they have no
    /// values.
    pub(super) fn broken_values(
        &mut self,
        body: &'a Block,
        label: Option<&str>,
        is_block: bool,
    ) -> Option<Slots> {
        let mut finder = Finder::default();
        finder.visit_block(body);
        let (_, first) = finder.values.iter().find(|(other, _)| match other {
            None => !is_block,
            Some(other) => Some(other.as_str()) == label,
        })?;
        Some(self.slots_of_syntax(first))
    }

    /// The value of a `break`.
    pub(super) fn break_with(&mut self, label: Option<&str>, value: &'a Expr) -> Checked<()> {
        let meaning = self.expr(value)?;
        let Some(at) = self.loop_at(label) else { return Err(Reported) };
        self.leave_with(at, meaning, value)
    }

    fn leave_with(&mut self, at: usize, meaning: Meaning<'a>, value: &dyn ToTokens) -> Checked<()> {
        if matches!(meaning, Meaning::Unit) {
            return Ok(());
        }
        let Some(mut slots) = self.loops[at].result.take() else { return Ok(()) };
        let what = ["`break` with anything but numbers", "assign it to a variable, then `break`"];
        let done = self.put(&mut slots, meaning, value, what);
        self.loops[at].result = Some(slots);
        done
    }

    /// What the `break`s out of a loop have left.
    pub(super) fn broken_meaning(&self, broken: Option<Slots>) -> Meaning<'a> {
        broken.map_or(Meaning::Unit, |slots| self.stored(&slots))
    }

    /// `'label: { .. break 'label value; .. }`
    pub(super) fn labelled(&mut self, block: &'a syn::ExprBlock) -> Checked<Meaning<'a>> {
        let label = block.label.as_ref().map(|l| l.name.ident.to_string());
        let span = proc_macro2::Span::call_site();
        let broken = of_block(&block.block).contains(&Exit::Break(label.clone())).then(|| {
            let unset = self.truth(false, span);
            self.var("", Some(unset))
        });
        let result = self.broken_values(&block.block, label.as_deref(), true);
        self.loops.push(super::Loop { label, broken, result, is_block: true, continued: None });
        let meaning = self.block(&block.block, Target::Value);
        // Who comes to the end has the value of the last expression.
        let end = self.loops.len() - 1;
        let left = match (meaning, broken.and_then(|flag| self.vars[flag.0].current)) {
            (Ok(Meaning::Never), _) => Ok(Meaning::Never),
            (Ok(meaning), Some(flag)) if self.loops[end].result.is_some() => {
                let stay = self.define(ScalarKind::Bool, Op::Not(flag), span);
                let leave = |s: &mut Self| s.leave_with(end, meaning, block).map(|()| Meaning::Unit);
                self.branch(stay, block, leave, |_| Ok(Meaning::Unit))
            }
            (other, _) => other,
        };
        let ended = self.loops.pop();
        match (left?, ended.and_then(|l| l.result), broken) {
            (_, Some(result), _) => Ok(self.broken_meaning(Some(result))),
            (Meaning::Never, None, Some(_)) => Ok(Meaning::Unit),
            (meaning, None, _) => Ok(meaning),
        }
    }

    /// What is done with the value of an expression that may have left: `x = if c { y } else { break };`,
    /// `match if c { k } else { return } { .. }`.
    pub(super) fn unless_left(
        &mut self,
        of: &'a Expr,
        go_on: impl FnOnce(&mut Self) -> Checked<Meaning<'a>>,
    ) -> Checked<Meaning<'a>> {
        match self.none_of(&of_expr(of)) {
            Some(stays) => self.branch(stays, of, go_on, |_| Ok(Meaning::Never)),
            None => go_on(self),
        }
    }

    /// Refuses jumps where what comes after them is done all the same.
    pub(super) fn jumps_not(&mut self, expr: &Expr) -> Checked<()> {
        if !leaves(expr) {
            return Ok(());
        }
        let words = ["a jump inside of this", "bind the value before: `let x = if c { y } else { break };`"];
        Err(self.error(expr, &UNSUPPORTED_SYNTAX, &words))
    }

    /// Refuses jumps among the arguments of a call that changes something.
    pub(super) fn arguments_jump_not<'e>(
        &mut self,
        args: impl IntoIterator<Item = &'e Expr> + Clone,
        changes: bool,
    ) -> Checked<()> {
        if !(changes || args.clone().into_iter().any(|arg| self.acts(arg))) {
            return Ok(());
        }
        args.into_iter().try_for_each(|arg| self.jumps_not(arg))
    }

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
        self.loop_at(label).map(|at| &self.loops[at])
    }

    fn loop_at(&self, label: Option<&str>) -> Option<usize> {
        self.loops.iter().rposition(|l| match label {
            None => !l.is_block,
            Some(label) => l.label.as_deref() == Some(label),
        })
    }
}
