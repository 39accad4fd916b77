//! `while` with a bound: a counter that the condition compares and the body counts up.

use quote::ToTokens;
use syn::BinOp;
use syn::Expr;
use syn::ExprWhile;
use syn::Lit;
use syn::Stmt;
use syn::visit::Visit;

use super::Binding;
use super::Lowering;
use super::Meaning;
use super::Target;
use super::Var;
use crate::diagnostics::Checked;
use crate::diagnostics::catalogue::UNBOUNDED_LOOP;
use crate::ir::IntOp;
use crate::ir::Kind;
use crate::ir::Value;

/// `counter < bound`, with the step by which the body counts.
struct Bound<'a> {
    counter: Var,
    bound: &'a Expr,
    inclusive: bool,
    step: i128,
}

impl<'a> Lowering<'a, '_> {
    /// `while k < BOUND && .. { ..; k += 1; }` runs at most as often as the counter allows.
    pub(super) fn while_loop(&mut self, l: &'a ExprWhile) -> Checked<()> {
        let Some(bound) = self.find_bound(&l.cond, l) else {
            let reported = self.error(&l.while_token, &UNBOUNDED_LOOP, &[]);
            self.loops.push(super::Loop { label: None, broken: None, continued: None });
            let _ = self.collected(|s| s.block(&l.body, Target::Value));
            self.loops.pop();
            return Err(reported);
        };
        let span = l.while_token.span;
        let end = self.int_expr(bound.bound)?;
        let end = if bound.inclusive { self.after(end, span) } else { end };
        let first = self.meaning_of(Binding::Var(bound.counter), &l.cond)?;
        let first = self.scalar(first, Kind::Int, &l.cond)?;
        let count = self.iterations(first, end, bound.step, span);
        let start = self.int(0, span);
        let label = l.label.as_ref().map(|l| l.name.ident.to_string());
        self.with_exits(label, &l.body, |s, guard| {
            s.counted(None, start, count, false, &l.while_token, |s, _| {
                s.guarded(guard, l, |s| {
                    let cond = s.scalar_expr(&l.cond, Kind::Bool)?;
                    // Once it fails nothing changes any more, so that it goes on failing.
                    let body = |s: &mut Self| s.block(&l.body, Target::Value).map(|_| Meaning::Unit);
                    s.branch(cond, l, body, |_| Ok(Meaning::Unit)).map(|_| ())
                })
            })
        })
    }

    /// `ceil((end - first) / step)`, or none where the counter is past the end already.
    fn iterations(&mut self, first: Value, end: Value, step: i128, span: proc_macro2::Span) -> Value {
        let end = self.int_op(IntOp::Max, end, first, span);
        let room = self.int_op(IntOp::Sub, end, first, span);
        if step == 1 {
            return room;
        }
        let less = self.int(step - 1, span);
        let sum = self.int_op(IntOp::Add, room, less, span);
        let step = self.int(step, span);
        self.int_op(IntOp::Div, sum, step, span)
    }

    fn find_bound(&self, cond: &'a Expr, l: &'a ExprWhile) -> Option<Bound<'a>> {
        match cond {
            Expr::Paren(inner) => self.find_bound(&inner.expr, l),
            Expr::Group(inner) => self.find_bound(&inner.expr, l),
            Expr::Binary(binary) => {
                let (counter, bound, inclusive) = match binary.op {
                    BinOp::And(_) => {
                        return self
                            .find_bound(&binary.left, l)
                            .or_else(|| self.find_bound(&binary.right, l));
                    }
                    BinOp::Lt(_) => (&binary.left, &binary.right, false),
                    BinOp::Le(_) => (&binary.left, &binary.right, true),
                    BinOp::Gt(_) => (&binary.right, &binary.left, false),
                    BinOp::Ge(_) => (&binary.right, &binary.left, true),
                    _ => return None,
                };
                let name = ident_of(counter)?;
                let Some(Binding::Var(var)) = self.lookup(&name) else { return None };
                let value = self.vars[var.0].current?;
                if self.program.kind(value) != Kind::Int {
                    return None;
                }
                let steps = Steps::of(&name, l);
                // A bound that the body changes bounds nothing.
                let fixed = !mentions(bound, &steps.assigned);
                let step = steps.always?;
                (fixed && steps.upward).then_some(Bound { counter: *var, bound, inclusive, step })
            }
            _ => None,
        }
    }
}

fn ident_of(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Paren(inner) => ident_of(&inner.expr),
        Expr::Group(inner) => ident_of(&inner.expr),
        Expr::Path(path) => path.path.get_ident().map(ToString::to_string),
        _ => None,
    }
}

/// How a loop's body treats its counter.
struct Steps {
    name: String,
    /// The step of an increment that every iteration passes.
    always: Option<i128>,
    /// Nothing ever lowers the counter.
    upward: bool,
    /// Every name that the body assigns to.
    assigned: Vec<String>,
}

impl Steps {
    fn of(name: &str, l: &ExprWhile) -> Steps {
        let mut steps = Steps { name: name.to_string(), always: None, upward: true, assigned: Vec::new() };
        steps.always = l.body.stmts.iter().find_map(|stmt| match stmt {
            Stmt::Expr(expr, _) => increment(name, expr),
            _ => None,
        });
        steps.visit_block(&l.body);
        steps
    }
}

impl<'ast> Visit<'ast> for Steps {
    fn visit_expr_assign(&mut self, assign: &'ast syn::ExprAssign) {
        if let Some(name) = root(&assign.left) {
            if name == self.name && increment(&name, &Expr::Assign(assign.clone())).is_none() {
                self.upward = false;
            }
            self.assigned.push(name);
        }
        syn::visit::visit_expr_assign(self, assign);
    }

    fn visit_expr_binary(&mut self, binary: &'ast syn::ExprBinary) {
        if super::operator::assigns(&binary.op)
            && let Some(name) = root(&binary.left)
        {
            if name == self.name && increment(&name, &Expr::Binary(binary.clone())).is_none() {
                self.upward = false;
            }
            self.assigned.push(name);
        }
        syn::visit::visit_expr_binary(self, binary);
    }

    fn visit_local(&mut self, local: &'ast syn::Local) {
        // Another variable of the same name would hide which one is counted.
        if local.pat.to_token_stream().to_string().split_whitespace().any(|word| word == self.name) {
            self.upward = false;
        }
        syn::visit::visit_local(self, local);
    }
}

/// The step of `k += 2` or `k = k + 2`.
fn increment(name: &str, expr: &Expr) -> Option<i128> {
    let step = match expr {
        Expr::Binary(binary)
            if matches!(binary.op, BinOp::AddAssign(_)) && ident_of(&binary.left)? == name =>
        {
            &binary.right
        }
        Expr::Assign(assign) if ident_of(&assign.left)? == name => match &*assign.right {
            Expr::Binary(sum)
                if matches!(sum.op, BinOp::Add(_)) && ident_of(&sum.left).as_deref() == Some(name) =>
            {
                &sum.right
            }
            _ => return None,
        },
        _ => return None,
    };
    match &**step {
        Expr::Lit(lit) => match &lit.lit {
            Lit::Int(n) => n.base10_parse().ok().filter(|n| *n > 0),
            _ => None,
        },
        _ => None,
    }
}

fn root(expr: &Expr) -> Option<String> {
    match expr {
        Expr::Index(index) => root(&index.expr),
        Expr::Field(field) => root(&field.base),
        Expr::Unary(unary) => root(&unary.expr),
        other => ident_of(other),
    }
}

fn mentions(expr: &Expr, names: &[String]) -> bool {
    struct Finder<'n> {
        names: &'n [String],
        found: bool,
    }
    impl<'ast> Visit<'ast> for Finder<'_> {
        fn visit_ident(&mut self, ident: &'ast proc_macro2::Ident) {
            self.found |= self.names.iter().any(|name| ident == name);
        }
    }
    let mut finder = Finder { names, found: false };
    finder.visit_expr(expr);
    finder.found
}
