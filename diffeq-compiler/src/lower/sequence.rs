//! Statements in order, with jumps turned into conditions.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use syn::Block as Syntax;
use syn::Expr;
use syn::ExprIf;
use syn::Item;
use syn::Stmt;

use super::Following;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::exits;
use super::exits::Exit;
use crate::diagnostics::Checked;
use crate::ir::ScalarKind;
use crate::ir::Value;

impl<'a> Lowering<'a, '_> {
    /// A block in a scope of its own.
    pub(super) fn block(&mut self, block: &'a Syntax, target: Target) -> Checked<Meaning<'a>> {
        let parent = self.scope;
        self.scoped(parent, |s| {
            let hoisted = s.hoist(&block.stmts);
            let value = s.sequence(&block.stmts, target);
            hoisted.and(value)
        })
    }

    /// Statements, the last of which gives the value.
    pub(super) fn sequence(&mut self, stmts: &'a [Stmt], target: Target) -> Checked<Meaning<'a>> {
        let mut failed = None;
        for (k, stmt) in stmts.iter().enumerate() {
            let rest = &stmts[k + 1..];
            self.following.push(Following::Stmts(rest));
            let step = self.step(stmt, rest, &target);
            self.following.pop();
            match step {
                Ok(ControlFlow::Continue(())) => {}
                Ok(ControlFlow::Break(meaning)) => return failed.map_or(Ok(meaning), Err),
                // The next statements are read all the same, so that one build shows all mistakes.
                Err(reported) => failed = Some(reported),
            }
        }
        match failed {
            Some(reported) => Err(reported),
            None => Ok(Meaning::Unit),
        }
    }

    fn step(
        &mut self,
        stmt: &'a Stmt,
        rest: &'a [Stmt],
        target: &Target,
    ) -> Checked<ControlFlow<Meaning<'a>>> {
        match stmt {
            Stmt::Expr(expr, None) if rest.is_empty() => {
                return self.expr_to(expr, target.clone()).map(ControlFlow::Break);
            }
            // They have their meaning since the block began.
            Stmt::Item(Item::Union(_) | Item::Mod(_) | Item::Macro(_) | Item::Trait(_)) => {
                // The fence has refused it.
                return Err(crate::diagnostics::Reported);
            }
            Stmt::Item(_) => return Ok(ControlFlow::Continue(())),
            // The fence has refused it.
            Stmt::Macro(_) => return Err(crate::diagnostics::Reported),
            Stmt::Local(_) | Stmt::Expr(..) => {}
        }
        if let Stmt::Local(local) = stmt
            && let Some(init) = &local.init
            && let Some((_, otherwise)) = &init.diverge
        {
            return self.or_leave(local, (&init.expr, otherwise), rest, target).map(ControlFlow::Break);
        }
        let exits = exits::of_stmt(stmt);
        if rest.is_empty() || exits.is_empty() {
            let meaning = self.simple(stmt)?;
            return Ok(if matches!(meaning, Meaning::Never) {
                ControlFlow::Break(meaning)
            } else {
                ControlFlow::Continue(())
            });
        }
        if let Some((branch, cond_first)) = jump_first(stmt) {
            return self.rest_in_branch(branch, cond_first, rest, target).map(ControlFlow::Break);
        }
        if matches!(self.simple(stmt)?, Meaning::Never) {
            return Ok(ControlFlow::Break(Meaning::Never));
        }
        let Some(go_on) = self.none_of(&exits) else { return Ok(ControlFlow::Continue(())) };
        let meaning =
            self.branch(go_on, stmt, |s| s.sequence(rest, target.clone()), |_| Ok(Meaning::Never))?;
        Ok(ControlFlow::Break(meaning))
    }

    /// `let pattern = value else { return ..; }; rest` reads `if let pattern = value { rest } else { return ..; }`.
    fn or_leave(
        &mut self,
        local: &'a syn::Local,
        (value, otherwise): (&'a Expr, &'a Expr),
        rest: &'a [Stmt],
        target: &Target,
    ) -> Checked<Meaning<'a>> {
        let (pat, ty) = match &local.pat {
            syn::Pat::Type(typed) => (&*typed.pat, Some(&*typed.ty)),
            pat => (pat, None),
        };
        let scrutinee = self.initial(value, pat, ty);
        self.shadow();
        let go_on = |s: &mut Self| s.sequence(rest, target.clone());
        let scrutinee = match scrutinee.and_then(|meaning| self.matchable(meaning, &[pat], value)) {
            Ok(scrutinee) => scrutinee,
            Err(reported) => {
                self.break_names(pat);
                let _ = self.collected(go_on);
                return Err(reported);
            }
        };
        if super::option::is_never(pat, &scrutinee) {
            return self.expr(otherwise);
        }
        let holds = self.pattern_holds(pat, &scrutinee)?;
        let bound = |s: &mut Self| {
            let bound = s.bind_matched(pat, &scrutinee, value);
            if bound.is_err() {
                s.break_names(pat);
            }
            let rest = go_on(s);
            bound.and(rest)
        };
        match holds {
            None => bound(self),
            Some(holds) => self.branch(holds, local, bound, |s| s.expr(otherwise)),
        }
    }

    /// `if c { return ..; } rest` reads `if c { return ..; } else { rest }`.
    fn rest_in_branch(
        &mut self,
        branch: &'a ExprIf,
        then_jumps: bool,
        rest: &'a [Stmt],
        target: &Target,
    ) -> Checked<Meaning<'a>> {
        let cond = self.scalar_expr(&branch.cond, ScalarKind::Bool);
        let then = |s: &mut Self| s.block(&branch.then_branch, Target::Value);
        let otherwise = |s: &mut Self| match &branch.else_branch {
            Some((_, expr)) => s.expr(expr),
            None => Ok(Meaning::Unit),
        };
        let exits = if then_jumps { else_exits(branch) } else { exits::of_block(&branch.then_branch) };
        let go_on = |s: &mut Self| match s.none_of(&exits) {
            None => s.sequence(rest, target.clone()),
            Some(free) => {
                s.branch(free, branch, |s| s.sequence(rest, target.clone()), |_| Ok(Meaning::Never))
            }
        };
        let cond = match cond {
            Ok(cond) => cond,
            Err(reported) => {
                let _ = self.collected(then);
                let _ = self.collected(|s| otherwise(s).and_then(|_| go_on(s)));
                return Err(reported);
            }
        };
        if then_jumps {
            self.branch(cond, branch, then, |s| {
                let first = otherwise(s);
                let second = go_on(s);
                first.and(second)
            })
        } else {
            self.branch(
                cond,
                branch,
                |s| {
                    // The other side is above what follows, and does not see its names.
                    let parent = s.scope;
                    s.scoped(parent, |s| {
                        let first = then(s);
                        let second = go_on(s);
                        first.and(second)
                    })
                },
                otherwise,
            )
        }
    }

    /// A condition that holds while no flag of these jumps is set; nothing if there are no flags.
    pub(super) fn none_of(&mut self, exits: &BTreeSet<Exit>) -> Option<Value> {
        let flags = self.flags(exits);
        let go_on = self.no_flag(&flags)?;
        self.notes.guards.insert(go_on);
        Some(go_on)
    }

    /// A statement whose value nobody wants.
    fn simple(&mut self, stmt: &'a Stmt) -> Checked<Meaning<'a>> {
        match stmt {
            Stmt::Local(local) => self.local(local).map(|()| Meaning::Unit),
            Stmt::Expr(expr, _) => {
                self.is_statement = matches!(expr, Expr::Call(_) | Expr::MethodCall(_));
                self.expr(expr)
            }
            Stmt::Item(_) | Stmt::Macro(_) => Ok(Meaning::Unit),
        }
    }
}

/// An `if` of which exactly one side always jumps; `true` where it is the first.
fn jump_first(stmt: &Stmt) -> Option<(&ExprIf, bool)> {
    let Stmt::Expr(Expr::If(branch), _) = stmt else { return None };
    if super::syntax::expr::is_assertion(branch) || exits::leaves(&branch.cond) {
        return None;
    }
    let otherwise = match &branch.else_branch {
        Some((_, expr)) => matches!(&**expr, Expr::Block(block) if exits::always(&block.block)),
        None => false,
    };
    match (exits::always(&branch.then_branch), otherwise) {
        (true, false) => Some((branch, true)),
        (false, true) => Some((branch, false)),
        _ => None,
    }
}

fn else_exits(branch: &ExprIf) -> BTreeSet<Exit> {
    match &branch.else_branch {
        Some((_, expr)) => exits::of_stmt(&Stmt::Expr((**expr).clone(), None)),
        None => BTreeSet::new(),
    }
}
